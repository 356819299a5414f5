"""Texts from somebody else's file: cleaned, counted; and what was amiss with them, gathered."""

from __future__ import annotations

from msgspec import Struct, field

from ankibuild.diagnostics import visible
from ankibuild.importer import limits
from ankibuild.importer.foreign import ImportRefusedError

_SHOWN = 3
#: Bytes that a text takes at least, however short it is.
_REFERENCE = 8


class _Cause(Struct):
    """How often a cause was met, where first, and where last."""

    count: int = 0
    first: list[str] = field(default_factory=list)
    last: str = ""


class Findings:
    """What of a file could not be read as it stands: one remark a cause, with its first places."""

    def __init__(self) -> None:
        self._causes: dict[str, _Cause] = {}

    def add(self, what: str, place: str) -> None:
        """Note one more place of a cause; ``what`` is in the plural (`notes without cards`).

        What is found several times on end in one place counts once.
        """
        cause = self._causes.setdefault(what, _Cause())
        if place == cause.last:
            return
        cause.count, cause.last = cause.count + 1, place
        if len(cause.first) < _SHOWN:
            cause.first.append(place)

    def remarks(self) -> tuple[str, ...]:
        """Give one line a cause, in the order in which they were met, with its count."""
        return tuple(_remark(what, cause) for what, cause in self._causes.items())


def _remark(what: str, cause: _Cause) -> str:
    more = ", …" if cause.count > len(cause.first) else ""
    return visible(f"{what} ({cause.count}): {', '.join(cause.first)}{more}")


class Texts(Struct):
    """Makes clean texts of what a file holds, until they are more than fit into memory."""

    findings: Findings = field(default_factory=Findings)
    left: int = field(default_factory=lambda: limits.TEXT)

    def of(self, value: object, place: str) -> str:
        """Give a value of a database or of JSON as text, without NUL and lone surrogates.

        Numbers are written out; whatever else is no text is empty. Raise ImportRefusedError once
        all texts together have more than ``limits.TEXT`` bytes.
        """
        data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        if not isinstance(data, bytes):
            return str(data) if isinstance(data, int | float) else ""
        self.spend(len(data))
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            self.findings.add("characters that are no Unicode were replaced by `\ufffd`", place)
            text = data.decode("utf-8", "replace")
        return text.replace("\0", "")

    def split(self, text: str, separator: str, parts: int = 0) -> list[str]:
        """Split a text, into at most ``parts`` if that is not 0. So many parts are counted, too."""
        found = text.split(separator, parts - 1)
        self.spend(_REFERENCE * max(len(found), parts))
        return found

    def spend(self, size: int) -> None:
        """Count bytes; raise ImportRefusedError when there were too many."""
        self.left -= size
        if self.left < 0:
            raise ImportRefusedError(
                f"this file holds more than {limits.TEXT // 1_000_000} MB of text; "
                "export it from Anki deck by deck"
            )
