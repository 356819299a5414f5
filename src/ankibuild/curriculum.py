"""The learning arc: parts, decks, topics, items, and the sources they name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Annotated, Any, TypeVar

from msgspec import Struct
from pydantic import AfterValidator, BaseModel, ConfigDict

from ankibuild.diagnostics import (
    Diagnostic,
    Label,
    Span,
    did_you_mean,
    enough,
    suggest,
    unread,
)
from ankibuild.kinds.base import Filled, Id, refuse, seconds, slug
from ankibuild.shape import Form, build
from ankibuild.source import Broken, Document, Items, Mapping, Node, Text

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

B = TypeVar("B", bound=BaseModel)


def _check_deck_name(name: str) -> str:
    if not re.fullmatch(r"\d\d \S.*", name):
        raise refuse(
            "bad-deck-name",
            f"deck name `{name}` does not start with two digits",
            "Anki sorts decks by name",
            f"for example `01 {name.lstrip('0123456789 ')}`",
        )
    if "::" in name or '"' in name or len(name) > 60:
        message = f"`{name}` cannot be the name of a deck"
        raise refuse("bad-deck-name", message, "", "no `::`, no quotes, at most 60 characters")
    return _check_visible(name)


def _check_visible(name: str) -> str:
    """Refuse what Anki changes in a name: it would not find its own deck again."""
    if not name.isprintable() or not unicodedata.is_normalized("NFC", name):
        message = "this name has invisible characters, or letters put together from parts"
        raise refuse("bad-deck-name", message, "", "type it again, letter by letter")
    return name


def _check_level(level: str) -> str:
    if level not in LEVELS:
        message = f"`{level}` is not a level"
        raise refuse("bad-level", message, "", "write 1 (intro), 2 (core) or 3 (advanced)")
    return level


def _check_url(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"]+", url):
        raise refuse("bad-url", f"`{url}` is not a web address", "", "write it whole: `https://…`")
    return url


def _check_bank_path(path: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*\.yaml", path):
        message = f"`{path}` cannot be the file of a bank"
        raise refuse("bad-bank-path", message, "", "it is a name such as `01-batchnorm.yaml`")
    return path


def _check_chapters(text: str) -> str:
    start = 0
    for line in text.split("\n"):
        if seconds(line.split(" ")[0]) is None or " " not in line:
            message = f"`{line}` is not a chapter"
            help_text = "a time and a title on each line, as in `7:26 starter code`"
            chars = (start, start + len(line))
            raise refuse("bad-chapter", message, "", help_text, chars=chars)
        start += len(line) + 1
    return text


def _check_item_id(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", text):
        message = f"`{text}` cannot be the id of an item"
        topic, _, rest = text.partition(".")
        better = f"{slug(topic)}.{slug(rest)}" if rest else f"its-topic.{slug(text)}"
        raise refuse("bad-id", message, "", f"topic and item, as in `{better}`")
    return text


def _check_source_id(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", text):
        message = f"`{text}` cannot be the id of a source"
        raise refuse("bad-id", message, "", f"`{slug(text) or 'makemore-3'}` would do")
    return text


def _check_file_name(name: str) -> str:
    if name == "collection" or name.startswith("backup-"):
        why = f"Anki takes `{name}.apkg` for a backup that replaces everything"
        raise refuse("bad-id", f"`{name}` cannot be a name here", "", f"{why}; choose another")
    return name


DeckName = Annotated[Filled, AfterValidator(_check_deck_name)]
Level = Annotated[str, AfterValidator(_check_level)]
Url = Annotated[str, AfterValidator(_check_url)]
BankPath = Annotated[str, AfterValidator(_check_bank_path)]
Chapters = Annotated[str, AfterValidator(_check_chapters)]
#: What a learner must know or do, as `topic.item`.
ItemId = Annotated[str, AfterValidator(_check_item_id)]
SourceId = Annotated[str, AfterValidator(_check_source_id)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Item(_Data):
    """One thing to know or to do; ``kind`` is one of ITEM_KINDS."""

    id: ItemId
    kind: str = ""
    ask: Filled
    sources: tuple[Filled, ...] = ()


class Topic(_Data):
    """A topic: a title, a level (1 to 3) and its items."""

    id: Id
    title: Filled
    level: Level
    items: tuple[Item, ...] = ()


class Plan(_Data):
    """A deck as it is planned: its frozen name, its bank's file, the topics it covers."""

    deck: DeckName
    bank: BankPath
    topics: tuple[Id, ...]


class Part(_Data):
    """A part of the arc; its folder under ``decks/`` has its id."""

    id: Annotated[Id, AfterValidator(_check_file_name)]
    deck: DeckName
    title: Filled
    decks: tuple[Plan, ...] = ()
    topics: tuple[Topic, ...] = ()


class _TopicsFile(_Data):
    topics: tuple[object, ...] = ()


class _SourcesFile(_Data):
    sources: tuple[object, ...] = ()


