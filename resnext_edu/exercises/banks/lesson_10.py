"""Lesson 10, train and compare: what one run proves, how many are needed, and what a checkpoint must hold."""
from collections.abc import Mapping, Sequence
from statistics import fmean

import torch

from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict, predict_set
from resnext_edu.intervals import Paired, pairs_needed


@predict(
    "18 blocks, no shortcuts. How much of the accuracy on the test images is lost?",
    {
        "less than 5 points": "In a network with few blocks it may be so little. This one has 18.",
        "5 to 15 points": "The paper's ResNet-50 lost 7 points, and it had a hundred epochs to make up for it.",
        "more than 15 points": "",
    },
)
def without_any_shortcut(kept: Sequence[float], removed: Sequence[float]) -> tuple[str, str]:
    """Takes the mean accuracies of the committed runs, with shortcuts and without."""
    lost = 100 * (fmean(kept) - fmean(removed))
    truth = "less than 5 points" if lost < 5 else "5 to 15 points" if lost <= 15 else "more than 15 points"
    return truth, (f"{len(kept)} seeds of each, 3 epochs: {100 * fmean(kept):.1f} % with shortcuts, "
                   f"{100 * fmean(removed):.1f} % without.")


@predict(
    "Two arms truly differ by 0.3 points. How many pairs of runs show it with a probability of 80 %?",
    {
        3: "Three pairs are what many pages have. Differences of this size disappear in them.",
        10: "With ten pairs, the interval reaches more than half a point to either side.",
        50: "",
        1000: "That would be enough for a difference of less than a tenth of a point.",
    },
)
def pairs_for_three_tenths(deviation: float) -> tuple[int, str]:
    """Takes the standard deviation of a paired difference, in points."""
    found = pairs_needed(0.3, deviation)
    return min((3, 10, 50, 1000), key=lambda choice: abs(choice - found)), (
        f"One pair varies by {deviation:.2f} points. Divided by the root of the number of pairs, that must be at "
        f"most about a third of 0.3: {found} pairs.")


@predict(
    "A against A: one network, with two sets of seeds. In how many of all triples of pairs do all three point the same "
    "way?",
    {
        "in none": "Chance has no memory: three coins fall on the same side now and then.",
        "in 1 of 100": "Chance gives three equal signs far more often than that.",
        "in about 1 of 5": "",
        "in more than half": "The first pair points somewhere, and each of the other two has to agree with it.",
    },
)
def three_of_three(differences: Sequence[float]) -> tuple[str, str]:
    """Counts all triples of paired differences between two arms that are the same."""
    from itertools import combinations

    triples = list(combinations(differences, 3))
    agreeing = sum(min(triple) > 0 or max(triple) < 0 for triple in triples)
    share = agreeing / len(triples)
    choices = {"in none": 0.0, "in 1 of 100": 0.01, "in about 1 of 5": 0.2, "in more than half": 0.6}
    return min(choices, key=lambda choice: abs(choices[choice] - share)), (
        f"{agreeing} of {len(triples)} triples, {100 * share:.0f} %. With coins one expects 2 · ½ · ½ · ½, a quarter.")


def runs() -> Cases:
    """A few differences, as a tensor."""
    return {"2, 4": (torch.tensor([2.0, 4.0]),), "0, 0, 3, 3": (torch.tensor([0.0, 0.0, 3.0, 3.0]),),
            "5, 1, 3, 1, 0": (torch.tensor([5.0, 1.0, 3.0, 1.0, 0.0]),), "−2, 0, 5": (torch.tensor([-2.0, 0.0, 5.0]),)}


