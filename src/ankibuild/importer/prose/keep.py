"""Blocks as HTML, for what Markdown has no signs for: our format lets these tags through.

Inside of the tags the text is Markdown, but without blocks; and a list or a table is on lines of
its own, without empty ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ankibuild.importer.prose.escapes import Escapes
from ankibuild.importer.prose.inline import Inline
from ankibuild.importer.prose.page import (
    Block,
    Blocks,
    Cell,
    Code,
    Group,
    Heading,
    Line,
    List,
    Paragraph,
    Rule,
    Table,
)


def block(one: Block) -> str:
    """Write a block with tags; headings and code have none, and stand between empty lines."""
    match one:
        case Paragraph(lines):
            text = f"<p>{_lines(lines)}</p>"
        case Heading(level, lines):
            text = f"\n\n{'#' * level} {_lines(lines)}\n\n"
        case Code(words, language):
            text = f"\n\n{fence(words, language)}\n\n"
        case Rule():
            text = "<hr>"
        case List():
            text = _list(one)
        case Group():
            text = _group(one)
        case Table(rows, caption):
            head = [f"<caption>{_lines(caption)}</caption>"] if caption else []
            body = (f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
            text = _tall("table", "", [*head, *body])
    return text


def fence(words: str, language: str) -> str:
    """Write a block of code as Markdown; its fence is longer than any in it."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", words)), default=0))
    return f"{ticks}{language}\n{words}\n{ticks}"


def opening(group: Group) -> str:
    """Write the tag that opens a group."""
    named = (f' {name}="{value}"' if value else f" {name}" for name, value in group.attributes)
    return f"<{group.tag}{''.join(named)}>"


def _list(one: List) -> str:
    tag = "ul" if one.start is None else "ol"
    first = "" if one.start in (None, 1) else f' start="{one.start}"'
    return _tall(tag, first, (f"<li>{_inside(item)}</li>" for item in one.items))


def _group(one: Group) -> str:
    if one.tag in ("summary", "dt", "dd"):
        return f"<{one.tag}>{_inside(one.blocks)}</{one.tag}>"
    return "\n".join([opening(one), *map(block, one.blocks), f"</{one.tag}>"])


def _cell(cell: Cell) -> str:
    tag = "th" if cell.head else "td"
    spans = (("colspan", cell.columns), ("rowspan", cell.rows))
    named = "".join(f' {name}="{number}"' for name, number in spans if number != 1)
    return f"<{tag}{named}>{_inside(cell.blocks)}</{tag}>"


def _inside(blocks: Blocks) -> str:
    """Write what an element holds; the text that it starts with needs no tag."""
    first = blocks[0] if blocks else None
    bare = isinstance(first, Paragraph) and not any(isinstance(b, Paragraph) for b in blocks[1:])
    if isinstance(first, Paragraph) and bare:
        return "".join([_lines(first.lines), *map(block, blocks[1:])])
    return "".join(map(block, blocks))


def _lines(lines: tuple[Line, ...]) -> str:
    inline = Inline(Escapes.of(lines, careful=True), careful=True)
    return "<br>".join(map(inline.line, lines)).replace("\n", " ")


def _tall(tag: str, attributes: str, inner: Iterable[str]) -> str:
    return "\n".join([f"<{tag}{attributes}>", *inner, f"</{tag}>"])
