"""The book: what GitHub and GitBook make of it is what the authors meant, and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ankibuild import markdown, workflow
from ankibuild.fill import collect
from ankibuild.kinds.code import Code
from ankibuild.outputs.gitbook import LIST, formulas, write
from ankibuild.outputs.gitbook.blocks import Writer
from ankibuild.outputs.gitbook.book import make
from ankibuild.outputs.gitbook.tree import Element, Formula, Node, parse
from ankibuild.rules import Subject
from kit import SVG, Repository
from typesetting import html_of

ROOT = Path(__file__).parent.parent
GFM = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PAGE = "01-first/01-one.md"


# ------------------------------------------------------------------ what the tests stand on


def load(root: Path) -> Subject:
    space = workflow.load(root)
    assert space.subject is not None, space.problems
    return space.subject


def pages(subject: Subject) -> dict[str, str]:
    files = make(subject)
    return {path: made().decode() for path, made in files.items() if path.endswith(".md")}


@pytest.fixture(scope="module")
def arc() -> Subject:
    return load(ROOT)


@pytest.fixture(scope="module")
def book(arc: Subject) -> Mapping[str, str]:
    return pages(arc)


def book_of(root: Path, questions: str) -> dict[str, str]:
    repository = Repository(root)
    repository.write("media/square.svg", SVG)
    repository.bank(questions)
    return pages(load(root))


def section(page: str, name: str) -> str:
    """Give what stands under the heading of a question."""
    return page.partition(f"\n### {name}\n\n")[2].partition("\n### ")[0].rstrip()


# ------------------------------------------------------------------ GitHub's rules


@dataclass(frozen=True)
class Seen:
    """What GitHub makes of a page: its formulas, headings, links, tags, and stray dollars."""

    formulas: tuple[str, ...]
    headings: tuple[str, ...]
    links: tuple[str, ...]
    images: tuple[tuple[str, str], ...]
    tags: Counter[str]
    stray: tuple[str, ...]

    @property
    def anchors(self) -> list[str]:
        taken: Counter[str] = Counter()
        found = []
        for heading in self.headings:
            slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
            found.append(f"{slug}-{taken[slug]}" if taken[slug] else slug)
            taken[slug] += 1
        return found


class Page(HTMLParser):
    """Reads rendered Markdown as GitHub looks for formulas in it: in each run of text.

    A run ends at any tag. ``$`...`$`` is code between two dollars, a formula verbatim.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.open: list[str] = []
        self.runs: list[tuple[str, str]] = []  # what it is in, and the text
        self.links: list[str] = []
        self.images: list[tuple[str, str]] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        if tag == "a":
            self.links.append(values["href"])
        if tag in HEADINGS:
            self.headings.append("")
        if tag == "img":
            self.images.append((values["src"], values["alt"]))
        math = tag == "code" and values.get("class") == "language-math"
        self.open.append("math" if math else tag)
        self.runs.append(("", ""))
        if tag in ("br", "img", "hr"):
            self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() in (tag, "math"), "tags that do not match"
        self.runs.append(("", ""))

    def handle_data(self, data: str) -> None:
        if any(tag in HEADINGS for tag in self.open):
            self.headings[-1] += data
        place = next((one for one in reversed(self.open) if one in PLACES), "")
        before, words = self.runs[-1] if self.runs else ("", "")
        if words and before == place:
            self.runs[-1] = (place, words + data)
        else:
            self.runs.append((place, data))


