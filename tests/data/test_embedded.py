"""The embedded images are the official ones, checked at load, and their stem is fixed."""
import gzip
import hashlib
import shutil
from dataclasses import FrozenInstanceError

import pytest
import torch

from resnext_edu.data import embedded as data
from resnext_edu.data import load_images
from resnext_edu.data.maps import block_inputs
from resnext_edu.errors import ConfigError, DataError
from tools import make_images

ZIP, NOTICE = "fashion-mnist-mini.zip", "fashion-mnist-mini.LICENSE.txt"


@pytest.fixture(scope="module")
def images():
    return load_images("fashion-mnist-mini")


@pytest.fixture
def assets(tmp_path, monkeypatch):
    """A copy of the assets that a test may damage."""
    copy = shutil.copytree(data.ASSETS, tmp_path / "assets")
    monkeypatch.setattr(data, "ASSETS", copy)
    return copy


def test_shapes_types_and_balance(images):
    for split, per_class in (("train", 500), ("test", 100)):
        pixels, labels = getattr(images, f"{split}_images"), getattr(images, f"{split}_labels")
        assert (pixels.shape, pixels.dtype) == ((10 * per_class, 28, 28), torch.uint8)
        assert labels.dtype == torch.int64
        assert labels.tolist() == list(range(10)) * per_class  # so that every ten rows are balanced, too
        assert (int(pixels.min()), int(pixels.max())) == (0, 255)
    assert len(images.classes) == 10
    assert images.classes[9] == "Ankle boot"


def test_the_images_lie_beside_their_own_labels(images):
    """Pixels against labels, in a way that another row order or a shifted header would not survive."""
    train, test = (
        (pixels.double() / 255).flatten(1) for pixels in (images.train_images, images.test_images))
    centres = torch.stack([train[images.train_labels == label].mean(0) for label in range(10)])
    assert (torch.cdist(test, centres).argmin(1) == images.test_labels).double().mean() > 0.6


def test_the_file_is_small_and_the_notice_is_beside_it(images):
    assert (data.ASSETS / ZIP).stat().st_size <= 3_000_000
    assert images.licence == (data.ASSETS / NOTICE).read_text(encoding="utf-8")
    assert "Copyright (c) 2017 Zalando SE" in images.licence
    assert "permission notice shall be included" in " ".join(images.licence.split())


def test_repr_is_short_and_the_record_is_frozen(images):
    assert repr(images) == "Images(fashion-mnist-mini: 5,000 train, 1,000 test, 28×28 uint8, 10 classes)"
    with pytest.raises(FrozenInstanceError):
        images.name = "mine"


def test_each_load_is_a_copy(images):
    other = load_images("fashion-mnist-mini")
    other.train_images.zero_()
    assert images.train_images.any()
    assert load_images("fashion-mnist-mini").train_images.any()


def test_unknown_name_offers_the_nearest():
    with pytest.raises(ConfigError, match="unknown data set 'fashion_mnist_mini'; did you mean 'fashion-mnist-mini'"):
        load_images("fashion_mnist_mini")
    with pytest.raises(ConfigError, match="unknown data set"):
        load_images(["fashion-mnist-mini"])


@pytest.mark.parametrize("file", [ZIP, NOTICE])
def test_missing_file_is_named_with_the_repair(assets, file):
    (assets / file).unlink()
    with pytest.raises(DataError) as caught:
        load_images("fashion-mnist-mini")
    text = str(caught.value)
    assert str(assets / file) in text
    assert "No such file" in text
    assert f"git checkout -- resnext_edu/assets/{file}" in text
    assert "pip install --force-reinstall" in text
    assert ("2,615,195 bytes with sha256 7c9f9a10" in text) == (file == ZIP)


@pytest.mark.parametrize("damage", [
    lambda raw: raw[:-1], lambda raw: b"", lambda raw: raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:],
], ids=["cut", "empty", "one bit"])
def test_damaged_file_gives_what_was_expected_and_found(assets, damage):
    raw = damage((assets / ZIP).read_bytes())
    (assets / ZIP).write_bytes(raw)
    with pytest.raises(DataError) as caught:
        load_images("fashion-mnist-mini")
    text = str(caught.value)
    asset = data.DATA_SETS["fashion-mnist-mini"]
    assert f"{ZIP} is damaged: expected 2,615,195 bytes with sha256 {asset.sha256}" in text
    assert f"found {len(raw):,} bytes with sha256 {hashlib.sha256(raw).hexdigest()}" in text
    assert "make_images.py" in text


def official(folder, per_class=None):
    """A folder like the official one, with images of 2×2 pixels that hold their own row number."""
    for split, needed in make_images.PER_CLASS.items():
        labels = bytes(range(9, -1, -1)) * (needed if per_class is None else per_class) + bytes(10)
        pixels = b"".join(row.to_bytes(4, "big") for row in range(len(labels)))
        for what, sizes, raw in (("images-idx3", (len(labels), 2, 2), pixels), ("labels-idx1", (len(labels),), labels)):
            (folder / f"{split}-{what}-ubyte.gz").write_bytes(gzip.compress(make_images.write_idx(sizes, raw)))
    return folder


