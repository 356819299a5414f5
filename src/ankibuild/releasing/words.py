"""Words that sentences about a release have in common."""

from __future__ import annotations

from collections.abc import Iterable

#: Names that stand in a sentence; of more, only the number is said.
MOST_NAMED = 5


def few(names: Iterable[str]) -> str:
    """List names in a sentence, or the first ones and how many more there are."""
    shown = list(names)
    more = [f"{len(shown) - MOST_NAMED:,} more"] if len(shown) > MOST_NAMED else []
    return ", ".join([*shown[:MOST_NAMED], *more])


def quoted(names: Iterable[str]) -> str:
    """List names of ours between backticks."""
    return few(f"`{name}`" for name in names)
