"""What we say of formulas, beside what Anki's own reviewer shows of them in a real browser."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ankibox import AnkiBox
from ankibuild import workflow
from ankibuild.markdown import render
from ankibuild.typeset.engines import fonts
from ankibuild.typeset.findings import INDENT, WIDEST, Tex
from ankibuild.typeset.typesetter import Typesetter
from browser import Browser
from kit import Repository
from reviewer import Reviewer, Sides, Site, View, sides
from typesetting import BAD, GOOD, listed, mutants, need_mathjax, written

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_mathjax()
    return tmp_path_factory.mktemp("typeset")


@pytest.fixture(scope="module")
def typesetter(folder: Path) -> Iterator[Typesetter]:
    with Typesetter(folder) as one:
        yield one


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    with Site(folder) as serving:
        yield serving


@pytest.fixture(scope="module")
def reviewer(browser: Browser, site: Site) -> Reviewer:
    return Reviewer(browser, site)


def paragraphs(contents: Sequence[str], style: str = "") -> str:
    return f"{style}<div>{''.join(f'<p>{content}</p>' for content in contents)}</div>"


def delimited(formulas: Sequence[Tex]) -> list[str]:
    return [html.escape(rf"\[{tex} \]" if display else rf"\({tex} \)") for tex, display in formulas]


# ------------------------------------------------------------------ verdicts

# Broken TeX is an error node or an attribute, an unknown macro is red text without one, and
# unbalanced braces are not seen as a formula at all.
SHOWN = """
[...document.querySelectorAll("#qa p")].map(p => !!p.querySelector("mjx-container")
  && !p.querySelector('mjx-merror, [data-mjx-error], mjx-mtext[style*="color: red"]'))
"""


def shown(reviewer: Reviewer, formulas: Sequence[Tex]) -> dict[Tex, bool]:
    """Tell of each formula whether Anki shows it as it is meant."""
    reviewer.open(View(width=900))
    reviewer.show_question(Sides("formulas", paragraphs(delimited(formulas)), ""))
    verdicts = reviewer.js(SHOWN)
    assert len(verdicts) == len(formulas)
    return dict(zip(formulas, verdicts, strict=True))


def test_the_verdicts_are_those_of_anki(reviewer: Reviewer, typesetter: Typesetter) -> None:
    lists = {text: [(tex, False) for tex in listed(text)] for text in (GOOD, BAD)}
    theirs = shown(reviewer, [*lists[GOOD], *lists[BAD]])
    made = typesetter.markup(theirs)
    assert {tex: tex in made for tex in theirs} == theirs
    assert all(theirs[tex] for tex in lists[GOOD])
    assert not any(theirs[tex] for tex in lists[BAD])


def own_formulas(folder: Path) -> list[Tex]:
    """Give some formulas of our own banks, as different from each other as they come."""
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "decks").glob("*/[0-9]*.yaml"))]
    found = {tex for text in texts for tex in re.findall(r"(?<![\w$])\$([^$\n@]{8,120})\$", text)}
    own = [tex for tex in sorted(found) if render(f"${tex}$").problems == ()]
    return [(tex, bool(number % 2)) for number, tex in enumerate(own)]


def test_the_verdicts_on_slips_of_the_hand_are_those_of_anki(
    reviewer: Reviewer, typesetter: Typesetter, folder: Path
) -> None:
    formulas = sorted(set(mutants(own_formulas(folder), 240)))
    theirs = shown(reviewer, formulas)
    made = typesetter.markup(formulas)
    assert {tex: tex in made for tex in formulas} == theirs
    assert len(formulas) > 200
    assert 40 < list(theirs.values()).count(False) < 200


# ------------------------------------------------------------------ boxes

NASTY = r"""
\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}
\begin{bmatrix} 1 & \frac{1}{2} \\ \sqrt{3} & -4 \end{bmatrix}
\begin{aligned} a &= b + c \\ &\le \underbrace{d + e}_{\text{at most } f} \end{aligned}
\sum_{i=1}^{n} \prod_{j \ne i} \left( \frac{\partial L}{\partial w_{ij}} \right)^2
\operatorname*{arg\,max}_{\theta \in \Theta} \log p_\theta(x)
f(x) = \begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}
\ce{2 H2O ->[\Delta] 2 H2 + O2}
\overbrace{a + \cdots + a}^{n} \xrightarrow[\text{below}]{\text{above}} \widehat{abc}
\sqrt[3]{1 + \sqrt{1 + \sqrt{1 + x}}}
\left\lVert \begin{matrix} a \\ b \\ c \\ d \end{matrix} \right\rVert_2
\mathbb{E}_{x \sim \mathcal{D}}\left[ \mathbf{x}^\top \boldsymbol{\Sigma}^{-1} \mathfrak{g} \right]
\mathsf{s} \mathtt{t} \mathrm{r} \mathscr{L} \nabla \cdot \vec{v}
\cancel{x} + \boxed{y} + \enclose{circle}{z}
\begin{array}{c|cc} & a & b \\ \hline c & 1 & 2 \end{array}
a = b \tag{3}
\color{red}{x} + \colorbox{yellow}{$y$}
\int_0^\infty \! e^{-x^2} \, dx = \frac{\sqrt\pi}{2}
f''(x) \not\in \varnothing \quad \implies \quad a \iff b
\tiny a \large b \Huge c
\underset{n}{\overset{m}{\Longrightarrow}} \stackrel{!}{=} \dot{x} \ddot{y} \bar{z} \overline{AB}
\displaystyle\lim_{n \to \infty} \binom{n}{k} \left. \frac{a}{b} \right|_{x = 0}
a < b \& c > d
"""
STYLE = """<style>
  #qa { font: 18px serif; text-align: start; width: 700px; } p { margin: 20px 0; }
  mjx-container { font-size: 106% !important; }
