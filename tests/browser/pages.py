"""One page in any of three engines: open an address, ask it something, press a key. Only this machine can be reached.

Each engine is driven by what it brings itself: Chromium by Playwright; Firefox by WebDriver BiDi, which is JSON over a
web socket; WebKit by WebDriver, which is JSON over HTTP.
"""
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import websocket
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from tests.browser.engines import engine
from tests.browser.lab import FLAGS, free_port

KEYS = {"End": "\ue010", "Home": "\ue011", "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014",
        "ArrowDown": "\ue015"}
SIZE = {"width": 1280, "height": 720}
NOWHERE = "127.0.0.1:9"  # the proxy to all other machines: nobody listens there
# Inside of shadow roots, too, where marimo puts a widget.
ALL = """const all = (selector, root = document) => [...root.querySelectorAll(selector),
  ...[...root.querySelectorAll("*")].flatMap(e => e.shadowRoot ? all(selector, e.shadowRoot) : [])];"""


class Page:
    """What tests see of a browser."""

    def __init__(self) -> None:
        self.complaints: list[str] = []  # errors in its console; WebKit tells of none

    def open(self, address: str) -> None:
        raise NotImplementedError

    def ask(self, expression: str):
        """The value of an expression of JavaScript, or of what it promises."""
        raise NotImplementedError

    def key(self, name: str) -> None:
        """A key goes to whatever has the focus."""
        raise NotImplementedError

    def picture(self) -> bytes:
        """A screenshot, PNG."""
        raise NotImplementedError

    def all(self, selector: str, expression: str) -> list:
        """An expression of `e` for every element, wherever it is."""
        return self.ask(f"(() => {{ {ALL} return all({json.dumps(selector)}).map(e => {expression}); }})()")

    def press(self, selector: str, key: str, number: int = 0) -> None:
        """A key for element number … of those that fit."""
        self.ask(f"(() => {{ {ALL} all({json.dumps(selector)})[{number}].focus(); }})()")
        self.key(key)

    def asked_for(self) -> list[str]:
        """Everything that this page has fetched, or tried to; WebKit keeps what has failed to itself."""
        return self.ask('performance.getEntriesByType("resource").map(e => e.name).filter(n => !n.startsWith("data:"))')

    def until(self, look: Callable[[], object], wanted: object = True, seconds: float = 120) -> None:
        """Look again and again, until that is seen which is wanted."""
        end = time.monotonic() + seconds
        while (found := look()) != wanted and time.monotonic() < end:
            time.sleep(.05)
        assert found == wanted, self.complaints


class Chromium(Page):
    def __init__(self, tab: Tab) -> None:
        super().__init__()
        self.tab = tab
        tab.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, address: str) -> None:
        self.complaints.clear()
        self.tab.goto(address)

    def ask(self, expression: str):
        return self.tab.evaluate(f"() => {expression}")

    def key(self, name: str) -> None:
        self.tab.keyboard.press(name)

    def picture(self) -> bytes:
        return self.tab.screenshot()


def typed(key: str) -> list[dict]:
    """A key that goes down and up, in the words of WebDriver."""
    return [{"type": "key", "id": "keyboard",
             "actions": [{"type": way, "value": KEYS[key]} for way in ("keyDown", "keyUp")]}]


