"""What a proof asks and what it may answer: the names of its findings, and the five statuses."""
from collections.abc import Mapping
from dataclasses import dataclass

from resnext_edu.errors import check_name
from resnext_edu.table import Badge, Mark

EXACT, EVAL, TRAIN, INPUT_GRADIENT, PARAMETER_GRADIENTS, BUFFERS, TRAINING = FINDINGS = (
    "exact", "output (eval)", "output (train)", "input gradient", "parameter gradients", "buffers", "training")
PASS, FAIL, SKIPPED, VACUOUS, ERROR = "PASS", "FAIL", "SKIPPED", "VACUOUS", "ERROR"

STATUSES: Mapping[str, Mark] = {
    PASS: Mark("✓", "solid", 2),
    FAIL: Mark("✕", "solid", 2, filled=True),
    SKIPPED: Mark("–", "dashed", 2),  # the question could not be asked here
    VACUOUS: Mark("∅", "dotted", 2),  # it would have passed a wrong block, too
    ERROR: Mark("!", "double", 4),  # a module raised, or gave NaN
}


@dataclass(frozen=True)
class Status(Badge):
    """A status as the cell of a table.

    Parameters
    ----------
    word : str
        PASS, FAIL, SKIPPED, VACUOUS or ERROR.

    Raises
    ------
    ConfigError
        If `word` is not one of these five.

    Examples
    --------
    >>> print(Status("PASS"))
    ✓ PASS
    """

    word: str

    def __post_init__(self) -> None:
        check_name("status", self.word, STATUSES)

    @property
    def mark(self) -> Mark:
        """Its glyph and its frame."""
        return STATUSES[self.word]

    def __str__(self) -> str:
        return f"{self.mark.glyph} {self.word}"


@dataclass(frozen=True)
class Finding:
    """One question that a proof asked about both modules, and the answer.

    Attributes
    ----------
    name : str
        The question: one of `FINDINGS`. For a link of a chain, its place, such as "layer3.4".
    status : str
        ``PASS``, ``FAIL``, ``SKIPPED`` (the question could not be asked here), ``VACUOUS`` (a wrong block would
        have passed, too) or ``ERROR`` (a module raised, or gave NaN).
    measured : float or None
        For ``exact`` the number of outputs that differ; for the others the largest difference, divided by the
        largest number compared. None if nothing was measured.
    allowed : float or None
        The largest `measured` that passes.
    detail : str
        What was done, and the reason for the status.
    where : str
        If it fails: the output, or the parameter or buffer, at which the difference is greatest, such as
        ``output[0, 3, 5, 5]``; or ''.
    once_in : int or None
        If ``exact`` passes: two functions that differ would pass at most once in so many proofs. None if no bound is
        known.
    """

    name: str
    status: str
    measured: float | None
    allowed: float | None
    detail: str
    where: str = ""
    once_in: int | None = None

    @property
    def told(self) -> str:
        """The detail, and where the difference is greatest."""
        return f"{self.detail}; the greatest difference is at {self.where}" if self.where else self.detail

    @property
    def result(self) -> str:
        """`measured` in words. It hides a rounding error that passed, since every CPU has its own."""
        if self.measured is None:
            return "–"
        if self.allowed == 0:
            return f"{self.measured:,.0f} differ"
        if self.status == FAIL:
            return f"{self.measured:.2g} > {self.allowed:g}"
        return f"≤ {self.allowed:g}"
