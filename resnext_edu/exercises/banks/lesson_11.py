"""Lesson 11, use a trained network: what belongs to its weights, what goes wrong unseen, and what a test is worth."""
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict, predict_set
from resnext_edu.inference.ranking import Ranking


def images_with_their_numbers() -> Cases:
    """A grey image, and one in colour, with a mean and a deviation for each channel."""
    grey = torch.tensor([[[0, 51], [204, 255]]], dtype=torch.uint8)
    colours = torch.arange(0, 240, 20, dtype=torch.uint8).reshape(3, 2, 2)
    return {"a grey image of 2×2 pixels": (grey, torch.tensor([0.5]), torch.tensor([0.25])),
            "an image in colour": (colours, torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.25, 0.5]))}


standardised: Exercise = Exercise(
    question="From pixels, (channels, H, W) uint8, to what a network reads; a mean and a deviation for each channel.",
    blank="""
        def standardised(pixels, mean, std):
            return ...
    """,
    cases=images_with_their_numbers,
    answer="(pixels / 255 - mean[:, None, None]) / std[:, None, None]",
    also_right=("(pixels / 255 - mean.reshape(-1, 1, 1)) / std.reshape(-1, 1, 1)",
                "(pixels / 255 - mean.view(-1, 1, 1)) / std.view(-1, 1, 1)",
                "(pixels.float() / 255 - mean[:, None, None]) / std[:, None, None]"),
    why="One number for each channel, and `[:, None, None]` lets it meet all of its pixels.",
    hints=(
        "Mean and deviation belong to pixels from 0 to 1. What comes first?",
        "`mean` has shape (channels,). To meet every pixel of its channel, it needs shape (channels, 1, 1).",
    ),
    mistakes=(
        Mistake(("(pixels - mean[:, None, None]) / std[:, None, None]", "(pixels - mean) / std",
                 "(pixels.float() - mean[:, None, None]) / std[:, None, None]"), "0 to 255 in place of 0 to 1",
                "The mean of pixels from 0 to 255 would not be 0.5. What must be divided first?"),
        Mistake(("pixels / 255 - mean[:, None, None] / std[:, None, None]", "pixels / 255 - mean / std"),
                "a pair of brackets is missing",
                "`/` comes before `-`. Subtract the mean first, and divide all of that."),
        Mistake(("pixels - mean[:, None, None] / std[:, None, None]", "pixels - mean / std"),
                "0 to 255, and a pair of brackets is missing",
                "Two things: the mean belongs to pixels from 0 to 1, and `/` comes before `-`."),
        Mistake(("(pixels / 255 - mean) / std",), "the mean along the width",
                "Axes are lined up from the last one. So your mean meets the width, and not the channels."),
        Mistake(("(pixels / 255 - mean[:, None, None]) * std[:, None, None]",), "multiplied by the deviation",
                "A large deviation has to make the numbers smaller."),
        Mistake(("(pixels / 255 - mean[:, None, None]) / std[:, None, None] ** 2",), "divided by the variance",
                "`std` is the deviation already. Do not square it."),
        Mistake(("(pixels / 255 + mean[:, None, None]) / std[:, None, None]",), "the mean added",
                "After this step, an average pixel has to be 0."),
        Mistake(("pixels / 255",), "from 0 to 1 only", "That is the first step. Mean and deviation are still to come."),
        Mistake(("pixels", "pixels.float()"), "nothing done", "These are the pixels as they came."),
        Mistake(("pixels / 255 - mean[:, None, None]",), "the mean only", "The deviation is still to come."),
        Mistake(("pixels / 255 / std[:, None, None]",), "the deviation only", "The mean has to be subtracted first."),
        Mistake(("(mean[:, None, None] - pixels / 255) / std[:, None, None]",), "subtracted the other way round",
                "A bright pixel has to become a large number. Yours becomes a small one."),
        Mistake(("(pixels - mean[:, None, None]) / std[:, None, None] / 255",), "divided by 255 at the end",
                "The mean belongs to pixels from 0 to 1. So they must be from 0 to 1 *before* it is subtracted."),
        Mistake(("(pixels / 255 - mean[:, None, None]) / std[:, None, None] / 255",), "divided by 255 twice",
                "The pixels are from 0 to 1 after the first time."),
        Mistake(("(pixels * 255 - mean[:, None, None]) / std[:, None, None]",), "multiplied by 255",
                "Pixels go up to 255, and they should go up to 1."),
        Mistake(("(pixels // 255 - mean[:, None, None]) / std[:, None, None]",), "divided to whole numbers",
                "`//` drops everything after the point: nearly all pixels become 0."),
        Mistake(("(pixels / 256 - mean[:, None, None]) / std[:, None, None]",), "256 in place of 255",
                "There are 256 values, and the largest of them is 255. That one has to become 1."),
        Mistake(("(pixels / pixels.max() - mean[:, None, None]) / std[:, None, None]",),
                "divided by the brightest pixel",
                "Then a dark image becomes as bright as a light one. Divide each image by the same number."),
        Mistake(("(pixels.float() - pixels.float().mean()) / pixels.float().std()",
                 "(pixels - pixels.float().mean((1, 2), keepdim=True)) / pixels.float().std((1, 2), keepdim=True)"),
                "the image's own mean and deviation",
                "Use `mean` and `std`. They belong to the weights, and are the same for every image."),
        Mistake(("pixels / 127.5 - 1", "(pixels / 255 - 0.5) / 0.5"), "from −1 to 1, whatever the mean is",
                "Many tutorials do this. But here `mean` and `std` are given, and your line doesn't use them."),
        Mistake(("(pixels / 255 - mean[0]) / std[0]",), "the first channel's numbers for all channels",
                "Each channel has a mean and a deviation of its own."),
        Mistake(("(pixels / 255 - mean[None, :, None]) / std[None, :, None]",), "the mean along the height",
                "Which of the three axes are the channels?"),
        Mistake(("((pixels / 255 - mean[:, None, None]) / std[:, None, None])[None]",), "an axis for the batch",
                "The numbers are right. The result should have the same three axes as `pixels`."),
        Mistake(("(pixels.permute(1, 2, 0) / 255 - mean) / std",), "channels last",
                "The numbers are right. Now bring the channels back to the front."),
        Mistake(("(pixels / 255 - std[:, None, None]) / mean[:, None, None]",), "mean and deviation exchanged",
                "One of the two is subtracted, the other divides. Which one does which?"),
        Mistake(
            "(pixels / 255 - mean[:, None, None]) / std[:, None, None].sqrt()",
            "divided by the root of the deviation",
            "`std` is a deviation already. The root would be for a variance.",
        ),
        Mistake(
            "(pixels - 255 * mean[:, None, None]) / std[:, None, None]",
            "the mean multiplied by 255, but not the deviation",
            "Mean and deviation belong together: bring both to the scale of the pixels, or the pixels to theirs.",
        ),
        Mistake(
            "pixels / 255 * std[:, None, None] + mean[:, None, None]",
            "the way back",
            "That turns what a network reads into pixels. The other way round is asked for.",
        ),
        Mistake(
            ("(pixels / 255 - 0.2873) / 0.3544", "(pixels / 255 - 0.449) / 0.226"),
            "numbers in place of `mean` and `std`",
            "They belong to certain images and weights. Use what the function is given.",
        ),
        Mistake(
            "(pixels / 255 - mean.mean()) / std.mean()",
            "one mean for all channels",
            "Each channel has a mean and a deviation of its own.",
        ),
        Mistake(
            "pixels / 255 / std[:, None, None] - mean[:, None, None]",
            "divided before the mean is subtracted",
            "The mean belongs to the pixels as they are before the division by `std`.",
        ),
        Mistake(
            ("(1 - pixels / 255 - mean[:, None, None]) / std[:, None, None]", "(255 - pixels) / 255"),
            "dark and light exchanged",
            "A bright pixel stays bright. Nothing is turned round here.",
        ),
    ),
)


