"""A block in another form: the same function, and all that goes along or is refused."""
import itertools

import pytest
import torch
from helpers import block, same_state, state
from torch import nn

from resnext_edu.blocks import FORMS, build
from resnext_edu.config import FORM_NAMES, BlockSpec
from resnext_edu.convert import in_form
from resnext_edu.equivalence import prove_equivalent
from resnext_edu.errors import ConfigError, ConversionError
from resnext_edu.sabotage import SABOTAGES, break_block

PAIRS = list(itertools.product(FORMS, FORMS))
SPEC = BlockSpec(8, 12, cardinality=3, width_per_group=2, stride=2)


def test_the_forms_have_one_list_of_names():
    assert tuple(FORMS) == FORM_NAMES
    assert tuple(build(SPEC, form).form for form in FORM_NAMES) == FORM_NAMES


@pytest.mark.parametrize("form", FORMS)
def test_build_makes_the_block_of_a_spec_and_the_block_knows_its_spec(form):
    built = build(SPEC, form)
    assert type(built) is FORMS[form]
    assert built.spec == SPEC
    assert built(torch.zeros(2, 8, 5, 5)).shape == (2, 12, 3, 3)


@pytest.mark.parametrize("form", FORMS)
def test_build_draws_what_the_class_draws(form):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        left = build(SPEC, form)
        torch.manual_seed(3)
        right = FORMS[form](8, 12, cardinality=3, width_per_group=2, stride=2)
    assert same_state(state(left), state(right))


@pytest.mark.parametrize("form", FORMS)
def test_a_seed_decides_the_weights_and_leaves_torchs_stream_alone(form):
    stream = torch.random.get_rng_state()
    once, again, other = (build(SPEC, form, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), stream)
    assert same_state(state(once), state(again))
    assert not same_state(state(once), state(other))
    build(SPEC, form)
    assert not torch.equal(torch.random.get_rng_state(), stream)


