"""Edits of an author's text: spliced in, never dumped anew, so that comments and layout survive."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from ankibuild.diagnostics import Source
from ankibuild.source.nodes import Items, Mapping, Node, Text

_LINE_END = re.compile(r"\r\n|\r|\n")
_QUESTIONS = re.compile(r"questions[ \t]*:(?=[ \t]|$)")
_EMPTY_LIST = re.compile(r"(questions[ \t]*:)[ \t]*\[[ \t]*\]")
_DASH = re.compile(r"( *)-(?: |$)")
#: What stands at the margin and looks like a key, not like the rest of a text in quotes.
_NEXT_KEY = re.compile(r"[^\s#-](?=.*[:\[|])|-{3}")


class Edit(Struct, frozen=True, order=True):
    """Put ``text`` in place of the characters ``start`` to ``end`` (exclusive) of a text."""

    start: int
    end: int
    text: str


def splice(text: str, edits: Iterable[Edit], start: int = 0, end: int | None = None) -> str:
    """Apply edits; gives the characters ``start`` to ``end`` of ``text``, edited.

    Edits outside of these characters are left out. Raises ValueError if two edits overlap.
    """
    stop = len(text) if end is None else end
    pieces: list[str] = []
    at = start
    for edit in sorted(edit for edit in edits if start <= edit.start and edit.end <= stop):
        if edit.start < at:
            raise ValueError(f"two edits overlap: one ends at {at}, one starts at {edit.start}")
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*pieces, text[at:stop]))


# ------------------------------------------------------------------ where things end


def is_flow(text: str, node: Node) -> bool:
    """Tell whether a list or mapping stands in brackets."""
    return not isinstance(node, Text) and text[node.start : node.start + 1] in ("[", "{")


def last_line(source: Source, node: Node) -> int:
    """Give the line (from 1) on which a node ends; what follows it, as a comment, is not its."""
    if isinstance(node, Text) and node.style in ("|", ">"):
        rows = node.value.count("\n") + 1 if node.value else 0
        return source.position(node.start)[0] + rows
    if isinstance(node, Items) and node.items and not is_flow(source.text, node):
        return last_line(source, node.items[-1])
    if isinstance(node, Mapping) and node.pairs and not is_flow(source.text, node):
        return last_line(source, node.pairs[-1][1])
    return source.position(max(node.start, node.end - 1))[0]


# ------------------------------------------------------------------ a new entry


def append_item(text: str, item: str) -> str:
    r"""Append ``item`` (a list item at indentation 0, ``\n`` line ends) to the questions of a bank.

    The item takes the indentation of the list and the file's line ends; nothing else changes. Goes
    by lines, not by nodes: a bank that cannot be read can be added to.
    """
    found = _LINE_END.search(text)
    newline = found.group() if found else "\n"
    rows = _LINE_END.split(text)
    key = next((n for n, row in enumerate(rows) if _QUESTIONS.match(row)), None)
    if key is None:
        at, column, lead = _filled(rows, len(rows)), 2, ["", "questions:", ""]
    else:
        rows[key] = _EMPTY_LIST.sub(r"\1", rows[key])
        at, column, lead = *_end_of_list(rows, key), [""]
    added = [" " * column + row if row else "" for row in item.rstrip("\n").split("\n")]
    return newline.join([*rows[:at], *lead, *added, *(rows[at:] or [""])])


def _end_of_list(rows: list[str], key: int) -> tuple[int, int]:
    """Give the number of rows through the end of a list, and the column of its dashes."""
    dash = next((found for row in rows[key:] if (found := _DASH.match(row))), None)
    column = len(dash.group(1)) if dash else 2
    after = (n for n in range(key + 1, len(rows)) if _NEXT_KEY.match(rows[n]))
    end = next(after, None)
    if end is None:
        return _filled(rows, len(rows)), column
    # Comments that stand further left than the list are about the key below them.
    while end > key + 1 and re.match(rf" {{0,{max(column - 1, 0)}}}(#|$)", rows[end - 1]):
        end -= 1
    return _filled(rows, end), column


def _filled(rows: list[str], end: int) -> int:
    """Give the number of rows before ``end`` without the blank ones at their end."""
    return next((n for n in range(end, 0, -1) if rows[n - 1].strip()), 0)
