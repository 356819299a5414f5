"""A deck made in Anki, studied, imported here, released, and imported over the original."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from anki.collection import (
    DeckIdLimit,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)
from anki.import_export_pb2 import IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_ALWAYS as ALWAYS
from anki.notes import Note

from ankibox import AnkiBox
from ankibuild import releasing, workflow
from ankibuild.diagnostics import errors
from ankibuild.importer import bring_in
from ankibuild.importer.report import Report

FIRST, NOW = 1_780_000_000, 1_790_000_000
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)

#: Notetype, deck, fields, tags.
NOTES = {
    "verb": (
        "Basic",
        "Spanish::Verbs",
        ("<b>ser</b>&nbsp;o estar?", "<div>ser: essence</div><div>estar: state</div>"),
        ["Grammar::Verbs", "leech"],
    ),
    "picture": (
        "Basic",
        "Spanish::Verbs",
        ('What is <img src="my pic.png"> here?', "A cat."),
        [],
    ),
    "noun": ("Basic (and reversed card)", "Spanish::Nouns", ("el perro", "the dog"), []),
    "half": ("Basic (optional reversed card)", "Spanish::Nouns", ("el gato", "the cat", ""), []),
    "both": ("Basic (optional reversed card)", "Spanish::Nouns", ("la vaca", "the cow", "y"), []),
    "typed": ("Basic (type in the answer)", "Spanish", ("uno + uno", "dos"), []),
    "gaps": (
        "Cloze",
        "Spanish::Verbs",
        ("Yo {{c1::soy}} y {{c3::estoy::state}} \\(x^2\\).", "A remark."),
        [],
    ),
}
KINDS = {
    "verb": "Basic",
    "picture": "Basic",
    "noun": "Reversed",
    "half": "Basic",
    "both": "Reversed",
    "typed": "Type-in",
    "gaps": "Cloze",
}


class Author:
    """Somebody with a deck in Anki; ``guids`` by the names of ``NOTES``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.box = AnkiBox(folder / "author")
        self.box.col.media.write_data("my pic.png", PNG)
        self.guids = {name: self.add(*NOTES[name]).guid for name in NOTES}

    def add(self, notetype: str, deck: str, fields: tuple[str, ...], tags: list[str]) -> Note:
        col = self.box.col
        note = col.new_note(col.models.by_name(notetype))
        note.fields = [*fields]
        note.tags = tags
        col.add_note(note, col.decks.id(deck))
        return note

    def export(self, *, legacy: bool) -> Path:
        path = self.folder / f"spanish-{'old' if legacy else 'new'}.apkg"
        col = self.box.col
        options = ExportAnkiPackageOptions(with_media=True, legacy=legacy)
        col.export_anki_package(
            out_path=str(path), options=options, limit=DeckIdLimit(col.decks.id("Spanish"))
        )
        return path


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    made = Author(tmp_path)
    yield made
    made.box.close()


@pytest.fixture
def learner(tmp_path: Path, author: Author) -> Iterator[AnkiBox]:
    """Give somebody who has the author's deck, and has studied all of it."""
    box = AnkiBox(tmp_path / "learner")
    box.import_package(author.export(legacy=False))
    for guid in author.guids.values():
        box.review(guid)
    yield box
    box.close()


def counts(box: AnkiBox, path: Path, **options: object) -> tuple[int, int, int, int]:
    """Import; say how many notes were new, updated, duplicate and conflicting.

    Those that conflict are not in the collection, so nobody can be asked for their guids.
    """
    request = ImportAnkiPackageRequest(
        package_path=str(path), options=ImportAnkiPackageOptions(**options)
    )
    log = box.col.import_anki_package(request).log
    box.col.models._clear_cache()
    return len(log.new), len(log.updated), len(log.duplicate), len(log.conflicting)


def released(root: Path) -> Path:
    """Release the project in ``root`` for the first time; give its package."""
    space = workflow.load(root)
    assert space.subject is not None
    assert errors(space.problems) == ()
    releasing.carry_out(releasing.make(space.subject, "1.0", FIRST, NOW))
    space = workflow.load(root)
    assert space.subject is not None
    return workflow.build(space.subject, root / "dist")[0].path


def change_notetypes(box: AnkiBox, guids: dict[str, str]) -> None:
    """Do what the report says, with the defaults of Anki's dialog: Notes > Change Note Type."""
    models = box.col.models
    for name, guid in guids.items():
        note = box.note(guid)
        new = models.by_name(f"spanish {KINDS[name]}")
        assert new is not None
        request = models.change_notetype_info(
            old_notetype_id=note.mid, new_notetype_id=new["id"]
        ).input
        request.note_ids.append(note.id)
        models.change_notetype_of_notes(request)


