"""Whole deck repositories, each question beside what must arrive in Anki; see :mod:`prosemodel`."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import strategies as st

from prosemodel import (
    CODE,
    FIGURES,
    GAPPED,
    PROGRAMS,
    TEXT,
    WORDS,
    Said,
    around,
    joined,
    numbers,
)

NOTHING = Said("", ())


@dataclass(frozen=True)
class Asked:
    """A question: its lines of YAML, and what its note must be; ``cards`` count from 0.

    ``answer`` is a plain text that must arrive letter by letter, if there is one.
    """

    kind: str
    yaml: str
    front: Said
    back: Said = NOTHING
    hint: Said = NOTHING
    extra: Said = NOTHING
    cards: tuple[int, ...] = (0,)
    answer: str | None = None
    tags: tuple[str, ...] = ()
    guid: str = ""
    at: str = ""
    covers: bool = False


@dataclass(frozen=True)
class Project:
    """An arc of parts with decks; a deck is the questions of one bank."""

    title: str
    parts: tuple[tuple[tuple[Asked, ...], ...], ...]
    bank_tags: tuple[str, ...] = ()
    figures: frozenset[str] = field(default=frozenset())

    @property
    def decks(self) -> list[tuple[int, int, tuple[Asked, ...]]]:
        """Part, deck and questions, in the order of the arc; the numbers count from 1."""
        return [
            (p, d, deck) for p, decks in enumerate(self.parts, 1) for d, deck in enumerate(decks, 1)
        ]


# ------------------------------------------------------------------ questions


def _field(name: str, text: str) -> str:
    return f"{name}: |\n{textwrap.indent(text, '  ', lambda _: True)}\n"


def _listed(name: str, texts: list[str]) -> str:
    items = "".join(f"  - |\n{textwrap.indent(text, '    ', lambda _: True)}\n" for text in texts)
    return f"{name}:\n{items}"


def _folded(label: str, parts: list[Said]) -> Said:
    """Give what folded pieces show: a label with its number before each."""
    many = len(parts) > 1
    labels = [f"{label} {n} of {len(parts)}" if many else label for n in range(1, len(parts) + 1)]
    return joined(
        [around(p, "", "", first=f"{n} ") for n, p in zip(labels, parts, strict=True)], ""
    )


@st.composite
def basic(draw: st.DrawFn) -> Asked:
    q, a = draw(TEXT), draw(TEXT)
    return Asked("basic", _field("q", q.markdown) + _field("a", a.markdown), q, a)


@st.composite
def reversed_(draw: st.DrawFn) -> Asked:
    term, meant = draw(TEXT), draw(TEXT)
    yaml = _field("term", term.markdown) + _field("definition", meant.markdown)
    return Asked("reversed", yaml, term, meant, cards=(0, 1))


@st.composite
def cloze(draw: st.DrawFn) -> Asked:
    text = draw(GAPPED)
    cards = tuple(sorted(number - 1 for number in numbers(text.words)))
    return Asked("cloze", _field("text", text.markdown), text, cards=cards)


@st.composite
def typein(draw: st.DrawFn) -> Asked:
    q, answer = draw(TEXT), draw(CODE.filter(lambda code: not {"$", "`"} & set(code)) | WORDS)
    yaml = _field("q", q.markdown) + _field("answer", answer)
    return Asked("typein", yaml, q, Said("", (answer,)), answer=answer)


@st.composite
def code(draw: st.DrawFn) -> Asked:
    q, program = draw(TEXT), draw(st.sampled_from(PROGRAMS))
    output = "\n".join(draw(st.lists(CODE | WORDS, min_size=1, max_size=3)))
    yaml = _field("q", q.markdown) + _field("program", program) + _field("output", output)
    front = joined([q, Said("", (program,), blocks=(program,))], "")
    back = Said("", (output,), (), (output,))
    return Asked("code", yaml, front, back)


@st.composite
def steps(draw: st.DrawFn) -> Asked:
    q, lines = draw(TEXT), draw(st.lists(TEXT, min_size=2, max_size=4))
    yaml = _field("q", q.markdown) + _listed("lines", [line.markdown for line in lines])
    return Asked("steps", yaml, q, _folded("Step", lines))


@st.composite
def exercise(draw: st.DrawFn) -> Asked:
    q, a = draw(TEXT), draw(TEXT)
    hints, rubric = (draw(st.lists(TEXT, max_size=3)) for _ in range(2))
    yaml = _field("q", q.markdown) + _field("a", a.markdown)
    yaml += _listed("hints", [hint.markdown for hint in hints]) if hints else ""
    yaml += _listed("rubric", [check.markdown for check in rubric]) if rubric else ""
    checks = [Said("", ("Check your own:",)), *rubric] if rubric else []
    front = joined([q, _folded("Hint", hints)], "")
    return Asked("exercise", yaml, front, joined([a, *checks], ""))


VALUES = st.integers(-99, 99).map(str) | st.sampled_from(["x", "1/2", "3.5", "é", "שלום"])


@st.composite
def drill(draw: st.DrawFn) -> Asked:
    q, a = draw(TEXT), draw(TEXT)
    rows = draw(st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=3))
    given = "".join(f"  - {{x: {x}, y_1: {y}}}\n" for x, y in rows)
    yaml = _field("q", f"{q.markdown}\n\nOf @{{x}} and $@{{y_1}}$?")
    yaml += _field("a", f"{a.markdown}\n\nIt is @{{ x }}") + f"given:\n{given}"
    front = joined([joined([q, Said("", (f"Of {x} and \\({y}\\)?",))], "") for x, y in rows], "")
    back = joined([joined([a, Said("", (f"It is {x}",))], "") for x, _ in rows], "")
    return Asked("drill", yaml, front, back)


KINDS: dict[str, Callable[[], st.SearchStrategy[Asked]]] = {
    "basic": basic,
    "reversed": reversed_,
    "cloze": cloze,
    "typein": typein,
    "code": code,
    "steps": steps,
    "exercise": exercise,
    "drill": drill,
}
TAGS = st.lists(st.sampled_from(["a", "b-2", "x::y", "gradient-descent"]), unique=True, max_size=2)
PLACES = st.sampled_from(["", "", "0:05", "12:34", "§3.2", "p. 14", "0:05, eq. 5"])


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """Draw a question of any kind, with any of what all kinds may have."""
    asked = draw(st.sampled_from(sorted(KINDS)).flatmap(lambda kind: KINDS[kind]()))
    hint, extra = (draw(st.none() | TEXT) for _ in range(2))
    tags, guid, at = draw(TAGS), draw(st.sampled_from(["", "", "Ab{}|~", "old guid"])), draw(PLACES)
    covers = draw(st.booleans())
    yaml = asked.yaml
    yaml += _field("hint", hint.markdown) if hint else ""
    yaml += _field("extra", extra.markdown) if extra else ""
    yaml += f"tags: [{', '.join(tags)}]\n" if tags else ""
    yaml += f"at: {at}\n" if at else ""
    return replace(
        asked,
        yaml=yaml,
        hint=hint or NOTHING,
        extra=extra or NOTHING,
        tags=tuple(tags),
        guid=guid,
        at=at,
        covers=covers,
    )


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Draw one to four decks in one or two parts, with the figures that they show."""
    counts = draw(st.sampled_from([(1,), (2,), (1, 1), (1, 2), (2, 2)]))
    decks = st.lists(questions(), min_size=1, max_size=5).map(tuple)
    parts = tuple(tuple(draw(decks) for _ in range(count)) for count in counts)
    every = [asked for part in parts for deck in part for asked in deck]
    texts = [text for asked in every for text in (asked.front, asked.back, asked.hint, asked.extra)]
    figures = frozenset(name for text in texts for name in text.figures)
    title = draw(st.sampled_from(["Arc", "Мир", "Σ of all", "Été 🙂"]))
    return Project(title, parts, tuple(draw(TAGS)), figures)


# ------------------------------------------------------------------ on the disk

_CURRICULUM = """\
title: {title}
namespace: {namespace}
license: CC BY 4.0
description: An arc for a test.
parts:
"""
_SOURCES = """\
sources:
  - video: lecture
    title: A lecture & more
    url: https://example.org/watch?v=abc
"""


def name_of(part: int, deck: int, number: int) -> str:
    """Give the id of a question by its place in the arc."""
    return f"q-{part}-{deck}-{number}"


def lay_down(project: Project, root: Path, namespace: str) -> None:
    """Write a project into a folder."""
    title = f"{project.title} {namespace}"
    curriculum = _CURRICULUM.format(title=title, namespace=namespace)
    for p, decks in enumerate(project.parts, 1):
        curriculum += f"  - part: 0{p}-part\n    deck: 0{p} Part\n    title: Part {p}\n    decks:\n"
        topics = "topics:\n"
        for d, deck in enumerate(decks, 1):
            curriculum += (
                f"      - {{deck: 0{d} Deck, bank: 0{d}-bank.yaml, topics: [t-{p}-{d}]}}\n"
            )
            topics += f"  - topic: t-{p}-{d}\n    title: Topic\n    level: {d}\n    items:\n"
            topics += f"      - concept: t-{p}-{d}.all\n        ask: All of it.\n"
            _write(root / f"decks/0{p}-part/0{d}-bank.yaml", _bank(project, namespace, p, d, deck))
        _write(root / f"decks/0{p}-part/part.yaml", topics)
    _write(root / "decks/curriculum.yaml", curriculum)
    _write(root / "decks/sources.yaml", _SOURCES)
    for name in project.figures:
        _write(root / "media" / name, FIGURES[name])


def _bank(project: Project, namespace: str, p: int, d: int, deck: tuple[Asked, ...]) -> str:
    tags = f"tags: [{', '.join(project.bank_tags)}]\n" if project.bank_tags else ""
    head = f"title: Bank {p} {d}\nsource: lecture\n{tags}\nquestions:\n"
    return head + "".join(
        _entry(asked, name_of(p, d, n), namespace, f"t-{p}-{d}.all")
        for n, asked in enumerate(deck, 1)
    )


def _entry(asked: Asked, name: str, namespace: str, item: str) -> str:
    yaml = f"{asked.kind}: {name}\n{asked.yaml}"
    yaml += f"covers: [{item}]\n" if asked.covers else ""
    yaml += f"guid: {guid_of(asked, name, namespace)}\n" if asked.guid else ""
    return "\n  - " + textwrap.indent(yaml, "    ").lstrip()


def guid_of(asked: Asked, name: str, namespace: str) -> str:
    """Give the guid that a question was given; empty if it was given none."""
    return f"{asked.guid} {namespace} {name}" if asked.guid else ""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
