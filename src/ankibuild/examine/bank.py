"""One bank, looked at for the first time: what is on its notes, and everything wrong with it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from ankibuild.bank import parse
from ankibuild.cache import Memory, Store
from ankibuild.collection import Collection
from ankibuild.curriculum import Slot
from ankibuild.diagnostics import Diagnostic
from ankibuild.examine.known import Examined
from ankibuild.files import document_of
from ankibuild.fill import fill
from ankibuild.notes import Note, Page
from ankibuild.project import Placed, Project, unknown_names
from ankibuild.rules import Fronts, Subject, allowed, check_bank
from ankibuild.rules.signature import fronts
from ankibuild.source import Document
from ankibuild.texts import Texts
from ankibuild.typeset.typesetter import Typesetter


class Tools(Struct):
    """What helps to examine banks: what this process remembers, and what lasts longer."""

    memory: Memory
    typesetter: Typesetter
    texts: Store


def examine(project: Project, slot: Slot, document: Document, tools: Tools) -> Examined:
    """Find out all that can be known of a bank by itself."""
    memory = tools.memory
    bank, problems = memory.of(("bank", document), lambda: parse(document))
    if bank is None:
        return Examined(problems=_kept(problems))
    placed = Placed(slot, bank)
    texts = Texts(tools.texts, slot.path)
    filled = fill(project, placed, texts)
    texts.keep()
    formulas = tools.typesetter.check(filled.formulas, slot.path)
    alone = Subject(replace(project, banks=(placed,)), Collection((), (), filled.notes))
    unknown = unknown_names(project, placed)
    found = (*problems, *unknown, *filled.problems, *formulas.problems, *check_bank(alone))
    return Examined(
        Page.of(filled.notes) if filled.notes else None,
        _kept(found),
        Fronts.of(fronts(bank)),
        filled.images,
        bank.head.retired,
        formulas.typeset,
    )


def notes_of(project: Project, slot: Slot, data: bytes) -> tuple[Note, ...]:
    """Give the notes of a bank with this content, and nothing else."""
    bank, _ = parse(document_of(slot.path, data, Memory()))
    return fill(project, Placed(slot, bank), Texts()).notes if bank else ()


def _kept(problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(problem for problem in problems if not allowed(problem))
