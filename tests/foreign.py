"""Packages from elsewhere: made by the real Anki in all its formats, or by hand to do harm.

box = learner(tmp_path / "box")               # an AnkiBox with a bit of everything in it
newest(box, tmp_path / "deck.apkg")           # or older, oldest; a .colpkg by its name
packed(tmp_path / "bad.apkg", database("drop table notes"))
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import zstandard
from anki.collection import Collection, ExportAnkiPackageOptions
from anki.decks import DeckId

from ankibox import AnkiBox

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'
SOUND = bytes(range(256)) * 20
MEDIA = {"a b é.svg": PICTURE, "hallo.mp3": SOUND}
ROOT = "Español"
DESCRIPTION = "Words of *Spain*.\n\nTwo paragraphs."

NOTES = (
    ("Basic", "Verbs", ("hablar 🦜", 'to speak<br><img src="a b é.svg">'), ("verb", "level::1")),
    ("Basic (and reversed card)", "Verbs", ("comer", "[sound:hallo.mp3]"), ()),
    ("Basic (type in the answer)", "Verbs::Irregular", ("ser", "to be &amp; to be"), ("verb",)),
    ("Cloze", "Texts", ("{{c2::Dos}} más {{c1::uno::number}}", "<b>Extra</b>"), ("text",)),
    ("Basic", "Texts", ("l'été e\u0301", "אבג 数学"), ("marked", "ünï")),
)
"""Notetype, deck, fields and tags of the notes a learner has."""


def learner(folder: Path) -> AnkiBox:
    """Make a collection as somebody has it: decks below a root, pictures, a lent card."""
    box = AnkiBox(folder)
    for name, content in MEDIA.items():
        box.col.media.write_data(name, content)
    root = box.col.decks.get(DeckId(box.col.decks.id(ROOT)))
    box.col.decks.save({**root, "desc": DESCRIPTION})
    for notetype, deck, fields, tags in NOTES:
        note = box.col.new_note(box.col.models.by_name(notetype))
        note.fields, note.tags = list(fields), list(tags)
        box.col.add_note(note, box.col.decks.id(f"{ROOT}::{deck}"))
    lend(box.col, "tag:text")
    return box


def lend(col: Collection, search: str) -> None:
    """Gather the cards that a search finds in a filtered deck."""
    deck = col.sched.get_or_create_filtered_deck(DeckId(0))
    deck.name = "Lent"
    del deck.config.search_terms[1:]
    deck.config.search_terms[0].search = search
    col.sched.add_or_update_filtered_deck(deck)


# ------------------------------------------------------------------------- by the real Anki


def newest(box: AnkiBox, path: Path) -> Path:
    """Export all as `collection.anki21b`; a path that ends in .colpkg makes a whole collection."""
    return _export(box, path, legacy=False)


def older(box: AnkiBox, path: Path) -> Path:
    """Export all for older Ankis: `collection.anki21`, and a stub in `collection.anki2`."""
    return _export(box, path, legacy=True)


def oldest(box: AnkiBox, path: Path) -> Path:
    """Make a package as Anki 2.0 did, which had `collection.anki2` alone."""
    with zipfile.ZipFile(older(box, path)) as package:
        entries = {name: package.read(name) for name in package.namelist()}
    del entries["meta"]
    entries["collection.anki2"] = entries.pop("collection.anki21")
    return zipped(path, entries)


FORMATS: tuple[Callable[[AnkiBox, Path], Path], ...] = (newest, older, oldest)


def _export(box: AnkiBox, path: Path, *, legacy: bool) -> Path:
    if path.suffix == ".colpkg":
        box.col.export_collection_package(str(path), include_media=True, legacy=legacy)
        box.col.reopen()
        return path
    options = ExportAnkiPackageOptions(
        with_scheduling=True, with_deck_configs=True, with_media=True, legacy=legacy
    )
    box.col.export_anki_package(out_path=str(path), options=options, limit=None)
    return path


# ---------------------------------------------------------------------------------- by hand

NOTETYPE: Mapping[str, Any] = {
    "name": "Basic",
    "type": 0,
    "flds": [{"name": "Front", "ord": 0}, {"name": "Back", "ord": 1}],
    "tmpls": [{"name": "Card 1", "ord": 0, "qfmt": "{{Front}}", "afmt": "{{Back}}"}],
    "css": "",
}
DECK: Mapping[str, Any] = {"name": "Deck", "desc": "", "dyn": 0}
NOTE = (1, "guid", 7, " a b ", "front\x1fback")
TABLES = """
create table col (id integer primary key, models text, decks text);
create table notes (id integer primary key, guid text, mid integer, tags text, flds text);
create table cards (id integer primary key, nid integer, did integer, ord integer, odid integer,
    type integer, due integer, odue integer);
