"""What a bank claims that a program can check: outputs, checks, and the rows of drills."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import platform
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct, field

from ankibuild.bank import Bank, Entry
from ankibuild.kinds.code import Code
from ankibuild.kinds.drill import Drill
from ankibuild.kinds.typein import Typein

#: Raise it when the sandbox comes to give other verdicts, so that remembered ones are forgotten.
HARNESS = 2
_RECORDED = re.compile(r"""\brecorded\(\s*['"]([\w-]+)['"]""")


class Claim(Struct, frozen=True):
    """One program to run: ``expected`` is its output, or None when it only must not raise.

    ``place`` is the field it stands in. ``values`` are names it finds defined: a drill's row,
    where numbers are meant as numbers. ``texts`` are names of texts: an answer to type, an output.
    """

    entry: Entry
    bank: Bank
    place: str
    code: str
    setup: str
    expected: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    recorded: Mapping[str, Any] = field(default_factory=dict)
    row: int | None = None

    @property
    def packages(self) -> frozenset[str]:
        """The packages outside the standard library that the program imports."""
        return imported(self.setup) | imported(self.code)

    @property
    def missing(self) -> frozenset[str]:
        """Those of its packages that are not installed here."""
        return frozenset(name for name in self.packages if not installed(name))

    @property
    def arrays(self) -> bool:
        """Tell whether a row's lists of numbers are NumPy arrays to the program."""
        return not self.packages.isdisjoint({"numpy", "torch"})

    @property
    def job(self) -> dict[str, Any]:
        """What it runs and what that finds defined."""
        return {
            "setup": self.setup,
            "code": self.code,
            "values": dict(self.values),
            "texts": dict(self.texts),
            "recorded": dict(self.recorded),
        }

    @property
    def key(self) -> str:
        """Name everything that the verdict depends on."""
        versions = {name: version(name) for name in sorted(self.packages)}
        python = (platform.python_implementation(), platform.python_version())
        parts = [HARNESS, self.job, self.expected, python, versions]
        text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def claims(bank: Bank, entries: Iterable[Entry], records: Mapping[str, Any]) -> Iterator[Claim]:
    """Give the claims of some of a bank's questions; ``records`` are the runs behind figures."""
    setup = bank.head.setup or ""
    for entry in entries:
        for one in _of(entry):
            wanted = set(_RECORDED.findall(setup + one["code"]))
            used = {name: records[name] for name in wanted & set(records)}
            yield Claim(entry, bank, setup=setup, recorded=used, **one)


def _of(entry: Entry) -> Iterator[dict[str, Any]]:
    question = entry.question
    texts: dict[str, str] = {}
    if isinstance(question, Code):
        yield {"place": "program", "code": question.program, "expected": question.output}
        texts = {"output": question.output}
    if isinstance(question, Typein):
        texts = {"answer": question.answer}
    if not question.verify:
        return
    check = {"place": "verify", "code": question.verify, "texts": texts}
    if isinstance(question, Drill):
        for number, row in enumerate(question.given):
            yield {**check, "values": row, "row": number}
    else:
        yield check


@cache
def imported(code: str) -> frozenset[str]:
    """Give the packages outside the standard library that a piece of Python imports."""
    if "import" not in code:
        return frozenset()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return frozenset(names - set(sys.stdlib_module_names))


@cache
def installed(package: str) -> bool:
    """Tell whether a package can be imported here."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


@cache
def version(package: str) -> str:
    """Give the version of an importable package; empty if it has none."""
    for distribution in (package, *_distributions().get(package, ())):
        try:
            return importlib.metadata.version(distribution)
        except (importlib.metadata.PackageNotFoundError, ValueError):
            continue
    return ""


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Give the distributions that each package comes from: slow, and seldom needed."""
    return importlib.metadata.packages_distributions()
