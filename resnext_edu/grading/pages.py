"""The two pages for a teacher: what a class has misunderstood, which names nobody, and who has answered what."""
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

from resnext_edu.course import course_lessons
from resnext_edu.exercises import Exercise, questions
from resnext_edu.exercises.verdict import NOT_ATTEMPTED, RIGHT, UNCLEAR, VERDICTS, WRONG
from resnext_edu.grading.judging import COULD_NOT_RUN
from resnext_edu.grading.misunderstood import (
    Misconception,
    QuestionOfClass,
    misunderstood,
    most_left_open,
    most_misunderstood,
)
from resnext_edu.grading.school_class import SchoolClass
from resnext_edu.grading.to_show import to_show
from resnext_edu.learner.copies import parsed
from resnext_edu.learner.unsolved import text_of
from resnext_edu.table import with_code
from resnext_edu.words import plural

STATUS_SIGNS = {**{status: words.partition(" ")[0] for status, (words, _) in VERDICTS.items()}, COULD_NOT_RUN: "■"}
INK = {RIGHT: "", WRONG: "open", UNCLEAR: "open", COULD_NOT_RUN: "open", NOT_ATTEMPTED: "pale"}  # of a bar
NAMED_BY = "abcdefghijklmnopqrstuvwxyz"
CLASS_PAGE, TABLE_PAGE = "class.html", "table.html"


def class_page(everybody: SchoolClass) -> str:
    """What to begin the next lesson with; nobody is named, so it can be shown to the class."""
    found = misunderstood(everybody)
    last = everybody.lessons[-1] if everybody.lessons else ""
    newest_first = everybody.lessons[::-1]
    ways = " ".join(f'<a href="#{lesson}">{_number(lesson)}</a>' for lesson in newest_first)
    lessons = "".join(f'<h2 id="{lesson}">{_text(_title(lesson))}</h2>'
                      + "".join(_question(each) for each in found if each.lesson == lesson)
                      for lesson in newest_first)
    content = (f"<h1>What the class has misunderstood</h1><p class=soft>{_about(everybody)} Nobody is named here. "
               f'<span class=screen>Who answered what: <a href="{TABLE_PAGE}">the table</a>.</span></p>'
               + (f"<nav class=screen>Lesson {ways}</nav>" if len(everybody.lessons) > 1 else "")
               + (_begin([each for each in found if each.lesson == last], last) if last else "")
               + (lessons or "<p>No lesson was handed in.</p>"))
    return _page("What the class has misunderstood", content)


def _begin(found: Sequence[QuestionOfClass], lesson: str) -> str:
    """What most have misunderstood in a lesson, and what most have left open."""
    cards = "".join(f"<li><p class=share>{len(each.students)}<small>of {question.answered} who tried</small>"
                    f"<small>{question.counts[NOT_ATTEMPTED]} did not try</small></p>"
                    f'<div><p class=soft><a href="#{escape(question.name)}">{_text(question.text)}</a></p>'
                    f"<p class=lead>{_text(_upper(each.label))}</p><p>{_text(each.reply)}</p>"
                    f"{_to_show(question)}{_answer(question)}</div></li>"
                    for question, each in most_misunderstood(found, lesson))
    left = "; ".join(f'<a href="#{escape(each.name)}">{_text(each.text)}</a> ({each.counts[NOT_ATTEMPTED]} of '
                     f"{sum(each.counts.values())})" for each in most_left_open(found))
    return ((f"<h2>Begin the next lesson with this, from lesson {_number(lesson)}</h2>"
             "<p class=soft>Ask the question again, let everybody answer, and then give the reply. What is right "
             f"stands behind <em>The answer, and why</em>.</p><ol class=begin>{cards}</ol>" if cards else "")
            + (f"<p><strong>Most often left open:</strong> {left}</p>" if left else ""))


