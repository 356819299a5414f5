"""The list of a package's media: which entry of the zip is which file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from msgspec import Struct

from ankibuild.importer import limits, protobuf
from ankibuild.importer.archive import Archive, TooLargeError
from ankibuild.importer.foreign import ForeignMedia, ImportRefusedError
from ankibuild.importer.texts import Texts

_LIST = "media"
_LONGEST_NAME = 255
#: Nothing, dots alone, and what leads to another folder.
_NO_FILE_NAME = re.compile(r"\.{0,2}\Z|.*[/\\\x00-\x1f\x7f]", re.DOTALL)


class _Listed(Struct, frozen=True):
    """A line of the list: an entry of the zip, the name of the file, its size unpacked."""

    entry: str
    name: object
    size: int


def read(package: Archive, texts: Texts, *, zstd: bool) -> tuple[ForeignMedia, ...]:
    """Give the media of a package, by name; ``zstd`` says that list and files are compressed.

    No file is read. Left out, and told, are files whose name leads out of a folder, that are not
    in the package, or are larger than ``limits.MEDIA_FILE``. Raise ImportRefusedError if the list
    cannot be read, or if all of the files are more than ``limits.MEDIA``.
    """
    if _LIST not in package.names:
        return ()
    content = package.read(_LIST, limits.JSON, zstd=zstd)
    listed = list(_messages(content) if zstd else _lines(content, package))
    found = {media.name: media for line in listed if (media := _media(line, package, texts, zstd))}
    if sum(media.size for media in found.values()) > limits.MEDIA:
        raise ImportRefusedError(
            f"the pictures and sounds of this package have more than {limits.MEDIA // 10**9} GB; "
            "export it from Anki deck by deck"
        )
    for entry in sorted(set(filter(str.isdecimal, package.names)) - {one.entry for one in listed}):
        texts.findings.add("media files without a name", f"`{entry}`")
    return tuple(sorted(found.values(), key=lambda media: media.name))


def _lines(content: bytes, package: Archive) -> Iterator[_Listed]:
    """Read the older list, a JSON object: entry -> name. The zip knows how large a file is."""
    try:
        names = json.loads(content)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, dict) or len(names) > limits.MEDIA_FILES:
        raise _unreadable()
    for entry, name in names.items():
        size = package.size(entry) if entry in package.names else 0
        yield _Listed(entry, name, size)


def _messages(content: bytes) -> Iterator[_Listed]:
    """Read the newer list, whose lines are in the order of the entries."""
    try:
        lines = (value for field, value in protobuf.entries(content) if field == 1)
        for number, line in enumerate(lines):
            if number == limits.MEDIA_FILES:
                raise protobuf.ProtobufError("too many files")
            message = protobuf.parse(line if isinstance(line, bytes) else b"")
            yield _Listed(str(number), message.data(1), message.number(2))
    except protobuf.ProtobufError as error:
        raise _unreadable() from error


def _media(line: _Listed, package: Archive, texts: Texts, zstd: bool) -> ForeignMedia | None:
    name = texts.of(line.name, f"media file {line.entry[:20]}")
    trouble = _trouble(line, name, package)
    if trouble:
        texts.findings.add(f"media files left out, {trouble}", f"`{name[:60]}`")
        return None
    return ForeignMedia(name, line.size, partial(_copy, package, line, zstd))


def _copy(package: Archive, line: _Listed, zstd: bool, path: Path) -> None:
    """Copy a file; raise ImportRefusedError if it is damaged, or larger than is said of it."""
    try:
        package.copy(line.entry, line.size, zstd, path)
    except TooLargeError:
        said = f"its list says {line.size:,} bytes of `{line.entry}`, which holds more"
        message = f"this package is damaged ({said}); download or export it again"
        raise ImportRefusedError(message) from None


def _trouble(line: _Listed, name: str, package: Archive) -> str:
    if _NO_FILE_NAME.match(name) or len(name.encode()) > _LONGEST_NAME:
        return "whose name no file can have"
    if line.entry not in package.names:
        return "which the package does not hold"
    if line.size > limits.MEDIA_FILE:
        return f"larger than {limits.MEDIA_FILE // 10**6} MB"
    return ""


def _unreadable() -> ImportRefusedError:
    return ImportRefusedError(
        "the list of media in this package cannot be read; export it from Anki again"
    )
