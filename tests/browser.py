"""Chromium, spoken to over two pipes with the DevTools protocol. Nothing leaves the machine.

with Browser(program) as browser:
    browser.go("http://127.0.0.1:8000/")
    assert browser.js("document.title") == "Cards"
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE = 20  # seconds until a browser that does not answer is given up

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--mute-audio",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--remote-debugging-pipe",
)
NOT_OUTSIDE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"

KEYS = {
    "Tab": ("Tab", 9),
    "Enter": ("Enter", 13),
    "Escape": ("Escape", 27),
    " ": ("Space", 32),
    "ArrowLeft": ("ArrowLeft", 37),
    "ArrowUp": ("ArrowUp", 38),
    "ArrowRight": ("ArrowRight", 39),
    "ArrowDown": ("ArrowDown", 40),
    "/": ("Slash", 191),
    "?": ("Slash", 191),
}
MIDDLE = """
element => {
  element.scrollIntoView({ block: "center" });
  const box = element.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}
"""


#: What the preview's stream of news from some other server is called among problems.
_STREAM = re.compile(r"network: http://127\.0\.0\.1:\d+/-/events").fullmatch


class BrowserError(Exception):
    """The browser refused, or went away."""


def find_chromium() -> str | None:
    """Return the path of the browser, if the machine has one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    """A headless Chromium with one tab, driven by the DevTools protocol."""

    def __init__(self, program: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        self._process = _start(program, self._folder.name)
        self._numbers = itertools.count(1)
        self._rest = b""
        self._session: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        try:
            self._attach()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol; what happens meanwhile goes to ``events``."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **self._session}
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        while (reply := self._receive(method)).get("id") != number:
            self.events.append(reply)
        if "error" in reply:
            raise BrowserError(f"{method}: {reply['error']['message']}")
        result: dict[str, Any] = reply["result"]
        return result

    def js(self, expression: str) -> Any:
        """Evaluate JavaScript in the page; a promise is awaited."""
        reply = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in reply:
            raise BrowserError(_exception(reply["exceptionDetails"]))
        return reply["result"].get("value")

    def wait_for(self, event: str) -> None:
        """Wait until an event has happened since the events were last taken."""
        while not any(happened["method"] == event for happened in self.events):
            self.events.append(self._receive(event))

    def take_events(self) -> list[dict[str, Any]]:
        """Return what has happened since the last time."""
        events, self.events = self.events, []
        return events

    def go(self, url: str) -> None:
        """Load a page and wait until everything that it names has been loaded."""
        self.take_events()
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def resize(
        self, width: int, height: int = 844, *, scale: float = 1.0, mobile: bool = False
    ) -> None:
        """Set the size of the view in CSS pixels, and the device pixels in one of them."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=mobile,
        )

    def picture(self, path: Path) -> None:
        """Save what the page looks like, in its whole length."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        reply = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(reply["data"]))

    def press(self, key: str, text: str = "") -> None:
        """Press and release a key: a name of the DevTools protocol, or a character."""
        code, number = KEYS.get(key, (f"Key{key.upper()}", ord(key[0].upper())))
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=code,
                windowsVirtualKeyCode=number,
                text=text if kind == "keyDown" else "",
            )

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def click(self, expression: str) -> None:
        """Click the middle of the element that a JavaScript expression gives."""
        x, y = self.js(f"({MIDDLE})({expression})")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def take_problems(self, site: str) -> list[str]:
        """Return what went wrong since the events were last taken; only ``site`` may be asked.

        A live page asks for news until it is left, and the answer that none come, because its
        server is gone, may arrive on the next page: that is no problem of this one.
        """
        found = [problem for event in self.take_events() for problem in _problems(event, site)]
        return [one for one in found if one.startswith(f"network: {site}") or not _STREAM(one)]

    def close(self) -> None:
        """End the browser, and remove what it wrote."""
        try:
            self._process.communicate(timeout=PATIENCE)  # it ends when its input does
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
        self._folder.cleanup()

    def _attach(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        reply = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": reply["sessionId"]}
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def _receive(self, method: str) -> dict[str, Any]:
        pipe = self._process.stdout
        assert pipe
        while b"\0" not in self._rest:
            if not select.select([pipe], [], [], PATIENCE)[0]:
                raise BrowserError(f"{method}: no answer in {PATIENCE} seconds")
            if not (more := os.read(pipe.fileno(), 1 << 20)):
                raise BrowserError(f"{method}: the browser went away")
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        received: dict[str, Any] = json.loads(message)
        return received


def _start(program: str, folder: str) -> subprocess.Popen[bytes]:
    # The protocol is spoken on the file descriptors 3 and 4. The shell puts them there, because
    # Python can only in a forked copy of itself, which is not safe beside threads.
    command = ["/bin/sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null', "sh"]
    return subprocess.Popen(
        [*command, program, *FLAGS, NOT_OUTSIDE, f"--user-data-dir={folder}", "about:blank"],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _exception(details: dict[str, Any]) -> str:
    return str(details.get("exception", {}).get("description", details["text"]))


def _problems(event: dict[str, Any], site: str) -> Iterator[str]:
    method, details = event["method"], event["params"]
    if method == "Runtime.exceptionThrown":
        yield f"js: {_exception(details['exceptionDetails'])}"
    elif method == "Runtime.consoleAPICalled" and details["type"] in ("error", "assert"):
        yield f"js: {[value.get('value') for value in details['args']]}"
    elif method == "Network.requestWillBeSent":
        if not (url := details["request"]["url"]).startswith((site, "data:")):
            yield f"network: {url}"
    elif method == "Network.responseReceived" and details["response"]["status"] >= 400:
        yield f"media: {details['response']['url']} is missing"
