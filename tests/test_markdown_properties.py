"""What holds for every text, however odd."""

from __future__ import annotations

import html
import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ankibuild.markdown import LONGEST, code, plain, render
from ankibuild.markdown.prose import clean, marked_up, paragraphs

MEDIA = {"a.svg": "a-0123.svg"}

SNIPPET_LINES = r"""
$ $$ \( \) \[ \] ` `` ``` ~~~ ~~ {{c1:: {{c2:: {{c0:: }} } { :: : * ** _ __ # > - + 1. | |- ---
[ ] ( ) ](https://a.b) ![ ![a](a.svg) ![a](b.svg) <b> </b> <p> <td> <details> <!-- --> <script>
< & &lt; &#31; &#xFDD0; &#92; &#123; \ \\ a b x^2 \frac{1}{2} [sound: [latex] [[type: python
"""
SNIPPETS = SNIPPET_LINES.split()
ODD = ["\u0338", "\u0301", "é", "漢", "🙂", "\ud800", "\x00", "\x02", "\x1f", "\ufdd0", "\ufdd1"]
FORGED = ["\ufdd0T0\ufdd1", "\ufdd0E9\ufdd1"]
SPACES = [" ", "  ", "    ", "\n", "\n\n", "\t", "\r"]

pieces = st.lists(st.sampled_from(SNIPPETS + ODD + FORGED + SPACES * 3), max_size=40).map("".join)
texts = pieces | st.text(max_size=80)


class Text(HTMLParser):
    """The text content of HTML, as a browser would have it."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.tags: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") or name in {"id", "srcset"} for name, _ in attrs)
        assert all(value == "a-0123.svg" for name, value in attrs if name == "src")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    @property
    def content(self) -> str:
        return "".join(self.parts)


def assert_safe(markup: str) -> None:
    assert unicodedata.is_normalized("NFC", markup)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef]", markup)
    assert not re.search(r"(?i)\[(sound:|latex\]|\$\$?\]|anki:|\[type:)", markup)
    assert not {"script", "style", "iframe", "object", "form"} & set(Text(markup).tags)


@given(texts, st.booleans())
@example("&#xFDD0;T0&#xFDD1; $x$", False)
@example("\ufdd0T0\ufdd1 $x$", True)
@example("<b>\u0338", False)
@example("&#31;", False)
@example("{{c" + "9" * 5000 + "::a}}", True)
def test_any_text_renders_to_something_safe(text: str, cloze: bool) -> None:
    rendered = render(text, cloze=cloze, media=MEDIA)
    assert_safe(rendered.html)
    for problem in rendered.problems:
        assert 0 <= problem.start <= problem.end <= len(text)
        assert problem.message
    for formula in rendered.formulas:
        assert 0 <= formula.start < formula.end <= len(text)


@given(texts, st.booleans())
def test_rendering_is_pure(text: str, cloze: bool) -> None:
    first = render(text, cloze=cloze, media=MEDIA)
    render("something else with $x$", media=MEDIA)
    assert render(text, cloze=cloze, media=MEDIA) == first


GAP = re.compile(r"\{\{c([0-9]+)::")


@given(texts)
@example("{{c1::```")
@example("$&lt; &#xFDD0;X9&#xFDD1;$ {{c1::a}}")
def test_the_gaps_in_the_html_are_those_reported(text: str) -> None:
    rendered = render(text, cloze=True, media=MEDIA)
    assert sorted({int(number) for number in GAP.findall(rendered.html)}) == [*rendered.clozes]
    assert len(GAP.findall(rendered.html)) <= rendered.html.count("}}")


@given(texts)
def test_a_text_that_is_no_cloze_has_no_gaps(text: str) -> None:
    assert not GAP.search(render(text).html)


MARKS = ["*", "**", "_", "__", " ~~", " ", "[", "]", "\n", "- ", "> ", "# ", "|", "1. "]
WORDS = st.lists(
    st.text("abcxyz", min_size=1, max_size=3) | st.sampled_from(MARKS),
    max_size=30,
).map("".join)


@given(WORDS)
@example("a*bc**x*yz")
def test_markup_loses_no_letter(text: str) -> None:
    def letters(content: str) -> str:
        return re.sub(r"[^a-z]", "", content)

    assert letters(Text(render(text).html).content) == letters(text)


@given(WORDS)
def test_what_was_cleaned_is_clean(text: str) -> None:
    markup = render(text).html
    assert clean(markup) == markup


FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def allowed(text: str) -> str:
    """Return the text with what no field may hold replaced."""
    return FORBIDDEN.sub("\ufffd", text.replace("\r", " ").replace("\ufeff", "\u2060"))


@example("\n\n x\n\n", "python")
@given(st.text() | pieces, st.sampled_from(["python", "text", "cpp", "no-such", "bash", ""]))
def test_code_shows_the_program(program: str, language: str) -> None:
    markup = code(program, language)
    assert_safe(markup)
    shown = allowed(program)
    assert same(Text(markup).content, shown.rstrip("\n"))


@given(texts)
def test_plain_shows_the_text(text: str) -> None:
    markup = plain(text)
    assert_safe(markup)
    lines = re.sub("<br>", "\n", markup)
    shown = html.unescape(lines.replace("<span></span>", ""))
    expected = allowed(text)
    assert same(shown, expected)


@given(texts)
def test_inline_code_shows_the_code(text: str) -> None:
    body = re.sub(r"[`\n\r]", "", text).strip()
    if body:
        shown = Text(render(f"`{body}`").html).content
        assert same(shown, Text(code(body, "text")).content)


def same(one: str, other: str) -> bool:
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


HEAVY_LINES = r"""
$ ` {{c1:: < [ * \\( \( \[ ![ ![a]( [a]( ]( ](https://a # ~ & &# <b> <!-- <details> <td> }} ::
$$x$$ \begin{align} $\bm{ \ {{c1::a::b}} - > | {{c2:: $x$ `a`
"""
HEAVY = HEAVY_LINES.split()
HEAVY += ["**a ", "*a **b ", "_a ", "> ", "- ", "1. ", "| ", "|\n", "# ", "~~a ", "~~~\n", "```\n"]
HEAVY += ["\n", " ", "\t", "a\n", "<a ", "<b a=", "{{c1::```\n", "{{c1::\n- a\n}}", "$x$ ", "`a` "]
HEAVY += ["- a\n", "  - a\n", "a|b\n-|-\n", "\u0338", "> - ", "- > ", "* * "]


