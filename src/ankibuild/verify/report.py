"""The record: how much of what could be proven is proven, by deck and by kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from msgspec import Struct

from ankibuild.kinds import Question
from ankibuild.project import Placed, Project
from ankibuild.verify.claims import Claim

#: Signs of a claim that a program could check: a digit, an equation, a piece of code.
_CHECKABLE = re.compile(r"\d|=|≈|<|>|```")
_ALWAYS = ("code", "drill")


class Row(Struct, frozen=True):
    """Counts of one deck or kind.

    ``checkable`` questions make a claim that a program could check, ``claimed`` ones bring the
    program, ``proven`` ones were run and hold.
    """

    name: str
    questions: int
    checkable: int
    claimed: int
    proven: int

    @property
    def share(self) -> float:
        """The share of checkable questions that are proven, from 0 to 1; 1 if there are none."""
        return self.proven / self.checkable if self.checkable else 1.0


class Report(Struct, frozen=True):
    """Rows by deck and by kind, and their sum."""

    decks: tuple[Row, ...]
    kinds: tuple[Row, ...]
    total: Row


def report(project: Project, proven: Iterable[Claim], failed: Iterable[Claim]) -> Report:
    """Count; a question is proven when all its claims were run and hold."""
    lost = {claim.entry.question.id for claim in failed}
    held = {claim.entry.question.id for claim in proven} - lost
    questions = [(placed, e.question) for placed in project.banks for e in placed.bank.entries]
    return Report(
        _rows(questions, lambda placed, _: placed.slot.deck.partition("::")[2], held),
        _rows(questions, lambda _, question: question.kind, held),
        _row("all", [question for _, question in questions], held),
    )


def checkable(question: Question) -> bool:
    """Tell whether a question makes a claim that a program could check."""
    if question.kind in _ALWAYS or question.verify:
        return True
    told = (getattr(question, name, None) for name in ("a", "answer", "definition", "text"))
    text = " ".join(str(part) for part in told if part)
    return bool(_CHECKABLE.search(re.sub(r"\{\{c\d+::", "", text)))


def claimed(question: Question) -> bool:
    """Tell whether a question brings a program that checks it."""
    return question.kind == "code" or question.verify is not None


Group = Callable[[Placed, Question], str]


def _rows(
    questions: list[tuple[Placed, Question]], group: Group, held: set[str]
) -> tuple[Row, ...]:
    names = Counter(group(placed, question) for placed, question in questions)
    return tuple(
        _row(name, [q for placed, q in questions if group(placed, q) == name], held)
        for name in names
    )


def _row(name: str, questions: list[Question], held: set[str]) -> Row:
    return Row(
        name,
        len(questions),
        sum(map(checkable, questions)),
        sum(map(claimed, questions)),
        sum(question.id in held for question in questions),
    )


def table(found: Report) -> str:
    """Write a report as a table for a terminal."""
    groups = (found.decks, found.kinds, (found.total,))
    width = max(len(row.name) for group in groups for row in group)
    head = f"{'':<{width}}  questions  checkable  proven  share"
    blocks = ["\n".join(_line(row, width) for row in group) for group in groups]
    return head + "\n" + "\n\n".join(blocks) + "\n"


def _line(row: Row, width: int) -> str:
    share = f"{row.share:>5.0%}"
    return f"{row.name:<{width}}  {row.questions:>9}  {row.checkable:>9}  {row.proven:>6}  {share}"
