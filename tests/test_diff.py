"""What changed for a learner since a revision, with real repositories, and how it is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from ankibuild import diff, git, released
from ankibuild import project as projects
from ankibuild.cache import Memory
from ankibuild.diff import Diff, words
from ankibuild.fill import collect
from ankibuild.git import GitError
from ankibuild.released import Release
from ankibuild.rules import Subject
from ankibuild.workflow import read_ledger
from browser import Browser
from history import History
from kit import SVG, Repository

ONE = "Test Arc::01 First::01 One"
TWO = "Test Arc::01 First::02 Two"
SECOND = "decks/01-first/02-two.yaml"

QUESTIONS = """\
  - basic: why
    q: Why is $\\epsilon$ added to the variance?
    a: So that a zero variance does not divide by zero.
    at: 47:12
  - cloze: gaps
    text: |
      {{c1::One}} and {{c2::two::a number}}.
  - drill: rows
    q: What is $@{x}$ times two?
    a: $@{y}$
    given: [{x: 1, y: 2}, {x: 2, y: 4}]
  - code: runs
    q: What does this print?
    program: |
      x = 1
      y = 2
      print(x + y)
    output: 3
  - basic: figure
    q: |
      ![A square.](square.svg)

      What is this?
    a: A square.
"""


@dataclass(frozen=True)
class Decks:
    """A project and its past."""

    repository: Repository
    history: History
    memory: Memory

    @property
    def root(self) -> Path:
        return self.repository.root

    def change(self, old: str, new: str, path: str = "decks/01-first/01-one.yaml") -> None:
        text = (self.root / path).read_text("utf-8")
        assert old in text
        self.repository.write(path, text.replace(old, new))

    def subject(self) -> Subject:
        """Read the project as it stands; its rules do not matter here."""
        self.memory.turn()
        project, _ = projects.load(self.root, self.memory)
        assert project is not None
        collection = collect(project, self.memory).collection
        return Subject(project, collection, read_ledger(self.root)[0])

    def since(self, revision: str | None = None) -> Diff:
        return diff.since(self.subject(), revision, self.memory)

    def release(self, version: str, time: int) -> None:
        """Write the ledger as a release does."""
        subject = self.subject()
        stamped = released.stamp(subject.collection, subject.ledger, time)
        retired = subject.project.retired
        ledger = released.record(stamped, subject.ledger, Release(version, time), retired)
        self.repository.write(released.PATH, released.dump(ledger))


@pytest.fixture
def decks(tmp_path: Path) -> Decks:
    return begin(tmp_path / "project")


def begin(root: Path) -> Decks:
    repository = Repository(root)
    repository.bank(QUESTIONS)
    repository.write("media/square.svg", SVG)
    history = History.begin(root)
    history.commit("v1.0")
    return Decks(repository, history, Memory())


def ids(items: tuple[diff.Added | diff.Changed | diff.Moved | diff.Retired, ...]) -> list[str]:
    return [item.id for item in items]


# ------------------------------------------------------------------ what changed


def test_a_project_is_what_it_is(decks: Decks):
    found = decks.since("HEAD")
    assert not found
    assert found.unchanged == 5
    assert diff.write(found).startswith("Nothing has changed for a learner since `HEAD (")


CHANGES = {
    "reworded": ("added to", "put into", "why", ["q"], ["wording"]),
    "answer": ("zero variance", "tiny variance", "why", ["a"], ["answer"]),
    "place": ("47:12", "47:13", "why", ["at"], ["source"]),
    "hint": ("    at: 47:12", "    hint: Think of $0$.\n    at: 47:12", "why", ["hint"], ["hint"]),
    "remark": ("    at: 47:12", "    extra: So.\n    at: 47:12", "why", ["extra"], ["remark"]),
    "tags": ("    at: 47:12", "    tags: [new]\n    at: 47:12", "why", ["tags"], ["tags"]),
    "level": (
        "    at: 47:12",
        "    covers: [three.what]\n    at: 47:12",
        "why",
        ["covers", "tags of the card"],
        ["tags"],
    ),
    "kind": (
        QUESTIONS[QUESTIONS.index("  - code") : QUESTIONS.index("  - basic: figure")],
        "  - basic: runs\n    q: What does this print?\n    a: |\n      `3`\n",
        "runs",
        ["kind", "a", "program", "output", "tags of the card"],
        ["wording", "answer", "tags"],
    ),
    "notetype": (
        QUESTIONS[QUESTIONS.index("  - code") : QUESTIONS.index("  - basic: figure")],
        "  - reversed: runs\n    term: Print\n    definition: It shows.\n",
        "runs",
        ["kind", "term", "definition", "q", "program", "output", "tags of the card"],
        ["wording", "answer", "tags", "kind"],
    ),
    "rows": ("{x: 2, y: 4}", "{x: 3, y: 6}", "rows", ["given"], ["wording", "answer"]),
    "program": ("y = 2", "y = 2.0", "runs", ["program"], ["wording"]),
    "check": ("    at: 47:12", "    verify: assert True\n    at: 47:12", "why", ["verify"], []),
}


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Decks:
    """A project with a past, for tests that put back what they change."""
    return begin(tmp_path_factory.mktemp("still") / "project")


@pytest.mark.parametrize("case", CHANGES)
def test_a_changed_question_says_what_of_it(still: Decks, case: str):
    old, new, name, fields, aspects = CHANGES[case]
    try:
        still.change(old, new)
        found = still.since("v1.0")
    finally:
        still.repository.bank(QUESTIONS)
    assert ids(tuple(found.items)) == [name]
    (item,) = found.changed
    assert [change.field for change in item.fields] == fields
    assert list(item.aspects) == aspects
    assert item.touches_note == bool(aspects)
    assert found.touched == ({name} if aspects else set())
    assert found.unchanged == 4


def test_what_only_authors_see_is_no_change(decks: Decks):
    decks.change("  - basic: why\n", "  # A remark of ours.\n\n  - basic:   why\n")
    decks.change("source: lecture", "setup: import math\nsource: lecture")
    assert not decks.since("v1.0")


def test_what_stands_around_a_question_changes_it(decks: Decks):
    decks.change("title: A bank", "title: Another bank\ntags: [shared]")
    decks.change("title: A lecture", "title: The lecture", "decks/sources.yaml")
    found = decks.since("v1.0")
    assert ids(found.changed) == ["why", "gaps", "rows", "runs", "figure"]
    assert [(c.field, c.before, c.after) for c in found.changed[0].fields] == [
        (
            "tags of the card",
            "arc::01-first::one, kind::basic, level::intro",
            "arc::01-first::one, kind::basic, level::intro, topic::shared",
        ),
        (
            "source of the card",
            "A lecture, 47:12 (the middle) <https://www.youtube.com/watch?v=abcdefghijk&t=2832s>",
            "The lecture, 47:12 (the middle) <https://www.youtube.com/watch?v=abcdefghijk&t=2832s>",
        ),
        ("topic of the card", "First things › A bank", "First things › Another bank"),
    ]
    assert found.changed[0].aspects == ("source", "context", "tags")


def test_a_figure_that_is_drawn_anew_changes_its_card_only(decks: Decks):
    decks.repository.write("media/square.svg", SVG.replace("9z", "8z"))
    (item,) = decks.since("v1.0").changed
    assert (item.id, item.aspects) == ("figure", ("figures",))
    (change,) = item.fields
    assert change.field == "figure square.svg"
    assert re.fullmatch(r"square-\w{8}\.svg", change.before)
    assert change.before != change.after


def test_a_new_gap_is_another_card(decks: Decks):
    decks.change("and {{c2", "and {{c3::then}} {{c2")
    (item,) = decks.since("v1.0").changed
    assert item.cards == (2, 3)
    assert "3 cards instead of 2" in diff.write(decks.since("v1.0"))


def test_new_and_retired_questions(decks: Decks):
    text = QUESTIONS.replace("basic: why", "basic: new-one").replace("added", "put")
    decks.repository.bank(text.replace("  - cloze: gaps", "  - cloze: other"), retired="[why]")
    found = decks.since("v1.0")
    assert ids(found.added) == ["new-one", "other"]
    assert ids(found.retired) == ["why", "gaps"]
    assert [item.listed for item in found.retired] == [True, False]
    assert [item.resembles for item in found.added] == ["why", "gaps"]
    assert [item.resembled for item in found.retired] == ["new-one", "other"]
    assert found.unchanged == 3
    shown = diff.write(found)
    assert "      looks like a new name of `why`\n" in shown
    assert "learners have it" not in shown


def test_what_learners_have_is_not_renamed_or_dropped_lightly(decks: Decks):
    decks.release("1.0", 1_768_000_000)
    decks.repository.bank(QUESTIONS.replace("basic: why", "basic: new-one"))
    shown = diff.write(decks.since("v1.0"))
    assert "looks like a new name of `why`: learners would lose their schedule" in shown
    assert "learners have it: retire it in its bank, `retired: [why]`" in shown


def test_another_question_is_not_taken_for_a_renamed_one(decks: Decks):
    decks.change("  - basic: why\n    q: Why is", "  - basic: new-one\n    q: Nobody knows how")
    decks.change("does not divide", "is never used as a divisor, and so nothing is")
    found = decks.since("v1.0")
    assert (found.added[0].resembles, found.retired[0].resembled) == (None, None)


def test_a_question_in_another_bank_has_moved(decks: Decks):
    first, rest = QUESTIONS.split("  - cloze", 1)
    decks.repository.bank(f"  - cloze{rest}")
    decks.repository.bank(first.replace("zero variance", "tiny variance"), SECOND)
    found = decks.since("v1.0")
    (moved,) = found.moved
    assert (moved.id, moved.before, moved.deck, moved.touches_note) == ("why", ONE, TWO, True)
    (changed,) = found.changed
    assert (changed.id, [change.field for change in changed.fields]) == (
        "why",
        ["a", "tags of the card"],
    )
    assert [(change.deck, change.sort) for change in found.decks][:1] == [(TWO, "new")]
    assert f"moved here from {ONE}\n      why\n" in diff.write(found)


def test_a_renamed_deck_moves_its_questions(decks: Decks):
    decks.change("deck: 01 One", "deck: 01 Uno", "decks/curriculum.yaml")
    found = decks.since("v1.0")
    uno = ONE.replace("One", "Uno")
    assert [(c.deck, c.sort, c.before) for c in found.decks if c.sort != "described"] == [
        (uno, "renamed", ONE)
    ]
    assert ids(found.moved) == ["why", "gaps", "rows", "runs", "figure"]
    assert not found.changed
    # Its tags name the bank, not the deck: an import leaves these notes alone.
    assert not found.touched


def test_a_part_with_another_name_is_told_once(decks: Decks):
    decks.change("deck: 01 First", "deck: 01 Prima", "decks/curriculum.yaml")
    renamed = [c.deck for c in decks.since("v1.0").decks if c.sort == "renamed"]
    assert renamed == ["Test Arc::01 Prima"]


def test_decks_come_go_and_are_described(decks: Decks):
    decks.repository.bank("  - basic: two\n    q: Two?\n    a: Two.\n", SECOND)
    decks.history.commit("v1.1")
    (decks.root / SECOND).unlink()
    third = "decks/02-second/01-three.yaml"
    decks.repository.bank("  - basic: two\n    q: Two?\n    a: Two.\n", third)
    decks.change("ask: Watch it.", "ask: Watch it twice.", "decks/01-first/part.yaml")
    found = [(change.deck, change.sort) for change in decks.since("v1.1").decks]
    assert found == [
        ("Test Arc", "described"),
        (ONE, "described"),
        ("Test Arc::02 Second", "new"),
        ("Test Arc::02 Second::01 Three", "new"),
        (TWO, "gone"),
    ]


# ------------------------------------------------------------------ what an import does


def test_the_next_import_is_told_from_what_is_released(decks: Decks):
    decks.release("1.0", 1_768_000_000)
    decks.history.commit()
    decks.change("zero variance", "tiny variance")
    decks.history.commit()
    decks.change("What is this?", "Which figure is this?")
    text = (decks.root / "decks/01-first/01-one.yaml").read_text("utf-8")
    text = re.sub(r"(?s)  - drill: rows.*?(?=  - code)", "", text)
    decks.repository.write(
        "decks/01-first/01-one.yaml", text.replace("title:", "retired: [rows]\ntitle:")
    )
    decks.repository.bank("  - basic: two\n    q: Two?\n    a: Two.\n", SECOND)
    arrival = decks.since("HEAD").arrival
    assert arrival == diff.Arrival(
        "1.0", ("two",), ("why", "figure"), ("gaps", "runs"), ("rows",), ()
    )
    shown = diff.write(decks.since("HEAD"))
    assert "  1 note new\n" in shown
    assert "  2 notes overwritten: our fields and tags replace the learner's" in shown
    assert "  1 of these not by what changed since `HEAD (" in shown
    assert "  2 notes untouched\n" in shown
    assert "  1 note no longer ours: whoever has them keeps them\n" in shown


def test_another_style_is_another_look_of_all_cards(decks: Decks):
    decks.release("1.0", 1_768_000_000)
    ledger = decks.root / released.PATH
    rows = [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]
    for row in rows:
        if row.get("notetype") == "basic" and "schema" in row:
            row["digest"] = "0" * 32
    decks.repository.write(released.PATH, "".join(json.dumps(row) + "\n" for row in rows))
    found = decks.since("HEAD")
    assert found.arrival.notetypes == ("test-arc Basic",)
    assert "another look for all cards of `test-arc Basic`" in diff.write(found)


def test_without_a_revision_it_is_the_latest_release(decks: Decks):
    assert decks.since().since.startswith("HEAD (")
    decks.release("1.0", 1_768_000_000)
    decks.history.commit()
    decks.change("zero variance", "tiny variance")
    decks.history.commit()
    found = decks.since()
    assert found.since.startswith("v1.0 (")
    assert (ids(found.changed), found.remarks) == (["why"], ())
    decks.history.git("tag", "--delete", "v1.0")
    found = decks.since()
    assert found.since.startswith("HEAD (")
    assert found.remarks == ("the tag `v1.0` of the latest release is not in this clone",)


# ------------------------------------------------------------------ reading the past


def test_looking_back_changes_nothing(decks: Decks):
    decks.change("zero", "tiny")
    decks.repository.write("new file.txt", "new")
    subject = decks.subject()
    before = _everything(decks.root)
    assert ids(diff.since(subject, "v1.0").changed) == ["why"]
    assert _everything(decks.root) == before


def _everything(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_a_project_may_be_a_folder_of_a_repository(tmp_path: Path):
    history = History.begin(tmp_path)
    repository = Repository(tmp_path / "the decks/ünï")
    repository.bank(QUESTIONS)
    repository.write("media/square.svg", SVG)
    history.commit()
    decks = Decks(repository, history, Memory())
    assert decks.since("HEAD").unchanged == 5
    decks.change("zero", "tiny")
    assert ids(decks.since("HEAD").changed) == ["why"]


def refused(decks: Decks, revision: str) -> str:
    with pytest.raises(GitError) as caught:
        decks.since(revision)
    return str(caught.value)


def test_before_the_project_there_was_nothing(decks: Decks):
    decks.history.git("checkout", "--quiet", "--orphan", "other")
    decks.history.git("rm", "--quiet", "-r", "--cached", ".")
    decks.history.git("commit", "--quiet", "--allow-empty", "--message=Nothing")
    assert refused(decks, "other").startswith("there was no decks/curriculum.yaml at `other`")


def test_an_arc_that_could_not_be_read_is_said(decks: Decks):
    sound = (decks.root / "decks/curriculum.yaml").read_text()
    decks.repository.write("decks/curriculum.yaml", "title: [\n")
    decks.history.commit("broken")
    decks.repository.write("decks/curriculum.yaml", sound)
    assert refused(decks, "broken").startswith("the arc of `broken` cannot be read: ")


def test_mistakes_of_the_past_are_remarked(decks: Decks):
    decks.change("q: What does this print?", "question: What does this print?")
    decks.history.commit("broken")
    decks.repository.bank(QUESTIONS)
    found = decks.since("broken")
    assert ids(found.added) == ["runs"]
    assert found.remarks == (
        "`decks/01-first/01-one.yaml` had mistakes at `broken`: "
        "what was lost by them counts as added",
    )


def test_links_are_not_followed(decks: Decks, tmp_path: Path):
    outside = tmp_path / "outside.yaml"
    outside.write_text("title: x\nquestions:\n  - basic: secret\n    q: S?\n    a: S.\n")
    (decks.root / SECOND).symlink_to(outside)
    decks.history.commit("linked")
    (decks.root / SECOND).unlink()
    found = decks.since("linked")
    assert not found
    assert found.remarks == (f"`{SECOND}` was a link at `linked`: not followed",)


def test_a_submodule_is_said(decks: Decks):
    name = decks.history.git("rev-parse", "HEAD")
    decks.history.git("rm", "--quiet", "-r", "--cached", "decks")
    decks.history.git("update-index", "--add", "--cacheinfo", f"160000,{name},decks")
    decks.history.git("commit", "--quiet", "--message=Decks of their own")
    assert refused(decks, "HEAD").startswith("the decks are a submodule")


def test_what_is_too_large_is_not_read(decks: Decks):
    decks.repository.write(SECOND, "# " + "x" * 4_000_001)
    decks.repository.write("media/noise.svg", SVG + " " * 2_000_001)
    decks.history.commit("large")
    (decks.root / SECOND).unlink()
    (decks.root / "media/noise.svg").unlink()
    found = decks.since("large")
    assert not found
    assert [remark.split(" had")[0] for remark in found.remarks] == [
        "`media/noise.svg`",
        f"`{SECOND}`",
    ]


def test_too_many_files_are_refused(decks: Decks, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ankibuild.diff.snapshot.MOST_FILES", 3)
    assert "6 files with 0 MB of decks and figures: too much" in refused(decks, "v1.0")


def test_a_tree_does_not_lead_out_of_its_folder(
    decks: Decks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Git refuses to check out such a tree, but not to make one."""
    git_ = decks.history.git
    evil = git_("hash-object", "-w", "--stdin", told=b"title: evil\n")
    tree = git_("mktree", told=f"100644 blob {evil}\tevil.yaml\n".encode())
    up = git_("mktree", told=f"040000 tree {tree}\t..\n".encode())
    inner = git_("mktree", told=f"{git_('ls-tree', 'HEAD:decks')}\n040000 tree {up}\t..\n".encode())
    top = git_("mktree", told=f"040000 tree {inner}\tdecks\n".encode())
    git_("tag", "evil", git_("commit-tree", top, "-m", "Evil"))
    paths = [item.path for item in git.tree(decks.root, "evil", ["decks"])]
    assert "decks/../../evil.yaml" in paths
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert decks.since("evil").unchanged == 4  # the figure is not in that tree
    assert list(temporary.rglob("*")) == []


