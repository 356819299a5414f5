"""How long other tools take for what `ankibuild build` does, whole processes in turns with ours.

Every tool gets the same questions in its own format (`bench/tools.py`, `bench/rivals.py`), is
installed from its registry below `--work`, and builds three times a round: cold, with nothing
changed, and with one question edited. After every run the notes are counted in what was built, and
the edit must be there: a tool that does nothing ends the bench. A ratio is the median over the
rounds of a tool's time to ours in the same round. What is printed is Markdown.

    .venv/bin/python bench/peers.py [--questions 1000 10000] [--rounds 5] [--work build/bench]
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus import Entry, entries
from rivals import PEERS
from tools import Ours, Tool, Untypeset, edited

#: A round builds so, one after the other.
COLD, UNCHANGED, EDITED = STEPS = ("cold", "nothing changed", "one question edited")


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took, in seconds: by the clock, and of all processors."""

    wall: float
    cpu: float


Runs = dict[tuple[str, str], list[Run]]


def measure(tool: Tool) -> Run:
    """Build once; end the bench with the last words of a tool that fails."""
    log = tool.place.with_suffix(".log")
    with log.open("w") as words:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            tool.command(),
            cwd=tool.place,
            env={**os.environ, **tool.environment},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{tool.name} failed:\n{log.read_text()[-2000:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime)


def check(tool: Tool, count: int, mark: str) -> None:
    """End the bench unless there are ``count`` notes, one of them with the mark of the edit."""
    try:
        notes = tool.notes()
    except (OSError, LookupError, sqlite3.Error) as error:
        raise SystemExit(f"{tool.name} wrote no notes: {error}") from error
    marked = sum(mark in note for note in notes) if mark else 1
    if (len(notes), marked) != (count, 1):
        raise SystemExit(f"{tool.name} made {len(notes)} of {count} notes, {marked} edited")


def build(tool: Tool, questions: Sequence[Entry], step: str) -> Run:
    """Build with a tool in one way, and see that it has done so."""
    taken = [question for question in questions if question.kind in tool.kinds]
    number = len(questions) // 40 * 20
    if step == COLD:
        tool.begin_anew(taken)
    elif step == EDITED:
        tool.edit(number)
    run = measure(tool)
    check(tool, len(taken), edited(number) if step == EDITED else "")
    return run


def compete(tools: Sequence[Tool], questions: Sequence[Entry], rounds: int) -> Runs:
    """Build with every tool in every way, a round after the other."""
    runs: Runs = {(tool.name, step): [] for tool in tools for step in STEPS}
    for _ in range(rounds):
        for step in STEPS:
            for tool in tools:
                runs[tool.name, step].append(build(tool, questions, step))
    return runs


def table(tools: Sequence[Tool], runs: Runs, step: str) -> str:
    """Give a Markdown table of one way to build."""
    ours = [run.wall for run in runs[Ours.name, step]]
    rows = ["| tool | median, s | least, s | CPU, s | to ours |", "|---|--:|--:|--:|--:|"]
    for tool in tools:
        walls = [run.wall for run in runs[tool.name, step]]
        cpu = statistics.median(run.cpu for run in runs[tool.name, step])
        ratio = statistics.median(a / b for a, b in zip(walls, ours, strict=True))
        median = statistics.median(walls)
        rows.append(f"| {tool.name} | {median:.2f} | {min(walls):.2f} | {cpu:.2f} | {ratio:.2f} |")
    return "\n".join(rows)


def legend(tools: Sequence[Tool]) -> str:
    """Give a Markdown table of what was measured."""
    rows = ["| tool | installed | makes | leaves out |", "|---|---|---|---|"]
    for tool in tools:
        source = ", ".join(tool.requirements) or "this repository"
        rows.append(f"| {tool.name} | {source} | {tool.makes} | {tool.leaves_out} |")
    return "\n".join(rows)


def installed(kind: type[Tool], work: Path) -> bool:
    """Install a tool; say so if its registry does not have it."""
    try:
        kind(work, work / "tools").install()
    except subprocess.CalledProcessError as error:
        print(f"Not measured: {kind.name} could not be installed.")
        print(error.stderr, file=sys.stderr)
        return False
    return True


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path("build/bench"))
    options = parser.parse_args()
    work = options.work.resolve()
    Ours(work, work / "tools").install()
    peers = [peer for peer in PEERS if installed(peer, work)]
    measured: list[type[Tool]] = [Ours, Untypeset, *peers]
    for count in options.questions:
        places = work / f"{count}"
        tools = [kind(places / kind.name, work / "tools") for kind in measured]
        runs = compete(tools, tuple(entries(count)), options.rounds)
        for step in STEPS:
            print(f"\n{count:,} questions, {step}:\n\n{table(tools, runs, step)}", flush=True)
    print(f"\n{legend(tools)}")


if __name__ == "__main__":
    main()
