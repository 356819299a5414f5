"""A text file from elsewhere: in UTF-8, and of a size that fits into memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ankibuild.importer import limits
from ankibuild.importer.foreign import ImportRefusedError

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_IN_PIECES = "export deck by deck, and import one file after the other"
_AGAIN = "save it again in the encoding UTF-8, and import that"
_MOST_NAMED = 5


def read_utf8(path: Path) -> str:
    r"""Read a file as text, without a byte order mark and with ``\n`` as line end.

    Raise ImportRefusedError if it is too large, cannot be read, or is not UTF-8.
    """
    data = _read(path)
    if data.startswith(_UTF_16) or 0 in data[:2]:
        raise ImportRefusedError(f"`{path.name}` is UTF-16, not UTF-8; {_AGAIN}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ImportRefusedError(f"line {line} of `{path.name}` is not UTF-8; {_AGAIN}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ImportRefusedError(f"`{path}` is not a file")
    try:
        with path.open("rb") as file:
            # What is too large is not read; what grows meanwhile is not read to its end.
            size = path.stat().st_size
            data = file.read(limits.TEXT + 1) if size <= limits.TEXT else b""
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise ImportRefusedError(f"`{path.name}` cannot be read: {reason}") from None
    if max(size, len(data)) > limits.TEXT:
        raise ImportRefusedError(
            f"`{path.name}` has {size / 1e6:,.0f} MB, and {limits.TEXT / 1e6:.0f} MB is the most "
            f"that is read; {_IN_PIECES}"
        )
    return data


def require_few(path: Path, number: int, most: int, noun: str) -> None:
    """Raise ImportRefusedError if a file has more than ``most`` of something."""
    if number > most:
        raise ImportRefusedError(f"`{path.name}` has more than {most:,} {noun}; {_IN_PIECES}")


def some(things: Sequence[object]) -> str:
    """List things for a remark: all of them if they are few, else the first and a number.

    >>> some([3, 7])
    '3 and 7'
    """
    shown = [str(thing) for thing in things[:_MOST_NAMED]]
    if len(things) > _MOST_NAMED:
        return f"{', '.join(shown)} and {len(things) - _MOST_NAMED:,} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
