"""Lesson 12, other people's code: what a total, a shape, a drawing and a gradient can see, and what only a proof."""
import copy
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from resnext_edu.config import BlockSpec, ResNeXtConfig
from resnext_edu.cost import analytic_cost, conv_weights
from resnext_edu.equivalence import EquivalenceReport
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict

stem_kernel: Exercise = Exercise(
    question="The first convolution, from 3 channels to 64, lacks 1,536 weights of a 3×3. How large is its kernel?",
    blank="stem_kernel = ...",
    answer="1",
    also_right=("3 - 2", "int((9 - 1536 / (3 * 64)) ** 0.5)"),
    why="8 of 9 weights are missing, for each pair of an input and an output channel: 8 · 3 · 64 = 1,536.",
    hints=(
        "A k×k convolution from 3 channels to 64 has k · k · 3 · 64 weights. How many does a 3×3 have?",
        "Divide 1,536 by 3 · 64. That is how many weights are missing in each kernel. How many of 9 are left?",
    ),
    mistakes=(
        Mistake("3", "the paper's kernel", "With a 3×3, nothing would be missing."),
        Mistake("8", "what is missing in place of what is left",
                "8 weights are missing in each kernel. A 3×3 has 9. How many are left, and which k×k has so many?"),
        Mistake("2", "a 2×2", "It has 4 of 9 weights, so 5 · 3 · 64 = 960 would be missing."),
        Mistake(("4", "5", "6", "11"), "a larger kernel",
                "It has more than the 9 weights of a 3×3. Then there would be more parameters, not fewer."),
        Mistake(("8 ** 0.5", "8 / 3"), "the side of what is missing",
                "8 of 9 weights are missing. The kernel is made of those that are left."),
        Mistake("7", "the stem for large images",
                "A 7×7 has 49 weights in place of 9. Then there would be more parameters, not fewer."),
        Mistake("0", "no kernel at all", "Without the layer, all 9 · 3 · 64 = 1,728 weights would be missing."),
        Mistake("9", "the weights of a 3×3", "9 is how many weights a 3×3 kernel has. Asked for is k of k×k."),
        Mistake("1536 / (3 * 64 * 9)", "the share of the weights that is missing",
                "That is 8 of 9. Asked for is k of the k×k that is left."),
        Mistake("1536", "the difference itself",
                "That is how many weights are missing. Divide them among 3 · 64 kernels first."),
        Mistake(("24", "1536 / 64"), "the missing weights of one output channel",
                "One output channel has three kernels, one for each input channel."),
        Mistake("512", "the missing weights of one input channel",
                "One input channel has 64 kernels, one for each output channel."),
        Mistake("192", "all kernels together",
                "192 weights are left, and there are 3 · 64 = 192 kernels. How many does each of them have?"),
        Mistake("1 / 9", "the share of the weights that is left", "Asked for is k of the k×k that is left."),
        Mistake("1728", "all weights of the 3×3",
                "That is how many the paper's network has there. Here 1,536 of them are missing."),
        Mistake("27", "the weights of one output channel in the paper",
                "That is three 3×3 kernels, one for each input channel. Here each has fewer weights."),
        Mistake("576", "the weights of one input channel in the paper",
                "That is 64 kernels of 3×3, one for each output channel. Here each has fewer weights."),
    ),
)


