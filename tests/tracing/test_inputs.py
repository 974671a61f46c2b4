"""Inputs as models take them: several tensors, dicts, lists, keyword arguments; and what is said if they do not fit."""
from collections import OrderedDict
from dataclasses import dataclass
from io import StringIO

import pytest
import torch
import torchvision
from torch import nn

from resnext_edu import trace
from resnext_edu.errors import ConfigError, TraceError
from resnext_edu.inputs import call_of, dtype_of


class Takes(nn.Module):
    """Adds up a linear layer of everything that it gets."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2, bias=False)

    def forward(self, *args, **kwargs):
        tensors = torch.utils._pytree.tree_leaves((args, kwargs))
        return sum(self.layer(t) for t in tensors if isinstance(t, torch.Tensor))


@dataclass
class Features:
    first: torch.Tensor
    second: list


def x(rows=3):
    return torch.ones(rows, 4)


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize(("asked", "tensors"), [
    ({"inputs": x()}, 1), ({"inputs": (x(), x())}, 2), ({"inputs": [x(), x()]}, 2), ({"inputs": {"a": x(), "b": [x()]}}, 2),
    ({"inputs": (x(), {"a": x()}, [x()], None, 7)}, 3), ({"kwargs": {"a": x(), "b": (x(), "text")}}, 2),
    ({"inputs": x(), "kwargs": {"mask": x()}}, 2), ({"input_size": (3, 4), "kwargs": {"mask": x()}}, 2),
    ({"input_size": [(3, 4), x()]}, 2), ({"inputs": OrderedDict(a=x())}, 1),
])
def test_all_of_them_go_in(asked, tensors, device):
    assert trace(Takes(), device=device, **asked).total_macs == tensors * 3 * 4 * 2


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_an_object_goes_in_with_its_tensors_and_comes_out_as_it_was(device):
    class Net(nn.Module):
        def forward(self, features):
            features.second.append(features.first)
            features.first.zero_()
            return features.first @ features.second[0]

    features = Features(torch.ones(2, 4), [torch.ones(4, 3)])
    assert trace(Net(), inputs=features, device=device).total_macs == 2 * 4 * 3
    assert torch.equal(features.first, torch.ones(2, 4))
    assert len(features.second) == 1


def test_a_tuple_has_one_argument_for_each_position_and_a_list_is_one():
    class Net(nn.Module):
        def forward(self, *args):
            seen.write(f"{[type(arg).__name__ for arg in args]}")

    seen = StringIO()
    for inputs in (x(), (x(), x()), [x(), x()], ([x()],)):
        trace(Net(), inputs=inputs)
    assert seen.getvalue() == "['Tensor']['Tensor', 'Tensor']['list']['list']"


def test_a_detector_takes_a_list_of_images():
    model = torchvision.models.detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)
    assert trace(model, inputs=[torch.rand(3, 64, 64)], device="cpu").total_macs > 10**8


@pytest.mark.parametrize(("asked", "message"), [
    ({"inputs": (1, 3, 8, 8)}, "inputs= takes tensors, got numbers; if this is a shape, write input_size=(1, 3, 8, 8)"),
    ({"inputs": x(50), "input_size": (3, 4)}, "input_size and inputs both say what goes in, (3, 4) and a Tensor of shape "
                                              "(50, 4) and torch.float32; give only one of them"),
    ({"kwargs": [x()]}, "kwargs must be a dict of names and values, such as {'mask': tensor}; got a list of length 1"),
    ({"kwargs": {1: x()}}, "kwargs must be a dict of names and values, such as {'mask': tensor}; got {1: tensor([[1., 1., 1., "
                           "1.],"),
    ({"input_size": "224"}, "input_size must be whole numbers, the batch first, such as (1, 3, 224, 224); got '224'"),
    ({"input_size": (x(), 3)}, "input_size[0] must be a whole number, 1 or more; got a Tensor of shape (3, 4) and torch.float32"),
    ({"device": x()}, 'device a Tensor of shape (3, 4) and torch.float32 is unknown to torch; use "meta", "cpu" or "cuda"'),
])
def test_what_can_not_go_in_is_told_in_one_line(asked, message):
    with pytest.raises(ConfigError) as error:
        trace(Takes(), **asked)
    assert str(error.value) == message.replace("got {1: tensor([[1., 1., 1., 1.],", "got a dict of length 1").replace(
        "a list of length 1", str(error.value).partition("got ")[2])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("input_size", "message"), [
    (224, "input_size must be whole numbers, the batch first, such as (1, 3, 224, 224); got 224"),
    ((), "input_size must be whole numbers, the batch first, such as (1, 3, 224, 224); got ()"),
    ([(1, 2), 5], "input_size[1] must be whole numbers, the batch first, such as (1, 3, 224, 224); got 5"),
    ([(1, 2), {1: 2}], "input_size[1] must be whole numbers, the batch first, such as (1, 3, 224, 224); got {1: 2}"),
    ([(1, 2), (1, 2.5)], "input_size[1][1] must be a whole number, 1 or more; got 2.5"),
    ((1, 0), "input_size[1] must be a whole number, 1 or more; got 0"),
])
def test_what_is_no_shape_is_told_by_its_place(input_size, message):
    with pytest.raises(ConfigError) as error:
        call_of(input_size)
    assert str(error.value) == message


def test_an_image_goes_in_if_nothing_is_said_or_if_it_is_asked_for():
    image = (1, 3, 224, 224)  # equal to the default, but somebody wrote it
    assert call_of().args == call_of(image).args == call_of(image, kwargs={"mask": x()}).args == (image,)
    assert call_of(inputs=()).args == ()
    for size in (image, (1, 2)):
        with pytest.raises(ConfigError, match="give only one of them"):
            call_of(size, inputs=x())


def test_a_tensor_may_stand_before_a_shape():
    given = x()
    args = call_of([given, (3, 5)]).args
    assert (args[0] is given, args[1], args[1].numel()) == (True, (3, 5), 15)


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex64])
def test_the_dtype_is_that_of_the_first_parameter_that_holds_no_whole_numbers(dtype):
    whole = nn.Parameter(torch.ones(2, dtype=torch.int64), requires_grad=False)
    assert dtype_of(nn.ParameterList([whole, torch.ones(2, dtype=dtype), torch.ones(2)])) is dtype
    assert dtype_of(nn.ReLU()) is torch.float32


class Looks(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 4)

    def forward(self, ids, mask=None):
        return self.words(ids)


@pytest.mark.parametrize(("model", "asked", "end"), [
    (Looks(), {"input_size": (2, 5)}, "It looks something up, as an embedding does, and takes whole numbers; pass integers: "
                                      "inputs=torch.zeros((2, 5), dtype=torch.int64), in a terminal --input 2,5:int64"),
    (Looks(), {"kwargs": {"idz": x()}}, "The name is not known: unknown argument 'idz'; did you mean 'ids'? Known: ids, mask"),
    (Looks(), {"kwargs": {"mask": x()}}, "Its forward takes ids and mask; pass all with inputs=(…) or kwargs={…}"),
    (nn.Sequential(nn.Conv2d(3, 4, 3)), {"input_size": (1, 8, 8, 3)},
     "It takes 3 channels at place 1 of the shape, counted from 0, but has 8 there: the sizes stand in another order; use "
     "input_size=(1, 3, 8, 8)"),
    (nn.Sequential(nn.Conv2d(3, 4, 3)), {"inputs": torch.ones(8, 8, 3)},
     "It takes 3 channels at place 0 of the shape, counted from 0, but has 8 there: the sizes stand in another order; pass a "
     "tensor of shape (3, 8, 8)"),
    (nn.Linear(4, 2), {"input_size": (2, 4, 7)},
     "It takes 4 features at place 2 of the shape, counted from 0, but has 7 there: the sizes stand in another order; use "
     "input_size=(2, 7, 4)"),
    (nn.Sequential(nn.ReLU(), nn.Sequential(nn.Flatten(2), nn.Linear(4, 2))), {"input_size": (2, 4, 3)},
     "It takes 4 features at place 2 of the shape, counted from 0, but has 3 there: the sizes stand in another order; use "
     "input_size=(2, 3, 4)"),
    (nn.Sequential(nn.Linear(9, 4), nn.Linear(3, 2)), {"input_size": (2, 3, 9)},
     "It takes 3 features at place 2 of the shape, counted from 0, but has 4 there: the sizes stand in another order; use "
     "shape (2, 4, 3)"),
    (torchvision.models.resnet18(), {"input_size": (1, 224, 224, 3)},
     "It takes 3 channels at place 1 of the shape, counted from 0, but has 224 there: the sizes stand in another order; use "
     "input_size=(1, 3, 224, 224)"),
    (nn.BatchNorm2d(4), {"input_size": (1, 5, 8, 8)},
     "It takes 4 features but got 5; use input_size=(1, 4, 8, 8), or another layer there"),
])
def test_the_repair_fits_what_went_in(model, asked, end):
    with pytest.raises(TraceError) as error:
        trace(model, device="cpu", **asked)
    assert str(error.value).endswith(end)


def test_a_module_that_checks_sizes_itself_is_asked_what_its_first_layer_takes():
    class Checks(nn.Sequential):
        def forward(self, x):
            if x.shape[3] != 8:
                raise AssertionError(f"Input width ({x.shape[3]}) doesn't match")
            raise LookupError("no way")

    model = Checks(nn.ReLU(), nn.Conv2d(3, 4, 3))
    with pytest.raises(TraceError, match=r"use input_size=\(1, 3, 8, 8\)$"):
        trace(model, (1, 8, 8, 3))
    with pytest.raises(TraceError, match=r"LookupError: no way\.$"):  # it does not speak of sizes
        trace(model, (1, 9, 9, 8))


def test_colours_and_further_lines_of_somebody_elses_error_are_left_out():
    class Shouts(nn.Module):
        def forward(self, x):
            raise RuntimeError("\x1b[1m\x1b[31mno way\x1b[0m\n" + 20 * f"{x}\n")

    with pytest.raises(TraceError) as error:
        trace(Shouts(), (2, 3))
    assert str(error.value) == "the model (Shouts) got (2, 3) and raised RuntimeError: no way."


class Hides(nn.Module):
    """Layers in a plain list, under the name of a method; and one in an object."""

    def __init__(self):
        super().__init__()
        self.modules = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)]
        self.children = self.parameters = self.state_dict = self.named_modules = None
        self.head = nn.ReLU()
        self.scales = {"a": (nn.Parameter(torch.ones(1)), self.head)}
        self.box = Features(nn.Linear(6, 1), [])

    def forward(self, x):
        for layer in self.modules:
            x = layer(x)
        return self.box.first(self.head(x) * self.scales["a"][0])


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_layers_in_a_plain_list_stay_as_they_were_and_a_note_teaches(device):
    model = Hides()
    norm = model.modules[1]
    found = trace(model, (2, 3, 8, 8), device=device)
    assert (found.total_macs, found.total_params) == (7776 + 2 * 4 * 6 * 6, 0)
    assert found.unregistered == ("modules[0] (Conv2d)", "modules[1] (BatchNorm2d)", "scales['a'][0] (Parameter)",
                                  "box.first (Linear)")
    assert norm.training
    assert (norm.num_batches_tracked, norm.running_mean.sum()) == (0, 0)
    assert not norm.weight.is_meta
    assert ("not registered, since it stands in a plain list, dict or object: modules[0] (Conv2d), modules[1] (BatchNorm2d), "
            "scales['a'][0] (Parameter) and box.first (Linear). Such parameters are not the model's: no optimiser trains "
            "them, no state_dict saves them, and they are not among the parameters here. Use nn.ModuleList, nn.ModuleDict or "
            "nn.ParameterList.") in found.notes


def test_a_layer_that_is_registered_too_is_not_noted():
    model = nn.Sequential(nn.Linear(4, 2))
    model.again = [model[0], {"weight": model[0].weight}, nn.ReLU()]
    assert trace(model, (1, 4)).unregistered == ()
