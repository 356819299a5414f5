"""Two spaces a level, lists two spaces inside of their key, one space after `-` and `:`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct, field

from ankibuild.diagnostics import Source
from ankibuild.fmt.places import (
    body,
    column_of,
    comments,
    dash_of,
    header,
    is_first,
    line_end,
    line_of,
    line_start,
    rows,
)
from ankibuild.source import Document, Items, Mapping, Node, Text
from ankibuild.source.edit import Edit, is_flow, last_line


def indents(document: Document) -> Iterable[Edit]:
    """Indent a sound document anew, comments with what they stand above."""
    layout = _Layout(document)
    if isinstance(document.root, (Mapping, Items)):
        layout.block(document.root, 0)
        layout.empty_lines()
        layout.comments()
    return layout.edits


class _Level(Struct, frozen=True):
    """A list or mapping: its lines, and its column before and after."""

    first: int
    last: int
    old: int
    new: int


class _Layout(Struct, dict=True):
    """Collects the edits on a walk through the nodes."""

    document: Document
    edits: list[Edit] = field(default_factory=list)
    #: Column before and after, of each line that starts with a key or a dash.
    columns: dict[int, tuple[int, int]] = field(default_factory=dict)
    levels: list[_Level] = field(default_factory=list)
    #: Offsets from a dash to what is put beside it.
    joined: set[int] = field(default_factory=set)

    @property
    def source(self) -> Source:
        return self.document.source

    @cached_property
    def inner(self) -> frozenset[int]:
        return rows(self.document).inner

    def edit(self, start: int, end: int, text: str) -> None:
        if self.source.text[start:end] != text:
            self.edits.append(Edit(start, end, text))

    # -------------------------------------------------------------- structure

    def block(self, node: Mapping | Items, column: int) -> None:
        """Put what stands in a list or mapping, not in brackets, into a column."""
        if is_flow(self.source.text, node):
            return self.further_lines(node, column)
        lines = line_of(self.source, node.start), last_line(self.source, node)
        self.levels.append(_Level(*lines, column_of(self.source, node.start), column))
        if isinstance(node, Mapping):
            for key, value in node.pairs:
                self.start(key, column)
                self.value(key, value, column + 2)
            return None
        return self.items(node, column)

    def items(self, node: Items, column: int) -> None:
        """Put the dashes of a list into a column, and each item beside its dash."""
        end = node.start
        for item in node.items:
            dash = dash_of(self.source, item, end)
            self.first_of_line(dash, column)
            between = self.source.text[dash + 1 : item.start]
            if item.end > item.start and not between.strip():
                self.joined.update(range(dash + 1, item.start + 1))
                self.edit(dash + 1, item.start, " ")
            self.node(item, column + 2)
            end = max(item.start, self.end(item))

    def end(self, node: Node) -> int:
        """Give an offset after a node and before what follows it."""
        line = last_line(self.source, node)
        return min(node.end, line_start(self.source, line + 1))

    def value(self, key: Text, value: Node, column: int) -> None:
        """Put a value beside its key, or what is below the key into a column."""
        colon = self.source.text.index(":", key.end)
        self.edit(key.end, colon, "")
        if line_of(self.source, value.start) > line_of(self.source, key.start):
            self.start(value, column)
        elif value.end > value.start:
            self.edit(colon + 1, value.start, " ")
        self.node(value, column)

    def start(self, node: Node, column: int) -> None:
        """Indent a value by its first line; what is not in brackets does that by its entries."""
        if is_flow(self.source.text, node) or isinstance(node, Text):
            self.first_of_line(node.start, column)

    def first_of_line(self, offset: int, column: int) -> None:
        """Indent a line by what it starts with."""
        if is_first(self.source, offset):
            old = column_of(self.source, offset)
            self.columns.setdefault(line_of(self.source, offset), (old, column))
            if offset not in self.joined:
                self.edit(offset - old, offset, " " * column)

    # -------------------------------------------------------------- texts

    def node(self, node: Node, column: int) -> None:
        """Put a value into its column; ``column`` is also where its further lines start."""
        if isinstance(node, (Mapping, Items)):
            self.block(node, column)
        elif isinstance(node, Text) and node.style == "|":
            self.text(node, column)
        else:
            self.further_lines(node, column)

    def text(self, node: Text, column: int) -> None:
        """Indent a block of text, which is its value line by line."""
        start, end = body(self.source, node)
        # YAML takes the indentation from the first line, which cannot begin with a blank then.
        sign = "|2" if re.match(r"\n*[ \t]", node.value) else "|"
        self.edit(*header(self.source, node), sign)
        lines = node.value.split("\n")
        self.edit(start, end, "\n".join(" " * column + line if line else "" for line in lines))

    def further_lines(self, node: Node, column: int) -> None:
        """Indent the lines after the first; those of a text all alike."""
        first = line_of(self.source, node.start)
        old, new = self.columns.get(first, (0, 0))
        for number in range(first + 1, last_line(self.source, node) + 1):
            line = self.source.line(number)
            blanks = len(line) - len(line.lstrip())
            wanted = column if isinstance(node, Text) else max(column, blanks + new - old)
            at = line_start(self.source, number)
            self.edit(at, at + blanks, " " * wanted if line.strip() else "")

    # -------------------------------------------------------------- between

    def empty_lines(self) -> None:
        """Take the blanks off lines of nothing else: below a text that moves they would be its."""
        for number in range(1, len(self.source.line_starts) + 1):
            start, end = line_start(self.source, number), line_end(self.source, number)
            taken = number in self.inner or start in self.joined
            if not taken and not self.source.line(number).strip():
                self.edit(start, end, "")

    def comments(self) -> None:
        """Put comments that have a line of their own above what they were above."""
        below, depth = -1, 0
        for comment in comments(self.document):
            if not is_first(self.source, comment.start) or comment.line in self.inner:
                continue
            line = min((line for line in self.columns if line > comment.line), default=0)
            # Once a comment is about what is below, so are those that follow it.
            depth = comment.column - 1 if line != below else min(depth, comment.column - 1)
            below = line
            depth, new = self.place(comment.line, below, depth)
            self.edit(comment.start - comment.column + 1, comment.start, " " * new)

    def place(self, line: int, below: int, depth: int) -> tuple[int, int]:
        """Give the column, before and after, of what a comment is about.

        That is what stands ``below``, or a list or mapping that ends above the comment: the
        innermost that is indented no more than ``depth``.
        """
        old, new = self.columns.get(below, (0, 0))
        above = max((number for number in self.columns if number < line), default=0)
        around = [level for level in self.levels if level.first <= above <= level.last]
        near = [level for level in around if old < level.old <= depth]
        return (near[-1].old, near[-1].new) if near else (old, new)
