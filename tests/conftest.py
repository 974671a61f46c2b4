"""What all tests share: how hypothesis draws, and what a run says at its end: of changed lessons, of what could not be tested."""
import sys

import pytest
from hypothesis import settings

from tests.browser.engines import how
from tools.hosts import how_hosts
from tools.lessons import advice

# A stranger's first `make test` must not fail by the luck of the draw, or because the machine is slow.
# (`pytest --hypothesis-profile=default` explores.)
settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")


@pytest.fixture(autouse=True)
def gradients_stay_on():
    """Who switches gradients off and not on again fails himself, and not some training an hour later."""
    yield
    torch = sys.modules.get("torch")
    if torch and not torch.is_grad_enabled():
        torch.set_grad_enabled(True)
        pytest.fail("gradients are still switched off after this test")


def pytest_terminal_summary(terminalreporter, exitstatus):
    for line in filter(None, (how(), how_hosts())):
        terminalreporter.line(line)
    lines = advice() if exitstatus != 0 else []
    if lines:
        terminalreporter.section("changed lessons")
        terminalreporter.line("\n".join(lines))
