"""Lesson 5, the grouped block: 32 small 3×3s as one convolution, what stands where in its weight, what it costs."""
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict


def small_matrices() -> Cases:
    """Lists of small matrices in which each number occurs once."""
    first = torch.tensor([[1.0, -2], [3, 4]])
    return {
        "two blocks of 1×1": ([torch.tensor([[1.0]]), torch.tensor([[2.0]])],),
        "two blocks of 2×2": ([first, first + 4],),
        "three blocks of 2×2": ([first, first + 4, first + 8],),
    }


block_diagonal: Exercise = Exercise(
    question="Each block multiplies its own part of h, and the results are put one behind the other. Which one matrix "
             "does the same to all of h?",
    blank="""
        def block_diagonal(blocks):
            return ...
    """,
    cases=small_matrices,
    answer="torch.block_diag(*blocks)",
    also_right=(
        "sum(torch.kron(torch.diag(torch.eye(len(blocks))[i]), block) for i, block in enumerate(blocks))",
        "torch.cat([torch.cat([block if i == j else 0 * block for j in range(len(blocks))], 1) "
        "for i, block in enumerate(blocks)])",
    ),
    why="A grouped layer is a dense one, with zeros wherever an output would read another group. It does not store "
        "them, and never multiplies by them.",
    hints=(
        "Draw it for two blocks of 2×2 on paper: a matrix of 4×4. Which entries are zero?",
        "PyTorch has a function for this, `torch.block_diag`. It takes the blocks one by one, not as a list: a `*` "
        "before a list hands over its elements.",
    ),
    mistakes=(
        Mistake(
            ("torch.cat(blocks)", "torch.cat(blocks, dim=0)", "torch.vstack(blocks)"),
            "blocks below each other, without zeros",
            "That is how the grouped convolution stores its weight. The dense matrix has columns for all channels, and "
            "zeros where an output does not read.",
        ),
        Mistake(
            ("torch.cat(blocks, dim=1)", "torch.hstack(blocks)"),
            "blocks side by side: every output reads every group",
            "That is the long row of lesson 4, where all results are added. In a grouped layer each group has outputs "
            "of its own.",
        ),
        Mistake(
            "torch.block_diag(blocks)",
            "the list in place of its elements",
            "The function takes the blocks one by one. A `*` before the list hands over its elements.",
        ),
        Mistake(
            "torch.kron(torch.eye(len(blocks)), blocks[0])",
            "the same block in every group",
            "Each group has weights of its own.",
        ),
        Mistake(
            ("torch.kron(torch.ones(len(blocks), len(blocks)), blocks[0])",
             "torch.cat([torch.cat(blocks, 1)] * len(blocks))",
             "torch.cat([torch.cat(blocks)] * len(blocks), 1)"),
            "nothing is zero",
            "Then every output reads every group. Outside of the blocks on the diagonal there are zeros.",
        ),
        Mistake(
            "torch.block_diag(*reversed(blocks))",
            "the groups in reverse order",
            "The first block reads the first channels and makes the first outputs: it stands at the top left.",
        ),
        Mistake(
            "torch.block_diag(*[block.T for block in blocks])",
            "in and out exchanged in every block",
            "A row is an output, a column an input, in the blocks as in the whole.",
        ),
        Mistake(
            ("torch.block_diag(blocks[0], blocks[1])", "torch.block_diag(*blocks[:2])",
             "torch.block_diag(torch.tensor([[1.0, 2], [3, 4]]), torch.tensor([[5.0, 6], [7, 8]]))"),
            "always two blocks",
            "`blocks` is a list of any length, and all of its elements are needed.",
        ),
        Mistake(
            "torch.stack(blocks)",
            "a new axis for the blocks",
            "`stack` makes a third axis. A matrix has two, with a row and a column for every channel of every group.",
        ),
        Mistake(
            "sum(blocks)",
            "the blocks added up",
            "Each block keeps its numbers. The dense matrix has a row and a column for every channel of every group.",
        ),
    ),
)


