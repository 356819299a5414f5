"""Gaps in a field's HTML: found as Anki finds them, before there are elements."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from msgspec import Struct

from ankibuild.importer.prose.page import Edge
from ankibuild.markdown.escape import FORBIDDEN


class Start(Struct, frozen=True):
    """An opening tag."""

    tag: str
    attributes: Mapping[str, str]


class End(Struct, frozen=True):
    """A closing tag."""

    tag: str


class Math(Struct, frozen=True):
    """A formula: its TeX, with the marks of the gaps in it."""

    tex: str
    display: bool


class Lost(Struct, frozen=True):
    """Something that no token stands for, in a sentence."""

    sentence: str


Token = Start | End | str | Math | Edge | Lost

_OPEN = re.compile(r"\{\{c([0-9]{1,3}(?:,[0-9]{1,3}){0,9})::")
_MOST = 500


class Gap(Struct):
    """A gap that is open: its numbers, where its edge and its hint's are among the tokens.

    ``seen`` is how much there was to see when it opened; ``hollow`` tells that there was nothing
    more when its hint started.
    """

    numbers: tuple[int, ...]
    at: int
    seen: int
    hint: int = -1
    hollow: bool = False


class GapReader:
    """The state of one pass over HTML, with the gaps that are open."""

    def __init__(self, markup: str, *, cloze: bool) -> None:
        self.markup, self.cloze = markup, cloze
        self.at = 0
        self.raw: list[str] = []
        self.out: list[Token] = []
        self.gaps: list[Gap] = []
        self.seen = 0  # texts, formulas and pictures so far

    def text(self, end: int) -> None:
        """Take what comes up to ``end`` for text."""
        self.raw.append(self.markup[self.at : end])
        self.at = end

    def flush(self) -> None:
        """Make a token of the text so far, without what no field may hold."""
        words = html.unescape("".join(self.raw))
        self.raw.clear()
        words = words.replace("\r", "\n").replace("\f", " ").replace("\ufeff", "")
        if found := FORBIDDEN.search(words):
            self.out.append(Lost(f"the character U+{ord(found[0]):04X} is left out"))
            words = FORBIDDEN.sub("", words)
        if words:
            self.out.append(words)
            self.seen += not words.isspace()

    def put(self, token: Token, end: int) -> bool:
        """Add a token that reaches to ``end``; return True, as all that read something do."""
        self.flush()
        self.out.append(token)
        self.seen += isinstance(token, Math) or (isinstance(token, Start) and token.tag == "img")
        self.at = end
        return True

    def open_gap(self, _mark: str) -> bool:
        """Read ``{{c1::``."""
        found = _OPEN.match(self.markup, self.at) if self.cloze else None
        numbers = tuple(map(int, found[1].split(","))) if found else ()
        if found is None or not all(0 < number <= _MOST for number in numbers):
            return False
        self.flush()
        self.gaps.append(Gap(numbers, len(self.out), self.seen))
        self.out += [Edge("open", number) for number in numbers]
        self.at = found.end()
        return True

    def hint(self, _mark: str) -> bool:
        """Read ``::``, which starts the hint of the innermost gap."""
        if not self.gaps or self.gaps[-1].hint >= 0:
            return False
        self.flush()
        gap = self.gaps[-1]
        gap.hint, gap.hollow = len(self.out), self.seen == gap.seen
        return self.put(Edge("hint"), self.at + 2)

    def close_gap(self, _mark: str) -> bool:
        """Read ``}}``."""
        if not self.gaps:
            return False
        self.flush()
        gap = self.gaps.pop()
        self.at += 2
        if gap.hollow or self.seen == gap.seen:
            self.out.append(Lost(f"the gap {gap.numbers[0]} hides nothing: it is left out"))
            self.dissolve(gap, "")
            return True
        hint = self.out[gap.hint :] if gap.hint >= 0 else []
        self.out.append(Edge("close"))
        for _ in gap.numbers[1:]:  # `{{c1,2::x}}` is a gap in a gap
            self.out += [*hint, Edge("close")]
        return True

    def end_gaps(self) -> None:
        """Make text again of the gaps that never close."""
        for gap in self.gaps:
            mark = f"{{{{c{','.join(map(str, gap.numbers))}::"
            self.dissolve(gap, mark)
            self.out.append(Lost(f"the gap `{mark}` is never closed: it is shown as text"))

    def dissolve(self, gap: Gap, mark: str) -> None:
        """Put text in the place of the edges of a gap."""
        self.out[gap.at] = mark
        for at in range(gap.at + 1, gap.at + len(gap.numbers)):
            self.out[at] = ""
        if gap.hint >= 0:
            self.out[gap.hint] = "::" if mark else " "
