"""A question on the page of its deck: its cards, and what else there is to say about it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import quote

from ankibuild.markdown import audible
from ankibuild.site.arc import Shown
from ankibuild.site.elements import Html, join, tag
from ankibuild.site.faces import face
from ankibuild.site.problems import badge

_SRC = re.compile(r'(<(?:img|audio)\b[^>]*? src=")([^"/:]+)(?=")')


def article(shown: Shown, root: str, place: Html | None) -> Html:
    """Show a question; ``root`` leads to the site, ``place`` to where the question is written.

    If there is a place, a digest tells whether anything but that place has changed.
    """
    parts = _head(shown, root), faces(shown, root, "card")
    seen = join(*parts, _foot(shown, None) or Html(""))
    return tag(
        "article",
        *parts,
        _foot(shown, place),
        id=shown.anchor,
        class_="question",
        tabindex="-1",
        aria_labelledby=f"{shown.anchor}--h",
        data_kind=shown.kind,
        data_level=shown.level or None,
        data_checked=shown.is_checked,
        data_problems=bool(shown.problems),
        data_page=shown.path if shown.is_first else None,
        data_digest=hashlib.sha256(seen.encode()).hexdigest()[:16] if place else None,
    )


def _head(shown: Shown, root: str) -> Html:
    heading = tag("h2", shown.note.id, id=f"{shown.anchor}--h")
    facts = (tag("span", fact) for fact in _facts(shown))
    # Without JavaScript, or in another tab, a page of its own; else frames over this one.
    look = tag("a", "Look", href=f"{root}{shown.path}", class_="look") if shown.is_first else None
    return tag(
        "div",
        tag("a", heading, href=f"#{shown.anchor}", class_="id-link"),
        badge(shown.problems, "#problems"),
        tag("p", *facts, class_="facts"),
        look,
        class_="question-head",
    )


def _facts(shown: Shown) -> Iterator[str]:
    yield shown.kind
    if shown.level:
        yield shown.level
    if shown.is_checked:
        yield "checked"


def _foot(shown: Shown, place: Html | None) -> Html | None:
    source = tag("span", Html(shown.source), class_="from") if shown.source else None
    tags = [tag("span", f"#{name}") for name in shown.topics]
    if not (source or tags or place):
        return None
    return tag("div", source, *tags, place, class_="question-foot")


def faces(shown: Shown, root: str, name: str = "") -> Html:
    """Show the cards of a question, each with its answer folded; ``name`` is a class of sides."""
    made = join(*(_face(shown, number, name) for number in range(len(shown.cards))))
    heard = audible(made)
    return Html(_SRC.sub(lambda src: f"{src[1]}{root}media/{quote(src[2])}", heard))


def _face(shown: Shown, number: int, name: str) -> Html:
    sides = face(shown.cards[number])
    front = tag("div", Html(sides.front), class_=f"{name} front".strip())
    back = tag("div", Html(sides.back), class_=f"{name} back".strip())
    turn = tag("details", tag("summary", "Answer"), back, class_="turn")
    return tag("div", front, turn, class_="face", data_replaces=sides.replaces)
