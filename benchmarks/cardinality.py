"""Do g groups make a convolution g times faster? Its time beside its multiply–adds. Part of `make bench`."""
import torch
from measure import options_of, ratio, rounds_of, save, spread
from torch import nn
from tqdm import tqdm

from resnext_edu import GroupedBottleneck
from resnext_edu.table import Table

CHANNELS, SIZE = 128, 56
GROUPS = (1, 2, 4, 8, 16, 32, 64, 128)
BLOCKS = {"1×64d": (1, 64), "1×128d": (1, 128), "2×40d": (2, 40), "4×24d": (4, 24), "8×14d": (8, 14), "32×4d": (32, 4)}


def convolutions() -> dict[str, nn.Module]:
    """A 3×3 of 128 channels, from dense to depthwise."""
    return {str(groups): nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, groups=groups, bias=False) for groups in GROUPS}


def blocks() -> dict[str, nn.Module]:
    """The block 256 → 256: the paper's five points of one budget (Table 2), and as wide as 32×4d without groups."""
    return {name: GroupedBottleneck(256, 256, cardinality=C, width_per_group=d).eval()
            for name, (C, d) in BLOCKS.items()}


def main() -> None:
    options = options_of(__doc__, rounds=60)
    found: dict = {"torch": torch.__version__.split("+")[0], "threads": options.threads, "rounds": options.rounds,
                   "channels": CHANNELS, "size": SIZE}
    with tqdm(total=2 * options.rounds, unit="round", disable=None) as progress, torch.no_grad():
        for what, made, channels, reference in (("groups", convolutions(), CHANNELS, "1"),
                                                ("blocks", blocks(), 256, "1×64d")):
            progress.set_description(what)
            x = torch.randn(1, channels, SIZE, SIZE)
            steps = {name: lambda module=module, x=x: module(x) for name, module in made.items()}
            measured = rounds_of(steps, options.rounds, progress)
            found[what] = {name: ratio(measured, name, reference) for name in steps}
    rows = [(what, name, *spread(r)) for what in ("groups", "blocks") for name, r in found[what].items()]
    print(Table(("", "of", "time / that of 1", "middle half"), rows, align="llrr",
                caption=f"3×3, 128 channels, and a block, on maps of 56×56; {options.threads} thread(s)"))
    if not options.dry:
        save({"cardinality": found})


if __name__ == "__main__":
    main()