standard_error: Exercise = Exercise(
    question="The standard error of a mean: the standard deviation of the single values, divided by √n.",
    blank="""
        def standard_error(differences):
            return ...
    """,
    cases=runs,
    answer="differences.std() / len(differences) ** 0.5",
    also_right=("differences.std() / differences.numel() ** 0.5", "(differences.var() / len(differences)) ** 0.5",
                "differences.std() / torch.tensor(len(differences)).sqrt()"),
    why="Four times as many runs make the interval half as wide. That is why small differences are so expensive.",
    hints=(
        "A tensor has `.std()`, and `len` counts its values.",
        "A root is a power of one half: `n ** 0.5`. What do you divide by it?",
    ),
    mistakes=(
        Mistake(("differences.std()",), "that of a single value",
                "One run varies by so much. A mean of n runs varies less."),
        Mistake(("differences.std() / len(differences)",), "divided by n",
                "Chance averages out more slowly than that: divide by the root of n."),
        Mistake(("differences.std(correction=0) / len(differences) ** 0.5",
                 "differences.std(unbiased=False) / len(differences) ** 0.5"), "a deviation that is too small",
                "The mean was taken from the same values, and so they lie nearer to it than to the true one: divide by "
                "n − 1 inside, as `.std()` does by itself."),
        Mistake(("differences.std() * len(differences) ** 0.5",), "multiplied", "Then more runs would tell you less."),
        Mistake(("differences.var() / len(differences)",), "the variance of the mean",
                "That is its square: the root is missing."),
        Mistake(("differences.mean() / len(differences) ** 0.5",), "the mean, divided",
                "How far they scatter counts here, and not where their middle is."),
        Mistake(
            ("differences.var() / len(differences) ** 0.5", "differences.var()"),
            "the variance in place of the deviation",
            "The deviation is its square root.",
        ),
        Mistake(
            "differences.std() / (len(differences) - 1) ** 0.5",
            "n − 1 a second time",
            "`std` has divided by n − 1 already. Here n is the number of values.",
        ),
        Mistake(
            "differences.std() / len(differences) ** 2",
            "the square in place of the root",
            "The root of n is n to the power of ½.",
        ),
        Mistake(
            "(differences ** 2).mean().sqrt() / len(differences) ** 0.5",
            "the distance from 0 in place of that from the mean",
            "A deviation is measured from the mean.",
        ),
        Mistake(
            ("differences.std() / 4", "differences.std() / 16 ** 0.5"),
            "16 in place of the number of values",
            "Sixteen pairs are those of the lesson. Count the values that the function is given.",
        ),
        Mistake(
            "(differences.std() / len(differences)) ** 0.5",
            "the root of the deviation, too",
            "Only the number of values stands under the root.",
        ),
        Mistake(
            "len(differences) ** 0.5 / differences.std()",
            "upside down",
            "The more the values scatter, the less the mean is known.",
        ),
        Mistake(
            ("differences.abs().mean() / len(differences) ** 0.5",
             "(differences - differences.mean()).abs().mean() / len(differences) ** 0.5"),
            "distances averaged, not their squares",
            "A standard deviation averages the squares of the distances from the mean, and then takes the root.",
        ),
        Mistake(
            "(differences.max() - differences.min()) / len(differences) ** 0.5",
            "the range in place of the deviation",
            "Two values decide the range. The deviation makes use of all.",
        ),
        Mistake(
            "differences.std() * len(differences)",
            "multiplied by n",
            "Then more runs would tell you less.",
        ),
    ),
)


@predict(
    "8×19d beside 1×64d, 16 pairs. For which endpoint does the interval leave out 0?",
    {
        "neither": "The differences are small, but all sixteen of the training loss point the same way.",
        "only the training loss": "A good reason: accuracy varies more. But it also differs by more than 0.3 points.",
        "only the accuracy": "The training loss varies less from run to run, so it shows a difference first.",
        "both": "",
    },
)
def what_is_shown(training_loss: Paired, accuracy: Paired) -> tuple[str, str]:
    """Looks at the two intervals."""
    truth = {(False, False): "neither", (True, False): "only the training loss", (False, True): "only the accuracy"}
    return truth.get((training_loss.shown, accuracy.shown), "both"), (
        f"Training loss: {training_loss.words(3)}. Accuracy, in points: {accuracy.words(2)}.")


@predict(
    "1×64d may train for 9 epochs, as long as 8×19d needs for 6. Which training loss is lower then?",
    {
        "8×19d": "Half again as many steps bring more here than a better arrangement of the weights.",
        "1×64d, as long": "",
        "not shown": "Three epochs more are half again as many steps, and they help a lot here.",
    },
)
def at_equal_time(difference: Paired) -> tuple[str, str]:
    """Takes the training loss of 8×19d minus that of 1×64d with more epochs."""
    truth = "not shown" if not difference.shown else "8×19d" if difference.mean < 0 else "1×64d, as long"
    return truth, f"8×19d minus 1×64d, as long: {difference.words(3)}."


