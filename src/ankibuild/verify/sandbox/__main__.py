"""Warms up, then runs job after job: JSON lines in, JSON lines out."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from ankibuild.verify.sandbox import fence, kernel, warden


def main() -> None:
    """Warm up as the first line says, then answer each of the others."""
    requests, answers = _private_pipes()
    hello = json.loads(requests.readline())
    kernel.adopt_orphans()
    missing = list(_warm(hello["packages"]))
    _say(answers, {"missing": missing, "python": sys.version})
    limits = {**fence.LIMITS, **hello["limits"]}
    for line in requests:
        _say(answers, warden.run(json.loads(line), limits))


def _private_pipes() -> tuple[io.TextIOWrapper, io.TextIOWrapper]:
    """Take the pipes to the runner away from descriptors 0 and 1, which programs use."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)
    return os.fdopen(requests, encoding="utf-8"), os.fdopen(answers, "w", encoding="utf-8")


def _say(answers: io.TextIOWrapper, answer: Any) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _warm(packages: list[str]) -> Iterator[str]:
    """Import what programs will import; yield what cannot be (they will say why)."""
    for name in packages:
        try:
            importlib.import_module(name)
        except Exception:
            yield name
    if "numpy" in sys.modules:
        # Imported by NumPy on first use only; but it is here that it gets its seed.
        importlib.import_module("numpy.random")
    torch = sys.modules.get("torch")
    if torch is not None:
        with contextlib.suppress(RuntimeError, AttributeError):
            torch.set_num_threads(1)
            torch.set_num_interop_threads(1)
    # What is here now stays: a child's collector must not touch, and so copy, every page of it.
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main()
