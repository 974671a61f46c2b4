"""Our totals beside somebody else's: they agree, or a known habit of counting accounts for every unit, or not.

A reason is never taken from a name. It is an amount, worked out from the rows, and it holds only if the
amounts add up to the whole difference.
"""
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from math import isfinite, prod
from numbers import Real
from textwrap import wrap
from typing import NamedTuple

from resnext_edu.errors import ConfigError
from resnext_edu.table import Table

EQUAL, ROUNDED, EXPLAINED, UNEXPLAINED = "equal", "equal, rounded", "explained", "unexplained"
NORM = "factors and offsets of normalisation layers, counted as one multiply–add each an image"
BIAS = "biases, counted as multiply–adds"
UNBATCHED = "a layer whose output has no batch: its length was taken for the batch"
POSITIONS = "linear layers at several positions, of which only one was counted"
UNSEEN = "products outside of any layer, which were not seen"
DOUBLED = "two FLOPs counted for one MAC"
ONE_IMAGE = "counted for one image, not for the batch"
SHOWN = 6  # rows that a note names


class Finding(NamedTuple):
    """One quantity, as both have counted it."""

    quantity: str
    ours: int
    theirs: int | float
    verdict: str
    reasons: tuple[tuple[str, int], ...] = ()  # what was counted otherwise, and how much it makes
    rows: tuple[str, ...] = ()  # the paths of the rows that differ, and nothing known explains it

    @property
    def difference(self) -> int | float:
        return self.theirs - self.ours


@dataclass(frozen=True, repr=False)
class Comparison:
    """What `Trace.compare` found: parameters, MACs, or both."""

    findings: tuple[Finding, ...]

    @property
    def explained(self) -> bool:
        """Whether every difference is accounted for, to the last unit or to the digits that were given."""
        return all(finding.verdict != UNEXPLAINED for finding in self.findings)

    def __getitem__(self, quantity: str) -> Finding:
        return next(finding for finding in self.findings if finding.quantity == quantity)

    def table(self) -> Table:
        rows = []
        for finding in self.findings:
            rows.append((finding.quantity, finding.ours, finding.theirs, _signed(finding.difference), finding.verdict))
            rows += [("", None, None, _signed(amount), reason) for reason, amount in finding.reasons]
        return Table(("", "ours", "theirs", "difference", "verdict"), rows, caption="Our trace beside the other count",
                     align="lrrrl")

    @property
    def notes(self) -> tuple[str, ...]:
        """Where they differ and no reason is known: the first rows, all of which are in `finding.rows`."""
        return tuple(f"{finding.quantity} differ without a known reason in {_named(finding.rows[:SHOWN])}"
                     + (f" and {len(finding.rows) - SHOWN} more rows." if len(finding.rows) > SHOWN else ".")
                     for finding in self.findings if finding.rows)

    def text(self, width: int = 100) -> str:
        return "\n".join([self.table().text(width), *(line for note in self.notes for line in wrap(note, width))])

    def _repr_html_(self) -> str:
        return self.table().html() + "".join(f"<p>{escape(note)}</p>" for note in self.notes)

    __repr__ = text


def compare(trace, other: object) -> Comparison:
    """`trace` (a `Trace`) beside what somebody else counted; see `Trace.compare`."""
    if hasattr(other, "summary_list"):  # torchinfo
        return Comparison((_number("parameters", trace.total_params, other.total_params), _torchinfo(trace, other)))
    if hasattr(other, "get_total_flops"):  # torch's FlopCounterMode
        return Comparison((_macs(trace, other.get_total_flops()),))
    if hasattr(other, "by_stage"):
        return Comparison((_rows(trace, other, "params"), _rows(trace, other, "macs")))
    claims = other if isinstance(other, Mapping) else {"macs": other}
    given = {name: claims[name] for name in ("num_params", "_ops", "macs") if name in claims}
    if not given or not all(map(_is_number, given.values())):
        raise ConfigError("compare with a torchinfo summary, a FlopCounterMode, a Trace, a number of MACs, or a dict "
                          f'with "num_params", "macs" or "_ops" (billions of MACs); got {other!r:.200}')
    findings = []
    if "num_params" in given:
        findings.append(_number("parameters", trace.total_params, given["num_params"]))
    if "_ops" in given:  # torchvision: billions of MACs, three decimals
        findings.append(_macs(trace, given["_ops"] * 1e9, unit=1e6))
    if "macs" in given:
        findings.append(_macs(trace, given["macs"]))
    return Comparison(tuple(findings))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def _number(quantity: str, ours: int, theirs: int | float) -> Finding:
    return Finding(quantity, ours, theirs, EQUAL if ours == theirs else UNEXPLAINED)


