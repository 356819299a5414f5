"""The elements that are open, as browsers have them.

Formatting that is not closed goes on after the block that it was opened in, and an element that
closes takes those in it along; so mis-nested tags show what a browser shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, field

from ankibuild.importer.prose.flow import Flow
from ankibuild.importer.prose.frames import Frame
from ankibuild.importer.prose.page import CODE, ORDER, Mark, Marks, Words
from ankibuild.importer.prose.styles import Style
from ankibuild.importer.prose.tags import BLOCKS, CELLS, FORMATTING, LISTS, PARAGRAPHS, PARTS

#: Open elements; browsers stop there, too.
_MOST_OPEN = 500
#: Raised text in raised text; more cannot be read.
_MOST_RAISED = 4

_Tags = frozenset[str]
_ROW: tuple[_Tags, _Tags] = (frozenset({"tr", "caption"}), frozenset({"table"}))
_CELL: tuple[_Tags, _Tags] = (CELLS, frozenset({"tr", "table"}))
_TERM: tuple[_Tags, _Tags] = (frozenset({"dt", "dd"}), frozenset({"dl"}) | CELLS)
_READING: tuple[_Tags, _Tags] = (frozenset({"rt", "rb"}), frozenset({"ruby"}))

#: What an element closes when it opens, and what it does not reach over.
_CLOSED_BY: Mapping[str, tuple[_Tags, _Tags]] = MappingProxyType(
    {
        "li": (frozenset({"li"}), LISTS | CELLS),
        **dict.fromkeys(("dt", "dd"), _TERM),
        **dict.fromkeys(("tr", "caption", "thead", "tbody", "tfoot"), _ROW),
        **dict.fromkeys(CELLS, _CELL),
        **dict.fromkeys(("rt", "rp", "rb"), _READING),
    }
)
_OUT_OF_CELLS = frozenset({"table", "tr", "tbody", "thead", "tfoot"})


class Element(Struct):
    """An open element: what it does, what it and those around it do, and what it holds."""

    tag: str
    style: Style = field(default_factory=Style)
    marks: Marks = ()
    keeps_blanks: bool = False
    language: str = ""
    frame: Frame | None = None


class Elements:
    """A stack of open elements, and of those of them that hold blocks."""

    def __init__(self) -> None:
        self.frames = [Frame("")]
        self.open: list[Element] = []
        self.number: Counter[str] = Counter()  # of open elements, by tag
        self.lost: dict[str, None] = {}

    @property
    def flow(self) -> Flow:
        """Where text goes: between the cells of a table, to before it."""
        return next(one.flow for one in reversed(self.frames) if one.tag not in ("table", "tr"))

    @property
    def marks(self) -> Marks:
        """How text is marked up here."""
        return self.open[-1].marks if self.open else ()

    def push(self, element: Element) -> None:
        """Open an element."""
        if len(self.open) >= _MOST_OPEN and element.frame is None:
            return
        self.open.append(element)
        self.number[element.tag] += 1
        self.restyle(len(self.open) - 1)

    def restyle(self, start: int) -> None:
        """Find anew what the elements from ``start`` on do."""
        for at in range(start, len(self.open)):
            one, around = self.open[at], self.open[at - 1] if at else Element("")
            one.marks = combined(around.marks, one.style)
            one.keeps_blanks = one.style.keeps_blanks or around.keeps_blanks

    def boundary(self, tag: str, style: Style) -> None:
        """End the line or the paragraph at the edge of an element; a part of a table has none."""
        if style.inline:
            return
        if tag in PARAGRAPHS:
            self.flow.end_paragraph()
            self.frames[-1].loose = True
        elif tag in BLOCKS - PARTS or tag == "li":
            self.flow.end_line()

    # ---------------------------------------------------------------- closing

    def leave_implied_list(self, tag: str) -> None:
        """Close a list that nobody opened when something comes that is no item."""
        if self.frames[-1].implied and tag != "li":
            frame = self.frames[-1]
            self.close(next(at for at, one in enumerate(self.open) if one.frame is frame))

    def close_for(self, tag: str) -> None:
        """Close what the start of an element ends."""
        if tag in BLOCKS and self.number["p"]:
            self.close_nearest(frozenset({"p"}), BLOCKS - {"p"})
        if tag in _CLOSED_BY:
            self.close_nearest(*_CLOSED_BY[tag])

    def close_nearest(self, closed: _Tags, barrier: _Tags) -> None:
        """Close the innermost element with one of the tags ``closed``, this side of a barrier."""
        if not any(self.number[tag] for tag in closed):
            return
        for at in range(len(self.open) - 1, -1, -1):
            if self.open[at].tag in closed:
                self.close(at)
                return
            if self.open[at].tag in barrier:
                return

    def close_last(self, tag: str) -> None:
        """Close the last element with a tag, unless it is out of reach."""
        if not self.number[tag]:
            return
        for at in range(len(self.open) - 1, -1, -1):
            around = self.open[at].tag
            if around == tag:
                self.close(at, alone=tag in FORMATTING)
                return
            in_cell = around in CELLS and tag not in _OUT_OF_CELLS
            if in_cell or (around in BLOCKS and tag not in BLOCKS | FORMATTING and tag != "ruby"):
                return

    def close(self, start: int, *, alone: bool = False) -> None:
        """Close the element at ``start``, and all in it but formatting; or it ``alone``."""
        kept: list[Element] = []
        last = start < len(self.open) and self.open[start].tag in {*CELLS, "caption"}
        while len(self.open) > start:
            one = self.open.pop()
            stays = alone or (one.tag in FORMATTING and not last)
            if stays and len(self.open) > start:
                kept.append(one)
            else:
                self.leave(one)
        self.open += reversed(kept)
        self.restyle(start)

    def leave(self, element: Element) -> None:
        """Do what the end of an element does."""
        self.number[element.tag] -= 1
        if element.tag in ("rt", "q"):
            self.flow.add(Words(")" if element.tag == "rt" else "”", element.marks))
        if element.frame is not None:
            frame = self.frames.pop()
            if not frame.add_to(self.frames[-1], self.flow):
                self.lost["the alignment of the cells of a table is left out"] = None
        self.boundary(element.tag, element.style)


_RANK: Mapping[str, int] = {name: at for at, name in enumerate(ORDER)} | {CODE[0]: 99}


def combined(around: Marks, style: Style) -> Marks:
    """Add what an element does to what is around it; raised and lowered text can be nested."""
    if not (style.marks or style.without):
        return around
    kept = [mark for mark in around if mark[0] not in style.without]
    for mark in style.marks:
        if mark[0] == "a":
            kept = [one for one in kept if one[0] != "a"]
        level = sum(one[0] == mark[0] for one in kept)
        if mark[0] in ("sub", "sup") and level:
            kept += [(mark[0], str(level + 1))] if level < _MOST_RAISED else []
        elif mark not in kept:
            kept.append(mark)
    return tuple(sorted(kept, key=_rank))


def _rank(mark: Mark) -> int:
    return _RANK.get(mark[0], 50)