grouped_weight_shape: Exercise = Exercise(
    question="128 channels in, 128 out, a 3×3 in 32 groups: what shape does its weight have?",
    blank="grouped_weight_shape = ...",
    answer="(128, 4, 3, 3)",
    also_right=(
        "[128, 128 // 32, 3, 3]",
        "torch.Size([128, 4, 3, 3])",
        "torch.tensor([128, 4, 3, 3])",
        "nn.Conv2d(128, 128, kernel_size=3, groups=32).weight.shape",
    ),
    why="(out, in ÷ groups, 3, 3). Each of the 128 output channels reads the 4 channels of its own group.",
    hints=(
        "The weight of a convolution is (output channels, what each of them reads, height, width).",
        "All 128 output channels are there. In 32 groups of equal size, how many input channels does one of them read?",
    ),
    mistakes=(
        Mistake(
            "(128, 128, 3, 3)",
            "the weight of an ungrouped convolution",
            "There every output channel reads all 128. In a group it reads only the channels of its own group.",
        ),
        Mistake(
            "(128, 32, 3, 3)",
            "groups taken for channels per group",
            "32 is the number of groups. How many channels are there in each?",
        ),
        Mistake(
            ("(4, 128, 3, 3)", "(32, 128, 3, 3)"),
            "in and out exchanged",
            "The first number counts the output channels, and there are 128 of them.",
        ),
        Mistake(
            ("(4, 4, 3, 3)", "(32, 4, 4, 3, 3)"),
            "the weight of one path, or a list of them",
            "One path's 3×3 is (4, 4, 3, 3). One weight holds all 32 of them, one below the other, in four axes.",
        ),
        Mistake(
            ("(32, 4, 3, 3)", "(32, 1, 3, 3)"),
            "one output channel for each group",
            "32 groups, but each of them puts out as many channels as it reads.",
        ),
        Mistake(
            "(128, 1, 3, 3)",
            "depthwise: one channel for each group",
            "With 128 groups each output channel would read one channel. Here there are 32 groups.",
        ),
        Mistake(
            ("(3, 3, 4, 128)", "(3, 3, 128, 4)", "(4, 3, 3, 128)"),
            "axes in another library's order",
            "PyTorch has the output channels first and the kernel's height and width last.",
        ),
    ),
)


def small_kernels() -> Cases:
    """Lists of small kernels in which each number occurs once."""
    def kernels(paths: int, d: int, k: int) -> list[Tensor]:
        return list(torch.arange(-5.0 * paths, paths * (d * d * k * k - 5)).view(paths, d, d, k, k))

    return {
        "two paths of d = 2, with kernels of 3×3": (kernels(2, 2, 3),),
        "three paths of d = 4, with kernels of 3×3": (kernels(3, 4, 3),),
    }