class SourceWork(_Data):
    """A lecture, paper, book or page that questions cite; ``kind`` is one of SOURCE_KINDS.

    ``chapters`` are lines of a time and a title; ``lectures`` are titles, one a line.
    """

    id: SourceId
    kind: str = ""
    title: Filled
    url: Url | None = None
    remark: Filled | None = None
    chapters: Chapters | None = None
    lectures: Filled | None = None

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


def _check_deck_title(title: str) -> str:
    if "::" in title or '"' in title or title.casefold() == "default":
        raise refuse("bad-deck-name", f"`{title}` cannot be the name of a deck", "", "rename it")
    return _check_visible(title)


class Settings(_Data):
    """What ``decks/curriculum.yaml`` says about the whole project."""

    title: Annotated[Filled, AfterValidator(_check_deck_title)]
    namespace: Annotated[Id, AfterValidator(_check_file_name)]
    license: Filled
    description: Filled
    repository: Url | None = None


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


def to_data(arc: Curriculum) -> list[Any]:
    """Give the arc as JSON."""
    parts = [part.model_dump(exclude_defaults=True) for part in arc.parts]
    return [arc.settings.model_dump(exclude_defaults=True), parts]


def from_data(data: list[Any]) -> Curriculum:
    """Give the arc that `to_data` was given. Raises ValueError or TypeError if it is none."""
    settings, parts = data
    return Curriculum(
        Settings.model_validate(settings), tuple(Part.model_validate(part) for part in parts)
    )


# ------------------------------------------------------------------ reading


def parse(
    document: Document, parts: dict[str, Document]
) -> tuple[Curriculum | None, tuple[Diagnostic, ...]]:
    """Read the arc; ``parts`` are the documents ``part.yaml`` by part id."""
    problems = list(document.problems)
    root = document.root
    if not isinstance(root, Mapping):
        return None, tuple(problems) or (_no_curriculum(document),)
    listed = root.values.get("parts")
    rest = Mapping(tuple(p for p in root.pairs if p[0].value != "parts"), root.start, root.end)
    settings, more = build(document, rest, Form(Settings, "curriculum"))
    problems += more
    found = [
        (node, part)
        for node in _entries(document, listed, "parts", problems)
        if (part := _part(document, node, parts, problems))
    ]
    problems += [*_repeats(document, listed, "part"), *_repeats(document, listed, "deck")]
    # What refers to a part that is broken would be reported for its sake.
    if not problems:
        for node, part in found:
            problems += _deck_topics(document, node, parts.get(part.id, document), part)
    if settings is None:
        return None, tuple(problems)
    return Curriculum(settings, tuple(part for _, part in found)), tuple(problems)


def _no_curriculum(document: Document) -> Diagnostic:
    span = Span(document.source, 0, 0)
    empty = document.root is None
    message = "the curriculum is empty" if empty else "the curriculum has fields, and here are none"
    help_text = "it needs `title:`, `namespace:`, `license:`, `description:` and `parts:`"
    return Diagnostic("empty-curriculum", message, span, help=help_text)


def _part(
    document: Document, node: Node, documents: dict[str, Document], problems: list[Diagnostic]
) -> Part | None:
    decks: list[Plan] = []
    topics: tuple[Topic, ...] = ()
    own = document
    if isinstance(node, Mapping):
        for deck in _entries(document, node.values.get("decks"), "decks", problems):
            plan, more = build(document, deck, Form(Plan, "deck"))
            problems += more
            decks += [plan] if plan else []
        problems += _repeats(document, node.values.get("decks"), "deck")
        problems += _repeats(document, node.values.get("decks"), "bank")
        name = node.values.get("part")
        own = documents.get(name.value, document) if isinstance(name, Text) else document
        if own is not document:
            problems += _only(own, "topics", "part file")
        topics = _topics(own, node if own is document else own.root, problems)
    made: dict[str, object] = {"decks": tuple(decks), "topics": topics}
    part, more = build(document, node, Form(Part, "part", "part"), made)
    problems += more
    return part


def _only(document: Document, name: str, noun: str) -> list[Diagnostic]:
    """Say what is wrong with a file whose only field is the list ``name``."""
    if document.root is None:
        return []
    form = Form(_TopicsFile if name == "topics" else _SourcesFile, noun)
    return build(document, document.root, form, {name: ()})[1]


def _topics(document: Document, node: Node | None, problems: list[Diagnostic]) -> tuple[Topic, ...]:
    topics: list[Topic] = []
    all_items: list[Node] = []
    listed = node.values.get("topics") if isinstance(node, Mapping) else None
    for entry in _entries(document, listed, "topics", problems):
        items: list[Item] = []
        inner = entry.values.get("items") if isinstance(entry, Mapping) else None
        for node_ in _entries(document, inner, "items", problems):
            item = _headed(document, node_, Item, ITEM_KINDS, "item", problems)
            items += [item] if item else []
        all_items += inner.items if isinstance(inner, Items) else ()
        form = Form(Topic, "topic", "topic")
        topic, more = build(document, entry, form, {"items": tuple(items)})
        problems += more
        topics += [topic] if topic else []
    problems += _repeats(document, Items(tuple(all_items), 0, 0), *ITEM_KINDS)
    problems += _repeats(document, listed, "topic")
    return tuple(topics)


