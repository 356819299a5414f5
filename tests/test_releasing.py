"""A release: what stops it, what it writes, what it foretells, and what an interruption leaves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ankibuild import changelog, notetypes, released, releasing, workflow
from ankibuild.cache import Memory
from ankibuild.releasing import Plan, describe
from ankibuild.rules import Subject
from ankibuild.workflow import RefusedError
from handmade import require_sound
from kit import SVG, Repository

DAY = 86_400
FIRST = int(datetime(2026, 1, 10, tzinfo=UTC).timestamp())
NOW = FIRST + 1000 * DAY

WHY = "  - basic: why\n    q: Why is $\\epsilon$ added?\n    a: {why}\n    at: 1:00\n"
GAPS = "  - cloze: gaps\n    text: |\n      {gaps}\n"
OLD = "  - basic: old\n    q: What is old?\n    a: This.\n    at: 2:00\n"
NEW = "  - basic: new\n    q: What is new?\n    a: That.\n    at: 3:00\n"
TWO = "{{c1::One}} and {{c2::two}}."
PROGRAM = (
    "  - code: prints\n    q: What does this print?\n    program: print(1 + 1)\n    output: {}\n"
)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.bank(WHY.format(why="So.") + GAPS.format(gaps=TWO) + OLD)
    return made


def subject(repository: Repository, *, large_change: bool = False) -> Subject:
    space = workflow.load(repository.root, large_change=large_change)
    assert space.sound, space.problems
    assert space.subject is not None
    return space.subject


def plan(repository: Repository, version: str, day: int = 0) -> Plan:
    return releasing.make(subject(repository), version, FIRST + day * DAY, NOW)


def release(repository: Repository, version: str, day: int = 0) -> Plan:
    made = plan(repository, version, day)
    releasing.carry_out(made)
    return made


def git(repository: Repository, *words: str) -> None:
    """Run git as nobody in particular, with no settings of this machine."""
    names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, **dict.fromkeys(names, "somebody")}
    subprocess.run(["git", *words], cwd=repository.root, env=env, check=True, capture_output=True)


def commit(repository: Repository, tag: str | None = None) -> None:
    if not (repository.root / ".git").exists():
        git(repository, "init", "-q")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "As it is")
    if tag:
        git(repository, "tag", tag)


# ------------------------------------------------------------------ the changelog of a release


def test_a_release_tells_learners_what_was_wrong_question_by_question(repository: Repository):
    log = repository.write(changelog.PATH, "# Log\n\n## Not released yet\n\nThanks to all.\n")
    first = release(repository, "1.0.0")
    commit(repository, "v1.0.0")
    repository.bank(
        WHY.format(why="So that nothing divides by zero.") + GAPS.format(gaps=TWO) + NEW,
        retired="[old]",
    )
    second = release(repository, "1.1.0", 30)
    assert second.remarks == ()
    assert log.read_text() == second.changelog
    assert second.changelog == f"# Log\n\n## Not released yet\n\n{second.entry}\n\n{first.entry}\n"
    assert first.entry.startswith("## 1.0.0 (2026-01-10)\n\nThanks to all.\n\n**What to do:**")
    assert second.entry == (
        "## 1.1.0 (2026-02-09)\n"
        "\n"
        "**What to do:** import `test-arc.apkg` over what you have, as usual. Your reviews stay.\n"
        "1 question is written anew; your own edits and tags of these are lost.\n"
        "\n"
        "### Corrected\n"
        "\n"
        "**01 First › 01 One**\n"
        "\n"
        "- `why`: `Why is $\\epsilon$ added?`\n"
        "  - answer: So. → So that nothing divides by zero.\n"
        "\n"
        "### New\n"
        "\n"
        "1 question:\n"
        "\n"
        "- 01 First › 01 One: 1\n"
        "  - `new`: What is new?\n"
        "\n"
        "### Retired\n"
        "\n"
        "- `old`: What is old?\n"
        "\n"
        "If you have them, you keep them: no import takes a card away. To be rid of them, import\n"
        "`test-arc-cleanup.apkg` and choose *Tools > Empty Cards*, or delete what this search\n"
        "finds in Anki's browser:\n"
        "\n"
        "```text\n"
        "Id:old\n"
        "```"
    )


def test_of_a_long_answer_only_the_places_are_quoted(repository: Repository):
    long = (
        "The variance of one batch may be {}, and dividing by its root would then give infinities"
        " that no later layer recovers from, as §{} of the paper explains in more words than here."
    )
    repository.bank(WHY.format(why=long.format("tiny", 2)))
    release(repository, "1.0.0")
    commit(repository, "v1.0.0")
    repository.bank(WHY.format(why=long.format("zero", 3)))
    assert (
        "  - answer: be tiny, and → be zero, and\n  - answer: `as §2 of` → `as §3 of`\n"
    ) in plan(repository, "1.1.0", 1).entry + "\n"
    repository.bank(WHY.format(why=" ".join(f"other{n} a" for n in range(30))))
    assert "  - answer: changed" in plan(repository, "1.1.0", 1).entry


def test_a_figure_a_tag_and_a_title_have_words_too(repository: Repository):
    shown = "  - basic: fig\n    q: |\n      ![the square](square.svg) What is it?\n    a: It.\n"
    repository.write("media/square.svg", SVG)
    repository.bank(shown)
    release(repository, "1.0.0")
    commit(repository, "v1.0.0")
    repository.write("media/square.svg", SVG.replace("9v9", "8v9"))
    repository.bank(shown, title="Another title", tags="[squares]")
    entry = plan(repository, "1.1.0", 1).entry
    assert "figure square.svg: changed" in entry
    assert "topic of the card: First things › A bank → First things › Another title" in entry
    assert "topic::squares" in entry


def test_what_only_authors_see_is_not_in_it(repository: Repository):
    release(repository, "1.0.0")
    commit(repository, "v1.0.0")
    changed = WHY.format(why="So, indeed.") + "    covers: [one.why]\n    verify: assert True\n"
    repository.bank(changed + GAPS.format(gaps=TWO) + OLD)
    entry = plan(repository, "1.1.0", 1).entry
    assert "answer: So. → So, indeed." in entry
    assert "covers" not in entry
    assert "assert" not in entry


def test_without_the_tag_it_names_what_changed(repository: Repository):
    release(repository, "1.0.0")
    repository.bank(WHY.format(why="So, indeed.") + GAPS.format(gaps=TWO), retired="[old]")
    made = plan(repository, "1.1.0", 1)
    assert made.remarks == ("no tag `v1.0.0` here: the changelog names what changed, but not how",)
    assert "\n- `why`: `Why is $\\epsilon$ added?`\n\n### Retired\n\n- `old`\n" in made.entry
    assert f"\n\n{made.remarks[0]}\n\n" in describe(made)


def test_a_changelog_that_cannot_be_continued_stops_the_release(repository: Repository):
    repository.write(changelog.PATH, "# Log\n\n## 1.0.0 (2026-01-01)\n\nBy hand.\n")
    with pytest.raises(RefusedError, match=r"has an entry for 1\.0\.0, which is not released"):
        plan(repository, "1.0.0")
    (repository.root / changelog.PATH).write_bytes(b"# L\xf6g\n")
    with pytest.raises(RefusedError, match="not UTF-8"):
        plan(repository, "1.0.0")


# ------------------------------------------------------------------ what stops a release


def test_nothing_stops_a_release_of_what_is_committed_and_proven(repository: Repository):
    repository.bank(PROGRAM.format(2))
    commit(repository)
    assert releasing.obstacles(subject(repository)) == ()


def test_what_is_not_committed_is_not_released(repository: Repository):
    commit(repository)
    repository.bank(OLD)
    repository.write("decks/01-first/02-two.yaml", "title: Two\n\nquestions:\n" + NEW)
    (said,) = releasing.obstacles(subject(repository))
    files = "decks/01-first/01-one.yaml, decks/01-first/02-two.yaml"
    assert said.startswith(f"2 files not committed ({files}); commit first")
    assert releasing.obstacles(subject(repository), without_git=True) == (said,)


def test_a_project_outside_of_git_needs_a_flag(repository: Repository):
    (said,) = releasing.obstacles(subject(repository))
    assert "in no git repository" in said
    assert said.endswith("--no-git")
    assert releasing.obstacles(subject(repository), without_git=True) == ()


def test_what_is_not_proven_is_not_released(repository: Repository):
    repository.bank(PROGRAM.format(3) + WHY.format(why="So.") + "    verify: import nowhere\n")
    commit(repository)
    assert releasing.obstacles(subject(repository)) == (
        "1 claim (prints) does not hold; see `ankibuild verify`",
        "1 claim (why) cannot be verified here; install nowhere",
    )


def test_where_nothing_can_be_run_nothing_is_released(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
):
    repository.bank(PROGRAM.format(2))
    commit(repository)
    made = subject(repository)
    monkeypatch.delattr(os, "fork")
    (said,) = releasing.obstacles(made)
    assert said.startswith("nothing can be verified here: running a bank's code needs")


def test_a_large_change_must_be_meant(repository: Repository):
    def bank(answer: str) -> str:
        return "".join(OLD.replace("old", f"old-{n}").replace("This", answer) for n in range(21))

    repository.bank(bank("This"))
    release(repository, "1.0.0")
    repository.bank(bank("That"))
    commit(repository)
    (said,) = releasing.obstacles(subject(repository))
    assert said == "21 notes of 21 released ones would change; if that is meant, add --large-change"
    assert releasing.obstacles(subject(repository, large_change=True)) == ()


def test_a_plan_writes_nothing(repository: Repository):
    commit(repository)
    made = subject(repository)
    before = sorted(repository.root.rglob("*"))
    describe(releasing.make(made, "1.0.0", FIRST, NOW))
    assert sorted(repository.root.rglob("*")) == before


# ------------------------------------------------------------------ what it foretells


def limits(made: Plan) -> dict[str, str]:
    return {limit.change: limit.whom for limit in made.forecast.limits}


def test_it_foretells_what_an_import_does_to_whoever_has_which_release(repository: Repository):
    release(repository, "1.0.0")
    repository.bank(WHY.format(why="Second.") + GAPS.format(gaps=TWO) + OLD + NEW)
    release(repository, "1.1.0", 10)
    repository.bank(WHY.format(why="Second.") + GAPS.format(gaps=TWO) + NEW, retired="[old]")
    release(repository, "1.2.0", 20)
    repository.bank(WHY.format(why="Second.") + GAPS.format(gaps="{{c1::1}} {{c2::2}}") + NEW)
    latest, middle, oldest = plan(repository, "1.3.0", 30).forecast.arrivals
    assert (latest.release, middle.release, oldest.release) == ("1.2.0", "1.1.0", "1.0.0")
    assert (latest.new, latest.overwritten, latest.staying) == ((), ("gaps",), ())
    assert latest.untouched == ("why", "new")
    assert (middle.new, middle.overwritten, middle.staying) == ((), ("gaps",), ("old",))
    assert (oldest.new, oldest.overwritten, oldest.untouched) == (("new",), ("why", "gaps"), ())
    assert oldest.staying == ("old",)


def test_the_first_release_has_nobody_to_foretell(repository: Repository):
    made = plan(repository, "1.0.0")
    assert made.forecast == releasing.Forecast((), ())
    assert describe(made) == (
        f"1.0.0: 3 new, 0 changed, 0 retired, 0 as before\n\nIn CHANGELOG.md:\n\n{made.entry}\n"
    )


def test_it_says_what_cannot_reach_whom(repository: Repository, monkeypatch: pytest.MonkeyPatch):
    release(repository, "1.0.0")
    gaps = GAPS.format(gaps="{{c1::One}}, {{c2::two}}, {{c3::three}}.")
    repository.bank(NEW + gaps + WHY.format(why="So, indeed."), retired="[old]")
    text = notetypes._text
    monkeypatch.setattr(notetypes, "_text", lambda name: text(name) + "\n")
    made = plan(repository, "1.1.0", 30)
    said = limits(made)
    assert list(said) == [
        "the new text of 2 questions",
        "the added cards of `gaps`",
        "the new look of `test-arc Basic`, `test-arc Cloze`",
        "the place of 1 new question",
        "the new order of `Test Arc::01 First::01 One`",
        "the end of `old`",
        "deleted notes",
    ]
    assert "after 2026-02-09 00:00 UTC" in said["the new text of 2 questions"]
    assert "test-arc-cleanup.apkg" in said["the end of `old`"]
    shown = describe(made)
    assert all(f"  {change}: {whom}\n" in shown for change, whom in said.items())
    assert "  to who has 1.0.0: 1 new, 2 overwritten, 0 untouched; 1 retired note left" in shown
    assert shown.endswith(f"\n\n{made.entry}\n")


def test_an_unchanged_project_has_hardly_a_limit(repository: Repository):
    release(repository, "1.0.0")
    assert list(limits(plan(repository, "1.1.0", 1))) == ["deleted notes"]


# ------------------------------------------------------------------ what is retired


def test_a_retired_note_is_empty_but_for_its_id(repository: Repository):
    release(repository, "1.0.0")
    repository.bank(WHY.format(why="So."), retired="[old, gaps]")
    release(repository, "1.1.0", 30)
    made = subject(repository)
    emptied = released.cleanup(made.ledger, notetypes.make("test-arc").values())
    assert [(note.id, note.notetype) for note in emptied.notes] == [
        ("gaps", "cloze"),
        ("old", "basic"),
    ]
    for note in emptied.notes:
        assert [text for text in note.fields if text] == [note.id]
        assert (note.tags, note.cards, note.mod) == (("retired",), (), FIRST + 30 * DAY)
    assert {notetype.mod for notetype in emptied.notetypes} == {FIRST}
    require_sound(emptied)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tags": ()}, "note `old` has an empty first field\nnote `old` has no cards"),
        ({"fields": ("x",) * 9}, "note `old` is retired and has a first field"),
        ({"cards": (0,)}, "note `old` is retired and has cards"),
    ],
)
def test_only_a_retired_note_may_be_empty_and_it_must_be(
    repository: Repository, change: dict[str, Any], said: str
):
    release(repository, "1.0.0")
    repository.bank(WHY.format(why="So."), retired="[old, gaps]")
    release(repository, "1.1.0", 30)
    emptied = released.cleanup(subject(repository).ledger, notetypes.make("test-arc").values())
    wrong = tuple(replace(n, **change) if n.id == "old" else n for n in emptied.notes)
    with pytest.raises(ValueError, match=re.escape(said)):
        require_sound(replace(emptied, notes=wrong))


# ------------------------------------------------------------------ interruptions

#: Kills itself at every line of the room that writes, with the files' old texts in place, and says
#: what is there then, after `resume`, and after the same command again.
DRIVER = """
import json, os, resource, signal, sys
from pathlib import Path
from ankibuild import released, releasing
from ankibuild.changelog import PATH, News, add
from ankibuild.released import Ledger, Release
from ankibuild.releasing import files
from ankibuild.releasing.forecast import Forecast

