"""The host of typesetter.js in QuickJS: requests and answers are lines of JSON.

Run as a script: a formula that takes the engine down does not take us along. Arguments: the
seconds a formula may take, then the files to run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import quickjs

#: Bytes; MathJax itself takes thirty million.
MEMORY = 512_000_000
#: Bytes, well below what a thread has on every system.
STACK = 4_000_000


def main(seconds: str, *files: str) -> None:
    """Answer until nobody asks any more."""
    context = quickjs.Context()
    context.set_memory_limit(MEMORY)
    context.set_max_stack_size(STACK)
    context.eval("globalThis.MathJax = {loader: {load: [], ready() {}}}")
    for file in files:
        context.eval(Path(file).read_text(encoding="utf-8"))
    answer = context.get("answer")
    context.set_time_limit(float(seconds))
    _say('{"result": "ready"}')
    for line in sys.stdin:
        try:
            _say(answer(line))
        except quickjs.JSException as error:
            _say(json.dumps({"error": ["Timeout", str(error), None]}))


def _say(line: str) -> None:
    # Escaped: the other end reads UTF-8, whatever this system takes for text.
    sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
