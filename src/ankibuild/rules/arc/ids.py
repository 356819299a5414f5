"""The rule about an id that nobody chose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

from ankibuild.diagnostics import Diagnostic
from ankibuild.rules.base import Subject, arc_rule, warning

#: What :func:`~ankibuild.schema.fresh_id` makes: a prefix of the bank, `new` and a number.
_PROPOSED = re.compile(r"([a-z0-9-]+)-new-[1-9][0-9]*")


@arc_rule
def proposed_id(subject: Subject) -> Iterable[Diagnostic]:
    """A question still has the id that `ankibuild new` proposed.

    Links, the changelog and whoever reports a mistake call the question by its id. After a release
    nobody can change it any more, and nothing is said of it.

    Bad:
    ```yaml
    questions: [{basic: div-new-1, q: Why has zero no inverse?, a: Zero times all is zero.}]
    ```
    Good:
    ```yaml
    questions: [{basic: div-by-zero, q: Why has zero no inverse?, a: Zero times all is zero.}]
    ```
    """
    doubtful = (bank.ids.split("\n") for bank in subject.fronts if "-new-" in bank.ids)
    for name in chain.from_iterable(doubtful):
        found = _PROPOSED.fullmatch(name)
        if found and name not in subject.ledger.notes:
            yield warning(
                "proposed-id",
                f"`{name}` is what `ankibuild new` proposed",
                subject.project.entries[name].head,
                "an id is for ever",
                f"write `{found[1]}-…` with a word or two of what it asks",
            )
