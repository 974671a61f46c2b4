"""Lesson 7, cardinality at a fixed budget: what C paths of width d cost, and what they bring, beside one wide path."""
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict, predict_set


def pairs() -> Cases:
    """Pairs of C and d."""
    return {"C = 1, d = 64": (1, 64), "C = 2, d = 3": (2, 3), "C = 32, d = 4": (32, 4)}


weights_of_paths: Exercise = Exercise(
    question="How many weights do C paths of width d have? Each is a 1×1 from 256 to d channels, a 3×3 from d to d, "
             "and a 1×1 from d to 256.",
    blank="""
        def weights_of_paths(C, d):
            return ...
    """,
    cases=pairs,
    answer="C * (256 * d + 3 * 3 * d * d + d * 256)",
    also_right=(
        "C * d * (512 + 9 * d)",
        "512 * C * d + 9 * C * d**2",
        "C * (256 * d) + 9 * (C * d) ** 2 / C + C * d * 256",
    ),
    why="This is the paper's equation 4. The 1×1s grow with d, the 3×3s with d².",
    hints=(
        "Begin with one path. A 1×1 from 256 to d channels has 256 · d weights; and a 3×3 from d to d?",
        "There are C such paths, and none of them shares a weight with another.",
    ),
    mistakes=(
        Mistake(
            ("256 * d + 9 * d * d + d * 256", "256 * d + 3 * 3 * d * d + d * 256"),
            "one path",
            "That is right for one path. There are C of them.",
        ),
        Mistake(
            ("512 * C * d + 9 * (C * d) ** 2", "256 * C * d + 9 * C * d * C * d + C * d * 256"),
            "the 3×3 over all paths together",
            "Then every path would read every other one's channels. A path's 3×3 reads d channels and puts out d.",
        ),
        Mistake(
            ("C * (512 * d + 9 * d)", "C * (256 * d + 3 * 3 * d + d * 256)"),
            "a 3×3 of one channel",
            "Each of the d channels that come out of the 3×3 reads each of the d that go in.",
        ),
        Mistake(
            ("C * (512 * d + d * d)", "C * (256 * d + 3 * d * d + d * 256)", "C * (512 * d + 3 * d * d)"),
            "a kernel without its nine places",
            "A kernel of 3×3 has nine weights for each pair of channels.",
        ),
        Mistake(
            ("C * (256 * d + 9 * d * d)", "C * (9 * d * d + d * 256)"),
            "one of the 1×1s left out",
            "A path has two 1×1s: one before its 3×3, and one that leads back to 256 channels.",
        ),
        Mistake(
            ("2 * 256 * d + 9 * C * d * d", "256 * d + C * 9 * d * d + d * 256", "512 * d + 9 * d * d * C"),
            "1×1s of one path only",
            "Each path has 1×1s of its own: they are counted C times, too.",
        ),
        Mistake(
            ("C * (256 + 9 * d * d + 256)", "C * (2 * 256 + 3 * 3 * d * d)"),
            "1×1s without their d",
            "A 1×1 from 256 to d channels has a weight for each pair: 256 · d.",
        ),
        Mistake(
            ("512 * C * d + 9 * d * d", "C * (256 * d + d * 256) + 9 * d**2"),
            "the 3×3 of one path only",
            "Each path has a 3×3 of its own: it is counted C times, too.",
        ),
        Mistake(
            ("9 * C * d * d", "C * 3 * 3 * d * d"),
            "the 3×3s only",
            "Before and behind each 3×3 stands a 1×1, and these two have weights, too.",
        ),
        Mistake(
            ("512 * C * d", "C * (256 * d + d * 256)"),
            "the 1×1s only",
            "Between its two 1×1s, each path has a 3×3.",
        ),
        Mistake(
            ("C * d * (512 + 9 * d) + 4 * C * d + 2 * 256", "C * (d * (512 + 9 * d) + 4 * d + 2 * 256)",
             "C * d * (512 + 9 * d) + 2 * C * d + 256", "C * (d * (512 + 9 * d) + 2 * d + 256)"),
            "BatchNorm or biases counted",
            "Only the weights of the convolutions are asked for. They have no bias, and BatchNorm's numbers are not "
            "theirs.",
        ),
        Mistake(
            "C * (64 * d + 9 * d * d + d * 64)",
            "64 channels around the paths",
            "The block has 256 channels in and out; 64 is the width of ResNet's middle.",
        ),
        Mistake(
            "C * (256 * d + 6 * d * d + d * 256)",
            "3 + 3 in place of 3 · 3",
            "A kernel of 3×3 has nine places.",
        ),
        Mistake(
            ("C ** 2 * (256 * d + 9 * d * d + d * 256)",
             "C * (256 * C * d + 9 * d * d + C * d * 256)"),
            "the number of paths counted twice",
            "C paths are C times one path.",
        ),
        Mistake(
            "512 * C * d + 9 * C * C * d",
            "C and d exchanged in the 3×3",
            "A path's 3×3 leads from d channels to d, and there are C such paths.",
        ),
        Mistake(
            "C * (9 * 256 * d + 9 * d * d + 9 * d * 256)",
            "nine weights in a 1×1, too",
            "A 1×1 has one weight for each pair of channels. Only the 3×3 has nine.",
        ),
        Mistake(
            ("(512 * d + 9 * d * d) / C", "(512 * d + 9 * d * d) // C"),
            "divided by the number of paths",
            "The formula in brackets is one path. C of them stand side by side.",
        ),
        Mistake(
            ("32 * (512 * d + 9 * d * d)", "C * (512 * 4 + 9 * 4 * 4)"),
            "the lesson's own numbers",
            "`C` and `d` are arguments: the function is asked for other paths, too.",
        ),
    ),
)


