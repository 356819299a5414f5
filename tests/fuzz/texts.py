"""What holds for any bytes that are a text: places, Markdown, layout. Each law raises if broken."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from anki.collection import Collection as AnkiCollection

from ankibuild import bank as banks
from ankibuild import fmt, markdown
from ankibuild.diagnostics import FORMATS, Diagnostic, errors, render
from ankibuild.rules import allowed
from ankibuild.source import Document, Items, Mapping, Node, Text, read
from ankibuild.source.edit import append_item
from ankibuild.source.nodes import offsets, walk
from fuzz import markup

BANK = "decks/01-first/01-one.yaml"


# ------------------------------------------------------------------ text with places


def source(data: bytes) -> None:
    """Every value and every problem stands in the text, and each character at its place."""
    document = read(BANK, data)
    text = document.source.text
    check_problems(document.problems)
    nodes = list(walk(document.root)) if document.root else []
    for node in nodes:
        assert 0 <= node.start <= node.end <= len(text), node
        span = document.span(node)
        assert 0 <= span.start <= span.end <= len(text), (node, span)
        if isinstance(node, Text):
            places = offsets(text, node)
            assert len(places) == len(node.value) + 1
            assert all(0 <= place <= len(text) for place in places)
            if not errors(document.problems):
                _check_letters(text, node, places)
    _check_appended(document)


def _check_letters(text: str, node: Text, places: tuple[int, ...]) -> None:
    if node.style == ">" or "\\" in text[node.start : node.end]:
        return
    shown = [text[place] for place in places[:-1]]
    different = [n for n, c in enumerate(node.value) if c != shown[n] and not c.isspace()]
    assert not different, (node, different)


def _check_appended(document: Document) -> None:
    """A question can be added to what can be read."""
    text = document.source.text
    before, problems = banks.parse(document)
    after = read(BANK, append_item(text, "- basic: added-x\n  q: Why?\n  a: So.\n").encode())
    if before is None or problems or not _is_block_list(text, document.root):
        return
    bank, problems = banks.parse(after)
    assert not problems, (problems, after.source.text)
    assert bank
    ids = [entry.question.id for entry in before.entries]
    assert [entry.question.id for entry in bank.entries] == [*ids, "added-x"]


def _is_block_list(text: str, root: Node | None) -> bool:
    """Tell whether the questions are listed by dashes, under a key as everybody writes it."""
    if not isinstance(root, Mapping) or text[root.start] == "{":
        return False
    listed, key = root.values.get("questions"), root.key("questions")
    plain = key is not None and key.style == "" and text[key.start - 1 : key.start] in ("", "\n")
    return plain and isinstance(listed, Items) and text[listed.start] == "-"


def check_problems(problems: Iterable[Diagnostic]) -> None:
    """Require that problems can be shown, in their places, in every format."""
    problems = tuple(problems)
    for problem in problems:
        for span in (problem.span, *(label.span for label in problem.related)):
            assert 0 <= span.start <= span.end <= len(span.source.text), problem
        assert problem.rule
        assert allowed(problem) in (True, False)
    for form in ("text", *FORMATS):
        render(problems, form).encode("utf-8")


# ------------------------------------------------------------------ Markdown

IMAGES = {"a.svg": "a-0123.svg"}


def prose(data: bytes) -> None:
    """A text becomes HTML that is whole and safe, and Anki sees the gaps that we see."""
    text = data.decode("utf-8", "surrogatepass" if data.isascii() else "replace")
    for cloze in (False, True):
        rendered = markdown.render(text, cloze=cloze, media=IMAGES)
        markup.check(rendered.html, set(IMAGES.values()))
        if all(problem.severity == "warning" for problem in rendered.problems):
            markup.check_whole(rendered.html)
        for problem in rendered.problems:
            assert 0 <= problem.start <= problem.end <= len(text), problem
        for formula in rendered.formulas:
            assert 0 <= formula.start < formula.end <= len(text), formula
        assert gaps_in_anki(rendered.html) == (rendered.clozes if cloze else ())


@cache
def _anki() -> AnkiCollection:
    folder = tempfile.mkdtemp(prefix="fuzz-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return AnkiCollection(str(Path(folder) / "collection.anki2"))


def gaps_in_anki(html: str) -> tuple[int, ...]:
    """Ask Anki for the numbers of the gaps in a field."""
    note = _anki().new_note(_anki().models.by_name("Cloze"))
    note.fields[0] = html
    return tuple(sorted(note.cloze_numbers_in_fields()))


# ------------------------------------------------------------------ layout


def layout(data: bytes) -> None:
    """Laid out, a bank says the same, and laid out again it is the same."""
    document = read(BANK, data)
    made = fmt.lay_out(document)
    if errors(document.problems):
        assert made.text is None
        return
    assert made.text is not None
    after = read(BANK, made.text.encode("utf-8"))
    assert questions(after) == questions(document)
    assert fmt.lay_out(after).text == made.text


def questions(document: Document) -> object:
    """Give all that the rest of the tool sees of a bank."""
    found, problems = banks.parse(document)
    head, entries = (found.head, found.entries) if found else (None, ())
    return head, [entry.question for entry in entries], sorted(p.rule for p in problems)
