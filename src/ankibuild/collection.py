"""What Anki will hold: notes, decks and media, computed from a project without time or memory."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from ankibuild import markdown, notetypes
from ankibuild.bank import Entry
from ankibuild.cache import Memory
from ankibuild.curriculum import CHECKLIST_KINDS, LEVELS, Item, Slot, SourceWork, Topic
from ankibuild.diagnostics import Diagnostic, Source, Span
from ankibuild.kinds.base import Place, Question
from ankibuild.markdown import Colors, Forgetful
from ankibuild.notetypes import Notetype
from ankibuild.project import Placed, Project

_FORGETFUL = Forgetful()


@dataclass(frozen=True, slots=True)
class Note:
    """One question as Anki keeps it.

    ``fields`` are HTML in the order of the notetype's fields; ``cards`` are template numbers from
    0 (for a cloze: cloze number - 1); ``due`` is the place in the arc; ``mod`` is in seconds since
    1970 and 0 until a release stamps it.
    """

    id: str
    guid: str
    notetype: str
    deck: str
    fields: tuple[str, ...]
    tags: tuple[str, ...]
    cards: tuple[int, ...]
    due: int
    mod: int = 0


@dataclass(frozen=True, slots=True)
class Deck:
    """A deck by its full name (``Root::Part::Deck``); the description is Markdown."""

    name: str
    id: int
    description: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A file as it is packed; ``name`` carries the content's hash."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Collection:
    """Everything one package holds; decks stand in the order of the arc, parents first."""

    notetypes: tuple[Notetype, ...]
    decks: tuple[Deck, ...]
    notes: tuple[Note, ...]
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A formula where an author wrote it: in the field ``place`` of a question.

    ``derived`` tells that it comes from a drill's row: its offsets are not those of the field.
    """

    formula: markdown.Formula
    entry: Entry
    place: Place
    derived: bool = False


class Collected(NamedTuple):
    """What Anki will hold, what shows to be wrong on the way, and all formulas."""

    collection: Collection
    problems: tuple[Diagnostic, ...]
    formulas: tuple[Written, ...]


# ------------------------------------------------------------------ project to collection


def collect(project: Project, memory: Memory | None = None) -> Collected:
    """Compute what Anki will hold, and what shows to be wrong on the way. Never raises for a text.

    With a ``memory``, only new texts are rendered.
    """
    memory = memory or Memory()
    filled = [fill(project, placed, memory) for placed in project.banks]
    notes = [bank.notes for bank in filled]
    used = {name for bank in filled for name in bank.images}
    problems = (problem for bank in filled for problem in bank.problems)
    formulas = tuple(formula for bank in filled for formula in bank.formulas)
    return Collected(gather(project, notes, used), (*problems, *unused(project, used)), formulas)


def gather(project: Project, banks: Iterable[tuple[Note, ...]], used: set[str]) -> Collection:
    """Put the notes of all banks together; ``used`` are the figures that they show."""
    kinds = notetypes_of(project)
    notes = tuple(note for bank in banks for note in bank)
    media = tuple(
        Media(file.packed, file.content)
        for name, file in sorted(project.media.items())
        if name in used
    )
    needed = {note.notetype for note in notes}
    chosen = tuple(notetype for key, notetype in kinds.items() if key in needed)
    filled = {note.deck for note in notes}
    return Collection(chosen, tuple(_decks(project, filled)), notes, _distinct(media))


def notetypes_of(project: Project) -> dict[str, Notetype]:
    """Make the notetypes of a project, by key."""
    settings = project.curriculum.settings
    return notetypes.make(settings.namespace, settings.repository or "", project.style)


@dataclass(frozen=True, slots=True)
class Filled:
    """A bank's notes, and what was seen when they were made; ``source`` is what they came from."""

    source: Project
    notes: tuple[Note, ...]
    problems: tuple[Diagnostic, ...]
    formulas: tuple[Written, ...]
    images: frozenset[str]


def fill(project: Project, placed: Placed, memory: Memory, colors: Colors = _FORGETFUL) -> Filled:
    """Make a bank's notes, unless that was done: everything they depend on is the very same."""
    packed = packed_names(project)
    names = frozenset(packed.items())  # as a key: it keeps its hash
    # The project is kept beside the result, so that nothing else can have these identities.
    made_of = id(project.curriculum), id(project.sources), placed.slot.path, names

    texts = texts_of(placed.slot, memory)

    def make() -> Filled:
        texts.turn()
        renders = [_Rendering(entry, packed, names, texts, colors) for entry in placed.bank.entries]
        dues = _dues(placed, project)
        return Filled(
            project,
            tuple(_note(project, placed, r, due) for r, due in zip(renders, dues, strict=True)),
            tuple(problem for render in renders for problem in render.problems),
            tuple(formula for render in renders for formula in render.formulas),
            frozenset(name for render in renders for name in render.images),
        )

    return memory.of(("notes", placed.bank.document, made_of), make)


