"""Names for what comes in: ids, tags, files and decks, safe, readable, and none given twice.

All of it depends on the texts alone and on what is taken, in order: the same file gets the same
names in the same project.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct, field

from ankibuild.kinds.base import slug

#: Characters of an id that is made of the words of a question.
ID_LENGTH = 40
#: Characters of a deck's name after its number.
DECK_LENGTH = 54
#: Decks of a part, and parts: their numbers have two digits.
MOST = 99

#: What is no words: tags, sounds, pictures.
_TAG = re.compile(r"<[^<>]*>?|\[sound:[^\]]*\]|!\[[^\[\]]*\]\([^()]*\)")
#: A gap: its content, up to a hint without braces. One without an end takes the rest of the text,
#: so that it is looked for once.
_GAP = re.compile(
    r"\{\{c\d+(?:,\d+)*::"
    r"((?:[^{}]*+(?:\{|\}(?!\})))*+(?:(?!::)[^{}])*+)(?:::[^{}]*+)?+(\}\}|\Z)"
)
_LEARNERS_OWN = {"marked", "leech"}
#: What a text in a file cannot hold (see `source`), and what nobody sees in a name.
_STRANGE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
                      "\ufffe\uffff\ue000-\uf8ff\ud800-\udfff]")  # fmt: skip
_NUMBERED = re.compile(r"(\d{1,2})(?:[.):_-]\s*|\s+)(\S.*)")


def words(markup: str) -> str:
    """Give the words of a field's HTML or Markdown on one line, as far as a name needs them."""
    start = markup[:2_000]
    text = html.unescape(_TAG.sub(" ", _GAP.sub(_content, start)))
    return " ".join(_STRANGE.sub(" ", text).split())


def _content(gap: re.Match[str]) -> str:
    return gap[1] if gap[2] else gap[0]


def shorten(text: str, length: int) -> str:
    """Cut a text at a word, with an ellipsis."""
    if len(text) <= length:
        return text
    return f"{text[: length - 1].rpartition(' ')[0] or text[: length - 1]}…"


# ------------------------------------------------------------------ ids and files


class Names(Struct):
    """Names of one sort, none given twice."""

    taken: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)

    def take(self, wished: str, apart: str = "-", suffix: str = "") -> str:
        """Give ``wished``, with a number behind it if somebody has that name."""
        number = self._numbers.get(wished, 1)
        name = f"{wished}{suffix}" if number == 1 else f"{wished}{apart}{number}{suffix}"
        while name in self.taken:
            number += 1
            name = f"{wished}{apart}{number}{suffix}"
        self._numbers[wished] = number
        self.taken.add(name)
        return name


def id_of(text: str, otherwise: str) -> str:
    """Make an id of the first words of a text; of ``otherwise`` if none of them has a letter."""
    found = slug(text.casefold())
    if not re.search(r"[a-z]", found):
        found = "-".join(filter(None, (otherwise, found)))
    if len(found) <= ID_LENGTH:
        return found
    return found[: ID_LENGTH + 1].rpartition("-")[0] or found[:ID_LENGTH]


def file_of(name: str) -> tuple[str, str]:
    """Give the stem and the suffix of a safe name for a file."""
    stem, dot, suffix = name.rpartition(".")
    plain = slug(stem if dot else name)[:48].strip("-")
    return plain or "media", f".{slug(suffix)}" if dot and slug(suffix) else ""


# ------------------------------------------------------------------ tags


def tags_of(texts: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Spell tags as ours are; gives them, and those spelled otherwise before (``Old -> new``)."""
    made: dict[str, None] = {}
    changed: list[str] = []
    for text in texts:
        if text.casefold() in _LEARNERS_OWN:
            continue
        tag = "::".join(filter(None, map(_tag, text.split("::"))))
        if tag:
            made[tag] = None
        if tag != text:
            changed.append(f"`{text}` is `{tag}`" if tag else f"`{text}` is left out")
    return tuple(made), tuple(changed)


def _tag(text: str) -> str:
    """Spell one level of a tag; languages of programmers keep their signs as words."""
    return slug(text.casefold().replace("+", "-plus").replace("#", "-sharp"))


# ------------------------------------------------------------------ decks


def clean(name: str) -> str:
    """Give a deck's name without what Anki, or a file, cannot hold; it may be empty."""
    shown = _STRANGE.sub(" ", unicodedata.normalize("NFC", name)).replace('"', "”")
    while "::" in shown:
        shown = shown.replace("::", ":")
    return " ".join(shown.split()).strip(": ")


def order(name: str) -> tuple[str, ...]:
    """Give the key by which Anki orders decks: their names, part by part, without case."""
    return tuple(part.casefold() for part in name.split("::"))


def numbered(names: Sequence[str], taken: Collection[str] = ()) -> tuple[str, ...]:
    """Give each name two digits, in order; if all of them have different numbers, they keep them.

    ``taken`` are names of this sort that there are already: the new ones come after these.
    """
    used = {int(name[:2]) for name in taken if name[:2].isdigit()}
    titles = [clean(name) or "Untitled" for name in names]
    found = [match for match in map(_NUMBERED.fullmatch, titles) if match]
    numbers = [int(match[1]) for match in found]
    if len(set(numbers)) == len(titles):
        titles = [match[2] for match in found]
    if len(set(numbers)) < len(titles) or used.intersection(numbers):
        free = [number for number in range(1, MOST + 1) if number not in used]
        after = [number for number in free if number > max(used, default=0)]
        numbers = (after if len(after) >= len(titles) else free)[: len(titles)]
    pairs = zip(numbers, titles, strict=True)
    return tuple(f"{number:02} {shorten(title, DECK_LENGTH)}" for number, title in pairs)
