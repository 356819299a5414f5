"""JSON Schemas of banks and of the arc's files, made from the models: completion and hover texts.

Editors read YAML as YAML: to them `at: 5` is a number and `answer: true` a truth value, where to us
every scalar is text. So a schema asks for scalars. What refers to something in the project, as
`source` does, completes what there is and accepts any text: saying that it does not exist is for
``check``, which knows the project as it is now.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from ankibuild.arc import forms
from ankibuild.bank import Head
from ankibuild.curriculum import ITEM_KINDS, LEVELS, SOURCE_KINDS
from ankibuild.kinds import Question, kinds
from ankibuild.project import Project
from ankibuild.shape import Form

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: What an id looks like to :func:`~ankibuild.kinds.base.check_id`.
SLUG = "^[a-z0-9]+(-[a-z0-9]+)*$"

Schema = dict[str, Any]
#: What files can refer to: sources, items, topics and tags by id, each with what it is.
Known = Mapping[str, Mapping[str, str]]

_SCALARS = ["string", "number", "boolean"]
_WORD: Schema = {"type": ["string", "number"]}
_ID: Schema = {**_WORD, "pattern": SLUG}
#: Fields that hold ids, by what the ids are of.
_REFERENCES = {
    "source": "sources",
    "sources": "sources",
    "covers": "items",
    "topics": "topics",
    "tags": "tags",
}
#: What follows a question's own fields; the rows of a drill stand beside their check.
_LAST = ("hint", "extra", "source", "at", "covers", "tags", "given", "verify", "guid")


def known(project: Project, tags: Iterable[str]) -> Known:
    """Collect what the files of a project can refer to; ``tags`` are those that it has."""
    return {
        "sources": {name: work.title for name, work in project.sources.items()},
        "items": {name: item.ask for name, item in project.curriculum.items.items()},
        "topics": {name: topic.title for name, topic in project.curriculum.topics.items()},
        "tags": dict.fromkeys(sorted(tags), ""),
    }


def files(names: Known = MappingProxyType({})) -> dict[str, str]:
    """Give the text of every schema by its file's name; ``names`` is what they can refer to."""
    made = {
        "bank": schema(names),
        "curriculum": _file("The arc of a project", _curriculum(names), names),
        "part": _file("The topics of a part", {"topics": _list(_topic(names))}, names),
        "sources": _file("The sources of a project", {"sources": _list(_source())}, {}),
    }
    return {
        f"{name}.schema.json": json.dumps(value, indent=2, ensure_ascii=False) + "\n"
        for name, value in made.items()
    }


def schema(names: Known = MappingProxyType({})) -> Schema:
    """Give the JSON Schema (2020-12) of a bank's YAML; ``names`` is what it can refer to."""
    properties = _fields(Head, Head.model_fields, names)
    properties["questions"] |= _list({"anyOf": [_kind(kind, names) for kind in kinds().values()]})
    return _file("A bank of ankibuild questions", properties, names, ("title",))


def _file(title: str, properties: Schema, names: Known, required: Iterable[str] = ()) -> Schema:
    lists = {"$defs": choices} if (choices := _choices(names)) else {}
    return {"$schema": DIALECT, "title": title, **_object(properties, required), **lists}


# ------------------------------------------------------------------ banks


def field_order(kind: type[Question]) -> tuple[str, ...]:
    """Give the keys of a question in the order in which they are written, the kind first."""
    own = (name for name in kind.model_fields if name not in Question.model_fields)
    return (kind.kind, *(name for name in own if name not in _LAST), *_LAST)


def _kind(kind: type[Question], names: Known) -> Schema:
    form = Form(kind, f"{kind.kind} question", kind.kind)
    described = inspect.getdoc(kind) or ""
    about_id = kind.model_fields["id"].description
    head = {**_ID, **_words(f"{described}\n\n{about_id}")}
    fields = [name for name in field_order(kind)[1:] if name in form.fields]
    required = [name for name in form.fields if form.is_required(name)]
    properties = {kind.kind: head, **_fields(kind, fields, names)}
    return {"title": kind.kind, **_words(described), **_object(properties, required)}


# ------------------------------------------------------------------ the arc


