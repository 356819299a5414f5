"""The commands: read flags, call one function, print, exit. No logic."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ankibuild import __version__
from ankibuild.diagnostics import Diagnostic, count, did_you_mean, render

if TYPE_CHECKING:
    from ankibuild.curriculum import Curriculum, Slot
    from ankibuild.generate import Generator
    from ankibuild.project import Project
    from ankibuild.rows import Written
    from ankibuild.rules import Subject
    from ankibuild.workflow import Workspace

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 96}


FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="text for people, github for annotations in a pull request, json or sarif for tools.",
)


NOT_TYPESET = (
    "formulas were checked by rules only, not typeset: that takes MathJax (from npm; `make` gets"
    " it) and node or quickjs-ng"
)


class InOrder(click.Group):
    """Lists the commands in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the commands in the order of their definition."""
        return list(self.commands)


@click.group(context_settings=CONTEXT, cls=InOrder)
@click.version_option(__version__, prog_name="ankibuild")
@click.option(
    "-C",
    "--project",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The deck repository; default: the one you are in.",
)
@click.pass_context
def cli(context: click.Context, folder: Path | None) -> None:
    """Build Anki decks from question banks in YAML.

    A deck repository has its questions in decks/, one file a topic. `ankibuild check` says what is
    wrong with them, `ankibuild build` makes .apkg files of them, to be imported into Anki.
    """
    context.obj = folder


def main() -> NoReturn:
    """Run the command line. Exit codes: 0 fine, 1 the decks have errors, 2 wrong usage, 3 a bug."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except BrokenPipeError:
        # The reader of our output went away (`ankibuild explain | head`): nothing to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        click.echo(f"ankibuild: {error.strerror}: {error.filename}", err=True)
        sys.exit(1)
    except Exception:
        _our_fault()
    sys.exit(0)


def _our_fault() -> NoReturn:
    import platform
    import traceback

    click.echo(traceback.format_exc(), err=True)
    python = platform.python_version()
    click.echo(
        f"ankibuild {__version__} (Python {python}, {platform.system()}) has a bug, and this is it."
        "\nNothing was changed. Please report it with the lines above.",
        err=True,
    )
    sys.exit(3)


# ------------------------------------------------------------------ shared by the commands


def _root(context: click.Context) -> Path:
    from ankibuild.project import CURRICULUM, find_root

    start = (context.obj or Path.cwd()).resolve()
    root = find_root(start)
    if root is None:
        message = f"there is no {CURRICULUM} here or above; `cd` into a deck repository"
        raise click.UsageError(message)
    return root


def _show(problems: tuple[Diagnostic, ...], form: str = "text") -> None:
    """Print diagnostics: for people on stderr, for machines on stdout."""
    if form == "text":
        color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        click.echo(render(problems, color=color), err=True, nl=False, color=color)
    else:
        click.echo(render(problems, form), nl=False)


def _tally(problems: tuple[Diagnostic, ...]) -> str:
    wrong = sum(1 for p in problems if p.severity == "error")
    files = len({p.span.source.path for p in problems})
    said = [count(wrong, "error")] if wrong else []
    said += [count(len(problems) - wrong, "warning")] if len(problems) > wrong else []
    return f"{' and '.join(said)} in {count(files, 'file')}"


def _help_editors(space: Workspace) -> None:
    """Keep schemas with the names of this project where its editor settings look for them."""
    from ankibuild.workflow import keep_schemas

    if space.subject:
        keep_schemas(space.subject.project)


def _sound(space: Workspace) -> Subject:
    """Give what can be built, or show why nothing can and exit with 1."""
    if space.subject is None or not space.sound:
        from ankibuild.diagnostics import errors

        wrong = errors(space.problems)
        _show(wrong)
        click.echo(f"{_tally(wrong)}; nothing was written", err=True)
        sys.exit(1)
    return space.subject


def _slot(arc: Curriculum, word: str) -> Slot:
    from ankibuild.workflow import find_slot, slot_names

    slot = find_slot(arc, word)
    if slot is None:
        guess = did_you_mean(word, slot_names(arc))
        ways = "name a bank (`batchnorm`), its file, or a topic of the curriculum"
        raise click.UsageError(f"there is no topic `{word}`\n{guess or ways}")
    return slot


Command = Callable[..., None]


