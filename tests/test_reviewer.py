"""Cards in a real browser, on Anki's own reviewer page: what a learner sees of every kind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib.resources import files
from operator import mul
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from ankibox import AnkiBox
from ankibuild import workflow
from ankibuild.kinds import kinds
from ankibuild.notetypes import make
from browser import MIDDLE, Browser
from kit import SVG, Repository
from reviewer import Reviewer, Sides, Site, View, answered, sides, wrong

ROOT = Path(__file__).parent.parent

ROWS = 5
BANK = r"""
  - basic: plain
    q: |
      What does `nn.BatchNorm1d` **divide** by, and why is $\epsilon > 0$?
    hint: Think of $\sigma = 0$.
    a: |
      By the root of the variance:
      $$\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}$$

      - so that nothing divides by zero;
      - and no gradient does.
    extra: |
      | layer | mean over | variance over | learned scale | learned shift | running means |
      |-------|-----------|---------------|---------------|---------------|---------------|
      | batch | $N, H, W$ | $N, H, W$     | $\gamma$      | $\beta$       | yes           |
    at: 11:12
  - basic: wide
    q: What is this?
    a: |
      $$a_1 + a_2 + a_3 + a_4 + a_5 + a_6 + a_7 + a_8 + a_9 + a_{10} + a_{11} + a_{12} + a_{13}
      + a_{14} + a_{15} + a_{16}$$
  - basic: right-to-left
    q: |
      <div dir="rtl">

      מהו $x$ כאן, ומה מחזירה `f(x, y)`?

      </div>
    a: |
      <div dir="rtl" lang="he">

      - הפונקציה מחזירה $x + y$.

      </div>

      ```python
      print(f(1, 2), "(end)")
      ```
  - reversed: term
    term: Null space
    definition: All $x$ with $Ax = 0$.
  - cloze: gaps
    text: |
      In training {{c1::the batch `x[0]`}}, in evaluation {{c2::running averages::kept}}, and
      $y = {{c3::\gamma}} \hat{x} + \beta$.
  - typein: typed
    q: How many?
    answer: 128
  - code: printed
    q: What does this print?
    program: |
      print("a line that is much too long for a phone", 1 + 1, sep=" and ", end=" and so on\n")
      x = [i ** 2 for i in range(10) if i % 2]  # a comment
      if x:
          assert x[0] == 1.0, f"not {x!r}"

      s = {"a": {"b": x[::2]}}, "\\(x\\) $x$ <b> &amp; \t"
      del s
    output: a line that is much too long for a phone and 2 and so on
    source: manual
  - steps: derived
    q: |
      ![the unit square](square.svg)

      Derive it.
    lines:
      - $a = b$
      - $$b = c$$
      - "So `a` is $c$."
    extra: Where it ends.
  - exercise: worked
    q: Do it.
    hint: Read it again.
    hints: [Think of $x$., Think again.]
    a: Done.
    rubric: [It is done.]
  - drill: rows
    q: What is the determinant of $$@{A|matrix}$$ and half of it?
    hint: Half of $@{d}$.
    a: $@{d}$ and $@{h|fraction}$
    extra: Twice $@{h|fraction}$ is $@{d}$.
    given:
      - {A: [[1, 0], [0, 3]], d: 3, h: 3/2}
      - {A: [[1, 2], [0, 5]], d: 5, h: 5/2}
      - {A: [[1, 4], [0, 7]], d: 7, h: 7/2}
      - {A: [[1, 6], [0, 9]], d: 9, h: 9/2}
      - {A: [[1, 8], [0, 11]], d: 11, h: 11/2}
"""

VIEWS = pytest.mark.parametrize(
    "view",
    [View(theme, width) for theme in ("light", "dark") for width in (390, 900)],
    ids=lambda view: f"{view.theme}-{view.width}",
)
OPEN_ALL = """
(all => { for (const e of all) e.open = true; return all.length; })(
  document.querySelectorAll("#qa details"))
