"""Commands that open doors: init for decks of one's own, import for decks from elsewhere."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ankibuild.cli.terminal import refusals
from ankibuild.paths import find_root
from ankibuild.words import count

if TYPE_CHECKING:
    from ankibuild.starter import Origin


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", "title", help="What the decks are called; default: like the folder.")
@click.option("--namespace", help="Makes your notes yours; default: from the name.")
@click.option(
    "--license",
    "chosen",
    default="CC-BY-4.0",
    help="CC-BY-4.0, CC-BY-SA-4.0, CC0-1.0, MIT or none; default: CC-BY-4.0.",
)
@click.option("--repository", metavar="URL", help="Gives each card a link to report a mistake.")
@click.option("--bare", is_flag=True, help="Without the example.")
@refusals
def init(
    folder: Path,
    title: str | None,
    namespace: str | None,
    chosen: str,
    repository: str | None,
    bare: bool,
) -> None:
    """Start a deck repository of your own in DIR, a new or empty folder.

    With a question of each kind to read and throw away, a Makefile, workflows and editor settings.
    """
    from msgspec.structs import replace

    from ankibuild.starter import lay_down, propose

    came_from = _origin()
    wishes = propose(folder, title, namespace, chosen, repository)
    wishes = replace(wishes, requirement=came_from.requirement)
    files = lay_down(folder, wishes, example=not bare)
    click.echo(f"{folder}: {count(len(files), 'file')}")
    tool = f" ANKIBUILD={shlex.quote(came_from.local)}" if came_from.local else ""
    first = "`ankibuild import FILE` or README.md" if bare else f"`make build{tool}`, `make serve`"
    click.echo(f"next: `cd {shlex.quote(str(folder))}`, {first}", err=True)
    click.echo(
        f"learners will have the name “{wishes.title}” and the namespace `{wishes.namespace}` for"
        " ever: look at both in decks/curriculum.yaml before the first release",
        err=True,
    )


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--into",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="In a project: the folder below decks/ of a new part. Elsewhere: a new deck repository.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="MAP",
    help="How a notetype is read: 'Vocabulary: basic q=Word a=Meaning'. Can be given repeatedly.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.pass_context
@refusals
def import_(
    context: click.Context, file: Path, into: Path | None, maps: tuple[str, ...], dry_run: bool
) -> None:
    """Turn FILE into banks: an .apkg or .colpkg, a text export of Anki, a CrowdAnki folder.

    Notes keep their guids, so that learners of the old deck keep their progress when they import
    what is built here. Nothing that exists is overwritten. What was kept, changed and left out is
    told note by note in .ankibuild/import.md.
    """
    from ankibuild.importer import bring_in
    from ankibuild.importer.report import summary

    found = find_root(context.obj or ".")
    report = bring_in(
        file, root=Path(found) if found else None, into=into, maps=maps, dry_run=dry_run
    )
    click.echo(summary(report), nl=False)
    if report.notes and not report.files and not report.is_there_already:
        sys.exit(1)


def _origin() -> Origin:
    from importlib.metadata import PackageNotFoundError, distribution

    from ankibuild.starter import origin

    try:
        return origin(distribution("ankibuild").read_text("direct_url.json"))
    except PackageNotFoundError:
        return origin(None)
