"""A stage in numbers and in words: what it counts, and its shares of the whole network."""
from typing import NamedTuple

from resnext_edu.counts.trace import Trace
from resnext_edu.draw.kit.svg import WIDTH, room
from resnext_edu.draw.network.units import Unit
from resnext_edu.words import dims, listed, memory

COUNT_NAMES = {"params": "parameters", "macs": "MACs", "activations": "activation memory"}  # the counts of a `Stage`
UNITS = {"params": "parameters", "macs": "MACs", "activations": "of activations"}


class Stage(NamedTuple):
    """One row of the picture. Counts are for the batch that was traced.

    Parameters
    ----------
    name : str
        Such as "layer1".
    shape : tuple of int
        What leaves it, without the batch.
    blocks : int
        How many of its blocks have a shortcut.
    params, macs : int
        Its parameters and its multiply–adds.
    activations : int
        How many numbers its convolutions put out; in memory, each takes 4 bytes.
    macs_known : bool
        Whether the MACs of all its rows are known.
    """

    name: str
    shape: tuple[int, ...]
    blocks: int
    params: int
    macs: int
    activations: int
    macs_known: bool = True


def stage_of(name: str, part: Trace, units: list[Unit]) -> Stage:
    """The counts of one stage, from its rows and its boxes."""
    blocks = sum(unit.lanes is not None for unit in units)
    return Stage(name, part.rows[-1].output_shape[1:], blocks, part.total_params, part.total_macs,
                 part.conv_activations, not part.unknown)


def with_counts(stages: list[Stage]) -> dict[str, Stage]:
    """The stages that have something to count, by name; all of them if none has."""
    counted = [s for s in stages if s.params or s.macs or s.activations or not s.macs_known]
    return {stage.name: stage for stage in counted or stages}


def title_of(stages: list[Stage]) -> str:
    """Where most of each is, or what the picture is about if that does not fit into one line."""
    most: dict[str, str] = {}  # parameters, MACs, memory → the stages that have most of them
    for what, name in COUNT_NAMES.items():
        if largest := max(getattr(stage, what) for stage in stages):
            most[name.removeprefix("activation ")] = " and ".join(
                called(stage.name) for stage in stages if getattr(stage, what) == largest)
    together = {names: [what for what in most if most[what] == names] for names in most.values()}
    for title in (" ".join(f"Most {what}: {names}." for what, names in most.items()),
                  " ".join(f"Most {listed(what)}: {names}." for names, what in together.items())):
        if title and 20 / 14 * room(title) < WIDTH:
            return title
    return "Where the parameters, the MACs and the memory are"


def called(name: str) -> str:
    """A stage as a title and a row have it: "3" alone would be read as a count.

    Examples
    --------
    >>> called("layer3"), called("3")
    ('layer3', 'module 3')
    """
    return f"module {name}" if name.isdecimal() else name


def words_of(stage: Stage, stages: dict[str, Stage], totals: dict[str, int]) -> str:
    """All numbers of one stage in a line of the text alternative."""
    counts = (f"{amount(what, getattr(stage, what))} {UNITS[what]} ({percent(share(stage, what, totals))})"
              for what in COUNT_NAMES)
    unknown = "" if stage.macs_known else "; some of its MACs are unknown"
    return f"{called(stage.name)}{beside(stage, stages)}: {dims(stage.shape)}; {', '.join(counts)}{unknown}."


def beside(stage: Stage, stages: dict[str, Stage]) -> str:
    """How many blocks a stage has, and its name in the paper if the network has the paper's four stages."""
    paper = f" conv{int(stage.name[5:]) + 1}" if "layer4" in stages and stage.name[5:].isdecimal() else ""
    return paper + (f" × {stage.blocks}" if stage.blocks else "")


def share(stage: Stage, what: str, totals: dict[str, int]) -> float:
    """A stage's part of a total, 0 … 1."""
    return float(getattr(stage, what) / (totals[what] or 1))


def percent(part: float) -> str:
    """A share in words.

    Examples
    --------
    >>> percent(.281), percent(.0123), percent(.0001)
    ('28 %', '1.2 %', '< 0.1 %')
    """
    digits = 0 if part >= .1 or part == 0 else 1
    return f"{100 * part:.{digits}f} %" if part == 0 or part >= .0005 else "< 0.1 %"


def amount(what: str, value: int) -> str:
    """A count in full; activations as memory."""
    return memory(value) if what == "activations" else f"{value:,}"
