"""Formulas through MathJax: what is found, where it is said to be, and what must not happen."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ankibuild.cache import Store
from ankibuild.diagnostics import Diagnostic
from ankibuild.typeset import engines, process
from ankibuild.typeset import typesetter as typesetter_module
from ankibuild.typeset.answers import Answer, Request
from ankibuild.typeset.findings import INDENT, WIDEST, Checked
from ankibuild.typeset.typesetter import Typesetter
from typesetting import (
    BAD,
    GOOD,
    HOSTILE,
    html_of,
    listed,
    mutants,
    need,
    need_mathjax,
    question,
    stylesheet,
    written,
)

ONE, OTHER = ("x^2", False), (r"\frac{1}{2}", True)


@pytest.fixture(autouse=True, scope="module")
def _mathjax() -> None:
    need_mathjax()


@pytest.fixture(autouse=True)
def _own_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start what a test says, not what it is lent."""
    monkeypatch.setattr(typesetter_module, "Engines", engines.Engines)


@pytest.fixture(scope="module")
def typesetter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typesetter]:
    """Keep one process for all tests that do not care."""
    with Typesetter(tmp_path_factory.mktemp("typeset")) as one:
        yield one


@pytest.fixture
def find(tmp_path: Path, typesetter: Typesetter) -> Find:
    return Find(tmp_path, typesetter)


class Find:
    """Finds what is wrong with questions, with MathJax and without."""

    def __init__(self, folder: Path, typesetter: Typesetter) -> None:
        self.folder, self.typesetter = folder, typesetter

    def __call__(self, questions: str) -> list[Diagnostic]:
        formulas, problems = written(self.folder, questions)
        return [*problems, *self.typesetter.check(formulas).problems]

    def in_text(self, text: str) -> list[Diagnostic]:
        return self(question(text))

    def in_cloze(self, text: str) -> list[Diagnostic]:
        return self(f"  - cloze: x\n    text: |\n      {text}\n")


def brief(problems: list[Diagnostic]) -> list[tuple[str, str]]:
    """Give the rules, and what the carets cover."""
    return [(problem.rule, problem.span.text) for problem in problems]


# ------------------------------------------------------------------ what is found, and where

FAULTS = [
    (r"\frac{1}{\sqrt{\foo x}}", "unknown-macro", r"\foo"),
    (r"\dfrac{\partial L}{\partial \baz} + 1", "unknown-macro", r"\baz"),
    (r"\begin{aligned} a &= b \\ &= \boldsymbl{d} \end{aligned}", "unknown-macro", r"\boldsymbl"),
    (r"\ce{H2O ->[\foo] C}", "unknown-macro", r"\foo"),
    (r"🙂 \foo", "unknown-macro", r"\foo"),
    (r"\foo \text{and} \foo", "unknown-macro", r"\foo"),
    (r"\argmax_x", "unknown-macro", r"\argmax"),
    (r"\begin{alinged} a \end{alinged}", "unknown-environment", "alinged"),
    (r"x + \frac{1}", "broken-formula", r"\frac"),
    (r"\sqrt{\frac{1}} + 2", "broken-formula", r"\frac"),
    (r"\begin{matrix} a & \frac{1} \end{matrix}", "broken-formula", r"\end"),
    (r"a & b", "broken-formula", "&"),
    (r"\frac{a & b}{c}", "broken-formula", "&"),
    (r"x^2^3", "broken-formula", "^"),
    (r"a^2 + \frac{b}{c}^3 + x^n^2", "broken-formula", "^"),
    (r"\sqrt{x^2 + \frac{1}} + \frac{1}{2}", "broken-formula", r"\frac"),
    (r"a^2 + \foo", "unknown-macro", r"\foo"),
    (r"\sqrt{x_1_2}", "broken-formula", "_"),
    (r"f^2'", "broken-formula", "'"),
    (r"\left( a \left[ x \right]", "broken-formula", r"\left"),
    (r"x \right)", "broken-formula", r"\right"),
    (r"\left x \right)", "broken-formula", r"\left"),
    (r"\left( \begin{matrix} a \right)", "broken-formula", r"\begin{matrix}"),
    (r"\begin{matrix} a \end{bmatrix}", "broken-formula", r"\end{bmatrix}"),
    (r"\begin{matrix} a & b", "broken-formula", r"\begin{matrix}"),
    (r"{\left(}\right)", "broken-formula", "}"),
    (r"\sqrt[3 x", "broken-formula", r"\sqrt"),
    (r"x\limits_2", "broken-formula", r"\limits"),
    (r"\hspace{x}", "broken-formula", r"\hspace"),
    (r"x^", "broken-formula", "^"),
    (r"\hline", "broken-formula", r"\hline"),
    (r"\tag{1}\tag{2} x", "broken-formula", r"\tag"),
    (r"\frac{1}{2", "unbalanced-braces", "{"),
    (r"a}b", "unbalanced-braces", "}"),
    (r"\newcommand{\x}{1}", "macro-definition", r"\newcommand"),
    (r"\\frac{1}{2}", "doubled-backslash", r"\\frac"),
    (r"\href{javascript:x}{y}", "unsafe-formula", r"\href"),
    (r"\bbox[background:url(x)]{y}", "unsafe-formula", "background:url(x)"),
    ("+".join(["x"] * 1001), "formula-too-long", "+".join(["x"] * 1001)),
    ("+".join(["x"] * 20), "formula-too-wide", "+".join(["x"] * 20)),
]


