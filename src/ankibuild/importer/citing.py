"""The line "Source" of a note of ours: which source it names, at which place.

A line is taken apart into a title, a place and a chapter, and is put together again: only what
gives the very same line is taken. Else the whole line is the title of a source.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from msgspec import Struct, field
from msgspec.structs import replace
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from ankibuild.arc import forms
from ankibuild.curriculum import SourceWork, seconds
from ankibuild.fill import citation
from ankibuild.importer.names import Names, id_of
from ankibuild.kinds.base import check_place

_LINK = re.compile(r'<a href="([^"]*)">(.*)</a>', re.DOTALL)
_CHAPTER = re.compile(r" \(")
_TIME = re.compile(r"[?&]t=\d+s$")


class Cited(Struct, frozen=True):
    """A source by its id, and the place in it, which may be empty."""

    source: str
    at: str = ""


class _Reading(Struct, frozen=True):
    """A line, taken apart in one of the ways that there are."""

    title: str
    url: str | None
    at: str = ""
    chapter: str = ""


class Library(Struct):
    """The sources that notes name: those of the project, and new ones.

    ``cite`` every line first; from then on ``find`` knows what each of them names.
    """

    works: Mapping[str, SourceWork] = field(default_factory=dict)
    _chapters: dict[tuple[str, str | None], dict[int, tuple[str, str]]] = field(
        default_factory=dict
    )
    _readings: dict[str, _Reading | None] = field(default_factory=dict)

    def cite(self, line: str) -> None:
        """Take note of a line."""
        if line in self._readings:
            return
        reading = next((one for one in _readings(line) if _says(_work("x", one), one, line)), None)
        self._readings[line] = reading
        if reading and reading.chapter:
            chapters = self._chapters.setdefault((reading.title, reading.url), {})
            time = reading.at.split(", ", maxsplit=1)[0]
            chapters[seconds(time) or 0] = (time, reading.chapter)

    def resolve(self) -> tuple[Mapping[str, Cited], tuple[SourceWork, ...]]:
        """Give what each line names (a line that cannot be a source is not in it), and new works.

        Works stand in the order in which they were cited first.
        """
        found: dict[str, Cited] = {}
        works: dict[tuple[str, str | None], SourceWork] = {}
        known = {(work.title, work.url): work for work in self.works.values()}
        ids = Names(set(self.works))
        for line, reading in self._readings.items():
            for one in (reading, _whole(line)):
                work = self._placed(one, line, known, works, ids) if one else None
                if one and work:
                    found[line] = Cited(work.id, one.at)
                    break
        return found, tuple(works.values())

    def _placed(
        self,
        reading: _Reading,
        line: str,
        known: Mapping[tuple[str, str | None], SourceWork],
        works: dict[tuple[str, str | None], SourceWork],
        ids: Names,
    ) -> SourceWork | None:
        """Find or make the work of a reading; None if the line would not be the same."""
        key = reading.title, reading.url
        work = known.get(key) or works.get(key)
        if work is None:
            work = _work("x", reading, self._listed(key))
            if work and _says(work, reading, line):
                name = ids.take(id_of(reading.title, "source"))
                work = works[key] = replace(work, id=name)
        return work if work and _says(work, reading, line) else None

    def _listed(self, key: tuple[str, str | None]) -> str | None:
        """List the chapters that were named, each with the first time at which it was."""
        times = sorted(self._chapters.get(key, {}).items())
        runs = groupby((told for _, told in times), key=lambda told: told[1])
        lines = [f"{next(iter(run))[0]} {name}" for name, run in runs]
        return "\n".join(lines) or None


# ------------------------------------------------------------------ lines


def _says(work: SourceWork | None, reading: _Reading, line: str) -> bool:
    return work is not None and citation(work, reading.at) == line


def _work(name: str, reading: _Reading, chapters: str | None = None) -> SourceWork | None:
    time = reading.at.split(", ", maxsplit=1)[0]
    if chapters is None and reading.chapter:
        chapters = f"{time} {reading.chapter}"
    kind = "docs" if seconds(time) is None else "video"
    try:
        sound = forms.SourceWork(
            id=name, kind=kind, title=reading.title, url=reading.url, chapters=chapters
        )
    except ValidationError:
        return None
    return SourceWork(**dict(sound))


def _parts(line: str) -> tuple[str, str | None]:
    """Give the words of a line, and its address."""
    link = _LINK.fullmatch(line)
    return html.unescape(link[2] if link else line), html.unescape(link[1]) if link else None


def _whole(line: str) -> _Reading:
    words, link = _parts(line)
    return _Reading(words, link)


def _readings(line: str) -> Iterator[_Reading]:
    """Take a line apart, the way that says most first."""
    words, link = _parts(line)
    for found in _CHAPTER.finditer(words) if words.endswith(")") else ():
        yield from _places(words[: found.start()], link, words[found.end() : -1])
    yield from _places(words, link, "")


def _places(words: str, link: str | None, chapter: str) -> Iterator[_Reading]:
    pieces = words.split(", ")
    for number in range(1, len(pieces) + 1):
        title, at = ", ".join(pieces[:number]), ", ".join(pieces[number:])
        if at and not _is_place(at):
            continue
        if link is None:
            yield _Reading(title, None, at, chapter)
            continue
        page, _, anchor = link.partition("#")
        if anchor:
            yield _Reading(title, page, ", ".join(filter(None, (at, f"anchor {anchor}"))), chapter)
        yield _Reading(title, _TIME.sub("", link), at, chapter)
        yield _Reading(title, link, at, chapter)


def _is_place(text: str) -> bool:
    try:
        return bool(check_place(text))
    except PydanticCustomError:
        return False