@predict(
    "One path of width 64 becomes two. Which d keeps the weights of the block?",
    {
        32: "Half as wide and twice as many: for the 1×1s that is right. But a 3×3 of half the width has a quarter of "
            "the weights, not half.",
        40: "",
        45: "64 ÷ √2 is 45: that would be right if there were 3×3s only.",
        64: "Then everything is there twice.",
    },
)
def width_of_two_paths(weights: Callable[[int, int], float], budget: float) -> tuple[int, str]:
    """Counts the weights of two paths with each width, and picks the width that comes nearest to the budget."""
    widths = (32, 40, 45, 64)
    found = {d: weights(2, d) / budget for d in widths}
    truth = min(widths, key=lambda d: abs(found[d] - 1))
    shares = ", ".join(f"{share:.2f} for d = {d}" for d, share in found.items())
    return truth, f"Two paths have this part of the budget: {shares}."


def budgets() -> Cases:
    """The budget of the plain bottleneck for several numbers of paths, and two larger budgets for many paths."""
    return {
        "C = 1 and a budget of 69,632": (1, 69_632), "C = 1 and a budget of 200,000": (1, 200_000),
        "C = 2 and a budget of 69,632": (2, 69_632),
        "C = 8 and a budget of 69,632": (8, 69_632), "C = 16 and a budget of 69,632": (16, 69_632),
        "C = 32 and a budget of 69,632": (32, 69_632), "C = 64 and a budget of 141,200": (64, 141_200),
        "C = 64 and a budget of 159,200": (64, 159_200),  # between d = 4 and 5; its weights are nearer to those of 4
    }