def test_build_needs_a_spec_and_a_known_form():
    with pytest.raises(ConfigError) as error:
        build(SPEC, "group")
    assert str(error.value) == "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"
    with pytest.raises(ConfigError) as error:
        build(256)
    assert str(error.value) == ("expected a BlockSpec, got 256; try BlockSpec(256, 256, cardinality=32, "
                                "width_per_group=4)")


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_there_and_back_is_the_same_block(source, target):
    given = block(source, (8, 12), cardinality=3, width_per_group=2, stride=2)
    given(torch.randn(2, 8, 5, 5))  # so that no counter is fresh
    before, stream = state(given), torch.random.get_rng_state()
    twin = in_form(given, target)
    assert type(twin) is FORMS[target]
    assert twin.spec == given.spec
    assert same_state(state(in_form(twin, source)), before)
    assert same_state(state(given), before)
    assert torch.equal(torch.random.get_rng_state(), stream)
    assert not {p.data_ptr() for p in given.parameters()} & {p.data_ptr() for p in twin.parameters()}
    x = torch.randn(2, 8, 5, 5, dtype=torch.float64)
    assert torch.allclose(twin.double().eval()(x), given.double().eval()(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_dtype_device_mode_and_what_is_frozen_go_along(source, target):
    given = block(source, (8, 12), stride=2).half().to("meta").eval()
    for name, parameter in given.named_parameters():
        parameter.requires_grad_("conv2" not in name and not name.startswith("downsample.1"))
    twin = in_form(given, target)
    assert {(p.dtype, p.device.type) for p in twin.parameters()} == {(torch.half, "meta")}
    assert not any(module.training for module in twin.modules())
    frozen = {name.split(".")[-2] if "paths" in name else name.rpartition(".")[0]
              for name, parameter in twin.named_parameters() if not parameter.requires_grad}
    assert frozen == {"conv2", "downsample.1"}


def test_one_batchnorm_in_eval_mode_stays_the_only_one():
    given = block("grouped")
    given.bn2.eval()
    twin = in_form(given, "concat")
    assert {name for name, module in twin.named_modules() if not module.training} == {
        f"paths.{i}.bn2" for i in range(4)}


def test_of_parameters_that_become_one_all_have_to_be_frozen():
    given = block("split_sum")
    given.paths[0].conv1.requires_grad_(False)
    given.paths.requires_grad_(False)
    assert not in_form(given, "grouped").conv1.weight.requires_grad
    given.paths[2].conv1.requires_grad_(True)
    assert in_form(given, "grouped").conv1.weight.requires_grad
    assert not in_form(given, "grouped").conv2.weight.requires_grad


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_one_frozen_parameter_of_a_batchnorm_stays_the_only_one(source, target):
    given = block(source)
    for name, parameter in given.named_parameters():
        parameter.requires_grad_(not name.endswith("bn1.weight"))
    frozen = {name for name, parameter in in_form(given, target).named_parameters() if not parameter.requires_grad}
    assert frozen == {name for name, _ in block(target).named_parameters() if name.endswith("bn1.weight")}


@pytest.mark.parametrize(("path", "kind"), [("", "register_forward_hook"), ("bn2", "register_forward_pre_hook")])
def test_a_hook_may_change_what_a_block_computes_so_it_is_refused(path, kind):
    given = block("grouped")
    handle = getattr(given.get_submodule(path), kind)(lambda *_: None)
    with pytest.raises(ConversionError) as error:
        in_form(given, "concat", name="layer1.0")
    assert str(error.value) == (f"{f'layer1.0.{path}'.rstrip('.')} has a forward hook, which may change what it computes; remove it before "
                                "you convert the block, and register it again on the new one")
    handle.remove()
    assert in_form(given, "concat").form == "concat"


def test_paths_in_different_modes_can_not_become_one_layer():
    given = block("split_sum")
    given.paths[1].bn2.eval()
    with pytest.raises(ConversionError) as error:
        in_form(given, "grouped", name="layer1.0")
    assert str(error.value) == ("layer1.0.bn2 is in train mode in some paths and in eval mode in others; one layer has "
                                "one mode, so give all paths the same before you convert")


def test_counters_that_differ_are_named_with_the_place_of_the_block():
    given = block("split_sum")
    given.paths[1].bn2.num_batches_tracked += 7
    with pytest.raises(ConversionError) as error:
        in_form(given, "grouped", name="layer1.0")
    assert str(error.value) == ("layer1.0.paths.*.bn2.num_batches_tracked differs between the paths: [0, 7]; one "
                                "BatchNorm has one counter, so give all paths the same before you convert")


@pytest.mark.parametrize("name", [name for name in SABOTAGES if name not in ("c_and_d_swapped", "w2_transposed")])
def test_a_broken_block_is_refused_as_its_other_forms_are_not_known(name):
    """All but two: exchanged C and d is again a block, and so is one with other numbers in its weights."""
    given = block(SABOTAGES[name].form, stride=2)
    with pytest.raises(ConversionError):
        in_form(break_block(given, name), "concat")


@pytest.mark.parametrize(("change", "message"), [
    (lambda b: setattr(b, "relu", nn.SiLU()),
     "relu is SiLU(); a grouped block has ReLU(inplace=True) there, so convert a block before you exchange its layers"),
    (lambda b: setattr(b.conv2, "stride", (2, 2)),
     "conv2 is Conv2d(12, 12, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), groups=4, bias=False); a grouped block has "
     "Conv2d(12, 12, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), groups=4, bias=False) there, so convert a block "
     "before you exchange its layers"),
    (lambda b: (delattr(b, "conv1"), setattr(b, "relu", nn.SiLU())),  # of two changes the first in the block's order
     "conv1 is None; a grouped block has Conv2d(16, 12, kernel_size=(1, 1), stride=(1, 1), bias=False) there, so convert a "
     "block before you exchange its layers"),
    (lambda b: b.bn2.__setattr__("eps", 0.1), None),
    (lambda b: b.add_module("dropout", nn.Dropout()),
     "dropout is Dropout(p=0.5, inplace=False); a grouped block has None there, so convert a block before you exchange its "
     "layers"),
    (lambda b: setattr(b, "downsample", nn.Identity()),
     "downsample is Identity(); a grouped block has None there, so convert a block before you exchange its layers"),
    (lambda b: setattr(b, "relu", nn.Sequential(nn.ReLU(), nn.ReLU())),  # its repr has four lines
     "relu is a Sequential; a grouped block has ReLU(inplace=True) there, so convert a block before you exchange its "
     "layers"),
    (lambda b: setattr(b, "forward", lambda x: x),
     "the forward of the block was replaced on this very object; convert the block before you change it"),
    (lambda b: setattr(b.conv1, "forward", lambda x: x),
     "the forward of conv1 was replaced on this very object; convert the block before you change it"),
    (lambda b: b.conv3.register_parameter("bias", nn.Parameter(torch.zeros(16))),
     "conv3.bias (16,) has no counterpart in another form (1 such entry); a grouped block of cardinality 4 has only: "
     "conv1, bn1, conv2, bn2, conv3, bn3, downsample.0, downsample.1"),
    (lambda b: nn.init.constant_(b.conv1.weight[0, 0], float("nan")),
     "conv1.weight holds 1 NaN; load weights that are numbers"),
])
def test_a_block_that_was_changed_is_refused_and_the_place_is_named(change, message):
    given = block("grouped")
    with torch.no_grad():
        change(given)
    with pytest.raises(ConversionError) as error:
        in_form(given, "split_sum")
    assert str(error.value) == message if message else str(error.value).startswith("bn2 is BatchNorm2d(12, eps=0.1,")


class Other(FORMS["grouped"]):
    pass


@pytest.mark.parametrize(("given", "name"), [(nn.ReLU(), "ReLU"), (None, "NoneType"),
                                             (Other(8, 8, cardinality=2, width_per_group=2), "Other")])
def test_only_the_three_forms_have_other_forms(given, name):
    with pytest.raises(ConversionError) as error:
        in_form(given, "concat")
    assert str(error.value) == (f"the block is a {name}, expected one of SplitSumBottleneck, ConcatBottleneck, "
                                "GroupedBottleneck: a class of your own has no other forms, so convert a block before you "
                                "change it")


def test_an_unknown_form_is_named_first():
    with pytest.raises(ConfigError, match="unknown form 'dense'"):
        in_form(nn.ReLU(), "dense")


@pytest.mark.parametrize("name", ["modules", "children", "named_modules", "parameters", "state_dict", "train", "eval"])
def test_a_block_that_hides_a_method_of_torch_is_converted(name):
    hides = block()
    vars(hides)[name] = [nn.ReLU()]
    other = in_form(hides, "concat")
    assert prove_equivalent(hides, other, input_size=(2, 16, 6, 6)).passed
