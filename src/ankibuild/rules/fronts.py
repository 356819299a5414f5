"""Rules about the front of a card: what is asked, and whether it can be asked alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ankibuild.bank import Entry
from ankibuild.diagnostics import Diagnostic
from ankibuild.kinds.basic import Basic
from ankibuild.rules.base import Subject, rule, warning
from ankibuild.rules.prose import MASK, entries, front, prose, vocabulary, words
from ankibuild.words import count

LONG_FRONT = 50


@rule
def long_front(subject: Subject) -> Iterable[Diagnostic]:
    """A question has more than 50 words.

    It is read hundreds of times, on a phone. Exercises and derivations may be longer.

    Bad:
    ```yaml
    questions: [{basic: x, q: "One two three four five six seven eight nine ten one two three four
      five six seven eight nine ten one two three four five six seven eight nine ten one two three
      four five six seven eight nine ten one two three four five six seven eight nine ten one?",
      a: Yes.}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: Why does it work?, a: Because.}]
    ```
    """
    for _, entry in entries(subject):
        question = entry.question
        if question.kind in ("exercise", "steps", "cloze"):
            continue
        if (number := words(front(question))) > LONG_FRONT:
            message = f"this question has {count(number, 'word')}"
            span = entry.span((question.headline,)).first_line()
            help_text = f"say it in {LONG_FRONT} or fewer"
            yield warning("long-front", message, span, "", help_text)


_YES_NO = re.compile(
    r"(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have|must)\b", re.IGNORECASE
)


@rule
def yes_no_front(subject: Subject) -> Iterable[Diagnostic]:
    """A question can be answered with yes or no.

    A coin knows half of these. Ask why, or which, or how much.

    Bad:
    ```yaml
    questions: [{basic: x, q: Does batchnorm have a bias?, a: Yes.}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: "Does a layer before batchnorm need a bias, and why?", a: No.}]
    ```
    """
    for _, entry in entries(subject):
        question = entry.question
        if not isinstance(question, Basic):
            continue
        last = re.split(r"(?<=[.:;!?])\s+", question.q.strip())[-1]
        asks_more = re.search(
            r"\b(why|how|which|what|where|when|who)\b|\bor\b", last, re.IGNORECASE
        )
        if _YES_NO.match(last) and last.endswith("?") and not asks_more:
            message = "this can be answered with yes or no"
            span = entry.span(("q",)).first_line()
            help_text = "ask why, which or how much; or add `…, and why?`"
            yield warning("yes-no-front", message, span, "", help_text)


# ------------------------------------------------------------------ what is asked

_ASKING = ("basic", "typein", "drill", "code")
# The mark of `d?` in the middle of a sentence belongs to a token, not to the sentence.
_ENDS = re.compile(rf"\?(?=[\"”’)*_]*(?:\s*\Z|\s+[\"“(*_]*[A-Z{MASK}]))")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")


def _fronts(subject: Subject) -> Iterator[tuple[Entry, str]]:
    """Give the questions that ask, with the prose of their fronts."""
    for _, entry in entries(subject):
        if entry.question.kind in _ASKING:
            yield entry, prose(front(entry.question))


@rule
def two_questions(subject: Subject) -> Iterable[Diagnostic]:
    """A front asks more than one question.

    Who knows one answer of two cannot say how well it went. `…, and why?` in one sentence is fine.

    Bad:
    ```yaml
    questions: [{basic: x, q: What is the gain for? What is its first value?, a: "The scale; 1."}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: What is the gain for?, a: It gives a feature its scale back.}]
    ```
    """
    for entry, text in _fronts(subject):
        unquoted = _QUOTED.sub(lambda found: MASK * len(found[0]), text)
        ends = list(_ENDS.finditer(unquoted))
        if len(ends) > 1:
            yield warning(
                "two-questions",
                f"this front asks {len(ends)} questions",
                entry.span((entry.question.headline,), *ends[1].span()),
                "second one",
                "ask each in a question of its own, or join them in one sentence: `…, and why?`",
            )


_TASKS = """
add apply arrange bound build calculate change check choose classify compare complete compute
construct convert correct count decide define derive describe design determine differentiate
distinguish do draw estimate evaluate expand explain express factor fill find fix fold give guess
identify implement integrate invert label list match multiply name normalize order pick plot predict
prove put rank read recall reduce rewrite say select show simplify sketch solve sort state suggest
sum tell transform translate transpose type use verify write
"""
_VERBS = frozenset(_TASKS.split())
_CLAUSE = re.compile(rf"[.,:;!)\]{MASK}]|\n\s*\n|\b(?:and|then|now|please)\b", re.IGNORECASE)


def _has_task(text: str) -> bool:
    """Tell whether a clause starts with a verb that says what to do."""
    firsts = (re.search(r"\w+", clause) for clause in _CLAUSE.split(text))
    return any(first and first[0].lower() in _VERBS for first in firsts)


@rule
def nothing_asked(subject: Subject) -> Iterable[Diagnostic]:
    """A front has neither a question mark nor a verb that says what to do.

    A keyword can be answered with anything that comes to mind, so the grade means nothing.

    Bad:
    ```yaml
    questions: [{basic: x, q: Batch normalization in evaluation, a: It uses running averages.}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: "What does batchnorm use in evaluation?", a: Running averages.}]
    ```
    """
    for entry, text in _fronts(subject):
        if "?" not in text and re.search(r"\w{2}", text) and not _has_task(text):
            yield warning(
                "nothing-asked",
                "this front does not ask anything",
                entry.span((entry.question.headline,)).first_line(),
                "",
                "end it with a question mark, or start a sentence with a verb such as `Name` or"
                " `Derive`",
            )


# ------------------------------------------------------------------ alone

_NOUNS = ("lecture", "video", "chapter", "course", "book", "lesson", "episode", "module")
_LEANS = re.compile(
    r"(?:as|shown|given|seen|mentioned|described|defined|formula|equation|example|program|question"
    rf"|card|see|proof)\s+above\b(?!\s+(?:(?:the|a|an|its)\b|\d|{MASK}))"
    r"|\bthe above\b"
    r"|\bas (?:before|previously)(?=\s*[,.;:?]|\s*\Z)"
    r"|\b(?:the )?(?:previous|preceding|last|next) (?:card|question|exercise|example|section)\b"
    rf"|\b(?:this|today's) (?:{'|'.join(_NOUNS)})\b"
    r"|\bin the (?:lecture|video)(?=\s*[,.;:?]|\s*\Z)",
    re.IGNORECASE,
)
_SUSPECT = frozenset(
    ("above", "before", "previously", "previous", "preceding", "last", "next", *_NOUNS)
)
_JOINS = re.compile(r"\A\W*(And|But|Or|Also|It|Its|They|Their)\s")
# "It is known that …" names no earlier thing.
_DUMMY = re.compile(r"\A\W*It (?:is|was|can be|has been|follows|turns out|takes)\b")


@rule
def leaning_front(subject: Subject) -> Iterable[Diagnostic]:
    """A front only makes sense beside another one, or beside its lecture.

    A card comes alone, months later, between two others.

    Bad:
    ```yaml
    questions: [{basic: x, q: Why does the equation above add epsilon?, a: No division by zero.}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: Why does batchnorm add epsilon?, a: No division by zero.}]
    ```
    """
    for _, entry in entries(subject):
        text = prose(front(entry.question))
        suspect = not vocabulary(front(entry.question)).isdisjoint(_SUSPECT)
        found = _LEANS.search(text) if suspect else None
        start = None if _DUMMY.match(text) else _JOINS.match(text)
        place = found.span() if found else start.span(1) if start else None
        if place:
            yield warning(
                "leaning-front",
                f"`{' '.join(text[slice(*place)].split())}` leans on something that is not here",
                entry.span((entry.question.headline,), *place).first_line(),
                "",
                "name what is meant; the card comes alone, months later",
            )
