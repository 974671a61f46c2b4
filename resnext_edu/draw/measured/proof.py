"""A report of `prove_equivalent` as a picture: what was asked, and how far from its limit each answer is."""
from collections.abc import Sequence
from math import isfinite
from textwrap import wrap
from typing import Protocol

from resnext_edu.draw.kit.axes import Axis
from resnext_edu.draw.kit.marks import cross, point
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, line, mid, rect, room, tag, text
from resnext_edu.draw.measured.caption import Caption, cut
from resnext_edu.errors import ConfigError, check_name, shown
from resnext_edu.findings import STATUSES, Finding
from resnext_edu.words import scientific

LEFT, RIGHT = 470, 804  # x: where the axis starts and ends
POWERS_OF_10 = Axis(1e-17, 10, LEFT, RIGHT, log=True)
NAME, STATUS = 150, 16  # x: where a finding's name and its status stand
ALONE, BESIDE_AXIS = 82, 38  # letters of a detail, without and with an axis beside it
FRAMES = {"dashed": "5 3", "dotted": "1.5 3"}


class Report(Protocol):
    """What can be drawn: it has findings. If it has a `title`, a `question` or `notes`, these are drawn, too."""

    @property
    def findings(self) -> Sequence[Finding]:
        """The rows of the picture."""


def proof_picture(report: Report) -> Picture:
    """One row for each finding: its status, what was done, and the measured beside the allowed on a log axis.

    The measured rounding errors differ from one CPU to the next, so no two machines draw quite the same picture.

    Parameters
    ----------
    report : EquivalenceReport
        Or anything else with `findings`, each with name, status, measured, allowed and detail. If it has a
        `title`, a `question` (both str) or `notes` (a sequence of str), these are shown, too.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If `report` has no findings, or a status is not one of the five in `resnext_edu.findings`.

    Examples
    --------
    >>> from types import SimpleNamespace as Some
    >>> finding = Some(name="output", status="PASS", measured=3e-16, allowed=1e-12, detail="eval mode")
    >>> proof_picture(Some(findings=[finding], title="The same function")).text.splitlines()[2]
    'PASS, output: 3e-16, allowed is 1e-12. eval mode'
    """
    if not isinstance(getattr(report, "findings", None), Sequence):
        raise ConfigError(f"report must have findings, such as that of prove_equivalent; got {shown(report)}")
    title, question = getattr(report, "title", "An equivalence report"), getattr(report, "question", "")
    notes = [line for note in getattr(report, "notes", ()) for line in wrap(note, 100)]
    axis = any(_on_axis(finding) for finding in report.findings)
    how = "Tinted: what is allowed. A dot lies inside of it, a cross outside: there the two differ."
    caption = Caption(title, (how,) if axis else ())
    asked = wrap(question, 98)
    top = caption.bottom + 20 * len(asked) + 20
    body = [text(16, caption.bottom + 20 * (k + 1), words, cls="mono") for k, words in enumerate(asked)]
    y = top
    for finding in report.findings:
        body += [line(16, y, WIDTH - 16, y, "hair"), _row(y + 14, finding)]
        y += _height(finding)
    body += [line(16, y, WIDTH - 16, y, "hair")]
    if axis:
        body += [_axis(y)]
        y += 52
    body += [text(16, y + 28 + 20 * k, words, cls="soft") for k, words in enumerate(notes)]
    words = [*([question] if question else []), *map(_words, report.findings), *getattr(report, "notes", ())]
    return caption.picture(words, body, y + (20 * len(notes) + 28 if notes else 12))


def _on_axis(finding: Finding) -> bool:
    """Whether a finding has a measured and an allowed number for the axis; an exact one counts outputs instead."""
    return bool(finding.allowed) and finding.measured is not None


def _lines(finding: Finding) -> list[str]:
    return wrap(finding.detail, BESIDE_AXIS if _on_axis(finding) else ALONE)


def _height(finding: Finding) -> float:
    return max(82 if _on_axis(finding) else 0, 52 + 20 * len(_lines(finding)))


def _axis(y: float) -> str:
    """The powers of ten below the last row, and what they are of."""
    powers = [10.0 ** power for power in (-16, -12, -8, -4, 0)]
    ticks = (line(POWERS_OF_10.at(power), y, POWERS_OF_10.at(power), y + 6, "edge")
             + mid(POWERS_OF_10.at(power), y + 24, scientific(power), cls="soft") for power in powers)
    return "".join((*ticks, mid((LEFT + RIGHT) / 2, y + 46, "largest difference ÷ largest number", cls="soft")))


def _row(y: float, finding: Finding) -> str:
    exact = finding.measured is not None and finding.allowed == 0
    space = (LEFT if exact or _on_axis(finding) else WIDTH) - 16 - NAME
    out = [_badge(y, finding.status), text(NAME, y + 18, cut(finding.name, space * 14 / 17), cls="big")]
    out += [text(NAME, y + 40 + 20 * k, words) for k, words in enumerate(_lines(finding))]
    if finding.measured is not None and finding.allowed is not None:
        bits = ", bit for bit" if finding.measured == 0 else ""
        out += [_scale(y + 26, finding.measured, finding.allowed) if finding.allowed else
                text(LEFT, y + 18, f"{finding.measured:,.0f} outputs differ{bits}", cls="b")]
    return "".join(out)


def _badge(y: float, status: str) -> str:
    """A status in its frame: its glyph and its word."""
    check_name("status", status, STATUSES)
    mark = STATUSES[status]
    cls, written = ("ink", "bg b") if mark.filled else ("edge", "b")
    frame = tag("rect", x=STATUS, y=y, width=118, height=26, rx=5, cls=cls, stroke_dasharray=FRAMES.get(mark.line, ""))
    inner = rect(STATUS + 3, y + 3, 112, 20, cls, 3) if mark.line == "double" else ""
    return (frame + inner + text(STATUS + 12, y + 18, mark.glyph, cls=written)
            + text(STATUS + 34, y + 18, status, cls=written))


def _scale(y: float, measured: float, allowed: float) -> str:
    """A value on the axis. The tinted side is allowed; outside of it the dot becomes a cross."""
    x, limit = _at(measured), _at(allowed)
    out = [rect(LEFT, y - 9, limit - LEFT, 18, "tensor"), line(LEFT, y, RIGHT, y, "hair"),
           line(limit, y - 13, limit, y + 13, "edge"), point(x, y, 6) if measured <= allowed else cross(x, y, 6)]
    for where, height, words, cls in ((x, y - 17, scientific(measured), "b"),
                                      (limit, y + 29, f"allowed {scientific(allowed)}", "soft")):
        half = room(words) / 2
        out += [mid(min(max(where, LEFT + half), RIGHT + 4 - half), height, words, cls=cls)]
    return "".join(out)


def _at(value: float) -> float:
    """Where a value stands on the axis; a value beyond an end (0, infinity, not a number) stands at that end."""
    return POWERS_OF_10.at(value if isfinite(value) else POWERS_OF_10.high)


def _words(finding: Finding) -> str:
    """A finding as a sentence."""
    result = ""
    if finding.measured is not None and finding.allowed is not None:
        result = (f": {finding.measured:.2g}, allowed is {finding.allowed:g}" if finding.allowed else
                  f": {finding.measured:,.0f} outputs differ")
    return f"{finding.status}, {finding.name}{result}. {finding.detail}"
