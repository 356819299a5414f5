"""Commands between one release and the next: diff, release, news."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime

import click

from ankibuild.cli.terminal import progress_bar, project_root, refusals, sound_or_exit
from ankibuild.diagnostics import did_you_mean


@click.command()
@click.argument("rev", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    help="text for people, markdown for a pull request, html to look at, json for tools.",
)
@click.pass_context
@refusals
def diff(context: click.Context, rev: str | None, form: str) -> None:
    """Show, question by question, what a learner would get that was not there at REV.

    REV is a git revision; without it, the latest release, or the last commit if there is none.
    Says what is new, changed (word by word), moved and retired, and what the next import will do
    to the notes that learners have.
    """
    from ankibuild import diff as room
    from ankibuild.cache import Memory
    from ankibuild.workflow import load

    memory = Memory()
    subject = sound_or_exit(load(project_root(context), memory=memory))
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    click.echo(room.write(room.since(subject, rev, memory), form, color=color), nl=False)


@click.command()
@click.argument("version")
@click.option("--date", help="Day (2026-11-22) or time (2026-11-22T08:00) in UTC; default: now.")
@click.option("--large-change", is_flag=True, help="A change of many released notes is meant.")
@click.option("--no-git", "without_git", is_flag=True, help="No git repository keeps this project.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.pass_context
@refusals
def release(
    context: click.Context,
    version: str,
    date: str | None,
    large_change: bool,
    without_git: bool,
    dry_run: bool,
) -> None:
    """Record VERSION: from now on learners have these questions.

    Ids, decks and gap numbers are frozen from then on. Writes decks/released.jsonl and the entry
    of CHANGELOG.md, both or neither; commit them together, tag the commit, and build. Everything
    must be committed and every claim proven.
    """
    from ankibuild import releasing, workflow
    from ankibuild.cache import Memory

    root = project_root(context)
    finished = None if dry_run else releasing.resume(root)
    if finished:
        click.echo(f"{finished}: an interrupted release is finished now; commit both files")
    if finished == version:
        return
    memory, now = Memory(), int(time.time())
    subject = sound_or_exit(workflow.load(root, large_change=large_change, memory=memory))
    plan = releasing.make(subject, version, _time(date) if date else now, now, memory)
    with progress_bar() as progress:
        wrong = releasing.obstacles(subject, without_git=without_git, progress=progress)
    if dry_run:
        click.echo(releasing.describe(plan), nl=False)
    for reason in wrong:
        click.echo(f"{version} cannot be released: {reason}", err=True)
    if wrong:
        sys.exit(1)
    if dry_run:
        click.echo("a dry run: nothing was written", err=True)
        return
    releasing.carry_out(plan)
    click.echo(releasing.summary(plan))
    files = "decks/released.jsonl and CHANGELOG.md"
    click.echo(f"commit {files} together, tag that `v{version}`, and `ankibuild build`", err=True)


def _time(date: str) -> int:
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        message = f"`{date}` is not a date; write 2026-11-22 or 2026-11-22T08:00"
        raise click.UsageError(message) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


@click.command()
@click.argument("version")
@click.pass_context
@refusals
def news(context: click.Context, version: str) -> None:
    """Print what the release VERSION brought, as the changelog has it."""
    from ankibuild import changelog
    from ankibuild.releasing import read_changelog

    text = read_changelog(project_root(context))
    found = changelog.section(text, version)
    if not found:
        known = did_you_mean(version, changelog.versions(text))
        raise click.UsageError(f"{changelog.PATH} has no entry for {version}\n{known}".strip())
    click.echo(found)
