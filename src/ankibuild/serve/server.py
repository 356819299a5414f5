"""Speaks HTTP to browsers on this machine, and to nobody else.

Every page of the web may send requests to 127.0.0.1, or have its own name point there. So a request
is answered only if it names this server (``Host``) and does not come from another site. Answers
come from memory: no address is ever made into the name of a file.
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any
from urllib.parse import unquote

from ankibuild.serve.preview import Edition, Preview
from ankibuild.site import MISSING, File

HOST = "127.0.0.1"
#: The page at the address of a site itself.
INDEX = "index.html"
#: Where the stream of changes is.
EVENTS = "/-/events"
#: Seconds between two signs of life on a stream, and for which a client may keep us waiting.
HEARTBEAT, PATIENCE = 15, 10

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' data:; media-src 'self';"
        " style-src 'self' 'unsafe-inline'; script-src 'self'; font-src 'self';"
        " connect-src 'self'; frame-src 'self'; frame-ancestors 'self';"
        " base-uri 'none'; form-action 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Server(ThreadingMixIn, TCPServer):
    """A server on a port of this machine; 0 is a free one. Raises OSError if the port is taken.

    Clients are answered while it is :meth:`running`, and wait until then.
    """

    # A stream of changes must not keep the program from ending.
    daemon_threads = True
    # On Windows, this would let two servers share a port.
    allow_reuse_address = os.name == "posix"
    request_queue_size = 64
    preview: Preview

    def __init__(self, port: int) -> None:
        super().__init__((HOST, port), Handler)

    @property
    def port(self) -> int:
        """The port that was found."""
        return int(self.server_address[1])

    @property
    def names(self) -> frozenset[str]:
        """What a browser may call us; others are names that somebody else has made point here."""
        names = {f"{host}:{self.port}" for host in (HOST, "localhost")}
        return frozenset(names | ({HOST, "localhost"} if self.port == 80 else set()))

    @contextmanager
    def running(self, preview: Preview) -> Iterator[None]:
        """Show a preview to clients, each in a thread of its own; end all streams at the end."""
        self.preview = preview
        Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()
        try:
            yield
        finally:
            preview.close()
            self.shutdown()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; our own faults are shown where they happen."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    timeout = PATIENCE
    # Answers have a head, also those to what is no HTTP.
    default_request_version = "HTTP/1.0"
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(code)d %(message)s\n"

    def parse_request(self) -> bool:
        """Read the head of a request. Gives False if it has been refused."""
        return super().parse_request() and not self._is_refused()

    def do_GET(self) -> None:
        """Answer with a file, or with the stream of changes."""
        address = self.path.partition("?")[0]
        if address == EVENTS:
            self._stream()
        else:
            self._give(unquote(address).removeprefix("/") or INDEX)

    do_HEAD = do_GET  # noqa: N815

    def end_headers(self) -> None:
        """Add to each answer what keeps browsers from doing more with it than we want."""
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def version_string(self) -> str:
        """Name the server, without its versions."""
        return "ankibuild"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep the terminal for what is wrong with the decks."""

    def _is_refused(self) -> bool:
        """Refuse what no page of ours sends."""
        if self.headers.get_all("Host", []) not in [[name] for name in self.server.names]:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        elif self._is_foreign():
            self.send_error(HTTPStatus.FORBIDDEN)
        elif self.command not in ("GET", "HEAD"):
            self._answer(
                HTTPStatus.METHOD_NOT_ALLOWED, _text("GET and HEAD only"), Allow="GET, HEAD"
            )
        else:
            return False
        return True

    def _is_foreign(self) -> bool:
        """Tell whether another site has the browser ask, other than by a link to a page of ours."""
        origin = self.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self.server.names:
            return True
        site, *way = (self.headers.get(f"Sec-Fetch-{about}") for about in ("Site", "Mode", "Dest"))
        return site not in (None, "none", "same-origin") and way != ["navigate", "document"]

    def _give(self, path: str) -> None:
        preview = self.server.preview
        try:
            file, missing = preview.file(path), preview.file(MISSING)
        except Exception:
            bug = f"ankibuild has a bug, and this is it.\n\n{traceback.format_exc()}"
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, _text(bug))
            return
        if file:
            self._answer(HTTPStatus.OK, file)
        elif preview.edition.space.subject is None and path.endswith(".html"):
            # What there is to say of a project that cannot be read stands on its first page.
            self._answer(HTTPStatus.FOUND, _text("see the first page"), Location=f"/{INDEX}")
        else:
            self._answer(HTTPStatus.NOT_FOUND, missing or _text("there is nothing here"))

    def _answer(self, status: HTTPStatus, file: File, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", file.type)
        self.send_header("Content-Length", str(len(file.content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(file.content)

    def _stream(self) -> None:
        """Tell the version of the pages, and each later one."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        version = ""
        while self.command != "HEAD" and not self.server.preview.is_closed:
            edition = self.server.preview.after(version, HEARTBEAT)
            version = edition.version if edition else version
            self.wfile.write(_event(edition) if edition else b":\n\n")


def _text(text: str) -> File:
    return File("text/plain; charset=utf-8", f"{text}\n".encode())


def _event(edition: Edition) -> bytes:
    data = json.dumps({"version": edition.version, "files": edition.changed})
    return f"retry: 500\nevent: change\ndata: {data}\n\n".encode()
