"""What the real Anki makes of our packages: imports, and releases over what a learner did."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from ankibox import AnkiBox, Imported
from ankibuild.collection import Collection, Media
from ankibuild.decks import Deck
from ankibuild.outputs.apkg import write
from handmade import (
    DAY,
    DECKS,
    KINDS,
    RELEASED,
    collection,
    every_kind,
    note,
    notetypes,
    with_field,
)

SECOND = RELEASED + DAY
THIRD = SECOND + DAY


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AnkiBox]:
    box = AnkiBox(tmp_path / "learner")
    yield box
    box.close()


@pytest.fixture
def released(box: AnkiBox, tmp_path: Path) -> AnkiBox:
    """A learner who has imported the first release."""
    publish(box, tmp_path, every_kind(), RELEASED)
    return box


def publish(box: AnkiBox, folder: Path, what: Collection, when: int, **options: object) -> Imported:
    return box.import_package(write(what, folder / f"arc-{when}.apkg", when), **options)


def changed(what: Collection, id_: str, **changes: object) -> Collection:
    """Change one note of a collection; the mod is not bumped unless asked for."""
    notes = tuple(replace(n, **changes) if n.id == id_ else n for n in what.notes)
    return replace(what, notes=notes)


def edited(what: Collection, id_: str, text: str, mod: int) -> Collection:
    """Put another text into the second field of a note, with the mod of its release."""
    notes = tuple(
        replace(with_field(n, 1, text), mod=mod) if n.id == id_ else n for n in what.notes
    )
    return replace(what, notes=notes)


class TestFirstImport:
    def test_everything_is_new_and_the_same_again_changes_nothing(
        self, box: AnkiBox, tmp_path: Path
    ):
        """1. first import: new = N, conflicting 0; the same file again: duplicate = N."""
        every = every_kind()
        assert publish(box, tmp_path, every, RELEASED).counts == (10, 0, 0, 0)
        before = box.col.db.all("select * from notes"), box.col.db.all("select * from cards")
        assert publish(box, tmp_path, every, RELEASED).counts == (0, 0, 10, 0)
        after = box.col.db.all("select * from notes"), box.col.db.all("select * from cards")
        assert after == before

    def test_anki_finds_nothing_wrong(self, released: AnkiBox):
        """3. to 6. empty cards, media, integrity, cards of notes, templates, rendering."""
        assert released.lint() == []

    def test_notes_arrive_as_they_were_given(self, released: AnkiBox):
        for ours in every_kind().notes:
            theirs = released.note(ours.guid)
            assert tuple(theirs.fields) == ours.fields
            assert sorted(theirs.tags) == sorted(ours.tags)
            assert theirs.mod == ours.mod
            assert tuple(card.ord for card in theirs.cards()) == ours.cards
            assert released.deck_of(ours.guid) == ours.deck

    def test_notetypes_arrive_as_they_were_given(self, released: AnkiBox):
        """Names are prefixed: no `Name+`; every field and template keeps its id."""
        assert released.notetype_names() == {notetype.name for notetype in notetypes()}
        for ours in notetypes():
            theirs = released.col.models.by_name(ours.name)
            assert (theirs["id"], theirs["mod"], theirs["sortf"]) == (ours.id, ours.mod, 0)
            assert [(f["name"], f["id"]) for f in theirs["flds"]] == [
                (field.name, field.id) for field in ours.fields
            ]
            assert [(t["name"], t["id"]) for t in theirs["tmpls"]] == [
                (template.name, template.id) for template in ours.templates
            ]

    def test_notetypes_without_notes_do_not_arrive(self, box: AnkiBox, tmp_path: Path):
        publish(box, tmp_path, collection(note("a")), RELEASED)
        ours = [n for n in box.col.models.all_names_and_ids() if n.name.startswith("arc ")]
        assert [notetype.name for notetype in ours] == ["arc Basic"]

    def test_due_arrives_exactly_as_written(self, box: AnkiBox, tmp_path: Path):
        """`due` arrives exactly as written, and decides the order inside a deck."""
        notes = [
            note("last", due=999_000),
            note("first", due=10),
            note("second", "reversed", due=35),
        ]
        publish(box, tmp_path, collection(*notes), RELEASED)
        in_order = "select guid, due from cards c join notes n on n.id = nid order by due, ord"
        assert [tuple(row) for row in box.col.db.all(in_order)] == [
            ("arc/first", 10),
            ("arc/second", 35),
            ("arc/second", 35),
            ("arc/last", 999_000),
        ]
        box.col.decks.select(box.col.decks.id("Arc"))
        assert box.col.sched.get_queued_cards().cards[0].card.due == 10

    def test_only_media_that_a_field_names_arrive(self, box: AnkiBox, tmp_path: Path):
        """Others are copied only if a field of an added note refers to them."""
        spare = Media("spare-00000000.svg", b"<svg/>")
        every = every_kind()
        publish(box, tmp_path, replace(every, media=(*every.media, spare)), RELEASED)
        folder = Path(box.col.media.dir())
        assert (folder / "loss-3fa9c1d2.svg").read_bytes() == every.media[0].content
        assert not (folder / spare.name).exists()

    def test_decks_bring_descriptions_in_markdown_and_no_preset(self, released: AnkiBox):
        """A parent deck object without cards still delivers its description."""
        for ours in (DECKS[0], DECKS[1]):
            theirs = released.col.decks.by_name(ours.name)
            assert (theirs["desc"], theirs["md"], theirs["conf"]) == (ours.description, True, 1)
        assert len(released.col.decks.all_config()) == 1

    def test_a_childless_deck_without_cards_does_not_arrive(self, released: AnkiBox):
        assert released.col.decks.by_name("Arc::02 Training") is None

    def test_another_note_of_the_learner_is_left_alone(self, box: AnkiBox, tmp_path: Path):
        """Anki moves colliding ids and re-attaches cards by guid."""
        ours = note("a")
        publish(box, tmp_path, collection(ours), RELEASED)
        number = box.note(ours.guid).id
        box.col.db.execute("update notes set guid = 'own', mod = ?", SECOND)
        assert publish(box, tmp_path, collection(ours), RELEASED).counts == (1, 0, 0, 0)
        assert box.note("own").id == number != box.note(ours.guid).id
        assert len(box.cards(ours.guid)) == 1


class TestRendering:
    def test_unused_fields_are_invisible(self, box: AnkiBox, tmp_path: Path):
        """Unused fields are invisible and free."""
        bare = [
            replace(note(kind, kind), fields=(*note(kind, kind).fields[:2], *[""] * 7))
            for kind in KINDS
        ]
        publish(box, tmp_path, collection(*bare), RELEASED)
        for ours in bare:
            for html in box.rendered(ours.guid):
                text = re.sub(r"(?s)<style>.*?</style>", "", html)
                assert not re.search('class="(hint|x|src|meta)"', text)
        assert box.lint() == []

    @pytest.mark.parametrize("kind", KINDS)
    def test_context_and_hint_on_the_question_the_rest_on_the_answer(
        self, released: AnkiBox, kind: str
    ):
        question, answer = released.rendered(f"arc/{kind}-1")
        assert '<div class="meta">Math · Vectors</div>' in question
        assert '<details class="hint"><summary>Hint</summary>A hint.</details>' in question
        assert '<div class="meta">Math · Vectors</div>' in answer
        assert answer.count('<div class="x">More.</div>') == 1
        assert answer.count(f'<div class="id">{kind}-1</div>') == 1
        assert 'class="x"' not in question
        assert answer.count("<hr id=answer>") == 1

    def test_both_directions_of_a_reversed_note(self, released: AnkiBox):
        """Card 1 asks for the definition, card 2 for the term."""
        first, second = (released.rendered("arc/reversed-1", number) for number in (0, 1))
        assert "What is it?" in first[0]
        assert "What is meant by it" not in first[0]
        assert "Which term is meant?" in second[0]
        assert "<p>reversed-1</p>" not in second[0]
        assert '<div class="a"><p>reversed-1</p></div>' in second[1]

    def test_gaps_of_a_cloze(self, released: AnkiBox):
        first, second = (released.rendered("arc/cloze-1", number) for number in (0, 1))
        assert "[...]" in first[0]
        assert "two" in first[0]
        assert "[hint]" in second[0]
        assert '<span class="cloze" data-ordinal="2">two</span>' in second[1]
        assert '<div class="a"><p>More.</p></div>' in second[1]

    def test_a_typed_answer_is_asked_for_and_compared(self, released: AnkiBox):
        for html in released.rendered("arc/typein-1"):
            assert html.count("[[type:Back]]") == 1
        assert "np.einsum" not in released.rendered("arc/typein-1")[0]

    def test_a_drill_picks_its_row_after_the_rows(self, released: AnkiBox):
        """`{{FrontSide}}` runs the front's script again; the last one sees both lists."""
        question, answer = released.rendered("arc/drill-1")
        assert question.rindex('class="rows"') < question.rindex("<script>")
        assert answer.rindex('class="rows"') < answer.rindex("<script>")
        assert answer.count('class="rows"') == 2