"""


def database(
    *statements: str,
    notes: Sequence[tuple[Any, ...]] = (NOTE,),
    models: str | None = None,
    decks: str | None = None,
) -> bytes:
    """Make the database of an older package: a card for each note; then run the statements."""
    texts = (models or json.dumps({"7": NOTETYPE}), decks or json.dumps({"9": DECK}))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.create_collation("unicase", lambda a, b: (a > b) - (a < b))
        connection.executescript(TABLES)
        connection.execute("insert into col values (1, ?, ?)", texts)
        connection.executemany("insert into notes values (?, ?, ?, ?, ?)", notes)
        connection.execute("insert into cards select id, id, 9, 0, 0, 0, id, 0 from notes")
        for statement in statements:
            connection.execute(statement)
        return connection.serialize()


def tangled(content: bytes, table: str, levels: int = 3) -> bytes:
    """Let a small table have more rows than atoms: each page's children are one and the same."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        query = "select rootpage from sqlite_master where name = ?"
        (root,) = connection.execute(query, (table,)).fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
    pages = [content[place : place + size] for place in range(0, len(content), size)]
    pages.append(pages[root - 1])
    for _ in range(levels):
        pages.append(_interior(len(pages), size))
    pages[root - 1] = pages.pop()
    first = bytearray(pages[0])
    first[28:32] = len(pages).to_bytes(4)
    return b"".join([bytes(first), *pages[1:]])


def _interior(child: int, size: int) -> bytes:
    """Make a page of a table's tree, full of references to one child."""
    cell = child.to_bytes(4) + b"\x01"
    count = (size - 12) // (len(cell) + 2)
    start = size - count * len(cell)
    head = b"\x05\0\0" + count.to_bytes(2) + start.to_bytes(2) + b"\0" + child.to_bytes(4)
    pointers = b"".join((start + n * len(cell)).to_bytes(2) for n in range(count))
    return (head + pointers).ljust(start, b"\0") + cell * count


def zipped(path: Path, entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as package:
        for name, content in entries.items():
            package.writestr(name, content)
    return path


def packed(path: Path, content: bytes, media: object = None, **entries: bytes) -> Path:
    """Make an older package of a database, a list of media as JSON, and more entries."""
    listed = media if isinstance(media, bytes) else json.dumps(media or {}).encode()
    return zipped(path, {"collection.anki21": content, "media": listed, **entries})


def packed_newly(path: Path, content: bytes, media: bytes = b"", **entries: bytes) -> Path:
    """Make a package of the newest format; ``media`` is protobuf. All but `meta` is compressed."""
    everything = {"collection.anki21b": content, "media": media, **entries}
    packed_ = {name: zstandard.compress(each) for name, each in everything.items()}
    return zipped(path, {"meta": message((1, 3)), **packed_})


def message(*fields: tuple[int, int | bytes]) -> bytes:
    """Write a protobuf message of (number, value)."""
    out = io.BytesIO()
    for number, value in fields:
        is_text = isinstance(value, bytes)
        out.write(_varint(number << 3 | (2 if is_text else 0)))
        out.write(_varint(len(value)) + value if isinstance(value, bytes) else _varint(value))
    return out.getvalue()


def listed(*files: tuple[str, int]) -> bytes:
    """Write the newest list of media: (name, size) each."""
    lines = (message((1, name.encode()), (2, size), (3, b"\0" * 20)) for name, size in files)
    return message(*((1, line) for line in lines))


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
