"""The words of the course: each where a lesson prints it in bold at first, with the sentences that define it."""
import re
from collections.abc import Iterator
from typing import NamedTuple

from resnext_edu.course import course_lessons
from resnext_edu.learner.copies import parsed
from resnext_edu.learner.unsolved import REVEAL, SOLVED, tags_of, text_of

BOLD = re.compile(r"\*\*([^*]+)\*\*")
PARAGRAPH = re.compile(r"\n\s*\n|\n(?=[-#|!] ?)")
SENTENCE = re.compile(r"(?<=[.?!])\)?\s+(?=[(*`A-Z0-9])")  # what stands between two of them
LEANS = re.compile(r"(It|Its|Such|This|That)\b")  # such a sentence needs the one before
NO_TERM = {  # bold for another reason: an instruction, a button, a step, a sign in a table, a claim, a name
    "shift + enter", "predict", "split", "transform", "aggregate", "contiguous", "meta", "inception-resnet", "exact",
    "pass", "fail", "skipped", "row", "arm", "pair", "budget", "silenced", "mean", "recipe", "fine-tuning", "slices",
    "1×1 convolution", "the claim", "concatenated", "a chain is as equal as its links"}
NO_TERM_EITHER = re.compile(r"[.:?]$|[→÷+]|^\d|^\(|^Who ")
ONE = {"paths": "path", "stages": "stage", "feature maps": "feature map", "branches": "branch", "logits": "logit",
       "channels": "channel"}
BEST = {"cardinality": 7, "stem": 8}  # where it is said better than at its first use


class Term(NamedTuple):
    """A word of the course.

    Parameters
    ----------
    name : str
        As it stands in the lesson, in the singular.
    said : str
        The sentences that define it, in Markdown.
    lesson : int
        Which lesson says it.
    """

    name: str
    said: str
    lesson: int


def terms() -> list[Term]:
    """Every term, in the order of the alphabet. What stands in a folded cell could be an answer, and stays out."""
    found: dict[str, Term] = {}
    for number, path in course_lessons().items():
        for cell in parsed(path)["cells"]:
            if cell["cell_type"] != "markdown" or cell.get("id") in (SOLVED, "opening") or REVEAL in tags_of(cell):
                continue
            for bold, said in defined(text_of(cell)):
                name = ONE.get(bold.lower(), bold if bold[1:] != bold[1:].lower() else bold.lower())
                if name.lower() not in NO_TERM and BEST.get(name, number) == number:
                    found.setdefault(name.lower(), Term(name, said, number))
    return [found[name] for name in sorted(found)]


def defined(text: str) -> Iterator[tuple[str, str]]:
    """Each word that is bold in a cell's text, with the sentence around it and those that lean on it.

    Examples
    --------
    >>> list(defined("It learns. Such a step is a **jump**. It is long. Then it rests."))
    [('jump', 'It learns. Such a step is a **jump**. It is long.')]
    """
    for paragraph in PARAGRAPH.split(text):
        sentences = SENTENCE.split(" ".join(paragraph.removeprefix("- ").split()))
        for place, sentence in enumerate(sentences):
            for name in BOLD.findall(sentence):
                if not NO_TERM_EITHER.search(name) and not paragraph.startswith(("#", "|", "!")):
                    yield name, _whole(sentences, place)


def _whole(sentences: list[str], place: int) -> str:
    start = place - 1 if place and LEANS.match(sentences[place]) else place
    end = place + 1
    while end < len(sentences) and LEANS.match(sentences[end]) and not sentences[end].endswith(":"):
        end += 1
    return re.sub(r":$", ".", " ".join(sentences[start:end]))
