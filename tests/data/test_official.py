"""Fashion-MNIST and CIFAR-10 from a folder: read whole, unpacked, or fetched; or an error says which file to repair.

The sets here are small ones in the official formats, with checksums of their own; a server on this machine has them.
"""
import gzip
import hashlib
import io
import os
import pickle
import re
import tarfile
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torchvision import datasets
from tqdm import tqdm

from resnext_edu import load_images
from resnext_edu.data.catalogue import OFFICIAL, Expected
from resnext_edu.errors import ConfigError, DataError
from tools.make_images import DEBIAN, write_idx

COUNTS = (50, 10)
LABELS = bytes(range(10))
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
OF_NO_ONE = "http://127.0.0.1:9/"  # nobody answers there
FETCHED = {"fashion-mnist": ["FashionMNIST/raw/" + name + ".gz" for name in OFFICIAL["fashion-mnist"].files],
           "cifar10": ["cifar-10-python.tar.gz"]}


def pixels(count, *shape, first):
    """Image k is of the grey first + k, but for its second pixel, which is 0 in its first channel."""
    images = np.arange(first, first + count, dtype=np.uint8).reshape(-1, *[1] * len(shape)) + np.zeros(shape, np.uint8)
    images.reshape(count, -1)[:, 1] = 0
    return images


def fashion():
    """The four files, by name."""
    files = {}
    for split, count, first in (("train", 50, 100), ("t10k", 10, 50)):
        files[f"{split}-images-idx3-ubyte"] = write_idx((count, 28, 28), pixels(count, 28, 28, first=first).tobytes())
        files[f"{split}-labels-idx1-ubyte"] = write_idx((count,), LABELS * (count // 10))
    return files


def cifar():
    """The seven files, by name."""
    train, test = pixels(50, 3, 32, 32, first=100), pixels(10, 3, 32, 32, first=50)
    batches = {f"data_batch_{k + 1}": train[10 * k:10 * k + 10] for k in range(5)} | {"test_batch": test}
    files = {name: pickle.dumps({"data": batch.reshape(10, -1), "labels": [*LABELS]}) for name, batch in batches.items()}
    return files | {"batches.meta": pickle.dumps({"label_names": [*NAMES]})}


def packed(files):
    """As the official archive has them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, raw in {"readme.html": b"<p>", **files}.items():
            info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            info.size = len(raw)
            tar.addfile(info, io.BytesIO(raw))
    return buffer.getvalue()


def md5(raw):
    return hashlib.md5(raw).hexdigest()


@pytest.fixture(scope="module")
def sets():
    """Name → its files, and its archives by their place in a learner's folder."""
    grey, colour = fashion(), cifar()
    return {"fashion-mnist": (grey, {f"FashionMNIST/raw/{name}.gz": gzip.compress(raw) for name, raw in grey.items()}),
            "cifar10": (colour, {"cifar-10-python.tar.gz": packed(colour)})}


@pytest.fixture(autouse=True)
def small(monkeypatch, sets):
    """Our sums and torchvision's are those of the small sets, and nothing is fetched from elsewhere."""
    for name, (files, archives) in sets.items():
        expected = {file: Expected(len(raw), md5(raw)) for file, raw in files.items()}
        monkeypatch.setitem(OFFICIAL, name, replace(OFFICIAL[name], files=expected, counts=COUNTS))
        sums = [[Path(place).name, md5(raw)] for place, raw in archives.items()]
        if name == "fashion-mnist":
            monkeypatch.setattr(datasets.FashionMNIST, "resources", sums)
            monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [OF_NO_ONE])
        else:
            both = [[file, md5(raw)] for file, raw in files.items()]
            monkeypatch.setattr(datasets.CIFAR10, "train_list", both[:5])
            monkeypatch.setattr(datasets.CIFAR10, "test_list", both[5:6])
            monkeypatch.setattr(datasets.CIFAR10, "meta", datasets.CIFAR10.meta | {"md5": both[6][1]})
            monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", sums[0][1])
            monkeypatch.setattr(datasets.CIFAR10, "url", OF_NO_ONE + sums[0][0])


class Served(NamedTuple):
    """A folder that is served on this machine, and what was asked for."""

    folder: Path
    asked: list[str]


@pytest.fixture
def server(tmp_path, monkeypatch, sets):
    """It has all archives, and torchvision fetches from it."""
    shop, asked = tmp_path / "shop", []
    shop.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    for _, archives in sets.values():
        for place, raw in archives.items():
            (shop / Path(place).name).write_bytes(raw)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=shop)) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        address = f"http://127.0.0.1:{running.server_address[1]}/"
        monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [address])
        monkeypatch.setattr(datasets.CIFAR10, "url", address + "cifar-10-python.tar.gz")
        yield Served(shop, asked)
        running.shutdown()


