"""What holds for any bytes that are brought in: they are read, or refused with a reason."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ankibuild import markdown, workflow
from ankibuild.diagnostics import errors, render
from ankibuild.importer import bring_in
from ankibuild.importer.foreign import Foreign, ImportRefusedError
from ankibuild.importer.prose import to_markdown
from ankibuild.importer.reading import opened
from foreign import database, packed, packed_newly
from fuzz.decks import CUT
from fuzz.markup import check

MEDIA = {"a.png": "a.png"}


def html(data: bytes) -> None:
    """HTML becomes a text without mistakes; what is rendered of it is safe."""
    text = data.decode("utf-8", "replace")
    for cloze in (False, True):
        made = to_markdown(text, MEDIA, cloze=cloze)
        if len(made.text) > markdown.LONGEST:
            continue
        rendered = markdown.render(made.text, cloze=cloze, media=MEDIA)
        wrong = {problem.rule for problem in rendered.problems if problem.severity == "error"}
        assert wrong <= {"cloze-without-gap"}, (wrong, made.text)
        check(rendered.html, set(MEDIA.values()))


def table(data: bytes) -> None:
    """A text export is read or refused."""
    _read("notes.txt", lambda path: path.write_bytes(data))


def crowdanki(data: bytes) -> None:
    """A CrowdAnki export is read or refused."""
    _read("deck.json", lambda path: path.write_bytes(data))


def package(data: bytes) -> None:
    """A package is read or refused: its zip, its database, or the texts in it disturbed."""
    how, rest = data[:1], data[1:]
    makers: dict[bytes, Callable[[Path], object]] = {
        b"d": lambda path: packed(path, rest),
        b"j": lambda path: packed(path, *_texts(rest)),
        b"m": lambda path: packed_newly(path, database(), rest, **{"0": b"x"}),
    }
    _read("deck.apkg", makers.get(how, lambda path: path.write_bytes(data)))


def _texts(data: bytes) -> tuple[bytes, bytes]:
    """Give a database with JSON and fields as they are given, and a list of media."""
    models, decks, fields, media = (*data.split(CUT, 3), b"", b"", b"", b"")[:4]
    texts = [part.decode("utf-8", "replace") for part in (models, decks, fields)]
    note = (1, texts[2][:20], 7, texts[2][20:40], texts[2])
    return database(notes=[note], models=texts[0] or None, decks=texts[1] or None), media


def _read(name: str, write: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / name
        write(path)
        with suppress(ImportRefusedError), opened(path) as foreign:
            _check(foreign, Path(folder))


def brought(data: bytes) -> None:
    """What a table becomes is a project without an error, of which packages can be made."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path, made = Path(folder) / "notes.txt", Path(folder) / "made"
        path.write_bytes(data)
        try:
            report = bring_in(path, into=made)
        except ImportRefusedError:
            return
        if not report.files:
            return
        space = workflow.load(made)
        assert not errors(space.problems), render(errors(space.problems))
        assert space.subject
        assert len(space.subject.collection.notes) == len(report.kept) + len(report.changed)
        workflow.build(space.subject, made / "dist")


def _check(foreign: Foreign, folder: Path) -> None:
    for note in foreign.notes:
        for text in (note.guid, note.deck, note.place, *note.fields, *note.tags):
            text.encode("utf-8")
            assert "\0" not in text
    for number, file in enumerate(foreign.media[:3]):
        assert file.name
        with suppress(ImportRefusedError):
            file.copy(folder / f"copy-{number}")
