"""What the format allows but a deck should not have. One function a rule.

A rule takes a :class:`Subject` and yields diagnostics. Its docstring is what ``ankibuild explain``
shows: a sentence, why it matters, and a ``Bad:`` and a ``Good:`` block, both run as tests. Mistakes
of form are found by the rooms that read them; they are explained in ``handbook.md``.
"""

from ankibuild.rules.base import RULES, Front, Fronts, Subject, allowed, check_arc, check_bank
from ankibuild.rules.explain import Explanation, explanations

__all__ = [
    "RULES",
    "Explanation",
    "Front",
    "Fronts",
    "Subject",
    "allowed",
    "check_arc",
    "check_bank",
    "explanations",
]
