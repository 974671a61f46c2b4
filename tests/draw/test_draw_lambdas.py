"""Lambdas in a loop: the slices that the picture shows as read are those on which real convolutions depend."""
import pytest
import torch
from torch import nn

from resnext_edu.draw.block.lambdas import KEPT, LEFT, LOOKED_UP, MINE, PER_SLICE, SIDE, SLICES, lambdas_picture
from tests.draw.reading import colliding, elements, is_accessible, labels, outside

CHANNELS = SLICES * PER_SLICE


def cuts(kept):
    if kept:
        return [lambda x, i=i: x[:, i * PER_SLICE:i * PER_SLICE + PER_SLICE] for i in range(SLICES)]
    return [lambda x: x[:, i * PER_SLICE:i * PER_SLICE + PER_SLICE] for i in range(SLICES)]  # noqa: B023  # the mistake that is drawn


def read(cut):
    """The channels on which a convolution behind this cut depends."""
    x = torch.randn(1, CHANNELS, 5, 5, requires_grad=True)
    gradient, = torch.autograd.grad(nn.Conv2d(PER_SLICE, PER_SLICE, 3)(cut(x)).abs().sum(), x)
    return gradient.abs().sum(dim=(0, 2, 3)).nonzero().flatten().tolist()


@pytest.mark.parametrize(("kept", "drawn"), [(True, KEPT), (False, LOOKED_UP)])
def test_each_convolution_reads_the_slice_that_is_drawn(kept, drawn):
    found = [read(cut) for cut in cuts(kept)]
    assert found == [list(range(slice_ * PER_SLICE, (slice_ + 1) * PER_SLICE)) for slice_ in drawn]
    words, shown = lambdas_picture().text.splitlines()[3 - kept], labels(lambdas_picture())
    channels = sorted({channel for one in found for channel in one})
    said = f"all {CHANNELS} channels" if len(channels) == CHANNELS else f"{len(channels)} of {CHANNELS} channels: {channels[0]}–{channels[-1]}"
    assert f"convolution {MINE} reads slice {drawn[MINE]}. The output depends on {said}." in words
    assert said in shown


def test_a_line_leads_from_each_slice_that_is_read_to_the_convolution_that_reads_it():
    pitch = SIDE / SLICES
    for left, drawn in zip(LEFT, (KEPT, LOOKED_UP), strict=True):
        ends = [[float(number) for number in path.get("d").replace("M", "").replace("L", "").split()]
                for path in elements(lambdas_picture(), "path") if path.get("class") in {"wire", "hi"}]
        lines = {(round((x1 - left) / pitch - .5), round((x2 - left) / pitch - .5)) for x1, y1, x2, y2 in ends
                 if left < x1 < left + SIDE and y2 < 300}
        assert lines == {(slice_, conv) for conv, slice_ in enumerate(drawn)}
    heavy = [path.get("d") for path in elements(lambdas_picture(), "path") if path.get("class") == "hi"]
    assert len(heavy) == 2 * len(LEFT)


def test_it_says_what_nobody_reads():
    assert labels(lambdas_picture()).count("nobody reads these") == 1
    assert lambdas_picture().text.endswith(f"Nobody reads slices 0–{SLICES - 2}.")


def test_nothing_collides_and_all_can_be_heard():
    picture = lambdas_picture()
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)
