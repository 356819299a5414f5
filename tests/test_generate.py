"""Generators make rows worth studying, and rows.py puts them into a bank and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ankibuild import markdown, rows
from ankibuild import project as projects
from ankibuild.bank import Bank, parse
from ankibuild.generate import ExhaustedError, Generator, generators, write_row
from ankibuild.kinds.drill import SLOT, Drill, fill
from ankibuild.project import Project
from ankibuild.source import read
from ankibuild.verify import Proof, verify
from ankibuild.verify.claims import claims
from ankibuild.workflow import RefusedError, find_slot, load
from conftest import BANK, SOUND, Lay

ALL = generators()
SEEDS = (1, 2, 3, 4, 5)
NUMBER = 16
#: What fits on a line of a phone, in characters as they are read.
PHONE = 38

each = pytest.mark.parametrize("made", ALL.values(), ids=ALL)


def texts(made: Generator, seed: int, number: int = NUMBER) -> list[str]:
    return [write_row(row) for row in made.rows(number, seed)]


def bank_of(questions: list[str], setup: str = "") -> Bank:
    head = "title: Generated\n" + (f"setup: {setup}\n" if setup else "") + "questions:\n"
    document = read("decks/generated.yaml", (head + "".join(questions)).encode())
    bank, problems = parse(document)
    assert problems == ()
    assert bank is not None
    return bank


def written(made: Generator, seed: int, name: str = "x") -> str:
    return rows.drill(made, name, made.rows(NUMBER, seed))


def drill_of(made: Generator, seed: int) -> Drill:
    (entry,) = bank_of([written(made, seed)]).entries
    assert isinstance(entry.question, Drill)
    return entry.question


def proof_of(bank: Bank, root: Path) -> Proof:
    return verify(list(claims(bank, bank.entries, {})), root)


# ------------------------------------------------------------------ the library


def test_there_are_enough() -> None:
    assert len(ALL) >= 20


@each
def test_rows_are_many_different_and_repeatable(made: Generator) -> None:
    by_seed = [texts(made, seed) for seed in SEEDS]
    assert all(len(set(found)) == NUMBER for found in by_seed)
    assert by_seed == [texts(made, seed) for seed in SEEDS]
    assert len({tuple(found) for found in by_seed}) == len(SEEDS)


@each
def test_fewer_rows_are_the_first_rows(made: Generator) -> None:
    assert texts(made, 1, 5) == texts(made, 1)[:5]


def test_rows_are_the_same_in_every_process() -> None:
    program = (
        "from ankibuild.generate import generators, write_row\n"
        "for made in generators().values():\n"
        f"    for row in made.rows({NUMBER}, 3): print(write_row(row))\n"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            encoding="utf-8",
        )
        assert done.stdout.splitlines() == [t for made in ALL.values() for t in texts(made, 3)]


def test_a_generator_says_when_it_knows_no_more() -> None:
    poor = Generator("poor", lambda rng: {"x": rng.randint(1, 3)}, "", "")
    with pytest.raises(ExhaustedError, match="`poor` knows only 3 different rows"):
        poor.rows(4, 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([[1, -2], [Fraction(-1, 2), Fraction(4, 2)]], "[[1, -2], [-1/2, 2]]"),
        ("ij,jk->ik", "'ij,jk->ik'"),
        ("it's", "'it''s'"),
        ("- x", "'- x'"),
        (r"\ln 2", r"\ln 2"),
        (0.4, "0.4"),
    ],
)
def test_rows_are_written_as_people_do(value: object, text: str) -> None:
    assert write_row({"v": value}) == f"{{v: {text}}}"  # type: ignore[dict-item]
    (row, _) = drill_with([f"{{v: {text}}}", "{v: 1}"]).given
    assert fill("@{v}", row) == (value if isinstance(value, str) else text)


def drill_with(given_rows: list[str]) -> Drill:
    listed = "".join(f"    - {row}\n" for row in given_rows)
    (entry,) = bank_of([f'- drill: x\n  q: "@{{v}}?"\n  a: b\n  given:\n{listed}']).entries
    assert isinstance(entry.question, Drill)
    return entry.question


# ------------------------------------------------------------------ what a learner sees


@each
def test_every_question_differs_and_every_value_is_used(made: Generator) -> None:
    for seed in SEEDS:
        question = drill_of(made, seed)
        assert len({fill(question.q, row) for row in question.given}) == NUMBER
        shown = {found[1] for found in SLOT.finditer(question.q + question.a)}
        assert shown == set(question.given[0])


@each
def test_rows_render_on_a_phone(made: Generator) -> None:
    for seed in SEEDS:
        question = drill_of(made, seed)
        for row in question.given:
            for text in (question.q, question.a, question.extra or ""):
                shown = markdown.render(fill(text, row))
                assert shown.problems == ()
                assert [f.tex for f in shown.formulas if width(f.tex) > PHONE] == []
            assert fill(question.a, row) not in fill(question.q, row)


def test_no_rule_finds_fault_with_a_generated_drill(lay: Lay) -> None:
    """But for the source, which only the author can add."""
    drills = "".join(written(made, 1, made.name) for made in ALL.values())
    found = load(lay({BANK: f"title: Generated\nquestions:\n{drills}"})).problems
    assert [p.message for p in found if p.rule != "no-source" and p.span.source.path == BANK] == []


@each
def test_texts_are_whole_sentences(made: Generator) -> None:
    question = drill_of(made, 1)
    assert question.q.rstrip().endswith("?")
    assert re.fullmatch(r"[A-Z][^\n]*\.", made.summary)
    assert all(len(line) <= 110 for line in written(made, 1).split("\n"))


_MATRIX = re.compile(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", re.DOTALL)
_FRACTION = re.compile(r"\\d?frac\{([^{}]*)\}\{([^{}]*)\}")
_NAMED = re.compile(r"\\(?:operatorname|mathrm|text)\{([^{}]*)\}")


def width(tex: str) -> int:
    """Estimate how many characters wide a formula is read."""
    tex = _FRACTION.sub(lambda found: max(found[1], found[2], key=width), tex)
    tex = _MATRIX.sub(lambda found: "[" + _widest(found[1]) + "]", tex)
    tex = _NAMED.sub(r"\1", tex)
    tex = re.sub(r"\\(ln|max|log)\b", r"\1", tex)
    return len(re.sub(r"\\[a-zA-Z]+|\\.", "x", re.sub(r"[{}^_ ]", "", tex.replace(r"\,", ""))))


def _widest(matrix: str) -> str:
    grid = [line.split("&") for line in matrix.split(r"\\")]
    return "x".join(max(column, key=width).strip() for column in zip(*grid, strict=True))


# ------------------------------------------------------------------ proof


def test_every_row_holds(tmp_path: Path) -> None:
    """Also in a bank whose setup has NumPy, where lists of numbers become arrays."""
    for seeds, setup in (((1, 2, 3), ""), ((4, 5), "import numpy as np")):
        bank = bank_of(
            [written(made, seed, f"{made.name}-{seed}") for made in ALL.values() for seed in seeds],
            setup,
        )
        proof = proof_of(bank, tmp_path)
        assert [problem.message for problem in proof.problems] == []
        assert len(proof.proven) == NUMBER * len(seeds) * len(ALL)


def test_no_wrong_answer_holds(tmp_path: Path) -> None:
    """Whatever an answer alone shows is checked: each number of it, and its sign."""
    wrong = dict(spoilt())
    assert {name.rpartition("-of-")[0] for name in wrong} >= set(ALL)
    proof = proof_of(bank_of(list(wrong.values())), tmp_path)
    held = [claim.entry.question.id for claim in proof.proven if claim.row == 0]
    assert held == []
    assert len(proof.proven) == len(proof.failed) == len(wrong)


def spoilt() -> Iterator[tuple[str, str]]:
    """Give drills of two rows, the first with a wrong value of the answer, the second sound."""
    for made in ALL.values():
        question = drill_of(made, 1)
        asked, told = (
            {found[1] for found in SLOT.finditer(text)} for text in (question.q, question.a)
        )
        first, second, *_ = texts(made, 1)
        assert told - asked
        for name in sorted(told - asked):
            for number, bad in enumerate(sorted(spoil(first, name))):
                title = f"{made.name}-of-{name}-{number}".lower().replace("_", "-")
                lines = written(made, 1, title).split("\n")
                kept = [
                    line for line in lines if not line.startswith("    - ") or line[6:] == second
                ]
                where = kept.index("  given:") + 1
                yield title, "\n".join([*kept[:where], f"    - {bad}", *kept[where:]])


def spoil(row: str, name: str) -> set[str]:
    """Write a row with one value wrong: its first number, its last, its sign, two exchanged."""
    found = re.search(rf"\b{name}: (\[\[.*?\]\]|\[.*?\]|'[^']*'|[^,}}]*)", row)
    assert found is not None, (row, name)
    value = found[1]
    numbers = list(re.finditer(r"-?\d+", value))
    made = {value[: m.start()] + str(int(m[0]) + 1) + value[m.end() :] for m in numbers}
    if set(re.findall(r"\d+", value)) != {"0"} and "." not in value:
        made.add(re.sub(r"-?\b[1-9]\d*(?:/\d+)?", _negative, value))
    return {row[: found.start(1)] + bad + row[found.end(1) :] for bad in made - {value}}


def _negative(found: re.Match[str]) -> str:
    return found[0][1:] if found[0].startswith("-") else f"-{found[0]}"


# ------------------------------------------------------------------ rows in a bank

DRILL = "determinant-2x2"
Q = "    q: What is the determinant of $@{A|matrix}$?\n    a: $@{det}$\n"
CHECK = "    verify: |\n      import numpy as np\n      assert np.isclose(np.linalg.det(A), det)\n"
OLD = ("{A: [[4, 1], [1, 4]], det: 15}", "{A: [[2, 5], [5, 2]], det: -21}")
BLOCK = "    given:\n" + "".join(f"      - {row}\n" for row in OLD)
HEAD = "title: Batch normalization\nsource: makemore-3\n\nquestions:\n\n"
OTHER = "  - basic: why-eps\n    q: Why is $\\epsilon$ added?\n    a: For a zero variance.\n"
SIMPLE = f"{HEAD}{OTHER}\n  - drill: det\n{Q}{BLOCK}{CHECK}"


@dataclass(frozen=True)
class Desk:
    """A project on disk with one bank in focus."""

    root: Path

    @property
    def path(self) -> Path:
        return self.root / BANK

    @property
    def project(self) -> Project:
        project, _ = projects.load(self.root)
        assert project is not None
        return project

    def rewrite(self, name: str = "det", seed: int = 1, made: str = DRILL, number: int = 12) -> str:
        project = self.project
        rows.rewrite(project, project.entries[name], ALL[made], number, seed)
        return self.path.read_bytes().decode("utf-8")

    def append(self, name: str = "new", made: str = DRILL, number: int = 12) -> str:
        project = self.project
        slot = find_slot(project.curriculum, "batchnorm")
        assert slot is not None
        rows.append(project, slot, ALL[made], name, number, 1)
        return self.path.read_bytes().decode("utf-8")


def lines_of(indent: str, seed: int = 1, newline: str = "\n") -> str:
    return newline.join(f"{indent}- {row}" for row in texts(ALL[DRILL], seed, 12))


@pytest.fixture
def desk(lay: Lay) -> Desk:
    return Desk(lay({BANK: SIMPLE}))


def test_rewriting_changes_the_rows_alone(desk: Desk) -> None:
    old = "\n".join(f"      - {row}" for row in OLD)
    assert desk.rewrite() == SIMPLE.replace(old, lines_of("      "))


def test_rewriting_twice_is_rewriting_once(desk: Desk) -> None:
    once = desk.rewrite()
    assert desk.rewrite() == once
    assert desk.rewrite(seed=2) != once
    assert desk.rewrite(seed=1) == once


def test_rewritten_rows_are_verified(desk: Desk) -> None:
    project = desk.project
    done = rows.rewrite(project, project.entries["det"], ALL[DRILL], 12, 1)
    assert (done.path, done.question, done.rows) == (desk.path, "det", 12)
    assert len(done.proof.proven) == 12


LAYOUTS = {
    "flow": ("    given: [" + ", ".join(OLD) + "]\n", "    given:\n{}\n"),
    "flow with a comment": ("    given: [" + ", ".join(OLD) + "] # !\n", "    given:\n{} # !\n"),
    "flow over lines": (f"    given: [\n      {OLD[0]},\n  {OLD[1]},\n ]\n", "    given:\n{}\n"),
    "comments around": (
        f"    given: # one\n      # two\n      - {OLD[0]}\n      - {OLD[1]}\n    # three\n# four\n",
        "    given: # one\n      # two\n{}\n    # three\n# four\n",
    ),
    "mappings over lines": (
        "    given:\n      - A: [[4, 1], [1, 4]]\n        det: 15\n"
        "      - A: [[2, 5], [5, 2]]\n        det: -21   # last\n\n",
        "    given:\n{}   # last\n\n",
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("after", [CHECK, f"{CHECK}\n# end\n{OTHER.replace('why', 'how')}"])
def test_every_layout_is_kept(lay: Lay, layout: tuple[str, str], newline: str, after: str) -> None:
    before = f"# Ünïcode ✓\n{HEAD}  - drill: det\n{Q}"
    text = (before + layout[0] + after).replace("\n", newline)
    wanted = before + layout[1].format(lines_of("      ")) + after
    assert Desk(lay({BANK: text.encode()})).rewrite() == wanted.replace("\n", newline)


def test_the_end_of_a_file_is_kept(lay: Lay) -> None:
    start = f"{HEAD}  - drill: det\n{Q}{CHECK}"
    text = start + BLOCK.rstrip("\n")
    assert Desk(lay({BANK: text})).rewrite() == f"{start}    given:\n{lines_of('      ')}"


def test_rows_keep_their_own_indentation_and_the_mark(lay: Lay) -> None:
    start = f"\ufeff{HEAD}  - drill: det\n{Q}{CHECK}    given:\n"
    text = start + "".join(f"    - {row}\n" for row in OLD) + "\n# end"
    assert Desk(lay({BANK: text})).rewrite() == f"{start}{lines_of('    ')}\n\n# end"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One project for many banks, so that what has been verified once is remembered."""
    root = tmp_path_factory.mktemp("shared")
    for path, content in SOUND.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")
    return Desk(root)


