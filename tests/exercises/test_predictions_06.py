"""Lesson 6's predictions read the truth in a proof: what they call right is what the sabotage says of itself."""
import pytest
from helpers import block

from resnext_edu import in_form, prove_equivalent
from resnext_edu.exercises import check
from resnext_edu.findings import FINDINGS
from resnext_edu.sabotage import SABOTAGES, break_block


def report_on(name):
    """A small block in the other form, proved against one that is broken in this way."""
    right = block(SABOTAGES[name].form)
    return prove_equivalent(in_form(right, SABOTAGES[name].beside), break_block(right, name), input_size=(2, 16, 8, 8))


@pytest.mark.parametrize(("question", "name"), [
    (check.findings_that_see_bn_per_path, "bn_per_path"), (check.findings_that_see_the_bias, "bias_per_path"),
    (check.findings_that_see_c_and_d, "c_and_d_swapped"), (check.findings_that_see_the_momentum, "momentum_reversed")])
def test_the_findings_that_fail_are_those_that_the_sabotage_names(question, name):
    report, truth = report_on(name), set(SABOTAGES[name].seen_by)
    assert question(truth, report).status == "right"
    for finding in FINDINGS:  # one too many, or one that is missing
        verdict = question(truth ^ {finding}, report)
        assert verdict.status == "wrong"
        assert f'"{finding}". {question.choices[finding]}' in " ".join(str(verdict).split())
