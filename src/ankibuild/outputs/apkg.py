"""An Anki package: what learners download, the same bytes for the same collection.

A package is a zip of an SQLite database, a map of the media, and the media. genanki knows the
database; its classes are subclassed where Anki wants more than they write (a mod for each note,
ids of fields and templates) and where they are slow: it writes card by card.
"""

from __future__ import annotations

import errno
import hashlib
import inspect
import json
import os
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from ankibuild.collection import Collection
from ankibuild.decks import Deck
from ankibuild.notetypes import Notetype, stable_id
from ankibuild.outputs.joined import take_over
from ankibuild.outputs.sound import sound_notes
from ankibuild.outputs.workshop import workshop
from ankibuild.stand_in import stand_in

# genanki's cached properties ask asyncio this, for which it would open all of the network.
with stand_in("asyncio", iscoroutinefunction=inspect.iscoroutinefunction):
    import genanki

_RESTORING_NAME = re.compile(r"collection\.apkg|backup-.*\.apkg", re.IGNORECASE)
_FIRST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX, _PLAIN_FILE = 3, 0o100644 << 16
_DEFAULT_DECK = 1
_FASTEST = 1
_INSERT_NOTE = "insert into notes values (?, ?, ?, ?, -1, ?, ?, ?, 0, 0, '')"
_INSERT_CARD = "insert into cards values (?, ?, ?, ?, ?, -1, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, '')"
_JSON_COLUMNS = ("col.conf", "col.models", "col.decks", "col.dconf", "col.tags")


def write(
    collection: Collection,
    path: Path,
    when: int,
    before: Callable[[Path], object] | None = None,
    packed: Sequence[IO[bytes]] = (),
) -> Path:
    """Write the collection as one package at ``path``, all of it or nothing; return ``path``.

    ``when`` is in seconds since 1970 and stands wherever Anki wants a time that is neither a
    note's nor a notetype's. Missing folders are made. ``before`` is called with the finished file
    before that takes its place, where another build may replace it at any moment. ``packed`` are
    packages of this function, whose notes are taken over as they are; their decks, notetypes and
    media are those of the collection.

    Raise ValueError if Anki would not take the collection, or the file's name, as it is meant,
    and OSError if the file cannot be written.
    """
    if _RESTORING_NAME.fullmatch(path.name):
        raise ValueError(f"Anki takes `{path.name}` for a backup that replaces the collection")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _failure_names(path), workshop(path.parent) as folder:
        beside, database = folder / path.name, folder / "collection.anki2"
        _write_database(database, collection, when, packed)
        with beside.open("wb") as file:
            _write_zip(file, collection, database)
        if before:
            before(beside)
        os.replace(beside, path)
    return path


