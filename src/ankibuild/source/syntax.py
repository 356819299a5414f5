"""What a YAML parser's complaint means to somebody who wanted to write text.

A parser says where it gave up, which is often not where the mistake is. So we look at the lines
ourselves, in order, for the handful of things that people really do, and only fall back on the
parser's place when none of them is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice, pairwise

import yaml
from msgspec import Struct

from ankibuild.diagnostics import Diagnostic, Source, Span

#: Lines that are looked at to find one mistake.
MOST_LINES = 5000
_KEY = re.compile(r"([ \t]*)((?:- +)?)([A-Za-z_][\w-]*)[ \t]*:(?=[ \t]|$)[ \t]*")
_KEY_WITHOUT_SPACE = re.compile(r"([ \t]*)((?:- +)?)([a-z]+):(?=[^\s:/])")
_LIST_FIELDS = (
    *("tags", "covers", "given", "hints", "lines", "rubric", "questions", "retired"),
    *("parts", "decks", "topics", "items", "sources"),
)
_LETTERS = re.compile(r"\\([A-Za-z]+|.)")
_KNOWN_ESCAPES = set('0abtnvfre "/\\N_LPxuU')


class Mask(Struct, frozen=True):
    """Characters of the source that stand for a value we could not read."""

    start: int
    end: int

    def apply(self, text: str, base: int) -> str:
        """Cover the characters with a harmless scalar of the same length; lines stay lines."""
        first, last = self.start - base, self.end - base
        cover = re.sub(r"[^\n]", " ", text[first:last])
        return text[:first] + "x" + cover[1:] + text[last:]


class _Line(Struct, frozen=True):
    """A line with structure on it (not the inside of a block): offsets are into the source."""

    start: int
    text: str
    source: Source

    def span(self, start: int, end: int | None = None) -> Span:
        stop = len(self.text.rstrip()) if end is None else end
        return Span(self.source, self.start + start, self.start + max(stop, start + 1))

    def above(self, blank: str) -> str:
        """Give the nearest row above that is more than the characters ``blank``; may be empty."""
        # By hand: what copies the text before each line takes a time that grows with its square.
        text, end = self.source.text, self.start
        while end and text[end - 1] in blank:
            end -= 1
        return text[text.rfind("\n", 0, end) + 1 : end]

    def below(self) -> str:
        """Give the row below; empty if there is none."""
        text, start = self.source.text, self.start + len(self.text) + 1
        end = text.find("\n", start)
        return text[start : end if end >= 0 else len(text)]


Finding = tuple[Diagnostic, Mask | None]


def chunks(text: str) -> list[tuple[int, int]]:
    """Cut a bank into its head and its questions: offsets of each piece."""
    found = re.search(r"^questions[ \t]*:.*\n?", text, re.MULTILINE)
    if not found:
        return [(0, len(text))]
    item = re.search(r"^( *)- ", text[found.end() :], re.MULTILINE)
    if not item:
        return [(0, len(text))]
    at_most = len(item.group(1))
    starts = [
        m.start()
        for m in re.compile(rf"^ {{0,{at_most}}}-(?: |$)", re.MULTILINE).finditer(text, found.end())
    ]
    edges = [found.end(), *starts[1:], len(text)]
    edges[0] = starts[0]
    return [(0, starts[0]), *pairwise(edges)]


def blame(
    source: Source, start: int, end: int, text: str, error: yaml.YAMLError
) -> tuple[Diagnostic, Mask | None]:
    """Find the cause of a parser's error in the characters ``start`` to ``end`` of a source.

    Returns the diagnostic and, when only one value is to blame, what to mask to read the rest.
    """
    last = _give_up(error, start, end)
    for line in islice(_structure(source, start, end, text), MOST_LINES):
        for look in _LOOKS:
            found = look(line, end)
            if found:
                return found
    return _fallback(source, start, last, error), None


def _give_up(error: yaml.YAMLError, start: int, end: int) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return int(getattr(error, "offset", start))
    return min(start + int(mark.index), end)


def _structure(source: Source, start: int, end: int, text: str) -> Iterator[_Line]:
    """Lines outside blocks; ``text`` is the masked text, and a masked line is skipped."""
    block: int | None = None
    at = start
    for row in text.split("\n"):
        begin, at = at, at + len(row) + 1
        if not row.strip() or begin >= end:
            continue
        indent = len(row) - len(row.lstrip(" "))
        if block is not None and indent > block:
            continue
        block = _opens_block(row)
        yield _Line(begin, row, source)


def _opens_block(row: str) -> int | None:
    """Give the indentation that a block opened on this row must exceed."""
    found = re.match(r"( *(?:- +)*)(?:[\w-]+[ \t]*:[ \t]*)?[|>][-+0-9]*[ \t]*(?:#.*)?$", row)
    if not found:
        return None
    key = re.match(r" *(?:- +(?=[\w-]+[ \t]*:))*", row)
    return len(key.group()) if key and ":" in row else len(row) - len(row.lstrip(" "))


# ------------------------------------------------------------------ what people do


def _conflict(line: _Line, _end: int) -> Finding | None:
    if not re.match(r"<{7} |={7}$|>{7} ", line.text):
        return None
    message = "a conflict of a merge is still in this file"
    help_text = "keep one of the two versions, and remove the lines `<<<<<<<`, `=======`, `>>>>>>>`"
    return Diagnostic("yaml-syntax", message, line.span(0), "", help_text), None


def _tab(line: _Line, _end: int) -> Finding | None:
    lead = line.text[: len(line.text) - len(line.text.lstrip())]
    at = len(lead) - len(lead.lstrip(" "))
    if at == len(lead):
        return None
    if lead[at] != "\t":
        return _strange_space(line, at), None
    problem = Diagnostic(
        "yaml-syntax",
        "a tab is used for indentation",
        line.span(at, at + 1),
        "tab",
        "indent with spaces; in most editors: “convert indentation to spaces”",
    )
    return problem, None


def _strange_space(line: _Line, at: int) -> Diagnostic:
    return Diagnostic(
        "yaml-syntax",
        f"a special space (U+{ord(line.text[at]):04X}) is used for indentation",
        line.span(at, at + 1),
        "not a plain space",
        "it often comes with text copied from a web page; type the spaces again",
    )


def _no_space(line: _Line, _end: int) -> Finding | None:
    found = _KEY_WITHOUT_SPACE.match(line.text)
    if not found or _KEY.match(line.text):
        return None
    key = found.group(3)
    fixed = f"{key}: {line.text[found.end() :].strip()}"
    colon = found.end() - 1
    problem = Diagnostic(
        "yaml-syntax",
        f"there is no space after `{key}:`",
        line.span(found.start(3), colon + 1),
        "not read as a field",
        f"write `{fixed}`" if len(fixed) < 60 else f"write `{key}: …` with a space",
    )
    return problem, None


def _no_space_after_dash(line: _Line, _end: int) -> Finding | None:
    found = re.match(r"( *)-(?=[A-Za-z_][\w-]*:(?:\s|$))", line.text)
    if not found:
        return None
    problem = Diagnostic(
        "yaml-syntax",
        "there is no space after this `-`",
        line.span(len(found.group(1)), found.end()),
        "not read as the start of an entry",
        f"write `- {line.text[found.end() :].strip()}`",
    )
    return problem, None


def _directive(line: _Line, _end: int) -> Finding | None:
    if not line.text.startswith("%"):
        return None
    message = "a line that starts with `%` is for YAML parsers, not for a bank"
    return Diagnostic("yaml-syntax", message, line.span(0), "", "remove it"), None


def _no_colon(line: _Line, _end: int) -> Finding | None:
    """Find the head of an entry whose colon is missing, or is that of another script."""
    found = re.match(r"( *- +)([a-z]+)(： ?| +)([\w-]+)[ \t]*$", line.text)
    key = _KEY.match(line.below())
    if not found or not key or key.group(2) or len(key.group(1)) != found.end(1):
        return None
    name, sign = found.group(2), found.group(3).strip()
    problem = Diagnostic(
        "yaml-syntax",
        f"the colon after `{name}` is a full-width one"
        if sign
        else f"there is no colon after `{name}`",
        line.span(*(found.span(3) if sign else found.span(2))),
        "not read as a field",
        f"write `- {name}: {found.group(4)}`",
    )
    return problem, None


def _no_dash(line: _Line, _end: int) -> Finding | None:
    """Find a first question without its dash."""
    found = _KEY.match(line.text)
    if not found or found.group(2) or not found.group(1) or line.above(" \t\n") != "questions:":
        return None
    problem = Diagnostic(
        "yaml-syntax",
        "a question starts with `- `",
        line.span(found.start(3)),
        "no dash before it",
        f"write `- {line.text.strip()}`",
    )
    return problem, None


def _value(line: _Line) -> tuple[int, str] | None:
    """Give column and text of the value on a line, without a comment for flow values."""
    found = _KEY.match(line.text) or re.match(r"[ \t]*- +", line.text)
    if not found or not line.text[found.end() :].strip():
        return None
    return found.end(), line.text[found.end() :].rstrip()


def _problem(line: _Line, at: int, message: str, label: str, stop: int | None = None) -> Finding:
    start, end = line.start + at, line.start + len(line.text.rstrip())
    span = line.span(at, stop)
    whole = _value(line)
    first = line.start + (whole[0] if whole else at)
    help_text = block_help(line.source.text, first, end)
    return Diagnostic("yaml-syntax", message, span, label, help_text), Mask(min(first, start), end)


def _starts_with_brace(line: _Line, end: int) -> Finding | None:
    found = _value(line)
    if not found or found[1][0] not in "{[":
        return None
    at, value = found
    key = _KEY.match(line.text)
    if key is None or (key.group(3) in _LIST_FIELDS and not value.startswith("{{")):
        return _unbalanced(line, at, end) if key is None or value[0] in "{[" else None
    close = _closing_bracket(line.source.text, line.start + at, end)
    whole = close >= 0 and _nothing_after(line.source.text, close, end)
    if whole and not value.startswith("{{"):
        return None
    return _problem(line, at, _starts_a(value[0]), "read as YAML, not as text")


def _starts_a(sign: str) -> str:
    return f"a value that starts with `{sign}` starts a YAML {'mapping' if sign == '{' else 'list'}"


def _unbalanced(line: _Line, at: int, end: int) -> Finding | None:
    text = line.source.text
    close = _closing_bracket(text, line.start + at, end)
    if close >= 0 and _nothing_after(text, close, end):
        return None
    sign, other = text[line.start + at], "]" if text[line.start + at] == "[" else "}"
    if close >= 0:
        return _problem(line, at, _starts_a(sign), "read as YAML, not as text")
    problem = Diagnostic(
        "yaml-syntax",
        f"this `{sign}` is never closed",
        line.span(at, at + 1),
        "opens a list" if sign == "[" else "opens a mapping",
        f"close it with `{other}`",
    )
    return problem, Mask(line.start + at, line.start + len(line.text.rstrip()))


def _nothing_after(text: str, close: int, end: int) -> bool:
    """Tell whether the line goes on after ``close`` with nothing but a comment."""
    stop = text.find("\n", close, end)
    rest = text[close + 1 : stop if stop >= 0 else end]
    return not rest.strip() or bool(re.match(r"[ \t]+#", rest))


def _closing_bracket(text: str, start: int, end: int) -> int:
    """Find the bracket that closes the one at ``start``, or -1."""
    depth, quote = 0, ""
    for at in range(start, end):
        c = text[at]
        if quote:
            quote = "" if c == quote else quote
        elif c in "\"'" and text[at - 1] in " ,[{:":
            quote = c
        elif c in "[{":
            depth += 1
        elif c in "]}":
            depth -= 1
            if depth == 0:
                return at
    return -1


def _quoted(line: _Line, end: int) -> Finding | None:
    found = _value(line)
    if not found or found[1][0] not in "\"'":
        return None
    at, sign = found[0], found[1][0]
    start, text = line.start + at, line.source.text
    close = _closing_quote(text, start, end)
    if sign == '"' and (escape := wrong_escape(text, start, close if close > 0 else end)):
        return backslash(line.source, start, escape), Mask(start, close + 1 if close > 0 else end)
    if close < 0:
        problem = Diagnostic(
            "yaml-syntax",
            f"this `{sign}` is never closed",
            line.span(at, at + 1),
            "opens a quoted text",
            block_help(text, start, line.start + len(line.text.rstrip())),
        )
        return problem, Mask(start, line.start + len(line.text.rstrip()))
    if _nothing_after(text, close, end):
        return None
    rest = text[close + 1 : end].partition("\n")[0]
    first = close + 1 + len(rest) - len(rest.lstrip())
    span = Span(line.source, first, close + 1 + len(rest.rstrip()))
    problem = Diagnostic(
        "yaml-syntax",
        "the text goes on after its closing quote",
        span,
        "left over",
        block_help(
            text,
            start,
            close + 1 + len(rest.rstrip()),
            keep_quotes=not rest.rstrip().endswith(sign),
        ),
    )
    return problem, Mask(start, span.end)


def _closing_quote(text: str, start: int, end: int) -> int:
    """Find the quote that closes the one at ``start``, or -1."""
    pattern = r"\\.|\"" if text[start] == '"' else "''|'"
    for found in re.compile(pattern, re.DOTALL).finditer(text, start + 1, end):
        if len(found.group()) == 1:
            return found.start()
    return -1


def wrong_escape(text: str, start: int, end: int) -> re.Match[str] | None:
    r"""Find a backslash in double quotes but ``\"`` and ``\\``; one unknown to YAML first."""
    first = None
    for found in _LETTERS.finditer(text, start, end):
        letter = found.group(1)[0]
        if letter not in _KNOWN_ESCAPES:
            return found
        if letter not in '"\\/\n':
            first = first or found
    return first


