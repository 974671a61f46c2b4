"""Is this ResNeXt right, and if not, what is different? The answer, down to the last parameter and multiply–add."""
from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import nn

from resnext_edu.config import ResNeXtConfig
from resnext_edu.counts.rows import TraceRow
from resnext_edu.counts.trace import Trace
from resnext_edu.errors import ConfigError, TraceError, shown
from resnext_edu.examination.examined import Examination, FoundDeparture
from resnext_edu.examination.hearing import Heard, hear
from resnext_edu.examination.levels import Unreadable
from resnext_edu.examination.naming import explain, first_difference, left_over
from resnext_edu.examination.of_the_function import Seen, of_the_function, renamed, shared_path
from resnext_edu.examination.plain_rows import A_MAP, PlainRows, plain_rows
from resnext_edu.examination.plan import Plan, candidates, plan_of
from resnext_edu.examination.plan_prices import Price, total
from resnext_edu.examination.row_by_row import row_by_row
from resnext_edu.examination.rows_to_plan import ReadNetwork, config_of, read_network, with_layers
from resnext_edu.examination.texts import found
from resnext_edu.modules import named_modules
from resnext_edu.tracing import trace
from resnext_edu.words import plural


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
        departures, and then with the nearest number of parameters. If no preset explains it, it is also held against
        the config with its own numbers of paths, channels and blocks.
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
    networks = candidates(as_)
    _check_images(model)
    shape = usual_size(model) if input_size is None else input_size
    traced = _traced(model, shape)
    size = tuple(shape)
    if len(size) != A_MAP:
        raise ConfigError(f"input_size must be (N, C, H, W), such as (1, 3, 224, 224); got {shown(input_size)}")
    heard = hear(model, list(traced), size)
    plain = plain_rows(list(traced), size, heard.relus)
    try:
        read = read_network(plain.rows)
    except Unreadable as error:
        rows = tuple(plain.rows[k] for k in error.rows)
        return Examination(None, "", (), rows, traced.total_params, traced.total_macs, None, why=str(error))
    if read.plan.in_channels == size[3] != size[1]:  # (N, H, W, C): the model moves the channels itself
        size = (size[0], size[3], size[1], size[2])
    heard = heard._replace(convs={plain.number[k]: conv for k, conv in heard.convs.items() if k in plain.number},
                           ways={plain.number[k]: way for k, way in heard.ways.items() if k in plain.number})
    costs, does = row_by_row(plain.rows, plain.computed, read, size), of_the_function(plain.rows, read, heard)
    network = _Network(traced, plain, read, heard, size, costs, does)
    results = [network.beside(name, config) for name, config in networks]
    if as_ is None and all(each.unexplained or "other_paths" in [found.name for found in each.departures]
                           for each in results) and (own := config_of(read.plan)) and not any(
            own == config.replace(num_classes=own.num_classes, in_channels=own.in_channels) for _, config in networks):
        results.append(network.beside(_name_of(own), own))
    keys = [(len(each.unexplained), len(each.departures), abs(each.params - (each.paper.params if each.paper else 0)))
            for each in results]
    best = results[keys.index(min(keys))]
    ties = tuple(each.name for each, key in zip(results, keys, strict=True) if key == min(keys) and each is not best)
    return replace(best, ties=ties)


def _traced(model: nn.Module, size: Sequence[int]) -> Trace:
    """The trace; a model that looks at numbers runs on them."""
    try:
        return trace(model, size)
    except TraceError:
        if isinstance(model, nn.Module) and any(tensor.is_meta for tensor in model.parameters()):
            raise
        try:
            return trace(model, size, device="cpu")
        except TraceError:
            pass
        raise


def _check_images(model: object) -> None:
    """Raise unless its convolutions are those of images; one that has none at all is read, and not understood."""
    kinds = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    convs = [(path, layer) for path, layer in named_modules(model) if isinstance(layer, kinds)
             ] if isinstance(model, nn.Module) else []
    if convs and not any(isinstance(layer, nn.Conv2d) for _, layer in convs):
        path, layer = convs[0]
        of_what = "volumes or videos" if isinstance(layer, nn.Conv3d) else "sequences"
        raise ConfigError(f"examine reads networks of images, with Conv2d; {path or 'the model'} is a "
                          f"{type(layer).__name__}, for {of_what}, and all its other convolutions are no Conv2d "
                          "either; for the counts alone use trace")


