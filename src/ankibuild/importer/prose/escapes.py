r"""The backslashes that keep text from being markup: as few as there can be, or all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from ankibuild.importer.prose.page import Line, Words
from ankibuild.importer.prose.spaces import NBSP, UNWRITABLE
from ankibuild.markdown.emphasis import emphasize

_PUNCTUATION = r"!-/:-@\[-`{-~"
_ALWAYS = r"[`$]|~(?=~)|(?<=~)~|\{(?=\{c[0-9,]*::)"
_LIGHT = (
    rf"\\(?=[{_PUNCTUATION}\n]|\Z|begin\{{)|{_ALWAYS}"
    r"|<(?=/?[A-Za-z][^<>]*>|!--|https?://|mailto:)|&(?=\#|[A-Za-z][A-Za-z0-9]*;)"
    r"|\](?=\()|!(?=\[[^\]]*\]\()"
)
_FULL = r"[\\`*_~$<>&\]!{}|#+]|(?<=:):|:(?=:)"
_STARS = r"(?<![ ])\*|\*(?![ ]|\Z)|(?<![^\W_])_|_(?![^\W_])"
_IN_GAP = r"\}(?=\})|:(?=:)"
_IN_GAP_LAST = r"[}:]\Z"

_SPACES = re.compile(f"{NBSP}{{2,}}|\\A{NBSP}|{NBSP}\\Z")
_ENTITIES = {NBSP: "&nbsp;", "\u200e": "&lrm;", "\u200f": "&rlm;"}

_START = re.compile(
    r"(?P<gaps>(?:\{\{c[0-9]+::)*)"
    r"(?:(?P<sign>[-+*](?=[ \t]|\Z)|>|\#{1,6}(?=[ \t])|(?=([-*_])(?:[ \t]*\3){2,}[ \t]*\Z)."
    r"|[|:-](?=[|: -]*\Z))|(?P<number>[0-9]{1,9})(?P<dot>[.)])(?=[ \t]|\Z))"
)


class Escapes(Struct, frozen=True):
    """How a paragraph's text is escaped: what may be markup in it, and what surrounds it."""

    careful: bool = False
    stars: bool = True
    in_table: bool = False

    @classmethod
    def of(cls, lines: Sequence[Line], *, careful: bool, in_table: bool = False) -> Escapes:
        """Give what fits some lines: a star that would emphasize nothing needs no backslash."""
        words = [one for line in lines for one in line if isinstance(one, Words)]
        text = " ".join(one.text for one in words)
        marked = any(mark[0] in ("strong", "em", "del") for one in words for mark in one.marks)
        stars = marked or careful or emphasize(text) != text
        return cls(careful, stars, in_table)

    def apply(self, text: str, *, in_gap: bool, in_link: bool, last: bool) -> str:
        """Escape text; it is the ``last`` of its gap, its link or its line."""
        parts = [_FULL if self.careful else _LIGHT]
        parts += [_STARS] if self.stars else []
        parts += [_IN_GAP] if in_gap else []
        parts += [_IN_GAP_LAST] if in_gap and last else []
        parts += [r"[\[\]]"] if in_link else []
        parts += [r"\|"] if self.in_table else []
        pattern = re.compile("|".join(parts))  # compiled once: `re` keeps the few there are
        return _entities(pattern.sub(_escaped, text))


def _escaped(sign: re.Match[str]) -> str:
    """Escape a sign; a backslash before a square bracket would open a formula."""
    return "&#91;" if sign[0] == "[" else f"\\{sign[0]}"


def _entities(text: str) -> str:
    """Write what cannot be seen so that it can be: wide spaces, marks of direction."""
    text = _SPACES.sub(lambda run: "&nbsp;" * len(run[0]), text)
    return UNWRITABLE.sub(lambda c: _ENTITIES.get(c[0], f"&#x{ord(c[0]):X};"), text)


def guarded(line: str) -> str:
    """Escape what would make of the start of a line the start of a block."""
    found = _START.match(line)
    if found is None:
        return line
    sign = f"\\{found['sign']}" if found["sign"] else f"{found['number']}\\{found['dot']}"
    return f"{found['gaps']}{sign}{line[found.end() :]}"
