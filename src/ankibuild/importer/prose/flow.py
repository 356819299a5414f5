"""Lines and blocks as they are collected: what ends a line, and what starts a new paragraph."""

from __future__ import annotations

from msgspec import Struct, field

from ankibuild.importer.prose import lists
from ankibuild.importer.prose.page import (
    Atom,
    Block,
    Blocks,
    Edge,
    Formula,
    Line,
    List,
)
from ankibuild.importer.prose.spaces import is_blank, tidy


class Flow(Struct):
    """What an element holds so far; an empty line among ``lines`` ends a paragraph."""

    blocks: list[Block] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    line: list[Atom] = field(default_factory=list)
    open_gaps: int = 0  # in this line
    displayed: bool = False  # a displayed formula has just ended the line

    def add(self, atom: Atom) -> None:
        """Add to the line; a displayed formula stands on a line of its own."""
        if isinstance(atom, Formula) and atom.display and not self.open_gaps:
            self.end_line()
            self.lines.append((atom,))
            self.displayed = True
            return
        self.displayed = False
        if isinstance(atom, Edge):
            self.open_gaps += {"open": 1, "close": -1}.get(atom.kind, 0)
        self.line.append(atom)

    def break_line(self) -> None:
        """End the line as a `br` does: two of them leave an empty one."""
        if not self.line and self.displayed:
            self.displayed = False
            return
        self.lines.append(tidy(self.line))
        self.line.clear()
        self.open_gaps = 0

    def end_line(self) -> None:
        """End the line, if there is one, as the edge of a `div` does."""
        if all(map(is_blank, self.line)):
            self.line.clear()
        else:
            self.break_line()

    def end_paragraph(self) -> None:
        """End the paragraph as the edge of a `p` does."""
        self.end_line()
        self.lines.append(())

    def add_block(self, block: Block) -> None:
        """Add a block between paragraphs."""
        self.end_text()
        self._append(block)

    def _append(self, block: Block) -> None:
        """Append a block; bullets right after bullets are more items of one list."""
        last = self.blocks[-1] if self.blocks else None
        if isinstance(block, List) and isinstance(last, List) and block.start is last.start is None:
            loose = last.loose or block.loose
            self.blocks[-1] = List(None, last.items + block.items, loose)
        else:
            self.blocks.append(block)

    def end_text(self) -> None:
        """Make blocks of the lines so far."""
        self.end_line()
        paragraph: list[Line] = []
        for line in (*self.lines, ()):
            if line:
                paragraph.append(line)
            elif paragraph:
                for block in lists.blocks(paragraph):
                    self._append(block)
                paragraph = []
        self.lines.clear()

    def finish(self) -> Blocks:
        """Give all blocks."""
        self.end_text()
        return tuple(self.blocks)
