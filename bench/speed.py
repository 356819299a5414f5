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
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from corpus import BANK, lay_down

HERE = Path(__file__).parent
TOOL = Path(sys.executable).with_name("ankibuild")
IMPORT = [sys.executable, "-c", "import genanki"]
WATCH: Sequence[str | Path] = [sys.executable, "-I", "-S", HERE / "watch.py"]
FORMULAS = ".ankibuild/formulas"


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took: seconds by the clock, and MiB at its peak or its largest child's."""

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
    watched = [*WATCH, *command]
    done = subprocess.run(watched, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stderr[-2000:]}")
    seconds, kib = map(float, done.stdout.split())
    return Run(seconds, kib / 1024)


@dataclass
class Corpus:
    """A deck repository of so many questions, and the same notes for genanki alone."""

    root: Path
    count: int
    per_bank: int = BANK
    edits: int = 0

    def __post_init__(self) -> None:
        self.banks = lay_down(self.root, self.count, per_bank=self.per_bank)
        self.build()

    @cached_property
    def rows(self) -> Path:
        """The notes, rendered: written when they are first wanted."""
        rows = self.root.with_suffix(".json")
        write = "import sys, json; from pathlib import Path; from ankibuild.workflow import load\n"
        write += "notes = load(Path(sys.argv[1])).subject.collection.notes\n"
        write += "json.dump([(n.guid, n.fields, n.tags) for n in notes], open(sys.argv[2], 'w'))"
        run([sys.executable, "-c", write, self.root, rows], self.root)
        return rows

    def bare(self) -> Run:
        """Write the notes with genanki alone."""
        return run(
            [sys.executable, HERE / "bare.py", self.rows, self.root / "bare.apkg"], self.root
        )

    def floor(self) -> Run:
        """Call the libraries that a cold build calls, and do nothing else."""
        return run([sys.executable, HERE / "floor.py", self.root], self.root)

    def build(self) -> Run:
        """Build everything."""
        return run([TOOL, "build"], self.root)

    def forget(self, *, formulas: bool) -> None:
        """Forget what is remembered, and remove what was built."""
        aside = self.root / "formulas"
        (self.root / FORMULAS).rename(aside)
        shutil.rmtree(self.root / ".ankibuild")
        shutil.rmtree(self.root / "dist")
        if formulas:
            shutil.rmtree(aside)
        else:
            (self.root / FORMULAS).parent.mkdir()
            aside.rename(self.root / FORMULAS)

    def edit(self) -> None:
        """Change the first question, which is plain text."""
        self.edits += 1
        text = self.banks[0].read_text(encoding="utf-8")
        changed = re.sub(r"number 0( again)*\?", f"number 0{' again' * self.edits}?", text, count=1)
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
    pair(f"{shown}: the libraries alone / bare genanki", corpus.floor, corpus.bare, None, slow)
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
