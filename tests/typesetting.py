"""Formulas for the tests of what typesets them, and the way from an author's text to a check."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from ankibuild.diagnostics import Diagnostic
from ankibuild.fill import Written, collect
from ankibuild.project import load
from ankibuild.typeset import engines, typesetter
from ankibuild.typeset.findings import Tex
from ankibuild.typeset.typesetter import Typesetter
from kit import Repository
from needs import need

GOOD = r"""
x
x^2
x_{i,j}^{(t)}
x'
f''^2
\alpha + \beta \le \gamma
\frac{a}{b}
\frac12
\sqrt x
\sqrt[3]{x}
\sqrt{}
{}^2
\left( \frac{a}{b} \right)
\left. x \right|_{0}
\left\{ a \middle| b \right\}
\bigl( x \bigr)
\begin{aligned} a &= b \\ c &= d \end{aligned}
\begin{align} a &= b \\ c &= d \end{align}
\begin{align*} a &= b \end{align*}
\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}
\begin{bmatrix*}[r] 1 & -2 \end{bmatrix*}
\begin{cases} a & b \\ c & d \end{cases}
\begin{array}{c|c} a & b \\ \hline c & d \end{array}
\begin{array} a & b \end{array}
\begin{smallmatrix} a \end{smallmatrix}
\begin{gathered} a \\ b \end{gathered}
\begin{split} a &= b \end{split}
\sum_{i=1}^n \prod\limits_j
\operatorname{softmax}(x)
\operatorname*{arg\,max}_x
\text{some text, and $x$}
\text{für}
\mathbf x \mathbb{R} \mathcal L \mathfrak g \mathsf s \mathtt t
\boldsymbol{\Sigma}
\hat x \tilde x \bar x \vec x \dot x \ddot x
\widehat{xyz} \overline{ab} \underline{ab}
\underbrace{a + b}_{c}
\overset{a}{b} \underset{a}{b} \stackrel{a}{b}
\xrightarrow[a]{b}
\lim_{x \to 0} \max_i \sup \inf \det \dim
\binom n k
a < b > c
a \lt b \gt c
a \& b
\{ x \mid y \}
\| x \| \lVert y \rVert
\langle a, b \rangle
\coloneqq \approx \not= \ne \notin
\ce{H2O}
\ce{2 H2 + O2 -> 2 H2O}
\cancel{x} \boxed{y}
\color{red}{x}
\textcolor{blue}{x}
\colorbox{yellow}{x}
\quad \, \; \! \:
\phantom{x} \hphantom{y}
\substack{a \\ b}
\dfrac{a}{b} \tfrac{a}{b} \cfrac{a}{b}
a \bmod b \pmod{c}
\mathop{x}\limits_y
\tag{1} x
\hspace{1em} x \kern 3pt y
\Rule{1em}{1em}{0em}
\enclose{circle}{x}
\bbox[yellow]{x}
\bbox[border: 1px solid red]{x}
\unicode{x263A}
\mathscr{L} \mathrm{d}x
\verb|x_|
\text{\foo}
\\frac{1}{2}
\iint \oint \partial \nabla
\ket{x} \bra{y}
\displaystyle \sum \textstyle \sum
漢 + é
\KK
"""

BAD = r"""
\foo
\bm{x}
\argmax x
\argmin_x
\sgima
\frac{a}
\frac
\sqrt
\sqrt[3
x^
x_
x^2^3
x_1_2
f^2'
a & b
\left( x
x \right)
\left x \right)
\left( \begin{matrix} a \right)
\begin{foo} a \end{foo}
\begin{matrix} a
\begin{matrix} a \end{bmatrix}
\end{matrix}
\begin{matrix} a & \frac{1} \end{matrix}
\begin{align} a &= \foo \\ b \end{align}
{\left(}\right)
\frac{1}{2
a}b
{a
}
\text{a $x}
\text{a {b}
x\limits_2
\hspace{x}
\kern x
\hline
\tag{1}\tag{2} x
\unicode{x}
\bigl
\vec
\mathbf
\operatorname
\overset{a}
\underset{a}{\foo}
\binom{n}
\ce{H2O ->[\foo] C}
\ce{
x \nolimits
\color{red
\mmlToken{mo
a \\ \hline
\cases{a & b & c}
\genfrac{a}{b}
\begin{alignat} a \end{alignat}
\middle| x
\mathbb R^\mathbb
a #
\qty{x}
\dv{x}
\mathds{1}
\text
"""

#: What MathJax accepts, and what we keep out: it reaches out of its formula.
HOSTILE = (
    r"\href{javascript:alert(1)}{x}",
    r"\href{https://example.org}{x}",
    r"\style{background:url(https://example.org/x)}{x}",
    r"\class{q}{x}",
    r"\cssId{qa}{x}",
    r"\bbox[background:url(https://example.org/x)]{x}",
    r"\bbox[background:\75rl(https://example.org/x)]{x}",
    r"\bbox[border:1px solid;position:fixed]{x}",
    r"\color{red;background:url(//example.org)}{x}",
    r"\unicode[x;background:url(//example.org)]{65}",
    r"\mmlToken{mi}[href='javascript:x']{y}",
    r"\mmlToken{mi}[style='position:fixed']{y}",
    r"\mmlToken{mi}[class='q' id='qa']{y}",
    r"\require{physics} x",
    r"\newcommand{\R}{1} \R",
    r"\def\x{1} \x",
    r"\let\x=\y x",
    r"\DeclareMathOperator{\x}{x} \x",
    r"\definecolor{x}{rgb}{1,0,0} x",
    r"\newtagform{x}{[}{]} x",
)


def listed(text: str) -> list[str]:
    """Give the formulas of a list, one a line; the last macro of ours is none."""
    return [line for line in text.strip().split("\n") if line != r"\KK"]


def mutated(seed: int, tex: str) -> str:
    """Break a formula, or not, as a slip of the hand would."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    tokens = re.findall(r"\\[a-zA-Z]+|\\.|.", tex, re.DOTALL)
    at, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
    added = chance.choice([*"{}&^_[]$%#~'", r"\left(", r"\right)", r"\\", r"\frac", r"\foo"])
    slips: list[list[str]] = [
        tokens[:at] + tokens[at + 1 :],
        [*tokens[:at], tokens[other], *tokens[at:]],
        [*tokens[:at], tokens[at][:-1], *tokens[at + 1 :]],
        [*tokens[:at], added, *tokens[at:]],
        tokens[: at + 1],
    ]
    return "".join(chance.choice(slips)).strip()


def mutants(formulas: Sequence[Tex], number: int) -> Iterator[Tex]:
    """Give mutants of formulas chosen among some, the same ones every time."""
    for seed in range(number):
        tex, display = random.Random(f"which {seed}").choice(formulas)  # noqa: S311
        yield mutated(seed, tex) or "x", display


def written(folder: Path, questions: str) -> tuple[tuple[Written, ...], tuple[Diagnostic, ...]]:
    """Give the formulas of a bank with some questions, and what is wrong without MathJax."""
    repository = Repository(folder)
    repository.bank(questions)
    project, problems = load(folder)
    assert project
    collected = collect(project)
    return collected.formulas, (*problems, *collected.problems)


def html_of(formulas: Iterable[Tex], root: Path) -> Mapping[Tex, str]:
    """Give the HTML of formulas."""
    with Typesetter(root) as one:
        return one.markup(formulas)


def stylesheet(root: Path) -> str:
    """Give the CSS that any formula needs."""
    with Typesetter(root) as one:
        return one.stylesheet()


def question(text: str) -> str:
    """Give a bank's question with some text."""
    lines = "".join(f"      {line}\n" for line in text.split("\n"))
    return f"  - basic: x\n    q: |\n{lines}    a: It is so.\n"


class Lent(engines.Engines):
    """Asks the engines of somebody else, and leaves them running."""

    def __init__(self, owner: engines.Engines) -> None:
        super().__init__()
        self.ask = owner.ask  # type: ignore[method-assign]


@contextmanager
def one_engine() -> Iterator[None]:
    """Let everybody share one process: to start one takes as long as many a test."""
    owner = engines.Engines()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typesetter, "Engines", lambda: Lent(owner))
        yield
    owner.close()


def need_mathjax() -> None:
    need(engines.sources(), "MathJax: make")
