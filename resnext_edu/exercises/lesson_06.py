"""Lesson 6, prove it, then break it: guesses about what each kind of check can see."""
import torch

from resnext_edu.exercises.prediction import predict, predict_set
from resnext_edu.sabotage import ALL, SABOTAGES

FINDINGS = dict.fromkeys(ALL, "")


@predict(
    "Python adds 0.1, 0.2 and 0.3 twice: (0.1 + 0.2) + 0.3 and 0.1 + (0.2 + 0.3). Are the two sums equal?",
    {True: "On paper they are. A computer keeps 53 binary digits, and none of the three fits.", False: ""},
)
def order_of_a_sum():
    left, right = (0.1 + 0.2) + 0.3, 0.1 + (0.2 + 0.3)
    return left == right, (f"One is {left!r}, the other {right!r}. Each addition rounds to the nearest number that the "
                           "computer has, and where you put the brackets decides what is rounded.")


@predict(
    "A wrong block gets one draw of random whole numbers, from 1 to 295. By what luck can it agree with the right one?",
    {
        "never": "One draw can be unlucky: two different curves may cross just there.",
        "at most 4 of 295 times": "",
        "1 of 2 times": "Two different curves of degree 4 cross at most 4 times. Most numbers tell them apart.",
    },
)
def luck_of_one_draw(degree, values):
    return f"at most {degree} of {values} times", (
        f"The difference of two polynomials of degree {degree} is again one of at most this degree, and it has at most "
        f"{degree} zeros among the {values} values. Schwartz and Zippel showed that the same share holds for any "
        "number of variables, here one for each weight and each input.")


@predict(
    "What will the proof say about a block and itself?",
    {
        "PASS": "Equal it is, but what would have been found if the block were wrong? The same.",
        "FAIL": "Nothing differs, so nothing fails.",
        "VACUOUS": "",
    },
)
def a_block_against_itself(report):
    return report.findings[0].status, f"The report's reason: {report.findings[0].detail}."


@predict(
    "Which draws of whole numbers see a ReLU in every path, before the sum?",
    {
        "positive": "With positive weights and inputs every path gives positive numbers, and ReLU leaves those alone.",
        "signed": "",
        "both": "With positive weights and inputs every path gives positive numbers, and ReLU leaves those alone.",
        "none": "A path often gives negative numbers, once weights have signs.",
    },
)
def draws_that_see_the_relu(report):
    exact = report["exact"]
    if exact.status != "FAIL":
        return "none", exact.detail
    truth = "signed" if "draws of positive numbers agree" in exact.detail else "both"
    return truth, f"The report says: {exact.detail}."


@predict_set(
    "Every path gets its own BatchNorm, before the sum. Which findings will FAIL?",
    FINDINGS | {
        "exact": "It makes every BatchNorm the identity: then it does not matter where one stands.",
        "parameter gradients": "32 BatchNorms hold more numbers than one, so there is nothing to pair: SKIPPED.",
        "buffers": "32 BatchNorms hold more numbers than one, so there is nothing to pair: SKIPPED.",
        "training": "32 BatchNorms hold more numbers than one, so there is nothing to pair: SKIPPED.",
    },
)
def findings_that_see_bn_per_path(report):
    return _failed(report), SABOTAGES["bn_per_path"].explanation


@predict_set(
    "The last BatchNorm's mean is folded into a bias of every path, 32 times in place of once. Which FAIL?",
    FINDINGS | {
        "exact": "There are 32 biases that the other block does not have: SKIPPED.",
        "output (eval)": "In eval mode nothing takes the extra bias off again.",
        "output (train)": "In train mode BatchNorm subtracts the mean of the batch, and any constant goes with it.",
        "input gradient": "A constant has no slope.",
    },
)
def findings_that_see_the_bias(report):
    return _failed(report), SABOTAGES["bias_per_path"].explanation


@predict(
    "The stride moves from the 3×3 to the 1×1 before it. Which of these changes?",
    {
        "the number of weights": "A stride has no weights.",
        "the shape of the output": "Both halve the map once, one a layer earlier.",
        "neither": "",
    },
)
def what_tells_the_stride(right, wrong):
    x = torch.zeros(1, right.in_channels, 14, 14)
    weights = [sum(p.numel() for p in block.parameters()) for block in (right, wrong)]
    with torch.no_grad():
        shapes = [tuple(block(x).shape) for block in (right, wrong)]
    truth = ("the number of weights" if weights[0] != weights[1]
             else "the shape of the output" if shapes[0] != shapes[1] else "neither")
    return truth, (f"Both have {weights[0]:,} parameters and turn {tuple(x.shape)} into {shapes[0]}. What changes is "
                   "which pixels the 3×3 gets to see: one of four.")


@predict_set(
    "32 groups of 4 become 4 groups of 32. Which findings will FAIL?",
    FINDINGS | {
        "exact": "The 3×3 has eight times the weights, so they are not the same numbers: SKIPPED.",
        "parameter gradients": "The 3×3 has eight times the weights, so there is nothing to pair: SKIPPED.",
        "buffers": "The BatchNorms are as large as before: they can be compared, and they see other numbers go by.",
        "training": "The 3×3 has eight times the weights, so there is nothing to pair: SKIPPED.",
    },
)
def findings_that_see_c_and_d(report):
    return _failed(report), SABOTAGES["c_and_d_swapped"].explanation


@predict(
    "A path dropped, paths shuffled, 3×3s transposed, groups interleaved: how many of the four does some finding miss?",
    {
        0: "",
        1: "Each of the four uses the same numbers in another place, which every finding sees.",
        2: "Each of the four uses the same numbers in another place, which every finding sees.",
        4: "Each of the four uses the same numbers in another place, which every finding sees.",
    },
)
def how_many_are_missed(reports):
    missed = [name for name, report in reports.items() if len(_failed(report)) < len(report.findings)]
    return len(missed), "All seven findings fail for each of them: a mistake of this kind can't hide in a good check."


@predict_set(
    "Fresh blocks, eval mode, `torch.allclose`: which of the nine mistakes go unnoticed?",
    dict.fromkeys(SABOTAGES, "") | {
        "bn_per_path": "A fresh BatchNorm in eval mode divides by the same number on either side of the sum.",
        "bias_per_path": "A fresh BatchNorm has a mean of 0: there is nothing to fold into a bias, wrongly or rightly.",
        "stride_on_1x1": "The block has stride 1. There is nothing to move.",
    },
)
def what_allclose_misses(missed):
    return set(missed), ("Each of them is missed for another reason: numbers that are all alike, a mode that is not "
                         "tried, a block in which the mistake does no harm.")


def _failed(report) -> set[str]:
    return {finding.name for finding in report.findings if finding.status == "FAIL"}
