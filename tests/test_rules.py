"""Every rule: its examples, what it must stay silent about, and that it is explained."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import ankibuild
from ankibuild import workflow
from ankibuild.diagnostics import Diagnostic
from ankibuild.released import dump, parse
from ankibuild.rules import RULES, explanations
from conftest import SOUND, Lay

BANK, OTHER = "decks/01-sample/01-sample.yaml", "decks/02-other/01-other.yaml"
#: Warnings that an example earns by being short.
SHORT = {"no-source", "few-rows"}
DAY = 86_400
START = 1_750_000_000

PROJECT = {
    "decks/curriculum.yaml": """\
title: Arc
namespace: arc
license: CC BY 4.0
description: For examples.
parts:
  - part: 01-sample
    deck: 01 Sample
    title: Sample
    decks: [{deck: 01 Sample, bank: 01-sample.yaml, topics: [sample]}]
  - part: 02-other
    deck: 02 Other
    title: Other
    decks: [{deck: 01 Other, bank: 01-other.yaml, topics: [other]}]
""",
    "decks/01-sample/part.yaml": """\
topics:
  - topic: sample
    title: Sample
    level: 1
    items: [{concept: sample.item, ask: What is it?}]
""",
    "decks/02-other/part.yaml": "topics: [{topic: other, title: Other, level: 3}]\n",
    "decks/sources.yaml": "sources: [{video: a-source, title: A source}]\n",
}


class Shelf:
    """A project that holds one example at a time, and its ledger."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.time = START
        for path, text in PROJECT.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def load(self, example: str, *, large_change: bool = False) -> workflow.Workspace:
        """Load the project with an example; a first line `file:` says where it stands."""
        for path in (BANK, OTHER):
            (self.root / path).unlink(missing_ok=True)
        named = re.match(r"file: (\S+)\n", example)
        body = example[named.end() :] if named else example
        (self.root / "media/graph.svg").unlink(missing_ok=True)
        if "graph.svg" in body:
            self.write("media/graph.svg", SOUND["media/bn-graph.svg"])
        title = "" if re.search(r"^title:", body, re.MULTILINE) else "title: Sample\n"
        self.write(named.group(1) if named else BANK, title + body)
        return workflow.load(self.root, large_change=large_change)

    def release(self, example: str) -> None:
        space = self.load(example, large_change=True)
        assert space.sound, space.problems
        assert space.subject
        self.time += DAY
        version = f"1.{(self.time - START) // DAY}.0"
        workflow.release(space.subject, self.root, version, self.time, self.time)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def names(problems: Iterable[Diagnostic]) -> set[str]:
    return {problem.rule for problem in problems}


# ------------------------------------------------------------------ examples

EXAMPLES = [(name, entry) for name, entry in explanations().items() if entry.examples]


