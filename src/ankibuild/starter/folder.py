"""Files into a new folder: all of them or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from ankibuild.starter.place import guard_empty, move
from ankibuild.starter.templates import make
from ankibuild.starter.wishes import Wishes, guard


def lay_down(folder: Path, wishes: Wishes, *, example: bool = True) -> tuple[Path, ...]:
    """Make a deck repository in ``folder``, which is new or empty; return its files, sorted.

    With an ``example``, it has a part with a question of each kind and a figure; without one, its
    curriculum has ``parts: []``. Raise RefusedError, with what to do instead, if the folder holds
    anything but a ``.git`` or if ``wishes`` cannot be granted, and OSError if it cannot be written.
    Then the folder is as it was.
    """
    guard(wishes)
    guard_empty(folder)
    files = make(wishes, example=example)
    home = folder if folder.exists() else folder.parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Where there is a folder, somebody may be in it, and it may be another disk than its parent.
    with TemporaryDirectory(prefix=".ankibuild-", dir=home) as beside:
        new = Path(beside) / "new"
        _write(new, files)
        move(new, folder)
    return tuple(folder / path for path in files)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
