"""Edits of an author's text: spliced in, never dumped anew, so that comments and layout survive."""

from __future__ import annotations

import re

_ITEM = re.compile(r"^( *)- ", re.MULTILINE)


def append_item(text: str, item: str) -> str:
    r"""Append ``item`` (a list item at indentation 0, ``\n`` line ends) to the last list of a file.

    The item takes the indentation of the list and the file's line ends.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    head, _, body = text.partition("questions:")
    found = _ITEM.search(body)
    indent = found.group(1) if found else "  "
    if not _ITEM.search(body):
        body = re.sub(r"\[\s*\]", "", body)
    lines = [indent + line if line else "" for line in item.rstrip("\n").split("\n")]
    kept = (head + "questions:" + body).rstrip()
    return kept + newline * 2 + newline.join(lines) + newline
