"""A collection as a CrowdAnki folder: JSON that differs line by line, and the media beside it.

The add-on finds decks and notetypes by their ``crowdanki_uuid``, and not those that came in a
package: it is for learners who have had the deck from CrowdAnki before. It wants a preset for every
deck, too; ours names nothing, so that it gets what Anki has for a new one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from ankibuild.collection import Collection
from ankibuild.notes import Note
from ankibuild.notetypes import Notetype
from ankibuild.outputs import folder
from ankibuild.outputs.stamped import stamped
from ankibuild.rules import Subject

#: The list of what an export has written, one path a line.
LIST = ".ankibuild-crowdanki"

Json = dict[str, Any]

_NAME = re.compile(r"[a-z0-9_-][a-z0-9._-]*")

_LATEX_BEFORE = r"""\documentclass[12pt]{article}
\special{papersize=3in,5in}
\usepackage[utf8]{inputenc}
\usepackage{amssymb,amsmath}
\pagestyle{empty}
\setlength{\parindent}{0in}
\begin{document}
"""
_LATEX_AFTER = r"\end{document}"


def write(subject: Subject, dest: Path) -> tuple[Path, ...]:
    """Write a project into the folder ``dest`` as the add-on CrowdAnki would export it.

    Replace an earlier such export there, and return the files. Raise ValueError if ``dest`` holds
    other files and no earlier export, or other files where these belong, and OSError if it cannot
    be written. Then ``dest`` is as it was.
    """
    collection = stamped(subject)
    settings = subject.project.curriculum.settings
    files = {"deck.json": lambda: _encoded(record(collection, settings.title, settings.namespace))}
    files |= {f"media/{file.name}": partial(bytes, file.content) for file in collection.media}
    return folder.write(files, dest, LIST)


def record(collection: Collection, title: str, namespace: str) -> Json:
    """Give the root deck, called ``title``, with everything in it, as CrowdAnki's JSON.

    The uuids depend on the namespace, the names of the decks and the ids of the notetypes only.
    """
    made = _Maker(collection, namespace)
    models = [_notetype(one, made.notetypes[one.key]) for one in collection.notetypes]
    presets = [{"__type__": "DeckConfig", "crowdanki_uuid": made.preset, "name": title}]
    return {**made.deck(title), "note_models": models, "deck_configurations": presets}


def _encoded(value: Json) -> bytes:
    # As the add-on writes it, so that an export of a learner's differs in what they changed.
    text = json.dumps(value, ensure_ascii=False, indent=4, sort_keys=True)
    return f"{text}\n".encode()


def _uuid(*names: str) -> str:
    return str(uuid5(NAMESPACE_URL, "\n".join(("ankibuild", *names))))


class _Maker(Struct, frozen=True, dict=True):
    """Makes the JSON of decks; what they refer to is sorted only once."""

    collection: Collection
    namespace: str

    def deck(self, name: str) -> Json:
        """Make a deck by its full name, and everything below it."""
        notes = self.notes.get(name, [])
        return {
            "__type__": "Deck",
            "name": name.rpartition("::")[2],
            "crowdanki_uuid": _uuid(self.namespace, "deck", name),
            "deck_config_uuid": self.preset,
            "desc": self.descriptions.get(name, ""),
            "md": True,
            "dyn": 0,
            "extendNew": 0,
            "extendRev": 0,
            "media_files": sorted(self.files & _words(notes)),
            "notes": [_note(note, self.notetypes[note.notetype]) for note in notes],
            "children": [self.deck(child) for child in self.children.get(name, [])],
        }

    @property
    def preset(self) -> str:
        """The uuid of the preset of all decks."""
        return _uuid(self.namespace, "preset")

    @cached_property
    def notetypes(self) -> dict[str, str]:
        """The uuids of the notetypes, by key."""
        kinds = self.collection.notetypes
        return {one.key: _uuid(self.namespace, "notetype", str(one.id)) for one in kinds}

    @cached_property
    def notes(self) -> dict[str, list[Note]]:
        """The notes by the names of their decks."""
        found: dict[str, list[Note]] = {}
        for note in self.collection.notes:
            found.setdefault(note.deck, []).append(note)
        return found

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """The names of the decks right below a deck, by its name."""
        found: dict[str, list[str]] = {}
        for deck in self.collection.decks:
            found.setdefault(deck.name.rpartition("::")[0], []).append(deck.name)
        return found

    @cached_property
    def descriptions(self) -> dict[str, str]:
        """The descriptions of the decks by name."""
        return {deck.name: deck.description for deck in self.collection.decks}

    @cached_property
    def files(self) -> frozenset[str]:
        """The names of all media."""
        return frozenset(file.name for file in self.collection.media)


def _words(notes: Iterable[Note]) -> set[str]:
    return {name for note in notes for field in note.fields for name in _NAME.findall(field)}


def _note(note: Note, notetype: str) -> Json:
    return {
        "__type__": "Note",
        "fields": list(note.fields),
        "guid": note.guid,
        "note_model_uuid": notetype,
        "tags": list(note.tags),
    }


def _notetype(notetype: Notetype, uuid: str) -> Json:
    return {
        "__type__": "NoteModel",
        "crowdanki_uuid": uuid,
        "name": notetype.name,
        "type": int(notetype.is_cloze),
        "sortf": 0,
        "tags": [],
        "vers": [],
        "latexPre": _LATEX_BEFORE,
        "latexPost": _LATEX_AFTER,
        "latexsvg": False,
        "req": [[number, "all", [0]] for number, _ in enumerate(notetype.templates)],
        "flds": [
            {"name": field.name, "id": field.id, "ord": number, **_FIELD}
            for number, field in enumerate(notetype.fields)
        ],
        "tmpls": [
            {"name": one.name, "id": one.id, "ord": number, "qfmt": one.question}
            | {"afmt": one.answer, "did": None, **_TEMPLATE}
            for number, one in enumerate(notetype.templates)
        ],
        "css": notetype.css,
    }


_FIELD: Json = {"font": "Arial", "size": 20, "rtl": False, "sticky": False, "media": []}
_TEMPLATE: Json = {"bqfmt": "", "bafmt": "", "bfont": "", "bsize": 0}
