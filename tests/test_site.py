"""The cards as web pages, in a real browser: read, searched, turned, by anybody, and safely."""

from __future__ import annotations

import functools
import html
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from msgspec.structs import replace

import reviewer
from ankibox import AnkiBox
from ankibuild import site as sites
from ankibuild import workflow
from ankibuild.outputs.site import LIST, write
from ankibuild.site import File, Formula, Site, Typeset
from ankibuild.site.formulas import formulas
from ankibuild.site.index import words
from ankibuild.typeset.typesetter import Typesetter
from browser import Browser
from kit import SVG, Repository
from needs import need
from reviewer import View

ROOT = Path(__file__).parent.parent
AXE = ROOT / "node_modules/axe-core/axe.min.js"

FIRST = "decks/01-first/01-one.html"
SECOND = "decks/01-first/02-two.html"
BANK = r"""
  - basic: why-eps
    q: Why is $\epsilon$ added to the variance, in `nn.BatchNorm1d`?
    hint: Think of $\sigma = 0$.
    a: |
      So that nothing divides by zero:
      $$\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}$$
    extra: |
      | layer | mean over | variance over | learned scale | learned shift | running means |
      |-------|-----------|---------------|---------------|---------------|---------------|
      | batch | $N, H, W$ | $N, H, W$     | $\gamma$      | $\beta$       | yes           |
    at: 0:30
    covers: [one.why]
    tags: [normalization]
  - reversed: null-space
    term: Null space
    definition: All vectors that go to zero, a kernel à la carte.
  - cloze: gaps
    text: |
      In training {{c1::the batch}}, in evaluation {{c2::running averages::kept}}, and
      $y = {{c3::\gamma}} \hat{x} + \beta$.
  - typein: typed
    q: How many?
    answer: 128
  - code: printed
    q: What does this print?
    program: |
      print("a line that is much too long for a phone, and for a desktop it goes on and on")
    output: a line that is much too long for a phone, and for a desktop it goes on and on
  - steps: derived
    q: |
      ![the unit square](square.svg)

      Derive it.
    lines:
      - $a = b$
      - $$b = c$$
  - exercise: worked
    q: Do it.
    hints: [Think of $x$., Think again.]
    a: Done.
    rubric: [It is done.]
  - drill: rows
    q: What is the determinant of $$@{A|matrix}$$
    a: It is $@{d}$.
    given:
      - {A: [[1, 0], [0, 3]], d: 3}
      - {A: [[1, 2], [0, 5]], d: 5}
      - {A: [[1, 4], [0, 7]], d: 7}
    verify: assert True
"""
HOSTILE = """
  - basic: hostile
    q: |
      `</code><script>window.hacked = 1</script>` & <b onclick="hacked()">bold</b> zebra
    a: '"><img src=x onerror="window.hacked = 1"> $$</script><script>window.hacked = 1</script>$$'
    tags: [tag]
"""
HOSTILE_TITLE = "</title><script>window.hacked = 1</script>"

BOX = """
(({ width, height }) => [width, height])(document.querySelector("%s").getBoundingClientRect())
"""

Pages = Callable[[str], None]


# ------------------------------------------------------------------ what the tests stand on


def project(root: Path) -> Repository:
    repository = Repository(root)
    repository.write("media/square.svg", SVG)
    repository.bank(BANK)
    title = json.dumps(HOSTILE_TITLE)
    repository.bank(HOSTILE, "decks/01-first/02-two.yaml", title=title)
    return repository


def made(root: Path, *, live: bool = False, typeset: Typeset = sites.PLAIN) -> Site:
    space = workflow.load(root)
    assert space.subject is not None, space.problems
    return sites.make(space.subject, space.problems, live=live, typeset=typeset)


class Server(ThreadingHTTPServer):
    """A plain file server, as simple as they come."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(_Handler, directory=str(folder))
        super().__init__(("127.0.0.1", 0), handler)
        # Below some path, as on a host that serves many.
        self.url = f"http://127.0.0.1:{self.server_port}/some/path/"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_: object) -> None:
        """A browser that has gone to another page is no error."""


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export a bank with a question of every kind, typeset."""
    root = tmp_path_factory.mktemp("project")
    project(root)
    folder = tmp_path_factory.mktemp("served")
    with Typesetter(root) as typesetter:
        write(made(root, typeset=sites.mathjax(typesetter)), folder / "some/path")
    return folder


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[str]:
    with Server(folder) as server:
        yield server.url
        server.shutdown()


