"""A line that says how far something is, in a terminal and in JupyterLab."""
import os
from typing import Any

from tqdm.auto import tqdm


def progress_bar(total: int, unit: str, *, shown: bool, done: int = 0, what: str = "") -> Any:
    """Tqdm's line, as a context; TQDM_DISABLE=1 hides it in JupyterLab, too, where tqdm does not look at it.

    Parameters
    ----------
    total : int
        How many there are.
    unit : str
        Of what, such as "step".
    shown : bool
    done : int
        How many are done already.
    what : str
        What is done, in front of the line.
    """
    hidden = not shown or os.environ.get("TQDM_DISABLE", "0") not in {"", "0"}
    return tqdm(desc=what or None, total=total, initial=done, unit=unit, dynamic_ncols=True, disable=hidden)
