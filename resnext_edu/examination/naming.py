"""How a network that was read differs from the paper's, in the words of the known departures.

Block by block, a departure is accepted if everything that it changes in this block is what was read. So two mistakes
in one block are found one after the other, and what no departure explains stays over.
"""
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination.departures import DEPARTURES, Departure
from resnext_edu.examination.plan import Block, Conv, Plan

OF_A_BLOCK = ("conv1", "conv2", "conv3", "downsample.0")
Values = Mapping[tuple[str, str], Any]  # (place, field) → its value
AROUND = [departure for departure in DEPARTURES.values() if departure.kind in ("stem", "pool", "fc", "biases")]
IN_BLOCKS = [departure for departure in DEPARTURES.values() if departure.kind not in ("stem", "pool", "fc", "depth")]


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
    plan = paper
    for departure in AROUND:
        changed = departure.change(plan, config)
        after = replace(changed, stages=plan.stages)
        if after != plan and _leads(_around(plan), _around(after), _around(read)):
            plan = after
            yield Found(departure, (), plan)
    while True:
        best: dict[str, list[tuple[int, int]]] = {}
        plans = {departure.name: departure.change(plan, config) for departure in IN_BLOCKS}
        for stage, number, block in plan.blocks():
            wanted = _values(read.stages[stage][number])
            names = [(len(_difference(_values(block), _values(other.stages[stage][number]))), name)
                     for name, other in plans.items()
                     if _leads(_values(block), _values(other.stages[stage][number]), wanted)]
            if names:
                best.setdefault(max(names, key=lambda each: each[0])[1], []).append((stage, number))
        if not best:
            return
        name, places = max(best.items(), key=lambda item: len(item[1]))
        plan = _with_blocks(plan, {place: plans[name].stages[place[0]][place[1]] for place in places})
        yield Found(DEPARTURES[name], tuple(places), plan)


def left_over(read: Plan, explained: Plan) -> list[tuple[int, int]]:
    """The blocks, as (stage, number), that are still not as they were read; (-1, 0) for what is around the blocks."""
    blocks = [(stage, number) for stage, number, block in explained.blocks() if block != read.stages[stage][number]]
    return [(-1, 0)] * (_around(explained) != _around(read)) + blocks


def _leads(now: Values, after: Values, wanted: Values) -> bool:
    """Whether a change makes some values what is wanted, and no other values wrong."""
    difference = _difference(now, after)
    return bool(difference) and all(after.get(key) == wanted.get(key) for key in difference)


def _difference(one: Values, other: Values) -> list[tuple[str, str]]:
    return [key for key in {**one, **other} if one.get(key) != other.get(key)]


def _values(block: Block) -> Values:
    """Everything that there is to say about a block, each under its own name."""
    found: dict[tuple[str, str], Any] = {}
    for place, conv in zip(OF_A_BLOCK, (*block.convs, block.projection), strict=True):
        if conv is not None:
            found |= _of(place, conv)
    return found


def _around(plan: Plan) -> Values:
    """Everything that there is to say about a plan besides its blocks."""
    found: dict[tuple[str, str], Any] = {("stem", "convolutions"): len(plan.stem), ("stem", "pool"): plan.pool,
                                         ("fc", "classes"): plan.num_classes, ("fc", "bias"): plan.fc_bias}
    for k, conv in enumerate(plan.stem):
        found |= _of(f"stem {k}", conv)
    return found


def _of(place: str, conv: Conv) -> Values:
    return {(place, field.name): getattr(conv, field.name) for field in fields(conv)}


def _with_blocks(plan: Plan, blocks: Mapping[tuple[int, int], Block]) -> Plan:
    return replace(plan, stages=tuple(
        tuple(blocks.get((stage, number), block) for number, block in enumerate(old))
        for stage, old in enumerate(plan.stages)))
