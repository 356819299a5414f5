"""The rule about a symbol that nobody has introduced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ankibuild.bank import Bank
from ankibuild.diagnostics import Diagnostic
from ankibuild.kinds.basic import Basic
from ankibuild.rules.base import Subject, rule, warning
from ankibuild.rules.prose import EMPTY, MATH, TEXTS, front

#: A symbol in the fronts of this many questions of a bank belongs to its topic.
OF_TOPIC = 3
#: Indices, dimensions, constants and letters that formulas use for one thing.
_UNIVERSAL = frozenset([*"deijkmnpstxyCEINOPRT", "\\pi", "\\infty"])
_GREEK = (
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau"
    "|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Sigma|Phi|Psi|Omega"
)
_MATH = re.compile(MATH, re.DOTALL)
#: Slots, names in letters, and the angle of a trigonometric function, which is one by its place.
_NAMED = re.compile(
    r"@\{[^}]{0,99}\}|\\(?:cos|sin|tan)\s*\(?\\(?:theta|phi|alpha|beta)|"
    r"\\(?:text|textbf|textit|operatorname\*?|mathrm|mathbb|mathcal|begin|end|tag|color)"
    r"\s*\{[^{}]*\}"
)
_SCRIPT = re.compile(r"_(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\[a-zA-Z]+|\S)|\^\s*\{?(?:\\top|T)\}?")
_SYMBOL = re.compile(rf"\\(?:{_GREEK})(?![a-zA-Z])|\\[a-zA-Z]+|[a-zA-Z]")
_LONE = re.compile(rf"\\(?:{_GREEK})(?![a-zA-Z])|(?<![a-zA-Z\\])[a-zA-Z](?![a-zA-Z])")
_WORDS = frozenset("aAI")
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_GREEK_WORD = re.compile(rf"(?<![\\a-zA-Z])(?:{_GREEK})(?![a-zA-Z])")


@rule
def undefined_symbol(subject: Subject) -> Iterable[Diagnostic]:
    """An answer uses a symbol that neither its question nor the topic has introduced.

    A letter means something only beside its lecture. A symbol is introduced by the question, by an
    answer that names it ("a batch of size $b$", "where $b$ is", "$b = 3$"), or by the topic, when
    the fronts of three questions of its bank use it.

    Bad:
    ```yaml
    questions: [{basic: x, q: How many multiplications does the layer take?, a: It takes $bqr$.}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: "How many multiplications does a layer with $q$ inputs and $r$
      outputs take for $b$ examples?", a: It takes $bqr$.}]
    ```
    """
    for placed in subject.project.banks:
        topic = _topic(placed.bank)
        for entry in placed.bank.entries:
            question = entry.question
            if not isinstance(question, Basic) or "$" not in question.a:
                continue
            known = topic | _mentioned(question.q) | _introduced(question.a)
            new = [found for found in _used(question.a) if found[0] not in known]
            if new:
                name, start, end = new[0]
                yield warning(
                    "undefined-symbol",
                    f"nothing says what `${name}$` is",
                    entry.span(("a",), start, end).first_line(),
                    "first seen here",
                    f"name it in the question, or here: `where ${name}$ is …`",
                )


def _topic(bank: Bank) -> frozenset[str]:
    """Give the symbols that belong to a bank: universal ones, and those of several fronts."""
    number = Counter(name for entry in bank.entries for name in _mentioned(front(entry.question)))
    often = (name for name, times in number.items() if times >= OF_TOPIC)
    return _UNIVERSAL | _mentioned(bank.head.title) | frozenset(often)


@lru_cache(TEXTS)
def _mentioned(text: str) -> frozenset[str]:
    """Give every symbol of a text: in formulas, code, descriptions, or spelt out."""
    formulas = (_symbols(found[0]) for found in _MATH.finditer(text))
    inside = {name for symbols in formulas for name, *_ in symbols}
    spelt = {f"\\{name}" for name in _GREEK_WORD.findall(text)}
    alone = set(_LONE.findall(text)) - _WORDS
    return frozenset(inside | spelt | alone | set(_LONE.findall("".join(_CODE.findall(text)))))


def _symbols(formula: str) -> Iterator[tuple[str, int, int]]:
    """Give the symbols of a formula with their places; names of functions are none."""
    bare = _NAMED.sub(_blank, formula)
    for found in _SYMBOL.finditer(bare):
        if len(found[0]) == 1 or _LONE.fullmatch(found[0]):
            yield found[0], *found.span()


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _used(answer: str) -> Iterator[tuple[str, int, int]]:
    """Give the symbols that an answer uses; indices tell nothing new."""
    for formula in _MATH.finditer(answer):
        for name, start, end in _symbols(_SCRIPT.sub(_blank, formula[0])):
            yield name, formula.start() + start, formula.start() + end


_BEFORE = re.compile(r"\b((?:are|is)\s+the|[A-Za-z][\w'’-]*)[\s(]*\Z")
_NEAR = 60
_AFTER = re.compile(r"\s*(?:is|are|was|being|denotes?|stands?|the|a|an)\b")
_LET = frozenset(["let", "with", "where", "for", "if", "some", "any", "all", "every", "each"])
_VERBS = frozenset(
    ("takes", "gives", "equals", "needs", "costs", "becomes", "yields", "requires", "times", "plus")
)
_DEFINES = re.compile(r":?=|\\(?:in|sim|propto|approx|to|mapsto)(?![a-zA-Z])")


def _introduced(answer: str) -> frozenset[str]:
    """Give the symbols that an answer names itself."""
    named: set[str] = set()
    for found in _MATH.finditer(answer):
        if _is_named(answer, *found.span()):
            named |= {name for name, *_ in _symbols(found[0])}
        left, *right = _DEFINES.split(_SCRIPT.sub(_blank, found[0]), maxsplit=1)
        alone = [name for name, *_ in _symbols(left)]
        if right and len(alone) == 1:
            named |= set(alone)
    return frozenset(named)


def _is_named(answer: str, start: int, end: int) -> bool:
    """Tell whether words beside a formula say what it is: "a bias $b$", "where $b$ is"."""
    before = _BEFORE.search(answer[max(0, start - _NEAR) : start])
    word = before[1].lower() if before else ""
    names = word in _LET or (word != "" and word not in EMPTY and word not in _VERBS)
    return names or bool(_AFTER.match(answer, end))