def backslash(source: Source, start: int, found: re.Match[str]) -> Diagnostic:
    """Say that a backslash in double quotes does not reach the card."""
    close = _closing_quote(source.text, start, len(source.text))
    end = close + 1 if close > 0 else source.text.find("\n", found.end())
    return Diagnostic(
        "yaml-syntax",
        "backslashes are special inside double quotes",
        Span(source, found.start(), found.end()),
        "read as an escape, not as LaTeX",
        block_help(source.text, start, end, lead="drop the quotes or put the text in a block:\n"),
    )


def _special_start(line: _Line, _end: int) -> Finding | None:
    found = _value(line)
    if not found:
        return None
    at, value = found
    header = re.fullmatch(r"[|>][-+0-9]{0,2}(?:[ \t]+#.*)?", value)
    if not header and re.match(r"\|[-+0-9]{0,2} ", value):
        return _text_after_bar(line, at, value)
    if value[0] in "`@%*&!" or (value[0] in "|>" and not header):
        return _problem(line, at, _not_text(value[0]), "read as YAML, not as text")
    if re.match(r"[-?:] ", value) and _KEY.match(line.text):
        return _problem(line, at, _not_text(value[0]), "read as YAML, not as text")
    return None


def _not_text(sign: str) -> str:
    shown = "a backtick" if sign == "`" else f"`{sign}`"
    return f"a value that starts with {shown} is not read as text"


