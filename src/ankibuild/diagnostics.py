"""What is wrong, where, and what to type instead.

A :class:`Diagnostic` is a value: the rooms above make them, nobody raises them. Positions are
offsets into the text of a :class:`Source`; lines and columns (1-based, counted in characters) are
derived here and nowhere else, so that there is one place to be off by one.
"""

from __future__ import annotations

import json
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Literal
from urllib.parse import quote

from msgspec import Struct

Severity = Literal["error", "warning"]

#: Errors of one file after which nobody reads on: with these mended, most others are gone.
MOST_ERRORS = 100
#: Longest source line that is shown whole; of a longer one we show a window around the caret.
WINDOW = 160


class Source(Struct, frozen=True, eq=False, dict=True):
    r"""A text file as the author sees it: a path to show and the text, with ``\n`` line ends."""

    path: str
    text: str

    @cached_property
    def line_starts(self) -> array[int]:
        """Offset of the first character of every line."""
        starts = array("L", [0])  # a tenth of a list: what is wrong holds on to its source
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Text of line ``number`` (from 1) without its line end; empty when there is none."""
        if not 1 <= number <= len(self.line_starts):
            return ""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)]


class Span(Struct, frozen=True):
    """The characters ``start`` to ``end`` (exclusive) of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """Column of the first character, from 1."""
        return self.source.position(self.start)[1]

    @property
    def end_line(self) -> int:
        """Line of the last character, from 1."""
        return self.source.position(max(self.start, self.end - 1))[0]

    @property
    def end_column(self) -> int:
        """Column after the last character, from 1."""
        _, column = self.source.position(max(self.start, self.end - 1))
        return column + (1 if self.end > self.start else 0)

    def first_line(self) -> Span:
        """Cut the span off at the end of its first line."""
        stop = self.source.text.find("\n", self.start, self.end)
        return self if stop < 0 else Span(self.source, self.start, stop)


class Label(Struct, frozen=True):
    """A second place that belongs to a diagnostic, with a few words."""

    span: Span
    text: str = ""


class Diagnostic(Struct, frozen=True):
    """One mistake: its rule, what is (``message``), where (``span``) and the repair (``help``).

    ``message`` starts in lower case and ends without a full stop; ``help`` may have several lines.
    """

    rule: str
    message: str
    span: Span
    label: str = ""
    help: str = ""
    related: tuple[Label, ...] = ()
    severity: Severity = "error"


