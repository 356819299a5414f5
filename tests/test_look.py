"""The tools that look at cards: they see what is wrong, keep quiet otherwise, and draw sheets."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

import look
import look_anki
from ankibuild import workflow
from ankibuild.kinds import kinds
from browser import Browser
from kit import Repository
from look import FIXED, VIEWS, CannotLookError
from reviewer import View
from sheets import Shot, shrink, write_sheets

PHONE = View("dark", 390)
FINE = """
  - basic: fine
    q: What is $x$?
    hint: A number.
    a: Two.
"""
FAULTS = r"""
  - basic: broken-formula
    q: What is this?
    a: It is $\frac$.
  - basic: wide-formula
    q: |
      What is $a_1 + a_2 + a_3 + a_4 + a_5 + a_6 + a_7 + a_8 + a_9 + a_{10} + a_{11} + a_{12}$?
    a: A sum.
"""
# The size of a picture, and how many colors it has, from a page that may read every dot.
COLORS = """
(async address => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const { width, height } = image;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, width, height);
  return [width, height, new Set(new Uint32Array(data.buffer)).size];
})
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.bank(FINE)
    return made


def measure(browser: Browser, picture: Path) -> tuple[int, int, int]:
    """Return a picture's width and height, and the number of its colors."""
    browser.go("about:blank")
    address = f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"
    width, height, colors = browser.js(f"({COLORS})({json.dumps(address)})")
    return width, height, colors


def lines(shots: tuple[Shot, ...]) -> list[str]:
    return [line for shot in shots for line in shot.lines]


# ------------------------------------------------------------------ problems


def test_nothing_is_wrong_with_the_fixed_set(browser: Browser):
    shots = look.look(browser, FIXED)
    assert lines(shots) == []
    assert {shot.view for shot in shots} == {look.name_of(view) for view in VIEWS}
    assert {shot.face for shot in shots} == {
        "question",
        "question, unfolded",
        "answer",
        "answer, unfolded",
        "answer, typed right",
        "answer, typed wrong",
    }


def test_the_fixed_set_has_every_kind():
    subject = workflow.load(FIXED).subject
    assert subject
    found = {entry.question.kind for entry in subject.project.entries.values()}
    assert found == set(kinds())


def test_planted_faults_are_found(browser: Browser, repository: Repository):
    repository.bank(FINE + FAULTS)
    found = lines(look.look(browser, repository.root, views=[PHONE]))
    assert {line.partition(",")[0] for line in found} == {
        "broken-formula card 1",
        "wide-formula card 1",
    }
    assert any("answer, dark 390: math: Missing argument for \\frac" in line for line in found)
    assert any("question, dark 390: overflow: " in line for line in found)


@pytest.mark.parametrize(
    ("style", "cut"),
    [
        ("height: 1em; overflow: hidden", True),
        ("width: 5em; white-space: nowrap; overflow-x: clip", True),
        ("height: 1em; overflow: auto", False),
        ("overflow: hidden", False),
    ],
)
def test_what_is_cut_off_is_found(browser: Browser, style: str, cut: bool):
    words = "<span>much more than would fit</span><br><span>the box</span>"
    page = f'<div id="qa"><div style="{style}">{words}</div></div>'
    browser.go("about:blank")
    browser.js(f"document.body.innerHTML = {json.dumps(page)}; 0")
    assert [problem.startswith("cut: <span>") for problem in browser.js(look.CUT)] == [True] * cut


# ------------------------------------------------------------------ the command


