"""docs/python.md: its programs run and print what they say, and its names keep what it promises."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "python.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IMPORT = re.compile(r"^from (ankibuild[\w.]*) import (.+)$", re.MULTILINE)
SPAN = re.compile(r"`(ankibuild(?:\.\w+)+)`")


class Program(NamedTuple):
    """A block of the page: the number of its first line, what it is and what it prints."""

    line: int
    text: str
    prints: str


def programs() -> list[Program]:
    page = PAGE.read_text(encoding="utf-8")
    return [
        Program(page.count("\n", 0, found.start(1)), found[1], found[2])
        for found in BLOCK.finditer(page)
    ]


def test_its_programs_print_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for program in programs():
        # An error names the line of the page.
        code = compile("\n" * program.line + program.text, str(PAGE), "exec")
        exec(code, names)  # noqa: S102 - it is our own page
        assert capsys.readouterr() == (program.prints, ""), f"python.md:{program.line}"


def test_every_program_of_the_page_is_run():
    assert len(programs()) == PAGE.read_text(encoding="utf-8").count("```python\n") > 5


def named() -> Iterator[tuple[str, str]]:
    """Give what the page imports or names, by module and name."""
    page = PAGE.read_text(encoding="utf-8")
    for module, names in IMPORT.findall(page):
        yield from ((module, name) for name in names.split(", "))
    for full in SPAN.findall(page):
        module, _, name = full.rpartition(".")
        yield module, name
    for name in re.findall(r"\bworkflow\.(\w+)\(", page):
        yield "ankibuild.workflow", name


@pytest.mark.parametrize(("module", "name"), sorted(set(named())))
def test_what_it_names_is_there_and_documented(module: str, name: str):
    try:
        thing = getattr(importlib.import_module(module), name)
    except AttributeError:
        thing = importlib.import_module(f"{module}.{name}")
    if inspect.isfunction(thing) or inspect.isclass(thing):
        assert thing.__doc__
    if inspect.isfunction(thing):
        signature = inspect.signature(thing)
        told = [signature.return_annotation]
        told += [parameter.annotation for parameter in signature.parameters.values()]
        assert inspect.Signature.empty not in told, signature
