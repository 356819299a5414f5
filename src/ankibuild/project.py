"""Finds and loads everything: a folder to a project and all that is wrong with it."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from msgspec import Struct, field
from msgspec.structs import replace

from ankibuild import media as figures
from ankibuild import style
from ankibuild.arc import load_arc
from ankibuild.cache import Lasting, Memory, key
from ankibuild.curriculum import Curriculum, Slot, SourceWork, Topic
from ankibuild.diagnostics import Diagnostic, Label, Source, Span, did_you_mean, suggest
from ankibuild.files import read_file
from ankibuild.media import MediaFile
from ankibuild.paths import CURRICULUM, SOURCES

if TYPE_CHECKING:
    from ankibuild.bank import Bank, Entry
    from ankibuild.kinds import Question


class Placed(Struct, frozen=True):
    """A bank and its place in the arc."""

    slot: Slot
    bank: Bank


class Shelf(Sequence[Placed]):
    """The banks of a project in order, read when they are first looked at."""

    def __init__(self, read: Callable[[], tuple[Placed, ...]]) -> None:
        self._read = read

    @cached_property
    def _banks(self) -> tuple[Placed, ...]:
        return self._read()

    def __len__(self) -> int:
        return len(self._banks)

    @overload
    def __getitem__(self, index: int) -> Placed: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Placed, ...]: ...
    def __getitem__(self, index: int | slice) -> Placed | tuple[Placed, ...]:
        """Give a bank, or some of them."""
        return self._banks[index]


class Project(Struct, frozen=True, dict=True):
    """A deck repository: the arc, its banks in order, its sources and figures, its own CSS.

    ``all_items`` and ``all_sources`` tell whether the lists of these could be read whole: else
    nobody is to blame for naming what is not in them. ``context`` names everything but the banks
    by content; it is empty if something is wrong with that.
    """

    root: Path
    curriculum: Curriculum
    banks: Sequence[Placed] = ()
    sources: Mapping[str, SourceWork] = field(default_factory=dict)
    media: Mapping[str, MediaFile] = field(default_factory=dict)
    records: Mapping[str, Any] = field(default_factory=dict)
    style: str = ""
    all_items: bool = True
    all_sources: bool = True
    context: str = ""

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Every question by id, in the order of the arc."""
        return {e.question.id: e for placed in self.banks for e in placed.bank.entries}

    @cached_property
    def retired(self) -> frozenset[str]:
        """Ids that banks list as retired."""
        return frozenset(name for placed in self.banks for name in placed.bank.head.retired)


def load(root: Path, memory: Memory | None = None) -> tuple[Project | None, tuple[Diagnostic, ...]]:
    """Load a project, and all that is wrong with its form; nothing is rendered.

    Returns None beside at least one error when the curriculum cannot be read. With a ``memory``,
    only what has changed is read anew. Raises OSError only if the folder cannot be listed.
    """
    memory = memory or Memory()
    project, problems = outline(root, memory)
    if project is None:
        return None, problems
    read = [open_bank(root, slot, memory) for slot in files(project)]
    project = replace(project, banks=tuple(placed for placed, _ in read if placed))
    found = [problem for _, more in read for problem in more]
    named = [problem for placed in project.banks for problem in unknown_names(project, placed)]
    return project, (*problems, *found, *duplicates(project.banks), *named)


def outline(root: Path, memory: Memory) -> tuple[Project | None, tuple[Diagnostic, ...]]:
    """Load everything but the banks, which are read when they are looked at."""
    arc = load_arc(root, memory)
    if arc.curriculum is None:
        return None, arc.problems
    verdicts = Lasting(root, "media")
    media, faults = figures.load(root / "media", "media", memory, verdicts)
    verdicts.keep()
    records, damaged = figures.load_records(root / "media/src", "media/src")
    css, unsafe = style.load(root)
    # What a broken file lists is not known; who refers to it is not to blame.
    lost = () if arc.problems else tuple(_unlisted(root, arc.curriculum))
    shelf = Shelf(partial(_placed, root, arc.curriculum, memory))
    found = (*arc.problems, *arc.about_sources, *faults, *damaged, *unsafe)
    names = sorted((name, file.packed) for name, file in media.items())
    project = Project(
        root,
        arc.curriculum,
        shelf,
        arc.sources,
        media,
        records,
        css,
        all_items=not arc.problems,
        all_sources=not arc.about_sources,
        context="" if found else key("context", arc.content, names, css),
    )
    return project, (*found, *lost)


def files(project: Project) -> list[Slot]:
    """List the decks of the arc that have a bank, in order."""
    slots = {slot.path: slot for slot in project.curriculum.slots}.values()
    return [slot for slot in slots if os.path.lexists(project.root / slot.path)]


def open_bank(
    root: Path, slot: Slot, memory: Memory
) -> tuple[Placed | None, tuple[Diagnostic, ...]]:
    """Read the bank of a deck, and what is wrong with its form; None if it cannot be read."""
    # Takes long to import, and most banks are remembered.
    from ankibuild.bank import parse

    document = read_file(root, slot.path, memory)
    bank, problems = memory.of(("bank", document), partial(parse, document))
    return (Placed(slot, bank) if bank else None), problems