def sort(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Put diagnostics into file order, then line order, without repetitions."""
    unique = dict.fromkeys(diagnostics)
    return tuple(
        sorted(unique, key=lambda d: (d.span.source.path, d.span.start, d.span.end, d.rule))
    )


def errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Select the diagnostics that stop a build."""
    return tuple(d for d in diagnostics if d.severity == "error")


def enough(problems: Sequence[Diagnostic]) -> bool:
    """Tell whether so much is wrong in a file that the rest of it need not be read."""
    return len(problems) >= MOST_ERRORS and len(errors(problems)) >= MOST_ERRORS


def unread(source: Source, start: int) -> Diagnostic:
    """Say that a file was not read from the line of the offset ``start`` on."""
    line = Span(source, start, len(source.text)).first_line()
    message = "so much is wrong in this file that the rest of it was not read"
    return Diagnostic("rest-unread", message, line, "from here on", "correct the others first")


def select(problems: Iterable[Diagnostic], paths: Iterable[str]) -> tuple[Diagnostic, ...]:
    """Keep the diagnostics of some files or folders; all of them if none are named."""
    wanted = tuple(path.rstrip("/") for path in paths)
    return tuple(
        problem
        for problem in problems
        if not wanted
        or any(
            problem.span.source.path == path or problem.span.source.path.startswith(f"{path}/")
            for path in wanted
        )
    )


def suggest(word: str, options: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Find the option that ``word`` was most likely meant to be, if there is a likely one."""
    import difflib  # where nothing is wrong, nobody waits for it

    by_fold = {option.casefold(): option for option in options}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=cutoff)
    return by_fold[close[0]] if close else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return ``did you mean `x`?`` or nothing."""
    best = suggest(word, options)
    return f"did you mean `{best}`?" if best else ""


# ------------------------------------------------------------------ formats


def render(diagnostics: Sequence[Diagnostic], form: str = "text", *, color: bool = False) -> str:
    """Write diagnostics as ``text``, ``json``, ``github`` or ``sarif``; ends with a newline."""
    if form == "text":
        paint = _paint if color else _plain
        return "".join(_text(d, paint) + "\n" for d in diagnostics)
    return FORMATS[form](diagnostics)


Painter = Callable[[str, str], str]
_COLORS = {"error": "1;31", "warning": "1;33", "frame": "1;34", "bold": "1", "help": "1;36"}


def _plain(text: str, _style: str) -> str:
    return text


def _paint(text: str, style: str) -> str:
    return f"\x1b[{_COLORS[style]}m{text}\x1b[0m" if text else ""


def _text(diagnostic: Diagnostic, paint: Painter) -> str:
    head = paint(f"{diagnostic.severity}[{diagnostic.rule}]", diagnostic.severity)
    span = diagnostic.span
    marks = sorted(
        [(Label(span, diagnostic.label), "^"), *((label, "-") for label in diagnostic.related)],
        key=lambda mark: (mark[0].span.source.path != span.source.path, mark[0].span.start),
    )
    width = len(str(max(label.span.line for label, _ in marks)))
    bar = paint(" " * width + " |", "frame")
    lines = [
        head + paint(f": {visible(diagnostic.message)}", "bold"),
        " " * width
        + paint("--> ", "frame")
        + f"{_one_line(span.source.path)}:{span.line}:{span.column}",
    ]
    if span.source.text:
        lines += [bar, *_frame(marks, width, bar, paint, diagnostic.severity)]
    lines += _help(diagnostic.help, width, paint)
    return "\n".join(lines) + "\n"


def _frame(
    marks: Sequence[tuple[Label, str]], width: int, bar: str, paint: Painter, severity: str
) -> list[str]:
    lines: list[str] = []
    previous: tuple[str, int] | None = None
    for label, sign in marks:
        path, number = label.span.source.path, label.span.line
        if previous and previous[0] != path:
            lines.append(
                " " * width
                + paint("::: ", "frame")
                + f"{_one_line(path)}:{number}:{label.span.column}"
            )
        elif previous and number > previous[1] + 1:
            lines.append("...")
        shown, pad, carets = _window(label.span)
        if previous != (path, number):
            lines.append(paint(f"{number:>{width}} |", "frame") + (f" {shown}" if shown else ""))
        pointer = sign * carets + (f" {visible(label.text)}" if label.text else "")
        lines.append(f"{bar} {pad}" + paint(pointer, severity if sign == "^" else "frame"))
        previous = (path, number)
    return lines


def _window(span: Span) -> tuple[str, str, int]:
    """Give what is shown of a span's first line, the blank under it, and the number of carets."""
    text = span.source.line(span.line)
    column = span.column - 1
    length = max(1, len(span.first_line().text))
    start = 0 if len(text) <= WINDOW else max(0, column - WINDOW // 3)
    piece = text[start : start + WINDOW]
    before, marked = text[start:column], piece[column - start : column - start + length]
    lead = "…" if start else ""
    tail = "…" if start + WINDOW < len(text) else ""
    pad = " " * len(lead) + "".join("\t" if c == "\t" else " " * _width(c) for c in before)
    return lead + visible(piece).rstrip() + tail, pad, max(1, sum(map(_width, marked)))


def _width(character: str) -> int:
    """Columns a terminal gives to a character."""
    if unicodedata.combining(character) or character in "\u200b\u200c\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def visible(text: str) -> str:
    """Show control characters as pictures: an author's text must not steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        c
        if c.isprintable() or c in "\t\n\u200d\u00a0\u3000"
        else chr(0x2400 + ord(c))
        if ord(c) < 32
        else "�"
        for c in text
    )


def _one_line(path: str) -> str:
    """Show a path, in which a line end is a character like others."""
    return visible(path).replace("\n", "␊").replace("\t", "␉")


def _help(text: str, width: int, paint: Painter) -> list[str]:
    if not text:
        return []
    first, *rest = visible(text).split("\n")
    lead = " " * width + " " + paint("= help:", "help")
    return [f"{lead} {first}", *((" " * (width + 9) + line).rstrip() for line in rest)]


def _record(diagnostic: Diagnostic) -> dict[str, object]:
    span = diagnostic.span
    return {
        "rule": diagnostic.rule,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_place(span),
        "label": diagnostic.label,
        "help": diagnostic.help,
        "related": [{**_place(r.span), "label": r.text} for r in diagnostic.related],
    }


def _place(span: Span) -> dict[str, object]:
    return {
        "path": span.source.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _json(diagnostics: Sequence[Diagnostic]) -> str:
    return json.dumps([_record(d) for d in diagnostics], ensure_ascii=False, indent=2) + "\n"


def _github(diagnostics: Sequence[Diagnostic]) -> str:
    """Workflow commands; the escapes are those of GitHub's toolkit."""

    def data(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def attribute(text: str) -> str:
        return data(text).replace(":", "%3A").replace(",", "%2C")

    lines = []
    for d in diagnostics:
        place = f"file={attribute(d.span.source.path)},line={d.span.line},col={d.span.column}"
        if d.span.line == d.span.end_line:
            place += f",endColumn={d.span.end_column}"
        body = d.message + (f"\n{d.help}" if d.help else "")
        lines.append(f"::{d.severity} {place},title={attribute(d.rule)}::{data(body)}\n")
    return "".join(lines)


def _sarif(diagnostics: Sequence[Diagnostic]) -> str:
    rules = sorted({d.rule for d in diagnostics})
    run = {
        "tool": {"driver": {"name": "ankibuild", "rules": [{"id": rule} for rule in rules]}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(d) for d in diagnostics],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _sarif_result(d: Diagnostic) -> dict[str, object]:
    related = [
        {"physicalLocation": _physical(label.span), "message": {"text": label.text}}
        for label in d.related
    ]
    return {
        "ruleId": d.rule,
        "level": d.severity,
        "message": {"text": d.message + (f"\n{d.help}" if d.help else "")},
        "locations": [{"physicalLocation": _physical(d.span)}],
        **({"relatedLocations": related} if related else {}),
    }


def _physical(span: Span) -> dict[str, object]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {
        "artifactLocation": {"uri": quote(span.source.path, errors="surrogateescape")},
        "region": region,
    }


FORMATS: dict[str, Callable[[Sequence[Diagnostic]], str]] = {
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