def usual_size(model: nn.Module) -> tuple[int, ...]:
    """One image of 224×224 pixels, or of 32×32 if the first convolution has no stride."""
    if not isinstance(model, nn.Module):
        raise ConfigError(f"examine needs a model, an nn.Module; got {shown(model)}")
    first = next((layer for _, layer in named_modules(model) if isinstance(layer, nn.Conv2d)), None)
    if first is None:
        return 1, 3, 224, 224
    side = 32 if set(first.stride) == {1} else 224
    return 1, first.in_channels, side, side


@dataclass(frozen=True)
class _Network:
    """A network that was read, and all that can be said of it before it is known what it is meant to be."""

    trace: Trace
    plain: PlainRows
    read: ReadNetwork
    heard: Heard
    size: tuple[int, ...]
    costs: Seen
    does: Seen

    def beside(self, name: str, config: ResNeXtConfig) -> Examination:
        """Its examination as one network of the paper."""
        read, rows, size, pixels = self.read, self.plain.rows, self.size, (self.size[2], self.size[3])
        have = self.trace.total_params, self.trace.total_macs
        config = config.replace(num_classes=read.plan.num_classes or config.num_classes, in_channels=size[1])
        paper = plan_of(config)
        if len(paper.stages) != len(read.plan.stages):
            rest = tuple(row for row in rows if row.params or row.macs)
            why = f"it has {plural(len(read.plan.stages), 'stage')}, and the paper's network {len(paper.stages)}"
            return Examination(config, name, (), rest, *have, _times(total(paper, pixels), size), why=why)
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
        departures += [*self.costs.departures, *self.does.departures]
        layers = [row for row in self.plain.unread if row.params or row.macs != 0]
        if layers:
            departures.append(found("unread_layers", [row.path for row in layers], sum(row.params for row in layers),
                                    sum(row.macs or 0 for row in layers)))
        computed = sum(each.surplus for each in self.plain.computed.values())
        if unused := self.trace.total_params - sum(row.params for row in (*rows, *layers)) - computed:
            departures.append(found("unused_parameters", ["the model"], unused))
        odd = self.costs.odd | self.does.odd
        odd |= {k for place in left_over(read.plan, plan) for k in _rows_of(read, place)}
        why = ""
        if different := first_difference(read.plan, plan):
            place, words = different
            why = f"no known departure explains {_block_path(rows, read, place)}, where {words}"
        return Examination(config, name, tuple(renamed(_once(departures), read, self.heard, config)),
                           tuple(rows[k] for k in sorted(odd)), *have, _times(total(paper, pixels), size), why=why,
                           unasked=self.heard.why)


def _name_of(config: ResNeXtConfig) -> str:
    """A name for the network of a config, with its widths if they are not those of ResNeXt-50."""
    before, behind = config.stem_width * (2 if config.stem_type == "deep" else 1), 64 * config.expansion
    widths = f" ({before} channels before the first stage, {behind} behind it)"
    name = f"ResNeXt-{config.depth}, {config.cardinality}×{config.width_per_group}d"
    return name + widths * ((before, behind) != (64, 256))


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


def _block_path(rows: Sequence[TraceRow], read: ReadNetwork, place: tuple[int, int]) -> str:
    """The name of a block, given its stage and its number in the stage."""
    before = sum(len(blocks) for blocks in read.plan.stages[:place[0]])
    return shared_path(rows, read.blocks[before + place[1]])


def _rows_of(read: ReadNetwork, place: tuple[int, int]) -> list[int]:
    """The rows of a block; of the stem and of the head, for (-1, 0)."""
    if place[0] < 0:
        return [k for level in read.stem for k in level.convs + level.norms] + [*read.norms_at_end,
                *(k for norms in read.norms_between for k in norms), *read.last]
    before = sum(len(blocks) for blocks in read.plan.stages[:place[0]])
    return [k for part in read.blocks[before + place[1]].parts() for k in part]
