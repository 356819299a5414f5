"""The live preview: a real process, a real browser, and files that change under both."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from ankibuild import workflow
from ankibuild.serve import serve
from ankibuild.serve.preview import Preview
from ankibuild.serve.watch import Snapshot, look
from ankibuild.site import Typeset
from ankibuild.workflow import RefusedError, Workspace
from browser import Browser
from kit import SVG, Repository

BANK = "decks/01-first/01-one.yaml"
PAGE = "decks/01-first/01-one.html"
PATIENCE = 60  # seconds until something that must happen is given up


def basic(name: str, q: str = "What is one?", a: str = "A number.") -> str:
    """Write a question that nothing can be said against."""
    return f"- basic: {name}\n  q: {q}\n  a: {a}\n  at: 1:00\n"


class Serving:
    """A preview in a process of its own, and the lines that it has said."""

    def __init__(self, root: Path, *words: str, browser: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ankibuild", "-C", str(root), "serve", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "BROWSER": browser},
            text=True,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ear = threading.Thread(target=self._listen)
        self._ear.start()
        try:
            self.url, _, rest = self.line().partition(" ")
            assert rest == "(Ctrl-C stops)", self._rest()
        except BaseException:
            self.close()
            raise
        self.port = int(self.url.split(":")[2].split("/")[0])
        self.site = f"http://127.0.0.1:{self.port}/"

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._lines.put(line.rstrip("\n"))
        self._lines.put("")

    def line(self) -> str:
        """Give the next line that it says; empty when it has ended."""
        return self._lines.get(timeout=PATIENCE)

    def _rest(self) -> str:
        """Give all that it says until it ends, such as a traceback."""
        return "\n".join([self.url, *iter(self.line, "")])

    def ask(
        self, path: str, headers: Mapping[str, str] = {}, method: str = "GET"
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """Send a request; give status, headers and content of the answer."""
        talk = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(talk):
            talk.request(method, path, headers=dict(headers))
            answer = talk.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def say(self, request: bytes) -> bytes:
        """Send bytes; give all that comes back."""
        with self.connect() as talk:
            talk.sendall(request)
            with contextlib.suppress(ConnectionError), talk.makefile("rb") as answer:
                return answer.read()
        return b""

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; give the exit code and what it says to that."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE), self.line()

    def close(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        self._ear.join()
        assert self.process.stderr
        self.process.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


# ------------------------------------------------------------------ looking at files


def save_in_place(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def save_beside_and_rename(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.swp")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, file)


def save_as_new_file(file: Path, text: str) -> None:
    file.rename(file.with_name(f"{file.name}~"))
    file.write_text(text, encoding="utf-8")
    file.with_name(f"{file.name}~").unlink()


def save_as_of_then(file: Path, text: str) -> None:
    """Restore the time of the last change, as `rsync --times` and `tar` do."""
    then = file.stat()
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(then.st_atime_ns, then.st_mtime_ns))


STYLES = (save_in_place, save_beside_and_rename, save_as_new_file, save_as_of_then)
Save = Callable[[Path, str], None]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "project")
    made.bank(basic("one"))
    return made


@pytest.mark.parametrize("save", STYLES)
def test_each_way_to_save_a_file_is_noticed(repository: Repository, save: Save):
    file = repository.root / BANK
    before = look(repository.root, Snapshot())
    save(file, file.read_text().replace("one?", "two?"))  # of the same length
    after = look(repository.root, before)
    assert after.changed(before) == (BANK,)
    assert after.version != before.version


def test_files_are_told_apart_by_what_they_say(repository: Repository):
    first = look(repository.root, Snapshot())
    assert look(repository.root, first) is first
    (repository.root / BANK).touch()
    touched = look(repository.root, first)
    assert touched.stamps != first.stamps
    assert (touched.version, touched.changed(first)) == (first.version, ())
    repository.write("decks/01-first/02-two.yaml", "title: Two\n")
    more = look(repository.root, touched)
    (repository.root / "decks/01-first/02-two.yaml").unlink()
    fewer = look(repository.root, more)
    assert more.changed(first) == fewer.changed(more) == ("decks/01-first/02-two.yaml",)
    assert fewer.version == first.version != more.version


def test_only_what_a_project_is_loaded_from_is_looked_at(repository: Repository):
    before = look(repository.root, Snapshot())
    for path in ("decks/01-first/.01-one.yaml.swp", "decks/01-first/01-one.yaml~", "notes.yaml"):
        repository.write(path, "x")
    assert look(repository.root, before).version == before.version
    repository.write("media/Picture.SVG", SVG)
    assert look(repository.root, before).changed(before) == ("media/Picture.SVG",)


def test_looking_does_not_wait_for_pipes_nor_run_in_circles(repository: Repository):
    media = repository.root / "media"
    media.mkdir()
    os.mkfifo(media / "pipe.svg")
    (media / "nothing.svg").symlink_to(media / "gone.svg")
    (media / "itself.svg").symlink_to(media / "itself.svg")
    (media / "circle").symlink_to(repository.root)
    found = look(repository.root, Snapshot())
    names = {"media/pipe.svg", "media/nothing.svg", "media/itself.svg"}
    assert {path for path in found.stamps if path.startswith("media/")} == names
    assert look(repository.root, found) is found


# ------------------------------------------------------------------ loading again


class Loader:
    """Loads a project; what is in ``then`` happens while it does, one thing each time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.then: list[Callable[[], Any]] = []
        self.times = 0

    def __call__(self) -> Workspace:
        self.times += 1
        space = workflow.load(self.root)
        if self.then:
            self.then.pop(0)()
        return space