def _placed(root: Path, arc: Curriculum, memory: Memory) -> tuple[Placed, ...]:
    found = (open_bank(root, slot, memory)[0] for slot in files(Project(root, arc)))
    return tuple(placed for placed in found if placed)


def topic_of(project: Project, placed: Placed, question: Question) -> Topic | None:
    """Give the topic of the first item that a question covers, or else of its bank."""
    topics = project.curriculum.topics
    covered = (project.curriculum.topic_of.get(item) for item in question.covers)
    planned = (topics.get(name) for name in placed.slot.plan.topics)
    return next((topic for topic in (*covered, *planned) if topic), None)


# ------------------------------------------------------------------ across files


def _unlisted(root: Path, arc: Curriculum) -> Iterable[Diagnostic]:
    """Banks that no deck of the arc names."""
    listed = {slot.path for slot in arc.slots}
    for path in sorted((root / "decks").glob("**/*.y*ml")):
        shown = path.relative_to(root).as_posix()
        known = shown in listed or path.name == "part.yaml" or path.parent == root / "decks"
        if known or path.suffix not in (".yaml", ".yml"):
            continue
        lost = [name for name in listed if not os.path.lexists(root / name)]
        yield Diagnostic(
            "bank-in-no-arc",
            f"`{path.stem}` is in no arc",
            Span(Source(shown, ""), 0, 0),
            help=_way_into_the_arc(path, suggest(shown, lost)),
        )


def _way_into_the_arc(path: Path, meant: str | None) -> str:
    number, _, rest = path.stem.partition("-")
    name = (rest if number.isdigit() else path.stem).replace("-", " ").capitalize()
    digits = number if re.fullmatch(r"\d\d", number) else "01"
    added = (
        f"add it to the decks of its part in {CURRICULUM}:\n"
        f"- deck: {digits} {name}\n  bank: {path.stem}.yaml\n  topics: […]"
    )
    return f"rename it to `{meant}`, or {added}" if meant else added


def duplicates(banks: Sequence[Placed]) -> Iterator[Diagnostic]:
    """Report ids that two questions have."""
    seen: dict[str, Entry] = {}
    entries = (entry for placed in banks for entry in placed.bank.entries)
    again = [one for one in entries if seen.setdefault(one.question.id, one) is not one]
    taken = seen.keys() | {name for placed in banks for name in placed.bank.head.retired}
    numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(2))
    for entry in again:
        name = entry.question.id
        # An id has at most 64 characters.
        proposed = (f"{name[:60].rstrip('-')}-{number}" for number in numbers[name])
        free = next(one for one in proposed if one not in taken)
        yield Diagnostic(
            "duplicate-id",
            f"two questions are called `{name}`",
            entry.head,
            "second",
            f"remove it if it is a copy, or call the newer one `{free}`: ids are for ever",
            related=(Label(seen[name].head, "first"),),
        )


def unknown_names(project: Project, placed: Placed) -> Iterator[Diagnostic]:
    """Report items and sources that a bank names and that do not exist."""
    if project.all_items:
        yield from _unknown_items(project, placed)
    if project.all_sources:
        yield from _unknown_sources(project, placed.bank)


def _unknown_sources(project: Project, bank: Bank) -> Iterator[Diagnostic]:
    is_first = True
    if bank.head.source and bank.head.source not in project.sources:
        yield _unknown_source(project, bank.head.source, bank.span("source"), is_first)
        is_first = False
    for entry in bank.entries:
        name = entry.question.source
        if name and name not in project.sources:
            yield _unknown_source(project, name, entry.span(("source",)), is_first)
            is_first = False


def _unknown_items(project: Project, placed: Placed) -> Iterator[Diagnostic]:
    for entry in placed.bank.entries:
        for number, item in enumerate(entry.question.covers):
            if item not in project.curriculum.items:
                yield _unknown_item(project, placed, item, entry.span(("covers", number)))


def _unknown_source(project: Project, name: str, span: Span, is_first: bool) -> Diagnostic:
    """Say what could be meant; all that there is, once in a bank."""
    guess = did_you_mean(name, project.sources)
    known = tuple(project.sources)
    listed = f"sources are listed in {SOURCES}"
    if is_first and 0 < len(known) <= 12:
        listed += f": {', '.join(known)}"
    return Diagnostic(
        "unknown-source",
        f"there is no source called `{name}`",
        span,
        "",
        f"{guess}\n{listed}" if guess else listed,
    )


def _unknown_item(project: Project, placed: Placed, name: str, span: Span) -> Diagnostic:
    own = [
        item.id
        for topic in placed.slot.plan.topics
        if topic in project.curriculum.topics
        for item in project.curriculum.topics[topic].items
    ]
    guess = did_you_mean(name, own) or did_you_mean(name, project.curriculum.items)
    listed = f"items stand in decks/{placed.slot.part.id}/part.yaml"
    return Diagnostic(
        "unknown-item",
        f"the curriculum has no item `{name}`",
        span,
        "",
        f"{guess}\n{listed}" if guess else listed,
    )
