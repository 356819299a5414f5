"""The pages of a project as its files stand, made again when these change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from ankibuild.diagnostics import Diagnostic, errors
from ankibuild.serve.pages import pages
from ankibuild.serve.watch import Snapshot, look
from ankibuild.site import File, Site, Typeset
from ankibuild.words import count
from ankibuild.workflow import Workspace

#: Seconds between two looks at the files, and the share of a processor that looking may take.
TICK, SHARE = 0.05, 0.008
#: Seconds between two looks at most.
SLOWEST = 1.0
#: Seconds for which files must have been left alone: editors empty a file before they write it.
SETTLED = 0.03
#: And after one has gone or is empty: an editor may be about to write it again, and a page without
#: its questions would forget which of them are open.
RETURNED = 0.6
#: How often a project whose files do not stop changing is loaded before it is shown anyway.
IN_VAIN = 10

Load = Callable[[], Workspace]
Announce = Callable[[str], None]


class Edition(Struct, frozen=True):
    """The pages as of one state of the files; ``changed`` are those that differ from the last."""

    files: Snapshot
    changed: tuple[str, ...]
    space: Workspace
    site: Site

    @property
    def version(self) -> str:
        """A name for the contents of all files."""
        return self.files.version


class Preview:
    """The newest edition of a project's pages. One thread updates it, any number read it.

    It has the first one when it has been made. Raises OSError if the project cannot be read.
    ``load`` reads the project in ``root``, ``announce`` gets a line for each later edition.
    """

    def __init__(self, root: Path, load: Load, typeset: Typeset, announce: Announce) -> None:
        self._root = root
        self._load = load
        self._typeset = typeset
        self._announce = announce
        # Loading renders Markdown and making a page typesets: neither is for two threads at once.
        self._rooms = threading.Lock()
        self._news = threading.Condition()
        self._closed = False
        self._seen = look(root, Snapshot())
        self._edition = self._settle(self._seen)

    @property
    def edition(self) -> Edition:
        """The newest edition."""
        return self._edition

    @property
    def is_closed(self) -> bool:
        """Tell whether there will be no other edition."""
        return self._closed

    def file(self, path: str) -> File | None:
        """Make a file of the newest edition; None if it has none at this path."""
        with self._rooms:
            return self._edition.site.file(path)

    def after(self, version: str, patience: float) -> Edition | None:
        """Wait ``patience`` seconds for an edition other than ``version``; None if none comes."""
        with self._news:
            self._news.wait_for(lambda: self._closed or self._edition.version != version, patience)
            return self._edition if self._edition.version != version else None

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def watch(self) -> None:
        """Update for ever; only an exception ends it, such as that of Ctrl-C."""
        while True:
            cost = self.update()
            time.sleep(min(max(TICK, cost / SHARE), SLOWEST))

    def update(self) -> float:
        """Make another edition if files have changed. Gives the CPU seconds that looking took."""
        started = time.thread_time()
        seen = look(self._root, self._seen)
        cost = time.thread_time() - started
        is_same = seen.version == self._seen.version
        self._seen = seen
        if not is_same:
            self._renew()
        return cost

    def _renew(self) -> None:
        try:
            edition = self._settle(self._edition.files)
        except OSError as error:
            self._announce(f"{error.filename}: {error.strerror}")
            return
        if edition.changed:
            with self._news:
                self._edition = edition
                self._news.notify_all()
            self._announce(summary(edition))

    def _settle(self, before: Snapshot) -> Edition:
        """Load the project again until its files have not changed meanwhile."""
        for _ in range(IN_VAIN):
            started, files = time.monotonic(), self._seen
            loaded = self._attempt(files, before)
            settled = RETURNED if files.lost(before) else SETTLED
            time.sleep(max(0.0, started + settled - time.monotonic()))
            self._seen = look(self._root, files)
            if self._seen.version == files.version and isinstance(loaded, Edition):
                break
        else:
            self._seen = files  # so that the next look finds what has been left out
        if isinstance(loaded, OSError):
            raise loaded
        return loaded

    def _attempt(self, files: Snapshot, before: Snapshot) -> Edition | OSError:
        """Load the project; a file may go away before it is read."""
        with self._rooms:
            try:
                space = self._load()
            except OSError as error:
                return error
            site = pages(space, files.version, self._typeset)
        return Edition(files, files.changed(before), space, site)


def summary(edition: Edition) -> str:
    """Say in one line which files changed, and what is wrong in them and elsewhere."""
    paths = edition.changed
    here = [p for p in edition.space.problems if p.span.source.path in paths]
    elsewhere = len(edition.space.problems) - len(here)
    names = paths[0] if len(paths) == 1 else count(len(paths), "file")
    said = f"{names}: {_tally(here)}"
    return f"{said}; {count(elsewhere, 'problem')} elsewhere" if elsewhere else said


def _tally(problems: list[Diagnostic]) -> str:
    wrong = len(errors(problems))
    doubtful = len(problems) - wrong
    words = [count(wrong, "error")] * bool(wrong) + [count(doubtful, "warning")] * bool(doubtful)
    return " and ".join(words) or "fine"
