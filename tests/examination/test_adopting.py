"""Other people's weights in our network: what was done is told, what can't be told apart is refused."""
import argparse

import pytest
import torch
from helpers import same_state
from torch import nn

from resnext_edu.config import ResNeXtConfig
from resnext_edu.equivalence import prove_equivalent, randomise_batchnorm
from resnext_edu.errors import WeightsError
from resnext_edu.examination import adopt
from resnext_edu.network import ResNeXt

MINI = ResNeXtConfig.preset("resnext_mini")


@pytest.fixture(scope="module")
def theirs():
    torch.manual_seed(3)
    return randomise_batchnorm(ResNeXt(MINI), 3).eval()


def other_names(state):
    """The same layers in the same order under names of somebody else's."""
    layers = list(dict.fromkeys(key.rpartition(".")[0] for key in state))
    return {f"body.{layers.index(key.rpartition('.')[0])}.{key.rpartition('.')[2]}": value for key, value in state.items()}


def test_weights_that_come_as_they_are_need_no_note(theirs):
    found = adopt(theirs.state_dict(), MINI)
    assert (found.notes, found.renamed) == ((), {})
    assert same_state(found.state_dict, theirs.state_dict())


def test_wrapper_prefix_and_old_age_are_told(theirs):
    old = {f"module.{key}": value for key, value in theirs.state_dict().items() if "num_batches" not in key}
    found = adopt({"epoch": 3, "state_dict": old}, MINI)
    assert found.notes == ("The weights stood in 'state_dict' of a checkpoint.", "'module.' before each name was left out.",
                           "13 counters (num_batches_tracked) start at 0: weights from before 2018 have none.")
    assert found.renamed == {}


def test_other_names_in_the_same_order_are_one_reading_and_the_proof_has_the_last_word(theirs):
    state = other_names(theirs.state_dict())
    found = adopt(state, MINI)
    assert found.renamed["body.0.weight"] == "conv1.weight"
    assert len(found.renamed) == len(state)
    assert "names were replaced by ours: the layers stand in the same order and have the same shapes" in found.notes[0]
    ours = ResNeXt(MINI).eval()
    ours.load_state_dict(found.state_dict)
    report = prove_equivalent(ours.layer1, theirs.layer1, input_size=(2, 32, 6, 6))
    assert report.passed


def test_keras_words_for_batchnorm_are_known(theirs):
    words = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    state = {}
    for key, value in other_names(theirs.state_dict()).items():
        name, _, what = key.rpartition(".")
        is_norm = f"{name}.running_mean" in other_names(theirs.state_dict())
        state[f"{name}.{words.get(what, what) if is_norm else what}"] = value
    assert same_state(adopt(state, MINI).state_dict, theirs.state_dict())


def test_another_order_is_ambiguous_and_the_layers_are_named(theirs):
    state = theirs.state_dict()
    downsample = {key: value for key, value in state.items() if key.startswith("layer1.0.downsample")}
    moved = {}
    for key, value in state.items():
        if key == "layer1.0.conv1.weight":
            moved |= downsample
        if key not in downsample:
            moved[key] = value
    with pytest.raises(WeightsError) as error:
        adopt(other_names(moved), MINI)
    assert str(error.value).startswith("the checkpoint has the shapes of this network in another order: where "
                                       "layer1.0.conv1 is expected, body.2 stands.")
    assert "the order of the layers does not tell which is which; rename the keys" in str(error.value)