width_on_budget: Exercise = Exercise(
    question="Which whole number d gives C paths the number of weights that is nearest to the budget?",
    blank="""
        def width_on_budget(C, budget):
            return ...
    """,
    cases=budgets,
    answer="min(range(1, 257), key=lambda d: abs(C * (256 * d + 9 * d * d + d * 256) - budget))",
    also_right=(
        "sorted(range(1, 129), key=lambda d: abs(C * d * (512 + 9 * d) - budget))[0]",
        "min((int(((256**2 + 9 * budget / C) ** 0.5 - 256) / 9) + k for k in (0, 1)), "
        "key=lambda d: abs(C * (512 * d + 9 * d * d) - budget))",
        "1 + int((C * (512 * torch.arange(1, 200) + 9 * torch.arange(1, 200) ** 2) - budget).abs().argmin())",
    ),
    why="With this one line you can lay out the paper's Table 2, for any number of paths and any budget.",
    hints=(
        "Try them all: there are not many whole numbers between 1 and 256. Which of them is best?",
        "`min(range(1, 257), key=lambda d: …)` gives the d for which the key is smallest. The key is the distance "
        "between the weights and the budget; `abs` makes it positive.",
    ),
    mistakes=(
        Mistake(
            ("64 // C", "max(1, 64 // C)", "round(64 / C)", "64 / C"),
            "C·d kept at 64",
            "That keeps the 1×1s as they are. The 3×3s get much smaller, and the block ends far below its budget.",
        ),
        Mistake(
            ("min(range(1, 257), key=lambda d: C * (512 * d + 9 * d * d) - budget)",
             "min(range(1, 129), key=lambda d: C * (512 * d + 9 * d * d) - budget)",
             "min(range(257), key=lambda d: C * (512 * d + 9 * d * d) - budget)"),
            "a distance with a sign",
            "Without `abs`, the smallest is the one that is most below zero: the smallest block there is.",
        ),
        Mistake(
            ("max(d for d in range(1, 257) if C * (512 * d + 9 * d * d) <= budget)",
             "max(d for d in range(1, 257) if C * (512 * d + 9 * d * d) < budget)",
             "int(((256**2 + 9 * budget / C) ** 0.5 - 256) / 9)", "((256**2 + 9 * budget / C) ** 0.5 - 256) // 9"),
            "the largest that does not exceed the budget",
            "The nearest may be a little above. For some C, the next d is nearer.",
        ),
        Mistake(
            ("next(d for d in range(1, 257) if C * (512 * d + 9 * d * d) >= budget)",
             "next(d for d in range(1, 257) if C * (512 * d + 9 * d * d) > budget)",
             "-int(-((256**2 + 9 * budget / C) ** 0.5 - 256) // 9)"),
            "the first that reaches the budget",
            "The nearest may be a little below. For some C, the d before it is nearer.",
        ),
        Mistake(
            "round(((256**2 + 9 * budget / C) ** 0.5 - 256) / 9)",
            "the nearest d, not the nearest weights",
            "That is very good, and nearly always the same. But weights grow faster than d: where the exact d lies "
            "close to a half, see which of the two whole numbers beside it has the nearer weights.",
        ),
        Mistake(
            ("max(range(1, 257), key=lambda d: abs(C * (512 * d + 9 * d * d) - budget))",
             "max(range(1, 129), key=lambda d: abs(C * (512 * d + 9 * d * d) - budget))",
             "min(range(1, 257), key=lambda d: budget - C * (512 * d + 9 * d * d))",
             "min(range(1, 129), key=lambda d: budget - C * (512 * d + 9 * d * d))"),
            "the farthest of all",
            "The largest block is far above the budget. `max` looks for the largest distance; and without `abs`, `min` "
            "looks for the one most below zero.",
        ),
        Mistake(
            ("int((C * (512 * torch.arange(1, 200) + 9 * torch.arange(1, 200) ** 2) - budget).abs().argmin())",
             "min(range(256), key=lambda k: abs(C * (512 * (k + 1) + 9 * (k + 1) ** 2) - budget))"),
            "the place in the list in place of the d",
            "Places count from 0, and your list of widths begins with 1.",
        ),
        Mistake(
            ("min(range(1, 257), key=lambda d: abs(512 * C * d + 9 * (C * d) ** 2 - budget))",
             "max(1, round(((256**2 + 9 * budget) ** 0.5 - 256) / 9 / C))"),
            "the 3×3 over all paths together",
            "A path's 3×3 reads d channels, not C·d. So the 3×3s of C paths have 9·C·d² weights, and there is room for "
            "more width.",
        ),
        Mistake(
            ("64 / C**0.5", "round(64 / C**0.5)", "int(64 / C**0.5)", "64 // C**0.5", "(budget / (9 * C)) ** 0.5",
             "round((budget / (9 * C)) ** 0.5)", "int((budget / (9 * C)) ** 0.5)"),
            "the 1×1s forgotten",
            "That would be right if there were 3×3s only. The two 1×1s have 512 · d weights a path.",
        ),
        Mistake(
            ("min(range(1, 257), key=lambda d: abs(512 * d + 9 * d * d - budget))",
             "min(range(1, 257), key=lambda d: abs(512 * d + 9 * d * d - 69_632))"),
            "the width of a single path",
            "One path may be so wide. There are C of them, and the budget is for all of them together.",
        ),
        Mistake(
            "min(abs(C * (512 * d + 9 * d * d) - budget) for d in range(1, 257))",
            "the distance in place of the width",
            "That is how far the nearest is from the budget. Wanted is the d that is so near: `min(…, key=…)`.",
        ),
        Mistake(
            ("round(budget / (C * 512))", "budget // (C * 512)", "round(budget / C / 512)"),
            "the 3×3s forgotten",
            "The two 1×1s have 512 · d weights a path. The 3×3 comes on top of that, with 9 · d².",
        ),
        Mistake(
            ("((256**2 + 9 * budget / C) ** 0.5 - 256) / 9",),
            "not a whole number",
            "This is the exact solution, and a good one. But half a channel can't be built. Which of the whole numbers "
            "beside it has the nearer weights?",
        ),
        Mistake(
            ("min(range(1, 257), key=lambda d: abs(C * (512 * d + 9 * d * d) - 69_632))",),
            "one budget for all",
            "`budget` is an argument: the function is asked for other budgets, too.",
        ),
        Mistake(
            ("min(range(1, 65), key=lambda d: abs(C * (512 * d + 9 * d * d) - budget))",
             "min(range(1, 33), key=lambda d: abs(C * (512 * d + 9 * d * d) - budget))",
             "min(range(1, 101), key=lambda d: abs(C * (512 * d + 9 * d * d) - budget))",
             "min(range(1, 17), key=lambda d: abs(C * (512 * d + 9 * d * d) - budget))"),
            "a search that ends too early",
            "For a larger budget, the best d may be larger than the last one that you try.",
        ),
        Mistake(
            ("min(range(4, 257, 4), key=lambda d: abs(C * (512 * d + 9 * d * d) - budget))",
             "min((4, 8, 16, 32, 64, 128), key=lambda d: abs(C * (512 * d + 9 * d * d) - budget))"),
            "some widths left out",
            "Any whole number may be the best: the paper has 14, too.",
        ),
        Mistake(
            ("next(d for d in range(1, 257) if abs(C * (512 * d + 9 * d * d) - budget) < 0.03 * budget)",
             "next((d for d in range(1, 257) if abs(C * (512 * d + 9 * d * d) - budget) < 0.03 * budget), None)"),
            "the first that is near enough",
            "Another one may be nearer still. Go through all of them before you decide.",
        ),
        Mistake(
            "min(range(1, 257), key=lambda d: abs(512 * C * d + 9 * d * d - budget))",
            "the 3×3 of one path only",
            "Each path has a 3×3 of its own: it is counted C times, too.",
        ),
        Mistake(
            "min(range(1, 257), key=lambda d: abs(512 * d + 9 * C * d * d - budget))",
            "1×1s of one path only",
            "Each path has 1×1s of its own: they are counted C times, too.",
        ),
        Mistake(
            "min(range(1, 257), key=lambda d: abs(C * (256 * d + 9 * d * d) - budget))",
            "one of the 1×1s left out",
            "A path has two 1×1s: one before its 3×3, and one behind it.",
        ),
        Mistake(
            ("min(range(1, 257), key=lambda d: abs(C * (512 * d + 9 * d) - budget))", "budget // (C * 521)"),
            "a 3×3 of one channel",
            "Each of the d channels that come out of the 3×3 reads each of the d that go in: 9 · d² weights.",
        ),
        Mistake(
            "min(range(1, 257), key=lambda d: abs(C * (512 * d + d * d) - budget))",
            "a kernel without its nine places",
            "A kernel of 3×3 has nine weights for each pair of channels.",
        ),
        Mistake(
            ("budget // C", "budget / C"),
            "the weights of a path in place of its width",
            "A path may have that many weights. Which width gives it so many?",
        ),
    ),
)


