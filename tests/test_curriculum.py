"""The learning arc of this repository, and what its files may say."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ankibuild import coverage, project
from ankibuild.curriculum import SourceWork
from ankibuild.diagnostics import errors
from ankibuild.project import Project

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def arc() -> Project:
    found, problems = project.load(ROOT)
    assert errors(problems) == ()
    assert found is not None
    return found


def test_the_arc_is_whole(arc: Project):
    assert len(arc.curriculum.parts) == 14
    assert len(arc.curriculum.slots) == 74
    assert len(arc.curriculum.topics) == 126
    assert len(arc.curriculum.items) == 916
    assert len(arc.sources) >= 295


def test_every_item_names_sources_that_exist(arc: Project):
    named = {source for item in arc.curriculum.items.values() for source in item.sources}
    assert named <= set(arc.sources)


def test_items_belong_to_their_topics(arc: Project):
    for topic in arc.curriculum.topics.values():
        assert {item.id.partition(".")[0] for item in topic.items} == {topic.id}


def test_every_topic_is_in_exactly_one_deck(arc: Project):
    placed = Counter(topic for slot in arc.curriculum.slots for topic in slot.plan.topics)
    assert set(placed) == set(arc.curriculum.topics)
    assert set(placed.values()) == {1}


def test_deck_names_sort_like_the_arc(arc: Project):
    """MUST: Anki sorts decks by name; a name has no empty part, is NFC and unique ignoring case."""
    names = [slot.deck for slot in arc.curriculum.slots]
    assert names == sorted(names)
    assert len({name.casefold() for name in names}) == len(names)
    assert all(re.fullmatch(r"Deep Learning Arc::\d\d \S.*::\d\d \S.*", name) for name in names)
    assert all(part.strip() == part for name in names for part in name.split("::"))


def test_no_reference_to_documents_nobody_has():
    for path in (ROOT / "decks").glob("**/*.yaml"):
        assert not re.search(r"^\s*seed:|\b00\d:\d+", path.read_text()), path


def test_lectures_have_chapters_in_order(arc: Project):
    chaptered = [work for work in arc.sources.values() if work.chapters]
    assert len(chaptered) >= 10
    for work in chaptered:
        assert work.chapters is not None
        times = [line.split(" ")[0] for line in work.chapters.splitlines()]
        keys = [tuple(map(int, f"0:{time}".split(":")[-3:])) for time in times]
        assert keys == sorted(keys), work.id


def test_places_lie_inside_their_lecture(arc: Project):
    """A time after the last chapter's start by more than two hours is a typing mistake."""
    for placed in arc.banks:
        for entry in placed.bank.entries:
            question = entry.question
            work = arc.sources[question.source or placed.bank.head.source or ""]
            if work.chapters and question.at and ":" in question.at:
                assert work.chapter(question.at), question.id


LECTURE = SourceWork(
    id="x",
    title="X",
    url="https://www.youtube.com/watch?v=abc",
    chapters="0:00 intro\n10:00 middle\n1:02:03 end",
)


@pytest.mark.parametrize(
    ("place", "link", "chapter"),
    [
        ("9:59", "https://www.youtube.com/watch?v=abc&t=599s", "intro"),
        ("10:00", "https://www.youtube.com/watch?v=abc&t=600s", "middle"),
        ("1:02:03", "https://www.youtube.com/watch?v=abc&t=3723s", "end"),
        ("10:00, 12:00", "https://www.youtube.com/watch?v=abc&t=600s", "middle"),
        ("§3", "https://www.youtube.com/watch?v=abc", None),
        (None, "https://www.youtube.com/watch?v=abc", None),
    ],
)
def test_a_time_opens_its_second_and_names_its_chapter(place, link, chapter):
    assert (LECTURE.link(place), LECTURE.chapter(place)) == (link, chapter)


def test_an_anchor_opens_its_place():
    page = SourceWork(id="x", title="X", url="https://example.org/page#top")
    assert page.link("anchor eps") == "https://example.org/page#eps"
    assert page.link("§2, anchor eps") == "https://example.org/page#eps"
    assert page.link("§2") == "https://example.org/page#top"


# ------------------------------------------------------------------ coverage


def test_an_item_is_covered_by_a_question_or_by_the_checklist_of_its_deck(arc: Project):
    found = coverage.coverage(arc)
    assert sum(part.total for part in found) == 916
    asked = {item for e in arc.entries.values() for item in e.question.covers}
    built = {t for p in arc.banks if p.bank.entries for t in p.slot.plan.topics}
    listed = {
        item.id
        for item in arc.curriculum.items.values()
        if item.kind in ("video", "reading", "practice")
        and arc.curriculum.topic_of[item.id].id in built
    }
    assert listed - asked
    covered = len(asked | listed)
    assert sum(part.covered for part in found) == covered
    data = coverage.as_data(found)
    assert (data["items"], data["covered"]) == (916, covered)
    assert len(re.findall(r"^[a-z].*: ", coverage.missing(found), re.MULTILINE)) == 916 - covered
    assert coverage.table(found).splitlines()[-1].startswith("all")
    picture = ElementTree.fromstring(coverage.svg(found))
    assert len(picture.findall("{http://www.w3.org/2000/svg}text")) == 2 * len(found)


def test_a_deck_without_questions_covers_nothing(arc: Project):
    """A deck without questions yet is not built, and its items count as uncovered."""
    empty = {slot.part.id for slot in arc.curriculum.slots} - {p.slot.part.id for p in arc.banks}
    assert empty
    found = {part.part.id: part for part in coverage.coverage(arc)}
    assert all(found[name].covered == 0 for name in empty)


def test_the_first_banks_cover_their_topics(arc: Project):
    asked = coverage.questions_by_item(arc)
    for topic in ("batchnorm", "attention-intuition", "vector-spaces", "orthogonality", "eigen"):
        open_items = [
            item.id
            for item in arc.curriculum.topics[topic].items
            if item.kind in ("question", "concept", "exercise") and not asked[item.id]
        ]
        assert open_items == [], topic


def test_the_first_banks_hold_at_least_25_questions(arc: Project):
    sizes = {placed.slot.id: len(placed.bank.entries) for placed in arc.banks}
    for bank in (
        "02-linear-algebra-spaces",
        "02-linear-algebra-decompositions",
        "04-karpathy-exercises",
        "08-batchnorm",
        "12-attention-intuition",
    ):
        assert sizes[bank] >= 25, bank
