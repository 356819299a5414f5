"""Claims to verdicts: what is remembered is not run again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from ankibuild.cache import Cache
from ankibuild.diagnostics import Diagnostic
from ankibuild.project import Project
from ankibuild.verify.claims import Claim, claims
from ankibuild.verify.findings import findings, passed
from ankibuild.verify.runner import Runs, run_all

Progress = Callable[[int, int], None]


class Proof(Struct, frozen=True):
    """What came out: claims that hold, those that do not, those that need a missing package.

    ``ran`` counts the claims that were run; for the others the verdict was remembered.
    """

    proven: tuple[Claim, ...]
    failed: tuple[Claim, ...]
    unverified: tuple[Claim, ...]
    problems: tuple[Diagnostic, ...]
    ran: int


def claims_of(project: Project, ids: Iterable[str] = ()) -> list[Claim]:
    """Give the claims of a project, or only those of some questions."""
    wanted = set(ids)
    return [
        claim
        for placed in project.banks
        for claim in claims(
            placed.bank,
            (e for e in placed.bank.entries if not wanted or e.question.id in wanted),
            project.records,
        )
    ]


def verify(
    todo: Sequence[Claim],
    root: Path,
    *,
    fresh: bool = False,
    jobs: int | None = None,
    limits: dict[str, int] | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Proof:
    """Run the claims whose verdict is not remembered below ``root`` (all of them if ``fresh``).

    ``jobs`` processes work at once (default: one for each core); ``limits`` override
    ``sandbox.fence.LIMITS``; ``progress`` is told how many runs of how many are done.

    Raises OSError where the system cannot run a bank's code (Windows).
    """
    possible = [(claim.key, claim) for claim in todo if not claim.missing]
    cache = Cache(root, "verify")
    known = {} if fresh else _remembered(cache, (key for key, _ in possible))
    # Claims that are equal in everything share their verdict.
    waiting = {key: claim for key, claim in possible if key not in known}
    made = _run(list(waiting.values()), jobs, limits, progress)
    new = dict(zip(waiting, made, strict=True))
    cache.add({key: [r.first, r.second] for key, r in new.items() if _repeatable(r)})
    known |= new
    judged = [(claim, known[key]) for key, claim in possible]
    return Proof(
        tuple(claim for claim, runs in judged if passed(claim, runs)),
        tuple(claim for claim, runs in judged if not passed(claim, runs)),
        tuple(claim for claim in todo if claim.missing),
        tuple(problem for claim, runs in judged for problem in findings(claim, runs)),
        len([key for key, _ in possible if key in new]),
    )


def _remembered(cache: Cache, keys: Iterable[str]) -> dict[str, Runs]:
    found = {key: cache.get(key) for key in keys}
    return {key: Runs(*value) for key, value in found.items() if value and _sound(value)}


def _sound(value: Any) -> bool:
    """Tell whether what a file says can be two verdicts."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(one, dict) and one.get("status") in _LASTING for one in value)
    )


def _run(
    waiting: Sequence[Claim],
    jobs: int | None,
    limits: dict[str, int] | None,
    progress: Progress,
) -> list[Runs]:
    done = 0

    def count(number: int) -> None:
        nonlocal done
        done += number
        progress(done, 2 * len(waiting))

    return run_all(waiting, jobs=jobs, limits=limits, progress=count) if waiting else []


#: Ends that are remembered: a stopped program may have met a busy machine.
_LASTING = ("ok", "raised", "exit")


def _repeatable(runs: Runs) -> bool:
    return runs.first["status"] in _LASTING and runs.second["status"] in _LASTING
