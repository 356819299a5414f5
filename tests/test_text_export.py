"""Anki's text, out and in: what we write Anki reads, and what Anki writes we read."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from anki.collection import ImportCsvRequest
from anki.errors import AnkiException
from anki.import_export_pb2 import CsvMetadata, ExportLimit
from anki.import_export_pb2 import ImportResponse as Response
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from ankibox import AnkiBox
from ankibuild import workflow
from ankibuild.collection import Collection
from ankibuild.importer import delimited, limits
from ankibuild.importer.delimited import SEPARATORS, read_head, records, sniff
from ankibuild.importer.foreign import Foreign, ImportRefusedError
from ankibuild.importer.text_export import UNNAMED, read_text
from ankibuild.outputs import EXPORTS, apkg
from ankibuild.outputs.text_export import LIST, text, write
from ankibuild.rules import Subject
from handmade import RELEASED, collection, every_kind, note, notetypes
from kit import SVG, Repository

# Whatever Anki keeps in a field: it drops control characters, and composes the rest.
WORDS = st.text(
    st.sampled_from("ab1 \t\n\"'#,;|:<>&\\é😀א\u200f\u2028\u00a0")
    | st.characters(exclude_categories=["C"]),
    max_size=30,
).map(lambda words: unicodedata.normalize("NFC", words))
NUMBERS = count()
FRONTS = WORDS.map(lambda words: f"{words}?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("text")


@pytest.fixture(scope="module")
def learner(folder: Path) -> Iterator[AnkiBox]:
    """Somebody who has our notetypes from a package."""
    box = AnkiBox(folder / "learner")
    box.import_package(apkg.write(every_kind(), folder / "arc.apkg", RELEASED))
    yield box
    box.close()


def read(folder: Path, content: str | bytes) -> Foreign:
    path = folder / "cards.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_text(path)


def metadata(box: AnkiBox, content: str) -> CsvMetadata:
    path = box.folder / "cards.txt"
    path.write_bytes(content.encode())
    return box.col.get_csv_metadata(str(path), None)


def import_text(box: AnkiBox, content: str) -> Response.Log:
    known = metadata(box, content)
    path = str(box.folder / "cards.txt")
    return box.col.import_csv(ImportCsvRequest(path=path, metadata=known)).log


def export_text(box: AnkiBox, path: Path, *, html: bool = True) -> Path:
    """Export as the dialog does, with everything that it offers."""
    box.col._backend.export_note_csv(
        out_path=str(path),
        with_html=html,
        with_tags=True,
        with_deck=True,
        with_notetype=True,
        with_guid=True,
        limit=ExportLimit(whole_collection={}),
    )
    return path


def held(box: AnkiBox, guid: str) -> tuple[object, ...]:
    """Give what a collection has of a note, as the text tells it."""
    found = box.note(guid)
    kind = found.note_type()
    assert kind
    return guid, kind["name"], box.deck_of(guid), tuple(found.fields), tuple(found.tags)


def told(what: Collection) -> list[tuple[object, ...]]:
    names = {one.key: one.name for one in what.notetypes}
    return [
        (n.guid, names[n.notetype], n.deck, n.fields, tuple(sorted(n.tags))) for n in what.notes
    ]


def seen(foreign: Foreign) -> list[tuple[object, ...]]:
    return [(n.guid, n.notetype, n.deck, n.fields, tuple(sorted(n.tags))) for n in foreign.notes]


# ------------------------------------------------------------------ what we write


class TestWritten:
    """Our text, in the importer of Anki and in ours."""

    def test_a_learner_who_has_the_deck_gets_nothing_new(self, learner: AnkiBox):
        log = import_text(learner, text(every_kind()))
        assert len(log.duplicate) == log.found_notes == 10
        assert not log.new
        assert not log.updated
        assert [held(learner, one[0]) for one in told(every_kind())] == told(every_kind())

    def test_who_has_no_notetypes_needs_a_package_first(self, tmp_path: Path):
        box = AnkiBox(tmp_path)
        log = import_text(box, text(every_kind()))
        assert len(log.missing_notetype) == log.found_notes == 10
        one_of_each = tuple(n for n in every_kind().notes if n.id.endswith("-1"))
        package = apkg.write(
            replace(every_kind(), notes=one_of_each), tmp_path / "a.apkg", RELEASED
        )
        box.import_package(package)
        log = import_text(box, text(every_kind()))
        assert (len(log.new), len(log.duplicate), len(log.missing_notetype)) == (5, 5, 0)
        assert [held(box, one[0]) for one in told(every_kind())] == told(every_kind())
        box.close()

    @given(fields=st.lists(WORDS, min_size=8, max_size=8), front=FRONTS)
    def test_any_field(self, learner: AnkiBox, folder: Path, fields: list[str], front: str):
        made = note("any", guid=f"#{next(NUMBERS)}\"'", fields=(front, *fields))
        written = text(collection(made))
        log = import_text(learner, written)
        assert len(log.new) == log.found_notes == 1
        assert held(learner, made.guid) == told(collection(made))[0]
        assert seen(read(folder, written)) == told(collection(made))

    def test_the_reader_knows_the_fields(self, folder: Path):
        found = read(folder, text(every_kind()))
        basic = notetypes()[0]
        assert [one.fields for one in found.notetypes] == [tuple(f.name for f in basic.fields)] * 5
        assert [one.name for one in found.notetypes if one.is_cloze] == ["arc Cloze"]
        assert [deck.name for deck in found.decks] == ["Arc::01 Math"]
        assert found.remarks == (
            "1 note with pictures or sounds: a text file has none in it; "
            "export an .apkg with media to have them, too",
        )


class TestFolder:
    """`ankibuild export text`: a file of text, and the media beside it."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        repository = Repository(tmp_path / "decks")
        repository.write("media/square.svg", SVG)
        repository.bank("  - basic: one\n    q: One?\n    a: |\n      ![a square](square.svg)\n")
        found = workflow.load(repository.root)
        assert found.subject, found.problems
        return found.subject

    def test_the_package_and_the_text_are_of_one_mind(self, subject: Subject, tmp_path: Path):
        file, picture = EXPORTS["text"](subject, tmp_path / "text")
        assert file == tmp_path / "text/test-arc.txt"
        assert picture.parent == tmp_path / "text/media"
        assert picture.read_text("utf-8") == subject.collection.media[0].content.decode()
        box = AnkiBox(tmp_path / "box")
        box.import_package(workflow.build(subject, tmp_path / "dist")[0].path)
        log = import_text(box, file.read_text("utf-8"))
        assert (len(log.duplicate), log.found_notes) == (1, 1)
        assert seen(read_text(file)) == told(subject.collection)
        box.close()

    def test_only_an_earlier_export_is_replaced(self, subject: Subject, tmp_path: Path):
        dest = tmp_path / "text"
        write(subject, dest)
        (dest / "mine.md").write_text("Mine.")
        write(subject, dest)
        assert {path.name for path in dest.iterdir()} == {"mine.md", "media", "test-arc.txt", LIST}
        (dest / LIST).unlink()
        with pytest.raises(ValueError, match="no export has written"):
            write(subject, dest)


