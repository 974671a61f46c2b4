"""Fewer multiply–adds: how much less time do they take? Measured on one machine, in benchmarks/results.json."""
from collections.abc import Mapping
from math import isfinite, log2
from typing import Any

from resnext_edu.draw.kit.page import Page
from resnext_edu.draw.kit.picture import Chart
from resnext_edu.draw.kit.svg import LIGHT
from resnext_edu.errors import DataError, message_of, positive_int
from resnext_edu.words import plural

LEFT, BOTTOM, OCTAVE, DOUBLE = 70, 400, 46, 34  # x of 1 group, y of no gain; a doubling to the right, and up
BARS, LONG, TOP, ROW = 560, 150, 160, 44  # the bars: their x, the longest, y of the first, from one to the next
BAR = "#909090"  # ink on white at half its strength
Ratios = dict[str, tuple[float, float, float]]  # name → median, low and high of a time over the reference's


def speedup_picture(results: Mapping[str, Any]) -> Chart:
    """How many times faster a convolution gets with more groups, beside how many times less it computes.

    On the right are whole blocks: their times beside that of 1×64d. It is a PNG, as times differ between machines.

    Parameters
    ----------
    results : mapping of str to object
        What `make bench` writes to benchmarks/results.json. Its part "cardinality" is drawn: `groups` and `blocks`
        (name → median, low and high of a time, in units of the first one's), `channels` and `size` of the
        convolution, `torch`, `threads` and `rounds`.

    Returns
    -------
    Chart
        It shows itself as PNG.

    Raises
    ------
    DataError
        If that part is missing, or a time is not a finite number above 0.

    References
    ----------
    Table 3 of the paper, for the errors at the same budget.

    Examples
    --------
    >>> half = {"median": .5, "low": .4, "high": .6}
    >>> one = {"median": 1, "low": 1, "high": 1}
    >>> part = {"torch": "2.6.0", "threads": 1, "rounds": 60, "channels": 128, "size": 56}
    >>> part |= {"groups": {"1": one, "2": half}, "blocks": {"1×64d": one, "32×4d": one}}
    >>> print(speedup_picture({"cardinality": part}).text.splitlines()[1])
    2 groups: 2.0 times faster, with 2 times fewer MACs.
    """
    try:
        part = dict(results)["cardinality"]
        groups, blocks = _ratios(part["groups"]), _ratios(part["blocks"])
        channels, size, threads, rounds = (
            positive_int(name, part[name]) for name in ("channels", "size", "threads", "rounds"))
        where = f"{plural(threads, 'thread')}, CPU, PyTorch {part['torch']}, {rounds} rounds."
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"the results have no times of groups and blocks ({message_of(error)}); measure them again "
                        "with `make bench`") from error
    title = "Multiply–adds are not time"
    page = Page(484, title, f"Measured with {where} Another machine has other numbers.")
    _curve(page, groups, channels, size)
    _bars(page, blocks)
    words = [f"{name} groups: {1 / median:.1f} times faster, with {name} times fewer MACs."
             for name, (median, _, _) in groups.items() if name != "1"]
    words += [f"Block {name}: {median:.2f} of the time of 1×64d." for name, (median, _, _) in blocks.items()]
    return Chart(page.figure, "\n".join((title, *words, where)))


def _curve(page: Page, groups: Ratios, channels: int, size: int) -> None:
    """How many times faster, over the groups; both axes go in doublings. Dashed: how many times fewer MACs."""
    page.text(16, 96, f"a 3×3 of {channels} channels on {size}×{size}: times faster", weight="bold")
    places = [(LEFT + OCTAVE * log2(int(name)), *(BOTTOM + DOUBLE * log2(t) for t in times))
              for name, times in groups.items()]
    most = max(log2(int(name)) for name in groups)
    page.axes.plot([LEFT, LEFT + OCTAVE * most], [BOTTOM, BOTTOM - DOUBLE * most], color=LIGHT["ink"],
                   linewidth=1.1, linestyle=(0, (4, 2.5)))
    page.text(LEFT + OCTAVE * most + 8, BOTTOM - DOUBLE * most + 5, f"{2 ** most:.0f}×", LIGHT["soft"])
    page.text(16, 118, "each step to the right, and up, is a doubling", LIGHT["soft"])
    page.text(LEFT, BOTTOM - DOUBLE * most + 20, "dashed: as many times\nas there are fewer MACs", LIGHT["soft"])
    page.axes.plot([x for x, *_ in places], [y for _, y, *_ in places], color=LIGHT["ink"], linewidth=1.1)
    page.line(LEFT - 14, BOTTOM + 30, LEFT + OCTAVE * most + 20, BOTTOM + 30, LIGHT["line"], 1)
    page.text(LEFT - 4, BOTTOM + 70, "groups", weight="bold")
    following = [y for _, y, *_ in places[1:]] + [0]
    for (name, (median, _, _)), (x, y, low, high), then in zip(groups.items(), places, following, strict=True):
        page.line(x, low, x, high)
        page.mark(x, y, "o")
        place = (x - 14, low - 8) if then > y else (x + 9, y + 19)  # clear of the line, which goes on downwards
        page.text(*place, f"{1 / median:.0f}×" if median < .1 else f"{1 / median:.1f}×", weight="bold",
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
        page.text(x, BOTTOM + 48, name, LIGHT["soft"], ha="center")


def _bars(page: Page, blocks: Ratios) -> None:
    """A bar for each block: its time in units of that of 1×64d, which is dashed."""
    page.text(BARS - 70, 96, "a whole block: its time", weight="bold")
    page.text(BARS - 70, 118, "dashes: 1×64d", LIGHT["soft"])
    unit = LONG / max(high for _, _, high in blocks.values())
    for k, (name, (median, low, high)) in enumerate(blocks.items()):
        y = TOP + ROW * k
        page.text(BARS - 70, y + 5, name)
        page.line(BARS, y, BARS + unit * median, y, BAR, 16)
        page.line(BARS + unit * low, y, BARS + unit * high, y)
        page.text(BARS + unit * max(median, high) + 9, y + 5, f"{median:.2f}×", weight="bold")
    page.axes.plot([BARS + unit] * 2, [TOP - 18, TOP + ROW * (len(blocks) - 1) + 18], color=LIGHT["ink"],
                   linewidth=1.1, linestyle=(0, (4, 2.5)))


def _ratios(found: Mapping[str, Any]) -> Ratios:
    ratios = {name: (float(ratio["median"]), float(ratio["low"]), float(ratio["high"]))
              for name, ratio in found.items()}
    if not ratios or not all(isfinite(time) and time > 0 for times in ratios.values() for time in times):
        raise ValueError(f"{found} must hold times above 0")
    return ratios
