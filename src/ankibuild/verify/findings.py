"""From verdicts to diagnostics: what the card says, what the program did, and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ankibuild.diagnostics import Diagnostic, Label, Span
from ankibuild.verify.claims import Claim
from ankibuild.verify.runner import Runs

Verdict = dict[str, Any]

#: Characters of a line, and lines of an output, that a message shows.
WIDTH, HEIGHT = 38, 12
#: Characters of an exception's words that a label shows.
WORDS = 120

#: Why a program was stopped: message, label, help.
_STOPPED = {
    "cpu": ("runs too long", "its time is over here", "is there a loop that does not end?"),
    "wall": (
        "runs too long",
        "its time is over here",
        "is there a loop that does not end, or a wait?",
    ),
    "memory": ("needs too much memory", "there is no more here", "make its arrays smaller"),
    "output": ("prints too much", "more than any card can show", "print only what is asked"),
    "file": ("writes too much", "its files are too large", "a program on a card needs no files"),
    "died": (
        "does not come to its end",
        "its process ended before",
        "no `os._exit`, no signals, no crash of the interpreter",
    ),
    "forbidden": (
        "does what no program on a card may do",
        "not allowed",
        "it may compute and print, no more",
    ),
    "packages": (
        "cannot run here",
        "its imports end the interpreter",
        "start Python and import what this bank imports; repair what fails",
    ),
}
_UNKNOWN = ("was stopped", "", "")


def passed(claim: Claim, runs: Runs) -> bool:
    """Tell whether a claim holds, both times."""
    return all(_holds(claim, verdict) for verdict in (runs.first, runs.second))


def _holds(claim: Claim, verdict: Verdict) -> bool:
    if claim.expected is None:
        return bool(verdict["status"] == "ok")
    if verdict["status"] not in ("ok", "raised") or verdict.get("part") == "setup":
        return False
    return trimmed(printed(verdict)) == trimmed(claim.expected)


def printed(verdict: Verdict) -> str:
    """Give what a program shows: its output, and the last line of a traceback if it raised."""
    output = str(verdict.get("output", ""))
    if verdict["status"] != "raised":
        return output
    newline = "" if not output or output.endswith("\n") else "\n"
    words = f": {verdict.get('message')}" if verdict.get("message") else ""
    return f"{output}{newline}{verdict.get('type')}{words}\n"


def trimmed(text: str) -> list[str]:
    """Give the lines of an output without blanks at their ends and empty lines at its end."""
    return [line.rstrip() for line in text.rstrip().split("\n")]


def findings(claim: Claim, runs: Runs) -> Iterator[Diagnostic]:
    """Say what is wrong with a claim; nothing if it holds, or if another row stands for it."""
    if passed(claim, runs) or "unrun" in (runs.first["status"], runs.second["status"]):
        return
    verdict = runs.first if not _holds(claim, runs.first) else runs.second
    if verdict.get("part") == "setup":
        yield _setup(claim, verdict)
    elif verdict["status"] == "stopped":
        yield _stopped(claim, verdict)
    elif _differ(claim, runs):
        yield _not_repeatable(claim, runs)
    elif verdict["status"] == "exit":
        yield _exit(claim, verdict)
    elif claim.expected is not None:
        yield _wrong_output(claim, verdict)
    else:
        yield _failed(claim, verdict)


def _differ(claim: Claim, runs: Runs) -> bool:
    first, second = runs.first, runs.second
    # A check that fails twice fails, whatever it says.
    if first["status"] != second["status"] or claim.expected is None:
        return bool(first["status"] != second["status"])
    return trimmed(printed(first)) != trimmed(printed(second))


# ------------------------------------------------------------------ words and places


def _name(claim: Claim) -> str:
    row = f", row {claim.row + 1}" if claim.row is not None else ""
    return f"`{claim.entry.question.id}`{row}"


def _what(claim: Claim) -> str:
    return f"the {'check' if claim.expected is None else 'program'} of {_name(claim)}"


def _again(claim: Claim) -> str:
    return f"`ankibuild verify {claim.entry.question.id}` runs it again"


def _line(claim: Claim, verdict: Verdict) -> Span:
    """Give the author's line at which a program stopped, or the first."""
    part = verdict.get("part")
    text = claim.setup if part == "setup" else claim.code
    lines = text.split("\n")
    number = verdict.get("line")
    if not isinstance(number, int) or not 1 <= number <= len(lines):
        number = 1
    start = sum(len(line) + 1 for line in lines[: number - 1])
    row = lines[number - 1]
    start, end = start + len(row) - len(row.lstrip()), start + len(row.rstrip())
    if part == "setup":
        return claim.bank.span("setup", start, end)
    return claim.entry.span((claim.place,), start, end)


def _words(verdict: Verdict) -> str:
    message = next(iter(str(verdict.get("message", "")).strip().splitlines()), "")
    kind = verdict.get("type", "")
    return f"{kind}: {_cut(message, WORDS)}" if message else str(kind)


