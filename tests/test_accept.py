"""The acceptance of a release: sound packages pass, and what would hurt a learner is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

import accept
from ankibuild import releasing, workflow
from ankibuild.collection import Collection
from ankibuild.notes import Note
from ankibuild.outputs import OUTPUTS
from ankibuild.outputs.stamped import stamped
from kit import Repository

BANK = """\
  - basic: why
    q: Why does $\\epsilon$ stand under the root?
    a: {why}
  - cloze: gaps
    text: In training {{{{c1::the batch}}}}, in evaluation {{{{c2::averages}}}}.
  - typein: typed
    q: How many?
    answer: 128
"""
TIMES = {"1.0.0": 1_700_000_000, "1.1.0": 1_710_000_000}


def issue(repository: Repository, version: str, dist: Path) -> None:
    subject = workflow.load(repository.root).subject
    assert subject
    releasing.carry_out(releasing.make(subject, version, TIMES[version], TIMES[version]))
    released = workflow.load(repository.root).subject
    assert released
    workflow.build(released, dist)


@pytest.fixture
def issues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Release twice, with a correction, an addition and a retirement in between."""
    monkeypatch.setattr(accept, "STUDIED", 1)
    repository = Repository(tmp_path / "repository")
    more = "  - basic: {name}\n    q: What is {name}?\n    a: This.\n"
    repository.bank(BANK.format(why="Wrong.") + more.format(name="old"))
    issue(repository, "1.0.0", tmp_path / "first")
    repository.bank(
        BANK.format(why="So that nothing divides by zero.") + more.format(name="new"),
        retired="[old]",
    )
    issue(repository, "1.1.0", tmp_path / "second")
    return tmp_path / "first", tmp_path / "second"


def test_releases_are_accepted(issues: tuple[Path, Path], capsys: pytest.CaptureFixture[str]):
    first, second = issues
    assert accept.main([str(first), "--version", "1.0.0"]) == 0
    arguments = [str(second), "--before", str(first), "--version", "1.1.0"]
    assert accept.main(arguments) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "2 packages, 0 of them over older ones, 0 problems",
        "2 packages, 2 of them over older ones, 0 problems",
    ]


def test_another_version_is_refused(issues: tuple[Path, Path], capsys: pytest.CaptureFixture[str]):
    assert accept.main([str(issues[1]), "--version", "1.2.0"]) == 1
    assert "does not say that it is 1.2.0" in capsys.readouterr().out


def test_nothing_to_accept_is_a_problem(tmp_path: Path):
    assert accept.main([str(tmp_path)]) == 1


def renamed(collection: Collection) -> Collection:
    return replace(collection, notes=tuple(replace(n, guid=n.guid[1:]) for n in collection.notes))


def renumbered(collection: Collection) -> Collection:
    def note(note: Note) -> Note:
        fields = tuple(text.replace("{{c2::", "{{c3::") for text in note.fields)
        return replace(note, fields=fields, cards=tuple(2 if n == 1 else n for n in note.cards))

    return replace(collection, notes=tuple(map(note, collection.notes)))


def shortened(collection: Collection) -> Collection:
    return replace(
        collection,
        notetypes=tuple(replace(n, fields=n.fields[:-1]) for n in collection.notetypes),
        notes=tuple(replace(note, fields=note.fields[:-1]) for note in collection.notes),
    )


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (renamed, "`why` arrived as another note, beside the one that is there"),
        (renumbered, "empty card"),
        (shortened, "notes were refused for their note type"),
    ],
)
def test_what_would_hurt_is_found(
    issues: tuple[Path, Path], spoil: Callable[[Collection], Collection], said: str
):
    first, second = issues
    subject = workflow.load(first.parent / "repository").subject
    assert subject
    collection = stamped(subject)
    newer = tuple(replace(note, mod=note.mod + 1) for note in collection.notes)
    package = second / "test-arc.apkg"
    OUTPUTS["apkg"](spoil(replace(collection, notes=newer)), package, TIMES["1.1.0"])
    assert said in "\n".join(accept.accept(package, first / package.name))
