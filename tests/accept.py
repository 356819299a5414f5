"""Accept packages before learners get them: import them into the real Anki, and over older ones.

python tests/accept.py dist                   # each package alone
python tests/accept.py dist --before older    # and over the same package of an earlier release
python tests/accept.py dist --version 1.2.0   # and they must say that they are this release

Every problem is a line on standard output. Exit status: 0 nothing is wrong, 1 something is.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from ankibox import AnkiBox

#: One note of so many is studied; and a learner does one of so many things with it.
STUDIED, WAYS = 7, 5
MINE = "my-own-tag"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; give the exit status."""
    options = _options(arguments)
    packages = sorted(path for path in options.dist.rglob("*.apkg") if not is_cleanup(path))
    older = {path: _older(path, options) for path in packages}
    problems = [
        f"{path.relative_to(options.dist)}: {problem}"
        for path in packages
        for problem in accept(path, older[path], options.version)
    ]
    problems += [] if packages else [f"{options.dist}: there are no packages"]
    print(*problems, sep="\n", end="\n" * bool(problems))
    over = sum(1 for path in older.values() if path)
    said = f"{len(packages)} packages, {over} of them over older ones, {len(problems)} problems"
    print(said, file=sys.stderr)
    return 1 if problems else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Import packages into the real Anki.")
    parser.add_argument("dist", type=Path)
    parser.add_argument("--before", type=Path, metavar="DIST", help="of an earlier release")
    parser.add_argument("--version", help="the release that the packages must be")
    return parser.parse_args(arguments)


def is_cleanup(path: Path) -> bool:
    """Tell whether a package holds retired questions only; it is not for newcomers."""
    return path.stem.endswith("-cleanup")


def _older(path: Path, options: argparse.Namespace) -> Path | None:
    older = options.before / path.relative_to(options.dist) if options.before else None
    return older if older and older.is_file() else None


def accept(package: Path, older: Path | None = None, version: str | None = None) -> list[str]:
    """Say what is wrong with a package, alone and over an older one."""
    with tempfile.TemporaryDirectory(prefix="accept-") as folder:
        with closing(AnkiBox(Path(folder) / "newcomer")) as box:
            problems = [*alone(box, package), *_version(box, version)]
        if older:
            with closing(AnkiBox(Path(folder) / "learner")) as box:
                problems += over(box, older, package)
    return problems


def alone(box: AnkiBox, package: Path) -> Iterator[str]:
    """Import a package twice into an empty collection."""
    first, again = box.import_package(package), box.import_package(package)
    if not first.new or first.counts != (len(first.new), 0, 0, 0):
        yield f"imported as new, updated, duplicate, conflicting: {first.counts}"
    if again.counts != (0, 0, len(first.new), 0):
        yield f"imported again as new, updated, duplicate, conflicting: {again.counts}"
    yield from box.lint()


def _version(box: AnkiBox, version: str | None) -> Iterator[str]:
    said = f"Version {version} of "
    for deck in box.col.decks.all():
        description = str(deck.get("desc", ""))
        if version and description and (said not in description or "preview" in description):
            yield f"the deck {deck['name']} does not say that it is {version}"


def over(box: AnkiBox, older: Path, package: Path) -> Iterator[str]:
    """Study an older package, import the new one over it, and miss nothing."""
    box.import_package(older)
    studied = sorted(box.guids())[::STUDIED]
    for number, guid in enumerate(studied):
        study(box, guid, number)
    notetypes, stamp = box.notetype_names(), box.schema_stamp()
    before = {guid: box.schedule(guid) for guid in box.guids()}
    own = {guid: (box.note(guid).fields, box.note(guid).tags) for guid in box.guids()}
    done = box.import_package(package)
    for guid, cards in before.items():
        if guid not in box.guids():
            yield f"the note {guid} is gone"
        elif box.schedule(guid)[: len(cards)] != cards:
            yield f"the schedule of {guid} has changed"
        elif guid not in done.updated and own[guid] != (box.note(guid).fields, box.note(guid).tags):
            yield f"the note {guid} was not updated and reads differently"
    for name, times in Counter(box.note(guid)["Id"] for guid in box.guids()).items():
        if times > 1:
            yield f"`{name}` arrived as another note, beside the one that is there"
    if done.conflicting:
        yield f"{len(done.conflicting)} notes were refused for their note type"
    if notetypes - box.notetype_names() or any(n.endswith("+") for n in box.notetype_names()):
        yield f"note types before: {sorted(notetypes)}, after: {sorted(box.notetype_names())}"
    if box.schema_stamp() != stamp:
        yield "a full sync is forced"
    yield from box.lint()


def study(box: AnkiBox, guid: str, number: int) -> None:
    """Do with a note what learners do: review, edit, tag, flag, suspend or move it."""
    box.review(guid)
    match number % WAYS:
        case 1:
            box.tag(guid, MINE)
        case 2:
            box.flag(guid)
        case 3:
            box.suspend(guid)
        case 4:
            box.move(guid, "A deck of my own")


if __name__ == "__main__":
    sys.exit(main())
