"""Lesson 3, split-sum: what one path costs, how paths become a sum, and where the last BatchNorm stands."""
import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from resnext_edu.exercises.banks.parts import one_by_one
from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict

weights_of_one_path: Exercise = Exercise(
    question="How many weights do the convolutions of one path have: a 1×1 from 256 to 4 channels, a 3×3 from 4 to 4, "
             "a 1×1 from 4 to 256?",
    blank="weights_of_one_path = ...",
    answer="256 * 4 + 3 * 3 * 4 * 4 + 4 * 256",
    also_right=("2192", "2_192.0", "4 * (256 + 9 * 4 + 256)", "torch.tensor(2192)", "70144 / 32"),
    why="One path has 2,192 weights, so 32 of them have 70,144. This is the paper's Eq. 4, C·(256·d + 3·3·d·d + d·256) "
        "with d = 4, for C = 1.",
    quantities={"the 2 of a multiply–add": 2, "the 9 places of a kernel": 9, "the 32 paths": 32,
                "the 49 pixels of a 7×7 map": 49, "the 1,024 weights of one 1×1": 1024},
    hints=(
        "A convolution has one kernel for each pair of an input channel and an output channel.",
        "A 1×1 kernel is one weight, a 3×3 kernel is nine. Count the pairs of each of the three convolutions.",
    ),
    mistakes=(
        Mistake(
            ("256 * 4 + 4 * 4 + 4 * 256", "256 * 4 + 3 * 4 * 4 + 4 * 256"),
            "the 3×3 counted as if its kernel had fewer than nine weights",
            "A kernel is a square: how many weights are there in a 3×3 one?",
        ),
        Mistake(
            "256 * 4 + 3 * 3 * 4 + 4 * 256",
            "one 3×3 kernel for each channel",
            "Inside the path, each of the 4 output channels of the 3×3 reads all 4 input channels, with a kernel for "
            "each.",
        ),
        Mistake(
            ("8 * 4 + 3 * 3 * 4 * 4 + 4 * 256", "8 * 4 + 3 * 3 * 4 * 4 + 4 * 8"),
            "the input is split among the paths",
            "The 256 input channels are not divided by 32. Each path reads all of them.",
        ),
        Mistake(
            ("32 * (256 * 4 + 3 * 3 * 4 * 4 + 4 * 256)", "256 * 128 + 3 * 3 * 4 * 128 + 128 * 256"),
            "the whole block",
            "You have counted all 32 paths. The question is about one.",
        ),
        Mistake(
            "256 * 32 + 3 * 3 * 32 * 32 + 32 * 256",
            "C and d exchanged",
            "32 is the number of paths, the cardinality C. A path is d = 4 channels wide.",
        ),
        Mistake(
            "256 * 4 + 4 + 3 * 3 * 4 * 4 + 4 + 4 * 256 + 256",
            "biases counted, too",
            "These convolutions have no bias: the BatchNorm that follows would take it away again.",
        ),
        Mistake(
            ("256 * 4 + 3 * 3 * 4 * 4 + 4 * 256 + 2 * (4 + 4)",
             "256 * 4 + 3 * 3 * 4 * 4 + 4 * 256 + 2 * (4 + 4 + 256)"),
            "BatchNorm counted, too",
            "BatchNorm has two parameters for each channel, but the question is about the weights of the convolutions.",
        ),
        Mistake(
            "256 * 64 + 3 * 3 * 64 * 64 + 64 * 256",
            "ResNet's bottleneck",
            "That block has 64 channels in the middle. How many has one path?",
        ),
        Mistake(
            ("256 + 4 + 4 + 256",
             "256 + 4 + 4 + 4 + 4 + 256"),
            "the channels added up",
            "A convolution has a kernel for each pair of an input channel and an output channel: pairs are counted "
            "by multiplying.",
        ),
    ),
)


