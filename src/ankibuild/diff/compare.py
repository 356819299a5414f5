"""Two states of a project to a :class:`Diff`: pure, without git and without files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ankibuild import released
from ankibuild.collection import Collection
from ankibuild.diff import fields
from ankibuild.diff.fields import State
from ankibuild.diff.headline import headline
from ankibuild.diff.snapshot import Snapshot
from ankibuild.diff.values import (
    Added,
    Arrival,
    Changed,
    DeckChange,
    Diff,
    FieldChange,
    Moved,
    Retired,
)
from ankibuild.diff.words import LONGEST, words
from ankibuild.project import Project
from ankibuild.released import Ledger, notetype_digest

#: Share of words that a new question has in common with one that is gone, to be taken for it.
ALIKE = 0.8
#: Pairs of a gone and a new question that are compared for it.
MOST_PAIRS = 40_000


def compare(old: Snapshot, new: Snapshot, ledger: Ledger, since: str = "before") -> Diff:
    """Tell what differs between two states of a project; ``since`` is the name of the old one.

    ``ledger`` is what learners have, whichever states are compared.
    """
    before, after = _states(old), _states(new)
    pairs = [(before[name], now) for name, now in after.items() if name in before]
    gone = [was for name, was in before.items() if name not in after]
    fresh = [now for name, now in after.items() if name not in before]
    successors = _alike(gone, fresh)
    origins = {successor: name for name, successor in successors.items()}
    changed = tuple(item for was, now in pairs if (item := _changed(was, now)))
    moved = tuple(_moved(was, now) for was, now in pairs if was.note.deck != now.note.deck)
    return Diff(
        since,
        tuple(_added(now, origins) for now in fresh),
        changed,
        moved,
        tuple(_retired(was, new.project, successors) for was in gone),
        len(pairs) - len({item.id for item in (*changed, *moved)}),
        tuple(_decks(old, new)),
        arrival(new.collection, ledger),
        (*old.remarks, *new.remarks),
    )


def arrival(collection: Collection, ledger: Ledger) -> Arrival:
    """Tell what importing a collection does to somebody who has the latest release."""
    changes = released.compare(collection, ledger)
    retired = (name for name, row in ledger.notes.items() if row.retired)
    restyled = (
        notetype.name
        for notetype in collection.notetypes
        if (row := ledger.notetypes.get(notetype.key)) and row.digest != notetype_digest(notetype)
    )
    return Arrival(
        ledger.latest.release if ledger.latest else None,
        changes.added,
        changes.changed,
        changes.same,
        tuple(dict.fromkeys((*changes.gone, *retired))),
        tuple(restyled),
    )


# ------------------------------------------------------------------ questions


def _states(snapshot: Snapshot) -> dict[str, State]:
    project, entries = snapshot.project, snapshot.project.entries
    notes = snapshot.collection.notes
    return {note.id: State(project, entries[note.id].question, note) for note in notes}


def _about(state: State) -> tuple[str, str, str, str]:
    return state.note.id, state.question.kind, state.note.deck, headline(state.question)


def _added(now: State, origins: Mapping[str, str]) -> Added:
    return Added(*_about(now), fields.alone(now), origins.get(now.note.id))


def _retired(was: State, project: Project, successors: Mapping[str, str]) -> Retired:
    name = was.note.id
    written = fields.alone(was, gone=True)
    return Retired(*_about(was), written, name in project.retired, successors.get(name))


def _moved(was: State, now: State) -> Moved:
    return Moved(*_about(now), (), was.note.deck, was.digest != now.digest)


def _changed(was: State, now: State) -> Changed | None:
    if was.question == now.question and was.note == now.note:
        return None
    found = fields.changes(was, now)
    if not found:
        return None
    touches = was.digest != now.digest
    aspects = fields.aspects(was, now) if touches else ()
    return Changed(
        *_about(now), found, touches, aspects, (len(was.note.cards), len(now.note.cards))
    )


# ------------------------------------------------------------------ ids that were renamed


def _alike(gone: Sequence[State], fresh: Sequence[State]) -> dict[str, str]:
    """Pair questions that are gone with new ones of nearly the same text, by id."""
    if len(gone) * len(fresh) > MOST_PAIRS:
        return {}
    bags = {now.note.id: _bag(now) for now in fresh}
    pairs: dict[str, str] = {}
    for was in gone:
        bag = _bag(was)
        scores = {name: _likeness(bag, theirs) for name, theirs in bags.items()}
        best = max(scores, key=scores.__getitem__, default=None)
        if best and scores[best] >= ALIKE:
            pairs[was.note.id] = best
            del bags[best]
    return pairs


def _bag(state: State) -> Counter[str]:
    return Counter(word for word in words(state.text[:LONGEST]) if not word.isspace())


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Give the share of words that two texts have in common, from 0 to 1."""
    return 2 * (one & other).total() / max(1, one.total() + other.total())


# ------------------------------------------------------------------ decks


def _decks(old: Snapshot, new: Snapshot) -> Iterator[DeckChange]:
    before = {deck.name: deck.description for deck in old.collection.decks}
    after = {deck.name: deck.description for deck in new.collection.decks}
    were = _places(old.project)
    former = {name: were.get(key) for key, name in _places(new.project).items()}
    for name, description in after.items():
        was = former.get(name)
        if was is None or was not in before:
            yield DeckChange(name, "new")
        else:
            yield from _deck(was, before[was], name, description)
    kept = {former.get(name) for name in after}
    yield from (DeckChange(name, "gone") for name in before if name not in kept)


def _deck(was: str, before: str, name: str, after: str) -> Iterator[DeckChange]:
    """Compare a deck; that a deck above it has another name is told of that one."""
    if was.rpartition("::")[2] != name.rpartition("::")[2]:
        yield DeckChange(name, "renamed", was)
    if before != after:
        yield DeckChange(name, "described", description=FieldChange("description", before, after))


def _places(project: Project) -> dict[str, str]:
    """Give the name of every deck by what it is for: the arc, a part, or a bank's file."""
    arc = project.curriculum
    root = arc.settings.title
    return {
        "": root,
        **{part.id: f"{root}::{part.deck}" for part in arc.parts},
        **{slot.path: slot.deck for slot in arc.slots},
    }
