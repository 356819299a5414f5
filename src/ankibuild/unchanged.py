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
from typing import TYPE_CHECKING, Any

from ankibuild.paths import CACHE
from ankibuild.tool import ANYTHING, Row, below, facts, identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Nanoseconds from which on a file's time tells that it has not been written since.
SETTLED = 2_000_000_000
#: Bytes of a young file that is compared by content; a larger one is always looked at anew.
LARGEST = 16_000_000
#: What a project consists of.
_FOLDERS = ("decks", "media")


class LastRun:
    """The last run of the command ``name`` on the project in ``root``, and the one that begins.

    ``asked`` are the words that its answer depends on; ``now`` is in nanoseconds since 1970.
    """

    def __init__(self, root: str, name: str, asked: Iterable[str], now: int) -> None:
        self._root = root
        self._path = os.path.join(root, CACHE, f"{name}.json")
        self._asked = list(asked)
        self._now = now
        self._tool = identity()
        self._rows = look(root)
        self._digests = dict(self._young(self._rows))

    def said(self) -> Any | None:
        """Give what was said, as it was kept; None if anything is not as it was then."""
        if ANYTHING in self._rows or not self._is_ours:
            return None
        try:
            with open(self._path, "rb") as file:
                kept = json.load(file)
            same = (
                kept["tool"] == self._tool
                and kept["asked"] == self._asked
                and [tuple(row) for row in kept["rows"]] == self._rows
                and all(was and was == digest(self._root, p) for p, was in kept["young"].items())
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

        from ankibuild.cache import LARGEST
        from ankibuild.disk import replace, tidy

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
                tidy(Path(self._path).parent)

    @property
    def _is_ours(self) -> bool:
        """Tell whether what is kept is in the project, as far as links go."""
        return _is_plain(self._path) and not os.path.islink(os.path.dirname(self._path))

    def _young(self, rows: Iterable[Row]) -> Iterator[tuple[str, str]]:
        for path, _, time, _ in rows:
            if time > self._now - SETTLED:
                yield path, digest(self._root, path)


def look(root: str) -> list[Row]:
    """List the files of a project in order of their paths, without opening any."""
    rows: list[Row] = []
    for folder in _FOLDERS:
        rows += below(root, folder)
    return sorted(rows)


def _row(path: str) -> Row:
    return "", *facts(path)


def digest(root: str, path: str) -> str:
    """Hash a file's content; empty if it cannot be read, or only by waiting or by taking long."""
    from hashlib import blake2b

    place = os.path.join(root, path)
    try:
        if not _is_plain(place) or os.path.getsize(place) > LARGEST:
            return ""
        with open(place, "rb") as file:
            return blake2b(file.read(), digest_size=16).hexdigest()
    except OSError:
        return ""


def _is_plain(path: str) -> bool:
    """Tell whether a file is no link, which may lead anywhere, and no pipe, which keeps waiting."""
    return os.path.isfile(path) and not os.path.islink(path)
