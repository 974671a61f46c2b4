"""Whatever a call is given, it works, or one sentence of our own says what is wrong.

Each public callable is tried with bad values for each of its parameters in turn, while the others are good.
"""
import re
from contextlib import chdir
from functools import partial
from math import nan
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from torch import nn

import resnext_edu
from resnext_edu import (
    FINE_TUNING,
    BlockSpec,
    Change,
    Classifier,
    ConcatBottleneck,
    GroupedBottleneck,
    Preparation,
    Preprocessing,
    Recipe,
    ResNeXt,
    ResNeXtConfig,
    Split,
    SplitSumBottleneck,
    Table,
    adopt,
    analytic_cost,
    answers_picture,
    apart_picture,
    arms_picture,
    block_cost,
    block_inputs,
    break_block,
    build,
    caught_picture,
    check,
    confusion_picture,
    convert_state_dict,
    course_file,
    difference_of_shares,
    differences_picture,
    dims,
    evaluate,
    examine,
    examine_totals,
    fine_tune,
    fit,
    flow_picture,
    history_picture,
    images_picture,
    in_form,
    leads_picture,
    load_classifier,
    load_images,
    make_identity,
    matched_width,
    mistakes_picture,
    my_progress,
    own_images,
    paired,
    pairs_needed,
    path_changes_picture,
    path_effects,
    path_maps,
    path_means,
    power,
    proof_picture,
    prove_equivalent,
    randomise_batchnorm,
    read_runs,
    resnext_mini,
    saved_classifier,
    speedup_picture,
    timing_picture,
    trace,
    train_in_folder,
    widgets,
    without_paths,
)
from resnext_edu.cli import main
from resnext_edu.data.images import Images
from resnext_edu.draw.block.bottleneck import bottleneck_picture
from resnext_edu.draw.block.form_walk import form_walk_picture
from resnext_edu.draw.block.forms import forms_picture
from resnext_edu.draw.block.forms_crop import forms_crop_picture, stored_picture
from resnext_edu.draw.block.grouped import grouped_picture
from resnext_edu.draw.block.neuron_to_paths import neuron_to_paths_picture
from resnext_edu.draw.block.sabotaged import sabotaged_picture
from resnext_edu.draw.block.shuffle import shuffle_picture
from resnext_edu.draw.block.side_by_side import side_by_side_picture
from resnext_edu.draw.block.slices import slices_picture
from resnext_edu.draw.block.strided import strided_picture, strides_picture
from resnext_edu.draw.measured.path_activity import Activity, path_activity_picture
from resnext_edu.draw.network.cardinality import cardinality_picture
from resnext_edu.draw.network.stages import stages_picture
from resnext_edu.errors import ConfigError, ResNeXtEduError, check_name, nearest_name, seed_of, shown
from resnext_edu.training.recipe import CROPS
from resnext_edu.widgets import (
    CardinalityExplorer,
    EquivalenceLab,
    FormsExplorer,
    GroupedConvExplorer,
    PathExplorer,
    StageTracer,
    StrideExplorer,
)
from tests.training.small import network, split

LONGEST = 600  # letters, of a message


class Unreadable:
    """What a learner's own class may be like while it is being written."""

    def __repr__(self):
        raise RuntimeError("not yet")


class Poem:
    """Something with colours and two lines."""

    def __repr__(self):
        return "\x1b[31mroses\x1b[0m\nare red"


BAD = {
    "None": None, "a word": "nonsense", "a near miss": "groupd", "-1": -1, "0": 0, "2.5": 2.5, "True": True, "nan": nan,
    "a tensor": torch.rand(50, 50), "a list": [.5] * 10_000, "a module": nn.MultiheadAttention(4, 1), "a class": dict,
    "unreadable": Unreadable(), "a poem": Poem(),
}

