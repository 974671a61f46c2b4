"""Lesson 06: break a block in one of nine ways, and see which findings of the proof notice."""
import threading
from html import escape

import ipywidgets
import torch

from resnext_edu.blocks import build
from resnext_edu.config import BlockSpec
from resnext_edu.convert import in_form
from resnext_edu.draw.block.sabotaged import sabotaged_picture
from resnext_edu.equivalence import EquivalenceReport, prove_equivalent, randomise_batchnorm
from resnext_edu.equivalence.floats import difference
from resnext_edu.errors import message_of
from resnext_edu.sabotage import SABOTAGES, break_block
from resnext_edu.table import with_code
from resnext_edu.widgets.button import Button
from resnext_edu.widgets.field import Field
from resnext_edu.widgets.look import KERNEL, style, wide
from resnext_edu.widgets.moving import move_by_name
from resnext_edu.widgets.said import Said
from resnext_edu.widgets.stop_slider import StopSlider

CHANNELS, SIZE = 256, 14  # of the block's input


class Stopped(Exception):
    """The stop button was pressed."""


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


class EquivalenceLab(ipywidgets.VBox):
    """Choose a block and a sabotage, then prove: the findings, and why they see it or can't.

    The proof runs in a thread, on copies: the kernel stays free to hear the stop button.

    Attributes
    ----------
    report : EquivalenceReport or None
        Of the last proof that came to its end.
    problem : str
        Why there is none; empty where there is nothing to say.

    Examples
    --------
    >>> lab = EquivalenceLab()
    >>> lab.move(sabotage="w2_transposed", cardinality=2, width_per_group=2)
    >>> lab.prove().wait()
    >>> lab.report.passed, lab.report["exact"].status
    (False, 'FAIL')
    """

    def __init__(self):
        self.controls: dict[str, Field | StopSlider] = {
            "sabotage": Field("sabotage", "none", ("none", *SABOTAGES)),
            "cardinality": StopSlider("cardinality", (1, 2, 4, 8, 16, 32), start=32),
            "width_per_group": StopSlider("width per group", (1, 2, 4, 8), start=4),
            "stride": Field("stride", "1", ("1", "2"), read=int),
            "dtype": Field("dtype", "float32", ("float32", "float64"), read=lambda name: getattr(torch, name)),
        }
        self.report: EquivalenceReport | None = None
        self.problem: str = ""
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        layout = wide()
        self._picture, self._words, self._progress, self._card = (ipywidgets.HTML(layout=layout) for _ in range(4))
        self._said = Said()
        aligned = wide(max_width="1032px", margin="auto")  # as the controls above: 1000 and their padding
        buttons = ipywidgets.HBox([Button("Prove", self.prove), Button("Stop", self._stop_pressed)], layout=aligned)
        kernel = ipywidgets.HTML(KERNEL, layout=layout)
        below = [buttons, self._progress, self._said, kernel, self._picture, self._words, self._card]
        super().__init__([style(), *self.controls.values(), *below], layout=layout)
        for control in self.controls.values():
            control.observe(self._draw, control.moves)
        self._draw()

    @property
    def spec(self) -> BlockSpec:
        """The block that is chosen."""
        value = {name: control.value for name, control in self.controls.items()}
        return BlockSpec(CHANNELS, CHANNELS, value["cardinality"], value["width_per_group"], value["stride"])

    def move(self, **values: object) -> None:
        """Set controls from Python, by name: ``lab.move(cardinality=4, width_per_group=8)``."""
        move_by_name(self.controls.values(), values)

    def _draw(self, _change: object = None) -> None:
        """The block and the sabotage, in words, too; findings of the block before would be wrong beside it."""
        self.stop()
        name = self.controls["sabotage"].value
        what = SABOTAGES.get(name)
        self._picture.value = sabotaged_picture(self.spec, what.form if what else "grouped", name, SIZE).inline
        self._words.value = "" if what is None else (
            f'<div class="rx-numbers"><b>{escape(what.title)}</b><br>It does harm where: {escape(what.harm)}.<br>'
            f"It does none where: {escape(what.no_harm)}.<br>{with_code(escape(what.explanation))}</div>")
        self.report, self._card.value = None, ""
        self._say("")

    def prove(self) -> "EquivalenceLab":
        """Start the proof; `wait` waits for it."""
        self.stop()
        self._draw()
        self._stop = stop = threading.Event()  # each proof has its own: a late word of the last one stops nothing
        try:
            modules = pair(self.spec, self.controls["sabotage"].value, self.controls["dtype"].value)
        except Exception as error:  # in a callback it would vanish
            self._say(message_of(error))
        else:
            self._thread = threading.Thread(target=self._run, args=(*modules, stop), daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """End the proof before its next step."""
        self._stop.set()
        self.wait()

    def _stop_pressed(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._say("no proof is running")
        self.stop()

    def wait(self) -> None:
        """Until no proof runs."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, left: torch.nn.Module, right: torch.nn.Module, stop: threading.Event) -> None:
        def progress(done: int, total: int, finding: str) -> None:
            if stop.is_set():
                raise Stopped
            self._progress.value = (f'<div class="rx-numbers"><progress aria-label="proof" max="{total}" '
                                    f'value="{done}"></progress> {done} of {total} steps: {escape(finding)}</div>')

        try:
            report = prove_equivalent(left, right, input_size=(2, CHANNELS, SIZE, SIZE), progress=progress)
        except Stopped:
            self._say("stopped; nothing is proved")
        except Exception as error:  # in a thread it would vanish
            self._say(message_of(error))
        else:
            self.report, self._card.value = report, _in_its_dtype(left, right) + report.html()
            self._say(report.title)

    def _say(self, words: str) -> None:
        self.problem = words if self.report is None else ""
        self._progress.value, self._said.words = "", words

    def __repr__(self) -> str:
        return "A block to break and to prove, with a stop button. Run this cell to see it."


@torch.no_grad()
def _in_its_dtype(left: torch.nn.Module, right: torch.nn.Module) -> str:
    """By how much two outputs differ in the dtype that was chosen; the findings are in float64."""
    dtype = next(left.parameters()).dtype
    x = torch.randn(2, CHANNELS, SIZE, SIZE, generator=torch.Generator().manual_seed(0)).to(dtype)
    found = difference([left.eval()(x)], [right.eval()(x)])
    return (f'<div class="rx-numbers">In {str(dtype).removeprefix("torch.")}, on one batch: the outputs differ by '
            f"{found:.1g} times the largest. All findings are in float64, where rounding hides no mistake.</div>")
