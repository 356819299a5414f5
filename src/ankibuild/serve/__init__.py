"""A live preview: the cards in a browser on this machine, made again whenever a file is saved."""

from __future__ import annotations

import gc
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread

from ankibuild import workflow
from ankibuild.cache import Memory
from ankibuild.serve.preview import Edition, Preview
from ankibuild.serve.server import HOST, Server
from ankibuild.site import mathjax
from ankibuild.typeset.typesetter import Typesetter
from ankibuild.workflow import RefusedError, slot_of

__all__ = ["serve"]

#: Where a free port is looked for if none is asked for; 0 is any that the system has.
PORTS = (*range(8000, 8020), 0)


def serve(
    root: Path,
    *,
    port: int | None = None,
    topic: str | None = None,
    open_browser: bool = False,
    announce: Callable[[str], None] = print,
) -> None:
    """Show the cards of a project in the browser until Ctrl-C.

    ``announce`` gets the address, then a line for each change of a file. The address is that of
    ``topic``, in the words of ``find_slot``. Raises RefusedError if there is no such topic or the
    port cannot be had, and OSError if the project cannot be read.
    """
    with suppress(KeyboardInterrupt), _bind(port) as server, Typesetter(root) as typesetter:
        load = partial(workflow.load, root, memory=Memory(), typesetter=typesetter)
        preview = Preview(root, load, mathjax(typesetter), announce)
        # What is loaded now stays. To look for garbage in it would make each later load longer.
        gc.freeze()
        url = f"http://{HOST}:{server.port}/{_start(preview.edition, topic)}"
        Thread(target=typesetter.warm, daemon=True).start()
        with server.running(preview):
            announce(f"{url} (Ctrl-C stops)")
            if open_browser:
                # Some browsers run in the terminal, until they are left.
                Thread(target=webbrowser.open, args=(url,), daemon=True).start()
            preview.watch()


def _bind(port: int | None) -> Server:
    """Take ``port``, or the first that is free."""
    for number in PORTS if port is None else (port,):
        try:
            return Server(number)
        except OSError as error:
            why = (error.strerror or "").lower()
    raise RefusedError(f"port {number} cannot be had: {why}\nleave out --port for a free one")


def _start(edition: Edition, topic: str | None) -> str:
    """Give the path of the page to start with."""
    subject = edition.space.subject
    if topic is None or subject is None:
        return ""
    path = slot_of(subject.project.curriculum, topic).path.removesuffix(".yaml") + ".html"
    return path if path in edition.site.paths else ""
