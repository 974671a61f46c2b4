"""Lesson 4, concat: the long row [W₁ W₂], and the one 1×1 that reads all paths."""
from collections.abc import Mapping, Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn

from resnext_edu.equivalence import EquivalenceReport
from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict, predict_set


@predict(
    "Two matrices side by side, times two columns one above the other. What comes out?",
    {
        "the same two numbers": "",
        "four numbers": "There are four products in each row, but a row adds them up to one number. There are two "
                        "rows, as before.",
        "an error": "It fits: the rows are now four long, and so is the column.",
    },
)
def long_row_times_tall_column(W1: Tensor, x1: Tensor, W2: Tensor, x2: Tensor) -> tuple[str, str]:
    """Multiplies the two pairs separately and together."""
    separate = W1 @ x1 + W2 @ x2
    together = torch.cat([W1, W2], dim=1) @ torch.cat([x1, x2])
    truth = ("the same two numbers" if torch.equal(separate, together)
             else "four numbers" if together.numel() == 4 else "an error")
    return truth, f"Separately and added: {separate.tolist()}. Together: {together.tolist()}."


def two_matrices() -> Cases:
    """Matrices for two paths: with one column each, with two, and with different numbers of columns."""
    return {
        "two rows that read one channel each from two paths": (
            torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [4.0]])),
        "two matrices of 2×2": (torch.tensor([[1.0, -2], [0, 4]]), torch.tensor([[-5.0, 1], [2, 3]])),
        "paths of 2 channels and of 1": (torch.tensor([[1.0, 2], [3, 4], [5, 6]]), torch.tensor([[7.0], [8], [9]])),
    }


long_row: Exercise = Exercise(
    question="Build the one matrix [W1 W2] whose rows first read the channels of path 1 and then those of path 2.",
    blank="""
        def long_row(W1, W2):
            return ...
    """,
    cases=two_matrices,
    answer="torch.cat([W1, W2], dim=1)",
    also_right=(
        "torch.hstack([W1, W2])",
        "torch.cat((W1, W2), -1)",
        "torch.cat([W1.T, W2.T]).T",
        "[[*row1, *row2] for row1, row2 in zip(W1.tolist(), W2.tolist())]",
    ),
    why="Each row now reads both paths, and the + between them has moved into the row: A₁B₁ + A₂B₂ = [A₁ A₂][B₁; B₂], "
        "the paper's footnote 3.",
    hints=(
        "The new matrix has as many rows as W1, one for each output. The rows become longer.",
        "`torch.cat` puts tensors one behind another along an axis. Axis 0 counts the rows, axis 1 goes along a row.",
    ),
    mistakes=(
        Mistake(
            ("torch.cat([W1, W2], dim=0)", "torch.cat([W1, W2])", "torch.vstack([W1, W2])"),
            "one above the other",
            "More rows would mean more outputs. The outputs are the same as before, and each has more to read.",
        ),
        Mistake(
            "torch.cat([W2, W1], dim=1)",
            "the order of the paths reversed",
            "The paths' outputs lie one behind the other in the order of the paths. The weights that read them have to "
            "keep this order.",
        ),
        Mistake(
            "W1 + W2",
            "the matrices added",
            "W1 x + W2 x is (W1 + W2) x, if both read the same x. Here each path hands over numbers of its own.",
        ),
        Mistake(
            ("torch.stack([W1, W2])", "torch.stack([W1, W2], dim=1)"),
            "a new axis in place of a longer row",
            "`stack` makes a third axis. A matrix keeps its two, and its rows become longer.",
        ),
        Mistake(
            "[W1, W2]",
            "a list of two matrices",
            "The brackets in [W1 W2] are the paper's. In Python they make a list, and one convolution needs one "
            "tensor.",
        ),
        Mistake(
            "torch.block_diag(W1, W2)",
            "each path kept to itself",
            "Rows that read one path only make separate outputs. Here each output reads both paths.",
        ),
        Mistake(
            ("torch.cat([W1, W2], dim=1).T", "torch.cat([W1.T, W2.T])"),
            "rows and columns exchanged",
            "A row belongs to an output channel, a column to an input channel.",
        ),
        Mistake(
            ("torch.cat([W1, W1], dim=1)",
             "torch.cat([W2, W2], dim=1)"),
            "another matrix at a place",
            "[W₁ W₂]: first the one, and to its right the other.",
        ),
    ),
)

