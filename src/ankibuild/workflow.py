"""What the commands do, from a folder to files: load, check, build, new."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from ankibuild import packages, released
from ankibuild import project as projects
from ankibuild.cache import Memory, Store, key
from ankibuild.collection import gather, unused
from ankibuild.curriculum import Curriculum, Slot
from ankibuild.diagnostics import Diagnostic, Source, Span, did_you_mean, errors, sort
from ankibuild.disk import guard_links, is_linked, replace
from ankibuild.examine import examine_all
from ankibuild.files import read_bytes
from ankibuild.outputs import EXPORTS
from ankibuild.packages import Product
from ankibuild.paths import CACHE
from ankibuild.project import Project
from ankibuild.released import Ledger
from ankibuild.rules import Subject, allowed, check_arc

if TYPE_CHECKING:
    from ankibuild.kinds import Question
    from ankibuild.typeset.typesetter import Typesetter

#: Bytes of a ledger that is read: some hundred thousand notes.
LARGEST_LEDGER = 50_000_000


class Workspace(Struct, frozen=True):
    """A project with everything that is known of it. ``subject`` is None if it cannot be read.

    ``typeset`` tells whether its formulas were typeset, and not only looked at.
    """

    root: Path
    subject: Subject | None
    problems: tuple[Diagnostic, ...]
    typeset: bool = True

    @property
    def sound(self) -> bool:
        """Tell whether nothing stops a build."""
        return self.subject is not None and not errors(self.problems)


def load(
    root: Path,
    *,
    large_change: bool = False,
    memory: Memory | None = None,
    typesetter: Typesetter | None = None,
    jobs: int = 1,
) -> Workspace:
    """Load a project and check everything. What is remembered of earlier runs is not done again.

    With a ``memory``, a process that loads again and again does only what has changed; a
    ``typesetter`` is kept running. ``jobs`` is how many processes there may be.

    What an author wrote is never an exception. Raises OSError if the folder cannot be listed.
    """
    kept = memory or Memory()
    kept.turn()
    project, problems = projects.outline(root, kept)
    if project is None:
        return Workspace(root, None, sort(problems))
    banks = examine_all(project, memory, typesetter, jobs=jobs)
    ledger, damaged = read_ledger(root)
    used = {name for bank in banks for name in bank.images}
    subject = Subject(
        project,
        gather(project, (bank.page for bank in banks if bank.page), used),
        ledger,
        large_change,
        tuple(bank.fronts for bank in banks),
        frozenset(name for bank in banks for name in bank.retired),
    )
    said = (*problems, *damaged, *_across(subject), *unused(project, used))
    found = [problem for problem in said if not allowed(problem)]
    found += [problem for bank in banks for problem in bank.problems]
    if any(problem.rule != "unused-media" for problem in errors(found)):
        # A question that could not be read may be the one that shows the figure.
        found = [problem for problem in found if problem.rule != "unused-media"]
    return Workspace(root, subject, sort(found), all(bank.typeset for bank in banks))


def _across(subject: Subject) -> Iterator[Diagnostic]:
    """Report what only shows when all banks are seen."""
    if subject.repeated:
        yield from projects.duplicates(subject.project.banks)
    yield from check_arc(subject)


def read_ledger(root: Path) -> tuple[Ledger, tuple[Diagnostic, ...]]:
    """Read what has been released; nothing has been if there is no ledger.

    A ledger that is there and cannot be read is a problem: a release would forget what it says.
    """
    if not os.path.lexists(root / released.PATH):
        return Ledger(), ()
    data = read_bytes(root, released.PATH, LARGEST_LEDGER)
    if not isinstance(data, bytes):
        return Ledger(), data.problems
    if len(data) > LARGEST_LEDGER:
        return Ledger(), (_too_large(),)
    # What is not UTF-8 is damaged, and so is the line that it stands on.
    return released.parse(Source(released.PATH, data.decode("utf-8", "replace")))


def _too_large() -> Diagnostic:
    message = f"this file is larger than {LARGEST_LEDGER // 1_000_000} MB"
    help_text = f"no release writes so much; restore it: `git checkout -- {released.PATH}`"
    span = Span(Source(released.PATH, ""), 0, 0)
    return Diagnostic("file-too-large", message, span, help=help_text)


# ------------------------------------------------------------------ packages, other formats


def build(
    subject: Subject, dist: Path, slots: Iterable[Slot] = (), *, jobs: int = 1
) -> tuple[Product, ...]:
    """Write packages into ``dist``; see :func:`ankibuild.packages.write`."""
    return packages.write(subject, dist, slots, jobs=jobs)


def export(subject: Subject, form: str, dest: Path) -> tuple[Path, ...]:
    """Write a project in one of ``EXPORTS``; returns the files.

    Raises RefusedError if ``dest`` is not a folder to write into, and OSError.
    """
    guard_links(subject.project.root, dest)
    try:
        return EXPORTS[form](subject, dest)
    except ValueError as error:
        raise RefusedError(str(error)) from None


def find_slot(arc: Curriculum, word: str) -> Slot | None:
    """Find a planned deck by its bank's id, with or without number, its path, or a topic."""
    plain = word.removeprefix("./")
    for slot in arc.slots:
        names = {slot.id, slot.id[3:], slot.path, slot.plan.bank, *slot.plan.topics}
        if plain in names:
            return slot
    return None