def table_page(everybody: SchoolClass) -> str:
    """Student × question, lesson by lesson, with the files from which nothing could be taken."""
    found = misunderstood(everybody)
    lessons = "".join(_lesson_table(everybody, lesson, [each for each in found if each.lesson == lesson])
                      for lesson in everybody.lessons)
    troubled = "".join(f"<li>{escape(file.name)} ({escape(file.student)}): {_text(result.trouble)}</li>"
                       for file, result in everybody.troubled)
    signs = " · ".join(f"{STATUS_SIGNS[status]} {status}" for status in INK)
    content = (f"<h1>Who has answered what</h1><p class=soft>{_about(everybody)} "
               f'<span class=screen>What was misunderstood: <a href="{CLASS_PAGE}">the page for the class</a>.'
                f"</span></p>"
               f"<p class=soft>{signs} · empty: not handed in. A letter says what was misunderstood; it is explained "
               f"below its table. A number at the head of a column is that of the question.</p>"
               f"{_overview(everybody)}{lessons}"
               + (f"<h2>Files from which nothing could be taken</h2><ul>{troubled}</ul>" if troubled else "")
               + f"<h2>How it was graded</h2><p>{escape(_how(everybody))}</p>")
    return _page("Who has answered what", content, "wide")


def _question(question: QuestionOfClass) -> str:
    rows = "".join(_misconception(each, question) for each in question.misconceptions)
    return (f'<section class=question id="{escape(question.name)}"><h3>{_text(question.text)}</h3>{_how_many(question)}'
            + (f"<ul class=misconceptions>{rows}</ul>" if rows else "")
            + f"{_to_show(question)}{_answer(question)}</section>")


def _to_show(question: QuestionOfClass) -> str:
    place = to_show(question.lesson)[question.name]
    sight = f", and {place.sight}" if place.sight else ""
    return (f"<p class=soft>To show: lesson {_number(question.lesson)}, <em>{_text(place.section)}</em>{_text(sight)}"
            "</p>")


def _how_many(question: QuestionOfClass) -> str:
    total, x, bars = max(sum(question.counts.values()), 1), 0.0, ""
    for status, count in question.counts.items():
        if count:
            width = 198 * count / total
            bars += f'<rect x="{1 + x:.1f}" y="1" width="{width:.1f}" height="10" class="{INK[status]}"></rect>'
            x += width
    words = " ".join(f"<span>{STATUS_SIGNS[status]} <b>{count}</b> {status}</span>"
                     for status, count in question.counts.items() if count)
    return f'<div class=how><svg viewBox="0 0 200 12" aria-hidden=true>{bars}</svg>{words}</div>'


def _misconception(each: Misconception, question: QuestionOfClass) -> str:
    typed = ", ".join(f"<code>{escape(text)}</code>" for text in each.typed[:4])
    more = f" and {len(each.typed) - 4} more" if len(each.typed) > 4 else ""
    chosen = each.label.startswith(("predicted ", "chose ", "left out "))  # so the label says what was typed
    return (f"<li><p class=count>{len(each.students)}<small> of {question.answered} who tried</small></p>"
            f"<div><p class=lead>{_text(_upper(each.label))}</p><p>{_text(each.reply)}</p>"
            + (f"<p class=soft>Typed: {typed}{more}</p>" if typed and not chosen else "") + "</div></li>")


def _answer(question: QuestionOfClass) -> str:
    """What is right, behind a line that opens it: the page may be shown to those who are still to find out."""
    asked = questions()[question.lesson][question.name]
    inside = f"<p>{_text(question.truth)}</p>" if question.truth else ""
    if isinstance(asked, Exercise):
        inside = (f"<pre>{escape(asked.judge.blank.fill(asked.answer))}</pre><p>{_text(asked.why)}</p>"
                  + "".join(f"<p>Hint: {_text(hint)}</p>" for hint in asked.hints))
    return f"<details><summary>The answer, and why</summary>{inside}</details>" if inside else ""


def _upper(label: str) -> str:
    return label[:1].upper() + label[1:]


def _overview(everybody: SchoolClass) -> str:
    """How many of each lesson's questions each student has right."""
    if len(everybody.lessons) < 2:
        return ""
    head = "".join(f"<th class=n scope=col>{_number(lesson)}</th>" for lesson in everybody.lessons)
    rows = ""
    for student in everybody.students:
        cells = ""
        for lesson in everybody.lessons:
            right = everybody.right(student, lesson)
            cells += f"<td class=n>{'' if right is None else f'{right} of {len(questions()[lesson])}'}</td>"
        rows += f"<tr><th scope=row>{escape(student)}</th>{cells}</tr>"
    return (f"<h2>Right, by lesson</h2><div class=scroll tabindex=0><table><thead><tr><th scope=col>student</th>{head}"
            f"</tr></thead><tbody>{rows}</tbody></table></div>")


