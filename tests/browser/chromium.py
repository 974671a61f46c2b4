"""Where the browser is, or how to get one. No more than that: every run of pytest asks."""
import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW = ("no Chromium on PATH: install it (Debian, Ubuntu: apt-get install chromium) or set CHROMIUM to where it is; "
       "the explorers were not tested")


def chromium() -> str | None:
    """Where the browser is."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