@pytest.mark.parametrize("legacy", [True, False])
def test_a_deck_of_anki_comes_in_without_a_loss(author: Author, legacy: bool, tmp_path: Path):
    report = bring_in(author.export(legacy=legacy), into=tmp_path / "repository")
    assert report.left_out == ()
    assert {one.words: [c.why for c in one.changes] for one in report.changed} == {
        "ser o estar?": ["tags are spelled otherwise"],
        "What is here?": ["something of it is lost"],  # a description, which it never had
    }
    space = workflow.load(tmp_path / "repository")
    assert space.subject is not None
    notes = {note.guid: note for note in space.subject.collection.notes}
    assert set(notes) == set(author.guids.values())
    for name, guid in author.guids.items():
        there = [card.ord for card in author.box.cards(guid)]
        assert list(notes[guid].cards) == there, name
    assert notes[author.guids["verb"]].fields[:2] == (
        "<strong>ser</strong> o estar?",
        "ser: essence<br>\nestar: state",
    )
    assert report.media == ("my-pic.png",)
    assert (tmp_path / "repository/media/my-pic.png").read_bytes() == PNG


def brought(author: Author, tmp_path: Path) -> tuple[Report, Path]:
    report = bring_in(author.export(legacy=False), into=tmp_path / "spanish")
    return report, released(tmp_path / "spanish")


def test_a_learner_keeps_all_progress(author: Author, learner: AnkiBox, tmp_path: Path):
    """The three steps that the report tells: import, change the note types, import again."""
    report, package = brought(author, tmp_path)
    assert {(old, new) for old, new in report.moves} == {
        (NOTES[name][0], f"spanish {kind}") for name, kind in KINDS.items()
    }
    before = {name: learner.schedule(guid) for name, guid in author.guids.items()}
    reviews = learner.col.db.scalar("select count() from revlog")
    fields = {name: learner.note(guid).fields for name, guid in author.guids.items()}

    assert counts(learner, package) == (0, 0, 0, len(NOTES))
    assert {name: learner.schedule(guid) for name, guid in author.guids.items()} == before
    assert {name: learner.note(guid).fields for name, guid in author.guids.items()} == fields

    change_notetypes(learner, author.guids)
    assert counts(learner, package, update_notes=ALWAYS) == (0, len(NOTES), 0, 0)
    assert {name: learner.schedule(guid) for name, guid in author.guids.items()} == before
    assert learner.col.db.scalar("select count() from revlog") == reviews
    assert learner.notetype_names() == {f"spanish {kind}" for kind in KINDS.values()}
    assert learner.note(author.guids["verb"])["Front"] == "<strong>ser</strong> o estar?"
    assert learner.note(author.guids["gaps"])["Extra"] == "A remark."
    assert [problem for problem in learner.lint() if "my pic.png is unused" not in problem] == []

    assert counts(learner, package) == (0, 0, len(NOTES), 0)  # from now on, as any package of ours


def test_an_update_then_needs_nothing_special(author: Author, learner: AnkiBox, tmp_path: Path):
    _, package = brought(author, tmp_path)
    counts(learner, package)
    change_notetypes(learner, author.guids)
    counts(learner, package, update_notes=ALWAYS)
    before = learner.schedule(author.guids["typed"])
    bank = tmp_path / "spanish/decks/01-spanish/01-spanish.yaml"
    bank.write_text(bank.read_text("utf-8").replace("uno + uno", "uno más uno"), "utf-8")
    space = workflow.load(tmp_path / "spanish")
    assert space.subject is not None
    later = 1_900_000_000  # after whatever the learner has done
    releasing.carry_out(releasing.make(space.subject, "1.1", later, later + 1))
    space = workflow.load(tmp_path / "spanish")
    assert space.subject is not None
    again = workflow.build(space.subject, tmp_path / "dist")[0].path
    assert learner.import_package(again).updated == {author.guids["typed"]}
    assert learner.note(author.guids["typed"])["Front"] == "uno más uno"
    assert learner.schedule(author.guids["typed"]) == before


def test_merging_note_types_is_no_shortcut(author: Author, learner: AnkiBox, tmp_path: Path):
    """Why the report warns of it: cards of both notetypes, and fields that are empty."""
    _, package = brought(author, tmp_path)
    assert counts(learner, package, merge_notetypes=True)[3] == 0
    assert len(learner.cards(author.guids["verb"])) > 1
    assert any("front of this card is blank" in problem for problem in learner.lint())


def test_somebody_new_gets_the_whole_deck(author: Author, tmp_path: Path):
    _, package = brought(author, tmp_path)
    box = AnkiBox(tmp_path / "newcomer")
    assert counts(box, package) == (len(NOTES), 0, 0, 0)
    assert box.deck_of(author.guids["verb"]) == "Spanish::01 Spanish::03 Verbs"
    assert box.lint() == []
    box.close()