def test_names_that_cannot_be_files_are_said(decks: Decks):
    git_ = decks.history.git
    blob = git_("hash-object", "-w", "--stdin", told=b"title: x\n")
    listed = f"{git_('ls-tree', 'HEAD:decks')}\n100644 blob {blob}\t{'x' * 300}.yaml\n"
    inner = git_("mktree", told=listed.encode())
    top = git_("mktree", told=f"040000 tree {inner}\tdecks\n".encode())
    git_("tag", "long", git_("commit-tree", top, "-m", "Long"))
    assert refused(decks, "long").endswith("cannot be laid side by side: file name too long")


# ------------------------------------------------------------------ how it is shown


def two_changes(decks: Decks) -> Diff:
    decks.change("a zero variance does not divide", "a tiny variance $\\sigma^2$ does not divide")
    decks.change("y = 2\n", "y = 3\n")
    decks.repository.bank(
        "  - basic: two\n    q: Who is @{you}?\n    a: |\n      A\n      b.\n", SECOND
    )
    return replace(decks.since("v1.0"), since="v1.0", decks=())


def test_the_text(decks: Decks):
    assert (
        diff.write(two_changes(decks))
        == """\
Since `v1.0`: 1 new question, 2 changed; 3 questions as before.

Test Arc::01 First::01 One
  changed why: Why is $\\epsilon$ added to the variance?
      learners see a change of: answer
      a: So that a [-zero-]{+tiny+} variance{+ $\\sigma^2$+} does not divide by zero.
  changed runs: What does this print?
      learners see a change of: wording
      program: x = 1
               [-y = 2-]
               {+y = 3+}
               print(x + y)

Test Arc::01 First::02 Two
  new two: Who is @{you}?
      q: Who is @{you}?
      a: A
         b.

The next import
  nothing is released yet: every note is new to whoever imports it
"""
    )


