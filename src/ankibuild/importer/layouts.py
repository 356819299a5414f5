"""Notetypes and decks in the two layouts that Anki's databases have.

Older ones keep both as JSON in the only row of `col`; since 2022 there are tables, with small
protobuf messages for what nobody searches for.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from msgspec import Struct

from ankibuild.importer import limits, protobuf
from ankibuild.importer.database import Database
from ankibuild.importer.foreign import (
    ForeignDeck,
    ForeignNotetype,
    ForeignTemplate,
    ImportRefusedError,
)
from ankibuild.importer.texts import Texts

_CLOZE = 1
_DECK_SEPARATOR = "\x1f"
_BY_NUMBER = itemgetter(0)


class Layout(Struct, frozen=True):
    """What a database says beside its notes: notetypes and decks, by the ids that notes use."""

    notetypes: Mapping[int, ForeignNotetype]
    decks: Mapping[int, ForeignDeck]


def read(database: Database, texts: Texts) -> Layout:
    """Read notetypes and decks. What of them is not as Anki makes it becomes a finding."""
    if database.has("notetypes"):
        notetypes = dict(_stored_notetypes(database, texts))
        decks = dict(_stored_decks(database, texts))
    else:
        rows = database.rows("col", (), ("models", "decks"), limit=1)
        models, decks_ = next(rows, ("", ""))
        # One after the other: as Python objects, JSON takes many times its size.
        notetypes = dict(_written_notetypes(_parsed(models, "notetypes", texts), texts))
        decks = dict(_written_decks(_parsed(decks_, "decks", texts), texts))
    return Layout(dict(_with_fields(notetypes, texts)), decks)


def _with_fields(
    notetypes: Mapping[int, ForeignNotetype], texts: Texts
) -> Iterator[tuple[int, ForeignNotetype]]:
    for key, notetype in notetypes.items():
        if notetype.fields:
            yield key, notetype
        else:
            texts.findings.add("notetypes without fields", f"`{notetype.name[:60]}`")


# ------------------------------------------------------------------ tables with messages in them


def _stored_notetypes(database: Database, texts: Texts) -> Iterator[tuple[int, ForeignNotetype]]:
    fields, templates = _stored_fields(database, texts), _stored_templates(database, texts)
    rows = database.rows("notetypes", ("id",), ("name", "config"), limit=limits.NOTETYPES)
    for key, name, config in rows:
        place = f"notetype {key}"
        message = _message(config, place, texts)
        yield (
            key,
            ForeignNotetype(
                key=str(key),
                name=texts.of(name, place),
                fields=tuple(field for _, field in sorted(fields[key], key=_BY_NUMBER)),
                templates=tuple(one for _, one in sorted(templates[key], key=_BY_NUMBER)),
                css=texts.of(message.data(3), place),
                is_cloze=message.number(1) == _CLOZE,
            ),
        )


def _stored_fields(database: Database, texts: Texts) -> Mapping[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = database.rows("fields", ("ntid", "ord"), ("name",), limit=limits.FIELDS)
    for key, number, name in rows:
        found[key].append((number, texts.of(name, f"notetype {key}")))
    return found


def _stored_templates(
    database: Database, texts: Texts
) -> Mapping[int, list[tuple[int, ForeignTemplate]]]:
    found: dict[int, list[tuple[int, ForeignTemplate]]] = defaultdict(list)
    columns = ("name", "config")
    rows = database.rows("templates", ("ntid", "ord"), columns, limit=limits.TEMPLATES)
    for key, number, name, config in rows:
        place = f"a template of notetype {key}"
        message = _message(config, place, texts)
        sides = (texts.of(message.data(side), place) for side in (1, 2))
        found[key].append((number, ForeignTemplate(texts.of(name, place), *sides)))
    return found


def _stored_decks(database: Database, texts: Texts) -> Iterator[tuple[int, ForeignDeck]]:
    for key, name, kind in database.rows("decks", ("id",), ("name", "kind"), limit=limits.DECKS):
        place = f"deck {key}"
        normal = _message(_message(kind, place, texts).data(1), place, texts)
        full_name = texts.of(name, place).replace(_DECK_SEPARATOR, "::")
        yield key, ForeignDeck(full_name, texts.of(normal.data(4), place))


def _message(data: object, place: str, texts: Texts) -> protobuf.Message:
    """Read a message; one that is none is as good as an empty one, and is told."""
    encoded = data if isinstance(data, bytes) else b""
    texts.spend(len(encoded))
    try:
        return protobuf.parse(encoded)
    except protobuf.ProtobufError:
        texts.findings.add("settings that cannot be read", place)
        return protobuf.Message({})


# ------------------------------------------------------------------------------ JSON in one row


def _parsed(document: object, what: str, texts: Texts) -> Mapping[str, Any]:
    """Read a JSON object whose keys are ids; raise ImportRefusedError if it is none."""
    text = texts.of(document, f"the list of {what}") or "{}"
    if len(text) > limits.JSON:
        raise ImportRefusedError(f"this package has too many {what}; export it deck by deck")
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise ImportRefusedError(
            f"the list of {what} in this package cannot be read; export it from Anki again"
        )
    return parsed


def _written_notetypes(
    models: Mapping[str, Any], texts: Texts
) -> Iterator[tuple[int, ForeignNotetype]]:
    for key, model in models.items():
        place = f"notetype {key[:20]}"
        match model:
            case {"name": name, "flds": [*fields], "tmpls": [*templates]} if _is_id(key):
                notetype = ForeignNotetype(
                    key=str(int(key)),
                    name=texts.of(name, place),
                    fields=tuple(texts.of(one.get("name"), place) for one in _in_order(fields)),
                    templates=tuple(_template(one, place, texts) for one in _in_order(templates)),
                    css=texts.of(model.get("css"), place),
                    is_cloze=model.get("type") == _CLOZE,
                )
                yield int(key), notetype
            case _:
                texts.findings.add("notetypes that cannot be read", place)


def _template(template: Mapping[str, Any], place: str, texts: Texts) -> ForeignTemplate:
    return ForeignTemplate(
        *(texts.of(template.get(key), place) for key in ("name", "qfmt", "afmt"))
    )


def _written_decks(decks: Mapping[str, Any], texts: Texts) -> Iterator[tuple[int, ForeignDeck]]:
    for key, deck in decks.items():
        place = f"deck {key[:20]}"
        if isinstance(deck, dict) and "name" in deck and _is_id(key):
            name, description = (texts.of(deck.get(part), place) for part in ("name", "desc"))
            yield int(key), ForeignDeck(name, description)
        else:
            texts.findings.add("decks that cannot be read", place)


def _is_id(key: str) -> bool:
    return key.isascii() and key.isdecimal() and len(key) < 20


def _in_order(entries: list[Any]) -> list[dict[str, Any]]:
    """Sort entries by `ord`, which is null in some old packages."""
    sound = [entry for entry in entries if isinstance(entry, dict)]
    return sorted(sound, key=_number)


def _number(entry: Mapping[str, Any]) -> int:
    number = entry.get("ord")
    return number if isinstance(number, int) else 0
