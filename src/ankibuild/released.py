"""What learners already have: the ledger ``decks/released.jsonl``, and what it says of a build.

The ledger holds one line for each release, each notetype and each note ever released. It is
written by ``ankibuild release`` only. A note keeps the time of the release in which its content
last changed, so that an update touches exactly what really changed: Anki overwrites a note, the
learner's edits and tags included, if and only if ours is newer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection as Container
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from itertools import groupby
from typing import Annotated, Any

from msgspec import Meta, Struct, convert, field, to_builtins
from msgspec.json import decode
from msgspec.structs import replace

from ankibuild.collection import Collection
from ankibuild.decks import Deck, deck_id
from ankibuild.diagnostics import Diagnostic, Source, Span, enough
from ankibuild.notes import Head, Note, Notes, Stamp
from ankibuild.notetypes import FIELD_NAMES, Notetype

PATH = "decks/released.jsonl"
#: Stamp of whatever has never been released, in seconds since 1970 (2024-01-01). It lies before
#: any release, so that a release is newer than every preview somebody has imported.
UNRELEASED = 1_704_067_200
#: Beyond the largest due: the database check of Anki rewrites it.
END_OF_DUES = 1_000_000
#: The tag of a retired note, once it has been emptied. Tags of authors begin with ``topic::``.
RETIRED = "retired"

#: Seconds since 1970, up to the end of the year 9999, after which there are no dates.
Time = Annotated[int, Meta(gt=0, lt=253_402_300_800)]
Due = Annotated[int, Meta(ge=0, lt=END_OF_DUES)]
CardNumber = Annotated[int, Meta(ge=0)]


class Release(Struct, frozen=True, forbid_unknown_fields=True):
    """A release: its version and time."""

    release: str
    time: Time

    @property
    def date(self) -> str:
        """The day of the release, in UTC."""
        return datetime.fromtimestamp(self.time, UTC).date().isoformat()


class ReleasedNotetype(Struct, frozen=True, forbid_unknown_fields=True):
    """A notetype as learners have it; ``schema`` lists its field and template ids."""

    notetype: str
    id: int
    schema: str
    digest: str
    mod: Time


class ReleasedNote(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A note as learners have it; ``first`` and ``last`` are releases that brought its content."""

    note: str
    guid: Annotated[str, Meta(min_length=1)]
    notetype: str
    deck: str
    cards: tuple[CardNumber, ...]
    due: Due
    digest: str
    mod: Time
    first: str
    last: str
    retired: bool = False


class Ledger(Struct, frozen=True):
    """Everything ever released."""

    releases: tuple[Release, ...] = ()
    notetypes: dict[str, ReleasedNotetype] = field(default_factory=dict)
    notes: dict[str, ReleasedNote] = field(default_factory=dict)

    @property
    def latest(self) -> Release | None:
        """The newest release."""
        return self.releases[-1] if self.releases else None

    @property
    def preview_time(self) -> int:
        """The stamp of what has changed since the newest release, when nothing is released."""
        return self.latest.time if self.latest else UNRELEASED