grouped_weight: Exercise = Exercise(
    question="`weights` has the 3×3 weights of the paths, each (d, d, 3, 3). Put them into one weight, (C·d, d, 3, 3).",
    blank="""
        def grouped_weight(weights):
            return ...
    """,
    cases=small_kernels,
    answer="torch.cat(weights, dim=0)",
    also_right=(
        "torch.cat(list(weights))",
        "torch.vstack(weights)",
        "torch.stack(weights).flatten(0, 1)",
        "torch.cat([weight.clone() for weight in weights], 0)",
    ),
    why="Path i's weights are the rows from i·d up to (i + 1)·d. No number is changed, each finds its place: that is "
        "all that `convert_state_dict` does.",
    hints=(
        "Each output channel has a slice of its own along the first axis. What do 32 paths of 4 output channels make?",
        "`torch.cat` along the first axis, in the order of the paths.",
    ),
    mistakes=(
        Mistake(
            ("torch.stack(weights)", "torch.stack(weights, dim=1)"),
            "a new axis for the paths",
            "A convolution's weight has four axes. The paths go one below the other along the first, without a new "
            "one.",
        ),
        Mistake(
            "torch.cat(weights, dim=1)",
            "joined along the input channels",
            "Then each output would read the channels of all the paths. In a group it reads d of them.",
        ),
        Mistake(
            ("torch.stack(weights, dim=1).flatten(0, 1)",
             "torch.cat([weight[k:k + 1] for k in range(len(weights[0])) for weight in weights])"),
            "groups interleaved: one channel of each path in turn",
            "Groups are contiguous: the first d output channels are the first group, and so they are the first path.",
        ),
        Mistake(
            "torch.cat([weight.transpose(0, 1) for weight in weights])",
            "in and out exchanged in every path",
            "The paths' weights are (out, in, 3, 3) already, as the whole one is.",
        ),
        Mistake(
            ("torch.block_diag(*weights)", "torch.block_diag(*[weight.flatten(1) for weight in weights])"),
            "a block-diagonal matrix, zeros included",
            "That matrix is what the layer does. What it stores is the blocks alone, without the zeros between them.",
        ),
        Mistake(
            ("torch.stack(weights).view(128, 4, 3, 3)", "torch.stack(weights).reshape(128, 4, 3, 3)",
             "torch.cat(weights).view(128, 4, 3, 3)", "torch.cat(weights).reshape(128, 4, 3, 3)",
             "torch.stack(weights).view(-1, 4, 3, 3)", "torch.stack(weights).view(-1, 2, 3, 3)"),
            "sizes written down",
            "The order may be right, but only for 32 paths of 4 channels. Let the sizes come from the weights.",
        ),
        Mistake(
            ("sum(weights)", "torch.stack(weights).mean(0)"),
            "the paths' weights mixed into one",
            "Each path keeps its own weights. Nothing is added here.",
        ),
        Mistake(
            ("torch.cat(weights[::-1])", "torch.cat(list(reversed(weights)))"),
            "the paths in reverse order",
            "The 1×1 before and the 1×1 behind have the paths in order: so must the groups.",
        ),
    ),
)


def bottleneck_map() -> Cases:
    """A map of whole numbers that is as wide as the middle of the block."""
    generator = torch.Generator().manual_seed(0)
    return {"an input of 128 channels and 5×5 pixels": (
        torch.randint(-4, 5, (1, 128, 5, 5), generator=generator).float(),)}


