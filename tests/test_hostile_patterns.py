"""No text takes long: every regular expression of the package, attacked with texts made for it.

And every lexer that colors code: their expressions are not ours, so it is their time that counts.
"""

from __future__ import annotations

import re
import signal
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from ankibuild.markdown import code, highlight
from ankibuild.source import LONGEST
from regexes import CORPUS, Found, attacks, patterns

#: Seconds of processor time for the longest text that any room lets through. What is linear takes
#: a few thousandths of one.
BOUND = 1.0
#: A text this long shows which attacks are worth the longest one.
SHORT, SUSPICIOUS = 4000, 0.02

#: Patterns that never see what an author has typed, or never much of it, and why.
TRUSTED = {
    "ankibuild.cards._HTML": "sees HTML that we have cleaned: a `<` in it starts a tag",
    "ankibuild.cards._MATHJAX": "sees HTML that we have made: a formula in it ends",
    "ankibuild.cards._TAG": "sees our own templates",
    "ankibuild.diff.headline._FIGURE": "sees the first characters of a text only",
    "ankibuild.site.faces._ID": "sees our own templates",
    "ankibuild.site.formulas._TOKEN": "sees HTML that we have cleaned",
    "ankibuild.site.index._TAG": "sees HTML that we have cleaned",
    "ankibuild.site.index._FORMULA": "sees HTML that we have made: a formula in it ends",
    "ankibuild.site.style._RULE": "sees our own style",
    "ankibuild.markdown.escape._TAG_OR_DELIMITER": "sees HTML that we have cleaned",
}


class TooLongError(Exception):
    """A pattern has used up its time."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raise TooLongError after some processor time; a pattern looks up from its work for that."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def spent(found: Found, text: str, most: float) -> float:
    """Give the processor time that a pattern takes for a text, in seconds; stop after ``most``."""
    pattern = found.pattern
    data = text.encode("utf-8") if isinstance(pattern.pattern, bytes) else text
    began = time.process_time()
    try:
        with limit(most):
            if found.searches:
                deque(pattern.finditer(data), maxlen=0)
            else:
                pattern.match(data)
    except TooLongError:
        return most
    return time.process_time() - began


def slow(found: Found) -> str:
    """Give the beginning of a text for which a pattern takes too long, and what comes again."""
    for one in (*attacks(found.pattern), *(("", pump, "") for pump in CORPUS)):
        short, long = (
            one[0] + one[1] * (size // len(one[1])) + one[2] for size in (SHORT, LONGEST)
        )
        if spent(found, short, BOUND) > SUSPICIOUS and spent(found, long, BOUND) >= BOUND:
            return f"{one[0]!r} and many {one[1]!r}"
    return ""


def test_no_pattern_takes_long() -> None:
    found = [one for one in patterns() if one.place not in TRUSTED]
    assert len(found) > 250
    assert {one.place: text for one in found if (text := slow(one))} == {}


@pytest.mark.parametrize(
    "text", [r"(a+)+b", r"(?:a|a)*b", r"\s*\n\s*x", r"\{\{(.*?)\}\}", r"a*a*b"]
)
def test_the_attacks_find_what_takes_long(text: str) -> None:
    assert slow(Found("here", re.compile(text), searches=True))


def test_what_is_trusted_is_there() -> None:
    assert set(TRUSTED) <= {one.place for one in patterns()}


# ------------------------------------------------------------------ lexers

#: The start of a program, and what is repeated in it: what takes some lexer a long time.
PROGRAMS = (
    *(("", pump) for pump in ("\n", " \n", "0", "a ", "//", "a.", '"\\', "<")),
    *(("a", "\n"), ('"', "\\\\"), ("'", "\\0"), ("$'", "\\0"), ("CMD", "\t"), ("a ", " \n")),
)


@pytest.mark.parametrize("language", ["c", "cpp", "cuda"])
def test_no_run_of_blanks_takes_long(language: str) -> None:
    """A text holds ten such programs, and it has two seconds."""
    assert "<span" in code("int a;" + " " * 150 + "// A remark.", language)
    with limit(BOUND / 10):
        shown = code("a " + " \n" * (highlight.LONGEST // 2 - 10) + "b", language)
    assert "<span" not in shown


@pytest.mark.parametrize("language", highlight.languages())
def test_no_program_takes_long_to_color(language: str) -> None:
    assert highlight.is_known(language)
    for start, pump in PROGRAMS:
        with limit(BOUND):
            code((start + pump * highlight.LONGEST)[: highlight.LONGEST], language)
