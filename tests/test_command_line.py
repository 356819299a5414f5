"""What the command line takes from people and from what starts it: odd paths, words and streams."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ankibuild.cli import main
from ankibuild.cli.checking import NO_ENGINE, NO_MATHJAX
from ankibuild.typeset.engines import FILES
from kit import Repository

ONE = "  - basic: why\n    q: Why?\n    a: Because.\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "project")
    repository.bank(ONE)
    return repository


class Done(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in a folder, with words."""

    def command(folder: Path, *words: str) -> Done:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["ankibuild", *words])
        with pytest.raises(SystemExit) as left:
            main()
        assert isinstance(left.value.code, int)
        return Done(left.value.code, *capsys.readouterr())

    return command


# ------------------------------------------------------------------ paths

TAKE_FILES = [["fmt"], ["check"], ["verify"], ["build"], ["new", "basic"], ["serve"]]


@pytest.mark.parametrize("words", TAKE_FILES, ids=" ".join)
def test_a_file_of_elsewhere_is_refused_in_one_sentence(
    words: list[str], repository: Repository, tmp_path: Path, run: Run
) -> None:
    beyond = tmp_path / "beyond.yaml"
    beyond.write_text("a:   1\n")
    for path in (str(beyond), "../beyond.yaml"):
        done = run(repository.root, *words, path)
        assert done.code == 2, done.err
        assert done.err.splitlines()[-1] == (
            f"Error: `{path}` is not part of this project, which is in {repository.root}"
        )
    assert beyond.read_text() == "a:   1\n"


def here(root: Path) -> tuple[Path, str]:
    return root, "decks/01-first/01-one.yaml"


def from_below(root: Path) -> tuple[Path, str]:
    return root / "decks/02-second", "../01-first/01-one.yaml"


def absolute(root: Path) -> tuple[Path, str]:
    return root, str(root / "decks/01-first/01-one.yaml")


def through_a_link_to_the_project(root: Path) -> tuple[Path, str]:
    (root.parent / "link").symlink_to(root)
    return root, str(root.parent / "link/decks/01-first/01-one.yaml")


def a_folder(root: Path) -> tuple[Path, str]:
    return root / "decks", "01-first/"


WAYS = [here, from_below, absolute, through_a_link_to_the_project, a_folder]


@pytest.mark.parametrize("way", WAYS)
def test_a_file_of_the_project_has_many_names(
    way: Callable[[Path], tuple[Path, str]], repository: Repository, run: Run
) -> None:
    repository.bank(ONE.replace("why", "Why!"))
    folder, path = way(repository.root)
    done = run(folder, "check", path)
    assert "--> decks/01-first/01-one.yaml:5:12" in done.err
    assert done.code == 1


ROOTS: list[Callable[[Path], tuple[Path, str]]] = [
    lambda root: (root, "."),
    lambda root: (root, str(root)),
    lambda root: (root / "decks", "../"),
]


@pytest.mark.parametrize("way", ROOTS, ids=[".", "absolute", "above"])
def test_the_root_is_the_whole_project(
    way: Callable[[Path], tuple[Path, str]], repository: Repository, run: Run
) -> None:
    folder, path = way(repository.root)
    workflow = repository.write(".github/workflows/check.yaml", "on:   push\n")
    repository.bank(ONE + "    verify: assert 1 == 2\n")
    run(folder, "fmt")
    for words in (["verify", "--fresh"], ["fmt", "--check"], ["check"]):
        whole, named = run(folder, *words), run(folder, *words, path)
        assert named == whole, words
    assert run(folder, "verify", path).code == 1
    repository.bank(ONE.replace("q:", "q:  "))
    assert run(folder, "fmt", path).out.count("formatted") == 1
    assert workflow.read_text() == "on:   push\n"
    repository.bank(ONE.replace("why", "Why!"))
    done = run(folder, "check", path)
    assert "cannot be an id" in done.err
    assert done.code == 1


def test_a_link_in_the_project_is_a_file_of_the_project(repository: Repository, run: Run) -> None:
    (repository.root / "decks/01-first/02-two.yaml").symlink_to("01-one.yaml")
    done = run(repository.root, "check", "decks/01-first/02-two.yaml")
    assert "error[duplicate-id]" in done.err
    assert done.code == 1


@pytest.mark.parametrize("command", ["check", "fmt"])
def test_a_link_out_of_the_project_is_refused_by_its_name(
    command: str, repository: Repository, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "beyond.yaml").write_text("title:   Secret\n")
    (repository.root / "decks/01-first/02-two.yaml").symlink_to(tmp_path / "beyond.yaml")
    done = run(repository.root, command, "decks/01-first/02-two.yaml")
    assert "error[unreadable-file]: this is a link to somewhere outside" in done.err
    assert "--> decks/01-first/02-two.yaml" in done.err
    assert done.code == 1
    assert (tmp_path / "beyond.yaml").read_text() == "title:   Secret\n"


# ------------------------------------------------------------------ words

