"""Lesson 06: a right block beside a broken copy, and what there is to see of a proof about the two."""
from html import escape

import torch

from resnext_edu.blocks import build
from resnext_edu.config import BlockSpec
from resnext_edu.convert import in_form
from resnext_edu.draw.block.sabotaged import sabotaged_picture
from resnext_edu.equivalence import EquivalenceReport, randomise_batchnorm
from resnext_edu.findings import FINDINGS
from resnext_edu.sabotage import SABOTAGES, break_block
from resnext_edu.table import with_code
from resnext_edu.widgets.frame import Frame

CHANNELS, SIZE = 256, 14  # of the block's input


def pair(spec: BlockSpec, sabotage: str, dtype: torch.dtype) -> tuple[torch.nn.Module, torch.nn.Module]:
    """A right block, and the same block in another form, which the sabotage breaks.

    Raises
    ------
    ConfigError
        If the sabotage can't be done to this block: the last path of one can't be dropped.
    """
    what = SABOTAGES.get(sabotage)
    left = build(spec, what.beside if what else "split_sum", seed=0)
    randomise_batchnorm(left, 0).to(dtype)
    right = in_form(left, what.form if what else "grouped")
    return left, break_block(right, sabotage) if what else right


def proof_frame(spec: BlockSpec, sabotage: str, report: EquivalenceReport | None = None, card: str = "") -> Frame:
    """The block, what the sabotage does to it, and what each finding of a proof says.

    Parameters
    ----------
    spec : BlockSpec
        The block as it should be.
    sabotage : str
        "none", or one of `SABOTAGES`.
    report : EquivalenceReport, optional
        Of the proof, if there was one.
    card : str
        The whole report as HTML, to stand under the picture.

    Raises
    ------
    ConfigError
        If the sabotage can't be done to this block.

    Examples
    --------
    >>> proof_frame(BlockSpec(256, 256, 32, 4), "path_dropped").picture.heading
    'Broken on purpose'
    """
    what = SABOTAGES.get(sabotage)
    if what is not None and spec.cardinality == 1:  # some need two paths
        pair(spec, sabotage, torch.float32)
    words = "" if what is None else (
        f"<p><b>{escape(what.title)}</b><br>It does harm where: {escape(what.harm)}.<br>"
        f"It does none where: {escape(what.no_harm)}.<br>{with_code(escape(what.explanation))}</p>")
    found = {finding.name: finding.status for finding in report.findings} if report is not None else {}
    return Frame(sabotaged_picture(spec, what.form if what else "grouped", sabotage, SIZE),
                 {name: found.get(name, "") for name in FINDINGS}, f'<div class="rx-below">{words}{card}</div>')
