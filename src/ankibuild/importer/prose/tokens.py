r"""A field's HTML as tokens: tags, text, formulas, and the edges of gaps.

Anki looks for gaps and formulas in the HTML as it stands, before there is a tree, and a gap or a
``[latex]`` may well start in one element and end in another. So does this. What is not closed is
text; each closing mark is looked for once, so that the time is linear in the length.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from ankibuild.importer.prose import tex
from ankibuild.importer.prose.gaps import End, GapReader, Lost, Math, Start, Token
from ankibuild.importer.prose.pictures import SOUND
from ankibuild.importer.prose.tags import LITERAL, OPAQUE
from ankibuild.markdown.escape import FORBIDDEN

_SPECIAL = re.compile(r"<|\\[(\[]|\[(?:latex\]|\$\$?\]|sound:)|\{\{c[0-9]|\}\}|::", re.IGNORECASE)
_TAG_START = re.compile(r"</?[a-zA-Z]")
# A quotation mark is one only after an equals sign. Possessive, hence linear.
_TAG = re.compile(
    r"<(/?)([a-zA-Z][\w:.-]*+)"
    r"((?:[^>=]|=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+|(?=>)))*+)>"
)
_ATTRIBUTE = re.compile(r"([^\s=/>\"'`]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")


def tokens(markup: str, *, cloze: bool) -> list[Token]:
    """Take HTML apart; with ``cloze``, ``{{c1::`` opens a gap. Never raises."""
    return _Reader(markup, cloze=cloze).run()


class _Reader(GapReader):
    def __init__(self, markup: str, *, cloze: bool) -> None:
        super().__init__(markup, cloze=cloze)
        self.missing: set[str] = set()  # closing marks that do not come any more
        self.refused = -1  # where a formula ends that is none, wherever it starts
        self.literal = 0  # how many elements without formulas are around
        self.readers: dict[str, Callable[[str], bool]] = {
            "<": self.less,
            "\\": self.delimited,
            "[": self.bracket,
            "{": self.open_gap,
            "}": self.close_gap,
            ":": self.hint,
        }

    def run(self) -> list[Token]:
        while found := _SPECIAL.search(self.markup, self.at):
            self.text(found.start())
            if not self.readers[found[0][0]](found[0].lower()):
                self.text(self.at + 1)
        self.text(len(self.markup))
        self.flush()
        self.end_gaps()
        return self.out

    def until(self, closing: str, start: int) -> int:
        """Find a closing mark in lower or upper case; -1 if it does not come any more."""
        if closing in self.missing:
            return -1
        found = re.compile(re.escape(closing), re.IGNORECASE).search(self.markup, start)
        if found is None:
            self.missing.add(closing)
            return -1
        return found.start()

    # ---------------------------------------------------------------- tags

    def less(self, _mark: str) -> bool:
        if self.markup[self.at + 1 : self.at + 2] in ("!", "?"):
            return self.declaration()
        if ">" in self.missing or not _TAG_START.match(self.markup, self.at):
            return False
        found = _TAG.match(self.markup, self.at)
        if found is None:
            self.missing.add(">")  # a browser would drop the rest; we show it
            return False
        return self.tag(found)

    def declaration(self) -> bool:
        """Read a comment or the like, which shows nothing."""
        closing = "-->" if self.markup.startswith("<!--", self.at) else ">"
        end = self.until(closing, self.at + 2)
        if end < 0:
            return False
        self.flush()
        self.at = end + len(closing)
        return True

    def tag(self, found: re.Match[str]) -> bool:
        name = found[2].lower()
        if name in LITERAL:
            self.literal = max(0, self.literal + (-1 if found[1] else 1))
        if found[1]:
            return self.put(End(name), found.end())
        if name in OPAQUE and self.opaque(name, found.end()):
            return True
        attributes = _attributes(found[3])
        if name == "anki-mathjax":
            display = attributes.get("block") == "true"
            if self.formula(found.end(), "</anki-mathjax>", display=display):
                return True
        return self.put(Start(name, attributes), found.end())

    def opaque(self, name: str, start: int) -> bool:
        """Leave out an element with its content, if it has an end."""
        end = self.until(f"</{name}", start)
        close = self.until(">", end)
        said = "a script" if name == "script" else f"`<{name}>`"
        return end >= 0 and close >= 0 and self.put(Lost(f"{said} is left out"), close + 1)

    # ---------------------------------------------------------------- formulas and sounds

    def delimited(self, mark: str) -> bool:
        closing = "\\)" if mark == "\\(" else "\\]"
        return not self.literal and self.formula(self.at + 2, closing, display=mark == "\\[")

    def bracket(self, mark: str) -> bool:
        start = self.at + len(mark)
        if mark == "[sound:":
            return self.sound(start)
        if mark == "[latex]":
            return self.latex(start)
        return self.formula(start, mark.replace("[", "[/"), display=mark == "[$$]")

    def sound(self, start: int) -> bool:
        end = self.until("]", start)
        if end < 0:
            return False
        name = html.unescape(self.markup[start:end])
        return self.put(Start("img", {"src": name, "alt": "sound", SOUND: ""}), end + 1)

    def formula(self, start: int, closing: str, *, display: bool) -> bool:
        end = self.until(closing, start)
        if end < 0 or end == self.refused:
            return False
        words = FORBIDDEN.sub("", tex.plain(self.markup[start:end]))
        mended = tex.mended(words, in_gap=bool(self.gaps)) if self.cloze else words
        if mended is None:
            self.refused = end
            return False
        if mended != words:
            self.out.append(Lost(f"a gap in a formula is now written `{_short(mended)}`"))
        return self.put(Math(mended, display), end + len(closing))

    def latex(self, start: int) -> bool:
        end = self.until("[/latex]", start)
        if end < 0:
            return False
        self.flush()
        body = FORBIDDEN.sub("", tex.plain(self.markup[start:end]))
        for piece in tex.from_latex(body):
            self.seen += 1
            self.out += _LATEX[piece.kind](piece.text)
        self.at = end + len("[/latex]")
        return True


def _source(words: str) -> list[Token]:
    """Show LaTeX that is more than text with formulas as what it is."""
    said = Lost(f"the LaTeX `{_short(words)}` is kept as code")
    return [Start("pre", {"class": "language-latex"}), words, End("pre"), said]


_LATEX: dict[str, Callable[[str], list[Token]]] = {
    "text": lambda words: [words],
    "line": lambda _: [Start("br", {})],
    "start": lambda tag: [Start(tag, {})],
    "end": lambda tag: [End(tag)],
    "inline": lambda words: [Math(words, display=False)],
    "display": lambda words: [Math(words, display=True)],
    "source": _source,
}


def _attributes(words: str) -> dict[str, str]:
    """Read attributes; of two with one name, the first one counts."""
    found: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(words):
        value = html.unescape(one[2] or one[3] or one[4] or "").replace("\r", " ")
        found.setdefault(FORBIDDEN.sub("", one[1].lower()), FORBIDDEN.sub("", value))
    return found


def _short(words: str) -> str:
    """Return a text for a sentence: on one line, not long, without backticks."""
    line = " ".join(words.replace("`", "'").split())
    return line if len(line) <= 60 else f"{line[:59]}…"