def logits_of_images() -> Cases:
    """Two images that tell rows from columns, and one with three classes."""
    return {"two images, two classes": (torch.tensor([[0.0, 1.0], [2.0, 2.0]]),),
            "one image, three classes": (torch.tensor([[-1.0, 0.0, 3.0]]),)}


softmax: Exercise = Exercise(
    question="Softmax, for logits of shape (images, classes).",
    blank="""
        def softmax(logits):
            return ...
    """,
    cases=logits_of_images,
    answer="logits.softmax(dim=1)",
    also_right=("torch.softmax(logits, dim=1)", "logits.softmax(-1)", "logits.log_softmax(1).exp()",
                "logits.exp() / logits.exp().sum(1, keepdim=True)",
                "torch.exp(logits) / torch.exp(logits).sum(dim=1, keepdim=True)"),
    why="Each row adds up to 1. `logits.softmax(1)` first subtracts the largest logit of each row. That changes "
        "nothing, and it keeps e to the power of 1000 from becoming infinite.",
    hints=(
        "The probabilities of *one* image add up to 1. Along which axis are they?",
        "`logits.exp()` raises e to each of them. Divide by the sum of a row, which has to keep its axis: "
        "`.sum(1, keepdim=True)`.",
    ),
    mistakes=(
        Mistake(("logits.softmax(dim=0)", "torch.softmax(logits, 0)"), "over the images",
                "Then the first class of all images adds up to 1. The classes of one image have to."),
        Mistake(("logits / logits.sum(1, keepdim=True)", "logits / logits.sum()", "logits / logits.sum(1)"),
                "without e", "Logits may be negative. What makes all of them positive?"),
        Mistake(("logits.exp()", "logits.exp() / logits.exp().mean(1, keepdim=True)",
                 "(logits - logits.amax(1, keepdim=True)).exp()"), "not divided by the sum",
                "These are positive, but they don't add up to 1."),
        Mistake(("logits.exp() / logits.exp().sum(1)", "torch.exp(logits) / torch.exp(logits).sum(dim=1)"),
                "the sum has lost its axis",
                "The sums have shape (images,), and they are lined up with the classes. They should stay in a column."),
        Mistake(("logits.exp() / logits.sum(1, keepdim=True)",), "e above, but not below",
                "Divide by the sum of the numbers that stand above, after e was raised to them."),
        Mistake(("logits.abs() / logits.abs().sum(1, keepdim=True)",
                 "logits.relu() / logits.relu().sum(1, keepdim=True)"),
                "made positive without e", "Then −3 counts as much as 3, or as 0. Softmax keeps the order."),
        Mistake(("2 ** logits / (2 ** logits).sum(1, keepdim=True)",
                 "10 ** logits / (10 ** logits).sum(1, keepdim=True)"), "another number than e",
                "It is e, about 2.718."),
        Mistake(("100 * logits.softmax(1)",), "in percent", "Probabilities add up to 1, and these add up to 100."),
        Mistake(("logits.argmax(1)", "logits.softmax(1).argmax(1)", "logits.softmax(1).amax(1)", "logits.amax(1)"),
                "the first class only", "Softmax gives a probability to *each* class."),
        Mistake(("softmax(logits)",), "your function calls itself",
                "Inside it, `softmax` is the function that you are writing. PyTorch's own is a method of `logits`."),
        Mistake(("logits.softmax()", "torch.softmax(logits)"), "no axis given",
                "It has to be told along which axis the numbers should add up to 1."),
        Mistake(("logits.log_softmax(1)", "logits.log_softmax(dim=1)"), "its logarithm",
                "`log_softmax` gives logarithms of probabilities, which are negative."),
        Mistake(("logits.exp() / logits.exp().sum()", "logits.flatten().softmax(0).reshape(logits.shape)"),
                "over all images together", "Each image has probabilities of its own, which add up to 1."),
        Mistake(("logits.sigmoid()", "torch.sigmoid(logits)"), "each class on its own",
                "A sigmoid asks of each class: yes or no? These answers don't add up to 1."),
        Mistake(("logits.softmax(1).softmax(1)",), "twice", "Once is enough. What a second one does comes later."),
        Mistake(
            "(-logits).softmax(dim=1)",
            "the order turned round",
            "The largest logit gets the largest share.",
        ),
        Mistake(
            "logits.softmax(dim=1).round()",
            "rounded to yes and no",
            "Shares lie between 0 and 1.",
        ),
        Mistake(
            "(logits - logits.max()).exp()",
            "the largest subtracted, and nothing divided",
            "That is a good beginning. Each row still has to add up to 1.",
        ),
    ),
)


