"""A project as it was in a commit, read from git; the work tree and the index stay as they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from msgspec import Struct

from ankibuild import git, media
from ankibuild import project as projects
from ankibuild.cache import Memory
from ankibuild.collection import Collection
from ankibuild.diagnostics import errors
from ankibuild.diff.safe import quoted
from ankibuild.fill import collect
from ankibuild.git import GitError, Item
from ankibuild.paths import CURRICULUM
from ankibuild.project import Project
from ankibuild.released import Ledger
from ankibuild.source import LARGEST
from ankibuild.words import count

FOLDERS = ("decks", "media")
#: Files, and bytes in all of them, that are read of one commit.
MOST_FILES, MOST_BYTES = 20_000, 400_000_000


class Snapshot(Struct, frozen=True):
    """A project in some state, what Anki would hold of it, and sentences on what is not in it.

    ``commit`` is the full name of the commit that it was read from, if it was.
    """

    project: Project
    collection: Collection
    remarks: tuple[str, ...] = ()
    commit: str = ""


def default_revision(root: Path, ledger: Ledger) -> str:
    """Give the tag of the latest release; ``HEAD`` if nothing is released or the tag not here."""
    tag = f"v{ledger.latest.release}" if ledger.latest else ""
    return tag if tag and git.has_tag(root, tag) else "HEAD"


def at(root: Path, revision: str, memory: Memory) -> Snapshot:
    """Read the project as it was at a revision. Raises GitError.

    With the memory of another state of it, only what differs is read and rendered.
    """
    name = git.commit(root, revision)
    items = tuple(item for item in git.tree(root, name, FOLDERS) if _is_read(item.path))
    _guard(root, items, revision)
    with tempfile.TemporaryDirectory(prefix="ankibuild-") as folder:
        _lay_down(root, items, Path(folder), revision)
        project, problems = projects.load(Path(folder), memory)
        if project is None:
            why = errors(problems)[0].message
            raise GitError(f"the arc of `{revision}` cannot be read: {why}; name a later revision")
        collection = collect(project, memory).collection
    broken = dict.fromkeys(problem.span.source.path for problem in errors(problems))
    return Snapshot(project, collection, tuple(_remarks(revision, items, broken)), name)


def _is_read(path: str) -> bool:
    """Tell whether a file has a part in what Anki holds; no path of ours leads out of a folder."""
    place = PurePosixPath(path)
    if ".." in place.parts or place.is_absolute():
        return False
    if path in FOLDERS:  # a submodule or a link
        return True
    if place.parts[0] == "media":
        return len(place.parts) == 2 and place.suffix.casefold() in media.SUFFIXES
    return place.suffix in (".yaml", ".yml")


def _guard(root: Path, items: tuple[Item, ...], revision: str) -> None:
    """Refuse a revision without a project, and one that is too large to be one."""
    kinds = {item.path: item.kind for item in items}
    if kinds.get("decks") == "submodule":
        raise GitError("the decks are a submodule; run `ankibuild diff` in a clone of their own")
    if CURRICULUM not in kinds:
        message = f"there was no {CURRICULUM} at `{revision}`"
        raise GitError(f"{message}; name a later revision, in which this project had begun")
    size = sum(_bytes(item) for item in items)
    if len(items) > MOST_FILES or size > MOST_BYTES:
        much = f"{count(len(items), 'file')} with {size // 1_000_000:,} MB"
        raise GitError(f"`{revision}` has {much} of decks and figures: too much to compare")


def _bytes(item: Item) -> int:
    return item.size if item.size <= _limit(item) else 0


def _limit(item: Item) -> int:
    return media.LARGEST if item.path.startswith("media/") else LARGEST


def _lay_down(root: Path, items: tuple[Item, ...], folder: Path, revision: str) -> None:
    """Write the files below a folder. A link is left out, and with it whatever it leads to."""
    files = [item for item in items if item.kind == "file"]
    read = [item for item in files if item.size <= _limit(item)]
    try:
        for item, content in zip(read, git.contents(root, (i.name for i in read)), strict=True):
            _place(folder, item).write_bytes(content)
        for item in set(files) - set(read):
            # A hole of that size: whoever reads it says that it is too large, and reads no further.
            with _place(folder, item).open("wb") as hole:
                hole.truncate(_limit(item) + 1)
    except OSError as error:
        why = (error.strerror or "").lower()
        raise GitError(f"the files of `{revision}` cannot be laid side by side: {why}") from None


def _place(folder: Path, item: Item) -> Path:
    place = folder / item.path
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _remarks(revision: str, items: tuple[Item, ...], broken: Iterable[str]) -> Iterator[str]:
    for path in broken:
        what = "what was lost by them counts as added"
        yield f"{quoted(path)} had mistakes at {quoted(revision)}: {what}"
    for item in items:
        if item.kind != "file":
            yield f"{quoted(item.path)} was a {item.kind} at {quoted(revision)}: not followed"
