"""Prose to clean HTML: Python-Markdown for the blocks, nh3 for the trust."""

from __future__ import annotations

import re

import nh3

from ankibuild.markdown.escape import CLOSE, OPEN, PLACEHOLDER
from ankibuild.markdown.values import Token

#: A word or a token that is neither a tag nor a block, and then no sign that says something.
_TOKEN = f"{OPEN}[IMTDXHY][0-9]+{CLOSE}"
_LINE = rf"(?:[^\W\d_]|[(“‘\"]|{_TOKEN})(?:[^\W_]|[.,;:?!'\"()/%…–—“”‘’-]| (?![ \n]|\Z)|{_TOKEN})*+"
_PARAGRAPH = re.compile(rf"{_LINE}(?:\n{_LINE})*+")
_GAP = f"{OPEN}X"

_TAG = re.compile("<(/?)([a-z][a-z0-9]*)")
#: Elements that hold nothing.
_VOID = frozenset({"br", "hr", "wbr"})
_EMPTY = re.compile(r"<p>\s*</p>\n?")

_TAGS = (
    "p br hr h1 h2 h3 h4 h5 h6 b strong i em u del ins mark small sub sup kbd samp var wbr "
    "abbr blockquote ul ol li dl dt dd table caption thead tbody tfoot tr th td div a "
    "details summary"
)

#: The only judge of what may be in a field. No ids, classes, scripts, handlers or loads.
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes={
        "*": {"title", "lang", "dir"},
        "a": {"href"},
        "ol": {"start"},
        "td": {"colspan", "rowspan", "style"},
        "th": {"colspan", "rowspan", "style"},
        "details": {"open"},
    },
    filter_style_properties={"text-align"},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)


def to_html(prose: str, tokens: tuple[Token, ...]) -> str:
    """Convert scanned prose to clean HTML; the author's tags are in it, other tokens are not."""
    return paragraphs(prose) or marked_up(prose, tokens)


def paragraphs(prose: str) -> str:
    """Convert prose in which Markdown would find nothing but paragraphs; else give nothing.

    That is most of what authors write, and takes a tenth of the time.
    """
    blocks = prose.split("\n\n")
    # The lines of a gap can be a block of their own.
    if (_GAP in prose and "\n" in prose) or not all(map(_PARAGRAPH.fullmatch, blocks)):
        return ""
    return "\n".join(f"<p>{block}</p>" for block in blocks)


def marked_up(prose: str, tokens: tuple[Token, ...]) -> str:
    """Convert any prose, by Markdown."""
    # Python-Markdown takes longer to import than most banks need it for.
    from ankibuild.markdown.blocks import arrange
    from ankibuild.markdown.emphasis import TAGS
    from ankibuild.markdown.engine import convert

    raw = convert(arrange(prose))

    def tag(found: re.Match[str]) -> str:
        number = int(found[2])
        if found[1] == "E":
            return TAGS[number]
        return tokens[number].html if found[1] == "A" else found[0]

    made = clean(PLACEHOLDER.sub(tag, raw))
    # A table that an author's tags leave half open is moved about each time that it is read.
    return clean(made) if "<table>" in made and "A" in {token.kind for token in tokens} else made


def clean(markup: str) -> str:
    """Take out of HTML what no field may hold, and balance its tags."""
    return _EMPTY.sub("", _CLEANER.clean(markup)).strip()


def depth(markup: str) -> int:
    """Count how many elements of clean HTML stand within each other at most."""
    now = deepest = 0
    for end, name in _TAG.findall(markup):
        if name not in _VOID:
            now += -1 if end else 1
            deepest = max(deepest, now)
    return deepest