@dataclass
class Rig:
    """A preview without a server, what it loads with, and what it has said."""

    preview: Preview
    loader: Loader
    said: list[str]


@pytest.fixture
def rig(repository: Repository) -> Rig:
    said: list[str] = []
    loader = Loader(repository.root)
    return Rig(Preview(repository.root, loader, Typeset(), said.append), loader, said)


def questions(preview: Preview) -> list[str]:
    subject = preview.edition.space.subject
    return list(subject.project.entries) if subject else []


def test_nothing_is_loaded_again_before_something_has_changed(rig: Rig, repository: Repository):
    rig.preview.update()
    (repository.root / BANK).touch()
    rig.preview.update()
    assert (rig.loader.times, rig.said) == (1, [])
    repository.bank(basic("two"))
    rig.preview.update()
    rig.preview.update()
    assert (rig.loader.times, questions(rig.preview)) == (2, ["two"])
    assert rig.said == [f"{BANK}: fine"]


def test_what_changes_while_it_is_loaded_is_loaded_again(rig: Rig, repository: Repository):
    """An editor that empties a file before it writes it, seen in between."""
    whole = (repository.root / BANK).read_text().replace("one", "new")
    rig.loader.then = [lambda: repository.write(BANK, whole)]
    repository.write(BANK, "")
    rig.preview.update()
    assert questions(rig.preview) == ["new"]
    assert rig.said == [f"{BANK}: fine"]


def test_files_that_never_stand_still_are_shown_all_the_same(rig: Rig, repository: Repository):
    def bank(number: int) -> None:
        repository.bank(basic(f"id-{number}"))

    rig.loader.then = [partial(bank, number) for number in range(100)]
    bank(1000)
    rig.preview.update()
    again = rig.loader.times - 1  # the first time was before
    assert 1 < again < 100
    assert len(rig.said) == 1
    rig.loader.then = []
    rig.preview.update()
    assert questions(rig.preview) == [f"id-{again - 1}"]


def test_files_that_cannot_be_read_leave_the_pages_as_they_were(rig: Rig, repository: Repository):
    def fail() -> None:
        raise PermissionError(13, "Permission denied", "decks/x.yaml")

    rig.loader.then = [fail] * 100
    repository.bank(basic("two"))
    rig.preview.update()
    rig.preview.update()
    assert questions(rig.preview) == ["one"]
    assert rig.said == ["decks/x.yaml: Permission denied"]
    rig.loader.then = [fail]  # once: it was about to be replaced
    repository.bank(basic("three"))
    rig.loader.then.append(lambda: repository.bank(basic("four")))
    rig.preview.update()
    assert questions(rig.preview) == ["four"]


def test_the_line_for_a_change_says_what_is_wrong_and_where(rig: Rig, repository: Repository):
    def write(question: str, path: str = BANK) -> str:
        repository.bank(question, path)
        rig.preview.update()
        return rig.said.pop()

    wrong = "- basic: one\n  q: Which?\n"
    assert write(wrong) == f"{BANK}: 1 error"
    other = "decks/01-first/02-two.yaml"
    assert write(basic("two"), other) == f"{other}: fine; 1 problem elsewhere"
    repository.bank(basic("one"))
    assert write(basic("two", q="Why two?"), other) == "2 files: fine"
    assert rig.said == []


