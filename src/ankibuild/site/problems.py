"""Diagnostics as HTML: their code frames, in the colors of the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ankibuild.diagnostics import Diagnostic, errors, render
from ankibuild.site.arc import Deck
from ankibuild.site.elements import Html, join, tag, text
from ankibuild.words import count

_COLORED = re.compile(r"\x1b\[([0-9;]+)m(.*?)\x1b\[0m", re.DOTALL)
_CLASSES = {"1;31": "error", "1;33": "warning", "1;34": "frame", "1": "bold", "1;36": "help"}

#: How many diagnostics are shown at once: the cards below are to be seen, too.
FIRST = 5


def frame(problem: Diagnostic) -> Html:
    """Show a diagnostic as a terminal does."""
    escaped = text(render((problem,), color=True).strip("\n"))
    # The author's own control characters have been made visible; these are ours.
    colored = _COLORED.sub(lambda c: tag("span", Html(c[2]), class_=_CLASSES[c[1]]), escaped)
    return tag("pre", tag("code", Html(colored)), class_=f"frame {problem.severity}")


def summary(problems: Sequence[Diagnostic]) -> str:
    """Say how many errors and warnings there are."""
    wrong = len(errors(problems))
    doubtful = len(problems) - wrong
    words = (count(wrong, "error") if wrong else "", count(doubtful, "warning") if doubtful else "")
    return " and ".join(filter(None, words))


def badge(problems: Sequence[Diagnostic], link: str | None = None) -> Html | None:
    """Show in a few words how much is wrong, if anything is."""
    if not problems:
        return None
    name = "badge" if errors(problems) else "badge warning"
    return tag("a" if link else "span", summary(problems), href=link, class_=name)


def section(problems: Sequence[Diagnostic], root: Path, deck: Deck | None = None) -> Html:
    """Show diagnostics with links to their files, and to their questions on the deck's page."""
    if not problems:
        return Html()
    items = [tag("li", frame(one), _links(one, root, deck)) for one in problems]
    heading = tag("h2", summary(problems), id="problems")
    first, rest = tag("ol", *items[:FIRST]), tag("ol", *items[FIRST:])
    more = tag("details", tag("summary", f"{len(items) - FIRST} more"), rest)
    return tag(
        "section",
        heading,
        first,
        more if items[FIRST:] else None,
        class_="problems",
        aria_labelledby="problems",
    )


def _links(problem: Diagnostic, root: Path, deck: Deck | None) -> Html:
    questions = deck.questions if deck else ()
    jumps = (
        tag("a", f"Go to {shown.note.id}", href=f"#{shown.anchor}")
        for shown in questions
        if problem in shown.problems
    )
    place = editor_link(root, problem.span.source.path, problem.span.line)
    return tag("p", _spaced([*jumps, place]))


def editor_link(root: Path, path: str, line: int) -> Html:
    """Link to a line of a file of the project, to be opened in an editor."""
    address = f"vscode://file{(root / path).absolute().as_uri().removeprefix('file://')}:{line}"
    return tag("a", f"{path}:{line}", href=address, class_="place")


def _spaced(pieces: Iterable[Html]) -> Html:
    return join(*(join(piece, " ") for piece in pieces))
