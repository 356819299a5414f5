"""What a command said of a project the last time, for as long as everything is as it was.

Whether it is, is told from names, sizes and times of files, before anything else is imported: those
of the project, of this tool and of what the command made, and the versions of all packages. A file
as young as its run is compared by content: it may have been written again within one tick of
the file system's clock. What is kept can be deleted
at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from ankibuild.paths import CACHE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Nanoseconds from which on a file's time tells that it has not been written since.
SETTLED = 2_000_000_000
#: What a project consists of.
_FOLDERS = ("decks", "media")

#: Path, size, time in nanoseconds, inode.
Row = tuple[str, int, int, int]
#: Stands for a folder whose files we do not see: a link. Nobody knows whether they have changed.
_ANYTHING: Row = ("", 0, 0, 0)


class LastRun:
    """The last run of the command ``name`` on the project in ``root``, and the one that begins.

    ``asked`` are the words that its answer depends on; ``now`` is in nanoseconds since 1970.
    """

    def __init__(self, root: str, name: str, asked: Iterable[str], now: int) -> None:
        self._root = root
        self._path = os.path.join(root, CACHE, f"{name}.json")
        self._asked = list(asked)
        self._now = now
        self._tool = tool()
        self._rows = look(root)
        self._digests = dict(self._young(self._rows))

    def said(self) -> Any | None:
        """Give what was said, as it was kept; None if anything is not as it was then."""
        if _ANYTHING in self._rows:
            return None
        try:
            with open(self._path, "rb") as file:
                kept = json.load(file)
            same = (
                kept["tool"] == self._tool
                and kept["asked"] == self._asked
                and [tuple(row) for row in kept["rows"]] == self._rows
                and all(digest(self._root, path) == was for path, was in kept["young"].items())
                and [list(row) for row in map(_row, kept["made"])] == list(kept["made"].values())
            )
            return kept["said"] if same else None
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return None

    def keep(self, said: Any, made: Iterable[str] = ()) -> None:
        """Keep what is said (JSON), unless a file has changed since this run began.

        ``made`` are the files that the command has written: without one of them, or with another
        in its place, it has to be run again.
        """
        if look(self._root) != self._rows or dict(self._young(self._rows)) != self._digests:
            return
        from pathlib import Path

        from ankibuild.cache import LARGEST, replace

        with contextlib.suppress(OSError):
            kept = {
                "tool": self._tool,
                "asked": self._asked,
                "rows": self._rows,
                "young": self._digests,
                "made": {path: _row(path) for path in made},
                "said": said,
            }
            data = json.dumps(kept).encode()
            if len(data) <= LARGEST:
                replace(Path(self._path), data)

    def _young(self, rows: Iterable[Row]) -> Iterator[tuple[str, str]]:
        for path, _, time, _ in rows:
            if time > self._now - SETTLED:
                yield path, digest(self._root, path)


def look(root: str) -> list[Row]:
    """List the files of a project in order of their paths, without opening any."""
    rows: list[Row] = []
    for folder in _FOLDERS:
        rows += _below(root, folder)
    return sorted(rows)


def _below(root: str, folder: str) -> Iterator[Row]:
    try:
        entries = list(os.scandir(os.path.join(root, folder)))
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_symlink() and entry.is_dir():
            yield _ANYTHING
        elif entry.is_dir(follow_symlinks=False):
            yield from _below(root, path)
        else:
            yield path, *_facts(entry.path)


def _row(path: str) -> Row:
    return "", *_facts(path)


def _facts(path: str) -> tuple[int, int, int]:
    """Give what tells a file from another; a link is as what it leads to."""
    try:
        found = os.stat(path)
    except OSError:
        return -1, -1, -1
    return found.st_size, found.st_mtime_ns, found.st_ino


def digest(root: str, path: str) -> str:
    """Hash a file's content; empty if it cannot be read."""
    from hashlib import blake2b

    try:
        with open(os.path.join(root, path), "rb") as file:
            return blake2b(file.read(), digest_size=16).hexdigest()
    except OSError:
        return ""


def tool() -> str:
    """Describe this tool: its files, the packages that it can see, the interpreter."""
    here = os.path.dirname(os.path.abspath(__file__))
    own = sorted(row for row in _below(here, ".") if not row[0].endswith(".pyc"))
    packages = sorted({name for folder in sys.path for name in _installed(folder)})
    return repr((own, packages, sys.version))


def _installed(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder or ".") if name.endswith(".dist-info")]
    except OSError:
        return []
