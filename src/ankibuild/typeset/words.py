"""MathJax's errors in words that say what to type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from ankibuild.diagnostics import suggest
from ankibuild.markdown import Problem


class Names(Struct, frozen=True):
    """The macros, without their backslashes, and environments that MathJax knows."""

    macros: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


class _Fault(Struct, frozen=True):
    """An error of MathJax: the TeX, what it says, and how many characters it had read by then."""

    tex: str
    message: str
    at: int

    @property
    def name(self) -> str:
        r"""The first macro (``\\frac``) that the message names."""
        found = _MACRO.search(self.message)
        return found[0] if found else ""

    def before(self, piece: str) -> tuple[int, int]:
        """Give the place of the last such piece that had been read; failing that, of another."""
        start = self.tex.rfind(piece, 0, self.at)
        start = start if start >= 0 else self.tex.find(piece)
        return (start, start + len(piece)) if piece and start >= 0 else self.last

    @property
    def last(self) -> tuple[int, int]:
        """The place of the last character that had been read."""
        return max(0, self.at - 1), max(1, self.at)


_MACRO = re.compile(r"\\(?:[a-zA-Z]+\*?|.)")
_NAMES = re.compile(r"\{([^{}]*)\}")
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}")
_FENCE = re.compile(r"\\(left|right)(?![a-zA-Z])")


def explain(tex: str, name: str, message: str, at: int | None, names: Names) -> Problem:
    """Say what MathJax's error ``name`` means; the offsets are those of ``tex``."""
    fault = _Fault(tex, message, len(tex) if at is None else at)
    if name == "UndefinedControlSequence":
        return _unknown_macro(fault, names.macros)
    if name == "UnknownEnv":
        return _unknown_environment(fault, names.environments)
    if name in _WORDS:
        return _WORDS[name](fault)
    start, end = fault.before(fault.name) if at is not None else (0, len(tex))
    return _broken(start, end, f"MathJax cannot read this formula: {_plain(message)}")


def _plain(message: str) -> str:
    """Write MathJax's own words as ours: in lower case, without a full stop, TeX in backticks."""
    words = message[:1].lower() + message[1:].rstrip(".")
    return words if "`" in words else _MACRO.sub(lambda found: f"`{found[0]}`", words)


def _broken(start: int, end: int, message: str, label: str = "", repair: str = "") -> Problem:
    return Problem("broken-formula", start, end, message, label, repair)


# ------------------------------------------------------------------ unknown names


def _unknown_macro(fault: _Fault, known: Sequence[str]) -> Problem:
    start, end = fault.before(fault.name)
    meant = _macro_meant(fault.name[1:], known)
    repair = (
        f"did you mean `\\{meant}`?"
        if meant
        else f"for a name, write `\\operatorname{{{fault.name[1:]}}}`"
    )
    message = unknown_macro(fault.name)
    return Problem("unknown-macro", start, end, message, "would be shown in red", repair)


def unknown_macro(name: str) -> str:
    """Say that Anki does not know the macro ``name``."""
    return f"`{name}` is not a macro that Anki knows"


def _macro_meant(word: str, known: Sequence[str]) -> str | None:
    """Find a macro by its name; unlike in ``suggest``, capitals make another one."""
    import difflib  # where nothing is wrong, nobody waits for it

    alike = [name for name in known if name[0] == word[:1]]
    close = difflib.get_close_matches(word, alike, n=1, cutoff=0.7)
    return close[0] if close else suggest(word, known, 0.8)


def _unknown_environment(fault: _Fault, known: Sequence[str]) -> Problem:
    name = fault.message.split("'")[1]
    start, end = fault.before(f"{{{name}}}")
    meant = suggest(name, known)
    return Problem(
        "unknown-environment",
        start + 1,
        end - 1,
        f"`{name}` is not an environment that Anki knows",
        help=f"did you mean `{meant}`?" if meant else "for example `aligned`, `cases`, `bmatrix`",
    )


# ------------------------------------------------------------------ arguments and brackets

