"""Images and sounds: their names are checked here, and nothing is loaded from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from ankibuild.diagnostics import did_you_mean
from ankibuild.markdown.escape import escape
from ankibuild.markdown.values import Problem
from ankibuild.paths import SOUNDS

IMAGE = re.compile(r'!\[([^\[\]\n]*+)\]\([ \t]*+([^()\n"]*+)(?:"[^"\n]*+")?[ \t]*+\)')
_REMOTE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


#: No author's text comes out as such a tag: what looks like one is cleaned away.
_SOUND = re.compile('<sound src="([^"<>]+)">')
_PLAYED = re.compile(r"\[sound:([^\]<>\"]+)\]")


def image(found: re.Match[str], media: Mapping[str, str]) -> str:
    """Return the HTML of an image or a sound; just its description if there is no such file."""
    alt, name = escape(found[1].strip()), found[2].strip()
    if name not in media:
        return alt
    if _is_sound(name):
        return f'<sound src="{escape(media[name])}">'
    return f'<img src="{escape(media[name])}" alt="{alt}">'


def play(markup: str) -> str:
    """Give sounds the form that Anki plays, in which nobody can write one: it is finished HTML."""
    return _SOUND.sub(r"[sound:\1]", markup) if "<sound" in markup else markup


def audible(markup: str) -> str:
    """Give the sounds of a finished field the form that a web page plays."""
    return _PLAYED.sub(r'<audio controls preload="none" src="\1"></audio>', markup)


def _is_sound(name: str) -> bool:
    return name.lower().endswith(SOUNDS)


def check(found: re.Match[str], media: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is wrong with an image."""
    name = found[2].strip()
    start = found.start(2) + len(found[2]) - len(found[2].lstrip())
    if name not in media:
        yield _unusable(name, start, found.end(), media)
    if not found[1].strip() and not _is_sound(name):
        yield Problem(
            "missing-alt",
            found.start(),
            found.end(),
            "this image has no description",
            label="nothing between the brackets",
            help=f"say what it shows, for those who cannot see it: `![the graph]({name})`",
        )


def _unusable(name: str, start: int, end: int, media: Mapping[str, str]) -> Problem:
    if not name:
        return Problem(
            "missing-media",
            start,
            end,
            "this image has no file",
            help="name a file of `media/`: `![the graph](graph.svg)`",
        )
    stop = start + len(name)
    if _REMOTE.match(name):
        return Problem(
            "remote-image",
            start,
            stop,
            "this image is not a file of `media/`",
            label="would be loaded from elsewhere",
            help="put the file into `media/` and write its name",
        )
    return _missing(name, start, stop, media)


def _missing(name: str, start: int, stop: int, media: Mapping[str, str]) -> Problem:
    decoded = unquote(name)
    bare = re.split(r"[/\\]", decoded)[-1]
    if bare != name and bare:
        known = bare in media
        return Problem(
            "missing-media",
            start,
            stop,
            f"`{name}` is not the name of a file in `media/`",
            label="has a folder in it" if decoded == name else "has a `%` in it",
            help=f"write `{bare}`" if known else did_you_mean(bare, media) or f"write `{bare}`",
        )
    return Problem(
        "missing-media",
        start,
        stop,
        f"`media/{name}` does not exist",
        help=did_you_mean(name, media) or "put the file into `media/`",
    )
