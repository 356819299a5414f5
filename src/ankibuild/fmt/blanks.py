"""One blank line between questions, none inside of one but in its texts, none at a line's end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from ankibuild.diagnostics import Source
from ankibuild.fmt.places import (
    column_of,
    dash_of,
    line_end,
    line_of,
    line_start,
    remarks,
    rows,
)
from ankibuild.source import Document, Items, Mapping
from ankibuild.source.edit import Edit, is_flow, last_line


def blanks(document: Document) -> Iterable[Edit]:
    """Give the lines between things their number, and take the blanks off the ends of lines."""
    source, found = document.source, rows(document)
    count = len(source.line_starts)
    shown = [n for n in range(1, count + 1) if n in found.inner or source.line(n).strip()]
    if not shown:
        return
    yield from _ends(source, [number for number in shown if number not in found.texts])
    gaps = _Gaps(document)
    yield Edit(0, line_start(source, shown[0]), "")
    for above, below in pairwise(shown):
        start, end = line_end(source, above) + 1, line_start(source, below)
        yield Edit(start, end, "\n" * min(1, gaps.wanted(below, below - above - 1)))
    yield Edit(line_end(source, shown[-1]), len(source.text), "\n")


def _ends(source: Source, lines: list[int]) -> Iterator[Edit]:
    for number in lines:
        line = source.line(number)
        start = line_start(source, number)
        if line != line.rstrip():
            yield Edit(start + len(line.rstrip()), start + len(line), "")


class _Gaps:
    """Knows above which lines of a document a blank line stands, and above which there is none."""

    def __init__(self, document: Document) -> None:
        self.source = document.source
        self.remarks = remarks(document)
        #: Lines with a blank one above, and lines inside of an entry.
        self.apart: set[int] = set()
        self.inside: set[int] = set()
        if isinstance(document.root, Mapping) and not is_flow(document.source.text, document.root):
            self.root(document.root)

    def wanted(self, line: int, there: int) -> int:
        """Give the number of blank lines above a line, where there are some."""
        if line in self.apart:
            return 1
        return 0 if line in self.inside else there

    def root(self, node: Mapping) -> None:
        end = 0
        lists = False
        for key, value in node.pairs:
            line = line_of(self.source, key.start)
            before, lists = lists, self.is_list(value)
            if end and (before or lists):
                self.apart.add(self.boundary(end, line, 0))
            if isinstance(value, Items) and lists:
                self.items(value, line)
            end = last_line(self.source, value)

    def is_list(self, node: object) -> bool:
        """Tell whether a node is a list of entries with fields, apart from each other."""
        return (
            isinstance(node, Items)
            and not is_flow(self.source.text, node)
            and all(isinstance(item, Mapping) for item in node.items)
        )

    def items(self, node: Items, end: int) -> None:
        """Set the entries of a list apart; ``end`` is the line before the first."""
        at = node.start
        for item in node.items:
            dash = dash_of(self.source, item, at)
            line, column = line_of(self.source, dash), column_of(self.source, dash)
            self.apart.add(self.boundary(end, line, column))
            end = last_line(self.source, item)
            at = line_end(self.source, end)
            self.inside.update(range(line + 1, end + 1))
            self.inside.update(self.remarks.after(end, column))

    def boundary(self, end: int, line: int, column: int) -> int:
        """Give the first line that belongs to what starts on ``line``, its comments included."""
        before = max((end, *self.remarks.after(end, column)))
        return next((n for n in range(before + 1, line) if n in self.remarks.columns), line)