@predict(
    "The paths get thinner as there are more of them. What becomes of C·d, the width of all together, from 1×64d to "
    "32×4d?",
    {
        "it halves": "d falls much faster than C·d, and C rises. Multiply the two.",
        "it stays": "It would stay if only the 1×1s counted: they have 512·C·d weights.",
        "it doubles": "",
    },
)
def middle_along_the_budget(table: Sequence[tuple[int, int]]) -> tuple[str, str]:
    """Compares C·d in the first and the last row of the table."""
    (first, last) = (C * d for C, d in (table[0], table[-1]))
    truth = "it halves" if last < .75 * first else "it doubles" if last > 1.5 * first else "it stays"
    return truth, (f"From {first} to {last}. Grouping makes the 3×3s so cheap that the weights that are saved buy "
                   "wider 1×1s.")


@predict_set(
    "ResNeXt-101 with 32 paths of width 4 does about half the work of each of these four. Which of them make more "
    "errors than it does?",
    {
        "ResNet-200": "Twice the layers take 0.3 points off ResNet-101's 22.0.",
        "1×100d": "More width takes 0.7 points off ResNet-101's 22.0.",
        "2×64d": "At twice the work, two paths are enough to be ahead.",
        "64×4d": "It has the smallest error of them all.",
    },
)
def beaten_at_half_the_work(errors: Mapping[str, float]) -> tuple[set[str], str]:
    """Picks the networks whose error in the paper's table is larger."""
    names = ("ResNet-200", "1×100d", "2×64d", "64×4d")
    mine = errors["32×4d"]
    return {name for name in names if errors[name] > mine}, f"32×4d has {mine} %. " + ", ".join(
        f"{name}: {errors[name]} %" for name in names) + "."


