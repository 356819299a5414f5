"""A second opinion on a field's HTML, which shares no code with what made it."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import nh3

_BARE = """
p br hr h1 h2 h3 h4 h5 h6 b strong i em u del ins mark small sub sup kbd samp var wbr abbr pre
blockquote ul li dl dt dd table caption thead tbody tfoot tr summary
"""
#: Everything that the renderer makes, or lets an author write: tags, and their attributes.
ALLOWED: dict[str, set[str]] = {
    **{tag: set() for tag in _BARE.split()},
    "a": {"href"},
    "code": {"class"},
    "details": {"open", "class"},
    "div": {"class"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "span": {"class"},
    "td": {"colspan", "rowspan", "style"},
    "th": {"colspan", "rowspan", "style"},
}
EVERYWHERE = {"title", "lang", "dir"}
_STYLE = re.compile(r"\s*text-align\s*:\s*[a-z-]+\s*;?\s*|", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|mailto:)|(?![a-z0-9+.-]*:)", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_ANKIS = re.compile(r"(?i)\[(sound:|latex\]|\$\$?\]|anki:|\[type:)")

Event = tuple[object, ...]


class Events(HTMLParser):
    """What a parser meets: tags with attributes, ends, and the text between them in one piece."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Event] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(("<", tag, *sorted((name, value or "") for name, value in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(("</", tag))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] == "text":
            data = f"{self.found.pop()[1]}{data}"
        self.found.append(("text", data))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data))

    @property
    def text(self) -> str:
        """The text content."""
        return "".join(str(event[1]) for event in self.found if event[0] == "text")


def text_of(markup: str) -> str:
    """Give the text that HTML shows."""
    return Events(markup).text


def check(markup: str, images: set[str]) -> None:
    """Require that HTML holds nothing that acts or loads, and nothing that Anki reads."""
    assert unicodedata.is_normalized("NFC", markup)
    assert not _CONTROL.search(markup)
    assert not _ANKIS.search(markup)
    for event in Events(markup).found:
        assert event[0] != "comment", event
        if event[0] == "<":
            _check_tag(event, images)


def check_whole(markup: str) -> None:
    """Require that a browser has nothing to mend: what it reads, it would write again."""
    assert Events(_cleaned(markup)).found == Events(markup).found, _cleaned(markup)


def _check_tag(event: Event, images: set[str]) -> None:
    _, tag, *attributes = event
    assert tag in ALLOWED, tag
    for name, value in attributes:  # type: ignore[misc]
        assert name in ALLOWED[tag] | EVERYWHERE, event  # type: ignore[index]
        assert name != "src" or value in images, event
        assert name != "style" or _STYLE.fullmatch(value), event
        assert name != "href" or _LINK.match(value), event


def _cleaned(markup: str) -> str:
    """Give HTML as html5ever writes what it has read: tags that do not fit are moved or closed."""
    attributes = {tag: names | EVERYWHERE for tag, names in ALLOWED.items()}
    return nh3.clean(markup, tags=set(ALLOWED), attributes=attributes, link_rel=None)