@pytest.mark.parametrize(("tex", "rule", "covered"), FAULTS, ids=lambda text: text[:24])
def test_a_fault_is_found_at_its_place(find: Find, tex: str, rule: str, covered: str) -> None:
    """Between formulas and entities, that the place is counted from the right start."""
    (problem,) = find.in_text(f"Some $a &lt; b$ and ${tex}$ here.")
    assert (problem.rule, problem.span.text) == (rule, covered)
    assert problem.span.line == 7


def test_the_first_of_two_is_named(find: Find) -> None:
    """Also in arguments of arguments, and behind macros that stand for others."""
    for tex in (r"\foo + \foo", r"\sqrt{a + \foo + \foo}", r"a \bmod b^2 \frac{\foo + \foo}{c}"):
        (problem,) = find.in_text(f"${tex}$")
        assert problem.span.column == len(f"      ${tex}"[: tex.index(r"\foo") + 7]) + 1


def test_the_place_is_right_behind_entities_and_gaps(find: Find) -> None:
    assert brief(find.in_text(r"$a &lt; \frac{b}$")) == [("broken-formula", r"\frac")]
    found = find.in_cloze(r"$a &lt; {{c1::b &amp; c::\hint}} + \frac{ {{c2::d}} }$")
    assert brief(found) == [("broken-formula", "&")]
    found = find.in_cloze(r"${{c1::b::h}} + \frac{ {{c2::d}} }$")
    assert brief(found) == [("broken-formula", r"\frac")]


def test_each_formula_of_a_text_is_checked(find: Find) -> None:
    found = find.in_text("$\\foo$ and $$x^2^3$$ and\n\n- \\(\\frac{a}\\)\n- \\[ \\bar \\]")
    assert [span for _, span in brief(found)] == [r"\foo", "^", r"\frac", r"\bar"]
    assert [problem.span.line for problem in found] == [7, 7, 9, 10]


def test_one_cause_gets_one_message(find: Find) -> None:
    """A macro that is defined is reported where it is defined, not where it is used."""
    text = r"$\newcommand{\Ex}{\mathbb{E}}$ and $\Ex x$ and $\argmax \foo$ and $\F$"
    rules = [("macro-definition", r"\newcommand"), ("unknown-macro", r"\argmax")]
    assert brief(find.in_text(text)) == [*rules, ("unknown-macro", r"\F")]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (r"\sgima", r"\sigma"),
        (r"\Sgima", r"\Sigma"),
        (r"\aplha", r"\alpha"),
        (r"\fracc{1}{2}", r"\frac"),
        (r"\mathbbb{R}", r"\mathbb"),
        (r"\mathR", r"\mathup"),
        (r"\operatornam{f}", r"\operatorname"),
        (r"\argmax", r"\operatorname*{arg\,max}"),
        (r"\zyxwvu", r"\operatorname{zyxwvu}"),
    ],
)
def test_an_unknown_macro_is_answered_with_a_known_one(find: Find, typed: str, meant: str) -> None:
    (problem,) = find.in_text(f"${typed}$")
    assert problem.rule == "unknown-macro"
    assert f"`{meant}`" in problem.help


