"""What a new deck repository is to be called and under which license, and whether that can be."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from msgspec import Struct
from pydantic import ValidationError

from ankibuild.arc import forms
from ankibuild.diagnostics import did_you_mean, visible
from ankibuild.kinds.base import slug
from ankibuild.starter.origin import RELEASE
from ankibuild.workflow import RefusedError

LICENSES = {
    "CC-BY-4.0": "CC BY 4.0",
    "CC-BY-SA-4.0": "CC BY-SA 4.0",
    "CC0-1.0": "CC0 1.0",
    "MIT": "MIT",
    "none": "all rights reserved",
}
"""What learners read of a license, by its SPDX identifier; ``none`` is no license."""

LONGEST_TITLE = 100
"""Characters; Anki shows the title before the name of every deck."""


class Wishes(Struct, frozen=True):
    """What is particular about a new deck repository.

    ``title`` is the name of the whole, and of its topmost deck in Anki: one line of at most
    LONGEST_TITLE characters. ``namespace`` is a slug of at most 64; notes and notetypes are known
    by it. ``license`` is a key of LICENSES, ``repository`` a web address. ``description`` is
    Markdown, which Anki shows with the topmost deck. ``requirement`` is what pip installs to have
    the tool.
    """

    title: str
    namespace: str
    license: str = "CC-BY-4.0"
    repository: str | None = None
    description: str = "One question, one idea, and where the answer comes from."
    requirement: str = RELEASE


def propose(
    folder: Path,
    title: str | None = None,
    namespace: str | None = None,
    license: str = "CC-BY-4.0",  # noqa: A002 - it is the name of the field
    repository: str | None = None,
) -> Wishes:
    """Fill in what is not wished for: the title from the folder's name, the namespace from either.

    Raise RefusedError if no namespace can be made of them.
    """
    # Some systems keep the names of files decomposed.
    name = unicodedata.normalize("NFC", folder.resolve().name)
    made = namespace or slug(title or name)[:64].strip("-")
    if not made:
        example = "lower-case letters, digits and hyphens, as in `knots-of-ada`"
        raise RefusedError(f"`{_shown(title or name)}` gives no namespace; name one: {example}")
    words = " ".join(name.replace("-", " ").replace("_", " ").split())
    chosen = unicodedata.normalize("NFC", title or words[:1].upper() + words[1:])
    return Wishes(chosen, made, license, repository)


def guard(wishes: Wishes) -> None:
    """Raise RefusedError, with what to write instead, if wishes cannot be granted."""
    for name in ("title", "requirement"):
        _guard_line(name, getattr(wishes, name))
    if len(wishes.title) > LONGEST_TITLE:
        raise RefusedError(f"the title is longer than {LONGEST_TITLE} characters; shorten it")
    if wishes.license not in LICENSES:
        guess = did_you_mean(wishes.license, LICENSES) or f"there are {', '.join(LICENSES)}"
        raise RefusedError(f"there is no license `{_shown(wishes.license)}` here; {guess}")
    try:
        forms.Settings(
            title=wishes.title,
            namespace=wishes.namespace,
            license=LICENSES[wishes.license],
            description=wishes.description,
            repository=wishes.repository,
        )
    except ValidationError as error:
        raise RefusedError(_said(error)) from None


def _guard_line(name: str, text: str) -> None:
    """Accept what Anki accepts in the name of a deck."""
    plain = text.isprintable() and unicodedata.is_normalized("NFC", text)
    if not plain or text != text.strip() or not text:
        help_text = "write one line of characters that show, composed ones in Unicode's form C"
        raise RefusedError(f"`{_shown(text)}` cannot be the {name}; {help_text}")


def _shown(text: str) -> str:
    return visible(" ".join(text.split()))


def _said(error: ValidationError) -> str:
    """Give the first thing that is wrong with the settings as a sentence."""
    first = error.errors()[0]
    words = first.get("ctx", {})
    said = (words.get("message"), words.get("label"), words.get("help"))
    return f"the {first['loc'][0]}: {'; '.join(filter(None, said))}"
