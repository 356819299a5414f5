"""The whole way from a file to banks, into the project at hand or into one of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from ankibuild.importer import own
from ankibuild.importer.foreign import Foreign, ImportRefusedError
from ankibuild.importer.lay import lay_down
from ankibuild.importer.names import clean
from ankibuild.importer.reading import opened
from ankibuild.importer.report import Report
from ankibuild.kinds.base import slug
from ankibuild.starter import LONGEST_TITLE, Wishes
from ankibuild.starter import lay_down as start
from ankibuild.starter.place import guard_empty, move
from ankibuild.workflow import RefusedError


def bring_in(
    file: Path,
    *,
    root: Path | None = None,
    into: Path | None = None,
    maps: Iterable[str] = (),
    wishes: Wishes | None = None,
    dry_run: bool = False,
) -> Report:
    """Do what :func:`ankibuild.importer.bring_in` says."""
    with opened(file) as foreign:
        if root is not None:
            part = _part(root, into) if into else None
            return lay_down(foreign, root, into=part, maps=maps, dry=dry_run)
        if into is None:
            message = "this is no deck repository, so the import makes one"
            raise ImportRefusedError(f"{message}\nname its folder: `--into DIR`")
        return _found(foreign, into, wishes or wishes_for(foreign), tuple(maps), dry_run)


def wishes_for(foreign: Foreign) -> Wishes:
    """Propose what a new project is called: like the topmost deck, in the namespace it had."""
    tops = {note.deck.split("::")[0] for note in foreign.notes}
    stem = clean(foreign.source.rpartition(".")[0] or foreign.source) or "Imported"
    title = clean(tops.pop())[:LONGEST_TITLE].strip() if len(tops) == 1 else ""
    title = title if title and title.casefold() != "default" else stem[:LONGEST_TITLE].strip()
    namespaces = {name for one in foreign.notetypes if (name := own.namespace_of(one))}
    known = namespaces.pop() if len(namespaces) == 1 else ""
    namespace = known if slug(known) == known else ""
    made = slug(title) or slug(stem) or "imported"
    return Wishes(title, namespace or made[:64].strip("-"))


def _part(root: Path, into: Path) -> str:
    """Give the name of the part's folder, which is named as it stands below `decks/`."""
    inside = into.parts[1:] if into.parts[:1] == ("decks",) else into.parts
    if into.is_absolute() and into.is_relative_to(root / "decks"):
        inside = into.relative_to(root / "decks").parts
    if len(inside) != 1:
        message = f"`{into}` is not a folder right below `decks/`"
        raise ImportRefusedError(f"{message}\nname a new one, such as `decks/15-spanish`")
    return inside[0]


def _found(
    foreign: Foreign, folder: Path, wishes: Wishes, maps: tuple[str, ...], dry: bool
) -> Report:
    """Make a project beside ``folder``, import into it, and move it there."""
    _guard_empty(folder)
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}.importing")
    shutil.rmtree(beside, ignore_errors=True)  # of an import that was stopped
    try:
        start(beside, wishes, example=False)
        done = lay_down(foreign, beside, maps=maps, dry=dry)
        if done.files and not dry:
            move(beside, folder)
    except RefusedError as error:
        raise ImportRefusedError(str(error)) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return replace(done, project=str(folder), new=True)


def _guard_empty(folder: Path) -> None:
    try:
        guard_empty(folder)
    except RefusedError as error:
        raise ImportRefusedError(f"{error}, or run this in a deck repository") from None
