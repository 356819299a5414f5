"""Commands that say what is wrong: check, verify, fmt."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ankibuild.cli.terminal import (
    FORMAT,
    below,
    help_editors,
    progress_bar,
    project_folder,
    project_root,
    show,
    tally,
)
from ankibuild.unchanged import LastRun
from ankibuild.words import count

if TYPE_CHECKING:
    from pathlib import Path

    from ankibuild.diagnostics import Diagnostic
    from ankibuild.project import Project
    from ankibuild.verify import Proof

NOT_TYPESET = "formulas were checked by rules only, not typeset"
NO_MATHJAX = (
    "this ankibuild came without MathJax; in a clone of it, with npm, `make` fetches it and"
    " `make wheel` makes a wheel that has it"
)
NO_ENGINE = "that takes node or the Python package quickjs-ng"


class Checked(NamedTuple):
    """What `check` has to say: packed diagnostics, how many questions, whether math was typeset."""

    problems: dict[str, Any]
    questions: int
    typeset: bool


class Verified(NamedTuple):
    """What `verify` has to say: packed diagnostics, two counts of claims, and the table asked for.

    ``missing`` are packages and the claims that could not be run for want of them.
    """

    problems: dict[str, Any]
    proven: int
    failed: int
    missing: list[tuple[str, int]]
    ran: str
    table: str


@click.command()
@click.argument("paths", nargs=-1)
@FORMAT
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings, too.")
@click.pass_context
def check(context: click.Context, paths: tuple[str, ...], form: str, strict: bool) -> None:
    """Say everything that is wrong, with its place and what to type instead.

    PATHS are files or folders; without them, everything is checked.
    """
    root = project_folder(context)
    places = _places(root, paths)
    last = LastRun(root, "check", [], time.time_ns())
    known = last.said()
    checked = Checked(*known) if known else _check(root)
    if known is None and checked.typeset:
        last.keep(checked)
    problems = _selected(checked.problems, places)
    show(problems, form)
    if form == "text":
        asked = f"{count(checked.questions, 'question')} checked"
        fine = f"nothing to complain about: {asked if checked.questions else 'not checked'}"
        click.echo(tally(problems) or fine, err=True)
        if not checked.typeset:
            click.echo(f"{NOT_TYPESET}: {_lacking()}", err=True)
    sys.exit(1 if any(strict or p.severity == "error" for p in problems) else 0)


def _places(root: str, paths: tuple[str, ...]) -> list[str]:
    """Give files and folders from the root; none, which means all, if the root is among them."""
    places = [below(root, path) for path in paths]
    return [] if os.curdir in places else places


def _check(root: str) -> Checked:
    from pathlib import Path

    from ankibuild.packed import pack
    from ankibuild.workflow import load

    space = load(Path(root), jobs=os.cpu_count() or 1)
    help_editors(space)
    asked = len(space.subject.collection.notes) if space.subject else 0
    return Checked(pack(space.problems), asked, space.typeset)


def _lacking() -> str:
    """Say what formulas would be typeset with."""
    from ankibuild.typeset.engines import sources

    return NO_ENGINE if sources() else NO_MATHJAX


def _selected(packed: dict[str, Any], places: list[str]) -> tuple[Diagnostic, ...]:
    """Give what was found in some files or folders; everything if none are named."""
    if not packed["problems"]:
        return ()
    from ankibuild.diagnostics import select
    from ankibuild.packed import unpack

    return select(unpack(packed), places)


@click.command()
@click.argument("targets", nargs=-1)
@click.option("--report", "as_report", is_flag=True, help="Show how much is proven, by deck.")
@click.option("--fresh", is_flag=True, help="Run everything, also what has not changed.")
@click.option("--strict", is_flag=True, help="Exit with 1 if a package is missing, too.")
@click.option("--jobs", type=click.IntRange(1), help="Processes at a time; default: every core.")
@FORMAT
@click.pass_context
def verify(
    context: click.Context,
    targets: tuple[str, ...],
    as_report: bool,
    fresh: bool,
    strict: bool,
    jobs: int | None,
    form: str,
) -> None:
    """Run every program, check and drill row, and say which claims do not hold.

    TARGETS are files, folders or ids of questions. This runs Python code of the banks, fenced in:
    limited time and memory, no network, no processes, an empty environment. Only what has changed
    since the last time is run.
    """
    root = project_folder(context)
    # A target is a path from here.
    asked = [f"report={as_report}", os.getcwd() if targets else "", *targets]
    last = LastRun(root, "verify", asked, time.time_ns())
    known = None if fresh else last.said()
    verified = Verified(*known) if known else _verify(root, targets, as_report, fresh, jobs)
    if known is None and not verified.problems["problems"]:
        ran = "none had to be run again" if verified.proven else verified.ran
        last.keep(verified._replace(ran=ran))
    show(_selected(verified.problems, []), form)
    click.echo(verified.table, nl=False)
    for package, lost in verified.missing:
        click.echo(f"not verified here: {package} ({count(lost, 'claim')})", err=True)
    said = f"{count(verified.proven, 'claim')} proven, {verified.failed} not"
    click.echo(f"{said}; {verified.ran}", err=True)
    sys.exit(1 if verified.failed or (strict and verified.missing) else 0)


def _verify(
    folder: str, targets: tuple[str, ...], as_report: bool, fresh: bool, jobs: int | None
) -> Verified:
    from pathlib import Path

    from ankibuild import project as projects
    from ankibuild.diagnostics import errors, sort
    from ankibuild.packed import pack
    from ankibuild.verify import claims_of
    from ankibuild.verify import verify as prove
    from ankibuild.verify.report import report, table

    root = Path(folder)
    project, problems = projects.load(root)
    if project is None or errors(problems):
        show(errors(problems))
        click.echo("nothing was run: correct these first", err=True)
        sys.exit(1)
    claims = claims_of(project, _question_ids(project, root, targets))
    with progress_bar() as progress:
        proof = prove(claims, root, fresh=fresh, jobs=jobs, progress=progress)
    shown = table(report(project, proof.proven, proof.failed)) if as_report else ""
    lacking = Counter(name for claim in proof.unverified for name in claim.missing)
    return Verified(
        pack(sort(proof.problems)),
        len(proof.proven),
        len(proof.failed),
        sorted(lacking.items()),
        _ran(proof),
        shown,
    )


def _ran(proof: Proof) -> str:
    """Say how many claims were run; of the others the verdict was remembered."""
    judged = len(proof.proven) + len(proof.failed)
    if proof.ran == judged:
        return "all run" if judged else "nothing was run"
    return f"{proof.ran} run, the others as before" if proof.ran else "none had to be run again"


def _question_ids(project: Project, root: Path, targets: tuple[str, ...]) -> list[str]:
    """Give the ids that targets stand for; none, which means all, for no target and the root."""
    from pathlib import Path

    ids: list[str] = []
    for target in targets:
        if target in project.entries:
            ids.append(target)
            continue
        if not Path(target).exists():
            from ankibuild.diagnostics import did_you_mean

            guess = did_you_mean(target, project.entries)
            raise click.UsageError(f"there is no file and no question `{target}`\n{guess}".strip())
        path = below(str(root), target)
        if path == os.curdir:
            return []
        inside = [p.bank for p in project.banks if f"{p.bank.path}/".startswith(f"{path}/")]
        ids += [entry.question.id for bank in inside for entry in bank.entries]
        if not inside:
            raise click.UsageError(f"there are no questions in `{target}`")
    return ids


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something would change.")
@click.option("--diff", is_flag=True, help="Print what changes, too.")
@click.pass_context
def fmt(context: click.Context, paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Lay out the YAML files among PATHS, files or folders; without any, all of decks/.

    Order of fields, indentation, blank lines, needless quotes. Texts and comments stay as they are.
    """
    from ankibuild import fmt as room

    root = project_root(context)
    outcome = room.run(root, _places(str(root), paths), check=check)
    show(outcome.problems)
    for changed in outcome.changed:
        shown = os.path.relpath(root / changed.path)
        click.echo(f"{shown}: {'would be formatted' if check else 'formatted'}")
        if diff:
            click.echo(changed.diff, nl=False)
    if not outcome.changed and not outcome.problems:
        click.echo(f"nothing to change: {count(outcome.files, 'file')}", err=True)
    sys.exit(1 if outcome.problems or (check and outcome.changed) else 0)
