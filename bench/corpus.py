"""Decks of any size for the benchmarks: plain text, formulas, code, lists, tables and gaps.

Half of the questions are short plain text, a quarter holds formulas, 15 in a hundred a block of
code, the rest a list, a table or gaps. Every text is unlike every other; the same number gives the
same question for ever.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: Questions of a bank, and banks of a part.
BANK, PART = 100, 10

_WORDS = """
gradient tensor layer batch weight kernel token loss feature channel matrix vector bias sample
momentum schedule dropout residual encoder decoder attention query key value head sequence padding
mask stride pooling embedding logit target entropy likelihood prior posterior variance mean norm
scale shift rank basis column row span null trace pivot
"""
_VERBS = "shrinks grows bounds scales shifts masks splits joins repeats averages sorts keeps"
WORDS, VERBS = _WORDS.split(), _VERBS.split()
TAGS = tuple(f"tag-{number}" for number in range(40))


@dataclass(frozen=True)
class Entry:
    """A question: ``kind`` is ``basic`` or ``cloze``; a cloze has its text in ``front``."""

    id: str
    kind: str
    front: str
    back: str
    tags: tuple[str, ...]


def entries(count: int) -> Iterator[Entry]:
    """Give the first ``count`` questions."""
    for number in range(count):
        dice = random.Random(number)  # noqa: S311 - the same dice for ever
        share = number % 20
        make = _maker(share)
        kind, front, back = make(dice, number)
        yield Entry(f"q-{number:06}", kind, front, back, tuple(dice.sample(TAGS, 2)))


Texts = tuple[str, str, str]


def _maker(share: int) -> Callable[[random.Random, int], Texts]:
    if share < 10:
        return _plain
    if share < 15:
        return _formula
    if share < 18:
        return _code
    return _gaps if share == 18 else _list_or_table


def _phrase(dice: random.Random, length: int) -> str:
    words = [dice.choice(WORDS) for _ in range(length)]
    return " ".join(words)


def _plain(dice: random.Random, number: int) -> Texts:
    front = f"Why does the {_phrase(dice, 3)} matter to {_phrase(dice, 2)} number {number}?"
    verb = dice.choice(VERBS)
    back = f"Because the {_phrase(dice, 2)} {verb} what the {_phrase(dice, 3)} holds."
    return "basic", front, back


def _formula(dice: random.Random, number: int) -> Texts:
    a, b = dice.randrange(2, 90), dice.randrange(2, 90)
    front = f"Which {_phrase(dice, 2)} makes $\\sum_i x_i^{{{a}}} = {number}$ hold?"
    inner = f"\\frac{{{a}}}{{{b}}} \\sqrt{{{number} + x}}"
    back = f"The {dice.choice(WORDS)} of\n\n$$\n{inner}\n$$\n\nsince $x \\le {b}$."
    return "basic", front, back


def _code(dice: random.Random, number: int) -> Texts:
    front = f"How is the {_phrase(dice, 2)} of case {number} computed?"
    name = dice.choice(WORDS)
    lines = (
        f"def {name}_{number}(x, scale={dice.randrange(9)}):",
        f"    total = sum(item * scale for item in x)  # {dice.choice(WORDS)}",
        f'    return {{"{dice.choice(WORDS)}": total, "count": len(x)}}',
    )
    return "basic", front, "```python\n" + "\n".join(lines) + "\n```"


def _gaps(dice: random.Random, number: int) -> Texts:
    text = (
        f"In case {number} the {{{{c1::{_phrase(dice, 2)}}}}} {dice.choice(VERBS)} the"
        f" {{{{c2::{dice.choice(WORDS)}}}}} of the {_phrase(dice, 2)}."
    )
    return "cloze", text, ""


def _list_or_table(dice: random.Random, number: int) -> Texts:
    front = f"What do the {_phrase(dice, 2)} of case {number} need?"
    if number % 40 < 20:
        return "basic", front, "\n".join(f"- {_phrase(dice, 3)}" for _ in range(3))
    rows = "\n".join(f"| {_phrase(dice, 1)} | {dice.randrange(99)} |" for _ in range(3))
    return "basic", front, f"| what | how many |\n|---|---|\n{rows}"


# ------------------------------------------------------------------ as a deck repository


def yaml(entry: Entry) -> str:
    """Write a question as an author would."""
    fields = {"text": entry.front} if entry.kind == "cloze" else {"q": entry.front, "a": entry.back}
    lines = [f"  - {entry.kind}: {entry.id}"]
    for name, text in fields.items():
        lines += [f"    {name}: |", *(f"      {row}" if row else "" for row in text.split("\n"))]
    page = int(entry.id[2:]) + 1
    return "\n".join([*lines, f"    at: p. {page}", f"    tags: [{', '.join(entry.tags)}]", "", ""])


def lay_down(root: Path, count: int, *, per_bank: int = BANK, per_part: int = PART) -> list[Path]:
    """Write a deck repository of ``count`` questions; give its banks."""
    banks: list[Path] = []
    parts: list[str] = []
    rows: list[Entry] = []
    for entry in entries(count):
        rows.append(entry)
        if len(rows) == per_bank:
            banks.append(_bank(root, len(banks), per_part, rows))
            rows = []
    if rows:
        banks.append(_bank(root, len(banks), per_part, rows))
    for first in range(0, len(banks), per_part):
        parts.append(_part(root, first // per_part, len(banks[first : first + per_part])))
    head = "title: Bench\nnamespace: bench\nlicense: CC BY 4.0\ndescription: Much to learn.\n"
    (root / "decks/curriculum.yaml").write_text(head + "parts:\n" + "".join(parts))
    source = "sources:\n  - book: book\n    title: A book\n    url: https://example.org/\n"
    (root / "decks/sources.yaml").write_text(source)
    return banks


def _bank(root: Path, number: int, per_part: int, rows: list[Entry]) -> Path:
    folder = root / "decks" / _part_id(number // per_part)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"b-{number:04}.yaml"
    head = f"title: Bank {number}\nsource: book\ntags: [tag-0]\n\nquestions:\n\n"
    path.write_text(head + "".join(map(yaml, rows)), encoding="utf-8")
    return path


def _part_id(number: int) -> str:
    return f"{number // 99:02}-part-{number % 99 + 1:02}"


def _part(root: Path, part: int, count: int) -> str:
    """Write a part's topics; give its entry of the curriculum."""
    ids = [f"{part}-{number}" for number in range(count)]
    topics = "".join(_topic(name) for name in ids)
    folder = _part_id(part)
    (root / "decks" / folder / "part.yaml").write_text(f"topics:\n{topics}", encoding="utf-8")
    name = f"{part % 99 + 1:02} Part {part}"
    return f"  - part: {folder}\n    deck: {name}\n    title: Part {part}\n    decks:\n" + "".join(
        _deck(part, number, count) for number in range(count)
    )


def _topic(name: str) -> str:
    item = f"      - concept: t-{name}.why\n        ask: Say why.\n"
    return f"  - topic: t-{name}\n    title: Topic {name}\n    level: 1\n    items:\n{item}"


def _deck(part: int, number: int, count: int) -> str:
    bank = f"b-{part * PART + number:04}.yaml" if count <= PART else f"b-{number:04}.yaml"
    return (
        f"      - deck: {number % 99 + 1:02} Deck {number}\n        bank: {bank}\n"
        f"        topics: [t-{part}-{number}]\n"
    )


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=1000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    lay_down(options.folder, options.questions)
