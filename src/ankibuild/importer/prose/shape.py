"""When two pages show the same.

What nobody sees, or what no author means, is not in a page: how often white space is repeated, an
editor's no-break spaces (:mod:`.spaces`), whether a line is a ``div`` or ends in a ``br``, how many
empty lines are between paragraphs, in which order tags are nested, formatting around nothing,
whether a list is a list or lines that start with a dash or with numbers in order (:mod:`.lists`).

A page is laid out flat to be compared. What is left out here is what Markdown decides: the language
of code, how far the items of a list are apart, a break beside a formula that stands on its own
line, blanks in TeX, and on which side of the edge of a block a gap opens or closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from ankibuild.importer.prose import tex
from ankibuild.importer.prose.page import (
    Atom,
    Block,
    Cell,
    Code,
    Edge,
    Formula,
    Group,
    Heading,
    Line,
    List,
    Paragraph,
    Rule,
    Table,
    Words,
)

#: A structural mark, as a tuple, or what is seen.
Piece = tuple[object, ...] | Atom | Code | Rule

_BREAK: Piece = ("br",)
_END: Piece = ("end",)
_PARAGRAPH: Piece = ("p",)


def shape(blocks: Iterable[Block]) -> tuple[Piece, ...]:
    """Lay blocks out such that those that show the same are equal."""
    opened = [*_floated(_flat(blocks), "open")]
    closed = [*_floated(reversed(opened), "close")]
    return tuple(_merged(_filled(reversed(closed))))


def _flat(blocks: Iterable[Block]) -> Iterator[Piece]:
    for block in blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[Piece]:
    match block:
        case Paragraph(lines):
            yield from _inside(_PARAGRAPH, _lines(lines))
        case Heading(level, lines):
            yield from _inside((f"h{level}",), _lines(lines))
        case Code(text):
            yield Code(text)
        case Rule():
            yield block
        case List(start, items):
            tag: Piece = ("ul",) if start is None else ("ol", start)
            inner = (piece for item in items for piece in _inside(("li",), _flat(item)))
            yield from _inside(tag, inner)
        case Group(name, blocks, attributes):
            yield from _inside((name, *attributes), _flat(blocks))
        case Table(rows, caption):
            yield from _inside(("caption",), _lines(caption))
            yield from _inside(("table",), (piece for row in rows for piece in _row(row)))


def _row(row: Iterable[Cell]) -> Iterator[Piece]:
    yield ("tr",)
    for cell in row:
        yield ("cell", cell.head, cell.align, cell.columns, cell.rows)
        yield from _flat(cell.blocks)
    yield _END


def _inside(tag: Piece, pieces: Iterable[Piece]) -> Iterator[Piece]:
    yield tag
    yield from pieces
    yield _END


def _lines(lines: Iterable[Line]) -> Iterator[Piece]:
    for number, line in enumerate(lines):
        if number:
            yield _BREAK
        yield from line


def _floated(pieces: Iterable[Piece], kind: str) -> Iterator[Piece]:
    """Move the edges of gaps on to what is seen next."""
    waiting: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Edge) and (piece.kind == "open") == (kind == "open"):
            waiting.append(piece)
            continue
        if not isinstance(piece, tuple):
            yield from waiting
            waiting.clear()
        yield piece
    yield from waiting


def _filled(pieces: Iterable[Piece]) -> list[Piece]:
    """Take out the paragraphs and the breaks that the edges of gaps have left."""
    out: list[Piece] = []
    for piece in pieces:
        if piece == _END and out and out[-1] == _BREAK:
            out.pop()
        if piece == _END and out and out[-1] == _PARAGRAPH:
            out.pop()
        elif piece != _BREAK or (out and out[-1] != _PARAGRAPH):
            out.append(piece)
    return out


def _merged(whole: list[Piece]) -> Iterator[Piece]:
    """Yield pieces without breaks and blanks around formulas that stand on their own lines."""
    for at, piece in enumerate(whole):
        around = (whole[at - 1] if at else None, whole[at + 1] if at + 1 < len(whole) else None)
        if isinstance(piece, Words):
            text = piece.text.replace("\n", " ")
            text = text.rstrip(" ") if _stands_alone(around[1]) else text
            text = text.lstrip(" ") if _stands_alone(around[0]) else text
            if text:
                yield replace(piece, text=text)
        elif isinstance(piece, Formula):
            yield replace(piece, tex=tex.same(piece.tex))
        elif piece != _BREAK or not any(map(_stands_alone, around)):
            yield piece


def _stands_alone(piece: Piece | None) -> bool:
    return isinstance(piece, Formula) and piece.display
