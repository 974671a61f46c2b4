"""The whole network: torchvision's, bit for bit, and one function in three forms."""
import pytest
import torch
from helpers import same_state, state
from torchvision.models import get_model

import resnext_edu
from resnext_edu import ResNeXt, ResNeXtConfig, convert_state_dict, prove_equivalent, randomise_batchnorm, resnext_mini
from resnext_edu.blocks import FORMS
from resnext_edu.errors import ConfigError, ConversionError

IN_TORCHVISION = ("resnet50", "resnet101", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d")
MINI = ResNeXtConfig.preset("resnext_mini")


def seeded(build, *args, **kwargs):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(*args, **kwargs)


def mini(form="grouped", **changes) -> ResNeXt:
    return randomise_batchnorm(seeded(ResNeXt, MINI.replace(**changes), form), 0)


@pytest.mark.parametrize("name", IN_TORCHVISION)
def test_a_preset_is_torchvisions_network(name):
    """The same seed gives the same weights; they load both ways; and what is computed is equal to the last bit."""
    ours, theirs = seeded(getattr(resnext_edu, name)), seeded(get_model, name)
    assert same_state(ours.state_dict(), theirs.state_dict())
    assert list(ours.state_dict()) == list(theirs.state_dict())
    randomise_batchnorm(theirs, 1)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    images = torch.randn(2, 3, 64, 48)
    with torch.no_grad():
        for mode in (False, True):
            assert torch.equal(ours.train(mode)(images), theirs.train(mode)(images))
    assert same_state(ours.state_dict(), theirs.state_dict())  # BatchNorm's buffers after the step in train mode


@pytest.mark.parametrize("name", ResNeXtConfig.presets())
def test_every_preset_in_every_form(name):
    """From (c) to (a), on to (b), and back to (c); of blocks that are alike, one stands for all."""
    config = ResNeXtConfig.preset(name)
    config = config.replace(layers=tuple(min(blocks, 2) for blocks in config.layers))
    model = other = randomise_batchnorm(seeded(ResNeXt, config), 0).double().eval()
    images = torch.randn(2, config.in_channels, 16, 24, dtype=torch.float64)
    with torch.no_grad():
        expected = model(images)
        for form in ("split_sum", "concat"):
            other = other.to_form(form)
            assert other.form == form
            assert type(other.layer1[0]) is FORMS[form]
            assert (other(images) - expected).abs().max() <= 1e-12 * expected.abs().max()
    assert same_state(other.to_form("grouped").state_dict(), model.state_dict())


@pytest.mark.parametrize("form", ["split_sum", "concat"])
def test_a_seed_gives_the_same_function_in_every_form(form):
    assert same_state(seeded(ResNeXt, MINI, form).to_form("grouped").state_dict(), seeded(ResNeXt, MINI).state_dict())


def test_to_form_leaves_the_network_alone_and_takes_dtype_and_mode_along():
    model = mini().half().eval()
    before = state(model)
    random_state = torch.random.get_rng_state()
    other = model.to_form("split_sum")
    assert same_state(before, state(model))
    assert torch.equal(random_state, torch.random.get_rng_state())
    assert {p.dtype for p in other.parameters()} == {torch.half}
    assert all(p.requires_grad and p.is_leaf for p in other.parameters())
    assert not other.training
    own = {p.data_ptr() for p in model.parameters()}
    assert not own & {p.data_ptr() for p in other.parameters()}


def test_to_form_takes_a_new_head_and_what_is_frozen_along():
    model = mini()
    model.fc = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Linear(256, 3, bias=False))
    model.layer1.requires_grad_(False)
    model.bn1.eval()
    model.layer2[0].bn1.eval()
    other = model.to_form("split_sum")
    assert {n.split(".")[0] for n, p in other.named_parameters() if not p.requires_grad} == {"layer1"}
    assert {n for n, m in other.named_modules() if not m.training} == {
        "bn1", *(f"layer2.0.paths.{i}.bn1" for i in range(8))}
    back = other.to_form("grouped")
    assert same_state(state(model), state(back))
    assert back.fc[1].weight is not model.fc[1].weight
    images = torch.randn(2, 1, 9, 9)
    assert torch.allclose(other.eval()(images), model.eval()(images), atol=1e-5)


def test_what_is_frozen_is_frozen_in_all_of_ten_paths_and_more():
    model = mini(cardinality=12)
    model.layer1.requires_grad_(False)
    model.layer1.eval()
    other = model.to_form("split_sum")
    assert not any(p.requires_grad for p in other.layer1.parameters())
    assert not any(m.training for path in other.layer1[0].paths for m in (path.bn1, path.bn2))
    assert all(p.requires_grad for p in other.layer2.parameters())


