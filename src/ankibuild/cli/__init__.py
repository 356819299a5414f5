"""The commands: read flags, call one function, print, exit. No logic.

A command is a function in a module of this folder and one line in :data:`COMMANDS`. The module is
imported when its command is run, so that no command waits for what only others need.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import re
import sys
from collections.abc import Iterator, Mapping
from keyword import iskeyword
from typing import Any, NoReturn

import click

from ankibuild import __version__

#: In the order in which one meets them: the module of this folder, and a line for the list.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("doors", "Start a deck repository of your own."),
    "import": ("doors", "Bring in decks from elsewhere."),
    "check": ("checking", "Say everything that is wrong, and what to type instead."),
    "build": ("making", "Make .apkg files to import into Anki."),
    "serve": ("making", "Show the cards in the browser as you write them."),
    "export": ("making", "Write the decks in another format."),
    "verify": ("checking", "Run the programs and checks of the questions."),
    "new": ("writing", "Append a question, to be filled in."),
    "fmt": ("checking", "Lay files out in one way."),
    "generate": ("writing", "Write rows of a drill from a seed."),
    "explain": ("telling", "Explain a rule, or list all rules."),
    "coverage": ("telling", "Show how much of the curriculum has questions."),
    "stats": ("telling", "Count what is in the decks."),
    "diff": ("history", "Show what has changed for a learner."),
    "release": ("history", "Record what learners have from now on."),
    "news": ("history", "Print what a release brought."),
    "schema": ("telling", "Print a JSON Schema of banks, for editors."),
}
#: Characters of a refusal; a longer one repeats what somebody has pasted by accident.
LONGEST = 3000
#: What a shell expects of a program whose pipe was closed.
UNREAD = 141


class UnreadError(Exception):
    """Whoever read our output went away, as in `ankibuild explain | head -1`."""


class Commands(click.Group):
    """Commands that are imported when they are wanted."""

    # Nearer to click's own loop, a closed pipe is a 1, which is for decks with errors.
    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """Read the words of a command line. Raises UnreadError if help was asked for in vain."""
        with _readers():
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. Raises UnreadError when nobody reads what it says."""
        with _readers():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Import a command. Raises UsageError if there is none of this name."""
        if cmd_name not in COMMANDS:
            ctx.fail(_no_such_command(cmd_name))
        module = importlib.import_module(f"{__name__}.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name + "_" * iskeyword(cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@contextlib.contextmanager
def _readers() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise UnreadError from None


def _no_such_command(word: str) -> str:
    from ankibuild.diagnostics import did_you_mean

    return f"there is no command `{word}`\n{did_you_mean(word, COMMANDS)}".strip()


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96}
)
@click.version_option(__version__, prog_name="ankibuild")
@click.option(
    "-C",
    "--project",
    "folder",
    type=click.Path(exists=True, file_okay=False),
    help="The deck repository; default: the one you are in.",
)
@click.pass_context
def cli(context: click.Context, folder: str | None) -> None:
    """Build Anki decks from question banks in YAML.

    A deck repository has its questions in decks/, one file a topic. `ankibuild check` says what is
    wrong with them, `ankibuild build` makes .apkg files of them, to be imported into Anki.
    """
    context.obj = folder


def main() -> NoReturn:
    """Run the command line.

    Exit codes: 0 fine, 1 the decks have errors, 2 wrong usage, 3 a bug; 130 and 141 when one broke
    off: by Ctrl-C, or by reading no further.
    """
    # Hardly anything that we make is waste in circles.
    gc.set_threshold(200_000)
    _open_streams()
    try:
        _run()
    except (UnreadError, BrokenPipeError):
        _close_streams()
        sys.exit(UNREAD)
    finally:
        # All that is there goes with the process; Python would look through it for waste, twice.
        gc.freeze()


def _run() -> NoReturn:
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        click.echo(_brief(said.getvalue()), err=True, nl=False)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except UnreadError:
        raise
    except OSError as error:
        parts = filter(None, (error.strerror or str(error), error.filename))
        click.echo(_brief(f"ankibuild: {': '.join(map(str, parts))}"), err=True)
        sys.exit(1)
    except Exception:
        _our_fault()
    sys.exit(0)


def _open_streams() -> None:
    """Have somewhere to write, also where whoever started us closed it (`ankibuild check 2>&-`)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, "w", encoding="utf-8", errors="replace")  # noqa: SIM115
            setattr(sys, name, nowhere)


def _close_streams() -> None:
    """Let what is still to be written go nowhere, so that Python has nothing to say of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def _brief(message: str) -> str:
    """Cut the middle out of long words, and off the end if there are too many of any length."""
    words = re.sub(r"(\S{150})\S{50,}(\S{20})", r"\1…\2", message)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} …\n"


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
