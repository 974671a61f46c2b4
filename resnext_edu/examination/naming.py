"""How a network that was read differs from the paper's, in the words of the known departures.

Block by block, a departure is accepted if everything that it changes in this block is what was read. So two mistakes
in one block are found one after the other, and what no departure explains stays over.
"""
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination.departures import DEPARTURES, PARTIAL, Departure, other_head, other_paths, other_stem
from resnext_edu.examination.plan import Block, Conv, Plan

OF_A_BLOCK = ("conv1", "conv2", "conv3", "downsample.0")
THEIR_NAMES = dict(zip(OF_A_BLOCK, ("the first 1×1", "the 3×3", "the last 1×1", "the projection"), strict=True))
ALL_STAGES = ("width_stuck", "width_fixed", "path_64_wide", "cardinality_doubles")  # these speak of all stages
Values = Mapping[tuple[str, str], Any]  # (place, field) → its value
WITH_NAMES: Mapping[str, Departure] = {**DEPARTURES, **PARTIAL}
IN_BLOCKS = [departure for departure in WITH_NAMES.values() if departure.kind not in ("stem", "pool", "fc", "depth")]
FIRST = [WITH_NAMES["pre_activation"], WITH_NAMES["biases"]]
FIRST += [departure for departure in WITH_NAMES.values() if departure.kind == "stem"]
AROUND = [departure for departure in WITH_NAMES.values() if departure.kind in ("pool", "fc")]


@dataclass(frozen=True)
class Found:
    """A departure, and where it was found.

    Parameters
    ----------
    departure : Departure
    blocks : tuple of (int, int)
        Stage and number of each block, from 0; empty for what is not in a block.
    after : Plan
        The plan with this departure and all that were found before it.
    """

    departure: Departure
    blocks: tuple[tuple[int, int], ...]
    after: Plan


def explain(read: Plan, paper: Plan, config: ResNeXtConfig) -> Iterator[Found]:
    """The departures that lead from the paper's plan towards the one that was read.

    Parameters
    ----------
    read, paper : Plan
        With the same number of blocks in each stage.
    config : ResNeXtConfig
        Of the paper's network.
    """
    plan, names = paper, {step.departure.name for step in _in_the_blocks(read, paper, config)}
    for departure in [*FIRST, other_stem(read, paper), *AROUND, other_head(read)]:
        if (departure in IN_BLOCKS and departure.name not in names) or (
                departure.name == "other_stem" and plan.stem == read.stem):
            continue
        changed = departure.change(plan, config)
        after = replace(changed, stages=plan.stages)
        if after != plan and _leads(_around(plan), _around(after), _around(read)):
            plan = after
            yield Found(departure, (), plan)
    steps = list(_in_the_blocks(read, plan, config))
    if (steps[-1].after if steps else plan).stages != read.stages:
        departure = other_paths(read, plan)
        after = departure.change(plan, config)
        paths = Found(departure, _other_blocks(plan, after), after)
        more = [paths, *_in_the_blocks(read, paths.after, config)]
        steps = more if paths.blocks and more[-1].after.stages == read.stages else steps
    yield from steps


def _other_blocks(one: Plan, other: Plan) -> tuple[tuple[int, int], ...]:
    return tuple((stage, number) for stage, number, block in one.blocks() if block != other.stages[stage][number])


def _in_the_blocks(read: Plan, plan: Plan, config: ResNeXtConfig) -> Iterator[Found]:
    """The departures in the blocks: first the one that changes most, and of these the one in most blocks."""
    while True:
        plans = {departure.name: departure.change(plan, config) for departure in IN_BLOCKS}
        plans = {name: after for name, after in plans.items() if name not in ALL_STAGES or _in_all(plan, after, read)}
        found: dict[str, list[tuple[int, int]]] = {}
        for stage, number, block in plan.blocks():
            now, wanted = _values(block), _values(read.stages[stage][number])
            others = {name: _values(other.stages[stage][number]) for name, other in plans.items()}
            sizes = {name: len(_difference(now, after)) for name, after in others.items()
                     if _leads(now, after, wanted, adds=True)}
            for name, size in sizes.items():
                if size == max(sizes.values()):
                    found.setdefault(name, []).append((stage, number))
        if not found:
            return
        name, places = max(found.items(), key=lambda item: len(item[1]))
        plan = _with_blocks(plan, {place: plans[name].stages[place[0]][place[1]] for place in places})
        yield Found(WITH_NAMES[name], tuple(places), plan)


def _in_all(plan: Plan, after: Plan, read: Plan) -> bool:
    """Whether a change is right in each block, or was not made there: in one stage alone a width may fit by chance."""
    for stage, number, block in plan.blocks():
        now, then = _values(block), _values(after.stages[stage][number])
        wanted = _values(read.stages[stage][number])
        if any(wanted.get(key) not in (now.get(key), then.get(key)) for key in _difference(now, then)):
            return False
    return True


def first_difference(read: Plan, explained: Plan) -> tuple[tuple[int, int], str] | None:
    """The first block that is not explained, and what is different in it; None if all blocks are."""
    for stage, number, block in explained.blocks():
        have, known = _values(read.stages[stage][number]), _values(block)
        for place, field in _difference(known, have):
            what, key = THEIR_NAMES.get(place, "the block"), (place, field)
            return (stage, number), (f"there is no {what[4:]}" if key not in have else f"there is a {what[4:]}"
                                     if key not in known else f"{what} has {field} {have[key]}, and not {known[key]}")
    return None


def left_over(read: Plan, explained: Plan) -> list[tuple[int, int]]:
    """The blocks, as (stage, number), that are still not as they were read; (-1, 0) for what is around the blocks."""
    return [(-1, 0)] * (_around(explained) != _around(read)) + [*_other_blocks(explained, read)]


def _leads(now: Values, after: Values, wanted: Values, adds: bool = False) -> bool:
    """Whether a change makes some values what is wanted, and no other values wrong.

    A change that `adds` a convolution need not give it all that is wanted: another one may do the rest.
    """
    difference = _difference(now, after)
    return bool(difference) and all(after.get(key) == wanted.get(key) or (adds and key not in now and key in wanted)
                                    for key in difference)


def _difference(one: Values, other: Values) -> list[tuple[str, str]]:
    return [key for key in {**one, **other} if one.get(key) != other.get(key)]


def _values(block: Block) -> Values:
    """Everything that there is to say about a block, each under its own name."""
    found: dict[tuple[str, str], Any] = {
        ("block", name): getattr(block, name) for name in ("in_series", "norms_before", "norms_after")}
    for place, conv in zip(OF_A_BLOCK, (*block.convs, block.projection), strict=True):
        if conv is not None:
            found |= _of(place, conv)
    return found


def _around(plan: Plan) -> Values:
    """Everything that there is to say about a plan besides its blocks."""
    found: dict[tuple[str, str], Any] = {("stem", "convolutions"): len(plan.stem), ("stem", "pool"): plan.pool,
                                         ("fc", "classes"): plan.num_classes, ("fc", "bias"): plan.fc_bias,
                                         ("fc", "norms"): plan.norms_at_end, ("fc", "hidden"): plan.hidden}
    for k, conv in enumerate(plan.stem):
        found |= _of(f"stem {k}", conv)
    return found


def _of(place: str, conv: Conv) -> Values:
    return {(place, field.name): getattr(conv, field.name) for field in fields(conv)}


def _with_blocks(plan: Plan, blocks: Mapping[tuple[int, int], Block]) -> Plan:
    return replace(plan, stages=tuple(
        tuple(blocks.get((stage, number), block) for number, block in enumerate(old))
        for stage, old in enumerate(plan.stages)))
