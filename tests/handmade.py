"""Small collections made by hand, for the tests of what comes after a collection."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ankibuild.collection import Collection, Media
from ankibuild.decks import Deck
from ankibuild.notes import Note
from ankibuild.notetypes import Notetype, make
from ankibuild.outputs.sound import sound_notes

RELEASED = 1_750_000_000
"""When the first release was made, in seconds since 1970; the next ones follow by days."""

DAY = 86_400

DECKS = (
    Deck("Arc", 11, "The whole arc, **version 1**."),
    Deck("Arc::01 Math", 12),
    Deck("Arc::02 Training", 13, "How networks learn."),
)

_CONTENT = {
    "basic": ("<p>Why is {} so?</p>", "<p>Because of \\(x^2\\).</p>", (0,)),
    "reversed": ("<p>{}</p>", "<p>What is meant by it.</p>", (0, 1)),
    "cloze": ("<p>{}: {{{{c1::one}}}} and {{{{c2::two::hint}}}}</p>", "<p>More.</p>", (0, 1)),
    "typein": ("<p>What is {} called?</p>", "np.einsum", (0,)),
    "drill": (
        '<div class="rows"><div>{} 1?</div><div>2?</div></div>',
        '<div class="rows"><div>1</div><div>2</div></div>',
        (0,),
    ),
}
KINDS = tuple(_CONTENT)


def notetypes(namespace: str = "arc", mod: int = RELEASED) -> tuple[Notetype, ...]:
    return tuple(replace(notetype, mod=mod) for notetype in make(namespace).values())


def note(id_: str, notetype: str = "basic", **changes: Any) -> Note:
    """Make a note of a first release; its guid and its texts come from the id."""
    first, back, cards = _CONTENT[notetype]
    fields = (first.format(id_), back, "A hint.", "More.", "", "Math · Vectors", id_, "", "")
    sound = Note(
        id=id_,
        guid=f"arc/{id_}",
        notetype=notetype,
        deck="Arc::01 Math",
        fields=fields,
        tags=("math", "level::1"),
        cards=cards,
        due=10,
        mod=RELEASED,
    )
    return replace(sound, **changes)


def with_field(note_: Note, number: int, text: str) -> Note:
    """Put another text into one field; nothing else changes, not even the mod."""
    fields = (*note_.fields[:number], text, *note_.fields[number + 1 :])
    return replace(note_, fields=fields)


def collection(*notes: Note, **changes: Any) -> Collection:
    return replace(Collection(notetypes(), DECKS, notes), **changes)


def every_kind() -> Collection:
    """Make a collection with two notes of every notetype, and a picture."""
    picture = Media("loss-3fa9c1d2.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    notes = [note(f"{kind}-{n}", kind, due=10 * n) for kind in KINDS for n in (1, 2)]
    notes[0] = with_field(notes[0], 1, f'<img src="{picture.name}" alt="loss">')
    return collection(*notes, media=(picture,))


def require_sound(collection: Collection) -> None:
    """Raise ValueError, with every reason, if no package can be made of a collection."""
    for _ in sound_notes(collection):
        pass