def _text_after_bar(line: _Line, at: int, value: str) -> Finding:
    end = line.start + len(line.text.rstrip())
    words = value.lstrip("|-+0123456789").lstrip()
    key = _KEY.match(line.text)
    name = key.group(3) if key else "a"
    problem = Diagnostic(
        "yaml-syntax",
        "the text of a block starts on the line after `|`",
        line.span(at + len(value) - len(words) if words else at),
        "belongs on the next line",
        f"write\n{name}: |\n  {words or '…'}",
    )
    return problem, Mask(line.start + at, end)


def _second_colon(line: _Line, _end: int) -> Finding | None:
    found = _value(line)
    if not found or found[1][0] in "\"'[{|>":
        return None
    at, value = found
    key = _KEY.match(line.text)
    colon = re.search(r":(?=[ \t]|$)", value.split(" #")[0])
    if not colon or key is None:
        return None
    column = at + colon.start()
    if key.group(3) in _LIST_FIELDS:
        return _mapping_for_list(line, at, key.group(3), value)
    message = "a second `: ` on one line confuses YAML"
    return _problem(line, column, message, "read as another key", stop=column + 1)


def _mapping_for_list(line: _Line, at: int, name: str, value: str) -> Finding:
    end = line.start + len(line.text.rstrip())
    entry = f"{{{value}}}" if name == "given" else f"|\n    {value}"
    help_text = f"start each entry with `- `:\n{name}:\n  - {entry}"
    problem = Diagnostic("yaml-syntax", f"`{name}` is a list", line.span(at), "", help_text)
    return problem, Mask(line.start + at, end)


