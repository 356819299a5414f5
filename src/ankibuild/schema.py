"""A JSON Schema of a bank, made from the kinds: completion and hover texts for any editor."""

from __future__ import annotations

import inspect
from typing import Any

from ankibuild.bank import Head
from ankibuild.kinds import Question, kinds
from ankibuild.shape import Form


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a bank's YAML."""
    head = Head.model_json_schema()["properties"]
    questions = {"type": "array", "items": {"anyOf": [_kind(kind) for kind in kinds().values()]}}
    described = Head.model_fields["questions"].description
    properties = {name: _text(value) for name, value in head.items() if name != "questions"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A bank of ankibuild questions",
        "type": "object",
        "properties": {**properties, "questions": {**questions, "description": described}},
        "required": ["title"],
        "additionalProperties": False,
    }


def _kind(kind: type[Question]) -> dict[str, Any]:
    form = Form(kind, f"{kind.kind} question", kind.kind)
    found = kind.model_json_schema()["properties"]
    properties = {name: _text(found[form.name(name)]) for name in form.fields}
    return {
        "title": kind.kind,
        "description": (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " "),
        "type": "object",
        "properties": properties,
        "required": [n for n in form.fields if kind.model_fields[form.name(n)].is_required()],
        "additionalProperties": False,
    }


def _text(value: Any) -> Any:
    """Let an editor accept `128` and `true` where we read text: to us every scalar is text."""
    if isinstance(value, list):
        return [_text(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _text(item) for key, item in value.items() if key not in ("title", "default")}
    if kept.get("type") == "string":
        kept["type"] = ["string", "number", "boolean"]
    if "anyOf" in kept:
        options = [option for option in kept.pop("anyOf") if option != {"type": "null"}]
        kept |= options[0] if len(options) == 1 else {"anyOf": options}
    return kept


# ------------------------------------------------------------------ skeletons of `ankibuild new`


def skeleton(kind: type[Question], name: str) -> str:
    """Give the lines of a new question of a kind: its required fields, still to be written."""
    form = Form(kind, f"{kind.kind} question", kind.kind)
    required = [n for n in form.fields[1:] if kind.model_fields[n].is_required()]
    lines = [f"- {kind.kind}: {name}"]
    for field in required:
        lines += _blank(form, field)
    return "\n".join([*lines, "  at: …", "  covers: []"]) + "\n"


def _blank(form: Form[Question], field: str) -> list[str]:
    if field == "given":
        return ["  given:", "    - {x: …}", "    - {x: …}"]
    if form.is_list(field):
        return [f"  {field}:", "    - …", "    - …"]
    return [f"  {field}: …"]


def fresh_id(taken: frozenset[str], here: tuple[str, ...], bank: str) -> str:
    """Propose an id nobody has: the prefix most ids of the bank share, and a number.

    In an empty bank the prefix is the bank's name.
    """
    prefixes = [name.partition("-")[0] for name in here if "-" in name]
    prefix = max(prefixes, key=prefixes.count) if prefixes else bank
    number = 1
    while f"{prefix}-new-{number}" in taken:
        number += 1
    return f"{prefix}-new-{number}"
