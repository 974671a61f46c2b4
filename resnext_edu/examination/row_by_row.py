"""Each row of a trace beside its price in the closed form: what costs more or less, and why."""
from collections.abc import Mapping, Sequence

from resnext_edu.counts.rows import TraceRow
from resnext_edu.examination.levels import NORMS, channels_of
from resnext_edu.examination.of_the_function import Seen
from resnext_edu.examination.plain_rows import Computed
from resnext_edu.examination.plan_prices import prices
from resnext_edu.examination.rows_to_plan import ReadNetwork
from resnext_edu.examination.texts import found


def row_by_row(rows: Sequence[TraceRow], computed: Mapping[int, Computed], read: ReadNetwork, size: tuple[int, ...]
               ) -> Seen:
    """Hold the rows against the prices of the plan that was read from them.

    Parameters
    ----------
    rows : sequence of TraceRow
    computed : mapping of int to Computed
        The rows whose weights are computed from others.
    read : ReadNetwork
    size : tuple of int
        (N, C, H, W).
    """
    odd: set[int] = set()
    shared: dict[int, int] = {}
    bare: dict[int, int] = {}
    own: dict[int, int] = {}
    parts = read.parts()
    for part, price in zip(parts, prices(read.plan, (size[2], size[3])), strict=True):
        more = sum(rows[k].params for k in part) - price.params
        again = [k for k in part if rows[k].calls > 1 and not rows[k].params]
        plain = [k for k in part if rows[k].op in NORMS and not rows[k].params and k not in again]
        if more < 0 and again:
            shared[again[0]] = more
        elif plain and more == -2 * sum(channels_of(rows[k]) for k in plain):
            bare[plain[0]] = more
        elif more and more == _biases_of_paths(rows, part):
            own[part[0]] = more
        elif more:
            odd |= set(part)
        if sum(rows[k].macs or 0 for k in part) != price.macs * size[0]:
            odd |= set(part)
    known = {k for part in parts for k in part} | {k for block in read.blocks for k in (*block.gates, *block.others,
                                                                                        *block.behind)}
    known |= {k for level in read.stem for k in level.others} | {k for k in read.image if rows[k].macs == 0}
    odd |= {k for k, row in enumerate(rows) if k not in known and (row.params or row.macs != 0)}
    ops = ", ".join(sorted({op for each in computed.values() for op in each.ops}))
    departures = [found(name, [rows[k].path for k in amounts], sum(amounts.values()), 0, *words)
                  for name, amounts, words in (
                      ("shared_layers", shared, ()), ("norm_without_weights", bare, ()), ("bias_per_path", own, ()),
                      ("computed_weights", {k: each.surplus for k, each in computed.items()}, (ops,)))
                  if amounts]
    return Seen(departures, odd)


def _biases_of_paths(rows: Sequence[TraceRow], part: Sequence[int]) -> int:
    """How many biases there are beyond one for each channel, if several convolutions that are added have some."""
    convs = [k for k in part if rows[k].op == "conv2d"]
    return (len(convs) - 1) * channels_of(rows[convs[0]]) if convs else 0
