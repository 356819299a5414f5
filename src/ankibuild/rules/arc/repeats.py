"""The rule about two questions that ask the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from ankibuild.diagnostics import Diagnostic, Label
from ankibuild.rules.base import Front, Fronts, Subject, arc_rule, warning

if TYPE_CHECKING:
    from ankibuild.bank import Entry


@arc_rule
def similar_front(subject: Subject) -> Iterable[Diagnostic]:
    """Two questions ask nearly the same, in one bank or in two.

    Whoever learns both learns to tell the cards apart, not the answers. The order of words, small
    words and endings do not count; another formula, number, figure or program does.

    Bad:
    ```yaml
    questions:
      - {basic: x, q: What is the purpose of an activation function?, a: It bends.}
      - {basic: y, q: What is an activation function?, a: A nonlinearity.}
    ```
    Good:
    ```yaml
    questions:
      - {basic: x, q: Why does a network need an activation function?, a: It bends.}
      - {basic: y, q: What is an activation function?, a: A nonlinearity.}
    ```
    """
    seen: dict[int, Front] = {}
    fuller: dict[int, Front] = {}
    for one in _doubtful(subject.fronts):
        twin = _first(seen, (one.own, *one.shorter)) or fuller.get(one.own)
        if twin and twin.id != one.id:
            entries = subject.project.entries
            yield _repeats(entries[one.id], entries[twin.id])
        seen.setdefault(one.own, one)
        for part in one.shorter:
            fuller.setdefault(part, one)


def _doubtful(banks: tuple[Fronts, ...]) -> Iterator[Front]:
    """Give the fronts that have a number in common with another: few, if any."""
    owns: set[int] = set()
    shared: set[int] = set()
    for bank in banks:
        for number in bank.own:
            (shared if number in owns else owns).add(number)
    shared.update(*(owns.intersection(bank.shorter) for bank in banks))
    if shared:
        for one in chain.from_iterable(banks):
            if not shared.isdisjoint((one.own, *one.shorter)):
                yield one


def _first(known: dict[int, Front], wanted: Iterable[int]) -> Front | None:
    return next((known[one] for one in wanted if one in known), None)


def _repeats(entry: Entry, first: Entry) -> Diagnostic:
    headline = entry.question.headline
    return warning(
        "similar-front",
        f"this asks nearly the same as `{first.question.id}`",
        entry.span((headline,)).first_line(),
        "second",
        "drop one of the two, or say in each what sets it apart",
        (Label(first.span((first.question.headline,)).first_line(), "first"),),
    )
