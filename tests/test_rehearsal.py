"""A rehearsal: five releases in a row, and three learners who import them into the real Anki.

One only studies, one edits and tags, one imports with other options; each does so release by
release, and from the first to the last directly. Releases are made and built as always, and what
`release` foretold must be what an import did.

The collections live in the days of the releases: what Anki stamps with the time of this machine is
set back to the day that it stands for (`Learner.live`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from anki.import_export_pb2 import IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_ALWAYS as ALWAYS

from ankibox import AnkiBox, Imported
from ankibuild import notetypes, releasing, workflow
from ankibuild.collection import Collection
from ankibuild.diff import Arrival
from ankibuild.notes import guid
from ankibuild.outputs.stamped import stamped
from ankibuild.releasing import Plan
from kit import CURRICULUM, SVG, TOPICS, Repository
from test_updates import empty_cards

DAY = 86_400
#: The first release, in March 2024.
START = 1_709_300_000
VERSIONS = ("1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0")
DAYS = dict(zip(VERSIONS, range(0, 150, 30), strict=True))
#: After the last release, and before the days on which anybody runs this.
END = START + 150 * DAY

ONE = """\
  - basic: why
    q: Why does $\\epsilon$ stand under the root?
    a: {why}
    at: 10:05
  - reversed: term
    term: Null space
    definition: {definition}
  - cloze: gaps
    text: |
      {gaps}
  - typein: typed
    q: How many?
    answer: {typed}
  - code: printed
    q: What does this print?
    program: print(1 + 1)
    output: 2
{fresh}  - steps: derived
    q: |
      ![the unit square](square.svg) Derive it.
    lines: [$a = b$, $b = c$]
{worked}  - drill: rows
    q: What is $@{{x}} + 1$?
    a: $@{{y}}$
    given: [{{x: 1, y: 2}}, {{x: 2, y: 3}}]
"""
FRESH = "  - basic: fresh\n    q: What is new?\n    a: This.\n    at: 1:00\n"
WORKED = "  - exercise: worked\n    q: Do it.\n    hints: [Think.]\n    a: Done.\n"
FIRST = {
    "why": "So that nothing divides by zero.",
    "definition": "All $x$ with $Ax = 0$.",
    "gaps": "In training {{c1::the batch}}, in evaluation {{c2::running averages}}.",
    "typed": "128",
    "fresh": "",
    "worked": WORKED,
}
BETWEEN = "  - basic: between\n    q: What stands between?\n    a: This.\n    at: 2:00\n"
LAST = "  - basic: last\n    q: What comes last?\n    a: This.\n    at: 3:00\n"
ADDED_DECK = """\
      - deck: 03 Between
        bank: 03-between.yaml
        topics: [two]