COMMENTS = st.lists(
    st.sampled_from(["", "# given: [", "  # - drill: det", "    # ünï ✓ 𝔸"]), max_size=3
).map(lambda lines: "".join(f"{line}\n" for line in lines))
OTHERS = st.lists(st.text("abc", min_size=1, max_size=5), unique=True, max_size=3)
BLOCKS = st.tuples(COMMENTS, st.sampled_from(["    ", "      ", "         "])).map(
    lambda made: ("    given:\n" + made[0], made[1], "".join(f"\n{made[1]}- {r}" for r in OLD)[1:])
)
FLOWS = st.sampled_from([", ", ",\n      ", " ,\n\n  "]).map(
    lambda comma: ("    given:", "", f" [{comma.join(OLD)}]")
)


@settings(max_examples=60, deadline=None)
@given(
    others=OTHERS,
    gaps=st.lists(COMMENTS, min_size=6, max_size=6),
    given_rows=st.one_of(BLOCKS, FLOWS),
    last=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n"]),
    seed=st.sampled_from([1, 2]),
)
def test_no_bank_loses_a_byte(
    shared: Desk,
    others: list[str],
    gaps: list[str],
    given_rows: tuple[str, str, str],
    last: bool,
    newline: str,
    seed: int,
) -> None:
    def basic(name: str, gap: str) -> str:
        return f"{gap}  - basic: {name}\n    q: What is {name}?\n    a: {name}.\n"

    cut = len(others) // 2
    bodies = [basic(name, gap) for name, gap in zip(others, gaps, strict=False)]
    key, indent, old = given_rows
    before = HEAD + "".join(bodies[:cut]) + f"  - drill: det\n{Q}" + ("" if not last else CHECK)
    after = ("\n" + (CHECK if not last else "")) + gaps[4] + "".join(bodies[cut:]) + gaps[5]
    shared.path.write_bytes((before + key + old + after).replace("\n", newline).encode())
    new = lines_of(indent or "      ", seed)
    wanted = before + key + ("" if indent else "\n") + new + after
    assert shared.rewrite(seed=seed) == wanted.replace("\n", newline)
    assert shared.rewrite(seed=seed) == wanted.replace("\n", newline)
    ids = [name for name in shared.project.entries if name != "fig-graph"]
    assert ids == [*others[:cut], "det", *others[cut:]]


