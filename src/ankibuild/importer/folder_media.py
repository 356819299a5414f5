"""Files that lie in a folder beside the notes that show them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from ankibuild.importer import limits
from ankibuild.importer.foreign import ForeignMedia, ImportRefusedError


def is_name(name: str) -> bool:
    """Tell whether a text is the name of a file, and no way to one elsewhere."""
    return name not in ("", ".", "..") and not any(character in name for character in "/\\\0")


def read_media(folder: Path) -> tuple[tuple[ForeignMedia, ...], tuple[str, ...]]:
    """Find the files right in a folder, by name; give remarks on those that are left out, too.

    Links are left out, wherever they lead. A folder that is not there is empty. Names are as Anki
    has them, in Unicode's normal form C. Raise ImportRefusedError if there are too many.
    """
    found = list(islice(_files(folder), limits.MEDIA_FILES + 1))
    media = tuple(one for one in found if isinstance(one, ForeignMedia))
    if len(found) > limits.MEDIA_FILES or sum(one.size for one in media) > limits.MEDIA:
        raise ImportRefusedError(
            f"the folder `{folder.name}` has more than {limits.MEDIA_FILES:,} files or "
            f"{limits.MEDIA / 1e9:.0f} GB; leave in it only what the notes show"
        )
    return media, tuple(one for one in found if isinstance(one, str))


def _files(folder: Path) -> Iterator[ForeignMedia | str]:
    if folder.is_symlink():
        yield f"`{folder.name}` is a link; what it leads to is left out"
    elif folder.is_dir():
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_symlink():
                    yield f"`{_shown(entry.name)}` is a link; left out"
                elif entry.is_file():
                    yield _file(entry)


def _file(entry: os.DirEntry[str]) -> ForeignMedia | str:
    size = entry.stat(follow_symlinks=False).st_size
    if size > limits.MEDIA_FILE:
        return f"`{_shown(entry.name)}` has more than {limits.MEDIA_FILE / 1e6:.0f} MB; left out"
    if not entry.name.isprintable():
        return f"`{_shown(entry.name)}` has no sound name; left out"
    name = unicodedata.normalize("NFC", entry.name)
    return ForeignMedia(name, size, partial(_copy, Path(entry.path), size))


def _copy(source: Path, size: int, target: Path) -> None:
    with source.open("rb") as file:
        content = file.read(size + 1)
    if len(content) != size:
        raise ImportRefusedError(f"`{source.name}` changed while it was read; import again")
    target.write_bytes(content)


def _shown(name: str) -> str:
    return ascii(name)[1:-1][:80]