@predict(
    "A portrait, and a network that knows ten kinds of clothes. How sure is it of its first class?",
    {
        "about 10 %": "That would be the answer of a network that knows that it does not know.",
        "about 50 %": "That would be more honest. But nothing in its training has asked it to doubt.",
        "above 80 %": "",
    },
)
def sure_of_a_portrait(answer: Ranking) -> tuple[str, str]:
    """Takes what the network says."""
    sure = answer.probabilities[0]
    truth = "above 80 %" if sure > 0.8 else "about 50 %" if sure > 0.3 else "about 10 %"
    return truth, f"{answer.best}, with {100 * sure:.0f} %."


@predict_set(
    "Six mistakes before the network. Which of them cost more than 50 points of accuracy each?",
    {
        "ImageNet's numbers": "Most pixels are black. With these numbers they become −2.0, and they should be −0.8.",
        "0.5 and 0.5": "Most pixels are black. They become −1 here, and −0.8 would be right: that is close.",
        "not standardised": "Most pixels are black. They stay 0, and they should become −0.8.",
        "0 to 255": "A white pixel becomes 719, and it should be 2.",
        "dark on light": "The network has met white clothes on black, and nothing else.",
        "no Resize: 32×32": "Each thing is a little larger, and its pixels are right.",
    },
)
def costly_mistakes(right: int, found: Mapping[str, int]) -> tuple[set[str], str]:
    """Takes how many of 500 images are correct: if everything is right, and with each mistake."""
    return {name for name, correct in found.items() if (right - correct) / 5 > 50}, (
        f"{right} of 500 are correct if everything is right. The mistakes leave "
        f"{', '.join(str(correct) for correct in found.values())}.")


