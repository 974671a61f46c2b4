"""The mistakes that implementations of ResNeXt make, each as a change of the paper's plan.

Each was found in public code, in a table or in a sentence. A departure says what the paper has, and what the change
does to the function; what it costs follows from the plan.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination.plan import Block, Plan, changed
from resnext_edu.examination.plan_changes import (
    PlanChange,
    biased,
    cut_twice,
    deep_stem,
    in_blocks,
    in_two_steps,
    norms_first,
    one_block_less,
    one_block_more,
    projection_biased,
    projection_everywhere,
    projection_in_series,
    projection_without_norm,
    putting_out_2Cd,
    stride_in_a_pool,
    stride_on_the_first,
    with_biases,
    with_groups,
    with_norms,
    with_projection,
    with_stem,
    with_stem_convs,
    with_width,
    without_norms,
    without_own_norm,
    without_stride,
)


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
    change: PlanChange
    kind: str = ""


C_D = "the width of a path doubles from stage to stage; there are C paths in every stage"
DEPARTURES: Mapping[str, Departure] = {departure.name: departure for departure in (
    Departure("width_stuck", "the width of a path stays as it is in the first stage", C_D,
              "later stages are narrower",
              with_width(lambda config, stage: config.cardinality * config.width_per_group), "width"),
    Departure("cardinality_doubles", "the number of paths doubles from stage to stage, and their width stays", C_D,
              "later stages have more and thinner paths",
              with_groups(2, lambda config, stage: config.cardinality * 2**stage), "groups"),
    Departure("groups_missing", "the 3×3 is not grouped", "the 3×3 has C groups",
              "one wide path: every channel of the 3×3 reads all others", with_groups(2, lambda config, stage: 1),
              "groups"),
    Departure("groups_is_width", "the 3×3 has as many groups as a path has channels", "the 3×3 has C groups",
              "C and d are exchanged",
              with_groups(2, lambda config, stage: config.width_per_group * 2**stage), "groups"),
    Departure("groups_twice", "the 3×3 of every path has C groups once more", "a path is not cut",
              "a channel reads a part of its own path only",
              in_blocks(lambda block, config, stage: cut_twice(block, config.cardinality)), "groups"),
    Departure("groups_squared", "the weights of the 3×3 are divided by C twice",
              "PyTorch's weight is divided by the groups already", "a count only: no network has these weights",
              in_blocks(lambda block, config, stage: changed(block, 2, cut=config.cardinality)), "groups"),
    Departure("groups_depthwise", "the 3×3 has a group for each channel", "the 3×3 has C groups",
              "no channel of the 3×3 reads another one",
              in_blocks(lambda block, config, stage: changed(block, 2, groups=block.convs[1].out_channels)), "groups"),
    Departure("dense_merge", "a depthwise 3×3, and a dense 1×1 behind it", "a 3×3 with C groups",
              "none if the 1×1 is zeros and ones that add up each path: then it is the same function, many times as "
              "large", in_two_steps(constant=False), "groups"),
    Departure("constant_merge", "a depthwise 3×3, and a dense 1×1 of constants behind it", "a 3×3 with C groups",
              "none if the constants are zeros and ones that add up each path: then it is the same function, with many "
              "times the work", in_two_steps(constant=True), "groups"),
    Departure("first_1x1_grouped", "the first 1×1 has C groups, too", "every path reads the whole input",
              "the input is split: a path sees a part of it only",
              with_groups(1, lambda config, stage: config.cardinality)),
    Departure("last_1x1_grouped", "the last 1×1 has C groups, too", "every path has a share in every output",
              "the output is split: a path reaches a part of it only",
              with_groups(3, lambda config, stage: config.cardinality)),
    Departure("output_2Cd", "a block puts out 2·C·d channels", "the output is 256·2ᵏ wide whatever C and d are",
              "the network is wider or narrower outside of its paths", putting_out_2Cd),
    Departure("width_fixed", "the width between the 1×1s is 128·2ᵏ whatever C and d are", "that width is C·d·2ᵏ",
              "C changes the budget", with_width(lambda config, stage: 128 * 2**stage), "width"),
    Departure("path_64_wide", "every path is 64 channels wide in every stage", C_D,
              "early paths are too wide", with_width(lambda config, stage: 64 * config.cardinality), "width"),
    Departure("stride_on_1x1", "the first 1×1 has the stride", "the 3×3 has the stride",
              "three of four pixels are never read", in_blocks(stride_on_the_first), "stride"),
    Departure("stride_forgotten", "no stage halves its maps", "the first block of each later stage has stride 2",
              "all maps stay large", in_blocks(without_stride), "stride"),
    Departure("projection_everywhere", "every block has a projection", "only where the shape changes",
              "no block can hand on its input unchanged", in_blocks(projection_everywhere), "projection"),
    Departure("projection_missing", "no block has a projection (the shortcut is padded, or left out)",
              "a projection where the shape changes", "new channels get zeros from the shortcut",
              in_blocks(lambda block, config, stage: replace(block, projection=None)), "projection"),
    Departure("projection_without_bn", "no BatchNorm follows the projections", "a BatchNorm follows them",
              "the shortcut is not normalised", in_blocks(projection_without_norm), "projection"),
    Departure("projection_in_series", "the projection follows the branch, and these blocks have no shortcut",
              "the projection stands on the shortcut, beside the branch", "nothing goes past the branch there",
              in_blocks(projection_in_series), "projection"),
    Departure("projection_biased", "the projections have biases",
              "a BatchNorm follows, which takes a constant away again", "none: these numbers do nothing",
              in_blocks(projection_biased), "biases"),
    Departure("bn_per_path", "every path has a BatchNorm of its own before the sum", "one BatchNorm after the sum",
              "each path is normalised by itself", with_norms(lambda config: config.cardinality), "norms"),
    Departure("last_bn_missing", "no BatchNorm at the end of a branch", "a BatchNorm after the last 1×1",
              "the branch is not normalised before the sum", with_norms(lambda config: 0), "norms"),
    Departure("bn_missing", "no BatchNorm in any block", "a BatchNorm after every convolution",
              "nothing in a block is normalised", in_blocks(without_norms), "norms"),
    Departure("pre_activation", "BatchNorm and ReLU stand before each convolution", "they stand behind it",
              "the shortcut is never changed by a ReLU: another network, known as version 2", norms_first, "norms"),
    Departure("block_too_many", "every stage has one block more", "as many blocks as the config says",
              "another depth than the name says", one_block_more, "depth"),
    Departure("block_too_few", "every stage has one block less", "as many blocks as the config says",
              "another depth than the name says", one_block_less, "depth"),
    Departure("stem_1x1", "the stem is a 1×1 of stride 1, without a pool",
              "a 7×7 of stride 2 and a pool, or for small images one 3×3",
              "the first layer sees no neighbours", with_stem((1, 1)), "stem"),
    Departure("stem_3x3", "the stem is one 3×3 of stride 1, without a pool", "a 7×7 of stride 2 and a pool",
              "a stem for small images", with_stem((3, 1)), "stem"),
    Departure("stem_7x7", "the stem is a 7×7 of stride 2 and a pool", "one 3×3 of stride 1",
              "a stem for large images", with_stem((7, 2), pool=True), "stem"),
    Departure("stem_deep", "the stem is three 3×3, the first of stride 2, and a pool", "a 7×7 of stride 2 and a pool",
              "a stem with more layers", deep_stem, "stem"),
    Departure("no_pool", "no pool follows the stem", "a max pool of stride 2 follows the stem",
              "all maps are twice as high and wide", lambda plan, config: replace(plan, pool=False), "pool"),
    Departure("fc_without_bias", "the last linear layer has no bias", "the last linear layer has a bias",
              "classes can't be preferred whatever the image is", lambda plan, config: replace(plan, fc_bias=False),
              "fc"),
    Departure("no_fc", "the network ends before its classes", "a linear layer gives the classes",
              "features come out, and no classes",
              lambda plan, config: replace(plan, num_classes=0, fc_bias=True), "fc"),
    Departure("biases", "every convolution has a bias", "a BatchNorm follows, which takes a constant away again",
              "none: these numbers do nothing", with_biases, "biases"),
)}
PARTIAL: Mapping[str, Departure] = {departure.name: departure for departure in (  # of little use to explain totals
    Departure("branch_biased", "the three convolutions of a branch have biases",
              "a BatchNorm follows, which takes a constant away again", "none: these numbers do nothing",
              in_blocks(biased(1, 2, 3)), "biases"),
    Departure("branch_without_bn", "no BatchNorm in the branches", "a BatchNorm after every convolution",
              "nothing in a branch is normalised",
              in_blocks(lambda block, config, stage: replace(
                  without_norms(block, config, stage), projection=block.projection)), "norms"),
    *(Departure(f"conv{k}biased", f"{which} has a bias", "a BatchNorm follows, which takes a constant away again",
                "none if a BatchNorm follows", in_blocks(biased(k)), "biases")
      for k, which in enumerate(("the first 1×1", "the 3×3", "the last 1×1"), 1)),
    *(Departure(f"conv{k}_without_bn", f"no BatchNorm follows {which}", "a BatchNorm after every convolution",
                "its output is not normalised", in_blocks(without_own_norm(k)), "norms")
      for k, which in enumerate(("the first 1×1", "the 3×3"), 1)),
    Departure("stem_biased", "the stem's convolution has a bias",
              "a BatchNorm follows, which takes a constant away again", "none if a BatchNorm follows",
              with_stem_convs(bias=True), "stem"),
    Departure("stem_without_bn", "no BatchNorm in the stem", "a BatchNorm after every convolution",
              "the stem's output is not normalised", with_stem_convs(norms=0), "stem"),
    Departure("first_1x1_grouped_as_3x3", "the first 1×1 has as many groups as the 3×3, which are not C",
              "every path reads the whole input", "the input is split: a path sees a part of it only",
              in_blocks(lambda block, config, stage: changed(block, 1, groups=block.convs[1].groups))),
    Departure("projection_3x3", "the projections are 3×3", "they are 1×1", "the shortcut mixes neighbours",
              in_blocks(with_projection(kernel=3))),
    Departure("stride_in_pool", "a pooling behind the 3×3 has the stride", "the 3×3 has the stride",
              "the 3×3 works on maps of twice the height and width", in_blocks(stride_in_a_pool), "stride"),
    Departure("norm_after_sum", "a BatchNorm stands behind the sum", "the sum goes on as it is",
              "the shortcut is normalised, too",
              in_blocks(lambda block, config, stage: replace(block, norms_after=1))),
    Departure("norm_before_fc", "a BatchNorm stands before the last linear layer", "the pooled channels go there",
              "the features are normalised", lambda plan, config: replace(plan, norms_at_end=1), "fc"),
)}


def other_stem(read: Plan, paper: Plan) -> Departure:
    """The departure that a stem is which has no name, as it was read."""
    def layers(plan: Plan) -> str:
        return " and ".join(f"{conv.out_channels} × {conv.kernel}×{conv.kernel}" + f" of stride {conv.stride}" * (
            conv.stride > 1) for conv in plan.stem) + f", {'with' if plan.pool else 'without'} a pool"

    return Departure("other_stem", f"the stem is {layers(read)}", layers(paper), "another first layer",
                     lambda plan, config: replace(plan, stem=read.stem, pool=read.pool), "stem")


def other_head(read: Plan) -> Departure:
    """The departure that more than one linear layer at the end is, as it was read."""
    return Departure("other_head", f"{len(read.hidden) + 1} linear layers at the end",
                     "one linear layer gives the classes", "another classifier",
                     lambda plan, config: replace(plan, hidden=read.hidden), "fc")


def other_paths(read: Plan, paper: Plan) -> Departure:
    """The departure that other numbers of paths or of their channels are which have no name, as they were read."""
    def change(plan: Plan, config: ResNeXtConfig) -> Plan:
        stages = [[changed(changed(block, 1, out_channels=conv.out_channels), 2, out_channels=conv.out_channels,
                           groups=conv.groups) for block, other in zip(blocks, like, strict=True)
                   for conv in [other.convs[1]]]
                  for blocks, like in zip(plan.stages, read.stages, strict=True)]
        return replace(plan, stages=tuple(map(tuple, stages)))

    def sizes(blocks: Sequence[Block]) -> str:
        return ", ".join(dict.fromkeys(f"{conv.groups}×{conv.out_channels // conv.groups}d"
                                       for block in blocks for conv in [block.convs[1]]))

    pairs = [(block, paper.stages[stage][number]) for stage, number, block in read.blocks()]
    pairs = [pair for pair in pairs if len({sizes([block]) for block in pair}) > 1] or pairs
    there, wanted = zip(*pairs, strict=True)
    return Departure("other_paths", f"the paths are {sizes(there)}", sizes(wanted),
                     "another number of paths, or another width", change)
