"""One residual block, read from the rows between two waists, or from a chain without any shortcut."""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod

from resnext_edu.counts.rows import TraceRow
from resnext_edu.examination.levels import ACTIVATIONS, NORMS, POOLS, Level, Unreadable, levels_of, of_single_pixels
from resnext_edu.examination.plain_rows import MOVES
from resnext_edu.examination.plan import Block

ADDITIONS = ("add", "sum")
ONE_LINE = 3  # convolutions of a block, one after another
SQUEEZES = ("adaptive_avg_pool2d", "avg_pool2d", "mean", "adaptive_max_pool2d")


@dataclass(frozen=True)
class ReadBlock:
    """One residual block as it was read. All numbers are those of rows.

    Parameters
    ----------
    levels : tuple of Level
        Of its branch: three.
    projection : Level or None
    into : int
        The channels that come in.
    shortcut : str
        "projection", "identity", "padded" (with new channels of zeros), "none", or "series": a projection behind the
        branch and no shortcut.
    norms_before : tuple of int
        BatchNorms before the first convolution.
    gates : tuple of int
        What computes factors for the channels, such as squeeze and excitation.
    others : tuple of int
        Rows that have no place in a block, and do more than move numbers.
    pooled : bool
        Whether the shortcut has its stride in a pooling.
    behind, after : tuple
        The rows that follow the sum, and their operations.
    norms_after : tuple of int
        The BatchNorms among them.
    again : bool
        Whether the sum adds something more than once.
    """

    levels: tuple[Level, ...]
    projection: Level | None
    into: int
    shortcut: str
    norms_before: tuple[int, ...] = ()
    gates: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    pooled: bool = False
    behind: tuple[int, ...] = ()
    after: tuple[str, ...] = ()
    norms_after: tuple[int, ...] = ()
    again: bool = False

    @property
    def block(self) -> Block:
        """The block of a plan."""
        one, two, three = (level.conv for level in self.levels)
        return Block((one, two, three), self.projection and self.projection.conv, self.shortcut == "series",
                     len(self.norms_before), len(self.norms_after))

    def parts(self) -> Iterator[tuple[int, ...]]:
        """The rows of each price of the block, in the order of `prices`."""
        if self.norms_before:
            yield self.norms_before
        yield from (level.convs + level.norms for level in filter(None, [*self.levels, self.projection]))
        if self.norms_after:
            yield self.norms_after


def block_between(rows: Sequence[TraceRow], segment: range) -> ReadBlock:
    """The block between two waists; its last row adds the shortcut."""
    if rows[segment[-1]].op not in ADDITIONS:
        raise Unreadable("paths that meet, but are not added to a shortcut", segment)
    if parts := [k for k in segment if _adds_up_parts(rows[k])]:
        raise Unreadable("a block that adds up parts of one result, as split attention and selective kernels do", parts)
    into = rows[segment[0] - 1].output_shape[1] if segment[0] else rows[segment[0]].input_shape[1]
    products = {k: gate for k in segment if (gate := _gate(rows, k, segment))}
    rows = [row._replace(op="identity") if k in products else row for k, row in enumerate(rows)]
    gates = tuple(sorted(set().union(*products.values())))
    keep = [k for k in segment if k not in gates]
    terms = list(_terms(rows, segment[-1], keep))
    ends = list(dict.fromkeys(terms))
    cones = {term: _cone(rows, term, keep) for term in ends if term in keep}
    long = {term: _longest(rows, cone) for term, cone in cones.items()}
    sides = [term for term in cones if long[term] < max(2, max(long.values()))]
    branch = sorted({k for term, cone in cones.items() if term not in sides for k in cone})
    before, levels = levels_of(rows, branch, into, several=len(cones) - len(sides) > 1)
    if odd := [k for k in branch if rows[k].macs != 0 and rows[k].op != "conv2d"]:
        names = ", ".join(dict.fromkeys(rows[k].op for k in odd))
        raise Unreadable(f"a block with products that are no convolutions ({names})", segment)
    if len(levels) == ONE_LINE + 1:
        constant = not any(rows[k].params for k in levels[2].convs)
        levels = [levels[0], _merged(levels[1], levels[2], levels[0].conv.out_channels, constant), levels[3]]
    if len(levels) != ONE_LINE:
        raise Unreadable(f"a block with {len(levels)} convolutions one after another", segment)
    side = sorted({k for term in sides for k in cones[term]} - set(branch))
    level_0, projections = levels_of(rows, side, into)
    if len(projections) > 1:
        raise Unreadable(f"a shortcut with {len(projections)} convolutions", side)
    strides = [(rows[k].stride or (1,))[0] for k in level_0 if rows[k].op in POOLS and not of_single_pixels(rows[k])]
    if projections and strides:
        conv = projections[0].conv
        projections[0] = projections[0]._replace(conv=replace(conv, stride=conv.stride * max(strides)))
    moved = {rows[k].op for k in level_0} & {"pad", "cat", "concat"}
    shortcut = ("projection" if projections else "padded" if moved else
                "identity" if sides or len(cones) < len(ends) else "none")
    level_0 = [k for k in level_0 if rows[k].op not in (*MOVES, *POOLS, "zeros")]
    others = [k for k in before + level_0 if rows[k].op not in (*MOVES, *NORMS, "relu", *ADDITIONS)]
    others += [k for level in (*levels, *projections) for k in level.others]
    return ReadBlock(tuple(levels), projections[0] if projections else None, into, shortcut,
                     tuple(k for k in before if rows[k].op in NORMS), gates, tuple(others), bool(strides),
                     again=len(terms) > len(ends))