grouped_conv: Exercise = Exercise(
    question="Make the layer that replaces the 32 small 3×3s: 128 channels in and out, the map keeps its size, no "
             "bias.",
    blank="grouped_conv = ...",
    cases=bottleneck_map,
    answer="nn.Conv2d(128, 128, kernel_size=3, padding=1, groups=32, bias=False)",
    also_right=(
        "nn.Conv2d(128, 128, 3, 1, 1, 1, 32, False)",
        'nn.Conv2d(32 * 4, 32 * 4, (3, 3), padding="same", groups=32, bias=False)',
        "nn.Sequential(nn.Conv2d(128, 128, 3, padding=1, groups=32, bias=False))",
    ),
    why="One call in place of 32, and 4,608 weights, 32 · 4 · 4 · 9, as before.",
    hints=(
        "`groups` is the number of groups, one for each path. It has to divide the input and the output channels.",
        "A 3×3 without padding makes the map smaller by a pixel on each side. `bias=False` leaves the bias out.",
    ),
    mistakes=(
        Mistake(
            "nn.Conv2d(128, 128, 3, 1, 32, bias=False)",
            "32 in the place of the padding",
            "Behind the kernel come the stride, the padding, the dilation, and only then the groups. `groups=` says "
            "which it is.",
        ),
        Mistake(
            ("nn.Conv2d(128, 128, 3, 32, bias=False)", "nn.Conv2d(128, 128, 3, 32, 1, bias=False)"),
            "32 in the place of the stride",
            "Behind the kernel come the stride, the padding, the dilation, and only then the groups. `groups=` says "
            "which it is.",
        ),
        Mistake(
            "nn.Conv2d(128, 128, kernel_size=3, padding=1, groups=4, bias=False)",
            "groups taken for channels per group",
            "`groups=4` makes 4 groups of 32 channels. There are 32 paths.",
        ),
        Mistake(
            "nn.Conv2d(128, 128, kernel_size=3, padding=1, bias=False)",
            "not grouped",
            "Without `groups` every output reads all 128 channels: 147,456 weights, 32 times as many.",
        ),
        Mistake(
            "nn.Conv2d(128, 128, kernel_size=3, padding=1, groups=128, bias=False)",
            "depthwise: a group for each channel",
            "Depthwise is the end of the scale, with groups of one channel. A path has 4, and they do mix.",
        ),
        Mistake(
            "nn.Conv2d(128, 128, kernel_size=3, groups=32, bias=False)",
            "padding forgotten",
            "Without padding the map shrinks from 5×5 to 3×3, and the shortcut could not be added.",
        ),
        Mistake(
            ("nn.Conv2d(128, 128, kernel_size=3, padding=1, groups=32)",
             "nn.Conv2d(128, 128, kernel_size=3, padding=1, groups=32, bias=True)"),
            "a bias before a BatchNorm",
            "BatchNorm subtracts the mean, and any bias with it. Without `bias=False` the layer gets 128 useless "
            "numbers.",
        ),
        Mistake(
            ("nn.Conv2d(4, 4, kernel_size=3, padding=1, bias=False)", "nn.Conv2d(4, 4, 3, padding=1)"),
            "the layer of one path",
            "This reads 4 channels. The one that replaces all 32 reads 128.",
        ),
        Mistake(
            ("nn.Conv2d(128, 256, kernel_size=3, padding=1, groups=32, bias=False)",
             "nn.Conv2d(256, 128, kernel_size=3, padding=1, groups=32, bias=False)",
             "nn.Conv2d(256, 256, kernel_size=3, padding=1, groups=32, bias=False)"),
            "the channels of the block in place of those of the bottleneck",
            "The block reads and puts out 256 channels. Between its two 1×1s there are C·d = 128.",
        ),
        Mistake(
            "nn.Conv2d(128, 128, kernel_size=1, groups=32, bias=False)",
            "a 1×1",
            "The layer in the middle looks at the neighbours of a pixel, too: its kernel is 3×3.",
        ),
        Mistake(
            "nn.Conv2d(128, 128, 3, 1, 1, 32, bias=False)",
            "32 in the place of the dilation",
            "Behind the padding comes the dilation, and only then the groups. `groups=` says which it is.",
        ),
        Mistake(
            "nn.Conv2d(128, 128, kernel_size=3, stride=2, padding=1, groups=32, bias=False)",
            "a stride",
            "The map keeps its size. In this block nothing is halved.",
        ),
    ),
)


@predict(
    "One of the block's 256 input channels changes. How many of the 32 groups of the 3×3 put out something else?",
    {
        1: "It would be 1 if the block's input were cut into 32 parts. What is cut is the 3×3, behind the first 1×1.",
        4: "4 is the number of channels in a group.",
        32: "",
    },
)
def groups_that_notice(before: Tensor, after: Tensor) -> tuple[int, str]:
    """Compares two outputs of the 3×3, group by group."""
    noticed = int((before != after).reshape(len(before), 32, -1).any(dim=2).any(dim=0).sum())
    return noticed, ("A group reads 4 channels, and the first 1×1 has made each of these from all 256. A path of form "
                     "(b) does the same: its own 1×1 reads everything, its 3×3 reads 4 channels.")


