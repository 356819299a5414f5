"""What is remembered of a bank is what would be found out now, whatever happened in between."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from ankibuild import cache, examine, markdown
from ankibuild.arc import load_arc
from ankibuild.cache import SPARE, Memory, Store, key
from ankibuild.diagnostics import render
from ankibuild.examine import bank as one_bank
from ankibuild.source import LARGEST
from ankibuild.source.parse import MOST_VALUES
from ankibuild.workflow import Workspace, load
from kit import SVG, Repository

ROOT = Path(__file__).parent.parent
ONE = """\
  - basic: why
    q: Why $x$? ![a line](line.svg)
    a: Because.
    covers: [one.why]
  - cloze: gaps
    text: "In {{c1::one}} and {{c2::two::a hint}}, {{c1::$\\\\frac{1}{2}$}}."
    at: 10:05
  - basic: colour
    q: What colour is the sky?
    a: Blue, says ![nobody](nothing.svg).
"""
TWO = "  - basic: again\n    q: What colour is the sky?\n    a: Grey.\n    source: manual\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path)
    repository.bank(ONE)
    repository.bank(TWO, "decks/02-second/01-three.yaml")
    repository.write("media/line.svg", SVG)
    return repository


def facts(space: Workspace) -> object:
    """Give everything that a load finds out, as something to compare."""
    assert space.subject is not None
    subject = space.subject
    notes, media = subject.collection.notes, subject.collection.media
    return notes, media, subject.fronts, subject.retired, render(space.problems), space.typeset


def fresh(root: Path, elsewhere: Path) -> object:
    """Find everything out in a copy that remembers nothing."""
    for folder in ("decks", "media"):
        for path in (root / folder).rglob("*"):
            if path.is_file():
                copy = elsewhere / path.relative_to(root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
    return facts(load(elsewhere))


def entries(root: Path) -> list[Path]:
    return sorted(p for p in (root / ".ankibuild/banks").iterdir() if p.name[0] != ".")


def test_a_second_load_finds_the_same_without_looking(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
):
    first = load(repository.root)
    assert {p.rule for p in first.problems} >= {"missing-media", "similar-front"}

    def never(*_: object) -> None:
        raise AssertionError("a bank was examined again")

    monkeypatch.setattr(one_bank, "examine", never)
    assert facts(load(repository.root)) == facts(first)


UNREAD = {
    "an open quote": b'questions:\n  - basic: open\n    q: "Why?\n',
    "nothing that reads": b"[",
    "a control character": b"title: \x07\n",
    "nothing at all": b"",
}
#: What is wrong with these has no place in the text of the bank.
UNPLACED = {
    "UTF-16": b"\xff\xfea\x00",
    "Latin-1": b"questions: \xe9",
    "too large": b"x" * (LARGEST + 1),
    "too many values": b"questions:\n" + b"- 1\n" * MOST_VALUES,
}


@pytest.mark.parametrize("data", [*UNREAD.values(), *UNPLACED.values()], ids=[*UNREAD, *UNPLACED])
def test_what_is_wrong_with_a_file_is_said_again(repository: Repository, data: bytes):
    (repository.root / "decks/01-first/01-one.yaml").write_bytes(data)
    first = load(repository.root)
    assert not first.sound
    assert render(load(repository.root).problems) == render(first.problems)
    remembered = {path.read_bytes() for path in entries(repository.root)}
    assert len(remembered) == (2 if data in UNREAD.values() else 1)


def rename_the_part(repository: Repository) -> None:
    path = repository.root / "decks/curriculum.yaml"
    path.write_text(path.read_text().replace("title: First things", "title: Firsts"))


def change_the_namespace(repository: Repository) -> None:
    path = repository.root / "decks/curriculum.yaml"
    path.write_text(path.read_text().replace("namespace: test", "namespace: rest"))


def raise_the_level(repository: Repository) -> None:
    path = repository.root / "decks/01-first/part.yaml"
    path.write_text(path.read_text().replace("level: 1", "level: 3"))


def forget_an_item(repository: Repository) -> None:
    path = repository.root / "decks/01-first/part.yaml"
    path.write_text(path.read_text().replace("one.why", "one.how"))


def rename_a_source(repository: Repository) -> None:
    path = repository.root / "decks/sources.yaml"
    path.write_text(path.read_text().replace("title: ", "title: The "))


def redraw_a_figure(repository: Repository) -> None:
    repository.write("media/line.svg", SVG.replace("9v9", "8v8"))


def add_the_missing_figure(repository: Repository) -> None:
    repository.write("media/nothing.svg", SVG)


def spoil_the_arc(repository: Repository) -> None:
    path = repository.root / "decks/01-first/part.yaml"
    path.write_text(path.read_text() + "  - oops\n")


def put_a_deck_before(repository: Repository) -> None:
    path = repository.root / "decks/curriculum.yaml"
    deck = "      - deck: 00 Zero\n        bank: 00-zero.yaml\n        topics: [one]\n"
    path.write_text(
        path.read_text().replace("      - deck: 01 One\n", deck + "      - deck: 01 One\n")
    )


CHANGES = (
    rename_the_part,
    change_the_namespace,
    raise_the_level,
    forget_an_item,
    rename_a_source,
    redraw_a_figure,
    add_the_missing_figure,
    spoil_the_arc,
    put_a_deck_before,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_nothing_stale_is_given(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory, change: Callable[..., None]
):
    """The key holds everything that a bank's notes and diagnostics depend on."""
    before = facts(load(repository.root))
    change(repository)
    after = facts(load(repository.root))
    assert after != before
    assert after == fresh(repository.root, tmp_path_factory.mktemp("copy"))