PLACES = ("math", "code")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def github(page: str) -> Seen:
    reader = Page()
    reader.feed(GFM.render(page))
    reader.close()
    assert not reader.open, "tags that are not closed"
    runs = [(place, words) for place, words in reader.runs if words]
    found: list[str] = []
    stray: list[str] = []
    for number, (place, words) in enumerate(runs):
        around = [runs[at][1] if 0 <= at < len(runs) else "" for at in (number - 1, number + 1)]
        if place == "math" or (place == "code" and in_dollars(*around)):
            found.append(words.strip())
        elif place != "code":
            spans = list(dollar_spans(words))
            found += [words[start + 2 : end - 2] for start, end in spans]
            if "$" in without(words, spans).strip("$"):
                stray.append(words)
    return Seen(
        tuple(found),
        tuple(reader.headings),
        tuple(reader.links),
        tuple(reader.images),
        reader.tags,
        tuple(stray),
    )


def in_dollars(before: str, after: str) -> bool:
    return re.search(r"(?:\A|[\s(])\$\Z", before) is not None and (
        re.match(r"\$(?![\w$])", after) is not None
    )


def without(words: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in reversed(list(spans)):
        words = words[:start] + words[end:]
    return words


def dollar_spans(words: str) -> Iterator[tuple[int, int]]:
    """Yield where GitHub sees ``$$...$$`` in a run of text.

    At its start, after a blank or after `(`; on one line; not before a letter, a digit or `_`.
    """
    pattern = re.compile(r"(?:(?<=[\s(])|\A)\$\$(?![\s$])[^$\n]+\$\$(?![A-Za-z0-9_$])")
    return (found.span() for found in pattern.finditer(words))


def gitbook(page: str) -> list[str]:
    """Give the formulas as GitBook reads them: between ``$$``, to the letter, outside of code."""
    fences = r"(?ms)^([ >]*(?:(?:[-*]|\d+[.)]) +)*)(`{3,})[^\n]*\n.*?^[ >]*\2`*$"
    code = r"(?<![`\\])(`+)(?!`)(?:.+?)(?<!`)\1(?!`)"
    plain = re.sub(code, "", re.sub(fences, "", page))
    return re.findall(r"\$\$(.+?)\$\$", plain)


def shown(tex: str) -> str:
    """Give what both readers are to see of an author's formula that has no sign of percent."""
    return formulas.spell(tex) or " ".join(tex.split())


# ------------------------------------------------------------------ our own decks


def test_every_question_is_in_the_book_once_and_on_its_page(arc: Subject, book: Mapping[str, str]):
    expected = {
        entry.question.id: placed.bank.path.removeprefix("decks/").replace(".yaml", ".md")
        for placed in arc.project.banks
        for entry in placed.bank.entries
    }
    found = [
        (name, path)
        for path, page in book.items()
        for name in re.findall(r"^### (\S+)$", page.partition("\n## Questions\n")[2], re.M)
    ]
    assert len(found) == len(expected)
    assert dict(found) == expected


def test_both_readers_see_every_formula_of_every_question(arc: Subject, book: Mapping[str, str]):
    wanted: dict[str, Counter[str]] = {}
    for one in collect(arc.project).formulas:
        tex = one.formula.tex.removesuffix(r"\%")
        wanted.setdefault(one.entry.question.id, Counter())[shown(tex)] += 1
    asked = 0
    for page in book.values():
        for name in re.findall(r"^### (\S+)$", page, re.M):
            text = section(page, name)
            seen = github(text)
            assert not seen.stray, name
            assert list(seen.formulas) == gitbook(text), name
            assert not wanted.get(name, Counter()) - Counter(seen.formulas), name
            asked += name in wanted
    assert asked == len(wanted)


def test_a_formula_that_is_spelled_anew_looks_as_before(arc: Subject, tmp_path: Path):
    """For each way in which formulas are spelled anew, one that MathJax typesets both ways."""
    chosen: dict[tuple[str, ...], tuple[str, str]] = {}
    for one in collect(arc.project).formulas:
        old, new = one.formula.tex, formulas.spell(one.formula.tex)
        if new and new != old:
            words = Counter(re.findall(r"\\[a-zA-Z]+|\\.|.", new)) - Counter(
                re.findall(r"\\[a-zA-Z]+|\\.|.", old)
            )
            chosen.setdefault(tuple(sorted(words)), (old, new))
    both = [(tex, True) for pair in chosen.values() for tex in pair]
    found = html_of(both, tmp_path)
    assert len(chosen) >= 4
    for old, new in chosen.values():
        assert mathml(found[old, True]) == mathml(found[new, True]), (old, new)


def mathml(markup: str) -> str:
    r"""Give the MathML of a typeset formula, without what only tells how it was written."""
    found = re.search("<math .*</math>", markup)
    assert found, markup
    bare = re.sub(r' (?:fence|stretchy)="false"', "", found[0])
    bare = re.sub(r'<mstyle scriptlevel="0">(<mspace[^>]*></mspace>)</mstyle>', r"\1", bare)
    return bare.replace("&#x2016;", "&#x2225;")  # `\Vert` and `\|` are drawn alike


def test_every_link_leads_to_a_page_a_heading_or_a_work(arc: Subject, book: Mapping[str, str]):
    works = [work.url for work in arc.project.sources.values() if work.url]
    own = written(arc)
    paths = {*make(arc)}
    seen = {path: github(page) for path, page in book.items()}
    assert sum(len(page.links) for page in seen.values()) > 500
    for path, page in seen.items():
        assert all(alt.strip() for _, alt in page.images)
        for link in (*page.links, *(source for source, _ in page.images)):
            if re.match(r"https?://", link):
                place = re.split(r"[?&]t=|#", unquote(link))[0]
                assert any(work.startswith(place) for work in works) or link in own, link
                continue
            name, _, anchor = unquote(link).partition("#")
            target = joined(path, name) if name else path
            assert target in paths, (path, link)
            assert not anchor or anchor in seen[target].anchors, (path, link)


def written(arc: Subject) -> set[str]:
    """Give the addresses that authors wrote into their texts."""
    texts = (placed.bank.document.source.text for placed in arc.project.banks)
    return {link for text in texts for link in re.findall(r"\]\((https?://[^\s)]+)\)", text)}


def joined(page: str, way: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / way).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def test_programs_and_their_outputs_stand_to_the_letter(arc: Subject, book: Mapping[str, str]):
    text = "\n".join(book.values())
    codes = [one.question for one in arc.project.entries.values() if isinstance(one.question, Code)]
    assert len(codes) > 20
    for one in codes:
        assert f"\n```python\n{one.program.rstrip()}\n```\n" in text, one.id
        assert f"\n```\n{one.output.rstrip()}\n```\n" in text, one.id


def test_the_contents_mirror_the_arc(arc: Subject, book: Mapping[str, str]):
    slots = arc.project.curriculum.slots
    decks = [slot.path.removeprefix("decks/").replace(".yaml", ".md") for slot in slots]
    parts = [f"{part.id}/README.md" for part in arc.project.curriculum.parts]
    found = github(book["SUMMARY.md"]).links
    assert sorted(found) == sorted({*book} - {"SUMMARY.md"})
    assert [link for link in found if link in decks] == decks
    assert [link for link in found if link in parts] == parts


def test_every_item_of_the_curriculum_is_a_task_once(arc: Subject, book: Mapping[str, str]):
    tasks = sum(
        len(re.findall(r"^- \[ \] ", page.partition("\n## Questions\n")[0], re.M))
        for page in book.values()
    )
    assert tasks == len(arc.project.curriculum.items)


def test_the_same_project_is_the_same_book(arc: Subject, book: Mapping[str, str], tmp_path: Path):
    written_ = write(arc, tmp_path / "book")
    again = {path: (tmp_path / "book" / path).read_text("utf-8") for path in book}
    assert again == book
    assert {str(path.relative_to(tmp_path / "book")) for path in written_} == {*make(arc)}
    assert all(str(ROOT) not in page for page in again.values())


# ------------------------------------------------------------------ formulas


@pytest.mark.parametrize(
    ("tex", "spelled"),
    [
        (r"\frac{a}{b} + x_i^2", r"\frac{a}{b} + x_i^2"),
        (r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}", r"\begin{bmatrix} 1 \cr 2 \end{bmatrix}"),
        (r"a \\ b", r"a \newline b"),
        (r"f(x)\,dx \; \{a\} \| b\|", r"f(x)\thinspace dx \mkern5mu \lbrace a\rbrace \Vert b\Vert"),
        (r"{a}_b c_{d}", r"{a}_ b c_{d}"),
        (r"{a}_{b}", r"{a}_ {b}"),
        ("a*b*c", "a * b * c"),
        (r"\operatorname*{arg\,max}_x", r"\operatorname*{arg\thinspace max}_ x"),
        (r"\begin{align*} a \end{align*}", r"\begin{align*} a \end{align*}"),
        ("a<b>c", r"a\lt b>c"),
        ("[a](b)", "[a] (b)"),
        ("a~b", r"a\ b"),
        ("x[:a:b]", "x[: a:b]"),
        ("a\n  = b\\ ", "a = b\\ {}"),
        (r"\text{if $x$}", None),
        (r"\text{a < b}", r"\text{a < b}"),
        (r"\text{50\% of}", None),
        (r"a \\[2pt] b", None),
        ("a % b", None),
        (r"\mathtt{`}", None),
        ("{%x%}", None),
    ],
)
def test_formulas_are_spelled_for_both_readers(tex: str, spelled: str | None):
    assert formulas.spell(tex) == spelled
    for text in (formulas.inline(tex), f"text {formulas.inline(tex)}, text", formulas.display(tex)):
        seen = github(text)
        assert not seen.stray
        expected = spelled or (" ".join(tex.split()).replace("`", "‘") if "\n" not in text else tex)
        assert seen.formulas == (expected,)


TEX = r"* ** _ _b ^* { } \\ \, \{ \| \% ` ~ < > & &lt; | [ ]( ) ! # : :x: \frac \text{a_b < c}"


@given(st.lists(st.sampled_from([*TEX.split(), " ", "\n", "y", "1"]), max_size=9).map("".join))
def test_whatever_is_spelled_is_read_alike_by_both(tex: str):
    spelled = formulas.spell(tex)
    written_ = formulas.inline(tex)
    for page in (f"*so* {written_}, {written_} and more", f"- {written_}"):
        if spelled:
            assert {*github(page).formulas} == {spelled}
            assert github(page).formulas == (*gitbook(page),)


def test_a_formula_in_a_cell_ends_no_cell():
    page = Writer().write(parse(markdown.render("| a |\n|---|\n| $\\|x\\| + |y|$ |").html))
    assert github(page).formulas == (r"\Vert x\Vert + \vert y\vert",)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("rank-$2$ and non-$x$", "rank- $$2$$ and non- $$x$$"),
        ("($x$), “$y$”", "($$x$$), “ $$y$$”"),
        ("**$x$**'s $n$-th", "**$$x$$**'s $$n$$-th"),
        ("the $n$th", "the $$n$$ th"),
        ("#$x$", "\\# $$x$$"),
        (r"$73\%$.", "$$73$$%."),
        ("costs \\$5", r"costs \$5"),
        ("from \\$5 to \\$6", "from <span>$</span>5 to <span>$</span>6"),
    ],
)
def test_formulas_and_dollars_stand_where_github_tells_them_apart(text: str, written: str):
    page = Writer().write(parse(markdown.render(text).html))
    assert page == written
    assert not [one for one in github(page).stray if "5" not in one]


