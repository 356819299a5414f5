"""One skill, another instance every day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ankibuild.diagnostics import did_you_mean
from ankibuild.kinds.base import Markdown, NotetypeKey, Question, Render, refuse

# A number or word, a list of them, or a list of lists: what a formula can show.
Value = str | tuple[str, ...] | tuple[tuple[str, ...], ...]
Row = dict[str, Value]

#: Characters of one text in all rows together: ten cards full of text.
MOST_CHARACTERS = 200_000


class Drill(Question):
    """One skill on ONE card that shows another row of numbers every day.

    `@{x}` puts in a row's value; `@{x|filter}` formats it as TeX: `matrix`, `vector`, `row`,
    `tuple`, `fraction`, `signed`, `paren`.

    ```yaml
    - drill: eig-symmetric-2x2
      q: What are the eigenvalues of $@{A|matrix}$?
      a: $@{low}$ and $@{high}$
      given:
        - {A: [[4, 1], [1, 4]], low: 3, high: 5}
        - {A: [[2, 5], [5, 2]], low: -3, high: 7}
      verify: |
        assert np.allclose(np.linalg.eigvalsh(A), [low, high])
    ```
    """

    kind: ClassVar[str] = "drill"
    notetype: ClassVar[NotetypeKey] = "drill"
    order: ClassVar[int] = 8

    q: Markdown = Field(description="The question, with `@{name}` for what a row gives.")
    a: Markdown = Field(description="The answer, with `@{name}` for what a row gives.")
    given: tuple[Row, ...] = Field(min_length=2, description="The rows: the same names in each.")

    @model_validator(mode="after")
    def _rows_give_values(self) -> Drill:
        for number, row in enumerate(self.given):
            for name, value in row.items():
                _check_value(number, name, value)
        return self

    @model_validator(mode="after")
    def _rows_agree(self) -> Drill:
        # Those of most rows: a name that is forgotten in the first is there in the others.
        ((names, _),) = Counter(frozenset(row) for row in self.given).most_common(1)
        listed = next(row for row in self.given if set(row) == names)
        for number, row in enumerate(self.given):
            if set(row) != names:
                missing, more = sorted(names - set(row)), sorted(set(row) - names)
                what = f"has no `{missing[0]}`" if missing else f"has another name, `{more[0]}`"
                raise refuse(
                    "drill-rows",
                    f"this row {what}",
                    "unlike the other rows",
                    f"every row gives the same names: {', '.join(listed)}",
                    place=("given", number),
                )
        return self

    @model_validator(mode="after")
    def _slots_are_known(self) -> Drill:
        names = self.given[0]
        for name, text in self._texts():
            for found in SLOT.finditer(text):
                _check_slot(name, found, names)
            _check_closed(name, text)
        return self

    @model_validator(mode="after")
    def _rows_fit(self) -> Drill:
        for name, text in self._texts():
            if (size := _filled_size(text, self.given)) > MOST_CHARACTERS:
                raise refuse(
                    "text-too-long",
                    f"with all its rows, this text has {size:,} characters",
                    "",
                    f"give fewer rows or shorter values; {MOST_CHARACTERS:,} are the most",
                    place=(name,),
                )
        return self

    def _texts(self) -> tuple[tuple[str, str], ...]:
        """Give the names and the texts of the fields that may have slots."""
        asides = (("extra", self.extra or ""), ("hint", self.hint or ""))
        return (("q", self.q), ("a", self.a), *asides)

    def front(self, render: Render) -> str:
        """Show the question, once a row."""
        return self._each(render, "q", self.q)

    def back(self, render: Render) -> str:
        """Show the answer, once a row."""
        return self._each(render, "a", self.a)

    def aside(self, render: Render, field: str, text: str) -> str:
        """Show the remark, once a row if it names what a row gives."""
        if SLOT.search(text):
            return self._each(render, field, text)
        return super().aside(render, field, text)

    def _each(self, render: Render, field: str, text: str) -> str:
        filled = (render((field,), fill(text, row), derived=True) for row in self.given)
        return '<div class="rows">' + "".join(f"<div>{html}</div>" for html in filled) + "</div>"


# ------------------------------------------------------------------ slots

#: Its name and, after a bar, its filter, both without blanks around them.
SLOT = re.compile(r"@\{ *+((?:[^{}| ]| ++(?![}|]))*+) *+(?:\| *+((?:[^{} ]| ++(?!\}))*+) *+)?+\}")


def fill(text: str, row: Row) -> str:
    """Put a row's values into the slots of a text."""

    def value(found: re.Match[str]) -> str:
        return FILTERS[found.group(2) or "text"](row[found.group(1)])

    return SLOT.sub(value, text)


