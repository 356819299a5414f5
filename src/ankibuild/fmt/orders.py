"""Fields in their order: what is asked, what is answered, where it is from, how it is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from pydantic import BaseModel

from ankibuild.arc import forms
from ankibuild.bank import Head
from ankibuild.curriculum import ITEM_KINDS, SOURCE_KINDS
from ankibuild.fmt.places import (
    column_of,
    comments,
    line_end,
    line_of,
    line_start,
    remarks,
)
from ankibuild.kinds import kinds
from ankibuild.schema import field_order
from ankibuild.source import Document, Items, Mapping, Node
from ankibuild.source.edit import Edit, is_flow, last_line, splice

#: Entries of the arc that start with one word and an id.
_ENTRIES: dict[str, type[BaseModel]] = {
    "parts": forms.Part,
    "decks": forms.Plan,
    "topics": forms.Topic,
}


def orders(document: Document) -> Iterable[Edit]:
    """Put the fields of banks and of the arc in order; comments move with what they are above.

    Relies on canonical columns. A mapping with a field of no known place stays as it is.
    """
    if document.root is not None:
        yield from _Fields(document).edits("", document.root)


def _order(key: str, names: set[str]) -> tuple[str, ...]:
    """Give the order of the fields of a mapping under a key; nothing if it is not known."""
    if not key:
        is_arc = "parts" in names
        return (*forms.Settings.model_fields, "parts") if is_arc else tuple(Head.model_fields)
    if key in _ENTRIES:
        return (key.removesuffix("s"), *_ENTRIES[key].model_fields)
    heads = {"questions": tuple(kinds()), "items": ITEM_KINDS, "sources": SOURCE_KINDS}
    found = [head for head in heads.get(key, ()) if head in names]
    if len(found) != 1:
        return ()
    if key == "questions":
        return field_order(kinds()[found[0]])
    return (found[0], *(forms.Item if key == "items" else forms.SourceWork).model_fields)


class _Field(Struct, frozen=True):
    """A field as it stands."""

    name: str
    lead: str
    """The lines above it, up to the field before: comments."""
    text: str
    """Everything from its key on, without the last line's end."""


class _Fields:
    """Moves fields; knows where the comments of a document are."""

    def __init__(self, document: Document) -> None:
        self.source = document.source
        self.remarks = remarks(document)
        #: Lines with a comment for the tool, which counts on the first line of a question.
        self.bound = {c.line for c in comments(document) if c.text.startswith("# ankibuild:")}

    def edits(self, key: str, node: Node) -> Iterator[Edit]:
        """Give the edits of a node that stands under ``key``, and of what is in it."""
        if is_flow(self.source.text, node):
            return
        if isinstance(node, Items):
            for item in node.items:
                yield from self.edits(key, item)
        elif isinstance(node, Mapping):
            inner = [edit for name, value in node.pairs for edit in self.edits(name.value, value)]
            moved = self.moved(node, _order(key, set(node.values)), inner)
            yield from [moved] if moved else inner

    def moved(self, node: Mapping, order: tuple[str, ...], inner: list[Edit]) -> Edit | None:
        """Write a mapping in order, its values edited; None: it is in order, or has none."""
        names = [key.value for key, _ in node.pairs]
        if not set(names) <= set(order) or names == sorted(names, key=order.index):
            return None
        fields = self.fields(node, inner)
        first, *rest = sorted(fields, key=lambda field: order.index(field.name))
        line = line_of(self.source, node.start)
        if first is not fields[0] and line in self.bound:
            return None
        start, end = line_start(self.source, line), self.end(node.pairs[-1][1], node)
        opening = self.source.text[start : node.start]
        # What stood above a field that comes first now stands above the dash.
        margin, lead = opening.partition("-")[0], first.lead.split("\n")
        above = "".join(f"{margin}{row.strip()}\n" for row in lead if row.strip())
        indent = " " * column_of(self.source, node.start)
        below = "".join(f"\n{field.lead}{indent}{field.text}" for field in rest)
        return Edit(start, end, f"{above}{opening}{first.text}{below}")

    def fields(self, node: Mapping, inner: list[Edit]) -> list[_Field]:
        """Cut a mapping into its fields, values edited; the first one's comments stay above it."""
        fields: list[_Field] = []
        at = node.start
        for key, value in node.pairs:
            start = line_start(self.source, line_of(self.source, key.start))
            lead = self.source.text[at + 1 : start]
            at = self.end(value, node)
            fields.append(_Field(key.value, lead, splice(self.source.text, inner, key.start, at)))
        return fields

    def end(self, value: Node, node: Mapping) -> int:
        """Give the end of a field's last line: a comment further right than the fields is its."""
        last = last_line(self.source, value)
        tail = self.remarks.after(last, column_of(self.source, node.start))
        return line_end(self.source, max((last, *tail)))
