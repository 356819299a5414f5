"""Which question a note of a foreign notetype becomes, as its templates tell.

Templates decide, and not names: Anki translates the names of its own notetypes. A learner's
schedule goes by the number of a card, so a note with one card becomes a question with one, and a
note with two becomes a ``reversed``.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from ankibuild.importer.foreign import ForeignNote, ForeignNotetype, ForeignTemplate
from ankibuild.importer.templates import Line, Side, back, front, has_script, scripted


class Recipe(Struct, frozen=True):
    """How the notes of a notetype become questions of a kind.

    ``sides`` gives what stands in each field of the question; ``fronts`` are the questions of the
    notetype's templates, if these decide how many cards a note has; ``unshown`` are fields that
    are on no card; ``remarks`` are sentences on what of the notetype is not taken over.
    """

    kind: str
    sides: Mapping[str, Side]
    fronts: tuple[Side, ...] = ()
    unshown: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def cards(self, note: ForeignNote, fields: Mapping[str, str]) -> tuple[int, ...]:
        """Give the numbers of a note's cards, from 0: as the file tells, or as Anki would."""
        return note.cards or tuple(n for n, side in enumerate(self.fronts) if side.shows(fields))

    def is_half(self, note: ForeignNote, fields: Mapping[str, str]) -> bool:
        """Tell whether a note has just the first of the two cards that others have."""
        return self.kind == "reversed" and self.cards(note, fields) == (0,)


class Refusal(Struct, frozen=True):
    """Why the notes of a notetype cannot become questions."""

    why: str


def recipe(notetype: ForeignNotetype) -> Recipe | Refusal:
    """Find out how notes of a notetype become questions, or why they cannot."""
    templates = notetype.templates or _usual(notetype)
    trouble = _trouble(notetype, templates)
    if trouble:
        return Refusal(trouble)
    cards = [_Card(front(template.front), back(template.back)) for template in templates]
    made = _made(notetype, cards)
    if isinstance(made, Refusal):
        return made
    scripts = any(has_script(template.front + template.back) for template in templates)
    remarks = (*made.remarks, *(["the script in its templates is left out"] if scripts else []))
    used = {name for side in made.sides.values() for name in side.fields}
    used.update(*(side.conditions for card in cards for side in (card.front, card.back)))
    unshown = tuple(name for name in notetype.fields if name not in used)
    return replace(made, unshown=unshown, remarks=remarks)


def _trouble(notetype: ForeignNotetype, templates: tuple[ForeignTemplate, ...]) -> str:
    sides = [side for template in templates for side in (template.front, template.back)]
    if any("image-occlusion" in side for side in sides):
        return "it hides parts of a picture, and no kind of question does"
    if any(map(scripted, sides)):
        return "a script in its templates decides what its cards show"
    if not notetype.is_cloze and len(templates) > 2:
        return f"it makes {len(templates)} cards of a note, and no kind of question makes over two"
    return "" if templates else "it has no field"


# ------------------------------------------------------------------ by structure


class _Card(Struct, frozen=True):
    """A template that was read."""

    front: Side
    back: Side

    @property
    def asked(self) -> tuple[str, ...]:
        """The fields that the question shows at once."""
        later = {*self.front.through("hint"), *self.front.through("type")}
        return tuple(name for name in self.front.fields if name not in later)


def _made(notetype: ForeignNotetype, cards: list[_Card]) -> Recipe | Refusal:
    if notetype.is_cloze:
        return _cloze(cards[0])
    return _one_card(cards[0]) if len(cards) == 1 else _two_cards(*cards)


def _cloze(card: _Card) -> Recipe | Refusal:
    if not card.front.through("cloze"):
        return Refusal("its front shows no text with gaps")
    hints = card.front.through("hint")
    sides = {
        "text": card.front.minus(hints),
        "hint": card.front.only(hints),
        "extra": card.back.without(card.front.certain),
    }
    return Recipe("cloze", sides, remarks=_untyped(card))


def _one_card(card: _Card) -> Recipe | Refusal:
    hints, typed = card.front.through("hint"), card.front.through("type")
    asked = card.front.minus((*hints, *typed))
    if not asked.fields:
        return Refusal("its front shows no field")
    rest = card.back.without(card.front.certain)
    sides = {"q": asked, "hint": card.front.only(hints)}
    if typed:
        return Recipe("typein", {**sides, "answer": Side.of(typed[:1]), "extra": rest})
    if not rest.fields:
        return Refusal("its back shows no field that its front does not show")
    return Recipe("basic", {**sides, "a": rest})


def _two_cards(first: _Card, second: _Card) -> Recipe | Refusal:
    """Read two cards that ask each other's answer; the rest of their backs is an extra."""
    term, definition = first.asked, second.asked
    mirrored = set(definition) <= set(first.back.fields) and set(term) <= set(second.back.fields)
    if not term or not definition or not mirrored or set(term) & set(definition):
        return Refusal("its two cards do not ask each other's answer")
    sides = {
        "term": first.front.only(term),
        "definition": second.front.only(definition),
        "extra": _beside((first, second), (*term, *definition)),
    }
    words = " … ".join(filter(None, (first.front.words, second.front.words)))
    left = (f"the words `{words}` on its cards are left out",) if words else ()
    remarks = dict.fromkeys((*left, *_untyped(first), *_untyped(second)))
    return Recipe("reversed", sides, (first.front, second.front), remarks=tuple(remarks))


def _beside(cards: tuple[_Card, ...], known: tuple[str, ...]) -> Side:
    """Collect the lines that show other fields than ``known``, each field once."""
    lines: list[Line] = []
    seen = set(known)
    for card in cards:
        for side in (card.back.without(seen), card.front.only(card.front.through("hint"))):
            lines += side.without(seen).lines
            seen |= set(side.fields)
    return Side(tuple(lines))


def _untyped(card: _Card) -> tuple[str, ...]:
    typed = card.front.through("type")
    return ("its answer is no longer typed",) if typed else ()


# ------------------------------------------------------------------ files without templates


def _usual(notetype: ForeignNotetype) -> tuple[ForeignTemplate, ...]:
    """Guess the templates of a notetype whose file holds none: the first field is asked.

    The names that end so are English ones of Anki's own notetypes.
    """
    if not notetype.fields:
        return ()
    first, *rest = (f"{{{{{name}}}}}" for name in notetype.fields)
    answer = "<br>".join(rest)
    if notetype.is_cloze:
        return (ForeignTemplate("", f"{{{{cloze:{notetype.fields[0]}}}}}", answer),)
    if notetype.name.endswith("(type in the answer)") and rest:
        return (ForeignTemplate("", f"{first}{{{{type:{notetype.fields[1]}}}}}", answer),)
    if notetype.name.endswith("(and reversed card)") and rest:
        return (ForeignTemplate("", first, answer), ForeignTemplate("", rest[0], first))
    return (ForeignTemplate("", first, answer),)
