"""Lesson 06 without a kernel: proofs that were done beforehand, with the day and the versions beside each."""
import json
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from itertools import product
from typing import Any

import torch

from resnext_edu.config import BlockSpec
from resnext_edu.equivalence import EquivalenceReport, prove_equivalent
from resnext_edu.errors import ConfigError
from resnext_edu.findings import Finding
from resnext_edu.sabotage import SABOTAGES
from resnext_edu.widgets.broken_pair import CHANNELS, SIZE, pair, proof_frame
from resnext_edu.widgets.explorer import Explorer
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.stops import Stops

PROOFS_FILE = "proofs.json"  # in the package's assets; `make proofs` writes it
RECORDED_WIDTH = 4
BROKEN, CARDINALITIES, STRIDES = ("none", *SABOTAGES), (1, 4, 32), (1, 2)


def record() -> Iterator[dict[str, Any]]:
    """Prove every sabotage over some blocks; what can't be broken so is left out.

    Yields
    ------
    dict
        sabotage, cardinality, stride, and the report as plain data.
    """
    for sabotage, cardinality, stride in product(BROKEN, CARDINALITIES, STRIDES):
        try:
            left, right = pair(_block(cardinality, stride), sabotage, torch.float32)
        except ConfigError:  # the last path of one can't be dropped
            continue
        report = prove_equivalent(left, right, input_size=(2, CHANNELS, SIZE, SIZE))
        yield {"sabotage": sabotage, "cardinality": cardinality, "stride": stride, "report": report.to_dict()}


@cache
def recorded() -> tuple[str, dict[tuple[str, int, int], EquivalenceReport]]:
    """When and with what the proofs were done; and (sabotage, cardinality, stride) → report."""
    data = json.loads((files("resnext_edu") / "assets" / PROOFS_FILE).read_text(encoding="utf-8"))
    return data["made"], {(each["sabotage"], each["cardinality"], each["stride"]): _report(each["report"])
                          for each in data["proofs"]}


def _block(cardinality: int, stride: int) -> BlockSpec:
    return BlockSpec(CHANNELS, CHANNELS, cardinality, RECORDED_WIDTH, stride)


def _report(data: dict[str, Any]) -> EquivalenceReport:
    kept = {name: value for name, value in data.items() if name not in ("passed", "title")}
    return EquivalenceReport(**kept | {"findings": tuple(Finding(**each) for each in data["findings"]),
                                       "input_size": tuple(data["input_size"]), "notes": tuple(data["notes"])})


class RecordedProofs(Explorer):
    """A sabotage, a number of paths and a stride, with the proof that was recorded.

    Examples
    --------
    >>> proofs = RecordedProofs()
    >>> proofs.move(sabotage="groups_interleaved", cardinality=1)
    >>> proofs.numbers["exact"]
    'PASS'
    """

    def __init__(self) -> None:
        made, reports = recorded()

        def frame(sabotage: str, cardinality: int, stride: int) -> Frame | None:
            report = reports.get((sabotage, cardinality, stride))
            if report is None:
                return None
            card = f"<p><b>{escape(report.title)}.</b> Recorded {escape(made)}.</p>{report.html()}"
            return proof_frame(_block(cardinality, stride), sabotage, report, card)

        super().__init__([Stops("sabotage", BROKEN, choice=True),
                          Stops("cardinality", CARDINALITIES, start=32),
                          Stops("stride", STRIDES, choice=True)], frame, "A block, broken and proved")
