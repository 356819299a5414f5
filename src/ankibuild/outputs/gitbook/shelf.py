"""What the pages of a book are about: the decks of the arc, where they stand, and their works."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from ankibuild.curriculum import CHECKLIST_KINDS, Item, SourceWork, Topic
from ankibuild.outputs.gitbook.slugs import anchors
from ankibuild.project import Project
from ankibuild.rules import Subject
from ankibuild.site.arc import Arc, Deck, survey

FIGURES = ".gitbook/assets"
TO_DO, SOURCES, QUESTIONS = "To do", "Sources", "Questions"


class Chapter(Struct, frozen=True, dict=True):
    """A deck of the arc as a page: its path, its topics and works, and its questions."""

    deck: Deck
    topics: tuple[Topic, ...]
    works: tuple[SourceWork, ...]

    @property
    def path(self) -> str:
        """The page's path in the book."""
        return f"{self.deck.slot.part.id}/{self.deck.slot.plan.bank.removesuffix('.yaml')}.md"

    @property
    def items(self) -> tuple[Item, ...]:
        """All items of its topics."""
        return tuple(item for topic in self.topics for item in topic.items)

    @property
    def to_do(self) -> int:
        """The number of things to watch, read, implement and practice."""
        return sum(item.kind in CHECKLIST_KINDS for item in self.items)

    @cached_property
    def anchors(self) -> dict[str, str]:
        """The anchors of its questions, by id."""
        questions = [shown.anchor for shown in self.deck.questions]
        found = anchors([*self.headings, *questions])
        return dict(zip(questions, found[len(self.headings) :], strict=True))

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings above its questions, in order."""
        topics = [topic.title for topic in self.topics] if len(self.topics) > 1 else []
        works = [SOURCES] if self.works else []
        return (self.deck.title, TO_DO, *topics, *works, QUESTIONS)


class Shelf(Struct, frozen=True, dict=True):
    """The whole book: the arc, the chapters in order, and where every item is asked for."""

    arc: Arc
    project: Project
    chapters: tuple[Chapter, ...]

    def of(self, part: str) -> tuple[Chapter, ...]:
        """Give the chapters of a part."""
        return tuple(one for one in self.chapters if one.deck.slot.part.id == part)

    @cached_property
    def asked(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """The questions that cover an item, as their ids and their places in the book."""
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for chapter in self.chapters:
            for shown in chapter.deck.questions:
                place = f"{chapter.path}#{chapter.anchors[shown.anchor]}"
                for item in shown.entry.question.covers:
                    found[item] = (*found.get(item, ()), (shown.anchor, place))
        return found


def shelf(subject: Subject) -> Shelf:
    """Sort a project into the chapters of a book."""
    arc = survey(subject, ())
    decks = (deck for _, decks in arc.parts for deck in decks)
    chapters = tuple(_chapter(subject.project, deck) for deck in decks)
    return Shelf(arc, subject.project, chapters)


def link(source: str, target: str) -> str:
    """Give the way from one page to another, or to an anchor of it."""
    path, _, anchor = target.partition("#")
    way = "" if path == source else posixpath.relpath(path, posixpath.dirname(source) or ".")
    return f"{way}#{anchor}" if anchor else way


def _chapter(project: Project, deck: Deck) -> Chapter:
    known = project.curriculum.topics
    topics = tuple(known[name] for name in deck.slot.plan.topics if name in known)
    names = dict.fromkeys([*_cited(topics), *_named(project, deck)])
    works = tuple(project.sources[name] for name in names if name in project.sources)
    return Chapter(deck, topics, works)


def _cited(topics: tuple[Topic, ...]) -> Iterator[str]:
    return (name for topic in topics for item in topic.items for name in item.sources)


def _named(project: Project, deck: Deck) -> Iterator[str]:
    """Yield the sources of a deck's questions."""
    heads = {placed.slot.path: placed.bank.head for placed in project.banks}
    head = heads.get(deck.slot.path)
    for shown in deck.questions:
        name = shown.entry.question.source or (head.source if head else None)
        if name:
            yield name