weights_with_the_mistake: Exercise = Exercise(
    question="The weights of a block inside a stage (no BatchNorm) whose input and output have 2·C·d channels.",
    blank="""
        def weights_with_the_mistake(C, d):
            return ...
    """,
    cases=lambda: {"C = 2, d = 3": (2, 3), "C = 32, d = 4": (32, 4), "C = 16, d = 64": (16, 64),
                   "C = 5, d = 1": (5, 1)},
    answer="4 * (C * d) ** 2 + 9 * C * d * d",
    also_right=("2 * C * d * C * d + 9 * C * d ** 2 + C * d * 2 * C * d", "C * (4 * C * d * d + 9 * d * d)",
                "C * d * d * (4 * C + 9)"),
    why="With 32×4d it gives 70,144, as the right block has. There nobody can see the mistake, and everybody tests.",
    hints=(
        "Three convolutions: a 1×1 from 2·C·d to C·d channels, a 3×3 of C groups, and a 1×1 back. Count each of them.",
        "A 1×1 has (channels in) · (channels out) weights. In the grouped 3×3, each of the C·d outputs reads "
        "d channels, at 9 pixels.",
    ),
    mistakes=(
        Mistake(("2 * 256 * C * d + 9 * C * d * d", "C * (512 * d + 9 * d * d)"), "the paper's block",
                "That one has 256 channels outside, whatever C and d are. Here there are 2·C·d."),
        Mistake("4 * (C * d) ** 2 + 9 * (C * d) ** 2", "a 3×3 without groups",
                "In a group, an output reads d channels, and not all C·d."),
        Mistake("2 * (C * d) ** 2 + 9 * C * d * d", "one 1×1 only, or C·d channels outside",
                "There are two 1×1s, and each has 2·C·d channels on one side."),
        Mistake(("4 * (C * d) ** 2 + C * d * d", "4 * (C * d) ** 2 + 3 * C * d * d"), "a 3×3 with too few weights",
                "Each pair of an input and an output channel has 3 · 3 weights."),
        Mistake(("4 * C * d * d + 9 * d * d", "d * d * (4 * C + 9)"), "one path", "There are C of them."),
        Mistake("4 * (C * d) ** 2", "the 3×3 forgotten", "Between the two 1×1s stands the grouped 3×3."),
        Mistake("9 * C * d * d", "the 1×1s forgotten",
                "In front of the grouped 3×3 stands a 1×1, and another one behind."),
        Mistake("4 * (C * d) ** 2 + 9 * C * d * d + 8 * C * d", "BatchNorm counted",
                "Count the weights of the convolutions only."),
        Mistake("4 * (C * d) ** 2 + 9 * C * d * d + 4 * C * d", "biases counted",
                "A BatchNorm follows each convolution, so none of them has a bias."),
        Mistake(("8 * (C * d) ** 2 + 9 * C * d * d", "6 * (C * d) ** 2 + 9 * C * d * d",
                 "16 * (C * d) ** 2 + 9 * C * d * d"),
                "a 1×1 that has 2·C·d channels on both sides, or a projection",
                "Each of the two 1×1s has C·d channels on one side. Inside a stage there is no projection."),
        Mistake("13 * C * d * d", "the 1×1s in C groups, too",
                "They are dense: each output of the first one reads all 2·C·d channels. (C · d)² is C · d · C · d."),
        Mistake(("4 * (C * d) ** 2 + 18 * C * d * d", "4 * (C * d) ** 2 + 36 * C * d * d"),
                "a 3×3 with 2·C·d channels",
                "The 3×3 stands between the two 1×1s: C·d channels go in, and C·d come out."),
        Mistake(("C * d", "2 * C * d"), "channels in place of weights",
                "A 1×1 has a weight for each pair of an input channel and an output channel."),
        Mistake(("36 * (C * d) ** 2 + 9 * C * d * d", "9 * (4 * (C * d) ** 2 + C * d * d)"), "9 weights in a 1×1, too",
                "A 1×1 has one weight for each pair of channels."),
        Mistake(("4 * C * d + 9 * C * d * d", "2 * C * d + 9 * C * d * d"), "channels added in place of multiplied",
                "A 1×1 has (channels in) · (channels out) weights."),
        Mistake("4 * (C * d) ** 2 + 9 * C * C * d", "C and d exchanged in the 3×3",
                "In a group there are d inputs and d outputs, and there are C groups."),
        Mistake(("4 * (C * d) ** 2 + 9 * C * d",), "a 3×3 in which every output reads one channel",
                "That would be a depthwise one. Here an output reads all d channels of its group."),
        Mistake("3 * (C * d) ** 2 + 9 * C * d * d", "one of the two 1×1s has C·d channels on both sides",
                "Both lie between C·d and 2·C·d channels: the input and the output are as wide."),
        Mistake("4 * (C * d) ** 2 + 9 * d * d", "the 3×3 of one path only", "Each of the C paths has its own 3×3."),
        Mistake(("4 * (C * d) ^ 2 + 9 * C * d * d", "4 * (C * d) ^ 2 + 9 * C * d ^ 2",
                 "(2 * C * d) ^ 2 + 9 * C * d * d", "(2 * C * d) ^ 2 + 9 * C * d ^ 2"), "`^` for a power",
                "Python writes a power with two stars, as in `d ** 2`. Its `^` compares bits."),
        Mistake("70144", "the standard block's number", "It is right for 32×4d alone. Make use of `C` and `d`."),
        Mistake(
            ("C * (4 * C * d + 9 * d * d)", "4 * C * C * d + 9 * C * d * d"),
            "one d too few in the 1×1s",
            "Each 1×1 has a weight for each pair of 2·C·d channels on one side and C·d on the other.",
        ),
        Mistake(
            "C * (4 * (C * d) ** 2 + 9 * C * d * d)",
            "the number of paths counted twice",
            "C·d is the width of all paths together, so the paths are counted already.",
        ),
        Mistake(
            "4 * (C * d) ** 2 + 6 * C * d * d",
            "3 + 3 in place of 3 · 3",
            "A kernel of 3×3 has nine places.",
        ),
    ),
)


