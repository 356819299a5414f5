"""What a generator is: a function from a seeded source of chance to one row of a drill.

A generator's docstring has a YAML block with the rest of the question (``q``, ``a``, ``verify``);
it is documentation, the question that ``ankibuild generate`` writes, and a test.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

from msgspec import Struct

#: Numbers, words, or lists of them, as they stand in a row; a fraction is written ``3/4``.
Value = int | float | str | Fraction | list[Any]
Row = dict[str, Value]
Make = Callable[[random.Random], Row | None]

GENERATORS: dict[str, Generator] = {}
#: Attempts for each row wanted; a generator that rejects more of its rows than this is wrong.
PATIENCE = 400


class ExhaustedError(Exception):
    """A generator cannot make as many different rows as were asked for."""


class Generator(Struct, frozen=True):
    """A named generator; ``template`` is the YAML of a drill without its id and rows."""

    name: str
    make: Make
    summary: str
    template: str

    def rows(self, number: int, seed: int) -> tuple[Row, ...]:
        """Make ``number`` different rows, always the same for a seed.

        Raise ExhaustedError if the generator does not know so many.
        """
        rng = random.Random(f"{self.name}/{seed}")  # noqa: S311 - repeatable, not secret
        found: dict[str, Row] = {}
        for _ in range(PATIENCE * number):
            if len(found) == number:
                break
            row = self.make(rng)
            if row is not None:
                found.setdefault(write_row(row), row)
        if len(found) < number:
            raise ExhaustedError(f"`{self.name}` knows only {len(found)} different rows")
        return tuple(found.values())


def generator(make: Make) -> Make:
    """Register a generator under its function's name, with hyphens.

    The function returns None for a row that is impossible, ambiguous or unkind: it tries again.
    """
    text = inspect.getdoc(make) or ""
    block = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    name = make.__name__.replace("_", "-")
    template = block.group(1) if block else ""
    summary = " ".join(text.split("\n\n")[0].split())
    GENERATORS[name] = Generator(name, make, summary, template)
    return make


@cache
def generators() -> dict[str, Generator]:
    """Give every generator by name; a new file in this folder needs no other line."""
    from ankibuild import generate

    for module in pkgutil.iter_modules(generate.__path__):
        importlib.import_module(f"{generate.__name__}.{module.name}")
    return dict(sorted(GENERATORS.items()))


def write_row(row: Row) -> str:
    """Write a row as YAML flow, the way people write it: ``{A: [[4, 1], [1, 4]], low: 3}``."""
    return "{" + ", ".join(f"{name}: {_write(value)}" for name, value in row.items()) + "}"


def _write(value: Value) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_write, value)) + "]"
    text = str(value)
    # In flow style these would end or change the value.
    if isinstance(value, str) and re.search(r"[\[\]{},:#'\"]|^[-?&*!|>%@` ]|^$", text):
        return "'" + text.replace("'", "''") + "'"
    return text
