"""A question in two states, field by field: what its author wrote, and what else its card shows."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from ankibuild.diff.values import ASPECTS, FieldChange
from ankibuild.kinds.base import Question
from ankibuild.notes import Note
from ankibuild.project import Project

#: Fields that are code or data: compared by whole lines.
_BY_LINES = frozenset({"program", "verify", "given", "output"})
#: What every question may have besides the fields of its kind, in the order in which it is told.
_COMMON = ("hint", "extra", "at", "source", "covers", "tags", "verify")
#: What the first fields of a note are for a learner, and the positions of two of them.
_SHOWN = ("wording", "answer", "hint", "remark", "source", "context")
_SOURCE, _CONTEXT = 4, 5


class State(Struct, frozen=True, dict=True):
    """A question, the note that it makes, and the project that both are of."""

    project: Project
    question: Question
    note: Note

    @cached_property
    def digest(self) -> str:
        """Hash of what a learner receives."""
        return self.note.digest

    @cached_property
    def text(self) -> str:
        """What its author wrote into the fields of its kind, one after the other."""
        return "\n".join(text for _, text in self.fields(*_own(self.question)))

    def fields(self, *names: str) -> Iterator[tuple[str, str]]:
        """Give the fields that its author filled, in the order in which they are told, as text."""
        for name in names or (*_own(self.question), *_COMMON):
            if text := _written(self.question, name):
                yield name, text


def alone(state: State, *, gone: bool = False) -> tuple[FieldChange, ...]:
    """Give the fields of a question that is new, or ``gone``."""
    return tuple(
        _field(name, text if gone else "", "" if gone else text) for name, text in state.fields()
    )


def changes(old: State, new: State) -> tuple[FieldChange, ...]:
    """Give what differs between two states of a question.

    What every question of a deck shows because it stands there is left out if it was moved. Else
    there is a change whenever the note differs.
    """
    found = (*_written_changes(old.question, new.question), *_shown_changes(old, new))
    if found or old.digest == new.digest or old.note.deck != new.note.deck:
        return found
    # Nothing that anybody wrote tells why: the card itself has to.
    sides = zip(old.note.fields, new.note.fields, strict=True)
    return tuple(FieldChange("the card", was, now) for was, now in sides if was != now)


def aspects(old: State, new: State) -> tuple[str, ...]:
    """Name what of a card a learner sees changed, in the order of ASPECTS."""
    sides = zip(_SHOWN, _bare_fields(old), _bare_fields(new), strict=False)
    found = {name for name, was, now in sides if was != now}
    found |= {"figures"} if any(True for _ in _figures(old, new)) else set()
    found |= {"tags"} if old.note.tags != new.note.tags else set()
    found |= {"kind"} if old.note.notetype != new.note.notetype else set()
    return tuple(aspect for aspect in ASPECTS if aspect in found)


# ------------------------------------------------------------------ what an author writes


def _own(question: Question) -> tuple[str, ...]:
    """Give the names of the fields that only questions of this kind have."""
    return tuple(name for name in type(question).model_fields if name not in Question.model_fields)


def _field(name: str, before: str, after: str) -> FieldChange:
    return FieldChange(name, before, after, name in _BY_LINES)


def _written(question: Question, name: str) -> str:
    """Give a field as text: a list's items on lines of their own, tags on one line."""
    value = getattr(question, name, None)
    if isinstance(value, tuple):
        if name in ("tags", "covers"):
            return ", ".join(value)
        return "\n".join(f"- {_inline(item)}" for item in value)
    return str(value or "")


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_inline(item)}' for name, item in value.items())}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_inline, value))}]"
    return str(value)


def _written_changes(old: Question, new: Question) -> Iterator[FieldChange]:
    if old.kind != new.kind:
        yield FieldChange("kind", old.kind, new.kind)
    for name in dict.fromkeys((*_own(new), *_own(old), *_COMMON)):
        if getattr(old, name, None) != getattr(new, name, None):
            yield _field(name, _written(old, name), _written(new, name))


# ------------------------------------------------------------------ what else a card shows


def _shown_changes(old: State, new: State) -> Iterator[FieldChange]:
    """Find what differs on the card though nobody has touched the question itself."""
    was, now = old.question, new.question
    moved = old.note.deck != new.note.deck
    if was.tags == now.tags:
        yield from _differing("tags of the card", _tags(old.note, moved), _tags(new.note, moved))
    if (was.source, was.at) == (now.source, now.at):
        yield from _differing("source of the card", *_lines(old, new, _SOURCE))
    if not moved:
        yield from _differing("topic of the card", *_lines(old, new, _CONTEXT))
    yield from _figures(old, new)


def _differing(name: str, before: str, after: str) -> Iterator[FieldChange]:
    if before != after:
        yield FieldChange(name, before, after)


def _tags(note: Note, moved: bool) -> str:
    """Give a note's tags, but for those that say where it stands if that is what has changed."""
    return ", ".join(tag for tag in note.tags if not (moved and tag.startswith("arc::")))


def _lines(old: State, new: State, number: int) -> tuple[str, str]:
    return _plain(old.note.fields[number]), _plain(new.note.fields[number])


def _plain(markup: str) -> str:
    """Show a line of a card: its text, and the address that it links to."""
    link = re.search(r'href="([^"]*)"', markup)
    text = re.sub(r"<[^>]*>", "", markup)
    return html.unescape(f"{text} <{link[1]}>" if link else text)


def _figures(old: State, new: State) -> Iterator[FieldChange]:
    """Find the figures that are still shown under their name and look different."""
    before, after = "".join(old.note.fields), "".join(new.note.fields)
    for name, file in new.project.media.items():
        was = old.project.media.get(name)
        if was and was.packed != file.packed and was.packed in before and file.packed in after:
            yield FieldChange(f"figure {name}", was.packed, file.packed)


def _bare_fields(state: State) -> tuple[str, ...]:
    """Give a note's fields with the names of figures as their authors write them."""
    joined = "\0".join(state.note.fields)
    for name, file in state.project.media.items():
        joined = joined.replace(file.packed, name)
    return tuple(joined.split("\0"))
