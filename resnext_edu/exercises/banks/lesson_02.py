"""Lesson 2, grouped convolution: from slices to `groups=`, the order of channels, and what groups alone can't do."""
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict, predict_set


def moved_by(layer: nn.Module, channel: int, channels: int, size: int = 9) -> list[int]:
    """The output channels that change when one input channel changes."""
    weight = next(layer.parameters())
    x = torch.randint(1, 9, (1, channels, size, size), generator=torch.Generator().manual_seed(0)).to(weight)
    changed = x.clone()
    changed[:, channel] += 1
    with torch.no_grad():
        moved = (layer(changed) != layer(x)).any(dim=(0, 2, 3))
    return [k for k, differs in enumerate(moved) if differs]


@predict(
    "The channels are cut in two, and each half gets a convolution of its own. How many weights do they have together?",
    {
        "as many as before": "Nothing was left out of the input or of the output. But no output reads both halves any "
                             "more, and the weights for that are gone.",
        "half": "",
        "a quarter": "One of the two has a quarter: half the outputs, and each reads half the inputs. There are two.",
    },
)
def weights_after_the_cut(dense: nn.Conv2d, convs: Sequence[nn.Conv2d]) -> tuple[str, str]:
    """Counts the weights before and after the cut."""
    before, after = dense.weight.numel(), sum(conv.weight.numel() for conv in convs)
    truth = {before: "as many as before", before // 2: "half", before // 4: "a quarter"}.get(after, f"{after} weights")
    return truth, f"{before} before, {' + '.join(str(conv.weight.numel()) for conv in convs)} = {after} now."


def small_convolutions() -> Cases:
    """Small convolutions with weights of whole numbers, and a batch of images that fits them."""
    def case(count: int, channels: int, kernel: int, images: int = 4) -> tuple[list[nn.Conv2d], Tensor]:
        def whole(seed: int, *shape: int) -> Tensor:
            return torch.randint(-8, 9, shape, generator=torch.Generator().manual_seed(seed)).float()

        convs = [nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False) for _ in range(count)]
        for k, conv in enumerate(convs):
            conv.weight.data = whole(k, *conv.weight.shape)
        return convs, whole(count, images, count * channels, 4, 4)

    return {
        "two 1×1 convolutions of 3 channels, and 4 images of 6 channels": case(2, 3, 1),
        "three 3×3 convolutions of 2 channels, and 4 images of 6 channels": case(3, 2, 3),
        "four 1×1 convolutions of 2 channels, and an image of 8 channels": case(4, 2, 1, images=1),
    }


