"""A project's own style: CSS that follows ours on every card."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ankibuild.diagnostics import Diagnostic, Source, Span
from ankibuild.files import read_bytes
from ankibuild.paths import STYLE
from ankibuild.source import Document, text_of
from ankibuild.words import count

#: Characters; it stands in each of five notetypes, in every package.
LONGEST = 50_000
#: What would load something, run something, or end the style; also where an escape hides it.
_UNSAFE = re.compile(
    r"@import|url\s*\(|src\s*\(|image-set\s*\(|expression\s*\(|-moz-binding|behavior\s*:|</|<!--|\\",
    re.IGNORECASE,
)


def load(root: Path) -> tuple[str, tuple[Diagnostic, ...]]:
    """Read ``decks/style.css`` and what is wrong with it; nothing if a project has none."""
    if not os.path.lexists(root / STYLE):
        return "", ()
    data = read_bytes(root, STYLE)
    if isinstance(data, Document):
        return "", data.problems
    try:
        source = Source(STYLE, text_of(data))
    except UnicodeDecodeError:
        span = Span(Source(STYLE, ""), 0, 0)
        return "", (Diagnostic("encoding", "this is not UTF-8", span, help="save it as UTF-8"),)
    problems = tuple(_faults(source))
    return "" if problems else f"\n{source.text.strip()}\n", problems


def _faults(source: Source) -> Iterator[Diagnostic]:
    if len(source.text) > LONGEST:
        message = f"this style has {count(len(source.text), 'character')}"
        help_text = f"{LONGEST:,} are the most: it comes along with every notetype"
        yield Diagnostic("unsafe-style", message, Span(source, 0, 0), "", help_text)
        return
    for found in _UNSAFE.finditer(source.text):
        message = f"`{found[0]}` cannot be in the style of cards"
        help_text = "a card loads nothing and runs nothing; draw with colors, borders, gradients"
        yield Diagnostic("unsafe-style", message, Span(source, *found.span()), "", help_text)
