"""What the formats for people have in common: the sentences, and the questions of each deck.

In a sentence, whatever an author wrote stands between backticks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from ankibuild.diff.safe import quoted
from ankibuild.diff.values import Added, Changed, DeckChange, Diff, FieldChange, Moved, Retired
from ankibuild.diff.words import Piece, words
from ankibuild.words import count

Item = Added | Changed | Retired

#: Characters of kept text that are shown on either side of a change.
AROUND = 120


class Section(Struct, frozen=True):
    """What differs in one deck."""

    deck: str
    changes: tuple[DeckChange, ...]
    items: tuple[Item, ...]
    moved: tuple[Moved, ...]

    @property
    def origins(self) -> dict[str, tuple[str, ...]]:
        """Give the ids of the questions that were moved here, by the deck they came from."""
        decks = dict.fromkeys(item.before for item in self.moved)
        return {deck: tuple(m.id for m in self.moved if m.before == deck) for deck in decks}

    @property
    def tally(self) -> str:
        """Count what is in it: `` — 2 new, 1 changed``; empty if no question differs."""
        names = ("changed", "new", "retired", "gone", "for authors only")
        labels = Counter(label(item) for item in self.items)
        counts = [(labels[name], name) for name in names] + [(len(self.moved), "moved here")]
        listed = ", ".join(f"{number:,} {name}" for number, name in counts if number)
        return f" — {listed}" if listed else ""


def sections(diff: Diff) -> tuple[Section, ...]:
    """Give what differs, deck by deck, sorted by name as Anki sorts them."""
    items: tuple[Item, ...] = (*diff.changed, *diff.added, *diff.retired)
    decks = {entry.deck for entry in (*diff.decks, *items, *diff.moved)}
    return tuple(
        Section(
            deck,
            tuple(change for change in diff.decks if change.deck == deck),
            tuple(item for item in items if item.deck == deck),
            tuple(item for item in diff.moved if item.deck == deck),
        )
        for deck in sorted(decks)
    )


def summary(diff: Diff) -> str:
    """Count everything in one sentence."""
    if not diff:
        return f"Nothing has changed for a learner since {quoted(diff.since)}."
    parts = [
        f"{count(len(diff.added), 'new question')}" if diff.added else "",
        f"{len(diff.changed):,} changed" if diff.changed else "",
        f"{len(diff.moved):,} moved" if diff.moved else "",
        f"{len(diff.retired):,} gone" if diff.retired else "",
    ]
    said = ", ".join(filter(None, parts)) or "only decks have changed"
    return f"Since {quoted(diff.since)}: {said}; {count(diff.unchanged, 'question')} as before."


def coming(diff: Diff) -> Iterator[str]:
    """Say what the next import does to somebody who has the latest release."""
    arrival = diff.arrival
    if arrival.release is None:
        yield "nothing is released yet: every note is new to whoever imports it"
        return
    if arrival.new:
        yield f"{count(len(arrival.new), 'note')} new"
    if arrival.overwritten:
        yield (
            f"{count(len(arrival.overwritten), 'note')} overwritten: our fields and tags replace"
            " the learner's, own edits and tags included; the schedule stays"
        )
    earlier = len(set(arrival.overwritten) - diff.touched)
    if earlier:
        said = f"{earlier:,} of these not by what changed since {quoted(diff.since)}"
        yield f"{said}, but before, or in how a card is made of its text"
    if arrival.untouched:
        yield f"{count(len(arrival.untouched), 'note')} untouched"
    if arrival.staying:
        yield f"{count(len(arrival.staying), 'note')} no longer ours: whoever has them keeps them"
    if arrival.notetypes:
        yield f"another look for all cards of {', '.join(map(quoted, arrival.notetypes))}"


def deck_sentence(change: DeckChange) -> str:
    """Say what became of a deck."""
    return {
        "new": "a new deck",
        "gone": "this deck is gone; whoever has it keeps it",
        "renamed": f"a new name for {quoted(change.before)}:"
        " cards that learners have stay in the old deck",
        "described": "another description",
    }[change.sort]


def label(item: Item) -> str:
    """Say in a word or two what became of a question."""
    if isinstance(item, Added):
        return "new"
    if isinstance(item, Retired):
        return "retired" if item.listed else "gone"
    return "changed" if item.touches_note else "for authors only"


def notes(diff: Diff, item: Item) -> Iterator[str]:
    """Say what should be known of a question beside its text."""
    if isinstance(item, Changed):
        if item.aspects:
            yield f"learners see a change of: {', '.join(item.aspects)}"
        before, after = item.cards
        if before != after:
            yield f"{count(after, 'card')} instead of {before:,}"
    elif isinstance(item, Added):
        if item.resembles:
            lost = item.resembles in diff.arrival.staying
            loss = ": learners would lose their schedule" if lost else ""
            yield f"looks like a new name of `{item.resembles}`{loss}"
    elif item.id in diff.arrival.staying and not item.listed:
        yield f"learners have it: retire it in its bank, `retired: [{item.id}]`"


def field_note(change: FieldChange) -> str:
    """Say of a field what its words do not show."""
    return " (only blanks and line ends)" if change.layout_only else ""


def shortened(pieces: Sequence[Piece], around: int = AROUND) -> tuple[Piece, ...]:
    """Leave out what was kept and is far from any change."""
    last = len(pieces) - 1
    return tuple(
        _cut(piece, around, first=number == 0, last=number == last)
        if piece.sign == "=" and last
        else piece
        for number, piece in enumerate(pieces)
    )


def _cut(piece: Piece, around: int, *, first: bool, last: bool) -> Piece:
    """Keep what is next to a change: the end of the first piece, the start of the last one."""
    pieces = words(piece.text)
    head = "" if first else "".join(_upto(pieces, around))
    tail = "" if last else "".join(reversed([*_upto(reversed(pieces), around)]))
    if len(piece.text) <= len(head) + len(tail) + around:
        return piece
    left = "" if first else f"{head.rstrip()} "
    right = "" if last else f" {tail.lstrip()}"
    return Piece("=", f"{left}…{right}")


def _upto(pieces: Iterable[str], length: int) -> Iterator[str]:
    """Give words as long as they have at most ``length`` characters; a formula stays whole."""
    for word in pieces:
        length -= len(word)
        if length < 0:
            return
        yield word
