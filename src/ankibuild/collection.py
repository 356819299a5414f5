"""What Anki will hold: notes, decks and media, computed from a project without time or memory."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from ankibuild import markdown, notetypes
from ankibuild.bank import Entry
from ankibuild.cache import Memory
from ankibuild.curriculum import LEVELS, SourceWork, Topic
from ankibuild.decks import Deck, decks_of
from ankibuild.diagnostics import Diagnostic, Source, Span
from ankibuild.kinds.base import Place, Question
from ankibuild.notes import AUTHORS, Note, Notes, Page
from ankibuild.notetypes import Notetype
from ankibuild.project import Placed, Project
from ankibuild.texts import Texts


class Media(Struct, frozen=True):
    """A file as it is packed; ``name`` carries the content's hash."""

    name: str
    content: bytes


class Collection(Struct, frozen=True):
    """Everything one package holds; decks stand in the order of the arc, parents first."""

    notetypes: tuple[Notetype, ...]
    decks: tuple[Deck, ...]
    notes: Sequence[Note]
    media: tuple[Media, ...] = ()

    @property
    def shelf(self) -> Notes:
        """The notes, deck by deck."""
        return Notes.of(self.notes)


class Written(Struct, frozen=True):
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
    filled: list[Filled] = []
    for placed in project.banks:
        texts = memory.of(("texts", placed.slot.path), Texts)
        filled.append(fill(project, placed, texts))
        texts.keep()
    pages = [Page.of(bank.notes) for bank in filled if bank.notes]
    used = {name for bank in filled for name in bank.images}
    problems = (problem for bank in filled for problem in bank.problems)
    formulas = tuple(formula for bank in filled for formula in bank.formulas)
    return Collected(gather(project, pages, used), (*problems, *unused(project, used)), formulas)


def gather(project: Project, pages: Iterable[Page], used: set[str]) -> Collection:
    """Put the notes of all banks together; ``used`` are the figures that they show."""
    notes = Notes(tuple(pages))
    media = tuple(
        Media(file.packed, file.content)
        for name, file in sorted(project.media.items())
        if name in used
    )
    kinds = _needed(notetypes_of(project).values(), notes)
    filled = {page.deck for page in notes.pages}
    return Collection(kinds, tuple(decks_of(project, filled)), notes, _distinct(media))


def _needed(kinds: Iterable[Notetype], notes: Notes) -> tuple[Notetype, ...]:
    needed = {key for page in notes.pages for key in page.notetypes}
    return tuple(notetype for notetype in kinds if notetype.key in needed)


def notetypes_of(project: Project) -> dict[str, Notetype]:
    """Make the notetypes of a project, by key."""
    settings = project.curriculum.settings
    return notetypes.make(settings.namespace, settings.repository or "", project.style)


class Filled(Struct, frozen=True):
    """A bank's notes, and what was seen when they were made."""

    notes: tuple[Note, ...]
    problems: tuple[Diagnostic, ...]
    formulas: tuple[Written, ...]
    images: frozenset[str]


def fill(project: Project, placed: Placed, texts: Texts) -> Filled:
    """Make a bank's notes; ``texts`` renders what is on them."""
    packed = packed_names(project)
    renders = [_Rendering(entry, packed, texts) for entry in placed.bank.entries]
    shared, dues = _shared(placed), _dues(placed, project)
    notes = tuple(
        _note(project, placed, shared, render, due)
        for render, due in zip(renders, dues, strict=True)
    )
    return Filled(
        notes,
        tuple(problem for render in renders for problem in render.problems),
        tuple(formula for render in renders for formula in render.formulas),
        frozenset(name for render in renders for name in render.images),
    )


def packed_names(project: Project) -> dict[str, str]:
    """Give the names of figures in a package by those that authors write."""
    return {name: file.packed for name, file in project.media.items()}


