"""The real backend reads what we write: the gaps, their hints, and all the text in them."""

from __future__ import annotations

import html
import re
import string
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from anki.collection import Collection
from anki.notes import Note
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ankibuild.markdown import render


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    opened = Collection(str(Path(tmp_path_factory.mktemp("anki")) / "collection.anki2"))
    yield opened
    opened.close()


CODE = st.text(string.ascii_letters + "{}:<>()[]\\$*_|#&;'\" =.", min_size=1, max_size=25).map(
    lambda code: code.strip() or "x"
)
TEX = st.sampled_from(
    ["x^{2}", "a_{1} + b", "\\frac{a}{b_{c} }", "x < y", "A::B", "f:X", "P(A|B)", "\\{a\\}"]
)
WORD = st.text(string.ascii_letters, min_size=1, max_size=8)
PIECE = (
    st.tuples(st.just("code"), CODE)
    | st.tuples(st.just("tex"), TEX)
    | st.tuples(st.just("word"), WORD)
)
CONTENT = st.lists(PIECE, min_size=1, max_size=3)
GAPS = st.lists(st.tuples(CONTENT, WORD | st.none(), CONTENT), min_size=1, max_size=4)

Content = list[tuple[str, str]]


def written(content: Content) -> str:
    forms = {"code": "`{}`", "tex": "${}$", "word": "{}"}
    return " ".join(forms[kind].format(text) for kind, text in content)


def read(content: Content) -> str:
    """Return the text that a learner's browser would find in the card."""
    forms = {"code": "{}", "tex": "\\({}\\)", "word": "{}"}
    return " ".join(forms[kind].format(text) for kind, text in content)


def text_of(markup: str) -> str:
    markup = re.sub(r"(?s)<style>.*?</style>", "", markup)
    return unicodedata.normalize("NFC", html.unescape(re.sub(r"<[^>]*>", "", markup)))


def cloze_note(collection: Collection, field: str) -> Note:
    notetype = collection.models.by_name("Cloze")
    assert notetype is not None
    note = collection.new_note(notetype)
    note.fields[0] = field
    collection.add_note(note, collection.decks.get_current_id())
    return note


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(gaps=GAPS)  # fmt: skip
def test_anki_finds_the_gaps_and_shows_what_was_written(
    collection: Collection, gaps: list[tuple[Content, str | None, Content]]
) -> None:
    text = " ".join(
        f"{{{{c{number}::{written(content)}{'::' + hint if hint else ''}}}}} {written(after)}"
        for number, (content, hint, after) in enumerate(gaps, 1)
    )
    rendered = render(text, cloze=True)
    assert [p for p in rendered.problems if p.rule != "cloze-in-code"] == []
    note = cloze_note(collection, rendered.html)
    assert sorted(note.cloze_numbers_in_fields()) == list(range(1, len(gaps) + 1))
    whole = " ".join(f"{read(content)} {read(after)}" for content, _, after in gaps)
    for number, card in enumerate(note.cards(), 1):
        assert text_of(card.answer()).strip() == whole.strip()
        assert text_of(card.question()).strip() == asked(gaps, number).strip()


def asked(gaps: list[tuple[Content, str | None, Content]], number: int) -> str:
    parts = []
    for n, (content, hint, after) in enumerate(gaps, 1):
        parts.append(f"[{hint or '...'}]" if n == number else read(content))
        parts.append(read(after))
    return " ".join(parts)


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("${{c1::x^2}} = {{c2::y::letter}}$", "\\([...] = y\\)", "\\(x^2 = y\\)"),
        ("{{c1::a {{c2::b}} c}}", "[...]", "a b c"),
        ("{{c1::\n- a\n- b\n::two}}", "[two]", "a\nb"),
        ("{{c1::\n```text\n{{x}}::y}}\n```\n}}", "[...]", "{{x}}::y}}"),
        ("{{c1::a\\}}}", "[...]", "a}"),
        ("{{c1::a\\:::b}}", "[b]", "a:"),
        ("`{{c7::x}}` {{c1::a}}", "{{c7::x}} [...]", "{{c7::x}} a"),
        ("`\\(` {{c1::a}} `\\)` b", "\\( [...] \\) b", "\\( a \\) b"),
    ],
)
def test_anki_shows_hard_cases(
    collection: Collection, text: str, question: str, answer: str
) -> None:
    rendered = render(text, cloze=True)
    note = cloze_note(collection, rendered.html)
    assert tuple(sorted(note.cloze_numbers_in_fields())) == rendered.clozes
    card = note.cards()[0]
    assert text_of(card.question()).strip() == question
    assert text_of(card.answer()).strip() == answer


def test_anki_would_be_fooled_without_the_guards(collection: Collection) -> None:
    note = cloze_note(collection, "{{c1::<code>{a: {b: c}}</code>}}")
    assert text_of(note.cards()[0].answer()) != "{a: {b: c}}"
