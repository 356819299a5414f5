"""Two texts word by word: what was kept, taken out and put in, in pieces that a person can read.

A formula, a piece of code, an address is one word; in a block of code every line is one. The work
is bounded: texts that are too long or too repetitive are compared by lines, or not at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

Sign = Literal["=", "-", "+"]


class Piece(NamedTuple):
    """Some text that was kept (``=``), taken out (``-``) or put in (``+``)."""

    sign: Sign
    text: str


#: Characters of a text that is compared word by word.
LONGEST = 20_000
#: Pairs of equal words that are looked at; the time for a comparison grows with them.
MOST_PAIRS = 200_000
#: Share of a text that must be kept for its words to be compared: else it is another text.
KEPT = 0.25
#: Characters between two changes that are not worth keeping.
SHORT = 1

_FENCED = re.compile(
    r"^[ \t>]*(?P<fence>`{3,}|~{3,})[^\n]*\n(?:(?![ \t>]*(?P=fence))[^\n]*\n)*[^\n]*\n?",
    re.MULTILINE,
)
_WORD = re.compile(
    r"""
      \$\$(?:\\.|[^$\\])+\$\$                                             # formulas
    | \$(?:\\.|[^$\\\n]|\n(?!\s*\n))+\$
    | \\\((?:(?!\n\s*\n).){0,2000}?\\\) | \\\[(?:(?!\n\s*\n).){0,2000}?\\\]
    | (?<!`)(?P<marks>`+)(?!`)(?:(?!\n\s*\n).){0,2000}?(?<!`)(?P=marks)(?!`)     # code
    | https?://[^\s<>()]+                                                 # addresses
    | @\{[^}\n]*\} | \{\{c[\d,]+:: | \}\} | ::                            # slots and gaps
    | \\.                                                                 # escapes
    | \d+(?:[.,]\d+)*
    | [\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]                           # no blanks between words
    | (?:\w|[^\x00-\x7f\s“”„‘’«»…—–·、。])+(?:['’-]\w+)*
    | \s+
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_SOFT_BLANK = re.compile(r"[ \t]*\n?[ \t]*")


def by_words(before: str, after: str) -> tuple[Piece, ...]:
    """Compare two texts in Markdown; where a line ends within a paragraph makes no difference."""
    if max(len(before), len(after)) > LONGEST:
        return by_lines(before, after)
    runs = _runs(words(before), words(after), _soft)
    if runs is None:
        return by_lines(before, after)
    kept = sum(_weight(run.old) for run in runs if run.same)
    if kept < KEPT * max(_weight(words(before)), _weight(words(after))):
        return _replaced(before, after)
    return tuple(_pieces(_without_crumbs(runs)))


def by_lines(before: str, after: str) -> tuple[Piece, ...]:
    """Compare two texts line by line, as code and data are; every piece ends with a line end."""
    old, new = _ended(before), _ended(after)
    runs = _runs(_LINE.findall(old), _LINE.findall(new), str)
    return _replaced(old, new) if runs is None else tuple(_pieces(runs))


def words(text: str) -> list[str]:
    """Take a text in Markdown apart: joined again, the words are the text."""
    found: list[str] = []
    at = 0
    for fenced in _FENCED.finditer(text):
        found += (word[0] for word in _WORD.finditer(text, at, fenced.start()))
        found += _LINE.findall(fenced[0])
        at = fenced.end()
    return [*found, *(word[0] for word in _WORD.finditer(text, at))]


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


class _Run(NamedTuple):
    """Words that stand in both texts, or those of either that stand in its place of the other."""

    same: bool
    old: Sequence[str]
    new: Sequence[str]


def _soft(word: str) -> str:
    """Give what a word is compared by: within a paragraph every blank is one."""
    return " " if _SOFT_BLANK.fullmatch(word) else word


def _runs(old: Sequence[str], new: Sequence[str], key: Callable[[str], str]) -> list[_Run] | None:
    """Match two sequences of words; None if that would take too long."""
    before, after = [key(word) for word in old], [key(word) for word in new]
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    middle = slice(start, len(old) - end), slice(start, len(new) - end)
    left, right = before[middle[0]], after[middle[1]]
    if _pairs(left, right) > MOST_PAIRS:
        return None
    matcher = SequenceMatcher(str.isspace, left, right, autojunk=False)
    return [
        _Run(True, old[:start], new[:start]),
        *(
            _Run(sort == "equal", old[start:][a:b], new[start:][c:d])
            for sort, a, b, c, d in matcher.get_opcodes()
        ),
        _Run(True, old[len(old) - end :], new[len(new) - end :]),
    ]


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """Count the words with which both begin."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(left), len(right)))


def _pairs(left: Sequence[str], right: Sequence[str]) -> int:
    ours, theirs = Counter(left), Counter(right)
    return sum(number * theirs[word] for word, number in ours.items() if not word.isspace())


def _weight(run: Sequence[str]) -> int:
    return sum(len(word) for word in run if not word.isspace())


def _without_crumbs(runs: Sequence[_Run]) -> Iterator[_Run]:
    """Join changes that only a blank or a comma keeps apart: they are read as one."""
    old: list[str] = []
    new: list[str] = []
    for number, run in enumerate(runs):
        inside = 0 < number < len(runs) - 1 and (old or new)
        crumb = inside and _weight(run.old) <= SHORT and not runs[number + 1].same
        if run.same and not crumb:
            yield _Run(False, old, new)
            yield run
            old, new = [], []
        else:
            old += run.old
            new += run.new
    yield _Run(False, old, new)


def _pieces(runs: Sequence[_Run] | Iterator[_Run]) -> Iterator[Piece]:
    for run in runs:
        old, new = "".join(run.old), "".join(run.new)
        if run.same:
            yield from _some("=", new)
        else:
            yield from _replaced(old, new)


def _replaced(before: str, after: str) -> tuple[Piece, ...]:
    return (*_some("-", before), *_some("+", after))


def _some(sign: Sign, text: str) -> tuple[Piece, ...]:
    return (Piece(sign, text),) if text else ()
