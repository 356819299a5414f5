"""The notes of a package, each with the deck and the numbers of its cards."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby
from operator import itemgetter

from msgspec import Struct

from ankibuild.importer import limits
from ankibuild.importer.database import Database, Row
from ankibuild.importer.foreign import ForeignNote
from ankibuild.importer.layouts import Layout
from ankibuild.importer.texts import Texts

_FIELD_SEPARATOR = "\x1f"
_WIDE_SPACE = "\u3000"  # separates tags in Anki, as a space does
_MOST_TEMPLATES = 10_000
_NEW = 0  # the type of a card that was never answered


class _Cards(Struct, frozen=True):
    """The cards of a note: the first one's deck and position, and the numbers of all."""

    deck: int
    position: int
    numbers: tuple[int, ...]


def read(database: Database, layout: Layout, texts: Texts) -> tuple[ForeignNote, ...]:
    """Read the notes in the order of their ids, which is that of their making.

    Notes that no card shows have no deck (``""``). Left out, and told, are notes whose notetype
    is not there, and those with a field of more than ``limits.FIELD`` characters.
    """
    cards = dict(_cards(database))
    rows = database.rows("notes", ("id", "mid"), ("guid", "tags", "flds"), limit=limits.NOTES)
    found = [(row[0], _note(row, cards.get(row[0]), layout, texts)) for row in rows]
    return tuple(note for _, note in sorted(found, key=itemgetter(0)) if note)


def _cards(database: Database) -> Iterator[tuple[int, _Cards]]:
    """Yield the cards of each note; a card that was lent to a filtered deck stays in its own."""
    columns = ("nid", "ord", "did", "odid", "type", "due", "odue")
    rows = database.rows("cards", columns, limit=limits.CARDS, is_sorted=True)
    shared: dict[tuple[int, ...], tuple[int, ...]] = {}  # most notes have the same few numbers
    for note, group in groupby(rows, key=itemgetter(0)):
        _, _, deck, home, type_, due, due_at_home = first = next(group)
        position = due_at_home if home else due
        numbers = (row[1] for row in chain([first], group))
        kept = tuple(dict.fromkeys(number for number in numbers if 0 <= number < _MOST_TEMPLATES))
        shown = shared.setdefault(kept, kept)
        yield note, _Cards(home or deck, max(position, 0) if type_ == _NEW else 0, shown)


def _note(row: Row, cards: _Cards | None, layout: Layout, texts: Texts) -> ForeignNote | None:
    id_, notetype_id, guid, tags, content = row
    place = f"note {id_}"
    text = texts.of(content, place)
    notetype = layout.notetypes.get(notetype_id)
    if notetype is None:
        texts.findings.add("notes left out, whose notetype is not in the package", place)
        return None
    fields = _fields(text, len(notetype.fields), place, texts)
    if max(map(len, fields)) > limits.FIELD:
        longest = f"notes left out, with a field of more than {limits.FIELD:,} characters"
        texts.findings.add(longest, place)
        return None
    return ForeignNote(
        guid=texts.of(guid, place),
        notetype=notetype.key,
        deck=_deck(cards, layout, place, texts),
        fields=fields,
        tags=_tags(texts.of(tags, place), texts),
        cards=cards.numbers if cards else (),
        place=place,
        position=cards.position if cards else 0,
    )


def _fields(text: str, wanted: int, place: str, texts: Texts) -> tuple[str, ...]:
    """Split a note's text into as many fields as its notetype has, as Anki does in its checks."""
    fields = texts.split(text, _FIELD_SEPARATOR, wanted)
    if len(fields) < wanted or _FIELD_SEPARATOR in fields[-1]:
        texts.findings.add("notes with more or fewer fields than their notetype", place)
    fields[-1] = fields[-1].replace(_FIELD_SEPARATOR, "; ")
    return (*fields, *[""] * (wanted - len(fields)))


def _deck(cards: _Cards | None, layout: Layout, place: str, texts: Texts) -> str:
    if cards is None:
        texts.findings.add("notes without cards, which are in no deck", place)
        return ""
    if deck := layout.decks.get(cards.deck):
        return deck.name
    texts.findings.add("notes whose deck is not in the package", place)
    return ""


def _tags(text: str, texts: Texts) -> tuple[str, ...]:
    return tuple(tag for tag in texts.split(text.replace(_WIDE_SPACE, " "), " ") if tag)
