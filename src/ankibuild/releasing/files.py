"""The two files of a release, the ledger and the changelog: both of it or neither.

No file system replaces two files at once. So both are written beside their places first; then the
ledger is renamed, and from that moment on there is a release. If the changelog could not follow,
what it should be lies beside it, and ``resume`` brings it to its place.
"""

from __future__ import annotations

import os
from pathlib import Path

from ankibuild import changelog, released
from ankibuild.diagnostics import errors
from ankibuild.releasing.plan import Plan
from ankibuild.workflow import read_ledger


def carry_out(plan: Plan) -> None:
    """Write a release: the ledger and the changelog. Raises OSError, and then nothing is released.

    Only if the system stops between the two renames at its end, the changelog is behind; whoever
    comes next should ``resume``.
    """
    ledger, log = plan.root / released.PATH, plan.root / changelog.PATH
    try:
        _write(_beside(log), plan.changelog)
        _write(_beside(ledger), plan.ledger)
        os.replace(_beside(ledger), ledger)
    except BaseException:
        _beside(ledger).unlink(missing_ok=True)
        _beside(log).unlink(missing_ok=True)
        raise
    os.replace(_beside(log), log)


def resume(root: Path) -> str | None:
    """Finish or undo what an interrupted release left. Returns the version that was finished.

    With a ledger that cannot be read, nobody knows which: then everything stays as it is.
    """
    log = root / changelog.PATH
    ledger, problems = read_ledger(root)
    if errors(problems):
        return None
    _beside(root / released.PATH).unlink(missing_ok=True)
    if not _beside(log).is_file():
        return None
    latest = ledger.latest
    meant, have = (changelog.versions(_read(path)) for path in (_beside(log), log))
    if latest and latest.release in meant and latest.release not in have:
        os.replace(_beside(log), log)
        return latest.release
    _beside(log).unlink()
    return None


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whatever has this name already is in the way, and may be a link.
    path.unlink(missing_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        # A rename may reach the disk before the text does.
        os.fsync(file.fileno())
