"""Texts as authors write them, each with what a learner must see: no code of ours is asked.

A :class:`Said` is a piece of Markdown beside what it shows, so that larger ones are put together
from smaller ones. What it shows is compared with the HTML by :class:`Shown`, letter by letter.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser

from hypothesis import strategies as st

MARKS = ("strong", "em", "del", "code", "sub", "sup", "u", "mark")


@dataclass(frozen=True)
class Gap:
    """A gap: its number, what it hides, and its hint."""

    number: int
    inside: tuple[str | Gap, ...]
    hint: str = ""


Words = tuple[str | Gap, ...]


@dataclass(frozen=True)
class Said:
    """A text and what it shows: its words, what is marked, code in blocks, and figures."""

    markdown: str
    words: Words
    marks: tuple[tuple[str, str], ...] = ()
    blocks: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()


def joined(parts: Iterable[Said], between: str) -> Said:
    """Put texts together; ``between`` stands in the Markdown, and shows nothing but space."""
    said = tuple(parts)
    return Said(
        between.join(part.markdown for part in said),
        tuple(word for part in said for word in (*part.words, " ")),
        tuple(mark for part in said for mark in part.marks),
        tuple(block for part in said for block in part.blocks),
        tuple(figure for part in said for figure in part.figures),
    )


def around(said: Said, before: str, after: str, *, first: str = "", lead: str = "") -> Said:
    """Write something around a text, its lines below the first after ``lead``."""
    markdown = said.markdown.replace("\n", f"\n{lead}")
    words = (first, *said.words) if first else said.words
    return Said(before + markdown + after, words, said.marks, said.blocks, said.figures)


# ------------------------------------------------------------------ what is seen


def field(words: Words) -> str:
    """Give the text of a field, with its gaps as Anki keeps them."""
    return "".join(word if isinstance(word, str) else _kept(word) for word in words)


def _kept(gap: Gap) -> str:
    hint = f"::{gap.hint}" if gap.hint else ""
    return f"{{{{c{gap.number}::{field(gap.inside)}{hint}}}}}"


def side(words: Words, hidden: int = 0) -> str:
    """Give what a side of a card shows; on a question, gaps with the number ``hidden`` are shut."""
    return "".join(word if isinstance(word, str) else _opened(word, hidden) for word in words)


def _opened(gap: Gap, hidden: int) -> str:
    return f"[{gap.hint or '...'}]" if gap.number == hidden else side(gap.inside, hidden)


def numbers(words: Words) -> set[int]:
    """Give the numbers of all gaps."""
    gaps = [word for word in words if isinstance(word, Gap)]
    return {gap.number for gap in gaps}.union(*(numbers(gap.inside) for gap in gaps))


def letters(text: str) -> str:
    """Give a text as it is compared: composed, and without white space."""
    return "".join(unicodedata.normalize("NFC", text).split())


class Shown(HTMLParser):
    """What HTML shows: its text, what is marked in it, code in blocks, and figures."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.marks: list[tuple[str, str]] = []
        self.blocks: list[str] = []
        self.figures: list[str] = []
        self._open: list[tuple[str, int, int]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.figures.append(dict(attrs)["src"] or "")
        elif tag == "br":
            self.text += "\n"
        elif tag in (*MARKS, "pre"):
            self._open.append((tag, len(self.text), len(self.marks)))
            self.marks.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag not in (*MARKS, "pre"):
            return
        name, start, place = self._open.pop()
        assert name == tag, f"<{name}> is closed by </{tag}>"
        self.marks[place] = (tag, self.text[start:])
        if tag == "pre":
            self.blocks.append(self.text[start:])
            del self.marks[place:]

    def handle_data(self, data: str) -> None:
        self.text += data


# ------------------------------------------------------------------ inline

WORD_LINE = """
alpha Beta gradient über naïve e\u0301te\u0301 A\u030angström 漢字 かな שלום مرحبا Ελλάδα क्षि 한글
🙂 👩\u200d🔬 x² ½ so… – “quoted” isn’t (so) 3.14 50% a/b ﬁ ǅ İ
"""
WORDS = st.sampled_from(WORD_LINE.split())
PLAIN = st.sampled_from(["one", "two", "three", "four", "alpha", "gamma", "élan"])
CODE = st.text(string.ascii_letters + "{}:<>()[]\\$*_#&;'\" =.", min_size=1, max_size=20).map(
    lambda code: code.strip() or "x"
)
TEX = st.sampled_from(
    [
        *("x^{2}", "a_{1} + b", r"\frac{a}{b_{c} }", "x < y", r"\alpha \& \beta", "f\\colon X"),
        *(r"P(A \mid B)", r"\{a\}", r"x \text{ if } y > 0", "a = b", r"\sqrt{2}"),
    ]
)
#: What is shown as it is, though it would be a sign elsewhere.
LITERAL = [
    *((rf"\{sign}", sign) for sign in "*_`${}#~<|"),
    *(("&lt;b&gt;", "<b>"), ("a < b & c", "a < b & c"), ("5 * 3 * 2", "5 * 3 * 2")),
    *(("snake_case_name", "snake_case_name"), ("{x}", "{x}"), ("&#123;", "{")),
    *((r"costs \$5", "costs $5"), ("[sound:a.mp3]", "[sound:a.mp3]")),
    *(("[latex]x[/latex]", "[latex]x[/latex]"), (r"\\(", r"\(")),
]


def _plain(word: str) -> Said:
    return Said(word, (word,))


def _marked(tag: str, before: str, word: str, after: str) -> Said:
    return Said(f"{before}{word}{after}", (word,), ((tag, word),))


def _inline(tag: str, sign: str) -> st.SearchStrategy[Said]:
    return WORDS.map(lambda word: _marked(tag, sign, word, sign))


_SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'
FIGURES = {
    "square.svg": _SVG.format('<path d="M0 0h9v9z"/>'),
    "dot.svg": _SVG.format('<circle r="1"/>'),
}

INLINE = st.one_of(
    WORDS.map(_plain),
    _inline("strong", "**"),
    _inline("em", "*"),
    _inline("del", "~~"),
    *(
        WORDS.map(lambda word, tag=tag: _marked(tag, f"<{tag}>", word, f"</{tag}>"))
        for tag in ("sub", "sup", "u", "mark")
    ),
    CODE.map(lambda code: _marked("code", "`", code, "`")),
    TEX.map(lambda tex: Said(f"${tex}$", (rf"\({tex}\)",))),
    st.sampled_from(LITERAL).map(lambda pair: Said(pair[0], (pair[1],))),
    WORDS.map(lambda word: Said(f"[{word}](https://example.org/a_b?c=d&e)", (word,))),
    st.sampled_from(sorted(FIGURES)).map(
        lambda name: Said(f"![{name[:-4]}]({name})", (), figures=(name,))
    ),
)
LINE = st.lists(INLINE, min_size=1, max_size=5).map(lambda parts: joined(parts, " "))
#: Words first: a line that begins with a sign may be a block.
SENTENCE = st.tuples(PLAIN.map(_plain), LINE).map(lambda parts: joined(parts, " "))


@st.composite
def gap(draw: st.DrawFn, deeper: int = 1) -> Said:
    """Draw a gap, with a hint or without, perhaps with another one inside."""
    number = draw(st.integers(1, 4))
    parts = [draw(SENTENCE)]
    if deeper and draw(st.integers(0, 3)) == 0:
        parts.append(draw(gap(deeper - 1)))
    inside = joined(parts, " ")
    hint = draw(st.just("") | PLAIN)
    markdown = f"{{{{c{number}::{inside.markdown}{'::' + hint if hint else ''}}}}}"
    words = (Gap(number, inside.words, hint),)
    return Said(markdown, words, inside.marks, inside.blocks, inside.figures)


# ------------------------------------------------------------------ blocks

PROGRAMS = (
    "x = 1",
    "def f(x):\n    return {x: [x]}\n\n\nprint(f(2)[2])",
    "for i in range(3):\n\tprint('a' * i, end='::')",
    'print("<b>", "{{c}}", \'}}\', r"\\(x\\)", "é")  # note',
)
LANGUAGES = ("python", "text", "")


def fenced(program: str, language: str) -> Said:
    """Write a program as a block of code."""
    return Said(f"```{language}\n{program}\n```", (program,), blocks=(program,))


def _listed(items: list[Said], sign: str) -> Said:
    return joined([around(item, sign, "", lead=" " * len(sign)) for item in items], "\n")


def _table(rows: list[tuple[Said, Said]]) -> Said:
    lines = [joined(row, " | ") for row in rows]
    rule = Said("|---|:-:|", ())
    written = [around(line, "| ", " |") for line in lines]
    return joined([written[0], rule, *written[1:]], "\n")


def _block(line: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    """Draw a block of Markdown whose lines are such as ``line`` draws."""
    items = st.lists(line, min_size=1, max_size=3)
    cell = line.filter(lambda said: "|" not in said.markdown)
    return st.one_of(
        line,
        line,
        st.tuples(items, st.sampled_from(["- ", "1. "])).map(lambda pair: _listed(*pair)),
        st.lists(st.tuples(cell, cell), min_size=2, max_size=3).map(_table),
        items.map(lambda lines: around(joined(lines, "\n"), "> ", "", lead="> ")),
        line.map(lambda said: around(said, "## ", "")),
        st.tuples(PLAIN, line).map(
            lambda pair: around(
                pair[1],
                f"<details><summary>{pair[0]}</summary>\n\n",
                "\n\n</details>",
                first=f"{pair[0]} ",
            )
        ),
        TEX.map(lambda tex: Said(f"$$\n{tex}\n$$", (rf"\[{tex}\]",))),
        st.builds(fenced, st.sampled_from(PROGRAMS), st.sampled_from(LANGUAGES)),
    )


def _text(line: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    blocks = st.lists(_block(line), max_size=3)
    return st.tuples(line, blocks).map(lambda pair: joined([pair[0], *pair[1]], "\n\n"))


#: A text of any question.
TEXT = _text(SENTENCE)
#: A text with gaps.
GAPPED = _text(
    st.tuples(SENTENCE, gap(), st.lists(st.one_of(SENTENCE, gap()), max_size=2)).map(
        lambda parts: joined([parts[0], parts[1], *parts[2]], " ")
    )
)
