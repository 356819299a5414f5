"""Blocks as Markdown, as somebody would type them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ankibuild.importer.prose import keep
from ankibuild.importer.prose.escapes import Escapes, guarded
from ankibuild.importer.prose.inline import LINE_END, Inline
from ankibuild.importer.prose.page import (
    Atom,
    Block,
    Blocks,
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
)

_RULES = {"": "---", "left": ":--", "center": ":-:", "right": "--:"}


class Writer(Struct):
    """Writes blocks; ``kept`` tells afterwards whether some of it is HTML.

    A ``careful`` writer takes no chances: all signs are escaped, and emphasis is written in tags.
    ``wrapped`` leaves the ends of lines in a paragraph where they are.
    """

    careful: bool = False
    wrapped: bool = False
    kept: bool = False

    def write(self, blocks: Iterable[Block]) -> str:
        """Write blocks with an empty line between them; the edges of a gap stand close."""
        done = ""
        near = True
        for block in blocks:
            edge = isinstance(block, Paragraph) and all(map(_is_edge, block.lines[0]))
            if text := self.block(block):
                done += ("" if not done else "\n" if near or edge else "\n\n") + text
                near = edge
        return done

    def block(self, block: Block) -> str:
        """Write one block."""
        match block:
            case Paragraph(lines):
                text = self._paragraph(lines)
            case Heading(level, lines):
                text = f"{'#' * level} {self._row(lines)}"
            case Code(words, language):
                text = keep.fence(words, language)
            case Rule():
                text = "---"
            case List():
                text = self._list(block)
            case Table() if block.is_simple:
                text = self._table(block)
            case Group("blockquote", blocks):
                text = _indented(self.write(blocks), "> ", "> ")
            case Group("details" | "div"):
                text = self._fold(block)
            case _:
                self.kept = True
                text = keep.block(block)
        return text

    def _lines(self, lines: tuple[Line, ...], *, in_table: bool = False) -> list[str]:
        escapes = Escapes.of(lines, careful=self.careful, in_table=in_table)
        inline = Inline(escapes, self.careful)
        written = [inline.line(line) for line in lines]
        self.kept = self.kept or inline.tagged
        return written

    def _paragraph(self, lines: tuple[Line, ...]) -> str:
        written = [self._wrap(line) for line in self._lines(lines)]
        done = written[:1]
        for number in range(1, len(lines)):
            # A formula that is displayed has a line of its own without being given one.
            plain = _is_displayed(lines[number]) or _is_displayed(lines[number - 1])
            done += ["\n" if plain else "\\\n", written[number]]
        return "".join(done)

    def _wrap(self, line: str) -> str:
        """Keep blocks from starting in a line, and put its formulas on the lines they have."""
        whole = line if self.wrapped else line.replace("\n", " ")
        return "\n".join(map(guarded, whole.split("\n"))).replace(LINE_END, "\n")

    def _row(self, lines: tuple[Line, ...], *, in_table: bool = False) -> str:
        """Write lines where only one line can stand."""
        joined = "<br>".join(self._lines(lines, in_table=in_table))
        return joined.replace("\n", " ").replace(LINE_END, " ")

    def _list(self, block: List) -> str:
        written: list[str] = []
        for number, item in enumerate(block.items):
            mark = "- " if block.start is None else f"{block.start + number}. "
            written.append(_indented(self._item(item, loose=block.loose), mark, " " * len(mark)))
        return ("\n\n" if block.loose else "\n").join(written)

    def _item(self, blocks: Blocks, *, loose: bool) -> str:
        tight = not loose and [type(one) for one in blocks] == [Paragraph, List]
        return "\n".join(map(self.block, blocks)) if tight else self.write(blocks)

    def _fold(self, group: Group) -> str:
        head, blocks = keep.opening(group), group.blocks
        if blocks and isinstance(blocks[0], Group) and blocks[0].tag == "summary":
            head += "\n" + keep.block(blocks[0])
            blocks = blocks[1:]
        return "\n\n".join(filter(None, (head, self.write(blocks), f"</{group.tag}>")))

    def _table(self, table: Table) -> str:
        rule = (_RULES[align] for align in table.aligned or ())
        head, *body = [f"| {' | '.join(map(self._cell, row))} |" for row in table.rows]
        return "\n".join([head, f"| {' | '.join(rule)} |", *body])

    def _cell(self, cell: Cell) -> str:
        block = cell.blocks[0] if cell.blocks else None
        return self._row(block.lines, in_table=True) if isinstance(block, Paragraph) else ""


def _is_edge(atom: Atom) -> bool:
    return isinstance(atom, Edge)


def _is_displayed(line: Line) -> bool:
    return len(line) == 1 and isinstance(line[0], Formula) and line[0].display


def _indented(body: str, first: str, rest: str) -> str:
    head, *lines = body.split("\n")
    done = [f"{first}{head}", *(f"{rest}{line}" if line else rest.rstrip() for line in lines)]
    return "\n".join(done)
