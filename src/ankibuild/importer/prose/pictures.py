"""Pictures: which file an ``img`` shows, and what it is said to show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import unquote

from ankibuild.importer.prose.page import Image, Marks, Words
from ankibuild.importer.prose.spaces import UNWRITABLE

_REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
#: Names that a program gave; they say nothing.
_MADE = re.compile(
    r"(?=.*[0-9])(?:paste|img|image|screenshot|dsc|tmp|clip)?[\W_]*[0-9a-f_\W-]*", re.IGNORECASE
)

#: An attribute that no page has: what has it is a sound of Anki's.
SOUND = "[sound]"


def picture(
    attributes: Mapping[str, str], media: Mapping[str, str], marks: Marks
) -> tuple[Image | Words | None, str]:
    """Give what stands for an ``img``, and a sentence if that is not all of it.

    A picture without a description gets one from its name, because every picture needs one. A
    sound is written like a picture.
    """
    source = attributes.get("src", "")
    alt = _described(attributes.get("alt", "") or attributes.get("title", ""))
    name = _file(source, media)
    if name is not None and alt:
        return Image(name, alt, marks), ""
    if name is not None:
        return Image(name, _named(name), marks), f"the image `{_short(source)}` needs a description"
    if SOUND in attributes:
        return None, f"the sound `{_short(source)}` is left out"
    words = Words(alt or "image", marks)
    if _REMOTE.match(source):
        address = source if source[:4].lower() == "http" else f"https:{source}"
        safe = re.sub(r"[\s<>\"\\`()]", lambda sign: f"%{ord(sign[0]):02X}", address)
        link = (("a", safe, ""), *(mark for mark in marks if mark[0] != "a"))
        return Words(words.text, link), f"the image `{_short(source)}` is only linked to"
    shown = "data:…" if source.startswith("data:") else _short(source)
    return (words if alt else None), f"the image `{shown}` is not in the file"


def _file(source: str, media: Mapping[str, str]) -> str | None:
    """Find a file by the ways in which HTML may name it."""
    decoded = unquote(source)
    names = (source, decoded, unicodedata.normalize("NFC", decoded))
    return next((media[name] for name in names if name in media), None)


def _described(words: str) -> str:
    round_ = words.replace("[", "(").replace("]", ")")
    return unicodedata.normalize("NFC", " ".join(UNWRITABLE.sub("", round_).split()))


def _named(name: str) -> str:
    stem = name.rpartition(".")[0] or name
    return (
        "image" if _MADE.fullmatch(stem) else " ".join(re.split(r"[\W_]+", stem)).strip() or "image"
    )


def _short(source: str) -> str:
    return source if len(source) <= 60 else f"{source[:59]}…"
