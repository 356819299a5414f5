"""What every kind of question has, and the checks of single fields."""

from __future__ import annotations

import re
import unicodedata
from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from ankibuild.model import Model

Place = tuple[str | int, ...]


class Render(Protocol):
    """Turns a text of the question into HTML and reports what is wrong with it, with its place."""

    def __call__(
        self, place: Place, text: str, *, cloze: bool = False, derived: bool = False
    ) -> str:
        """Render ``text``, which stands at ``place`` (field name, then indices) of the question.

        ``derived`` says that it was made from the author's text, so that offsets do not carry over.
        """

    def code(self, program: str) -> str:
        """Render a Python program as a highlighted block."""

    def plain(self, text: str) -> str:
        """Escape plain text."""

    def clozes(self, place: Place) -> tuple[int, ...]:
        """Give the cloze numbers found in the text at ``place``, after it was rendered."""


def refuse(
    rule: str,
    message: str,
    label: str = "",
    help_text: str = "",
    *,
    place: Place = (),
    chars: tuple[int, int] | None = None,
) -> PydanticCustomError:
    """Make the error of a check; ``shape`` turns it into a diagnostic.

    A check of one field knows nothing of its place. A check of the whole question names the
    ``place`` (field, then indices) and, when it can, the characters of that text.
    """
    # The words may hold braces; a constant template keeps pydantic from formatting them.
    words = {"message": message, "label": label, "help": help_text}
    return PydanticCustomError(
        "ankibuild", "{rule}", {"rule": rule, **words, "place": place, "chars": chars}
    )


# ------------------------------------------------------------------ checks of single fields

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PLACES = (
    r"\d{1,2}:[0-5]\d(?::[0-5]\d)?",
    r"§[A-Z0-9]+(?:\.\d+)*",
    r"pp?\. \d+(?:[-–]\d+)?",
    r"(?:ch|eq|fig|ex|thm)\. [A-Z]?\d+(?:\.\d+)*",
    r"(?:algorithm|table|appendix|lemma|theorem) [A-Z0-9]+(?:\.\d+)*",
    r"anchor \S+",
)
_PLACE = re.compile("|".join(_PLACES))
_COMMA = re.compile(r", *")