</style>"""
#: The boxes of formulas, and of the signs in them beside these.
BOXES = """
[...document.querySelectorAll("p > mjx-container")].map(formula => {
  const all = [formula, formula.firstElementChild, ...formula.querySelectorAll("mjx-c")];
  const [{ x, y }] = all.map(e => e.getBoundingClientRect());
  return all.map(e => e.getBoundingClientRect()).map(b => [b.x - x, b.y - y, b.width, b.height]);
})
"""


def test_markup_looks_as_in_anki(
    reviewer: Reviewer, typesetter: Typesetter, site: Site, folder: Path
) -> None:
    formulas = [(tex, number % 3 == 0) for number, tex in enumerate(listed(NASTY))]
    reviewer.open(View(width=900))
    reviewer.show_question(Sides("nasty", paragraphs(delimited(formulas), STYLE), ""))
    theirs = reviewer.js(BOXES)
    ours = boxes(reviewer.browser, typesetter, formulas, site.url, folder)
    assert len(ours) == len(theirs) == len(formulas)
    for tex, our, their in zip(formulas, ours, theirs, strict=True):
        for one, other in zip(our, their, strict=True):
            assert one == pytest.approx(other, abs=1), tex


def boxes(
    browser: Browser, typesetter: Typesetter, formulas: Sequence[Tex], url: str, folder: Path
) -> list[list[list[float]]]:
    """Show formulas on a page with nothing but our markup, stylesheet and fonts."""
    made = typesetter.markup(formulas)
    (folder / "fonts").mkdir()
    for name, path in fonts().items():
        shutil.copy(path, folder / "fonts" / name)
    (folder / "page.css").write_text(typesetter.stylesheet(), "utf-8")
    (folder / "page.html").write_text(
        '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="page.css"><div id="qa">'
        f"{paragraphs([made[tex] for tex in formulas], STYLE)}</div>",
        "utf-8",
    )
    browser.go(f"{url}page.html")
    browser.js("document.fonts.ready.then(() => 0)")
    found: list[list[list[float]]] = browser.js(BOXES)
    assert browser.take_problems(url) == []
    return found


# ------------------------------------------------------------------ gaps

CLOZES = [
    r"$\frac{ {{c1::a::top}} }{ {{c2::b}} } + {{c1::c}}$ and {{c3::no formula}}",
    r"$x &lt; {{c1::y &amp; z::what &lt; that}}$",
    r"$a {{c1::b {{c2::c::inner}} d}} e$",
    r"$$\begin{aligned} a &= {{c1::b}} \\ c &= {{c2::d \\ & e}} \end{aligned}$$",
    r"$ {{c2::x}} $ and {{c1::a $y$ b::hint with $z$}}",
    r"$a\ {{c1::b\ }}$",
]


def test_fronts_are_what_anki_puts_into_formulas(tmp_path: Path) -> None:
    """Anki puts `[...]` or the hint in place of a gap; those are the formulas that we check."""
    repository = Repository(tmp_path / "repository")
    repository.bank(
        "".join(
            f"  - cloze: c{number}\n    text: |\n      {text}\n"
            for number, text in enumerate(CLOZES)
        )
    )
    subject = workflow.load(repository.root).subject
    assert subject
    (product, *_) = workflow.build(subject, tmp_path / "dist")
    box = AnkiBox(tmp_path / "box")
    box.import_package(product.path)
    for number, text in enumerate(CLOZES):
        formulas = render(text, cloze=True).formulas
        note = next(n for n in map(box.note, box.guids()) if n["Id"] == f"c{number}")
        expected = {plain(one.tex) for formula in formulas for one in formula.readings}
        fronts = [formula for card in note.cards() for formula in in_card(card.question())]
        assert set(fronts) | set(in_card(note.cards()[0].answer())) == expected
    box.close()


def in_card(side: str) -> list[str]:
    found = re.findall(r"\\\((.*?)\\\)|\\\[(.*?)\\\]", side, re.DOTALL)
    return [plain(html.unescape(one or other)) for one, other in found]


def plain(tex: str) -> str:
    """Leave out spaces: Anki's own are of no consequence in a formula."""
    return re.sub(r"\s", "", tex)


