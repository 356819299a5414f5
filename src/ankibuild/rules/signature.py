"""What a question asks, as numbers that can be compared with those of all others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

from ankibuild.bank import Bank
from ankibuild.kinds.base import Question
from ankibuild.kinds.code import Code
from ankibuild.rules.base import Front
from ankibuild.rules.prose import EMPTY, MATH, WORDS, front, stem, without_gaps

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


def fronts(bank: Bank) -> Iterator[Front]:
    """Give what the questions of a bank ask, in a form that can be compared with all others."""
    for entry in bank.entries:
        own = _signature(entry.question)
        shorter = tuple(map(_number, _without_one(own)))
        yield Front(entry.question.id, _number(own), shorter)


def _number(signature: Signature) -> int:
    return int.from_bytes(blake2b("\0".join(signature).encode(), digest_size=8).digest())


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
