"""A question of a bank as a section of a page: asked in the open, answered under a fold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from ankibuild.outputs.gitbook import gaps
from ankibuild.outputs.gitbook.blocks import Writer, fold, languages
from ankibuild.outputs.gitbook.tree import Node, is_fold, parse, rows
from ankibuild.site.arc import Shown
from ankibuild.words import count

Nodes = tuple[Node, ...]

_STARTS_BLOCK = re.compile(r"```|[|>]|!\[|<details|---|(?:[-*]|\d+[.)]) ")


class _Asked(Struct, frozen=True):
    """What is asked once: of a drill, one of its rows."""

    front: Nodes
    hint: Nodes
    back: Nodes
    extra: Nodes


def question(shown: Shown, figures: str) -> str:
    """Write a question under its id; ``figures`` is the way to the folder of figures."""
    writer = Writer(figures, _languages(shown))
    first, *others = _asked(shown)
    blocks = [f"### {shown.anchor}"]
    if shown.note.notetype == "reversed":
        blocks.append("*Say what it means; then, from the meaning, what it is called.*")
    blocks += [writer.write(first.front), *_hint(writer, first)]
    blocks += _answer(writer, first, writer.write(parse(shown.source)))
    return "\n\n".join([*blocks, *_rows(writer, others)])


def _hint(writer: Writer, asked: _Asked) -> Iterator[str]:
    if asked.hint:
        yield fold("Hint", writer.write(asked.hint))


def _answer(writer: Writer, asked: _Asked, source: str) -> Iterator[str]:
    """Fold the answer away; one that is folded already, as steps are, is not folded twice.

    GitBook does not promise that a fold may be in another.
    """
    back, extra = writer.write(asked.back), writer.write(asked.extra)
    beside = [extra, f"Source: {source}" if source else ""]
    if all(is_fold(node) for node in asked.back):
        yield back
        name = "Remark" if extra else "Source"
    else:
        beside, name = [back, *beside], "Answer"
    if any(beside):
        yield fold(name, "\n\n".join(filter(None, beside)))


def _rows(writer: Writer, others: list[_Asked]) -> Iterator[str]:
    """Fold the other rows of a drill away: first what they ask, then what is right."""
    asked = [[writer.write(one.front), *_hint(writer, one)] for one in others]
    right = [[writer.write(one.back), writer.write(one.extra)] for one in others]
    if others:
        yield fold(f"{count(len(others), 'row')} more", _numbered(asked))
        yield fold("Their answers", _numbered(right))


def _numbered(rows: list[list[str]]) -> str:
    """Write rows under their numbers, or right after them where that is a line of text."""
    blocks: list[str] = []
    for number, row in enumerate(rows, 2):
        head, *rest = filter(None, row)
        label = f"**Row {number}.**"
        blocks += [label, head] if _STARTS_BLOCK.match(head) else [f"{label} {head}"]
        blocks += rest
    return "\n\n".join(blocks)


def _asked(shown: Shown) -> list[_Asked]:
    """Take a note's fields apart: one for each row of a drill, or all in one."""
    front, back, hint, extra = shown.note.fields[:4]
    if shown.notetype.is_cloze:
        front, back = gaps.hide(front), gaps.fill(front)
    fronts, backs = rows(parse(front)), rows(parse(back))
    hints, extras = (_repeated(rows(parse(text)), len(fronts)) for text in (hint, extra))
    return [_Asked(*row) for row in zip(fronts, hints, backs, extras, strict=True)]


def _repeated(remarks: tuple[Nodes, ...], number: int) -> tuple[Nodes, ...]:
    """Give a remark for each row; one that is the same for all stands at the first only."""
    return remarks if len(remarks) == number else (*remarks[:1], *((),) * (number - 1))


def _languages(shown: Shown) -> dict[str, str]:
    """Find the languages of the programs in a question's texts."""
    asked = shown.entry.question
    texts = [value for value in asked.model_dump().values() if isinstance(value, str)]
    lists = [value for value in asked.model_dump().values() if isinstance(value, tuple)]
    texts += [text for value in lists for text in value if isinstance(text, str)]
    programs = (f"```python\n{program}\n```" for _, program in asked.programs())
    return languages([*texts, *programs])
