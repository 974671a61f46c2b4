"""Lesson 8, stage by stage: shapes inside a block, and where the weights, the work and the memory of a network are."""
from collections.abc import Mapping
from typing import Any

from resnext_edu.config import BlockSpec
from resnext_edu.cost import block_cost
from resnext_edu.counts.trace import Trace
from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict

after_the_first_1x1: Exercise = Exercise(
    question="What shape leaves the first 1×1 of layer2's first block? Its input is 256×56×56, its stride 2, and it "
             "has 32 paths of 8 channels.",
    blank="after_the_first_1x1 = ...",
    answer="256, 56, 56",
    also_right=("(32 * 8, 56, 56)", "[256, 56, 56]", "torch.Size([256, 56, 56])"),
    why="32 paths of 8 channels are 256, as many as came in: this 1×1 makes nothing narrower. And the maps are still "
        "large, because the stride is the 3×3's.",
    hints=(
        "Three numbers: channels, height, width. The channels are those of all paths together.",
        "Lesson 1 asked which of the three convolutions has the stride. It is not the first.",
    ),
    mistakes=(
        Mistake(
            ("256, 28, 28", "(256, 28.0, 28.0)"),
            "the stride on the first 1×1",
            "The block halves its maps, but not here: at the 3×3, as in lesson 1.",
        ),
        Mistake(
            ("128, 56, 56", "32 * 4, 56, 56"),
            "paths of 4 channels, as in layer1",
            "Here a path has 8 channels. There are 32 of them.",
        ),
        Mistake(
            ("128, 28, 28", "32 * 4, 28, 28"),
            "paths of 4 channels, and the stride on the first 1×1",
            "Two things: here a path has 8 channels, and the stride stands on the 3×3.",
        ),
        Mistake(
            ("512, 56, 56", "512, 28, 28"),
            "the channels that leave the block",
            "512 is what the last 1×1 puts out. The first one puts out what the paths have together.",
        ),
        Mistake(
            ("8, 56, 56", "8, 28, 28", "4, 56, 56", "4, 28, 28"),
            "one path alone",
            "That is a single path. The first 1×1 of the grouped form makes the channels of all 32.",
        ),
        Mistake(
            ("64, 56, 56", "64, 28, 28"),
            "a quarter of the input's channels, as in ResNet",
            "A quarter is what ResNet's first block has. Here count paths: 32 of them, each with 8 channels.",
        ),
        Mistake(
            ("56, 56, 256", "256, 56"),
            "another order, or not all three sizes",
            "Channels first, then height, then width: three numbers.",
        ),
        Mistake(
            ("32, 56, 56", "32, 28, 28"),
            "paths in place of channels",
            "32 is how many paths there are. How many channels do they have together?",
        ),
    ),
)


@predict(
    "ResNeXt-50 is called 32×4d. How wide is one of the 32 paths in layer4?",
    {
        1: "With each stage there are more channels in a block. A path gets its share of them.",
        4: "That is the 4 of the name, and it holds for layer1 only.",
        16: "Twice, twice. There is one more stage.",
        32: "",
        128: "That is what all paths together have in layer1.",
    },
)
def width_of_a_path_in_layer4(network: Any) -> tuple[int, str]:
    """Reads the shape of a weight in layer4."""
    weight = network.layer4[-1].conv2.weight
    paths = network.layer4[-1].conv2.groups
    return weight.shape[1], (f"Each kernel of its 3×3 reads {weight.shape[1]} channels. There are {paths} paths, "
                             f"{weight.shape[0]} channels together.")


def _cases_of_macs() -> Cases:
    """Rows of traces whose MACs are set to 0."""
    inner = block_cost(BlockSpec(256, 256, cardinality=32, width_per_group=4), (1, 256, 56, 56))
    first = block_cost(BlockSpec(8, 24, cardinality=2, width_per_group=3, stride=2), (1, 8, 6, 4))
    return {words: (row._replace(macs=0),) for words, row in {
        "the 3×3 of a small block, with 2 groups and stride 2": first["conv2"],
        "the first 1×1 of a small block": first["conv1"],
        "its projection, with stride 2": first["downsample.0"],
        "the 3×3 of layer1.1, with 32 groups": inner["conv2"],
    }.items()}