SPEC = BlockSpec(8, 8, cardinality=2, width_per_group=3)
MINI = ResNeXtConfig.preset("resnext_mini")
NETWORK = resnext_mini()
BLOCK = build(SPEC, seed=0)
TWIN = in_form(BLOCK, "concat")
COST = analytic_cost(MINI, (1, 1, 28, 28))
SIZES = {"in_channels": 8, "out_channels": 8, "cardinality": 2, "width_per_group": 3, "stride": 1}
RATIO = {"median": 1.0, "low": .9, "high": 1.1}
TIMED = {"threads": 1, "rounds": 60}
TIMING = TIMED | {"input": [1, 256, 56, 56], "cases": {"eval": {"concat / grouped": RATIO, "split_sum / grouped": RATIO}}}
SPEEDUP = TIMED | {"channels": 128, "size": 56, "groups": {"1": RATIO, "2": RATIO}, "blocks": {"1×64d": RATIO}}
EPOCH = {"epoch": 1, "train_loss": .5, "train_accuracy": .5, "validation_loss": .5, "validation_accuracy": .5, "lr": .1}
SAID = {"title": "Less error", "how": "One dot is one run."}
FORMS, CARDINALITY, GROUPED, STRIDE = FormsExplorer(), CardinalityExplorer(), GroupedConvExplorer(), StrideExplorer(4)
STAGES, LAB = StageTracer(), EquivalenceLab()

TWO_CLASSES = TemporaryDirectory()  # a learner's own images, which go when Python ends
for place in ("train/cat", "train/dog", "test/cat", "test/dog"):
    Path(TWO_CLASSES.name, place).mkdir(parents=True)
    Path(TWO_CLASSES.name, place, "1.pgm").write_bytes(b"P5 4 4 255\n" + bytes(16))


def said(live):
    """What was raised in a callback is shown on the page."""
    if live.problem:
        raise ConfigError(live.problem)


def moved(live, **values):
    live.move(**values)
    said(live)


FEW = split()
TRAINING = {"model": network(), "train": FEW, "validation": None, "recipe": Recipe(epochs=1, batch_size=8), "seed": 0, "progress": False}


def kept(checkpoint, save_every):
    """A training with a checkpoint, in a folder of its own."""
    with TemporaryDirectory() as folder, chdir(folder):
        fit(**TRAINING | {"model": network()}, checkpoint=checkpoint, save_every=save_every)


TINY = ResNeXtConfig(layers=(1,), cardinality=2, width_per_group=2, num_classes=4, in_channels=1, stem_type="cifar", stem_width=4, expansion=1)


def in_a_folder(**arguments):
    """A training in a folder of its own, which is gone afterwards."""
    with TemporaryDirectory() as folder, chdir(folder):
        train_in_folder(**arguments)


SMALL = ResNeXt(TINY)
MEANS = path_means(SMALL, FEW)
LOST = (-2.0, -3.0, -1.0)  # a change with its interval
SEEN = Activity("layer1.0", torch.zeros(2, 2, dtype=torch.uint8).numpy(), "a", [.5], [.4], torch.zeros(1, 2, 2, dtype=torch.uint8).numpy(), 1.0, 1.0, [("a", .9)], [("a", .8)])
FEW_IMAGES = Images("few", FEW.images, FEW.labels, FEW.images, FEW.labels, FEW.classes, "")
PATHS = PathExplorer(SMALL, FEW_IMAGES, which=[0, 3])


def tuned_in_a_folder(**arguments):
    """A fine-tuning that finds no folder of another one."""
    with TemporaryDirectory() as folder, chdir(folder):
        fine_tune(**arguments)


OURS = load_classifier()
PIXELS = torch.zeros(28, 28, dtype=torch.uint8)
SAVED = TemporaryDirectory()
OURS.save(SAVED.name)

BRIEF = {name: recipe.replace(epochs=1) for name, recipe in FINE_TUNING.items()}

