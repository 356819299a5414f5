"""How time and memory grow: with the questions, and with the decks they are in.

Whole processes on the questions of `bench/corpus.py`: ever more of them, a hundred a deck, and then
as many as before in ever more decks. Built is cold (with the verdicts on formulas kept, as in
`bench/speed.py`), with nothing changed, and with one question edited. Printed are two Markdown
tables of medians: where time grows in proportion, the microseconds a question stay the same. The
picture is of the first table.

    .venv/bin/python bench/curve.py [--questions 1000 10000] [--decks 10 100] [--rounds 3]
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus import BANK
from speed import HERE, Corpus, Run

QUESTIONS = (1_000, 3_000, 10_000, 30_000, 100_000)
DECKS = (10, 100, 1_000)
#: Questions in all, however many decks they are in.
TOGETHER = 10_000
PICTURE = HERE.parent / "docs/pictures/curve.svg"

#: The ways to build, in the order of table and picture.
COLD, EDITED, UNCHANGED = WAYS = ("cold", "one edit", "unchanged")


@dataclass(frozen=True, slots=True)
class Size:
    """A deck repository of some size, and what each way to build it took."""

    questions: int
    decks: int
    runs: Mapping[str, Run]

    def __str__(self) -> str:
        """Write the size as a row of the table."""
        cells = [f"{self.questions:,}", f"{self.decks:,}"]
        for way in WAYS:
            run = self.runs[way]
            each = run.seconds / self.questions * 1e6
            cells += [f"{_short(run.seconds)} s", f"{_short(each)} µs", f"{run.memory:.0f} MiB"]
        return f"| {' | '.join(cells)} |"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def heading() -> str:
    """Give the head of both tables."""
    ways = " | ".join(f"{way} | a question | peak" for way in WAYS)
    return f"| questions | decks | {ways} |\n|{'--:|' * (2 + 3 * len(WAYS))}"


def measure(questions: int, per_deck: int, rounds: int) -> Size:
    """Build a deck repository of some size in each way, several times."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(Path(folder) / "corpus", questions, per_deck)
        # Edits come last: a file written seconds ago is read again, even by an unchanged build.
        pairs = [_cold_and_unchanged(corpus) for _ in range(rounds)]
        edits = [_edited(corpus) for _ in range(rounds)]
    cold, unchanged = map(_median, zip(*pairs, strict=True))
    runs = {COLD: cold, EDITED: _median(edits), UNCHANGED: unchanged}
    return Size(questions, len(corpus.banks), runs)


def _cold_and_unchanged(corpus: Corpus) -> tuple[Run, Run]:
    corpus.forget(formulas=False)
    return corpus.build(), corpus.build()


def _edited(corpus: Corpus) -> Run:
    corpus.edit()
    return corpus.build()


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.memory for run in runs),
    )


# ------------------------------------------------------------------ drawn

_COLORS = {COLD: "#d55e00", EDITED: "#0072b2", UNCHANGED: "#00795a"}
_LEFT, _RIGHT, _HIGH, _LINE = 58, 384, 190, 18
_WIDTH, _PANEL = 480, 290

