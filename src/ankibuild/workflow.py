"""What the commands do, from a folder to files: load, check, build, release, new."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ankibuild import project as projects
from ankibuild import released
from ankibuild.cache import Memory
from ankibuild.collection import Collection, collect, describe, subset
from ankibuild.curriculum import Curriculum, Slot
from ankibuild.diagnostics import Diagnostic, Source, errors, sort
from ankibuild.kinds import Question
from ankibuild.outputs import OUTPUTS
from ankibuild.project import Project
from ankibuild.released import Changes, Ledger, Release
from ankibuild.rules import Subject, allowed
from ankibuild.rules import check as check_rules
from ankibuild.schema import fresh_id, skeleton
from ankibuild.source import append_item


@dataclass(frozen=True)
class Workspace:
    """A project with everything that is known of it. ``subject`` is None if it cannot be read."""

    root: Path
    subject: Subject | None
    problems: tuple[Diagnostic, ...]

    @property
    def sound(self) -> bool:
        """Tell whether nothing stops a build."""
        return self.subject is not None and not errors(self.problems)


@dataclass(frozen=True)
class Product:
    """A package that was written."""

    path: Path
    notes: int
    cards: int


def load(root: Path, *, large_change: bool = False, memory: Memory | None = None) -> Workspace:
    """Load a project and check everything; with a ``memory``, anew only what has changed."""
    memory = memory or Memory()
    memory.turn()
    project, problems = projects.load(root, memory)
    if project is None:
        return Workspace(root, None, sort(problems))
    collection, more, _formulas = collect(project, memory)
    ledger, damaged = read_ledger(root)
    subject = Subject(project, collection, ledger, large_change)
    said = (*problems, *more, *damaged, *check_rules(subject))
    found = [problem for problem in said if not allowed(problem)]
    if any(problem.rule != "unused-media" for problem in errors(found)):
        # A question that could not be read may be the one that shows the figure.
        found = [problem for problem in found if problem.rule != "unused-media"]
    return Workspace(root, subject, sort(found))


def read_ledger(root: Path) -> tuple[Ledger, tuple[Diagnostic, ...]]:
    """Read what has been released; nothing has been if there is no ledger."""
    path = root / released.PATH
    # What is not UTF-8 is damaged, and so is the line that it stands on.
    text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
    return released.parse(Source(released.PATH, text))


def select(problems: Iterable[Diagnostic], paths: Iterable[str]) -> tuple[Diagnostic, ...]:
    """Keep the diagnostics of some files or folders; all of them if none are named."""
    wanted = tuple(path.rstrip("/") for path in paths)
    return tuple(
        problem
        for problem in problems
        if not wanted
        or any(
            problem.span.source.path == path or problem.span.source.path.startswith(f"{path}/")
            for path in wanted
        )
    )


# ------------------------------------------------------------------ build


def build(subject: Subject, dist: Path, slots: Iterable[Slot] = ()) -> tuple[Product, ...]:
    """Write packages into ``dist``: those of ``slots``, or the whole arc and one for each part."""
    collection = stamped(subject)
    chosen = tuple(slots)
    when = subject.ledger.preview_time
    if chosen:
        targets = [(dist / "topics" / f"{slot.id}.apkg", slot.deck) for slot in chosen]
    else:
        targets = list(_targets(subject.project, collection, dist))
    products = tuple(_write(subset(collection, deck), path, when) for path, deck in targets)
    if not chosen:
        _remove_stale(dist / "parts", {product.path for product in products})
    return products


def stamped(subject: Subject) -> Collection:
    """Give every note its stamp and every deck its version."""
    ledger = subject.ledger
    collection = released.stamp(subject.collection, ledger, ledger.preview_time)
    return describe(collection, released.version_line(subject.changes, ledger))


def _targets(project: Project, collection: Collection, dist: Path) -> Iterable[tuple[Path, str]]:
    title = project.curriculum.settings.title
    yield dist / f"{project.curriculum.settings.namespace}.apkg", title
    filled = {deck.name for deck in collection.decks}
    for part in project.curriculum.parts:
        if f"{title}::{part.deck}" in filled:
            yield dist / "parts" / f"{part.id}.apkg", f"{title}::{part.deck}"


def _write(collection: Collection, path: Path, when: int) -> Product:
    OUTPUTS["apkg"](collection, path, when)
    return Product(path, len(collection.notes), sum(len(n.cards) for n in collection.notes))


def _remove_stale(folder: Path, written: set[Path]) -> None:
    for path in folder.glob("*.apkg"):
        if path not in written:
            path.unlink()


def find_slot(arc: Curriculum, word: str) -> Slot | None:
    """Find a planned deck by its bank's id, with or without number, its path, or a topic."""
    plain = word.removeprefix("./")
    for slot in arc.slots:
        names = {slot.id, slot.id[3:], slot.path, slot.plan.bank, *slot.plan.topics}
        if plain in names:
            return slot
    return None