_WRITTEN = {
    r"\frac": r"\frac{a}{b}",
    r"\dfrac": r"\dfrac{a}{b}",
    r"\tfrac": r"\tfrac{a}{b}",
    r"\binom": r"\binom{n}{k}",
    r"\underset": r"\underset{below}{symbol}",
    r"\overset": r"\overset{above}{symbol}",
    r"\stackrel": r"\stackrel{above}{symbol}",
}
_CLOSERS = (r"\end", r"\right", r"\middle")


def _missing_argument(fault: _Fault) -> Problem:
    name = fault.message.rpartition(" ")[2]
    place = fault.before(name)
    if name in _CLOSERS:
        message = f"what stands before this `{name}` lacks an argument"
        repair = "every argument stands in braces, as in `\\frac{a}{b}`"
        return _broken(*place, message, f"taken for the argument, without `{name}`", repair)
    shape = _WRITTEN.get(name, f"{name}{{…}}")
    repair = f"every argument stands in braces, as in `{shape}`"
    return _broken(*place, f"`{name}` lacks an argument", "", repair)


def _misplaced(fault: _Fault) -> Problem:
    sign = fault.message.removeprefix("Misplaced ")
    place = fault.before(sign)
    if sign == "&":
        message = "this `&` of a formula separates no columns"
        repair = "write `\\&` for the sign, or put the lines in `\\begin{aligned} … \\end{aligned}`"
        return _broken(*place, message, "no columns here", repair)
    message = f"`{sign}` has no place here"
    return _broken(*place, message, "", "it only works in an environment with rows, as `array`")


def _missing_script(fault: _Fault) -> Problem:
    start = max(fault.tex.rfind(sign, 0, fault.at) for sign in "^_")
    sign = fault.tex[start]
    repair = f"write it behind the sign, as in `x{sign}{{2}}`"
    return _broken(start, start + 1, f"nothing follows this `{sign}`", "", repair)


def _double(sign: str, what: str, repair: str) -> Callable[[_Fault], Problem]:
    def words(fault: _Fault) -> Problem:
        # MathJax looks a character ahead when a digit follows.
        start = fault.tex.rfind(sign, 0, fault.at + 1)
        return _broken(start, start + 1, f"a second {what} on one symbol", "", repair)

    return words


def _unclosed_left(fault: _Fault) -> Problem:
    opened: list[tuple[int, int]] = []
    for found in _FENCE.finditer(fault.tex):
        if found[1] == "left":
            opened.append(found.span())
        elif opened:
            opened.pop()
    place = opened[-1] if opened else fault.before(r"\left")
    repair = "close it with `\\right)`, or with `\\right.` for nothing to see"
    return _broken(*place, "this `\\left` has no `\\right`", "", repair)


def _lone_right(fault: _Fault) -> Problem:
    if begun := _open_environment(fault):
        return _never_ended(*begun)
    repair = "open it with `\\left(`, or with `\\left.` for nothing to see"
    return _broken(*fault.before(r"\right"), "this `\\right` has no `\\left`", "", repair)


def _no_delimiter(fault: _Fault) -> Problem:
    name = fault.name
    repair = f"for example `{name}(`, `{name}\\{{`, `{name}|` or `{name}.` for nothing to see"
    return _broken(*fault.before(name), f"no bracket follows `{name}`", "", repair)


def _wrong_brace(fault: _Fault) -> Problem:
    message = "this `}` closes a group in which something is still open"
    repair = "close the `\\left`, `\\begin` or `[` before it"
    return _broken(*fault.before("}"), message, "", repair)


def _open_brace(fault: _Fault) -> Problem:
    repair = "close it with `}`; a brace that is to be seen is written `\\{`"
    place = fault.before("{")
    return _broken(*place, "a `{` of this formula is closed too late or never", "", repair)


def _open_bracket(fault: _Fault) -> Problem:
    name = fault.name
    repair = "close it with `]`; a bracket that is to be seen goes into braces: `{[}`"
    return _broken(*fault.before(name), f"the `[` after `{name}` is never closed", "", repair)


# ------------------------------------------------------------------ environments and the rest


def _wrong_end(fault: _Fault) -> Problem:
    begun, ended = _NAMES.findall(fault.message)[:2]
    message = f"`\\begin{{{begun}}}` is ended by `\\end{{{ended}}}`"
    place = fault.before(f"\\end{{{ended}}}")
    return _broken(*place, message, "another environment", f"write `\\end{{{begun}}}`")


