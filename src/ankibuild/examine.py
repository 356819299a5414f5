"""All that is known of a bank by itself: its notes and everything that is wrong with it.

It is made once and remembered by content. What it is made of is the bank's text, the arc, the
sources and the names of all figures; other banks have no part in it.
"""

from __future__ import annotations

import errno
from array import array
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import replace

from ankibuild.bank import parse
from ankibuild.cache import Memory, Store, key
from ankibuild.collection import Collection, fill
from ankibuild.curriculum import Slot
from ankibuild.diagnostics import Diagnostic, Source
from ankibuild.files import document_of, read_bytes
from ankibuild.notes import Note, Page, Row, written
from ankibuild.packed import pack_one, unpack_one
from ankibuild.processes import beforehand
from ankibuild.project import Placed, Project, files, unknown_names
from ankibuild.rules import Fronts, Subject, allowed, check_bank
from ankibuild.rules.repeats import fronts
from ankibuild.source import Document, text_of
from ankibuild.texts import Texts
from ankibuild.tool import facts
from ankibuild.typeset import Typesetter

#: Bytes of new banks from which on another process saves more time than it takes.
WORTH_A_PROCESS = 60_000


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


class Tools(Struct):
    """What helps to examine banks: what this process remembers, and what lasts longer."""

    memory: Memory
    typesetter: Typesetter
    texts: Store


def examine(project: Project, slot: Slot, document: Document, tools: Tools) -> Examined:
    """Find out all that can be known of a bank by itself."""
    memory = tools.memory
    bank, problems = memory.of(("bank", document), lambda: parse(document))
    if bank is None:
        return Examined(problems=_kept(problems))
    placed = Placed(slot, bank)
    texts = Texts(tools.texts, slot.path)
    filled = fill(project, placed, texts)
    texts.keep()
    formulas = tools.typesetter.check(filled.formulas, slot.path)
    alone = Subject(replace(project, banks=(placed,)), Collection((), (), filled.notes))
    unknown = unknown_names(project, placed)
    found = (*problems, *unknown, *filled.problems, *formulas.problems, *check_bank(alone))
    return Examined(
        Page.of(filled.notes) if filled.notes else None,
        _kept(found),
        Fronts.of(fronts(bank)),
        filled.images,
        bank.head.retired,
        formulas.typeset,
    )


def examine_all(
    project: Project, memory: Memory | None, typesetter: Typesetter, *, jobs: int = 1
) -> list[Examined]:
    """Examine every bank, in order; what is remembered of earlier runs is taken from there.

    With several ``jobs``, processes of their own do it beforehand where much is new. Without a
    ``memory``, of a bank that is done nothing is held but what is given.
    """
    desk = _Desk(project, Tools(memory or Memory(), typesetter, Store(project.root, "texts")))
    slots = files(project)
    found = {slot.path: desk.recalled(slot) for slot in slots}
    new = [slot for slot in slots if found[slot.path] is None]
    _ahead(desk, new, jobs)
    for slot in new:
        found[slot.path] = desk.examined(slot)
        if memory is None:
            desk.tools.memory.turn()
    if new and desk.store:
        desk.store.sweep()
    return [one for one in found.values() if one]


