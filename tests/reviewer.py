"""Anki's own reviewer page in a real browser: cards as learners see them.

The page is put together from the web files of the ``aqt`` wheel as ``aqt`` itself does it, but
without Qt; the browser is Chromium, spoken to over two pipes. Nothing leaves the machine.

with Site(box.folder / "collection.media") as site, Browser(program) as browser:
    reviewer = Reviewer(browser, site)
    reviewer.open(View("dark", 390))
    reviewer.show_question(card)
    assert reviewer.problems() == []
"""

from __future__ import annotations

import base64
import html
import importlib.util
import itertools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anki.collection  # noqa: F401  # before anki.cards, which it imports in a circle
from anki.cards import Card
from anki.collection import Collection

PATIENCE = 20  # seconds until a browser that does not answer is given up
PHONE = 600  # narrower views, in CSS pixels, are those of a phone

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--mute-audio",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--remote-debugging-pipe",
)
NOT_OUTSIDE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"


class BrowserError(Exception):
    """The browser refused, or went away."""


def find_chromium() -> str | None:
    """Return the path of the browser, if the machine has one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


# ------------------------------------------------------------------ the browser


class Browser:
    """A headless Chromium with one tab, driven by the DevTools protocol."""

    def __init__(self, program: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="reviewer-", ignore_cleanup_errors=True)
        self._process = _start(program, self._folder.name)
        self._numbers = itertools.count(1)
        self._rest = b""
        self._session: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        try:
            self._attach()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol; what happens meanwhile goes to ``events``."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **self._session}
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        while (reply := self._receive(method)).get("id") != number:
            self.events.append(reply)
        if "error" in reply:
            raise BrowserError(f"{method}: {reply['error']['message']}")
        result: dict[str, Any] = reply["result"]
        return result

    def js(self, expression: str) -> Any:
        """Evaluate JavaScript in the page; a promise is awaited."""
        reply = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in reply:
            raise BrowserError(_exception(reply["exceptionDetails"]))
        return reply["result"].get("value")

    def wait_for(self, event: str) -> None:
        """Wait until an event has happened since the events were last taken."""
        while not any(happened["method"] == event for happened in self.events):
            self.events.append(self._receive(event))

    def take_events(self) -> list[dict[str, Any]]:
        """Return what has happened since the last time."""
        events, self.events = self.events, []
        return events

    def close(self) -> None:
        """End the browser, and remove what it wrote."""
        try:
            self._process.communicate(timeout=PATIENCE)  # it ends when its input does
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
        self._folder.cleanup()

    def _attach(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        reply = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": reply["sessionId"]}
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def _receive(self, method: str) -> dict[str, Any]:
        pipe = self._process.stdout
        assert pipe
        while b"\0" not in self._rest:
            if not select.select([pipe], [], [], PATIENCE)[0]:
                raise BrowserError(f"{method}: no answer in {PATIENCE} seconds")
            if not (more := os.read(pipe.fileno(), 1 << 20)):
                raise BrowserError(f"{method}: the browser went away")
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        received: dict[str, Any] = json.loads(message)
        return received


def _start(program: str, folder: str) -> subprocess.Popen[bytes]:
    # The protocol is spoken on the file descriptors 3 and 4. The shell puts them there, because
    # Python can only in a forked copy of itself, which is not safe beside threads.
    command = ["/bin/sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null', "sh"]
    return subprocess.Popen(
        [*command, program, *FLAGS, NOT_OUTSIDE, f"--user-data-dir={folder}", "about:blank"],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _exception(details: dict[str, Any]) -> str:
    return str(details.get("exception", {}).get("description", details["text"]))


# ------------------------------------------------------------------ the page


@dataclass(frozen=True)
class View:
    """What the page is seen on: ``light`` or ``dark``, CSS pixels across, device pixels in one."""

    theme: str = "light"
    width: int = 390
    scale: float = 1.0

    @property
    def is_phone(self) -> bool:
        """Tell whether the view is that of a phone."""
        return self.width < PHONE

    @property
    def html_classes(self) -> str:
        """Return what Anki puts on the root element."""
        return " ".join(["night-mode"] * (self.theme == "dark") + ["mobile"] * self.is_phone)

    @property
    def body_classes(self) -> str:
        """Return what Anki puts on the body, but for the card's own classes."""
        return "isLin nightMode night_mode fancy" if self.theme == "dark" else "isLin fancy"


