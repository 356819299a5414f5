"""Rules about the gaps of a cloze question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ankibuild.bank import Entry
from ankibuild.diagnostics import Diagnostic
from ankibuild.kinds.cloze import Cloze
from ankibuild.rules.base import Subject, rule, warning
from ankibuild.rules.prose import Gap, entries, gaps, spelled, words
from ankibuild.words import count

LONG_GAP, MANY_GAPS = 6, 3
_TRIVIAL = frozenset(
    ("a", "an", "the", "is", "are", "was", "were", "be", "been", "it", "its", "this", "that", "of")
)


def _clozes(subject: Subject) -> Iterator[tuple[Entry, tuple[Gap, ...]]]:
    for _, entry in entries(subject):
        if isinstance(entry.question, Cloze):
            yield entry, gaps(entry.question.text)


@rule
def long_gap(subject: Subject) -> Iterable[Diagnostic]:
    """A gap hides more than six words.

    Nobody can say a sentence to the letter, so nobody knows whether the answer was right.

    Bad:
    ```yaml
    questions: [{cloze: x, text: "Batchnorm {{c1::divides by the standard deviation of the whole
      batch}}."}]
    ```
    Good:
    ```yaml
    questions: [{cloze: x, text: "Batchnorm divides by the {{c1::standard deviation}} of the
      batch."}]
    ```
    """
    for entry, found in _clozes(subject):
        for gap in found:
            number = 1 if gap.in_formula else words(gap.hidden)
            if number > LONG_GAP:
                yield warning(
                    "long-gap",
                    f"this gap hides {count(number, 'word')}",
                    entry.span(("text",), *gap.inside).first_line(),
                    "",
                    f"hide the {LONG_GAP} or fewer that matter, or ask with a `basic` question",
                )


@rule
def many_gaps(subject: Subject) -> Iterable[Diagnostic]:
    """A text has gaps with more than three numbers.

    Each number is a card, and the cards of one text give each other away. Split the text.

    Bad:
    ```yaml
    questions: [{cloze: x, text: "Adam has {{c1::a step size}}, {{c2::two decay rates}},
      {{c3::epsilon}} and {{c4::two moments}}."}]
    ```
    Good:
    ```yaml
    questions: [{cloze: x, text: "Adam has {{c1::two decay rates}} and {{c2::two moments}}."}]
    ```
    """
    for entry, found in _clozes(subject):
        first = {gap.number: gap for gap in reversed(found)}
        if len(first) > MANY_GAPS:
            gap = sorted(first.values(), key=lambda gap: gap.inside)[MANY_GAPS]
            yield warning(
                "many-gaps",
                f"this text makes {len(first)} cards",
                entry.span(("text",), *gap.outside).first_line(),
                f"gap {MANY_GAPS + 1}",
                f"keep {MANY_GAPS} or fewer, and make a second question of the others",
            )


@rule
def trivial_gap(subject: Subject) -> Iterable[Diagnostic]:
    """A gap hides nothing but an article, a form of `be` or the like.

    Grammar fills it in; nothing is remembered.

    Bad:
    ```yaml
    questions: [{cloze: x, text: "{{c1::The}} gradient points uphill."}]
    ```
    Good:
    ```yaml
    questions: [{cloze: x, text: "The gradient points {{c1::uphill}}."}]
    ```
    """
    for entry, found in _clozes(subject):
        for gap in found:
            hidden = {word for word, *_ in spelled(gap.hidden)}
            # `a` in a formula or in code is a name, not an article.
            if gap.verbal and hidden and hidden <= _TRIVIAL:
                yield warning(
                    "trivial-gap",
                    f"a gap hides only `{gap.hidden.strip()}`",
                    entry.span(("text",), *gap.inside).first_line(),
                    "grammar gives it away",
                    "hide the word that a learner must know",
                )
