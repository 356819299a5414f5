"""Bytes to a :class:`Document`: decode; what is text is parsed by :mod:`ankibuild.source.parse`."""

from __future__ import annotations

import re

from ankibuild.diagnostics import Diagnostic, Source, Span
from ankibuild.source.nodes import Document

#: Bytes; a bank this large is a mistake or an attack.
LARGEST = 4_000_000
#: Characters of one value.
LONGEST = 20_000
#: Some editors begin a file with it.
_MARK = b"\xef\xbb\xbf"
#: What no text of a file may hold: with one of these, all of it is refused.
STRANGE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\uf8ff]"
)


def read(path: str, data: bytes) -> Document:
    """Read a file; ``path`` is only shown. Never raises for what is in ``data``."""
    text, problem = _decode(path, data)
    source = Source(path, text)
    if problem:
        return Document(source, None, (problem,))
    strange = STRANGE.search(text)
    if strange:
        return Document(source, None, (_strange(source, strange),))
    # Takes long to import, and most files are remembered.
    from ankibuild.source.parse import parse

    root, problems = parse(source)
    return Document(source, root, problems)


def text_of(data: bytes) -> str:
    """Give the text of a file that can be read, with the line ends that places are counted by."""
    return _lines(data.removeprefix(_MARK).decode("utf-8"))


def _decode(path: str, data: bytes) -> tuple[str, Diagnostic | None]:
    if len(data) > LARGEST:
        message = f"this file is larger than {LARGEST // 1_000_000} MB"
        return "", whole(path, "file-too-large", message, "split it into several banks")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", whole(path, "encoding", "this file is UTF-16", "save it as UTF-8")
    try:
        return text_of(data), None
    except UnicodeDecodeError as error:
        return "", _not_utf8(path, data.removeprefix(_MARK), error.start)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_utf8(path: str, data: bytes, start: int) -> Diagnostic:
    source = Source(path, _lines(data.decode("utf-8", "replace")))
    at = len(_lines(data[:start].decode("utf-8")))
    message = f"this is not UTF-8 (byte {data[start]:#04x})"
    help_text = "save the file as UTF-8 in your editor"
    return Diagnostic("encoding", message, Span(source, at, at + 1), "", help_text)


def whole(path: str, rule: str, message: str, help_text: str) -> Diagnostic:
    """Say of a file that all of it cannot be read."""
    return Diagnostic(rule, message, Span(Source(path, ""), 0, 0), help=help_text)


def _strange(source: Source, found: re.Match[str]) -> Diagnostic:
    code = f"U+{ord(found.group()):04X}"
    return Diagnostic(
        "control-character",
        f"an invisible character ({code}) stands here",
        Span(source, found.start(), found.end()),
        "delete it",
        "it often comes with text copied from a PDF or a web page; type the line again",
    )
