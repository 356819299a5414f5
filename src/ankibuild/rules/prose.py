"""What the rules of the craft read: the texts of a question, their prose, words and gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from msgspec import Struct

from ankibuild.bank import Entry
from ankibuild.kinds.base import Place, Question
from ankibuild.project import Placed
from ankibuild.rules.base import Subject

SHOWN = ("q", "term", "text", "a", "definition", "answer", "hint", "extra")
LISTED = ("lines", "hints", "rubric")

#: Results that are remembered: of texts, as many as a bank holds, and of the words of a language.
TEXTS, WORDS = 1 << 10, 1 << 12
#: Stands for what is no prose, a character for a character, so that offsets carry over.
MASK = "■"
_CODE = r"```.*?```|`[^`]*`"
MATH = r"\$\$.*?\$\$|\$(?:\\.|[^$\\])*\$"
# Lengths are bounded, so that a text of marks that are never closed is read in linear time.
_FIGURE = r"!\[[^\]]{0,999}\]\([^)]{0,200}\)"
_REST = r"\]\([^)]{0,500}\)|@\{[^}]{0,99}\}|https?://\S+|</?[a-zA-Z][^<>]*>"
_NOT_PROSE = re.compile(rf"\\\$|{_CODE}|{MATH}|{_FIGURE}|{_REST}", re.DOTALL)
_NOT_WORDS = re.compile(rf"\\\$|{_CODE}|{MATH}|{_REST}", re.DOTALL)
_GAP = re.compile(r"\{\{c(\d{1,3})::((?:(?!\}\}|\{\{c\d).)*)\}\}", re.DOTALL)
_WORD = re.compile(r"\w[\w'’-]*")
_COUNTED = re.compile(rf"{_WORD.pattern}|{MASK}+")

_EMPTY = """
a an the this that these those it its they them their there here one ones and or but so as if of in
on at to from by for with into onto over under between than then is are was were be been being am do
does did has have had can could will would should may might must which what who whom whose you your
we our us i he she his her also only just very more most such both each all any some per via
"""
#: Words that say nothing by themselves; negations are not among them.
EMPTY = frozenset(_EMPTY.split())


def entries(subject: Subject) -> Iterator[tuple[Placed, Entry]]:
    """Give every question of a project with its bank, in order."""
    for placed in subject.project.banks:
        for entry in placed.bank.entries:
            yield placed, entry


def texts(question: Question) -> Iterator[tuple[Place, str]]:
    """Give every text that a learner reads, with its place."""
    one, several = _fields(type(question))
    for name in one:
        text = getattr(question, name)
        if text:
            yield (name,), text
    for name in several:
        for number, text in enumerate(getattr(question, name)):
            yield (name, number), text


@cache
def _fields(kind: type[Question]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the fields of a kind that are texts to read, and those that are lists of them."""
    return (
        tuple(name for name in SHOWN if name in kind.model_fields),
        tuple(name for name in LISTED if name in kind.model_fields),
    )


def front(question: Question) -> str:
    """Give the text of the field that asks."""
    return str(getattr(question, question.headline))


@lru_cache(TEXTS)
def prose(text: str) -> str:
    """Mask what is no prose: formulas, code, figures, addresses, slots."""
    return _NOT_PROSE.sub(lambda found: MASK * len(found[0]), text)


@lru_cache(TEXTS)
def wording(text: str) -> str:
    """Mask what has no wording; the description of a figure has."""
    return _NOT_WORDS.sub(lambda found: MASK * len(found[0]), text)


@lru_cache(TEXTS)
def words(text: str) -> int:
    """Count the words of a Markdown text; a formula, a piece of code or a figure counts as one."""
    return len(_COUNTED.findall(prose(text)))


@lru_cache(TEXTS)
def vocabulary(text: str) -> frozenset[str]:
    """Give the words of a text in lower case: a quick look before a slow one."""
    return frozenset(_WORD.findall(wording(text).lower()))


def spelled(text: str) -> Iterator[tuple[str, int, int]]:
    """Give every word of a masked text in lower case, with its place."""
    for found in _WORD.finditer(text):
        yield found[0].lower(), *found.span()


_ENDING = re.compile(r"(?<=\w{4})(?:izations?|izes?|ized|izing|ations?|ings?|ies|ed|es|s|e|y)$")


@lru_cache(WORDS)
def stem(word: str) -> str:
    """Cut an English ending off, so that forms of one word are mostly equal."""
    return _ENDING.sub("", word.lower().replace("’", "'").removesuffix("'s"))


def content(text: str) -> list[str]:
    """Give the stems of the words that say something, in order."""
    return [stem(word) for word, *_ in spelled(prose(text)) if word not in EMPTY]


class Gap(Struct, frozen=True):
    """A gap of a cloze text: its number, what it hides and its hint.

    ``inside`` are the characters that it hides, ``outside`` those of the gap with its marks.
    ``verbal`` says that it hides words, and no formula or code; ``in_formula`` that it is a piece
    of one.
    """

    number: int
    hidden: str
    hint: str
    inside: tuple[int, int]
    outside: tuple[int, int]
    verbal: bool
    in_formula: bool


@lru_cache(TEXTS)
def gaps(text: str) -> tuple[Gap, ...]:
    """Find the gaps of a cloze text; one that holds another is left out."""
    masked = prose(text)
    return tuple(_gap(found, masked) for found in _GAP.finditer(text))


def _gap(found: re.Match[str], masked: str) -> Gap:
    hidden, _, hint = found[2].partition("::")
    start, end = found.span()
    return Gap(
        int(found[1]),
        hidden,
        hint,
        (found.start(2), found.start(2) + len(hidden)),
        (start, end),
        verbal=MASK not in masked[start:end],
        in_formula=masked[start] == MASK,
    )


def without_gaps(text: str) -> str:
    """Give a cloze text as its back shows it."""
    return _GAP.sub(lambda found: found[2].partition("::")[0], text)
