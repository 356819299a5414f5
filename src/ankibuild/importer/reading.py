"""Which reader a file needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ankibuild.importer.foreign import Foreign, ImportRefusedError

_READABLE = (
    "an Anki package (.apkg, .colpkg), Anki's text export (.txt, .csv, .tsv), a CrowdAnki folder"
    " or its .json"
)
_PACKAGES, _TEXTS = (".apkg", ".colpkg"), (".txt", ".csv", ".tsv")
_ZIP = b"PK\x03\x04"


@contextmanager
def opened(path: Path) -> Iterator[Foreign]:
    """Read a file or a folder; its media can be copied as long as the context lasts.

    Raise ImportRefusedError if it is none of what can be imported, or is damaged.
    """
    suffix = path.suffix.casefold()
    if not path.exists():
        raise ImportRefusedError(f"there is no `{path}`")
    if path.is_dir() or suffix == ".json":
        from ankibuild.importer.crowdanki import read_crowdanki

        yield read_crowdanki(path)
    elif suffix in _PACKAGES or _is_zip(path):
        from ankibuild.importer.packages import open_package

        with open_package(path) as foreign:
            yield foreign
    elif suffix in _TEXTS:
        from ankibuild.importer.text_export import read_text

        yield read_text(path)
    else:
        raise ImportRefusedError(f"`{path.name}` cannot be imported\nwhat can: {_READABLE}")


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP
