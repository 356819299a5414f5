"""A throw-away collection in the real Anki, with a learner in it: what the tests import into.

box = AnkiBox(tmp_path)
box.import_package(path)      # with the defaults of Anki's dialog
box.review(guid)              # and edit, tag, flag, suspend, move, delete
assert box.lint() == []
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anki.collection  # before anki.cards, which it imports in a circle
import anki.lang
from anki.cards import Card
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.notes import Note
from anki.scheduler.v3 import CardAnswer

anki.lang.set_lang("en_US")  # find_dupes and the messages of the backend need a language

PROBLEM_ON_A_CARD = re.compile(
    "template has a problem|front of this card is blank|No cloze .* found on card"
    "|LaTeX image generation is disabled|unknown field",
    re.IGNORECASE,
)
FIELDS_ARE_FINE = (0, 2)  # normal, and a first field that another note has too


@dataclass(frozen=True)
class Imported:
    """What an import did, by guid."""

    new: frozenset[str]
    updated: frozenset[str]
    duplicate: frozenset[str]
    conflicting: frozenset[str]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Return how many notes were new, updated, duplicate and conflicting."""
        return len(self.new), len(self.updated), len(self.duplicate), len(self.conflicting)


class AnkiBox:
    """A collection in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.col = Collection(str(folder / "collection.anki2"))

    def close(self) -> None:
        self.col.close()

    # What a learner does

    def import_package(self, path: Path, **options: Any) -> Imported:
        """Import with the defaults of the dialog, or others: ``merge_notetypes=True``."""
        request = ImportAnkiPackageRequest(
            package_path=str(path), options=ImportAnkiPackageOptions(**options)
        )
        log = self.col.import_anki_package(request).log
        self.col.models._clear_cache()  # pylib does not notice what the import changed
        return Imported(*(self._guids(list_) for list_ in _lists(log)))

    def review(self, guid: str, rating: int = CardAnswer.GOOD) -> None:
        """Answer the note's first card, in a millisecond of its own, as people do.

        The log has one answer a millisecond: Anki moves a second one to the next, at times into
        the next second, and then its database check finds that card and log disagree.
        """
        card = self.cards(guid)[0]
        card.start_timer()
        states = self.col._backend.get_scheduling_states(card.id)
        answer = self.col.sched.build_answer(card=card, states=states, rating=rating)
        last = self.col.db.scalar("select max(id) from revlog") or 0
        answer.answered_at_millis = max(answer.answered_at_millis, last + 1)
        self.col.sched.answer_card(answer)

    def edit(self, guid: str, field: str, text: str) -> None:
        note = self.note(guid)
        note[field] = text
        self.col.update_note(note)

    def tag(self, guid: str, tag: str) -> None:
        self.col.tags.bulk_add([self.note(guid).id], tag)

    def flag(self, guid: str, flag: int = 1) -> None:
        self.col.set_user_flag_for_cards(flag, self._card_ids(guid))

    def suspend(self, guid: str) -> None:
        self.col.sched.suspend_cards(self._card_ids(guid))

    def move(self, guid: str, deck: str) -> None:
        self.col.set_deck(self._card_ids(guid), self.col.decks.id(deck))

    def delete(self, guid: str) -> None:
        self.col.remove_notes([self.note(guid).id])

    # What is in the collection

    def guids(self) -> set[str]:
        return set(self.col.db.list("select guid from notes"))

    def note(self, guid: str) -> Note:
        return self.col.get_note(self.col.db.scalar("select id from notes where guid = ?", guid))

    def cards(self, guid: str) -> list[Card]:
        return self.note(guid).cards()

    def deck_of(self, guid: str) -> str:
        return self.col.decks.name(self.cards(guid)[0].did)

    def schedule(self, guid: str) -> list[tuple[object, ...]]:
        """Return all that a learner would miss if an update lost it, card by card."""
        return self.col.db.all(
            "select ord, did, type, queue, due, ivl, factor, reps, lapses, c.flags, c.data"
            " from cards c join notes n on n.id = c.nid where n.guid = ? order by ord",
            guid,
        )

    def rendered(self, guid: str, number: int = 0) -> tuple[str, str]:
        """Return the HTML of a card's question and answer."""
        card = self.cards(guid)[number]
        return card.question(), card.answer()

    def notetype_names(self) -> set[str]:
        """Return the names of the notetypes that have notes."""
        return {
            notetype["name"]
            for notetype in self.col.models.all()
            if self.col.models.use_count(notetype)
        }

    def schema_stamp(self) -> int:
        """Return what changes when a full sync is forced."""
        return self.col.db.scalar("select scm from col")

    # What is wrong with it

    def lint(self) -> list[str]:
        """Say what Anki would find wrong; the collection stays as it is."""
        self.col.close()
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy"
            shutil.copytree(self.folder, copy)
            self.col.reopen()
            box = AnkiBox(copy)
            try:
                return [problem for lint in LINTS for problem in lint(box.col)]
            finally:
                box.close()

    def _card_ids(self, guid: str) -> list[int]:
        return [card.id for card in self.cards(guid)]

    def _guids(self, entries: Any) -> frozenset[str]:
        ids = [entry.id.nid for entry in entries]
        return frozenset(self.col.get_note(number).guid for number in ids)