CALLS = {  # name → what is called, and good arguments for it
    "BlockSpec": (BlockSpec, SIZES),
    "SplitSumBottleneck": (SplitSumBottleneck, SIZES),
    "ConcatBottleneck": (ConcatBottleneck, SIZES),
    "GroupedBottleneck": (GroupedBottleneck, SIZES),
    "GroupedBottleneck.forward": (BLOCK.forward, {"x": torch.zeros(1, 8, 5, 5)}),
    "build": (build, {"spec": SPEC, "form": "concat", "seed": 1}),
    "break_block": (break_block, {"block": BLOCK, "name": "stride_on_1x1"}),
    "ResNeXtConfig": (ResNeXtConfig, {"layers": (1, 1), "cardinality": 2, "width_per_group": 3, "num_classes": 5, "in_channels": 1, "stem_type": "cifar", "stem_width": 8, "expansion": 1}),
    "ResNeXtConfig.preset": (ResNeXtConfig.preset, {"name": "resnet50"}),
    "ResNeXtConfig.replace": (MINI.replace, {"layers": (1, 1), "stem_type": "deep", "cardinality": 8}),
    "ResNeXt": (ResNeXt, {"config": MINI, "form": "grouped"}),
    "ResNeXt.forward": (NETWORK.forward, {"images": torch.zeros(1, 1, 8, 8)}),
    "ResNeXt.to_form": (NETWORK.to_form, {"form": "concat"}),
    "resnext_mini": (resnext_mini, {"form": "concat", "num_classes": 5}),
    "convert_state_dict": (convert_state_dict, {"state_dict": BLOCK.state_dict(), "source": "grouped", "target": "concat", "cardinality": 2}),
    "in_form": (in_form, {"block": BLOCK, "form": "concat"}),
    "prove_equivalent": (partial(prove_equivalent, input_size=(2, 8, 5, 5)), {"left": BLOCK, "right": TWIN, "inputs": None, "kwargs": None, "seed": 0, "progress": None}),
    "prove_equivalent, sizes": (partial(prove_equivalent, BLOCK, TWIN), {"input_size": (2, 8, 5, 5)}),
    "randomise_batchnorm": (randomise_batchnorm, {"model": build(SPEC), "seed": 0}),
    "make_identity": (make_identity, {"module": build(SPEC).double()}),
    "trace": (trace, {"model": BLOCK, "input_size": (2, 8, 5, 5), "device": "meta"}),
    "trace, inputs": (partial(trace, BLOCK), {"inputs": torch.zeros(2, 8, 5, 5), "kwargs": None}),
    "Trace.compare": (COST.compare, {"other": COST}),
    "analytic_cost": (analytic_cost, {"config": MINI, "form": "grouped", "input_size": (1, 1, 28, 28)}),
    "block_cost": (block_cost, {"spec": SPEC, "input_size": (1, 8, 5, 5)}),
    "matched_width": (matched_width, {"config": MINI, "cardinality": 4}),
    "Trace[]": (COST.__getitem__, {"path": "conv1"}),
    "load_images": (load_images, {"name": "fashion-mnist-mini", "folder": None, "size": None, "progress": False}),
    "load_images, folder": (load_images, {"name": "image-folder", "folder": TWO_CLASSES.name, "size": 4, "progress": False}),
    "block_inputs": (block_inputs, {"images": load_images(), "channels": 4, "size": 5, "count": 1}),
    "dims": (dims, {"shape": (256, 56, 56)}),
    "Table": (Table, {"headers": ("a", "b"), "rows": [(1, 2)], "caption": "c", "align": "ll", "footer": (1, 2), "row_header": 0}),
    "Table.text": (Table(("a", "b"), [(1, 2)]).text, {"width": 100}),
    "check.weights_of_32_paths": (check.weights_of_32_paths, {"attempt": 5}),
    "bottleneck_picture": (bottleneck_picture, {"width": 64, "size": 56}),
    "cardinality_picture": (cardinality_picture, {"cardinality": 32, "width_per_group": 4}),
    "flow_picture": (flow_picture, {"trace": COST, "opened": "layer2.0"}),
    "form_walk_picture": (form_walk_picture, {"spec": SPEC, "name": "concat", "follow": 0}),
    "forms_picture": (forms_picture, {"spec": SPEC, "form_path": 0, "size": 5}),
    "grouped_picture": (grouped_picture, {"channels": 16, "groups": (1, 4), "follow": 5, "kernel": 3, "size": 56}),
    "neuron_to_paths_picture": (neuron_to_paths_picture, {"spec": SPEC, "follow": 0, "size": 5}),
    "forms_crop_picture": (forms_crop_picture, {"spec": SPEC, "crop": "last", "form_path": 0}),
    "stored_picture": (stored_picture, {"spec": SPEC, "form_path": 0}),
    "strides_picture": (strides_picture, {"row": 1, "column": 1, "size": 12}),
    "shuffle_picture": (shuffle_picture, {"channels": 8, "groups": 2, "start": 0}),
    "sabotaged_picture": (sabotaged_picture, {"spec": SPEC, "form": "grouped", "sabotage": "none", "size": 5}),
    "side_by_side_picture": (side_by_side_picture, {"W1": ((1, 2), (0, 4)), "x1": (3, 1), "W2": ((5, 1), (2, 3)), "x2": (2, 5), "spec": SPEC}),
    "slices_picture": (slices_picture, {"channels": 8, "groups": 2, "follow": 5, "kernel": 3}),
    "strided_picture": (strided_picture, {"stride_on": "conv2", "row": 1, "column": 1, "size": 12}),
    "stages_picture": (stages_picture, {"trace": COST, "selected": "layer1"}),
    "apart_picture": (apart_picture, SAID | {"curves": {"a": [0, 1e-9]}}),
    "apart_picture, one curve": (lambda curves: apart_picture({"curves": curves}, **SAID), {"curves": [0, 1e-9]}),
    "arms_picture": (arms_picture, SAID | {"arms": {"a": [1, 2]}, "axis": "error", "digits": 2, "better": "lower", "yours": {"a": [3]}}),
    "arms_picture, one arm": (lambda arms: arms_picture({"arms": arms}, **SAID, axis="error", digits=2, better="lower"), {"arms": ("note", [1, 2])}),
    "differences_picture": (differences_picture, SAID | {"rows": [("a", [1, 2], 1, 0, 2)], "axis": "error", "sides": ("a", "b"), "digits": 3}),
    "history_picture": (history_picture, {"records": [EPOCH], "losses": [.5], "title": "Less error"}),
    "history_picture, one record": (lambda **part: history_picture([part], [.5]), EPOCH),
    "leads_picture": (leads_picture, SAID | {"rows": [("a", "b", 1)], "axis": "points"}),
    "caught_picture": (caught_picture, {"reports": {"itself": prove_equivalent(BLOCK, BLOCK, input_size=(2, 8, 5, 5))}}),
    "proof_picture": (proof_picture, {"report": prove_equivalent(BLOCK, BLOCK, input_size=(2, 8, 5, 5))}),
    "speedup_picture": (speedup_picture, {"results": {"cardinality": SPEEDUP | {"torch": "2.6.0"}}}),
    "speedup_picture, part by part": (lambda **part: speedup_picture({"cardinality": part | {"torch": "2.6.0"}}), SPEEDUP),
    "timing_picture": (timing_picture, {"results": TIMING | {"torch": "2.6.0"}}),
    "timing_picture, part by part": (lambda **part: timing_picture(part | {"torch": "2.6.0"}), TIMING),
    "CardinalityExplorer": (CardinalityExplorer, {"cardinality": 32}),
    "CardinalityExplorer.move": (CARDINALITY.move, {"cardinality": 8, "width": "locked"}),
    "FormsExplorer": (FormsExplorer, {"cardinality": 32}),
    "FormsExplorer.move": (FORMS.move, {"form": "dense", "cardinality": 4}),
    "GroupedConvExplorer": (GroupedConvExplorer, {"channels": 4, "follow": 0, "kernel": 3, "size": 5}),
    "GroupedConvExplorer.move": (GROUPED.move, {"groups": 4}),
    "StrideExplorer": (StrideExplorer, {"size": 4}),
    "StrideExplorer.move": (STRIDE.move, {"stride_on": "conv2", "row": 1, "column": 1}),
    "StageTracer.move": (partial(moved, STAGES), {"network": "resnet50", "form": "concat", "input_size": "64×64", "stage": "layer1"}),
    "EquivalenceLab.move": (partial(moved, LAB), {"sabotage": "none", "cardinality": 2, "width_per_group": 2, "stride": 1, "dtype": "float64"}),
    "Recipe": (Recipe, {"epochs": 2, "batch_size": 4, "lr": .1, "momentum": .5, "nesterov": False, "weight_decay": 0, "decay_all": True, "schedule": "cosine", "milestones": (), "warmup": .5, "flip": False, "crop": CROPS[1], "bfloat16": False, "channels_last": False}),
    "Recipe.replace": (TRAINING["recipe"].replace, {"epochs": 3, "schedule": "steps"}),
    "Recipe.lr_at": (TRAINING["recipe"].lr_at, {"done": 3, "total": 5}),
    "fit": (fit, TRAINING),
    "fit, kept": (kept, {"checkpoint": "last.pt", "save_every": 2}),
    "train_in_folder": (in_a_folder, {"config": TINY, "train": FEW, "validation": FEW, "recipe": TRAINING["recipe"], "seed": 0, "folder": "out", "form": "concat", "save_every": 1, "progress": False}),
    "Preprocessing": (Preprocessing, {"mean": (.5,), "std": (.25,)}),
    "Split": (Split, {"name": "few", "images": FEW.images, "labels": FEW.labels, "classes": FEW.classes, "preprocessing": FEW.preprocessing}),
    "paired": (paired, {"before": [1.0, 2.0, 4.0], "after": [1.5, 2.0, 4.0]}),
    "difference_of_shares": (difference_of_shares, {"gained": 3, "lost": 2, "count": 40}),
    "power": (power, {"pairs": 8, "difference": .3, "deviation": .7}),
    "Change": (Change, {"lost": 1, "gained": 2, "count": 5}),
    "path_maps": (path_maps, {"model": SMALL, "x": torch.zeros(1, 1, 8, 8)}),
    "path_means": (path_means, {"model": SMALL, "split": FEW}),
    "path_effects": (path_effects, {"model": SMALL, "train": FEW, "test": FEW, "blocks": ["layer1.0"], "at": ("mean", "zero"), "progress": False}),
    "without_paths": (without_paths, {"model": SMALL, "paths": {"layer1.0": (0, 1)}, "at": "mean", "means": MEANS}),
    "without_paths, one block": (lambda paths: without_paths(SMALL, {"layer1.0": paths}, at="zero"), {"paths": [0]}),
    "without_paths, means of one block": (lambda means: without_paths(SMALL, {"layer1.0": [0]}, means={"layer1.0": means}), {"means": MEANS["layer1.0"]}),
    "path_changes_picture": (path_changes_picture, SAID | {"rows": [("path 0", LOST, [LOST])], "classes": ["a"], "all_paths": (LOST, [LOST]), "before": (90, [90])}),
    "path_changes_picture, one change": (lambda change: path_changes_picture([("path 0", change, [LOST])], ["a"], all_paths=(LOST, [LOST]), before=(90, [90]), **SAID), {"change": LOST}),
    "path_changes_picture, classes": (lambda classes: path_changes_picture([("path 0", LOST, classes)], ["a"], all_paths=(LOST, [LOST]), before=(90, [90]), **SAID), {"classes": [LOST]}),
    "path_activity_picture": (path_activity_picture, {"activity": SEEN, "follow": 0}),
    "path_activity_picture, part by part": (lambda **part: path_activity_picture(SEEN._replace(**part)), SEEN._asdict()),
    "PathExplorer": (PathExplorer, {"model": SMALL, "images": FEW_IMAGES, "block": "layer1.0", "which": [0]}),
    "PathExplorer.move": (PATHS.move, {"image": 1, "path": 1}),
    "pairs_needed": (pairs_needed, {"difference": .3, "deviation": .7, "wanted": .8}),
    "course_file": (course_file, {"name": "benchmarks/results.json"}),
    "read_runs": (read_runs, {"path": "nowhere.csv"}),
    "confusion_picture": (confusion_picture, SAID | {"confusion": [[3, 1], [0, 2]], "classes": ["cat", "dog"]}),
    "mistakes_picture": (mistakes_picture, SAID | {"rows": [(np.zeros((4, 4), np.uint8), "cat", "dog", .9)], "count": 2}),
    "mistakes_picture, one mistake": (lambda **row: mistakes_picture([tuple(row.values())], count=1, **SAID), {"pixels": np.zeros((4, 4, 3), np.uint8), "truth": "cat", "answer": "dog", "probability": .9}),
    "Preparation": (Preparation, {"resize_size": 28, "crop_size": 28, "mean": [.5], "std": [.5], "interpolation": "bilinear"}),
    "Preparation.of": (Preparation.of, {"transforms": OURS.preprocess}),
    "Classifier": (Classifier, {"name": "mine", "model": OURS.model, "preprocess": OURS.preprocess, "classes": OURS.classes, "facts": {}}),
    "Classifier, called": (OURS, {"image": PIXELS, "top": 2}),
    "Classifier.seen": (OURS.seen, {"image": PIXELS}),
    "Classifier.save": (OURS.save, {"folder": SAVED.name}),
    "my_progress": (my_progress, {"folder": "my_lessons"}),
    "load_classifier": (load_classifier, {"model": "resnext_mini", "weights": "DEFAULT", "classes": None, "preprocess": None, "progress": False}),
    "saved_classifier": (saved_classifier, {"folder": SAVED.name}),
    "images_picture": (images_picture, SAID | {"rows": [("a", PIXELS.numpy())]}),
    "answers_picture": (answers_picture, SAID | {"rows": [("a", [PIXELS.numpy()], {"cat": .5})]}),
    "answers_picture, one answer": (lambda name, images, probabilities: answers_picture([(name, images, probabilities)], **SAID), {"name": "a", "images": [PIXELS.numpy()], "probabilities": {"cat": .5}}),
    "own_images": (own_images, {"folder": TWO_CLASSES.name, "size": 4, "test_share": .5, "groups": "([0-9])", "seed": 0, "progress": False}),
    "fine_tune": (tuned_in_a_folder, {"folder": TWO_CLASSES.name, "out": None, "model": "resnext_mini", "weights": "DEFAULT", "size": 4, "test_share": .5, "groups": None, "seed": 0, "recipes": BRIEF, "device": None, "progress": False}),
    "adopt": (adopt, {"state_dict": SMALL.state_dict(), "config": TINY}),
    "examine": (examine, {"model": SMALL, "as_": TINY, "input_size": (1, 1, 8, 8)}),
    "examine_totals": (examine_totals, {"params": 2.5e7, "macs": 4.2e9, "as_": TINY, "size": (8, 8)}),
    "evaluate": (evaluate, {"model": network(), "split": FEW, "batch_size": 5}),
}

