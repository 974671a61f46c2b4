"""What all tests share: how hypothesis draws, and what a failing run says about lessons that the learner changed."""
from hypothesis import settings

from tools.lessons import advice

# A stranger's first `make test` must not fail by the luck of the draw, or because the machine is slow.
# (`pytest --hypothesis-profile=default` explores.)
settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")


def pytest_terminal_summary(terminalreporter, exitstatus):
    lines = advice() if exitstatus != 0 else []
    if lines:
        terminalreporter.section("changed lessons")
        terminalreporter.line("\n".join(lines))
