"""What holds for any bytes that are a bank, the arc or the ledger. Each law raises if broken."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from msgspec.json import decode, encode
from msgspec.structs import replace

from ankibuild import bank as banks
from ankibuild import cards, project, released
from ankibuild.arc.read import parse, parse_sources
from ankibuild.collection import Collection
from ankibuild.curriculum import Curriculum, SourceWork
from ankibuild.diagnostics import Source, errors
from ankibuild.fill import collect
from ankibuild.outputs.stamped import stamped
from ankibuild.project import Placed, Project
from ankibuild.released import Ledger
from ankibuild.rules import Subject, check_arc, check_bank
from ankibuild.source import read
from fuzz import markup
from fuzz.texts import BANK, check_problems, gaps_in_anki
from handmade import require_sound
from kit import SVG, Repository

#: Errors of banks that come from elsewhere: the still project has not what they name.
_STILL = {"unused-media", "unknown-source", "unknown-item"}
#: What parts one file from the next, where a law looks at several.
CUT = b"\n=====\n"


# ------------------------------------------------------------------ banks


@cache
def still() -> Project:
    """Give a sound project without banks; it takes long to load."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        repository = Repository(Path(folder))
        repository.write("media/a.svg", SVG)
        loaded, problems = project.load(repository.root)
    assert loaded
    assert not problems
    return loaded


def bank(data: bytes) -> None:
    """A bank is notes that Anki takes, or problems that can be shown."""
    subject = examined(data)
    if subject:
        built(subject)


def examined(data: bytes) -> Subject | None:
    """Give what a bank becomes; None if there is an error in it."""
    read_bank, problems = banks.parse(read(BANK, data))
    check_problems(problems)
    if read_bank is None:
        return None
    slot = still().curriculum.slots[0]
    here = replace(still(), banks=(Placed(slot, read_bank),))
    collected = collect(here)
    subject = Subject(here, collected.collection)
    found = (
        *problems,
        *project.unknown_names(here, here.banks[0]),
        *project.duplicates(here.banks),
        *collected.problems,
        *check_bank(subject),
        *check_arc(subject),
    )
    check_problems(found)
    if any(problem.rule not in _STILL for problem in errors(found)):
        return None
    return subject


def built(subject: Subject) -> Collection:
    """Give what learners get, after a look at every card of it."""
    made = stamped(subject)
    require_sound(made)
    kinds = {notetype.key: notetype for notetype in made.notetypes}
    for note in made.notes:
        assert len(cards.of(note, kinds[note.notetype])) == len(note.cards) > 0
        front = note.fields[0]
        assert markup.text_of(front).strip() or "<img" in front, (note.id, front)
        if note.notetype == "cloze":
            assert gaps_in_anki(note.fields[0]) == tuple(number + 1 for number in note.cards)
    return made


# ------------------------------------------------------------------ the arc, the ledger


def arc(data: bytes) -> None:
    """The curriculum, a part of it and the sources are read, and what is made of them is sound."""
    first, part, sources = (*data.split(CUT, 2), b"", b"")[:3]
    documents = {"01-first": read("decks/01-first/part.yaml", part)}
    made, problems = parse(read("decks/curriculum.yaml", first), documents)
    works, faults = parse_sources(read("decks/sources.yaml", sources))
    check_problems((*problems, *faults))
    for work in works.values():
        _check_work(work)
    if made is None or errors(problems):
        return
    assert decode(encode(made), type=Curriculum) == made
    plain, _ = banks.parse(read(BANK, b"title: T\nquestions:\n- basic: x\n  q: Why?\n  a: So.\n"))
    assert plain
    placed = tuple(Placed(slot, plain) for slot in made.slots[:1])
    here = Project(Path("/none"), made, placed, works)
    require_sound(stamped(Subject(here, collect(here).collection)))


def _check_work(work: SourceWork) -> None:
    for at in (None, "0:00", "12:34", "1:02:03", "p. 3", "anchor x y"):
        work.chapter(at)
        link = work.link(at)
        assert link is None or link.startswith(("https://", "http://")), link


def ledger(data: bytes) -> None:
    """A ledger that is read can be used for all that it is for, and written again."""
    text = data.decode("utf-8", "replace")
    kept, problems = released.parse(Source(released.PATH, text))
    check_problems(problems)
    assert released.parse(Source(released.PATH, released.dump(kept)))[0] == kept
    if not problems:
        _use(kept)


def _use(kept: Ledger) -> None:
    subject = replace(plain_subject(), ledger=kept)
    collection = subject.collection
    found = check_arc(subject)
    check_problems(found)
    released.version_line(subject.changes, kept)
    if kept.latest:
        assert kept.latest.date
        released.record(collection, kept, kept.latest, retired=("x", "y"))
    stamps = [note.mod for note in released.stamp(collection, kept, kept.preview_time).notes]
    assert all(isinstance(stamp, int) for stamp in stamps)
    released.cleanup(kept, collection.notetypes)
    if not errors(found):
        require_sound(stamped(subject))


@cache
def plain_subject() -> Subject:
    """Give a sound project with three questions, of which nothing is released."""
    data = b"title: T\nquestions:\n" + b"".join(
        b"- basic: %s\n  q: Why %s?\n  a: So.\n" % (name, name) for name in (b"x", b"y", b"z")
    )
    made = examined(data)
    assert made
    return made
