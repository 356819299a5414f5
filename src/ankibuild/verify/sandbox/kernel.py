"""What a job cannot do, by Linux's means: no trick inside the process gets around them.

Three of them, all open to ordinary users, in containers too, and all for this process only:

* no privileges, even for root (``capset``, and never any new ones);
* files are written below one folder and nowhere else (Landlock, Linux 5.13);
* no processes, no signals to others, no network (seccomp, a filter of system calls).

Where the system has one of them not, the others stand. On other systems ``fence`` stands alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38


def _prctl(what: int, *arguments: object) -> bool:
    """Change a trait of this process; tell whether the system did it."""
    # As the call takes them: five machine words.
    words = [a if not isinstance(a, int) else ctypes.c_ulong(a) for a in arguments]
    words += [ctypes.c_ulong(0)] * (4 - len(words))
    return _libc is not None and _libc.prctl(what, *words) == 0


def confine(folder: str) -> None:
    """Give up for ever what a program on a card does not need; ``folder`` stays writable."""
    if not LINUX:
        return
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _drop_privileges()
    _write_only_below(folder)
    _filter_calls()


def die_with_parent() -> None:
    """Have this process killed when the warm process is no more."""
    _prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))


# ------------------------------------------------------------------ processes left behind


def adopt_orphans() -> None:
    """Become the parent of processes whose own parent is gone, so that they can be found."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_orphans() -> None:
    """End every child of this process, and theirs: a job is over."""
    # A bound, not a promise: only a system without seccomp has any children here.
    for _ in range(1000):
        children = list(_children())
        for child in children:
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        for child in children:
            with contextlib.suppress(OSError):
                os.waitpid(child, 0)
        if not children:
            return


def _children() -> Iterator[int]:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
        yield from map(int, text.split())


# ------------------------------------------------------------------ privileges


def _drop_privileges() -> None:
    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))

    if _libc is not None:
        nothing = (ctypes.c_uint32 * 6)()
        _libc.capset(ctypes.byref(Header(0x20080522, 0)), nothing)


# ------------------------------------------------------------------ files: Landlock

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH, _VERSION = 1, 1
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
#: Removing (2 rights) and making (7) of files and folders.
_CHANGE_FOLDER = sum(1 << bit for bit in range(4, 13))
_MOVE_BETWEEN_FOLDERS = 1 << 13


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def _call(number: int, *arguments: object) -> int:
    return -1 if _libc is None else int(_libc.syscall(ctypes.c_long(number), *arguments))


def _write_only_below(folder: str) -> None:
    version = _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    if version < 1:
        return
    rights = _WRITE_FILE | _CHANGE_FOLDER
    rights |= (_MOVE_BETWEEN_FOLDERS if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    handled = ctypes.c_uint64(rights)
    rules = _call(_CREATE_RULESET, ctypes.byref(handled), ctypes.c_size_t(8), ctypes.c_uint32(0))
    for path, allowed in ((folder, rights), (os.devnull, _WRITE_FILE)):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = ctypes.byref(_Beneath(allowed, place))
        _call(_ADD_RULE, rules, ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
        os.close(place)
    _call(_RESTRICT_SELF, rules, ctypes.c_uint32(0))
    os.close(rules)


# ------------------------------------------------------------------ system calls: seccomp

#: System calls by machine: the first column is x86-64's, the second everybody else's.
_ENDS = {  # a program that makes one of these is ended
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "unshare": (272, 97),
    "setns": (308, 268),
}
_FAILS = {  # these fail, since the standard library tries some of them in passing
    "socket": (41, 198),
    "connect": (42, 203),
    "io_uring_setup": (425, 425),
    "pidfd_open": (434, 434),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
_KILL, _TGKILL, _PRLIMIT, _PRCTL = (62, 129), (234, 131), (302, 261), (157, 167)
_CLONE, _CLONE3 = (56, 220), (435, 435)
_CLONE_THREAD = 0x10000
#: Column of the tables, and the name that the kernel has for the machine.
_MACHINES = {
    "x86_64": (0, 0xC000003E),
    "aarch64": (1, 0xC00000B7),
    "riscv64": (1, 0xC00000F3),
    "loongarch64": (1, 0xC0000102),
}

# The filter is a program for the kernel's small machine: load a word, compare and jump, return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
#: Ended by a signal (SIGSYS), which leaves time to say at which line; or let through.
_END, _ALLOW = 0x00030000, 0x7FFF0000
_NOT_PERMITTED, _NO_SUCH_CALL = 0x00050000 | 1, 0x00050000 | 38
#: Where the kernel puts the call's number, the machine, and the low half of an argument.
_NUMBER_AT, _MACHINE_AT, _FIRST_AT = 0, 4, 16

_Step = tuple[int, int, int, int]


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


def _filter_calls() -> None:
    machine = _MACHINES.get(platform.machine())
    if machine is None or sys.byteorder != "little" or sys.maxsize < 1 << 32:
        return
    steps = list(_steps(*machine))
    program = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    told = _Filter(len(steps), ctypes.cast(program, ctypes.c_void_p))
    _prctl(PR_SET_SECCOMP, 2, ctypes.byref(told))


def _steps(column: int, machine: int) -> Iterator[_Step]:
    yield (_LOAD, 0, 0, _MACHINE_AT)
    yield from ((_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _END))
    yield (_LOAD, 0, 0, _NUMBER_AT)
    if column == 0:
        # Every call of x86-64 has a second number, for 32-bit pointers.
        yield from ((_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _END))
    for calls, answer in ((_ENDS, _END), (_FAILS, _NOT_PERMITTED)):
        for call in calls.values():
            yield from _if_call(call[column], answer)
    # The library falls back to `clone`, whose flags we can see.
    yield from _if_call(_CLONE3[column], _NO_SUCH_CALL)
    yield from _unless(_CLONE[column], _ANY_BIT, _CLONE_THREAD)
    for call, allowed in ((_KILL, os.getpid()), (_TGKILL, os.getpid()), (_PRLIMIT, 0)):
        yield from _unless(call[column], _EQUAL, allowed)
    yield from _if_asked(_PRCTL[column], PR_SET_PDEATHSIG)
    yield (_RETURN, 0, 0, _ALLOW)


def _if_call(number: int | None, answer: int) -> Iterator[_Step]:
    if number is not None:
        yield from ((_EQUAL, 0, 1, number), (_RETURN, 0, 0, answer))


def _unless(number: int, test: int, value: int) -> Iterator[_Step]:
    """End the program at a call whose first argument does not pass a test."""
    yield from ((_EQUAL, 0, 4, number), (_LOAD, 0, 0, _FIRST_AT), (test, 1, 0, value))
    yield from ((_RETURN, 0, 0, _END), (_LOAD, 0, 0, _NUMBER_AT))


def _if_asked(number: int, value: int) -> Iterator[_Step]:
    """End the program at a call whose first argument is ``value``."""
    yield from ((_EQUAL, 0, 4, number), (_LOAD, 0, 0, _FIRST_AT), (_EQUAL, 0, 1, value))
    yield from ((_RETURN, 0, 0, _END), (_LOAD, 0, 0, _NUMBER_AT))