def _not_a_field(line: _Line, _end: int) -> Finding | None:
    """Find prose where only `key: value` can stand: most often a block that is not indented."""
    previous = line.above("\n")
    indent = len(line.text) - len(line.text.lstrip())
    lead = re.match(r"[ \t]*(- |-$|#|---|\.\.\.|[\]}\"'])", line.text)
    if _KEY.match(line.text) or (lead and not _unindented(previous, line.text)):
        return None
    if _unindented(previous, line.text):
        key = _KEY.match(previous)
        name = key.group(3) if key else "the field"
        problem = Diagnostic(
            "yaml-syntax",
            f"the text of `{name}` is not indented",
            line.span(indent),
            f"must stand further right than `{name}`",
            f"indent it:\n{name}: |\n  {line.text.strip()}",
        )
        return problem, None
    if _continues(previous, indent):
        return None
    name = _block_above(line.source.text[: line.start], indent)
    word = line.text.strip()
    help_text = "a field is written `q: …`; a text of several lines goes in a block after `|`"
    equals = re.fullmatch(r"([a-z]+) *= *(.+)", word)
    if equals:
        help_text = f"write `{equals[1]}: {equals[2]}`"
    elif name:
        help_text = f"if it belongs to `{name}`, indent it like the line above"
    elif re.fullmatch(r"[a-z]+", word):
        help_text = f"write `{word}:`, with a colon"
    problem = Diagnostic(
        "yaml-syntax",
        "this line is not a field",
        line.span(indent),
        "no `key: ` at its start",
        help_text,
    )
    return problem, None