@pytest.mark.parametrize(("rule", "entry"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_bad_speaks_and_good_is_silent(rule: str, entry: object, shelf: Shelf) -> None:
    said = []
    for label, example in explanations()[rule].examples:
        if label == "Released":
            shelf.release(example)
            continue
        found = names(shelf.load(example).problems) - (SHORT - {rule})
        said.append((label, found))
    assert said == [("Bad", {rule}), ("Good", set())]


# ------------------------------------------------------------------ every rule is explained

HERE = Path(__file__).parent
#: Rules whose files are too large or too strange for `errors/`: the test that makes them.
IN_TESTS = {
    "file-too-large": "test_hostile.py",
    "mass-change": "test_rules.py",
    "media-outside": "test_hostile.py",
    "media-too-large": "test_hostile.py",
    "media-unreadable": "test_hostile.py",
    "notetype-changed": "test_rules.py",
    "unreadable-file": "test_hostile.py",
}
_NAME = re.compile(r"[a-z]+(?:-[a-z]+)+|encoding")


def emitted(room: str = ".") -> set[str]:
    """Find the names in the source that stand where the name of a rule can stand."""
    root = Path(ankibuild.__file__).parent / room
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in root.rglob("*.py"))
    texts = {
        part.value
        for tree in trees
        for node in ast.walk(tree)
        for value in _candidates(node)
        for part in ((value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,))
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    return {text for text in texts if _NAME.fullmatch(text)}


def _candidates(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        if re.search(r"diagnostic|problem|refuse|report|warn|whole|unknown", called.lower()):
            yield from node.args[:3]
    elif isinstance(node, ast.Tuple):
        yield from node.elts[:1]
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "rule":
        yield node.value


def test_the_finder_finds_rules_of_every_room() -> None:
    known = {"duplicate-key", "bad-id", "no-kind", "bad-url", "media-case", "unused-media"}
    known |= {"bad-tags", "ledger-damaged", "encoding", "unbalanced-math", "unknown-slot"}
    assert known <= emitted()


def test_every_rule_is_explained_and_every_explanation_has_a_rule() -> None:
    assert set(explanations()) == emitted() | set(RULES)


def test_the_handbook_is_in_order_and_repeats_no_function() -> None:
    text = Path(ankibuild.__file__).with_name("rules").joinpath("handbook.md").read_text("utf-8")
    sections = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert sections == sorted(set(sections) - set(RULES))


@pytest.mark.parametrize("rule", sorted(explanations()))
def test_every_rule_has_an_example_somewhere(rule: str) -> None:
    entry = explanations()[rule]
    cases = "".join(path.read_text("utf-8") for path in (HERE / "errors").glob("*.txt"))
    in_test = rule in IN_TESTS and f'"{rule}"' in (HERE / IN_TESTS[rule]).read_text("utf-8")
    assert entry.examples or f"[{rule}]: " in cases or in_test or rule in emitted("verify")


@pytest.mark.parametrize("rule", sorted(explanations()))
def test_an_explanation_begins_with_a_sentence(rule: str) -> None:
    summary = explanations()[rule].summary
    assert re.match(r"[A-Z`]", summary)
    assert summary.endswith(".")
    assert len(summary) < 120


# ------------------------------------------------------------------ silence: rules of the craft


def basic(q: str = "Why?", a: str = "So.", **fields: str) -> str:
    more = "".join(f"    {name}: {text}\n" for name, text in fields.items())
    block = "\n      ".join(a.split("\n"))
    return f"questions:\n  - basic: x\n    q: |\n      {q}\n    a: |\n      {block}\n{more}"


def kind(head: str, *lines: str) -> str:
    return f"questions:\n  - {head}\n" + "".join(f"    {line}\n" for line in lines)


def drill(rows: int) -> str:
    given = [f"  - {{x: {n}, y: {2 * n}}}" for n in range(rows)]
    return kind("drill: x", "q: What is twice @{x}?", "a: It is @{y}.", "given:", *given)


def code(lines: int) -> str:
    program = [f"  print({n})" for n in range(lines)]
    return kind("code: x", "q: What does this print?", "program: |", *program, "output: 1")


STEPS = ("lines:", "  - $a = b$", "  - $= c$")

SILENT = [
    ("python-syntax", basic(verify="assert 2 + 2 == 4")),
    ("python-syntax", basic(verify="import numpy as np; assert np.pi > 3")),
    ("python-syntax", basic(verify="assert 'é' and '漢'")),
    ("python-syntax", basic("Why does `2 + = 2` fail?")),
    ("python-syntax", "setup: import os\n" + basic()),
    ("python-syntax", basic(verify='print("\\d")')),
    ("no-source", "source: a-source\n" + basic(at="1:02")),
    ("no-source", basic(source="a-source", at="§3.2")),
    ("no-source", "source: a-source\n" + basic(source="a-source", at="p. 14, eq. 5")),
    ("long-answer", basic(a="word " * 35)),
    ("long-answer", basic(a="word " * 34 + "$a + b + c + d + e + f$")),
    ("long-answer", basic(a="word " * 34 + "`a b c d e f g`")),
    ("long-answer", basic(a="word " * 30 + "\n```python\na b c d e f g h\n```")),
    ("long-answer", basic(a="word " * 30, extra="word " * 80)),
    ("long-answer", kind("exercise: x", "q: Do it.", f"a: {'word ' * 90}")),
    ("long-front", basic("word " * 50)),
    ("long-front", basic(f"![{'what it shows ' * 20}](graph.svg) Which is it?")),
    ("long-front", kind("exercise: x", f"q: {'word ' * 90}", "a: Yes.")),
    ("long-front", kind("steps: x", f"q: {'word ' * 90}", *STEPS)),
    ("long-front", kind("cloze: x", "text: |", f"  {'word ' * 90} {{{{c1::gap}}}}")),
    ("yes-no-front", basic("Why is it so?")),
    ("yes-no-front", basic("Is it a mean or a sum?")),
    ("yes-no-front", basic("Is there a bias, and why?")),
    ("yes-no-front", basic("Does it hold? Say why.")),
    ("yes-no-front", basic("Island names: which do you know?")),
    ("yes-no-front", basic("It is small. How small?")),
    ("yes-no-front", basic("Do this by hand.")),
    ("yes-no-front", kind("typein: x", "q: Is it on?", "answer: no")),
    ("long-program", code(15)),
    ("long-program", code(1)),
    ("long-program", kind("exercise: x", "q: Do it.", "a: |", "  ```", *["  x"] * 20, "  ```")),
    ("few-rows", drill(12)),
    ("few-rows", drill(40)),
    ("few-rows", basic()),
]


@pytest.mark.parametrize(("rule", "example"), SILENT)
def test_silent(rule: str, example: str, shelf: Shelf) -> None:
    space = shelf.load(example)
    assert rule not in names(space.problems)
    assert space.sound, space.problems


SPEAKING = [
    ("python-syntax", "setup: import 1\n" + basic(), "1"),
    ("no-source", basic(at="1:02"), "x"),
    ("no-source", "source: a-source\n" + basic(), "x"),
    ("long-answer", basic(a="word " * 36), "word " * 36),
    ("long-front", basic("word " * 51), "word " * 51),
    ("yes-no-front", basic("It is small. Is it zero?"), "It is small. Is it zero?"),
    ("long-program", code(16), "print(0)"),
    ("few-rows", drill(11), "- {x: 0, y: 0}"),
]


@pytest.mark.parametrize(("rule", "example", "place"), SPEAKING)
def test_speaking(rule: str, example: str, place: str, shelf: Shelf) -> None:
    found = [problem for problem in shelf.load(example).problems if problem.rule == rule]
    assert [problem.span.text.strip() for problem in found] == [place.strip()]


def test_more_cases_stay_silent_than_speak() -> None:
    for rule in {name for name, _ in SILENT}:
        speaking = 1 + sum(1 for name, *_ in SPEAKING if name == rule)
        assert sum(1 for name, _ in SILENT if name == rule) >= speaking, rule


def test_a_very_long_answer_stops_the_build(shelf: Shelf) -> None:
    assert not shelf.load(basic(a="word " * 61)).sound
    assert shelf.load(basic(a="word " * 60)).sound


@pytest.mark.parametrize(
    "example",
    [
        "questions:\n  - basic: x  # ankibuild: allow yes-no-front\n    q: Is it?\n    a: No.\n",
        "questions:\n  - basic: x\n    q: Is it?  # ankibuild: allow yes-no-front\n    a: No.\n",
        "questions:\n  - basic: x  # ankibuild: allow no-source, yes-no-front\n"
        "    q: Is it?\n    a: No.\n",
    ],
)
def test_a_comment_allows_a_warning(example: str, shelf: Shelf) -> None:
    assert names(shelf.load(example).problems) <= {"no-source"}


def test_a_comment_allows_warnings_of_every_room(shelf: Shelf) -> None:
    head = "questions:\n  - basic: x  # ankibuild: allow no-source, unknown-tag\n"
    assert not shelf.load(head + "    q: |\n      Why <pad>?\n    a: So.\n").problems


def test_a_comment_allows_no_error_and_no_other_warning(shelf: Shelf) -> None:
    head = "questions:\n  - basic: x  # ankibuild: allow no-source, python-syntax\n"
    found = names(shelf.load(head + "    q: Is it?\n    a: No.\n    verify: 1 +\n").problems)
    assert found == {"python-syntax", "yes-no-front"}


# ------------------------------------------------------------------ silence: guards of a release

TWO = "questions: [{basic: one, q: Why?, a: So.}, {basic: two, q: How?, a: Thus.}]\n"
GAPS = 'questions: [{cloze: gaps, text: "{{c1::One}} and {{c2::two}}."}]\n'

UNTOUCHED = [
    (TWO, TWO),
    (TWO, TWO.replace("So", "For this reason")),
    (TWO, "questions: [{basic: two, q: How?, a: Thus.}, {basic: one, q: Why?, a: So.}]\n"),
    (TWO, TWO.replace("{basic: two", "{basic: three, q: When?, a: Now.}, {basic: two")),
    (TWO, "retired: [one]\nquestions: [{basic: two, q: How?, a: Thus.}]\n"),
    (TWO, TWO.replace("basic: one, q: Why?, a: So.", "exercise: one, q: Why?, a: So.")),
    (TWO, TWO.replace("basic: one, q: Why?, a: So.", "steps: one, q: Why?, lines: [So, Thus]")),
    (GAPS, GAPS),
    (GAPS, GAPS.replace("two}}", "two::a hint}}")),
    (GAPS, GAPS.replace("two}}", "two}} and {{c3::three}}")),
    (GAPS, 'questions: [{cloze: gaps, text: "{{c2::Two}} and {{c1::one}} and {{c2::more}}."}]\n'),
]


@pytest.mark.parametrize(("before", "after"), UNTOUCHED)
def test_a_release_may_be_followed_by(before: str, after: str, shelf: Shelf) -> None:
    shelf.release(before)
    assert names(shelf.load(after).problems) <= SHORT


def test_a_retired_id_stays_taken_in_every_later_release(shelf: Shelf) -> None:
    shelf.release(TWO)
    shelf.release("retired: [one]\nquestions: [{basic: two, q: How?, a: Thus.}]\n")
    shelf.release("retired: [one]\nquestions: [{basic: two, q: How?, a: Thus!}]\n")
    assert "id-reused" in names(shelf.load(TWO).problems)


def many(number: int, answer: str = "So.") -> str:
    rows = (f"{{basic: n-{i}, q: Why {i}?, a: {answer}}}" for i in range(number))
    return f"questions: [{', '.join(rows)}]\n"


@pytest.mark.parametrize(
    ("known", "changed", "speaks"),
    [(30, 21, True), (30, 20, False), (500, 25, False), (500, 26, True), (30, 0, False)],
)
def test_mass_change(known: int, changed: int, speaks: bool, shelf: Shelf) -> None:
    shelf.release(many(known))
    text = many(known).replace("a: So.", "a: Thus.", changed)
    found = [p for p in shelf.load(text).problems if p.rule == "mass-change"]
    assert [p.severity for p in found] == ["warning"] * speaks
    assert not found or found[0].message == f"{changed} notes of {known} released ones would change"
    assert "mass-change" not in names(shelf.load(text, large_change=True).problems)


@pytest.mark.parametrize("change", ["schema", "id", "digest"])
def test_notetype_changed(change: str, shelf: Shelf) -> None:
    shelf.release(TWO)
    path = shelf.root / "decks/released.jsonl"
    ledger, _ = parse(ankibuild.diagnostics.Source("x", path.read_text("utf-8")))
    row = ledger.notetypes["basic"]
    other = {"schema": "1,2/3", "id": row.id + 1, "digest": "0" * 32}[change]
    rows = {**ledger.notetypes, "basic": replace(row, **{change: other})}
    path.write_text(dump(replace(ledger, notetypes=rows)), "utf-8")
    assert ("notetype-changed" in names(shelf.load(TWO).problems)) == (change != "digest")


def test_two_broken_questions_are_reported_and_the_third_is_kept(lay: Lay) -> None:
    text = (HERE / "errors/two-broken-questions.yaml").read_text("utf-8")
    space = workflow.load(lay({"decks/training/batchnorm.yaml": text}))
    assert [problem.span.line for problem in space.problems] == [6, 12]
    assert space.subject
    assert set(space.subject.project.entries) == {"shift", "fig-graph"}
