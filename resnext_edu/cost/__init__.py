"""What a block or a network costs, in closed form: the rows of each form, and nothing has to run for them."""
from collections.abc import Sequence
from math import sqrt

from resnext_edu.config import BlockSpec, ResNeXtConfig, check_config, check_form, check_spec
from resnext_edu.cost.layers import Rows, Value
from resnext_edu.counts.trace import Trace
from resnext_edu.errors import ConfigError, positive_int, shown


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
    rows = Rows("stem")
    x = rows.stem(config, Value(_checked_size(config.in_channels, input_size, "network")))
    for stage, specs in config.stages().items():
        rows.stage = stage
        for k, spec in enumerate(specs):
            if k > 1 and spec == specs[k - 1]:  # the first block of a stage may have a shortcut of its own
                x = rows.again(f"{stage}.{k - 1}.", f"{stage}.{k}.", x)
            else:
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
    rows = Rows()
    check_spec(spec)
    size = (1, spec.in_channels, 56, 56) if input_size is None else input_size
    rows.block(spec, Value(_checked_size(spec.in_channels, size, "block")))
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
        sizes = tuple(input_size) if isinstance(input_size, tuple | list) else ()
        batch = f"; add the batch: {(1, *sizes)}" if len(sizes) == 3 and sizes[0] == channels else ""
        raise ConfigError(
            f"input_size must be four numbers (N, C, H, W), such as (1, {channels}, {side}, {side}); "
            f"got {shown(input_size)}{batch}")
    size = tuple(input_size)
    size = tuple(positive_int(f"input_size[{k}]", value) for k, value in enumerate(size))
    if size[1] != channels:
        fits = (size[0], channels, *size[2:])
        raise ConfigError(f"input_size {size} has {size[1]} channels, the {what} takes {channels}; use {fits}")
    return size
