"""A difference as plain values, for programs."""

from __future__ import annotations

from typing import Any

from ankibuild.diff.values import (
    Added,
    Arrival,
    Changed,
    DeckChange,
    Diff,
    FieldChange,
    Moved,
    Retired,
)


def record(diff: Diff) -> dict[str, Any]:
    """Give a difference as values that JSON has."""
    return {
        "since": diff.since,
        "added": [_added(item) for item in diff.added],
        "changed": [_changed(item) for item in diff.changed],
        "moved": [_moved(item) for item in diff.moved],
        "retired": [_retired(item) for item in diff.retired],
        "unchanged": diff.unchanged,
        "decks": [_deck(change) for change in diff.decks],
        "import": _arrival(diff.arrival),
        "remarks": list(diff.remarks),
    }


def _about(item: Added | Changed | Moved | Retired) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind,
        "deck": item.deck,
        "headline": item.headline,
        "fields": [_field(change) for change in item.fields],
    }


def _added(item: Added) -> dict[str, Any]:
    return {**_about(item), "resembles": item.resembles}


def _changed(item: Changed) -> dict[str, Any]:
    return {
        **_about(item),
        "touches_note": item.touches_note,
        "aspects": list(item.aspects),
        "cards": {"before": item.cards[0], "after": item.cards[1]},
    }


def _moved(item: Moved) -> dict[str, Any]:
    return {**_about(item), "before": item.before, "touches_note": item.touches_note}


def _retired(item: Retired) -> dict[str, Any]:
    return {**_about(item), "listed": item.listed, "resembled": item.resembled}


def _field(change: FieldChange) -> dict[str, Any]:
    pieces = [list(piece) for piece in change.pieces]
    return {
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "pieces": pieces,
    }


def _deck(change: DeckChange) -> dict[str, Any]:
    described = _field(change.description) if change.description else None
    return {
        "deck": change.deck,
        "sort": change.sort,
        "before": change.before,
        "description": described,
    }


def _arrival(arrival: Arrival) -> dict[str, Any]:
    return {
        "release": arrival.release,
        "new": list(arrival.new),
        "overwritten": list(arrival.overwritten),
        "untouched": len(arrival.untouched),
        "staying": list(arrival.staying),
        "notetypes": list(arrival.notetypes),
    }
