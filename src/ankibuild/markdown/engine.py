"""Python-Markdown, as it is set up for what is left of a text when all else is taken out."""

from __future__ import annotations

import re
from functools import cache
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.blockprocessors import HashHeaderProcessor
from markdown.extensions.sane_lists import SaneListExtension
from markdown.extensions.tables import TableExtension
from markdown.treeprocessors import Treeprocessor

from ankibuild.markdown.emphasis import emphasize

# All that scan() has already done, and the emphasis that loses text.
_UNWANTED = (
    "backtick escape reference link image_link image_reference short_reference short_image_ref "
    "autolink automail html entity not_strong em_strong em_strong2"
)


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


def convert(prose: str) -> str:
    """Convert Markdown to HTML that nobody has looked at yet."""
    engine = _engine()
    engine.reset()
    return engine.convert(prose)


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
