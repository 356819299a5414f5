"""Every rule: its examples, what it must stay silent about, and that it is explained."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import indent

import pytest
from msgspec.structs import replace

import ankibuild
from ankibuild import project as projects
from ankibuild import releasing, workflow
from ankibuild.diagnostics import Diagnostic
from ankibuild.released import dump, parse
from ankibuild.rules import RULES, check_bank, explanations
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
        for place in self.root.glob("media/*.svg"):
            place.unlink()
        for figure in re.findall(r"\(((?:bn-)?graph\.svg)\)", body):
            self.write(f"media/{figure}", SOUND["media/bn-graph.svg"])
        title = "" if re.search(r"^title:", body, re.MULTILINE) else "title: Sample\n"
        self.write(named.group(1) if named else BANK, title + body)
        return workflow.load(self.root, large_change=large_change)

    def release(self, example: str) -> None:
        space = self.load(example, large_change=True)
        assert space.sound, space.problems
        assert space.subject
        self.time += DAY
        version = f"1.{(self.time - START) // DAY}.0"
        releasing.carry_out(releasing.make(space.subject, version, self.time, self.time))


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
        ignored = SHORT - {rule}
        found = names(shelf.load(example).problems) - ignored
        said.append((label, found))
    assert said == [("Bad", {rule}), ("Good", set())]


@pytest.mark.parametrize("rule", [name for name, _ in EXAMPLES])
def test_a_terminal_shows_examples_without_fences(rule: str) -> None:
    entry = explanations()[rule]
    assert not re.search("^```", entry.shown, re.MULTILINE)
    for label, example in entry.examples:
        assert f"{label}:\n{indent(example, '    ')}" in f"{entry.shown}\n"


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
    "rest-unread": "test_hostile.py",
    "unreadable-file": "test_hostile.py",
}
_NAME = re.compile(r"[a-z]+(?:-[a-z]+)+|encoding")


def emitted(room: str = ".") -> set[str]:
    """Find the names in the source that stand where the name of a rule can stand."""
    root = Path(ankibuild.__file__).parent / room
    # The importer makes no diagnostics, and has names of tags where others have names of rules.
    paths = (path for path in root.rglob("*.py") if "importer" not in path.parts)
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in paths)
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


def gap(text: str) -> str:
    return kind("cloze: x", "text: |", f"  {text}")


def typein(q: str, answer: str) -> str:
    return kind("typein: x", "q: |", f"  {q}", f"answer: {answer}")


def reversed_(term: str, definition: str) -> str:
    return kind("reversed: x", f"term: {term}", f"definition: {definition}")


def pair(first: str, second: str) -> str:
    return basic(first) + f"  - basic: y\n    q: |\n      {second}\n    a: So.\n"


def programs(first: str, second: str) -> str:
    lines = ("  - code: {}", "    q: What does this print?", "    program: {}", "    output: 1")
    both = "\n".join(lines) + "\n"
    return "questions:\n" + both.format("x", first) + both.format("y", second)


def topic(formula: str, fronts: int) -> str:
    """Use a symbol in so many fronts, each of another question, and in the answer of one more."""
    others = [f"  - basic: f-{n}\n    q: Why {n} {formula}?\n    a: So.\n" for n in range(fronts)]
    return basic("What is it?", f"It takes {formula}.") + "".join(others)


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
    ("long-answer", basic(a="word " * 30, extra="word " * 60)),
    ("long-answer", basic(hint="word " * 35)),
    ("long-answer", kind("cloze: x", "text: |", f"  {'word ' * 49} {{{{c1::gap}}}}")),
    ("long-answer", kind("reversed: x", "term: Rank", f"definition: {'word ' * 35}")),
    ("long-answer", kind("typein: x", "q: Which?", "answer: one two three four five")),
    ("long-answer", kind("steps: x", "q: Derive it.", "lines:", f"  - {'word ' * 35}", "  - So.")),
    ("long-answer", kind("exercise: x", "q: Do it.", "a: So.", f"rubric: [{'word ' * 50}]")),
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
    # -- ids
    ("proposed-id", basic().replace("basic: x", "basic: x-new")),
    ("proposed-id", basic().replace("basic: x", "basic: new-1")),
    ("proposed-id", basic().replace("basic: x", "basic: x-new-1-sided")),
    ("proposed-id", basic().replace("basic: x", "basic: x-new-ends")),
    # -- gaps
    ("long-gap", gap("The {{c1::mean and variance over the batch}} matter.")),
    ("long-gap", gap(r"$\hat x = {{c1::x_1 + x_2 + x_3 + x_4 + x_5 + x_6 + x_7 + x_8}}$")),
    ("long-gap", gap("It is {{c1::$x_1 + x_2 + x_3 + x_4 + x_5 + x_6 + x_7$}} there.")),
    ("long-gap", gap("It is {{c1::short::not a b c d e f g h}} there.")),
    ("long-gap", basic(f"Why {'word ' * 20}?")),
    ("many-gaps", gap("{{c1::One}}, {{c2::two}} and {{c3::three}} are few.")),
    ("many-gaps", gap("{{c1::One}}, {{c1::two}}, {{c1::three}}, {{c1::four}} are one card.")),
    ("many-gaps", gap("{{c3::One}}, {{c1::two}}, {{c2::three}}, {{c3::four}} are three.")),
    ("many-gaps", basic("What does `{{c1::a}} {{c2::b}} {{c3::c}} {{c4::d}}` make?")),
    ("trivial-gap", gap("The {{c1::gradient}} points uphill.")),
    ("trivial-gap", gap("The matrix is {{c1::not}} invertible.")),
    ("trivial-gap", gap("Normalization comes {{c1::before}} the nonlinearity.")),
    ("trivial-gap", gap("The first entry is {{c1::$a$}} here.")),
    ("trivial-gap", gap("The name is {{c1::`is`}} here.")),
    ("trivial-gap", gap("$b + {{c1::a}}$ is the sum.")),
    ("trivial-gap", gap("The letters are {{c1::a b}} here.")),
    # -- leaks
    ("leaked-answer", basic("Why does batchnorm add epsilon?", "It avoids division by zero.")),
    ("leaked-answer", basic("Is the sum or the mean larger?", "The mean.")),
    ("leaked-answer", basic("Which of rows and columns is contiguous?", "The rows.")),
    ("leaked-answer", basic("What is twice $x$ plus zero?", "Twice $x$.")),
    ("leaked-answer", basic("What does it print after 3 steps?", "3 steps.")),
    ("leaked-answer", basic("Why do saturated units not learn?", "Their gradient vanishes.")),
    ("leaked-answer", basic("What does a dead unit output?", "So.")),
    ("leaked-answer", basic("What is a loss?", "A loss that no example of a batch can escape.")),
    ("leaked-answer", typein("How many of the 128 inputs are left?", "128")),
    ("leaked-answer", typein("Is the mode train or eval?", "eval")),
    ("leaked-answer", typein("Which method evaluates a model?", "eval")),
    ("leaked-answer", typein("What does `x.t()` give for `x`?", "x")),
    ("leaked-answer", reversed_("Orthonormal vectors", "Vectors of length 1, all orthogonal.")),
    ("leaked-answer", reversed_("Rank of a matrix", "Dimension of the matrix's column space.")),
    ("leaked-answer", reversed_("Batch size", "How many examples are in a batch.")),
    ("leaked-answer", reversed_("Null space (kernel)", "All vectors that go to zero.")),
    ("leaked-answer", gap("The {{c1::mean}} is subtracted, the meaning is not.")),
    ("leaked-answer", gap("{{c1::Rows}} come first; {{c1::rows}} are contiguous.")),
    ("leaked-answer", gap("Of $\\gamma$ and $\\beta$, {{c1::$\\gamma$}} scales.")),
    ("leaked-answer", gap("It becomes {{c1::larger::larger or smaller}} then.")),
    ("leaked-answer", gap("It becomes {{c1::larger::larger/smaller}} then.")),
    ("leaked-answer", gap("Of 4 rows {{c1::4}} are left.")),
    ("leaked-answer", gap("The {{c1::the}} is no word to learn.")),
    # -- answers
    ("list-answer", basic(a="- one\n- two\n- three")),
    ("list-answer", basic(a="1. one\n2. two\n3. three")),
    ("list-answer", basic(a="```\n- a\n- b\n- c\n- d\n```")),
    ("list-answer", basic(a="$$a\n- b\n- c\n- d\n- e$$")),
    ("list-answer", basic(extra="|\n      - a\n      - b\n      - c\n      - d")),
    ("list-answer", kind("exercise: x", "q: Do it.", "a: |", *(f"  - {n}" for n in range(6)))),
    ("image-answer", basic(a="Two ways part: ![the graph](graph.svg)")),
    ("image-answer", basic(a="![mean and variance part](graph.svg)")),
    ("image-answer", basic(a="$x$ ![the graph](graph.svg)")),
    ("image-answer", basic("![the graph](graph.svg) What does it show?", "A mean.")),
    ("image-answer", kind("exercise: x", "q: Draw it.", 'a: "![the graph](graph.svg)"')),
    # -- symbols
    ("undefined-symbol", basic("What is $\\mu$?", "It is $\\mu$ again.")),
    ("undefined-symbol", basic("What is it for batches of `b` rows?", "It takes $b$.")),
    ("undefined-symbol", basic("What is it?", "It takes $b$, where $b$ is the batch size.")),
    ("undefined-symbol", basic("What is it?", "For a batch of size $b$ it takes $b + 1$.")),
    ("undefined-symbol", basic("What is it?", "$\\tau = 3$.")),
    ("undefined-symbol", basic("What is it?", "Let $\\tau$ be small: it takes $2\\tau$.")),
    ("undefined-symbol", basic("What is it?", "It is $\\operatorname{tr}(I) + e^{2\\pi i}$.")),
    ("undefined-symbol", basic("What is $w$?", "It is $w_b + w_\\text{new}$.")),
    ("undefined-symbol", basic("What is it for momentum beta?", "It is $1 - \\beta$.")),
    ("undefined-symbol", basic("What is it?", "It costs \\$3 or `b` of them.")),
    ("undefined-symbol", basic("![A tau line](graph.svg) What is it?", "It is $\\tau$.")),
    ("undefined-symbol", topic("$\\tau$", 3)),
    # -- fronts
    ("two-questions", basic("What is the gain for, and why is it learned?")),
    ("two-questions", basic('What does "Who? Me? You?" come from?')),
    ("two-questions", basic("Which place does d? read, when all are free?")),
    ("two-questions", basic("What does `a?b? c` mean?")),
    ("two-questions", kind("exercise: x", "q: What is it? Why?", "a: So.")),
    ("nothing-asked", basic("Derive it.")),
    ("nothing-asked", basic("There is a matrix. Find its rank.")),
    ("nothing-asked", basic("With $x = 1$, compute the sum.")),
    ("nothing-asked", basic("Take the mean and name the axis.")),
    ("nothing-asked", basic("The rank?")),
    ("nothing-asked", kind("exercise: x", "q: Ride a bicycle.", "a: So.")),
    ("nothing-asked", reversed_("Rank", "Dimension of the column space.")),
    ("leaning-front", basic("What do arrows above the axis mean?")),
    ("leaning-front", basic("Why are all losses above 3 there?")),
    ("leaning-front", basic("What is the entry above?")),
    ("leaning-front", basic("Why is it added?")),
    ("leaning-front", basic("Iterates oscillate. Why?")),
    ("leaning-front", basic("It is known that tanh saturates. Why?")),
    ("leaning-front", basic("Italy and Andorra: which is larger?")),
    ("leaning-front", basic("Why is the previous layer's bias dropped?")),
    ("leaning-front", basic("Why do videos need more memory than images?")),
    ("leaning-front", basic("What is the same as before a shift?")),
    ("similar-front", pair("Why add epsilon?", "Why subtract the mean?")),
    ("similar-front", pair("Why add epsilon?", "How add epsilon?")),
    ("similar-front", pair("What is the mean in training?", "What is the mean in evaluation?")),
    ("similar-front", pair("What is $a + b$?", "What is $a - b$?")),
    ("similar-front", pair("What is 2 times 3?", "What is 2 times 4?")),
    ("similar-front", pair("Why is it learned?", "Why is it not learned?")),
    ("similar-front", pair("Which? ![Of it](graph.svg)", "Which? ![Of it](bn-graph.svg)")),
    ("similar-front", pair("Name a symmetric matrix.", "Name a real symmetric matrix.")),
    ("similar-front", programs("print(1)", "print(2)")),
    # -- wording
    ("vague-word", basic(a="Two things at once.")),
    ("vague-word", basic(a="It takes just the first row, and they simply multiply.")),
    ("vague-word", basic(a="Try 0.1, 0.01, and so on.")),
    ("vague-word", basic(a="Rows 1, 2 and so on to the last.")),
    ("vague-word", basic(a="Variously etched stuffing, something, nothing.")),
    ("vague-word", basic("What does `print('etc.')` print?")),
    ("vague-word", basic(a="$\\text{various}$ is a word.")),
    ("vague-word", basic(verify="assert 'etc.'")),
    ("british-spelling", basic(a="Normalize the colors of the neighbors; analyze a behavior.")),
    ("british-spelling", basic(a="A precise exercise promises four hours of emphasis.")),
    ("british-spelling", basic(a="Two analyses of a specialist: realism otherwise.")),
    ("british-spelling", basic(a="Called, rolled, and controlled.")),
    ("british-spelling", basic(a="`plot(colour='grey')` has its own spelling.")),
    ("british-spelling", basic(a="See <https://example.org/colour>, or $\\text{colour}$.")),
    ("british-spelling", basic(verify="colour = 1")),
]


@pytest.mark.parametrize(("rule", "example"), SILENT)
def test_silent(rule: str, example: str, shelf: Shelf) -> None:
    space = shelf.load(example)
    assert rule not in names(space.problems)
    assert space.sound, space.problems


LONG = "mean of the variances over one batch"
TEN = "Why does big batch size with small step rate slow final training convergence down"

SPEAKING = [
    ("python-syntax", "setup: import 1\n" + basic(), "1"),
    ("no-source", basic(at="1:02"), "x"),
    ("no-source", "source: a-source\n" + basic(), "x"),
    ("long-answer", basic(a="word " * 36), "word " * 36),
    ("long-front", basic("word " * 51), "word " * 51),
    ("yes-no-front", basic("It is small. Is it zero?"), "It is small. Is it zero?"),
    ("long-program", code(16), "print(0)"),
    ("few-rows", drill(11), "- {x: 0, y: 0}"),
    ("long-answer", kind("typein: x", "q: Which?", "answer: a b c d e f"), "a b c d e f"),
    ("long-answer", basic(hint="word " * 36), "word " * 36),
    ("long-answer", basic(extra="word " * 61), "word " * 61),
    ("proposed-id", basic().replace("basic: x", "basic: x-new-1"), "x-new-1"),
    ("proposed-id", basic().replace("basic: x", "basic: one-x-new-12"), "one-x-new-12"),
    ("long-gap", gap("The {{c1::mean of the variances over one batch}}."), LONG),
    ("many-gaps", gap("{{c1::A}} {{c2::b}} {{c1::c}} {{c4::d}} {{c3::e}}."), "{{c3::e}}"),
    ("trivial-gap", gap("Here {{c1::is}} the {{c2::mean}}."), "is"),
    ("trivial-gap", gap("Here it {{c2:: is the::verb}} same."), "is the"),
    ("leaked-answer", basic("Why does a saturated unit stall?", "It is saturated."), "saturated"),
    ("leaked-answer", typein("What does `model.eval()` call?", "model.eval()"), "model.eval()"),
    ("leaked-answer", reversed_("Batch mean", "The mean of one batch."), "batch"),
    ("leaked-answer", reversed_("Null space (kernel)", "What a kernel holds."), "kernel"),
    ("leaked-answer", gap("The {{c1::rows}} come first; all\n      Rows are long."), "Rows"),
    ("leaked-answer", gap("{{c1::Mean}} and {{c2::mean of all}}."), "mean"),
    ("leaked-answer", gap("It is {{c1::larger::larger it is}}."), "larger it is"),
    ("list-answer", basic(a="- one\n- two\n- three\n- four"), "- four"),
    ("list-answer", basic(a="These:\n\n1. one\n2. two\n3) three\n4. four\n5. five"), "4. four"),
    ("image-answer", basic(a="![the graph](graph.svg)"), "![the graph](graph.svg)"),
    ("undefined-symbol", basic("What does it take?", "It takes $2\\tau + k$."), "\\tau"),
    ("undefined-symbol", basic("What is $w$?", "It is $w_i + b$."), "b"),
    ("undefined-symbol", topic("$\\tau$", 2), "\\tau"),
    ("two-questions", basic("What is it? Why is it?"), "?"),
    ("two-questions", basic("What is it? _Why?_"), "?"),
    ("nothing-asked", basic("The rank of a matrix."), "The rank of a matrix."),
    ("nothing-asked", basic("Evaluation mode"), "Evaluation mode"),
    ("leaning-front", basic("Why does the equation above hold?"), "equation above"),
    ("leaning-front", basic("And why is it so?"), "And"),
    ("leaning-front", basic("What is said in this lecture?"), "this lecture"),
    ("leaning-front", basic("What follows, as before?"), "as before"),
    ("leaning-front", gap("It has {{c1::two}} parameters."), "It"),
    ("similar-front", pair("What is a loss?", "What are losses?"), "What are losses?"),
    ("similar-front", pair("Why does it help?", "why does it help"), "why does it help"),
    ("similar-front", pair(f"{TEN} deep?", f"{TEN}?"), f"{TEN}?"),
    ("similar-front", pair(f"{TEN}?", f"{TEN} deep?"), f"{TEN} deep?"),
    ("similar-front", programs("print(1)", "print(1)"), "What does this print?"),
    ("vague-word", basic(a="Rows, columns, etc."), "etc."),
    ("vague-word", basic(a="Rows, columns, and so on."), "and so on"),
    ("vague-word", basic(extra="You can simply add them."), "simply"),
    ("vague-word", basic(a="It has various layers."), "various"),
    ("british-spelling", basic("Why normalise it?"), "normalise"),
    ("british-spelling", basic(a="A Neighbouring row."), "Neighbouring"),
    ("british-spelling", basic(a="![The colour](graph.svg) shows it."), "colour"),
]


@pytest.mark.parametrize(("rule", "example", "place"), SPEAKING)
def test_speaking(rule: str, example: str, place: str, shelf: Shelf) -> None:
    found = [problem for problem in shelf.load(example).problems if problem.rule == rule]
    assert [problem.span.text.strip() for problem in found] == [place.strip()]


@pytest.mark.parametrize(
    ("word", "better"),
    [
        ("normalise", "normalize"),
        ("Optimiser", "Optimizer"),
        ("reinitialised", "reinitialized"),
        ("tokenisation", "tokenization"),
        ("analysed", "analyzed"),
        ("colour", "color"),
        ("behavioural", "behavioral"),
        ("labelled", "labeled"),
        ("modelling", "modeling"),
        ("centre", "center"),
        ("Centred", "Centered"),
        ("grey", "gray"),
        ("artefacts", "artifacts"),
        ("whilst", "while"),
    ],
)
def test_the_american_spelling_is_proposed(word: str, better: str, shelf: Shelf) -> None:
    found = [p for p in shelf.load(basic(a=f"So {word} it.")).problems if p.rule != "no-source"]
    assert [(p.rule, p.help) for p in found] == [("british-spelling", f"write `{better}`")]


def test_a_front_is_compared_over_all_banks(shelf: Shelf) -> None:
    shelf.load(basic("What is a loss?"))
    shelf.write(OTHER, "title: Other\n" + basic("What are losses?").replace("basic: x", "basic: y"))
    problems = workflow.load(shelf.root).problems
    (found,) = [problem for problem in problems if problem.rule == "similar-front"]
    assert found.message == "this asks nearly the same as `x`"
    assert found.span.source.path == OTHER
    assert [label.span.source.path for label in found.related] == [BANK]


def test_a_copy_is_called_by_an_id_that_is_free(shelf: Shelf) -> None:
    long = "x" * 59 + "-tail"
    one = "  - basic: {}\n    q: Why?\n    a: So.\n"
    ids = ("why", "why-3", "why", "why", long, long)
    text = "retired: [why-2]\nquestions:\n" + "".join(map(one.format, ids))
    found = [p for p in shelf.load(text).problems if p.rule == "duplicate-id"]
    proposed = [re.findall(r"`([^`]+)`", problem.help) for problem in found]
    assert proposed == [["why-4"], ["why-5"], ["x" * 59 + "-2"]]


HOSTILE = [
    "{{c1::" * 3000,
    "{{c1::word}} " * 1500,
    "{{c1::a::" * 2000,
    "![" * 9000,
    "@{" * 9000,
    "](" * 9000,
    "$" * 18_001,
    "`" * 18_001,
    "<a " * 6000,
    "? " * 9000,
    ". " * 9000,
    "■" * 18_000,
    "word " * 3800,
    "a" * 19_000,
    "$a_{" * 4500,
    "$" + " " * 18_000 + "x = b",
    "- x\n      " * 2000,
    "and so on " * 1900,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:8]))
def test_a_text_of_marks_is_read_to_its_end(text: str, shelf: Shelf) -> None:
    """A rule that reads such a text in cubic time would take hours here."""
    sound = shelf.load(basic()).subject
    assert sound
    for example in (basic(text, text), gap(text)):
        shelf.write(BANK, f"title: Sample\n{example}")
        project, _ = projects.load(shelf.root)
        assert project
        assert project.entries
        assert "no-source" in names(check_bank(replace(sound, project=project)))


def test_more_cases_stay_silent_than_speak() -> None:
    kinds_of_speech = {name for name, *_ in SPEAKING}
    assert kinds_of_speech == {name for name, _ in SILENT}
    assert kinds_of_speech == {
        name for name, rule in RULES.items() if not rule.__module__.endswith(".guards")
    }
    for rule in {name for name, _ in SILENT}:
        speaking = 1 + sum(1 for name, *_ in SPEAKING if name == rule)
        assert sum(1 for name, _ in SILENT if name == rule) >= speaking, rule


def test_an_id_that_was_released_is_not_complained_about(shelf: Shelf) -> None:
    example = basic().replace("basic: x", "basic: x-new-1")
    assert "proposed-id" in names(shelf.load(example).problems)
    shelf.release(example)
    assert "proposed-id" not in names(shelf.load(example).problems)


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
