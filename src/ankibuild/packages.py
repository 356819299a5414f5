"""The packages of a project: which there are, and which of them have to be written."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ankibuild import released
from ankibuild.cache import Store, key
from ankibuild.collection import Collection, notetypes_of, subset
from ankibuild.curriculum import Slot
from ankibuild.outputs import OUTPUTS
from ankibuild.outputs.stamped import stamped
from ankibuild.processes import beforehand
from ankibuild.rules import Subject
from ankibuild.tool import facts

#: Notes from which on another process saves more time than it takes.
WORTH_A_PROCESS = 4_000


@dataclass(frozen=True)
class Product:
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
    _guard_links(subject.project.root, dist)
    shelf = _Shelf(subject)
    chosen = tuple(slots)
    targets = list(_of_slots(dist, chosen) if chosen else _of_parts(subject, dist))
    if jobs > 1 and len(shelf.collection.notes) >= WORTH_A_PROCESS:
        # Before the processes part, for each would import it; and not earlier, for it takes long.
        import ankibuild.outputs.apkg  # noqa: F401

        # The whole arc is as much work as all of its parts.
        beforehand([partial(shelf.write_all, share) for share in (targets[:1], targets[1:])])
    products = tuple(shelf.write_all(targets))
    if chosen:
        return products
    _remove_stale(dist / "parts", {product.path for product in products})
    return (*products, *_cleanup(subject, dist))


Target = tuple[Path, str]


def _of_slots(dist: Path, slots: tuple[Slot, ...]) -> Iterator[Target]:
    for slot in slots:
        yield dist / "topics" / f"{slot.id}.apkg", slot.deck


def _of_parts(subject: Subject, dist: Path) -> Iterator[Target]:
    arc = subject.project.curriculum
    title = arc.settings.title
    yield dist / f"{arc.settings.namespace}.apkg", title
    filled = {deck.name for deck in subject.collection.decks}
    for part in arc.parts:
        if f"{title}::{part.deck}" in filled:
            yield dist / "parts" / f"{part.id}.apkg", f"{title}::{part.deck}"


class _Shelf:
    """Writes packages of a subject, and remembers which are there."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.collection = stamped(subject)
        self._store = Store(subject.project.root, "packages")

    def write_all(self, targets: Iterable[Target]) -> list[Product]:
        """Write the packages that are not there yet."""
        products = [self._write(path, subset(self.collection, deck)) for path, deck in targets]
        self._store.sweep()
        return products

    def _write(self, path: Path, what: Collection) -> Product:
        named = self._key(path, what)
        if not named or self._store.get(named) != list(facts(str(path))):
            made: list[tuple[int, int, int]] = []
            # What is there a moment later may be of another build.
            note = partial(_note_facts, made)
            OUTPUTS["apkg"](what, path, self.subject.ledger.preview_time, note)
            if named:
                self._store.put(named, made[0])
        return Product(path, len(what.notes), sum(len(note.cards) for note in what.notes))

    def _key(self, path: Path, what: Collection) -> str:
        """Name a package by all that it is made of; empty if that is not known."""
        contents = {deck.name: self.subject.contents.get(deck.name, "") for deck in what.decks}
        if not all(contents[note.deck] for note in what.notes):
            return ""
        stamps = [(note.due, note.mod) for note in what.notes]
        mods = [(notetype.key, notetype.mod) for notetype in what.notetypes]
        media = [file.name for file in what.media]
        when = self.subject.ledger.preview_time
        return key("package", path.absolute(), when, contents, what.decks, stamps, mods, media)


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


def _guard_links(root: Path, dist: Path) -> None:
    """Refuse links that a project may bring along: packages are written, and removed, in there."""
    own = (dist,) if dist.parent == root else ()
    for place in (*own, dist / "parts", dist / "topics"):
        if place.is_symlink():
            raise OSError(errno.ELOOP, "this is a link; remove it", str(place))


def _remove_stale(folder: Path, written: set[Path]) -> None:
    for path in folder.glob("*.apkg"):
        if path not in written:
            path.unlink()
