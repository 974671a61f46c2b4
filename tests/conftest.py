"""What all tests share: how hypothesis draws, and what a run says at its end: of changed lessons, of no browser."""
from hypothesis import settings

from tests.browser.chromium import HOW, chromium
from tools.lessons import advice

# A stranger's first `make test` must not fail by the luck of the draw, or because the machine is slow.
# (`pytest --hypothesis-profile=default` explores.)
settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")


def pytest_terminal_summary(terminalreporter, exitstatus):
    if not chromium():
        terminalreporter.line(HOW)
    lines = advice() if exitstatus != 0 else []
    if lines:
        terminalreporter.section("changed lessons")
        terminalreporter.line("\n".join(lines))
