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
from ankibuild import disk, project
from ankibuild.cache import Cache, Store
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


def test_what_a_project_brings_along_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Somebody else's cache holds verdicts that nobody here has given."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(room, "installation", lambda: "another one")
        Cache(tmp_path, "n").add({"k": "proven"})
        assert Cache(tmp_path, "n").get("k") == "proven"
    assert Cache(tmp_path, "n").get("k") is None
    Cache(tmp_path, "n").add({"k": "disproven"})
    assert Cache(tmp_path, "n").get("k") == "disproven"


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


def test_a_text_that_no_file_can_hold_costs_itself_alone(tmp_path: Path) -> None:
    Cache(tmp_path, "n").add({"k": "\ud800", "l": 1})
    found = Cache(tmp_path, "n")
    assert (found.get("k"), found.get("l")) == (None, 1)


# ------------------------------------------------------------------ links, and what else is odd


@pytest.fixture
def beyond(tmp_path: Path) -> Path:
    """Give a folder outside of the project, that a cache was laid down in."""
    folder = tmp_path / "beyond"
    Cache(folder, "n").add({"k": 1})
    Store(folder, "s").put("k", 1)
    return folder / ".ankibuild"


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("linked", [".", "n.jsonl", "s", "s/k"])
def test_what_is_beyond_a_link_is_neither_read_nor_written(
    linked: str, tmp_path: Path, beyond: Path
) -> None:
    root = tmp_path / "project"
    place = root / ".ankibuild" / linked
    place.parent.mkdir(parents=True)
    place.symlink_to(beyond / linked)
    before = contents(beyond)
    cache, store = Cache(root, "n"), Store(root, "s")
    assert cache.get("k") is store.get("k", int) is None
    cache.add({"k": 2})
    store.put("k", 2)
    assert contents(beyond) == before
    # What stands in the project itself is remembered.
    assert Cache(root, "n").get("k") == (2 if linked.startswith("s") else None)
    assert Store(root, "s").get("k", int) == (2 if linked in ("n.jsonl", "s/k") else None)


@pytest.mark.parametrize("linked", [".", "s"])
def test_nothing_beyond_a_link_is_removed(
    linked: str, tmp_path: Path, beyond: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SPARE", 0)
    (beyond / "s/.k.4711").touch()
    os.utime(beyond / "s/.k.4711", (0, 0))
    place = tmp_path / "project/.ankibuild" / linked
    place.parent.mkdir(parents=True)
    place.symlink_to(beyond / linked)
    before = contents(beyond)
    store = Store(tmp_path / "project", "s")
    store.sweep()
    assert contents(beyond) == before


@pytest.mark.parametrize("name", [".gitignore", "s/.k.PROCESS"])
@pytest.mark.parametrize("there", [True, False])
def test_no_file_is_written_through_a_link(name: str, there: bool, tmp_path: Path) -> None:
    """Neither the one beside, whose name can be foreseen, nor what git is told."""
    name = name.replace("PROCESS", str(os.getpid()))
    other, place = tmp_path / "other", tmp_path / ".ankibuild" / name
    if there:
        other.touch()
    place.parent.mkdir(parents=True)
    place.symlink_to(other)
    Store(tmp_path, "s").put("k", 1)
    assert Store(tmp_path, "s").get("k", int) == 1
    assert other.exists() == there
    assert not there or other.read_bytes() == b""
    assert (tmp_path / ".ankibuild/.gitignore").read_text() == "*\n"


def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    for name in ("n.jsonl", ".gitignore", "s/k"):
        (tmp_path / ".ankibuild" / name).parent.mkdir(exist_ok=True)
        os.mkfifo(tmp_path / ".ankibuild" / name)
    assert Cache(tmp_path, "n").get("k") is Store(tmp_path, "s").get("k", int) is None
    Cache(tmp_path, "n").add({"k": 1})
    Store(tmp_path, "s").put("k", 1)
    assert Store(tmp_path, "s").get("k", int) == 1


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [
        (".k.4711", 2, False),
        (".n.jsonl.1", 2, False),
        (".k.4711", 0.5, True),
        ("k.4711", 2, True),
        (".gitignore", 2, True),
    ],
)
def test_what_killed_processes_left_is_removed_a_day_later(
    name: str, age: float, stays: bool, tmp_path: Path
) -> None:
    store = Store(tmp_path, "s")
    store.put("k", 1)
    newest = (tmp_path / ".ankibuild/s/k").stat().st_mtime_ns
    left = tmp_path / ".ankibuild/s" / name
    left.write_text("half of i")
    os.utime(left, ns=(0, newest - int(age * disk.DAY)))
    store.sweep()
    assert left.exists() == stays
    assert Store(tmp_path, "s").get("k", int) == 1


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
