"""The texts of one note, from HTML to Markdown, and what is changed on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct, field

from ankibuild import markdown
from ankibuild.importer.prose import to_markdown
from ankibuild.importer.report import Reason
from ankibuild.source import STRANGE

_CODE = re.compile(r"(<pre>.*?</pre>)", re.DOTALL)
#: A line end in the middle of prose, and the word that stands for it while it is converted.
_LINE_END = re.compile(
    r"(?<!p>)(?<!l>)(?<!li>)(?<!table>)(?<!\\\])\n(?!</?(?:p|[uo]l|li|t[a-z]+|div)\b|\\\[)"
)
_MARK = "␤"


class LeftOutError(Exception):
    """A note that cannot be a question; ``reason`` says why."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(why)
        self.reason = Reason(why, detail)


class Converter(Struct):
    """Converts the texts of one note.

    ``names`` maps names of media in the note to those in our `media/`, ``packed`` the latter to
    packed ones. ``changes`` are collected, each once.
    """

    names: Mapping[str, str]
    packed: Mapping[str, str]
    changes: dict[Reason, None] = field(default_factory=dict)

    def change(self, why: str, detail: str = "") -> None:
        """Take note of a change."""
        self.changes[Reason(why, detail)] = None

    def text(self, markup: str, cloze: bool = False) -> str:
        """Convert a field; it may have gaps if ``cloze``."""
        made = to_markdown(markup, self.names, cloze=cloze)
        for lost in made.lost:
            self.change("something of it is lost", lost)
        if made.kept:
            self.change("it stays HTML in part")
        if STRANGE.search(made.text):
            self.change("an invisible character is left out")
        return _writable(made.text)

    def exact(self, markup: str, cloze: bool = False) -> str:
        """Convert a field that we have rendered: its lines end where they did, if that can be."""
        pieces = _CODE.split(markup)
        pieces[::2] = (_LINE_END.sub(f" {_MARK} ", piece) for piece in pieces[::2])
        made = to_markdown("".join(pieces), self.names, cloze=cloze)
        text = _writable(re.sub(f" ?{_MARK} ?", "\n", made.text))
        if markdown.render(text, cloze=cloze, media=self.packed).html == markup:
            return text
        return self.text(markup, cloze)


def _writable(text: str) -> str:
    """Give a text as a file can hold it."""
    return STRANGE.sub("", text).strip("\n").rstrip()
