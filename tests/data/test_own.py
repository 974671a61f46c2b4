"""A learner's folder with a folder for each class: divided fairly, copies and groups on one side, and told what to know."""
import random

import pytest
import torch
from PIL import Image

from resnext_edu import own_images
from resnext_edu.data.dividing import bundles, rows_for_the_test
from resnext_edu.errors import ConfigError, DataError

NO_GROUPS = "Nothing says which images belong together, such as all photos of one patient. If there are any, name them with groups."


ALIKE = "The test has {}. The intervals count images, but those of one group are alike, so the true intervals are wider."


def put(path, colour=0, mode="L", size=(6, 6)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


@pytest.fixture
def pets(tmp_path):
    """40 cats and 40 dogs, each of another grey."""
    for k in range(40):
        put(tmp_path / f"pets/cat/c{k:02}.png", 2 * k)
        put(tmp_path / f"pets/dog/d{k:02}.png", 2 * k + 1)
    return tmp_path / "pets"


def read(folder, **how):
    return own_images(folder, **{"size": 4, "progress": False} | how)


def error_of(folder, kind=DataError, **how):
    with pytest.raises(kind) as caught:
        read(folder, **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_image_is_on_one_side_beside_its_label_and_its_path(pets):
    own = read(pets)
    images = own.images
    assert repr(own) == "OwnImages(pets: 60 train, 20 test, 4×4 uint8, 2 classes)"
    assert own.counts == (("cat", 30, 10), ("dog", 30, 10))
    assert sorted(own.train_paths + own.test_paths) == sorted(path.relative_to(pets).as_posix() for path in pets.rglob("*.png"))
    for paths, pixels, labels in ((own.train_paths, images.train_images, images.train_labels), (own.test_paths, images.test_images, images.test_labels)):
        for path, image, label in zip(paths, pixels, labels, strict=True):
            assert image.unique().tolist() == [2 * int(path[5:7]) + int(label)]
            assert path.startswith(images.classes[label])
    assert own.notes == (NO_GROUPS,)


def test_the_seed_decides_which_ones_and_the_share_how_many(pets):
    assert read(pets).test_paths == read(pets).test_paths
    assert read(pets, seed=1).test_paths != read(pets).test_paths
    assert read(pets, seed=-1).counts == read(pets).counts
    assert [read(pets, test_share=share).counts[0][2] for share in (.05, .1, .3, .5, .9)] == [2, 4, 12, 20, 36]


def test_exact_copies_are_on_one_side_whatever_they_are_called(pets):
    for k in range(20):
        put(pets / f"cat/copy of c{k:02}.png", 2 * k, mode="RGB" if k == 0 else "L")
        (pets / f"cat/copy of c{k:02}.png").rename(pets / f"cat/x{k}.bmp")
    put(pets / "cat/x0.bmp.png", 0)
    (pets / "cat/x0.bmp").unlink()
    own = read(pets)
    grey_of = {images.min().item() for images in own.images.test_images}, {images.min().item() for images in own.images.train_images}
    assert not grey_of[0] & grey_of[1]
    assert "Exact copies of other images, once they are read: 20; copies are on one side, to train on or to test on." in own.notes


def test_the_same_image_in_two_classes_is_told(pets):
    put(pets / "dog/a cat.png", 0)
    assert ("The same image lies in two classes 1 time, such as cat/c00.png and dog/a cat.png; one of the two names is wrong."
            in read(pets).notes)


def test_groups_are_on_one_side(pets):
    for path in [*pets.rglob("*.png")]:
        path.rename(path.with_name(f"patient{int(path.stem[1:]) // 4}-{path.name}"))
    own = read(pets, groups=r"patient(\d+)")
    sides = [{path.split("/")[1].split("-")[0] for path in paths} for paths in (own.train_paths, own.test_paths)]
    assert not sides[0] & sides[1]
    assert len(sides[0] | sides[1]) == 10
    assert own.notes == ("10 groups: each is on one side, to train on or to test on.", ALIKE.format(f"{len(sides[1])} groups"))
    assert 2 <= len(sides[1]) <= 3
    assert all(.1 < test / (train + test) < .4 for _, train, test in own.counts)


def test_a_file_without_a_group_stands_alone(pets):
    for k in range(4):
        (pets / f"cat/c{k:02}.png").rename(pets / f"cat/patient1-{k}.png")
    tested = any("patient" in path for path in read(pets, groups=r"patient(\d+)").test_paths)
    assert read(pets, groups=r"patient(\d+)").notes == (
        "1 group: each is on one side, to train on or to test on.", ALIKE.format("1 group" if tested else "0 groups"), "76 files without a group; each stands alone.")


def test_bundles_are_chains():
    assert bundles(6, ["a", "b", "a", None, "c", None], [1, 2, 2, 3, 3, 4]) == [0, 0, 0, 3, 3, 5]


def test_any_bundles_that_can_be_divided_are_divided_fairly():
    draw = random.Random(0)
    for _ in range(20):
        bundle = [draw.randrange(30) for _ in range(200)]
        labels = [draw.randrange(3) for _ in bundle]
        test = rows_for_the_test(labels, bundle, "abc", .25, draw.randrange(99))
        assert not {b for b, t in zip(bundle, test, strict=True) if t} & {b for b, t in zip(bundle, test, strict=True) if not t}
        assert all(.1 < sum(t for t, each in zip(test, labels, strict=True) if each == k) / labels.count(k) < .45 for k in range(3))


def test_one_group_for_a_class_can_not_be_divided(pets):
    for path in [*(pets / "cat").iterdir()]:
        path.rename(path.with_name(f"p1-{path.name}"))
    for k, path in enumerate([*(pets / "dog").iterdir()]):
        path.rename(path.with_name(f"p{k + 2}-{path.name}"))
    assert error_of(pets, groups=r"p(\d+)-") == (
        "cat has 40 images, which all belong together, but each class needs some to train on and others to test on. Images in each class: cat 40, dog 40")


def test_groups_that_tie_two_classes_together_can_not_be_divided():
    labels, bundle = [0, 0, 1, 1, 0, 1], [0, 1, 0, 1, 0, 1]
    assert sum(rows_for_the_test(labels, bundle, "ab", .5, 0)) == 3
    with pytest.raises(DataError, match=r"the images can't be divided so that .*; a has 2 groups\. Take other groups"):
        rows_for_the_test([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 0], "abc", .5, 0)


def test_train_and_test_are_used_as_they_are_and_leaks_are_told(tmp_path):
    for part, greys in (("train", range(30)), ("test", range(28, 50))):
        for k in greys:
            put(tmp_path / f"{part}/{'cat' if k % 2 else 'dog'}/p{k % 45}.png", k)
    own = read(tmp_path, groups=r"p(\d+)")
    assert own.counts == (("cat", 15, 11), ("dog", 15, 11))
    assert own.test_paths[0] == "test/cat/p0.png"
    assert own.notes == (
        "The folder has train and test already, and is used as it is.",
        "Exact copies of other images, once they are read: 2; 2 of the test images are among the training images, too, so the accuracy will look too good.",
        "45 groups: 0, 1, 2, 28 and 3 more on both sides, so the accuracy will look too good.",
        ALIKE.format("22 groups"))


def test_few_and_unequal_images_are_told(pets):
    for k in range(30):
        (pets / f"dog/d{k:02}.png").unlink()
    own = read(pets)
    assert own.notes[1:] == (
        "There are only 13 test images, so the intervals are wide.",
        "The classes have between 7 and 30 training images. Who always says 'cat' is right for 76.9 % of the test images.")


def test_grey_among_colour_is_told(pets):
    put(pets / "cat/red.png", (200, 0, 0), "RGB")
    own = read(pets)
    assert own.images.train_images.shape[1] == 3
    assert "80 of 81 images are turned into RGB: grey into three equal channels, an animation into its first picture; transparency is dropped." in own.notes


def test_what_lies_beside_the_classes_is_left_out_and_what_is_hidden_is_not_seen(pets):
    (pets / "labels.csv").write_text("x")
    (pets / ".DS_Store").write_text("x")
    (pets / "cat/.DS_Store").write_text("x")
    assert read(pets).notes == ("What lies in no class was left out: labels.csv.", NO_GROUPS)


def test_what_can_not_be_used_is_named(pets, tmp_path):
    assert error_of(tmp_path / "no") == f"{tmp_path}/no does not exist; FOLDER must hold a folder for each class, with its images"
    assert error_of(pets / "cat/c00.png").startswith(f"{pets}/cat/c00.png is a file, not a folder; ")
    assert error_of(pets / "cat").startswith(f"{pets}/cat has no class, but c00.png, c01.png, c02.png, c03.png and 36 more, and a network learns")
    assert error_of(tmp_path).endswith(f"with its images; or is {pets} the folder that you mean?")
    (pets / "eel").mkdir()
    assert error_of(pets) == f"{pets}/eel has no images. Put some there, or delete this folder"
    put(pets / "eel/1.png", 250)
    assert error_of(pets).startswith("eel has 1 image, but each class needs some to train on and others to test on. Images in each class: cat 40, dog 40, eel 1")
    put(pets / "eel/young/2.png", 251)
    assert error_of(pets) == (f"{pets}/eel/young is a folder inside of a class. Put its images directly into {pets}/eel, "
                              "or name the folder in which all classes lie")
    (pets / "eel/young/2.png").rename(pets / "eel/2.png")
    (pets / "eel/young").rmdir()
    (pets / "dog/d07.png").write_text("no image")
    assert error_of(pets).startswith(f"{pets}/dog/d07.png can't be read as an image (UnidentifiedImageError: ")


@pytest.mark.parametrize(("groups", "complaint"), [
    ("patient", r"groups 'patient' must have parentheses around what names the group, as in patient(\d+)"),
    ("(", r"groups '(' is no regular expression (error: missing ), unterminated subpattern at position 0); one is patient(\d+)"),
    (5, r"groups must be a regular expression, such as r'patient(\d+)'; got 5")])
def test_what_is_no_group(pets, groups, complaint):
    found = error_of(pets, ConfigError, groups=groups)
    assert found.replace("PatternError", "error") == complaint


def test_groups_that_match_nothing_are_refused(pets):
    assert error_of(pets, groups="(zebra)").startswith("groups '(zebra)' matches no file of ")


@pytest.mark.parametrize("share", [0, 1, -1, "a", float("nan")])
def test_a_share_is_between_none_and_all(pets, share):
    assert error_of(pets, ConfigError, test_share=share).startswith("test_share must be a number above 0 and less than 1; got ")


def test_the_global_random_state_is_not_touched(pets):
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    read(pets)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_what_windows_and_macos_leave_in_a_folder_is_not_seen(pets):
    for name in ("cat/Thumbs.db", "dog/desktop.ini", "Thumbs.db", "__MACOSX/cat/._c00.png"):
        (pets / name).parent.mkdir(parents=True, exist_ok=True)
        (pets / name).write_text("x")
    assert read(pets).notes == (NO_GROUPS,)
    assert read(pets).counts == (("cat", 30, 10), ("dog", 30, 10))


@pytest.mark.parametrize("test", ["test", "val", "valid", "validation"])
def test_all_usual_names_of_the_second_part_are_known(tmp_path, test):
    for part in ("train", test):
        for k in range(3):
            put(tmp_path / part / f"{k % 2}" / f"{k}.png", k)
    assert read(tmp_path).notes[0] == "The folder has train and test already, and is used as it is."


def test_a_third_part_is_told(tmp_path):
    for part in ("train", "valid", "test"):
        for k in range(3):
            put(tmp_path / part / f"{k % 2}" / f"{k}.png", k)
    assert read(tmp_path).notes[1] == "What lies beside train and test was left out: valid."


@pytest.mark.filterwarnings("error")
def test_what_pillow_warns_of_is_not_printed(pets):
    Image.new("RGB", (6, 6)).save(pets / "cat/odd.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff garbage")
    assert read(pets).images.channels == 3