def _missing_end(fault: _Fault) -> Problem:
    name = _NAMES.findall(fault.message)[0]
    return _never_ended(name, fault.before(f"\\begin{{{name}}}"))


def _never_ended(name: str, place: tuple[int, int]) -> Problem:
    return _broken(*place, f"`\\begin{{{name}}}` is never ended", "", f"write `\\end{{{name}}}`")


def _open_environment(fault: _Fault) -> tuple[str, tuple[int, int]] | None:
    """Give the name and place of the innermost environment that had begun and not ended."""
    begun: list[tuple[str, tuple[int, int]]] = []
    for found in _ENVIRONMENT.finditer(fault.tex, 0, fault.at):
        if found[1] == "begin":
            begun.append((found[2], found.span()))
        elif begun:
            begun.pop()
    return begun[-1] if begun else None


def _text_math(fault: _Fault) -> Problem:
    repair = "close it with another `$`, or write `\\$` for a dollar sign"
    return _broken(*fault.before("$"), "a `$` in a text is never closed", "", repair)


def _limits(fault: _Fault) -> Problem:
    repair = "such as `\\sum`, or `\\operatorname*{name}`"
    message = f"`{fault.name}` does not follow an operator"
    return _broken(*fault.before(fault.name), message, "", repair)


def _length(fault: _Fault) -> Problem:
    name = fault.name
    message, repair = f"`{name}` needs a length", "for example `1em`"
    if name == r"\\":
        message = "the bracket after this `\\\\` is taken for a distance between lines"
        repair = "write `\\\\ {}`, so that something stands between them"
    return _broken(*fault.before(name), message, "", repair)


def _nested_equation(fault: _Fault) -> Problem:
    message = "an equation stands inside of another one"
    return _broken(*fault.last, message, "", "use `aligned` or `gathered` for the inner one")


def _too_deep(fault: _Fault) -> Problem:
    message = "MathJax gives up on this formula"
    repair = "it is nested too deeply; make several formulas of it"
    return _broken(0, len(fault.tex), message, "", repair)


def _too_slow(fault: _Fault) -> Problem:
    message = "MathJax does not come to an end with this formula"
    repair = "make several formulas of it"
    return Problem("formula-too-long", 0, len(fault.tex), message, help=repair)


def _unsafe(fault: _Fault) -> Problem:
    name, _, value = fault.message.partition(": ")
    message = "a formula may not bring styles or links of its own"
    what = f"sets `{name}` to `{value}`" if "`" not in value and len(value) < 60 else ""
    repair = "write it without; colors by their names are fine"
    return Problem("unsafe-formula", 0, len(fault.tex), message, what, repair)


_WORDS: Mapping[str, Callable[[_Fault], Problem]] = {
    "MissingArgFor": _missing_argument,
    "Misplaced": _misplaced,
    "MissingScript": _missing_script,
    "DoubleExponent": _double("^", "exponent", "braces say which belongs to what: `{a^b}^c`"),
    "DoubleSubscripts": _double("_", "subscript", "braces say which belongs to what: `{a_b}_c`"),
    "DoubleExponentPrime": _double("'", "exponent, a prime,", "put the prime first: `f'^2`"),
    "ExtraLeftMissingRight": _unclosed_left,
    "MissingLeftExtraRight": _lone_right,
    "MissingOrUnrecognizedDelim": _no_delimiter,
    "ExtraCloseMissingOpen": _wrong_brace,
    "ExtraCloseLooking": _wrong_brace,
    "MissingCloseBrace": _open_brace,
    "ExtraOpenMissingClose": _open_brace,
    "MissingCloseBracket": _open_bracket,
    "EnvBadEnd": _wrong_end,
    "EnvMissingEnd": _missing_end,
    "MathNotTerminated": _text_math,
    "MisplacedLimits": _limits,
    "MissingDimOrUnits": _length,
    "BracketMustBeDimension": _length,
    "ErroneousNestingEq": _nested_equation,
    "MaxBufferSize": _too_deep,
    "": _too_deep,
    "Timeout": _too_slow,
    "Lost": _too_slow,
    "Unsafe": _unsafe,
}
