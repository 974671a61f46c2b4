"""Which mistakes give exactly these totals? All explanations are found, never the first one only."""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from math import isfinite
from numbers import Real

from resnext_edu.config import ResNeXtConfig
from resnext_edu.counts.comparison import last_digit
from resnext_edu.errors import ConfigError, positive_int, shown
from resnext_edu.examination.departures import DEPARTURES, Departure
from resnext_edu.examination.plan import Plan, Price, candidates, plan_of, total
from resnext_edu.table import Table, WithNotes
from resnext_edu.words import plural

FLOPS = "two FLOPs counted for one multiply–add"
STATISTICS = "running means and variances counted as parameters"


@dataclass(frozen=True)
class Explanation:
    """One explanation of some totals.

    Parameters
    ----------
    name : str
        The preset, or "your config".
    config : ResNeXtConfig
    departures : tuple of Departure
        What has to be wrong, and nothing else; empty if the totals are those of the paper's network.
    params, macs : int
        What this network has, in full.
    counted : str
        What was counted in another way than here, which is no mistake of the network.
    """

    name: str
    config: ResNeXtConfig
    departures: tuple[Departure, ...]
    params: int
    macs: int
    counted: str = ""


@dataclass(frozen=True, repr=False)
class Readings(WithNotes):
    """All explanations of some totals, the simplest first; it is a sequence of `Explanation`.

    Parameters
    ----------
    found : tuple of Explanation
    params, macs : int or float or None
        What was asked for.
    """

    found: tuple[Explanation, ...]
    params: float | None
    macs: float | None

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Explanation]:
        return iter(self.found)

    def __getitem__(self, number: int) -> Explanation:
        return self.found[number]

    def table(self) -> Table:
        """One row for each explanation."""
        asked = " and ".join(f"{value:,.0f} {what}" for value, what in
                             ((self.params, "parameters"), (self.macs, "MACs")) if value is not None)
        rows = [(each.name, "\n".join([*(d.title for d in each.departures), *filter(None, [each.counted])])
                 or "as in the paper", each.params, each.macs) for each in self.found]
        return Table(("read as", "what is different", "parameters", "MACs"), rows,
                     caption=f"{plural(len(rows), 'explanation')} of {asked}")

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know before one believes an explanation."""
        if len(self.found) > 1:
            return ("Several networks have these totals. Numbers alone can't tell which one it is: "
                    "`examine(model)` reads the network itself.",)
        return () if self.found else ("No network with one or two known mistakes has these totals.",)

    def __repr__(self) -> str:
        return self.text()

    def to_records(self) -> list[dict[str, object]]:
        """Plain data for JSON, one dictionary an explanation."""
        return [{"name": each.name, "departures": [d.name for d in each.departures], "counted": each.counted,
                 "params": each.params, "macs": each.macs} for each in self.found]


def examine_totals(params: float | None = None, macs: float | None = None,
                   as_: str | ResNeXtConfig | None = None, size: tuple[int, int] | None = None) -> Readings:
    """Find every network with at most two known mistakes that has exactly these totals.

    Parameters
    ----------
    params, macs : int or float, optional
        At least one of them. A round number counts as rounded: 25.0e6 fits everything from 24.95 to 25.05 million.
    as_ : str or ResNeXtConfig, optional
        The network that it is meant to be: a preset's name or a config; by default every preset is tried.
    size : tuple of int, optional
        Height and width of the image that the MACs are for: 224×224 by default, 32×32 with a CIFAR stem.

    Returns
    -------
    Readings
        The simplest first: with fewer departures, then in the order in which they are known.

    Raises
    ------
    ConfigError
        If neither number is given, one is not a positive number, or `as_` is no preset.

    Examples
    --------
    >>> [[departure.name for departure in reading.departures] for reading in examine_totals(25028904)]
    [[]]
    >>> [each.counted for each in examine_totals(153_220_008)]
    ['running means and variances counted as parameters']
    """
    for name, value in (("params", params), ("macs", macs)):
        if value is not None and (not isinstance(value, Real) or isinstance(value, bool) or not isfinite(value)
                                  or value <= 0):
            raise ConfigError(f"{name} must be a positive number, such as 25028904 or 25.0e6; got {shown(value)}")
    if params is None and macs is None:
        raise ConfigError("give params, macs or both: examine_totals(params=25028904)")
    if size is not None:
        if not isinstance(size, Sequence) or isinstance(size, str) or len(size) != 2:
            raise ConfigError(f"size must be a height and a width, such as (224, 224); got {shown(size)}")
        size = positive_int("size[0]", size[0]), positive_int("size[1]", size[1])
    found = [reading for name, config in candidates(as_) for reading in _readings(name, config, params, macs, size)]
    return Readings(tuple(sorted(found, key=lambda each: len(each.departures) + bool(each.counted))), params, macs)


def _readings(name: str, config: ResNeXtConfig, params: float | None, macs: float | None,
              size: tuple[int, int] | None) -> Iterator[Explanation]:
    """Every explanation by this network, the shorter ones first."""
    found: list[frozenset[str]] = []
    for departures, price in _variants(config, size or ((32, 32) if config.stem_type == "cifar" else (224, 224))):
        names = frozenset(departure.name for departure in departures)
        if any(shorter <= names for shorter in found):
            continue  # the rest of these departures changes nothing that was asked
        ways = [[("", price.params), (STATISTICS, price.params + price.statistics)],
                [("", price.macs), (FLOPS, 2 * price.macs)]]
        fitting = [[how for how, have in way if _fits(have, asked)] if asked is not None else [""]
                   for way, asked in zip(ways, (params, macs), strict=True)]
        for counted in product(*fitting):
            found.append(names)
            how = " and ".join(filter(None, counted))
            yield Explanation(name or "your config", config, departures, price.params, price.macs, how)


@cache
def _variants(config: ResNeXtConfig, size: tuple[int, int]) -> list[tuple[tuple[Departure, ...], Price]]:
    """The paper's network and its price, and every network with one or two departures."""
    return [(departures, total(plan, size)) for departures, plan in _plans(config)]


def _plans(config: ResNeXtConfig) -> Iterator[tuple[tuple[Departure, ...], Plan]]:
    """The paper's plan, and every plan with one or two departures; each only if every departure changes something."""
    paper = plan_of(config)
    yield (), paper
    single = [(each, plan) for each in DEPARTURES.values() if (plan := each.change(paper, config)) != paper]
    yield from (((each,), plan) for each, plan in single)
    for (one, plan), (two, other) in combinations(single, 2):
        both = two.change(plan, config)
        if not (one.kind and one.kind == two.kind) and both not in (plan, other, paper):
            yield (one, two), both


def _fits(have: int, asked: float) -> bool:
    """Whether a number is the one asked for, to the digits that this has."""
    asked = round(asked)
    unit = last_digit(asked)
    return have == asked or (unit > 10 and abs(have - asked) <= unit / 2)
