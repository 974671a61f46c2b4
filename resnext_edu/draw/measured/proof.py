"""A report of `prove_equivalent` as a picture: what was asked, and how far from its limit each answer is.

It is a PNG on white, made with matplotlib. It shows the measured rounding errors, which differ from one CPU to
the next, so it cannot be an SVG: SVGs are compared letter by letter.
"""
from collections.abc import Sequence
from math import isfinite, log10
from textwrap import wrap
from typing import Protocol

from resnext_edu.draw.kit.page import LineStyle, Page
from resnext_edu.draw.kit.picture import Chart
from resnext_edu.draw.kit.svg import LIGHT, WIDTH
from resnext_edu.errors import ConfigError, check_name, shown
from resnext_edu.findings import STATUSES, Finding
from resnext_edu.words import scientific

LOW, HIGH = -17, 1  # the ends of the axis, in powers of ten
LEFT, RIGHT = 470, 804  # x: where the axis starts and ends
NAME, STATUS = 150, 16  # x: where a finding's name and its status stand
FRAMES: dict[str, LineStyle] = {"solid": "-", "dashed": (0, (4, 2)), "dotted": (0, (1, 1.5)), "double": "-"}


class Report(Protocol):
    """What can be drawn: it has findings. If it has a `title`, a `question` or `notes`, these are drawn, too."""

    @property
    def findings(self) -> Sequence[Finding]:
        """The rows of the picture."""


def proof_picture(report: Report) -> Chart:
    """One row for each finding: its status, what was done, and the measured beside the allowed on a log axis.

    Parameters
    ----------
    report : EquivalenceReport
        Or anything else with `findings`, each with name, status, measured, allowed and detail. If it has a
        `title`, a `question` (both str) or `notes` (a sequence of str), these are shown, too.

    Returns
    -------
    Chart
        It shows itself as PNG; `.figure` is the matplotlib figure, `.text` says what it shows.

    Raises
    ------
    ConfigError
        If `report` has no findings, or a status is not one of the five in `resnext_edu.findings`.

    Examples
    --------
    >>> from types import SimpleNamespace as Some
    >>> finding = Some(name="output", status="PASS", measured=3e-16, allowed=1e-12, detail="eval mode")
    >>> proof_picture(Some(findings=[finding], title="The same function")).text.splitlines()[1]
    'PASS, output: at most 1e-12. eval mode'
    """
    if not isinstance(getattr(report, "findings", None), Sequence):
        raise ConfigError(f"report must have findings, such as that of prove_equivalent; got {shown(report)}")
    title, question = getattr(report, "title", "An equivalence report"), getattr(report, "question", "")
    notes = [line for note in getattr(report, "notes", ()) for line in wrap(note, 106)]
    heights = [_height(finding) for finding in report.findings]
    top = 84 if question else 58
    bottom = top + sum(heights)
    axis = any(_on_axis(finding) for finding in report.findings)
    height = bottom + (40 if axis else 0) + (20 * len(notes) + 24 if notes else 0)

    page = Page(height, title)
    for k, line in enumerate(wrap(question, 100)):
        page.text(16, 57 + 18 * k, line, size=12.5, family="DejaVu Sans Mono")
    for finding, y in zip(report.findings, (top + sum(heights[:k]) for k in range(len(heights))), strict=True):
        page.line(16, y, WIDTH - 16, y, LIGHT["line"], 1)
        _row(page, y + 14, finding)
    page.line(16, bottom, WIDTH - 16, bottom, LIGHT["line"], 1)
    if axis:
        for power in (-16, -12, -8, -4, 0):
            page.line(_at(10.0**power), bottom, _at(10.0**power), bottom + 6)
            page.text(_at(10.0**power), bottom + 23, scientific(10.0**power), LIGHT["soft"], ha="center")
    for k, line in enumerate(notes):
        page.text(16, height - 20 * (len(notes) - k) + 4, line, LIGHT["soft"])
    return Chart(page.figure, "\n".join([title, *map(_words, report.findings)]))


def _on_axis(finding: Finding) -> bool:
    """Whether a finding has a measured and an allowed number for the axis; an exact one counts outputs instead."""
    return bool(finding.allowed) and finding.measured is not None


def _lines(finding: Finding) -> list[str]:
    return wrap(finding.detail, 40 if _on_axis(finding) else 86)


def _height(finding: Finding) -> float:
    return max(82 if _on_axis(finding) else 0, 52 + 20 * len(_lines(finding)))


def _row(page: Page, y: float, finding: Finding) -> None:
    check_name("status", finding.status, STATUSES)
    mark = STATUSES[finding.status]
    frame, filled = FRAMES[mark.line], mark.filled
    page.box(STATUS, y, 118, 26, frame, LIGHT["ink"] if filled else "none")
    if mark.line == "double":
        page.box(STATUS + 3, y + 3, 112, 20, frame, rounding=3)
    colour = LIGHT["bg"] if filled else LIGHT["ink"]
    page.text(STATUS + 12, y + 18, mark.glyph, colour, weight="bold")
    page.text(STATUS + 32, y + 18, finding.status, colour, weight="bold")
    page.text(NAME, y + 18, finding.name, size=17, weight="bold")
    for k, line in enumerate(_lines(finding)):
        page.text(NAME, y + 40 + 20 * k, line)
    if finding.measured is None or finding.allowed is None:
        return
    if finding.allowed:
        _scale(page, y + 26, finding.measured, finding.allowed)
    else:
        bits = ", bit for bit" if finding.measured == 0 else ""
        page.text(LEFT, y + 18, f"{finding.measured:,.0f} outputs differ{bits}", weight="bold")


def _scale(page: Page, y: float, measured: float, allowed: float) -> None:
    """A value on the axis. The tinted side is allowed; outside of it the dot becomes a cross."""
    x, limit = _at(measured), _at(allowed)
    page.axes.fill_between((LEFT, limit), y - 9, y + 9, color=LIGHT["ink"], alpha=.12, linewidth=0)
    page.line(LEFT, y, RIGHT, y, LIGHT["line"], 1)
    page.line(limit, y - 13, limit, y + 13)
    page.mark(x, y, "o" if measured <= allowed else "x")
    number, half = scientific(measured), 4.6 * len(scientific(measured))
    page.text(min(max(x, LEFT + half), RIGHT - half), y - 16, number, weight="bold", ha="center")
    page.text(limit, y + 29, f"allowed {scientific(allowed)}", LIGHT["soft"], ha="center")


def _at(value: float) -> float:
    """Where a value stands on the axis; a value beyond an end (0, infinity, not a number) stands at that end."""
    power = HIGH if not isfinite(value) else LOW if value <= 0 else min(max(log10(value), LOW), HIGH)
    return LEFT + (RIGHT - LEFT) * (power - LOW) / (HIGH - LOW)


def _words(finding: Finding) -> str:
    """A finding as a sentence. It leaves out a rounding error that passed, which differs between CPUs."""
    result = ""
    if finding.measured is not None and finding.allowed is not None:
        counts = f"{finding.measured:,.0f} outputs differ" if finding.allowed == 0 else f"at most {finding.allowed:g}"
        failed = finding.allowed != 0 and not finding.measured <= finding.allowed
        result = f": {finding.measured:.2g}, allowed is {finding.allowed:g}" if failed else f": {counts}"
    return f"{finding.status}, {finding.name}{result}. {finding.detail}"
