"""One job, seen from outside: a process for it, an eye on it, and how it ended.

A job is a setup, a piece of code, and the rows of values that the code runs with (one empty row
where there are none). Its rows share a process as long as all goes well; the row that ends the
process is run again alone before it is blamed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import secrets
import select
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ankibuild.verify.sandbox import inside, kernel
from ankibuild.verify.sandbox.fence import MEGABYTE

Job = dict[str, Any]
Answer = dict[str, Any]
Limits = dict[str, int]

#: Seconds between two looks at a job that says nothing, and for it to end when it was told to.
TICK, GRACE = 0.25, 1.0
#: Bytes of reports that are read; a job that sends more is up to something.
REPORTS = 1 << 20
_CRASH_LINE = re.compile(rb'File "<(setup|code)>", line (\d+)')


def run(job: Job, limits: Limits) -> list[Answer]:
    """Run a job; give an answer for each of its rows.

    ``status`` is ok, raised, exit, stopped, or unrun: a row after one that had to be stopped.
    """
    rows, answers = job["rows"], list[Answer]()
    while len(answers) < len(rows):
        made = _attempt({**job, "rows": rows[len(answers) :]}, limits)
        answers += made
        if made[-1]["status"] == "stopped":
            answers += [{"status": "unrun"}] * (len(rows) - len(answers))
    return answers


def _attempt(job: Job, limits: Limits) -> list[Answer]:
    """Run rows in one process until one ends it: give the answers of one row at least."""
    process = _Process(job, limits)
    try:
        process.watch()
    finally:
        process.end()
    sound = [answer for answer in process.answers() if answer["status"] != "stopped"]
    blamed = not sound or (process.reason and len(job["rows"]) == 1)
    return [process.ending()] if blamed else sound


@dataclass
class _Process:
    """A running job and what has been heard of it."""

    job: Job
    limits: Limits
    folder: Path = field(init=False)
    token: bytes = field(init=False)
    pid: int = field(init=False)
    output: int = field(init=False)
    reports: int = field(init=False)
    heard: dict[int, bytearray] = field(init=False)
    reason: str = ""
    status: int | None = None
    cpu: float = 0.0

    def __post_init__(self) -> None:
        """Fork. In the child this never returns."""
        self.token = secrets.token_hex(16).encode()
        # Ours to remove, whatever becomes of it; the runner removes the folder around it.
        self.folder = Path.cwd() / self.token.decode()[:8]
        self.folder.mkdir()
        (self.output, shown), (self.reports, told) = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            inside.execute(self.job, self.limits, str(self.folder), shown, told, self.token)
        with contextlib.suppress(OSError):
            os.setpgid(self.pid, self.pid)
        os.close(shown)
        os.close(told)
        self.heard = {self.output: bytearray(), self.reports: bytearray()}

    def watch(self) -> None:
        """Listen until the job is done, dead, or has taken too much."""
        deadline = time.monotonic() + self.limits["wall"] + GRACE
        listening = [self.output, self.reports]
        while listening and not self._finished():
            left = deadline - time.monotonic()
            if left <= 0:
                self.reason = self.reason or "wall"
                return
            for end in select.select(listening, [], [], min(TICK, left))[0]:
                if not self._listen(end):
                    listening.remove(end)
            if not self.reason and self._too_much():
                # Its next `print` fails, which tells us the line; then it has a moment to end.
                os.close(self.output)
                listening.remove(self.output)
                deadline = time.monotonic() + GRACE
        self._drain(listening)

    def _listen(self, end: int) -> bool:
        """Read what is there; tell whether more can come."""
        piece = os.read(end, 65536)
        self.heard[end] += piece
        return bool(piece)

    def _too_much(self) -> bool:
        if len(self.heard[self.output]) > self.limits["output"]:
            self.reason = "output"
        elif _size(self.folder, self.limits["file"] * MEGABYTE):
            self.reason = "file"
        return bool(self.reason)

    def _finished(self) -> bool:
        """Tell whether the process is gone or has said its last word."""
        if self.status is None:
            pid, status, used = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self._ended(status, used)
        return self.status is not None or len(self.heard[self.reports]) > REPORTS

    def _drain(self, listening: list[int]) -> None:
        """Read what a dead process left; something it started may hold the other end open."""
        while listening and (ready := select.select(listening, [], [], 0)[0]):
            for end in ready:
                if not self._listen(end) or len(self.heard[end]) > REPORTS:
                    listening.remove(end)

    def _ended(self, status: int, used: resource.struct_rusage) -> None:
        self.status, self.cpu = status, used.ru_utime + used.ru_stime

    def end(self) -> None:
        """Leave nothing behind: no process, no descriptor, no file."""
        for kill in (os.killpg, os.kill):
            # Not by its number once it was waited for: that number may be another's by now.
            if self.status is None or kill is os.killpg:
                with contextlib.suppress(OSError):
                    kill(self.pid, signal.SIGKILL)
        if self.status is None:
            self._ended(*os.wait4(self.pid, 0)[1:])
        kernel.end_orphans()
        for end in (self.reports,) if self.reason in ("output", "file") else self.heard:
            os.close(end)
        _remove(self.folder)

    def answers(self) -> Iterator[Answer]:
        """Give the answers of the rows that came to an end; what it printed, if it was one."""
        for report in self._reported():
            if "status" in report:
                yield {**report, "output": self._printed()}

    def _printed(self) -> str:
        text = self.heard[self.output][: self.limits["output"]].decode("utf-8", "replace")
        return text if len(self.job["rows"]) == 1 else ""

    def _reported(self) -> Iterator[dict[str, Any]]:
        """Give the reports that bear the job's token; a program may have written others."""
        for line in bytes(self.heard[self.reports]).split(b"\n"):
            _, token, text = line.partition(self.token)
            with contextlib.suppress(ValueError):
                report = json.loads(text) if token else None
                if isinstance(report, dict):
                    yield report

    def ending(self) -> Answer:
        """Say why the first row did not come to its end: as it told, or as it looks from here."""
        reports = list(self._reported())
        told = [report for report in reports if report.get("status") == "stopped"]
        answer = told[0] if told else {"status": "stopped", **self._looks()}
        if not told and not reports:
            answer["part"] = "setup"
        if self.reason:
            answer["reason"] = self.reason
        return {"part": "code", **answer, "output": self._printed()}

    def _looks(self) -> Answer:
        status = self.status or 0
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        place: Answer = {}
        if found := _CRASH_LINE.search(self.heard[self.reports]):
            place = {"part": found[1].decode(), "line": int(found[2])}
        if number == getattr(signal, "SIGSYS", -1):
            words = "it starts or stops processes, or changes what is not its own"
            return {"reason": "forbidden", "message": words, **place}
        if self.cpu >= self.limits["cpu"]:
            return {"reason": "cpu"}
        if number and number != signal.SIGKILL:
            place["message"] = f"its process crashed: {signal.strsignal(number)}".lower()
        return {"reason": "died", **place}


def _size(folder: Path, most: int) -> bool:
    """Tell whether the files of a folder are larger than ``most`` bytes together."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += max(4096, os.lstat(os.path.join(place, name)).st_size)
        if total > most:
            return True
    return False


def _remove(folder: Path) -> None:
    """Remove a folder, whatever its program did to its permissions."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for place, folders, _ in os.walk(folder):
            for name in (place, *(os.path.join(place, inner) for inner in folders)):
                with contextlib.suppress(OSError):
                    os.chmod(name, 0o700, follow_symlinks=False)
        shutil.rmtree(folder, ignore_errors=True)
