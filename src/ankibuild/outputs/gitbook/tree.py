"""The HTML of a note's field as a tree, with its formulas found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

from msgspec import Struct, field

from ankibuild.markdown import audible

_VOID = frozenset({"br", "hr", "img", "wbr"})
_START = re.compile(r"\\[(\[]")
_STEP = re.compile(r"\\(?:[a-zA-Z]+|.)|[{}]", re.DOTALL)


class Formula(Struct, frozen=True):
    """A formula: its TeX, and whether it is displayed on a line of its own."""

    tex: str
    display: bool


class Element(Struct, frozen=True):
    """An element with its attributes and what is in it."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Node, ...] = ()

    @property
    def classes(self) -> frozenset[str]:
        """Its classes."""
        return frozenset(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """All text in it; a break is the end of a line."""
        return "\n" if self.tag == "br" else "".join(map(text, self.children))


Node = Element | Formula | str


def text(node: Node) -> str:
    """Give the text of a node; of a formula, its TeX."""
    if isinstance(node, Formula):
        return node.tex
    return node.text if isinstance(node, Element) else node


def is_fold(node: Node) -> bool:
    """Tell whether a node is folded away."""
    return isinstance(node, Element) and node.tag == "details"


def parse(markup: str) -> tuple[Node, ...]:
    """Parse HTML; what is not closed ends where its parent does."""
    reader = _Reader()
    reader.feed(audible(markup))
    reader.close()
    return reader.finish()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str], list[Node]]] = [("", {}, [])]
        self.run: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.end_run()
        self.open.append((tag, {name: value or "" for name, value in attrs}, []))
        if tag in _VOID:
            self.end()

    def handle_endtag(self, tag: str) -> None:
        self.end_run()
        if any(tag == name for name, _, _ in self.open[1:]):
            while self.open[-1][0] != tag:
                self.end()
            self.end()

    def handle_data(self, data: str) -> None:
        self.run.append(data)

    def end(self) -> None:
        tag, attributes, children = self.open.pop()
        self.open[-1][2].append(Element(tag, attributes, tuple(children)))

    def end_run(self) -> None:
        """Add the text up to here; in code there are no formulas."""
        words, self.run = "".join(self.run), []
        if not words:
            return
        in_code = any(name in ("code", "pre") for name, _, _ in self.open)
        self.open[-1][2].extend([words] if in_code else _with_formulas(words))

    def finish(self) -> tuple[Node, ...]:
        self.end_run()
        while len(self.open) > 1:
            self.end()
        return tuple(self.open[0][2])


def _with_formulas(words: str) -> Iterator[Node]:
    at = 0
    while start := _START.search(words, at):
        end = _end(words, start.end(), "\\)" if start[0] == "\\(" else "\\]")
        if end is None:
            break
        if at < start.start():
            yield words[at : start.start()]
        if tex := words[start.end() : end].strip():
            yield Formula(tex, start[0] == "\\[")
        at = end + 2
    if at < len(words):
        yield words[at:]


def _end(words: str, at: int, closing: str) -> int | None:
    """Find where a formula ends, as MathJax does: outside of braces."""
    depth = 0
    for step in _STEP.finditer(words, at):
        if step[0] == closing and not depth:
            return step.start()
        depth = max(0, depth + {"{": 1, "}": -1}.get(step[0], 0))
    return None


def rows(nodes: tuple[Node, ...]) -> tuple[tuple[Node, ...], ...]:
    """Take apart what stands in rows, as the sides of a drill do; else there is one."""
    if len(nodes) == 1 and isinstance(nodes[0], Element) and "rows" in nodes[0].classes:
        return tuple(row.children for row in nodes[0].children if isinstance(row, Element))
    return (nodes,)
