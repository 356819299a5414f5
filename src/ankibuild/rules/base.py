"""What a rule is, and how all of them are run."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from ankibuild.collection import Collection
from ankibuild.diagnostics import Diagnostic, Source, Span
from ankibuild.project import Project
from ankibuild.released import PATH, Changes, Ledger, compare


@dataclass(frozen=True)
class Subject:
    """What rules look at. ``large_change`` says that a change of many notes is meant."""

    project: Project
    collection: Collection
    ledger: Ledger = field(default_factory=Ledger)
    large_change: bool = False

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


def rule(function: Rule) -> Rule:
    """Register a rule under its function's name, with hyphens."""
    RULES[function.__name__.replace("_", "-")] = function
    return function


def load_rules() -> dict[str, Rule]:
    """Give every rule by name; a new file in this folder needs no other line."""
    from ankibuild import rules

    for module in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{module.name}")
    return RULES


def check(subject: Subject) -> tuple[Diagnostic, ...]:
    """Run all rules."""
    return tuple(problem for one in load_rules().values() for problem in one(subject))


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
