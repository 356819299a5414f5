"""White space as a browser shows it, and as people mean it.

An editor's no-break spaces are mostly noise: it writes one wherever a blank meets another one or
the edge of a tag. One is kept where a typesetter would put it (``5 km``, ``« oui »``), and a wide
run of them is kept as wide as it is, because it indents or aligns something.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from ankibuild.importer.prose.page import Atom, Edge, Line, Marks, Words

NBSP = "\xa0"
#: What the reader of banks refuses; in prose it is written as an entity.
UNWRITABLE = re.compile("[\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ue000-\uf8ff]")
_BLANKS = re.compile(r"[ \t\n\f]+")
# Words with single blanks between them are one piece; other white space is one, too.
_PIECE = re.compile(f"[ \n{NBSP}]+|[^ \n{NBSP}]++(?: [^ \n{NBSP}]++)*+")
#: Marks that a blank does not show.
_UNSEEN = frozenset({"strong", "em", "small", "sub", "sup", "var", "abbr"})
_TIGHT_BEFORE = frozenset("!?:;»%°€$")


def tidy(atoms: Iterable[Atom]) -> Line:
    """Collapse the white space of a line; words with the same marks become one.

    White space with the end of a line of HTML in it becomes a line end, which shows as a blank.
    """
    line = _Line()
    for atom in atoms:
        for piece in _cut(atom):
            line.add(piece)
    return tuple(_joined(line.finish()))


def is_blank(atom: Atom) -> bool:
    """Tell whether an atom is nothing but white space that collapses."""
    return isinstance(atom, Words) and not _BLANKS.sub("", atom.text)


def _cut(atom: Atom) -> Iterator[Atom]:
    if not isinstance(atom, Words):
        yield atom
        return
    for found in _PIECE.finditer(_BLANKS.sub(_collapsed, atom.text)):
        yield Words(found[0], atom.marks)


def _collapsed(blanks: re.Match[str]) -> str:
    return "\n" if "\n" in blanks[0] else " "


def _is_space(atom: Atom) -> bool:
    return isinstance(atom, Words) and atom.text[0] in (" ", "\n", NBSP)


class _Line(Struct):
    """A line as it grows; ``blank`` is the place of white space whose end has not come yet."""

    out: list[Atom] = field(default_factory=list)
    before: Atom | None = None
    blank: int = -1
    run: str = ""

    def add(self, atom: Atom) -> None:
        if _is_space(atom) and isinstance(atom, Words):
            if self.blank < 0:
                self.blank, self.run = len(self.out), ""
                self.out.append(atom)
            self.run += atom.text
            return
        if not isinstance(atom, Edge):
            self.settle(atom)
            self.before = atom
        self.out.append(atom)

    def settle(self, after: Atom) -> None:
        """Decide on the white space before an atom."""
        if self.blank < 0:
            return
        marks: Marks = ()
        if self.before is not None:
            own, around = self.out[self.blank].marks, self.before.marks
            both = (mark for mark in around if mark in after.marks)
            marks = tuple(mark for mark in both if mark in own or mark[0] in _UNSEEN)
        self.out[self.blank] = Words(self.width(after), marks)
        self.blank = -1

    def width(self, after: Atom) -> str:
        if NBSP not in self.run:
            return "" if self.before is None else "\n" if "\n" in self.run else " "
        run = self.run if self.before is not None else self.run.lstrip(" \n")
        columns = len(re.sub("[ \n]+", " ", run))
        if self.before is None:
            return "" if columns < 2 else NBSP * columns
        if columns > 2:
            return NBSP * (columns - 1) + " "
        return NBSP if columns == 1 and _is_tight(_last(self.before), _first(after)) else " "

    def finish(self) -> list[Atom]:
        if self.blank >= 0:
            del self.out[self.blank]
        return self.out


def _is_tight(before: str, after: str) -> bool:
    return before == "«" or after in _TIGHT_BEFORE or (before.isdigit() and after.isalnum())


def _first(atom: Atom) -> str:
    return atom.text[0] if isinstance(atom, Words) else ""


def _last(atom: Atom) -> str:
    return atom.text[-1] if isinstance(atom, Words) else ""


def _joined(atoms: Iterable[Atom]) -> Iterator[Atom]:
    """Yield atoms with neighboring words of the same marks as one, in NFC."""
    words: list[str] = []
    marks: Marks = ()
    for atom in atoms:
        if isinstance(atom, Words) and (not words or atom.marks == marks):
            words.append(atom.text)
            marks = atom.marks
            continue
        yield from _composed(words, marks)
        words, marks = ([atom.text], atom.marks) if isinstance(atom, Words) else ([], ())
        if not isinstance(atom, Words):
            yield atom
    yield from _composed(words, marks)


def _composed(words: list[str], marks: Marks) -> Iterator[Atom]:
    if text := unicodedata.normalize("NFC", "".join(words)):
        yield Words(text, marks)
