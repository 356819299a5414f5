"""The files of the cache, below `.ankibuild`, and links on the way to what is written elsewhere.

A project may come from anybody, with a folder of that name and whatever is in it: links that lead
out of the project, pipes on which a reader would wait, files that no run has written. So nothing
here goes through a link, to read, to write or to remove; and what is read may say anything.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from itertools import islice
from pathlib import Path

from ankibuild.paths import CACHE

#: Nanoseconds after which nobody is still about to rename a file.
DAY = 86_400_000_000_000
#: A file that is written beside another; the number is that of a process.
_BESIDE = re.compile(r"\..+\.\d+")


# ------------------------------------------------------------------ whose it is


def is_linked(folder: Path) -> bool:
    """Tell whether a folder of the cache is a link or stands in one: it is not the project's."""
    return folder.is_symlink() or _top(folder).is_symlink()


def guard_links(root: Path, *places: Path) -> None:
    """Refuse a link on the way from a project to a place in it, where something is to be written.

    Raises OSError. What stands elsewhere is the user's own choice.
    """
    for place in places:
        inside = [p for p in (place, *place.parents) if root in p.parents]
        for step in reversed(inside):
            if step.is_symlink():
                raise OSError(errno.ELOOP, "this is a link; remove it", str(step))


def _top(folder: Path) -> Path:
    return next((place for place in (folder, *folder.parents) if place.name == CACHE), folder)


def _guard(path: Path) -> None:
    """Let pass a file, or nothing: no link, and no pipe to wait for. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise OSError(errno.EINVAL, "this is not a file of the cache", str(path))


# ------------------------------------------------------------------ writing


def ready(folder: Path) -> None:
    """Make a folder of the cache, which git ignores. Raises OSError."""
    if is_linked(folder):
        raise OSError(errno.ELOOP, "the cache is a link", str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    ignore = _top(folder) / ".gitignore"
    # An empty one was left by a full disk, and hides nothing from git.
    if ignore.is_symlink() or not ignore.exists() or not ignore.stat().st_size:
        _replace(ignore, b"*\n")


def replace(path: Path, data: bytes) -> None:
    """Write a file of the cache whole or not at all, whoever else writes it. Raises OSError."""
    ready(path.parent)
    _replace(path, data)


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # Whatever has this name already is in the way, and may be a link.
        beside.unlink(missing_ok=True)
        beside.write_bytes(data)
        os.replace(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def append(path: Path, data: bytes) -> int:
    """Add whole lines to a file of the cache; give its size. Raises OSError."""
    ready(path.parent)
    _guard(path)
    # One write of whole lines in append mode: two processes do not mix theirs. The first line end
    # closes a line that somebody could not finish.
    with open(path, "ab", buffering=0) as file:
        file.write(b"\n" + data)
        return file.tell()


def tidy(folder: Path) -> None:
    """Remove what killed processes left beside the files of a folder of the cache.

    It is a day older than the newest file. Whoever is that slow loses what it meant to remember.
    """
    if is_linked(folder):
        return
    with contextlib.suppress(OSError):
        entries = list(os.scandir(folder))
        left = [entry for entry in entries if _BESIDE.fullmatch(entry.name)]
        newest = max(map(_time, entries)) if left else 0
        for entry in left:
            if _time(entry) < newest - DAY:
                os.unlink(entry.path)


def _time(entry: os.DirEntry[str]) -> int:
    return entry.stat(follow_symlinks=False).st_mtime_ns


# ------------------------------------------------------------------ reading


def line(path: Path, number: int) -> bytes:
    """Read a line of a file, empty if it has less of them. Raises OSError."""
    _guard(path)
    with open(path, "rb") as file:
        return next(islice(file, number, None), b"").removesuffix(b"\n")


def lines(path: Path) -> list[bytes]:
    """Read the lines of a file; none if it cannot be read."""
    if is_linked(path.parent):
        return []
    try:
        _guard(path)
        return [found for found in path.read_bytes().split(b"\n") if found]
    except OSError:
        return []
