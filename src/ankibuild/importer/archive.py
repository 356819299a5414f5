"""The zip that a package is: its entries, each unpacked only as far as a limit.

Nothing that an entry says of itself is believed: what comes out is counted. Entries are found by
their exact names and written only to paths that the caller gives.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ankibuild.importer import limits
from ankibuild.importer.foreign import ImportRefusedError

#: Bytes of a zip's directory, which is read as a whole; an entry of Anki's takes less than 80.
_DIRECTORY = 100 * limits.MEDIA_FILES
_OTHER_ENTRIES = 10
_CHUNK = 1 << 17
#: Memory that a zstd frame may ask for; the `zstd` program refuses more as well.
_WINDOW = 1 << 27
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    ValueError,
)


class TooLargeError(ImportRefusedError):
    """A package, or a file in it, is larger than it may be."""


class Archive:
    """The entries of an open package, by ``names``. Every refusal is an ImportRefusedError."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self._entries = {entry.filename: entry for entry in package.infolist()}
        self.names = frozenset(self._entries)
        if len(self._entries) < len(package.infolist()):
            raise ImportRefusedError("this package has two entries of one name; export it again")
        if len(self._entries) > limits.MEDIA_FILES + _OTHER_ENTRIES:
            raise _too_much(f"more than {limits.MEDIA_FILES:,} files")

    def size(self, name: str) -> int:
        """Give how many bytes an entry claims to hold, still compressed if it is zstd."""
        return self._entries[name].file_size

    def read(self, name: str, limit: int, *, zstd: bool = False) -> bytes:
        """Give the content of an entry; raise TooLargeError if it has more than ``limit`` bytes."""
        return b"".join(self._content(name, limit, zstd))

    def copy(self, name: str, limit: int, zstd: bool, path: Path) -> None:
        """Write the content of an entry to a path, all of it or nothing.

        Raise TooLargeError if it has more than ``limit`` bytes.
        """
        try:
            with path.open("wb") as file:
                for chunk in self._content(name, limit, zstd):
                    file.write(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _content(self, name: str, limit: int, zstd: bool) -> Iterator[bytes]:
        """Yield what an entry holds; ``zstd`` says that it is compressed once more."""
        total = 0
        _require_at_most(limit, 0 if zstd else self.size(name), name)
        for chunk in self._unpacked(name, zstd):
            total += len(chunk)
            _require_at_most(limit, total, name)
            yield chunk

    def _unpacked(self, name: str, zstd: bool) -> Iterator[bytes]:
        entry = self._entries[name]
        if entry.flag_bits & _ENCRYPTED:
            raise ImportRefusedError("this package is encrypted; export it without a password")
        if entry.compress_type not in _METHODS:
            raise ImportRefusedError(
                "this package is compressed in a way that Anki does not read; export it from Anki"
            )
        with _damage_is_refused(), self._package.open(entry) as file:
            yield from _zstd_chunks(file) if zstd else _chunks(file)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a package for as long as the context lasts; raise ImportRefusedError if it is none."""
    with _opened_file(path) as file:
        _require_zip(file)
        with _damage_is_refused():
            package = zipfile.ZipFile(file)
        with package:
            yield Archive(package)


class _Frugal(io.FileIO):
    """A file that refuses to be read in large pieces: zipfile loads the directory at one go."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _DIRECTORY:
            raise _too_much("a list of too many files")
        return super().read(size) or b""


def _opened_file(path: Path) -> _Frugal:
    try:
        if path.is_file():
            return _Frugal(path)
    except OSError as error:
        raise ImportRefusedError(f"this file cannot be read: {error.strerror}") from None
    raise ImportRefusedError("there is no such file")


def _require_zip(file: io.FileIO) -> None:
    start = file.read(16)
    if start.startswith(b"SQLite format 3"):
        raise ImportRefusedError(
            "this is Anki's database itself, not a package; export a deck from Anki as .apkg"
        )
    if not start.startswith(b"PK"):
        raise ImportRefusedError("this is not an Anki package; export a deck from Anki as .apkg")


@contextmanager
def _damage_is_refused() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        reason = str(error) or "it breaks off"
        raise ImportRefusedError(
            f"this package is damaged ({reason}); download or export it again"
        ) from error


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _zstd_chunks(file: IO[bytes]) -> Iterator[bytes]:
    import zstandard

    unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    try:
        with unpacker.stream_reader(file, read_across_frames=True, closefd=False) as reader:
            while chunk := reader.read(_CHUNK):
                yield chunk
    except zstandard.ZstdError as error:
        raise zipfile.BadZipFile(str(error)) from error


def _require_at_most(limit: int, size: int, name: str) -> None:
    if size > limit:
        raise _too_much(f"a file of more than {limit:,} bytes (`{name}`)")


def _too_much(what: str) -> TooLargeError:
    return TooLargeError(f"this package holds {what}; export it from Anki deck by deck")