"""


def g(name: str) -> str:
    return guid("test-arc", name)


# ------------------------------------------------------------------ five releases


@dataclass(frozen=True)
class Issue:
    """A release as learners can have it; `folder` is its dist."""

    version: str
    plan: Plan
    collection: Collection
    folder: Path

    @property
    def before(self) -> str:
        return VERSIONS[VERSIONS.index(self.version) - 1]

    @property
    def package(self) -> Path:
        return self.folder / "test-arc.apkg"

    @property
    def cleanup(self) -> Path:
        return self.folder / "test-arc-cleanup.apkg"

    def arrival(self, since: str) -> Arrival:
        """Give what was foretold for those who have an earlier release."""
        return next(one for one in self.plan.forecast.arrivals if one.release == since)


@pytest.fixture(scope="module")
def issues(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Issue]:
    """Release five times: what was wrong, what is new and what goes, as it happens over a year."""
    folder = tmp_path_factory.mktemp("rehearsal")
    repository = Repository(folder / "repository")
    with pytest.MonkeyPatch.context() as patch:
        states = _states(repository, patch)
        return {
            version: _issue(repository, version, folder)
            for version, _ in zip(VERSIONS, states, strict=True)
        }


def _states(repository: Repository, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bring the repository from release to release."""
    repository.write("media/square.svg", SVG)
    repository.bank(ONE.format(**FIRST))
    repository.bank(LAST, "decks/02-second/01-three.yaml")
    yield
    # Corrections, an addition, a gap more, another figure.
    gaps = FIRST["gaps"].replace("averages}}.", "averages}}, {{c3::always}}.")
    second = FIRST | {"why": "Wrong.", "typed": "256", "fresh": FRESH, "gaps": gaps}
    repository.write("media/square.svg", SVG.replace("9v9", "8v9"))
    repository.bank(ONE.format(**second))
    yield
    # A correction taken back, a question retired, a deck between two others.
    third = second | {"why": FIRST["why"], "worked": ""}
    repository.bank(ONE.format(**third), retired="[worked]")
    arc = CURRICULUM.format(title="Test Arc", namespace="test-arc")
    part = "  - part: 02-second"
    repository.write("decks/curriculum.yaml", arc.replace(part, ADDED_DECK + part))
    repository.bank(BETWEEN, "decks/01-first/03-between.yaml")
    yield
    # Another style, and a topic of another name.
    text = notetypes._text
    css = "\n.card { letter-spacing: 0.01em; }\n"
    patch.setattr(
        notetypes, "_text", lambda name: text(name) + (css if name == "style.css" else "")
    )
    topics = TOPICS["01-first"].replace("title: One", "title: One and only")
    repository.write("decks/01-first/part.yaml", topics)
    repository.bank(ONE.format(**third), retired="[worked]", title="A bank of another name")
    yield
    # One more correction, and what was new is retired.
    fifth = third | {"definition": "All $x$ that $A$ maps to zero.", "fresh": ""}
    repository.bank(ONE.format(**fifth), retired="[worked, fresh]", title="A bank of another name")
    yield


def _issue(repository: Repository, version: str, folder: Path) -> Issue:
    time = START + DAYS[version] * DAY
    space = workflow.load(repository.root)
    assert space.subject, space.problems
    assert space.sound, space.problems
    assert releasing.obstacles(space.subject, without_git=True) == ()
    plan = releasing.make(space.subject, version, time, END)
    releasing.carry_out(plan)
    released = workflow.load(repository.root).subject
    assert released
    assert not released.changes.touched
    workflow.build(released, folder / version)
    return Issue(version, plan, stamped(released), folder / version)


# ------------------------------------------------------------------ three learners


@dataclass
class Learner:
    """A collection and what its owner does with it; ``options`` are those of the import."""

    box: AnkiBox
    options: dict[str, Any] = field(default_factory=dict)
    has: str | None = None

    def live(self, day: float) -> None:
        """Say that whatever was done since the last time was done on ``day``."""
        when = START + int(day * DAY)
        self.box.col.db.execute("update notes set mod = ? where mod > ?", when, END)
        self.box.col.db.execute(
            "update notetypes set mtime_secs = ? where mtime_secs > ?", when, END
        )
        # Anki remembers note types, and knows nothing of what was written beside it.
        self.box.col.close()
        self.box.col.reopen()

    def get(self, issue: Issue, day: float | None = None) -> Imported:
        """Import a release, by default on the day after it."""
        done = self.box.import_package(issue.package, **self.options)
        self.live(DAYS[issue.version] + 1 if day is None else day)
        self.has = issue.version
        return done

    @property
    def notes(self) -> dict[str, tuple[object, ...]]:
        """All that the learner's notes say."""
        rows = self.box.col.db.all("select guid, mid, mod, tags, flds from notes")
        return {row[0]: tuple(row[1:]) for row in rows}

    @property
    def cards(self) -> dict[tuple[str, int], tuple[object, ...]]:
        """All that must survive any update, by guid and number: schedule, flags, deck and so on."""
        rows = self.box.col.db.all("select n.guid, c.* from cards c join notes n on n.id = c.nid")
        names = [row[1] for row in self.box.col.db.all("pragma table_info(cards)")]
        ours = [dict(zip(("guid", *names), row, strict=True)) for row in rows]
        return {
            (card["guid"], card["ord"]): tuple(
                v for k, v in card.items() if k not in ("mod", "usn")
            )
            for card in ours
        }

    def study(self, *names: str) -> None:
        for name in names:
            self.box.review(g(name))


