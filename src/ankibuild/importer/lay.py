"""A foreign collection into a project: planned, written beside, checked there, and put in place."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ankibuild import project as projects
from ankibuild import workflow
from ankibuild.cache import Memory
from ankibuild.disk import ready
from ankibuild.importer import mapping, media, report
from ankibuild.importer.arc import NewPart, place
from ankibuild.importer.foreign import Foreign, ImportRefusedError
from ankibuild.importer.future import Checked, Wanted, check, path_of
from ankibuild.importer.plan import Drafted, Given, draft
from ankibuild.importer.report import File, Reason, Report, Told
from ankibuild.importer.settle import Stage, carry_out, take_back
from ankibuild.paths import CACHE, CURRICULUM
from ankibuild.typeset.typesetter import Typesetter
from ankibuild.workflow import replace_text


def lay_down(
    foreign: Foreign,
    root: Path,
    *,
    into: str | None = None,
    maps: Iterable[str] = (),
    dry: bool = False,
) -> Report:
    """Bring a collection into the project in ``root``, all of it or nothing; tell what was done.

    ``into`` is the folder below `decks/` of the only new part, ``maps`` are mappings of notetypes.
    With ``dry``, nothing stays written. Raise ImportRefusedError for what the user has to change,
    and OSError.
    """
    undone = take_back(root)
    stage = Stage(root.resolve())
    stage.begin()
    try:
        plan = _plan(foreign, stage, into, maps)
        wanted = Wanted(plan.parts, plan.drafted.sources, frozenset(plan.media.new))
        with Typesetter(root) as typesetter:
            checked = check(wanted, stage, plan.memory, typesetter)
        if checked.parts and not dry:
            carry_out(stage, checked.new, checked.edited)
    finally:
        stage.end()
    said = ["what a stopped import had left was taken back first"] if undone else []
    done = _report(foreign, root, plan, checked, said)
    if dry:
        return replace(done, dry=True)
    ready(root / CACHE)
    replace_text(root / report.PATH, report.full(done))
    return done


# ------------------------------------------------------------------ what is planned


class _Plan(Struct, frozen=True):
    """What would come, before it is checked."""

    drafted: Drafted
    parts: tuple[NewPart, ...]
    media: media.Brought
    memory: Memory


def _plan(foreign: Foreign, stage: Stage, into: str | None, maps: Iterable[str]) -> _Plan:
    told = mapping.parse(maps, foreign.notetypes)
    memory = Memory()
    project, _ = projects.load(stage.root, memory)
    if project is None:
        raise ImportRefusedError(f"`{CURRICULUM}` cannot be read; `ankibuild check` says why")
    ledger, _ = workflow.read_ledger(stage.root)
    brought = media.bring(foreign, stage.folder / "media", project.media)
    files = {**project.media, **brought.new}
    drafted = draft(foreign, Given(project, ledger, told, brought.names, files))
    folders = os.listdir(stage.root / "decks")
    parts = place(drafted, project, foreign.source, folders, into)
    return _Plan(drafted, parts, brought, memory)


# ------------------------------------------------------------------ what is told


def _report(foreign: Foreign, root: Path, plan: _Plan, checked: Checked, said: list[str]) -> Report:
    places = {
        one.number: path_of(part, bank)
        for part in checked.parts
        for bank in part.banks
        for one in bank.drafts
    }
    notes = (
        _told(told, places.get(number), checked.left.get(number))
        for number, told in enumerate(plan.drafted.told)
    )
    files = (
        File(path_of(part, bank), f"{part.deck}::{bank.deck}", len(bank.drafts))
        for part in checked.parts
        for bank in part.banks
    )
    return Report(
        foreign.source,
        str(root),
        tuple(files),
        tuple(notes),
        tuple(sorted(set(plan.media.new) - checked.unused)),
        plan.media.left,
        plan.drafted.maps,
        plan.drafted.moves,
        (*said, *foreign.remarks, *plan.drafted.remarks),
        checked.warnings,
    )


def _told(told: Told, path: str | None, left: Reason | None) -> Told:
    if left:
        return replace(told, id="", changes=(), left=left)
    return replace(told, path=path or "")
