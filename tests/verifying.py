"""A bank of questions with programs, run for real, for the tests of `verify`."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from ankibuild import project
from ankibuild.diagnostics import Diagnostic
from ankibuild.verify import Proof, claims_of, verify
from conftest import BANK, SOUND

LIMITS = {"cpu": 2, "wall": 4, "memory": 512}


def block(text: str, indent: int = 6) -> str:
    return "|\n" + textwrap.indent(textwrap.dedent(text).strip("\n") + "\n", " " * indent)


def code(name: str, program: str, output: str) -> str:
    said = f"    program: {block(program)}    output: {block(output)}"
    return f"  - code: {name}\n    q: What does this print?\n{said}\n"


def check(name: str, program: str) -> str:
    return f"  - basic: {name}\n    q: Why?\n    a: Because.\n    verify: {block(program)}\n"


def drill(name: str, rows: list[str], program: str) -> str:
    given = "".join(f"      - {{{row}}}\n" for row in rows)
    head = f"  - drill: {name}\n    q: What?\n    a: That.\n    given:\n{given}"
    return f"{head}    verify: {block(program)}\n"


def bank(*questions: str, setup: str = "") -> str:
    head = "title: Batch normalization\nsource: makemore-3\n"
    if setup:
        head += f"setup: {block(setup, 2)}"
    return f"{head}\nquestions:\n\n" + "\n".join(questions)


def lay_down(root: Path, text: str, **others: str) -> Path:
    for path, content in {**SOUND, BANK: text, **others}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")
    return root


def prove(root: Path, *ids: str, **more: Any) -> Proof:
    loaded, problems = project.load(root)
    assert loaded is not None
    assert not [p for p in problems if p.severity == "error"]
    return verify(claims_of(loaded, ids), root, **{"limits": LIMITS, **more})


def proven(proof: Proof) -> list[str]:
    return [claim.entry.question.id for claim in proof.proven]


def place(problem: Diagnostic) -> tuple[str, str]:
    """Give the path and the marked text of a finding."""
    return problem.span.source.path, problem.span.first_line().text
