"""Notices which files of a project have changed, by looking at all of them again and again.

Looking costs less than a millisecond, works on every file system, and cannot miss what an editor
does on saving: write in place, rename over the file, or remove it and make a new one.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from msgspec import Struct, field

from ankibuild.media import SUFFIXES

#: The folders that a project is loaded from, and how the names of its files there end.
WATCHED = {"decks": (".yaml", ".yml", ".jsonl"), "media": (*SUFFIXES, ".json")}
#: Bytes of a file that are compared; of a larger one, its stamp is.
LARGEST = 16_000_000

Stamp = tuple[int, int, int, int]
_EMPTY = hashlib.sha256().hexdigest()
_NOWHERE: Stamp = (0, 0, 0, 0)


class Snapshot(Struct, frozen=True, dict=True):
    """The files of a project at one moment: by path, the stamp and the digest of each."""

    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """A name for the contents of all files; the same contents have the same name."""
        listed = "".join(f"{path}\0{digest}\0" for path, digest in sorted(self.digests.items()))
        return hashlib.sha256(listed.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def changed(self, before: Snapshot) -> tuple[str, ...]:
        """Give the paths of files that are new, gone or different since ``before``."""
        paths = sorted({*self.digests, *before.digests})
        return tuple(p for p in paths if self.digests.get(p) != before.digests.get(p))

    def lost(self, before: Snapshot) -> bool:
        """Tell whether a file is gone or empty that was not ``before``."""
        return any(self.digests.get(path, _EMPTY) == _EMPTY for path in self.changed(before))


def look(root: Path, before: Snapshot) -> Snapshot:
    """Look at the files of a project; read only those that were touched since ``before``.

    Gives ``before`` itself if none was.
    """
    stamps = dict(_stamps(root))
    if stamps == before.stamps:
        return before
    digests = {
        path: before.digests[path] if before.stamps.get(path) == stamp else _digest(root, path)
        for path, stamp in stamps.items()
    }
    return Snapshot(stamps, digests)


def _stamps(root: Path) -> Iterator[tuple[str, Stamp]]:
    for folder, endings in WATCHED.items():
        yield from _below(os.fspath(root), folder, endings)


def _below(root: str, folder: str, endings: tuple[str, ...]) -> Iterator[tuple[str, Stamp]]:
    try:
        entries = list(os.scandir(os.path.join(root, folder)))
    except OSError:  # it is not there, or not any more
        return
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.name.startswith("."):
            continue
        # A link to a folder is not followed: it may lead round in circles.
        if entry.is_dir(follow_symlinks=False):
            yield from _below(root, path, endings)
        elif entry.name.lower().endswith(endings):
            yield path, _stamp(entry)


def _stamp(entry: os.DirEntry[str]) -> Stamp:
    try:
        found = entry.stat()
    except OSError:  # it went away, or is a link to nothing
        return _NOWHERE
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _digest(root: Path, path: str) -> str:
    place = root / path
    try:
        found = place.stat()
        # Reading a pipe would wait for somebody to write.
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            return repr((found.st_mode, found.st_mtime_ns, found.st_size))
        return hashlib.sha256(place.read_bytes()).hexdigest()
    except OSError as error:
        return type(error).__name__
