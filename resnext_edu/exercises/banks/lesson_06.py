"""Lesson 6, prove it, then break it: what each check can see, how sure a proof is, and a check that you write."""
from collections.abc import Mapping, Set

import torch
from torch import Tensor, nn

from resnext_edu.blocks import ResNeXtBlock
from resnext_edu.equivalence import EquivalenceReport
from resnext_edu.exercises.banks.parts import one_by_one
from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import Choice, predict, predict_set
from resnext_edu.findings import FINDINGS
from resnext_edu.sabotage import SABOTAGES

NO_REMARKS: dict[Choice, str] = dict.fromkeys(FINDINGS, "")
NO_REMARKS_ON_SABOTAGES: dict[Choice, str] = dict.fromkeys([*SABOTAGES][:9], "")  # the tenth comes later


@predict(
    "Python adds 0.1, 0.2 and 0.3 twice: (0.1 + 0.2) + 0.3 and 0.1 + (0.2 + 0.3). Are the two sums equal?",
    {True: "On paper they are. A computer keeps 53 binary digits, and none of the three fits.", False: ""},
)
def order_of_a_sum() -> tuple[bool, str]:
    """Adds the three numbers in both orders."""
    left, right = (0.1 + 0.2) + 0.3, 0.1 + (0.2 + 0.3)
    return left == right, (f"One is {left!r}, the other {right!r}. Each addition rounds to the nearest number that the "
                           "computer has, and where you put the brackets decides what is rounded.")


@predict(
    "A wrong block gets one draw of random whole numbers from 1 to 295. How likely is it to agree by chance?",
    {
        "never": "One draw can be unlucky: two different curves may cross just there.",
        "at most 4 of 295 times": "",
        "1 of 2 times": "Two different curves of degree 4 cross at most 4 times. Most numbers tell them apart.",
    },
)
def luck_of_one_draw(degree: int, values: int) -> tuple[str, str]:
    """Puts the degree and the number of values into the bound of Schwartz and Zippel."""
    return f"at most {degree} of {values} times", (
        f"The difference of two polynomials of degree {degree} is again one of at most this degree, and it has at most "
        f"{degree} zeros among the {values} values. Schwartz and Zippel showed that the same share holds for any "
        "number of variables, here one for each weight and each input.")


luck_of_all_draws: Exercise = Exercise(
    question="In one draw a wrong block passes with a probability of at most degree / values. What is the largest "
             "probability with which it passes all of several independent draws?",
    blank="""
        def luck_of_all_draws(degree, values, draws):
            return ...
    """,
    cases=lambda: {
        "degree 1, 4 values and 2 draws": (1, 4, 2),
        "degree 4, 10 values and 3 draws": (4, 10, 3),
        "degree 4, 295 values and 1 draw": (4, 295, 1),
    },
    answer="(degree / values) ** draws",
    also_right=(
        "degree ** draws / values ** draws", "pow(degree / values, draws)", "torch.tensor(degree / values) ** draws",
        "(values / degree) ** -draws"),
    why="Chances of independent draws are multiplied. With 295 values, degree 4 and 4 draws, less than one wrong block "
        "in 29 million passes.",
    hints=(
        "To pass two independent draws, it has to be lucky in the first and in the second.",
        "Chances that must all come true are multiplied: degree / values, as many times as there are draws.",
    ),
    mistakes=(
        Mistake(
            ("degree / values * draws", "degree * draws / values", "min(1, degree / values * draws)"),
            "the chances added",
            "Then more draws would make it more likely that a wrong block passes all of them.",
        ),
        Mistake(
            ("degree / values / draws", "degree / (values * draws)"),
            "divided by the number of draws",
            "The second draw does not halve the chance: it lets through one of many of those that the first let "
            "through.",
        ),
        Mistake(
            ("degree / values ** draws", "degree ** draws / values"),
            "only one of the two numbers to a power",
            "Each draw brings the whole fraction once more.",
        ),
        Mistake(
            ("1 - (degree / values) ** draws", "(1 - degree / values) ** draws"),
            "the chance to be caught",
            "The question is about the luck of a wrong block: to pass, every time.",
        ),
        Mistake(
            "1 - (1 - degree / values) ** draws",
            "the chance to be lucky at least once",
            "One lucky draw is not enough: a single draw in which the two differ gives the wrong block away.",
        ),
        Mistake(
            ("(values / degree) ** draws", "int((values / degree) ** draws)"),
            "upside down",
            "A chance is never above 1. This says how many wrong blocks it takes until one passes.",
        ),
        Mistake(
            "degree / values",
            "one draw",
            "This is the chance for one draw. It has to be lucky in every one of them.",
        ),
        Mistake(
            "(degree / values) ** (draws - 1)",
            "one draw too few",
            "Each draw brings the fraction once more, the first one, too.",
        ),
        Mistake(
            "(degree / values) ** (draws + 1)",
            "one draw too many",
            "The fraction is there once for each draw, and not once more.",
        ),
        Mistake(
            ("(1 / values) ** draws", "1 / values ** draws"),
            "the degree forgotten",
            "In one draw, two polynomials may agree for as many values as their degree says, and not for one value "
            "alone.",
        ),
        Mistake(
            ("(degree / values) ** 2", "(degree / values) ** 4"),
            "a fixed number of draws",
            "`draws` is an argument: the function is asked for other numbers of draws, too.",
        ),
        Mistake(
            ("(4 / 295) ** draws", "(degree / 295) ** draws", "(4 / values) ** draws"),
            "the lesson's own numbers",
            "`degree` and `values` are arguments: the function is asked for other polynomials and other ranges, too.",
        ),
    ),
)


