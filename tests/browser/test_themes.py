"""Explorers and pictures have the colours of the theme around them: all of them ours, and none of the host's."""
import pytest

from resnext_edu.draw.block.grouped import grouped_picture
from resnext_edu.draw.kit.svg import DARK, LIGHT, PAPER, css
from resnext_edu.widgets import CardinalityExplorer, GroupedConvExplorer
from tests.browser.test_saved_pages import opened
from tests.widgets.test_page import hashes

HOSTS = {  # how each host says its theme → whose colours we then have
    "<html><body>": LIGHT,
    "<html><body data-jp-theme-light=true data-jp-theme-name='JupyterLab Light'>": LIGHT,
    "<html><body data-jp-theme-light=false data-jp-theme-name='JupyterLab Dark'>": DARK,
    "<html theme=light><body>": LIGHT,
    "<html theme=dark><body>": DARK,
    "<html><body class=vscode-light>": LIGHT,
    "<html><body class=vscode-dark>": DARK,
    "<html><body class='vscode-high-contrast'>": DARK,
    "<html><body class='vscode-high-contrast vscode-high-contrast-light'>": LIGHT,
    "<html data-theme=light><body>": LIGHT,
    "<html data-theme=dark><body>": DARK,
    "<html style='color-scheme:dark'><body>": DARK,
    "<html style='color-scheme:light'><body>": LIGHT,
}
ITS_OWN = "<style>body { background: #123456; color: #654321 } :root { --ink: red; --jp-ui-font-color1: red }</style>"
SEEN = """() => ({
    ground: getComputedStyle(document.querySelector('.rx-explorer')).backgroundColor,
    words: getComputedStyle(document.querySelector('.rx-explorer label')).color,
    soft: getComputedStyle(document.querySelector('.rx-explorer .rx-soft')).color,
    pictures: [...document.querySelectorAll('svg.rx')].map(svg => [
        getComputedStyle(svg.querySelector('rect.bg')).fill, getComputedStyle(svg.querySelector('text.h')).fill,
        ...['c1', 'c2', 'c3'].map(name => svg.querySelector('.' + name)).filter(e => e).map(e => getComputedStyle(e).fill)])
})"""


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[k:k + 2], 16)) for k in (1, 3, 5))})"


def colours(theme):
    """Of a page with a picture, which has one convolution, and an explorer, which has three."""
    ground, ink, soft, *convs = (rgb(theme[name]) for name in ("bg", "ink", "soft", "c1", "c2", "c3"))
    return {"ground": ground, "words": ink, "soft": soft,
            "pictures": [[ground, ink, convs[1]], [ground, ink, *convs]]}


def host(folder, begins):
    """A page of somebody else's, with a bare picture and an explorer."""
    (folder / "host.html").write_text(
        f"<!DOCTYPE html>{begins}<title>a host</title>{ITS_OWN}<style>{css()}</style>{grouped_picture().inline}"
        f"{CardinalityExplorer().fragment()}", encoding="utf-8")
    return (folder / "host.html").as_uri()


def seen(page):
    page.get_by_role("slider").first.wait_for()
    return page.evaluate(SEEN)


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("begins", HOSTS)
def test_the_host_decides_whatever_the_system_has(browser, tmp_path, begins, system):
    page, heard = opened(browser, host(tmp_path, begins), color_scheme=system)
    assert seen(page) == colours(HOSTS[begins])
    assert heard == []


@pytest.mark.parametrize(("system", "theme"), [("light", LIGHT), ("dark", DARK)])
@pytest.mark.parametrize("begins", ["<html><body data-theme=auto>", "<html style='color-scheme:light dark'><body>"])
def test_the_system_decides_where_the_host_says_so(browser, tmp_path, begins, system, theme):
    page, _ = opened(browser, host(tmp_path, begins), color_scheme=system)
    assert seen(page) == colours(theme)


@pytest.mark.parametrize(("system", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_a_saved_page_follows_the_system(browser, tmp_path, system, theme):
    CardinalityExplorer().save(tmp_path / "x.html")
    page, _ = opened(browser, (tmp_path / "x.html").as_uri(), color_scheme=system)
    assert seen(page) == colours(theme) | {"pictures": colours(theme)["pictures"][1:]}
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == rgb(theme["bg"])


@pytest.mark.parametrize(("system", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_a_file_follows_the_system(browser, tmp_path, system, theme):
    (tmp_path / "x.svg").write_text(grouped_picture().svg, encoding="utf-8")
    page, _ = opened(browser, (tmp_path / "x.svg").as_uri(), color_scheme=system)
    fill = "name => getComputedStyle(document.querySelector(name)).fill"
    assert page.evaluate(fill, "rect.bg") == rgb(theme["bg"])
    assert page.evaluate(fill, ".c2") == rgb(theme["c2"])


@pytest.mark.parametrize("begins", ["<html><body class=vscode-dark>", "<html style='color-scheme:dark'><body>"])
def test_paper_is_white_and_its_ink_is_grey(browser, tmp_path, begins):
    page, _ = opened(browser, host(tmp_path, begins), color_scheme="dark")
    seen(page)
    page.emulate_media(media="print")
    assert page.evaluate(SEEN) == colours(PAPER)
    assert [page.get_by_role(name).first.is_visible() for name in ("slider", "button")] == [False, False]


def test_a_fragment_works_under_a_policy_that_allows_only_its_hashes(browser, tmp_path):
    fragment = GroupedConvExplorer().fragment()
    policy = (f"default-src 'none'; style-src {' '.join(hashes('style', fragment))}; "
              f"script-src {' '.join(hashes('script type=.module.', fragment))}")
    (tmp_path / "x.html").write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">{fragment}',
        encoding="utf-8")
    page, heard = opened(browser, (tmp_path / "x.html").as_uri())
    page.get_by_role("slider").press("End")
    page.get_by_role("slider").press("Home")
    ring, rail = page.locator(".rx-ring").bounding_box(), page.locator(".rx-rail").bounding_box()
    assert ring["x"] + ring["width"] > rail["x"] + rail["width"] - 4  # where the slider was: the script may place it
    assert page.locator(".rx-rail input").evaluate("input => getComputedStyle(input).appearance") == "none"
    assert heard == []
