"""Blocks that somebody else wrote, right and wrong, in many styles: the right ones pass, no wrong one does."""
import pytest
import torch
from helpers import block, pair, same_state, state
from torch import nn
from torch.nn import functional as F
from torch.optim.sgd import sgd

from resnext_edu import in_form, prove_equivalent
from resnext_edu.equivalence.arrangement import Arrangement, moved_copy, places_after_move, shapes_to_move
from resnext_edu.equivalence.observer import Observer
from resnext_edu.equivalence.polynomial import Polynomial
from resnext_edu.equivalence.whole_numbers import WholeNumbers
from resnext_edu.errors import EquivalenceError

C, D = 4, 3  # cardinality and width per group of every block here
SIZE = (2, 16, 6, 6)


class Theirs(nn.Module):
    """A grouped block's weights, with a 3×3, a ReLU, a shortcut and an ending of somebody's own."""

    def __init__(self, source, conv2=None, relu=F.relu, shortcut=lambda x: x, end=lambda module, y: y):
        super().__init__()
        self.reduce, self.norm1, self.norm2, self.norm3 = source.conv1, source.bn1, source.bn2, source.bn3
        self.kernel, self.expand = source.conv2.weight, source.conv3
        self.grouped = conv2 or (lambda x, w: F.conv2d(x, w, padding=1, groups=C))
        self.act, self.shortcut, self.end = relu, shortcut, end

    def forward(self, x):
        out = self.act(self.norm1(self.reduce(x)))
        out = self.act(self.norm2(self.grouped(out, self.kernel)))
        return self.end(self, F.relu(self.norm3(self.expand(out)) + self.shortcut(x)))


def against_theirs(**parts):
    a = block("split_sum")
    return prove_equivalent(a, Theirs(in_form(a, "grouped"), **parts), input_size=SIZE)


# ---------------------------------------------------------------------- right, in many styles


def unfolded(x, w):
    columns = F.unfold(x, 3, padding=1).view(len(x), C, D * 9, -1)
    return torch.einsum("gok,ngkl->ngol", w.view(C, D, D * 9), columns).reshape(x.shape)


def shifted(x, w):
    (N, _, H, W), w = x.shape, w.view(C, D, D, 3, 3)
    padded = F.pad(x, (1, 1, 1, 1)).view(N, C, D, H + 2, W + 2)
    taps = [torch.einsum("gok,ngkhw->ngohw", w[..., i, j], padded[..., i:i + H, j:j + W])
            for i in range(3) for j in range(3)]
    return torch.stack(taps).sum(0).reshape(x.shape)


def looped(x, w):
    return torch.cat([F.conv2d(*part, padding=1) for part in zip(x.chunk(C, 1), w.chunk(C), strict=True)], 1)


def written_into(x, w):
    out = torch.zeros_like(x)
    for i in range(0, C * D, D):
        out[:, i:i + D] = F.conv2d(x[:, i:i + D], w[i:i + D], padding=1)
    return out


