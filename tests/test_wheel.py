"""The wheel: whoever has pip alone, and no npm, gets the same check and the same pages.

And all else: what starts a deck repository of one's own, and what that repository needs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flit_core import buildapi

from ankibuild import __version__
from kit import Repository
from typesetting import need_mathjax

ROOT = Path(__file__).parent.parent
FAULTY = "  - basic: why\n    q: What is $\\argmaxx_i p_i$?\n    a: $\\frac{1}{2}$\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, as pip does."""
    need_mathjax()
    return made(buildapi.build_wheel, ROOT, tmp_path_factory.mktemp("wheel"))


def made(build: Callable[[str], str], root: Path, folder: Path) -> Path:
    """Let flit build something of the project at ``root``; give the file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        return folder / build(str(folder))


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """Unpack the wheel; give the folder."""
    shutil.unpack_archive(wheel, wheel.parent / "site", "zip")
    return wheel.parent / "site"


def run(installed: Path, root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command with what is installed, and neither node nor npm."""
    environment = {"PATH": str(root), "PYTHONPATH": str(installed), "HOME": os.environ["HOME"]}
    command = [sys.executable, "-m", "ankibuild", *words]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def test_formulas_are_typeset_without_node(installed: Path, tmp_path: Path):
    Repository(tmp_path).bank(FAULTY)
    done = run(installed, tmp_path, "check")
    assert "error[unknown-macro]: `\\argmaxx` is not a macro that Anki knows" in done.stderr
    assert "decks/01-first/01-one.yaml:6:17" in done.stderr
    assert "not typeset" not in done.stderr


def test_pages_are_made_without_node(installed: Path, tmp_path: Path):
    Repository(tmp_path).bank(FAULTY.replace("argmaxx", "max"))
    done = run(installed, tmp_path, "export", "site")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "dist/site/decks/01-first/01-one.html").read_text(encoding="utf-8")
    assert "<mjx-container" in page
    assert list((tmp_path / "dist/site/fonts").glob("*.woff"))


def test_without_an_engine_one_line_says_so(installed: Path, tmp_path: Path):
    Repository(tmp_path).bank(FAULTY)
    (tmp_path / "quickjs.py").write_text("raise ImportError", encoding="utf-8")
    environment = {"PATH": str(tmp_path), "PYTHONPATH": f"{tmp_path}{os.pathsep}{installed}"}
    done = subprocess.run(
        [sys.executable, "-m", "ankibuild", "check"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr.count("not typeset") == 1


# ------------------------------------------------------------------ what is in it


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as packed:
        return {name: packed.read(name) for name in packed.namelist() if "dist-info" not in name}


def test_the_wheel_has_every_file_of_the_package(wheel: Path):
    package = ROOT / "src"
    files = [path for path in (package / "ankibuild").rglob("*") if path.is_file()]
    here = {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in files
        if "__pycache__" not in path.parts
    }
    assert contents(wheel) == here
    starter = {path.rpartition("/starter/files/common/")[2] for path in here}
    assert {".gitignore", ".github/workflows/release.yml", ".vscode/settings.json"} <= starter
    assert {"ankibuild/py.typed", "ankibuild/notetypes/style.css"} <= set(here)
    assert {"ankibuild/typeset/mathjax/core.js", "ankibuild/rules/handbook.md"} <= set(here)


def test_the_sdist_makes_the_same_wheel(wheel: Path, tmp_path: Path):
    sdist = made(buildapi.build_sdist, ROOT, tmp_path)
    shutil.unpack_archive(sdist, tmp_path, filter="data")
    root = tmp_path / f"ankibuild-{__version__}"
    again = made(buildapi.build_wheel, root, tmp_path)
    assert again.name == wheel.name
    assert contents(again) == contents(wheel)


# ------------------------------------------------------------------ installed by itself


@pytest.fixture(scope="module")
def program(wheel: Path) -> Path:
    """Install the wheel into an environment of its own; what it depends on is taken from ours."""
    venv = wheel.parent / "venv"
    call(sys.executable, "-m", "venv", "--without-pip", venv)
    site = sysconfig.get_path("purelib", "venv", {"base": str(venv), "platbase": str(venv)})
    # No package index is asked, so that the test needs no network.
    (Path(site) / "ours.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    options = ["--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]
    call(sys.executable, "-m", "pip", "--python", venv, "install", *options, wheel)
    return venv / "bin/ankibuild"


def call(*words: str | Path, cwd: Path | None = None, **more: str) -> str:
    """Run a program with nothing of this repository in its environment; give what it says."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME")}
    done = subprocess.run(
        list(map(str, words)),
        cwd=cwd,
        env={**kept, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_the_installed_one_that_runs(program: Path, tmp_path: Path):
    say = "import ankibuild; print(ankibuild.__file__)"
    place = call(program.with_name("python"), "-c", say, cwd=tmp_path)
    assert Path(place.strip()).is_relative_to(program.parents[1])
    assert call(program, "--version", cwd=tmp_path) == f"ankibuild, version {__version__}\n"


START = """
from pathlib import Path
from ankibuild.starter import lay_down, propose
lay_down(Path("knots"), propose(Path("knots")))
"""


def test_a_newcomer_starts_builds_and_tests(program: Path, wheel: Path, tmp_path: Path):
    """All in the words of the repository itself; only pip is kept from asking an index."""
    call(program.with_name("python"), "-c", START, cwd=tmp_path)
    offline = {
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PYTHON": sys.executable,
    }
    knots = tmp_path / "knots"
    said = call("make", "test", f"ANKIBUILD={wheel}", cwd=knots, **offline)
    assert said.startswith("setting up .venv (once)\n")
    assert "dist/knots.apkg: 8 notes, 10 cards" in said
    assert (knots / "dist/SHA256SUMS").read_text(encoding="utf-8").count(".apkg\n") == 2
    found = list((knots / ".venv").rglob("site-packages/ankibuild/__init__.py"))
    assert len(found) == 1, "the tool is the one that was named"
