"""The picture of a strided bottleneck: who reads whom is what a real block shows when its pixels change one by one."""
import re

import pytest
import torch
from torch import nn
from torchvision.models.resnet import Bottleneck, conv1x1

from resnext_edu import randomise_batchnorm
from resnext_edu.draw.block.strided import strided_picture, strides_picture
from resnext_edu.draw.block.strided_branch import STRIDED, strided_branch
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, pieces

every_place = pytest.mark.parametrize("stride_on", STRIDED)
every_size = pytest.mark.parametrize("size", [2, 5, 12])


def dependence(stride_on: str, size: int) -> torch.Tensor:
    """torchvision's block of stride 2, its projection included: which outputs move if a pixel changes.

    Axes: row and column of the output, row and column of the input.
    """
    torch.manual_seed(0)
    projection = nn.Sequential(conv1x1(16, 32, stride=2), nn.BatchNorm2d(32))
    block = randomise_batchnorm(Bottleneck(16, 8, stride=2, downsample=projection)).double().eval()
    block.conv1.stride = (2, 2) if stride_on == "conv1" else (1, 1)
    block.conv2.stride = (2, 2) if stride_on == "conv2" else (1, 1)
    x = torch.rand(16, size, size, dtype=torch.float64)
    with torch.inference_mode():
        images = x.repeat(size**2, 1, 1, 1)
        images += torch.eye(size**2, dtype=torch.float64).view(-1, 1, size, size)
        moved = (block(images) != block(x[None])).any(dim=1)
    return moved.permute(1, 2, 0).unflatten(-1, (size, size))


@every_place
@every_size
def test_an_output_reads_what_moves_it(stride_on, size):
    moved = dependence(stride_on, size)
    for row, of_row in enumerate(moved):
        for column, mine in enumerate(of_row):
            branch = strided_branch(stride_on, row, column, size)
            read = torch.zeros(size, size, dtype=torch.bool)
            read[[[r] for r in branch.reads(row)], branch.reads(column)] = True
            assert torch.equal(read, mine)
            assert branch.pixels == mine.sum()
    anybody = moved.flatten(0, 1).any(dim=0)
    assert len(moved) == branch.out
    assert (branch.by_any, branch.by_none) == (anybody.sum(), (~anybody).sum())
    assert anybody.nonzero().tolist() == [[r, c] for r in branch.read for c in branch.read]


@every_place
@every_size
def test_every_pixel_is_a_sign_and_says_who_reads_it(stride_on, size):
    """Filled, empty or crossed; the three maps have one sign a pixel, and below them stand three signs more."""
    last = -(-size // 2) - 1
    picture, branch = strided_picture(stride_on, last, 0, size), strided_branch(stride_on, last, 0, size)
    window = len(branch.window(last)) * len(branch.window(0))
    key = 1
    assert sum(pieces(picture, "ink")) == branch.pixels + window + 1 + key
    assert sum(pieces(picture, "wire")) == (branch.by_any - branch.pixels) + (branch.between**2 - window) + (branch.out**2 - 1) + key
    assert sum(pieces(picture, "edge")) == 2 * branch.by_none + 2 * key  # a cross has two strokes
    for words, count in (("read by this output", branch.pixels), ("read by others", branch.by_any - branch.pixels),
                         ("read by no output", branch.by_none)):
        assert f"{words} {count}" in labels(picture)


def test_a_followed_pixel_stands_where_it_is_read():
    """The filled squares of the input, from their places back to rows and columns."""
    first = next(path for path in elements(strided_picture("conv1", 2, 3), "path") if path.get("class") == "ink")
    places = {((float(y) - 142) / 20, (float(x) - 18) / 20) for x, y in re.findall(r"M (\S+) (\S+)", first.get("d"))}
    assert places == {(row, column) for row in (2, 4, 6) for column in (4, 6, 8)}


@every_place
def test_the_stride_is_bold_where_it_stands(stride_on):
    first, second = [(element.get("class"), element.text) for element in elements(strided_picture(stride_on), "text")
                     if (element.text or "").startswith("stride ")]
    assert (first, second) == ((("b", "stride 2"), ("soft", "stride 1")) if stride_on == "conv1" else (("soft", "stride 1"), ("b", "stride 2")))


def test_the_title_says_what_is_lost():
    assert strided_picture("conv1").title == "Stride on the first 1×1: nobody reads 108 of 144 pixels"
    assert strided_picture("conv2").title == "Stride on the 3×3: every pixel is read"
    assert strided_picture("conv1", 0, 0, size=1).title == "Stride on the first 1×1: every pixel is read"


@every_place
@pytest.mark.parametrize(("row", "column", "size"), [(2, 2, 12), (0, 5, 12), (0, 0, 1), (1, 0, 3), (7, 7, 16), (7, 0, 15)])
def test_texts_keep_apart_and_inside(stride_on, row, column, size):
    picture = strided_picture(stride_on, row, column, size)
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)
    assert picture.size == strided_picture().size
    assert "style=" not in "".join(picture.body)


@pytest.mark.parametrize(("wrong", "message"), [
    ({"stride_on": "conv3"}, "unknown convolution for the stride 'conv3'; did you mean 'conv2'? Known: conv1, conv2"),
    ({"row": 6}, "row must be the number of a row of the output, 0 … 5; got 6"),
    ({"column": -1}, "column must be the number of a column of the output, 0 … 5; got -1"),
    ({"size": 17}, "size must be 16 or less, so that each pixel can be seen; got 17"),
    ({"size": 0}, "size must be a whole number, 1 or more; got 0"),
])
def test_what_cannot_be_drawn(wrong, message):
    with pytest.raises(ConfigError) as caught:
        strided_picture(**wrong)
    assert str(caught.value) == message


@every_size
def test_both_strides_beside_each_other_have_the_signs_of_each(size):
    picture, last = strides_picture(0, -(-size // 2) - 1, size), -(-size // 2) - 1
    both = [strided_branch(stride_on, 0, last, size) for stride_on in STRIDED]
    assert sum(pieces(picture, "ink")) == sum(b.pixels + 1 for b in both) + 1
    assert sum(pieces(picture, "wire")) == sum(b.by_any - b.pixels + b.out**2 - 1 for b in both) + 1
    assert sum(pieces(picture, "edge")) == 2 * sum(b.by_none for b in both) + 2
    for b in both:
        assert f"{b.by_any} of {size**2} pixels are read" in labels(picture)
        assert f"{b.by_any} of {size**2} pixels are read by some output, {b.by_none} by none." in picture.text
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)
