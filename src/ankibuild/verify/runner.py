"""Runs claims: one warm process for each set of packages, several at a time, each claim twice."""

from __future__ import annotations

import errno
import json
import os
import select
import site
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from msgspec import Struct

from ankibuild.verify.claims import Claim
from ankibuild.verify.sandbox.fence import LIMITS

#: Two runs with different hashes of strings: what depends on the order of a set shows.
HASH_SEEDS = ("0", "1")
#: A process for fewer questions than this would spend its time warming up.
SMALLEST_SHARE = 64
#: What PyTorch imports on first use only, and what such a use looks like: a second each time, or
#: once when it is warm.
LAZY = {
    "torch._dynamo": ("optim.",),
    "torch.fx.experimental.symbolic_shapes": ("autograd.grad(", "backward("),
}
#: A lazy import is worth its time for as many questions.
WORTH_IT = 4
#: Seconds that a process may take to import what it needs, and to answer beyond a job's own time.
WARMING, SLACK = 300, 20

Verdict = dict[str, Any]
Task = Sequence[Claim]
Progress = Callable[[int], None]


class Runs(Struct, frozen=True):
    """How a claim ended, both times."""

    first: Verdict
    second: Verdict


class Sandbox:
    """A warm interpreter. Started when it is needed, and again when a program takes it down."""

    def __init__(self, packages: Sequence[str], seed: str, limits: dict[str, int]) -> None:
        self.packages = packages
        self.seed = seed
        self.limits = {**LIMITS, **limits}
        self.folder = tempfile.TemporaryDirectory(
            prefix="ankibuild-verify-", ignore_cleanup_errors=True
        )
        self.process: subprocess.Popen[bytes] | None = None
        self.broken = False
        self.spoilt: dict[str, Verdict] = {}

    def run(self, task: Task) -> list[Verdict]:
        """Run claims that share their code: one, or the rows of a drill."""
        setup = task[0].setup
        if setup not in self.spoilt:
            verdicts = self._run(task)
            if verdicts[0].get("part") != "setup":
                return verdicts
            # It fails for every question of the bank; to see that once is enough.
            self.spoilt[setup] = verdicts[0]
        return [self.spoilt[setup]] * len(task)

    def _run(self, task: Task) -> list[Verdict]:
        if not self._ready():
            return [{"status": "stopped", "reason": "packages"}] * len(task)
        patience = len(task) * (self.limits["wall"] + SLACK)
        answer = self._ask(_job(task), patience)
        if isinstance(answer, list) and len(answer) == len(task):
            return answer
        self._stop()
        lost = {"status": "stopped", "reason": "died"}
        return [lost, *({"status": "unrun"} for _ in task[1:])]

    def _ready(self) -> bool:
        """Tell whether the process is there, after starting it if it is not."""
        if self.process is None and not self.broken:
            self.process = self._start()
            hello = {"packages": self.packages, "limits": self.limits}
            self.broken = self._ask(hello, WARMING) is None
        return not self.broken

    def _start(self) -> subprocess.Popen[bytes]:
        # User packages are found through HOME, which programs do not get.
        user = ["-s"] if not site.ENABLE_USER_SITE else []
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", *user, "-m", "ankibuild.verify.sandbox"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(self.seed, self.folder.name),
            cwd=self.folder.name,
        )

    def _ask(self, message: object, patience: float) -> Any | None:
        """Send a line and read the answer; None if none comes."""
        process = self.process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        try:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
            return json.loads(_line(process.stdout.fileno(), patience))
        except (OSError, ValueError):
            return None

    def _stop(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                # What could not be sent is of no interest any more.
                _close(pipe)

    def close(self) -> None:
        """End the process and remove its folder."""
        self._stop()
        self.folder.cleanup()

    def kill(self) -> None:
        """End the process from another thread; whoever waits for its answer gets none."""
        process, self.broken = self.process, True
        if process is not None:
            process.kill()


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        return


def _line(end: int, patience: float) -> bytes:
    """Read up to the first line end, or what came until the writer was gone or time was over."""
    deadline = time.monotonic() + patience
    heard = bytearray()
    while not heard.endswith(b"\n"):
        if not select.select([end], [], [], max(0.0, deadline - time.monotonic()))[0]:
            break
        piece = os.read(end, 65536)
        if not piece:
            break
        heard += piece
    return bytes(heard)


def _environment(seed: str, home: str) -> dict[str, str]:
    ours = Path(__file__).resolve().parents[2]
    # What is installed is found anyway, and must not come before the standard library.
    path = {} if ours.name.endswith("-packages") else {"PYTHONPATH": str(ours)}
    threads = ("OMP", "MKL", "OPENBLAS", "NUMEXPR")
    return {
        "PYTHONHASHSEED": seed,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUSERBASE": site.getuserbase(),
        "LANG": "C.UTF-8",
        "HOME": home,
        "VECLIB_MAXIMUM_THREADS": "1",
        **{f"{name}_NUM_THREADS": "1" for name in threads},
        **path,
    }


def _job(task: Task) -> dict[str, Any]:
    first = task[0]
    return {
        "setup": first.setup,
        "code": first.code,
        "recorded": dict(first.recorded),
        "arrays": first.arrays,
        "rows": [{"values": dict(one.values), "texts": dict(one.texts)} for one in task],
    }


# ------------------------------------------------------------------ many claims


def run_all(
    claims: Sequence[Claim],
    *,
    jobs: int | None = None,
    limits: dict[str, int] | None = None,
    progress: Progress = lambda _: None,
) -> list[Runs]:
    """Run claims twice each; give the results in their order.

    ``progress`` is told how many more runs are done. ``jobs`` processes work at a time (default:
    one for each core); ``limits`` override those of ``sandbox.fence``.
    """
    if not hasattr(os, "fork"):
        message = "running a bank's code needs Linux or macOS (on Windows: WSL)"
        raise OSError(errno.ENOSYS, message, "ankibuild verify")
    jobs = jobs or os.cpu_count() or 1
    crew = _Crew(limits or {}, progress)
    work = [(seed, share) for share in _shares(claims, jobs) for seed in HASH_SEEDS]
    with ThreadPoolExecutor(jobs) as pool:
        try:
            done = list(pool.map(crew.work, *zip(*work, strict=True)) if work else ())
        except BaseException:
            crew.leave()
            raise
    made = {
        (seed, id(claim)): verdict
        for (seed, share), verdicts in zip(work, done, strict=True)
        for claim, verdict in zip((c for task in share for c in task), verdicts, strict=True)
    }
    first, second = HASH_SEEDS
    return [Runs(made[first, id(claim)], made[second, id(claim)]) for claim in claims]


class _Crew:
    """The sandboxes at work."""

    def __init__(self, limits: dict[str, int], progress: Progress) -> None:
        self.limits = limits
        self.progress = progress
        self.lock = threading.Lock()
        self.busy: set[Sandbox] = set()
        self.left = False

    def work(self, seed: str, share: list[Task]) -> list[Verdict]:
        """Run the tasks of one share in a sandbox of its own."""
        sandbox = Sandbox(_imports(share), seed, self.limits)
        self.busy.add(sandbox)
        try:
            return [verdict for task in share for verdict in self._one(sandbox, task)]
        finally:
            self.busy.discard(sandbox)
            sandbox.close()

    def _one(self, sandbox: Sandbox, task: Task) -> list[Verdict]:
        if self.left:
            return [{"status": "unrun"}] * len(task)
        verdicts = sandbox.run(task)
        with self.lock:
            self.progress(len(task))
        return verdicts

    def leave(self) -> None:
        """Stop all work, from another thread."""
        self.left = True
        for sandbox in tuple(self.busy):
            sandbox.kill()


def _imports(share: list[Task]) -> list[str]:
    """Give what a sandbox imports before it runs a share."""
    packages = share[0][0].packages
    uses = {
        name: sum(any(sign in task[0].code for sign in signs) for task in share)
        for name, signs in LAZY.items()
        if name.partition(".")[0] in packages
    }
    return [*sorted(packages), *(name for name, number in uses.items() if number >= WORTH_IT)]


def _shares(claims: Sequence[Claim], jobs: int) -> list[list[Task]]:
    """Cut claims into pieces that need the same packages, no more of them than is worth it."""
    groups: dict[frozenset[str], list[Task]] = defaultdict(list)
    for task in _tasks(claims):
        groups[task[0].packages].append(task)
    shares = []
    for tasks in groups.values():
        # Each piece is run twice, side by side.
        pieces = max(1, min(jobs // len(HASH_SEEDS), len(tasks) // SMALLEST_SHARE))
        shares += [tasks[piece::pieces] for piece in range(pieces)]
    return sorted(shares, key=len, reverse=True)


def _tasks(claims: Sequence[Claim]) -> Iterator[Task]:
    """Put together what shares its code and everything but the values of a row."""
    together: dict[Any, list[Claim]] = defaultdict(list)
    for number, claim in enumerate(claims):
        same = number if claim.row is None else (id(claim.entry), claim.place)
        together[same].append(claim)
    yield from together.values()
