"""Packages from elsewhere: the three formats say the same, and none of them does harm."""

from __future__ import annotations

import io
import json
import random
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from anki.import_export_pb2 import PackageMetadata
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

import foreign
import handmade
from ankibox import AnkiBox
from ankibuild.importer import database, limits, protobuf
from ankibuild.importer.foreign import Foreign, ForeignNote, ImportRefusedError
from ankibuild.importer.packages import open_package
from ankibuild.outputs import apkg
from foreign import listed, message, packed, packed_newly, zipped

ONE_CARD = json.dumps({"9": foreign.DECK})


def read(path: Path) -> Foreign:
    with open_package(path) as found:
        return found


def facts(found: Foreign) -> tuple[object, ...]:
    """Give all that a package says, without its name and without how its media are read."""
    media = tuple((item.name, item.size) for item in found.media)
    return astuple(replace(found, source="", media=()))[1:] + media


def contents(path: Path, folder: Path) -> dict[str, bytes]:
    folder.mkdir(exist_ok=True)
    with open_package(path) as found:
        for number, item in enumerate(found.media):
            item.copy(folder / str(number))
        return {one.name: (folder / str(n)).read_bytes() for n, one in enumerate(found.media)}


def refusal(path: Path) -> str:
    with pytest.raises(ImportRefusedError) as caught:
        read(path)
    message_ = str(caught.value)
    assert message_.startswith(f"`{path.name}`: ")
    return message_.partition(": ")[2]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnkiBox]:
    made = foreign.learner(tmp_path_factory.mktemp("learner"))
    yield made
    made.close()


