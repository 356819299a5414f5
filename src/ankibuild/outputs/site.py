"""A site as a folder, for any plain file server."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ankibuild.outputs import folder
from ankibuild.site import Site

#: The list of what an export has written, one path a line.
LIST = ".ankibuild-site"


def write(site: Site, dest: Path) -> tuple[Path, ...]:
    """Write a site into the folder ``dest``, in place of an earlier one; return its files.

    Raise ValueError if ``dest`` holds other files and no earlier site, or other files where the
    site's belong, and OSError if it cannot be written. Then ``dest`` is as it was.
    """
    return folder.write({path: partial(_content, site, path) for path in site.paths}, dest, LIST)


def _content(site: Site, path: str) -> bytes:
    file = site.file(path)
    if file is None:
        raise KeyError(path)
    return file.content
