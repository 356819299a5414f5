"""Where decks of a file go in the arc: a hierarchy of any depth becomes parts and their decks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from ankibuild.importer.foreign import ImportRefusedError
from ankibuild.importer.names import MOST, clean, order

_JOINT = " – "


class Shelf(Struct, frozen=True):
    """A part to be: its title, and for each of its decks a title and its name in the file."""

    title: str
    decks: tuple[tuple[str, str], ...]


def root_of(names: Iterable[str], source: str) -> str:
    """Give the name above all decks: what they have in common, or else that of the file."""
    common, paths = _split(names)
    alone = paths[0][0] if len(paths) == 1 and paths[0] else ""
    stem = source.rpartition(".")[0] or source
    return clean((common or (alone,))[-1]) or clean(stem) or "Imported"


def shelve(names: Iterable[str], source: str, *, one: bool, room: int) -> tuple[Shelf, ...]:
    """Arrange decks as Anki orders them.

    What all names begin with is dropped. If decks lie two levels deep below that, the first level
    are parts; otherwise, or with ``one``, all of them are one part. A part has at most MOST decks:
    what is over goes to a part of its own. Raise ImportRefusedError if there are more than
    ``room`` parts in the end.
    """
    listed = tuple(names)
    root = root_of(listed, source)
    _, paths = _split(listed)
    full = dict(zip(paths, sorted(listed, key=order), strict=True))
    deep = not one and max(map(len, paths), default=0) > 1
    for by_level in (True, False) if deep else (False,):
        shelves = tuple(_cut(_grouped(full, root, by_level=by_level)))
        if len(shelves) <= room:
            return shelves
    message = f"the decks of the file would make {len(shelves)} parts, and {room} are free"
    raise ImportRefusedError(f"{message}\nexport less at once: one deck, with its sub decks")


def _split(names: Iterable[str]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Cut names into levels, as Anki orders them: what all begin with, and the rest of each."""
    paths = [tuple(name.split("::")) for name in sorted(names, key=order)]
    level = 0
    while len(paths) > 1 and len({path[: level + 1] for path in paths}) == 1:
        level += 1
    if len(paths) == 1:
        level = len(paths[0]) - 1
    return paths[0][:level] if paths else (), [path[level:] for path in paths]


def _grouped(full: Mapping[tuple[str, ...], str], root: str, *, by_level: bool) -> list[Shelf]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for path, name in full.items():
        part = path[0] if path and by_level else root
        inside = path[1:] if by_level else path
        title = _JOINT.join(filter(None, map(clean, inside))) or clean(part) or "Untitled"
        groups.setdefault(part, []).append((title, name))
    return [Shelf(clean(part) or "Untitled", tuple(decks)) for part, decks in groups.items()]


def _cut(shelves: Sequence[Shelf]) -> Iterable[Shelf]:
    for shelf in shelves:
        for number, start in enumerate(range(0, len(shelf.decks), MOST), 1):
            title = shelf.title if number == 1 else f"{shelf.title} ({number})"
            yield Shelf(title, shelf.decks[start : start + MOST])
