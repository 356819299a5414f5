"""The files of an arc as authors write them: what may stand in each field.

A form has the fields of the value of the same name in :mod:`ankibuild.curriculum`; two hold a list
alone, and have no value.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

from ankibuild.curriculum import LEVELS, seconds
from ankibuild.kinds.base import Filled, Id, refuse, slug
from ankibuild.model import Model


def _check_deck_name(name: str) -> str:
    if not re.fullmatch(r"\d\d \S.*", name):
        raise refuse(
            "bad-deck-name",
            f"deck name `{name}` does not start with two digits",
            "Anki sorts decks by name",
            f"for example `01 {name.lstrip('0123456789 ')}`",
        )
    if "::" in name or '"' in name or len(name) > 60:
        message = f"`{name}` cannot be the name of a deck"
        raise refuse("bad-deck-name", message, "", "no `::`, no quotes, at most 60 characters")
    return _check_visible(name)


def _check_visible(name: str) -> str:
    """Refuse what Anki changes in a name: it would not find its own deck again."""
    if not name.isprintable() or not unicodedata.is_normalized("NFC", name):
        message = "this name has invisible characters, or letters put together from parts"
        raise refuse("bad-deck-name", message, "", "type it again, letter by letter")
    return name


def _check_level(level: str) -> str:
    if level not in LEVELS:
        message = f"`{level}` is not a level"
        raise refuse("bad-level", message, "", "write 1 (intro), 2 (core) or 3 (advanced)")
    return level


def _check_url(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"]+", url):
        raise refuse("bad-url", f"`{url}` is not a web address", "", "write it whole: `https://…`")
    return url


def _check_bank_path(path: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*\.yaml", path):
        message = f"`{path}` cannot be the file of a bank"
        raise refuse("bad-bank-path", message, "", "it is a name such as `01-batchnorm.yaml`")
    return path


def _check_chapters(text: str) -> str:
    start = 0
    for line in text.split("\n"):
        if seconds(line.split(" ")[0]) is None or " " not in line:
            message = f"`{line}` is not a chapter"
            help_text = "a time and a title on each line, as in `7:26 starter code`"
            chars = (start, start + len(line))
            raise refuse("bad-chapter", message, "", help_text, chars=chars)
        start += len(line) + 1
    return text


def _check_item_id(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", text):
        message = f"`{text}` cannot be the id of an item"
        topic, _, rest = text.partition(".")
        better = f"{slug(topic)}.{slug(rest)}" if rest else f"its-topic.{slug(text)}"
        raise refuse("bad-id", message, "", f"topic and item, as in `{better}`")
    return text


def _check_source_id(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", text):
        message = f"`{text}` cannot be the id of a source"
        raise refuse("bad-id", message, "", f"`{slug(text) or 'makemore-3'}` would do")
    return text


def _check_file_name(name: str) -> str:
    if name == "collection" or name.startswith("backup-"):
        why = f"Anki takes `{name}.apkg` for a backup that replaces everything"
        raise refuse("bad-id", f"`{name}` cannot be a name here", "", f"{why}; choose another")
    return name


DeckName = Annotated[Filled, AfterValidator(_check_deck_name)]
Level = Annotated[str, AfterValidator(_check_level)]
Url = Annotated[str, AfterValidator(_check_url)]
BankPath = Annotated[str, AfterValidator(_check_bank_path)]
Chapters = Annotated[str, AfterValidator(_check_chapters)]
#: What a learner must know or do, as `topic.item`.
ItemId = Annotated[str, AfterValidator(_check_item_id)]
SourceId = Annotated[str, AfterValidator(_check_source_id)]


class Item(Model):
    """One thing to know or to do; ``kind`` is one of ITEM_KINDS."""

    id: ItemId
    kind: str = ""
    ask: Filled
    sources: tuple[Filled, ...] = ()


class Topic(Model):
    """A topic: a title, a level (1 to 3) and its items."""

    id: Id
    title: Filled
    level: Level
    items: tuple[object, ...] = ()


class Plan(Model):
    """A deck as it is planned: its frozen name, its bank's file, the topics it covers."""

    deck: DeckName
    bank: BankPath
    topics: tuple[Id, ...]


class Part(Model):
    """A part of the arc; its folder under ``decks/`` has its id."""

    id: Annotated[Id, AfterValidator(_check_file_name)]
    deck: DeckName
    title: Filled
    decks: tuple[object, ...] = ()
    topics: tuple[object, ...] = ()


class TopicsFile(Model):
    """A file of topics."""

    topics: tuple[object, ...] = ()


class SourcesFile(Model):
    """The file of sources."""

    sources: tuple[object, ...] = ()


class SourceWork(Model):
    """A lecture, paper, book or page that questions cite; ``kind`` is one of SOURCE_KINDS.

    ``chapters`` are lines of a time and a title; ``lectures`` are titles, one a line.
    """

    id: SourceId
    kind: str = ""
    title: Filled
    url: Url | None = None
    remark: Filled | None = None
    chapters: Chapters | None = None
    lectures: Filled | None = None


def _check_deck_title(title: str) -> str:
    if "::" in title or '"' in title or title.casefold() == "default":
        raise refuse("bad-deck-name", f"`{title}` cannot be the name of a deck", "", "rename it")
    return _check_visible(title)


class Settings(Model):
    """What ``decks/curriculum.yaml`` says about the whole project."""

    title: Annotated[Filled, AfterValidator(_check_deck_title)]
    namespace: Annotated[Id, AfterValidator(_check_file_name)]
    license: Filled
    description: Filled
    repository: Url | None = None
