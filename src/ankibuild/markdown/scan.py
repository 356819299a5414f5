r"""One pass over an author's text: what Markdown must not touch becomes tokens.

Code, formulas, gaps, images, links, tags, entities and escapes are taken out before Markdown sees
the text. So a ``|`` in a formula does not split a table, ``_`` in code is no emphasis, and every
problem knows its place in the text as it was typed. What is left for Markdown is prose.
"""

from __future__ import annotations

import html
import re
import string
from collections.abc import Callable, Iterable, Mapping

from ankibuild.diagnostics import did_you_mean
from ankibuild.markdown import highlight, images
from ankibuild.markdown.escape import escape, escape_code, safe
from ankibuild.markdown.gaps import GAP
from ankibuild.markdown.mathematics import BLANK_LINE, FormulaReader
from ankibuild.markdown.values import Problem, Scan

_SPECIAL = re.compile(r"[\\$`~<&\[\]!{}:]")
_ENVIRONMENT = re.compile(
    r"\\begin\{((?:equation|align|alignat|gather|multline|eqnarray|aligned|cases)\*?)\}"
)
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n`]*(?:\n|\Z)")
_FENCE_LEAD = re.compile(
    r"[ \t>]*+(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]++)*+(?:\{\{c[0-9,]*::)?+[ \t]*+"
)
_BACKTICKS = re.compile("`+")
#: Characters of code in a line that is not broken at its blanks: two thirds of a phone's width.
UNBROKEN = 24
_TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9]*)"
    r"((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'=<>`]+))?)*+)\s*/?>"
)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"']+))?")
_AUTOLINK = re.compile(r"<(https?://[^\s<>]+|mailto:[^\s<>]+)>")
_LINK_END = re.compile(
    r"\]\([ \t]*+(?:<([^<>\n]*+)>|([^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+))"
    r'[ \t]*+(?:(?<=[ \t])"([^"\n]*+)")?+[ \t]*+\)'
)
_ADDRESS = re.compile(r"https?://|mailto:", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")

#: Tags an author may write. Not `<s>`: in this field it is the token at the start of a sequence.
_TAG_NAMES = (
    "b strong i em u del ins mark small sub sup kbd samp var br wbr hr abbr p div blockquote "
    "ul ol li dl dt dd table caption thead tbody tfoot tr th td details summary"
)
_TAGS = frozenset(_TAG_NAMES.split())
_ATTRIBUTES = frozenset({"title", "lang", "dir", "start", "colspan", "rowspan", "open"})


def scan(text: str, *, cloze: bool, media: Mapping[str, str]) -> Scan:
    """Take a safe text apart; ``cloze`` says whether ``{{c1::`` starts a gap."""
    return _Scanner(text, cloze, media).run()


class _Scanner(FormulaReader):
    def run(self) -> Scan:
        while found := _SPECIAL.search(self.text, self.at):
            self.prose(found.start())
            _HANDLERS[found[0]](self)
        self.prose(len(self.text))
        self.out.append(self.close_gaps(0, "this gap is never closed"))
        if self.cloze and not self.clozes:
            self.without_gap()
        elif self.cloze:
            self.stray_ends()
        return Scan(
            "".join(self.out),
            tuple(self.tokens),
            tuple(self.formulas),
            tuple(sorted(self.problems, key=lambda problem: (problem.start, problem.end))),
            tuple(sorted(self.clozes)),
            tuple(self.images),
        )

    # ---------------------------------------------------------------- escapes and entities

    def backslash(self) -> None:
        after = self.text[self.at + 1 : self.at + 2]
        if after in ("(", "["):
            self.delimited("\\)" if after == "(" else "\\]", display=after == "[")
        elif found := _ENVIRONMENT.match(self.text, self.at):
            self.environment(found)
        elif after == "\n":
            self.put("A", "<br>", self.at + 1)
        elif after and after in string.punctuation:
            self.put("T", escape(after), self.at + 2)
        else:
            self.literal(self.at + 1)

    def ampersand(self) -> None:
        if found := _ENTITY.match(self.text, self.at):
            self.put("T", escape(safe(html.unescape(found[0]))), found.end())
        else:
            self.literal(self.at + 1)

    # ---------------------------------------------------------------- code

    def backtick(self) -> None:
        run = _BACKTICKS.match(self.text, self.at)
        marks = run[0] if run else ""
        if len(marks) >= 3 and self.fence():
            return
        start = self.at + len(marks)
        end = re.compile(rf"(?<!`){marks}(?!`)").search(self.text, start)
        if end is None or BLANK_LINE.search(self.text, start, end.start()):
            self.unclosed_code(start)
            return
        body = self.text[start : end.start()].replace("\n", " ")
        if body[0] == body[-1] == " " and body.strip():
            body = body[1:-1]
        self.gap_in_code(start, end.start(), "put the gap around the code: `` {{c1::`code`}} ``")
        start_tag = '<code class="nw">' if " " in body and len(body) <= UNBROKEN else "<code>"
        self.put("I", f"{start_tag}{escape_code(body)}</code>", end.end())

    def unclosed_code(self, end: int) -> None:
        self.report(
            "unclosed-code",
            self.at,
            end,
            "this backtick is never closed" if end == self.at + 1 else "this code is never closed",
            "opens code",
            f"close it with {_quoted(self.text[self.at : end])}, or write `` \\` `` for a backtick",
        )
        self.literal(end)

    def tilde(self) -> None:
        if not (self.text.startswith("~~~", self.at) and self.fence()):
            self.prose(self.at + 1)

    def fence(self) -> bool:
        """Take a fenced block of code, if one starts here."""
        lead = self.text[self.text.rfind("\n", 0, self.at) + 1 : self.at]
        found = _FENCE.match(self.text, self.at)
        if found is None or not _FENCE_LEAD.fullmatch(lead):
            return False
        mark, language = found[1], found[2]
        closing = re.compile(
            rf"^[ \t>]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*(?=\n|\Z|\}}\}})", re.MULTILINE
        )
        end = closing.search(self.text, found.end())
        stop = end.start() if end else len(self.text)
        self.gap_in_code(found.end(), stop, "hide a piece of code as `` {{c1::`code`}} ``")
        if end is None:
            self.unclosed_fence(mark)
        elif not highlight.is_known(language):
            self.unknown_language(found)
        body = _dedent(self.text[found.end() : stop], lead)
        self.put("F", highlight.block(body, language), end.end() if end else stop)
        return True

    def unclosed_fence(self, mark: str) -> None:
        self.report(
            "unclosed-code",
            self.at,
            self.at + len(mark),
            "this block of code is never closed",
            "opens code",
            f"put a line with {_quoted(mark)} under it",
        )
        self.cut_short = True

    def unknown_language(self, found: re.Match[str]) -> None:
        self.problems.append(
            Problem(
                "unknown-language",
                found.start(2),
                found.end(2),
                f"`{found[2]}` is not a language that can be highlighted",
                "shown without colors",
                did_you_mean(found[2], highlight.languages()) or "write `text` for plain text",
                "warning",
            )
        )

    def gap_in_code(self, start: int, end: int, repair: str) -> None:
        found = GAP.search(self.text, start, end) if self.cloze else None
        if found:
            message = "a gap inside of code stays as it is typed"
            self.report("cloze-in-code", *found.span(), message, "not a gap", repair)

    # ---------------------------------------------------------------- tags, links and images

    def less(self) -> None:
        tag = _TAG.match(self.text, self.at)
        if tag and _is_allowed(tag):
            self.put("A", tag[0], tag.end())
        elif self.text.startswith("<!--", self.at) and "-->" in self.text[self.at + 4 :]:
            self.at = self.text.index("-->", self.at + 4) + 3
        elif link := _AUTOLINK.match(self.text, self.at):
            self.put("A", f'<a href="{escape(link[1])}">{escape(link[1])}</a>', link.end())
        else:
            if tag and not tag[1]:
                self.unknown_tag(tag)
            self.literal(self.at + 1)

    def unknown_tag(self, tag: re.Match[str]) -> None:
        shown = _one_line(tag[0], f"<{tag[2]} …>")
        repair = f"write it in backticks: `` `{shown}` ``"
        if tag[2].lower() == "img":
            repair = "write an image as `![what it shows](name.svg)`"
        self.warn(
            "unknown-tag", tag.end(), f"`{shown}` is shown as text", "not a tag we allow", repair
        )

    def exclamation(self) -> None:
        found = images.IMAGE.match(self.text, self.at)
        if found is None:
            self.prose(self.at + 1)
            return
        self.problems.extend(images.check(found, self.media))
        if (name := found[2].strip()) in self.media:
            self.images[name] = None
        self.put("I", images.image(found, self.media), found.end())

    def bracket(self) -> None:
        self.brackets.append((len(self.out), self.at))
        self.prose(self.at + 1)

    def bracket_end(self) -> None:
        if not self.brackets:
            self.prose(self.at + 1)
            return
        index, start = self.brackets.pop()
        found = _LINK_END.match(self.text, self.at)
        if found is None or BLANK_LINE.search(self.text, start, self.at):
            self.prose(self.at + 1)
        elif not _ADDRESS.match(found[1] or found[2] or ""):
            self.not_a_link(start, found)
        else:
            self.link(index, found)

    def link(self, index: int, found: re.Match[str]) -> None:
        title = f' title="{escape(found[3])}"' if found[3] else ""
        self.out[index] = self.token("A", f'<a href="{escape(found[1] or found[2])}"{title}>')
        self.put("A", "</a>", found.end())
        self.brackets.clear()  # a link holds no other link

    def not_a_link(self, start: int, found: re.Match[str]) -> None:
        self.problems.append(
            Problem(
                "not-a-link",
                start,
                found.end(),
                f"`{_one_line(self.text[start : found.end()], '[…](…)')}` is shown as text",
                "not an address" if found[1] or found[2] else "no address",
                "an address starts with `https://`; if this is code, write it in backticks",
                "warning",
            )
        )
        self.prose(self.at + 1)


def _is_allowed(tag: re.Match[str]) -> bool:
    names: Iterable[str] = (name.lower() for name in _ATTRIBUTE.findall(tag[3]))
    return tag[2].lower() in _TAGS and all(name in _ATTRIBUTES for name in names)


def _quoted(code: str) -> str:
    """Return code between backticks, also when it holds some itself."""
    return f"`` {code} ``" if "`" in code else f"`{code}`"


def _one_line(text: str, short: str) -> str:
    """Return the text if a message can hold it, else something short."""
    return text if len(text) <= 60 and "\n" not in text else short


def _dedent(body: str, lead: str) -> str:
    """Take the indentation and the quote marks of a fence off the lines of its code."""
    quotes, width = lead.count(">"), len(lead.replace(">", " ").expandtabs(4))
    if quotes:
        return re.sub(rf"(?m)^[ \t]*(?:>[ ]?){{0,{quotes}}}", "", body)
    return re.sub(rf"(?m)^[ ]{{0,{width}}}", "", body) if width else body


#: Who reads on from each special character.
_HANDLERS: Mapping[str, Callable[[_Scanner], None]] = {
    "\\": _Scanner.backslash,
    "$": _Scanner.dollar,
    "`": _Scanner.backtick,
    "~": _Scanner.tilde,
    "<": _Scanner.less,
    "&": _Scanner.ampersand,
    "[": _Scanner.bracket,
    "]": _Scanner.bracket_end,
    "!": _Scanner.exclamation,
    "{": _Scanner.brace,
    "}": _Scanner.brace_end,
    ":": _Scanner.colon,
}
