"""What Anki will hold: notes, decks and media, put together from those of all banks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ankibuild import notetypes
from ankibuild.decks import Deck, decks_of
from ankibuild.diagnostics import Diagnostic, Source, Span
from ankibuild.notes import Note, Notes, Page
from ankibuild.notetypes import Notetype
from ankibuild.project import Project


class Media(Struct, frozen=True):
    """A file as it is packed; ``name`` carries the content's hash."""

    name: str
    content: bytes


class Collection(Struct, frozen=True):
    """Everything one package holds; decks stand in the order of the arc, parents first."""

    notetypes: tuple[Notetype, ...]
    decks: tuple[Deck, ...]
    notes: Sequence[Note]
    media: tuple[Media, ...] = ()

    @property
    def shelf(self) -> Notes:
        """The notes, deck by deck."""
        return Notes.of(self.notes)


# ------------------------------------------------------------------ project to collection


def gather(project: Project, pages: Iterable[Page], used: set[str]) -> Collection:
    """Put the notes of all banks together; ``used`` are the figures that they show."""
    notes = Notes(tuple(pages))
    media = tuple(
        Media(file.packed, file.content)
        for name, file in sorted(project.media.items())
        if name in used
    )
    kinds = _needed(notetypes_of(project).values(), notes)
    filled = {page.deck for page in notes.pages}
    return Collection(kinds, tuple(decks_of(project, filled)), notes, _distinct(media))


def _needed(kinds: Iterable[Notetype], notes: Notes) -> tuple[Notetype, ...]:
    needed = {key for page in notes.pages for key in page.notetypes}
    return tuple(notetype for notetype in kinds if notetype.key in needed)


def notetypes_of(project: Project) -> dict[str, Notetype]:
    """Make the notetypes of a project, by key."""
    settings = project.curriculum.settings
    return notetypes.make(settings.namespace, settings.repository or "", project.style)


def subset(collection: Collection, deck: str) -> Collection:
    """Select a deck, everything below it, and its parents."""
    notes = Notes(tuple(page for page in collection.shelf.pages if _below(page.deck, deck)))
    shown = {name for page in notes.pages for name in page.media}
    return Collection(
        _needed(collection.notetypes, notes),
        tuple(d for d in collection.decks if _below(d.name, deck) or _below(deck, d.name)),
        notes,
        tuple(file for file in collection.media if file.name in shown),
    )


def without(collection: Collection, decks: Iterable[str]) -> Collection:
    """Leave out the notes in some decks and below them, and nothing else."""
    pages = collection.shelf.pages
    kept = (page for page in pages if not any(_below(page.deck, deck) for deck in decks))
    return replace(collection, notes=Notes(tuple(kept)))


def _below(name: str, deck: str) -> bool:
    return name == deck or name.startswith(f"{deck}::")


def _distinct(media: Iterable[Media]) -> tuple[Media, ...]:
    return tuple({file.name: file for file in media}.values())


def unused(project: Project, used: set[str]) -> Iterator[Diagnostic]:
    """Report figures that no question shows."""
    for name in sorted(set(project.media) - used):
        span = Span(Source(f"media/{name}", ""), 0, 0)
        help_text = f"show it: `![what it shows]({name})`, or remove it"
        message = "no question shows this figure"
        yield Diagnostic("unused-media", message, span, help=help_text)


def describe(collection: Collection, line: str) -> Collection:
    """Add a line, such as version and date, to every deck's description."""
    decks = tuple(replace(d, description=f"{d.description}\n\n{line}") for d in collection.decks)
    return replace(collection, decks=decks)
