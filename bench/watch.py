"""Run a command; say how many seconds it took, and KiB at its peak, and end as it ended.

A process takes over the memory of whoever starts it as its least peak. So this one starts what is
measured, and is small: run it with `python -I -S`, and import next to nothing. What the command
says goes to stderr.

    python -I -S bench/watch.py COMMAND...
"""

import os
import sys
import time


def main(command: list[str]) -> int:
    """Run a command and wait for it; print seconds and KiB, and give its exit code."""
    everything_to_stderr = [(os.POSIX_SPAWN_DUP2, 2, 1)]
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=everything_to_stderr)
    _, status, usage = os.wait4(child, 0)
    print(time.perf_counter() - start, usage.ru_maxrss)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
