"""The rows of a network's layers, one after the other, from arithmetic alone."""
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from resnext_edu.config import BlockSpec, ResNeXtConfig
from resnext_edu.counts.rows import TraceRow

PATH_RELUS = ("relu1", "relu2")  # a path has two ReLUs of its own; a block without paths calls its only one twice


class Value(NamedTuple):
    """What goes from row to row: a shape, and the index of the row that made it (None for the model's input)."""

    shape: tuple[int, ...]
    row: int | None = None


class Rows(list[TraceRow]):
    """The rows so far. Each method adds the rows of some calls and returns what the last call returns.

    Parameters
    ----------
    stage : str, optional
        The stage of the calls. Without one, the first part of a call's path is its stage.
    """

    def __init__(self, stage: str = "") -> None:
        self.stage = stage
        self.calls: dict[str, int] = {}

    def call(self, path: str, op: str, *args: Value, shape: tuple[int, ...] = (),
             kernel_size: tuple[int, ...] | None = None, stride: tuple[int, ...] | None = None,
             groups: int | None = None, params: int = 0, macs: int = 0) -> Value:
        """One call that reads `args`; by default its result has the shape of the first of them."""
        shape = shape or args[0].shape
        inputs = tuple([value.row for value in args if value.row is not None])
        self.calls[path] = calls = self.calls.get(path, 0) + 1
        self.append(TraceRow(path, op, self.stage or path.split(".")[0], inputs, args[0].shape, shape,
                             kernel_size, stride, groups, params, macs, calls))
        return Value(shape, len(self) - 1)

    def conv(self, path: str, x: Value, out_channels: int, kernel: int = 1, stride: int = 1,
             groups: int = 1) -> Value:
        """A convolution without bias."""
        n, channels, height, width = x.shape
        height, width = -(-height // stride), -(-width // stride)  # rounded up: the padding is kernel // 2
        params = out_channels * (channels // groups) * kernel**2  # weight: (out, in / groups, k, k), no bias
        return self.call(path, "conv2d", x, shape=(n, out_channels, height, width), kernel_size=(kernel, kernel),
                         stride=(stride, stride), groups=groups, params=params, macs=n * height * width * params)

    def batch_norm(self, path: str, x: Value) -> Value:
        """A BatchNorm: one factor and one offset per channel, and no MACs."""
        return self.call(path, "batch_norm", x, params=2 * x.shape[1])

    def stem(self, config: ResNeXtConfig, x: Value) -> Value:
        """Everything before the first stage."""
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

    def block(self, spec: BlockSpec, x: Value, prefix: str = "", form: str = "grouped") -> Value:
        """The layers, in the order in which torchvision's `Bottleneck` calls them."""
        y = self.batch_norm(prefix + "bn3", BRANCHES[form](self, spec, x, prefix))
        if spec.has_projection:
            x = self.conv(prefix + "downsample.0", x, spec.out_channels, stride=spec.stride)
            x = self.batch_norm(prefix + "downsample.1", x)
        return self.call(prefix + "relu", "relu", self.call(prefix + "add", "add", y, x))

    def again(self, before: str, prefix: str, x: Value) -> Value:
        """The block behind an equal one: its rows once more, under its own name, each as far from what it reads."""
        last = next(k for k in range(len(self) - 1, -2, -1) if k < 0 or not self[k].path.startswith(before))
        block, cut = self[last + 1:], len(before)
        for path, op, stage, inputs, *facts in block:
            moved = tuple([k + len(block) for k in inputs])
            self.append(tuple.__new__(TraceRow, (prefix + path[cut:], op, stage, moved, *facts)))
        return Value(x.shape, len(self) - 1)

    def grouped(self, spec: BlockSpec, x: Value, prefix: str) -> Value:
        """Form (c), up to its last convolution."""
        y = self._two(spec.bottleneck_width, spec, x, prefix, groups=spec.cardinality)
        return self.conv(prefix + "conv3", y, spec.out_channels)

    def concat(self, spec: BlockSpec, x: Value, prefix: str) -> Value:
        """Form (b): the paths' outputs are stacked."""
        paths = [self._two(spec.width_per_group, spec, x, f"{prefix}paths.{i}.", PATH_RELUS)
                 for i in range(spec.cardinality)]
        n, _, height, width = paths[0].shape
        y = self.call(prefix + "cat", "cat", *paths, shape=(n, spec.bottleneck_width, height, width))
        return self.conv(prefix + "conv3", y, spec.out_channels)

    def split_sum(self, spec: BlockSpec, x: Value, prefix: str) -> Value:
        """Form (a): the paths' outputs are added up by Python's `sum`, which adds the first one to 0."""
        total: tuple[Value, ...] = ()
        for path in (f"{prefix}paths.{i}." for i in range(spec.cardinality)):
            y = self.conv(path + "conv3", self._two(spec.width_per_group, spec, x, path, PATH_RELUS), spec.out_channels)
            total = (self.call(prefix + "add", "add", *total, y),)
        return total[0]

    def _two(self, width: int, spec: BlockSpec, x: Value, prefix: str, relus: Sequence[str] = ("relu", "relu"),
             groups: int = 1) -> Value:
        """The first two convolutions, each with a BatchNorm and a ReLU after it."""
        y = self.batch_norm(prefix + "bn1", self.conv(prefix + "conv1", x, width))
        y = self.call(prefix + relus[0], "relu", y)
        y = self.conv(prefix + "conv2", y, width, kernel=3, stride=spec.stride, groups=groups)
        return self.call(prefix + relus[1], "relu", self.batch_norm(prefix + "bn2", y))

    def head(self, num_classes: int, x: Value) -> Value:
        """Everything after the last stage."""
        n, channels = x.shape[:2]
        x = self.call("avgpool", "adaptive_avg_pool2d", x, shape=(n, channels, 1, 1))
        x = self.call("flatten", "flatten", x, shape=(n, channels))
        weights = channels * num_classes
        return self.call("fc", "linear", x, shape=(n, num_classes), params=weights + num_classes, macs=n * weights)


BRANCHES: Mapping[str, Callable[[Rows, BlockSpec, Value, str], Value]] = {  # form → the rows up to its last 1×1
    "split_sum": Rows.split_sum,
    "concat": Rows.concat,
    "grouped": Rows.grouped,
}