@predict(
    "What will the proof say about a block and itself?",
    {
        "PASS": "Equal it is, but what would have been found if the block were wrong? The same.",
        "FAIL": "Nothing differs, so nothing fails.",
        "VACUOUS": "",
    },
)
def a_block_against_itself(report: EquivalenceReport) -> tuple[str, str]:
    """Reads the status of the report's first finding."""
    return report.findings[0].status, f"The report's reason: {report.findings[0].detail}."


@predict(
    "Which draws of whole numbers see a ReLU in every path, before the sum?",
    {
        "positive": "With positive weights and inputs every path gives positive numbers, and ReLU leaves those alone.",
        "signed": "",
        "both": "Signed ones do. But where all is positive, no path gives anything that a ReLU would change.",
        "none": "A path often gives negative numbers, once weights have signs.",
    },
)
def draws_that_see_the_relu(report: EquivalenceReport) -> tuple[str, str]:
    """Reads in the report which of its draws disagree."""
    exact = report["exact"]
    if exact.status != "FAIL":
        return "none", exact.detail
    truth = "signed" if "draws of positive numbers agree" in exact.detail else "both"
    return truth, f"The report says: {exact.detail}."


@predict_set(
    "Every path gets its own BatchNorm, before the sum. Which findings will FAIL?",
    NO_REMARKS | {
        "exact": "It makes every BatchNorm the identity: then it does not matter where one stands.",
        "output (eval)": "Each path is shifted by a bias of its own, and 32 shifts are added.",
        "output (train)": "Each path is divided by its own spread, in place of the sum by the spread of the sum.",
        "input gradient": "Each path's slope is divided by another spread than before.",
        "parameter gradients": "32 BatchNorms have more parameters than one: there is nothing to pair, so SKIPPED.",
        "buffers": "32 BatchNorms store 32 means, the other block one: there is nothing to pair, so SKIPPED.",
        "training": "A step of training is compared number by number, and the numbers don't pair: SKIPPED.",
    },
)
def findings_that_see_bn_per_path(report: EquivalenceReport) -> tuple[set[str], str]:
    """Picks the findings of the report that fail."""
    return _failed(report), SABOTAGES["bn_per_path"].explanation


