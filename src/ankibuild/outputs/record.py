"""A collection as plain values, for programs: JSON that says what it is, and its JSON Schema.

``collection.json`` has everything that a package has, and beside it where in the banks each note
comes from. Its ``format`` names a version: within one, fields may be added and none goes or changes
its meaning. ``collection.schema.json`` describes it, and the media lie in ``media/``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ankibuild.bank import Entry
from ankibuild.collection import Collection, Media
from ankibuild.decks import Deck
from ankibuild.notes import Note
from ankibuild.notetypes import Notetype
from ankibuild.outputs import folder
from ankibuild.outputs.record_schema import FORMAT, json_schema
from ankibuild.outputs.stamped import stamped
from ankibuild.rules import Subject

#: The list of what an export has written, one path a line.
LIST = ".ankibuild-json"

Json = dict[str, Any]

_SCHEMA = "collection.schema.json"


def write(subject: Subject, dest: Path) -> tuple[Path, ...]:
    """Write a project as JSON, with its schema and its media, into the folder ``dest``.

    Replace an earlier such export there, and return the files. Raise ValueError if ``dest`` holds
    other files and no earlier export, or other files where these belong, and OSError if it cannot
    be written. Then ``dest`` is as it was.
    """
    files = {
        "collection.json": lambda: _encoded({"$schema": _SCHEMA, **record(subject)}),
        _SCHEMA: lambda: _encoded(json_schema()),
    }
    media = subject.collection.media
    files |= {f"media/{file.name}": partial(bytes, file.content) for file in media}
    return folder.write(files, dest, LIST)


def record(subject: Subject) -> Json:
    """Give a project's collection as values that JSON has; ``json_schema`` describes them."""
    collection = stamped(subject)
    settings = subject.project.curriculum.settings
    latest = subject.ledger.latest
    return {
        "format": FORMAT,
        "title": settings.title,
        "namespace": settings.namespace,
        "license": settings.license,
        "repository": settings.repository,
        "release": latest.release if latest else None,
        "notetypes": [_notetype(notetype) for notetype in collection.notetypes],
        "decks": [_deck(deck) for deck in collection.decks],
        "notes": _notes(collection, subject.project.entries),
        "media": [_media(file) for file in collection.media],
    }


def _encoded(value: Json) -> bytes:
    return f"{json.dumps(value, ensure_ascii=False, indent=1)}\n".encode()


def _notetype(notetype: Notetype) -> Json:
    return {
        "key": notetype.key,
        "id": notetype.id,
        "name": notetype.name,
        "cloze": notetype.is_cloze,
        # Numbers of 63 bits lose digits where a program reads JSON as JavaScript does.
        "fields": [{"name": field.name, "id": str(field.id)} for field in notetype.fields],
        "templates": [
            {"name": one.name, "id": str(one.id), "question": one.question, "answer": one.answer}
            for one in notetype.templates
        ],
        "css": notetype.css,
        "mod": notetype.mod,
    }


def _deck(deck: Deck) -> Json:
    return {"name": deck.name, "id": deck.id, "description": deck.description}


def _notes(collection: Collection, entries: Mapping[str, Entry]) -> list[Json]:
    fields = {
        notetype.key: tuple(field.name for field in notetype.fields)
        for notetype in collection.notetypes
    }
    return [_note(note, fields[note.notetype], entries[note.id]) for note in collection.notes]


def _note(note: Note, names: tuple[str, ...], entry: Entry) -> Json:
    return {
        "id": note.id,
        "guid": note.guid,
        "kind": entry.question.kind,
        "notetype": note.notetype,
        "deck": note.deck,
        "file": entry.head.source.path,
        "line": entry.head.line,
        "fields": dict(zip(names, note.fields, strict=True)),
        "tags": list(note.tags),
        "cards": list(note.cards),
        "due": note.due,
        "mod": note.mod,
    }


def _media(file: Media) -> Json:
    return {
        "name": file.name,
        "file": f"media/{file.name}",
        "size": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
    }
