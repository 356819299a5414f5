"""Prose to clean HTML: Python-Markdown for the blocks, nh3 for the trust."""

from __future__ import annotations

import re
from functools import cache
from xml.etree.ElementTree import Element

import nh3
from markdown import Markdown
from markdown.blockprocessors import HashHeaderProcessor
from markdown.extensions.sane_lists import SaneListExtension
from markdown.extensions.tables import TableExtension
from markdown.treeprocessors import Treeprocessor

from ankibuild.markdown.blocks import arrange
from ankibuild.markdown.emphasis import TAGS, emphasize
from ankibuild.markdown.escape import CLOSE, OPEN, PLACEHOLDER
from ankibuild.markdown.values import Token

#: A word or a token that is neither a tag nor a block, and then no sign that says something.
_TOKEN = f"{OPEN}[IMTDXHY][0-9]+{CLOSE}"
_LINE = rf"(?:[^\W\d_]|[(“‘\"]|{_TOKEN})(?:[^\W_]|[.,;:?!'\"()/%…–—“”‘’-]| (?![ \n]|\Z)|{_TOKEN})*+"
_PARAGRAPH = re.compile(rf"{_LINE}(?:\n{_LINE})*+")
_GAP = f"{OPEN}X"

_EMPTY = re.compile(r"<p>\s*</p>\n?")

_TAGS = (
    "p br hr h1 h2 h3 h4 h5 h6 b strong i em u del ins mark small sub sup kbd samp var wbr "
    "abbr blockquote ul ol li dl dt dd table caption thead tbody tfoot tr th td div a "
    "details summary"
)

# All that scan() has already done, and the emphasis that loses text.
_UNWANTED = (
    "backtick escape reference link image_link image_reference short_reference short_image_ref "
    "autolink automail html entity not_strong em_strong em_strong2"
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
    engine = _engine()
    engine.reset()
    raw = engine.convert(arrange(prose))

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


class _Heading(HashHeaderProcessor):
    """A heading needs a space after its signs: `#params` is text."""

    RE = re.compile(r"(?:^|\n)(?P<level>#{1,6}) (?P<header>[^\n]*)(?:\n|$)")


class _Emphasis(Treeprocessor):
    def run(self, root: Element) -> None:
        for element in root.iter():
            if element.text:
                element.text = emphasize(element.text)
            if element.tail:
                element.tail = emphasize(element.tail)


@cache
def _engine() -> Markdown:
    """Make the one instance: making one takes five times as long as a field."""
    engine = Markdown(extensions=[SaneListExtension(), TableExtension()], output_format="html")
    for name in ("code", "setextheader", "reference"):
        engine.parser.blockprocessors.deregister(name)
    for name in _UNWANTED.split():
        engine.inlinePatterns.deregister(name, strict=False)
    for name in ("normalize_whitespace", "html_block"):
        engine.preprocessors.deregister(name)
    engine.parser.blockprocessors.register(_Heading(engine.parser), "hashheader", 70)
    engine.treeprocessors.register(_Emphasis(engine), "emphasis", 30)
    return engine
