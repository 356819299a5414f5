"""What a rule is, and how all of them are run."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import NamedTuple

from ankibuild.collection import Collection
from ankibuild.diagnostics import Diagnostic, Source, Span
from ankibuild.project import Project
from ankibuild.released import PATH, Changes, Ledger, compare


class Front(NamedTuple):
    """What a question asks, as one number, and as numbers of it with one word less each."""

    id: str
    own: int
    shorter: tuple[int, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What rules look at. ``large_change`` says that a change of many notes is meant.

    ``retired`` are the ids that banks list as retired; ``contents`` names what is in each deck, by
    content and by the deck's name.
    """

    project: Project
    collection: Collection
    ledger: Ledger = field(default_factory=Ledger)
    large_change: bool = False
    fronts: tuple[Front, ...] = ()
    retired: frozenset[str] = frozenset()
    contents: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def changes(self) -> Changes:
        """What has changed since the last release."""
        return compare(self.collection, self.ledger)

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


@cache
def load_rules() -> dict[str, Rule]:
    """Give every rule by name; a new file in this folder needs no other line."""
    from ankibuild import rules

    for module in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{module.name}")
    return RULES


def check_bank(subject: Subject) -> tuple[Diagnostic, ...]:
    """Run the rules about one bank on a subject that has just that one."""
    chosen = [one for name, one in load_rules().items() if name not in OF_ARC]
    return tuple(problem for one in chosen for problem in one(subject))


def check_arc(subject: Subject) -> tuple[Diagnostic, ...]:
    """Run the rules that have to see all banks."""
    chosen = [one for name, one in load_rules().items() if name in OF_ARC]
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
