"""A run on what has not changed says the same at once; whatever changes, it is done again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ankibuild import tool, unchanged
from ankibuild.unchanged import LastRun
from kit import SVG, Repository

ONE = "  - basic: why\n    q: Why $x$? ![a line](line.svg)\n    a: Because.\n"
NOW = 1_800_000_000_000_000_000
#: What only a bank takes that has not been seen.
EXAMINING = {"pydantic", "markdown", "nh3", "pygments", "ankibuild.source.parse"}
HEAVY = ("pydantic", "yaml", "genanki", "markdown", "nh3", "sqlite3", "ankibuild.workflow")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path)
    repository.bank(ONE)
    repository.write("media/line.svg", SVG)
    return repository


def run(root: Path, name: str = "build", *asked: str, now: int = NOW) -> LastRun:
    return LastRun(str(root), name, asked, now)


def command(repository: Repository, *words: str, folder: str = "") -> tuple[str, set[str]]:
    """Run a command in a process of its own; give what it says and the modules it imported."""
    code = "import sys, atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
    code += "from ankibuild.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=repository.root / folder,
        capture_output=True,
        text=True,
        check=True,
    )
    *said, modules = done.stderr.splitlines()
    return done.stdout + "\n".join(said), set(modules.split())


@pytest.mark.parametrize("words", [("build",), ("check",), ("build", "one", "--dist", "there")])
def test_a_second_run_says_the_same_and_imports_nothing_heavy(
    repository: Repository, words: tuple[str, ...]
):
    first, modules = command(repository, *words)
    assert set(HEAVY) & modules
    again, modules = command(repository, *words)
    assert again == first
    assert not set(HEAVY) & modules


@pytest.mark.parametrize("words", [("build",), ("check",)])
def test_what_is_only_recalled_is_so_without_what_examining_takes(
    repository: Repository, words: tuple[str, ...]
):
    """As after a change of branches and back."""
    first, modules = command(repository, *words)
    assert EXAMINING & modules
    repository.bank(ONE.replace("Because.", "So."))
    command(repository, *words)
    repository.bank(ONE)
    again, modules = command(repository, *words)
    assert again == first
    assert "ankibuild.examine" in modules
    assert not EXAMINING & modules


@pytest.mark.parametrize("words", [("build",), ("check",)])
def test_nothing_is_imported_for_questions_that_nobody_asks(
    repository: Repository, words: tuple[str, ...]
):
    """Which plugins has pydantic, and is a property of genanki a coroutine?"""
    _, modules = command(repository, *words)
    assert "pydantic.plugin" in modules
    assert ("genanki" in modules) == (words == ("build",))
    assert not {"importlib.metadata", "asyncio"} & modules


PROVEN = ONE + "    verify: assert 1 + 1 == 2\n"


def test_verify_says_at_once_that_nothing_had_to_be_run(repository: Repository):
    repository.bank(PROVEN)
    first, modules = command(repository, "verify")
    assert first == "1 claim proven, 0 not; all run"
    again, modules = command(repository, "verify")
    assert again == "1 claim proven, 0 not; none had to be run again"
    assert not set(HEAVY) & modules
    assert command(repository, "verify", "--fresh")[0] == first


def test_what_does_not_hold_is_said_until_it_does(repository: Repository):
    repository.bank(PROVEN.replace("== 2", "== 3"))
    for _ in range(2):
        with pytest.raises(subprocess.CalledProcessError) as failed:
            command(repository, "verify")
        assert failed.value.returncode == 1
        assert "0 claims proven, 1 not" in failed.value.stderr
    repository.bank(PROVEN)
    assert command(repository, "verify")[0] == "1 claim proven, 0 not; all run"


def test_one_name_in_two_folders_is_not_one_question(repository: Repository):
    repository.bank(PROVEN)
    repository.bank(ONE.replace("why", "how"), "decks/02-second/01-three.yaml")
    first, _ = command(repository, "verify", ".", folder="decks/01-first")
    second, _ = command(repository, "verify", ".", folder="decks/02-second")
    assert (first, second) == (
        "1 claim proven, 0 not; all run",
        "0 claims proven, 0 not; nothing was run",
    )


def test_a_warning_is_shown_again_with_its_line(repository: Repository):
    repository.bank(ONE.replace("Because.", "It's a very colourful thing."))
    first, _ = command(repository, "check")
    assert "colourful" in first
    assert command(repository, "check")[0] == first
    only, _ = command(repository, "check", "decks/02-second")
    assert "nothing to complain about" in only


def grow(root: Path) -> None:
    (root / "decks/01-first/01-one.yaml").write_text("title: Other\n")


def rewrite_within_the_tick(root: Path) -> None:
    """Write a file again, as long as it was, and with the time that it had."""
    path = root / "decks/01-first/01-one.yaml"
    was = path.stat()
    path.write_bytes(path.read_bytes().replace(b"Because.", b"Becauze."))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


def add_a_bank(root: Path) -> None:
    (root / "decks/02-second/01-three.yaml").write_text("title: Three\nquestions: []\n")


def remove_a_figure(root: Path) -> None:
    (root / "media/line.svg").unlink()


def rename_a_figure(root: Path) -> None:
    (root / "media/line.svg").rename(root / "media/other.svg")


def replace_by_a_copy(root: Path) -> None:
    path = root / "media/line.svg"
    was = path.stat()
    path.rename(root / "other")
    path.write_bytes((root / "other").read_bytes().replace(b"<", b"<", 1))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


def lose_a_package(root: Path) -> None:
    (root / "dist.apkg").unlink()


def touch_a_package(root: Path) -> None:
    (root / "dist.apkg").write_bytes(b"another")


def release(root: Path) -> None:
    (root / "decks/released.jsonl").write_text("")


CHANGES = (
    grow,
    rewrite_within_the_tick,
    add_a_bank,
    remove_a_figure,
    rename_a_figure,
    replace_by_a_copy,
    lose_a_package,
    touch_a_package,
    release,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whatever_changes_is_noticed(repository: Repository, change: Callable[[Path], None]):
    package = repository.root / "dist.apkg"
    package.write_bytes(b"a package")
    now = package.stat().st_mtime_ns
    run(repository.root, now=now).keep("fine", [str(package)])
    assert run(repository.root, now=now).said() == "fine"
    change(repository.root)
    assert run(repository.root, now=now).said() is None


def test_a_file_that_is_old_enough_is_known_by_its_time(repository: Repository):
    """Its content is not read: what has no new time was not written."""
    run(repository.root).keep("fine")
    for path in repository.root.rglob("*.yaml"):
        path.chmod(0)
    assert run(repository.root).said() == "fine"


def test_another_question_has_another_answer(repository: Repository):
    run(repository.root, "build", "here").keep("fine")
    assert run(repository.root, "build", "there").said() is None
    assert run(repository.root, "check", "here").said() is None


def test_another_tool_asks_anew(repository: Repository, monkeypatch: pytest.MonkeyPatch):
    run(repository.root).keep("fine")
    monkeypatch.setattr(unchanged, "identity", lambda: "another")
    assert run(repository.root).said() is None


def test_the_tool_is_its_files_and_the_packages_it_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    before = tool.identity.__wrapped__()
    assert "markdown/scan.py" in before
    monkeypatch.syspath_prepend(tmp_path)
    assert tool.identity.__wrapped__() == before
    (tmp_path / "genanki-9.9.9.dist-info").mkdir()
    assert tool.identity.__wrapped__() != before


def test_what_changes_during_a_run_is_not_kept(repository: Repository):
    begun = run(repository.root)
    grow(repository.root)
    begun.keep("fine")
    assert run(repository.root).said() is None


def test_a_young_file_that_changes_during_a_run_is_not_kept(repository: Repository):
    now = (repository.root / "decks/01-first/01-one.yaml").stat().st_mtime_ns
    begun = run(repository.root, now=now)
    rewrite_within_the_tick(repository.root)
    begun.keep("fine")
    assert run(repository.root, now=now).said() is None


def test_a_linked_folder_is_looked_into_every_time(repository: Repository, tmp_path: Path):
    """Its files may change without a sign of it."""
    (repository.root / "decks/05-more").symlink_to(repository.root / "decks/01-first")
    run(repository.root).keep("fine")
    assert run(repository.root).said() is None


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"tool": 1}', b"\xff", b"null", b"[" * 100_000]
)
def test_a_damaged_record_is_as_good_as_none(repository: Repository, damage: bytes):
    run(repository.root).keep("fine")
    kept = repository.root / ".ankibuild/build.json"
    assert kept.is_file()
    kept.write_bytes(damage)
    assert run(repository.root).said() is None


def link_the_folder(kept: Path, beyond: Path) -> None:
    kept.parent.rename(beyond)
    kept.parent.symlink_to(beyond)


def link_the_file(kept: Path, beyond: Path) -> None:
    kept.rename(beyond)
    kept.symlink_to(beyond)


def leave_a_pipe(kept: Path, _: Path) -> None:
    kept.unlink()
    os.mkfifo(kept)


@pytest.mark.parametrize("change", [link_the_folder, link_the_file, leave_a_pipe])
def test_what_is_not_in_the_project_is_not_read(
    change: Callable[[Path, Path], None],
    repository: Repository,
    tmp_path_factory: pytest.TempPathFactory,
):
    run(repository.root).keep("fine")
    change(repository.root / ".ankibuild/build.json", tmp_path_factory.mktemp("beyond") / "there")
    assert run(repository.root).said() is None


def test_what_a_killed_run_left_is_removed(repository: Repository):
    run(repository.root).keep("fine")
    left = repository.write(".ankibuild/.build.json.4711", "half of i")
    os.utime(left, (0, 0))
    run(repository.root).keep("fine")
    assert not left.exists()


def test_nothing_has_to_be_writable(repository: Repository):
    (repository.root / ".ankibuild").write_text("in the way")
    run(repository.root).keep("fine")
    assert run(repository.root).said() is None
