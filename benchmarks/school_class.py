"""A class that does not exist: notebooks of students who are right, have known misconceptions, or leave dots.

    python benchmarks/school_class.py CLASS --students 30    # 30 × 13 notebooks
    time python -m resnext_edu grade CLASS
"""
import argparse
import random
from pathlib import Path

from resnext_edu.course import course_lessons
from resnext_edu.exercises import Exercise, Prediction, Question, questions
from resnext_edu.exercises.attempts import literal
from resnext_edu.exercises.blank import Blank
from resnext_edu.exercises.prediction import SetPrediction
from resnext_edu.learner.copies import Lesson, answers_of, as_file, learners_copy, parsed, with_answers

NAMES = ("Ada", "Bo", "Chidi", "Dilek", "Emre", "Fatou", "Goran", "Hana", "Ines", "Jun")


def typed(question: Question, luck: random.Random) -> str:
    """A whole cell as a student might leave it."""
    kind = luck.choices(("right", "wrong", "empty"), (6, 3, 1))[0]
    if isinstance(question, Exercise):
        blank = Blank(question.blank)
        wrong = [code for mistake in question.mistakes[:2] for code in mistake.codes]  # what many share comes first
        code = {"right": question.answer, "wrong": luck.choice(wrong), "empty": "..."}[kind]
        return blank.fill(code)
    assert isinstance(question, Prediction)
    choices = list(question.choices)
    if kind == "empty":
        return f"{question.name} = ..."
    if isinstance(question, SetPrediction):
        chosen = luck.sample(choices, luck.randint(1, len(choices)))
        return f"{question.name} = {{{', '.join(map(literal, chosen))}}}"
    return f"{question.name} = {literal(luck.choice(choices))}"


def notebook(lesson: Lesson, asked: dict[str, Question], luck: random.Random) -> Lesson:
    """A learner's copy of a lesson with something in its blanks."""
    copy = learners_copy(lesson)
    return with_answers(copy, {name: typed(asked[name], luck) for name in answers_of(copy) if name in asked})[0]


def main() -> None:
    """Write the class into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--lessons", type=int, nargs="*", default=list(course_lessons()))
    options = parser.parse_args()
    lessons = {number: parsed(course_lessons()[number]) for number in options.lessons}
    for k in range(options.students):
        folder, luck = options.folder / f"{NAMES[k % len(NAMES)]} {chr(65 + k // len(NAMES))}.", random.Random(k)
        folder.mkdir(parents=True, exist_ok=True)
        for number, lesson in lessons.items():
            asked = questions()[f"lesson_{number:02d}"]
            (folder / course_lessons()[number].name).write_bytes(as_file(notebook(lesson, asked, luck)))


if __name__ == "__main__":
    main()
