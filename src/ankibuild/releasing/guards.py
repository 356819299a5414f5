"""What must hold before a release: versions go up, git has everything, every claim is proven."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ankibuild import git
from ankibuild.git import GitError
from ankibuild.project import Project
from ankibuild.released import Ledger
from ankibuild.releasing.words import few
from ankibuild.rules import Subject
from ankibuild.rules.arc.guards import mass_change
from ankibuild.verify import Claim, claims_of, verify
from ankibuild.verify.proof import Progress
from ankibuild.words import count
from ankibuild.workflow import RefusedError


def version_key(version: str) -> tuple[int, ...]:
    """Give the numbers of ``1.2.0``. Raises RefusedError for anything else."""
    if not re.fullmatch(r"\d+(?:\.\d+){1,2}", version, re.ASCII):
        raise RefusedError(f"`{version}` is not a version; write it as 1.2.0")
    numbers = [int(number) for number in version.split(".")]
    return tuple([*numbers, 0][:3])


def guard_order(ledger: Ledger, version: str, time: int, now: int) -> None:
    """Refuse a release that is not the next one. Raises RefusedError.

    ``time`` is the release's, ``now`` the present, both in seconds since 1970: a stamp in the
    future would keep learners from receiving the next releases.
    """
    number = version_key(version)
    if time > now:
        raise RefusedError("a release cannot lie in the future; leave out --date for now")
    latest = ledger.latest
    if latest is None:
        return
    if number <= version_key(latest.release):
        raise RefusedError(f"{version} is not after {latest.release}, the latest release")
    if time <= latest.time:
        raise RefusedError(f"the latest release, {latest.release}, was on {latest.date}: go later")


def obstacles(
    subject: Subject,
    *,
    without_git: bool = False,
    progress: Progress = lambda _done, _all: None,
) -> tuple[str, ...]:
    """Give every reason not to release the project as it stands, each with what to do.

    ``without_git`` allows a project that no git repository keeps. Runs the programs of the
    questions that have not been run before; ``progress`` is told how many of how many are done.
    """
    return (
        *_uncommitted(subject.project.root, without_git),
        *_too_much(subject),
        *_unproven(subject.project, progress),
    )


def _uncommitted(root: Path, without_git: bool) -> Iterator[str]:
    try:
        paths = git.dirty(root)
    except GitError as error:
        if not without_git:
            yield f"{error}; or release what no repository keeps: --no-git"
        return
    if paths:
        message = f"{count(len(paths), 'file')} not committed ({few(paths)})"
        yield f"{message}; commit first, for a release is what a commit holds"


def _too_much(subject: Subject) -> Iterator[str]:
    for problem in mass_change(subject):
        yield f"{problem.message}; if that is meant, add --large-change"


def _unproven(project: Project, progress: Progress) -> Iterator[str]:
    try:
        proof = verify(claims_of(project), project.root, progress=progress)
    except OSError as error:
        yield f"nothing can be verified here: {error.strerror or error}; release elsewhere"
        return
    if proof.failed:
        verb = "does" if len(proof.failed) == 1 else "do"
        yield f"{_claims(proof.failed)} {verb} not hold; see `ankibuild verify`"
    if proof.unverified:
        packages = few(sorted({name for claim in proof.unverified for name in claim.missing}))
        yield f"{_claims(proof.unverified)} cannot be verified here; install {packages}"


def _claims(claims: tuple[Claim, ...]) -> str:
    ids = dict.fromkeys(claim.entry.question.id for claim in claims)
    return f"{count(len(claims), 'claim')} ({few(ids)})"
