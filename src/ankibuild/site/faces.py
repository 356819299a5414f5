"""The two sides of a card in a page that shows many cards, and works without JavaScript."""

from __future__ import annotations

import re

from msgspec import Struct

from ankibuild.cards import Card

_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_RULE = "<hr id=answer>"
# Anki shows one card at a time and knows its parts by id; of an id, a page has only one.
_BOX = re.compile("<input (?=type=text )")
_ID = re.compile(r"(<\w+[^>]*?) id=([\"']?)(answer|typeans)\2")


class Face(Struct, frozen=True):
    """A card's front, and what comes below it when it is turned.

    ``replaces`` says that the back stands in place of the front, as that of a cloze does.
    """

    front: str
    back: str
    replaces: bool


def face(card: Card) -> Face:
    """Cut a card's answer into what repeats the front and what is new.

    Scripts are left out: a page shows the cards of many days and does their work itself.
    """
    question, answer = (_SCRIPT.sub("", side) for side in (card.question, card.answer))
    replaces = not answer.startswith(question)
    new = answer if replaces else answer[len(question) :]
    return Face(_named(question), _named(new), replaces)


def _named(side: str) -> str:
    """Turn ids into classes, which our style sheet knows too, and name the box to type in."""
    return _ID.sub(r'\1 class="\3"', _BOX.sub('<input aria-label="Your answer" ', side))
