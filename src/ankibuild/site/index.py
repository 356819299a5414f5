"""The index that the search reads: the words of every question, without tags and TeX's signs."""

from __future__ import annotations

import html
import json
import re

from ankibuild.site.arc import Arc, Shown

_GAP = re.compile(r"\{\{c\d+::|(?:::(?:(?!\}\}|::).)*+)?\}\}", re.DOTALL)
_INLINE = re.compile(r"</?(?:a|abbr|b|code|em|i|kbd|mark|s|span|strong|sub|sup|u)\b[^>]*>")
_TAG = re.compile(r"<(?:\"[^\"]*\"|'[^']*'|[^'\">])*>")
_DIV = re.compile(r"<(/?)div\b[^>]*>")
_FORMULA = re.compile(r"\\\((.*?)\\\)|\\\[(.*?)\\\]", re.DOTALL)
# Signs as they look; letters keep their names, by which they are searched for.
_SIGNS = {
    "cdot": "·",
    "times": "×",
    "odot": "⊙",
    "circ": "∘",
    "pm": "±",
    "top": "ᵀ",
    "sim": "~",
    "le": "≤",
    "leq": "≤",
    "ge": "≥",
    "geq": "≥",
    "ne": "≠",
    "neq": "≠",
    "approx": "≈",
    "to": "→",
    "rightarrow": "→",
    "mapsto": "↦",
    "in": "∈",
    "lVert": "‖",
    "rVert": "‖",
    "dots": "…",
    "ldots": "…",
    "cdots": "…",
    "infty": "∞",
    "partial": "∂",
    "nabla": "∇",
    "sum": "∑",
    "prod": "∏",
    "int": "∫",
    "sqrt": "√",
}
_WORD = re.compile(r"\\([a-zA-Z]+)\s*([{\[]?)|\\.|[{}$&]", re.DOTALL)
_SHAPES = {"left", "right", "quad", "qquad", "displaystyle", "limits"}
_GAPLESS = re.compile(r" (?=[,.;:?!)])")
_ROWS = '<div class="rows">'


def index(arc: Arc) -> str:
    """Write the index as JSON: ``decks`` and their ``questions``, in the order of the arc."""
    decks = [
        {
            "title": deck.title,
            "path": deck.path,
            "questions": [_entry(shown) for shown in deck.questions],
        }
        for deck in arc.decks
    ]
    return json.dumps({"decks": decks}, ensure_ascii=False, separators=(",", ":"))


def _entry(shown: Shown) -> dict[str, object]:
    front, *rest = shown.note.fields[:4]
    return {
        "id": shown.note.id,
        "anchor": shown.anchor,
        "kind": shown.kind,
        "level": shown.level,
        "checked": shown.is_checked,
        "problems": bool(shown.problems),
        "front": words(front),
        "back": " ".join(filter(None, [*map(words, rest), *shown.topics])),
    }


def words(field: str) -> str:
    """Give the text of a field, with the letters of its formulas but none of TeX's signs."""
    text = _TAG.sub(" ", _INLINE.sub("", _first_row(_GAP.sub("", field))))
    plain = _FORMULA.sub(_spoken, html.unescape(text))
    return _GAPLESS.sub("", " ".join(plain.split()))


def _spoken(formula: re.Match[str]) -> str:
    return _WORD.sub(_word, formula[1] or formula[2] or "")


def _word(found: re.Match[str]) -> str:
    r"""Say ``\\epsilon`` and ``\\cdot``; what takes arguments only shapes them."""
    name, argument = found[1], found[2]
    if not name:
        return " "
    return f" {_SIGNS.get(name, '' if argument or name in _SHAPES else name)} "


def _first_row(field: str) -> str:
    """Of a drill's rows, which say the same with other numbers, keep the first."""
    start = field.find(_ROWS)
    if start < 0:
        return field
    depth = 0
    for div in _DIV.finditer(field, start + len(_ROWS)):
        depth += -1 if div[1] else 1
        if depth <= 0:
            return field[: div.end()]
    return field
