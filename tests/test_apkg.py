"""The writer of packages: what it refuses, what it writes, and that it writes the same again."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import handmade
from ankibuild.collection import Collection, Media, subset
from ankibuild.decks import Deck
from ankibuild.notes import Note
from ankibuild.outputs import OUTPUTS, apkg
from ankibuild.outputs.apkg import logical_digest, write
from handmade import DECKS, RELEASED, collection, every_kind, note, require_sound, with_field

WHEN = RELEASED + 5


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write(every_kind(), tmp_path / "arc.apkg", WHEN)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with zipfile.ZipFile(path) as package, sqlite3.connect(":memory:") as database:
        database.deserialize(package.read("collection.anki2"))
        result = database.execute(query).fetchall()
    database.close()
    return result


def col(path: Path, column: str) -> Any:
    ((models, decks, presets),) = rows(path, "select models, decks, dconf from col")
    return json.loads({"models": models, "decks": decks, "dconf": presets}[column])


def written(tmp_path: Path, *notes: Note, **changes: Any) -> Path:
    return write(collection(*notes, **changes), tmp_path / "arc.apkg", WHEN)


class TestRefusals:
    """What would hurt a learner is an error of ours, and is raised before anything is written."""

    @pytest.mark.parametrize("name", ["collection.apkg", "backup-1.apkg", "Backup-x.APKG"])
    def test_names_that_restore_a_backup(self, tmp_path: Path, name: str):
        """MUST NOT call a release `collection.apkg` or `backup-*.apkg`."""
        with pytest.raises(ValueError, match="replaces the collection"):
            write(every_kind(), tmp_path / name, WHEN)
        assert not list(tmp_path.iterdir())

    def test_one_guid_twice(self):
        """MUST refuse two notes with one guid."""
        twice = collection(note("a"), note("b", guid="arc/a"))
        with pytest.raises(ValueError, match="note `b` has the guid of `a`, `arc/a`"):
            require_sound(twice)

    @pytest.mark.parametrize(
        "name",
        [
            *("", "A::", "::A", "A::::B", " A", "A::B ", "A\x07", "A\x1fB", "A\nB", "e\u0301"),
            *("Default", "default::x", "A\u00a0B", "A\ud800"),
        ],
    )
    def test_deck_names(self, name: str):
        """Validate: no empty component, no control characters, no spaces around, NFC..."""
        with pytest.raises(ValueError, match="deck"):
            require_sound(collection(decks=(Deck(name, 5),)))

    @pytest.mark.parametrize("number", [0, 1, -3])
    def test_deck_ids(self, number: int):
        """...deck id neither 0 nor 1 (0 aborts, 1 sends cards to the learner's Default)."""
        with pytest.raises(ValueError, match=f"has the id {number}"):
            require_sound(collection(decks=(Deck("A", number),)))

    def test_two_decks_with_one_id(self):
        with pytest.raises(ValueError, match="deck `B` has the id 5 of another deck"):
            require_sound(collection(decks=(Deck("A", 5), Deck("B", 5))))

    def test_two_decks_that_differ_by_case(self):
        """...unique ignoring case."""
        with pytest.raises(ValueError, match="deck `ARC` is there twice"):
            require_sound(collection(decks=(Deck("Arc", 5), Deck("ARC", 6))))

    @pytest.mark.parametrize("character", ["\x1f", "\ud83d", "\x00", "\x0c", "\x7f"])
    @pytest.mark.parametrize("number", [0, 4, 8])
    def test_characters_in_fields(self, character: str, number: int):
        """MUST reject \\x1f (aborts the import), lone surrogates (crash in the writer)."""
        broken = with_field(note("a"), number, f"x{character}y")
        with pytest.raises(ValueError, match=f"U\\+{ord(character):04X} in a field"):
            require_sound(collection(broken))

    def test_characters_in_descriptions(self):
        with pytest.raises(ValueError, match="control character in its description"):
            require_sound(collection(decks=(Deck("A", 5, "x\ud83d"),)))

    @pytest.mark.parametrize("text", ["", " \n"])
    def test_an_empty_first_field(self, text: str):
        """MUST keep the first field non-empty."""
        with pytest.raises(ValueError, match="note `a` has an empty first field"):
            require_sound(collection(with_field(note("a"), 0, text)))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"guid": ""}, "has no guid"),
            ({"mod": 0}, "has no mod"),
            ({"cards": ()}, "has no cards"),
            ({"cards": (0, 0)}, "has a card twice"),
            ({"cards": (0, 1)}, "has a card that its notetype does not"),
            ({"cards": (-1,)}, "has a card that its notetype does not"),
            ({"due": 1_000_000}, "is due at 1000000"),
            ({"due": -1}, "is due at -1"),
            ({"fields": ("x",)}, "has 1 fields instead of 9"),
            ({"fields": ()}, "has 0 fields instead of 9"),
            ({"deck": "Elsewhere"}, "is in the deck `Elsewhere`"),
            ({"tags": ("two words",)}, "has the tag `two words`"),
            ({"tags": ("a\u3000b",)}, "which Anki would change"),
            ({"tags": ("",)}, "has the tag ``"),
            ({"tags": ("Marked",)}, "the learner's own"),
            ({"tags": ("leech",)}, "the learner's own"),
        ],
    )
    def test_notes(self, change: dict[str, Any], message: str):
        """Cards, due, tags and stamps that Anki would drop, rewrite or split."""
        with pytest.raises(ValueError, match=message):
            require_sound(collection(note("a", **change)))

    def test_two_notetypes_with_one_id_or_key(self):
        """Two Model objects with one id: the last wins, import aborts."""
        basic, reversed_, *_ = handmade.notetypes()
        for other in (replace(reversed_, id=basic.id), replace(reversed_, key="basic")):
            with pytest.raises(ValueError, match="has the id or key of another notetype"):
                require_sound(collection(notetypes=(basic, other)))

    def test_a_notetype_that_is_not_there(self):
        essay = replace(note("a"), notetype="essay")
        with pytest.raises(ValueError, match="note `a` has the notetype `essay`, which is not"):
            require_sound(collection(essay))

    def test_a_cloze_number_above_500(self):
        """Valid cloze numbers 1-500."""
        require_sound(collection(note("a", "cloze", cards=(499,))))
        with pytest.raises(ValueError, match="a card that its notetype does not"):
            require_sound(collection(note("a", "cloze", cards=(500,))))

    def test_a_notetype_without_mod(self):
        with pytest.raises(ValueError, match="notetype `basic` has no mod"):
            require_sound(collection(note("a"), notetypes=handmade.notetypes(mod=0)))

    @pytest.mark.parametrize(
        "name",
        ["", "A.svg", "a b.svg", "../x", "a/b.svg", "ä.svg", "a%20b.svg", ".svg", "x" * 81],
    )
    def test_media_names(self, name: str):
        """MUST name files `[a-z0-9._-]`, lower case, NFC, under 80 bytes. No path parts."""
        with pytest.raises(ValueError, match="the media name"):
            require_sound(collection(media=(Media(name, b"x"),)))

    def test_media_files_that_are_empty_or_there_twice(self):
        """The builder MUST fail on empty (0 byte) and colliding files."""
        with pytest.raises(ValueError, match=r"`a\.svg` is empty"):
            require_sound(collection(media=(Media("a.svg", b""),)))
        with pytest.raises(ValueError, match=r"`a\.svg` is there twice"):
            require_sound(collection(media=(Media("a.svg", b"x"), Media("a.svg", b"y"))))

    def test_everything_wrong_is_said_at_once(self):
        broken = collection(note("a", mod=0, due=-1), note("b", cards=()))
        with pytest.raises(ValueError, match=r"(?s)`a` has no mod.*`a` is due.*`b` has no cards"):
            require_sound(broken)

    def test_what_is_sound_is_not_refused(self):
        require_sound(every_kind())
        require_sound(collection())
        require_sound(collection(note("a", due=0), note("b", due=999_999, tags=("ä::x-1",))))


