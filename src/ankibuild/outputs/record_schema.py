"""The JSON Schema of the JSON export: what each field holds, and in which unit."""

from __future__ import annotations

from typing import Any

from ankibuild.schema import DIALECT, SLUG

FORMAT = "ankibuild-collection/1"
"""The name of the format, with its version."""

Schema = dict[str, Any]


def json_schema() -> Schema:
    """Give the JSON Schema (2020-12) of a collection as JSON.

    It allows fields that it does not name: a later tool may write more of them.
    """
    about = "Everything that Anki gets of a deck repository, and where each note comes from."
    top = {
        "format": {"const": FORMAT, "description": "The format and its version."},
        "title": _text("The name of the root deck."),
        "namespace": _text(
            "What the names and ids of notetypes and the guids of notes start from."
        ),
        "license": _text("The license of the decks."),
        "repository": _or_null(_text("The web address of the repository.")),
        "release": _or_null(_text("The last release; what differs from it is a preview.")),
        "notetypes": _list(_notetype(), "The notetypes that notes have."),
        "decks": _list(_deck(), "The decks in the order of the arc, parents first."),
        "notes": _list(_note(), "The notes in the order of the arc."),
        "media": _list(_media(), "The files that fields show."),
    }
    schema = _object(top)
    schema["properties"]["$schema"] = _text("Where this schema is.")
    return {"$schema": DIALECT, "title": "An ankibuild collection", "description": about, **schema}


def _notetype() -> Schema:
    template = {
        "name": _text("Its name."),
        "id": _digits("The id by which Anki matches it."),
        "question": _text("HTML in Anki's template language: the front."),
        "answer": _text("The same for the back."),
    }
    field = {"name": _text("Its name."), "id": _digits("The id by which Anki matches it.")}
    return _object(
        {
            "key": _text("What notes refer to it by."),
            "id": _number("Its id in Anki: milliseconds since 1970."),
            "name": _text("Its name in Anki."),
            "cloze": {"type": "boolean", "description": "Whether a card is made for every gap."},
            "fields": _list(_object(field), "Its fields, in order."),
            "templates": _list(_object(template), "Its templates: one a card; one for all gaps."),
            "css": _text("The style of its cards."),
            "mod": _number("When it last changed in a release: seconds since 1970."),
        }
    )


def _deck() -> Schema:
    return _object(
        {
            "name": _text("Its full name, as in `Root::Part::Deck`."),
            "id": _number("Its id in Anki: milliseconds since 1970."),
            "description": _text("Markdown."),
        }
    )


def _note() -> Schema:
    return _object(
        {
            "id": {**_text("The id of the question, for ever."), "pattern": SLUG},
            "guid": {**_text("What Anki knows the note by, for ever."), "minLength": 1},
            "kind": _text("The kind of question, as `basic` or `cloze`."),
            "notetype": _text("The key of its notetype."),
            "deck": _text("The full name of its deck."),
            "file": _text("Its bank: a path from the root of the repository."),
            "line": {**_number("The line of its first word in the bank, from 1."), "minimum": 1},
            "fields": {
                "type": "object",
                "description": "HTML by the names of the notetype's fields, in their order.",
                "additionalProperties": {"type": "string"},
            },
            "tags": _list({"type": "string"}, "Its tags; `::` parts levels."),
            "cards": _list(
                {"type": "integer", "minimum": 0},
                "Its cards, by the numbers of templates from 0; of a cloze, gap numbers less 1.",
            ),
            "due": _number("The place among new cards; lower ones come first."),
            "mod": _number("When it last changed in a release: seconds since 1970."),
        }
    )


def _media() -> Schema:
    return _object(
        {
            "name": _text("What fields call it."),
            "file": _text("Where it is, from this file."),
            "size": _number("Bytes."),
            "sha256": {**_text("The hash of its content."), "pattern": "^[0-9a-f]{64}$"},
        }
    )


# ------------------------------------------------------------------ pieces


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _list(items: Schema, about: str) -> Schema:
    return {"type": "array", "items": items, "description": about}


def _text(about: str) -> Schema:
    return {"type": "string", "description": about}


def _digits(about: str) -> Schema:
    return {**_text(f"{about} A number of 63 bits, as text."), "pattern": "^[0-9]+$"}


def _number(about: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": about}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}