def test_every_word_of_ours_is_in_our_style(find: Find) -> None:
    questions = "".join(
        f"  - basic: q{number}\n    q: |\n      ${tex}$\n    a: So.\n"
        for number, tex in enumerate(listed(BAD))
    )
    for problem in find(questions):
        assert re.match(r"[a-z`]|MathJax", problem.message)
        assert not problem.message.endswith(".")
        assert problem.message.count("`") % 2 == 0
        assert problem.help or problem.message.startswith("MathJax")


def test_sound_formulas_are_left_alone(find: Find) -> None:
    sound = [tex for tex in listed(GOOD) if not tex.startswith(r"\\")]
    assert find.in_text("\n\n".join(f"$${tex} $$" for tex in sound)) == []


# ------------------------------------------------------------------ gaps and rows


def test_the_front_of_a_cloze_is_typeset_as_well(find: Find) -> None:
    (problem,) = find.in_cloze(r"$\begin{ {{c1::aligned}} } x \end{aligned}$")
    assert problem.rule == "unknown-environment"
    (problem,) = find.in_cloze(r"$x_1 = {{c1::2::a_b_c}} + {{c2::3}}$")
    assert brief([problem]) == [("broken-formula", "_")]
    assert problem.help.startswith("while a gap is hidden, Anki shows `[...]` or its hint")
    assert find.in_cloze(r"$x = {{c1::\frac{1}{2}::\half}}$ {{c2::y}}")[0].rule == "unknown-macro"
    (problem,) = find.in_cloze(r"$$\begin{gathered} a \\{{c1::b}} \end{gathered}$$")
    assert problem.message == "the bracket after this `\\\\` is taken for a distance between lines"
    assert find.in_cloze(r"$\frac{ {{c1::a::num}} }{ {{c2::b}} }$ and {{c3::$c$}}") == []


@pytest.mark.parametrize("before", [r"\frac", r"\operatorname*", "^", "_", r"\alpha"])
def test_a_gap_is_no_argument(find: Find, before: str) -> None:
    (problem,) = find.in_cloze(f"$x {before}{{{{c1::10}}}}$")
    assert brief([problem]) == [("cloze-as-argument", before + "{{c1::")]
    assert find.in_cloze(r"$x \cdot {{c1::10}} \,{{c2::x}} 2^{ {{c3::3}} }$") == []


def test_a_drill_says_once_what_a_row_makes_of_a_formula(find: Find) -> None:
    questions = r"""
  - drill: d
    q: Reduce $\frac@{x}$ and $@{y}$.
    a: $\foo @{x}$
    given:
      - {x: "{1}{2}", y: 1}
      - {x: "{3}", y: \bar}
      - {x: "{4}", y: \bar}
"""
    first, second = find(questions)
    assert (first.rule, second.rule) == ("broken-formula", "unknown-macro")
    assert first.span.text == r"Reduce $\frac@{x}$ and $@{y}$."
    assert first.help.startswith(r"a row makes it `$\frac{3}$`")
    assert second.help.startswith(r"a row makes it `$\foo {1}{2}$`")


# ------------------------------------------------------------------ width


def test_width_depends_on_what_is_around(find: Find) -> None:
    wide = "$" + "+".join(["x"] * 20) + "$"
    assert [problem.rule for problem in find.in_text(wide)] == ["formula-too-wide"]
    assert find.in_text(f"$${wide[1:-1]}$$") == []
    assert find.in_text(f"| a | b |\n|---|---|\n| {wide} | {wide} |") == []


