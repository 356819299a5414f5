"""Anchors of headings, as GitHub makes them; GitBook makes the same of plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable


def slug(heading: str) -> str:
    """Give the anchor of a heading: lower case, hyphens for blanks, no punctuation."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(headings: Iterable[str]) -> tuple[str, ...]:
    """Give the anchors of a page's headings in order; one that is taken gets a number."""
    taken: dict[str, int] = {}
    found: list[str] = []
    for heading in headings:
        name = plain = slug(heading)
        while name in taken:
            taken[plain] += 1
            name = f"{plain}-{taken[plain]}"
        taken[name] = 0
        found.append(name)
    return tuple(found)
