r"""HTML of foreign notes as the Markdown that an author would write.

The law: what is written, rendered, shows the learner what the old field showed, by the measure of
:mod:`~ankibuild.importer.prose.shape`. It is not trusted but checked, on every text: first as
somebody would type it, then with all signs escaped, then with tags for what has no sign, and at
last as plain text. Whatever cannot be held is told in a sentence.

The stages: :mod:`.tokens` takes the HTML apart, :mod:`.build` makes a page of the tokens, and
:mod:`.write` writes it. A text's rendering is read by the same stages; two texts are the same if
their pages are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct

from ankibuild import markdown
from ankibuild.importer.prose import build, keep, tex
from ankibuild.importer.prose.page import (
    Atom,
    Block,
    Blocks,
    Edge,
    Formula,
    Paragraph,
    Words,
    lines_of,
)
from ankibuild.importer.prose.shape import shape
from ankibuild.importer.prose.spaces import tidy
from ankibuild.importer.prose.write import Writer
from ankibuild.words import count

#: Characters of HTML; what is longer is not read, only told.
LARGEST = 10 * markdown.LONGEST

_DATA = re.compile(r"\bdata:[a-z]+/[^\s\"'<>]*", re.IGNORECASE)


class Prose(Struct, frozen=True):
    """A text for a bank.

    ``kept`` tells that a block, or emphasis, had to stay HTML; tags that are our format's own
    spelling (``<sub>``, ``<u>``, ``<details>``) do not count. ``lost`` are sentences on what of the
    old text is not in it.
    """

    text: str
    kept: bool = False
    lost: tuple[str, ...] = ()


def to_markdown(
    html: str, media: Mapping[str, str], *, cloze: bool = False, wrapped: bool = False
) -> Prose:
    """Write a field's HTML as Markdown; with ``cloze``, ``{{c1::`` opens a gap.

    ``media`` maps the names of files in the HTML to their names in ``media/``. A paragraph becomes
    one line; with ``wrapped`` its lines end where those of the HTML do. Never raises. A
    text of more than :data:`ankibuild.markdown.LONGEST` characters is too long for a question and
    was not checked; of more than :data:`LARGEST` characters of HTML, the HTML itself is the text.
    """
    markup = _DATA.sub("data:,", html)
    if len(markup) > LARGEST:
        return Prose(markup, kept=True, lost=(f"{count(len(html), 'character')} are not read",))
    page = build.read(markup, media, cloze=cloze)
    holds = partial(_holds, images=page.images, cloze=cloze)
    spelled = _spell(page.blocks, holds, wrapped=wrapped)
    if spelled is None:
        flat = build.read(markup, media, cloze=cloze, flat=True).blocks
        spelled = _plain(flat) if holds(_plain(flat), flat, lossy=True) else _bare(flat)
    return Prose(spelled.text, spelled.kept, (*page.lost, *spelled.lost))


class _Spelling(Struct, frozen=True):
    text: str
    kept: bool = False
    lost: tuple[str, ...] = ()


def _typed(blocks: Blocks, *, wrapped: bool = False) -> _Spelling:
    writer = Writer(wrapped=wrapped)
    return _Spelling(writer.write(blocks), writer.kept)


def _careful(blocks: Blocks) -> _Spelling:
    writer = Writer(careful=True)
    return _Spelling(writer.write(blocks), writer.kept)


def _tagged(blocks: Blocks) -> _Spelling:
    return _Spelling("\n\n".join(map(keep.block, blocks)), kept=True)


def _plain(blocks: Blocks) -> _Spelling:
    """Keep the text, the formulas, the pictures and the gaps, and nothing else."""
    text = _flattened(blocks, lambda atom: Words(atom.text) if isinstance(atom, Words) else atom)
    return _Spelling(text, lost=("the layout of a part is left out; its text is kept",))


def _bare(blocks: Blocks) -> _Spelling:
    """Keep the text and the TeX of formulas, and nothing else."""
    text = _flattened(blocks, _words)
    gaps = any(isinstance(a, Edge) for one in blocks for line in lines_of(one) for a in line)
    lost = ("the layout of a part is left out; its text is kept",)
    return _Spelling(text, lost=lost + (("the gaps of a part are left out",) if gaps else ()))


def _words(atom: Atom) -> Atom | None:
    if isinstance(atom, Formula):
        return Words(tex.same(atom.tex))
    return Words(atom.text) if isinstance(atom, Words) else None


def _flattened(blocks: Blocks, change: Callable[[Atom], Atom | None]) -> str:
    """Write the lines of blocks, with their atoms changed, as one paragraph."""
    lines = (line for block in blocks for line in lines_of(block))
    changed = (tidy(filter(None, map(change, line))) for line in lines)
    paragraph = tuple(filter(None, changed))
    return Writer(careful=True).write((Paragraph(paragraph),)) if paragraph else ""


_Spell = Callable[[Blocks], _Spelling]


def _spell(blocks: Blocks, holds: Callable[..., bool], *, wrapped: bool) -> _Spelling | None:
    """Find the best spelling: of the whole, else of each part that stands for itself."""
    typed = partial(_typed, wrapped=wrapped)
    whole = typed(blocks)
    if len(whole.text) > markdown.LONGEST or holds(whole, blocks):
        return whole
    spellings: tuple[_Spell, ...] = (typed, _careful, _tagged, _plain)
    parts = tuple(_parts(blocks))
    chosen = [_best(part, spellings, holds) for part in parts]
    if None in chosen:
        return None
    # Two parts that hold by themselves may still get into each other's way.
    for least in range(len(spellings)):
        numbers = [max(least, number or 0) for number in chosen]
        joined = _joined([spellings[n](p) for n, p in zip(numbers, parts, strict=True)])
        if holds(joined, blocks, lossy=_plain in (spellings[n] for n in numbers)):
            return joined
    return None


def _best(part: Blocks, spellings: Sequence[_Spell], holds: Callable[..., bool]) -> int | None:
    """Give the number of the first spelling of a part that holds."""
    for number, spelling in enumerate(spellings):
        if holds(spelling(part), part, lossy=spelling is _plain):
            return number
    return None


def _joined(parts: Sequence[_Spelling]) -> _Spelling:
    lost = dict.fromkeys(sentence for part in parts for sentence in part.lost)
    text = "\n\n".join(part.text for part in parts if part.text)
    return _Spelling(text, any(part.kept for part in parts), tuple(lost))


def _parts(blocks: Blocks) -> Iterator[Blocks]:
    """Cut blocks into runs such that every gap opens and closes in one of them."""
    run: list[Block] = []
    depth = 0
    for block in blocks:
        run.append(block)
        for atom in (atom for line in lines_of(block) for atom in line if isinstance(atom, Edge)):
            depth += {"open": 1, "close": -1}.get(atom.kind, 0)
        if depth <= 0:
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)


def _holds(
    spelling: _Spelling,
    blocks: Blocks,
    *,
    images: frozenset[str],
    cloze: bool,
    lossy: bool = False,
) -> bool:
    """Tell whether a spelling is sound, and, unless it is ``lossy``, shows what blocks show."""
    media = {name: name for name in images}
    rendered = markdown.render(spelling.text, cloze=cloze, media=media)
    errors = (problem for problem in rendered.problems if problem.severity == "error")
    if any(error.rule != "cloze-without-gap" for error in errors):
        return False
    return lossy or shape(build.read(rendered.html, media, cloze=cloze).blocks) == shape(blocks)
