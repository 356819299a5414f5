"""A formula as a card shows it: typed, with each of its gaps hidden, and what is around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ankibuild.markdown.escape import CLOSE, OPEN
from ankibuild.markdown.values import Formula, Reading, Scan

_NARROWING = re.compile(rf"<(/?)(table|li|blockquote|details)\b|{OPEN}[MD]([0-9]+){CLOSE}")


class Piece(Struct, frozen=True):
    """A part of a formula: TeX (T), or a mark of a gap: its start (X), hint (H) or end (Y).

    ``at`` is its offset in the author's text; ``text`` is the TeX, or the number of the gap.
    """

    kind: Literal["T", "X", "H", "Y"]
    text: str
    at: int


def readings(pieces: Sequence[Piece]) -> tuple[Reading, ...]:
    """Give a formula as it is typed, then as the front of each of its gaps' cards shows it."""
    numbers = dict.fromkeys(piece.text for piece in pieces if piece.kind == "X")
    fronts = (_reading(_front(pieces, number), front=True) for number in numbers)
    return (_reading(_typed(pieces), front=False), *fronts)


def _typed(pieces: Iterable[Piece]) -> Iterator[tuple[str, int]]:
    """Yield the TeX and its offsets, with the gaps filled in and their hints left out."""
    hints: list[bool] = []  # for each open gap, whether we are in its hint
    for piece in pieces:
        _step(hints, piece)
        if piece.kind == "T" and not any(hints):
            yield piece.text, piece.at


def _front(pieces: Iterable[Piece], number: str) -> Iterator[tuple[str, int]]:
    """Yield the TeX and its offsets, with ``[...]`` or a hint in place of the gaps ``number``."""
    hints: list[bool] = []
    hidden: int | None = None  # how many gaps are around the hidden one
    hint: list[tuple[str, int]] = []
    for piece in pieces:
        _step(hints, piece)
        if hidden is None and piece.kind == "X" and piece.text == number:
            hidden, hint = len(hints) - 1, [("[", piece.at)]
        elif hidden is None:
            if piece.kind == "T" and not any(hints):
                yield piece.text, piece.at
        elif piece.kind == "Y" and len(hints) == hidden:
            yield from hint if len(hint) > 1 else [("[...", hint[0][1])]
            yield "]", piece.at
            hidden = None
        elif piece.kind == "T" and hints[hidden] and not any(hints[hidden + 1 :]):
            hint.append((piece.text, piece.at))


def _step(hints: list[bool], piece: Piece) -> None:
    if piece.kind == "X":
        hints.append(False)
    elif piece.kind == "H":
        hints[-1] = True
    elif piece.kind == "Y":
        hints.pop()


def _reading(parts: Iterable[tuple[str, int]], *, front: bool) -> Reading:
    tex, places = "", []
    for text, at in parts:
        skipped = 0 if tex else len(text) - len(text.lstrip())
        places.append((len(tex), at + skipped))
        tex += text[skipped:]
    tex = tex.rstrip()
    # As in the card: a backslash at the end stands for the space that is put behind it.
    return Reading(tex + " " if tex.endswith("\\") else tex, tuple(places), front)


def surrounded(scan: Scan, markup: str) -> tuple[Formula, ...]:
    """Give the formulas of a text with what is around them in its HTML with placeholders."""
    if not scan.formulas:
        return ()
    numbers = (number for number, token in enumerate(scan.tokens) if token.kind in "MD")
    around = dict(_surroundings(markup))
    return tuple(
        replace(formula, depth=around[number][0], scrolls=around[number][1])
        if number in around
        else formula
        for formula, number in zip(scan.formulas, numbers, strict=True)
    )


def _surroundings(markup: str) -> Iterator[tuple[int, tuple[int, bool]]]:
    """Yield the numbers of placeholders with the lists and the like, and whether a table is."""
    depth = tables = 0
    for found in _NARROWING.finditer(markup):
        if found[3]:
            yield int(found[3]), (depth, tables > 0)
        elif found[2] == "table":
            tables += -1 if found[1] else 1
        else:
            depth += -1 if found[1] else 1
