"""Many broken blocks, each with its proof: which finding has caught which mistake."""
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from resnext_edu.draw.kit.marks import DASHED
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, line, mid, shorten, tag, text
from resnext_edu.draw.measured.caption import Caption
from resnext_edu.draw.measured.proof import Report
from resnext_edu.draw.measured.values import sentence
from resnext_edu.errors import ConfigError, check_name, shown
from resnext_edu.findings import ERROR, FAIL, PASS, SKIPPED, STATUSES, VACUOUS
from resnext_edu.words import plural

LEFT, COUNTS = 184, 714  # x: where the grid and the counts start
ROW, WIDE = 40, 60  # the height of a row; the width of a mark
MOST_FINDINGS, MOST_MISTAKES = 8, 40
CAUGHT, MISSED = "✓", "missed"
SAID = {FAIL: CAUGHT, ERROR: CAUGHT, PASS: MISSED, SKIPPED: "–", VACUOUS: "∅"}  # of a finding about a broken block


def caught_picture(reports: Mapping[str, Report]) -> Picture:
    """A row for each mistake, a column for each finding, and how many each has caught.

    Parameters
    ----------
    reports : dict of EquivalenceReport
        Mistake → the report on a block that has it. All reports have the same findings.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If there are no reports, too many of them, or their findings differ.

    Examples
    --------
    >>> from types import SimpleNamespace as Some
    >>> found = [Some(name="exact", status="PASS"), Some(name="output", status="FAIL")]
    >>> print(caught_picture({"bn_per_path": Some(findings=found)}).text)
    1 of 1 mistake is caught
    Each block is broken on purpose. ✓: this finding has caught the mistake. –: it could not be asked.
    bn_per_path: caught by 1 of 2 findings. Caught: output. Missed: exact.
    exact catches 0 of 1. output catches 1 of 1.
    """
    answers = _answers(reports)
    names = [*next(iter(answers.values()))]
    columns = {name: [found[name] for found in answers.values()] for name in names}
    across = (COUNTS - LEFT) / len(names)
    caption = Caption(_title(answers, columns), (
        "Each block is broken on purpose. ✓: this finding has caught the mistake. –: it could not be asked.",))
    heads = [wrap(name, max(5, int(across / 8))) for name in names]
    top, lines = caption.bottom + 34, max(map(len, heads))
    bottom, y = top + 20 * (lines - 1), top + 20 * lines - 8
    body = [text(16, bottom, "mistake", cls="b"), text(COUNTS + 10, bottom, "caught by", cls="b")]
    for k, head in enumerate(heads):
        body += [mid(LEFT + across * (k + .5), bottom - 20 * (len(head) - 1 - j), words)
                 for j, words in enumerate(head)]
    for mistake, found in answers.items():
        body += [line(16, y, WIDTH - 16, y, "hair"), text(16, y + 25, shorten(mistake, LEFT - 16)),
                 *(_mark(LEFT + across * (k + .5), y + 7, found[name]) for k, name in enumerate(names)),
                 *_count(y, [*found.values()])]
        y += ROW
    body += [line(16, y, WIDTH - 16, y, "edge"), text(16, y + 24, "catches", cls="b")]
    for k, column in enumerate(columns.values()):
        body += [mid(LEFT + across * (k + .5), y + 24, _share(column), cls="b"),
                 mid(LEFT + across * (k + .5), y + 42, _skipped(column), cls="soft") if _skipped(column) else ""]
    words = [*(_words(mistake, found) for mistake, found in answers.items()),
             " ".join(f"{name} catches {_share(column)}{_skipped(column, ', ')}." for name, column in columns.items())]
    return caption.picture(words, body, y + 58)


def _answers(reports: Any) -> dict[str, dict[str, str]]:
    """Mistake → finding → status, checked."""
    if not isinstance(reports, Mapping) or not reports:
        raise ConfigError("reports must be a dict with at least one report, such as {\"bn_per_path\": report}; got "
                          f"{shown(reports)}")
    if len(reports) > MOST_MISTAKES:
        raise ConfigError(f"reports may have {MOST_MISTAKES} mistakes; got {len(reports)}")
    answers = {}
    for mistake, report in reports.items():
        findings = getattr(report, "findings", None)
        if not isinstance(findings, Sequence) or not findings:
            raise ConfigError(f"reports[{mistake!r}] must have findings, such as that of prove_equivalent; got "
                              f"{shown(report)}")
        answers[sentence("a mistake", mistake)] = {finding.name: finding.status for finding in findings}
    names = [*next(iter(answers.values()))]
    for mistake, found in answers.items():
        if [*found] != names:
            raise ConfigError(f"all reports must have the same findings; {mistake!r} has {', '.join(found)}, the first "
                              f"one has {', '.join(names)}")
        for status in found.values():
            check_name("status", status, STATUSES)
    if len(names) > MOST_FINDINGS:
        raise ConfigError(f"a report may have {MOST_FINDINGS} findings here; got {len(names)}")
    return answers


def _title(answers: Mapping[str, Mapping[str, str]], columns: Mapping[str, Sequence[str]]) -> str:
    """How many mistakes are caught, and by how many findings all of them are."""
    caught = sum(any(SAID[status] == CAUGHT for status in found.values()) for found in answers.values())
    count = len(answers)
    title = f"{caught} of {plural(count, 'mistake')} {'is' if count == 1 else 'are'} caught"
    if caught < count or count == 1:
        return title
    every = [name for name, column in columns.items() if all(SAID[status] == CAUGHT for status in column)]
    how = ("but not by one finding alone" if not every else f"each by “{every[0]}”" if len(every) == 1 else
           f"each by {len(every)} findings")
    return f"All {count} mistakes are caught, {how}"


def _mark(x: float, y: float, status: str) -> str:
    """A filled frame with a ✓ for what is caught; an empty one for what is missed; a dashed one for no answer."""
    said = SAID[status]
    frame = tag("rect", x=x - WIDE / 2, y=y, width=WIDE, height=26, rx=5, cls="ink" if said == CAUGHT else "edge fine",
                stroke_dasharray="" if said in (CAUGHT, MISSED) else DASHED)
    return frame + mid(x, y + 18, said, cls="bg b" if said == CAUGHT else "")


def _count(y: float, statuses: Sequence[str]) -> list[str]:
    """At the end of a row: how many have caught the mistake, and how many were skipped."""
    skipped = _skipped(statuses)
    return [text(COUNTS + 10, y + (17 if skipped else 25), _share(statuses), cls="b"),
            text(COUNTS + 10, y + 33, skipped, cls="soft") if skipped else ""]


def _share(statuses: Sequence[str]) -> str:
    return f"{sum(SAID[status] == CAUGHT for status in statuses)} of {len(statuses)}"


def _skipped(statuses: Sequence[str], before: str = "") -> str:
    """How many gave no answer, if any."""
    count = sum(SAID[status] not in (CAUGHT, MISSED) for status in statuses)
    return f"{before}{count} skipped" if count else ""


def _words(mistake: str, found: Mapping[str, str]) -> str:
    """One row as a sentence."""
    names: dict[str, list[str]] = {CAUGHT: [], MISSED: [], "skipped": []}
    for name, status in found.items():
        names[SAID[status] if SAID[status] in names else "skipped"] += [name]
    each = " ".join(f"{word}: {', '.join(some)}." for word, some in zip(("Caught", "Missed", "Skipped"), names.values(),
                                                                       strict=True) if some)
    return f"{mistake}: caught by {_share([*found.values()])} findings. {each}"
