"""Which mistakes give exactly these totals? All explanations are found, never the first one only."""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from resnext_edu.config import ResNeXtConfig
from resnext_edu.errors import ConfigError, positive_int, shown
from resnext_edu.examination.asked import Asked, number_asked
from resnext_edu.examination.departures import Departure
from resnext_edu.examination.plan import candidates
from resnext_edu.examination.variants import Sized, variants
from resnext_edu.table import Table, WithNotes
from resnext_edu.words import plural

CLASSES = (10, 100, 1000, 21_841)  # of CIFAR-10, CIFAR-100, ImageNet-1K and ImageNet-22K
IMAGE_CHANNELS = (1, 3)
MOST_STEPS = 4
FLOPS = "two FLOPs counted for one multiply–add"
NORMS_TOO = "BatchNorms counted as 2 for each number, as fvcore and timm's tables do"
ALL_TOO = "BatchNorms counted as 2 for each number, ReLUs and poolings as 1, as mmcv's tables do"
STATISTICS = "running means and variances counted as parameters"


@dataclass(frozen=True)
class Explanation:
    """One explanation of some totals.

    Parameters
    ----------
    name : str
        The preset, or "your config".
    config : ResNeXtConfig
    departures : tuple of Departure
        What has to be wrong, and nothing else; empty if the totals are those of the paper's network.
    params, macs : int
        What this network has, in full.
    counted : str
        What was counted in another way than here, which is no mistake of the network.
    resized : str
        What another number of classes or of image channels than the preset's is; no mistake, either.
    """

    name: str
    config: ResNeXtConfig
    departures: tuple[Departure, ...]
    params: int
    macs: int
    counted: str = ""
    resized: str = ""


@dataclass(frozen=True, repr=False)
class Readings(WithNotes):
    """All explanations of some totals, the simplest first; it is a sequence of `Explanation`.

    Parameters
    ----------
    found : tuple of Explanation
    params, macs : int or float or None
        What was asked for.
    """

    found: tuple[Explanation, ...]
    params: float | None
    macs: float | None

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Explanation]:
        return iter(self.found)

    def __getitem__(self, number: int) -> Explanation:
        return self.found[number]

    def table(self) -> Table:
        """One row for each explanation."""
        def what(each: Explanation) -> str:
            lines = [*(departure.title for departure in each.departures), *filter(None, [each.resized, each.counted])]
            return "\n".join(lines) or "as in the paper"

        asked = " and ".join(f"{value:,.0f} {what}" for value, what in
                             ((self.params, "parameters"), (self.macs, "MACs")) if value is not None)
        rows = [(each.name, what(each), each.params, each.macs) for each in self.found]
        return Table(("read as", "what is different", "parameters", "MACs"), rows,
                     caption=f"{plural(len(rows), 'explanation')} of {asked}")

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know before one believes an explanation."""
        if len(self.found) > 1:
            return ("Several networks have these totals. Numbers alone can't tell which one it is: "
                    "`examine(model)` reads the network itself.",)
        return () if self.found else ("No network with one or two known mistakes has these totals.",)

    def __repr__(self) -> str:
        return self.text()

    def to_records(self) -> list[dict[str, object]]:
        """Plain data for JSON, one dictionary an explanation."""
        return [{"name": each.name, "departures": [d.name for d in each.departures], "counted": each.counted,
                 "num_classes": each.config.num_classes, "in_channels": each.config.in_channels,
                 "params": each.params, "macs": each.macs} for each in self.found]


def examine_totals(params: float | str | None = None, macs: float | str | None = None,
                   as_: str | ResNeXtConfig | None = None, size: tuple[int, int] | None = None) -> Readings:
    """Find every network with at most two known mistakes that has exactly these totals.

    A preset may also have another number of classes (10, 100, 1,000 or 21,841; without a mistake any number that fits)
    or of image channels (1 or 3). If a number is round, so that much fits, each of these takes the place of a mistake.
    MACs may be counted as other tools do.

    Parameters
    ----------
    params, macs : int, float or str, optional
        At least one of them. A round number counts as rounded: 25e6 fits everything from 24.5 to 25.5 million. In a
        text all digits count: "25.0e6" and "25.0 M" fit what lies between 24.95 and 25.05 million. A text may end in
        its unit: "4.2 GFLOPs".
    as_ : str or ResNeXtConfig, optional
        The network that it is meant to be: a preset's name or a config; by default every preset is tried. A config
        has its own classes and channels, and no others.
    size : tuple of int, optional
        Height and width of the image that the MACs are for: 224×224 by default, 32×32 with a CIFAR stem.

    Returns
    -------
    Readings
        The simplest first: with fewer departures, then in the order in which they are known.

    Raises
    ------
    ConfigError
        If neither number is given, one is not a positive number, or `as_` is no preset.

    Examples
    --------
    >>> [[departure.name for departure in reading.departures] for reading in examine_totals(25028904)]
    [[]]
    >>> [each.counted for each in examine_totals(153_220_008)]
    ['running means and variances counted as parameters']
    >>> [(each.name, each.resized) for each in examine_totals(23_000_394)]
    [('resnext50_32x4d', '10 classes')]
    """
    asked = [None if value is None else number_asked(name, value)
             for name, value in (("params", params), ("macs", macs))]
    if asked == [None, None]:
        raise ConfigError("give params, macs or both: examine_totals(params=25028904)")
    if size is not None:
        if not isinstance(size, Sequence) or isinstance(size, str) or len(size) != 2:
            raise ConfigError(f"size must be a height and a width, such as (224, 224); got {shown(size)}")
        size = positive_int("size[0]", size[0]), positive_int("size[1]", size[1])
    found = [reading for name, config in candidates(as_) for reading in _readings(name, config, asked, size)]
    return Readings(tuple(sorted(found, key=_steps)), *(each and each.value for each in asked))


def _steps(each: Explanation) -> int:
    """How far an explanation leads away from the paper's network, as it is counted here."""
    return len(each.departures) + bool(each.counted) + len(each.resized.split(" and ")) * bool(each.resized)


