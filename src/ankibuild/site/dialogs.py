"""What opens over a page with JavaScript: the keys, and a card in frames of two sizes."""

from __future__ import annotations

from ankibuild.site.elements import Html, join, tag

_KEYS = (
    ("j →", "next question"),
    ("k ←", "question before"),
    ("Space Enter", "turn the card"),
    ("l", "look at the card: desktop and phone"),
    ("/", "search; ↓ ↑ through the results"),
    ("t", "theme: system, light, dark"),
    ("Esc", "close"),
    ("?", "these keys"),
)


def keys() -> Html:
    """List the keys."""
    rows = (
        join(tag("dt", *(join(tag("kbd", key), " ") for key in names.split())), tag("dd", what))
        for names, what in _KEYS
    )
    head = tag("div", tag("h2", "Keys", id="keys-title"), _close(), class_="dialog-head")
    return tag("dialog", head, tag("dl", *rows), id="keys", aria_labelledby="keys-title")


def look() -> Html:
    """Make room for a card in frames."""
    themes = (tag("option", name.capitalize(), value=name) for name in ("light", "dark", "both"))
    head = tag(
        "div",
        tag("h2", "Card", id="look-title"),
        tag("button", "Turn", type="button", id="look-turn"),
        tag("select", *themes, id="look-theme", aria_label="Theme of the frames"),
        _close(),
        class_="dialog-head",
    )
    frames = tag("div", id="frames", class_="frames")
    return tag("dialog", head, frames, id="look", aria_labelledby="look-title")


def _close() -> Html:
    return tag("button", "Close", type="button", class_="close")
