"""One JupyterLab, where it is asked for, and one browser for each file of tests: `--dist loadscope` gives a file to one worker."""
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.engines import engine, needs
from tests.browser.lab import FLAGS, running_lab

expect.set_options(timeout=60_000)  # a kernel may wait for a core that others use; who comes early is not kept waiting


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a notebook in it, and its folder."""
    needs("Chromium")
    folder = tmp_path_factory.mktemp("lab")
    with running_lab(folder) as address:
        yield address, folder / "course" / "my_lessons"


@pytest.fixture(scope="module")
def browser():
    needs("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=engine("Chromium"), args=FLAGS)
        yield browser
        browser.close()
