"""What MathJax finds wrong with a formula, at its place in the author's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from ankibuild.diagnostics import Diagnostic, Span
from ankibuild.fill import Written
from ankibuild.markdown import Problem, Reading
from ankibuild.typeset.answers import Answer
from ankibuild.typeset.words import Names, explain, unknown_macro

__all__ = ["Checked", "Names", "Tex", "findings"]

#: TeX, and whether it is displayed.
Tex = tuple[str, bool]

_DEFINITION = re.compile(
    r"\\(?:(?:re|provide)?newcommand\*?|DeclareMathOperator\*?|[gex]?def|let)\s*+(?:\{\s*+)?+(\\[a-zA-Z]+)"
)

#: What a phone of 390 pixels shows of a formula before a comma, in em of its font: the text of a
#: card is 357 pixels wide there, and formulas in it have a font of 18 (tests prove it).
WIDEST = 19.5
#: What a list or a quote takes of that.
INDENT = 1.3


class Checked(Struct, frozen=True):
    """What is wrong with formulas. Without ``typeset``, some could not be asked about."""

    problems: tuple[Diagnostic, ...]
    typeset: bool


def findings(
    written: Iterable[Written], answers: Mapping[Tex, Answer], names: Callable[[], Names]
) -> Iterator[Diagnostic]:
    """Yield what the answers say about formulas; of a drill's field only the first row at fault."""
    told: set[object] = set()
    formulas = tuple(written)
    defined = _defined(formulas)
    for one in formulas:
        found = _first(one, answers, names)
        if found is None or found[1].message in defined:
            continue
        reading, problem = found
        place = (one.entry.head, one.place, problem.rule)
        if not one.derived:
            yield _at(one, reading, problem)
        elif place not in told:
            told.add(place)
            yield _in_a_row(one, reading, problem)


def _defined(written: Iterable[Written]) -> frozenset[str]:
    """Give what would be said of macros that authors define, which is reported already."""
    faulty = (one.formula.tex for one in written if not one.formula.readings)
    names = (found[1] for tex in faulty for found in _DEFINITION.finditer(tex))
    return frozenset(map(unknown_macro, names))


def _first(
    one: Written, answers: Mapping[Tex, Answer], names: Callable[[], Names]
) -> tuple[Reading, Problem] | None:
    """Give the first side of a card on which something is wrong, and what it is."""
    for reading in one.formula.readings:
        answer = answers.get((reading.tex, one.formula.display), Answer(0.0))
        if answer.error:
            problem = explain(reading.tex, *answer.error, names())
            return reading, _on_a_front(problem) if reading.front else problem
        if not one.formula.scrolls and answer.result > _room(one):
            return reading, _too_wide(reading.tex)
    return None


def _room(one: Written) -> float:
    """Give the em that a phone has for a formula in its place."""
    return WIDEST - INDENT * one.formula.depth


def _too_wide(tex: str) -> Problem:
    return Problem(
        "formula-too-wide",
        0,
        len(tex),
        "this formula is wider than a phone",
        "cannot be broken",
        "put it on a line of its own between `$$`, or break it into several formulas",
        "warning",
    )


def _on_a_front(problem: Problem) -> Problem:
    shown = "while a gap is hidden, Anki shows `[...]` or its hint in the formula"
    return replace(problem, help=f"{shown}\n{problem.help}".strip())


def _at(one: Written, reading: Reading, problem: Problem) -> Diagnostic:
    return _diagnostic(
        problem, one.entry.span(one.place, *reading.span(problem.start, problem.end))
    )


def _in_a_row(one: Written, reading: Reading, problem: Problem) -> Diagnostic:
    sign = "$$" if one.formula.display else "$"
    shown = " ".join(f"{sign}{reading.tex}{sign}".split())
    changed = replace(problem, label="", help=f"a row makes it `{shown}`\n{problem.help}".strip())
    return _diagnostic(changed, one.entry.span(one.place))


def _diagnostic(problem: Problem, span: Span) -> Diagnostic:
    return Diagnostic(
        problem.rule,
        problem.message,
        span.first_line(),
        problem.label,
        problem.help,
        severity=problem.severity,
    )
