"""The changelog: what people wrote stays, what a release brings stands on top, nobody is pinged."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import markdown as to_html

from ankibuild import changelog
from ankibuild.changelog import Edit, Line, News, add, entry, quote, section, versions

HEAD = "# Changelog\n\nNewest on top.\n"
OLD = "## 1.0.0 (2026-01-10)\n\nThe first.\n"
NEWS = News(
    "1.1.0",
    "2026-02-10",
    "test-arc",
    corrected=(
        Line(
            "eps",
            "Arc::01 First::01 One",
            "Why is $\\epsilon$ added?",
            (Edit("answer", "So.", "So that nothing divides by zero."), Edit("figure", "", "")),
        ),
        Line("how", "Arc::01 First::02 Two", "How?"),
    ),
    new=(Line("fresh", "Arc::01 First::01 One", "What is new?"),),
    retired=(Line("old", "Arc::01 First::01 One", "Old?"), Line("older", "Arc::01 First")),
)


# ------------------------------------------------------------------ an entry


def test_an_entry_says_what_to_do_what_was_wrong_what_is_new_and_what_is_gone():
    assert entry(NEWS, "We are sorry for $x$.") == (
        "## 1.1.0 (2026-02-10)\n"
        "\n"
        "We are sorry for $x$.\n"
        "\n"
        "**What to do:** import `test-arc.apkg` over what you have, as usual. Your reviews stay.\n"
        "2 questions are written anew; your own edits and tags of these are lost.\n"
        "\n"
        "### Corrected\n"
        "\n"
        "**01 First › 01 One**\n"
        "\n"
        "- `eps`: `Why is $\\epsilon$ added?`\n"
        "  - answer: So. → So that nothing divides by zero.\n"
        "  - figure: changed\n"
        "\n"
        "**01 First › 02 Two**\n"
        "\n"
        "- `how`: How?\n"
        "\n"
        "### New\n"
        "\n"
        "1 question:\n"
        "\n"
        "- 01 First › 01 One: 1\n"
        "  - `fresh`: What is new?\n"
        "\n"
        "### Retired\n"
        "\n"
        "- `old`: Old?\n"
        "- `older`\n"
        "\n"
        "If you have them, you keep them: no import takes a card away. To be rid of them, import\n"
        "`test-arc-cleanup.apkg` and choose *Tools > Empty Cards*, or delete what this search\n"
        "finds in Anki's browser:\n"
        "\n"
        "```text\n"
        "Id:old or Id:older\n"
        "```"
    )


def test_a_first_release_has_nothing_to_be_imported_over():
    lines = tuple(Line(f"q{n}", "Arc::01 First::01 One", "Why?") for n in range(40))
    said = entry(News("1.0.0", "2026-01-10", "test-arc", first=True, new=lines))
    assert "**What to do:** import `test-arc.apkg` into Anki with *File > Import*." in said
    assert said.endswith("40 questions:\n\n- 01 First › 01 One: 40")


def test_a_new_style_is_announced():
    said = entry(News("1.1.0", "2026-02-10", "test-arc", restyled=True))
    assert "save yours" in said
    assert "save yours" not in entry(News("1.1.0", "2026-02-10", "test-arc"))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (Edit("answer", "2", "3"), "answer: 2 → 3"),
        (Edit("answer", "$2$", "`3`"), "answer: `$2$` → `` `3` ``"),
        (Edit("hint", "", "Think."), "hint: Think. (added)"),
        (Edit("hint", "Think.", ""), "hint: Think. (removed)"),
        (Edit("answer", "x" * 101, "y"), "answer: changed"),
        (Edit("answer", "two\n  lines", "one"), "answer: two lines → one"),
    ],
)
def test_what_was_corrected_is_quoted_where_it_is_short(edit: Edit, said: str):
    line = Line("x", "Arc::One", "Why?", (edit,))
    assert entry(News("1.1", "2026-02-10", "a", corrected=(line,))).endswith(f"\n  - {said}")


def test_the_retired_are_found_by_id():
    assert changelog.search(["b", "a"]) == "Id:a or Id:b"


# ------------------------------------------------------------------ the file


def test_what_people_wrote_becomes_the_head_of_the_entry():
    written = "- We moved.\n\n### Thanks\n\nTo all."
    text = f"{HEAD}\n## Not released yet\n\n{written}\n\n{OLD}"
    done = add(text, NEWS)
    assert done == f"{HEAD}\n## Not released yet\n\n{entry(NEWS, written)}\n\n{OLD}"
    assert (versions(done), changelog.written(done)) == (("1.1.0", "1.0.0"), "")
    assert f"\n\n{section(done, '1.1.0')}\n" in done
    assert section(done, "1.1.0").startswith(written)
    assert (section(done, "1.0.0"), section(done, "2.0")) == ("The first.", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "# Changelog\n\n## Not released yet\n\n{}\n"),
        (HEAD, f"{HEAD}\n## Not released yet\n\n{{}}\n"),
        (f"{HEAD}\n{OLD}", f"{HEAD}\n## Not released yet\n\n{{}}\n\n{OLD}"),
        (
            f"{HEAD}\n## not released YET ##\n\n{OLD}",
            f"{HEAD}\n## Not released yet\n\n{{}}\n\n{OLD}",
        ),
    ],
)
def test_a_changelog_without_a_place_for_it_gets_one(text: str, expected: str):
    assert add(text, NEWS) == expected.format(entry(NEWS))


def test_headings_in_a_block_of_code_are_code():
    code = "```text\n## Not released yet\n~~~\n## 9.9.9 (2026-01-01)\n```"
    text = f"{HEAD}\n{code}\n\n## Not released yet\n\nWords.\n\n{OLD}"
    done = add(text, NEWS)
    assert done.startswith(f"{HEAD}\n{code}\n\n## Not released yet\n\n## 1.1.0")
    assert versions(done) == ("1.1.0", "1.0.0")


def test_line_ends_of_windows_stay():
    text = f"{HEAD}\n## Not released yet\n\nWords.\n\n{OLD}".replace("\n", "\r\n")
    done = add(text, NEWS)
    assert "\n" not in done.replace("\r\n", "")
    assert done.replace("\r\n", "\n") == add(text.replace("\r\n", "\n"), NEWS)


TEXTS = st.lists(
    st.sampled_from(
        ["# Changelog", "## Not released yet", "## 1.0 (2026-01-01)", "Words.", "", "```"]
    )
).map("\n".join)


@given(TEXTS)
def test_nothing_that_stood_there_is_lost(text: str):
    """Every line but the heading itself is still there, in its order."""
    had = [line for line in text.split("\n") if line and line != "## Not released yet"]
    has = iter(add(text, News("1.1", "2026-02-10", "a")).split("\n"))
    assert all(line in has for line in had)


@given(TEXTS)
def test_every_release_gets_its_entry(text: str):
    text = text.replace("```", "")
    done = add(add(text, News("1.1", "2026-02-10", "a")), News("1.2", "2026-03-10", "a"))
    found = versions(done)
    assert sorted(found) == sorted((*versions(text), "1.1", "1.2"))
    assert found.index("1.2") < found.index("1.1")


# ------------------------------------------------------------------ texts of others

HOSTILE = [
    "@everyone, look",
    "see #123 and GH-12",
    "<img src=x onerror=alert(1)>",
    "[click](https://example.org)",
    "![](https://example.org/x.png)",
    "www.example.org",
    "https://example.org",
    "`code` and ``more``",
    "`",
    "***",
    "a_b_ *c* ~~d~~",
    "$x$ and $$y$$",
    ":tada:",
    "&lt;b&gt;",
    "a\\*b",
    "x | y",
    "someone@example.org",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_of_others_does_nothing(text: str):
    html = to_html(quote(text))
    shown = re.fullmatch(r"<p><code>(.*)</code></p>", html)
    assert shown, html
    assert "<" not in shown[1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Why so?",
        "Is it 2, or 3 (or more)?",
        "It's “so” – or not; so.",
        "In e.g. Anki: a well-known",
    ],
)
def test_a_text_of_plain_words_is_shown_as_it_is(text: str):
    assert quote(text) == text


@given(st.text(alphabet=" aZé9`*_[]()<>#@$!|~\\&:./-+=\"'\n", max_size=30))
def test_whatever_is_quoted_is_shown_and_does_nothing(text: str):
    flat = " ".join(text.split())
    html = to_html(f"x {quote(text)} x")
    assert re.fullmatch(r"<p>x (?:<code>[^<]*</code>|[^<]*) x</p>", html), html
    if "<code>" not in html:
        assert not re.search(r"[*_\[\]<>#@$`~|\\&/]", flat)
