"""Rules of the craft that are about proof and size: programs, sources, rows."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable
from functools import lru_cache

from ankibuild.diagnostics import Diagnostic, Span
from ankibuild.kinds.code import Code
from ankibuild.kinds.drill import Drill
from ankibuild.rules.base import Subject, rule, warning
from ankibuild.rules.prose import TEXTS, entries
from ankibuild.words import count

LONG_PROGRAM, FEW_ROWS = 15, 12


@rule
def python_syntax(subject: Subject) -> Iterable[Diagnostic]:
    """A program or a check is not Python.

    Bad:
    ```yaml
    questions: [{basic: x, q: What is two and two?, a: Four., verify: "assert 2 + 2 = 4"}]
    ```
    Good:
    ```yaml
    questions: [{basic: x, q: What is two and two?, a: Four., verify: assert 2 + 2 == 4}]
    ```
    """
    for placed in subject.project.banks:
        setup = placed.bank.head.setup
        if setup and (error := _syntax_error(setup)):
            yield _not_python(placed.bank.span("setup", *_chars(setup, error)), error)
    for _, entry in entries(subject):
        for place, program in entry.question.programs():
            if error := _syntax_error(program):
                yield _not_python(entry.span(place, *_chars(program, error)), error)


SyntaxProblem = tuple[int, int, str]


@lru_cache(TEXTS)
def _syntax_error(program: str) -> SyntaxProblem | None:
    """Give line and column (from 1) and the words of a syntax error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(program)
    except SyntaxError as error:
        return error.lineno or 1, error.offset or 1, error.msg
    except (ValueError, RecursionError, MemoryError):
        return 1, 1, "it is nested too deeply, or holds a null byte"
    return None


def _chars(program: str, error: SyntaxProblem) -> tuple[int, int]:
    """Give the characters of a program at which its syntax error is shown."""
    lines = program.split("\n")
    row = min(error[0], len(lines)) - 1
    start = sum(len(line) + 1 for line in lines[:row]) + min(error[1] - 1, len(lines[row]))
    return start, start + 1


def _not_python(span: Span, error: SyntaxProblem) -> Diagnostic:
    help_text = "run it before you put it here: `python -c`, or a cell of a notebook"
    # Python quotes with ' and counts the lines of this piece, not those of the file.
    label = re.sub(r" on line \d+", "", re.sub(r"'([^']*)'", r"`\1`", error[2])).rstrip(".")
    return Diagnostic("python-syntax", "this is not Python", span, label, help_text)


@rule
def no_source(subject: Subject) -> Iterable[Diagnostic]:
    """A question has no source, or no place in it.

    A learner who doubts a card, or has forgotten why, wants to look it up in ten seconds.

    Bad:
    ```yaml
    questions: [{basic: x, q: Why does the loss start at 3.3?, a: It is the log of 27.}]
    ```
    Good:
    ```yaml
    source: a-source
    questions: [{basic: x, q: Why does the loss start at 3.3?, a: It is the log of 27., at: 4:30}]
    ```
    """
    for placed, entry in entries(subject):
        question = entry.question
        if not (question.source or placed.bank.head.source):
            help_text = "add `source:` to the file, or to this question"
            message = f"`{question.id}` has no source"
            yield warning("no-source", message, entry.head, "", help_text)
        elif not question.at:
            help_text = "add `at:`, such as `at: 47:12` or `at: §3.2`"
            message = f"`{question.id}` does not say where in its source"
            yield warning("no-source", message, entry.head, "", help_text)


@rule
def long_program(subject: Subject) -> Iterable[Diagnostic]:
    """A program to predict has more than 15 lines.

    One surprise a card; whatever does not lead to it can go.

    Bad:
    ```yaml
    questions:
      - code: x
        q: What does this print?
        program: |
          a = 1
          b = 2
          c = 3
          d = 4
          e = 5
          f = 6
          g = 7
          h = 8
          i = 9
          j = 10
          k = 11
          l = 12
          m = 13
          n = 14
          o = 15
          print(a)
        output: 1
    ```
    Good:
    ```yaml
    questions: [{code: x, q: What does this print?, output: "1", program: print(1)}]
    ```
    """
    for _, entry in entries(subject):
        question = entry.question
        if isinstance(question, Code) and question.program.count("\n") >= LONG_PROGRAM:
            message = f"this program has {count(question.program.count(chr(10)) + 1, 'line')}"
            span = entry.span(("program",)).first_line()
            help_text = f"keep the surprise, in {LONG_PROGRAM} lines or fewer"
            yield warning("long-program", message, span, "", help_text)


@rule
def few_rows(subject: Subject) -> Iterable[Diagnostic]:
    """A drill has fewer than 12 rows.

    With a few rows a learner remembers the answers and not the skill.

    Bad:
    ```yaml
    questions: [{drill: x, q: "What is @{a} plus one?", a: "@{b}", given: [
      {a: 1, b: 2}, {a: 2, b: 3}]}]
    ```
    Good:
    ```yaml
    questions: [{drill: x, q: "What is @{a} plus one?", a: "@{b}", given: [
      {a: 1, b: 2}, {a: 2, b: 3}, {a: 3, b: 4}, {a: 4, b: 5}, {a: 5, b: 6}, {a: 6, b: 7},
      {a: 7, b: 8}, {a: 8, b: 9}, {a: 9, b: 10}, {a: 10, b: 11}, {a: 11, b: 12}, {a: 12, b: 13}]}]
    ```
    """
    for _, entry in entries(subject):
        question = entry.question
        if isinstance(question, Drill) and len(question.given) < FEW_ROWS:
            message = f"this drill has {count(len(question.given), 'row')}"
            span = entry.span(("given",)).first_line()
            help_text = f"{FEW_ROWS} or more, so that the skill is learned and not the rows"
            yield warning("few-rows", message, span, "", help_text)
