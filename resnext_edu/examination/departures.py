"""The mistakes that implementations of ResNeXt make, each as a change of the paper's plan.

Each was found in public code, in a table or in a sentence. A departure says what the paper has, and what the change
does to the function; what it costs follows from the plan.
"""
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination.plan import Block, Conv, Plan, changed

BlockChange = Callable[[Block, ResNeXtConfig, int], Block]  # a block, the network, the number of the stage from 0


@dataclass(frozen=True)
class Departure:
    """A mistake as a change of a plan.

    Parameters
    ----------
    name : str
    title : str
        What the wrong network does.
    paper : str
        What the paper's network does in this place.
    effect : str
        What the change does to the function.
    change : callable
        ``change(plan, config) -> plan``.
    kind : str
        Two departures of one kind exclude each other; "" excludes none.
    """

    name: str
    title: str
    paper: str
    effect: str
    change: Callable[[Plan, ResNeXtConfig], Plan]
    kind: str = ""


def _in_blocks(change: BlockChange) -> Callable[[Plan, ResNeXtConfig], Plan]:
    """Change every block."""
    def all_blocks(plan: Plan, config: ResNeXtConfig) -> Plan:
        return replace(plan, stages=tuple(tuple(change(block, config, stage) for block in blocks)
                                          for stage, blocks in enumerate(plan.stages)))
    return all_blocks


def _biases(plan: Plan, config: ResNeXtConfig) -> Plan:
    def with_bias(conv: Conv) -> Conv:
        return replace(conv, bias=True)

    def block(old: Block, config: ResNeXtConfig, stage: int) -> Block:
        one, two, three = map(with_bias, old.convs)
        return Block((one, two, three), with_bias(old.projection) if old.projection else None)

    return replace(_in_blocks(block)(plan, config), stem=tuple(map(with_bias, plan.stem)))


def _groups(number: int, groups: Callable[[ResNeXtConfig, int], int]) -> Callable[[Plan, ResNeXtConfig], Plan]:
    """Give convolution `number` of every block another number of groups, where that is possible."""
    return _in_blocks(lambda block, config, stage: changed(block, number, groups=groups(config, stage)))


def _width(width: Callable[[ResNeXtConfig, int], int]) -> Callable[[Plan, ResNeXtConfig], Plan]:
    """Give every block another width between its two 1×1s."""
    def block(old: Block, config: ResNeXtConfig, stage: int) -> Block:
        new = width(config, stage)
        return changed(changed(old, 1, out_channels=new), 2, out_channels=new)

    return _in_blocks(block)


def _cut_twice(block: Block, cardinality: int) -> Block:
    """C·C groups, where the channels can be divided by so many."""
    possible = block.convs[1].out_channels % cardinality**2 == 0
    return changed(block, 2, groups=cardinality**2) if possible else block


def _output(plan: Plan, config: ResNeXtConfig) -> Plan:
    def block(old: Block, config: ResNeXtConfig, stage: int) -> Block:
        out = 2 * config.cardinality * config.width_per_group * 2**stage
        new = changed(old, 3, out_channels=out)
        return replace(new, projection=old.projection and replace(old.projection, out_channels=out))

    return _in_blocks(block)(plan, config)


