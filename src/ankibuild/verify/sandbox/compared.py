"""What a failed ``assert`` compared, so that the message can show both sides."""

from __future__ import annotations

import ast
import traceback
from types import FrameType

#: Characters of a value that are shown.
LONGEST = 400
#: Functions whose first two arguments are what they compare.
_CALLS = {"approx", "allclose", "isclose", "array_equal", "equal"}

Sides = list[tuple[str, str]]


def compared(error: BaseException, code: str, filename: str) -> Sides:
    """Give both sides of the comparison that failed, each as its source and its value.

    Empty when the author gave words of their own, or when there are no two sides to show.
    """
    try:
        found = [
            (frame, line)
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename == filename
        ]
        frame, line = found[-1]
        return [_side(node, code, frame) for node in _operands(code, line)]
    except BaseException:
        # A second look may fail in any way; then there is nothing to show.
        return []


def _operands(code: str, line: int) -> list[ast.expr]:
    """Find the two expressions that the ``assert`` on a line compares."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or line):
            test = node.test
            if isinstance(test, ast.Compare) and len(test.ops) == 1:
                return [test.left, *test.comparators]
            if isinstance(test, ast.Call) and _name(test.func) in _CALLS and len(test.args) >= 2:
                return test.args[:2]
    return []


def _name(node: ast.expr) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _side(node: ast.expr, code: str, frame: FrameType) -> tuple[str, str]:
    program = compile(ast.Expression(node), "<again>", "eval")
    value = eval(program, frame.f_globals, frame.f_locals)  # noqa: S307 - the bank's own code
    return ast.get_source_segment(code, node) or "", repr(value)[:LONGEST]
