"""What a card template says: which fields stand on which side, among which words.

Only that is read of Anki's template language which decides what a card shows: fields with their
filters, and what stands under a condition. The tags of a template are its looks and are left out;
its words are kept, since they may be the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from msgspec import Struct

#: What stands for itself in a template, and not for a field of the note.
_SPECIAL = frozenset({"", "FrontSide", "Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag"})
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_STYLE = re.compile(r"<style\b.*?(?:</style\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b.*?(?:</script\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_RULE = re.compile(r"<hr\b([^>]*+)(>|\Z)", re.IGNORECASE)
_ANSWER = re.compile(r"\bid\s*+=\s*+[\"']?answer\b", re.IGNORECASE)
_TOKEN = re.compile(r"\{\{([^{}]*)\}\}|</?([a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)
#: Tags that do not end a line.
_INLINE = frozenset({"a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i"}) | {
    *("ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "small", "span", "strong"),
    *("sub", "sup", "tt", "u", "var"),
}
_BLANK = re.compile(r"(?:\s|&nbsp;|</?(?:br|div|p) ?/?>)*", re.IGNORECASE)


def is_empty(html: str) -> bool:
    """Tell whether Anki takes a field for empty."""
    return _BLANK.fullmatch(html) is not None


class Piece(Struct, frozen=True):
    """Words, or a field with its filters, under conditions: which fields must (not) be empty."""

    words: str = ""
    field: str = ""
    filters: tuple[str, ...] = ()
    conditions: tuple[tuple[str, bool], ...] = ()

    def holds(self, fields: Mapping[str, str]) -> bool:
        """Tell whether the piece is shown for a note with such fields (HTML by name)."""
        return all(is_empty(fields.get(name, "")) != full for name, full in self.conditions)

    def shows(self, fields: Mapping[str, str]) -> bool:
        """Tell whether the piece is a field with something in it, and shown."""
        return bool(self.field) and not is_empty(fields.get(self.field, "")) and self.holds(fields)


Line = tuple[Piece, ...]


class Side(Struct, frozen=True):
    """One side of a card: lines of words and fields."""

    lines: tuple[Line, ...] = ()

    @classmethod
    def of(cls, fields: Iterable[str]) -> Side:
        """Make a side of fields, each on a line of its own."""
        return cls(tuple((Piece(field=name),) for name in fields))

    @property
    def pieces(self) -> Iterator[Piece]:
        """Everything on the side, in order."""
        return chain.from_iterable(self.lines)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it shows, in order, each once."""
        return tuple(dict.fromkeys(piece.field for piece in self.pieces if piece.field))

    @property
    def certain(self) -> frozenset[str]:
        """The fields that it shows whenever they have something to show."""
        sure = (p for p in self.pieces if all(name == p.field for name, _ in p.conditions))
        return frozenset(piece.field for piece in sure if piece.field)

    @property
    def conditions(self) -> frozenset[str]:
        """The fields that decide what of the side is shown."""
        return frozenset(name for piece in self.pieces for name, _ in piece.conditions)

    @property
    def words(self) -> str:
        """The words around its fields, for messages."""
        return " ".join(" ".join(piece.words for piece in self.pieces).split())

    def through(self, name: str) -> tuple[str, ...]:
        """Give the fields that are shown through a filter, such as ``cloze`` or ``type``."""
        found = (piece.field for piece in self.pieces if name in piece.filters)
        return tuple(dict.fromkeys(found))

    def only(self, fields: Iterable[str]) -> Side:
        """Show nothing but ``fields``, whatever the conditions."""
        wanted = frozenset(fields)
        kept = ([Piece(field=p.field) for p in line if p.field in wanted] for line in self.lines)
        return Side(tuple(tuple(line) for line in kept if line))

    def minus(self, fields: Iterable[str]) -> Side:
        """Leave ``fields`` out, and lines that then show none."""
        gone = frozenset(fields)
        kept = (tuple(p for p in line if p.field not in gone) for line in self.lines)
        both = zip(self.lines, kept, strict=True)
        return Side(tuple(line for old, line in both if old == line or any(p.field for p in line)))

    def without(self, fields: Iterable[str]) -> Side:
        """Leave out the lines that show some of ``fields`` and no other, with the words above."""
        gone = frozenset(fields)
        kept: list[Line] = []
        for line in self.lines:
            names = {piece.field for piece in line if piece.field}
            if not names or names - gone:
                kept.append(line)
                continue
            while kept and not any(piece.field for piece in kept[-1]):
                kept.pop()
        return Side(tuple(kept))

    def shows(self, fields: Mapping[str, str]) -> bool:
        """Tell whether a field of the side has something to show; if not, there is no card."""
        return any(piece.shows(fields) for piece in self.pieces)

    def fill(self, fields: Mapping[str, str]) -> str:
        """Give the side's HTML for a note with such fields; empty if none has something to show.

        A line whose fields are all empty is left out, with the words above it.
        """
        done: list[str] = []
        above: list[str] = []
        for line in self.lines if self.shows(fields) else ():
            html = _html(line, fields)
            if not any(piece.field for piece in line):
                above += [html] if html else []
            elif any(piece.shows(fields) for piece in line):
                done += [*above, html]
                above = []
            else:
                above = []
        done += above
        return done[0] if len(done) == 1 else "".join(f"<div>{html}</div>" for html in done)