def slot_names(arc: Curriculum) -> tuple[str, ...]:
    """Give what ``find_slot`` understands, for suggestions."""
    return tuple(name for slot in arc.slots for name in (slot.id[3:], slot.id, *slot.plan.topics))


# ------------------------------------------------------------------ release


class RefusedError(Exception):
    """A request that cannot be carried out; the text says why and what to do instead."""


def version_key(version: str) -> tuple[int, ...]:
    """Give the numbers of ``1.2.0``. Raises RefusedError for anything else."""
    if not re.fullmatch(r"\d+(?:\.\d+){1,2}", version):
        raise RefusedError(f"`{version}` is not a version; write it as 1.2.0")
    numbers = [int(number) for number in version.split(".")]
    return tuple([*numbers, 0][:3])


def release(subject: Subject, root: Path, version: str, time: int, now: int) -> Changes:
    """Record a release of the project as it stands. Raises RefusedError.

    ``time`` is the release's, ``now`` the present, both in seconds since 1970: a stamp in the
    future would keep learners from receiving the next releases.
    """
    guard_order(subject.ledger, version, time, now)
    collection = released.stamp(subject.collection, subject.ledger, time)
    retired = subject.project.retired
    ledger = released.record(collection, subject.ledger, Release(version, time), retired)
    replace_text(root / released.PATH, released.dump(ledger))
    return subject.changes


def guard_order(ledger: Ledger, version: str, time: int, now: int) -> None:
    """Refuse a release that is not the next one. Raises RefusedError; arguments as `release`."""
    number = version_key(version)
    if time > now:
        raise RefusedError("a release cannot lie in the future; leave out --date for now")
    latest = ledger.latest
    if latest is None:
        return
    if number <= version_key(latest.release):
        raise RefusedError(f"{version} is not after {latest.release}, the latest release")
    if time <= latest.time:
        raise RefusedError(f"the latest release, {latest.release}, was on {latest.date}: go later")


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8", newline="")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


# ------------------------------------------------------------------ new


def new_question(
    project: Project, kind: type[Question], slot: Slot, name: str | None
) -> tuple[Path, str, int]:
    """Append a question to write to a bank. Gives the file, the id, and the question's line."""
    taken = frozenset(project.entries) | project.retired
    if name in taken:
        raise RefusedError(f"`{name}` is taken; every id names one question for ever")
    here = tuple(
        entry.question.id
        for placed in project.banks
        if placed.slot == slot
        for entry in placed.bank.entries
    )
    chosen = name or fresh_id(taken, here, slot.id[3:])
    path = project.root / slot.path
    with_newlines = path.read_bytes().decode("utf-8") if path.is_file() else empty_bank(slot)
    text = append_item(with_newlines, skeleton(kind, chosen))
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, text)
    return path, chosen, text[: text.index(f"- {kind.kind}: {chosen}")].count("\n") + 1


def empty_bank(slot: Slot) -> str:
    """Give a bank without questions, titled like its deck."""
    return f"title: {slot.plan.deck[3:]}\n\nquestions:\n"
