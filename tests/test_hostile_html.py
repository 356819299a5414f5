"""HTML made to run a script, in every field of every kind, on Anki's own page and on our site.

Nothing may run, nothing may be loaded, and nothing may be on the page that neither harmless cards
have nor our allow-list names.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator, Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ankibox import AnkiBox
from ankibuild import site as sites
from ankibuild import workflow
from ankibuild.kinds import kinds
from ankibuild.outputs.site import write
from ankibuild.workflow import Workspace
from browser import Browser
from kit import SVG, Repository
from reviewer import Reviewer, Sides, Site, View, sides

DATA = Path(__file__).parent / "data/xss.txt"
LINES = DATA.read_text(encoding="utf-8").split("\n")
VECTORS = [
    line.replace("⏎", "\n").replace("⇥", "\t")
    for line in LINES
    if line.strip() and not line.startswith("%%")
]
#: What makes whatever our renderer makes, so that we know what harmless pages hold.
HARMLESS = [
    "x",
    "![x](square.svg) [x](https://a.example 'x') <https://a.example>",
    "| a | b |\n|:-:|--:|\n| 1 | 2 |",
    "```python\nx = 1\n```\n\n- `x`\n  1. **x** *x* ~~x~~\n\n> # x\n\n---",
    '<b title="x" lang="en" dir="ltr">x</b><br>x<sub>x</sub>',
    '<details open><summary>x</summary>x</details> <ol start="2"><li>x</li></ol>',
    r"$x$ $$\frac{x}{y}$$ $\text{x}$ [sound: {{ \\(x\\)",
]
#: Fields for each kind, with `@` for the vector.
FORMS = {
    "basic": {"q": "x\n\n@", "a": "@", "hint": "@", "extra": "@"},
    "cloze": {"text": "{{c1::gap}} @\n\n{{c2::@}} {{c3::gap::@}}"},
    "reversed": {"term": "x\n\n@", "definition": "@"},
    "typein": {"q": "x\n\n@", "answer": "@"},
    "code": {"q": "x\n\n@", "program": "@", "output": "@"},
    "steps": {"q": "x\n\n@", "lines": ["@", "x @"]},
    "exercise": {"q": "x\n\n@", "hints": ["@", "@"], "a": "@", "rubric": ["@"]},
    "drill": {"q": "@{x} @", "a": "@ @{x}", "given": [{"x": "@"}, {"x": "@ y"}]},
}
TITLE = (
    '<script>pwned()</script><img src="x" onerror="pwned()"> "x" $\\href{javascript:pwned()}{x}$'
)
#: Sides that are put on the page together.
TOGETHER = 30

HOOK = """
globalThis.hits = [];
globalThis.pwned = () => hits.push("ran");
for (const name of ["alert", "confirm", "prompt", "open", "print"])
  globalThis[name] = () => hits.push(name);
