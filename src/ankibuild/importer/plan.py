"""A foreign collection and a project to questions: which notes come, as what, and which do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct
from pydantic_core import PydanticCustomError

from ankibuild import notetypes
from ankibuild.curriculum import SourceWork
from ankibuild.importer import own
from ankibuild.importer.citing import Library
from ankibuild.importer.convert import Converter, LeftOutError
from ankibuild.importer.filling import fill, require_whole
from ankibuild.importer.foreign import Foreign, ForeignNote
from ankibuild.importer.mapping import suggestion
from ankibuild.importer.names import id_of, order, shorten, tags_of, words
from ankibuild.importer.notetypes import Recipe, Refusal, recipe
from ankibuild.importer.own import Value
from ankibuild.importer.report import IS_THERE, Told
from ankibuild.importer.there import There
from ankibuild.importer.write import question
from ankibuild.kinds import kinds
from ankibuild.kinds.base import check_guid, check_id, slug
from ankibuild.media import MediaFile
from ankibuild.notes import guid
from ankibuild.project import Project
from ankibuild.released import Ledger
from ankibuild.source import STRANGE

#: Characters of a note that the report shows.
_SHOWN = 60


class Draft(Struct, frozen=True):
    """A question to be: its fields, their YAML, and where it stood if it was ours.

    ``number`` counts the notes of the file, from 0.
    """

    number: int
    id: str
    fields: Mapping[str, Value]
    text: str
    origin: own.Origin


class Drafted(Struct, frozen=True):
    """What becomes of a file.

    ``decks`` are those with questions, in Anki's order; ``told`` has one entry a note, in the
    file's order; ``sources`` are new; ``remarks`` are sentences on notetypes; ``maps`` are mappings
    to begin with, for notetypes whose notes could not be taken; ``moves`` are pairs of names of
    notetypes, those in the file and ours.
    """

    decks: Mapping[str, tuple[Draft, ...]]
    told: tuple[Told, ...]
    sources: tuple[SourceWork, ...]
    remarks: tuple[str, ...]
    maps: tuple[str, ...]
    moves: tuple[tuple[str, str], ...]


class Given(Struct, frozen=True):
    """What a file is planned for.

    ``maps`` are what the author said of notetypes, by key; ``names`` maps names of media in the
    file to names in `media/`, ``files`` are all that will be there.
    """

    project: Project
    ledger: Ledger
    maps: Mapping[str, Recipe | Refusal]
    names: Mapping[str, str]
    files: Mapping[str, MediaFile]


def draft(foreign: Foreign, given: Given) -> Drafted:
    """Make a question of each note that can be one; decks and notes stand in Anki's order."""
    desk = _Desk(foreign, given)
    told: dict[int, Told] = {}
    decks: dict[str, list[Draft]] = {}
    for number in sorted(range(len(foreign.notes)), key=lambda n: _place(foreign.notes[n])):
        note = foreign.notes[number]
        made, told[number] = desk.question(number, note)
        if made:
            decks.setdefault(note.deck, []).append(made)
    return Drafted(
        {name: tuple(drafts) for name, drafts in decks.items()},
        tuple(told[number] for number in sorted(told)),
        desk.sources,
        tuple(desk.remarks()),
        tuple(desk.maps()),
        tuple(desk.moves),
    )


def _place(note: ForeignNote) -> tuple[tuple[str, ...], str, int]:
    return order(note.deck), note.deck, note.position


