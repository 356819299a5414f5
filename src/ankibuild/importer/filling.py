"""A note of a foreign notetype to the fields of a question, by the notetype's recipe."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping

from ankibuild import markdown
from ankibuild.importer.convert import Converter, LeftOutError
from ankibuild.importer.foreign import ForeignNote, ForeignNotetype
from ankibuild.importer.notetypes import Recipe
from ankibuild.importer.own import Value
from ankibuild.kinds import kinds

#: What nobody can type, or what would be no plain text any more.
_MARKUP = re.compile(r"<[^<>]*>|\n|\[sound:|\\[(\[]|[$`]")
_GAP = re.compile(r"\{\{c\d+(?:,\d+)*::")
#: What the fields of a question with two cards are called where it has one.
_HALVES = {"term": "q", "definition": "a"}
#: How many cards a question can have, if not one.
_CARDS = {"reversed": 2, "cloze": 500}


def fill(
    how: Recipe, note: ForeignNote, notetype: ForeignNotetype, converter: Converter
) -> tuple[str, dict[str, Value]]:
    """Give the kind of question that a note becomes, and its fields."""
    fields = dict(zip(notetype.fields, note.fields, strict=False))
    for why, detail in _changes(how, note, fields):
        converter.change(why, detail)
    sides = {name: side.fill(fields) for name, side in how.sides.items()}
    kind = how.kind
    if how.is_half(note, fields):
        kind, sides = "basic", {_HALVES.get(name, name): markup for name, markup in sides.items()}
    typed = typable(sides["answer"]) if kind == "typein" else None
    if kind == "typein" and typed is None:
        converter.change("its answer is more than a line to type, and is only shown")
        kind, sides = "basic", {"a" if k == "answer" else k: v for k, v in sides.items()}
    values: dict[str, Value] = {
        name: typed
        if typed is not None and name == "answer"
        else converter.text(markup, name == "text")
        for name, markup in sides.items()
        if markup
    }
    return kind, {name: value for name, value in values.items() if value}


def _changes(
    how: Recipe, note: ForeignNote, fields: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    hidden = [name for name in how.unshown if fields.get(name, "").strip()]
    if hidden:
        yield "a field on no card is left out", ", ".join(f"`{name}`" for name in hidden)
    if any(note.fields[len(fields) :]):
        yield "fields that its notetype does not have are left out", ""
    if max(note.cards, default=0) >= _CARDS.get(how.kind, 1):
        yield "it has fewer cards than it had", ""
    if how.kind == "reversed" and how.cards(note, fields) == (1,):
        yield "it gets the card that it did not have", ""


def typable(markup: str) -> str | None:
    """Give an answer as plain text of one line; None if it is more than that, or nothing."""
    text = re.sub(r"\A<div>(.*)</div>\Z", r"\1", markup.strip()).removesuffix("<br>").strip()
    if _MARKUP.search(text):
        return None
    return html.unescape(text).replace("\xa0", " ").strip() or None


def require_whole(kind: str, values: Mapping[str, Value]) -> None:
    """Raise LeftOutError for what is no question: a side without a text, one that is too long."""
    model = kinds()[kind]
    required = (name for name, about in model.model_fields.items() if about.is_required())
    if not values.get(model.headline):
        raise LeftOutError("its front is empty")
    if not all(values.get(name) for name in required if name != "id"):
        raise LeftOutError("its back is empty")
    if kind == "cloze" and not _GAP.search(str(values["text"])):
        raise LeftOutError("it is a cloze without a gap")
    for name, value in values.items():
        if isinstance(value, str) and len(value) > markdown.LONGEST:
            most = f"`{name}` has {len(value):,} characters, {markdown.LONGEST:,} are the most"
            raise LeftOutError("a text of it is too long", most)
