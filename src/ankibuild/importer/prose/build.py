"""Tokens to a page: what each of them shows, and where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ankibuild.importer.prose import language, pictures, styles
from ankibuild.importer.prose.elements import Element, Elements, combined
from ankibuild.importer.prose.frames import Frame
from ankibuild.importer.prose.gaps import End, Lost, Math, Start, Token
from ankibuild.importer.prose.page import CODE, Edge, Formula, Image, Marks, Page, Rule, Words
from ankibuild.importer.prose.program import Program
from ankibuild.importer.prose.spaces import NBSP, UNWRITABLE
from ankibuild.importer.prose.styles import Style
from ankibuild.importer.prose.tags import (
    BLOCKS,
    CELLS,
    FRAMES,
    HEADINGS,
    LINES,
    LISTS,
    PARAGRAPHS,
    PARTS,
    VOID,
)
from ankibuild.importer.prose.tokens import tokens
from ankibuild.markdown import formulas

#: Blocks in blocks: more is unreadable on a phone.
_DEEPEST = 12
#: Classes of what stands beside code and is none of it.
_LINE_NUMBERS = frozenset({"linenos", "lineno", "linenodiv", "gutter"})
_HOLD_NO_TEXT = LISTS | {"table", "tr", "dl"}


def read(markup: str, media: Mapping[str, str], *, cloze: bool = False, flat: bool = False) -> Page:
    """Read a field's HTML; ``media`` maps names in it to names of files. Never raises.

    ``flat`` leaves out all tags but those of pictures, and ends a line at the edge of a block.
    """
    found = tokens(markup, cloze=cloze)
    return _Builder(media).run(filter(None, map(_flat, found)) if flat else found)


def _flat(token: Token) -> Token | None:
    if not isinstance(token, Start | End) or token.tag == "img":
        return token
    return Start("br", {}) if token.tag in BLOCKS | {"br"} else None


class _Builder(Elements):
    def __init__(self, media: Mapping[str, str]) -> None:
        super().__init__()
        self.media = media
        self.program: Program | None = None
        self.hidden: list[str] = []  # an element that is not shown, and those like it in it
        self.images: set[str] = set()

    def run(self, stream: Iterable[Token]) -> Page:
        for token in stream:
            match token:
                case str():
                    self.text(token)
                case Start(tag, attributes):
                    self.start(tag, attributes)
                case End(tag):
                    self.end(tag)
                case Math(tex, display):
                    self.formula(tex, display=display)
                case Edge():
                    self.edge(token)
                case Lost(sentence):
                    self.lost[sentence] = None
        self.end_program()
        self.close(0)
        return Page(self.flow.finish(), tuple(self.lost), frozenset(self.images))

    # ---------------------------------------------------------------- what is shown

    def text(self, words: str) -> None:
        if self.hidden:
            return
        if self.program is not None:
            self.program.text(self.visible(words))
            return
        if self.frames[-1].tag in _HOLD_NO_TEXT and not words.strip(" \t\n"):
            return
        self.leave_implied_list("")
        words = self.visible(words) if CODE in self.marks else words
        if self.open and self.open[-1].keeps_blanks:
            self.lines(words)
        else:
            self.flow.add(Words(words, self.marks))

    def lines(self, words: str) -> None:
        """Show text with its lines and blanks as they are."""
        for number, line in enumerate(words.expandtabs(4).split("\n")):
            if number:
                self.flow.break_line()
            wide = re.sub(" {2,}|^ ", lambda run: NBSP * len(run[0]), line)
            self.flow.add(Words(wide, self.marks))

    def visible(self, words: str) -> str:
        """Take out of code what a bank can only hold as an entity, which code has none of."""
        kept = UNWRITABLE.sub("", words)
        if kept != words:
            self.lost["an invisible character in code is left out"] = None
        return kept

    def formula(self, tex: str, *, display: bool) -> None:
        if self.hidden or not tex:
            return
        found = formulas.check(tex, 0, len(tex))
        wrong = next((one for one in found if one.severity == "error"), None)
        if wrong is None:
            self.flow.add(Formula(tex, display, _without_code(self.marks)))
            return
        self.lost[f"a formula is kept as code: {wrong.message}"] = None
        for number, line in enumerate(tex.split("\n")):
            if number:
                self.flow.break_line()
            self.flow.add(Words(line, combined(self.marks, Style((CODE,)))))

    def edge(self, edge: Edge) -> None:
        if self.program is not None:
            self.program.edge(edge)
        else:
            self.flow.add(edge)

    def image(self, attributes: Mapping[str, str]) -> None:
        marks = _without_code(self.marks)
        atom, sentence = pictures.picture(attributes, self.media, marks)
        if sentence:
            self.lost[sentence] = None
        if atom is not None:
            self.flow.add(atom)
        if isinstance(atom, Image):
            self.images.add(atom.name)

    # ---------------------------------------------------------------- tags

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self.hidden:
            self.hidden += [tag] if tag == self.hidden[0] else []
            return
        style = styles.of(tag, attributes)
        self.lost.update(dict.fromkeys(style.lost))
        classes = attributes.get("class", "")
        if tag == "rp" or style.hidden or _LINE_NUMBERS & set(classes.split()):
            self.hidden = [] if tag in VOID else [tag]
        elif self.program is not None and tag != "pre":
            self.program.start(tag, classes)
        else:
            self.element(tag, attributes, style)

    def element(self, tag: str, attributes: Mapping[str, str], style: Style) -> None:
        if tag in PARTS - {"li"} and not any(one.tag == "table" for one in self.frames):
            return
        self.leave_implied_list(tag)
        self.close_for(tag)
        self.boundary(tag, style)
        if tag in VOID:
            self.void(tag, attributes)
            return
        frame = self.frame(tag, attributes, style)
        known = language.named(attributes["class"]) if "class" in attributes else ""
        if tag == "pre":
            self.end_program()
            around = (one.language for one in reversed(self.open) if one.language)
            self.program = Program(known or next(around, ""))
        self.push(Element(tag, style, language=known, frame=frame))
        if tag in ("rt", "q"):
            self.flow.add(Words("(" if tag == "rt" else "“", self.marks))

    def void(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "br":
            self.flow.break_line()
        elif tag == "hr":
            self.flow.add_block(Rule())
        elif tag == "img":
            self.image(attributes)

    def frame(self, tag: str, attributes: Mapping[str, str], style: Style) -> Frame | None:
        """Open a frame for an element that holds blocks, where there can be one."""
        turned = style.direction in ("rtl", "auto") and tag in LINES | PARAGRAPHS
        if style.direction == "rtl" and not turned:
            self.lost["the direction of a text is left out"] = None
        deep = len(self.frames) > _DEEPEST
        if tag == "li" and self.frames[-1].tag not in LISTS and not deep:
            self.imply("ul")
        if tag in CELLS and self.frames[-1].tag == "table":
            self.imply("tr")
        if not (turned or tag in FRAMES or self.belongs(tag)):
            return None
        if deep and (turned or tag in FRAMES):
            self.lost[f"blocks more than {_DEEPEST} deep in each other are kept as text"] = None
            return None
        attributes = {"dir": style.direction} if turned else attributes
        self.frames.append(Frame("div" if turned else tag, attributes, align=style.align))
        return self.frames[-1]

    def imply(self, tag: str) -> None:
        """Open the list or the row that is missing around its part."""
        self.frames.append(Frame(tag, implied=tag == "ul"))
        self.push(Element(tag, frame=self.frames[-1]))

    def belongs(self, tag: str) -> bool:
        """Tell whether a part of a list or a table stands in one."""
        around = self.frames[-1].tag
        if tag in CELLS:
            return around == "tr"
        return (tag == "li" and around in LISTS) or (tag in ("tr", "caption") and around == "table")

    def end(self, tag: str) -> None:
        if self.hidden:
            self.hidden.pop() if tag == self.hidden[0] else None
        elif self.program is not None and tag != "pre":
            self.program.end(tag)
        elif tag == "br":
            self.flow.break_line()
        elif tag == "p" and not self.number[tag]:
            self.flow.end_paragraph()
        elif tag in HEADINGS:
            self.close_nearest(HEADINGS, CELLS)
        else:
            self.end_program()
            self.close_last(tag)

    def end_program(self) -> None:
        if self.program is not None:
            if not self.program.add_to(self.flow):
                self.lost["a block of code with gaps in it is kept as lines of code"] = None
            self.program = None


def _without_code(marks: Marks) -> Marks:
    return tuple(mark for mark in marks if mark != CODE)
