"""Decks from elsewhere as banks: what comes, under which names, and that nothing else changes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ankibuild import fmt, workflow
from ankibuild.collection import Collection
from ankibuild.diagnostics import errors
from ankibuild.importer import arc, bring_in, settle
from ankibuild.importer import report as reports
from ankibuild.importer.foreign import (
    Foreign,
    ForeignMedia,
    ForeignNote,
    ForeignNotetype,
    ForeignTemplate,
    ImportRefusedError,
)
from ankibuild.importer.lay import lay_down
from ankibuild.importer.names import MOST
from ankibuild.importer.prose import build
from ankibuild.importer.prose.shape import shape
from ankibuild.importer.report import Report, Told
from ankibuild.importer.shelves import shelve
from ankibuild.importer.write import bank, question
from ankibuild.notes import Note, guid
from ankibuild.source import plain_value, read
from kit import SVG, Repository

BASIC = ForeignNotetype(
    "1",
    "Basic",
    ("Front", "Back"),
    (ForeignTemplate("Card 1", "{{Front}}", "{{FrontSide}}\n\n<hr id=answer>\n\n{{Back}}"),),
)
CLOZE = ForeignNotetype(
    "2",
    "Cloze",
    ("Text", "Back Extra"),
    (ForeignTemplate("Cloze", "{{cloze:Text}}", "{{cloze:Text}}<br>\n{{Back Extra}}"),),
    is_cloze=True,
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)


def note(
    front: str, back: str = "An answer.", deck: str = "Spanish", **more: object
) -> ForeignNote:
    values: dict[str, object] = {"guid": f"guid of {front}", "cards": (0,), "place": front, **more}
    return ForeignNote(notetype="1", deck=deck, fields=(front, back), **values)  # type: ignore[arg-type]


def file(name: str, content: bytes = PNG) -> ForeignMedia:
    return ForeignMedia(name, len(content), lambda path: path.write_bytes(content) and None)


def foreign(*notes: ForeignNote, **more: object) -> Foreign:
    values: dict[str, object] = {"notetypes": (BASIC, CLOZE), **more}
    return Foreign("spanish.apkg", decks=(), notes=notes, **values)  # type: ignore[arg-type]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.bank("  - basic: mine\n    q: What is mine?\n    a: This.\n    at: 1:00\n")
    return made


def contents(root: Path) -> dict[str, bytes]:
    """Give the files of a project but for what is remembered."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".ankibuild" not in path.parts
    }


def notes_of(root: Path) -> dict[str, Note]:
    """Give the notes of a sound project by guid."""
    space = workflow.load(root)
    assert space.subject is not None
    assert errors(space.problems) == ()
    return {one.guid: one for one in space.subject.collection.notes}


def told(report: Report) -> dict[str, Told]:
    return {one.place: one for one in report.notes}


def reasons(report: Report) -> dict[str, str]:
    """Give why notes were left out, by place."""
    return {one.place: one.left.sentence for one in report.left_out if one.left}


# ------------------------------------------------------------------ our own decks come back

BANK = """\
  - basic: plain
    q: Why does $\\epsilon$ stand under the root?
    a: |
      So that nothing divides
      by zero.
    at: 10:05
    hint: Think of a zero.
    extra: |
      It is **small**.
    tags: [numerics, deep::er]
  - reversed: term
    term: Null space
    definition: All $x$ with $Ax = 0$.
    source: manual
  - cloze: gaps
    text: |
      In training {{c1::the batch}}, in evaluation {{c2::running averages::kept}}.
  - typein: typed
    q: How many?
    answer: 2 * 64 & <more>
  - code: printed
    q: What does this print?
    program: |
      for i in range(2):
          print(i, "<&>")
    output: |
      0 <&>
      1 <&>
  - steps: derived
    q: |
      ![the unit square](square.svg)

      Derive it.
    lines:
      - $a = b$
      - $b = c$
  - exercise: worked
    q: Do it.
    hints: [Think., Think more.]
    a: Done.
    rubric: [Is it done?]
  - exercise: bare
    q: Do that.
    a: |
      - one
      - two
  - drill: rows
    q: What is $@{x} + 1$, really?
    a: $@{y}$
    extra: It is $@{y}$ indeed.
    given:
      - {x: 1, y: 2}
      - {x: 2, y: 3}
  - basic: kept
    q: Whose is this?
    a: It was of others.
    guid: 'pQ:b~$[4!'
"""


@pytest.fixture
def ours(tmp_path: Path) -> Repository:
    """Give a project with a question of each kind, and one that came from another deck."""
    made = Repository(tmp_path / "ours")
    made.write("media/square.svg", SVG)
    made.bank(BANK)
    other = "  - basic: last\n    q: Which one comes last?\n    a: This one.\n    at: §2\n"
    made.bank(other, "decks/02-second/01-three.yaml", source="manual")
    return made


def package(root: Path) -> Path:
    space = workflow.load(root)
    assert space.subject is not None
    return workflow.build(space.subject, root / "dist")[0].path


def test_our_own_package_comes_back_as_it_was(ours: Repository, tmp_path: Path):
    report = bring_in(package(ours.root), into=tmp_path / "back")
    assert report.left_out == report.changed == ()
    before, after = notes_of(ours.root), notes_of(tmp_path / "back")
    assert list(before) == list(after)
    for key, one in before.items():
        assert after[key] == replace(one, due=after[key].due)


