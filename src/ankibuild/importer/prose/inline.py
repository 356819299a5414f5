"""A line as Markdown: what is marked up is, and nothing else looks as if it were.

A paragraph is put together with brackets of our own around what is strong or stressed. Only when
its neighbors are known is it decided whether these are stars or tags.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

from msgspec import Struct

from ankibuild.importer.prose import tex
from ankibuild.importer.prose.escapes import Escapes
from ankibuild.importer.prose.page import CODE, Atom, Edge, Formula, Image, Line, Mark, Marks, Words

# Noncharacters, which no text holds.
_OPENS = {"strong": "\ufdd2", "em": "\ufdd3", "del": "\ufdd4"}
_CLOSES = {"strong": "\ufdd5", "em": "\ufdd6", "del": "\ufdd7"}
_SIGNS = {"strong": ("**", "b"), "em": ("*", "i"), "del": ("~~", "del")}
_NAMES = {sign: name for signs in (_OPENS, _CLOSES) for name, sign in signs.items()}
#: The end of a line in a formula, where no block can start.
LINE_END = "\ufdd8"
_BRACKET = re.compile("([\ufdd2-\ufdd7])")
_TOKENS = frozenset("\\$`<>{}[]()!")
_SPACE = frozenset(" \n\xa0")


class Gap(Struct, frozen=True):
    """A gap that opens and closes in a line; its marks are those of all in it."""

    number: int
    content: tuple[Node, ...]
    hint: tuple[Node, ...] | None
    marks: Marks


Node = Atom | Gap

#: Anki reads no deeper gaps.
_DEEPEST = 10


def nested(line: Line) -> tuple[Node, ...]:
    """Make one node of each gap that opens and closes in a line."""
    stack: list[tuple[Edge | None, list[Node]]] = [(None, [])]
    for atom in line:
        if isinstance(atom, Edge) and atom.kind == "open" and len(stack) <= _DEEPEST:
            stack.append((atom, []))
        elif isinstance(atom, Edge) and atom.kind == "close" and len(stack) > 1:
            edge, nodes = stack.pop()
            stack[-1][1].append(_gap(edge.number if edge else 0, nodes))
        else:
            stack[-1][1].append(atom)
    while len(stack) > 1:
        edge, nodes = stack.pop()
        stack[-1][1].extend([*([edge] if edge else []), *nodes])
    return tuple(stack[0][1])


def _gap(number: int, nodes: list[Node]) -> Gap:
    at = next(
        (i for i, one in enumerate(nodes) if isinstance(one, Edge) and one.kind == "hint"), -1
    )
    content = tuple(nodes if at < 0 else nodes[:at])
    hint = None if at < 0 else tuple(nodes[at + 1 :])
    seen = [one.marks for one in (*content, *(hint or ())) if not isinstance(one, Edge)]
    marks = tuple(m for m in seen[0] if all(m in other for other in seen)) if seen else ()
    return Gap(number, content, hint, tuple(mark for mark in marks if mark != CODE))


class Inline(Struct):
    """Writes lines; ``tagged`` tells afterwards whether tags stand for what has a sign."""

    escapes: Escapes
    careful: bool = False
    tagged: bool = False

    def line(self, line: Line) -> str:
        """Write a line, or a part of one."""
        return self._resolved(self._nodes(nested(line), ()))

    def _nodes(self, nodes: Sequence[Node], outer: Marks, *, in_gap: bool = False) -> str:
        written: list[str] = []
        at = 0
        while at < len(nodes):
            end, mark = _longest(nodes, at, outer)
            if mark is None:
                written.append(self._node(nodes[at], nodes[at + 1 : at + 2], in_gap=in_gap))
                at += 1
                continue
            if mark == CODE:
                words = "".join(one.text for one in nodes[at:end] if isinstance(one, Words))
                written.append(_code(words))
            else:
                inner = self._nodes(nodes[at:end], (*outer, mark), in_gap=in_gap)
                written.append(self._marked(mark, inner))
            at = end
        return "".join(written)

    def _node(self, node: Node, after: Sequence[Node], *, in_gap: bool) -> str:
        match node:
            case Words(text, marks):
                in_link = any(mark[0] == "a" for mark in marks)
                return self.escapes.apply(text, in_gap=in_gap, in_link=in_link, last=not after)
            case Formula(words, display):
                whole = tex.same(words) if self.careful else words.replace("\n", LINE_END)
                return _formula(whole, display, after)
            case Image(name, alt):
                return f"![{alt}]({name})"
            case Edge(kind, number):
                return {"open": f"{{{{c{number}::", "hint": "::", "close": "}}"}[kind]
            case Gap():
                content = self._nodes(node.content, node.marks, in_gap=True)
                hint = (
                    ""
                    if node.hint is None
                    else "::" + self._nodes(node.hint, node.marks, in_gap=True)
                )
                return f"{{{{c{node.number}::{content}{hint}}}}}"

    def _marked(self, mark: Mark, inner: str) -> str:
        name = mark[0]
        if name in _OPENS:
            return f"{_OPENS[name]}{inner}{_CLOSES[name]}"
        if name == "a":
            return _link(mark, inner)
        title = f' title="{html.escape(mark[1])}"' if name == "abbr" else ""
        return f"<{name}{title}>{inner}</{name}>"

    # ---------------------------------------------------------------- emphasis

    def _resolved(self, line: str) -> str:
        """Write emphasis with signs where they are read as such, and with tags elsewhere."""
        pieces = _BRACKET.split(line)
        opened: list[int] = []
        for at in range(1, len(pieces), 2):
            if pieces[at] in _OPENS.values():
                opened.append(at)
                continue
            start = opened.pop()
            sign, tag = _SIGNS[_NAMES[pieces[at]]]
            if self.careful or not _fits(pieces, start, at, sign):
                self.tagged = True
                pieces[start], pieces[at] = f"<{tag}>", f"</{tag}>"
            else:
                pieces[start] = pieces[at] = sign
        return "".join(pieces)


def _longest(nodes: Sequence[Node], at: int, outer: Marks) -> tuple[int, Mark | None]:
    """Find the mark that goes on for longest from a node, and where it ends; code comes last."""
    best: tuple[int, Mark | None] = (at + 1, None)
    for mark in nodes[at].marks:
        if mark in outer or mark == CODE:
            continue
        end = at + 1
        while end < len(nodes) and mark in nodes[end].marks:
            end += 1
        if best[1] is None or end > best[0]:
            best = end, mark
    if best[1] is None and CODE in nodes[at].marks:
        return _end_of_code(nodes, at, outer), CODE
    return best


def _end_of_code(nodes: Sequence[Node], at: int, outer: Marks) -> int:
    end = at + 1
    while (
        end < len(nodes) and isinstance(nodes[end], Words) and nodes[end].marks == nodes[at].marks
    ):
        end += 1
    return end


def _fits(pieces: Sequence[str], start: int, end: int, sign: str) -> bool:
    """Tell whether signs at two places would be read as the beginning and the end of emphasis."""
    first, last = pieces[start + 1][:1], pieces[end - 1][-1:]
    before, after = pieces[start - 1][-1:], pieces[end + 1][:1]
    crowded = (not before and start > 1) or (not after and end < len(pieces) - 2)
    if crowded and (pieces[start - 2 : start - 1] or [""])[0] in ("**", "*", "~~"):
        return False
    # A lone tilde needs no backslash, but beside two others it is the third of them.
    if sign == "~~" and "~" in (first, last):
        return False
    return _flanks(before, first) and _flanks(after, last)


def _flanks(outer: str, inner: str) -> bool:
    if inner in _SPACE or (outer and outer in "*~"):
        return False
    # Where tokens stand there is no punctuation by the time that emphasis is looked for.
    plain = not inner or inner in _TOKENS or not _is_punctuation(inner)
    return plain or not outer or outer in _SPACE or _is_punctuation(outer)


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _code(words: str) -> str:
    ticks = "`" * (1 + max(map(len, re.findall("`+", words)), default=0))
    edges = {words[:1], words[-1:]}
    pad = " " if "`" in edges or (edges == {" "} and words.strip(" ")) else ""
    return f"{ticks}{pad}{words}{pad}{ticks}".replace("\n", " ")


def _formula(words: str, display: bool, after: Sequence[Node]) -> str:
    if display and ("$$" in words or words.endswith(("$", "\\"))):
        return f"\\[{words} \\]"
    if display:
        edge = LINE_END if LINE_END in words else ""
        return f"$${edge}{words}{edge}$$"
    next_one = after[0].text[:1] if after and isinstance(after[0], Words) else ""
    unsafe = re.search(r"(?<!\\)(?:\\\\)*\$|\\\Z", words) or next_one.isdigit()
    return f"\\({words}\\)" if unsafe else f"${words}$"


def _link(mark: Mark, inner: str) -> str:
    _, address, title = mark
    if inner.replace("\\", "") == address and not title:
        return f"<{address}>"
    target = f"<{address}>" if re.search(r"[()]", address) else address
    return f'[{inner}]({target} "{title}")' if title else f"[{inner}]({target})"
