"""Work in several processes, of which none is relied upon.

They leave their results in files. Whatever one of them could not do is left to the caller, who
looks for them, does what is missing, and meets what was wrong. Where no process can be forked, the
caller does all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

_CAN_FORK = sys.platform == "linux"
#: Bytes of a number that goes through a pipe: each is read whole, whoever reads first.
_WIDTH = 4
#: Numbers that are written at once: a pipe takes so many bytes whole.
_AT_ONCE = 4096 // _WIDTH


def beforehand(shares: Sequence[Callable[[], object]]) -> None:
    """Do the first share here, and meanwhile each other one in a process of its own."""
    children: list[int] = []
    try:
        _start_all(shares[1:], children)
        for share in shares[:1]:
            share()
    finally:
        _wait(children)


def elsewhere(work: Callable[[Iterator[int]], object], count: int, hands: int) -> None:
    """Have things done by up to so many processes, and come back when they are done.

    Each of them does ``work`` with numbers below ``count``, and takes the next one when it is
    ready for it. So nothing of what the work needs comes into this process.
    """
    reading, writing = os.pipe()

    def share() -> None:
        os.close(writing)
        work(_taken(reading))

    children: list[int] = []
    try:
        _start_all([share] * min(hands, count), children)
        os.close(reading)
        _hand_out(writing, range(count))
    finally:
        os.close(writing)
        _wait(children)


def _hand_out(end: int, numbers: Iterable[int]) -> None:
    told = [number.to_bytes(_WIDTH) for number in numbers]
    with suppress(BrokenPipeError):  # nobody is left to take them
        for start in range(0, len(told), _AT_ONCE):
            os.write(end, b"".join(told[start : start + _AT_ONCE]))


def _taken(end: int) -> Iterator[int]:
    """Take numbers, one by one, from a pipe that others take from as well."""
    while number := os.read(end, _WIDTH):
        yield int.from_bytes(number)


def _start_all(shares: Iterable[Callable[[], object]], children: list[int]) -> None:
    """Start as many as there may be, and put them down as they are started."""
    with suppress(OSError):
        for share in shares if _CAN_FORK else ():
            children.append(_start(share))


def _wait(children: Iterable[int]) -> None:
    for child in children:
        with suppress(ChildProcessError):  # whoever started us wants to know of no child
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
