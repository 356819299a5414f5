r"""Places: every character of a text has one, and every diagnostic lies inside its source.

Banks are made of values in every YAML style. What must hold: the span of the characters of a value
is those characters in the file. Two things YAML does on its way are left out by construction, for
there value and file cannot be equal: folded blocks (`>`, which the reader refuses anyway) and
escapes in double quotes other than ``\"`` and ``\\`` (refused as well). Where a quoted text was
folded over lines, or a quote was doubled, single characters are compared and not stretches.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ankibuild.bank import parse
from ankibuild.diagnostics import Diagnostic, Span, render
from ankibuild.source import Document, Text, find, read
from ankibuild.source import parse as parser
from test_errors import CASES, files_of

LOADERS = [loader for loader in ("CSafeLoader", "SafeLoader") if hasattr(yaml, loader)]

#: Letters that editors, terminals and parsers count differently.
LETTERS = "ab xyz,.é漢🙂👩‍🔬ñe\u0301\u00a0\u3000|>&*!%@`$\\\"'{}[]#:-?~"
LINES = st.text(LETTERS + "\t", max_size=12)
WORDS = st.text("abzé漢🙂e\u0301. $\\", min_size=1, max_size=12).map(str.strip)


@pytest.fixture(params=LOADERS)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Read with the parser in C and with the one in Python."""
    monkeypatch.setattr(parser, "_LOADER", getattr(yaml, request.param))
    return str(request.param)


# ------------------------------------------------------------------ values in every style


@dataclass(frozen=True)
class Written:
    """A value and the lines that write it: the first follows the key, others are indented."""

    value: str
    first: str
    rest: tuple[str, ...] = ()


def folded(lines: list[str], blanks: int) -> tuple[str, tuple[str, ...]]:
    """Give what YAML makes of lines with blank ones after the first, and the lines after it."""
    if len(lines) == 1:
        return lines[0], ()
    joint = "\n" * blanks or " "
    return lines[0] + joint + " ".join(lines[1:]), ("",) * blanks + tuple(lines[1:])


def plain(words: list[str], blanks: int) -> Written:
    kept = [word for word in words if word] or ["a"]
    value, rest = folded(kept, blanks)
    return Written(f"a {value}", f"a {kept[0]}", rest)


def quoted(sign: str, lines: list[str], blanks: int) -> Written:
    kept = [line.replace("\t", " ").strip(" \u00a0\u3000") or "x" for line in lines]
    escaped = [
        line.replace("'", "''") if sign == "'" else line.replace("\\", "\\\\").replace('"', '\\"')
        for line in kept
    ]
    escaped[0] = sign + escaped[0]
    escaped[-1] += sign
    return Written(folded(kept, blanks)[0], escaped[0], folded(escaped, blanks)[1])


def block(lines: list[str], indicator: bool) -> Written:
    kept = [line.rstrip() for line in lines]
    while kept and not kept[0].strip():
        del kept[0]
    while kept and not kept[-1].strip():
        del kept[-1]
    kept = kept or ["x"]
    if not indicator:
        kept[0] = kept[0].lstrip(" \t") or "x"
    elif kept[0][0] == "\t":
        kept[0] = " " + kept[0]
    return Written("\n".join(kept), "|2" if indicator else "|", tuple(kept))


VALUES = st.one_of(
    st.builds(plain, st.lists(WORDS, min_size=1, max_size=3), st.integers(0, 2)),
    st.builds(
        quoted,
        st.sampled_from(["'", '"']),
        st.lists(LINES, min_size=1, max_size=3),
        st.integers(0, 2),
    ),
    st.lists(LINES, min_size=1, max_size=5).map(lambda lines: block(lines, False)),
    st.lists(LINES, min_size=1, max_size=5).map(lambda lines: block(lines, True)),
)


def write(values: list[Written], end: str, gap: int) -> str:
    """Write a bank whose questions have one field `q` each."""
    lines = ["title: x", "", "questions:"]
    for number, value in enumerate(values):
        lines += [""] * gap
        lines += [f"  - basic: n-{number}", f"    q: {value.first}"]
        step = "      "
        lines += [step + row if row else "" for row in value.rest]
    return end.join([*lines, ""])


def texts(document: Document, number: int) -> list[Text]:
    assert document.root
    found = [find(document.root, ("questions", i, "q")) for i in range(number)]
    return [node for node in found if isinstance(node, Text)]


