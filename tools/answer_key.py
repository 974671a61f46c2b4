"""The answer key, for a teacher: `python -m tools.answer_key` writes answer_key.html, or the FILE that is named.

It is made from the banks of questions and from the lessons' own cells, so it can't be out of date. Git ignores it.
It is not in the package and not on the site, because a learner should not meet it by chance.
"""
import sys
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from resnext_edu.course import PACKAGE, course_lessons
from resnext_edu.exercises import Exercise, Prediction, Question, questions
from resnext_edu.exercises.attempts import literal, match, several
from resnext_edu.exercises.comparing import in_words
from resnext_edu.exercises.prediction import SetPrediction
from resnext_edu.grading.carried import of_data
from resnext_edu.grading.truths import truths_of_lesson
from resnext_edu.table import with_code
from tools.teaching import goals

PAGE = Path(__file__).parents[1] / "answer_key.html"
OWN_STYLE = """dl { margin: 0 0 12px; } dt { margin-top: 8px; } dd { margin-left: 24px; }
@media print { dt { break-after: avoid; } nav { display: none; } }"""


def answer_key() -> str:
    """The page: every question, its answer, and the misconceptions that the course knows."""
    lessons = {number: questions()[f"lesson_{number:02}"] for number in course_lessons()}
    titles = {number: f"{number:02} {each.title}" for number, each in goals().items()}
    links = " · ".join(f'<a href="#l{number}">{_text(title)}</a>' for number, title in titles.items())
    parts = []
    for number in tqdm(lessons, desc="lessons", leave=False):
        with torch.enable_grad():  # a lesson may leave gradients off, and the next one trains
            truths = truths_of_lesson(f"lesson_{number:02}")
        entries = (_entry(each, truths) for each in lessons[number].values())
        parts += [f'<h2 id="l{number}">{_text(titles[number])}</h2>', *entries]
    count = sum(map(len, lessons.values()))
    return ('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            f'content="width=device-width"><title>Answer key</title><style>'
            f'{(PACKAGE / "grading/class.css").read_text(encoding="utf-8")}{OWN_STYLE}</style></head><body>'
            f"<h1>Answer key</h1><p class=soft>For teachers: all {count} questions of the course, with the answer and "
            f"with the replies to wrong ones. Keep it out of the learners' folders.</p><nav>{links}</nav>"
            f"{''.join(parts)}</body></html>\n")


def _entry(question: Question, truths: Mapping[str, Any]) -> str:
    if isinstance(question, Exercise):
        asked, content = question.question, _exercise(question)
    elif isinstance(question, Prediction):
        asked, content = question.question, _prediction(question, *truths[question.name])
    else:
        raise TypeError(f"no way is known to write down the answer of {question!r}")
    return f'<section class=question id="{question.name}"><h3>{_text(asked)}</h3>{content}</section>'


def _exercise(question: Exercise) -> str:
    blank = question.judge.blank
    value = "" if blank.is_function or question.cases else in_words(blank.build(question.answer))
    also = " · ".join(f"<code>{escape(code)}</code>" for code in question.also_right)
    mistakes = [(" or ".join(f"<code>{escape(code)}</code>" for code in each.codes),
                 f"{each.misconception}. {each.hint}") for each in question.mistakes]
    return (f"<pre>{escape(blank.fill(question.answer))}</pre>"
            + (f"<p>The value: {_text(value)}</p>" if value else "")
            + (f"<p>Also right: {also}</p>" if also else "") + f"<p>{_text(question.why)}</p>"
            + f"<p class=soft>Hints: {_text(' '.join(question.hints))}</p>" + _list("Misconceptions", mistakes))


def _prediction(question: Prediction, data: Any, why: str) -> str:
    truth = {match(each, question.choices) for each in several(of_data(data))}
    right = ", ".join(literal(choice) for choice in question.choices if choice in truth) or "none of them"
    others = [(f"<code>{escape(literal(choice))}</code>", remark or "No reply of its own.")
              for choice, remark in question.choices.items() if choice not in truth or remark]
    name = "Wrongly chosen, or left out" if isinstance(question, SetPrediction) else "Wrongly chosen"
    return f"<p><b>{_text(right)}</b></p><p>{_text(why)}</p>{_list(name, others)}"


def _list(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{first}</dt><dd>{_text(text)}</dd>" for first, text in pairs)
    return f"<p class=soft>{name}</p><dl>{rows}</dl>" if rows else ""


def _text(text: str) -> str:
    return with_code(escape(text))


def main(arguments: list[str]) -> None:
    """Write it, and say where it is."""
    path = Path(arguments[0]) if arguments else PAGE
    path.write_text(answer_key(), encoding="utf-8")
    print(f"{path}: for you, not for the learners")


if __name__ == "__main__":
    main(sys.argv[1:])
