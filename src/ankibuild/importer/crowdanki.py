"""A folder that the add-on CrowdAnki has exported: decks and notes as JSON, and their media.

``deck.json`` (or a file with the name of the folder) is the root deck. A deck has its notes, its
sub decks in ``children``, and only the last part of its full name. The root has the notetypes of
all, which notes refer to by ``crowdanki_uuid``. Files lie in ``media/``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ankibuild.diagnostics import visible
from ankibuild.importer import limits
from ankibuild.importer.folder_media import is_name, read_media
from ankibuild.importer.foreign import (
    Foreign,
    ForeignDeck,
    ForeignNote,
    ForeignNotetype,
    ForeignTemplate,
    ImportRefusedError,
)
from ankibuild.importer.textfile import read_utf8, require_few, some

Json = Mapping[str, Any]

_LONGEST_NAME = 1_000
# What JSON takes in memory goes by the number of its values, and a list is as large as some texts.
_VALUES, _CONTAINER = 3_000_000, 4
_CLOZE = 1
# In JSON, half a character of two, which is none, and NUL. Pairs, and other escapes, are passed by.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F]..)|(?P<nul>u0000)|.)"
)
# One that is never closed goes to the end: else it would be looked for from every quote on.
_STRING = re.compile(r'"[^"\\]*+(?:\\[\s\S]?[^"\\]*+)*+"?')


def read_crowdanki(folder: Path) -> Foreign:
    """Read a CrowdAnki folder, or the JSON file in one.

    The media are the files in its folder ``media/``, listed or not: so the add-on takes them.

    Raise ImportRefusedError if there is no such file, or it is damaged or has too much in it.
    """
    file = _deck_file(folder)
    root, mended = _parsed(file)
    notetypes = tuple(_notetypes(root))
    require_few(file, len(notetypes), limits.NOTETYPES, "notetypes")
    decks = tuple(islice(_decks(file, root), limits.DECKS + 1))
    require_few(file, len(decks), limits.DECKS, "decks")
    notes = list(islice(_notes(decks), limits.NOTES + 1))
    require_few(file, len(notes), limits.NOTES, "notes")
    media, remarks = read_media(file.parent / "media")
    return Foreign(
        folder.resolve().name,
        notetypes,
        tuple(ForeignDeck(name, _text(deck.get("desc"))) for name, deck in decks),
        tuple(note for note in notes if isinstance(note, ForeignNote)),
        media,
        (
            *(["NUL and halves of characters are left out"] if mended else ()),
            *_damaged(note for note in notes if isinstance(note, str)),
            *remarks,
            *_unlisted(decks, {one.name for one in media}),
        ),
    )


# ------------------------------------------------------------------ the file


def _deck_file(folder: Path) -> Path:
    if not folder.is_dir():
        return folder
    for name in ("deck.json", f"{folder.resolve().name}.json"):
        if (folder / name).is_file():
            return folder / name
    raise ImportRefusedError(
        f"there is no `deck.json` in `{folder}`; name the folder that CrowdAnki has exported"
    )


def _parsed(file: Path) -> tuple[Json, bool]:
    """Give the root deck, and tell whether texts had to be mended."""
    written = read_utf8(file)
    text = _ESCAPE.sub(_mended, written) if "\\u" in written else written
    bare = _STRING.sub("", text)
    values = bare.count(",") + _CONTAINER * (bare.count("[") + bare.count("{"))
    require_few(file, values, _VALUES, "values")
    try:
        root = json.loads(text)
    except json.JSONDecodeError as error:
        raise ImportRefusedError(
            f"`{file.name}` is not JSON from line {error.lineno} on; export it again"
        ) from None
    except (ValueError, RecursionError):
        raise ImportRefusedError(
            f"`{file.name}` is no JSON of CrowdAnki; export it again"
        ) from None
    if not isinstance(root, dict) or not isinstance(root.get("note_models"), list):
        raise ImportRefusedError(f"`{file.name}` is no deck that CrowdAnki has exported")
    return root, text != written


def _mended(escape: re.Match[str]) -> str:
    if escape["half"]:
        return r"\ufffd"
    return "" if escape["nul"] else escape[0]


# ------------------------------------------------------------------ what is in it


def _decks(file: Path, root: Json) -> Iterator[tuple[str, Json]]:
    """Yield the decks by their full names, each before its children."""
    waiting = [("", root)]
    while waiting:
        above, deck = waiting.pop()
        name = _full_name(above, _text(deck.get("name")))
        if len(name) > _LONGEST_NAME:
            raise ImportRefusedError(
                f"`{file.name}` has a deck whose name is longer than {_LONGEST_NAME:,} characters; "
                "rename it and export again"
            )
        yield name, deck
        waiting += [(name, child) for child in reversed(_objects(deck.get("children")))]


def _full_name(above: str, name: str) -> str:
    # Early versions wrote the full name in children, too.
    return name if not above or name.startswith(f"{above}::") else f"{above}::{name}"


def _notetypes(root: Json) -> Iterator[ForeignNotetype]:
    by_key = {_text(model.get("crowdanki_uuid")): model for model in _objects(root["note_models"])}
    for key, model in by_key.items():
        yield ForeignNotetype(
            key,
            _text(model.get("name")),
            tuple(_text(field.get("name")) for field in _ordered(model.get("flds"))),
            tuple(map(_template, _ordered(model.get("tmpls")))),
            _text(model.get("css")),
            model.get("type") == _CLOZE,
        )


def _template(value: Json) -> ForeignTemplate:
    name, front, back = (_text(value.get(key)) for key in ("name", "qfmt", "afmt"))
    return ForeignTemplate(name, front, back)


def _notes(decks: Iterable[tuple[str, Json]]) -> Iterator[ForeignNote | str]:
    """Yield the notes; the place of one that is damaged instead of it."""
    for name, deck in decks:
        listed = deck.get("notes")
        for number, note in enumerate(listed if isinstance(listed, list) else (), 1):
            fields = _fields(note)
            if fields is None:
                yield f"{number} of `{visible(name)[:80]}`"
            else:
                yield _note(note, name, fields, number)


def _note(note: Json, deck: str, fields: tuple[str, ...], number: int) -> ForeignNote:
    tags = note.get("tags")
    return ForeignNote(
        _text(note.get("guid")),
        _text(note.get("note_model_uuid")),
        deck,
        fields,
        tuple(filter(None, map(_text, tags))) if isinstance(tags, list) else (),
        place=f"note {number} of its deck",
    )


def _fields(note: object) -> tuple[str, ...] | None:
    values = note.get("fields") if isinstance(note, dict) else None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    return tuple(values) if max(map(len, values), default=0) <= limits.FIELD else None


# ------------------------------------------------------------------ what the author should know


def _damaged(places: Iterable[str]) -> Iterator[str]:
    if found := list(places):
        yield (
            f"note {some(found)}: left out, because its fields are no texts, or one has more than "
            f"{limits.FIELD:,} characters"
        )


def _unlisted(decks: Iterable[tuple[str, Json]], there: set[str]) -> Iterator[str]:
    """Yield remarks on files that decks list and that cannot be had."""
    lists = (deck.get("media_files") for _, deck in decks)
    values = (value for names in lists if isinstance(names, list) for value in names)
    listed = dict.fromkeys(_text(value) for value in values)
    shown = {name: f"`{visible(name)[:80]}`" for name in listed if name not in there}
    if bad := [shown[name] for name in shown if not is_name(name)]:
        yield f"{some(bad)}: left out, because it is not the name of a file in `media/`"
    if missing := [shown[name] for name in shown if is_name(name)]:
        yield f"{some(missing)}: listed in `media_files`, but not in the folder `media/`"


# ------------------------------------------------------------------ JSON as it should be


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: object) -> Sequence[Json]:
    listed = value if isinstance(value, list) else ()
    return [item for item in listed if isinstance(item, dict)]


def _ordered(value: object) -> Sequence[Json]:
    """Give fields or templates in their order: that of ``ord``, if all have one."""
    listed = _objects(value)
    told = [item.get("ord") for item in listed]
    numbers = [number for number in told if isinstance(number, int)]
    if len(numbers) < len(listed):
        return listed
    return [listed[at] for at in sorted(range(len(listed)), key=numbers.__getitem__)]