def texts_of(slot: Slot, memory: Memory) -> Memory:
    """Give the memory of a bank's texts, that ages only when the bank is made again.

    Whoever does not make it, since nothing has changed, has to ask for it all the same.
    """
    return memory.of(("texts", slot.path), Memory)


def packed_names(project: Project) -> dict[str, str]:
    """Give the names of figures in a package by those that authors write."""
    return {name: file.packed for name, file in project.media.items()}


def subset(collection: Collection, deck: str) -> Collection:
    """Select a deck, everything below it, and its parents."""
    inside = {d.name for d in collection.decks if _below(d.name, deck)}
    notes = tuple(note for note in collection.notes if note.deck in inside)
    names = {note.notetype for note in notes}
    text = "".join(field for note in notes for field in note.fields) if collection.media else ""
    return Collection(
        tuple(n for n in collection.notetypes if n.key in names),
        tuple(d for d in collection.decks if _below(d.name, deck) or _below(deck, d.name)),
        notes,
        tuple(m for m in collection.media if m.name in text),
    )


def _below(name: str, deck: str) -> bool:
    return name == deck or name.startswith(f"{deck}::")


def _distinct(media: Iterable[Media]) -> tuple[Media, ...]:
    return tuple({file.name: file for file in media}.values())


def guid(namespace: str, name: str) -> str:
    """Give the permanent guid of question ``name``: a hash of the two names and nothing else."""
    digest = hashlib.sha256(f"{namespace}\n{name}".encode()).digest()
    return base64.b32encode(digest[:10]).decode().lower()


def deck_id(name: str) -> int:
    """Give a stable deck id: positive, in milliseconds well before today, never 0 or 1."""
    digest = hashlib.sha256(f"deck\n{name}".encode()).digest()
    return 1_000_000_000_000 + int.from_bytes(digest[:6], "big") % 500_000_000_000