"""
BOTH_THEMES = pytest.mark.parametrize("theme", ["light", "dark"])
Cards = dict[str, Sides]


# ------------------------------------------------------------------ what the tests stand on


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnkiBox]:
    """Import a bank with a question of every kind."""
    folder = tmp_path_factory.mktemp("reviewer")
    repository = Repository(folder / "repository")
    repository.write("media/square.svg", SVG)
    arc = repository.root / "decks/curriculum.yaml"
    arc.write_text(f"repository: https://github.com/o/r\n{arc.read_text('utf-8')}", "utf-8")
    repository.bank(BANK)
    yield from imported(repository.root, folder)


@pytest.fixture(scope="module")
def cards(box: AnkiBox) -> Cards:
    return all_cards(box)


@pytest.fixture(scope="module")
def site(box: AnkiBox) -> Iterator[Site]:
    with Site(box.folder / "collection.media") as opened:
        yield opened


@pytest.fixture
def reviewer(browser: Browser, site: Site) -> Reviewer:
    opened = Reviewer(browser, site)
    opened.open(View())
    return opened


def imported(root: Path, folder: Path) -> Iterator[AnkiBox]:
    """Build what is at ``root`` and import it, as long as it is wanted."""
    space = workflow.load(root)
    assert space.subject is not None, space.problems
    products = workflow.build(space.subject, folder / "dist")
    box = AnkiBox(folder / "learner")
    box.import_package(products[0].path)
    yield box
    box.close()


def all_cards(box: AnkiBox) -> Cards:
    """Prepare all cards, with nearly the right answer where one is typed."""
    found = (sides(box.col, box.col.get_card(number)) for number in box.col.find_cards(""))
    return {
        card.name: answered(box.col, card, wrong(card.expected)) if card.expected else card
        for card in found
    }


def check_all(reviewer: Reviewer, cards: Cards) -> None:
    """Show all sides, closed and opened; fail with everything that is wrong, if anything is."""
    found: list[str] = []
    for name, card in cards.items():
        for side, show in (("question", reviewer.show_question), ("answer", reviewer.show_answer)):
            show(card)
            found += [f"{name}, {side}: {problem}" for problem in reviewer.problems()]
            if reviewer.js(OPEN_ALL):
                found += [f"{name}, {side}, opened: {problem}" for problem in reviewer.problems()]
    assert not found, "\n".join(found)


# ------------------------------------------------------------------ every kind


def test_no_kind_is_left_out(cards: Cards):
    assert set(kinds()) == {line.split(":")[0] for line in BANK.split("\n  - ")[1:]}
    assert {name.partition(" ")[0] for name in cards} == {
        line.split()[1] for line in BANK.split("\n  - ")[1:]
    }
    assert len(cards) == 13


@VIEWS
def test_nothing_is_wrong_with_any_kind(reviewer: Reviewer, cards: Cards, view: View):
    reviewer.open(view)
    check_all(reviewer, cards)


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        (r"\(\frac{1}{\)", r"raw: \( in"),
        (r"\(\frac\)", "math: Missing argument for \\frac"),
        (r"\(\bm x\)", r"macro: \bm"),
        (r"\[@{x}\]", "raw: @{ in: @{x}"),
        (r"\frac \[", r"raw: \[ in"),
        ("a **b**", "raw: **b in"),
        ("a $x_1$", "raw: $x_1$ in"),
        ("{{c1::gap}}", "raw: {{c1:: in"),
        ('<img src="none.png">', "media: none.png cannot be shown"),
        ('<img src="https://example.org/a.png">', "network: https://example.org/a.png"),
        ('<div style="width: 2000px">x</div>', "overflow: the page is"),
        ('<div style="position: relative; left: -50px; top: 0">x</div>', "overflow: sticks out"),
        ('<p style="color: #888">x</p>', "contrast: 3.25 in: x"),
        (r'<p style="color: #888">\(x\)</p>', "contrast: 3.25 in: formula"),
        ("<script>nothing()</script>x", "js: "),
        ("<script>console.error('bad')</script>x", "js: ['bad']"),
        ("<p hidden>x</p>", "blank: "),
    ],
)
def test_the_checks_see_what_is_wrong(reviewer: Reviewer, html: str, problem: str):
    """The tests above would fail if something were wrong."""
    reviewer.show_question(Sides("broken", html, html))
    found = reviewer.problems()
    assert any(text.startswith(problem) for text in found), found


BIGGER = {
    "the root's font": "document.documentElement.style.fontSize = '200%'",
    "the card's font": "document.body.style.setProperty('font-size', '34px', 'important')",
}


@pytest.mark.parametrize("enlarge", BIGGER.values(), ids=BIGGER)
def test_text_of_twice_the_size_fits(reviewer: Reviewer, cards: Cards, enlarge: str):
    reviewer.js(enlarge)
    check_all(reviewer, cards)


@BOTH_THEMES
def test_a_page_of_twice_the_size_fits(reviewer: Reviewer, cards: Cards, theme: str):
    """Zoomed to 200 %, a phone is 195 pixels wide."""
    reviewer.open(View(theme, 195, scale=2.0))
    check_all(reviewer, cards)


@BOTH_THEMES
def test_a_sharp_screen_changes_nothing(reviewer: Reviewer, cards: Cards, theme: str):
    reviewer.open(View(theme, 360, scale=3.0))
    check_all(reviewer, cards)


# ------------------------------------------------------------------ right to left


DIRECTIONS = """
[...document.querySelectorAll("#qa .q div, #qa .a div > ul, #qa code, #qa mjx-math")]
  .map(e => [e.tagName, getComputedStyle(e).direction, getComputedStyle(e).textAlign])