@predict_set(
    "The last BatchNorm's mean is folded into a bias of every path, 32 times in place of once. Which FAIL?",
    NO_REMARKS | {
        "exact": "There are 32 biases that the other block does not have: SKIPPED.",
        "output (eval)": "In eval mode nothing takes the extra bias off again.",
        "output (train)": "In train mode BatchNorm subtracts the mean of the batch, and any constant goes with it.",
        "input gradient": "A constant has no slope.",
        "parameter gradients": "The 32 biases have no partner in the other block: SKIPPED.",
        "buffers": "The last BatchNorm's mean has gone into the biases, so that what is stored does not pair: SKIPPED.",
        "training": "It would pair all parameters, and the 32 biases have no partner: SKIPPED.",
    },
)
def findings_that_see_the_bias(report: EquivalenceReport) -> tuple[set[str], str]:
    """Picks the findings of the report that fail."""
    return _failed(report), SABOTAGES["bias_per_path"].explanation


@predict_set(
    "32 groups of 4 become 4 groups of 32. Which findings will FAIL?",
    NO_REMARKS | {
        "exact": "The 3×3 has eight times the weights, so they are not the same numbers: SKIPPED.",
        "output (eval)": "Each output of the 3×3 reads 32 channels in place of 4: other sums.",
        "output (train)": "Each output of the 3×3 reads 32 channels in place of 4, in train mode as in eval mode.",
        "input gradient": "More channels are read, so the slopes go back along more ways.",
        "parameter gradients": "The 3×3 has eight times the weights, so there is nothing to pair: SKIPPED.",
        "buffers": "The BatchNorms are as large as before: they can be compared, and they see other numbers go by.",
        "training": "A step of training needs weights that pair, and those of the 3×3 don't: SKIPPED.",
    },
)
def findings_that_see_c_and_d(report: EquivalenceReport) -> tuple[set[str], str]:
    """Picks the findings of the report that fail."""
    return _failed(report), SABOTAGES["c_and_d_swapped"].explanation


@predict(
    "A path dropped, paths shuffled, 3×3s transposed, groups interleaved: how many of the four does some finding miss?",
    {
        0: "",
        1: "Not even one: a number in another place, or a missing one, changes every sum that it was in.",
        2: "Two of them only change the order. But each path has numbers of its own, so that an order shows.",
        4: "That would be a bad check. Each of the four moves numbers or takes them away, and every finding sees it.",
    },
)
def how_many_are_missed(reports: Mapping[str, EquivalenceReport]) -> tuple[int, str]:
    """Counts the reports in which not all findings fail."""
    missed = [name for name, report in reports.items() if len(_failed(report)) < len(report.findings)]
    return len(missed), "All seven findings fail for each of them: a mistake of this kind can't hide in a good check."


@predict_set(
    "PyTorch's momentum of 0.1 becomes 0.9 in one BatchNorm. Which findings will FAIL?",
    NO_REMARKS | {
        "exact": "It makes every BatchNorm the identity, and works in eval mode: no momentum is used.",
        "output (eval)": "Both blocks still store the same numbers, and eval mode reads those.",
        "output (train)": "In train mode BatchNorm uses the mean and the variance of the batch, not what it stores.",
        "input gradient": "It belongs to the output in train mode, and that is the same.",
        "parameter gradients": "They belong to the output in train mode, and that is the same.",
        "buffers": "What is stored after one batch: a tenth of the new numbers on one side, nine tenths on the other.",
        "training": "Each step follows the gradients in train mode, and they never meet what is stored.",
    },
)
def findings_that_see_the_momentum(report: EquivalenceReport) -> tuple[set[str], str]:
    """Picks the findings of the report that fail."""
    return _failed(report), SABOTAGES["momentum_reversed"].explanation


