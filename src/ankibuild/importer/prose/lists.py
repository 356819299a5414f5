"""Lists that are typed: lines that start with a dash, a bullet or the next number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from ankibuild.importer.prose.page import CODE, Block, Edge, Line, List, Paragraph, Words

_MARKER = re.compile("(?:([-–•*·●])|([0-9]{1,3})\\.)[ \xa0]+(?=[^ \xa0]|\\Z)")


def blocks(lines: Sequence[Line]) -> Iterator[Block]:
    """Yield lines as paragraphs and lists; one line that starts with a dash is none."""
    done = at = 0
    while at < len(lines):
        end = _end(lines, at)
        if end - at < 2:
            at = max(end, at + 1)
            continue
        if done < at:
            yield Paragraph(tuple(lines[done:at]))
        yield _list(lines[at:end])
        done = at = end
    if done < len(lines):
        yield Paragraph(tuple(lines[done:]))


def _end(lines: Sequence[Line], start: int) -> int:
    """Give the end of the list that starts with a line; the line itself if there is none."""
    marker = _marker(lines[start])
    at = start
    while marker is not None and at < len(lines) and _marker(lines[at]) == marker:
        at += 1
        marker = marker + 1 if isinstance(marker, int) else marker
    return at


def _marker(line: Line) -> str | int | None:
    """Give the sign or the number that makes a line an item."""
    found = _found(line)
    if found is None or not _is_whole(line):
        return None
    return found[1] or int(found[2])


def _found(line: Line) -> re.Match[str] | None:
    first = line[0]
    if not isinstance(first, Words) or CODE in first.marks:
        return None
    found = _MARKER.match(first.text)
    return found if found and (found.end() < len(first.text) or len(line) > 1) else None


def _is_whole(line: Line) -> bool:
    """Tell whether no gap reaches into a line or out of it."""
    depth = 0
    for atom in line:
        if isinstance(atom, Edge):
            depth += {"open": 1, "close": -1}.get(atom.kind, 0)
            if depth < 0:
                return False
    return depth == 0


def _list(lines: Sequence[Line]) -> List:
    first = _marker(lines[0])
    items = tuple((Paragraph((_body(line),)),) for line in lines)
    return List(first if isinstance(first, int) else None, items)


def _body(line: Line) -> Line:
    first, found = line[0], _found(line)
    if found is None or not isinstance(first, Words):
        return line
    rest = first.text[found.end() :]
    return (replace(first, text=rest), *line[1:]) if rest else line[1:]
