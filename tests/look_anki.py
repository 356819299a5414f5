"""Look at the fixed set of cards in the real Anki desktop application, on a screen of its own.

python tests/look_anki.py                    # installs Anki below build, once: 600 MB
python tests/look_anki.py --python PATH      # with a Python that has Anki and Qt already

The application is started with an empty folder of its own, imports the package, and shows every
face of every card in its reviewer, light and dark. Each is asked what `look` asks, and compared
with the page that `look` shows: every element must be where it is there. Pictures and sheets go
into dist/look-anki. Exit status: 0 nothing is wrong, 1 something is, 2 it cannot be looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from browser import Browser
from look import (
    CUT,
    FIXED,
    OPEN,
    ROOT,
    CannotLookError,
    build,
    chromium,
    find_cards,
    learner,
    show_faces,
)
from reviewer import CHECKS, WAIT, Reviewer, Site, View
from sheets import CARD_SIZE, Shot, write_sheets

PATIENCE = 180  # seconds, for the whole tour
SIZE = (900, 1100)  # CSS pixels of the reviewer's page
SLACK = 1.5  # CSS pixels by which an element may be elsewhere: text is laid out in whole ones

SETTLE = f"""
(async () => {{
  {WAIT}
  await settled(() => {{}});
  for (const frame of [1, 2, 3]) await new Promise(requestAnimationFrame);
}})()
"""
BOXES = """
[...document.querySelectorAll("#qa :is(p, li, pre, td, img, summary, a, hr, mjx-container)")]
  .filter(e => e.checkVisibility()).map(e => {
    const { x, y, width, height } = e.getBoundingClientRect();
    return [e.tagName.toLowerCase(), x, y, width, height];
  })
"""
INSPECT = f"""
(() => {{
  const problems = [...eval({json.dumps(f"{{ {CHECKS} }}")}), ...{CUT}];
  return {{ problems, boxes: {BOXES}, height: {CARD_SIZE}[1] }};
}})
"""

Boxes = list[tuple[str, float, float, float, float]]


@dataclass(frozen=True)
class Face:
    """One face of a card as the application showed it."""

    theme: str
    card: str
    face: str
    picture: str
    problems: list[str]
    boxes: Boxes

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what the face is known by."""
        return self.theme, self.card, self.face


# ------------------------------------------------------------------ the application


def find_anki() -> Path:
    """Give a Python with the Anki whose page `look` shows; installs it below ``build``, once."""
    wanted = version("aqt")
    folder = ROOT / "build" / f"anki-{wanted}"
    python, whole = folder / "bin" / "python", folder / "whole"
    if not whole.exists():
        print(f"installing Anki into {folder} (once)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        constraints = ["--constraint", ROOT / "constraints.txt"]
        subprocess.run([*install, *constraints, f"aqt=={wanted}"], check=True)
        whole.touch()
    return python


@contextmanager
def screen() -> Iterator[str]:
    """Give the name of an X display that nobody sees, as long as it is wanted."""
    if not shutil.which("Xvfb"):
        raise CannotLookError("this needs an X server without a screen: apt-get install xvfb")
    size = f"{SIZE[0] + 200}x{SIZE[1] + 400}x24"
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout
        try:
            if not (number := server.stdout.readline().strip()):
                raise CannotLookError("Xvfb does not start: try `xvfb-run true`")
            yield f":{number}"
        finally:
            server.terminate()


def tour(python: Path, package: Path, into: Path) -> tuple[Face, ...]:
    """Have the application import a package and go through its cards; ``into`` is made anew.

    Raises CannotLookError if it does not come to the end.
    """
    with _home() as home, screen() as display:
        shutil.rmtree(into, ignore_errors=True)
        base = Path(home) / "Anki"
        for folder in (base, into):
            folder.mkdir(parents=True)
        job = {"package": str(package), "into": str(into), "base": str(base), "size": SIZE}
        asked = {"settle": SETTLE, "inspect": INSPECT, "unfold": f"{OPEN}(99)"}
        order = Path(home) / "job.json"
        order.write_text(json.dumps({**job, **asked}), encoding="utf-8")
        log = into / "log.txt"
        _run([python, ROOT / "tests" / "look_inside.py", order], _surroundings(home, display), log)
    return _faces(into / "report.json", log)


def _home() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="look-anki-", ignore_cleanup_errors=True)