root = Path(sys.argv[1])
ledger, log = root / released.PATH, root / PATH
first, second = Release("1.0.0", 1_768_000_000), Release("1.1.0", 1_769_000_000)
long = "x" * 100_000
old = {ledger: released.dump(Ledger((first,))), log: add(long, News("1.0.0", first.date, "a"))}
new = {
    ledger: released.dump(Ledger((first, second))),
    log: add(old[log], News("1.1.0", second.date, "a")),
}
plan = releasing.Plan(
    root, second, released.Changes(), Forecast((), ()), new[ledger], new[log], ""
)

def state():
    there = {path: path.read_text() for path in (ledger, log)}
    names = ["new" if there[path] == new[path] else "old" for path in there]
    assert all(there[path] in (old[path], new[path]) for path in there)
    beside = [p.name for p in (*root.iterdir(), *ledger.parent.iterdir()) if ".new" in p.name]
    return [*names, len(beside)]

def lay(pending=False):
    ledger.parent.mkdir(parents=True, exist_ok=True)
    ledger.write_text(new[ledger] if pending else old[ledger])
    log.write_text(old[log])
    if pending:
        log.with_name(f".{log.name}.new").write_text(new[log])

def in_child(work):
    child = os.fork()
    if not child:
        try:
            work()
        except OSError:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    return "killed" if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