def paths_and_input() -> Cases:
    """The first paths multiply by 1 and 10; the next ones read more channels than they put out."""
    x = torch.tensor([1.0, 2.0, 3.0, 4.0])
    return {
        "two paths that multiply by 1 and by 10, and an input of 1 and 2": (
            nn.ModuleList([one_by_one([1, 0], [0, 1]), one_by_one([10, 0], [0, 10])]), x[:2].view(1, 2, 1, 1)),
        "three paths from 2 channels to 1": (
            nn.ModuleList([one_by_one([1, -2]), one_by_one([-3, 5]), one_by_one([7, -11])]), x.view(2, 2, 1, 1)),
        "two paths from 4 channels to 4, and a map of 2×2": (
            nn.ModuleList([one_by_one(*torch.arange(-9, 7).view(4, 4)), one_by_one(*torch.eye(4))]),
            torch.arange(-6.0, 10).view(1, 4, 2, 2)),
    }


aggregate: Exercise = Exercise(
    question="Each path computes its own T(x). Put them together as the paper does: Σ Tᵢ(x).",
    blank="""
        def aggregate(paths, x):
            return ...
    """,
    cases=paths_and_input,
    answer="sum(path(x) for path in paths)",
    also_right=(
        "torch.stack([path(x) for path in paths]).sum(dim=0)",
        "sum([p(x) for p in paths[1:]], paths[0](x))",
        "torch.sum(torch.stack([path(x) for path in paths]), 0)",
        "torch.einsum('pnchw->nchw', torch.stack([path(x) for path in paths]))",
    ),
    why="A plain sum. It takes as many paths as you like, and its shape does not depend on their number.",
    hints=(
        "Every path gets the same x, all of it.",
        "`path(x) for path in paths` goes through the results. One Python function makes a single tensor of them.",
    ),
    mistakes=(
        Mistake(
            ("torch.cat([path(x) for path in paths], dim=1)", "torch.cat([path(x) for path in paths])"),
            "concatenated, not added",
            "Σ makes one result of the same shape. Results side by side are lesson 4's form, and it needs one more "
            "convolution to read them.",
        ),
        Mistake(
            ("[path(x) for path in paths]", "tuple(path(x) for path in paths)", "(path(x) for path in paths)",
             "torch.stack([path(x) for path in paths])"),
            "collected, not added",
            "You have all the terms of Σ. What is left is to add them.",
        ),
        Mistake(
            ("sum(path(x) for path in paths) / len(paths)", "torch.stack([path(x) for path in paths]).mean(dim=0)"),
            "the mean in place of the sum",
            "Σ does not divide by the number of terms.",
        ),
        Mistake(
            "sum(path(part) for path, part in zip(paths, x.chunk(len(paths), dim=1)))",
            "the input is split among the paths",
            "Each path reads all of x. What is divided is the work in the middle of the block, not the input.",
        ),
        Mistake(
            ("x + sum(path(x) for path in paths)", "torch.relu(x + sum(path(x) for path in paths))"),
            "the shortcut added already",
            "The shortcut belongs to the block, and comes later. Here only the paths are added.",
        ),
        Mistake(
            "sum(x + path(x) for path in paths)",
            "a shortcut in every path",
            "With 32 paths, x would be added 32 times. A path is T(x) alone.",
        ),
        Mistake(
            ("nn.Sequential(*paths)(x)", "paths[1](paths[0](x))"),
            "the paths one after another",
            "Paths stand side by side: each of them gets x itself, not what another one made of it.",
        ),
        Mistake(
            ("paths[0](x)", "next(path(x) for path in paths)"),
            "the first path alone",
            "A `return` inside of a loop ends it in the first round.",
        ),
        Mistake(
            ("paths[-1](x)", "[path(x) for path in paths][-1]"),
            "the last path alone",
            "A loop that writes `out = path(x)` forgets what it had before.",
        ),
        Mistake(
            ("sum(path(x) for path in paths[1:])",
             "sum(path(x) for path in paths[:-1])"),
            "one path left out",
            "Σ takes all of them. Where does your loop begin, and where does it end?",
        ),
        Mistake(
            "paths[0](x) + sum(path(x) for path in paths)",
            "the first path twice",
            "It is there before the loop begins, and the loop takes it again.",
        ),
        Mistake(
            "torch.stack([path(x) for path in paths]).sum(dim=1)",
            "added up along another axis",
            "`stack` puts its new axis first: axis 0 counts the paths, axis 1 the images.",
        ),
        Mistake(
            ("sum(torch.relu(path(x)) for path in paths)",
             "sum(path(x).abs() for path in paths)"),
            "each result changed before it is added",
            "A path ends with its last convolution, and its result is added as it is, below zero, too.",
        ),
        Mistake(
            ("sum(x for path in paths)",
             "len(paths) * x"),
            "x added, and no path called",
            "A path is a function: `path(x)` is what it makes of x.",
        ),
        Mistake(
            "torch.stack([path(x) for path in paths]).prod(dim=0)",
            "multiplied, not added",
            "Σ is a sum. Π would be a product.",
        ),
        Mistake(
            "sum(path(x) for path in paths) * len(paths)",
            "multiplied by the number of paths",
            "Each path is added once.",
        ),
        Mistake(
            "sum(path(x) for path in paths) - x",
            "the shortcut taken away",
            "There is no shortcut here. Only the paths are added.",
        ),
        Mistake(
            "paths[0](x) + paths[1](x)",
            "always two paths",
            "`paths` is a list of any length.",
        ),
    ),
)