def _dues(placed: Placed, project: Project) -> Iterator[int]:
    """Spread new cards along the arc below 900,000, with gaps where there is room for them."""
    room = 900_000 // max(1, len(project.curriculum.slots))
    count = len(placed.bank.entries)
    step = max(1, min(100, room // (count + 1)))
    start = placed.slot.index * room
    return (start + step * (number + 1) for number in range(count))


#: HTML without anything to see: blanks, and tags with nothing in them.
_NOTHING = re.compile(r"(?:[\s\u200b-\u200d\u2060]|&nbsp;|<(?!img\b)[^>]*>)*+")
#: Mistakes reported in one text: with the first ones mended, most of the others are gone.
MOST_PROBLEMS = 20


@dataclass
class _Rendering:
    """Renders the texts of one question and collects what is wrong with them."""

    entry: Entry
    media: Mapping[str, str]
    names: frozenset[tuple[str, str]]
    memory: Memory
    colors: Colors
    problems: list[Diagnostic] = field(default_factory=list)
    images: set[str] = field(default_factory=set)
    formulas: list[Written] = field(default_factory=list)
    numbers: dict[Place, tuple[int, ...]] = field(default_factory=dict)

    def __call__(
        self, place: Place, text: str, *, cloze: bool = False, derived: bool = False
    ) -> str:
        asked = ("text", text, cloze, self.names)
        rendered = self.memory.of(
            asked,
            partial(markdown.render, text, cloze=cloze, media=self.media, colors=self.colors),
        )
        self.images |= set(rendered.images)
        self.formulas += [Written(f, self.entry, place, derived) for f in rendered.formulas]
        self.numbers[place] = rendered.clozes
        if _NOTHING.fullmatch(rendered.html) and not rendered.problems:
            self.problems.append(_shows_nothing(self.entry.span(place).first_line(), place))
        for problem in rendered.problems[:MOST_PROBLEMS]:
            chars = () if derived else (problem.start, problem.end)
            self._add(place, problem, *chars)
        return rendered.html

    def _add(self, place: Place, problem: markdown.Problem, *chars: int) -> None:
        diagnostic = Diagnostic(
            problem.rule,
            problem.message,
            self.entry.span(place, *chars).first_line(),
            problem.label,
            problem.help,
            severity=problem.severity,
        )
        if diagnostic not in self.problems:
            self.problems.append(diagnostic)

    def code(self, program: str) -> str:
        return markdown.code(program, colors=self.colors)

    def plain(self, text: str) -> str:
        return markdown.plain(text)

    def clozes(self, place: Place) -> tuple[int, ...]:
        return self.numbers.get(place, ())


def _shows_nothing(span: Span, place: Place) -> Diagnostic:
    message = f"`{place[0]}` shows nothing on the card"
    help_text = "only comments or blanks are left of it; write what a learner should read"
    return Diagnostic("empty-field", message, span, "", help_text)


def _note(project: Project, placed: Placed, render: _Rendering, due: int) -> Note:
    question = render.entry.question
    front, back = question.front(render), question.back(render)
    hint = question.aside(render, "hint", question.hint) if question.hint else ""
    extra = question.aside(render, "extra", question.extra) if question.extra else ""
    fields = (
        front,
        back,
        hint,
        extra,
        _source(project, placed, question),
        render.plain(f"{placed.slot.part.title} › {placed.bank.head.title}"),
        question.id,
        "",
        "",
    )
    cards = question.cards
    if cards is None:
        cards = tuple(number - 1 for number in render.clozes((question.headline,)))
    namespace = project.curriculum.settings.namespace
    tags = tuple(sorted(set(_tags(project, placed, question))))
    return Note(
        question.id,
        question.guid or guid(namespace, question.id),
        question.notetype,
        placed.slot.deck,
        fields,
        tags,
        cards,
        due,
    )


def _tags(project: Project, placed: Placed, question: Question) -> Iterator[str]:
    slot = placed.slot
    yield f"arc::{slot.part.id}::{slot.id[3:]}"
    yield f"kind::{question.kind}"
    topic = topic_of(project, placed, question)
    if topic:
        yield f"level::{LEVELS[topic.level]}"
    for tag in (*placed.bank.head.tags, *question.tags):
        yield f"topic::{tag}"


def authors_tags(notes: Iterable[Note]) -> set[str]:
    """Give the tags that authors wrote, as they wrote them."""
    tags = {tag for note in notes for tag in note.tags}
    return {tag.removeprefix("topic::") for tag in tags if tag.startswith("topic::")}


def topic_of(project: Project, placed: Placed, question: Question) -> Topic | None:
    """Give the topic of the first item that a question covers, or else of its bank."""
    topics = project.curriculum.topics
    covered = (project.curriculum.topic_of.get(item) for item in question.covers)
    planned = (topics.get(name) for name in placed.slot.plan.topics)
    return next((topic for topic in (*covered, *planned) if topic), None)


def _source(project: Project, placed: Placed, question: Question) -> str:
    name = question.source or placed.bank.head.source
    work = project.sources.get(name) if name else None
    # A place belongs to the source it was written for; both may come from the question or not.
    return citation(work, question.at or "") if work else ""


def citation(work: SourceWork, at: str) -> str:
    """Write the line of a card that names a source and a place in it, as HTML."""
    place = ", ".join(part for part in at.split(", ") if part and not part.startswith("anchor "))
    chapter = work.chapter(at)
    words = ", ".join(filter(None, (work.title, place))) + (f" ({chapter})" if chapter else "")
    link = work.link(at)
    text = html.escape(words, quote=False)
    return f'<a href="{html.escape(link)}">{text}</a>' if link else text


def unused(project: Project, used: set[str]) -> Iterator[Diagnostic]:
    """Report figures that no question shows."""
    for name in sorted(set(project.media) - used):
        span = Span(Source(f"media/{name}", ""), 0, 0)
        help_text = f"show it: `![what it shows]({name})`, or remove it"
        message = "no question shows this figure"
        yield Diagnostic("unused-media", message, span, help=help_text)


# ------------------------------------------------------------------ decks and their descriptions


def _decks(project: Project, names: set[str]) -> Iterator[Deck]:
    """Decks that hold a question, and their parents; ``names`` are the full names of the former."""
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


def describe(collection: Collection, line: str) -> Collection:
    """Add a line, such as version and date, to every deck's description."""
    decks = tuple(replace(d, description=f"{d.description}\n\n{line}") for d in collection.decks)
    return replace(collection, decks=decks)
