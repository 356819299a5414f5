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

import html
import importlib.util
import json
import re
import threading
from dataclasses import dataclass, replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anki.collection  # noqa: F401  # before anki.cards, which it imports in a circle
from anki.cards import Card
from anki.collection import Collection

from browser import Browser

PHONE = 600  # narrower views, in CSS pixels, are those of a phone

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
        self.browser.resize(view.width, scale=view.scale, mobile=view.is_phone)
        self.browser.go(f"{self._site.url}page?{view.theme}-{view.width}")
        self.js(f"(() => {{ {WAIT} globalThis.settled = settled; }})()")
        self.browser.take_events()

    def show_question(self, card: Sides) -> None:
        """Show a card's question and wait until it stands still."""
        self._show("_showQuestion", card.question, card.answer, self._classes(card))

    def show_answer(self, card: Sides) -> None:
        """Show the answer of the card whose question is on the page."""
        self._show("_showAnswer", card.answer, self._classes(card))

    def problems(self) -> list[str]:
        """Say what is wrong with the side on the page, and what went wrong while it was put up."""
        return [*self.js(f"{{ {CHECKS} }}"), *self.browser.take_problems(self._site.url)]

    def _show(self, function: str, *arguments: str) -> None:
        listed = ", ".join(json.dumps(argument) for argument in arguments)
        self.js(f"settled(() => {function}({listed}))")

    def _classes(self, card: Sides) -> str:
        return f"{card.classes} {self._view.body_classes}"
