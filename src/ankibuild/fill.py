"""A bank's notes: what its questions say, rendered, computed without time or memory."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct, field

from ankibuild import markdown
from ankibuild.bank import Entry
from ankibuild.cache import Memory
from ankibuild.collection import Collection, gather, unused
from ankibuild.curriculum import LEVELS, SourceWork
from ankibuild.diagnostics import Diagnostic, Span
from ankibuild.kinds.base import Place, Question
from ankibuild.notes import AUTHORS, Note, Page, guid
from ankibuild.project import Placed, Project, topic_of
from ankibuild.texts import Texts


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
