"""Where things stand in a deck repository."""

from __future__ import annotations

from pathlib import Path

CURRICULUM = "decks/curriculum.yaml"
SOURCES = "decks/sources.yaml"


def find_root(start: Path) -> Path | None:
    """Find the nearest folder, from ``start`` upward, that holds a curriculum."""
    return next((p for p in (start, *start.parents) if (p / CURRICULUM).is_file()), None)
