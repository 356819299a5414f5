"""Texts without quotes, ids in brackets, other lists one entry a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from ankibuild.fmt.places import column_of, comments, fields, line_of, remarks
from ankibuild.source import Document, Items, Mapping, Node, Text, plain_value, read
from ankibuild.source.edit import Edit, is_flow, last_line
from ankibuild.source.nodes import walk
from ankibuild.source.write import WIDTH

#: Lists of ids, which stand in brackets while they fit on their line.
IDS = ("tags", "covers", "retired", "topics", "sources")
#: Lists with one entry a line.
LONG = ("hints", "lines", "rubric", "given")

_SPACED_COLON = re.compile(r"[ \t]*:\s")
_ID = re.compile(r"\w(?:[\w.:-]*\w)?")


# ------------------------------------------------------------------ lists


def lists(document: Document) -> Iterable[Edit]:
    """Give each list the form its field has: brackets, or one entry a line."""
    noted = {comment.line for comment in comments(document)}
    own = remarks(document)
    for key, value in fields(document):
        if not isinstance(value, Items) or not value.items:
            continue
        first, last = line_of(document.source, key.start), last_line(document.source, value)
        tail = own.after(last, column_of(document.source, key.start))
        if tail or not noted.isdisjoint(range(first, last + 1)):
            continue
        text = _list(document, key, value)
        # The end of a list that is not in brackets is after the comments that follow it.
        end = value.end if is_flow(document.source.text, value) else value.items[-1].end
        if text:
            yield Edit(key.end + 1, end, text)


def _list(document: Document, key: Text, value: Items) -> str | None:
    """Write a list, from its colon on; None: as it is."""
    column = column_of(document.source, key.start)
    texts = [item.value for item in value.items if isinstance(item, Text) and item.style != "|"]
    if key.value in IDS and all(map(_ID.fullmatch, texts)) and len(texts) == len(value.items):
        short = f" [{', '.join(texts)}]"
        fits = column + len(key.value) + 1 + len(short) <= WIDTH
        return short if fits else _entries(texts, column)
    if key.value in LONG and is_flow(document.source.text, value):
        parts = [document.source.text[item.start : item.end] for item in value.items]
        return None if any("\n" in part for part in parts) else _entries(parts, column)
    return None


def _entries(parts: list[str], column: int) -> str:
    return "".join(f"\n{' ' * (column + 2)}- {part}" for part in parts)


# ------------------------------------------------------------------ quotes


def quotes(document: Document) -> Iterable[Edit]:
    """Take the quotes off texts that are the same without; what needs them becomes a block."""
    noted = {comment.line for comment in comments(document)}
    for node, frames, column in _quoted(document, document.root, 0, _BLOCK):
        spread = "\n" in document.source.text[node.start : node.end]
        bare = node.value == node.value.strip() != ""
        # A comment on the line may be about what stands there, or seem to cut a plain text short.
        if spread or not bare or line_of(document.source, node.start) in noted:
            continue
        if all(_holds(frame, node.value) for frame in frames):
            yield Edit(node.start, node.end, node.value)
        elif frames == _BLOCK:
            yield Edit(node.start, node.end, f"|\n{' ' * column}{node.value}")


Frame = tuple[str, Callable[[str], object]]

#: What a text can stand in: the text around it, and the value that it makes.
_BLOCK: tuple[Frame, ...] = (("k: {}\n", lambda v: {"k": v}), ("- {}\n", lambda v: [v]))
_FLOW: tuple[Frame, ...] = (("[{}, v]\n", lambda v: [v, "v"]), ("{{k: {}}}\n", lambda v: {"k": v}))
_KEY: tuple[Frame, ...] = (("{}: v\n", lambda v: {v: "v"}), ("{{{}: v}}\n", lambda v: {v: "v"}))


def _holds(frame: Frame, value: str) -> bool:
    """Tell whether a text is read as itself there without quotes."""
    around, wanted = frame
    found = read("", around.format(value).encode("utf-8"))
    return (
        not found.problems
        and found.root is not None
        and plain_value(found.root) == wanted(value)
        and not any(isinstance(node, Text) and node.style for node in walk(found.root))
    )


def _quoted(
    document: Document, node: Node | None, column: int, frames: tuple[Frame, ...]
) -> Iterator[tuple[Text, tuple[Frame, ...], int]]:
    """Find texts in quotes, each with what it can stand in and the column of a block for it."""
    text = document.source.text
    if node is not None and is_flow(text, node):
        frames = _FLOW
    if isinstance(node, Text) and node.style in ("'", '"'):
        yield node, frames, column
    elif isinstance(node, Items):
        for item in node.items:
            yield from _quoted(document, item, column + 2, frames)
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            # In brackets, `{"x":1}` is a pair and `{x:1}` is a text.
            if key.style and _SPACED_COLON.match(text, key.end):
                yield key, _KEY, column
            yield from _quoted(document, value, column + 2, frames)
