"""Any answer to a prediction gets a verdict, never a traceback."""
import html
import re
import sys
from dataclasses import FrozenInstanceError
from fractions import Fraction
from itertools import permutations

import numpy
import pytest
import torch

from resnext_edu import exercises
from resnext_edu.errors import ConfigError
from resnext_edu.exercises import Verdict, check, questions
from resnext_edu.exercises.attempts import match
from resnext_edu.exercises.prediction import predict, predict_set
from resnext_edu.exercises.verdict import VERDICTS

FINDINGS = {"exact": "", "output (eval)": "Eval mode uses the stored statistics.", "output (train)": "", "buffers": ""}
BLANK = "– not attempted yet: replace the three dots with your answer and run both cells."


@predict("How wide is a path?", {4: "", 8: "8 is the second stage.", 128: ""})
def width():
    return 4, "The first convolution puts out 4 channels."


@predict("Is it one function?", {True: "", False: "Look again."})
def one_function():
    return True, "The proof passed."


@predict("Which is it?", {"as many": "", "<b>more</b>": "1 < 2 & `a<b`"})
def markup():
    return "as many", "<script>alert(1)</script>"


@predict_set("Which findings see it?", FINDINGS)
def who_sees_it(report):
    return {name for name, status in report.items() if status == "FAIL"}, f"{len(report)} findings were asked."


REPORT = {"exact": "PASS", "output (eval)": "FAIL", "output (train)": "FAIL", "buffers": "SKIPPED"}


class Hostile:
    """A learner's object on which everything fails."""

    def __repr__(self):
        raise RuntimeError("no repr")

    __str__ = item = tolist = __eq__ = __hash__ = __iter__ = __getattr__ = __repr__


class HostileNumber(int):
    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = __format__ = __str__ = __repr__ = __eq__

# ------------------------------------------------------------------ one choice


def test_a_blank_does_not_work_out_the_truth():
    @predict("?", {"yes": ""})
    def never():
        raise AssertionError("the truth was worked out for a blank")

    assert (never(...).status, never().status) == ("not attempted", "not attempted")
    assert never(...).text() == BLANK + '\nOne of: "yes".'
    assert never("no").status == "not understood"  # neither for what is no answer


@pytest.mark.parametrize("answer", [
    4, 4.0, "4", numpy.int64(4), numpy.float32(4), numpy.array(4), torch.tensor(4), torch.tensor(4.0), Fraction(8, 2)])
def test_a_number_is_a_number_whatever_carries_it(answer):
    assert width(answer).text() == ("✓ right: You predicted 4, and so it is.\n"
                                    "The first convolution puts out 4 channels.")


@pytest.mark.parametrize(("answer", "remark"), [(8, "8 is the second stage."), (128, "")])
def test_a_wrong_choice_tells_what_is_behind_it_and_what_is_true(answer, remark):
    why = "The first convolution puts out 4 channels."
    assert width(answer) == Verdict("wrong", f"You predicted {answer}; it is 4.", (why,), remark)
    assert width(answer).text().splitlines()[1:] == [*filter(None, [remark]), why]


@pytest.mark.parametrize(("answer", "status"), [
    (True, "right"), (numpy.bool_(True), "right"), (torch.tensor(True), "right"), ("true", "right"), (False, "wrong"),
    (1, "not understood"), (0, "not understood"), ("yes", "not understood"),
])
def test_true_is_not_one(answer, status):
    assert one_function(answer).status == status


def test_true_is_no_width():
    assert width(True).status == "not understood"


@pytest.mark.parametrize("answer", ["as many", "As Many ", "as\nmany", numpy.str_("AS MANY")])
def test_case_and_spaces_do_not_matter(answer):
    assert markup(answer).status == "right"


NO_ANSWERS = [
    (None, "None"), (5, "5"), (float("nan"), "nan"), (torch.tensor(float("nan")), "nan"), (2 + 3j, "(2+3j)"),
    (len, "a value of type `builtin_function_or_method`"), (lambda: 4, "a value of type `function`"),
    ([4], "a value of type `list`"), ({4}, "a value of type `set`"), (b"4", "a value of type `bytes`"),
    (torch.tensor([4, 4]), "a value of type `Tensor`"), (torch.empty(1, device="meta"), "a value of type `Tensor`"),
    (numpy.array([4, 4]), "a value of type `ndarray`"), (int, "a value of type `type`"),
    (Hostile(), "a value of type `Hostile`"), (HostileNumber(4), "this value"),
    ("x y " * 100, '"' + "x y " * 14 + 'x …"'),
]


