"""What a release brings, as the changelog tells it: from differences to words for learners."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ankibuild.changelog import LONGEST, Edit, Line, News
from ankibuild.diff import Diff, FieldChange, headline
from ankibuild.released import Release
from ankibuild.releasing.forecast import restyled
from ankibuild.rules import Subject

#: What learners call the fields of questions; names that say it themselves are not here.
_WORDS = {
    "q": "question",
    "a": "answer",
    "extra": "remark",
    "at": "place in the source",
    "given": "examples",
    "lines": "steps",
    "rubric": "what to check",
}
#: What authors write for themselves and for the tool.
_UNSEEN = ("covers", "verify")
#: Places of one text that are quoted one by one.
_MOST_PLACES = 3


def news(subject: Subject, release: Release, since: Diff | None) -> News:
    """Tell what ``release`` brings; ``since`` is the difference to the last one, if it is known."""
    changes, ledger = subject.changes, subject.ledger
    edits = {item.id: _edits(item.fields) for item in since.changed} if since else {}
    gone = {item.id: item.headline for item in since.retired} if since else {}
    return News(
        release.release,
        release.date,
        subject.project.curriculum.settings.namespace,
        ledger.latest is None,
        tuple(_lines(subject, changes.added, {})),
        tuple(_lines(subject, changes.changed, edits)),
        tuple(Line(name, ledger.notes[name].deck, gone.get(name, "")) for name in changes.gone),
        bool(restyled(ledger, subject.collection)),
    )


def _lines(
    subject: Subject, names: Iterable[str], edits: dict[str, tuple[Edit, ...]]
) -> Iterator[Line]:
    decks = {head.id: head.deck for head in subject.collection.shelf.heads()}
    for name in names:
        question = subject.project.entries[name].question
        yield Line(name, decks[name], headline(question), edits.get(name, ()))


def _edits(fields: Iterable[FieldChange]) -> tuple[Edit, ...]:
    seen = (field for field in fields if field.field not in _UNSEEN and not field.layout_only)
    return tuple(edit for field in seen for edit in _told(field))


def _told(field: FieldChange) -> Iterator[Edit]:
    """Quote a change whole, or the places that differ, or only say that there is one."""
    part = _WORDS.get(field.field, field.field)
    if part.startswith("figure ") or part == "the card":
        yield Edit(part, "", "")
    elif field.lines or max(len(field.before), len(field.after)) <= LONGEST:
        yield Edit(part, field.before, field.after)
    else:
        places = tuple(_places(field))
        few = len(places) <= _MOST_PLACES
        yield from (Edit(part, *place) for place in (places if few else [("", "")]))


def _places(field: FieldChange) -> Iterator[tuple[str, str]]:
    """Give what was taken out and what was put in, place by place, with the words around it."""
    out = put = left = ""
    for sign, text in (*field.pieces, ("=", "")):
        if sign != "=":
            out += text if sign == "-" else ""
            put += text if sign == "+" else ""
            continue
        words = re.split(r"(\s+)", text)
        if out or put:
            right = "".join(words[:3])
            yield left + out + right, left + put + right
        out, put, left = "", "", "".join(words[-4:])