@pytest.fixture
def student(tmp_path: Path) -> Iterator[Learner]:
    """One who only studies, with FSRS and options of their own."""
    box = AnkiBox(tmp_path / "student")
    box.col.set_config("fsrs", True)
    yield Learner(box)
    box.close()


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Learner]:
    """One who edits and tags."""
    box = AnkiBox(tmp_path / "editor")
    yield Learner(box)
    box.close()


@pytest.fixture
def tinkerer(tmp_path: Path) -> Iterator[Learner]:
    """One who has switched on whatever the dialog offers."""
    box = AnkiBox(tmp_path / "tinkerer")
    options = {
        "merge_notetypes": True,
        "update_notes": ALWAYS,
        "with_scheduling": True,
        "with_deck_configs": True,
    }
    yield Learner(box, options)
    box.close()


# ------------------------------------------------------------------ what must hold


def update(learner: Learner, issue: Issue, *, late: frozenset[str] = frozenset()) -> Imported:
    """Import a release over an earlier one, and check that it did what was foretold.

    ``late`` are notes that the learner wrote on after the release: they stay as they are.
    """
    foretold = issue.arrival(learner.has or "")
    texts, cards, schema = learner.notes, learner.cards, learner.box.schema_stamp()
    done = learner.get(issue)
    assert done.new == {g(name) for name in foretold.new}
    assert done.conflicting == frozenset()
    if not learner.options:
        assert done.updated == {g(name) for name in foretold.overwritten} - late
    kept = {one: text for one, text in texts.items() if one not in done.updated}
    assert learner.notes.items() >= kept.items()
    assert learner.cards.items() >= cards.items()
    assert learner.box.guids() == texts.keys() | done.new
    has_all_of(learner.box, issue, late)
    new_cards_stand_in_the_order_of(learner.box, issue)
    assert learner.box.schema_stamp() == schema
    assert not [name for name in learner.box.notetype_names() if name.endswith("+")]
    return done


def has_all_of(box: AnkiBox, issue: Issue, late: frozenset[str] = frozenset()) -> None:
    """Check that everything of a release is there: texts, tags, looks, figures, descriptions."""
    for note in issue.collection.notes:
        if note.guid not in late:
            found = box.note(note.guid)
            assert (tuple(found.fields), found.tags) == (note.fields, sorted(note.tags)), note.id
    for notetype in issue.collection.notetypes:
        assert box.col.models.by_name(notetype.name)["css"] == notetype.css
    for deck in issue.collection.decks:
        assert f"Version {issue.version} of " in box.col.decks.by_name(deck.name)["desc"]
    for media in issue.collection.media:
        assert (box.folder / "collection.media" / media.name).read_bytes() == media.content


def new_cards_stand_in_the_order_of(box: AnkiBox, issue: Issue) -> None:
    """Check that cards not yet studied come in the order of the arc, whatever order is chosen."""
    rows = "select n.guid, c.due from cards c join notes n on n.id = c.nid where c.type = 0"
    places = dict(box.col.db.all(rows))
    dues = [places[note.guid] for note in issue.collection.notes if note.guid in places]
    assert dues
    assert dues == sorted(set(dues))


def complaints(box: AnkiBox) -> list[str]:
    """Give what Anki complains of, but for figures of before, which *Check Media* finds."""
    before = re.compile(r"media file square-\w+\.svg is unused")
    return [said for said in box.lint() if not before.fullmatch(said)]


# ------------------------------------------------------------------ release by release


