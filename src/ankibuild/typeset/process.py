"""A process that answers lines of JSON with lines of JSON."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Iterable
from queue import Empty, SimpleQueue
from typing import IO, cast

from ankibuild.typeset.answers import Answer, Command, Request

#: Longest answer, in bytes: a stylesheet has a quarter of a million.
LONGEST_LINE = 64_000_000
#: Bytes that are sent before an answer: what a pipe holds, so that nobody waits to be read.
AHEAD = 32_000


class Process:
    """A started process; it ends when we do."""

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

    def ask(self, requests: Iterable[Request], patience: float) -> list[Answer]:
        """Send requests and wait for each answer in turn; end with the first that does not come."""
        lines = [json.dumps(request).encode() + b"\n" for request in requests]
        answers: list[Answer] = []
        sent = under_way = 0
        with contextlib.suppress(OSError):
            while len(answers) < len(lines):
                if under_way < AHEAD // 2:
                    while sent < len(lines) and (not under_way or under_way < AHEAD):
                        self._in.write(lines[sent])
                        under_way += len(lines[sent])
                        sent += 1
                    self._in.flush()
                answer = self.hear(patience)
                if answer is None:
                    break
                under_way -= len(lines[len(answers)])
                answers.append(answer)
        return answers

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