channels_conv3_reads: Exercise = Exercise(
    question="32 paths put out 4 channels each and are concatenated. How many input channels does the 1×1 have that "
             "reads them?",
    blank="channels_conv3_reads = ...",
    answer="32 * 4",
    also_right=("128", "128.0", "torch.Size([128])", "256 // 2"),
    why="128 = C·d, and its weight is 256 × 128: the 32 small ones of 256 × 4, side by side. As many weights as "
        "before.",
    quantities={"the block's 256 channels": 256},
    hints=(
        "In form (a) the last 1×1 of a path reads that path's 4 channels. Here one 1×1 reads all paths.",
        "`cat` along the channels adds up the numbers of channels.",
    ),
    mistakes=(
        Mistake(
            "4",
            "the 1×1 of one path",
            "4 is right for form (a), where each path has its own. This one reads what all the paths put out.",
        ),
        Mistake(
            "256",
            "what comes out, or a batch of 2 counted",
            "256 channels come out of it. What goes in is what the paths hand over, for any number of images.",
        ),
        Mistake(
            "32",
            "one channel for each path",
            "32 is the number of paths, and each of them hands over more than one channel.",
        ),
        Mistake(
            ("32 + 4", "8", "32 * 256"),
            "another count of channels",
            "Count what `cat` puts together: so many paths, and so many channels from each.",
        ),
    ),
)


@predict_set(
    "Paths 0 and 1 change places. In which of these cases is the block still the same function?",
    {
        "in the stack": "The 1×1 does not know that its first 4 channels now come from another path.",
        "in the weight": "The columns have changed places, the channels that they are for have not.",
        "in both": "Each path still meets its own columns, only in another place.",
    },
)
def swaps_without_harm(reports: Mapping[str, EquivalenceReport]) -> tuple[set[str], str]:
    """Picks the places at which the lesson's proofs passed."""
    return {place for place, report in reports.items() if report.passed}, (
        "No order is right in itself. The two sides have to agree on one.")


def long_rows() -> Cases:
    """Weights of 1×1 convolutions in which each number occurs once, a path's number, and the paths' width."""
    def weight(rows: int, columns: int) -> Tensor:
        return torch.arange(-4.0, rows * columns - 4).view(rows, columns, 1, 1)

    return {
        "a weight of 2 rows and 4 columns, two paths of d = 2, and i = 1": (weight(2, 4), 1, 2),
        "a weight of 6 rows and 6 columns, three paths of d = 2, and i = 1": (weight(6, 6), 1, 2),
        "a weight of 5 rows and 12 columns, four paths of d = 3, and i = 2": (weight(5, 12), 2, 3),
        "a weight of 3 rows and 6 columns, two paths of d = 3, and i = 0": (weight(3, 6), 0, 3),
        "a weight of 2 rows and 64 columns, 32 paths of d = 2, and i = 5": (weight(2, 64), 5, 2),
    }


