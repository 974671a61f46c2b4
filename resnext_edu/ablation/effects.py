"""Every path of a network silenced in turn: how many of the same images it then names correctly."""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnext_edu.ablation.change import Change
from resnext_edu.ablation.fused import fused
from resnext_edu.ablation.listening import blocks_of, by_path, lots, path_means
from resnext_edu.ablation.silencing import REPLACEMENTS, values_at
from resnext_edu.bar import progress_bar
from resnext_edu.data.images import Split
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.measured.path_changes import path_changes_picture
from resnext_edu.errors import ConfigError, check_bool, check_name, number_of, shown
from resnext_edu.network import ResNeXt
from resnext_edu.table import Table
from resnext_edu.training.scoring import Score, check_split

Silence = tuple[str, int | None, str]  # a block, one of its paths or None for all of them, and what stands in its place


@dataclass(frozen=True)
class Silenced:
    """What happens to the answers if one path of a block is silenced, or all of them.

    Parameters
    ----------
    block : str
        Such as "layer1.0".
    path : int or None
        Counted from 0; None stands for all paths of this block.
    at : str
        "mean" or "zero": what stands in place of its maps.
    change : Change
        Over all images.
    by_class : tuple of Change
        Over the images of each class, in the order of `PathEffects.classes`.
    """

    block: str
    path: int | None
    at: str
    change: Change
    by_class: tuple[Change, ...]

    @property
    def name(self) -> str:
        """Such as "path 3"."""
        return "all paths" if self.path is None else f"path {self.path}"


