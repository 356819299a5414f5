"""A line of text as Markdown: what an author meant is marked up, and nothing else is markup.

A paragraph is put together with brackets of our own around its formulas and emphasis. Only when
its neighbors are known is it decided how these are written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from ankibuild.outputs.gitbook import formulas
from ankibuild.outputs.gitbook.gaps import BLANK, FILLED
from ankibuild.outputs.gitbook.tree import Element, Formula, Node, text

# Noncharacters, which no field holds.
_STRONG, _EM, _END = "\ufdd5", "\ufdd6", "\ufdd7"
_MATH, _DOLLAR, _BREAK, _CODE = "\ufdd8", "\ufdd9", "\ufdda", "\ufddb"

_MARKS = {"b": _STRONG, "strong": _STRONG, "i": _EM, "em": _EM}
_DELIMITERS = {_STRONG: ("**", "strong"), _EM: ("*", "em")}
#: Tags that have no sign in Markdown, and that GitHub lets through.
_KEPT = frozenset({"ins", "mark", "small", "sub", "sup", "kbd", "samp", "var"})

_SPECIAL = re.compile(
    r"[\\`*\[\]<>~|]|!\Z|(?<![^\W_])_|_(?![^\W_])"
    r"|&(?=#|[a-zA-Z])|(?<=[a-zA-Z]):(?=//)|(?<=\bmailto):|(?<=\bwww)\.|(?<=\w)@(?=\w)"
)
_BLOCK_START = re.compile(r"(?m)^(\#{1,6}(?=\s|$)|[-+=]|\d{1,9}(?=[.)](?:\s|$)))")
_EDGE_BREAK = re.compile(rf"\A(?:{_BREAK}\s*+)++|(?<![\s{_BREAK}])(?:\s*+{_BREAK})++\s*+\Z")
_ADJACENT_CODE = re.compile(f"(?<!\\\\)`{_CODE}`")
_PIECE = re.compile(f"[{_STRONG}{_EM}{_END}]|[^{_STRONG}{_EM}{_END}]++")
_FORMULA = re.compile(f"{_MATH}([^{_MATH}]*){_MATH}")
_BLANK = r"**\_\_\_\_\_**"


def paragraph(nodes: Iterable[Node], *, figures: str, in_table: bool = False) -> str:
    """Write text with what is inside of lines; ``figures`` is the way to the folder of figures."""
    raw = "".join(_Writer(figures, in_table).write(node) for node in nodes)
    apart = _ADJACENT_CODE.sub("` `", raw).replace(_CODE, "")
    whole = _EDGE_BREAK.sub("", apart.strip(" \n"))
    lines = (re.sub(r"[ \t]+", " ", line).strip(" ") for line in whole.split("\n"))
    spaced = _spaced("\n".join(filter(None, lines)))
    marked = _emphasized(_BLOCK_START.sub(_not_a_block, spaced))
    dollar = r"\$" if marked.count(_DOLLAR) == 1 else "<span>$</span>"
    done = marked.replace(_DOLLAR, dollar).replace(_BREAK, "\\")
    return done.replace("\n", " ") if in_table else done


def summary(nodes: Iterable[Node]) -> str:
    """Write text inside of an HTML block, where no Markdown is read."""
    words = "".join(
        formulas.inline(node.tex) if isinstance(node, Formula) else text(node) for node in nodes
    )
    return html.escape(" ".join(words.split()), quote=False)


def plain(words: str) -> str:
    """Write a text on one line, in which nothing is markup."""
    return paragraph([" ".join(words.split())], figures="")


class _Writer:
    def __init__(self, figures: str, in_table: bool) -> None:
        self.figures, self.in_table = figures, in_table

    def write(self, node: Node) -> str:
        if isinstance(node, Formula):
            return f"{_MATH}{formulas.inline(node.tex, in_table=self.in_table)}{_MATH}"
        if isinstance(node, str):
            return _escaped(node)
        return self.element(node)

    def element(self, element: Element) -> str:
        tag = element.tag
        if tag in ("code", "pre"):
            return _code(element.text, in_table=self.in_table)
        if tag == "br":
            return "<br>" if self.in_table else f"{_BREAK}\n"
        if tag == "img":
            return self.image(element)
        if tag == "audio":
            return f"[▶]({self.figures}{element.attributes.get('src', '')})"
        inside = "".join(map(self.write, element.children))
        words = _EDGE_BREAK.sub("", inside.strip())
        # A blank at its edge would keep an element from being marked: it stands outside.
        before, after = (" " if edge.isspace() else "" for edge in (inside[:1], inside[-1:]))
        if BLANK in element.classes:
            return f"{_BLANK} ({_EM}{words}{_END})" if words else _BLANK
        return f"{before}{self.marked(element, words)}{after}" if words else before

    def marked(self, element: Element, inside: str) -> str:
        tag = element.tag
        if tag == "a":
            return f"[{inside}]({address(element.attributes.get('href', ''))})"
        if tag in _MARKS or FILLED in element.classes:
            return f"{_MARKS.get(tag, _STRONG)}{inside}{_END}"
        if tag == "del":
            return f"<del>{inside}</del>"
        kept = "ins" if tag == "u" else tag
        return f"<{kept}>{inside}</{kept}>" if kept in _KEPT else inside

    def image(self, element: Element) -> str:
        words = _escaped(element.attributes.get("alt", "")).replace("\n", " ")
        return f"![{words}]({self.figures}{element.attributes.get('src', '')})"


def _escaped(words: str) -> str:
    """Escape text; the rest of what may be markup at the start of a line is escaped later."""
    words = re.sub(r"[ \t\f]+", " ", words)
    escaped = _SPECIAL.sub(lambda sign: "&amp;" if sign[0] == "&" else f"\\{sign[0]}", words)
    # GitBook's own blocks start so.
    return escaped.replace("{%", "&#123;%").replace("$", _DOLLAR)


def _code(code: str, *, in_table: bool) -> str:
    line = code.replace("\n", " ")
    if not line.strip():
        return "<code>&nbsp;</code>" if line else ""
    ticks = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    pad = " " if line[0] in "` " or line[-1] in "` " else ""
    shown = line.replace("|", "\\|") if in_table else line
    return f"{_CODE}{ticks}{pad}{shown}{pad}{ticks}"


def address(url: str) -> str:
    """Write an address in a link; what may be markup there is written in percent."""
    return re.sub(r"[\s()<>\\|`*\[\]$~]", lambda sign: f"%{ord(sign[0]):02X}", url)


# ------------------------------------------------------------------ neighbors


def _not_a_block(found: re.Match[str]) -> str:
    start = found[0]
    return f"{start}\\" if start[0].isdigit() else f"\\{start}"


def _spaced(line: str) -> str:
    """Set formulas apart from what would keep GitHub from seeing them.

    Before the dollars it wants a blank, `(`, or the edge of an element; after them, no letter.
    """

    def formula(found: re.Match[str]) -> str:
        before = line[max(0, found.start() - 80) : found.start()]
        after = line[found.end() : found.end() + 1]
        alone = not before or before[-1] in f" \n({_STRONG}{_EM}{_END}" or _ends_element(before)
        glued = after.isalnum() or after in {"_", _DOLLAR}
        return f"{'' if alone else ' '}{found[1]}{' ' if glued else ''}"

    return _FORMULA.sub(formula, line)


def _ends_element(before: str) -> bool:
    return re.search(r"(?<!\\)(?:`|<[^<>\n]*>)\Z|\*\*\Z", before) is not None


def _emphasized(line: str) -> str:
    """Write emphasis with stars where Markdown reads them as such, and with tags elsewhere."""
    done: list[str] = []
    opened: list[int] = []
    for found in _PIECE.finditer(line):
        if found[0] != _END:
            opened += [len(done)] if found[0] in _DELIMITERS else []
            done.append(found[0])
        elif opened:
            at = opened.pop()
            mark, *inside = done[at:]
            before, after = "".join(done[max(0, at - 1) : at]), line[found.end() : found.end() + 1]
            done[at:] = [_delimited(mark, before, "".join(inside), after)]
    return "".join(piece for piece in done if piece not in _DELIMITERS)


def _delimited(mark: str, before: str, inside: str, after: str) -> str:
    stars, tag = _DELIMITERS[mark]
    if _flanks(before, inside, after):
        return f"{stars}{inside}{stars}"
    return f"<{tag}>{inside}</{tag}>"


def _flanks(before: str, inside: str, after: str) -> bool:
    """Tell whether stars around ``inside`` would be read as its beginning and its end."""
    if "*" in inside:
        return False
    outside = {before[-1:], after[:1]}
    if outside & {"*", "\\", _BREAK, _STRONG, _EM, _END}:
        return False
    return _fits(before[-1:], inside[:1]) and _fits(after[:1], inside[-1:])


def _fits(outer: str, inner: str) -> bool:
    return not inner.isspace() and (inner.isalnum() or not outer.isalnum())
