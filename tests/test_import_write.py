"""What an import writes into files: YAML that is read as it was meant, in the project's layout."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ankibuild import fmt
from ankibuild.curriculum import SourceWork
from ankibuild.fill import citation
from ankibuild.importer.append import append
from ankibuild.importer.citing import Library
from ankibuild.importer.foreign import ImportRefusedError
from ankibuild.importer.write import bank, question, require_same
from ankibuild.source import STRANGE, read

_signs = "ab:#-?{}[]&*!|>'\"%@` \t\n,\\$<=~.é　\xa0…1"
_texts = (
    st.text(st.sampled_from(_signs) | st.characters(exclude_categories=("Cs",)), max_size=30)
    .map(lambda text: STRANGE.sub("", text).strip("\n"))
    .filter(str.strip)
)
_lines = _texts.map(lambda text: text.replace("\n", " ")).filter(str.strip)


@settings(max_examples=150)
@given(_lines, _lines, _texts, _texts, _texts)
def test_any_text_is_read_as_it_was_written(title: str, guid: str, q: str, a: str, more: str):
    drill = {"q": q, "a": a, "given": ({"q": a, "a": more}, {"q": q, "a": a}), "guid": guid}
    steps = {"q": q, "lines": (a, more, q), "tags": ("a", "b::c")}
    text = bank(title, [question("drill", "x-1", drill), question("steps", "y", steps)])
    require_same(text, [{"drill": "x-1", **drill}, {"steps": "y", **steps}])
    assert fmt.format_text("", text.encode()) == fmt.Formatted(text)


def test_what_would_be_read_as_something_else_is_a_bug_of_ours():
    text = bank("A title", [question("basic", "x", {"q": "Why?", "a": "So."})])
    require_same(text, [{"basic": "x", "q": "Why?", "a": "So."}])
    for other in (text.replace("So.", "So"), text.replace("a: So.", "a: [So.]"), f"{text}- x\n"):
        with pytest.raises(RuntimeError, match="would not be read as it was written"):
            require_same(other, [{"basic": "x", "q": "Why?", "a": "So."}])


def test_what_no_file_holds_is_what_the_reader_refuses():
    for code in {*range(0x10000)} - {*range(0xD800, 0xE000), *map(ord, "\n\r")}:
        if chr(code).isprintable() and chr(code) != "\ufffe":
            assert not STRANGE.search(chr(code))
            continue
        found = read("", f"title: |\n  x{chr(code)}x\n".encode())
        assert bool(STRANGE.search(chr(code))) == (found.root is None), hex(code)
    with pytest.raises(ValueError, match="no file can hold this text"):
        bank("x\u200fx", [])


# ------------------------------------------------------------------ appending

ENTRY = "  - part: x\n    decks:\n      - deck: 02 X\n"
BARE = "title: a\nparts:\n\n" + ENTRY
LISTS = {
    "an empty list": ("title: a\nparts: []\n", BARE),
    "an empty list with a remark": ("parts: [ ] # none\n", "parts: # none\n\n" + ENTRY),
    "nothing behind the key": ("title: a\nparts:\n", BARE),
    "no such key": ("title: a", "title: a\n\nparts:\n\n" + ENTRY),
    "an empty file": ("", "parts:\n\n" + ENTRY),
    "another key behind": ("parts: []\nz: 1\n", "parts:\n\n" + ENTRY + "\nz: 1\n"),
    "dashes in column 0": (
        "parts:\n- part: q\n  deck: r",
        "parts:\n- part: q\n  deck: r\n\n" + re.sub("^  ", "", ENTRY, flags=re.M),
    ),
    "comments of its own": (
        "parts:\n    - part: q\n      # of q\n# of the file\n",
        "parts:\n    - part: q\n      # of q\n\n"
        + re.sub("^", "  ", ENTRY.rstrip(), flags=re.M)
        + "\n\n# of the file\n",
    ),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", LISTS)
def test_an_entry_is_appended_and_nothing_else_changes(name: str, newline: str):
    before, after = (text.replace("\n", newline) for text in LISTS[name])
    if "\n" not in before:  # there is no line end to learn from
        after = after.replace(newline, "\n")
    assert append("c.yaml", before.encode(), "parts", [ENTRY]) == after


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("parts: [{part: q}]\n", "`parts` stands in brackets in `c.yaml`"),
        ("parts: [\n", "`c.yaml` cannot be read; `ankibuild check` says why"),
        ("- parts\n", "`c.yaml` cannot be read"),
    ],
)
def test_a_file_that_cannot_be_appended_to_is_refused(text: str, why: str):
    with pytest.raises(ImportRefusedError, match=re.escape(why)):
        append("c.yaml", text.encode(), "parts", [ENTRY])


# ------------------------------------------------------------------ sources

VIDEO = SourceWork(
    id="v",
    kind="video",
    title="A lecture, in 2 parts (the first)",
    url="https://www.youtube.com/watch?v=abc&list=x",
    chapters="0:00 intro\n10:00 the middle (of it)\n1:00:00 the end",
)
PAGE = SourceWork(id="p", kind="docs", title="A page & more", url="https://example.org/a?b=c&d")
BOOK = SourceWork(id="b", kind="book", title="A book")
CITED = [
    *((VIDEO, at) for at in ("5:00", "10:05", "59:59, 10:00", "1:02:03", "")),
    *((PAGE, at) for at in ("§2.6", "anchor top", "§2.6, anchor top", "p. 14", "")),
    *((BOOK, at) for at in ("p. 14, fig. 2", "")),
]


def test_a_line_is_taken_apart_and_put_together_again():
    lines = [citation(work, at) for work, at in CITED]
    library = Library()
    for line in lines:
        library.cite(line)
    found, works = library.resolve()
    by_id = {work.id: work for work in works}
    assert [citation(by_id[found[line].source], found[line].at) for line in lines] == lines
    assert {(work.title, work.url) for work in works} == {
        (work.title, work.url) for work in (VIDEO, PAGE, BOOK)
    }
    assert [work.chapters for work in works if work.chapters] == [
        "5:00 intro\n10:05 the middle (of it)\n1:02:03 the end"
    ]


def test_a_source_that_is_there_is_named():
    library = Library({"v": VIDEO, "p": PAGE, "b": BOOK})
    for work, at in CITED:
        library.cite(citation(work, at))
    found, works = library.resolve()
    assert works == ()
    assert [found[citation(work, at)].source for work, at in CITED] == [
        work.id for work, _ in CITED
    ]


def test_whatever_stands_in_the_line_it_is_kept_or_told():
    library = Library()
    lines = ["plain, §x (?)", '<a href="javascript:x">evil</a>', "a <b>bold</b> one", " ", "…"]
    for line in lines:
        library.cite(line)
    found, works = library.resolve()
    by_id = {work.id: work for work in works}
    assert set(found) == {"plain, §x (?)"}
    assert citation(by_id[found["plain, §x (?)"].source], "") == "plain, §x (?)"