FINE = {  # (call, parameter) → the values that are good there: a default, a seed, the first path, any attempt
    ("forms_crop_picture", "form_path"): {"None", "0"},
    ("stored_picture", "form_path"): {"None", "0"},
    ("shuffle_picture", "start"): {"0"},
    ("strides_picture", "row"): {"0"},
    ("strides_picture", "column"): {"0"},
    ("examine", "as_"): {"None"},
    ("examine", "input_size"): {"None"},
    ("examine_totals", "params"): {"None", "2.5"},
    ("examine_totals", "macs"): {"None", "2.5"},
    ("examine_totals", "as_"): {"None"},
    ("examine_totals", "size"): {"None"},
    ("build", "seed"): {"None", "-1", "0"},
    ("ResNeXtConfig", "layers"): {"None"},
    ("ResNeXtConfig.replace", "layers"): {"None"},
    ("prove_equivalent", "inputs"): {"None"},
    ("prove_equivalent", "kwargs"): {"None"},
    ("prove_equivalent", "seed"): {"-1", "0"},
    ("prove_equivalent", "progress"): {"None"},
    ("randomise_batchnorm", "seed"): {"-1", "0"},
    ("randomise_batchnorm", "model"): {"a module"},
    ("make_identity", "module"): {"a module"},
    ("trace, inputs", "kwargs"): {"None"},
    ("Trace.compare", "other"): {"-1", "0", "2.5"},
    **{(f"{name}_picture", part): {"a word", "a near miss"} for name in ("answers", "apart", "arms", "differences", "history", "leads", "confusion", "mistakes")
       for part in ("title", "how", "axis")},
    ("apart_picture, one curve", "curves"): {"a list"},
    ("arms_picture", "digits"): {"0"},
    ("arms_picture", "yours"): {"None"},
    ("arms_picture, one arm", "arms"): {"a list"},
    ("differences_picture", "digits"): {"0"},
    ("path_effects", "blocks"): {"None"},
    ("path_effects", "progress"): {"True"},
    ("Change", "lost"): {"0"},
    ("Change", "gained"): {"0"},
    **{(name, part): {"a word", "a near miss"} for name in ("path_changes_picture", "images_picture")
       for part in ("title", "how")},
    ("path_activity_picture", "follow"): {"None", "0"},
    **{("path_activity_picture, part by part", part): {"a word", "a near miss"} for part in ("block", "label")},
    **{("path_activity_picture, part by part", part): {"2.5"} for part in ("white", "longest")},
    ("PathExplorer", "which"): {"None"},
    ("PathExplorer.move", "image"): {"0"},
    ("PathExplorer.move", "path"): {"0"},
    ("history_picture", "losses"): {"a list"},
    ("history_picture", "title"): {"None", "a word", "a near miss"},
    ("history_picture, one record", "train_loss"): {"-1", "0", "2.5"},
    ("history_picture, one record", "train_accuracy"): {"0"},
    ("history_picture, one record", "validation_loss"): {"None", "-1", "0", "2.5"},
    ("history_picture, one record", "validation_accuracy"): {"None", "0"},
    ("history_picture, one record", "lr"): {"0", "2.5"},
    ("block_cost", "input_size"): {"None"},
    ("load_images", "folder"): {"None"},
    ("load_images", "size"): {"None"},
    ("load_images", "progress"): {"True"},
    ("load_images, folder", "size"): {"None"},
    ("load_images, folder", "progress"): {"True"},
    ("Table", "caption"): {"a word", "a near miss"},
    ("Table", "row_header"): {"0"},
    ("check.weights_of_32_paths", "attempt"): {*BAD},
    ("cardinality_picture", "width_per_group"): {"None"},
    ("flow_picture", "opened"): {"None"},
    ("form_walk_picture", "follow"): {"0"},
    ("forms_picture", "form_path"): {"None", "0"},
    ("grouped_picture", "follow"): {"0"},
    ("neuron_to_paths_picture", "follow"): {"None", "0"},
    ("slices_picture", "follow"): {"0"},
    ("stages_picture", "selected"): {"None"},
    ("CardinalityExplorer", "cardinality"): {"None"},
    ("FormsExplorer", "cardinality"): {"None"},
    ("GroupedConvExplorer", "follow"): {"0"},
    ("strided_picture", "row"): {"0"},
    ("strided_picture", "column"): {"0"},
    ("StrideExplorer.move", "row"): {"0"},
    ("StrideExplorer.move", "column"): {"0"},
    ("Recipe", "lr"): {"2.5"},
    ("Recipe", "momentum"): {"0"},
    ("Recipe", "weight_decay"): {"0", "2.5"},
    ("Recipe", "warmup"): {"0"},
    **{("Recipe", name): {"True"} for name in ("nesterov", "decay_all", "flip", "bfloat16", "channels_last")},
    ("Recipe.lr_at", "done"): {"0"},
    ("Split", "name"): {"a word", "a near miss"},
    ("difference_of_shares", "gained"): {"0"},
    ("difference_of_shares", "lost"): {"0"},
    ("power", "difference"): {"2.5"},
    ("power", "deviation"): {"2.5"},
    ("pairs_needed", "difference"): {"2.5"},
    ("pairs_needed", "deviation"): {"2.5"},
    ("fit", "validation"): {"None"},
    ("train_in_folder", "validation"): {"None"},
    ("train_in_folder", "seed"): {"-1", "0"},
    ("train_in_folder", "folder"): {"a word", "a near miss"},
    ("train_in_folder", "save_every"): {"None"},
    ("train_in_folder", "progress"): {"True"},
    ("read_runs", "path"): {"a word", "a near miss"},
    ("fit", "seed"): {"-1", "0"},
    ("fit", "progress"): {"True"},
    ("mistakes_picture, one mistake", "truth"): {"a word", "a near miss"},
    ("mistakes_picture, one mistake", "answer"): {"a word", "a near miss"},
    ("mistakes_picture, one mistake", "probability"): {"0"},
    ("Classifier", "name"): {"a word", "a near miss"},
    ("my_progress", "folder"): {"a word", "a near miss"},
    ("load_classifier", "classes"): {"None"},
    ("load_classifier", "preprocess"): {"None"},
    ("load_classifier", "progress"): {"True"},
    ("answers_picture, one answer", "name"): {"a word", "a near miss"},
    ("own_images", "size"): {"None"},
    ("own_images", "groups"): {"None"},
    ("own_images", "seed"): {"-1", "0"},
    ("own_images", "progress"): {"True"},
    ("fine_tune", "out"): {"None", "a word", "a near miss"},
    ("fine_tune", "weights"): {"None"},
    ("fine_tune", "size"): {"None"},
    ("fine_tune", "groups"): {"None"},
    ("fine_tune", "seed"): {"-1", "0"},
    ("fine_tune", "device"): {"None"},
    ("fine_tune", "progress"): {"True"},
    ("fit, kept", "checkpoint"): {"a word", "a near miss"},
    ("fit, kept", "save_every"): {"None"},
}

