"""A learner's years with our decks: releases of a real repository, imported into the real Anki."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from anki.import_export_pb2 import IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_ALWAYS as ALWAYS

from ankibox import AnkiBox
from ankibuild import released, releasing, workflow
from ankibuild.notes import guid
from ankibuild.workflow import load
from kit import SVG, Repository

ROOT = Path(__file__).parent.parent
DAY = 86_400
FIRST = 1_768_000_000
NOW = FIRST + 100 * DAY

BANK = """\
  - basic: plain
    q: Why does $\\epsilon$ stand under the root?
    a: {plain}
    at: 10:05
    covers: [one.why]
  - reversed: term
    term: Null space
    definition: All $x$ with $Ax = 0$.
  - cloze: gaps
    text: |
      In training {{{{c1::the batch}}}}, in evaluation {{{{c2::running averages}}}}.
  - typein: typed
    q: How many?
    answer: {typed}
  - code: printed
    q: What does this print?
    program: print(1 + 1)
    output: 2
  - steps: derived
    q: |
      ![the unit square](square.svg) Derive it.
    lines:
      - $a = b$
      - $b = c$
  - exercise: worked
    q: Do it.
    hints: [Think.]
    a: Done.
  - drill: rows
    q: What is $@{{x}} + 1$?
    a: $@{{y}}$
    given:
      - {{x: 1, y: 2}}
      - {{x: 2, y: 3}}