def _stride_on_the_first(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    stride = block.convs[1].stride
    return changed(changed(block, 1, stride=stride), 2, stride=1)


def _dense_merge(constant: bool) -> Callable[[Plan, ResNeXtConfig], Plan]:
    def block(old: Block, config: ResNeXtConfig, stage: int) -> Block:
        width, groups = old.convs[1].out_channels, old.convs[1].groups
        return changed(old, 2, merged=width * (width // groups), constant=constant)

    return _in_blocks(block)


def _no_stride(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    return replace(changed(block, 2, stride=1), projection=block.projection and replace(block.projection, stride=1))


def _projection_everywhere(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    last = block.convs[2]
    return replace(block, projection=block.projection or Conv(last.out_channels, bias=last.bias))


def _projection_without_norm(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    return replace(block, projection=block.projection and replace(block.projection, norms=0))


def _projection_biased(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    return replace(block, projection=block.projection and replace(block.projection, bias=True))


def _norms(number: Callable[[ResNeXtConfig], int]) -> Callable[[Plan, ResNeXtConfig], Plan]:
    """Give the end of every branch another number of BatchNorms."""
    return _in_blocks(lambda block, config, stage: changed(block, 3, norms=number(config)))


def _without_norms(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    for number in (1, 2, 3):
        block = changed(block, number, norms=0)
    return _projection_without_norm(block, config, stage)


def _without_own_norm(number: int) -> BlockChange:
    return lambda block, config, stage: changed(block, number, norms=0)


def _biased(*numbers: int) -> BlockChange:
    def change(block: Block, config: ResNeXtConfig, stage: int) -> Block:
        for number in numbers:
            block = changed(block, number, bias=True)
        return block

    return change


def _pre_activation(plan: Plan, config: ResNeXtConfig) -> Plan:
    def block(old: Block, config: ResNeXtConfig, stage: int) -> Block:
        return _projection_without_norm(replace(changed(old, 3, norms=0), norms_before=1), config, stage)

    return replace(_in_blocks(block)(plan, config), norms_at_end=1)


def _projection_in_series(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    return replace(block, in_series=block.projection is not None,
                   projection=block.projection and replace(block.projection, stride=1))


def _projection(**values: int) -> BlockChange:
    """Give every projection other values."""
    return lambda block, config, stage: replace(
        block, projection=block.projection and replace(block.projection, **values))  # type: ignore[arg-type]


def _stride_in_a_pool(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    stride = block.convs[1].stride
    return changed(block, 2, stride=1, pooled=stride)


def _stem_convs(**values: int | bool) -> Callable[[Plan, ResNeXtConfig], Plan]:
    """Give the stem's convolutions other values."""
    return lambda plan, config: replace(
        plan, stem=tuple(replace(conv, **values) for conv in plan.stem))  # type: ignore[arg-type]


def _deep_stem(plan: Plan, config: ResNeXtConfig) -> Plan:
    width = plan.stem[-1].out_channels
    return replace(plan, stem=(Conv(width // 2, 3, 2), Conv(width // 2, 3), Conv(width, 3)), pool=True)


def _more_blocks(plan: Plan, config: ResNeXtConfig) -> Plan:
    def inner(blocks: tuple[Block, ...]) -> Block:
        return replace(changed(blocks[-1], 2, stride=1), projection=None)

    return replace(plan, stages=tuple((*blocks, inner(blocks)) for blocks in plan.stages))


def _fewer_blocks(plan: Plan, config: ResNeXtConfig) -> Plan:
    return replace(plan, stages=tuple(blocks[:-1] if len(blocks) > 1 else blocks for blocks in plan.stages))


def _stem(*stem: tuple[int, int], pool: bool = False) -> Callable[[Plan, ResNeXtConfig], Plan]:
    """Another stem, given as (kernel, stride) of each convolution; its last width stays."""
    def change(plan: Plan, config: ResNeXtConfig) -> Plan:
        width = plan.stem[-1].out_channels
        return replace(plan, stem=tuple(Conv(width, *each) for each in stem), pool=pool)

    return change


C_D = "the width of a path doubles from stage to stage; there are C paths in every stage"
DEPARTURES: Mapping[str, Departure] = {departure.name: departure for departure in (
    Departure("width_stuck", "the width of a path stays as it is in the first stage", C_D,
              "later stages are narrower", _width(lambda config, stage: config.cardinality * config.width_per_group),
              "width"),
    Departure("cardinality_doubles", "the number of paths doubles from stage to stage, and their width stays", C_D,
              "later stages have more and thinner paths",
              _groups(2, lambda config, stage: config.cardinality * 2**stage), "groups"),
    Departure("groups_missing", "the 3×3 is not grouped", "the 3×3 has C groups",
              "one wide path: every channel of the 3×3 reads all others", _groups(2, lambda config, stage: 1),
              "groups"),
    Departure("groups_is_width", "the 3×3 has as many groups as a path has channels", "the 3×3 has C groups",
              "C and d are exchanged", _groups(2, lambda config, stage: config.width_per_group * 2**stage), "groups"),
    Departure("groups_twice", "the 3×3 of every path has C groups once more", "a path is not cut",
              "a channel reads a part of its own path only",
              _in_blocks(lambda block, config, stage: _cut_twice(block, config.cardinality)), "groups"),
    Departure("groups_squared", "the weights of the 3×3 are divided by C twice",
              "PyTorch's weight is divided by the groups already", "a count only: no network has these weights",
              _in_blocks(lambda block, config, stage: changed(block, 2, cut=config.cardinality)), "groups"),
    Departure("groups_depthwise", "the 3×3 has a group for each channel", "the 3×3 has C groups",
              "no channel of the 3×3 reads another one",
              _in_blocks(lambda block, config, stage: changed(block, 2, groups=block.convs[1].out_channels)), "groups"),
    Departure("dense_merge", "a depthwise 3×3, and a dense 1×1 of zeros and ones that adds up each path",
              "a 3×3 with C groups", "none: it is the same function, many times as large",
              _dense_merge(constant=False), "groups"),
    Departure("constant_merge", "a depthwise 3×3, and a dense 1×1 of constant zeros and ones that adds up each path",
              "a 3×3 with C groups", "none: it is the same function, with many times the work",
              _dense_merge(constant=True), "groups"),
    Departure("first_1x1_grouped", "the first 1×1 has C groups, too", "every path reads the whole input",
              "the input is split: a path sees a part of it only",
              _groups(1, lambda config, stage: config.cardinality)),
    Departure("last_1x1_grouped", "the last 1×1 has C groups, too", "every path has a share in every output",
              "the output is split: a path reaches a part of it only",
              _groups(3, lambda config, stage: config.cardinality)),
    Departure("output_2Cd", "a block puts out 2·C·d channels", "the output is 256·2ᵏ wide whatever C and d are",
              "the network is wider or narrower outside of its paths", _output),
    Departure("width_fixed", "the width between the 1×1s is 128·2ᵏ whatever C and d are", "that width is C·d·2ᵏ",
              "C changes the budget", _width(lambda config, stage: 128 * 2**stage), "width"),
    Departure("path_64_wide", "every path is 64 channels wide in every stage", C_D,
              "early paths are too wide", _width(lambda config, stage: 64 * config.cardinality), "width"),
    Departure("stride_on_1x1", "the first 1×1 has the stride", "the 3×3 has the stride",
              "three of four pixels are never read", _in_blocks(_stride_on_the_first), "stride"),
    Departure("stride_forgotten", "no stage halves its maps", "the first block of each later stage has stride 2",
              "all maps stay large", _in_blocks(_no_stride), "stride"),
    Departure("projection_everywhere", "every block has a projection", "only where the shape changes",
              "no block can hand on its input unchanged", _in_blocks(_projection_everywhere), "projection"),
    Departure("projection_missing", "no block has a projection (the shortcut is padded, or left out)",
              "a projection where the shape changes", "new channels get zeros from the shortcut",
              _in_blocks(lambda block, config, stage: replace(block, projection=None)), "projection"),
    Departure("projection_without_bn", "no BatchNorm follows the projections", "a BatchNorm follows them",
              "the shortcut is not normalised", _in_blocks(_projection_without_norm), "projection"),
    Departure("projection_in_series", "the projection follows the branch, and these blocks have no shortcut",
              "the projection stands on the shortcut, beside the branch", "nothing goes past the branch there",
              _in_blocks(_projection_in_series), "projection"),
    Departure("projection_biased", "the projections have biases",
              "a BatchNorm follows, which takes a constant away again", "none: these numbers do nothing",
              _in_blocks(_projection_biased), "biases"),
    Departure("bn_per_path", "every path has a BatchNorm of its own before the sum", "one BatchNorm after the sum",
              "each path is normalised by itself", _norms(lambda config: config.cardinality), "norms"),
    Departure("last_bn_missing", "no BatchNorm at the end of a branch", "a BatchNorm after the last 1×1",
              "the branch is not normalised before the sum", _norms(lambda config: 0), "norms"),
    Departure("bn_missing", "no BatchNorm in any block", "a BatchNorm after every convolution",
              "nothing in a block is normalised", _in_blocks(_without_norms), "norms"),
    Departure("pre_activation", "BatchNorm and ReLU stand before each convolution", "they stand behind it",
              "the shortcut is never changed by a ReLU: another network, known as version 2", _pre_activation, "norms"),
    Departure("block_too_many", "every stage has one block more", "as many blocks as the config says",
              "another depth than the name says", _more_blocks, "depth"),
    Departure("block_too_few", "every stage has one block less", "as many blocks as the config says",
              "another depth than the name says", _fewer_blocks, "depth"),
    Departure("stem_1x1", "the stem is a 1×1 of stride 1, without a pool",
              "a 7×7 of stride 2 and a pool, or for small images one 3×3",
              "the first layer sees no neighbours", _stem((1, 1)), "stem"),
    Departure("stem_3x3", "the stem is one 3×3 of stride 1, without a pool", "a 7×7 of stride 2 and a pool",
              "a stem for small images", _stem((3, 1)), "stem"),
    Departure("stem_7x7", "the stem is a 7×7 of stride 2 and a pool", "one 3×3 of stride 1",
              "a stem for large images", _stem((7, 2), pool=True), "stem"),
    Departure("stem_deep", "the stem is three 3×3, the first of stride 2, and a pool", "a 7×7 of stride 2 and a pool",
              "a stem with more layers", _deep_stem, "stem"),
    Departure("no_pool", "no pool follows the stem", "a max pool of stride 2 follows the stem",
              "all maps are twice as high and wide", lambda plan, config: replace(plan, pool=False), "pool"),
    Departure("fc_without_bias", "the last linear layer has no bias", "the last linear layer has a bias",
              "classes can't be preferred whatever the image is", lambda plan, config: replace(plan, fc_bias=False),
              "fc"),
    Departure("no_fc", "the network ends before its classes", "a linear layer gives the classes",
              "features come out, and no classes",
              lambda plan, config: replace(plan, num_classes=0, fc_bias=True), "fc"),
    Departure("biases", "every convolution has a bias", "a BatchNorm follows, which takes a constant away again",
              "none: these numbers do nothing", _biases, "biases"),
)}
PARTIAL: Mapping[str, Departure] = {departure.name: departure for departure in (  # of little use to explain totals
    Departure("branch_biased", "the three convolutions of a branch have biases",
              "a BatchNorm follows, which takes a constant away again", "none: these numbers do nothing",
              _in_blocks(_biased(1, 2, 3)), "biases"),
    Departure("branch_without_bn", "no BatchNorm in the branches", "a BatchNorm after every convolution",
              "nothing in a branch is normalised",
              _in_blocks(lambda block, config, stage: replace(
                  _without_norms(block, config, stage), projection=block.projection)), "norms"),
    *(Departure(f"conv{k}_biased", f"{which} has a bias", "a BatchNorm follows, which takes a constant away again",
                "none if a BatchNorm follows", _in_blocks(_biased(k)), "biases")
      for k, which in enumerate(("the first 1×1", "the 3×3", "the last 1×1"), 1)),
    *(Departure(f"conv{k}_without_bn", f"no BatchNorm follows {which}", "a BatchNorm after every convolution",
                "its output is not normalised", _in_blocks(_without_own_norm(k)), "norms")
      for k, which in enumerate(("the first 1×1", "the 3×3"), 1)),
    Departure("stem_biased", "the stem's convolution has a bias",
              "a BatchNorm follows, which takes a constant away again", "none if a BatchNorm follows",
              _stem_convs(bias=True), "stem"),
    Departure("stem_without_bn", "no BatchNorm in the stem", "a BatchNorm after every convolution",
              "the stem's output is not normalised", _stem_convs(norms=0), "stem"),
    Departure("projection_3x3", "the projections are 3×3", "they are 1×1", "the shortcut mixes neighbours",
              _in_blocks(_projection(kernel=3))),
    Departure("stride_in_pool", "a pooling behind the 3×3 has the stride", "the 3×3 has the stride",
              "the 3×3 works on maps of twice the height and width", _in_blocks(_stride_in_a_pool), "stride"),
    Departure("norm_after_sum", "a BatchNorm stands behind the sum", "the sum goes on as it is",
              "the shortcut is normalised, too",
              _in_blocks(lambda block, config, stage: replace(block, norms_after=1))),
    Departure("norm_before_fc", "a BatchNorm stands before the last linear layer", "the pooled channels go there",
              "the features are normalised", lambda plan, config: replace(plan, norms_at_end=1), "fc"),
)}


def other_stem(read: Plan) -> Departure:
    """The departure that a stem is which has no name, as it was read."""
    layers = " and ".join(f"{conv.out_channels} × {conv.kernel}×{conv.kernel}" + f" of stride {conv.stride}" * (
        conv.stride > 1) for conv in read.stem)
    return Departure("other_stem", f"the stem is {layers}, {'with' if read.pool else 'without'} a pool",
                     "see the config's stem", "another first layer",
                     lambda plan, config: replace(plan, stem=read.stem, pool=read.pool), "stem")


def other_head(read: Plan) -> Departure:
    """The departure that more than one linear layer at the end is, as it was read."""
    return Departure("other_head", f"{len(read.hidden) + 1} linear layers at the end",
                     "one linear layer gives the classes", "another classifier",
                     lambda plan, config: replace(plan, hidden=read.hidden), "fc")