PAGE = """\
<!doctype html>
<html class="{view.html_classes}" dir="ltr" data-bs-theme="{view.theme}">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/_anki/css/webview.css">
<style>body {{ background-color: var(--canvas); }} html {{ font-family: sans-serif; }}</style>
<link rel="stylesheet" href="/_anki/css/reviewer.css">
<script>globalThis.bridgeCommand = globalThis.pycmd = () => false;</script>
</head>
<body class="{view.body_classes}">
<script src="/_anki/js/webview.js"></script>
<script src="/_anki/js/reviewer.js"></script>
<div id="_mark" hidden></div><div id="_flag" hidden></div><div id="qa" dir="auto"></div>
</body>
</html>
"""


def web_files() -> Path:
    """Return the folder of Anki's web files. Raises ImportError without the ``aqt`` wheel."""
    spec = importlib.util.find_spec("_aqt")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("Anki's web files are missing: pip install --no-deps aqt")
    return Path(spec.submodule_search_locations[0]) / "data" / "web"


class Site(ThreadingHTTPServer):
    """A server on this machine: the page, Anki's web files, and the media of a collection."""

    daemon_threads = True

    def __init__(self, media: Path) -> None:
        self.media = media
        self.web = web_files()
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    def server_close(self) -> None:
        """Stop serving."""
        self.shutdown()
        self._thread.join()
        super().server_close()


