"""Canonical layout of banks and of the arc's files: ``ankibuild fmt``.

A few passes, one after the other; each looks at the nodes of a sound file and splices the text at
their marks (:class:`~ankibuild.source.edit.Edit`). What no pass touches stays as its author wrote
it: texts, comments, the order of questions. A pass that would change what a file says is not taken.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from ankibuild.cache import Memory
from ankibuild.diagnostics import Diagnostic, errors, sort
from ankibuild.files import read_file
from ankibuild.fmt.blanks import blanks
from ankibuild.fmt.indents import indents
from ankibuild.fmt.orders import orders
from ankibuild.fmt.places import comments, is_plain_layout
from ankibuild.fmt.scalars import lists, quotes
from ankibuild.source import Document, plain_value, read
from ankibuild.source.edit import Edit, splice
from ankibuild.workflow import replace_text

Pass = Callable[[Document], Iterable[Edit]]

#: Later passes rely on the columns that `indents` gives.
PASSES: tuple[Pass, ...] = (indents, lists, quotes, orders, blanks)


class Formatted(Struct, frozen=True):
    """A file in canonical layout; ``text`` is None beside at least one error."""

    text: str | None
    problems: tuple[Diagnostic, ...] = ()


def format_text(path: str, data: bytes) -> Formatted:
    r"""Lay a file out; ``path`` is only shown. The text has ``\n`` line ends and no mark of order.

    Its meaning, its comments and the order of its questions are those of ``data``. A file that
    cannot be read is not laid out.
    """
    return lay_out(read(path, data))


def lay_out(document: Document) -> Formatted:
    """Lay a document out, as ``format_text``."""
    wrong = errors(document.problems)
    if wrong:
        return Formatted(None, wrong)
    if not is_plain_layout(document):
        return Formatted(document.source.text)
    for step in PASSES:
        document = _taken(document, step)
    return Formatted(document.source.text)


def _taken(document: Document, step: Pass) -> Document:
    """Give the document after a pass; as it was, should the pass change what it says."""
    after = after_pass(document, step)
    return after if after is document or says(after) == says(document) else document


def after_pass(document: Document, step: Pass) -> Document:
    """Apply a pass, come what may."""
    text = splice(document.source.text, step(document))
    if text == document.source.text:
        return document
    return read(document.source.path, text.encode("utf-8"))


def says(document: Document) -> object:
    """Give what layout must not change: values (of fields in any order) and comments."""
    said = None if document.root is None else plain_value(document.root)
    rules = Counter(problem.rule for problem in document.problems)
    return said, rules, Counter(comment.text for comment in comments(document))


# ------------------------------------------------------------------ files


class Changed(Struct, frozen=True):
    """A file whose layout is not canonical; ``path`` is below the project's root."""

    path: str
    before: str
    after: str

    @property
    def diff(self) -> str:
        """The change as a unified diff."""
        before, after = (text.splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(difflib.unified_diff(before, after, f"a/{self.path}", f"b/{self.path}"))


class Outcome(Struct, frozen=True):
    """What ``run`` found: files that change, and what is wrong with those that cannot be read.

    ``files`` is how many it has looked at.
    """

    changed: tuple[Changed, ...]
    problems: tuple[Diagnostic, ...]
    files: int


def run(root: Path, paths: Iterable[str] = (), *, check: bool = False) -> Outcome:
    """Lay out the YAML files among ``paths`` (files or folders below ``root``); none: all of decks.

    Each file is written whole or not at all; with ``check``, nothing is written.
    """
    changed: list[Changed] = []
    problems: list[Diagnostic] = []
    files = _files(root, tuple(paths) or ("decks",))
    for path in files:
        made = lay_out(read_file(root, path, Memory()))
        problems += made.problems
        if made.text is None:
            continue
        before = (root / path).read_bytes()
        if before == made.text.encode("utf-8"):
            continue
        changed.append(Changed(path, before.decode("utf-8-sig"), made.text))
        if not check:
            replace_text((root / path).resolve(), made.text)
    return Outcome(tuple(changed), sort(problems), len(files))


def _files(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Give the files that are named, and the YAML files in folders that are, each once."""
    found: dict[str, None] = {}
    for path in paths:
        place = root / path
        inside = sorted(place.rglob("*.yaml")) if place.is_dir() else [place]
        found |= dict.fromkeys(one.relative_to(root).as_posix() for one in inside)
    return tuple(found)