@pytest.fixture
def go(browser: Browser, served: str) -> Iterator[Pages]:
    """Open pages anew; in the end, nothing may have gone wrong on any of them."""
    view(browser)
    browser.take_events()
    browser.call("Storage.clearDataForOrigin", origin=served, storageTypes="local_storage")
    problems: list[str] = []
    here = ""

    def open_(path: str) -> None:
        nonlocal here
        problems.extend(browser.take_problems(served))
        if path.partition("#")[0] == here.partition("#")[0]:
            browser.go("about:blank")  # another hash alone would not load the page
        browser.go(served + path)
        here = path

    yield open_
    assert not (problems + browser.take_problems(served))


def view(browser: Browser, width: int = 1400, theme: str = "light", *, script: bool = True) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=not script)
    browser.resize(width, 844, mobile=width < 600)
    features = [{"name": "prefers-color-scheme", "value": theme}]
    browser.call("Emulation.setEmulatedMedia", features=features)


def until(browser: Browser, condition: str) -> None:
    """Wait until a condition holds; a page gets its answer in its own time."""
    browser.js(
        f"""new Promise((done, fail) => {{
          const check = () => {{ if ({condition}) {{ clearInterval(timer); done(); }} }};
          const timer = setInterval(check, 10);
          setTimeout(() => fail(new Error({json.dumps(condition)})), 10_000);
        }})"""
    )


def shown(browser: Browser, selector: str) -> list[str]:
    """Give the texts of the elements that can be seen."""
    texts: list[str] = browser.js(
        f"""[...document.querySelectorAll({json.dumps(selector)})]
          .filter(one => one.checkVisibility()).map(one => one.innerText.trim())"""
    )
    return texts


# ------------------------------------------------------------------ files


def test_a_site_has_a_page_for_the_arc_each_deck_and_each_question(tmp_path: Path):
    project(tmp_path)
    site = made(tmp_path)
    pages = {path for path in site.paths if path.endswith(".html")}
    names = ["why-eps", "null-space", "gaps", "typed", "printed", "derived", "worked", "rows"]
    cards = {f"cards/{name}.html" for name in [*names, "hostile"]}
    assert pages == {"index.html", FIRST, SECOND, "404.html", *cards}
    assert site.file("none.html") is None
    assert site.file("../decks/curriculum.yaml") is None


def test_pages_are_made_when_they_are_asked_for_and_once(tmp_path: Path):
    project(tmp_path)
    asked: list[Formula] = []

    def markup(wanted: object) -> dict[Formula, str]:
        asked.extend(wanted)  # type: ignore[call-overload]
        return {}

    site = made(tmp_path, typeset=Typeset(markup))
    assert not asked
    site.file(FIRST)
    count = len(asked)
    assert ("\\epsilon", False) in asked
    assert site.file(FIRST) is site.file(FIRST)
    assert len(asked) == count


def links(folder: Path) -> Iterator[tuple[str, str]]:
    for page in sorted(folder.rglob("*.html")):
        for found in re.finditer(r' (?:href|src)="([^"]*)"', page.read_text("utf-8")):
            yield page.relative_to(folder).as_posix(), html.unescape(found[1])


def test_every_link_inside_leads_somewhere(folder: Path):
    count = 0
    for page, link in links(folder / "some/path"):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in ("https", "data"), (page, link)
            continue
        count += 1
        target = (folder / "some/path" / page).parent / unquote(parts.path)
        target = target if parts.path else folder / "some/path" / page
        assert target.is_file(), (page, link)
        if parts.fragment:
            assert f' id="{parts.fragment}"' in target.read_text("utf-8"), (page, link)
    assert count > 70


def test_no_page_says_where_it_was_made(folder: Path):
    for place in folder.rglob("*.*"):
        content = place.read_bytes()
        assert str(ROOT).encode() not in content
        assert b"vscode:" not in content


def test_the_same_project_is_the_same_site(folder: Path, tmp_path: Path):
    project(tmp_path)
    with Typesetter(tmp_path) as typesetter:
        again = made(tmp_path, typeset=sites.mathjax(typesetter))
        files = {path: again.file(path) for path in again.paths}
    for path, file in files.items():
        assert file is not None
        assert file.content == (folder / "some/path" / path).read_bytes(), path


# ------------------------------------------------------------------ reading


def test_all_can_be_read_without_a_script(browser: Browser, go: Pages):
    """The protocol's own scripts run all the same."""
    view(browser, script=False)
    go("index.html")
    assert browser.js("document.documentElement.className") == ""
    assert not shown(browser, "input, button, select")
    browser.take_events()
    browser.click("document.querySelector('.part a')")
    browser.wait_for("Page.loadEventFired")
    assert browser.js("location.pathname").endswith(FIRST)
    for summary in range(len(shown(browser, ".turn > summary"))):
        browser.click(f"document.querySelectorAll('.turn > summary')[{summary}]")
    assert len(shown(browser, ".back")) == len(shown(browser, ".face")) == 11
    assert "So that nothing divides by zero:" in shown(browser, "#why-eps .back")[0]
    assert "128" in shown(browser, "#typed .back")[0]
    view(browser)


