"""Work in several processes, of which none is relied upon."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence


def beforehand(shares: Sequence[Callable[[], object]]) -> None:
    """Do the first share here, and meanwhile each other one in a process of its own.

    They leave their results in files. Whatever one of them could not do is left to the caller, who
    looks for them, does what is missing, and meets what was wrong. Where processes cannot be
    forked, only the first share is done.
    """
    children = [_start(share) for share in shares[1:]] if sys.platform == "linux" else []
    try:
        for share in shares[:1]:
            share()
    finally:
        for child in children:
            os.waitpid(child, 0)


def _start(share: Callable[[], object]) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        # What it has to say is said again by the caller, in its turn.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        share()
        code = 0
    finally:
        # Not `sys.exit`: what the caller has not yet written is not ours to write.
        os._exit(code)