def _curriculum(names: Known) -> Schema:
    decks = _object(_fields(forms.Plan, forms.Plan.model_fields, names), forms.Plan.model_fields)
    about = _fields(forms.Part, ("deck", "title"), names)
    part = {"part": _ID, **about, "decks": _list(decks), "topics": _list(_topic(names))}
    parts = _list(_object(part, ("part", "deck", "title")))
    return {**_fields(forms.Settings, forms.Settings.model_fields, names), "parts": parts}


def _topic(names: Known) -> Schema:
    heads = dict.fromkeys(ITEM_KINDS, _WORD)
    item = _object({**heads, **_fields(forms.Item, ("ask", "sources"), names)}, ("ask",))
    title = _fields(forms.Topic, ("title",), names)
    described = ", ".join(f"{level} is {name}" for level, name in LEVELS.items())
    level = {"enum": [*map(int, LEVELS), *LEVELS], "description": described}
    properties = {"topic": _ID, **title, "level": level, "items": _list(item)}
    return _object(properties, ("topic", "title", "level"))


def _source() -> Schema:
    heads = dict.fromkeys(SOURCE_KINDS, _WORD)
    fields = [name for name in forms.SourceWork.model_fields if name not in ("id", "kind")]
    return _object({**heads, **_fields(forms.SourceWork, fields, {})}, ("title",))


# ------------------------------------------------------------------ pieces


def _object(properties: Schema, required: Iterable[str]) -> Schema:
    needed = {"required": list(required)}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _fields(model: type[BaseModel], fields: Iterable[str], names: Known) -> Schema:
    """Describe fields of a model, as an author writes them."""
    found = model.model_json_schema()["properties"]
    return {name: _field(name, found[name], names) for name in fields}


def _field(name: str, found: Schema, names: Known) -> Schema:
    words = _words(found.get("description", ""))
    if name not in _REFERENCES:
        return {**_written(found), **words}
    meant = _REFERENCES[name]
    word = {"$ref": f"#/$defs/{meant}"} if names.get(meant) else _WORD
    return {**(_list(word) if found.get("type") == "array" else word), **words}


def _choices(names: Known) -> Schema:
    """Complete ids, each shown with what it is.

    An `enum` would do so in any editor; but with hundreds of values, a language server lists them
    all whenever one hovers over one of them, or has not typed it yet.
    """
    return {
        meant: {**_WORD, "defaultSnippets": [_snippet(*option) for option in ids.items()]}
        for meant, ids in names.items()
        if ids
    }


def _snippet(name: str, about: str) -> Schema:
    shown = " ".join(about.split())
    return {"label": name, "body": name, **({"description": shown} if shown else {})}


def _words(text: str) -> Schema:
    """Describe something: its first paragraph for any editor, all of it for one with Markdown."""
    first = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    plain = {"description": first} if first else {}
    return plain if text == first and "`" not in text else plain | {"markdownDescription": text}


def _written(value: Any) -> Any:
    """Turn pydantic's schema of a value into that of the YAML which an author writes for it."""
    if isinstance(value, list):
        return [_written(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _written(item) for key, item in value.items() if key not in ("title", "default")}
    if kept.get("type") == "string":
        kept["type"] = _SCALARS
    if "anyOf" in kept:
        options = [option for option in kept.pop("anyOf") if option != {"type": "null"}]
        kept |= options[0] if len(options) == 1 else {"anyOf": options}
    return kept


# ------------------------------------------------------------------ skeletons of `ankibuild new`


def skeleton(kind: type[Question], name: str) -> str:
    """Give the lines of a new question of a kind: its required fields, still to be written."""
    form = Form(kind, f"{kind.kind} question", kind.kind)
    lines = [f"- {kind.kind}: {name}"]
    for key in field_order(kind)[1:]:
        if key in ("at", "covers") or (key in form.fields and form.is_required(key)):
            lines += _blank(form, key)
    return "\n".join(lines) + "\n"


def _blank(form: Form[Question], key: str) -> list[str]:
    if key == "covers":
        return ["  covers: []"]
    if key == "given":
        return ["  given:", "    - {x: …}", "    - {x: …}"]
    if form.is_list(key):
        return [f"  {key}:", "    - …", "    - …"]
    return [f"  {key}: …"]


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