def test_the_text_in_colors_says_the_same(decks: Decks):
    found = two_changes(decks)
    painted = diff.write(found, color=True)
    assert "\x1b[31m[-zero-]\x1b[0m\x1b[32m{+tiny+}\x1b[0m" in painted
    assert re.sub(r"\x1b\[[\d;]+m", "", painted) == diff.write(found)


def test_the_markdown(decks: Decks):
    assert (
        diff.write(two_changes(decks), "markdown")
        == """\
<p>Since <code>v1.0</code>: 1 new question, 2 changed; 3 questions as before.</p>

<details>
<summary><code>Test Arc::01 First::01 One</code> — 2 changed</summary>

<p><b>changed</b> <code>why</code> <code>Why is $\\epsilon$ added to the variance?</code>\
<br>learners see a change of: answer</p>

<p><code>a</code></p>

<pre>So that a <del>zero</del><ins><b>tiny</b></ins> variance\
<ins><b> $\\sigma^2$</b></ins> does not divide by zero.</pre>

<p><b>changed</b> <code>runs</code> <code>What does this print?</code>\
<br>learners see a change of: wording</p>

<p><code>program</code></p>

<pre>x = 1
<del>y = 2
</del><ins><b>y = 3
</b></ins>print(x + y)</pre>

</details>

<details>
<summary><code>Test Arc::01 First::02 Two</code> — 1 new</summary>

<p><b>new</b> <code>two</code> <code>Who is @{you}?</code></p>

<p><code>q</code></p>

<pre>Who is @{you}?</pre>

<p><code>a</code></p>

<pre>A
b.</pre>

</details>

<p><b>The next import</b></p>
<ul>
<li>nothing is released yet: every note is new to whoever imports it</li>
</ul>
"""
    )


