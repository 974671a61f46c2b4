"""An explorer as a page of its own: for a talk, a blog or a learning platform."""
import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from resnext_edu.errors import check_name

EXAMPLES = """examples:
  python -m resnext_edu explorer cardinality --save cardinality.html

The page is one file. It needs no network, no server and no Jupyter.

exit status: 0 it was written · 2 it could not be"""


def _explorers() -> Mapping[str, Callable[[], object]]:
    """Name → how to build it."""
    from resnext_edu import widgets
    from resnext_edu.data import load_images
    from resnext_edu.inference import load_classifier

    return {"stride": widgets.StrideExplorer, "grouped": widgets.GroupedConvExplorer, "forms": widgets.FormsExplorer,
            "proofs": widgets.EquivalenceLab, "cardinality": widgets.CardinalityExplorer,
            "stages": widgets.StageTracer,
            "paths": lambda: widgets.PathExplorer(load_classifier().model, load_images())}


def run(options: argparse.Namespace) -> int:
    """Draw all its frames, and write the page."""
    explorers = _explorers()
    check_name("explorer", options.name, explorers)
    explorer = explorers[options.name]()
    explorer.save(options.save)  # type: ignore[attr-defined]  # every one of them is an Explorer
    print(f"{options.save}: {options.save.stat().st_size / 1000:,.0f} kB, one page that needs nothing else")
    return 0


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `explorer` one of the commands."""
    command = commands.add_parser("explorer", help="save an explorer as a page of its own", epilog=EXAMPLES,
                                  description="Write an explorer into one HTML file, with all that it can show.",
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("name", metavar="NAME",
                         help="stride, grouped, forms, proofs, cardinality, stages or paths")
    command.add_argument("--save", type=Path, required=True, metavar="FILE", help="the page to write, such as x.html")
    command.set_defaults(run=run)
