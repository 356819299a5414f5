r"""The formulas of foreign notes: TeX that HTML and gaps have been through."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

_BREAK = re.compile(r"<(?:br|/?div|/?p)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_ODD = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ue000-\uf8ff]")
_STEP = re.compile(r"\{\{c[0-9,]+::|\\.|[{}]", re.DOTALL)
_TAKES_ARGUMENT = re.compile(r"(?<!\\)(?:\\[a-zA-Z]+\*?|[\^_])\Z")

#: What starts a formula; an environment that sets lines is TeX itself.
_START = re.compile(
    r"\$\$?|\\\[|\\\("
    r"|\\begin\{(?:displaymath|math|(?P<lines>(?:equation|align|gather|multline|eqnarray)\*?))\}"
)
_CLOSING = {"$": "$", "$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_INLINE = frozenset({"$", "\\(", "\\begin{math}"})
_TO_DOLLARS = re.compile(r"[^$]++(?=\$\$)")
_TO_DOLLAR = re.compile(r"(?:\\.|[^$\\])++(?=\$)", re.DOTALL)
_PLAIN = re.compile(
    r"\\(?P<edge>begin|end)\{(?P<list>itemize|enumerate)\}|(?P<item>\\item\b)"
    r"|\\(?P<style>textbf|textit|emph|underline|texttt)\{(?P<inner>[^{}\\]*)\}"
    r"|\\(?P<accent>['\"`^])(?:\{(?P<braced>[a-zA-Z])\}|(?P<letter>[a-zA-Z]))"
    r"|\\(?P<sign>[%&_#$ ])|\\\\(?:\[[^\]]*\])?|\\(?:newline|par|noindent)\b ?|~|(?<!-)--(?!-)"
)
_STYLES = {"textbf": "b", "textit": "i", "emph": "i", "underline": "u", "texttt": "code"}
_ACCENTS = {"'": "\u0301", '"': "\u0308", "`": "\u0300", "^": "\u0302"}
_NEEDS_LATEX = re.compile(r"[\\{}^_$&#]")


def plain(markup: str) -> str:
    """Give the TeX that stands in HTML: the editor's tags are not part of it."""
    words = html.unescape(_TAG.sub("", _BREAK.sub("\n", markup)))
    lines = (line.rstrip() for line in _ODD.sub("", words).replace("\xa0", " ").splitlines())
    return "\n".join(filter(None, lines)).strip()


def same(words: str) -> str:
    """Give what is the same of TeX however its blanks are set."""
    return " ".join(words.split())


# ------------------------------------------------------------------ gaps


def mended(words: str, *, in_gap: bool) -> str | None:
    r"""Keep the gaps of a formula and its braces apart; None if they cannot be told apart.

    Anki ends a gap at the first ``}}``, also in the middle of ``\frac{a}{b_{c}}``: there is a blank
    between braces now. And it takes the braces of a gap away, so that ``x^{{c1::10}}`` shows a 1
    as the exponent: the gap gets braces of its own.
    """
    return _Mender(words, in_gap=in_gap).run()


class _Mender:
    def __init__(self, words: str, *, in_gap: bool) -> None:
        self.words, self.in_gap = words, in_gap
        self.at = 0
        self.out: list[str] = []
        self.depths = [0]  # braces that are open: outside of gaps, and in each open gap
        self.ends: list[str] = []  # what closes each open gap

    def run(self) -> str | None:
        if not (self.in_gap or "{{c" in self.words):
            return self.words
        while found := _STEP.search(self.words, self.at):
            self.out.append(self.words[self.at : found.start()])
            self.at = found.end()
            if found[0].startswith("{{c"):
                self.open(found)
            elif found[0] == "}":
                self.close()
            else:
                self.depths[-1] += found[0] == "{"
                self.out.append(found[0])
            if self.depths[-1] < 0:
                return None
        self.out.append(self.words[self.at :])
        return None if self.ends or self.depths[0] else "".join(self.out)

    def open(self, found: re.Match[str]) -> None:
        before = self.words[max(0, found.start() - 40) : found.start()]
        needs_braces = _TAKES_ARGUMENT.search(before) is not None
        self.out.append(f"{{ {found[0]}" if needs_braces else found[0])
        self.ends.append("}} }" if needs_braces else "}}")
        self.depths.append(0)

    def close(self) -> None:
        double = self.words.startswith("}", self.at)
        if double and self.ends and not self.depths[-1]:
            self.out.append(self.ends.pop())
            self.depths.pop()
            self.at += 1
            return
        self.depths[-1] -= 1
        self.out.append("} " if double and (self.in_gap or self.ends) else "}")


