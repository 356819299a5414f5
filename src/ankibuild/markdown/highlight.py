"""Code as HTML, colored by Pygments."""

from __future__ import annotations

import re
from functools import lru_cache

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.util import ClassNotFound

from ankibuild.markdown.escape import escape_code, finish, guard_outside, hide_delimiters, safe

_PLAIN = frozenset({"", "text", "txt", "plain", "plaintext", "output"})
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)

# The style has no rule for white space, punctuation, names and operators: a third of the bytes.
_UNSTYLED = re.compile(r'<span class="(?:w|p|n|o)">([^<]*)</span>')


def code(program: str, language: str = "python") -> str:
    """Return a block of code as HTML.

    Its text is ``program`` without the line ends at its end, in NFC. A language that Pygments does
    not know is shown without colors.
    """
    return finish(guard_outside(block(safe(program), language)))


@lru_cache(4096)
def block(program: str, language: str) -> str:
    """Return a block of code as HTML that is not yet safe from Anki's parsers."""
    program = program.rstrip("\n")
    found = lexer(language)
    return f'<div class="hl"><pre><code>{_colored(program, found)}</code></pre></div>'


def is_known(language: str) -> bool:
    """Tell whether code in ``language`` can be shown as what it is."""
    return language.lower() in _PLAIN or lexer(language) is not None


def languages() -> tuple[str, ...]:
    """Return all names of languages, for suggestions."""
    return tuple(alias for _, aliases, _, _ in get_all_lexers() for alias in aliases)


@lru_cache(64)
def lexer(language: str) -> Lexer | None:
    """Find the lexer of a language; none for plain text and for unknown languages."""
    if language.lower() in _PLAIN:
        return None
    try:
        found = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return found if isinstance(found, Lexer) else None


def _colored(program: str, found: Lexer | None) -> str:
    if found is None or not program:
        return escape_code(program)
    markup = highlight(program, found, _FORMATTER).removesuffix("\n")  # the formatter's own
    return hide_delimiters(_UNSTYLED.sub(r"\1", markup))
