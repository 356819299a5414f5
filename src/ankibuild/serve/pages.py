"""The pages of a workspace, each with the version of the files it was made from.

A page carries it as ``<html data-version=…>``, so that a browser can tell that it shows an older
one.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from ankibuild import site
from ankibuild.site import File, Site, Typeset
from ankibuild.workflow import Workspace


def pages(space: Workspace, version: str, formulas: Typeset) -> Site:
    """Make the pages of a workspace with its diagnostics, as of a version of its files."""
    made = site.make(space.subject, space.problems, live=True, typeset=formulas, root=space.root)
    return Site({path: _dated(make, version) for path, make in made.makers.items()})


def _dated(make: Callable[[], File], version: str) -> Callable[[], File]:
    def dated() -> File:
        file = make()
        if not file.type.startswith("text/html"):
            return file
        mark = b'<html data-version="%b"' % version.encode()
        return replace(file, content=file.content.replace(b"<html", mark, 1))

    return dated
