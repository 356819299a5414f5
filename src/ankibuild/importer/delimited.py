"""Text with separators as Anki reads it: records, and the lines with ``#`` that tell of them.

Anki reads with the csv crate of Rust. A record ends with its line, unless a field is in quotes; a
field is in quotes if it starts with one, and what follows the closing quote still belongs to it;
empty lines, and what starts with ``#``, are no records. Neither are lines of nothing but separators
here, with which spreadsheets end their files: Anki leaves such notes out later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from ankibuild.importer import limits
from ankibuild.importer.foreign import ImportRefusedError

Column = Literal["guid", "notetype", "deck", "tags"]
"""What a column may hold other than a field."""

SEPARATORS = {"tab": "\t", "pipe": "|", "semicolon": ";", "colon": ":", "comma": ",", "space": " "}
"""The separators by name, in the order in which Anki looks for them in a file that names none."""

_SAMPLE = 8 * 1024
_RECORDS = 5
_MOST_LINES = 1_000
_SHOWN = 80
_COMMENT = re.compile(r"#(?:(?P<key>[^:\n]*):(?P<value>[^\n]*)|[^\n]*)(?:\n|\Z)")
_TAGS = re.compile(r"tags:([^\n]*)(?:\n|\Z)")
# A spreadsheet ends every line with separators; they come after the first character of a value,
# which may be a separator itself.
_WORD = re.compile(r".?[0-9A-Za-z]*")
_NUMBER = re.compile(r"\+?[0-9]{1,9}")


class Head(Struct, frozen=True):
    """What the first lines of a file tell; what they do not is empty, or None.

    ``notetype``, ``deck`` and ``tags`` are those of all records, ``labels`` are the names of the
    columns, and ``columns`` the numbers, from 0, of those that are no fields. ``faults`` are the
    lines that tell nothing.
    """

    separator: str = ""
    html: bool | None = None
    notetype: str = ""
    deck: str = ""
    tags: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    columns: Mapping[Column, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


class Record(Struct, frozen=True):
    """The columns of a record, and the line it starts on. A comment has no columns.

    ``open`` tells that its last quote is never closed.
    """

    line: int
    values: tuple[str, ...]
    open: bool = False


# ------------------------------------------------------------------ the lines with `#`


def read_head(text: str) -> tuple[Head, int]:
    """Read the lines at the start of a text that tell of it; give the length of them, too."""
    head, at = Head(), 0
    if found := _TAGS.match(text):
        # So it was written before there was `#tags:`.
        head, at = _tell(head, "tags", found[1]), found.end()
    for _ in range(_MOST_LINES):
        found = _COMMENT.match(text, at)
        if not found:
            break
        if found["key"] is not None:
            head = _tell(head, found["key"], found["value"])
        at = found.end()
    return head, at


def _tell(head: Head, key: str, value: str) -> Head:
    tell = _TOLD.get(key.strip().lower())
    told = tell(head, value) if tell and len(value) <= limits.FIELD else None
    if told or not tell:
        return told or head
    return replace(head, faults=(*head.faults, f"#{key}:{value[:_SHOWN]}"))


def _separator(head: Head, value: str) -> Head | None:
    word = _word(value).lower()
    found = SEPARATORS.get(word.strip()) or (word if word in SEPARATORS.values() else None)
    return replace(head, separator=found) if found else None


def _html(head: Head, value: str) -> Head | None:
    told = {"true": True, "false": False}.get(_word(value).lower())
    return None if told is None else replace(head, html=told)


def _labels(head: Head, value: str) -> Head:
    first = next(records(value, head.separator or SEPARATORS["tab"]), Record(1, ()))
    return replace(head, labels=first.values)


def _column(head: Head, what: Column, value: str) -> Head | None:
    word = _word(value).strip()
    number = int(word) if _NUMBER.fullmatch(word) else 0
    return replace(head, columns={**head.columns, what: number - 1}) if number else None


def _of_all(head: Head, what: Literal["notetype", "deck"], value: str) -> Head:
    columns = {name: number for name, number in head.columns.items() if name != what}
    if what == "notetype":
        return replace(head, columns=columns, notetype=value)
    return replace(head, columns=columns, deck=value)


def _word(value: str) -> str:
    found = _WORD.match(value)
    return found[0] if found else ""


# Of a line on the notetypes of all records and one on their column, the last one holds.
_TOLD: Mapping[str, Callable[[Head, str], Head | None]] = {
    "separator": _separator,
    "html": _html,
    "columns": _labels,
    "tags": lambda head, value: replace(head, tags=tuple(value.split())),
    "notetype": lambda head, value: _of_all(head, "notetype", value),
    "deck": lambda head, value: _of_all(head, "deck", value),
    "guid column": lambda head, value: _column(head, "guid", value),
    "notetype column": lambda head, value: _column(head, "notetype", value),
    "deck column": lambda head, value: _column(head, "deck", value),
    "tags column": lambda head, value: _column(head, "tags", value),
}


# ------------------------------------------------------------------ records


def sniff(text: str, at: int) -> str:
    """Find the separator of a text that names none, in what follows its head.

    Anki takes the first of its separators that is there. So do we, but for the colons of web
    addresses, and for one that parts the first records into unequal numbers of columns, where
    there is another.
    """
    # Bytes are what Anki counts here.
    sample = text[at : at + _SAMPLE].encode()[:_SAMPLE].decode(errors="ignore")
    own = sample.replace("://", "")
    there = [one for one in SEPARATORS.values() if one in own] or [" "]
    even = (one for one in there if one == "\t" or _parts_evenly(sample, one))
    return next(even, there[0])


def _parts_evenly(sample: str, separator: str) -> bool:
    found = (record.values for record in records(sample, separator) if record.values)
    widths = {len(values) for values in islice(found, _RECORDS)}
    return len(widths) == 1 and widths != {1}


def records(text: str, separator: str, at: int = 0) -> Iterator[Record]:
    r"""Yield the records of a text with ``\n`` as line end, from a place in it on.

    Raise ImportRefusedError at a record of more columns than a file has fields.
    """
    column = re.compile(
        rf'(?:"([^"]*+(?:""[^"]*+)*+)(?:"|(\Z)))?+([^{re.escape(separator)}\n]*+)(.|\n|\Z)'
    )
    line = text.count("\n", 0, at) + 1
    while at < len(text):
        if text[at] == "#":
            yield Record(line, ())
            start, at = at, text.find("\n", at) + 1 or len(text)
        else:
            start = at
            values, at, is_open = _columns(column, separator, text, at)
            if len(values) > limits.FIELDS:
                raise ImportRefusedError(f"line {line} has more than {limits.FIELDS:,} columns")
            if any(values):
                yield Record(line, values, is_open)
        line += text.count("\n", start, at)


def _columns(
    column: re.Pattern[str], separator: str, text: str, at: int
) -> tuple[tuple[str, ...], int, bool]:
    values, is_open = [], False
    for found in column.finditer(text, at):
        quoted, never_closed, rest, end = found.groups()
        values.append(quoted.replace('""', '"') + rest if quoted is not None else rest)
        is_open, at = never_closed is not None, found.end()
        if end != separator or len(values) > limits.FIELDS:
            break
    return tuple(values), at, is_open
