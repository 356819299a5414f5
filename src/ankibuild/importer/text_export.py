"""Anki's "Notes in Plain Text", and any other table of notes that Anki would import.

Such a file names notetypes, but does not tell what they are: not their templates, and their fields
only if a line ``#columns:`` names them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from ankibuild.diagnostics import visible
from ankibuild.importer import limits
from ankibuild.importer.delimited import SEPARATORS, Column, Head, Record, read_head, records, sniff
from ankibuild.importer.foreign import (
    Foreign,
    ForeignDeck,
    ForeignNote,
    ForeignNotetype,
    ImportRefusedError,
)
from ankibuild.importer.textfile import read_utf8, require_few, some
from ankibuild.importer.texts import Texts
from ankibuild.words import count

UNNAMED = "Imported"
"""The notetype of notes that a file names none for."""

_LOOKED_AT = 5
_COLUMN = 8  # bytes that a column takes at least, empty or not
_GAP = re.compile(r"\{\{c[\d,]+::")
_FILE = re.compile(r"\[sound:|<(?:img|audio|video|source|object)\b", re.IGNORECASE)


def read_text(path: Path) -> Foreign:
    """Read a text export: UTF-8, with or without the lines ``#…`` that Anki writes at its start.

    What those do not tell is guessed as Anki does. The notes that name one notetype have as many
    fields as the longest of them; it is a cloze if most of them have gaps.

    Raise ImportRefusedError if it cannot be read, or has no notes or too many.
    """
    text = read_utf8(path)
    clean = text.replace("\0", "")
    head, start = read_head(clean)
    separator = head.separator or sniff(clean, start)
    lines = _lines(path, records(clean, separator, start))
    rows = [line for line in lines if line.values]
    if not rows:
        raise ImportRefusedError(f"`{path.name}` has no notes in it")
    notes = _notes(head, rows)
    decks = dict.fromkeys(note.deck for note in notes if note.deck)
    require_few(path, len(decks), limits.DECKS, "decks")
    notetypes = {one.key: one for one in _notetypes(head, notes)}
    require_few(path, len(notetypes), limits.NOTETYPES, "notetypes")
    remarks = [f"`{visible(fault)[:80]}` tells nothing" for fault in head.faults]
    remarks += ["NUL characters are left out"] if clean != text else []
    remarks += [] if head.separator else _guessed(separator)
    return Foreign(
        path.name,
        tuple(notetypes.values()),
        tuple(map(ForeignDeck, decks)),
        tuple(_fitted(notes, notetypes)),
        remarks=(*remarks, *_oddities(lines, rows), *_missing(notes)),
    )


def _lines(path: Path, found: Iterable[Record]) -> list[Record]:
    """Take the records of a file, until they are more than fit into memory."""
    texts = Texts(left=limits.TEXT)
    lines: list[Record] = []
    for line in islice(found, limits.NOTES + 1):
        texts.spend(_COLUMN * len(line.values))
        lines.append(line)
    require_few(path, len(lines), limits.NOTES, "notes")
    return lines


# ------------------------------------------------------------------ notes


def _notes(head: Head, rows: Sequence[Record]) -> list[ForeignNote]:
    looked_at = (value for row in rows[:_LOOKED_AT] for value in row.values)
    is_html = any(map(_has_tag, looked_at)) if head.html is None else head.html
    texts = Texts(left=limits.TEXT)
    notes: list[ForeignNote] = []
    for row in rows:
        if not _too_long(row):
            notes.append(_note(head, row, is_html))
            texts.spend(_COLUMN * len(notes[-1].tags))
    return notes


def _has_tag(text: str) -> bool:
    return text.find(">", text.find("<")) > text.find("<") >= 0


def _too_long(row: Record) -> bool:
    return max(map(len, row.values)) > limits.FIELD


def _note(head: Head, row: Record, is_html: bool) -> ForeignNote:
    others = head.columns.values()
    values = (value for number, value in enumerate(row.values) if number not in others)
    tags = (*_column(head, row, "tags").split(), *head.tags)
    return ForeignNote(
        _column(head, row, "guid"),
        _column(head, row, "notetype", head.notetype) or UNNAMED,
        _column(head, row, "deck", head.deck),
        tuple(values if is_html else map(_as_html, values)),
        tuple(dict.fromkeys(tags)),
        place=f"line {row.line}",
    )


def _column(head: Head, row: Record, what: Column, of_all: str = "") -> str:
    number = head.columns.get(what)
    if number is None:
        return of_all
    return row.values[number] if number < len(row.values) else ""


def _as_html(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _fitted(
    notes: Iterable[ForeignNote], notetypes: Mapping[str, ForeignNotetype]
) -> Iterator[ForeignNote]:
    """Give each note as many fields as its notetype has: what is cut off is empty."""
    texts = Texts(left=limits.TEXT)
    for note in notes:
        width = len(notetypes[note.notetype].fields)
        texts.spend(_COLUMN * width)
        missing = ("",) * (width - len(note.fields))
        yield replace(note, fields=(*note.fields[:width], *missing))


# ------------------------------------------------------------------ notetypes


def _notetypes(head: Head, notes: Sequence[ForeignNote]) -> Iterator[ForeignNotetype]:
    labels = [
        label for number, label in enumerate(head.labels) if number not in head.columns.values()
    ]
    by_name: dict[str, list[ForeignNote]] = {}
    for note in notes:
        by_name.setdefault(note.notetype, []).append(note)
    for name, its_notes in by_name.items():
        width = max(1, len(labels), *map(_filled, its_notes))
        gapped = sum(any(map(_GAP.search, note.fields)) for note in its_notes)
        is_cloze = 2 * gapped > len(its_notes)
        yield ForeignNotetype(name, name, _field_names(labels, width), is_cloze=is_cloze)


def _filled(note: ForeignNote) -> int:
    """Count the fields up to the last one with something in it: Anki fills lines up with others."""
    return max((number for number, text in enumerate(note.fields, 1) if text), default=0)


def _field_names(labels: Sequence[str], width: int) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for number in range(width):
        label = labels[number].strip() if number < len(labels) else ""
        names[label if label and label not in names else f"Field {number + 1}"] = None
    return tuple(names)


# ------------------------------------------------------------------ what the author should know


def _guessed(separator: str) -> Iterator[str]:
    name = next(name for name, one in SEPARATORS.items() if one == separator)
    if name != "tab":
        yield (
            f"columns were parted at each {name}; if that is wrong, name the right separator in a "
            "first line, as in `#separator:tab`"
        )


def _oddities(lines: Sequence[Record], rows: Sequence[Record]) -> Iterator[str]:
    width = len(rows[0].values)
    if comments := [line.line for line in lines if not line.values]:
        yield f"{_at(comments)}: left out, because what starts with `#` is a comment to Anki"
    if short := [row.line for row in rows if len(row.values) < width]:
        yield f"{_at(short)}: fewer columns than the first note; the missing ones are empty"
    if long := [row.line for row in rows if len(row.values) > width]:
        yield f"{_at(long)}: more columns than the first note; they are kept"
    if too_long := [row.line for row in rows if _too_long(row)]:
        most = f"{limits.FIELD:,} characters"
        yield f"{_at(too_long)}: left out, because a field has more than {most}"
    if rows[-1].open:
        yield f'{_at([rows[-1].line])}: a `"` is never closed; all that follows is in one field'


def _at(lines: Sequence[int]) -> str:
    return f"{'line' if len(lines) == 1 else 'lines'} {some(lines)}"


def _missing(notes: Sequence[ForeignNote]) -> Iterator[str]:
    number = sum(any(map(_FILE.search, note.fields)) for note in notes)
    if number:
        yield (
            f"{count(number, 'note')} with pictures or sounds: a text file has none in it; "
            "export an .apkg with media to have them, too"
        )