@predict(
    "Train mode, 8 images at a time, in the order in which they stand. What happens to the accuracy?",
    {
        "it falls": "A mean of eight images varies, and that does harm. But this mean also says something about them.",
        "it stays within a point": "The two means differ: one is of eight images, the other of thousands.",
        "it rises": "",
    },
)
def eight_at_a_time(in_eval_mode: int, in_train_mode: int) -> tuple[str, str]:
    """Takes how many of 500 images are correct in each mode."""
    gained = (in_train_mode - in_eval_mode) / 5
    truth = "it rises" if gained > 1 else "it falls" if gained < -1 else "it stays within a point"
    return truth, f"{in_eval_mode} of 500 are correct in eval mode, {in_train_mode} in train mode."


@predict(
    "Train mode, and each image alone in its batch. What comes out?",
    {
        "an error": "It comes only if a map is a single pixel. Here each map has 49 or more, and so it has a mean.",
        "about 10 %": "That would be guessing. But what is dark and what is light *within* an image is still there.",
        "about 35 %": "",
        "about 89 %": "That is eval mode. Here each image is its own yardstick.",
    },
)
def alone_in_train_mode(correct: int) -> tuple[str, str]:
    """Takes how many of 500 images are correct."""
    return "about 89 %" if correct > 350 else "about 35 %" if correct > 100 else "about 10 %", (
        f"{correct} of 500. Each map is standardised with its own mean, so dark images and light ones become alike.")


