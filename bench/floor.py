"""The least that a cold build takes: what the libraries need for the same banks, and nothing else.

YAML without places, a model of pydantic, Markdown or colors where a text wants them, nh3, a table
in SQLite, a zip; in two processes. Without rules, formulas, an arc, places of mistakes, and cards.

    python bench/floor.py FOLDER
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import zipfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import genanki  # noqa: F401 - who writes a package imports it
import markdown
import nh3
import yaml
from pydantic import BaseModel
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

PROCESSES = 2
_PROGRAM = re.compile(r"```python\n(.*?)```", re.DOTALL)
_SIGNS = re.compile(r"^[-|]|[*_`]", re.MULTILINE)


class Question(BaseModel):
    """A question of `bench/corpus.py`."""

    id: str
    q: str = ""
    a: str = ""
    text: str = ""
    at: str | None = None
    tags: tuple[str, ...] = ()


class Renderer:
    """Turns texts into clean HTML."""

    def __init__(self) -> None:
        self._markdown = markdown.Markdown(extensions=["tables"])
        self._lexer = get_lexer_by_name("python", stripnl=False, ensurenl=False)
        self._formatter = HtmlFormatter(nowrap=True)
        self._clean = nh3.Cleaner().clean

    def __call__(self, text: str) -> str:
        """Render a text; one with formulas stays as it is."""
        if program := _PROGRAM.search(text):
            return self._clean(highlight(program[1], self._lexer, self._formatter))
        if "$" in text or not _SIGNS.search(text):
            return text
        self._markdown.reset()
        return self._clean(self._markdown.convert(text))


def rows(banks: Iterable[Path]) -> Iterable[tuple[str, str, str]]:
    """Give the notes of banks: id, fields and tags."""
    render = Renderer()
    for bank in banks:
        for read in yaml.load(bank.read_bytes(), yaml.CSafeLoader)["questions"]:
            kind = next(iter(read))
            question = Question.model_validate({"id": read.pop(kind), **read})
            fields = [render(text) for text in (question.q or question.text, question.a)]
            yield question.id, "\x1f".join(fields), " ".join(question.tags)


def pack(banks: Iterable[Path], folder: Path) -> None:
    """Write the notes of banks into a zipped table."""
    database = folder / "floor.sqlite"
    database.unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript("pragma synchronous = off; create table notes (id, flds, tags)")
        connection.executemany("insert into notes values (?, ?, ?)", rows(banks))
        connection.commit()
    package = folder / "floor.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(database)


def main(root: str) -> None:
    """Share the banks out, and wait."""
    banks = sorted(Path(root).glob("decks/*/b-*.yaml"))
    children = []
    for number in range(PROCESSES):
        folder = Path(root) / f"floor-{number}"
        folder.mkdir(exist_ok=True)
        child = os.fork()
        if not child:
            pack(banks[number::PROCESSES], folder)
            os._exit(0)
        children.append(child)
    if any(os.waitpid(child, 0)[1] for child in children):
        sys.exit("a process failed")


if __name__ == "__main__":
    main(sys.argv[1])
