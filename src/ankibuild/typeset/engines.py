"""MathJax in a process: node if there is one, else QuickJS; started when there is something to ask.

Nothing a formula does reaches beyond its process: one that hangs or dies is replaced, and the
formula that does it again, by itself, is named. Several threads take turns.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ankibuild.typeset.answers import Answer, Command, Request

if TYPE_CHECKING:
    from ankibuild.typeset.process import Process

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

#: For a formula that took a process with it.
LOST = Answer(error=("Lost", "", None))
_PROBE = {"want": "verdict", "tex": "x", "display": False}


def sources() -> tuple[Path, ...]:
    """Give the files that run, in their order; none if MathJax is not installed."""
    files = tuple(MATHJAX / name for name in FILES)
    return (*files, TYPESETTER) if all(file.is_file() for file in files) else ()


def fonts() -> Mapping[str, Path]:
    """Give the fonts that the stylesheet names; none without MathJax."""
    return {path.name: path for path in sorted((MATHJAX / "fonts").glob("*.woff"))}


def commands() -> Iterator[Command]:
    """Yield how to start each engine, the fastest first."""
    import shutil  # as all that starts a process: most runs have nothing new to ask

    files = [str(file) for file in sources()]
    node = shutil.which("node")
    if files and node:
        yield [node, "--max-old-space-size=512", str(HERE / "node.js"), str(LIMIT), *files]
    if files:
        yield [sys.executable, "-P", str(HERE / "quick.py"), str(LIMIT), *files]


class Engines:
    """Asks the first engine that works. Close it at the end."""

    def __init__(self) -> None:
        self._engine: Process | None = None
        self._lost = 0
        self._turn = threading.Lock()

    @cached_property
    def _commands(self) -> list[Command]:
        """How to start what has not been given up."""
        return list(commands())

    def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer requests in order; no more of them if there is no engine, or none that works."""
        with self._turn:
            return self._ask(requests)

    def close(self) -> None:
        """End the process, if there is one."""
        with self._turn:
            self._stop()

    def _ask(self, requests: Sequence[Request]) -> list[Answer]:
        answers: list[Answer] = []
        # An engine tells several answers at once: which formula took it along shows one by one.
        alone = False
        while len(answers) < len(requests) and (engine := self._ready()):
            rest = requests[len(answers) :]
            wanted = rest[:1] if alone else rest
            told = engine.ask(wanted, LIMIT + SLACK)
            answers += told
            if len(told) < len(wanted):
                self._lose()
                answers += [LOST] if alone else []
                alone = not alone
        return answers

    def _stop(self) -> None:
        if self._engine:
            self._engine.close()
        self._engine = None

    def _ready(self) -> Process | None:
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


def _start(command: Command) -> Process | None:
    """Start an engine and try it; None if it does not work."""
    from ankibuild.typeset.process import Process

    try:
        engine = Process(command)
    except OSError:
        return None
    ready = engine.hear(STARTING)
    proof = engine.ask([_PROBE], STARTING) if ready and ready.result == "ready" else []
    if proof and proof[0].result:
        return engine
    engine.close()
    return None
