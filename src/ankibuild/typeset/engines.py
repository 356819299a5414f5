"""MathJax in a process: node if there is one, else QuickJS; started when there is something to ask.

Nothing a formula does reaches beyond its process: one that hangs or dies is replaced, and the
formula that did it twice is named. Several threads take turns.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, cast

from msgspec import Struct

HERE = Path(__file__).parent
#: Not in git: ``make`` puts MathJax's files here, and a wheel brings them along.
MATHJAX = HERE / "mathjax"
FILES = ("loader.js", "core.js", "liteDOM.js", "tex-full.js", "chtml.js", "tex.js")
TYPESETTER = HERE / "typesetter.js"

#: Seconds that a formula may take; the processes keep this themselves, we wait a little longer.
LIMIT = 5
#: Seconds that a process may take to be ready, or to notice that a formula takes too long.
STARTING, SLACK = 30, 10
#: Processes that may be lost before an engine is given up.
MOST_LOST = 10
#: Longest answer, in bytes: a stylesheet has a quarter of a million.
LONGEST_LINE = 64_000_000

Request = Mapping[str, object]
Command = Sequence[str]


class Answer(Struct, frozen=True):
    """What came out: a result, or MathJax's error as id, message, and characters read till then."""

    result: Any = None
    error: tuple[str, str, int | None] | None = None


#: For a formula that took a process with it.
LOST = Answer(error=("Lost", "", None))
_PROBE = {"want": "verdict", "tex": "x", "display": False}


def sources() -> tuple[Path, ...]:
    """Give the files that run, in their order; none if MathJax is not installed."""
    files = tuple(MATHJAX / name for name in FILES)
    return (*files, TYPESETTER) if all(file.is_file() for file in files) else ()


def commands() -> Iterator[Command]:
    """Yield how to start each engine, the fastest first."""
    files = [str(file) for file in sources()]
    node = shutil.which("node")
    if files and node:
        yield [node, "--max-old-space-size=512", str(HERE / "node.js"), str(LIMIT), *files]
    if files:
        yield [sys.executable, "-P", str(HERE / "quick.py"), str(LIMIT), *files]


class Engines:
    """Asks the first engine that works. Close it, or use it in a ``with``."""

    def __init__(self) -> None:
        self._commands = list(commands())
        self._engine: _Engine | None = None
        self._lost = 0
        self._turn = threading.Lock()

    def ask(self, request: Request) -> Answer | None:
        """Answer a request; None if there is no engine, or none that works."""
        with self._turn:
            return self._ask(request)

    def close(self) -> None:
        """End the process, if there is one."""
        with self._turn:
            self._stop()

    def _ask(self, request: Request) -> Answer | None:
        for _ in range(2):
            engine = self._ready()
            if engine is None:
                return None
            answer = engine.ask(request, LIMIT + SLACK)
            if answer is not None:
                return answer
            self._lose()
        return LOST

    def _stop(self) -> None:
        if self._engine:
            self._engine.close()
        self._engine = None

    def _ready(self) -> _Engine | None:
        while self._engine is None and self._commands:
            self._engine = _start(self._commands[0])
            if self._engine is None:
                self._give_up()
        return self._engine

    def _lose(self) -> None:
        self._stop()
        self._lost += 1
        if self._lost >= MOST_LOST:
            self._give_up()

    def _give_up(self) -> None:
        del self._commands[0]
        self._lost = 0


def _start(command: Command) -> _Engine | None:
    """Start an engine and try it; None if it does not work."""
    try:
        engine = _Engine(command)
    except OSError:
        return None
    ready = engine.hear(STARTING)
    proof = engine.ask(_PROBE, STARTING) if ready and ready.result == "ready" else None
    if proof and proof.result:
        return engine
    engine.close()
    return None


class _Engine:
    """A process that answers lines of JSON with lines of JSON; it ends when we do."""

    def __init__(self, command: Command) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - node or Python, with our own files
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "NODE_OPTIONS": ""},  # which could name files to run first
        )
        self._in = cast("IO[bytes]", self._process.stdin)
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        # A thread, because Windows cannot wait for a pipe with a time limit.
        heard = (self._process.stdout, self._lines)
        self._ear = threading.Thread(target=_listen, args=heard, daemon=True)
        self._ear.start()

    def ask(self, request: Request, patience: float) -> Answer | None:
        """Send a request and wait for the answer; None if none comes."""
        try:
            self._in.write(json.dumps(request).encode() + b"\n")
            self._in.flush()
        except OSError:
            return None
        return self.hear(patience)

    def hear(self, patience: float) -> Answer | None:
        """Wait for an answer; None if what comes is none."""
        try:
            return _answer(json.loads(self._lines.get(timeout=patience)))
        except (Empty, ValueError, RecursionError):
            return None

    def close(self) -> None:
        """End the process. One that answers has nothing to lose, and others would not stop."""
        self._process.kill()
        self._process.wait()
        self._ear.join()
        with contextlib.suppress(OSError):  # what could not be sent is of no interest any more
            self._in.close()


def _listen(out: IO[bytes], lines: SimpleQueue[bytes]) -> None:
    with out:
        while line := out.readline(LONGEST_LINE):
            lines.put(line)
    lines.put(b"")


def _answer(said: object) -> Answer | None:
    match said:
        case {"result": result}:
            return Answer(result)
        case {"error": [str(name), str(message), int() | None as at]}:
            return Answer(error=(name, message, at))
    return None