def test_formulas_need_no_script(browser: Browser, go: Pages):
    view(browser, script=False)
    go(FIRST)
    browser.click("document.querySelector('#why-eps summary')")
    assert browser.js("document.fonts.ready.then(() => document.fonts.check('10px MJXTEX'))")
    assert browser.js(BOX % "#why-eps .q mjx-container")[0] > 5
    assert browser.js(BOX % "#why-eps .back mjx-container[display]")[1] > 40
    assert browser.js("document.body.innerText.includes('\\\\frac')") is False
    view(browser)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_no_page_is_wider_than_the_screen(browser: Browser, go: Pages, width: int, theme: str):
    view(browser, width, theme)
    for path in ("index.html", FIRST, SECOND, "cards/why-eps.html", "404.html"):
        go(path)
        browser.js("for (const one of document.querySelectorAll('details')) one.open = true")
        assert browser.js("document.scrollingElement.scrollWidth - innerWidth") <= 0, path


def test_code_that_scrolls_can_be_reached_by_keyboard(browser: Browser, go: Pages):
    go(FIRST)
    assert browser.js("document.querySelector('#printed .front pre').tabIndex") == 0
    assert browser.js("document.querySelector('#why-eps .front code').tabIndex") == -1


# ------------------------------------------------------------------ as in Anki

# Of every element of a card that can be seen: its name, and its place in the page. What a formula
# is made of is left out; the formula as a whole is not.
PLACES = """
[...document.querySelectorAll("%s *")]
  .filter(one => one.checkVisibility() && !one.closest("style, script"))
  .filter(one => !one.parentElement.closest("mjx-container"))
  .filter(one => !one.matches(".face, .front, .back, .turn, .turn > summary"))
  .map(one => [one.localName, one.getBoundingClientRect()])
  .map(([name, { x, y, width, height }]) => [name, x, y, width, height])
"""


@pytest.fixture(scope="module")
def anki(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnkiBox]:
    """Import the same bank into Anki."""
    root = tmp_path_factory.mktemp("project")
    project(root)
    space = workflow.load(root)
    assert space.subject is not None
    box = AnkiBox(root / "learner")
    box.import_package(workflow.build(space.subject, root / "dist")[0].path)
    yield box
    box.close()


@pytest.mark.parametrize("seen", [View("light", 900), View("dark", 390)], ids=str)
def test_a_cards_page_is_ankis_to_the_pixel(
    browser: Browser, served: str, anki: AnkiBox, seen: View
):
    """But for a drill, whose row Anki's page takes from the date."""
    ours: dict[str, list[list[object]]] = {}
    ankis: dict[str, list[list[object]]] = {}
    cards = [anki.col.get_card(number) for number in anki.col.find_cards("-tag:kind::drill")]
    with reviewer.Site(anki.folder / "collection.media") as site:
        page = reviewer.Reviewer(browser, site)
        page.open(seen)
        browser.resize(seen.width, 3000, mobile=seen.is_phone)
        for card in cards:
            sides = reviewer.sides(anki.col, card)
            both = reviewer.answered(anki.col, sides, "")
            page.show_question(both)
            ankis[f"{sides.name} front"] = browser.js(PLACES % "#qa")
            page.show_answer(both)
            ankis[f"{sides.name} answer"] = browser.js(PLACES % "#qa")
    view(browser, seen.width, seen.theme)
    browser.resize(seen.width, 3000, mobile=seen.is_phone)
    for card in cards:
        name = card.note()["Id"]
        for side in ("front", "answer"):
            state = f"card={card.ord}&side={side}"
            browser.go(f"{served}cards/{name}.html?{state}#{state}")
            browser.js("document.documentElement.classList.add('framed')")
            browser.js("document.fonts.ready.then(() => 0)")
            ours[f"{name} card {card.ord + 1} {side}"] = browser.js(PLACES % ".face")
    assert len(ours) == 22
    for name, places in ankis.items():
        assert [one[0] for one in ours[name]] == [one[0] for one in places], name
        for mine, theirs in zip(ours[name], places, strict=True):
            assert mine[1:] == pytest.approx(theirs[1:], abs=1), (name, mine, theirs)


# ------------------------------------------------------------------ turning cards

OPEN = "document.querySelector('#{} .turn').open"


def test_a_card_turns_by_click(browser: Browser, go: Pages):
    go(FIRST)
    browser.click("document.querySelector('#why-eps .q')")
    assert "So that nothing divides by zero:" in shown(browser, "#why-eps .back")[0]
    browser.click("document.querySelector('#why-eps .q')")
    assert not shown(browser, "#why-eps .back")


