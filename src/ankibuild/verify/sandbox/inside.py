"""One job, seen from inside its process: fence itself in, run the code, report.

After the first line of a bank's code nothing here can be relied on: a program may replace what it
likes. So what matters then is kept in local names, and a report that fails is no report, which the
warden understands.
"""

from __future__ import annotations

import errno
import faulthandler
import fcntl
import io
import json
import os
import random
import signal
import sys
import tempfile
import traceback
import types
from collections.abc import Callable
from typing import Any, NoReturn

from ankibuild.verify.sandbox import fence, helpers, kernel
from ankibuild.verify.sandbox.compared import compared

Job = dict[str, Any]
Answer = dict[str, Any]
#: Sends a report to the warden; sends nothing if the program has spoilt Python too much.
Tell = Callable[[Answer], None]

#: The descriptor that reports go to.
REPORTS = 3
#: Characters of an exception's words that are reported.
WORDS = 2000


def execute(
    job: Job, limits: dict[str, int], folder: str, shown: int, told: int, token: bytes
) -> NoReturn:
    """Be the job's process: run each row, tell how each ended, leave."""
    leave = os._exit
    try:
        _settle(folder, shown, told)
        output = os.fdopen(1, "wb", closefd=False)
        screen = io.TextIOWrapper(output, encoding="utf-8", errors="backslashreplace")
        fence.limit(limits)
        fence.forbid(folder)
        if limits.get("kernel", 1):
            kernel.confine(folder)
        _rows(job, screen, _teller(token))
    finally:
        leave(0)


def _settle(folder: str, shown: int, told: int) -> None:
    """Keep four descriptors: no input, the output, no errors, and the reports."""
    os.setpgid(0, 0)
    kernel.die_with_parent()
    # First to higher numbers: either may stand where the other goes.
    shown, told = (fcntl.fcntl(number, fcntl.F_DUPFD, 10) for number in (shown, told))
    os.dup2(shown, 1)
    os.dup2(told, REPORTS)
    os.closerange(REPORTS + 1, os.sysconf("SC_OPEN_MAX"))
    faulthandler.enable(file=REPORTS, all_threads=False)
    if hasattr(signal, "SIGSYS"):
        # The answer to a system call that `kernel` forbids.
        faulthandler.register(signal.SIGSYS, file=REPORTS, all_threads=False, chain=True)
    os.chdir(folder)
    os.environ["TMPDIR"] = os.environ["HOME"] = tempfile.tempdir = folder


def _teller(token: bytes) -> Tell:
    write, dumps = os.write, json.dumps

    def tell(answer: Answer) -> None:
        write(REPORTS, b"\n" + token + dumps(answer).encode() + b"\n")

    return tell


def _rows(job: Job, screen: io.TextIOWrapper, tell: Tell) -> None:
    for row in job["rows"]:
        sys.stdout = screen
        answer = _run(job, row, screen, tell)
        tell(answer)
        if answer["status"] == "stopped":
            return


def _run(job: Job, row: dict[str, Any], screen: io.TextIOWrapper, tell: Tell) -> Answer:
    """Run setup and code for one row, in a fresh module, from fixed seeds."""
    part = "setup"
    try:
        _seed()
        names = _module(job["recorded"])
        exec(compile(job["setup"], "<setup>", "exec"), names)  # noqa: S102 - what we are for
        tell({"part": "code"})
        part = "code"
        names |= row["texts"]
        names |= {name: helpers.value_of(v, job["arrays"]) for name, v in row["values"].items()}
        exec(compile(job["code"], "<code>", "exec"), names)  # noqa: S102
        screen.flush()
    except BaseException as error:
        return _caught(error, part, job[part], screen)
    return {"status": "ok"}


def _caught(error: BaseException, part: str, code: str, screen: io.TextIOWrapper) -> Answer:
    try:
        screen.flush()
    except BaseException as other:
        error = other if isinstance(other, BrokenPipeError | fence.Stopped) else error
    answer: Answer = {"part": part, "line": _line(error, part)}
    reason = _reason(error)
    if reason:
        return {**answer, "status": "stopped", **reason}
    status = "exit" if isinstance(error, SystemExit) else "raised"
    answer |= {"status": status, "type": type(error).__name__, "message": _words(error)}
    if isinstance(error, AssertionError):
        answer["compared"] = compared(error, code, f"<{part}>")
    return answer


def _reason(error: BaseException) -> Answer | None:
    """Give the limit that an exception stands for."""
    if isinstance(error, fence.Stopped):
        return {"reason": error.reason, "message": error.words}
    if isinstance(error, BrokenPipeError):
        return {"reason": "output"}
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return {"reason": "file"}
    # PyTorch has no exception of its own for it.
    if isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in _words(error)
    ):
        return {"reason": "memory"}
    return None


def _seed() -> None:
    """Start every source of chance that is loaded at the same place."""
    random.seed(0)
    for name, seed in (("numpy.random", "seed"), ("torch", "manual_seed")):
        module = sys.modules.get(name)
        if module is not None:
            getattr(module, seed)(0)


def _module(recorded: dict[str, Any]) -> dict[str, Any]:
    """Make the module that the code is: classes in it can be pickled, as in a script."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    names = vars(module)
    names |= {"approx": helpers.approx, "grad_check": helpers.grad_check}
    names["recorded"] = helpers.recorder(recorded)
    return names


def _line(error: BaseException, part: str) -> int | None:
    """Find the last line of the author's own that an exception passed through."""
    lines = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == f"<{part}>"
    ]
    return lines[-1] if lines else getattr(error, "lineno", None)


def _words(error: BaseException) -> str:
    try:
        return str(str(error)[:WORDS])
    except BaseException:
        return "(its message cannot be shown)"
