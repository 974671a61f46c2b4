"""Silencing paths: in the hidden maps it does what replacing whole paths by hand does, and leaves nothing behind."""
import copy
from functools import cache

import pytest
import torch
from torch import nn

from resnext_edu import (
    Change,
    ResNeXt,
    ResNeXtConfig,
    evaluate,
    path_effects,
    path_maps,
    path_means,
    randomise_batchnorm,
    without_paths,
)
from resnext_edu.ablation.listening import AT_ONCE, blocks_of
from resnext_edu.errors import ConfigError, ConversionError
from tests.training.small import same_bits, split

FORMS = ("grouped", "concat", "split_sum")
CONFIG = ResNeXtConfig(layers=(1, 2), cardinality=3, width_per_group=2, num_classes=4, in_channels=1, stem_type="cifar",
                       stem_width=8, expansion=2)
TRAIN, TEST = split(count=2 * AT_ONCE + 5, seed=1), split(count=60, seed=2)


def network(form="grouped", dtype=torch.float64) -> ResNeXt:
    """A new one each time."""
    return copy.deepcopy(trained(form)).to(dtype)


@cache
def trained(form) -> ResNeXt:
    """Small, in eval mode, and with a BatchNorm after each sum whose running mean fits, as after a training."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = randomise_batchnorm(ResNeXt(CONFIG)).double().eval()
        for block in blocks_of(model).values():  # the last BatchNorm gets the mean that a training would give it
            heard = []
            handle = block.conv3.register_forward_hook(lambda module, x, y, heard=heard: heard.append(y))
            with torch.no_grad():
                model(TRAIN.inputs(torch.float64))
            handle.remove()
            block.bn3.running_mean = heard[0].mean((0, 2, 3))
            block.bn3.running_var = heard[0].var((0, 2, 3))
        return model.to_form(form)


class Always(nn.Module):
    """A path that says the same of all images."""

    def __init__(self, value, stride):
        super().__init__()
        self.value, self.stride = value, stride

    def forward(self, x):
        height, width = (-(-size // self.stride) for size in x.shape[2:])
        return self.value[None, :, None, None].expand(len(x), -1, height, width)


def by_hand(name, paths, at="mean"):
    """Form (a), where each path is a module, with another module in its place that gives its mean output."""
    model = network("split_sum")
    block = model.get_submodule(name)
    for i in paths:
        heard = []
        handle = block.paths[i].register_forward_hook(lambda module, x, y, heard=heard: heard.append(y))
        with torch.no_grad():
            model(TRAIN.inputs(torch.float64))
        handle.remove()
        mean = heard[0].mean((0, 2, 3))
        block.paths[i] = Always(mean if at == "mean" else torch.zeros_like(mean), block.stride)
    return model


def logits(model, images=TEST):
    with torch.inference_mode():
        return model(images.inputs(torch.float64))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "paths", "at"), [
    ("layer1.0", (0,), "mean"), ("layer2.0", (2, 1), "mean"), ("layer2.1", (0, 1, 2), "mean"), ("layer1.0", (1,), "zero")])
def test_it_is_what_another_path_in_form_a_does(form, name, paths, at):
    model = network(form)
    before = logits(model)
    with without_paths(model, {name: paths}, at=at, means=path_means(network(), TRAIN)) as quiet:
        assert quiet is model
        after = logits(model)
    torch.testing.assert_close(after, logits(by_hand(name, paths, at)), rtol=1e-10, atol=1e-10)
    assert (after - before).abs().max() > .01
    assert torch.equal(logits(model), before)


def test_maps_and_means_are_those_of_every_form():
    x = TEST.inputs(torch.float64)
    model = network()
    heard = []
    handle = model.layer2[1].conv3.register_forward_pre_hook(lambda module, inputs: heard.append(inputs[0]))
    logits(model)
    handle.remove()
    for form in FORMS:
        maps, means = path_maps(network(form), x), path_means(network(form), TEST)
        torch.testing.assert_close(maps["layer2.1"], heard[0].reshape(len(x), 3, 4, *heard[0].shape[2:]))
        for name, found in maps.items():
            torch.testing.assert_close(means[name], found.mean((0, 3, 4)))


def test_the_mean_is_taken_in_eval_mode_and_the_mode_is_kept():
    model = network().train()
    torch.testing.assert_close(path_means(model, TEST), path_means(network(), TEST))
    assert model.training
    assert same_bits(model, network())


@pytest.mark.parametrize("form", FORMS)
def test_a_block_without_any_path_is_a_constant_and_its_shortcut(form):
    """And the BatchNorm gets what it expects, so that the constant is its bias."""
    model = network(form)
    block = model.layer1[0]
    x = torch.randn(3, 8, 5, 5, dtype=torch.float64)
    with torch.no_grad(), without_paths(model, {"layer1.0": range(3)}, means=path_means(model, TRAIN)):
        found = block(x)
        expected = (block.bn3.bias[:, None, None] + block.downsample(x)).relu()
    torch.testing.assert_close(found, expected)
    with torch.no_grad(), without_paths(model, {"layer1.0": range(3)}, at="zero"):
        shift = block.bn3(torch.zeros_like(expected)) - block.bn3.bias[:, None, None]
        torch.testing.assert_close(block(x), (block.bn3.bias[:, None, None] + shift + block.downsample(x)).relu())
    assert shift.abs().max() > .5


@pytest.mark.parametrize("form", FORMS)
def test_contexts_stand_in_each_other_and_leave_nothing_behind(form):
    model = network(form)
    means, before = path_means(model, TRAIN), logits(model)
    with without_paths(model, {"layer1.0": (0,), "layer2.1": (1, 2)}, means=means):
        both = logits(model)
    with without_paths(model, {"layer1.0": (0,)}, means=means):
        with without_paths(model, {"layer2.1": (1,)}, means=means), without_paths(model, {"layer2.1": [2]}, means=means):
            assert torch.equal(logits(model), both)
        assert not torch.equal(logits(model), both)
    assert torch.equal(logits(model), before)
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in model.modules())


def test_an_error_inside_leaves_nothing_behind_either():
    model = network()
    with pytest.raises(KeyboardInterrupt), without_paths(model, {"layer1.0": (0,)}, at="zero"):
        raise KeyboardInterrupt
    assert not any(module._forward_pre_hooks for module in model.modules())


def test_the_input_of_the_convolution_is_not_written_to():
    model, heard = network(), []
    with without_paths(model, {"layer1.0": (1,)}, at="zero"):
        model.layer1[0].relu.register_forward_hook(lambda module, x, y: heard.append((y, y.clone())))
        logits(model)
    maps, copy_of_maps = heard[1]  # the ReLU after bn2
    assert torch.equal(maps, copy_of_maps)


def test_each_effect_is_what_the_context_does():
    """Also if the network is in another form, in train mode, and has other classes than the images."""
    means, before = path_means(network(), TRAIN), logits(network()).argmax(1) == TEST.labels
    for form in ("grouped", "split_sum"):
        model = network(form).train()
        effects = path_effects(model, TRAIN, TEST, at=("mean", "zero"), progress=False)
        assert model.training
        assert same_bits(model, network(form))
        assert effects.blocks == ("layer1.0", "layer2.0", "layer2.1")
        assert len(effects.silenced) == 3 * 2 * 4
        quiet = network()
        for one in effects.silenced:
            with without_paths(quiet, {one.block: range(3) if one.path is None else [one.path]}, at=one.at, means=means):
                after = logits(quiet).argmax(1) == TEST.labels
            assert one.change == Change(int((before & ~after).sum()), int((~before & after).sum()), 60)
            assert one.by_class == tuple(Change(int((before & ~after)[some].sum()), int((~before & after)[some].sum()), int(some.sum()))
                                         for some in (TEST.labels == k for k in range(4)))
            assert effects.of(one.block, one.path, at=one.at) is one
    assert any(one.change.lost and one.change.gained for one in effects.silenced)  # else all this would say little


def test_the_baseline_is_the_score_with_all_paths_in_total_and_of_each_class():
    effects, model = path_effects(network(), TRAIN, TEST, blocks=["layer2.1"], progress=False), network()
    wanted = evaluate(model, TEST)
    assert (effects.baseline.correct, effects.baseline.count) == (wanted.correct, wanted.count)
    assert effects.baseline.loss == pytest.approx(wanted.loss)
    for k, score in enumerate(effects.baselines):
        of_class = evaluate(model, TEST[TEST.labels == k])
        assert (score.correct, score.count, score.loss) == (of_class.correct, of_class.count, pytest.approx(of_class.loss))
    assert {one.at for one in effects.silenced} == {"mean"}
    assert effects.blocks == ("layer2.1",)


def test_classes_without_images_are_left_out():
    some = TEST[TEST.labels % 2 == 1]
    effects = path_effects(network(), TRAIN, some, blocks=["layer1.0"], progress=False)
    assert effects.classes == ("b", "d")
    assert all(len(one.by_class) == 2 for one in effects.silenced)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_other_dtypes(dtype):
    model = network(dtype=dtype)
    effects = path_effects(model, TRAIN, TEST, blocks=["layer2.1"], progress=False)
    assert abs(effects.baseline.correct - evaluate(model, TEST).correct) <= (0 if dtype == torch.float32 else 3)
    assert path_means(model, TEST)["layer1.0"].dtype == torch.float64


def test_table_and_picture_have_the_numbers():
    effects = path_effects(network(), TRAIN, TEST, at=("mean", "zero"), progress=False)
    table = effects.table()
    assert [row[:2] for row in table.rows[:4]] == [("layer1.0", "path 0"), ("layer1.0", "path 1"), ("layer1.0", "path 2"), ("layer1.0", "all paths")]
    assert table.rows[3][2:] == tuple(effects.of("layer1.0", at=at).change.words() for at in ("mean", "zero"))
    picture = effects.picture("layer2.0", title="A finding", at="zero")
    assert f"path 2: {effects.of('layer2.0', 2, at='zero').change.words()}; " in picture.text
    assert f"without any: {effects.of('layer2.0', at='zero').change.words()}; " in picture.text
    assert "is set to zero" in picture.text
    assert repr(effects).startswith("PathEffects: 9 paths in 3 blocks, each silenced in turn; with all of them ")


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda: without_paths(nn.ReLU(), {}), r"model must be a ResNeXt, such as resnext_mini\(\), since its paths are known; got ReLU\(\)"),
    (lambda: without_paths(network(), {"layer1": [0]}, at="zero"), "unknown block in paths 'layer1'; .*Known: layer1.0, layer2.0, layer2.1"),
    (lambda: without_paths(network(), {"layer1.0": [3]}, at="zero"), r"a number in paths\['layer1.0'\] must be the number of a path, 0 … 2; got 3"),
    (lambda: without_paths(network(), {"layer1.0": 0}, at="zero"), r"paths\['layer1.0'\] must be several numbers of paths, such as \(0, 3\); got 0"),
    (lambda: without_paths(network(), {"layer1.0": [0]}), r"means must be those that path_means\(model, images.train\) gives, unless at='zero'; got None"),
    (lambda: without_paths(network(), {"layer1.0": [0]}, means={}), r"means\['layer1.0'\] must be a tensor of shape \(3, 2\)"),
    (lambda: without_paths(network(), {"layer1.0": [0]}, at="median"), "unknown at 'median'"),
    (lambda: path_effects(network(), TRAIN, TEST, blocks=["layer3.0"]), "unknown block in blocks 'layer3.0'"),
    (lambda: path_effects(network(), TRAIN, TEST, at="mean"), r"at must be several replacements, such as \['mean'\]; got 'mean'"),
    (lambda: path_effects(network(), TRAIN, split(channels=3), progress=False), "this preprocessing is for images of 3|can't be called with|reads images of shape"),
    (lambda: path_effects(network(), TRAIN, TEST, progress=False, blocks=["layer1.0"]).of("layer1.0", 3), "path must be the number of a path, 0 … 2; got 3"),
])
def test_what_can_not_be(wrong, message):
    with pytest.raises(ConfigError, match=message):
        wrong()


def test_a_changed_network_is_told():
    model = network()
    with without_paths(model, {"layer1.0": [0]}, at="zero"), pytest.raises(ConversionError, match="conv3 has a forward hook"):
        path_effects(model, TRAIN, TEST, progress=False)
    model.layer1[0] = nn.Identity()
    with pytest.raises(ConfigError, match=r"layer1.0 of the model must be a block that the package has built.*got Identity\(\)"):
        path_means(model, TRAIN)
