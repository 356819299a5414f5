"""A project's own style is on its cards and on its pages, and loads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ankibox import AnkiBox
from ankibuild import site, workflow
from ankibuild.diagnostics import errors
from kit import Repository

OWN = ".card { background: #fffdf5; }"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AnkiBox]:
    with closing(AnkiBox(tmp_path / "anki")) as box:
        yield box


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path)
    repository.bank("  - basic: why\n    q: Why?\n    a: So.\n    at: 1:00\n")
    return repository


def test_it_follows_ours_on_every_card(repository: Repository, box: AnkiBox):
    repository.write("decks/style.css", OWN)
    subject = workflow.load(repository.root).subject
    assert subject is not None
    box.import_package(workflow.build(subject, repository.root / "dist")[0].path)
    (notetype,) = [n for n in box.col.models.all() if n["name"].startswith("test-arc")]
    assert notetype["css"].endswith(f"\n{OWN}\n")
    assert "nightMode" in notetype["css"]


def test_it_is_on_the_pages(repository: Repository):
    repository.write("decks/style.css", OWN)
    subject = workflow.load(repository.root).subject
    assert subject is not None
    file = site.make(subject).file("site.css")
    assert file is not None
    assert OWN in file.content.decode()


def test_a_change_of_it_is_seen(repository: Repository):
    repository.write("decks/style.css", OWN)
    before = workflow.load(repository.root).subject
    repository.write("decks/style.css", OWN.replace("#fff", "#eee"))
    after = workflow.load(repository.root).subject
    assert before is not None
    assert after is not None
    assert before.collection.notes == after.collection.notes
    assert before.collection.notetypes != after.collection.notetypes


@pytest.mark.parametrize(
    "unsafe",
    [
        '@import "other.css";',
        "a { background: URL(x.png) }",
        "a { background: u\\72l(x.png) }",
        "a { b: image-set('x' 1x) }",
        "</style><script>",
        "a { width: expression(1) }",
        "a{}" * 20_000,
    ],
)
def test_what_would_load_or_run_is_refused(repository: Repository, unsafe: str):
    repository.write("decks/style.css", unsafe)
    assert {p.rule for p in errors(workflow.load(repository.root).problems)} == {"unsafe-style"}


def test_what_is_no_text_is_refused(repository: Repository):
    (repository.root / "decks/style.css").write_bytes(b"\xff")
    assert [p.rule for p in errors(workflow.load(repository.root).problems)] == ["encoding"]
