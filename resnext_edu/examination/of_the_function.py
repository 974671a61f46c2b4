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
from resnext_edu.examination.plain_rows import MOVES
from resnext_edu.examination.read_block import ReadBlock
from resnext_edu.examination.rows_to_plan import AT_THE_END, TO_ONE_PIXEL, ReadNetwork
from resnext_edu.examination.two_steps import adds_up_each_path

TWO_STEPS = 2  # convolutions: a depthwise one, and a 1×1 behind it
A_PART = 1 / 8  # so many channels may be silent by chance
TEXTS = {  # name → what is there. The paper: what it has. Effect: what this does
    "relu_before_sum": "a ReLU stands at the end of the branch. The paper: the last ReLU comes after the sum. "
                       "Effect: a branch can only add, and never take away.",
    "relu_missing": "no ReLU follows the sum. The paper: a ReLU after the shortcut is added. "
                    "Effect: negative numbers go on.",
    "relu_missing_inside": "no ReLU stands between two convolutions. The paper: a ReLU after each BatchNorm. "
                           "Effect: two linear maps in a row do no more than one.",
    "relu_before_bn": "the ReLU stands before the BatchNorm. The paper: convolution, BatchNorm, ReLU. "
                      "Effect: another function of the same size.",
    "projection_relu": "a ReLU stands on the shortcut. The paper: a projection and its BatchNorm only. "
                       "Effect: the shortcut can't hand on negative numbers.",
    "shortcut_missing": "nothing is added to the branch. The paper: the block's input is added. "
                        "Effect: no residual block; a deep network of these is hard to train.",
    "projection_pooled": "a pooling before the projection has the stride. The paper: the projection has it. "
                         "Effect: the shortcut reads all pixels, and not one of four.",
    "projection_padded": "the shortcut is padded with channels of zeros. The paper: a projection where the shape "
                         "changes. Effect: new channels get nothing from the shortcut.",
    "squeeze_excitation": "the channels are multiplied by factors that depend on the whole image. The paper: nothing "
                          "of that kind. Effect: an attention to channels, as in SE-ResNeXt.",
    "other_activation": "another activation ({}). The paper: ReLU. Effect: another function of the same shape.",
    "other_norm": "another normalisation ({}). The paper: BatchNorm. Effect: it depends on one image, not on a batch.",
    "scaled_branch": "the branch is multiplied by a factor. The paper: the branch is added as it is. "
                     "Effect: the shortcut weighs more.",
    "dilated": "the 3×3 is dilated by {}. The paper: its nine pixels are neighbours. "
               "Effect: it sees farther, and skips pixels.",
    "stem_without_relu": "no ReLU in the stem. The paper: a ReLU after its BatchNorm. Effect: negative numbers go on.",
    "stem_average": "the stem ends in an average pool. The paper: in a max pool. Effect: another function.",
    "softmax": "a softmax stands at the end. The paper: logits come out, and the loss has the softmax. "
               "Effect: with a cross-entropy loss the softmax is taken twice.",
    "output_activation": "an activation at the end ({}). The paper: logits come out. "
                         "Effect: a cross-entropy loss gets the wrong numbers.",
    "unread_channels": "{} of the {} channels that the first 1×1 puts out are read by nobody. The paper: every "
                       "path reads channels of its own. Effect: several paths read the same slice.",
    "dense_with_zeros": "the 3×3 is dense, and all its weights between two paths are 0. The paper: a 3×3 with C "
                        "groups. Effect: none as long as they stay 0; it is the same function, with weights and work "
                        "that do nothing.",
    "dense_merge": "a depthwise 3×3, and a dense 1×1 of zeros and ones that adds up each path. The paper: a 3×3 with C "
                   "groups. Effect: none as long as the 1×1 stays as it is; it is the same function, many times as "
                   "large.",
    "constant_merge": "a depthwise 3×3, and a dense 1×1 of constant zeros and ones that adds up each path. The paper: "
                      "a 3×3 with C groups. Effect: none: it is the same function, with many times the work.",
    "other_sums": "the 1×1 behind the depthwise 3×3 does not add up each path. The paper: a 3×3 with C groups, which "
                  "would take a 1 for one result of every channel of the path, and zeros elsewhere. Effect: another "
                  "function.",
    "shared_layers": "layers are called more than once. The paper: every layer has weights of its own. "
                     "Effect: the same weights work in several places.",
    "norm_without_weights": "BatchNorms have no factors and offsets. The paper: they have both. "
                            "Effect: a channel can't be scaled.",
    "computed_weights": "weights are computed from other weights ({}). The paper: weights are what is learned. "
                        "Effect: another way of learning, or another function.",
    "unused_parameters": "there are parameters that no call uses. The paper: every parameter is used. Effect: none.",
}


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


def found(name: str, where: Sequence[str], params: int = 0, macs: int = 0, *values: object) -> FoundDeparture:
    """A departure with its text."""
    return FoundDeparture(name, tuple(dict.fromkeys(where)), params, macs, TEXTS[name].format(*values))


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
    departures += [*_of_rows(rows, read, blocks, odd), *_around(rows, read, odd), *_heard(read, heard, blocks)]
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
    norm = next((op for op in level.after if op in NORMS), "")
    return bool(norm) and "relu" in level.after and level.after.index("relu") < level.after.index(norm)


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
                          ("scaled_branch", [k for k in others if rows[k].op in ("mul", "div") and not rows[k].macs]),
                          ("other_norm", [k for k in norms if rows[k].op != "batch_norm"])):
        if numbers:
            ops = ", ".join(dict.fromkeys(rows[k].op for k in numbers))
            params = 0 if name == "other_norm" else sum(rows[k].params for k in numbers)
            yield found(name, [rows[k].path for k in numbers], params, 0, ops)
    odd |= {k for k in others if rows[k].op not in (*ACTIVATIONS, "mul", "div") or rows[k].macs}


def _around(rows: Sequence[TraceRow], read: ReadNetwork, odd: set[int]) -> Iterator[FoundDeparture]:
    """The same of the stem and of the head."""
    stem = [k for level in read.stem for k in level.convs]
    bare = [level.convs[0] for level in read.stem if not any(op in ("relu", *ACTIVATIONS) for op in level.after)]
    if bare and not read.blocks[0].norms_before:
        yield found("stem_without_relu", [rows[k].path for k in bare])
    first = min(k for block in read.blocks for k in block.levels[0].convs)
    if any(rows[k].op == "avg_pool2d" for k in range(stem[-1], first)):
        yield found("stem_average", [rows[k].path for k in range(stem[-1], first) if rows[k].op == "avg_pool2d"])
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


def _heard(read: ReadNetwork, heard: Heard, blocks: Sequence[tuple[str, ReadBlock]]) -> Iterator[FoundDeparture]:
    """What only the running network tells."""
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
    others = [path for path, block in blocks if _adds_up_paths(block, heard) is False]
    if others:
        yield found("other_sums", others)
    if unread:
        yield found("unread_channels", [path for path, _, _ in unread], 0, 0, *unread[0][1:])
    if dilated:
        yield found("dilated", list(dilated), 0, 0, ", ".join(map(str, dict.fromkeys(dilated.values()))))


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
