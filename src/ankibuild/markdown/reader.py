"""The state of one pass over a text, and the ways out of it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ankibuild.markdown.escape import escape, placeholder
from ankibuild.markdown.values import Formula, Kind, Problem, Token


class Gap(Struct):
    """A gap that is still open: its place, where its content starts, and its hint.

    ``depth`` counts the valid gaps that are open where it stands, itself included.
    """

    start: int
    content: int
    valid: bool
    depth: int
    hint: int = -1


class Reader:
    """Reads ``text`` from ``at`` on; what it finds goes to ``out``, ``tokens`` and ``problems``."""

    def __init__(self, text: str, cloze: bool, media: Mapping[str, str]) -> None:
        self.text, self.cloze, self.media = text, cloze, media
        self.at = 0
        self.out: list[str] = []
        self.tokens: list[Token] = []
        self.formulas: list[Formula] = []
        self.problems: list[Problem] = []
        self.clozes: set[int] = set()
        self.images: dict[str, None] = {}
        self.gaps: list[Gap] = []
        self.braces = 0  # of the author's, open outside of gaps
        self.strays: list[int] = []  # where a `}}` ends no gap
        self.cut_short = False  # code without an end took the rest of the text
        self.brackets: list[tuple[int, int]] = []  # index in `out`, offset in `text`

    def prose(self, end: int) -> None:
        """Leave the text up to ``end`` to Markdown."""
        self.out.append(self.text[self.at : end])
        self.at = end

    def token(self, kind: Kind, markup: str) -> str:
        """Keep some HTML for later; return its placeholder."""
        self.tokens.append(Token(kind, markup))
        return placeholder(kind, len(self.tokens) - 1)

    def put(self, kind: Kind, markup: str, end: int) -> None:
        """Keep the text up to ``end`` from Markdown: it is ``markup``."""
        self.out.append(self.token(kind, markup))
        self.at = end

    def literal(self, end: int) -> None:
        """Show the text up to ``end`` as it is."""
        self.put("T", escape(self.text[self.at : end]), end)

    def report(
        self, rule: str, start: int, end: int, message: str, label: str = "", repair: str = ""
    ) -> None:
        """Report an error."""
        self.problems.append(Problem(rule, start, end, message, label, repair))

    def warn(self, rule: str, end: int, message: str, label: str, repair: str) -> None:
        """Report a warning that starts here."""
        self.problems.append(Problem(rule, self.at, end, message, label, repair, "warning"))
