"""A collection that somebody else made, as it was read: nothing is judged, nothing is translated.

Whatever is missing in a file is empty here. All texts are free of lone surrogates and of NUL.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct


class ImportRefusedError(Exception):
    """A file that cannot be brought in; the text says why and what to do instead."""


class ForeignTemplate(Struct, frozen=True):
    """How one card of a note is made, in Anki's template language."""

    name: str
    front: str
    back: str


class ForeignNotetype(Struct, frozen=True):
    """A notetype; ``key`` is what notes refer to it by (an id or a name)."""

    key: str
    name: str
    fields: tuple[str, ...]
    templates: tuple[ForeignTemplate, ...] = ()
    css: str = ""
    is_cloze: bool = False


class ForeignNote(Struct, frozen=True):
    """A note. ``fields`` are HTML in the order of its notetype; ``guid`` may be empty.

    ``deck`` is a full name (``A::B``), that of the note's first card; ``cards`` are template
    numbers from 0 (for a cloze: cloze number - 1), empty if the file does not tell.
    ``place`` says in one line where in the file the note stands, for the report. ``position`` is
    that of its first card among the new ones of its deck, 0 if the file does not tell.
    """

    guid: str
    notetype: str
    deck: str
    fields: tuple[str, ...]
    tags: tuple[str, ...] = ()
    cards: tuple[int, ...] = ()
    place: str = ""
    position: int = 0


class ForeignDeck(Struct, frozen=True):
    """A deck by its full name; ``description`` is Markdown or HTML."""

    name: str
    description: str = ""


class ForeignMedia(Struct, frozen=True):
    """A file that fields may refer to as ``name``; ``copy`` writes its content to a path.

    ``size`` is in bytes. ``copy`` raises ImportRefusedError if the content turns out to be larger,
    or damaged.
    """

    name: str
    size: int
    copy: Callable[[Path], None]


class Foreign(Struct, frozen=True):
    """Everything a file holds. ``remarks`` are sentences on what of it could not be read."""

    source: str
    notetypes: tuple[ForeignNotetype, ...]
    decks: tuple[ForeignDeck, ...]
    notes: tuple[ForeignNote, ...]
    media: tuple[ForeignMedia, ...] = ()
    remarks: tuple[str, ...] = ()