def test_the_answer_of_a_gap_stands_in_place_of_the_question(browser: Browser, go: Pages):
    go(FIRST)
    assert shown(browser, "#gaps .front")[0].startswith("In training [...], in evaluation")
    browser.click("document.querySelector('#gaps .q')")
    assert not shown(browser, "#gaps .front")
    assert shown(browser, "#gaps .back")[0].startswith("In training the batch, in evaluation")


def test_keys_lead_through_the_questions_and_turn_them(browser: Browser, go: Pages):
    go(FIRST)
    for key in ("j", "j", "ArrowRight", "k"):
        browser.press(key)
    assert browser.js("document.activeElement.id") == "null-space"
    assert browser.js("document.querySelector('.selected').id") == "null-space"
    browser.press(" ")
    assert browser.js(OPEN.format("null-space"))
    browser.press("Enter")
    assert not browser.js(OPEN.format("null-space"))


def test_a_key_in_a_field_is_a_letter(browser: Browser, go: Pages):
    go(FIRST)
    browser.js("document.querySelector('#typed input').focus()")
    for key in "jl?/":
        browser.press(key, key)
    assert browser.js("document.querySelector('#typed input').value") == "jl?/"
    assert browser.js("document.querySelector('.selected')?.id ?? ''") == ""


def test_one_of_the_cards_of_a_question_is_chosen(browser: Browser, go: Pages):
    go(FIRST)
    assert shown(browser, "#null-space .front") == ["What is it?\nNull space"]
    browser.click("document.querySelector('#null-space .chooser button:last-child')")
    assert "Which term is meant?" in shown(browser, "#null-space .front")[0]
    assert shown(browser, "#null-space .chooser") == ["‹\ncard 2 of 2\n›"]


def test_one_of_the_rows_of_a_drill_is_chosen_on_both_sides(browser: Browser, go: Pages):
    go(FIRST)
    browser.click("document.querySelector('#rows .q')")
    formula = "document.querySelector('#rows .back .on mjx-container').innerHTML"
    first = browser.js(formula)
    assert len(shown(browser, "#rows .rows > div")) == 2
    browser.click("document.querySelector('#rows .chooser button')")
    assert "row 3 of 3" in shown(browser, "#rows .chooser")[0]
    assert browser.js(formula) != first
    lists = "[...document.querySelectorAll('#rows .rows')]"
    at = f"{lists}.map(list => [...list.children].indexOf(list.querySelector('.on')))"
    assert browser.js(at) == [2, 2]


# ------------------------------------------------------------------ search and filters


def search(browser: Browser, text: str) -> list[str]:
    """Type into the search, and give the ids of what is found."""
    browser.press("Escape")
    browser.js("document.activeElement.blur()")
    browser.press("/", "/")
    browser.js("document.activeElement.value = ''")
    for letter in text:
        browser.type(letter)
    until(browser, "document.querySelector('#results').dataset.of === " + json.dumps(text))
    return [text.split(" · ")[0] for text in shown(browser, "#results small")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("zero", ["null-space", "why-eps"]),
        ("divides", ["why-eps"]),
        ("a la carte", ["null-space"]),
        ("À LA CÀRTE", ["null-space"]),
        ("why-eps", ["why-eps"]),
        ("epsilon", ["why-eps"]),
        ("frac", []),
        ("running averages batch", ["gaps"]),
        ("one.why", []),
        ("normalization", ["why-eps"]),
        ("(", ["hostile", "printed"]),
        ("hacked zebra", ["hostile"]),
    ],
)
def test_search_finds_words_ids_and_letters(
    browser: Browser, go: Pages, text: str, found: list[str]
):
    go("index.html")
    assert sorted(search(browser, text)) == sorted(found)
    assert not shown(browser, "#content")


def test_a_result_is_reached_by_arrows_and_return(browser: Browser, go: Pages, served: str):
    go(SECOND)
    assert search(browser, "running averages")[0] == "gaps"
    browser.press("ArrowDown")
    assert browser.js("document.activeElement.matches('#results a')")
    browser.press("ArrowUp")
    assert browser.js("document.activeElement.id") == "search"
    browser.take_events()
    browser.press("Enter", "\r")
    browser.wait_for("Page.loadEventFired")
    assert browser.js("location.href") == f"{served}{FIRST}#gaps"
    assert browser.js("document.querySelector('.selected').id") == "gaps"


def test_a_result_on_the_same_page_shows_the_page(browser: Browser, go: Pages):
    go(FIRST)
    search(browser, "averages")
    browser.press("Enter", "\r")
    until(browser, "location.hash === '#gaps'")
    assert shown(browser, "#gaps .front")
    assert not shown(browser, "#results")


def test_going_back_finds_the_search_again(browser: Browser, go: Pages):
    go("index.html")
    search(browser, "averages")
    assert browser.js("location.search") == "?search=averages"
    browser.take_events()
    browser.js("location.reload()")
    browser.wait_for("Page.loadEventFired")
    until(browser, "document.querySelector('#results a')")
    assert browser.js("document.querySelector('#search').value") == "averages"


