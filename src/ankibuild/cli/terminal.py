"""What the commands share: finding the project, printing, refusing, a bar of progress."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ankibuild.paths import CURRICULUM, find_root
from ankibuild.words import count

if TYPE_CHECKING:
    from pathlib import Path

    from ankibuild.diagnostics import Diagnostic
    from ankibuild.rules import Subject
    from ankibuild.workflow import Workspace

Command = Callable[..., None]

FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="text for people, github for annotations in a pull request, json or sarif for tools.",
)


def project_folder(context: click.Context) -> str:
    """Give the root of the deck repository that we are in, or that ``--project`` names."""
    root = find_root(context.obj or ".")
    if root is None:
        message = f"there is no {CURRICULUM} here or above; `cd` into a deck repository"
        raise click.UsageError(message)
    return root


def project_root(context: click.Context) -> Path:
    """Give `project_folder` as a path."""
    from pathlib import Path

    return Path(project_folder(context))


def show(problems: tuple[Diagnostic, ...], form: str = "text") -> None:
    """Print diagnostics: for people on stderr, for machines on stdout."""
    from ankibuild.diagnostics import render

    if form == "text":
        color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        click.echo(render(problems, color=color), err=True, nl=False, color=color)
    else:
        click.echo(render(problems, form), nl=False)


def tally(problems: tuple[Diagnostic, ...]) -> str:
    """Count errors, warnings and files; nothing if there are none."""
    if not problems:
        return ""
    wrong = sum(1 for p in problems if p.severity == "error")
    files = len({p.span.source.path for p in problems})
    said = [count(wrong, "error")] if wrong else []
    said += [count(len(problems) - wrong, "warning")] if len(problems) > wrong else []
    return f"{' and '.join(said)} in {count(files, 'file')}"


def help_editors(space: Workspace) -> None:
    """Keep schemas with the names of this project where its editor settings look for them."""
    from ankibuild.workflow import keep_schemas

    if space.subject:
        keep_schemas(space.subject)


def sound_or_exit(space: Workspace) -> Subject:
    """Give what can be built, or show why nothing can and exit with 1."""
    if space.subject is None or not space.sound:
        from ankibuild.diagnostics import errors

        wrong = errors(space.problems)
        show(wrong)
        click.echo(f"{tally(wrong)}; nothing was written", err=True)
        sys.exit(1)
    return space.subject


def refusals(command: Command) -> Command:
    """Turn a refusal of the rooms below into a usage error."""

    @functools.wraps(command)
    def wrapped(*args: Any, **flags: Any) -> None:
        try:
            command(*args, **flags)
        except click.ClickException:
            raise
        except Exception as error:
            _refuse(error)
            raise

    return wrapped


def _refuse(error: Exception) -> None:
    """Raise UsageError for a refusal. The rooms that refuse are imported when somebody has."""
    from ankibuild.git import GitError
    from ankibuild.importer.foreign import ImportRefusedError
    from ankibuild.workflow import NoTopicError, RefusedError

    if isinstance(error, NoTopicError) and os.path.exists(error.word):
        # A file: of another project, perhaps.
        below(project_folder(click.get_current_context()), error.word)
    if isinstance(error, (RefusedError, GitError, ImportRefusedError)):
        raise click.UsageError(str(error)) from None


def below(root: str, path: str) -> str:
    """Give a path as diagnostics show it: from the root, with slashes. Raises UsageError."""
    if not os.path.exists(path):
        where = "here; paths are relative to where you are"
        raise click.UsageError(f"there is no `{path}` {where}")
    top = os.path.join(os.path.realpath(root), "")
    # As it is called before where it leads: a link in the project is a file of the project.
    for place in (os.path.abspath(path), os.path.realpath(path)):
        if os.path.join(place, "").startswith(top):
            return os.path.relpath(place, top).replace(os.sep, "/")
    raise click.UsageError(f"`{path}` is not part of this project, which is in {root}")


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Draw a bar on a terminal, and nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with click.progressbar(length=1, label="running", file=sys.stderr) as bar:

        def show(_done: int, total: int) -> None:
            bar.length = total
            bar.update(1)

        yield show
