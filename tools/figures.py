"""Draw every picture in figures/ anew: NAME.svg, and NAME.txt that says the same. `make figures` runs this file.

`python tools/figures.py forms` draws only that one. The same source gives the same bytes on every machine.
"""
import sys
from collections.abc import Callable
from pathlib import Path

from resnext_edu.config import BlockSpec, ResNeXtConfig
from resnext_edu.cost import analytic_cost
from resnext_edu.draw.block.ancestors import ancestors_picture
from resnext_edu.draw.block.bottleneck import bottleneck_picture
from resnext_edu.draw.block.forms import forms_picture
from resnext_edu.draw.block.forms_crop import forms_crop_picture, stored_picture
from resnext_edu.draw.block.grouped import grouped_picture
from resnext_edu.draw.block.in_series import in_series_picture
from resnext_edu.draw.block.lambdas import lambdas_picture
from resnext_edu.draw.block.neuron_to_paths import neuron_to_paths_picture
from resnext_edu.draw.block.shuffle import shuffle_picture
from resnext_edu.draw.block.side_by_side import side_by_side_picture
from resnext_edu.draw.block.slices import slices_picture
from resnext_edu.draw.block.strided import strides_picture
from resnext_edu.draw.block.towers import towers_picture
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.measured.rounding import rounding_picture
from resnext_edu.draw.network.cardinality import cardinality_picture
from resnext_edu.draw.network.flow import flow_picture
from resnext_edu.draw.network.stages import stages_picture
from resnext_edu.errors import nearest_name
from resnext_edu.widgets.forms_film import forms_film

FOLDER = Path(__file__).parents[1] / "figures"
STANDARD = BlockSpec(256, 256, cardinality=32, width_per_group=4)
FIGURES: dict[str, Callable[[], Picture]] = {
    "ancestors": ancestors_picture,
    "bottleneck": bottleneck_picture,
    "cardinality": cardinality_picture,
    "flow": lambda: flow_picture(analytic_cost(ResNeXtConfig.preset("resnext50_32x4d"))),
    "forms": lambda: forms_picture(STANDARD, form_path=5),
    "forms_film": forms_film,
    "forms_grouped": lambda: forms_crop_picture(STANDARD, "grouped", form_path=5),
    "forms_last": lambda: forms_crop_picture(STANDARD, "last", form_path=5),
    "forms_paths": lambda: forms_crop_picture(STANDARD, "paths", form_path=5),
    "forms_stored": lambda: stored_picture(STANDARD, form_path=5),
    "grouped": grouped_picture,
    "grouped_8": lambda: grouped_picture(channels=8, groups=(1, 2, 8)),
    "in_series": in_series_picture,
    "lambdas": lambdas_picture,
    "neuron_to_paths": lambda: neuron_to_paths_picture(STANDARD, follow=5),
    "rounding": rounding_picture,
    "shuffle": shuffle_picture,
    "side_by_side": side_by_side_picture,
    "slices": slices_picture,
    "stages": lambda: stages_picture(analytic_cost(ResNeXtConfig.preset("resnext50_32x4d")), selected="layer2"),
    "strides": strides_picture,
    "towers": towers_picture,
}


def files(name: str) -> dict[str, str]:
    """File name → content, for the picture of that name."""
    picture = FIGURES[name]()
    return {f"{name}.svg": picture.svg, f"{name}.txt": picture.text + "\n"}


def main(names: list[str]) -> str:
    """Write the named pictures, or all if there are no names.

    Returns
    -------
    str
        An error text if a name is unknown, else an empty one.
    """
    for name in names or FIGURES:
        if name not in FIGURES:
            return nearest_name("figure", name, FIGURES)
        for file, content in files(name).items():
            (FOLDER / file).write_text(content, encoding="utf-8", newline="\n")
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or 0)
