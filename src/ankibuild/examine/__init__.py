"""All that is known of each bank by itself: its notes and everything that is wrong with it.

It is found out once and remembered by content. What it depends on is the bank's text, the arc, the
sources and the names of all figures; other banks have no part in it. Who only recalls it imports
neither pydantic nor YAML nor Markdown: that takes longer than all the rest of most builds.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from ankibuild.cache import Memory, Store, key
from ankibuild.curriculum import Slot
from ankibuild.examine.known import ROWS, Examined, Known, kept, recalled, rows_of
from ankibuild.files import document_of, read_bytes
from ankibuild.notes import Note, Row, written
from ankibuild.processes import elsewhere
from ankibuild.project import Project, files
from ankibuild.source import Document
from ankibuild.tool import facts
from ankibuild.typeset.engines import sources

if TYPE_CHECKING:
    from ankibuild.examine.bank import Tools
    from ankibuild.typeset.typesetter import Typesetter

__all__ = ["Examined", "examine_all"]

#: Bytes of new banks from which on processes of their own save more time than they take.
WORTH_A_PROCESS = 60_000


def examine_all(
    project: Project,
    memory: Memory | None = None,
    typesetter: Typesetter | None = None,
    *,
    jobs: int = 1,
) -> list[Examined]:
    """Examine every bank, in order; what is remembered of earlier runs is taken from there.

    Where much is new, ``jobs`` processes find it out. Without a ``memory``, of a bank that is done
    nothing is held but what is given. A ``typesetter`` is left running.
    """
    with _Desk(project, memory, typesetter) as desk:
        slots = files(project)
        found = {slot.path: desk.recalled(slot) for slot in slots}
        new = [slot for slot in slots if found[slot.path] is None]
        _ahead(project, new, jobs)
        found |= {slot.path: desk.examined(slot) for slot in new}
        if new and desk.store:
            desk.store.sweep()
    return [one for one in found.values() if one]


def _ahead(project: Project, new: list[Slot], jobs: int) -> None:
    """Let processes find out what is not remembered; the store is where they leave it."""
    size = sum(facts(str(project.root / slot.path))[0] for slot in new)
    if project.context and jobs > 1 and size >= WORTH_A_PROCESS:
        elsewhere(partial(_find_out, project, new), len(new), jobs)


def _find_out(project: Project, new: list[Slot], numbers: Iterable[int]) -> None:
    with _Desk(project) as desk:
        for number in numbers:
            desk.examined(new[number])


class _Desk:
    """Where the banks of a project are examined, one after the other, and what was found is kept.

    Nothing is remembered if something is wrong with the arc: it would be too much to name.
    """

    def __init__(
        self, project: Project, memory: Memory | None = None, typesetter: Typesetter | None = None
    ) -> None:
        self.project = project
        self.store = Store(project.root, "banks") if project.context else None
        self._memory, self._typesetter = memory, typesetter

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "tools" in vars(self) and self._typesetter is None:
            self.tools.typesetter.close()

    @cached_property
    def tools(self) -> Tools:
        """What a bank is examined with; it takes long to import."""
        from ankibuild.examine.bank import Tools
        from ankibuild.typeset.typesetter import Typesetter

        typesetter = self._typesetter or Typesetter(self.project.root)
        return Tools(self._memory or Memory(), typesetter, Store(self.project.root, "texts"))

    def recalled(self, slot: Slot) -> Examined | None:
        """Give what an earlier run found of a bank, if there was one."""
        if self.store is None:
            return None
        return self._recalled(slot, read_bytes(self.project.root, slot.path))

    def examined(self, slot: Slot) -> Examined:
        """Find out all about a bank, unless that was done meanwhile."""
        data = read_bytes(self.project.root, slot.path)
        found = self._recalled(slot, data)
        if found is None:
            found = self._made(slot, data)
            if self._memory is None:
                self.tools.memory.turn()
        return found

    def _recalled(self, slot: Slot, data: bytes | Document) -> Examined | None:
        named = _key(self.project, slot, data)
        known = self.store.get(named, Known) if self.store and named else None
        try:
            found = recalled(known, slot, data) if known else None
        except (ValueError, TypeError, LookupError):
            return None
        # What could not be asked about the last time can be now.
        late = found and not found.typeset and sources()
        return self._shelved(slot, named, found) if found and not late else None

    def _made(self, slot: Slot, data: bytes | Document) -> Examined:
        from ankibuild.examine.bank import examine

        memory, named = self.tools.memory, _key(self.project, slot, data)
        document = document_of(slot.path, data, memory) if isinstance(data, bytes) else data
        found = examine(self.project, slot, document, self.tools)
        lasting = found.typeset or not sources()
        if not (self.store and named and lasting and _is_placed(found, document)):
            return found
        is_kept = self.store.put(named, kept(found), rows_of(found))
        return self._shelved(slot, named, found) if is_kept else found

    def _shelved(self, slot: Slot, named: str, found: Examined) -> Examined:
        """Let the notes of a bank be read from the store whenever they are asked for."""
        if not (found.page and self.store):
            return found
        read = partial(_read, self.project, slot, self.store, named, found.page.listed)
        return replace(found, page=replace(found.page, key=named, read=read))


def _is_placed(found: Examined, document: Document) -> bool:
    """Tell whether all that is wrong with a bank has its place in the text of the bank."""
    spans = (s for p in found.problems for s in (p.span, *(label.span for label in p.related)))
    return all(span.source is document.source for span in spans)


def _key(project: Project, slot: Slot, data: bytes | Document) -> str:
    """Name what is found out of a bank by all that it depends on; empty if that is not known."""
    if isinstance(data, Document) or not project.context:
        return ""
    return key("bank", project.context, slot.path, data)


def _read(
    project: Project, slot: Slot, store: Store, named: str, listed: bytes
) -> tuple[Note, ...]:
    """Read the notes of a bank; make them again if somebody has deleted what was remembered.

    Raises OSError if the bank is not what it was.
    """
    with suppress(ValueError, TypeError):
        return written(slot.deck, listed, store.get(named, list[Row], ROWS) or ())
    data = read_bytes(project.root, slot.path)
    if isinstance(data, Document) or _key(project, slot, data) != named:
        path = str(project.root / slot.path)
        raise OSError(errno.ESTALE, "this has changed while it was worked with; try again", path)
    from ankibuild.examine.bank import notes_of

    return notes_of(project, slot, data)