"""


def test_right_to_left_is_for_prose_only(reviewer: Reviewer, cards: Cards):
    """Prose starts on the right, code and formulas on the left, whatever is around them."""
    card = cards["right-to-left card 1"]
    reviewer.show_question(card)
    reviewer.show_answer(card)
    found = reviewer.js(DIRECTIONS)
    kinds_of = {tag: (direction, align) for tag, direction, align in found}
    assert kinds_of["DIV"] == kinds_of["UL"] == ("rtl", "start")
    assert {(tag, way) for tag, way, _ in found if tag not in {"DIV", "UL"}} == {
        ("CODE", "ltr"),
        ("MJX-MATH", "ltr"),
    }


def test_a_page_from_right_to_left_fits(reviewer: Reviewer, cards: Cards):
    """Anki in Hebrew, and every card that starts in it."""
    reviewer.js("document.documentElement.dir = document.getElementById('qa').dir = 'rtl'")
    check_all(reviewer, cards)


# ------------------------------------------------------------------ what can be done on a card


OPEN = "[...document.querySelectorAll('.q details, .a details')].map(e => e.open)"
SHOWN = "[...document.querySelectorAll('.step mjx-container')].map(e => e.checkVisibility())"
LABELS = """
[...document.querySelectorAll("#qa summary")]
  .filter(e => e.checkVisibility()).map(e => e.textContent)
