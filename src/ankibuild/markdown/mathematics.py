"""Formulas: where they start and end, and the gaps inside of them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from ankibuild.markdown import formulas
from ankibuild.markdown.escape import escape
from ankibuild.markdown.gaps import GapReader
from ankibuild.markdown.readings import Piece, readings
from ankibuild.markdown.values import Formula

BLANK_LINE = re.compile(r"\n[ \t]*\n")
# Pandoc's rule: no space inside of the dollars, no digit after them. Possessive, hence linear.
_INLINE_MATH = re.compile(
    r"\$(?!\s)((?:\\.|[^\\$\n]|\n(?![ \t]*\n))++)(?<!\s)\$(?![0-9])", re.DOTALL
)
_SPACED_MATH = re.compile(r"\$(?!\s)[^$\n]+\s\$(?!\w)")
_MATH_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#39);")
_TAKES_ARGUMENT = re.compile(r"(?<!\\)(?:\\[a-zA-Z]+\*?|[\^_])\Z")
_MATH_GAP = re.compile(r"\{\{c([0-9,]*)::|\}\}|::")


class FormulaReader(GapReader):
    """Reads formulas between any of the delimiters people know."""

    def dollar(self) -> None:
        """Read a dollar sign: a formula, or a mistake."""
        if self.text.startswith("$$", self.at):
            self.double_dollar()
        elif found := _INLINE_MATH.match(self.text, self.at):
            self.formula(found.start(1), found.end(1), found.end(), display=False)
        else:
            self.lone_dollar()

    def double_dollar(self) -> None:
        """Read ``$$``: a display formula, or a mistake."""
        start = self.at + 2
        close = self.text.find("$$", start)
        if close < 0 or BLANK_LINE.search(self.text[start:close].strip()):
            self.unclosed_math(
                start, "close it with another `$$`, or write `\\$` for each dollar sign"
            )
        else:
            self.formula(start, close, close + 2, display=True)

    def lone_dollar(self) -> None:
        """Report a dollar sign that starts no formula."""
        repair = "close it with another `$`, or write `\\$` for a dollar sign"
        if _SPACED_MATH.match(self.text, self.at):
            repair += "\nno space may stand before the closing `$`"
        self.unclosed_math(self.at + 1, repair)

    def delimited(self, closing: str, *, display: bool) -> None:
        r"""Read ``\(`` or ``\[``: a formula up to ``closing``, or a mistake."""
        start = self.at + 2
        close = self.text.find(closing, start)
        if close < 0 or BLANK_LINE.search(self.text, start, close):
            self.unclosed_math(start, f"close it with `{closing}`")
        else:
            self.formula(start, close, close + 2, display=display)

    def environment(self, found: re.Match[str]) -> None:
        r"""Read a ``\begin{...}`` outside of a formula as a display formula."""
        closing = f"\\end{{{found[1]}}}"
        close = self.text.find(closing, found.end())
        if close < 0:
            self.unclosed_math(found.end(), f"close it with `{closing}`")
        else:
            self.formula(self.at, close + len(closing), close + len(closing), display=True)

    def unclosed_math(self, end: int, repair: str) -> None:
        """Report the delimiter up to ``end``, and show it."""
        opening = self.text[self.at : end]
        message = f"this `{opening}` is never closed"
        self.report("unbalanced-math", self.at, end, message, "opens math", repair)
        self.literal(end)

    def formula(self, start: int, stop: int, end: int, *, display: bool) -> None:
        """Take the formula with the TeX ``start`` to ``stop``; after it comes ``end``."""
        faults = len(self.problems)
        pieces, markup = self.tex(start, stop)
        # A backslash at the end would make the closing delimiter a line break.
        markup = markup.strip()
        markup += " " if markup.endswith("\\") else ""
        markup = f"\\[{markup}\\]" if display else f"\\({markup}\\)"
        shown = readings(pieces)
        if not shown[0].tex:
            self.empty_formula(end)
            self.put("I", markup, end)
            return
        if len(self.problems) == faults:
            self.problems.extend(formulas.check(self.text, start, stop))
        sound = shown if len(self.problems) == faults else ()
        self.formulas.append(Formula(shown[0].tex.strip(), display, self.at, end, sound))
        self.put("D" if display else "M", markup, end)

    def empty_formula(self, end: int) -> None:
        """Report a formula up to ``end`` without TeX."""
        self.report(
            "empty-math",
            self.at,
            end,
            "this formula is empty",
            repair="write TeX between the signs, or `\\$` for a dollar sign",
        )

    def tex_pieces(self, start: int, end: int) -> Iterator[Piece]:
        """Yield the TeX of a part without gaps: entities are the characters they stand for."""
        for found in _MATH_ENTITY.finditer(self.text, start, end):
            yield Piece("T", self.text[start : found.start()], start)
            yield Piece("T", html.unescape(found[0]), found.start())
            start = found.end()
        yield Piece("T", self.text[start:end], start)

    def tex(self, start: int, stop: int) -> tuple[list[Piece], str]:
        """Return a formula as its pieces, and as HTML with its gaps."""
        outer, faulty = len(self.gaps), False
        pieces: list[Piece] = []
        markup: list[str] = []
        for found in _MATH_GAP.finditer(self.text, start, stop) if self.cloze else ():
            before = [*self.tex_pieces(start, found.start())]
            mark, piece, fault = self.math_mark(found, outer, faulty)
            pieces += [*before, piece]
            markup += [*(escape(one.text) for one in before), mark]
            faulty = faulty or fault
            start = found.end()
        rest = [*self.tex_pieces(start, stop)]
        markup += [escape(one.text) for one in rest]
        markup.append(self.close_gaps(outer, "this gap is not closed in its formula"))
        return [*pieces, *rest], "".join(markup)

    def math_mark(self, found: re.Match[str], outer: int, faulty: bool) -> tuple[str, Piece, bool]:
        """Return a mark of a gap in a formula as HTML and as a piece, and whether it is at fault.

        ``outer`` gaps were open before the formula; ``faulty`` tells that it is reported already.
        """
        at, text = found.start(), found[0]
        plain = Piece("T", text, at)
        inside = len(self.gaps) > outer
        if found[1] is not None:
            self.gap_as_argument(found)
            return self.open_gap(found), Piece("X", found[1], at), False
        if text == "::":
            return (self.hint(at), Piece("H", "", at), False) if inside else (text, plain, False)
        broken = self.breaks_formula(at) if inside else bool(self.gaps)
        if broken and not faulty:
            self.closed_by_math(found)
        if inside:
            return self.end_gap(at), Piece("Y", "", at), broken
        return text, plain, broken

    def gap_as_argument(self, found: re.Match[str]) -> None:
        """Report a gap whose braces are meant to be those of an argument."""
        at = found.start()
        if before := _TAKES_ARGUMENT.search(self.text[max(0, at - 40) : at]):
            self.report(
                "cloze-as-argument",
                at - len(before[0]),
                found.end(),
                f"the braces of this gap are not those of `{before[0]}`",
                "Anki takes them away",
                f"put the gap into braces of its own: `{before[0]}{{ {found[0]}…}}}} }}`",
            )

    def breaks_formula(self, end: int) -> bool:
        """Tell whether the innermost gap, ending here, would cut a group of its formula."""
        content = self.text[self.gaps[-1].content : end]
        return content.count("{") - content.count("\\{") != content.count("}") - content.count(
            "\\}"
        )

    def closed_by_math(self, found: re.Match[str]) -> None:
        """Report a ``}}`` of a formula that ends a gap too soon."""
        self.report(
            "cloze-closed-by-math",
            found.start(),
            found.end(),
            "this `}}` ends the deletion in the middle of the formula",
            "Anki stops here",
            "put a space between the braces: `} }`",
        )