macs_of: Exercise = Exercise(
    question="How many multiply–adds does a convolution without bias have? All that you need stands in its row.",
    blank="""
        def macs_of(row):
            return ...
    """,
    cases=_cases_of_macs,
    answer="row.params * row.output_shape[2] * row.output_shape[3]",
    also_right=(
        "row.params * row.output_shape[-1] * row.output_shape[-2]",
        "row.output_shape[0] * row.output_shape[2] * row.output_shape[3] * row.params",
        "row.params * torch.Size(row.output_shape[2:]).numel()",
    ),
    why="Each weight is used once at each pixel that comes out. The groups need no word of their own: they are why "
        "there are fewer weights.",
    hints=(
        "Think of one weight. At how many places of the map is it multiplied?",
        "row.params is the number of weights, and row.output_shape is (batch, channels, height, width).",
    ),
    mistakes=(
        Mistake(
            "row.params * row.input_shape[2] * row.input_shape[3]",
            "the pixels that go in",
            "With a stride of 2 the convolution stops at every second pixel only. Count the stops.",
        ),
        Mistake(
            ("row.params * torch.Size(row.output_shape).numel()",
             "row.params * row.output_shape[1] * row.output_shape[2] * row.output_shape[3]"),
            "multiplied by the channels once more",
            "A weight belongs to one channel that comes out, and the weights of all channels are in row.params. What "
            "is left to count are pixels.",
        ),
        Mistake(
            "row.params * row.output_shape[2] * row.output_shape[3] // row.groups",
            "divided by the groups once more",
            "With 32 groups there are 32 times fewer weights, and row.params counts them as they are.",
        ),
        Mistake(
            "row.params * row.output_shape[2] * row.output_shape[3] * row.groups",
            "the groups times too many",
            "row.params has the weights of all groups already. And whoever counts channels: an output reads only those "
            "of its own group.",
        ),
        Mistake(
            ("row.params * row.output_shape[2]", "row.params * row.output_shape[3]"),
            "one side of the map only",
            "A map has a height and a width.",
        ),
        Mistake(
            "2 * row.params * row.output_shape[2] * row.output_shape[3]",
            "a multiplication and an addition counted as two",
            "Some count so, and call it FLOPs. A multiply–add is one of both together.",
        ),
        Mistake(
            ("row.output_shape[2] * row.output_shape[3]", "row.output_shape[-1] * row.output_shape[-2]"),
            "pixels without weights",
            "At each of these pixels, all weights are used.",
        ),
        Mistake(
            "row.macs",
            "the answer looked up in the row",
            "The rows of this check have 0 there: work it out from the others.",
        ),
        Mistake(
            "row.params",
            "weights without pixels",
            "That many weights are stored. Each of them is used again at every pixel that comes out.",
        ),
        Mistake(
            "row.params * row.kernel_size[0] * row.kernel_size[1] * row.output_shape[2] * row.output_shape[3]",
            "the kernel counted twice",
            "The nine weights of a 3×3 kernel are nine in row.params already.",
        ),
        Mistake(
            "row.params * (row.output_shape[2] + row.output_shape[3])",
            "height and width added",
            "A map of 56×56 has 56 times 56 pixels.",
        ),
        Mistake(
            "row.params * row.output_shape[2] * row.output_shape[3] + row.output_shape[1]",
            "a bias counted",
            "There is no bias here, and an addition alone is no multiply–add.",
        ),
        Mistake(
            ("row.params * row.output_shape[2] ** 2", "row.params * row.output_shape[3] ** 2"),
            "a square map",
            "Height and width may differ: the small block's map is higher than it is wide.",
        ),
        Mistake(
            "row.params * row.output_shape[1] * row.output_shape[2]",
            "the channels in place of a side",
            "The shape begins with the batch: (batch, channels, height, width), counted from 0.",
        ),
        Mistake(
            ("row.params * row.output_shape[2] * row.output_shape[3] // row.stride[0] ** 2",
             "row.params * row.output_shape[2] * row.output_shape[3] // row.stride[0]"),
            "the stride counted twice",
            "With a stride of 2, fewer pixels come out, and `row.output_shape` counts only those.",
        ),
        Mistake(
            "torch.Size(row.output_shape).numel()",
            "numbers that come out, without the weights behind them",
            "Each number that comes out is a sum of many products. How many products are there in all?",
        ),
        Mistake(
            "row.params * 56 * 56",
            "the map of layer1 for all",
            "Each row has a map of its own: `row.output_shape` says how large it is.",
        ),
    ),
)


def _stage_with_most(amounts: Mapping[str, int]) -> tuple[str, str]:
    most = max(amounts, key=amounts.__getitem__)
    total = sum(amounts.values())
    return most, f"{amounts[most]:,} of {total:,} are there: {amounts[most] / total:.0%}."


@predict(
    "Where are most of ResNeXt-50's 25 million parameters?",
    {
        "stem": "The image is large there. But a weight is stored once, for all pixels.",
        "layer1": "Its maps are the largest of the four. But a weight is stored once, for all pixels.",
        "layer2": "A block of layer3 has four times as many, and one of layer4 sixteen times.",
        "layer3": "It has twice as many blocks as layer4. But how much larger is a block of layer4?",
        "layer4": "",
        "head": "A matrix of 2048 × 1000 is large, and in many networks it is the largest of all. Here it is not.",
    },
)
def stage_with_most_parameters(rows: Trace) -> tuple[str, str]:
    """Adds up the parameters of each stage."""
    return _stage_with_most({stage: part.total_params for stage, part in rows.by_stage().items()})