"""


def show_both(reviewer: Reviewer, card: Sides) -> None:
    reviewer.show_question(card)
    reviewer.show_answer(card)


def test_steps_open_one_by_one_by_click(reviewer: Reviewer, cards: Cards):
    show_both(reviewer, cards["derived card 1"])
    assert reviewer.js(SHOWN) == [False, False, False]
    for number in range(3):
        shown = min(number + 1, 3)
        assert reviewer.js(LABELS) == [f"Step {step} of 3" for step in range(1, shown + 1)]
        reviewer.browser.click(f"document.querySelectorAll('summary')[{number}]")
        opened = [True] * (number + 1) + [False] * (2 - number)
        assert reviewer.js(OPEN) == reviewer.js(SHOWN) == opened
        assert reviewer.problems() == []


def test_a_step_that_is_closed_again_takes_no_other_away(reviewer: Reviewer, cards: Cards):
    show_both(reviewer, cards["derived card 1"])
    reviewer.js(OPEN_ALL)
    reviewer.browser.click("document.querySelectorAll('summary')[0]")
    assert reviewer.js(OPEN) == reviewer.js(SHOWN) == [False, True, True]


def test_what_an_author_folds_is_there_at_once(reviewer: Reviewer):
    fold = "<details><summary>{}</summary>x</details>"
    html = f'<div class="a">{fold.format("one")}{fold.format("two")}</div>'
    style = f"<style>{make('arc')['basic'].css}</style>"
    reviewer.show_question(Sides("folded", style + html, html))
    assert reviewer.js(LABELS) == ["one", "two"]


@pytest.mark.parametrize(("key", "text"), [("Enter", "\r"), (" ", " ")], ids=["enter", "space"])
@pytest.mark.parametrize(("name", "count"), [("derived card 1", 3), ("worked card 1", 2)])
def test_steps_and_hints_open_one_by_one_by_keyboard(
    reviewer: Reviewer, cards: Cards, name: str, count: int, key: str, text: str
):
    show_both(reviewer, cards[name])
    for number in range(count):
        reviewer.browser.press("Tab")
        while reviewer.js("document.activeElement.matches('mjx-container')"):
            reviewer.browser.press("Tab")  # a formula has a menu, which can be reached too
        assert reviewer.js("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        reviewer.browser.press(key, text)
        assert reviewer.js(OPEN) == [True] * (number + 1) + [False] * (count - number - 1)


def test_what_follows_a_derivation_does_not_give_its_end_away(reviewer: Reviewer, cards: Cards):
    extra = "document.querySelector('.x').checkVisibility()"
    show_both(reviewer, cards["derived card 1"])
    for number in range(3):
        assert not reviewer.js(extra)
        reviewer.browser.click(f"document.querySelectorAll('summary')[{number}]")
    assert reviewer.js(extra)
    show_both(reviewer, cards["plain card 1"])
    assert reviewer.js(extra)


LOOKS = """
[...document.querySelectorAll("#qa summary")].map(e => {
  const style = getComputedStyle(e);
  return ["color", "backgroundColor", "border", "padding", "font"].map(name => style[name]);
})
"""
BOXES = """
[...document.querySelectorAll("#qa details, #qa summary")].map(e => {
  const style = getComputedStyle(e);
  return [style.borderTopStyle, style.backgroundColor];
})
"""


@VIEWS
def test_all_hints_look_alike_and_an_open_one_is_no_box(
    reviewer: Reviewer, cards: Cards, view: View
):
    reviewer.open(view)
    reviewer.show_question(cards["worked card 1"])
    for _ in ("closed", "open"):
        first, *others = reviewer.js(LOOKS)
        assert others == [first, first]
        assert min(heights(reviewer, "summary")) >= 24
        reviewer.js(OPEN_ALL)
    assert {tuple(box) for box in reviewer.js(BOXES)} == {("none", "rgba(0, 0, 0, 0)")}


def heights(reviewer: Reviewer, selector: str) -> list[float]:
    """Give the heights in CSS pixels of all that can be seen of what a selector finds."""
    found: list[float] = reviewer.js(
        f"[...document.querySelectorAll('#qa :is({selector})')]"
        ".filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height)"
    )
    return found


# ------------------------------------------------------------------ programs to copy


PROGRAM = dedent(BANK.partition("program: |\n")[2].partition("    output:")[0]).rstrip("\n")
OUTPUT = "a line that is much too long for a phone and 2 and so on"
SELECTION = "getSelection().toString()"


def test_a_mouse_selects_as_usual(reviewer: Reviewer, cards: Cards):
    """What is copied is the program to the letter, whatever guards it from Anki's parsers."""
    reviewer.show_question(cards["printed card 1"])
    box = reviewer.js(
        "(box => box.toJSON())(document.querySelector('.q pre code').getBoundingClientRect())"
    )
    drag(reviewer.browser, (box["left"], box["top"] + 5), (box["left"] + 200, box["bottom"] - 5))
    assert reviewer.js(SELECTION) == PROGRAM
    reviewer.js("getSelection().removeAllRanges()")  # or the selection itself would be dragged
    drag(reviewer.browser, (box["left"], box["top"] + 5), (box["left"] + 1, box["top"] + 25))
    assert reviewer.js(SELECTION) == PROGRAM.partition("\n")[0] + "\n"