def test_a_damaged_entry_is_found_out_again(repository: Repository):
    before = facts(load(repository.root))
    dice = random.Random(1)  # noqa: S311
    for _ in range(30):
        path = dice.choice(entries(repository.root))
        data = bytearray(path.read_bytes())
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data[: dice.choice((len(data), dice.randrange(len(data))))])
        assert facts(load(repository.root)) == before


@pytest.mark.parametrize(
    "value", [[], {}, 1, "x", [[], [], [], []], [[1], [], [], [], []], [0] * 5]
)
def test_an_entry_of_another_shape_is_found_out_again(repository: Repository, value: object):
    """As a tool could have left it whose version is not told from ours."""
    before = facts(load(repository.root))
    store = Store(repository.root, "banks")
    for path in entries(repository.root):
        store.put(path.name, value)
    assert facts(load(repository.root)) == before


def test_it_can_be_deleted_at_any_time(repository: Repository):
    before = facts(load(repository.root))
    for path in entries(repository.root):
        path.unlink()
    assert facts(load(repository.root)) == before


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_full_disk_costs_the_memory_and_no_more(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, code: int
):
    before = facts(load(repository.root))
    for path in entries(repository.root):
        path.unlink()

    def full(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "write_bytes", full)
    assert facts(load(repository.root)) == before
    assert entries(repository.root) == []


