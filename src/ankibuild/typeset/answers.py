"""What is asked of an engine, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

Request = Mapping[str, object]
#: How to start an engine.
Command = Sequence[str]


class Answer(Struct, frozen=True, array_like=True, omit_defaults=True):
    """What came out: a result, or MathJax's error as id, message, and characters read till then."""

    result: Any = None
    error: tuple[str, str, int | None] | None = None


class Verdict(Answer, frozen=True):
    """An answer whose result is the width of a formula in em; 0 of one on a line of its own."""

    result: float = 0.0