@pytest.mark.parametrize(("answer", "shown"), NO_ANSWERS, ids=[shown for _, shown in NO_ANSWERS])
@pytest.mark.parametrize("question", [width, who_sees_it], ids=["one", "set"])
def test_what_is_no_answer_gets_the_choices(question, answer, shown):
    verdict = question(answer, *([REPORT] if question is who_sees_it else []))
    assert verdict.status == "not understood"
    assert verdict.details[-1].startswith(question.ask + ": ")
    if question is width:
        assert (verdict.message, verdict.details) == (f"{shown} is not one of the choices.", ("One of: 4, 8, 128.",))


@pytest.mark.parametrize(("question", "answer", "says"), [
    (width, None, "a guess costs nothing"), (width, 7, "7 lies between 4 and 8"), (width, 3, "3 is below every number"),
    (width, 4.5e9, "is above every number"), (width, True, "yes or no"), (width, "four", "Write it without quotes"),
    (width, [4], "without brackets"), (width, [4, 8], "Several answers"), (one_function, 1, "`True` or `False`"),
    (one_function, "yes", "`True` or `False`"), (markup, 3, "the choices are words"), (markup, "as manny", "Own words"),
    (who_sees_it, 2, "not how many"), (who_sees_it, {"evil"}, "Own words"), (width, len, ""), (width, float("nan"), ""),
])
def test_what_is_no_choice_is_told_why_and_nothing_is_offered(question, answer, says):
    """What is near by its letters may be the opposite, another number, or the right answer."""
    verdict = question(answer, *([REPORT] if question is who_sees_it else []))
    assert verdict.status == "not understood"
    assert says in verdict.misconception
    assert (says == "") == (verdict.misconception == "")
    assert "Did you mean" not in verdict.text()


def test_a_choice_is_understood_as_a_person_would():
    questions = predict("?", {"about 6": "", "2 and 3": "", "1×100d": "", "about 30 % more": "", "it doubles": "",
                              "only torchinfo's": "", "layer4": "", 32: ""})(lambda: ("layer4", ""))
    for answer, choice in {"6": "about 6", 32 ** 0.5: "about 6", (2, 3): "2 and 3", "2, 3": "2 and 3", "1x100d": "1×100d",
                           "30% more.": "about 30 % more", "doubles": "it doubles", "only torchinfo’s": "only torchinfo's",
                           }.items():
        assert questions(answer).message == f'You predicted "{choice}"; it is "layer4".'
    assert questions(" Layer 4. ").status == "right"
    assert questions("about 32").status == questions("60").status == questions("3 and 2").status == "not understood"


@pytest.mark.parametrize(("attempt", "said"), [("none", set()), ("None of them.", set()), ("neither", set()), ("all", {*FINDINGS}),
                                               ("all of them", {*FINDINGS})])
def test_none_and_all_are_sets_too(attempt, said):
    assert who_sees_it(attempt, REPORT) == who_sees_it(said, REPORT)


@pytest.mark.parametrize(("answer", "choices", "meant"), [
    ("the same", ["about the same", "longer"], "about the same"), ("neither of them", ["both", "neither"], "neither"),
    ("30 percent more", ["less", "about 30 % more"], "about 30 % more"), ("ResNet50", ["ResNet-50", "VGG"], "ResNet-50"),
    ("they don't load", ["the weights do not load", "do not load"], "do not load"), (-5, [5], None),
    (False, ["yes", "no"], "no"), (True, ["yes", "no"], "yes"), (True, ["both", "neither"], None), (1, ["yes", "no"], None),
])
def test_small_words_and_other_spellings_do_not_matter(answer, choices, meant):
    assert match(answer, choices) == meant


@pytest.mark.parametrize("parts", permutations(["weights", "code", "settings"]))
def test_a_set_for_a_choice_with_an_and_has_no_order(parts):
    """The order of a set is another one in each kernel, so the verdict must not depend on it."""
    class Ordered(set):
        __iter__ = lambda self: iter(parts)  # noqa: E731

    assert match(Ordered(parts), ["weights", "weights, code and settings"]) == "weights, code and settings"


def test_of_several_names_the_one_that_is_no_choice_is_told():
    assert who_sees_it(["exact", "buffer", "nothing"], REPORT).message == '"buffer" is not one of the choices.'


