"""Formulas: where they start and end, and the gaps inside of them."""

from __future__ import annotations

import html
import re

from ankibuild.markdown import formulas
from ankibuild.markdown.escape import escape
from ankibuild.markdown.gaps import GapReader
from ankibuild.markdown.values import Formula

BLANK_LINE = re.compile(r"\n[ \t]*\n")
# Pandoc's rule: no space inside of the dollars, no digit after them. Possessive, hence linear.
_INLINE_MATH = re.compile(
    r"\$(?!\s)((?:\\.|[^\\$\n]|\n(?![ \t]*\n))++)(?<!\s)\$(?![0-9])", re.DOTALL
)
_SPACED_MATH = re.compile(r"\$(?!\s)[^$\n]+\s\$(?!\w)")
_MATH_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#39);")
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
        tex, markup = self.tex(start, stop) if self.cloze else self.tex_piece(start, stop)
        if not tex.strip():
            self.report(
                "empty-math",
                self.at,
                end,
                "this formula is empty",
                repair="write TeX between the signs, or `\\$` for a dollar sign",
            )
        else:
            self.formulas.append(Formula(tex.strip(), display, self.at, end))
            if len(self.problems) == faults:
                self.problems.extend(formulas.check(self.text, start, stop))
        # A backslash at the end would make the closing delimiter a line break.
        markup = markup.strip()
        markup += " " if markup.endswith("\\") else ""
        if display:
            self.put("D", f"\\[{markup}\\]", end)
        else:
            self.put("M", f"\\({markup}\\)", end)

    def tex_piece(self, start: int, end: int) -> tuple[str, str]:
        """Return a piece of TeX, and the same as HTML."""
        tex = _MATH_ENTITY.sub(lambda entity: html.unescape(entity[0]), self.text[start:end])
        return tex, escape(tex)

    def tex(self, start: int, stop: int) -> tuple[str, str]:
        """Return the TeX of a formula without its gaps, and its HTML with them."""
        outer, reported = len(self.gaps), False
        shown: list[str] = []
        markup: list[str] = []
        for found in _MATH_GAP.finditer(self.text, start, stop):
            tex, piece = self.tex_piece(start, found.start())
            in_hint = len(self.gaps) > outer and self.gaps[-1].hint >= 0
            shown.append("" if in_hint else tex)
            mark, kept, fault = self.math_mark(found, outer, reported)
            shown.append(kept)
            reported = reported or fault
            markup += [piece, mark]
            start = found.end()
        tex, piece = self.tex_piece(start, stop)
        markup += [piece, self.close_gaps(outer, "this gap is not closed in its formula")]
        return "".join([*shown, tex]), "".join(markup)

    def math_mark(self, found: re.Match[str], outer: int, reported: bool) -> tuple[str, str, bool]:
        """Return a mark of a gap in a formula as HTML and as TeX, and whether it is at fault."""
        inside = len(self.gaps) > outer
        if found[1] is not None:
            return self.open_gap(found), "", False
        if found[0] == "::":
            return (self.hint(found.start()), "", False) if inside else ("::", "::", False)
        broken = self.breaks_formula(found.start()) if inside else bool(self.gaps)
        if broken and not reported:
            self.closed_by_math(found)
        if inside:
            return self.end_gap(found.start()), "", broken
        return "}}", "}}", broken

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
