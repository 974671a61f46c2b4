"""Lesson 9, the whole network: eight settings, torchvision's bits, four mistakes behind totals, and who counts what."""
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from resnext_edu.blocks import GroupedBottleneck
from resnext_edu.counts.trace import Trace
from resnext_edu.exercises.behaviour import Cases
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import predict

MEETS_AGAIN = "Somebody has built a network like this. You will meet it in the riddle of this lesson."

paths_of_stage: Exercise = Exercise(
    question="How many paths does a block of stage k of ResNeXt-50 (32×4d) have, and how wide is each of them?",
    blank="""
        def paths_of_stage(k):
            return ...  # how many paths, how wide each
    """,
    cases=lambda: {f"k = {k}": (k,) for k in (1, 2, 3, 4)},
    answer="32, 4 * 2 ** (k - 1)",
    also_right=("(32, 4 * 2 ** (k - 1))", "[32, 2 ** (k + 1)]", "32, (4, 8, 16, 32)[k - 1]", "32, 2 * 2 ** k",
                "32, 4 << (k - 1)"),
    why="32×4d names the first stage. In the last one it is 32×32d.",
    hints=(
        "The name 32×4d says how it is in the first stage. What happens to the width from each stage to the next?",
        "The first number is the same for every k. The second one begins with 4 at k = 1 and doubles k − 1 times.",
    ),
    mistakes=(
        Mistake(("32, 4", "(32, 4)"), "as wide in every stage",
                f"Then the 3×3s would stay as they are, while everything around them doubles. {MEETS_AGAIN}"),
        Mistake(("32 * 2 ** (k - 1), 4", "2 ** (k + 4), 4"), "more paths in place of wider ones",
                f"The number of paths is the same in all stages; what doubles is the width of each. {MEETS_AGAIN}"),
        Mistake(("1, 128 * 2 ** (k - 1)", "1, 2 ** (k + 6)"), "all paths in one",
                f"That is as wide as all of them together, and nothing is split. {MEETS_AGAIN}"),
        Mistake(("32, 128 * 2 ** (k - 1)", "32, 2 ** (k + 6)"), "the width of all paths together",
                "Asked for is the width of one of them: in the first stage 4, not 128."),
        Mistake("32, 4 * 2 ** k", "doubled once too often", "In the first stage, k = 1, it has not been doubled yet."),
        Mistake("32, 4 * k", "multiplied by the number of the stage",
                "It doubles each time: the third stage has twice as much as the second, not half as much again."),
        Mistake(("32 * 2 ** (k - 1), 4 * 2 ** (k - 1)",), "both of them doubled",
                "Then all paths together would be four times as wide in each next stage. Only one of the two grows."),
        Mistake(("4 * 2 ** (k - 1), 32", "4, 32"), "the two exchanged",
                "The name has the paths first, and then the width: 32 paths of 4 channels."),
        Mistake("4 * 2 ** (k - 1)", "the width alone", "Give two numbers, the paths first: `return 2, 3` gives two."),
        Mistake(
            "32, 4 ** k",
            "four times as wide each time",
            "It doubles from stage to stage: 4, and then?",
        ),
        Mistake(
            ("32 * k, 4",
             "32 * k, 4 * k"),
            "the number of paths grows",
            "Cardinality is the same in all stages. What grows is each path.",
        ),
    ),
)


