"""Rules about the back of a card: an answer that can be said and graded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from ankibuild.bank import Entry
from ankibuild.diagnostics import Diagnostic, Severity
from ankibuild.kinds.base import Place, Question
from ankibuild.kinds.basic import Basic
from ankibuild.kinds.drill import Drill
from ankibuild.kinds.reversed import Reversed
from ankibuild.rules.base import Subject, rule, warning
from ankibuild.rules.prose import entries, prose, texts, without_gaps, words
from ankibuild.words import count

LIST_ITEMS, SHORT_DESCRIPTION = 3, 3


class Limit(Struct, frozen=True):
    """How many words a field may have; with more than ``most`` nothing is built."""

    noun: str
    words: int
    most: int | None = None
    repair: str = "what only explains goes to `extra`"


_ANSWER = Limit("answer", 35, 60)
_LIMITS = {
    ("basic", "a"): _ANSWER,
    ("drill", "a"): _ANSWER,
    ("reversed", "definition"): Limit("definition", 35, 60),
    ("cloze", "text"): Limit("text", 50),
    ("typein", "answer"): Limit("answer to type", 5, None, "or make it a `basic` question"),
    ("steps", "lines"): Limit("step", 35, None, "or make two steps of it"),
}
_OF_EVERY_KIND = {
    "hint": Limit("hint", 35, None, "one push is enough"),
    "extra": Limit("remark", 60, None, "the source has the rest"),
}


@rule
def long_answer(subject: Subject) -> Iterable[Diagnostic]:
    """An answer has more than 35 words (an error from 60 on), or too many for its kind.

    An answer must fit in a breath: what is long is forgotten in parts, and graded by mood.
    Explanations go to `extra`. A text with gaps may have 50 words, an answer to type 5, a hint 35,
    and `extra` 60. Solutions of exercises have no limit. What came from another deck, with its
    `guid:`, is as long as it is there: that is no error.

    Bad:
    ```yaml
    questions: [{basic: x, q: Why?, a: "One two three four five six seven eight nine ten one two
      three four five six seven eight nine ten one two three four five six seven eight nine ten
      one two three four five six."}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: Why?, a: In one breath.}]
    ```
    """
    for _, entry in entries(subject):
        for place, limit, number in _too_long(entry.question):
            yield Diagnostic(
                "long-answer",
                f"this {limit.noun} has {count(number, 'word')}",
                entry.span(place).first_line(),
                "",
                f"say it in {limit.words} or fewer; {limit.repair}",
                severity=_severity(entry.question, limit, number),
            )


def _severity(question: Question, limit: Limit, number: int) -> Severity:
    is_ours = question.guid is None
    return "error" if is_ours and limit.most and number > limit.most else "warning"


def _too_long(question: Question) -> Iterator[tuple[Place, Limit, int]]:
    for place, text in texts(question):
        field = str(place[0])
        limit = _LIMITS.get((question.kind, field)) or _OF_EVERY_KIND.get(field)
        # Words are separated, so that a text this short cannot have too many.
        if limit and len(text) > 2 * limit.words:
            number = words(without_gaps(text))
            if number > limit.words:
                yield place, limit, number


_ITEM = re.compile(r"^ {0,3}(?:[-*+]|\d+[.)])[ \t]+(?=\S)", re.MULTILINE)


def _answers(subject: Subject) -> Iterator[tuple[Entry, str, str]]:
    """Give the questions with an answer to say, its field, and its text."""
    for _, entry in entries(subject):
        match entry.question:
            case Basic(a=text) | Drill(a=text):
                yield entry, "a", text
            case Reversed(definition=text):
                yield entry, "definition", text


@rule
def list_answer(subject: Subject) -> Iterable[Diagnostic]:
    """An answer is a list of more than three points.

    Five points are five things to forget, and one button to grade them with. Ask for each, or
    hide one at a time in a `cloze` question.

    Bad:
    ```yaml
    questions:
      - basic: x
        q: What belongs to a training step?
        a: |
          - a forward pass
          - a loss
          - a backward pass
          - an update
    ```
    Good:
    ```yaml
    questions:
      - cloze: x
        text: |
          After the {{c1::forward}} pass and the loss come the {{c2::backward}} pass and the
          {{c3::update}}.
    ```
    """
    for entry, name, text in _answers(subject):
        items = list(_ITEM.finditer(prose(text)))
        if len(items) > LIST_ITEMS:
            yield warning(
                "list-answer",
                f"this answer is a list of {len(items)} points",
                entry.span((name,), items[LIST_ITEMS].start()).first_line(),
                f"point {LIST_ITEMS + 1}",
                "ask for each in a question of its own, or hide one at a time in a `cloze`"
                " question",
            )


_FIGURE = re.compile(r"!\[([^\]]{0,999})\]\(([^)]{0,200})\)")


@rule
def image_answer(subject: Subject) -> Iterable[Diagnostic]:
    """A figure is the whole answer, and its description does not say it.

    Whoever cannot see the figure has no answer, and nobody can tell what in it was asked for.

    Bad:
    ```yaml
    questions: [{basic: x, q: How does the graph branch?, a: "![the graph](graph.svg)"}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: How does the graph branch?, a: "Mean and variance go their own ways:
      ![the graph](graph.svg)"}]
    ```
    """
    for entry, name, text in _answers(subject):
        found = _FIGURE.search(text)
        # A figure that is not there, or has no description, has a mistake of its own.
        if not found or found[2] not in subject.project.media or not found[1].strip():
            continue
        alone = not re.search(r"\w|\$|`|@\{", _FIGURE.sub("", text))
        if alone and words(found[1]) < SHORT_DESCRIPTION:
            yield warning(
                "image-answer",
                "a figure is the whole answer",
                entry.span((name,), *found.span()),
                f"described only as `{found[1].strip()}`",
                "say in a sentence beside it what it shows",
            )
