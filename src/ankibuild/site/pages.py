"""The pages of a site: the arc, a deck, a card, and the one for paths that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from ankibuild.site import problems, tree
from ankibuild.site.arc import Arc, Deck, Shown
from ankibuild.site.articles import article, faces
from ankibuild.site.elements import Html, join, tag
from ankibuild.site.formulas import typeset
from ankibuild.site.shell import document
from ankibuild.site.values import Typeset
from ankibuild.words import count


class Pages(Struct, frozen=True):
    """Writes pages; ``live`` adds where everything stands in the project's files."""

    arc: Arc
    typeset: Typeset
    live: bool

    def index(self) -> Html:
        """Show the arc as a tree."""
        arc = self.arc
        content = join(
            tag("h1", arc.title),
            tag("p", _plain(arc.description), class_="intro") if arc.description else None,
            tag("p", _counts(arc.decks), class_="counts"),
            problems.section(arc.problems, arc.root),
            tree.whole(arc),
        )
        return document(arc, "", arc.title, content, live=self.live)

    def deck(self, deck: Deck) -> Html:
        """Show all questions of a deck, and what is wrong in its bank."""
        root = "../" * deck.path.count("/")
        articles = join(*(article(shown, root, self._place(shown)) for shown in deck.questions))
        content = join(
            self._deck_head(deck, root),
            problems.section(deck.problems, self.arc.root, deck),
            typeset(articles, self.typeset),
            tree.neighbors(self.arc, deck, root),
        )
        side = tree.side(self.arc, deck, root)
        return document(self.arc, root, deck.title, content, live=self.live, side=side)

    def card(self, deck: Deck, shown: Shown) -> Html:
        """Show the cards of one question, each as it is in Anki."""
        root = "../" * shown.path.count("/")
        title = shown.note.id
        content = join(tag("h1", title, class_="unseen"), typeset(faces(shown, root), self.typeset))
        link = tag("a", deck.title, href=f"{root}{deck.path}#{shown.anchor}")
        way = tag("nav", link, aria_label="Deck", class_="back-link")
        return document(self.arc, root, title, content, live=self.live, side=way, bare=True)

    def missing(self) -> Html:
        """Say that there is no such page; the server of a live site stands at the root."""
        root = "/" if self.live else ""
        content = join(
            tag("h1", "No such page"),
            tag("p", "The question or deck may have another name by now.", class_="intro"),
            tag("p", tag("a", "All decks", href=f"{root}index.html")),
        )
        return document(self.arc, root, "No such page", content, live=self.live)

    def _deck_head(self, deck: Deck, root: str) -> Html:
        part = deck.slot.part
        link = problems.editor_link(self.arc.root, deck.slot.path, 1) if self.live else None
        return tag(
            "div",
            tag("p", tag("a", part.title, href=f"{root}index.html#{part.id}")),
            tag("h1", deck.title),
            tag("p", _counts([deck]), " · " if link else None, link),
            class_="head",
        )

    def _place(self, shown: Shown) -> Html | None:
        head = shown.entry.head
        if not self.live:
            return None
        return problems.editor_link(self.arc.root, head.source.path, head.line)


def _counts(decks: Iterable[Deck]) -> str:
    known = tuple(decks)
    questions = sum(len(deck.questions) for deck in known)
    cards = sum(deck.cards for deck in known)
    return f"{count(questions, 'question')} · {count(cards, 'card')}"


def _plain(markdown: str) -> str:
    """Show a description, which is Markdown for Anki, as the text that it is nearly always."""
    return re.sub(r"\[([^\[\]]*+)\]\([^()]*+\)|[*`]", r"\1", markdown.strip())
