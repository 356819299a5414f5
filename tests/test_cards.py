"""Our reading of Anki's template language, held against Anki itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ankibox import AnkiBox
from ankibuild import cards, notetypes, workflow
from ankibuild.cards import Card
from ankibuild.notes import Note
from ankibuild.notetypes import Notetype
from reviewer import answered, sides

ROOT = Path(__file__).parent.parent
NOTETYPES = notetypes.make("cards", "https://github.com/o/r")
ANKIS_SCRIPT = ' onkeypress="_typeAnsPress();"'


def as_anki_shows(box: AnkiBox, guid: str) -> list[tuple[str, str]]:
    """Give both sides of a note's cards, as the reviewer shows them if nothing is typed."""
    shown = [answered(box.col, sides(box.col, card), "") for card in ordered(box, guid)]
    return [(bare(side.question), bare(side.answer)) for side in shown]


def ordered(box: AnkiBox, guid: str) -> list[cards.Card]:
    return sorted(box.cards(guid), key=lambda card: card.ord)


def bare(side: str) -> str:
    """Take off the style that Anki puts before a side, and its handler for the return key."""
    return side.partition("</style>")[2].replace(ANKIS_SCRIPT, "")


def as_we_show(shown: tuple[Card, ...]) -> list[tuple[str, str]]:
    return [(card.question, card.answer) for card in shown]


# ------------------------------------------------------------------ our decks


def test_our_own_cards_are_ankis_to_the_byte(tmp_path: Path):
    subject = workflow.load(ROOT).subject
    assert subject is not None
    product = workflow.build(subject, tmp_path / "dist")[0]
    box = AnkiBox(tmp_path / "learner")
    try:
        box.import_package(product.path)
        kinds = {notetype.key: notetype for notetype in subject.collection.notetypes}
        for note in subject.collection.notes:
            ours = cards.of(note, kinds[note.notetype])
            assert as_we_show(ours) == as_anki_shows(box, note.guid), note.id
            assert [c.number for c in ours] == [c.ord for c in ordered(box, note.guid)]
    finally:
        box.close()


# ------------------------------------------------------------------ any fields

PIECES = (
    *("{{c1::", "{{c2::", "{{c3::", "}}", "::", "{{", "{{c", "{{c1:", ":", "}", "{"),
    *(
        r"\(",
        r"\)",
        r"\[",
        r"\]",
        r"\frac{a}{b}",
        "&lt;",
        "&amp;",
        "&#x27;",
        "'",
        '"',
        "=",
        "é",
        "漢",
    ),
    *("<b>", "</b>", "<br>", "<div>", "</div>", "<code>", "</code>", "<!-- x -->", "{{Front}}"),
    *("word", "漢", " ", "\n", "7", "_", "/"),
)
TEXT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
CLOZE = TEXT.map(lambda text: f"{{{{c1::a}}}} {text}")
EMPTY = st.sampled_from(["", " ", "<br>", "<div></div>", "&nbsp;", "<BR/>\n"])
PLAIN = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnkiBox]:
    made = AnkiBox(tmp_path_factory.mktemp("cards") / "learner")
    for notetype in NOTETYPES.values():
        add(made, notetype)
    yield made
    made.close()


def add(box: AnkiBox, notetype: Notetype) -> None:
    """Put one of our notetypes into Anki."""
    models = box.col.models
    made = models.new(notetype.name)
    made["type"], made["css"] = int(notetype.is_cloze), notetype.css
    for field in notetype.fields:
        models.add_field(made, models.new_field(field.name))
    for template in notetype.templates:
        added = models.new_template(template.name)
        added["qfmt"], added["afmt"] = template.question, template.answer
        models.add_template(made, added)
    models.add_dict(made)


def compare(box: AnkiBox, key: str, fields: list[str]) -> None:
    """Give fields to Anki, and render what it has kept of them."""
    notetype = NOTETYPES[key]
    made = box.col.new_note(box.col.models.by_name(notetype.name))
    made.fields = fields
    box.col.add_note(made, 1)
    kept = box.note(made.guid)
    numbers = tuple(card.ord for card in kept.cards())
    note = Note("id", made.guid, key, "deck", tuple(kept.fields), (), numbers, 1)
    pairs = zip(as_we_show(cards.of(note, notetype)), as_anki_shows(box, made.guid), strict=True)
    for ours, ankis in pairs:
        # Where there is nothing to ask, Anki says so; the rules do not let it come to that.
        assert ours == ankis or all("docs.ankiweb.net" in side for side in ankis)


@given(key=st.sampled_from(["basic", "reversed", "drill"]), data=st.data())
def test_plain_cards_are_ankis(box: AnkiBox, key: str, data: st.DataObject):
    """The first field is filled: without it, Anki makes no card."""
    others = data.draw(st.lists(TEXT | EMPTY, min_size=8, max_size=8))
    compare(box, key, ["front", *others])


@given(text=CLOZE, others=st.lists(TEXT | EMPTY, min_size=8, max_size=8))
def test_gaps_are_ankis(box: AnkiBox, text: str, others: list[str]):
    compare(box, "cloze", [text, *others])


@given(answer=PLAIN, hint=TEXT)
def test_a_typed_answer_is_ankis(box: AnkiBox, answer: str, hint: str):
    from ankibuild.markdown import plain

    compare(box, "typein", ["front", plain(answer), hint, *[""] * 6])


@pytest.mark.parametrize(
    "text",
    [
        "{{c1::a {{c2::b::g}} c}} {{c1::a::h1{{c2::b}}h2::x}}",
        r"{{c2::\[x<br>y\]}} {{c1::\(a &lt; b\)}} \({{c1::a^{2} }} + \text{<b>k</b>}\) }}",
        "{{c1::" * 12 + "x" + "}}" * 12,
        "{{c1::never closed {{c2::closed}}",
        '{{c1::"q" & <i a="b">é漢</i>}} {{c01::k}} {{c0::z}} {{c1::x::}}',
        r"{{c1::x}} \(a {{c2::b \) c}} \)",
    ],
)
def test_nasty_gaps_are_ankis(box: AnkiBox, text: str):
    compare(box, "cloze", [text, *[""] * 8])


def test_a_template_that_uses_more_raises():
    note = Note("id", "guid", "basic", "deck", ("a",) * 9, (), (0,), 1)
    for template, missing in (("{{Nothing}}", "Nothing"), ("{{hint:Front}}", "hint")):
        made = notetypes.Template("t", 1, template, "")
        basic = NOTETYPES["basic"]
        odd = Notetype("basic", 1, "odd", basic.fields, (made,), "")
        with pytest.raises(KeyError, match=missing):
            cards.of(note, odd)
