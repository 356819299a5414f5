"""HTML of foreign notes comes back as what an author would write, and shows the same."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from pathlib import Path

import nh3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ankibuild import markdown, workflow
from ankibuild.cards import _numbers, _pieces
from ankibuild.importer.prose import LARGEST, Prose, build, to_markdown
from ankibuild.importer.prose.shape import shape
from browser import Browser

ROOT = Path(__file__).parent.parent
FILES = ("a.png", "a.mp3", "old-name.jpg", "paste-12ab.png")
MEDIA = dict(zip(("a.png", "a.mp3", "old name.jpg", "paste-12ab.png"), FILES, strict=True))
OURS = {name: name for name in FILES}

#: What becomes Markdown without a loss, and looks the same in a browser.
SAME = [
    # sounds
    ("dog [sound:a.mp3]", "dog ![sound](a.mp3)"),
    ("[sound:a.mp3]", "![sound](a.mp3)"),
    # lines and paragraphs
    ("just text", "just text"),
    ("one<br>two", "one\\\ntwo"),
    ("<div>one</div><div>two</div>", "one\\\ntwo"),
    ("one<div>two</div>", "one\\\ntwo"),
    ("one<br><br>two", "one\n\ntwo"),
    ("<p>one</p><p>two</p>", "one\n\ntwo"),
    ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
    ("one</br>two", "one\\\ntwo"),
    ("<div>&nbsp;</div>x<div>&nbsp;</div>", "x"),
    ("a&nbsp; b &nbsp;c", "a b c"),
    ("one\nline", "one line"),
    ("5&nbsp;km and &laquo;&nbsp;oui&nbsp;&raquo;", "5\xa0km and «\xa0oui\xa0»"),
    ("M:1&nbsp;&nbsp;&nbsp;&nbsp; x", "M:1&nbsp;&nbsp;&nbsp;&nbsp; x"),
    ("if x:<br>&nbsp; &nbsp; y", "if x:\\\n&nbsp;&nbsp;&nbsp;&nbsp;y"),
    ('a <div style="display: inline !important">b</div> c', "a b c"),
    # marks
    ("<b>a</b> <i>b</i> <s>c</s> <u>d</u>", "**a** *b* ~~c~~ <u>d</u>"),
    ("<strong>a</strong><b>b</b>", "**ab**"),
    ("<b>Note: </b>x", "**Note:** x"),
    ("<b>one<br>two</b>", "**one**\\\n**two**"),
    ("<b>end.</b><br>next", "**end.**\\\nnext"),
    ("(<i>?</i>) <code>x</code><b>!</b><br>$<s>.</s>", "(*?*) `x`**!**\\\n\\$~~.~~"),
    ("a<b>b</b>c", "a**b**c"),
    ("<div><b>one</div><div>two</b> three</div>", "**one**\\\n**two** three"),
    ("H<sub>2</sub>O, x<sup>2<sup>3</sup></sup>, <mark>m</mark>",
     "H<sub>2</sub>O, x<sup>2<sup>3</sup></sup>, <mark>m</mark>"),
    ('<span style="font-weight: bold; color: rgb(0, 0, 0)">a</span>', "**a**"),
    ('<b style="font-weight:normal"><span class="x">pasted</span></b>', "pasted"),
    ("<b></b><i> </i>x<!-- note -->", "x"),
    ("tRNA <th>15%</th> of it", "tRNA 15% of it"),
    # lists, tables and other blocks
    ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
    ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
    ("<ol start=3><li>a</li></ol>", "3. a"),
    ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
    ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b"),
    ("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n\n- b"),
    ("<ul><li>a<br>b</li></ul>", "- a\\\n  b"),
    ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n  b"),
    ("<li>a</li><li>b</li>", "- a\n- b"),
    ("<ul><li>a</li></ul><ul><li>b</li></ul>", "- a\n- b"),
    ("<table><tr><th>a</th><th>b</th></tr><tr><td>1 | 2</td><td>x<br>y</td></tr></table>",
     "| a | b |\n| --- | --- |\n| 1 \\| 2 | x<br>y |"),
    ('<table><tr><th align="right">n</th></tr><tr><td align="right">1</td></tr></table>',
     "| n |\n| --: |\n| 1 |"),
    ("<h2>Title</h2>text", "## Title\n\ntext"),
    ("<blockquote>a<br>b</blockquote>", "> a\\\n> b"),
    ("a<hr>b", "a\n\n---\n\nb"),
    ("<details open><summary>More</summary>text</details>",
     "<details open>\n<summary>More</summary>\n\ntext\n\n</details>"),
    ('<div dir="rtl">שלום</div>', '<div dir="rtl">\n\nשלום\n\n</div>'),
    # code
    ("<pre>a\n  b</pre>", "```\na\n  b\n```"),
    ('<pre><code class="language-python">x = 1</code></pre>', "```python\nx = 1\n```"),
    ('<div class="highlight-python"><pre>x = 1\n</pre></div>', "```python\nx = 1\n```"),
    ('<div class="highlight"><pre><span></span><span class="k">def</span> <span class="nf">f</span>'
     '<span class="p">():</span>\n    <span class="k">return</span> <span class="mi">1</span>\n'
     "</pre></div>", "```python\ndef f():\n    return 1\n```"),
    ("<pre>a<br>b<div>c</div></pre>", "```\na\nb\nc\n```"),
    ("<pre>```\nx\n```</pre>", "````\n```\nx\n```\n````"),
    ("<code>a `b` c</code> <tt>x</tt>", "``a `b` c`` `x`"),
    ("<u>a</u> <u>b</u> <b>c</b> <b>d</b>", "<u>a</u> <u>b</u> **c d**"),
    ("<code>a<br>b</code>", "`a`\\\n`b`"),
    # what Markdown would eat
    ("2*3*4, a_b_c, *x*, __init__, 2 * 3", r"2\*3\*4, a_b_c, \*x\*, \_\_init\_\_, 2 * 3"),
    ("2*3 and snake_case", "2*3 and snake_case"),
    ("`tick` $5 and $6", r"\`tick\` \$5 and \$6"),
    ("# no heading", r"\# no heading"),
    ("1. no list", r"1\. no list"),
    ("- no list", r"\- no list"),
    ("&gt; no quote", r"\> no quote"),
    ("&lt;b&gt; x&lt;y", r"\<b> x<y"),
    ("&amp;lt; &amp; AT&amp;T", r"\&lt; & AT&T"),
    ("a[i](j) [x] ![y](z)", r"a[i\](j) [x] \![y\](z)"),
    (r"\frac{1}{2} \( \ ", "\\frac{1}{2} \\\\( \\\\"),
    ("a|b<br>---|---", "a|b\\\n\\---|---"),
    ("---", r"\---"),
    ("~~a~~ ~b", r"\~\~a\~\~ ~b"),
    ("{{Field}} {{c1::x}} a::b", r"{{Field}} \{{c1::x}} a::b"),
    ("[[type:x]] [anki:play]", "[[type:x]] [anki:play]"),
    ("e\u0301 🙂 \u200b\u200f", "é 🙂 \u200b&rlm;"),
    # links and pictures
    ('<a href="https://a.org/x_(y)" title="t">site</a>', '[site](<https://a.org/x_(y)> "t")'),
    ('<a href="https://a.org">https://a.org</a>', "<https://a.org>"),
    ('<img src="a.png" alt="a graph">', "![a graph](a.png)"),
]  # fmt: skip

#: What becomes Markdown without a loss, and is no plain HTML for a browser.
TYPED = [
    ("text:<br>- a<br>- b", "text:\n\n- a\n- b"),
    ("<div>•&nbsp;a</div><div>•&nbsp;b</div>", "- a\n- b"),
    ("1. a<br>2. b<br>then", "1. a\n2. b\n\nthen"),
    ("1. a<br>3. b", "1\\. a\\\n3\\. b"),
    (r"\(x&lt;y\)", "$x<y$"),
    (r"\[x^2\]", "$$x^2$$"),
    (r"so \(n\)2", r"so \(n\)2"),
    (r"\(a<br>b\)", "$a\nb$"),
    (r"a \[x\]<br>b", "a\n$$x$$\nb"),
    (r"\[a<br>+ b\]", "$$\na\n+ b\n$$"),
    (r"<ul><li>\[a<br>- b\]</li></ul>", "- $$\n  a\n  - b\n  $$"),
    (r"<blockquote>\[a<br>b\]</blockquote>", "> $$a b$$"),
    ("[$]x^2[/$] and [$$]y[/$$]", "$x^2$ and\n$$y$$"),
    (r"[latex]$x$ is 5\% of \textbf{it}[/latex]", "$x$ is 5% of **it**"),
    (r"[latex]\begin{itemize}<div>\item P\'erot</div>\item $y$\end{itemize}[/latex]",
     "- Pérot\n- $y$"),
    ('<anki-mathjax>x</anki-mathjax><anki-mathjax block="true">y</anki-mathjax>', "$x$\n$$y$$"),
    (r"\(\text{\$5}\)", r"$\text{\$5}$"),
    (r"<code>\(x\)</code>", r"`\(x\)`"),
]  # fmt: skip

CLOZES = [
    ("{{c1::a}} b {{c2::c::hint}}", "{{c1::a}} b {{c2::c::hint}}"),
    ("{{c1::<b>a</b>}} <b>x {{c2::y}} z</b>", "**{{c1::a}} x {{c2::y}} z**"),
    ("<b>{{c1::a</b>}}", "**{{c1::a}}**"),
    ("{{c1::<ul><li>a</li><li>b</li></ul>}}", "{{c1::\n- a\n- b\n}}"),
    ("{{c1::one<br><br>two}}", "{{c1::one\n\ntwo}}"),
    ("<ul><li>{{c1::a</li><li>b}}</li></ul>", "- {{c1::a\n- b}}"),
    (r"{{c1::\(x\)}}, \(y = {{c2::z}}\)", "{{c1::$x$}}, $y = {{c2::z}}$"),
    ("{{c1::<code>b}</code>}}", "{{c1::`b}`}}"),
    ("<code>a {{c1::b}}</code>", "`a `{{c1::`b`}}"),
    ("<pre>{{c1::x = 1}}</pre>", "{{c1::\n```\nx = 1\n```\n}}"),
    ("{{c1::a&#125;&#125; b&#58;:c}}", "{{c1::a\\}} b\\::c}}"),
    ("{{c1::a}} {{c1::a {{c2::b}} c}}", "{{c1::a}} {{c1::a {{c2::b}} c}}"),
    ("{{c1,2::x::h}}", "{{c1::{{c2::x::h}}::h}}"),
    ('{{c1::<img src="a.png" alt="x::y">}}', "{{c1::![x::y](a.png)}}"),
    ("}} { {{c1::a}}}", "}} { {{c1::a}}}"),
    ("<table><tr><th>a</th></tr><tr><td>{{c1::b}}</td></tr></table>",
     "| a |\n| --- |\n| {{c1::b}} |"),
]  # fmt: skip

#: What stays HTML.
KEPT = [
    ("<b>end.</b>next", "<b>end.</b>next"),
    ("<s>~5</s>", "<del>~5</del>"),
    ("<table><tr><td>a</td></tr></table>", "<table>\n<tr><td>a</td></tr>\n</table>"),
    ("<table><tr><th>a</th><td colspan=2>b<ul><li>c</li></ul></td></tr></table>",
     '<table>\n<tr><th>a</th><td colspan="2">b<ul>\n<li>c</li>\n</ul></td></tr>\n</table>'),
    ("<table><tr><td><pre>x</pre></td></tr></table>",
     "<table>\n<tr><td>\n\n```\nx\n```\n\n</td></tr>\n</table>"),
    # as one would type these, they would show something else: it is tried, seen, and not taken
    ("<ol><li>a</li></ol><ol><li>b</li></ol>",
     "<ol>\n<li>a</li>\n</ol>\n\n<ol>\n<li>b</li>\n</ol>"),
    ("![<b>x</b>](y)", "\\![<b>x</b>\\](y)"),
    ("<dl><dt>a</dt><dd>b</dd></dl>", "<dl>\n<dt>a</dt>\n<dd>b</dd>\n</dl>"),
]  # fmt: skip

GONE = "is left out"
LOST = [
    ("<script>alert(1)</script>x", "x", f"a script {GONE}"),
    ('<b onclick="f()">x</b>', "**x**", f"a script (`onclick`) {GONE}"),
    ("<style>b{}</style>x", "x", f"`<style>` {GONE}"),
    ('<iframe src="x">no</iframe>y', "y", f"`<iframe>` {GONE}"),
    ('<font color="red">x</font>', "x", f"the attribute `color` of `<font>` {GONE}"),
    ('<span style="color: red; margin: 0">x</span>', "x", f"the style `color` {GONE}"),
    ("<p style='text-align:center'>x</p>", "x", f"the style `text-align` {GONE}"),
    ("<hl>x</hl>", "x", f"the tag `<hl>` {GONE}; its text is kept"),
    ("[sound:b.mp3] x", "x", f"the sound `b.mp3` {GONE}"),
    ('<img src="a.png" alt="x" width=20>', "![x](a.png)",
     f"the attribute `width` of `<img>` {GONE}"),
    ('<img src="b.png" alt="gone">', "gone", "the image `b.png` is not in the file"),
    ('<img src="data:image/png;base64,AAAA">', "", "the image `data:…` is not in the file"),
    ('<img src="https://a.org/b.png" alt="far">', "[far](https://a.org/b.png)",
     "the image `https://a.org/b.png` is only linked to"),
    ('<img src="old%20name.jpg">', "![old name](old-name.jpg)",
     "the image `old%20name.jpg` needs a description"),
    ('<img src="paste-12ab.png">', "![image](paste-12ab.png)",
     "the image `paste-12ab.png` needs a description"),
    ('<a href="javascript:f()">x</a>', "x",
     f"the link to `javascript:f()` {GONE}; its text is kept"),
    ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢(kan)",
     f"`<ruby>` {GONE}; its readings are in parentheses"),
    ('<span style="display:none">secret</span>x', "x", f"hidden text {GONE}"),
    ("a\x07b", "ab", f"the character U+0007 {GONE}"),
    ("<pre>a\u200fb</pre>", "```\nab\n```", f"an invisible character in code {GONE}"),
    (r"\(\R\)", r"`\R`", r"a formula is kept as code: `\R` is not a macro that Anki knows"),
    (r"[latex]\begin{tikzpicture}x[/latex]", "```latex\n\\begin{tikzpicture}x\n```",
     r"the LaTeX `\begin{tikzpicture}x` is kept as code"),
]  # fmt: skip

LOST_CLOZES = [
    (r"{{c1::\(x^{y^{z}}\)}}", "{{c1::$x^{y^{z} }$}}",
     "a gap in a formula is now written `x^{y^{z} }`"),
    (r"\(x^{{c1::10}}\)", "$x^{ {{c1::10}} }$",
     "a gap in a formula is now written `x^{ {{c1::10}} }`"),
    (r"\({{c1::\frac{a}{b}}}\)", r"${{c1::\frac{a}{b} }}$",
     r"a gap in a formula is now written `{{c1::\frac{a}{b} }}`"),
    ("<pre>def f():\n    return {{c1::1}}</pre>",
     "`def f():`\\\n&nbsp;&nbsp;&nbsp;&nbsp;`return `{{c1::`1`}}",
     "a block of code with gaps in it is kept as lines of code"),
    ("{{c1::never", "\\{{c1::never", "the gap `{{c1::` is never closed: it is shown as text"),
    ("{{c1::}} x {{c2::y}}", "x {{c2::y}}", "the gap 1 hides nothing: it is left out"),
]  # fmt: skip


def errors(text: str, *, cloze: bool = False) -> list[str]:
    rendered = markdown.render(text, cloze=cloze, media=OURS)
    return [p.rule for p in rendered.problems if p.severity == "error"]


@pytest.mark.parametrize(("markup", "text"), SAME + TYPED)
def test_becomes_markdown(markup: str, text: str) -> None:
    assert to_markdown(markup, MEDIA) == Prose(text)
    assert errors(text) == []


@pytest.mark.parametrize(("markup", "text"), CLOZES)
def test_gaps_stay_gaps(markup: str, text: str) -> None:
    assert to_markdown(markup, MEDIA, cloze=True) == Prose(text)
    assert errors(text, cloze=True) == []


@pytest.mark.parametrize(("markup", "text"), KEPT)
def test_stays_html(markup: str, text: str) -> None:
    assert to_markdown(markup, MEDIA) == Prose(text, kept=True)
    assert errors(text) == []


@pytest.mark.parametrize(("markup", "text", "sentence"), LOST)
def test_says_what_is_lost(markup: str, text: str, sentence: str) -> None:
    assert to_markdown(markup, MEDIA) == Prose(text, lost=(sentence,))
    assert errors(text) == []


@pytest.mark.parametrize(("markup", "text", "sentence"), LOST_CLOZES)
def test_says_what_becomes_of_gaps(markup: str, text: str, sentence: str) -> None:
    assert to_markdown(markup, MEDIA, cloze=True) == Prose(text, lost=(sentence,))
    assert set(errors(text, cloze=True)) <= {"cloze-without-gap"}


# ------------------------------------------------------------------ what others see

SEEN = """
pairs => {
  const place = document.body.appendChild(document.createElement("div"));
  const seen = [];
  const marks = (node, all) => {
    for (const child of node.childNodes) {
      if (child.nodeType === 3) {
        const style = getComputedStyle(child.parentElement);
        const look = [style.fontWeight >= 600, style.fontStyle, style.verticalAlign].join();
        for (const one of child.data.normalize("NFC").replace(/\\s/g, "")) all.push(one + look);
      } else marks(child, all);
    }
    return all;
  };
  for (const pair of pairs) seen.push(pair.map(html => {
    place.innerHTML = html;
    return [place.innerText, marks(place, []).join("")];
  }));
  return seen;
}
"""
ITEMS = "(?:[uo]l|li|h2|blockquote|table|hr|pre|details)"


def lines(shown: str, *, near: bool) -> str:
    """Give the lines that a browser shows; how many empty ones are in a row does not count."""
    kept = (re.sub(r"[ \xa0\u200b]+", " ", line).strip() for line in shown.split("\n"))
    joined = unicodedata.normalize("NFC", "\n".join(kept).strip())
    return re.sub(r"\n{2,}", "\n" if near else "\n\n", joined)


def test_a_browser_shows_the_same(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><body>", encoding="utf-8")
    browser.go(page.as_uri())
    pairs = [(old, markdown.render(text, media=OURS).html) for old, text in SAME]
    shown = browser.js(f"({SEEN})({json.dumps(pairs)})")
    for (markup, _), (old, new) in zip(SAME, shown, strict=True):
        # How much space there is between items and the like is a matter of style.
        near = re.search(f"<{ITEMS}", markup) is not None
        assert (markup, lines(new[0], near=near)) == (markup, lines(old[0], near=near))
        assert (markup, new[1]) == (markup, old[1])


def letters(markup: str) -> str:
    """Give the text in HTML as another parser reads it, without white space and signs."""
    bare = html.unescape(nh3.clean(markup, tags=set(), clean_content_tags={"script", "style"}))
    return unicodedata.normalize("NFKD", re.sub(r"[\W_]|\d", "", bare))


# ------------------------------------------------------------------ the law, for any text

TAG_LINES = """
<b> </b> <i> </i> <div> </div> <p> </p> <br> <ul> </ul> <ol> <li> </li> <blockquote> </blockquote>
<u> </u> <sub> </sub> <sup> <h2> </h2> <hr> <table> <tr> <td> <th> </td> </tr> </table> <dl> <dt>
<dd> </dl> <details> <summary> </summary> </details> <code> </code> <span> </span> <font> </font>
"""
TEXT_LINES = r"""
\( \) \(x^2\) \[a\\b\] {{c1:: {{c2:: }} :: {{c1,2:: {{c0:: [latex] [/latex] [$] [/$] $ $$ ` ``
``` * ** _ __ ~~ # - + 1. 2. > | |-|- --- \ ! ![ [ ] ]( ](https://x.y) &lt; &amp; &nbsp; &amp;lt;
&#123; < > { } : ( ) . , a b x foo 12 é 漢 🙂 עברית &#8207; &#xE001; \frac{1}{2} [sound:a.mp3]
"""
TAGS = [
    *TAG_LINES.split(),
    *('<a href="https://a.b/c">', "</a>", '<img src="a.png" alt="w">', "<pre>", "</pre>"),
    *('<span style="font-weight:bold">', '<div dir="rtl">', '<pre class="language-python">'),
]
SPACES = [" ", "  ", "\n", "\t", "- ", "1. ", "\u0301", "\u200b", "\x07"]
pieces = st.lists(st.sampled_from(TAGS + TEXT_LINES.split() + SPACES), max_size=22).map("".join)


@given(pieces | st.text(max_size=60), st.booleans())
@example("<table><blockquote>b", False)
@example("x\\[latex]<p>$$\\[a\\]", False)
def test_any_html_becomes_something_sound_that_shows_the_same(markup: str, cloze: bool) -> None:
    made = to_markdown(markup, MEDIA, cloze=cloze)
    assert made == to_markdown(markup, MEDIA, cloze=cloze)
    assert set(errors(made.text, cloze=cloze)) <= {"cloze-without-gap"}
    shown = markdown.render(made.text, cloze=cloze, media=OURS).html
    if not any("the layout of a part" in sentence for sentence in made.lost):
        old, new = (build.read(one, OURS, cloze=cloze).blocks for one in (markup, shown))
        assert shape(old) == shape(new)
    again = to_markdown(shown, OURS, cloze=cloze)
    assert again.lost == ()
    assert shape(
        build.read(
            markdown.render(again.text, cloze=cloze, media=OURS).html, OURS, cloze=cloze
        ).blocks
    ) == shape(build.read(shown, OURS, cloze=cloze).blocks)


WHOLE = [*TAG_LINES.split(), "foo", "漢", "x", " ", "\n", "&lt;", "*", "_", "- ", "# "]


@given(st.lists(st.sampled_from(WHOLE), max_size=30).map("".join))
def test_no_letter_is_lost(markup: str) -> None:
    made = to_markdown(markup, MEDIA)
    assert letters(markdown.render(made.text).html) == letters(markup)


@st.composite
def clozes(draw: st.DrawFn) -> str:
    """Draw HTML in which every gap is closed and hides something."""
    parts = st.sampled_from([*TAG_LINES.split(), "foo", "b}", "a:", " ", r"\(x\)", "&#125;", "$"])
    hint = st.sampled_from(["", "::hint", "::<i>h</i>"])
    done = ""
    for number in draw(st.lists(st.integers(1, 12), min_size=1, max_size=5)):
        before, inside = (draw(st.lists(parts, max_size=4).map("".join)) for _ in range(2))
        done += f"{before}{{{{c{number}::x{inside}{draw(hint)}}}}}"
    return done


@given(clozes())
def test_gaps_have_the_same_numbers(markup: str) -> None:
    made = to_markdown(markup, MEDIA, cloze=True)
    rendered = markdown.render(made.text, cloze=True, media=OURS)
    assert rendered.clozes == tuple(sorted(set(_numbers(_pieces(markup)))))


MARKUP = r"""
**a** *b* ~~c~~ `d` ``e`f`` $x$ $$y$$ \* \$ \< [l](https://a.b) ![w](a.png) <u>x</u> H<sub>2</sub>O
foo bar, 2*3 a_b {{x}} &lt; &nbsp;&nbsp;&nbsp; <https://x.y>
"""
STARTS = ["", "", "- ", "1. ", "  - ", "> ", "# ", "## ", "---\n\n", "| a | b |\n|---|---|\n| "]
ENDS = ["\n", "\n\n", "\\\n", " ", "\n\n```python\nx = 1\n```\n\n"]
written = st.lists(
    st.tuples(st.sampled_from(STARTS), st.sampled_from(MARKUP.split()), st.sampled_from(ENDS)).map(
        "".join
    ),
    max_size=12,
).map("".join)


@given(written)
def test_what_we_rendered_comes_back(text: str) -> None:
    shown = markdown.render(text, media=OURS).html
    for wrapped in (False, True):
        made = to_markdown(shown, OURS, wrapped=wrapped)
        assert made.lost == ()
        again = markdown.render(made.text, media=OURS).html
        old, new = (build.read(one, OURS, cloze=False).blocks for one in (shown, again))
        assert shape(old) == shape(new)


def test_our_own_decks_come_back_as_markdown() -> None:
    collection = workflow.load(ROOT).subject.collection
    media = {file.name: file.name for file in collection.media}
    for note in collection.notes[::3]:
        for number, field in enumerate(note.fields):
            gaps = number == 0 and "{{c" in field
            made = to_markdown(field, media, cloze=gaps, wrapped=True)
            assert (made.kept, made.lost) == (False, ()), field
            again = markdown.render(made.text, cloze=gaps, media=media)
            # The kinds put their own elements around texts; a text alone comes back to the letter.
            if not re.search(r"<(?:div|details|ul|p) class|^<div>", field):
                assert again.html == field


# ------------------------------------------------------------------ the hostile and the large

HEAVY_LINES = r"""
<b> <div> <ul><li> <blockquote> <table><tr><td> <a <!-- </b> \( \(a\) [latex] [latex]$a [$] {{c1::
{{c1::a}} }} :: {{c1,2,3::a::b}} & &lt; **a ` $ <pre> <pre>a{{c1::b <sub> <ruby><rt> <td> <dl><dt>
<svg> [sound: <b>x</b>,y \({{c1::a}} [a](b) <q> ]( \begin{itemize} <script> <details><summary> <br>
"""
HEAVY = [*HEAVY_LINES.split(), '<a "', '<a b="', "- a<br>", "a=b ", "<span style='color:red'>"]
CLOSING = "</b></div></li></ul></td></tr></table></a>}}\\)"


@pytest.mark.parametrize("piece", HEAVY)
def test_nothing_hangs(piece: str) -> None:
    longest = piece * (markdown.LONGEST // len(piece))
    assert to_markdown(longest, MEDIA, cloze="{" in piece) is not None


@pytest.mark.parametrize(
    "piece",
    [
        "<b>",
        "<div>",
        "<ul><li>",
        "<blockquote>",
        "<table><tr><td>",
        "{{c1::",
        "<sup>",
        r"\({{c1::a}}",
        '<div dir="rtl">',
    ],
)
def test_deep_nesting_does_not_exhaust_the_stack(piece: str) -> None:
    made = to_markdown(f"{piece * 10_000}x", {}, cloze=True)
    assert "x" in made.text
    assert to_markdown(f"{piece * 1_000}x{CLOSING * 1_000}", {}, cloze=True) is not None


def test_what_is_too_long_for_a_question_is_not_cut() -> None:
    assert len(to_markdown("<b>word</b>, " * 3_000, {}).text) > markdown.LONGEST
    huge = to_markdown("<b>word</b> " * LARGEST, {})
    assert len(huge.text) > LARGEST
    assert huge.lost == (f"{12 * LARGEST:,} characters are not read",)


def test_a_picture_in_the_text_does_not_count() -> None:
    made = to_markdown(f'x<img src="data:image/png;base64,{"A" * 2 * LARGEST}">', {})
    assert made == Prose("x", lost=("the image `data:…` is not in the file",))
