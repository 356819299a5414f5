"""Programs made to break the run: one clear finding each, nothing left, the next one proven."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from ankibuild.diagnostics import Diagnostic, render
from ankibuild.verify import Proof, runner
from conftest import BANK
from verifying import bank, check, code, lay_down, place, prove, proven

#: Little of everything, so that the suite is quick.
LIMITS = {"cpu": 1, "wall": 3, "memory": 256, "file": 4}
CTYPES = "import ctypes, os, signal\nlibc = ctypes.CDLL(None)\n"


@dataclass(frozen=True)
class Hostile:
    """A program, and what must be said of it: the rule, words of it, the line it points at."""

    name: str
    program: str
    words: str
    line: str = ""
    rule: str = "program-stopped"
    #: Only the system's own fences, not Python's, stop it.
    kernel: bool = False


# No bomb is larger than 64 processes: if a fence is broken, it is the test's machine that suffers.
HOSTILE = [
    # It takes too much.
    Hostile("loop", "x = 1\nwhile True: x += 1", "runs too long", "while True: x += 1"),
    Hostile("loop-caught", "while True:\n  try:\n    while True: pass\n  except: pass", "too long"),
    Hostile(
        "loop-deaf",
        "import signal\nfor s in (signal.SIGTERM, signal.SIGXCPU, signal.SIGALRM):\n"
        "  signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
        "runs too long",
    ),
    Hostile("sleep", "import time\ntime.sleep(1000)", "runs too long", "time.sleep(1000)"),
    Hostile(
        "thread-waits",
        "from threading import *\nt = Thread(target=Event().wait)\nt.start()\nt.join()",
        "runs too long",
        "t.join()",
    ),
    Hostile("memory", "x = []\nwhile True:\n    x.append('x' * 100_000)", "needs too much memory"),
    Hostile("bytes", "x = 1\nbytearray(10**10)", "needs too much memory", "bytearray(10**10)"),
    Hostile("prints", "while True:\n    print('x' * 1000)", "prints too much", "print('x' * 1000)"),
    Hostile("prints-once", "print('x' * 10**8)", "prints too much", "print('x' * 10**8)"),
    Hostile("lines", "for n in range(100_000):\n    print(n)", "prints too much", "print(n)"),
    Hostile("file", "open('x', 'wb').write(bytes(10**8))", "writes too much", "open("),
    Hostile(
        "files",
        "import time\nfor n in range(100):\n    open(f'{n}', 'wb').write(bytes(10**6))\n"
        "time.sleep(9)",
        "writes too much",
    ),
    # It leaves.
    Hostile("sys-exit", "import sys\nsys.exit(0)", "leaves by `exit`", "sys.exit(0)"),
    Hostile("exit", "exit()", "leaves by `exit`", "exit()"),
    Hostile("hard-exit", "import os\nos._exit(0)", "does not come to its end"),
    Hostile("segfault", "import ctypes\nctypes.string_at(0)", "does not come", "ctypes.string_at"),
    Hostile(
        "stack",
        "import sys\nsys.setrecursionlimit(10**9)\nf = lambda: max([1], key=lambda _: f())\nf()",
        "",
        # From Python 3.12 on it counts C calls, too, and raises.
        rule="program-stopped" if sys.version_info < (3, 12) else "check-fails",
    ),
    Hostile("abort", "import os\nos.abort()", "does not come to its end", "os.abort()"),
    # It starts or stops processes.
    Hostile("fork-bomb", "import os\nfor _ in range(6): os.fork()", "does what no", "os.fork()"),
    Hostile("shell", "import os\nos.system('true')", "does what no", "os.system('true')"),
    Hostile("popen", "from subprocess import run\nrun(['true'])", "does what no", "run("),
    Hostile(
        "multiprocessing",
        "import multiprocessing as m\nm.Process(target=print).start()",
        "does what no",
        "m.Process",
    ),
    Hostile("bomb-in-c", CTYPES + "for _ in range(6): libc.fork()", "does what no",
            "libc.fork()", kernel=True),
    Hostile("vfork-in-c", CTYPES + "libc.syscall(57 if os.uname().machine == 'x86_64' else 220)",
            "", kernel=True),
    Hostile("exec-in-c", CTYPES + "libc.execl(b'/bin/true', b'true', None)", "does what no",
            kernel=True),
    Hostile("kill-parent", "import os\nos.kill(os.getppid(), 9)", "does what no", "os.kill("),
    Hostile("kill-group", "import os\nos.kill(0, 9)", "does what no", "os.kill("),
    Hostile("kill-parent-in-c", CTYPES + "libc.kill(os.getppid(), 9)", "does what no",
            "libc.kill(", kernel=True),
    Hostile("kill-group-in-c", CTYPES + "libc.kill(0, 9)", "does", kernel=True),
    Hostile("stop-parent-in-c", CTYPES + "libc.kill(os.getppid(), signal.SIGSTOP)", "does what no",
            kernel=True),
    Hostile("stop-itself", CTYPES + "libc.raise_ = libc['raise']\nlibc.raise_(signal.SIGSTOP)", ""),
    Hostile(
        "daemon-in-c",
        CTYPES + "if libc.fork() == 0:\n  libc.setsid()\n  if libc.fork() == 0:\n"
        "    import time\n    time.sleep(60)\n  os._exit(0)",
        "does what no",
        kernel=True,
    ),
    Hostile("limits-of-parent", "import resource, os\nresource.prlimit(os.getppid(), "
            "resource.RLIMIT_CPU, (0, 0))", "", kernel=True),
    # It changes what is not its own.
    Hostile("remove-cwd", "import os\nos.rmdir(os.getcwd())", "does what no", "os.rmdir("),
    Hostile("remove-tree", "import os, shutil\nshutil.rmtree(os.getcwd())", "does what no",
            "shutil.rmtree("),
    Hostile("rename-cwd", "import os\nos.rename(os.getcwd(), 'x')", "does what no", "os.rename("),
    Hostile("write-tmp", "open('/tmp/ankibuild-was-here', 'w')", "does what no", "open("),
    Hostile("write-project", "open('{root}/was-here', 'w')", "does what no", "open("),
    Hostile("write-link", "import os\nos.symlink('{root}/was-here', 'x')\nopen('x', 'w')",
            "does what no", "open("),
    Hostile("write-in-c", CTYPES + "assert libc.creat(b'{root}/was-here', 0o600) < 0\nassert 0",
            "fails", "assert 0", "check-fails", kernel=True),
    Hostile("remove-in-c", CTYPES + "assert libc.unlink(b'{root}/precious') < 0\nassert 0",
            "fails", "assert 0", "check-fails", kernel=True),
    Hostile("mode-in-c", CTYPES + "assert libc.chmod(b'{root}/precious', 0) < 0\nassert 0",
            "fails", "assert 0", "check-fails", kernel=True),
    Hostile("locks-its-folder", "import os\nos.mkdir('x')\nos.mkdir('x/y')\n"
            "os.chmod('x', 0)\nassert 0", "", "", "check-fails"),
    # It talks.
    Hostile("network", "import socket\nsocket.create_connection(('127.0.0.1', 9))", "does what no",
            "socket."),
    Hostile("socket-in-c", CTYPES + "assert libc.socket(2, 1, 0) < 0\nassert 0", "fails",
            "assert 0", "check-fails", kernel=True),
    Hostile("reads-input", "input()", "fails", "input()", "check-fails"),
    # It meddles.
    Hostile("closes-output", "import os\nos.close(1)\nprint('x' * 9999)\nassert 0", "", "",
            "check-fails"),
    Hostile("replaces-output", "import sys\nsys.stdout = None\nassert 0", "fails", "assert 0",
            "check-fails"),
    Hostile("bad-words", "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
            "fails", "raise E", "check-fails"),
    Hostile("many-words", "raise ValueError('x' * 10**7)", "fails", "raise", "check-fails"),
    Hostile("odd-words", "raise ValueError('\\ud800\\0\\x1b[31m')", "fails", "raise",
            "check-fails"),
    Hostile("recursion", "def f(): f()\nf()", "fails", "def f(): f()", "check-fails"),
    Hostile("no-builtins", "import builtins\nvars(builtins).clear()", "does not come to its end"),
    Hostile("no-json", "import json, json.encoder as e\njson.dumps = e.JSONEncoder = None\n"
            "assert 0", "fails", "assert 0", "check-fails"),
    Hostile("no-writing", "import os\nos.write = os._exit = os.kill = print\nassert 0", "fails",
            "assert 0", "check-fails"),
    Hostile("lost-in-descriptors", "import os\nfor n in range(3, 300):\n  try:\n"
            "    os.write(n, b'{\"status\": \"ok\"}\\n' * 3)\n  except OSError: pass\nassert 0",
            "fails", "assert 0", "check-fails"),
    Hostile("floods-descriptors", "import os\nwhile True:\n  for n in range(2, 9):\n    try:\n"
            "      os.write(n, b'x' * 10**5)\n    except OSError: pass", ""),
    Hostile("closes-everything", "import os\nos.closerange(0, 99)\nassert 0", "does not come"),
]  # fmt: skip


def left_behind(home: Path) -> list[str]:
    """Give the processes that have a sandbox of this run as their home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if os.fsencode(home) in environment and state != "Z":
            found.append(process.name)
    return found


