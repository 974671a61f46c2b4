"""Lesson 06: break a block in one of ten ways, and see which findings of the proof notice."""
import threading
from typing import Any

import torch

from resnext_edu.config import BlockSpec
from resnext_edu.equivalence import EquivalenceReport, prove_equivalent
from resnext_edu.equivalence.floats import difference
from resnext_edu.errors import message_of
from resnext_edu.sabotage import SABOTAGES
from resnext_edu.widgets.broken_pair import CHANNELS, SIZE, pair, proof_frame
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.live import Live
from resnext_edu.widgets.recorded_proofs import RecordedProofs
from resnext_edu.widgets.stops import Stops

DTYPES = {"float32": torch.float32, "float64": torch.float64}


class Stopped(Exception):
    """A proof was told to end."""


class EquivalenceLab(Live):
    """Choose a block and a sabotage, then prove: the findings, and why they see it or can't.

    The proof runs in a thread, on copies: the kernel stays free to hear the stop button. `save` writes the recorded
    proofs of some blocks, because a page without a kernel can't prove.

    Attributes
    ----------
    report : EquivalenceReport or None
        Of the last proof that came to its end, if nothing has moved since.

    Examples
    --------
    >>> lab = EquivalenceLab()
    >>> lab.move(sabotage="w2_transposed", cardinality=2, width_per_group=2)
    >>> lab.prove().wait()
    >>> lab.report.passed, lab.report["exact"].status
    (False, 'FAIL')
    """

    def __init__(self) -> None:
        self.report: EquivalenceReport | None = None
        self._card = ""
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

        def frame(sabotage: str, C: int, d: int, stride: int, dtype: str) -> Frame:
            return proof_frame(BlockSpec(CHANNELS, CHANNELS, C, d, stride), sabotage, self.report, self._card)

        super().__init__([
            Stops("sabotage", ("none", *SABOTAGES), choice=True, asks=True),
            Stops("cardinality", (1, 2, 4, 8, 16, 32), start=32, asks=True),
            Stops("width per group", (1, 2, 4, 8), start=4, asks=True),
            Stops("stride", (1, 2), choice=True, asks=True),
            Stops("dtype", tuple(DTYPES), choice=True, asks=True)],
            frame, "A block to break and to prove", ("Prove", "Stop"))
        self.observe(self._pressed, "presses")

    @property
    def spec(self) -> BlockSpec:
        """The block that is chosen."""
        _, C, d, stride, _ = self.value.values()
        return BlockSpec(CHANNELS, CHANNELS, C, d, stride)  # type: ignore[arg-type]  # the stops are whole numbers

    def _moved(self, _: object = None) -> None:
        """Findings of the block before would be wrong beside another one."""
        ended = self.stop()
        self._say("The move has ended the proof. Nothing is proved." if ended else "")

    def _say(self, words: str, report: EquivalenceReport | None = None, card: str = "") -> None:
        self.report, self._card = report, card
        with self.hold_sync():
            self.progress, self.said = [], words
            self.redraw()

    def _pressed(self, change: dict[str, Any]) -> None:
        if change["new"][0] > change["old"][0]:
            self.prove()
        elif self.stop():
            self._say("Stopped. Nothing is proved.")
        elif self.report is None:
            self._say("No proof is running.")

    def prove(self) -> "EquivalenceLab":
        """Start the proof; `wait` waits for it."""
        self.stop()
        self._stop = stop = threading.Event()  # each proof has its own: a late word of the last one stops nothing
        self._say("")
        try:
            modules = pair(self.spec, str(self.value["sabotage"]), DTYPES[str(self.value["dtype"])])
        except Exception as error:  # in a callback it would vanish
            self.problem = message_of(error)
        else:
            self._thread = threading.Thread(target=self._run, args=(*modules, stop), daemon=True)
            self._thread.start()
        return self

    def stop(self) -> bool:
        """End the proof before its next step; whether one was running."""
        running = self._thread is not None and self._thread.is_alive()
        self._stop.set()
        self.wait()
        return running and self.report is None

    def wait(self) -> None:
        """Until no proof runs."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, left: torch.nn.Module, right: torch.nn.Module, stop: threading.Event) -> None:
        def progress(done: int, total: int, finding: str) -> None:
            if stop.is_set():
                raise Stopped
            self.progress = [done, total, finding]

        try:
            report = prove_equivalent(left, right, input_size=(2, CHANNELS, SIZE, SIZE), progress=progress)
            self._say(report.title, report, _in_its_dtype(left, right) + report.html())
        except Stopped:
            self.progress = []
        except Exception as error:  # in a thread it would vanish
            self.progress, self.problem = [], message_of(error)

    def for_a_page(self) -> dict[str, Any]:
        """The recorded proofs."""
        return RecordedProofs().for_a_page()


@torch.no_grad()
def _in_its_dtype(left: torch.nn.Module, right: torch.nn.Module) -> str:
    """By how much two outputs differ in the dtype that was chosen; the findings are in float64."""
    dtype = next(left.parameters()).dtype
    x = torch.randn(2, CHANNELS, SIZE, SIZE, generator=torch.Generator().manual_seed(0)).to(dtype)
    found = difference([left.eval()(x)], [right.eval()(x)])
    return (f'<p>In {str(dtype).removeprefix("torch.")}, on one batch: the outputs differ by {found:.1g} times the '
            "largest. All findings are in float64, where rounding hides no mistake.</p>")