addEventListener("securitypolicyviolation", event => hits.push("policy: " + event.blockedURI));
"""
#: What is on the page outside of formulas: tags, attributes, and the values that matter.
INVENTORY = """
(() => {
  const found = new Set();
  for (const element of document.querySelectorAll("%s")) {
    if (element.closest("mjx-container")) continue;
    const tag = element.tagName.toLowerCase();
    found.add(tag);
    const known = value => value.replace(/^(https?:\\/\\/|mailto:).*/s, "$1").replace(/\\d+/g, "0");
    if (tag === "script" || tag === "style") found.add(tag + ": " + element.textContent);
    for (const { name, value } of element.attributes) {
      found.add(tag + " " + name);
      if (/^(href|src|action|style|id|srcset|data)$/.test(name))
        found.add(tag + " " + name + "=" + known(value));
    }
  }
  return [...found];
})()
"""


def questions(vectors: Sequence[str]) -> str:
    """Write each vector as a cloze and as a question of one of the other kinds."""
    others = [kind for kind in FORMS if kind != "cloze"]
    rows = []
    for number, vector in enumerate(vectors):
        for kind in ("cloze", others[number % len(others)]):
            fields = json.dumps(FORMS[kind], ensure_ascii=False)
            shown = _filled(json.loads(fields), vector)
            rows.append(f"  - {kind}: {kind}-{number}\n{_yaml(shown, '    ')}")
    return "".join(rows)


def _filled(value: object, vector: str) -> object:
    if isinstance(value, dict):
        return {key: _filled(part, vector) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, vector) for part in value]
    # Not the `@` of a slot.
    return str(value).replace("@{x}", "\0").replace("@", vector).replace("\0", "@{x}")


def _yaml(value: object, indent: str) -> str:
    """Write a value in our own YAML: texts as blocks, in which anything can stand."""
    if isinstance(value, dict):
        return "".join(f"{indent}{key}:{_after(part, indent)}" for key, part in value.items())
    assert isinstance(value, list)
    return "".join(f"{indent}-{_after(part, indent)}" for part in value)


def _after(value: object, indent: str) -> str:
    if not isinstance(value, str):
        return f"\n{_yaml(value, indent + '  ')}"
    rows = value.split("\n")
    return f" |2\n{''.join(f'{indent}  {row}' + chr(10) for row in rows)}"


def block(text: str) -> str:
    """Write a text of one line as a block at the top of a file."""
    return f"|\n      {text}"


def laid_out(root: Path, vectors: Sequence[str], title: str) -> Workspace:
    """Make a project of vectors. Where something in it is wrong, it is loaded all the same."""
    repository = Repository(root)
    repository.write("media/square.svg", SVG)
    url = "https://a.example/?'onmouseover='pwned()"
    source = f"  - video: lecture\n    title: {block(title)}\n    url: {url}\n"
    repository.write("decks/sources.yaml", f"sources:\n{source}")
    repository.bank(questions(vectors), title=block(title))
    return workflow.load(root)


# ------------------------------------------------------------------ what the tests stand on


@pytest.fixture(scope="module")
def spaces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workspace]:
    """Load a harmless project and a hostile one."""
    folder = tmp_path_factory.mktemp("html")
    harmless = [one for one in HARMLESS for _ in FORMS]
    return {
        "harmless": laid_out(folder / "harmless", harmless, "A title"),
        "hostile": laid_out(folder / "hostile", VECTORS, TITLE),
    }


@pytest.fixture(scope="module")
def faces(spaces: dict[str, Workspace], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """Import both into a real Anki."""
    folder = tmp_path_factory.mktemp("anki")
    with_box = {name: _imported(space, folder / name) for name, space in spaces.items()}
    yield with_box
    for box in with_box.values():
        box.close()


Box = dict[str, AnkiBox]


def _imported(space: Workspace, folder: Path) -> AnkiBox:
    assert space.subject
    product, *_ = workflow.build(space.subject, folder / "dist")
    box = AnkiBox(folder / "learner")
    box.import_package(product.path)
    return box


def shown(box: AnkiBox) -> list[Sides]:
    """Prepare the cards of a collection, many on a page."""
    cards = [sides(box.col, box.col.get_card(number)) for number in box.col.find_cards("")]
    return [
        Sides(
            cards[at].name,
            "<hr>".join(card.question for card in cards[at : at + TOGETHER]),
            "<hr>".join(card.answer for card in cards[at : at + TOGETHER]),
        )
        for at in range(0, len(cards), TOGETHER)
    ]


def seen(browser: Browser, selector: str, own: str) -> tuple[set[str], list[str]]:
    """Give what is on the page, and what has happened that must not."""
    parts = set(browser.js(INVENTORY % selector))
    bad = [str(hit) for hit in browser.js("hits.splice(0)")]
    for event in browser.take_events():
        if event["method"] == "Network.requestWillBeSent":
            url = event["params"]["request"]["url"]
            bad += [] if url.startswith((own, "data:")) else [f"loads {url}"]
        elif event["method"] in ("Page.javascriptDialogOpening", "Page.windowOpen"):
            bad.append(event["method"])
    return parts, bad


def on_cards(browser: Browser, box: AnkiBox) -> tuple[set[str], list[str]]:
    """Show all sides on Anki's own page; give what is there, and what has happened."""
    parts: set[str] = set()
    bad: list[str] = []
    with Site(box.folder / "collection.media") as site:
        reviewer = Reviewer(browser, site)
        reviewer.open(View())
        browser.js(HOOK)
        for card in shown(box):
            for show in (reviewer.show_question, reviewer.show_answer):
                show(card)
                found, wrong = seen(browser, "#qa *", site.url)
                parts |= found
                bad += [f"{card.name}: {what}" for what in wrong]
    return parts, bad