def test_what_comes_back_is_what_an_author_wrote(ours: Repository, tmp_path: Path):
    bring_in(package(ours.root), into=tmp_path / "back")
    text = (tmp_path / "back/decks/01-first/01-one.yaml").read_text("utf-8")
    assert "    a: |\n      So that nothing divides\n      by zero.\n" in text
    assert "    tags: [deep::er, numerics]\n" in text
    assert '    program: |\n      for i in range(2):\n          print(i, "<&>")\n' in text
    assert "    q: What is @{q} really?\n" in text  # a formula is not cut
    assert "    at: 10:05\n" in text
    assert "    guid: pQ:b~$[4!\n" in text
    assert text.count("guid:") == 1  # all others have the guid of their id
    sources = (tmp_path / "back/decks/sources.yaml").read_text("utf-8")
    assert "    chapters: 10:05 the middle\n" in sources  # of the one that a question named
    assert (tmp_path / "back/media/square.svg").read_text("utf-8") == SVG


def test_an_import_is_laid_out_and_makes_no_error(ours: Repository, tmp_path: Path):
    bring_in(package(ours.root), into=tmp_path / "back")
    outcome = fmt.run(tmp_path / "back", check=True)
    assert (outcome.changed, outcome.problems) == ((), ())


def as_foreign(collection: Collection) -> Foreign:
    """Give what a reader gives of a package with a collection."""
    notetypes = tuple(
        ForeignNotetype(
            one.key,
            one.name,
            tuple(field.name for field in one.fields),
            tuple(ForeignTemplate(t.name, t.question, t.answer) for t in one.templates),
            is_cloze=one.is_cloze,
        )
        for one in collection.notetypes
    )
    notes = tuple(
        ForeignNote(n.guid, n.notetype, n.deck, n.fields, n.tags, n.cards, n.id, n.due)
        for n in collection.notes
    )
    return Foreign("ours.apkg", notetypes, (), notes)


def collected(root: Path) -> Foreign:
    """Give what a reader gives of a project's package, with its media."""
    space = workflow.load(root)
    assert space.subject is not None
    collection = space.subject.collection
    media = tuple(file(one.name, one.content) for one in collection.media)
    return replace(as_foreign(collection), media=media)


def test_a_note_that_is_no_longer_as_we_made_it_comes_as_it_is(ours: Repository, tmp_path: Path):
    """Somebody has edited the fields of a `steps`: its lines would not look the same."""
    incoming = collected(ours.root)
    notes = [
        replace(
            one, fields=(one.fields[0], one.fields[1].replace("Step 2 of 2", "So"), *one.fields[2:])
        )
        for one in incoming.notes
    ]
    root = Repository(tmp_path / "back", namespace="other").root
    report = lay_down(replace(incoming, notes=tuple(notes)), root)
    assert report.left_out == ()
    part = report.files[0].path.split("/")[1]
    made = {one["basic"]: one for one in questions(root, part) if "basic" in one}
    assert "<summary>So</summary>" in made["derived"]["a"]


_words = st.text("abcxyzäß漢字 .,;:!?'\"#*_-+`|<>&{}[]()\\/~=@%^0129\n", min_size=1, max_size=40)
_prose = _words.map(lambda text: re.sub(r"\s*\n\s*", "\n", text).strip()).filter(
    lambda text: re.search(r"\w", text) and "…" not in text
)


def looks(markup: str) -> object:
    return shape(build.read(markup, {}, cloze=True).blocks)


def _question(number: int, front: str, back: str, cloze: bool) -> dict[str, str]:
    name = f"q-{number}"
    if cloze:
        return {"cloze": name, "text": f"{{{{c1::gap {number}}}}}\n\n{front}", "extra": back}
    return {"basic": name, "q": front, "a": back}


@settings(max_examples=25)
@given(st.lists(st.tuples(_prose, _prose, st.booleans()), min_size=1, max_size=6))
def test_whatever_was_built_comes_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str, bool]]
):
    """Build, import, build: the same notes, whatever an author wrote, up to how they are spelled.

    Lines may end elsewhere, and emphasis that cannot be typed is another tag that looks the same.
    """
    root = tmp_path_factory.mktemp("built")
    made = Repository(root / "ours")
    questions = []
    for number, (front, back, cloze) in enumerate(texts):
        fields = _question(number, front, back, cloze)
        kind, name = next(iter(fields.items()))
        questions.append(question(kind, name, {k: v for k, v in fields.items() if k != kind}))
    made.write("decks/01-first/01-one.yaml", bank("A bank", questions))
    space = workflow.load(made.root)
    assert space.subject is not None
    assume(not errors(space.problems))
    collection = space.subject.collection
    back_root = Repository(root / "back", namespace="another").root
    report = lay_down(as_foreign(collection), back_root)
    assert report.left_out == ()
    after = notes_of(back_root)
    for one in collection.notes:
        same = after[one.guid]
        assert same.tags[1:] == one.tags[1:]  # the first one names the part, which is a new one
        for field, other in zip(one.fields[:4], same.fields[:4], strict=True):
            assert looks(field) == looks(other)
        assert (same.id, same.cards, same.notetype) == (one.id, one.cards, one.notetype)


# ------------------------------------------------------------------ twice, and beside what is there


def test_a_second_import_adds_nothing(ours: Repository, repository: Repository, tmp_path: Path):
    file_ = package(ours.root)
    first = bring_in(file_, root=repository.root)
    assert len(first.kept) == 11
    before = contents(repository.root)
    second = bring_in(file_, root=repository.root)
    assert len(second.left_out) == 11
    assert second.files == ()
    assert reasons(second)[second.notes[0].place].startswith("it is there already: `")
    assert contents(repository.root) == before


def test_notes_without_a_guid_are_not_added_twice_either(repository: Repository):
    notes = [note("One?", guid=""), note("Two?", guid=""), note("Two?", guid="", place="again")]
    first = lay_down(foreign(*notes), repository.root)
    assert [one.id for one in first.changed] == ["one", "two", "two-2"]
    second = lay_down(foreign(*notes, note("Three?", guid="")), repository.root)
    assert reasons(second)["again"] == "it is there already: `two`"
    assert [one.id for one in second.changed] == ["three"]


