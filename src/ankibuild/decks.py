"""The decks of a project, and what a learner reads about each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from msgspec import Struct

from ankibuild.curriculum import CHECKLIST_KINDS, Item, Slot, SourceWork
from ankibuild.project import Project


class Deck(Struct, frozen=True):
    """A deck by its full name (``Root::Part::Deck``); the description is Markdown."""

    name: str
    id: int
    description: str = ""


def deck_id(name: str) -> int:
    """Give a stable deck id: positive, in milliseconds well before today, never 0 or 1."""
    digest = hashlib.sha256(f"deck\n{name}".encode()).digest()
    return 1_000_000_000_000 + int.from_bytes(digest[:6], "big") % 500_000_000_000


def decks_of(project: Project, names: set[str]) -> Iterator[Deck]:
    """Give the decks that hold a question, by their full ``names``, and the parents of these."""
    arc = project.curriculum
    filled = [slot for slot in arc.slots if slot.deck in names]
    if not filled:
        return
    root = arc.settings.title
    yield Deck(root, deck_id(root), _root_description(project, filled))
    for part in arc.parts:
        slots = [slot for slot in filled if slot.part.id == part.id]
        if not slots:
            continue
        name = f"{root}::{part.deck}"
        yield Deck(name, deck_id(name), _finish(project, f"**{part.title}**"))
        for slot in slots:
            yield Deck(slot.deck, deck_id(slot.deck), _description(project, slot))


def _root_description(project: Project, filled: list[Slot]) -> str:
    settings = project.curriculum.settings
    parts = ", ".join(dict.fromkeys(slot.part.title for slot in filled))
    return _finish(project, f"{settings.description.strip()}\n\nIn it so far: {parts}.")


def _description(project: Project, slot: Slot) -> str:
    topics = [
        project.curriculum.topics[name]
        for name in slot.plan.topics
        if name in project.curriculum.topics
    ]
    titles = ", ".join(topic.title for topic in topics)
    lines = [f"**{slot.plan.deck[3:]}**", "", f"Teaches: {titles}.", ""]
    todo = [item for topic in topics for item in topic.items if item.kind in CHECKLIST_KINDS]
    if todo:
        lines += ["To do beside the cards:", ""]
        lines += [f"- {_todo(item, project.sources)}" for item in todo]
    return _finish(project, "\n".join(lines).strip())


def _todo(item: Item, sources: Mapping[str, SourceWork]) -> str:
    works = [sources[name] for name in item.sources if name in sources]
    links = [f"[{work.title}]({work.url})" if work.url else work.title for work in works]
    return item.ask.strip().replace("\n", " ") + (f" {', '.join(links)}" if links else "")


def _finish(project: Project, text: str) -> str:
    settings = project.curriculum.settings
    address = f" {settings.repository}" if settings.repository else ""
    return f"{text}\n\nLicense: {settings.license}.{address}"
