"""The arc of a project and its sources: read once, and remembered by content.

A part lists hundreds of items, and nearly every edit is one of a bank.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from ankibuild.cache import Memory, Store, key
from ankibuild.curriculum import Curriculum, SourceWork
from ankibuild.diagnostics import Diagnostic
from ankibuild.files import document_of, read_bytes
from ankibuild.paths import CURRICULUM, SOURCES
from ankibuild.source import Document


class Arc(Struct, frozen=True):
    """What ``decks/`` says beside its banks. ``content`` names all of it, as it was written."""

    curriculum: Curriculum | None
    sources: Mapping[str, SourceWork]
    problems: tuple[Diagnostic, ...]
    about_sources: tuple[Diagnostic, ...]
    content: str


class _Known(Struct, frozen=True):
    """What is kept of an arc with which nothing is wrong."""

    curriculum: Curriculum
    sources: dict[str, SourceWork]


def load_arc(root: Path, memory: Memory) -> Arc:
    """Read curriculum, parts and sources, and what is wrong with them."""
    paths = [CURRICULUM, *_parts(root), *([SOURCES] if os.path.lexists(root / SOURCES) else [])]
    files = {path: read_bytes(root, path) for path in paths}
    if not all(isinstance(file, bytes) for file in files.values()):
        return _read(files, memory, "")
    content = key("arc", *(part for file in files.items() for part in file))
    return memory.of(("arc", content), lambda: _remembered(root, files, memory, content))


def _parts(root: Path) -> list[str]:
    decks = root / "decks"
    folders = sorted(path for path in decks.iterdir() if path.is_dir()) if decks.is_dir() else []
    there = [folder for folder in folders if os.path.lexists(folder / "part.yaml")]
    return [f"decks/{folder.name}/part.yaml" for folder in there]


def _remembered(
    root: Path, files: Mapping[str, bytes | Document], memory: Memory, content: str
) -> Arc:
    store = Store(root, "arc")
    known = store.get(content, _Known)
    if known:
        return Arc(known.curriculum, known.sources, (), (), content)
    arc = _read(files, memory, content)
    if arc.curriculum and not arc.problems and not arc.about_sources:
        store.put(content, _Known(arc.curriculum, dict(arc.sources)))
        store.sweep()
    return arc


def _read(files: Mapping[str, bytes | Document], memory: Memory, content: str) -> Arc:
    # Takes long to import, and an arc is rarely new.
    from ankibuild.arc.read import parse, parse_sources

    read = {
        path: document_of(path, file, memory) if isinstance(file, bytes) else file
        for path, file in files.items()
    }
    parts = {path.split("/")[1]: read[path] for path in read if path.endswith("/part.yaml")}
    curriculum, problems = parse(read[CURRICULUM], parts)
    problems += tuple(problem for part in parts.values() for problem in part.problems)
    works, faults = parse_sources(read[SOURCES]) if SOURCES in read else ({}, ())
    return Arc(curriculum, works, problems, faults, content)
