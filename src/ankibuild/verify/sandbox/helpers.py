"""What authors have at hand in checks: ``approx``, ``grad_check``, ``recorded``, values of rows."""

from __future__ import annotations

import cmath
import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any


def value_of(value: Any, arrays: bool) -> Any:
    """Turn a row's text into what it means.

    Numbers become int or float, ``1/2`` a Fraction, lists of numbers lists of numbers (with
    ``arrays`` NumPy arrays, if they are rectangular and without fractions); all else stays text.
    """
    if isinstance(value, list | tuple):
        items = [value_of(item, arrays) for item in value]
        numpy = sys.modules.get("numpy") if arrays else None
        if numpy is None or not _rectangular(items):
            return items
        return numpy.array([_plain(item) for item in items])
    for make in (int, float, Fraction):
        with contextlib.suppress(ValueError, ZeroDivisionError):
            return make(value)
    return value


def _rectangular(items: list[Any]) -> bool:
    """Tell whether items are numbers, or arrays of one shape."""
    if all(isinstance(item, int | float) for item in items):
        return True
    shapes = {getattr(item, "shape", None) for item in items}
    return None not in shapes and len(shapes) == 1


def recorder(records: Mapping[str, Any]) -> Callable[[str], Any]:
    """Make ``recorded``."""

    def recorded(name: str) -> Any:
        """Give the numbers in ``media/src/NAME.json``, a copy; the name stands in quotes."""
        if name not in records:
            message = f"there is no media/src/{name}.json (or its name is not written in quotes)"
            raise LookupError(message)
        return json.loads(json.dumps(records[name]))

    return recorded


def approx(x: Any, y: Any, rel: float = 1e-6, abs: float = 1e-9) -> bool:  # noqa: A002
    """Tell whether two numbers, lists, arrays or tensors of one shape agree, entry by entry.

    ``rel`` is the allowed difference as a share of the larger of two numbers, ``abs`` the
    difference that is always allowed. One number may stand for a whole array of equal ones.
    """
    left, right = _plain(x), _plain(y)
    if isinstance(left, list) == isinstance(right, list):
        return _agree(left, right, rel, abs)
    many, one = (left, right) if isinstance(left, list) else (right, left)
    return all(_agree(each, one, rel, abs) for each in _flat(many))


def _agree(a: Any, b: Any, rel: float, least: float) -> bool:
    if not isinstance(a, list) and not isinstance(b, list):
        return bool(a == b) or cmath.isclose(a, b, rel_tol=rel, abs_tol=least)
    if not isinstance(a, list) or not isinstance(b, list) or len(a) != len(b):
        return False
    return all(_agree(one, two, rel, least) for one, two in zip(a, b, strict=True))


def _flat(value: Any) -> list[Any]:
    return [one for item in value for one in _flat(item)] if isinstance(value, list) else [value]


def _plain(value: Any) -> Any:
    """Turn arrays, tensors and tuples into lists and numbers."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "tolist"):
        return value.tolist()
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def grad_check(
    f: Callable[[Any], Any], x: Any, grad: Any, step: float = 1e-5, rel: float = 1e-4
) -> bool:
    """Tell whether ``grad`` is the gradient of ``f`` at ``x``, by central differences.

    ``f`` takes a float64 array of the shape of ``x`` (a tensor, if ``x`` is one) and returns one
    number; ``grad`` has the shape of ``x``. ``rel`` is the allowed error as a share of the largest
    entry of the gradient, ``step`` the distance of the two points.
    """
    import numpy as np

    point, claimed = np.array(_plain(x), dtype=float), np.array(_plain(grad), dtype=float)
    if claimed.shape != point.shape:
        return False
    like = sys.modules["torch"].from_numpy if hasattr(x, "detach") else np.asarray
    found = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        nudge = np.zeros_like(point)
        nudge[index] = step
        ahead, behind = f(like(point + nudge)), f(like(point - nudge))
        found[index] = (float(ahead) - float(behind)) / (2 * step)
    scale = max(1e-8, float(np.abs(found).max(initial=0.0)))
    return bool(np.abs(found - claimed).max(initial=0.0) <= rel * scale)
