"""Emphasis: ``*em*``, ``**strong**``, ``_em_``, ``__strong__`` and ``~~del~~``.

Python-Markdown 3.11 loses text on input such as ``a*bc**x*yz``, so this is CommonMark's algorithm
on its own: runs of delimiters, matched with a stack for each character.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

from ankibuild.markdown.escape import CLOSE, OPEN, placeholder

#: Opening tags by the number in their placeholder; the closing tag has the number after it.
TAGS = ("<em>", "</em>", "<strong>", "</strong>", "<del>", "</del>")
_EM, _STRONG, _DEL = 0, 2, 4

_RUN = re.compile(r"(\*+|_+|~+)")


class _Run(Struct):
    """Delimiters in a row; ``left`` of them are not yet part of a pair."""

    mark: str
    place: int
    size: int
    opens: bool
    closes: bool
    left: int
    before: str = ""
    after: str = ""

    def text(self) -> str:
        return self.before + self.mark * self.left + self.after


def emphasize(text: str) -> str:
    """Replace the delimiters in one stretch of text by placeholders of kind ``E`` for the tags."""
    pieces = _RUN.split(text)
    runs = [_run(pieces, place) for place in range(1, len(pieces), 2)]
    _pair(runs)
    for run in runs:
        pieces[run.place] = run.text()
    return "".join(pieces)


def _run(pieces: list[str], place: int) -> _Run:
    before = _neighbor(pieces, place - 1, -1)
    after = _neighbor(pieces, place + 1, 0)
    left = not after.isspace() and (not _punctuation(after) or _edge(before))
    right = not before.isspace() and (not _punctuation(before) or _edge(after))
    mark, size = pieces[place][0], len(pieces[place])
    if mark == "_":
        left, right = left and not before.isalnum(), right and not after.isalnum()
    if mark == "~" and size != 2:
        left = right = False
    return _Run(mark, place, size, left, right, size)


def _neighbor(pieces: list[str], place: int, end: int) -> str:
    """Return the character next to a run; the ends of the text count as space."""
    if pieces[place]:
        return pieces[place][end]
    beyond = place - 1 if end else place + 1
    return pieces[beyond][end] if 0 < beyond < len(pieces) else " "


def _punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _edge(character: str) -> bool:
    """Tell whether no word goes on here; a token is a tag, a line break or a formula."""
    return character.isspace() or _punctuation(character) or character in (OPEN, CLOSE)


def _pair(runs: list[_Run]) -> None:
    openers: dict[str, list[_Run]] = {"*": [], "_": [], "~": []}
    for run in runs:
        own = openers[run.mark]
        while run.closes and run.left and (opener := _opener(own, run)):
            _wrap(opener, run)
            for stack in openers.values():
                while stack and stack[-1].place > opener.place:
                    stack.pop()
            if not opener.left:
                own.pop()
        if run.opens and run.left:
            own.append(run)


def _opener(stack: list[_Run], closer: _Run) -> _Run | None:
    """Find the innermost opener that fits; far enough for people, and linear."""
    return next((run for run in reversed(stack[-4:]) if _fits(run, closer)), None)


def _fits(opener: _Run, closer: _Run) -> bool:
    """Apply CommonMark's rule of three, which keeps `*a**b*` from pairing in the middle."""
    if not (opener.closes or closer.opens):
        return True
    both = opener.size % 3 == closer.size % 3 == 0
    return both or (opener.size + closer.size) % 3 != 0


def _wrap(opener: _Run, closer: _Run) -> None:
    size = 2 if min(opener.left, closer.left) >= 2 else 1
    tag = _DEL if opener.mark == "~" else _STRONG if size == 2 else _EM
    opener.left -= size
    closer.left -= size
    opener.after = placeholder("E", tag) + opener.after
    closer.before += placeholder("E", tag + 1)