def test_what_becomes_of_the_choices_afterwards_does_not_change_the_question():
    choices = {"yes": "", "no": ""}
    question = predict("?", choices)(lambda: ("yes", "Why."))
    choices.clear()
    assert question("yes").status == "right"


def test_the_stop_button_while_the_truth_is_worked_out_gives_a_verdict():
    @predict("?", {"yes": ""})
    def slow():
        raise KeyboardInterrupt

    assert slow("yes").status == "stopped"


def test_a_truth_outside_of_the_choices_is_the_authors_error():
    @predict("?", {"yes": "", "no": ""})
    def broken():
        return "perhaps", ""

    with pytest.raises(ConfigError, match=r'the truth of broken, "perhaps", is not one of its choices. One of: "yes"'):
        broken("yes")


@pytest.mark.parametrize(("given", "words"), [((), "nothing"), ((None,), "None")])
def test_without_what_the_lessons_cell_gives_the_way_out_is_told(given, words):
    @predict("?", {3: "", 7: ""})
    def findings(report):
        return len(report), ""

    with pytest.raises(ConfigError) as error:
        findings(3, *given)
    text = str(error.value)
    assert text.startswith(f"check.findings got {words} beside the answer, and can't work out the truth from it (TypeError: ")
    assert text.endswith("); run the lesson's cells from its start")

# ------------------------------------------------------------------ a set of choices


@pytest.mark.parametrize("container", [set, frozenset, list, tuple, numpy.array, dict.fromkeys])
def test_a_set_may_be_any_collection_in_any_order(container):
    verdict = who_sees_it(container(["output (train)", "Output (eval)"]), REPORT)
    assert verdict == Verdict("right", 'You predicted "output (eval)" and "output (train)", and so it is.',
                              ("4 findings were asked.",))


def test_a_set_is_told_what_was_right_missed_and_too_many():
    verdict = who_sees_it({"exact", "buffers", "output (train)"}, REPORT)
    assert verdict.text(width=200).splitlines() == [
        '✕ wrong: You predicted "exact", "output (train)" and "buffers"; it is "output (eval)" and "output (train)".',
        'Right: "output (train)".',
        'Missed: "output (eval)". Eval mode uses the stored statistics.',
        'Too many: "exact".',
        'Too many: "buffers".',
        "4 findings were asked.",
    ]


def test_what_was_right_needs_no_remark():
    remarks = who_sees_it({"output (eval)"}, REPORT).misconception.splitlines()
    assert remarks == ['Right: "output (eval)".', 'Missed: "output (train)".']


def test_one_name_alone_is_a_set_of_one():
    assert who_sees_it("exact", {"exact": "FAIL"}).status == "right"
    assert who_sees_it("exact", REPORT).misconception.startswith("Missed: ")


def test_the_empty_set_is_an_answer():
    assert who_sees_it(set(), {"exact": "PASS"}).message == "You predicted none of them, and so it is."
    assert who_sees_it([], {"exact": "FAIL"}).message == 'You predicted none of them; it is "exact".'


@pytest.mark.parametrize("answer", [..., {...}, [...], {"exact", ...}])
def test_dots_in_a_set_are_a_blank(answer):
    assert who_sees_it(answer, REPORT).text().startswith(BLANK + "\nA set of any of these, or an empty one: ")

# ------------------------------------------------------------------ the verdict


def all_verdicts():
    answers = [..., "as many", "<b>more</b>", "<img src=x onerror=alert(1)>", Hostile()]
    return [markup(answer) for answer in answers] + [who_sees_it({"exact"}, REPORT)]


@pytest.mark.parametrize("verdict", all_verdicts(), ids=lambda verdict: verdict.status)
def test_text_and_html_say_the_same_and_all_is_escaped(verdict):
    shown = verdict._repr_html_()
    tags = set(re.findall(r"</?([^\s>]+)", shown))
    assert tags <= {"div", "p", "strong", "code"}
    said = html.unescape(re.sub(r"</?code>", "`", shown).replace("</p>", " "))
    said = re.sub(r"</?(div|p|strong)\b[^>]*>", "", said)
    assert " ".join(said.split()) == " ".join(repr(verdict).split())


def test_a_paragraph_takes_lines_of_a_hundred_letters_and_no_hyphen_ends_one():
    lines = Verdict("right", " ".join(["split-sum"] * 30)).text().splitlines()
    assert [len(line) for line in lines] == [98, 99, 99, 9]


