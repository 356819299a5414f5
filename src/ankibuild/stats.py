"""What is in the decks, in numbers: counts, lengths, how much asks why, how much is proven."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from statistics import median

from msgspec import Struct, to_builtins

from ankibuild.collection import Collection
from ankibuild.curriculum import LEVELS
from ankibuild.kinds import Question
from ankibuild.kinds.basic import Basic
from ankibuild.project import Placed, Project, topic_of
from ankibuild.rules.prose import words
from ankibuild.words import count

#: A front that asks for a reason, a condition or a comparison, and not for a name or a number.
_WHY = re.compile(
    r"\b(why|when|how does|how do|what happens|what goes wrong|compared?|differ|differs|difference"
    r"|instead of|rather than|in what sense|what makes|what limits|what protects)\b",
    re.IGNORECASE,
)


class Line(Struct, frozen=True):
    """Numbers of one deck, kind or level.

    ``answer`` is the median length of the answers of basic questions, in words (0 without any),
    ``why`` the share of fronts that ask for a reason, a condition or a comparison.
    """

    name: str
    questions: int
    cards: int
    answer: float
    why: float
    checked: float


class Stats(Struct, frozen=True):
    """Lines by deck, by kind, by level, and of everything; figures shown."""

    decks: tuple[Line, ...]
    kinds: tuple[Line, ...]
    levels: tuple[Line, ...]
    total: Line
    figures: int


class _Fact(Struct, frozen=True):
    deck: str
    level: str
    question: Question
    cards: int


def stats(project: Project, collection: Collection) -> Stats:
    """Count what a project holds; pure."""
    cards = {head.id: len(head.cards) for head in collection.shelf.heads()}
    facts = [
        _Fact(
            placed.slot.deck.partition("::")[2],
            _level(project, placed, entry.question),
            entry.question,
            cards.get(entry.question.id, 0),
        )
        for placed in project.banks
        for entry in placed.bank.entries
    ]
    return Stats(
        _lines(facts, lambda fact: fact.deck),
        _lines(facts, lambda fact: fact.question.kind),
        _lines(facts, lambda fact: fact.level),
        _line("all", facts),
        len(collection.media),
    )


def _level(project: Project, placed: Placed, question: Question) -> str:
    topic = topic_of(project, placed, question)
    return LEVELS[topic.level] if topic else "no level"


def _lines(facts: list[_Fact], group: Callable[[_Fact], str]) -> tuple[Line, ...]:
    names = Counter(group(fact) for fact in facts)
    return tuple(_line(name, [fact for fact in facts if group(fact) == name]) for name in names)


def _line(name: str, facts: list[_Fact]) -> Line:
    questions = [fact.question for fact in facts]
    answers = [words(question.a) for question in questions if isinstance(question, Basic)]
    return Line(
        name,
        len(questions),
        sum(fact.cards for fact in facts),
        float(median(answers)) if answers else 0.0,
        _share(asks_why(question) for question in questions),
        _share(question.kind == "code" or bool(question.verify) for question in questions),
    )


def _share(found: Iterable[bool]) -> float:
    values = list(found)
    return sum(values) / len(values) if values else 0.0


def asks_why(question: Question) -> bool:
    """Tell whether a front asks for a reason, a condition or a comparison."""
    return bool(_WHY.search(str(getattr(question, question.headline))))


#: Under the table: what the columns count that do not say so themselves.
_LEGEND = (
    "answer: median words (basic); why: fronts that ask for a reason or a comparison;"
    " with a check: a program checks it"
)


def table(found: Stats) -> str:
    """Write statistics as tables for a terminal."""
    groups = [("deck", found.decks), ("kind", found.kinds), ("level", found.levels)]
    width = max(len(line.name) for _, group in groups for line in group) if found.decks else 5
    head = "questions  cards  answer  why  with a check"
    blocks = [
        "\n".join([f"{title:<{width}}  {head}", *(_row(line, width) for line in group)])
        for title, group in [*groups, ("", (found.total,))]
        if group
    ]
    return "\n\n".join(blocks) + f"\n\n{_LEGEND}\n{count(found.figures, 'figure')}\n"


def _row(line: Line, width: int) -> str:
    answer = f"{line.answer:.4g}" if line.answer else "–"
    return (
        f"{line.name:<{width}}  {line.questions:>9}  {line.cards:>5}  {answer:>6}"
        f"  {line.why:>3.0%}  {line.checked:>12.0%}"
    )


def as_data(found: Stats) -> dict[str, object]:
    """Give statistics as plain data for ``--json``."""
    data: dict[str, object] = to_builtins(found)
    return data


def cards_by_deck(collection: Collection) -> dict[str, int]:
    """Count cards by deck, in the order in which a learner meets them."""
    found: dict[str, int] = {}
    for head in sorted(collection.shelf.heads(), key=lambda head: head.due):
        found[head.deck] = found.get(head.deck, 0) + len(head.cards)
    return found