def test_the_json(decks: Decks):
    found = json.loads(diff.write(two_changes(decks), "json"))
    assert found["changed"][0]["id"] == "why"
    assert found["changed"][0]["fields"][0]["pieces"] == [
        ["=", "So that a "],
        ["-", "zero"],
        ["+", "tiny"],
        ["=", " variance"],
        ["+", " $\\sigma^2$"],
        ["=", " does not divide by zero."],
    ]
    assert (found["unchanged"], found["import"]["release"]) == (3, None)


def test_what_does_not_fit_is_counted(decks: Decks):
    many = "".join(
        f"  - basic: many-{number}\n    q: What is {number}?\n    a: {'word ' * 300}\n"
        for number in range(200)
    )
    decks.repository.bank(many, SECOND)
    decks.change("zero", "tiny")
    found = decks.since("v1.0")
    shown = diff.write(found, "markdown")
    assert 50_000 < len(shown) <= 60_000
    left = int(re.search(r"(\d+) changes left out here", shown)[1])  # type: ignore[index]
    assert shown.count("<b>new</b>") + left == 200
    assert shown.count("<details>") == shown.count("</details>")
    assert "<code>why</code>" in shown


def test_a_line_of_prose_is_broken_for_github(decks: Decks):
    decks.repository.bank(f"  - basic: two\n    q: Why?\n    a: {'word ' * 100}\n", SECOND)
    shown = diff.write(decks.since("v1.0"), "markdown")
    assert max(map(len, shown.splitlines())) < 200


