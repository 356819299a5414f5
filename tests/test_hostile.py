"""Files made to break the tool: one clear answer each, and never a traceback."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ankibuild import workflow
from ankibuild.diagnostics import MOST_ERRORS, Diagnostic, render
from ankibuild.source import LARGEST
from conftest import BANK, SOUND, Lay

HEAD = "title: Batch normalization\nsource: makemore-3\n\nquestions:\n\n"


def problems(root: Path) -> list[Diagnostic]:
    found = workflow.load(root).problems
    assert render(found)
    return list(found)


def bomb() -> str:
    levels = [f"  - &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12)]
    return HEAD + "  - &l0 [ha, ha]\n" + "".join(levels)


TEXTS = [
    ("an alias bomb", bomb(), "yaml-syntax"),
    (
        "one alias bomb of a value",
        HEAD + "  - basic: x\n    q: &a [*a, *a]\n    a: b\n",
        "yaml-syntax",
    ),
    ("a Python object", HEAD + "  - !!python/object/apply:os.system [exit]\n", "yaml-syntax"),
    ("brackets", HEAD + "  - basic: x\n    q: " + "[" * 10_000 + "\n    a: b\n", "yaml-syntax"),
    ("brackets that close", HEAD + "  - " + "[" * 10_000 + "]" * 10_000 + "\n", "yaml-syntax"),
    ("braces", HEAD + "  - " + "{a: " * 10_000 + "\n", "yaml-syntax"),
    ("dashes", HEAD + "  " + "- " * 10_000 + "x\n", "yaml-syntax"),
    ("quotes", HEAD + "  - basic: x\n    q: " + "'\"" * 100_000 + "\n    a: b\n", "yaml-syntax"),
    ("ten megabytes", "x" * 10_000_000, "file-too-large"),
    ("one byte too many", "#" * (LARGEST + 1), "file-too-large"),
    ("nothing but NUL", "\0" * 1000, "control-character"),
]


@pytest.mark.parametrize(("text", "rule"), [c[1:] for c in TEXTS], ids=[c[0] for c in TEXTS])
def test_a_hostile_text_is_refused(text: str, rule: str, lay: Lay) -> None:
    found = problems(lay({BANK: text}))
    assert {problem.rule for problem in found} == {rule}
    assert len(found) <= 12


def test_many_broken_questions_are_read_in_reasonable_steps(lay: Lay) -> None:
    text = HEAD + "".join(f'  - basic: q-{n}\n    q: "\\q"\n    a: b: c\n' for n in range(300))
    found = problems(lay({BANK: text}))
    assert len(found) == MOST_ERRORS + 1
    assert [problem.rule for problem in found if problem.rule == "rest-unread"] == ["rest-unread"]


def fifo(place: Path) -> None:
    os.mkfifo(place)


def folder(place: Path) -> None:
    place.mkdir()


def loop(place: Path) -> None:
    place.symlink_to(place.name)


def dangling(place: Path) -> None:
    place.symlink_to("nowhere.yaml")


def outside(place: Path) -> None:
    beyond = place.parents[3] / "outside"
    beyond.write_text("title: Secret\n", encoding="utf-8")
    place.symlink_to(beyond)


def device(place: Path) -> None:
    place.symlink_to("/dev/zero")


STRANGE = [fifo, folder, loop, dangling, outside, device]
LEDGER = "decks/released.jsonl"
READERS = [BANK, "decks/training/part.yaml", "decks/sources.yaml", LEDGER]


@pytest.mark.parametrize("path", READERS)
@pytest.mark.parametrize("make", STRANGE)
def test_a_strange_file_is_refused(make: Callable[[Path], None], path: str, lay: Lay) -> None:
    root = lay({}) / "project"
    root.mkdir()
    for name in ("decks", "media"):
        (root.parent / name).rename(root / name)
    place = root / path
    place.unlink(missing_ok=True)
    make(place)
    found = [problem for problem in problems(root) if problem.span.source.path == path]
    assert [problem.rule for problem in found] == ["unreadable-file"]
    space = workflow.load(root)
    assert "Secret" not in render(space.problems)
    assert not space.sound


@pytest.mark.parametrize("make", STRANGE)
def test_a_strange_curriculum_is_refused(make: Callable[[Path], None], tmp_path: Path) -> None:
    place = tmp_path / "a/b/decks/curriculum.yaml"
    place.parent.mkdir(parents=True)
    make(place)
    assert [p.rule for p in problems(tmp_path / "a/b")] == ["unreadable-file"]


def media_outside(place: Path) -> None:
    beyond = place.parent.parent / "secret.svg"
    beyond.write_text(SOUND["media/bn-graph.svg"], encoding="utf-8")
    place.symlink_to(beyond)


def media_too_large(place: Path) -> None:
    place.write_bytes(b"<svg/>" + b" " * 2_000_000)


MEDIA: list[tuple[Callable[[Path], None], str]] = [
    (fifo, "media-unreadable"),
    (folder, "media-unreadable"),
    (media_outside, "media-outside"),
    (media_too_large, "media-too-large"),
    (loop, "media-unreadable"),
    (dangling, "media-unreadable"),
]


@pytest.mark.parametrize(("make", "rule"), MEDIA)
def test_a_strange_figure_is_refused(make: Callable[[Path], None], rule: str, lay: Lay) -> None:
    root = lay({})
    place = root / "media/bn-graph.svg"
    place.unlink()
    make(place)
    assert [problem.rule for problem in problems(root)] == [rule]


def test_a_ledger_that_is_no_text_is_refused(lay: Lay) -> None:
    root = lay({LEDGER: b"\xff\xfe\x00" * 10 + b"\n[" + b"[" * 100_000 + b"\n"})
    assert {problem.rule for problem in problems(root)} == {"ledger-damaged"}


def test_a_ledger_that_no_release_wrote_is_not_read_to_its_end(lay: Lay) -> None:
    root = lay({LEDGER: ""})
    os.truncate(root / LEDGER, workflow.LARGEST_LEDGER + 1)
    (found,) = problems(root)
    assert (found.rule, found.span.source.path) == ("file-too-large", LEDGER)
    assert "git checkout" in found.help