@predict(
    "Where is most of the work, of the 4.2 billion multiply–adds for one image?",
    {
        "stem": "Many pixels, but few weights: three channels go in.",
        "layer1": "The most pixels of the four, yes. But the fewest weights to meet them.",
        "layer2": "A block costs nearly the same in each stage. How many blocks has each of them?",
        "layer3": "",
        "layer4": "The most weights, yes. But few pixels to meet: 7×7.",
        "head": "One multiply–add for each of its weights: the maps are gone by then.",
    },
)
def stage_with_most_macs(rows: Trace) -> tuple[str, str]:
    """Adds up the multiply–adds of each stage."""
    return _stage_with_most({stage: part.total_macs for stage, part in rows.by_stage().items()})


weights_in_layer4: Exercise = Exercise(
    question="A block inside layer1 has 70,144 convolution weights. How many does one inside layer4 have?",
    blank="weights_in_layer4 = ...",
    answer="4 ** 3 * 70144",
    also_right=("4489216", "64 * 70_144", "2048 * 1024 + 1024 * 32 * 9 + 1024 * 2048"),
    why="4,489,216. From stage to stage both sides of each convolution double, what goes in and what comes out: four "
        "times the weights, and that three times.",
    quantities={"the 3 blocks of layer4": 3, "the 32 groups": 32,
                "the 294,912 weights of the 3×3": 294_912, "the 2,097,152 weights of one 1×1": 2_097_152},
    hints=(
        "A convolution has a kernel for each pair of a channel that it reads and one that it puts out. From one stage "
        "to the next, what doubles?",
        "Four times as many weights from stage to stage, for the 3×3, too: twice the channels come out, and each reads "
        "a group that is twice as wide.",
    ),
    mistakes=(
        Mistake(
            ("2 ** 3 * 70144", "8 * 70144"),
            "twice the weights per stage",
            "Twice the channels come out, and each of them reads twice as many. What is twice two?",
        ),
        Mistake(
            "4 * 70144",
            "one stage on",
            "That is layer2. There are two more steps to layer4.",
        ),
        Mistake(
            ("16 * 70144", "4 ** 2 * 70144"),
            "two stages on",
            "That is layer3. From layer1 to layer4 there are three steps.",
        ),
        Mistake(
            "256 * 70144",
            "four steps",
            "From layer1 to layer4 there are three steps: to layer2, to layer3, to layer4.",
        ),
        Mistake(
            "70144",
            "the work taken for the weights",
            "It is the work that stays about the same: four times the weights meet a quarter of the pixels.",
        ),
        Mistake(
            ("64 * 70144 * 7 * 7", "70144 * 56 * 56"),
            "multiplied by the pixels",
            "A weight is stored once, however many pixels it meets.",
        ),
        Mistake(
            ("2048 * 128 + 128 * 4 * 9 + 128 * 2048", "528896"),
            "paths of 4 channels in each stage",
            "In layer4 a path is 32 channels wide, as you saw above, so the 3×3 is on 1024 channels.",
        ),
        Mistake(
            "70144 * 4 * 3",
            "three times four, added up",
            "Each step makes four times as many of what the step before has made.",
        ),
        Mistake(
            ("3584 * 4096 - 135168",
             "14544896"),
            "the whole of layer4",
            "It has three blocks. The question is about one.",
        ),
        Mistake(
            ("32 * 70144", "2 ** 5 * 70144"),
            "32 times as many",
            "32 is the number of paths, and here it stays the same. Each of the three steps multiplies by one "
            "number, so that in all it comes three times.",
        ),
    ),
)


@predict(
    "In which part of ResNeXt-50 do the convolutions put out most numbers?",
    {
        "stem": "Its maps are the largest of all. But it is a single convolution, with 64 channels.",
        "layer1": "",
        "layer2": "Twice the channels, but a quarter of the pixels: a block puts out half of what one of layer1 does.",
        "layer3": "The most blocks. But each puts out a quarter of what a block of layer1 does.",
        "layer4": "The most channels. But on 7×7 pixels a block puts out an eighth of what one of layer1 does.",
        "head": "A thousand numbers, and no maps. In layer1, a single block puts out more than a million.",
    },
)
def stage_with_most_memory(rows: Trace) -> tuple[str, str]:
    """Adds up what the convolutions of each stage put out."""
    return _stage_with_most({stage: part.conv_activations for stage, part in rows.by_stage().items()})


@predict(
    "ResNeXt-50 has about as many parameters and MACs as ResNet-50. How much do its convolutions put out?",
    {
        "less": "Its paths are thin, yes. But there are 32 of them.",
        "as much": "Parameters and work are the same, nearly. Memory is a third thing.",
        "about 30 % more": "",
        "about 100 % more": "In the middle of a block, yes: twice as much. And around the middle?",
    },
)
def memory_beside_resnet(resnext: Trace, resnet: Trace) -> tuple[str, str]:
    """Compares how many numbers the convolutions of the two networks put out."""
    ratio = resnext.conv_activations / resnet.conv_activations
    truth = ("less" if ratio < .95 else "as much" if ratio < 1.1 else
             "about 30 % more" if ratio < 1.6 else "about 100 % more")
    return truth, f"{resnext.conv_activations:,} numbers beside {resnet.conv_activations:,}: {ratio:.2f} times as many."
