"""One JupyterLab and one browser for each file of tests: `--dist loadscope` gives a file to one worker."""
import os

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.chromium import HOW, chromium
from tests.browser.lab import FLAGS, running_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a notebook in it, and its folder."""
    if not chromium():
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail(HOW)
        pytest.skip(HOW)
    folder = tmp_path_factory.mktemp("lab")
    with running_lab(folder) as address:
        yield address, folder / "course" / "notebooks"


@pytest.fixture(scope="module")
def browser(lab):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()
