"""What is remembered, and what becomes of it when files are damaged, shared or not ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ankibuild import cache as room
from ankibuild import project
from ankibuild.cache import Cache
from ankibuild.verify import Proof, claims, claims_of, runner
from verifying import bank, check, code, drill, lay_down, prove, proven

TEXT = bank(
    code("one", "print(1)", "1"),
    drill("rows", ["x: 1", "x: 2"], "assert x"),
    code("wrong", "print(2)", "3"),
    check("recorded", "assert recorded('run') < 9"),
)
RECORD = {"media/src/run.json": "1"}


# ------------------------------------------------------------------ the cache alone


def test_what_is_added_is_remembered(tmp_path: Path) -> None:
    Cache(tmp_path, "n").add({"k": [1, "ü"], "l": None})
    assert Cache(tmp_path, "n").get("k") == [1, "ü"]
    assert Cache(tmp_path, "other").get("k") is None
    assert (tmp_path / ".ankibuild/.gitignore").read_text() == "*\n"


def test_the_last_value_counts(tmp_path: Path) -> None:
    Cache(tmp_path, "n").add({"k": 1})
    Cache(tmp_path, "n").add({"k": 2})
    assert Cache(tmp_path, "n").get("k") == 2


@given(damage=st.binary(max_size=200), at=st.integers(0, 60))
def test_damage_costs_entries_and_nothing_else(
    damage: bytes, at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("cache")
    cache = Cache(root, "n")
    cache.add({"a": 1, "b": 2})
    text = cache.path.read_bytes()
    cache.path.write_bytes(text[:at] + damage + text[at:])
    again = Cache(root, "n")
    again.add({"c": 3})
    assert Cache(root, "n").get("c") == 3


def test_a_line_that_was_not_finished_spoils_no_other(tmp_path: Path) -> None:
    cache = Cache(tmp_path, "n")
    cache.add({"a": 1})
    with open(cache.path, "ab") as file:
        file.write(b'["b", {"sta')
    Cache(tmp_path, "n").add({"c": 3})
    found = Cache(tmp_path, "n")
    assert [found.get(key) for key in "abc"] == [1, None, 3]


WRITE = """
import sys, pathlib
from ankibuild.cache import Cache
for n in range(200):
    Cache(pathlib.Path(sys.argv[1]), "n").add({f"{sys.argv[2]}-{n}": "x" * 3000})
