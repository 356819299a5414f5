r"""A difference as Markdown, for the summary of a pull request.

All of it is blocks of HTML, in which there is no Markdown. What authors wrote stands in ``<pre>``
and ``<code>`` of these, where GitHub looks for no ``$math$``, ``@mention``, ``#number`` or address
either: a formula is shown as it was typed, and a stranger's text does nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

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
from ankibuild.diff.words import Piece
from ankibuild.words import count

#: Characters of the whole; GitHub refuses a comment of more than 65,536.
LARGEST = 60_000
#: Characters of one field; what is longer is cut off.
_LONGEST_FIELD = 4_000
#: Columns after which a line of prose is broken: `<pre>` breaks none.
_WIDTH = 96
_TAGS = {"=": ("", ""), "-": ("<del>", "</del>"), "+": ("<ins><b>", "</b></ins>")}
_CLOSED = "</details>\n\n"


def markdown(diff: Diff, largest: int = LARGEST) -> str:
    """Write a difference as Markdown of at most ``largest`` characters; ends with a line end."""
    head, tail = f"<p>{_prose(summary(diff))}</p>\n\n", _tail(diff)
    # What is left out must be said, too.
    body, left_out = _fitting(diff, largest - len(head) - len(tail) - 200)
    said = (
        f"<p>{count(left_out, 'change')} left out here: <code>ankibuild diff</code> shows all</p>"
    )
    return head + body + (f"{said}\n\n" if left_out else "") + tail


def _tail(diff: Diff) -> str:
    lines = "".join(f"<li>{_prose(line)}</li>\n" for line in coming(diff))
    remarks = "".join(f"<p>Note: {_prose(remark[:400])}</p>\n" for remark in diff.remarks[:20])
    return f"<p><b>The next import</b></p>\n<ul>\n{lines}</ul>\n{remarks}"


def _fitting(diff: Diff, room: int) -> tuple[str, int]:
    """Write what fits into ``room`` characters, in order; count the changes that do not."""
    written: list[str] = []
    left_out = 0
    for section in sections(diff):
        room -= len(_opening(section)) + len(_CLOSED)
        blocks = []
        for block in _blocks(diff, section):
            if len(block) <= room:
                blocks.append(block)
                room -= len(block)
            else:
                left_out += 1
        if blocks:
            written += [_opening(section), *blocks, _CLOSED]
    return "".join(written), left_out


def _opening(section: Section) -> str:
    return f"<details>\n<summary>{_code(section.deck)}{section.tally}</summary>\n\n"


def _blocks(diff: Diff, section: Section) -> Iterator[str]:
    for change in section.changes:
        text = _field(change.description) if change.description else ""
        yield f"<p>{_prose(deck_sentence(change))}</p>\n\n{text}"
    for before, names in section.origins.items():
        listed = ", ".join(map(_code, names))
        yield f"<p><b>moved here</b> from {_code(before)}: {listed}</p>\n\n"
    for item in section.items:
        yield _item(diff, item)


def _item(diff: Diff, item: Item) -> str:
    said = "".join(f"<br>{_prose(note)}" for note in notes(diff, item))
    head = f"<p><b>{label(item)}</b> {_code(item.id)} {_code(item.headline)}{said}</p>\n\n"
    if isinstance(item, Changed):
        return head + "".join(map(_field, item.fields))
    if isinstance(item, Added):
        # All of a new question is new: nothing in it has to be marked.
        return head + "".join(_block(c.field, (Piece("=", c.after),)) for c in item.fields)
    return head


def _field(change: FieldChange) -> str:
    return _block(f"{change.field}{field_note(change)}", shortened(change.pieces))


def _block(name: str, pieces: Iterable[Piece]) -> str:
    shown, room = "", _LONGEST_FIELD
    for sign, text in _wrapped(pieces):
        opening, closing = _TAGS[sign]
        shown += f"{opening}{_text(text[:room])}{closing}" if room else ""
        room -= min(room, len(text))
    # Without the blank line `<pre>` would belong to the block before it, which a blank line ends.
    return f"<p>{_code(name)}</p>\n\n<pre>{shown.rstrip()}{'' if room else ' …'}</pre>\n\n"


def _wrapped(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Break long lines at a blank."""
    column = 0
    for piece in pieces:
        words = re.split(r"([ \n])", piece.text)
        for at, word in enumerate(words):
            if word == " " and column >= _WIDTH:
                words[at] = "\n"
            column = 0 if words[at] == "\n" else column + len(word)
        yield Piece(piece.sign, "".join(words))


def _prose(sentence: str) -> str:
    """Give a sentence of ours as HTML; what it quotes becomes code."""
    parts = sentence.split("`")
    return "".join(_code(part) if number % 2 else _text(part) for number, part in enumerate(parts))


def _code(text: str) -> str:
    return f"<code>{_text(' '.join(text.split()))}</code>"


def _text(text: str) -> str:
    return html.escape(visible(text), quote=False)
