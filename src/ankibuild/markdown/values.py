"""What the renderer hands out, and what its stages hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a text; ``start`` and ``end`` are offsets into the text as it was given."""

    rule: str
    start: int
    end: int
    message: str
    label: str = ""
    help: str = ""
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: its TeX without delimiters and gaps; the offsets include the delimiters."""

    tex: str
    display: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rendered:
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


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text that Markdown must not see, as finished HTML."""

    kind: Kind
    html: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A text taken apart: prose with placeholders, and the tokens they stand for."""

    prose: str
    tokens: tuple[Token, ...]
    formulas: tuple[Formula, ...]
    problems: tuple[Problem, ...]
    clozes: tuple[int, ...]
    images: tuple[str, ...]