def test_escape_ends_the_search(browser: Browser, go: Pages):
    go("index.html")
    search(browser, "zero")
    browser.press("Escape")
    assert shown(browser, "h1") == ["Test Arc"]


def choose(browser: Browser, name: str, value: str) -> None:
    browser.js(
        f"""(() => {{
          const field = document.getElementById({json.dumps(name)});
          field.type === "checkbox" ? field.click() : field.value = {json.dumps(value)};
          field.dispatchEvent(new Event("input"));
        }})()"""
    )


def test_filters_choose_among_the_questions_of_a_page(browser: Browser, go: Pages):
    go(FIRST)
    choose(browser, "kind", "cloze")
    assert shown(browser, ".question h2") == ["gaps"]
    assert shown(browser, "#status") == ["1 question here"]
    choose(browser, "kind", "")
    choose(browser, "level", "intro")
    assert len(shown(browser, ".question h2")) == 8
    choose(browser, "checked", "")
    assert shown(browser, ".question h2") == ["printed", "rows"]


def test_filters_choose_among_all_questions_where_there_is_none(browser: Browser, go: Pages):
    go("index.html")
    choose(browser, "level", "core")
    until(browser, "document.querySelector('#results a')")
    assert [text.split(" · ")[0] for text in shown(browser, "#results small")] == ["hostile"]
    choose(browser, "level", "")
    until(browser, "!document.querySelector('#content').hidden")


# ------------------------------------------------------------------ themes and looks

GROUND = "getComputedStyle(document.{}).backgroundColor"
DARK, LIGHT = "rgb(28, 30, 34)", "rgb(255, 255, 255)"


def test_the_theme_is_the_systems_until_one_is_chosen(browser: Browser, go: Pages):
    view(browser, theme="dark")
    go(FIRST)
    assert browser.js(GROUND.format("body")) == DARK
    browser.press("t")
    assert browser.js("document.querySelector('#theme').value") == "light"
    assert browser.js(GROUND.format("body")) == LIGHT
    go("cards/why-eps.html")
    assert browser.js(GROUND.format("body")) == LIGHT
    go(FIRST)
    browser.press("t")
    browser.press("t")
    assert browser.js("document.querySelector('#theme').value") == "system"
    assert browser.js(GROUND.format("body")) == DARK


FRAMES = "[...document.querySelectorAll('#frames iframe')]"
INSIDE = """(() => {
  const seen = (page, selector) =>
    [...page.querySelectorAll(selector)].filter(one => one.checkVisibility()).length;
  return FRAMES.map(({ contentDocument: page, clientWidth: width }) => ({
    width,
    night: page.documentElement?.classList.contains("nightMode"),
    sides: seen(page, ".front, .back"),
    around: seen(page, ".back-link, .turn > summary"),
  }));
})()""".replace("FRAMES", FRAMES)
LOADED = f"""{FRAMES}.every(({{ contentDocument: page }}) =>
  page?.readyState === "complete" && page.querySelector(".turn"))"""


def test_a_card_is_looked_at_in_two_frames_and_two_themes(browser: Browser, go: Pages):
    go(FIRST)
    browser.press("j")
    browser.press("l")
    until(browser, f"{FRAMES}.length === 2 && {LOADED}")
    choose_theme = "document.querySelector('#look-theme')"
    browser.js(f"{choose_theme}.value = 'both'; {choose_theme}.dispatchEvent(new Event('change'))")
    until(browser, f"{FRAMES}.length === 4 && {LOADED}")
    seen = browser.js(INSIDE)
    assert [one["night"] for one in seen] == [False, False, True, True]
    assert [one["width"] for one in seen][1::2] == [390, 390]
    assert all(one["sides"] == 1 and not one["around"] for one in seen)
    browser.press("Escape")
    until(browser, f"{FRAMES}.length === 0")
    assert browser.js("document.activeElement.id") == "why-eps"


def test_keys_turn_the_card_that_is_looked_at_and_show_the_next(browser: Browser, go: Pages):
    go(FIRST)
    browser.press("j")
    browser.press("l")
    until(browser, f"{FRAMES}.length === 2 && {LOADED}")
    browser.js("document.activeElement.blur()")
    browser.js("document.querySelector('#look').focus()")
    front, back = (f"{INSIDE}.every(one => one.sides === {sides})" for sides in (1, 2))
    assert browser.js(front)
    browser.press(" ")
    until(browser, back)
    browser.press("j")
    titles = f"{FRAMES}.map(one => one.contentDocument.title.split(' ')[0]).join()"
    until(browser, f"{LOADED} && {titles} === 'null-space,null-space' && {front}")
    browser.js(f"{FRAMES}[0].contentWindow.focus()")
    browser.press(" ")  # handed on by the frame
    until(browser, back)