block_saving: Exercise = Exercise(
    question="A block has 256 channels in and out, and 128 in its middle. How many times as many multiply–adds does it "
             "have with one group as with 32?",
    blank="block_saving = ...",
    answer="(256 * 128 + 9 * 128 * 128 + 128 * 256) / (256 * 128 + 9 * 128 * 4 + 128 * 256)",
    also_right=("212_992 / 70_144", "(2 * 256 * 128 + 147_456) / (2 * 256 * 128 + 147_456 / 32)",
                "3.04", "3.037", "3.0365", "3.036"),
    digits=3,
    why="About 3 times, and not 32. What is not grouped, the 1×1s, stays as it is.",
    quantities={"the 32 groups": 32, "100, as for percent": 100},
    hints=(
        "A weight is used once at every pixel, so it is enough to count weights. Which convolutions does `groups` "
        "change?",
        "Both blocks have two 1×1s with 256 · 128 weights each. The 3×3 has 9 · 128 · 128 weights with one group, and "
        "32 times fewer with 32.",
    ),
    mistakes=(
        Mistake(
            ("32", "9 * 128 * 128 / (9 * 128 * 4)"),
            "the 3×3 alone",
            "The 3×3 has 32 times more. But a block has two 1×1s as well, and they are not grouped.",
        ),
        Mistake(
            ("70_144 / 212_992", "(2 * 256 * 128 + 9 * 128 * 4) / (2 * 256 * 128 + 9 * 128 * 128)", "1 / 3", "0.33"),
            "upside down",
            "More with one group than with 32: the number is above 1.",
        ),
        Mistake(
            ("70_144 / 69_632", "69_632 / 70_144", "1"),
            "32×4d beside 1×64d",
            "Those two have one budget. Here both blocks have 128 channels in the middle, and one has no groups.",
        ),
        Mistake(
            ("(256 * 128 + 9 * 128 * 128) / (256 * 128 + 9 * 128 * 4)",),
            "one 1×1 left out",
            "There are two 1×1s, one before the 3×3 and one after it.",
        ),
        Mistake(
            ("3", "3.0", "3.03", "3.1"),
            "rounded, and a little too far",
            "That is near. Let Python do the division, and leave all of its digits.",
        ),
        Mistake(
            ("32 / 3",),
            "one layer of three",
            "The three layers do not have the same number of weights.",
        ),
        Mistake(
            ("(2 * 256 * 128 + 9 * 128 * 128) / (2 * 256 * 128 + 9 * 128 * 32)",),
            "groups taken for channels per group",
            "In 32 groups, each output reads 128 ÷ 32 channels.",
        ),
        Mistake(
            ("212_992 - 70_144", "(212_992 - 70_144) * 56 * 56", "2 * 256 * 128 + 9 * 128 * 128", "70_144"),
            "a difference, or one of the two",
            "How many *times* as many: divide one by the other.",
        ),
        Mistake(
            ("1 - 70_144 / 212_992", "(212_992 - 70_144) / 212_992", "100 * (1 - 70_144 / 212_992)", "0.67", "67",
             "(212_992 - 70_144) / 70_144"),
            "the difference as a part of one of the two",
            "How many times one block has the other's multiply–adds: divide all of one by all of the other.",
        ),
        Mistake(
            "212_992 / 69_632",
            "the budget of 1×64d in place of 32 groups",
            "69,632 are the weights of ResNet's block, with 64 channels in its middle. Here both blocks have 128.",
        ),
        Mistake(
            "(2 * 256 * 128 + 9 * 128 * 128) / (2 * 256 * 128 + 9 * 4 * 4)",
            "the 3×3 of one group only",
            "That is one group's 3×3, from 4 channels to 4. How many groups are there?",
        ),
    ),
)


@predict(
    "The 3×3 with 64 groups does half the multiply–adds of the one with 32. What about its time?",
    {
        "about half": "That is what the multiply–adds say. Look at what was measured.",
        "about the same": "Memory traffic is the same, a good thought. There is more to it.",
        "longer": "",
    },
)
def time_of_64_groups(results: Mapping[str, Any]) -> tuple[str, str]:
    """Takes the two times from the course's measurements."""
    groups = results["cardinality"]["groups"]
    ratio = groups["64"]["median"] / groups["32"]["median"]
    truth = "about half" if ratio < .75 else "about the same" if ratio < 1.1 else "longer"
    why = {
        "about half": "Here the time follows the multiply–adds. The library which does the work is as quick at them in "
                      "groups of 2 channels as in groups of 4.",
        "about the same": "Half the arithmetic is not half the work: the same maps are read and written.",
        "longer": "Groups of 2 channels are so narrow that the library which does the work has no fast program for "
                  "them. Which programs exist decides here, not the arithmetic.",
    }[truth]
    return truth, f"It takes {ratio:.1f} times as long. {why}"
