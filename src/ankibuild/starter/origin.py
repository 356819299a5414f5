"""Where the tool comes from, so that another machine gets it from there, too."""

from __future__ import annotations

import json
from urllib.parse import urlsplit
from urllib.request import url2pathname

from msgspec import Struct

from ankibuild import __version__

RELEASE = f"ankibuild>={__version__}"
"""What pip installs when all that is known is the version."""


class Origin(Struct, frozen=True):
    """What pip installs on any machine, and the folder or wheel that only this one has."""

    requirement: str = RELEASE
    local: str | None = None


def origin(direct_url: str | None) -> Origin:
    """Tell where the tool was installed from.

    ``direct_url`` is the JSON that pip keeps of what does not come from an index
    (``direct_url.json`` beside the package's metadata, PEP 610).
    """
    told = json.loads(direct_url or "{}")
    url = urlsplit(told.get("url", ""))
    if url.scheme == "file":
        return Origin(local=url2pathname(url.path))
    if url.scheme != "https":
        # Whoever builds the decks elsewhere may have no key.
        return Origin()
    vcs = told.get("vcs_info")
    place = f"{vcs['vcs']}+{told['url']}@{vcs['commit_id']}" if vcs else told["url"]
    return Origin(f"ankibuild @ {place}")