def learn(box: AnkiBox, guid: str) -> None:
    """Do all that a learner does to a note which the next release changes."""
    box.review(guid)
    box.flag(guid, 3)
    box.move(guid, "My own deck")


class TestNextRelease:
    """2. previous release, then this one: updated = exactly what changed, and nothing is lost."""

    def test_exactly_the_changed_notes_are_updated(self, released: AnkiBox, tmp_path: Path):
        stamp = released.schema_stamp()
        second = edited(every_kind(), "basic-2", "A better answer.", SECOND)
        second = replace(second, notes=(*second.notes, note("new", mod=SECOND)))
        log = publish(released, tmp_path, second, SECOND)
        assert log.updated == {"arc/basic-2"}
        assert log.new == {"arc/new"}
        assert log.counts == (1, 1, 9, 0)
        assert released.note("arc/basic-2")["Back"] == "A better answer."
        assert released.note("arc/basic-2").mod == SECOND
        assert released.schema_stamp() == stamp
        assert released.lint() == []

    def test_a_new_guid_is_another_note_and_the_old_one_a_correction(
        self, released: AnkiBox, tmp_path: Path
    ):
        """MUST give every note a guid that does not depend on its text."""
        second = changed(every_kind(), "basic-2", fields=("Rewritten", *[""] * 8), mod=SECOND)
        publish(released, tmp_path, second, SECOND)
        assert released.guids() == {n.guid for n in every_kind().notes}

    def test_reviews_flags_and_decks_survive_an_update(self, released: AnkiBox, tmp_path: Path):
        """Cards that exist are never changed: schedule, flags, suspension, deck, position."""
        learn(released, "arc/cloze-1")
        released.suspend("arc/reversed-1")
        before = [released.schedule(guid) for guid in ("arc/cloze-1", "arc/reversed-1")]
        second = changed(every_kind(), "cloze-1", mod=SECOND, tags=("new",), due=77)
        second = changed(second, "reversed-1", mod=SECOND, due=78, deck="Arc::02 Training")
        log = publish(released, tmp_path, second, SECOND)
        assert log.updated == {"arc/cloze-1", "arc/reversed-1"}
        after = [released.schedule(guid) for guid in ("arc/cloze-1", "arc/reversed-1")]
        assert after == before
        assert released.deck_of("arc/cloze-1") == "My own deck"
        assert before[0][0][7] == 1  # it has been reviewed
        assert {card[2:4] == [0, -1] for card in before[1]} == {True}  # it is suspended
        assert released.lint() == []

    def test_own_edits_and_tags_last_while_we_change_nothing(
        self, released: AnkiBox, tmp_path: Path
    ):
        """MUST keep the stamp while nothing changes: else it wipes personal tags."""
        released.tag("arc/basic-2", "mine")
        released.edit("arc/typein-1", "Extra", "My mnemonic")
        second = edited(every_kind(), "drill-1", "Another.", SECOND)
        assert publish(released, tmp_path, second, SECOND).updated == {"arc/drill-1"}
        assert "mine" in released.note("arc/basic-2").tags
        assert released.note("arc/typein-1")["Extra"] == "My mnemonic"

    def test_a_change_of_ours_replaces_fields_and_tags(self, released: AnkiBox, tmp_path: Path):
        """A later mod wins: an update replaces all fields and all tags."""
        number = released.note("arc/basic-2").id
        released.tag("arc/basic-2", "mine")
        later = released.note("arc/basic-2").mod + 1
        second = changed(every_kind(), "basic-2", tags=("ours",), mod=later)
        assert publish(released, tmp_path, second, later).updated == {"arc/basic-2"}
        assert released.note("arc/basic-2").tags == ["ours"]
        assert released.note("arc/basic-2").id == number

    def test_an_older_stamp_than_the_learners_edit_is_ignored(
        self, released: AnkiBox, tmp_path: Path
    ):
        """A note is updated if and only if package mod > mod in the collection."""
        released.edit("arc/basic-2", "Back", "Mine")
        second = edited(every_kind(), "basic-2", "Ours", SECOND)
        assert publish(released, tmp_path, second, SECOND).updated == set()
        assert released.note("arc/basic-2")["Back"] == "Mine"

    def test_content_without_a_new_mod_does_not_arrive(self, released: AnkiBox, tmp_path: Path):
        """Content is never compared."""
        second = edited(every_kind(), "basic-2", "Silently changed", RELEASED)
        assert publish(released, tmp_path, second, SECOND).counts == (0, 0, 10, 0)
        assert released.note("arc/basic-2")["Back"] != "Silently changed"

    def test_a_reversal_arrives_with_a_new_mod(self, released: AnkiBox, tmp_path: Path):
        """MUST bump on every change, reverts included."""
        original = every_kind().notes[1].fields[1]
        publish(released, tmp_path, edited(every_kind(), "basic-2", "Wrong.", SECOND), SECOND)
        assert publish(released, tmp_path, every_kind(), THIRD).updated == set()
        assert released.note("arc/basic-2")["Back"] == "Wrong."
        third = edited(every_kind(), "basic-2", original, THIRD)
        assert publish(released, tmp_path, third, THIRD).updated == {"arc/basic-2"}
        assert released.note("arc/basic-2")["Back"] == original

    def test_a_change_of_tags_is_a_change(self, released: AnkiBox, tmp_path: Path):
        """A tag change counts as a content change (new mod)."""
        second = changed(every_kind(), "basic-2", tags=("level::2",), mod=SECOND)
        assert publish(released, tmp_path, second, SECOND).updated == {"arc/basic-2"}
        assert released.note("arc/basic-2").tags == ["level::2"]

    def test_a_new_gap_brings_its_card_with_the_new_text(self, released: AnkiBox, tmp_path: Path):
        """Adding a cloze is safe (with a new mod)."""
        released.review("arc/cloze-1")
        before = released.schedule("arc/cloze-1")
        text = "{{c1::one}}, {{c2::two}} and {{c3::three}}"
        notes = every_kind().notes
        grown = [
            replace(with_field(n, 0, text), cards=(0, 1, 2), mod=SECOND) if n.id == "cloze-1" else n
            for n in notes
        ]
        publish(released, tmp_path, replace(every_kind(), notes=tuple(grown)), SECOND)
        assert released.schedule("arc/cloze-1")[:2] == before
        assert len(released.cards("arc/cloze-1")) == 3
        assert released.lint() == []

    def test_what_is_left_out_stays(self, released: AnkiBox, tmp_path: Path):
        """Leaving a note out changes nothing for existing learners."""
        second = replace(every_kind(), notes=every_kind().notes[:1])
        assert publish(released, tmp_path, second, SECOND).counts == (0, 0, 1, 0)
        assert len(released.guids()) == 10

    def test_what_a_learner_deleted_comes_back(self, released: AnkiBox, tmp_path: Path):
        released.delete("arc/basic-2")
        assert publish(released, tmp_path, every_kind(), RELEASED).new == {"arc/basic-2"}
        assert released.lint() == []

    def test_a_changed_picture_has_another_name_and_arrives(
        self, released: AnkiBox, tmp_path: Path
    ):
        """A changed picture changes the field, hence the mod, hence is delivered."""
        picture = Media("loss-77777777.svg", b"<svg>new</svg>")
        second = edited(every_kind(), "basic-1", f'<img src="{picture.name}">', SECOND)
        publish(released, tmp_path, replace(second, media=(picture,)), SECOND)
        folder = Path(released.col.media.dir())
        assert (folder / picture.name).read_bytes() == picture.content

    def test_a_description_arrives_without_a_mod(self, released: AnkiBox, tmp_path: Path):
        """Description: a non-empty one always overwrites, an empty one never erases."""
        decks = (replace(DECKS[0], description="Version 2."), *DECKS[1:])
        publish(released, tmp_path, replace(every_kind(), decks=decks), SECOND)
        assert released.col.decks.by_name("Arc")["desc"] == "Version 2."
        decks = (replace(DECKS[0], description=""), *DECKS[1:])
        publish(released, tmp_path, replace(every_kind(), decks=decks), THIRD)
        assert released.col.decks.by_name("Arc")["desc"] == "Version 2."

    def test_the_learners_preset_stays(self, released: AnkiBox, tmp_path: Path):
        """With `conf` 1 the learner's preset is left alone."""
        own = released.col.decks.add_config_returning_id("Mine")
        deck = released.col.decks.by_name("Arc::01 Math")
        released.col.decks.set_config_id_for_deck_dict(deck, own)
        publish(released, tmp_path, every_kind(), SECOND, with_deck_configs=True)
        assert released.col.decks.by_name("Arc::01 Math")["conf"] == own

    def test_a_retired_question_leaves_empty_cards(self, released: AnkiBox):
        """To retire a card: an EMPTY first field. Empty Cards then offers to delete the note."""
        for kind in KINDS:
            first = "Text" if kind == "cloze" else "Front"
            released.edit(f"arc/{kind}-1", first, "")
        report = released.col.get_empty_cards()
        assert {released.col.get_note(n.note_id).guid for n in report.notes} == {
            f"arc/{kind}-1" for kind in KINDS
        }
        assert all(found.will_delete_note for found in report.notes)