MUCH = "x" * 100_000
LONG = [
    [MUCH],
    ["check", MUCH],
    ["check", f"--{MUCH}"],
    ["check", "--format", MUCH],
    ["new", "basic", "one", "--id", MUCH.upper()],
    ["import", f"{MUCH}.apkg"],
    ["explain", "x " * 50_000],
]


@pytest.mark.parametrize("words", LONG, ids=lambda words: " ".join(words)[:20])
def test_a_word_without_end_is_not_repeated(
    words: list[str], repository: Repository, run: Run
) -> None:
    done = run(repository.root, *words)
    assert done.code in (1, 2)
    assert 60 < len(done.out + done.err) < 3_300
    assert "xxx" in done.err.lower() or "x x" in done.err


def test_of_a_long_word_beginning_and_end_are_shown(repository: Repository, run: Run) -> None:
    word = f"first-{'x' * 300}-last"
    said = run(repository.root, "check", word).err
    assert "there is no `first-xxx" in said
    assert "xxx-last` here; paths are relative" in said
    assert "…" in said


# ------------------------------------------------------------------ streams


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_whoever_closed_a_stream_has_the_exit_code(closed: str, repository: Repository) -> None:
    repository.bank(ONE.replace("why", "Why!"))
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "ankibuild", "check"],
        cwd=repository.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert ("cannot be an id" in done.stderr) == (closed == ">&-")


SAID_TO_THE_WALL = [
    (["--help"], "stdout"),
    (["explain"], "stdout"),
    (["explain", "no-source"], "stdout"),
    (["check", "--format", "json"], "stdout"),
    (["check"], "stderr"),
    (["chek"], "stderr"),
]


@pytest.mark.parametrize(("words", "stream"), SAID_TO_THE_WALL, ids=str)
def test_a_pipe_that_nobody_reads_is_no_fault(
    words: list[str], stream: str, repository: Repository
) -> None:
    """A shell takes 141 for a closed pipe; 1 would be decks with errors, and 0 sound ones."""
    repository.bank(ONE.replace("why", "Why!"))
    ours, theirs = os.pipe()
    os.close(ours)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: theirs}
    done = subprocess.run(
        [sys.executable, "-m", "ankibuild", *words],
        cwd=repository.root,
        # With a buffer, Python writes once more at its end.
        env={key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"},
        text=True,
        check=False,
        **streams,
    )
    os.close(theirs)
    assert (done.returncode, done.stdout or "", done.stderr or "") == (141, "", "")


# ------------------------------------------------------------------ what is said in the end


WITHOUT_MATHJAX = """\
import sys
from pathlib import Path
from ankibuild.cli import main
from ankibuild.typeset import engines
engines.MATHJAX = Path(sys.argv.pop(1))
main()
"""


@pytest.mark.parametrize(
    ("present", "said"),
    [(FILES[:2], NO_MATHJAX), (FILES, NO_ENGINE)],
    ids=["no MathJax", "no engine that works"],
)
def test_what_formulas_lack_is_said(
    present: tuple[str, ...], said: str, repository: Repository, tmp_path: Path
) -> None:
    for name in present:
        (tmp_path / name).write_text("throw new Error()")
    repository.bank(ONE.replace("Why?", "Why $x$?"))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_MATHJAX, str(tmp_path), "check"],
        cwd=repository.root,
        capture_output=True,
        text=True,
        check=True,
    )
    last = done.stderr.splitlines()[-1]
    assert last == f"formulas were checked by rules only, not typeset: {said}"


def test_verify_tells_what_was_run(repository: Repository, run: Run) -> None:
    def said() -> str:
        return run(repository.root, "verify").err.splitlines()[-1]

    assert said() == "0 claims proven, 0 not; nothing was run"
    repository.bank(ONE + "    verify: assert True\n")
    assert said() == "1 claim proven, 0 not; all run"
    assert said() == "1 claim proven, 0 not; none had to be run again"
    repository.bank(
        ONE + "    verify: assert True\n" + ONE.replace("why", "no") + "    verify: 0/0\n"
    )
    assert said() == "1 claim proven, 1 not; 1 run, the others as before"


def test_a_preview_says_how_to_see_it_again(repository: Repository, run: Run) -> None:
    said = run(repository.root, "build").err.splitlines()[-1]
    assert "“Update notes: Always”, this once; the next time set it back to “If newer”" in said


@pytest.mark.parametrize("words", [[], ["--check"]], ids=["write", "check"])
def test_fmt_says_that_nothing_changes(words: list[str], repository: Repository, run: Run) -> None:
    bank = "decks/01-first/01-one.yaml"
    repository.bank(ONE.replace("Because.", "'Because.'"))
    assert run(repository.root, "fmt", bank) == Done(0, f"{bank}: formatted\n", "")
    assert run(repository.root, "fmt", bank, *words) == Done(0, "", "nothing to change: 1 file\n")
    run(repository.root, "fmt")
    files = len(list(repository.root.glob("decks/**/*.yaml")))
    assert run(repository.root, "fmt", *words).err == f"nothing to change: {files} files\n"
    repository.bank("  - basic: [\n")
    assert "nothing to change" not in run(repository.root, "fmt", *words).err
