"""One package out of several: the rows of their databases, copied without being read."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

#: The tables of a package; by which columns a row is known, and who names it by its id.
_TABLES = {"notes": (("guid",), (("cards", "nid"),)), "cards": (("nid", "ord"), ())}


def take_over(database: sqlite3.Connection, packages: Sequence[IO[bytes]], beside: Path) -> None:
    """Copy the notes and cards of packages into a database; ``beside`` is a folder for the time.

    Raises OSError, also if a package is damaged, and sqlite3.OperationalError.
    """
    files = [beside / f"packed-{number}.anki2" for number, _ in enumerate(packages)]
    # The next one is unpacked while rows are copied: both are done outside of Python.
    with ThreadPoolExecutor(1) as another:
        for file in another.map(_unpack, packages, files):
            _copy(database, file)
            file.unlink()


def _unpack(package: IO[bytes], file: Path) -> Path:
    try:
        with zipfile.ZipFile(package) as archive, file.open("wb") as unpacked:
            shutil.copyfileobj(archive.open("collection.anki2"), unpacked)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError):
        raise OSError(errno.EIO, f"`{package.name}` is damaged; remove it") from None
    return file


def _copy(database: sqlite3.Connection, file: Path) -> None:
    database.execute("attach ? as packed", (str(file),))
    for table in _TABLES:
        (rows,) = database.execute(f"select count(*) from packed.{table}").fetchone()  # noqa: S608
        copy = f"insert or ignore into main.{table} select * from packed.{table}"  # noqa: S608
        if database.execute(copy).rowcount < rows:
            _copy_apart(database, table)
    database.commit()
    database.execute("detach packed")


def _copy_apart(database: sqlite3.Connection, table: str) -> None:
    """Copy the rows whose ids were taken under other ones: ids are hashes, and may meet."""
    known_by, _ = _TABLES[table]
    other = " or ".join(f"theirs.{column} <> ours.{column}" for column in known_by)
    both = f"packed.{table} theirs join main.{table} ours on theirs.id = ours.id"
    met = database.execute(f"select theirs.id from {both} where {other}").fetchall()  # noqa: S608
    for (old,) in met:
        new = old + 1
        while _is_taken(database, table, new):
            new += 1
        _move(database, table, old, new)
        copy = f"insert into main.{table} select * from packed.{table} where id = ?"  # noqa: S608
        database.execute(copy, (new,))


def _is_taken(database: sqlite3.Connection, table: str, number: int) -> bool:
    known = (
        f"select 1 from main.{table} where id = ?1 union select 1 from packed.{table} where id = ?1"  # noqa: S608
    )
    return database.execute(known, (number,)).fetchone() is not None


def _move(database: sqlite3.Connection, table: str, old: int, new: int) -> None:
    database.execute(f"update packed.{table} set id = ? where id = ?", (new, old))  # noqa: S608
    _, named_in = _TABLES[table]
    for other, column in named_in:
        sql = f"update packed.{other} set {column} = ? where {column} = ?"  # noqa: S608
        database.execute(sql, (new, old))
