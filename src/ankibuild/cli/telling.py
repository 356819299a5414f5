"""Commands that tell of the decks and of the tool: explain, coverage, stats, schema."""

from __future__ import annotations

import json

import click

from ankibuild.cli.terminal import project_root, sound_or_exit
from ankibuild.diagnostics import did_you_mean


@click.command()
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
    click.echo(f"{rule}\n\n{known[rule].shown.rstrip()}")


@click.command()
@click.option("--missing", is_flag=True, help="List the items that have no question.")
@click.option("--json", "as_json", is_flag=True, help="Print data for tools.")
@click.option("--svg", is_flag=True, help="Print a picture of the arc.")
@click.pass_context
def coverage(context: click.Context, missing: bool, as_json: bool, svg: bool) -> None:
    """Show how much of the curriculum has questions."""
    from ankibuild import coverage as room
    from ankibuild.workflow import load

    space = load(project_root(context))
    if space.subject is None:
        sound_or_exit(space)
        return
    found = room.coverage(space.subject.project)
    if as_json:
        click.echo(json.dumps(room.as_data(found), indent=2))
    elif svg:
        click.echo(room.svg(found), nl=False)
    else:
        click.echo(room.missing(found) if missing else room.table(found), nl=False)


@click.command()
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

    subject = load(project_root(context)).subject
    if subject is None:
        raise click.UsageError("the curriculum cannot be read; see `ankibuild check`")
    if as_forecast:
        click.echo(_forecast(room.cards_by_deck(subject.collection), svg), nl=False)
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


@click.command()
@click.option("--project", "of_project", is_flag=True, help="With the names of this project.")
@click.pass_context
def schema(context: click.Context, of_project: bool) -> None:
    """Print the JSON Schema of a bank, for completion in an editor.

    With --project, it offers the sources, items and tags that there are. `check` and `build` keep
    such schemas of all files in .ankibuild/, where the settings of VS Code look for them.
    """
    from ankibuild import schema as room
    from ankibuild.workflow import load

    subject = load(project_root(context)).subject if of_project else None
    tags = subject.collection.shelf.tags if subject else ()
    names = room.known(subject.project, tags) if subject else {}
    click.echo(json.dumps(room.schema(names), indent=2, ensure_ascii=False))
