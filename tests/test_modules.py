"""A model's own modules, parameters and buffers are found as torch finds them, also where a model hides torch's methods."""
import pytest
import torch
import torchvision
from torch import nn

from resnext_edu.modules import children, named_buffers, named_modules, named_parameters, set_training, unregistered
from tests.helpers import block


def tied():
    net = nn.Sequential(nn.Embedding(5, 4), nn.Sequential(nn.Linear(4, 5, bias=False), nn.BatchNorm1d(5)))
    net[1][0].weight = net[0].weight
    net.append(net[1])
    net.register_module("none", None)
    net.register_buffer("empty", None)
    return net


MODELS = {"a block": lambda: block("split_sum"), "shared": tied, "a recurrent layer": lambda: nn.LSTM(3, 4),
          "mobilenet": lambda: torchvision.models.mobilenet_v3_small(), "one layer": lambda: nn.ReLU(),
          "TorchScript": lambda: torch.jit.script(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODELS)
def test_what_torch_finds_is_found_in_the_same_order(name):
    model = MODELS[name]()
    assert [path for path, _ in named_modules(model)] == [path for path, _ in model.named_modules()]
    assert [path for path, _ in named_parameters(model)] == [path for path, _ in model.named_parameters()]
    assert [path for path, _ in named_buffers(model)] == [path for path, _ in model.named_buffers()]
    assert len(children(model)) == len(list(model.children())) + (name == "shared")  # one child has two names
    if name != "TorchScript":  # its tensors are made anew whenever one asks
        assert all(a is b for (_, a), (_, b) in zip(named_parameters(model), model.named_parameters(), strict=True))


class KeepsItsNorm(nn.Sequential):
    def train(self, mode=True):
        super().train(mode)
        self[0].eval()
        return self


def test_a_train_of_ones_own_decides_for_itself():
    model = nn.Sequential(KeepsItsNorm(nn.BatchNorm1d(2), nn.Dropout()), nn.Dropout())
    model.children = model.train = None
    set_training(model, True)
    assert [m.training for _, m in named_modules(model)] == [True, True, False, True, True]
    set_training(model, False)
    assert not any(m.training for _, m in named_modules(model))


def test_what_stands_in_a_list_a_dict_or_an_object_is_not_registered():
    class Box:
        pass

    class Hook:
        def __init__(self):
            self.layer = nn.Linear(2, 2)

        def __call__(self, *_): ...

    model = nn.Sequential(nn.Linear(2, 2))
    model.box, model.layers = Box(), {"a": (nn.Linear(2, 1), nn.ReLU())}
    model.box.inner, model.box.weight, model.box.again = [nn.Conv1d(1, 1, 1)], nn.Parameter(torch.ones(1)), model[0]
    model.box.me, model.function, model.number = model.box, lambda: model, 3
    model.plain, model.maker = torch.ones(1), nn.Linear
    model[0].register_forward_hook(lambda *_: model.layers)
    model[0].register_forward_hook(Hook())
    assert list(unregistered(model)) == ["box.inner[0]", "box.weight", "layers['a'][0]"]