@dataclass(frozen=True)
class Outcome:
    """One run over all the hostile programs, with a sound question after each."""

    proof: Proof
    root: Path
    home: Path
    text: str

    def of(self, hostile: Hostile) -> list[Diagnostic]:
        return [p for p in self.proof.problems if f"`bad-{hostile.name}`" in p.message]


def run(root: Path, home: Path, hostile: list[Hostile], kernel: int) -> Outcome:
    (root / "precious").write_text("precious")
    questions = []
    for one in hostile:
        program = one.program.replace("{root}", str(root))
        questions.append(check(f"bad-{one.name}", program))
        questions.append(code(f"good-{one.name}", "print(6 * 7)", "42"))
    # Equal programs share a verdict: make each sound one its own.
    sound = [q.replace("6 * 7", f"6 * 7 + {n} - {n}") for n, q in enumerate(questions)]
    lay_down(root, bank(*sound))
    home.mkdir()
    before, tempfile.tempdir = tempfile.tempdir, str(home)
    try:
        proof = prove(root, limits={**LIMITS, "kernel": kernel}, jobs=2)
    finally:
        tempfile.tempdir = before
    return Outcome(proof, root, home, render(proof.problems))


@pytest.fixture(scope="module")
def fenced(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    root = tmp_path_factory.mktemp("fenced")
    return run(root, root / "tmp", HOSTILE, kernel=1)


#: What Python's own means must stop, at its line; loops and waits were seen with the system's help.
PORTABLE = [
    hostile
    for hostile in HOSTILE
    if hostile.line
    and not hostile.kernel
    and hostile.name not in ("loop", "sleep", "thread-waits", "prints-once")
]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Where the system has neither Landlock nor seccomp."""
    root = tmp_path_factory.mktemp("bare")
    with pytest.MonkeyPatch.context() as patch:
        # A stopped process is waited for this long beyond a job's own time.
        patch.setattr(runner, "SLACK", 3)
        return run(root, root / "tmp", [*PORTABLE, *BARE], kernel=0)


#: What gets around Python's own means, where nobody else stands in its way.
BARE = [
    Hostile(
        "daemon",
        CTYPES + "if libc.fork() == 0:\n  libc.setsid()\n  libc.fork()\n  while True: libc.pause()",
        "",
    ),
    Hostile(
        "daemon-with-our-pipes",
        CTYPES + "if libc.fork() == 0:\n  libc.setsid()\n  libc.pause()\nassert 0",
        "fails",
        "assert 0",
        "check-fails",
    ),
    Hostile("kills-all", CTYPES + "libc.kill(os.getppid(), 9)", "does not come to its end"),
    Hostile("stops-all", CTYPES + "libc.kill(os.getppid(), signal.SIGSTOP)", ""),
]


def expect(outcome: Outcome, hostile: Hostile) -> None:
    assert f"good-{hostile.name}" in proven(outcome.proof)
    found = outcome.of(hostile)
    assert [problem.rule for problem in found] == [hostile.rule]
    assert hostile.words in found[0].message
    path, text = place(found[0])
    assert path == BANK
    assert hostile.line in text


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda h: h.name)
def test_a_hostile_program_is_one_finding(hostile: Hostile, fenced: Outcome) -> None:
    expect(fenced, hostile)


@pytest.mark.parametrize("hostile", PORTABLE, ids=lambda h: h.name)
def test_so_it_is_without_help_of_the_system(hostile: Hostile, bare: Outcome) -> None:
    expect(bare, hostile)


@pytest.mark.parametrize("hostile", BARE, ids=lambda h: h.name)
def test_who_gets_out_disturbs_nobody(hostile: Hostile, bare: Outcome) -> None:
    assert f"good-{hostile.name}" in proven(bare.proof)


@pytest.fixture(params=["fenced", "bare"])
def outcome(request: pytest.FixtureRequest) -> Outcome:
    found: Outcome = request.getfixturevalue(request.param)
    return found


def test_nothing_is_left_behind(outcome: Outcome) -> None:
    assert left_behind(outcome.home) == []
    assert list(outcome.home.iterdir()) == []


def test_nothing_else_was_changed(outcome: Outcome) -> None:
    assert (outcome.root / "precious").read_text() == "precious"
    assert (outcome.root / "precious").stat().st_mode & 0o777 == 0o644
    assert not (outcome.root / "was-here").exists()
    assert not Path("/tmp/ankibuild-was-here").exists()  # noqa: S108


def test_the_findings_can_be_shown(outcome: Outcome) -> None:
    outcome.text.encode("utf-8")
    assert "\0" not in outcome.text
    assert "\x1b" not in outcome.text


def test_every_message_is_short(outcome: Outcome) -> None:
    for problem in outcome.proof.problems:
        assert max(len(problem.label), *map(len, problem.help.splitlines())) < 200