class TestFiles:
    def test_folders_are_made_and_the_path_returned(self, tmp_path: Path):
        path = tmp_path / "a" / "b" / "arc.apkg"
        assert write(every_kind(), path, WHEN) == path
        assert [found.name for found in path.parent.iterdir()] == ["arc.apkg"]

    def test_the_output_is_known_by_name(self, tmp_path: Path):
        path = tmp_path / "arc.apkg"
        assert OUTPUTS["apkg"](every_kind(), path, WHEN) == (path,)
        assert path.exists()

    def test_genanki_waits_until_a_package_is_written(self):
        """An unchanged build should load none of the heavy imports."""
        code = "import sys, ankibuild.outputs; sys.exit('genanki' in sys.modules)"
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_nothing_is_half_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        path = tmp_path / "arc.apkg"
        path.write_bytes(b"the release before")

        def fill_the_disk(file: IO[bytes], *_: object) -> None:
            file.write(b"half a pack")
            raise OSError("disk full")

        monkeypatch.setattr(apkg, "_write_zip", fill_the_disk)
        with pytest.raises(OSError, match="disk full"):
            write(every_kind(), path, WHEN)
        assert path.read_bytes() == b"the release before"
        assert list(tmp_path.iterdir()) == [path]

    def test_nothing_unsound_is_written(self, tmp_path: Path):
        with pytest.raises(ValueError, match="has no mod"):
            written(tmp_path / "new", note("a", mod=0))
        assert not list(tmp_path.glob("*/*"))

    def test_an_older_package_is_replaced_at_once(self, package: Path):
        """Whoever reads the old file meanwhile reads all of it."""
        before = package.read_bytes()
        with package.open("rb") as reader:
            write(collection(note("only")), package, WHEN)
            assert reader.read() == before
        assert rows(package, "select guid from notes") == [("arc/only",)]

    def test_permissions_are_those_of_any_new_file(self, package: Path, tmp_path: Path):
        other = tmp_path / "other"
        other.write_bytes(b"")
        assert package.stat().st_mode == other.stat().st_mode

    def test_entries_are_deflated_and_without_a_place_in_time(self, package: Path):
        """Deflate is fine in all versions; ZipInfo with a constant date and attributes."""
        with zipfile.ZipFile(package) as opened:
            for entry in opened.infolist():
                assert entry.compress_type == zipfile.ZIP_DEFLATED
                assert entry.date_time == (1980, 1, 1, 0, 0, 0)
                assert (entry.create_system, entry.external_attr) == (3, 0o100644 << 16)

    def test_the_database_is_vacuumed(self, tmp_path: Path):
        notes = (note(f"n{number}") for number in range(500))
        with zipfile.ZipFile(written(tmp_path, *notes)) as opened:
            content = opened.read("collection.anki2")
        database = sqlite3.connect(":memory:")
        database.deserialize(content)
        database.execute("vacuum")
        assert len(database.serialize()) == len(content)
        database.close()

    def test_media_are_numbered_in_the_order_of_their_names(self, tmp_path: Path):
        files = (Media("b-2.svg", b"two"), Media("a-1.svg", b"one"))
        path = written(tmp_path, media=files)
        with zipfile.ZipFile(path) as opened:
            assert opened.namelist() == ["collection.anki2", "media", "0", "1"]
            assert json.loads(opened.read("media")) == {"0": "a-1.svg", "1": "b-2.svg"}
            assert (opened.read("0"), opened.read("1")) == (b"one", b"two")