def test_one_who_only_studies_gets_everything_and_loses_nothing(
    issues: dict[str, Issue], student: Learner
):
    box = student.box
    assert student.get(issues["1.0.0"]).counts == (9, 0, 0, 0)
    student.study("why", "term", "gaps", "worked")
    box.flag(g("why"), 3)
    box.suspend(g("typed"))
    box.move(g("term"), "My own deck")
    mine = box.col.decks.add_config_returning_id("My options")
    box.col.decks.set_config_id_for_deck_dict(box.col.decks.by_name("Test Arc"), mine)
    for version in VERSIONS[1:]:
        done = update(student, issues[version])
        assert complaints(box) == []
        student.study(*issues[version].arrival(issues[version].before).new)
        assert done.duplicate | done.updated >= {g("why"), g("term"), g("typed")}
    assert box.deck_of(g("term")) == "My own deck"
    assert box.col.decks.by_name("Test Arc")["conf"] == mine
    assert box.guids() >= {g("worked"), g("fresh")}
    assert box.import_package(issues["1.4.0"].cleanup).updated == {g("worked"), g("fresh")}
    left = student.cards
    assert empty_cards(box) == {g("worked"), g("fresh")}
    assert student.cards == {one: card for one, card in left.items() if one[0] in box.guids()}
    assert complaints(box) == []


def test_one_who_edits_and_tags_loses_only_what_was_said(issues: dict[str, Issue], editor: Learner):
    box = editor.box
    editor.get(issues["1.0.0"])
    box.edit(g("printed"), "Extra", "my remark")
    box.edit(g("printed"), "Spare 1", "my own field")
    box.tag(g("printed"), "my-tag")
    box.tag(g("term"), "marked")
    editor.live(10)

    box.edit(g("why"), "Back", "my own answer")
    box.tag(g("gaps"), "marked")
    editor.live(30.5)  # 1.1.0 was on day 30
    late = frozenset({g("why"), g("gaps")})
    update(editor, issues["1.1.0"], late=late | {g("printed"), g("term")})
    assert (box.note(g("why"))["Back"], box.note(g("gaps")).tags[-1]) == ("my own answer", "marked")
    foretold = {limit.change: limit.whom for limit in issues["1.1.0"].plan.forecast.limits}
    assert "edited, tagged or marked after 2024" in foretold["the new text of 4 questions"]
    assert foretold["the added cards of `gaps`"].startswith("empty for whoever edited")
    (empty,) = box.col.get_empty_cards().notes
    assert empty.note_id == box.note(g("gaps")).id
    assert not empty.will_delete_note

    box.edit(g("last"), "Hint", "my own hint")
    editor.live(40)
    own = frozenset({g("gaps"), g("printed"), g("term"), g("last")})
    assert update(editor, issues["1.2.0"], late=own).updated == {g("why")}
    assert (box.note(g("printed"))["Extra"], box.note(g("printed"))["Spare 1"]) == (
        "my remark",
        "my own field",
    )
    assert "my-tag" in box.note(g("printed")).tags

    box.tag(g("worked"), "marked")
    editor.live(61.5)
    # The topic has another name: every question of it is written anew, and that was said.
    update(editor, issues["1.3.0"], late=frozenset({g("last")}))
    assert "my-tag" not in box.note(g("printed")).tags
    assert complaints(box) == []
    update(editor, issues["1.4.0"], late=frozenset({g("last")}))
    assert box.note(g("last"))["Hint"] == "my own hint"
    box.import_package(issues["1.4.0"].cleanup)
    assert empty_cards(box) == {g("fresh")}
    assert "marked" in box.note(g("worked")).tags
    assert complaints(box) == []


def test_one_who_switches_everything_on_gets_everything_and_loses_no_review(
    issues: dict[str, Issue], tinkerer: Learner
):
    box = tinkerer.box
    tinkerer.get(issues["1.0.0"])
    tinkerer.study("why", "term", "gaps")
    box.suspend(g("typed"))
    box.flag(g("rows"), 2)
    reviews = box.col.db.scalar("select count() from revlog")
    for version in VERSIONS[1:]:
        box.edit(g("why"), "Back", "my own answer")
        box.tag(g("gaps"), "marked")
        update(tinkerer, issues[version])
        assert complaints(box) == []
    assert box.col.db.scalar("select count() from revlog") == reviews
    box.tag(g("worked"), "marked")
    tinkerer.box.import_package(issues["1.4.0"].cleanup, **tinkerer.options)
    assert empty_cards(box) == {g("worked"), g("fresh")}
    assert complaints(box) == []


