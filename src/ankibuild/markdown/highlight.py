"""Code as HTML, colored by Pygments."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Protocol

from ankibuild.markdown.escape import escape_code, finish, guard_outside, hide_delimiters, safe

if TYPE_CHECKING:
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexer import Lexer


class Colors(Protocol):
    """Remembers colored code: to color it takes longer than all the rest of a text."""

    def of(self, asked: str, make: Callable[[], str]) -> str:
        """Give the HTML of a program, by its language, a line end and its text."""


class Forgetful:
    """Colors that are made again each time."""

    def of(self, asked: str, make: Callable[[], str]) -> str:
        """Make the HTML."""
        return make()


_PLAIN = frozenset({"", "text", "txt", "plain", "plaintext", "output"})
# The style has no rule for white space, punctuation, names and operators: a third of the bytes.
_UNSTYLED = re.compile(r'<span class="(?:w|p|n|o)">([^<]*)</span>')


def code(program: str, language: str = "python", colors: Colors = Forgetful()) -> str:  # noqa: B008
    """Return a block of code as HTML.

    Its text is ``program`` without the line ends at its end, in NFC. A language that Pygments does
    not know is shown without colors.
    """
    return finish(guard_outside(block(safe(program), language, colors)))


def block(program: str, language: str, colors: Colors = Forgetful()) -> str:  # noqa: B008
    """Return a block of code as HTML that is not yet safe from Anki's parsers."""
    program = program.rstrip("\n")
    shown = escape_code(program)
    if program and is_known(language) and language.lower() not in _PLAIN:
        shown = colors.of(f"{language}\n{program}", lambda: _colored(program, language))
    return f'<div class="hl"><pre><code>{shown}</code></pre></div>'


def is_known(language: str) -> bool:
    """Tell whether code in ``language`` can be shown as what it is."""
    return language.lower() in _PLAIN or language.lower() in _aliases()


def languages() -> tuple[str, ...]:
    """Return all names of languages, for suggestions."""
    return tuple(_aliases())


@cache
def _aliases() -> dict[str, None]:
    from pygments.lexers import get_all_lexers

    return {alias.lower(): None for _, names, _, _ in get_all_lexers() for alias in names}


@lru_cache(4096)
def _colored(program: str, language: str) -> str:
    from pygments import highlight

    markup = highlight(program, lexer(language), _formatter())
    return hide_delimiters(_UNSTYLED.sub(r"\1", markup.removesuffix("\n")))  # the formatter's own


@cache
def _formatter() -> HtmlFormatter[str]:
    from pygments.formatters.html import HtmlFormatter

    return HtmlFormatter(nowrap=True)


@lru_cache(64)
def lexer(language: str) -> Lexer:
    """Find the lexer of a known language, which Pygments takes long to make."""
    from pygments.lexers import get_lexer_by_name

    found: Lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    return found