share_with_a_twin: Exercise = Exercise(
    question="At least one of seven others is among the training images; each is there with a probability of ½.",
    blank="share_with_a_twin = ...",
    answer="1 - 0.5 ** 7",
    also_right=("1 - (1 / 2) ** 7", "127 / 128", "0.992"),
    digits=3,
    why="For no twin, all seven would have to be in the test: ½, seven times over. So nearly every photograph of the "
        "test has a twin among the training images.",
    hints=(
        "When does a photograph have *no* twin among the training images? Where would all seven others have to be?",
        "½ · ½ · ½ · ½ · ½ · ½ · ½ is the probability of that. What is the probability of the opposite?",
    ),
    mistakes=(
        Mistake(("0.5 ** 7", "(1 / 2) ** 7", "1 / 128", "0.0078", "0.008"), "the opposite",
                "That is the probability that it has no twin there."),
        Mistake(("0.5", "1 / 2"), "one other photograph only",
                "That is right if there is one other. There are seven, and one of them is enough."),
        Mistake(("1 - 0.5 ** 8", "255 / 256", "0.5 ** 8"), "eight others",
                "The photograph itself is in the test. Seven others are left."),
        Mistake(("1 - 0.5 ** 6", "63 / 64", "0.5 ** 6"), "six others",
                "A patient has eight photographs, and one of them is the one we ask about."),
        Mistake(("7 * 0.5", "3.5", "7 / 2", "1 - 7 * 0.5", "-2.5"), "added",
                "A probability is never above 1, and never below 0. 3.5 is how many twins are there on average."),
        Mistake(("7 * 0.5 ** 7", "7 / 128"), "exactly one twin", "Two twins, or seven, are good enough, too."),
        Mistake(("7 / 8", "1 - 1 / 8", "6 / 7", "1 - 1 / 7"), "photographs counted, not chances",
                "Each of the seven has its own coin. What is the chance that all seven coins say \"test\"?"),
        Mistake(("0.99",), "rounded too far", "Nearly. Three digits are asked."),
        Mistake(("100 * (1 - 0.5 ** 7)", "99.2", "99"), "in percent", "A probability is a number from 0 to 1."),
        Mistake(("1",), "certain", "Nearly. But all seven may be in the test, too."),
    ),
)


@predict(
    "A coin has decided who is ill. What does the test say, divided photograph by photograph?",
    {
        "about 50 %": "That is the truth, and an honest test would say it.",
        "about 75 %": "Nearly every test photograph has a twin among the training images, and a twin is easy to find.",
        "about 100 %": "",
    },
)
def perfect_test(by_photograph: float, by_patient: float) -> tuple[str, str]:
    """Takes the accuracy, divided in both ways."""
    truth = "about 50 %" if by_photograph < 0.62 else "about 75 %" if by_photograph < 0.88 else "about 100 %"
    shares = f"{100 * by_photograph:.0f} %. Patient by patient: {100 * by_patient:.0f} %."
    return truth, f"Photograph by photograph: {shares}"


@predict_set(
    "What does a second softmax change?",
    {
        "the first class": "The largest number stays the largest.",
        "the order of the classes": "Of two numbers, the larger one gives the larger power of e.",
        "the accuracy": "It depends on the first class only.",
        "how sure it is": "All probabilities move close to each other.",
    },
)
def softmax_twice(once: Tensor, twice: Tensor, labels: Tensor) -> tuple[set[str], str]:
    """Takes the probabilities after one softmax and after two, (N, classes), and the labels, (N,)."""
    order = twice.gather(1, once.argsort(1, descending=True))
    changed = {
        "the first class": not torch.equal(once.argmax(1), twice.argmax(1)),
        "the order of the classes": bool((order.diff(dim=1) > 0).any()),
        "the accuracy": bool((once.argmax(1) == labels).sum() != (twice.argmax(1) == labels).sum()),
        "how sure it is": not torch.allclose(once.max(1).values, twice.max(1).values),
    }
    sure = [float(each.max(1).values.mean()) for each in (once, twice)]
    return {name for name, is_changed in changed.items() if is_changed}, (
        f"On average it was {100 * sure[0]:.0f} % sure, and now {100 * sure[1]:.0f} %. No class overtakes another.")


@predict(
    "Three photographs in pieces. Blue and red change places in the test: how many does it name correctly?",
    {
        "as many": "The shapes and the brightness are still there. But it has learned from the colours, too.",
        "fewer": "",
        "no more than by guessing": "Colours are not all that it has learned: shapes and brightness are still there.",
    },
)
def blue_first(red_first: int, exchanged: int) -> tuple[str, str]:
    """Takes how many of 450 pieces are correct, as they are and with blue and red exchanged."""
    truth = "as many" if exchanged > red_first - 10 else "fewer" if exchanged > 180 else "no more than by guessing"
    return truth, f"{red_first} of 450 are correct with red first, {exchanged} with blue first. There was no error."


