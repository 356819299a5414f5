"""What there is to show: the arc with its banks, their questions, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from ankibuild import cards
from ankibuild.bank import Entry
from ankibuild.cards import Card
from ankibuild.curriculum import LEVELS, Part, Slot
from ankibuild.diagnostics import Diagnostic
from ankibuild.notes import Note
from ankibuild.notetypes import Notetype
from ankibuild.project import Placed, Project, topic_of
from ankibuild.rules.base import Subject


class Shown(Struct, frozen=True, dict=True):
    """A question as a page shows it.

    ``anchor`` is its id, made unique where a bank gives one id twice; ``is_first`` says that it is
    the first question of the project with this id.
    """

    number: int
    anchor: str
    is_first: bool
    entry: Entry
    note: Note
    notetype: Notetype
    level: str
    problems: tuple[Diagnostic, ...] = ()

    @cached_property
    def cards(self) -> tuple[Card, ...]:
        """Its cards, rendered as Anki does."""
        return cards.of(self.note, self.notetype)

    @property
    def kind(self) -> str:
        """Its kind, such as ``basic``."""
        return self.entry.question.kind

    @property
    def is_checked(self) -> bool:
        """Tell whether a program proves its answer."""
        return bool(self.entry.question.programs())

    @property
    def path(self) -> str:
        """The path of the page of its cards, for ever."""
        return f"cards/{self.note.id}.html"

    @property
    def topics(self) -> tuple[str, ...]:
        """Its tags, but for those that are derived."""
        prefix = "topic::"
        found = (tag.removeprefix(prefix) for tag in self.note.tags if tag.startswith(prefix))
        return tuple(found)

    @property
    def source(self) -> str:
        """HTML of its place in the source."""
        return self.note.fields[[field.name for field in self.notetype.fields].index("Source")]


class Deck(Struct, frozen=True):
    """A planned deck with the questions of its bank, and all that is wrong in the bank's file."""

    slot: Slot
    title: str
    questions: tuple[Shown, ...] = ()
    problems: tuple[Diagnostic, ...] = ()

    @property
    def path(self) -> str:
        """The path of its page: that of the bank's file, as a page."""
        return self.slot.path.removesuffix(".yaml") + ".html"

    @property
    def name(self) -> str:
        """Its own name in Anki, without the number."""
        return self.slot.plan.deck[3:]

    @property
    def has_page(self) -> bool:
        """Tell whether there is anything to show."""
        return bool(self.questions or self.problems)

    @property
    def cards(self) -> int:
        """The number of its cards."""
        return sum(len(shown.note.cards) for shown in self.questions)


class Arc(Struct, frozen=True):
    """Everything that is shown; ``problems`` are those that stand in no bank."""

    title: str
    description: str
    license: str
    root: Path
    parts: tuple[tuple[Part, tuple[Deck, ...]], ...] = ()
    problems: tuple[Diagnostic, ...] = ()

    @property
    def decks(self) -> tuple[Deck, ...]:
        """The decks that have a page, in order."""
        return tuple(deck for _, decks in self.parts for deck in decks if deck.has_page)


def survey(subject: Subject, problems: Iterable[Diagnostic]) -> Arc:
    """Sort notes and problems to the questions, decks and parts they belong to."""
    by_path: dict[str, list[Diagnostic]] = {}
    for problem in problems:
        by_path.setdefault(problem.span.source.path, []).append(problem)
    curriculum = subject.project.curriculum
    questions = _questions(subject, by_path)
    decks = [_deck(subject.project, slot, questions, by_path) for slot in curriculum.slots]
    parts = tuple(
        (part, tuple(deck for deck in decks if deck.slot.part is part)) for part in curriculum.parts
    )
    banks = {slot.path for slot in curriculum.slots}
    rest = tuple(p for path, found in by_path.items() if path not in banks for p in found)
    settings = curriculum.settings
    root = subject.project.root
    return Arc(settings.title, settings.description, settings.license, root, parts, rest)


def _deck(
    project: Project,
    slot: Slot,
    questions: dict[str, tuple[Shown, ...]],
    problems: dict[str, list[Diagnostic]],
) -> Deck:
    titles = {placed.slot.path: placed.bank.head.title for placed in project.banks}
    path = slot.path
    title = titles.get(path, slot.plan.deck[3:])
    return Deck(slot, title, questions.get(path, ()), tuple(problems.get(path, ())))


def _questions(
    subject: Subject, problems: dict[str, list[Diagnostic]]
) -> dict[str, tuple[Shown, ...]]:
    notetypes = {notetype.key: notetype for notetype in subject.collection.notetypes}
    notes = iter(subject.collection.notes)
    seen: set[str] = set()
    return {
        placed.bank.path: tuple(_shown(subject.project, placed, notes, notetypes, seen, problems))
        for placed in subject.project.banks
    }


def _shown(
    project: Project,
    placed: Placed,
    notes: Iterator[Note],
    notetypes: dict[str, Notetype],
    seen: set[str],
    problems: dict[str, list[Diagnostic]],
) -> Iterator[Shown]:
    """Pair the questions of a bank with the notes, which stand in the same order."""
    for number, (entry, note) in enumerate(zip(placed.bank.entries, notes, strict=False), 1):
        topic = topic_of(project, placed, entry.question)
        here = [p for p in problems.get(placed.bank.path, ()) if _stands_in(p, entry)]
        is_first = note.id not in seen
        seen.add(note.id)
        yield Shown(
            number,
            note.id if is_first else f"{note.id}--{number}",
            is_first,
            entry,
            note,
            notetypes[note.notetype],
            LEVELS[topic.level] if topic else "",
            tuple(here),
        )


def _stands_in(problem: Diagnostic, entry: Entry) -> bool:
    return entry.node.start <= problem.span.start < entry.node.end
