"""The project as it will be, beside the one that is: written, loaded, and rid of what is wrong."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate

from msgspec import Struct, field

from ankibuild import workflow
from ankibuild.cache import Memory
from ankibuild.curriculum import SourceWork
from ankibuild.diagnostics import Diagnostic, errors, render
from ankibuild.disk import is_linked
from ankibuild.importer.append import append
from ankibuild.importer.arc import NewBank, NewPart, without
from ankibuild.importer.report import Reason
from ankibuild.importer.settle import Stage
from ankibuild.importer.write import entry, require_same
from ankibuild.paths import CACHE, CURRICULUM, SOURCES
from ankibuild.typeset.typesetter import Typesetter
from ankibuild.workflow import Workspace, replace_text

#: How often checking may find something more, once what it found before has been left out.
_ROUNDS = 9
#: A word without a dot is taken too, as a whole: a search would look into it at each letter.
_FILE = re.compile(r"[a-z0-9-]++(?:\.[a-z0-9]+)?")


class Wanted(Struct, frozen=True):
    """What is to come: parts, sources, and names of media, which lie in the stage's ``media``."""

    parts: tuple[NewPart, ...]
    sources: tuple[SourceWork, ...]
    media: frozenset[str]


class Checked(Struct, frozen=True):
    """What can come.

    ``new`` are paths of files that are not there yet, ``edited`` are paths and what was read
    there; ``left`` says by the number of a note why its question makes an error, ``unused`` are
    media that nothing shows after all; ``warnings`` counts what `check` says of the questions.
    """

    parts: tuple[NewPart, ...]
    new: tuple[str, ...]
    edited: Mapping[str, bytes | None]
    left: Mapping[int, Reason]
    unused: frozenset[str]
    warnings: int


def check(wanted: Wanted, stage: Stage, memory: Memory, typesetter: Typesetter) -> Checked:
    """Write the project as it will be, load it, and leave out what makes an error.

    Raise RuntimeError, for a bug of ours, if that has no end or breaks what was there before.
    """
    future = _Future(wanted, stage, memory, typesetter)
    future.copy_project()
    return future.settle()