def pairs_of_layers() -> Cases:
    """Pairs that differ, each hidden from another kind of check, and three that do not differ."""
    def layer(*rows: list[float]) -> tuple[nn.Conv2d, Tensor]:
        return one_by_one(*rows), torch.tensor([1.0, 2.0]).view(1, 2, 1, 1)

    def batchnorm(mean: float) -> nn.BatchNorm2d:
        bn = nn.BatchNorm2d(1).requires_grad_(False).eval()
        bn.running_mean = torch.tensor([mean])
        return bn

    def shift(place: int) -> nn.Conv2d:
        conv = nn.Conv2d(1, 1, (1, 3), padding=(0, 1), bias=False).requires_grad_(False)
        conv.weight.copy_(torch.eye(3)[place].view(1, 1, 1, 3))
        return conv

    right, x = layer([1, 2], [3, 4])
    images, pixels = torch.ones(3, 2, 1, 1), torch.ones(1, 2, 40, 40)
    images[:, 1], pixels[:, 1] = 0, 0
    images[1, 1], pixels[0, 1, 7, 9] = 1, 1  # only here does the second weight tell
    return {
        "two layers of which one weight differs": (right, layer([1, 2], [3, 5])[0], x),
        "two layers with exchanged outputs": (right, layer([3, 4], [1, 2])[0], x),
        "two layers with outputs of opposite sign": (layer([-1, -2], [-3, -4])[0], right, x),
        "one function in two forms": (
            right, nn.Sequential(layer([1, 0], [1, 1])[0], layer([-1, 2], [-1, 4])[0]), x),
        "a weight that is off by a thousandth": (right, layer([1, 2], [3, 4.004])[0], x),
        "two BatchNorms in eval mode that know different means": (
            batchnorm(0.0), batchnorm(1.0), torch.arange(4.0).view(2, 1, 2, 1)),
        "one function in two forms, which round differently": (
            layer([0.1, 0.7, 0.9])[0], nn.Sequential(layer([0, 0.7, 0.9], [0.1, 0, 0])[0], layer([1, 1])[0]),
            torch.arange(1.0, 301).view(1, 3, 10, 10) / 7),
        "two layers that differ in one image of three": (right, layer([1, 2.5], [3, 4])[0], images),
        "two layers that differ in one value of a thousand": (right, layer([1, 2.5], [3, 4])[0], pixels),
        "two layers with tiny outputs": (layer([1e-6, 2e-6])[0], layer([1e-6, 1.5e-6])[0], x),
        "a layer, and one with a ReLU in front, below zero": (right, nn.Sequential(nn.ReLU(), right), -x),
        "two layers with other outputs below zero": (layer([-1, -2])[0], layer([-2, -2])[0], x),
        "two layers that shift the map to the left and to the right": (
            shift(2), shift(0), torch.tensor([0.0, 1.0, 0.0]).view(1, 1, 1, 3)),
        "a layer of one output channel, and one of two": (layer([1, 2])[0], right, x),
        "a layer and itself": (right, right, x),
        "two layers that give nan": (layer([1, 2], [3, float("nan")])[0], layer([1, 2], [3, float("nan")])[0], x),
    }


