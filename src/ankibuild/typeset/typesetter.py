"""One way to everything that MathJax can tell: remembered, or asked for now."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

from msgspec import Struct

from ankibuild.cache import Cache, Store, place
from ankibuild.fill import Written
from ankibuild.tool import facts
from ankibuild.typeset.answers import Answer, Request, Verdict
from ankibuild.typeset.engines import Engines, sources
from ankibuild.typeset.findings import Checked, Names, Tex, findings

#: What an answer to each kind of request is.
_RESULTS: Mapping[str, type] = {"markup": str, "stylesheet": str, "names": dict}
#: What says more about this machine than about the formula.
_TRANSIENT = ("Lost", "Timeout")


class Verdicts(Struct, frozen=True, array_like=True):
    """What a version of MathJax said of the formulas of a bank."""

    version: str
    answers: dict[str, Verdict]


class Typesetter:
    """Typesets for the project in ``root``. Keeps a process between its uses: close it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._verdicts = Store(root, "formulas")
        self._engines = Engines()
        self._memories: dict[str, Cache] = {}
        self._told: dict[str, dict[str, Answer]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if there is one. What follows starts another."""
        self._engines.close()

    def warm(self) -> None:
        """Start a process, so that the first new formula does not wait for one."""
        if sources():
            self._engines.ask([{"want": "names"}])

    def check(self, written: Iterable[Written], bank: str = "") -> Checked:
        """Report what is wrong with formulas; each is typeset as every side of a card shows it.

        What was found is remembered for the ``bank`` that they are from.
        """
        found = tuple(written)
        wanted = {
            (reading.tex, one.formula.display) for one in found for reading in one.formula.readings
        }
        answers = self._judged(wanted, place(bank))
        problems = tuple(findings(found, answers, self._names))
        return Checked(problems, typeset=len(answers) == len(wanted))

    def markup(self, formulas: Iterable[Tex]) -> Mapping[Tex, str]:
        """Give the HTML of formulas; those that cannot be typeset are absent."""
        answers = self._remembered("markup", _requests("markup", formulas))
        return {_tex(name): answer.result for name, answer in answers.items() if not answer.error}

    def stylesheet(self) -> str:
        """Give the CSS that any formula needs; empty without MathJax."""
        answer = self._remembered("markup", {"stylesheet": {"want": "stylesheet"}})
        return str(answer["stylesheet"].result) if answer else ""

    def _names(self) -> Names:
        """Give the macros and environments that MathJax knows."""
        answer = self._remembered("names", {"names": {"want": "names"}})
        known = answer["names"].result if answer else {}
        return Names(tuple(known.get("macros", ())), tuple(known.get("environments", ())))

    def _judged(self, formulas: Iterable[Tex], bank: str) -> dict[Tex, Answer]:
        """Give a verdict on each formula: an error, or its width."""
        requests, version = _requests("verdict", formulas), _version(sources())
        kept = self._verdicts.get(bank, Verdicts) if requests else None
        known = kept.answers if kept and kept.version == version else {}
        found = {name: known[name] for name in requests if name in known}
        unknown = {name: one for name, one in requests.items() if name not in found}
        asked = self._once("verdict", unknown, self._asked)
        new = {name: Verdict(one.result or 0.0, one.error) for name, one in asked.items()}
        if lasting := {name: answer for name, answer in new.items() if _lasts(answer)}:
            self._verdicts.put(bank, Verdicts(version, found | lasting))
        return {_tex(name): answer for name, answer in (found | new).items()}

    def _remembered(self, room: str, requests: Mapping[str, Request]) -> dict[str, Answer]:
        """Answer requests by their names, from memory where that can be; unanswered are absent."""
        return self._once(room, requests, lambda unknown: self._ask(room, unknown))

    def _once(
        self,
        room: str,
        requests: Mapping[str, Request],
        ask: Callable[[Mapping[str, Request]], dict[str, Answer]],
    ) -> dict[str, Answer]:
        """Answer requests by their names; ``ask`` about those that were not yet answered here."""
        told = self._told.setdefault(room, {})
        asked = ask({name: one for name, one in requests.items() if name not in told})
        told |= {name: answer for name, answer in asked.items() if _lasts(answer)}
        return asked | {name: told[name] for name in requests if name in told}

    def _ask(self, room: str, requests: Mapping[str, Request]) -> dict[str, Answer]:
        """Answer requests from what earlier runs remember, or by an engine."""
        memory, found = self._memory(room), {}
        for name, request in requests.items():
            known = _recalled(memory.get(self._key(name)), str(request["want"]))
            if known:
                found[name] = known
        new = self._asked({name: r for name, r in requests.items() if name not in found})
        memory.add(
            {self._key(name): one.error or one.result for name, one in new.items() if _lasts(one)}
        )
        return found | new

    def _asked(self, requests: Mapping[str, Request]) -> dict[str, Answer]:
        """Answer requests by an engine."""
        return dict(zip(requests, self._engines.ask([*requests.values()]), strict=False))

    def _key(self, name: str) -> str:
        return hashlib.sha256(f"{_version(sources())}\n{name}".encode()).hexdigest()[:32]

    def _memory(self, room: str) -> Cache:
        """Read what is remembered once: of markup, that is several megabytes."""
        if room not in self._memories:
            self._memories[room] = Cache(self._root, room)
        return self._memories[room]


def _requests(want: str, formulas: Iterable[Tex]) -> dict[str, Request]:
    """Name what is asked about each formula."""
    return {
        f"{display:d} {tex}": {"want": want, "tex": tex, "display": display}
        for tex, display in sorted(set(formulas))
    }


def _tex(name: str) -> Tex:
    """Give the formula with a name."""
    return name[2:], name[0] == "1"


@cache
def _version(files: tuple[Path, ...]) -> str:
    """Name everything that decides how a formula is typeset; nothing for no files."""
    return repr([(str(path), facts(str(path))) for path in files]) if files else ""


def _lasts(answer: Answer) -> bool:
    return answer.error is None or answer.error[0] not in _TRANSIENT


def _recalled(value: Any, want: str) -> Answer | None:
    """Read what is remembered: a list is an error, and no result is one."""
    match value:
        case [str(name), str(message), int() | None as at]:
            return Answer(error=(name, message, at))
        case _ if isinstance(value, _RESULTS[want]):
            return Answer(value)
    return None