def _refusals(command: Command) -> Command:
    """Turn a refusal of the rooms below into a usage error."""

    @functools.wraps(command)
    def wrapped(*args: Any, **flags: Any) -> None:
        from ankibuild.git import GitError
        from ankibuild.workflow import RefusedError

        try:
            command(*args, **flags)
        except (RefusedError, GitError) as refusal:
            raise click.UsageError(str(refusal)) from None

    return wrapped


# ------------------------------------------------------------------ commands


@cli.command(short_help="Say everything that is wrong, and what to type instead.")
@click.argument("paths", nargs=-1)
@FORMAT
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings, too.")
@click.pass_context
def check(context: click.Context, paths: tuple[str, ...], form: str, strict: bool) -> None:
    """Say everything that is wrong, with its place and what to type instead.

    PATHS are files or folders; without them, everything is checked.
    """
    from ankibuild.workflow import load, select

    root = _root(context)
    space = load(root)
    problems = select(space.problems, [_below(root, path) for path in paths])
    _help_editors(space)
    _show(problems, form)
    wrong = any(strict or problem.severity == "error" for problem in problems)
    if form == "text":
        project = space.subject.project if space.subject else None
        asked = f"{count(len(project.entries), 'question')} checked" if project else "not checked"
        click.echo(
            _tally(problems) if problems else f"nothing to complain about: {asked}", err=True
        )
        if not space.typeset:
            click.echo(NOT_TYPESET, err=True)
    sys.exit(1 if wrong else 0)


def _below(root: Path, path: str) -> str:
    """Give a path as diagnostics show it."""
    place = Path(path).resolve()
    if not place.exists():
        where = "here; paths are relative to where you are"
        raise click.UsageError(f"there is no `{path}` {where}")
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else path


@cli.command(short_help="Make .apkg files to import into Anki.")
@click.argument("topics", nargs=-1)
@click.option(
    "--dist",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write; default: dist/ in the project.",
)
@click.pass_context
def build(context: click.Context, topics: tuple[str, ...], dist: Path | None) -> None:
    """Make .apkg files: the whole arc and one for each part, or only some TOPICS.

    Import one into Anki with File > Import.
    """
    from ankibuild.workflow import build as write
    from ankibuild.workflow import load

    root = _root(context)
    space = load(root)
    subject = _sound(space)
    slots = [_slot(subject.project.curriculum, topic) for topic in topics]
    filled = {placed.slot for placed in subject.project.banks if placed.bank.entries}
    for slot in slots:
        if slot not in filled:
            raise click.UsageError(f"{slot.path} has no questions yet")
    if not filled:
        raise click.UsageError("there are no questions yet; `ankibuild new basic TOPIC` adds one")
    _help_editors(space)
    for product in write(subject, dist or root / "dist", slots):
        shown = os.path.relpath(product.path)
        click.echo(f"{shown}: {count(product.notes, 'note')}, {count(product.cards, 'card')}")
    if space.problems:
        click.echo(f"{_tally(space.problems)}: see `ankibuild check`", err=True)
    if subject.changes.touched:
        hint = "a preview: to see it over an earlier one, import with “Update notes: Always”"
        click.echo(hint, err=True)


@cli.command(short_help="Show the cards in the browser as you write them.")
@click.argument("topic", required=False)
@click.option("--port", type=click.IntRange(1, 65535), help="Default: 8000, or the next free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open the browser, too.")
@click.pass_context
@_refusals
def serve(context: click.Context, topic: str | None, port: int | None, open_browser: bool) -> None:
    """Show the cards in the browser, as Anki will show them, and again whenever a file is saved.

    Begins with the cards of TOPIC, if one is named. Only this computer can see the pages.
    """
    from ankibuild.serve import serve as show

    announce = functools.partial(click.echo, err=True)
    show(_root(context), port=port, topic=topic, open_browser=open_browser, announce=announce)


