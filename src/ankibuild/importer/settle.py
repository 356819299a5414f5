"""New and edited files into a project: all of them, or none.

What is to come lies in a folder beside, with a list of it. New files are put in place first, and
none of them replaces anything; then the edited files replace the old ones, the curriculum last:
from that moment on the import is done. What an import that was stopped has left is found by its
list, and the next one takes it back.

A project may come from anybody, its list too: what is put in place or taken back are files in
`decks/` and `media/`, and nothing beyond a link.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from msgspec import Struct

from ankibuild.disk import is_linked, ready
from ankibuild.importer.foreign import ImportRefusedError
from ankibuild.paths import CACHE

#: Below a project's root: where an import is prepared.
STAGE = f"{CACHE}/import"
_LIST = "list.json"
#: What an import writes: the names are ours.
_PATH = re.compile(r"(?:decks|media)(?:/[a-z0-9-]+)*/[a-z0-9-]+\.[a-z0-9]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Stage(Struct, frozen=True):
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
        ready(self.folder)
        self.tree.mkdir()

    def end(self) -> None:
        """Remove the folder and whatever is in it."""
        if not is_linked(self.folder):
            shutil.rmtree(self.folder, ignore_errors=True)


def carry_out(stage: Stage, new: Iterable[str], edited: Mapping[str, bytes | None]) -> None:
    """Put files in place. ``new`` are paths; ``edited`` are paths and what was read there before.

    The last of ``edited`` is what makes the import count. Raise ImportRefusedError if one of
    ``new`` exists, or one of ``edited`` is no longer what it was, and OSError if the disk refuses;
    then the project is as it was.
    """
    paths = tuple(new)
    for path in (*paths, *edited):
        _guard(stage.root, path)
    for path in paths:
        if os.path.lexists(stage.root / path):
            raise ImportRefusedError(f"`{path}` is there already; nothing was imported")
    for path, before in edited.items():
        if _read(stage.root, path) != before:
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
    if known and not _is_as(root, known.counts, known.edited[known.counts]):
        for path, digest in known.new.items():
            undone |= _remove(root, path, digest)
        for path, digest in known.edited.items():
            if _is_as(root, path, digest):
                _restore(stage, path)
                undone = True
    stage.end()
    return undone


# ------------------------------------------------------------------ the list


class _Listed(Struct, frozen=True):
    """What an import was to write: digests by path; with ``counts`` in place, it is done."""

    new: Mapping[str, str]
    edited: Mapping[str, str]
    counts: str


def _list(stage: Stage, new: Iterable[str], edited: Mapping[str, bytes | None]) -> None:
    for path, before in edited.items():
        if before is not None:
            place = stage.folder / "before" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(before)
    known = {
        "new": {path: _digest(stage.tree, path) for path in new},
        "edited": {path: _digest(stage.tree, path) for path in edited},
        "counts": list(edited)[-1],
    }
    beside = stage.folder / f".{_LIST}"
    with beside.open("w", encoding="utf-8") as file:
        json.dump(known, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, stage.folder / _LIST)


def _listed(stage: Stage) -> _Listed | None:
    """Give the list that was left; one that no import can have written is as good as none."""
    text = None if is_linked(stage.folder) else _read(stage.folder, _LIST)
    try:
        known = json.loads(text or b"null")
    except (ValueError, RecursionError):
        return None
    match known:
        case {"new": dict(new), "edited": dict(edited), "counts": str(counts)}:
            sound = all(_is_ours(path, digest) for path, digest in (*new.items(), *edited.items()))
            return _Listed(new, edited, counts) if sound and counts in edited else None
    return None


def _is_ours(path: str, digest: object) -> bool:
    return bool(_PATH.fullmatch(path) and isinstance(digest, str) and _DIGEST.fullmatch(digest))


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
    ours = _is_as(root, path, digest)
    if ours:
        (root / path).unlink()
    if not _link_to(root, path):
        with contextlib.suppress(OSError):
            (root / path).parent.rmdir()
    return ours


def _restore(stage: Stage, path: str) -> None:
    before = f"before/{path}"
    if _read(stage.folder, before) is None:
        (stage.root / path).unlink()
    else:
        os.replace(stage.folder / before, stage.root / path)


def _link_to(root: Path, path: str) -> str:
    """Give the first link on the way from ``root`` to a path, or at its end; empty without one."""
    way = (*reversed(PurePosixPath(path).parents[:-1]), PurePosixPath(path))
    return next((str(place) for place in way if os.path.islink(root / place)), "")


def _guard(root: Path, path: str) -> None:
    """Refuse a path that could not be taken back."""
    if not _PATH.fullmatch(path):
        raise RuntimeError(f"an import does not write `{path}`")
    if link := _link_to(root, path):
        message = f"`{link}` is a link, and nothing is imported through one"
        raise ImportRefusedError(f"{message}\nput what it leads to in its place")


def _read(root: Path, path: str) -> bytes | None:
    """Read a file that is no link and not beyond one; None if there is none."""
    plain = os.path.isfile(root / path) and not _link_to(root, path)
    return (root / path).read_bytes() if plain else None


def _digest(root: Path, path: str) -> str:
    content = _read(root, path)
    return "" if content is None else hashlib.sha256(content).hexdigest()


def _is_as(root: Path, path: str, digest: str) -> bool:
    return _digest(root, path) == digest