@predict(
    "If each of the 32 paths got only 8 of the 256 input channels, how many of the 70,144 weights would be left?",
    {
        "all": "A 1×1 that reads 8 channels needs fewer weights than one that reads 256.",
        "about half": "",
        "a 32nd": "It would be a 32nd if all three convolutions of a path read less. Which of them reads the input?",
    },
)
def weights_with_the_input_cut() -> tuple[str, str]:
    """Counts the weights of the paths with the whole input and with a 32nd of it."""
    C, d, channels = 32, 4, 256
    first, others = channels * d, 3 * 3 * d * d + d * channels
    cut = channels // C * d
    share = (cut + others) / (first + others)
    truth = "about half" if 0.4 < share < 0.6 else "a 32nd" if share < 0.1 else "all"
    return truth, (f"Only the first 1×1s read the input. They would go from {C * first:,} weights to {C * cut:,}. The "
                   f"3×3s and the last 1×1s, {C * others:,} weights, would not notice.")


def paths_batchnorm_and_input() -> Cases:
    """Whole numbers of both signs wherever a ReLU could stand: another order of the steps gives another result."""
    bn = nn.BatchNorm2d(2, eps=0).requires_grad_(False).eval()
    bn.weight.data, bn.bias.data = torch.tensor([2.0, 3.0]), torch.tensor([-4.0, 1.0])
    bn.running_mean = torch.tensor([1.0, -2.0])
    training = copy.deepcopy(bn).train()
    training.eps, training.momentum, training.num_batches_tracked = 1e-5, 0.0, None  # a call changes nothing in it
    paths = nn.ModuleList([one_by_one([1, 1], [0, 2]), one_by_one([-2, 3], [1, -3])])
    return {
        "two paths of two channels and an input of 1 and 2": (paths, bn, torch.tensor([1.0, 2.0]).view(1, 2, 1, 1)),
        "two paths and inputs of either sign": (
            paths, bn, torch.tensor([-3.0, 1, 2, -1, 5, -2, -7, 3]).view(1, 2, 2, 2)),
        "three paths, and a BatchNorm in train mode": (
            nn.ModuleList([*paths, one_by_one([3, 0], [-1, 2])]), training,
            torch.tensor([-3.0, 1, 2, -1, 5, -2, -7, 3]).view(2, 2, 2, 1)),
    }


