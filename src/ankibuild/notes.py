"""Notes as Anki keeps them, and how all notes of a project are held.

A :class:`Page` is the notes of one deck. What tells them apart is at hand; what stands on them is
read when it is come to, so that a hundred thousand notes need no more memory than one page.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from typing import NamedTuple, overload

from msgspec import Struct, field
from msgspec.msgpack import decode, encode
from msgspec.structs import replace

#: What stands on a note: fields and tags.
Row = tuple[tuple[str, ...], tuple[str, ...]]


class Note(Struct, frozen=True):
    """One question as Anki keeps it.

    ``fields`` are HTML in the order of the notetype's fields; ``cards`` are template numbers from
    0 (for a cloze: cloze number - 1); ``due`` is the place in the arc; ``mod`` is in seconds since
    1970 and 0 until a release stamps it.
    """

    id: str
    guid: str
    notetype: str
    deck: str
    fields: tuple[str, ...]
    tags: tuple[str, ...]
    cards: tuple[int, ...]
    due: int
    mod: int = 0

    @property
    def digest(self) -> str:
        """A hash of what a learner receives: notetype, fields in NFC, tags."""
        texts = [t if t.isascii() else unicodedata.normalize("NFC", t) for t in self.fields]
        # As Anki joins them: no field of a sound note has this character, and no tag a blank.
        content = "\x1f".join((self.notetype, *texts, " ".join(sorted(self.tags))))
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def guid(namespace: str, name: str) -> str:
    """Give the permanent guid of question ``name``: a hash of the two names and nothing else."""
    digest = hashlib.sha256(f"{namespace}\n{name}".encode()).digest()
    return base64.b32encode(digest[:10]).decode().lower()


class Head(NamedTuple):
    """What tells a note from all others, and its content as a digest alone."""

    id: str
    guid: str
    notetype: str
    deck: str
    cards: tuple[int, ...]
    due: int
    mod: int
    digest: str


class Stamp(NamedTuple):
    """What a release gives to a note: its place in the arc, and a time in seconds since 1970."""

    due: int
    mod: int


class _Line(Struct, frozen=True, array_like=True):
    """What a page lists of a note."""

    id: str
    guid: str
    notetype: str
    cards: tuple[int, ...]
    due: int
    digest: bytes


#: Figures and sounds, as the fields of a note show them.
_MEDIA = re.compile(r'\bsrc="([^"]+)"|\[sound:([^\]]+)\]')
#: With this the tags begin that authors wrote.
AUTHORS = "topic::"


class Page(Struct, frozen=True, eq=False):
    """The notes of one deck: what is known of them all, and how to ``read`` them.

    ``cards`` is their number; ``tags`` are those that authors wrote, as they wrote them; ``media``
    are names as they are packed; ``listed`` is the heads as MessagePack, which takes a tenth of the
    memory. Notes are stamped with ``mod`` and their own ``due`` but for those that ``stamps`` holds
    by id. ``key`` names all that ``read`` depends on; it is empty if that is not known.
    """

    deck: str
    count: int
    cards: int
    notetypes: frozenset[str]
    tags: frozenset[str]
    media: frozenset[str]
    listed: bytes
    read: Callable[[], Sequence[Note]]
    key: str = ""
    mod: int = 0
    stamps: Mapping[str, Stamp] = field(default_factory=dict)

    @classmethod
    def of(cls, notes: Sequence[Note]) -> Page:
        """Hold notes of one deck, and one stamp, as they are."""
        fields = chain.from_iterable(note.fields for note in notes)
        return cls(
            notes[0].deck,
            len(notes),
            sum(len(note.cards) for note in notes),
            frozenset(note.notetype for note in notes),
            frozenset(_authors_tags(notes)),
            frozenset(name for text in fields for name in _shown(text)),
            encode([_line(note) for note in notes]),
            lambda: notes,
            mod=notes[0].mod,
        )

    def heads(self) -> Iterator[Head]:
        """Give the head of each note."""
        for n in _lines(self.listed):
            due, mod = self.stamps.get(n.id, (n.due, self.mod))
            digest = n.digest.hex()
            yield Head(n.id, n.guid, n.notetype, self.deck, n.cards, due, mod, digest)

    def notes(self) -> Iterator[Note]:
        """Read the notes. Raises OSError if that cannot be done any more."""
        for note in self.read():
            due, mod = self.stamps.get(note.id, (note.due, self.mod))
            yield note if (due, mod) == (note.due, note.mod) else replace(note, due=due, mod=mod)


def _line(note: Note) -> _Line:
    digest = bytes.fromhex(note.digest)
    return _Line(note.id, note.guid, note.notetype, note.cards, note.due, digest)


def _lines(listed: bytes) -> list[_Line]:
    """Read what a page lists, before any stamp. Raises ValueError if it is something else."""
    return decode(listed, type=list[_Line])


def written(deck: str, listed: bytes, rows: Iterable[Row]) -> tuple[Note, ...]:
    """Give the notes of a page from what it lists, and from fields and tags that were kept.

    Raises ValueError if these are not as many.
    """
    return tuple(
        Note(n.id, n.guid, n.notetype, deck, fields, tags, n.cards, n.due)
        for n, (fields, tags) in zip(_lines(listed), rows, strict=True)
    )


def _authors_tags(notes: Iterable[Note]) -> Iterator[str]:
    for tag in {tag for note in notes for tag in note.tags}:
        if tag.startswith(AUTHORS):
            yield tag.removeprefix(AUTHORS)


def _shown(text: str) -> Iterator[str]:
    if "src=" in text or "[sound:" in text:
        yield from (figure or sound for figure, sound in _MEDIA.findall(text))


@dataclass(frozen=True, slots=True, eq=False)
class Notes(Sequence[Note]):
    """The notes of many pages, in order."""

    pages: tuple[Page, ...] = ()

    @classmethod
    def of(cls, notes: Iterable[Note]) -> Notes:
        """Hold notes that are in memory."""
        if isinstance(notes, Notes):
            return notes
        runs = groupby(notes, key=lambda note: (note.deck, note.mod))
        return cls(tuple(Page.of(tuple(run)) for _, run in runs))

    def __len__(self) -> int:
        return sum(page.count for page in self.pages)

    def __iter__(self) -> Iterator[Note]:
        return chain.from_iterable(page.notes() for page in self.pages)

    @overload
    def __getitem__(self, index: int) -> Note: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Note, ...]: ...
    def __getitem__(self, index: int | slice) -> Note | tuple[Note, ...]:
        """Give a note, or some; whoever wants all of them should iterate."""
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(self.pages)

    @property
    def tags(self) -> frozenset[str]:
        """The tags that authors wrote."""
        return frozenset().union(*(page.tags for page in self.pages))

    def repeated(self) -> frozenset[str]:
        """Give the ids and guids that are there twice; in rare cases, one too many."""
        ids, guids = array("q"), array("q")  # of numbers, which take a tenth of the memory
        for page in self.pages:
            listed = _lines(page.listed)
            ids.extend([hash(line.id) for line in listed])
            guids.extend([hash(line.guid) for line in listed])
        twice = _twice(ids) | _twice(guids)
        pairs = self._names() if twice else ()
        return frozenset(name for pair in pairs for name in pair if hash(name) in twice)

    def _names(self) -> Iterator[tuple[str, str]]:
        for page in self.pages:
            yield from ((line.id, line.guid) for line in _lines(page.listed))

    def heads(self) -> Iterator[Head]:
        """Give the head of each note."""
        return chain.from_iterable(page.heads() for page in self.pages)

    def stamped(self, mod: int, stamps: Mapping[str, Stamp]) -> Notes:
        """Stamp all notes with ``mod``, but for those that have a stamp of their own, by id."""
        return Notes(tuple(_restamped(page, mod, stamps) for page in self.pages))


def _twice(numbers: array[int]) -> set[int]:
    return {number for number, following in pairwise(sorted(numbers)) if number == following}


def _restamped(page: Page, mod: int, stamps: Mapping[str, Stamp]) -> Page:
    own: dict[str, Stamp] = {}
    if stamps or page.stamps:
        known = stamps.keys() | page.stamps.keys()
        heads = [head for head in page.heads() if head.id in known]
        own = {head.id: stamps.get(head.id, Stamp(head.due, mod)) for head in heads}
    return replace(page, mod=mod, stamps=own)
