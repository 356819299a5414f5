"""A note's HTML as Markdown that GitHub and GitBook read alike.

The HTML of a field is the author's Markdown after our own rules, cleaned; writing it anew is what
keeps a text from being more than a text: what looks like markup is escaped, fences are longer than
any in the code, a heading stays out of the page's outline, and no tag closes what it did not open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

from msgspec import Struct, field
from msgspec.structs import replace

from ankibuild.outputs.gitbook import formulas, inline
from ankibuild.outputs.gitbook.tree import Element, Formula, Node

_NAMES = "p div ul ol li blockquote pre table details hr dl dt dd h1 h2 h3 h4 h5 h6"
_BLOCKS = frozenset(_NAMES.split())


class Writer(Struct, frozen=True):
    """Writes HTML as Markdown.

    ``figures`` is the way from the page to the folder of figures; ``languages`` are those of the
    programs that stand in the texts, which HTML does not tell.
    """

    figures: str = ""
    languages: Mapping[str, str] = field(default_factory=dict)

    def write(self, nodes: Iterable[Node]) -> str:
        """Write HTML as blocks, with an empty line between them."""
        return "\n\n".join(self._flow(nodes))

    def _flow(self, nodes: Iterable[Node]) -> list[str]:
        """Write nodes as blocks; text between blocks is a paragraph."""
        blocks: list[str] = []
        before, second = "", False
        for is_block, run in groupby(_opened(nodes), _is_block):
            if not is_block:
                words = self._text(run)
                blocks += [words] if words else []
                before = "" if words else before
                continue
            for node in run:
                second = _tag(node) == before and not second
                blocks += self._block(node, second=second)
                before = _tag(node)
        return blocks

    def _text(self, nodes: Iterable[Node]) -> str:
        return inline.paragraph(nodes, figures=self.figures)

    def _block(self, node: Node, *, second: bool) -> list[str]:
        if isinstance(node, Formula):
            return [formulas.display(node.tex)]
        if not isinstance(node, Element):
            return []
        if node.tag in ("ul", "ol"):
            return [self._list(node, second=second)]
        write = _WRITERS.get(node.tag)
        return write(self, node) if write else self._flow(node.children)

    def _heading(self, node: Element) -> list[str]:
        """Write a heading as a strong line: it is not one of the page."""
        return [self._text([Element("strong", children=node.children)])]

    def _program(self, node: Element) -> list[str]:
        return [fence(node.text, self.languages.get(_key(node.text), ""))]

    def _quote(self, node: Element) -> list[str]:
        return [_indented("\n\n".join(self._flow(node.children)), "> ", "> ")]

    # ---------------------------------------------------------------- lists

    def _list(self, node: Element, *, second: bool) -> str:
        """Write a list; a ``second`` one right after another of its kind has other marks."""
        items = [one for one in node.children if isinstance(one, Element) and _is_item(one)]
        loose = any(_tag(child) == "p" for item in items for child in item.children)
        box = "[ ] " if "checks" in node.classes else ""
        written: list[str] = []
        for mark, item in zip(_marks(node, len(items), second), items, strict=True):
            body = _tight(self._flow(item.children))
            written.append(_indented(f"{box}{body}", f"{mark} ", " " * (len(mark) + 1)))
        return ("\n\n" if loose else "\n").join(written)

    # ---------------------------------------------------------------- details and tables

    def _details(self, node: Element) -> list[str]:
        summaries = [child for child in node.children if _tag(child) == "summary"]
        rest = [child for child in node.children if child not in summaries]
        words = (part for one in summaries if isinstance(one, Element) for part in one.children)
        return [fold(inline.summary(words) or "…", "\n\n".join(self._flow(rest)))]

    def _table(self, node: Element) -> list[str]:
        rows = [_cells(row) for row in _find(node, "tr")]
        if not rows:
            return []
        width = max(map(len, rows))
        has_head = any(cell.tag == "th" for cell in rows[0])
        head, body = (rows[0], rows[1:]) if has_head else ((), rows)
        rule = (_alignment(cell) for cell in _padded(rows[0], width))
        lines = [self._row(head, width), f"| {' | '.join(rule)} |"]
        lines += [self._row(row, width) for row in body]
        words = [block for one in _find(node, "caption") for block in self._heading(one)]
        return [*words, "\n".join(lines)]

    def _row(self, cells: Iterable[Element], width: int) -> str:
        texts = (
            inline.paragraph(cell.children, figures=self.figures, in_table=True)
            for cell in _padded(cells, width)
        )
        return f"| {' | '.join(texts)} |"


_WRITERS: Mapping[str, Callable[[Writer, Element], list[str]]] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "dt"), Writer._heading),
    "pre": Writer._program,
    "blockquote": Writer._quote,
    "details": Writer._details,
    "table": Writer._table,
    "hr": lambda _writer, _node: ["---"],
}


# ------------------------------------------------------------------ pieces of Markdown


def fold(summary: str, body: str) -> str:
    """Fold Markdown away; ``summary`` is HTML."""
    lines = ["<details>", f"<summary>{summary}</summary>", body, "</details>"]
    return "\n\n".join(filter(None, lines))


def fence(code: str, language: str) -> str:
    """Write a block of code."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{ticks}{language}\n{code.rstrip()}\n{ticks}"


