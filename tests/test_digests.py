"""Nothing that a learner, a checkpoint or a seed relies on has changed by accident."""
import json

from tests.digests import FILE, digests


def test_what_is_built_and_shown_is_what_was_built_and_shown():
    """Meant to change? `python -m tests.digests` writes the digests anew, and the commit says why."""
    assert digests() == json.loads(FILE.read_text(encoding="utf-8"))
