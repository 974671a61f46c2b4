"""Lesson 0, start here: four guesses about the three forms, before any of them has been opened."""
import torch
from torch import nn

from resnext_edu.blocks import ResNeXtBlock, SplitSumBottleneck, build
from resnext_edu.config import FORM_NAMES, BlockSpec
from resnext_edu.convert import in_form
from resnext_edu.equivalence import randomise_batchnorm
from resnext_edu.exercises.prediction import predict
from resnext_edu.sabotage import break_block

CHANNELS, CARDINALITY, WIDTH = 256, 32, 4  # the paper's standard block


@predict(
    "How many of the block's 256 input channels does one of its 32 paths read?",
    {
        4: "4 is what the first 1×1 of a path puts out. What it reads is another number.",
        8: "256 / 32 = 8 would be right if the input were cut into 32 parts. It is not: the paths divide the work, not "
           "the input.",
        256: "",
    },
)
def channels_a_path_reads() -> tuple[int, str]:
    """Looks for the input channels on which a path's output has a gradient."""
    path = _paths_of(_three_forms()["split_sum"])[0]
    x = torch.ones(1, CHANNELS, 3, 3, requires_grad=True)
    with torch.enable_grad():  # the learner may have turned gradients off
        (gradient,) = torch.autograd.grad(path(x).sum(), x)
    read = int(gradient.flatten(2).any(dim=2).sum())
    return read, f"Changing any of {read} input channels changes what the path puts out: each path reads them all."


@predict(
    "Three blocks that look different get the same weights and the same input. What do their outputs share?",
    {
        "every bit": "They would, if computers did not round.",
        "most digits": "",
        "nothing": "They look different, but that alone does not make them different functions.",
    },
)
def same_numbers() -> tuple[str, str]:
    """Runs the block in its three forms and measures how far their outputs are apart."""
    with torch.no_grad():
        *others, grouped = (block(_batch()) for block in _three_forms().values())
    largest = max(float((other - grouped).abs().max() / grouped.abs().max()) for other in others)
    truth = "every bit" if largest == 0 else "most digits" if largest < 1e-4 else "nothing"
    return truth, (f"The largest difference is {largest:.0e} of the largest output. float32 rounds after each "
                   "addition, and the forms add in different orders. Lesson 6 uses whole numbers, which need no "
                   "rounding, to prove that nothing else differs.")


@predict(
    "One of the 32 paths is left out of the sum. How many of the 256 output channels change?",
    {
        4: "A path is 4 channels wide only in its middle. Its last 1×1 makes 256 of them.",
        8: "256 / 32 = 8 would be right if the paths' results were laid side by side. They are added up.",
        256: "",
    },
)
def channels_that_miss_a_path() -> tuple[int, str]:
    """Compares a block with a copy that has lost a path."""
    block = _three_forms()["split_sum"]
    with torch.no_grad():
        missed = (block(_batch()) != break_block(block, "path_dropped")(_batch())).any(dim=(0, 2, 3))
    return int(missed.sum()), "Each path reads every channel, and each path adds its share to every channel."


@predict(
    "How many weights do 32 little paths have, compared with one undivided path that is as wide as all of them?",
    {
        "fewer": "",
        "as many": "For the two 1×1s that is so. But look at the 3×3 between them.",
        "more": "32 paths have 32 times as many convolutions, but each of them is tiny.",
    },
)
def weights_of_32_paths() -> tuple[str, str]:
    """Counts the weights of both blocks."""
    paths = _paths_of(_three_forms()["split_sum"])
    with torch.device("meta"):  # only the number of weights counts: none is drawn
        undivided = _paths_of(build(BlockSpec(CHANNELS, CHANNELS, 1, CARDINALITY * WIDTH), "split_sum"))
    little, one = _weights(paths), _weights(undivided)
    truth = "as many" if little == one else "fewer" if little < one else "more"
    return truth, (f"{CARDINALITY} paths have {little:,} convolution weights, the undivided one has {one:,}. In its "
                   f"3×3 each channel reads all {CARDINALITY * WIDTH}, in a little path only the {WIDTH} of that path.")


def _batch() -> torch.Tensor:
    return torch.randn(2, CHANNELS, 14, 14, generator=torch.Generator().manual_seed(0))


def _paths_of(block: ResNeXtBlock) -> nn.ModuleList:
    assert isinstance(block, SplitSumBottleneck)
    return block.paths


def _three_forms() -> dict[str, ResNeXtBlock]:
    """The standard block in its three forms with the same weights, in eval mode."""
    grouped = build(BlockSpec(CHANNELS, CHANNELS, CARDINALITY, WIDTH), seed=0)  # torch's own stream stays where it is
    randomise_batchnorm(grouped).eval()
    return {form: in_form(grouped, form) for form in FORM_NAMES}


def _weights(module: nn.Module) -> int:
    """The number of convolution weights; those of BatchNorm don't count."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.ndim == 4)
