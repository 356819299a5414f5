"""The formats that there are: one file a format, one line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO

from ankibuild.collection import Collection
from ankibuild.rules import Subject

Output = Callable[..., tuple[Path, ...]]
"""Writes a collection to a place, as of a time in seconds since 1970; returns the files made.

``before`` is called with each finished file before that takes its place; ``packed`` are open files
of the same format, made of other notes, that are taken over.
"""


def _apkg(
    collection: Collection,
    dest: Path,
    when: int,
    before: Callable[[Path], object] | None = None,
    packed: tuple[IO[bytes], ...] = (),
) -> tuple[Path, ...]:
    # genanki takes as long to import as all the rest of a small build: only when it is needed.
    from ankibuild.outputs.apkg import write

    return (write(collection, dest, when, before, packed),)


OUTPUTS: dict[str, Output] = {"apkg": _apkg}
"""The formats by name."""

Export = Callable[[Subject, Path], tuple[Path, ...]]
"""Writes a project into a folder; returns the files made.

Raises ValueError, with a sentence for the user, if the folder is not one to write into.
"""


def _site(subject: Subject, dest: Path) -> tuple[Path, ...]:
    from ankibuild import site
    from ankibuild.outputs.site import write
    from ankibuild.typeset.typesetter import Typesetter

    with Typesetter(subject.project.root) as typesetter:
        return write(site.make(subject, typeset=site.mathjax(typesetter)), dest)


def _gitbook(subject: Subject, dest: Path) -> tuple[Path, ...]:
    from ankibuild.outputs.gitbook import write

    return write(subject, dest)


def _text(subject: Subject, dest: Path) -> tuple[Path, ...]:
    from ankibuild.outputs.text_export import write

    return write(subject, dest)


def _crowdanki(subject: Subject, dest: Path) -> tuple[Path, ...]:
    from ankibuild.outputs.crowdanki import write

    return write(subject, dest)


def _json(subject: Subject, dest: Path) -> tuple[Path, ...]:
    from ankibuild.outputs.record import write

    return write(subject, dest)


EXPORTS: dict[str, Export] = {
    "site": _site,
    "gitbook": _gitbook,
    "text": _text,
    "crowdanki": _crowdanki,
    "json": _json,
}
"""What `ankibuild export` writes, by name."""
