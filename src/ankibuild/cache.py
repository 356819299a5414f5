"""Remember what was computed, by content. Safe to delete at any time.

Many small results are a :class:`Cache`: one file a namespace, one line an entry, appended, so that
a crash can cost the last line, two processes at once can cost nothing, and a line that cannot be
read is as good as none. What was made of a whole file is in a :class:`Store`: one file an entry,
written beside and renamed. A :class:`Memory` is for one process that does its work again and again.
How files are read and written, no link followed, is in :mod:`ankibuild.disk`.

A key holds everything that a result depends on, the tool itself included.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from msgspec.json import decode, encode

from ankibuild import disk
from ankibuild.paths import CACHE
from ankibuild.tool import identity, installation

#: Bytes of a file that is still read; from then on its older half is forgotten.
LARGEST = 16_000_000
#: Entries of a store that are kept though nobody asked for them: those of another branch, say.
SPARE = 100
#: Lone surrogates have to be told apart, not refused.
_WHATEVER = ("utf-8", "surrogatepass")


T = TypeVar("T")


class Memory:
    """Results of pure functions, for a process that loads one project again and again.

    What two passes in a row did not ask for is forgotten.
    """

    def __init__(self) -> None:
        self._now: dict[Hashable, Any] = {}
        self._before: dict[Hashable, Any] = {}

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give the result for a key, that holds everything it depends on."""
        if key not in self._now:
            self._now[key] = self._before[key] if key in self._before else make()
        result: T = self._now[key]
        return result

    def turn(self) -> None:
        """Begin another pass."""
        self._before, self._now = self._now, {}


class Cache:
    """The entries of one namespace: JSON values by key. Keys hold everything a value depends on.

    They are written down with this installation, so that what a project from elsewhere brings along
    is never found.
    """

    def __init__(self, root: Path, namespace: str) -> None:
        self.path = root / CACHE / f"{namespace}.jsonl"
        self._entries = _by_name(disk.lines(self.path))

    def get(self, key: str) -> Any | None:
        """Give what is remembered, or None."""
        try:
            _, value = decode(self._entries[_ours(key).encode()])
        except (LookupError, ValueError, TypeError, RecursionError):
            return None
        return value

    def add(self, entries: Mapping[str, Any]) -> None:
        """Remember entries. A full disk or a folder we may not write costs the memory, no more.

        So does a lone surrogate, which no file can hold.
        """
        rows = [row for key, value in entries.items() if (row := _row(key, value))]
        if not rows:
            return
        self._entries.update(_by_name(rows))
        with contextlib.suppress(OSError):
            if disk.append(self.path, _lines(rows)) > LARGEST:
                self._forget()

    def _forget(self) -> None:
        """Keep the newer half; what another process adds meanwhile may be lost, and is redone."""
        rows = list(_by_name(disk.lines(self.path)).values())
        with contextlib.suppress(OSError):
            disk.replace(self.path, _lines(rows[len(rows) // 2 :]))


class Lasting:
    """Texts that were made of texts, remembered beyond this process once it is told to keep them.

    The file is read when something is asked for the first time.
    """

    def __init__(self, root: Path, namespace: str) -> None:
        self._root, self._namespace = root, namespace
        self._new: dict[str, str] = {}

    @cached_property
    def _cache(self) -> Cache:
        return Cache(self._root, self._namespace)

    def of(self, asked: str, make: Callable[[], str]) -> str:
        """Give the text that ``asked`` makes with this tool."""
        name = key(asked)
        known = self._new.get(name) or self._cache.get(name)
        if isinstance(known, str):
            return known
        self._new[name] = make()
        return self._new[name]

    def keep(self) -> None:
        """Write down what is new."""
        if self._new:
            self._cache.add(self._new)
            self._new = {}


class Store:
    """Values that were made of whole files, each in a file of its own, named by its key."""

    def __init__(self, root: Path, namespace: str) -> None:
        self._folder = root / CACHE / namespace
        self._is_linked = disk.is_linked(self._folder)
        self._used: set[str] = set()

    def get(self, key: str, kind: type[T], part: int = 0) -> T | None:
        """Give one of the values that are remembered if it is of a kind, or None."""
        self._used.add(key)
        if self._is_linked:
            return None
        try:
            seal, _, body = disk.line(self._folder / key, part).partition(b" ")
            return decode(body, type=kind) if seal == _seal(body) else None
        except (OSError, ValueError, RecursionError):
            return None

    def put(self, key: str, *values: Any) -> bool:
        """Remember values, that are asked for one by one; tell whether that was done.

        A full disk, a folder we may not write or a lone surrogate costs the memory, no more.
        """
        try:
            lines = [_seal(body) + b" " + body for body in map(encode, values)]
            disk.replace(self._folder / key, b"\n".join(lines))
        except (OSError, UnicodeError):
            return False
        self._used.add(key)
        return True

    def sweep(self) -> None:
        """Forget the oldest entries that were not asked for, beyond as many as were."""
        if self._is_linked:
            return
        disk.tidy(self._folder)
        with contextlib.suppress(OSError):
            rest = [entry for entry in os.scandir(self._folder) if entry.name not in self._used]
            rest.sort(key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
            for entry in rest[max(SPARE, len(self._used)) :]:
                os.unlink(entry.path)


def key(*parts: object) -> str:
    """Name a result by everything that it depends on; bytes and texts are taken as they are.

    Nobody else can know the name, and leave something there for us to find.
    """
    digest = _begun(identity(), installation()).copy()
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode(*_WHATEVER)
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


def place(bank: str) -> str:
    """Name the entry of a bank whatever is in it: what is newer takes the place over."""
    return blake2b(bank.encode(), digest_size=20).hexdigest()


def _row(key: str, value: Any) -> bytes:
    try:
        return encode([_ours(key), value])
    except UnicodeError:
        return b""


def _ours(key: str) -> str:
    """Name a result of this installation, in 40 characters."""
    return blake2b(f"{installation()} {key}".encode(*_WHATEVER), digest_size=20).hexdigest()


def _by_name(rows: Iterable[bytes]) -> dict[bytes, bytes]:
    """Give rows by the names in them, without reading them: nobody asks for most."""
    start = len(b'["')
    return {row[start : start + 40]: row for row in rows}


def _lines(rows: Iterable[bytes]) -> bytes:
    return b"".join(row + b"\n" for row in rows)


@cache
def _begun(tool: str, installed: str) -> blake2b:
    return blake2b(f"{installed} {tool}".encode(), digest_size=20)


def _seal(body: bytes) -> bytes:
    """Give a checksum, by which a file is known that a crash of the machine has damaged."""
    return blake2b(body, digest_size=8).hexdigest().encode()