# ------------------------------------------------------------------ what Anki writes


class TestAnkisOwn:
    """Anki's text, in our reader."""

    @settings(max_examples=40)  # each opens a collection
    @given(front=FRONTS, back=WORDS, tags=st.sets(st.sampled_from(["a", "b::c", "#d", "é"])))
    def test_its_export_is_what_it_has(self, folder: Path, front: str, back: str, tags: set[str]):
        box = AnkiBox(folder / "author")
        try:
            kind = box.col.models.by_name("Basic")
            assert kind
            made = box.col.new_note(kind)
            made.fields, made.tags = [front, back], sorted(tags)
            box.col.add_note(made, box.col.decks.id("A::B"))
            found = read_text(export_text(box, folder / "out.txt"))
            assert held(box, made.guid) in [padded(one) for one in seen(found)]
            assert seen(found) == seen(read_text(export_text(box, folder / "again.txt")))
        finally:
            box.col.remove_notes(box.col.find_notes(""))
            box.close()

    def test_plain_text_becomes_html(self, learner: AnkiBox, folder: Path):
        box = learner
        made = box.col.new_note(box.col.models.by_name("Basic"))
        made.fields = ["1 &lt; 2 &amp; 3", "first<br>second <b>bold</b>"]
        box.col.add_note(made, box.col.decks.id("Plain"))
        found = read_text(export_text(box, folder / "plain.txt", html=False))
        fields = {one.guid: one.fields for one in found.notes}[made.guid]
        assert fields[:2] == ("1 &lt; 2 &amp; 3", "first second bold")


