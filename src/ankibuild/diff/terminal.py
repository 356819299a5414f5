"""A difference as text for a terminal: ``[-taken out-]{+put in+}``, readable without colors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ankibuild.diagnostics import visible
from ankibuild.diff.told import (
    Item,
    Section,
    coming,
    deck_sentence,
    field_note,
    label,
    notes,
    sections,
    shortened,
    summary,
)
from ankibuild.diff.values import Added, Changed, Diff, FieldChange
from ankibuild.diff.words import Piece, Sign

Painter = Callable[[str, str], str]
_COLORS = {"=": "0", "-": "31", "+": "32", "deck": "1;34", "label": "1", "aside": "2"}
_MARKS = {"-": ("[-", "-]"), "+": ("{+", "+}")}


def terminal(diff: Diff, *, color: bool = False) -> str:
    """Write a difference for a terminal; it ends with a line end."""
    paint = _paint if color else _plain
    lines = [visible(summary(diff)), ""]
    for section in sections(diff):
        lines += [*_section(diff, section, paint), ""]
    lines.append(paint("The next import", "deck"))
    lines += [f"  {visible(line)}" for line in coming(diff)]
    lines += [f"note: {visible(remark)}" for remark in diff.remarks]
    return "\n".join(lines) + "\n"


def _plain(text: str, _style: str) -> str:
    return visible(text)


def _paint(text: str, style: str) -> str:
    return f"\x1b[{_COLORS[style]}m{visible(text)}\x1b[0m" if text else ""


def _section(diff: Diff, section: Section, paint: Painter) -> Iterator[str]:
    yield paint(section.deck, "deck")
    for change in section.changes:
        yield f"  {paint('deck', 'label')}: {visible(deck_sentence(change))}"
        if change.description:
            yield _field(change.description, paint)
    for before, names in section.origins.items():
        yield f"  {paint('moved here', 'label')} from {visible(before)}"
        yield f"      {', '.join(names)}"
    for item in section.items:
        yield from _item(diff, item, paint)


def _item(diff: Diff, item: Item, paint: Painter) -> Iterator[str]:
    yield f"  {paint(label(item), 'label')} {item.id}: {visible(item.headline)}"
    yield from (f"      {paint(note, 'aside')}" for note in notes(diff, item))
    if isinstance(item, Changed):
        yield from (_field(change, paint) for change in item.fields)
    elif isinstance(item, Added):
        yield from (_hung(change.field, visible(change.after.rstrip())) for change in item.fields)


def _field(change: FieldChange, paint: Painter) -> str:
    text = "".join(_piece(piece, paint) for piece in shortened(change.pieces)).rstrip()
    return _hung(f"{change.field}{field_note(change)}", text)


def _hung(name: str, text: str) -> str:
    """Put a text behind its name, its other lines below its first one."""
    name = " ".join(visible(name).split())
    return re.sub(r"\n(?!\n)", f"\n{' ' * (len(name) + 8)}", f"      {name}: {text}")


def _piece(piece: Piece, paint: Painter) -> str:
    if piece.sign == "=":
        return visible(piece.text)
    if not piece.text.strip():
        return _marked(piece.sign, piece.text.replace("\n", "↵"), paint)
    lines = piece.text.split("\n")
    return "\n".join(_marked(piece.sign, line, paint) for line in lines)


def _marked(sign: Sign, text: str, paint: Painter) -> str:
    """Mark a line each: a pager that shows one line shows its mark, too."""
    opening, closing = _MARKS[sign]
    return paint(f"{opening}{text}{closing}", sign) if text else ""
