"""The database of a package, read as if it wanted to harm us.

SQLite runs what a database brings along: views, triggers, generated columns, tables made by code.
Only rows of ordinary tables are read here, so many and so long, in so many steps.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from ankibuild.importer.foreign import ImportRefusedError

Row = tuple[Any, ...]

#: Bytes of a row. Longer texts than a field may have are read as well, to say which note has them.
_LONGEST_ROW = 20_000_000
#: Bytes of a row and of a statement while the schema is read; Anki's tables need not even 1,000.
_LONGEST_DEFINITION = 10_000
#: Steps of SQLite's machine: 7 an entry of the schema, of which Anki has 40; about 10 a row.
_SCHEMA_STEPS, _SCHEMA_PERIOD = 5_000, 100
_STEPS, _PERIOD = 100_000_000, 10_000
_MOST_COLUMNS = 100

_SETTINGS = (
    "pragma query_only = on",
    "pragma trusted_schema = off",
    "pragma cell_size_check = on",
    "pragma temp_store = memory",
)
_LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_DEFINITION),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST_DEFINITION),
    (sqlite3.SQLITE_LIMIT_COLUMN, _MOST_COLUMNS),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
)
_ORDINARY_TABLE = re.compile(r"create table\b", re.IGNORECASE)


class Database:
    """Tables by name; texts come as bytes. Every refusal is an ImportRefusedError."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        entries = connection.execute("select name, sql from sqlite_master where type = 'table'")
        # Tables made by code (`create virtual table`) have the same type.
        self._tables = {_text(name) for name, sql in entries if _ORDINARY_TABLE.match(_text(sql))}

    def has(self, table: str) -> bool:
        """Say whether there is an ordinary table, neither a view nor a virtual one."""
        return table in self._tables

    def rows(
        self,
        table: str,
        numbers: tuple[str, ...],
        texts: tuple[str, ...] = (),
        *,
        limit: int,
        is_sorted: bool = False,
    ) -> Iterator[Row]:
        """Yield rows of a table: columns that are made whole numbers, then columns as they are.

        ``is_sorted`` sorts by the numbers, and is for narrow rows: they are sorted in memory. Raise
        ImportRefusedError for a table that lacks a column or has more than ``limit`` rows.
        """
        self._require(table, {*numbers, *texts})
        columns = ", ".join([*(f"ifnull(cast({name} as integer), 0)" for name in numbers), *texts])
        query = f"select {columns} from {table} limit {limit + 1}"  # noqa: S608
        if is_sorted:
            # Materialized: SQLite would otherwise sort all rows, which may be without end.
            order = ", ".join(str(n + 1) for n, _ in enumerate(numbers))
            query = f"with few as materialized ({query}) select * from few order by {order}"  # noqa: S608
        with _damage_is_refused():
            for number, row in enumerate(self._connection.execute(query)):
                if number == limit:
                    raise _too_many(limit, table)
                yield row

    def _require(self, table: str, columns: set[str]) -> None:
        with _damage_is_refused():
            facts = self._connection.execute(f"pragma table_xinfo({table})").fetchall()
        stored = {_text(name) for _, name, *_, hidden in facts if not hidden}
        if not self.has(table) or not columns <= stored:
            raise ImportRefusedError(
                f"the table `{table}` of this package is not as Anki makes it; "
                "export the deck from Anki again"
            )


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """Open a database file for reading; raise ImportRefusedError if it is none, or damaged."""
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        with _damage_is_refused():
            database = _guarded(connection)
        yield database


def _guarded(connection: sqlite3.Connection) -> Database:
    """Read the schema with narrow limits, then widen them for the rows."""
    connection.text_factory = bytes
    for limit, size in _LIMITS:
        connection.setlimit(limit, size)
    connection.set_progress_handler(_too_long(_SCHEMA_STEPS // _SCHEMA_PERIOD), _SCHEMA_PERIOD)
    for setting in _SETTINGS:
        connection.execute(setting)
    database = Database(connection)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_ROW)
    connection.set_progress_handler(_too_long(_STEPS // _PERIOD), _PERIOD)
    return database


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _too_long(calls: int) -> Callable[[], bool]:
    """Make a handler that stops SQLite at the so-manieth call."""
    made = count()
    return lambda: next(made) >= calls


@contextmanager
def _damage_is_refused() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, ValueError) as error:
        raise ImportRefusedError(
            f"the database of this package is damaged ({error}); download or export it again"
        ) from error


def _too_many(limit: int, table: str) -> ImportRefusedError:
    return ImportRefusedError(
        f"this package holds more than {limit:,} {table}; export it from Anki deck by deck"
    )