def padded(one: tuple[object, ...]) -> tuple[object, ...]:
    """Give a note of two fields the empty ones at its end, which a text cannot tell."""
    guid, kind, deck, fields, tags = one
    assert isinstance(fields, tuple)
    return guid, kind, deck, (*fields, "", "")[:2], tags


# ------------------------------------------------------------------ what anybody writes


class Reading(Struct, frozen=True):
    """What a file says, as Anki's dialog shows it: the first records, and what holds for all."""

    separator: str
    rows: list[list[str]]
    tags: list[str]
    guid: int
    deck: int
    deck_name: str


HEADS = st.sampled_from(
    [
        *("", "\ufeff", "#html:false\n", "tags:a b\n#deck:x y\n", "#foo\n#a#b:c\n#\n", " #x\n"),
        *("#separator:comma\n#html:false\n", "#separator:,,,\n", "#Separator: Pipe \n"),
        *("#separator:tab\t\t\n#tags:x  y\n#columns:a\tb\n", "#separator:xyz\n", "#columns:a,b\n"),
        *("#guid column:1\n#deck column: 2\t\t\n", "#guid column:02\n#deck column:2x\n"),
        *("#deck column:+2\n#deck:hi\n", "#deck:hi\n#deck column:2\n", "\ufeff#separator:;\r\n"),
    ]
)
PIECES = ["a", "b", '"', '"', "\n", "\n", "\r\n", *"\t,;|: #", "é", "😀", "<", ">"]
BODIES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=30).map("".join)


class TestAsAnkiReads:
    """Separators, quotes, comments and headers mean what they mean to Anki."""

    @given(head=HEADS, body=BODIES)
    @example(head="", body='a"b"\tc\n"a"b"\tc\n"a\tc\n')
    @example(head="#separator:tab\n", body='"a""b"\t"#c"\n#d\te\n"f\r\ng"\th\n\n\t\ni')
    def test_any_text(self, learner: AnkiBox, head: str, body: str):
        try:
            known = metadata(learner, head + body)
        except AnkiException:  # there is nothing in it
            assert not ours(head + body).rows
            return
        theirs = anki_reads(known)
        found = ours(head + body)
        assume(found.separator == theirs.separator)  # see `test_the_separator`
        if known.is_html:  # then the preview has no tags
            theirs, found = replace(theirs, rows=[]), replace(found, rows=[])
        assert replace(found, rows=found.rows[: len(theirs.rows)]) == theirs


def anki_reads(known: CsvMetadata) -> Reading:
    rows = [trimmed(list(row.vals)) for row in known.preview]
    names = dict(zip(range(6), SEPARATORS.values(), strict=True))
    return Reading(
        names[known.delimiter],
        [row for row in rows if row],
        list(known.global_tags),
        known.guid_column,
        known.deck_column,
        known.deck_name,
    )


def ours(content: str) -> Reading:
    lines = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    head, start = read_head(lines)
    separator = head.separator or sniff(lines, start)
    return Reading(
        separator,
        [trimmed(list(row.values)) for row in records(lines, separator, start) if row.values],
        list(head.tags),
        head.columns.get("guid", -1) + 1,
        head.columns.get("deck", -1) + 1,
        "" if "deck" in head.columns else head.deck,
    )


def trimmed(values: list[str]) -> list[str]:
    """Take the line ends of a record to be one, and leave off what the preview fills up."""
    one = [value.replace("\r\n", "\n").replace("\r", "\n") for value in values]
    while one and not one[-1]:
        one.pop()
    return one


