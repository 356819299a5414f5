"""What an import did, note by note: for the terminal in short, and in full as a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from ankibuild.diagnostics import visible
from ankibuild.importer.names import shorten
from ankibuild.paths import CACHE
from ankibuild.words import count

#: Below a project's root, in the folder that git ignores: everything that an import has to say.
PATH = f"{CACHE}/import.md"
#: Reasons, and files, that a summary names.
_MOST = 8


#: Why most of a second import is left out.
IS_THERE = "it is there already"


class Reason(Struct, frozen=True):
    """Why something was changed or left out; ``detail`` is what of it differs from note to note."""

    why: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        """Both of it."""
        return f"{self.why}: {self.detail}" if self.detail else self.why


class Told(Struct, frozen=True):
    """What became of a note.

    ``place`` says where in the file it stands, ``words`` are its first ones. ``id`` and ``path``
    are those of its question, empty if it was left out for the reason ``left``.
    """

    place: str
    words: str
    id: str = ""
    path: str = ""
    changes: tuple[Reason, ...] = ()
    left: Reason | None = None


class File(Struct, frozen=True):
    """A bank that was written, and how many questions it has."""

    path: str
    deck: str
    questions: int


class Report(Struct, frozen=True):
    """Everything that an import did.

    ``source`` is the file's name, ``project`` where the decks went, ``new`` whether that is a new
    deck repository. ``media`` are the names of files that came, ``media_left`` of those that did
    not, with the reason. ``maps`` are mappings to begin with, for notetypes that could not be
    brought in; ``moves`` are names of notetypes, there and here. ``remarks`` are sentences on what
    is of no single note. ``warnings`` counts what `check` has to say of the new questions. ``dry``
    tells that nothing was written.
    """

    source: str
    project: str
    files: tuple[File, ...] = ()
    notes: tuple[Told, ...] = ()
    media: tuple[str, ...] = ()
    media_left: tuple[tuple[str, str], ...] = ()
    maps: tuple[str, ...] = ()
    moves: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    warnings: int = 0
    new: bool = False
    dry: bool = False

    @property
    def kept(self) -> tuple[Told, ...]:
        """Notes that became questions as they were."""
        return tuple(told for told in self.notes if not told.left and not told.changes)

    @property
    def changed(self) -> tuple[Told, ...]:
        """Notes that became questions, with something changed."""
        return tuple(told for told in self.notes if not told.left and told.changes)

    @property
    def left_out(self) -> tuple[Told, ...]:
        """Notes that are in no bank."""
        return tuple(told for told in self.notes if told.left)

    @property
    def is_there_already(self) -> bool:
        """Tell whether there is nothing new in the file."""
        return all(told.left and told.left.why == IS_THERE for told in self.notes)


# ------------------------------------------------------------------ in full


def full(report: Report) -> str:
    """Write everything as Markdown: note by note, with the place of each in the file."""
    lines = [f"# Import of `{visible(report.source)}`", "", *_numbers(report), ""]
    lines += _section("Remarks", report.remarks)
    lines += _section("Left out", map(_left_out, report.left_out))
    lines += _section("Changed", map(_changed, report.changed))
    lines += _section("As they were", map(_note, report.kept))
    lines += _section("Media", (f"`{name}`" for name in report.media))
    lines += _section("Media left out", (f"`{name}`: {why}" for name, why in report.media_left))
    lines += _for_learners(report)
    return "\n".join(lines).rstrip("\n") + "\n"


def _for_learners(report: Report) -> list[str]:
    """Say how learners of the old deck keep their progress: measured, see `test_import_anki`."""
    if not report.moves:
        return []
    return [
        "## For learners of the old deck",
        "",
        "Anki updates a note only if it has our note type. Who has the old deck does this once,",
        "and keeps all progress:",
        "",
        "1. Import the new package. It adds the new note types, and leaves the old notes alone.",
        "2. In the browser, select the notes of an old note type and choose Notes > Change Note",
        "   Type. For each of them, the new one is:",
        *(f"   - `{visible(old)}`: `{new}`" for old, new in report.moves),
        "3. Import the package again, with `Update notes` set to `Always`.",
        "",
        "`Merge note types` is no shortcut: it gives every note the cards of both note types.",
        "",
    ]


def _section(title: str, lines: Iterable[str]) -> list[str]:
    listed = [f"- {visible(' '.join(line.split()))}" for line in lines]
    return [f"## {title} ({len(listed):,})", "", *listed, ""] if listed else []


def _note(told: Told) -> str:
    name = f"`{told.id}` in `{told.path}`" if told.id else f"“{told.words}”"
    return f"{name} ({told.place})" if told.place else name


def _left_out(told: Told) -> str:
    return f"{_note(told)}: {told.left.sentence if told.left else ''}"


def _changed(told: Told) -> str:
    return f"{_note(told)}: {'; '.join(reason.sentence for reason in told.changes)}"


def _numbers(report: Report) -> list[str]:
    """Say in three lines what became of the notes."""
    made = len(report.kept) + len(report.changed)
    return [
        f"{count(len(report.notes), 'note')}, of which {made:,} are questions now:",
        f"- {len(report.kept):,} as they were",
        f"- {len(report.changed):,} with something changed",
        f"- {len(report.left_out):,} left out",
    ]


# ------------------------------------------------------------------ in short


def summary(report: Report) -> str:
    """Write the terminal's text: numbers, reasons with an example, and what to do next."""
    lines = [
        f"{visible(report.source)}: {count(len(report.notes), 'note')}",
        *_group("as they were", report.kept),
        *_group("with something changed", report.changed),
        *_group("left out", report.left_out),
        *_media(report),
        *_cut(list(map(visible, report.remarks)), "remark"),
        *_files(report),
        *_next(report),
    ]
    return "\n".join(lines) + "\n"


