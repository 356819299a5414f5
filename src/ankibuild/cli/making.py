"""Commands that make something of the decks: build, serve, export."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import click

from ankibuild.cli.terminal import (
    help_editors,
    project_root,
    refusals,
    slot_of,
    sound_or_exit,
    tally,
)
from ankibuild.diagnostics import count


@click.command()
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

    root = project_root(context)
    space = load(root)
    subject = sound_or_exit(space)
    slots = [slot_of(subject.project.curriculum, topic) for topic in topics]
    filled = {placed.slot for placed in subject.project.banks if placed.bank.entries}
    for slot in slots:
        if slot not in filled:
            raise click.UsageError(f"{slot.path} has no questions yet")
    if not filled:
        raise click.UsageError("there are no questions yet; `ankibuild new basic TOPIC` adds one")
    help_editors(space)
    for product in write(subject, dist or root / "dist", slots):
        shown = os.path.relpath(product.path)
        click.echo(f"{shown}: {count(product.notes, 'note')}, {count(product.cards, 'card')}")
    if space.problems:
        click.echo(f"{tally(space.problems)}: see `ankibuild check`", err=True)
    if subject.changes.touched:
        hint = "a preview: to see it over an earlier one, import with “Update notes: Always”"
        click.echo(hint, err=True)


@click.command()
@click.argument("topic", required=False)
@click.option("--port", type=click.IntRange(1, 65535), help="Default: 8000, or the next free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open the browser, too.")
@click.pass_context
@refusals
def serve(context: click.Context, topic: str | None, port: int | None, open_browser: bool) -> None:
    """Show the cards in the browser, as Anki will show them, and again whenever a file is saved.

    Begins with the cards of TOPIC, if one is named. Only this computer can see the pages.
    """
    from ankibuild.serve import serve as show

    announce = functools.partial(click.echo, err=True)
    show(
        project_root(context), port=port, topic=topic, open_browser=open_browser, announce=announce
    )


@click.command()
@click.argument("form", metavar="FORMAT", type=click.Choice(["site", "gitbook"]))
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write; default: dist/FORMAT in the project.",
)
@click.pass_context
@refusals
def export(context: click.Context, form: str, into: Path | None) -> None:
    """Write the decks in another FORMAT.

    site: web pages to read and search in a browser, for any plain file server.
    gitbook: a book of Markdown for a study group, for GitBook's Git sync and for GitHub.
    What an earlier export wrote is replaced; nothing else in the folder is touched.
    """
    from ankibuild.workflow import export as write
    from ankibuild.workflow import load

    root = project_root(context)
    subject = sound_or_exit(load(root))
    folder = into or root / "dist" / form
    written = write(subject, form, folder)
    click.echo(f"{os.path.relpath(folder)}: {count(len(written), 'file')}")