class TestGuessed:
    """What a file does not tell."""

    def test_no_head(self, tmp_path: Path):
        found = read(tmp_path, "Q1\tA1\nQ2\tA2\n")
        assert [one.fields for one in found.notes] == [("Q1", "A1"), ("Q2", "A2")]
        assert [one.place for one in found.notes] == ["line 1", "line 2"]
        (kind,) = found.notetypes
        assert (kind.name, kind.fields, kind.is_cloze) == (UNNAMED, ("Field 1", "Field 2"), False)
        assert not found.decks
        assert not found.remarks
        assert found.source == "cards.txt"

    @pytest.mark.parametrize(
        ("content", "separator"),
        [
            ("a, b: c\td\ne\n", "\t"),
            ("a: b, c\nd: e, f, g\n", ":"),
            ("a,https://b\nc,https://d\n", ","),
            ("a: b, c\nd, e\n", ","),
            ("a;b, c\nd;e\n", ";"),
            ("a: b: c, d\ne: f\n", ":"),  # neither parts evenly: the first one, as Anki does
            ("no\nseparator\n", " "),
        ],
    )
    def test_the_separator(self, tmp_path: Path, content: str, separator: str):
        assert sniff(content, 0) == separator
        remarks = read(tmp_path, content).remarks
        guess = any(remark.startswith("columns were parted at each") for remark in remarks)
        assert guess == (separator != "\t")
        assert not read(tmp_path, f"#separator:{separator}\n{content}").remarks[1:]

    def test_labels_name_fields(self, tmp_path: Path):
        found = read(
            tmp_path, "#separator:,\n#columns:Word,,Word,Tags\n#tags column:4\na,b,c,x y\n"
        )
        assert found.notetypes[0].fields == ("Word", "Field 2", "Field 3")
        assert found.notes[0].fields == ("a", "b", "c")
        assert found.notes[0].tags == ("x", "y")

    def test_what_holds_for_all(self, tmp_path: Path):
        found = read(tmp_path, "#notetype:Word\n#deck:A::B\n#tags:x y\n#tags column:2\na\tz x\n")
        (one,) = found.notes
        assert (one.notetype, one.deck, one.tags) == ("Word", "A::B", ("z", "x", "y"))

    def test_a_cloze_is_seen(self, tmp_path: Path):
        head = "#separator:tab\n#notetype column:1\n"
        rows = "A\tx {{c1::y}}\nA\t{{c2,3::y::h}}\nA\tz\nB\tz {{c1::y}}\nB\tz\n"
        found = read(tmp_path, head + rows)
        assert {one.name: one.is_cloze for one in found.notetypes} == {"A": True, "B": False}

    def test_notetypes_have_their_own_width(self, tmp_path: Path):
        head = "#separator:tab\n#notetype column:1\n#tags column:5\n"
        found = read(tmp_path, f"{head}A\t1\t2\t\tt\nB\t1\t2\t3\tt\nA\t1\t\t\tt\n")
        assert [one.fields for one in found.notes] == [("1", "2"), ("1", "2", "3"), ("1", "")]
        assert not found.remarks

    def test_html_is_told_or_seen(self, tmp_path: Path):
        assert read(tmp_path, "a\t<b>x</b> & y\n").notes[0].fields == ("a", "<b>x</b> & y")
        assert read(tmp_path, "a\tx > y & z < 1\n").notes[0].fields[1] == "x &gt; y &amp; z &lt; 1"
        told_so = read(tmp_path, '#html:false\na\t"<b>\nx"\n')
        assert told_so.notes[0].fields == ("a", "&lt;b&gt;<br>x")