class TestRows:
    def test_notes_carry_their_own_mod(self, tmp_path: Path):
        """MUST stamp each note with the time of the first release with its present content."""
        path = written(tmp_path, note("a", mod=RELEASED), note("b", mod=RELEASED - 99))
        query = "select guid, mod from notes order by guid"
        assert rows(path, query) == [("arc/a", RELEASED), ("arc/b", RELEASED - 99)]

    def test_notetypes_carry_their_own_mod(self, tmp_path: Path):
        basic, *others = handmade.notetypes()
        types = (replace(basic, mod=RELEASED - 7), *others)
        path = written(tmp_path, note("a"), note("b", "cloze"), notetypes=types)
        mods = {model["name"]: model["mod"] for model in col(path, "models").values()}
        assert (mods["arc Basic"], mods["arc Cloze"]) == (RELEASED - 7, RELEASED)

    def test_other_times_are_when(self, package: Path):
        """Explicit timestamp, not the clock."""
        assert rows(package, "select crt, mod, scm from col") == [(WHEN, WHEN * 1000, WHEN * 1000)]
        mods = {name: deck["mod"] for name, deck in by_name(col(package, "decks")).items()}
        assert {mods[deck.name] for deck in DECKS} == {WHEN}

    def test_cards_and_due_are_exactly_those_given(self, tmp_path: Path):
        """MUST set due explicitly; cards are not guessed (a nested cloze has its cards)."""
        path = written(
            tmp_path,
            note("a", due=30),
            with_field(note("b", "cloze", cards=(6, 2), due=999_999), 0, "{{c3,7::x}}"),
        )
        query = "select guid, ord, due from cards c join notes n on n.id = nid order by guid, ord"
        assert rows(path, query) == [("arc/a", 0, 30), ("arc/b", 2, 999_999), ("arc/b", 6, 999_999)]

    def test_cards_are_new_and_in_their_decks(self, tmp_path: Path):
        path = written(tmp_path, note("a"), note("b", deck="Arc::02 Training"))
        query = "select guid, did, type, queue from cards c join notes n on n.id = nid order by 1"
        assert rows(path, query) == [("arc/a", 12, 0, 0), ("arc/b", 13, 0, 0)]

    def test_tags_are_sorted_and_there_once(self, tmp_path: Path):
        path = written(tmp_path, note("a", tags=("b", "a::c", "b")))
        assert rows(path, "select tags from notes") == [(" a::c b ",)]

    def test_fields_are_those_given(self, tmp_path: Path):
        """Ordinary fields need no brace escaping; doubtful HTML is no warning."""
        text = "{{x}} <pad> a<b " + "<" * 50
        path = written(tmp_path, with_field(note("a"), 1, text))
        ((fields, sort),) = rows(path, "select flds, sfld from notes")
        assert fields.split("\x1f")[1] == text
        assert sort == "<p>Why is a so?</p>"

    def test_only_used_notetypes_but_all_decks_are_written(self, tmp_path: Path):
        """A parent deck object without cards still delivers its description."""
        path = write(subset(collection(note("a")), "Arc"), tmp_path / "arc.apkg", WHEN)
        assert [m["name"] for m in col(path, "models").values()] == ["arc Basic"]
        decks = by_name(col(path, "decks"))
        assert set(decks) == {"Default", *(deck.name for deck in DECKS)}
        assert decks["Arc"]["desc"] == "The whole arc, **version 1**."
        assert {decks[deck.name]["id"] for deck in DECKS} == {11, 12, 13}

    def test_decks_are_markdown_and_leave_the_preset_alone(self, package: Path):
        """`"md": true` makes it Markdown; with `conf` 1 the learner's preset is left alone."""
        decks = by_name(col(package, "decks"))
        assert all(decks[deck.name]["md"] is True for deck in DECKS)
        assert all(decks[deck.name]["conf"] == 1 for deck in DECKS)
        assert set(col(package, "dconf")) == {"1"}

    def test_fields_and_templates_have_their_ids(self, package: Path):
        """MUST set an `id` on every field and every template from the first release."""
        models = by_name(col(package, "models"))
        for notetype in handmade.notetypes():
            model = models[notetype.name]
            assert model["id"] == str(notetype.id)
            assert model["sortf"] == 0
            assert [(f["name"], f["id"]) for f in model["flds"]] == [
                (field.name, field.id) for field in notetype.fields
            ]
            assert [(t["name"], t["id"], t["qfmt"], t["afmt"]) for t in model["tmpls"]] == [
                (t.name, t.id, t.question, t.answer) for t in notetype.templates
            ]

    def test_ids_depend_on_the_guid_alone(self, tmp_path: Path):
        """Ids must be > 0 and not later than tomorrow (ms). SHOULD derive them stably."""
        query = "select guid, n.id, c.id from cards c join notes n on n.id = nid order by 1, ord"
        before = rows(written(tmp_path, note("a"), note("b", "cloze")), query)
        moved = note("b", "cloze", deck="Arc", due=99, mod=RELEASED + 9, tags=())
        after = rows(written(tmp_path, note("c"), moved), query)
        assert after[:2] == before[1:]
        assert all(10**12 <= number < 1_700_000_000_000 for row in before for number in row[1:])

    def test_colliding_ids_are_moved_apart(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(apkg, "stable_id", lambda *_: 10**12)
        query = "select guid, n.id, c.id from cards c join notes n on n.id = nid order by 1, ord"
        found = rows(written(tmp_path, note("b", "cloze"), note("a")), query)
        assert len({number for row in found for number in row[1:]}) == 5


def by_name(objects: dict[str, Any]) -> dict[str, Any]:
    return {found["name"]: found for found in objects.values()}


BUILD = """
import sys
from pathlib import Path
from handmade import every_kind, RELEASED
from ankibuild.outputs.apkg import write
write(every_kind(), Path(sys.argv[1]), RELEASED + 5)
"""


class TestSameBytes:
    """Same input, same bytes."""

    def test_in_two_processes_with_two_hash_seeds(self, tmp_path: Path, package: Path):
        """Identical across runs and hash seeds, whatever the clock and the time zone."""
        built = [package.read_bytes()]
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
            path = tmp_path / f"{seed}.apkg"
            environment = os.environ | {
                "PYTHONHASHSEED": seed,
                "TZ": zone,
                "PYTHONPATH": os.pathsep.join(sys.path),
            }
            subprocess.run([sys.executable, "-c", BUILD, path], check=True, env=environment)
            built.append(path.read_bytes())
        assert built[0] == built[1] == built[2]

    def test_whatever_the_order_of_the_input(self, tmp_path: Path, package: Path):
        every = every_kind()
        turned = replace(
            every,
            notes=tuple(replace(n, tags=n.tags[::-1]) for n in reversed(every.notes)),
            decks=every.decks[::-1],
            notetypes=every.notetypes[::-1],
        )
        path = write(turned, tmp_path / "turned.apkg", WHEN)
        assert path.read_bytes() == package.read_bytes()


CHANGES: list[Callable[[Collection], Collection]] = [
    lambda c: replace(c, notes=c.notes[1:]),
    lambda c: replace(c, notes=(with_field(c.notes[0], 2, "Another hint."), *c.notes[1:])),
    lambda c: replace(c, notes=(replace(c.notes[0], mod=RELEASED + 1), *c.notes[1:])),
    lambda c: replace(c, notes=(replace(c.notes[0], due=11), *c.notes[1:])),
    lambda c: replace(c, notes=(replace(c.notes[0], tags=()), *c.notes[1:])),
    lambda c: replace(c, decks=(replace(c.decks[0], description="New."), *c.decks[1:])),
    lambda c: replace(c, notetypes=tuple(replace(n, css=n.css + " ") for n in c.notetypes)),
    lambda c: replace(c, media=(replace(c.media[0], content=b"other"),)),
    lambda c: replace(c, media=(replace(c.media[0], name="other.svg"),)),
]


class TestLogicalDigest:
    """CI across machines should compare a digest of the logical content, not of the file."""

    @pytest.mark.parametrize("number", range(len(CHANGES)))
    def test_every_change_is_seen(self, tmp_path: Path, package: Path, number: int):
        changed = write(CHANGES[number](every_kind()), tmp_path / "changed.apkg", WHEN)
        assert logical_digest(changed) != logical_digest(package)

    def test_how_it_is_packed_is_not_seen(self, tmp_path: Path, package: Path):
        repacked = tmp_path / "repacked.apkg"
        with zipfile.ZipFile(package) as old, zipfile.ZipFile(repacked, "w") as new:
            for name in reversed(old.namelist()):
                content = old.read(name)
                if name == "collection.anki2":
                    content = with_other_pages(content)
                new.writestr(name, content)
        assert repacked.read_bytes() != package.read_bytes()
        assert logical_digest(repacked) == logical_digest(package)


def with_other_pages(content: bytes) -> bytes:
    """Store the same rows and JSON in another way."""
    database = sqlite3.connect(":memory:")
    database.deserialize(content)
    ((decks,),) = database.execute("select decks from col").fetchall()
    spaced = json.dumps(dict(reversed(json.loads(decks).items())), indent=1)
    database.execute("update col set decks = ?", (spaced,))
    database.execute("drop index ix_notes_csum")
    database.commit()
    database.execute("pragma page_size = 8192")
    database.execute("vacuum")
    result = database.serialize()
    database.close()
    return result


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_text_arrives_as_it_is(tmp_path_factory: pytest.TempPathFactory, text: str):
    path = written(tmp_path_factory.mktemp("any"), with_field(note("a"), 1, text))
    ((fields,),) = rows(path, "select flds from notes")
    assert fields.split("\x1f")[1] == text


def test_statements_grow_with_the_notes_and_not_with_the_decks(tmp_path: Path):
    """Write the `col` row once: genanki is quadratic in the number of decks."""
    decks = tuple(Deck(f"Arc::{n:04}", 100 + n) for n in range(1_000))
    path = written(tmp_path, decks=decks)
    assert len(col(path, "decks")) == 1_001
    assert count_statements(collection(decks=decks)) == count_statements(collection())


def count_statements(what: Collection) -> int:
    database = sqlite3.connect(":memory:")
    statements: list[str] = []
    database.set_trace_callback(statements.append)
    apkg._Package(what).write_to_db(database.cursor(), WHEN, None)
    database.close()
    return len(statements)
