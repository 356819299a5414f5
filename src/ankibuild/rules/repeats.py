"""The rule about two questions that ask the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import chain

from ankibuild.bank import Bank, Entry
from ankibuild.diagnostics import Diagnostic, Label
from ankibuild.kinds.base import Question
from ankibuild.kinds.code import Code
from ankibuild.rules.base import Front, Fronts, Subject, arc_rule
from ankibuild.rules.prose import EMPTY, MATH, WORDS, front, stem, warning, without_gaps

#: In a front with this many telling words, one of them more does not make another question.
LONG_FROM, LONG_TO = 9, 40
#: What differs in these is another question: a formula, a figure, a number, a piece of code.
_PART = re.compile(rf"({MATH}|!\[[^\]]{{0,999}}\]\(([^)]{{0,200}})\)|\w[\w'’-]*)", re.DOTALL)
_ADDS_NOTHING = re.compile(
    r"meaning|means?|purpose|define|definition|called|explain|describe|briefly|exactly|actually"
    r"|usually|typically|often|really|simply|general|generally|please|name|state|say"
)
_TURNS = frozenset(
    ["no", "not", "never", "without", "how", "why", "when", "where", "first", "second"]
)
Signature = tuple[str, ...]


@arc_rule
def similar_front(subject: Subject) -> Iterable[Diagnostic]:
    """Two questions ask nearly the same, in one bank or in two.

    Whoever learns both learns to tell the cards apart, not the answers. The order of words, small
    words and endings do not count; another formula, number, figure or program does.

    Bad:
    ```yaml
    questions:
      - {basic: x, q: What is the purpose of an activation function?, a: It bends.}
      - {basic: y, q: What is an activation function?, a: A nonlinearity.}
    ```
    Good:
    ```yaml
    questions:
      - {basic: x, q: Why does a network need an activation function?, a: It bends.}
      - {basic: y, q: What is an activation function?, a: A nonlinearity.}
    ```
    """
    seen: dict[int, Front] = {}
    fuller: dict[int, Front] = {}
    for one in _doubtful(subject.fronts):
        twin = _first(seen, (one.own, *one.shorter)) or fuller.get(one.own)
        if twin and twin.id != one.id:
            entries = subject.project.entries
            yield _repeats(entries[one.id], entries[twin.id])
        seen.setdefault(one.own, one)
        for part in one.shorter:
            fuller.setdefault(part, one)


def _doubtful(banks: tuple[Fronts, ...]) -> Iterator[Front]:
    """Give the fronts that have a number in common with another: few, if any."""
    owns: set[int] = set()
    shared: set[int] = set()
    for bank in banks:
        for number in bank.own:
            (shared if number in owns else owns).add(number)
    shared.update(*(owns.intersection(bank.shorter) for bank in banks))
    if shared:
        for one in chain.from_iterable(banks):
            if not shared.isdisjoint((one.own, *one.shorter)):
                yield one


def _first(known: dict[int, Front], wanted: Iterable[int]) -> Front | None:
    return next((known[one] for one in wanted if one in known), None)


def fronts(bank: Bank) -> Iterator[Front]:
    """Give what the questions of a bank ask, in a form that can be compared with all others."""
    for entry in bank.entries:
        own = _signature(entry.question)
        shorter = tuple(map(_number, _without_one(own)))
        yield Front(entry.question.id, _number(own), shorter)


def _number(signature: Signature) -> int:
    return int.from_bytes(blake2b("\0".join(signature).encode(), digest_size=8).digest())


def _repeats(entry: Entry, first: Entry) -> Diagnostic:
    headline = entry.question.headline
    return warning(
        "similar-front",
        f"this asks nearly the same as `{first.question.id}`",
        entry.span((headline,)).first_line(),
        "second",
        "drop one of the two, or say in each what sets it apart",
        (Label(first.span((first.question.headline,)).first_line(), "first"),),
    )


def _signature(question: Question) -> Signature:
    """Give what a front asks, as its telling words and formulas in alphabetical order."""
    text = front(question)
    if question.kind == "cloze":
        text = without_gaps(text)
    parts = sorted(filter(None, (_telling(*found) for found in _PART.findall(text))))
    return (*parts, question.program) if isinstance(question, Code) else tuple(parts)


@lru_cache(WORDS)
def _telling(part: str, figure: str) -> str:
    """Give what a word, formula or figure adds to a question; nothing if it adds nothing."""
    if part[0] in "$!":
        return figure or "".join(part.split())
    word = part.lower()
    return "" if word in EMPTY or _ADDS_NOTHING.fullmatch(word) else stem(word)


def _without_one(signature: Signature) -> Iterator[Signature]:
    """Give a long signature without each of its words in turn; what sets apart has to stay."""
    if LONG_FROM <= len(signature) <= LONG_TO:
        for at, part in enumerate(signature):
            if part.isalpha() and part not in _TURNS:
                yield signature[:at] + signature[at + 1 :]