@pytest.mark.parametrize(("state", "words"), [
    (lambda s: nn.Conv2d(1, 1, 1), "the checkpoint holds Conv2d(1, 1, kernel_size=(1, 1), stride=(1, 1)), not a state_dict; pass its state_dict()"),
    (lambda s: {k: v for k, v in s.items() if k != "fc.bias"}, "the checkpoint lacks fc.bias, and has no entry that"),
    (lambda s: s | {"extra.weight": torch.zeros(3)}, "the checkpoint has all entries of the network, and extra.weight, which the network does not know; leave out what"),
    (lambda s: s | {"fc.weight": torch.zeros(5, 256), "fc.bias": torch.zeros(5)},
     "fc.weight has shape (5, 256) in the checkpoint, (10, 256) in the network; build it with num_classes=5"),
    (lambda s: "nowhere.pth", "no file nowhere.pth"),
    (lambda s: "tests", "tests is a folder; pass a file in it, such as tests/model.pt"),
    (lambda s: s | {"fc.weight": s["fc.weight"].t()}, "fc.weight has shape (256, 10) in the checkpoint, (10, 256) in the network; it is transposed: pass"),
    (lambda s: {f"x.{k.replace('.', '_', k.count('.') - 1)}": v for k, v in (s | {"fc.weight": torch.zeros(5, 256), "fc.bias": torch.zeros(5)}).items()},
     "x.fc has weight (5, 256) and bias (5,) in the checkpoint, and fc, which stands there in the network, has weight (10, 256) and bias (10,); build it with as many classes"),
    (lambda s: {"model": s, "model_ema": dict(s)}, "the checkpoint holds a checkpoint with several sets of weights, 'model' and 'model_ema'; take the one that you mean: checkpoint['model']"),
    (lambda s: {"model": ResNeXt(MINI), "epoch": 3}, "the checkpoint holds more than tensors: model, epoch; pass checkpoint['model'].state_dict()"),
    (lambda s: {k: v.to(torch.int8) for k, v in s.items()}, "the checkpoint has torch.int8 in conv1.weight and 66 more, and the network torch.float32; pass the weights from before they were quantised"),
    (lambda s: {k: v.to("meta") for k, v in s.items()}, 'the checkpoint has no numbers: conv1.weight and 79 more on "meta"'),
    (lambda s: ResNeXt(MINI, "concat").state_dict(), "the checkpoint lacks layer1.0.conv1.weight and 29 more, and has layer1.0.paths.0.conv1.weight and 287 more that the network does not know; these are the weights of another form"),
    (lambda s: {}, "the checkpoint lacks conv1.weight and 66 more"),
])
def test_what_does_not_fit_is_refused_with_the_repair(theirs, state, words):
    with pytest.raises(WeightsError) as error:
        adopt(state(theirs.state_dict()), MINI)
    assert str(error.value).startswith(words)


