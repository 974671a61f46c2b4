"""A learner's own images: all of them are read, each in the same way, or an error names the file that can't be."""
import re
import shutil

import pytest
import torch
from PIL import Image

from resnext_edu import block_inputs, load_images
from resnext_edu.errors import ConfigError, DataError

RED, GREEN = (200, 30, 40), (10, 220, 60)


def put(path, mode="RGB", size=(8, 8), colour=None, **how):
    """One image of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = {"1": 1, "L": 90, "I;16": 40_000, "F": 0.5, "P": 3, "LA": (90, 255)}
    colour = colour or {"RGBA": (*RED, 0), "CMYK": (10, 20, 30, 40)}.get(mode, grey.get(mode, RED))
    Image.new(mode, size, colour).save(path, **how)


@pytest.fixture
def pets(tmp_path):
    """Two classes, three images to train on and two to test on; red ones are cats."""
    put(tmp_path / "pets/train/cat/b.png")
    put(tmp_path / "pets/train/cat/a.bmp", size=(12, 6), colour=(0, 0, 255))
    put(tmp_path / "pets/train/dog/c.png", colour=GREEN)
    put(tmp_path / "pets/test/cat/d.png")
    put(tmp_path / "pets/test/dog/e.png", colour=GREEN)
    return tmp_path / "pets"


def read(folder, **how):
    return load_images("image-folder", folder, **{"size": 4, "progress": False} | how)


def error_of(folder, **how):
    with pytest.raises(DataError) as caught:
        read(folder, **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_image_lies_beside_its_label(pets):
    images = read(pets)
    assert repr(images) == "Images(pets: 3 train, 2 test, 3×4×4 uint8, 2 classes)"
    assert (images.classes, images.licence) == (("cat", "dog"), "")
    assert (images.train_labels.tolist(), images.test_labels.tolist()) == ([0, 0, 1], [0, 1])
    assert images.train_labels.dtype == torch.int64
    assert [tuple(image[:, 0, 0].tolist()) for image in images.train_images] == [(0, 0, 255), RED, GREEN]
    assert [tuple(image[:, 3, 3].tolist()) for image in images.test_images] == [RED, GREEN]


def test_without_a_size_it_is_64(pets):
    assert read(pets, size=None).train_images.shape == (3, 3, 64, 64)


def test_the_shorter_side_is_resized_and_the_middle_is_kept(pets):
    """Left third red, middle third green, right third red: a square of the middle is green alone."""
    wide = Image.new("RGB", (36, 12), RED)
    wide.paste(GREEN, (12, 0, 24, 12))
    wide.save(pets / "train/dog/wide.png")
    wide.rotate(90, expand=True).save(pets / "train/dog/high.png")
    images = read(pets, size=12).train
    assert len(images) == 5
    for image in images.images[3:]:
        assert image.flatten(1).unique(dim=1).T.tolist() == [list(GREEN)]
    assert read(pets, size=6).train_images[4, :, 3, 3].tolist() == list(GREEN)
    assert read(pets, size=24).train_images[4, :, 12, 12].tolist() == list(GREEN)


def test_a_photo_is_turned_upright(pets):
    """Upper half red, lower half green; the file says that its camera lay on its side."""
    photo = Image.new("RGB", (8, 8), RED)
    photo.paste(GREEN, (0, 4, 8, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise, so that the lower half is on the left
    photo.save(pets / "train/cat/photo.png", exif=exif)
    image = read(pets, size=8).train_images[2]
    assert (image[:, 4, 0].tolist(), image[:, 4, 7].tolist()) == (list(GREEN), list(RED))


def test_grey_stays_grey_if_all_are(tmp_path):
    for part in ("train", "test"):
        put(tmp_path / part / "zero/a.png", "L")
        put(tmp_path / part / "one/a.png", "1")
    images = read(tmp_path)
    assert images.train_images.shape == (2, 4, 4)
    assert images.train_images.amax((1, 2)).tolist() == [255, 90]  # one, zero
    assert [step for step in images.preparation if "RGB" in step] == []
    assert images.train.inputs().shape == (2, 1, 4, 4)


@pytest.mark.parametrize(("mode", "name", "expected"), [
    ("L", "x.png", (90, 90, 90)), ("1", "x.png", (255, 255, 255)), ("RGBA", "x.png", RED), ("LA", "x.png", (90, 90, 90)),
    ("CMYK", "x.jpg", None), ("P", "x.png", None)])
def test_every_other_image_becomes_rgb(pets, mode, name, expected):
    put(pets / "test/cat" / name, mode)
    images = read(pets)
    assert images.test_images.shape == (3, 3, 4, 4)
    assert expected is None or images.test_images[1, :, 0, 0].tolist() == list(expected)
    assert images.preparation[-1].startswith("1 of 6 images are turned into RGB: ")


@pytest.mark.parametrize(("name", "mode", "how"), [
    ("a.gif", "L", {"save_all": True, "append_images": [Image.new("L", (8, 8), 200)]}),
    ("a.png", "L", {"transparency": 90}),
    ("a.png", "LA", {}),
], ids=["animation", "a grey that is transparent", "alpha"])
def test_an_animation_and_transparency_are_not_grey(tmp_path, name, mode, how):
    for part in ("train", "test"):
        put(tmp_path / part / "one" / name, mode, **how)
        put(tmp_path / part / "two" / name, mode, **how)
    images = read(tmp_path)
    assert images.train_images.shape == (2, 3, 4, 4)
    assert images.train_images.unique().tolist() == [90]  # of an animation the first picture
    assert images.preparation[-1].startswith("4 of 4 images are turned into RGB: ")


def test_the_steps_tell_all_that_happens(pets):
    steps = read(pets).steps
    assert steps[:2] == (
        "Each image is turned upright if its file says how, and resized until its shorter side has 4 pixels.",
        "The 4×4 pixels in the middle are kept.")
    assert steps[2:] == read(pets).preprocessing.steps
    assert steps[2] == "Each pixel is divided by 255, so that 0 is black and 1 is white."
    mean = (0 + 200 + 10) / 3 / 255  # of red, over the three training images
    assert f"channel by channel: {mean:.4f}, " in steps[3]


def test_val_stands_in_for_test(pets):
    expected = read(pets).test_images
    (pets / "test").rename(pets / "val")
    assert torch.equal(read(pets).test_images, expected)
    put(pets / "test/cat/d.png", "L")
    put(pets / "test/dog/d.png", "L")
    assert read(pets).test_images.unique().tolist() == [90]  # where both are, test is meant


def test_hidden_files_of_systems_and_editors_are_none_of_ours(pets):
    for name in ("train/.DS_Store", "train/cat/.DS_Store", "test/dog/._e.png"):
        (pets / name).write_bytes(b"\0")
    put(pets / "train/.ipynb_checkpoints/x.png")
    put(pets / "train/cat/.ipynb_checkpoints/x.png")
    assert len(read(pets).train) == 3


def test_a_folder_whose_own_path_is_hidden_is_read(pets):
    assert len(read(shutil.copytree(pets, pets.parent / ".cache" / "pets")).train) == 3


def test_here_has_a_name_too(pets, monkeypatch):
    monkeypatch.chdir(pets)
    assert read(".").name == "pets"


def test_the_blocks_inputs_can_be_in_colour(pets):
    x = block_inputs(read(pets), channels=6, size=5, count=2)
    assert x.shape == (2, 6, 5, 5)
    assert not torch.allclose(x[0], x[1])


def test_reading_shows_how_far_it_is(pets, monkeypatch, capsys):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    read(pets, progress=True)
    assert re.search(r"reading pets: 100%.* 5/5 ", capsys.readouterr().err)
    read(pets, progress=False)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("damage", [lambda raw: raw[:-30], lambda raw: b"", lambda raw: b"not an image"],
                         ids=["cut", "empty", "text"])
@pytest.mark.parametrize("name", ["train/cat/b.png", "test/dog/photo.jpg", "train/dog/notes.txt"])
def test_a_file_that_is_no_whole_image_is_named(pets, name, damage):
    put(pets / "x.jpg", size=(64, 64))
    (pets / name).write_bytes(damage((pets / name if (pets / name).exists() else pets / "x.jpg").read_bytes()))
    text = error_of(pets)
    assert text.startswith(f"{pets / name} can't be read as an image (")
    assert text.endswith("). Put a whole image with 8 bits in each channel in its place, or delete it")


@pytest.mark.parametrize(("mode", "name"), [("I;16", "deep.png"), ("F", "deep.tiff")])
def test_more_than_8_bits_are_not_guessed_at(pets, mode, name):
    put(pets / "train/cat" / name, mode)
    assert f"train/cat/{name} can't be read as an image (ValueError: mode {mode} has more than 8 bits in a channel)" in error_of(pets)


def test_an_empty_class_is_named(pets):
    (pets / "test/dog/e.png").unlink()
    assert error_of(pets) == f"{pets / 'test/dog'} has no images. Put some there, or delete this folder and its namesakes"


@pytest.mark.parametrize(("moved", "to", "first", "second"), [
    ("test/dog", "test/dogs", "cat, dog", "cat, dogs"), ("test/dog", "train/eel", "cat, dog, eel", "cat")])
def test_different_classes_are_listed(pets, moved, to, first, second):
    put(pets / "test/bird/a.png")
    put(pets / "train/bird/a.png")
    (pets / moved).rename(pets / to)
    assert error_of(pets) == (f"{pets / 'train'} and {pets / 'test'} must have the same classes; the first has bird, {first}, "
                              f"the second bird, {second}. Add or rename a folder")


def test_one_class_is_none(pets):
    shutil.rmtree(pets / "train/dog")
    assert f"{pets / 'train'} has cat, but a network learns to tell at least two classes apart" in error_of(pets)


def test_a_file_beside_the_classes_is_named(pets):
    put(pets / "test/lost.png")
    assert error_of(pets).startswith(f"{pets / 'test/lost.png'} lies in no class; move it")


@pytest.mark.parametrize(("gone", "needed"), [(("train",), "train"), (("test",), "test (or val)"),
                                              (("train", "test"), "train and test (or val)")])
def test_missing_folders_are_told_beside_what_is_there(pets, gone, needed):
    for name in gone:
        shutil.move(pets / name, pets / f"old-{name}")
    text = error_of(pets)
    assert f"{pets} has no folder {needed}; found: old-" in text
    assert text.endswith("The images must lie in FOLDER/train/CLASS and in FOLDER/test/CLASS, with a folder for each class")


def test_a_long_list_is_cut(pets):
    for k in range(10):
        (pets / f"other/{k}").mkdir(parents=True)
    assert "found: 0, 1, 2, 3, 4, 5, 6, 7 and 2 more." in error_of(pets / "other")
    for k in range(8, 10):
        (pets / f"other/{k}").rmdir()
    assert "found: 0, 1, 2, 3, 4, 5, 6, 7." in error_of(pets / "other")


def test_no_folder_is_no_traceback(tmp_path):
    assert "found: no such folder" in error_of(tmp_path / "nowhere")
    assert "found: nothing" in error_of(tmp_path)


@pytest.mark.parametrize("size", [0, -1, 2.5, "64", True, 1025])
def test_an_impossible_size_is_refused(pets, size):
    with pytest.raises(ConfigError, match=r"size must be (a whole number, 1 or more|at most 1024, since all images are kept in memory); got"):
        read(pets, size=size)


def test_the_largest_and_the_smallest_size_are_not(pets):
    assert read(pets, size=1).train_images.shape == (3, 3, 1, 1)
    assert read(pets, size=1024).test_images.shape == (2, 3, 1024, 1024)
