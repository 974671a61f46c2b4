"""In no copy can an answer of the bank be read off: not as code, and not as a number."""
import ast
import re

import pytest

from resnext_edu.course import course_lessons
from resnext_edu.exercises import Exercise, questions
from resnext_edu.learner.copies import learners_copy, parsed
from resnext_edu.learner.unsolved import tags_of, text_of

LESSONS = course_lessons()
SMALL = 20  # below this, and as a name or a call without anything in it, an answer stands everywhere


def readable(cell):
    """What a learner reads of a cell that he has not opened."""
    if cell["cell_type"] == "code":
        return "" if cell["metadata"].get("jupyter", {}).get("source_hidden") else cell["source"]
    return re.sub(r"<details>.*?</details>", "", cell["source"], flags=re.DOTALL)


def expressions(source):
    return {ast.dump(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr)}


def in_sight(exercise, cells):
    """Where its answer can be read, as a bank writes it or worked out."""
    found = []
    for answer in (exercise.answer, *exercise.also_right):
        tree = ast.parse(answer.strip(), mode="eval").body
        telling = len(answer) > 5 and any(isinstance(node, ast.Name) for node in ast.walk(tree))
        found += [f"{answer!r} in {cell['id']}" for cell in cells if telling and cell["cell_type"] == "code"
                  and ast.dump(tree) in expressions(readable(cell))]
        if not any(isinstance(node, ast.Name) for node in ast.walk(tree)):
            number = eval(answer, {})
            if isinstance(number, int) and number >= SMALL:
                pattern = rf"(?<![\d,.]){number:,}(?![\d,])|(?<![\d,.]){number}(?![\d,])"
                found += [f"{number} in {cell['id']}" for cell in cells if re.search(pattern, readable(cell))]
    return sorted(set(found))


def exercises(number):
    return [question for question in questions()[f"lesson_{number:02d}"].values() if isinstance(question, Exercise)]


@pytest.mark.parametrize("number", LESSONS, ids=lambda number: LESSONS[number].stem)
def test_no_answer_of_the_bank_can_be_read_off(number):
    cells = [cell for cell in learners_copy(parsed(LESSONS[number]))["cells"] if "exercise" not in tags_of(cell)]
    assert {exercise.name: found for exercise in exercises(number) if (found := in_sight(exercise, cells))} == {}


def test_in_the_solved_lessons_many_can():
    """So what is looked for would be found."""
    solved = [exercise.name for number, path in LESSONS.items() for exercise in exercises(number)
              if in_sight(exercise, [cell | {"source": text_of(cell)} for cell in parsed(path)["cells"]])]
    assert {"weights_of_bottleneck", "aggregate", "long_row"} <= {*solved}