def test_several_processes_find_the_same(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    expected = facts(load(repository.root))
    for path in entries(repository.root):
        path.unlink()
    monkeypatch.setattr(examine, "WORTH_A_PROCESS", 0)
    here: list[object] = []
    original = one_bank.examine

    def spy(*words: object) -> object:
        here.append(words)
        return original(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(one_bank, "examine", spy)
    assert facts(load(repository.root, jobs=2)) == expected
    assert here == [], "all of it is for the other processes"


def test_what_a_process_cannot_do_is_done_by_us(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
):
    expected = facts(load(repository.root))
    for path in entries(repository.root):
        path.unlink()
    monkeypatch.setattr(examine, "WORTH_A_PROCESS", 0)
    us, original = os.getpid(), one_bank.examine

    def fail_elsewhere(*words: object) -> object:
        if os.getpid() != us:
            os._exit(1)
        return original(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(one_bank, "examine", fail_elsewhere)
    assert facts(load(repository.root, jobs=2)) == expected


def test_a_process_that_loads_again_renders_nothing_again(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
):
    """With the arc broken, nothing is remembered beyond a process."""
    spoil_the_arc(repository)
    memory = Memory()
    first = load(repository.root, memory=memory)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a text was rendered again")

    monkeypatch.setattr(markdown, "render", never)
    assert facts(load(repository.root, memory=memory)) == facts(first)


def test_notes_are_made_again_when_their_memory_is_deleted(repository: Repository):
    """Whoever deletes the cache while a build runs does no harm."""
    load(repository.root)
    remembered = load(repository.root)
    assert remembered.subject is not None
    shutil.rmtree(repository.root / ".ankibuild")
    fresh = load(repository.root)
    assert fresh.subject is not None
    shutil.rmtree(repository.root / ".ankibuild")
    assert tuple(remembered.subject.collection.notes) == tuple(fresh.subject.collection.notes)
    assert len(remembered.subject.collection.notes) == 4


def test_a_bank_that_changes_while_its_notes_are_read_is_not_mixed_up(repository: Repository):
    load(repository.root)
    subject = load(repository.root).subject
    assert subject is not None
    shutil.rmtree(repository.root / ".ankibuild")
    repository.bank(ONE.replace("Because", "So"))
    with pytest.raises(OSError, match="has changed"):
        list(subject.collection.notes)


# ------------------------------------------------------------------ the store


def test_a_key_is_made_of_everything():
    assert key("a", "b") != key("ab") != key("a", b"b")
    assert key("\ud800") == key("\ud800")


def test_another_tool_has_other_keys(monkeypatch: pytest.MonkeyPatch):
    before = key("a")
    monkeypatch.setattr(cache, "identity", lambda: "another")
    assert key("a") != before


def test_a_store_gives_what_it_got(tmp_path: Path):
    value = {"a": [1, None, "ü\x00"], "b": "\n"}
    assert Store(tmp_path, "x").put("k", value, ["another"])
    assert Store(tmp_path, "x").get("k", dict[str, object]) == value
    assert Store(tmp_path, "x").get("k", list[str], 1) == ["another"]
    assert Store(tmp_path, "y").get("k", dict[str, object]) is None


def test_what_is_of_another_kind_is_as_good_as_none(tmp_path: Path):
    Store(tmp_path, "x").put("k", {"a": 1})
    assert Store(tmp_path, "x").get("k", dict[str, str]) is None
    assert Store(tmp_path, "x").get("k", list[int], 1) is None


def test_a_text_that_no_file_can_hold_is_not_remembered(tmp_path: Path):
    store = Store(tmp_path, "x")
    store.put("k", "old")
    assert not store.put("k", "\ud800")
    assert store.get("k", str) == "old"


def test_old_entries_are_forgotten(tmp_path: Path):
    old, store = Store(tmp_path, "x"), Store(tmp_path, "x")
    for number in range(SPARE + 20):
        old.put(f"old-{number}", number)
        os.utime(tmp_path / ".ankibuild/x" / f"old-{number}", ns=(number, number))
    store.put("new", 1)
    store.sweep()
    assert store.get("new", int) == 1
    assert store.get("old-19", int) is None
    assert store.get("old-20", int) == 20


def test_nobody_sees_an_entry_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The write breaks off; what was there stays."""
    store = Store(tmp_path, "x")
    store.put("k", "old")

    def broken(self: Path, data: bytes) -> None:
        with self.open("wb") as file:
            file.write(data[:5])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "write_bytes", broken)
    store.put("k", "new")
    assert store.get("k", str) == "old"
    assert [p.name for p in (tmp_path / ".ankibuild/x").iterdir() if p.name[0] != "."] == ["k"]
    assert not list((tmp_path / ".ankibuild/x").glob(".k*"))


# ------------------------------------------------------------------ the arc


def test_the_arc_is_remembered_as_it_is(repository: Repository, monkeypatch: pytest.MonkeyPatch):
    def read() -> object:
        arc = load_arc(repository.root, Memory())
        assert arc.curriculum is not None
        return replace(arc, curriculum=None), arc.curriculum.settings, arc.curriculum.parts

    first = read()
    monkeypatch.setattr("ankibuild.arc.read.parse", None)
    assert read() == first


def test_a_faulty_arc_is_read_each_time(repository: Repository):
    spoil_the_arc(repository)
    first = load_arc(repository.root, Memory())
    again = load_arc(repository.root, Memory())
    assert render(again.problems) == render(first.problems) != ""


def test_our_own_arc_is_remembered_as_it_is(tmp_path: Path):
    for path in [*ROOT.glob("decks/*/part.yaml"), *ROOT.glob("decks/*.yaml")]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    first, again = load_arc(tmp_path, Memory()), load_arc(tmp_path, Memory())
    assert again == first
    assert (tmp_path / ".ankibuild/arc").is_dir()