ELSEWHERE = {  # what is not called here, and why
    "returned by the package, and made by nobody else": {
        "PathEffects", "Silenced", "Ranking", "Comparison", "Adopted", "EquivalenceReport", "Examination", "Finding", "HowFar", "Images", "OwnImages", "Picture", "Quantity", "Trace", "TraceRow"},
    "tried in tests/test_sweep.py, since it takes long": {"one_run"},
    "what a training or a comparison tells of itself": {"Epoch", "History", "Score", "Paired", "FineTuned", "WrongAnswer"},
    "without parameters": {"check_environment", "ancestors_picture", "in_series_picture", "lambdas_picture", "rounding_picture", "towers_picture"},
    "a base class": {"ResNeXtBlock"},
    "built as resnext_mini is": {*ResNeXtConfig.presets()} - {"resnext_mini"},
}


def outcome(function, arguments: dict) -> str:
    """The message of our own error, or an empty text if the call went well; any other exception fails the test."""
    try:
        function(**arguments)
    except ResNeXtEduError as error:
        return str(error)
    return ""


def faults(text: str, parameter: str, value: object) -> list[str]:
    """What is wrong with a message."""
    named = [parameter, parameter.replace("_", " "), shown(value)]
    named += [str(tuple(value.shape))] if isinstance(value, torch.Tensor) else []
    named += [f" {len(value)} "] if isinstance(value, list | torch.Tensor) else []
    wrong = {"has several lines": "\n" in text, "has colour codes": "\x1b" in text, "has a raw tensor": "tensor(" in text,
             "is too long": len(text) > LONGEST, "names neither parameter nor value": not any(n in text for n in named)}
    return [f"{text!r} {what}" for what, found in wrong.items() if found]