@cli.command(short_help="Write the decks in another format.")
@click.argument("form", metavar="FORMAT", type=click.Choice(["site", "gitbook"]))
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write; default: dist/FORMAT in the project.",
)
@click.pass_context
@_refusals
def export(context: click.Context, form: str, into: Path | None) -> None:
    """Write the decks in another FORMAT.

    site: web pages to read and search in a browser, for any plain file server.
    gitbook: a book of Markdown for a study group, for GitBook's Git sync and for GitHub.
    What an earlier export wrote is replaced; nothing else in the folder is touched.
    """
    from ankibuild.workflow import export as write
    from ankibuild.workflow import load

    root = _root(context)
    subject = _sound(load(root))
    folder = into or root / "dist" / form
    written = write(subject, form, folder)
    click.echo(f"{os.path.relpath(folder)}: {count(len(written), 'file')}")


@cli.command(short_help="Run the programs and checks of the questions.")
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
    from ankibuild import project as projects
    from ankibuild.diagnostics import errors, sort
    from ankibuild.verify import claims_of
    from ankibuild.verify import verify as prove
    from ankibuild.verify.report import report, table

    root = _root(context)
    project, problems = projects.load(root)
    if project is None or errors(problems):
        _show(errors(problems))
        click.echo("nothing was run: correct these first", err=True)
        sys.exit(1)
    claims = claims_of(project, _question_ids(project, root, targets))
    with _progress() as progress:
        proof = prove(claims, root, fresh=fresh, jobs=jobs, progress=progress)
    found = sort(proof.problems)
    _show(found, form)
    if as_report:
        click.echo(table(report(project, proof.proven, proof.failed)), nl=False)
    for package in sorted({name for claim in proof.unverified for name in claim.missing}):
        lost = sum(1 for claim in proof.unverified if package in claim.missing)
        click.echo(f"not verified here: {package} ({count(lost, 'claim')})", err=True)
    said = f"{count(len(proof.proven), 'claim')} proven, {len(proof.failed)} not"
    click.echo(f"{said}; {proof.ran} run, the others as before", err=True)
    sys.exit(1 if proof.failed or (strict and proof.unverified) else 0)


def _question_ids(project: Project, root: Path, targets: tuple[str, ...]) -> list[str]:
    """Give the ids that targets stand for; none for no target, which means all."""
    ids: list[str] = []
    for target in targets:
        if target in project.entries:
            ids.append(target)
            continue
        if not Path(target).exists():
            guess = did_you_mean(target, project.entries)
            raise click.UsageError(f"there is no file and no question `{target}`\n{guess}".strip())
        path = _below(root, target)
        inside = [p.bank for p in project.banks if f"{p.bank.path}/".startswith(f"{path}/")]
        ids += [entry.question.id for bank in inside for entry in bank.entries]
        if not inside:
            raise click.UsageError(f"there are no questions in `{target}`")
    return ids


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Draw a bar on a terminal, and nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with click.progressbar(length=1, label="running", file=sys.stderr) as bar:

        def show(_done: int, total: int) -> None:
            bar.length = total
            bar.update(1)

        yield show


@cli.command(short_help="Append a question, to be filled in.")
@click.argument("kind")
@click.argument("topic")
@click.option("--id", "name", help="The question's id; default: one that is free.")
@click.pass_context
@_refusals
def new(context: click.Context, kind: str, topic: str, name: str | None) -> None:
    """Append a question of a KIND, to be filled in, to the bank of a TOPIC.

    Kinds: basic, reversed, cloze, typein, code, steps, exercise, drill.
    """
    from ankibuild import project as projects
    from ankibuild.kinds import kinds
    from ankibuild.workflow import new_question

    if kind not in kinds():
        guess = did_you_mean(kind, kinds()) or f"kinds: {', '.join(kinds())}"
        raise click.UsageError(f"there is no kind `{kind}`\n{guess}")
    if name is not None:
        _guard_id(name)
    root = _root(context)
    project, problems = projects.load(root)
    if project is None:
        _show(problems)
        sys.exit(1)
    slot = _slot(project.curriculum, topic)
    path, chosen, line = new_question(project, kinds()[kind], slot, name)
    click.echo(f"{os.path.relpath(path)}:{line}: fill in `{chosen}`, then `ankibuild check`")


