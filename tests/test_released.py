"""The ledger: what is recorded, what a later build makes of it, and what a release refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ankibuild import released, releasing
from ankibuild.collection import Collection
from ankibuild.diagnostics import Source, errors
from ankibuild.notes import Note
from ankibuild.outputs.stamped import stamped
from ankibuild.released import UNRELEASED, Ledger, Release
from ankibuild.rules import Subject
from ankibuild.workflow import RefusedError, load
from kit import Repository

DAY = 86_400
FIRST = int(datetime(2026, 1, 10, tzinfo=UTC).timestamp())
NOW = FIRST + 1000 * DAY


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.bank(questions(a="A.", b="B.", c="C."))
    return made


def questions(**answers: str) -> str:
    return "".join(
        f"  - basic: {name}\n    q: Why {name}?\n    a: {answer}\n    at: 1:00\n"
        for name, answer in answers.items()
    )


def subject(repository: Repository, *, large_change: bool = False) -> Subject:
    space = load(repository.root, large_change=large_change)
    assert space.sound, space.problems
    assert space.subject is not None
    return space.subject


def release(repository: Repository, version: str, time: int) -> None:
    releasing.carry_out(releasing.make(subject(repository), version, time, NOW))


def mods(repository: Repository) -> dict[str, int]:
    return {note.id: note.mod for note in stamped(subject(repository)).notes}


def dues(repository: Repository) -> dict[str, int]:
    return {note.id: note.due for note in stamped(subject(repository)).notes}


# ------------------------------------------------------------------ stamps


def test_an_unchanged_note_keeps_its_stamp_and_a_changed_one_gets_the_releases(
    repository: Repository,
):
    """MUST stamp each note with the time of the first release with its present content."""
    release(repository, "1.0", FIRST)
    repository.bank(questions(a="A.", b="B, corrected.", c="C.", d="D."))
    release(repository, "1.1", FIRST + DAY)
    expected = {"a": FIRST, "b": FIRST + DAY, "c": FIRST, "d": FIRST + DAY}
    assert mods(repository) == expected


def test_a_revert_is_a_change(repository: Repository):
    """MUST bump on every change, reverts included."""
    release(repository, "1.0", FIRST)
    repository.bank(questions(a="Wrong.", b="B.", c="C."))
    release(repository, "1.1", FIRST + DAY)
    repository.bank(questions(a="A.", b="B.", c="C."))
    release(repository, "1.2", FIRST + 2 * DAY)
    assert mods(repository)["a"] == FIRST + 2 * DAY


def test_a_preview_is_newer_than_the_release_before_and_older_than_the_next(
    repository: Repository,
):
    """MUST: who imports a preview still receives the release after it."""
    assert set(mods(repository).values()) == {UNRELEASED}
    release(repository, "1.0", FIRST)
    repository.bank(questions(a="A, corrected.", b="B.", c="C."))
    preview = mods(repository)
    assert preview == {"a": FIRST + 1, "b": FIRST, "c": FIRST}
    release(repository, "1.1", FIRST + DAY)
    assert mods(repository)["a"] == FIRST + DAY > preview["a"]


def test_stamps_do_not_depend_on_the_clock_or_on_git(repository: Repository):
    """MUST NOT use git commit times; MUST keep the stamps in a committed lock file."""
    release(repository, "1.0", FIRST)
    (repository.root / "decks/01-first/01-one.yaml").touch()
    assert set(mods(repository).values()) == {FIRST}
    (repository.root / released.PATH).unlink()
    assert set(mods(repository).values()) == {UNRELEASED}


def test_a_tag_is_content(repository: Repository):
    """A tag change counts as a content change (new mod)."""
    release(repository, "1.0", FIRST)
    repository.bank(questions(a="A.", b="B.", c="C."), tags="[new]")
    assert set(mods(repository).values()) == {FIRST + 1}


def test_version_and_date_stand_in_the_deck_and_in_no_note(repository: Repository):
    """MUST NOT put version, date or build data in tags or fields."""
    before = subject(repository).collection
    release(repository, "1.0", FIRST)
    after = stamped(subject(repository))
    assert [note.fields for note in after.notes] == [note.fields for note in before.notes]
    assert [note.tags for note in after.notes] == [note.tags for note in before.notes]
    assert all("Version 1.0 of 2026-01-10." in deck.description for deck in after.decks)


def test_notetypes_are_stamped_like_notes(repository: Repository):
    """MUST: the same for each notetype (hash of its whole JSON)."""
    release(repository, "1.0", FIRST)
    (notetype,) = stamped(subject(repository)).notetypes
    assert notetype.mod == FIRST
    ledger = subject(repository).ledger
    older = ledger.notetypes["basic"]
    changed = Ledger(
        ledger.releases,
        {"basic": replace(older, digest="of another style")},
        ledger.notes,
    )
    newer = released.stamp(subject(repository).collection, changed, FIRST + DAY)
    assert newer.notetypes[0].mod == FIRST + DAY


# ------------------------------------------------------------------ places in the arc


def test_released_notes_keep_their_place_and_new_ones_go_between(repository: Repository):
    """SHOULD keep positions stable: an inserted card takes a value between its neighbors."""
    before = dues(repository)
    release(repository, "1.0", FIRST)
    repository.bank(questions(x="X.", a="A.", y="Y.", z="Z.", b="B.", c="C.", w="W."))
    after = dues(repository)
    assert {name: after[name] for name in "abc"} == before
    order = [after[name] for name in ("x", "a", "y", "z", "b", "c", "w")]
    assert order == sorted(set(order))
    assert order[0] > 0


#: So many times decks can be put in one after the other at one place before cards share a number.
ROOM = 3


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4)), max_size=2 * ROOM))
def test_new_cards_come_in_the_order_of_the_arc_however_it_grows(steps: list[tuple[int, int]]):
    """MUST set due explicitly, increasing along the learning path over the whole hierarchy."""
    arc, ledger, time = ["x"], Ledger(), FIRST
    for number, (place, count) in enumerate(steps):
        arc[place:place] = [f"{number}-{n}" for n in range(count)]
        made = Collection((), (), tuple(_spread(arc)))
        placed = released.stamp(made, ledger, time).notes
        found = [note.due for note in placed]
        assert found == sorted(found)
        assert number >= ROOM or len(set(found)) == len(found)
        assert 0 < found[0] <= found[-1] < released.END_OF_DUES
        kept = {note.id: note.due for note in placed if note.id in ledger.notes}
        assert kept == {name: row.due for name, row in ledger.notes.items()}
        time += DAY
        ledger = released.record(replace(made, notes=placed), ledger, Release(str(number), time))


def _spread(arc: list[str]) -> Iterator[Note]:
    """Give every deck of an arc three notes, with the positions that `collect` would give them."""
    room = 900_000 // len(arc)
    for index, deck in enumerate(arc):
        for number in (1, 2, 3):
            name = f"{deck}/{number}"
            yield Note(name, name, "basic", deck, ("q",), (), (0,), index * room + 100 * number, 1)


# ------------------------------------------------------------------ the file


def test_ledger_has_one_line_a_note_sorted_by_id(repository: Repository):
    release(repository, "1.0", FIRST)
    lines = (repository.root / released.PATH).read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert rows[0] == {"release": "1.0", "time": FIRST}
    assert rows[1]["notetype"] == "basic"
    assert [row["note"] for row in rows[2:]] == ["a", "b", "c"]
    keys = ["note", "guid", "notetype", "deck", "cards", "due", "digest", "mod", "first", "last"]
    assert list(rows[2]) == keys


def test_ledger_survives_reading_and_writing(repository: Repository):
    release(repository, "1.0", FIRST)
    repository.bank(questions(a="A.", b="B."), retired="[c]")
    release(repository, "1.1", FIRST + DAY)
    text = (repository.root / released.PATH).read_text()
    ledger, problems = released.parse(Source(released.PATH, text))
    assert problems == ()
    assert released.dump(ledger) == text
    assert ledger.notes["c"].retired
    assert ledger.notes["c"].mod == FIRST + DAY


def test_a_retired_id_stays_in_the_ledger_for_ever(repository: Repository):
    """Keep retired guids in the lock file for ever; MUST NOT reuse a guid."""
    release(repository, "1.0", FIRST)
    repository.bank(questions(a="A.", b="B."), retired="[c]")
    release(repository, "1.1", FIRST + DAY)
    repository.bank(questions(a="A.", b="B."))
    release(repository, "1.2", FIRST + 2 * DAY)
    row = subject(repository).ledger.notes["c"]
    assert (row.retired, row.last, row.mod) == (True, "1.1", FIRST + DAY)
    repository.bank(questions(a="A.", b="B.", c="Something else."))
    space = load(repository.root)
    assert [p.rule for p in space.problems if p.severity == "error"] == ["id-reused"]


def test_the_guid_of_a_retired_note_is_not_given_to_another(repository: Repository):
    """MUST NOT reuse a guid for another question."""
    release(repository, "1.0", FIRST)
    repository.bank(questions(a="A.", b="B."), retired="[c]")
    release(repository, "1.1", FIRST + DAY)
    taken = subject(repository).ledger.notes["c"].guid
    repository.bank(questions(a="A.", b="B.", d="D.") + f"    guid: {taken}\n", retired="[c]")
    space = load(repository.root)
    (problem,) = errors(space.problems)
    assert problem.rule == "duplicate-guid"
    assert "`c`, which was retired" in problem.message


@given(st.lists(st.sampled_from(["{", '{"note": 1}', "null", "[]", "x", '{"release": 1}', ""])))
def test_a_damaged_ledger_is_a_diagnostic_and_never_a_crash(lines: list[str]):
    source = Source(released.PATH, "\n".join(lines))
    _, problems = released.parse(source)
    assert len(problems) == sum(1 for line in lines if line)
    assert {problem.rule for problem in problems} <= {"ledger-damaged"}


# ------------------------------------------------------------------ refusals


def test_versions_go_up_and_time_goes_on(repository: Repository):
    """MUST NOT stamp in the future."""
    with pytest.raises(RefusedError, match="cannot lie in the future"):
        release(repository, "1.0", NOW + 1)
    with pytest.raises(RefusedError, match="is not a version"):
        release(repository, "one", FIRST)
    release(repository, "1.2", FIRST)
    for version in ("1.2", "1.1", "1.2.0", "0.9.9"):
        with pytest.raises(RefusedError, match=r"is not after 1\.2"):
            release(repository, version, FIRST + DAY)
    with pytest.raises(RefusedError, match="go later"):
        release(repository, "1.3", FIRST)
    release(repository, "1.10", FIRST + DAY)
    assert [r.release for r in subject(repository).ledger.releases] == ["1.2", "1.10"]


# ------------------------------------------------------------------ the digest


def test_digest_sees_every_field_and_the_notetype():
    note = Note("x", "g", "basic", "D", ("a", "b"), ("t",), (0,), 1)
    digests = {
        note.digest,
        Note("x", "g", "basic", "D", ("a", "c"), ("t",), (0,), 1).digest,
        Note("x", "g", "basic", "D", ("ab", ""), ("t",), (0,), 1).digest,
        Note("x", "g", "typein", "D", ("a", "b"), ("t",), (0,), 1).digest,
        Note("x", "g", "basic", "D", ("a", "b"), ("u",), (0,), 1).digest,
    }
    assert len(digests) == 5


def test_digest_does_not_see_what_anki_does_not_update():
    """Anki applies NFC: do the same before hashing; deck and due never reach a known card."""
    one = Note("x", "g", "basic", "D", ("\u00e9",), (), (0,), 1)
    two = Note("x", "g", "basic", "E", ("e\u0301",), (), (0,), 2, mod=5)
    assert one.digest == two.digest


def test_compare_sorts_everything_into_one_of_four(repository: Repository):
    release(repository, "1.0", FIRST)
    repository.bank(questions(a="A.", b="B, corrected.", d="D."), retired="[c]")
    changes = subject(repository).changes
    assert (changes.added, changes.changed, changes.same, changes.gone) == (
        ("d",),
        ("b",),
        ("a",),
        ("c",),
    )
    assert released.compare(Collection((), (), ()), Ledger()) == released.Changes()