def test_the_script_takes_the_first_of_each_class_in_rounds(tmp_path):
    files = make_images.members(official(tmp_path))
    pixels, labels = (data._from_idx(files[f"t10k-{what}-ubyte"]) for what in ("images-idx3", "labels-idx1"))
    assert labels.tolist() == list(range(10)) * 100
    rows = [int.from_bytes(bytes(image.flatten().tolist()), "big") for image in pixels]
    assert rows == [10 * round_ + 9 - cls for round_ in range(100) for cls in range(10)]


def test_a_second_run_makes_the_same_bytes(tmp_path, capsys):
    folder, first, second = official(tmp_path), tmp_path / "first.zip", tmp_path / "second.zip"
    assert make_images.main([str(folder), "--out", str(first)]) == 0
    assert make_images.main([str(folder), "--out", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    assert hashlib.sha256(first.read_bytes()).hexdigest() in capsys.readouterr().out


@pytest.mark.parametrize(("prepare", "says"), [
    (lambda folder: None, "train-images-idx3-ubyte.gz"),
    (lambda folder: official(folder, per_class=3), "class 0 has 13 images, 500 are needed"),
    (lambda folder: official(folder).joinpath("t10k-labels-idx1-ubyte.gz").write_bytes(b"<p>"), "Not a gzipped"),
], ids=["missing", "too few", "not gzip"])
def test_the_script_says_what_is_wrong_with_the_folder(tmp_path, capsys, prepare, says):
    prepare(tmp_path)
    assert make_images.main([str(tmp_path), "--out", str(tmp_path / "out.zip")]) == 1
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out.zip").exists()


@pytest.mark.skipif(not make_images.DEBIAN.exists(), reason="needs Debian's package dataset-fashion-mnist")
def test_the_embedded_images_are_the_official_ones(tmp_path, images):
    made = make_images.members(make_images.DEBIAN)
    assert torch.equal(data._from_idx(made["train-images-idx3-ubyte"]), images.train_images)
    assert torch.equal(data._from_idx(made["t10k-images-idx3-ubyte"]), images.test_images)
    assert made["t10k-labels-idx1-ubyte"][8:] == bytes(images.test_labels.tolist())


def test_block_inputs_are_fixed_and_leave_the_random_state_alone(images):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    x = block_inputs(images, channels=6, size=7, count=3)
    assert (x.shape, x.dtype, x.requires_grad) == ((3, 6, 7, 7), torch.float32, False)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(block_inputs(images, channels=6, size=7, count=3), x)
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.equal(block_inputs(images, channels=6, size=7, count=3), x)
    finally:
        torch.set_default_dtype(torch.float32)


def test_block_inputs_are_these_numbers(images):
    """Worked out once: another seed, spread, border or image would give others."""
    x = block_inputs(images, channels=6, size=7, count=3)
    assert x.mean().item() == pytest.approx(0.4388, abs=1e-3)
    assert x.std().item() == pytest.approx(0.5270, abs=1e-3)
    assert x[1, :, 3, 3].tolist() == pytest.approx([0.7382, 0.3645, 0.7825, 0.5940, 0.3306, 0.3472], abs=1e-3)
    assert x[2, 4, 0].tolist() == pytest.approx([0.1060, 0.2545, 0.0612, 0.0120, 0.0048, 0.0726, 0.1856], abs=1e-3)


def test_block_inputs_are_two_of_the_standard_blocks_size_and_can_be_all_that_there_are(images):
    assert block_inputs(images).shape == (2, 256, 14, 14)
    assert len(block_inputs(images, channels=1, size=1, count=1000)) == 1000


def test_block_inputs_look_like_a_blocks_input(images):
    x = block_inputs(images, count=10)
    assert x.shape == (10, 256, 14, 14)
    assert x.min() == 0  # behind a ReLU
    assert 0.1 < x.std() < 10
    assert (x.amax(dim=(0, 2, 3)) > 0).all()  # no dead channel
    assert not torch.allclose(x[0], x[1])  # two images, two inputs


def test_block_inputs_read_the_images(images):
    turned = data.Images("turned", images.train_images, images.train_labels, images.test_images.flip(0),
                         images.test_labels, images.classes, "")
    assert not torch.equal(block_inputs(turned, count=1), block_inputs(images, count=1))


def test_block_inputs_are_as_large_in_three_colours_as_in_grey(images):
    """He's weights are smaller if there are more of them."""
    train, test = (pixels[:100].unsqueeze(1).expand(-1, 3, -1, -1) for pixels in (images.train_images, images.test_images))
    coloured = data.Images("coloured", train, images.train_labels[:100], test, images.test_labels[:100], images.classes, "")
    grey = data.Images("grey", train[:, 0], coloured.train_labels, test[:, 0], coloured.test_labels, images.classes, "")
    spread = block_inputs(coloured, count=10).std() / block_inputs(grey, count=10).std()
    assert 0.9 < spread < 1.1


@pytest.mark.parametrize(("wrong", "says"), [
    ({"channels": 0}, "channels must be a whole number, 1 or more; got 0"),
    ({"size": 7.5}, "size must be a whole number, 1 or more; got 7.5"),
    ({"images": None}, r"images must come from load_images\(\); got None"),
    ({"count": 1001}, "count must be at most 1000, the number of test images; got 1001"),
])
def test_block_inputs_refuse_impossible_numbers(images, wrong, says):
    with pytest.raises(ConfigError, match=says):
        block_inputs(**{"images": images} | wrong)
