"""The figures in media/: sound, small, drawn from the recorded numbers, shown and described."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ankibuild import media
from ankibuild.cache import Memory

ROOT = Path(__file__).parent.parent
MEDIA = ROOT / "media"
FIGURES = sorted(MEDIA.glob("*.svg"))
RECORDS = sorted((MEDIA / "src").glob("*.json"))
LARGEST = 200_000


@pytest.fixture(scope="module")
def problems() -> Callable[[Path], Iterator[str]]:
    """Load the function that compares figures and records, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("check", MEDIA / "src" / "check_records.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.problems


@pytest.fixture(scope="module")
def shown() -> dict[str, list[str]]:
    """Collect the alternative texts of every figure that a bank shows."""
    texts: dict[str, list[str]] = {}
    for bank in sorted((ROOT / "decks").glob("*/*.yaml")):
        for alt, name in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", bank.read_text("utf-8")):
            texts.setdefault(name, []).append(" ".join(alt.split()))
    return texts


def test_there_are_figures_and_all_are_sound() -> None:
    files, found = media.load(MEDIA, "media", Memory())
    assert found == ()
    assert {path.name for path in FIGURES} <= set(files)
    assert FIGURES


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_a_figure_is_small_and_has_a_plain_name(path: Path) -> None:
    assert path.stat().st_size <= LARGEST
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.svg", path.name)


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_a_figure_is_shown_and_described_by_a_sentence(
    path: Path, shown: dict[str, list[str]]
) -> None:
    assert path.name in shown
    for alt in shown[path.name]:
        assert len(alt.split()) >= 6, alt
        assert alt.endswith("."), alt


def test_every_figure_agrees_with_its_record(problems: Callable[[Path], Iterator[str]]) -> None:
    assert list(problems(MEDIA)) == []


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_written_by_the_program_of_its_name(path: Path) -> None:
    assert json.loads(path.read_text("utf-8"))["program"] == path.stem
    assert path.with_suffix(".py").is_file()


def test_numbers_of_another_run_are_noticed(
    tmp_path: Path, problems: Callable[[Path], Iterator[str]]
) -> None:
    shutil.copytree(MEDIA / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(MEDIA / "rate-sweep.svg", tmp_path)
    path = tmp_path / "src" / "rate_sweep.json"
    record = json.loads(path.read_text("utf-8"))
    assert list(problems(tmp_path)) == []
    record["rate-sweep"]["lowest_mean"] += 0.001
    path.write_text(json.dumps(record), "utf-8")
    assert "redraw it" in next(problems(tmp_path))


def test_a_figure_without_numbers_is_noticed(
    tmp_path: Path, problems: Callable[[Path], Iterator[str]]
) -> None:
    (tmp_path / "drawn-by-hand.svg").write_text("<svg/>", "utf-8")
    assert list(problems(tmp_path)) == ["drawn-by-hand.svg: has no digest of its numbers"]
