"""Code as HTML, colored by Pygments."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ankibuild.markdown.escape import escape_code, finish, guard_outside, hide_delimiters, safe

if TYPE_CHECKING:
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexer import Lexer


#: The longest program that is colored. In what follows, Pygments takes a time that grows with the
#: square or the cube of a hostile one.
LONGEST = 2_000
#: One name of each language that is colored, of those that authors of technical decks use. The
#: lexers of others (Docker, Perl, Scala, ...) can take seconds for a line.
_NAMES = (
    "python pycon pytb cython bash console json yaml toml ini c cpp cuda java javascript "
    "typescript go rust julia r matlab octave lua haskell sql html css xml diff make cmake tex "
    "markdown llvm nasm gas glsl scheme clojure fortran ocaml prolog kotlin swift"
)
#: In these, quotes after a dollar sign are read in exponential time: such a program stays plain.
_SHELLS, _SHELL_QUOTE = frozenset({"bash", "console", "make"}), "$'"
#: In these, it is a run of blanks that takes long, when nobody would write as many.
_LIKE_C, _BLANKS = frozenset({"c", "cpp", "cuda"}), re.compile(r"\s{200}")
_PLAIN = frozenset({"", "text", "txt", "plain", "plaintext", "output"})
# The style has no rule for white space, punctuation, names and operators: a third of the bytes.
_UNSTYLED = re.compile(r'<span class="(?:w|p|n|o)">([^<]*)</span>')


def code(program: str, language: str = "python") -> str:
    """Return a block of code as HTML.

    Its text is ``program`` without the line ends at its end, in NFC. A language that is not known
    is shown without colors, and so is what would take too long to color.
    """
    return finish(guard_outside(block(safe(program), language)))


def block(program: str, language: str) -> str:
    """Return a block of code as HTML that is not yet safe from Anki's parsers."""
    program = program.rstrip("\n")
    shown = escape_code(program)
    if program and _is_colored(program, language.lower()):
        shown = _colored(program, language)
    return f'<div class="hl"><pre><code>{shown}</code></pre></div>'


def is_known(language: str) -> bool:
    """Tell whether code in ``language`` can be shown as what it is."""
    return language.lower() in _PLAIN or language.lower() in _aliases()


def _is_colored(program: str, language: str) -> bool:
    """Tell whether a program is colored; the time for that must be bounded."""
    name = _aliases().get(language)
    if name is None or len(program) > LONGEST:
        return False
    if name in _SHELLS:
        return _SHELL_QUOTE not in program
    return not (name in _LIKE_C and _BLANKS.search(program))


def languages() -> tuple[str, ...]:
    """Return a name of each language that is colored, for suggestions."""
    return tuple(_NAMES.split())


@cache
def _aliases() -> dict[str, str]:
    """Give every name of a language that is colored, and the one that we have for it."""
    from pygments.lexers import get_all_lexers

    known = frozenset(_NAMES.split())
    aliases = [names for _, names, _, _ in get_all_lexers(plugins=False)]
    return {name: main for names in aliases for main in known.intersection(names) for name in names}


@lru_cache(256)
def _colored(program: str, language: str) -> str:
    from pygments import highlight

    markup = highlight(program, lexer(language), _formatter())
    markup = markup.removesuffix("\n")  # the formatter's own
    return hide_delimiters(_UNSTYLED.sub(lambda span: span[1], markup))


@cache
def _formatter() -> HtmlFormatter[str]:
    from pygments.formatters.html import HtmlFormatter

    return HtmlFormatter(nowrap=True)


@lru_cache(64)
def lexer(language: str) -> Lexer:
    """Find the lexer of a known language, which Pygments takes long to make."""
    from pygments.lexers import get_lexer_by_name

    # Programs within Markdown would be read by the lexers of any language.
    found: Lexer = get_lexer_by_name(
        language, stripnl=False, ensurenl=False, handlecodeblocks=False
    )
    return found
