"""Imports that packages make and have no use for here: each is paid for by whoever waits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def stand_in(name: str, **members: object) -> Iterator[None]:
    """Let what is imported inside find these members, and no more, in the module ``name``.

    If the module itself is there already it costs nothing, and is found. Whoever imports it
    afterward gets the module itself.
    """
    if name in sys.modules:
        yield
        return
    module = ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module
    try:
        yield
    finally:
        del sys.modules[name]
