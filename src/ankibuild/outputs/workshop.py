"""A folder to make a file in, beside where it goes; what killed processes have left is removed."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

try:
    import fcntl
except ImportError:  # Windows has no locks that end with their process: there, all is left alone
    fcntl = None  # type: ignore[assignment]

_PREFIX = ".ankibuild-"


@contextlib.contextmanager
def workshop(place: Path) -> Iterator[Path]:
    """Give an empty folder in ``place``, which is gone afterwards.

    Folders of processes that were killed are removed on the way; those in use are known by a lock.
    Raises OSError.
    """
    with contextlib.ExitStack() as stack:
        with _held(place):  # so that nobody meets the new folder before it has its lock
            for folder in place.glob(f"{_PREFIX}*"):
                if _is_abandoned(folder):
                    shutil.rmtree(folder, ignore_errors=True)
            made = stack.enter_context(TemporaryDirectory(prefix=_PREFIX, dir=place))
            stack.enter_context(_held(Path(made)))
        yield Path(made)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, as far as there are such locks."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            _lock(stack, folder)
        yield


def _is_abandoned(folder: Path) -> bool:
    """Tell whether nobody works in a folder any more; False if that cannot be known."""
    with contextlib.ExitStack() as stack:
        try:
            return _lock(stack, folder, wait=False)
        except OSError:
            return False


def _lock(stack: contextlib.ExitStack, folder: Path, *, wait: bool = True) -> bool:
    """Lock a folder until the stack ends. Raises OSError; gives False if there are no locks."""
    if fcntl is None:
        return False
    number = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    stack.callback(os.close, number)
    fcntl.flock(number, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True
