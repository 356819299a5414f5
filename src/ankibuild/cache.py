"""Remember what was computed, by content. Safe to delete at any time.

One file a namespace, one line an entry, appended: a crash can cost the last line, two processes at
once can cost nothing, and a line that cannot be read is as good as none.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ankibuild.paths import CACHE

#: Bytes of a file that is still read; from then on its older half is forgotten.
LARGEST = 16_000_000


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
    """The entries of one namespace: JSON values by key. Keys hold everything a value depends on."""

    def __init__(self, root: Path, namespace: str) -> None:
        self.path = root / CACHE / f"{namespace}.jsonl"
        self._entries = dict(_read(self.path))

    def get(self, key: str) -> Any | None:
        """Give what is remembered, or None."""
        return self._entries.get(key)

    def add(self, entries: Mapping[str, Any]) -> None:
        """Remember entries. A full disk or a folder we may not write costs the memory, no more."""
        if not entries:
            return
        self._entries.update(entries)
        text = "".join(json.dumps([key, value]) + "\n" for key, value in entries.items())
        with contextlib.suppress(OSError):
            ready(self.path.parent)
            # One write of whole lines in append mode: two processes do not mix theirs. The first
            # line end closes a line that somebody could not finish.
            with open(self.path, "ab", buffering=0) as file:
                file.write(b"\n" + text.encode())
                size = file.tell()
            if size > LARGEST:
                self._forget()

    def _forget(self) -> None:
        """Keep the newer half; what another process adds meanwhile may be lost, and is redone."""
        entries = dict(_read(self.path))
        newer = list(entries.items())[len(entries) // 2 :]
        with contextlib.suppress(OSError):
            replace(self.path, "".join(json.dumps(row) + "\n" for row in newer).encode())


def replace(path: Path, data: bytes) -> None:
    """Write a file of the cache whole or not at all, whoever else writes it. Raises OSError."""
    ready(path.parent)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def ready(folder: Path) -> None:
    """Make a folder that git ignores."""
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def _read(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines:
        try:
            key, value = json.loads(line)
        except (ValueError, TypeError, RecursionError):
            continue
        if isinstance(key, str):
            yield key, value