def restyled(what: Collection, mod: int) -> Collection:
    types = tuple(replace(n, css=n.css + ".card { color: teal }", mod=mod) for n in what.notetypes)
    return replace(what, notetypes=types)


class TestNextNotetype:
    @pytest.mark.parametrize("merge", [False, True])
    def test_a_style_arrives_with_a_newer_mod(self, released: AnkiBox, tmp_path: Path, merge: bool):
        """Safe with a newer notetype mod: CSS, template HTML."""
        learn(released, "arc/drill-1")
        before, stamp = released.schedule("arc/drill-1"), released.schema_stamp()
        second = restyled(every_kind(), SECOND)
        log = publish(released, tmp_path, second, SECOND, merge_notetypes=merge)
        assert log.counts == (0, 0, 10, 0)
        assert "teal" in released.rendered("arc/basic-1")[0]
        assert released.notetype_names() == {notetype.name for notetype in notetypes()}
        assert released.schedule("arc/drill-1") == before
        assert released.schema_stamp() == stamp
        assert released.lint() == []

    def test_a_style_with_the_same_mod_does_not_arrive(self, released: AnkiBox, tmp_path: Path):
        """With an equal or older mod: ignored."""
        publish(released, tmp_path, restyled(every_kind(), RELEASED), SECOND)
        assert "teal" not in released.rendered("arc/basic-1")[0]

    def test_a_learner_who_renamed_a_field_keeps_getting_updates(
        self, released: AnkiBox, tmp_path: Path
    ):
        """Only with ids are renames safe, ours or the learner's."""
        notetype = released.col.models.by_name("arc Basic")
        released.col.models.rename_field(notetype, notetype["flds"][1], "Answer")
        released.col.models.update_dict(notetype)
        second = edited(every_kind(), "basic-2", "A better answer.", SECOND)
        log = publish(released, tmp_path, second, SECOND)
        assert (log.updated, log.conflicting) == ({"arc/basic-2"}, set())
        assert released.note("arc/basic-2").fields[1] == "A better answer."
        assert "arc Basic+" not in released.notetype_names()


