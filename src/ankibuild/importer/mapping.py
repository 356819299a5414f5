"""What an author says about a notetype: ``Vocabulary: basic q=Word a=Meaning a=Example``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from ankibuild.diagnostics import did_you_mean
from ankibuild.importer.foreign import ForeignNotetype, ImportRefusedError
from ankibuild.importer.notetypes import Recipe, Refusal
from ankibuild.importer.templates import Side

#: The fields of a question that a mapping can fill, by kind; those of the note come after `=`.
FIELDS = {
    "basic": ("q", "a"),
    "reversed": ("term", "definition"),
    "cloze": ("text",),
    "typein": ("q", "answer"),
}
_MORE = ("hint", "extra")
#: In place of a kind: leave the notetype's notes out.
SKIP = "skip"


def parse(
    texts: Iterable[str], notetypes: Sequence[ForeignNotetype]
) -> Mapping[str, Recipe | Refusal]:
    """Read mappings; gives what becomes of notes by the key of their notetype.

    Raise ImportRefusedError for what names nothing that there is.
    """
    return {
        notetype.key: told
        for text in texts
        for notetype, rest in _named(text, notetypes)
        for told in (_told(text, rest, notetype),)
    }


def suggestion(notetype: ForeignNotetype) -> str:
    """Give a mapping to begin with, as it is typed in a shell."""
    first, *rest = (*notetype.fields, "…")
    kind, head = ("cloze", "text") if notetype.is_cloze else ("basic", "q")
    pairs = [(head, first), *([] if notetype.is_cloze else [("a", rest[0])])]
    words = " ".join(f"{name}={shlex.quote(field)}" for name, field in pairs)
    return f"--map {shlex.quote(f'{notetype.name}: {kind} {words}')}"


def _named(text: str, notetypes: Sequence[ForeignNotetype]) -> list[tuple[ForeignNotetype, str]]:
    """Find the notetypes that a mapping is for (names may repeat), and what it says of them."""
    names = sorted({notetype.name for notetype in notetypes}, key=len, reverse=True)
    name = next((name for name in names if text.startswith(f"{name}:")), None)
    if name is None:
        said = re.split(r":\s", text)[0].rstrip(":")
        listed = f"notetypes of the file: {_listed(sorted(names))}"
        raise _refused(f"there is no notetype `{said}`", did_you_mean(said, names), listed)
    return [(one, text[len(name) + 1 :]) for one in notetypes if one.name == name]


def _told(text: str, rest: str, notetype: ForeignNotetype) -> Recipe | Refusal:
    try:
        kind, *pairs = shlex.split(rest) or [""]
    except ValueError:
        raise _refused(f"a quote is not closed in `{text}`") from None
    if kind == SKIP and not pairs:
        return Refusal("left out as you asked for")
    if kind not in FIELDS:
        listed = f"kinds to map to: {_listed((*FIELDS, SKIP))}"
        raise _refused(f"`{kind}` is not a kind to map to", did_you_mean(kind, FIELDS), listed)
    sides = _sides(kind, pairs, notetype)
    missing = [name for name in FIELDS[kind] if name not in sides]
    if missing:
        help_text = f"add `{missing[0]}=` and a field: {_listed(notetype.fields)}"
        raise _refused(f"the mapping of `{notetype.name}` gives no `{missing[0]}`", help_text)
    used = {name for side in sides.values() for name in side.fields}
    unshown = tuple(name for name in notetype.fields if name not in used)
    return Recipe(kind, sides, unshown=unshown)


def _sides(kind: str, pairs: Iterable[str], notetype: ForeignNotetype) -> dict[str, Side]:
    """Read `field=Field of the note`; what is named twice gets several lines."""
    known = (*FIELDS[kind], *_MORE)
    named: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, field = pair.partition("=")
        if name not in known or not equals:
            listed = f"write `name=Field`; names for {kind}: {_listed(known)}"
            raise _refused(f"`{pair}` fills no field of a question", did_you_mean(name, known),
                           listed)  # fmt: skip
        if field not in notetype.fields:
            listed = f"its fields: {_listed(notetype.fields)}"
            guess = did_you_mean(field, notetype.fields)
            raise _refused(f"`{notetype.name}` has no field `{field}`", guess, listed)
        named.setdefault(name, []).append(field)
    return {name: Side.of(fields) for name, fields in named.items()}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _refused(message: str, *help_texts: str) -> ImportRefusedError:
    return ImportRefusedError("\n".join(filter(None, (message, *help_texts))))