# ------------------------------------------------------------------ LaTeX

#: Longer LaTeX is a document, no formula.
_LONGEST = 4000


class Piece(Struct, frozen=True):
    """A part of a LaTeX text: text, the end of a line, a formula, a tag, or source."""

    kind: Literal["text", "line", "inline", "display", "start", "end", "source"]
    text: str = ""


def from_latex(body: str) -> tuple[Piece, ...]:
    """Take the content of a ``[latex]`` apart; what is more than text with formulas is source."""
    if len(body) > _LONGEST:
        return (Piece("source", body),)
    pieces: list[Piece] = []
    at = 0
    for start, end, formula in _formulas(body):
        pieces += [*_text(body[at:start]), formula]
        at = end
    pieces += _text(body[at:])
    if any(piece.kind == "source" for piece in pieces):
        return (Piece("source", body),)
    return tuple(pieces)


def _formulas(body: str) -> Iterator[tuple[int, int, Piece]]:
    """Yield the formulas of a LaTeX text with their places.

    An end that is not there once is not there for what starts later, and is not looked for again:
    hence linear.
    """
    missing: set[str] = set()
    at = 0
    while start := _START.search(body, at):
        mark = start[0]
        closing = _CLOSING.get(mark) or mark.replace("begin", "end")
        stop = -1 if mark in missing else _stop(body, start.end(), closing)
        if stop >= 0:
            at = stop + len(closing)
            tex = body[start.start() : at] if start["lines"] else body[start.end() : stop]
            kind: Literal["inline", "display"] = "inline" if mark in _INLINE else "display"
            yield start.start(), at, Piece(kind, tex.strip())
            continue
        if mark != "$$":  # these look no further than the next dollar sign
            missing.add(mark)
        at = start.start() + 1


def _stop(body: str, first: int, closing: str) -> int:
    """Give where ``closing`` stands behind at least one character from ``first`` on, or -1."""
    if closing not in ("$", "$$"):
        return body.find(closing, first + 1)
    found = (_TO_DOLLAR if closing == "$" else _TO_DOLLARS).match(body, first)
    return found.end() if found else -1


def _text(words: str) -> Iterator[Piece]:
    at = 0
    for found in _PLAIN.finditer(words):
        yield from _words(words[at : found.start()])
        yield from _sign(found)
        at = found.end()
    yield from _words(words[at:])


def _sign(found: re.Match[str]) -> Iterator[Piece]:
    if found["list"]:
        tag = "ul" if found["list"] == "itemize" else "ol"
        yield Piece("start" if found["edge"] == "begin" else "end", tag)
    elif found["item"]:
        yield Piece("start", "li")
    elif found["style"]:
        tag = _STYLES[found["style"]]
        yield from (Piece("start", tag), Piece("text", found["inner"]), Piece("end", tag))
    elif found["accent"]:
        yield Piece("text", (found["braced"] or found["letter"]) + _ACCENTS[found["accent"]])
    elif found[0] in ("~", "--") or found["sign"]:
        yield Piece("text", {"~": "\xa0", "--": "–"}.get(found[0], found["sign"]))
    elif not found[0].startswith("\\noindent"):
        yield Piece("line")


def _words(words: str) -> Iterator[Piece]:
    if _NEEDS_LATEX.search(words):
        yield Piece("source")
    elif words:
        yield Piece("text", words)
