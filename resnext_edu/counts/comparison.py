"""Our totals beside somebody else's. If they differ, does a known habit of counting explain it to the last unit?

A reason is an amount that is worked out from the rows; names prove nothing. Reasons are accepted only if their
amounts add up to the whole difference.
"""
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import Any, NamedTuple

from resnext_edu.counts.habits import (
    DOUBLED,
    TIED,
    UNBATCHED,
    UNSEEN,
    Reason,
    for_one_image,
    habits_of,
    of_other_tools,
    sums_of,
    tied_weights,
)
from resnext_edu.counts.rows import Counted
from resnext_edu.errors import ConfigError, UnknownNameError, nearest_name, shown
from resnext_edu.table import Cell, Table, WithNotes
from resnext_edu.words import first_of

EQUAL, ROUNDED, EXPLAINED, UNEXPLAINED = "equal", "equal, rounded", "explained", "unexplained"
SHOWN = 6  # rows that a note names


class Quantity(NamedTuple):
    """One quantity, as both have counted it.

    Attributes
    ----------
    name : str
        "parameters" or "MACs".
    ours : int
    theirs : int or float
    verdict : str
        "equal", "equal, rounded", "explained" or "unexplained".
    reasons : tuple of (str, int)
        What the other counted in another way, and how much that adds.
    rows : tuple of str
        The paths of the rows that differ without a known reason.
    """

    name: str
    ours: int
    theirs: int | float
    verdict: str
    reasons: tuple[Reason, ...] = ()
    rows: tuple[str, ...] = ()

    @property
    def difference(self) -> int | float:
        """Theirs minus ours."""
        return self.theirs - self.ours


@dataclass(frozen=True, repr=False)
class Comparison(WithNotes):
    """What `Trace.compare` found out about parameters, MACs, or both.

    Attributes
    ----------
    quantities : tuple of Quantity
        One or two; ``comparison["MACs"]`` is one of them.
    """

    quantities: tuple[Quantity, ...]

    @property
    def explained(self) -> bool:
        """Whether every difference is explained, to the last unit or to the digits that were given."""
        return UNEXPLAINED not in [quantity.verdict for quantity in self.quantities]

    def __getitem__(self, name: str) -> Quantity:
        """The quantity of this name: ``comparison["MACs"]``; an `UnknownNameError` if it was not compared."""
        for quantity in self.quantities:
            if quantity.name == name:
                return quantity
        raise UnknownNameError(nearest_name("quantity", name, [quantity.name for quantity in self.quantities]))

    def table(self) -> Table:
        """Ours and theirs; the reasons for a difference stand below each quantity."""
        rows: list[tuple[Cell, ...]] = []
        for quantity in self.quantities:
            rows.append((quantity.name, quantity.ours, quantity.theirs, _signed(quantity.difference), quantity.verdict))
            rows += [("", None, None, _signed(amount), reason) for reason, amount in quantity.reasons]
        return Table(("", "ours", "theirs", "difference", "verdict"), rows, caption="Our trace beside the other count",
                     align="lrrrl")

    @property
    def notes(self) -> tuple[str, ...]:
        """The first rows that differ without a known reason; `quantity.rows` has all of them."""
        return tuple(f"{quantity.name} differ without a known reason in "
                     f"{first_of([path or 'the model itself' for path in quantity.rows], SHOWN)}."
                     for quantity in self.quantities if quantity.rows)


def compare(trace: Counted, other: Any) -> Comparison:
    """Compare `trace` with what somebody else counted; see `Trace.compare` for `other` and the errors."""
    if hasattr(other, "summary_list"):  # torchinfo
        return Comparison((_torchinfo_params(trace, other), _torchinfo(trace, other)))
    if hasattr(other, "get_total_flops"):  # torch's FlopCounterMode
        return Comparison((_macs(trace, other.get_total_flops()),))
    if hasattr(other, "by_stage"):  # another trace
        return Comparison((_traced(trace, other, "params"), _traced(trace, other, "macs")))
    claims = other if isinstance(other, Mapping) else {"macs": other}
    given = {name: claims[name] for name in ("num_params", "_ops", "macs") if name in claims}
    wrong = {name: value for name, value in given.items() if not _is_number(value)}
    if not given or (wrong and not isinstance(other, Mapping)):
        raise ConfigError("compare with a torchinfo summary, a FlopCounterMode, a Trace, a number of MACs, or a dict "
                          f'with "num_params", "macs" or "_ops" (billions of MACs); got {shown(other)}')
    for name, value in wrong.items():
        raise ConfigError(f'"{name}" must be a finite number, such as 25.0e6; got {shown(value)}')
    quantities = []
    if "num_params" in given:
        quantities.append(_params(trace, given["num_params"]))
    if "_ops" in given:  # torchvision: billions of MACs, three decimals
        quantities.append(_macs(trace, given["_ops"] * 1e9, unit=1e6))
    if "macs" in given:
        quantities.append(_macs(trace, given["macs"]))
    return Comparison(tuple(quantities))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def _verdict(ours: int, theirs: int, unit: float) -> str:
    """Whether both are the same, to the digits that theirs has; `unit` is the place value of the last one."""
    if ours == theirs:
        return EQUAL
    return ROUNDED if abs(ours - theirs) <= unit / 2 else UNEXPLAINED


