"""What is wrong with a formula, as far as can be told without typesetting it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ankibuild.markdown.values import Problem

#: Longer formulas take a phone's MathJax a noticeable time.
LONGEST = 2000

_MACRO = re.compile(r"(?<!\\)(\\+)([a-zA-Z]+)")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_LINES = re.compile(r"\\begin\{|\\substack|\\(?:cases|matrix|pmatrix|eqalign)\{|\\\\\[")

_DEFINING_NAMES = (
    "newcommand renewcommand providecommand newenvironment renewenvironment DeclareMathOperator "
    "DeclarePairedDelimiter DeclarePairedDelimiterX DeclarePairedDelimiterXPP definecolor "
    "mathtoolsset newtagform renewtagform usetagform def gdef edef xdef let require Newextarrow"
)
_DEFINING = frozenset(_DEFINING_NAMES.split())

#: Macros that reach out of their formula, into the page: links, styles, names for styles.
_UNSAFE = frozenset({"href", "style", "class", "cssId", "mmlToken"})

#: Macros that put their first argument into a style, and what may stand there, between semicolons.
_STYLED = re.compile(r"(?<!\\)((?:\\\\)*)\\(bbox|unicode|fcolorbox)\s*+[\[{]([^\]}]*+)")
_HARMLESS = re.compile(r"\s*+(?:(?:border|padding|background(?:-color)?)\s*+:)?[\s\w#.,%-]*+")

#: Macros that authors know from LaTeX packages and Anki's MathJax does not have.
_REPLACEMENTS = {
    "bm": r"\boldsymbol",
    "argmax": r"\operatorname*{arg\,max}",
    "argmin": r"\operatorname*{arg\,min}",
    "mathds": r"\mathbb",
    "mathbbm": r"\mathbb",
    "bbm": r"\mathbb",
    "softmax": r"\operatorname{softmax}",
    "sigmoid": r"\operatorname{sigmoid}",
    "relu": r"\operatorname{ReLU}",
    "ReLU": r"\operatorname{ReLU}",
    "diag": r"\operatorname{diag}",
    "tr": r"\operatorname{tr}",
    "Tr": r"\operatorname{Tr}",
    "rank": r"\operatorname{rank}",
    "sgn": r"\operatorname{sgn}",
    "sign": r"\operatorname{sign}",
    "Var": r"\operatorname{Var}",
    "Cov": r"\operatorname{Cov}",
    "KL": r"\operatorname{KL}",
    "R": r"\mathbb{R}",
    "E": r"\mathbb{E}",
    "N": r"\mathbb{N}",
    "Z": r"\mathbb{Z}",
}

#: Names that nobody means as a word at the start of a new line of a formula.
_COMMON_NAMES = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi "
    "pi rho sigma tau phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega "
    "frac dfrac tfrac sqrt sum prod int partial nabla infty hat bar tilde vec dot overline mathbf "
    "mathbb mathcal mathrm boldsymbol operatorname text left right cdot times odot otimes log exp "
    "ln sin cos tan tanh max min sup inf lim det dim top ldots cdots dots quad qquad leq geq le "
    "ge neq ne approx equiv sim propto to mapsto rightarrow leftarrow Rightarrow in notin subset "
    "cup cap forall exists mid lVert rVert langle rangle binom"
)
_COMMON = frozenset(_COMMON_NAMES.split())


def check(text: str, start: int, end: int) -> Iterator[Problem]:
    """Yield what is wrong with the TeX that stands in ``text`` from ``start`` to ``end``."""
    if not text[start:end].strip():
        return
    for rule in _RULES:
        yield from rule(text, start, end)


def _too_long(_text: str, start: int, end: int) -> Iterator[Problem]:
    if end - start > LONGEST:
        yield Problem(
            "formula-too-long",
            start,
            end,
            f"this formula has {end - start:,} characters",
            help=f"split it; above {LONGEST:,} characters a phone takes seconds to show it",
        )


def _macros(text: str, start: int, end: int) -> Iterator[Problem]:
    several_lines = _LINES.search(text, start, end) is not None
    for found in _MACRO.finditer(text, start, end):
        slashes, name = found[1], found[2]
        if slashes == "\\\\" and name in _COMMON and not several_lines:
            yield _doubled(found)
        elif len(slashes) % 2 and name in _DEFINING:
            yield _definition(found)
        elif len(slashes) % 2 and name in _UNSAFE:
            yield _unsafe(found)
        elif len(slashes) % 2 and name in _REPLACEMENTS:
            yield _unknown(found)


def _doubled(found: re.Match[str]) -> Problem:
    return Problem(
        "doubled-backslash",
        found.start(),
        found.end(),
        f"`{found[0]}` has one backslash too many",
        label=f"a new line and the letters `{found[2]}`",
        help=f"write `\\{found[2]}`",
    )


def _definition(found: re.Match[str]) -> Problem:
    name = found[2]
    return Problem(
        "macro-definition",
        found.end() - len(name) - 1,
        found.end(),
        f"`\\{name}` would change the cards that are shown after this one",
        label="defined for all cards",
        help="write the formula out, without a macro of your own",
    )


def _unsafe(found: re.Match[str]) -> Problem:
    name = found[2]
    link = "put the link into the text: `[words](https://…)`"
    return Problem(
        "unsafe-formula",
        found.end() - len(name) - 1,
        found.end(),
        f"`\\{name}` has no place in a formula of a card",
        label="a link of its own" if name == "href" else "a style of its own",
        help=link if name == "href" else "write the formula without it",
    )


def _styles(text: str, start: int, end: int) -> Iterator[Problem]:
    for found in _STYLED.finditer(text, start, end):
        if not all(map(_HARMLESS.fullmatch, found[3].split(";"))):
            yield Problem(
                "unsafe-formula",
                *found.span(3),
                f"this has no place in a `\\{found[2]}` of a card",
                label="more than a color, a border or a font",
                help="write the formula without it",
            )


def _unknown(found: re.Match[str]) -> Problem:
    name = found[2]
    return Problem(
        "unknown-macro",
        found.end() - len(name) - 1,
        found.end(),
        f"`\\{name}` is not a macro that Anki knows",
        label="would be shown in red",
        help=f"write `{_REPLACEMENTS[name]}`",
    )


def _braces(text: str, start: int, end: int) -> Iterator[Problem]:
    opened: list[int] = []
    for found in _BRACE.finditer(text, start, end):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}" and opened:
            opened.pop()
        elif found[0] == "}":
            yield _brace(found.start(), "this `}` of a formula closes nothing")
            return
    if opened:
        yield _brace(opened[-1], "this `{` of a formula is never closed")


def _brace(at: int, message: str) -> Problem:
    return Problem(
        "unbalanced-braces",
        at,
        at + 1,
        message,
        help="give every `{` its `}`; a brace that is to be seen is written `\\{` or `\\}`",
    )


_RULES: tuple[Callable[[str, int, int], Iterator[Problem]], ...] = (
    _too_long,
    _macros,
    _styles,
    _braces,
)