def _macs(trace, theirs: int | float, unit: float | None = None) -> Finding:
    """A bare number: which way of counting would give it, to the digits that it has?"""
    ours, theirs, unit = trace.total_macs, round(theirs), unit or _last_digit(theirs)
    by_layer = _sums(_habits(trace))
    ways = [[], [(DOUBLED, ours)], by_layer]
    last = next((row for row in reversed(trace.rows) if row.op == "linear"), None)
    if last is not None:
        ways.append([*by_layer, (UNBATCHED, (last.output_shape[-1] - last.output_shape[0]) * last.params)])
    batch = next((row.input_shape[0] for row in trace if row.input_shape), 1)
    ways.append([(ONE_IMAGE, ours // batch - ours)])
    for reasons in ways:
        total = ours + sum(amount for _, amount in reasons)
        if abs(total - theirs) <= unit / 2:
            exact = EQUAL if total == theirs else ROUNDED
            return Finding("MACs", ours, theirs, EXPLAINED if reasons else exact, tuple(reasons))
    return Finding("MACs", ours, theirs, UNEXPLAINED)


def _last_digit(number: int | float) -> int:
    """The worth of the last digit that is no zero: 10⁷ of 6,280,000,000."""
    number, unit = round(number), 1
    while number and number % (10 * unit) == 0:
        unit *= 10
    return unit


def _habits(trace) -> list[list[tuple[str, int]]]:
    """By how much "parameters times places of the output" is off, layer by layer, and why."""
    first = {(row.path, row.op): row.params for row in trace if row.calls == 1}
    return [_habit(row, first[row.path, row.op]) for row in trace]


def _habit(row, params: int) -> list[tuple[str, int]]:
    if not params or not row.output_shape:
        return []
    batch, *places = row.output_shape
    if "norm" in row.op:
        return [(NORM, params * batch)]
    if row.kernel_size and row.op.startswith("conv"):
        weights = places[0] * row.input_shape[1] // row.groups * prod(row.kernel_size)
        return [(BIAS, (params - weights) * batch * prod(places[1:]))]
    if row.op == "linear":
        weights = row.input_shape[-1] * row.output_shape[-1]
        why = POSITIONS if places else UNBATCHED
        return [(BIAS, (params - weights) * batch), (why, (batch - prod(row.output_shape[:-1])) * weights)]
    return []


def _sums(habits: list[list[tuple[str, int]]]) -> list[tuple[str, int]]:
    """Each reason once, with what it makes in all."""
    sums: dict[str, int] = {}
    for reason, amount in (item for habit in habits for item in habit if item[1]):
        sums[reason] = sums.get(reason, 0) + amount
    return list(sums.items())


def _torchinfo(trace, summary) -> Finding:
    """Layer by layer: what torchinfo has for it, less what we have, is one of the known amounts or is not known."""
    theirs: dict[str, int] = {}
    names: list[str] = []
    for layer in summary.summary_list:
        names[max(layer.depth - 1, 0):] = [layer.var_name] if layer.depth else []
        if layer.is_leaf_layer:
            path = ".".join(names)
            theirs[path] = theirs.get(path, 0) + layer.macs
    ours: dict[str, list] = {}
    for row, habit in zip(trace, _habits(trace), strict=True):
        path = row.path if row.path in theirs else row.path.rpartition(".")[0]
        ours.setdefault(path if path in theirs else row.path, []).append((row.macs or 0, habit))
    reasons, unknown = [], []
    for path in dict.fromkeys([*theirs, *ours]):
        here = ours.get(path, [])
        off = theirs.get(path, 0) - sum(macs for macs, _ in here)
        habit = [item for _, habit in here for item in habit] if path in theirs else [(UNSEEN, off)]
        if sum(amount for _, amount in habit) == off:
            reasons.append(habit)
        else:
            unknown.append(path)
    verdict = UNEXPLAINED if unknown else EXPLAINED if _sums(reasons) else EQUAL
    return Finding("MACs", trace.total_macs, summary.total_mult_adds, verdict, tuple(_sums(reasons)), tuple(unknown))


def _rows(trace, other, field: str) -> Finding:
    """Two traces: the rows that only one has, or that have another number in the other."""
    ours, theirs = ({(row.path, row.op, row.calls): getattr(row, field) for row in t} for t in (trace, other))
    differ = [key[0] for key in dict.fromkeys([*ours, *theirs]) if ours.get(key) != theirs.get(key)]
    name = {"params": "parameters", "macs": "MACs"}[field]
    totals = (t.total_params if field == "params" else t.total_macs for t in (trace, other))
    return Finding(name, *totals, UNEXPLAINED if differ else EQUAL, (), tuple(dict.fromkeys(differ)))


def _named(paths: tuple[str, ...]) -> str:
    return ", ".join(path or "the model itself" for path in paths)


def _signed(number: int | float) -> str:
    return f"{number:+,.0f}" if number else "0"
