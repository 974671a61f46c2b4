"""What a block costs, in closed form: the rows of its grouped form without running anything."""
from collections.abc import Sequence
from typing import NamedTuple

from resnext_edu.config import BlockSpec
from resnext_edu.errors import ConfigError, positive_int
from resnext_edu.rows import Trace, TraceRow


class _Value(NamedTuple):
    """What flows between rows: a shape, and the index of the row that made it (None: the input)."""

    shape: tuple[int, ...]
    row: int | None = None


class _Rows(list):
    """The rows so far. Each method adds the row of one call and returns what comes out of it."""

    def call(self, path: str, op: str, *args: _Value, shape: tuple[int, ...] = (), **counts) -> _Value:
        shape = shape or args[0].shape
        inputs = tuple(value.row for value in args if value.row is not None)
        calls = 1 + sum(row.path == path for row in self)
        self.append(TraceRow(path, op, path.split(".")[0], inputs, args[0].shape, shape, calls=calls, **counts))
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


def block_cost(spec: BlockSpec, input_size: Sequence[int] = (1, 256, 56, 56)) -> Trace:
    """The rows of the grouped form, in the order in which torchvision's `Bottleneck` calls them.

    Parameters
    ----------
    spec : BlockSpec
        The block.
    input_size : sequence of int
        (N, C, H, W) of the block's input; MACs and activations are for this batch.

    Raises
    ------
    ConfigError
        If `input_size` is not four whole numbers, or its channels are not the block's.

    References
    ----------
    Eq. 4 of the paper: a block stores C·(256·d + 3·3·d·d + d·256) convolution weights.

    Examples
    --------
    >>> block_cost(BlockSpec(256, 256, cardinality=32, width_per_group=4)).total_params
    71168
    """
    x = _Value(_checked_size(spec, input_size))
    width, rows = spec.bottleneck_width, _Rows()
    y = rows.batch_norm("bn1", rows.conv("conv1", x, width))
    y = rows.call("relu", "relu", y)
    y = rows.batch_norm("bn2", rows.conv("conv2", y, width, kernel=3, stride=spec.stride, groups=spec.cardinality))
    y = rows.call("relu", "relu", y)
    y = rows.batch_norm("bn3", rows.conv("conv3", y, spec.out_channels))
    if spec.has_projection:
        x = rows.conv("downsample.0", x, spec.out_channels, stride=spec.stride)
        x = rows.batch_norm("downsample.1", x)
    rows.call("relu", "relu", rows.call("add", "add", y, x))
    return Trace(tuple(rows))


def conv_weights(spec: BlockSpec) -> dict[str, int]:
    """How many weights each convolution stores, the projection's last; all forms store as many.

    Examples
    --------
    >>> conv_weights(BlockSpec(256, 256, cardinality=32, width_per_group=4))
    {'conv1': 32768, 'conv2': 4608, 'conv3': 32768}
    """
    rows = block_cost(spec, (1, spec.in_channels, 1, 1))  # the map's size does not matter to weights
    return {row.path: row.params for row in rows if row.op == "conv2d"}


def _checked_size(spec: BlockSpec, input_size: Sequence[int]) -> tuple[int, ...]:
    size = tuple(input_size)
    if len(size) != 4:
        raise ConfigError(
            f"input_size must be four numbers (N, C, H, W), such as (1, {spec.in_channels}, 56, 56); got {size}")
    size = tuple(positive_int(f"input_size[{k}]", value) for k, value in enumerate(size))
    if size[1] != spec.in_channels:
        fits = (size[0], spec.in_channels, *size[2:])
        raise ConfigError(f"input_size {size} has {size[1]} channels, the block takes {spec.in_channels}; use {fits}")
    return size