def _run(command: Sequence[str | Path], env: dict[str, str], log: Path) -> None:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            print(f"look-anki: given up after {PATIENCE} seconds", file=sys.stderr)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the application: it has processes of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _surroundings(home: str, display: str) -> dict[str, str]:
    folders = dict.fromkeys(("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), home)
    flags = "--disable-gpu --force-color-profile=srgb --font-render-hinting=none"
    return {
        **os.environ,
        **folders,
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "QTWEBENGINE_CHROMIUM_FLAGS": flags,
        "QTWEBENGINE_DISABLE_SANDBOX": "1",  # it needs more than a container gives
        "ANKI_SINGLE_INSTANCE_KEY": home,  # an Anki that is running is none of our business
    }


def _faces(report: Path, log: Path) -> tuple[Face, ...]:
    if not report.is_file():
        raise CannotLookError(f"Anki did not come to the end; see {log}")
    told = json.loads(report.read_text(encoding="utf-8"))
    if "failure" in told:
        raise CannotLookError(f"Anki stopped: {told['failure']}")
    return tuple(Face(**face) for face in told["faces"])


# ------------------------------------------------------------------ the page that `look` shows


def boxes_of_look(browser: Browser, root: Path) -> dict[tuple[str, str, str], Boxes]:
    """Give the place of every element on the page of `look`, for each face in both themes."""
    found: dict[tuple[str, str, str], Boxes] = {}
    with learner(root) as box, Site(box.folder / "collection.media") as site:
        reviewer = Reviewer(browser, site)
        for theme in ("light", "dark"):
            reviewer.open(View(theme, SIZE[0]))
            browser.resize(*SIZE)
            for card in find_cards(box.col):
                for face in show_faces(reviewer, box.col, card):
                    found[theme, card.name, face] = reviewer.js(BOXES)
    return found


def compare(here: Boxes, there: Boxes | None) -> Iterator[str]:
    """Say where the application has an element that is elsewhere on the page of `look`."""
    if there is None or [box[0] for box in here] != [box[0] for box in there]:
        yield "moved: the page of `look` shows other elements"
        return
    for (tag, *place), (_, *other) in zip(here, there, strict=True):
        if max(abs(a - b) for a, b in zip(place, other, strict=True)) > SLACK:
            yield f"moved: <{tag}> is at {_rounded(place)}, on the page of `look` {_rounded(other)}"


def _rounded(place: Sequence[float]) -> str:
    return ", ".join(f"{value:.0f}" for value in place)


# ------------------------------------------------------------------ the command


def look_anki(browser: Browser, python: Path, into: Path) -> tuple[Shot, ...]:
    """Look at the fixed set in the application, and write sheets into the folder ``into``."""
    with tempfile.TemporaryDirectory(prefix="look-package-") as dist:
        faces = tour(python, build(FIXED, Path(dist)), into / "faces")
    expected = boxes_of_look(browser, FIXED)
    shots = tuple(_shot(face, expected, into) for face in faces)
    if missing := expected.keys() - {face.key for face in faces}:
        raise CannotLookError(f"Anki did not show {', '.join(min(missing))}")
    write_sheets(browser, shots, into)
    return shots


def _shot(face: Face, expected: dict[tuple[str, str, str], Boxes], into: Path) -> Shot:
    moved = compare(face.boxes, expected.get(face.key))
    name = f"{face.theme} {SIZE[0]}"
    problems = (*face.problems, *moved)
    return Shot(name, face.card, face.face, problems, into / "faces" / face.picture)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; give the exit status."""
    options = _options(arguments)
    into = options.into.resolve()
    try:
        with Browser(chromium()) as browser:
            shots = look_anki(browser, options.python or find_anki(), into)
    except (CannotLookError, subprocess.CalledProcessError) as error:
        print(f"look-anki: {error}", file=sys.stderr)
        return 2
    problems = [line for shot in shots for line in shot.lines]
    print(*problems, sep="\n", end="\n" * bool(problems))
    told = f"{len(shots)} faces of cards, {len(problems)} problems; see {into / 'index.html'}"
    print(told, file=sys.stderr)
    return 1 if problems else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Look at cards in the real Anki application.")
    parser.add_argument("--python", type=Path, metavar="PATH", help="a Python with Anki and Qt")
    parser.add_argument("--into", type=Path, default=ROOT / "dist" / "look-anki", metavar="DIR")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
