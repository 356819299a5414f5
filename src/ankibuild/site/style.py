"""The style sheet of a site: formulas, the cards' own, and what stands around the cards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

from ankibuild import notetypes
from ankibuild.site.values import Typeset

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COLOR = re.compile(r"--a-\w+:[^;}]+")
_ID = re.compile(r"#(answer|typeans)\b")


def stylesheet(typeset: Typeset, style: str = "") -> str:
    """Put the style sheet together; ``style`` is the project's own CSS of cards."""
    (cards,) = {notetype.css for notetype in notetypes.make("site", style=style).values()}
    own = (files(__package__) / "site.css").read_text("utf-8")
    return "\n".join((typeset.stylesheet(), _with_classes(cards), *_palette(cards), own))


def _with_classes(cards: str) -> str:
    """Let the rules for the parts that Anki knows by id hold for many cards on a page."""
    return _ID.sub(r":is(#\1, .\1)", cards)


def _palette(cards: str) -> Iterator[str]:
    """Give what is around the cards their colors, by day and by night."""
    for selector, body in _RULE.findall(cards):
        if colors := _COLOR.findall(body):
            root = ":root.nightMode" if "night" in selector else ":root"
            yield f"{root} {{ {'; '.join(colors)} }}"
