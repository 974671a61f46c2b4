"""Is this ResNeXt right, and if not, what is different? The answer, down to the last parameter and multiply–add."""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from torch import nn

from resnext_edu.config import ResNeXtConfig
from resnext_edu.counts.rows import TraceRow
from resnext_edu.counts.trace import Trace
from resnext_edu.errors import ConfigError, shown
from resnext_edu.examination.naming import explain, left_over
from resnext_edu.examination.plan import Plan, Price, plan_of, total
from resnext_edu.examination.rows_to_plan import ReadBlock, ReadNetwork, Unreadable, read_network, with_layers
from resnext_edu.examination.unread import is_block_diagonal, unread_channels
from resnext_edu.table import Cell, Table, WithNotes
from resnext_edu.tracing import trace
from resnext_edu.words import plural

SHOWN_PLACES = 3
A_PART = 1 / 8  # so many channels may be silent by chance


class FoundDeparture(NamedTuple):
    """One difference from the paper's network.

    Parameters
    ----------
    name : str
        One of `DEPARTURES`, or "depth", "softmax", "relu_before_sum", "relu_missing", "dense_with_zeros" or
        "unread_channels".
    where : tuple of str
        The layers or blocks, as the model calls them.
    params, macs : int
        How many more than in the paper's network there are; 0 for what only changes the function.
    detail : str
        What is there, what the paper has, and what this does to the function.
    """

    name: str
    where: tuple[str, ...]
    params: int
    macs: int
    detail: str


