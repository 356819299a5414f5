"""New and edited files into a project: all of them, or none.

What is to come lies in a folder beside, with a list of it. New files are put in place first, and
none of them replaces anything; then the edited files replace the old ones, the curriculum last:
from that moment on the import is done. What an import that was stopped has left is found by its
list, and the next one takes it back.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ankibuild.cache import ready
from ankibuild.importer.foreign import ImportRefusedError
from ankibuild.paths import CACHE

#: Below a project's root: where an import is prepared.
STAGE = f"{CACHE}/import"
_LIST = "list.json"


@dataclass(frozen=True, slots=True)
class Stage:
    """A folder beside the project in ``root``, in which the new files have their later paths."""

    root: Path

    @property
    def folder(self) -> Path:
        """The folder itself."""
        return self.root / STAGE

    @property
    def tree(self) -> Path:
        """Where a file that will be at ``root / path`` is now."""
        return self.folder / "tree"

    def begin(self) -> None:
        """Make the folder; there is none, since what was left has been taken back."""
        ready(self.root / CACHE)
        self.tree.mkdir(parents=True)

    def end(self) -> None:
        """Remove the folder and whatever is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def carry_out(stage: Stage, new: Iterable[str], edited: Mapping[str, bytes | None]) -> None:
    """Put files in place. ``new`` are paths; ``edited`` are paths and what was read there before.

    The last of ``edited`` is what makes the import count. Raise ImportRefusedError if one of
    ``new`` exists, or one of ``edited`` is no longer what it was, and OSError if the disk refuses;
    then the project is as it was.
    """
    paths = tuple(new)
    for path in paths:
        if os.path.lexists(stage.root / path):
            raise ImportRefusedError(f"`{path}` is there already; nothing was imported")
    for path, before in edited.items():
        if _read(stage.root / path) != before:
            raise ImportRefusedError(f"`{path}` has changed meanwhile; run the import again")
    _list(stage, paths, edited)
    try:
        for path in paths:
            _move(stage.tree / path, stage.root / path)
        for path in edited:
            os.replace(stage.tree / path, stage.root / path)
    except BaseException:
        take_back(stage.root)
        raise


def take_back(root: Path) -> bool:
    """Undo what an import that was stopped has done; tell whether there was something to undo.

    A file that somebody has changed since stays.
    """
    stage = Stage(root)
    known = _listed(stage)
    undone = False
    if known and _digest(_read(root / known["counts"])) != known["edited"][known["counts"]]:
        for path, digest in known["new"].items():
            undone |= _remove(root, path, digest)
        for path, digest in known["edited"].items():
            if _digest(_read(root / path)) == digest:
                _restore(stage, path)
                undone = True
    stage.end()
    return undone


# ------------------------------------------------------------------ the list


def _list(stage: Stage, new: Iterable[str], edited: Mapping[str, bytes | None]) -> None:
    for path, before in edited.items():
        if before is not None:
            place = stage.folder / "before" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(before)
    known = {
        "new": {path: _digest(_read(stage.tree / path)) for path in new},
        "edited": {path: _digest(_read(stage.tree / path)) for path in edited},
        "counts": list(edited)[-1],
    }
    beside = stage.folder / f".{_LIST}"
    with beside.open("w", encoding="utf-8") as file:
        json.dump(known, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, stage.folder / _LIST)


def _listed(stage: Stage) -> dict[str, Any] | None:
    text = _read(stage.folder / _LIST)
    return None if text is None else dict(json.loads(text))


# ------------------------------------------------------------------ single files


def _move(source: Path, place: Path) -> None:
    """Move a file to where there is none; unlike a rename, a link replaces nothing."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, place)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        with source.open("rb") as content, place.open("xb") as file:
            shutil.copyfileobj(content, file)
    source.unlink()


def _remove(root: Path, path: str, digest: str) -> bool:
    """Remove a file if it is as we wrote it, and its folder if there is nothing else in it."""
    ours = _digest(_read(root / path)) == digest
    if ours:
        (root / path).unlink()
    with contextlib.suppress(OSError):
        (root / path).parent.rmdir()
    return ours


def _restore(stage: Stage, path: str) -> None:
    before = stage.folder / "before" / path
    if before.is_file():
        os.replace(before, stage.root / path)
    else:
        (stage.root / path).unlink()


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _digest(content: bytes | None) -> str:
    return "" if content is None else hashlib.sha256(content).hexdigest()
