"""Elements that hold blocks, while they are open."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from ankibuild.importer.prose.flow import Flow
from ankibuild.importer.prose.page import (
    Blocks,
    Cell,
    Group,
    Heading,
    Line,
    List,
    Paragraph,
    Table,
    lines_of,
)
from ankibuild.importer.prose.tags import CELLS, HEADINGS, LISTS


class Frame(Struct):
    """An open element: ``flow`` is the text in it, the rest what it holds beside that."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    flow: Flow = field(default_factory=Flow)
    align: str = ""
    items: list[Blocks] = field(default_factory=list)
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    caption: tuple[Line, ...] = ()
    loose: bool = False
    implied: bool = False

    def absorb(self) -> None:
        """Give what stands in a list, outside of its items, to the item before it."""
        if blocks := self.flow.finish():
            self.flow = Flow()
            if self.items:
                self.items[-1] += blocks
            else:
                self.items.append(blocks)

    def add_to(self, parent: Frame, flow: Flow) -> bool:
        """Close, and add what came of it to its list or table, else to the flow of blocks.

        Return False if the alignment of cells is lost.
        """
        if self.tag == "li":
            parent.absorb()
            parent.items.append(self.flow.finish())
            parent.loose = parent.loose or self.loose
        elif self.tag in CELLS:
            parent.cells.append(self._cell(parent.align))
        elif self.tag == "tr":
            parent.rows += [tuple(self.cells)] if self.cells else []
        elif self.tag == "caption":
            blocks = self.flow.finish()
            parent.caption += tuple(line for block in blocks for line in lines_of(block))
        elif self.tag == "table":
            return self._add_table(flow)
        else:
            for block in self._blocks():
                flow.add_block(block)
        return True

    def _blocks(self) -> Blocks:
        if self.tag in LISTS:
            self.absorb()
            start = _number(self.attributes.get("start", ""), 1) if self.tag == "ol" else None
            return (List(start, tuple(self.items), self.loose),) if self.items else ()
        if self.tag in HEADINGS:
            level = int(self.tag[1])
            return tuple(
                Heading(level, block.lines) if isinstance(block, Paragraph) else block
                for block in self.flow.finish()
            )
        blocks = self.flow.finish()
        kept = tuple(
            (name, self.attributes[name]) for name in ("dir", "open") if name in self.attributes
        )
        return (Group(self.tag, blocks, kept),) if blocks else ()

    def _cell(self, align: str) -> Cell:
        return Cell(
            self.flow.finish(),
            self.tag == "th",
            self.align or align,
            _number(self.attributes.get("colspan", ""), 1),
            _number(self.attributes.get("rowspan", ""), 1),
        )

    def _add_table(self, flow: Flow) -> bool:
        table = Table(tuple(self.rows), self.caption)
        kept = table.is_simple and table.aligned is not None
        aligned = any(cell.align for row in table.rows for cell in row)
        if aligned and not kept:
            rows = tuple(tuple(replace(cell, align="") for cell in row) for row in table.rows)
            table = replace(table, rows=rows)
        if table.rows or table.caption:
            flow.add_block(table)
        return kept or not aligned


def _number(value: str, default: int) -> int:
    """Read a number of an attribute as far as it makes sense."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else default
