"""The tags of HTML, by what they do."""

from __future__ import annotations

_VOID = "br hr img wbr input col meta link area base embed param source track"
_FORMATTING = "a b big code em font i nobr s small strike strong tt u"
_LINES = (
    "div section article main header footer nav aside address figcaption center form fieldset "
    "hgroup body html rtc"
)
_GROUPS = "blockquote details summary dl dt dd"
_OPAQUE = (
    "script style iframe object svg math video audio canvas noscript template applet map textarea "
    "select title noembed noframes"
)
_KNOWN = (
    "head span font label a abbr acronym bdi data time q wbr nobr output ruby rb rt rp rtc section "
    "article main header footer nav aside address figcaption hgroup body html div br menu colgroup "
    "col thead tbody tfoot img anki-mathjax meta link"
)

#: Elements that hold nothing.
VOID = frozenset(_VOID.split())
#: Elements that go on after the block in which they are not closed.
FORMATTING = frozenset(_FORMATTING.split())
#: Elements that stand on lines of their own.
LINES = frozenset(_LINES.split())
#: Elements that stand apart.
PARAGRAPHS = frozenset({"p", "figure"})
LISTS = frozenset({"ul", "ol"})
CELLS = frozenset({"td", "th"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
GROUPS = frozenset(_GROUPS.split())
#: Elements that hold blocks wherever they stand, and those that do so in their list or table.
FRAMES = GROUPS | HEADINGS | LISTS | {"table"}
PARTS = CELLS | {"li", "tr", "caption"}
#: Elements that text cannot stand beside on a line.
BLOCKS = LINES | PARAGRAPHS | FRAMES | PARTS | {"pre", "hr"}
#: Elements whose content is no text; it is left out with them.
OPAQUE = frozenset(_OPAQUE.split())
#: Elements in which nothing is a formula.
LITERAL = frozenset({"code", "pre", "samp", "kbd", "tt"})
#: Elements that show nothing that a page could not hold, beside those that mark text.
KNOWN = frozenset(_KNOWN.split()) - {"center"} | FRAMES | PARTS | PARAGRAPHS | {"pre", "hr"}