same: Exercise = Exercise(
    question="Write a check that can fail: True if a and b, as they stand, give the same output for x, up to rounding.",
    blank="""
        def same(a, b, x):
            return ...
    """,
    cases=pairs_of_layers,
    answer="torch.allclose(a(x), b(x))",
    also_right=(
        "torch.isclose(a(x), b(x)).all()",
        "bool((a(x) - b(x)).abs().max() <= 1e-5 * b(x).abs().max())",
        "torch.allclose(a(x), b(x), atol=0)",
    ),
    why="It said no to every mistake, each of another kind, and yes to one function in two forms. And nan is equal to "
        "nothing, not even to itself: a good answer from a check.",
    hints=(
        "Compare what the two put out, number by number. Which mistakes could your comparison not see?",
        "PyTorch has a function that compares two tensors number by number and allows for rounding: `torch.allclose`.",
    ),
    mistakes=(
        Mistake(
            "a(x).shape == b(x).shape",
            "only the shapes compared",
            "Every block that fits into the network has the right shape, wrong ones included.",
        ),
        Mistake(
            ("torch.allclose(a(x).mean(), b(x).mean())", "a(x).sum() == b(x).sum()",
             "torch.allclose(a(x).sum(), b(x).sum())", "torch.equal(a(x).max(), b(x).max())"),
            "one number for all outputs",
            "Outputs in another order have the same mean and the same sum.",
        ),
        Mistake(
            ("(a(x) - b(x)).max() < 1e-5", "bool((a(x) - b(x)).max() < 1e-5)", "torch.all(a(x) - b(x) < 1e-5)",
             "(a(x) - b(x)).sum() < 1e-5", "(a(x) - b(x)).mean() < 1e-5"),
            "a difference without its absolute value",
            "A large negative difference is smaller than any tolerance.",
        ),
        Mistake(
            ("torch.allclose(a(x), a(x))", "torch.equal(b(x), b(x))"),
            "a module compared with itself",
            "It can't fail: whatever is wrong with one of them, it is equal to itself.",
        ),
        Mistake(
            "torch.allclose(a.train()(x), b.train()(x))",
            "train mode, whatever mode they are in",
            "In train mode BatchNorm uses the mean of the batch, and what it has stored does not show. And your check "
            "leaves both modules in train mode.",
        ),
        Mistake(
            ("torch.allclose(a(x), b(x), atol=0.1)", "torch.allclose(a(x), b(x), rtol=0.01)",
             "(a(x) - b(x)).abs().max() < 0.1"),
            "a tolerance as wide as a mistake",
            "Rounding in float32 changes about the seventh digit. A tolerance far above that lets mistakes through.",
        ),
        Mistake(
            ("(a(x) == b(x)).any()", "torch.isclose(a(x), b(x)).any()", "(a(x) - b(x)).abs().min() < 1e-5"),
            "one equal number is enough",
            "A wrong block often gets some outputs right. All of them have to agree.",
        ),
        Mistake(
            ("not (a(x) - b(x)).abs().max() > 1e-5", "not ((a(x) - b(x)).abs() > 1e-5).any()",
             "torch.allclose(a(x), b(x), equal_nan=True)"),
            "nan passes",
            "nan is not larger than a tolerance, and not smaller either. Ask whether the difference is small, not "
            "whether it is not large.",
        ),
        Mistake(
            ("torch.equal(a(x), b(x))", "(a(x) == b(x)).all().item()"),
            "equal to the last bit",
            "Two forms of one function add in another order, and each addition rounds. A check that allows for none of "
            "this refuses what is right.",
        ),
        Mistake(
            ("torch.allclose(a(x), b(x), atol=1e-4)", "bool((a(x) - b(x)).abs().max() < 1e-5)",
             "torch.allclose(a(x), b(x), atol=1e-5)"),
            "a tolerance that does not know how large the outputs are",
            "Where all outputs are tiny, so is every difference. Compare the difference with the outputs: `rtol`.",
        ),
        Mistake(
            ("torch.isclose(a(x), b(x)).float().mean() > 0.99", "torch.isclose(a(x), b(x)).float().mean() > 0.9"),
            "most of the values are enough",
            "A mistake at the edge of a map touches few values. All of them have to agree.",
        ),
        Mistake(
            ("torch.allclose(a(x)[0], b(x)[0])", "torch.allclose(a(x[:1]), b(x[:1]))",
             "torch.allclose(a(x)[-1], b(x)[-1])"),
            "one image only",
            "x is a batch. What is wrong with the other images does not show.",
        ),
        Mistake(
            ("True", "a(x) is not None", "len(a(x)) == len(b(x))", "torch.allclose(a(0 * x), b(0 * x))"),
            "a check that can't fail",
            "It says yes to every pair, right or wrong, so that its yes says nothing.",
        ),
        Mistake(
            ("False", "a(x) is b(x)"),
            "a check that can't pass",
            "It says no to everything, to one function in two forms, too.",
        ),
        Mistake(
            ("a(x) == b(x)", "torch.isclose(a(x), b(x))", "a(x).eq(b(x))"),
            "an answer for each number",
            "That is a tensor of truth values. The check needs one for all of them.",
        ),
        Mistake(
            ("a is b", "a == b"),
            "asks whether they are one object",
            "Two blocks that are built differently are two objects. Ask what they do to x.",
        ),
        Mistake(
            "all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters()))",
            "the weights compared in place of the outputs",
            "The three forms store the same numbers in tensors of other shapes. Ask what the modules do to x.",
        ),
        Mistake(
            ("torch.allclose(a(x).abs(), b(x).abs())", "torch.allclose(a(x) ** 2, b(x) ** 2)"),
            "the signs left out",
            "Two outputs of opposite sign have the same absolute values, and they are not equal.",
        ),
        Mistake(
            ("torch.allclose(a(torch.ones_like(x)), b(torch.ones_like(x)))", "torch.allclose(a(x.abs()), b(x.abs()))"),
            "another input in place of x",
            "Two blocks may agree on your input and differ on `x`, which is the one that is asked about.",
        ),
        Mistake(
            "torch.allclose(a(x).mean((2, 3)), b(x).mean((2, 3)))",
            "one number for each map",
            "Two maps may have the same mean and hold their numbers in other places.",
        ),
        Mistake(
            ("sum(p.numel() for p in a.parameters()) == sum(p.numel() for p in b.parameters())", "str(a) == str(b)"),
            "how they are built, in place of what they give",
            "A wrong weight changes neither the number of weights nor the names of the layers. Ask what the modules "
            "do to x.",
        ),
        Mistake(
            "torch.testing.assert_close(a(x), b(x))",
            "an error in place of an answer",
            "It raises where the two differ, and gives None where they agree. Asked for is `True` or `False`.",
        ),
        Mistake(
            "torch.allclose(a(x), b(x), atol=1e-6, rtol=0)",
            "a tolerance that does not grow with the outputs",
            "Rounding changes about the seventh digit of a number. Where the outputs are large, that is more than "
            "your tolerance allows.",
        ),
    ),
)


