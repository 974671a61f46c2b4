"""What an explorer shows, in any page that has one, beside what its twin in Python says it should."""
import json

from resnext_edu.widgets import StageTracer
from tests.browser.pages import Page

SEEN = """({values: [...e.querySelectorAll("input[type=range]")].map(input => input.ariaValueText),
  picture: e.querySelector("svg[role=img]")?.ariaLabel.replace(/\\s+/g, " "),
  numbers: [...e.querySelectorAll(".rx-list > div")].map(row => [...row.children].map(cell => cell.textContent))})"""


def seen(page: Page) -> list[dict]:
    """Of each explorer in the page: the words of its sliders, of its picture, each number and what it was."""
    return page.all(".rx-explorer", SEEN)


def sliders_of(twin) -> list[int]:
    """Which of its controls are sliders."""
    return [n for n, control in enumerate(twin.controls) if control.get("ticks")]


def expected(twin, before=None) -> dict:
    """The same of the twin; `before`, its numbers before the last move."""
    texts = twin.frame.texts
    was = [""] * len(texts) if before is None else [
        f"was {old}" if old != new else "as before" for old, new in zip(before, texts, strict=True)]
    return {"values": [twin.stops[n].words[twin.at[n]] for n in sliders_of(twin)],
            "picture": " ".join(twin.frame.picture.text.split()),
            "numbers": [[*row] for row in zip(twin.names, texts, was, strict=True)]}


def moves(page: Page, twin, number: int = 0, slider: int = 0, key: str = "ArrowRight") -> None:
    """Explorer number … shows the twin's frame; after a key for its first slider (number … in the page) the next one."""
    page.until(lambda: seen(page)[number:][:1], [expected(twin)])
    before, at, first = twin.frame.texts, [*twin.at], sliders_of(twin)[0]
    page.press(".rx-explorer input[type=range]", key, slider)
    at[first] += {"ArrowRight": 1, "ArrowLeft": -1}[key]
    twin.at = at
    page.until(lambda: seen(page)[number], expected(twin, before))


def asks_its_kernel(page: Page) -> None:
    """A StageTracer, the last explorer of a page, shows another network, whose frames the kernel draws when it is asked."""
    def shown() -> list[tuple]:
        return [(each["picture"], each["numbers"][1][:2]) for each in seen(page)[-1:]]

    def wanted() -> list[tuple]:
        return [(" ".join(twin.frame.picture.text.split()), ["parameters", twin.frame.texts[1]])]

    twin = StageTracer()
    page.until(shown, wanted())
    twin.move(network="resnet50")
    choice = 'e.labels[0].textContent === "network" && (e.value = {}, e.dispatchEvent(new Event("change")))'
    page.all(".rx-explorer select", choice.format(json.dumps(twin.at[0])))
    page.until(shown, wanted())
