"""A release before it happens: everything that will be written, and what it will do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from ankibuild import changelog, released
from ankibuild.cache import Memory
from ankibuild.diff import Arrival, Diff, since
from ankibuild.git import GitError
from ankibuild.released import Changes, Release
from ankibuild.releasing.forecast import Forecast, forecast
from ankibuild.releasing.guards import guard_order
from ankibuild.releasing.news import news
from ankibuild.rules import Subject
from ankibuild.words import count
from ankibuild.workflow import RefusedError


class Plan(Struct, frozen=True):
    """A release as it would be.

    ``ledger`` and ``changelog`` are the whole texts of the two files, ``entry`` is what the
    changelog says of this release. ``remarks`` are sentences on what is not in it and could be.
    """

    root: Path
    release: Release
    changes: Changes
    forecast: Forecast
    ledger: str
    changelog: str
    entry: str
    remarks: tuple[str, ...] = ()


def make(subject: Subject, version: str, time: int, now: int, memory: Memory | None = None) -> Plan:
    """Plan a release of the project as it stands; nothing is written. Raises RefusedError.

    ``time`` is the release's, ``now`` the present, both in seconds since 1970. A ``memory`` with
    which the project was loaded saves reading again what has not changed since the last release.
    """
    before, release = subject.ledger, Release(version, time)
    guard_order(before, version, time, now)
    log = _changelog(subject.project.root, version)
    collection = released.stamp(subject.collection, before, time)
    after = released.record(collection, before, release, subject.retired)
    changed, remarks = _since_last(subject, memory)
    told = news(subject, release, changed)
    return Plan(
        subject.project.root,
        release,
        subject.changes,
        forecast(before, after, collection, told.package),
        released.dump(after),
        changelog.add(log, told),
        changelog.entry(told, changelog.written(log)),
        remarks,
    )


def read_changelog(root: Path) -> str:
    """Give the text of the changelog; empty if there is none. Raises RefusedError."""
    path = root / changelog.PATH
    try:
        return path.read_bytes().decode("utf-8") if path.is_file() else ""
    except UnicodeDecodeError:
        raise RefusedError(f"{changelog.PATH} is not UTF-8; save it as UTF-8") from None


def _changelog(root: Path, version: str) -> str:
    text = read_changelog(root)
    if version in changelog.versions(text):
        message = f"{changelog.PATH} has an entry for {version}, which is not released"
        raise RefusedError(f"{message}; put its text under `## {changelog.PENDING}`")
    return text


def _since_last(subject: Subject, memory: Memory | None) -> tuple[Diff | None, tuple[str, ...]]:
    """Compare with the last release as git has it; if it does not, a remark says so."""
    latest = subject.ledger.latest
    if latest is None:
        return None, ()
    tag = f"v{latest.release}"
    try:
        return since(subject, tag, memory), ()
    except GitError:
        return None, (f"no tag `{tag}` here: the changelog names what changed, but not how",)


# ------------------------------------------------------------------ in words


def describe(plan: Plan) -> str:
    """Say in plain text what a release would do and what it cannot, and show its changelog."""
    blocks = (
        summary(plan),
        "\n".join(plan.remarks),
        "\n".join(_arrivals(plan.forecast.arrivals)),
        "\n".join(_limits(plan.forecast)),
        f"In {changelog.PATH}:\n\n{plan.entry}",
    )
    return "\n\n".join(block for block in blocks if block) + "\n"


def summary(plan: Plan) -> str:
    """Count on one line what is in a release."""
    changes = plan.changes
    sums = f"{len(changes.added)} new, {len(changes.changed)} changed, {len(changes.gone)} retired"
    return f"{plan.release.release}: {sums}, {len(changes.same)} as before"


def _arrivals(arrivals: tuple[Arrival, ...]) -> Iterator[str]:
    if arrivals:
        yield "What an import does, with Anki's default options:"
    for one in arrivals:
        new, over, same = len(one.new), len(one.overwritten), len(one.untouched)
        said = f"{new:,} new, {over:,} overwritten, {same:,} untouched"
        if one.staying:
            said += f"; {count(len(one.staying), 'retired note')} left as it is"
        yield f"  to who has {one.release}: {said}"
    if any(one.overwritten for one in arrivals):
        yield "Overwritten are fields and tags; the schedule, flags and suspension stay."


def _limits(foretold: Forecast) -> Iterator[str]:
    if foretold.limits:
        yield "What it cannot do:"
    for limit in foretold.limits:
        yield f"  {limit.change}: {limit.whom}"
