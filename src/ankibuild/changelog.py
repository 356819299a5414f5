"""The changelog: what a release brings, in words for learners. Texts to texts.

Whatever authors wrote stands in it as text: markup, links, mentions and the like in it do nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from msgspec import Struct

from ankibuild.diagnostics import visible
from ankibuild.released import cleanup_name
from ankibuild.words import count

PATH = "CHANGELOG.md"
PENDING = "Not released yet"
"""The heading under which people write what the next release should say."""

#: New questions of a deck that are named one by one; of more, only the number is said.
MOST_NAMED = 5
#: Characters of a changed text that is quoted; of a longer one only the fact is told.
LONGEST = 100

_EMPTY = "# Changelog\n\n"
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TOP = re.compile(r"## +(.*?)[ #]*\n?")
_VERSION = re.compile(r"(\d+(?:\.\d+){1,2}) \(\d{4}-\d\d-\d\d\)")
# Words, and signs that mean nothing in Markdown or on GitHub where they stand.
_HARMLESS = re.compile(r"(?:[^\W_]|[ .;,?'’“”„–—›=-]|[:!)](?=[ ,;.?)]|$)|(?<= )\()*")
_ACTIVE = re.compile(r"\b(?:www\.|GH-\d)")


class Edit(Struct, frozen=True):
    """A part of a question that reads differently now.

    A text that is empty was or is not there; if both are empty, there are no words for it.
    """

    part: str
    before: str
    after: str


class Line(Struct, frozen=True):
    """A question in the changelog: its id, full deck name, text, and what of it was corrected."""

    id: str
    deck: str
    headline: str = ""
    edits: tuple[Edit, ...] = ()


class News(Struct, frozen=True):
    """What a release brings. ``package`` is the name of its main file, without ``.apkg``.

    ``first`` tells that nobody can have an earlier one; ``restyled`` that cards look different.
    """

    version: str
    date: str
    package: str
    first: bool = False
    new: tuple[Line, ...] = ()
    corrected: tuple[Line, ...] = ()
    retired: tuple[Line, ...] = ()
    restyled: bool = False


def search(ids: Iterable[str]) -> str:
    """Give what finds some questions in Anki's browser."""
    return " or ".join(f"Id:{name}" for name in sorted(ids))


# ------------------------------------------------------------------ the file


def add(text: str, news: News) -> str:
    """Put the entry of a release on top of a changelog; an empty text begins one.

    What people have written under ``Not released yet`` becomes the beginning of the entry.
    """
    lines = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n") or _EMPTY
    start, stop, said = _pending(plain)
    before = plain[:start].rstrip("\n")
    parts = (before, f"## {PENDING}", entry(news, said), plain[stop:].strip("\n"))
    return ("\n\n".join(part for part in parts if part) + "\n").replace("\n", lines)


def written(text: str) -> str:
    """Give what people have written for the next release."""
    return _pending(text.replace("\r\n", "\n"))[2]


def versions(text: str) -> tuple[str, ...]:
    """Give the versions that have an entry, from the top."""
    found = (_VERSION.fullmatch(title) for title, _, _ in _tops(text.replace("\r\n", "\n")))
    return tuple(match[1] for match in found if match)


def section(text: str, version: str) -> str:
    """Give the entry of a version without its heading; empty if there is none."""
    plain = text.replace("\r\n", "\n")
    tops = list(_tops(plain))
    for number, (title, _, stop) in enumerate(tops):
        match = _VERSION.fullmatch(title)
        if match and match[1] == version:
            return plain[stop : _next(tops, number, plain)].strip("\n")
    return ""


def _pending(text: str) -> tuple[int, int, str]:
    """Give where the next entry goes, where the older ones begin, and what stands between."""
    tops = list(_tops(text))
    for number, (title, start, stop) in enumerate(tops):
        if title.casefold() == PENDING.casefold():
            end = _next(tops, number, text)
            return start, end, text[stop:end].strip("\n")
    place = tops[0][1] if tops else len(text)
    return place, place, ""


Top = tuple[str, int, int]


def _next(tops: list[Top], number: int, text: str) -> int:
    return tops[number + 1][1] if number + 1 < len(tops) else len(text)