end_of_block: Exercise = Exercise(
    question="Put the end of the block in order: the sum of the paths, the last BatchNorm `bn`, the shortcut, the "
             "ReLU.",
    blank="""
        def end_of_block(paths, bn, x):
            return ...
    """,
    cases=paths_batchnorm_and_input,
    answer="torch.relu(bn(sum(path(x) for path in paths)) + x)",
    also_right=(
        "nn.functional.relu(x + bn(torch.stack([path(x) for path in paths]).sum(0)))",
        "(bn(sum(path(x) for path in paths)) + x).clamp(min=0)",
    ),
    why="One BatchNorm, after the sum and before the shortcut, and the ReLU last: the paper's footnote 6.",
    hints=(
        "The last BatchNorm is part of the branch: the shortcut goes around it. The ReLU is not.",
        "Work from the inside out: the sum of all `path(x)`, then `bn` of it, then `+ x`, and the ReLU of all that.",
    ),
    mistakes=(
        Mistake(
            ("torch.relu(sum(bn(path(x)) for path in paths) + x)", "sum(bn(path(x)) for path in paths) + x",
             "torch.relu(sum(bn(path(x)) for path in paths)) + x",
             "torch.relu(sum(torch.relu(bn(path(x))) for path in paths) + x)"),
            "BatchNorm in every path, before the sum",
            "32 results that are each shifted by BatchNorm's bias are shifted 32 times in their sum. The paper's "
            "footnote 6 has one BatchNorm, after the paths are added.",
        ),
        Mistake(
            "torch.relu(bn(sum(path(x) for path in paths) + x))",
            "BatchNorm after the shortcut",
            "The shortcut should hand x on as it is. Here BatchNorm changes it, in every block anew.",
        ),
        Mistake(
            "torch.relu(bn(sum(path(x) for path in paths))) + x",
            "ReLU before the shortcut",
            "Then a block could only ever add to x, never take away. The ReLU comes after the addition.",
        ),
        Mistake(
            ("torch.relu(bn(sum(torch.relu(path(x)) for path in paths)) + x)",
             "bn(sum(torch.relu(path(x)) for path in paths)) + x"),
            "ReLU in every path, before the sum",
            "A path ends with its last convolution. The sum takes its results as they are, negative ones included.",
        ),
        Mistake(
            ("torch.relu(sum(path(x) for path in paths) + x)", "sum(path(x) for path in paths) + x",
             "torch.relu(sum(path(x) for path in paths)) + x"),
            "BatchNorm left out",
            "BatchNorm follows every convolution of the block. After the last ones, it follows their sum.",
        ),
        Mistake(
            "torch.relu(bn(sum(path(x) for path in paths)))",
            "the shortcut left out",
            "Without x this is the residual branch alone.",
        ),
        Mistake(
            ("bn(sum(path(x) for path in paths)) + x", "x + bn(sum(path(x) for path in paths)).clone()"),
            "the last ReLU left out",
            "The block ends with a ReLU, after the addition.",
        ),
        Mistake(
            ("bn(torch.relu(sum(path(x) for path in paths))) + x",
             "torch.relu(bn(torch.relu(sum(path(x) for path in paths))) + x)"),
            "ReLU before BatchNorm",
            "Everywhere in the block the order is convolution, BatchNorm, ReLU, and here the shortcut comes between "
            "the last two.",
        ),
        Mistake(
            "torch.relu(bn(sum(path(x) for path in paths)) - x)",
            "the shortcut taken away",
            "A shortcut is added.",
        ),
        Mistake(
            "bn(sum(path(x) for path in paths))",
            "the shortcut and the ReLU left out",
            "The block puts out what the paths have found, and x.",
        ),
        Mistake(
            "torch.relu(torch.relu(bn(sum(path(x) for path in paths))) + x)",
            "a ReLU before the shortcut, too",
            "Then a block could only ever add to x, never take away. One ReLU is enough, after the addition.",
        ),
        Mistake(
            ("torch.relu(bn(x) + sum(path(x) for path in paths))",
             "torch.relu(bn(sum(path(x) for path in paths)) + bn(x))"),
            "BatchNorm on the shortcut",
            "The shortcut should hand x on as it is. BatchNorm belongs behind the sum.",
        ),
        Mistake(
            ("bn(sum(path(x) for path in paths)) + torch.relu(x)",
             "torch.relu(bn(sum(path(x) for path in paths))) + torch.relu(x)"),
            "ReLU on the shortcut",
            "The shortcut hands x on as it is. There is one ReLU, after the addition.",
        ),
        Mistake(
            "torch.relu(bn(sum(path(x) for path in paths) / len(paths)) + x)",
            "the mean in place of the sum",
            "The paths are added, and nothing divides by their number.",
        ),
        Mistake(
            ("bn(torch.relu(sum(path(x) for path in paths) + x))",
             "bn(sum(path(x) for path in paths) + x)"),
            "BatchNorm at the end",
            "BatchNorm follows the sum of the paths, then x is added, and the ReLU comes last.",
        ),
        Mistake(
            "torch.relu(bn(sum(path(x) for path in paths)) + x) + x",
            "the shortcut twice",
            "It is added once, before the ReLU.",
        ),
    ),
)


