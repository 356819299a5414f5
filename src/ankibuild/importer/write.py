"""Banks as YAML text, laid out as `ankibuild fmt` does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ankibuild.importer.own import Value
from ankibuild.kinds import kinds
from ankibuild.schema import field_order
from ankibuild.source import plain_value, read
from ankibuild.source.write import WIDTH, scalar

#: Lists of ids, which stand in brackets.
_IDS = ("tags", "topics")


def field(key: str, value: Value, column: int) -> str:
    """Write a key in ``column``, and its value."""
    if isinstance(value, str):
        return f"{key}: {scalar(value, column, WIDTH - column - len(key) - 2)}"
    if key in _IDS:
        line = f"{key}: [{', '.join(map(str, value))}]"
        if column + len(line) <= WIDTH:
            return line
    return f"{key}:" + "".join(_item(item, column + 2) for item in value)


def _item(item: str | Mapping[str, str], column: int) -> str:
    """Write an item of a list whose dashes stand in ``column``."""
    start = f"\n{' ' * column}- "
    if isinstance(item, str):
        return start + scalar(item, column, WIDTH - column - 2)
    rows = (field(key, text, column + 2) for key, text in item.items())
    return start + f"\n{' ' * (column + 2)}".join(rows)


def entry(head: tuple[str, str], values: Mapping[str, Value], order: Iterable[str]) -> str:
    """Write an item of a list that stands two columns in; fields without a value are left out."""
    rows = [f"  - {field(*head, 4)}"]
    rows += [f"    {field(key, values[key], 4)}" for key in order if values.get(key)]
    return "\n".join(rows) + "\n"


def require_same(text: str, said: Iterable[Mapping[str, Value]]) -> None:
    """Raise RuntimeError, a bug of ours, if the questions of a bank would not be read as they are.

    ``said`` are the fields of each.
    """
    document = read("", text.encode("utf-8"))
    found = plain_value(document.root) if document.root else None
    wanted = [{key: _plain(value) for key, value in one.items()} for one in said]
    if document.problems or not isinstance(found, dict) or found["questions"] != wanted:
        raise RuntimeError("a bank would not be read as it was written")


def _plain(value: Value) -> object:
    if isinstance(value, str):
        return value
    return [item if isinstance(item, str) else dict(item) for item in value]


def question(kind: str, name: str, values: Mapping[str, Value]) -> str:
    """Write a question; its fields get their order."""
    return entry((kind, name), values, field_order(kinds()[kind])[1:])


def listing(key: str, entries: Iterable[str]) -> str:
    """Write a list of entries that are apart from each other."""
    return "\n".join([f"{key}:\n", *entries])


def bank(title: str, questions: Iterable[str]) -> str:
    """Write a bank."""
    return f"{field('title', title, 0)}\n\n{listing('questions', questions)}"
