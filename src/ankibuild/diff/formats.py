"""The formats of a difference, by name."""

from __future__ import annotations

import json
from collections.abc import Callable

from ankibuild.diff.markup import markdown
from ankibuild.diff.page import page
from ankibuild.diff.record import record
from ankibuild.diff.terminal import terminal
from ankibuild.diff.values import Diff


def _json(diff: Diff) -> str:
    return json.dumps(record(diff), ensure_ascii=False, indent=2) + "\n"


FORMATS: dict[str, Callable[[Diff], str]] = {
    "text": terminal,
    "markdown": markdown,
    "html": page,
    "json": _json,
}


def write(diff: Diff, form: str = "text", *, color: bool = False) -> str:
    """Write a difference in one of FORMATS; it ends with a line end. ``color`` is for text."""
    return terminal(diff, color=color) if form == "text" else FORMATS[form](diff)