def _lesson_table(everybody: SchoolClass, lesson: str, found: Sequence[QuestionOfClass]) -> str:
    letters = {question.name: {each.label: NAMED_BY[k] if k < len(NAMED_BY) else "…"
                               for k, each in enumerate(question.misconceptions)} for question in found}
    head = "".join(f'<th class=n scope=col title="{escape(question.text)}">{k}</th>' for k, question in
                   enumerate(found, 1))
    rows = "".join(f"<tr><th scope=row>{escape(student)}</th>"
                   + "".join(_cell(everybody, student, question.name, letters[question.name]) for question in found)
                   + "</tr>" for student in everybody.students)
    feet = "".join(f"<td class=n>{question.counts[RIGHT]}</td>" for question in found)
    legend = "".join(f"<li><strong>{_text(question.text)}</strong> <code>{question.name}</code><ul>"
                     + "".join(f"<li>{letters[question.name][each.label]}: {_text(each.label)} "
                               f"({len(each.students)})</li>" for each in question.misconceptions)
                     + "</ul></li>" for question in found)
    return (f"<h2>{_text(_title(lesson))}</h2><div class=scroll tabindex=0><table><thead><tr>"
            f"<th scope=col>student</th>{head}</tr></thead><tbody>{rows}</tbody><tfoot><tr><th scope=row>right</th>"
            f"{feet}</tr></tfoot></table></div><ol class=legend>{legend}</ol>")


def _cell(everybody: SchoolClass, student: str, question: str, letters: dict[str, str]) -> str:
    answer = everybody.answers.get((student, question))
    if answer is None:
        return "<td class=n></td>"
    marks = " ".join(sorted(letters[label] for label, _ in answer.found))
    kind = {WRONG: " wrong", NOT_ATTEMPTED: " none"}.get(answer.status, "")
    return (f'<td class="n{kind}" title="{escape(answer.typed)}">{STATUS_SIGNS[answer.status]}<span class=unseen> '
            f"{answer.status}</span> {marks}</td>")


def _about(everybody: SchoolClass) -> str:
    return (f"{plural(len(everybody.students), 'student')}, {plural(len(everybody.files), 'notebook')}, "
            f"{plural(len(everybody.lessons), 'lesson')}.")


def _how(everybody: SchoolClass) -> str:
    walls = [set(result.walls) for _, result in everybody.files if not result.trouble]
    standing = set.intersection(*walls) if walls else set()
    words = {"network": "no network", "disks": "read-only disks", "processes": "no sight of other processes"}
    there = [text for wall, text in words.items() if wall in standing]
    missing = [text for wall, text in words.items() if wall not in standing]
    return ("Each answer was taken from its cell and run again, each notebook in a process of its own, with limits on "
            f"time and memory{''.join(f', {text}' for text in there)}. The best answer counts where there are several."
            + (f" This system does not allow: {', '.join(missing)}." if missing and walls else ""))


@cache
def _title(lesson: str) -> str:
    """A lesson's first heading."""
    cells = parsed(course_lessons()[int(_number(lesson))])["cells"]
    return next(match[1] for cell in cells if (match := re.search(r"^# (.+)", text_of(cell), re.MULTILINE)))


def _number(lesson: str) -> str:
    return lesson.removeprefix("lesson_")


def _text(text: str) -> str:
    return with_code(escape(text))


def _page(title: str, content: str, kind: str = "") -> str:
    style = (Path(__file__).parent / "class.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv='
            f"\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'\">\n"
            f'<meta name="viewport" content="width=device-width">\n<title>{escape(title)}</title>\n'
            f'<style>{style}</style>\n</head>\n<body class="{kind}">\n<main>\n{content}\n</main>\n</body>\n</html>\n')


def all_pages(everybody: SchoolClass) -> Iterable[tuple[str, bytes]]:
    """Name → content of each file that a teacher gets."""
    yield CLASS_PAGE, class_page(everybody).encode("utf-8", "replace")
    yield TABLE_PAGE, table_page(everybody).encode("utf-8", "replace")
    yield "table.csv", everybody.to_csv().encode("utf-8-sig", "replace")  # the mark tells Excel that it is UTF-8
