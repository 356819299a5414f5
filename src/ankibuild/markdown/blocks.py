"""Lines of prose, rewritten from what authors (and GitHub) mean into what Python-Markdown reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, field

from ankibuild.markdown.escape import CLOSE, OPEN, PLACEHOLDER

#: Deeper lists would be unreadable on a phone, and deep recursion in Python-Markdown.
DEEPEST = 8

_ITEM = re.compile(r"([-*+]|[0-9]{1,9}[.)])(?:[ \t]+|\Z)")
_RULE = re.compile(r"([-*_])(?:[ \t]*\1){2,}[ \t]*\Z")
_TABLE_RULE = re.compile(r"(?=[|: ]*-)[|: -]*+\Z")
_MARKERS = re.compile(rf"(?:[ \t]*+(?:>|[-*+](?=[ \t])|[0-9]{{1,9}}[.)](?=[ \t]))){{{DEEPEST}}}")
_ALONE = re.compile(rf"^([ \t>]*)({OPEN}F[0-9]+{CLOSE})[ \t]*$", re.MULTILINE)
#: What stands before the text of a line: quote marks and the markers of list items.
_LEAD = re.compile(r"(?:[ \t]*+(?:>|(?:[-*+]|[0-9]{1,9}[.)])(?=[ \t])))*+[ \t]*+")
_MARKER = re.compile(r"[^ \t>]")
_BLOCK_START = re.compile(r"[ \t]*+(?:\n[ \t]*+)?(?:[-*+] |[0-9]+[.)] |\||>|#{1,6} )")


def arrange(prose: str) -> str:
    """Make blocks stand apart: gaps around blocks, fenced code, lists and tables."""
    prose = _ALONE.sub(r"\n\1\2\n", _block_gaps(prose))
    return "\n".join(_Lines(prose.split("\n")).run())


# ---------------------------------------------------------------- gaps around blocks


def _block_gaps(prose: str) -> str:
    """Give the marks of a gap that holds whole blocks paragraphs of their own."""
    cuts = [cut for gap in _gaps(prose) if _holds_blocks(prose, gap) for cut in (gap[0], gap[1:])]
    done: list[str] = []
    last = 0
    for cut in sorted(cuts, key=_place):
        first, final = (cut, cut) if isinstance(cut, re.Match) else (cut[0], cut[-1])
        line = prose.rfind("\n", 0, first.start()) + 1
        lead = _lead(prose, line)
        indent = _MARKER.sub(" ", lead)
        before = prose[last : first.start()]
        # A mark that comes first in its item stays there: else there would be an empty item.
        if indent == lead or line + len(lead) < first.start():
            before = before.rstrip(" \t") + f"\n\n{indent}"
        mark = prose[first.start() : final.end()].replace("\n", " ")
        done += [before, f"{mark}\n\n"]
        last = final.end()
        rest = prose[last:].lstrip(" \t")
        last = len(prose) - len(rest) + rest.startswith("\n")
        done.append("" if rest.startswith("\n") else indent)
    return "".join(done) + prose[last:]


def _lead(prose: str, line: int) -> str:
    """Give what stands before the text of the line that starts at an offset."""
    found = _LEAD.match(prose, line)
    return found[0] if found else ""


_Mark = re.Match[str]
_Gap = tuple[_Mark, ...]


def _place(cut: _Mark | _Gap) -> int:
    return cut.start() if isinstance(cut, re.Match) else cut[0].start()


def _gaps(prose: str) -> Iterator[_Gap]:
    """Yield the marks of every gap: its start, its hint if it has one, and its end."""
    opened: list[list[_Mark]] = []
    for mark in PLACEHOLDER.finditer(prose):
        if mark[1] == "X":
            opened.append([mark])
        elif mark[1] == "H" and opened:
            opened[-1].append(mark)
        elif mark[1] == "Y" and opened:
            yield (*opened.pop(), mark)


def _holds_blocks(prose: str, gap: _Gap) -> bool:
    inner = prose[gap[0].end() : gap[1].start()]
    if f"{OPEN}F" in inner or "\n\n" in inner:
        return True
    return "\n" in inner.strip() and _BLOCK_START.match(inner) is not None


# ---------------------------------------------------------------- lists and tables


class _Lines(Struct):
    """The lines of a text; ``levels`` are the columns of the list markers we are inside of."""

    lines: list[str]
    done: list[str] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    in_item: bool = False
    columns: int = 0  # of the table we are in
    blank: bool = True  # the line before was blank

    def run(self) -> list[str]:
        for number, raw in enumerate(self.lines):
            line = _expanded(raw)
            text = line.lstrip(" ")
            after = self.lines[number + 1].strip() if number + 1 < len(self.lines) else ""
            if not text.strip():
                self.empty()
            elif item := self.item(text, len(line) - len(text)):
                self.add_item(item, text, len(line) - len(text))
            else:
                self.add_text(text, len(line) - len(text), after)
        return self.done

    def empty(self) -> None:
        self.done.append("")
        self.blank, self.in_item, self.columns = True, False, 0

    def item(self, text: str, indent: int) -> re.Match[str] | None:
        """Match the marker of a list item, where there can be one."""
        found = _ITEM.match(text)
        if found is None or _RULE.match(text) or _MARKERS.match(text):
            return None
        if indent > (self.levels[-1] + 7 if self.levels else 3):
            return None
        in_prose = not (self.blank or self.in_item)
        if in_prose and (found.end() == len(text) or _starts_late(found[1])):
            return None  # `in\n1998. It ...`
        return found

    def add_item(self, item: re.Match[str], text: str, indent: int) -> None:
        self.leave(indent)
        if not (self.blank or self.in_item):
            self.done.append("")
        depth = len(self.levels)
        marker = item[1].replace(")", ".")
        self.done.append(f"{' ' * 4 * depth}{marker} {text[item.end() :]}")
        if len(self.levels) < DEEPEST - 1:
            self.levels.append(indent)
        self.blank, self.in_item = False, True

    def add_text(self, text: str, indent: int, after: str) -> None:
        if self.blank:
            self.leave(indent)
        if not self.columns and "|" in text and "|" in after and _TABLE_RULE.match(after):
            self.columns = len(_cells(text))
            if not self.blank:
                self.done.append("")
        if self.columns:
            text = _fitted(text, self.columns)
        elif _MARKERS.match(text):
            text = _harmless(text)
        starts_block = self.blank or self.columns  # other lines go on with the item above
        depth = sum(indent >= level + 2 for level in self.levels) if starts_block else 0
        self.done.append(" " * 4 * depth + text)
        self.blank = False

    def leave(self, indent: int) -> None:
        """Leave the lists that a line with this indentation is not inside of."""
        while self.levels and indent < self.levels[-1] + 2:
            self.levels.pop()


def _expanded(line: str) -> str:
    """Return a line with the tabs of its indentation as spaces."""
    text = line.lstrip(" \t")
    return line[: len(line) - len(text)].expandtabs(4) + text


def _starts_late(marker: str) -> bool:
    return marker[0].isdigit() and marker[:-1] != "1"


def _cells(row: str) -> list[str]:
    return row.strip().removeprefix("|").removesuffix("|").split("|")


def _fitted(row: str, columns: int) -> str:
    """Keep what stands in surplus cells, which Markdown drops, in the last one."""
    cells = _cells(row)
    if len(cells) <= columns:
        return row
    return "|".join(["", *cells[: columns - 1], "&#124;".join(cells[columns - 1 :]), ""])


def _harmless(text: str) -> str:
    """Write the first of too many markers so that it is none."""
    return f"&#{ord(text[0])};{text[1:]}"
