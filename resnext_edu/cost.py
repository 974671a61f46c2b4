"""What a block or a network costs, in closed form: the rows of each form, and nothing has to run for them."""
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from resnext_edu.config import BlockSpec, ResNeXtConfig, check_config, check_form
from resnext_edu.counts.rows import TraceRow
from resnext_edu.counts.trace import Trace
from resnext_edu.errors import ConfigError, positive_int

PATH_RELUS = ("relu1", "relu2")  # a path has two ReLUs of its own; a block without paths calls its only one twice


class _Value(NamedTuple):
    """What goes from row to row: a shape, and the index of the row that made it (None for the model's input)."""

    shape: tuple[int, ...]
    row: int | None = None


class _Rows(list[TraceRow]):
    """The rows so far. Each method adds the rows of some calls and returns what the last call returns.

    Parameters
    ----------
    stage : str, optional
        The stage of the calls. Without one, the first part of a call's path is its stage.
    """

    def __init__(self, stage: str = "") -> None:
        self.stage = stage
        self.calls: Counter[str] = Counter()

    def call(self, path: str, op: str, *args: _Value, shape: tuple[int, ...] = (),
             kernel_size: tuple[int, ...] | None = None, stride: tuple[int, ...] | None = None,
             groups: int | None = None, params: int = 0, macs: int = 0) -> _Value:
        shape = shape or args[0].shape
        inputs = tuple([value.row for value in args if value.row is not None])
        self.calls[path] += 1
        self.append(TraceRow(path, op, self.stage or path.split(".")[0], inputs, args[0].shape, shape,
                             kernel_size, stride, groups, params, macs, self.calls[path]))
        return _Value(shape, len(self) - 1)

    def conv(self, path: str, x: _Value, out_channels: int, kernel: int = 1, stride: int = 1,
             groups: int = 1) -> _Value:
        n, channels, height, width = x.shape
        height, width = -(-height // stride), -(-width // stride)  # rounded up: the padding is kernel // 2
        params = out_channels * (channels // groups) * kernel**2  # weight: (out, in / groups, k, k), no bias
        return self.call(path, "conv2d", x, shape=(n, out_channels, height, width), kernel_size=(kernel, kernel),
                         stride=(stride, stride), groups=groups, params=params, macs=n * height * width * params)

    def batch_norm(self, path: str, x: _Value) -> _Value:
        return self.call(path, "batch_norm", x, params=2 * x.shape[1])

    def stem(self, config: ResNeXtConfig, x: _Value) -> _Value:
        width = config.stem_width
        if config.stem_type == "imagenet":
            x = self.conv("conv1", x, width, kernel=7, stride=2)
        elif config.stem_type == "cifar":
            x = self.conv("conv1", x, width, kernel=3)
        else:
            for k, stride in ((0, 2), (3, 1)):
                x = self.batch_norm(f"conv1.{k + 1}", self.conv(f"conv1.{k}", x, width, kernel=3, stride=stride))
                x = self.call(f"conv1.{k + 2}", "relu", x)
            x = self.conv("conv1.6", x, 2 * width, kernel=3)
        x = self.call("relu", "relu", self.batch_norm("bn1", x))
        if config.stem_type == "cifar":
            return x
        n, channels, height, width = x.shape
        return self.call("maxpool", "max_pool2d", x, shape=(n, channels, -(-height // 2), -(-width // 2)),
                         kernel_size=(3, 3), stride=(2, 2))

    def block(self, spec: BlockSpec, x: _Value, prefix: str = "", form: str = "grouped") -> _Value:
        """The layers, in the order in which torchvision's `Bottleneck` calls them."""
        y = self.batch_norm(prefix + "bn3", BRANCHES[form](self, spec, x, prefix))
        if spec.has_projection:
            x = self.conv(prefix + "downsample.0", x, spec.out_channels, stride=spec.stride)
            x = self.batch_norm(prefix + "downsample.1", x)
        return self.call(prefix + "relu", "relu", self.call(prefix + "add", "add", y, x))

    def grouped(self, spec: BlockSpec, x: _Value, prefix: str) -> _Value:
        """Form (c), up to its last convolution."""
        y = self._two(spec.bottleneck_width, spec, x, prefix, groups=spec.cardinality)
        return self.conv(prefix + "conv3", y, spec.out_channels)

    def concat(self, spec: BlockSpec, x: _Value, prefix: str) -> _Value:
        """Form (b): the paths' outputs are stacked."""
        paths = [self._two(spec.width_per_group, spec, x, f"{prefix}paths.{i}.", PATH_RELUS)
                 for i in range(spec.cardinality)]
        n, _, height, width = paths[0].shape
        y = self.call(prefix + "cat", "cat", *paths, shape=(n, spec.bottleneck_width, height, width))
        return self.conv(prefix + "conv3", y, spec.out_channels)

    def split_sum(self, spec: BlockSpec, x: _Value, prefix: str) -> _Value:
        """Form (a): the paths' outputs are added up by Python's `sum`, which adds the first one to 0."""
        total: tuple[_Value, ...] = ()
        for path in (f"{prefix}paths.{i}." for i in range(spec.cardinality)):
            y = self.conv(path + "conv3", self._two(spec.width_per_group, spec, x, path, PATH_RELUS), spec.out_channels)
            total = (self.call(prefix + "add", "add", *total, y),)
        return total[0]

    def _two(self, width: int, spec: BlockSpec, x: _Value, prefix: str, relus: Sequence[str] = ("relu", "relu"),
             groups: int = 1) -> _Value:
        """The first two convolutions, each with a BatchNorm and a ReLU after it."""
        y = self.batch_norm(prefix + "bn1", self.conv(prefix + "conv1", x, width))
        y = self.call(prefix + relus[0], "relu", y)
        y = self.conv(prefix + "conv2", y, width, kernel=3, stride=spec.stride, groups=groups)
        return self.call(prefix + relus[1], "relu", self.batch_norm(prefix + "bn2", y))

    def head(self, num_classes: int, x: _Value) -> _Value:
        n, channels = x.shape[:2]
        x = self.call("avgpool", "adaptive_avg_pool2d", x, shape=(n, channels, 1, 1))
        x = self.call("flatten", "flatten", x, shape=(n, channels))
        weights = channels * num_classes
        return self.call("fc", "linear", x, shape=(n, num_classes), params=weights + num_classes, macs=n * weights)


BRANCHES = {"split_sum": _Rows.split_sum, "concat": _Rows.concat, "grouped": _Rows.grouped}  # form → its rows


def analytic_cost(config: ResNeXtConfig, input_size: Sequence[int] = (1, 3, 224, 224), form: str = "grouped") -> Trace:
    """The rows of a network, worked out and not run. They are the rows that `trace` finds when it runs the network.

    Parameters
    ----------
    config : ResNeXtConfig
        The network.
    input_size : sequence of int
        (N, C, H, W) of the images, in pixels; MACs and activations are for this batch.
    form : {"grouped", "concat", "split_sum"}
        Which form its blocks have.

    Returns
    -------
    Trace
        One row a call, in the order of the calls.

    Raises
    ------
    ConfigError
        If `config` is not a `ResNeXtConfig`, the form is unknown, `input_size` is not four positive integers, or
        its channels are not the network's.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, table 1: ResNeXt-50 has 25.0 million parameters and 4.2 billion
    multiply–adds.

    Examples
    --------
    >>> cost = analytic_cost(ResNeXtConfig.preset("resnext50_32x4d"))
    >>> cost.total_params, cost.total_macs
    (25028904, 4230479872)
    """
    check_config(config)
    check_form(form)
    rows = _Rows("stem")
    x = rows.stem(config, _Value(_checked_size(config.in_channels, input_size, "network")))
    for stage, specs in config.stages().items():
        rows.stage = stage
        for k, spec in enumerate(specs):
            x = rows.block(spec, x, f"{stage}.{k}.", form)
    rows.stage = "head"
    rows.head(config.num_classes, x)
    return Trace(tuple(rows))


def block_cost(spec: BlockSpec, input_size: Sequence[int] | None = None) -> Trace:
    """The rows of one block in form (c).

    Parameters
    ----------
    spec : BlockSpec
        The block.
    input_size : sequence of int
        (N, C, H, W) of the block's input, by default one map of 56×56; MACs and activations are for this batch.

    Returns
    -------
    Trace
        One row a call, in the order of the calls.

    Raises
    ------
    ConfigError
        If `input_size` is not four positive integers, or its channels are not the block's.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, equation 4: a block stores C·(256·d + 3·3·d·d + d·256) convolution weights.

    Examples
    --------
    >>> block_cost(BlockSpec(256, 256, cardinality=32, width_per_group=4)).total_params
    71168
    """
    rows = _Rows()
    rows.block(spec, _Value(_checked_size(spec.in_channels, input_size or (1, spec.in_channels, 56, 56), "block")))
    return Trace(tuple(rows))


def conv_weights(spec: BlockSpec) -> dict[str, int]:
    """How many weights each convolution of a block stores. The number is the same in all three forms.

    Parameters
    ----------
    spec : BlockSpec
        The block.

    Returns
    -------
    dict of str to int
        "conv1", "conv2", "conv3" and, if the block has a projection, "downsample.0" → its weights.

    Examples
    --------
    >>> conv_weights(BlockSpec(256, 256, cardinality=32, width_per_group=4))
    {'conv1': 32768, 'conv2': 4608, 'conv3': 32768}
    """
    rows = block_cost(spec, (1, spec.in_channels, 1, 1))  # the size of the map changes no weight
    return {row.path: row.params for row in rows if row.op == "conv2d"}


def matched_width(config: ResNeXtConfig, cardinality: int) -> int:
    """The *d* with which `cardinality` paths cost about as much as the paths of `config`.

    The cost is the number of convolution weights in a block of the first stage that has no projection. A block's
    MACs are proportional to it.

    Parameters
    ----------
    config : ResNeXtConfig
        The network whose budget is kept.
    cardinality : int
        *C*, the new number of paths.

    Returns
    -------
    int
        The whole number with the nearest cost, at least 1.

    Raises
    ------
    ConfigError
        If `config` is not a `ResNeXtConfig`, or `cardinality` is not a positive integer.

    Examples
    --------
    >>> [matched_width(ResNeXtConfig.preset("resnet50"), C) for C in (1, 2, 4, 8, 32)]
    [64, 40, 24, 14, 4]

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, table 2: C·(256·d + 3·3·d·d + d·256) stays near 70 thousand.
    """
    check_config(config)
    C, channels = positive_int("cardinality", cardinality), 64 * config.expansion

    def weights(C: int, d: int) -> int:
        return C * (channels * d + 9 * d * d + d * channels)

    budget = weights(config.cardinality, config.width_per_group)
    # the positive root of 9·C·d² + 2·C·channels·d = budget lies between two whole numbers: take the better one
    below = max(1, int((sqrt(channels**2 + 9 * budget / C) - channels) / 9))
    return min(below, below + 1, key=lambda d: abs(weights(C, d) - budget))


def _checked_size(channels: int, input_size: Sequence[int], what: str) -> tuple[int, ...]:
    if not isinstance(input_size, Sequence) or len(input_size) != 4:
        side = 56 if what == "block" else 224
        raise ConfigError(
            f"input_size must be four numbers (N, C, H, W), such as (1, {channels}, {side}, {side}); got {input_size}")
    size = tuple(input_size)
    size = tuple(positive_int(f"input_size[{k}]", value) for k, value in enumerate(size))
    if size[1] != channels:
        fits = (size[0], channels, *size[2:])
        raise ConfigError(f"input_size {size} has {size[1]} channels, the {what} takes {channels}; use {fits}")
    return size
