"""Where things stand in a deck repository, and how they are called.

Texts, not paths: pathlib takes long to import.
"""

from __future__ import annotations

import os

CURRICULUM = "decks/curriculum.yaml"
SOURCES = "decks/sources.yaml"
STYLE = "decks/style.css"
#: What is remembered; not in git.
CACHE = ".ankibuild"
#: How the names of files end that Anki plays; the others are shown.
SOUNDS = (".mp3", ".ogg", ".m4a", ".wav", ".opus")


def find_root(start: str) -> str | None:
    """Find the nearest folder, from ``start`` upward, that holds a curriculum."""
    folder = os.path.realpath(start)
    while not os.path.isfile(os.path.join(folder, CURRICULUM)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