# ------------------------------------------------------------------ texts


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("#params, `a|b` and <pad> 2 * 3", "#params, `a|b` and \\<pad\\> 2 \\* 3"),
        ("snake_case, _x, **bold** a**b**", "snake_case, \\_x, **bold** a**b**"),
        ("a<b> b </b>c<i> </i>d", "a **b** c d"),
        ("<b>so.</b>x *(a)*", "<strong>so.</strong>x *(a)*"),
        ("a\n---\nb", "a\n\n---\n\nb"),
        ("# Not a heading", "**Not a heading**"),
        ("one\\\ntwo", "one\\\ntwo"),
        ("- a\n- b\n  1. c\n\nd", "- a\n- b\n  1. c\n\nd"),
        ("> a\n> > b", "> a\n>\n> > b"),
        ("![a *square*](square.svg)", "![a \\*square\\*](../.gitbook/assets/square.svg)"),
        ("[a](https://e.org/(x)_y)", "[a](https://e.org/%28x%29_y)"),
        ("https://e.org and www.e.org", "https\\://e.org and www\\.e.org"),
        ("a | b\n:-- | --:\n1 | 2", "| a | b |\n| :-- | --: |\n| 1 | 2 |"),
        ("H<sub>2</sub>O, ~~no~~, <b>x</b>y", "H<sub>2</sub>O, <del>no</del>, **x**y"),
        ("`` a`b ``", "``a`b``"),
        ("{% hint %} &lt; &amp;lt;", "&#123;% hint %} \\< &amp;lt;"),
    ],
)
def test_texts_say_the_same_in_the_book(text: str, written: str):
    rendered = markdown.render(text, media={"square.svg": "square.svg"})
    assert Writer(figures="../.gitbook/assets/").write(parse(rendered.html)) == written