"""
NAMES = ("plain", "term", "gaps", "typed", "printed", "derived", "worked", "rows")


def g(name: str) -> str:
    return guid("test-arc", name)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.write("media/square.svg", SVG)
    made.bank(BANK.format(plain="So that nothing divides by zero.", typed="128"))
    return made


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AnkiBox]:
    opened = AnkiBox(tmp_path / "learner")
    yield opened
    opened.close()


def package(repository: Repository, version: str | None = None, day: int = 0) -> Path:
    """Build everything, after recording a release if a version is given."""
    space = load(repository.root)
    assert space.sound, space.problems
    assert space.subject is not None
    if version:
        releasing.carry_out(releasing.make(space.subject, version, FIRST + day * DAY, NOW))
        space = load(repository.root)
        assert space.subject is not None
    products = workflow.build(space.subject, repository.root / "dist")
    return products[0].path


def test_first_import_then_the_same_again(repository: Repository, box: AnkiBox):
    path = package(repository, "1.0")
    assert box.import_package(path).counts == (8, 0, 0, 0)
    assert box.lint() == []
    assert box.import_package(path).counts == (0, 0, 8, 0)
    assert box.lint() == []


def test_an_update_brings_what_changed_and_takes_nothing(repository: Repository, box: AnkiBox):
    """Release N-1, a learner's months with it, release N: nothing of the learner's is lost."""
    box.import_package(package(repository, "1.0"))
    schema = box.schema_stamp()
    for name in NAMES:
        box.review(g(name))
    box.edit(g("term"), "Extra", "my own remark")
    box.tag(g("term"), "my-tag")
    box.tag(g("gaps"), "marked")
    box.flag(g("plain"), 3)
    box.suspend(g("typed"))
    box.move(g("plain"), "My own deck")
    box.move(g("rows"), "My own deck")
    before = {name: box.schedule(g(name)) for name in NAMES}

    text = BANK.format(plain="So that a zero variance does not divide by zero.", typed="256")
    repository.bank(text + "  - basic: fresh\n    q: What is new?\n    a: This.\n    at: 1:00\n")
    done = box.import_package(package(repository, "1.1", day=30))

    assert done.new == {g("fresh")}
    assert done.updated == {g("plain"), g("typed")}
    assert done.conflicting == frozenset()
    assert "zero variance" in box.note(g("plain"))["Back"]
    assert box.note(g("typed"))["Back"] == "256"
    assert {name: box.schedule(g(name)) for name in NAMES} == before
    assert box.note(g("term"))["Extra"] == "my own remark"
    assert "my-tag" in box.note(g("term")).tags
    assert "marked" in box.note(g("gaps")).tags
    assert box.deck_of(g("plain")) == box.deck_of(g("rows")) == "My own deck"
    assert box.deck_of(g("fresh")) == "Test Arc::01 First::01 One"
    assert not [name for name in box.notetype_names() if name.endswith("+")]
    assert box.schema_stamp() == schema
    assert box.lint() == []


def test_two_releases_in_one_go(repository: Repository, box: AnkiBox):
    """Who skips a release gets all of it with the next."""
    box.import_package(package(repository, "1.0"))
    repository.bank(BANK.format(plain="Second.", typed="128"))
    package(repository, "1.1", day=1)
    repository.bank(BANK.format(plain="Second.", typed="64"))
    done = box.import_package(package(repository, "1.2", day=2))
    assert done.updated == {g("plain"), g("typed")}


def test_a_correction_taken_back_arrives_too(repository: Repository, box: AnkiBox):
    """MUST bump on every change, reverts included."""
    box.import_package(package(repository, "1.0"))
    repository.bank(BANK.format(plain="Wrong.", typed="128"))
    box.import_package(package(repository, "1.1", day=1))
    repository.bank(BANK.format(plain="So that nothing divides by zero.", typed="128"))
    assert box.import_package(package(repository, "1.2", day=2)).updated == {g("plain")}
    assert "nothing divides" in box.note(g("plain"))["Back"]


def test_who_imported_a_preview_gets_the_release(repository: Repository, box: AnkiBox):
    assert box.import_package(package(repository)).counts == (8, 0, 0, 0)
    done = box.import_package(package(repository, "1.0"))
    assert len(done.updated) == 8
    repository.bank(BANK.format(plain="Preview.", typed="128"))
    assert box.import_package(package(repository)).updated == {g("plain")}
    repository.bank(BANK.format(plain="Released.", typed="128"))
    assert box.import_package(package(repository, "1.1", day=1)).updated == {g("plain")}
    assert box.note(g("plain"))["Back"] == "Released."


def test_an_older_release_changes_nothing(repository: Repository, box: AnkiBox, tmp_path: Path):
    old = shutil.copy(package(repository, "1.0"), tmp_path / "old.apkg")
    repository.bank(BANK.format(plain="Better.", typed="128"))
    box.import_package(package(repository, "1.1", day=1))
    done = box.import_package(Path(old))
    assert (len(done.updated), len(done.new)) == (0, 0)
    assert box.note(g("plain"))["Back"] == "Better."


def test_a_changed_figure_arrives(repository: Repository, box: AnkiBox):
    """MUST: a changed picture changes the field, hence the mod, hence is delivered."""
    box.import_package(package(repository, "1.0"))
    repository.write("media/square.svg", SVG.replace("9v9", "8v9"))
    done = box.import_package(package(repository, "1.1", day=1))
    assert done.updated == {g("derived")}
    media = box.folder / "collection.media"
    assert [path.read_text() for path in media.glob("square-*.svg")].count(
        SVG.replace("9v9", "8v9")
    ) == 1


def test_a_gap_added_to_a_cloze_makes_its_card(repository: Repository, box: AnkiBox):
    box.import_package(package(repository, "1.0"))
    box.review(g("gaps"))
    before = box.schedule(g("gaps"))
    text = BANK.format(plain="So that nothing divides by zero.", typed="128")
    repository.bank(text.replace("averages}}.", "averages}}, {{c3::always}}."))
    box.import_package(package(repository, "1.1", day=1))
    assert len(box.cards(g("gaps"))) == 3
    assert box.schedule(g("gaps"))[:2] == before
    assert box.lint() == []


def test_a_retired_question_is_left_with_those_who_have_it(
    repository: Repository, box: AnkiBox, tmp_path: Path
):
    """Leaving a note out changes nothing for existing learners; new ones never see it."""
    box.import_package(package(repository, "1.0"))
    box.review(g("worked"))
    before = box.schedule(g("worked"))
    text = BANK.format(plain="So that nothing divides by zero.", typed="128")
    start, _, rest = text.partition("  - exercise: worked")
    repository.bank(start + "  - drill" + rest.partition("  - drill")[2], retired="[worked]")
    path = package(repository, "1.1", day=1)
    box.import_package(path)
    assert box.schedule(g("worked")) == before
    other = AnkiBox(tmp_path / "newcomer")
    assert other.import_package(path).counts == (7, 0, 0, 0)
    assert other.lint() == []
    other.close()


# ------------------------------------------------------------------ the clean-up package

KEPT = "  - basic: kept\n    q: What is kept?\n    a: This.\n    at: 1:00\n"
CLEANUP = "dist/test-arc-cleanup.apkg"


def empty_cards(box: AnkiBox) -> set[str]:
    """Do what *Tools > Empty Cards* does; give the guids of the notes that are gone."""
    before = box.guids()
    cards = [card for note in box.col.get_empty_cards().notes for card in note.card_ids]
    box.col.remove_cards_and_orphaned_notes(cards)
    return before - box.guids()


@pytest.fixture
def retired(repository: Repository, box: AnkiBox) -> Path:
    """Give the clean-up package of a release that retires a question of every kind but one.

    The learner has studied all of them in the release before.
    """
    repository.bank(BANK.format(plain="So.", typed="128") + KEPT)
    box.import_package(package(repository, "1.0"))
    for name in (*NAMES, "kept"):
        box.review(g(name))
    repository.bank(KEPT, retired=f"[{', '.join(NAMES)}]")
    (repository.root / "media/square.svg").unlink()
    box.import_package(package(repository, "1.1", day=1))
    return repository.root / CLEANUP


def test_after_the_cleanup_empty_cards_removes_the_retired(retired: Path, box: AnkiBox):
    before, schema = box.schedule(g("kept")), box.schema_stamp()
    reviews = box.col.db.scalar("select count() from revlog")
    assert box.import_package(retired).updated == {g(name) for name in NAMES}
    assert box.note(g("plain")).tags == ["retired"]
    assert box.col.find_notes("Id:plain") == [box.note(g("plain")).id]
    assert empty_cards(box) == {g(name) for name in NAMES}
    assert box.guids() == {g("kept")}
    assert box.schedule(g("kept")) == before
    assert box.col.db.scalar("select count() from revlog") == reviews
    assert box.schema_stamp() == schema
    assert [said for said in box.lint() if "unused" not in said] == []


def test_what_a_learner_wrote_on_after_the_retirement_stays(retired: Path, box: AnkiBox):
    box.edit(g("plain"), "Extra", "my own remark")
    box.tag(g("gaps"), "marked")
    box.suspend(g("typed"))
    box.import_package(retired)
    assert empty_cards(box) == {g(name) for name in NAMES if name not in ("plain", "gaps")}
    assert box.note(g("plain"))["Extra"] == "my own remark"
    assert len(box.cards(g("gaps"))) == 2
    box.import_package(retired, update_notes=ALWAYS)
    assert empty_cards(box) == {g("plain"), g("gaps")}


def test_a_newcomer_who_imports_the_cleanup_has_nothing_to_study(retired: Path, tmp_path: Path):
    """Such notes arrive without a card; a database check gives each an empty one."""
    other = AnkiBox(tmp_path / "newcomer")
    assert other.import_package(retired).counts == (8, 0, 0, 0)
    assert other.col.card_count() == 0
    assert [deck.name for deck in other.col.decks.all_names_and_ids()] == ["Default"]
    assert other.col.fix_integrity()[1]
    assert other.col.card_count() == 8
    assert len(empty_cards(other)) == 8
    assert other.guids() == set()
    assert other.import_package(retired.with_name("test-arc.apkg")).counts == (1, 0, 0, 0)
    assert other.lint() == []
    other.close()


def test_there_is_a_cleanup_only_if_something_is_retired(repository: Repository):
    package(repository, "1.0")
    assert not (repository.root / CLEANUP).exists()
    text = BANK.format(plain="So.", typed="128")
    repository.bank(text.partition("  - drill")[0], retired="[rows]")
    package(repository, "1.1", day=1)
    assert (repository.root / CLEANUP).exists()
    (repository.root / released.PATH).unlink()
    repository.bank(text)
    package(repository)
    assert not (repository.root / CLEANUP).exists()


def test_two_repositories_live_side_by_side(repository: Repository, box: AnkiBox, tmp_path: Path):
    """MUST use project-prefixed notetype names; guids hold the namespace."""
    box.import_package(package(repository, "1.0"))
    fork = Repository(tmp_path / "fork", title="Fork", namespace="a-fork")
    fork.write("media/square.svg", SVG)
    fork.bank(BANK.format(plain="The fork's answer.", typed="128"))
    assert box.import_package(package(fork, "1.0")).counts == (8, 0, 0, 0)
    assert "nothing divides" in box.note(g("plain"))["Back"]
    assert box.lint() == []


def test_parts_and_the_whole_are_the_same_notes(repository: Repository, box: AnkiBox):
    other = "  - basic: other\n    q: What?\n    a: That.\n    at: 1:00\n"
    repository.bank(other, "decks/02-second/01-three.yaml")
    package(repository, "1.0")
    parts = sorted((repository.root / "dist/parts").glob("*.apkg"))
    assert [path.name for path in parts] == ["01-first.apkg", "02-second.apkg"]
    assert box.import_package(parts[1]).counts == (1, 0, 0, 0)
    assert box.import_package(parts[0]).counts == (8, 0, 0, 0)
    assert box.import_package(repository.root / "dist/test-arc.apkg").counts == (0, 0, 9, 0)
    assert box.lint() == []


def test_our_own_decks_import_without_a_complaint(box: AnkiBox, tmp_path: Path):
    """Every package that we ship is imported and linted, card by card."""
    space = load(ROOT)
    assert space.sound, space.problems
    assert space.subject is not None
    products = workflow.build(space.subject, tmp_path / "dist")
    count = len(space.subject.collection.notes)
    assert count >= 125
    assert box.import_package(products[0].path).counts == (count, 0, 0, 0)
    assert box.lint() == []
    for product in products[1:]:
        assert box.import_package(product.path).counts == (0, 0, product.notes, 0)


def test_two_builds_give_one_sha256(tmp_path: Path):
    """Same input, same bytes: two processes with different hash seeds."""
    digests = set()
    for seed in ("1", "2"):
        dist = tmp_path / seed
        subprocess.run(
            [sys.executable, "-m", "ankibuild", "-C", str(ROOT), "build", "--dist", str(dist)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )
        digests.add(tuple((p.name, p.read_bytes()) for p in sorted(dist.glob("**/*.apkg"))))
    assert len(digests) == 1
    assert len(digests.pop()) >= 5
