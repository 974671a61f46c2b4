"""A block's five numbers: what they imply, and what can't be a block."""
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from resnext_edu.config import BlockSpec
from resnext_edu.errors import ConfigError

STANDARD = {"in_channels": 256, "out_channels": 256, "cardinality": 32, "width_per_group": 4}


def test_the_bottleneck_is_all_paths_together():
    assert BlockSpec(**STANDARD).bottleneck_width == 128


@pytest.mark.parametrize(("changes", "projection"), [
    ({}, False),
    ({"in_channels": 64}, True),
    ({"stride": 2}, True),
    ({"in_channels": 128, "out_channels": 512, "stride": 2}, True),
])
def test_a_projection_stands_where_the_shape_changes(changes, projection):
    assert BlockSpec(**STANDARD | changes).has_projection is projection


@pytest.mark.parametrize("field", [*STANDARD, "stride"])
@pytest.mark.parametrize("value", [0, -4, 4.0, "4", True, None])
def test_only_whole_numbers_from_one_on(field, value):
    with pytest.raises(ConfigError) as error:
        BlockSpec(**STANDARD | {field: value})
    assert str(error.value) == f"{field} must be a whole number, 1 or more; got {value!r}"


def test_a_stride_of_three_is_refused_with_the_two_that_there_are():
    with pytest.raises(ConfigError) as error:
        BlockSpec(**STANDARD, stride=3)
    assert str(error.value) == "stride must be 1 (the map keeps its size) or 2 (it is halved); got 3"


def test_numbers_of_numpy_become_plain_ones():
    spec = BlockSpec(np.int64(64), 256, np.int32(32), 4)
    assert type(spec.in_channels) is type(spec.cardinality) is int


def test_a_spec_does_not_change():
    with pytest.raises(FrozenInstanceError):
        BlockSpec(**STANDARD).cardinality = 64