def _html(line: Line, fields: Mapping[str, str]) -> str:
    shown = (piece for piece in line if piece.holds(fields))
    return "".join(fields.get(p.field, "") if p.field else p.words for p in shown).strip()


# ------------------------------------------------------------------ reading


def front(template: str) -> Side:
    """Read the question of a template."""
    return _side(template)


def back(template: str) -> Side:
    """Read the answer of a template: what stands under the line, if there is one."""
    for part in (_under_line(template), template):
        side = _side(part)
        if side.fields:
            return side
    return Side()


def _under_line(template: str) -> str:
    """Give what stands under the last line that separates an answer; all if there is none."""
    lines = (found for found in _RULE.finditer(template) if found[2])
    ends = (found.end() for found in lines if _ANSWER.search(found[1]))
    return template[max(ends, default=0) :]


def scripted(template: str) -> bool:
    """Tell whether a script of the template uses a field: then it decides what a card shows."""
    return any(
        _name(found[1]) not in _SPECIAL
        for script in _SCRIPT.finditer(template)
        for found in _TOKEN.finditer(script[0])
        if found[1]
    )


def has_script(template: str) -> bool:
    """Tell whether the template runs a script."""
    return _SCRIPT.search(template) is not None


def _side(template: str) -> Side:
    for noise in (_COMMENT, _STYLE, _SCRIPT):
        template = noise.sub("", template)
    lines: list[list[Piece]] = [[]]
    open_: list[tuple[str, bool]] = []
    at = 0
    for found in _TOKEN.finditer(template):
        lines[-1].append(_words(template[at : found.start()], open_))
        at = found.end()
        if not found[2]:
            _take(found[1].strip(), lines[-1], open_)
        elif found[2].casefold() not in _INLINE:
            lines.append([])
    lines[-1].append(_words(template[at:], open_))
    full = (tuple(p for p in line if p.field or p.words) for line in lines)
    return Side(tuple(line for line in full if any(p.field or p.words.strip() for p in line)))


def _words(text: str, conditions: list[tuple[str, bool]]) -> Piece:
    return Piece(re.sub(r"\s+", " ", text), conditions=tuple(conditions))


def _take(tag: str, line: list[Piece], open_: list[tuple[str, bool]]) -> None:
    """Read what stands in double braces: a condition's start or end, or a field."""
    if tag[:1] in ("#", "^"):
        open_.append((tag[1:].strip(), tag[0] == "#"))
    elif tag[:1] == "/":
        del open_[-1:]
    elif _name(tag) not in _SPECIAL and not tag.startswith("tts"):
        *filters, name = (part.strip() for part in tag.split(":"))
        line.append(Piece("", name, tuple(filters), tuple(open_)))


def _name(tag: str) -> str:
    return tag.rpartition(":")[2].strip().lstrip("#^/")
