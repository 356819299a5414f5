"""The check of links: pages and anchors on a server of ours; what is missing is named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import links
from kit import Repository

PAGES = {
    "/page": (200, "<h1 id='first'>One</h1><a name=\"second\"></a><p id=third>&amp;</p>"),
    "/robots": (403, ""),
    "/gone": (404, ""),
}
BANK = (
    "  - basic: {name}\n    q: What is {name}?\n    a: This.\n    source: {source}\n    at: {at}\n"
)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = PAGES[self.path]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def lay(root: Path, site: str, *questions: tuple[str, str, str]) -> Path:
    repository = Repository(root)
    works = "".join(
        f"  - docs: {name}\n    title: {name}\n    url: {site}/{name}\n"
        for name in ("page", "robots", "gone")
        if any(source == name for _, source, _ in questions)
    )
    repository.write("decks/sources.yaml", f"sources:\n{works}")
    repository.bank(
        "".join(BANK.format(name=name, source=source, at=at) for name, source, at in questions)
    )
    return repository.root


def test_links_that_lead_somewhere_are_silent(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
):
    places = ("first", "second", "third")
    asked = [(f"q-{place}", "page", f"anchor {place}") for place in places]
    root = lay(tmp_path, site, *asked, ("q-robots", "robots", "§2"))
    assert links.main(["--root", str(root)]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "5 links, 0 lead nowhere\n")


def test_links_that_lead_nowhere_are_named(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
):
    root = lay(tmp_path, site, ("one", "page", "anchor fourth"), ("two", "gone", "§1"))
    assert links.main(["--root", str(root)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{site}/gone: 404 Not Found (source gone, two)",
        f"{site}/page#fourth: the page has no `fourth` (one)",
    ]


def test_a_server_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = lay(tmp_path, "http://127.0.0.1:9", ("one", "page", "§1"))
    assert links.main(["--root", str(root)]) == 1
    assert "Connection refused" in capsys.readouterr().out