SIGNS = r"* ** _ ` ~~ \ | - # > [ ]( ! & < {% {{ 1. = --- { } :// www.e.org @ ( ) ' . + é – ‘ a b 1"
PIECES = [
    *SIGNS.split(),
    *(" ", "\n", "\n\n", "    ", "```\n", "- ", "1. ", "# ", "> ", "word", "x_1", "\\$", "\\\n"),
    *("| a | b |\n|---|---|\n| c | d |\n", "<b>", "</b>", "<sub>", "<s>", "[x](https://e.org)"),
    *("$x_1$", "$$y$$", "**b**", "`c`", "&amp;", "<details>", "</details>"),
]
NO_TEXT = re.compile(r"[\s$…`‘]")


def words(nodes: Iterable[Node]) -> str:
    """Give all text, without blanks and the signs around formulas."""
    texts = (
        node
        if isinstance(node, str)
        else formulas.spell(node.tex) or node.tex
        if isinstance(node, Formula)
        else words(node.children)
        for node in nodes
    )
    return NO_TEXT.sub("", "".join(texts))


def count(nodes: Iterable[Node], *tags: str) -> int:
    found = [node for node in nodes if isinstance(node, Element)]
    return sum((node.tag in tags) + count(node.children, *tags) for node in found)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_nothing_an_author_writes_is_lost_or_becomes_something_else(text: str):
    tree = parse(markdown.render(text).html)
    page = Writer().write(tree)
    back = parse(GFM.render(page))
    assert words(back) == words(tree)
    for tag in ("a", "img"):
        assert count(back, tag) == count(tree, tag)
    for tag in ("li", "blockquote", "table", "details", "sub"):
        assert count(back, tag) <= count(tree, tag)
    assert count(back, "strong") <= count(tree, "b", "strong", *HEADINGS)
    assert not count(back, *HEADINGS, "s", "script")


