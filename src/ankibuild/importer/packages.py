"""Anki's packages (.apkg, .colpkg) in their three formats, as a Foreign collection.

A package is a zip of a database, a list of media, and the media. The newest format compresses each
of them with zstd. Packages that newer Ankis make for older ones hold more than one database: the
others then contain one note that asks for an update.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ankibuild.diagnostics import visible
from ankibuild.importer import archive, contents, database, layouts, limits, medialist, protobuf
from ankibuild.importer.archive import Archive
from ankibuild.importer.foreign import Foreign, ImportRefusedError
from ankibuild.importer.texts import Texts

#: The database by the version that `meta` gives, the newest last.
_DATABASES = {1: "collection.anki2", 2: "collection.anki21", 3: "collection.anki21b"}
_NEWEST = 3
_META = "meta"
_LONGEST_META = 1_000


@contextmanager
def open_package(path: Path) -> Iterator[Foreign]:
    """Read a package; its media can be copied as long as the context lasts.

    Notes come in the order of their making, notetypes, decks and media by name. Nothing is
    written, but for a temporary folder with the database, which is gone when this yields.

    Raise ImportRefusedError for a file that is no package, is damaged, or holds more than
    ``ankibuild.importer.limits`` allows.
    """
    with ExitStack() as stack:
        with _refusal_names(path):
            found = _foreign(path.name, stack.enter_context(archive.opened(path)))
        yield found


@contextmanager
def _refusal_names(path: Path) -> Iterator[None]:
    try:
        yield
    except ImportRefusedError as error:
        raise ImportRefusedError(visible(f"`{path.name}`: {error}")) from error


def _foreign(source: str, package: Archive) -> Foreign:
    version = _version(package)
    is_newest = version == _NEWEST
    texts = Texts()
    with TemporaryDirectory(prefix="ankibuild-") as folder:
        file = Path(folder) / "collection"
        package.copy(_DATABASES[version], limits.COLLECTION, is_newest, file)
        with database.opened(file) as opened:
            layout = layouts.read(opened, texts)
            notes = contents.read(opened, layout, texts)
    return Foreign(
        source=source,
        notetypes=tuple(sorted(layout.notetypes.values(), key=lambda one: (one.name, one.key))),
        decks=tuple(sorted(layout.decks.values(), key=lambda deck: deck.name)),
        notes=notes,
        media=medialist.read(package, texts, zstd=is_newest),
        remarks=texts.findings.remarks(),
    )


def _version(package: Archive) -> int:
    """Find out the format: what `meta` says, or else the newest database that is there."""
    there = [number for number, name in _DATABASES.items() if name in package.names]
    version = _stated_version(package) if _META in package.names else max(there, default=0)
    if version > _NEWEST:
        raise ImportRefusedError(
            "this package was made by a newer Anki; "
            "export it with `Support older Anki versions` ticked"
        )
    if version not in there:
        raise ImportRefusedError(
            "this is a zip without a collection in it; export a deck from Anki as .apkg"
        )
    return version


def _stated_version(package: Archive) -> int:
    try:
        return protobuf.parse(package.read(_META, _LONGEST_META)).number(1)
    except protobuf.ProtobufError as error:
        raise ImportRefusedError(
            "it cannot be read which format this package has; export it from Anki again"
        ) from error