@pytest.mark.parametrize("name", CALLS)
def test_a_good_call_goes_well(name):
    assert outcome(*CALLS[name]) == ""


@pytest.mark.parametrize(("name", "parameter"), [(name, each) for name, (_, good) in CALLS.items() for each in good])
def test_a_bad_value_is_told_in_one_sentence(name, parameter):
    function, good = CALLS[name]
    texts = {bad: outcome(function, good | {parameter: value}) for bad, value in BAD.items()}
    assert {bad for bad, text in texts.items() if not text} == FINE.get((name, parameter), set())
    assert [fault for bad, text in texts.items() if text for fault in faults(text, parameter, BAD[bad])] == []


def test_nothing_is_left_out():
    public = {name for name in resnext_edu.__all__ if callable(getattr(resnext_edu, name)) and not name.endswith("Error")}
    folder = Path(resnext_edu.__file__).parent / "draw"
    public |= {name for file in folder.rglob("*.py") for name in re.findall(r"^def ([a-z]\w*_picture)\(", file.read_text(encoding="utf-8"), re.M)}
    called = {re.split(r"[.,\[]", name)[0] for name in CALLS}
    assert public | {*widgets.__all__} == (called - {"Trace", "check"}).union(*ELSEWHERE.values())


@pytest.mark.parametrize("option", ["-C", "-d", "--channels", "--stride", "--forms", "--sabotage", "--data", "--size", "--batch", "--seed"])
@pytest.mark.parametrize("value", ["nonsense", "groupd", "-1", "0", "2.5", "True", "nan", "", "roses\nare red"])
def test_in_a_terminal_too(option, value, capsys):
    if option == "--seed" and value in ("-1", "0"):
        return  # every whole number is a seed
    arguments = ["prove", "--quiet", option, value, *(["grouped"] if option == "--forms" else [])]
    try:
        status = main(arguments)
    except SystemExit as error:  # argparse
        status = error.code
    assert status == 2
    out, err = capsys.readouterr()
    last = err.rstrip("\n").splitlines()[-1]
    assert out == ""
    assert last.startswith(("resnext_edu: ", "python -m resnext_edu prove: error: ")) or value.startswith("roses")
    assert len(last) < LONGEST


