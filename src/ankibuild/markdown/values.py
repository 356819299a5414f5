"""What the renderer hands out, and what its stages hand to each other.

What is handed out can be kept: the order of its fields is that of lists in JSON.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

from msgspec import Struct


class Problem(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One mistake in a text; ``start`` and ``end`` are offsets into the text as it was given."""

    rule: str
    start: int
    end: int
    message: str
    label: str = ""
    help: str = ""
    severity: Literal["error", "warning"] = "error"


class Reading(Struct, frozen=True, array_like=True, omit_defaults=True):
    """The TeX of a formula as one side of a card shows it; ``front`` tells that a gap is hidden.

    ``places`` are pairs of offsets into ``tex`` and into the author's text: from the first one on,
    character by character, ``tex`` stands at the second.
    """

    tex: str
    places: tuple[tuple[int, int], ...]
    front: bool = False

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the offsets in the author's text of the characters ``start`` to ``end``."""
        first = self._place(start)
        return first, max(first, self._place(end - 1) + 1 if end > start else first)

    def _place(self, offset: int) -> int:
        index = bisect_right(self.places, offset, key=lambda pair: pair[0]) - 1
        at, place = self.places[max(0, index)]
        return place + offset - at


class Formula(Struct, frozen=True, array_like=True, omit_defaults=True):
    """A formula: its TeX without delimiters and gaps; the offsets include the delimiters.

    ``readings`` are what the sides of cards show of it, as it was typed first; none if something
    is wrong with it already. ``depth`` counts the lists, quotes and details around it; ``scrolls``
    tells that it is in a table, whose width is not that of the page.
    """

    tex: str
    display: bool
    start: int
    end: int
    readings: tuple[Reading, ...] = ()
    depth: int = 0
    scrolls: bool = False


class Rendered(Struct, frozen=True, array_like=True, omit_defaults=True):
    """A text as a field's HTML, and all that was found in it.

    ``clozes`` are the numbers of its gaps in order; ``images`` the media used, as the author named
    them. The HTML is safe for Anki even when there are problems.
    """

    html: str
    formulas: tuple[Formula, ...] = ()
    problems: tuple[Problem, ...] = ()
    clozes: tuple[int, ...] = ()
    images: tuple[str, ...] = ()


#: What a token is, in one letter, because it stands in a placeholder:
#: Text, Inline HTML, inline Math, Display math, a Fenced block, an Author's tag (still to be
#: cleaned), and a gap's start (X), Hint and end (Y).
Kind = Literal["T", "I", "M", "D", "F", "A", "X", "H", "Y"]


class Token(Struct, frozen=True):
    """A piece of the text that Markdown must not see, as finished HTML."""

    kind: Kind
    html: str


class Scan(Struct, frozen=True):
    """A text taken apart: prose with placeholders, and the tokens they stand for."""

    prose: str
    tokens: tuple[Token, ...]
    formulas: tuple[Formula, ...]
    problems: tuple[Problem, ...]
    clozes: tuple[int, ...]
    images: tuple[str, ...]