# ------------------------------------------------------------------ width

PLACES = [
    ("question", 0, "  - basic: {id}\n    q: |\n      Text {formula}, text.\n    a: So.\n"),
    ("answer", 0, "  - basic: {id}\n    q: Why?\n    a: |\n      Text {formula}, text.\n"),
    ("list", 1, "  - basic: {id}\n    q: |\n      Text.\n\n      - {formula}, text.\n    a: So.\n"),
    (
        "nested",
        2,
        "  - basic: {id}\n    q: |\n      Text.\n\n      - a\n        - {formula},\n    a: So.\n",
    ),
    ("quote", 1, "  - basic: {id}\n    q: |\n      > Text {formula}, text.\n    a: So.\n"),
    ("hint", 0, "  - basic: {id}\n    q: Why?\n    hint: |\n      Text {formula}.\n    a: So.\n"),
    ("extra", 0, "  - basic: {id}\n    q: Why?\n    a: So.\n    extra: Text {formula}, text.\n"),
    ("gap", 0, "  - cloze: {id}\n    text: |\n      A {{{{c1::gap}}}} {formula}, text.\n"),
    ("steps", 0, "  - steps: {id}\n    q: Why?\n    lines:\n      - a\n      - Text {formula}.\n"),
]
OPEN = "for (const e of document.querySelectorAll('#qa details')) e.open = true"


def rule(width: float) -> str:
    """Give a formula that is ``width`` em wide."""
    return rf"$\Rule{{{width:.2f}em}}{{1em}}{{0em}}$"


def bank(slack: float) -> str:
    return "".join(
        text.format(id=f"w-{name}", formula=rule(WIDEST - INDENT * depth + slack))
        for name, depth, text in PLACES
    )


@pytest.fixture(scope="module")
def too_wide(folder: Path, browser: Browser) -> dict[float, set[str]]:
    """Give the places in which a phone is too narrow, for formulas around the limit."""
    found = {}
    for slack in (0.0, 1.5):
        repository = Repository(folder / f"wide{slack}")
        repository.bank(bank(slack))
        subject = workflow.load(repository.root).subject
        assert subject
        (product, *_) = workflow.build(subject, folder / f"dist{slack}")
        box = AnkiBox(folder / f"box{slack}")
        box.import_package(product.path)
        with Site(box.folder / "collection.media") as site:
            found[slack] = set(overflowing(box, Reviewer(browser, site)))
        box.close()
    return found


def overflowing(box: AnkiBox, reviewer: Reviewer) -> Iterator[str]:
    reviewer.open(View(width=390))
    for guid in sorted(box.guids()):
        shown = sides(box.col, box.cards(guid)[0])
        reviewer.show_question(shown)
        reviewer.js(OPEN)
        problems = reviewer.problems()
        reviewer.show_answer(shown)
        reviewer.js(OPEN)
        problems += reviewer.problems()
        assert all(problem.startswith("overflow") for problem in problems)
        if problems:
            yield box.note(guid)["Id"].removeprefix("w-")


def test_what_is_not_too_wide_fits_a_phone(too_wide: dict[float, set[str]]) -> None:
    assert too_wide[0.0] == set()


def test_what_is_too_wide_does_not(too_wide: dict[float, set[str]]) -> None:
    """The limit is that of the largest text; others have a little more room."""
    assert {"question", "list", "nested", "gap"} <= too_wide[1.5]


def test_the_limit_is_the_one_that_is_checked(tmp_path: Path, typesetter: Typesetter) -> None:
    for slack, number in ((0.0, 0), (0.1, len(PLACES))):
        formulas, _ = written(tmp_path / str(slack), bank(slack))
        found = [problem.rule for problem in typesetter.check(formulas).problems]
        assert found == ["formula-too-wide"] * number
