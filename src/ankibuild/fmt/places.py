"""Where comments stand, and which lines belong to a text: what the nodes of a file do not say."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct

from ankibuild.diagnostics import Source, Span
from ankibuild.source import Document, Items, Mapping, Node, Text
from ankibuild.source.edit import is_flow, last_line
from ankibuild.source.nodes import walk

_COMMENT = re.compile(r"#.*")
_OPENING = re.compile(r" *(?:- *)*")
_HEADER = re.compile(r"\|[-+0-9]*")


# ------------------------------------------------------------------ lines


def line_of(source: Source, offset: int) -> int:
    """Give the line (from 1) of an offset."""
    return source.position(offset)[0]


def line_start(source: Source, line: int) -> int:
    """Give the offset at which a line starts; after the last line, the end of the text."""
    starts = source.line_starts
    return starts[line - 1] if line <= len(starts) else len(source.text)


def line_end(source: Source, line: int) -> int:
    r"""Give the offset of a line's end, before its ``\n``."""
    return line_start(source, line) + len(source.line(line))


def column_of(source: Source, offset: int) -> int:
    """Count the characters before an offset on its line."""
    return source.position(offset)[1] - 1


def is_first(source: Source, offset: int) -> bool:
    """Tell whether nothing but blanks stands before an offset on its line."""
    return not source.text[offset - column_of(source, offset) : offset].strip()


# ------------------------------------------------------------------ texts and comments


def header(source: Source, node: Text) -> tuple[int, int]:
    """Give the place of the ``|`` of a block of text, with its signs (``|-``, ``|2``)."""
    found = _HEADER.match(source.text, node.start)
    return node.start, found.end() if found else node.start


def body(source: Source, node: Text) -> tuple[int, int]:
    """Give the offsets of the lines of a block of text; both are alike when there are none."""
    first = line_of(source, node.start) + 1
    last = last_line(source, node)
    start = line_start(source, first)
    return start, max(start, line_end(source, last)) if last >= first else start


def comments(document: Document) -> tuple[Span, ...]:
    """Find the comments of a sound document, in order, without the blanks after them."""
    source = document.source
    found = [match.start() for match in re.finditer("#", source.text)]
    texts = list(_texts(document)) if found else []
    starts = [start for start, _ in texts]
    spans: list[Span] = []
    for start in found:
        within = bisect_right(starts, start) - 1
        in_text = within >= 0 and start < texts[within][1]
        if not in_text and not (spans and start < spans[-1].end):
            end = line_end(source, line_of(source, start))
            spans.append(Span(source, start, start + len(source.text[start:end].rstrip())))
    return tuple(spans)


def _texts(document: Document) -> Iterator[tuple[int, int]]:
    """Give the places of all scalars, in order."""
    for node in walk(document.root) if document.root else ():
        if isinstance(node, Text) and node.style == "|":
            yield header(document.source, node)
            yield body(document.source, node)
        elif isinstance(node, Text):
            yield node.start, node.end


class Remarks(Struct, frozen=True):
    """The comments of a document that have a line of their own: columns (from 0) by line."""

    source: Source
    columns: dict[int, int]

    def after(self, line: int, column: int) -> tuple[int, ...]:
        """Give the lines of the comments that follow a line and are about what ends on it.

        Such a comment stands further right than ``column``, where what comes next will start.
        """
        found: list[int] = []
        for number in range(line + 1, len(self.source.line_starts) + 1):
            if number not in self.columns and self.source.line(number).strip():
                break
            if self.columns.get(number, column + 1) <= column:
                break
            found += [number] if number in self.columns else []
        return tuple(found)


def remarks(document: Document) -> Remarks:
    """Find the comments that have a line of their own."""
    source = document.source
    own = (comment for comment in comments(document) if is_first(source, comment.start))
    return Remarks(source, {comment.line: comment.column - 1 for comment in own})


class Rows(Struct, frozen=True):
    """Lines, by number, that are not free to change."""

    texts: frozenset[int]
    """Lines of a block after ``|``: every blank counts."""
    continued: frozenset[int]
    """Further lines of another text, or of a list or mapping in brackets."""

    @property
    def inner(self) -> frozenset[int]:
        """Both."""
        return self.texts | self.continued


def rows(document: Document) -> Rows:
    """Find the lines of a document that are inside of something."""
    texts: set[int] = set()
    continued: set[int] = set()
    for node in walk(document.root) if document.root else ():
        first = line_of(document.source, node.start) + 1
        inside = range(first, last_line(document.source, node) + 1)
        if isinstance(node, Text):
            (texts if node.style == "|" else continued).update(inside)
        elif is_flow(document.source.text, node):
            continued.update(inside)
    return Rows(frozenset(texts), frozenset(continued))


# ------------------------------------------------------------------ nodes


def blocks(document: Document) -> Iterator[Mapping | Items]:
    """Visit the lists and mappings that are not in brackets, in file order."""
    if document.root is not None:
        yield from _blocks(document.source.text, document.root)


def _blocks(text: str, node: Node) -> Iterator[Mapping | Items]:
    if isinstance(node, (Mapping, Items)) and not is_flow(text, node):
        yield node
        values = node.items if isinstance(node, Items) else [value for _, value in node.pairs]
        for value in values:
            yield from _blocks(text, value)


def fields(document: Document) -> Iterator[tuple[Text, Node]]:
    """Visit the keys and values of the mappings that are not in brackets."""
    for node in blocks(document):
        if isinstance(node, Mapping):
            yield from node.pairs


def dash_of(source: Source, item: Node, after: int) -> int:
    """Give the offset of the dash of a list's item; ``after`` is where the item before it ends."""
    gap = _COMMENT.sub(lambda found: " " * len(found.group()), source.text[after : item.start])
    return after + gap.rindex("-")


def is_plain_layout(document: Document) -> bool:
    """Tell whether every key starts its line or follows a dash: none is written ``? key``."""
    source = document.source
    return all(
        _OPENING.fullmatch(source.text, key.start - column_of(source, key.start), key.start)
        for key, _ in fields(document)
    )
