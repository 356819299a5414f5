"""Rules about single words, wherever a learner reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from ankibuild.diagnostics import Diagnostic
from ankibuild.rules.base import Subject, rule, warning
from ankibuild.rules.prose import MASK, WORDS, entries, texts, vocabulary, wording

_DEEDS = (
    "use|do|apply|take|call|note|compute|plug|follow|see|set|add|multiply|put|insert|run|check"
    "|replace|remember|look|write|read|observe"
)
# `things`, `just` and `and so on` have honest uses: "two things at once", "just the first row",
# "0.1, 0.01, and so on".
_VAGUE = re.compile(
    r"\b(?:etc\b\.?|basically\b|stuff\b|somehow\b|various\b|obviously\b|of course\b"
    rf"|(?<=[^.\s]\s)(?<![\d{MASK}], )(?<!so on )and so (?:on|forth)\b"
    r"(?! (?:to|until|up|for|forever)\b)"
    r"|(?:and|other|some|many|several|such|different) things\b|things like\b"
    rf"|(?:(?<=you )|(?<=we )|(?<=can )|(?<=[.:;,!?]\s)|(?<!.))(?:simply|just)(?= (?:{_DEEDS})\b)"
    r"|(?<=you can )(?:simply|just|easily)\b)",
    re.IGNORECASE,
)
_SUSPECT = frozenset(
    ("etc", "forth", "basically", "stuff", "somehow", "various", "obviously", "course", "things")
) | {"simply", "just", "easily"}
_REPAIRS = (
    ("etc", "name the others, or start with `such as`"),
    ("and so", "name the others, or start with `such as`"),
    ("various", "say which, or how many"),
    ("thing", "say what they are"),
    ("stuff", "say what it is"),
    ("somehow", "say how"),
)


@rule
def vague_word(subject: Subject) -> Iterable[Diagnostic]:
    """A word says nothing, or says that something is easy.

    `Etc.` cannot be answered and `various` cannot be graded; `obviously` and `simply use` tell
    whoever has forgotten that it is their own fault.

    Bad:
    ```yaml
    questions: [{basic: x, q: What does a layer learn?, a: "Weights, biases, etc."}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: What does a layer learn?, a: Its weights and its biases.}]
    ```
    """
    for _, entry in entries(subject):
        for place, text in texts(entry.question):
            used = vocabulary(text)
            if used.isdisjoint(_SUSPECT) and not {"so", "on"} <= used:
                continue
            for found in _VAGUE.finditer(wording(text)):
                word = found[0].lower()
                repair = next((help_text for key, help_text in _REPAIRS if key in word), "")
                yield warning(
                    "vague-word",
                    f"`{found[0]}` says nothing here",
                    entry.span(place, *found.span()).first_line(),
                    "",
                    repair or f"leave `{found[0]}` out",
                )


_IZE = (
    "normal|standard|optim|regular|initial|general|minim|maxim|parametr|parameter|summar|visual"
    "|vector|factor|diagonal|orthogonal|orthonormal|quant|token|penal|organ|real|recogn|special"
    "|equal|stabil|util|linear|discret|random|serial|parallel|categor|memor|emphas|local|binar"
)
_SPELLINGS = (
    (rf"((?:re|un|de)?(?:{_IZE})i)s(e[ds]?|ers?|ing|ations?|able)", r"\1z\2"),
    (r"((?:ana|para|cata)l)ys(ed?|ing)", r"\1yz\2"),
    (r"((?:un|dis)?(?:col|behavi|neighb|fav|hon|lab|flav))our(\w*)", r"\1or\2"),
    (r"((?:un|mis)?(?:model|label|travel|cancel|signal|channel))l(ed|ing)", r"\1\2"),
    (r"(cent|fib)re(s?)", r"\1er\2"),
    (r"(cent)r(ed|ing)", r"\1er\2"),
    (r"(gr)ey(s?)", r"\1ay\2"),
    (r"(art)e(facts?)", r"\1i\2"),
    (r"(defen|offen)ce(s?)", r"\1se\2"),
    (r"(whil)st", r"\1e"),
    (r"(among|amid)st", r"\1"),
)
_AMERICAN = tuple((re.compile(pattern, re.IGNORECASE), better) for pattern, better in _SPELLINGS)


@rule
def british_spelling(subject: Subject) -> Iterable[Diagnostic]:
    """A word is spelt the British way.

    Decks in one spelling can be searched, and an answer that is typed has one spelling. Code and
    papers of this field have the American one.

    Bad:
    ```yaml
    questions: [{basic: x, q: Why do we normalise the inputs?, a: So that all have one scale.}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: Why do we normalize the inputs?, a: So that all have one scale.}]
    ```
    """
    for _, entry in entries(subject):
        for place, text in texts(entry.question):
            wrong = [word for word in vocabulary(text) if american(word) != word]
            if not wrong:
                continue
            pattern = "|".join(sorted(map(re.escape, wrong)))
            for found in re.finditer(rf"\b(?:{pattern})\b", wording(text), re.IGNORECASE):
                yield warning(
                    "british-spelling",
                    f"`{found[0]}` is the British spelling",
                    entry.span(place, *found.span()),
                    "",
                    f"write `{american(found[0])}`",
                )


@lru_cache(WORDS)
def american(word: str) -> str:
    """Give the American spelling of a word, which may be the word itself."""
    for pattern, better in _AMERICAN:
        if pattern.fullmatch(word):
            return pattern.sub(better, word)
    return word