def laid(folder, archives):
    for place, raw in archives.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(raw)
    return folder


def unpacked(folder, name, sets):
    """The folder, with the files of this set."""
    return laid(folder, {f"{OFFICIAL[name].place}/{file}": raw for file, raw in sets[name][0].items()})


def left(folder):
    """All files in it, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def read(name, folder, **how):
    return load_images(name, folder, **{"progress": False} | how)


def error_of(name, folder):
    with pytest.raises(DataError) as caught:
        read(name, folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


BOTH = pytest.mark.parametrize("name", ["fashion-mnist", "cifar10"])


def is_right(images, name):
    shape = (28, 28) if name == "fashion-mnist" else (3, 32, 32)
    for split, count, first in ((images.train, 50, 100), (images.test, 10, 50)):
        assert (split.images.shape, split.images.dtype) == ((count, *shape), torch.uint8)
        assert split.images.is_contiguous()
        assert split.images[..., 5, 5].reshape(count, -1)[:, -1].tolist() == list(range(first, first + count))
        assert [int(image.flatten()[1]) for image in split.images] == [0] * count
        assert int((split.images == 0).sum()) == count  # so that channels, rows and columns stand where they should
        assert split.labels.tolist() == [*LABELS] * (count // 10)
        assert split.labels.dtype == torch.int64
    return True


@BOTH
def test_a_folder_that_has_the_files_is_read_and_left_alone(tmp_path, sets, name):
    before = left(unpacked(tmp_path, name, sets))
    images = read(name, tmp_path)
    assert is_right(images, name)
    assert left(tmp_path) == before
    assert images.name == name
    assert images.preparation == ()


def test_classes_and_licences_are_the_sets_own(tmp_path, sets):
    grey, colour = (read(name, unpacked(tmp_path, name, sets)) for name in ("fashion-mnist", "cifar10"))
    embedded = load_images("fashion-mnist-mini")
    assert grey.classes == embedded.classes
    assert colour.classes == NAMES
    assert grey.licence.startswith("Source: https://github.com/zalandoresearch/fashion-mnist\n")
    assert "Copyright (c) 2017 Zalando SE" in grey.licence
    assert "subset" not in grey.licence
    assert colour.licence.startswith("CIFAR-10 states no licence.")
    assert "Learning Multiple Layers of Features from Tiny Images. 2009" in colour.licence
    assert repr(colour) == "Images(cifar10: 50 train, 10 test, 3×32×32 uint8, 10 classes)"


@BOTH
def test_archives_are_unpacked_without_internet(tmp_path, sets, name):
    laid(tmp_path, sets[name][1])
    assert is_right(read(name, str(tmp_path)), name)
    assert left(tmp_path) == sorted([*FETCHED[name], *(f"{OFFICIAL[name].place}/{file}" for file in sets[name][0])])


def test_only_what_is_inside_of_an_archive_counts(tmp_path, sets):
    """Debian packed the same files anew: other bytes outside, the same inside. torchvision would fetch them again."""
    laid(tmp_path, {place: gzip.compress(gzip.decompress(raw), 1, mtime=7) for place, raw in sets["fashion-mnist"][1].items()})
    assert is_right(read("fashion-mnist", tmp_path), "fashion-mnist")


@BOTH
def test_one_missing_file_is_unpacked_from_its_archive(tmp_path, sets, name):
    unpacked(tmp_path, name, sets)
    file = min(sets[name][0])
    (tmp_path / OFFICIAL[name].place / file).unlink()
    laid(tmp_path, {place: raw for place, raw in sets[name][1].items() if file in place or name == "cifar10"})
    assert is_right(read(name, tmp_path), name)


@BOTH
def test_what_is_not_there_is_fetched_once(tmp_path, sets, server, name):
    folder = tmp_path / "not" / "yet"
    assert is_right(read(name, folder), name)
    assert left(folder) == sorted(f"{OFFICIAL[name].place}/{file}" for file in sets[name][0])
    del server.asked[:]
    assert is_right(read(name, folder), name)
    assert server.asked == []


@BOTH
def test_fetching_shows_how_far_it_is(tmp_path, server, name, monkeypatch, capsys):
    monkeypatch.setattr("torchvision.datasets.utils.tqdm", partial(tqdm, disable=False))
    read(name, tmp_path / "one", progress=True)
    assert "100%" in capsys.readouterr().err
    read(name, tmp_path / "two", progress=False)
    assert capsys.readouterr() == ("", "")


def test_the_users_own_folder_is_meant_by_a_tilde(tmp_path, sets, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    unpacked(tmp_path / "images", "cifar10", sets)
    assert is_right(read("cifar10", "~/images"), "cifar10")


def test_without_internet_it_is_told_what_to_get_and_where_to_put_it(tmp_path):
    raw = tmp_path / "FashionMNIST/raw"
    addresses = ", ".join(OF_NO_ONE + Path(place).name for place in FETCHED["fashion-mnist"])
    assert re.fullmatch(
        rf"fashion-mnist is not complete in {re.escape(str(raw))}, and could not be fetched \(RuntimeError: .*refused.*\)\. "
        rf"Without internet, download {re.escape(addresses)} elsewhere, put what you get, as it is, into {re.escape(str(raw))}, "
        "and run this again", error_of("fashion-mnist", tmp_path))
    text = error_of("cifar10", tmp_path)
    assert f"cifar10 is not complete in {tmp_path}, and could not be fetched (URLError: " in text
    assert f"download {OF_NO_ONE}cifar-10-python.tar.gz elsewhere, put what you get, as it is, into {tmp_path}, and" in text
    assert left(tmp_path) == []


def test_only_the_archives_that_are_missing_are_asked_for(tmp_path, sets):
    laid(tmp_path, dict([*sets["fashion-mnist"][1].items()][:3]))
    assert f"download {OF_NO_ONE}t10k-labels-idx1-ubyte.gz elsewhere" in error_of("fashion-mnist", tmp_path)


@BOTH
@pytest.mark.parametrize("damage", [lambda raw: raw[:len(raw) // 2], lambda raw: b"<html>"], ids=["cut", "a web page"])
def test_a_bad_download_leaves_nothing_behind(tmp_path, server, name, damage):
    archive = server.folder / Path(FETCHED[name][-1]).name
    whole = archive.read_bytes()
    archive.write_bytes(damage(whole))
    assert "could not be fetched (" in error_of(name, tmp_path / "images")
    assert left(tmp_path / "images") == []
    archive.write_bytes(whole)
    assert is_right(read(name, tmp_path / "images"), name)


@BOTH
def test_ctrl_c_in_a_download_leaves_nothing_behind(tmp_path, server, name, monkeypatch):
    class Stopped(tqdm):
        def update(self, _):  # it is called when a part was written
            assert len(left(tmp_path / "images")) == 1
            raise KeyboardInterrupt

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("torchvision.datasets.utils.tqdm", Stopped)
        with pytest.raises(KeyboardInterrupt):
            read(name, tmp_path / "images")
    assert left(tmp_path / "images") == []
    assert is_right(read(name, tmp_path / "images"), name)


@BOTH
@pytest.mark.parametrize("damage", [lambda raw: raw[:-1], lambda raw: b"", lambda raw: raw[:-1] + b"?", lambda raw: raw + raw],
                         ids=["cut", "empty", "one byte", "twice"])
def test_a_damaged_file_gives_what_was_expected_and_found(tmp_path, sets, name, damage):
    unpacked(tmp_path, name, sets)
    for file, raw in sets[name][0].items():
        path, bad = tmp_path / OFFICIAL[name].place / file, damage(raw)
        path.write_bytes(bad)
        assert error_of(name, tmp_path) == (
            f"{path} is damaged: expected {len(raw):,} bytes with md5 {md5(raw)}; found {len(bad):,} bytes with md5 "
            f"{md5(bad)}. Delete it, and run this again")
        path.write_bytes(raw)
    assert is_right(read(name, tmp_path), name)


@BOTH
def test_files_in_each_others_place_are_damaged(tmp_path, sets, name):
    place = unpacked(tmp_path, name, sets) / OFFICIAL[name].place
    one, other = sorted(sets[name][0])[:2]
    (place / one).write_bytes(sets[name][0][other])
    assert f"{place / one} is damaged" in error_of(name, tmp_path)


@BOTH
@pytest.mark.parametrize("damage", [lambda raw: raw[:len(raw) // 2], lambda raw: b"", lambda raw: b"<html>"],
                         ids=["cut", "empty", "a web page"])
def test_a_damaged_archive_is_named(tmp_path, sets, name, damage):
    archive = laid(tmp_path, sets[name][1]) / FETCHED[name][-1]
    archive.write_bytes(damage(archive.read_bytes()))
    text = error_of(name, tmp_path)
    assert f"{archive} " in text
    assert text.endswith(f"Delete {archive}, and run this again") or text.endswith("Delete it, and run this again")
    assert left(tmp_path) == sorted(FETCHED[name])


def test_an_archive_of_something_else_is_named(tmp_path, sets):
    raw = laid(tmp_path, sets["fashion-mnist"][1]) / "FashionMNIST/raw"
    (raw / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"digits"))
    assert re.search("t10k-labels-idx1-ubyte in .*/t10k-labels-idx1-ubyte.gz is damaged: expected 18 bytes with md5 .* found 6 bytes",
                     error_of("fashion-mnist", tmp_path))
    files = dict(sets["cifar10"][0])
    del files["batches.meta"]
    laid(tmp_path, {"cifar-10-python.tar.gz": packed(files)})
    text = error_of("cifar10", tmp_path)
    assert text.startswith(f"{tmp_path / 'cifar-10-python.tar.gz'} has no batches.meta: expected ")
    assert text.endswith(f"Delete {tmp_path / 'cifar-10-python.tar.gz'}, and run this again")


@BOTH
def test_a_folder_in_the_place_of_a_file_is_no_file(tmp_path, sets, name):
    path = unpacked(tmp_path, name, sets) / OFFICIAL[name].place / min(sets[name][0])
    path.unlink()
    path.mkdir()
    assert error_of(name, tmp_path).startswith(f"{path} can't be read (")


@BOTH
def test_a_folder_that_cannot_be_is_told(tmp_path, name):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file/below", "a\0b", "a" * 5000):
        assert re.search(f"can't be written \\(.*\\), but the files of {name} must be put there; name another folder",
                         error_of(name, folder))


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
@BOTH
def test_a_folder_that_is_read_only(tmp_path, sets, name):
    folder = laid(tmp_path / "images", sets[name][1])
    for path in (folder, folder / OFFICIAL[name].place):
        if path.exists():
            path.chmod(0o500)
    assert "can't be written (PermissionError: " in error_of(name, folder)


def test_a_full_disk_is_not_blamed_on_the_archive(tmp_path, sets, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    laid(tmp_path, sets["cifar10"][1])
    monkeypatch.setattr(Path, "write_bytes", full)
    assert "can't be written (OSError: [Errno 28] No space left on device)" in error_of("cifar10", tmp_path)


def test_the_copy_of_an_old_torchvision_is_not_read(tmp_path, sets):
    """It would be preferred, and nothing checks it."""
    old = unpacked(tmp_path, "fashion-mnist", sets) / "FashionMNIST/processed"
    old.mkdir()
    for file in ("training.pt", "test.pt"):
        torch.save((torch.zeros(3, 28, 28, dtype=torch.uint8), torch.zeros(3)), old / file)
    assert error_of("fashion-mnist", tmp_path).startswith(f"{old} holds a copy that an old torchvision made")


@BOTH
@pytest.mark.parametrize("change", [{"counts": (49, 10)}, {"counts": (50, 11)}, {"shape": (28, 27)}])
def test_a_part_of_a_set_is_none(tmp_path, sets, name, change, monkeypatch):
    unpacked(tmp_path, name, sets)
    monkeypatch.setitem(OFFICIAL, name, replace(OFFICIAL[name], **change))
    assert "must hold images of shape" in error_of(name, tmp_path)


@pytest.mark.parametrize("label", [10, 3])
def test_a_label_too_many_or_too_few_is_seen(tmp_path, sets, monkeypatch, label):
    files = dict(sets["fashion-mnist"][0])
    files["t10k-labels-idx1-ubyte"] = write_idx((10,), LABELS[:9] + bytes([label]))
    expected = {file: Expected(len(raw), md5(raw)) for file, raw in files.items()}
    monkeypatch.setitem(OFFICIAL, "fashion-mnist", replace(OFFICIAL["fashion-mnist"], files=expected))
    laid(tmp_path, {f"FashionMNIST/raw/{file}": raw for file, raw in files.items()})
    found = ", ".join(map(str, sorted({*range(9), label})))
    assert f"with all labels 0 … 9; torchvision reads (10, 28, 28) and 10 labels: {found}." in error_of("fashion-mnist", tmp_path)


@pytest.mark.parametrize(("arguments", "says"), [
    ({"name": "cifar10"}, "'cifar10' needs folder, the path of the folder where its files are, or shall be put, as in load_images('cifar10', 'images'); got None"),
    ({"name": "image-folder"}, "'image-folder' needs folder, the path of the folder that has train and test in it"),
    ({"name": "fashion-mnist", "folder": ""}, "'fashion-mnist' needs folder"),
    ({"name": "fashion-mnist", "folder": 3}, "got 3"),
    ({"name": "fashion-mnist-mini", "folder": "x"}, "'fashion-mnist-mini' comes with the package and takes no folder; leave it out, got 'x'"),
    ({"name": "cifar10", "folder": "x", "size": 8}, "size is for 'image-folder' only, since all images of 'cifar10' have one size; leave it out, got 8"),
    ({"name": "cifar10", "folder": "x", "progress": 1}, "progress must be True or False; got 1"),
    ({"name": "cifar-10"}, "unknown data set 'cifar-10'; did you mean 'cifar10'? Known: fashion-mnist-mini, fashion-mnist, cifar10, image-folder"),
])
def test_arguments_that_do_not_go_together(arguments, says):
    with pytest.raises(ConfigError, match=re.escape(says)):
        load_images(**arguments)


class TestTheRealNumbers:
    """Those of the catalogue, without the small sets."""

    @pytest.fixture(autouse=True)
    def small(self):
        """Not here."""

    def test_torchvision_knows_the_same_sums_of_cifar(self):
        theirs = [*datasets.CIFAR10.train_list, *datasets.CIFAR10.test_list, ["batches.meta", datasets.CIFAR10.meta["md5"]]]
        assert {file: expected.md5 for file, expected in OFFICIAL["cifar10"].files.items()} == dict(theirs)

    def test_the_sizes_are_those_of_that_many_images(self):
        files, counts = OFFICIAL["fashion-mnist"].files, OFFICIAL["fashion-mnist"].counts
        for split, count in zip(("train", "t10k"), counts, strict=True):
            assert files[f"{split}-images-idx3-ubyte"].size == 16 + count * 28 * 28
            assert files[f"{split}-labels-idx1-ubyte"].size == 8 + count
        assert all(expected.size > 10_000 * 3 * 32 * 32 for file, expected in OFFICIAL["cifar10"].files.items() if "batch_" in file)

    @pytest.mark.skipif(not DEBIAN.exists(), reason="needs Debian's package dataset-fashion-mnist")
    def test_all_of_fashion_mnist_and_the_part_of_it_in_the_package(self, tmp_path):
        raw = tmp_path / "FashionMNIST/raw"
        raw.mkdir(parents=True)
        for path in DEBIAN.glob("*.gz"):
            (raw / path.name).symlink_to(path)
        images, part = read("fashion-mnist", tmp_path), load_images("fashion-mnist-mini")
        assert repr(images) == "Images(fashion-mnist: 60,000 train, 10,000 test, 28×28 uint8, 10 classes)"
        assert images.classes == part.classes
        for whole, few, each in ((images.train, part.train, 500), (images.test, part.test, 100)):
            assert torch.bincount(whole.labels).tolist() == [len(whole) // 10] * 10
            for label in range(10):
                assert torch.equal(whole[whole.labels == label].images[:each], few[few.labels == label].images)