# ------------------------------------------------------------------ kinds

KINDS = [
    (
        """
  - basic: one
    q: Why $x$?
    a: So.
    hint: Think.
    extra: More.
    at: 10:30
    covers: [one.why]
""",
        """\
Why $$x$$?

<details>

<summary>Hint</summary>

Think.

</details>

<details>

<summary>Answer</summary>

So.

More.

Source: [A lecture, 10:30 (the middle)](https://www.youtube.com/watch?v=abcdefghijk&t=630s)

</details>""",
    ),
    (
        """
  - cloze: one
    text: |
      In {{c1::training}}, {{c2::`a::b`::a *word*}},
      $y = {{c3::\\gamma}}$ and

      {{c4::
      - one
      - two
      }}
""",
        """\
In **\\_\\_\\_\\_\\_**, **\\_\\_\\_\\_\\_** (*a <em>word</em>*),
$$y = \\underline{\\quad \\quad}$$ and

**\\_\\_\\_\\_\\_**

<details>

<summary>Answer</summary>

In **training**, **`a::b`**,
$$y = \\gamma$$ and

- one
- two

Source: [A lecture](https://www.youtube.com/watch?v=abcdefghijk)

</details>""",
    ),
    (
        """
  - code: one
    q: What does this print?
    program: |
      for x in (1, 2):
          print("```", x < 2)
    output: |
      ``` True
      ``` False
""",
        """\
What does this print?

````python
for x in (1, 2):
    print("```", x < 2)
````

<details>

<summary>Answer</summary>

````
``` True
``` False
````

Source: [A lecture](https://www.youtube.com/watch?v=abcdefghijk)

</details>""",
    ),
    (
        """
  - steps: one
    q: |
      Derive it:

      ![the unit square](square.svg)
    lines:
      - $$a = b$$
      - "So $b = c$."
""",
        """\
Derive it:

![the unit square](../.gitbook/assets/square-HASH.svg)

<details>

<summary>Step 1 of 2</summary>

$$a = b$$

</details>

<details>

<summary>Step 2 of 2</summary>

So $$b = c$$.

</details>

<details>

<summary>Source</summary>

Source: [A lecture](https://www.youtube.com/watch?v=abcdefghijk)

</details>""",
    ),
    (
        """
  - exercise: one
    q: Do it.
    hints: [Think of $x$., Think again.]
    a: |
      ```py
      done()
      ```
    rubric: [It is done., It is $y$.]
""",
        """\
Do it.

<details>

<summary>Hint 1 of 2</summary>

Think of $$x$$.

</details>

<details>

<summary>Hint 2 of 2</summary>

Think again.

</details>

<details>

<summary>Answer</summary>

```py
done()
```

Check your own:

- [ ] It is done.
- [ ] It is $$y$$.

Source: [A lecture](https://www.youtube.com/watch?v=abcdefghijk)

</details>""",
    ),
    (
        """
  - drill: one
    q: What is $@{x} + 1$?
    a: It is $@{y}$.
    hint: Count.
    extra: "From $@{x}$."
    given:
      - {x: 1, y: 2}
      - {x: 2, y: 3}
      - {x: 3, y: 4}
""",
        """\
What is $$1 + 1$$?

<details>

<summary>Hint</summary>

Count.

</details>

<details>

<summary>Answer</summary>

It is $$2$$.

From $$1$$.

Source: [A lecture](https://www.youtube.com/watch?v=abcdefghijk)

</details>

<details>

<summary>2 rows more</summary>

**Row 2.** What is $$2 + 1$$?

**Row 3.** What is $$3 + 1$$?

</details>

<details>

<summary>Their answers</summary>

**Row 2.** It is $$3$$.

From $$2$$.

**Row 3.** It is $$4$$.

From $$3$$.

</details>""",
    ),
]


