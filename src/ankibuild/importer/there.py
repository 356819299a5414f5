"""What a project has already: ids, guids, and the texts of its questions."""

from __future__ import annotations

from collections.abc import Mapping

from ankibuild.importer.names import Names
from ankibuild.importer.own import Value
from ankibuild.kinds import Question, kinds
from ankibuild.notes import guid
from ankibuild.project import Project
from ankibuild.released import Ledger


class There:
    """Knows what is taken; what comes in is added as it comes."""

    def __init__(self, project: Project, ledger: Ledger) -> None:
        self.namespace = project.curriculum.settings.namespace
        self.ids = Names({*project.entries, *project.retired, *ledger.notes})
        #: Ids by guid.
        self.guids = {row.guid: name for name, row in ledger.notes.items()}
        self.guids |= {guid(self.namespace, name): name for name in project.retired}
        self._questions: dict[tuple[str, str], list[Question]] = {}
        for name, entry in project.entries.items():
            one = entry.question
            self.guids[one.guid or guid(self.namespace, name)] = name
            head = str(getattr(one, one.headline))
            self._questions.setdefault((one.kind, head), []).append(one)

    def same(self, kind: str, values: Mapping[str, Value]) -> str | None:
        """Give the id of a question of the project that says the same."""
        head = str(values[kinds()[kind].headline])
        for one in self._questions.get((kind, head), ()):
            if all(getattr(one, name) == value for name, value in values.items()):
                return one.id
        return None