@predict(
    'torch.hub.load("pytorch/vision", "resnext50_32x4d", weights="IMAGENET1K_V2"): what does it bring?',
    {
        "weights": "They come, too. But weights are numbers. Something has to build the network that they belong to.",
        "weights and settings": "Settings would do for a program that knows this network. torch.hub knows none.",
        "weights and code": "",
    },
)
def what_a_hub_brings(load: Callable[..., object]) -> tuple[str, str]:
    """Takes torch.hub.load, and hands it a repository whose code leaves a file behind."""
    with TemporaryDirectory() as folder:
        Path(folder, "hubconf.py").write_text(
            "import pathlib\npathlib.Path(__file__).with_name('it_ran').touch()\ndef network():\n    return None\n")
        load(folder, "network", source="local")
        ran = Path(folder, "it_ran").exists()
    return "weights and code" if ran else "weights", (
        "And the code is run. Below you see it." if ran else "The code of the repository was not run.")


def maps_of_images() -> Cases:
    """Few and uneven maps, on which every other mean is another number."""
    return {"2 images, 2 channels, 1×2": (torch.tensor([[[[0.0, 2.0]], [[4.0, 8.0]]], [[[2.0, 8.0]], [[0.0, 0.0]]]]),),
            "1 image, 3 channels, 2×2": (torch.arange(12.0).reshape(1, 3, 2, 2) ** 2,),
            "1 image, 2 channels, 2×1, with negative numbers": (torch.tensor([[[[-6.0], [2.0]], [[1.0], [-4.0]]]]),)}


means_of_maps: Exercise = Exercise(
    question="The mean of each channel of maps, (N, channels, H, W), over all images and places.",
    blank="""
        def means_of_maps(maps):
            return ...
    """,
    cases=maps_of_images,
    answer="maps.mean(dim=(0, 2, 3))",
    also_right=("maps.mean((0, 2, 3))", "maps.transpose(0, 1).flatten(1).mean(1)", "maps.mean(3).mean(2).mean(0)"),
    why="One number for each channel. BatchNorm keeps such means, too.",
    hints=(
        "Which axes are images and places, and which one stays?",
        "`mean` takes several axes at once: `maps.mean(dim=(…))`.",
    ),
    mistakes=(
        Mistake(("maps.mean(dim=(2, 3))",), "one for each image",
                "Then every image keeps a number of its own, and still tells something about itself."),
        Mistake(("maps.mean()",), "one for all channels", "Each channel has its own mean. Which axis has to stay?"),
        Mistake(("maps.mean(dim=0)",), "one for each place",
                "That is an average image for each channel. At every place the same number has to stand."),
        Mistake(("maps.mean(dim=(1, 2, 3))",), "one for each image, over all channels",
                "You kept the axis of the images. Which one has to stay?"),
        Mistake(("maps.mean(dim=1)",), "over the channels", "The channels are what has to stay."),
        Mistake(("maps.sum(dim=(0, 2, 3))",), "the sum", "A mean is a sum divided by how many there are."),
        Mistake(("maps.sum(dim=(0, 2, 3)) / len(maps)", "maps.sum(dim=(0, 2, 3)) / maps.shape[0]"),
                "divided by the images only",
                "Each image brings many places. How many numbers does a channel have in all?"),
        Mistake(("maps.sum(dim=(0, 2, 3)) / maps.numel()",), "divided by all channels' numbers",
                "The sum is over one channel. How many numbers does *one* channel have in all?"),
        Mistake(("maps.mean(dim=(0, 3))", "maps.mean(dim=(0, 2))", "maps.mean(0).mean(1)", "maps.mean(0).mean(-1)"),
                "one axis too many is left", "Three axes have to go: the images, the height and the width."),
        Mistake(("maps.mean(dim=(0, 1, 2))", "maps.mean(0).mean(0).mean(0)"), "one for each column",
                "You kept the width. Which axis has to stay?"),
        Mistake(("maps.mean(dim=(0, 1))",), "one for each place, over all channels",
                "The channels are what has to stay."),
        Mistake(("maps.mean(dim=(0, 2, 3), keepdim=True)", "maps.mean(dim=(0, 2, 3))[None, :, None, None]",
                 "maps.mean((2, 3), keepdim=True).mean(0, keepdim=True)"),
                "with axes of length 1",
                "The numbers are right. Their shape should be (channels,), without `keepdim`."),
        Mistake(("maps.mean(0, 2, 3)",), "three arguments in place of one",
                "`mean` takes the axes in brackets of their own."),
        Mistake(("maps.reshape(maps.shape[1], -1).mean(1)", "maps.view(maps.shape[1], -1).mean(1)"),
                "reshaped across the images",
                "`reshape` moves no numbers. With two images, a row of yours holds different channels of one image."),
        Mistake(("maps.abs().mean(dim=(0, 2, 3))", "maps.relu().mean(dim=(0, 2, 3))"), "without the signs",
                "A mean counts negative numbers as negative ones."),
        Mistake(("maps.std(dim=(0, 2, 3))",), "the deviation", "It says how much they vary. Where do they lie?"),
        Mistake(("maps.amax(dim=(0, 2, 3))",), "the largest", "The mean, and not the maximum."),
        Mistake(
            "maps[0].mean(dim=(1, 2))",
            "the first image only",
            "The mean goes over all images.",
        ),
        Mistake(
            "maps.mean(dim=(2, 3)).sum(0)",
            "added up over the images",
            "The mean over images divides by their number, too.",
        ),
        Mistake(
            ("maps.mean(dim=(0, 2, 3)).round()", "maps.mean(dim=(0, 2, 3)).int()"),
            "rounded",
            "A mean need not be a whole number. Leave its digits.",
        ),
        Mistake(
            "maps.mean(dim=(0, 2, 3)) / len(maps)",
            "divided by the images twice",
            "`mean` over the images has divided by their number already.",
        ),
    ),
)


