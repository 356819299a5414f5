"""Which items of the curriculum have questions, and which do not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ankibuild.curriculum import Item, Part
from ankibuild.project import Project


@dataclass(frozen=True)
class PartCoverage:
    """Items of one part: how many there are, and those that no question covers."""

    part: Part
    total: int
    uncovered: tuple[Item, ...]

    @property
    def covered(self) -> int:
        """How many items at least one question covers."""
        return self.total - len(self.uncovered)


def coverage(project: Project) -> tuple[PartCoverage, ...]:
    """Count covered items, part by part, in the order of the arc."""
    asked = questions_by_item(project)
    return tuple(
        PartCoverage(
            part,
            sum(len(topic.items) for topic in part.topics),
            tuple(i for topic in part.topics for i in topic.items if not asked[i.id]),
        )
        for part in project.curriculum.parts
    )


def questions_by_item(project: Project) -> Counter[str]:
    """Count the questions that cover each item."""
    return Counter(
        item for entry in project.entries.values() for item in set(entry.question.covers)
    )


def table(found: tuple[PartCoverage, ...]) -> str:
    """Write coverage as a table for a terminal."""
    rows = [(part.part.deck, part.covered, part.total) for part in found]
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    width = max(len(row[0]) for row in rows)
    lines = (
        f"{name:<{width}}  {covered:>4} of {total:>4}  {_bar(covered, total)}"
        for name, covered, total in rows
    )
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _bar(covered: int, total: int, width: int = 24) -> str:
    return "█" * round(width * covered / total) if total else ""


def missing(found: tuple[PartCoverage, ...]) -> str:
    """List the items without a question, one a line, with what they ask for."""
    return "".join(
        f"{item.id}: {' '.join(item.ask.split())}\n" for part in found for item in part.uncovered
    )


def as_data(found: tuple[PartCoverage, ...]) -> dict[str, object]:
    """Give coverage as plain data for ``--json``."""
    return {
        "items": sum(part.total for part in found),
        "covered": sum(part.covered for part in found),
        "parts": [
            {
                "part": part.part.id,
                "items": part.total,
                "covered": part.covered,
                "uncovered": [item.id for item in part.uncovered],
            }
            for part in found
        ],
    }
