"""The wheel: whoever has pip alone, and no npm, gets the same check and the same pages."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from flit_core import buildapi

from kit import Repository
from typesetting import need_mathjax

ROOT = Path(__file__).parent.parent
FAULTY = "  - basic: why\n    q: What is $\\argmaxx_i p_i$?\n    a: $\\frac{1}{2}$\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it, as pip does; give the folder."""
    need_mathjax()
    folder = tmp_path_factory.mktemp("wheel")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        name = buildapi.build_wheel(str(folder))
    with zipfile.ZipFile(folder / name) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


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
