"""What a project becomes: notes, tags, order, sources, decks."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from ankibuild.collection import Collection
from ankibuild.decks import deck_id
from ankibuild.diagnostics import errors
from ankibuild.notes import Note, guid
from ankibuild.workflow import load
from kit import SVG, Repository

ONE = """\
  - basic: why
    q: Why $x$?
    a: Because.
    at: 10:05
    covers: [one.why]
  - reversed: term
    term: Term
    definition: What it means.
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def collected(repository: Repository) -> Collection:
    space = load(repository.root)
    assert errors(space.problems) == (), space.problems
    assert space.subject is not None
    return space.subject.collection


def note(repository: Repository, name: str) -> Note:
    return next(note for note in collected(repository).notes if note.id == name)


def test_guid_depends_on_namespace_and_id_and_on_nothing_else(repository: Repository):
    """MUST give every note an explicit, permanent guid that does not depend on its text."""
    repository.bank(ONE)
    before = note(repository, "why")
    repository.bank(ONE.replace("Because.", "Now in other words.").replace("why\n", "why\n", 1))
    after = note(repository, "why")
    assert before.fields != after.fields
    assert before.guid == after.guid == guid("test-arc", "why")
    assert guid("other-arc", "why") != before.guid


def test_a_question_from_another_deck_keeps_its_guid(repository: Repository):
    repository.bank(ONE + "    guid: 'pQ:b~$ [4!'\n")
    notes = collected(repository).notes
    assert notes[-1].guid == "pQ:b~$ [4!"
    assert notes[0].guid == guid("test-arc", notes[0].id)


def test_guids_of_the_released_format_are_frozen():
    """A change here would give every learner every card a second time."""
    assert guid("deep-learning-arc", "bn-why-eps") == "zq3jij43fj7hxrbo"


def test_deck_ids_are_neither_zero_nor_the_default():
    """MUST: deck id neither 0 nor 1, and not later than tomorrow in milliseconds."""
    ids = {deck_id(f"Deck {number}") for number in range(500)}
    assert len(ids) == 500
    assert all(1_000_000_000_000 <= number < 1_600_000_000_000 for number in ids)


def test_tags_are_derived_under_fixed_roots(repository: Repository):
    """MUST NOT use `marked` or `leech`; tags are `[a-z0-9-]+(::[a-z0-9-]+)*`."""
    repository.bank(ONE + "    tags: [marked, extra]\n", tags="[general]")
    assert note(repository, "why").tags == (
        "arc::01-first::one",
        "kind::basic",
        "level::intro",
        "topic::general",
    )
    tags = {tag for one in collected(repository).notes for tag in one.tags}
    assert {"topic::marked", "topic::extra"} <= tags
    assert tags.isdisjoint({"marked", "leech"})
    assert all(re.fullmatch(r"[a-z0-9-]+(::[a-z0-9-]+)*", tag) for tag in tags)


def test_level_is_that_of_the_topic_a_question_covers(repository: Repository):
    repository.bank("  - basic: x\n    q: Why?\n    a: So.\n    covers: [three.what]\n")
    assert "level::advanced" in note(repository, "x").tags


def test_source_opens_the_lecture_at_its_second(repository: Repository):
    repository.bank(ONE)
    assert note(repository, "why").fields[4] == (
        '<a href="https://www.youtube.com/watch?v=abcdefghijk&amp;t=605s">'
        "A lecture, 10:05 (the middle)</a>"
    )


def test_source_opens_a_page_at_its_anchor(repository: Repository):
    repository.bank(
        "  - basic: x\n    q: Why?\n    a: So.\n    source: manual\n    at: anchor eps\n"
    )
    link = '<a href="https://example.org/manual.html#eps">A manual</a>'
    assert note(repository, "x").fields[4] == link


def test_due_rises_along_the_arc_with_gaps(repository: Repository):
    """MUST set due explicitly, increasing along the learning path, all below 1,000,000."""
    repository.bank(ONE)
    repository.bank("  - basic: y\n    q: Y?\n    a: So.\n", "decks/02-second/01-three.yaml")
    repository.bank("  - basic: x\n    q: X?\n    a: So.\n", "decks/01-first/02-two.yaml")
    dues = [one.due for one in collected(repository).notes]
    assert [one.id for one in collected(repository).notes] == ["why", "term", "x", "y"]
    assert dues == sorted(dues)
    assert all(high - low >= 10 for low, high in pairwise(dues))
    assert 0 < dues[0] < dues[-1] < 1_000_000