def test_a_cards_own_page_turns(browser: Browser, go: Pages):
    go("cards/gaps.html#card=1")
    assert "[kept]" in shown(browser, ".front")[0]
    browser.press(" ")
    assert not shown(browser, ".front")
    assert "running averages" in shown(browser, ".back")[0]
    go("cards/gaps.html#card=1&side=answer")
    assert "running averages" in shown(browser, ".back")[0]
    browser.click("document.querySelector('.back .q')")
    assert not shown(browser, ".back")


def test_the_keys_are_told(browser: Browser, go: Pages):
    go("index.html")
    browser.press("?", "?")
    assert "next question" in " ".join(shown(browser, "#keys dd"))
    browser.press("Escape")
    assert not shown(browser, "#keys")


NAME = "(({ id, tagName, className }) => id || `${tagName}.${className}`)(document.activeElement)"


def test_the_keyboard_alone_reaches_search_decks_and_answers(browser: Browser, go: Pages):
    go(FIRST)
    reached = []
    for _ in range(40):
        browser.press("Tab")
        reached.append(browser.js(NAME))
        assert browser.js("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert reached[0] == "A.skip"
    assert {"search", "kind", "level", "checked", "theme", "help", "SUMMARY."} <= set(reached)


# ------------------------------------------------------------------ for everybody

RUN_AXE = """
axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
}).then(({ violations }) => violations.map(
  ({ id, nodes }) => `${id}: ${nodes.map(node => node.html.slice(0, 200)).join(" | ")}`))
"""


@pytest.fixture(scope="module")
def axe() -> str:
    need(AXE.is_file(), "axe-core: npm ci")
    return AXE.read_text("utf-8")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_axe_finds_nothing(browser: Browser, go: Pages, axe: str, width: int, theme: str):
    view(browser, width, theme)
    for path in ("index.html", FIRST, "cards/why-eps.html"):
        go(path)
        browser.js("for (const one of document.querySelectorAll('details')) one.open = true")
        browser.js(axe)
        assert browser.js(RUN_AXE) == [], path


def test_axe_finds_nothing_in_what_is_wrong(browser: Browser, axe: str, tmp_path: Path):
    root = tmp_path / "project"
    project(root).bank(BANK.replace("at: 0:30", "at: 0h30"))
    write(made(root, live=True), tmp_path / "served/some/path")
    with Server(tmp_path / "served") as server:
        for theme in ("light", "dark"):
            view(browser, theme=theme)
            browser.go(server.url + FIRST)
            browser.js(axe)
            assert "error[bad-time]" in shown(browser, ".problems")[0]
            assert browser.js(RUN_AXE) == []
        server.shutdown()


def test_axe_finds_nothing_in_dialogs_and_results(browser: Browser, go: Pages, axe: str):
    go(FIRST)
    browser.js(axe)
    search(browser, "zero")
    assert browser.js(RUN_AXE) == []
    browser.press("Escape")
    browser.js("document.activeElement.blur()")
    browser.press("?", "?")
    assert browser.js(RUN_AXE) == []


# ------------------------------------------------------------------ live


def test_what_is_wrong_stands_on_top_with_links(browser: Browser, tmp_path: Path):
    project(tmp_path)
    bank = tmp_path / "decks/01-first/01-one.yaml"
    broken = BANK.replace("at: 0:30", "at: 0h30").replace("q: How many?", "q: <b>& $x")
    bank.write_text(bank.read_text("utf-8").replace(BANK, broken), "utf-8")
    (tmp_path / "decks/01-first/02-two.yaml").write_text("title: [", "utf-8")
    site = made(tmp_path, live=True)
    text = page(site, FIRST)
    assert text.index("error[bad-time]") < text.index("<article")
    assert 'id="why-eps"' not in text  # it cannot be read
    assert "&lt;b&gt;&amp; $x" in text
    line = bank.read_text("utf-8").split("\n").index("    q: <b>& $x") + 1
    assert f'href="vscode://file{tmp_path}/decks/01-first/01-one.yaml:{line}"' in text
    assert '<a href="#typed">Go to typed</a>' in text
    typed = text[text.index('id="typed"') :].partition("</article>")[0]
    assert '<a href="#problems" class="badge">1 error' in typed
    other = page(site, SECOND)
    assert "error[yaml-syntax]" in other
    assert "<article" not in other
    assert "error" in page(site, "index.html")


def page(site: Site, path: str) -> str:
    file = site.file(path)
    assert file is not None
    return file.content.decode()


def test_a_project_that_cannot_be_read_is_its_problems(tmp_path: Path):
    project(tmp_path).write("decks/curriculum.yaml", "title: [")
    space = workflow.load(tmp_path)
    site = sites.make(space.subject, space.problems, live=True, root=tmp_path)
    assert "error[yaml-syntax]" in page(site, "index.html")
    assert f"vscode://file{tmp_path}/decks/curriculum.yaml:1" in page(site, "index.html")


def test_questions_of_one_id_have_places_of_their_own(tmp_path: Path):
    repository = project(tmp_path)
    repository.bank(
        "  - basic: twin\n    q: One?\n    a: 1\n  - basic: twin\n    q: Two?\n    a: 2\n"
    )
    text = page(made(tmp_path, live=True), FIRST)
    assert re.findall('<article id="([^"]*)"', text) == ["twin", "twin--2"]


KEPT = """({
  y: Math.round(document.querySelector("#derived").getBoundingClientRect().top),
  open: [...document.querySelectorAll("details[open]")].map(one => one.closest(".question").id),
  focused: document.activeElement.id || document.activeElement.textContent,
  selected: document.querySelector(".selected").id,
  chosen: document.querySelector("#null-space .chooser").textContent,
})"""


def test_a_page_is_swapped_and_the_reader_stays(browser: Browser, tmp_path: Path):
    project(tmp_path / "project")
    served = tmp_path / "served/some/path"
    write(made(tmp_path / "project"), served)
    with Server(tmp_path / "served") as server:
        view(browser)
        browser.go(server.url + FIRST)
        browser.click("document.querySelector('#null-space .chooser button')")
        browser.js("document.querySelector('#derived').scrollIntoView()")
        browser.click("document.querySelector('#derived .q')")
        browser.click("document.querySelector('#derived .back summary')")
        before = browser.js(KEPT)
        assert before["open"] == ["derived", "derived"]
        bank = tmp_path / "project/decks/01-first/01-one.yaml"
        text = bank.read_text("utf-8").replace("How many?", "How many? " * 99)
        bank.write_text(text.replace("Derive it.", "Derive it now."), "utf-8")
        write(made(tmp_path / "project"), served)
        browser.js(f"import('{server.url}site.js').then(site => site.refresh())")
        assert "Derive it now." in shown(browser, "#derived .q")[0]
        assert browser.js(KEPT) == before
        assert not browser.take_problems(server.url)
        server.shutdown()


# ------------------------------------------------------------------ hostile texts


def test_hostile_texts_stay_texts(browser: Browser, go: Pages):
    for path in ("index.html", SECOND, "cards/hostile.html"):
        go(path)
        browser.js("for (const one of document.querySelectorAll('details')) one.open = true")
        assert browser.js("window.hacked") is None
        assert browser.js("document.querySelectorAll('[onclick], [onerror]').length") == 0
    go(SECOND)
    assert HOSTILE_TITLE in browser.js("document.title")
    assert shown(browser, "h1") == [HOSTILE_TITLE]
    search(browser, "hacked")
    assert browser.js("window.hacked") is None


def test_what_the_address_says_is_no_markup(browser: Browser, go: Pages):
    go("index.html?search=%3Cimg%20src=x%20onerror=hacked=1%3E&kind=%22%3E&theme=x%22#%22%3E")
    assert browser.js("document.querySelectorAll('main img').length") == 0
    go("cards/rows.html?theme=%22%3E#card=-1&row=x&side=%3C")
    assert shown(browser, ".front")
    go("cards/gaps.html#card=99&row=99")
    assert shown(browser, ".front")


def test_every_page_forbids_what_it_does_not_need(folder: Path):
    for place in folder.rglob("*.html"):
        text = place.read_text("utf-8")
        assert text.count('http-equiv="Content-Security-Policy"') == 1
        assert "script-src &#x27;self&#x27;;" in text
        scripts = re.findall("<script[^>]*>", text)
        assert all(" src=" in script for script in scripts), place
        assert len(scripts) == 2


# ------------------------------------------------------------------ pieces


@pytest.mark.parametrize(
    ("cards", "found"),
    [
        (r"a \(x\) b \[y\] c", [("x", False), ("y", True)]),
        (r"\(a &lt; b &amp;&amp; c\)", [("a < b && c", False)]),
        (r"\(a<br>b<br/>c\)", [("a\nb\nc", False)]),
        (r"\(\text{\(x\)}\)", [(r"\text{\(x\)}", False)]),
        (r"<code>\(x\)</code><pre>\[y\]</pre>\(z\)", [("z", False)]),
        (r'<img alt="\(x\)"><b title=\'>\(y\)\'>\(z\)</b>', [("z", False)]),
        (r"\(x <b>y</b>\) \(z\)", [("z", False)]),
        (r"\(x \[y\]", [("y", True)]),
        (r"\\\(x\)", [("x", False)]),
        (r"\(x\\)\)", [(r"x\\)", False)]),
        (r"never \(closed", []),
    ],
)
def test_formulas_are_found_as_mathjax_finds_them(cards: str, found: list[Formula]):
    assert formulas(cards) == tuple(found)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (r"Why \(\epsilon &lt; 1\)?", "Why epsilon < 1?"),
        (r"\[\frac{a}{b} \cdot \left( x \right)\]", "a b · ( x)"),
        ("{{c1::<b>bold</b>::hint}} and {{c2::x}}", "bold and x"),
        ('<div class="rows"><div>a<div>b</div></div><div>c</div></div>', "a b"),
        ("<p>one</p><p>two <em>th</em>ree.</p>", "one two three."),
    ],
)
def test_the_index_says_what_is_read(field: str, text: str):
    assert words(field) == text