def test_the_misconception_stands_before_what_else_there_is_to_say():
    verdict = Verdict("wrong", "5 is too small.", ["Stuck?"], "half of it", "Take both.")
    assert verdict.text().splitlines() == ["✕ wrong: 5 is too small.", "This looks like: half of it. Take both.", "Stuck?"]
    assert verdict.details == ("Stuck?",)


def test_html_works_in_any_theme_and_in_what_a_page_leaves_of_it():
    """The text keeps the page's colour, and its ground lets the page's through; JupyterLab drops other styles."""
    for verdict in all_verdicts():
        assert not re.search(r"class=|id=|role=|<style", verdict.html())
        styles = [style.split(":") for text in re.findall('style="([^"]*)"', verdict.html()) for style in text.split(";")]
        assert {name for name, _ in styles} <= {"border-left", "background", "padding", "margin", "max-width"}
        assert [float(value.split(",")[3].rstrip(")")) < 0.2 for name, value in styles if name == "background"] == [True]
    assert len({edge.line + edge.colour for _, edge in VERDICTS.values()}) == len(VERDICTS)
    assert VERDICTS["right"][1].line != VERDICTS["wrong"][1].line  # told apart without colour


def test_what_an_answer_looks_like_is_bold():
    assert "<strong>This looks like: half of it.</strong> Take both." in Verdict("wrong", "5.", (), "half of it", "Take both.").html()
    assert "<p style=\"margin:4px 0\"><strong>Right: &quot;output (eval)&quot;.</strong> </p>" in who_sees_it({"output (eval)"}, REPORT).html()


def test_code_in_backticks_is_code():
    assert "1 &lt; 2 &amp; <code>a&lt;b</code>" in markup("<b>more</b>").html()


def test_a_verdict_is_frozen_and_knows_its_statuses():
    with pytest.raises(FrozenInstanceError):
        markup("as many").status = "wrong"
    with pytest.raises(ConfigError, match="unknown status 'write'; did you mean 'right'"):
        Verdict("write", "")

# ------------------------------------------------------------------ check


def test_check_lists_its_questions_and_offers_the_nearest():
    names = [name for lesson in questions().values() for name in lesson]
    assert sorted(names) == dir(check)
    assert all(f"{name}: " in repr(check) for name in names)
    with pytest.raises(AttributeError, match="unknown question 'same_nombers'; did you mean 'same_numbers'"):
        _ = check.same_nombers
    assert not hasattr(check, "_repr_html_")


def test_two_questions_of_one_name_are_refused(tmp_path, monkeypatch):
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "__init__.py").write_text("")
    for lesson in ("lesson_01", "lesson_02"):
        (tmp_path / "bank" / f"{lesson}.py").write_text(
            "from resnext_edu.exercises.prediction import predict\n"
            "@predict('?', {'yes': ''})\ndef same_name():\n    return 'yes', ''\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="two questions are called 'same_name', in lesson_01 and in lesson_02"):
        questions("bank")
    for name in ("bank", "bank.lesson_01", "bank.lesson_02"):
        sys.modules.pop(name, None)

# ------------------------------------------------------------------ the questions of the lessons

LESSON_00 = questions()["lesson_00"].values()


@pytest.mark.parametrize("question", LESSON_00, ids=lambda question: question.name)
def test_each_question_of_lesson_0_takes_each_choice_and_one_is_right(question):
    state = torch.get_rng_state()
    verdicts = {choice: question(choice) for choice in question.choices}
    assert sorted(verdict.status for verdict in verdicts.values()) == ["right"] + ["wrong"] * (len(verdicts) - 1)
    assert torch.equal(torch.get_rng_state(), state)
    for choice, verdict in verdicts.items():
        if verdict.status == "wrong":
            assert verdict.misconception == question.choices[choice] != ""


def test_the_truths_of_lesson_0():
    assert check.weights_of_32_paths("fewer").details[0].startswith(
        "32 paths have 70,144 convolution weights, the undivided one has 212,992.")
    assert check.channels_a_path_reads(256).status == "right"
    assert check.same_numbers("most digits").status == "right"
    assert check.channels_that_miss_a_path(256).status == "right"


def test_the_package_exports_what_it_says():
    assert all(hasattr(exercises, name) for name in exercises.__all__)
