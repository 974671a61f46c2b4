"""What is not installed is named in one line, with the way to get it; where all has to be there, a test fails."""
import pytest

from tests.browser import engines
from tools import hosts


@pytest.fixture
def nothing(monkeypatch, tmp_path):
    """A machine with neither browsers nor hosts."""
    for name in ("CHROMIUM", "FIREFOX", "WEBKIT", "REQUIRE_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(hosts, "HOSTS", tmp_path)
    return tmp_path


def test_without_a_browser_a_line_says_how_to_get_one(nothing):
    assert engines.how() == (
        "no Chromium, no Firefox, no WebKit: install it (Debian, Ubuntu: apt-get install chromium firefox-esr webkit2gtk-driver "
        "xvfb) or set CHROMIUM, FIREFOX, WEBKIT to where it is; what needs it was not tested")


@pytest.mark.parametrize("there", [("firefox-esr",), ("chrome",), ("WebKitWebDriver", "Xvfb")])
def test_a_browser_is_found_on_path(nothing, there):
    for program in there:
        (nothing / program).touch(mode=0o755)
    (name,) = (name for name in engines.ENGINES if engines.engine(name))
    assert engines.engine(name) == str(nothing / there[0])
    assert f"no {name}" not in engines.how()
    assert engines.how(name) == ""
    engines.needs(name)


def test_webkit_without_a_screen_is_missing(nothing):
    (nothing / "WebKitWebDriver").touch(mode=0o755)
    assert engines.engine("WebKit") is None


def test_what_is_missing_is_skipped_and_in_ci_it_fails(nothing, monkeypatch):
    with pytest.raises(pytest.skip.Exception, match="no WebKit"):
        engines.needs("WebKit")
    monkeypatch.setenv("REQUIRE_HOSTS", "1")
    with pytest.raises(pytest.fail.Exception, match="no WebKit"):
        engines.needs("WebKit")


def test_hosts_that_are_missing_unfinished_or_old_are_named(nothing):
    assert hosts.how_hosts() == (
        "no marimo, no Voila, no notebook 6, no myst-nb: `make hosts` installs what is missing; it was not tested")
    folder = hosts.folder_of("notebook 6")
    assert folder == nothing / "notebook-6"
    folder.mkdir()
    assert hosts.python_of("notebook 6") is None
    (folder / "course.txt").write_text(hosts.mark("notebook 6"))
    assert hosts.python_of("notebook 6") == folder / "bin/python"
    assert "notebook 6" not in hosts.how_hosts()
    (folder / "course.txt").write_text(hosts.mark("marimo"))
    assert hosts.python_of("notebook 6") is None


def test_hosts_of_a_checkout_that_was_moved_are_named(nothing, monkeypatch):
    folder = hosts.folder_of("marimo")
    folder.mkdir()
    (folder / "course.txt").write_text(hosts.mark("marimo"))
    assert "marimo" not in hosts.how_hosts()
    monkeypatch.setattr(hosts.sysconfig, "get_path", lambda name: str(nothing / "moved" / name))
    assert "no marimo" in hosts.how_hosts()


def test_the_old_host_keeps_colabs_packages():
    assert {"ipywidgets==7.7.1", "traitlets==5.7.1"} < set(hosts.NEEDS["notebook 6"])
    assert hosts.SAME[0] not in hosts.NEEDS["notebook 6"]
