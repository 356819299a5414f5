"""What importing a release will do to the collections of learners, and what it cannot do.

How Anki treats a package is known and does not depend on us; this is what follows from it for one
release, so that whoever makes it knows beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby, pairwise

from msgspec import Struct

from ankibuild.collection import Collection
from ankibuild.diff import Arrival
from ankibuild.released import Ledger, Release, cleanup_name, notetype_digest
from ankibuild.releasing.words import quoted
from ankibuild.words import count


class Limit(Struct, frozen=True):
    """Something of a release that does not reach everybody: what, and how it goes to whom."""

    change: str
    whom: str


class Forecast(Struct, frozen=True):
    """What an import does to those who have an earlier release (the newest comes first)."""

    arrivals: tuple[Arrival, ...]
    limits: tuple[Limit, ...]


def forecast(before: Ledger, after: Ledger, collection: Collection, package: str) -> Forecast:
    """Foretell a release: ``before`` and ``after`` are the ledgers, ``collection`` is stamped.

    ``package`` is the name of its main file, without ``.apkg``.
    """
    arrivals = tuple(_arrival(after, had, collection) for had in reversed(before.releases))
    limits = _limits(before, after, collection, arrivals[0], package) if arrivals else ()
    return Forecast(arrivals, tuple(limits))


def _arrival(ledger: Ledger, had: Release, collection: Collection) -> Arrival:
    """Compare what somebody got with the release ``had`` with what the newest one brings."""
    times = {release.release: release.time for release in ledger.releases}
    sorts: dict[str, list[str]] = {"new": [], "overwritten": [], "untouched": [], "staying": []}
    for name, row in ledger.notes.items():
        known = times[row.first] <= had.time
        if row.retired:
            # Who has a release from after its retirement need not have it.
            if known and times[row.last] > had.time:
                sorts["staying"].append(name)
        elif not known:
            sorts["new"].append(name)
        else:
            sorts["overwritten" if row.mod > had.time else "untouched"].append(name)
    found = {sort: tuple(names) for sort, names in sorts.items()}
    restyled = tuple(n.name for n in collection.notetypes if n.mod > had.time)
    return Arrival(had.release, **found, notetypes=restyled)


# ------------------------------------------------------------------ what cannot arrive


def _limits(
    before: Ledger, after: Ledger, collection: Collection, arrival: Arrival, package: str
) -> Iterator[Limit]:
    moment = _moment(after.releases[-1])
    yield from _corrections(arrival, moment)
    yield from _added_cards(before, collection, moment)
    yield from _looks(restyled(before, collection), moment)
    yield from _newcomers(arrival, before, collection)
    yield from _order(before, collection)
    yield from _staying(arrival, package, moment)
    yield Limit("deleted notes", "they come back to whoever deleted them; suspended ones do not")


def restyled(before: Ledger, collection: Collection) -> tuple[str, ...]:
    """Give the names of released notetypes whose templates or style are others now."""
    return tuple(
        notetype.name
        for notetype in collection.notetypes
        if (row := before.notetypes.get(notetype.key)) and row.digest != notetype_digest(notetype)
    )


def _moment(release: Release) -> str:
    return datetime.fromtimestamp(release.time, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _corrections(arrival: Arrival, moment: str) -> Iterator[Limit]:
    if arrival.overwritten:
        yield Limit(
            f"the new text of {count(len(arrival.overwritten), 'question')}",
            f"not for notes that their learners edited, tagged or marked after {moment}, unless"
            " they import with “Update notes: Always”; what they did before is overwritten",
        )


def _added_cards(before: Ledger, collection: Collection, moment: str) -> Iterator[Limit]:
    names = [
        note.id
        for note in collection.shelf.heads()
        if note.id in before.notes and set(note.cards) - set(before.notes[note.id].cards)
    ]
    if names:
        yield Limit(
            f"the added cards of {quoted(names)}",
            f"empty for whoever edited, tagged or marked the note after {moment}",
        )


def _looks(changed: tuple[str, ...], moment: str) -> Iterator[Limit]:
    if changed:
        yield Limit(
            f"the new look of {quoted(changed)}",
            f"not for those who changed ours, or imported with “Merge note types”, after {moment};"
            " what they changed before is overwritten",
        )


def _newcomers(arrival: Arrival, before: Ledger, collection: Collection) -> Iterator[Limit]:
    decks = {row.deck for row in before.notes.values()}
    added = set(arrival.new)
    heads = collection.shelf.heads()
    number = sum(1 for head in heads if head.id in added and head.deck in decks)
    if number:
        yield Limit(
            f"the place of {count(number, 'new question')}",
            "our decks, also for those who renamed theirs or moved our cards to others",
        )


def _order(before: Ledger, collection: Collection) -> Iterator[Limit]:
    """Report decks whose released questions stand in another order than they were released in."""
    for deck, heads in groupby(collection.shelf.heads(), key=lambda head: head.deck):
        places = [before.notes[head.id].due for head in heads if head.id in before.notes]
        if any(first > second for first, second in pairwise(places)):
            yield Limit(
                f"the new order of {quoted([deck])}",
                "nobody gets it: released questions keep their places",
            )


def _staying(arrival: Arrival, package: str, moment: str) -> Iterator[Limit]:
    if arrival.staying:
        yield Limit(
            f"the end of {quoted(arrival.staying)}",
            f"the cards stay; {cleanup_name(package)}.apkg empties them for Anki's “Empty Cards”,"
            f" but not those edited, tagged or marked after {moment}",
        )