class TestFormats:
    """What Anki exports, of any age, comes in whole."""

    @pytest.mark.parametrize("suffix", [".apkg", ".colpkg"])
    def test_all_formats_say_the_same(self, box: AnkiBox, tmp_path: Path, suffix: str):
        paths = [make(box, tmp_path / f"{make.__name__}{suffix}") for make in foreign.FORMATS]
        first, *others = [facts(read(path)) for path in paths]
        assert others == [first, first]
        media = [contents(path, tmp_path / "media") for path in paths]
        assert media == [foreign.MEDIA] * 3

    def test_a_format_is_what_its_name_says(self, box: AnkiBox, tmp_path: Path):
        databases = []
        for make in foreign.FORMATS:
            with zipfile.ZipFile(make(box, tmp_path / "deck.apkg")) as package:
                databases.append(sorted(n for n in package.namelist() if "." in n))
        new, old, oldest = "collection.anki21b", "collection.anki21", "collection.anki2"
        assert databases == [[oldest, new], [oldest, old], [oldest]]

    def test_notes_are_as_in_anki(self, box: AnkiBox, tmp_path: Path):
        found = read(foreign.newest(box, tmp_path / "deck.apkg"))
        names = {notetype.key: notetype.name for notetype in found.notetypes}
        assert {note.guid for note in found.notes} == box.guids()
        for note in found.notes:
            theirs = box.note(note.guid)
            assert list(note.fields) == theirs.fields
            assert list(note.tags) == theirs.tags
            assert list(note.cards) == [card.ord for card in theirs.cards()]
            assert names[note.notetype] == theirs.note_type()["name"]
            assert note.place == f"note {theirs.id}"
        assert [note.fields[0] for note in found.notes] == [
            *("hablar 🦜", "comer", "ser", "{{c2::Dos}} más {{c1::uno::number}}", "l'été é")
        ]

    def test_a_card_in_a_filtered_deck_is_at_home_elsewhere(self, box: AnkiBox, tmp_path: Path):
        found = read(foreign.newest(box, tmp_path / "all.colpkg"))
        (cloze,) = (note for note in found.notes if "text" in note.tags)
        assert box.deck_of(cloze.guid) == "Lent"
        assert cloze.deck == "Español::Texts"

    def test_a_new_card_has_a_position_and_an_answered_one_has_none(self, tmp_path: Path):
        box = foreign.learner(tmp_path / "box")
        cards = [box.note(guid).cards()[0].id for guid in sorted(box.guids())]
        box.col.sched.reposition_new_cards(cards, 70, 5, randomize=False, shift_existing=False)
        box.review(min(box.guids()))
        found = read(foreign.newest(box, tmp_path / "deck.apkg"))
        box.close()
        positions = {note.guid: note.position for note in found.notes}
        assert sorted(positions.values()) == [0, 75, 80, 85, 90]
        assert [positions[guid] for guid in sorted(positions)] == [0, 75, 80, 85, 90]

    def test_notetypes_are_as_in_anki(self, box: AnkiBox, tmp_path: Path):
        found = read(foreign.newest(box, tmp_path / "all.colpkg"))
        for notetype in found.notetypes:
            theirs = box.col.models.by_name(notetype.name)
            assert notetype.key == str(theirs["id"])
            assert list(notetype.fields) == [field["name"] for field in theirs["flds"]]
            assert [astuple(template) for template in notetype.templates] == [
                (template["name"], template["qfmt"], template["afmt"])
                for template in theirs["tmpls"]
            ]
            assert notetype.css == theirs["css"]
            assert notetype.is_cloze == (theirs["type"] == 1)
        assert [n.name for n in found.notetypes if n.is_cloze] == ["Cloze", "Image Occlusion"]

    def test_decks_have_their_names_and_descriptions(self, box: AnkiBox, tmp_path: Path):
        found = read(foreign.newest(box, tmp_path / "all.colpkg"))
        decks = {deck.name: deck.description for deck in found.decks}
        assert decks["Español"] == foreign.DESCRIPTION
        assert {"Default", "Español::Verbs::Irregular", "Lent"} <= set(decks)

    def test_our_own_packages_come_back(self, tmp_path: Path):
        made = handmade.every_kind()
        path = apkg.write(made, tmp_path / "arc.apkg", handmade.RELEASED)
        found = {note.guid: note for note in read(path).notes}
        for note in made.notes:
            back = found.pop(note.guid)
            assert (back.fields, back.deck, back.cards) == (note.fields, note.deck, note.cards)
            assert back.position == note.due
            assert sorted(back.tags) == sorted(note.tags)
        assert not found
        assert contents(path, tmp_path / "media") == {m.name: m.content for m in made.media}

    def test_the_newest_database_is_read_where_nothing_says_which(self, tmp_path: Path):
        stub = foreign.database(notes=[(1, "stub", 7, "", "please update\x1f")])
        path = packed(tmp_path / "x.apkg", foreign.database(), **{"collection.anki2": stub})
        assert [note.guid for note in read(path).notes] == ["guid"]

    def test_nothing_is_left_behind(
        self, box: AnkiBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        path = foreign.newest(box, tmp_path / "deck.apkg")
        temporary = tmp_path / "tmp"
        temporary.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        with open_package(path):
            assert not list(temporary.iterdir())
        for bad in (b"no database", foreign.database("drop table cards")):
            refusal(packed(tmp_path / "bad.apkg", bad))
        assert not list(temporary.iterdir())


class TestWhatIsOddButReadable:
    """A package that Anki would not make, but from which all or most can be had."""

    def only(self, tmp_path: Path, **made: Any) -> Foreign:
        return read(packed(tmp_path / "odd.apkg", foreign.database(**made)))

    def notes(self, *texts: str) -> list[tuple[Any, ...]]:
        return [(n, f"g{n}", 7, "", text) for n, text in enumerate(texts, start=1)]

    def test_notes_without_cards_have_no_deck(self, tmp_path: Path):
        notes = self.notes(*["a\x1fb"] * 5)
        content = foreign.database("delete from cards where nid > 1", notes=notes)
        found = read(packed(tmp_path / "odd.apkg", content))
        assert [note.deck for note in found.notes] == ["Deck", "", "", "", ""]
        assert found.notes[1].cards == ()
        assert found.remarks == (
            "notes without cards, which are in no deck (4): note 2, note 3, note 4, …",
        )

    def test_fields_that_are_too_many_or_too_few(self, tmp_path: Path):
        found = self.only(tmp_path, notes=self.notes("a", "a\x1fb\x1fc\x1fd", "a\x1fb", ""))
        assert [note.fields for note in found.notes] == [
            *(("a", ""), ("a", "b; c; d"), ("a", "b"), ("", ""))
        ]
        assert found.remarks == (
            "notes with more or fewer fields than their notetype (3): note 1, note 2, note 4",
        )

    def test_a_notetype_or_a_deck_that_is_not_there(self, tmp_path: Path):
        notes = [(1, "g1", 8, "", "a\x1fb"), (2, "g2", 7, "", "a\x1fb")]
        found = self.only(tmp_path, notes=notes, decks="{}")
        assert [(note.guid, note.deck) for note in found.notes] == [("g2", "")]
        assert found.remarks == (
            "notes left out, whose notetype is not in the package (1): note 1",
            "notes whose deck is not in the package (1): note 2",
        )

    def test_guids_are_as_they_are(self, tmp_path: Path):
        notes = [(n, guid, 7, "", "a\x1fb") for n, guid in enumerate(["x", "x", "", "'\n "])]
        assert [note.guid for note in self.only(tmp_path, notes=notes).notes] == [
            *("x", "x", "", "'\n ")
        ]

    def test_a_field_that_is_too_long(self, tmp_path: Path):
        texts = ["x" * 10_000_000 + "\x1f", "x" * limits.FIELD + "\x1f"]
        found = self.only(tmp_path, notes=self.notes(*texts))
        assert [note.place for note in found.notes] == ["note 2"]
        assert found.remarks == (
            "notes left out, with a field of more than 1,000,000 characters (1): note 1",
        )

    def test_texts_that_are_no_texts(self, tmp_path: Path):
        notes = [
            (1, None, 7, None, 12),
            (2, 4.5, 7, b"t\0ag", b"lone \xed\xa0\x80\x1fa\0b"),
            (3, b"\xff", "7", "\u3000a\u3000 b ", "e\u0301\x1f\u200b"),
        ]
        found = self.only(tmp_path, notes=notes)
        assert [astuple(note)[0:1] + note.fields + note.tags for note in found.notes] == [
            ("", "12", ""),
            ("4.5", "lone \ufffd\ufffd\ufffd", "ab", "tag"),
            ("\ufffd", "e\u0301", "\u200b", "a", "b"),
        ]
        assert found.remarks == (
            "notes with more or fewer fields than their notetype (1): note 1",
            "characters that are no Unicode were replaced by `\ufffd` (2): note 2, note 3",
        )

    def test_json_that_is_odd(self, tmp_path: Path):
        models = (
            '{"7": {"name": "\\ud800Basic", "type": NaN, "css": [1], "extra": {"deep": [[]]},'
            ' "flds": [{"name": "B", "ord": 1}, 5, {"name": "A", "ord": null}],'
            ' "tmpls": [{"name": null}]},'
            ' "8": [], "x": {"name": "n", "flds": [], "tmpls": []}, "9": {"name": "no lists"},'
            ' "10": {"name": "Empty", "flds": [], "tmpls": []}}'
        )
        decks = '{"9": {"name": "First"}, "9": {"name": "Last", "desc": 5}, "٣": {}, "1": 1}'
        found = self.only(tmp_path, models=models, decks=decks)
        (notetype,) = found.notetypes
        assert (notetype.fields, notetype.css) == (("A", "B"), "")
        assert notetype.name == "\ufffd\ufffd\ufffdBasic"
        assert [astuple(deck) for deck in found.decks] == [("Last", "5")]
        assert found.remarks == (
            "characters that are no Unicode were replaced by `\ufffd` (1): notetype 7",
            "notetypes that cannot be read (3): notetype 8, notetype x, notetype 9",
            "decks that cannot be read (2): deck ٣, deck 1",
            "notetypes without fields (1): `Empty`",
        )

    def test_cards_with_odd_numbers(self, tmp_path: Path):
        cards = (
            "insert into cards values (50, 1, 'x', ?, 9, 0, 0, 'z'), (51, 1, 9, 3, 0, 0, null, 0),"
            " (52, 1, 9, 3, 0, 2, 99, 0)"
        )
        for odd in ("'z'", "-5", "null", str(2**62), "1.5"):
            content = foreign.database("delete from cards", cards.replace("?", odd))
            (note,) = read(packed(tmp_path / "odd.apkg", content)).notes
            assert set(note.cards) - {0, 1} == {3}
            assert note.deck == "Deck"

    def test_notes_come_in_the_order_of_their_making(self, tmp_path: Path):
        content = foreign.database(
            "alter table notes rename to sorted",
            "create table notes as select * from sorted order by id desc",
            notes=self.notes("a\x1f", "b\x1f", "c\x1f"),
        )
        found = read(packed(tmp_path / "odd.apkg", content))
        assert [note.fields[0] for note in found.notes] == ["a", "b", "c"]

    def test_a_trigger_and_a_stranger_in_the_schema(self, tmp_path: Path):
        content = foreign.database(
            "create table log (x)",
            "create trigger evil after insert on notes begin insert into log values (1); end",
            "create view everything as select * from notes, notes, notes",
            "create virtual table words using fts5(word)",
            "create index names on notes (guid collate nocase) where guid > 'a'",
        )
        assert facts(read(packed(tmp_path / "a.apkg", content))) == facts(
            read(packed(tmp_path / "b.apkg", foreign.database()))
        )

    def test_a_database_in_another_encoding_and_journal_mode(self, tmp_path: Path):
        path = tmp_path / "utf-16.db"
        with sqlite3.connect(path) as connection:
            connection.execute("pragma encoding = 'UTF-16'")
            connection.execute("pragma journal_mode = wal")
            connection.executescript(foreign.TABLES)
            models, decks = json.dumps({"7": foreign.NOTETYPE}), ONE_CARD
            connection.execute("insert into col values (1, ?, ?)", (models, decks))
            connection.execute("insert into notes values (1, 'é', 7, '', 'ü🦜' || char(31))")
        connection.close()
        (note,) = read(packed(tmp_path / "x.apkg", path.read_bytes())).notes
        assert (note.guid, note.fields) == ("é", ("ü🦜", ""))

    def test_protobuf_that_is_none(self, tmp_path: Path):
        content = foreign.database(
            "create table notetypes (id integer primary key, name text, config blob)",
            "create table fields (ntid, ord, name text collate unicase, config)",
            "create index narrower on fields (name, ntid, ord)",
            "create table templates (ntid, ord, name, config)",
            "create table decks (id integer primary key, name, kind)",
            "insert into notetypes values (7, 'Basic', x'ff'), (8, 'Cloze', x'0801')",
            "insert into fields (ntid, ord, name)"
            " values (7, 1, 'B'), (7, 0, 'A'), (8, 0, 'Text'), (99, 0, 'Orphan')",
            "insert into templates values (7, 0, 'Card', x'0a0571'), (8, 0, 'Cloze', 'text')",
            "insert into decks values (9, 'A' || char(31) || 'B', x'0a03220161')",
        )
        found = read(packed_newly(tmp_path / "x.apkg", content))
        assert [(one.fields, one.is_cloze) for one in found.notetypes] == [
            *((("A", "B"), False), (("Text",), True))
        ]
        assert [astuple(deck) for deck in found.decks] == [("A::B", "a")]
        assert found.remarks == (
            "settings that cannot be read (3): a template of notetype 7, a template of notetype 8, "
            "notetype 7",
        )


def garbage(path: Path) -> Path:
    path.write_bytes(b"%PDF-1.7 nothing of Anki's")
    return path


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def a_folder(path: Path) -> Path:
    path.mkdir()
    return path


def missing(path: Path) -> Path:
    return path


def bare_database(path: Path) -> Path:
    path.write_bytes(foreign.database())
    return path


def truncated(path: Path) -> Path:
    packed(path, foreign.database())
    path.write_bytes(path.read_bytes()[:-30])
    return path


def encrypted(path: Path) -> Path:
    return patched(path, flag=1)


def bzip2(path: Path) -> Path:
    return zipped(path, {"collection.anki21": foreign.database()}, zipfile.ZIP_BZIP2)


def patched(path: Path, *, flag: int) -> Path:
    """Set a flag of every entry, in the list of the zip and before its content."""
    packed(path, foreign.database())
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        for found in re.finditer(re.escape(mark), bytes(data)):
            data[found.start() + place] |= flag
    path.write_bytes(data)
    return path


def no_collection(path: Path) -> Path:
    return zipped(path, {"media": b"{}", "0": b"x"})


def two_of_one_name(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("collection.anki21", foreign.database())
        with pytest.warns(UserWarning, match="Duplicate"):
            package.writestr("collection.anki21", b"x")
    return path


def too_new(path: Path) -> Path:
    return packed(path, foreign.database(), meta=PackageMetadata(version=4).SerializeToString())


def meta_of_garbage(path: Path) -> Path:
    return packed(path, foreign.database(), meta=b"\xff" * 20)


def meta_that_lies(path: Path) -> Path:
    return packed(path, foreign.database(), meta=message((1, 3)))


def overlapping(path: Path) -> Path:
    """Let one compressed content be three entries, as bombs do that unpack to petabytes."""
    packed(path, foreign.database(), {"0": "a", "1": "b"}, **{"0": b"0" * 999, "1": b"1" * 999})
    with zipfile.ZipFile(path) as package:
        first = package.getinfo("0").header_offset
    data = path.read_bytes()
    entry = data.rindex(b"PK\1\2")
    path.write_bytes(data[: entry + 42] + struct.pack("<I", first) + data[entry + 46 :])
    return path


NOT_PACKAGES: list[tuple[Callable[[Path], Path], str]] = [
    (garbage, "this is not an Anki package; export a deck from Anki as .apkg"),
    (empty, "this is not an Anki package; export a deck from Anki as .apkg"),
    (a_folder, "there is no such file"),
    (missing, "there is no such file"),
    (bare_database, "this is Anki's database itself, not a package; export a deck from Anki"),
    (truncated, "this package is damaged .*; download or export it again"),
    (encrypted, "this package is encrypted; export it without a password"),
    (bzip2, "compressed in a way that Anki does not read; export it from Anki"),
    (no_collection, "this is a zip without a collection in it; export a deck from Anki"),
    (two_of_one_name, "two entries of one name; export it again"),
    (too_new, "made by a newer Anki; export it with `Support older Anki versions` ticked"),
    (meta_of_garbage, "it cannot be read which format this package has"),
    (meta_that_lies, "this is a zip without a collection in it"),
]


@pytest.mark.parametrize(
    ("make", "expected"), NOT_PACKAGES, ids=lambda v: getattr(v, "__name__", "")
)
def test_what_is_no_package_is_refused(
    make: Callable[[Path], Path], expected: str, tmp_path: Path
) -> None:
    assert re.search(expected, refusal(make(tmp_path / "deck.apkg")))


def test_a_refusal_shows_no_strange_characters(tmp_path: Path) -> None:
    content = foreign.database(
        "create table t (a)",
        "pragma writable_schema = on",
        "update sqlite_master set name = char(27) || '[2J', sql = 'nonsense' where name = 't'",
    )
    shown = refusal(packed(tmp_path / "deck.apkg", content))
    assert "malformed" in shown
    assert shown.isprintable()


ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select"
NOTES_AS_VIEW = f"create view notes as {ENDLESS} i as id, '' guid, 7 mid, '' tags, '' flds from n"
DATABASES = {
    "no database": (b"not SQLite at all" * 99, "database of this package is damaged"),
    "an empty file": (b"", "the table `col` of this package is not as Anki makes it"),
    "a view": (foreign.database("drop table notes", NOTES_AS_VIEW), "the table `notes`"),
    "a virtual table": (
        foreign.database(
            "drop table notes", "create virtual table notes using fts5(id, guid, mid, tags, flds)"
        ),
        "the table `notes`",
    ),
    "a generated column": (
        foreign.database(
            "alter table notes drop column flds",
            "alter table notes add column flds text as (hex(zeroblob(9999999))) virtual",
        ),
        "the table `notes`",
    ),
    "a column that lacks": (foreign.database("alter table cards drop odid"), "the table `cards`"),
    "a table that lacks": (foreign.database("drop table col"), "the table `col`"),
    "notetypes that are a list": (foreign.database(models="[]"), "the list of notetypes"),
    "notetypes of garbage": (foreign.database(models="{'a': 1}"), "the list of notetypes"),
    "depth": (foreign.database(decks="[" * 200_000), "the list of decks"),
    "depth that closes": (
        foreign.database(decks='{"1":' * 200_000 + "1" + "}" * 200_000),
        "the list of decks",
    ),
    "a number without end": (foreign.database(decks='{"9": ' + "9" * 9999 + "}"), "list of decks"),
    "a long list": (foreign.database(models=" " * (limits.JSON + 1)), "too many notetypes"),
    "a row without end": (
        foreign.database("update notes set flds = zeroblob(30000000)"),
        "too big",
    ),
    "a schema without end": (
        foreign.database(
            "pragma writable_schema = on",
            "insert into sqlite_master select 'table', 't' || i, 't' || i, 2,"
            " 'create table t' || i || '(a)' from"
            " (with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)"
            " select i from n)",
        ),
        "interrupted",
    ),
}


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_that_means_harm_is_refused(name: str, tmp_path: Path) -> None:
    content, expected = DATABASES[name]
    assert expected in refusal(packed(tmp_path / "deck.apkg", content))
    assert expected in refusal(packed_newly(tmp_path / "deck.apkg", content))


@pytest.mark.parametrize("table", ["cards", "notes"])
def test_more_rows_than_atoms_are_refused(
    table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, table.upper(), 5000)
    path = packed(tmp_path / "deck.apkg", foreign.tangled(foreign.database(), table))
    expected = f"this package holds more than 5,000 {table}; export it from Anki deck by deck"
    assert refusal(path) == expected


def test_a_query_that_takes_too_long_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_STEPS", 20_000)
    few, many = ([(n, f"g{n}", 7, "", "\x1f") for n in range(count)] for count in (10, 3000))
    assert read(packed(tmp_path / "few.apkg", foreign.database(notes=few))).notes
    path = packed(tmp_path / "many.apkg", foreign.database(notes=many))
    assert "interrupted" in refusal(path)


def test_too_much_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TEXT", 10_000)
    wide = {**foreign.NOTETYPE, "flds": [{"name": ""}] * 400}
    for made in (
        {"notes": [(1, "g", 7, "", "x" * 10_000)]},
        {"notes": [(1, "g", 7, "a " * 1_000, "")]},
        {"notes": [(n, "g", 7, "", "") for n in range(4)], "models": json.dumps({"7": wide})},
    ):
        path = packed(tmp_path / "deck.apkg", foreign.database(**made))
        assert "more than 0 MB of text; export it from Anki deck by deck" in refusal(path)


NOISE = random.Random(7).randbytes(500_000)  # noqa: S311


class TestMedia:
    """Files are listed, not read; and whatever they are called, no path is made of it."""

    def media(self, tmp_path: Path, media: object, **entries: bytes) -> Foreign:
        path = packed(tmp_path / "deck.apkg", foreign.database(), media, **entries)
        return read(path)

    @pytest.mark.parametrize(
        "name",
        [
            *("../x.png", "/etc/x.png", "a/b.png", "..\\x.png", "C:\\x.png", "x\n.png"),
            *("", ".", "..", "x" * 256, "é" * 128, "\x7f"),
        ],
    )
    def test_a_name_that_no_file_can_have(self, tmp_path: Path, name: str):
        new = packed_newly(
            tmp_path / "n.apkg", foreign.database(), listed((name, 1)), **{"0": b"x"}
        )
        for found in (self.media(tmp_path, {"0": name}, **{"0": b"x"}), read(new)):
            assert not found.media
            (remark,) = found.remarks
            assert remark.startswith("media files left out, whose name no file can have (1): `")

    def test_files_that_are_not_there_and_files_that_are_not_listed(self, tmp_path: Path):
        names = {"0": "a.png", "5": "b.png", "x": "c.png", "7": 12, "8": ["d.png"]}
        entries = {"0": b"a", "1": b"b", "7": b"c", "8": b"d"}
        found = self.media(tmp_path, names, **entries)
        assert [(item.name, item.size) for item in found.media] == [("12", 1), ("a.png", 1)]
        assert found.remarks == (
            "media files left out, which the package does not hold (2): `b.png`, `c.png`",
            "media files left out, whose name no file can have (1): ``",
            "media files without a name (1): `1`",
        )

    def test_a_name_with_strange_characters_is_shown_safely(self, tmp_path: Path):
        found = self.media(tmp_path, {"0": "\x1b[2J\u202e.png"}, **{"0": b"x"})
        assert all(remark.isprintable() for remark in found.remarks)
        assert found.remarks

    def test_a_list_that_lacks(self, tmp_path: Path):
        path = zipped(tmp_path / "deck.apkg", {"collection.anki2": foreign.database(), "0": b"x"})
        assert read(path).media == ()

    def test_one_name_twice(self, tmp_path: Path):
        found = self.media(tmp_path, {"0": "a", "1": "a"}, **{"0": b"x", "1": b"yy"})
        assert [(item.name, item.size) for item in found.media] == [("a", 2)]

    @pytest.mark.parametrize(
        "garbled", [b"", b"[]", b'"x"', b"{", b"[" * 100_000, b"\xff", b'{"0":' * 99_999]
    )
    def test_a_list_of_garbage(self, tmp_path: Path, garbled: bytes):
        expected = "the list of media in this package cannot be read; export it from Anki again"
        assert refusal(packed(tmp_path / "x.apkg", foreign.database(), garbled or b" ")) == expected

    def test_a_list_without_end(self, tmp_path: Path):
        names = json.dumps(dict.fromkeys(map(str, range(limits.MEDIA_FILES + 1)), "")).encode()
        lines = message((1, b"")) * (limits.MEDIA_FILES + 1)
        for path in (
            packed(tmp_path / "old.apkg", foreign.database(), names),
            packed_newly(tmp_path / "new.apkg", foreign.database(), lines),
        ):
            assert "list of media in this package cannot be read" in refusal(path)
        path = packed(tmp_path / "old.apkg", foreign.database(), b" " * (limits.JSON + 1))
        assert "a file of more than 8,000,000 bytes (`media`)" in refusal(path)

    def test_files_that_are_too_large(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(limits, "MEDIA_FILE", 2_000_000)
        entries = {"0": bytes(1_500_000), "1": bytes(2_500_000), "2": bytes(1_500_000)}
        found = self.media(tmp_path, {"0": "a", "1": "b", "2": "c"}, **entries)
        assert [item.name for item in found.media] == ["a", "c"]
        assert found.remarks == ("media files left out, larger than 2 MB (1): `b`",)
        monkeypatch.setattr(limits, "MEDIA", 2_900_000)
        assert "export it from Anki deck by deck" in refusal(tmp_path / "deck.apkg")

    @pytest.mark.parametrize(("claimed", "fits"), [(0, False), (4, False), (5, True), (6, True)])
    def test_a_size_that_lies(self, tmp_path: Path, claimed: int, fits: bool):
        lines = listed(("a.png", claimed))
        path = packed_newly(tmp_path / "x.apkg", foreign.database(), lines, **{"0": b"12345"})
        with open_package(path) as found:
            (item,) = found.media
            if fits:
                item.copy(tmp_path / "a")
                assert (tmp_path / "a").read_bytes() == b"12345"
            else:
                with pytest.raises(
                    ImportRefusedError, match=f"its list says {claimed} bytes of `0`"
                ):
                    item.copy(tmp_path / "a")
                assert not (tmp_path / "a").exists()

    @pytest.mark.parametrize(
        ("method", "place", "change", "reason"),
        [
            (zipfile.ZIP_DEFLATED, "content", b"\xff" * 9, "while decompressing"),
            (zipfile.ZIP_STORED, "content", b"\0" * 9, "Bad CRC-32"),
            (zipfile.ZIP_STORED, "sizes", struct.pack("<II", 900_000, 900_000), "it breaks off"),
        ],
    )
    def test_a_damaged_file_is_not_half_written(
        self, tmp_path: Path, method: int, place: str, change: bytes, reason: str
    ):
        entries = {"media": b'{"0": "a"}', "collection.anki2": foreign.database(), "0": NOISE}
        path = zipped(tmp_path / "x.apkg", entries, method)
        with zipfile.ZipFile(path) as package:
            content = package.getinfo("0").header_offset + len("PK..") + 26 + len("0")
        data = bytearray(path.read_bytes())
        at = {"content": content, "sizes": data.rindex(b"PK\1\2") + 20}[place]
        data[at : at + len(change)] = change
        path.write_bytes(data)
        with open_package(path) as found, pytest.raises(ImportRefusedError, match=reason):
            found.media[0].copy(tmp_path / "a")
        assert not (tmp_path / "a").exists()

    def test_what_overlaps_is_read_once_or_refused(self, tmp_path: Path):
        with open_package(overlapping(tmp_path / "x.apkg")) as found:
            first, second = found.media
            first.copy(tmp_path / "a")
            with pytest.raises(ImportRefusedError, match="this package is damaged"):
                second.copy(tmp_path / "b")
        assert (tmp_path / "a").read_bytes() == b"0" * 999
        assert not (tmp_path / "b").exists()


ENDLESS_WINDOW = b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"  # a zstd frame that wants 2 GB
MEBIBYTE = bytes(1 << 20)


def zstd_bomb(times: int) -> bytes:
    out = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(out, closefd=False) as writer:
        for _ in range(times):
            writer.write(MEBIBYTE)
    return out.getvalue()


# What `resource` tells includes the memory of the process that started this one.
READ_ALL = """
import sys
from pathlib import Path
from ankibuild.importer.foreign import ImportRefusedError
from ankibuild.importer.packages import open_package
for path in sys.argv[1:]:
    try:
        with open_package(Path(path)):
            pass
    except ImportRefusedError:
        pass
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


class TestBombs:
    """Little that would become much is noticed before it is much."""

    def new(self, tmp_path: Path, collection: bytes, media: bytes = b"") -> Path:
        entries = {"meta": message((1, 3)), "collection.anki21b": collection, "media": media}
        return zipped(tmp_path / "deck.apkg", entries)

    def test_a_database_that_swells(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(limits, "COLLECTION", 5_000_000)
        expected = "this package holds a file of more than 5,000,000 bytes"
        assert expected in refusal(packed(tmp_path / "deck.apkg", MEBIBYTE * 6))
        assert expected in refusal(self.new(tmp_path, zstd_bomb(6)))

    def test_a_list_of_media_that_swells(self, tmp_path: Path):
        swollen = zstd_bomb(limits.JSON // len(MEBIBYTE) + 1)
        collection = zstandard.compress(foreign.database())
        assert "a file of more than 8,000,000 bytes (`media`)" in refusal(
            self.new(tmp_path, collection, swollen)
        )

    def test_a_window_without_end(self, tmp_path: Path):
        assert "too much memory" in refusal(self.new(tmp_path, ENDLESS_WINDOW))

    @pytest.mark.parametrize("size", [0, 1, 100, 5000])
    def test_a_size_in_the_zip_that_lies(self, tmp_path: Path, size: int):
        path = packed(tmp_path / "deck.apkg", foreign.database())
        data = bytearray(path.read_bytes())
        entry = data.index(b"PK\1\2")
        struct.pack_into("<I", data, entry + 24, size)
        path.write_bytes(data)
        assert "this package is damaged" in refusal(path)

    def test_too_many_entries(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(limits, "MEDIA_FILES", 5)
        entries = {str(number): b"" for number in range(20)}
        path = packed(tmp_path / "deck.apkg", foreign.database(), **entries)
        assert refusal(path) == (
            "this package holds more than 5 files; export it from Anki deck by deck"
        )

    def test_a_directory_without_end(self, tmp_path: Path):
        size = 100 * limits.MEDIA_FILES + 1
        end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 9, 9, size, 0, 0)
        (tmp_path / "deck.apkg").write_bytes(b"PK" + bytes(size - 2) + end)
        assert "a list of too many files" in refusal(tmp_path / "deck.apkg")

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much it was")
    def test_memory_stays_small(self, tmp_path: Path):
        nested = f'{{"7": [{"[]," * (limits.JSON // 3 - 100)}[]]}}'
        notes = [(n, "g", 7, "", ("x" * 900 + "🦜") * 100) for n in range(600)]
        packed(tmp_path / "1.apkg", foreign.database(models=nested, decks=nested))
        packed(tmp_path / "2.apkg", foreign.database(notes=notes), nested.encode())
        self.new(tmp_path, zstd_bomb(300)).rename(tmp_path / "3.apkg")
        paths = [str(tmp_path / f"{number}.apkg") for number in (1, 2, 3)]
        done = subprocess.run(
            [sys.executable, "-c", READ_ALL, *paths], capture_output=True, text=True, check=True
        )
        assert int(done.stdout) < 300


# ------------------------------------------------------------------------------- properties

FIELDS = st.lists(
    st.tuples(
        st.integers(1, 2**29 - 1), st.one_of(st.integers(0, 2**64 - 1), st.binary(max_size=300))
    ),
    max_size=20,
)


@given(FIELDS)
def test_protobuf_is_read_as_it_is_written(fields: list[tuple[int, int | bytes]]) -> None:
    assert list(protobuf.entries(message(*fields))) == fields
    read_ = protobuf.parse(message(*fields))
    for number, value in dict(fields).items():
        is_text = isinstance(value, bytes)
        assert read_.data(number) == (value if is_text else b"")
        assert read_.number(number) == (0 if is_text else value)
    assert (read_.number(2**30), read_.data(2**30)) == (0, b"")


@given(st.binary(max_size=200))
@example(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
@example(b"\xff" * 11)
@example(b"\x09\0")
@example(b"\x0b")
def test_protobuf_of_garbage_is_an_error_or_a_message(data: bytes) -> None:
    try:
        found = protobuf.parse(data)
    except protobuf.ProtobufError:
        return
    assert all(isinstance(value, int | bytes) for value in found.fields.values())


def test_protobuf_with_too_many_fields_is_refused() -> None:
    assert protobuf.parse(message((1, 1)) * 300).number(1) == 1
    with pytest.raises(protobuf.ProtobufError, match="more than 300 fields"):
        protobuf.parse(message((1, 1)) * 301)


class Entries(dict[str, bytes]):
    """The entries of a package; a failing test shows how large they are, not what is in them."""

    def __repr__(self) -> str:
        return f"Entries({ {name: len(content) for name, content in self.items()} })"


@pytest.fixture(scope="module")
def originals(box: AnkiBox, tmp_path_factory: pytest.TempPathFactory) -> list[Entries]:
    """Give the entries of a package of each format, with zstd undone."""
    folder = tmp_path_factory.mktemp("originals")
    return [unpacked(make(box, folder / "deck.apkg")) for make in foreign.FORMATS]


def unpacked(path: Path) -> Entries:
    with zipfile.ZipFile(path) as package:
        entries = {name: package.read(name) for name in package.namelist()}
    unzstd = zstandard.ZstdDecompressor().decompressobj
    return Entries(
        (name, unzstd().decompress(each) if each.startswith(b"\x28\xb5\x2f\xfd") else each)
        for name, each in entries.items()
    )


def outcome(path: Path, folder: Path) -> str:
    """Give "read" after all was read, media too, or the words of a refusal."""
    try:
        with open_package(path) as found:
            for item in found.media:
                item.copy(folder / "copy")
    except ImportRefusedError as error:
        return str(error)
    assert all(isinstance(note, ForeignNote) for note in found.notes)
    text = repr(found)
    assert "\0" not in text
    text.encode()
    return "read"


#: Of a file that cannot be copied, whoever asked for it knows from which package it is.
OUTCOMES = ("read", "`deck.apkg`: ", "this package is damaged (")
DAMAGE = st.tuples(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=20),
    st.just(1.0) | st.floats(0, 1),
)
"""Bytes to write at places that are parts of the whole, and the part that is kept."""


def damaged(content: bytes, damage: tuple[list[tuple[float, int]], float]) -> bytes:
    changes, kept = damage
    data = bytearray(content)
    for place, byte in changes if data else ():
        data[int(place * len(data))] = byte
    return bytes(data[: int(kept * len(data))])


class TestDamage:
    """Whatever happens to a package: it is read, or it is refused."""

    def test_of_nothing(self, originals: list[Entries], tmp_path: Path):
        for entries in originals:
            assert outcome(repacked(entries, tmp_path), tmp_path) == "read"
            (tmp_path / "copy").unlink()

    @settings(max_examples=100)
    @given(st.integers(0, 2), DAMAGE)
    def test_of_the_file(
        self, originals: list[Entries], tmp_path_factory: Any, number: int, damage: Any
    ):
        folder = tmp_path_factory.mktemp("damage")
        path = repacked(originals[number], folder)
        path.write_bytes(damaged(path.read_bytes(), damage))
        assert outcome(path, folder).startswith(OUTCOMES)

    @settings(max_examples=120)
    @given(st.integers(0, 2), st.integers(0, 99), DAMAGE)
    def test_of_what_is_in_it(
        self,
        originals: list[Entries],
        tmp_path_factory: Any,
        number: int,
        entry: int,
        damage: Any,
    ):
        folder = tmp_path_factory.mktemp("damage")
        entries = dict(originals[number])
        name = sorted(entries)[entry % len(entries)]
        entries[name] = damaged(entries[name], damage)
        assert outcome(repacked(entries, folder), folder).startswith(OUTCOMES)


def repacked(entries: dict[str, bytes], folder: Path) -> Path:
    if "collection.anki21b" in entries:
        names = entries.keys() - {"meta"}
        entries = {**entries, **{name: zstandard.compress(entries[name]) for name in names}}
    return zipped(folder / "deck.apkg", entries)