def subset(collection: Collection, deck: str) -> Collection:
    """Select a deck, everything below it, and its parents."""
    notes = Notes(tuple(page for page in collection.shelf.pages if _below(page.deck, deck)))
    shown = {name for page in notes.pages for name in page.media}
    return Collection(
        _needed(collection.notetypes, notes),
        tuple(d for d in collection.decks if _below(d.name, deck) or _below(deck, d.name)),
        notes,
        tuple(file for file in collection.media if file.name in shown),
    )


def without(collection: Collection, decks: Iterable[str]) -> Collection:
    """Leave out the notes in some decks and below them, and nothing else."""
    pages = collection.shelf.pages
    kept = (page for page in pages if not any(_below(page.deck, deck) for deck in decks))
    return replace(collection, notes=Notes(tuple(kept)))


def _below(name: str, deck: str) -> bool:
    return name == deck or name.startswith(f"{deck}::")


def _distinct(media: Iterable[Media]) -> tuple[Media, ...]:
    return tuple({file.name: file for file in media}.values())


def guid(namespace: str, name: str) -> str:
    """Give the permanent guid of question ``name``: a hash of the two names and nothing else."""
    digest = hashlib.sha256(f"{namespace}\n{name}".encode()).digest()
    return base64.b32encode(digest[:10]).decode().lower()


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


class _Rendering(Struct):
    """Renders the texts of one question and collects what is wrong with them."""

    entry: Entry
    media: Mapping[str, str]
    texts: Texts
    problems: list[Diagnostic] = field(default_factory=list)
    images: set[str] = field(default_factory=set)
    formulas: list[Written] = field(default_factory=list)
    numbers: dict[Place, tuple[int, ...]] = field(default_factory=dict)

    def __call__(
        self, place: Place, text: str, *, cloze: bool = False, derived: bool = False
    ) -> str:
        rendered = self.texts.render(text, cloze=cloze, media=self.media)
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
        return self.texts.code(program)

    def plain(self, text: str) -> str:
        return markdown.plain(text)

    def clozes(self, place: Place) -> tuple[int, ...]:
        return self.numbers.get(place, ())


def _shows_nothing(span: Span, place: Place) -> Diagnostic:
    message = f"`{place[0]}` shows nothing on the card"
    help_text = "only comments or blanks are left of it; write what a learner should read"
    return Diagnostic("empty-field", message, span, "", help_text)


class _Shared(Struct, frozen=True):
    """What all notes of a bank have in common; ``path`` is where in the arc they say they are."""

    deck: str
    path: str
    tags: tuple[str, ...]


def _shared(placed: Placed) -> _Shared:
    slot, head = placed.slot, placed.bank.head
    tags = (f"arc::{slot.part.id}::{slot.id[3:]}", *(f"{AUTHORS}{tag}" for tag in head.tags))
    return _Shared(slot.deck, markdown.plain(f"{slot.part.title} › {head.title}"), tags)


def _note(project: Project, placed: Placed, shared: _Shared, render: _Rendering, due: int) -> Note:
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
        shared.path,
        question.id,
        "",
        "",
    )
    cards = question.cards
    if cards is None:
        cards = tuple(number - 1 for number in render.clozes((question.headline,)))
    namespace = project.curriculum.settings.namespace
    tags = tuple(sorted({*shared.tags, *_tags(project, placed, question)}))
    return Note(
        question.id,
        question.guid or guid(namespace, question.id),
        question.notetype,
        shared.deck,
        fields,
        tags,
        cards,
        due,
    )


def _tags(project: Project, placed: Placed, question: Question) -> Iterator[str]:
    yield f"kind::{question.kind}"
    topic = topic_of(project, placed, question)
    if topic:
        yield f"level::{LEVELS[topic.level]}"
    for tag in question.tags:
        yield f"{AUTHORS}{tag}"


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


def describe(collection: Collection, line: str) -> Collection:
    """Add a line, such as version and date, to every deck's description."""
    decks = tuple(replace(d, description=f"{d.description}\n\n{line}") for d in collection.decks)
    return replace(collection, decks=decks)