def blocks_in_a_chain(rows: Sequence[TraceRow], chain: Sequence[int], has_stem: bool
                      ) -> tuple[list[int], list[ReadBlock]]:
    """What stands at the beginning of a chain without shortcuts, and the blocks at its end that have none.

    Parameters
    ----------
    rows : sequence of TraceRow
    chain : sequence of int
    has_stem : bool
        Whether at least its first convolution belongs to a stem.
    """
    depth = _depths(rows, chain)
    steps = [[k for k in chain if rows[k].op == "conv2d" and depth[k] == step]
             for step in range(1, max(depth.values(), default=0) + 1)]
    cuts: list[int] = []
    end = len(steps)
    while length := _length_of_last_block(rows, steps[has_stem:end]):
        end -= length
        cuts.insert(0, chain.index(steps[end][0]))
    pieces = [chain[a:b] for a, b in pairwise([*cuts, len(chain)])]
    return list(chain[:cuts[0]] if cuts else chain), [_without_shortcut(rows, piece) for piece in pieces]


def only_paths(rows: Sequence[TraceRow], segment: range) -> bool:
    """Whether what lies between two waists are paths side by side, and no way leads past them."""
    if rows[segment[-1]].op not in (*ADDITIONS, *MOVES):
        return False
    terms = set(_terms(rows, segment[-1], segment))
    return terms <= set(segment) and len({_longest(rows, _cone(rows, term, segment)) for term in terms}) == 1


def _length_of_last_block(rows: Sequence[TraceRow], steps: Sequence[Sequence[int]]) -> int:
    """How many convolutions at the end are a bottleneck, with a projection behind it or without; 0 if they are none."""
    ones = [all(set(rows[k].kernel_size or ()) == {1} for k in step) for step in steps]
    if ones[-3:] == [True, False, True]:
        return 3
    return 4 if ones[-4:] == [True, False, True, True] else 0


def _without_shortcut(rows: Sequence[TraceRow], piece: Sequence[int]) -> ReadBlock:
    before = next((k for k in reversed(range(piece[0])) if rows[k].op not in MOVES), piece[0])
    into = rows[before].output_shape[1] if before < piece[0] else rows[before].input_shape[1]
    _, levels = levels_of(rows, piece, into)
    final = levels[-1]
    levels[-1] = final._replace(after=tuple(op for op in final.after if op != "relu"))
    return ReadBlock(tuple(levels[:ONE_LINE]), levels[ONE_LINE] if len(levels) > ONE_LINE else None, into,
                     "series" if len(levels) > ONE_LINE else "none",
                     after=tuple(op for op in final.after if op in ("relu", *ACTIVATIONS)),
                     others=tuple(k for level in levels for k in level.others))


def _merged(depthwise: Level, dense: Level, channels: int, constant: bool) -> Level:
    """A depthwise 3×3 and the dense 1×1 that adds up its results, as one grouped convolution."""
    one, two = depthwise.conv, dense.conv
    if one.groups != channels or (two.kernel, two.stride, two.groups) != (1, 1, 1) or two.out_channels != channels:
        raise Unreadable("a block with 4 convolutions one after another", depthwise.convs + dense.convs)
    read = replace(two, kernel=one.kernel, stride=one.stride, merged=one.out_channels, constant=constant,
                   groups=max(1, channels * channels // one.out_channels))
    return Level(read, depthwise.convs + dense.convs, depthwise.norms + dense.norms, dense.after,
                 depthwise.others + dense.others)


def _gate(rows: Sequence[TraceRow], product: int, segment: range) -> set[int]:
    """The rows that make factors out of all pixels of some channels, if a row multiplies the channels by these."""
    if rows[product].op != "mul" or len(rows[product].inputs) != 2:
        return set()
    short, long = sorted((_cone(rows, k, segment) for k in rows[product].inputs), key=len)
    gate = long - short
    return gate if short <= long and any(rows[k].op in SQUEEZES for k in gate) else set()


def _adds_up_parts(row: TraceRow) -> bool:
    """Whether a sum over one result leaves fewer maps, each of the same height and width."""
    before, after = row.input_shape, row.output_shape
    return row.op == "sum" and len(row.inputs) == 1 and before[-2:] == after[-2:] and prod(before) > prod(after)


def _terms(rows: Sequence[TraceRow], total: int, keep: Sequence[int]) -> Iterator[int]:
    """The rows that a sum adds up, where a sum of sums is one sum."""
    for number in rows[total].inputs:
        if number in keep and rows[number].op in ADDITIONS:
            yield from _terms(rows, number, keep)
        else:
            yield number


def _cone(rows: Sequence[TraceRow], end: int, keep: Sequence[int]) -> set[int]:
    """All rows of a segment that a row is made from, and itself."""
    found, open_ = set(), [end]
    while open_:
        number = open_.pop()
        if number in keep and number not in found:
            found.add(number)
            open_ += rows[number].inputs
    return found


def _longest(rows: Sequence[TraceRow], cone: set[int]) -> int:
    """How many convolutions stand one after another."""
    return max(_depths(rows, sorted(cone)).values(), default=0)


def _depths(rows: Sequence[TraceRow], numbers: Sequence[int]) -> dict[int, int]:
    """How many convolutions lie behind each of some rows, itself counted."""
    depth: dict[int, int] = {}
    for k in numbers:
        depth[k] = max((depth.get(i, 0) for i in rows[k].inputs), default=0) + (rows[k].op == "conv2d")
    return depth