def dense(x, w):
    whole, rows = w.new_zeros(C * D, C * D, 3, 3), torch.arange(C * D)
    whole[rows[:, None], (rows // D * D)[:, None] + torch.arange(D)] = w
    return F.conv2d(x, whole, padding=1)


def vectorised(x, w):
    one = torch.func.vmap(lambda xi, wi: F.conv2d(xi, wi, padding=1), in_dims=(1, 0), out_dims=1)
    return one(x.unflatten(1, (C, D)), w.unflatten(0, (C, D))).flatten(1, 2)


def zeroed_where_negative(x):
    x = x.clone()
    x[x < 0] = 0
    return x


@pytest.mark.parametrize(("conv2", "relu"), [
    (unfolded, lambda x: x * (x > 0)),
    (shifted, lambda x: torch.where(x > 0, x, 0.)),
    (looped, lambda x: x.masked_fill(x <= 0, 0)),
    (written_into, lambda x: x.clip(0)),
    (dense, lambda x: x.clamp(0, float("inf"))),
    (vectorised, zeroed_where_negative),
    (None, lambda x: (x + x.abs()) / 2),
    (None, lambda x: F.threshold(x, 0, 0)),
])
def test_a_right_block_passes_in_any_style_with_its_bound(conv2, relu):
    report = against_theirs(conv2=conv2, relu=relu)
    assert {f.status for f in report.findings} == {"PASS"}, str(report)
    assert "polynomials, of degree 4" in report["exact"].detail


@pytest.mark.parametrize(("relu", "name"), [
    (lambda x: torch.maximum(x, torch.zeros_like(x)), "maximum"),
    (lambda x: F.max_pool2d(F.relu(x), 3, 1, 1), "max_pool2d_with_indices"),
])
def test_what_is_no_polynomial_has_no_bound(relu, name):
    c = block("grouped")
    report = prove_equivalent(Theirs(c, relu=relu), Theirs(in_form(c, "grouped"), relu=relu), input_size=SIZE)
    assert report["exact"].status == "PASS"
    assert f"no bound on luck is known: even on positive numbers left picks some numbers and drops others (`{name}`)" \
        in report["exact"].detail
    assert "polynomials" not in report["exact"].detail


def test_a_difference_of_two_convolutions_is_a_polynomial_whose_degree_is_found():
    """With equal weights everywhere it would be 0 - 0: a degree can't be read off that."""
    class Difference(nn.Module):
        def __init__(self):
            super().__init__()
            self.plus, self.minus = nn.Conv2d(2, 3, 1, bias=False), nn.Conv2d(2, 3, 1, bias=False)

        def forward(self, x):
            return (self.plus(x) - self.minus(x)) * x[:, :1]

    class Stacked(nn.Module):
        def __init__(self, source):
            super().__init__()
            self.both = nn.Conv2d(4, 3, 1, bias=False)
            self.both.weight = nn.Parameter(torch.cat([source.plus.weight, source.minus.weight], 1).detach())

        def forward(self, x):
            return self.both(torch.cat([x, -x], 1)) * x[:, :1]

    left = Difference()
    report = prove_equivalent(left, Stacked(left), input_size=(2, 2, 4, 4))
    assert report["exact"].status == "PASS"
    assert "polynomials, of degree 3" in report["exact"].detail


def test_a_cut_at_the_end_does_not_hide_how_fast_the_numbers_inside_grow():
    """Else |S| would have to be searched for, one run of the module each."""
    c = block("grouped").double()
    plain, cut = (Polynomial(m, SIZE) for m in (Theirs(c), Theirs(c, end=lambda _, y: F.relu6(y))))
    assert (cut.degree, cut.size) == (plain.degree, plain.size) == (4, 1148)


def test_a_buffer_of_whole_numbers_may_hold_an_order():
    a = block("split_sum")
    theirs = Theirs(in_form(a, "grouped"), end=lambda self, y: y[:, self.order])
    theirs.register_buffer("order", torch.arange(16))
    assert prove_equivalent(a, theirs, input_size=SIZE)["exact"].status == "PASS"
    theirs.order = torch.arange(15, -1, -1)
    assert prove_equivalent(a, theirs, input_size=SIZE)["exact"].status == "FAIL"


def test_frozen_batchnorm_statistics_are_no_reason_to_doubt():
    a, c = pair()
    for bn in (m for m in (*a.modules(), *c.modules()) if isinstance(m, nn.BatchNorm2d)):
        bn.momentum = 0.0
    report = prove_equivalent(a, c, input_size=SIZE)
    assert report.passed
    assert report["buffers"].status == "SKIPPED"
    assert report["buffers"].detail == "no batch changes them: BatchNorm's running statistics are frozen"
    for bn in (m for m in c.modules() if isinstance(m, nn.BatchNorm2d)):
        bn.momentum = 0.1
    report = prove_equivalent(a, c, input_size=SIZE)
    assert report["buffers"].status == "FAIL"
    assert report["buffers"].detail.endswith("on the left alone, no batch changes them: BatchNorm's running statistics "
                                             "are frozen")


def test_where_rounding_is_blown_up_nothing_is_held_against_equal_modules():
    """A sum over all outputs is about 1000, and its square has steep slopes: SGD runs away."""
    def total(self, y):
        return y.sum()

    a = block("grouped")
    report = prove_equivalent(Theirs(a, end=total), Theirs(in_form(a, "grouped"), conv2=dense, end=total), input_size=SIZE)
    assert report.passed, str(report)
    assert report["training"].status == "SKIPPED"
    assert "rounding errors grow too large here" in report["training"].detail


def test_dice_that_fall_in_eval_mode_too_fall_alike_on_both_sides():
    a, c = pair()
    left, right = (Theirs(m, end=lambda _, y: F.dropout(y, 0.5)) for m in (in_form(a, "grouped"), c))
    assert prove_equivalent(left, right, input_size=SIZE).passed


@pytest.mark.parametrize("size", [(7,), (3, 7)])
def test_the_first_number_of_an_input_size_need_not_be_a_batch(size):
    left, right = nn.Linear(7, 5), nn.Linear(7, 5)
    right.load_state_dict(left.state_dict())
    assert prove_equivalent(left, right, input_size=size)["exact"].status == "PASS"


@pytest.mark.filterwarnings("ignore")  # torch.jit is no longer recommended
def test_a_scripted_module_can_be_asked():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 3, groups=1)

        def forward(self, x):
            return torch.relu(self.conv(x))

    net = Net()
    assert prove_equivalent(net, torch.jit.script(Net().eval()), input_size=(2, 2, 6, 6)).passed is False
    twin = Net()
    twin.load_state_dict(net.state_dict())
    assert prove_equivalent(net, torch.jit.script(twin), input_size=(2, 2, 6, 6)).passed


# ---------------------------------------------------------------------- wrong, in many styles


@pytest.mark.parametrize("relu", [F.relu6, lambda x: x.clamp(0, 20), lambda x: torch.minimum(F.relu(x), x.new_tensor(9.))])
def test_a_ceiling_that_no_random_input_reaches_is_seen(relu):
    """Random inputs are small, and in train mode BatchNorm makes any input small: whole numbers are large."""
    report = against_theirs(relu=relu)
    assert report["output (train)"].status == "PASS"
    assert report["exact"].status == "FAIL"
    assert "outputs differ in draw 1 (positive numbers)" in report["exact"].detail


def test_a_ceiling_is_seen_without_whole_numbers_too():
    """A BatchNorm folded into its convolution leaves other weights, so that `exact` is skipped."""
    a = block("grouped").double().eval()
    folded = Theirs(in_form(a, "grouped"))
    folded.expand, folded.norm3 = torch.nn.utils.fuse_conv_bn_eval(folded.expand, folded.norm3), nn.Identity()
    for relu, status in ((F.relu, "PASS"), (lambda x: x.clamp(0, 20), "FAIL")):
        folded.act = relu
        report = prove_equivalent(a, folded, input_size=SIZE)
        assert report["exact"].status == "SKIPPED"
        assert report["output (eval)"].status == status


def test_another_precision_is_noted():
    def half(self, y):
        return y.bfloat16().to(y) if y.dtype == torch.float32 else y

    report = against_theirs(end=half)
    assert report.passed
    assert report.notes[-1].startswith("In float32 their outputs differ by more than rounding explains.")
    assert against_theirs().notes == ()


@pytest.mark.parametrize("relu", [
    lambda x: F.threshold(x, 0.1, 0.), lambda x: F.relu(x) * (x > 0.1), lambda x: F.hardshrink(F.relu(x), 0.1),
    lambda x: F.relu(x).long().to(x),
])
def test_whole_numbers_do_not_vouch_for_what_happens_between_them(relu):
    report = against_theirs(relu=relu)
    assert report["exact"].status == "SKIPPED"
    assert "for which whole numbers prove nothing" in report["exact"].detail
    assert not report.passed


@pytest.mark.parametrize(("parts", "failing"), [
    ({"relu": lambda x: x}, "exact"),
    ({"relu": torch.abs}, "exact"),
    ({"conv2": lambda x, w: F.conv2d(x, w, padding=2, dilation=2, groups=C)}, "exact"),
    ({"conv2": lambda x, w: F.conv2d(F.pad(x, [1] * 4, mode="replicate"), w, groups=C)}, "exact"),
    ({"conv2": lambda x, w: F.channel_shuffle(F.conv2d(x, w, padding=1, groups=C), C)}, "exact"),
    ({"conv2": lambda x, w: F.conv2d(x, w.flip(-1), padding=1, groups=C)}, "exact"),
    ({"shortcut": lambda x: 0}, "exact"),
    ({"shortcut": F.relu}, "exact"),
    ({"shortcut": lambda x: x.detach()}, "input gradient"),
    ({"conv2": lambda x, w: F.conv2d(x.detach(), w, padding=1, groups=C)}, "parameter gradients"),
    ({"end": lambda self, y: y + (y.abs() > 100).any()}, "exact"),
    ({"end": lambda self, y: y * 2 if self.training else y}, "output (train)"),
    ({"end": lambda self, y: y[:1] if self.training else y}, "output (train)"),
])
def test_a_wrong_block_fails(parts, failing):
    report = against_theirs(**parts)
    assert report[failing].status == "FAIL", str(report)
    assert not report.passed


@pytest.mark.parametrize("spoil", [
    lambda bn: setattr(bn, "eps", 1.001e-5), lambda bn: setattr(bn, "momentum", 0.01),
    lambda bn: setattr(bn, "momentum", None),
])
def test_a_batchnorm_with_another_setting_fails(spoil):
    a, c = pair()
    spoil(c.bn2)
    assert not prove_equivalent(a, c, input_size=SIZE).passed


def test_another_shape_in_train_mode_is_named():
    report = against_theirs(end=lambda self, y: y[:, :5] if self.training else y)
    assert report["output (train)"].detail.endswith("left gives (2, 16, 6, 6), right (2, 5, 6, 6)")
    report = against_theirs(end=lambda self, y: (y, y) if self.training else y)
    assert report["output (train)"].status == "ERROR"
    assert report["output (train)"].detail == "right raised TypeError: expected one tensor, got a tuple"


def test_nan_is_what_is_reported():
    def spoiled(self, y):
        return torch.where(y > 3, y * float("nan"), y)

    a = block("grouped")
    report = prove_equivalent(Theirs(a, end=spoiled), Theirs(in_form(a, "grouped"), end=spoiled), input_size=SIZE)
    assert report["exact"].detail == "left can't be run in whole numbers: `mul` gives numbers that are not whole, such as nan"
    assert not report.passed


# ---------------------------------------------------------------------- what can't be asked


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_copy_that_runs_the_original_is_refused_and_the_original_stays_as_it_was(dtype):
    a, c = (m.to(dtype) for m in pair())
    forward = c.forward
    c.forward = lambda x: 2 * forward(x)  # belongs to c, also in a copy of c
    before = state(c)
    with pytest.raises(EquivalenceError, match=r"^a copy runs right itself, .*; write that function into a class$"):
        prove_equivalent(a, c, input_size=SIZE)
    assert same_state(before, state(c))


def test_a_copy_that_runs_the_other_side_is_refused():
    a, c = (m.double() for m in pair())
    before = state(a)
    with pytest.raises(EquivalenceError, match=r"^a copy runs left itself, "):
        prove_equivalent(a, Theirs(c, end=lambda _, y: (y + a(y)) / 2), input_size=SIZE)
    assert same_state(before, state(a))


@pytest.mark.parametrize(("make", "message"), [
    (lambda: nn.LazyConv2d(16, 1), "left.weight has no shape yet; run the module on an input once"),
    (lambda: Theirs(block("grouped"), end=lambda self, y: y[:, :0]),
     "left returns an empty tensor of shape (2, 0, 6, 6); use a larger input_size"),
])
def test_modules_without_an_answer(make, message):
    with pytest.raises(EquivalenceError) as error:
        prove_equivalent(make(), make(), input_size=SIZE)
    assert str(error.value) == message


# ---------------------------------------------------------------------- how it is done


@pytest.mark.parametrize(("operation", "exact", "not_whole", "unknown", "picks"), [
    (lambda x: x @ x.new_tensor([[2. ** 52], [-2. ** 52]]), False, "", "", ""),  # 2⁵² − 2⁵³
    (lambda x: x @ x.new_tensor([[2. ** 50], [-2. ** 50]]), True, "", "", ""),
    (lambda x: x @ x.new_tensor([[2. ** 51], [2. ** 51]]), True, "", "", ""),  # 3 · 2⁵¹
    (lambda x: x.clamp(0, 5), True, "", "clamp", ""),
    (lambda x: x.clamp(min=0).clamp(max=float("inf")), True, "", "", ""),
    (lambda x: x.clamp(float("-inf"), 0).clamp(None, 0), True, "", "", ""),
    (lambda x: torch.maximum(x, 2 * x).amax(1), True, "", "", "maximum"),
    (lambda x: (x.erf() + 1).cos(), True, "`erf` gives numbers that are not whole, such as 0.842701", "erf", ""),
    (lambda x: torch.stack([x, -x]).relu(), True, "", "", "relu"),
    (lambda x: (x[:, :0], x + 0.00001), True, "`add` gives numbers that are not whole, such as 1.00001", "", ""),
    (lambda x: x.half() * 1024, False, "", "", ""),  # half precision may round from 2048 on
    (lambda x: x - 2 * x, True, "", "", ""),
    (lambda x: x.relu_(), True, "", "", ""),
    (lambda x: x.neg_().relu_(), True, "", "", "relu"),
    (lambda x: x.exp(), True, "`exp` gives numbers that are not whole, such as 2.71828", "exp", ""),
])
def test_what_is_seen_of_an_operation(operation, exact, not_whole, unknown, picks):
    x = torch.tensor([[1., 2.]], dtype=torch.float64)
    with WholeNumbers() as seen:
        operation(x)
    assert (seen.largest < 1, seen.not_whole, seen.unknown, seen.picks) == (exact, not_whole, unknown, picks)


def test_the_order_of_a_moved_copy_is_what_sorting_it_gives():
    """Else a control would differ for no other reason than a wrong order."""
    module = block("grouped")
    parameters = list(module.parameters())
    for shape in shapes_to_move(module):
        copied = list(moved_copy(module, shape).parameters())
        after = [torch.randn(p.shape, dtype=torch.float64) for p in copied]
        derived = Arrangement(parameters).moved(places_after_move(parameters, shape))
        assert not torch.equal(derived.order, Arrangement(parameters).order)
        assert torch.equal(derived.sort(copied), Arrangement(copied).values)
        assert torch.equal(derived.sort(after), Arrangement(copied).sort(after))


def test_the_training_is_torchs_sgd():
    """By the function behind `torch.optim.SGD`, which itself would load torch's compiler."""
    module, twin, x = block("grouped").double(), block("grouped").double(), torch.randn(SIZE, dtype=torch.float64)
    observer = Observer(module, module, fewest_values=72, sgd_steps=3, seed=5)
    ours = list(observer._train(module, x, 3))[-1]
    target = torch.randn(SIZE, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    theirs = list(twin.parameters())
    momentum = [None] * len(theirs)
    for _ in range(3):
        gradients = list(torch.autograd.grad(F.mse_loss(twin(x), target), theirs))
        with torch.no_grad():
            sgd(theirs, gradients, momentum, foreach=False, lr=0.01, momentum=0.9, weight_decay=1e-4, dampening=0,
                nesterov=False, maximize=False)
    assert all(torch.allclose(p, q, rtol=1e-14, atol=1e-15) for p, q in zip(ours, theirs, strict=True))
