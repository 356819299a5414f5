"""Files into a new folder: all of them or none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from ankibuild.starter.templates import make
from ankibuild.starter.wishes import Wishes, guard
from ankibuild.workflow import RefusedError

#: What an empty folder may have: `git init` came first, or a clone of a new repository.
_HARMLESS = {".git"}


def lay_down(folder: Path, wishes: Wishes, *, example: bool = True) -> tuple[Path, ...]:
    """Make a deck repository in ``folder``, which is new or empty; return its files, sorted.

    With an ``example``, it has a part with a question of each kind and a figure; without one, its
    curriculum has ``parts: []``. Raise RefusedError, with what to do instead, if the folder holds
    anything but a ``.git`` or if ``wishes`` cannot be granted, and OSError if it cannot be written.
    Then the folder is as it was.
    """
    guard(wishes)
    _guard_empty(folder)
    files = make(wishes, example=example)
    there = folder.exists()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Where there is a folder, somebody may be in it, and it may be another disk than its parent.
    with TemporaryDirectory(prefix=".ankibuild-", dir=folder if there else folder.parent) as beside:
        new = Path(beside) / "new"
        _write(new, files)
        if there:
            _move_into(folder, new)
        else:
            os.rename(new, folder)
    return tuple(folder / path for path in files)


def _guard_empty(folder: Path) -> None:
    if os.path.lexists(folder) and not folder.is_dir():
        raise RefusedError(f"`{folder}` is not a folder; name a new one")
    inside = {place.name for place in folder.iterdir()} if folder.exists() else set()
    if inside - _HARMLESS:
        first = min(inside - _HARMLESS)
        raise RefusedError(f"`{folder}` is not empty, it has `{first}`; name a new folder")


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _move_into(folder: Path, new: Path) -> None:
    moved: list[str] = []
    try:
        for name in sorted(os.listdir(new)):
            os.rename(new / name, folder / name)
            moved.append(name)
    except BaseException:
        for name in moved:
            os.rename(folder / name, new / name)
        raise
