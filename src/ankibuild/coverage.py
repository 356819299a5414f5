"""Which items of the curriculum are covered, and which are not.

An item is covered when a question names it. What is to be watched, read or practiced makes no
question: it is covered by the checklist in the description of its deck, once that deck is built.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape

from msgspec import Struct

from ankibuild.curriculum import Item, Part
from ankibuild.project import Project

#: Items that are done and not asked.
TO_DO_KINDS = ("video", "reading", "practice")


class PartCoverage(Struct, frozen=True):
    """Items of one part: how many there are, and those that are not covered."""

    part: Part
    total: int
    uncovered: tuple[Item, ...]

    @property
    def covered(self) -> int:
        """How many items are covered."""
        return self.total - len(self.uncovered)


def coverage(project: Project) -> tuple[PartCoverage, ...]:
    """Count covered items, part by part, in the order of the arc."""
    covered = set(questions_by_item(project)) | set(_checklists(project))
    return tuple(
        PartCoverage(
            part,
            sum(len(topic.items) for topic in part.topics),
            tuple(i for topic in part.topics for i in topic.items if i.id not in covered),
        )
        for part in project.curriculum.parts
    )


def _checklists(project: Project) -> Iterator[str]:
    """Give the items that stand in the checklist of a deck that is built."""
    for placed in project.banks:
        topics = placed.slot.plan.topics if placed.bank.entries else ()
        for name in topics:
            topic = project.curriculum.topics.get(name)
            yield from (
                (item.id for item in topic.items if item.kind in TO_DO_KINDS) if topic else ()
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
    """List the items without a question by part, one a line, with what they ask for.

    Headings begin with `#`, so that the items alone are easy to have.
    """
    return "\n".join(_missing(part) for part in found if part.uncovered)


def _missing(part: PartCoverage) -> str:
    items = (f"{item.id}: {' '.join(item.ask.split())}\n" for item in part.uncovered)
    heading = f"# {part.part.deck}: {len(part.uncovered)} of {part.total} missing\n"
    return heading + "".join(items)


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


_ROW, _NAME, _SCALE = 24, 230, 2.0


def svg(found: tuple[PartCoverage, ...]) -> str:
    """Draw the arc: a bar a part, as long as it has items, filled as far as they have questions."""
    width = _NAME + 90 + _SCALE * max((part.total for part in found), default=0)
    height = _ROW * len(found) + 8
    rows = "".join(_svg_row(part, number) for number, part in enumerate(found))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}"'
        ' font-family="sans-serif" font-size="14">'
        f'<rect width="{width:.0f}" height="{height}" fill="#fff"/>{rows}</svg>\n'
    )


def _svg_row(part: PartCoverage, number: int) -> str:
    y = 4 + _ROW * number
    whole, done = _SCALE * part.total, _SCALE * part.covered
    return (
        f'<text x="{_NAME - 8}" y="{y + 16}" text-anchor="end">{escape(part.part.deck)}</text>'
        f'<rect x="{_NAME}" y="{y + 4}" width="{whole:.0f}" height="16" fill="#dde3ea"/>'
        f'<rect x="{_NAME}" y="{y + 4}" width="{done:.0f}" height="16" fill="#0072b2"/>'
        f'<text x="{_NAME + whole + 6:.0f}" y="{y + 16}">{part.covered} of {part.total}</text>'
    )
