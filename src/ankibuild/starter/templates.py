"""The files of a new deck repository: what stands in ``files/``, with the slots filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ankibuild.outputs.gitbook.inline import plain
from ankibuild.source.write import WIDTH, scalar
from ankibuild.starter.wishes import LICENSES, Wishes
from ankibuild.workflow import RefusedError

_FILES = Path(__file__).parent / "files"
_SLOT = re.compile(r"<<([a-z-]+)>>")

_REPOSITORY = """\
# Each card links there, for learners who find a mistake.
repository: {}"""
_NO_REPOSITORY = """\
# With an address here, each card has a link for learners who find a mistake:
# repository: https://…"""


def make(wishes: Wishes, *, example: bool) -> dict[str, bytes]:
    """Make the files by path, relative and with slashes. Raise RefusedError, as ``guard`` does."""
    texts: dict[str, str] = {}
    for layer in ("common", "example" if example else "bare"):
        for path, text in _read(_FILES / layer):
            texts[path] = texts.get(path, "") + text
    notice = _FILES / "licenses" / f"{wishes.license}.txt"
    if notice.is_file():
        texts["LICENSE"] = notice.read_text("utf-8")
    values = _values(wishes)
    return {
        path: _SLOT.sub(lambda slot: values[slot[1]], text).encode("utf-8")
        for path, text in sorted(texts.items())
    }


def _read(folder: Path) -> Iterator[tuple[str, str]]:
    for place in folder.rglob("*"):
        if place.is_file():
            yield place.relative_to(folder).as_posix(), place.read_text("utf-8")


def _values(wishes: Wishes) -> dict[str, str]:
    """Give what the slots stand for."""
    license_ = LICENSES[wishes.license]
    link = wishes.repository
    return {
        "title": wishes.title,
        "title-in-markdown": plain(wishes.title),
        "title-in-yaml": _in_yaml("title", wishes.title),
        "namespace": wishes.namespace,
        "license": license_,
        "rights": f"{license_[:1].upper()}{license_[1:]}"
        + (", see [LICENSE](LICENSE)." if wishes.license != "none" else "."),
        "description-in-yaml": _in_yaml("description", wishes.description.strip()),
        "repository-in-yaml": _REPOSITORY.format(link) if link else _NO_REPOSITORY,
        "requirement": wishes.requirement,
    }


def _in_yaml(name: str, text: str) -> str:
    """Write a text as the value of a field at the margin."""
    try:
        return scalar(text, 0, WIDTH - len(f"{name}: "))
    except ValueError:
        message = f"the {name} has characters that YAML cannot hold; write it without them"
        raise RefusedError(message) from None