@pytest.mark.parametrize(("path", "layer"), [
    ("layer1.0.relu", torch.nn.SiLU()), ("layer1.0.bn2", torch.nn.BatchNorm2d(32, eps=0.1))])
def test_a_block_with_another_layer_is_no_form(path, layer):
    model = mini()
    model.set_submodule(path, layer)
    with pytest.raises(ConversionError) as error:
        model.to_form("concat")
    assert str(error.value) == (f"{path} is {layer!r}; a grouped block has {mini().get_submodule(path)!r} there, so convert "
                                "a block before you exchange its layers")


def test_torchvisions_weights_in_form_a():
    theirs = randomise_batchnorm(seeded(get_model, "resnext50_32x4d"), 0).eval()
    ours = ResNeXt(ResNeXtConfig(), "split_sum")
    ours.load_state_dict(convert_state_dict(theirs.state_dict(), "grouped", "split_sum", 32))
    images = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        assert torch.allclose(ours.eval()(images), theirs(images), rtol=1e-4, atol=1e-4)
        ours.layer4[2].paths[31].conv3.weight.mul_(2)
        assert not torch.allclose(ours(images), theirs(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("forms", [("split_sum", "grouped"), ("concat", "split_sum")])
def test_two_forms_of_a_whole_network_are_proved_equal(forms):
    left = mini(forms[0])
    right = left.to_form(forms[1])
    size = (2, 1, 28, 28)
    report = prove_equivalent(left, right, input_size=size)
    assert report.passed
    assert {f.name for f in report.findings if f.status == "PASS"} >= {
        "output (eval)", "output (train)", "input gradient", "parameter gradients", "buffers", "training"}

    with torch.no_grad():
        block = right.layer2[0] if forms[1] == "split_sum" else right.layer3[0]
        weight = block.paths[0].conv2.weight if forms[1] == "split_sum" else block.conv2.weight
        weight.copy_(weight.roll(1, dims=0))  # the same numbers at other places
    assert not prove_equivalent(left, right, input_size=size).passed


@pytest.mark.parametrize("changes", [
    {"stem_type": "imagenet"}, {"stem_type": "deep", "stem_width": 16}, {"in_channels": 4, "num_classes": 7},
    {"layers": (2,)}, {"cardinality": 1, "width_per_group": 8}, {"expansion": 2, "layers": (1, 2, 1)},
])
def test_any_config_runs(changes):
    model = mini(**changes)
    images = torch.randn(2, model.config.in_channels, 13, 9)
    assert model(images).shape == (2, model.config.num_classes)


def test_the_example_of_a_deep_stem_on_grey_images():
    model = ResNeXt(ResNeXtConfig(in_channels=1, num_classes=10, stem_type="deep", stem_width=32)).eval()
    assert model(torch.zeros(1, 1, 32, 32)).shape == (1, 10)


@pytest.mark.parametrize(("images", "repair"), [((2, 3, 8, 8), "give it 1 channels, or build it with other in_channels"),
                                                ((1, 8, 8), "add the batch: (1, 1, 8, 8)")])
def test_wrong_images_are_refused(images, repair):
    with pytest.raises(ConfigError) as error:
        mini()(torch.zeros(images))
    assert str(error.value) == (f"this network reads images of shape (N, 1, H, W), got {images}; {repair}")


def test_a_network_needs_a_config_and_a_known_form():
    with pytest.raises(ConfigError, match=r"expected a ResNeXtConfig, got 'resnet50'; try ResNeXtConfig.preset\("):
        ResNeXt("resnet50")
    with pytest.raises(ConfigError, match="unknown form 'group'; did you mean 'grouped'"):
        ResNeXt(MINI, "group")
    with pytest.raises(ConfigError, match="unknown form 'sum'"):
        mini().to_form("sum")


def test_an_image_that_is_no_tensor_is_shown():
    with pytest.raises(ConfigError, match=r"^this network reads images of shape \(N, 1, H, W\), got 'cat\.png'; "):
        resnext_mini()("cat.png")


def test_an_unknown_form_is_told_before_anything_is_downloaded(monkeypatch):
    monkeypatch.setattr("resnext_edu.network.load_weights", None)
    with pytest.raises(ConfigError, match=r"^unknown form 'group'; did you mean 'grouped'\?"):
        resnext_mini(weights="DEFAULT", form="group")
