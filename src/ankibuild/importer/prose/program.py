"""A ``pre`` while it is read: a block of code, or lines of code if there are gaps in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, field

from ankibuild.importer.prose import language
from ankibuild.importer.prose.flow import Flow
from ankibuild.importer.prose.page import CODE, Code, Edge, Words

#: Elements that are lines.
_LINES = frozenset({"div", "p", "li", "tr"})


class Program(Struct):
    """The pieces of a ``pre``: text with the class of its color, and the edges of gaps."""

    language: str
    pieces: list[tuple[str, str] | Edge] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    fresh: bool = True  # nothing came yet

    def start(self, tag: str, classes: str) -> None:
        """Read an opening tag."""
        self.fresh = False
        if tag == "br":
            self.text("\n")
        elif tag in _LINES:
            self.end_line()
        elif tag == "span":
            self.classes.append(classes)
        elif tag == "code":
            self.language = self.language or language.named(classes)

    def end(self, tag: str) -> None:
        """Read a closing tag."""
        if tag in _LINES:
            self.end_line()
        elif tag == "span" and self.classes:
            self.classes.pop()

    def edge(self, edge: Edge) -> None:
        """Read the edge of a gap."""
        self.fresh = False
        self.pieces.append(edge)

    def end_line(self) -> None:
        """Start another line, unless one has just been started."""
        last = self.pieces[-1] if self.pieces else None
        if isinstance(last, tuple) and not last[1].endswith("\n"):
            self.text("\n")

    def text(self, words: str) -> None:
        """Read text; a line end right after the opening tag is none."""
        words = words.replace("\xa0", " ")
        words = words.removeprefix("\n") if self.fresh else words
        self.fresh = False
        if words:
            self.pieces.append((self.classes[-1] if self.classes else "", words))

    def add_to(self, flow: Flow) -> bool:
        """Add the code to a flow; return False if gaps made lines of what was a block."""
        outer = self._edges_around()
        body = self.pieces[len(outer) : len(self.pieces) - len(outer)]
        spans = [piece for piece in body if isinstance(piece, tuple)]
        if len(spans) < len(body):
            self._add_lines(flow)
            return False
        text = "".join(text for _, text in spans)
        if text.strip():
            for edge in outer:
                flow.add(edge)
            known = self.language or language.of_colors(_without_end(spans))
            flow.add_block(Code(text.rstrip("\n"), known))
            for _ in outer:
                flow.add(Edge("close"))
        return True

    def _edges_around(self) -> list[Edge]:
        """Give the gaps that hold all of the code, without hints."""
        found: list[Edge] = []
        for first, last in zip(self.pieces, reversed(self.pieces), strict=True):
            if first is last or not (isinstance(first, Edge) and isinstance(last, Edge)):
                break
            if (first.kind, last.kind) != ("open", "close"):
                break
            found.append(first)
        inside = self.pieces[len(found) : len(self.pieces) - len(found)]
        return found if not any(isinstance(piece, Edge) for piece in inside) else []

    def _add_lines(self, flow: Flow) -> None:
        flow.end_paragraph()
        for atom in self._atoms():
            if atom is None:
                flow.break_line()
            else:
                flow.add(atom)
        flow.end_paragraph()

    def _atoms(self) -> Iterator[Words | Edge | None]:
        """Yield code and edges, and None for the end of a line; indentation is kept."""
        for piece in self.pieces:
            if isinstance(piece, Edge):
                yield piece
                continue
            for number, line in enumerate(piece[1].split("\n")):
                if number:
                    yield None
                if line:
                    yield Words(re.sub(" {2,}", lambda run: "\xa0" * len(run[0]), line), (CODE,))


def _without_end(spans: list[language.Span]) -> list[language.Span]:
    """Take the line ends at the end of code off it, as the renderer does."""
    whole = list(spans)
    while whole and not whole[-1][1].rstrip("\n"):
        whole.pop()
    if whole:
        name, text = whole[-1]
        whole[-1] = (name, text.rstrip("\n"))
    return whole
