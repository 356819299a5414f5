"""New parts of the arc: which decks they have, in which files, and the text of these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ankibuild.importer.foreign import ImportRefusedError
from ankibuild.importer.names import MOST, Names, numbered
from ankibuild.importer.plan import Draft, Drafted
from ankibuild.importer.shelves import Shelf, shelve
from ankibuild.importer.write import bank, entry, field, listing
from ankibuild.kinds.base import slug
from ankibuild.project import Project

#: Questions, and characters, of a bank; what is more goes into a second one.
LARGEST, LONGEST = 1_000, 1_000_000
#: Characters of the name of a part's folder.
LONGEST_FOLDER = 60
#: The level of a topic for which nobody says one: core.
_LEVEL = "2"


class NewBank(Struct, frozen=True):
    """A bank to be written, and its deck."""

    file: str
    deck: str
    title: str
    topic: str
    level: str
    drafts: tuple[Draft, ...]

    @property
    def text(self) -> str:
        """The bank's YAML."""
        return bank(self.title, [draft.text for draft in self.drafts])


class NewPart(Struct, frozen=True):
    """A part to be appended to the arc."""

    id: str
    deck: str
    title: str
    banks: tuple[NewBank, ...]

    @property
    def topics(self) -> str:
        """The text of its `part.yaml`: a topic a bank."""
        return listing("topics", map(_topic, self.banks))

    @property
    def entry(self) -> str:
        """Its entry in the curriculum."""
        head = {"deck": self.deck, "title": self.title}
        decks = "".join(
            f"      - {field('deck', one.deck, 8)}\n"
            f"        bank: {one.file}\n"
            f"        topics: [{one.topic}]\n"
            for one in self.banks
        )
        return f"{entry(('part', self.id), head, head)}    decks:\n{decks}"


def _topic(one: NewBank) -> str:
    values = {"title": one.title, "level": one.level}
    return entry(("topic", one.topic), values, values)


def without(parts: Iterable[NewPart], numbers: Collection[int]) -> tuple[NewPart, ...]:
    """Take the questions of some notes out; what is empty then goes too."""
    kept: list[NewPart] = []
    for part in parts:
        banks = [
            replace(one, drafts=tuple(d for d in one.drafts if d.number not in numbers))
            for one in part.banks
        ]
        left = tuple(one for one in banks if one.drafts)
        kept += [replace(part, banks=left)] if left else []
    return tuple(kept)


# ------------------------------------------------------------------ where everything goes


def place(
    drafted: Drafted,
    project: Project,
    source: str,
    folders: Iterable[str] = (),
    into: str | None = None,
) -> tuple[NewPart, ...]:
    """Give each deck with questions a place at the end of the arc.

    ``source`` is the file's name, ``folders`` are those that are below `decks/`; ``into`` is the
    folder of the only new part, with or without its number. Raise ImportRefusedError if there is
    no room, or ``into`` cannot be that.
    """
    taken = [part.deck for part in project.curriculum.parts]
    places = _Places(drafted, project, folders)
    if into is not None:
        places.guard(into)
    shelves = shelve(drafted.decks, source, one=into is not None, room=MOST - len(taken))
    decks = numbered([shelf.title for shelf in shelves], taken)
    if into is not None and (number := re.match(r"\d\d(?=-)", into)):
        decks = tuple(f"{number[0]} {deck[3:]}" for deck in decks)
    pairs = zip(shelves, decks, strict=True)
    return tuple(places.part(shelf, deck, into) for shelf, deck in pairs)


class _Places:
    """Names of parts, banks and topics that nobody has."""

    def __init__(self, drafted: Drafted, project: Project, folders: Iterable[str]) -> None:
        self.drafts = drafted.decks
        self.parts = Names({*folders, *(part.id for part in project.curriculum.parts)})
        self.topics = Names(set(project.curriculum.topics))

    def guard(self, into: str) -> None:
        """Refuse a folder that cannot be that of a new part."""
        if not _is_folder(into):
            better = f"; `{slug(into)[:LONGEST_FOLDER]}` would do" if slug(into) else ""
            raise ImportRefusedError(f"`{into}` cannot be the folder of a part{better}")
        if into in self.parts.taken:
            message = f"`decks/{into}` is there already"
            raise ImportRefusedError(f"{message}; name a folder for a new part")

    def part(self, shelf: Shelf, deck: str, into: str | None) -> NewPart:
        """Make a part; one of ours has the title and the folder that it had."""
        origin = self.drafts[shelf.decks[0][1]][0].origin
        number = deck[:2]
        if into is not None:
            wished = into if re.match(r"\d\d-", into) else f"{number}-{into}"
        elif origin.part.startswith(f"{number}-") and _is_folder(origin.part):
            wished = origin.part
        else:
            wished = f"{number}-{_slug(deck[3:], 'part')}"
        title = origin.part_title or deck[3:]
        return NewPart(self.parts.take(wished), deck, title, tuple(self.banks(shelf)))

    def banks(self, shelf: Shelf) -> Iterator[NewBank]:
        """Make the banks of a part, in order; a large deck is several."""
        stems = Names()
        decks = numbered([title for title, _ in shelf.decks])
        for deck, (_, name) in zip(decks, shelf.decks, strict=True):
            for number, drafts in enumerate(_cut(self.drafts[name]), 1):
                origin = drafts[0].origin
                more = f" ({number})" if number > 1 else ""
                title = (origin.title or deck[3:]) + more
                stem = stems.take(_slug(origin.bank or deck[3:], "deck"))
                topic = self.topics.take(_slug(title, "topic"))
                yield NewBank(
                    f"{deck[:2]}-{stem}.yaml", deck + more, title, topic, _level(drafts), drafts
                )


def _is_folder(name: str) -> bool:
    """Tell whether a part's folder can be called so; a tag may say anything, a `/..` too."""
    return 0 < len(name) <= LONGEST_FOLDER and slug(name) == name


def _slug(text: str, otherwise: str) -> str:
    return slug(text)[:48].strip("-") or otherwise


def _level(drafts: Sequence[Draft]) -> str:
    """Give the level that most questions had."""
    levels = Counter(draft.origin.level for draft in drafts if draft.origin.level)
    return levels.most_common(1)[0][0] if levels else _LEVEL


def _cut(drafts: tuple[Draft, ...]) -> Iterator[tuple[Draft, ...]]:
    """Cut the questions of a deck into banks of a size to work with."""
    start = size = 0
    for at, draft in enumerate(drafts):
        size += len(draft.text)
        if at > start and (at - start >= LARGEST or size > LONGEST):
            yield drafts[start:at]
            start, size = at, len(draft.text)
    yield drafts[start:]