def test_a_seed_of_too_many_bits_is_told_in_a_terminal(capsys):
    assert main(["prove", "--seed", "9" * 30]) == 2
    assert capsys.readouterr().err == f"resnext_edu: seed must be a whole number of at most 64 bits; got {'9' * 30}\n"


def test_a_long_list_of_names_is_cut():
    text = nearest_name("path", "layer9", [f"layer{k}" for k in range(200)])
    assert text.startswith("unknown path 'layer9'; did you mean 'layer9'? Known: layer0, layer1, ")
    assert text.endswith(", layer32, layer33 and 166 more")


@pytest.mark.parametrize("name", ["grouped", "concat"])
def test_a_known_name_passes(name):
    check_name("form", name, ("grouped", "concat"))


@pytest.mark.parametrize("name", [["grouped"], {"grouped"}, b"grouped", None])
def test_what_is_no_text_is_no_name(name):
    with pytest.raises(ConfigError, match=f"^{re.escape(f'unknown form {name!r}; ')}"):
        check_name("form", name, ("grouped", "concat"))


@pytest.mark.parametrize("seed", [0, -1, 2**64 - 1, -2**63, torch.tensor(3)])
def test_every_number_that_torch_takes_is_a_seed(seed):
    torch.Generator().manual_seed(seed_of(seed))


@pytest.mark.parametrize("seed", [2**64, -2**63 - 1, 1.0, True, torch.tensor(3, device="meta")])
def test_no_other_number_is_a_seed(seed):
    with pytest.raises(ConfigError) as error:
        seed_of(seed)
    assert str(error.value) == f"seed must be a whole number of at most 64 bits; got {shown(seed)}"
