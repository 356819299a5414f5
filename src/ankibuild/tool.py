"""What this tool is: whatever its results depend on beside the files of a project."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Path, size, time in nanoseconds, inode.
Row = tuple[str, int, int, int]
#: Stands for a folder whose files we do not see: a link. Nobody knows whether they have changed.
ANYTHING: Row = ("", 0, 0, 0)


@cache
def installation() -> str:
    """Name this installation by what nobody can know who makes a project for others, or choose."""
    found = os.stat(os.path.join(os.path.dirname(os.path.abspath(__file__)), "__init__.py"))
    return f"{found.st_ino} {found.st_ctime_ns}"


@cache
def identity() -> str:
    """Describe this tool: its files, the packages that it can see, the interpreter."""
    here = os.path.dirname(os.path.abspath(__file__))
    own = sorted(below(here, "."))
    packages = sorted({name for folder in sys.path for name in _installed(folder)})
    return repr((own, packages, sys.version))


def _installed(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder or ".") if name.endswith(".dist-info")]
    except OSError:
        return []


def below(root: str, folder: str) -> Iterator[Row]:
    """List the files below a folder of ``root`` without opening any; none if it is not there.

    What Python itself remembers of its programs is none of them.
    """
    try:
        entries = list(os.scandir(os.path.join(root, folder)))
    except OSError:
        return
    for entry in entries:
        if entry.name == "__pycache__":
            continue
        path = f"{folder}/{entry.name}"
        # Not `entry.is_dir()`, which raises for a link that leads to itself.
        if entry.is_symlink() and os.path.isdir(entry.path):
            yield ANYTHING
        elif entry.is_dir(follow_symlinks=False):
            yield from below(root, path)
        else:
            yield path, *facts(entry.path)


def facts(path: str | int) -> tuple[int, int, int]:
    """Give size, time and inode of a file, or of what a link leads to; -1 if there is nothing.

    An open file can be named by its number.
    """
    try:
        found = os.stat(path)
    except OSError:
        return -1, -1, -1
    return found.st_size, found.st_mtime_ns, found.st_ino
