"""What is wrong with a text, where, and what the author is told."""

from __future__ import annotations

import pytest

from ankibuild import markdown
from ankibuild.diagnostics import Diagnostic, Source, Span
from ankibuild.diagnostics import render as show
from ankibuild.markdown import Problem, render

MEDIA = {"bn-graph.svg": "bn-graph-3fa9c1d2.svg", "a b.png": "a-b-00000000.png"}

SAMPLES = [
    (
        "A gain $\\gamma$ and a shift $\\beta, one of each\n",
        False,
        """\
error[unbalanced-math]: this `$` is never closed
 --> bank.yaml:1:29
  |
1 | A gain $\\gamma$ and a shift $\\beta, one of each
  |                             ^ opens math
  = help: close it with another `$`, or write `\\$` for a dollar sign
""",
    ),
    (
        "{{c1::$\\frac{x-\\mu}{\\sqrt{\\sigma^{2}}}$}}.\n",
        True,
        """\
error[cloze-closed-by-math]: this `}}` ends the deletion in the middle of the formula
 --> bank.yaml:1:36
  |
1 | {{c1::$\\frac{x-\\mu}{\\sqrt{\\sigma^{2}}}$}}.
  |                                    ^^ Anki stops here
  = help: put a space between the braces: `} }`
""",
    ),
    (
        "![the graph](bn-grpah.svg)\n",
        False,
        """\
error[missing-media]: `media/bn-grpah.svg` does not exist
 --> bank.yaml:1:14
  |
1 | ![the graph](bn-grpah.svg)
  |              ^^^^^^^^^^^^
  = help: did you mean `bn-graph.svg`?
""",
    ),
    (
        "Batchnorm has {two} learned parameters per feature.\n",
        True,
        """\
error[cloze-without-gap]: this cloze question has nothing to fill in
 --> bank.yaml:1:15
  |
1 | Batchnorm has {two} learned parameters per feature.
  |               ^^^^^ not a deletion
  = help: mark what to hide as `{{c1::like this}}`
""",
    ),
]


@pytest.mark.parametrize(("text", "cloze", "expected"), SAMPLES)
def test_messages_are_those_of_the_samples(text: str, cloze: bool, expected: str) -> None:
    source = Source("bank.yaml", text)
    found = [
        Diagnostic(p.rule, p.message, Span(source, p.start, p.end), p.label, p.help)
        for p in render(text, cloze=cloze, media=MEDIA).problems
    ]
    assert show(found).strip() == expected.strip()


# rule, text, what the caret covers
IN_TEXTS = [
    ("unbalanced-math", "🙂\t漢 a $x and", "$"),
    ("unbalanced-math", "a $$x\n\ny and", "$$"),
    ("unbalanced-math", "a \\(x and", "\\("),
    ("unbalanced-math", "a \\[x\n\n\\] and", "\\["),
    ("unbalanced-math", "\\begin{align} x", "\\begin{align}"),
    ("empty-math", "a $$ $$ b", "$$ $$"),
    ("unclosed-code", "a `b c", "`"),
    ("unclosed-code", "a ``b c", "``"),
    ("unclosed-code", "a `b\n\nc", "`"),
    ("unclosed-code", "a\n```python\nb", "```"),
    ("unknown-language", "```pyton\nb\n```", "pyton"),
    ("unknown-tag", "the <pad> token", "<pad>"),
    ("unknown-tag", "the <unk>x</unk> token", "<unk>"),
    ("unknown-tag", '<img src="x.png">', '<img src="x.png">'),
    ("not-a-link", "f[i](x)", "[i](x)"),
    ("cloze-outside", "a {{c1::b}}", "{{c1::"),
    ("doubled-backslash", "$\\\\frac{1}{2}$", "\\\\frac"),
    ("macro-definition", "$\\newcommand{\\a}{b} \\a$", "\\newcommand"),
    ("macro-definition", "$\\def\\a{b} \\a$", "\\def"),
    ("macro-definition", "$\\require{cancel}$", "\\require"),
    ("unknown-macro", "$\\bm{x}$", "\\bm"),
    ("unknown-macro", "$x = \\argmax_y$", "\\argmax"),
    ("unbalanced-braces", "$\\frac{1}{2$", "{"),
    ("unbalanced-braces", "$x}$", "}"),
    ("formula-too-long", "$" + "x" * 2001 + "$", "x" * 2001),
    ("missing-alt", "![](bn-graph.svg)", "![](bn-graph.svg)"),
    ("missing-media", "![a](media/bn-graph.svg)", "media/bn-graph.svg"),
    ("missing-media", "![a](./bn-graph.svg)", "./bn-graph.svg"),
    ("missing-media", "![a](a%20b.png)", "a%20b.png"),
    ("missing-media", "![a]( no.png )", "no.png"),
    ("remote-image", "![a](https://x.org/a.png)", "https://x.org/a.png"),
    ("remote-image", "![a](data:image/png;base64,AAAA)", "data:image/png;base64,AAAA"),
    ("control-character", "a\x1fb", "\x1f"),
    ("control-character", "a\ud800b", "\ud800"),
    ("text-too-long", "a" * 20_001, "a" * 20_001),
]

