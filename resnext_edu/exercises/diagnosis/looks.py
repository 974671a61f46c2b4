"""What an attempt looks like, in words."""
from typing import NamedTuple


class Reading(NamedTuple):
    """What an attempt looks like.

    Parameters
    ----------
    misconception : str
        It completes the sentence "This looks like: …".
    hint : str
        Whole sentences.
    """

    misconception: str
    hint: str