class _Desk:
    """Where the banks of a project are examined, one after the other, and what was found is kept.

    Nothing is remembered if something is wrong with the arc: it would be too much to name.
    """

    def __init__(self, project: Project, tools: Tools) -> None:
        self.project, self.tools = project, tools
        self.store = Store(project.root, "banks") if project.context else None

    def recalled(self, slot: Slot) -> Examined | None:
        """Give what an earlier run found of a bank, if there was one."""
        if self.store is None:
            return None
        return self._recalled(slot, read_bytes(self.project.root, slot.path))

    def examined(self, slot: Slot) -> Examined:
        """Find out all about a bank, unless that was done meanwhile."""
        data = read_bytes(self.project.root, slot.path)
        return self._recalled(slot, data) or self._made(slot, data)

    def _recalled(self, slot: Slot, data: bytes | Document) -> Examined | None:
        named = _key(self.project, slot, data)
        known = self.store.get(named, Known) if self.store and named else None
        try:
            found = from_data(known, slot, data) if known else None
        except (ValueError, TypeError, LookupError):
            return None
        # What could not be asked about the last time can be now.
        late = found and not found.typeset and self.tools.typesetter.is_able
        return self._shelved(slot, named, found) if found and not late else None

    def _made(self, slot: Slot, data: bytes | Document) -> Examined:
        memory, named = self.tools.memory, _key(self.project, slot, data)
        document = document_of(slot.path, data, memory) if isinstance(data, bytes) else data
        found = examine(self.project, slot, document, self.tools)
        lasting = found.typeset or not self.tools.typesetter.is_able
        if not (self.store and named and lasting and document.root is not None):
            return found
        is_kept = self.store.put(named, to_data(found), rows_of(found))
        return self._shelved(slot, named, found) if is_kept else found

    def _shelved(self, slot: Slot, named: str, found: Examined) -> Examined:
        """Let the notes of a bank be read from the store whenever they are asked for."""
        if not (found.page and self.store):
            return found
        read = partial(_read, self.project, slot, self.store, named, found.page.listed)
        return replace(found, page=replace(found.page, key=named, read=read))


def _key(project: Project, slot: Slot, data: bytes | Document) -> str:
    """Name what is found out of a bank by all that it depends on; empty if that is not known."""
    if isinstance(data, Document) or not project.context:
        return ""
    return key("bank", project.context, slot.path, data)


def _read(
    project: Project, slot: Slot, store: Store, named: str, listed: bytes
) -> tuple[Note, ...]:
    """Read the notes of a bank; make them again if somebody has deleted what was remembered.

    Raises OSError if the bank is not what it was.
    """
    with suppress(ValueError, TypeError):
        return written(slot.deck, listed, store.get(named, list[Row], ROWS) or ())
    data = read_bytes(project.root, slot.path)
    if isinstance(data, Document) or _key(project, slot, data) != named:
        path = str(project.root / slot.path)
        raise OSError(errno.ESTALE, "this has changed while it was worked with; try again", path)
    bank, _ = parse(document_of(slot.path, data, Memory()))
    return fill(project, Placed(slot, bank), Texts()).notes if bank else ()


# ------------------------------------------------------------------ several processes


def _ahead(desk: _Desk, new: list[Slot], jobs: int) -> None:
    """Let processes find out what is not remembered; the store is where they leave it."""
    size = sum(facts(str(desk.project.root / slot.path))[0] for slot in new)
    if desk.store and jobs > 1 and size >= WORTH_A_PROCESS:
        shares = [new[number::jobs] for number in range(jobs)]
        beforehand([partial(_find_out, desk.project, share) for share in shares])


def _find_out(project: Project, share: list[Slot]) -> None:
    with Typesetter(project.root) as typesetter:
        desk = _Desk(project, Tools(Memory(), typesetter, Store(project.root, "texts")))
        for slot in share:
            desk.examined(slot)
            desk.tools.memory.turn()


# ------------------------------------------------------------------ as data

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
    listed: Raw


def to_data(found: Examined) -> Known:
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
    listed = Raw(page.listed)
    return KnownPage(page.count, page.cards, page.notetypes, page.tags, page.media, listed)


def rows_of(found: Examined) -> list[Row]:
    """Give fields and tags of the notes of a bank."""
    return [(note.fields, note.tags) for note in found.page.read()] if found.page else []


def from_data(known: Known, slot: Slot, content: bytes | Document) -> Examined:
    """Give what `to_data` was given, for a bank of this content; nobody can read its notes yet.

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
    listed = bytes(known.listed)
    return Page(slot.deck, known.count, known.cards, names, authors, shown, listed, tuple)


@lru_cache(1 << 10)
def _same(words: frozenset[str]) -> frozenset[str]:
    """Hold the few words of a thousand banks once."""
    return words


def _kept(problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(problem for problem in problems if not allowed(problem))