@pytest.mark.usefixtures("browser")
def test_a_fault_is_a_line_and_an_exit_status(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    repository.bank(FINE + FAULTS)
    monkeypatch.setattr(look, "ROOT", repository.root)
    monkeypatch.setattr(look, "VIEWS", [PHONE])
    assert look.main(["--all"]) == 1
    out, err = capsys.readouterr()
    assert "broken-formula card 1, answer, dark 390: math: " in out
    assert err.endswith(f"{len(out.splitlines())} problems\n")


@pytest.mark.usefixtures("browser")
def test_only_the_wanted_questions_are_looked_at(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    repository.bank(FINE + FAULTS)
    monkeypatch.setattr(look, "ROOT", repository.root)
    monkeypatch.setattr(look, "VIEWS", [PHONE])
    into = tmp_path / "sheets"
    assert look.main(["--ids", "fine", "--into", str(into)]) == 0
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in (into / "dark-390").iterdir()) == [
        "fine-card-1-answer-unfolded.png",
        "fine-card-1-answer.png",
        "fine-card-1-question-unfolded.png",
        "fine-card-1-question.png",
    ]


@pytest.mark.parametrize("name", ["find_chromium", "web_files"])
def test_what_is_missing_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
):
    def missing() -> None:
        if name == "web_files":
            raise ImportError("Anki's web files are missing: pip install --no-deps aqt")

    monkeypatch.setattr(look, name, missing)
    assert look.main([]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "install" in err


def test_what_is_not_there_is_not_looked_at(
    browser: Browser, repository: Repository, tmp_path: Path
):
    with pytest.raises(CannotLookError, match="there is no question `none`"):
        look.look(browser, repository.root, ids=["fine", "none"])
    with pytest.raises(CannotLookError, match="ankibuild check"):
        look.look(browser, tmp_path)


# ------------------------------------------------------------------ pictures


@pytest.fixture(scope="module")
def shots(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shot, ...]:
    """Look at one question in two views, with pictures."""
    folder = tmp_path_factory.mktemp("look")
    repository = Repository(folder / "repository")
    repository.bank(FINE)
    views = [View("light", 900), PHONE]
    return look.look(browser, repository.root, folder / "sheets", views=views)


@pytest.fixture(scope="module")
def pictures(shots: tuple[Shot, ...]) -> list[Path]:
    return [shot.picture for shot in shots if shot.picture]


def test_every_picture_shows_a_card(
    browser: Browser, shots: tuple[Shot, ...], pictures: list[Path]
):
    assert len(pictures) == len(set(pictures)) == 8
    for shot, picture in zip(shots, pictures, strict=True):
        width, height, colors = measure(browser, picture)
        assert f"{width}" == shot.view.split()[1]
        assert 60 < height < 600
        assert colors > 20


@pytest.mark.parametrize("view", ["light-900", "dark-390"])
def test_every_view_has_a_sheet(browser: Browser, pictures: list[Path], view: str):
    width, height, colors = measure(browser, pictures[0].parent.parent / f"{view}.png")
    assert (width > 1900, height > 600, colors > 20) == (True, True, True)


def test_the_index_shows_every_picture(browser: Browser, pictures: list[Path]):
    browser.go((pictures[0].parent.parent / "index.html").as_uri())
    assert browser.js("[...document.images].filter(image => image.naturalWidth).length") == 8
    assert browser.js("document.querySelectorAll('.wrong').length") == 0
    links = "[...document.querySelectorAll('p a')].map(a => a.getAttribute('href'))"
    assert browser.js(links) == ["light-900.png", "dark-390.png"]


def test_the_index_says_what_is_wrong(browser: Browser, pictures: list[Path], tmp_path: Path):
    picture = shutil.copy(pictures[0], tmp_path / "picture.png")
    write_sheets(browser, [Shot("dark 390", "a", "answer", ("math: <b>",), picture)], tmp_path)
    browser.go((tmp_path / "index.html").as_uri())
    assert browser.js("document.querySelector('.wrong li').textContent") == "math: <b>"


def test_a_picture_shrinks_and_stays_what_it_is(
    browser: Browser, pictures: list[Path], tmp_path: Path
):
    large, small = pictures[-1], shutil.copy(pictures[-1], tmp_path / "small.png")
    shrink(browser, small)
    before, after = measure(browser, large), measure(browser, small)
    assert small.stat().st_size < 0.7 * large.stat().st_size
    assert after == (*before[:2], min(before[2], 256))


# ------------------------------------------------------------------ beside the real application


def test_what_is_elsewhere_in_the_application_is_found():
    here = [("p", 10.0, 20.0, 300.0, 40.0), ("hr", 10.0, 70.0, 300.0, 1.0)]
    moved = [here[0], ("hr", 10.0, 78.0, 300.0, 1.0)]
    near = [here[0], ("hr", 10.0, 71.0, 300.0, 1.0)]
    assert list(look_anki.compare(here, near)) == []
    assert list(look_anki.compare(here, moved)) == [
        "moved: <hr> is at 10, 70, 300, 1, on the page of `look` 10, 78, 300, 1"
    ]
    for other in (None, here[:1]):
        assert list(look_anki.compare(here, other)) == [
            "moved: the page of `look` shows other elements"
        ]
