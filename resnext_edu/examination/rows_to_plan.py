"""The rows of a trace → the plan of the network that ran. Nothing is read from a name.

Some rows are a waist: whatever comes later reads the network through them alone. Between two neighbouring waists lies
one layer, or a residual block. What stands before the blocks is the stem, and what follows them is the head.
"""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod

from resnext_edu.config import STEMS, ResNeXtConfig
from resnext_edu.counts.rows import TraceRow
from resnext_edu.errors import ConfigError
from resnext_edu.examination.levels import NORMS, POOLS, Level, Unreadable, channels_of, levels_of
from resnext_edu.examination.plain_rows import A_MAP, A_VECTOR, MOVES
from resnext_edu.examination.plan import Block, Hidden, Plan, changed
from resnext_edu.examination.read_block import ReadBlock, block_between, blocks_in_a_chain, only_paths

TO_ONE_PIXEL = ("adaptive_avg_pool2d", "avg_pool2d", "mean")
TURNS = ("permute", "transpose", "movedim", "swapaxes")  # they give the channels of an image another place
AT_THE_END = ("softmax", "log_softmax", "sigmoid", "logsigmoid")


@dataclass(frozen=True)
class ReadNetwork:
    """A network as it was read.

    Parameters
    ----------
    plan : Plan
    blocks : tuple of ReadBlock
        In the order in which an image passes them.
    stem : tuple of Level
    head : tuple of int
        The numbers of all rows behind the blocks.
    last : tuple of int
        Those of the linear layers among them.
    norms_at_end : tuple of int
        Those of the BatchNorms before the first of these.
    norms_between : tuple of tuple of int
        Those of the BatchNorms behind each linear layer that is not the last one.
    image : tuple of int
        Those of the rows that change the image before the first convolution.
    """

    plan: Plan
    blocks: tuple[ReadBlock, ...]
    stem: tuple[Level, ...]
    head: tuple[int, ...]
    last: tuple[int, ...]
    norms_at_end: tuple[int, ...]
    norms_between: tuple[tuple[int, ...], ...]
    image: tuple[int, ...]

    def parts(self) -> list[tuple[int, ...]]:
        """The rows of each price of the plan, in the order of `prices`."""
        found = [level.convs + level.norms for level in self.stem]
        found += [part for block in self.blocks for part in block.parts()]
        linear = [(k, *norms) for k, norms in zip(self.last, (*self.norms_between, ()), strict=False)]
        return [*found, *filter(None, [self.norms_at_end]), *linear]


def waists(rows: Sequence[TraceRow]) -> list[int]:
    """The numbers of the rows through which all that comes later reads what came before."""
    last = {number: later for later, row in enumerate(rows) for number in row.inputs}
    found: list[int] = []
    reach = max((number for number, row in enumerate(rows) if not row.inputs), default=-1)  # these read the image
    for number in range(len(rows)):
        if reach <= number:
            found.append(number)
        reach = max(reach, last.get(number, -1))
    return found


def read_network(rows: Sequence[TraceRow]) -> ReadNetwork:
    """Read the plan of the network that these rows are a run of.

    Raises
    ------
    Unreadable
        If some rows fit neither a stem, nor a block, nor a head.
    """
    segments = [range(before + 1, after + 1) for before, after in pairwise([-1, *waists(rows)])]
    chains: list[list[int]] = [[]]  # what stands before, between and behind the blocks with a shortcut
    inside: list[range] = []
    for segment in segments:
        if len(segment) > 1 and any(rows[k].op == "conv2d" for k in segment) and not only_paths(rows, segment):
            inside.append(segment)
            chains.append([])
        else:
            chains[-1] += segment
    chains[-1], head = _parted(rows, chains[-1])
    own, blocks = blocks_in_a_chain(rows, chains[0], has_stem=True)
    if inside and not own:
        raise Unreadable("its first block reads the image, and no stem stands before it", inside[0])
    if not own or not (inside or blocks):
        scripted = any(row.op == "torchscript" for row in rows)
        raise Unreadable("TorchScript hides its layers; examine the model that it was made from" if scripted else
                         "there is no residual block", [k for k, row in enumerate(rows) if row.params or not row.macs])
    first = rows[own[0]]
    before, stem = levels_of(rows, own, (first.output_shape if first.op in TURNS else first.input_shape)[1])
    for segment, chain in zip(inside, chains[1:], strict=True):
        block = block_between(rows, segment)
        between, more = blocks_in_a_chain(rows, chain, has_stem=False)
        blocks += [block, *more]
        blocks = _with_what_follows(rows, blocks, len(more), between)
    image = tuple(k for k in before if rows[k].op not in MOVES)
    return _network(rows, *_norms_first(rows, stem, blocks), head, image)


def _parted(rows: Sequence[TraceRow], chain: list[int]) -> tuple[list[int], list[int]]:
    """The end of a network in two parts: before the maps become one pixel, and from there on."""
    for place, k in enumerate(chain):
        shape = rows[k].output_shape
        if rows[k].op == "linear" or len(shape) == A_VECTOR or (
                rows[k].op in TO_ONE_PIXEL and (len(shape) < A_MAP or set(shape[2:]) <= {1})):
            return chain[:place], chain[place:]
    return chain, []


