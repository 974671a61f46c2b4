"""What each path of a block means to each class: a row for a path, a column for a class, and one for all classes."""
from collections.abc import Sequence
from typing import Any, NamedTuple

from resnext_edu.draw.kit.axes import Axis, decimal
from resnext_edu.draw.kit.marks import DASHED, joined, point
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, end, line, mid, rect, room, shorten, text
from resnext_edu.draw.measured.caption import Caption, cut
from resnext_edu.draw.measured.values import measurement, measurements, sentence, several_rows
from resnext_edu.errors import ConfigError, shown

ROW, WIDEST = 36, 96  # the height of a row of a path, the widest name of one
LOW_ROW = 26  # the height of the two rows above them
MOST = 10  # classes: with more, their numbers have no room beside each other
STAIRS = 3  # the names of the classes stand on so many steps, so that each has room for three columns
PARTS_OF_A_CHANGE = ("name", "change of all classes", "change of each class")

Interval = tuple[float, float, float]  # percentage points, and the ends of their 95 % interval


class Without(NamedTuple):
    """The change without one path, or without all.

    Parameters
    ----------
    name : str
    change : tuple of three float
        Over all classes: points, low, high.
    classes : list of tuple of three float
        The same in each class.
    """

    name: str
    change: Interval
    classes: list[Interval]

    def words(self, classes: Sequence[str]) -> str:
        """All its numbers, for those who do not see the bars."""
        each = ", ".join(f"{name} {_whole(value)}{' (shown)' if _is_shown(value) else ''}"
                         for name, value in zip(classes, self.classes, strict=True))
        return f"{self.name}: {decimal(self.change[0], 1)} {_ends(self.change)}; {each}."


def path_changes_picture(rows: Sequence[tuple[str, Interval, Sequence[Interval]]], classes: Sequence[str], *,
                         all_paths: tuple[Interval, Sequence[Interval]], before: tuple[float, Sequence[float]],
                         title: str, how: str) -> Picture:
    """A row for each silenced path: how many points of accuracy are lost or gained, over all classes and in each.

    Where the interval leaves out 0, the number is bold and its bar is strong.

    Parameters
    ----------
    rows : sequence of tuple
        (name, change, change of each class) for each path. A change is (points, low, high): the accuracy with the path
        silenced minus that with all paths, in percentage points, and the ends of its 95 % interval.
    classes : sequence of str
        1 to 10 names.
    all_paths : tuple
        (change, change of each class) if all of these paths are silenced.
    before : tuple
        (percent, percent of each class): the accuracy with all paths.
    title : str
        The finding.
    how : str
        How to read the picture.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If there is nothing to draw, or a number is missing, not finite, or outside of its interval.

    Examples
    --------
    >>> print(path_changes_picture([("path 0", (-2.5, -4, -1), [(-5, -9, -1), (0, -3, 3)])], ("Bag", "Coat"),
    ...                            all_paths=((-40, -43, -37), [(-50, -60, -40), (-30, -35, -25)]),
    ...                            before=(90, (98, 82)), title="Bags need path 0", how="Left is a loss.").words)
    Left is a loss.
    Accuracy with all paths: 90.0 %; Bag 98, Coat 82.
    Change in points without any: −40.0 [−43.0, −37.0]; Bag −50 (shown), Coat −30 (shown).
    path 0: −2.5 [−4.0, −1.0]; Bag −5 (shown), Coat 0.
    """
    caption, names = Caption.of(title, how), _classes(classes)
    found = [_without(f"rows[{k}]", name, change, each, len(names))
             for k, (name, change, each) in enumerate(several_rows("rows", rows, PARTS_OF_A_CHANGE))]
    change, each = _pair("all_paths", all_paths)
    together = _without("all_paths", "without any", change, each, len(names))
    overall, of_each = _pair("before", before)
    accuracy, shares = measurement("before[0]", overall), measurements("before[1]", of_each)
    _check_as_many("before[1]", shares, len(names))
    words = [f"Accuracy with all paths: {decimal(accuracy, 1)} %; "
             + ", ".join(f"{name} {decimal(value, 0)}" for name, value in zip(names, shares, strict=True)) + ".",
             f"Change in points {together.words(names)}", *(row.words(names) for row in found)]
    plan = _Plan.of(found, names, caption.bottom + 24 + 20 * min(STAIRS, len(names)))
    body = [*plan.heads(names), *plan.above(accuracy, shares, together)]
    body += [part for k, row in enumerate(found) for part in plan.row(row, k)]
    return caption.picture(words, body, plan.bottom + 36)


