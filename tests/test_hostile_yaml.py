"""Files made to take long, or much memory, and all that YAML can and banks cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ankibuild.bank import parse
from ankibuild.diagnostics import MOST_ERRORS, Source, errors
from ankibuild.released import parse as parse_ledger
from ankibuild.source import LARGEST, LONGEST, read
from ankibuild.source.parse import MOST_VALUES
from conftest import BANK, SOUND, Lay

HEAD = "title: Batch normalization\nsource: makemore-3\n\nquestions:\n\n"
#: Mebibytes beyond what a sound project takes, and seconds of processor time. The aim is two
#: seconds; the others are for slow machines. What has no bound takes minutes.
MEMORY, SECONDS = 300, 8

PROGRAM = f"""
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
sys.argv = ["ankibuild", "check"]
runpy.run_module("ankibuild", run_name="__main__")
"""


@dataclass(frozen=True)
class Run:
    """How a process ended, what it said, and the most memory that it had, in mebibytes."""

    code: int
    said: str
    memory: int

    @property
    def rules(self) -> list[str]:
        """The rules of what was said, in order."""
        heads = (row for row in self.said.split("\n") if row.startswith(("error[", "warning[")))
        return [head.partition("[")[2].partition("]")[0] for head in heads]


def check(root: Path) -> Run:
    """Run `ankibuild check` on a project, with a limit on its time."""
    output = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=root, stdout=output, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout
        said = process.stdout.read().decode("utf-8")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(process.returncode, said, usage.ru_maxrss // 1024)


def field(text: str) -> str:
    return f"{HEAD}  - basic: x\n    q: {text}\n    a: b\n"


def bomb() -> str:
    levels = [f"  - &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12)]
    return f"{HEAD}  - &l0 [ha, ha]\n{''.join(levels)}"


def nest() -> str:
    """Nest as deep as four megabytes let one."""
    return HEAD + "".join(f"{'  ' * n}- a:\n" for n in range(1, 1900))


def amplified() -> str:
    rows = "".join(f"      - {{x: {'7' * 4000}{n}}}\n" for n in range(900))
    return f"{HEAD}  - drill: x\n    q: '{'@{x}' * 4000}'\n    a: b\n    given:\n{rows}"


#: What fills four megabytes, and the only rules that are spoken of.
BIG: dict[str, tuple[str, set[str]]] = {
    "aliases that multiply": (bomb(), {"yaml-syntax"}),
    "deep blocks": (nest(), {"yaml-syntax"}),
    "deep brackets": ("[" * (LARGEST - 1), {"yaml-syntax"}),
    "one word": (field("x" * 3_900_000), {"text-too-long"}),
    "a block of short lines": (field("|\n" + "      x\n" * 480_000), {"text-too-long"}),
    "a million questions": (HEAD + "- {}\n" * 780_000, {"file-too-large"}),
    "many questions": (HEAD + "- {}\n" * 40_000, {"no-kind", "rest-unread"}),
    "keys of one question": (
        HEAD + "  - basic: x\n" + "".join(f"    k{n}: v\n" for n in range(280_000)),
        {"file-too-large"},
    ),
    "one key again and again": ("k: v\n" * 40_000, {"duplicate-key", "rest-unread"}),
    "anchors": (HEAD + "  - &a x\n" * 400_000, {"yaml-syntax", "rest-unread"}),
    "broken questions": (
        HEAD + "  - basic: x\n   q: a\n     oops\n" * 110_000,
        {"yaml-syntax", "rest-unread"},
    ),
    "comments in text": (
        HEAD + "".join(f"- basic: q-{n}\n  q: a # b\n  a: b\n" for n in range(100_000)),
        {"file-too-large"},
    ),
    "ends of documents": ("...\n" * 990_000, {"yaml-syntax"}),
    "escapes": (field('"' + "\\q" * 1_900_000 + '"'), {"yaml-syntax"}),
    "rows that multiply": (amplified(), {"text-too-long"}),
}


#: The answers of which more than the hostile text is to blame.
BESIDE = {"no-source", "missing-field", "unused-media"}


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> int:
    """Give the memory that a project takes in which nothing is hostile."""
    root = tmp_path_factory.mktemp("usual")
    for path, text in SOUND.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    run = check(root)
    assert run.code == 0, run.said
    return run.memory


def everything_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize("name", BIG)
def test_nothing_takes_long_or_much(name: str, lay: Lay, usual: int) -> None:
    text, expected = BIG[name]
    root = lay({BANK: text})
    before = everything_below(root.parent)
    run = check(root)
    assert run.code == 1, run.said[-2000:]
    assert set(run.rules) - BESIDE == expected
    assert len(run.rules) <= MOST_ERRORS + 3
    assert len(run.said) < 50_000
    assert "Traceback" not in run.said
    assert run.memory < usual + MEMORY
    new = everything_below(root.parent) - before
    assert {name for name in new if not name.startswith(f"{root.name}/.ankibuild")} == set()


def pipe(place: Path) -> None:
    os.mkfifo(place)


def endless(place: Path) -> None:
    place.symlink_to("/dev/zero")


def loop(place: Path) -> None:
    place.symlink_to(place.name)


def huge(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(1 << 30)


@pytest.mark.parametrize("make", [pipe, endless, loop, huge])
def test_no_file_is_waited_for(make: Callable[[Path], None], lay: Lay) -> None:
    root = lay({})
    paths = [BANK, "decks/sources.yaml", "media/graph.png", "media/src/x.json"]
    for place in [root / path for path in [*paths, "decks/other.txt"]]:
        place.parent.mkdir(exist_ok=True)
        place.unlink(missing_ok=True)
        make(place)
    run = check(root)
    assert run.code == 1
    assert "Traceback" not in run.said
    assert [path for path in paths if path not in run.said] == []


# ------------------------------------------------------------------ what YAML can, and banks cannot

ODD = {
    "a merge": "  - &a\n    basic: x\n    q: A\n    a: b\n  - <<: *a\n    basic: y\n",
    "a merge of itself": "  - &a\n    <<: *a\n",
    "an object": "  - basic: x\n    q: !!python/object/apply:os.system [exit]\n    a: b\n",
    "a name": "  - basic: x\n    q: !!python/name:os.system\n    a: b\n",
    "a binary": "  - basic: x\n    q: !!binary aGk=\n    a: b\n",
    "a time": "  - basic: x\n    q: !!timestamp 2001-12-14\n    a: b\n",
    "a tag of one's own": "  - basic: x\n    q: !secret b\n    a: b\n",
    "an alias of nothing": "  - basic: x\n    q: *a\n    a: b\n",
    "half a character": '  - basic: x\n    q: "\\ud800"\n    a: b\n',
    "half a character in a key": '  - "\\ud800": x\n    q: c\n    a: b\n',
    "a list for a key": "  - ? [a, b]\n    : c\n",
    "a mapping for a key": "  - ? {a: b}\n    : c\n",
    "no key": "  - ?\n    : c\n",
    "a key of two thousand characters": f"  - {'x' * 2000}: y\n",
    "a key of two million characters": f"  - ? {'x' * 2_000_000}\n    : y\n",
    "a directive": "%FOO bar\n",
    "a tab": "\t- basic: x\n",
    "a second document": "  - basic: x\n    q: a\n    a: b\n---\ntitle: b\n",
}


@pytest.mark.parametrize("name", ODD)
def test_what_only_yaml_can_is_an_error(name: str) -> None:
    found = parse(read("bank.yaml", (HEAD + ODD[name]).encode()))[1]
    assert 1 <= len(errors(found)) <= 6
    assert all(len(problem.message) < 200 and len(problem.help) < 1000 for problem in found)


BYTES = {
    "UTF-16": (HEAD.encode("utf-16"), "encoding"),
    "UTF-16 without a mark": (HEAD.encode("utf-16-le"), "control-character"),
    "UTF-32": (HEAD.encode("utf-32"), "encoding"),
    "UTF-32 the other way": (HEAD.encode("utf-32-be"), "control-character"),
    "no UTF-8": (HEAD.encode() + b"# \xff\xfe\xc0\x80\n", "encoding"),
    "half a character": (HEAD.encode() + b"# \xed\xa0\x80\n", "encoding"),
    "two marks": (b"\xef\xbb\xbf" * 2 + HEAD.encode(), "control-character"),
    "an escape of terminals": (HEAD.encode() + b"# \x1b[31m\n", "control-character"),
    "a line from right to left": (HEAD.encode() + "# \u202e\n".encode(), "control-character"),
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_that_are_no_text_are_refused(name: str) -> None:
    data, rule = BYTES[name]
    assert [problem.rule for problem in read("bank.yaml", data).problems] == [rule]


def test_a_value_may_be_as_long_as_a_text() -> None:
    assert not read("bank.yaml", f"title: {'x' * LONGEST}\n".encode()).problems
    assert read("bank.yaml", f"title: {'x' * (LONGEST + 1)}\n".encode()).problems


def test_a_file_may_have_thousands_of_questions() -> None:
    rows = (f"- basic: q-{n}\n  q: a\n  a: b\n  at: p. 1\n" for n in range(MOST_VALUES // 10))
    assert not read("bank.yaml", (HEAD + "".join(rows)).encode()).problems


# ------------------------------------------------------------------ the ledger

NOTE = {
    "note": "x",
    "guid": "g",
    "notetype": "basic",
    "deck": "d",
    "cards": [0],
    "due": 1,
    "digest": "x",
    "mod": 1_800_000_000,
    "first": "1.0",
    "last": "1.0",
}
LEDGERS = {
    "a list for an id": json.dumps({**NOTE, "note": []}),
    "a mapping for an id": json.dumps({**NOTE, "note": {}}),
    "a text for a time": json.dumps({**NOTE, "mod": "x"}),
    "no number": json.dumps({**NOTE, "mod": float("nan")}),
    "an endless number": json.dumps({**NOTE, "mod": float("inf")}),
    "a number of five thousand digits": json.dumps(NOTE).replace("1800000000", "1" * 5000),
    "half a character": json.dumps({**NOTE, "deck": "\ud800"}),
    "half a card": json.dumps({**NOTE, "cards": [0.5]}),
    "no card": json.dumps({**NOTE, "cards": None}),
    "more than a note": json.dumps({**NOTE, "more": 1}),
    "lists in lists": "[" * 100_000,
    "mappings in mappings": '{"note":' * 100_000,
    "nothing": "null",
    "ten megabytes": "x" * 10_000_000,
}


@pytest.mark.parametrize("name", LEDGERS)
def test_a_line_that_no_release_wrote_is_refused(name: str) -> None:
    text = f"{json.dumps(NOTE)}\n{LEDGERS[name]}\n"
    ledger, found = parse_ledger(Source("decks/released.jsonl", text))
    assert [(problem.rule, problem.span.line) for problem in found] == [("ledger-damaged", 2)]
    assert list(ledger.notes) == ["x"]


def test_a_ledger_of_another_kind_is_not_read_to_its_end() -> None:
    _, found = parse_ledger(Source("decks/released.jsonl", "x\n" * 1_000_000))
    assert len(found) == MOST_ERRORS
