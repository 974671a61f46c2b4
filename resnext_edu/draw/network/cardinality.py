"""More paths, or wider ones? One configuration C×d: its block to scale, its place on the budget, its stages."""
from functools import lru_cache

from resnext_edu.config import BlockSpec
from resnext_edu.cost import analytic_cost, conv_weights, matched_width
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.kit.marks import DASHED
from resnext_edu.draw.kit.paths import Paths
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import end, node, path, text
from resnext_edu.draw.network.budget_plot import AXIS, BUDGET, DEPTH_50, DEPTH_101, REFERENCE, STOPS, TWICE, budget_plot
from resnext_edu.draw.network.stage_bars import COLUMNS, change, stage_bars
from resnext_edu.errors import ConfigError, positive_int, shown
from resnext_edu.words import dims, memory

CENTRE, SPAN, UNIT = 176, 250, 1.75  # of the block: its middle, its greatest width, units for each channel
TIP, Y, HEIGHT, SUM = 150, (196, 272, 370), (24, 44, 24), 448
TABLE = AXIS + 62


def cardinality_picture(cardinality: int = 32, width_per_group: int | None = None) -> Picture:
    """ResNeXt-50 with C paths of width d, beside 1×64d, which is ResNet-50.

    Parameters
    ----------
    cardinality : int
        *C*: 1, 2, 4, 8, 16, 32 or 64.
    width_per_group : int, optional
        *d* of the first stage, at most 100; by default the one that keeps the budget of 1×64d.

    Returns
    -------
    Picture
        Always of the same size.

    Raises
    ------
    ConfigError
        If the cardinality is not one of those, or the width is not a whole number from 1 to 100.

    References
    ----------
    Tables 2, 3 and 4 of the paper.

    Examples
    --------
    >>> print(cardinality_picture(32).text.splitlines()[0])
    The same budget, 32 paths: less error, more memory
    >>> print(cardinality_picture(32, 8).text.splitlines()[0])
    32×8d has 2.1 times the weights of 1×64d in a block
    """
    C, d = cardinality, width_per_group
    if isinstance(C, bool) or not isinstance(C, int) or C not in STOPS:
        raise ConfigError(f"cardinality must be one of {', '.join(map(str, STOPS))}; got {shown(C)}")
    d = matched_width(REFERENCE, C) if d is None else positive_int("width_per_group", d)
    if d > 100:
        raise ConfigError(f"width_per_group must be 100 or less, so that it has a place in the picture; got {d}")
    config, title = REFERENCE.replace(cardinality=C, width_per_group=d), _title(C, d)
    now, before = resnext50_cost(C, d), resnext50_cost(1, 64)
    how = "ResNeXt-50 on one 224×224 image. Memory: what convolutions put out, × 4 bytes. Ticks: 1×64d."
    words = [f"{C}×{d}d: an inner block of layer1 has {C} × {d} = {C * d} channels in the middle and "
             f"{block_weights(C, d):,} convolution weights; the budget, that of 1×64d, is {BUDGET:,}.", _errors(C, d)]
    words += [f"{name}: {dims(part.rows[-1].output_shape[1:])}, {_counts(part)}."
              for name, part in now.by_stage().items()]
    beside = (f"{name} {change(getattr(now, what), getattr(before, what))}" for what, (*_, name) in COLUMNS.items())
    words += [f"All: {_counts(now)}. Beside 1×64d: {', '.join(beside)}."]
    body = (_block(C, d), budget_plot(C, d), stage_bars(config, now, before, "1×64d", TABLE))
    return Picture(title, (how,), "\n".join(words), body, TABLE + 191)


@lru_cache(256)
def resnext50_cost(cardinality: int, width_per_group: int) -> Trace:
    """What ResNeXt-50 with C paths of width d costs: worked out once for a picture, its numbers and its neighbours.

    Parameters
    ----------
    cardinality, width_per_group : int
        *C* and *d*.

    Examples
    --------
    >>> resnext50_cost(32, 4).total_params
    25028904
    """
    return analytic_cost(REFERENCE.replace(cardinality=cardinality, width_per_group=width_per_group))


def block_weights(cardinality: int, width_per_group: int) -> int:
    """The convolution weights of an inner block of the first stage.

    Parameters
    ----------
    cardinality, width_per_group : int
        *C* and *d*.

    Examples
    --------
    >>> block_weights(1, 64), block_weights(32, 4)
    (69632, 70144)
    """
    return sum(conv_weights(BlockSpec(256, 256, cardinality, width_per_group)).values())


def _counts(part: Trace) -> str:
    return (f"{part.total_params:,} parameters, {part.total_macs:,} MACs, "
            f"{memory(part.conv_activations)} of activations")


def _title(C: int, d: int) -> str:
    if (C, d) == (1, 64):
        return "The budget: one path of 64 channels, ResNet-50"
    if d == matched_width(REFERENCE, C):
        found = "less error, more memory" if (C, d) in DEPTH_50 else "more memory, error not measured"
        nearly = abs(block_weights(C, d) / BUDGET - 1) > .05  # d is a whole number
        return f"{'Nearly the' if nearly else 'The'} same budget, {C} paths: {found}"
    times = block_weights(C, d) / BUDGET
    return f"{C}×{d}d has {times:.{1 if times >= .95 else 2}f} times the weights of 1×64d in a block"


def _errors(C: int, d: int) -> str:
    """The errors in the paper, for those who do not see the points."""
    known = [f"{found[C, d]:.1f} % with {name}" for found, name in (
        (DEPTH_50, "50 layers"), (DEPTH_101, "101 layers"), (TWICE, "101 layers")) if (C, d) in found]
    if not known:
        return f"The paper has no error of {C}×{d}d."
    return f"Top-1 error on ImageNet: {' and '.join(known)}."


def _block(C: int, d: int) -> str:
    """C paths with their width to scale, and the dashed outline of 1×64d."""
    unit = min(UNIT, SPAN / (C * d))
    p, dashed = Paths(CENTRE - C * d * unit / 2, C * d * unit, C, round(C / 6)), 64 * unit
    out = [text(16, 92, "a block of layer1, width to scale", cls="b"),
           text(16, 118, f"{C} × {d} = {C * d:,} channels", cls="big"), p.fan(TIP, Y[0], True)]
    out += [p.flow(Y[k] + HEIGHT[k], Y[k + 1], True) for k in (0, 1)] + [p.fan(SUM - 8, Y[2] + HEIGHT[2], True)]
    out += [p.layer(Y[k], HEIGHT[k], True, f"c{k + 1}") for k in range(3)]
    out += [end(44, Y[k] + HEIGHT[k] / 2 + 5, ("1×1", "3×3", "1×1")[k], cls=f"b c{k + 1}") for k in range(3)]
    out += [path(("M", CENTRE - dashed / 2, Y[0] - 6, "h", dashed, "V", Y[2] + HEIGHT[2] + 6, "h", -dashed, "Z"),
                 "edge", stroke_dasharray=DASHED)]
    return "".join((*out, node(CENTRE, SUM, "Σ"), text(CENTRE + 20, SUM + 5, "dashed: 1 × 64", cls="soft"),
                    text(16, TIP, f"d = {d}", cls="b")))
