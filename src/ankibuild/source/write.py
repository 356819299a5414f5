"""Texts as YAML that is read as it was meant, laid out as `ankibuild fmt` does."""

from __future__ import annotations

import re

from ankibuild.source.read import LONGEST, STRANGE

#: Characters on a line; a longer text stands in a block.
WIDTH = 100

# Stricter than YAML: what is not plain for certain stands in a block, where all is text.
_PLAIN = re.compile(
    r"(?!<<)[^\s?:,\[\]{}#&*!|>'\"%@`-](?:[^\s:]|:(?!\s|\Z)|[^\S\t\n](?!#))*(?<!\s)"
)


def scalar(text: str, column: int, room: int = WIDTH) -> str:
    """Write a text as the value of something that starts in ``column``.

    ``room`` is how many characters its line has left. Raise ValueError for a text that no file
    can hold.
    """
    if STRANGE.search(text) or text != text.strip("\n") or not 0 < len(text) <= LONGEST:
        raise ValueError(f"no file can hold this text: {text[:80]!r}")
    if len(text) <= room and _PLAIN.fullmatch(text):
        return text
    if text != text.strip() and "\n" not in text:
        return "'" + text.replace("'", "''") + "'"
    pad = " " * (column + 2)
    # YAML takes the indentation from the first line, which cannot begin with a blank then.
    sign = "|2" if text[0] in " \t" else "|"
    return "\n".join([sign, *(pad + line if line else "" for line in text.split("\n"))])
