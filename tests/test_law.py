"""How Anki treats a package, as MUST rows; those that no other file of tests is named for.

The rest stand where their subject is: guids, tags, due and figures in test_collection, stamps in
test_released and test_updates, notetypes in test_notetypes, what a package may hold in test_apkg.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ankibox import AnkiBox
from ankibuild import notetypes, releasing, workflow
from ankibuild.notes import guid
from ankibuild.workflow import load
from kit import Repository

FIRST = 1_768_000_000
NOW = FIRST + 10_000_000

EVERY_NOTETYPE = """\
  - basic: plain
    q: Why?
    a: Literally {{y}} & <pad>.
  - reversed: term
    term: Term
    definition: Meaning.
  - cloze: gaps
    text: |
      {{c1::One}} and {{c2::two}}.
  - typein: typed
    q: How many?
    answer: 2 < 3 & {{x}}
  - drill: rows
    q: What is $@{x}$?
    a: $@{x}$
    given: [{x: 1}, {x: 2}]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.bank(EVERY_NOTETYPE)
    return made


def release(repository: Repository) -> None:
    space = load(repository.root)
    assert space.subject is not None
    releasing.carry_out(releasing.make(space.subject, "1.0", FIRST, NOW))


def built(repository: Repository) -> Path:
    space = load(repository.root)
    assert space.sound, space.problems
    assert space.subject is not None
    return workflow.build(space.subject, repository.root / "dist")[0].path


def models(path: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(path) as package, closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(package.read("collection.anki2"))
        return list(json.loads(database.execute("select models from col").fetchone()[0]).values())


def rules(repository: Repository) -> list[str]:
    return [problem.rule for problem in load(repository.root).problems]


def test_must_not_renumber_clozes(repository: Repository):
    """Cloze numbers carry the schedule: MUST NOT renumber clozes."""
    release(repository)
    repository.bank(EVERY_NOTETYPE.replace("{{c2::two}}", "{{c3::two}}"))
    assert "cloze-renumbered" in rules(repository)
    repository.bank(EVERY_NOTETYPE.replace("{{c2::two}}", "{{c2::two}} or {{c3::three}}"))
    assert "cloze-renumbered" not in rules(repository)


def test_must_not_change_the_sort_field(repository: Repository):
    """MUST NOT change the sort field: every note is stamped "now", a full sync is forced."""
    found = models(built(repository))
    assert len(found) == 5
    assert {model["sortf"] for model in found} == {0}


def test_must_not_change_basic_and_cloze_under_one_id(repository: Repository):
    """MUST NOT change basic <-> cloze under one id."""
    kinds = {model["name"]: model["type"] for model in models(built(repository))}
    made = notetypes.make("test-arc")
    assert kinds == {one.name: int(one.key == "cloze") for one in made.values()}
    release(repository)
    repository.bank(
        EVERY_NOTETYPE.replace("basic: plain", "typein: plain").replace("a: Lit", "answer: Lit")
    )
    assert "kind-changed" in rules(repository)


def test_must_start_files_of_templates_with_an_underscore(repository: Repository):
    """Files used by templates or CSS MUST start with `_` and carry a hash: ours use none."""
    for model in models(built(repository)):
        texts = [model["css"], *(t[side] for t in model["tmpls"] for side in ("qfmt", "afmt"))]
        assert not re.search(r"url\(|@import|<img|<link|src=", "".join(texts)), model["name"]


def test_must_fail_on_figures_that_are_missing_or_unused(repository: Repository):
    """The builder MUST fail on missing, unused, empty (0 byte) and case-colliding files."""
    repository.write("media/lonely.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>')
    repository.bank("  - basic: x\n    q: |\n      ![A figure.](nowhere.svg)\n    a: So.\n")
    space = load(repository.root)
    assert not space.sound
    assert {p.rule for p in space.problems if p.severity == "error"} >= {"missing-media"}
    repository.bank("  - basic: x\n    q: Why?\n    a: So.\n")
    assert {p.rule for p in load(repository.root).problems if p.severity == "error"} == {
        "unused-media"
    }


def test_must_html_escape_plain_text(repository: Repository, tmp_path: Path):
    """Fields are HTML. MUST html-escape plain text; `{{x}}` is literal in an ordinary field."""
    box = AnkiBox(tmp_path / "learner")
    box.import_package(built(repository))
    assert box.note(guid("test-arc", "typed"))["Back"] == "2 &lt; 3 &amp; {{x}}"
    answer = box.cards(guid("test-arc", "plain"))[0].answer()
    box.close()
    assert "Literally {{y}} &amp; &lt;pad&gt;." in answer


def test_must_reject_what_would_abort_an_import(repository: Repository):
    r"""MUST reject \x1f (aborts the import) and lone surrogates (crash in the writer)."""
    repository.bank("  - basic: x\n    q: Why\x1f?\n    a: So.\n")
    assert rules(repository) == ["control-character"]
    bank = repository.root / "decks/01-first/01-one.yaml"
    bank.write_bytes(bank.read_bytes().replace(b"\x1f", b"\xed\xa0\x80"))
    assert rules(repository) == ["encoding"]


def test_must_keep_the_first_field_filled(repository: Repository):
    """MUST keep the first field non-empty: such a note arrives without a card."""
    repository.bank('  - basic: x\n    q: " "\n    a: So.\n')
    assert "empty-field" in rules(repository)
    repository.bank("  - basic: x\n    q: |\n      <!-- nothing -->\n    a: So.\n")
    assert not load(repository.root).sound
