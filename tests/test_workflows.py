"""The workflows and forms: well formed, safe, and made of steps that run here, too."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
FORMS = sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml"))
BIN = Path(sys.executable).parent
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    words = list(map(str, command))
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def jobs() -> list[Any]:
    return [
        pytest.param(job, id=f"{path.stem}-{name}")
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
    ]


def test_zizmor_finds_nothing():
    done = run(BIN / "zizmor", "--offline", "--persona=auditor", "--no-progress", ".github")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "paths"),
    [("vendor.github-workflows", WORKFLOWS), ("vendor.github-issue-forms", FORMS)],
    ids=["workflows", "forms"],
)
def test_their_schema_is_kept(schema: str, paths: list[Path]):
    assert paths
    done = run(BIN / "check-jsonschema", "--builtin-schema", schema, *paths)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("job", jobs())
def test_what_runs_our_code_may_only_read(job: dict[str, Any]):
    """A stranger's code must find nothing to write with; what may write runs no code of a clone."""
    clones = any("actions/checkout" in step.get("uses", "") for step in job["steps"])
    assert (set(job["permissions"].values()) == {"read"}) == clones
    assert "secrets" not in str(job)
    assert job["timeout-minutes"] <= 90


@pytest.mark.parametrize("job", jobs())
def test_what_they_run_is_there(job: dict[str, Any]):
    lines = "\n".join(step.get("run", "") for step in job["steps"])
    asked = re.findall(r"\bmake (?:--silent |-C \S+ )?([a-z-]+)", lines)
    assert set(asked) <= TARGETS
    assert all((ROOT / script).is_file() for script in re.findall(r"^\.ci/\S+", lines, re.M))


def test_the_link_on_a_card_fills_in_its_form():
    form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE/card.yml").read_text())
    assert "id" in [field.get("id") for field in form["body"]]
