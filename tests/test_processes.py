"""Work that others do is done, whatever becomes of them."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from ankibuild import processes
from ankibuild.processes import beforehand, elsewhere

#: More numbers than a pipe holds.
MANY = 20_000


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """See that nobody is still there, and that no file is still open."""
    before = children(), sorted(os.listdir("/proc/self/fd"))
    yield
    assert (children(), sorted(os.listdir("/proc/self/fd"))) == before


def children() -> set[str]:
    """Give the processes that this one has started and not seen end."""
    ours = re.compile(rf"^PPid:\s{os.getpid()}$", re.MULTILINE)
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has just ended, and was somebody else's
            if ours.search(status.read_text()):
                found.add(status.parent.name)
    return found


def done(folder: Path) -> list[int]:
    """Give the numbers that processes have written down, as often as they did."""
    return sorted(int(line) for path in folder.iterdir() for line in path.read_text().split())


def write_down(folder: Path, numbers: Iterable[int]) -> None:
    with (folder / str(os.getpid())).open("a") as file:
        for number in numbers:
            file.write(f"{number}\n")


@pytest.mark.parametrize(("count", "hands"), [(MANY, 3), (2, 8), (1, 1), (0, 2)])
def test_each_thing_is_done_once_and_not_here(tmp_path: Path, count: int, hands: int):
    elsewhere(partial(write_down, tmp_path), count, hands)
    assert done(tmp_path) == list(range(count))
    workers = {path.name for path in tmp_path.iterdir()}
    assert len(workers) <= min(count, hands)
    assert str(os.getpid()) not in workers


def die(_: Iterable[int]) -> None:
    os._exit(1)


def be_killed(numbers: Iterable[int]) -> None:
    next(iter(numbers))
    os.kill(os.getpid(), signal.SIGKILL)


def fail(numbers: Iterable[int]) -> None:
    raise ValueError(next(iter(numbers)))


@pytest.mark.parametrize("work", [die, be_killed, fail])
def test_who_dies_keeps_nobody_waiting(work: Callable[[Iterable[int]], None]):
    elsewhere(work, MANY, 3)


def test_who_lives_does_what_is_left(tmp_path: Path):
    def work(numbers: Iterable[int]) -> None:
        for number in numbers:
            if number == 5:
                os._exit(1)
            write_down(tmp_path, [number])

    elsewhere(work, 1000, 3)
    assert set(range(1000)) - set(done(tmp_path)) == {5}


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system refuse a second process."""
    fork, started = os.fork, []

    def refuse() -> int:
        if started:
            raise BlockingIOError
        started.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", refuse)


@pytest.mark.usefixtures("crowded")
def test_those_that_could_be_started_do_it_all(tmp_path: Path):
    elsewhere(partial(write_down, tmp_path), 100, 4)
    assert done(tmp_path) == list(range(100))


@pytest.mark.usefixtures("crowded")
def test_a_share_for_which_there_is_no_process_is_left(tmp_path: Path):
    beforehand([partial(write_down, tmp_path, [number]) for number in range(4)])
    assert done(tmp_path) == [0, 1]


def test_where_nothing_can_be_forked_only_the_first_share_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(processes, "_CAN_FORK", False)
    elsewhere(partial(write_down, tmp_path), MANY, 3)
    beforehand([partial(write_down, tmp_path, [number]) for number in range(3)])
    assert done(tmp_path) == [0]


def test_it_is_no_matter_that_nobody_asks_for_children(tmp_path: Path):
    """As below a shell in which CHLD is trapped with nothing."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        elsewhere(partial(write_down, tmp_path), 100, 2)
        beforehand([partial(write_down, tmp_path, [number]) for number in (100, 101)])
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert done(tmp_path) == list(range(102))