class TestSideBySide:
    def test_two_namespaces_live_in_one_collection(self, released: AnkiBox, tmp_path: Path):
        """A fork of the same questions, with another namespace, is another deck."""
        fork = replace(
            every_kind(),
            notes=tuple(
                replace(n, guid=f"fork/{n.id}", deck=f"Fork::{n.deck}") for n in every_kind().notes
            ),
            notetypes=notetypes("fork"),
            decks=tuple(Deck(f"Fork::{d.name}", d.id, "Forked.") for d in DECKS),
        )
        assert publish(released, tmp_path, fork, SECOND).counts == (10, 0, 0, 0)
        ours, theirs = released.note("arc/basic-2"), released.note("fork/basic-2")
        assert ours.note_type()["name"] == "arc Basic"
        assert theirs.note_type()["name"] == "fork Basic"
        assert released.deck_of("fork/basic-2") == "Fork::Arc::01 Math"
        assert released.col.decks.by_name("Arc")["desc"] == DECKS[0].description
        duplicates = "duplicate first field"
        assert [problem for problem in released.lint() if duplicates not in problem] == []

        third = edited(every_kind(), "basic-2", "Ours alone.", THIRD)
        assert publish(released, tmp_path, third, THIRD).updated == {"arc/basic-2"}
        assert released.note("fork/basic-2")["Back"] == every_kind().notes[1].fields[1]

    def test_a_notetype_of_the_same_name_is_not_touched(self, box: AnkiBox, tmp_path: Path):
        """On a clash with another notetype ours becomes `Name+`; ours are never one for another."""
        own = box.col.models.by_name("Basic")
        before = json.dumps(own, sort_keys=True)
        publish(box, tmp_path, every_kind(), RELEASED)
        assert json.dumps(box.col.models.by_name("Basic"), sort_keys=True) == before


