"""What git knows of a project. The one room that runs git, and it only reads.

Neither the work tree nor the index is written, no hook, filter or pager is run, and what a tree
holds comes back as bytes: whether a path is fit to be written anywhere is the caller's to judge.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct

_OPTIONS = (
    "--no-pager",
    "--no-optional-locks",  # `git status` would write the index to remember what it saw
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),  # a program that the configuration may name
)
_KINDS: dict[bytes, Literal["link", "submodule"]] = {b"120000": "link", b"160000": "submodule"}


class GitError(Exception):
    """Something that git cannot tell us; the text says why and what to do instead."""


class Item(Struct, frozen=True):
    """Something in the tree of a commit.

    ``path`` is relative to the project and may be any text; ``name`` is git's name of the content,
    ``size`` its number of bytes (0 for a submodule).
    """

    path: str
    kind: Literal["file", "link", "submodule"]
    name: str
    size: int


def dirty(root: Path) -> tuple[str, ...]:
    """Give the files of a project that no commit holds as they are, relative to ``root``, sorted.

    Changed, staged, deleted and new ones; not those that git ignores. A new folder is one entry
    with a slash at its end. Raises GitError where there is no repository.
    """
    prefix = _prefix(root)
    shown = _git(root, "status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=dirty",
                 "--untracked-files=normal", "--", ".")  # fmt: skip
    paths = (os.fsdecode(entry[3:]) for entry in shown.split(b"\0") if entry)
    return tuple(sorted(path.removeprefix(prefix) for path in paths))


def commit(root: Path, revision: str) -> str:
    """Give the full name of the commit that a revision (tag, branch, hash, ``HEAD~3``) stands for.

    Raises GitError for what names none, and where there is no repository.
    """
    _prefix(root)
    found = _commit(root, revision)
    if found is None:
        raise GitError(_unknown(root, revision))
    return found


def has_tag(root: Path, tag: str) -> bool:
    """Tell whether a tag is in this clone. Raises GitError where there is no repository."""
    _prefix(root)
    return _commit(root, f"refs/tags/{tag}") is not None


def tree(root: Path, name: str, folders: Iterable[str]) -> tuple[Item, ...]:
    """List everything below some folders of a project, as it was in the commit ``name``.

    Folders that were not there yet are empty. Raises GitError.
    """
    shown = _git(root, "ls-tree", "-r", "-z", "--long", name, "--", *folders)
    return tuple(_item(entry) for entry in shown.split(b"\0") if entry)


def contents(root: Path, names: Iterable[str]) -> tuple[bytes, ...]:
    """Give the contents that some names stand for, in their order, with one process of git.

    Raises GitError for one that is not in this clone.
    """
    asked = tuple(names)
    given = _git(root, "cat-file", "--batch", told="".join(f"{name}\n" for name in asked))
    return tuple(_contents(given, asked))


def _contents(given: bytes, asked: tuple[str, ...]) -> Iterator[bytes]:
    at = 0
    for name in asked:
        stop = given.index(b"\n", at)
        head = given[at:stop].split(b" ")
        if head[1:2] != [b"blob"]:
            message = f"this clone lacks a part of its history (`{name[:12]}`)"
            raise GitError(f"{message}; get it: `git fetch --unshallow` or `git fetch --refetch`")
        size = int(head[2])
        yield given[stop + 1 : stop + 1 + size]
        at = stop + 2 + size


def _item(entry: bytes) -> Item:
    """Read a line of ``git ls-tree --long``: mode, type, name, size; a tab; the path."""
    about, _, path = entry.partition(b"\t")
    mode, _, name, size = about.split()
    bytes_ = int(size) if size.isdigit() else 0
    return Item(os.fsdecode(path), _KINDS.get(mode, "file"), name.decode(), bytes_)


# ------------------------------------------------------------------ asking git


def _git(root: Path, *words: str, told: str = "") -> bytes:
    done = _run(root, *words, told=told)
    if done.returncode:
        raise GitError(f"git cannot read this repository: {_complaint(done)}")
    return done.stdout


def _run(root: Path, *words: str, told: str = "") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - no shell, and what is not ours stands behind `--`
            ["git", *_OPTIONS, *words],  # noqa: S607 - the git that the person uses
            cwd=root,
            input=told.encode(),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        message = "git is not installed, and it alone knows how things were"
        raise GitError(f"{message}; see https://git-scm.com/downloads") from None


def _complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    """Give what git says, on one line."""
    first = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
    return re.sub(r"^(?:fatal|error): ", "", first) or f"it ended with {done.returncode}"


def _prefix(root: Path) -> str:
    """Give the project's place in its repository: empty, or a path with a slash at its end."""
    done = _run(root, "rev-parse", "--show-prefix")
    if done.returncode == 0:
        return os.fsdecode(done.stdout.removesuffix(b"\n"))
    if any(os.path.lexists(folder / ".git") for folder in (root, *root.parents)):
        raise GitError(f"git cannot read this repository: {_complaint(done)}")
    message = "this project is in no git repository, so nothing is known of its past"
    raise GitError(f"{message}; begin one: `git init`, `git add .`, `git commit`")


def _commit(root: Path, revision: str) -> str | None:
    # A revision comes from a person or a workflow: what looks like an option is none, and what
    # starts with a dash is no revision either.
    if revision.startswith("-") or "\0" in revision:
        return None
    done = _run(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    name = done.stdout.decode("ascii", "replace").strip()
    return name if done.returncode == 0 and re.fullmatch(r"[0-9a-f]{40,64}", name) else None


def _unknown(root: Path, revision: str) -> str:
    if _commit(root, "HEAD") is None:
        return "this repository has no commit yet; `git commit` what is there first"
    if _git(root, "rev-parse", "--is-shallow-repository").strip() == b"true":
        message = f"`{revision}` is not in this clone, which has only the newest commits"
        return f"{message}; get all of them: `git fetch --unshallow --tags`"
    message = f"git knows no revision `{revision}`"
    return f"{message}; name a tag, a branch or a commit, after `git fetch --tags` if it is new"