@pytest.mark.parametrize(("question", "written"), KINDS)
def test_a_question_of_each_kind_is_asked_and_folded(question: str, written: str, tmp_path: Path):
    page = book_of(tmp_path, question)[PAGE]
    found = re.sub(r"square-[0-9a-f]{8}", "square-HASH", section(page, "one"))
    assert found == written


def test_the_page_of_a_topic(tmp_path: Path):
    book = book_of(tmp_path, "  - basic: sources\n    q: Q?\n    a: A.\n    covers: [one.why]\n")
    assert (
        book[PAGE].partition("\n\n### sources")[0]
        == """\
# A bank

[First things](README.md) · intro · 1 question, 1 card

## To do

**Watch**

- [ ] Watch it. ([A lecture](https://www.youtube.com/watch?v=abcdefghijk))

**Explain**

- [ ] Say why. ([A lecture](https://www.youtube.com/watch?v=abcdefghijk)) → [sources](#sources-1)

## Sources

- [A lecture](https://www.youtube.com/watch?v=abcdefghijk) (video)

<details>

<summary>A lecture: 2 chapters</summary>

- [0:00](https://www.youtube.com/watch?v=abcdefghijk&t=0s) intro
- [10:00](https://www.youtube.com/watch?v=abcdefghijk&t=600s) the middle

</details>

## Questions

Answer aloud before you unfold an answer. The name of a question leads to it."""
    )
    assert github(book[PAGE]).anchors[-1] == "sources-1"
    assert "There are none yet." in book["02-second/01-three.md"]
    assert "- [ ] Say what." in book["02-second/01-three.md"]


