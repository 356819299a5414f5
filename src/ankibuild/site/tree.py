"""The arc as a tree: its parts, their decks, and how much is in them."""

from __future__ import annotations

from ankibuild.curriculum import Part
from ankibuild.site.arc import Arc, Deck
from ankibuild.site.elements import Html, tag
from ankibuild.site.problems import badge
from ankibuild.words import count


def whole(arc: Arc) -> Html:
    """Show every part with its decks, and what is planned but empty."""
    parts = (_part(part, decks) for part, decks in arc.parts)
    return tag("div", *parts, class_="tree")


def _part(part: Part, decks: tuple[Deck, ...]) -> Html:
    number, _, _ = part.deck.partition(" ")
    heading = tag("h2", tag("span", number, class_="number"), " ", part.title, id=part.id)
    items = [_deck(deck) for deck in decks if deck.has_page]
    planned = ", ".join(deck.name for deck in decks if not deck.has_page)
    return tag(
        "section",
        heading,
        tag("ul", *items) if items else None,
        tag("p", f"Planned: {planned}") if planned else None,
        class_="part" if items else "part planned",
        aria_labelledby=part.id,
    )


def _deck(deck: Deck) -> Html:
    counted = f"{count(len(deck.questions), 'question')}, {count(deck.cards, 'card')}"
    link = tag("a", deck.name, href=deck.path)
    return tag("li", link, badge(deck.problems), tag("span", counted, class_="count"))


def side(arc: Arc, current: Deck, root: str) -> Html:
    """Show the decks that have questions, beside one of them."""
    parts = (
        tag("li", tag("span", part.title), tag("ul", *_side_decks(decks, current, root)))
        for part, decks in arc.parts
        if any(deck.has_page for deck in decks)
    )
    return tag("nav", tag("ul", *parts), aria_label="Decks", class_="side", id="side")


def _side_decks(decks: tuple[Deck, ...], current: Deck, root: str) -> list[Html]:
    return [
        tag(
            "li",
            tag(
                "a",
                deck.name,
                href=f"{root}{deck.path}",
                aria_current="page" if deck is current else None,
            ),
            tag("span", str(len(deck.questions)), class_="count"),
        )
        for deck in decks
        if deck.has_page
    ]


def neighbors(arc: Arc, current: Deck, root: str) -> Html:
    """Link to the decks before and after one."""
    decks = arc.decks
    at = decks.index(current)
    before = decks[at - 1] if at else None
    after = decks[at + 1] if at + 1 < len(decks) else None
    links = (
        tag("a", deck.title, href=f"{root}{deck.path}", rel=rel, class_=rel)
        for deck, rel in ((before, "prev"), (after, "next"))
        if deck
    )
    return tag("nav", *links, aria_label="Neighboring decks", class_="neighbors")
