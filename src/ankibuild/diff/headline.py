"""A question on one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ankibuild.diff.words import words
from ankibuild.kinds.base import Question
from ankibuild.kinds.drill import Drill, fill

#: Characters of a headline, about; and of a text that are looked at for it.
LONGEST, _ENOUGH = 100, 2_000

_FIGURE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")


def headline(question: Question) -> str:
    """Give what a question asks on one line, as Markdown.

    Gaps and slots are filled in, figures left out; a line that is too long ends with ``…``.
    """
    text = str(getattr(question, question.headline))
    if isinstance(question, Drill):
        text = fill(text, question.given[0])
    text = text[:_ENOUGH]
    if question.cards is None:
        text = "".join(_without_gaps(words(text)))
    shown = _FIGURE.sub("", text).split() or _FIGURE.sub(r"\1", text).split()
    return _cut(" ".join(shown))


def _without_gaps(pieces: Iterable[str]) -> Iterator[str]:
    """Fill in the gaps of a cloze; their hints go."""
    depth, hint = 0, False
    for word in pieces:
        if word.startswith("{{c") and word.endswith("::"):
            depth += 1
        elif depth and word == "}}":
            depth, hint = depth - 1, False
        elif depth and word == "::":
            hint = True
        elif not hint:
            yield word


def _cut(line: str) -> str:
    """Leave out the words at the end that are too many; a formula stays whole."""
    if len(line) <= LONGEST:
        return line
    kept = ""
    for word in words(line):
        if len(kept) + len(word) > LONGEST:
            break
        kept += word
    return f"{kept.rstrip()} …".lstrip()
