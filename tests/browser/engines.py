"""Where the browsers are, or how to get them. No more than that: every run of pytest asks."""
import os
import shutil
from typing import NoReturn

import pytest

ENGINES = {  # name: (the variable that says where it is, what it may be called, what else it needs, Debian's packages)
    "Chromium": ("CHROMIUM", ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"), (),
                 "chromium"),
    "Firefox": ("FIREFOX", ("firefox-esr",), (), "firefox-esr"),
    "WebKit": ("WEBKIT", ("WebKitWebDriver",), ("Xvfb",), "webkit2gtk-driver xvfb"),
}


def engine(name: str) -> str | None:
    """Where this browser is; None if it, or what it needs, is missing."""
    variable, programs, helpers, _ = ENGINES[name]
    found = os.environ.get(variable) or next(filter(None, map(shutil.which, programs)), None)
    return found if all(map(shutil.which, helpers)) else None


def how(*names: str) -> str:
    """What to do, in one line, for those of the browsers that are missing; "" if none is."""
    absent = [name for name in names or ENGINES if not engine(name)]
    if not absent:
        return ""
    return (f"no {', no '.join(absent)}: install it (Debian, Ubuntu: apt-get install "
            f"{' '.join(ENGINES[name][-1] for name in absent)}) or set {', '.join(ENGINES[name][0] for name in absent)} "
            "to where it is; what needs it was not tested")


def missing(words: str) -> NoReturn:
    """Leave a test out, or fail where everything has to be there."""
    (pytest.fail if os.environ.get("REQUIRE_HOSTS") else pytest.skip)(words)


def needs(name: str) -> None:
    """Leave a test out where this browser is missing; fail where it has to be there."""
    if not engine(name):
        missing(how(name))
