"""Packages are written when they would be others than those that are there, and only then."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ankibuild import packages, released, releasing
from ankibuild.workflow import build, load
from kit import Repository

ONE = "  - basic: why\n    q: Why?\n    a: Because.\n    at: 1:00\n"
TWO = "  - basic: how\n    q: How?\n    a: Like that.\n    at: 2:00\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "project")
    repository.bank(ONE)
    repository.bank(TWO, "decks/02-second/01-three.yaml")
    return repository


def made(repository: Repository, jobs: int = 1) -> dict[str, tuple[int, str]]:
    """Build; give inode and digest of every package."""
    subject = load(repository.root).subject
    assert subject is not None
    build(subject, repository.root / "dist", jobs=jobs)
    return {
        path.name: (path.stat().st_ino, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in (repository.root / "dist").rglob("*.apkg")
    }


def fresh(repository: Repository, elsewhere: Path) -> dict[str, str]:
    """Build somewhere where nothing is, with nothing remembered; give the digests."""
    for name in ("packages", "banks", "arc"):
        for path in (repository.root / ".ankibuild" / name).glob("*"):
            path.unlink()
    subject = load(repository.root).subject
    assert subject is not None
    build(subject, elsewhere)
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in elsewhere.rglob("*.apkg")}


def changed(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> set[str]:
    """Give the names of packages that were written."""
    return {name for name in after if before.get(name, (0,))[0] != after[name][0]}


def test_what_is_there_already_is_left_alone(repository: Repository):
    before = made(repository)
    assert set(before) == {"test-arc.apkg", "01-first.apkg", "02-second.apkg"}
    assert made(repository) == before


def test_an_edit_writes_its_part_and_the_whole(repository: Repository, tmp_path: Path):
    before = made(repository)
    repository.bank(TWO.replace("Like that", "So"), "decks/02-second/01-three.yaml")
    after = made(repository)
    assert changed(before, after) == {"test-arc.apkg", "02-second.apkg"}
    assert {n: digest for n, (_, digest) in after.items()} == fresh(repository, tmp_path / "new")


def a_title(repository: Repository) -> None:
    path = repository.root / "decks/curriculum.yaml"
    path.write_text(path.read_text().replace("description: ", "description: More "))


def a_release(repository: Repository) -> None:
    subject = load(repository.root).subject
    assert subject is not None
    release = released.Release("1.0.0", released.UNRELEASED + 86_400)
    plan = releasing.make(subject, release.release, release.time, release.time)
    releasing.carry_out(plan)


def a_bank_before(repository: Repository) -> None:
    repository.bank(ONE.replace("why", "more"), "decks/01-first/02-two.yaml")


@pytest.mark.parametrize("change", [a_title, a_release, a_bank_before], ids=lambda c: c.__name__)
def test_whatever_is_in_a_package_makes_it_another(
    repository: Repository, tmp_path: Path, change: Callable[[Repository], None]
):
    made(repository)
    change(repository)
    after = {name: digest for name, (_, digest) in made(repository).items()}
    assert after == fresh(repository, tmp_path / "new")


@pytest.mark.parametrize("name", ["test-arc.apkg", "parts/01-first.apkg"])
def test_a_package_that_somebody_touched_is_written_again(repository: Repository, name: str):
    before = made(repository)
    path = repository.root / "dist" / name
    was = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns + 1))
    after = made(repository)
    assert {n: digest for n, (_, digest) in after.items()} == {
        n: digest for n, (_, digest) in before.items()
    }


def test_a_package_that_is_gone_is_written_again(repository: Repository):
    before = made(repository)
    (repository.root / "dist/test-arc.apkg").unlink()
    assert made(repository)["test-arc.apkg"][1] == before["test-arc.apkg"][1]


def test_two_processes_write_the_same(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(packages, "WORTH_A_PROCESS", 0)
    here: list[str] = []
    original = packages.OUTPUTS["apkg"]

    def spy(what: object, path: Path, *more: object) -> object:
        here.append(path.name)
        return original(what, path, *more)

    monkeypatch.setitem(packages.OUTPUTS, "apkg", spy)
    after = {name: digest for name, (_, digest) in made(repository, jobs=2).items()}
    assert here == ["test-arc.apkg"], "the parts are for the other process"
    assert after == fresh(repository, tmp_path / "new")


def test_what_another_process_could_not_write_is_said_by_us(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(packages, "WORTH_A_PROCESS", 0)
    (repository.root / "dist").mkdir()
    (repository.root / "dist/parts").write_text("in the way")
    with pytest.raises(FileExistsError):
        made(repository, jobs=2)
    assert [p.name for p in (repository.root / "dist").glob("*.apkg")] == ["test-arc.apkg"]


def test_two_builds_at_once_do_not_take_one_for_the_other(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
):
    """Ours is replaced by another build's in the moment in which it has been written."""
    first = made(repository)
    newer = ONE.replace("Because", "So")
    original = packages.OUTPUTS["apkg"]

    def write_and_be_replaced(what: object, path: Path, *more: object) -> object:
        done = original(what, path, *more)
        other = path.with_suffix(".other")
        other.write_bytes(b"of another build")
        os.replace(other, path)
        return done

    repository.bank(newer)
    with monkeypatch.context() as patch:
        patch.setitem(packages.OUTPUTS, "apkg", write_and_be_replaced)
        made(repository)
    after = made(repository)
    assert after["02-second.apkg"] == first["02-second.apkg"]
    whole = repository.root / "dist/test-arc.apkg"
    assert whole.read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("name", ["dist", "dist/parts", "dist/topics"])
def test_a_link_is_not_followed_to_write_or_to_remove(
    repository: Repository, tmp_path: Path, name: str
):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.apkg").write_bytes(b"mine")
    place = repository.root / name
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(outside)
    with pytest.raises(OSError, match="this is a link"):
        made(repository)
    assert [path.name for path in outside.iterdir()] == ["mine.apkg"]


def test_a_cache_that_is_a_link_is_not_written_to(repository: Repository, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (repository.root / ".ankibuild").symlink_to(outside)
    made(repository)
    assert list(outside.iterdir()) == []