steps_of_training: Exercise = Exercise(
    question="5,000 images in batches of 64, for 8 epochs: how many steps? A batch that is not full is left out.",
    blank="steps_of_training = ...",
    answer="8 * (5000 // 64)",
    also_right=("78 * 8", "624"),
    why="78 whole batches in each epoch. The 8 images that are left over are other ones in each epoch.",
    hints=(
        "How many whole batches of 64 are there in 5,000 images?",
        "`//` divides and drops the rest. That is one epoch; how many are there?",
    ),
    mistakes=(
        Mistake(("8 * 5000 / 64", "625", "8 * 5000 // 64"), "the left-over images, added up over all epochs",
                "Each epoch leaves 8 images out. They do not wait: the next epoch begins with a new order of all."),
        Mistake(("8 * 79", "8 * (5000 // 64 + 1)", "632"), "the batch that is not full, taken along",
                "A last batch with 8 images in it would be a step, too. Here it is left out."),
        Mistake(("78", "5000 // 64", "5000 / 64"), "one epoch", "These are the steps of one epoch."),
        Mistake(("79",), "one epoch, with the batch that is not full", "One epoch, and one batch too many."),
        Mistake(("8 * 5000", "40000"), "images, not steps", "A step takes 64 images at once."),
        Mistake(("8 * 64", "512"), "epochs times the size of a batch",
                "64 images make a step. How many times do they go into 5,000?"),
        Mistake(("5000 / (8 * 64)", "5000 // (8 * 64)", "10"), "divided by the epochs",
                "Each epoch goes through all images again: more epochs are more steps."),
        Mistake(("8 * (6000 // 64)", "750"), "the test images taken along",
                "Only the 5,000 training images are looked at in a step. The 1,000 others are for the test."),
        Mistake(("5000 * 64", "8 * 5000 * 64"), "multiplied by the size of a batch",
                "The more images a step takes at once, the fewer steps it takes for all of them."),
    ),
)


def epochs() -> Cases:
    """Epochs around the three at which the learning rate falls."""
    return {"epoch 1": (1,), "epoch 28": (28,), "epoch 30, the last before it falls": (30,), "epoch 31": (31,),
            "epoch 60": (60,), "epoch 61": (61,), "epoch 90": (90,), "epoch 91": (91,), "epoch 100": (100,)}


paper_lr: Exercise = Exercise(
    question="The paper's learning rate: 0.1, and a tenth of it after every 30 epochs. Epochs are counted from 1.",
    blank="""
        def paper_lr(epoch):
            return ...
    """,
    cases=epochs,
    answer="0.1 / 10 ** ((epoch - 1) // 30)",
    also_right=("0.1 * 0.1 ** ((epoch - 1) // 30)", "10 ** (-1 - (epoch - 1) // 30)",
                "0.1 if epoch <= 30 else 0.01 if epoch <= 60 else 0.001 if epoch <= 90 else 0.0001"),
    why="It stays for 30 epochs, falls, and stays again: a staircase.",
    hints=(
        "How often has it fallen before epoch 31 begins? And before epoch 30?",
        "`//` divides and drops the rest: with it you can count the falls. What does each of them do to 0.1?",
    ),
    mistakes=(
        Mistake(("0.1 / 10 ** (epoch // 30)", "0.1 * 0.1 ** (epoch // 30)"), "one epoch too early",
                "Epochs are counted from 1, so epoch 30 is one of the first 30."),
        Mistake(("0.1 / 10 ** ((epoch - 1) / 30)", "0.1 / 10 ** (epoch / 30)"), "a slope in place of a staircase",
                "`/` gives fractions, so it falls a little with each epoch. What gives whole numbers?"),
        Mistake(("0.1 - 0.01 * ((epoch - 1) // 30)", "0.1 - 0.1 * ((epoch - 1) // 30)"), "subtracted",
                "A tenth of it remains each time. Divide; do not subtract."),
        Mistake(("0.1 / (1 + (epoch - 1) // 30)", "0.1 / (1 + epoch // 30)"), "divided by 1, 2, 3, 4",
                "The second fall makes a hundredth of it, and not a third."),
        Mistake(("0.1 / 10", "0.01"), "one fall only, from the start", "At first it has not fallen yet."),
        Mistake(("0.1",), "never falls", "That is right for the first 30 epochs."),
        Mistake(
            ("0.1 / 2 ** ((epoch - 1) // 30)", "0.1 / 3 ** ((epoch - 1) // 30)", "0.1 / 100 ** ((epoch - 1) // 30)",
             "0.1 * 0.9 ** ((epoch - 1) // 30)"),
            "another part than a tenth",
            "After 30 epochs 0.1 has become 0.01. By how much is that divided?",
        ),
        Mistake(
            "0.1 * 10 ** ((epoch - 1) // 30)",
            "ten times as large each time",
            "A tenth of it is less.",
        ),
        Mistake(
            ("0.1 / 10 ** ((epoch - 1) // 10)",
             "0.1 / 10 ** (epoch - 1)"),
            "falls too often",
            "It stays as it is for 30 epochs.",
        ),
        Mistake(
            ("0.1 if epoch <= 30 else 0.01 if epoch <= 60 else 0.001", "0.1 if epoch <= 30 else 0.01"),
            "fewer falls than three",
            "It falls three times: after epochs 30, 60 and 90.",
        ),
        Mistake(
            ("0.01 if epoch % 30 == 0 else 0.1", "0.01 if epoch in (30, 60, 90) else 0.1"),
            "lower in one epoch only",
            "Once it has fallen, it stays there: no epoch brings 0.1 back.",
        ),
        Mistake(
            "0.1 / 10 * ((epoch - 1) // 30)",
            "multiplied by the number of falls",
            "Before the first fall that makes 0. Each fall divides by 10 once more.",
        ),
    ),
)