@predict_set(
    "Fresh blocks, eval mode, `torch.allclose`: which of the nine mistakes does it miss?",
    NO_REMARKS_ON_SABOTAGES | {
        "relu_before_sum": "A path often gives negative numbers, also when it is fresh.",
        "path_dropped": "A sum of 31 is not a sum of 32, whatever the weights.",
        "w2_transposed": "Fresh weights are random: a transposed kernel is another one.",
        "paths_shuffled": "Fresh paths have different weights, so that another order shows.",
        "groups_interleaved": "Fresh groups have different weights, so that it shows which channel meets which.",
        "c_and_d_swapped": "Each output reads 32 channels in place of 4, in any mode.",
        "bn_per_path": "A fresh BatchNorm in eval mode divides by the same number on either side of the sum.",
        "bias_per_path": "A fresh BatchNorm has a mean of 0: there is nothing to fold into a bias, wrongly or rightly.",
        "stride_on_1x1": "The block has stride 1. There is nothing to move.",
    },
)
def what_allclose_misses(missed: Set[str]) -> tuple[set[str], str]:
    """Takes what the lesson's own check has missed."""
    return set(missed), ("Each of them is missed for another reason: numbers that are all alike, a mode that is not "
                         "tried, a block in which the mistake does no harm.")


@predict(
    "The stride moves from the 3×3 to the 1×1 before it. Which of these changes?",
    {
        "the number of weights": "A stride has no weights.",
        "the shape of the output": "Both halve the map once, one a layer earlier.",
        "neither": "",
    },
)
def what_tells_the_stride(right: ResNeXtBlock, wrong: ResNeXtBlock) -> tuple[str, str]:
    """Counts the weights of both blocks and runs both."""
    x = torch.zeros(1, right.in_channels, 14, 14)
    weights = [sum(p.numel() for p in block.parameters()) for block in (right, wrong)]
    with torch.no_grad():
        shapes = [tuple(block(x).shape) for block in (right, wrong)]
    truth = ("the number of weights" if weights[0] != weights[1]
             else "the shape of the output" if shapes[0] != shapes[1] else "neither")
    return truth, (f"Both have {weights[0]:,} parameters and turn {tuple(x.shape)} into {shapes[0]}. What changes is "
                   "which pixels the 3×3 gets to see: one of four.")


def _failed(report: EquivalenceReport) -> set[str]:
    return {finding.name for finding in report.findings if finding.status == "FAIL"}
