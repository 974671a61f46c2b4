"""A proof of modules that take several tensors, a dict, keyword arguments, or whole numbers."""
import json

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnext_edu import prove_equivalent
from resnext_edu.errors import ConfigError, EquivalenceError

NAMES = ("exact", "output (eval)", "output (train)", "input gradient", "parameter gradients", "training")


class Apart(nn.Module):
    """Two linear layers, one for each input, and the sum of both."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 6, bias=False), nn.Linear(4, 6, bias=False)

    def weights(self):
        return self.a.weight, self.b.weight

    def forward(self, x, y=None, mask=None):
        x, y = (x["x"], x["y"]) if isinstance(x, dict) else x if isinstance(x, list) else (x, y)
        a, b = self.weights()
        out = F.relu(F.linear(x, a) + F.linear(y, b))
        return out if mask is None else out * mask


class Together(Apart):
    """The same function of one large matrix, which may take the inputs in the wrong order."""

    def __init__(self, other, wrong=False):
        super().__init__()
        del self.a, self.b
        self.both, self.wrong = nn.Parameter(torch.cat(other.weights(), 1).detach()), wrong

    def weights(self):
        return self.both.chunk(2, 1)[::-1] if self.wrong else self.both.chunk(2, 1)


class LooksUp(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.last = nn.Embedding(10, 4), nn.Linear(4, 3, bias=False)

    def forward(self, ids):
        return self.last(self.table(ids))


class Multiplies(LooksUp):
    def forward(self, ids):
        return F.one_hot(ids, 10).to(self.table.weight.dtype) @ self.table.weight @ self.last.weight.T


def x():
    return torch.rand(3, 4)


MASK = torch.tensor([True, False, True, True, True, False])
CALLS = {
    "shapes": ({"input_size": [(3, 4), (3, 4)]}, "input_size=[(3, 4), (3, 4)]", 24),
    "a tuple": ({"inputs": (x(), x())}, "inputs=(float32 3×4, float32 3×4)", 24),
    "a list": ({"inputs": [x(), x()]}, "inputs=(list of float32 3×4 and float32 3×4)", 24),
    "a dict": ({"inputs": {"x": x(), "y": x()}}, "inputs=(dict of float32 3×4 and float32 3×4)", 24),
    "names": ({"kwargs": {"x": x(), "y": x()}}, "kwargs={'x': float32 3×4, 'y': float32 3×4}", 24),
    "both": ({"inputs": (x(), x()), "kwargs": {"mask": MASK}}, "inputs=(float32 3×4, float32 3×4), kwargs={'mask': bool 6}", 24),
    "a shape and a name": ({"input_size": (3, 4), "kwargs": {"y": x(), "mask": None}},
                           "inputs=(3×4), kwargs={'y': float32 3×4, 'mask': None}", 24),
}


@pytest.mark.parametrize("call", CALLS)
def test_the_same_function_passes_and_another_one_fails_however_it_is_called(call):
    asked, words, numbers = CALLS[call]
    apart = Apart()
    report = prove_equivalent(apart, Together(apart), **asked)
    assert {name: report[name].status for name in NAMES} == dict.fromkeys(NAMES, "PASS")
    assert report.input_size == (numbers,)
    assert report.question == f"prove_equivalent(Apart, Together, {words}, seed=0)"
    assert json.loads(json.dumps(report.to_dict()))["batch"] == words
    wrong = prove_equivalent(apart, Together(apart, wrong=True), **asked)
    assert {wrong[name].status for name in NAMES} == {"FAIL"}


def test_whole_numbers_go_in_as_they_are():
    left, right = LooksUp(), Multiplies()
    right.load_state_dict(left.state_dict())
    report = prove_equivalent(left, right, inputs=torch.tensor([[1, 2, 3], [4, 5, 6]]))
    assert report.passed
    assert report["exact"].measured == 0
    assert report["input gradient"].detail == "no input holds floating-point numbers"
    assert report.notes == ("Tensors of whole numbers went in as they are, so nothing is said about other ones.",)
    with torch.no_grad():
        right.table.weight[2] += 1e-6
    assert prove_equivalent(left, right, inputs=torch.tensor([[1, 2, 3]]))["output (eval)"].status == "FAIL"
    assert prove_equivalent(left, right, inputs=torch.tensor([[1, 3, 5]]))["output (eval)"].status == "PASS"


def test_a_module_that_writes_into_whole_numbers_hides_nothing_from_the_next_run():
    class LooksUpOnce(LooksUp):
        def forward(self, ids):
            out = super().forward(ids.clone())
            ids.zero_()
            return out

    left, right = LooksUpOnce(), LooksUpOnce()
    right.load_state_dict(left.state_dict())
    with torch.no_grad():
        right.table.weight[2] += 1e-6
    assert prove_equivalent(left, right, inputs=torch.tensor([[1, 2, 3]]))["output (train)"].status == "FAIL"


def test_your_numbers_are_asked_beside_the_random_ones():
    """A module that is wrong for negative numbers alone is found by them alone."""
    class Wrong(Together):
        def forward(self, x, y):
            return super().forward(x, y) + (x < -100).sum()

    apart = Apart()
    given = (x() - 200, x())
    assert prove_equivalent(apart, Wrong(apart), inputs=given)["output (train)"].status == "FAIL"
    assert "The float findings used your numbers beside the random ones." in prove_equivalent(
        apart, Together(apart), inputs=given).notes


def test_the_inputs_stay_as_they_were_though_a_module_writes_into_them():
    class Writes(Apart):
        def forward(self, kept, ids):
            kept.append(ids)
            ids.zero_()
            return super().forward(*kept[:2])

    class WritesToo(Writes, Together):
        pass

    left, ids = Writes(), torch.arange(3)
    kept = [x(), x()]
    prove_equivalent(left, WritesToo(left), inputs=(kept, ids))
    assert (len(kept), ids.tolist()) == (2, [0, 1, 2])


@pytest.mark.parametrize(("asked", "error", "message"), [
    ({"inputs": x(), "input_size": [(3, 4), (3, 4)]}, ConfigError,
     "input_size has 2 shapes, but inputs is one tensor; give only one of them"),
    ({"kwargs": {"a": 1}}, EquivalenceError, "there is no tensor in kwargs {'a': 1}; a proof needs one to compute with"),
    ({"inputs": (x(), torch.full((3, 4), float("nan")))}, EquivalenceError,
     "12 of 12 numbers in tensor 1 of the inputs are NaN or infinite; leave them out"),
    ({"inputs": [torch.full((3, 4), float("inf"))]}, EquivalenceError,
     "12 of 12 numbers in inputs are NaN or infinite; leave them out"),
    ({"inputs": torch.arange(4), "input_size": (2, 256, 14, 14)}, EquivalenceError,
     "inputs hold torch.int64, expected floating-point numbers; pass inputs.float()"),
    ({"inputs": (x(), x().double())}, EquivalenceError,
     "one dtype and one device are needed: left.a.weight is torch.float32 on cpu; inputs is torch.float64 on cpu; move "
     "them with .to(dtype, device)"),
    ({"inputs": torch.ones(3, 4, device="meta")}, EquivalenceError,
     "inputs is on the meta device and holds no numbers; pass a tensor on the CPU"),
    ({"input_size": 5}, ConfigError, "input_size must be whole numbers, the batch first, such as (1, 3, 224, 224); got 5"),
    ({"kwargs": 5}, ConfigError, "kwargs must be a dict of names and values, such as {'mask': tensor}; got 5"),
    ({"inputs": (x(), x()), "input_size": (3, 4)}, ConfigError,
     "input_size and inputs both say what goes in, (3, 4) and a tuple of length 2; give only one of them"),
    ({"inputs": (x(), torch.rand(2, 4))}, EquivalenceError,
     "left raised on inputs=(float32 3×4, float32 2×4): RuntimeError: The size of tensor a (3) must match the size of tensor b "
     "(2) at non-singleton dimension 0. Are these the arguments that its forward takes?"),
])
def test_what_can_not_be_asked_is_told_in_one_line(asked, error, message):
    apart = Apart()
    with pytest.raises(error) as raised:
        prove_equivalent(apart, Together(apart), **asked)
    assert str(raised.value) == message


@pytest.mark.parametrize("size", [(2**70, 4), (10**6, 10**6, 10**6)])
def test_a_batch_that_is_too_large_is_told_in_one_line(size):
    apart = Apart()
    with pytest.raises(EquivalenceError) as raised:
        prove_equivalent(apart, Together(apart), input_size=size)
    said = str(raised.value)
    assert said.startswith(f"no random batch of input_size {size} can be made (")
    assert said.endswith("); use a smaller one")
    assert "\n" not in said


def test_floats_for_a_table_are_told_to_be_whole():
    with pytest.raises(EquivalenceError) as raised:
        prove_equivalent(LooksUp(), Multiplies(), input_size=(2, 3))
    assert str(raised.value).endswith(
        "It looks something up, which takes whole numbers: pass them as inputs=, a tensor of torch.int64")


GLOBAL = torch.full((6,), 2.0)


@pytest.mark.parametrize("extra", [lambda m, y: y * m.plain[0], lambda m, y: y * GLOBAL, lambda m, y: y + torch.ones(6)],
                         ids=["a plain tensor", "a global one", "one that is made in the forward"])
def test_other_tensors_are_in_float64_too_and_in_float32_afterwards(extra):
    class With(Apart):
        plain = (torch.full((6,), 3.0),)

        def forward(self, x, y):
            return extra(self, super().forward(x, y))

    class WithToo(With, Together):
        pass

    left = With()
    report = prove_equivalent(left, WithToo(left), input_size=[(3, 4), (3, 4)])
    assert report["output (eval)"].status == report["training"].status == "PASS"
    assert {With.plain[0].dtype, GLOBAL.dtype, torch.get_default_dtype()} == {torch.float32}


class Hides(nn.Module):
    """Layers in a plain list, under the name of a method."""

    def __init__(self, width=3):
        super().__init__()
        self.modules = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)]
        self.register_forward_pre_hook = self.parameters = self.buffers = self.children = self.eval = self.train = self.state_dict = self.float = None
        self.last = nn.Conv2d(4, 5, width, bias=False)

    def forward(self, x):
        for layer in self.modules:
            x = layer(x)
        return self.last(x)


def test_layers_in_a_plain_list_are_compared_and_stay_as_they_were_and_a_note_teaches():
    left, right = Hides(), Hides()
    right.last.load_state_dict(left.last.state_dict())
    for mine, theirs in zip(left.modules, right.modules, strict=True):
        theirs.load_state_dict(mine.state_dict())
    report = prove_equivalent(left, right, input_size=(2, 3, 8, 8))
    assert report["output (eval)"].status == report["training"].status == "PASS"
    assert report["exact"].status == "SKIPPED"  # their numbers are no variables
    assert [note for note in report.notes if note.startswith("Not registered")] == [
        f"Not registered, since it stands in a plain list, dict or object: {side}.modules[0] (Conv2d) and {side}.modules[1] "
        "(BatchNorm2d). Such parameters are not the module's: this proof does not draw, compare or train them, and neither "
        "does an optimiser. Use nn.ModuleList, nn.ModuleDict or nn.ParameterList." for side in ("left", "right")]
    assert (left.modules[1].num_batches_tracked, left.modules[0].weight.dtype) == (0, torch.float32)
    with torch.no_grad():
        right.modules[0].weight[0, 0, 0, 0] += 1e-6
    assert prove_equivalent(left, right, input_size=(2, 3, 8, 8))["output (eval)"].status == "FAIL"
