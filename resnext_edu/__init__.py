"""resnext_edu: the ResNeXt block in three forms, and the proof that they are one function.

A name is imported when it is first asked for (PEP 562), so that `import resnext_edu.cost` loads no torch.
"""
from importlib import import_module

_ROOMS = {
    "blocks": ("ConcatBottleneck", "GroupedBottleneck", "SplitSumBottleneck"),
    "config": ("ResNeXtConfig",),
    "convert": ("convert_state_dict",),
    "cost": ("analytic_cost", "matched_width"),
    "equivalence": ("EquivalenceReport", "prove_equivalent", "randomise_batchnorm"),
    "network": ("ResNeXt", "resnet50", "resnet101", "resnext29", "resnext50_32x4d", "resnext101_32x4d",
                "resnext101_32x8d", "resnext101_64x4d", "resnext_mini"),
    "counts.trace": ("Trace",),
    "tracing": ("trace",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        from resnext_edu.errors import nearest_name

        raise AttributeError(nearest_name("name in resnext_edu", name, __all__))
    value = getattr(import_module(f"resnext_edu.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
