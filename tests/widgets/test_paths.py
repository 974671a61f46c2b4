"""PathExplorer: its maps, activities and answers are the network's own, and silencing does what a hook does."""
from base64 import b64decode
from io import BytesIO

import numpy
import PIL.Image
import pytest
import torch

from resnext_edu import ResNeXt, ResNeXtConfig, path_means, randomise_batchnorm
from resnext_edu.data.images import Images
from resnext_edu.draw.measured.path_activity import GREYS
from resnext_edu.errors import ConfigError, UnknownNameError
from resnext_edu.widgets import PathExplorer
from tests.draw.reading import colliding, elements, is_accessible, outside
from tests.training.small import same_bits, split

CONFIG = ResNeXtConfig(layers=(1, 1), cardinality=3, width_per_group=2, num_classes=4, in_channels=1, stem_type="cifar",
                       stem_width=8, expansion=2)
MANY, OTHERS = split(count=40, seed=1), split(count=30, seed=2)
IMAGES = Images("few", MANY.images, MANY.labels, OTHERS.images, OTHERS.labels, MANY.classes, "")
TEST = IMAGES.test


def network(config=CONFIG, **kwargs):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return randomise_batchnorm(ResNeXt(config, **kwargs)).eval()


@pytest.fixture(scope="module")
def explorer():
    return PathExplorer(network(), IMAGES, "layer2.0", which=[7, 0, 12])


def hooked(change=None):
    """The maps before conv3 of layer2.0 of image 12, and the shares of the classes, with these maps changed."""
    model, heard = network(), []

    def listen(module, inputs):
        heard.append(inputs[0].clone())
        return (change(inputs[0].clone()),) if change else None

    model.layer2[0].conv3.register_forward_pre_hook(listen)
    with torch.inference_mode():
        shares = model(TEST[12:13].inputs()).double().softmax(1)[0]
    return heard[0][0], shares


def pixels_of(element):
    """The pixels of an image, as a browser reads them."""
    with PIL.Image.open(BytesIO(b64decode(element.get("href").partition("base64,")[2]))) as found:
        return torch.tensor(numpy.array(found.convert("L")))


def shown(picture):
    """The image, and the maps: all are in one row, and each stands where its frame is."""
    image, row = elements(picture, "image")
    left, pixels = float(row.get("x")), pixels_of(row)
    unit = float(row.get("width")) / pixels.shape[1]
    frames = [rect for rect in elements(picture, "rect") if rect.get("class") == "hair" and rect.get("y") == row.get("y")]
    places = [((float(rect.get("x")) - left) / unit, float(rect.get("width")) / unit) for rect in frames]
    assert all(abs(number - round(number)) < .02 for place in places for number in place)  # frames cut no pixel
    return pixels_of(image), [pixels[:, round(x):round(x) + round(wide)] for x, wide in places]


def is_map(found, wanted, white):
    """Whether these pixels are those of the map, to half a step of grey."""
    wanted = (wanted / white).clamp(0, 1).mul(255)
    return found.shape == wanted.shape and (found - wanted).abs().max() <= 255 / (GREYS - 1) / 2 + 2.5


@pytest.mark.parametrize("path", [0, 1, 2])
def test_it_shows_what_hooks_hear(explorer, path):
    explorer.move(image=2, path=path)
    maps, shares = hooked()
    mine = maps[4 * path:4 * path + 4]
    mean = path_means(network(), IMAGES.train)["layer2.0"]

    def silence(x):
        x[:, 4 * path:4 * path + 4] = mean[path].float()[:, None, None]
        return x

    _, without = hooked(silence)
    label = TEST.classes[TEST.labels[12]]
    best, after = (TEST.classes[int(each.argmax())] for each in (shares, without))
    assert explorer.numbers == {
        "image": label, "silenced": f"path {path}", "its activity": f"{mine.mean():.2f}", "over many images": f"{mean[path].mean():.2f}",
        "answer": f"{best} {100 * shares.max():.1f} %", "without it": f"{after} {100 * without.max():.1f} %"}
    words = explorer.frame.picture.text
    for name, some in (("With all paths", shares), (f"Without path {path}", without)):
        order = some.argsort(descending=True)[:3].tolist()
        assert f"{name}: " + ", ".join(f"{TEST.classes[k]} {100 * some[k]:.1f} %" for k in order) in words
    white = float(words_of_white(explorer.frame.picture))
    image, found = shown(explorer.frame.picture)
    assert torch.equal(image, TEST.images[12].squeeze())
    assert [is_map(*pair, white) for pair in zip(found, mine, strict=True)] == [True] * 4
    assert not is_map(found[0], mine[1], white)