def _group(title: str, notes: Sequence[Told]) -> list[str]:
    """Count notes, and those with each reason, with an example."""
    if not notes:
        return []
    examples: dict[str, str] = {}
    reasons: Counter[str] = Counter()
    for told in notes:
        for why in {reason.why for reason in (told.changes or (told.left,)) if reason}:
            reasons[why] += 1
            examples.setdefault(why, told.id or f"“{shorten(told.words, 40)}”")
    counted = [
        f"    {number:,}  {why} ({visible(examples[why])})"
        for why, number in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return [f"  {len(notes):,} {title}", *_cut(counted, "reason")]


def _cut(lines: list[str], noun: str) -> list[str]:
    more = len(lines) - _MOST
    return lines if more <= 0 else [*lines[:_MOST], f"    … and {count(more, noun)} more"]


def _media(report: Report) -> list[str]:
    if not report.media and not report.media_left:
        return []
    left = [f"    {visible(name)}: {why}" for name, why in report.media_left]
    head = f"  {count(len(report.media), 'media file')} copied, {len(left):,} left out"
    return [head, *_cut(left, "file")]


def _files(report: Report) -> list[str]:
    made = "would be written" if report.dry else "written"
    listed = [f"    {one.path}  {count(one.questions, 'question')}" for one in report.files]
    return [f"  {count(len(listed), 'bank')} {made}", *_cut(listed, "bank")]


def _next(report: Report) -> Iterator[str]:
    """Say what to do now."""
    if report.maps:
        yield "to bring in the notetypes that were left out, tell what their fields are:"
        yield from (f"  {visible(text)}" for text in report.maps)
    if report.dry:
        return
    yield f"note by note: {PATH}"
    if report.files:
        said = f" ({count(report.warnings, 'warning')})" if report.warnings else ""
        yield f"next: `ankibuild check`{said}, then `ankibuild serve` to look at the cards"
    if report.moves and report.files:
        yield f"learners of the old deck keep their progress: how, stands at the end of {PATH}"
