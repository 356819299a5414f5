"""What changed for a learner, question by question, since a release or a git revision.

:func:`since` reads a project as it was, compares it with what it is, and gives a :class:`Diff`;
:func:`write` shows that to a person on a terminal, in a pull request or a browser, or to a program.
"""

from __future__ import annotations

from ankibuild.cache import Memory
from ankibuild.diff.compare import arrival, compare
from ankibuild.diff.formats import FORMATS, write
from ankibuild.diff.headline import headline
from ankibuild.diff.snapshot import Snapshot, at, default_revision
from ankibuild.diff.values import (
    ASPECTS,
    Added,
    Arrival,
    Changed,
    DeckChange,
    Diff,
    FieldChange,
    Moved,
    Retired,
)
from ankibuild.rules import Subject

__all__ = [
    "ASPECTS",
    "FORMATS",
    "Added",
    "Arrival",
    "Changed",
    "DeckChange",
    "Diff",
    "FieldChange",
    "Moved",
    "Retired",
    "Snapshot",
    "arrival",
    "at",
    "compare",
    "headline",
    "since",
    "write",
]


def since(subject: Subject, revision: str | None = None, memory: Memory | None = None) -> Diff:
    """Tell what a learner would get that was not there at a revision.

    Without one, since the tag of the latest release (``v1.2.0``), or since the last commit if
    nothing is released or that tag is not in this clone. ``memory`` is the one that the subject
    was loaded with: what is the same in both is not read again. Raises GitError.
    """
    root, ledger = subject.project.root, subject.ledger
    asked = revision if revision is not None else default_revision(root, ledger)
    old = at(root, asked, memory or Memory())
    remarks = _instead(asked, ledger.latest.release) if ledger.latest and not revision else ()
    name = asked if old.commit.startswith(asked) else f"{asked} ({old.commit[:7]})"
    return compare(old, Snapshot(subject.project, subject.collection, remarks), ledger, name)


def _instead(asked: str, release: str) -> tuple[str, ...]:
    if asked == f"v{release}":
        return ()
    return (f"the tag `v{release}` of the latest release is not in this clone",)
