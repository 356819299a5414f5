"""Reads the YAML files of a project: what cannot be read is a document that says so."""

from __future__ import annotations

import os
from itertools import accumulate, islice
from pathlib import Path

from ankibuild.cache import Memory
from ankibuild.diagnostics import Diagnostic, Source, Span
from ankibuild.source import LARGEST, Document, read


def read_file(root: Path, path: str, memory: Memory) -> Document:
    """Read a file of the project; one that cannot be read is a document with that problem."""
    data = read_bytes(root, path)
    return data if isinstance(data, Document) else document_of(path, data, memory)


def document_of(path: str, data: bytes, memory: Memory) -> Document:
    """Read a file whose content is known."""
    return memory.of(("file", path, data), lambda: read(path, data))


def read_bytes(root: Path, path: str, most: int = LARGEST) -> bytes | Document:
    """Give a file's content, or a document that says why there is none.

    Of a file of more than ``most`` bytes, one more than these is read.
    """
    place = os.path.join(root, path)  # without a `Path`: there may be a thousand files
    try:
        if not os.path.isfile(place):
            return _unreadable(path, "this is not a file")
        if _leads_out(root, path):
            return _unreadable(path, "this is a link to somewhere outside the project")
        with open(place, "rb") as file:
            return file.read(most + 1)
    except OSError as error:
        return _unreadable(path, f"this file cannot be read: {(error.strerror or '').lower()}")


def _leads_out(root: Path, path: str) -> bool:
    steps = path.split("/")
    places = accumulate(steps, os.path.join, initial=os.fspath(root))
    if ".." not in steps and not any(map(os.path.islink, islice(places, 1, None))):
        return False
    return not os.path.realpath(root / path).startswith(os.path.join(os.path.realpath(root), ""))


def _unreadable(path: str, message: str) -> Document:
    span = Span(Source(path, ""), 0, 0)
    help_text = "put the file itself here, and let everybody read it"
    return Document(
        span.source, None, (Diagnostic("unreadable-file", message, span, help=help_text),)
    )