def _tops(text: str) -> Iterator[Top]:
    """Give the headings of the second level, outside of blocks of code: title, start, stop."""
    fence, at = "", 0
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and line.strip() == mark[1]:
            fence = ""
        elif not fence and (top := _TOP.fullmatch(line)):
            yield top[1], at, at + len(line)
        at += len(line)


# ------------------------------------------------------------------ an entry


def entry(news: News, said: str = "") -> str:
    """Write the entry of a release in Markdown; ``said`` is what people have written of it."""
    blocks = (
        f"## {news.version} ({news.date})",
        said,
        _todo(news),
        _listed("Corrected", news.corrected, _corrected),
        _listed("New", news.new, _new),
        _listed("Retired", news.retired, lambda lines: _retired(lines, news.package)),
    )
    return "\n\n".join(block for block in blocks if block)


def _todo(news: News) -> str:
    package = f"`{news.package}.apkg`"
    if news.first:
        return f"**What to do:** import {package} into Anki with *File > Import*."
    said = f"**What to do:** import {package} over what you have, as usual. Your reviews stay."
    if news.corrected:
        verb = "is" if len(news.corrected) == 1 else "are"
        said += (
            f"\n{count(len(news.corrected), 'question')} {verb} written anew; your own edits and"
            " tags of these are lost."
        )
    if news.restyled:
        said += (
            "\nThe cards look different: if you changed the style of our note types, save yours"
            " before."
        )
    return said


def _listed(title: str, lines: tuple[Line, ...], write: Callable[[tuple[Line, ...]], str]) -> str:
    return f"### {title}\n\n{write(lines)}" if lines else ""


def _corrected(lines: tuple[Line, ...]) -> str:
    return "\n\n".join(
        f"**{deck}**\n\n" + "\n".join(f"- {_named(line)}{_edits(line)}" for line in group)
        for deck, group in _by_deck(lines)
    )


def _new(lines: tuple[Line, ...]) -> str:
    said = [f"{count(len(lines), 'question')}:", ""]
    for deck, group in _by_deck(lines):
        said.append(f"- {deck}: {len(group)}")
        if len(group) <= MOST_NAMED:
            said += [f"  - {_named(line)}" for line in group]
    return "\n".join(said)


def _retired(lines: tuple[Line, ...], package: str) -> str:
    listed = "\n".join(f"- {_named(line)}" for line in lines)
    return (
        f"{listed}\n\n"
        "If you have them, you keep them: no import takes a card away. To be rid of them, import\n"
        f"`{cleanup_name(package)}.apkg` and choose *Tools > Empty Cards*, or delete what this"
        " search\nfinds in Anki's browser:\n\n"
        f"```text\n{search(line.id for line in lines)}\n```"
    )


def _by_deck(lines: tuple[Line, ...]) -> Iterator[tuple[str, list[Line]]]:
    """Group lines by their deck, which is named without the root that all share."""
    for deck, group in groupby(lines, key=lambda line: line.deck):
        yield quote(" › ".join(deck.split("::")[1:]) or deck), list(group)


def _named(line: Line) -> str:
    headline = quote(line.headline)
    return f"`{line.id}`: {headline}" if headline else f"`{line.id}`"


def _edits(line: Line) -> str:
    return "".join(f"\n  - {_edit(edit)}" for edit in line.edits)


def _edit(edit: Edit) -> str:
    part, before, after = quote(edit.part), _flat(edit.before), _flat(edit.after)
    if max(len(before), len(after)) > LONGEST or not (before or after):
        return f"{part}: changed"
    if before and after:
        return f"{part}: {quote(before)} → {quote(after)}"
    return f"{part}: {quote(after)} (added)" if after else f"{part}: {quote(before)} (removed)"


# ------------------------------------------------------------------ texts of others


def quote(text: str) -> str:
    """Give a text as Markdown that shows it and does nothing else: as code, if it could.

    Mentions, links, HTML and formulas that GitHub would not understand are quoted as code.
    """
    flat = visible(_flat(text))
    if _HARMLESS.fullmatch(flat) and not _ACTIVE.search(flat):
        return flat
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    fence, pad = "`" * (longest + 1), " " if "`" in (flat[0], flat[-1]) else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def _flat(text: str) -> str:
    return " ".join(text.split())
