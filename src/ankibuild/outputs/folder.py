"""An export as a folder: whole or not at all, and nothing of anybody else's is touched.

What an export has written stands in a list in the folder. The next one replaces just that, so
that a folder may hold more: a ``.git``, or the name of a domain.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

Files = Mapping[str, Callable[[], bytes]]
"""The files of an export by path, relative and with slashes, each made when it is needed."""


def write(files: Files, dest: Path, listing: str) -> tuple[Path, ...]:
    """Write files into the folder ``dest``, in place of an earlier export; return their places.

    ``listing`` is the name of the list of what an export has written, one path a line.
    Raise ValueError if ``dest`` holds other files and no earlier export, or other files where
    these belong, and OSError if it cannot be written. Then ``dest`` is as it was.
    """
    others = _others(files, dest, listing)
    dest.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".ankibuild-", dir=dest.parent) as folder:
        new, old = Path(folder) / "new", Path(folder) / "old"
        _fill(new, files, listing)
        if dest.exists():
            os.replace(dest, old)
        try:
            _move(others, old, new)
            os.replace(new, dest)
        except OSError:
            _move(others, new, old)
            os.replace(old, dest)
            raise
    return tuple(dest / path for path in files)


def _fill(folder: Path, files: Files, listing: str) -> None:
    folder.mkdir()
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content())
    (folder / listing).write_text("".join(f"{path}\n" for path in files), "utf-8", newline="")


def _move(paths: Iterable[str], source: Path, target: Path) -> None:
    for path in paths:
        if os.path.lexists(source / path):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source / path, target / path)


# ------------------------------------------------------------------ what is not ours


def _others(files: Files, dest: Path, listing: str) -> tuple[str, ...]:
    """Give the paths in a folder that no export has written; folders of others stand as one."""
    if dest.is_symlink() or (dest.exists() and not dest.is_dir()):
        raise ValueError(f"`{dest}` is not a folder")
    if not dest.exists() or not any(dest.iterdir()):
        return ()
    if not (dest / listing).is_file():
        raise ValueError(f"`{dest}` holds files that no export has written; name another folder")
    written = {listing, *(dest / listing).read_text("utf-8").splitlines()}
    others = tuple(_walk(dest, dest, {PurePosixPath(path) for path in written}))
    for path in others:
        if any(PurePosixPath(path) in (mine, *mine.parents) for mine in map(PurePosixPath, files)):
            raise ValueError(f"`{dest / path}` is not of an export and would be overwritten")
    return others


def _walk(folder: Path, dest: Path, written: set[PurePosixPath]) -> Iterator[str]:
    folders = {parent for path in written for parent in path.parents}
    for place in sorted(folder.iterdir()):
        path = PurePosixPath(place.relative_to(dest).as_posix())
        if path in folders and place.is_dir() and not place.is_symlink():
            yield from _walk(place, dest, written)
        elif path not in written:
            yield str(path)