@dataclass(frozen=True, repr=False)
class PathEffects:
    """What a trained network loses without each of its paths.

    Parameters
    ----------
    baseline : Score
        With all paths.
    classes : tuple of str
        Those that have test images.
    baselines : tuple of Score
        With all paths, on the images of each of these classes.
    silenced : tuple of Silenced
        For each block and each replacement: each path, then all paths.
    """

    baseline: Score
    classes: tuple[str, ...]
    baselines: tuple[Score, ...]
    silenced: tuple[Silenced, ...]

    @cached_property
    def _found(self) -> dict[Silence, Silenced]:
        return {(one.block, one.path, one.at): one for one in self.silenced}

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of the blocks that were looked at."""
        return tuple(dict.fromkeys(one.block for one in self.silenced))

    def of(self, block: str, path: int | None = None, *, at: str = "mean") -> Silenced:
        """One of them; without a path, all paths of the block.

        Raises
        ------
        ConfigError
            If this block, path or replacement was not looked at.
        """
        check_name("block", block, self.blocks)
        check_name("at", at, dict.fromkeys(one.at for one in self.silenced))
        if path is not None:
            number_of("a path", "path", path, sum((one.block, one.at) == (block, at) for one in self.silenced) - 1)
        return self._found[block, path, at]

    def table(self) -> Table:
        """A row for each path and for all paths of each block: the change in points, with its interval."""
        ats = tuple(dict.fromkeys(one.at for one in self.silenced))
        rows = [(one.block, one.name, *(self._found[one.block, one.path, at].change.words() for at in ats))
                for one in self.silenced if one.at == ats[0]]
        headers = ("block", "silenced", *(f"at its {at}" if at == "mean" else f"at {at}" for at in ats))
        caption = (f"change of accuracy in points, with its 95 % interval; with all paths {self.baseline.correct:,} of "
                   f"{self.baseline.count:,} correct")
        return Table(headers, rows, caption, align="ll" + "r" * len(ats), row_header=1)

    def picture(self, block: str, *, title: str, how: str | None = None, at: str = "mean") -> Picture:
        """The paths of one block and the classes; the title states the finding. See `path_changes_picture`."""
        self.of(block, at=at)
        what = "says only its mean" if at == "mean" else "is set to zero"
        how = how or (f"Change of accuracy in percentage points if one path of {block} {what}; a bar to the left is a "
                      "loss. Bold numbers and strong bars: the 95 % interval leaves out 0.")
        *rows, together = [(one.name, one.change.ends, [each.ends for each in one.by_class])
                           for one in self.silenced if (one.block, one.at) == (block, at)]
        before = 100 * self.baseline.accuracy, [100 * score.accuracy for score in self.baselines]
        return path_changes_picture(rows, self.classes, all_paths=together[1:], before=before, title=title,
                                    how=how)

    def __repr__(self) -> str:
        paths = len({(one.block, one.path) for one in self.silenced if one.path is not None})
        return (f"PathEffects: {paths} paths in {len(self.blocks)} blocks, each silenced in turn; with all of them "
                f"{self.baseline.correct:,} of {self.baseline.count:,} correct")


def path_effects(model: ResNeXt, train: Split, test: Split, *, blocks: Sequence[str] | None = None,
                 at: Sequence[str] = ("mean",), progress: bool = True) -> PathEffects:
    """Silence each path in turn, and all paths of each block, and count what is named correctly.

    What stands before the silenced path is computed once for all paths of a block.

    Parameters
    ----------
    model : ResNeXt
        Of any form, on any device. It stays as it is; all is done in eval mode.
    train : Split
        The images that the paths' means are taken over; a thousand are enough.
    test : Split
        The images that are counted.
    blocks : sequence of str, optional
        Such as ``["layer1.0"]``; by default all blocks.
    at : sequence of str
        ``("mean",)``, ``("zero",)`` or both, which takes twice as long: what stands in place of a path's maps. See
        `without_paths`.
    progress : bool
        Whether a line shows how far it is.

    Returns
    -------
    PathEffects

    Raises
    ------
    ConfigError
        If `model` is not a `ResNeXt` or can't read these images, or another argument is not what it should be.
    ConversionError
        If a block was changed after `ResNeXt` built it, for example by a hook of `without_paths`.

    Examples
    --------
    >>> from resnext_edu import load_images, resnext_mini
    >>> images = load_images()
    >>> effects = path_effects(resnext_mini(), images.train[:20], images.test[:20], blocks=["layer3.0"],
    ...                        at=("mean", "zero"), progress=False)
    >>> effects.of("layer3.0", 7).change.count, len(effects.silenced)
    (20, 18)
    """
    names, ats = _chosen("block in blocks", blocks, [*blocks_of(model)]), _chosen("at", at, REPLACEMENTS)
    check_split("train", train)
    check_split("test", test)
    check_bool("progress", progress)
    network = fused(model)
    means = path_means(network, train) if "mean" in ats else {}
    right: dict[Silence | None, Tensor] = {}
    losses = torch.zeros(len(test), dtype=torch.float64)
    with progress_bar(len(test), "image", shown=progress) as bar:
        for rows, x in lots(network, test):
            labels = test.labels[rows].to(x.device)
            for what, logits in _answers(network, x, names, ats, means):
                known = right.setdefault(what, torch.zeros(len(test), dtype=torch.bool))
                known[rows] = (logits.argmax(1) == labels).cpu()
                if what is None:
                    losses[rows] = F.cross_entropy(logits.double(), labels, reduction="none").cpu()
            bar.update(len(rows))
    return _counted(test, losses, right)


@torch.inference_mode()
def _answers(network: ResNeXt, x: Tensor, names: Sequence[str], ats: Sequence[str], means: Mapping[str, Tensor]
             ) -> Iterator[tuple[Silence | None, Tensor]]:
    """The logits for these inputs without each path in turn, and at last, under None, with all paths."""
    blocks = [*blocks_of(network).items()]
    x = _stem(network, x.contiguous(memory_format=torch.channels_last))
    for k, (name, block) in enumerate(blocks):
        maps, shortcut = _maps(block, x), block._shortcut(x)
        later = [each for _, each in blocks[k + 1:]]
        paths = by_path(maps, block.cardinality)  # (N, C, d, H, W), a view of them
        for at in ats if name in names else ():
            values = values_at(at, means, name, block).to(maps)[:, :, None, None]  # (C, d, 1, 1)
            for path in (*range(block.cardinality), None):
                which = slice(None) if path is None else slice(path, path + 1)
                kept = paths[:, which].clone()
                paths[:, which] = values[which]
                yield (name, path, at), _head(network, later, _sum(block, maps, shortcut))
                paths[:, which] = kept
        x = _sum(block, maps, shortcut)
    yield None, _head(network, [], x)


def _stem(network: ResNeXt, x: Tensor) -> Tensor:
    x = network.relu(network.bn1(network.conv1(x)))
    return x if network.maxpool is None else network.maxpool(x)


def _maps(block: Any, x: Tensor) -> Tensor:
    """What the last 1×1 of a block of form (c) reads: (N, C·d, H, W)."""
    x = block.relu(block.bn1(block.conv1(x)))
    return block.relu(block.bn2(block.conv2(x)))  # type: ignore[no-any-return]


def _sum(block: Any, maps: Tensor, shortcut: Tensor) -> Tensor:
    """The end of such a block: (N, out, H, W)."""
    out = block.bn3(block.conv3(maps))
    out += shortcut
    return block.relu(out)  # type: ignore[no-any-return]


def _head(network: ResNeXt, blocks: Sequence[nn.Module], x: Tensor) -> Tensor:
    """The blocks that are left, and then from maps to logits."""
    for block in blocks:
        x = block(x)
    return network.fc(torch.flatten(network.avgpool(x), 1))  # type: ignore[no-any-return]


def _counted(test: Split, losses: Tensor, right: Mapping[Silence | None, Tensor]) -> PathEffects:
    """From the images that are named correctly, with and without each path, to the counts."""
    before = right[None]
    everything = torch.ones(len(test), dtype=torch.bool)
    present = [k for k in range(len(test.classes)) if bool((test.labels == k).any())]
    members = [test.labels.cpu() == k for k in present]

    def scored(some: Tensor) -> Score:
        return Score(float(losses[some].mean()), int(before[some].sum()), int(some.sum()))

    def changed(after: Tensor, some: Tensor) -> Change:
        return Change(int((before & ~after & some).sum()), int((~before & after & some).sum()), int(some.sum()))

    silenced = [Silenced(*what, changed(after, everything), tuple(changed(after, some) for some in members))
                for what, after in right.items() if what is not None]
    return PathEffects(scored(everything), tuple(test.classes[k] for k in present), tuple(map(scored, members)),
                       tuple(silenced))


def _chosen(what: str, names: Any, known: Sequence[str]) -> list[str]:
    """Some of the known names, each once; all of them for None where that is a choice."""
    if names is None and what != "at":
        return [*known]
    if not isinstance(names, list | tuple) or not names:
        kind = "several names of blocks" if what != "at" else "several replacements"
        raise ConfigError(f"{what.split()[-1]} must be {kind}, such as {[*known][:1]}; got {shown(names)}")
    for name in names:
        check_name(what, name, known)
    return [name for name in known if name in names]