depth: Exercise = Exercise(
    question="How many convolutions and linear layers does an image pass, one after another?",
    blank="""
        def depth(layers):
            return ...
    """,
    cases=lambda: {"layers = (1,)": ((1,),), "layers = (3, 4, 6, 3)": ((3, 4, 6, 3),),
                   "layers = (3, 4, 23, 3)": ((3, 4, 23, 3),)},
    answer="3 * sum(layers) + 2",
    also_right=("2 + sum(3 * n for n in layers)", "1 + 3 * sum(layers) + 1", "(sum(layers) + 1) * 3 - 1"),
    why="That is the number in a network's name: 50 here, 101 with 23 blocks in the third stage.",
    hints=(
        "Count three things: the convolutions on the way through one block, the blocks, and what stands before and "
        "behind all blocks.",
        "`sum(layers)` is the number of blocks. How many convolutions stand on the way through one of them? And which "
        "layers with weights are there before and behind all blocks?",
    ),
    mistakes=(
        Mistake(("3 * sum(layers)", "sum(3 * n for n in layers)"), "the blocks alone",
                "Before the blocks stands a convolution, and behind them a linear layer."),
        Mistake("3 * sum(layers) + 1", "one of the two layers outside of the blocks",
                "One of them stands before the blocks, and another one behind."),
        Mistake("sum(layers)", "the blocks counted, not their layers", "On the way through a block there are three."),
        Mistake("sum(layers) + 2", "one layer for each block", "On the way through a block there are three."),
        Mistake(("3 * sum(layers) + 2 + len(layers)", "3 * sum(layers) + len(layers)",
                 "3 * sum(layers) + 1 + len(layers)"), "the projections counted",
                "A projection stands on the shortcut, beside the way. Count what comes one after another."),
        Mistake(("4 * sum(layers) + 2", "4 * sum(layers)"), "four layers in a block",
                "There are three convolutions on the way. A BatchNorm, a ReLU and an addition are not counted."),
        Mistake("3 * sum(layers) + 3", "the pooling counted", "A pooling has no weights."),
        Mistake(("2 * sum(layers) + 2", "2 * sum(layers)"), "two layers in a block",
                "That is the block of ResNet-18. A bottleneck has one more convolution."),
        Mistake(("3 * len(layers) + 2", "3 * len(layers)"), "the stages counted, not the blocks",
                "Each number in `layers` is that of the blocks in one stage; together they are `sum(layers)`."),
        Mistake("50", "one network's depth", "That is right for (3, 4, 6, 3) alone. Make use of `layers`."),
        Mistake(
            ("3 * sum(layers[1:]) + 2",
             "3 * sum(layers[:-1]) + 2"),
            "one stage left out",
            "`layers` has the blocks of each stage, and all of them are passed.",
        ),
        Mistake(
            "3 * sum(layers) + 6",
            "four layers too many",
            "A projection stands on a shortcut, beside the way, so it is not counted. Around the blocks there are "
            "two single layers.",
        ),
    ),
)


@predict(
    "Two networks with the same weights, built by different hands: what can be said of their logits?",
    {
        "they differ": "Every weight has the same name, and so the same place.",
        "equal up to rounding": "Rounding differs where sums are taken in another order. Here nothing is.",
        "equal to the last bit": "",
    },
)
def bits_of_the_logits(ours: Tensor, theirs: Tensor) -> tuple[str, str]:
    """Compares the two outputs, first bit by bit, then up to rounding."""
    close = torch.allclose(ours, theirs)
    truth = "equal to the last bit" if torch.equal(ours, theirs) else "equal up to rounding" if close else "they differ"
    return truth, ("Both call the same layers on the same numbers in the same order. Lesson 6's blocks did not: their "
                   "sums had another order.")


@predict(
    "The first block of layer3 gets stride 1 in place of 2. What will you notice?",
    {
        "the weights do not load": "A stride is no weight: all shapes of weights are as they were.",
        "the forward pass raises": "Shortcut and branch have both lost their stride, so that they still fit together.",
        "neither": "",
    },
)
def a_forgotten_stride(wrong: nn.Module, weights: Mapping[str, Tensor], x: Tensor) -> tuple[str, str]:
    """Loads the weights into the wrong network and runs it."""
    try:
        wrong.load_state_dict(weights)
    except RuntimeError:
        return "the weights do not load", "A shape of a weight has changed."
    try:
        shape = tuple(wrong(x).shape)
    except RuntimeError:
        return "the forward pass raises", "Two tensors no longer fit together."
    return "neither", f"It loads every weight, and gives logits of shape {shape}: the wrong ones."


