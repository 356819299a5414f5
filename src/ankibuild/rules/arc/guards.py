"""Guards of a release: what must never happen to somebody who has the decks already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ankibuild.diagnostics import Diagnostic
from ankibuild.notes import Head
from ankibuild.released import schema
from ankibuild.rules.base import Subject, arc_rule
from ankibuild.words import count

if TYPE_CHECKING:
    from ankibuild.bank import Entry

#: Share of released notes, and number of them, that one release may change without a flag.
LARGE_SHARE, LARGE_COUNT = 0.05, 20


def _entry(subject: Subject, note: Head) -> Entry:
    return subject.project.entries[note.id]


@arc_rule
def id_reused(subject: Subject) -> Iterable[Diagnostic]:
    """An id of a retired question is used again.

    Whoever has the old question would get its schedule applied to new content. Ids are cheap:
    take another.

    Released:
    ```yaml
    questions: [{basic: old, q: Why?, a: Because.}, {basic: other, q: How?, a: So.}]
    ```
    Released:
    ```yaml
    retired: [old]
    questions: [{basic: other, q: How?, a: So.}]
    ```
    Bad:
    ```yaml
    questions: [{basic: old, q: Something else?, a: Yes.}, {basic: other, q: How?, a: So.}]
    ```
    Good:
    ```yaml
    retired: [old]
    questions: [{basic: new, q: Something else?, a: Yes.}, {basic: other, q: How?, a: So.}]
    ```
    """
    for note, row in subject.released:
        if row.retired:
            yield Diagnostic(
                "id-reused",
                f"`{note.id}` is the id of a question that was retired in {row.last}",
                _entry(subject, note).head,
                "learners would see its old schedule",
                "give this question an id of its own",
            )
    for note in subject.collection.shelf.heads() if subject.retired else ():
        if note.id in subject.retired:
            message = f"`{note.id}` is listed as retired and is still a question"
            head = _entry(subject, note).head
            yield Diagnostic("id-reused", message, head, "", "remove one of the two")


@arc_rule
def duplicate_guid(subject: Subject) -> Iterable[Diagnostic]:
    """Two questions have one guid.

    Anki knows a note by its guid alone: it would add both, and send every later correction to one
    of them. A question from another deck keeps the guid it has there; a copy of it needs none.

    Bad:
    ```yaml
    questions: [{basic: a, q: Why?, a: So., guid: Ab1}, {basic: b, q: How?, a: So., guid: Ab1}]
    ```
    Good:
    ```yaml
    questions: [{basic: a, q: Why?, a: So., guid: Ab1}, {basic: b, q: How?, a: So.}]
    ```
    """
    retired = {row.guid: name for name, row in subject.ledger.notes.items() if row.retired}
    seen: dict[str, Head] = {}
    for note in _with_equals(subject, retired):
        first = seen.setdefault(note.guid, note)
        if first is not note and first.id != note.id:
            message = f"`{first.id}` and `{note.id}` have one guid, `{note.guid}`"
            # One of the two wrote it down: a guid that is made from an id is unlike all others.
            entry = _entry(subject, note)
            wrote = entry if entry.question.guid else _entry(subject, first)
            span = wrote.span(("guid",))
            yield Diagnostic("duplicate-guid", message, span, "", "leave it out of the newer one")
        elif retired.get(note.guid, note.id) != note.id:
            message = f"this is the guid of `{retired[note.guid]}`, which was retired"
            help_text = "leave `guid:` out; learners would see the old question's schedule"
            span = _entry(subject, note).span(("guid",))
            yield Diagnostic("duplicate-guid", message, span, "", help_text)


def _with_equals(subject: Subject, taken: Iterable[str]) -> Iterator[Head]:
    """Give the notes whose guid another one may have, or one of ``taken``."""
    doubtful = subject.repeated.union(taken)
    heads = subject.collection.shelf.heads() if doubtful else ()
    yield from (head for head in heads if head.guid in doubtful)


@arc_rule
def guid_changed(subject: Subject) -> Iterable[Diagnostic]:
    """A released question has another guid than it was released with.

    Anki knows a note by its guid alone: learners would get the question a second time, and the
    first one would never be corrected again.

    Released:
    ```yaml
    questions: [{basic: why, q: Why?, a: Because., guid: Ab1}]
    ```
    Bad:
    ```yaml
    questions: [{basic: why, q: Why?, a: Because., guid: Ab2}]
    ```
    Good:
    ```yaml
    questions: [{basic: why, q: Why?, a: Because!, guid: Ab1}]
    ```
    """
    for note, row in subject.released:
        if row.guid != note.guid and not row.retired:
            entry = _entry(subject, note)
            written = entry.question.guid is not None
            yield Diagnostic(
                "guid-changed",
                f"`{note.id}` was released with the guid `{row.guid}`",
                entry.span(("guid",)) if written else entry.head,
                "learners would get it a second time",
                f"write `guid: {row.guid}`",
            )


@arc_rule
def kind_changed(subject: Subject) -> Iterable[Diagnostic]:
    """A released question has changed to a kind with another notetype.

    Anki does not convert the note: learners who have it would never see this version.

    Released:
    ```yaml
    questions: [{basic: why, q: Why?, a: Because.}]
    ```
    Bad:
    ```yaml
    questions: [{reversed: why, term: Why, definition: Because.}]
    ```
    Good:
    ```yaml
    retired: [why]
    questions: [{reversed: why-term, term: Why, definition: Because.}]
    ```
    """
    for note, row in subject.released:
        if row.notetype != note.notetype and not row.retired:
            yield Diagnostic(
                "kind-changed",
                f"`{note.id}` was released as `{row.notetype}`:"
                " learners would never see this version",
                _entry(subject, note).head,
                f"now `{note.notetype}`",
                f"give it a new id, and retire the old one: `retired: [{note.id}]`",
            )


@arc_rule
def deck_changed(subject: Subject) -> Iterable[Diagnostic]:
    """A released question has moved to another deck.

    Anki leaves existing cards where they are, so that the learner's deck and ours would differ.

    Released:
    ```yaml
    questions: [{basic: why, q: Why?, a: Because.}]
    ```
    Bad:
    ```yaml
    file: decks/02-other/01-other.yaml
    questions: [{basic: why, q: Why?, a: Because.}]
    ```
    Good:
    ```yaml
    questions: [{basic: why, q: Why?, a: Because!}]
    ```
    """
    for note, row in subject.released:
        if row.deck != note.deck and not row.retired:
            yield Diagnostic(
                "deck-changed",
                f"`{note.id}` was released in another deck, `{row.deck}`",
                _entry(subject, note).head,
                f"now in `{note.deck}`",
                "move it back; cards that learners have stay in the deck they came with",
            )


@arc_rule
def question_vanished(subject: Subject) -> Iterable[Diagnostic]:
    """A released question is gone without a word.

    Its card stays with every learner, and nobody can correct it any more. Say that it is retired.

    Released:
    ```yaml
    questions: [{basic: why, q: Why?, a: Because.}, {basic: how, q: How?, a: So.}]
    ```
    Bad:
    ```yaml
    questions: [{basic: how, q: How?, a: So.}]
    ```
    Good:
    ```yaml
    retired: [why]
    questions: [{basic: how, q: How?, a: So.}]
    ```
    """
    for name in subject.changes.gone if subject.ledger.notes else ():
        if name in subject.retired:
            continue
        yield Diagnostic(
            "question-vanished",
            f"`{name}` was released and is gone",
            subject.ledger_span,
            "",
            f"restore it, or add it to its bank: `retired: [{name}]`",
        )


@arc_rule
def cloze_renumbered(subject: Subject) -> Iterable[Diagnostic]:
    """A gap number of a released cloze is gone.

    The number carries the schedule. A learner who has card `c2` would get an error card.

    Released:
    ```yaml
    questions: [{cloze: gaps, text: "{{c1::One}} and {{c2::two}}."}]
    ```
    Bad:
    ```yaml
    questions: [{cloze: gaps, text: "{{c1::One}} and {{c3::two}}."}]
    ```
    Good:
    ```yaml
    questions: [{cloze: gaps, text: "{{c1::One}} and {{c2::two}} and {{c3::three}}."}]
    ```
    """
    for note, row in subject.released:
        lost = sorted(set(row.cards) - set(note.cards))
        if note.notetype != "cloze" or row.notetype != "cloze" or not lost or row.retired:
            continue
        number = lost[0] + 1
        yield Diagnostic(
            "cloze-renumbered",
            f"`{note.id}` was released with a gap `c{number}`, which is gone",
            _entry(subject, note).span(("text",)).first_line(),
            "",
            f"keep `c{number}` for what it hid; a new gap takes a new number",
        )


@arc_rule
def notetype_changed(subject: Subject) -> Iterable[Diagnostic]:
    """The fields or templates of a released notetype have changed.

    Anki would make a second notetype and skip every note a learner has. Notetypes are frozen;
    only their names, styles and the HTML of their templates may change.
    """
    for notetype in subject.collection.notetypes:
        row = subject.ledger.notetypes.get(notetype.key)
        if row and (row.schema != schema(notetype) or row.id != notetype.id):
            yield Diagnostic(
                "notetype-changed",
                f"the notetype `{notetype.key}` was released with other fields or templates",
                subject.ledger_span,
                "",
                "restore them (and the namespace); a different layout needs a new notetype",
            )


@arc_rule
def mass_change(subject: Subject) -> Iterable[Diagnostic]:
    """A large part of the released notes has changed at once.

    Every changed note is overwritten in the learner's collection, with the learner's own edits and
    tags. A change of the highlighter or of a template of ours can do that without anybody meaning
    it. If it is meant, release with `--large-change`.
    """
    known = sum(1 for row in subject.ledger.notes.values() if not row.retired)
    changed = len(subject.changes.changed) if known else 0
    if subject.large_change or changed <= LARGE_COUNT or changed <= LARGE_SHARE * known:
        return
    yield Diagnostic(
        "mass-change",
        f"{count(changed, 'note')} of {known:,} released ones would change",
        subject.ledger_span,
        "",
        "if that is meant, release with `--large-change`",
        severity="warning",
    )
