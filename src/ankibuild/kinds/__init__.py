"""The kinds of questions, one file each: what an author writes, and the note it becomes.

To add a kind, add a file with one :class:`~ankibuild.kinds.base.Question` subclass whose docstring
holds a YAML block. The block is its example, its documentation, the skeleton of ``ankibuild new``
and a test.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from ankibuild.kinds.base import Question, Render

__all__ = ["Question", "Render", "kinds"]


@cache
def kinds() -> dict[str, type[Question]]:
    """Give the kinds by name, in the order in which the documentation shows them."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    found = sorted(Question.__subclasses__(), key=lambda kind: (kind.order, kind.kind))
    return {kind.kind: kind for kind in found}