def die_at(line):
    left = line
    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename != files.__file__:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)

def at_every_line(work, **laid):
    told, line, end = [], 0, "killed"
    while end == "killed":
        lay(**laid)
        end = in_child(lambda: (die_at(line), work()))
        then = state()
        finished = releasing.resume(root)
        resumed = state()
        if finished != "1.1.0" and resumed[0] == "old":
            releasing.carry_out(plan)
        told.append([end, then, finished, resumed, state()])
        line += 1
    return told

def with_little_room(size):
    def work():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        releasing.carry_out(plan)
    lay()
    return [in_child(work), state()]

print(json.dumps({
    "writing": at_every_line(lambda: releasing.carry_out(plan)),
    "resuming": at_every_line(lambda: releasing.resume(root), pending=True),
    "full": [with_little_room(size) for size in (0, 10, 100, 50_000, 100_000, len(new[log]) - 1)],
    "room": with_little_room(len(new[log])),
}))
"""


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[object]]]:
    folder = tmp_path_factory.mktemp("interrupted")
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(folder)], check=True, capture_output=True
    )
    found: dict[str, list[list[object]]] = json.loads(done.stdout)
    return found


OLD_STATE, NEW_STATE = ["old", "old", 0], ["new", "new", 0]


def test_killed_at_any_line_it_is_the_old_state_or_becomes_the_new_one(
    interrupted: dict[str, list[list[object]]],
):
    tries = interrupted["writing"]
    assert len(tries) > 15
    for end, then, finished, resumed, again in tries:
        assert then[:2] != ["old", "new"], "the changelog never tells of what is not released"
        if then[0] == "old":
            assert (finished, resumed) == (None, OLD_STATE)
        else:
            assert resumed == NEW_STATE
            assert finished == ("1.1.0" if then[1] == "old" else None)
        assert again == NEW_STATE
        assert end in ("killed", 0)
    states = [tuple(then) for _, then, *_ in tries]
    assert {("old", "old", 2), ("new", "old", 1), ("new", "new", 0)} <= set(states)


def test_killed_while_it_is_resumed_it_can_be_resumed_again(
    interrupted: dict[str, list[list[object]]],
):
    assert len(interrupted["resuming"]) > 5
    for _, then, _, resumed, again in interrupted["resuming"]:
        assert then[0] == "new"
        assert resumed == again == NEW_STATE


def test_a_full_disk_leaves_the_old_state(interrupted: dict[str, list[list[object]]]):
    assert interrupted["full"] == [[1, OLD_STATE]] * 6
    assert interrupted["room"] == [0, NEW_STATE]


def test_what_a_person_wrote_meanwhile_is_not_written_over(repository: Repository):
    """The entry was made by hand before anybody resumed: what lies beside is of no use any more."""
    made = release(repository, "1.0.0")
    repository.write(f".{changelog.PATH}.new", made.changelog)
    repository.write(changelog.PATH, made.changelog + "\nBy hand.\n")
    assert releasing.resume(repository.root) is None
    assert (repository.root / changelog.PATH).read_text() == made.changelog + "\nBy hand.\n"
    assert not (repository.root / f".{changelog.PATH}.new").exists()


def test_there_is_mostly_nothing_to_resume(repository: Repository):
    assert releasing.resume(repository.root) is None
    release(repository, "1.0.0")
    assert releasing.resume(repository.root) is None


def test_a_memory_saves_reading_twice(repository: Repository):
    release(repository, "1.0.0")
    commit(repository, "v1.0.0")
    memory = Memory()
    space = workflow.load(repository.root, memory=memory)
    assert space.subject
    made = releasing.make(space.subject, "1.1.0", FIRST + DAY, NOW, memory)
    assert made.changes == released.compare(space.subject.collection, space.subject.ledger)
