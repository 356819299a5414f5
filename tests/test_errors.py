"""Every mistake an author can make, and the exact answer.

`errors/NAME.yaml` is a bank of the sound project of `conftest.py` with one mistake in it, a folder
`errors/NAME/` holds files that replace others of it; `errors/NAME.txt` is what `ankibuild check`
says. `UPDATE=1 pytest tests/test_errors.py` writes the expected texts anew: read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ankibuild.diagnostics import render
from ankibuild.workflow import load
from conftest import BANK, Lay

FOLDER = Path(__file__).parent / "errors"
CASES = sorted(p for p in FOLDER.iterdir() if p.is_dir() or p.suffix == ".yaml")


def files_of(case: Path) -> dict[str, bytes]:
    """Give the files of a case by their path in the project."""
    if case.is_file():
        return {BANK: case.read_bytes()}
    return {
        path.relative_to(case).as_posix(): path.read_bytes()
        for path in case.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_mistake_gets_its_answer(case: Path, lay: Lay) -> None:
    root = lay(files_of(case))
    said = render(load(root).problems)
    assert render(load(root).problems) == said, "what is remembered says something else"
    expected = case.with_suffix(".txt")
    if os.environ.get("UPDATE"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")


def test_the_project_is_sound_without_a_mistake(lay: Lay) -> None:
    assert render(load(lay({})).problems) == ""
