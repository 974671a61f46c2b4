"""A report of `prove_equivalent` as a picture: what was asked, and how far from the allowed each answer is.

It is a PNG on white, made with matplotlib: the measured rounding errors stand in it, and these differ from
one CPU to the next, so a form that is compared letter by letter could not carry them.
"""
from math import isfinite, log10
from textwrap import wrap

from resnext_edu.draw.kit.page import Page
from resnext_edu.draw.kit.picture import Chart
from resnext_edu.draw.kit.svg import LIGHT, WIDTH
from resnext_edu.findings import STATUSES

LOW, HIGH = -17, 1  # the axis, in powers of ten
LEFT, RIGHT = 470, 804  # and where it stands
NAME, STATUS = 150, 16
FRAMES = {"solid": "-", "dashed": (0, (4, 2)), "dotted": (0, (1, 1.5)), "double": "-"}


def proof_picture(report) -> Chart:
    """One row a finding: its status, what was done, and the measured beside the allowed on a log axis.

    Parameters
    ----------
    report : EquivalenceReport
        Or anything with `findings`, each with name, status, measured, allowed and detail. Its `title`,
        `question` and `notes` are shown where it has them.

    Returns
    -------
    Chart
        Shows itself as PNG; `.figure` is the matplotlib figure, `.text` says what it shows.

    Examples
    --------
    >>> from types import SimpleNamespace as Some
    >>> finding = Some(name="output", status="PASS", measured=3e-16, allowed=1e-12, detail="eval mode")
    >>> proof_picture(Some(findings=[finding], title="The same function")).text.splitlines()[1]
    'PASS, output: at most 1e-12. eval mode'
    """
    title, question = getattr(report, "title", "An equivalence report"), getattr(report, "question", "")
    notes = [line for note in getattr(report, "notes", ()) for line in wrap(note, 106)]
    heights = [_height(finding) for finding in report.findings]
    top = 84 if question else 58
    bottom = top + sum(heights)
    axis = any(_on_axis(finding) for finding in report.findings)
    height = bottom + 40 * axis + (20 * len(notes) + 24 if notes else 0)

    page = Page(height)
    page.text(16, 32, title, size=20, weight="bold")
    for k, line in enumerate(wrap(question, 100)):
        page.text(16, 57 + 18 * k, line, size=12.5, family="DejaVu Sans Mono")
    for finding, y in zip(report.findings, (top + sum(heights[:k]) for k in range(len(heights))), strict=True):
        page.line(16, y, WIDTH - 16, y, LIGHT["line"], 1)
        _row(page, y + 14, finding)
    page.line(16, bottom, WIDTH - 16, bottom, LIGHT["line"], 1)
    if axis:
        for power in (-16, -12, -8, -4, 0):
            page.line(_at(10.0**power), bottom, _at(10.0**power), bottom + 6)
            page.text(_at(10.0**power), bottom + 23, _scientific(10.0**power), LIGHT["soft"], ha="center")
    for k, line in enumerate(notes):
        page.text(16, height - 20 * (len(notes) - k) + 4, line, LIGHT["soft"])
    return Chart(page.figure, "\n".join([title, *map(_words, report.findings)]))


def _on_axis(finding) -> bool:
    """Whether a number stands beside an allowed one; an exact finding counts outputs instead."""
    return bool(finding.allowed) and finding.measured is not None


def _lines(finding) -> list[str]:
    return wrap(finding.detail, 40 if _on_axis(finding) else 86)


def _height(finding) -> float:
    return max(82 if _on_axis(finding) else 0, 52 + 20 * len(_lines(finding)))


def _row(page: Page, y: float, finding) -> None:
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
    if _on_axis(finding):
        _scale(page, y + 26, finding.measured, finding.allowed)
    elif finding.allowed == 0 and finding.measured is not None:
        bits = ", bit for bit" if finding.measured == 0 else ""
        page.text(LEFT, y + 18, f"{finding.measured:,.0f} outputs differ{bits}", weight="bold")


def _scale(page: Page, y: float, measured: float, allowed: float) -> None:
    """The tinted side is the side to be on; outside it the dot becomes a cross."""
    x, limit = _at(measured), _at(allowed)
    page.axes.fill_between((LEFT, limit), y - 9, y + 9, color=LIGHT["ink"], alpha=.12, linewidth=0)
    page.line(LEFT, y, RIGHT, y, LIGHT["line"], 1)
    page.line(limit, y - 13, limit, y + 13)
    page.mark(x, y, "o" if measured <= allowed else "x")
    number, half = _scientific(measured), 4.6 * len(_scientific(measured))
    page.text(min(max(x, LEFT + half), RIGHT - half), y - 16, number, weight="bold", ha="center")
    page.text(limit, y + 29, f"allowed {_scientific(allowed)}", LIGHT["soft"], ha="center")


def _at(value: float) -> float:
    """Where a value stands on the axis; what is beyond its ends (0, infinity, not a number) stands at the end."""
    power = HIGH if not isfinite(value) else LOW if value <= 0 else min(max(log10(value), LOW), HIGH)
    return LEFT + (RIGHT - LEFT) * (power - LOW) / (HIGH - LOW)


def _scientific(value: float) -> str:
    """7.1e-16 as 7.1 × 10⁻¹⁶."""
    if not isfinite(value) or value == 0:
        return {"inf": "infinite", "nan": "not a number"}.get(str(value), "0")
    if .001 <= value < 100:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    power = "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return power if mantissa == "1.0" else f"{mantissa} × {power}"


def _words(finding) -> str:
    """A finding as a sentence. A rounding error that passed is not said: it differs between CPUs."""
    result = ""
    if finding.measured is not None and finding.allowed is not None:
        counts = f"{finding.measured:,.0f} outputs differ" if finding.allowed == 0 else f"at most {finding.allowed:g}"
        failed = finding.allowed != 0 and not finding.measured <= finding.allowed
        result = f": {finding.measured:.2g}, allowed is {finding.allowed:g}" if failed else f": {counts}"
    return f"{finding.status}, {finding.name}{result}. {finding.detail}"
