"""Commands that write into banks: new, generate."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ankibuild.cli.terminal import project_root, refusals, show
from ankibuild.diagnostics import did_you_mean
from ankibuild.words import count

if TYPE_CHECKING:
    from ankibuild.generate import Generator
    from ankibuild.rows import Written


@click.command()
@click.argument("kind")
@click.argument("topic")
@click.option("--id", "name", help="The question's id; default: a free one, to be replaced.")
@click.pass_context
@refusals
def new(context: click.Context, kind: str, topic: str, name: str | None) -> None:
    """Append a question of a KIND, to be filled in, to the bank of a TOPIC.

    Kinds: basic, reversed, cloze, typein, code, steps, exercise, drill.
    """
    from ankibuild import project as projects
    from ankibuild.kinds import kinds
    from ankibuild.workflow import new_question, slot_of

    if kind not in kinds():
        guess = did_you_mean(kind, kinds()) or f"kinds: {', '.join(kinds())}"
        raise click.UsageError(f"there is no kind `{kind}`\n{guess}")
    if name is not None:
        _guard_id(name)
    root = project_root(context)
    project, problems = projects.load(root)
    if project is None:
        show(problems)
        sys.exit(1)
    slot = slot_of(project.curriculum, topic)
    path, chosen, line = new_question(project, kinds()[kind], slot, name)
    deed = f"fill in `{name}`" if name else f"fill it in, give it an id in place of `{chosen}`"
    click.echo(f"{os.path.relpath(path)}:{line}: {deed}, then `ankibuild check`")


@click.command()
@click.argument("generator", required=False)
@click.argument("target", required=False)
@click.option("--rows", type=click.IntRange(2, 200), default=14, help="How many; default: 14.")
@click.option("--seed", type=int, default=1, help="Another seed gives other rows; default: 1.")
@click.option("--id", "name", help="Append a new drill of this id to the topic TARGET.")
@click.pass_context
@refusals
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
    written = _generate(project_root(context), known[generator], target, rows, seed, name)
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
    from ankibuild.workflow import slot_of

    project, problems = projects.load(root)
    if project is None:
        show(problems)
        sys.exit(1)
    if name is not None:
        _guard_id(name)
        slot = slot_of(project.curriculum, target)
        return append(project, slot, generator, name, rows, seed)
    if target not in project.entries:
        guess = did_you_mean(target, project.entries) or "with --id, a new drill is appended"
        raise click.UsageError(f"there is no question `{target}`\n{guess}")
    return rewrite(project, project.entries[target], generator, rows, seed)


def _guard_id(name: str) -> None:
    from ankibuild.kinds.base import slug

    if slug(name) != name:
        raise click.UsageError(f"`{name}` cannot be an id; `{slug(name)}` would do")
