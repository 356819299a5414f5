"""Builds that are stopped, starved of space, or not alone: what is in `dist/` is whole."""

from __future__ import annotations

import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from kit import Repository

#: For more than a look: ``KILLED_RUNS=50 pytest tests/test_killed.py``.
RUNS = int(os.environ.get("KILLED_RUNS", "4"))
#: Small decks are written by two processes, too, as large ones are.
BUILD = """
import sys
from ankibuild import examine, packages
from ankibuild.cli import main
examine.WORTH_A_PROCESS = packages.WORTH_A_PROCESS = 1
sys.argv[1:] = ["build"]
main()
"""
OTHER_TOOL = f"""
from ankibuild import cache, tool
tool.identity = cache.identity = lambda: "another version"
{BUILD}
"""
BANKS = ("01-first/01-one", "01-first/02-two", "02-second/01-three")

Packages = dict[str, str]


def lay_down(root: Path, word: str) -> Repository:
    """Write three banks of a hundred questions, or change them."""
    repository = Repository(root)
    for number, name in enumerate(BANKS):
        questions = "".join(
            f"  - basic: q-{number}-{n}\n    q: |\n      Why {word} `{number}` *and* $x^{{{n}}}$?\n"
            f"    a: |\n      So {word}, since {n * 7919} is what it is.\n"
            for n in range(100)
        )
        repository.bank(questions, f"decks/{name}.yaml")
    return repository


def start(root: Path, program: str = BUILD, **more: object) -> subprocess.Popen[str]:
    """Begin a build in a group of processes of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=root,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        **more,  # type: ignore[call-overload]
    )


def finish(build: subprocess.Popen[str]) -> None:
    _, said = build.communicate()
    assert build.returncode == 0, said


def packages(root: Path) -> Packages:
    """Hash every file in `dist/` that a learner would see, by path."""
    folder = root / "dist"
    paths = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    shown = [path for path in paths if not any(part.startswith(".") for part in path.parts)]
    return {
        path.as_posix(): hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in shown
    }


def left_over(root: Path) -> list[str]:
    return [path.name for path in (root / "dist").rglob(".*")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Packages]:
    """Build each state of the decks, undisturbed; give the packages by the state's word."""
    made: dict[str, Packages] = {}
    for word in ("old", "new"):
        root = lay_down(tmp_path_factory.mktemp(word), word).root
        finish(start(root))
        made[word] = packages(root)
        assert len(made[word]) == 3
    return made


# ------------------------------------------------------------------ killed


def kill_after(root: Path, seconds: float) -> None:
    build = start(root)
    time.sleep(seconds)
    os.killpg(build.pid, signal.SIGKILL)
    build.communicate()


def kill_while_it_writes(root: Path, seconds: float) -> None:
    """Kill a build some time after it has begun to write a package."""
    build = start(root)
    while build.poll() is None and not left_over(root):
        pass
    kill_at = time.monotonic() + seconds
    while time.monotonic() < kill_at:
        pass
    with suppress(ProcessLookupError):  # it was faster
        os.killpg(build.pid, signal.SIGKILL)
    build.communicate()


def check_whole(root: Path, *states: Packages) -> None:
    """Require that every package is that of one of the states."""
    for path, digest in packages(root).items():
        assert digest in [state.get(path) for state in states], path


def check_next(root: Path, wanted: Packages) -> None:
    """Require that the next build makes what it always makes, and tidies up."""
    finish(start(root))
    assert packages(root) == wanted
    assert left_over(root) == []


def spread(number: int) -> float:
    """Give numbers from 0 to 1 that are as far from each other as can be, however many."""
    return number * 0.618034 % 1


def test_a_killed_rebuild(tmp_path: Path, whole: dict[str, Packages]) -> None:
    """Old or new, each package is whole, at whatever moment the build is killed."""
    lay_down(tmp_path, "old")
    before, after = "old", "new"
    begun = time.monotonic()
    finish(start(tmp_path))
    longest = time.monotonic() - begun
    for number in range(RUNS):
        lay_down(tmp_path, after)
        if number % 2:
            kill_after(tmp_path, (0.3 + 0.7 * spread(number)) * longest)
        else:
            kill_while_it_writes(tmp_path, 0.1 * spread(number) * longest)
        check_whole(tmp_path, whole[before], whole[after])
        check_next(tmp_path, whole[after])
        before, after = after, before


def test_a_killed_first_build(tmp_path: Path, whole: dict[str, Packages]) -> None:
    lay_down(tmp_path, "old")
    for number in range(RUNS // 2):
        for folder in ("dist", ".ankibuild"):
            shutil.rmtree(tmp_path / folder, ignore_errors=True)
        kill_while_it_writes(tmp_path, 0.05 * spread(number))
        check_whole(tmp_path, whole["old"])
        check_next(tmp_path, whole["old"])


# ------------------------------------------------------------------ no space


def test_no_space(tmp_path: Path, whole: dict[str, Packages]) -> None:
    """When files may not grow beyond so many bytes, the old packages stay, and it is said."""
    lay_down(tmp_path, "old")
    finish(start(tmp_path))
    lay_down(tmp_path, "new")
    for most in (0, 20_000, 80_000):
        limits = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most))
        build = start(tmp_path, preexec_fn=limits)
        _, said = build.communicate()
        assert build.returncode == 1, said
        assert re.fullmatch(r"ankibuild: [^\n]+: \S+/dist/\S+\.apkg\n", said), said
        assert packages(tmp_path) == whole["old"]
        assert left_over(tmp_path) == []
    check_next(tmp_path, whole["new"])


# ------------------------------------------------------------------ not alone


def test_two_builds_at_once(tmp_path: Path, whole: dict[str, Packages]) -> None:
    for number in range(max(2, RUNS // 5)):
        word = ("old", "new")[number % 2]
        lay_down(tmp_path, word)
        for build in [start(tmp_path), start(tmp_path)]:
            finish(build)
        assert packages(tmp_path) == whole[word]
        assert left_over(tmp_path) == []


def test_a_cache_of_another_version(tmp_path: Path, whole: dict[str, Packages]) -> None:
    lay_down(tmp_path, "old")
    finish(start(tmp_path, OTHER_TOOL))
    assert packages(tmp_path) == whole["old"]
    lay_down(tmp_path, "new")
    check_next(tmp_path, whole["new"])
    finish(start(tmp_path, OTHER_TOOL))
    assert packages(tmp_path) == whole["new"]


def test_a_cache_that_vanishes_during_a_build(tmp_path: Path, whole: dict[str, Packages]) -> None:
    lay_down(tmp_path, "old")
    build = start(tmp_path)
    while build.poll() is None:
        shutil.rmtree(tmp_path / ".ankibuild", ignore_errors=True)
    finish(build)
    assert packages(tmp_path) == whole["old"]
    lay_down(tmp_path, "new")
    check_next(tmp_path, whole["new"])


def test_a_cache_full_of_rubbish(tmp_path: Path, whole: dict[str, Packages]) -> None:
    lay_down(tmp_path, "old")
    finish(start(tmp_path))
    for path in (tmp_path / ".ankibuild").rglob("*"):
        if path.is_file():
            path.write_bytes(b"\xff{]" + path.read_bytes()[7:])
    lay_down(tmp_path, "new")
    check_next(tmp_path, whole["new"])
