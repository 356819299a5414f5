"""Writes generated rows into a bank, at their place, once they are verified.

The new text is read and its rows are run before a byte of the file changes: what does not hold,
and what is interrupted, leaves the bank as it was.
"""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from ankibuild.bank import Entry, parse
from ankibuild.curriculum import Slot
from ankibuild.diagnostics import Diagnostic, Source, errors
from ankibuild.generate import ExhaustedError, Generator, Row, write_row
from ankibuild.kinds.drill import SLOT, Drill
from ankibuild.project import Project
from ankibuild.source import Items, Mapping, Node, find, read
from ankibuild.source.edit import append_item
from ankibuild.verify import Proof, verify
from ankibuild.verify.claims import claims
from ankibuild.workflow import RefusedError, empty_bank, write_file

_LINE_END = re.compile(r"\r\n|\r|\n")


class Written(Struct, frozen=True):
    """What was written: the file, the question's id, the number of rows, and how they verified."""

    path: Path
    question: str
    rows: int
    proof: Proof


def rewrite(
    project: Project, entry: Entry, generator: Generator, number: int, seed: int
) -> Written:
    """Replace the rows of a drill. Raises RefusedError and leaves the file as it was."""
    question = entry.question
    if not isinstance(question, Drill):
        raise RefusedError(f"`{question.id}` is no drill but a {question.kind} question")
    if question.verify is None:
        raise RefusedError(f"`{question.id}` has no `verify` to check its rows; write one first")
    rows = _rows(generator, number, seed)
    _guard_names(question, generator, rows[0])
    shown = entry.document.source.path
    old = _text(project.root / shown)
    return _write(project, shown, _with_rows(old, entry, rows), question.id, len(rows))


def append(
    project: Project, slot: Slot, generator: Generator, name: str, number: int, seed: int
) -> Written:
    """Append a drill to the bank of a slot. Raises RefusedError and leaves the file as it was."""
    if name in project.entries or name in project.retired:
        raise RefusedError(f"`{name}` is taken; every id names one question for ever")
    rows = _rows(generator, number, seed)
    path = project.root / slot.path
    old = _text(path) if path.is_file() else empty_bank(slot)
    new = append_item(old, drill(generator, name, rows))
    return _write(project, slot.path, new, name, len(rows))


def drill(generator: Generator, name: str, rows: tuple[Row, ...]) -> str:
    """Write a whole question: the generator's template with an id and rows."""
    head, _, check = generator.template.partition("verify:")
    fields = [*head.rstrip("\n").split("\n"), "given:", *_items(rows, "  ")]
    fields += f"verify:{check}".rstrip("\n").split("\n")
    return f"- drill: {name}\n" + "".join(f"  {line}\n" if line else "\n" for line in fields)


def _items(rows: tuple[Row, ...], indent: str) -> list[str]:
    return [f"{indent}- {write_row(row)}" for row in rows]


def _rows(generator: Generator, number: int, seed: int) -> tuple[Row, ...]:
    try:
        return generator.rows(number, seed)
    except ExhaustedError as error:
        raise RefusedError(f"{error}; ask for fewer with --rows") from None


def _guard_names(question: Drill, generator: Generator, row: Row) -> None:
    texts = (question.q, question.a, question.extra or "", question.hint or "")
    used = {found.group(1) for text in texts for found in SLOT.finditer(text)}
    if not used <= set(row):
        raise RefusedError(
            f"`{question.id}` asks for `{sorted(used - set(row))[0]}`, and `{generator.name}` "
            f"gives {', '.join(sorted(row))}"
        )


# ------------------------------------------------------------------ the place of the rows


def _with_rows(old: str, entry: Entry, rows: tuple[Row, ...]) -> str:
    """Put rows in place of those of a drill; what stands before and after them stays."""
    source = entry.document.source
    key, given = entry.node.key("given"), find(entry.node, ("given",))
    if key is None or source.line(source.position(key.start)[0])[: _column(source, key)].strip():
        raise RefusedError(
            f"in `{entry.question.id}` something stands before `given:`; "
            "put `given:` on a line of its own"
        )
    newline = _newline(old)
    if source.position(given.start)[0] == source.position(key.start)[0]:
        start, lines = key.end, [":", *_items(rows, " " * (_column(source, key) + 2))]
    else:
        start = given.start - _column(source, given)
        lines = _items(rows, " " * _column(source, given))
    first, last = (_place(old, source, at) for at in (start, _end(source.text, given)))
    return old[:first] + newline.join(lines) + old[last:]


def _column(source: Source, node: Node) -> int:
    """Count the characters before a node on its line."""
    return source.position(node.start)[1] - 1


def _newline(text: str) -> str:
    found = _LINE_END.search(text)
    return found.group() if found else "\n"


def _is_flow(text: str, node: Node) -> bool:
    return text[node.start] in "[{"


def _end(text: str, node: Node) -> int:
    """Give the offset after a node; the comments that follow a block do not belong to it."""
    if _is_flow(text, node):
        return node.end
    if isinstance(node, Items) and node.items:
        return _end(text, node.items[-1])
    if isinstance(node, Mapping) and node.pairs:
        return _end(text, node.pairs[-1][1])
    return node.start + len(text[node.start : node.end].rstrip())


def _place(old: str, source: Source, offset: int) -> int:
    r"""Find an offset of the text that was read, where all lines end in ``\n``, in the file.

    Not on the first line, which may begin with a byte order mark; no question stands there.
    """
    line, column = source.position(offset)
    starts = [0, *(found.end() for found in _LINE_END.finditer(old))]
    return starts[line - 1] + column - 1


# ------------------------------------------------------------------ the file


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise _refused(f"{path.name} is not UTF-8; save it as UTF-8 in your editor") from None


def _write(project: Project, shown: str, new: str, name: str, number: int) -> Written:
    """Read and verify a bank's new text, and only then write it."""
    bank, problems = parse(read(shown, new.encode("utf-8")))
    wrong = errors(problems)
    if wrong:
        raise _refused(_first(wrong))
    entries = [entry for entry in bank.entries if entry.question.id == name] if bank else []
    if bank is None or len(entries) != 1:
        raise _refused(f"{shown} does not end with its questions")
    proof = verify(list(claims(bank, entries, project.records)), project.root)
    if proof.failed:
        raise _refused(_first(proof.problems))
    path = write_file(project.root, shown, new)
    return Written(path, name, number, proof)


def _first(problems: tuple[Diagnostic, ...]) -> str:
    first = problems[0]
    label = f" ({first.label})" if first.label else ""
    return f"{first.message}{label}"


def _refused(reason: str) -> RefusedError:
    return RefusedError(f"nothing was written: {reason}")