@predict(
    "One channel behind the 3×3 of a block whose first 1×1 has 32 groups, too: how many of 256 input channels matter?",
    {
        4: "A group of the 3×3 reads 4 channels. But each of those is made from several channels of the input.",
        8: "",
        32: "That is the number of groups. A group of the first 1×1 gets 256 ÷ 32 channels.",
        256: "So it would be if the first 1×1 were dense, as in the paper. Here it is cut.",
    },
)
def channels_it_depends_on(block: nn.Module) -> tuple[int, str]:
    """Asks the gradient."""
    x = torch.ones(1, 256, 3, 3).requires_grad_()
    with torch.enable_grad():
        y: Tensor = block.conv2(block.conv1(x))  # type: ignore[operator]  # whatever block the lesson has built
        gradient, = torch.autograd.grad(y[:, 0].sum(), x)
    found = int((gradient != 0).any(3).any(2).sum())
    return found, f"Each group gets 256 ÷ 32 = {256 // 32} channels of the input, and no other group ever sees them."


@predict(
    "The projection is built behind the branch, as it is drawn. What happens to an input of 64 channels?",
    {
        "it raises an error": "",
        "it runs, with another total": "It is made of the same layers, so their number of parameters is the same.",
        "it runs, with the same total": "The total is the same. But look at what goes into the projection.",
    },
)
def built_as_drawn(drawn: nn.Module, block: nn.Module) -> tuple[str, str]:
    """Runs it."""
    totals = [sum(weight.numel() for weight in each.parameters()) for each in (drawn, block)]
    try:
        with torch.no_grad():
            drawn(torch.zeros(1, 64, 8, 8))
    except RuntimeError:
        return "it raises an error", "The branch puts out 256 channels, and the projection was made for 64."
    same = "the same" if totals[0] == totals[1] else "another"
    return f"it runs, with {same} total", "Every layer got the channels that it was made for."


@predict(
    "Eight convolutions on eight slices, each cut by a lambda: on how many of 32 channels does the output depend?",
    {
        4: "",
        8: "There are eight slices, each of 4 channels. Ask which slice each lambda takes when it runs.",
        28: "That is how many do not matter.",
        32: "That is what it was meant to do. Ask what `i` is when the lambdas run.",
    },
)
def channels_that_matter(function: Callable[[Tensor], Tensor]) -> tuple[int, str]:
    """Asks the gradient."""
    x = torch.ones(1, 32, 3, 3).requires_grad_()
    with torch.enable_grad():
        gradient, = torch.autograd.grad(function(x).sum(), x)
    found = int((gradient != 0).any(3).any(2).sum())
    return found, "`i` is looked up when a lambda runs, and then the loop is over: all eight take the last slice."


