"""Sounds: written like pictures, played by Anki and by the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ankibox import AnkiBox
from ankibuild import markdown, site, workflow
from ankibuild.notes import guid
from ankibuild.rules import Subject
from kit import Repository

NAMES = {"dog.mp3": "dog-0123.mp3", "dog.svg": "dog-4567.svg"}
QUESTION = """\
  - basic: dog
    q: "Who barks? ![a bark](dog.mp3)"
    a: A dog.
    at: 1:00
  - cloze: bark
    text: "A dog says {{c1::woof ![](dog.mp3)}}."
    at: 2:00
"""


def subject_of(root: Path) -> Subject:
    repository = Repository(root)
    repository.bank(QUESTION)
    (root / "media").mkdir(exist_ok=True)
    (root / "media/dog.mp3").write_bytes(b"ID3 woof")
    space = workflow.load(root)
    assert space.sound
    assert space.subject is not None
    return space.subject


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AnkiBox]:
    with closing(AnkiBox(tmp_path / "anki")) as box:
        yield box


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("![a bark](dog.mp3)", "[sound:dog-0123.mp3]"),
        ("![](dog.mp3)", "[sound:dog-0123.mp3]"),
        ("**woof** ![](dog.mp3)", "<strong>woof</strong> [sound:dog-0123.mp3]"),
        ("[sound:dog-0123.mp3]", "&#91;sound:dog-0123.mp3]"),
        ('<sound src="dog-0123.mp3">', "&lt;sound src=&quot;dog-0123.mp3&quot;&gt;"),
        ("`[sound:dog-0123.mp3]`", "<code>&#91;sound:dog-0123.mp3]</code>"),
    ],
)
def test_only_what_is_written_like_a_picture_plays(text: str, html: str):
    found = markdown.render(text, media=NAMES).html
    assert found.replace('"', "&quot;") == html.replace('"', "&quot;")


def test_anki_plays_it_and_misses_nothing(tmp_path: Path, box: AnkiBox):
    subject = subject_of(tmp_path / "project")
    box.import_package(workflow.build(subject, tmp_path / "dist")[0].path)
    (media,) = subject.collection.media
    front = box.cards(guid("test-arc", "dog"))[0]
    assert [tag.filename for tag in front.question_av_tags()] == [media.name]
    back = box.cards(guid("test-arc", "bark"))[0]
    assert back.question_av_tags() == []
    assert [tag.filename for tag in back.answer_av_tags()] == [media.name]
    checked = box.col.media.check()
    assert (list(checked.missing), list(checked.unused)) == ([], [])


def test_a_page_plays_it(tmp_path: Path):
    subject = subject_of(tmp_path)
    (media,) = subject.collection.media
    pages = site.make(subject)
    page = pages.file("decks/01-first/01-one.html")
    file = pages.file(f"media/{media.name}")
    assert page is not None
    assert file is not None
    assert (
        f'<audio controls preload="none" src="../../media/{media.name}">' in page.content.decode()
    )
    assert (file.type, file.content) == ("audio/mpeg", media.content)


def test_a_book_links_to_it(tmp_path: Path):
    subject = subject_of(tmp_path)
    files = workflow.export(subject, "gitbook", tmp_path / "book")
    page = next(path for path in files if "one" in path.name)
    assert ".mp3)" in page.read_text("utf-8")
    assert any(path.suffix == ".mp3" for path in files)
