"""The values of a document, each with its place. Every scalar is text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from ankibuild.diagnostics import Diagnostic, Source, Span


class Text(Struct, frozen=True, eq=False):
    """A scalar. ``style`` is YAML's: empty (plain), a quote, ``|`` or ``>``.

    ``start`` and ``end`` are offsets into the source and include quotes and block header.
    """

    value: str
    start: int
    end: int
    style: str = ""


class Items(Struct, frozen=True, eq=False):
    """A YAML sequence."""

    items: tuple[Node, ...]
    start: int
    end: int


class Mapping(Struct, frozen=True, eq=False, dict=True):
    """A YAML mapping: its pairs in file order, keys unique (a repeated key is already reported)."""

    pairs: tuple[tuple[Text, Node], ...]
    start: int
    end: int

    @cached_property
    def values(self) -> dict[str, Node]:
        """The values by key."""
        return {key.value: value for key, value in self.pairs}

    def key(self, name: str) -> Text | None:
        """Find the key ``name`` as it stands in the file."""
        return next((key for key, _ in self.pairs if key.value == name), None)


class Broken(Struct, frozen=True, eq=False):
    """A value that could not be read; its diagnostic has been made already."""

    start: int
    end: int


Node = Text | Items | Mapping | Broken
Path = tuple[str | int, ...]


class Document(Struct, frozen=True, eq=False):
    """A file that was read: its source, its value (if it has one) and what was wrong with it."""

    source: Source
    root: Node | None
    problems: tuple[Diagnostic, ...] = ()

    def span(self, node: Node, start: int = 0, end: int | None = None) -> Span:
        """Give the place of a node, or of the characters ``start`` to ``end`` of a text's value."""
        if not isinstance(node, Text):
            return Span(self.source, node.start, node.end)
        if start == 0 and end is None:
            return self._whole(node)
        places = offsets(self.source.text, node)
        last = len(places) - 1
        first = min(start, last)
        stop = min(len(node.value) if end is None else end, last)
        if stop <= first:
            return Span(self.source, places[first], places[first])
        return Span(self.source, places[first], places[stop - 1] + 1)

    def _whole(self, node: Text) -> Span:
        """Give the text itself for a block, quotes included for a quoted text."""
        if node.style in ("|", ">") and node.value:
            places = offsets(self.source.text, node)
            return Span(self.source, places[0], places[len(node.value) - 1] + 1)
        return Span(self.source, node.start, node.end)


def find(node: Node, path: Path) -> Node:
    """Follow ``path`` (keys and indices) from ``node`` as far as it leads."""
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str) and step in node.values:
            node = node.values[step]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return node


def plain_value(node: Node) -> object:
    """Strip the places: dictionaries, lists and strings; a broken value becomes None."""
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return [plain_value(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key.value: plain_value(value) for key, value in node.pairs}
    return None


def walk(node: Node) -> Iterator[Node]:
    """Visit a node and everything in it, in file order."""
    yield node
    if isinstance(node, Items):
        for item in node.items:
            yield from walk(item)
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            yield key
            yield from walk(value)


# ------------------------------------------------------------------ from value to source


def offsets(text: str, node: Text) -> tuple[int, ...]:
    """Give the source offset of each character of a text's value, and one more for its end."""
    if node.style == "|":
        places = list(_literal_offsets(text, node))
    elif node.style == ">":
        places = [node.start] * len(node.value)
    else:
        places = list(_flow_offsets(text, node))
    places = places[: len(node.value)]
    end = places[-1] + 1 if places else node.start
    return (*places, *[end] * (len(node.value) - len(places)), end)


def _literal_offsets(text: str, node: Text) -> Iterator[int]:
    line = text.find("\n", node.start) + 1
    header = text[node.start : line]
    content = text[line : node.end].split("\n")
    given = re.search(r"[1-9]", header.partition("#")[0])
    indent = _parent_indent(text, node.start) + int(given.group()) if given else _indent(content)
    for row in content:
        yield from range(line + min(indent, len(row)), line + len(row) + 1)
        line += len(row) + 1


def _indent(rows: list[str]) -> int:
    return next((len(row) - len(row.lstrip(" ")) for row in rows if row.strip(" ")), 0)


def _parent_indent(text: str, offset: int) -> int:
    """Give the column of the key that a block with an explicit indentation belongs to."""
    row = text[text.rfind("\n", 0, offset) + 1 : offset]
    lead = re.match(r"(?:[ ]*- +)*[ ]*", row)
    return len(lead.group()) if lead else 0


# From the start of a run of blanks only: it is tried at every character.
_FOLD = re.compile(r"(?<![ \t])[ \t]*+\n[ \t\n]*+")


def _flow_offsets(text: str, node: Text) -> Iterator[int]:
    """Walk value and source side by side: doubled quotes, escapes and folded lines differ."""
    at = node.start + (1 if node.style else 0)
    value, i = node.value, 0
    while i < len(value) and at < node.end:
        fold = _FOLD.match(text, at, node.end)
        if fold:
            made = max(1, fold.group().count("\n") - 1)
            yield from [at] * made
            i, at = i + made, fold.end()
            continue
        pair = text[at : at + 2]
        if node.style == '"' and pair == "\\\n":
            at = at + 2 + len(text[at + 2 :]) - len(text[at + 2 :].lstrip(" \t"))
            continue
        doubled = (node.style == "'" and pair == "''") or (node.style == '"' and pair[0] == "\\")
        yield at
        i, at = i + 1, at + (2 if doubled else 1)
