"""Figures and sounds that come in: those that notes use, under safe names, each content once."""

from __future__ import annotations

import hashlib
import html
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from msgspec import Struct, field

from ankibuild import media as figures
from ankibuild.cache import Memory
from ankibuild.importer.foreign import Foreign, ForeignMedia, ImportRefusedError
from ankibuild.importer.names import Names, file_of

_USED = re.compile(
    r"""\b(?:src|data)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))|\[sound:([^\]]*)\]""",
    re.IGNORECASE,
)


class Brought(Struct, frozen=True):
    """What became of a file's media.

    ``names`` maps names in its fields to names in our `media/`; ``new`` are the files that were
    not there before, by name; ``left`` are names that notes use and why they did not come.
    """

    names: Mapping[str, str]
    new: Mapping[str, figures.MediaFile]
    left: tuple[tuple[str, str], ...]


def bring(foreign: Foreign, folder: Path, known: Mapping[str, figures.MediaFile]) -> Brought:
    """Copy the media that notes use into the new folder ``folder``; ``known`` are ours."""
    folder.mkdir(parents=True)
    used = set(_used(foreign))
    arrivals = _Arrivals(folder, known)
    for file in foreign.media:
        if used & {file.name, unicodedata.normalize("NFC", file.name)}:
            arrivals.take(file)
    new = arrivals.sound()
    return Brought(arrivals.names, new, tuple(arrivals.left.items()))


def _used(foreign: Foreign) -> Iterator[str]:
    """Give the names that fields may refer to, in every spelling that a browser understands."""
    for note in foreign.notes:
        for text in note.fields:
            for found in _USED.finditer(text):
                name = html.unescape(next(filter(None, found.groups()), ""))
                yield from {name, unquote(name), unicodedata.normalize("NFC", unquote(name))}


class _Arrivals(Struct, dict=True):
    """Copies files one by one; remembers what is there by its content."""

    folder: Path
    known: Mapping[str, figures.MediaFile]
    names: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    @cached_property
    def by_content(self) -> dict[str, str]:
        whole = ((name, file) for name, file in self.known.items() if file.content)
        return {_digest(file.content): name for name, file in whole}

    @cached_property
    def safe(self) -> Names:
        return Names({name.casefold() for name in self.known})

    def take(self, file: ForeignMedia) -> None:
        """Copy a file, unless it is not to be shown or there already."""
        stem, suffix = file_of(file.name)
        if suffix not in figures.SUFFIXES:
            self.left[file.name] = "a card shows no file of this type"
            return
        if file.size > figures.LARGEST:
            self.left[file.name] = f"it is larger than {figures.LARGEST // 1_000_000} MB"
            return
        beside = self.folder / ".arriving"
        try:
            file.copy(beside)
        except ImportRefusedError as error:
            self.left[file.name] = str(error)
            beside.unlink(missing_ok=True)
            return
        self.settle(file.name, beside, stem, suffix)

    def settle(self, name: str, beside: Path, stem: str, suffix: str) -> None:
        """Give a copied file its name, or drop it for one with the same content."""
        digest = _digest(beside.read_bytes())
        if digest in self.by_content:
            beside.unlink()
        else:
            # A package of ours names files with the beginning of their hash.
            wished = stem.removesuffix(f"-{digest[:8]}")
            self.by_content[digest] = self.safe.take(wished, suffix=suffix)
            os.replace(beside, self.folder / self.by_content[digest])
        self.names[name] = self.by_content[digest]

    def sound(self) -> dict[str, figures.MediaFile]:
        """Give the new files, without what could not stand in `media/`: an SVG with a script."""
        files, problems = figures.load(self.folder, "media", Memory())
        faults = {Path(p.span.source.path).name: p.message for p in problems}
        for name, ours in list(self.names.items()):
            if ours in faults and ours not in self.known:
                self.left[name] = faults[ours]
                del self.names[name]
                (self.folder / ours).unlink(missing_ok=True)
        return {name: file for name, file in files.items() if name not in faults}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
