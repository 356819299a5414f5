"""Look at cards: every face of every card on Anki's own reviewer page, in four views.

python tests/look.py             # the fixed set: pictures and contact sheets into dist/look
python tests/look.py --ids a b   # only these questions, of the fixed set or of our own decks
python tests/look.py --all       # all of our own decks, no pictures
python tests/look.py --changed main  # what is new or different since a git revision

Every problem is a line on standard output: what sticks out of the page or is cut off, what cannot
be read, markup that is left over, broken formulas and images, errors of scripts. Exit status: 0
nothing is wrong, 1 something is, 2 something is missing that is needed for looking.
"""

from __future__ import annotations

import argparse
import html
import re
import shutil
import sys
import tempfile
from collections.abc import Collection as Several
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from anki.collection import Collection

from ankibox import AnkiBox
from ankibuild import workflow
from ankibuild.diff import since
from ankibuild.git import GitError
from browser import Browser, BrowserError, find_chromium
from reviewer import Reviewer, Sides, Site, View, answered, sides, web_files, wrong
from sheets import Shot, shrink, take_picture, write_sheets

ROOT = Path(__file__).parent.parent
FIXED = ROOT / "tests" / "data" / "look"
VIEWS = tuple(View(theme, width) for width in (900, 390) for theme in ("light", "dark"))

# What the reviewer's own checks do not ask: what a box cuts off where nobody can scroll to it.
CUT = """
(() => {
  const hides = (box, axis) => /hidden|clip/.test(getComputedStyle(box)[axis]);
  const leaves = box => [...box.querySelectorAll(":not(mjx-assistive-mml *):not(:has(*))")];
  const cut = box => {
    const [x, y] = [hides(box, "overflowX"), hides(box, "overflowY")];
    const { left, right, top, bottom } = box.getBoundingClientRect();
    return (x || y) && leaves(box).find(leaf => {
      const at = leaf.getBoundingClientRect();
      return at.width && at.height && leaf.checkVisibility() && (
        x && Math.max(left - at.left, at.right - right) > 1
        || y && Math.max(top - at.top, at.bottom - bottom) > 1
      );
    });
  };
  return [...document.querySelectorAll("#qa *:not(mjx-math *, mjx-assistive-mml)")]
    .flatMap(box => cut(box) ? [`cut: ${cut(box).outerHTML.slice(0, 80)} in ${box.tagName}`] : []);
})()
"""
OPEN = """
(count => {
  const folded = [...document.querySelectorAll("#qa details")].slice(0, count);
  for (const details of folded) details.open = true;
  return folded.length > 0;
})
"""


class CannotLookError(Exception):
    """Something is missing; the text says what, and what to do."""


# ------------------------------------------------------------------ cards and their faces


def build(root: Path, dist: Path) -> Path:
    """Build the package of a project that can be read, whatever else is wrong with it."""
    space = workflow.load(root)
    if space.subject is None:
        raise CannotLookError(f"{root} cannot be read: try `ankibuild check`")
    return workflow.build(space.subject, dist)[0].path


@contextmanager
def learner(root: Path) -> Iterator[AnkiBox]:
    """Import what is at ``root`` into a collection that is thrown away."""
    with (
        tempfile.TemporaryDirectory(prefix="look-") as folder,
        closing(AnkiBox(Path(folder) / "learner")) as box,
    ):
        box.import_package(build(root, Path(folder) / "dist"))
        yield box


def find_cards(col: Collection, ids: Several[str] = ()) -> tuple[Sides, ...]:
    """Prepare the cards of some questions, or of all, in the order of the banks."""
    numbers = col.find_cards("deck:*", order="c.due, c.ord")
    cards = (col.get_card(number) for number in numbers)
    return tuple(sides(col, card) for card in cards if not ids or card.note()["Id"] in ids)


def show_faces(reviewer: Reviewer, col: Collection, card: Sides) -> Iterator[str]:
    """Show a card's question and answers, folded and unfolded; give the name of what is shown."""
    reviewer.show_question(card)
    yield "question"
    if unfold(reviewer):
        yield "question, unfolded"
    for name, answer in answers(col, card).items():
        reviewer.show_answer(answer)
        yield name
    if unfold(reviewer):
        yield "answer, unfolded"


def answers(col: Collection, card: Sides) -> dict[str, Sides]:
    """Give the card with its answer: as it is, or after the right and the wrong one was typed."""
    if card.expected is None:
        return {"answer": card}
    typed = {"right": html.unescape(card.expected), "wrong": wrong(card.expected)}
    return {f"answer, typed {how}": answered(col, card, text) for how, text in typed.items()}


def unfold(reviewer: Reviewer, count: int = 99) -> bool:
    """Open the first hints and steps of what is shown. Tells whether there are any."""
    return bool(reviewer.js(f"{OPEN}({count})"))


# ------------------------------------------------------------------ looking


def shoot(
    reviewer: Reviewer, col: Collection, card: Sides, view: View, into: Path | None
) -> Iterator[Shot]:
    """Look at every face of a card, and take pictures if there is a folder to put them ``into``."""
    name = name_of(view)
    for face in show_faces(reviewer, col, card):
        picture = into and picture_path(into, name, card.name, face)
        if picture:
            take_picture(reviewer.browser, picture)
        problems = (*reviewer.problems(), *reviewer.js(CUT))
        yield Shot(name, card.name, face, problems, picture)


