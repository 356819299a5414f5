"""What a difference between two states of a project is, question by question."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from msgspec import Struct, field

from ankibuild.diff.words import Piece, by_lines, by_words

#: What of a card a learner sees changed, in the order in which it is told.
ASPECTS = ("wording", "answer", "hint", "remark", "figures", "source", "context", "tags", "kind")


class FieldChange(Struct, frozen=True, dict=True):
    """A field of a question, before and after, as its author wrote it; empty: it was not there.

    ``field`` is the name an author types (``q``, ``given``), or words for what stands around the
    question (``title of the bank``). ``lines`` says that it is code or data: whole lines differ.
    """

    field: str
    before: str
    after: str
    lines: bool = False

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The text, word by word: kept, taken out, put in."""
        compared = by_lines if self.lines else by_words
        return compared(self.before, self.after)

    @property
    def layout_only(self) -> bool:
        """Tell whether only blanks and line ends differ."""
        return all(piece.sign == "=" for piece in self.pieces)


class _Item(Struct, frozen=True):
    """A question that differs. ``headline`` is its question on one line, without gaps."""

    id: str
    kind: str
    deck: str
    headline: str
    fields: tuple[FieldChange, ...] = ()


class Added(_Item, frozen=True):
    """A new question; ``resembles`` is the id of one that is gone and reads nearly the same."""

    resembles: str | None = None


class Changed(_Item, frozen=True):
    """A question that reads differently, or of which only its authors see a change.

    ``touches_note`` says that the learner's note changes, ``aspects`` (of ASPECTS) what of it;
    ``cards`` are the numbers of its cards before and after.
    """

    touches_note: bool = True
    aspects: tuple[str, ...] = ()
    cards: tuple[int, int] = (1, 1)


class Moved(_Item, frozen=True):
    """A question that stands in ``deck`` and stood in ``before``.

    If it reads differently as well, it is among the changed ones, too. ``fields`` stays empty.
    """

    before: str = ""
    touches_note: bool = True


class Retired(_Item, frozen=True):
    """A question that is gone.

    ``listed`` says that its bank lists it as retired; ``resembled`` is the id of a new question
    that reads nearly the same.
    """

    listed: bool = True
    resembled: str | None = None


class DeckChange(Struct, frozen=True):
    """A deck that is new, gone, renamed (from ``before``) or described in other words."""

    deck: str
    sort: Literal["new", "gone", "renamed", "described"]
    before: str = ""
    description: FieldChange | None = None


class Arrival(Struct, frozen=True):
    """What the next import does to somebody who has the latest release, by question id.

    ``new`` are added, ``overwritten`` get our fields and tags instead of theirs and keep their
    schedule, ``untouched`` stay as they are, ``staying`` are no longer ours and stay with them.
    ``release`` is that release, or None if there was none; ``notetypes`` are the names of those
    whose templates or style change, which all their cards show.
    """

    release: str | None = None
    new: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    staying: tuple[str, ...] = ()
    notetypes: tuple[str, ...] = ()


class Diff(Struct, frozen=True, dict=True):
    """What a learner would get, question by question in the order of the arc, since ``since``.

    ``unchanged`` counts the questions that are the same. ``remarks`` are sentences on what could
    not be compared.
    """

    since: str
    added: tuple[Added, ...] = ()
    changed: tuple[Changed, ...] = ()
    moved: tuple[Moved, ...] = ()
    retired: tuple[Retired, ...] = ()
    unchanged: int = 0
    decks: tuple[DeckChange, ...] = ()
    arrival: Arrival = field(default_factory=Arrival)
    remarks: tuple[str, ...] = ()

    @property
    def items(self) -> Iterator[Added | Changed | Moved | Retired]:
        """Every question that differs; one that was moved and changed comes twice."""
        yield from self.added
        yield from self.changed
        yield from self.moved
        yield from self.retired

    @cached_property
    def touched(self) -> frozenset[str]:
        """Ids of the questions whose note is not what it was: an import would overwrite it."""
        changed = {item.id for item in self.changed if item.touches_note}
        return frozenset(changed | {item.id for item in self.moved if item.touches_note})

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return next(self.items, None) is not None or bool(self.decks)
