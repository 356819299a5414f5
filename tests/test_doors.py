"""What one types to begin, to bring decks in and to take them out, and what the tool answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ankibuild import outputs, workflow
from ankibuild.cli.making import FORMATS
from kit import Repository

ONE = "  - basic: why\n    q: Why?\n    a: So.\n    at: 1:00\n"


def run(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ankibuild", *words]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)


def files(root: Path) -> set[str]:
    names = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return {name for name in names if not name.startswith(".ankibuild")}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Build a package of one note."""
    repository = Repository(tmp_path / "old")
    repository.bank(ONE)
    subject = workflow.load(repository.root).subject
    assert subject is not None
    return workflow.build(subject, tmp_path / "dist")[0].path


def test_a_new_repository_says_what_to_do_next(tmp_path: Path):
    done = run(tmp_path, "init", "knots", "--name", "Knots of Ada", "--license", "MIT")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"knots: {len(files(tmp_path / 'knots'))} files\n"
    assert "next: `cd knots`, `make build" in done.stderr
    assert "“Knots of Ada” and the namespace `knots-of-ada` for ever" in done.stderr
    assert "Permission is hereby granted" in (tmp_path / "knots/LICENSE").read_text()
    checked = run(tmp_path / "knots", "check", "--strict")
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["init", "."], "not empty"),
        (["init", "new", "--namespace", "Two Words"], "Two Words"),
        (["init", "new", "--license", "WTFPL"], "CC-BY-4.0"),
        (["import", "nothing.apkg", "--into", "new"], "there is no `nothing.apkg`"),
        (["import", "notes.docx", "--into", "new"], "what can: an Anki package"),
        (["import", "deck.apkg"], "name its folder: `--into DIR`"),
        (["import", "deck.apkg", "--into", "new", "--map", "Nothing: basic q=x"], "Nothing"),
    ],
)
def test_what_cannot_be_done_is_explained_and_nothing_written(
    tmp_path: Path, package: Path, words: list[str], sentence: str
):
    place = tmp_path / "here"
    place.mkdir()
    (place / "notes.docx").write_bytes(b"PK?")
    (place / "deck.apkg").write_bytes(package.read_bytes())
    before = files(place)
    done = run(place, *words)
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert files(place) == before
    assert not (place / "new").exists()


def test_a_deck_becomes_a_repository_and_comes_only_once(tmp_path: Path, package: Path):
    done = run(tmp_path, "import", str(package), "--into", "new")
    assert done.returncode == 0, done.stderr
    assert "test-arc.apkg: 1 note" in done.stdout
    assert run(tmp_path / "new", "check").returncode == 0
    before = files(tmp_path / "new")
    again = run(tmp_path / "new", "import", str(package))
    assert again.returncode == 0, again.stderr
    assert "it is there already" in again.stdout
    assert files(tmp_path / "new") == before


def test_a_dry_run_writes_nothing(tmp_path: Path, package: Path):
    done = run(tmp_path, "import", str(package), "--into", "new", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "1 note" in done.stdout
    assert not (tmp_path / "new").exists()


def test_a_file_of_which_nothing_can_come_fails(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("#separator:tab\n\tSo.\n")
    done = run(tmp_path, "import", "notes.txt", "--into", "new")
    assert done.returncode == 1
    assert "1 left out" in done.stdout


@pytest.mark.parametrize("form", ["text", "crowdanki", "json"])
def test_every_format_can_be_typed(tmp_path: Path, form: str):
    repository = Repository(tmp_path)
    repository.bank(ONE)
    done = run(tmp_path, "export", form)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"dist/{form}: ")
    assert any((tmp_path / "dist" / form).iterdir())


def test_the_formats_are_those_that_there_are():
    assert set(FORMATS) == set(outputs.EXPORTS)