def _block_above(before: str, indent: int) -> str:
    """Name the field whose block a line with this indentation has just left, if it has."""
    for row in reversed(before.split("\n")):
        if row.strip() and len(row) - len(row.lstrip()) <= indent:
            key = _KEY.match(row)
            return key.group(3) if key and _opens_block(row) is not None else ""
    return ""


def _unindented(previous: str, row: str) -> bool:
    """Tell whether a row is the text of the block above it, standing right under its key."""
    key = _KEY.match(previous)
    if not key or not re.search(r":[ \t]*[|>][-+]?[ \t]*$", previous):
        return False
    indent = len(row) - len(row.lstrip())
    return indent == key.start(3) or (indent < key.start(3) and not row.lstrip().startswith("- "))


def _continues(previous: str, indent: int) -> bool:
    """Tell whether a line may continue a plain text that began above it."""
    key = _KEY.match(previous)
    return (key.start(3) if key else len(previous) - len(previous.lstrip())) < indent


#: In the order in which they are tried on each line.
_LOOKS: tuple[Callable[[_Line, int], Finding | None], ...] = (
    _tab,
    _conflict,
    _directive,
    _no_colon,
    _no_space_after_dash,
    _no_dash,
    _no_space,
    _quoted,
    _starts_with_brace,
    _special_start,
    _second_colon,
    _not_a_field,
)


def _fallback(source: Source, start: int, at: int, error: yaml.YAMLError) -> Diagnostic:
    from ankibuild.source.parse import TooDeepError

    if isinstance(error, TooDeepError):
        span = Span(source, at, at + 1)
        return Diagnostic(
            "yaml-syntax", str(error), span, help="if this is text, put it in a block after `|`"
        )
    line_start = source.text.rfind("\n", 0, at) + 1
    row = source.line(source.position(at)[0])
    if not row.strip():
        span = Span(source, start, max(start + 1, source.text.find("\n", start)))
        message = "this part of the file cannot be read"
        return Diagnostic("yaml-syntax", message, span, help="is a quote or a bracket left open?")
    return misplaced(source, start, line_start, row)


def misplaced(source: Source, start: int, line_start: int, row: str) -> Diagnostic:
    """Say that a row does not fit into the question that starts at ``start``."""
    indent = len(row) - len(row.lstrip())
    span = Span(source, line_start + indent, line_start + len(row.rstrip()))
    key, first = _KEY.match(row), _KEY.match(source.line(source.position(start)[0]))
    label, help_text = "", "entries of one list, and fields of one question, start in one column"
    colon = re.search(r":(?=[ \t]|$)", row)
    if not key and colon:
        span = Span(source, line_start + colon.start(), line_start + colon.end())
        message = "a `: ` inside of a text confuses YAML"
        help_text = "put the whole text in a block after `|`"
        return Diagnostic("yaml-syntax", message, span, "read as a key", help_text)
    if key and key.group(2):
        label = "is it indented like the other entries?"
    elif key and first and first.group(2):
        column = first.start(3)
        if indent != column:
            label = f"starts in column {indent + 1}, not in {column + 1}"
        help_text = f"indent it by {column} spaces, to stand under `{first.group(3)}`"
    message = "this line is not indented like its neighbors"
    return Diagnostic("yaml-syntax", message, span, label, help_text)


# ------------------------------------------------------------------ help with the author's own text


def quotes_help(value: str) -> str:
    """Show a value within brackets, where no block can be, in quotes."""
    shown = " ".join(value.split()).replace("'", "''")
    return f"put it in quotes: `'{shown}'`" if len(shown) < 60 else "put it in quotes"


def block_help(
    text: str,
    start: int,
    end: int,
    lead: str = "put the text in a block:\n",
    *,
    keep_quotes: bool = False,
) -> str:
    """Show the value at ``start`` to ``end`` as a block under its key."""
    line_start = text.rfind("\n", 0, start) + 1
    found = _KEY.match(text[line_start:start])
    value = " ".join(text[start:end].split())
    if not keep_quotes and value[:1] in ("'", '"'):
        value = value[1:].removesuffix(value[0])
    if len(value) > 200:
        value = value[:200] + "…"
    if found is None:
        return f"{lead}- |\n  {value}"
    return f"{lead}{found.group(3)}: |\n  {value}"