@dataclass(frozen=True, repr=False)
class Examination(WithNotes):
    """What was found in a network.

    Attributes
    ----------
    reading : ResNeXtConfig or None
        The paper's network that it is held against; None if it is not made of residual blocks.
    name : str
        The preset of the reading, or "".
    departures : tuple of FoundDeparture
    unexplained : tuple of TraceRow
        The rows of the trace that no known departure explains.
    params, macs : int
        Of the network itself.
    paper : Price or None
        Of the network of the reading.
    ties : tuple of str
        Other presets that explain it equally well.
    why : str
        Why it could not be read, or "".
    """

    reading: ResNeXtConfig | None
    name: str
    departures: tuple[FoundDeparture, ...]
    unexplained: tuple[TraceRow, ...]
    params: int
    macs: int
    paper: Price | None
    ties: tuple[str, ...] = ()
    why: str = ""

    @property
    def explained(self) -> bool:
        """Whether the paper's network and the departures together give all parameters and MACs, to the last one."""
        if self.paper is None or self.unexplained:
            return False
        return (self.paper.params + sum(d.params for d in self.departures) == self.params
                and self.paper.macs + sum(d.macs for d in self.departures) == self.macs)

    @property
    def verdict(self) -> str:
        """The result in one sentence."""
        name = self.name or "a ResNeXt"
        if self.paper is None:
            return f"Not read: {self.why}"
        if not self.explained:
            return f"Read as {name}, and {plural(len(self.unexplained), 'row')} of the trace are not explained"
        return f"Read as {name}: " + (f"{plural(len(self.departures), 'departure')} from the paper"
                                      if self.departures else "as in the paper")

    def table(self) -> Table:
        """The paper's totals, each departure, and the totals of the network."""
        rows: list[tuple[Cell, ...]] = []
        if self.paper:
            rows.append(("the paper's network", "", self.paper.params, self.paper.macs))
        rows += [(each.detail.replace(" The paper:", "\nThe paper:").replace(" Effect:", "\nEffect:"),
                  _places(each.where), *(f"{amount:+,}" if amount else "0" for amount in (each.params, each.macs)))
                 for each in self.departures]
        return Table(("what", "where", "parameters", "MACs"), rows, caption=self.verdict, align="llrr",
                     footer=("this network", "", self.params, self.macs))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not explained, and what else it could be."""
        notes = []
        if self.unexplained:
            notes.append(f"Not explained: {_places([row.path for row in self.unexplained])}.")
        if self.ties:
            notes.append(f"It can be read equally well as {', '.join(self.ties)}; `as_` decides.")
        return tuple(notes)

    def __repr__(self) -> str:
        return self.text()

    def to_records(self) -> list[dict[str, Any]]:
        """The departures as plain data for JSON."""
        return [each._asdict() for each in self.departures]


def examine(model: nn.Module, as_: str | ResNeXtConfig | None = None,
            input_size: Sequence[int] | None = None) -> Examination:
    """Hold a network against the paper's, and name every difference.

    Parameters
    ----------
    model : nn.Module
        Any network of residual bottlenecks, whatever its layers are called. It is traced, and stays as it is.
    as_ : str or ResNeXtConfig, optional
        What it is meant to be: a preset's name or a config. Its classes and image channels are the model's own.
        Without it, the preset that leaves the fewest rows unexplained; among these, the one with the fewest
        departures, and then with the nearest number of parameters.
    input_size : sequence of int, optional
        (N, C, H, W) of the images; by default one image of 224×224 pixels, or of 32×32 if the first convolution
        has no stride.

    Returns
    -------
    Examination

    Raises
    ------
    ConfigError
        If `as_` is no preset and no config, or the model can't be called with images of this size.
    TraceError
        If the model raises while it is traced.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, table 1, sections 3 and 4.

    Examples
    --------
    >>> from torchvision.models import resnext50_32x4d
    >>> found = examine(resnext50_32x4d(), as_="resnext50_32x4d")
    >>> found.verdict, found.explained
    ('Read as resnext50_32x4d: as in the paper', True)
    """
    candidates = _candidates(as_)
    size = _usual_size(model) if input_size is None else input_size
    found = trace(model, size)
    size = tuple(size)
    try:
        read = read_network(list(found))
    except Unreadable as error:
        rows = tuple(list(found)[k] for k in error.rows)
        return Examination(None, "", (), rows, found.total_params, found.total_macs, None, why=str(error))
    results = [_held_against(name, config, model, found, read, size) for name, config in candidates]
    keys = [(len(each.unexplained), len(each.departures), abs(each.params - (each.paper.params if each.paper else 0)))
            for each in results]
    best = results[keys.index(min(keys))]
    ties = tuple(each.name for each, key in zip(results, keys, strict=True) if key == min(keys) and each is not best)
    return replace(best, ties=ties)


def _candidates(as_: str | ResNeXtConfig | None) -> list[tuple[str, ResNeXtConfig]]:
    if as_ is None:
        return [(name, ResNeXtConfig.preset(name)) for name in ResNeXtConfig.presets()]
    if isinstance(as_, ResNeXtConfig):
        return [("", as_)]
    if not isinstance(as_, str):
        raise ConfigError(f"as_ must be the name of a preset or a ResNeXtConfig; got {shown(as_)}")
    return [(as_, ResNeXtConfig.preset(as_))]


def _usual_size(model: nn.Module) -> tuple[int, ...]:
    """One image of 224×224 pixels, or of 32×32 if the first convolution has no stride."""
    first = next((layer for layer in model.modules() if isinstance(layer, nn.Conv2d)), None)
    if first is None:
        return 1, 3, 224, 224
    side = 32 if set(first.stride) == {1} else 224
    return 1, first.in_channels, side, side


def _held_against(name: str, config: ResNeXtConfig, model: nn.Module, found: Trace, read: ReadNetwork,
                  size: tuple[int, ...]) -> Examination:
    """The examination of a network that was read, as one network of the paper."""
    rows, pixels, have = list(found), (size[2], size[3]), (found.total_params, found.total_macs)
    config = config.replace(num_classes=read.plan.num_classes or config.num_classes, in_channels=size[1])
    paper = plan_of(config)
    if len(paper.stages) != len(read.plan.stages):
        rest = tuple(row for row in rows if row.params or row.macs)
        return Examination(config, name, (), rest, *have, _times(total(paper, pixels), size))
    departures: list[FoundDeparture] = []
    plan = with_layers(paper, read.plan)
    if plan != paper:
        departures.append(_depth(config, paper, plan, size))
    for step in explain(read.plan, plan, config):
        before, after = (_times(total(each, pixels), size) for each in (plan, step.after))
        known, plan = step.departure, step.after
        where = [_block_path(rows, read, place) for place in step.blocks] or [rows[read.stem[0].convs[0]].path]
        departures.append(FoundDeparture(
            known.name, tuple(where), after.params - before.params, after.macs - before.macs,
            f"{known.title}. The paper: {known.paper}. Effect: {known.effect}."))
    open_ = [row for place in left_over(read.plan, plan) for row in _rows_of(rows, read, place)]
    if unused := found.total_params - sum(row.params for row in rows):
        departures.append(FoundDeparture("unused_parameters", ("the model",), unused, 0, (
            "there are parameters that no call uses. The paper: every parameter is used. Effect: none.")))
    departures = [*_harmless(_once(departures), model, rows, read, config), *_of_the_function(model, rows, read, size)]
    return Examination(config, name, tuple(departures), tuple(open_), *have, _times(total(paper, pixels), size))


def _times(price: Price, size: tuple[int, ...]) -> Price:
    """A price for a whole batch."""
    return price._replace(macs=price.macs * size[0])


def _depth(config: ResNeXtConfig, paper: Plan, plan: Plan, size: tuple[int, ...]) -> FoundDeparture:
    """The departure that another number of blocks is."""
    before, after = (_times(total(each, (size[2], size[3])), size) for each in (paper, plan))
    layers = tuple(len(blocks) for blocks in plan.stages)
    where = tuple(f"stage {k + 1}" for k, blocks in enumerate(plan.stages) if len(blocks) != len(paper.stages[k]))
    return FoundDeparture(
        "depth", where, after.params - before.params, after.macs - before.macs,
        f"{', '.join(map(str, layers))} blocks, which is {config.replace(layers=layers).depth} layers. The paper: "
        f"{', '.join(map(str, config.layers or ()))} blocks, {config.depth} layers. Effect: another depth.")


def _once(departures: list[FoundDeparture]) -> list[FoundDeparture]:
    """Every departure once, with all its places and its whole price."""
    found: dict[str, FoundDeparture] = {}
    for each in departures:
        old = found.get(each.name)
        found[each.name] = each if old is None else old._replace(
            where=tuple(dict.fromkeys(old.where + each.where)), params=old.params + each.params,
            macs=old.macs + each.macs)
    return list(found.values())


def _harmless(departures: list[FoundDeparture], model: nn.Module, rows: Sequence[TraceRow], read: ReadNetwork,
              config: ResNeXtConfig) -> Iterator[FoundDeparture]:
    """The same departures; a missing `groups` gets another name if the weights do what the groups would do."""
    modules = dict(model.named_modules())
    for each in departures:
        dense = [modules.get(rows[block.levels[1].convs[0]].path) for block in read.blocks
                 if block.levels[1].conv.groups == 1]
        weights = [layer.weight for layer in dense if isinstance(layer, nn.Conv2d)]
        zeros = bool(weights) and all(is_block_diagonal(weight, config.cardinality) for weight in weights)
        if each.name != "groups_missing" or not zeros:
            yield each
        else:
            yield each._replace(name="dense_with_zeros", detail=(
                "the 3×3 is dense, and all its weights between two paths are 0. The paper: a 3×3 with C groups. "
                "Effect: none as long as they stay 0; it is the same function, with weights and work that do nothing."))


def _of_the_function(model: nn.Module, rows: Sequence[TraceRow], read: ReadNetwork,
                     size: tuple[int, ...]) -> Iterator[FoundDeparture]:
    """The departures that no count can see."""
    blocks = [(_shared_path(rows, block), block) for block in read.blocks]
    early = tuple(path for path, block in blocks if block.relu_before_sum)
    if early:
        yield FoundDeparture("relu_before_sum", early, 0, 0, (
            "a ReLU stands at the end of the branch. The paper: the last ReLU comes after the sum. "
            "Effect: a branch can only add, and never take away."))
    missing = tuple(path for path, block in blocks if not block.relu_after_sum)
    if missing:
        yield FoundDeparture("relu_missing", missing, 0, 0, (
            "no ReLU follows the sum. The paper: a ReLU after the shortcut is added. Effect: negative numbers go on."))
    if read.softmax:
        yield FoundDeparture("softmax", ("the output",), 0, 0, (
            "a softmax stands at the end. The paper: logits come out, and the loss has the softmax. "
            "Effect: with a cross-entropy loss the softmax is taken twice."))
    paths = [[rows[k].path for k in block.levels[0].convs] for block in read.blocks]
    counts = unread_channels(model, paths, size[1]) or []
    unread = [(blocks[k][0], *count) for k, count in enumerate(counts) if A_PART * count[1] < count[0] < count[1]]
    if unread:
        _, silent, channels = unread[0]
        yield FoundDeparture("unread_channels", tuple(path for path, _, _ in unread), 0, 0, (
            f"{silent} of the {channels} channels that the first 1×1 puts out are read by nobody. The paper: every "
            "path reads channels of its own. Effect: several paths read the same slice."))


def _block_path(rows: Sequence[TraceRow], read: ReadNetwork, place: tuple[int, int]) -> str:
    """The name of a block, given its stage and its number in the stage."""
    before = sum(len(blocks) for blocks in read.plan.stages[:place[0]])
    return _shared_path(rows, read.blocks[before + place[1]])


def _shared_path(rows: Sequence[TraceRow], block: ReadBlock) -> str:
    """What the paths of all convolutions of a block have in common."""
    paths = [rows[k].path.split(".") for level in block.levels for k in level.convs]
    common = []
    for words in zip(*paths, strict=False):
        if len(set(words)) > 1:
            break
        common.append(words[0])
    return ".".join(common) or rows[block.levels[0].convs[0]].path


def _rows_of(rows: Sequence[TraceRow], read: ReadNetwork, place: tuple[int, int]) -> list[TraceRow]:
    """The rows of a block; of the stem and of the last layer, for (-1, 0)."""
    if place[0] < 0:
        levels = list(read.stem)
        last = [row for row in rows if row.op == "linear"]
    else:
        before = sum(len(blocks) for blocks in read.plan.stages[:place[0]])
        block = read.blocks[before + place[1]]
        levels, last = [*block.levels, *filter(None, [block.projection])], []
    return [rows[k] for level in levels for k in level.convs + level.norms] + last


def _places(paths: Sequence[str]) -> str:
    """The first of some paths, and how many more there are."""
    paths = list(dict.fromkeys(paths))
    more = f" and {len(paths) - SHOWN_PLACES} more" if len(paths) > SHOWN_PLACES else ""
    return ", ".join(paths[:SHOWN_PLACES]) + more