class TestRemarks:
    """What is odd is kept as well as it goes, and said with its lines."""

    @pytest.mark.parametrize(
        ("content", "remark"),
        [
            (
                "a\tb\nc\nd\te\tf\n",
                "line 2: fewer columns than the first note; the missing ones are",
            ),
            ("a\tb\nc\nd\te\tf\n", "line 3: more columns than the first note; they are kept"),
            ("a\n" + "b\tc\n" * 7, "lines 2, 3, 4, 5, 6 and 2 more: more columns"),
            ("a\tb\n#c\td\n", "line 2: left out, because what starts with `#` is a comment"),
            ('a\tb\n"c\td\n', 'line 2: a `"` is never closed; all that follows is in one field'),
            ("#guid column:x\na\tb\n", "`#guid column:x` tells nothing"),
            ("#separator:dot\na\tb\n", "`#separator:dot` tells nothing"),
            ("ab\0\tb\n", "NUL characters are left out"),
            (f"#tags:{'a ' * 500_001}\na\tb\n", "`#tags:a a a a"),
            ("#a:b\n" * 1_001 + "a\tb\n", "line 1001: left out, because what starts with `#`"),
            ("a\t[sound:x.mp3]\n", "1 note with pictures or sounds: a text file has none in it"),
        ],
    )
    def test_remark(self, tmp_path: Path, content: str, remark: str):
        found = read(tmp_path, content)
        assert any(said.startswith(remark) for said in found.remarks), found.remarks
        assert len({len(one.fields) for one in found.notes}) == 1
        assert "\0" not in repr(found)

    def test_a_field_that_is_too_long(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(limits, "FIELD", 10)
        found = read(tmp_path, f"a\tb\n{'c' * 11}\td\ne\tf\n")
        assert [one.place for one in found.notes] == ["line 1", "line 3"]
        assert found.remarks == ("line 2: left out, because a field has more than 10 characters",)


class TestRefused:
    """A file that cannot be brought in says why, and what to do."""

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "`cards.txt` has no notes in it"),
            (b"#separator:tab\n#html:true\n\n", "`cards.txt` has no notes in it"),
            ("Größe".encode("latin-1"), "line 1 of `cards.txt` is not UTF-8; save it again"),
            (b"a\r\nb\r\n\xed\xa0\x80", "line 3 of `cards.txt` is not UTF-8"),
            ("a\tb".encode("utf-16"), "is UTF-16, not UTF-8; save it again in the encoding UTF-8"),
            ("a\tb".encode("utf-16-le"), "is UTF-16, not UTF-8"),
            ("a\tb".encode("utf-16-be"), "is UTF-16, not UTF-8"),
        ],
    )
    def test_content(self, tmp_path: Path, content: bytes, reason: str):
        with pytest.raises(ImportRefusedError) as refused:
            read(tmp_path, content)
        assert reason in str(refused.value)

    def test_a_gigabyte(self, tmp_path: Path):
        path = tmp_path / "huge.txt"
        with path.open("wb") as file:
            os.truncate(file.fileno(), 10**9)  # a hole: it takes no room
        with pytest.raises(
            ImportRefusedError, match=r"1,000 MB, and \d+ MB is the most that is read"
        ):
            read_text(path)

    def test_what_grows_meanwhile(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(limits, "TEXT", 4)
        with pytest.raises(ImportRefusedError, match="is the most that is read"):
            read(tmp_path, "a\tbcd\n")

    def test_too_many_notes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(limits, "NOTES", 3)
        assert len(read(tmp_path, "a\tb\n" * 3).notes) == 3
        with pytest.raises(ImportRefusedError, match="more than 3 notes; export deck by deck"):
            read(tmp_path, "a\tb\n" * 4)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("a\tb\n" + "\t" * 40, "line 4 has more than 40 columns"),
            ("a" + "\t" * 39 + "b" + "\na" * 40, "holds more than 0 MB of text"),
            ("\t\t\ta\n" * 40, "holds more than 0 MB of text"),
            (
                f"#tags:{'a ' * 9}{' '.join(map(str, range(99)))}\na\ta\ta\na\ta\ta\n",
                "0 MB of text",
            ),
            ("".join(f"{n}\ta\n" for n in range(5)), "more than 4 notetypes; export deck by deck"),
            ("".join(f"\t{n}\ta\n" for n in range(4)), "more than 3 decks; export deck by deck"),
        ],
    )
    def test_more_than_memory_holds(
        self, tmp_path: Path, content: str, reason: str, monkeypatch: pytest.MonkeyPatch
    ):
        """Empty columns are nothing in a file, and something in memory."""
        for name, most in {"FIELDS": 40, "TEXT": 999, "NOTETYPES": 4, "DECKS": 3}.items():
            monkeypatch.setattr(limits, name, most)
        with pytest.raises(ImportRefusedError, match=reason):
            read(tmp_path, f"#notetype column:1\n#deck column:2\n{content}")

    def test_no_file(self, tmp_path: Path):
        for path in (tmp_path, tmp_path / "none.txt"):
            with pytest.raises(ImportRefusedError, match="is not a file"):
                read_text(path)


def test_quotes_take_a_time_that_grows_with_their_number_only():
    """A pattern that tries again would never end here."""
    (row,) = records('"' + '""' * 500_000 + "a", "\t")
    assert row.values == ('"' * 500_000 + "a",)
    assert len(list(records('a"' * 100_000 + "\n" + '"a"b\n' * 100_000, "\t"))) == 100_001


def test_separators_are_those_of_anki():
    names = CsvMetadata.DESCRIPTOR.enum_types_by_name["Delimiter"].values_by_name
    assert [*delimited.SEPARATORS] == [name.lower() for name in names]
