"""Which language a block of code is in: its classes say so, or its colors do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ankibuild.importer.prose.gaps import End, Start
from ankibuild.importer.prose.tokens import tokens
from ankibuild.markdown import highlight

#: A class and the text that has it.
Span = tuple[str, str]

_CLASS = re.compile(r"(?:language|lang|highlight-source|highlight|source|brush)[-:_]([\w+#-]+)\Z")
#: Classes beside which that of the language stands alone.
_MARKERS = frozenset({"hljs", "sourcecode", "prettyprint", "src"})
_NONE = frozenset({"", "default", "none", "highlight", "code", "text", "plaintext"})
_NAMES = (
    "python bash json yaml c cpp java javascript sql html css rust go r latex pycon console diff "
    "toml"
)
_COMMON = tuple(_NAMES.split())
#: Classes that the renderer leaves uncolored.
_UNSTYLED = frozenset({"", "w", "p", "n", "o"})


def named(classes: str) -> str:
    """Give the language that an attribute ``class`` names; nothing if it names none."""
    names = classes.lower().split()
    said = [found[1] for found in map(_CLASS.match, names) if found]
    if _MARKERS & set(names):
        said += names
    return next((name for name in said if name not in _NONE and highlight.is_known(name)), "")


def of_colors(spans: Sequence[Span]) -> str:
    """Give the language in which Pygments colors code like this; nothing if there is none."""
    colored = _merged(spans)
    if not any(name for name, _ in colored):
        return ""
    program = "".join(text for _, text in colored)
    return next((one for one in _COMMON if _colors(program, one) == colored), "")


@lru_cache(64)
def _colors(program: str, language: str) -> tuple[Span, ...]:
    name, spans = "", []
    for token in tokens(highlight.block(program, language), cloze=False):
        match token:
            case Start("span", attributes):
                name = attributes.get("class", "")
            case End("span"):
                name = ""
            case str():
                spans.append((name, token))
    return _merged(spans)


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join neighboring spans that look the same."""
    merged: list[Span] = []
    for name, text in spans:
        shown = "" if name in _UNSTYLED else name
        if merged and merged[-1][0] == shown:
            merged[-1] = (shown, merged[-1][1] + text)
        elif text:
            merged.append((shown, text))
    return tuple(merged)
