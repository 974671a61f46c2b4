"""Several ways to train, and all runs of each on one axis."""
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resnext_edu.draw.kit.axes import Axis, decimal
from resnext_edu.draw.kit.marks import diamond, point, swarm
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, end, line, rect, room, shorten, text
from resnext_edu.draw.measured.caption import Caption, cut
from resnext_edu.draw.measured.values import measurements, named, sentence
from resnext_edu.errors import ConfigError, check_name, nearest_name, number_of
from resnext_edu.words import plural

WIDEST, ROW, OWN = 240, 54, 28  # the widest name; the height of a row, and how much more it is with own runs
BETTER = {"lower": "← lower is better", "higher": "higher is better →"}
EXAMPLE = "{'1×64d': [22.3, 22.5]}"


class ArmRow(NamedTuple):
    """One way to train.

    Parameters
    ----------
    name, note : str
        What it is called, and what is said of it in one line; the note may be empty.
    runs, yours : list of float
        What each run reached, and each run of the learner's own; the latter may be empty.
    """

    name: str
    note: str
    runs: list[float]
    yours: list[float]

    @property
    def size(self) -> str:
        """How many runs there are."""
        return plural(len(self.runs), "run")

    def words(self, digits: int) -> str:
        """All its numbers, for those who do not see the dots."""
        about = ", ".join(filter(None, (self.note, self.size)))
        own = f"; yours {_numbers(self.yours, digits)}" if self.yours else ""
        return f"{self.name} ({about}): mean {_mean(self.runs, digits)}; {_numbers(self.runs, digits)}{own}."


def arms_picture(arms: Mapping[str, Sequence[float] | tuple[str, Sequence[float]]], *, title: str, how: str, axis: str,
                 digits: int, better: str, yours: Mapping[str, Sequence[float]] | None = None) -> Picture:
    """A row for each way to train: a dot for each run, and their mean.

    Parameters
    ----------
    arms : mapping of str to sequence of float
        Name → what each run reached, or name → (note, what each run reached); a note is a few words on the arm.
    title : str
        The finding.
    how : str
        How to read the picture.
    axis : str
        What is measured, and its unit.
    digits : int
        How many decimals the numbers have, 0 … 6.
    better : str
        "lower" or "higher".
    yours : mapping of str to sequence of float, optional
        Name → the runs of the learner's own, which lie as diamonds below those of that arm.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If there is nothing to draw, a value is not a finite number, or `yours` has a name that `arms` has not.

    Examples
    --------
    >>> arms = {"1 path": [22.3, 22.5], "8 paths": ("same size", [21.5, 21.9])}
    >>> print(arms_picture(arms, title="More paths, less error", how="A dot is a run.", axis="error, %", digits=1,
    ...                    better="lower").words)
    A dot is a run.
    error, %; lower is better.
    1 path (2 runs): mean 22.4; 22.3, 22.5.
    8 paths (same size, 2 runs): mean 21.7; 21.5, 21.9.
    """
    caption, rows = Caption.of(title, how), _arms(arms, yours)
    unit, digits = sentence("axis", axis), number_of("decimals", "digits", digits, 7)
    check_name("better", better, BETTER)
    left = 40 + min(WIDEST, max(room(words) for row in rows for words in (row.name, row.note)))
    numbers = [_mean(runs, digits) for row in rows for runs in (row.runs, row.yours) if runs]
    right = WIDTH - 40 - max(map(room, (*numbers, "mean", *(row.size for row in rows))))
    scale = Axis.over([run for row in rows for run in (*row.runs, *row.yours)], left, right)
    top, pitch = caption.bottom + 64, ROW + (OWN if any(row.yours for row in rows) else 0)
    bottom = top + pitch * len(rows)
    direction = BETTER[better]
    body = [text(left, top - 16, (cut(unit, right - left - room(direction) - 12), "b"), (f" {direction}", "soft")),
            end(WIDTH - 16, top - 16, "mean", cls="b"), scale.upright(top, bottom)]
    body += [_row(row, top + pitch * k, scale, digits) for k, row in enumerate(rows)]
    words = [f"{unit}; {better} is better.", *(row.words(digits) for row in rows)]
    return caption.picture(words, body, bottom + 36)


def _row(arm: ArmRow, top: float, scale: Axis, digits: int) -> str:
    y, space = top + ROW / 2, scale.start - 36
    places = [scale.at(run) for run in arm.runs]
    mean = scale.at(sum(arm.runs) / len(arm.runs))
    out = [line(16, top, WIDTH - 16, top, "hair"), text(16, y + (-3 if arm.note else 5), shorten(arm.name, space), cls="b")]
    out += [text(16, y + 17, cut(arm.note, space), cls="soft")] if arm.note else []
    out += [point(x, y + aside, 3.5, known=False) for x, aside in zip(places, swarm(places, 8, 5), strict=True)]
    out += [rect(mean - 3, y - 22, 6, 44, "bg"), rect(mean - 1.5, y - 22, 3, 44, "ink"),
            end(WIDTH - 16, y - 3, _mean(arm.runs, digits), cls="b"), end(WIDTH - 16, y + 17, arm.size, cls="soft")]
    if arm.yours:
        below, own = y + 15 + OWN / 2, [scale.at(run) for run in arm.yours]
        out += [diamond(x, below, 6) for x in own]
        out += [text(max(own) + 12, below + 5, "yours", cls="halo"),
                end(WIDTH - 16, below + 5, _mean(arm.yours, digits))]
    return "".join(out)


def _arms(arms: Any, yours: Any) -> list[ArmRow]:
    rows, own = named("arms", arms, EXAMPLE), {} if yours is None else named("yours", yours, EXAMPLE)
    for name in own:
        if name not in rows:
            raise ConfigError(nearest_name("arm in yours", name, rows))
    found = []
    for name, value in rows.items():
        with_note = isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str)
        note, runs = value if with_note else ("", value)
        found.append(ArmRow(name, " ".join(note.split()), measurements(f"arms[{name!r}]", runs),
                         measurements(f"yours[{name!r}]", own[name]) if name in own else []))
    return found


def _mean(runs: list[float], digits: int) -> str:
    return decimal(sum(runs) / len(runs), digits)


def _numbers(runs: list[float], digits: int) -> str:
    return ", ".join(decimal(run, digits) for run in runs)