@predict(
    "The 128 slices of the 3×3's weight are dealt out in turn, one of each path, like cards. How many are where they "
    "were?",
    {
        0: "Begin at the top: the first slice of the first path is dealt first.",
        2: "",
        32: "One of each path would be 32. But path 1's first slice goes to place 1, and was at place 4.",
        128: "The same 128 slices, but the order is another one.",
    },
)
def slices_that_stay(dealt: Tensor, weight: Tensor) -> tuple[int, str]:
    """Compares the weight with the one whose slices were dealt out, slice by slice."""
    places = [k for k in range(len(weight)) if torch.equal(dealt[k], weight[k])]
    return len(places), (f"They stand at the places {' and '.join(map(str, places))}. Whoever looks at both ends "
                         "finds nothing wrong.")


@predict(
    "At 56×56 each form does 219,971,584 multiply–adds. How long does form (a) take, compared with form (c)?",
    {
        "shorter": "The paths could run at the same time, if 32 processors were waiting. One processor runs them "
                   "one by one.",
        "as long": "The arithmetic is the same, but arithmetic is not all that there is to do.",
        "up to twice as long": "There is more to fetch and to put away than one would think.",
        "more than twice as long": "",
    },
)
def time_of_the_paths(results: Mapping[str, Any]) -> tuple[str, str]:
    """Takes the ratio of the two times from the course's measurements."""
    ratio = results["cases"]["32×4d, eval"]["split_sum / grouped"]["median"]
    truth = ("shorter" if ratio < 0.95 else "as long" if ratio < 1.05 else "up to twice as long" if ratio <= 2 else
             "more than twice as long")
    return truth, f"Where it was measured, form (a) took {ratio:.1f} times as long as form (c)."


fan_out: Exercise = Exercise(
    question="`nn.init.kaiming_normal_(weight, mode='fan_out')` draws smaller weights where fan_out is larger. For a "
             "3×3 it takes fan_out = weight.shape[0] · 3 · 3. How much is that for the grouped 3×3?",
    blank="fan_out = ...",
    answer="128 * 3 * 3",
    also_right=("1152", "1_152.0", "32 * 36", "torch.empty(128, 4, 3, 3)[:, 0].numel()"),
    why="1,152, and 36 for the 3×3 of one path: 32 times as much, so that the weights start √32 times smaller. The "
        "three forms are one function, but they do not start alike. To train them alike, convert the weights.",
    quantities={"the 32 groups": 32, "the 4 channels of a group": 4},
    hints=(
        "The grouped weight is (128, 4, 3, 3), and torch does not ask about groups here.",
        "The first number of the shape, times the number of pixels that a 3×3 kernel covers.",
    ),
    mistakes=(
        Mistake(
            ("4 * 3 * 3", "128 * 3 * 3 // 32"),
            "what one path has",
            "36 is right for one path, and it would be the better number here, too. But torch looks at the shape of "
            "the weight alone, and its first number is not 4.",
        ),
        Mistake(
            ("128", "128 * 3"),
            "the kernel's size left out",
            "A 3×3 kernel covers nine pixels, and each output channel counts nine times.",
        ),
        Mistake(
            "128 * 4 * 3 * 3",
            "all weights counted",
            "That is how many weights there are. The fan_out leaves the input channels out.",
        ),
        Mistake(
            "128 * 128 * 3 * 3",
            "the weights of an undivided layer",
            "So many would it have without groups. The fan_out leaves the input channels out.",
        ),
        Mistake(
            ("32 * 3 * 3", "256 * 3 * 3"),
            "another number of channels",
            "Look at the first number of the weight's shape.",
        ),
        Mistake(
            "128 * 4",
            "the channels that go in, and no kernel",
            "The fan_out leaves the input channels out, and a kernel covers nine pixels.",
        ),
        Mistake(
            ("128 + 3 * 3",
             "128 + 9"),
            "added in place of multiplied",
            "Each output channel counts once for each pixel of the kernel.",
        ),
    ),
)
