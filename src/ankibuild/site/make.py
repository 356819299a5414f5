"""A subject to a site: every path, and how its file is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from ankibuild.collection import Media
from ankibuild.diagnostics import Diagnostic
from ankibuild.rules.base import Subject
from ankibuild.site.arc import Arc, survey
from ankibuild.site.elements import Html
from ankibuild.site.index import index
from ankibuild.site.pages import Pages
from ankibuild.site.style import stylesheet
from ankibuild.site.values import MISSING, PLAIN, File, Site, Typeset

Made = tuple[str, Callable[[], File]]

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "opus": "audio/ogg",
    "woff": "font/woff",
}

_SCRIPTS = (
    "theme.js",
    "site.js",
    "card.js",
    "keep.js",
    "look.js",
    "questions.js",
    "search.js",
    "swap.js",
)


def make(
    subject: Subject | None,
    problems: Iterable[Diagnostic] = (),
    *,
    live: bool = False,
    typeset: Typeset = PLAIN,
    root: Path = Path(),
) -> Site:
    """Make the site of a project; without a subject, of its problems alone.

    A ``live`` site is for the author: it shows problems, and where in ``root``, the folder of a
    project that could not be loaded, or else in the subject's own, things stand.
    """
    found = tuple(problems) if live else ()
    arc = survey(subject, found) if subject else Arc("Cards", "", "", root, (), found)
    media = subject.collection.media if subject else ()
    pages = Pages(arc, typeset, live)
    style = subject.project.style if subject else ""
    return Site(dict([*_pages(pages), *_assets(arc, typeset, style, live), *_media(media)]))


def _pages(pages: Pages) -> Iterator[Made]:
    yield _page("index.html", pages.index)
    for deck in pages.arc.decks:
        yield _page(deck.path, partial(pages.deck, deck))
        for shown in deck.questions:
            if shown.is_first:
                yield _page(shown.path, partial(pages.card, deck, shown))
    yield _page(MISSING, pages.missing)


def _page(path: str, write: Callable[[], Html]) -> Made:
    return _file(path, lambda: write().encode())


def _file(path: str, content: Callable[[], bytes]) -> Made:
    kind = _TYPES[path.rpartition(".")[2].casefold()]
    return path, cache(lambda: File(kind, content()))


def _assets(arc: Arc, typeset: Typeset, style: str, live: bool) -> Iterator[Made]:
    yield _file("site.css", lambda: stylesheet(typeset, style).encode())
    for name in (*_SCRIPTS, *(["live.js"] if live else [])):
        yield _file(name, (files(__package__) / name).read_bytes)
    yield _file("search.json", lambda: index(arc).encode())
    for name, path in typeset.fonts.items():
        yield _file(f"fonts/{name}", path.read_bytes)


def _media(media: Iterable[Media]) -> Iterator[Made]:
    return (_file(f"media/{file.name}", partial(bytes, file.content)) for file in media)
