"""A project's collection as learners get it: with stamps, places, and the version of its decks."""

from __future__ import annotations

from ankibuild import released
from ankibuild.collection import Collection, describe
from ankibuild.rules import Subject


def stamped(subject: Subject) -> Collection:
    """Give every note its stamp and every deck its version."""
    ledger = subject.ledger
    collection = released.stamp(subject.collection, ledger, ledger.preview_time)
    # What is new is not asked for if that is everything.
    changes = subject.changes if ledger.latest else released.Changes()
    return describe(collection, released.version_line(changes, ledger))
