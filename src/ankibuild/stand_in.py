"""Imports that packages make and have no use for here: each is paid for by whoever waits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


@contextmanager
def stand_in(name: str, **members: object) -> Iterator[None]:
    """Let what is imported inside find these members in ``name``, and that not be imported.

    It is if it is asked for anything else, and whoever imports it afterward gets the module itself.
    If it is there already, it is used.
    """
    if name in sys.modules:
        yield
        return
    module = ModuleType(name)

    def ask_the_module(member: str) -> object:
        if member.startswith("__"):  # Python asks for these at every import
            raise AttributeError(member)
        if sys.modules.get(name) is module:
            del sys.modules[name]
        return getattr(import_module(name), member)

    vars(module).update(members, __getattr__=ask_the_module)
    sys.modules[name] = module
    try:
        yield
    finally:
        if sys.modules.get(name) is module:
            del sys.modules[name]
