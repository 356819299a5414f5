"""What a rule is, and how all of them are run."""

from __future__ import annotations

import importlib
import pkgutil
import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from ankibuild.collection import Collection
from ankibuild.diagnostics import Diagnostic, Label, Source, Span
from ankibuild.notes import Head
from ankibuild.project import Project
from ankibuild.released import PATH, Changes, Ledger, ReleasedNote, compare


class Front(NamedTuple):
    """What a question asks, as one number, and as numbers of it with one word less each."""

    id: str
    own: int
    shorter: tuple[int, ...] = ()


class Fronts(Struct, frozen=True):
    """The fronts of a bank, held as numbers alone: those of ``own`` belong to ``ids``, in order.

    ``ends`` tells for each where its part of ``shorter`` ends. ``ids`` are lines of one text.
    """

    ids: str
    own: array[int]
    shorter: array[int]
    ends: array[int]

    @classmethod
    def of(cls, fronts: Iterable[Front]) -> Fronts:
        """Hold fronts."""
        made = cls("", array("Q"), array("Q"), array("L"))
        ids = []
        for front in fronts:
            ids.append(front.id)
            made.own.append(front.own)
            made.shorter.extend(front.shorter)
            made.ends.append(len(made.shorter))
        return replace(made, ids="\n".join(ids))

    def __iter__(self) -> Iterator[Front]:
        start = 0
        for name, own, end in zip(self.ids.split("\n"), self.own, self.ends, strict=False):
            yield Front(name, own, tuple(self.shorter[start:end]))
            start = end


class Subject(Struct, frozen=True, dict=True):
    """What rules look at. ``large_change`` says that a change of many notes is meant.

    ``fronts`` are those of each bank; ``retired`` are the ids that banks list as retired.
    """

    project: Project
    collection: Collection
    ledger: Ledger = field(default_factory=Ledger)
    large_change: bool = False
    fronts: tuple[Fronts, ...] = ()
    retired: frozenset[str] = frozenset()

    @cached_property
    def changes(self) -> Changes:
        """What has changed since the last release."""
        return compare(self.collection, self.ledger)

    @cached_property
    def repeated(self) -> frozenset[str]:
        """Ids and guids that are there twice; in rare cases, one too many."""
        return self.collection.shelf.repeated()

    @property
    def is_preview(self) -> bool:
        """Tell whether a package of it brings what is not released."""
        return self.ledger.latest is None or bool(self.changes.touched)

    @cached_property
    def released(self) -> tuple[tuple[Head, ReleasedNote], ...]:
        """The notes that were released, as they are and as learners have them."""
        known = self.ledger.notes
        heads = self.collection.shelf.heads() if known else ()
        return tuple((head, known[head.id]) for head in heads if head.id in known)

    @property
    def ledger_span(self) -> Span:
        """The ledger as a place, for what stands nowhere else."""
        return Span(Source(PATH, ""), 0, 0)


Rule = Callable[[Subject], Iterable[Diagnostic]]
RULES: dict[str, Rule] = {}
#: Names of the rules that have to see all banks.
OF_ARC: set[str] = set()


def rule(function: Rule) -> Rule:
    """Register a rule about what stands in one bank, under its function's name, with hyphens."""
    RULES[function.__name__.replace("_", "-")] = function
    return function


def arc_rule(function: Rule) -> Rule:
    """Register a rule that has to see all banks, as `rule` does.

    It reads notes and fronts, and asks for the entries of the project only when it has something
    to say: these have to be read for it.
    """
    OF_ARC.add(function.__name__.replace("_", "-"))
    return rule(function)


def warning(
    rule: str,
    message: str,
    span: Span,
    label: str,
    help_text: str,
    related: tuple[Label, ...] = (),
) -> Diagnostic:
    """Make a diagnostic that stops nothing."""
    return Diagnostic(rule, message, span, label, help_text, related, severity="warning")


@cache
def load_rules() -> dict[str, Rule]:
    """Give every rule by name; a new file in this folder or in ``arc`` needs no other line."""
    _load("ankibuild.rules")
    _load("ankibuild.rules.arc")
    return RULES


@cache
def _load(package: str) -> None:
    folder = importlib.import_module(package).__path__
    for module in pkgutil.iter_modules(folder):
        importlib.import_module(f"{package}.{module.name}")


def check_bank(subject: Subject) -> tuple[Diagnostic, ...]:
    """Run the rules about one bank on a subject that has just that one."""
    chosen = [one for name, one in load_rules().items() if name not in OF_ARC]
    return tuple(problem for one in chosen for problem in one(subject))


def check_arc(subject: Subject) -> tuple[Diagnostic, ...]:
    """Run the rules that have to see all banks."""
    _load("ankibuild.rules.arc")
    chosen = [RULES[name] for name in RULES if name in OF_ARC]
    return tuple(problem for one in chosen for problem in one(subject))


_ALLOW = re.compile(r"# ankibuild: allow ([\w-]+(?:,\s*[\w-]+)*)")
_ENTRY = re.compile(r"\s*- [a-z]+: ")


def allowed(problem: Diagnostic) -> bool:
    """Tell whether a comment on its line, or on the question's first line, allows a warning."""
    if problem.severity != "warning":
        return False
    source, number = problem.span.source, problem.span.line
    lines = [source.line(number)]
    while number > 0 and not _ENTRY.match(source.line(number)):
        number -= 1
    lines.append(source.line(number))
    names = [name for line in lines for found in _ALLOW.findall(line) for name in found.split(",")]
    return problem.rule in [name.strip() for name in names]