probes: Exercise = Exercise(
    question="As many images as there are channels, of one pixel each: in image k, only channel k is 1, not 0.",
    blank="""
        def probes(channels):
            return ...
    """,
    cases=lambda: {"3 channels": (3,), "8 channels": (8,), "1 channel": (1,)},
    answer="torch.eye(channels)[:, :, None, None]",
    also_right=("torch.eye(channels).view(channels, channels, 1, 1)", "torch.eye(channels).unsqueeze(-1).unsqueeze(-1)",
                "torch.diag(torch.ones(channels)).reshape(channels, channels, 1, 1)"),
    why="One call with these images tells which channels a layer reads: that is the smallest test of a slice.",
    hints=(
        "The shape is (images, channels, height, width), and there are as many images as channels. Which matrix has "
        "ones on its diagonal and zeros elsewhere?",
        "`torch.eye(n)` is that matrix, with two axes. Give it two more, of size one, at the end.",
    ),
    mistakes=(
        Mistake("torch.eye(channels)", "two axes in place of four",
                "A convolution wants (images, channels, height, width). Height and width are missing."),
        Mistake(("torch.ones(channels, channels, 1, 1)", "torch.full((channels, channels, 1, 1), 1.0)"),
                "all channels at once", "Then all images are equal, and none tells which channel was read."),
        Mistake("torch.ones(1, channels, 1, 1)", "one image with all channels",
                "One image with every channel on does not tell which of them was read."),
        Mistake("torch.zeros(channels, channels, 1, 1)", "all black",
                "From nothing comes nothing, from right or wrong layers."),
        Mistake(("torch.eye(channels)[None, None]", "torch.eye(channels).view(1, 1, channels, channels)"),
                "one image of many pixels",
                "Here the ones lie in different pixels. They should lie in different channels."),
        Mistake(("torch.eye(channels)[None, :, :, None]", "torch.eye(channels).view(1, channels, channels, 1)"),
                "one image, with the ones in different rows", "Each one needs an image of its own: the first axis."),
        Mistake("torch.eye(channels)[:, None, None, :]", "the channels on the last axis",
                "Channels come second: (images, channels, height, width)."),
        Mistake("torch.eye(channels)[:, None, :, None]", "the channels on the third axis",
                "Channels come second: (images, channels, height, width)."),
        Mistake("torch.eye(channels)[:, :, None]", "three axes", "Height and width are two axes."),
        Mistake("torch.eye(channels)[:, :, None, None].flip(0)", "from the last channel to the first",
                "Image 0 is for channel 0."),
        Mistake("torch.eye(channels)[:1, :, None, None]", "the first image only", "Every channel needs its image."),
        Mistake(("1 - torch.eye(channels)[:, :, None, None]",), "all channels but one",
                "Then every image shows a layer nearly everything. Let image k have its channel k alone."),
        Mistake("torch.arange(channels * channels).float().view(channels, channels, 1, 1)", "numbered",
                "Ones and zeros, please: an image tells of its own channel only."),
        Mistake(
            "torch.triu(torch.ones(channels, channels))[:, :, None, None]",
            "more than one channel in some images",
            "In image k all channels but k are 0, those behind it, too.",
        ),
        Mistake(
            "torch.tril(torch.ones(channels, channels))[:, :, None, None]",
            "ones that stay from image to image",
            "In image k all channels but k are 0. Begin each image with zeros of its own.",
        ),
        Mistake(
            "torch.diag(torch.eye(channels)[0])[:, :, None, None]",
            "only the first image is lit",
            "The other images are black. Each has a channel of its own that is 1.",
        ),
    ),
)


@predict(
    "A depthwise 3×3, and a dense 1×1 of zeros and ones, in place of the grouped 3×3. Is the block the same function?",
    {
        "the same function": "",
        "nearly the same": "Whole numbers know no \"nearly\": the proof compares bits.",
        "another function": "Follow one number: the ones add up what the 4 inputs of a group have given.",
    },
)
def in_two_steps(report: EquivalenceReport) -> tuple[str, str]:
    """Takes what the proof says."""
    exact = next(finding for finding in report.findings if finding.name == "exact")
    if report.passed:
        return "the same function", f"*exact* says {exact.status}: bit for bit, in whole numbers."
    return "another function", f"*exact* says {exact.status}."


@predict(
    "Ten broken blocks of lesson 6. How many of them have exactly as many parameters as the right one?",
    {
        0: "That would make a total a good test. But most mistakes use the same weights in another way.",
        3: "That is how many do not.",
        7: "",
        10: "Not all: a BatchNorm or a bias in every path adds some, and C and d exchanged change the 3×3.",
    },
)
def broken_with_the_right_total(surplus: Mapping[str, int]) -> tuple[int, str]:
    """Counts the broken blocks that have no parameter more and none less."""
    found = sum(number == 0 for number in surplus.values())
    return found, f"{found} of {len(surplus)} wrong functions have the right total. As a test, it would pass them all."