columns_of_path: Exercise = Exercise(
    question="Cut path i's own part out of the long weight: paths count from 0, and each is d channels wide.",
    blank="""
        def columns_of_path(weight, i, d):
            return ...
    """,
    cases=long_rows,
    answer="weight[:, i * d:(i + 1) * d]",
    also_right=(
        "weight[:, d * i:d * i + d]",
        "weight.narrow(1, i * d, d)",
        "weight.split(d, dim=1)[i]",
        "torch.split(weight, d, 1)[i]",
        "weight.unflatten(1, (-1, d))[:, i]",
    ),
    why="Path i owns d columns in a row, from i·d on. This cut takes the 1×1 of form (b) apart into those of form (a).",
    hints=(
        "The first axis counts the outputs, and each path contributes to all of them. The second axis counts what is "
        "read.",
        "Path 0 owns the columns from 0 up to d, path 1 those from d up to 2·d. Where does path i begin?",
    ),
    mistakes=(
        Mistake(
            ("weight[i * d:(i + 1) * d]", "weight[i]"),
            "rows in place of columns",
            "A row is one output, which reads all paths. What belongs to one path stands in the columns.",
        ),
        Mistake(
            ("weight[:, i::weight.shape[1] // d]", "weight[:, i::d]", "weight[:, i::32]"),
            "channels dealt out in turn, like cards",
            "`cat` puts all channels of path 0 first, then all of path 1: they lie next to each other.",
        ),
        Mistake(
            ("weight[:, (i - 1) * d:i * d]", "weight[:, (i + 1) * d:(i + 2) * d]"),
            "another path's columns",
            "Paths count from 0, so that path 0 begins at column 0.",
        ),
        Mistake(
            ("weight[:, i:i + d]", "weight[:, i:(i + 1) * d]"),
            "begins at column i",
            "Before path i there are i whole paths, and each of them takes d columns.",
        ),
        Mistake(
            ("weight[:, i * d:i * d + d - 1]", "weight[:, i * d:(i + 1) * d - 1]", "weight[:, i * d:(i + 1) * d + 1]"),
            "one column too few, or too many",
            "The end of a slice is not part of it: `0:3` are three columns, 0, 1 and 2.",
        ),
        Mistake(
            ("weight[:, i]", "weight[:, i:i + 1]", "weight[:, i * d]"),
            "one column for each path",
            "A path hands over d channels, and each of them has a column of its own.",
        ),
        Mistake(
            ("weight[:, i * d:d]", "weight[:, i * d:]"),
            "a slice with another end",
            "A slice is `start:end`, and its end is a place, not a length. Path i ends where path i + 1 begins.",
        ),
        Mistake(
            "weight[:, i * d + 1:(i + 1) * d + 1]",
            "one column too far",
            "Columns count from 0: path 0 begins at column 0, not at column 1.",
        ),
        Mistake(
            "weight[:, :d]",
            "the first path's columns",
            "`i` says whose columns are asked for. Before path i there are i whole paths.",
        ),
        Mistake(
            "weight[:, i * d:i + d]",
            "a pair of brackets too few, or at another place",
            "Path i ends where path i + 1 begins: i + 1 is to be multiplied by d.",
        ),
        Mistake(
            "weight.chunk(d, dim=1)[i]",
            "the width taken for the number of paths",
            "`chunk` asks how many parts there are, `split` asks how wide one is.",
        ),
    ),
)


@predict(
    "Does a sum of paths become one long 1×1 only if all paths are alike?",
    {
        True: "Each path brings its own columns, as many as it has channels. Nothing asks what happened before.",
        False: "",
    },
)
def needs_equal_paths(branches: Sequence[nn.Sequential], conv: nn.Conv2d) -> tuple[bool, str]:
    """Cuts the 1×1 where the branches meet, adds up the parts, and compares the sum with the whole 1×1."""
    x = torch.randint(-4, 5, (1, 256, 5, 5), generator=torch.Generator().manual_seed(0)).float()
    with torch.no_grad():
        results = [branch(x) for branch in branches]
        widths = [result.shape[1] for result in results]
        columns = torch.tensor_split(conv.weight, list(accumulate(widths))[:-1], dim=1)
        parts = [nn.functional.conv2d(*pair) for pair in zip(results, columns, strict=True)]
        same = torch.allclose(torch.stack(parts).sum(dim=0), conv(torch.cat(results, dim=1)), atol=1e-4)
    return not same, (f"These three have {', '.join(str(len(branch)) for branch in branches)} convolutions and hand "
                      f"over {', '.join(map(str, widths))} channels. Cut the long rows there, and the sum is the same.")