def test_a_thousand_questions_in_one_bank_keep_their_order(repository: Repository):
    rows = "".join(f"  - basic: q-{n:04}\n    q: Why {n}?\n    a: So.\n" for n in range(1000))
    repository.bank(rows)
    dues = [one.due for one in collected(repository).notes]
    assert dues == sorted(set(dues))
    assert dues[-1] < 1_000_000


def test_only_decks_with_questions_are_there_and_their_parents(repository: Repository):
    repository.bank(ONE)
    assert [deck.name for deck in collected(repository).decks] == [
        "Test Arc",
        "Test Arc::01 First",
        "Test Arc::01 First::01 One",
    ]


def test_a_deck_says_what_it_teaches_and_what_to_do_beside(repository: Repository):
    repository.bank(ONE)
    text = collected(repository).decks[-1].description
    assert "Teaches: One." in text
    assert "- Watch it. [A lecture](https://www.youtube.com/watch?v=abcdefghijk)" in text
    assert "Say why" not in text
    assert "License: CC BY 4.0." in text


def test_figures_are_packed_under_a_name_with_their_hash(repository: Repository):
    """MUST name files `[a-z0-9._-]` with a content hash, so that a changed picture is delivered."""
    repository.write("media/The_Graph.svg", SVG)
    repository.bank("  - basic: x\n    q: |\n      ![a square](The_Graph.svg)\n    a: So.\n")
    first = collected(repository)
    repository.write("media/The_Graph.svg", SVG.replace("9v9", "9v8"))
    second = collected(repository)
    assert re.fullmatch(r"the-graph-[0-9a-f]{8}\.svg", first.media[0].name)
    assert first.media[0].name != second.media[0].name
    assert first.media[0].name in first.notes[0].fields[0]
    assert second.media[0].name in second.notes[0].fields[0]


def test_figures_that_anki_would_stumble_over_are_refused(repository: Repository):
    """MUST fail on empty and case-colliding files."""
    repository.write("media/empty.svg", "")
    repository.write("media/Twin.svg", SVG)
    repository.write("media/twin.svg", SVG)
    repository.bank(ONE)
    found = {(problem.rule, problem.span.source.path) for problem in load(repository.root).problems}
    assert ("media-empty", "media/empty.svg") in found
    assert ("media-case", "media/twin.svg") in found


def test_every_kind_makes_the_cards_it_promises(repository: Repository):
    repository.bank(
        """\
  - cloze: gaps
    text: |
      {{c1::One}} and {{c3::three}}.
  - typein: typed
    q: How many?
    answer: <two> & $more
  - code: printed
    q: What does this print?
    program: print("<b>")
    output: <b>
  - steps: derived
    q: Derive it.
    lines: [First., Second.]
  - exercise: worked
    q: Do it.
    hints: [Think.]
    a: Done.
    rubric: [It runs.]
  - drill: rows
    q: What is $@{x} + 1$?
    a: $@{y}$
    given:
      - {x: 1, y: 2}
      - {x: 2, y: 3}
""".replace(" & $more", "")
    )
    made = {one.id: one for one in collected(repository).notes}
    assert made["gaps"].cards == (0, 2)
    assert made["typed"].fields[1] == "&lt;two&gt;"
    assert "&lt;b&gt;" in made["printed"].fields[1]
    assert made["derived"].fields[1].count('<details class="step">') == 2
    assert made["worked"].fields[0].count("<details") == 1
    assert "It runs." in made["worked"].fields[1]
    rows = '<div class="rows"><div>\\(2\\)</div><div>\\(3\\)</div></div>'
    assert made["rows"].fields[1] == rows
    assert [made[name].cards for name in ("typed", "printed", "rows")] == [(0,)] * 3


def test_the_remarks_of_a_drill_follow_its_rows(repository: Repository):
    repository.bank(
        """\
  - drill: rows
    q: What is $@{x} + 1$?
    a: $@{y}$
    hint: Count on from @{x}.
    extra: The same in every row.
    given:
      - {x: 1, y: 2}
      - {x: 2, y: 3}
"""
    )
    made = note(repository, "rows")
    assert made.fields[2] == (
        '<div class="rows"><div>Count on from 1.</div><div>Count on from 2.</div></div>'
    )
    assert made.fields[3] == "The same in every row."


def test_a_text_full_of_one_mistake_is_reported_as_far_as_it_helps(repository: Repository):
    repository.bank(f"  - basic: x\n    q: Why?\n    a: {'$a_{' * 4500}\n    at: 1:00\n")
    found = [p.rule for p in load(repository.root).problems if p.severity == "error"]
    assert len([rule for rule in found if rule.startswith("unbalanced")]) == 20