divided_twice: Exercise = Exercise(
    question="The parameters of ResNeXt-50 if somebody divides the weights of its grouped 3×3s by 32 once more.",
    blank="divided_twice = ...",
    answer="25_028_904 - 1_414_656 + 1_414_656 // 32",
    also_right=("23_658_456", "25_028_904 - 1_414_656 * 31 // 32", "25_028_904 - 31 * 44_208", "23_658_456.0"),
    why="The table has 23.64 million. That is near, and near is not equal.",
    hints=(
        "1,414,656 of the 25,028,904 parameters stand in the grouped 3×3s. All others stay.",
        "Take them away, and put a 32nd of them back.",
    ),
    quantities={"the grouped 3×3s": 1_414_656, "a 32nd of the grouped 3×3s": 44_208, "the last layer": 2_049_000},
    mistakes=(
        Mistake("25_028_904 - 1_414_656", "the 3×3s left out", "They are divided, not gone: a 32nd of them stays."),
        Mistake("25_028_904 - 1_414_656 // 32", "a 32nd taken away", "A 32nd is what stays. What goes is the rest."),
        Mistake(("25_028_904 // 32", "25_028_904 / 32"), "everything divided",
                "Only the grouped 3×3s are divided. The 1×1s have no groups."),
        Mistake(("1_414_656 // 32", "1_414_656"), "the 3×3s alone",
                "Asked for is the whole network. The other layers are still there."),
        Mistake("25_028_904", "nothing divided",
                "PyTorch's number is divided once already. Divide the 3×3s once more."),
        Mistake("25_028_904 - 1_414_656 + 1_414_656 * 32", "multiplied in place of divided",
                "That is the network without groups. Here the weights become fewer."),
        Mistake("23_640_000", "the number in the table",
                "That is what is printed. Asked for is what dividing once more gives: are the two equal?"),
        Mistake("1_414_656 - 1_414_656 // 32", "what is lost",
                "That is how many would be missing. Asked for is how many would still be counted."),
        Mistake("25_028_904 - 1_414_656 - 1_414_656 // 32", "the 32nd taken away, too",
                "A 32nd of these weights is still counted, so it is added."),
        Mistake("25_028_904 - 1_414_656 + 1_414_656 // 16", "divided by the number of convolutions",
                "There are 16 grouped convolutions, and each of them has 32 groups."),
        Mistake("25_028_904 - 1_414_656 + 1_414_656 // 4", "divided by the width of a path",
                "4 is the d of 32×4d. The number of groups is the other one."),
        Mistake("25_028_904 - 1_414_656 // 2", "divided by 2", "Once more means by the number of groups, once more."),
        Mistake("25_028_904 * 31 / 32", "a 32nd of everything taken away",
                "Only the grouped 3×3s are divided. All other layers stay as they are."),
        Mistake(("4_006_494_208", "8_012_988_416", "8_020_000_000"), "multiply–adds or FLOPs in place of parameters",
                "Parameters are asked for: the weights that are stored, in millions and not in billions."),
        Mistake("25_028_904 - 1_414_656 + 1_414_656 // 1024", "divided three times",
                "Once more is by 32: they are divided by 32 once already."),
    ),
)


blocks_for_the_4: Exercise = Exercise(
    question="Which number of blocks has to stand in place of the 4 in (3, 4, 36, 3), so that there are 152 layers?",
    blank="blocks_for_the_4 = ...",
    answer="8",
    also_right=("(152 - 2) // 3 - 3 - 36 - 3", "50 - 42"),
    why="One number in a list of four, and the name of the network is wrong by twelve layers.",
    hints=(
        "Each block has three layers that an image passes one after another. Two more stand around the blocks.",
        "How many blocks do 152 layers make? Take 3, 36 and 3 away from them.",
    ),
    mistakes=(
        Mistake("4", "as it is", "These are 46 blocks, so 3 · 46 + 2 = 140 layers."),
        Mistake("16", "the missing layers added to the 4", "Twelve layers are missing. How many blocks is that?"),
        Mistake("12", "the missing layers", "Twelve layers are missing. A block has three of them."),
        Mistake("50", "all blocks of the network",
                "That is how many blocks there are in all. Three stages have theirs already."),
        Mistake("6", "ResNet-50's third stage", "Count: how many layers would (3, 6, 36, 3) have?"),
        Mistake("23", "ResNet-101's third stage", "Count: how many layers would (3, 23, 36, 3) have?"),
        Mistake("46", "the blocks that are there",
                "That is how many blocks the network has now. How many should there be?"),
        Mistake(("110", "108"), "a layer for each block", "A block has three layers."),
        Mistake(("9", "152 / 3 - 42", "(152 - 1) / 3 - 42"), "the layers around the blocks",
                "Two layers stand around the blocks: a convolution in front, a linear layer behind. Take both away."),
        Mistake("33", "two layers in a block", "A bottleneck has three: 1×1, 3×3, 1×1."),
        Mistake("24", "the layers of the stage", "Asked for are its blocks, and a block has three layers."),
        Mistake("7", "one block too few", "Count: how many layers would (3, 7, 36, 3) have?"),
        Mistake("(152 - 2) / 3 - 3 - 4 - 3", "the third stage", "36 is right, and it is the 4 that is not."),
        Mistake("10", "two blocks too many", "Count: how many layers would (3, 10, 36, 3) have?"),
    ),
)


