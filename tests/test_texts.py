"""What a bank's texts became is remembered, and never stale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import decode, encode

from ankibuild import markdown, texts
from ankibuild.cache import Store
from ankibuild.markdown import Rendered, render
from ankibuild.texts import Texts

EVERYTHING = """\
In $\\\\frac{{c1}}{2}$ and `code`, ![a line](line.svg) shows {{c1::$x^{2}$::a hint}}.

- > {{c2::deep $y$}}

| a |
|---|
| $z$ |

```python
print(1)
```

[not](a link) \\(\\bad and ![nothing](gone.svg) {{c1::
"""
NAMES = {"line.svg": "line-0123.svg"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, "texts")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the texts that were rendered, as they are."""
    found: list[str] = []

    def spy(text: str, **options: Any) -> Rendered:
        found.append(text)
        return render(text, **options)

    monkeypatch.setattr(markdown, "render", spy)
    return found


def again(store: Store, *asked: str, bank: str = "a.yaml", **media: str) -> list[Rendered]:
    """Render texts of a bank as another process would."""
    room = Texts(store, bank)
    made = [room.render(text, cloze=True, media=media) for text in asked]
    room.keep()
    return made


def test_only_the_text_that_changed_is_rendered(store: Store, asked: list[str]):
    again(store, "one", "two", "three")
    asked.clear()
    again(store, "one", "2", "three")
    assert asked == ["2"]


def test_what_was_remembered_is_what_would_be_made(store: Store):
    made = render(EVERYTHING, cloze=True, media=NAMES)
    assert all((made.formulas, made.problems, made.images, made.clozes))
    again(store, EVERYTHING, **NAMES)
    (found,) = again(store, EVERYTHING, **NAMES)
    assert found == made


@given(text=st.text(alphabet="ab1$\\`{c:}*_|->\n ![](x.svg)~#", max_size=60), cloze=st.booleans())
def test_data_is_the_same_after_a_file(text: str, cloze: bool):
    made = render(text, cloze=cloze, media=NAMES)
    found = decode(encode(made), type=Rendered)
    assert found == made


def test_a_figure_makes_another_text_and_none_does_not(store: Store, asked: list[str]):
    shown = "![a line](line.svg)"
    again(store, shown, "none")
    asked.clear()
    before, _ = again(store, shown, "none", **{"line.svg": "line-1.svg"})
    assert asked == [shown]
    after, _ = again(store, shown, "none", **{"line.svg": "line-2.svg"})
    assert before.html != after.html


def test_a_gap_is_not_taken_for_text(store: Store):
    room = Texts(store, "a.yaml")
    kept = room.render("{{c1::x}}", cloze=True, media={})
    assert room.render("{{c1::x}}", cloze=False, media={}).html != kept.html


def test_banks_do_not_forget_for_each_other(store: Store, asked: list[str]):
    again(store, "one", bank="a.yaml")
    again(store, "two", bank="b.yaml")
    asked.clear()
    again(store, "one", bank="a.yaml")
    assert asked == []


def test_what_is_not_asked_for_is_forgotten(store: Store, asked: list[str]):
    again(store, "one", "two")
    again(store, "one")
    asked.clear()
    again(store, "one", "two")
    assert asked == ["two"]


@pytest.mark.parametrize("entry", [[], [["x"]], {}, 5, ["<p>", 1, 2, 3, 4], ["", [[]], [], [], []]])
def test_an_entry_of_another_form_is_made_again(store: Store, asked: list[str], entry: object):
    again(store, "one")
    room = Texts(store, "a.yaml")
    store.put(room._name, [room._tool, dict.fromkeys(room._known, entry)])
    asked.clear()
    assert again(store, "one") == [render("one", cloze=True)]
    assert asked == ["one"]


def test_a_program_is_colored_once(store: Store, monkeypatch: pytest.MonkeyPatch):
    room = Texts(store, "a.yaml")
    colored = room.code("print(1)")
    room.keep()
    monkeypatch.setattr(texts.markdown, "code", lambda _: pytest.fail("colored again"))
    assert Texts(store, "a.yaml").code("print(1)") == colored


def test_another_tool_renders_anew(store: Store, asked: list[str], monkeypatch: pytest.MonkeyPatch):
    again(store, "one")
    asked.clear()
    monkeypatch.setattr("ankibuild.cache.identity", lambda: "another")
    again(store, "one")
    assert asked == ["one"]
