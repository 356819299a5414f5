"""From nodes to pydantic models; pydantic's errors become diagnostics with a place.

What can be said better from the nodes (a misspelt field, a list where a text belongs) is said
here, before pydantic sees the values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import islice
from typing import Any, Generic, TypeVar, get_args, get_origin

from msgspec import Struct
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ankibuild.diagnostics import MOST_ERRORS, Diagnostic, suggest
from ankibuild.source import Broken, Document, Items, Mapping, Node, Text, find, plain_value

M = TypeVar("M", bound=BaseModel)

#: What people write for a field that has another name here.
SYNONYMS = {
    "question": "q",
    "front": "q",
    "prompt": "q",
    "task": "q",
    "answer": "a",
    "back": "a",
    "solution": "a",
    "code": "program",
    "prints": "output",
    "time": "at",
    "timestamp": "at",
    "link": "url",
    "licence": "license",
    "place": "at",
    "sources": "source",
    "items": "covers",
    "steps": "lines",
    "rows": "given",
    "values": "given",
    "note": "extra",
    "check": "verify",
    "checklist": "rubric",
}


class Form(Struct, Generic[M], frozen=True, eq=False, dict=True):
    """What a mapping in a file must look like: a model, and how to talk about it.

    ``head`` is the key that gives the model's ``id``, when the mapping starts with its kind;
    ``hidden`` are fields that an author does not write.
    """

    model: type[M]
    noun: str
    head: str | None = None
    hidden: tuple[str, ...] = ("id",)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The keys an author may write, the head first, then what is required."""
        return tuple(self._traits)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The keys an author must write."""
        return tuple(filter(self.is_required, self.fields))

    def name(self, key: str) -> str:
        """Give the model's name for an author's key."""
        return "id" if key == self.head else key

    def is_list(self, key: str) -> bool:
        """Tell whether a field is a list."""
        return self._traits[key].is_list

    def is_list_of_texts(self, key: str) -> bool:
        """Tell whether a field is a list of texts (and not of mappings)."""
        return self._traits[key].is_list_of_texts

    def is_required(self, key: str) -> bool:
        """Tell whether a field must be there."""
        return self._traits[key].is_required

    def is_markdown(self, key: str) -> bool:
        """Tell whether a field is rendered, so that `- ` begins an entry of a list on the card."""
        return self._traits[key].is_markdown

    @cached_property
    def _traits(self) -> dict[str, _Trait]:
        names = [name for name in self.model.model_fields if name not in self.hidden]
        found = {name: _trait(self.model.model_fields[name]) for name in names}
        first = {self.head: _trait(self.model.model_fields["id"])} if self.head else {}
        required = {name: trait for name, trait in found.items() if trait.is_required}
        return {**first, **required, **found}


class _Trait(Struct, frozen=True):
    """What a form asks of one field."""

    is_required: bool
    is_list: bool
    is_list_of_texts: bool
    is_markdown: bool


def _trait(field: FieldInfo) -> _Trait:
    is_list = get_origin(field.annotation) is tuple
    inner = get_args(field.annotation)[0] if is_list else None
    texts = inner is not None and get_origin(inner) is not dict
    return _Trait(field.is_required(), is_list, texts, _is_markdown(field))


def _is_markdown(field: FieldInfo) -> bool:
    """Tell whether a field, or one way of filling it, is marked as :data:`kinds.base.Markdown`."""
    options = [getattr(option, "__metadata__", ()) for option in get_args(field.annotation)]
    marks = [field, *(mark for option in options for mark in option)]
    return any(getattr(mark, "json_schema_extra", None) == {"format": "markdown"} for mark in marks)


def build(
    document: Document, node: Node, form: Form[M], made: dict[str, object] | None = None
) -> tuple[M | None, list[Diagnostic]]:
    """Build a model from a mapping; ``made`` are values of fields that the caller has read.

    Returns None beside at least one diagnostic when the mapping is not sound (none when the parser
    has reported it already).
    """
    if isinstance(node, Broken):
        return None, []
    if not isinstance(node, Mapping):
        return None, [_not_a_mapping(document, node, form)]
    problems = [*islice(_unknown(document, node, form), MOST_ERRORS)]
    problems += _missing(document, node, form, problems)
    wrong = _wrong_shapes(document, node, form, set(made or ()))
    problems += wrong.values()
    values = _values(node, form, set(wrong) | set(made or ()))
    model, more = _validate(document, node, form, {**values, **(made or {})})
    if more:
        known = {key.value for key, value in node.pairs if _broken(value)} | set(wrong)
        missing = {name for name in form.fields if node.key(name) is None}
        problems += [problem for key, problem in more if key not in known and key not in missing]
    return (None if problems or model is None else model), problems


def _broken(node: Node) -> bool:
    """Tell whether something in a value could not be read, which the parser has reported."""
    if isinstance(node, Text):
        return False
    if isinstance(node, Items):
        return any(map(_broken, node.items))
    if isinstance(node, Mapping):
        return any(_broken(value) for _, value in node.pairs)
    return True


def _values(node: Mapping, form: Form[M], skip: set[str]) -> dict[str, object]:
    return {
        form.name(key.value): plain_value(value)
        for key, value in node.pairs
        if key.value in form.fields and key.value not in skip and not _broken(value)
    }


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _not_a_mapping(document: Document, node: Node, form: Form[M]) -> Diagnostic:
    span = document.span(node).first_line()
    if form.head is None:
        message = f"{_article(form.noun)} starts with `{form.fields[0]}:`, and this does not"
        return Diagnostic("wrong-shape", message, span, "", f"write `{form.fields[0]}:` above it")
    message = f"{_article(form.noun)} has fields, and here are none"
    help_text = f"write `- {form.head}: its-id` and its fields under it"
    return Diagnostic("wrong-shape", message, span, "", help_text)


def _unknown(document: Document, node: Mapping, form: Form[M]) -> Iterable[Diagnostic]:
    if all(key.value in form.fields for key, _ in node.pairs):
        return
    missing = [name for name in form.fields if node.key(name) is None]
    synonyms = {
        word: name
        for word, name in SYNONYMS.items()
        if name in form.fields and word not in form.fields
    }
    for key, value in node.pairs:
        if key.value in form.fields or (key.value == "<<" and _broken(value)):
            continue
        guess = suggest(key.value, [*missing, *form.fields, *synonyms])
        meant = synonyms.get(guess or "", guess)
        needed = meant in missing and form.is_required(meant)
        state = ", which is missing?" if needed else "?"
        listed = f"fields of {form.noun.removesuffix(' question')}: {', '.join(form.fields)}"
        yield Diagnostic(
            "unknown-field",
            f"{_article(form.noun)} has no field `{key.value}`",
            document.span(key),
            "not a field",
            f"did you mean `{meant}`{state}\n{listed}" if meant else listed,
        )


def _missing(
    document: Document, node: Mapping, form: Form[M], unknown: list[Diagnostic]
) -> Iterable[Diagnostic]:
    for key in form.required:
        if node.key(key) is not None:
            continue
        meant = any(
            f"did you mean `{key}`, which is missing" in problem.help for problem in unknown
        )
        if meant:
            continue
        head = node.pairs[0][0] if node.pairs else None
        shape = f"{key}: […]" if form.is_list(key) else f"{key}: …"
        yield Diagnostic(
            "missing-field",
            f"this {form.noun} has no `{key}`",
            document.span(head) if head else document.span(node),
            f"`{key}` is required",
            f"add a line `{shape}` under it" if form.head else f"add a line `{shape}`",
        )


def _wrong_shapes(
    document: Document, node: Mapping, form: Form[M], skip: set[str]
) -> dict[str, Diagnostic]:
    found: dict[str, Diagnostic] = {}
    for key, value in node.pairs:
        name = key.value
        if name not in form.fields or name in skip or _broken(value):
            continue
        if form.is_list(name):
            problem = _wrong_list(document, name, value, form)
        elif not isinstance(value, Text):
            problem = _not_a_text(document, name, value, form)
        else:
            continue
        if problem:
            found[name] = problem
    return found


def _wrong_list(document: Document, name: str, value: Node, form: Form[M]) -> Diagnostic | None:
    rule = "bad-tags" if name == "tags" else "wrong-shape"
    if not isinstance(value, Items):
        return _not_a_list(document, rule, name, value, form)
    for item in value.items:
        if form.is_list_of_texts(name):
            if not isinstance(item, Text):
                return _not_a_text_item(document, rule, name, item)
        elif problem := _wrong_row(document, name, item):
            return problem
    return None


def _not_a_list(document: Document, rule: str, name: str, value: Node, form: Form[M]) -> Diagnostic:
    span = document.span(value).first_line()
    if isinstance(value, Mapping) and form.is_list_of_texts(name):
        help_text = f"for example `{name}: [one, two]`"
        return Diagnostic(rule, f"`{name}` is a list", span, "a mapping", help_text)
    if isinstance(value, Text) and name in ("tags", "covers", "topics", "sources"):
        words = [word.strip() for word in re.split(r"[,\n]", value.value) if word.strip()]
        return Diagnostic(
            rule, f"`{name}` is a list", span, "one text", f"write `{name}: [{', '.join(words)}]`"
        )
    entries = value.value.splitlines() if isinstance(value, Text) else [span.text]
    listed = "\n".join(f"  - {entry.strip()}" for entry in _few(entries or ["…"]))
    label = "one text" if isinstance(value, Text) else "a mapping"
    help_text = f"start each entry with `- `:\n{name}:\n{listed}"
    return Diagnostic(rule, f"`{name}` is a list", span, label, help_text)


def _few(lines: list[str]) -> list[str]:
    return lines if len(lines) <= 4 else [*lines[:3], "…"]


def _wrong_row(document: Document, name: str, row: Node) -> Diagnostic | None:
    """Find what a row of named values must not be or hold."""
    span = document.span(row).first_line()
    if not isinstance(row, Mapping):
        label = "a text" if isinstance(row, Text) else "a list"
        help_text = "write `- {x: 1, y: 2}`, with the names of the other entries"
        message = f"an entry of `{name}` has names and values"
        return Diagnostic("wrong-shape", message, span, label, help_text)
    for key, value in row.pairs:
        wrong = _deep(value, 2)
        if wrong is not None:
            message = f"`{key.value}` is a value, a list, or a list of lists"
            label = "a mapping" if isinstance(wrong, Mapping) else "one list too many"
            help_text = f"for example `{key.value}: [1, 2]`"
            return Diagnostic(
                "wrong-shape", message, document.span(wrong).first_line(), label, help_text
            )
    return None


def _deep(node: Node, levels: int) -> Node | None:
    """Find a mapping, or a list more than ``levels`` deep, in a value."""
    if isinstance(node, Mapping) or (isinstance(node, Items) and not levels):
        return node
    found = (_deep(item, levels - 1) for item in (node.items if isinstance(node, Items) else ()))
    return next((wrong for wrong in found if wrong), None)


def _not_a_text(document: Document, name: str, value: Node, form: Form[M]) -> Diagnostic:
    span = document.span(value)
    label = "a list" if isinstance(value, Items) else "a mapping"
    if name == form.head:
        help_text = f"for example `{name}: bn-why-eps`"
        return Diagnostic("bad-id", "an id is one word", span.first_line(), label, help_text)
    if not _has_entries(value):
        message = f"`{name}` is empty"
        help_text = _fill(form, name, message)
        return Diagnostic("empty-field", message, span.first_line(), label, help_text)
    texts = _texts(value)
    if texts and not form.is_markdown(name):
        rows = texts
    else:
        rows = [row.removeprefix(" " * (span.column - 1)) for row in span.text.splitlines()]
    block = "\n".join(f"  {row}" for row in _few(rows))
    return Diagnostic(
        "wrong-shape",
        f"`{name}` is a text",
        span.first_line(),
        label,
        f"put the text in a block:\n{name}: |\n{block}",
    )


def _has_entries(value: Node) -> bool:
    """Tell whether a list or a mapping has something in it."""
    entries = value.items if isinstance(value, Items) else ()
    return bool(value.pairs if isinstance(value, Mapping) else entries)


def _texts(value: Node) -> list[str]:
    """Give the lines of a list of texts; nothing of anything else."""
    items = value.items if isinstance(value, Items) else ()
    lines = [line for item in items if isinstance(item, Text) for line in item.value.splitlines()]
    return lines if all(isinstance(item, Text) for item in items) else []


def _not_a_text_item(document: Document, rule: str, name: str, item: Node) -> Diagnostic:
    span = document.span(item).first_line()
    text = " ".join(span.text.split())
    return Diagnostic(
        rule,
        f"an entry of `{name}` is a text",
        span,
        "read as a mapping: a `: ` does that" if isinstance(item, Mapping) else "a list",
        f"put the text in a block:\n- |\n  {text}",
    )


# ------------------------------------------------------------------ pydantic


def _validate(
    document: Document, node: Mapping, form: Form[M], values: dict[str, object]
) -> tuple[M | None, list[tuple[str, Diagnostic]]]:
    try:
        return form.model.model_validate(values), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        details: list[dict[str, Any]] = [{**detail} for detail in found[:MOST_ERRORS]]
    # Pydantic counts sound entries only: with an unsound one, "too few" is not another mistake.
    inside = {detail["loc"][0] for detail in details if len(detail["loc"]) > 1}
    problems: dict[tuple[str, int], tuple[str, Diagnostic]] = {}
    for detail in details:
        if detail["type"] == "too_short" and detail["loc"][0] in inside:
            continue
        key, problem = _explain(document, node, form, detail)
        problems.setdefault((key, problem.span.start), (key, problem))
    return None, list(problems.values())


def _explain(
    document: Document, node: Mapping, form: Form[M], detail: dict[str, Any]
) -> tuple[str, Diagnostic]:
    context = detail.get("ctx", {})
    route = tuple(context.get("place") or detail["loc"]) or ("id",)
    key = form.head if route[0] == "id" and form.head else str(route[0])
    place = find(node, (key, *route[1:]))
    chars = context.get("chars")
    span = document.span(place, *chars) if chars else document.span(place).first_line()
    if detail["type"] == "ankibuild":
        message = context["message"] or f"`{key}` is empty"
        help_text = context["help"] or _fill(form, key, message)
        return key, Diagnostic(context["rule"], message, span, context["label"], help_text)
    if detail["type"] == "too_short":
        message = f"`{key}` has fewer than {context['min_length']} entries"
        help_text = f"add the missing ones, each with `- ` under `{key}:`"
        return key, Diagnostic("too-few", message, span, "", help_text)
    name = form.noun.removesuffix(" question")
    message = f"`{key}` cannot be read as part of {_article(name)}"
    help_text = f"fields of {name}: {', '.join(form.fields)}"
    return key, Diagnostic("wrong-shape", message, span, "", help_text)


def _fill(form: Form[M], key: str, message: str) -> str:
    if not message.endswith("is empty"):
        return ""
    return "write it" if form.is_required(key) else f"write it, or remove `{key}:`"
