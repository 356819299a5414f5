"""CrowdAnki, out and in: what we write the add-on takes, and what it writes we read."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ankibox import AnkiBox
from ankibuild import workflow
from ankibuild.collection import Collection
from ankibuild.decks import Deck
from ankibuild.importer import crowdanki, limits
from ankibuild.importer.crowdanki import read_crowdanki
from ankibuild.importer.foreign import Foreign, ForeignTemplate, ImportRefusedError
from ankibuild.outputs import EXPORTS
from ankibuild.outputs.crowdanki import LIST, record, write
from ankibuild.rules import Subject
from handmade import collection, every_kind, note
from kit import SVG, Repository

Json = dict[str, Any]

ROOT: Json = {
    "__type__": "Deck",
    "name": "Root",
    "desc": "About it.",
    "crowdanki_uuid": "d-0",
    "deck_config_uuid": "p-0",
    "deck_configurations": [{"crowdanki_uuid": "p-0", "name": "Default"}],
    "media_files": ["a.png"],
    "note_models": [
        {
            "crowdanki_uuid": "m-0",
            "name": "Word",
            "type": 0,
            "css": ".card {}",
            "flds": [{"name": "Meaning", "ord": 1}, {"name": "Word", "ord": 0}],
            "tmpls": [{"name": "Card 1", "ord": 0, "qfmt": "{{Word}}", "afmt": "{{Meaning}}"}],
        },
        {"crowdanki_uuid": "m-1", "name": "Gap", "type": 1, "flds": [{"name": "Text"}]},
    ],
    "notes": [],
    "children": [
        {
            "name": "Child",
            "notes": [
                {
                    "guid": "g-1",
                    "note_model_uuid": "m-0",
                    "fields": ["Haus", "house"],
                    "tags": ["a", "b::c"],
                }
            ],
            "children": [{"name": "Grandchild", "notes": [], "children": []}],
        },
        {"name": "Root::Second", "notes": [], "children": []},
    ],
}
"""What the add-on writes, as far as anybody needs it."""


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    repository = Repository(tmp_path / "decks")
    repository.write("media/square.svg", SVG)
    repository.bank("  - basic: one\n    q: One?\n    a: |\n      ![a square](square.svg)\n")
    repository.bank(
        "  - reversed: two\n    term: Two\n    definition: One and one.\n"
        "  - cloze: three\n    text: A {{c1::gap}} and {{c2::another::hint}}.\n",
        "decks/02-second/01-three.yaml",
    )
    found = workflow.load(repository.root)
    assert found.subject, found.problems
    return found.subject


def lay(folder: Path, root: object = ROOT, **media: bytes) -> Path:
    """Lay down a folder as the add-on does; a text is written as it stands."""
    place = folder / "shared"
    (place / "media").mkdir(parents=True, exist_ok=True)
    text = root if isinstance(root, str) else json.dumps(root)
    (place / "deck.json").write_text(text, "utf-8")
    for name, content in media.items():
        (place / "media" / name.replace("_", ".")).write_bytes(content)
    return place


def changed(**changes: object) -> Json:
    return {**deepcopy(ROOT), **changes}


def with_note(**changes: object) -> Json:
    one = {"guid": "g", "note_model_uuid": "m-0", "fields": ["a", "b"], "tags": [], **changes}
    return changed(notes=[one], children=[], media_files=[])


# ------------------------------------------------------------------ the add-on


class AddOn:
    """What CrowdAnki does to a collection when it imports a folder, step by step.

    After its source (`representation/deck.py`, `note.py`, `note_model.py`), without its windows:
    where it would open one, a test fails.
    """

    def __init__(self, box: AnkiBox) -> None:
        self.box, self.col = box, box.col

    def take(self, folder: Path) -> None:
        root = json.loads((folder / "deck.json").read_text("utf-8"))
        self.presets = {one["crowdanki_uuid"]: one for one in root["deck_configurations"]}
        self.models = {one["crowdanki_uuid"]: one for one in root["note_models"]}
        for preset in self.presets.values():
            self._preset(preset)
        for model in self.models.values():
            self._model(model)
        self._deck(root, "")
        for file in (folder / "media").iterdir():
            shutil.copy(file, self.col.media.dir())

    def _preset(self, preset: Json) -> None:
        known = self._known(self.col.decks.all_config(), preset)
        found = known or self.col.decks.add_config(preset["name"])
        found.update(preset)
        self.col.decks.update_config(found)
        preset["id"] = found["id"]

    def _model(self, model: Json) -> None:
        known = self._known(self.col.models.all(), model)
        wanted = {key: model[key] for key in ("flds", "tmpls")}
        model.update({**(known or self.col.models.new(model["name"])), **model})
        if not known:
            self.col.models.add(model)
            return
        before = json.dumps({key: known[key] for key in wanted}, sort_keys=True)
        self.col.models.update(model)
        after = json.dumps({key: model[key] for key in wanted}, sort_keys=True)
        assert before == after, "the add-on would ask how to change the notetype"

    def _deck(self, deck: Json, above: str) -> None:
        name = f"{above}::{deck['name']}" if above else deck["name"]
        known = self._known(self.col.decks.all(), deck)
        there = self.col.decks.id_for_name(name)
        assert not there or (known and known["id"] == there), "the add-on would call it `…_2`"
        found = known or self.col.decks.get(self.col.decks.id(name))
        own = ("note_models", "deck_configurations", "children", "media_files", "notes")
        found.update({key: value for key, value in deck.items() if key not in own})
        found |= {"name": name, "conf": self.presets[deck["deck_config_uuid"]]["id"]}
        self.col.decks.save({k: v for k, v in found.items() if k != "deck_config_uuid"})
        for child in deck["children"]:
            self._deck(child, name)
        for one in deck["notes"]:
            self._note(one, found["id"])

    def _note(self, one: Json, deck: int) -> None:
        model = self.models[one["note_model_uuid"]]
        number = self.col.db.scalar("select id from notes where guid = ?", one["guid"])
        made = self.col.get_note(number) if number else self.col.new_note(model)
        made.__dict__.update({**one, "mid": model["id"]})
        if number:
            self.col.update_note(made)
        else:
            self.col.add_note(made, deck)

    @staticmethod
    def _known(values: list[Json], wanted: Json) -> Json | None:
        uuid = wanted["crowdanki_uuid"]
        return next((one for one in values if one.get("crowdanki_uuid") == uuid), None)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AnkiBox]:
    box = AnkiBox(tmp_path / "box")
    yield box
    box.close()


class TestTheAddOn:
    """Our folder is one that the add-on could have written."""

    def test_takes_all_of_it(self, subject: Subject, box: AnkiBox, tmp_path: Path):
        write(subject, tmp_path / "out")
        for _ in range(2):  # the second time nothing is new, and nobody is asked anything
            AddOn(box).take(tmp_path / "out")
            box.col.models._clear_cache()
        assert box.guids() == {one.guid for one in subject.collection.notes}
        for one in subject.collection.notes:
            assert tuple(box.note(one.guid).fields) == one.fields
            assert box.note(one.guid).tags == sorted(one.tags)
            assert box.deck_of(one.guid) == one.deck
            assert [card.ord for card in box.cards(one.guid)] == list(one.cards)
        assert box.notetype_names() == {one.name for one in subject.collection.notetypes}
        assert box.lint() == []

    def test_decks_and_notetypes_are_as_in_a_package(
        self, subject: Subject, box: AnkiBox, tmp_path: Path
    ):
        write(subject, tmp_path / "out")
        AddOn(box).take(tmp_path / "out")
        other = AnkiBox(tmp_path / "other")
        other.import_package(workflow.build(subject, tmp_path / "dist")[0].path)
        for one in subject.collection.notetypes:
            taken, packed = (b.col.models.by_name(one.name) for b in (box, other))
            assert taken
            assert packed
            for key in ("flds", "tmpls", "css", "type", "latexPre", "latexPost"):
                assert taken[key] == packed[key]
        for deck in subject.collection.decks:
            taken, packed = (b.col.decks.by_name(deck.name) for b in (box, other))
            assert taken
            assert packed
            assert (taken["desc"], taken["md"]) == (packed["desc"], packed["md"])
        other.close()


# ------------------------------------------------------------------ out and in again


def wanted(what: Collection) -> list[tuple[object, ...]]:
    return [(n.guid, n.deck, n.fields, n.tags) for n in what.notes]


def seen(foreign: Foreign) -> list[tuple[object, ...]]:
    return [(n.guid, n.deck, n.fields, n.tags) for n in foreign.notes]


class TestRoundTrip:
    """What we write, we read."""

    def test_a_project(self, subject: Subject, tmp_path: Path):
        paths = EXPORTS["crowdanki"](subject, tmp_path / "out")
        found = read_crowdanki(tmp_path / "out")
        assert seen(found) == wanted(subject.collection)
        assert [one.name for one in found.decks] == [one.name for one in subject.collection.decks]
        assert all("A preview: not released yet." in one.description for one in found.decks)
        assert not found.remarks
        assert {path.name for path in paths} == {"deck.json", *(one.name for one in found.media)}
        found.media[0].copy(tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == subject.collection.media[0].content

    def test_notetypes(self, tmp_path: Path):
        what = every_kind()
        found = read_crowdanki(lay(tmp_path, record(what, "Arc", "arc")))
        names = {one.key: one.name for one in found.notetypes}
        given_ = {one.key: one.name for one in what.notetypes}
        assert [names[n.notetype] for n in found.notes] == [given_[n.notetype] for n in what.notes]
        for ours, theirs in zip(what.notetypes, found.notetypes, strict=True):
            assert theirs.fields == tuple(field.name for field in ours.fields)
            assert (theirs.css, theirs.is_cloze) == (ours.css, ours.is_cloze)
            for mine, one in zip(ours.templates, theirs.templates, strict=True):
                assert one == ForeignTemplate(mine.name, mine.question, mine.answer)

    @given(
        fields=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=9, max_size=9)
    )
    def test_any_text(self, tmp_path_factory: pytest.TempPathFactory, fields: list[str]):
        made = collection(note("any", fields=tuple(fields)))
        folder = lay(tmp_path_factory.mktemp("any"), record(made, "Arc", "arc"))
        (one,) = read_crowdanki(folder).notes
        assert one.fields == tuple(field.replace("\0", "") for field in fields)

    def test_uuids_stay(self, subject: Subject, tmp_path: Path):
        """They are what the add-on finds decks and notetypes by."""
        write(subject, tmp_path / "out")
        root = json.loads((tmp_path / "out/deck.json").read_text("utf-8"))
        assert root["crowdanki_uuid"] == "efc10574-b1c5-5877-9a6c-0727910709bd"
        assert root["deck_config_uuid"] == "6260e661-3155-5942-ab95-692a45863e1a"
        uuids = {one["name"]: one["crowdanki_uuid"] for one in root["note_models"]}
        assert uuids["test-arc Reversed"] == "895ef2ac-31e0-5201-bcbe-c25e28bec71a"

    def test_media_stand_with_the_deck_that_shows_them(self):
        what = every_kind()
        other = (note("other", deck="Arc::02 Training"),)
        decks = (*what.decks, Deck("Arc::01 Math::01 More", 14))
        made = record(collection(*what.notes, *other, media=what.media, decks=decks), "Arc", "arc")
        first, second = made["children"]
        assert first["media_files"] == [what.media[0].name]
        assert made["media_files"] == second["media_files"] == []
        assert [one["name"] for one in first["children"]] == ["01 More"]

    def test_only_an_earlier_export_is_replaced(self, subject: Subject, tmp_path: Path):
        dest = tmp_path / "out"
        write(subject, dest)
        before = (dest / "deck.json").read_bytes()
        (dest / "README.md").write_text("Mine.")
        write(subject, dest)
        assert (dest / "deck.json").read_bytes() == before
        assert (dest / "README.md").read_text() == "Mine."
        (dest / LIST).unlink()
        with pytest.raises(ValueError, match="no export has written"):
            write(subject, dest)


# ------------------------------------------------------------------ what others write


class TestRead:
    """What the add-on writes, and what else is found under that name."""

    def test_all_of_it(self, tmp_path: Path):
        found = read_crowdanki(lay(tmp_path, a_png=b"png", unlisted_png=b"png too"))
        assert found.source == "shared"
        assert [one.name for one in found.decks] == [
            *("Root", "Root::Child", "Root::Child::Grandchild", "Root::Second")
        ]
        assert found.decks[0].description == "About it."
        word, gap = found.notetypes
        assert word.fields == ("Word", "Meaning")
        assert word.templates == (ForeignTemplate("Card 1", "{{Word}}", "{{Meaning}}"),)
        assert (word.key, word.css, word.is_cloze, gap.is_cloze) == ("m-0", ".card {}", False, True)
        (one,) = found.notes
        assert (one.guid, one.notetype, one.deck) == ("g-1", "m-0", "Root::Child")
        assert (one.fields, one.tags) == (("Haus", "house"), ("a", "b::c"))
        assert one.place == "note 1 of its deck"
        assert [(file.name, file.size) for file in found.media] == [
            *(("a.png", 3), ("unlisted.png", 7))
        ]
        assert not found.remarks

    def test_the_file_may_be_named_or_have_the_name_of_its_folder(self, tmp_path: Path):
        place = lay(tmp_path)
        assert len(read_crowdanki(place / "deck.json").notes) == 1
        (place / "deck.json").rename(place / "shared.json")
        assert len(read_crowdanki(place).notes) == 1

    @pytest.mark.parametrize(
        ("root", "remark"),
        [
            (with_note(fields="ab"), "note 1 of `Root`: left out, because its fields are no texts"),
            (with_note(fields=["a", 1]), "note 1 of `Root`: left out"),
            (changed(notes=[7]), "note 1 of `Root`: left out"),
            (changed(media_files=["../x"]), "`../x`: left out, because it is not the name"),
            (changed(media_files=["/etc/passwd", ".."]), "`/etc/passwd` and `..`: left out"),
            (changed(media_files=["b.png"]), "`b.png`: listed in `media_files`, but not in the"),
        ],
    )
    def test_what_is_damaged_is_left_out_and_said(self, tmp_path: Path, root: Json, remark: str):
        found = read_crowdanki(lay(tmp_path, root))
        assert any(said.startswith(remark) for said in found.remarks), found.remarks

    @pytest.mark.parametrize(
        "root",
        [
            with_note(guid=7, tags="a b"),
            with_note(note_model_uuid=None, tags=[1, "x"]),
            changed(children={"a": 1}, notes=None, media_files=7, desc=[], name=3),
            changed(note_models=[{}, 3, {"flds": 3, "tmpls": [None, {"ord": "x"}]}]),
            changed(children=[None, [], "x"]),
        ],
    )
    def test_wrong_types_are_as_if_empty(self, tmp_path: Path, root: Json):
        found = read_crowdanki(lay(tmp_path, root))
        assert all(isinstance(value, str) for one in found.notes for value in (one.guid, *one.tags))

    def test_halves_of_characters_and_nul(self, tmp_path: Path):
        fields = [r"\ud83d\ude00 \ud83d \ude00\u0000", r"\\ud83d \\\ude00"]
        root = json.dumps(with_note(fields=["FIRST", "SECOND"]))
        for name, field in zip(("FIRST", "SECOND"), fields, strict=True):
            root = root.replace(name, field)
        found = read_crowdanki(lay(tmp_path, root))
        assert found.notes[0].fields == ("😀 \ufffd \ufffd", "\\ud83d \\\ufffd")
        assert found.remarks == ("NUL and halves of characters are left out",)

    def test_links_are_not_followed(self, tmp_path: Path):
        place = lay(tmp_path, a_png=b"png")
        (tmp_path / "secret").write_text("secret")
        (place / "media/link.png").symlink_to(tmp_path / "secret")
        found = read_crowdanki(place)
        assert [file.name for file in found.media] == ["a.png"]
        assert found.remarks == ("`link.png` is a link; left out",)
        (place / "media").rename(tmp_path / "elsewhere")
        (place / "media").symlink_to(tmp_path / "elsewhere")
        found = read_crowdanki(place)
        assert not found.media
        assert found.remarks[0] == "`media` is a link; what it leads to is left out"

    @pytest.mark.skipif(os.name == "nt", reason="file names are text there")
    def test_names_that_are_no_text(self, tmp_path: Path):
        place = lay(tmp_path, a_png=b"png")
        Path(os.fsdecode(bytes(place / "media") + b"/\xff.png")).write_bytes(b"png")
        found = read_crowdanki(place)
        assert [file.name for file in found.media] == ["a.png"]
        assert found.remarks == (r"`\udcff.png` has no sound name; left out",)

    def test_a_file_that_changes_meanwhile(self, tmp_path: Path):
        place = lay(tmp_path, a_png=b"png")
        (file,) = read_crowdanki(place).media
        (place / "media/a.png").write_bytes(b"longer")
        with pytest.raises(ImportRefusedError, match=r"`a.png` changed while it was read"):
            file.copy(tmp_path / "copy")
        assert not (tmp_path / "copy").exists()

    def test_a_file_that_is_too_large(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(limits, "MEDIA_FILE", 10**6)
        found = read_crowdanki(lay(tmp_path, a_png=b" " * (10**6 + 1)))
        assert not found.media
        assert found.remarks[0] == "`a.png` has more than 1 MB; left out"


class TestRefused:
    """A folder that cannot be brought in says why, and what to do."""

    @pytest.mark.parametrize(
        ("root", "reason"),
        [
            ('{"name":\n "x"', "`deck.json` is not JSON from line 2 on; export it again"),
            # A pattern that tries again would never end here.
            ('{"name": "' + r"\"" * 300_000, "`deck.json` is not JSON from line 1 on"),
            ("[" * 100_000, "`deck.json` is no JSON of CrowdAnki"),
            ("9" * 10_000, "`deck.json` is no JSON of CrowdAnki"),
            ("[]", "`deck.json` is no deck that CrowdAnki has exported"),
            ({"name": "x", "cards": []}, "`deck.json` is no deck that CrowdAnki has exported"),
            (changed(name="x" * 1001), "`deck.json` has a deck whose name is longer than 1,000"),
        ],
    )
    def test_content(self, tmp_path: Path, root: object, reason: str):
        with pytest.raises(ImportRefusedError) as refused:
            read_crowdanki(lay(tmp_path, root))
        assert reason in str(refused.value)

    def test_decks_as_deep_as_json_goes(self, tmp_path: Path):
        """Full names would take the square of it."""
        root: Json = changed(children=[])
        for _ in range(300):
            root = changed(children=[root])
        with pytest.raises(ImportRefusedError, match="longer than 1,000 characters; rename it"):
            read_crowdanki(lay(tmp_path, root))

    def test_too_many_notes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(limits, "NOTES", 1)
        place = lay(tmp_path)
        assert len(read_crowdanki(place).notes) == 1
        lay(tmp_path, changed(notes=ROOT["children"][0]["notes"]))
        with pytest.raises(ImportRefusedError, match="more than 1 notes; export deck by deck"):
            read_crowdanki(place)

    @pytest.mark.parametrize(
        ("limit", "reason"),
        [
            ("NOTETYPES", "more than 1 notetypes; export deck by deck"),
            ("DECKS", "more than 1 decks; export deck by deck"),
            ("MEDIA_FILES", "`media` has more than 1 files"),
            ("MEDIA", "`media` has more than 1 files or 0 GB; leave in it only"),
        ],
    )
    def test_too_much(
        self, tmp_path: Path, limit: str, reason: str, monkeypatch: pytest.MonkeyPatch
    ):
        place = lay(tmp_path, a_png=b"png", b_png=b"png")
        monkeypatch.setattr(limits, "MEDIA_FILES", 1 if limit == "MEDIA" else 100_000)
        if limit == "MEDIA":
            (place / "media/b.png").unlink()
        monkeypatch.setattr(limits, limit, 1)
        with pytest.raises(ImportRefusedError, match=reason):
            read_crowdanki(place)

    @pytest.mark.parametrize("values", ["[],", "{},", "0,", '"a",'])
    def test_many_small_values(self, tmp_path: Path, values: str, monkeypatch: pytest.MonkeyPatch):
        """They are a few characters in a file, and ten times that in memory."""
        monkeypatch.setattr(crowdanki, "_VALUES", 500)
        text = json.dumps(ROOT)[:-1] + f', "more": [{values * 500}0]}}'
        with pytest.raises(ImportRefusedError, match="more than 500 values; export deck by deck"):
            read_crowdanki(lay(tmp_path, text))
        assert read_crowdanki(lay(tmp_path, with_note(fields=["[" * 500, "{," * 500]))).notes

    def test_no_folder_of_the_add_on(self, tmp_path: Path):
        with pytest.raises(ImportRefusedError, match=r"there is no `deck.json` in"):
            read_crowdanki(tmp_path)
        with pytest.raises(ImportRefusedError, match="is not a file"):
            read_crowdanki(tmp_path / "none.json")
