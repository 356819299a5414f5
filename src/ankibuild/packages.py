"""The packages of a project: which there are, and which of them have to be written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import IO

from msgspec import Struct

from ankibuild import released
from ankibuild.cache import Store, key
from ankibuild.collection import Collection, notetypes_of, subset, without
from ankibuild.curriculum import Slot
from ankibuild.disk import guard_links
from ankibuild.outputs import OUTPUTS
from ankibuild.outputs.stamped import stamped
from ankibuild.processes import beforehand
from ankibuild.rules import Subject
from ankibuild.tool import facts

#: Notes from which on another process saves more time than it takes.
WORTH_A_PROCESS = 4_000


class Product(Struct, frozen=True):
    """A package that was written."""

    path: Path
    notes: int
    cards: int


def write(
    subject: Subject, dist: Path, slots: Iterable[Slot] = (), *, jobs: int = 1
) -> tuple[Product, ...]:
    """Write packages into ``dist``: those of ``slots``, or the whole arc and one for each part.

    One that is there already, as it would be written, is left alone. Each is written whole or not
    at all. ``jobs`` is how many processes there may be. Raises OSError, and ValueError if the
    subject is not sound.
    """
    guard_links(subject.project.root, dist / "parts", dist / "topics")
    shelf = _Shelf(subject)
    chosen = [shelf.plan(dist / "topics" / f"{slot.id}.apkg", slot.deck) for slot in slots]
    if chosen:
        return shelf.write(chosen)
    parts = list(_parts(shelf, dist))
    _ahead(shelf, parts, jobs)
    written = shelf.write(parts)
    settings = subject.project.curriculum.settings
    whole = shelf.plan(dist / f"{settings.namespace}.apkg", settings.title)
    _remove_stale(dist / "parts", {product.path for product in written})
    return (shelf.write_one(whole, parts), *written, *_cleanup(subject, dist))


class _Plan(Struct, frozen=True):
    """A package to be: what is in a deck, and a name for all of that; empty if it is not known."""

    path: Path
    deck: str
    what: Collection
    key: str

    @property
    def product(self) -> Product:
        pages = self.what.shelf.pages
        return Product(self.path, len(self.what.notes), sum(page.cards for page in pages))


def _parts(shelf: _Shelf, dist: Path) -> Iterator[_Plan]:
    arc = shelf.subject.project.curriculum
    filled = {deck.name for deck in shelf.collection.decks}
    for part in arc.parts:
        deck = f"{arc.settings.title}::{part.deck}"
        if deck in filled:
            yield shelf.plan(dist / "parts" / f"{part.id}.apkg", deck)


def _ahead(shelf: _Shelf, plans: list[_Plan], jobs: int) -> None:
    """Let processes write what is not there, if that is much; the caller will find it there."""
    new = [plan for plan in plans if not shelf.is_there(plan)]
    if jobs > 1 and sum(len(plan.what.notes) for plan in new) >= WORTH_A_PROCESS:
        # Before the processes part, for each would import it; and not earlier, for it takes long.
        import ankibuild.outputs.apkg  # noqa: F401

        beforehand([partial(shelf.write, new[number::jobs]) for number in range(jobs)])


class _Shelf:
    """Writes packages of a subject, and remembers which are there."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.collection = stamped(subject)
        self._store = Store(subject.project.root, "packages")

    def plan(self, path: Path, deck: str) -> _Plan:
        """Plan a package of a deck and all that is below it."""
        what = subset(self.collection, deck)
        return _Plan(path, deck, what, self._key(path, what))

    def is_there(self, plan: _Plan, opened: int | None = None) -> bool:
        """Tell whether a package is what it is to be: at its path, or as an open file."""
        place = str(plan.path) if opened is None else opened
        return bool(plan.key) and self._store.get(plan.key, list[int]) == list(facts(place))

    def write(self, plans: Iterable[_Plan]) -> tuple[Product, ...]:
        """Write the packages that are not there yet."""
        products = tuple(self.write_one(plan) for plan in plans)
        self._store.sweep()
        return products

    def write_one(self, plan: _Plan, parts: Iterable[_Plan] = ()) -> Product:
        """Write a package, unless it is there, and take over what packages of its parts hold."""
        if not self.is_there(plan):
            made: list[tuple[int, int, int]] = []
            # What is there a moment later may be of another build.
            note, when = partial(_note_facts, made), self.subject.ledger.preview_time
            with ExitStack() as stack:
                packed = dict(self._opened(stack, parts))
                rest = without(plan.what, packed)
                OUTPUTS["apkg"](rest, plan.path, when, note, tuple(packed.values()))
            if plan.key:
                self._store.put(plan.key, made[0])
        return plan.product

    def _opened(self, stack: ExitStack, parts: Iterable[_Plan]) -> Iterator[tuple[str, IO[bytes]]]:
        """Open the packages that are what they are to be, whoever replaces them from now on."""
        for plan in parts:
            with suppress(OSError):
                file = stack.enter_context(plan.path.open("rb"))
                if self.is_there(plan, file.fileno()):
                    yield plan.deck, file

    def _key(self, path: Path, what: Collection) -> str:
        """Name a package by all that it is made of; empty if that is not known."""
        pages = what.shelf.pages
        if not all(page.key for page in pages):
            return ""
        notes = [(page.key, page.mod, sorted(page.stamps.items())) for page in pages]
        mods = [(notetype.key, notetype.mod) for notetype in what.notetypes]
        media = [file.name for file in what.media]
        when = self.subject.ledger.preview_time
        return key("package", path.absolute(), when, what.decks, notes, mods, media)


def _note_facts(made: list[tuple[int, int, int]], path: Path) -> None:
    """Note size, time and inode of a file: all three survive a change of its name."""
    made.append(facts(str(path)))


def _cleanup(subject: Subject, dist: Path) -> Iterator[Product]:
    """Write the package that empties retired notes, if there are any."""
    settings = subject.project.curriculum.settings
    path = dist / f"{released.cleanup_name(settings.namespace)}.apkg"
    what = released.cleanup(subject.ledger, notetypes_of(subject.project).values())
    if what.notes:
        OUTPUTS["apkg"](what, path, subject.ledger.preview_time)
        yield Product(path, len(what.notes), 0)
    else:
        path.unlink(missing_ok=True)


def _remove_stale(folder: Path, written: set[Path]) -> None:
    for path in folder.glob("*.apkg"):
        if path not in written:
            path.unlink()