# ------------------------------------------------------------------ a new drill


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_appending_keeps_what_is_there(lay: Lay, newline: str) -> None:
    old = SIMPLE.replace("\n", newline)
    desk = Desk(lay({BANK: old.encode()}))
    new = desk.append()
    assert new.startswith(old)
    assert new.count("\r") == (new.count("\n") if newline == "\r\n" else 0)
    question = desk.project.entries["new"].question
    assert isinstance(question, Drill)
    assert len(question.given) == 12
    assert question.verify


def test_appending_starts_a_bank(lay: Lay) -> None:
    desk = Desk(lay({}))
    desk.path.unlink()
    assert desk.append().startswith("title: Batch normalization\n\nquestions:\n\n  - drill: new\n")
    assert list(desk.project.entries) == ["new", "fig-graph"]


@pytest.mark.parametrize("made", ["einsum-shape", "inverse-2x2", "reshape-then-permute"])
def test_what_was_appended_can_be_rewritten(made: str, shared: Desk) -> None:
    shared.path.write_text(f"{HEAD}{OTHER}", encoding="utf-8")
    first = shared.append(made=made, number=2)
    second = shared.rewrite("new", 1, made, number=3)
    assert second.replace(f"      - {texts(ALL[made], 1, 3)[2]}\n", "", 1) == first