def _filled_size(text: str, rows: Sequence[Row]) -> int:
    """Give about how many characters a text has in all rows together, without filling it."""
    slots = Counter(found.group(1) for found in SLOT.finditer(text))
    return sum(
        len(text) + sum(times * len(_plain(row[name])) for name, times in slots.items())
        for row in rows
    )


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else f"[{', '.join(map(_plain, value))}]"


def _matrix(value: Value) -> str:
    rows = value if isinstance(value, tuple) else (value,)
    return _grid(r if isinstance(r, tuple) else (r,) for r in rows)


def _grid(rows: Iterable[tuple[str, ...]]) -> str:
    body = r" \\ ".join(" & ".join(map(_fraction, row)) for row in rows)
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _row(value: Value) -> str:
    return _grid([_flat(value)])


def _flat(value: Value) -> tuple[str, ...]:
    return tuple(map(_plain, value)) if isinstance(value, tuple) else (value,)


def _tuple(value: Value) -> str:
    items = _flat(value)
    inside = ", ".join(map(_fraction, items))
    return f"({inside},)" if len(items) == 1 else f"({inside})"


def _fraction(value: Value) -> str:
    text = _plain(value)
    found = re.fullmatch(r"(-?)(\d+)/(\d+)", text)
    return rf"{found[1]}\frac{{{found[2]}}}{{{found[3]}}}" if found else text


def _signed(value: Value) -> str:
    text = _plain(value)
    return f"- {_fraction(text[1:])}" if text.startswith("-") else f"+ {_fraction(text)}"


def _paren(value: Value) -> str:
    text = _plain(value)
    return f"({_fraction(text)})" if text.startswith("-") else _fraction(text)


FILTERS: dict[str, Callable[[Value], str]] = {
    "text": _plain,
    "matrix": _matrix,
    "vector": _matrix,
    "row": _row,
    "tuple": _tuple,
    "fraction": _fraction,
    "signed": _signed,
    "paren": _paren,
}


def _check_value(number: int, name: str, value: Value) -> None:
    """Refuse a name that `verify` could not use, and a value that is not there."""
    if not name.isidentifier():
        key, colon, rest = name.partition(":")
        help_text = "letters, digits and `_`, as in `{x: 1}`"
        if colon:
            help_text = f"put a space after the colon: `{key}: {rest.strip()}`"
        message = f"`{name}` cannot be the name of a value"
        raise refuse("drill-rows", message, "", help_text, place=("given", number))
    if value in ("", "…"):
        message = f"this row gives no value for `{name}`"
        help_text = f"write it: `{name}: …`"
        raise refuse("empty-field", message, "", help_text, place=("given", number, name))


def _check_slot(field: str, found: re.Match[str], names: Row) -> None:
    name, form = found.group(1), found.group(2)
    if name not in names:
        raise _unknown(field, found, "unknown-slot", name, names)
    if form is not None and form not in FILTERS:
        raise _unknown(field, found, "unknown-filter", form, FILTERS)


def _check_closed(field: str, text: str) -> None:
    """Refuse a slot without its closing brace: the learner would see it as it is typed."""
    closed = {found.start() for found in SLOT.finditer(text)}
    for found in re.finditer(r"@\{", text):
        if found.start() not in closed:
            raise refuse(
                "unknown-slot",
                "this `@{` is never closed",
                "opens a slot",
                "close it with `}`, as in `@{x}`",
                place=(field,),
                chars=found.span(),
            )


def _unknown(
    field: str, found: re.Match[str], rule: str, name: str, options: Iterable[str]
) -> PydanticCustomError:
    what = rule.removeprefix("unknown-")
    listed = f"{what}s: {', '.join(options)}"
    guess = did_you_mean(name, options)
    return refuse(
        rule,
        f"there is no filter `{name}`" if what == "filter" else f"no row gives a `{name}`",
        "" if what == "filter" else "not in `given`",
        f"{guess}\n{listed}" if guess else listed,
        place=(field,),
        chars=found.span(),
    )
