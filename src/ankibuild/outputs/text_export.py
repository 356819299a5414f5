"""A collection as text for File > Import in Anki, and for spreadsheets; its media lie beside it.

Text tells Anki only the names of notetypes: they have to be there already, from a package. And an
import of text knows no release: a note that it changes counts as edited now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from ankibuild.collection import Collection
from ankibuild.notes import Note
from ankibuild.notetypes import FIELD_NAMES
from ankibuild.outputs import folder
from ankibuild.rules import Subject

#: The list of what an export has written, one path a line.
LIST = ".ankibuild-text"

_LABELS = ("Guid", "Notetype", "Deck", *FIELD_NAMES, "Tags")
_HEAD = f"""\
#separator:tab
#html:true
#guid column:1
#notetype column:2
#deck column:3
#tags column:{len(_LABELS)}
"""
_QUOTED = re.compile(r'[\t\n\r"#]')


def write(subject: Subject, dest: Path) -> tuple[Path, ...]:
    """Write a project's notes as text, and its media, into the folder ``dest``.

    Replace an earlier text export there, and return the files. Raise ValueError if ``dest`` holds
    other files and no earlier export, or other files where these belong, and OSError if it cannot
    be written. Then ``dest`` is as it was.
    """
    collection = subject.collection
    name = f"{subject.project.curriculum.settings.namespace}.txt"
    files = {name: lambda: text(collection).encode()}
    files |= {f"media/{file.name}": partial(bytes, file.content) for file in collection.media}
    return folder.write(files, dest, LIST)


def text(collection: Collection) -> str:
    """Give a collection's notes as Anki's "Notes in Plain Text", and name the columns."""
    names = {notetype.key: notetype.name for notetype in collection.notetypes}
    rows = (_row(note, names[note.notetype]) for note in collection.notes)
    return f"{_HEAD}#columns:{_line(_LABELS)}{''.join(map(_line, rows))}"


def _row(note: Note, notetype: str) -> Iterator[str]:
    yield from (note.guid, notetype, note.deck)
    yield from note.fields
    yield " ".join(note.tags)


def _line(values: Iterable[str]) -> str:
    return "\t".join(map(_quoted, values)) + "\n"


def _quoted(value: str) -> str:
    return '"{}"'.format(value.replace('"', '""')) if _QUOTED.search(value) else value
