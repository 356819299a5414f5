"""Notes that this tool made come back as the questions they were, as far as a note can tell.

Every guess is held against the note: a question is only taken if it renders to the very same
fields. What a note does not hold cannot come back: `verify`, `setup`, `covers`, what a drill's
rows are made of, and what a chapter is of which no question was asked.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct
from pydantic import ValidationError

from ankibuild import markdown, notetypes
from ankibuild.curriculum import LEVELS
from ankibuild.importer.foreign import ForeignNote, ForeignNotetype
from ankibuild.kinds import kinds
from ankibuild.kinds.base import Place

Row = Mapping[str, str]
Value = str | tuple[str, ...] | tuple[Row, ...]
#: Turns a field's HTML into Markdown; the flag tells that it has gaps.
Convert = Callable[[str, bool], str]

_NAMES = {key: one.name.removeprefix("x ") for key, one in notetypes.make("x", "").items()}
FRONT, BACK, HINT, EXTRA, SOURCE, CONTEXT, ID = range(7)


# ------------------------------------------------------------------ which notetype, which kind


def key_of(notetype: ForeignNotetype) -> str | None:
    """Give the key of the notetype of ours that this is, or None."""
    key = next((key for key, name in _NAMES.items() if notetype.name.endswith(f" {name}")), None)
    if key is None or len(notetype.fields) != len(notetypes.FIELD_NAMES):
        return None
    # A file without templates may not know the names of fields either.
    named = notetype.fields[1:] == notetypes.FIELD_NAMES[1:]
    return key if named or not notetype.templates else None


def namespace_of(notetype: ForeignNotetype) -> str | None:
    """Give the namespace of the project that a notetype of ours came from."""
    key = key_of(notetype)
    return notetype.name.removesuffix(f" {_NAMES[key]}") if key else None


class Origin(Struct, frozen=True):
    """Where in its project a note stood, as its tags and its context tell; empty if they do not."""

    part: str = ""
    bank: str = ""
    level: str = ""
    part_title: str = ""
    title: str = ""


def origin(note: ForeignNote) -> Origin:
    """Read where a note of ours stood."""
    derived = {tag.partition("::")[0]: tag.split("::")[1:] for tag in note.tags}
    levels = {name: number for number, name in LEVELS.items()}
    arc = [*derived.get("arc", []), "", ""]
    level = levels.get("::".join(derived.get("level", [])), "")
    part_title, _, title = html.unescape(note.fields[CONTEXT]).partition(" › ")
    return Origin(arc[0], arc[1], level, part_title, title)


def tags(note: ForeignNote) -> tuple[str, ...]:
    """Give the tags that an author wrote: those we derive are left out."""
    derived = ("arc::", "kind::", "level::")
    kept = (tag for tag in note.tags if not tag.startswith(derived))
    return tuple(tag.removeprefix("topic::") for tag in kept)


# ------------------------------------------------------------------ fields


def question(
    key: str, note: ForeignNote, convert: Convert, media: Mapping[str, str]
) -> tuple[str, dict[str, Value]]:
    """Give the kind of question that a note was, and its own fields.

    ``media`` maps names in our `media/` to packed ones.
    """
    wanted = note.fields[FRONT], note.fields[BACK]
    said = next((tag.removeprefix("kind::") for tag in note.tags if tag.startswith("kind::")), key)
    for kind in dict.fromkeys((said, key)):
        for values in _GUESSES.get(kind, _none)(*wanted, convert):
            if _renders(kind, values, wanted, media):
                return kind, values
    return _plain(key, wanted, convert)


def asides(note: ForeignNote, values: dict[str, Value], convert: Convert) -> dict[str, Value]:
    """Give the fields of a question with its hint and its extra, once a row if these have rows."""
    made = dict(values)
    for name, markup in (("hint", note.fields[HINT]), ("extra", note.fields[EXTRA])):
        rows, given = rows_of(markup), made.get("given", ())
        if rows and len(rows) == len(given):
            pairs = zip(given, rows, strict=True)
            made["given"] = tuple(
                {**row, name: convert(text, False)} for row, text in pairs if isinstance(row, dict)
            )
            made[name] = f"@{{{name}}}"
        elif markup:
            made[name] = convert(markup, False)
    return made


def _plain(key: str, sides: tuple[str, str], convert: Convert) -> tuple[str, dict[str, Value]]:
    """Convert both sides as they are."""
    front, back = convert(sides[0], key == "cloze"), sides[1]
    if key == "cloze":
        return key, {"text": front}
    if key == "typein":
        return key, {"q": front, "answer": html.unescape(back)}
    if key == "reversed":
        return key, {"term": front, "definition": convert(back, False)}
    return "basic", {"q": front, "a": convert(back, False)}


class _Render(Struct, frozen=True):
    """Renders what a question asks for, as ``collection`` does."""

    media: Mapping[str, str]

    def __call__(
        self, place: Place, text: str, *, cloze: bool = False, derived: bool = False
    ) -> str:
        return markdown.render(text, cloze=cloze, media=self.media).html

    def code(self, program: str) -> str:
        return markdown.code(program)

    def plain(self, text: str) -> str:
        return markdown.plain(text)

    def clozes(self, place: Place) -> tuple[int, ...]:
        return ()


def _renders(
    kind: str, values: Mapping[str, Value], wanted: tuple[str, str], media: Mapping[str, str]
) -> bool:
    try:
        made = kinds()[kind](id="x", **values)
    except ValidationError:
        return False
    render = _Render(media)
    return (_spaced(made.front(render)), _spaced(made.back(render))) == tuple(map(_spaced, wanted))


def _spaced(markup: str) -> str:
    """Write every run of white space as one blank, but for code: so a browser shows it."""
    pieces = re.split(r"(<pre>.*?</pre>)", markup, flags=re.DOTALL)
    pieces[::2] = (" ".join(f".{piece}.".split())[1:-1] for piece in pieces[::2])
    return "".join(pieces)


# ------------------------------------------------------------------ guesses, one a kind

Guess = Callable[[str, str, Convert], Iterable[dict[str, Value]]]


def _none(front: str, back: str, convert: Convert) -> Iterator[dict[str, Value]]:
    yield from ()


_CODE = re.compile(r'<div>(.*?)</div>(<div class="hl">.*</div>)', re.DOTALL)
_OUTPUT = re.compile(r'<div class="hl out"><pre><code>(.*)</code></pre></div>', re.DOTALL)
_FOLD = r'<details class="{}"><summary>[^<]*</summary>(.*?)</details>(?=<details class="{}">|\Z)'
_STEP = re.compile(_FOLD.format("step", "step"), re.DOTALL)
_HINT = re.compile(_FOLD.format("hint", "hint"), re.DOTALL)
_TASK = re.compile(r'<div>(.*?)</div>((?:<details class="hint">.*)?)', re.DOTALL)
_CHECKED = re.compile(
    r'<div>(.*)</div><p class="lead">[^<]*</p><ul class="checks"><li>(.*)</li></ul>', re.DOTALL
)
_ROWS = re.compile(r'<div class="rows">(.*)</div>', re.DOTALL)
#: A formula with what is right behind it, a word, or the blanks between.
_WORD = re.compile(r"\$\$.*?\$\$\S*|\$[^$\s](?:[^$]*[^$\s])?\$\S*|\S+|\s+", re.DOTALL)
_DIV = re.compile(r"<(/?)div\b[^>]*>")


def _code(front: str, back: str, convert: Convert) -> Iterator[dict[str, Value]]:
    asked, printed = _CODE.fullmatch(front), _OUTPUT.fullmatch(back)
    if asked and printed:
        q = convert(asked[1], False)
        yield {"q": q, "program": _text(asked[2]), "output": _text(printed[1])}


def _steps(front: str, back: str, convert: Convert) -> Iterator[dict[str, Value]]:
    lines = _STEP.findall(back)
    if len(lines) > 1:
        q = convert(front, False)
        yield {"q": q, "lines": tuple(convert(line, False) for line in lines)}


def _exercise(front: str, back: str, convert: Convert) -> Iterator[dict[str, Value]]:
    task, checked = _TASK.fullmatch(front), _CHECKED.fullmatch(back)
    if task is None:
        return
    rubric = checked[2].split("</li><li>") if checked else []
    lists = {"hints": _HINT.findall(task[2]), "rubric": rubric}
    yield {
        "q": convert(task[1], False),
        "a": convert(checked[1] if checked else back, False),
        **{name: tuple(convert(text, False) for text in texts) for name, texts in lists.items()},
    }


def _drill(front: str, back: str, convert: Convert) -> Iterator[dict[str, Value]]:
    asked, answered = rows_of(front), rows_of(back)
    if len(asked) == len(answered) > 1:
        q, questions = _slotted("q", [convert(text, False) for text in asked])
        a, answers = _slotted("a", [convert(text, False) for text in answered])
        pairs = zip(questions, answers, strict=True)
        yield {"q": q, "a": a, "given": tuple({"q": one, "a": other} for one, other in pairs)}


def _slotted(name: str, rows: list[str]) -> tuple[str, list[str]]:
    """Find what all rows begin and end with; between that stands a slot.

    What in a row was a value of its own is not in the note.
    """
    words = [_WORD.findall(row) for row in rows]
    lead = _alike([row[:-1] for row in words])
    trail = _alike([row[:lead:-1] for row in words])
    first = words[0]
    text = "".join((*first[:lead], f"@{{{name}}}", *first[len(first) - trail :]))
    return text, ["".join(row[lead : len(row) - trail]) for row in words]


def _alike(rows: list[list[str]]) -> int:
    """Count the words that all rows begin with."""
    columns = enumerate(zip(*rows, strict=False))
    least = min(map(len, rows))
    return next((number for number, words in columns if len(set(words)) > 1), least)


_GUESSES: Mapping[str, Guess] = {
    "code": _code,
    "steps": _steps,
    "exercise": _exercise,
    "drill": _drill,
}


def rows_of(markup: str) -> tuple[str, ...]:
    """Cut what a drill shows into its rows."""
    found = _ROWS.fullmatch(markup)
    rows: list[str] = []
    depth = start = 0
    for tag in _DIV.finditer(found[1]) if found else ():
        depth += -1 if tag[1] else 1
        if depth == 1 and not tag[1]:
            start = tag.end()
        elif depth == 0:
            rows.append(tag.string[start : tag.start()])
    return tuple(rows)


def _text(markup: str) -> str:
    """Give the text of code that was colored."""
    lines = re.sub(r"<br ?/?>", "\n", markup)
    return html.unescape(re.sub(r"<[^>]*>", "", lines))