def test_the_first_of_two_notes_with_one_guid_comes(repository: Repository):
    notes = [note("One?", "", guid="same"), note("Two?", guid="same"), note("Three?", guid="same")]
    report = lay_down(foreign(*notes), repository.root)
    assert [one.id for one in report.kept] == ["two"]
    assert reasons(report) == {
        "One?": "its back is empty",
        "Three?": "it is there already: `two`",
    }


def test_a_guid_that_no_file_can_hold_is_told(repository: Repository):
    guids = ["tab\there", "rtl\u200f", "x" * 201, " led by a blank", "it's"]
    notes = [note(f"Number {n}?", guid=text) for n, text in enumerate(guids)]
    report = lay_down(foreign(*notes), repository.root)
    assert len(report.changed) == 3
    kept = {one.guid for one in workflow.load(repository.root).subject.collection.notes}
    assert {" led by a blank", "it's"} < kept
    bank_ = (repository.root / "decks/03-spanish/01-spanish.yaml").read_text("utf-8")
    assert "    guid: ' led by a blank'\n" in bank_  # nobody sees a blank that is not in quotes
    assert guid("test-arc", "number-0") in kept


def test_a_retired_question_does_not_come_back(repository: Repository):
    bank_ = "  - basic: other\n    q: What?\n    a: That.\n    at: 1:00\n"
    repository.bank(bank_, retired="[mine]")
    report = lay_down(foreign(note("Mine?", guid=guid("test-arc", "mine"))), repository.root)
    assert reasons(report) == {"Mine?": "it is there already: `mine`"}
    report = lay_down(foreign(note("Mine")), repository.root)
    assert [one.id for one in report.kept] == ["mine-2"]


def test_nothing_that_is_there_is_overwritten(repository: Repository):
    repository.write("media/square.svg", SVG)
    repository.bank(
        "  - basic: mine\n    q: |\n      ![a square](square.svg) What?\n    a: This.\n"
    )
    curriculum = repository.root / "decks/curriculum.yaml"
    text = "# What I want.\n" + curriculum.read_text("utf-8").replace("parts:", "parts:  # all")
    curriculum.write_bytes(text.replace("\n", "\r\n").encode())
    before = contents(repository.root)
    pictures = [
        file("Square.SVG", SVG.replace("9v9", "8v9").encode()),
        file("same.svg", SVG.encode()),
        file("unused.png"),
    ]
    shown = note("What is <img src='Square.SVG'>?", 'As <img src="same.svg" alt="this">.')
    report = lay_down(foreign(shown, media=tuple(pictures)), repository.root)
    after = contents(repository.root)
    assert report.media == ("square-2.svg",)
    assert set(after) - set(before) == {
        "decks/03-spanish/01-spanish.yaml",
        "decks/03-spanish/part.yaml",
        "media/square-2.svg",
    }
    new = after.pop("decks/curriculum.yaml")
    old = before.pop("decks/curriculum.yaml")
    assert new.startswith(old)
    assert new[len(old) :].replace(b"\r\n", b"").count(b"\n") == 0
    assert {path: after[path] for path in before} == before
    bank_ = after["decks/03-spanish/01-spanish.yaml"].decode()
    assert "(square-2.svg)" in bank_
    assert "![this](square.svg)" in bank_


# ------------------------------------------------------------------ all of it or nothing


class Killed(BaseException):
    """Whatever ends a process: nothing is tidied up."""


def killed_at(step: int, monkeypatch: pytest.MonkeyPatch, run: Callable[[], object]) -> bool:
    """Run something that is killed before it changes the disk for the ``step``-th time."""
    count = 0

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **more: object) -> object:
            nonlocal count
            count += 1
            if count == step:
                raise Killed
            return function(*arguments, **more)

        return call

    with monkeypatch.context() as patch:
        for name in ("replace", "link"):
            patch.setattr(os, name, counted(getattr(os, name)))
        patch.setattr(Path, "unlink", counted(Path.unlink))
        patch.setattr(settle.Stage, "end", lambda self: None)
        patch.setattr(settle, "take_back", lambda root: False)
        try:
            run()
        except Killed:
            return True
    return False