@contextmanager
def _failure_names(path: Path) -> Iterator[None]:
    """Say of what could not be written that it is ``path``; a full disk is an OSError in SQLite."""
    try:
        yield
    except sqlite3.OperationalError as error:
        is_full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        reason = os.strerror(errno.ENOSPC) if is_full else str(error)
        raise OSError(errno.ENOSPC if is_full else errno.EIO, reason, str(path)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(error.errno or errno.EIO, reason, str(path)) from error


def logical_digest(path: Path) -> str:
    """Hash what a package says (rows, JSON, media): equal wherever the same collection is built.

    The bytes of a package depend on the builds of SQLite and zlib; this digest does not.
    """
    digest = hashlib.sha256()
    with zipfile.ZipFile(path) as package:
        for fact in _facts(package):
            digest.update(json.dumps(fact, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()


def _facts(package: zipfile.ZipFile) -> Iterator[Any]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(package.read("collection.anki2"))
        tables = "select name from sqlite_master where type = 'table' order by name"
        for (table,) in database.execute(tables).fetchall():
            rows = database.execute(f"select * from {table} order by 1, 2")  # noqa: S608
            columns = [f"{table}.{column[0]}" for column in rows.description]
            for row in rows:
                yield [
                    (name, _parsed(name, value)) for name, value in zip(columns, row, strict=True)
                ]
    for number, name in sorted(json.loads(package.read("media")).items()):
        yield "media", name, hashlib.sha256(package.read(number)).hexdigest()


def _parsed(column: str, value: Any) -> Any:
    return json.loads(value) if column in _JSON_COLUMNS else value


def _write_zip(file: IO[bytes], collection: Collection, database: Path) -> None:
    media = sorted(collection.media, key=lambda file: file.name)
    names = {str(number): file.name for number, file in enumerate(media)}
    with zipfile.ZipFile(file, "w") as package:
        with package.open(_entry("collection.anki2"), "w") as entry, database.open("rb") as content:
            shutil.copyfileobj(content, entry)
        package.writestr(_entry("media"), _json(names).encode())
        for number, item in enumerate(media):
            package.writestr(_entry(str(number)), item.content)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _FIRST_ZIP_TIME)
    entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
    entry.compress_type = zipfile.ZIP_DEFLATED
    # A third of the time of the usual level, for a tenth more bytes. Python 3.13 has a public name
    # for it, and keeps this one.
    entry._compresslevel = _FASTEST  # type: ignore[attr-defined]
    return entry


def _write_database(
    path: Path, collection: Collection, when: int, packed: Sequence[IO[bytes]]
) -> None:
    """Write the database to a file: a large one would need its size twice in memory."""
    draft = path.with_name("draft.anki2")
    with closing(_opened(draft)) as database:
        package = _Package(collection)
        package.write_to_db(database.cursor(), when, None)
        indexes = _without_indexes(database)
        package.write_notes(database.cursor())
        database.commit()
        take_over(database, packed, path.parent)
        # A copy counts no changes, and has its rows and pages in order however they were written.
        database.execute("vacuum into ?", (str(path),))
    draft.unlink()
    with closing(_opened(path)) as database:
        for sql in indexes:
            database.execute(sql)


def _opened(path: Path) -> sqlite3.Connection:
    """Open a database that nobody else sees before it is whole: nothing has to be taken back."""
    database = sqlite3.connect(path)
    database.executescript("pragma journal_mode = off; pragma synchronous = off;")
    return database


def _without_indexes(database: sqlite3.Connection) -> list[str]:
    """Drop the indexes, and say how they are made: of all rows that takes half of the time."""
    known = "select name, sql from sqlite_master where type = 'index' and sql is not null"
    indexes = database.execute(known).fetchall()
    for name, _ in indexes:
        database.execute(f"drop index {name}")
    return [sql for _, sql in indexes]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class _Package(genanki.Package):  # type: ignore[misc]  # genanki has no annotations
    """A package that writes the ``col`` row once; genanki reads and writes it for every deck."""

    def __init__(self, collection: Collection) -> None:
        super().__init__([])  # no decks: `_write_col` writes them, all at once
        self.models = {n.key: _Model(n) for n in collection.notetypes}
        self.deck_ids = {deck.name: deck.id for deck in collection.decks}
        self.descriptions = [_Deck(deck) for deck in collection.decks]
        self.notes = sound_notes(collection)

    def write_to_db(self, cursor: sqlite3.Cursor, timestamp: int, id_gen: None) -> None:
        super().write_to_db(cursor, timestamp, id_gen)
        self._write_col(cursor, timestamp)

    def write_notes(self, cursor: sqlite3.Cursor) -> None:
        """Write notes and cards; raise ValueError if no package can be made of them."""
        cards: list[tuple[int, int, int, int, int, int]] = []
        cursor.executemany(_INSERT_NOTE, self._rows(cards))
        cursor.executemany(_INSERT_CARD, cards)

    def _rows(self, cards: list[tuple[int, int, int, int, int, int]]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of notes, and put those of their cards into ``cards``.

        Cards are the ones a note was given. genanki would guess them from the templates, and look
        for doubtful HTML in a time that grows with the square of a field's length.
        """
        taken: set[int] = set()
        for note in self.notes:
            number = _unused(stable_id("note", note.guid), taken)
            tags, fields = f" {' '.join(sorted(set(note.tags)))} ", "\x1f".join(note.fields)
            model = self.models[note.notetype].model_id
            yield number, note.guid, model, note.mod, tags, fields, note.fields[0]
            deck = self.deck_ids[note.deck]
            for card in sorted(note.cards):
                wished = stable_id("card", note.guid, str(card))
                cards.append((_unused(wished, taken), number, deck, card, note.mod, note.due))

    def _write_col(self, cursor: sqlite3.Cursor, when: int) -> None:
        (decks,) = cursor.execute("select decks from col").fetchone()
        decks = json.loads(decks)
        decks |= {str(deck.deck_id): deck.to_json() | {"mod": when} for deck in self.descriptions}
        models = {str(m.model_id): m.to_json(m.mod, _DEFAULT_DECK) for m in self.models.values()}
        cursor.execute(
            "update col set crt = ?, mod = ?, scm = ?, decks = ?, models = ?",
            (when, when * 1000, when * 1000, _json(decks), _json(models)),
        )


class _Deck(genanki.Deck):  # type: ignore[misc]
    """A deck whose description is Markdown."""

    def __init__(self, deck: Deck) -> None:
        super().__init__(deck.id, deck.name, deck.description)

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "md": True}


class _Model(genanki.Model):  # type: ignore[misc]
    """A notetype with its own mod, and with the ids of its fields and templates."""

    def __init__(self, notetype: Notetype) -> None:
        kind = self.CLOZE if notetype.is_cloze else self.FRONT_BACK
        fields = [{"name": f.name, "id": f.id, "font": "Arial"} for f in notetype.fields]
        templates = [
            {"name": t.name, "id": t.id, "qfmt": t.question, "afmt": t.answer}
            for t in notetype.templates
        ]
        super().__init__(notetype.id, notetype.name, fields, templates, notetype.css, kind)
        self.mod = notetype.mod

    @property
    def _req(self) -> list[Any]:
        """What has to be filled: genanki guesses it from the HTML, here it is the first field."""
        return [[number, "all", [0]] for number, _ in enumerate(self.templates)]


def _unused(number: int, taken: set[int]) -> int:
    while number in taken:
        number += 1
    taken.add(number)
    return number