HOSTILE = (
    "</pre></code></details><script>window.hacked = 1</script><img src=x onerror=hacked=1> "
    "@everyone #1 GH-1 octocat/hello#2 ``` ~~~ `code` ![x](https://evil.example/x.png) "
    "[x](javascript:hacked) $$\\href{javascript:hacked}{x}$$ https://evil.example :tada: "
    "&lt;b&gt; {+no+} \x1b[31m\u202egnp.exe"
)


@pytest.fixture
def hostile(decks: Decks) -> Diff:
    """A difference with a stranger's text wherever a text can be."""
    found = two_changes(decks)
    deck = f"Arc::{HOSTILE}"
    changed = replace(
        found.changed[0],
        deck=deck,
        headline=HOSTILE,
        fields=(
            diff.FieldChange(HOSTILE, "before", HOSTILE),
            diff.FieldChange("a", f"x\n\n{HOSTILE}", f"y\n\n{HOSTILE}\n\n* y\n\n    y"),
            diff.FieldChange("program", f"x\n\n{HOSTILE}", f"x\n\n{HOSTILE}\n", lines=True),
        ),
    )
    added = replace(found.added[0], deck=deck, headline=HOSTILE, fields=changed.fields)
    moved = diff.Moved("id", "basic", deck, HOSTILE, (), HOSTILE)
    retired = diff.Retired("id", "basic", deck, HOSTILE, ())
    return Diff(
        HOSTILE,
        (added,),
        (changed,),
        (moved,),
        (retired,),
        0,
        (diff.DeckChange(deck, "renamed", HOSTILE),),
        diff.Arrival("1.0", overwritten=("x",), notetypes=(HOSTILE,)),
        (HOSTILE.replace("`", ""), f"`{HOSTILE.replace('`', '')}`"),
    )