def test_a_formula_is_typeset_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[Formula] = []

    def markup(_: Typesetter, wanted: list[Formula]) -> dict[Formula, str]:
        asked.extend(wanted)
        return {formula: "<mjx-container/>" for formula in wanted if formula[0] != "bad"}

    monkeypatch.setattr(Typesetter, "markup", markup)
    with Typesetter(tmp_path) as typesetter:
        ask = sites.mathjax(typesetter).markup
        assert set(ask([("x", False), ("bad", False)])) == {("x", False)}
        assert set(ask([("x", False), ("bad", False), ("x", True)])) == {("x", False), ("x", True)}
    assert asked == [("x", False), ("bad", False), ("x", True)]


def test_a_formula_that_is_not_typeset_stands_as_tex(tmp_path: Path):
    project(tmp_path)
    assert '<code class="tex">\\epsilon</code>' in page(made(tmp_path), FIRST)


# ------------------------------------------------------------------ the folder


@pytest.fixture
def small() -> Site:
    files = {"index.html": b"one", "cards/a.html": b"two"}
    return Site({path: functools.partial(File, "text/html", body) for path, body in files.items()})


def contents(folder: Path) -> dict[str, bytes]:
    return {
        place.relative_to(folder).as_posix(): place.read_bytes()
        for place in folder.rglob("*")
        if place.is_file() and place.name != LIST
    }