def name_of(view: View) -> str:
    """Name a view: ``dark 390``."""
    return f"{view.theme} {view.width}"


def picture_path(into: Path, view: str, card: str, face: str) -> Path:
    """Name the picture of one face: a folder for each view."""
    folder = into / _slug(view)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{_slug(card)}-{_slug(face)}.png"


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name)


def look(
    browser: Browser,
    root: Path,
    into: Path | None = None,
    ids: Several[str] = (),
    views: Sequence[View] = VIEWS,
) -> tuple[Shot, ...]:
    """Look at cards of the project at ``root``; with pictures and sheets in the folder ``into``.

    Raises CannotLookError if there is nothing to look at.
    """
    with learner(root) as box, Site(box.folder / "collection.media") as site:
        reviewer, cards = Reviewer(browser, site), find_cards(box.col, ids)
        if missing := set(ids) - {card.name.split()[0] for card in cards}:
            raise CannotLookError(f"there is no question `{min(missing)}`")
        shots: list[Shot] = []
        for view in views:
            if into:
                shutil.rmtree(into / _slug(name_of(view)), ignore_errors=True)
            reviewer.open(view)
            for card in cards:
                shots += shoot(reviewer, box.col, card, view, into)
    if into:
        write_sheets(browser, shots, into)
    return tuple(shots)


# ------------------------------------------------------------------ pictures for the README


@dataclass(frozen=True)
class Picture:
    """A picture of the README: which face of which card, with how many steps open."""

    name: str
    card: str
    theme: str
    side: str = "answer"
    unfolded: int = 0


PICTURES = (
    Picture("look-formula", "formula card 1", "light"),
    Picture("look-gap", "gaps card 2", "dark", side="question"),
    Picture("look-steps", "derivation card 1", "light", unfolded=2),
    Picture("look-program", "program card 1", "dark"),
)


def take_pictures(browser: Browser, into: Path) -> None:
    """Take the README's pictures: 390 CSS pixels across, twice as many of the picture's own."""
    with learner(FIXED) as box, Site(box.folder / "collection.media") as site:
        reviewer = Reviewer(browser, site)
        cards = {card.name: card for card in find_cards(box.col)}
        for wanted in PICTURES:
            reviewer.open(View(wanted.theme, 390, scale=2.0))
            reviewer.show_question(cards[wanted.card])
            if wanted.side == "answer":
                reviewer.show_answer(cards[wanted.card])
            unfold(reviewer, wanted.unfolded)
            shrink(browser, take_picture(browser, into / f"{wanted.name}.png"))


# ------------------------------------------------------------------ the command


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; give the exit status."""
    options = _options(arguments)
    try:
        with Browser(chromium()) as browser:
            if options.pictures:
                take_pictures(browser, options.pictures)
                return 0
            return _report(browser, options)
    except (CannotLookError, BrowserError, GitError) as error:
        print(f"look: {error}", file=sys.stderr)
        return 2


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Look at cards on Anki's own reviewer page.")
    parser.add_argument("--all", action="store_true", help="our own decks, without pictures")
    parser.add_argument("--ids", nargs="+", default=(), metavar="ID", help="only these questions")
    parser.add_argument("--changed", metavar="REV", help="what changed since a git revision")
    parser.add_argument("--into", type=Path, default=ROOT / "dist" / "look", metavar="DIR")
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="take the pictures of the README, only"
    )
    return parser.parse_args(arguments)


def chromium() -> str:
    """Give the path of the browser. Raises CannotLookError if it or Anki's page is missing."""
    try:
        web_files()
    except ImportError as error:
        raise CannotLookError(str(error)) from error
    if program := find_chromium():
        return program
    raise CannotLookError("this needs Chromium: apt-get install chromium")


def _report(browser: Browser, options: argparse.Namespace) -> int:
    into = None if options.all else options.into.resolve()
    ids = changed(ROOT, options.changed) if options.changed else tuple(options.ids)
    if options.changed and not ids:
        print(f"no card looks different since {options.changed}", file=sys.stderr)
        return 0
    root = ROOT if options.changed else _project(options)
    shots = look(browser, root, into, ids, VIEWS)
    problems = [line for shot in shots for line in shot.lines]
    print(*problems, sep="\n", end="\n" * bool(problems))
    where = f"; see {into / 'index.html'}" if into else ""
    print(f"{len(shots)} faces of cards, {len(problems)} problems{where}", file=sys.stderr)
    return 1 if problems else 0


def changed(root: Path, revision: str) -> tuple[str, ...]:
    """Give the ids of questions whose notes are new or different since a revision."""
    subject = workflow.load(root).subject
    if subject is None:
        raise CannotLookError(f"{root} cannot be read: try `ankibuild check`")
    found = since(subject, revision)
    return tuple(sorted({*found.touched, *(item.id for item in found.added)}))


def _project(options: argparse.Namespace) -> Path:
    subject = workflow.load(FIXED).subject
    assert subject
    in_fixed = subject.project.entries.keys() >= set(options.ids)
    return FIXED if in_fixed and not options.all else ROOT


if __name__ == "__main__":
    sys.exit(main())
