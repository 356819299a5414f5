"""What is known of a bank by itself, and how it is kept."""

from __future__ import annotations

from array import array
from functools import lru_cache
from typing import Any

from msgspec import Struct

from ankibuild.curriculum import Slot
from ankibuild.diagnostics import Diagnostic, Source
from ankibuild.notes import Page, Row
from ankibuild.packed import pack_one, unpack_one
from ankibuild.rules import Fronts
from ankibuild.source import Document, text_of

_NONE = Fronts.of(())


class Examined(Struct, frozen=True):
    """A bank's notes, what is wrong with it, and what the rules about the whole arc need of it.

    ``page`` is None if it has no notes. ``images`` are the names of figures that it shows, as
    authors write them. Without ``typeset``, some formulas could not be asked about.
    """

    page: Page | None = None
    problems: tuple[Diagnostic, ...] = ()
    fronts: Fronts = _NONE
    images: frozenset[str] = frozenset()
    retired: tuple[str, ...] = ()
    typeset: bool = True


#: The part of what is kept of a bank that holds what stands on its notes.
ROWS = 1


class Known(Struct, frozen=True, array_like=True):
    """What is kept of a bank, but for what stands on its notes."""

    page: KnownPage | None
    problems: list[Any]
    fronts: tuple[str, bytes, bytes, bytes]
    images: frozenset[str]
    retired: tuple[str, ...]
    typeset: bool


class KnownPage(Struct, frozen=True, array_like=True):
    """What is kept of a page; its fields are those of :class:`~ankibuild.notes.Page`."""

    count: int
    cards: int
    notetypes: frozenset[str]
    tags: frozenset[str]
    media: frozenset[str]
    listed: bytes


def kept(found: Examined) -> Known:
    """Give what is known of a bank as it is kept."""
    fronts = found.fronts
    return Known(
        _listed(found.page) if found.page else None,
        [pack_one(problem, lambda _: 0) for problem in found.problems],
        (fronts.ids, fronts.own.tobytes(), fronts.shorter.tobytes(), fronts.ends.tobytes()),
        found.images,
        found.retired,
        found.typeset,
    )


def _listed(page: Page) -> KnownPage:
    return KnownPage(page.count, page.cards, page.notetypes, page.tags, page.media, page.listed)


def rows_of(found: Examined) -> list[Row]:
    """Give fields and tags of the notes of a bank."""
    return [(note.fields, note.tags) for note in found.page.read()] if found.page else []


def recalled(known: Known, slot: Slot, content: bytes | Document) -> Examined:
    """Give what `kept` was given, for a bank of this content; nobody can read its notes yet.

    Raises ValueError, TypeError or LookupError if the data is something else.
    """
    text = text_of(content) if known.problems and isinstance(content, bytes) else None
    source = None if text is None else Source(slot.path, text)
    ids, own, shorter, ends = known.fronts
    return Examined(
        _page(slot, known.page) if known.page else None,
        tuple(unpack_one(row, lambda _: source) for row in known.problems) if source else (),
        Fronts(ids, array("Q", own), array("Q", shorter), array("L", ends)),
        known.images,
        known.retired,
        known.typeset,
    )


def _page(slot: Slot, known: KnownPage) -> Page:
    names, authors, shown = map(_same, (known.notetypes, known.tags, known.media))
    return Page(slot.deck, known.count, known.cards, names, authors, shown, known.listed, tuple)


@lru_cache(1 << 10)
def _same(words: frozenset[str]) -> frozenset[str]:
    """Hold the few words of a thousand banks once."""
    return words