"""


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path), name]) for name in "ab"
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    found = Cache(tmp_path, "n")
    assert all(found.get(f"{name}-{n}") for name in "ab" for n in range(200))


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LARGEST", 10_000)
    cache = Cache(tmp_path, "n")
    for n in range(500):
        cache.add({str(n): "x" * 100})
    assert cache.path.stat().st_size < 11_000
    assert Cache(tmp_path, "n").get("499") == "x" * 100
    assert [path.name for path in cache.path.parent.iterdir()] != []
    assert not list(cache.path.parent.glob("*.new"))


@pytest.mark.parametrize("there", ["file", "folder in its place", "dangling link"])
def test_a_folder_that_cannot_be_written_costs_the_memory_only(tmp_path: Path, there: str) -> None:
    if there == "file":
        (tmp_path / ".ankibuild").write_text("")
    elif there == "dangling link":
        (tmp_path / ".ankibuild").symlink_to("/proc/nowhere")
    else:
        (tmp_path / ".ankibuild/n.jsonl").mkdir(parents=True)
    cache = Cache(tmp_path, "n")
    cache.add({"k": 1})
    assert cache.get("k") == 1
    assert Cache(tmp_path, "n").get("k") is None


# ------------------------------------------------------------------ verdicts


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_down(tmp_path, TEXT, **RECORD)


def again(root: Path, **more: Any) -> Proof:
    proof = prove(root, **more)
    assert proven(proof) == ["one", "rows", "rows", "recorded"]
    assert [p.rule for p in proof.problems] == ["wrong-output"]
    return proof


def test_nothing_is_run_a_second_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = again(root)
    assert first.ran == 5
    # Not even started.
    monkeypatch.setattr(runner, "Sandbox", None)
    second = again(root)
    assert second.ran == 0
    assert second.problems[0].help == first.problems[0].help


def test_fresh_runs_all(root: Path) -> None:
    assert again(root).ran == again(root, fresh=True).ran == 5
    assert again(root).ran == 0


CHANGES = [
    ("print(1)", "print(0 + 1)", 1),
    ("x: 2", "x: 3", 1),
    ("q: What does this print?", "q: And this?", 0),
    ("title: Batch", "title: The batch", 0),
    ("assert x", "assert x > 0", 2),
    ("source: makemore-3\n", "source: makemore-3\nsetup: import math\n", 5),
]


@pytest.mark.parametrize(("old", "new", "ran"), CHANGES)
def test_what_changed_is_run_and_nothing_else(root: Path, old: str, new: str, ran: int) -> None:
    again(root)
    changed = TEXT.replace(old, new, 1)
    assert changed != TEXT
    lay_down(root, changed, **RECORD)
    assert again(root).ran == ran
    assert again(root).ran == 0


def test_a_recorded_number_counts(root: Path) -> None:
    again(root)
    lay_down(root, TEXT, **{"media/src/run.json": "2"})
    assert again(root).ran == 1
    lay_down(root, TEXT, **{"media/src/run.json": "2", "media/src/other.json": "2"})
    assert again(root).ran == 0


def test_the_version_of_python_counts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again(root)
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    assert again(root).ran == 5


def test_the_versions_of_imported_packages_count(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_down(root, TEXT.replace("print(1)", "import numpy; print(1)"), **RECORD)
    again(root)
    monkeypatch.setattr(claims, "version", lambda package: "99")
    assert again(root).ran == 1


def test_versions_are_those_installed() -> None:
    import einops
    import yaml

    assert claims.version("einops") == einops.__version__
    assert claims.version("yaml") == yaml.__version__
    assert claims.version("no_such_package_at_all") == ""


def test_a_stopped_program_is_not_remembered(root: Path) -> None:
    lay_down(root, bank(check("loop", "while True: pass"), code("one", "print(1)", "1")))
    for ran in (2, 1):
        proof = prove(root, limits={"cpu": 1})
        assert (proof.ran, len(proof.problems)) == (ran, 1)


def test_one_question_alone_makes_it_forget_no_other(root: Path) -> None:
    again(root)
    lay_down(root, TEXT.replace("print(1)", "print(2 - 1)"), **RECORD)
    assert prove(root, "one").ran == 1
    assert again(root).ran == 0


@pytest.mark.parametrize("value", ["5", "[]", "[1, 2]", '[{}, {"status": "ok"}]', "null", '"ok"'])
def test_a_strange_memory_is_no_verdict(root: Path, value: str) -> None:
    again(root)
    path = root / ".ankibuild/verify.jsonl"
    keys = [json.loads(line)[0] for line in path.read_text().splitlines() if line]
    path.write_text("".join(f'["{key}", {value}]\n' for key in keys))
    assert again(root).ran == 5


def test_it_can_be_deleted_at_any_time(root: Path) -> None:
    again(root)
    os.remove(root / ".ankibuild/verify.jsonl")
    assert again(root).ran == 5

    def delete(_done: int, _total: int) -> None:
        (root / ".ankibuild/verify.jsonl").unlink(missing_ok=True)

    assert again(root, fresh=True, progress=delete).ran == 5
    assert again(root).ran == 0


def test_keys_do_not_depend_on_the_order_of_hashes(root: Path) -> None:
    loaded, _ = project.load(root)
    assert loaded is not None
    program = (
        "import sys, pathlib; from ankibuild import project, verify\n"
        "loaded, _ = project.load(pathlib.Path(sys.argv[1]))\n"
        "print(*(claim.key for claim in verify.claims_of(loaded)))"
    )
    for seed in ("1", "2"):
        other = subprocess.run(
            [sys.executable, "-c", program, str(root)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert other.stdout.split() == [claim.key for claim in claims_of(loaded)]
