"""What Anki makes of a note and a template: the HTML of its cards, as a learner's Anki renders it.

Only the part of Anki's template language is here that our templates use; a template that uses
more raises. The tests hold every line of this against Anki itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, field

from ankibuild.notes import Note
from ankibuild.notetypes import Notetype


class Card(Struct, frozen=True):
    """What a learner sees of a note: HTML of both sides.

    ``note`` is the note's id; ``number`` counts the note's cards as Anki does, from 0.
    """

    note: str
    number: int
    question: str
    answer: str


def of(note: Note, notetype: Notetype) -> tuple[Card, ...]:
    """Render the cards of a note, in order.

    Raise KeyError if a template names a field or a filter that does not exist.
    """
    fields = dict(zip((known.name for known in notetype.fields), note.fields, strict=True))
    return tuple(_card(note, notetype, fields, number) for number in sorted(note.cards))


def _card(note: Note, notetype: Notetype, fields: dict[str, str], number: int) -> Card:
    template = notetype.templates[0 if notetype.is_cloze else number]
    front = _Side(fields, number + 1, is_question=True)
    question = front.fill(template.question)
    back = _Side({**fields, "FrontSide": question}, number + 1, is_question=False)
    return Card(note.id, number, question, _typed(back.fill(template.answer)))


# ------------------------------------------------------------------ templates

_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_EMPTY = re.compile(r"(?:\s|</?(?:br|div) ?/?>)*", re.IGNORECASE)
_HTML = re.compile("<!--.*?-->|<style.*?>.*?</style>|<script.*?>.*?</script>|<.*?>", re.S | re.I)


class _Side(Struct, frozen=True):
    """One side of the card for cloze number ``gap``, which only a cloze's templates look at."""

    fields: dict[str, str]
    gap: int
    is_question: bool

    def fill(self, template: str) -> str:
        """Put fields into a template, and leave out what stands under a condition not met."""
        done: list[str] = []
        hidden: list[bool] = []
        for index, piece in enumerate(_TAG.split(template)):
            if index % 2 and piece[0] in "#^":
                hidden.append(self._is_empty(piece[1:]) == (piece[0] == "#"))
            elif index % 2 and piece[0] == "/":
                hidden.pop()
            elif not any(hidden):
                done.append(self._show(piece) if index % 2 else piece)
        return "".join(done)

    def _is_empty(self, name: str) -> bool:
        return _EMPTY.fullmatch(self.fields[name]) is not None

    def _show(self, tag: str) -> str:
        *filters, name = tag.split(":")
        text = self.fields[name]
        for filter_ in reversed(filters):
            text = _FILTERS[filter_](self, text)
        return text

    def cloze(self, text: str) -> str:
        """Show a text with its gaps hidden, or marked on the answer; nothing if there are none."""
        pieces = _pieces(text)
        if self.gap not in _numbers(pieces):
            return ""
        shown = "".join(_reveal(piece, self) for piece in pieces)
        return _MATHJAX.sub(lambda math: math[1] + _HTML.sub("", math[2]) + math[3], shown)

    def type(self, text: str) -> str:
        """Ask for a text to be typed; on the answer, show what was right."""
        if self.is_question:
            return _INPUT
        plain = html.unescape(_HTML.sub("", text)).strip()
        # Anki has put in the sounds by then; whoever looks for them after us must find none.
        shown = html.escape(plain).replace("[sound:", "&#91;sound:")
        return f"{_TYPED}<code id=typeans>{shown}</code></div>"

    def text(self, text: str) -> str:
        """Strip a text of its tags."""
        return _HTML.sub("", text)


_FILTERS: dict[str, Callable[[_Side, str], str]] = {
    "cloze": _Side.cloze,
    "type": _Side.type,
    "text": _Side.text,
}

# Anki's reviewer gives the box the font of the field; its style sheet is ours all the same.
_FONT = "style=\"font-family: 'Arial'; font-size: 20px"
_INPUT = f'<center><input type=text id=typeans {_FONT};"></center>'
_TYPED = f'<div {_FONT}">'
_RULE = "<hr id=answer>"


def _typed(answer: str) -> str:
    """Move the line between question and answer to right above the answer that was typed."""
    if _TYPED not in answer:
        return answer
    return answer.replace(_RULE, "").replace(_TYPED, _RULE + _TYPED)


# ------------------------------------------------------------------ gaps

_MATHJAX = re.compile(r"(\\[(\[])(.*?)(\\[\])])", re.DOTALL)
_BRACES = re.compile(r"\{\{c(\d+)::|(\}\})")
_DEEPEST = 10


class _Gap(Struct, frozen=True):
    """A gap as it is being read; ``hint`` has one text at most."""

    number: int
    content: list[str | _Gap] = field(default_factory=list)
    hint: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Add a text, which may end in the hint."""
        head, colons, hint = text.partition("::")
        self.content.append(head)
        if colons:
            self.hint[:] = [hint]


def _pieces(text: str) -> tuple[str | _Gap, ...]:
    """Read a text with gaps; one that is never closed is lost, as in Anki."""
    done: list[str | _Gap] = []
    open_: list[_Gap] = []
    for piece in _tokens(text):
        if isinstance(piece, int):
            open_ += [_Gap(piece)] if len(open_) < _DEEPEST else []
        elif piece == "}}" and open_:
            gap = open_.pop()
            (open_[-1].content if open_ else done).append(gap)
        elif open_:
            open_[-1].add(piece)
        else:
            done.append(piece)
    return tuple(done)


def _tokens(text: str) -> Iterator[str | int]:
    """Cut a text at braces: the number of a gap where it starts, ``}}`` where it ends."""
    at = 0
    for found in _BRACES.finditer(text):
        if at < found.start():
            yield text[at : found.start()]
        yield int(found[1]) if found[1] else "}}"
        at = found.end()
    if at < len(text):
        yield text[at:]


def _numbers(pieces: Iterable[str | _Gap]) -> Iterator[int]:
    for piece in pieces:
        if isinstance(piece, _Gap):
            yield piece.number
            yield from _numbers(piece.content)


def _reveal(piece: str | _Gap, side: _Side) -> str:
    if isinstance(piece, str):
        return piece
    content = "".join(_reveal(part, side) for part in piece.content)
    ordinal = f'data-ordinal="{piece.number}"'
    if piece.number != side.gap:
        return f'<span class="cloze-inactive" {ordinal}>{content}</span>'
    if not side.is_question:
        return f'<span class="cloze" {ordinal}>{content}</span>'
    hint = piece.hint[0] if piece.hint else "..."
    return f'<span class="cloze" data-cloze="{_attribute(content)}" {ordinal}>[{hint}]</span>'


_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def _attribute(text: str) -> str:
    """Escape a text for an attribute, with as many entities as Anki."""
    return "".join(
        c if ord(c) > 255 or (c.isascii() and c.isalnum()) else _NAMED.get(c, f"&#x{ord(c):X};")
        for c in text
    )