def test_a_killed_import_is_taken_back_by_the_next_one(
    ours: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Whenever it is killed: then or later, the project is as if it had not been tried, or as if
    it had gone through."""
    incoming = collected(ours.root)
    whole = _without_sources(tmp_path / "whole")
    lay_down(incoming, whole)
    step, killed, seen = 1, True, set()
    while killed:
        root = _without_sources(tmp_path / str(step))
        untouched = contents(root)
        killed = killed_at(step, monkeypatch, lambda root=root: lay_down(incoming, root))
        settle.take_back(root)
        left = contents(root)
        assert left in (untouched, contents(whole))
        seen.add(left == untouched)
        lay_down(incoming, root)
        assert contents(root) == contents(whole)
        step += 1
    assert seen == {True, False}
    assert step > 10


def _without_sources(root: Path) -> Path:
    made = Repository(root, namespace="other")
    made.write("decks/sources.yaml", "sources: []\n")
    return root


def test_an_error_of_the_disk_leaves_nothing(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
):
    before = contents(repository.root)

    def full(source: Path, place: Path) -> None:
        if place.name == "01-spanish.yaml":
            raise OSError(28, "No space left on device")
        move(source, place)

    move = settle._move
    monkeypatch.setattr(settle, "_move", full)
    with pytest.raises(OSError, match="No space"):
        lay_down(foreign(note("Why?")), repository.root)
    assert contents(repository.root) == before
    assert not (repository.root / "decks/03-spanish").exists()
    assert not (repository.root / settle.STAGE).exists()


def test_what_a_person_did_meanwhile_stays(repository: Repository, monkeypatch: pytest.MonkeyPatch):
    """An import was killed, and somebody worked on: taking it back must not take that."""

    def killed(source: Path, place: Path) -> None:
        if place == repository.root / "decks/curriculum.yaml":
            raise Killed
        replace_(source, place)

    replace_ = os.replace
    before = contents(repository.root)
    with monkeypatch.context() as patch:
        patch.setattr(settle.Stage, "end", lambda self: None)
        patch.setattr(settle, "take_back", lambda root: False)
        patch.setattr(os, "replace", killed)
        with pytest.raises(Killed):
            lay_down(foreign(note("Why?")), repository.root)
    mine = repository.write("decks/03-spanish/01-spanish.yaml", "# mine now\n")
    assert settle.take_back(repository.root)
    left = contents(repository.root)
    assert left.pop(mine.relative_to(repository.root).as_posix()) == b"# mine now\n"
    assert left == before


def test_a_dry_run_writes_nothing(repository: Repository, tmp_path: Path):
    before = contents(repository.root)
    report = lay_down(foreign(note("Why?")), repository.root, dry=True)
    assert report.dry
    assert contents(repository.root) == before
    assert not (repository.root / reports.PATH).exists()
    assert "1 bank would be written" in reports.summary(report)


# ------------------------------------------------------------------ notes of others as questions

TEMPLATE = "{{Front}}\n\n<hr id=answer>\n\n{{Back}}"


def notetype(
    *cards: tuple[str, str], fields: tuple[str, ...] = ("Front", "Back", "More")
) -> ForeignNotetype:
    templates = tuple(ForeignTemplate(f"Card {n}", *sides) for n, sides in enumerate(cards, 1))
    return ForeignNotetype("1", "Vocabulary", fields, templates)


def questions(root: Path, part: str = "03-spanish") -> list[dict[str, Any]]:
    """Give the questions of a new part as they stand in its banks."""
    found: list[dict[str, Any]] = []
    for path in sorted((root / "decks" / part).glob("[0-9]*.yaml")):
        document = read("", path.read_bytes())
        assert document.problems == ()
        found += plain_value(document.root)["questions"]
    return found


FRONTS = ("dog", "perro", "He barks.")
SHAPES = {
    "one card": (
        [("{{Front}}", "{{FrontSide}}<hr id=answer>{{Back}}")],
        {"basic": "dog", "q": "dog", "a": "perro"},
    ),
    "several fields": (
        [("<div>{{Front}}</div>", "{{FrontSide}}<hr id=answer>{{Back}}<br><i>{{More}}</i>")],
        {"basic": "dog", "q": "dog", "a": "perro\\\nHe barks."},
    ),
    "words around": (
        [("What is <b>{{Front}}</b>\n in Spanish?", "{{Front}}<hr id='answer'>So: {{Back}}")],
        {"basic": "what-is-dog-in-spanish", "q": "What is dog in Spanish?", "a": "So: perro"},
    ),
    "under conditions": (
        [("{{#More}}{{Front}}{{/More}}{{^More}}{{Back}}{{/More}}", "{{Back}}{{^More}}!{{/More}}")],
        {"basic": "dog", "q": "dog", "a": "perro"},
    ),
    "the front again, with its words": (
        [("<p>Word</p>{{Front}}", "<p>Word</p>{{Front}}<p>Meaning</p>{{Back}}<p>Ex</p>")],
        {"basic": "word-dog", "q": "Word\\\ndog", "a": "Meaning\\\nperro\\\nEx"},
    ),
    "a caption twice": (
        [("{{Front}} {{More}}", "{{Front}}<br>{{More}}<hr id=answer>{{More}}<br>{{Back}}")],
        {"basic": "dog-he-barks", "q": "dog He barks.", "a": "perro"},
    ),
    "a hint": (
        [("{{Front}}{{hint:More}}", "{{Front}}<hr id=answer>{{Back}}")],
        {"basic": "dog", "q": "dog", "a": "perro", "hint": "He barks."},
    ),
    "typed": (
        [("{{Front}} {{type:Back}}", "{{Front}}<hr id=answer>{{type:Back}}<br>{{More}}")],
        {"typein": "dog", "q": "dog", "answer": "perro", "extra": "He barks."},
    ),
    "both ways": (
        [("{{Front}}", "{{Back}}<br>{{More}}"), ("Say: {{Back}}", "{{Front}}")],
        {"reversed": "dog", "term": "dog", "definition": "perro", "extra": "He barks."},
    ),
    "a script for looks": (
        [("{{Front}}<script>x()</script><style>b{}</style>", "{{Back}}<!-- {{More}} -->")],
        {"basic": "dog", "q": "dog", "a": "perro"},
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_templates_tell_what_is_asked(name: str, repository: Repository):
    cards, wanted = SHAPES[name]
    one = ForeignNote("g", "1", "Spanish", FRONTS, (), tuple(range(len(cards))), "it")
    report = lay_down(foreign(one, notetypes=(notetype(*cards),)), repository.root)
    assert report.left_out == ()
    assert questions(repository.root) == [{**wanted, "guid": "g"}]


REFUSED = {
    "three cards": (
        [("{{Front}}", "{{Back}}")] * 3,
        "it makes 3 cards of a note, and no kind of question makes over two",
    ),
    "a script that decides": (
        [("<script>show('{{Front}}')</script>{{Back}}", "{{Back}}{{More}}")],
        "a script in its templates decides what its cards show",
    ),
    "parts of a picture": (
        [("<div id=image-occlusion-canvas></div>{{Front}}", "{{Back}}")],
        "it hides parts of a picture, and no kind of question does",
    ),
    "no mirror": (
        [("{{Front}}", "{{Back}}"), ("{{More}}", "{{Front}}")],
        "its two cards do not ask each other's answer",
    ),
    "one question twice": (
        [("{{Front}}", "{{Front}}: {{Back}}")] * 2,
        "its two cards do not ask each other's answer",
    ),
    "no field in front": ([("What?", "{{Back}}")], "its front shows no field"),
    "nothing behind": (
        [("{{Front}}", "{{FrontSide}}")],
        "its back shows no field that its front does not show",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_notetype_that_cannot_be_is_told_with_a_mapping(name: str, repository: Repository):
    cards, why = REFUSED[name]
    one = ForeignNote("g", "1", "Spanish", FRONTS, (), (0,), "it")
    incoming = foreign(one, notetypes=(notetype(*cards),))
    report = lay_down(incoming, repository.root)
    assert reasons(report) == {"it": f"notetype `Vocabulary`: {why}"}
    assert report.maps == ("--map 'Vocabulary: basic q=Front a=Back'",)
    assert report.maps[0] in reports.summary(report)
    mapped = lay_down(incoming, repository.root, maps=["Vocabulary: basic q=Front a=Back"])
    assert mapped.left_out == ()
    wanted = {"basic": "dog", "q": "dog", "a": "perro", "guid": "g"}
    assert questions(repository.root) == [wanted]


def test_how_many_cards_a_note_has_decides_about_its_kind(repository: Repository):
    both = notetype(("{{Front}}", "{{Back}}"), ("{{#More}}{{Back}}{{/More}}", "{{Front}}"))
    rows = [("one", "y", (0, 1)), ("two", "", (0,)), ("three", "y", ()), ("four", "", ())]
    notes = [
        ForeignNote(name, "1", "Spanish", (name, f"{name}!", more), (), cards, name)
        for name, more, cards in rows
    ]
    late = ForeignNote("five", "1", "Spanish", ("five", "five!", "y"), (), (1,), "five")
    report = lay_down(foreign(*notes, late, notetypes=(both,)), repository.root)
    made = [next(iter(one)) for one in questions(repository.root)]
    assert made == ["reversed", "basic", "reversed", "basic", "reversed"]
    assert [one.place for one in report.changed] == ["five"]


def test_without_templates_the_first_field_is_asked(repository: Repository):
    """Text exports hold no templates; names of Anki's own notetypes tell something."""
    names = ["Basic", "Basic (and reversed card)", "Basic (type in the answer)"]
    kinds = [ForeignNotetype(name, name, ("Field 1", "Field 2", "Field 3")) for name in names]
    kinds.append(ForeignNotetype("Cloze", "Cloze", ("Text", "Extra"), is_cloze=True))
    notes = [
        ForeignNote(f"g{n}", one.key, "", (f"{{{{c1::{n}}}}} q", "a", "")[: len(one.fields)])
        for n, one in enumerate(kinds)
    ]
    report = lay_down(foreign(*notes, notetypes=tuple(kinds)), repository.root)
    assert report.left_out == ()
    made = [next(iter(one)) for one in questions(repository.root)]
    assert made == ["basic", "reversed", "typein", "cloze"]


def test_a_typed_answer_of_more_than_a_line_is_shown(repository: Repository):
    typed = notetype(("{{Front}}{{type:Back}}", "{{Front}}<hr id=answer>{{type:Back}}"))
    answers = ["<div>plain &amp; simple</div>", "two<br>lines", "a $ sign", "<b>bold</b>"]
    notes = [
        ForeignNote(f"g{n}", "1", "Spanish", (f"Number {n}?", answer, ""), (), (0,), str(n))
        for n, answer in enumerate(answers)
    ]
    report = lay_down(foreign(*notes, notetypes=(typed,)), repository.root)
    found = questions(repository.root)
    assert found[0] == {
        "typein": "number-0",
        "q": "Number 0?",
        "answer": "plain & simple",
        "guid": "g0",
    }
    assert [next(iter(one)) for one in found[1:]] == ["basic"] * 3
    assert [one.place for one in report.changed] == ["1", "2", "3"]


LEFT = {
    "no front": (note("", place="x"), "its front is empty"),
    "a blank front": (note("<div><br></div>&nbsp;", place="x"), "its front is empty"),
    "no back": (note("Why?", "", place="x"), "its back is empty"),
    "no gap": (
        replace(note("A text.", "", place="x"), notetype="2"),
        "it is a cloze without a gap",
    ),
    "no notetype": (
        replace(note("Why?", place="x"), notetype="3"),
        "its notetype is not in the file",
    ),
    "too long": (
        note("Why?", "word " * 5_000, place="x"),
        "a text of it is too long: `a` has 24,999 characters, 20,000 are the most",
    ),
    "an error": (
        note("Why?", "…", place="x"),
        "`check` refuses it, empty-field: this is still to be written",
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_could_be_no_question_is_left_out_and_told(name: str, repository: Repository):
    one, why = LEFT[name]
    report = lay_down(foreign(one, note("And this?")), repository.root)
    assert reasons(report) == {"x": why}
    assert [told_.id for told_ in report.kept] == ["and-this"]
    assert len(questions(repository.root)) == 1


def test_nothing_is_written_if_nothing_comes(repository: Repository):
    before = contents(repository.root)
    report = lay_down(foreign(note("Why?", "", place="x")), repository.root)
    assert report.files == ()
    assert contents(repository.root) == before


def test_fields_tags_and_notetypes_that_do_not_fit_are_told(repository: Repository):
    one = note("Why?", place="x", tags=("A::B c", "a::b-c", "marked", "漢字", "camelCase", "c++"))
    one = replace(one, fields=(*one.fields, "one too many"))
    hidden = ForeignNotetype("9", "Hidden", ("Front", "Back", "Notes"), BASIC.templates)
    other = ForeignNote("h", "9", "Spanish", ("How?", "So.", "secret"), (), (0,), "y")
    incoming = foreign(one, other, notetypes=(BASIC, hidden))
    report = lay_down(incoming, repository.root)
    changes = {place: [c.sentence for c in one.changes] for place, one in told(report).items()}
    assert changes["x"] == [
        "fields that its notetype does not have are left out",
        "tags are spelled otherwise: `A::B c` is `a::b-c`, `漢字` is left out,"
        " `camelCase` is `camelcase`, `c++` is `c-plus-plus`",
    ]
    assert changes["y"] == ["a field on no card is left out: `Notes`"]
    assert "    tags: [a::b-c, camelcase, c-plus-plus]\n" in (
        repository.root / "decks/03-spanish/01-spanish.yaml"
    ).read_text("utf-8")


MAPPINGS = {
    "Vocabulry: basic q=Front a=Back": (
        "there is no notetype `Vocabulry`\ndid you mean `Vocabulary`?\n"
        "notetypes of the file: `Vocabulary`"
    ),
    "Vocabulary: basci q=Front a=Back": (
        "`basci` is not a kind to map to\ndid you mean `basic`?\n"
        "kinds to map to: `basic`, `reversed`, `cloze`, `typein`, `skip`"
    ),
    "Vocabulary: basic q=Frnt a=Back": (
        "`Vocabulary` has no field `Frnt`\ndid you mean `Front`?\n"
        "its fields: `Front`, `Back`, `More`"
    ),
    "Vocabulary: basic q=Front": (
        "the mapping of `Vocabulary` gives no `a`\nadd `a=` and a field: `Front`, `Back`, `More`"
    ),
    "Vocabulary: basic question=Front a=Back": (
        "`question=Front` fills no field of a question\n"
        "write `name=Field`; names for basic: `q`, `a`, `hint`, `extra`"
    ),
    "Vocabulary: basic 'q=Front": "a quote is not closed in `Vocabulary: basic 'q=Front`",
}


@pytest.mark.parametrize("text", MAPPINGS)
def test_a_mapping_that_names_nothing_is_refused(text: str, repository: Repository):
    before = contents(repository.root)
    incoming = foreign(notetypes=(notetype(("{{Front}}", "{{Back}}")),))
    with pytest.raises(ImportRefusedError) as caught:
        lay_down(incoming, repository.root, maps=[text])
    assert str(caught.value) == MAPPINGS[text]
    assert contents(repository.root) == before


def test_a_mapping_says_what_stands_where(repository: Repository):
    odd = ForeignNotetype("1", "My: words", ("A word", "It's", "More"))
    one = ForeignNote("g", "1", "Spanish", ("dog", "perro", "He barks."))
    text = """My: words: reversed term='A word' definition="It's" definition=More"""
    lay_down(foreign(one, notetypes=(odd,)), repository.root, maps=[text])
    wanted = {"reversed": "dog", "term": "dog", "definition": "perro\\\nHe barks.", "guid": "g"}
    assert questions(repository.root) == [wanted]
    report = lay_down(foreign(one, notetypes=(odd,)), repository.root, maps=["My: words: skip"])
    assert report.maps == ()
    assert report.files == ()


# ------------------------------------------------------------------ names


def decks_of(root: Path) -> list[str]:
    space = workflow.load(root)
    assert space.subject is not None
    assert errors(space.problems) == ()
    return [slot.deck for slot in space.subject.project.curriculum.slots[3:]]


HIERARCHIES = {
    "one deck": (["Spanish"], ["03 Spanish::01 Spanish"]),
    "a deck below": (["Spanish::Verbs"], ["03 Spanish::01 Verbs"]),
    "flat": (["Spanish::b", "Spanish::A"], ["03 Spanish::01 A", "03 Spanish::02 b"]),
    "roots": (["B", "A"], ["03 spanish::01 A", "03 spanish::02 B"]),
    "a root with notes": (["A", "A::B"], ["03 A::01 A", "03 A::02 B"]),
    "deep": (
        ["S::One::x", "S::One::y::z", "S::Two", "S"],
        ["03 S::01 S", "04 One::01 x", "04 One::02 y – z", "05 Two::01 Two"],
    ),
    "numbers kept": (["S::07 Ab", "S::03 Cd"], ["03 S::03 Cd", "03 S::07 Ab"]),
    "numbers of one digit": (["S::10. Ab", "S::9. Cd"], ["03 S::09 Cd", "03 S::10 Ab"]),
    "numbers not all": (["S::Lesson 2", "S::07 x"], ["03 S::01 07 x", "03 S::02 Lesson 2"]),
    "numbers taken": (["S::01 A::x y", "S::02 B::z"], ["03 A::01 x y", "04 B::01 z"]),
    "hostile": (
        ["S::../../x", "S::a\x07\u202e\u200f/b", "S::" + "long " * 80, 'S::"q"', "S::", "S::漢字"],
        [
            "03 S::01 S",
            "03 S::02 ”q”",
            "03 S::03 ../../x",
            "03 S::04 a /b",
            "03 S::05 long long long long long long long long long long…",
            "03 S::06 漢字",
        ],
    ),
}


@pytest.mark.parametrize("name", HIERARCHIES)
def test_decks_of_any_depth_become_parts_and_decks(name: str, repository: Repository):
    decks, wanted = HIERARCHIES[name]
    notes = [note(f"Number {n}?", deck=deck) for n, deck in enumerate(decks)]
    report = lay_down(foreign(*notes), repository.root)
    assert report.left_out == ()
    assert sorted(decks_of(repository.root)) == sorted(f"Test Arc::{deck}" for deck in wanted)
    assert {one.path for one in fmt.run(repository.root, check=True).changed}.isdisjoint(
        path for path in contents(repository.root) if path.startswith("decks/03-")
    )
    assert all(re.fullmatch(r"decks/\d\d-[a-z0-9-]+/\d\d-[a-z0-9-]+\.yaml", one.path)
               for one in report.files)  # fmt: skip


def test_a_part_has_a_name_if_it_is_told_one(repository: Repository):
    notes = [note("One?", deck="S::A::x"), note("Two?", deck="S::B")]
    bring = lay_down(foreign(*notes), repository.root, into="15-mine")
    assert [one.path for one in bring.files] == [
        "decks/15-mine/01-a-x.yaml",
        "decks/15-mine/02-b.yaml",
    ]
    assert decks_of(repository.root) == ["Test Arc::15 S::01 A – x", "Test Arc::15 S::02 B"]
    more = lay_down(foreign(note("Three?")), repository.root, into="more")
    assert more.files[0].path == "decks/16-more/01-spanish.yaml"
    for name, why in {
        "15-mine": "`decks/15-mine` is there already; name a folder for a new part",
        "Mine Too": "`Mine Too` cannot be the folder of a part; `mine-too` would do",
    }.items():
        with pytest.raises(ImportRefusedError, match=re.escape(why)):
            lay_down(foreign(note("Four?")), repository.root, into=name)


def test_there_are_99_parts_at_most(repository: Repository):
    notes = [note(f"Number {n}?", deck=f"S::{n:03} part::x") for n in range(MOST)]
    report = lay_down(foreign(*notes), repository.root)
    assert len({one.path.split("/")[1] for one in report.files}) == 1  # joined to one part
    many = [f"S::{n:05}" for n in range(MOST * MOST)]
    with pytest.raises(ImportRefusedError, match="the decks of the file would make 99 parts"):
        shelve(many, "x.apkg", one=False, room=MOST - 3)


def test_a_large_deck_is_several_banks(repository: Repository, monkeypatch: pytest.MonkeyPatch):
    assert (arc.LARGEST, arc.LONGEST) == (1_000, 1_000_000)
    monkeypatch.setattr(arc, "LARGEST", 10)
    notes = [note(f"Number {n}?") for n in range(21)]
    report = lay_down(foreign(*notes), repository.root)
    assert [(one.path.rpartition("/")[2], one.questions) for one in report.files] == [
        ("01-spanish.yaml", 10),
        ("01-spanish-2.yaml", 10),
        ("01-spanish-3.yaml", 1),
    ]
    assert decks_of(repository.root)[1] == "Test Arc::03 Spanish::01 Spanish (2)"
    monkeypatch.setattr(arc, "LONGEST", 300)
    longer = [note(f"Letter {n}?", "word " * 20) for n in range(5)]
    report = lay_down(foreign(*longer), repository.root)
    assert [one.questions for one in report.files] == [1, 1, 1, 1, 1]


def test_ids_are_the_first_words_and_taken_once(repository: Repository):
    fronts = [
        "What is <b>mine</b>?",
        "What is mine!",
        "漢字は何ですか",
        "漢字は何ですか、また",
        "x" * 50,
        "A front of very many words, of which only the first ones are taken",
        "{{c1::Not}} a gap &amp; so on",
        "mine",
        "2 + 2",
    ]
    report = lay_down(foreign(*map(note, fronts)), repository.root)
    assert [one.id for one in report.notes] == [
        "what-is-mine",
        "what-is-mine-2",
        "spanish",
        "spanish-2",
        "x" * 40,
        "a-front-of-very-many-words-of-which-only",
        "not-a-gap-so-on",
        "mine-2",
        "spanish-2-2",
    ]


def test_notes_stand_in_ankis_order(repository: Repository):
    rows = [("B", 1), ("a", 7), ("a", 2), ("B::x", 1), ("a", 0)]
    notes = [
        note(f"Number {n}?", deck=f"S::{deck}", position=at) for n, (deck, at) in enumerate(rows)
    ]
    lay_down(foreign(*notes), repository.root)
    names = [entry.question.id for bank_ in workflow.load(repository.root).subject.project.banks
             for entry in bank_.bank.entries]  # fmt: skip
    assert names[1:] == ["number-4", "number-2", "number-1", "number-0", "number-3"]


# ------------------------------------------------------------------ media


def test_media_come_under_safe_names_each_content_once(repository: Repository):
    evil = SVG.replace("<path", "<script>x()</script><path").encode()
    media = (
        file("My Pic (1).PNG"),
        file("../up.png", PNG + b"1"),
        file("../../up.png", PNG + b"2"),
        file("again.png"),
        file("evil.svg", evil),
        file("movie.mp4"),
        file("empty.png", b""),
        ForeignMedia("huge.png", 3_000_000, lambda path: None),
        ForeignMedia("torn.png", 9, _torn),
        file("nobody.png", PNG + b"3"),
        file("ünïcode.png", PNG + b"4"),
    )
    names = [one.name for one in media if one.name != "nobody.png"]
    shown = [note(f"Picture {n}: <img src='{name}' alt=x>?") for n, name in enumerate(names)]
    report = lay_down(foreign(*shown, media=media), repository.root)
    assert report.media == ("my-pic-1.png", "unicode.png", "up-2.png", "up.png")
    assert dict(report.media_left) == {
        "evil.svg": "this SVG has a `script` element",
        "movie.mp4": "a card shows no file of this type",
        "empty.png": "this file is empty",
        "huge.png": "it is larger than 2 MB",
        "torn.png": "it is damaged",
    }
    assert sorted(os.listdir(repository.root / "media")) == sorted(report.media)
    texts = {str(one[next(iter(one))]): one["q"] for one in questions(repository.root)}
    assert sum("my-pic-1.png" in text for text in texts.values()) == 2


def _torn(path: Path) -> None:
    path.write_bytes(b"half")
    raise ImportRefusedError("it is damaged")


def test_a_figure_of_a_note_that_is_left_out_does_not_come(repository: Repository):
    shown = note("<img src='a.png' alt=x> Why?", "…")
    report = lay_down(foreign(shown, note("And?"), media=(file("a.png"),)), repository.root)
    assert len(report.left_out) == 1
    assert report.media == ()
    assert not (repository.root / "media").exists()


# ------------------------------------------------------------------ the whole way, and what is told


def test_outside_of_a_project_a_new_one_is_made(ours: Repository, tmp_path: Path):
    file_ = package(ours.root)
    with pytest.raises(ImportRefusedError, match=r"name its folder: `--into DIR`"):
        bring_in(file_)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")
    with pytest.raises(ImportRefusedError, match=r"is not empty, it has `mine\.txt`"):
        bring_in(file_, into=tmp_path / "full")
    (tmp_path / "cloned/.git").mkdir(parents=True)
    for name in ("new", "cloned"):
        report = bring_in(file_, into=tmp_path / name)
        assert report.new
        space = workflow.load(tmp_path / name)
        assert space.subject is not None
        settings_ = space.subject.project.curriculum.settings
        assert (settings_.title, settings_.namespace) == ("Test Arc", "test-arc")
    assert sorted(os.listdir(tmp_path)) == ["cloned", "full", "new", "ours"]
    bring_in(file_, into=tmp_path / "dry", dry_run=True)
    assert not (tmp_path / "dry").exists()


def test_what_cannot_be_read_is_refused(tmp_path: Path, repository: Repository):
    (tmp_path / "notes.docx").write_bytes(b"?")
    with pytest.raises(ImportRefusedError, match="what can: an Anki package"):
        bring_in(tmp_path / "notes.docx", root=repository.root)
    with pytest.raises(ImportRefusedError, match="there is no"):
        bring_in(tmp_path / "nothing.apkg", root=repository.root)
    repository.write("decks/curriculum.yaml", "title: [")
    (tmp_path / "notes.txt").write_text("#separator:tab\nWhy?\tSo.\n")
    with pytest.raises(ImportRefusedError, match="`ankibuild check` says why"):
        bring_in(tmp_path / "notes.txt", root=repository.root)


def test_the_part_is_named_as_it_stands_below_decks(tmp_path: Path, repository: Repository):
    (tmp_path / "notes.txt").write_text("#separator:tab\nWhy?\tSo.\n")
    for into in (Path("decks/15-a"), Path("16-b"), repository.root / "decks/17-c"):
        bring_in(tmp_path / "notes.txt", root=repository.root, into=into)
        assert (repository.root / "decks" / into.name / "part.yaml").is_file()
        (tmp_path / "notes.txt").write_text(f"#separator:tab\nWhy {into.name}?\tSo.\n")
    for into in (Path("decks/15-a/b"), Path("decks"), tmp_path / "elsewhere"):
        with pytest.raises(ImportRefusedError, match="is not a folder right below `decks/`"):
            bring_in(tmp_path / "notes.txt", root=repository.root, into=into)


def test_errors_that_were_there_before_are_nobodys_concern(repository: Repository):
    repository.bank("  - basic: mine\n    q: What is $x?\n    a: This.\n")
    shown = note("<img src='a.png' alt=x> What?", "…")
    incoming = foreign(shown, note("Why?"), media=(file("a.png"),))
    report = lay_down(incoming, repository.root)
    assert [one.id for one in report.kept] == ["why"]
    assert not (repository.root / "media").exists()  # whose figure it is does not come


def test_the_report_says_it_in_short_and_in_full(repository: Repository):
    notes = [
        note("Why <b>so</b>?", tags=("B",)),
        note("How?"),
        note("Where\x1b[31m?", "", place="line 7"),
    ]
    report = lay_down(foreign(*notes, remarks=("3 files are missing",)), repository.root)
    assert (
        reports.summary(report)
        == """\
spanish.apkg: 3 notes
  1 as they were
  1 with something changed
    1  tags are spelled otherwise (why-so)
  1 left out
    1  its back is empty (“Where [31m?”)
3 files are missing
  1 bank written
    decks/03-spanish/01-spanish.yaml  2 questions
note by note: .ankibuild/import.md
next: `ankibuild check` (2 warnings), then `ankibuild serve` to look at the cards
learners of the old deck keep their progress: how, stands at the end of .ankibuild/import.md
"""
    )
    assert (repository.root / reports.PATH).read_text("utf-8") == reports.full(report)
    assert reports.full(report).startswith("""\
# Import of `spanish.apkg`

3 notes, of which 2 are questions now:
- 1 as they were
- 1 with something changed
- 1 left out

## Remarks (1)

- 3 files are missing

## Left out (1)

- “Where [31m?” (line 7): its back is empty

## Changed (1)

- `why-so` in `decks/03-spanish/01-spanish.yaml` (Why <b>so</b>?): tags are spelled otherwise: \
`B` is `b`

## As they were (1)

- `how` in `decks/03-spanish/01-spanish.yaml` (How?)

## For learners of the old deck
""")
