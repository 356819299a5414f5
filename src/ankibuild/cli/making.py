"""Commands that make something of the decks: build, serve, export."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

import click

from ankibuild.cli.terminal import (
    help_editors,
    project_folder,
    project_root,
    refusals,
    sound_or_exit,
    tally,
)
from ankibuild.unchanged import LastRun
from ankibuild.words import count

#: What `export` writes; a test compares it with ``outputs.EXPORTS``, which takes long to import.
FORMATS = ("site", "gitbook", "text", "crowdanki", "json")
PREVIEW = (
    "a preview: to see it over an earlier one, import with “Update notes: Always”, this once; the"
    " next time set it back to “If newer”"
)


class Built(NamedTuple):
    """What a build has to say: packages (path, notes, cards), the tally of warnings, two facts."""

    products: list[tuple[str, int, int]]
    warnings: str
    preview: bool
    typeset: bool


@click.command()
@click.argument("topics", nargs=-1)
@click.option(
    "--dist",
    type=click.Path(file_okay=False),
    help="Where to write; default: dist/ in the project.",
)
@click.pass_context
@refusals
def build(context: click.Context, topics: tuple[str, ...], dist: str | None) -> None:
    """Make .apkg files: the whole arc and one for each part, or only some TOPICS.

    Import one into Anki with File > Import.
    """
    root = project_folder(context)
    folder = os.path.abspath(dist or os.path.join(root, "dist"))
    last = LastRun(root, "build", [folder, *topics], time.time_ns())
    known = last.said()
    built = Built(*known) if known else _build(root, topics, folder)
    for path, notes, cards in built.products:
        click.echo(f"{os.path.relpath(path)}: {count(notes, 'note')}, {count(cards, 'card')}")
    if built.warnings:
        click.echo(f"{built.warnings}: see `ankibuild check`", err=True)
    if built.preview:
        click.echo(PREVIEW, err=True)
    if known is None and built.typeset:
        last.keep(built, [path for path, _, _ in built.products])


def _build(folder: str, topics: tuple[str, ...], dist: str) -> Built:
    from pathlib import Path

    from ankibuild.workflow import build as write
    from ankibuild.workflow import load, slot_of

    jobs = os.cpu_count() or 1
    space = load(Path(folder), jobs=jobs)
    subject = sound_or_exit(space)
    slots = [slot_of(subject.project.curriculum, topic) for topic in topics]
    filled = {page.deck for page in subject.collection.shelf.pages}
    for slot in slots:
        if slot.deck not in filled:
            raise click.UsageError(f"{slot.path} has no questions yet")
    if not filled:
        raise click.UsageError("there are no questions yet; `ankibuild new basic TOPIC` adds one")
    help_editors(space)
    products = [
        (str(p.path), p.notes, p.cards) for p in write(subject, Path(dist), slots, jobs=jobs)
    ]
    return Built(products, tally(space.problems), subject.is_preview, space.typeset)


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
    import functools

    from ankibuild.serve import serve as show

    announce = functools.partial(click.echo, err=True)
    show(
        project_root(context), port=port, topic=topic, open_browser=open_browser, announce=announce
    )


@click.command()
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS))
@click.option(
    "--into",
    type=click.Path(file_okay=False),
    help="The folder to write; default: dist/FORMAT in the project.",
)
@click.pass_context
@refusals
def export(context: click.Context, form: str, into: str | None) -> None:
    """Write the decks in another FORMAT.

    \b
    site       web pages to read and search in a browser, for any plain file server
    gitbook    a book of Markdown for a study group, for GitBook's Git sync and for GitHub
    text       notes for Anki's File > Import, for those who have a package of the deck
    crowdanki  a folder for the add-on CrowdAnki
    json       everything, for programs, with a JSON Schema

    What an earlier export wrote is replaced; nothing else in the folder is touched.
    """  # noqa: D301 - click wants a backspace there
    from pathlib import Path

    from ankibuild.workflow import export as write
    from ankibuild.workflow import load

    root = project_root(context)
    subject = sound_or_exit(load(root))
    folder = Path(into) if into else root / "dist" / form
    written = write(subject, form, folder)
    click.echo(f"{os.path.relpath(folder)}: {count(len(written), 'file')}")
