"""What no collection may hold when it is written: Anki would refuse it, drop it or mix it up.

By the time a collection is written, its authors have had their diagnostics; what is found here is
a bug of ours, and is raised.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from ankibuild.collection import Collection, Media
from ankibuild.decks import Deck
from ankibuild.notes import Note
from ankibuild.notetypes import Notetype
from ankibuild.released import RETIRED

MAX_DUE = 999_999
"""The database check of Anki rewrites a larger due."""

MAX_CLOZE = 500
"""The largest cloze number that Anki takes."""

_FORBIDDEN_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MEDIA_NAME = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,79}")
_TAG = re.compile(r"[^\s\x00-\x1f\x7f\ud800-\udfff]+")


def sound_notes(collection: Collection) -> Iterator[Note]:
    """Give the notes of a collection, one after the other, and look at each.

    Raise ValueError at the end, with every reason, if no package can be made of the collection.
    """
    problems = [
        *_deck_problems(collection.decks),
        *_notetype_problems(collection),
        *_media_problems(collection.media),
    ]
    look = _Look(collection)
    for note in collection.notes:
        problems += look.problems(note)
        yield note
    if problems:
        raise ValueError("\n".join(problems))


def _deck_problems(decks: tuple[Deck, ...]) -> Iterator[str]:
    names: set[str] = set()
    ids: set[int] = set()
    for deck in decks:
        reasons = [_deck_name_problem(deck.name), _deck_id_problem(deck.id, ids)]
        if _FORBIDDEN_CHARACTER.search(deck.description):
            reasons.append("has a control character in its description")
        if deck.name.casefold() in names:
            reasons.append("is there twice (Anki ignores case)")
        yield from (f"deck `{deck.name}` {reason}" for reason in reasons if reason)
        names.add(deck.name.casefold())
        ids.add(deck.id)


def _deck_name_problem(name: str) -> str | None:
    parts = name.split("::")
    if not all(parts):
        return "has an empty component"
    if any(part != part.strip() for part in parts):
        return "has a component that starts or ends with a space"
    if not name.isprintable():
        return "has a control character in its name"
    if not unicodedata.is_normalized("NFC", name):
        return "has a name that is not in Unicode's normal form C"
    if parts[0].casefold() == "default":
        return "is the learner's own"
    return None


def _deck_id_problem(number: int, taken: set[int]) -> str | None:
    if number <= 1:
        return f"has the id {number}, which Anki keeps for itself"
    return f"has the id {number} of another deck" if number in taken else None


def _notetype_problems(collection: Collection) -> Iterator[str]:
    used = {key for page in collection.shelf.pages for key in page.notetypes}
    taken: set[int | str] = set()
    for notetype in collection.notetypes:
        if notetype.key in used and notetype.mod <= 0:
            yield f"notetype `{notetype.key}` has no mod"
        if taken & {notetype.id, notetype.key}:
            yield f"notetype `{notetype.key}` has the id or key of another notetype"
        taken |= {notetype.id, notetype.key}


class _Look:
    """Looks at the notes of a collection, one by one, and remembers their guids."""

    def __init__(self, collection: Collection) -> None:
        self._notetypes = {notetype.key: notetype for notetype in collection.notetypes}
        self._decks = {deck.name for deck in collection.decks}
        self._ids: dict[str, str] = {}

    def problems(self, note: Note) -> list[str]:
        """Give the reasons for which Anki would not take a note as it is meant."""
        reasons = [*self._place_problems(note), *_stamp_problems(note), *_tag_problems(note.tags)]
        if notetype := self._notetypes.get(note.notetype):
            reasons += _field_problems(note, notetype)
            reasons += _card_problems(note, notetype)
        else:
            reasons.append(f"has the notetype `{note.notetype}`, which is not in the collection")
        return [f"note `{note.id}` {reason}" for reason in reasons]

    def _place_problems(self, note: Note) -> Iterator[str]:
        if note.deck not in self._decks:
            yield f"is in the deck `{note.deck}`, which is not in the collection"
        if not note.guid:
            yield "has no guid"
        elif note.guid in self._ids:
            yield f"has the guid of `{self._ids[note.guid]}`, `{note.guid}`"
        self._ids[note.guid] = note.id


def _field_problems(note: Note, notetype: Notetype) -> Iterator[str]:
    if len(note.fields) != len(notetype.fields):
        yield f"has {len(note.fields)} fields instead of {len(notetype.fields)}"
    filled = bool(note.fields and note.fields[0].strip())
    if RETIRED in note.tags and filled:
        yield "is retired and has a first field"
    if RETIRED not in note.tags and not filled:
        yield "has an empty first field"
    if found := _FORBIDDEN_CHARACTER.search("".join(note.fields)):
        yield f"has the character U+{ord(found.group()):04X} in a field"


def _card_problems(note: Note, notetype: Notetype) -> Iterator[str]:
    limit = MAX_CLOZE if notetype.is_cloze else len(notetype.templates)
    if RETIRED in note.tags and note.cards:
        yield "is retired and has cards"
    if RETIRED not in note.tags and not note.cards:
        yield "has no cards"
    if len(set(note.cards)) != len(note.cards):
        yield f"has a card twice: {note.cards}"
    if any(not 0 <= number < limit for number in note.cards):
        yield f"has a card that its notetype does not: {note.cards}"


def _stamp_problems(note: Note) -> Iterator[str]:
    if note.mod <= 0:
        yield "has no mod"
    if not 0 <= note.due <= MAX_DUE:
        yield f"is due at {note.due}, which is not between 0 and {MAX_DUE}"


@lru_cache(maxsize=1 << 10)
def _tag_problems(tags: tuple[str, ...]) -> tuple[str, ...]:
    changed = [tag for tag in tags if not _TAG.fullmatch(tag)]
    own = [tag for tag in tags if tag.casefold() in ("marked", "leech")]
    return (
        *(f"has the tag `{tag}`, which Anki would change" for tag in changed),
        *(f"has the tag `{tag}`, which is the learner's own" for tag in own),
    )


def _media_problems(media: tuple[Media, ...]) -> Iterator[str]:
    names: set[str] = set()
    for file in media:
        if not _MEDIA_NAME.fullmatch(file.name):
            yield f"the media name `{file.name}` is not 1 to 80 of a-z 0-9 . _ - or starts with ."
        if not file.content:
            yield f"the media file `{file.name}` is empty"
        if file.name in names:
            yield f"the media name `{file.name}` is there twice"
        names.add(file.name)
