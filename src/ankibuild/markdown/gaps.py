"""Gaps: where they start and end, their hints, and what makes Anki read them otherwise."""

from __future__ import annotations

import re

from ankibuild.markdown.escape import escape
from ankibuild.markdown.reader import Gap, Reader
from ankibuild.markdown.values import Problem

GAP = re.compile(r"\{\{c([0-9,]*)::")
_GAP_NUMBER = re.compile(r"[1-9][0-9]{0,2}")
_BRACES = re.compile(r"\}+")
_BRACED = re.compile(r"(?<!\{)\{++[^{}\n]*+\}++")

#: Gaps within each other; Anki does not see any that are deeper.
DEEPEST = 10


class GapReader(Reader):
    """Reads the marks of gaps."""

    def brace(self) -> None:
        """Read a brace, which may start a gap."""
        found = GAP.match(self.text, self.at)
        if found and self.cloze:
            self.out.append(self.open_gap(found))
            self.at = found.end()
            return
        if found:
            self.warn(
                "cloze-outside",
                found.end(),
                f"`{found[0]}` is a gap only in a cloze question",
                "shown as text",
                "make it a `cloze` question, or write it in backticks",
            )
        self.braces += not (found or self.gaps)
        self.prose(found.end() if found else self.at + 1)

    def brace_end(self) -> None:
        """Read a closing brace, which may end a gap."""
        double = self.text.startswith("}}", self.at)
        if self.gaps and double and not self.closes_brace():
            self.out.append(self.end_gap(self.at))
            self.at += 2
        elif double and not self.gaps and self.braces < 2:
            self.strays.append(self.at)
            self.braces = 0
            self.prose(self.at + 2)
        else:
            self.braces -= bool(self.braces and not self.gaps)
            self.prose(self.at + 1)

    def closes_brace(self) -> bool:
        """Tell whether a brace ends one of the author's in a gap: the first of ``{x}}}`` does."""
        after = _BRACES.match(self.text, self.at)
        if after is None or len(after[0]) % 2 == 0:
            return False
        inside = self.gaps[-1].content, self.at
        return self.text.count("{", *inside) > self.text.count("}", *inside)

    def colon(self) -> None:
        """Read a colon, which may start a hint."""
        if self.gaps and self.text.startswith("::", self.at):
            self.out.append(self.hint(self.at))
            self.at += 2
        else:
            self.prose(self.at + 1)

    def open_gap(self, found: re.Match[str]) -> str:
        """Open the gap that starts here; return its mark."""
        number = found[1]
        numbered = bool(_GAP_NUMBER.fullmatch(number)) and int(number) <= 500
        around = self.gaps[-1].depth if self.gaps else 0
        valid = numbered and around < DEEPEST
        self.gaps.append(Gap(found.start(), found.end(), valid, around + valid))
        if valid:
            self.clozes.add(int(number))
            return self.token("X", found[0])
        if numbered:
            self.too_deep(found)
        else:
            self.wrong_number(found)
        return self.token("T", escape(found[0]))

    def too_deep(self, found: re.Match[str]) -> None:
        """Report a gap within more gaps than Anki looks into."""
        self.report(
            "cloze-too-deep",
            *found.span(),
            f"this gap stands within {DEEPEST} others",
            "Anki does not see it",
            "end some of the gaps around it first, with `}}`",
        )

    def wrong_number(self, found: re.Match[str]) -> None:
        """Report a gap whose number is none, or none that Anki takes."""
        number = found[1]
        self.report(
            "cloze-number",
            *found.span(),
            f"`{found[0]}` does not start a gap",
            "a number from 1 to 500" if number else "a number is missing",
            "write `{{c1::` for the first gap, `{{c2::` for the next",
        )

    def hint(self, at: int) -> str:
        """Start the hint of the innermost gap at ``at``; return its mark."""
        gap = self.gaps[-1]
        if gap.hint >= 0:
            self.report(
                "cloze-two-hints",
                at,
                at + 2,
                "this `::` is the second one of its gap",
                "part of the hint",
                "Anki takes everything after the first `::` as the hint; "
                "put code with `::` in backticks",
            )
            return self.token("T", "::")
        gap.hint = at
        return self.token("H" if gap.valid else "T", "::")

    def end_gap(self, at: int) -> str:
        """End the innermost gap at ``at``; return its mark."""
        gap = self.gaps.pop()
        content = self.text[gap.content : gap.hint if gap.hint >= 0 else at]
        if gap.valid and not content.strip():
            self.report(
                "cloze-empty",
                gap.start,
                at + 2,
                "this gap hides nothing",
                "empty",
                "write the text to hide between `::` and `}}`",
            )
        return self.token("Y" if gap.valid else "T", "}}")

    def close_gaps(self, keep: int, message: str) -> str:
        """Report and close the gaps that are open above the first ``keep``; return the ends."""
        ends = ""
        for gap in reversed(self.gaps[keep:]):
            if not self.cut_short:
                self.unclosed_gap(gap, message)
            ends += self.token("Y", "}}") if gap.valid else ""
        del self.gaps[keep:]
        return ends

    def unclosed_gap(self, gap: Gap, message: str) -> None:
        """Report a gap that has no end."""
        self.report(
            "cloze-unclosed", gap.start, gap.content, message, "opens a gap", "end it with `}}`"
        )

    def stray_ends(self) -> None:
        """Report what ends no gap, unless something else is wrong with gaps and explains it."""
        if any(problem.rule.startswith("cloze-") for problem in self.problems):
            return
        for at in self.strays:
            self.problems.append(
                Problem(
                    "cloze-unopened",
                    at,
                    at + 2,
                    "this `}}` ends no gap",
                    "shown as text",
                    "start the gap with `{{c1::`, or take the braces out",
                    "warning",
                )
            )

    def without_gap(self) -> None:
        """Report that nothing is hidden, unless something else explains it."""
        if any(p.rule == "unclosed-code" or p.rule.startswith("cloze-") for p in self.problems):
            return
        found = _BRACED.search(self.text)
        start, end = found.span() if found else _first_line(self.text)
        self.report(
            "cloze-without-gap",
            start,
            end,
            "this cloze question has nothing to fill in",
            "not a deletion" if found else "",
            "mark what to hide as `{{c1::like this}}`",
        )


def _first_line(text: str) -> tuple[int, int]:
    start = len(text) - len(text.lstrip())
    return start, start + len(text[start:].split("\n", 1)[0])
