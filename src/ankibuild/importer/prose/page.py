"""What a field shows: blocks of lines, and in a line words, formulas, pictures and gaps.

Two ways to write a field that show the same are the same page; see :mod:`.shape`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

#: The name of a tag, and for a link its address and title, for an abbreviation its title, for
#: raised or lowered text in such text how deep it is.
Mark = tuple[str, ...]
Marks = tuple[Mark, ...]

#: From the outermost to the innermost.
ORDER = ("a", "strong", "em", "del", "u", "ins", "mark", "small", "abbr", "var", "kbd", "samp")
CODE: Mark = ("code",)


class Words(Struct, frozen=True):
    """Text, and how it is marked up; a blank that must not be collapsed is a no-break space."""

    text: str
    marks: Marks = ()


class Formula(Struct, frozen=True):
    """TeX, with the marks of the gaps in it; ``display`` puts it on a line of its own."""

    tex: str
    display: bool = False
    marks: Marks = ()


class Image(Struct, frozen=True):
    """A picture: the name of its file in ``media/``, and its description."""

    name: str
    alt: str
    marks: Marks = ()


class Edge(Struct, frozen=True):
    """Where a gap opens, where its hint starts, or where it closes."""

    kind: Literal["open", "hint", "close"]
    number: int = 0
    marks: Marks = ()


Atom = Words | Formula | Image | Edge
Line = tuple[Atom, ...]


class Paragraph(Struct, frozen=True):
    """Lines with a break between them; never empty, and none of them is."""

    lines: tuple[Line, ...]


class Heading(Struct, frozen=True):
    """A heading of level 1 to 6."""

    level: int
    lines: tuple[Line, ...]


class Code(Struct, frozen=True):
    """A block of code; the language, if it is known, only colors it."""

    text: str
    language: str = ""


class Rule(Struct, frozen=True):
    """A line across the page."""


class List(Struct, frozen=True):
    """A list; ``start`` is the first number, None if there are bullets.

    ``loose`` tells how far its items are apart.
    """

    start: int | None
    items: tuple[Blocks, ...]
    loose: bool = False


class Group(Struct, frozen=True):
    """Blocks in a ``blockquote``, ``details``, ``summary``, ``dl``, ``dt``, ``dd`` or ``div``."""

    tag: str
    blocks: Blocks
    attributes: tuple[tuple[str, str], ...] = ()


class Cell(Struct, frozen=True):
    """A cell of a table; ``align`` is ``left``, ``center``, ``right`` or nothing."""

    blocks: Blocks
    head: bool = False
    align: str = ""
    columns: int = 1
    rows: int = 1

    @property
    def is_simple(self) -> bool:
        """Tell whether it can stand between two pipes."""
        lone = not self.blocks or (len(self.blocks) == 1 and isinstance(self.blocks[0], Paragraph))
        return lone and self.columns == self.rows == 1


class Table(Struct, frozen=True):
    """A table; the rows need not be equally long."""

    rows: tuple[tuple[Cell, ...], ...]
    caption: tuple[Line, ...] = ()

    @property
    def is_simple(self) -> bool:
        """Tell whether it can be drawn with pipes: its first row, and no other cell, is a head."""
        if self.caption or not self.rows or len({len(row) for row in self.rows}) > 1:
            return False
        heads = all(cell.head == (not at) for at, row in enumerate(self.rows) for cell in row)
        return heads and all(cell.is_simple for row in self.rows for cell in row)

    @property
    def aligned(self) -> tuple[str, ...] | None:
        """Give the alignment of each column; None if it is not the same all the way down."""
        columns = [{cell.align for cell in column} for column in zip(*self.rows, strict=False)]
        return tuple(one.pop() for one in columns) if all(len(c) == 1 for c in columns) else None


Block = Paragraph | Heading | Code | Rule | List | Group | Table
Blocks = tuple[Block, ...]


class Page(Struct, frozen=True):
    """A field as it was read, with sentences on what of it cannot be held."""

    blocks: Blocks
    lost: tuple[str, ...] = ()
    images: frozenset[str] = frozenset()


def lines_of(block: Block) -> Iterator[Line]:
    """Yield all lines of a block, however deep they are in it; code is one line for each of its."""
    match block:
        case Paragraph(lines) | Heading(_, lines):
            yield from lines
        case Code(text):
            yield from (((Words(line),) if line else ()) for line in text.split("\n"))
        case List(_, items):
            for one in (one for item in items for one in item):
                yield from lines_of(one)
        case Group(_, blocks):
            for one in blocks:
                yield from lines_of(one)
        case Table(rows, caption):
            yield from caption
            for one in (one for row in rows for cell in row for one in cell.blocks):
                yield from lines_of(one)
