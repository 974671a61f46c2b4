"""What an examination found: the departures of a network from the paper's, and whether they explain all of it."""
from dataclasses import dataclass
from typing import Any, NamedTuple

from resnext_edu.config import ResNeXtConfig
from resnext_edu.counts.rows import TraceRow
from resnext_edu.examination.plan_prices import Price
from resnext_edu.table import Cell, Table, WithNotes
from resnext_edu.words import first_of, plural

SHOWN_PLACES = 3


class FoundDeparture(NamedTuple):
    """One difference from the paper's network.

    Parameters
    ----------
    name : str
        One of `DEPARTURES` or of `PARTIAL`, "depth", "other_stem", "other_head", "other_paths",
        or a key of `texts.TEXTS`.
    where : tuple of str
        The layers or blocks, as the model calls them.
    params, macs : int
        How many more than in the paper's network there are; 0 for what only changes the function.
    detail : str
        What is there, what the paper has, and what this does to the function.
    """

    name: str
    where: tuple[str, ...]
    params: int
    macs: int
    detail: str


@dataclass(frozen=True, repr=False)
class Examination(WithNotes):
    """What was found in a network.

    Attributes
    ----------
    reading : ResNeXtConfig or None
        The paper's network that it is held against; None if it is not made of residual blocks.
    name : str
        The preset of the reading; if none explains it, its own numbers, such as "ResNeXt-29, 32×4d"; or "".
    departures : tuple of FoundDeparture
    unexplained : tuple of TraceRow
        The rows of the trace that no known departure explains.
    params, macs : int
        Of the network itself.
    paper : Price or None
        Of the network of the reading.
    ties : tuple of str
        Other presets that explain it equally well.
    why : str
        Why it could not be read, or not be held against the paper's network, or what is not explained in the first
        block that differs; or "".
    unasked : str
        Why the model was not run, so that nothing is known of what no count can see; or "".
    """

    reading: ResNeXtConfig | None
    name: str
    departures: tuple[FoundDeparture, ...]
    unexplained: tuple[TraceRow, ...]
    params: int
    macs: int
    paper: Price | None
    ties: tuple[str, ...] = ()
    why: str = ""
    unasked: str = ""

    @property
    def explained(self) -> bool:
        """Whether the paper's network and the departures together give all parameters and MACs, to the last one."""
        if self.paper is None or self.unexplained:
            return False
        return self._sums() == (self.params, self.macs)

    def _sums(self) -> tuple[int, int]:
        """The parameters and MACs of the paper's network and of all departures."""
        paper = self.paper or Price("", 0, 0)
        return (paper.params + sum(each.params for each in self.departures),
                paper.macs + sum(each.macs for each in self.departures))

    @property
    def verdict(self) -> str:
        """The result in one sentence."""
        name = self.name or "a ResNeXt"
        if self.paper is None:
            return f"Not read: {self.why}"
        if not self.explained and not self.unexplained:
            params, macs = self._sums()
            return (f"Read as {name}, but the departures give {params:,} parameters and {macs:,} MACs, where there are "
                    f"{self.params:,} and {self.macs:,}")
        if not self.explained:
            why = f", since {self.why}" if self.why else ""
            return f"Read as {name}, and {plural(len(self.unexplained), 'row')} of the trace are not explained{why}"
        return f"Read as {name}: " + (f"{plural(len(self.departures), 'departure')} from the paper"
                                      if self.departures else "as in the paper")

    def table(self) -> Table:
        """The paper's totals, each departure, and the totals of the network."""
        rows: list[tuple[Cell, ...]] = []
        if self.paper:
            rows.append(("the paper's network", "", self.paper.params, self.paper.macs))
        rows += [(each.detail.replace(" The paper:", "\nThe paper:").replace(" Effect:", "\nEffect:"),
                  first_of(each.where, SHOWN_PLACES),
                  *(f"{amount:+,}" if amount else "0" for amount in (each.params, each.macs)))
                 for each in self.departures]
        return Table(("what", "where", "parameters", "MACs"), rows, caption=self.verdict, align="llrr",
                     footer=("this network", "", self.params, self.macs))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not explained, and what else it could be."""
        notes = []
        if self.unexplained:
            notes.append(f"Not explained: {first_of([row.path for row in self.unexplained], SHOWN_PLACES)}.")
        if self.unasked:
            notes.append(f"What only a run can tell was not asked, such as which channels are read: {self.unasked}.")
        if self.ties:
            notes.append(f"It can be read equally well as {', '.join(self.ties)}; `as_` decides.")
        return tuple(notes)

    def __repr__(self) -> str:
        return self.text()

    def to_records(self) -> list[dict[str, Any]]:
        """The departures as plain data for JSON."""
        return [each._asdict() for each in self.departures]