OURS = {"p", "pre", "code", "b", "br", "del", "ins", "details", "summary", "ul", "li"}


class Reading(HTMLParser):
    """Reads the tags of a text, and what stands outside of `code` and `pre`."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.outside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"code", "pre"} & set(self.open):
            self.outside += data


def test_the_markdown_of_strangers_does_nothing(hostile: Diff):
    """Outside of code GitHub finds nothing of theirs, and no HTML but ours anywhere."""
    found = replace(hostile, remarks=hostile.remarks[1:])
    shown = diff.write(found, "markdown")
    reading = Reading()
    reading.feed(shown)
    reading.close()
    assert reading.open == []
    assert reading.tags == OURS
    assert not re.search("[@#$`*_~<>]|evil|tada|script", reading.outside), reading.outside
    assert "@everyone #1" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    # In a block of HTML there is no Markdown; a blank line in the wrong place would end it.
    assert {token.type for token in MarkdownIt("commonmark").parse(shown)} == {"html_block"}


def test_the_text_of_strangers_does_not_steer_the_terminal(hostile: Diff):
    shown = diff.write(hostile)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert set(re.findall(r"\x1b[^m]*m", diff.write(hostile, color=True))) <= {
        f"\x1b[{code}m" for code in ("0", "1", "2", "31", "32", "1;34")
    }


def test_the_page_of_strangers_does_nothing(hostile: Diff, browser: Browser, tmp_path: Path):
    path = tmp_path / "diff.html"
    path.write_text(diff.write(hostile, "html"), encoding="utf-8")
    browser.go(path.as_uri())
    assert browser.take_problems(path.as_uri()) == []
    assert browser.js("window.hacked") is None
    assert browser.js("document.querySelectorAll('script, img, a, iframe').length") == 0
    assert "@everyone #1" in browser.js("document.body.innerText")
    browser.resize(360)
    assert browser.js("document.documentElement.scrollWidth <= 360")


def test_the_page_shows_both_sides(decks: Decks, browser: Browser, tmp_path: Path):
    path = tmp_path / "diff.html"
    path.write_text(diff.write(two_changes(decks), "html"), encoding="utf-8")
    browser.resize(1200)
    browser.go(path.as_uri())
    sides = "[...document.querySelectorAll('#why pre')]"
    assert browser.js(f"{sides}.map(side => side.innerText)") == [
        "So that a zero variance does not divide by zero.",
        "So that a tiny variance $\\sigma^2$ does not divide by zero.",
    ]
    assert browser.js(f"{sides}.map(side => side.getBoundingClientRect().y)[0]") == browser.js(
        f"{sides}.map(side => side.getBoundingClientRect().y)[1]"
    )
    marked = "[...document.querySelectorAll('#why del, #why ins')].map(one => one.innerText)"
    assert browser.js(marked) == ["zero", "tiny", " $\\sigma^2$"]
    assert browser.js("document.querySelectorAll('#two .sides pre').length") == 2


def test_what_is_far_from_a_change_is_left_out(decks: Decks):
    """On a terminal; formulas stay whole."""
    far = "word " * 60
    formula = "$" + "x + " * 40 + "y$"
    change = diff.FieldChange("a", f"{far}{formula} old {far}", f"{far}{formula} new {far}")
    item = replace(decks_changed(decks), fields=(change,))
    shown = diff.write(Diff("v1.0", changed=(item,)))
    line = next(line for line in shown.splitlines() if "[-old-]" in line)
    assert line.startswith("      a: … [-old-]{+new+} word word")
    assert line.endswith("word …")


def decks_changed(decks: Decks) -> diff.Changed:
    return two_changes(decks).changed[0]


# ------------------------------------------------------------------ headlines


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("why", "Why is $\\epsilon$ added to the variance?"),
        ("gaps", "One and two."),
        ("rows", "What is $1$ times two?"),
        ("figure", "What is this?"),
        ("long", f"{'word ' * 19}word …"),
        ("formula", "What is …"),
        ("only", "A square."),
    ],
)
def test_a_headline_is_a_line(still: Decks, name: str, line: str):
    more = f"""\
  - basic: long
    q: {"word " * 30}
    a: So.
  - basic: formula
    q: What is ${"x + " * 30}y$?
    a: So.
  - basic: only
    q: "![A square.](square.svg)"
    a: So.