# ------------------------------------------------------------------ strangers

HOSTILE = r"""
  - basic: hostile
    q: |
      </details><script>alert(1)</script> <b onclick="x()">b</b> <img src="x" onerror="x()">

      # sources

      Setext
      ===

      [one]: https://e.org
      [one] [two][one] <https://e.org> {% embed url="https://e.org" %} www.e.org a@e.org

          </details>
    a: |
      ~~~~text
      ```
      </details>
      ~~~~

      `</details>` $</details>$ $$</summary></details>$$

      <details><summary></details>$</summary>$<b></summary></details></details> end

      - [x] done
      - </details>
    hint: |
      | a |
      |---|
      | </details> \| $$|</details>$$ |
    extra: |
      </details>

      ***

      &lt;/details&gt; <!-- --> --> ]]> <?php ?> <!X>
  - basic: after
    q: Still here?
    a: Yes.
"""


def test_no_text_leaves_its_fold_or_becomes_more_than_a_text(tmp_path: Path):
    repository = Repository(tmp_path)
    title = "'</summary></details>[x](https://e.org) # {% x %} $y$'"
    repository.bank(HOSTILE, title=title)
    space = workflow.load(tmp_path)
    assert space.subject is not None
    page = pages(space.subject)[PAGE]
    seen = github(page)
    assert seen.headings[-2:] == ("hostile", "after")
    assert len(seen.headings) == 6
    assert not {"script", "b", "img", "input", "h4", "h5", "h6"} & {*seen.tags}
    assert {*seen.links} <= {
        "README.md",
        "https://e.org",
        "https://www.youtube.com/watch?v=abcdefghijk",
        *(f"https://www.youtube.com/watch?v=abcdefghijk&t={at}s" for at in (0, 600)),
    }
    assert "{%" not in page
    after = section(page, "after")
    assert after.startswith("Still here?\n\n<details>\n\n<summary>Answer</summary>\n\nYes.")


# ------------------------------------------------------------------ the folder


def test_the_book_is_exported_over_the_one_before_and_over_nothing_else(tmp_path: Path):
    Repository(tmp_path / "project").bank("  - basic: one\n    q: Q?\n    a: A.\n")
    subject = load(tmp_path / "project")
    dest = tmp_path / "book"
    written_ = workflow.export(subject, "gitbook", dest)
    assert {dest / "README.md", dest / "SUMMARY.md", dest / ".gitbook.yaml"} <= {*written_}
    (dest / "01-first/mine.md").write_text("mine")
    (dest / PAGE).unlink()
    assert workflow.export(subject, "gitbook", dest) == written_
    assert (dest / PAGE).is_file()
    assert (dest / "01-first/mine.md").read_text() == "mine"
    (dest / LIST).unlink()
    with pytest.raises(workflow.RefusedError, match="no export has written"):
        workflow.export(subject, "gitbook", dest)
