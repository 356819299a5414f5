"""The notetypes, frozen: what a learner's collection keeps for ever.

Names, ids, fields and templates of a released notetype never change (a golden test holds them);
the HTML of the templates and ``style.css`` may, and reach learners with the notetype's next mod.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from html import escape
from pathlib import Path

from msgspec import Struct

from ankibuild.notetypes.ids import FIELD_IDS, TEMPLATE_IDS
from ankibuild.notetypes.report import address

FIELD_NAMES = (
    "Front",
    "Back",
    "Hint",
    "Extra",
    "Source",
    "Context",
    "Id",
    "Spare 1",
    "Spare 2",
)
"""The fields of every notetype, in order; only the cloze calls the first one ``Text``."""

# Anki reads ids as milliseconds since 1970 and refuses those after tomorrow: 2001 to 2020.
_FIRST_ID, _LAST_ID = 1_000_000_000_000, 1_600_000_000_000

# For each notetype: its name after the namespace, and (name, question, answer) of its templates,
# where a question or answer names the files it is put together from.
_SHAPES = {
    "basic": ("Basic", [("Question", "front", "back foot")]),
    "reversed": (
        "Reversed",
        [
            ("Term to definition", "term-front", "back foot"),
            ("Definition to term", "definition-front", "definition-back foot"),
        ],
    ),
    "cloze": ("Cloze", [("Cloze", "cloze-front", "cloze-back foot")]),
    "typein": ("Type-in", [("Type the answer", "typein-front", "typein-back foot")]),
    "drill": ("Drill", [("Drill", "front drill", "back foot drill")]),
}

# In the style: comments, indentation, the last semicolon of a rule, and blanks that part nothing.
_SPARE = re.compile(
    r"/\*.*?\*/\n?|^ +|;(?=\s*\})| (?=[{}>~])|(?<=[{:;,>~]) ", re.DOTALL | re.MULTILINE
)


class Field(Struct, frozen=True):
    """A field of a notetype; Anki matches it by ``id``, so a rename is safe."""

    name: str
    id: int


class Template(Struct, frozen=True):
    """A card template: HTML of the question and of the answer."""

    name: str
    id: int
    question: str
    answer: str


class Notetype(Struct, frozen=True):
    """What Anki calls a notetype. ``mod`` is in seconds since 1970; 0 until a release stamps it."""

    key: str
    id: int
    name: str
    fields: tuple[Field, ...]
    templates: tuple[Template, ...]
    css: str
    is_cloze: bool = False
    mod: int = 0


def make(namespace: str, repository: str = "", style: str = "") -> dict[str, Notetype]:
    """Make the five notetypes of a project, by key.

    The namespace stands in their names and decides their ids, so that the notetypes of two
    projects (or of a project and its fork) live side by side in one collection. ``repository`` is
    the address where learners report mistakes; without one, cards have no link to do so. ``style``
    is CSS of the project's own, that follows ours.
    """
    return {key: _notetype(namespace, key, repository, style) for key in _SHAPES}


def stable_id(*parts: str) -> int:
    """Hash texts to an id that Anki accepts: a time in milliseconds between 2001 and 2020."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return _FIRST_ID + int.from_bytes(digest[:8]) % (_LAST_ID - _FIRST_ID)


def _notetype(namespace: str, key: str, repository: str, style: str) -> Notetype:
    return Notetype(
        key=key,
        id=stable_id("notetype", namespace, key),
        name=f"{namespace} {_SHAPES[key][0]}",
        fields=_fields(key),
        templates=_templates(key, repository),
        css=_packed(_text("style.css")) + style,
        is_cloze=key == "cloze",
    )


def _fields(key: str) -> tuple[Field, ...]:
    first = "Text" if key == "cloze" else FIELD_NAMES[0]
    return tuple(map(Field, (first, *FIELD_NAMES[1:]), FIELD_IDS[key]))


def _templates(key: str, repository: str) -> tuple[Template, ...]:
    return tuple(
        Template(name, id_, _html(question, repository), _html(answer, repository))
        for (name, question, answer), id_ in zip(_SHAPES[key][1], TEMPLATE_IDS[key], strict=True)
    )


def _html(names: str, repository: str) -> str:
    html = "".join(_text(f"{name}.html") for name in names.split())
    return html.replace("<!-- report -->", _report(repository))


def _report(repository: str) -> str:
    if not repository:
        return ""
    return f'<a class="bug" href="{escape(address(repository))}">Report a mistake</a>'


@cache
def _packed(css: str) -> str:
    """Leave out what a browser does not need, but keep the lines, for learners who change it."""
    return _SPARE.sub("", css)


@cache
def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")