def parse_sources(document: Document) -> tuple[dict[str, SourceWork], tuple[Diagnostic, ...]]:
    """Read ``sources.yaml``: the works by id."""
    problems = [*document.problems, *_only(document, "sources", "list of sources")]
    listed = document.root.values.get("sources") if isinstance(document.root, Mapping) else None
    works: dict[str, SourceWork] = {}
    for node in _entries(document, listed, "sources", problems):
        work = _headed(document, node, SourceWork, SOURCE_KINDS, "source", problems)
        if work:
            works[work.id] = work
    problems += _repeats(document, listed, *SOURCE_KINDS)
    return works, tuple(problems)


def _entries(
    document: Document, node: Node | None, name: str, problems: list[Diagnostic]
) -> Iterator[Node]:
    if isinstance(node, Items):
        for item in node.items:
            if enough([p for p in problems if p.span.source is document.source]):
                problems.append(unread(document.source, item.start))
                return
            yield item
    elif node is not None and not isinstance(node, Broken):
        span = document.span(node).first_line()
        help_text = "start each entry with `- `"
        problems.append(Diagnostic("wrong-shape", f"`{name}` is a list", span, "", help_text))


def _headed(
    document: Document,
    node: Node,
    model: type[B],
    kinds: tuple[str, ...],
    noun: str,
    problems: list[Diagnostic],
) -> B | None:
    """Build an entry that starts with its kind and id; ``model`` has a field ``kind``."""
    head = (
        next((k.value for k, _ in node.pairs if k.value in kinds), None)
        if isinstance(node, Mapping)
        else None
    )
    if head is None or not isinstance(node, Mapping):
        if not isinstance(node, Broken):
            problems.append(_unknown_head(document, node, kinds, noun))
        return None
    built, more = build(document, node, Form(model, noun, head, ("id", "kind")), {"kind": head})
    problems += more
    return built


def _unknown_head(document: Document, node: Node, kinds: tuple[str, ...], noun: str) -> Diagnostic:
    first = node.pairs[0][0] if isinstance(node, Mapping) and node.pairs else node
    word = first.value if isinstance(first, Text) else ""
    guess = did_you_mean(word, kinds)
    listed = f"kinds of {noun}: {', '.join(kinds)}"
    return Diagnostic(
        "unknown-kind",
        f"`{word}` is not a kind of {noun}",
        document.span(first).first_line(),
        "",
        f"{guess}\n{listed}" if guess else listed,
    )


def _repeats(document: Document, listed: Node | None, *heads: str) -> Iterable[Diagnostic]:
    """Report ids that are given twice in a list."""
    seen: dict[str, Text] = {}
    for node in listed.items if isinstance(listed, Items) else ():
        named = node.values if isinstance(node, Mapping) else {}
        name = next((named[head] for head in heads if head in named), None)
        if not isinstance(name, Text):
            continue
        if name.value in seen:
            yield Diagnostic(
                "duplicate-id",
                f"`{name.value}` is listed twice",
                document.span(name),
                "second",
                "remove one, or give it another name",
                related=(Label(document.span(seen[name.value]), "first"),),
            )
        seen.setdefault(name.value, name)


def _deck_topics(document: Document, node: Node, own: Document, part: Part) -> Iterable[Diagnostic]:
    """Every topic is in one deck, and every deck's topics exist."""
    known = {topic.id for topic in part.topics}
    guessed: set[str] = set()
    placed = {topic for plan in part.decks for topic in plan.topics}
    decks = node.values.get("decks") if isinstance(node, Mapping) else None
    for deck in decks.items if isinstance(decks, Items) else ():
        topics = deck.values.get("topics") if isinstance(deck, Mapping) else None
        for name in topics.items if isinstance(topics, Items) else ():
            if isinstance(name, Text) and name.value not in known:
                guessed.add(suggest(name.value, known) or "")
                guess = did_you_mean(name.value, known)
                listed = f"topics of a part stand in decks/{part.id}/part.yaml"
                yield Diagnostic(
                    "unknown-topic",
                    f"there is no topic called `{name.value}`",
                    document.span(name),
                    "",
                    f"{guess}\n{listed}" if guess else listed,
                )
    root = own.root.values.get("topics") if isinstance(own.root, Mapping) else None
    for entry in root.items if isinstance(root, Items) else ():
        named = entry.values.get("topic") if isinstance(entry, Mapping) else None
        if isinstance(named, Text) and named.value in known - placed - guessed:
            help_text = f"name it in a deck of decks/curriculum.yaml: `topics: [{named.value}]`"
            message = f"`{named.value}` is in no deck of the arc"
            yield Diagnostic("topic-in-no-deck", message, own.span(named), "", help_text)