@pytest.mark.usefixtures("loader")
@given(
    st.lists(VALUES, min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(0, 2),
    st.data(),
)
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_span_of_characters_is_those_characters(
    values: list[Written], end: str, gap: int, data: st.DataObject
) -> None:
    original = write(values, end, gap)
    document = read("x.yaml", original.encode())
    found = texts(document, len(values))
    assert [node.value for node in found] == [value.value for value in values]
    node = data.draw(st.sampled_from(found))
    start = data.draw(st.integers(0, len(node.value) - 1))
    stop = data.draw(st.integers(start + 1, len(node.value)))
    for at in (start, stop - 1):
        same_character(document, node, at, original)
    span = document.span(node, start, stop)
    assert not span.text.startswith(("\n", " \n")) or node.value[start] in "\n "
    if node.style in ("", "|") and "\n" not in span.text:
        assert span.text == node.value[start:stop]
    if node.style == "|":
        assert [line.strip(" ") for line in span.text.split("\n")] == [
            line.strip(" ") for line in node.value[start:stop].split("\n")
        ]


def same_character(document: Document, node: Text, at: int, original: str) -> None:
    """Compare one character with the file as it is on disk, counting lines there."""
    span = document.span(node, at, at + 1)
    value = node.value[at]
    rows = original.replace("\r\n", "\n").split("\n")
    row = rows[span.line - 1]
    there = row[span.column - 1] if span.column <= len(row) else "\n"
    if node.style == "|" or there == value:
        assert there == value
    elif there == "\\":
        assert (node.style, row[span.column]) == ('"', value)
    else:
        assert value in " \n"  # line ends that YAML folded
        assert not row[span.column - 1 :].strip()


@pytest.mark.usefixtures("loader")
def test_a_doubled_quote_is_one_character() -> None:
    document = read("x.yaml", b"title: 'it''s ok'\n")
    assert document.root
    node = find(document.root, ("title",))
    assert document.span(node, 2, 3).text == "'"
    assert document.span(node, 3, 4).text == "s"
    assert document.span(node, 2, 4).text == "''s"


@pytest.mark.usefixtures("loader")
def test_a_whole_text_includes_its_quotes_and_no_block_header() -> None:
    document = read("x.yaml", b"title: 'a b'\nsetup: |\n  x = 1\n  y = 2\n")
    assert document.root
    assert document.span(find(document.root, ("title",))).text == "'a b'"
    assert document.span(find(document.root, ("setup",))).text == "x = 1\n  y = 2"


# ------------------------------------------------------------------ nothing raises


def spans(problem: Diagnostic) -> Iterator[Span]:
    yield problem.span
    yield from (label.span for label in problem.related)


def check(data: bytes) -> None:
    """Read and parse; every diagnostic must lie inside of its source and be printable."""
    document = read("x.yaml", data)
    _, problems = parse(document)
    for problem in problems:
        for span in spans(problem):
            assert 0 <= span.start <= span.end <= len(span.source.text)
            assert span.line <= span.end_line
        assert problem.message[0].islower() or problem.message[0] == "`"
        assert not problem.message.endswith(".")
    assert "\x1b" not in render(problems)
    assert len(json.loads(render(problems, "json"))) == len(problems)


def broken_yaml(text: str) -> bool:
    """Ask the parser that is used; the two do not agree on tabs inside of keys."""
    try:
        for _event in yaml.parse(text, Loader=parser._LOADER):
            pass
    except yaml.YAMLError:
        return True
    return False


TRICKY = st.sampled_from(list("ab:\n\n  -|>'\"\\[]{}#&*!%@`,?\t$…漢🙂"))

RELAXED = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.usefixtures("loader")
@given(st.text() | st.text(TRICKY, max_size=60))
@RELAXED
def test_no_text_raises(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@pytest.mark.usefixtures("loader")
@given(st.binary(max_size=60))
@RELAXED
def test_no_bytes_raise(data: bytes) -> None:
    check(data)


GOOD = """\
title: Batch normalization
source: makemore-3
setup: |
  import numpy as np

questions:

  - basic: why-eps
    q: Why is $\\epsilon$ added to the variance?
    a: |
      So that a zero variance
      does not divide by zero.
    at: 47:12
    tags: [one, two]

  - cloze: train-eval
    text: |
      It uses {{c1::the batch}}, later {{c2::running averages::what?}}.

  - drill: double
    q: 'What is twice $@{x}$?'
    a: "It''s @{y}"
    given:
      - {x: 1, y: 2}
      - {x: [1, 2], y: [2, 4]}

  - exercise: write-it
    q: Write it.
    hints:
      - The first.
      - The second.
    a: As in PyTorch.
"""


def test_the_good_bank_is_good() -> None:
    _, problems = parse(read("x.yaml", GOOD.encode()))
    assert problems == ()


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """Delete, insert or duplicate characters and lines of a good bank."""
    text = GOOD
    for _ in range(draw(st.integers(1, 3))):
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        place = draw(st.integers(0, len(text)))
        what = draw(st.sampled_from(["cut", "insert", "double", "drop", "repeat", "shift"]))
        if what == "cut":
            text = text[:place] + text[place + draw(st.integers(1, 5)) :]
        elif what == "insert":
            text = text[:place] + draw(TRICKY) + text[place:]
        elif what == "double":
            text = text[:place] + text[place : place + 3] + text[place:]
        else:
            changed = {
                "drop": [],
                "repeat": [lines[at], lines[at]],
                "shift": [" " * draw(st.integers(1, 4)) + lines[at]],
            }[what]
            text = "\n".join([*lines[:at], *changed, *lines[at + 1 :]])
    return text


@pytest.mark.usefixtures("loader")
@given(mutations(), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(RELAXED, max_examples=600)
def test_no_mutation_raises_and_none_that_is_not_yaml_is_silent(text: str, end: str) -> None:
    data = text.replace("\n", end).encode()
    check(data)
    document = read("x.yaml", data)
    if broken_yaml(text):
        assert any(problem.severity == "error" for problem in document.problems)


# ------------------------------------------------------------------ two parsers, one answer


def said(case: Path) -> list[tuple[str, str, int]]:
    found = []
    for path, data in sorted(files_of(case).items()):
        if path.endswith(".yaml"):
            _, problems = parse(read(path, data))
            found += [(path, problem.rule, problem.span.line) for problem in problems]
    return sorted(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_both_parsers_say_the_same(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = []
    for name in LOADERS:
        monkeypatch.setattr(parser, "_LOADER", getattr(yaml, name))
        answers.append(said(case))
    assert answers[0] == answers[-1]
