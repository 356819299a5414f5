"""How fast `ankibuild verify` is: seconds a question, against one Python process a question.

Makes a bank of 1,000 `code` questions that use PyTorch, every one another program, and proves it
with an empty memory (each program runs twice, in two warm processes). The rival is what one would
write first: `python program.py` for each question, twice, as many at a time. It is run for some of
the questions, in turns with ours, so that both meet the same machine: a run of ours over `--sample`
questions, the rival over as many, again and again; then ours over all. Printed are the seconds a
question and the ratio of the medians. The last line is the time of a second, unchanged run.

    .venv/bin/python bench/verify.py [--questions 1000] [--sample 40] [--rounds 3] [--jobs N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ankibuild import project
from ankibuild.verify import Claim, claims_of, verify

CURRICULUM = """\
title: Bench
namespace: bench
license: CC BY 4.0
description: Many programs.
parts:
  - part: one
    deck: 01 One
    title: One
    decks:
      - deck: 01 One
        bank: one.yaml
        topics: [one]
"""
TOPICS = """\
topics:
  - topic: one
    title: One
    level: 1
    items:
      - concept: one.why
        ask: Why?
"""


def question(number: int) -> str:
    """Give a question whose program is unlike every other, and right."""
    size = number % 7 + 2
    return (
        f"  - code: q-{number}\n    q: What does this print?\n    program: |\n"
        f"      x = torch.full(({size}, 3), {number}.0)\n"
        f"      print(tuple((x @ x.T).shape), int(x.sum()))\n"
        f"    output: ({size}, {size}) {size * 3 * number}\n"
    )


def lay_down(root: Path, count: int) -> list[Claim]:
    """Write a project of ``count`` questions; give its claims."""
    head = "title: One\nsetup: |\n  import torch\nquestions:\n"
    files = {
        "curriculum.yaml": CURRICULUM,
        "one/part.yaml": TOPICS,
        "one/one.yaml": head + "".join(map(question, range(count))),
    }
    for path, text in files.items():
        place = root / "decks" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    loaded, _ = project.load(root)
    return claims_of(loaded) if loaded else []


def ours(claims: list[Claim], root: Path, jobs: int) -> None:
    """Prove claims with nothing remembered."""
    proof = verify(claims, root, fresh=True, jobs=jobs)
    if len(proof.proven) != len(claims):
        raise SystemExit(f"{len(proof.failed)} of {len(claims)} programs failed")


def rival(claims: list[Claim], jobs: int) -> None:
    """Run each claim twice in a Python process of its own."""

    def one(claim: Claim) -> None:
        command = [sys.executable, "-c", f"{claim.setup}\n{claim.code}"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, [*claims, *claims]))


def seconds(work: Callable[[], object]) -> float:
    """Time a piece of work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    for name, default in (("questions", 1000), ("sample", 40), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        claims = lay_down(root, options.questions)
        sample = claims[: options.sample]
        pairs = [
            (
                seconds(lambda: ours(sample, root, options.jobs)) / len(sample),
                seconds(lambda: rival(sample, options.jobs)) / len(sample),
            )
            for _ in range(options.rounds)
        ]
        few, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        each = seconds(lambda: ours(claims, root, options.jobs)) / len(claims)
        print(f"one process a question: {theirs:.4f} s a question")
        print(f"ankibuild verify, {len(sample):>5} questions: {few:.4f} s, 1:{theirs / few:.1f}")
        print(f"ankibuild verify, {len(claims):>5} questions: {each:.4f} s, 1:{theirs / each:.1f}")
        same = seconds(lambda: verify(claims, root, jobs=options.jobs))
        print(f"unchanged, {len(claims)} questions: {same:.3f} s")


if __name__ == "__main__":
    main()
