"""Every network with one or two known mistakes, and what it costs with any number of classes and image channels."""
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from typing import NamedTuple

from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination.departures import DEPARTURES, Departure
from resnext_edu.examination.plan import Plan, plan_of
from resnext_edu.examination.plan_prices import Price, prices, total


class Sized(NamedTuple):
    """A plan's price, what each class and each image channel adds to it, and what the last pooling reads."""

    total: Price
    config: ResNeXtConfig
    by_class: tuple[int, int]
    by_channel: tuple[int, int]
    last: int

    def price(self, num_classes: int, in_channels: int) -> Price:
        """The price with so many classes and channels."""
        more, wider = num_classes - self.config.num_classes, in_channels - self.config.in_channels
        params, macs = (have + more * a + wider * b for have, a, b in zip(
            (self.total.params, self.total.macs), self.by_class, self.by_channel, strict=True))
        return self.total._replace(params=params, macs=macs)


@cache
def variants(config: ResNeXtConfig, size: tuple[int, int]) -> list[tuple[tuple[Departure, ...], Sized]]:
    """The paper's network and its price, and every network with one or two departures."""
    return [(departures, _sized(plan, config, size)) for departures, plan in _plans(config)]


def _sized(plan: Plan, config: ResNeXtConfig, size: tuple[int, int]) -> Sized:
    first, *_, last = prices(plan, size)
    conv = plan.stem[0]
    weights = (first.params - first.statistics - conv.bias * conv.out_channels) // plan.in_channels
    fc = last.macs // plan.num_classes if plan.num_classes else 0
    by_channel = weights, first.macs // plan.in_channels
    return Sized(total(plan, size), config, (fc + plan.fc_bias * bool(fc), fc), by_channel, last.others * bool(fc))


def _plans(config: ResNeXtConfig) -> Iterator[tuple[tuple[Departure, ...], Plan]]:
    """The paper's plan, and every plan with one or two departures; each only if every departure changes something."""
    paper = plan_of(config)
    yield (), paper
    single = [(each, plan) for each in DEPARTURES.values() if (plan := each.change(paper, config)) != paper]
    yield from (((each,), plan) for each, plan in single)
    for (one, plan), (two, other) in combinations(single, 2):
        both = two.change(plan, config)
        if not (one.kind and one.kind == two.kind) and both not in (plan, other, paper):
            yield (one, two), both
