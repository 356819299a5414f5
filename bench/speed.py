"""How long `ankibuild` takes, as ratios to work that nobody who uses genanki can avoid.

Whole processes, in turns with what they are compared with, so that both meet the same machine: a
ratio is that of the medians. Built are the questions of `bench/corpus.py`, laid down in a folder of
their own. *Cold* is without anything remembered but the verdicts on formulas, which MathJax gives
once for each formula ever written; *cold, formulas too* is without these as well. What is printed
is Markdown.

    .venv/bin/python bench/speed.py [--questions 1000 10000 100000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus import BANK, lay_down

HERE = Path(__file__).parent
TOOL = Path(sys.executable).with_name("ankibuild")
IMPORT = [sys.executable, "-c", "import genanki"]
FORMULAS = ".ankibuild/formulas.jsonl"


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took: seconds by the clock, and MiB at its peak."""

    seconds: float
    memory: float


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: medians of the seconds of both, the peak, and the ratio wanted."""

    what: str
    ours: float
    theirs: float
    memory: float
    wanted: float | None

    def __str__(self) -> str:
        """Write the row as Markdown."""
        ratio = self.ours / self.theirs
        goal = (
            "" if self.wanted is None else f"{self.wanted:g}{'' if ratio <= self.wanted else ' ✗'}"
        )
        times = f"{self.ours * 1000:,.0f} ms | {self.theirs * 1000:,.0f} ms"
        return f"| {self.what} | {times} | **{ratio:.2f}** | {goal} | {self.memory:.0f} MiB |"


def run(command: Sequence[str | Path], folder: Path) -> Run:
    """Run a command and wait for it; end the bench if it fails."""
    with tempfile.TemporaryFile() as words:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=words, stderr=words)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            words.seek(0)
            raise SystemExit(f"{command} failed:\n{words.read().decode()[-2000:]}")
    return Run(seconds, usage.ru_maxrss / 1024)


@dataclass
class Corpus:
    """A deck repository of so many questions, and the same notes for genanki alone."""

    root: Path
    count: int
    edits: int = 0

    def __post_init__(self) -> None:
        self.banks = lay_down(self.root, self.count)
        self.rows = self.root.with_suffix(".json")
        run([TOOL, "build"], self.root)
        write = "import sys, json; from pathlib import Path; from ankibuild.workflow import load\n"
        write += "notes = load(Path(sys.argv[1])).subject.collection.notes\n"
        write += "json.dump([(n.guid, n.fields, n.tags) for n in notes], open(sys.argv[2], 'w'))"
        run([sys.executable, "-c", write, self.root, self.rows], self.root)

    def bare(self) -> Run:
        """Write the notes with genanki alone."""
        return run(
            [sys.executable, HERE / "bare.py", self.rows, self.root / "bare.apkg"], self.root
        )

    def build(self) -> Run:
        """Build everything."""
        return run([TOOL, "build"], self.root)

    def forget(self, *, formulas: bool) -> None:
        """Forget what is remembered, and remove what was built."""
        verdicts = (self.root / FORMULAS).read_bytes()
        shutil.rmtree(self.root / ".ankibuild")
        shutil.rmtree(self.root / "dist")
        if not formulas:
            (self.root / FORMULAS).parent.mkdir()
            (self.root / FORMULAS).write_bytes(verdicts)

    def edit(self) -> None:
        """Change one question."""
        self.edits += 1
        text = self.banks[0].read_text(encoding="utf-8")
        changed = re.sub(r"number 5( again)*\?", f"number 5{' again' * self.edits}?", text, count=1)
        self.banks[0].write_text(changed, encoding="utf-8")


def pair(
    what: str,
    ours: Callable[[], Run],
    theirs: Callable[[], Run],
    wanted: float | None,
    rounds: int,
    before: Callable[[], object] = lambda: None,
) -> Row:
    """Measure two things in turns; ``before`` is done before each of ours."""
    pairs = []
    for _ in range(rounds):
        reference = theirs()
        before()
        pairs.append((ours(), reference))
    row = Row(
        what,
        statistics.median(one.seconds for one, _ in pairs),
        statistics.median(other.seconds for _, other in pairs),
        max(one.memory for one, _ in pairs),
        wanted,
    )
    print(row, flush=True)
    return row


#: Ratios that we want: questions -> cold, unchanged, edited.
WANTED = {1_000: (3.5, 0.55, 2.7), 10_000: (4.0, 0.6, 4.5), 100_000: (2.5, 0.9, None)}


def table(corpus: Corpus, rounds: int) -> None:
    """Print the rows of one size."""
    cold, unchanged, edited = WANTED.get(corpus.count, (None, None, None))
    shown = f"{corpus.count:,}"
    imported = lambda: run(IMPORT, corpus.root)  # noqa: E731
    slow = 1 if corpus.count > 50_000 else rounds

    def forget() -> None:
        corpus.forget(formulas=False)

    pair(f"{shown}: cold build / bare genanki", corpus.build, corpus.bare, cold, slow, forget)
    pair(f"{shown}: unchanged / `import genanki`", corpus.build, imported, unchanged, rounds)
    pair(
        f"{shown}: one edit / `import genanki`", corpus.build, imported, edited, rounds, corpus.edit
    )


def typesetting(corpus: Corpus, rounds: int) -> None:
    """Print what it costs when MathJax has to be asked about every formula."""

    def forget() -> None:
        corpus.forget(formulas=True)

    what = f"{corpus.count:,}: cold build, formulas too / bare genanki"
    pair(what, corpus.build, corpus.bare, None, min(rounds, 2), forget)


def small_things(folder: Path, rounds: int) -> None:
    """Print what does not depend on the size: help, and the check of one of 74 files."""
    corpus = Corpus(folder / "c74", 74 * BANK)
    imported = lambda: run(IMPORT, corpus.root)  # noqa: E731

    def check() -> Run:
        return run([TOOL, "check", corpus.banks[0]], corpus.root)

    pair("`--help`", lambda: run([TOOL, "--help"], folder), imported, 0.6, rounds)
    pair("check of an edited file of 74", check, imported, 2.5, rounds, corpus.edit)
    pair("the same, unchanged", check, imported, None, rounds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print("| what | ours | theirs | ratio | wanted | peak |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        small_things(folder, options.rounds)
        for count in options.questions:
            corpus = Corpus(folder / f"c{count}", count)
            table(corpus, options.rounds)
            if count <= 10_000:
                typesetting(corpus, options.rounds)


if __name__ == "__main__":
    main()