def test_a_closed_preview_keeps_nobody_waiting(rig: Rig):
    waiting = threading.Thread(target=rig.preview.after, args=(rig.preview.edition.version, 1e6))
    waiting.start()
    rig.preview.close()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


# ------------------------------------------------------------------ the server


SECRET = "nobody's business"  # noqa: S105


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Make a project beside a file that is none of its own."""
    folder = tmp_path_factory.mktemp("serve")
    (folder / "secret.svg").write_text(SECRET)
    made = Repository(folder / "project")
    made.bank(basic("one"))
    made.write("media/square.svg", SVG)
    made.write("secret.svg", SECRET)
    made.write(".env", SECRET)
    (made.root / "media/outside.svg").symlink_to(folder / "secret.svg")
    return made


@pytest.fixture(scope="module")
def serving(shared: Repository) -> Iterator[Serving]:
    with Serving(shared.root) as started:
        yield started


def test_only_this_machine_is_answered(serving: Serving):
    assert serving.ask("/")[0] == 200
    with pytest.raises(OSError, match="refused"):
        # All of 127.x.x.x is this machine, but a server for everybody would answer here as well.
        socket.create_connection(("127.0.0.2", serving.port), timeout=PATIENCE)


HOSTS = (
    "Host: evil.example",
    "Host: evil.example:{port}",
    "Host: 127.0.0.1",
    "Host: localhost",
    "Host: 127.0.0.1:1",
    "Host: localhost.evil.example:{port}",
    "Host: 127.0.0.1:{port}@evil.example",
    "Host: 127.0.0.1:{port}\r\nHost: evil.example",
    "Host:",
    "X-Forwarded-Host: 127.0.0.1:{port}",
)


@pytest.mark.parametrize("path", ["/", "/-/events", "/media/x.svg"])
@pytest.mark.parametrize("host", HOSTS)
def test_other_names_for_this_machine_are_refused(serving: Serving, host: str, path: str):
    """What a page of the web sends that has had its own name point to 127.0.0.1."""
    head = host.format(port=serving.port)
    answer = serving.say(f"GET {path} HTTP/1.1\r\n{head}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.0 421 ")
    assert b"What is one" not in answer


def test_the_names_of_this_machine_are_answered(serving: Serving):
    for name in ("127.0.0.1", "localhost"):
        assert serving.ask("/", {"Host": f"{name}:{serving.port}"})[0] == 200


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "https://127.0.0.1:{port}"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {"Sec-Fetch-Site": "cross-site"},
)


@pytest.mark.parametrize("path", ["/", "/-/events"])
@pytest.mark.parametrize("headers", FOREIGN)
def test_other_sites_are_refused(serving: Serving, headers: dict[str, str], path: str):
    sent = {name: value.format(port=serving.port) for name, value in headers.items()}
    assert serving.ask(path, sent)[0] == 403


OWN = (
    {"Origin": "http://127.0.0.1:{port}"},
    {"Origin": "http://localhost:{port}"},
    {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    # A link in an issue or a chat.
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
)


@pytest.mark.parametrize("headers", OWN)
def test_our_own_pages_and_links_are_answered(serving: Serving, headers: dict[str, str]):
    sent = {name: value.format(port=serving.port) for name, value in headers.items()}
    assert serving.ask("/", sent)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_nothing_can_be_sent_to_us(serving: Serving, method: str):
    status, headers, content = serving.ask("/", method=method)
    assert (status, headers["Allow"], content) == (405, "GET, HEAD", "GET and HEAD only\n")


def test_head_is_get_without_content(serving: Serving):
    for path, status in (("/", 200), ("/nothing", 404), ("/-/events", 200)):
        answer = serving.say(
            f"HEAD {path} HTTP/1.1\r\nHost: localhost:{serving.port}\r\n\r\n".encode()
        )
        head, _, content = answer.partition(b"\r\n\r\n")
        assert head.startswith(f"HTTP/1.0 {status} ".encode())
        assert content == b""


PATHS = (
    "/../secret.svg",
    "/%2e%2e/secret.svg",
    "/%2E%2E%2Fsecret.svg",
    "/media/../secret.svg",
    "/media/..%2fsecret.svg",
    "/media/%2e%2e%5csecret.svg",
    "/media/....//secret.svg",
    "//secret.svg",
    "///etc/passwd",
    "//etc/passwd",
    "/%2fetc/passwd",
    "/etc/passwd",
    "/secret.svg",
    "/secret.svg%00.html",
    "/%00",
    "/.env",
    "/%2eenv",
    f"/{BANK}",
    "/media/outside.svg",
    "/media/",
    "/decks",
    "file:///etc/passwd",
    "http://127.0.0.1/secret.svg",
    "http://[",
    "*",
    "?",
    "/%ff%fe",
    "/%",
    "/-/",
    "/-/events/",
)


@pytest.mark.parametrize("path", PATHS)
def test_no_address_leads_to_a_file_that_is_not_of_the_site(
    serving: Serving, shared: Repository, path: str
):
    for address in (path, path.replace("secret", f"{shared.root}/secret")):
        request = f"GET {address} HTTP/1.1\r\nHost: localhost:{serving.port}\r\n\r\n"
        answer = serving.say(request.encode())
        assert answer.startswith(b"HTTP/1.0 404 ") or path == "?"
        assert SECRET.encode() not in answer
        assert b"root:" not in answer
        assert b"namespace" not in answer


def test_a_link_out_of_the_folder_of_media_is_reported_and_not_followed(
    serving: Serving, shared: Repository
):
    status, _, content = serving.ask("/index.html")
    assert status == 200
    assert "media-outside" in content
    assert SECRET not in content


def test_every_answer_tells_browsers_to_keep_it_to_themselves(serving: Serving):
    host = f"Host: localhost:{serving.port}".encode()
    answers = [
        serving.say(b"GET / HTTP/1.1\r\n" + host + b"\r\n\r\n"),
        serving.say(b"GET /nothing HTTP/1.1\r\n" + host + b"\r\n\r\n"),
        serving.say(b"HEAD /-/events HTTP/1.1\r\n" + host + b"\r\n\r\n"),
        serving.say(b"POST / HTTP/1.1\r\n" + host + b"\r\n\r\n"),
        serving.say(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        serving.say(b"GET / x y\r\n\r\n"),
        serving.say(b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n"),
    ]
    statuses = [answer.split(b" ")[1] for answer in answers]
    assert statuses == [b"200", b"404", b"200", b"405", b"421", b"400", b"414"]
    for answer in answers:
        head = answer.partition(b"\r\n\r\n")[0]
        assert b"\r\nX-Content-Type-Options: nosniff" in head
        assert b"\r\nCache-Control: no-store" in head
        assert b"\r\nContent-Security-Policy: default-src 'none';" in head
        assert b"frame-ancestors 'self'" in head
        assert b"\r\nCross-Origin-Resource-Policy: same-origin" in head
        assert b"Python" not in head


RUDE = (
    b"",
    b"GET",
    b"GET / HTTP/1.1\r\nHost:",
    b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000,
    b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 100_000,
    b"POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 999999999\r\n\r\nx",
    b"GET /-/events HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\0" * 1000,
)


def test_rude_and_sleepy_clients_are_in_nobodys_way(serving: Serving):
    with contextlib.ExitStack() as stack:
        for request in RUDE * 8:
            talk = stack.enter_context(serving.connect())
            with contextlib.suppress(ConnectionError):
                talk.sendall(request.replace(b"{port}", str(serving.port).encode()))
        for _ in range(10):
            assert serving.ask("/")[0] == 200
    assert serving.ask("/")[0] == 200


class Stream:
    """A stream of changes, as a browser reads it."""

    def __init__(self, serving: Serving) -> None:
        self._talk = serving.connect()
        request = f"GET /-/events HTTP/1.1\r\nHost: localhost:{serving.port}\r\n\r\n"
        self._talk.sendall(request.encode())
        self._lines = self._talk.makefile("r", encoding="utf-8", newline="\n")

    def data(self) -> dict[str, Any]:
        """Give the data of the next event."""
        line = next(line for line in self._lines if line.startswith("data:"))
        data: dict[str, Any] = json.loads(line.removeprefix("data:"))
        return data

    def rest(self) -> str:
        return self._lines.read()

    def close(self) -> None:
        self._lines.close()
        self._talk.close()


def test_a_change_is_told_with_its_version_and_files(serving: Serving, shared: Repository):
    with contextlib.closing(Stream(serving)) as stream:
        first = stream.data()
        assert first["files"] == []
        (shared.root / BANK).touch()  # nothing to tell
        shared.write("decks/01-first/02-two.yaml", "title: Two\n\nquestions:\n")
        second = stream.data()
        assert second["files"] == ["decks/01-first/02-two.yaml"]
        assert second["version"] != first["version"]
        assert f'data-version="{second["version"]}"' in serving.ask("/")[2]
        (shared.root / "decks/01-first/02-two.yaml").unlink()
        assert stream.data()["version"] == first["version"]
    with contextlib.closing(Stream(serving)) as stream:
        assert stream.data()["version"] == first["version"]


# ------------------------------------------------------------------ beginning and end


def test_ctrl_c_ends_it_with_its_streams_and_frees_the_port(repository: Repository):
    with Serving(repository.root) as serving:
        with contextlib.closing(Stream(serving)) as stream, serving.connect():
            stream.data()
            assert serving.interrupt() == (0, "")
            assert stream.rest().strip(":\n") == ""
        with Serving(repository.root, "--port", str(serving.port)) as again:
            assert again.port == serving.port


def test_two_previews_have_two_ports(repository: Repository, serving: Serving):
    with Serving(repository.root) as other:
        assert other.port != serving.port
        assert {other.ask("/")[0], serving.ask("/")[0]} == {200}


def test_a_port_that_is_taken_is_refused(repository: Repository, serving: Serving):
    with pytest.raises(RefusedError, match=f"port {serving.port} cannot be had: address already"):
        serve(repository.root, port=serving.port)


def test_the_first_page_is_that_of_the_topic(repository: Repository, tmp_path: Path):
    """And it is opened in the browser, if one wants it."""
    opened = tmp_path / "opened"
    browser = f"{sys.executable} -c \"open('{opened}', 'w').write('%s')\""
    os.mkfifo(opened)
    with Serving(repository.root, "--open", "one", browser=browser) as serving:
        assert serving.url == f"{serving.site}{PAGE}"
        assert serving.ask(f"/{PAGE}")[0] == 200
        assert opened.read_text() == serving.url


def test_a_topic_that_does_not_exist_is_refused(repository: Repository):
    with pytest.raises(RefusedError) as refusal:
        serve(repository.root, topic="tow", announce=lambda _: None)
    assert str(refusal.value) == "there is no topic `tow`\ndid you mean `two`?"


# ------------------------------------------------------------------ in the browser


def bank_of(*numbers: int, extra: str = "") -> str:
    """Write a bank that is longer than a screen."""
    each = (basic(f"id-{n}", q=f"What is number {n}?", a=f"It is {n}.") for n in numbers)
    return "title: A bank\nsource: lecture\n\nquestions:\n" + "".join(each) + extra


@pytest.fixture
def long(shared: Repository) -> Iterator[Path]:
    """Put a long bank where the preview looks, and what was there back afterwards."""
    file = shared.root / BANK
    before = file.read_text()
    file.write_text(bank_of(*range(20)))
    yield file
    shared.write(BANK, before)


class Tab:
    """A tab that shows a page of the preview."""

    def __init__(self, browser: Browser, serving: Serving) -> None:
        self.browser = browser
        self.serving = serving

    def open(self, path: str, meanwhile: str) -> None:
        """Open a page and wait until ``meanwhile`` holds there."""
        self.browser.resize(1000, 700)
        self.browser.go(f"{self.serving.site}{path}")
        self.until(meanwhile)
        # Nothing reloads the page as a whole: this would be gone.
        self.browser.js("window.isSame = true")

    def until(self, expression: str) -> None:
        """Wait until something holds in the page."""
        self.browser.js(
            "new Promise((done, fail) => {"
            f"const look = () => ({expression}) ? done() : setTimeout(look, 10); look();"
            "setTimeout(() => fail(Error(document.body.innerText)), 15000); })"
        )

    def listens(self) -> None:
        """Wait until a page listens to changes: it has loaded what it needs for that."""
        self.browser.js(
            "new Promise(done => { const look = async () => (await navigator.locks.query())"
            ".held.some(lock => lock.name === 'live') ? done() : setTimeout(look, 10); look(); })"
        )

    def shows(self, text: str) -> None:
        self.until(f"document.querySelector('main').textContent.includes({json.dumps(text)})")

    def lacks(self, text: str) -> None:
        self.until(f"!document.querySelector('main').textContent.includes({json.dumps(text)})")

    def problems(self) -> list[str]:
        """Return what went wrong; no page was loaded anew, and nobody else was asked."""
        assert self.browser.js("window.isSame") is True
        return self.browser.take_problems(self.serving.site)


@pytest.fixture
def tab(browser: Browser, serving: Serving) -> Iterator[Tab]:
    yield Tab(browser, serving)
    browser.go("about:blank")


def listed(number: int) -> str:
    return f"document.getElementById('id-{number}')"


def test_a_saved_file_shows_at_once_and_all_else_stays_as_it_was(tab: Tab, long: Path):
    tab.open(PAGE, listed(19))
    tab.browser.click(f"{listed(12)}.querySelector('summary')")
    tab.browser.js(f"{listed(12)}.scrollIntoView({{behavior: 'instant'}})")
    is_open = f"{listed(12)}.querySelector('details').open"
    top = f"Math.round({listed(12)}.getBoundingClientRect().top)"
    focused = "document.activeElement.closest('.question')?.id"
    state = f"[{is_open}, {top}, {focused}].join()"
    before = tab.browser.js(state)
    assert before.startswith("true,")
    assert before.endswith(",id-12")

    long.write_text(bank_of(*range(1, 20)).replace("It is 12.", "It is a dozen."))
    tab.until(f"{listed(12)}.textContent.includes('It is a dozen.')")
    tab.until(f"!{listed(0)}")
    tab.until(f"{state} === {json.dumps(before)}")
    assert tab.problems() == []


def test_a_file_that_is_empty_for_a_moment_is_waited_for(tab: Tab, long: Path):
    tab.open(PAGE, listed(19))
    tab.browser.click(f"{listed(12)}.querySelector('summary')")
    text = long.read_text()
    long.write_text("")
    time.sleep(0.1)
    long.write_text(text.replace("It is 12.", "It is a dozen."))
    tab.until(f"{listed(12)}?.textContent.includes('It is a dozen.')")
    assert tab.browser.js(f"{listed(12)}.querySelector('details').open")
    assert tab.problems() == []


def test_a_search_goes_on_in_what_has_changed(tab: Tab, long: Path):
    tab.open(PAGE, listed(19))
    tab.browser.js("document.getElementById('search').focus()")
    tab.browser.type("dozen")
    long.write_text(bank_of(*range(20)).replace("What is number 12?", "What is a dozen?"))
    found = "document.getElementById('results')"
    tab.until(f"!{found}.hidden && {found}.textContent.includes('What is a dozen?')")
    typed = "[document.activeElement.id, document.activeElement.value]"
    assert tab.browser.js(typed) == ["search", "dozen"]
    assert tab.problems() == []


@pytest.mark.parametrize("save", STYLES)
def test_each_way_to_save_a_file_shows(tab: Tab, long: Path, save: Save):
    tab.open(PAGE, listed(19))
    save(long, long.read_text().replace("It is 12.", "It is XI."))
    tab.shows("It is XI.")
    assert tab.problems() == []


def test_what_is_wrong_stands_on_top_until_it_is_mended(tab: Tab, long: Path):
    tab.open(PAGE, listed(19))
    sound = long.read_text()
    long.write_text(sound.replace("q: What is number 7?", "question: What is number 7?"))
    tab.shows("error[unknown-field]")
    frame = tab.browser.js("document.querySelector('main pre').textContent")
    assert f"--> {BANK}:" in frame
    assert "question: What is number 7?" in frame
    assert "^^^^^^^^ " in frame
    order = f"document.querySelector('main pre').compareDocumentPosition({listed(8)})"
    assert tab.browser.js(f"{order} & Node.DOCUMENT_POSITION_FOLLOWING")
    assert not tab.browser.js(f"Boolean({listed(7)})")
    long.write_text(sound)
    tab.until(listed(7))
    assert not tab.browser.js("Boolean(document.querySelector('main pre.frame'))")
    assert tab.problems() == []


@pytest.mark.parametrize("broken", ["title: [", "\0", "", "questions: no\n", "- - - x: ]"])
def test_a_bank_that_cannot_be_read_shows_no_old_cards(tab: Tab, long: Path, broken: str):
    tab.open(PAGE, listed(19))
    sound = long.read_text()
    long.write_text(broken)
    tab.shows("error[")
    assert not tab.browser.js(f"Boolean({listed(7)})")
    long.write_text(sound)
    tab.until(listed(7))
    assert tab.problems() == []


@pytest.mark.parametrize("path", [PAGE, "index.html"])
def test_a_project_that_cannot_be_read_says_why_until_it_is_mended(
    tab: Tab, long: Path, shared: Repository, path: str
):
    curriculum = shared.root / "decks/curriculum.yaml"
    sound = curriculum.read_text()
    tab.open(path, "true")
    tab.shows("20 questions")
    inside = tab.browser.js("document.querySelector('main').textContent")
    curriculum.write_text("title: [")
    tab.shows("decks/curriculum.yaml:")
    curriculum.write_text(sound)
    tab.until(f"document.querySelector('main').textContent === {json.dumps(inside)}")
    assert tab.problems() == []


def test_a_bank_that_is_removed_and_comes_back(tab: Tab, long: Path):
    tab.open(PAGE, listed(19))
    away = long.with_name("01-elsewhere.txt")
    long.rename(away)
    tab.shows("No such page")
    away.rename(long)
    tab.until(listed(19))
    assert [p for p in tab.problems() if PAGE not in p] == []


def test_a_bank_under_another_name_is_reported_where_one_looks_for_it(
    tab: Tab, long: Path, shared: Repository
):
    tab.open("index.html", "true")
    other = long.with_name("01-won.yaml")
    long.rename(other)
    tab.shows("bank-in-no-arc")
    tab.shows("01-won.yaml")
    other.rename(long)
    tab.lacks("bank-in-no-arc")
    assert tab.problems() == []


def test_figures_show_when_they_are_drawn_again(tab: Tab, long: Path, shared: Repository):
    figure = basic("figure", q="What is it?", a="Look ![a square](fresh.svg)")
    long.write_text(bank_of(0, extra=figure))
    try:
        tab.open(PAGE, listed(0))
        tab.shows("fresh.svg")
        shared.write("media/fresh.svg", SVG)
        image = "document.querySelector('main img')"
        tab.until(f"{image} && {image}.complete && {image}.naturalWidth")
        address = f"{image}.src"
        first = tab.browser.js(address)
        shared.write("media/fresh.svg", SVG.replace("h9", "h8"))
        tab.until(f"{image} && {address} !== {json.dumps(first)} && {image}.naturalWidth")
    finally:
        (shared.root / "media/fresh.svg").unlink(missing_ok=True)
    assert tab.problems() == []


def test_a_page_that_missed_changes_catches_up_when_the_server_is_back(
    browser: Browser, repository: Repository
):
    with Serving(repository.root) as serving:
        tab = Tab(browser, serving)
        tab.open(PAGE, "document.getElementById('one')")
        tab.listens()
    repository.bank(basic("one", q="What is new?"))
    with Serving(repository.root, "--port", str(serving.port)) as again:
        tab.shows("What is new?")
        assert again.port == serving.port
        assert tab.browser.js("window.isSame") is True
        browser.go("about:blank")


SHOWN = """
text => tabs.every(tab => tab.document.querySelector("main")?.textContent.includes(text))
"""


def test_more_tabs_can_be_open_than_a_browser_has_connections(tab: Tab, long: Path):
    """One of them listens for all; when it is closed, another does."""
    tab.open("search.json", "true")  # a page that does not listen itself
    tab.browser.js("window.tabs = []")
    for _ in range(8):
        opened = f"tabs.push(open('/{PAGE}'))"
        tab.browser.call("Runtime.evaluate", expression=opened, userGesture=True)
    try:
        for text in ("It is 12.", "It is a dozen.", "It is 10 + 2."):
            long.write_text(bank_of(*range(20)).replace("It is 12.", text))
            tab.until(f"({SHOWN})({json.dumps(text)})")
            tab.browser.js("tabs.shift().close()")
    finally:
        tab.browser.js("tabs.forEach(tab => tab?.close())")
    assert tab.browser.js("window.isSame")
