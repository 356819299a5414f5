"""From the files of an arc to its curriculum and its sources, and all that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec import Struct
from pydantic import BaseModel

from ankibuild.arc import forms
from ankibuild.curriculum import (
    ITEM_KINDS,
    SOURCE_KINDS,
    Curriculum,
    Item,
    Part,
    Plan,
    Settings,
    SourceWork,
    Topic,
)
from ankibuild.diagnostics import (
    Diagnostic,
    Label,
    Span,
    did_you_mean,
    enough,
    suggest,
    unread,
)
from ankibuild.shape import Form, build
from ankibuild.source import Broken, Document, Items, Mapping, Node, Text

B = TypeVar("B", bound=BaseModel)
S = TypeVar("S", bound=Struct)


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
    settings, more = _build(Settings, document, rest, Form(forms.Settings, "curriculum"))
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
            plan, more = _build(Plan, document, deck, Form(forms.Plan, "deck"))
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
    part, more = _build(Part, document, node, Form(forms.Part, "part", "part"), made)
    problems += more
    return part


def _only(document: Document, name: str, noun: str) -> list[Diagnostic]:
    """Say what is wrong with a file whose only field is the list ``name``."""
    if document.root is None:
        return []
    form = Form(forms.TopicsFile if name == "topics" else forms.SourcesFile, noun)
    return build(document, document.root, form, {name: ()})[1]


def _topics(document: Document, node: Node | None, problems: list[Diagnostic]) -> tuple[Topic, ...]:
    topics: list[Topic] = []
    all_items: list[Node] = []
    listed = node.values.get("topics") if isinstance(node, Mapping) else None
    for entry in _entries(document, listed, "topics", problems):
        items: list[Item] = []
        inner = entry.values.get("items") if isinstance(entry, Mapping) else None
        for node_ in _entries(document, inner, "items", problems):
            item = _headed(Item, document, node_, forms.Item, ITEM_KINDS, "item", problems)
            items += [item] if item else []
        all_items += inner.items if isinstance(inner, Items) else ()
        form = Form(forms.Topic, "topic", "topic")
        topic, more = _build(Topic, document, entry, form, {"items": tuple(items)})
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
        work = _headed(
            SourceWork, document, node, forms.SourceWork, SOURCE_KINDS, "source", problems
        )
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


def _build(
    value: type[S],
    document: Document,
    node: Node,
    form: Form[B],
    made: dict[str, object] | None = None,
) -> tuple[S | None, list[Diagnostic]]:
    """Build a value from what its form accepts; ``made`` are fields that are read elsewhere."""
    built, problems = build(document, node, form, made or {})
    return (value(**dict(built)) if built else None), problems


def _headed(
    value: type[S],
    document: Document,
    node: Node,
    model: type[B],
    kinds: tuple[str, ...],
    noun: str,
    problems: list[Diagnostic],
) -> S | None:
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
    form = Form(model, noun, head, ("id", "kind"))
    built, more = _build(value, document, node, form, {"kind": head})
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