def words_of_white(picture):
    return picture.how[1].split("white is ")[1].split(" ")[0]


def test_without_a_silenced_path_every_path_has_one_map(explorer):
    explorer.move(image=2, path="none")
    maps, shares = hooked()
    white = float(words_of_white(explorer.frame.picture))
    _, found = shown(explorer.frame.picture)
    assert [is_map(*pair, white) for pair in zip(found, maps.unflatten(0, (3, 4)).mean(1), strict=True)] == [True] * 3
    assert (explorer.numbers["silenced"], explorer.numbers["without it"]) == ("none", "–")
    assert explorer.numbers["answer"] == f"{TEST.classes[int(shares.argmax())]} {100 * shares.max():.1f} %"


def test_the_title_says_what_happens(explorer):
    for row in explorer.frames:
        for path, frame in enumerate(row, -1):
            label, before, after = frame.numbers["image"], *(frame.numbers[name].split(" ")[0] for name in ("answer", "without it"))
            if path < 0:
                assert frame.picture.title == (f"This {label} is named correctly" if before == label else f"This {label} is taken for {before}")
            elif before == after:
                assert frame.picture.title == f"Without path {path} the answer stays {before}"
            else:
                assert frame.picture.title == f"Without path {path} this {label} is " + ("named correctly" if after == label else f"taken for {after}")


@pytest.mark.parametrize("form", ["concat", "split_sum"])
def test_another_form_shows_the_same_and_the_network_stays_as_it_is(form, explorer):
    model = network().to_form(form).train()
    other = PathExplorer(model, IMAGES, "layer2.0", which=[7, 0, 12])
    assert [frame.numbers for row in other.frames for frame in row] == [frame.numbers for row in explorer.frames for frame in row]
    assert model.training
    assert same_bits(model, network().to_form(form))


@pytest.mark.parametrize(("paths", "width", "channels"), [(1, 12, 1), (8, 2, 3), (32, 1, 1)])
def test_nothing_collides(paths, width, channels):
    model = network(CONFIG.replace(cardinality=paths, width_per_group=width, in_channels=channels))
    few = split(count=12, channels=channels)
    names = ("a class whose name is long, even for ImageNet", "T-shirt/top", "c", "d")
    images = Images("few", few.images, few.labels, few.images, few.labels, names, "")
    frames = [frame for row in PathExplorer(model, images, which=[0, 1, 2]).frames for frame in row]
    for frame in frames:
        assert (outside(frame.picture), colliding(frame.picture)) == ([], [])
    assert is_accessible(frames[-1].picture)
    assert " style=" not in frames[-1].html
    assert len({frame.picture.size for frame in frames}) == 1


def test_by_default_there_is_one_image_of_each_class_as_far_as_there_is_room():
    explorer = PathExplorer(network(), IMAGES)
    assert [row[0].numbers["image"] for row in explorer.frames] == ["a", "b", "c", "d"]
    many = PathExplorer(network(CONFIG.replace(cardinality=40, width_per_group=1)), IMAGES)
    assert [row[0].numbers["image"] for row in many.frames] == ["a", "b"]
    assert many.stops[0].words[1] == f"{(TEST.labels == 1).nonzero()[0].item()} (b)"


@pytest.mark.parametrize(("wrong", "error", "message"), [
    (lambda: PathExplorer(network(), TEST), ConfigError, r"images must be Images, such as load_images\(\); got Split"),
    (lambda: PathExplorer(network(), IMAGES, "layer3.0"), ConfigError, "unknown block 'layer3.0'"),
    (lambda: PathExplorer(network(), IMAGES, which=[30]), ConfigError, "which must be numbers of test images, 0 … 29; got 30"),
    (lambda: PathExplorer(network(), IMAGES, which=range(31)), ConfigError, "which must be the numbers of 1 to 30 test images, so that there are at most 120 frames"),
    (lambda: PathExplorer(network(), IMAGES, which=[0]).move(path=3), UnknownNameError, "unknown stop of path 3; Known: none, 0, 1, 2"),
])
def test_what_can_not_be(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()