riddle: Exercise = Exercise(
    question="Which mistake made which total? Four numbers, in the order of the totals.",
    blank="riddle = ...",
    answer="(4, 1, 3, 2)",
    also_right=("[4, 1, 3, 2]", "torch.tensor([4, 1, 3, 2])"),
    why="One number is a good detective. It knows nothing of strides, though: they have no parameters.",
    hints=(
        "Take the differences to 25,028,904 first. One of them is the size of a single layer that you know.",
        "Two of the mistakes change nothing but the 3×3s: one makes them larger, the other one smaller. In the right "
        "network, the 3×3s have one weight in 18.",
    ),
    mistakes=(
        Mistake(("(2, 1, 3, 4)",), "22,979,904 and 23,886,120 exchanged",
                "The last layer has 2,048 · 1,000 weights and 1,000 biases. Take them off the right total."),
        Mistake(("(4, 3, 1, 2)",), "8,559,912 and 68,883,240 exchanged",
                "Without groups, each output of a 3×3 reads more channels than before. Is that fewer weights?"),
        Mistake(("(4, 2, 3, 1)",), "8,559,912 and 23,886,120 exchanged",
                "Where C doubles in place of d, C·d is as it should be: the 1×1s keep all their weights. Where d stays "
                "4, the 1×1s become narrower, too."),
        Mistake(("(1, 4, 3, 2)",), "22,979,904 and 8,559,912 exchanged",
                "How many parameters does the last layer have? It can't be two thirds of the network."),
        Mistake(("(4, 1, 2, 3)",), "68,883,240 and 23,886,120 exchanged",
                "Thin paths have fewer weights than wide ones, and a whole 3×3 has more than one in groups."),
        Mistake(("(2, 4, 3, 1)",), "the list the other way round",
                "This gives the place of each mistake's total. Give the mistakes, in the order of the totals."),
    ),
)


@predict(
    "How many convolutions does the whole network have in form (a)?",
    {
        53: "These are the ones of form (c). In form (a) each path has three of its own.",
        1536: "So many stand in the paths. The stem and four projections have one each, besides.",
        1541: "",
        1696: "Not everything is split: the stem and the projections stay as they are.",
    },
)
def convolutions_in_form_a(model: nn.Module) -> tuple[int, str]:
    """Counts the convolutions among the network's modules."""
    found = sum(isinstance(module, nn.Conv2d) for module in model.modules())
    return found, "16 blocks of 32 paths with 3 convolutions, 4 projections, and the stem: 16 · 32 · 3 + 4 + 1."


def models_with_batchnorms() -> Cases:
    """Models in which BatchNorms stand in different places, from a single one to those of a block."""
    small = OrderedDict(conv1=nn.Conv2d(3, 4, 1), bn1=nn.BatchNorm2d(4), fc=nn.Linear(4, 5))
    models = {
        "a BatchNorm of 3 channels": nn.BatchNorm2d(3),
        "a Sequential with a BatchNorm of 2 channels": nn.Sequential(nn.BatchNorm2d(2)),
        "a convolution, a BatchNorm of 4 channels and a linear layer": nn.Sequential(small),
        "a block whose BatchNorms have 4, 4 and 16 channels, and one more 16 on its shortcut":
            GroupedBottleneck(8, 16, cardinality=2, width_per_group=2, stride=2),
        "the same block in a Sequential, which is in another one":
            nn.Sequential(nn.Sequential(GroupedBottleneck(8, 16, cardinality=2, width_per_group=2, stride=2))),
    }
    for model in models.values():  # the same weights each time
        for weight in model.parameters():
            nn.init.constant_(weight, 3.0)
    return {words: (model,) for words, model in models.items()}