def _lists(log: Any) -> Iterator[Any]:
    for name in ("new", "updated", "duplicate", "conflicting"):
        yield getattr(log, name)


def empty_cards(col: Collection) -> Iterator[str]:
    for note in col.get_empty_cards().notes:
        yield f"note {note.note_id} has empty cards {list(note.card_ids)}"


def media(col: Collection) -> Iterator[str]:
    found = col.media.check()
    yield from (f"media file {name} is missing" for name in found.missing)
    yield from (f"media file {name} is unused" for name in found.unused)


def guids_and_cards(col: Collection) -> Iterator[str]:
    without = "select guid from notes where id not in (select nid from cards)"
    twice = "select guid from notes group by guid having count() > 1"
    yield from (f"note {guid} has no card" for guid in col.db.list(without))
    yield from (f"two notes have the guid {guid}" for guid in col.db.list(twice))


def notetypes(col: Collection) -> Iterator[str]:
    for notetype in col.models.all():
        if not col.models.use_count(notetype):
            continue
        if notetype["name"].endswith("+"):
            yield f"notetype {notetype['name']} was duplicated"
        try:
            col.models.update_dict(notetype)  # checks the templates, which an import does not
        except Exception as error:
            yield f"notetype {notetype['name']}: {error}"


def first_fields(col: Collection) -> Iterator[str]:
    for notetype in col.models.all():
        search = f'"note:{notetype["name"]}"'
        for text, ids in col.find_dupes(notetype["flds"][0]["name"], search):
            yield f"notes {list(ids)} have one first field: {text}"


def fields_and_clozes(col: Collection) -> Iterator[str]:
    for number in col.find_notes(""):
        note = col.get_note(number)
        if note.fields_check() not in FIELDS_ARE_FINE:
            yield f"note {note.guid}: fields_check is {note.fields_check()}"
        wanted = set(note.cloze_numbers_in_fields())
        found = {card.ord + 1 for card in note.cards()}
        if note.note_type()["type"] == 1 and wanted != found:
            yield f"note {note.guid} has the gaps {wanted} and the cards {found}"


def rendering(col: Collection) -> Iterator[str]:
    for number in col.find_cards(""):
        card = col.get_card(number)
        for side, html in (("question", card.question()), ("answer", card.answer())):
            if found := PROBLEM_ON_A_CARD.search(html):
                yield f"{side} of card {card.ord} of {card.note().guid}: {found.group()}"


def integrity(col: Collection) -> Iterator[str]:
    message, fine = col.fix_integrity()
    if not fine:
        yield f"database check: {message}"


LINTS: tuple[Callable[[Collection], Iterator[str]], ...] = (
    empty_cards,
    media,
    guids_and_cards,
    notetypes,
    first_fields,
    fields_and_clozes,
    rendering,
    integrity,
)