@pytest.mark.parametrize("width", [14, 15.7, 17, 18.3, 19.6])
@pytest.mark.parametrize(
    ("lead", "depth"), [("", 0), ("- ", 1), ("> ", 1), ("- a\n  - b\n    - ", 3)]
)
def test_lists_and_quotes_leave_less(find: Find, width: float, lead: str, depth: int) -> None:
    found = find.in_text(f"Text.\n\n{lead}$\\Rule{{{width}em}}{{1em}}{{0em}}$")
    assert bool(found) == (width > WIDEST - INDENT * depth)


# ------------------------------------------------------------------ engines

NODE = shutil.which("node") or ""
Command = list[str]


def start(monkeypatch: pytest.MonkeyPatch, *commands: Command) -> None:
    monkeypatch.setattr(engines, "commands", lambda: iter(commands))


def both() -> list[Command]:
    return [list(command) for command in engines.commands()]


def check(root: Path, *texts: str) -> Checked:
    formulas, _ = written(root, question(" and ".join(f"${text}$" for text in texts)))
    with Typesetter(root) as one:
        return one.check(formulas)


def rules(checked: Checked) -> list[str]:
    return [problem.rule for problem in checked.problems]


@pytest.fixture(scope="module", params=["node", "quickjs"])
def command(request: pytest.FixtureRequest) -> Command:
    """Start only one of the engines."""
    programs = {"node": NODE, "quickjs": sys.executable}
    need(programs[request.param], request.param)
    return next(one for one in both() if one[0] == programs[request.param])


def test_the_engines_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    need(NODE, "node")
    formulas = [(tex, False) for tex in [*listed(GOOD), *listed(BAD), *HOSTILE]]
    formulas += [*mutants(formulas, 40)]
    requests = [
        {"want": want, "tex": tex, "display": display}
        for want, some in (("verdict", formulas), ("markup", formulas[::3]))
        for tex, display in some
    ]
    answers = []
    for one in both():
        start(monkeypatch, one)
        working = engines.Engines()
        answers.append(working.ask(requests))
        working.close()
    assert answers[0] == answers[1]
    assert len(answers[0]) == len(requests)


def test_without_an_engine_nothing_is_typeset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    start(monkeypatch)
    assert check(tmp_path, r"\foo") == Checked((), typeset=False)
    assert html_of([ONE], tmp_path) == {}
    assert stylesheet(tmp_path) == ""


def test_without_mathjax_nothing_is_typeset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engines, "MATHJAX", tmp_path / "nowhere")
    assert check(tmp_path, r"\foo") == Checked((), typeset=False)
    assert html_of([ONE], tmp_path) == {}
    assert engines.fonts() == {}
    assert check(tmp_path) == Checked((), typeset=True)  # nothing was to be done


def python(program: str) -> Command:
    return [sys.executable, "-c", program]


READY = 'print(\'{"result": "ready"}\', flush=True)\n'
BROKEN = {
    "absent": ["/nowhere/node"],
    "a folder": ["/"],
    "ends at once": python(""),
    "too old": python("import sys; sys.exit('SyntaxError')"),
    "talks nonsense": python("while input: print('Welcome to node!')"),
    "no end of a line": python("while True: print('x' * 1000, end='')"),
    "ready, then gone": python(READY),
    "wrong answers": python(READY + "while input(): print('[1]', flush=True)"),
    "wrong results": python(READY + "while input(): print('{\"result\": null}', flush=True)"),
}
HANGING = {
    "never ready": python("import time; time.sleep(60)"),
    "ready, then deaf": python(READY + "import time; time.sleep(60)"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_engine_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: Command
) -> None:
    monkeypatch.setattr(process, "LONGEST_LINE", 100_000)
    start(monkeypatch, broken, both()[0])
    checked = check(tmp_path, r"\foo", "x")
    assert (rules(checked), checked.typeset) == (["unknown-macro"], True)


@pytest.mark.parametrize("hanging", HANGING.values(), ids=HANGING)
def test_nobody_waits_for_an_engine_for_ever(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hanging: Command
) -> None:
    monkeypatch.setattr(engines, "STARTING", 0.5)
    start(monkeypatch, hanging)
    assert check(tmp_path, r"\foo") == Checked((), typeset=False)


def test_only_broken_engines_are_as_good_as_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    start(monkeypatch, BROKEN["absent"], BROKEN["ends at once"])
    assert check(tmp_path, r"\foo") == Checked((), typeset=False)


def with_trap(command: Command, folder: Path, trap: str) -> Command:
    """Make an engine that does something else when it meets the formula `trap`."""
    more = folder / "trap.js"
    more.write_text(
        "const inner = globalThis.answer;\n"
        f"globalThis.answer = line => line.includes('trap') ? {trap} : inner(line);\n",
        encoding="utf-8",
    )
    return [*command, str(more)]


def test_a_formula_without_end_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: Command
) -> None:
    limited = [part if part != str(engines.LIMIT) else "1" for part in command]
    start(monkeypatch, with_trap(limited, tmp_path, "(() => { for (;;); })()"))
    checked = check(tmp_path, "a", "trap", r"\foo")
    assert rules(checked) == ["formula-too-long", "unknown-macro"]
    assert checked.problems[0].span.text == "trap"
    assert checked.typeset
    # What depends on the machine is not remembered.
    start(monkeypatch, command)
    assert rules(check(tmp_path, "a", "trap", r"\foo")) == ["unknown-macro"]