class _Plan(NamedTuple):
    """Where the rows and the columns stand."""

    top: float
    bottom: float
    forest: Axis  # of the changes over all classes
    numbers: float  # where the numbers of these end
    left: float  # of the first class
    column: float  # how wide a class is
    unit: float  # how long the bar of a point is

    @classmethod
    def of(cls, rows: Sequence[Without], names: Sequence[str], top: float) -> "_Plan":
        column = min(90, (WIDTH - 16 - 316) / len(names))
        left = WIDTH - 16 - column * len(names)
        most = max(abs(value[0]) for row in rows for value in row.classes) or 1.0
        first = 40 + min(WIDEST, max(room(row.name) for row in rows))
        last = left - 36 - max(room(decimal(row.change[0], 1)) for row in rows)
        forest = Axis.over([0.0, *(side for row in rows for side in row.change[1:])], first, last, margin=.03)
        return cls(top, top + 2 * LOW_ROW + 8 + ROW * len(rows), forest, left - 20, left, column,
                   (column / 2 - 4) / most)

    @property
    def start(self) -> float:
        """Where the rows of the paths begin."""
        return self.top + 2 * LOW_ROW

    def centre(self, k: int) -> float:
        """The middle of a class."""
        return self.left + (k + .5) * self.column

    def heads(self, names: Sequence[str]) -> list[str]:
        """The names of the columns, and the axis of the first one."""
        zero = self.forest.at(0)
        out = [end(self.numbers, self.top - 10, "all classes", cls="b"),
               self.forest.upright(self.start, self.bottom, most=4),
               joined([(zero, self.start), (zero, self.bottom)], DASHED)]
        steps = min(STAIRS, len(names))
        for k, name in enumerate(names):
            below = steps - 1 - k % steps  # how many steps stand under this one
            wide = 2 if k == len(names) - 1 >= steps else steps  # the last one may not go on to the right
            y, written = self.top - 10 - 20 * below, cut(name, self.column * wide - (2 if wide < steps else 12))
            half = room(written) / 2
            place = max(self.centre(k), (16 if below else self.left - 12) + half)
            out += [line(self.centre(k), y + 6, self.centre(k), self.top, "hair")] if below else []
            out += [mid(min(place, WIDTH - 10 - half), y, written, cls="b")]
        return out

    def above(self, accuracy: float, each: Sequence[float], together: Without) -> list[str]:
        """What the network can do with all paths, and what is left without all of them."""
        first, second = self.top + 18, self.top + LOW_ROW + 18
        out = [line(16, self.top, WIDTH - 16, self.top, "hair"),
               text(16, first, "accuracy with all paths, %", cls="soft"),
               end(self.numbers, first, decimal(accuracy, 1), cls="soft")]
        out += [mid(self.centre(k), first, decimal(value, 0), cls="soft") for k, value in enumerate(each)]
        out += [line(16, self.top + LOW_ROW, WIDTH - 16, self.top + LOW_ROW, "hair"),
                text(16, second, together.name, cls="b"),
                end(self.numbers, second, (decimal(together.change[0], 1), "b"), f" {_ends(together.change)}")]
        out += [mid(self.centre(k), second, _whole(value), cls="b" if _is_shown(value) else "soft")
                for k, value in enumerate(together.classes)]
        return [*out, line(16, self.start, WIDTH - 16, self.start, "edge")]

    def row(self, row: Without, k: int) -> list[str]:
        """A path: its interval over all classes, and a bar with its number for each class."""
        y = self.start + 8 + ROW * (k + .5)
        points, low, high = row.change
        out = [text(16, y + 5, shorten(row.name, self.forest.start - 32), cls="b"),
               rect(self.forest.at(low), y - 2, self.forest.at(high) - self.forest.at(low), 4, "ink"),
               point(self.forest.at(points), y, 5),
               end(self.numbers, y + 5, decimal(points, 1), cls="b" if _is_shown(row.change) else "soft")]
        for c, value in enumerate(row.classes):
            zero, long, sure = self.centre(c), value[0] * self.unit, _is_shown(value)
            out += [rect(zero + min(0.0, long), y + 5, abs(long), 7, "ink" if sure else "bar")] if long else []
            out += [line(zero, y + 3, zero, y + 14, "hair"), mid(zero, y, _whole(value), cls="b" if sure else "soft")]
        return out


def _is_shown(change: Interval) -> bool:
    """Whether its interval leaves out 0."""
    return not change[1] <= 0 <= change[2]


def _whole(value: Interval) -> str:
    return decimal(value[0], 0, sign=True)


def _ends(change: Interval) -> str:
    return f"[{decimal(change[1], 1)}, {decimal(change[2], 1)}]"


def _classes(classes: Any) -> list[str]:
    if not isinstance(classes, tuple | list) or not 0 < len(classes) <= MOST:
        raise ConfigError(f"classes must be 1 to {MOST} names, since each has a column; got {shown(classes)}")
    return [sentence(f"classes[{k}]", name) for k, name in enumerate(classes)]


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ConfigError(f"{name} must be (of all classes, of each class); got {shown(value)}")
    return value[0], value[1]


def _check_as_many(name: str, values: Sequence[object], count: int) -> None:
    if len(values) != count:
        raise ConfigError(f"{name} must have an entry for each of the {count} classes; got {shown(values)}")


def _without(where: str, name: Any, change: Any, classes: Any, count: int) -> Without:
    if not isinstance(classes, tuple | list):
        raise ConfigError(f"the changes of the classes in {where} must be several (points, low, high); "
                          f"got {shown(classes)}")
    _check_as_many(f"the changes of the classes in {where}", classes, count)
    return Without(sentence(f"the name in {where}", name), _change(where, change),
                   [_change(where, one) for one in classes])


def _change(where: str, value: Any) -> Interval:
    numbers = measurements(f"a change in {where}", value)
    if len(numbers) != 3 or not numbers[1] <= numbers[0] <= numbers[2]:
        raise ConfigError(f"a change in {where} must be (points, low, high), with the points inside of their interval; "
                          f"got {shown(value)}")
    return numbers[0], numbers[1], numbers[2]
