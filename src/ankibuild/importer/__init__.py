"""Decks from elsewhere become banks: an .apkg, Anki's text export, a CrowdAnki folder.

Three stages, each a type: a file is read into a :class:`~ankibuild.importer.foreign.Foreign`
collection, that is planned into questions and parts of an arc, and these are laid down in a deck
repository. :func:`bring_in` does all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ankibuild.importer.report import Report
    from ankibuild.starter import Wishes


def bring_in(
    file: Path,
    *,
    root: Path | None = None,
    into: Path | None = None,
    maps: Iterable[str] = (),
    wishes: Wishes | None = None,
    dry_run: bool = False,
) -> Report:
    """Import ``file`` into the project in ``root``, or into a new one; tell what became of it.

    Within a project, ``into`` is the folder below `decks/` of a new part; without it, the decks
    make parts by themselves. Without a project, ``into`` is a new or empty folder that becomes a
    deck repository; ``wishes`` say what is particular about it, else the file does. ``maps`` are
    texts such as ``Vocabulary: basic q=Word a=Meaning``. With ``dry_run``, nothing stays written.

    Raise ImportRefusedError, with what to do instead, or OSError; then nothing is written.
    """
    from ankibuild.importer.bring import bring_in as bring  # what it needs takes long to import

    return bring(file, root=root, into=into, maps=maps, wishes=wishes, dry_run=dry_run)
