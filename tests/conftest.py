"""A small sound project, and a way to lay it down with some of its files replaced."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from browser import Browser, find_chromium
from needs import need
from typesetting import one_engine

# A slow machine is not a failing test; and what CI runs today it runs tomorrow.
settings.register_profile("anywhere", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "anywhere")

# Who starts us in the background may have us ignore Ctrl-C, and so would all that we start.
signal.signal(signal.SIGINT, signal.default_int_handler)

BANK = "decks/training/batchnorm.yaml"

SOUND = {
    "decks/curriculum.yaml": """\
title: Sample Arc
namespace: sample-arc
license: CC BY 4.0
description: A small arc, for tests.

parts:

  - part: training
    deck: 01 Training
    title: Training
    decks:
      - deck: 01 Batch normalization
        bank: batchnorm.yaml
        topics: [batchnorm]
      - deck: 02 Figures
        bank: figures.yaml
        topics: [figures]
""",
    "decks/sources.yaml": """\
sources:

  - video: essence-la
    title: Essence of linear algebra

  - video: makemore-3
    title: Building makemore, part 3
    url: https://www.youtube.com/watch?v=P6sfmUTpUmc

  - video: gpt
    title: Let's build GPT
""",
    "decks/training/part.yaml": """\
topics:

  - topic: batchnorm
    title: Batch normalization
    level: 2
    items:
      - concept: batchnorm.equation
        ask: What does batch normalization compute?
      - concept: batchnorm.inference
        ask: What does it do when it is not trained?

  - topic: figures
    title: Figures
    level: 1
    items:
      - concept: figures.graph
        ask: What is the graph of batch normalization?
""",
    BANK: """\
title: Batch normalization
source: makemore-3

questions:

  - basic: why-eps
    q: Why is $\\epsilon$ added to the variance?
    a: So that a zero variance does not divide by zero.
    at: 47:12
    covers: [batchnorm.equation]
""",
    "decks/training/figures.yaml": """\
title: Figures
source: makemore-3

questions:

  - basic: fig-graph
    q: What is the graph of batch normalization?
    a: |
      ![mean and variance feed the output](bn-graph.svg)
    at: 1:04:10
    covers: [figures.graph]
""",
    "media/bn-graph.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>\n',
}
"""The files of a project without a mistake, by path."""

Files = Mapping[str, str | bytes]
Lay = Callable[[Files], Path]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Write the sound project with some files replaced; give its root."""

    def write(files: Files) -> Path:
        for path, content in {**SOUND, **files}.items():
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            data = content.encode("utf-8") if isinstance(content, str) else content
            place.write_bytes(data)
        return tmp_path

    return write


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for all; only where no automation is can it be missing."""
    program = find_chromium()
    need(program, "Chromium: apt-get install chromium")
    assert program
    with Browser(program) as started:
        yield started


@pytest.fixture(scope="session", autouse=True)
def _one_engine() -> Iterator[None]:
    """Typeset with one engine for all projects, instead of starting one for each."""
    with one_engine():
        yield