def test_an_export_replaces_the_one_before_and_leaves_the_rest(small: Site, tmp_path: Path):
    dest = tmp_path / "new/site"
    assert write(small, dest) == (dest / "index.html", dest / "cards/a.html")
    (dest / "CNAME").write_bytes(b"cards.example.org")
    (dest / "cards/mine").mkdir()
    (dest / "cards/mine/notes.txt").write_bytes(b"notes")
    fewer = Site({"index.html": functools.partial(File, "text/html", b"three")})
    write(fewer, dest)
    expected = {"index.html": b"three", "CNAME": b"cards.example.org"}
    assert contents(dest) == {**expected, "cards/mine/notes.txt": b"notes"}
    assert sorted(path.name for path in dest.parent.iterdir()) == ["site"]


def test_a_folder_of_something_else_is_left_alone(small: Site, tmp_path: Path):
    (tmp_path / "thesis.txt").write_bytes(b"thesis")
    with pytest.raises(ValueError, match="no export has written"):
        write(small, tmp_path)
    with pytest.raises(ValueError, match="not a folder"):
        write(small, tmp_path / "thesis.txt")
    assert contents(tmp_path) == {"thesis.txt": b"thesis"}


def test_a_file_where_a_page_belongs_is_not_overwritten(small: Site, tmp_path: Path):
    dest = tmp_path / "site"
    write(Site({}), dest)
    (dest / "cards").write_bytes(b"mine")
    with pytest.raises(ValueError, match="would be overwritten"):
        write(small, dest)
    assert contents(dest) == {"cards": b"mine"}


def test_an_export_that_fails_changes_nothing(small: Site, tmp_path: Path):
    dest = tmp_path / "site"
    write(small, dest)

    def fail() -> File:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        write(replace(small, makers={**small.makers, "x.html": fail}), dest)
    assert contents(dest) == {"index.html": b"one", "cards/a.html": b"two"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]


# ------------------------------------------------------------------ our own decks


def test_our_own_pages_have_no_mistake(browser: Browser, tmp_path: Path):
    """Formulas are not typeset: that is slow the first time, and tested elsewhere."""
    site = made(ROOT)
    write(site, tmp_path / "some/path")
    pages = [path for path in site.paths if path.endswith(".html")]
    assert len(pages) > 400
    with Server(tmp_path) as server:
        view(browser, 390)
        for path in [path for path in pages if "cards/" not in path] + pages[10::40]:
            browser.go(server.url + path)
            assert not browser.take_problems(server.url), path
            assert browser.js("document.scrollingElement.scrollWidth") <= 390 or "decks/" in path, (
                path
            )
        server.shutdown()