class TestTheBoxItself:
    """A lint that finds nothing is only worth something if it finds what is there."""

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("no gap", "empty cards"),
            ("{{c1::x}} {{c3::y}}", "has the gaps {1, 3} and the cards {1, 2}"),
            ("{{c1::x}} {{c2::y}} <img src='no.png'>", "media file no.png is missing"),
            ("{{c1::x}} {{c2::y}} [latex]x[/latex]", "media file latex-"),
        ],
    )
    def test_lint_finds_a_broken_cloze(self, box: AnkiBox, tmp_path: Path, text: str, problem: str):
        broken = with_field(note("a", "cloze"), 0, text)
        publish(box, tmp_path, collection(broken), RELEASED)
        assert problem in "\n".join(box.lint())

    def test_lint_finds_a_broken_template(self, box: AnkiBox, tmp_path: Path):
        basic, *others = notetypes()
        (template,) = basic.templates
        wrong = replace(template, question=template.question.replace("{{Hint}}", "{{Hnit}}"))
        types = (replace(basic, templates=(wrong,)), *others)
        publish(box, tmp_path, collection(note("a"), notetypes=types), RELEASED)
        found = "\n".join(box.lint())
        assert "notetype arc Basic:" in found
        assert "has a problem" in found

    def test_lint_finds_questions_asked_twice_and_unused_media(
        self, released: AnkiBox, tmp_path: Path
    ):
        (Path(released.col.media.dir()) / "unused.svg").write_bytes(b"<svg/>")
        released.edit("arc/basic-1", "Front", "Same?")
        released.edit("arc/basic-2", "Front", "Same?")
        found = "\n".join(released.lint())
        assert "have one first field: Same?" in found
        assert "media file unused.svg is unused" in found

    def test_lint_leaves_the_collection_as_it_is(self, released: AnkiBox):
        mods = {n["name"]: n["mod"] for n in released.col.models.all()}
        released.lint()
        assert {n["name"]: n["mod"] for n in released.col.models.all()} == mods
