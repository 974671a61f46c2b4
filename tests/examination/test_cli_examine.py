"""`python -m resnext_edu examine`: exit status, text and JSON."""
import json

import pytest

from resnext_edu.cli import main


def test_totals_of_the_paper_end_with_0_and_others_with_1(capsys):
    assert main(["examine", "--params", "25028904"]) == 0
    assert "1 explanation of 25,028,904 parameters" in capsys.readouterr().out
    assert main(["examine", "--params", "8559912", "--json"]) == 1
    assert [each["departures"] for each in json.loads(capsys.readouterr().out)] == [["width_stuck"]]
    assert main(["examine", "--params", "25.0 M", "--macs", "4.23G"]) == 0
    assert main(["examine", "--params", "12345677"]) == 1
    assert "No network with one or two known mistakes" in capsys.readouterr().out


def test_a_preset_is_as_in_the_paper(capsys):
    assert main(["examine", "resnext29", "--as", "resnext29"]) == 0
    assert "Read as resnext29: as in the paper" in capsys.readouterr().out


def test_a_wrong_network_is_explained_as_json(capsys):
    assert main(["examine", "tests.examination.test_examine:biases", "--as", "resnext50_32x4d", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["read_as"] == "resnext50_32x4d"
    assert found["explained"] is False


@pytest.mark.parametrize("words", [[], ["resnext29", "--params", "5"]])
def test_one_of_two_ways_has_to_be_taken(words, capsys):
    assert main(["examine", *words]) == 2
    assert "name a module:callable, or give --params, --macs or both; one of the two ways" in capsys.readouterr().err


def test_what_can_t_be_built_is_said(capsys):
    assert main(["examine", "nowhere:net"]) == 2
    assert "nowhere:net can't be built here" in capsys.readouterr().err
