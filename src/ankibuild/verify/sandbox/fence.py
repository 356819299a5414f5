"""What a job may not do, by Python's own means: limits of the system, alarms, an audit hook.

They say clearly, and with a line, what ``kernel`` would only refuse.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from types import FrameType
from typing import Any

MEGABYTE = 1 << 20
#: What a job may use: seconds of work and of waiting, megabytes of memory (beyond what the imports
#: take) and of files, and bytes of output.
LIMITS = {"cpu": 20, "wall": 40, "memory": 2048, "file": 16, "output": 100_000}


class Stopped(BaseException):
    """Raised in a program at the line where it takes or does what it may not."""

    def __init__(self, reason: str, words: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.words = words


def limit(limits: dict[str, int]) -> None:
    """Bound the resources of this process, for good."""
    _alarms(limits)
    cap = {
        # The alarm comes first, and the system's own end when a program does not listen.
        resource.RLIMIT_CPU: (limits["cpu"], limits["cpu"] + 1),
        resource.RLIMIT_FSIZE: limits["file"] * MEGABYTE,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
    }
    memory = _memory_here()
    if memory:
        cap[resource.RLIMIT_AS] = memory + limits["memory"] * MEGABYTE
    if sys.platform != "linux":
        # No more processes. (Linux would count threads, and those of the user's other programs;
        # there `kernel` forbids processes.)
        cap[resource.RLIMIT_NPROC] = 1
    for what, most in cap.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, most if isinstance(most, tuple) else (most, most))


def _alarms(limits: dict[str, int]) -> None:
    """Raise in the program when its time is over."""

    def ring(number: int, _: FrameType | None) -> None:
        raise Stopped("cpu" if number == signal.SIGXCPU else "wall")

    signal.signal(signal.SIGXCPU, ring)
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limits["wall"])


def _memory_here() -> int:
    """Give the bytes of address space in use; 0 where the system does not say (macOS)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


_PROCESSES = (
    *("os.fork", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"),
    *("os.kill", "subprocess.Popen", "pty.spawn", "signal.pthread_kill"),
)
#: Changes of files, and which of their arguments are the paths that change.
_CHANGES = {
    **dict.fromkeys(("os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.chown"), (0,)),
    **dict.fromkeys(("os.truncate", "os.utime", "os.setxattr", "os.removexattr"), (0,)),
    **dict.fromkeys(("os.chflags", "shutil.rmtree"), (0,)),
    **dict.fromkeys(("os.rename", "os.link", "shutil.move"), (0, 1)),
    "os.symlink": (1,),
}
#: What `asyncio` needs for itself, and what asks for no network.
_SOCKETS = ("socket.__new__", "socket.gethostname")


def forbid(folder: str) -> None:
    """Watch what Python is asked to do, and stop what no program on a card needs."""
    inside = os.path.realpath(folder)

    def ours(path: object) -> bool:
        if isinstance(path, int) or path is None:
            return True
        place = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]
        return place == os.devnull or place.startswith(inside + os.sep)

    def opens(path: object) -> bool:
        # A temporary file without a name is opened by its folder's.
        return ours(path) or os.path.realpath(os.fsdecode(path)) == inside  # type: ignore[arg-type]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_PROCESSES):
            raise Stopped("forbidden", "it starts or stops processes")
        if event.startswith("socket.") and event not in _SOCKETS:
            raise Stopped("forbidden", "it uses the network")
        if event == "open" and _writes(arguments) and not opens(arguments[0]):
            raise Stopped("forbidden", "it writes outside its own folder")
        for number in _CHANGES.get(event, ()):
            if not ours(arguments[number]):
                raise Stopped("forbidden", "it changes files outside its own folder")

    sys.addaudithook(hook)


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str) and set(mode) & set("wax+"):
        return True
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
