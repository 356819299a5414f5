"""A project to the files of a book: its contents, its parts, and a page for each deck."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from ankibuild.curriculum import LEVELS, Part
from ankibuild.outputs.folder import Files
from ankibuild.outputs.gitbook.checklist import checklist, prose, sources
from ankibuild.outputs.gitbook.inline import plain
from ankibuild.outputs.gitbook.questions import question
from ankibuild.outputs.gitbook.shelf import (
    FIGURES,
    QUESTIONS,
    SOURCES,
    TO_DO,
    Chapter,
    Shelf,
    link,
    shelf,
)
from ankibuild.rules import Subject
from ankibuild.words import count

_CONFIGURATION = """\
root: ./

structure:
  readme: README.md
  summary: SUMMARY.md
"""

_GUIDE = """\
## How to study with it

Alone, the cards are enough: they ask when it is time. This book is for meeting: it has the same
questions in the order of the arc, and beside them what to watch, read, implement and practice.

1. Choose a topic for each meeting, one or two a week. Everybody does its checklist before:
   first watch and read, then implement. Each page says which questions an item leads to.
2. At the meeting, somebody asks and somebody else answers, aloud and without notes. Only then
   unfold the answer. Where it differs from what was said, say why before going on.
3. For a derivation or an exercise, one writes where all can see, and the others give the hints.
4. What nobody could answer goes on a list, with the name of the question, and the next meeting
   begins with it.
5. Import the cards of the topic afterward, not before: cards keep what one has understood.

Who finds a mistake can correct it: the questions stand in the repository that this book is made
from, under the names that stand above them here."""

_BEFORE_ANSWERING = "Answer aloud before you unfold an answer. The name of a question leads to it."


def make(subject: Subject) -> Files:
    """Make the files of the book of a project."""
    found = shelf(subject)
    pages: dict[str, Callable[[], str]] = {
        "README.md": partial(_cover, found),
        "SUMMARY.md": partial(_summary, found),
        ".gitbook.yaml": lambda: _CONFIGURATION,
    }
    for part, _ in found.arc.parts:
        pages[f"{part.id}/README.md"] = partial(_part, found, part)
        for chapter in found.of(part.id):
            pages[chapter.path] = partial(_chapter, found, chapter)
    files: dict[str, Callable[[], bytes]] = {
        path: partial(_encoded, page) for path, page in pages.items()
    }
    for figure in subject.collection.media:
        files[f"{FIGURES}/{figure.name}"] = partial(bytes, figure.content)
    return files


def _encoded(page: Callable[[], str]) -> bytes:
    return f"{page().rstrip()}\n".encode()


# ------------------------------------------------------------------ the cover and the contents


def _summary(book: Shelf) -> str:
    lines = ["# Table of contents", "", f"* [{plain(book.arc.title)}](README.md)"]
    for part, _ in book.arc.parts:
        lines.append(f"* [{plain(part.title)}]({part.id}/README.md)")
        lines += [f"  * [{plain(one.deck.title)}]({one.path})" for one in book.of(part.id)]
    return "\n".join(lines)


def _cover(book: Shelf) -> str:
    parts = [
        f"{number}. [{plain(part.title)}]({part.id}/README.md): {_counts(book.of(part.id))}"
        for number, (part, _) in enumerate(book.arc.parts, 1)
    ]
    settings = book.project.curriculum.settings
    home = f" [{plain(settings.repository)}]({settings.repository})" if settings.repository else ""
    blocks = [
        f"# {plain(book.arc.title)}",
        prose(book.arc.description),
        "## Parts",
        "\n".join(parts),
        _GUIDE,
        "## License",
        f"{plain(settings.license)}.{home}",
    ]
    return "\n\n".join(blocks)


def _counts(chapters: tuple[Chapter, ...]) -> str:
    questions = sum(len(one.deck.questions) for one in chapters)
    to_do = sum(one.to_do for one in chapters)
    asked = f", {count(questions, 'question')}" if questions else ""
    return f"{count(len(chapters), 'topic')}, {count(to_do, 'thing')} to do{asked}"


# ------------------------------------------------------------------ a part


def _part(book: Shelf, part: Part) -> str:
    chapters = book.of(part.id)
    number = [one.id for one, _ in book.arc.parts].index(part.id) + 1
    place = f"Part {number} of {len(book.arc.parts)} of [{plain(book.arc.title)}](../README.md)"
    rows = [
        "| Topic | What it teaches | To do | Questions |",
        "| --- | --- | --: | --: |",
        *(_row(f"{part.id}/README.md", one) for one in chapters),
    ]
    return "\n\n".join(
        [f"# {plain(part.title)}", f"{place}: {_counts(chapters)}.", "\n".join(rows)]
    )


def _row(page: str, chapter: Chapter) -> str:
    topics = "; ".join(f"{plain(one.title)} ({LEVELS[one.level]})" for one in chapter.topics)
    title = f"[{plain(chapter.deck.title)}]({link(page, chapter.path)})"
    return f"| {title} | {topics} | {chapter.to_do} | {len(chapter.deck.questions) or '–'} |"


# ------------------------------------------------------------------ a chapter


def _chapter(book: Shelf, chapter: Chapter) -> str:
    return "\n\n".join(filter(None, _sections(book, chapter)))


def _sections(book: Shelf, chapter: Chapter) -> Iterator[str]:
    deck = chapter.deck
    yield f"# {plain(deck.title)}"
    yield f"[{plain(deck.slot.part.title)}](README.md) · {_levels(chapter)} · {_size(chapter)}"
    yield f"## {TO_DO}"
    for topic in chapter.topics:
        yield f"### {plain(topic.title)}" if len(chapter.topics) > 1 else ""
        yield checklist(book, chapter, topic.items)
    if chapter.works:
        yield f"## {SOURCES}"
        yield sources(chapter)
    yield f"## {QUESTIONS}"
    yield _BEFORE_ANSWERING if deck.questions else "There are none yet."
    figures = link(chapter.path, f"{FIGURES}/")
    for shown in deck.questions:
        yield question(shown, f"{figures}/")


def _levels(chapter: Chapter) -> str:
    levels = sorted({topic.level for topic in chapter.topics})
    return " and ".join(LEVELS[level] for level in levels) or "no topic"


def _size(chapter: Chapter) -> str:
    deck = chapter.deck
    if not deck.questions:
        return "planned"
    return f"{count(len(deck.questions), 'question')}, {count(deck.cards, 'card')}"
