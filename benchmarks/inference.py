"""What the way from an image to its likeliest classes costs beside the bare forward. Part of `make bench`."""
import torch
from measure import milliseconds, options_of, ratio, rounds_of, save, spread
from PIL import Image
from torchvision.models import ResNeXt50_32X4D_Weights
from tqdm import tqdm

from resnext_edu import Classifier, Table, load_classifier, load_images, resnext50_32x4d

CASES = {
    "resnext_mini": (load_classifier(), Image.fromarray(load_images().test_images[0].numpy())),
    "resnext50_32x4d": (Classifier("random weights", resnext50_32x4d(), ResNeXt50_32X4D_Weights.DEFAULT.transforms(),
                                   ResNeXt50_32X4D_Weights.DEFAULT.meta["categories"]), Image.new("RGB", (500, 375))),
}


def main() -> None:
    options = options_of(__doc__, rounds=30)
    found, rows = {}, []
    with tqdm(total=options.rounds * len(CASES), unit="round", disable=None) as progress:
        for name, (classifier, image) in CASES.items():
            x = classifier.inputs(image)

            @torch.inference_mode()
            def bare(classifier: Classifier = classifier, x: torch.Tensor = x) -> None:
                classifier.model(x)

            def whole(classifier: Classifier = classifier, image: Image.Image = image) -> None:
                classifier(image)

            rounds = rounds_of({"bare": bare, "whole": whole}, options.rounds, progress, tries=5)
            found[name] = {"whole_over_bare": ratio(rounds, "whole", "bare"),
                           "milliseconds": milliseconds(rounds, "whole")}
            rows.append((name, *spread(found[name]["whole_over_bare"]), found[name]["milliseconds"]))
    print(Table(("prediction ÷ bare forward", "median", "middle half", "ms"), rows))
    if not options.dry:
        save({"inference": {"threads": options.threads, **found}})


if __name__ == "__main__":
    main()