OPTIMISER = {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": .1}]}


@pytest.mark.parametrize(("wrap", "note"), [
    (lambda s: {"state_dict": {f"model.{k}": v for k, v in s.items()}, "optimizer_states": [OPTIMISER], "epoch": 3},
     "'model.' before each name was left out."),
    (lambda s: {"optimizer": OPTIMISER, "net": {f"module._orig_mod.{k}": v for k, v in s.items()}},
     "'module._orig_mod.' before each name was left out."),
    (lambda s: {"state": {"model": {"weights": s}}, "lr": .1}, "The weights stood in 'weights' of 'model' of 'state' of a checkpoint."),
    (lambda s: {("head." if k.startswith("fc") else "backbone.") + k: v for k, v in s.items()}, "'backbone.' before each name was left out."),
    (lambda s: {k: v.numpy() for k, v in s.items()}, "80 arrays of NumPy became tensors."),
    (lambda s: {k: v.double() if v.is_floating_point() else v for k, v in s.items()}, "Weights in float64 became numbers of the network's own type."),
    (lambda s: s | {"fc.weight": s["fc.weight"][..., None, None]}, "fc.weight was the weight of a 1×1 convolution, and became that of a linear layer."),
    (lambda s: s | {"total_ops": torch.zeros(1), "conv1.total_params": torch.zeros(1)}, "2 numbers of thop (total_ops, total_params) were left out."),
])
def test_what_can_be_undone_in_one_way_is_undone_and_told(theirs, wrap, note):
    found = adopt(wrap(theirs.state_dict()), MINI)
    assert note in found.notes
    assert same_state(found.state_dict, theirs.state_dict())
    assert {value.dtype for value in found.state_dict.values()} == {torch.float32, torch.int64}


def grouped(state):
    """Parameters first and buffers behind them, as `named_parameters` and `named_buffers` list them, with other names."""
    is_buffer = lambda key: "running" in key or "num_batches" in key  # noqa: E731
    return {f"net_{key}": state[key] for key in sorted(state, key=is_buffer)}


@pytest.mark.parametrize("other", [
    grouped,
    lambda s: {key.replace(".", "_"): value for key, value in s.items()},
    lambda s: {f"net/{key.replace('.', '/')}": value for key, value in s.items()},
])
def test_layers_are_found_whatever_parts_their_names(theirs, other):
    found = adopt(other(theirs.state_dict()), MINI)
    assert same_state(found.state_dict, theirs.state_dict())
    assert len(found.renamed) == 80


@pytest.mark.parametrize("name", [lambda key: key, lambda key: key.replace("layer", "stage_")])
def test_a_1x1_may_be_a_linear_layer(theirs, name):
    linear = {name(key): value.flatten(1) if value.shape[2:] == (1, 1) else value for key, value in theirs.state_dict().items()}
    found = adopt(linear, MINI)
    assert same_state(found.state_dict, theirs.state_dict())
    assert "layer1.0.conv1.weight and 8 more were of linear layers, and became 1×1 convolutions." in found.notes


def test_tensorflow_s_order_of_dimensions_is_known(theirs):
    state = {key: value.permute(2, 3, 1, 0) if value.dim() == 4 else value for key, value in theirs.state_dict().items()}
    with pytest.raises(WeightsError) as error:
        adopt(state, MINI)
    assert str(error.value).endswith("it is transposed: pass conv1.weight as checkpoint['conv1.weight'].permute(3, 2, 0, 1), "
                                     "and so with all convolutions")
    assert state["conv1.weight"].permute(3, 2, 0, 1).shape == theirs.conv1.weight.shape


def test_the_arguments_of_a_script_may_stand_beside_the_weights(theirs, tmp_path):
    torch.save({"model": theirs.state_dict(), "args": argparse.Namespace(lr=.1, output_dir=".")}, tmp_path / "last.pth")
    assert same_state(adopt(tmp_path / "last.pth", MINI).state_dict, theirs.state_dict())


def test_half_precision_is_widened(theirs):
    half = {key: value.half() if value.is_floating_point() else value for key, value in theirs.state_dict().items()}
    assert torch.equal(adopt(half, MINI).state_dict["fc.bias"], half["fc.bias"].float())


def test_files_of_every_kind(theirs, tmp_path):
    from safetensors.torch import save_file

    save_file(theirs.state_dict(), tmp_path / "no_suffix")
    assert same_state(adopt(tmp_path / "no_suffix", MINI).state_dict, theirs.state_dict())
    torch.save({"model": theirs.state_dict()}, tmp_path / "whole.pt")
    assert adopt(str(tmp_path / "whole.pt"), MINI).notes == ("The weights stood in 'model' of a checkpoint.",)
    (tmp_path / "part.pt").write_bytes((tmp_path / "whole.pt").read_bytes()[:5000])
    torch.save(theirs, tmp_path / "model.pt")
    for name, words in (("part.pt", "it is incomplete, or torch.save"), ("model.pt", "it holds other objects of Python, such as a whole model")):
        with pytest.raises(WeightsError) as error:
            adopt(tmp_path / name, MINI)
        assert words in str(error.value)


def test_a_last_layer_that_was_made_first_is_adopted():
    """No other layer has its shape, so there is one reading only."""
    config = ResNeXtConfig.preset("resnext_mini")
    own = ResNeXt(config).state_dict()
    theirs = {f"their_{key}": own[key] for key in sorted(own, key=lambda key: not key.startswith("fc."))}
    adopted = adopt(theirs, config)
    assert all(torch.equal(adopted.state_dict[key], own[key]) for key in own)
