"""The pages of ``docs/`` that are made from the code: ``python -m ankibuild.reference docs``.

``docs/format.md`` comes from the kinds' docstrings and fields, ``docs/rules.md`` from the rules'
explanations. Both are committed, so that they can be read without the tool; a test fails when one
is stale.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel

from ankibuild import schema
from ankibuild.arc import forms
from ankibuild.bank import Head
from ankibuild.curriculum import CHECKLIST_KINDS, ITEM_KINDS, LEVELS, SOURCE_KINDS
from ankibuild.kinds import Question, kinds
from ankibuild.rules import Explanation, explanations
from ankibuild.shape import Form

COMMAND = "python -m ankibuild.reference docs"
"""What writes the pages again."""

_MADE = f"<!-- Made by `{COMMAND}`; edit the code, not this file. -->"

_FORMAT = """\
Each topic is a file, a *bank*. Each question starts with its kind and its id on one line, then what
it says. Text is Markdown with `$math$`. Short text goes on the line; anything longer, or with a
colon, a `#` or leading braces in it, goes in a block after `|`. Every value is text: `at: 47:12` is
a time, `answer: no` is the word, `output: 1.10` keeps its zero.

[authoring.md](authoring.md) says which kind to use when, and where the traps are."""

_RULES = """\
`ankibuild check` names the rule in brackets: `error[unbalanced-math]`. `ankibuild explain RULE`
shows the same text as this page. An error stops a build, a warning does not. A warning that is
wrong about one question can be allowed on the question's first line, with a comment:
`# ankibuild: allow no-source`."""

_ARC = """\
`decks/curriculum.yaml` lists the parts and their decks in order. The topics of a part, and the
items in them, stand in the part's folder in `part.yaml`, or in the part's own entry. The works that
questions cite stand in `decks/sources.yaml`."""


def pages() -> dict[str, str]:
    """Give the text of every generated page and schema, by its file name in ``docs/``."""
    return {"format.md": format_page(), "rules.md": rules_page(), **schema.files()}


# ------------------------------------------------------------------ the format


def format_page() -> str:
    """Describe banks, kinds and curriculum in Markdown, from the models themselves."""
    # The base of all kinds is described, and never made: it may be abstract.
    shared: Form[Question] = Form(Question, "question")  # type: ignore[type-abstract]
    return _page(
        "The format",
        _FORMAT,
        "## A bank",
        _fields(Form(Head, "bank"), Head.model_fields),
        "## The kinds",
        _table(("kind", "must have", "cards of one note"), map(_kind_row, kinds().values())),
        *(block for kind in kinds().values() for block in _kind(kind)),
        "## Fields of any question",
        _fields(shared, shared.fields),
        "## The curriculum",
        _ARC,
        *_curriculum(),
    )


def _kind(kind: type[Question]) -> Iterator[str]:
    form = Form(kind, kind.kind, kind.kind)
    yield f"### `{kind.kind}`"
    yield inspect.getdoc(kind) or ""
    yield _fields(form, [name for name in form.fields[1:] if name not in Question.model_fields])


def _kind_row(kind: type[Question]) -> tuple[str, str, str]:
    form = Form(kind, kind.kind, kind.kind)
    needed = [name for name in form.fields[1:] if kind.model_fields[name].is_required()]
    cards = str(len(kind.cards)) if kind.cards else "one for each gap number"
    return f"[`{kind.kind}`](#{kind.kind})", _names(needed), cards


def _fields(form: Form[Question] | Form[Head], names: Iterable[str]) -> str:
    """Make a table of fields: name, whether it must be there, what it is."""
    rows = []
    for name in names:
        field = form.model.model_fields[name]
        shape = " (list)" if form.is_list(name) else ""
        needed = "yes" if field.is_required() else ""
        rows.append((f"`{name}`{shape}", needed, field.description or ""))
    return _table(("field", "needed", "what it is"), rows)


def _curriculum() -> Iterator[str]:
    yield _entry("The whole arc", forms.Settings, "parts")
    yield _entry("A part, as `- part: ID`", forms.Part)
    yield _entry("A deck of a part", forms.Plan)
    levels = ", ".join(f"{number} ({name})" for number, name in LEVELS.items())
    yield _entry("A topic, as `- topic: ID`", forms.Topic) + f" Levels: {levels}."
    yield (
        _entry("An item, as `- KIND: TOPIC.ITEM`", forms.Item)
        + f" Kinds: {_names(ITEM_KINDS)}. Those that are done and not asked stand as a checklist in"
        + f" the deck's description: {_names(CHECKLIST_KINDS)}."
    )
    yield _entry("A source, as `- KIND: ID`", forms.SourceWork) + f" Kinds: {_names(SOURCE_KINDS)}."


def _entry(label: str, model: type[BaseModel], *more: str) -> str:
    """Say in a line which keys an entry must and may have, beside the one that names it."""
    names = [name for name in model.model_fields if name not in ("id", "kind")]
    needed = [name for name in names if model.model_fields[name].is_required()]
    rest = [name for name in names if name not in needed]
    text = f"**{label}**: must have {_names([*needed, *more])}"
    return f"{text}; may have {_names(rest)}." if rest else f"{text}."


# ------------------------------------------------------------------ the rules


def rules_page() -> str:
    """Explain every rule in Markdown, in the words of ``ankibuild explain``."""
    known = explanations()
    rows = [(f"[`{name}`](#{name})", _sentence(entry.summary)) for name, entry in known.items()]
    return _page(
        "The rules", _RULES, _table(("rule", "what it finds"), rows), *map(_rule, known.values())
    )


def _rule(entry: Explanation) -> str:
    """Write one rule; the labels of its examples become paragraphs of their own."""
    text = re.sub(r"^(Bad|Good|Released):\n```", r"\n\1:\n\n```", entry.text.strip(), flags=re.M)
    return f"## {entry.rule}\n\n{_single_blank_lines(text)}"


# ------------------------------------------------------------------ Markdown


def _page(title: str, *blocks: str) -> str:
    return "\n\n".join((f"# {title}", _MADE, *blocks)) + "\n"


def _sentence(text: str) -> str:
    return re.split(r"(?<=\.) (?=[A-Z])", text, maxsplit=1)[0]


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, tuple("---" for _ in head), *rows)
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _single_blank_lines(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text)


def write(folder: Path) -> None:
    """Write every page into ``folder``, which exists."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(f"usage: {COMMAND}")
    write(Path(sys.argv[1]))