@predict(
    "Eight paths in the first block. What does it cost to silence the most important one, and what all eight?",
    {
        "one: much, all: much": "Then one path would do the work of eight.",
        "one: little, all: much": "",
        "one: little, all: little": "The shortcut still lets the stem's maps through. But the blocks behind it have "
                                    "learned with what the paths add.",
    },
)
def one_path_or_all(one: float, together: float) -> tuple[str, str]:
    """Takes the points that the most important path costs, and those of all paths together."""
    truth = ("one: little, all: little" if together < 30 else "one: little, all: much" if one < 30 else
             "one: much, all: much")
    return truth, f"The most important path: {one:.1f} points. All eight: {together:.1f} points."


@predict(
    "The most important path, set to zero in place of its mean. What does it cost?",
    {
        "fewer points": "Zero looks like nothing. But what comes behind has never met a sum without this path's share.",
        "about the same": "The path says nothing about the image in both cases. But zero disturbs something else, too.",
        "more points": "",
    },
)
def zero_or_mean(at_mean: float, at_zero: float) -> tuple[str, str]:
    """Takes the points that the path costs, at its mean and at zero."""
    truth = ("more points" if at_zero > at_mean + 1 else "fewer points" if at_zero < at_mean - 1
             else "about the same")
    return truth, f"At its mean it costs {at_mean:.1f} points, at zero {at_zero:.1f}."


@predict(
    "500 digits, half of them for the test. Who names more of them correctly, as far as the interval can tell?",
    {
        "the network": "It brings what it learned from clothes. That need not help with digits.",
        "the linear model": "",
        "not shown": "An interval may be wide and still leave out 0. Both answer the same images, and that helps.",
    },
)
def network_or_line(low: float, high: float) -> tuple[str, str]:
    """Takes the interval of the network's accuracy minus that of the linear model."""
    truth = "the network" if low > 0 else "the linear model" if high < 0 else "not shown"
    return truth, (f"Network minus linear model, in points: {100 * low:.1f} to {100 * high:.1f}, with 95 % confidence."
                   .replace("-", "−"))
