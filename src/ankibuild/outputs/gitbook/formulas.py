r"""Formulas that GitHub and GitBook both read as the author meant them.

GitBook takes what stands between two ``$$`` as it is, for KaTeX. GitHub reads the paragraph as
Markdown first, so that ``\\`` becomes ``\``, ``\,`` a comma and ``{a}_b {c}_d`` emphasis, and only
then looks for ``$$``, for MathJax. So a formula is spelled with what Markdown leaves alone, which
both typesetters show as they show the original: ``\cr`` for ``\\``, ``\thinspace`` for ``\,``.

A few formulas cannot be spelled so (``\%`` has no other name in both). They get GitHub's own form,
in backticks, which is proof against Markdown; GitBook shows them as code.
"""

from __future__ import annotations

import re

_NAMES = {
    "\\,": r"\thinspace ",
    "\\!": r"\negthinspace ",
    "\\:": r"\mkern4mu ",
    "\\>": r"\mkern4mu ",
    "\\;": r"\mkern5mu ",
    "\\{": r"\lbrace ",
    "\\}": r"\rbrace ",
    "\\|": r"\Vert ",
    "~": "\\ ",
    "<": r"\lt ",
}
_PIECE = re.compile(
    r"(?P<text>\\(?:text[a-z]*|mbox)\s*\{[^{}]*\})"  # not TeX's math: a space is a space there
    r"|(?P<end>\\\\)"
    r"|(?P<sign>\\.|[~<])"
    r"|(?P<star>(?<!\s)\*(?![{}])|(?<![A-Za-z])\*)"
    r"|(?P<low>_(?=\S))"
    r"|(?P<link>\](?=\())"
    r"|(?P<colon>:(?=[\w+-]+:))",
    re.DOTALL,
)
_LINED = re.compile(r"\\begin\{|\\substack")

#: What Markdown, GitHub or GitBook would take for something of theirs.
_ACTIVE = re.compile(
    r"\\[!-/:-@\[-`{-~]|[`$~%]|<[A-Za-z/!?]|\]\("
    r"|(?<=[^\s])\*(?![\s{}])|(?<![A-Za-z\s])\*|\*\*|[_*]\Z"
    r"|(?<![A-Za-z0-9])_(?=\S)"
    r"|&(?:#|[A-Za-z][A-Za-z0-9]*;)|:[\w+-]+:|://|www\.|[\w.]@\w|\{%"
)


def spell(tex: str) -> str | None:
    """Spell TeX on one line and such that Markdown leaves it alone; None if that cannot be."""
    line_end = r"\cr " if _LINED.search(tex) else r"\newline "

    def piece(found: re.Match[str]) -> str:
        text, kind = found[0], found.lastgroup
        if kind == "end":
            return line_end
        if kind == "sign":
            return _NAMES.get(text, text)
        if kind == "star":
            return " * "
        if kind == "low":
            before = tex[found.start() - 1 : found.start()]
            return "_" if before.isalnum() and before.isascii() else "_ "
        return text if kind == "text" else f"{text} "

    # What follows `\\` may be its own argument, a length, which no other name takes.
    if re.search(r"\\\\\s*[*\[]", tex):
        return None
    spelled = _one_line(_PIECE.sub(piece, tex))
    return None if _ACTIVE.search(spelled) else spelled


def inline(tex: str, *, in_table: bool = False) -> str:
    """Write a formula that stands in a line of text, or in a cell of a table."""
    tex = _cell(tex) if in_table else tex
    if tex.endswith("\\%") and (spelled := spell(tex[:-2])):
        return f"$${spelled}$$%"  # the sign looks the same outside
    spelled = spell(tex)
    return f"$${spelled}$$" if spelled else f"$`{_one_line(tex).replace('`', '‘')}`$"


def display(tex: str) -> str:
    """Write a formula that stands alone, as a block."""
    spelled = spell(tex)
    if spelled:
        return f"$${spelled}$$"
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", tex)), default=0))
    return f"{ticks}math\n{tex}\n{ticks}"


def _cell(tex: str) -> str:
    r"""Write the bars of a formula, which would end the cell, by name."""
    return re.sub(r"\\\||\|", lambda bar: r"\Vert " if len(bar[0]) > 1 else r"\vert ", tex)


def _one_line(tex: str) -> str:
    line = re.sub(r"\s+", " ", tex.strip())
    backslashes = len(line) - len(line.rstrip("\\"))
    return f"{line} {{}}" if backslashes % 2 else line  # a space that is written `\ `