@predict(
    "ResNeXt-50 leads ResNet-50 on ImageNet under each of eight recipes. Under which one is the lead smallest?",
    {
        "timm A1": "",
        "timm A2": "Nearly. It is shorter than A1, and its lead is larger.",
        "timm A3": "It is the shortest of timm's three, and of these three it leaves the largest lead.",
        "torchvision V1": "That recipe is nearly the paper's, and so is the lead.",
    },
)
def least_lead(leads: Mapping[str, float]) -> tuple[str, str]:
    """Looks for the least of the leads, in points."""
    least = min(leads, key=lambda recipe: leads[recipe])
    most = max(leads, key=lambda recipe: leads[recipe])
    return least, f"{leads[least]:.2f} points, against {leads[most]:.2f} under {most}."


@predict_set(
    "Three forms, the same weights, the same images, 12 steps. In which precision do their losses part by more than "
    "0.001?",
    {"float32": "Its rounding is small. Twelve steps are enough to make it large.",
     "float64": "It starts from differences a billion times smaller."},
)
def losses_part(apart: Mapping[str, Sequence[float]]) -> tuple[set[str], str]:
    """Takes the largest difference of the losses after each step, for each precision."""
    return {name for name, steps in apart.items() if max(steps) > 1e-3}, (
        "float32 begins with a difference in its last digit, and after twelve steps it is one that a chart shows. "
        "float64 begins with a billionth of that.")


@predict(
    "The same in float32, with Softplus in place of ReLU: a curve without a kink. The losses …",
    {
        "part as before": "Something about the kink has made the differences grow.",
        "part faster": "A smooth function is kinder to small differences.",
        "stay together": "",
    },
)
def without_a_kink(kinked: Sequence[float], smooth: Sequence[float]) -> tuple[str, str]:
    """Takes the largest differences of the losses, with ReLU and with Softplus."""
    kink, without = max(kinked), max(smooth)
    truth = "stay together" if without < kink / 30 else "part faster" if without > 30 * kink else "part as before"
    return truth, ("At its kink, ReLU has a slope of 0 on one side and of 1 on the other. A number that one form "
                   "rounds to just above 0, and another one to just below, gets a gradient in the one, and none in the "
                   "other.")


@predict_set(
    "Which of these must a checkpoint hold, or be able to work out again, for the same bits?",
    {
        "the momentum": "The optimizer adds a part of all earlier gradients to each step.",
        "the number of the epoch": "Each epoch has its own order.",
        "the number of the step": "The learning rate depends on it.",
        "the state of the random numbers": "Which images are mirrored next is drawn from them.",
        "the losses so far": "No step ever reads them. Only a history does.",
    },
)
def what_a_checkpoint_needs(same: Mapping[str, bool]) -> tuple[set[str], str]:
    """Takes, for each thing that was left out, whether the weights came out the same."""
    return {name for name, equal in same.items() if not equal}, "Leave out one of them, and compare the weights."


@predict(
    "Two halves of a batch, and the mean of their gradients: the gradient of the whole batch, up to rounding. With "
    "BatchNorm in the network, too?",
    {
        "yes": "A mean over 32 images is not a mean over 64, and BatchNorm subtracts it.",
        "no": "",
    },
)
def halves_with_batchnorm(differences: Mapping[str, float]) -> tuple[str, str]:
    """Takes the difference between the two gradients, for a network without BatchNorm and for one with it."""
    without, together = differences["without BatchNorm"], differences["with BatchNorm"]
    return "no" if together > 1e6 * without else "yes", (
        "A BatchNorm standardises with the mean and the deviation of *its* half. So the halves are computed by two "
        "slightly different functions.")