"""
    still.repository.bank(QUESTIONS + more)
    subject = still.subject()
    still.repository.bank(QUESTIONS)
    assert diff.headline(subject.project.entries[name].question) == line


# ------------------------------------------------------------------ words


def marked(before: str, after: str) -> str:
    marks: dict[str, Callable[[str], str]] = {
        "=": lambda text: text,
        "-": lambda text: f"[-{text}-]",
        "+": lambda text: f"{{+{text}+}}",
    }
    return "".join(marks[sign](text) for sign, text in words.by_words(before, after))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("one two three", "one 2 three", "one [-two-]{+2+} three"),
        ("is $a + b$ here", "is $a - b$ here", "is [-$a + b$-]{+$a - b$+} here"),
        ("use `x.a()` so", "use `x.b()` so", "use [-`x.a()`-]{+`x.b()`+} so"),
        ("it is 1.25 now", "it is 1.5 now", "it is [-1.25-]{+1.5+} now"),
        ("it is a_b now", "it is a_c now", "it is [-a_b-]{+a_c+} now"),
        ("{{c1::one::hint}} is", "{{c1::two::hint}} is", "{{c1::[-one-]{+two+}::hint}} is"),
        ("a b\nc d e", "a\nb c\nd e", "a\nb c\nd e"),
        ("一二三四", "一二五四", "一二[-三-]{+五+}四"),
        ("wholly other words", "nothing in common here", None),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        (
            "so:\n```\na = 1\nb = 2\n```\nend",
            "so:\n```\na = 1\nb = 3\n```\nend",
            "so:\n```\na = 1\n[-b = 2\n-]{+b = 3\n+}```\nend",
        ),
        (
            "the old, bad way of it",
            "the new, good way of it",
            "the [-old, bad-]{+new, good+} way of it",
        ),
    ],
)
def test_words_that_differ(before: str, after: str, shown: str | None):
    assert marked(before, after) == (shown or f"[-{before}-]{{+{after}+}}")


PIECES = st.sampled_from(
    [
        "one ",
        "two ",
        "$x$",
        "$",
        "`a b`",
        "`",
        "```\n",
        "x = 1\n",
        "\n",
        "\n\n",
        "{{c1::",
        "}}",
        "é\u0301",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join)


@given(TEXTS, TEXTS)
def test_pieces_are_the_texts(before: str, after: str):
    found = words.by_words(before, after)
    assert "".join(text for sign, text in found if sign != "-") == after
    old = "".join(text for sign, text in found if sign != "+")
    assert old.split() == before.split()
    assert "".join(words.words(after)) == after


@given(TEXTS)
def test_a_text_is_itself(text: str):
    assert all(sign == "=" for sign, _ in words.by_words(text, text))
    assert all(sign == "=" for sign, _ in words.by_lines(text, text))


def test_texts_made_to_be_slow_are_compared_roughly():
    """Compared word by word, these would take minutes or more."""
    before, after = "a b " * 5000, "b a " * 5000
    assert words.by_words(before, after)
    assert words.by_lines("a\nb\n" * 50_000, "b\na\n" * 50_000)
    assert words.by_words("`" * 19_999, "`` ` " * 3_999)
    assert words.by_words("$" * 19_999, "$a\n" * 6_000)


# ------------------------------------------------------------------ properties


QUESTION = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["one", "two", "three", "four"]),
        "q": st.sampled_from(["Why $x$?", "How?", "Why  $x$?"]),
        "a": st.sampled_from(["So.", "Thus."]),
        "more": st.sampled_from(
            [
                "",
                "    hint: Think.\n",
                "    tags: [new]\n",
                "    verify: assert True\n",
                "    # x\n",
            ]
        ),
    }
)
BANK = st.lists(QUESTION, unique_by=lambda question: question["id"], max_size=4)
STATES = st.tuples(BANK, st.sampled_from(["A bank", "A better bank"]))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=STATES, new=STATES)
def test_a_note_is_touched_if_what_a_learner_gets_differs(
    still: Decks, old: tuple[list[dict[str, str]], str], new: tuple[list[dict[str, str]], str]
):
    before, after = snapshot(still, *old), snapshot(still, *new)
    found = diff.compare(before, after, released.Ledger())
    was = {note.id: note.digest for note in before.collection.notes}
    now = {note.id: note.digest for note in after.collection.notes}
    assert found.touched == {name for name in was.keys() & now.keys() if was[name] != now[name]}
    assert set(ids(found.added)) == now.keys() - was.keys()
    assert set(ids(found.retired)) == was.keys() - now.keys()
    assert all(item.fields for item in found.changed)
    assert found.unchanged + len(found.changed) + len(found.added) == len(now)
    same = diff.compare(after, after, released.Ledger())
    assert not same
    assert same.unchanged == len(now)


def snapshot(decks: Decks, questions: list[dict[str, str]], title: str) -> diff.Snapshot:
    text = "".join("  - basic: {id}\n    q: {q}\n    a: {a}\n{more}".format(**q) for q in questions)
    try:
        decks.repository.bank(text or "  []\n", title=title)
        subject = decks.subject()
    finally:
        decks.repository.bank(QUESTIONS)
    return diff.Snapshot(subject.project, subject.collection)