def _params(trace: Counted, theirs: int | float, unit: int | None = None) -> Quantity:
    """A number of parameters, to the digits that it has: 25.0e6 has three."""
    ours, theirs = trace.total_params, round(theirs)
    return Quantity("parameters", ours, theirs, _verdict(ours, theirs, unit or last_digit(theirs)))


def _torchinfo_params(trace: Counted, summary: Any) -> Quantity:
    """The parameters of torchinfo, which counts those of each layer, also if another layer has counted them."""
    plain = _params(trace, summary.total_params, unit=1)
    shared = sum(tied_weights(row, _layers_of(summary)) for row in trace.rows)
    if shared and plain.difference == shared:
        return plain._replace(verdict=EXPLAINED, reasons=((TIED, shared),))
    return plain


def _macs(trace: Counted, theirs: int | float, unit: float | None = None) -> Quantity:
    """A plain number: which way of counting gives it, to the digits that it has?"""
    ours, theirs, unit = trace.total_macs, round(theirs), unit or last_digit(theirs)
    by_layer = sums_of(habits_of(trace))
    ways: list[list[Reason]] = [[], [(DOUBLED, ours)], by_layer]
    last = next((row for row in reversed(trace.rows) if row.op == "linear"), None)
    if last is not None and last.output_shape:
        ways.append([*by_layer, (UNBATCHED, (last.output_shape[-1] - last.output_shape[0]) * last.params)])
    batch = next((row.input_shape[0] for row in trace.rows if row.input_shape), 1)
    ways.append(for_one_image([], ours, batch))
    others = list(of_other_tools(trace))
    ways += others
    ways += [for_one_image(reasons, ours, batch) for reasons in others] if batch > 1 else []
    for reasons in ways:
        verdict = _verdict(ours + sum(amount for _, amount in reasons), theirs, unit)
        if verdict in (EQUAL, ROUNDED):
            return Quantity("MACs", ours, theirs, EXPLAINED if reasons else verdict, tuple(reasons))
    return Quantity("MACs", ours, theirs, UNEXPLAINED)


def last_digit(number: int) -> int:
    """The place value of the last digit that is not 0: 10⁷ for 6,280,000,000."""
    unit = 1
    while number and number % (10 * unit) == 0:
        unit *= 10
    return unit


def _torchinfo(trace: Counted, summary: Any) -> Quantity:
    """Layer by layer: known habits explain torchinfo's count minus ours, or the layer is listed as unknown."""
    theirs = _layers_of(summary)
    ours: dict[str, list[tuple[int, list[Reason]]]] = {}
    for row, habit in zip(trace.rows, habits_of(trace, theirs), strict=True):
        path = row.path if row.path in theirs else row.path.rpartition(".")[0]
        ours.setdefault(path if path in theirs else row.path, []).append((row.macs or 0, habit))
    for path in [path for path, macs in theirs.items() if macs and path not in ours]:  # a layer that has two names
        sums = {name: sum(macs + sum(amount for _, amount in habit) for macs, habit in here)
                for name, here in ours.items() if name not in theirs}
        if same := [name for name, macs in sums.items() if macs == theirs[path]]:
            ours[path] = ours.pop(same[0])
    reasons, unknown = [], []
    for path in dict.fromkeys([*theirs, *ours]):
        here = ours.get(path, [])
        off = theirs.get(path, 0) - sum(macs for macs, _ in here)
        known = [item for _, habit in here for item in habit] if path in theirs else [(UNSEEN, off)]
        if sum(amount for _, amount in known) == off:
            reasons.append(known)
        else:
            unknown.append(path)
    verdict = UNEXPLAINED if unknown else EXPLAINED if sums_of(reasons) else EQUAL
    return Quantity("MACs", trace.total_macs, summary.total_mult_adds, verdict, tuple(sums_of(reasons)), tuple(unknown))


def _layers_of(summary: Any) -> dict[str, int]:
    """Path → multiply–adds of each layer without children, as torchinfo counted them."""
    found: dict[str, int] = {}
    names: list[str] = []
    for layer in summary.summary_list:
        names[layer.depth:] = [layer.var_name]  # the model itself is the first; its name is in no path
        if layer.is_leaf_layer:
            path = ".".join(names[1:])
            found[path] = found.get(path, 0) + layer.macs
    return found


def _traced(trace: Counted, other: Counted, field: str) -> Quantity:
    """Two traces: the rows that only one of them has, or that have different numbers."""
    ours, theirs = ({(row.path, row.op, row.calls): getattr(row, field) for row in t.rows} for t in (trace, other))
    differ = [key[0] for key in dict.fromkeys([*ours, *theirs]) if ours.get(key) != theirs.get(key)]
    name, total = {"params": ("parameters", "total_params"), "macs": ("MACs", "total_macs")}[field]
    totals = getattr(trace, total), getattr(other, total)  # the rows may be the same, and only unused parameters differ
    verdict = UNEXPLAINED if differ or totals[0] != totals[1] else EQUAL
    return Quantity(name, *totals, verdict, (), tuple(dict.fromkeys(differ)))


def _signed(number: int | float) -> str:
    return f"{number:+,.0f}" if number else "0"