def drag(browser: Browser, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press the mouse's button at a point and release it at another."""
    for kind, (x, y) in (("Pressed", start), ("Moved", end), ("Released", end)):
        rest = {"button": "left", "buttons": 1, "clickCount": 1}
        browser.call("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, **rest)


@pytest.fixture
def touched(reviewer: Reviewer) -> Iterator[Reviewer]:
    """Show the page on a screen that is touched."""
    reviewer.browser.call("Emulation.setTouchEmulationEnabled", enabled=True)
    reviewer.open(View())
    yield reviewer
    reviewer.browser.call("Emulation.setTouchEmulationEnabled", enabled=False)


def touch(browser: Browser, *points: tuple[float, float]) -> None:
    """Touch the page with a finger, move it from point to point, and lift it."""
    kinds_of = ("touchStart", *["touchMove"] * (len(points) - 1))
    for kind, (x, y) in zip(kinds_of, points, strict=True):
        browser.call("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y}])
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


def promise(reviewer: Reviewer, event: str, until: str = "true") -> None:
    """Let ``await promised`` wait for an event of the document after which something is true."""
    reviewer.js(
        "globalThis.promised = new Promise(done => document.addEventListener("
        f"'{event}', () => {{ if ({until}) done(); }}, true)), 0"
    )


@pytest.mark.parametrize(("side", "text"), [("q", PROGRAM), ("a", OUTPUT)], ids=["code", "output"])
def test_a_tap_selects_a_block_of_code(touched: Reviewer, cards: Cards, side: str, text: str):
    """Wherever it is tapped: on a word, beside a short line, between lines."""
    show_both(touched, cards["printed card 1"])
    box = touched.js(f"document.querySelector('.{side} pre').getBoundingClientRect().toJSON()")
    for x, y in ((40, 25), (box["width"] - 3, box["height"] - 3), (3, box["height"] / 2)):
        touched.js("getSelection().removeAllRanges()")
        promise(touched, "selectionchange", "getSelection().type === 'Range'")
        touch(touched.browser, (box["left"] + x, box["top"] + y))
        assert touched.js(f"promised.then(() => {SELECTION})") == text


def test_a_swipe_scrolls_code_and_selects_nothing(touched: Reviewer, cards: Cards):
    touched.show_question(cards["printed card 1"])
    x, y = touched.js(f"({MIDDLE})(document.querySelector('.q pre'))")
    promise(touched, "scroll")
    touch(touched.browser, *((x + 80 - 20 * step, y) for step in range(9)))
    touched.js("promised.then(() => 0)")
    assert touched.js("document.querySelector('.q pre').scrollLeft") > 0
    assert touched.js(SELECTION) == ""


def test_code_scrolls_by_keyboard(reviewer: Reviewer, cards: Cards):
    """Chromium puts the focus on what scrolls; nothing in the card has to ask for it."""
    reviewer.show_question(cards["printed card 1"])
    reviewer.browser.press("Tab")
    assert reviewer.js("document.activeElement.tagName") == "PRE"
    promise(reviewer, "scroll")
    reviewer.browser.press("ArrowRight")
    reviewer.js("promised.then(() => 0)")
    assert reviewer.js("document.activeElement.scrollLeft") > 0


# ------------------------------------------------------------------ the foot


LINKS = "[...document.querySelectorAll('.foot a')].map(e => [e.textContent, e.href])"
SIGN = "getComputedStyle(document.querySelector('.src a'), '::before').content"


@VIEWS
def test_the_foot_opens_the_source_and_a_report(reviewer: Reviewer, cards: Cards, view: View):
    reviewer.open(view)
    show_both(reviewer, cards["plain card 1"])
    assert reviewer.js(LINKS) == [
        [
            "A lecture, 11:12 (the middle)",
            "https://www.youtube.com/watch?v=abcdefghijk&t=672s",
        ],
        [
            "Report a mistake",
            "https://github.com/o/r/issues/new?template=card.yml&title=plain%3A+&id=plain",
        ],
    ]
    assert reviewer.js(SIGN) == '"►" / ""'
    assert min(heights(reviewer, ".foot a")) >= 24


def test_only_a_place_in_a_video_has_the_sign_of_one(reviewer: Reviewer, cards: Cards):
    show_both(reviewer, cards["printed card 1"])
    assert reviewer.js("document.querySelector('.src').textContent") == "A manual"
    assert reviewer.js(SIGN) == "none"


def test_every_answer_has_one_foot_and_no_question(cards: Cards):
    for name, card in cards.items():
        question = name.partition(" ")[0]
        assert card.answer.count(f'&amp;id={question}"') == 1
        assert 'class="foot"' not in card.question


RIGHT = [["typeGood", "128"]]
WRONG = [["typeGood", "12"], ["typeBad", "9"], ["", "↓"], ["typeGood", "12"], ["typeMissed", "8"]]


@pytest.mark.parametrize(("typed", "marks"), [("128", RIGHT), ("129", WRONG)])
def test_what_is_typed_is_compared(
    reviewer: Reviewer, box: AnkiBox, cards: Cards, typed: str, marks: list[list[str]]
):
    card = cards["typed card 1"]
    reviewer.show_question(card)
    reviewer.browser.click("document.getElementById('typeans')")
    reviewer.browser.call("Input.insertText", text=typed)
    shown = answered(box.col, raw_sides(box, "typed card 1"), reviewer.js("getTypedAnswer()"))
    reviewer.show_answer(shown)
    seen = reviewer.js(
        "[...document.querySelectorAll('#typeans span')].filter(e => e.checkVisibility())"
        ".map(e => [e.className, e.textContent])"
    )
    assert seen == marks
    assert reviewer.problems() == []


def raw_sides(box: AnkiBox, name: str) -> Sides:
    """Prepare a card without an answer typed."""
    found = (sides(box.col, box.col.get_card(number)) for number in box.col.find_cards(""))
    return next(card for card in found if card.name == name)


GAPS = {
    "gaps card 1": ("[...]", "the batch x[0]"),
    "gaps card 2": ("[kept]", "running averages"),
}


@pytest.mark.parametrize(("name", "hidden", "gap"), [(k, *v) for k, v in GAPS.items()], ids=GAPS)
def test_a_gap_is_hidden_until_the_answer(
    reviewer: Reviewer, cards: Cards, name: str, hidden: str, gap: str
):
    others = [text for other, (_, text) in GAPS.items() if other != name]
    reviewer.show_question(cards[name])
    question = reviewer.js("document.querySelector('.q').innerText")
    assert hidden in question
    assert gap not in reviewer.js("document.getElementById('qa').textContent")
    assert all(text in question for text in others)
    reviewer.show_answer(cards[name])
    assert question.replace(hidden, gap) == reviewer.js("document.querySelector('.q').innerText")


def test_a_gap_in_a_formula_is_hidden_until_the_answer(reviewer: Reviewer, cards: Cards):
    last = "[...MathJax.startup.document.math].map(item => item.math).pop()"
    card = cards["gaps card 3"]
    reviewer.show_question(card)
    assert "[...]" in reviewer.js(last)
    assert "gamma" not in reviewer.js(last)
    reviewer.show_answer(card)
    assert r"\gamma" in reviewer.js(last)


# ------------------------------------------------------------------ boxes and plates


@pytest.mark.parametrize(
    ("name", "selector"),
    [
        ("printed card 1", ".q pre"),
        ("printed card 1", ".a pre"),
        ("wide card 1", ".a mjx-container"),
        ("plain card 1", ".x table"),
    ],
)
def test_what_is_wide_scrolls_in_its_own_box(
    reviewer: Reviewer, cards: Cards, name: str, selector: str
):
    reviewer.show_question(cards[name])
    reviewer.show_answer(cards[name])
    moved, wide = reviewer.js(
        f"(box => {{ box.scrollLeft = 40; return [box.scrollLeft, box.scrollWidth > box.clientWidth"
        f"] }})(document.querySelector({json.dumps(selector)}))"
    )
    assert (moved, wide) == (40, True)
    assert reviewer.problems() == []


@pytest.mark.parametrize(
    ("theme", "plate"), [("light", "rgba(0, 0, 0, 0)"), ("dark", "rgb(255, 255, 255)")]
)
def test_a_figure_has_a_light_plate_in_the_dark(
    reviewer: Reviewer, cards: Cards, theme: str, plate: str
):
    reviewer.open(View(theme))
    reviewer.show_question(cards["derived card 1"])
    style = "getComputedStyle(document.querySelector('#qa img'))"
    assert reviewer.js(f"{style}.backgroundColor") == plate
    assert reviewer.js(f"{style}.filter") == "none"


# ------------------------------------------------------------------ colors


COLOR = "getComputedStyle(document.querySelector('{}')).{}"


@pytest.mark.parametrize(
    ("outer", "own"),
    [("", "nightMode"), ("", "night_mode"), ("nightMode", ""), ("night_mode", "")],
)
def test_every_way_to_say_night_is_dark(reviewer: Reviewer, cards: Cards, outer: str, own: str):
    """Desktop and AnkiMobile say `nightMode`, AnkiDroid `night_mode`; of the body or above it."""
    reviewer.show_question(cards["derived card 1"])
    background = COLOR.format("body", "backgroundColor")
    assert reviewer.js(background) == "rgb(255, 255, 255)"
    reviewer.js(f"document.documentElement.className = '{outer}'")
    reviewer.js(f"document.body.className = 'card card1 {own}'")
    assert reviewer.js(background) == "rgb(28, 30, 34)"
    assert reviewer.js(COLOR.format("#qa img", "backgroundColor")) == "rgb(255, 255, 255)"
    assert reviewer.problems() == []


@BOTH_THEMES
def test_borders_that_matter_can_be_seen(reviewer: Reviewer, cards: Cards, theme: str):
    """A field to type into, the bar of an output and a focus are nothing but their borders."""
    reviewer.open(View(theme))
    page = reviewer.js(COLOR.format("body", "backgroundColor"))
    borders = (
        ("typed card 1", "input#typeans", "borderTopColor"),
        ("printed card 1", ".out pre", "borderLeftColor"),
        ("derived card 1", "summary", "outlineColor"),
    )
    for name, selector, border in borders:
        show = reviewer.show_question if selector.startswith("input") else reviewer.show_answer
        reviewer.show_question(cards[name])
        show(cards[name])
        reviewer.js(f"document.querySelector('{selector}').focus({{ focusVisible: true }})")
        assert contrast(page, reviewer.js(COLOR.format(selector, border))) >= 3


def contrast(*colors: str) -> float:
    """Give the contrast of two colors `rgb(0, 0, 0)`, from 1 to 21, as WCAG defines it."""
    darker, lighter = sorted(map(luminance, colors))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    values = (int(part) / 255 for part in re.findall(r"\d+", color))
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return sum(map(mul, (0.2126, 0.7152, 0.0722), linear))


@pytest.fixture(params=["light", "dark"])
def forced(reviewer: Reviewer, request: pytest.FixtureRequest) -> Iterator[Reviewer]:
    """Show the page in the few colors of a system, as Windows has for those who see little."""
    wanted = {"forced-colors": "active", "prefers-color-scheme": request.param}
    features = [{"name": name, "value": value} for name, value in wanted.items()]
    reviewer.browser.call("Emulation.setEmulatedMedia", features=features)
    reviewer.open(View(request.param))
    yield reviewer
    reviewer.browser.call("Emulation.setEmulatedMedia", features=[])


def test_all_is_readable_in_forced_colors(forced: Reviewer, cards: Cards):
    check_all(forced, cards)


def test_what_only_a_color_tells_apart_can_be_seen_in_forced_colors(forced: Reviewer, cards: Cards):
    show_both(forced, cards["typed card 1"])
    grounds = [COLOR.format(f"#typeans .{c}", "backgroundColor") for c in ("typeGood", "typeBad")]
    assert len({forced.js(ground) for ground in grounds}) == 2
    forced.show_question(cards["gaps card 1"])
    assert forced.js(COLOR.format(".cloze", "outlineStyle")) == "solid"
    forced.show_answer(cards["gaps card 1"])
    assert forced.js(COLOR.format(".cloze", "outlineStyle")) == "solid"
    show_both(forced, cards["derived card 1"])
    assert forced.js(COLOR.format("#qa img", "backgroundColor")) == "rgb(255, 255, 255)"
    page, line = (
        forced.js(COLOR.format(selector, color))
        for selector, color in (("body", "backgroundColor"), ("#answer", "borderTopColor"))
    )
    assert contrast(page, line) >= 3
    assert forced.js(COLOR.format("#answer", "borderTopWidth")) == "1px"


RULES = "(text => {{ const s = new CSSStyleSheet; s.replaceSync(text); return {}; }})({})"


def test_the_style_is_packed_without_loss(reviewer: Reviewer):
    """A browser reads the same rules in what is packed as in what we write."""
    source = (files("ankibuild.notetypes") / "style.css").read_text("utf-8")
    packed = make("arc")["basic"].css
    assert len(packed) < len(source)
    ours, theirs = (
        reviewer.js(RULES.format("[...s.cssRules].map(r => r.cssText)", json.dumps(text)))
        for text in (source, packed)
    )
    assert ours == theirs
    assert len(ours) > 60


# ------------------------------------------------------------------ the drill


CLOCK = """
(now => {
  const Real = globalThis.RealDate ??= Date;
  globalThis.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [now])); }
    static now() { return now; }
  };
})"""

# The number of each row that is shown, list by list.
PICKED = """
[...document.querySelectorAll(".rows")]
  .filter(list => !list.parentElement.closest("details"))
  .map(list => [...list.children].flatMap((row, i) => row.checkVisibility() ? [i] : []))
"""
FORMULAS = """
[...document.querySelectorAll(".rows mjx-container")].filter(e => e.checkVisibility()).map(e => {
  const box = e.getBoundingClientRect();
  return box.width > 5 && box.height > 5 && !e.querySelector("mjx-merror");
})
"""


def at(reviewer: Reviewer, moment: datetime) -> None:
    """Set the page's clock and the browser's time zone; ``moment`` names the zone."""
    reviewer.browser.call("Emulation.setTimezoneOverride", timezoneId=str(moment.tzinfo))
    reviewer.js(f"{CLOCK}({round(moment.timestamp() * 1000)})")


def picked(reviewer: Reviewer, card: Sides) -> int:
    """Show both sides; return the number of the only row that is on them."""
    reviewer.show_question(card)
    question = reviewer.js(PICKED)
    reviewer.show_answer(card)
    answer = reviewer.js(PICKED)
    assert len(question) == 1
    assert len(answer) >= 2  # the question stands on the answer's side too
    (row,) = question[0]
    assert answer == [[row]] * len(answer)
    return row


def row_of(day: date) -> int:
    return (day - date(1970, 1, 1)).days % ROWS


NOON = datetime(2026, 3, 20, 12, tzinfo=ZoneInfo("UTC"))


@VIEWS
def test_a_drill_shows_another_row_every_day(reviewer: Reviewer, cards: Cards, view: View):
    reviewer.open(view)
    days = [NOON + timedelta(number) for number in range(ROWS)]
    rows = []
    for day in days:
        at(reviewer, day)
        rows.append(picked(reviewer, cards["rows card 1"]))
        formulas = reviewer.js(FORMULAS)
        assert len(formulas) >= 3
        assert all(formulas)
        assert reviewer.problems() == []
    assert rows == [row_of(day.date()) for day in days]
    assert set(rows) == set(range(ROWS))


# A winter's and a summer's day, and the days on which the clocks are changed.
MORNINGS = {
    "UTC": ["2026-01-01"],
    "Pacific/Auckland": ["2026-01-15", "2026-04-05", "2026-04-06", "2026-07-15", "2026-09-28"],
    "America/Los_Angeles": ["2026-01-15", "2026-03-08", "2026-03-09", "2026-07-15", "2026-11-02"],
    "Asia/Kathmandu": ["2026-03-01"],
    "Pacific/Kiritimati": ["2027-01-01"],
}


@pytest.mark.parametrize(
    ("zone", "day"),
    [(zone, day) for zone, days in MORNINGS.items() for day in days],
)
def test_the_row_changes_at_four_in_the_learners_morning(
    reviewer: Reviewer, cards: Cards, zone: str, day: str
):
    card, today = cards["rows card 1"], date.fromisoformat(day)
    four = datetime(today.year, today.month, today.day, 4, tzinfo=ZoneInfo(zone))
    at(reviewer, datetime.fromtimestamp(four.timestamp() - 1, tz=four.tzinfo))
    assert picked(reviewer, card) == row_of(today - timedelta(1))
    at(reviewer, four)
    assert picked(reviewer, card) == row_of(today)
    at(reviewer, four.replace(hour=23, minute=59))
    assert picked(reviewer, card) == row_of(today)
    at(reviewer, four.replace(hour=0, minute=1) + timedelta(1))
    assert picked(reviewer, card) == row_of(today)


def test_the_rows_of_a_drill_belong_together(reviewer: Reviewer, cards: Cards):
    """The answer that is shown is the answer to the question that is shown."""
    for number in range(ROWS):
        at(reviewer, NOON + timedelta(number))
        row = picked(reviewer, cards["rows card 1"])
        shown = reviewer.js(
            "[...MathJax.startup.document.math].filter(item => item.typesetRoot.checkVisibility())"
            ".map(item => item.math)"
        )
        determinant = 3 + 2 * row
        assert f"{2 * row} \\\\ 0 & {determinant}" in " ".join(shown[0].split())
        assert shown[1:3] == [f"{determinant}", rf"\frac{{{determinant}}}{{2}}"]


def test_the_script_of_a_drill_may_run_again(reviewer: Reviewer, cards: Cards):
    at(reviewer, NOON + timedelta(2))
    row = picked(reviewer, cards["rows card 1"])
    before = reviewer.js("document.getElementById('qa').innerHTML")
    reviewer.js("eval(document.querySelector('#qa script').textContent)")
    assert reviewer.js("document.getElementById('qa').innerHTML") == before
    at(reviewer, NOON + timedelta(3))
    reviewer.js("eval(document.querySelector('#qa script').textContent)")
    assert {tuple(rows) for rows in reviewer.js(PICKED)} == {((row + 1) % ROWS,)}


@pytest.mark.parametrize("works", [True, False], ids=["with script", "without script"])
def test_the_first_row_shows_without_a_script(
    reviewer: Reviewer, cards: Cards, works: bool, tmp_path: Path
):
    """Where scripts are off there is a whole card to learn, the same on both sides."""
    card = cards["rows card 1"]
    for html in (card.question, card.answer):
        page = tmp_path / "card.html"
        page.write_text(f'<meta charset="utf-8"><body class="card">{html}', encoding="utf-8")
        reviewer.browser.call("Emulation.setScriptExecutionDisabled", value=not works)
        reviewer.browser.go(page.as_uri())
        rows = reviewer.js(PICKED)
        assert rows == [rows[0]] * len(rows)
        assert works or rows[0] == [0]
        assert reviewer.js("document.querySelectorAll('.rows > .on').length > 0") == works


# ------------------------------------------------------------------ our own decks


@pytest.fixture(scope="module")
def our_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnkiBox]:
    yield from imported(ROOT, tmp_path_factory.mktemp("ours"))


def test_nothing_is_wrong_with_our_own_cards(browser: Browser, our_box: AnkiBox):
    cards = all_cards(our_box)
    assert len(cards) >= 200
    with Site(our_box.folder / "collection.media") as site:
        reviewer = Reviewer(browser, site)
        reviewer.open(View())
        check_all(reviewer, cards)