class Firefox(Page):
    def __init__(self, socket: websocket.WebSocket) -> None:
        super().__init__()
        self.socket, self.count = socket, 0
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded"])
        self.context = self.send("browsingContext.create", type="window")["context"]  # the first window has no focus
        self.send("browsingContext.setViewport", context=self.context, viewport=SIZE)

    def send(self, method: str, **values: object) -> dict:
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": values}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.count:
            said = answer.get("params", {})  # what has happened meanwhile
            self.complaints += [said["text"]] if said.get("level") == "error" else []
        if answer["type"] == "error":
            raise RuntimeError(answer["message"])
        return answer["result"]

    def open(self, address: str) -> None:
        self.complaints.clear()
        self.send("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def ask(self, expression: str):
        words = f"Promise.resolve({expression}).then(value => JSON.stringify(value ?? null))"
        answer = self.send("script.evaluate", expression=words, target={"context": self.context}, awaitPromise=True)
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def key(self, name: str) -> None:
        self.send("input.performActions", context=self.context, actions=typed(name))

    def picture(self) -> bytes:
        return b64decode(self.send("browsingContext.captureScreenshot", context=self.context)["data"])


class WebKit(Page):
    def __init__(self, address: str) -> None:
        super().__init__()
        # not by the capability "proxy": over its list of exceptions WebKitGTK 2.50 crashes now and then
        options = {"args": ["--automation", f"--proxy=http://{NOWHERE}", "--ignore-host=127.0.0.1"]}
        self.session = address
        new = self.send("", 30, capabilities={"alwaysMatch": {"webkitgtk:browserOptions": options}})
        self.session += f"/{new['sessionId']}"
        self.send("/timeouts", script=100_000)
        self.send("/window/rect", **SIZE | {"height": SIZE["height"] + 38})  # its bar is 38 high

    def send(self, what: str, seconds: float = 120, **values: object):
        """A command; without values, a question."""
        data = json.dumps(values).encode() if values else None
        try:
            with urllib.request.urlopen(urllib.request.Request(self.session + what, data), timeout=seconds) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def open(self, address: str) -> None:
        self.send("/url", url=address)

    def ask(self, expression: str):
        words = (f"const done = arguments[0]; Promise.resolve({expression})"
                 ".then(value => done([value ?? null]), error => done(String(error)))")
        answer = self.send("/execute/async", script=words, args=[])
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return answer[0]

    def key(self, name: str) -> None:
        self.send("/actions", actions=typed(name))

    def picture(self) -> bytes:
        return b64decode(self.send("/screenshot"))

    def close(self) -> None:
        urllib.request.urlopen(urllib.request.Request(self.session, method="DELETE"), timeout=20).close()


@contextmanager
def running(*command: object, **settings) -> Iterator[subprocess.Popen]:
    """A program that says nothing and ends with the block."""
    quiet = dict.fromkeys(("stdout", "stderr"), subprocess.DEVNULL)
    program = subprocess.Popen([*map(str, command)], **quiet | settings)
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(20)
        except subprocess.TimeoutExpired:
            program.kill()


def in_time(act: Callable, *errors: type[Exception], seconds: float = 60):
    """What a function returns as soon as it raises none of these errors."""
    end = time.monotonic() + seconds
    while True:
        try:
            return act()
        except errors:
            if time.monotonic() > end:
                raise
            time.sleep(.05)


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=engine("Chromium"), args=FLAGS,
                                             proxy={"server": NOWHERE, "bypass": "127.0.0.1"},
                                             ignore_default_args=["--hide-scrollbars"])  # they take some room from an explorer
        yield Chromium(browser.new_page(viewport=SIZE))
        browser.close()


@contextmanager
def firefox(folder: Path) -> Iterator[Page]:
    host, nobody = NOWHERE.split(":")
    settings = {"network.proxy.type": 1, "network.proxy.http": host, "network.proxy.http_port": int(nobody),
                "network.proxy.ssl": host, "network.proxy.ssl_port": int(nobody)}
    (folder / "user.js").write_text(
        "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items()))
    port = free_port()
    address = f"ws://127.0.0.1:{port}/session"
    with running(engine("Firefox"), "--headless", "--no-remote", "--profile", folder, "--remote-debugging-port", port):
        socket = in_time(lambda: websocket.create_connection(address, suppress_origin=True, timeout=120),
                         OSError, websocket.WebSocketException)
        yield Firefox(socket)
        socket.close()


@contextmanager
def webkit(folder: Path) -> Iterator[Page]:
    reading, writing = os.pipe()
    with ExitStack() as stack:
        stack.enter_context(running("Xvfb", "-displayfd", writing, "-screen", "0", "1400x900x24", "-nolisten", "tcp",
                                    pass_fds=[writing]))
        os.close(writing)
        with os.fdopen(reading) as says:
            display = {"DISPLAY": f":{says.readline().strip()}"}

        def start() -> WebKit:  # where the browser ends at its start, as it does now and then, its driver waits for ever
            port = free_port()
            stack.enter_context(running(engine("WebKit"), f"--port={port}", "--host=127.0.0.1", env=os.environ | display))
            return in_time(lambda: WebKit(f"http://127.0.0.1:{port}/session"), urllib.error.URLError)

        page = in_time(start, TimeoutError, seconds=90)
        yield page
        page.close()


OPENED = {"Chromium": chromium, "Firefox": firefox, "WebKit": webkit}
