"""What a network does, beside what it costs: activations, shortcuts, factors, weights that are zeros."""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from resnext_edu.config import ResNeXtConfig
from resnext_edu.counts.rows import TraceRow
from resnext_edu.examination.examined import FoundDeparture
from resnext_edu.examination.hearing import Heard
from resnext_edu.examination.levels import ACTIVATIONS, NORMS, Level
from resnext_edu.examination.plain_rows import MOVES, sources_of
from resnext_edu.examination.read_block import ReadBlock
from resnext_edu.examination.rows_to_plan import AT_THE_END, TO_ONE_PIXEL, ReadNetwork
from resnext_edu.examination.texts import found
from resnext_edu.examination.two_steps import adds_up_each_path

TWO_STEPS = 2  # convolutions: a depthwise one, and a 1×1 behind it
A_PART = 1 / 8  # so many channels may be silent by chance


@dataclass(frozen=True)
class Seen:
    """What was found in rows: the departures, and the rows that no departure explains.

    Parameters
    ----------
    departures : list of FoundDeparture
    odd : set of int
    """

    departures: list[FoundDeparture]
    odd: set[int]


def of_the_function(rows: Sequence[TraceRow], read: ReadNetwork, heard: Heard) -> Seen:
    """The departures that are no matter of a convolution's size."""
    odd: set[int] = set()
    blocks = [(shared_path(rows, block), block) for block in read.blocks]
    departures = []
    for name in ("relu_before_sum", "relu_missing", "relu_missing_inside", "relu_before_bn", "projection_relu",
                 "shortcut_missing", "projection_pooled"):
        where = [path for path, block in blocks if name in set(_of_a_block(block))]
        if where:
            departures.append(found(name, where))
    departures += [*_of_rows(rows, read, blocks, odd), *_around(rows, read, odd), *_heard(rows, read, heard, blocks)]
    return Seen(departures, odd)


def _of_a_block(block: ReadBlock) -> Iterator[str]:
    """The names of what is different in a block, as far as no numbers belong to it."""
    def active(ops: Sequence[str]) -> bool:
        return "relu" in ops or any(op in ACTIVATIONS for op in ops)

    one, two, three = block.levels
    if "relu" in three.after:
        yield "relu_before_sum"
    if not active(block.after) and not block.norms_before:
        yield "relu_missing"
    if not (active(one.after) and active(two.after)):
        yield "relu_missing_inside"
    if any(_relu_first(level) for level in (one, two)):
        yield "relu_before_bn"
    if block.projection and block.shortcut == "projection" and active(block.projection.after):
        yield "projection_relu"
    if block.shortcut == "none":
        yield "shortcut_missing"
    if block.projection and block.pooled:
        yield "projection_pooled"


def _relu_first(level: Level) -> bool:
    """Whether the ReLU stands between the convolution and its normalisation."""
    kinds = ["norm" if op in NORMS else "activation" for op in level.after if op in ("relu", *NORMS, *ACTIVATIONS)]
    return "norm" in kinds and kinds[0] == "activation"


def _of_rows(rows: Sequence[TraceRow], read: ReadNetwork, blocks: Sequence[tuple[str, ReadBlock]], odd: set[int]
             ) -> Iterator[FoundDeparture]:
    """The departures that are rows of their own; what is none is odd."""
    gates = [(path, block.gates) for path, block in blocks if block.gates]
    if gates:
        inside = [rows[k] for _, numbers in gates for k in numbers]
        odd |= {k for _, numbers in gates for k in numbers if rows[k].macs is None}
        yield found("squeeze_excitation", [path for path, _ in gates], sum(row.params for row in inside),
                    sum(row.macs or 0 for row in inside))
    others = [k for block in read.blocks for k in (*block.others, *(
        k for k in block.behind if rows[k].op not in (*NORMS, "relu")))]
    others += [k for level in read.stem for k in level.others]
    norms = [k for part in read.parts() for k in part if rows[k].op in NORMS]
    for name, numbers in (("other_activation", [k for k in others if rows[k].op in ACTIVATIONS]),
                          ("scaled_branch", [k for k in others if rows[k].op in ("mul", "div") and not rows[k].macs
                                             and not _is_an_activation(rows, k)]),
                          ("other_norm", [k for k in norms if rows[k].op != "batch_norm"])):
        if numbers:
            ops = ", ".join(dict.fromkeys(rows[k].op for k in numbers))
            params = 0 if name == "other_norm" else sum(rows[k].params for k in numbers)
            yield found(name, [rows[k].path for k in numbers], params, 0, ops)
    if twice := [path for path, block in blocks if block.again]:
        yield found("scaled_branch", twice)
    odd |= {k for k in others if rows[k].op not in (*ACTIVATIONS, "mul", "div") or rows[k].macs}


def _is_an_activation(rows: Sequence[TraceRow], product: int) -> bool:
    """Whether a product is that of a number and a function of the same number, as in x · sigmoid(x)."""
    return any(rows[k].op in ACTIVATIONS and set(rows[product].inputs) == {k, *rows[k].inputs}
               for k in rows[product].inputs)