def test_slow_formulas_have_their_time_each(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: Command
) -> None:
    """The limit is kept for all that wait, and nobody has to pay for those before."""
    # Each leaves most of its two seconds to a machine that has something else to do.
    limited = [part if part != str(engines.LIMIT) else "2" for part in command]
    slow = (
        "(() => { for (const end = Date.now() + 800; Date.now() < end;); return inner(line); })()"
    )
    start(monkeypatch, with_trap(limited, tmp_path, slow))
    checked = check(tmp_path, "trap_1", "trap_2", "trap_3", r"\foo")
    assert (rules(checked), checked.typeset) == (["unknown-macro"], True)


def test_a_formula_that_eats_all_memory_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: Command
) -> None:
    hungry = "(() => { for (const all = [];;) all.push(new Array(1e6).fill(0)); })()"
    small = [part.replace("=512", "=128") for part in command]
    start(monkeypatch, with_trap(small, tmp_path, hungry))
    checked = check(tmp_path, "a", "trap", r"\foo")
    assert rules(checked) == ["formula-too-long", "unknown-macro"]


def test_an_engine_that_does_not_answer_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also where the engine's own time limit does not hold."""
    need(NODE, "node")
    monkeypatch.setattr(engines, "SLACK", 2 - engines.LIMIT)
    dead = with_trap(both()[0], tmp_path, "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)))")
    start(monkeypatch, dead)
    assert rules(check(tmp_path, "a", "trap", r"\foo")) == ["formula-too-long", "unknown-macro"]


def test_an_engine_killed_by_somebody_is_replaced(
    monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    start(monkeypatch, command)
    working = engines.Engines()
    ask = [{"want": "verdict", "tex": "x", "display": False}]
    before = working.ask(ask)
    assert working._engine
    working._engine._process.kill()
    working._engine._process.wait()
    assert working.ask(ask) == before
    working.close()


def test_an_engine_that_dies_of_everything_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engines, "MOST_LOST", 3)
    program = READY + "input(); print('{\"result\": 1}', flush=True); input()"
    start(monkeypatch, python(program), both()[0])
    checked = check(tmp_path, "a", "b", "c", r"z \foo")
    assert "unknown-macro" in rules(checked)
    assert checked.typeset


def test_no_process_outlives_us(monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    """Neither when all goes well, nor when we are gone without a word."""
    start(monkeypatch, command)
    working = engines.Engines()
    working.ask([{"want": "names"}])
    assert working._engine
    process = working._engine._process
    working.close()
    assert process.poll() is not None
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as alone:
        assert alone.stdout
        assert alone.stdout.readline() == b'{"result": "ready"}\n'
        alone.stdin.close()  # type: ignore[union-attr]
        assert alone.wait(timeout=20) == 0


def test_threads_take_turns(typesetter: Typesetter) -> None:
    formulas = [(f"x_{{{number}}} + y", False) for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda part: typesetter.markup(formulas[part::4]), range(4)))
    assert {tex: one for part in parts for tex, one in part.items()} == typesetter.markup(formulas)
    assert sum(len(part) for part in parts) == 60


