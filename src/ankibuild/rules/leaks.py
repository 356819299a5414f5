"""The rule about an answer that can be read off the front."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ankibuild.diagnostics import Diagnostic
from ankibuild.kinds.base import Place, Question
from ankibuild.kinds.basic import Basic
from ankibuild.kinds.cloze import Cloze
from ankibuild.kinds.reversed import Reversed
from ankibuild.kinds.typein import Typein
from ankibuild.rules.base import Subject, rule, warning
from ankibuild.rules.prose import EMPTY, MASK, Gap, entries, gaps, prose, spelled, stem, vocabulary

SHORT_ANSWER, SHORTEST_WORD = 5, 3
#: So many gaps of one text are compared with its rest; no card has more.
FEW_GAPS = 40
#: Where it leaks (a field and its characters), what leaks, and what to do.
Leak = tuple[Place, tuple[int, int], str, str]


@rule
def leaked_answer(subject: Subject) -> Iterable[Diagnostic]:
    """The answer can be read off the front.

    The card is then about reading. What counts: the answer to type in the question, a term in its
    definition, what a gap hides in the rest of the text or in the hint, and a short answer all of
    whose words the question has already, unless the question offers a choice.

    Bad:
    ```yaml
    questions: [{basic: x, q: Why do the saturated tanh units have vanishing gradients?, a: Their
      tanh is saturated.}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: Why do the saturated tanh units have vanishing gradients?, a: Their
      output hardly changes with the input.}]
    ```
    """
    for _, entry in entries(subject):
        for place, chars, words, repair in _leaks(entry.question):
            yield warning(
                "leaked-answer",
                f"the front gives the answer `{words}` away",
                entry.span(place, *chars).first_line(),
                "",
                repair,
            )


def _leaks(question: Question) -> Iterable[Leak]:
    match question:
        case Basic():
            return _in_question(question)
        case Typein():
            return _typed(question)
        case Reversed():
            return _defined(question)
        case Cloze():
            return _beside_gaps(question)
    return ()


# A choice between named things has to name them.
_CHOICE = re.compile(
    r"\b(?:or|which|whether|either|versus|vs|among|between|order|both|who)\b", re.IGNORECASE
)


_DIGIT = re.compile(r"\d")


def _in_question(question: Basic) -> Iterator[Leak]:
    """Find a short answer that has no word which the question has not."""
    answer = prose(question.a)
    is_long = len(vocabulary(question.a) - EMPTY) > SHORT_ANSWER
    if is_long or MASK in answer or _DIGIT.search(answer):
        return
    said = [stem(word) for word, *_ in spelled(answer) if word not in EMPTY]
    if not 0 < len(said) <= SHORT_ANSWER:
        return
    asked = prose(question.q)
    if _CHOICE.search(asked):
        return
    places = {stem(word): (start, end) for word, start, end in reversed([*spelled(asked)])}
    if all(word in places for word in said):
        repair = "say in the answer what the question does not, or take the words out of `q`"
        yield ("q",), places[max(said, key=len)], question.a.strip(), repair


def _typed(question: Typein) -> Iterator[Leak]:
    """Find the answer to type in the question. Numbers and single letters stand anywhere."""
    answer = question.answer
    if len(re.findall(r"[^\W\d_]", answer)) < SHORTEST_WORD or _CHOICE.search(prose(question.q)):
        return
    found = re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", question.q, re.IGNORECASE)
    if found:
        yield ("q",), found.span(), answer, f"ask without naming `{found[0]}`"


_IN_PARENTHESES = re.compile(r"\(([^)]{0,200})\)")
_HEAD = re.compile(rf"\b(?:of|in|for|with|on|to|from|between|by)\b|[,:;{MASK}]")


def _defined(question: Reversed) -> Iterator[Leak]:
    """Find a term, or its other name in parentheses, in its definition."""
    term = prose(question.term)
    names = [_IN_PARENTHESES.sub(" ", term), *_IN_PARENTHESES.findall(term)]
    definition = [*spelled(prose(question.definition))]
    places = {stem(word): (start, end) for word, start, end in reversed(definition)}
    for name in names:
        head = [word for word, *_ in spelled(_HEAD.split(name)[0]) if word not in EMPTY]
        if head and len("".join(head)) >= SHORTEST_WORD and all(stem(w) in places for w in head):
            repair = f"define it without the word `{head[0]}`"
            yield ("definition",), places[stem(head[0])], " ".join(head), repair
            return


def _beside_gaps(question: Cloze) -> Iterator[Leak]:
    """Find what a gap hides in what its card shows: the rest of the text, and the hint."""
    found = gaps(question.text)[:FEW_GAPS]
    for gap in found:
        hidden = gap.hidden.strip()
        letters = len(re.findall(r"[^\W\d_]", hidden))
        if not gap.verbal or letters <= SHORTEST_WORD or hidden.lower() in EMPTY:
            continue
        words = r"\s+".join(map(re.escape, hidden.split()))
        pattern = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
        if (chars := _shown(question.text, gap, found, pattern)) is not None:
            yield ("text",), chars, hidden, "say it in other words there, or hide something else"


def _shown(
    text: str, gap: Gap, others: tuple[Gap, ...], pattern: re.Pattern[str]
) -> tuple[int, int] | None:
    """Find a pattern where the card of a gap shows it."""
    if gap.hint and pattern.search(gap.hint) and not _CHOICE.search(gap.hint.replace("/", " or ")):
        return gap.inside[1] + 2, gap.outside[1] - 2
    hidden = [other.outside for other in others if other.number == gap.number]
    hidden += [(other.inside[1], other.outside[1]) for other in others]
    for found in pattern.finditer(prose(text)):
        if not any(start <= found.start() < end for start, end in hidden):
            return found.span()
    return None