cut_and_stack: Exercise = Exercise(
    question="Cut the channels of x into as many slices as there are convolutions, give each slice to its convolution, "
             "and put the results one behind the other.",
    blank="""
        def cut_and_stack(convs, x):
            return ...
    """,
    cases=small_convolutions,
    answer="torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))], dim=1)",
    also_right=(
        "torch.cat([conv(x[:, i * conv.in_channels:(i + 1) * conv.in_channels]) for i, conv in enumerate(convs)], 1)",
        "torch.cat([convs[i](part) for i, part in enumerate(x.split(x.shape[1] // len(convs), dim=1))], dim=1)",
        "torch.hstack([conv(part) for conv, part in zip(convs, x.tensor_split(len(convs), dim=1))])",
        "torch.cat([conv(x.unflatten(1, (len(convs), -1))[:, i]) for i, conv in enumerate(convs)], dim=1)",
    ),
    why="Cut, convolve, put together: this is all that a grouped convolution does.",
    hints=(
        "x is (images, channels, height, width): the channels are axis 1. `x.chunk(2, dim=1)` cuts them into two equal "
        "slices. How many slices are needed here?",
        "`zip(convs, slices)` goes through both side by side. `torch.cat` puts a list of tensors one behind the other, "
        "along the axis that you name.",
    ),
    mistakes=(
        Mistake(
            ("torch.cat([conv(x[:, i::len(convs)]) for i, conv in enumerate(convs)], dim=1)",
             "torch.cat([conv(part) for conv, part in zip(convs, x.unflatten(1, (-1, len(convs))).unbind(2))], dim=1)"),
            "channels dealt out in turn, like cards",
            "A slice is made of neighbours: the first channels go to the first convolution, the next ones to the "
            "second.",
        ),
        Mistake(
            ("torch.cat([conv(x) for conv in convs], dim=1)", "sum(conv(x) for conv in convs)"),
            "a convolution that gets the whole x",
            "Each of them has room for one slice of the channels. Cut x first: neither side by side nor one after "
            "another do they get all of it.",
        ),
        Mistake(
            ("torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs)))], dim=1)",
             "torch.cat([conv(part) for conv, part in zip(convs, x.split(x.shape[1] // len(convs)))], dim=1)",
             "torch.cat([conv(part) for conv, part in zip(convs, x)], dim=1)",
             "torch.cat([convs[i](x[i]) for i in range(len(convs))], dim=1)"),
            "the batch cut in place of the channels",
            "Without `dim=1`, all that cuts a tensor cuts axis 0, the images.",
        ),
        Mistake(
            ("torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=2))], dim=1)",
             "torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=3))], dim=1)"),
            "the height or the width cut in place of the channels",
            "Axes 2 and 3 are the places of the image, and each convolution wants all of them. Count the axes from 0.",
        ),
        Mistake(
            ("torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))][::-1], dim=1)",
             "torch.cat(list(reversed([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))])), dim=1)"),
            "the results in reverse order",
            "The shape is right, and whoever reads the result finds each slice at another's place. The first slice "
            "comes first.",
        ),
        Mistake(
            ("torch.cat([conv(part) for conv, part in zip(convs[::-1], x.chunk(len(convs), dim=1))], dim=1)",
             "torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1)[::-1])], dim=1)"),
            "slices and convolutions paired from opposite ends",
            "The first slice belongs to the first convolution, the second one to the second.",
        ),
        Mistake(
            ("torch.cat([conv(x[:, :conv.in_channels]) for conv in convs], dim=1)",
             "torch.cat([conv(x.chunk(len(convs), dim=1)[0]) for conv in convs], dim=1)"),
            "the first slice for all of them",
            "Then nobody reads the other channels. Where does the slice of the second convolution begin?",
        ),
        Mistake(
            "sum(conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1)))",
            "the results added up",
            "Each slice has outputs of its own. They are put one behind the other, not added up.",
        ),
        Mistake(
            ("torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))])",
             "torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))], dim=0)"),
            "put together along the batch",
            "Axis 0 counts the images, and there are as many as before. The channels are axis 1.",
        ),
        Mistake(
            ("torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))], dim=2)",
             "torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))], dim=3)",
             "torch.cat([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))], dim=-1)"),
            "put together along the height or the width",
            "Axes 2 and 3 are the places of the image, and these don't get more. The channels are axis 1; -1 is the "
            "last axis.",
        ),
        Mistake(
            ("torch.stack([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))])",
             "torch.stack([conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))], dim=1)"),
            "a new axis for the slices",
            "`stack` makes a fifth axis. The result has four, as x has.",
        ),
        Mistake(
            ("[conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1))]",
             "tuple(conv(part) for conv, part in zip(convs, x.chunk(len(convs), dim=1)))"),
            "the results, not yet put together",
            "The next layer wants one tensor. Put the results together.",
        ),
        Mistake(
            ("torch.cat([conv(part) for conv, part in zip(convs, x.split(len(convs), dim=1))], dim=1)",
             "torch.cat([conv(part) for conv, part in zip(convs, x.split(2, dim=1))], dim=1)"),
            "the number of slices taken for their width",
            "`split` asks how wide a slice is, `chunk` asks how many there are.",
        ),
        Mistake(
            ("torch.cat([convs[0](x[:, 0:4]), convs[1](x[:, 4:8])], dim=1)",
             "torch.cat([convs[0](x[:, :4]), convs[1](x[:, 4:])], dim=1)",
             "torch.cat([convs[1](x[:, 4:]), convs[0](x[:, :4])], dim=1)",
             "torch.cat([conv(part) for conv, part in zip(convs, x.split(4, dim=1))], dim=1)"),
            "always 8 channels",
            "That fits the lesson's x only. How wide is a slice, for any x and any number of convolutions?",
        ),
        Mistake(
            ("torch.cat([convs[0](x[:, :x.shape[1] // 2]), convs[1](x[:, x.shape[1] // 2:])], dim=1)",
             "torch.cat([conv(part) for conv, part in zip(convs, x.chunk(2, dim=1))], dim=1)"),
            "always two slices",
            "`convs` is a list of any length. There is a slice for each of them.",
        ),
        Mistake(
            ("torch.cat([conv(x[:, i:i + 1]) for i, conv in enumerate(convs)], dim=1)",
             "torch.cat([conv(x[:, i]) for i, conv in enumerate(convs)], dim=1)"),
            "one channel for each convolution",
            "Each convolution reads a slice of several channels: all of them together read all of x.",
        ),
        Mistake(
            "torch.cat([convs[0](part) for part in x.chunk(len(convs), dim=1)], dim=1)",
            "one convolution for all slices",
            "Each slice has a convolution of its own, with its own weights.",
        ),
        Mistake(
            "torch.cat([conv(x[:, i:i + x.shape[1] // len(convs)]) for i, conv in enumerate(convs)], dim=1)",
            "slices that overlap",
            "The second slice begins where the first one ends, not one channel later.",
        ),
    ),
)