class _Handler(SimpleHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/page":
            theme, _, width = query.partition("-")
            self._page(PAGE.format(view=View(theme, int(width))).encode())
        else:
            super().do_GET()

    def translate_path(self, path: str) -> str:
        self.directory = str(self.server.media)
        if path.startswith("/_anki/"):
            self.directory, path = str(self.server.web), path.removeprefix("/_anki")
        return super().translate_path(path)

    def log_message(self, *_: object) -> None:
        pass

    def _page(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


# ------------------------------------------------------------------ the cards


@dataclass(frozen=True)
class Sides:
    """A card as Anki's reviewer hands it to its page; ``expected`` is what must be typed."""

    name: str
    question: str
    answer: str
    classes: str = "card card1"
    expected: str | None = None


TYPED = re.compile(r"\[\[type:(.+?)\]\]")
INPUT = (
    '<center><input type=text id=typeans onkeypress="_typeAnsPress();"'
    " style=\"font-family: 'Arial'; font-size: 20px;\"></center>"
)


def sides(col: Collection, card: Card) -> Sides:
    """Prepare a card as ``aqt.reviewer`` does; what is typed is compared by ``answered``."""
    question, answer = (
        col.media.escape_media_filenames(text) for text in (card.question(), card.answer())
    )
    name = f"{card.note()['Id']} card {card.ord + 1}"
    classes = f"card card{card.ord + 1}"
    if not (found := TYPED.search(question)):
        return Sides(name, question, answer, classes)
    return Sides(name, TYPED.sub(INPUT, question), answer, classes, card.note()[found[1]])


def answered(col: Collection, shown: Sides, typed: str) -> Sides:
    """Put the comparison with what was typed into the answer, as ``aqt.reviewer`` does."""
    if shown.expected is None:
        return shown
    compared = col.compare_answer(shown.expected, typed)
    block = f"<div style=\"font-family: 'Arial'; font-size: 20px\">{compared}</div>"
    rule = "<hr id=answer>"
    plain = shown.answer.replace(rule, "")
    return replace(shown, answer=TYPED.sub(lambda _: rule + block, plain))


def wrong(expected: str) -> str:
    """Return what is nearly the expected answer."""
    return html.unescape(expected)[:-1] + "x"


# ------------------------------------------------------------------ the reviewer

WAIT = """
async function settled(show) {
  await new Promise(done => { show(); _queueAction(done); });
  await Promise.all([...document.images].map(image => image.decode().catch(() => 0)));
  await document.fonts.ready;
  document.getElementById("qa").style.transition = "none";
  window.scrollTo(0, 0);
}
"""

# What the page itself can tell: a list of [kind, text]. Anki shows broken TeX in a box of its own,
# and unknown macros in red without an error.
CHECKS = r"""
const qa = document.getElementById("qa");
const all = selector => [...qa.querySelectorAll(selector)];
const texts = function* () {
  const walker = document.createTreeWalker(qa, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() && !parent.closest("style, script, mjx-container"))
      yield [walker.currentNode.data.trim(), parent];
  }
};
const rgb = color => {
  const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
  return { channels: [red, green, blue], alpha };
};
const luminance = color => {
  const [red, green, blue] = rgb(color).channels
    .map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * red + .7152 * green + .0722 * blue;
};
const ground = element => {
  for (let e = element; e; e = e.parentElement) {
    const color = getComputedStyle(e).backgroundColor;
    if (rgb(color).alpha > 0) return color;
  }
  return "rgb(255, 255, 255)";
};
const contrast = element => {
  const pair = [getComputedStyle(element).color, ground(element)].map(luminance);
  return (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
};
const scrolls = element => {
  for (let e = element.parentElement; e && e !== document.body; e = e.parentElement)
    if (getComputedStyle(e).overflowX !== "visible") return true;
  return false;
};

function* mathematics() {
  for (const error of all("mjx-merror, [data-mjx-error]"))
    yield ["math", error.getAttribute("data-mjx-error") || error.textContent];
  for (const red of all('mjx-mtext[style*="color: red"]')) {
    const points = [...red.querySelectorAll("mjx-c")].map(c => parseInt(c.className.slice(5), 16));
    yield ["macro", String.fromCodePoint(...points.filter(Boolean))];
  }
  for (const formula of all("mjx-container")) {
    const { width, height } = formula.getBoundingClientRect();
    if (formula.checkVisibility() && !(width && height)) yield ["math", "a formula of no size"];
  }
}
function* leftovers() {
  const raw = /\\[()[\]]|\$\$|\$[^$\n]*[\\^_][^$\n]*\$|@\{|\*\*\S|```|\]\(/;
  for (const [text, parent] of texts()) {
    const found = text.match(/\{\{c\d+::/) || (!parent.closest("code, kbd") && text.match(raw));
    if (found) yield ["raw", found[0] + " in: " + text.slice(0, 120)];
  }
  for (const formula of globalThis.MathJax?.startup.document?.math ?? [])
    if (qa.contains(formula.typesetRoot) && formula.math.includes("@{"))
      yield ["raw", "@{ in: " + formula.math];
  for (const link of all('a[href*="ankiweb.net/templates/errors"]'))
    yield ["template", link.parentElement.textContent.trim()];
}
function* media() {
  for (const image of document.images)
    if (!image.naturalWidth) yield ["media", image.getAttribute("src") + " cannot be shown"];
}
function* unreadable() {
  for (const [text, parent] of [...texts(), ...all("mjx-container").map(e => ["formula", e])]) {
    const ratio = contrast(parent);
    if (parent.checkVisibility() && ratio < 4.5)
      yield ["contrast", ratio.toFixed(2) + " in: " + text.slice(0, 60)];
  }
}
function* overflow() {
  const screen = document.documentElement.clientWidth;
  const page = document.scrollingElement.scrollWidth;
  if (page > screen) yield ["overflow", `the page is ${page} px wide on ${screen} px`];
  for (const e of all("*")) {
    const { left, right, width } = e.getBoundingClientRect();
    const out = left < -1 || right > screen + 1;
    if (width && out && !scrolls(e) && !e.closest("mjx-assistive-mml") && !e.children.length)
      yield ["overflow", "sticks out: " + (e.closest("mjx-container") || e).outerHTML.slice(0, 80)];
  }
}
function* blank() {
  const seen = [...texts()].some(([, parent]) => parent.checkVisibility());
  if (!seen && !all("img, mjx-container").length) yield ["blank", "nothing to see"];
}
const problems = [mathematics, leftovers, media, unreadable, overflow, blank]
  .flatMap(check => [...check()]);
[...new Set(problems.map(([kind, text]) => kind + ": " + text))];
"""

MIDDLE = """
element => {
  element.scrollIntoView({ block: "center" });
  const box = element.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}
"""


class Reviewer:
    """The reviewer's page, showing one card at a time."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser = browser
        self.js = browser.js
        self._site = site
        self._view = View()

    def open(self, view: View) -> None:
        """Load the page anew: nothing of an earlier card is left, nor its clock."""
        self._view = view
        self.browser.call("Emulation.setScriptExecutionDisabled", value=False)
        self.browser.call("Emulation.setTimezoneOverride", timezoneId="")
        self.browser.call(
            "Emulation.setDeviceMetricsOverride",
            width=view.width,
            height=844,
            deviceScaleFactor=view.scale,
            mobile=view.is_phone,
        )
        self.go(f"{self._site.url}page?{view.theme}-{view.width}")
        self.js(f"(() => {{ {WAIT} globalThis.settled = settled; }})()")
        self.browser.take_events()

    def go(self, url: str) -> None:
        """Load a page and wait until everything that it names has been loaded."""
        self.browser.take_events()
        self.browser.call("Page.navigate", url=url)
        self.browser.wait_for("Page.loadEventFired")
        self.browser.take_events()

    def show_question(self, card: Sides) -> None:
        """Show a card's question and wait until it stands still."""
        self._show("_showQuestion", card.question, card.answer, self._classes(card))

    def show_answer(self, card: Sides) -> None:
        """Show the answer of the card whose question is on the page."""
        self._show("_showAnswer", card.answer, self._classes(card))

    def problems(self) -> list[str]:
        """Say what is wrong with the side on the page, and what went wrong while it was put up."""
        return [*self.js(f"{{ {CHECKS} }}"), *self._happened()]

    def picture(self, path: Path) -> None:
        """Save what the page looks like, in its whole length."""
        size = self.browser.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        reply = self.browser.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(reply["data"]))

    def press(self, key: str, text: str = "") -> None:
        """Press and release a key."""
        code = {"Tab": 9, "Enter": 13, " ": 32}[key]
        for kind in ("keyDown", "keyUp"):
            self.browser.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code="Space" if key == " " else key,
                windowsVirtualKeyCode=code,
                text=text if kind == "keyDown" else "",
            )

    def click(self, expression: str) -> None:
        """Click the middle of the element that a JavaScript expression gives."""
        x, y = self.js(f"({MIDDLE})({expression})")
        for kind in ("mousePressed", "mouseReleased"):
            self.browser.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    def _show(self, function: str, *arguments: str) -> None:
        listed = ", ".join(json.dumps(argument) for argument in arguments)
        self.js(f"settled(() => {function}({listed}))")

    def _classes(self, card: Sides) -> str:
        return f"{card.classes} {self._view.body_classes}"

    def _happened(self) -> Iterator[str]:
        for event in self.browser.take_events():
            method, details = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                yield f"js: {_exception(details['exceptionDetails'])}"
            elif method == "Runtime.consoleAPICalled" and details["type"] in ("error", "assert"):
                yield f"js: {[value.get('value') for value in details['args']]}"
            elif method == "Network.requestWillBeSent":
                if not (url := details["request"]["url"]).startswith((self._site.url, "data:")):
                    yield f"network: {url}"
            elif method == "Network.responseReceived" and details["response"]["status"] >= 400:
                yield f"media: {details['response']['url']} is missing"