@predict(
    "In how many of the 16 blocks does an input come through unchanged, once the branch is switched off?",
    {
        0: "",
        4: "These are the blocks that have a projection in the paper. Here all have one.",
        12: "So it is in the paper's network: all blocks but the first of each stage.",
        16: "A projection is a convolution. With random weights it changes its input.",
    },
)
def blocks_that_hand_on(model: nn.Module) -> tuple[int, str]:
    """Switches off the branch of a copy of each block, and looks whether a positive input comes through."""
    found, blocks = 0, [part for part in model.modules() if hasattr(part, "downsample")]
    for original in blocks:
        block = copy.deepcopy(original)
        nn.init.zeros_(block.bn3.weight)  # type: ignore[arg-type, union-attr]  # whatever blocks the lesson has built
        x = torch.ones(1, block.conv1.in_channels, 4, 4)  # type: ignore[arg-type, union-attr]
        with torch.no_grad():
            found += torch.equal(block(x), x)
    return found, (f"In {len(blocks) - found} of {len(blocks)} blocks a convolution stands on the shortcut, and "
                   "multiplies the input by its weights.")


@predict(
    "92.3 against 91.8 percent, each on 10,000 images: how large is the difference?",
    {
        "less than one standard error": "One share has a standard error of 0.27 points, the difference 0.38.",
        "between one and two": "",
        "more than two": "So it would be with 30,000 images. The difference of two shares varies more than each.",
    },
)
def errors_apart(p: float, q: float, n: int) -> tuple[str, str]:
    """Divides the difference by its standard error."""
    error = (p * (1 - p) / n + q * (1 - q) / n) ** 0.5
    apart = abs(p - q) / error
    truth = "less than one standard error" if apart < 1 else "between one and two" if apart <= 2 else "more than two"
    return truth, f"The difference is {100 * abs(p - q):.1f} points, and its standard error {100 * error:.2f}."


@predict(
    "A block of 128 channels without groups (1×128d): how many weights does it have, beside ResNet's 1×64d?",
    {
        "about as many": "That is what the 32 groups bring about. Here the 3×3 has none.",
        "twice as many": "That holds for the two 1×1s, which are twice as wide on one side. The 3×3 is on both.",
        "three times as many": "",
        "four times as many": "That holds for the 3×3. The two 1×1s have 256 channels on one side, as before.",
    },
)
def weights_without_groups() -> tuple[str, str]:
    """Counts both blocks."""
    wide, narrow = (sum(conv_weights(BlockSpec(256, 256, 1, d)).values()) for d in (128, 64))
    times = ("about as many", "twice as many", "three times as many", "four times as many")
    return times[round(wide / narrow) - 1], f"{wide:,} weights beside {narrow:,}: {wide / narrow:.2f} times as many."


@predict(
    "The README of the paper's repository says 4.1 and 7.8 billion for ResNeXt-50 and -101. Whose numbers are they?",
    {
        "those of the ResNeXts": "A rounded number is a claim, too. Round what you count, and compare.",
        "those of the ResNets": "",
        "nobody's": "Count the networks that stand beside these two in the paper.",
    },
)
def whose_numbers() -> tuple[str, str]:
    """Counts the multiply–adds of all four, and compares one digit behind the point."""
    counted = {family: [f"{analytic_cost(ResNeXtConfig.preset(f'{family}{depth}{more}')).total_macs / 1e9:.1f}"
                        for depth in (50, 101)] for family, more in (("resnet", ""), ("resnext", "_32x4d"))}
    truth = next((f"those of the {name}s" for name, family in (("ResNeXt", "resnext"), ("ResNet", "resnet"))
                  if counted[family] == ["4.1", "7.8"]), "nobody's")
    return truth, (f"In billions, the ResNeXts have {' and '.join(counted['resnext'])}, and the ResNets "
                   f"{' and '.join(counted['resnet'])}.")