class Changes(Struct, frozen=True, dict=True):
    """What the next release would bring to those who have the last one, by question id."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    @cached_property
    def touched(self) -> frozenset[str]:
        """What an update writes: the added and the changed."""
        return frozenset((*self.added, *self.changed))


# ------------------------------------------------------------------ the file


def parse(source: Source) -> tuple[Ledger, tuple[Diagnostic, ...]]:
    """Read a ledger; a damaged line is a diagnostic, and the rest is read."""
    releases: list[Release] = []
    kinds: dict[str, ReleasedNotetype] = {}
    notes: dict[str, ReleasedNote] = {}
    problems: list[Diagnostic] = []
    for number, start in enumerate(source.line_starts, 1):
        line = source.line(number)
        if not line.strip():
            continue
        try:
            row = _row(decode(line))
        except (ValueError, TypeError, RecursionError):
            problems.append(_damaged(Span(source, start, start + len(line))))
            if enough(problems):
                break
            continue
        if isinstance(row, Release):
            releases.append(row)
        elif isinstance(row, ReleasedNotetype):
            kinds[row.notetype] = row
        else:
            notes[row.note] = row
    return Ledger(tuple(releases), kinds, notes), tuple(problems)


Row = Release | ReleasedNotetype | ReleasedNote


def _row(values: dict[str, Any]) -> Row:
    """Give what a line says. Raises ValueError or TypeError for what no release wrote."""
    if "release" in values:
        return convert(values, Release)
    if "note" in values:
        return convert(values, ReleasedNote)
    return convert(values, ReleasedNotetype)


def _damaged(span: Span) -> Diagnostic:
    message = "this line of the ledger cannot be read"
    help_text = f"nobody edits this file by hand; restore it: `git checkout -- {PATH}`"
    return Diagnostic("ledger-damaged", message, span, help=help_text)


def dump(ledger: Ledger) -> str:
    """Write a ledger: releases, notetypes, then notes sorted by id, one a line."""
    rows: tuple[Row, ...] = (
        *ledger.releases,
        *(ledger.notetypes[key] for key in sorted(ledger.notetypes)),
        *(ledger.notes[key] for key in sorted(ledger.notes)),
    )
    return "".join(json.dumps(to_builtins(row), ensure_ascii=False) + "\n" for row in rows)


# ------------------------------------------------------------------ digests


def notetype_digest(notetype: Notetype) -> str:
    """Hash a notetype but for its stamp."""
    return _digest(to_builtins(replace(notetype, mod=0)))


def schema(notetype: Notetype) -> str:
    """List the field and template ids, whose number and order Anki must never see changed."""
    fields = ",".join(str(f.id) for f in notetype.fields)
    return f"{fields}/{','.join(str(t.id) for t in notetype.templates)}"


def _digest(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# ------------------------------------------------------------------ compare and stamp


def compare(collection: Collection, ledger: Ledger) -> Changes:
    """Tell what has been added, changed, left alone and taken away since the last release."""
    found: dict[str, list[str]] = {"added": [], "changed": [], "same": []}
    here: set[str] = set()
    for head in collection.shelf.heads():
        row = ledger.notes.get(head.id)
        same = "same" if row and row.digest == head.digest else "changed"
        found[same if row else "added"].append(head.id)
        here.add(head.id)
    gone = tuple(name for name, row in ledger.notes.items() if not row.retired and name not in here)
    return Changes(tuple(found["added"]), tuple(found["changed"]), tuple(found["same"]), gone)


def stamp(collection: Collection, ledger: Ledger, when: int) -> Collection:
    """Give every note and notetype its ``mod``, and every note its place in the arc.

    What is unchanged keeps the stamp it was released with. ``when`` is the release's time in
    seconds since 1970, or ``ledger.preview_time`` when nothing is released.
    """
    kinds = tuple(
        replace(
            notetype,
            mod=_mod(ledger.notetypes.get(notetype.key), notetype_digest(notetype), when),
        )
        for notetype in collection.notetypes
    )
    stamps = dict(_stamps(collection.shelf, ledger, when))
    return replace(collection, notetypes=kinds, notes=collection.shelf.stamped(when, stamps))


def _stamps(notes: Notes, ledger: Ledger, when: int) -> Iterator[tuple[str, Stamp]]:
    """Give the stamps of all notes; none if nothing is released, for then all have the same."""
    if not ledger.notes:
        return
    for head in _keep_places(tuple(notes.heads()), ledger):
        row = ledger.notes.get(head.id)
        yield head.id, Stamp(head.due, _mod(row, head.digest, when))


def _mod(row: ReleasedNote | ReleasedNotetype | None, digest: str, when: int) -> int:
    if row is None:
        return when
    return row.mod if row.digest == digest else max(when, row.mod + 1)


def _keep_places(notes: tuple[Head, ...], ledger: Ledger) -> Iterator[Head]:
    """Released notes keep their ``due``; a new one gets a value between its neighbors."""
    fixed = {note.id: ledger.notes[note.id].due for note in notes if note.id in ledger.notes}
    known = {note.deck for note in notes if note.id in fixed}
    runs = [list(run) for _, run in groupby(notes, key=lambda note: note.deck in known)]
    runs = [list(_in_known_decks(run, fixed)) if run[0].deck in known else run for run in runs]
    for before, run, after in zip([[], *runs], runs, [*runs[1:], []], strict=False):
        yield from run if run[0].deck in known else _in_new_decks(before, run, after)


def _in_known_decks(notes: list[Head], fixed: dict[str, int]) -> Iterator[Head]:
    for _, deck in groupby(notes, key=lambda note: note.deck):
        yield from _between(list(deck), fixed)


def _in_new_decks(before: list[Head], notes: list[Head], after: list[Head]) -> Iterator[Head]:
    """Place the notes of new decks between those of known ones, if they are not there already.

    The more decks the arc gets, the less room has each; and what is released does not move along.
    """
    low = max((note.due for note in before), default=0)
    high = min((note.due for note in after), default=END_OF_DUES)
    if low < notes[0].due and notes[-1].due < high:
        yield from notes
        return
    room = min(high - low, 100 * (len(notes) + 1))
    for number, note in enumerate(notes, 1):
        yield note._replace(due=max(1, low + room * number // (len(notes) + 1)))


def _between(deck: list[Head], fixed: dict[str, int]) -> Iterator[Head]:
    last = 0
    for known, run in groupby(deck, key=lambda note: note.id in fixed):
        group = list(run)
        if known:
            yield from (note._replace(due=fixed[note.id]) for note in group)
            last = fixed[group[-1].id]
            continue
        after = deck[deck.index(group[-1]) + 1 :]
        following = next((fixed[note.id] for note in after if note.id in fixed), None)
        low = last or ((following or group[0].due) - len(group) - 1)
        high = following if following and following > low else low + 10 * (len(group) + 1)
        for number, note in enumerate(group, 1):
            yield note._replace(due=max(1, low + (high - low) * number // (len(group) + 1)))


def record(
    collection: Collection,
    ledger: Ledger,
    release: Release,
    retired: Container[str] = (),
) -> Ledger:
    """Give the ledger after ``release`` of a collection that was stamped with its time."""
    heads = collection.shelf.heads()
    notes = {head.id: _released(head, ledger, release.release) for head in heads}
    for name, row in ledger.notes.items():
        if name not in notes:
            notes[name] = _retire(row, release) if name in retired else row
    kinds = {
        n.key: ReleasedNotetype(n.key, n.id, schema(n), notetype_digest(n), n.mod)
        for n in collection.notetypes
    }
    releases = (*ledger.releases, release)
    return Ledger(releases, {**ledger.notetypes, **kinds}, notes)


def _released(note: Head, ledger: Ledger, version: str) -> ReleasedNote:
    row = ledger.notes.get(note.id)
    return ReleasedNote(
        note.id,
        note.guid,
        note.notetype,
        note.deck,
        note.cards,
        note.due,
        note.digest,
        note.mod,
        first=row.first if row else version,
        last=row.last if row and row.digest == note.digest else version,
    )


def _retire(row: ReleasedNote, release: Release) -> ReleasedNote:
    if row.retired:
        return row
    # A retired note is a changed one: a clean-up package must be newer than what learners have.
    mod = max(release.time, row.mod + 1)
    return replace(row, retired=True, mod=mod, last=release.release)


def cleanup(ledger: Ledger, notetypes: Iterable[Notetype]) -> Collection:
    """Give all retired notes, emptied, with the stamp of their retirement; none if there is none.

    Whoever has one of them gets it back without a front: Anki's *Empty Cards* then removes it.
    Only the id is left in it, and no card comes along, so that nobody gets anything to study.
    ``notetypes`` are all of the project.
    """
    rows = [ledger.notes[name] for name in sorted(ledger.notes) if ledger.notes[name].retired]
    used = {row.notetype for row in rows}
    # A notetype keeps the stamp that learners have: its looks are not the business of this package.
    had = ledger.notetypes
    kinds = [replace(n, mod=had[n.key].mod) for n in notetypes if n.key in had and n.key in used]
    names = sorted({row.deck for row in rows})
    decks = tuple(Deck(name, deck_id(name)) for name in names)
    return Collection(tuple(kinds), decks, tuple(_emptied(row) for row in rows))


def cleanup_name(package: str) -> str:
    """Give the name of the package that `cleanup` is for, from that of the main one."""
    return f"{package}-cleanup"


def _emptied(row: ReleasedNote) -> Note:
    fields = tuple(row.note if name == "Id" else "" for name in FIELD_NAMES)
    return Note(
        row.note, row.guid, row.notetype, row.deck, fields, (RETIRED,), (), row.due, row.mod
    )


def version_line(changes: Changes, ledger: Ledger) -> str:
    """Say in a deck's description which version it is; ``changes`` are those since the ledger."""
    latest = ledger.latest
    if latest is None:
        return "A preview: not released yet."
    more = len(changes.touched) + len(changes.gone)
    preview = " with later changes: a preview" if more else ""
    return f"Version {latest.release} of {latest.date}{preview}."
