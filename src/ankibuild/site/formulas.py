r"""Formulas in the HTML of cards: found as MathJax finds them, and replaced by what it would show.

Anki's cards hold ``\(x &lt; y\)`` and ``\[...\]``, which Anki typesets with a script. A page has no
use for the script if the markup that MathJax makes is there already.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from ankibuild.site.elements import Html, tag
from ankibuild.site.values import Formula, Typeset

# A tag, or an element that MathJax leaves alone with all that is in it; or a formula's start.
_TOKEN = re.compile(
    r"<(pre|code|script|style|textarea)\b.*?</\1\s*>|<(?:\"[^\"]*\"|'[^']*'|[^'\">])*>|\\[(\[]",
    re.DOTALL | re.IGNORECASE,
)
_ENDS = {r"\(": r"\)", r"\[": r"\]"}
_LINE_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_STEP = re.compile(r"\\(?:[a-zA-Z]+|.)|[{}]|<br ?/?>|<", re.DOTALL | re.IGNORECASE)


def typeset(cards: Html, with_: Typeset) -> Html:
    """Replace the formulas in the HTML of cards; those that cannot be typeset stand as TeX."""
    found = tuple(_found(cards))
    known = with_.markup(dict.fromkeys(formula for _, _, formula in found))
    pieces: list[str] = []
    at = 0
    for start, end, formula in found:
        pieces += [cards[at:start], known.get(formula) or _as_tex(formula)]
        at = end
    return Html("".join([*pieces, cards[at:]]))


def formulas(cards: str) -> tuple[Formula, ...]:
    """Give the formulas in the HTML of cards, in order."""
    return tuple(formula for _, _, formula in _found(cards))


def _as_tex(formula: Formula) -> Html:
    tex, display = formula
    return tag("code", tex.strip(), class_="tex display" if display else "tex")


def _found(cards: str) -> Iterator[tuple[int, int, Formula]]:
    """Give start, end and content of each formula; attributes and code hold none."""
    at = 0
    while token := _TOKEN.search(cards, at):
        start, at = token.span()
        if token[0] not in _ENDS:
            continue
        end = _end(cards, at, _ENDS[token[0]])
        if end is not None:
            inside = _LINE_BREAK.sub("\n", cards[at:end])
            at = end + 2
            yield start, at, (html.unescape(inside), token[0] == r"\[")


def _end(cards: str, at: int, closing: str) -> int | None:
    """Find where a formula ends: outside of braces, and before any tag but a line break."""
    depth = 0
    for step in _STEP.finditer(cards, at):
        if step[0] == closing and not depth:
            return step.start()
        if step[0] == "<":
            return None
        depth = max(0, depth + {"{": 1, "}": -1}.get(step[0], 0))
    return None
