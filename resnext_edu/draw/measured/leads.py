"""By how much one network leads another under several recipes."""
from collections.abc import Sequence
from typing import Any, NamedTuple

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, end, line, rect, room, shorten, text
from resnext_edu.draw.measured.caption import Caption, cut
from resnext_edu.draw.measured.values import measurement, sentence, several_rows

WIDEST, ROW = 180, 34  # the widest name, and the widest source; the height of a row
PARTS_OF_A_LEAD = ("name", "source", "lead")


class Lead(NamedTuple):
    """One recipe.

    Parameters
    ----------
    name, source : str
        The recipe, and who has trained with it.
    lead : float
        By how much one network is better than the other.
    """

    name: str
    source: str
    lead: float

    @property
    def written(self) -> str:
        """The lead as it was published: 1.7 is not 1.70, which would claim one more digit."""
        return f"{round(self.lead, 4):.12g}".replace("-", "−")


def leads_picture(rows: Sequence[tuple[str, str, float]], *, title: str, how: str, axis: str) -> Picture:
    """A bar for each recipe, as long as the lead; what lies behind has its bar on the left of the line.

    Parameters
    ----------
    rows : sequence of tuple
        (name, source, lead) of each recipe, in the order in which they are drawn.
    title : str
        The finding.
    how : str
        How to read the picture.
    axis : str
        What the lead is, and its unit.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If there is nothing to draw, or a lead is not a finite number.

    Examples
    --------
    >>> print(leads_picture([("2016", "paper", 1.7), ("A1", "timm", .14)], title="Better recipes, smaller lead",
    ...                     how="Top-1 on ImageNet.", axis="lead, points").words)
    Top-1 on ImageNet.
    lead, points:
    2016 (paper): 1.7.
    A1 (timm): 0.14.
    """
    caption, found, unit = Caption.of(title, how), _leads(rows), sentence("axis", axis)
    source = 36 + min(WIDEST, max(room(row.name) for row in found))
    left = source + 20 + min(WIDEST, max(room(row.source) for row in found))
    number = max(room(row.written) for row in found) + 10
    behind, ahead = min(0.0, *(row.lead for row in found)), max(0.0, *(row.lead for row in found))
    zero = left + (number if behind < 0 else 0)
    space = (WIDTH - 16 - number - zero) / (ahead - behind or 1)
    zero -= behind * space
    top = caption.bottom + 58
    body = [text(left, top - 16, cut(unit, WIDTH - 16 - left), cls="b")]
    for k, row in enumerate(found):
        y, long = top + ROW * (k + .5), abs(row.lead) * space
        write, x = (text, zero + long + 8) if row.lead >= 0 else (end, zero - long - 8)
        body += [text(16, y + 5, shorten(row.name, source - 32), cls="b"),
                 text(source, y + 5, cut(row.source, left - source - 16), cls="soft"),
                 rect(zero - (long if row.lead < 0 else 0), y - 9, long, 18, "bar"),
                 write(x, y + 5, row.written, cls="b")]
    body += [line(zero, top, zero, top + ROW * len(found), "edge")]
    words = [f"{unit}:", *(f"{row.name} ({row.source}): {row.written}." for row in found)]
    return caption.picture(words, body, top + ROW * len(found) + 16)


def _leads(rows: Any) -> list[Lead]:
    return [Lead(sentence(f"the name in rows[{k}]", name), sentence(f"the source in rows[{k}]", source),
                 measurement(f"the lead in rows[{k}]", lead))
            for k, (name, source, lead) in enumerate(several_rows("rows", rows, PARTS_OF_A_LEAD))]
