"""resnext_edu: the ResNeXt block in three forms, and the proof that they are one function.

A name is imported when it is first asked for (PEP 562), so that `import resnext_edu.cost` loads no torch. What type
checkers and editors read is the stub beside this file; a test holds the two together.
"""
from importlib import import_module as _import_module
from typing import Any as _Any

_ROOMS = {
    "ablation.change": ("Change",),
    "ablation.effects": ("PathEffects", "Silenced", "path_effects"),
    "ablation.listening": ("path_maps", "path_means"),
    "ablation.silencing": ("without_paths",),
    "adoption": ("Adopted",),
    "blocks": ("FORMS", "ConcatBottleneck", "GroupedBottleneck", "ResNeXtBlock", "SplitSumBottleneck", "build"),
    "checks": ("check_environment",),
    "config": ("BlockSpec", "ResNeXtConfig"),
    "convert": ("convert_state_dict", "in_form"),
    "cost": ("analytic_cost", "block_cost", "matched_width"),
    "counts.comparison": ("Comparison", "Quantity"),
    "counts.rows": ("TraceRow",),
    "counts.trace": ("Trace",),
    "course": ("course_file",),
    "data": ("load_images",),
    "data.images": ("Images", "Preprocessing", "Split"),
    "data.maps": ("block_inputs",),
    "data.own": ("OwnImages", "own_images"),
    "draw.kit.picture": ("Picture",),
    "draw.measured.answers": ("answers_picture",),
    "draw.measured.apart": ("apart_picture",),
    "draw.measured.arms": ("arms_picture",),
    "draw.measured.caught": ("caught_picture",),
    "draw.measured.confusion": ("confusion_picture",),
    "draw.measured.differences": ("differences_picture",),
    "draw.measured.gallery": ("images_picture",),
    "draw.measured.history": ("history_picture",),
    "draw.measured.leads": ("leads_picture",),
    "draw.measured.mistakes": ("mistakes_picture",),
    "draw.measured.path_changes": ("path_changes_picture",),
    "draw.measured.proof": ("proof_picture",),
    "draw.measured.speedup": ("speedup_picture",),
    "draw.measured.timing": ("timing_picture",),
    "draw.network.flow": ("flow_picture",),
    "equivalence": ("EquivalenceReport", "make_identity", "prove_equivalent", "randomise_batchnorm"),
    "errors": ("CheckpointError", "ConfigError", "ConversionError", "DataError", "EquivalenceError",
               "MissingPackageError", "NotEquivalentError", "ResNeXtEduError", "TraceError", "TrainingError",
               "UnknownNameError", "WeightsError"),
    "examination": ("adopt", "examine", "examine_totals"),
    "examination.examined": ("Examination",),
    "exercises": ("check",),
    "exercises.how_far": ("HowFar", "my_progress"),
    "findings": ("Finding",),
    "inference": ("load_classifier",),
    "inference.classifier": ("Classifier", "saved_classifier"),
    "inference.ranking": ("Ranking",),
    "intervals": ("Paired", "difference_of_shares", "paired", "pairs_needed", "power"),
    "network": ("ResNeXt", "resnet50", "resnet101", "resnext29", "resnext50_32x4d", "resnext101_32x4d",
                "resnext101_32x8d", "resnext101_64x4d", "resnext_mini"),
    "preparation": ("Preparation",),
    "sabotage": ("SABOTAGES", "break_block"),
    "sweep.design": ("SWEEPS",),
    "sweep.runs": ("one_run", "read_runs"),
    "table": ("Table",),
    "tracing": ("trace",),
    "training": ("fit",),
    "training.in_folder": ("train_in_folder",),
    "training.history": ("Epoch", "History"),
    "training.recipe": ("RECIPES", "Recipe"),
    "training.scoring": ("Score", "evaluate"),
    "tuning": ("fine_tune",),
    "tuning.tuned": ("FineTuned", "WrongAnswer"),
    "tuning.two_stages": ("FINE_TUNING",),
    "words": ("dims",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> _Any:
    if name not in _HOME:
        from resnext_edu.errors import nearest_name

        raise AttributeError(nearest_name("name in resnext_edu", name, __all__))
    value = getattr(_import_module(f"resnext_edu.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
