"""What a proof found: as data, as text, and as HTML with the same words."""
from collections import Counter
from dataclasses import asdict, dataclass
from html import escape
from textwrap import wrap
from typing import Any

from resnext_edu.errors import NotEquivalentError, UnknownNameError, nearest_name
from resnext_edu.findings import EVAL, EXACT, FAIL, PASS, SKIPPED, STATUSES, TRAIN, VACUOUS, Finding, Status
from resnext_edu.table import Badge, Mark, Table
from resnext_edu.words import plural

NOTHING_TO_MOVE = "no weight has two numbers that could change places, so nothing could be made wrong on purpose"


def cannot_tell(shape: tuple[int, ...]) -> str:
    """The detail of a finding that is VACUOUS, because nobody noticed the control with weights of this shape."""
    return f"the control, with every weight of shape {shape} moved on by one place, was not noticed: so this can't " \
           "tell right from wrong (are these weights all equal, or do they not reach the output, as before a " \
           "BatchNorm of zeros? If not, try another seed or a larger input)"


@dataclass(frozen=True, repr=False)
class ShortReport(Badge):
    """The title of a report with its sign, in one line.

    Parameters
    ----------
    title : str
        See `EquivalenceReport.title`.
    status : str
        The status whose sign and frame it has.

    Examples
    --------
    >>> ShortReport("Not the same function: 3 of 7 findings fail, 3 skipped", "FAIL")
    ✕ Not the same function: 3 of 7 findings fail, 3 skipped
    """

    title: str
    status: str

    @property
    def mark(self) -> Mark:
        """The sign and the frame of its status."""
        return Status(self.status).mark

    def __str__(self) -> str:
        return f"{self.mark.glyph} {self.title}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.html()


@dataclass(frozen=True, repr=False)
class EquivalenceReport:
    """The findings of `prove_equivalent`, strongest first.

    Attributes
    ----------
    findings : tuple of Finding
    left, right : str
        The names of the two modules' classes.
    input_size : tuple of int
        The shape of the random batch, (N, C, H, W) for a block.
    seed : int
        Of all random numbers: the same seed gives the same report.
    notes : tuple of str
        What a reader has to know to judge the findings.
    float32 : float or None
        For information: how much the outputs differ in float32 and eval mode, relative to the largest one. None if
        this can't be measured.
    batch : str
        What else went in than one tensor, as arguments of `prove_equivalent`. Then `input_size` is how many random
        numbers were drawn for it.
    links : tuple of Finding
        If the exact question was asked link by link: one finding for each link, in their order.
    """

    findings: tuple[Finding, ...]
    left: str
    right: str
    input_size: tuple[int, ...]
    seed: int
    notes: tuple[str, ...] = ()
    float32: float | None = None
    batch: str = ""
    links: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there is at least one PASS, and no FAIL, VACUOUS or ERROR."""
        found = {finding.status for finding in self.findings}
        return PASS in found and found <= {PASS, SKIPPED}

    def __bool__(self) -> bool:
        raise TypeError("a report is neither true nor false: a finding may be skipped; ask for report.passed")

    def __getitem__(self, name: str) -> Finding:
        """The finding of this name: ``report["exact"]``.

        Raises
        ------
        UnknownNameError
            If no finding has this name; the error offers the nearest.
        """
        findings = {finding.name: finding for finding in self.findings}
        if name not in findings:
            raise UnknownNameError(nearest_name("finding", name, list(findings)))
        return findings[name]

    def raise_if_failed(self) -> None:
        """Raise an error if the report did not pass.

        Raises
        ------
        NotEquivalentError
            With the findings that did not pass.
        """
        if not self.passed:
            bad = [f for f in self.findings if f.status not in (PASS, SKIPPED)] or self.findings
            found = "; ".join(f"{f.name}: {f.status}, {f.result}" for f in bad)
            raise NotEquivalentError(f"{self.title} ({found}); print the report to see what was done")

    @property
    def title(self) -> str:
        """The verdict in one line."""
        count = Counter(finding.status for finding in self.findings)
        skipped = f", {count[SKIPPED]} skipped" if count[SKIPPED] else ""
        if self.passed:
            return f"The same function: {self._of(count[PASS], 'pass', 'passes')}{skipped}"
        if count[FAIL]:
            what = "Equal in eval mode only" if self._only_in_eval_mode else "Not the same function"
            return f"{what}: {self._of(count[FAIL], 'fail', 'fails')}{skipped}"
        return f"Nothing proved: {', '.join(f'{count[s]} {s}' for s in STATUSES if count[s])}"

    def _of(self, count: int, do: str, does: str) -> str:
        """How many findings do it; a single one has a name."""
        first, *others = self.findings
        return f"{count} of {len(self.findings)} findings {do}" if others else f"{first.name} {does}"

    @property
    def _only_in_eval_mode(self) -> bool:
        """Whether they are equal as long as nobody trains them, such as a network whose BatchNorms have been folded."""
        status = {finding.name: finding.status for finding in self.findings}
        return status.get(EVAL) == PASS and status.get(TRAIN) == FAIL and status.get(EXACT, SKIPPED) in (PASS, SKIPPED)

    @property
    def short(self) -> "ShortReport":
        """The verdict in one line, to be looked at: the last line of a cell, or a cell of a `Table`."""
        found = {finding.status for finding in self.findings}
        return ShortReport(self.title, PASS if self.passed else FAIL if FAIL in found else VACUOUS)

    @property
    def question(self) -> str:
        """What was asked, as a call."""
        batch = self.batch or f"input_size={self.input_size}"
        return f"prove_equivalent({self.left}, {self.right}, {batch}, seed={self.seed})"

    def _table(self) -> Table:
        return Table(
            headers=("status", "finding", "measured", "what was done"),
            rows=tuple((Status(f.status), f.name, f.result, f.told) for f in self.findings),
            caption=self.title,
            row_header=1,
        )

    def _links(self) -> tuple[Table, ...]:
        """A table of all links, if there are any."""
        return () if not self.links else (Table(
            headers=("status", "link", "measured", "what was done"),
            rows=tuple((Status(f.status), f.name, f.result, f.told) for f in self.links),
            caption=f"The chain, link by link: {plural(len(self.links), 'link')}",
            row_header=1,
        ),)

    def text(self, width: int = 100) -> str:
        """The report in a fixed-width font; no line has more than `width` letters."""
        notes = (line for note in self.notes for line in wrap(f"Note: {note}", width))
        tables = (table.text(width) for table in (self._table(), *self._links()))
        return "\n".join([*wrap(self.question, width, subsequent_indent="    "), *tables, *notes])

    def __repr__(self) -> str:
        return self.text()

    def html(self) -> str:
        """The same as HTML, all of it escaped."""
        notes = "".join(f"<p>Note: {escape(note)}</p>" for note in self.notes)
        tables = "".join(table.html() for table in (self._table(), *self._links()))
        return f"<p><code>{escape(self.question)}</code></p>{tables}{notes}"

    def _repr_html_(self) -> str:
        return self.html()

    def to_dict(self) -> dict[str, Any]:
        """The whole report as plain data for JSON, with the raw numbers, "passed" and "title"."""
        data = {"passed": self.passed, "title": self.title, **asdict(self)}
        for left_out in ("batch", "links"):
            if not data[left_out]:
                del data[left_out]
        return data