def languages(texts: Iterable[str]) -> dict[str, str]:
    """Find the languages of the fenced programs in texts, by program."""
    fenced = re.compile(r"^([ \t>]*)(`{3,}|~{3,})[ \t]*(\w[\w+-]*)[^\n]*\n(.*?)^\1\2", re.M | re.S)
    return {_key(found[4]): found[3] for one in texts for found in fenced.finditer(one)}


def _key(code: str) -> str:
    """Give what is the same of a program however it is indented."""
    return "\n".join(line.strip() for line in code.strip().split("\n"))


def _indented(body: str, first: str, rest: str) -> str:
    head, *lines = body.split("\n")
    return "\n".join([f"{first}{head}".rstrip(), *(f"{rest}{line}".rstrip() for line in lines)])


def _marks(node: Element, number: int, second: bool) -> list[str]:
    if node.tag == "ul":
        return ["*" if second else "-"] * number
    start = node.attributes.get("start", "1")
    first = int(start) if re.fullmatch("[0-9]{1,8}", start) else 1
    return [f"{one}{')' if second else '.'}" for one in range(first, first + number)]


def _tight(blocks: list[str]) -> str:
    """Join the text of an item and the list below it, if that is all there is."""
    is_list = len(blocks) == 2 and re.match(r"(?:[-*]|\d+[.)]) ", blocks[1])
    return ("\n" if is_list else "\n\n").join(blocks)


# ------------------------------------------------------------------ the tree


def _tag(node: Node) -> str:
    return node.tag if isinstance(node, Element) else ""


def _is_item(element: Element) -> bool:
    """Tell whether an element in a list is shown: tags that are not balanced leave others."""
    return element.tag == "li" or bool(element.text.strip())


def _is_block(node: Node) -> bool:
    return _tag(node) in _BLOCKS or (isinstance(node, Formula) and node.display)


def _opened(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield nodes, with those inside of a gap or a mark around blocks in its place."""
    for node in nodes:
        if isinstance(node, Element) and node.tag not in _BLOCKS and _wraps_blocks(node):
            yield from _opened(node.children)
        else:
            yield node


def _wraps_blocks(element: Element) -> bool:
    return any(
        _is_block(child) or (isinstance(child, Element) and _wraps_blocks(child))
        for child in element.children
    )


def _find(element: Element, tag: str) -> Iterator[Element]:
    for child in element.children:
        if isinstance(child, Element) and child.tag == tag:
            yield child
        elif isinstance(child, Element) and child.tag != "table":
            yield from _find(child, tag)


def _cells(row: Element) -> tuple[Element, ...]:
    return tuple(
        replaced
        for cell in row.children
        if isinstance(cell, Element) and cell.tag in ("th", "td")
        for replaced in _spanned(cell)
    )


def _spanned(cell: Element) -> Iterator[Element]:
    """Yield a cell and the empty ones that it covers to its right."""
    yield cell
    span = cell.attributes.get("colspan", "1")
    for _ in range(1, min(int(span), 50) if span.isdigit() else 1):
        yield replace(cell, children=())


def _padded(cells: Iterable[Element], width: int) -> list[Element]:
    found = list(cells)
    return found + [Element("td")] * (width - len(found))


def _alignment(cell: Element) -> str:
    style = cell.attributes.get("style", "")
    side = next((one for one in ("left", "center", "right") if one in style), "")
    return {"left": ":--", "center": ":-:", "right": "--:"}.get(side, "---")
