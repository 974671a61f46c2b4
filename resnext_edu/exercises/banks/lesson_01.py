"""Lesson 1, the residual bottleneck: what it costs, when its shortcut needs a projection, where its stride stands."""
import torch
from torch import Tensor, nn

from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict


@predict(
    "A 3×3 with 512 channels on maps of 28×28, beside one with 256 channels on maps of 56×56: how many multiply–adds?",
    {
        "a quarter": "A quarter of the pixels, yes. But a pixel costs more: twice the channels go in, and twice come "
                     "out.",
        "half": "Twice the channels that go in, twice those that come out: that is more than twice for each pixel.",
        "the same": "",
        "twice": "A pixel costs four times as much. And how many pixels are left, when height and width are halved?",
    },
)
def macs_on_the_smaller_map() -> tuple[str, str]:
    """Counts the multiply–adds of both convolutions."""
    before, after = (3 * 3 * channels**2 * size**2 for channels, size in ((256, 56), (512, 28)))
    truth = {1: "a quarter", 2: "half", 4: "the same", 8: "twice"}[4 * after // before]
    return truth, (f"{before:,} and {after:,}. Four times the weights ({3 * 3 * 256**2:,} and {3 * 3 * 512**2:,}) meet "
                   "a quarter of the pixels.")


weights_of_bottleneck: Exercise = Exercise(
    question="How many weights does a bottleneck have, 256 → 64 → 64 → 256 channels, with a 1×1, a 3×3 and a 1×1?",
    blank="weights_of_bottleneck = ...",
    answer="256 * 64 + 3 * 3 * 64 * 64 + 64 * 256",
    also_right=("69632", "69_632.0", "17 * 64 ** 2", "torch.tensor(69632)", "2 * 256 * 64 + 9 * 64 * 64"),
    why="16,384 + 36,864 + 16,384 = 69,632. The 3×3 is still the dearest of the three, though it has a quarter of the "
        "channels.",
    quantities={"the 2 of a multiply–add": 2, "the 9 places of a kernel": 9, "the 49 pixels of a 7×7 map": 49,
                "the 3,136 pixels of a 56×56 map": 3136},
    hints=(
        "A convolution has one kernel for each pair of an input channel and an output channel.",
        "A 1×1 kernel is one weight, a 3×3 kernel is nine. Count the pairs of each of the three convolutions.",
    ),
    mistakes=(
        Mistake(
            ("256 * 64 + 64 * 64 + 64 * 256", "3 * 3 * 64 * 64"),
            "the 3×3 alone, or all three with a 3×3 kernel counted as one weight",
            "Both give 36,864. There are three convolutions, and a kernel of the middle one is a square of nine.",
        ),
        Mistake(
            "256 * 64 + 3 * 64 * 64 + 64 * 256",
            "the 3×3 counted as if its kernel had fewer than nine weights",
            "A kernel is a square: how many weights are there in a 3×3 one?",
        ),
        Mistake(
            "256 * 64 + 3 * 3 * 64 + 64 * 256",
            "one 3×3 kernel for each channel",
            "Each of the 64 channels that come out of the 3×3 reads all 64 that go in, with a kernel for each.",
        ),
        Mistake(
            ("256 * 64 + 3 * 3 * 256 * 256 + 64 * 256", "3 * 3 * 256 * 256"),
            "the 3×3 on all 256 channels",
            "Between the two 1×1s there are 64 channels. The 3×3 never meets the 256.",
        ),
        Mistake(
            ("3 * 3 * 256 * 64 + 3 * 3 * 64 * 64 + 3 * 3 * 64 * 256", "2 * 3 * 3 * 256 * 64 + 3 * 3 * 64 * 64"),
            "all three counted as 3×3s",
            "The first convolution and the last one look at one pixel: their kernels are 1×1.",
        ),
        Mistake(
            ("256 * 64 + 3 * 3 * 64 * 64", "3 * 3 * 64 * 64 + 64 * 256"),
            "one of the 1×1s left out",
            "There are two of them: one makes few channels out of many, the other makes many again.",
        ),
        Mistake(
            "256 * 64 + 64 + 3 * 3 * 64 * 64 + 64 + 64 * 256 + 256",
            "biases counted, too",
            "A bias is a number that is added to a channel. The question is about the weights only.",
        ),
        Mistake(
            ("256 * 64 + 3 * 3 * 64 * 64 + 64 * 256 + 2 * (64 + 64 + 256)",
             "256 * 64 + 3 * 3 * 64 * 64 + 64 * 256 + 2 * (64 + 64)"),
            "BatchNorm counted, too",
            "A BatchNorm has numbers of its own, but the question is about the weights of the three convolutions.",
        ),
        Mistake(
            "(256 * 64 + 3 * 3 * 64 * 64 + 64 * 256) * 56 * 56",
            "multiplied by the pixels",
            "These are the multiply–adds for a map of 56×56. The weights are the same at every pixel: they are stored "
            "once.",
        ),
        Mistake(
            ("256 + 64 + 64 + 256",
             "256 + 64 + 64 + 64 + 64 + 256"),
            "the channels added up",
            "A convolution has a kernel for each pair of an input channel and an output channel: pairs are counted "
            "by multiplying.",
        ),
    ),
)

needs_projection: Exercise = Exercise(
    question="When can the shortcut not add the input as it is? Say `True` where it needs a projection.",
    blank="""
        def needs_projection(in_channels, out_channels, stride):
            return ...
    """,
    cases=lambda: {
        "256 channels in, 256 out and stride 1": (256, 256, 1),
        "64 channels in, 256 out and stride 1": (64, 256, 1),
        "256 channels in, 256 out and stride 2": (256, 256, 2),
        "256 channels in, 512 out and stride 2": (256, 512, 2),
        "512 channels in, 256 out and stride 1": (512, 256, 1),
        "512 channels in, 512 out and stride 1": (512, int("512"), 1),  # equal, and not one object
        "512 channels in, 256 out and stride 2": (512, 256, 2),
        "256 channels in, 64 out and stride 1": (256, 64, 1),
        "192 channels in, 320 out and stride 1": (192, 320, 1),
        "64 channels in, 64 out and stride 3": (64, 64, 3),
        "1 channel in, 1 out and stride 1": (1, 1, 1),
    },
    answer="stride != 1 or in_channels != out_channels",
    also_right=(
        "(in_channels, 1) != (out_channels, stride)",
        "not (stride == 1 and in_channels == out_channels)",
        "stride > 1 or in_channels - out_channels != 0",
        "bool(stride - 1 or in_channels - out_channels)",
    ),
    why="Both can spoil the addition, each alone. ResNet-50 has four such blocks, the first of each stage; in the very "
        "first of them only the channels differ.",
    hints=(
        "To be added, two tensors must have the same shape. A shape is channels × height × width.",
        "One thing changes the height and width, another the channels. Each of them alone is enough.",
    ),
    mistakes=(
        Mistake(
            ("stride != 1", "stride > 1", "stride == 2"),
            "only the map's size looked at",
            "ResNet's very first block has stride 1, and goes from 64 channels to 256. Can they be added?",
        ),
        Mistake(
            "in_channels != out_channels",
            "only the channels looked at",
            "With a stride of 2, a map of 56×56 comes out as one of 28×28. Can they be added?",
        ),
        Mistake(
            ("stride != 1 and in_channels != out_channels", "stride > 1 and in_channels < out_channels"),
            "both at once asked for",
            "In most cases both change together. But one of them alone is enough to make the shapes differ.",
        ),
        Mistake(
            ("stride == 1 and in_channels == out_channels", "in_channels == out_channels and stride < 2"),
            "the question turned round",
            "This is True where the input can be added as it is. A projection is for all other blocks.",
        ),
        Mistake(
            ("stride != 1 or in_channels < out_channels", "in_channels < out_channels"),
            "only more channels looked at",
            "And if fewer channels come out than go in?",
        ),
        Mistake(
            ("in_channels * stride != out_channels", "out_channels / in_channels != stride",
             "in_channels // stride != out_channels"),
            "the stride taken for a factor of the channels",
            "A stride changes the height and the width, never the channels. 256×56×56 and 512×28×28 can't be added.",
        ),
        Mistake(
            "True",
            "a projection everywhere",
            "It would work, and it would cost weights in each block. Most blocks of a ResNet keep the shape.",
        ),
        Mistake(
            ("in_channels == out_channels", "stride == 1", "in_channels == out_channels or stride == 1"),
            "what fits, in place of what does not",
            "Neither equal channels nor a stride of 1 are an obstacle. Ask for what makes the two shapes differ.",
        ),
        Mistake(
            ("in_channels != 256 or out_channels != 256 or stride != 1",
             "(in_channels, out_channels, stride) != (256, 256, 1)"),
            "only the block of the picture",
            "The function is asked about other blocks, too: 512 channels can be added to 512.",
        ),
        Mistake(
            ("stride != 1 or in_channels != 4 * out_channels",
             "stride != 1 or 4 * in_channels != out_channels"),
            "the width in place of what leaves the block",
            "`out_channels` is what the block puts out, so it is four times the width already.",
        ),
        Mistake(
            ("in_channels != out_channels | stride != 1",
             "stride != 1 | in_channels != out_channels"),
            "`|` in place of `or`",
            "`|` is calculated before `!=`: Python sees `out_channels | stride` first. Write `or`.",
        ),
        Mistake(
            "(stride != 1) ^ (in_channels != out_channels)",
            "one of the two, but not both",
            "Where both the channels and the map's size change, the input can't be added either.",
        ),
        Mistake(
            "not stride == 1 and in_channels == out_channels",
            "`not` in front of the first part alone",
            "Python reads `not a and b` as `(not a) and b`. Put brackets around all that `not` is meant for.",
        ),
        Mistake(
            "stride == 2 or in_channels != out_channels",
            "no stride but 1 and 2",
            "A stride of 3 makes the map smaller, too.",
        ),
    ),
)


def maps_of_256_channels() -> Cases:
    """An even and an odd size: with both, a padding or another kernel gives another output."""
    def whole(*shape: int) -> Tensor:
        return torch.randint(-4, 5, shape, generator=torch.Generator().manual_seed(0)).float()

    return {"an input of 256×4×4": (whole(1, 256, 4, 4),), "an input of 256×5×5": (whole(1, 256, 5, 5),)}


projection: Exercise = Exercise(
    question="Make the 1×1 convolution, without a bias, that turns 256×56×56 into 512×28×28.",
    blank="projection = ...",
    cases=maps_of_256_channels,
    answer="nn.Conv2d(256, 512, kernel_size=1, stride=2, bias=False)",
    also_right=(
        "nn.Conv2d(256, 512, 1, 2, bias=False)",
        "nn.Conv2d(256, 512, (1, 1), stride=(2, 2), padding=0, bias=False)",
        "nn.Sequential(nn.Conv2d(256, 512, kernel_size=1, stride=2, bias=False))",
    ),
    why="Its weights change the channels, its stride changes the map. 131,072 weights: more than the branch of a "
        "256-64-256 bottleneck has.",
    hints=(
        "The first two arguments of `nn.Conv2d` are the channels that go in and those that come out.",
        "To go from 56 to 28, the convolution has to stop at every second pixel only. Which argument says that?",
    ),
    mistakes=(
        Mistake(
            ("nn.Conv2d(256, 512, kernel_size=1, bias=False)", "nn.Conv2d(256, 512, 1, bias=False)"),
            "no stride",
            "The channels fit, but the map keeps its size: 28×28 can't be added to 56×56.",
        ),
        Mistake(
            ("nn.Conv2d(256, 512, kernel_size=1, stride=2)", "nn.Conv2d(256, 512, 1, 2)"),
            "with a bias",
            "`nn.Conv2d` adds a bias unless you switch it off. Here a BatchNorm follows, which takes it away.",
        ),
        Mistake(
            ("nn.Conv2d(512, 256, kernel_size=1, stride=2, bias=False)", "nn.Conv2d(512, 256, 1, 2, bias=False)"),
            "in and out exchanged",
            "The channels that go in come first, then those that come out.",
        ),
        Mistake(
            "nn.Conv2d(256, 512, kernel_size=3, stride=2, padding=1, bias=False)",
            "a 3×3",
            "The shapes fit. But a shortcut should change as little as it can, and a 3×3 mixes neighbours, with nine "
            "times the weights.",
        ),
        Mistake(
            "nn.Conv2d(256, 512, kernel_size=2, stride=2, bias=False)",
            "a 2×2",
            "The shapes fit, with four times the weights. A 1×1 was asked for.",
        ),
        Mistake(
            "nn.Conv2d(256, 512, kernel_size=1, stride=2, padding=1, bias=False)",
            "a padding",
            "A 3×3 needs a border of zeros to keep the map's size. A 1×1 needs none; here it adds a row and a column.",
        ),
        Mistake(
            ("nn.Conv2d(256, 256, kernel_size=1, stride=2, bias=False)", "nn.MaxPool2d(2)", "nn.AvgPool2d(2)",
             "nn.MaxPool2d(kernel_size=1, stride=2)"),
            "the channels stay 256",
            "The branch puts out 512 channels, so the shortcut has to, too.",
        ),
        Mistake(
            "nn.Sequential(nn.Conv2d(256, 512, kernel_size=1, stride=2, bias=False), nn.BatchNorm2d(512))",
            "the BatchNorm, too",
            "It will follow in the block. Here only the convolution is asked for.",
        ),
    ),
)


@predict(
    "With stride 2 on the first 1×1, what share of the input's pixels has any influence on the block's output?",
    {
        "all": "The 3×3 looks at neighbours, but only at those that the first 1×1 has left.",
        "half": "The stride skips every second column. And the rows?",
        "a quarter": "",
    },
)
def pixels_that_count(block: nn.Module) -> tuple[str, str]:
    """Looks for the pixels on which the block's output has a gradient."""
    first = block.conv1
    assert isinstance(first, nn.Conv2d)
    x = torch.rand(1, first.in_channels, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(block(x.requires_grad_()).sum(), x)
    share = float((gradient != 0).any(dim=1).float().mean())
    truth = "a quarter" if share < 0.4 else "half" if share < 0.75 else "all"
    lost = " What the first 1×1 skips, nobody after it can bring back, and the projection skips the same pixels."
    return truth, f"Measured on maps of 8×8: {share:.0%} of the pixels.{lost if share < 1 else ''}"


@predict(
    "The shortcuts are taken out of 16 blocks. How large is the gradient at the input, beside what it was with them?",
    {
        "smaller": "So it would be without BatchNorm, and so one often reads. But a BatchNorm scales up again what has "
                   "become small.",
        "about as large": "Each block hands the gradient on a little larger, and 16 of them are multiplied.",
        "larger": "",
    },
)
def gradient_without_shortcuts(with_them: Tensor, without: Tensor) -> tuple[str, str]:
    """Compares the lengths of two gradients that the lesson has measured."""
    ratio = float(without.norm() / with_them.norm())
    truth = "smaller" if ratio < 0.5 else "about as large" if ratio < 2 else "larger"
    return truth, f"The one without shortcuts is {ratio:.2g} times as long."
