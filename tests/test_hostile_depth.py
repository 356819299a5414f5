"""Texts whose tags and emphasis stand deep within each other: one answer, before any walk."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ankibuild import workflow
from ankibuild.markdown import DEEPEST, LONGEST, render
from ankibuild.outputs.gitbook import inline
from ankibuild.outputs.gitbook.tree import parse
from conftest import BANK, Lay

HEAD = "title: Batch normalization\nsource: makemore-3\n\nquestions:\n\n"


def tags(opening: str, closing: str = "", inside: str = "x") -> str:
    """Give as many tags as a text may have."""
    number = LONGEST // (len(opening) + len(closing)) - len(inside)
    return opening * number + inside + closing * number


DEEP = {
    "never closed": tags("<b>"),
    "closed": tags("<b>", "</b>"),
    "different ones": tags("<b><i><sub>"),
    "blocks": tags("<div>"),
    "lists": tags("<ul><li>"),
    "tables": tags("<table><tr><td>"),
    "folds": tags("<details><summary>a</summary>"),
    "with words": tags("<b>words "),
    "emphasis": tags("*", "*"),
    "emphasis of two": tags("*a _b ", " b_ a*"),
    "just too deep": "<b>" * DEEPEST + "x",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_a_text_that_is_too_deep_is_refused(text: str, lay: Lay, tmp_path: Path) -> None:
    assert len(text) <= LONGEST
    root = lay({BANK: f"{HEAD}  - basic: why\n    q: Why?\n    a: |\n      {text}\n    at: 1:00\n"})
    space = workflow.load(root)
    (wrong,) = (problem for problem in space.problems if problem.rule == "text-too-deep")
    assert (wrong.severity, wrong.span.line) == ("error", 9)
    # What a program makes of it all the same has an end.
    assert space.subject is not None
    workflow.export(space.subject, "gitbook", tmp_path / "book")


SHALLOW = {
    "as deep as it may be": "<b>" * (DEEPEST - 1) + "x" + "</b>" * (DEEPEST - 1),
    "side by side": "<b>a</b> " * (LONGEST // 9),
    "breaks": "a<br>" * (LONGEST // 5),
    "paragraphs": "*a*\n\n" * (LONGEST // 5),
    "rows": "| a | b |\n|---|---|\n" + "| *a* | `b` |\n" * 1_000,
    "lists as deep as they are shown": "".join(f"{'  ' * n}- *a*\n" for n in range(20)),
}


@pytest.mark.parametrize("text", SHALLOW.values(), ids=SHALLOW)
def test_a_long_text_need_not_be_deep(text: str) -> None:
    assert render(text).problems == ()


def test_emphasis_without_end_takes_no_time() -> None:
    """What is quadratic takes ten seconds for this."""
    began = time.process_time()
    written = inline.paragraph(parse("<b>a</b> " * 30_000), figures="")
    assert time.process_time() - began < 5
    assert written == " ".join(["**a**"] * 30_000)
