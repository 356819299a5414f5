"""The learning arc: parts, decks, topics, items, and the sources they name."""

from __future__ import annotations

import re
from functools import cached_property

from msgspec import Struct

ITEM_KINDS = (
    "concept",
    "question",
    "exercise",
    "practice",
    "implementation",
    "paper",
    "reading",
    "video",
)
#: Items that are done, not asked: they stand in the checklist of their deck's description.
CHECKLIST_KINDS = ("video", "reading", "paper", "implementation", "practice")
SOURCE_KINDS = (
    "video",
    "course",
    "book",
    "book-chapter",
    "paper",
    "blog",
    "docs",
    "repo",
    "notebook",
    "note",
    "tool",
    "community",
)
LEVELS = {"1": "intro", "2": "core", "3": "advanced"}


_SECONDS = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2})")


def seconds(place: str) -> int | None:
    """Give the seconds of the first time in a place, if there is one."""
    found = _SECONDS.fullmatch(place.split(",", maxsplit=1)[0])
    if not found:
        return None
    hours, minutes, rest = (int(group or 0) for group in found.groups())
    return hours * 3600 + minutes * 60 + rest


class Item(Struct, frozen=True, omit_defaults=True):
    """One thing to know or to do; ``kind`` is one of ITEM_KINDS."""

    id: str
    ask: str
    kind: str = ""
    sources: tuple[str, ...] = ()


class Topic(Struct, frozen=True, omit_defaults=True):
    """A topic: a title, a level (1 to 3) and its items."""

    id: str
    title: str
    level: str
    items: tuple[Item, ...] = ()


class Plan(Struct, frozen=True):
    """A deck as it is planned: its frozen name, its bank's file, the topics it covers."""

    deck: str
    bank: str
    topics: tuple[str, ...]


class Part(Struct, frozen=True, omit_defaults=True):
    """A part of the arc; its folder under ``decks/`` has its id."""

    id: str
    deck: str
    title: str
    decks: tuple[Plan, ...] = ()
    topics: tuple[Topic, ...] = ()


class SourceWork(Struct, frozen=True, omit_defaults=True):
    """A lecture, paper, book or page that questions cite; ``kind`` is one of SOURCE_KINDS.

    ``chapters`` are lines of a time and a title; ``lectures`` are titles, one a line.
    """

    id: str
    title: str
    kind: str = ""
    url: str | None = None
    remark: str | None = None
    chapters: str | None = None
    lectures: str | None = None

    def link(self, place: str | None) -> str | None:
        """Give the address that opens the source at ``place``, as near as an address can."""
        if not self.url or not place:
            return self.url
        at = seconds(place)
        if at is not None and re.search(r"youtube\.com/watch|youtu\.be/", self.url):
            return f"{self.url}{'&' if '?' in self.url else '?'}t={at}s"
        anchor = re.search(r"anchor (\S+)", place)
        return f"{self.url.partition('#')[0]}#{anchor.group(1)}" if anchor else self.url

    def chapter(self, place: str | None) -> str | None:
        """Give the title of the chapter in which a time lies."""
        at = seconds(place) if place else None
        title = None
        for line in (self.chapters or "").splitlines():
            start, _, name = line.partition(" ")
            if at is not None and (seconds(start) or 0) <= at:
                title = name
        return title


class Settings(Struct, frozen=True, omit_defaults=True):
    """What ``decks/curriculum.yaml`` says about the whole project."""

    title: str
    namespace: str
    license: str
    description: str
    repository: str | None = None


class Slot(Struct, frozen=True):
    """A deck's place in the arc."""

    part: Part
    plan: Plan
    index: int
    root: str

    @property
    def path(self) -> str:
        """The bank's file, below the project's root."""
        return f"decks/{self.part.id}/{self.plan.bank}"

    @property
    def id(self) -> str:
        """The bank's short name, such as ``08-batchnorm``."""
        stem = re.sub(r"^\d\d-", "", self.plan.bank.removesuffix(".yaml"))
        return f"{self.part.id[:2]}-{stem}"

    @property
    def deck(self) -> str:
        """The deck's full name."""
        return "::".join((self.root, self.part.deck, self.plan.deck))


class Curriculum(Struct, frozen=True, dict=True):
    """The arc: settings and parts."""

    settings: Settings
    parts: tuple[Part, ...]

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Every planned deck, in order."""
        pairs = [(part, plan) for part in self.parts for plan in part.decks]
        return tuple(
            Slot(part, plan, index, self.settings.title) for index, (part, plan) in enumerate(pairs)
        )

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """Every topic by id, in the order of the arc."""
        return {topic.id: topic for part in self.parts for topic in part.topics}

    @cached_property
    def items(self) -> dict[str, Item]:
        """Every item by id, in the order of the arc."""
        return {item.id: item for topic in self.topics.values() for item in topic.items}

    @cached_property
    def topic_of(self) -> dict[str, Topic]:
        """The topic of an item."""
        return {item.id: topic for topic in self.topics.values() for item in topic.items}