@cli.command(short_help="Lay files out in one way.")
@click.argument("paths", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something would change.")
@click.option("--diff", is_flag=True, help="Print what changes, too.")
@click.pass_context
def fmt(context: click.Context, paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Lay out the YAML files among PATHS, files or folders; without any, all of decks/.

    Order of fields, indentation, blank lines, needless quotes. Texts and comments stay as they are.
    """
    from ankibuild import fmt as room

    root = _root(context)
    outcome = room.run(root, [_below(root, path) for path in paths], check=check)
    _show(outcome.problems)
    for changed in outcome.changed:
        shown = os.path.relpath(root / changed.path)
        click.echo(f"{shown}: {'would be formatted' if check else 'formatted'}")
        if diff:
            click.echo(changed.diff, nl=False)
    sys.exit(1 if outcome.problems or (check and outcome.changed) else 0)


@cli.command(short_help="Write rows of a drill from a seed.")
@click.argument("generator", required=False)
@click.argument("target", required=False)
@click.option("--rows", type=click.IntRange(2, 200), default=14, help="How many; default: 14.")
@click.option("--seed", type=int, default=1, help="Another seed gives other rows; default: 1.")
@click.option("--id", "name", help="Append a new drill of this id to the topic TARGET.")
@click.pass_context
@_refusals
def generate(
    context: click.Context,
    generator: str | None,
    target: str | None,
    rows: int,
    seed: int,
    name: str | None,
) -> None:
    """Write rows of a drill, made by a GENERATOR from a seed; without one, list generators.

    TARGET is the id of a drill, whose rows are replaced; or, with --id, a topic to whose bank a
    whole drill is appended. Everything else in the file stays as it is. The rows are verified.
    """
    from ankibuild.generate import generators

    known = generators()
    if generator is None or target is None:
        width = max(map(len, known))
        for one in known.values():
            click.echo(f"{one.name:<{width}}  {one.summary}")
        return
    if generator not in known:
        guess = did_you_mean(generator, known) or "`ankibuild generate` lists them all"
        raise click.UsageError(f"there is no generator `{generator}`\n{guess}")
    written = _generate(_root(context), known[generator], target, rows, seed, name)
    click.echo(
        f"{os.path.relpath(written.path)}: {count(written.rows, 'row')} of `{written.question}`"
    )
    if written.proof.unverified:
        missing = sorted({p for claim in written.proof.unverified for p in claim.missing})
        click.echo(f"not verified here: {', '.join(missing)}", err=True)


def _generate(
    root: Path, generator: Generator, target: str, rows: int, seed: int, name: str | None
) -> Written:
    from ankibuild import project as projects
    from ankibuild.rows import append, rewrite

    project, problems = projects.load(root)
    if project is None:
        _show(problems)
        sys.exit(1)
    if name is not None:
        _guard_id(name)
        slot = _slot(project.curriculum, target)
        return append(project, slot, generator, name, rows, seed)
    if target not in project.entries:
        guess = did_you_mean(target, project.entries) or "with --id, a new drill is appended"
        raise click.UsageError(f"there is no question `{target}`\n{guess}")
    return rewrite(project, project.entries[target], generator, rows, seed)


def _guard_id(name: str) -> None:
    from ankibuild.kinds.base import slug

    if slug(name) != name:
        raise click.UsageError(f"`{name}` cannot be an id; `{slug(name)}` would do")


@cli.command(short_help="Explain a rule, or list all rules.")
@click.argument("rule", required=False)
def explain(rule: str | None) -> None:
    """Explain a RULE with a bad and a good example; without one, list all rules."""
    from ankibuild.rules import explanations

    known = explanations()
    if rule is None:
        width = max(map(len, known))
        for name, entry in known.items():
            click.echo(f"{name:<{width}}  {entry.summary}")
        return
    if rule not in known:
        guess = did_you_mean(rule, known) or "`ankibuild explain` lists them all"
        raise click.UsageError(f"there is no rule `{rule}`\n{guess}")
    click.echo(f"{rule}\n\n{known[rule].text.rstrip()}")


@cli.command(short_help="Show how much of the curriculum has questions.")
@click.option("--missing", is_flag=True, help="List the items that have no question.")
@click.option("--json", "as_json", is_flag=True, help="Print data for tools.")
@click.option("--svg", is_flag=True, help="Print a picture of the arc.")
@click.pass_context
def coverage(context: click.Context, missing: bool, as_json: bool, svg: bool) -> None:
    """Show how much of the curriculum has questions."""
    from ankibuild import coverage as room
    from ankibuild.workflow import load

    space = load(_root(context))
    if space.subject is None:
        _sound(space)
        return
    found = room.coverage(space.subject.project)
    if as_json:
        click.echo(json.dumps(room.as_data(found), indent=2))
    elif svg:
        click.echo(room.svg(found), nl=False)
    else:
        click.echo(room.missing(found) if missing else room.table(found), nl=False)


@cli.command(short_help="Count what is in the decks.")
@click.option("--json", "as_json", is_flag=True, help="Print data for tools.")
@click.option("--forecast", "as_forecast", is_flag=True, help="Simulate how long learning takes.")
@click.option("--svg", is_flag=True, help="With --forecast: print a picture of it.")
@click.pass_context
def stats(context: click.Context, as_json: bool, as_forecast: bool, svg: bool) -> None:
    """Count questions and cards by deck, kind and level: lengths, share of why, share checked.

    --forecast says when each deck is done and how many reviews a day it takes, for 5, 10 and 20
    new cards a day, simulated with FSRS.
    """
    from ankibuild import stats as room
    from ankibuild.workflow import load

    subject = load(_root(context)).subject
    if subject is None:
        raise click.UsageError("the curriculum cannot be read; see `ankibuild check`")
    if as_forecast:
        click.echo(_forecast(room.cards_by_deck(subject.collection.notes), svg), nl=False)
        return
    found = room.stats(subject.project, subject.collection)
    if as_json:
        click.echo(json.dumps(room.as_data(found), indent=2, ensure_ascii=False))
    else:
        click.echo(room.table(found), nl=False)


def _forecast(decks: dict[str, int], svg: bool) -> str:
    try:
        from ankibuild import forecast
    except ImportError:
        message = "a forecast needs the package fsrs: `pip install 'ankibuild[forecast]'`"
        raise click.UsageError(message) from None
    short = {name.partition("::")[2]: cards for name, cards in decks.items()}
    return forecast.svg(short) if svg else forecast.table(short)


@cli.command(short_help="Show what has changed for a learner.")
@click.argument("rev", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    help="text for people, markdown for a pull request, html to look at, json for tools.",
)
@click.pass_context
@_refusals
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
    subject = _sound(load(_root(context), memory=memory))
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    click.echo(room.write(room.since(subject, rev, memory), form, color=color), nl=False)


@cli.command(short_help="Record what learners have from now on.")
@click.argument("version")
@click.option("--date", help="Day (2026-11-22) or time (2026-11-22T08:00) in UTC; default: now.")
@click.option("--large-change", is_flag=True, help="A change of many released notes is meant.")
@click.option("--no-git", "without_git", is_flag=True, help="No git repository keeps this project.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.pass_context
@_refusals
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

    root = _root(context)
    finished = None if dry_run else releasing.resume(root)
    if finished:
        click.echo(f"{finished}: an interrupted release is finished now; commit both files")
    if finished == version:
        return
    memory, now = Memory(), int(time.time())
    subject = _sound(workflow.load(root, large_change=large_change, memory=memory))
    plan = releasing.make(subject, version, _time(date) if date else now, now, memory)
    with _progress() as progress:
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


@cli.command(short_help="Print what a release brought.")
@click.argument("version")
@click.pass_context
@_refusals
def news(context: click.Context, version: str) -> None:
    """Print what the release VERSION brought, as the changelog has it."""
    from ankibuild import changelog
    from ankibuild.releasing import read_changelog

    text = read_changelog(_root(context))
    found = changelog.section(text, version)
    if not found:
        known = did_you_mean(version, changelog.versions(text))
        raise click.UsageError(f"{changelog.PATH} has no entry for {version}\n{known}".strip())
    click.echo(found)


@cli.command(short_help="Print a JSON Schema of banks, for editors.")
@click.option("--project", "of_project", is_flag=True, help="With the names of this project.")
@click.pass_context
def schema(context: click.Context, of_project: bool) -> None:
    """Print the JSON Schema of a bank, for completion in an editor.

    With --project, it offers the sources, items and tags that there are. `check` and `build` keep
    such schemas of all files in .ankibuild/, where the settings of VS Code look for them.
    """
    from ankibuild import project as projects
    from ankibuild import schema as room

    project = projects.load(_root(context))[0] if of_project else None
    names = room.known(project) if project else {}
    click.echo(json.dumps(room.schema(names), indent=2, ensure_ascii=False))