class _Desk:
    """Makes questions of notes, one after the other."""

    def __init__(self, foreign: Foreign, given: Given) -> None:
        self.given = given
        self.there = There(given.project, given.ledger)
        self.ours = notetypes.make(self.there.namespace, "")
        self.notetypes = {one.key: one for one in foreign.notetypes}
        self.own = {one.key: key for one in foreign.notetypes if (key := own.key_of(one))}
        self.recipes = {one.key: recipe(one) for one in foreign.notetypes} | dict(given.maps)
        self.packed = {name: file.packed for name, file in given.files.items()}
        self.used: dict[str, None] = {}
        self.moves: dict[tuple[str, str], None] = {}
        library = Library(given.project.sources)
        for note in foreign.notes:
            if self.key(note) and note.fields[own.SOURCE]:
                library.cite(note.fields[own.SOURCE])
        self.cited, self.sources = library.resolve()

    def key(self, note: ForeignNote) -> str | None:
        """Give the key of our own notetype, if a note has one and the author did not map it."""
        if note.notetype in self.given.maps or len(note.fields) <= own.ID:
            return None
        return self.own.get(note.notetype)

    def question(self, number: int, note: ForeignNote) -> tuple[Draft | None, Told]:
        """Make a question of a note; tell what became of it."""
        converter = Converter(self.given.names, self.packed)
        shown = shorten(next(filter(None, map(words, note.fields)), ""), _SHOWN)
        try:
            kind, name, values = self.read(note, converter)
        except LeftOutError as error:
            return None, Told(note.place, shown, left=error.reason)
        old, new = self.notetypes[note.notetype].name, self.ours[kinds()[kind].notetype].name
        if old != new:
            self.moves[old, new] = None
        origin = own.origin(note) if self.key(note) else own.Origin()
        made = Draft(number, name, {kind: name, **values}, question(kind, name, values), origin)
        return made, Told(note.place, shown, name, changes=tuple(converter.changes))

    def read(self, note: ForeignNote, converter: Converter) -> tuple[str, str, dict[str, Value]]:
        """Give the kind, the id and the other fields of a question."""
        known_as = self.guid(note, converter)
        self.used[note.notetype] = None
        kind, values = self.fields(note, converter)
        require_whole(kind, values)
        if known_as is None and (same := self.there.same(kind, values)):
            raise LeftOutError(IS_THERE, f"`{same}`")
        tags, spelled = tags_of(own.tags(note) if self.key(note) else note.tags)
        if spelled:
            converter.change("tags are spelled otherwise", ", ".join(spelled))
        if tags:
            values["tags"] = tags
        name = self.id(note, str(values[kinds()[kind].headline]), converter)
        derived = guid(self.there.namespace, name)
        self.there.guids[known_as or derived] = name
        if known_as and known_as != derived:
            values["guid"] = known_as
        return kind, name, values

    def guid(self, note: ForeignNote, converter: Converter) -> str | None:
        """Give the guid that a note keeps, or None if it gets one of ours."""
        if not note.guid.strip():
            converter.change("it had no guid, and gets one")
            return None
        if note.guid in self.there.guids:
            raise LeftOutError(IS_THERE, f"`{self.there.guids[note.guid]}`")
        if STRANGE.search(note.guid) or not _passes(check_guid, note.guid):
            converter.change("its guid cannot be kept, and it gets another")
            return None
        return note.guid

    def id(self, note: ForeignNote, head: str, converter: Converter) -> str:
        """Give the id a note had with us, or make one of its first words."""
        wished = note.fields[own.ID] if self.key(note) else ""
        if not _passes(check_id, wished):
            deck = slug(note.deck.rpartition("::")[2]) or slug(note.deck) or "card"
            return self.there.ids.take(id_of(words(head), deck))
        name = self.there.ids.take(wished)
        if name != wished:
            converter.change("another question has its id", f"`{wished}`")
        return name

    def fields(self, note: ForeignNote, converter: Converter) -> tuple[str, dict[str, Value]]:
        """Give the kind of question that a note becomes, and the fields with its texts."""
        notetype = self.notetypes.get(note.notetype)
        if notetype is None:
            raise LeftOutError("its notetype is not in the file")
        if key := self.key(note):
            return self.own_fields(key, note, converter)
        how = self.recipes[note.notetype]
        if isinstance(how, Refusal):
            raise LeftOutError(f"notetype `{notetype.name}`: {how.why}")
        return fill(how, note, notetype, converter)

    def own_fields(
        self, key: str, note: ForeignNote, converter: Converter
    ) -> tuple[str, dict[str, Value]]:
        """Give what a question of ours was, and what it cited."""
        kind, values = own.question(key, note, converter.exact, self.packed)
        values = own.asides(note, values, converter.exact)
        line = note.fields[own.SOURCE]
        if cited := self.cited.get(line):
            values |= {"source": cited.source, "at": cited.at}
        elif line:
            converter.change("its source cannot be kept", shorten(words(line), _SHOWN))
        if any(note.fields[own.ID + 1 :]):
            converter.change("a field on no card is left out")
        return kind, {name: value for name, value in values.items() if value}

    # -------------------------------------------------------------- what is of no single note

    def remarks(self) -> Iterator[str]:
        """Say what of the notetypes is not taken over."""
        for key in self.used:
            how = self.recipes.get(key)
            if isinstance(how, Recipe) and key not in self.own:
                yield from (f"notetype `{self.notetypes[key].name}`: {r}" for r in how.remarks)

    def maps(self) -> Iterator[str]:
        """Propose mappings for notetypes whose notes were left out."""
        for key in self.used:
            told = key in self.given.maps or key in self.own
            if isinstance(self.recipes.get(key), Refusal) and not told:
                yield suggestion(self.notetypes[key])


def _passes(check: Callable[[str], str], text: str) -> bool:
    try:
        return bool(check(text))
    except PydanticCustomError:
        return False
