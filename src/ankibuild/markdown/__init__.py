"""Markdown as authors write it to HTML as Anki wants it: math, code, gaps and media.

The stages: :mod:`scan` takes everything out of the text that Markdown must not touch, :mod:`prose`
turns the rest into clean HTML, and :func:`render` puts the pieces back, safe from Anki's own
parsers. All of it is pure, and nothing an author writes makes it raise. Not for several threads
at once: there is one Markdown instance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from ankibuild.markdown.escape import (
    CLOSE,
    FORBIDDEN,
    OPEN,
    PLACEHOLDER,
    finish,
    guard_inside,
    guard_outside,
    plain,
    safe,
    split_delimiters,
)
from ankibuild.markdown.highlight import code
from ankibuild.markdown.images import audible, play
from ankibuild.markdown.prose import depth, to_html
from ankibuild.markdown.readings import surrounded
from ankibuild.markdown.scan import scan
from ankibuild.markdown.values import (
    Formula,
    Problem,
    Reading,
    Rendered,
    Token,
)
from ankibuild.words import count

__all__ = [
    "DEEPEST",
    "LONGEST",
    "Formula",
    "Problem",
    "Reading",
    "Rendered",
    "audible",
    "code",
    "plain",
    "render",
]

#: Longest text that is rendered, in characters.
LONGEST = 20_000
#: Elements that may stand within each other: what reads a card as a tree has to come to an end.
DEEPEST = 50

_NO_MEDIA: Mapping[str, str] = MappingProxyType({})


def _mark(kinds: str) -> str:
    return f"{OPEN}[{kinds}][0-9]+{CLOSE}"


_GAP_MARK = re.compile(f"({_mark('XHY')})")
_LONE_BLOCK = re.compile(
    rf"<p>\s*((?:{_mark('XYF')}\s*)+|{_mark('H')}(?:(?!</?p>).)*{_mark('Y')})\s*</p>", re.DOTALL
)
_BEFORE, _AFTER = r"[(\[“‘\"]?", r"(?:[-'’]?[A-Za-z]{0,3}[.,;:!?)\]%’”\"]*)"
_UNBROKEN = re.compile(rf"({_BEFORE})({_mark('X')}{_mark('M')}{_mark('Y')}|{_mark('M')})({_AFTER})")
# Possessive, and from the start of a run of white space only: hence linear.
_LINE_END = r"[^\S\n]*+\n\s*+"
_GAP_SPACE = re.compile(
    rf"(?<={CLOSE}){_LINE_END}(?={OPEN}[YH])|(?<!\s){_LINE_END}(?={_mark('HY')})"
)


def render(text: str, *, cloze: bool = False, media: Mapping[str, str] = _NO_MEDIA) -> Rendered:
    """Render a text; ``media`` maps names as authors write them to names as they are packed.

    With ``cloze``, ``{{c1::...}}`` is a gap. Never raises: what is wrong comes back as problems,
    with offsets into ``text``. A text of one paragraph comes back without a ``<p>``.
    """
    if len(text) > LONGEST:
        return Rendered(plain(text), problems=(_too_long(text),))
    given = safe(text)
    found = scan(given, cloze=cloze, media=media)
    markup = to_html(found.prose, found.tokens)
    if markup.count("</") > DEEPEST and depth(markup) > DEEPEST:
        return Rendered(plain(text), problems=(_too_deep(text, depth(markup)),))
    return Rendered(
        play(finish(_bare(_put_back(markup, found.tokens)))),
        surrounded(found, markup),
        found.problems if given == text else (*_controls(text), *found.problems),
        found.clozes,
        found.images,
    )


def _too_long(text: str) -> Problem:
    return Problem(
        "text-too-long",
        0,
        len(text),
        f"this text has {count(len(text), 'character')}",
        help=f"make it several questions; {LONGEST:,} characters are the most",
    )


def _too_deep(text: str, levels: int) -> Problem:
    return Problem(
        "text-too-deep",
        0,
        len(text),
        f"{levels} elements of this text stand within each other",
        help=f"close tags where they end, and take others out; {DEEPEST} levels are the most",
    )


def _controls(text: str) -> tuple[Problem, ...]:
    found = FORBIDDEN.search(text.replace("\r", " "))
    if found is None:
        return ()
    message = f"the character U+{ord(found[0]):04X} cannot be on a card"
    return (Problem("control-character", *found.span(), message, help="take it out"),)


def _put_back(markup: str, tokens: tuple[Token, ...]) -> str:
    """Replace the placeholders by what they stand for, in an order that keeps everything safe."""

    def put(kinds: str, markup: str) -> str:
        return PLACEHOLDER.sub(
            lambda mark: tokens[int(mark[2])].html if mark[1] in kinds else mark[0], markup
        )

    if not tokens:
        return guard_outside(split_delimiters(markup))
    markup = _LONE_BLOCK.sub(lambda block: block[1].strip(), markup)
    markup = _UNBROKEN.sub(_unbroken, markup)
    markup = split_delimiters(put("T", markup))
    markup = put("IMDF", markup)
    return put("XHY", _guarded(markup))


def _unbroken(found: re.Match[str]) -> str:
    """Keep a formula on one line with the punctuation around it."""
    return f'<span class="nw">{found[0]}</span>' if found[1] or found[3] else found[0]


def _guarded(markup: str) -> str:
    """Make sure that Anki sees the gaps we see, and no others."""
    if f"{OPEN}X" not in markup:
        return guard_outside(markup)
    depth, done = 0, []
    for piece in _GAP_MARK.split(_GAP_SPACE.sub("", markup)):
        if piece.startswith(OPEN):
            depth += {"X": 1, "Y": -1}.get(piece[1], 0)
            done.append(piece)
        else:
            done.append(guard_inside(piece) if depth else guard_outside(piece))
    return "".join(done)


def _bare(markup: str) -> str:
    single = markup.startswith("<p>") and markup.endswith("</p>") and markup.count("<p>") == 1
    return markup[3:-4].strip() if single else markup