def _row(claim: Claim) -> tuple[Label, ...]:
    if claim.row is None:
        return ()
    return (Label(claim.entry.span(("given", claim.row)).first_line(), "for this row"),)


# ------------------------------------------------------------------ one finding each


def _setup(claim: Claim, verdict: Verdict) -> Diagnostic:
    label = _words(verdict)
    if verdict["status"] == "stopped":
        _, label, _ = _STOPPED.get(verdict["reason"], _UNKNOWN)
        label = verdict.get("message") or label
    elif verdict["status"] == "exit":
        label = "it must come to its end"
    return Diagnostic(
        "setup-fails",
        "the setup of this bank fails",
        _line(claim, verdict),
        label,
        "it runs before every program and check of the file",
    )


def _stopped(claim: Claim, verdict: Verdict) -> Diagnostic:
    message, label, help_text = _STOPPED.get(verdict["reason"], _UNKNOWN)
    return Diagnostic(
        "program-stopped",
        f"{_what(claim)} {message}",
        _line(claim, verdict),
        verdict.get("message") or label,
        f"{help_text}\n{_again(claim)}",
        related=_row(claim),
    )


def _exit(claim: Claim, verdict: Verdict) -> Diagnostic:
    return Diagnostic(
        "program-stopped",
        f"{_what(claim)} leaves by `exit`",
        _line(claim, verdict),
        "it must come to its end",
        _again(claim),
        related=_row(claim),
    )


def _not_repeatable(claim: Claim, runs: Runs) -> Diagnostic:
    shown = side_by_side("first run", _ended(runs.first), "second run", _ended(runs.second))
    advice = "seeds are set before each run; what is left is time, memory addresses, or set order"
    return Diagnostic(
        "not-repeatable",
        f"{_name(claim)} gives another answer on the second of two runs",
        claim.entry.span((claim.place,)).first_line(),
        "",
        f"{advice}\n{shown}\n{_again(claim)}",
        related=_row(claim),
    )


def _ended(verdict: Verdict) -> str:
    return printed(verdict).rstrip() or ("it holds" if verdict["status"] == "ok" else "")


def _wrong_output(claim: Claim, verdict: Verdict) -> Diagnostic:
    expected, got = claim.expected or "", printed(verdict)
    lines = trimmed(got)
    short = len(lines) == len(trimmed(expected)) == 1 and len(lines[0]) <= WIDTH
    shown = side_by_side("the card says", expected, "it prints", got)
    program, words = claim.entry.span((claim.place,)).first_line(), "this program"
    if verdict["status"] == "raised":
        program, words = _line(claim, verdict), f"raises {_words(verdict)}"
    return Diagnostic(
        "wrong-output",
        f"`{claim.entry.question.id}` does not print what the card says",
        claim.entry.span(("output",)).first_line(),
        f"it prints {lines[0] or 'nothing'}" if short else "it prints something else",
        _again(claim) if short else f"{shown}\n{_again(claim)}",
        related=(Label(program, words),),
    )


def _failed(claim: Claim, verdict: Verdict) -> Diagnostic:
    words = _words(verdict)
    if verdict.get("type") == "AssertionError":
        words = words.replace("AssertionError", "does not hold", 1)
    help_text = f"correct the card or the check\n{_again(claim)}"
    sides = _sides(verdict)
    return Diagnostic(
        "check-fails",
        f"{_what(claim)} fails",
        _line(claim, verdict),
        words,
        f"{sides}\n{help_text}" if sides else help_text,
        related=_row(claim),
    )


def _sides(verdict: Verdict) -> str:
    """Show both sides of the comparison that did not hold."""
    match verdict.get("compared"):
        case [[str(one), str(left)], [str(two), str(right)]]:
            return side_by_side(_cut(one), left, _cut(two), right)
    return ""


def side_by_side(left: str, one: str, right: str, other: str) -> str:
    """Set two texts beside each other under their titles, differing lines marked with `|`."""
    first, second = trimmed(one), trimmed(other)
    count = max(len(first), len(second))
    # The first lines that differ are what the author wants to see.
    start = next((n for n in range(count) if first[n : n + 1] != second[n : n + 1]), 0)
    start = 0 if start < HEIGHT else start - 1
    width = min(WIDTH, max(len(left), *map(len, first)))
    rows = [f"{left:<{width}}   {right}"]
    rows += [f"… {start} lines that agree"] if start else []
    for a, b in _pairs(first, second, range(start, min(count, start + HEIGHT))):
        rows.append(f"{_cut(a):<{width}} {' ' if a == b else '|'} {_cut(b)}".rstrip())
    if count > start + HEIGHT:
        rows.append(f"… and {count - start - HEIGHT} more lines")
    return "\n".join(rows)


def _pairs(first: list[str], second: list[str], numbers: range) -> Iterator[tuple[str, str]]:
    for n in numbers:
        yield "".join(first[n : n + 1]), "".join(second[n : n + 1])


def _cut(line: str, width: int = WIDTH) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"
