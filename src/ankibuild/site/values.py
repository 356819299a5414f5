"""What a site is: files by path, and what formulas are typeset with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from msgspec import Struct, field

#: TeX, and whether it is displayed on a line of its own.
Formula = tuple[str, bool]

#: The page for a path that leads nowhere.
MISSING = "404.html"


class File(Struct, frozen=True):
    """A file of a site and its media type, as in an HTTP header."""

    type: str
    content: bytes


class Site(Struct, frozen=True):
    """The files of a site by path (``index.html``), each made when it is first asked for."""

    makers: Mapping[str, Callable[[], File]]

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all files, relative to the site."""
        return tuple(self.makers)

    def file(self, path: str) -> File | None:
        """Make the file at a path; None if the site has none there."""
        make = self.makers.get(path)
        return make() if make else None


def _no_markup(_: Iterable[Formula]) -> Mapping[Formula, str]:
    return {}


def _no_style() -> str:
    return ""


class Typeset(Struct, frozen=True):
    """How formulas become HTML; by default they do not, and stand as TeX.

    ``markup`` gives the HTML of the formulas that could be typeset, ``stylesheet`` the CSS that
    this HTML needs, and ``fonts`` the files that the CSS names, as ``fonts/NAME``.
    """

    markup: Callable[[Iterable[Formula]], Mapping[Formula, str]] = _no_markup
    stylesheet: Callable[[], str] = _no_style
    fonts: Mapping[str, Path] = field(default_factory=dict)


#: Formulas stand as TeX.
PLAIN = Typeset()
