"""Why a sum of 1×1s is one 1×1: two products and their sum, beside one product of longer rows."""
from collections.abc import Sequence
from typing import NamedTuple

from resnext_edu.config import BlockSpec, check_spec
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, arrow, end, line, mid, node, path, rect, text
from resnext_edu.errors import ConfigError, shown

SEAM = 424  # x: where Σ stands in (a), and where the two halves of the long row meet in (b)
RESULT = 730  # x: where the result stands, in both
WIDE, TALL = 40, 34  # of a cell
Y = {"a": 120, "written a": 226, "b": 316, "written b": 486, "block": 534, "end": 560}

Pair = Sequence[int]  # two numbers
Column = tuple[int, ...]
Matrix = tuple[Column, ...]  # its rows
STANDARD = BlockSpec(256, 256, cardinality=32, width_per_group=4)


class Product(NamedTuple):
    """A matrix, and the column that it is multiplied by.

    Examples
    --------
    >>> Product(((1, 2), (0, 4)), (3, 1)).result
    (5, 4)
    """

    matrix: Matrix
    column: Column

    @property
    def result(self) -> Column:
        """What comes out."""
        return tuple(sum(w * x for w, x in zip(row, self.column, strict=True)) for row in self.matrix)

    def beside(self, other: "Product") -> "Product":
        """The matrices side by side, the columns on top of each other."""
        rows = tuple(left + right for left, right in zip(self.matrix, other.matrix, strict=True))
        return Product(rows, self.column + other.column)

    def written(self) -> str:
        """How the first number of the result comes about."""
        return " + ".join(f"{w}·{x}" for w, x in zip(self.matrix[0], self.column, strict=True))


def side_by_side_picture(W1: Sequence[Pair] = ((1, 2), (0, 4)), x1: Pair = (3, 1),
                         W2: Sequence[Pair] = ((5, 1), (2, 3)), x2: Pair = (2, 5),
                         spec: BlockSpec = STANDARD) -> Picture:
    """The same two numbers, in form (a) from two products and a Σ, in form (b) from one product.

    Parameters
    ----------
    W1, W2 : sequence of two pairs of int
        The last 1×1 of path 1 and of path 2: a row for each output, a column for each channel of the path.
    x1, x2 : pair of int
        What the two paths hand over, a number for each channel.
    spec : BlockSpec
        The block in the last line of the picture.

    Returns
    -------
    Picture
        Always of the same size.

    Raises
    ------
    ConfigError
        If a matrix is not 2×2, a column does not have two numbers, or a number is not one of 0 … 9.

    References
    ----------
    Xie et al., Aggregated Residual Transformations for Deep Neural Networks, footnote 3:
    A₁B₁ + A₂B₂ = [A₁, A₂][B₁; B₂].

    Examples
    --------
    >>> print(side_by_side_picture().text.splitlines()[2])
    (b) concat: [W₁ W₂] times x₁ on top of x₂ is (20, 23) at once. The first number is 1·3 + 2·1 + 5·2 + 1·5 = 20.
    """
    check_spec(spec)
    first, second = _checked("1", W1, x1), _checked("2", W2, x2)
    long = first.beside(second)
    total = tuple(a + b for a, b in zip(first.result, second.result, strict=True))
    title = "Two products and their sum are one product of longer rows"
    d, width, out = spec.width_per_group, spec.bottleneck_width, spec.out_channels
    block = f"In the block: {spec.cardinality} matrices of {out}×{d}, side by side, are one of {out}×{width}."
    words = "\n".join((
        f"(a) split_sum: W₁ x₁ = {first.result}, and W₂ x₂ = {second.result}; Σ of both is {total}. "
        f"The first number is ({first.written()}) + ({second.written()}) = {total[0]}.",
        f"(b) concat: [W₁ W₂] times x₁ on top of x₂ is {long.result} at once. "
        f"The first number is {long.written()} = {long.result[0]}.",
        "Each half of a long row meets the numbers of its own path; the + between the halves is the Σ of form (a).",
        block))
    how = "W: the last 1×1 of a path. x: what the path hands it. Bold: how the first number comes about."
    body = (_split_sum(first, second, total), line(16, Y["b"] - 52, WIDTH - 16, Y["b"] - 52, "hair"),
            _concat(first, second, long), _seam(),
            line(16, Y["block"] - 24, WIDTH - 16, Y["block"] - 24, "hair"), text(16, Y["block"], block))
    return Picture(title, (how,), words, body, Y["end"])


def _split_sum(first: Product, second: Product, total: Column) -> str:
    y, out = Y["a"], []
    for sub, product, x, heavy in (("₁", first, SEAM - 222, True), ("₂", second, SEAM + 26, False)):
        column, result = x + 2 * WIDE + 10, x + 3 * WIDE + 38
        out += [_matrix(x, y, (product.matrix, heavy)), mid(x + WIDE, y - 10, f"W{sub}", cls="b c3"),
                _column(column, y, (product.column, heavy)), mid(column + WIDE / 2, y - 10, f"x{sub}", cls="b"),
                mid(result - 14, y + TALL + 6, "=", cls="big"), _column(result, y, (product.result, heavy), bold=1)]
    out += [node(SEAM, y + TALL, "Σ"), _written(Y["written a"], f"({first.written()})", "Σ", f"({second.written()})"),
            line(RESULT - 42, y + TALL, RESULT - 14, y + TALL, "edge"), arrow(RESULT - 8, y + TALL)]
    out += [_result(y, Y["written a"], total)]  # an arrow leads there: after = it would seem equal to path 2's
    return "".join(out) + _margin("(a) split_sum", y, "each path has its", "own matrix;", "Σ adds the results")