# ------------------------------------------------------------------ the tests


def test_there_are_vectors_of_every_family_and_forms_of_every_kind() -> None:
    assert len(VECTORS) == len(set(VECTORS)) > 250
    assert set(FORMS) == set(kinds())


def test_every_vector_is_on_a_card(spaces: dict[str, Workspace]) -> None:
    subject = spaces["hostile"].subject
    assert subject
    names = {note.id for note in subject.collection.notes}
    assert [n for n in range(len(VECTORS)) if f"cloze-{n}" not in names] == []
    # The kinds whose answer is one line, or is Python that is looked at, do not take all of them.
    assert len(names) > 1.9 * len(VECTORS)


def test_no_vector_does_anything_on_a_card(browser: Browser, faces: Box) -> None:
    harmless, _ = on_cards(browser, faces["harmless"])
    hostile, bad = on_cards(browser, faces["hostile"])
    assert bad == []
    assert {part for part in hostile - harmless if not is_allowed(part)} == set()


#: What our allow-list for authors' HTML names, beside what the harmless cards hold anyway.
TAGS = (
    "p br hr h1 h2 h3 h4 h5 h6 b strong i em u del ins mark small sub sup kbd samp var wbr abbr "
    "blockquote ul ol li dl dt dd table caption thead tbody tfoot tr th td div a details summary "
    "span code pre img"
)
AUTHORS = frozenset(TAGS.split())


def is_allowed(part: str) -> bool:
    """Tell whether an author may put this on a card."""
    tag, _, attribute = part.partition(" ")
    if tag not in AUTHORS:
        return False
    name, _, value = attribute.partition("=")
    if name == "href":
        return tag == "a" and value in ("", "http://", "https://", "mailto:")
    return name in {"", "title", "lang", "dir", "start", "colspan", "rowspan", "open"}


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_no_vector_does_anything_on_the_site(
    browser: Browser, spaces: dict[str, Workspace], tmp_path: Path
) -> None:
    found: dict[str, set[str]] = {}
    for name, space in spaces.items():
        assert space.subject
        write(sites.make(space.subject, space.problems, typeset=sites.PLAIN), tmp_path / name)
        found[name], bad = on_site(browser, tmp_path / name)
        assert bad == []
    new = found["hostile"] - found["harmless"]
    assert {part for part in new if not is_allowed(part)} == set()


def on_site(browser: Browser, folder: Path) -> tuple[set[str], list[str]]:
    """Open the pages of a site; give what is there, and what has happened."""
    handler = functools.partial(_Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        own, parts, bad = f"http://127.0.0.1:{server.server_port}/", set[str](), list[str]()
        script = browser.call("Page.addScriptToEvaluateOnNewDocument", source=HOOK)
        # Pages of single cards hold what the pages of decks hold.
        for page in [*sorted(folder.glob("*.html")), *sorted(folder.glob("decks/**/*.html"))]:
            browser.go(f"{own}{page.relative_to(folder).as_posix()}")
            here, wrong = seen(browser, "main *", own)
            parts |= here
            bad += wrong
        browser.call("Page.removeScriptToEvaluateOnNewDocument", **script)
        browser.go("about:blank")
        server.shutdown()
    return parts, bad