def slot_of(arc: Curriculum, word: str) -> Slot:
    """Give the planned deck that a word stands for, as ``find_slot``. Raises NoTopicError."""
    slot = find_slot(arc, word)
    if slot is None:
        guess = did_you_mean(word, slot_names(arc))
        ways = "name a bank (`batchnorm`), its file, or a topic of the curriculum"
        raise NoTopicError(word, f"there is no topic `{word}`\n{guess or ways}")
    return slot


def slot_names(arc: Curriculum) -> tuple[str, ...]:
    """Give what ``find_slot`` understands, for suggestions."""
    return tuple(name for slot in arc.slots for name in (slot.id[3:], slot.id, *slot.plan.topics))


# ------------------------------------------------------------------ refusing and writing


class RefusedError(Exception):
    """A request that cannot be carried out; the text says why and what to do instead."""


class NoTopicError(RefusedError):
    """A ``word`` stands for no planned deck."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    try:
        # Whatever has this name already is in the way, and may be a link.
        beside.unlink(missing_ok=True)
        beside.write_text(text, encoding="utf-8", newline="")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_file(root: Path, path: str, text: str) -> Path:
    """Write a file of a project whole or not at all; missing folders are made.

    Raises RefusedError if a link leads out of the project, and OSError.
    """
    place = root / path
    if not Path(os.path.realpath(place)).is_relative_to(os.path.realpath(root)):
        message = f"`{path}` is behind a link to somewhere outside the project"
        raise RefusedError(f"{message}\nput in its place what it leads to")
    place.parent.mkdir(parents=True, exist_ok=True)
    replace_text(place, text)
    return place


# ------------------------------------------------------------------ for editors


def keep_schemas(subject: Subject) -> None:
    """Write the schemas of a project where its editor settings look for them; they can be lost."""
    project, folder = subject.project, subject.project.root / CACHE
    if is_linked(folder):
        return
    tags = subject.collection.shelf.tags
    store, named = Store(project.root, "schemas"), key("schemas", project.context, sorted(tags))
    texts = store.get(named, dict[str, str]) if project.context else None
    if texts is None:
        from ankibuild.schema import files, known

        texts = files(known(project, tags))
        store.put(named, texts)
        store.sweep()
    for name, text in texts.items():
        path = folder / name
        with contextlib.suppress(OSError):
            if path.is_symlink() or not path.is_file() or path.read_bytes() != text.encode():
                replace(path, text.encode())


# ------------------------------------------------------------------ new


def new_question(
    project: Project, kind: type[Question], slot: Slot, name: str | None
) -> tuple[Path, str, int]:
    """Append a question to write to a bank. Gives the file, the id, and the question's line.

    Without a ``name``, an id is proposed. Raises RefusedError if ``name`` is taken
    or a link leads out of the project, and OSError.
    """
    from ankibuild.schema import fresh_id, skeleton
    from ankibuild.source.edit import append_item

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
    write_file(project.root, slot.path, text)
    return path, chosen, text[: text.index(f"- {kind.kind}: {chosen}")].count("\n") + 1


def empty_bank(slot: Slot) -> str:
    """Give a bank without questions, titled like its deck."""
    return f"title: {slot.plan.deck[3:]}\n\nquestions:\n"