def _concat(first: Product, second: Product, long: Product) -> str:
    y, x, tall = Y["b"], SEAM - 2 * WIDE, SEAM + 2 * WIDE + 14  # the matrix stands at half the tall column's height
    out = [_matrix(x, y + TALL, (first.matrix, True), (second.matrix, False)),
           mid(x + WIDE, y + TALL - 10, "W₁", cls="b c3"), mid(SEAM + WIDE, y + TALL - 10, "W₂", cls="b c3"),
           _column(tall, y, (first.column, True), (second.column, False)),
           text(tall + WIDE + 9, y + TALL + 5, "x₁", cls="b"), text(tall + WIDE + 9, y + 3 * TALL + 5, "x₂", cls="b"),
           mid(RESULT - 24, y + 2 * TALL + 6, "=", cls="big"), _result(y + TALL, Y["written b"], long.result),
           _written(Y["written b"], first.written(), "+", second.written())]
    return "".join(out) + _margin("(b) concat", y, "a row meets x₁ with", "its left half, x₂ with",
                                  "its right half; the +", "between them is the Σ")


def _margin(name: str, y: float, *lines: str) -> str:
    return text(16, y + 6, name, cls="big") + "".join(
        text(16, y + 30 + 20 * k, words, cls="soft") for k, words in enumerate(lines))


def _seam() -> str:
    """The guide from Σ down to the +: both are the same addition."""
    return "".join(line(SEAM, top, SEAM, bottom, "edge dot") for top, bottom in (
        (Y["a"] + TALL + 14, Y["written a"] - 19), (Y["written a"] + 9, Y["b"] + TALL - 4),
        (Y["b"] + 3 * TALL + 6, Y["written b"] - 19)))


def _result(y: float, written: float, numbers: Column) -> str:
    return "".join((_column(RESULT, y, (numbers, False), bold=1), mid(RESULT - 24, written, "=", cls="b"),
                    mid(RESULT + WIDE / 2, written, str(numbers[0]), cls="b")))


def _written(y: float, left: str, sign: str, right: str) -> str:
    """How the first number comes about; only the sign between the paths differs from form to form."""
    return end(SEAM - 16, y, left, cls="b") + node(SEAM, y - 5, sign) + text(SEAM + 16, y, right, cls="b")


def _matrix(x: float, y: float, *parts: tuple[Matrix, bool]) -> str:
    """A frame of the last 1×1's colour, pale around a path that is not followed; parts have no line between them."""
    wide, tall, edge = 2 * WIDE, 2 * TALL, 3
    out = [rect(x + wide * k, y, wide, tall, "c3" if heavy else "c3 pale") for k, (_, heavy) in enumerate(parts)]
    out += [rect(x + edge, y + edge, wide * len(parts) - 2 * edge, tall - 2 * edge, "bg")]
    out += [_number(x + wide * k + WIDE * i, y + TALL * o, value, bold=o == 0)
            for k, (rows, _) in enumerate(parts) for o, row in enumerate(rows) for i, value in enumerate(row)]
    return "".join(out)


def _column(x: float, y: float, *parts: tuple[Column, bool], bold: int = 4) -> str:
    """Numbers below each other, the first `bold` of them bold; parts have no line between them, either."""
    frame, out = 2 * TALL, []
    for k, (numbers, heavy) in enumerate(parts):
        top, foot, cls = y + frame * k, y + frame * (k + 1), "hi" if heavy else "edge"
        first, last = (foot, top) if k < len(parts) - 1 else (top, foot)  # the upper part is open below
        steps = ("M", x, first, "V", last, "h", WIDE, "V", first)
        out += [path((*steps, "Z") if len(parts) == 1 else steps, cls)]
        out += [_number(x, top + TALL * j, value, j < bold) for j, value in enumerate(numbers)]
    return "".join(out)


def _number(x: float, y: float, value: int, bold: bool) -> str:
    return mid(x + WIDE / 2, y + TALL / 2 + 6, str(value), cls="big" if bold else "")


def _checked(name: str, matrix: Sequence[Pair], column: Pair) -> Product:
    """The product of a path, if it can be drawn: two rows of two numbers and a column of two, digits only."""
    try:
        found = Product(tuple(tuple(row) for row in matrix), tuple(column))
    except TypeError:
        found = Product((), ())
    lines = (*found.matrix, found.column)
    digits = all(isinstance(number, int) and 0 <= number <= 9 for line in lines for number in line)
    if not digits or [len(line) for line in lines] != [2, 2, 2]:
        raise ConfigError(f"W{name} must be two rows of two digits and x{name} two digits, such as ((1, 2), (0, 4)) "
                          f"and (3, 1); got {shown(matrix)} and {shown(column)}")
    return found
