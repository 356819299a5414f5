"""Random decks through everything, into the real Anki: what arrives is what was written."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ankibox import AnkiBox
from ankibuild import workflow
from ankibuild.diagnostics import errors, render
from projects import Asked, Project, guid_of, lay_down, name_of, projects
from prosemodel import FIGURES, Said, Shown, field, letters, side

#: For more than a look: ``PIPELINE_RUNS=200 pytest tests/test_pipeline.py``.
RUNS = int(os.environ.get("PIPELINE_RUNS", "20"))
LEVELS = ("intro", "core", "advanced")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnkiBox]:
    """One learner takes all decks, since they do not touch each other."""
    opened = AnkiBox(tmp_path_factory.mktemp("learner"))
    yield opened
    opened.close()


NAMESPACES = (f"ns-{number}" for number in count())


@settings(max_examples=RUNS, suppress_health_check=list(HealthCheck))
@given(project=projects())
def test_what_was_written_arrives(box: AnkiBox, project: Project) -> None:
    namespace = next(NAMESPACES)
    with tempfile.TemporaryDirectory() as folder:
        lay_down(project, Path(folder), namespace)
        space = workflow.load(Path(folder))
        wrong = errors(space.problems)
        assume("long-answer" not in {problem.rule for problem in wrong})
        assert not wrong, render(wrong)
        assert space.subject
        whole, *parts = workflow.build(space.subject, Path(folder) / "dist")
        log = box.import_package(whole.path)
        for part in parts:
            assert not box.import_package(part.path).new
    asked = [one for _, _, deck in project.decks for one in deck]
    assert log.counts == (len(asked), 0, 0, 0)
    check_decks(box, project, namespace)


def test_anki_finds_nothing_wrong(box: AnkiBox) -> None:
    """Runs last, over all that has arrived before."""
    problems = [problem for problem in box.lint() if "have one first field" not in problem]
    assert problems == []


# ------------------------------------------------------------------ what arrived


def check_decks(box: AnkiBox, project: Project, namespace: str) -> None:
    found: list[tuple[str, int]] = []
    for part, number, deck in project.decks:
        title = unicodedata.normalize("NFC", f"{project.title} {namespace}")
        name = f"{title}::0{part} Part::0{number} Deck"
        for n, asked in enumerate(deck, 1):
            id_ = name_of(part, number, n)
            guid = guid_of(asked, id_, namespace) or find(box, name, id_)
            assert box.deck_of(guid) == name
            found.append((guid, box.cards(guid)[0].due))
            check_note(box, guid, asked, id_)
            tags = {*asked.tags, *project.bank_tags}
            assert set(box.note(guid).tags) == {
                f"arc::0{part}-part::bank",
                f"kind::{asked.kind}",
                f"level::{LEVELS[number - 1]}",
                *(f"topic::{tag}" for tag in tags),
            }
    dues = [due for _, due in found]
    assert dues == sorted(set(dues))


def find(box: AnkiBox, deck: str, id_: str) -> str:
    """Find a note that was given no guid by its id, which each of ours carries."""
    (found,) = box.col.find_notes(f'deck:"{deck}" Id:{id_}')
    guid = box.col.get_note(found).guid
    assert re.fullmatch("[a-z2-7]{16}", guid)
    return guid


def check_note(box: AnkiBox, guid: str, asked: Asked, id_: str) -> None:
    note = box.note(guid)
    front, back, hint, extra, source, context, name = note.fields[:7]
    for html, said in ((front, asked.front), (back, asked.back), (hint, asked.hint)):
        check_field(box, html, said)
    check_field(box, extra, asked.extra)
    assert name == id_
    assert context.startswith("Part ")
    assert asked.at in source
    assert Shown(source).text.startswith("A lecture & more")
    assert tuple(card.ord for card in note.cards()) == asked.cards
    if asked.answer is not None:
        assert Shown(back).text == unicodedata.normalize("NFC", asked.answer)
    if asked.kind == "cloze":
        check_gaps(box, guid, asked)


def check_field(box: AnkiBox, html: str, said: Said) -> None:
    shown = Shown(html)
    assert letters(shown.text) == letters(field(said.words)), html
    marks = [(tag, letters(text)) for tag, text in shown.marks]
    assert marks == [(tag, letters(text)) for tag, text in said.marks], html
    composed = [unicodedata.normalize("NFC", block) for block in said.blocks]
    assert shown.blocks == composed, html
    media = Path(box.col.media.dir())
    for name, wanted in zip(shown.figures, said.figures, strict=True):
        assert (media / name).read_text("utf-8") == FIGURES[wanted]


def check_gaps(box: AnkiBox, guid: str, asked: Asked) -> None:
    """Hide on each card the gaps with its number, and show on its answer everything."""
    for place, number in enumerate(asked.cards):
        question, answer = (letters(Shown(html).text) for html in box.rendered(guid, place))
        assert letters(side(asked.front.words, hidden=number + 1)) in question, question
        assert letters(side(asked.front.words)) in answer, answer