class _Future(Struct):
    """The project as it will be."""

    wanted: Wanted
    stage: Stage
    memory: Memory
    typesetter: Typesetter
    left: dict[int, Reason] = field(default_factory=dict)
    unused: set[str] = field(default_factory=set)

    def settle(self) -> Checked:
        """Leave out what makes an error, until nothing does."""
        for _ in range(_ROUNDS):
            parts = without(self.wanted.parts, self.left)
            new = self.write(parts)
            space = workflow.load(self.stage.tree, memory=self.memory, typesetter=self.typesetter)
            if not self.leave_out(parts, space):
                edited = {path: self.before(path) for path in self.edited}
                ours = frozenset(new)
                warnings = sum(problem.span.source.path in ours for problem in space.problems)
                unused = frozenset(self.unused)
                return Checked(parts, new, edited, self.left, unused, warnings)
        raise RuntimeError("what is wrong with an import has no end")

    def copy_project(self) -> None:
        """Lay links to the project's files; what is written later replaces a link."""
        for name in ("decks", "media"):
            source, target = self.stage.root / name, self.stage.tree / name
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True, copy_function=_link)
            target.mkdir(exist_ok=True)
        self.copy_memory()
        for name in self.wanted.media:
            os.replace(self.stage.folder / "media" / name, self.stage.tree / "media" / name)

    def copy_memory(self) -> None:
        """Lay links to what is remembered of the project; without it, only time is lost."""
        source, target = self.stage.root / CACHE, self.stage.tree / CACHE
        own = shutil.ignore_patterns(self.stage.folder.name)
        if not is_linked(source):
            with contextlib.suppress(OSError):
                shutil.copytree(source, target, symlinks=True, ignore=own, copy_function=_link)

    @property
    def edited(self) -> tuple[str, ...]:
        """Give the files that are appended to; the curriculum is what counts."""
        return (SOURCES, CURRICULUM) if self.wanted.sources else (CURRICULUM,)

    def before(self, path: str) -> bytes | None:
        """Read a file of the project; None if it is not there."""
        place = self.stage.root / path
        return place.read_bytes() if place.is_file() else None

    def write(self, parts: tuple[NewPart, ...]) -> tuple[str, ...]:
        """Write the new parts; give the paths of all new files."""
        for part in self.wanted.parts:
            shutil.rmtree(self.stage.tree / "decks" / part.id, ignore_errors=True)
        entries = {
            CURRICULUM: ("parts", [part.entry for part in parts]),
            SOURCES: ("sources", [_source(work) for work in self.wanted.sources]),
        }
        for path in self.edited:
            key, added = entries[path]
            text = append(path, self.before(path) or b"", key, added)
            replace_text(self.stage.tree / path, text)
        files = dict(_files(parts))
        for path, text in files.items():
            (self.stage.tree / path).parent.mkdir(exist_ok=True)
            replace_text(self.stage.tree / path, text)
        self.unused |= self.wanted.media.difference(*(map(_names_in, files.values())))
        for name in self.unused:
            (self.stage.tree / "media" / name).unlink(missing_ok=True)
        figures = sorted(self.wanted.media - self.unused)
        return (*(f"media/{name}" for name in figures), *files)

    def leave_out(self, parts: tuple[NewPart, ...], space: Workspace) -> bool:
        """Note what makes an error; tell whether something does."""
        banks = {path_of(part, bank): bank for part in parts for bank in part.banks}
        others: list[Diagnostic] = []
        before = len(self.left) + len(self.unused)
        for problem in errors(space.problems):
            path = problem.span.source.path
            name = path.removeprefix("media/")
            if path in banks:
                number = _note_at(banks[path], problem.span.start)
                why = f"`check` refuses it, {problem.rule}"
                self.left.setdefault(number, Reason(why, problem.message))
            elif problem.rule == "unused-media" and name in self.wanted.media:
                self.unused.add(name)
            else:
                others.append(problem)
        self.require_known(others)
        return len(self.left) + len(self.unused) > before

    def require_known(self, others: list[Diagnostic]) -> None:
        """Raise RuntimeError if we made an error where nothing of ours is."""
        if not others:
            return
        space = workflow.load(self.stage.root, typesetter=self.typesetter)
        known = {(p.rule, p.span.source.path, p.message) for p in errors(space.problems)}
        made = [p for p in others if (p.rule, p.span.source.path, p.message) not in known]
        if any(problem.rule != "unused-media" for problem in made):
            raise RuntimeError(f"the import would break the project:\n{render(made)}")


def _names_in(text: str) -> set[str]:
    """Give whatever in a text may be the name of a file that came in."""
    return {name for name in _FILE.findall(text) if "." in name}


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a disk without links
        shutil.copy2(source, target, follow_symlinks=False)


def path_of(part: NewPart, bank: NewBank) -> str:
    """Give a bank's path below the project's root."""
    return f"decks/{part.id}/{bank.file}"


def _files(parts: tuple[NewPart, ...]) -> Iterator[tuple[str, str]]:
    """Give the paths and the texts of the files of new parts."""
    for part in parts:
        yield f"decks/{part.id}/part.yaml", part.topics
        for bank in part.banks:
            text = bank.text
            require_same(text, (one.fields for one in bank.drafts))
            yield path_of(part, bank), text


def _source(work: SourceWork) -> str:
    names = [name for name in SourceWork.__struct_fields__ if name not in ("id", "kind")]
    values = {name: value for name in names if (value := getattr(work, name))}
    return entry((work.kind, work.id), values, names)


def _note_at(bank: NewBank, offset: int) -> int:
    """Give the number of the note whose question stands at an offset of a bank."""
    lengths = [len(one.text) + 1 for one in bank.drafts]
    first = len(bank.text) + 1 - sum(lengths)
    starts = list(accumulate(lengths[:-1], initial=first))
    return bank.drafts[max(0, bisect_right(starts, offset) - 1)].number