def _around(rows: Sequence[TraceRow], read: ReadNetwork, odd: set[int]) -> Iterator[FoundDeparture]:
    """The same of the image, of the stem and of the head."""
    if read.image:
        ops = ", ".join(dict.fromkeys(rows[k].op for k in read.image))
        params = sum(rows[k].params for k in read.image)
        yield found("image_changed", [rows[k].path for k in read.image], params, 0, ops)
    stem = [k for level in read.stem for k in level.convs]
    bare = [level.convs[0] for level in read.stem if not any(op in ("relu", *ACTIVATIONS) for op in level.after)]
    if bare and not read.blocks[0].norms_before:
        yield found("stem_without_relu", [rows[k].path for k in bare])
    first = min(k for block in read.blocks for k in block.levels[0].convs)
    between = [k for k in sorted(sources_of(rows, first)) if k > stem[-1]]  # and nothing of the first shortcut
    if averages := [rows[k].path for k in between if rows[k].op == "avg_pool2d"]:
        yield found("stem_average", averages)
    pools = [k for k in between if rows[k].op == "max_pool2d" and set(rows[k].kernel_size or ()) != {3}]
    if pools and read.plan.pool:
        kernel = "×".join(map(str, rows[pools[0]].kernel_size or ()))
        yield found("stem_pool", [rows[k].path for k in pools], 0, 0, kernel)
    final = max(read.last, default=-1)
    for k in read.head:
        op, path = rows[k].op, rows[k].path
        if op in ("softmax", "log_softmax"):
            yield found("softmax", ["the output"])
        elif op in (*ACTIVATIONS, *AT_THE_END, "relu") and k > final:
            yield found("output_activation", [path], 0, 0, op)
        elif op not in (*MOVES, *TO_ONE_PIXEL, *NORMS, "linear", "conv2d") and not (
                op in ("relu", *ACTIVATIONS) and (read.plan.hidden or read.norms_at_end)):
            odd.add(k)


def _heard(rows: Sequence[TraceRow], read: ReadNetwork, heard: Heard, blocks: Sequence[tuple[str, ReadBlock]]
           ) -> Iterator[FoundDeparture]:
    """What only the running network tells."""
    for name, word in dict.fromkeys(heard.ways.values()):
        yield found(name, [rows[k].path for k, way in heard.ways.items() if way == (name, word)], 0, 0, word)
    if not heard.convs:
        return
    unread, dilated = [], {}
    for path, block in blocks:
        first = [heard.convs[k] for k in block.levels[0].convs if k in heard.convs]
        silent, channels = sum(each.silent for each in first), sum(each.channels for each in first)
        if A_PART * channels < silent < channels:
            unread.append((path, silent, channels))
        dilation = max((max(heard.convs[k].dilation) for k in block.levels[1].convs if k in heard.convs), default=1)
        if dilation > 1:
            dilated[path] = dilation
    same = [(path, again) for path, block in blocks if (again := _same_slices(block, heard))]
    if same:
        yield found("same_slice", [path for path, _ in same], 0, 0, *same[0][1])
    others = [path for path, block in blocks if _adds_up_paths(block, heard) is False]
    if others:
        yield found("other_sums", others)
    if unread:
        yield found("unread_channels", [path for path, _, _ in unread], 0, 0, *unread[0][1:])
    if dilated:
        yield found("dilated", list(dilated), 0, 0, ", ".join(map(str, dict.fromkeys(dilated.values()))))


def _same_slices(block: ReadBlock, heard: Heard) -> tuple[int, int] | None:
    """How many of the first 1×1s that read a part of the input read the part of another one, and how many there are."""
    first = block.levels[0]
    reads = [heard.convs[k].reads for k in first.convs if k in heard.convs]
    again = len(reads) - len(set(reads))
    return (again, len(reads)) if again and first.conv.groups > 1 else None


def _adds_up_paths(block: ReadBlock, heard: Heard) -> bool | None:
    """Whether the 1×1 behind a depthwise 3×3 adds up each path; None if there is none, or its numbers are not known."""
    level = block.levels[1]
    known = level.conv.merged and len(level.convs) == TWO_STEPS and level.convs[-1] in heard.convs
    return adds_up_each_path(heard.convs[level.convs[-1]].weight, level.conv.groups) if known else None


def renamed(departures: Sequence[FoundDeparture], read: ReadNetwork, heard: Heard, config: ResNeXtConfig
            ) -> list[FoundDeparture]:
    """The same departures, of which some have a better name once it is known what the network does."""
    dense = [heard.convs.get(k) for block in read.blocks for k in block.levels[1].convs
             if block.levels[1].conv.groups == 1]
    zeros = bool(dense) and all(each and is_block_diagonal(each.weight, config.cardinality) for each in dense)
    padded = any(block.shortcut == "padded" for block in read.blocks)
    names = {"groups_missing": "dense_with_zeros"} if zeros else {}
    if all(_adds_up_paths(block, heard) for block in read.blocks if block.levels[1].conv.merged):
        names |= {name: name for name in ("dense_merge", "constant_merge")}
    if padded:
        names["projection_missing"] = "projection_padded"
    return [found(names[each.name], each.where, each.params, each.macs) if each.name in names else each
            for each in departures if not (zeros and each.name == "computed_weights" and not each.params)]


def shared_path(rows: Sequence[TraceRow], block: ReadBlock) -> str:
    """What the paths of all convolutions of a block have in common."""
    paths = [rows[k].path.split(".") for level in block.levels for k in level.convs]
    common = []
    for words in zip(*paths, strict=False):
        if len(set(words)) > 1:
            break
        common.append(words[0])
    return ".".join(common) or rows[block.levels[0].convs[0]].path


def is_block_diagonal(weight: Tensor, groups: int) -> bool:
    """Whether a dense convolution's weight has nothing but zeros outside of `groups` equal blocks."""
    if weight.is_meta or weight.shape[0] % groups or weight.shape[1] % groups:
        return False
    out, into = weight.shape[0] // groups, weight.shape[1] // groups
    inside = torch.zeros(weight.shape[:2], dtype=torch.bool, device=weight.device)
    for k in range(groups):
        inside[k * out:(k + 1) * out, k * into:(k + 1) * into] = True
    return bool(weight.ne(0).any()) and not bool(weight[~inside].ne(0).any())