# ------------------------------------------------------------------ memory


def test_what_is_known_starts_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = check(tmp_path, r"\foo", "x", r"\frac{1}", "y")
    marked = html_of([ONE, OTHER, (r"\foo", False)], tmp_path)
    style = stylesheet(tmp_path)
    start(monkeypatch)
    assert check(tmp_path, "y", r"\foo", "x", r"\frac{1}").typeset
    assert rules(check(tmp_path, r"\foo", "x", r"\frac{1}", "y")) == rules(first)
    assert check(tmp_path, r"\foo").problems[0].help == first.problems[0].help
    assert html_of([ONE, OTHER, (r"\foo", False)], tmp_path) == marked
    assert stylesheet(tmp_path) == style
    assert set(marked) == {ONE, OTHER}
    # Something new, and there is nobody to ask.
    fewer = check(tmp_path, r"\foo", "z")
    assert (rules(fewer), fewer.typeset) == (["unknown-macro"], False)


def test_another_mathjax_is_asked_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert html_of([ONE], tmp_path)
    other = tmp_path / "typesetter.js"
    other.write_text(engines.TYPESETTER.read_text("utf-8") + "// changed\n", "utf-8")
    monkeypatch.setattr(engines, "TYPESETTER", other)
    start(monkeypatch)
    assert html_of([ONE], tmp_path) == {}