batch_norm_params: Exercise = Exercise(
    question="How many parameters do all BatchNorms of a model have together?",
    blank="""
        def batch_norm_params(model):
            return ...
    """,
    cases=models_with_batchnorms,
    answer="sum(p.numel() for m in model.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters())",
    also_right=(
        "sum(2 * m.num_features for m in model.modules() if isinstance(m, nn.BatchNorm2d))",
        "sum(m.weight.numel() + m.bias.numel() for m in model.modules() if isinstance(m, nn.BatchNorm2d))",
    ),
    why="Two a channel, a factor and a bias. They are few, and they make two good tools disagree.",
    hints=(
        "`model.modules()` goes through all modules, also those inside of others. Which of them are BatchNorms, and "
        "what do these have in `.parameters()`?",
        "`isinstance(m, nn.BatchNorm2d)` tells you which. Each of them has two numbers for every channel: one in its "
        "weight, one in its bias.",
    ),
    mistakes=(
        Mistake(
            ("sum(m.num_features for m in model.modules() if isinstance(m, nn.BatchNorm2d))",
             "sum(m.weight.numel() for m in model.modules() if isinstance(m, nn.BatchNorm2d))"),
            "one number a channel", "A BatchNorm has a factor (`weight`) for each channel, and something to add."),
        Mistake(
            ("sum(t.numel() for m in model.modules() if isinstance(m, nn.BatchNorm2d) "
             "for t in m.state_dict().values())",
             "sum(t.numel() for m in model.modules() if isinstance(m, nn.BatchNorm2d) "
             "for t in (*m.parameters(), *m.buffers()))"),
            "the buffers counted, too",
            "The running mean and variance and the counter of batches are buffers: no gradient ever changes them."),
        Mistake("sum(4 * m.num_features for m in model.modules() if isinstance(m, nn.BatchNorm2d))",
                "twice as many, as with the running mean and variance",
                "These are buffers. Parameters are what a gradient changes."),
        Mistake("sum(p.numel() for p in model.parameters() if p.dim() == 1)",
                "every parameter with one axis", "Biases of convolutions and linear layers have one axis, too."),
        Mistake("sum(p.numel() for name, p in model.named_parameters() if 'bn' in name)",
                "found by name", "The BatchNorm on a shortcut is called `downsample.1`. Ask what a module is, not how "
                "somebody called it."),
        Mistake("sum(isinstance(m, nn.BatchNorm2d) for m in model.modules())",
                "the BatchNorms counted, not what is in them", "Each of them has parameters for every channel."),
        Mistake("sum(p.numel() for m in model.children() if isinstance(m, nn.BatchNorm2d) for p in m.parameters())",
                "only the outermost modules", "`children()` looks neither inside of blocks nor at the model itself."),
        Mistake("sum(p.numel() for p in model.parameters())",
                "all parameters", "Those of convolutions and of linear layers are among them."),
        Mistake(
            "sum(b.numel() for b in model.buffers())",
            "the buffers counted",
            "The running mean and variance are measured, not learned: PyTorch keeps them beside the parameters.",
        ),
        Mistake(
            "sum(p.numel() for m in model.modules() if isinstance(m, nn.Conv2d) for p in m.parameters())",
            "the convolutions counted",
            "Ask for the other kind of layer.",
        ),
        Mistake(
            ("sum(2 for m in model.modules() if isinstance(m, nn.BatchNorm2d))",
             "sum(len(list(m.parameters())) for m in model.modules() if isinstance(m, nn.BatchNorm2d))"),
            "tensors counted, not the numbers in them",
            "`p.numel()` says how many numbers a tensor has.",
        ),
        Mistake(
            "sum(p.sum() for m in model.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters())",
            "the values added up",
            "How many are there? `numel` counts them.",
        ),
        Mistake(
            "sum(p.numel() for m in model.modules() if isinstance(m, nn.BatchNorm1d) for p in m.parameters())",
            "no BatchNorm is found",
            "Each of the models has one. Of which class is it, and how does one ask whether a module is of a class?",
        ),
    ),
)


@predict(
    "`nn.Flatten(0)` in place of `nn.Flatten(1)` gives an output of shape (1000,). Which count of MACs changes?",
    {
        "neither": "torchinfo reads the size of the batch off the output, and that is not 1 any more.",
        "only torchinfo's": "",
        "only the trace's": "A trace counts what each operator does, and they all do what they did.",
        "both": "One of them reads the batch off the output. The other one counts what each operator does, as before.",
    },
)
def counts_of_a_lost_batch(trace: Trace, trace_before: Trace, summary: Any, summary_before: Any) -> tuple[str, str]:
    """Compares each tool's count before and after the change."""
    ours = trace_before.total_macs, trace.total_macs
    theirs = summary_before.total_mult_adds, summary.total_mult_adds
    truth = {(False, False): "neither", (True, False): "only torchinfo's", (False, True): "only the trace's"}
    return truth.get((theirs[0] != theirs[1], ours[0] != ours[1]), "both"), (
        f"torchinfo counted {theirs[0]:,} before, and {theirs[1]:,} now; the trace {ours[0]:,} and {ours[1]:,}.")