@pytest.mark.parametrize("name", ["student", "editor", "tinkerer"])
def test_who_skips_three_releases_gets_all_of_them(
    issues: dict[str, Issue], name: str, request: pytest.FixtureRequest
):
    learner: Learner = request.getfixturevalue(name)
    learner.get(issues["1.0.0"])
    learner.study("why", "gaps", "worked")
    learner.box.tag(g("last"), "my-tag")
    learner.live(20)
    own = frozenset() if learner.options else frozenset({g("last")})
    done = update(learner, issues["1.4.0"], late=own)
    assert done.new == {g("between")}
    assert g("fresh") not in learner.box.guids()
    assert ("my-tag" in learner.box.note(g("last")).tags) == bool(own)
    assert complaints(learner.box) == []


def test_whoever_comes_last_gets_what_is_there_and_nothing_retired(
    issues: dict[str, Issue], student: Learner
):
    student.get(issues["1.4.0"])
    assert student.box.guids() == {note.guid for note in issues["1.4.0"].collection.notes}
    has_all_of(student.box, issues["1.4.0"])
    new_cards_stand_in_the_order_of(student.box, issues["1.4.0"])
    assert student.box.lint() == []


def test_cards_of_a_deck_that_was_moved_stay_there_and_new_ones_come_to_ours(
    issues: dict[str, Issue], student: Learner
):
    box = student.box
    student.get(issues["1.0.0"])
    one = "Test Arc::01 First::01 One"
    box.col.decks.rename(box.col.decks.by_name(one), "Mine::One")
    student.live(2)
    student.get(issues["1.1.0"])
    assert (box.deck_of(g("why")), box.deck_of(g("fresh"))) == ("Mine::One", one)
    whom = {limit.change: limit.whom for limit in issues["1.1.0"].plan.forecast.limits}
    assert "those who renamed theirs" in whom["the place of 1 new question"]
    assert complaints(box) == []


# ------------------------------------------------------------------ what cannot arrive


def css(box: AnkiBox) -> str:
    text: str = box.col.models.by_name("test-arc Basic")["css"]
    return text


def restyle(box: AnkiBox) -> None:
    """Change the style as a learner does in Anki's window for cards."""
    notetype = box.col.models.by_name("test-arc Basic")
    notetype["css"] = ".card { color: teal; }"
    box.col.models.update_dict(notetype)


@pytest.mark.parametrize(("day", "arrives"), [(80, True), (90.5, False)])
def test_a_style_of_their_own_is_overwritten_if_it_is_older(
    issues: dict[str, Issue], editor: Learner, day: float, arrives: bool
):
    editor.get(issues["1.2.0"])
    restyle(editor.box)
    editor.live(day)  # 1.3.0, with the new style, was on day 90
    editor.get(issues["1.3.0"])
    new = next(n.css for n in issues["1.3.0"].collection.notetypes if n.key == "basic")
    assert css(editor.box) == (new if arrives else ".card { color: teal; }")
    (whom,) = (
        limit.whom
        for limit in issues["1.3.0"].plan.forecast.limits
        if limit.change.startswith("the new look of `test-arc Basic`, `test-arc Reversed`")
    )
    assert whom.startswith("not for those who changed ours, or imported with “Merge note types”")


@pytest.mark.parametrize(("day", "arrives"), [(80, True), (90.5, False)])
def test_merging_late_keeps_a_new_style_out(
    issues: dict[str, Issue], tinkerer: Learner, day: float, arrives: bool
):
    tinkerer.get(issues["1.0.0"])
    tinkerer.get(issues["1.2.0"], day)
    tinkerer.get(issues["1.3.0"])
    assert ("letter-spacing" in css(tinkerer.box)) == arrives


def test_deleted_notes_come_back(issues: dict[str, Issue], student: Learner):
    student.get(issues["1.0.0"])
    student.box.delete(g("typed"))
    student.get(issues["1.1.0"])
    assert g("typed") in student.box.guids()
    limits = {limit.change: limit.whom for limit in issues["1.1.0"].plan.forecast.limits}
    assert "come back" in limits["deleted notes"]
