"""The gaps of a cloze: all hidden at once in the question, all filled in the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

#: The classes of what a gap becomes.
BLANK, FILLED = "blank", "filled"

_MARK = re.compile(r"(\{\{c[0-9]+::|::|\}\})")
# Brackets of our own: noncharacters, which no field holds.
_OPEN, _HINT, _CLOSE = "\ufdd2", "\ufdd3", "\ufdd4"
_GAP = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
# In a field, every formula has its end; without one it would go on to that of the text.
_MATH = re.compile(r"\\\(.*?(?:\\\)|\Z)|\\\[.*?(?:\\\]|\Z)", re.DOTALL)

Fill = Callable[[str, str], str]


def hide(markup: str) -> str:
    """Hide the gaps in the HTML of a field; their hints stay."""
    return _replace(markup, _blank, lambda _, hint: rf"\underline{{\quad {hint} \quad}}")


def fill(markup: str) -> str:
    """Fill the gaps in the HTML of a field."""
    return _replace(markup, _filled, lambda content, _: content)


def _blank(_: str, hint: str) -> str:
    return f'<span class="{BLANK}">{hint}</span>'


def _filled(content: str, _: str) -> str:
    return f'<span class="{FILLED}">{content}</span>'


def _replace(markup: str, in_text: Fill, in_formula: Fill) -> str:
    """Replace each gap by what its content and its hint become, from the inside out."""
    bracketed = "".join(_bracketed(markup))
    done = _MATH.sub(lambda math: _each(math[0], in_formula), bracketed)
    return re.sub(f"[{_OPEN}{_HINT}{_CLOSE}]", "", _each(done, in_text))


def _each(markup: str, fill_: Fill) -> str:
    found = 1
    while found:
        markup, found = _GAP.subn(lambda gap: fill_(*_parts(gap[1])), markup)
    return markup


def _parts(gap: str) -> tuple[str, str]:
    content, _, hint = gap.partition(_HINT)
    return content, hint


def _bracketed(markup: str) -> Iterator[str]:
    """Write the marks that are marks, as Anki reads them, as single characters."""
    depth = 0
    for piece in _MARK.split(markup):
        if piece.startswith("{{c") and piece.endswith("::"):
            depth += 1
            yield _OPEN
        elif depth and piece in ("::", "}}"):
            depth -= piece == "}}"
            yield _HINT if piece == "::" else _CLOSE
        else:
            yield piece