def layer_sizes() -> Cases:
    """Channels in, channels out, kernel size and groups; how wide a group is differs, too."""
    return {
        "8 channels in, 8 out, a kernel of 3×3, 2 groups": (8, 8, 3, 2),
        "12 channels in, 36 out, a kernel of 5×5, 6 groups": (12, 36, 5, 6),
        "128 channels in, 128 out, a kernel of 3×3, 32 groups": (128, 128, 3, 32),
    }


weights_of: Exercise = Exercise(
    question="How many weights does a grouped convolution have (no bias)? Write the formula; `kernel` is 3 for a 3×3.",
    blank="""
        def weights_of(inputs, outputs, kernel, groups):
            return ...
    """,
    cases=layer_sizes,
    answer="outputs * (inputs // groups) * kernel**2",
    also_right=(
        "inputs * outputs * kernel**2 / groups",
        "groups * (inputs // groups) * (outputs // groups) * kernel * kernel",
        "nn.Conv2d(inputs, outputs, kernel, groups=groups, bias=False).weight.numel()",
    ),
    why="All that `groups` changes is the number of inputs that an output reads. It divides the weights.",
    hints=(
        "The weight's shape has four numbers. How many numbers does a tensor of that shape hold?",
        "Each output has a little kernel for each input that it reads. How many inputs are these, in a group?",
    ),
    mistakes=(
        Mistake(
            "inputs * outputs * kernel**2",
            "not grouped",
            "That is the ordinary convolution, in which every output reads every input.",
        ),
        Mistake(
            "(inputs // groups) * (outputs // groups) * kernel**2",
            "one of the groups",
            "That is the convolution of one slice. How many of them are there?",
        ),
        Mistake(
            ("outputs * groups * kernel**2", "outputs * kernel**2 * groups"),
            "groups taken for channels per group",
            "`groups` says how many groups there are, not how many channels an output reads.",
        ),
        Mistake(
            ("inputs * outputs * kernel // groups", "outputs * (inputs // groups) * kernel",
             "outputs * (inputs // groups) * kernel * 2", "outputs * (inputs // groups) * (kernel + kernel)"),
            "the kernel not squared",
            "A kernel of 3×3 has 9 numbers, one for each place.",
        ),
        Mistake(
            ("outputs * (inputs // groups) * 9", "outputs * (inputs // groups) * 3 * 3",
             "inputs * outputs * 9 / groups"),
            "always a kernel of 3×3",
            "`kernel` is an argument: the function is asked for other kernels, too.",
        ),
        Mistake(
            ("4 * outputs * kernel**2", "outputs * 4 * 3 * 3"),
            "always 4 channels in a group",
            "That is how wide a group is in the lesson's example. How wide is it, for any `inputs` and `groups`?",
        ),
        Mistake(
            ("outputs * kernel**2", "outputs // groups * kernel**2"),
            "one input for each output",
            "An output reads every input of its group, with a kernel for each.",
        ),
        Mistake(
            "outputs * (inputs // groups)",
            "the kernel forgotten",
            "That counts pairs of channels. Each pair has a little kernel, and so several weights.",
        ),
        Mistake(
            "(inputs // groups) * kernel**2",
            "one output only",
            "That is what a single output has. How many outputs are there, in all groups together?",
        ),
        Mistake(
            ("(outputs, inputs // groups, kernel, kernel)",
             "nn.Conv2d(inputs, outputs, kernel, groups=groups, bias=False).weight.shape"),
            "the shape in place of the number",
            "One number is asked for: how many numbers does a tensor with four axes of these lengths hold?",
        ),
        Mistake(
            "inputs * outputs * kernel**2 * groups",
            "as if there were more weights with each group",
            "More groups mean fewer connections, since no output reads another group.",
        ),
        Mistake(
            "outputs * (inputs // groups) * kernel**2 + outputs",
            "a bias counted",
            "One more number for each output would be the bias. These layers do without.",
        ),
        Mistake(
            ("(inputs + outputs) * kernel ** 2 // groups",
             "(inputs // groups + outputs) * kernel ** 2"),
            "in and out added",
            "Each pair of an input and an output has a kernel, and pairs are counted by multiplying.",
        ),
        Mistake(
            "inputs * outputs * kernel * kernel // 2",
            "always two groups",
            "`groups` is an argument: the function is asked for other numbers of groups, too.",
        ),
        Mistake(
            "groups * inputs * kernel ** 2",
            "the groups in place of the outputs",
            "Each output has kernels of its own, and each of them reads inputs ÷ groups channels.",
        ),
        Mistake(
            "outputs * (inputs // groups) * kernel ** 3",
            "the kernel cubed",
            "A kernel of 3×3 is a square of 9 numbers; its depth is counted by the inputs.",
        ),
    ),
)