@predict(
    "32 results have a spread of 1 each and are added. What is the spread of their sum?",
    {
        1: "Each of them has a spread of 1, but a sum of 32 goes further up and further down than any of them.",
        "about 6": "",
        32: "It would be 32 if all 32 went up and down together. They don't: where one is high, another is low.",
    },
)
def spread_of_a_sum(paths: Sequence[nn.Module], x: Tensor) -> tuple[str | int, str]:
    """Measures the spread of the sum of these paths."""
    normalise = nn.BatchNorm2d(256)
    spread = float(torch.stack([normalise(path(x)) for path in paths]).sum(dim=0).std())
    truth: str | int = 1 if spread < 2 else "about 6" if spread < 8 else 32
    return truth, (f"Measured on these {len(paths)} paths: {spread:.1f}. Results that know nothing of each other "
                   "cancel in part, but not in full.")


@predict(
    "Does one ordinary pair of convolutions compute the same as 32 paths of two, each 4 wide? How wide is it?",
    {
        4: "That is as wide as one path. The 32 have more channels between their two convolutions.",
        128: "",
        "no such pair": "32 networks look like more than one. Count the channels between the two convolutions, all "
                        "paths together.",
    },
)
def width_of_one_pair(paths: Sequence[nn.Sequential]) -> tuple[int | str, str]:
    """Builds the pair of the paths' weights and compares its output with the sum of the paths."""
    first = torch.cat([path.get_parameter("0.weight") for path in paths], dim=0)
    second = torch.cat([path.get_parameter("2.weight") for path in paths], dim=1)
    x = torch.randint(-9, 10, (1, 256, 5, 5), generator=torch.Generator().manual_seed(0)).float()
    with torch.no_grad():
        pair = nn.functional.conv2d(torch.relu(nn.functional.conv2d(x, first, padding=1)), second, padding=1)
        same = torch.allclose(pair, torch.stack([path(x) for path in paths]).sum(dim=0), atol=1e-4)
    width = first.shape[0]
    return width if same else "no such pair", (
        f"All paths together have {len(paths)} · {width // len(paths)} = {width} channels between their two "
        "convolutions, and so has the pair.")


parameters_with_bn_per_path: Exercise = Exercise(
    question="The block has 71,168 parameters with its BatchNorms. How many would it have if each of the 32 paths had "
             "a last BatchNorm of its own (256 channels), in place of the one after the sum?",
    blank="parameters_with_bn_per_path = ...",
    answer="71168 - 2 * 256 + 32 * 2 * 256",
    also_right=("87_040", "71168 + 31 * 2 * 256", "70144 + 2 * 128 + 2 * 128 + 32 * 512", "torch.tensor([87040])"),
    why="32 BatchNorms have 16,384 parameters and one has 512: 87,040 in all. Another number of parameters means "
        "another block.",
    quantities={"one parameter a channel of one BatchNorm": 256, "the 512 parameters of one BatchNorm": 512,
                "the 32 paths": 32, "all new BatchNorms": 16_384},
    hints=(
        "A BatchNorm has two parameters for each channel: a factor and a bias.",
        "Take the one BatchNorm of 256 channels away from 71,168. Then add 32 of them.",
    ),
    mistakes=(
        Mistake(
            "71168 + 32 * 2 * 256",
            "the BatchNorm after the sum is still there",
            "The 32 stand in its place. Take its parameters away.",
        ),
        Mistake(
            ("71168 - 256 + 32 * 256", "71168 - 2 * 256 + 32 * 256", "71168 + 32 * 256"),
            "one parameter for each channel, or half the channels",
            "BatchNorm learns a factor and a bias for each channel.",
        ),
        Mistake(
            ("71168 - 4 * 256 + 32 * 4 * 256", "71168 - 2 * 256 + 32 * 4 * 256"),
            "running statistics counted as parameters",
            "The running mean and variance are measured, not learned. PyTorch calls them buffers, not parameters.",
        ),
        Mistake(
            "71168 - 2 * 256 + 32 * 2 * 4",
            "a BatchNorm as narrow as the path",
            "The last BatchNorm of a path would stand behind its last 1×1, and that puts out 256 channels.",
        ),
        Mistake(
            "71168",
            "a BatchNorm per path costs nothing, or has 8 channels",
            "Each of the 32 would have a factor and a bias of its own, for each of 256 channels.",
        ),
        Mistake(
            ("32 * 2 * 256", "31 * 2 * 256"),
            "the BatchNorms alone",
            "The question is about the whole block. Start from its 71,168.",
        ),
    ),
)
