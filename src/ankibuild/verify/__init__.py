"""Proof: runs what a bank claims and says which claims do not hold.

The only room that starts processes that run a bank's code. A claim is a program with its output, a
check that must not fail, or a row of a drill. Every claim runs twice, and verdicts are remembered
by content.

What programs find
------------------
A bank's ``setup`` runs first, every time. A check (``verify``) then finds defined, beside what the
setup defines:

* ``answer``: the answer of a ``typein``, a text; ``output``: the output of a ``code``, a text;
* the names of a drill's row: ``3`` is an int, ``0.5`` a float, ``1/3`` a ``Fraction``, ``[1, 2]``
  and ``[[1, 2], [3, 4]]`` NumPy arrays where the bank imports NumPy or PyTorch and lists elsewhere
  (a list with a fraction in it stays a list, so that it stays exact), anything else a text;
* ``approx(x, y, rel=1e-6, abs=1e-9)``: numbers, lists, arrays or tensors of one shape agree, entry
  by entry; one of the two may be a single number;
* ``grad_check(f, x, grad, step=1e-5, rel=1e-4)``: ``grad`` is the gradient of ``f`` at ``x``, as
  finite differences see it; ``f`` gives one number for an array (a tensor, if ``x`` is one);
* ``recorded("name")``: the numbers in ``media/src/name.json``, that a figure was drawn from.

The seeds of ``random``, NumPy and PyTorch are set before each run, threads are one each. What a
program prints must be its ``output``, but for blanks at the ends of lines; if it raises, the last
line is the exception, as in ``ZeroDivisionError: division by zero``.

What programs may do
--------------------
Compute and print: 20 seconds of work, 40 seconds in all, 2 GB of memory beyond their imports, 16 MB
of files in a folder that is removed, 100,000 bytes of output. No processes, no signals, no network,
no environment, no changes of files elsewhere. On Linux the system itself refuses these (Landlock,
seccomp); elsewhere Python does, which stops accidents and not attackers. ``sandbox`` says how.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ankibuild.verify.claims import Claim
    from ankibuild.verify.proof import Proof, claims_of, verify

__all__ = ["Claim", "Proof", "claims_of", "verify"]


def __getattr__(name: str) -> Any:
    """Load the room when it is entered: the process that runs programs needs nothing of it."""
    if name not in __all__:
        raise AttributeError(name)
    from ankibuild.verify import proof

    return getattr(proof, name)
