"""The formats a collection can be written in: one file a format, one line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ankibuild.collection import Collection

Output = Callable[[Collection, Path, int], tuple[Path, ...]]
"""Writes a collection to a place, as of a time in seconds since 1970; returns the files made."""


def _apkg(collection: Collection, dest: Path, when: int) -> tuple[Path, ...]:
    # genanki takes as long to import as all the rest of a small build: only when it is needed.
    from ankibuild.outputs.apkg import write

    return (write(collection, dest, when),)


OUTPUTS: dict[str, Output] = {"apkg": _apkg}
"""The formats by name."""
