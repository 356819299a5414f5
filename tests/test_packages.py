"""Packages are written when they would be others than those that are there, and only then."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ankibuild import packages, released, releasing
from ankibuild.workflow import build, export, load
from kit import Repository

ONE = "  - basic: why\n    q: Why?\n    a: Because.\n    at: 1:00\n"
GAPS = "  - cloze: gaps\n    text: A {{c1::gap}} and a {{c2::second}}.\n    at: 3:00\n"
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
    assert here == ["01-first.apkg", "test-arc.apkg"], "the other part is for the other process"
    assert after == fresh(repository, tmp_path / "new")


def test_what_another_process_could_not_write_is_said_by_us(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(packages, "WORTH_A_PROCESS", 0)
    (repository.root / "dist/parts/02-second.apkg").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match="02-second"):
        made(repository, jobs=2)
    assert (repository.root / "dist/parts/01-first.apkg").is_file()


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


@pytest.mark.parametrize("name", ["dist", "dist/site"])
def test_no_export_goes_through_a_link_of_the_project(
    repository: Repository, tmp_path: Path, name: str
):
    outside = tmp_path / "outside"
    outside.mkdir()
    place = repository.root / name
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(outside)
    subject = load(repository.root).subject
    assert subject is not None
    with pytest.raises(OSError, match="this is a link"):
        export(subject, "json", repository.root / "dist/site/json")
    assert list(outside.iterdir()) == []


def test_a_cache_that_is_a_link_is_not_written_to(repository: Repository, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (repository.root / ".ankibuild").symlink_to(outside)
    made(repository)
    assert list(outside.iterdir()) == []


# ------------------------------------------------------------------ the whole, of its parts


def facts_of(path: Path) -> list[tuple[object, ...]]:
    """Give what a package holds of notes and cards, in one order."""
    with zipfile.ZipFile(path) as package, closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(package.read("collection.anki2"))
        cards = "select guid, mid, n.mod, tags, flds, did, ord, due from cards c, notes n"
        return database.execute(f"{cards} where nid = n.id order by guid, ord").fetchall()


def test_the_whole_is_the_same_whether_its_parts_are_there_or_not(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    subject = load(repository.root).subject
    assert subject is not None
    (joined, *parts) = build(subject, tmp_path / "joined")
    monkeypatch.setattr(packages._Shelf, "_opened", lambda *_: ())
    (alone, *_) = build(subject, tmp_path / "alone")
    assert alone.path.read_bytes() == joined.path.read_bytes()
    assert facts_of(joined.path) == sorted(fact for part in parts for fact in facts_of(part.path))


def test_a_part_of_another_build_is_not_taken_over(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
):
    """Another build replaces a part of ours in the moment before the whole is put together."""
    first = made(repository)
    repository.bank(ONE.replace("Because", "So"))
    original = packages.OUTPUTS["apkg"]

    def write_and_be_replaced(what: object, path: Path, *more: object) -> object:
        done = original(what, path, *more)
        if path.parent.name == "parts":
            os.replace(older, path)
        return done

    older = repository.root / "older.apkg"
    shutil.copy(repository.root / "dist/parts/01-first.apkg", older)
    with monkeypatch.context() as patch:
        patch.setitem(packages.OUTPUTS, "apkg", write_and_be_replaced)
        after = made(repository)
    assert after["01-first.apkg"][1] == first["01-first.apkg"][1], "it was replaced"
    whole = facts_of(repository.root / "dist/test-arc.apkg")
    assert any("\x1fSo.\x1f" in str(fact) or "So." in str(fact[4]) for fact in whole)


def test_ids_that_meet_in_two_parts_are_moved_apart(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
):
    from ankibuild.outputs import apkg

    monkeypatch.setattr(apkg, "stable_id", lambda *_: 10**12)
    repository.bank(ONE + TWO.replace("how", "what") + GAPS)
    repository.bank(TWO + GAPS.replace("gaps", "more"), "decks/02-second/01-three.yaml")
    made(repository)
    whole, first, second = (
        facts_of(repository.root / "dist" / name)
        for name in ("test-arc.apkg", "parts/01-first.apkg", "parts/02-second.apkg")
    )
    assert len(first) + len(second) == 7
    assert whole == sorted(first + second)


def test_a_damaged_part_is_named(repository: Repository, monkeypatch: pytest.MonkeyPatch):
    """Its size and time are as they were: somebody meant it, or the disk is broken."""
    made(repository)
    (repository.root / "dist/test-arc.apkg").unlink()
    part = repository.root / "dist/parts/01-first.apkg"
    data, was = part.read_bytes(), part.stat()
    with part.open("r+b") as file:
        file.seek(len(data) // 3)
        file.write(b"damaged" * 9)
    os.utime(part, ns=(was.st_atime_ns, was.st_mtime_ns))
    with pytest.raises(OSError, match=r"01-first.apkg` is damaged; remove it"):
        made(repository)
    part.unlink()
    made(repository)
    assert part.read_bytes() == data