def _with_what_follows(rows: Sequence[TraceRow], blocks: list[ReadBlock], more: int, between: Sequence[int]
                       ) -> list[ReadBlock]:
    """The blocks; to the last one with a shortcut belongs what follows its sum."""
    layers = [k for k in between if (rows[k].params or rows[k].macs != 0) and rows[k].op not in NORMS]
    if any(rows[k].op in ("conv2d", "linear") or rows[k].macs != 0 for k in layers):
        raise Unreadable("layers between the blocks", layers)
    at = len(blocks) - 1 - more
    behind = [k for k in between if rows[k].op not in MOVES]
    blocks[at] = replace(blocks[at], behind=tuple(behind), after=tuple(dict.fromkeys(rows[k].op for k in behind)),
                         norms_after=tuple(k for k in behind if rows[k].op in NORMS))
    return blocks


def _norms_first(rows: Sequence[TraceRow], stem: list[Level], blocks: list[ReadBlock]
                 ) -> tuple[list[Level], list[ReadBlock]]:
    """A BatchNorm before a block belongs to the block if this has none at its own end: pre-activation."""
    final, first = stem[-1], blocks[0]
    pool = max((k for k in range(max(final.convs), max(final.norms, default=0)) if rows[k].op in POOLS), default=-1)
    late = tuple(k for k in final.norms if k > pool > 0) or final.norms[1:]
    if late and not first.levels[-1].norms:
        early = tuple(k for k in final.norms if k not in late)
        stem[-1] = final._replace(norms=early, conv=replace(final.conv, norms=len(early)))
        blocks[0] = replace(first, norms_before=late)
    for k in range(len(blocks) - 1):
        block, after = blocks[k:k + 2]
        if block.norms_after and not after.levels[-1].norms:
            blocks[k] = replace(block, norms_after=())
            blocks[k + 1] = replace(after, norms_before=block.norms_after)
    return stem, blocks


def _network(rows: Sequence[TraceRow], stem: list[Level], blocks: list[ReadBlock], head: list[int],
             image: tuple[int, ...]) -> ReadNetwork:
    in_channels = rows[stem[0].convs[0]].input_shape[1]
    channels = blocks[-1].block.convs[2].out_channels
    stem, pool = _without_pool(stem)
    last = [k for k in head if rows[k].op in ("linear", "conv2d")]
    if odd := [k for k in head if k not in last and rows[k].macs != 0]:
        raise Unreadable("a head that is not one linear layer", odd)
    norms, *between = [tuple(k for k in head if rows[k].op in NORMS and a < k < b)
                       for a, b in pairwise([-1, *last, *[len(rows)] * (not last)])]
    at_end, final = blocks[-1].norms_after, blocks[-1]
    if at_end and not final.levels[-1].norms:
        blocks[-1], norms = replace(final, norms_after=()), at_end + norms
    widths = [tuple(shape[1 if rows[k].op == "conv2d" else -1] for shape in (rows[k].input_shape, rows[k].output_shape))
              for k in last]  # of a 1×1 on one pixel, and of a linear layer
    *biased, bias = [rows[k].params > prod(width) for k, width in zip(last, widths, strict=True)] or [True]
    hidden = [Hidden(width, biases, sum(channels_of(rows[k]) for k in behind) // width)
              for (_, width), biases, behind in zip(widths, biased, between, strict=False)]
    plan = Plan(in_channels, tuple(level.conv for level in stem), pool, _stages(blocks), widths[-1][1] if last else 0,
                bias, sum(channels_of(rows[k]) for k in norms) // channels, tuple(hidden))
    return ReadNetwork(plan, tuple(blocks), tuple(stem), tuple(head), tuple(last), norms, tuple(between), image)


def _without_pool(stem: list[Level]) -> tuple[list[Level], bool]:
    """The levels of a stem, and whether a pooling of stride 2 follows them."""
    final = stem[-1]
    if final.conv.pooled != 2:
        return stem, False
    return [*stem[:-1], final._replace(conv=replace(final.conv, pooled=1))], True


def _stages(blocks: Sequence[ReadBlock]) -> tuple[tuple[Block, ...], ...]:
    """The blocks, stage by stage: a stage begins where the channels or the size of the maps change."""
    stages: list[list[Block]] = []
    for read in blocks:
        block = read.block
        strided = max(conv.stride * conv.pooled for conv in block.convs) > 1
        if not stages or strided or block.convs[2].out_channels != stages[-1][-1].convs[2].out_channels:
            stages.append([])
        stages[-1].append(block)
    return tuple(map(tuple, stages))


def with_layers(plan: Plan, like: Plan) -> Plan:
    """A plan with as many blocks in each stage as another one; a stage's last block is repeated, or blocks go."""
    stages = []
    for stage, blocks in enumerate(plan.stages):
        wanted = len(like.stages[stage]) if stage < len(like.stages) else len(blocks)
        inner = blocks[-1] if len(blocks) > 1 else replace(changed(blocks[0], 2, stride=1), projection=None)
        stages.append((blocks + (inner,) * wanted)[:wanted])
    return replace(plan, stages=tuple(stages))


def config_of(plan: Plan) -> ResNeXtConfig | None:
    """The config that has the paths, the widths and the blocks of a plan; None if no config has them."""
    conv, last = plan.stages[0][0].convs[1:]
    large = plan.pool or len(plan.stages) > STEMS["cifar"][1]
    stem = "deep" if len(plan.stem) > 1 else "imagenet" if large else "cifar"
    try:
        return ResNeXtConfig(
            tuple(map(len, plan.stages)), conv.groups, conv.out_channels // conv.groups, stem_type=stem,
            stem_width=plan.stem[0].out_channels, expansion=max(1, last.out_channels // 64))
    except ConfigError:
        return None
