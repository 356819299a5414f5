"""What a bank claims is run and judged: found, placed, and nothing sound accused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ankibuild import diagnostics, project
from ankibuild.diagnostics import Diagnostic
from ankibuild.verify import claims_of, findings, runner, verify
from ankibuild.verify.report import report, table
from conftest import BANK
from verifying import bank, check, code, drill, lay_down, place, prove, proven

NUMPY = "import numpy as np"
TORCH = "import torch"


def one(root: Path, text: str) -> Diagnostic:
    """Give the single finding of a bank, in which the question `sound` still is proven."""
    proof = prove(lay_down(root, text))
    assert "sound" in proven(proof)
    (problem,) = proof.problems
    assert problem.span.source.path == BANK
    return problem


SOUND = code("sound", "print(6 * 7)", "42")

# ------------------------------------------------------------------ programs and their output

HOLDS = [
    ("plain", "print('a', 1.10)", "a 1.1"),
    ("lines", "print('a')\nprint()\nprint('b')", "a\n\nb"),
    ("blanks at line ends", "print('a  ')\nprint('b', end='')", "a\nb"),
    ("carriage returns", "print('a\\r')\nprint('b')", "a\nb"),
    ("more empty lines at the end", "print('a\\n\\n\\n')", "a"),
    ("letters of the world", "print('Ω → 漢字 🎉')", "Ω → 漢字 🎉"),
    ("a surrogate", "print('\\ud800')", "\\ud800"),
    ("bytes", "import sys\nsys.stdout.buffer.write(b'ab\\n')", "ab"),
    ("an exception", "1 / 0", "ZeroDivisionError: division by zero"),
    ("an exception after output", "print('a', end='')\n{}['k']", "a\nKeyError: 'k'"),
    ("an exception without words", "raise StopIteration", "StopIteration"),
    ("its own module", "print(__name__)", "__main__"),
    ("pickling", "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))))",
     "<class '__main__.A'>"),
    ("asyncio", "import asyncio\nasync def f(): return 1\nprint(asyncio.run(f()))", "1"),
    ("threads", "from concurrent.futures import ThreadPoolExecutor as T\n"
     "with T(4) as t: print(list(t.map(abs, [-1, 2])))", "[1, 2]"),
    ("files of its own", "open('x', 'w').write('1')\nimport os, shutil\nos.mkdir('d')\n"
     "os.rename('x', 'd/y')\nprint(open('d/y').read())\nshutil.rmtree('d')", "1"),
    ("a temporary file", "import tempfile as t\nwith t.TemporaryFile() as f: print(f.write(b'1'))",
     "1"),
    ("chance", "import random\nprint(random.random())", "0.8444218515250481"),
    ("an empty environment", "import os\nprint(set(os.environ) & {'USER', 'SECRET'})", "set()"),
]  # fmt: skip


def test_what_holds_is_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    names = [name.replace(" ", "-") for name, _, _ in HOLDS]
    questions = [code(n, program, out) for n, (_, program, out) in zip(names, HOLDS, strict=True)]
    proof = prove(lay_down(tmp_path, bank(*questions)))
    assert diagnostics.render(proof.problems) == ""
    assert proven(proof) == names


def test_a_wrong_output_is_found(tmp_path: Path) -> None:
    problem = one(tmp_path, bank(code("wrong", "x = 6\nprint(x * 7)", "43"), SOUND))
    assert problem.rule == "wrong-output"
    assert place(problem) == (BANK, "43")
    assert (problem.span.line, problem.span.column) == (12, 7)
    assert problem.label == "it prints 42"
    assert "`ankibuild verify wrong`" in problem.help


def test_long_outputs_are_shown_side_by_side(tmp_path: Path) -> None:
    problem = one(tmp_path, bank(code("wrong", "print('a')\nprint('b')", "a\nc\nd"), SOUND))
    assert problem.help.splitlines() == [
        "the card says   it prints",
        "a               a",
        "c             | b",
        "d             |",
        "`ankibuild verify wrong` runs it again",
    ]


def test_the_difference_in_a_long_output_is_what_is_shown(tmp_path: Path) -> None:
    lines = [str(n) for n in range(40)]
    wrong = "\n".join([*lines[:30], "x", *lines[31:]])
    problem = one(tmp_path, bank(code("wrong", "for n in range(40): print(n)", wrong), SOUND))
    assert "x             | 30" in problem.help
    assert len(problem.help.splitlines()) < 20


def test_blanks_at_the_start_of_a_line_count(tmp_path: Path) -> None:
    assert one(tmp_path, bank(code("wrong", "print('  a')", "a"), SOUND)).rule == "wrong-output"


def test_an_unexpected_exception_is_placed(tmp_path: Path) -> None:
    program = "def f(x):\n    return 1 / x\nprint(1)\nf(0)"
    problem = one(tmp_path, bank(code("wrong", program, "1"), SOUND))
    assert problem.rule == "wrong-output"
    (label,) = problem.related
    assert label.span.text == "return 1 / x"
    assert label.text == "raises ZeroDivisionError: division by zero"


def test_an_exception_that_does_not_come_is_missed(tmp_path: Path) -> None:
    problem = one(tmp_path, bank(code("wrong", "print(1)", "1\nValueError: no"), SOUND))
    assert problem.rule == "wrong-output"


def test_nul_bytes_are_shown_harmlessly(tmp_path: Path) -> None:
    problem = one(tmp_path, bank(code("wrong", "print('\\0\\x1b[31m')", "a"), SOUND))
    assert "\0" not in diagnostics.render([problem])
    assert "\x1b" not in diagnostics.render([problem])


# ------------------------------------------------------------------ checks


def test_a_wrong_eigenvalue_is_found_in_its_row(tmp_path: Path) -> None:
    rows = ["A: [[4, 1], [1, 4]], low: 3, high: 5", "A: [[2, 5], [5, 2]], low: -3, high: 8"]
    rows += ["A: [[1, 0], [0, 2]], low: 1, high: 2"]
    checks = "w = np.linalg.eigvalsh(A)\nassert approx(w, [low, high])"
    text = bank(drill("eigen", rows, checks), SOUND, setup=NUMPY)
    problem = one(tmp_path, text)
    assert problem.rule == "check-fails"
    assert "`eigen`, row 2" in problem.message
    assert place(problem) == (BANK, "assert approx(w, [low, high])")
    assert problem.related[0].span.text == f"{{{rows[1]}}}"
    assert "array([-3.,  7.])" in problem.help
    assert "[-3, 8]" in problem.help


def test_a_failing_row_hides_none(tmp_path: Path) -> None:
    text = bank(drill("rows", [f"x: {n}" for n in range(1, 7)], "assert x % 2"), SOUND)
    proof = prove(lay_down(tmp_path, text))
    assert [claim.row for claim in proof.failed] == [1, 3, 5]
    assert len(proof.problems) == 3


def test_rows_do_not_see_each_other(tmp_path: Path) -> None:
    checks = "import random\nassert 'left' not in globals()\nleft = 1\n"
    checks += "assert random.random() == 0.8444218515250481"
    proof = prove(lay_down(tmp_path, bank(drill("rows", ["x: 1", "x: 2"], checks))))
    assert proof.problems == ()


def test_a_row_that_must_be_stopped_is_the_one_blamed(tmp_path: Path) -> None:
    rows = [f"x: {n}" for n in range(4)]
    checks = "assert x != 1\nif x == 2:\n    while True: pass"
    proof = prove(lay_down(tmp_path, bank(drill("rows", rows, checks), SOUND)), limits={"cpu": 1})
    assert [p.rule for p in proof.problems] == ["check-fails", "program-stopped"]
    assert "row 2" in proof.problems[0].message
    assert "row 3" in proof.problems[1].message
    assert proven(proof) == ["rows", "sound"]


def test_time_is_counted_for_each_row(tmp_path: Path) -> None:
    spend = "import time\nend = time.process_time() + 0.45\nwhile time.process_time() < end: pass"
    text = bank(drill("rows", [f"x: {n}" for n in range(3)], spend))
    assert prove(lay_down(tmp_path, text), limits={"cpu": 1}).problems == ()


def test_a_wrong_derivative_is_found(tmp_path: Path) -> None:
    right = "assert grad_check(lambda x: (x ** 3).sum(), x, 3 * x ** 2)"
    text = bank(
        check("sound", f"x = np.array([1.0, -2.0])\n{right}"),
        check("wrong", f"x = np.array([1.0, -2.0])\n{right.replace('3 * x', '2 * x')}"),
        setup=NUMPY,
    )
    problem = one(tmp_path, text)
    assert "`wrong`" in problem.message
    assert problem.span.text.startswith("assert grad_check")


def test_both_sides_of_a_failed_comparison_are_shown(tmp_path: Path) -> None:
    problem = one(tmp_path, bank(check("wrong", "x = 5\nassert x + 1 == 7"), SOUND))
    assert problem.label == "does not hold"
    assert problem.help.splitlines()[:2] == ["x + 1   7", "6     | 7"]


def test_an_author_s_own_words_are_shown(tmp_path: Path) -> None:
    problem = one(tmp_path, bank(check("wrong", "assert False, 'not so'"), SOUND))
    assert problem.label == "does not hold: not so"


def test_values_are_what_they_mean(tmp_path: Path) -> None:
    row = (
        "n: 3, f: 0.5, h: 1/2, m: [[1, 2], [3, 4]], v: [1, 2.5], p: [1/2, 1/3], s: relu, t: [a, b]"
    )
    checks = """
    from fractions import Fraction as F
    assert (type(n), type(f), type(h), type(s)) == (int, float, F, str)
    assert type(m).__name__ == type(v).__name__ == {kind!r}
    assert (m == {m}){all} and (v == {v}){all}
    assert p == [F(1, 2), F(1, 3)] and t == ['a', 'b']
    """
    plain = checks.format(kind="list", m="[[1, 2], [3, 4]]", v="[1, 2.5]", all="")
    arrays = checks.format(
        kind="ndarray", m="np.array([[1, 2], [3, 4]])", v="np.array([1, 2.5])", all=".all()"
    )
    for setup, text in (("", plain), (NUMPY, arrays)):
        lay_down(tmp_path, bank(drill("values", [row, row], text), setup=setup))
        assert diagnostics.render(prove(tmp_path).problems) == ""


def test_answer_and_output_are_at_hand(tmp_path: Path) -> None:
    typed = "  - typein: typed\n    q: Six times seven?\n    answer: 42\n"
    text = bank(
        typed + "    verify: assert int(answer) == 42\n",
        SOUND + "    verify: assert output == '42'\n",
        typed.replace("typed", "wrong") + "    verify: assert answer == '43'\n",
    )
    problem = one(tmp_path, text)
    assert "`wrong`" in problem.message


RECORD = {"media/src/run.json": '{"losses": [3, 2, 1]}'}


def test_recorded_numbers_are_at_hand(tmp_path: Path) -> None:
    text = bank(
        check("sound", "assert recorded('run')['losses'][-1] == 1"),
        check("wrong", "recorded('walk')"),
        setup="losses = recorded('run')['losses']",
    )
    proof = prove(lay_down(tmp_path, text, **RECORD))
    assert proven(proof) == ["sound"]
    assert "media/src/walk.json" in proof.problems[0].label


def test_a_syntax_error_does_no_harm(tmp_path: Path) -> None:
    lay_down(tmp_path, bank(check("broken", "assert 1 ="), check("null", "x = '\\0'"), SOUND))
    loaded, problems = project.load(tmp_path)
    assert loaded is not None
    assert [p.rule for p in problems] == ["python-syntax"] or problems == ()
    proof = verify(claims_of(loaded), tmp_path)
    assert "sound" in proven(proof)


# ------------------------------------------------------------------ the setup


def test_a_failing_setup_is_said_once(tmp_path: Path) -> None:
    setup = "x = 1\nx.y"
    text = bank(*(check(f"q{n}", f"assert {n} + 1") for n in range(5)), setup=setup)
    proof = prove(lay_down(tmp_path, text))
    (problem,) = diagnostics.sort(proof.problems)
    assert problem.rule == "setup-fails"
    assert place(problem) == (BANK, "x.y")
    assert "AttributeError" in problem.label
    assert len(proof.failed) == 5


def test_a_setup_without_end_is_run_once(tmp_path: Path) -> None:
    text = bank(*(check(f"q{n}", f"assert {n} + 1") for n in range(30)), setup="while True: pass")
    proof = prove(lay_down(tmp_path, text), limits={"cpu": 1})
    (problem,) = diagnostics.sort(proof.problems)
    assert (problem.rule, problem.span.text) == ("setup-fails", "while True: pass")


def test_one_bank_s_setup_is_no_other_s(tmp_path: Path) -> None:
    other = bank(SOUND).replace("Batch normalization", "Figures")
    lay_down(
        tmp_path,
        bank(check("bad", "assert x"), setup="1 / 0"),
        **{"decks/training/figures.yaml": other},
    )
    proof = prove(tmp_path)
    assert proven(proof) == ["sound"]


# ------------------------------------------------------------------ what is different each time

CHANGING = [
    ("time", "import time\nprint(time.time_ns())"),
    ("id", "print(id(object()))"),
    ("set-order", "print(set('abcdefgh'))"),
    ("urandom", "import os\nprint(os.urandom(4))"),
    ("address", "print(object())"),
    ("pid", "import tempfile\nprint(tempfile.mkdtemp())"),
    ("own-seed", "import random\nrandom.seed()\nprint(random.random())"),
]


def test_what_changes_from_run_to_run_is_found(tmp_path: Path) -> None:
    questions = [code(name, program, "1") for name, program in CHANGING]
    proof = prove(lay_down(tmp_path, bank(*questions, SOUND)))
    assert proven(proof) == ["sound"]
    assert [p.rule for p in proof.problems] == ["not-repeatable"] * len(CHANGING)
    assert [p.span.line for p in proof.problems] == [
        p.span.source.text[: p.span.start].count("\n") + 1 for p in proof.problems
    ]
    assert "first run" in proof.problems[0].help


def test_a_check_that_holds_once_does_not_hold(tmp_path: Path) -> None:
    checks = "assert list({'a', 'b', 'c', 'd', 'e'}) == sorted({'a', 'b', 'c', 'd', 'e'})"
    flips = "assert hash('a') % 2 == 0 or hash('b') % 2 == 0 and hash('c') % 2"
    proof = prove(lay_down(tmp_path, bank(check("order", checks), check("hash", flips), SOUND)))
    assert proven(proof)[-1] == "sound"
    assert "order" not in proven(proof)


def test_chance_has_a_seed(tmp_path: Path) -> None:
    text = bank(
        code("numpy", "print(np.random.rand() < 2, np.random.rand())", "True 0.7151893663724195"),
        check(
            "torch", "a = torch.rand(3)\ntorch.manual_seed(0)\nassert (torch.rand(3) == a).all()"
        ),
        check("threads", "assert torch.get_num_threads() == 1"),
        setup=f"{NUMPY}\n{TORCH}",
    )
    assert diagnostics.render(prove(lay_down(tmp_path, text)).problems) == ""


def test_torch_without_memory_is_said_so(tmp_path: Path) -> None:
    text = bank(check("big", "torch.ones(10**10)"), check("big-np", "np.ones(10**10)"),
                check("sound", "assert torch.ones(2).sum() == 2"),
                setup=f"{NUMPY}\n{TORCH}")  # fmt: skip
    proof = prove(lay_down(tmp_path, text))
    assert proven(proof) == ["sound"]
    assert [p.span.text for p in proof.problems] == ["torch.ones(10**10)", "np.ones(10**10)"]
    assert all("needs too much memory" in p.message for p in proof.problems)


# ------------------------------------------------------------------ what cannot be run here


def test_what_needs_a_missing_package_is_counted(tmp_path: Path) -> None:
    text = bank(check("needs", "import no_such_package_at_all as np\nassert np"), SOUND)
    proof = prove(lay_down(tmp_path, text))
    assert [sorted(claim.missing) for claim in proof.unverified] == [["no_such_package_at_all"]]
    assert (proven(proof), proof.problems, proof.ran) == (["sound"], (), 1)


def test_what_a_setup_misses_is_counted_for_all(tmp_path: Path) -> None:
    proof = prove(lay_down(tmp_path, bank(SOUND, setup="from no_such_package_at_all import x")))
    assert (len(proof.unverified), proof.ran, proof.proven) == (1, 0, ())


def test_a_package_that_takes_the_interpreter_down_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = bank(SOUND, check("broken", "import einops"))
    lay_down(tmp_path, text)
    monkeypatch.setattr(runner, "_imports", lambda share: ["no.such", "antigravity", "this"])
    monkeypatch.setattr(runner, "WARMING", 0)
    proof = prove(tmp_path)
    assert [p.rule for p in proof.problems] == ["program-stopped"] * 2
    assert "cannot run here" in proof.problems[0].message


# ------------------------------------------------------------------ the run as a whole


def test_only_what_is_asked_for_is_run(tmp_path: Path) -> None:
    root = lay_down(tmp_path, bank(SOUND, code("other", "print(2)", "2")))
    assert proven(prove(root, "other")) == ["other"]


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    root = lay_down(tmp_path, bank(SOUND, drill("rows", ["x: 1", "x: 2"], "assert x")))
    prove(root, progress=lambda done, total: seen.append((done, total)), jobs=1)
    assert seen[-1] == (6, 6)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_run_that_is_broken_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    root = lay_down(tmp_path / "project", bank(SOUND, check("slow", "import time; time.sleep(50)")))

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prove(root, progress=interrupt, limits={"wall": 20}, jobs=2)
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_the_sandbox_finds_itself_where_nothing_is_installed(tmp_path: Path) -> None:
    path = runner._environment("0", str(tmp_path))["PYTHONPATH"]
    assert (Path(path) / "ankibuild/verify/sandbox/__main__.py").is_file()


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    root = lay_down(tmp_path, bank(SOUND))
    prove(root)
    before = len(os.listdir("/dev/fd"))
    prove(root, fresh=True)
    assert len(os.listdir("/dev/fd")) == before


def test_messages_keep_the_house_style(tmp_path: Path) -> None:
    for message, label, _ in findings._STOPPED.values():
        for words in (message, label):
            assert words[:1].islower()
            assert not words.endswith(".")


def test_the_report_counts_what_is_proven(tmp_path: Path) -> None:
    wrong = code("wrong", "print(1)", "2")
    plain = "  - basic: words\n    q: Why?\n    a: Because.\n"
    root = lay_down(tmp_path, bank(SOUND, wrong, plain))
    loaded, _ = project.load(root)
    assert loaded is not None
    proof = prove(root)
    found = report(loaded, proof.proven, proof.failed)
    (row,) = [row for row in found.decks if "Batch" in row.name]
    assert (row.questions, row.checkable, row.claimed, row.proven) == (3, 2, 2, 1)
    assert row.share == 0.5
    assert " 50%" in table(found)