inputs_of_output_10: Exercise = Exercise(
    question="12 channels in, 24 out, 3 groups. Which input channels does output 10 read? Channels count from 0.",
    blank="inputs_of_output_10 = ...",
    answer="{4, 5, 6, 7}",
    also_right=("(4, 5, 6, 7)", "[4, 5, 6, 7]", "(7, 6, 5, 4)", "range(4, 8)", "torch.arange(4, 8)"),
    why="Outputs 8 to 15 are the second group, and they read the second slice of the input.",
    hints=(
        "Both sides are cut into 3 slices: 12 inputs, and 24 outputs. How wide is a slice on each side?",
        "In which slice of the outputs is number 10? It reads the slice of the inputs that has the same number.",
    ),
    mistakes=(
        Mistake(
            ("(8, 9, 10, 11)",),
            "the place in the output taken for a place in the input",
            "A slice of the outputs is wider than a slice of the inputs. Find the group first: in which slice of the "
            "outputs is number 10?",
        ),
        Mistake(
            ("(1, 4, 7, 10)", "(0, 3, 6, 9)", "(2, 5, 8, 11)"),
            "channels dealt out in turn, like cards",
            "A group is made of neighbours: the first slice has the channels from 0 on, without gaps.",
        ),
        Mistake(
            ("tuple(range(12))", "range(12)"),
            "not grouped",
            "With 3 groups, an output reads a third of the inputs.",
        ),
        Mistake(
            ("(5, 6, 7, 8)", "(3, 4, 5, 6)", "(9, 10, 11, 12)"),
            "off by one",
            "The first input is number 0, the last one number 11. Write out the slices from there.",
        ),
        Mistake(
            "(0, 1, 2, 3)",
            "the first slice",
            "Output 0 reads these. How wide is a slice of the outputs, and in which of them is number 10?",
        ),
        Mistake(
            ("(9, 10, 11)", "(3, 4, 5)", "(6, 7, 8)"),
            "groups taken for channels per group",
            "There are 3 groups. How many channels are in each of them?",
        ),
        Mistake(
            ("tuple(range(8, 16))", "range(8, 16)"),
            "the outputs of the group",
            "These are the outputs that read the same as output 10. What is it that they read?",
        ),
        Mistake(
            ("(10,)", "(5,)"),
            "one input for each output",
            "That would be as many groups as inputs. There are 3.",
        ),
    ),
)


@predict_set(
    "8 channels, 1, 2, 4 or 8 groups. With how many groups does it make no difference that the channels are dealt out "
    "in turn?",
    {
        1: "A single player gets all the cards, in their order.",
        2: "The first of two slices is 0 1 2 3, the first of two players gets 0 2 4 6.",
        4: "The first of four slices is 0 1, the first of four players gets 0 4.",
        8: "Eight players get one card each, and a slice of one channel is the same.",
    },
)
def harmless_deals(same: Mapping[int, bool]) -> tuple[set[int], str]:
    """Picks the numbers of groups for which the lesson found the same output."""
    return {groups for groups, equal in same.items() if equal}, "Between the two ends, dealing separates neighbours."


@predict(
    "Three layers, one behind the other, each with 8 channels and 2 groups. One input channel changes. How many of the "
    "8 output channels do?",
    {
        1: "In a group of four, each output reads all four.",
        4: "",
        8: "It looks as if each layer would spread it further. But all three are cut at the same place.",
    },
)
def channels_that_notice(layers: nn.Module) -> tuple[int, str]:
    """Changes an input channel and counts the outputs that change."""
    noticed = moved_by(layers, 0, 8)
    return len(noticed), f"Those are {', '.join(map(str, noticed))}."


