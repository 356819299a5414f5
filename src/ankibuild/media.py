"""Figures: which there are, whether they are safe, and the names under which they are packed."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from ankibuild.cache import Memory
from ankibuild.diagnostics import Diagnostic, Source, Span
from ankibuild.files import read_bytes
from ankibuild.paths import SOUNDS

SUFFIXES = (".svg", ".png", ".webp", ".jpg", ".jpeg", ".gif", *SOUNDS)
#: Bytes; a phone downloads every figure of a deck.
LARGEST = 2_000_000
#: A picture of more pixels takes more than a hundred megabytes of a phone's memory.
MOST_PIXELS = 30_000_000


class Verdicts(Protocol):
    """Remembers texts that were made of texts."""

    def of(self, asked: str, make: Callable[[], str]) -> str:
        """Give the text that ``asked`` stands for, by making it if need be."""


class MediaFile(Struct, frozen=True):
    """A file of ``media/``: its name there, its name in the package, its content."""

    name: str
    packed: str
    content: bytes


def packed_name(name: str, content: bytes) -> str:
    """Give the name in the package: lower case, plain letters, with a hash of the content.

    A changed picture gets a new name, so its note changes and the learner receives it.
    """
    stem, _, suffix = name.rpartition(".")
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:48] or "figure"
    return f"{slug}-{hashlib.sha256(content).hexdigest()[:8]}.{suffix.casefold()}"


def load(
    folder: Path, shown: str, memory: Memory, verdicts: Verdicts | None = None
) -> tuple[dict[str, MediaFile], tuple[Diagnostic, ...]]:
    """Read the files of a folder (not of those below it); ``shown`` is how messages name it.

    ``verdicts`` remembers what was found in files, beyond this process.

    Returns the files by name, the faulty ones without content, and what is wrong with these.
    """
    files: dict[str, MediaFile] = {}
    problems: list[Diagnostic] = []
    if not folder.is_dir():
        return files, ()
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")) or path.suffix.casefold() not in SUFFIXES:
            continue
        trouble = _unreadable(path, folder)
        content = b"" if trouble else path.read_bytes()
        checked = ("media", path.name, content)
        judge = partial(_verdict, path.name, content, verdicts)
        found = [trouble] if trouble else memory.of(checked, judge)
        problems += [_problem(f"{shown}/{path.name}", *fault) for fault in found]
        # A faulty file keeps its name: the questions that show it are not to blame.
        kept = b"" if found else content
        files[path.name] = MediaFile(path.name, packed_name(path.name, kept), kept)
    problems += _clashes(files, shown)
    return files, tuple(problems)


def load_records(folder: Path, shown: str) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    """Read the recorded numbers of the runs behind figures: a folder's JSON files, by name."""
    records: dict[str, Any] = {}
    problems: list[Diagnostic] = []
    for path in sorted(folder.glob("*.json")):
        content = read_bytes(folder, path.name)
        try:
            # What cannot be read is a document that says so, here with the words for numbers.
            records[path.stem] = json.loads(content if isinstance(content, bytes) else b"")
        except (ValueError, RecursionError):
            message = "these recorded numbers cannot be read"
            help_text = f"run `python {shown}/{path.stem}.py` again"
            problems.append(_problem(f"{shown}/{path.name}", "bad-record", message, help_text))
    return records, tuple(problems)


Fault = tuple[str, str, str]


def _verdict(name: str, content: bytes, verdicts: Verdicts | None) -> list[Fault]:
    if verdicts is None:
        return _faults(name, content)
    asked = f"{name}\n{hashlib.sha256(content).hexdigest()}"
    said = verdicts.of(asked, lambda: json.dumps(_faults(name, content)))
    return [(rule, message, help_text) for rule, message, help_text in json.loads(said)]


def _problem(path: str, rule: str, message: str, help_text: str) -> Diagnostic:
    return Diagnostic(rule, message, Span(Source(path, ""), 0, 0), help=help_text)


def _unreadable(path: Path, folder: Path) -> Fault | None:
    # Not a file first: a link that leads to itself cannot be resolved.
    if not path.is_file():
        return "media-unreadable", "this is not a file", "put a picture here, or remove it"
    if not path.resolve().is_relative_to(folder.parent.resolve() / folder.name):
        message = "this file is a link to somewhere outside the folder"
        return "media-outside", message, "copy the file itself into the folder"
    if path.stat().st_size > LARGEST:
        message = f"this file is larger than {LARGEST // 1_000_000} MB"
        return "media-too-large", message, "make it smaller; SVG or WebP is best for figures"
    return None


def _faults(name: str, content: bytes) -> list[Fault]:
    if not content:
        return [("media-empty", "this file is empty", "draw it again, or remove it")]
    if name.casefold().endswith(".svg"):
        from ankibuild import svg  # verdicts are remembered

        found = svg.judge(content)
        return [("unsafe-svg", *found)] if found else []
    return list(_too_many_pixels(content))


def _too_many_pixels(content: bytes) -> Iterator[Fault]:
    """Refuse a picture of few bytes that needs more memory than a phone has."""
    width, height = _size(content)
    if width * height > MOST_PIXELS:
        message = f"this picture has {width:,} × {height:,} pixels"
        yield "media-too-large", message, "make it smaller; a phone is some 1,500 pixels wide"


def _size(content: bytes) -> tuple[int, int]:
    """Give width and height of a PNG, a GIF or a WebP; zeros for what is none of them."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content.startswith((b"GIF87a", b"GIF89a")):
        return int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")
    if content[8:16] == b"WEBPVP8X":
        width, height = content[24:27], content[27:30]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if content[8:16] == b"WEBPVP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return 0, 0


def _clashes(files: dict[str, MediaFile], shown: str) -> Iterable[Diagnostic]:
    seen: dict[str, str] = {}
    for name in files:
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            message = f"its name differs from `{seen[folded]}` only in case"
            yield _problem(f"{shown}/{name}", "media-case", message, "rename one of them")
        seen.setdefault(folded, name)
