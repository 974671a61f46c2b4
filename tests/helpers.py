"""What several tests build: the same block in two forms."""
import torch
from torch import nn

from resnext_edu import randomise_batchnorm
from resnext_edu.blocks import build
from resnext_edu.config import BlockSpec
from resnext_edu.convert import in_form


def block(form: str = "grouped", channels=(16, 16), *, cardinality=4, width_per_group=3, stride=1, seed=0, fresh=False):
    """A block with seeded weights; torch's global random state stays as it was."""
    built = build(BlockSpec(*channels, cardinality, width_per_group, stride), form, seed=seed)
    return built if fresh else randomise_batchnorm(built, seed)


def pair(left: str = "split_sum", right: str = "grouped", *args, **kwargs):
    """One function in two forms."""
    a = block(left, *args, **kwargs)
    return a, in_form(a, right)


def state(module: nn.Module) -> dict:
    """All that a proof must not change, except the global random state."""
    return {
        "numbers": {k: v.clone() for k, v in module.state_dict().items()},
        "grads": {k: None if p.grad is None else p.grad.clone() for k, p in module.named_parameters()},
        "modes": [m.training for m in module.modules()],
        "trained": [p.requires_grad for p in module.parameters()],
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in module.modules()],
    }


def same_state(before: dict, after: dict) -> bool:
    def same(a, b):
        if isinstance(a, torch.Tensor):
            return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)
        if isinstance(a, dict):
            return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
        return a == b

    return same(before, after)
