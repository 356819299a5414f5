"""The place of a new repository: a folder that is new or empty, and is filled at once."""

from __future__ import annotations

import os
from pathlib import Path

from ankibuild.paths import CURRICULUM
from ankibuild.workflow import RefusedError

#: What an empty folder may have: `git init` came first, or a clone of a new repository.
_HARMLESS = {".git"}


def guard_empty(folder: Path) -> None:
    """Raise RefusedError, with what to do instead, if a folder holds anything but a ``.git``."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise RefusedError(f"`{folder}` is not a folder; name a new one")
    if (folder / CURRICULUM).is_file():
        way = "go on there with `ankibuild new`, or name a new folder"
        raise RefusedError(f"`{folder}` is a deck repository already; {way}")
    inside = {place.name for place in folder.iterdir()} if folder.exists() else set()
    if inside - _HARMLESS:
        first = min(inside - _HARMLESS)
        raise RefusedError(f"`{folder}` is not empty, it has `{first}`; name a new folder")


def move(made: Path, folder: Path) -> None:
    """Move a repository to its place: all of it or nothing; the decks last, as they make it one."""
    if not folder.exists():
        os.rename(made, folder)
        return
    moved: list[str] = []
    try:
        for name in sorted(os.listdir(made), key=lambda name: (name == "decks", name)):
            os.rename(made / name, folder / name)
            moved.append(name)
    except BaseException:
        for name in moved:
            os.rename(folder / name, made / name)
        raise
