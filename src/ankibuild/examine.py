"""All that is known of a bank by itself: its notes and everything that is wrong with it.

It is made once and remembered by content. What it is made of is the bank's text, the arc, the
sources and the names of all figures; other banks have no part in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from ankibuild.bank import parse
from ankibuild.cache import Lasting, Memory, Store, key
from ankibuild.collection import Collection, Note, fill, texts_of
from ankibuild.curriculum import Slot
from ankibuild.diagnostics import Diagnostic, Source
from ankibuild.files import document_of, read_bytes
from ankibuild.packed import pack_one, unpack_one
from ankibuild.processes import beforehand
from ankibuild.project import Placed, Project, files, unknown_names
from ankibuild.rules import Front, Subject, allowed, check_bank
from ankibuild.rules.repeats import fronts
from ankibuild.source import Document, text_of
from ankibuild.typeset import Typesetter

#: Bytes of new banks from which on another process saves more time than it takes.
WORTH_A_PROCESS = 60_000


@dataclass(frozen=True, slots=True)
class Examined:
    """A bank's notes, what is wrong with it, and what the rules about the whole arc need of it.

    ``images`` are the names of figures that it shows, as authors write them. Without ``typeset``,
    some formulas could not be asked about. ``key`` names all that this depends on; it is empty if
    something is wrong with the arc.
    """

    notes: tuple[Note, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    fronts: tuple[Front, ...] = ()
    images: frozenset[str] = frozenset()
    retired: tuple[str, ...] = ()
    typeset: bool = True
    deck: str = ""
    key: str = ""


@dataclass
class Tools:
    """What helps to examine banks: what this process remembers, and what lasts longer."""

    memory: Memory
    typesetter: Typesetter
    colors: Lasting


def examine(project: Project, slot: Slot, document: Document, tools: Tools) -> Examined:
    """Find out all that can be known of a bank by itself."""
    memory = tools.memory
    bank, problems = memory.of(("bank", document), lambda: parse(document))
    if bank is None:
        return Examined(problems=_kept(problems))
    placed = Placed(slot, bank)
    filled = fill(project, placed, memory, tools.colors)
    formulas = tools.typesetter.check(filled.formulas)
    alone = Subject(replace(project, banks=(placed,)), Collection((), (), filled.notes))
    unknown = unknown_names(project, placed)
    found = (*problems, *unknown, *filled.problems, *formulas.problems, *check_bank(alone))
    return Examined(
        filled.notes,
        _kept(found),
        tuple(fronts(bank)),
        filled.images,
        bank.head.retired,
        formulas.typeset,
    )


def examine_all(
    project: Project, memory: Memory, typesetter: Typesetter, *, jobs: int = 1
) -> list[Examined]:
    """Examine every bank, in order; what is remembered of earlier runs is taken from there.

    With several ``jobs``, processes of their own do it beforehand where much is new.
    """
    tools = Tools(memory, typesetter, Lasting(project.root, "code"))
    store = Store(project.root, "banks") if project.context else None
    work = [_Work(project, slot, store) for slot in files(project)]
    if store and jobs > 1:
        _ahead(work, jobs)
    found = [one.examined(tools) for one in work]
    tools.colors.keep()
    if store and any(one.is_new for one in work):
        store.sweep()
    return found


@dataclass
class _Work:
    """One bank to examine: read when it is made."""

    project: Project
    slot: Slot
    store: Store | None
    is_new: bool = False

    def __post_init__(self) -> None:
        self.data = read_bytes(self.project.root, self.slot.path)

    @property
    def size(self) -> int:
        """Bytes of the bank."""
        return len(self.data) if isinstance(self.data, bytes) else 0

    @cached_property
    def key(self) -> str:
        """What the result depends on; empty if it is not remembered."""
        if self.store is None or isinstance(self.data, Document):
            return ""
        return key("bank", self.project.context, self.slot.path, self.data)

    def is_known(self) -> bool:
        """Tell whether the result is remembered."""
        return self.store is not None and self.store.has(self.key)

    def recalled(self) -> Examined | None:
        """Give what an earlier run found, if there was one."""
        known = self.store.get(self.key) if self.store and self.key else None
        try:
            found = from_data(known, self.slot.path, self.data) if known else None
            return self._named(found) if found else None
        except (ValueError, TypeError, LookupError):
            return None

    def examined(self, tools: Tools) -> Examined:
        """Give what is known of the bank; find it out if nobody has."""
        texts_of(self.slot, tools.memory)
        asked = ("examined", self.slot.path, self.key)
        if not self.key:
            return self._examine(tools)
        return tools.memory.of(asked, lambda: self.recalled() or self._examine(tools))

    def _examine(self, tools: Tools) -> Examined:
        data, path = self.data, self.slot.path
        document = document_of(path, data, tools.memory) if isinstance(data, bytes) else data
        found = examine(self.project, self.slot, document, tools)
        self.is_new = True
        lasting = found.typeset or not tools.typesetter.is_able
        if self.store and self.key and lasting and document.root is not None:
            self.store.put(self.key, to_data(found))
        return self._named(found)

    def _named(self, found: Examined) -> Examined:
        return replace(found, deck=self.slot.deck, key=self.key)


# ------------------------------------------------------------------ several processes


def _ahead(work: list[_Work], jobs: int) -> None:
    """Let processes find out what is not remembered; the store is where they leave it."""
    new = [one for one in work if one.key and not one.is_known()]
    if sum(one.size for one in new) >= WORTH_A_PROCESS:
        beforehand([partial(_find_out, new[number::jobs]) for number in range(jobs)])


def _find_out(share: list[_Work]) -> None:
    if not share:
        return
    root = share[0].project.root
    with Typesetter(root) as typesetter:
        tools = Tools(Memory(), typesetter, Lasting(root, "code"))
        for one in share:
            one.examined(tools)
            tools.memory.turn()
        tools.colors.keep()


# ------------------------------------------------------------------ as data


def to_data(found: Examined) -> list[Any]:
    """Give what is known of a bank as JSON."""
    notes = [
        (n.id, n.guid, n.notetype, n.deck, n.fields, n.tags, n.cards, n.due) for n in found.notes
    ]
    problems = [pack_one(problem, lambda _: 0) for problem in found.problems]
    return [notes, problems, found.fronts, sorted(found.images), found.retired]


def from_data(data: list[Any], path: str, content: bytes | Document) -> Examined:
    """Give what `to_data` was given, for a bank of this content.

    Raises ValueError, TypeError or LookupError if the data is something else.
    """
    notes, problems, asked, images, retired = data
    source = Source(path, text_of(content)) if problems and isinstance(content, bytes) else None
    return Examined(
        tuple(
            Note(name, guid, kind, deck, tuple(fields), tuple(tags), tuple(cards), due)
            for name, guid, kind, deck, fields, tags, cards, due in notes
        ),
        tuple(unpack_one(row, lambda _: source) for row in problems) if source else (),
        tuple(Front(name, own, tuple(shorter)) for name, own, shorter in asked),
        frozenset(images),
        tuple(retired),
    )


def _kept(problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(problem for problem in problems if not allowed(problem))
