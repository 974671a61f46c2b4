"""Ctrl-C, and the stop button of JupyterLab, between two steps: a step that was begun is finished."""
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Stop:
    """Whether somebody has asked for the end."""

    def __init__(self) -> None:
        self.asked: bool = False


@contextmanager
def stop_between_steps() -> Iterator[Stop]:
    """Within it, the first Ctrl-C is only noted, and the second one interrupts at once, as everywhere in Python.

    An interrupt in the middle of a step would leave some weights with this step and the others without it.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():  # only there can Python be interrupted
        yield stop
        return
    before: dict[int, Any] = {}

    def note(number: int, frame: FrameType | None) -> None:
        stop.asked = True
        put_back()

    def put_back() -> None:
        for interrupt, handler in before.items():
            signal.signal(interrupt, handler)

    for interrupt in (signal.SIGINT, signal.SIGTERM):  # torchrun sends the second one to all processes at its end
        if signal.getsignal(interrupt) is not signal.SIG_IGN:  # as in a script, behind &
            before[interrupt] = signal.signal(interrupt, note) or signal.SIG_DFL
    try:
        yield stop
    finally:
        put_back()