def _readings(name: str, config: ResNeXtConfig, asked: list[Asked | None], size: tuple[int, int] | None
              ) -> Iterator[Explanation]:
    """Every explanation by this network, the shorter ones first."""
    found: list[frozenset[str]] = []
    most = 2 if any(each and each.rounded for each in asked) else MOST_STEPS
    resizings = _resizings(config) if name else [("", config)]
    for departures, sized in variants(config, size or ((32, 32) if config.stem_type == "cifar" else (224, 224))):
        any_number = list(_solved(config, sized, asked[0])) if name and not departures else []
        for resized, other in [*resizings, *any_number]:
            words = frozenset([departure.name for departure in departures] + [w for w in resized.split(" and ") if w])
            if len(words) > most or any(shorter <= words for shorter in found):
                continue  # the rest of these changes nothing that was asked
            price = sized.price(other.num_classes, other.in_channels)
            ways = [[("", price.params), (STATISTICS, price.params + price.statistics)],
                    [("", price.macs), (FLOPS, 2 * price.macs), (NORMS_TOO, price.macs + 2 * price.normed + sized.last),
                     (ALL_TOO, price.macs + 2 * price.normed + price.others)]]
            fitting = [[how for how, have in way if each.fits(have)] if each else [""]
                       for way, each in zip(ways, asked, strict=True)]
            for counted in product(*fitting):
                found.append(words)
                how = " and ".join(filter(None, counted))
                yield Explanation(name or "your config", other, departures, price.params, price.macs, how, resized)


def _resizings(config: ResNeXtConfig) -> list[tuple[str, ResNeXtConfig]]:
    """The same network for other images and classes, each with its words; first the network itself."""
    found = []
    for classes, channels in product((config.num_classes, *CLASSES), (config.in_channels, *IMAGE_CHANNELS)):
        found.append(_resized(config, classes, channels))
    return sorted(dict(found).items(), key=lambda each: (bool(each[0]), " and " in each[0]))


def _resized(config: ResNeXtConfig, classes: int, channels: int) -> tuple[str, ResNeXtConfig]:
    words = [f"{classes:,} class" + "es" * (classes != 1)] * (classes != config.num_classes)
    words += [plural(channels, "image channel")] * (channels != config.in_channels)
    return " and ".join(words), config.replace(num_classes=classes, in_channels=channels)


def _solved(config: ResNeXtConfig, sized: Sized, params: Asked | None) -> Iterator[tuple[str, ResNeXtConfig]]:
    """The numbers of classes with which a network has exactly so many parameters, whether anybody uses them or not."""
    by_class = sized.by_class[0]
    if params is None or params.rounded or not by_class:
        return
    for channels, counts in product(dict.fromkeys((config.in_channels, *IMAGE_CHANNELS)), (0, 1)):
        price = sized.price(0, channels)
        classes, rest = divmod(params.value - price.params - counts * price.statistics, by_class)
        if not rest and 0 < classes <= max(CLASSES) and classes not in (config.num_classes, *CLASSES):
            yield _resized(config, classes, channels)