def slug(text: str) -> str:
    """Propose an id for ``text``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", plain)
    return re.sub(r"[^a-z0-9]+", "-", spaced.casefold()).strip("-")


def check_id(text: str) -> str:
    """Accept a slug of at most 64 characters."""
    if not text.strip():
        raise refuse("bad-id", "there is no id here", "", "for example `bn-why-eps`")
    if not _SLUG.fullmatch(text):
        better = slug(text)
        raise refuse(
            "bad-id",
            f"`{text}` cannot be an id",
            "lower-case letters, digits and hyphens",
            f"`{better}` would do" if better else "for example `bn-why-eps`",
        )
    if len(text) > 64:
        raise refuse("bad-id", "this id is longer than 64 characters", "", "shorten it")
    return text


def check_tag(text: str) -> str:
    """Accept a tag of slugs joined by ``::``."""
    parts = text.split("::")
    if all(_SLUG.fullmatch(part) for part in parts):
        return text
    better = "::".join(filter(None, (slug(part) for part in parts)))
    label = "tags have no spaces" if " " in text else "lower-case letters, digits and hyphens"
    raise refuse(
        "bad-tags", f"`{text}` cannot be a tag", label, f"`{better}` would do" if better else ""
    )


def check_place(text: str) -> str:
    """Accept times, sections, pages and the like, joined by commas."""
    for place in _COMMA.split(text):
        if not _PLACE.fullmatch(place):
            raise refuse(
                "bad-time",
                f"`{place}` is not a place in a source",
                "",
                "write a time `47:12` or `1:17:04`, a section `§3.2`, or a page `p. 14`\n"
                "also `ch. 4`, `eq. 5`, `fig. 2`, `algorithm 1`, or `anchor NAME` of a web page",
            )
    return text


def check_guid(text: str) -> str:
    """Accept what Anki has as a guid: any text without control characters, whole in one line."""
    if text.strip() and len(text) <= 200 and not re.search(r"[\x00-\x1f\x7f-\x9f]", text):
        return text
    raise refuse(
        "bad-guid",
        "this cannot be a guid",
        "at most 200 characters in one line",
        "copy it from the deck that the question came from; a new question needs no `guid:`",
    )


def check_filled(text: str) -> str:
    """Accept a text with something in it."""
    if not text.strip():
        raise refuse("empty-field", "", "nothing is here")
    if text.strip() == "…":
        raise refuse("empty-field", "this is still to be written", "", "write it in place of `…`")
    return text


Filled = Annotated[str, AfterValidator(check_filled)]
Id = Annotated[str, AfterValidator(check_id)]
Tag = Annotated[str, AfterValidator(check_tag)]
Guid = Annotated[str, AfterValidator(check_guid)]
At = Annotated[Filled, AfterValidator(check_place)]
Markdown = Annotated[Filled, Field(json_schema_extra={"format": "markdown"})]
Python = Annotated[Filled, Field(json_schema_extra={"format": "python"})]

NotetypeKey = Literal["basic", "reversed", "cloze", "typein", "drill"]


class Question(Model):
    """One entry of a bank."""

    model_config = ConfigDict(populate_by_name=True)

    kind: ClassVar[str]
    notetype: ClassVar[NotetypeKey]
    order: ClassVar[int] = 100
    #: Cards that one note of this kind makes; None: one for each cloze number.
    cards: ClassVar[tuple[int, ...] | None] = (0,)
    #: What to show of the question when only one line can be shown.
    headline: ClassVar[str] = "q"

    id: Id = Field(description="Names this question for ever: a short slug, unique in all banks.")
    at: At | None = Field(
        default=None,
        description="Place in the source: `47:12`, `1:17:04`, `§3.2`, `p. 14`, `eq. 5`, `fig. 2`.",
    )
    source: Filled | None = Field(
        default=None, description="Id of the source, if it is not the file's."
    )
    covers: tuple[Filled, ...] = Field(
        default=(), description="Curriculum items that this question covers."
    )
    tags: tuple[Tag, ...] = Field(default=(), description="Tags beside the derived ones.")
    extra: Markdown | None = Field(default=None, description="A remark shown under the answer.")
    hint: Markdown | None = Field(default=None, description="Shown on demand on the front.")
    verify: Python | None = Field(
        default=None, description="Python that must not fail if the answer is right."
    )

    guid: Guid | None = Field(
        default=None,
        description="By what Anki knows a note that came from another deck; else made from the id.",
    )

    @abstractmethod
    def front(self, render: Render) -> str:
        """HTML of the notetype's first field."""

    @abstractmethod
    def back(self, render: Render) -> str:
        """HTML of the notetype's Back field."""

    def aside(self, render: Render, field: str, text: str) -> str:
        """HTML of what stands beside: the hint or the extra."""
        return render((field,), text)

    def programs(self) -> tuple[tuple[Place, str], ...]:
        """Give every piece of Python in this question with its place."""
        return ((("verify",), self.verify),) if self.verify else ()


def block(html: str) -> str:
    """Wrap HTML that something else follows: a bare text has no margin of its own."""
    return f"<div>{html}</div>"


def folds(name: str, label: str, parts: Sequence[str]) -> str:
    """Fold pieces of HTML, each behind a label with its number; opening one shows the next.

    ``name`` is the class by which the style knows them: ``hint`` or ``step``.
    """
    many = len(parts) > 1
    return "".join(
        details(f"{label} {number} of {len(parts)}" if many else label, html, name)
        for number, html in enumerate(parts, 1)
    )


def details(summary: str, html: str, name: str) -> str:
    """Wrap HTML so that it opens on demand, without a script."""
    return f'<details class="{name}"><summary>{summary}</summary>{html}</details>'
