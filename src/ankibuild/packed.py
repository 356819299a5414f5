"""Diagnostics as plain data, to be kept in a file and read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ankibuild.diagnostics import Diagnostic, Label, Source, Span

#: Gives the source that a number stands for, and takes it back to a number.
ToSource = Callable[[int], Source]
ToNumber = Callable[[Source], int]


def pack(problems: Iterable[Diagnostic]) -> dict[str, Any]:
    """Give diagnostics with the texts that they show, as JSON."""
    sources: dict[Source, int] = {}
    rows = [
        pack_one(problem, lambda s: sources.setdefault(s, len(sources))) for problem in problems
    ]
    return {"sources": [[source.path, source.text] for source in sources], "problems": rows}


def unpack(data: dict[str, Any]) -> tuple[Diagnostic, ...]:
    """Give the diagnostics that were packed. Raises what Python raises if it is something else."""
    sources = [Source(path, text) for path, text in data["sources"]]
    return tuple(unpack_one(row, sources.__getitem__) for row in data["problems"])


def pack_one(problem: Diagnostic, number: ToNumber) -> list[Any]:
    """Give one diagnostic as JSON; ``number`` stands for its sources."""
    related = [[*_span(label.span, number), label.text] for label in problem.related]
    words = (problem.rule, problem.message, problem.label, problem.help, problem.severity)
    return [*words, *_span(problem.span, number), related]


def unpack_one(row: list[Any], source: ToSource) -> Diagnostic:
    """Give the diagnostic that was packed."""
    rule, message, label, help_text, severity, where, start, end, related = row
    span = Span(source(where), start, end)
    labels = tuple(Label(Span(source(w), s, e), text) for w, s, e, text in related)
    return Diagnostic(rule, message, span, label, help_text, labels, severity)


def _span(span: Span, number: ToNumber) -> tuple[int, int, int]:
    return number(span.source), span.start, span.end
