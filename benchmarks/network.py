"""Is our whole network as fast as torchvision's, with the same weights? Part of `make bench`."""
import torch
from measure import options_of, ratio, rounds_of, save, spread
from torchvision.models import get_model
from tqdm import tqdm

from resnext_edu import ResNeXt, ResNeXtConfig
from resnext_edu.table import Table

PRESETS = ("resnet50", "resnet101", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d")


def main() -> None:
    options = options_of(__doc__, rounds=15)
    found, images = {}, torch.randn(1, 3, 224, 224)
    with tqdm(total=len(PRESETS) * options.rounds, unit="round", disable=None) as progress, torch.no_grad():
        for name in PRESETS:
            progress.set_description(name)
            theirs = get_model(name).eval()
            ours = ResNeXt(ResNeXtConfig.preset(name)).eval()
            ours.load_state_dict(theirs.state_dict())
            steps = {"ours": lambda ours=ours: ours(images), "torchvision": lambda theirs=theirs: theirs(images)}
            found[name] = ratio(rounds_of(steps, options.rounds, progress), "ours", "torchvision")
    print(Table(("network", "ours / torchvision", "middle half"), [(name, *spread(r)) for name, r in found.items()],
                align="lrr", caption=f"1×3×224×224, eval mode, {options.threads} thread(s), {options.rounds} rounds"))
    if not options.dry:
        save({"networks": found})


if __name__ == "__main__":
    main()
