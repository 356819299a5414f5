"""Every regular expression of the package, and texts made to take it long.

A pattern is parsed as Python itself parses it; for each of its repetitions we write a text that
leads there, repeats what it repeats, and then fails.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ankibuild

# What Python itself parses patterns with; it has no other name.
sre: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")

ROOT = Path(ankibuild.__file__).parent
_ANCHORED = {"match", "fullmatch"}
_CALLS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
#: What may follow a repetition without being what the pattern wants there.
ENDS = ("\0", "\n\n")
#: Each of them is repeated alone, whatever the pattern.
CORPUS = ("a", " ", "\n", "\\", "$a", "<a ", "](", "{{c1::", "::", "* ", "- ", "a: ", '"', "1.")


@dataclass(frozen=True)
class Found:
    """A pattern and the place where it stands; ``searches`` if it looks at more than one place."""

    place: str
    pattern: re.Pattern[Any]
    searches: bool


# ------------------------------------------------------------------ all patterns


def patterns() -> list[Found]:
    """Give every pattern of the package."""
    compiled = list(_compiled())
    known = {one.pattern for one in compiled}
    written = [one for one in _written() if one.pattern not in known]
    return list({(one.pattern, one.searches): one for one in (*compiled, *written)}.values())


def _compiled() -> Iterator[Found]:
    """Yield those that are made when a module is imported."""
    for module in pkgutil.walk_packages(ankibuild.__path__, "ankibuild."):
        if module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            if isinstance(value, re.Pattern):
                own = Path(str(loaded.__file__)) if name.startswith("_") else None
                yield Found(f"{module.name}.{name}", value, name in _searched(own))


@cache
def _searched(module: Path | None) -> frozenset[str]:
    """Give the names in a module, or anywhere, that are used for more than a look at one place."""
    found: set[str] = set()
    for path in [module] if module else ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found |= {name for name, anchored in _uses(node) if not anchored}
    return frozenset(found)


def _uses(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield the names of possible patterns that a piece of code uses, and if only at one place."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield node.value.id, node.attr in _ANCHORED
    elif isinstance(node, ast.Call):
        yield from ((one.id, False) for one in node.args if isinstance(one, ast.Name))
    elif isinstance(node, (ast.Tuple, ast.List, ast.Dict)):
        inside = node.values if isinstance(node, ast.Dict) else node.elts
        yield from ((one.id, False) for one in inside if isinstance(one, ast.Name))


def _written() -> Iterator[Found]:
    """Yield those that are written out in a call; what is compiled there may search."""
    for place, call in calls():
        first = call.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, (str, bytes)):
            function = ast.unparse(call.func).removeprefix("re.")
            yield Found(place, re.compile(first.value, _flags(call)), function not in _ANCHORED)


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of a function of `re` that takes a pattern, and its place."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and ast.unparse(node.func.value) == "re"
                and node.func.attr in _CALLS
            ):
                yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno}", node


def _flags(call: ast.Call) -> int:
    names = {part.attr for part in ast.walk(call) if isinstance(part, ast.Attribute)}
    flags = 0
    for name in names & set(re.RegexFlag.__members__):
        flags |= getattr(re, name)
    return flags


# ------------------------------------------------------------------ texts that take long

_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)


def attacks(pattern: re.Pattern[Any]) -> list[tuple[str, str, str]]:
    """Give beginnings, what to repeat, and ends, for every repetition of a pattern."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin1")
    tree = parser.parse(text, pattern.flags & ~re.UNICODE)
    made = {
        (start, pump, end)
        for lead, body in _repetitions(tree, [""])
        for pump in {*body, "".join(body), lead, lead + body[0]}
        for start in {lead, ""}
        for end in ENDS
        if pump
    }
    return sorted(made)


def _repetitions(tree: Iterable[Any], leads: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield what leads to a repetition, and examples of what it repeats."""
    before = leads[0]
    for op, value in tree:
        inner = _inner(op, value)
        for branch in inner:
            yield from _repetitions(branch, [before])
        if op in _REPEATS and value[1] > 8:
            yield before, _samples([*value[2]])
        before += (_samples([(op, value)]) or [""])[0]


def _inner(op: Any, value: Any) -> list[Any]:
    """Give the patterns inside of one."""
    if op in _REPEATS:
        return [value[2]]
    if op is sre.SUBPATTERN:
        return [value[3]]
    if op is sre.BRANCH:
        return list(value[1])
    if op is sre.ATOMIC_GROUP:
        return [value]
    if op in (sre.ASSERT, sre.ASSERT_NOT):
        return [value[1]]
    return []


def _samples(tree: list[Any]) -> list[str]:
    """Give some texts that a part of a pattern matches, more or less."""
    done = [""]
    for op, value in tree:
        done = [lead + part for lead in done for part in _parts(op, value)][:6]
    return done


def _parts(op: Any, value: Any) -> list[str]:
    if op is sre.LITERAL:
        return [chr(value)]
    if op in (sre.NOT_LITERAL, sre.ANY):
        return ["a", " "]
    if op is sre.IN:
        return _of_set(value)
    if op is sre.BRANCH:
        return [text for branch in value[1] for text in _samples([*branch])[:2]][:6]
    least = max(1, value[0]) if op in _REPEATS else 1
    inner = _inner(op, value) if op not in (sre.ASSERT, sre.ASSERT_NOT) else []
    return [text * least for one in inner for text in _samples([*one])[:3]] or [""]


def _of_set(value: list[Any]) -> list[str]:
    """Give characters of a set, and of what it leaves out."""
    tests = "aZ0 \n\t-_.,:;'\"()[]{}<>|*#\\/&é漢"
    pattern = re.compile(_set_text(value))
    return (
        [c for c in tests if pattern.match(c)][:3]
        or [chr(v[0]) for o, v in value if o is sre.RANGE][:1]
        or ["\0"]
    )


def _set_text(value: list[Any]) -> str:
    return "[" + "".join(_set_part(op, part) for op, part in value) + "]"


def _set_part(op: Any, part: Any) -> str:
    if op is sre.NEGATE:
        return "^"
    if op is sre.LITERAL:
        return re.escape(chr(part))
    if op is sre.RANGE:
        return f"{re.escape(chr(part[0]))}-{re.escape(chr(part[1]))}"
    return _CATEGORIES[part]


_CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}