@pytest.mark.parametrize("piece", HEAVY)
@pytest.mark.parametrize("cloze", [False, True])
def test_nothing_hangs(piece: str, cloze: bool) -> None:
    longest = piece * (LONGEST // len(piece))
    assert_safe(render(longest, cloze=cloze).html)
    assert [p.rule for p in render(piece * 100_000, cloze=cloze).problems] == ["text-too-long"]


@pytest.mark.parametrize("pair", ["* ", "<b>", "{{c1:: }}", "[ ](https://a.b)", "**a a** "])
def test_deep_nesting_does_not_exhaust_the_stack(pair: str) -> None:
    opening, _, closing = pair.partition(" ")
    assert_safe(render((opening * 900 + "x" + closing * 900)[:LONGEST], cloze=True).html)


# ------------------------------------------------------------------ paragraphs past Markdown

WORDS = [
    "the",
    "well-known",
    "12",
    "a.",
    "b)",
    "(see",
    "“quote”",
    "1.",
    "e.g.",
    "—",
    "-",
    "ü",
    "end:",
]
MARKS = [f"\ufdd0{kind}0\ufdd1" for kind in "IMTDXHY"]
words = st.sampled_from([*WORDS, *MARKS]) | st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\t"), max_size=4
).map(lambda text: FORBIDDEN.sub("", text))
lines = st.lists(words, min_size=1, max_size=7).flatmap(
    lambda line: st.sampled_from([" ", " ", " ", "", "  "]).map(lambda space: space.join(line))
)
paragraphs_and_more = st.lists(lines, min_size=1, max_size=3).flatmap(
    lambda found: st.sampled_from(["\n\n", "\n"]).map(lambda end: end.join(found))
)


@settings(max_examples=1000)
@given(paragraphs_and_more)
@example("One line,\nand another.\n\n\ufdd0D0\ufdd1\n\nThe end")
@example("\ufdd0X0\ufdd1 - the\nthe \ufdd0Y0\ufdd1")
def test_what_passes_markdown_by_is_what_it_would_have_made(text: str) -> None:
    found = paragraphs(text)
    assert found in ("", marked_up(text, ()))


@pytest.mark.parametrize(
    "text", ["The word (a “good” one), 50% of it.", "If \ufdd0M0\ufdd1, then:\n\n\ufdd0D0\ufdd1"]
)
def test_most_of_what_authors_write_passes_markdown_by(text: str) -> None:
    assert paragraphs(text)