Line = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """A line for each way to build, on logarithmic axes ``top`` pixels down the picture.

    A line has a value for each number of questions, the same numbers in every line.
    """

    title: str
    top: int
    lines: Mapping[str, Line]

    @property
    def counts(self) -> list[float]:
        """The numbers of questions, which are the ticks of the lower axis."""
        return [count for count, _ in self.lines[COLD]]

    @property
    def powers(self) -> range:
        """The powers of ten that are the ticks of the left axis."""
        values = [value for line in self.lines.values() for _, value in line]
        low, high = (math.floor(math.log10(end)) for end in (min(values), max(values)))
        return range(low, high + 2)

    def at(self, count: float, value: float) -> tuple[float, float]:
        """Give the pixels of a point."""
        first, last = self.counts[0], self.counts[-1]
        right = math.log(count / first) / math.log(last / first) if last > first else 0.0
        up = (math.log10(value) - self.powers[0]) / (self.powers[-1] - self.powers[0])
        return _LEFT + (_RIGHT - _LEFT) * right, self.top + _HIGH * (1 - up)

    def draw(self) -> str:
        """Draw axes and lines."""
        names = _apart({way: self.at(*line[-1])[1] for way, line in self.lines.items()})
        return "".join([
            *self._axes(),
            self._proportion(),
            *(self._line(way, line) for way, line in self.lines.items()),
            *(_text(_RIGHT + 10, y + 5, way, "start", _COLORS[way]) for way, y in names.items()),
        ])  # fmt: skip

    def _axes(self) -> Iterator[str]:
        base = self.top + _HIGH
        yield _text(8, self.top - 14, self.title, "start")
        yield _text(_RIGHT, self.top - 14, "dashed: in proportion", "end")
        for power in self.powers:
            _, y = self.at(self.counts[0], 10.0**power)
            yield f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="#ddd"/>'
            yield _text(_LEFT - 8, y + 5, f"{10.0**power:,.{max(0, -power)}f}", "end")
        for count in self.counts:
            x, _ = self.at(count, 10.0 ** self.powers[0])
            yield f'<path d="M{x:.1f} {base}v5" stroke="#555"/>'
            yield _text(x, base + 22, f"{count:,.0f}")
        yield f'<path d="M{_LEFT} {self.top}V{base}H{_RIGHT}" fill="none" stroke="#555"/>'
        yield _text((_LEFT + _RIGHT) / 2, base + 44, "questions")

    def _proportion(self) -> str:
        """Draw what would be in proportion to the first cold build, as far as there is room."""
        first, value = self.lines[COLD][0]
        end = min(self.counts[-1], first * 10.0 ** self.powers[-1] / value)
        points = _pixels([self.at(first, value), self.at(end, value * end / first)])
        return f'<polyline points="{points}" fill="none" stroke="#555" stroke-dasharray="4 5"/>'

    def _line(self, way: str, line: Line) -> str:
        places = [self.at(*point) for point in line]
        color = _COLORS[way]
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in places)
        path = f'<polyline points="{_pixels(places)}" fill="none" stroke-width="2.5"/>'
        return f'<g fill="{color}" stroke="{color}">{path}{dots}</g>'


def _apart(wanted: Mapping[str, float]) -> dict[str, float]:
    """Move names down that would stand on the one above."""
    placed: dict[str, float] = {}
    lowest = -math.inf
    for name, y in sorted(wanted.items(), key=lambda item: item[1]):
        placed[name] = lowest = max(y, lowest + _LINE)
    return placed


def _pixels(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _text(x: float, y: float, text: str, anchor: str = "middle", color: str = "#555") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{text}</text>'


def picture(sizes: Sequence[Size]) -> str:
    """Draw seconds and memory against questions."""
    seconds = {way: [(one.questions, one.runs[way].seconds) for one in sizes] for way in WAYS}
    memory = {way: [(one.questions, one.runs[way].memory) for one in sizes] for way in WAYS}
    panels = Panel("seconds", 40, seconds), Panel("MiB at the peak", 40 + _PANEL, memory)
    height = len(panels) * _PANEL + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
        f' viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="16">'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
        f"{''.join(panel.draw() for panel in panels)}</svg>\n"
    )


def _told(sizes: Iterator[Size]) -> Iterator[Size]:
    print(heading())
    for size in sizes:
        print(size, flush=True)
        yield size


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, nargs="+", default=QUESTIONS)
    parser.add_argument("--decks", type=int, nargs="+", default=DECKS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    options = parser.parse_args()
    counts = sorted(options.questions)
    sizes = list(_told(measure(count, BANK, options.rounds) for count in counts))
    options.picture.write_text(picture(sizes), encoding="utf-8")
    print()
    shares = (-(-TOGETHER // decks) for decks in sorted(options.decks))
    list(_told(measure(TOGETHER, share, options.rounds) for share in shares))


if __name__ == "__main__":
    main()
