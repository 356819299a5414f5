"""What comes out for what goes in: every row of the table is a trap that somebody fell into."""

from __future__ import annotations

import re

import pytest

from ankibuild.markdown import code, highlight, plain, render

MEDIA = {"bn-graph.svg": "bn-graph-3fa9c1d2.svg", "a b.png": "a-b-00000000.png"}

TEXTS = [
    # prose
    ("just text", "just text"),
    ("two\n\nparagraphs", "<p>two</p>\n<p>paragraphs</p>"),
    ("*a* _b_ **c** __d__ ***e***", "<em>a</em> <em>b</em> <strong>c</strong> <strong>d</strong> "
     "<em><strong>e</strong></em>"),
    ("~~gone~~ and ~/a/b~ and ~~~", "<del>gone</del> and ~/a/b~ and ~~~"),
    ("a*bc**x*yz keeps its text", "a<em>bc**x</em>yz keeps its text"),
    ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
    ("**Note:**`x` <u>**so!**</u>",
     "<strong>Note:</strong><code>x</code> <u><strong>so!</strong></u>"),
    ("**a *b* c**", "<strong>a <em>b</em> c</strong>"),
    (r"\*not em\* \$5 \\ \# \]", r"*not em* $5 \ # ]"),
    ("a\\\nb", "a<br>\nb"),
    ("a  \nb", "a<br>\nb"),
    ("10^6/10^3", "10^6/10^3"),
    ("&lt;b&gt; &amp;lt; &copy; & &nosuch;", "&lt;b&gt; &amp;lt; © &amp; &amp;nosuch;"),
    ("[1]: foo", "[1]: foo"),
    ("a\n---", "<p>a</p>\n<hr>"),
    ("    four spaces $x$", r"four spaces \(x\)"),
    ("# Title", "<h1>Title</h1>"),
    ("#params is 5", "#params is 5"),
    ("##\tno", "##\tno"),
    ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
    # math
    ("$x$", r"\(x\)"),
    ("$$x$$", r"\[x\]"),
    (r"\(x\) and \[z\]", r"\(x\) and \[z\]"),
    ("text $$x$$ text", r"text \[x\] text"),
    ("text\n$$\nx\n$$\ntext", "text\n\\[x\\]\ntext"),
    ("- a $$x$$\n- b", "<ul>\n<li>a \\[x\\]</li>\n<li>b</li>\n</ul>"),
    ("$x<y$ and $a & b$", r"\(x&lt;y\) and \(a &amp; b\)"),
    ("<b>$x&lt;y$</b>", r"<b>\(x&lt;y\)</b>"),
    ("$a_1 * b_1 * c$ *d*", r"\(a_1 * b_1 * c\) <em>d</em>"),
    ("$5 and $6", "$5 and $6"),
    ("$5, then $x$ and $6 more; US$3", r"$5, then \(x\) and $6 more; US$3"),
    (r"\begin{align} a &= b \\ c \end{align}", r"\[\begin{align} a &amp;= b \\ c \end{align}\]"),
    ("so $a$, ($b$) and $n$th", r'so <span class="nw">\(a\),</span> <span class="nw">(\(b\))</span>'
     r' and <span class="nw">\(n\)th</span>'),
    (r"$a\$b$", r"\(a\$b\)"),
    (r"\\(x\\)", r"\<span></span>(x\)"),
    (r"\&#40;x", r"&amp;#40;x"),
    (r"\\&#40;x", r"\<span></span>(x"),
    ("$$x\\$$ $$x\\ $$", "\\[x\\ \\] \\[x\\ \\]"),
    ("$&lt; &#xFDD0;X0&#xFDD1;$", "\\(&lt; &amp;#xFDD0;X0&amp;#xFDD1;\\)"),
    ("$x$ &#xFDD0;M0&#xFDD1;", "\\(x\\) M0"),
    # code
    ("`$x$ <b> *a* {{c1::x}}`", '<code class="nw">$x$ &lt;b&gt; *a* &#123;{c1::x}}</code>'),
    (r"`\(x\)`", "<code>&#92;(x&#92;)</code>"),
    ("``a`b``", "<code>a`b</code>"),
    ("` `` `", "<code>``</code>"),
    ("```\na $x$\n\n  b\n```", '<div class="hl"><pre><code>a $x$\n\n  b</code></pre></div>'),
    ("~~~text\na\n~~~", '<div class="hl"><pre><code>a</code></pre></div>'),
    ("- a\n  ```text\n  x\n    y\n  ```\n- b",
     '<ul>\n<li>\n<p>a</p>\n<div class="hl"><pre><code>x\n  y</code></pre></div>\n</li>\n'
     "<li>\n<p>b</p>\n</li>\n</ul>"),
    ("> ```text\n> x\n> ```",
     '<blockquote>\n<div class="hl"><pre><code>x</code></pre></div>\n</blockquote>'),
    # HTML
    ("if a<b and c>d", "if a&lt;b and c&gt;d"),
    ("<s> <pad> <unk> Dict<str,int>", "&lt;s&gt; &lt;pad&gt; &lt;unk&gt; Dict&lt;str,int&gt;"),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ('<b onclick="x()">a</b>', '&lt;b onclick="x()"&gt;a'),
    ("H<sub>2</sub>O<!-- why --> <b>x", "H<sub>2</sub>O <b>x</b>"),
    ("<details>\n<summary>More</summary>\n\n**t**\n\n</details>",
     "<details>\n<summary>More</summary><p><strong>t</strong></p>\n</details>"),
    # lists and tables
    ("text\n- a\n- b", "<p>text</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
    ("- a\n  more\n- b", "<ul>\n<li>a\nmore</li>\n<li>b</li>\n</ul>"),
    ("- a\n  - b\n    - c\n- d",
     "<ul>\n<li>a<ul>\n<li>b<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>\n</li>\n<li>d</li>\n</ul>"),
    ("1. a\n   - b", "<ol>\n<li>a<ul>\n<li>b</li>\n</ul>\n</li>\n</ol>"),
    ("1) a\n2) b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"),
    ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
    ("it was in\n1998. Then", "it was in\n1998. Then"),
    ("-\ta\n\t- b", "<ul>\n<li>a<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>"),
    ("- $x$:\n- y", '<ul>\n<li><span class="nw">\\(x\\):</span></li>\n<li>y</li>\n</ul>'),
    # links
    ("[a *b*](https://x.org/a_b_c?d=1&e)",
     '<a href="https://x.org/a_b_c?d=1&amp;e">a <em>b</em></a>'),
    ('[a](https://x.org "t<b>")', '<a href="https://x.org" title="t&lt;b&gt;">a</a>'),
    ("<https://x.org/a_b>", '<a href="https://x.org/a_b">https://x.org/a_b</a>'),
    ("[`a[0]`](https://x.org)", '<a href="https://x.org"><code>a[0]</code></a>'),
    ("[a [b](https://x.org) c](https://y.org)",
     '[a <a href="https://x.org">b</a> c](https://y.org)'),
    ("a[i](b) [x](javascript:alert)", "a[i](b) [x](javascript:alert)"),
    # Anki
    (r"[sound:a.mp3] [latex]x[/latex] [\$]x[/\$] [\$\$]x[/\$\$] [anki:play] [[type:x]]",
     "&#91;sound:a.mp3] &#91;latex]x&#91;/latex] &#91;$]x&#91;/$] &#91;$$]x&#91;/$$] "
     "&#91;anki:play] &#91;[type:x]]"),
    ("e\u0301 <b>x</b>\u0338", "é <b>x</b>&#824;"),
    ("![the graph](bn-graph.svg)", '<img src="bn-graph-3fa9c1d2.svg" alt="the graph">'),
    ("![a \"b\"](a b.png)", '<img src="a-b-00000000.png" alt="a &quot;b&quot;">'),
    ("{{x}} and {two}", "{{x}} and {two}"),
]  # fmt: skip

CLOZES = [
    ("{{c1::a}} b {{c2::c::hint}}", "{{c1::a}} b {{c2::c::hint}}"),
    ("{{c1::a set {x}}} {{c1::a {{c2::{x}}}}} {{c1::x::{h}}} {{c1::x}}}",
     "{{c1::a set {x&#125;}} {{c1::a {{c2::{x&#125;}}}} {{c1::x::{h&#125;}} {{c1::x}}}"),
    ("{{c1::**so!**}} {{c1::*f(x)*::_(h)_}}",
     "{{c1::<strong>so!</strong>}} {{c1::<em>f(x)</em>::<em>(h)</em>}}"),
    ("{{c1::**a**}} {{c1::_b_}}", "{{c1::<strong>a</strong>}} {{c1::<em>b</em>}}"),
    ("{{c1::a {{c2::b}} c}}", "{{c1::a {{c2::b}} c}}"),
    ('{{c1::`{"a": {"b": x[::2]}}`}}',
     '{{c1::<code class="nw">{"a": {"b": x[&#58;:2]&#125;}</code>}}'),
    ("{{c1::`std::vector`}}", "{{c1::<code>std&#58;:vector</code>}}"),
    ("{{c1::$x$}}.", r'<span class="nw">{{c1::\(x\)}}.</span>'),
    ("{{c1::$x^{2}$}} b", r"{{c1::\(x^{2}\)}} b"),
    ("{{c1::$x^{y^{z} }$}} b", r"{{c1::\(x^{y^{z} }\)}} b"),
    ("{{c1::a:::b}}", "{{c1::a:::b}}"),
    ("{{c1::a\\:::b}}", "{{c1::a&#58;::b}}"),
    ("{{c1::a\\}}}", "{{c1::a&#125;}}"),
    ("{ {{c1::a}} {&#123;c2::x}}", "{ {{c1::a}} &#123;{c2::x}}"),
    ("{{{c1::a}}}", "&#123;{{c1::a}}}"),
    ("$x = {{c1::y^2}} + 1$", r"\(x = {{c1::y^2}} + 1\)"),
    ("$x = {{c1::y::a letter}}$", r"\(x = {{c1::y::a letter}}\)"),
    ("$x^{y^{z}}$ {{c1::a}}", r"\(x^{y^{z}}\) {{c1::a}}"),
    ("{{c1::\n$$\nx\n$$\n}}", "{{c1::\n\\[x\\]}}"),
    ("{{c1::\n- a\n- b\n}}", "{{c1::\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>}}"),
    ("{{c1::\n- a\n- b\n::two}}", "{{c1::\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>::two}}"),
    ("{{c1::a\n\nb}}", "{{c1::\n<p>a</p>\n<p>b</p>}}"),
    ("A:\n{{c1::\n```text\nx\n```\n}}\nB",
     '<p>A:</p>\n{{c1::\n<div class="hl"><pre><code>x</code></pre></div>}}\n<p>B</p>'),
    ("| a | b |\n|---|---|\n| {{c1::$|x|$}} | y |",
     "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n"
     "<td>{{c1::\\(|x|\\)}}</td>\n<td>y</td>\n</tr>\n</tbody>\n</table>"),
    ("- a\n- {{c1::\n  ```text\n  x\n  ```\n  ::two}}\n",
     '<ul>\n<li>a</li>\n<li>\n{{c1::\n<div class="hl"><pre><code>x</code></pre></div>::two}}\n'
     "</li>\n</ul>"),
    ("1. a {{c1::\n   ```text\n   x\n   ```\n   }} b",
     '<ol>\n<li>\n<p>a</p>\n{{c1::\n<div class="hl"><pre><code>x</code></pre></div>}}\n<p>b</p>\n'
     "</li>\n</ol>"),
    ("- a\n  - {{c1::\n    - b\n    - c\n    }}\n",
     "<ul>\n<li>a<ul>\n<li>\n{{c1::\n<ul>\n<li>b</li>\n<li>c</li>\n</ul>}}\n</li>\n</ul>\n</li>\n</ul>"),
    ("> {{c1::\n> ```\n> x\n> ```\n> }}",
     '<blockquote>\n{{c1::\n<div class="hl"><pre><code>x</code></pre></div>}}\n</blockquote>'),
    ("- {{c1::a}}\n- {{c2::b}}", "<ul>\n<li>{{c1::a}}</li>\n<li>{{c2::b}}</li>\n</ul>"),
    ("![{{c9::x}} a::b}}](bn-graph.svg) {{c1::![p::q}}](bn-graph.svg)}}",
     '<img src="bn-graph-3fa9c1d2.svg" alt="&#123;{c9::x}} a::b}}"> '
     '{{c1::<img src="bn-graph-3fa9c1d2.svg" alt="p&#58;:q&#125;}">}}'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_text(text: str, expected: str) -> None:
    assert render(text, media=MEDIA).html == expected


@pytest.mark.parametrize(("text", "expected"), CLOZES)
def test_cloze(text: str, expected: str) -> None:
    rendered = render(text, cloze=True, media=MEDIA)
    assert rendered.html == expected
    assert [p for p in rendered.problems if p.severity == "error"] == []


def test_pipes_in_formulas_and_code_do_not_split_a_table() -> None:
    html = render("t\n| a | b |\n|:-:|---|\n| $P(A|B)$ | `x|y` |\n| c \\| d | e | f |").html
    assert html.count("<td") == 4
    assert r'<td style="text-align:center">\(P(A|B)\)</td>' in html
    assert "<code>x|y</code>" in html
    assert "c | d" in html
    assert "e | f" in html


def test_many_formulas_stay_in_order() -> None:
    text = " ".join(f"$x_{{{n}}}$" for n in range(12))
    rendered = render(text)
    assert rendered.html == " ".join(rf"\(x_{{{n}}}\)" for n in range(12))
    assert [formula.tex for formula in rendered.formulas] == [f"x_{{{n}}}" for n in range(12)]


def test_formulas_know_their_place_also_after_wide_characters() -> None:
    text = "\t🙂 漢字 $a$ and $$ b $$"
    found = [(one.tex, one.display, one.start, one.end) for one in render(text).formulas]
    assert found == [("a", False, 6, 9), ("b", True, 14, 21)]
    assert text[6:9] == "$a$"
    assert text[14:21] == "$$ b $$"


def test_formula_has_neither_gaps_nor_hints_in_it() -> None:
    rendered = render("$x = {{c2::y::letter}} + {{c1::1}}$", cloze=True)
    assert rendered.formulas[0].tex == "x = y + 1"
    assert rendered.clozes == (1, 2)


def test_cloze_numbers_are_sorted_and_unique() -> None:
    assert render("{{c10::a}} {{c2::b}} {{c2::c}}", cloze=True).clozes == (2, 10)


def test_images_are_listed_once_as_the_author_named_them() -> None:
    text = "![a](a b.png) ![b](bn-graph.svg) ![c](a b.png)"
    assert render(text, media=MEDIA).images == ("a b.png", "bn-graph.svg")


def test_code_is_highlighted() -> None:
    html = code("def f(x):\n    return x < 1  # [sound:a] \\(b\\)\n")
    assert html.startswith(
        '<div class="hl"><pre><code><span class="k">def</span> <span class="nf">f'
    )
    assert html.endswith("</code></pre></div>")
    assert "&lt;" in html
    assert "[sound:" not in html
    assert "\\(" not in html


PLAIN = '<div class="hl"><pre><code>{}</code></pre></div>'


@pytest.mark.parametrize("language", ["no-such", "nemerle", "text"])
def test_code_in_an_unknown_language_is_shown_plainly(language: str) -> None:
    assert code("if a", language) == PLAIN.format("if a")


@pytest.mark.parametrize("language", ["python", "py", "PYTHON", "c++", "sh", "latex"])
def test_languages_have_several_names(language: str) -> None:
    assert render(f"```{language}\n# 1\n```").problems == ()
    assert "<span" in code("\\a # '1'", language)


def test_what_would_take_long_to_color_is_shown_plainly() -> None:
    most = "if a: 1" + " " * (highlight.LONGEST - 8) + "."
    assert "<span" in code(most)
    assert code(f"{most}.") == PLAIN.format(f"{most}.")
    assert "<span" in code("echo 'a'", "sh")
    assert code("echo $'a'", "sh") == PLAIN.format("echo $'a'")


def test_plain_text_shows_exactly_what_was_written() -> None:
    assert plain("*a* <b> & [sound:x]\n{{c1::y}} \\(z\\)") == (
        "*a* &lt;b&gt; &amp; &#91;sound:x]<br>&#123;{c1::y}} \\<span></span>(z\\)"
    )


def test_nesting_is_limited_and_loses_nothing() -> None:
    html = render("> - " * 50 + "deep").html
    assert html.count("<ul>") < 20
    assert re.sub(r"<[^>]*>|\s", "", html).endswith("deep")


def test_deep_lists_are_flattened() -> None:
    text = "\n".join("  " * depth + f"- item{depth}" for depth in range(60))
    html = render(text).html
    assert all(f"item{depth}" in html for depth in range(60))
    assert html.count("<ul>") == 8


def test_an_empty_formula_is_not_handed_to_a_typesetter() -> None:
    assert render("a $$ $$ b").formulas == ()
