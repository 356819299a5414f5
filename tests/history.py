"""A git repository around a folder, with nothing of whoever runs the tests in it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_WHO = {"NAME": "A Tester", "EMAIL": "tester@example.org", "DATE": "2026-01-02T03:04:05Z"}
_ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    **{
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in _WHO.items()
    },
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


@dataclass(frozen=True)
class History:
    """The repository at ``root``."""

    root: Path

    @classmethod
    def begin(cls, root: Path) -> History:
        """Make a repository without a commit."""
        root.mkdir(parents=True, exist_ok=True)
        history = cls(root)
        history.git("init", "--quiet", "--initial-branch=main")
        return history

    def git(self, *words: str | bytes, told: bytes = b"") -> str:
        """Run git; give what it says."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env=_ENVIRONMENT,
            input=told,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return os.fsdecode(done.stdout).strip()

    def commit(self, *tags: str) -> str:
        """Commit whatever is there, and tag it; give the commit's name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=A state")
        for tag in tags:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")
