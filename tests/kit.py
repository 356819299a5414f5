"""Small deck repositories for the tests that need a whole one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

CURRICULUM = """\
title: {title}
namespace: {namespace}
license: CC BY 4.0
description: Decks for a test.
parts:
  - part: 01-first
    deck: 01 First
    title: First things
    decks:
      - deck: 01 One
        bank: 01-one.yaml
        topics: [one]
      - deck: 02 Two
        bank: 02-two.yaml
        topics: [two]
  - part: 02-second
    deck: 02 Second
    title: Second things
    decks:
      - deck: 01 Three
        bank: 01-three.yaml
        topics: [three]
"""

TOPICS = {
    "01-first": """\
topics:
  - topic: one
    title: One
    level: 1
    items:
      - concept: one.why
        ask: Say why.
        sources: [lecture]
      - video: one.watch
        ask: Watch it.
        sources: [lecture]
  - topic: two
    title: Two
    level: 2
    items:
      - question: two.how
        ask: Say how.
""",
    "02-second": """\
topics:
  - topic: three
    title: Three
    level: 3
    items:
      - concept: three.what
        ask: Say what.
""",
}

SOURCES = """\
sources:
  - video: lecture
    title: A lecture
    url: https://www.youtube.com/watch?v=abcdefghijk
    chapters: |
      0:00 intro
      10:00 the middle
  - docs: manual
    title: A manual
    url: https://example.org/manual.html
"""

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


@dataclass
class Repository:
    """A deck repository in a folder; ``write`` changes a file of it."""

    root: Path
    title: str = "Test Arc"
    namespace: str = "test-arc"
    banks: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.write("decks/curriculum.yaml", CURRICULUM.format(**vars(self)))
        self.write("decks/sources.yaml", SOURCES)
        for part, text in TOPICS.items():
            self.write(f"decks/{part}/part.yaml", text)

    def write(self, path: str, text: str) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return place

    def bank(self, questions: str, path: str = "decks/01-first/01-one.yaml", **head: str) -> None:
        """Write a bank; ``questions`` is the YAML list, at any indentation of its own."""
        lines = {"title": "A bank", "source": "lecture", **head}
        top = "".join(f"{key}: {value}\n" for key, value in lines.items())
        self.write(path, f"{top}\nquestions:\n{questions}")
