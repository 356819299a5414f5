"""What `bench/peers.py` asks of a tool, and our own tool as one of them.

A tool writes the questions of the corpus as it reads them, gives the command that builds, and reads
the notes out of what was built.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from corpus import BANK, Entry, lay_down

REPOSITORY = Path(__file__).resolve().parent.parent


class Tool(ABC):
    """A tool with a ``place`` for what it reads and writes, and a ``home`` it is installed in."""

    name: ClassVar[str]
    #: What to install, as its registry names it; the first is the tool.
    requirements: ClassVar[tuple[str, ...]] = ()
    #: What it makes, and what of the questions it cannot say or leaves as it was written.
    makes: ClassVar[str] = "a package"
    leaves_out: ClassVar[str] = "nothing"
    #: The kinds of questions it has, and the files that hold them.
    kinds: ClassVar[frozenset[str]] = frozenset({"basic", "cloze"})
    sources: ClassVar[str] = "**/*.md"

    def __init__(self, place: Path, homes: Path) -> None:
        self.place = place
        self.home = homes / self.name

    @property
    def environment(self) -> dict[str, str]:
        """What the process needs beside the bench's own environment."""
        return {}

    @abstractmethod
    def install(self) -> None:
        """Install the tool, unless it is there; raise CalledProcessError if that fails."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """Give the command that builds, to be run in ``place``."""

    @abstractmethod
    def write(self, entries: Sequence[Entry]) -> None:
        """Write questions as the tool reads them into ``place``, which is there and empty."""

    @abstractmethod
    def notes(self) -> list[str]:
        """Give the fields of each note that the tool has made."""

    def begin_anew(self, entries: Sequence[Entry]) -> None:
        """Write the questions, and forget all that was built before."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        self.write(entries)

    def edit(self, number: int) -> None:
        """Change the question ``number``, which is plain text, where it stands."""
        for path in self.place.glob(self.sources):
            text = path.read_text(encoding="utf-8")
            if (old := f"number {number}?") in text:
                path.write_text(text.replace(old, edited(number)), encoding="utf-8")


def edited(number: int) -> str:
    """Give what is found only in question ``number``, and there only after its edit."""
    return f"number {number} again?"


def banks(entries: Sequence[Entry]) -> Iterator[tuple[int, Sequence[Entry]]]:
    """Give the number and the questions of each bank."""
    for first in range(0, len(entries), BANK):
        yield first // BANK, entries[first : first + BANK]


def packaged(path: Path) -> list[str]:
    """Give the fields of each note of a package."""
    with zipfile.ZipFile(path) as package, tempfile.TemporaryDirectory() as folder:
        return stored(Path(package.extract("collection.anki2", folder)))


def stored(path: Path) -> list[str]:
    """Give the fields of each note of a collection."""
    collection = sqlite3.connect(path)
    try:
        return [fields for (fields,) in collection.execute("select flds from notes")]
    finally:
        collection.close()


# --------------------------------------------------------------------------------------- ours


class Ours(Tool):
    """`ankibuild build`, which typesets every new formula to see whether it is sound."""

    name = "ankibuild"
    makes = "a package of all and one of each part"
    sources = "decks/*/b-*.yaml"

    def __init__(self, place: Path, homes: Path) -> None:
        super().__init__(place, homes)
        self.home = homes / Ours.name

    def install(self) -> None:
        """Install what stands in this repository now: a change in the middle would not be fair."""
        pip(self.home, "--constraint", REPOSITORY / "constraints.txt", REPOSITORY)

    def command(self) -> Sequence[str | Path]:
        """Build everything."""
        return self.home / "bin/ankibuild", "build"

    def write(self, entries: Sequence[Entry]) -> None:
        """Write a deck repository."""
        lay_down(self.place, len(entries))

    def notes(self) -> list[str]:
        """Read the package of all."""
        return packaged(self.place / "dist/bench.apkg")


class Untypeset(Ours):
    """The same where the formulas were found sound before, which no peer looks at."""

    name = "ankibuild, formulas known"
    _has_built = False

    def begin_anew(self, entries: Sequence[Entry]) -> None:
        """Forget all but which formulas are sound."""
        formulas, aside = self.place / ".ankibuild/formulas", self.place.with_name("formulas")
        if not self._has_built:
            # What an earlier bench has left is that of another installation, which asks again.
            super().begin_anew(entries)
            subprocess.run(self.command(), cwd=self.place, check=True, capture_output=True)  # noqa: S603
            self._has_built = True
        formulas.rename(aside)
        super().begin_anew(entries)
        formulas.parent.mkdir()
        aside.rename(formulas)


# ------------------------------------------------------------------------------------- theirs


class FromPypi(Tool):
    """A tool in a virtual environment of its own."""

    def install(self) -> None:
        """Install it from PyPI."""
        pip(self.home, *self.requirements)


class FromNpm(Tool):
    """A tool in a folder of node modules of its own."""

    def install(self) -> None:
        """Install it from npm, without running what its packages bring."""
        if not (self.home / "node_modules" / self.name).exists():
            options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            call("npm", "install", *options, "--prefix", self.home, *self.requirements)


def pip(home: Path, *wanted: str | Path) -> None:
    """Install packages into a virtual environment, which is made if it is not there."""
    if not (home / "bin/pip").exists():
        call(sys.executable, "-m", "venv", "--clear", home)
    call(home / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *wanted)


def call(*command: str | Path) -> None:
    """Run a command; raise CalledProcessError with what it said if it fails."""
    subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