@pytest.mark.parametrize("answer", [None, [1, 2, 3], {"a": 1}, "x", ["x"], [1, "x"]])
def test_a_damaged_memory_is_as_good_as_none(tmp_path: Path, answer: object) -> None:
    assert rules(check(tmp_path, r"\foo", "x")) == ["unknown-macro"]
    (path,) = (tmp_path / ".ankibuild/formulas").iterdir()
    store = Store(tmp_path, "formulas")
    version, answers = store.get(path.name, list)
    assert len(answers) == 2
    store.put(path.name, [version, dict.fromkeys(answers, answer)])
    assert rules(check(tmp_path, r"\foo", "x")) == ["unknown-macro"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the formulas that an engine is asked about, in their order."""
    seen: list[str] = []

    class Spy(engines.Engines):
        def ask(self, requests: Sequence[Request]) -> list[Answer]:
            seen.extend(str(request["tex"]) for request in requests if "tex" in request)
            return super().ask(requests)

    monkeypatch.setattr(typesetter_module, "Engines", Spy)
    return seen


def test_only_what_is_new_is_asked_about(tmp_path: Path, asked: list[str]) -> None:
    check(tmp_path, "a", "b")
    check(tmp_path, "b", "c")
    assert sorted(asked) == ["a", "b", "c"]


def test_what_banks_share_is_asked_once_and_remembered_for_each(
    tmp_path: Path, asked: list[str]
) -> None:
    ours, _ = written(tmp_path, question(r"$\foo$ and $a$"))
    theirs, _ = written(tmp_path, question(r"$\foo$ and $b$"))
    with Typesetter(tmp_path) as one:
        first = [rules(one.check(ours, "ours")), rules(one.check(theirs, "theirs"))]
    assert first == [["unknown-macro"], ["unknown-macro"]]
    assert sorted(asked) == [r"\foo", "a", "b"]
    with Typesetter(tmp_path) as another:
        assert rules(another.check(theirs, "theirs")) == ["unknown-macro"]
    assert len(asked) == 3


def test_a_formula_that_took_an_engine_along_is_asked_about_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: list[str]
) -> None:
    """It may have been the machine, and another bank has the formula as well."""
    start(monkeypatch, with_trap(both()[0], tmp_path, "process.exit()"))
    formulas, _ = written(tmp_path, question("$trap$"))
    with Typesetter(tmp_path) as one:
        assert rules(one.check(formulas, "ours")) == ["formula-too-long"]
        assert rules(one.check(formulas, "theirs")) == ["formula-too-long"]
    assert asked == ["trap", "trap"]


def test_the_formula_among_many_that_takes_an_engine_along_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Though the answers to those before it were under way."""
    start(monkeypatch, with_trap(both()[0], tmp_path, "process.exit()"))
    requests = [{"want": "verdict", "tex": f"x_{n}", "display": False} for n in range(300)]
    for n in (0, 150, 299):
        requests[n] |= {"tex": "trap"}
    working = engines.Engines()
    answers = working.ask(requests)
    working.close()
    assert [n for n, answer in enumerate(answers) if answer == engines.LOST] == [0, 150, 299]
    assert all(answer.result for answer in answers if answer != engines.LOST)
    assert len(answers) == 300


# ------------------------------------------------------------------ markup


class Elements(HTMLParser):
    """The elements and attributes of some HTML."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str | None]] = []
        self.tags: set[str] = set()
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


MATHML = (
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover "
    "mtable mtr mlabeledtr mtd mstyle mpadded mphantom menclose mmultiscripts mprescripts none"
)
DRAWN = ("svg", "g", "line", "path")


def test_markup_holds_nothing_but_mathematics(typesetter: Typesetter) -> None:
    texts = [*listed(GOOD), *HOSTILE, r"\text{<script>alert(1)</script>}", r"\text{a&quot;b}"]
    formulas = [(tex, display) for tex in texts for display in (True, False)]
    made = typesetter.markup(formulas)
    assert len(made) >= 2 * len(listed(GOOD))
    for markup in made.values():
        found = Elements(markup)
        assert found.tags <= {*MATHML.split(), *DRAWN} | {t for t in found.tags if t[:4] == "mjx-"}
        for name, value in found.attributes:
            assert not name.startswith("on")
            assert name not in {"href", "src", "id"}
            plain = re.sub(r"\b(?:rotate|translate[XY]?|scale[XY]?)\([^()]*\)", "", value or "")
            assert not re.search(r"[(\\]|//(?!www\.w3\.org)", plain)


def test_what_is_hostile_is_refused(typesetter: Typesetter, find: Find) -> None:
    """By a rule, and if nobody heeds it, by there being no markup."""
    assert typesetter.markup([(tex, False) for tex in HOSTILE]) == {}
    for tex in HOSTILE:
        assert {problem.rule for problem in find.in_text(f"${tex}$")} & {
            "unsafe-formula",
            "macro-definition",
        }


def test_a_formula_leaves_nothing_behind(typesetter: Typesetter) -> None:
    pairs = [
        (r"\newcommand{\leak}{x}", r"\leak"),
        (r"\def\leak{x}", r"\leak"),
        (r"\let\leak=\alpha", r"\leak"),
        (r"\DeclareMathOperator{\leak}{x}", r"\leak"),
        (r"\DeclarePairedDelimiter\leak{(}{)}", r"\leak{x}"),
        (r"\definecolor{leak}{rgb}{1,0,0}", r"\color{leak} x"),
        (r"\label{leak} \tag{1}", r"\label{leak} \tag{2}"),
        (r"\color{red}", "x"),
    ]
    for first, second in pairs:
        alone = typesetter.markup([(second + " ", False)]).get((second + " ", False))
        typesetter.markup([(first, False)])
        assert typesetter.markup([(second, False)]).get((second, False)) == alone


def test_a_screen_reader_gets_mathml(typesetter: Typesetter) -> None:
    made = typesetter.markup([OTHER])[OTHER]
    assert '<mjx-math display="true"' in made
    assert re.search(r'<mjx-math [^>]*aria-hidden="true"', made)
    spoken = re.search(r"<mjx-assistive-mml [^>]*>(.*)</mjx-assistive-mml>", made)
    assert spoken
    assert re.sub(r" [a-z]+=\"[^\"]*\"", "", spoken[1]) == (
        "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"
    )


def test_the_stylesheet_names_the_fonts_there_are(typesetter: Typesetter) -> None:
    sheet = typesetter.stylesheet()
    named = set(re.findall(r"url\(\"?([^)\"]*)", sheet))
    fonts = engines.fonts()
    assert named
    assert named <= {f"fonts/{name}" for name in fonts}
    assert all(path.read_bytes().startswith(b"wOFF") for path in fonts.values())
    assert "mjx-assistive-mml" in sheet