# ------------------------------------------------------------------ refusals


@dataclass(frozen=True)
class Refusal:
    """A request that must be refused: in which bank, with which words."""

    words: str
    bank: str = SIMPLE
    name: str = "det"
    made: str = DRILL
    number: int = 12


REWRITES = {
    "no drill": Refusal("`why-eps` is no drill but a basic question", name="why-eps"),
    "other names": Refusal("`det` asks for `A`, and `einsum-shape` gives", made="einsum-shape"),
    "too many": Refusal(
        r"`grouped-query-parameters` knows only \d+ different rows; ask for fewer with --rows",
        made="grouped-query-parameters",
        number=200,
    ),
    "unsound bank": Refusal(
        "nothing was written: a basic question has no field `anwser`",
        f"{SIMPLE}\n{OTHER.replace('why', 'how')}    anwser: 7\n",
    ),
    "wrong check": Refusal(
        r"nothing was written: the check of `det`, row 1 fails \(does not hold\)",
        SIMPLE.replace("(A), det)", "(A), det + 1)"),
    ),
    "no check": Refusal("`det` has no `verify`", SIMPLE.replace(CHECK, "")),
    "one line": Refusal(
        "something stands before `given:`",
        HEAD + "  - {drill: det, q: '@{A} @{det}', a: b, given: [" + ", ".join(OLD)
        + "], verify: assert det}\n",
    ),
    "given first": Refusal(
        "something stands before `given:`",
        f"{HEAD}  - given: [{', '.join(OLD)}]\n    drill: det\n{Q}{CHECK}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("refusal", REWRITES.values(), ids=REWRITES)
def test_a_refused_rewrite_leaves_the_file(lay: Lay, refusal: Refusal) -> None:
    desk = Desk(lay({BANK: refusal.bank}))
    with pytest.raises(RefusedError, match=refusal.words):
        desk.rewrite(refusal.name, 1, refusal.made, refusal.number)
    assert desk.path.read_bytes() == refusal.bank.encode()
    assert sorted(path.name for path in desk.path.parent.iterdir()) == sorted(
        Path(path).name for path in SOUND if "training" in path
    )


APPENDS = {
    "taken": Refusal("`det` is taken"),
    "retired": Refusal("`gone` is taken", f"retired: [gone]\n{SIMPLE}", "gone"),
    "too many": Refusal("knows only", name="new", made="grouped-query-parameters", number=200),
    "unsound bank": Refusal("nothing was written: ", f"{SIMPLE}\n  - basic: half\n", "new"),
    "broken file": Refusal("nothing was written: ", "title: [\n", "new"),
}


@pytest.mark.parametrize("refusal", APPENDS.values(), ids=APPENDS)
def test_a_refused_drill_leaves_the_file(lay: Lay, refusal: Refusal) -> None:
    desk = Desk(lay({BANK: refusal.bank}))
    with pytest.raises(RefusedError, match=refusal.words):
        desk.append(refusal.name, refusal.made, refusal.number)
    assert desk.path.read_bytes() == refusal.bank.encode()


def test_a_drill_stands_above_what_follows_the_questions(lay: Lay) -> None:
    desk = Desk(lay({BANK: f"{SIMPLE}\nretired:\n  - gone\n"}))
    desk.append("new")
    text = desk.path.read_text(encoding="utf-8")
    assert text.index("- drill: new") < text.index("\nretired:\n  - gone\n")


def test_a_bank_that_is_not_utf8_is_refused(lay: Lay) -> None:
    data = SIMPLE.replace("added", "ädded").encode("latin-1")
    desk = Desk(lay({BANK: data}))
    with pytest.raises(RefusedError, match=r"batchnorm\.yaml is not UTF-8"):
        desk.append()
    assert desk.path.read_bytes() == data


def test_a_refused_drill_starts_no_bank(lay: Lay) -> None:
    desk = Desk(lay({}))
    desk.path.unlink()
    with pytest.raises(RefusedError):
        desk.append(made="grouped-query-parameters", number=200)
    assert not desk.path.exists()


def test_an_interrupt_leaves_the_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        assert desk.path.read_bytes() == SIMPLE.encode()
        raise KeyboardInterrupt

    monkeypatch.setattr(rows, "verify", interrupted)
    with pytest.raises(KeyboardInterrupt):
        desk.rewrite()
    with pytest.raises(KeyboardInterrupt):
        desk.append()
    assert desk.path.read_bytes() == SIMPLE.encode()