@predict(
    "4 channels in, 8 out, 4 groups. Which outputs read input 1?",
    {
        "1 and 5": "Outputs 4 to 7 would be a second round over the inputs. But the outputs of a group are "
                   "neighbours, too.",
        "2 and 3": "",
        "only 1": "8 outputs in 4 groups: each group has two.",
    },
)
def outputs_of_input_1(layer: nn.Module) -> tuple[str, str]:
    """Changes input 1 and looks which outputs change."""
    moved = moved_by(layer, 1, 4)
    truth = "only 1" if moved == [1] else " and ".join(map(str, moved))
    return truth, "Input 0 has the first two outputs, input 1 the next two: group after group."


groups_of_alexnet: Exercise = Exercise(
    question="With how many groups was each of AlexNet's five convolutions made?",
    blank="groups_of_alexnet = ...",
    answer="(1, 2, 1, 2, 2)",
    also_right=(
        "[1, 2, 1, 2, 2]",
        "(3 // 3, 96 // 48, 256 // 256, 384 // 192, 384 // 192)",
        "torch.tensor([1, 2, 1, 2, 2])",
        "[read / depth for read, depth in ((3, 3), (96, 48), (256, 256), (384, 192), (384, 192))]",
    ),
    why="Two groups, one for each GPU; in the third layer they exchange what they have found.",
    hints=(
        "A kernel is as deep as the number of channels that an output reads, and that is in ÷ groups.",
        "The second layer reads 96 channels, and a kernel is 48 deep. Into how many slices are the 96 cut?",
    ),
    mistakes=(
        Mistake(
            "(3, 48, 256, 192, 192)",
            "groups taken for channels per group",
            "That is how deep a kernel is, so how wide a group is. How many of them are there?",
        ),
        Mistake(
            ("(2, 2, 2, 2, 2)", "(1, 2, 2, 2, 2)"),
            "two GPUs, so two groups everywhere",
            "Look at the third layer: it reads 256 channels, and so does each of its kernels.",
        ),
        Mistake(
            "(2, 2, 1, 2, 2)",
            "the image cut in two as well",
            "It has 3 channels, and each kernel of the first layer is 3 deep: both GPUs read all of it.",
        ),
        Mistake(
            ("(3, 96, 256, 384, 384)", "(96, 256, 384, 384, 256)"),
            "the channels in place of the groups",
            "That is how many channels there are. Into how many groups are they cut?",
        ),
        Mistake(
            ("(96 / 3, 256 / 48, 384 / 256, 384 / 192, 256 / 192)",
             "(96 // 3, 256 // 48, 384 // 256, 384 // 192, 256 // 192)", "(1, 5, 1, 2, 1)", "(32, 5, 2, 2, 1)"),
            "outputs counted in place of inputs",
            "The number of kernels is the number of outputs. The depth of a kernel belongs to the inputs.",
        ),
        Mistake(
            ("(3 / 3, 48 / 96, 256 / 256, 192 / 384, 192 / 384)",),
            "upside down",
            "Inputs divided by groups is the depth. So groups is the inputs divided by what?",
        ),
        Mistake(
            ("(1, 1, 1, 1, 1)",),
            "not grouped",
            "Then each kernel would be as deep as the layer has inputs. Look at the second one.",
        ),
        Mistake(
            ("(2, 1, 2, 1, 1)",
             "(1, 1, 2, 1, 1)"),
            "one and two exchanged",
            "Where a kernel is as deep as the layer has inputs, each output reads all of them: that is one group.",
        ),
        Mistake(
            ("(1, 2, 1, 1, 1)", "(1, 2, 1, 2, 1)", "(1, 2, 1, 1, 2)"),
            "a grouped layer overlooked",
            "Compare the channels that go in with the depth of a kernel in the last two layers, too.",
        ),
        Mistake(
            "(11, 5, 3, 3, 3)",
            "the sizes of the kernels",
            "That is how high and wide a kernel is. How deep is it, and how many channels does the layer read?",
        ),
        Mistake(
            ("(48, 48, 1, 192, 192)",
             "(3, 48, 1, 192, 192)"),
            "how deep, and not into how many",
            "Into how many slices are the channels cut, if a kernel reads one of them?",
        ),
    ),
)
