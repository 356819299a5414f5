"""Entries at the end of a list in a file: every other character stays as its author wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ankibuild.diagnostics import errors
from ankibuild.importer.foreign import ImportRefusedError
from ankibuild.source import Document, Items, Mapping, Node, plain_value, read
from ankibuild.source.edit import is_flow, last_line

_ROW = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_EMPTY = re.compile(r":[ \t]*(?:\[[ \t]*\])?")


def append(path: str, data: bytes, key: str, entries: Iterable[str]) -> str:
    """Append entries, written two columns in, to the list ``key`` of a file; ``path`` is shown.

    They take the list's indentation and the file's line ends. Raise ImportRefusedError if the
    file cannot be read, or its list stands in brackets.
    """
    added = "\n".join(entries).rstrip("\n").split("\n")
    document = read(path, data)
    if errors(document.problems) or not isinstance(document.root, Mapping | None):
        raise ImportRefusedError(f"`{path}` cannot be read; `ankibuild check` says why")
    text = data.decode("utf-8")
    if not any(added):
        return text
    rows = _ROW.findall(text)
    newline = next((row[len(row.rstrip("\r\n")) :] for row in rows), "") or "\n"
    values = document.root.values if document.root else {}
    at, column, lead = _end(path, document, key, values, rows)
    shifted = (" " * (column - 2) + row if column >= 2 else row[2:] for row in added)
    apart = [""] if at < len(rows) and rows[at].strip() else []
    new = [*lead, "", *(row if row.strip() else "" for row in shifted), *apart]
    if at and not rows[at - 1].endswith(("\r", "\n")):
        rows[at - 1] += newline
    done = "".join([*rows[:at], *(f"{row}{newline}" for row in new), *rows[at:]])
    _require_same(done, document, key, added)
    return done


def _end(
    path: str, document: Document, key: str, values: dict[str, Node], rows: list[str]
) -> tuple[int, int, list[str]]:
    """Give the number of rows before the new entries, their column, and rows to begin with.

    A list that has no entry loses its brackets in ``rows``.
    """
    listed = values.get(key)
    if listed is None:
        return len(rows), 2, ["", f"{key}:"] if rows else [f"{key}:"]
    source = document.source
    if isinstance(listed, Items) and listed.items:
        if is_flow(source.text, listed):
            message = f"`{key}` stands in brackets in `{path}`"
            raise ImportRefusedError(f"{message}; write it as a list with dashes")
        column = source.position(listed.start)[1] - 1
        return _after_comments(rows, last_line(source, listed), column), column, []
    line = last_line(source, listed)
    rows[line - 1] = _EMPTY.sub(":", rows[line - 1], count=1)
    return line, 2, []


def _after_comments(rows: list[str], line: int, column: int) -> int:
    """Pass by comments that are further right than the list: they are about its last entry."""
    while line < len(rows) and re.match(rf" {{{column + 1},}}#", rows[line]):
        line += 1
    return line


def _require_same(done: str, before: Document, key: str, added: list[str]) -> None:
    """Raise RuntimeError, a bug of ours, if the file now says anything else than it should."""
    after = read(before.source.path, done.encode("utf-8"))
    alone = read("", "\n".join([f"{key}:", *added]).encode("utf-8"))
    old, new, more = (_said(document) for document in (before, after, alone))
    if {**old, key: [*(old.get(key) or []), *more[key]]} != new:
        raise RuntimeError(f"`{before.source.path}` would say something else")


def _said(document: Document) -> dict[str, Any]:
    said = plain_value(document.root) if document.root else {}
    return said if isinstance(said, dict) and not errors(document.problems) else {}
