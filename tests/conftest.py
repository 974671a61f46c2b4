"""What all tests share: how hypothesis draws, and what a run says at its end: of changed lessons, of what could not be tested."""
from hypothesis import settings

from tests.browser.engines import how
from tools.hosts import how_hosts
from tools.lessons import advice

# A stranger's first `make test` must not fail by the luck of the draw, or because the machine is slow.
# (`pytest --hypothesis-profile=default` explores.)
settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")


def pytest_terminal_summary(terminalreporter, exitstatus):
    for line in filter(None, (how(), how_hosts())):
        terminalreporter.line(line)
    lines = advice() if exitstatus != 0 else []
    if lines:
        terminalreporter.section("changed lessons")
        terminalreporter.line("\n".join(lines))
