"""One package out of several: the rows of their databases, copied without being read."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

#: The tables of a package, and the columns in which other tables name their rows.
_TABLES = {"notes": (("cards", "nid"),), "cards": ()}


def take_over(database: sqlite3.Connection, package: IO[bytes], beside: Path) -> None:
    """Copy the notes and cards of a package into a database; ``beside`` is a file for the time.

    Raises OSError, also if the package is damaged, and sqlite3.OperationalError.
    """
    try:
        with zipfile.ZipFile(package) as archive, beside.open("wb") as file:
            shutil.copyfileobj(archive.open("collection.anki2"), file)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError):
        raise OSError(errno.EIO, f"`{package.name}` is damaged; remove it") from None
    database.execute("attach ? as packed", (str(beside),))
    for table in _TABLES:
        for old, new in list(_moves(database, table)):
            _move(database, table, old, new)
        database.execute(f"insert into main.{table} select * from packed.{table}")  # noqa: S608
    database.commit()
    database.execute("detach packed")
    beside.unlink()


def _moves(database: sqlite3.Connection, table: str) -> Iterator[tuple[int, int]]:
    """Give the ids that both have, each with one that is free: ids are hashes, and may meet."""
    both = f"select id from packed.{table} where id in (select id from main.{table})"  # noqa: S608
    taken: set[int] = set()
    for (old,) in database.execute(both).fetchall():
        new = old + 1
        while new in taken or _is_taken(database, table, new):
            new += 1
        taken.add(new)
        yield old, new


def _is_taken(database: sqlite3.Connection, table: str, number: int) -> bool:
    known = (
        f"select 1 from main.{table} where id = ?1 union select 1 from packed.{table} where id = ?1"  # noqa: S608
    )
    return database.execute(known, (number,)).fetchone() is not None


def _move(database: sqlite3.Connection, table: str, old: int, new: int) -> None:
    database.execute(f"update packed.{table} set id = ? where id = ?", (new, old))  # noqa: S608
    for other, column in _TABLES[table]:
        sql = f"update packed.{other} set {column} = ? where {column} = ?"  # noqa: S608
        database.execute(sql, (new, old))
