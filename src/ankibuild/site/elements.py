"""HTML that cannot be forgotten to be escaped: whatever is not :class:`Html` is text."""

from __future__ import annotations

import html

_VOID = {"br", "hr", "input", "link", "meta"}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | None
Attribute = str | int | bool | None


def text(value: str) -> Html:
    """Escape a text, unless it is HTML already."""
    return value if isinstance(value, Html) else Html(html.escape(value))


def join(*children: Child) -> Html:
    """Put pieces together, escaping those that are text; None is nothing."""
    return Html("".join(text(child) for child in children if child is not None))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Make an element: ``tag("a", "Decks", href="index.html", class_="up")``.

    In the names of attributes ``_`` is ``-``, and one at the end is dropped. True is an attribute
    without a value; None and False are none.
    """
    listed = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{listed}>")
    return Html(f"<{name}{listed}>{join(*children)}</{name}>")


def _attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