IN_CLOZES = [
    ("cloze-without-gap", "no gap\nhere", "no gap"),
    ("cloze-without-gap", "{{C1::a}}", "{{C1::a}}"),
    ("cloze-unclosed", "a {{c1::b", "{{c1::"),
    ("cloze-unclosed", "a ${{c1::b$ }}", "{{c1::"),
    ("unclosed-code", "{{c1::```", "```"),
    ("cloze-unopened", "{{c1::a}} b}}", "}}"),
    ("cloze-unopened", "{c1::a}} {{c2::b}}", "}}"),
    ("cloze-unopened", "{{c1::{a}} }}", "}}"),
    ("cloze-empty", "a {{c1:: }}", "{{c1:: }}"),
    ("cloze-empty", "a {{c1::::hint}}", "{{c1::::hint}}"),
    ("cloze-closed-by-math", "{{c1::$x^{y^{z}}$}}", "}}"),
    ("cloze-closed-by-math", "${{c1::\\frac{a}{b}}}$", "}}"),
    ("cloze-two-hints", "{{c1::std::vector::hint}}", "::"),
    ("cloze-number", "{{c0::a}}", "{{c0::"),
    ("cloze-number", "{{c501::a}}", "{{c501::"),
    ("cloze-number", "{{c::a}}", "{{c::"),
    ("cloze-number", "{{c1,2::a}}", "{{c1,2::"),
    ("cloze-too-deep", "{{c1::" * 10 + "a {{c2::b}}" + "}}" * 10, "{{c2::"),
    ("cloze-in-code", "{{c2::a}}\n```\n{{c1::b}}\n```", "{{c1::"),
    ("cloze-in-code", "{{c2::a}} `{{c1::b}}`", "{{c1::"),
]

ROWS = [(*row, False) for row in IN_TEXTS] + [(*row, True) for row in IN_CLOZES]

WARNINGS = {"unknown-language", "unknown-tag", "not-a-link", "cloze-outside", "cloze-unopened"}


@pytest.mark.parametrize(("rule", "text", "marked", "cloze"), ROWS)
def test_rule_is_found_at_its_place(rule: str, text: str, marked: str, cloze: bool) -> None:
    (problem,) = render(text, cloze=cloze, media=MEDIA).problems
    assert problem.rule == rule
    assert text[problem.start : problem.end] == marked
    assert problem.severity == ("warning" if rule in WARNINGS else "error")


@pytest.mark.parametrize(("rule", "text", "marked", "cloze"), ROWS)
def test_words_are_in_the_house_style(rule: str, text: str, marked: str, cloze: bool) -> None:
    for problem in render(text, cloze=cloze, media=MEDIA).problems:
        for words in (problem.message, problem.label, problem.help):
            assert not words[:1].isupper() or words.startswith("Anki")
            assert not words.endswith(".")
        assert problem.message
        assert problem.help
        assert "\n" not in problem.message + problem.label


SOUND = [
    "$\\left( \\frac{1}{2} \\right)$ and $a \\\\ b$",
    "$\\begin{cases} a \\\\\\alpha \\\\ b \\end{cases}$",
    "$\\{a\\} \\letters$",
    "```python\n$x {{c1::a}} <pad>\n```",
    "`$` and `` ` `` and `<pad>`",
    "<b>a</b> a<b 5>3",
    "\\$5 and \\`x",
    "array[0] (see below) and [a] (b)",
    "```\nx\n```\n\n```TEXT\nx\n```",
]


@pytest.mark.parametrize("text", SOUND)
def test_sound_texts_have_no_problem(text: str) -> None:
    assert render(text).problems == ()


SOUND_CLOZES = [
    "{{c1::a}} $\\frac{1}{\\sqrt{2}}$ and ${{c2::b}}^{x^{y}}$",
    "{{c1::a}} `{{x}}` and `}}`\n```\n}}\n```",
    "{{c1::a}} {{x}} and {a{b}} and \\}\\}",
    "{{c1::{a}}} and {{c2::b {{c3::c}} }}",
]


@pytest.mark.parametrize("text", SOUND_CLOZES)
def test_braces_that_end_no_gap_may_end_something_else(text: str) -> None:
    assert render(text, cloze=True).problems == ()


def help_for(text: str, *, cloze: bool = False) -> str:
    (problem,) = render(text, cloze=cloze, media=MEDIA).problems
    return problem.help


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("![a](media/bn-graph.svg)", "write `bn-graph.svg`"),
        ("![a](./bn-grpah.svg)", "did you mean `bn-graph.svg`?"),
        ("![a](a%20b.png)", "write `a b.png`"),
        ("$\\bm{x}$", "write `\\boldsymbol`"),
        ("$\\argmin_x$", "write `\\operatorname*{arg\\,min}`"),
        ("$\\\\frac{1}{2}$", "write `\\frac`"),
        ("```pyton\n```", "did you mean `python`?"),
        ("<pad>", "write it in backticks: `` `<pad>` ``"),
        ("a $x $ b", "no space may stand before the closing `$`"),
    ],
)
def test_help_says_what_to_type(text: str, words: str) -> None:
    assert words in render(text, media=MEDIA).problems[0].help


def test_an_unclosed_block_of_code_is_the_only_problem() -> None:
    text = "{{c1::\n```python\nx\n}}"
    assert [p.rule for p in render(text, cloze=True).problems] == ["unclosed-code"]


def test_problems_come_in_the_order_of_the_text() -> None:
    text = "{{c1::a $x\n\n![](no.png) `b"
    problems = render(text, cloze=True).problems
    assert [p.start for p in problems] == sorted(p.start for p in problems)
    assert {p.rule for p in problems} == {
        "cloze-unclosed",
        "unbalanced-math",
        "missing-alt",
        "missing-media",
        "unclosed-code",
    }


def test_a_long_text_is_shown_but_not_rendered() -> None:
    text = "*a* <b> " * (markdown.LONGEST // 8 + 1)
    rendered = render(text)
    assert rendered.html.startswith("*a* &lt;b&gt; *a*")
    assert [p.rule for p in rendered.problems] == ["text-too-long"]


def test_a_problem_is_a_value() -> None:
    assert Problem("a", 0, 1, "b") == Problem("a", 0, 1, "b")
