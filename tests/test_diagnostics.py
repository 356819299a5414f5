"""How diagnostics are worded and drawn, and the forms that machines read."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from ankibuild.diagnostics import (
    WINDOW,
    Diagnostic,
    Label,
    Source,
    Span,
    did_you_mean,
    render,
    sort,
    suggest,
)
from ankibuild.words import count
from conftest import BANK, SOUND, Lay
from test_errors import CASES

HEAD = re.compile(r"^(?:error|warning)\[([a-z0-9-]+)\]: (.*)$", re.MULTILINE)

# ------------------------------------------------------------------ the law of tone

TEXTS = {case.stem: case.with_suffix(".txt").read_text("utf-8") for case in CASES}
FORBIDDEN = re.compile(
    r"\b(?:invalid|illegal|expected type|validation|parser? error|scalar|node|token|pydantic"
    r"|mapping values|document start|please|sorry|traceback)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_messages_are_in_lower_case_without_a_full_stop(name: str) -> None:
    for _, message in HEAD.findall(TEXTS[name]):
        assert message[0].islower() or message[0] == "`", message
        assert message[-1] not in ".!?;:", message
        assert message.count("`") % 2 == 0, message
        assert len(message) < 110, message


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_no_words_of_a_parser_reach_an_author(name: str) -> None:
    ours = [line for line in TEXTS[name].splitlines() if re.match(r"error|warning| *= help", line)]
    assert not FORBIDDEN.search("\n".join(ours))


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_labels_are_short_and_do_not_repeat_the_message(name: str) -> None:
    for _, message, picture in re.findall(
        r"^(?:error|warning)\[([a-z-]+)\]: (.*)\n((?:(?!error\[|warning\[).*\n)*)",
        TEXTS[name],
        re.M,
    ):
        for label in re.findall(r"^ +\| +[\^-]+ (.+)$", picture, re.M):
            assert len(label) < 72, label
            assert label != message
            assert not label.endswith(".")


def test_one_mistake_is_one_message() -> None:
    """A case whose name says that it has several mistakes is the exception."""
    several = {
        "08",
        "15",
        "answer",
        "capital",
        "two",
        "three",
        "still",
        "ledger",
        "curriculum",
        "long",
    }
    for name, text in TEXTS.items():
        assert len(HEAD.findall(text)) <= 1 or name.split("-")[0] in several, name


def test_there_are_enough_mistakes() -> None:
    assert len([name for name, text in TEXTS.items() if text]) >= 80
    assert all(f"{number:02}" in {n[:2] for n in TEXTS} for number in range(1, 20) if number != 11)


# ------------------------------------------------------------------ the picture


def at(text: str, piece: str, **more: str) -> Diagnostic:
    """Make a diagnostic at the first ``piece`` of a text."""
    start = text.index(piece)
    return Diagnostic(
        "a-rule", "this is so", Span(Source("a.yaml", text), start, start + len(piece)), **more
    )


def columns(text: str) -> int:
    """Count the columns of a terminal, tabs as one."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(bool(unicodedata.combining(c)) for c in text)


@pytest.mark.parametrize(
    "before",
    ["", "plain ", "漢字 ", "🙂🙂 ", "e\u0301e\u0301 ", "ｆｕｌｌ ", "한국어 ", "naïve ", "　"],
)
@pytest.mark.parametrize("piece", ["$x", "漢$", "e\u0301$"])
def test_carets_stand_under_what_they_mean(before: str, piece: str) -> None:
    shown, carets = render([at(f"a: {before}{piece} b\n", piece)]).splitlines()[3:5]
    lead = carets.index("^")
    assert columns(shown[: shown.index(piece)]) == lead
    assert carets.count("^") == columns(piece)


def test_a_tab_before_the_caret_stays_a_tab() -> None:
    shown, carets = render([at("a\tb: $x\n", "$x")]).splitlines()[3:5]
    assert shown == "1 | a\tb: $x"
    assert carets == "  |  \t   ^^"


def test_several_lines_are_marked_on_the_first_only() -> None:
    text = render([at("a: b\nc: d\n", "b\nc", label="here")])
    assert text.rstrip("\n").splitlines()[3:] == ["1 | a: b", "  |    ^ here"]


def test_nothing_is_a_caret_after_the_text() -> None:
    source = Source("a.yaml", "a:\n")
    text = render([Diagnostic("a-rule", "this is so", Span(source, 2, 2))])
    assert text.rstrip("\n").splitlines()[3:] == ["1 | a:", "  |   ^"]


@pytest.mark.parametrize("offset", [0, 1, 100, 500, 100_000, 299_990])
def test_a_long_line_is_shown_through_a_window(offset: int) -> None:
    text = "x" * offset + "$y" + "z" * (300_000 - offset) + "\n"
    shown, carets = render([at(text, "$y")]).splitlines()[3:5]
    assert len(shown) <= WINDOW + len("1 | ……")
    assert shown[carets.index("^") :].startswith("$y")
    assert shown.endswith("…") == (offset < 299_000)
    assert ("…" in shown[:6]) == (offset > WINDOW // 3)


def test_a_mark_wider_than_the_window_ends_with_it() -> None:
    shown, carets = render([at("y" * 1000 + "\n", "y" * 1000)]).splitlines()[3:5]
    assert len(carets.rstrip()) <= len(shown)


@pytest.mark.parametrize("control", ["\x1b[31m", "\x07", "\x9b31m", "\u202e", "\x7f", "\0"])
def test_control_characters_do_not_reach_the_terminal(control: str) -> None:
    problem = Diagnostic(
        "a-rule",
        f"`{control}` is here",
        Span(Source("a.yaml", f"a{control}b: c\n"), 0, 1),
        f"a {control}",
        f"help {control}",
    )
    said = render([problem])
    assert all(c.isprintable() or c == "\n" for c in said)
    assert not control.isprintable()


def test_pictures_of_control_characters() -> None:
    assert "1 | a␛[31mb" in render([at("a\x1b[31mb\n", "b")])
    assert "1 | a␀b" in render([at("a\0b\n", "b")])


def test_related_places_of_other_files_name_them() -> None:
    first = Label(Span(Source("b.yaml", "x: y\n"), 3, 4), "first")
    text = render([Diagnostic("a-rule", "twice", at("a: y\n", "y").span, "second", "", (first,))])
    assert text.rstrip("\n").splitlines() == [
        "error[a-rule]: twice",
        " --> a.yaml:1:4",
        "  |",
        "1 | a: y",
        "  |    ^ second",
        " ::: b.yaml:1:4",
        "1 | x: y",
        "  |    - first",
    ]


def test_the_number_bar_is_as_wide_as_the_longest_number() -> None:
    source = Source("a.yaml", "\n" * 98 + "a\nb\n")
    first = Label(Span(source, 98, 99), "first")
    text = render([Diagnostic("a-rule", "twice", Span(source, 100, 101), "second", "", (first,))])
    assert text.rstrip("\n").splitlines()[3:] == [
        " 99 | a",
        "    | - first",
        "100 | b",
        "    | ^ second",
    ]


def test_no_line_ends_with_a_blank_that_an_author_did_not_write() -> None:
    for text in TEXTS.values():
        assert not [line for line in text.splitlines() if line != line.rstrip()]


# ------------------------------------------------------------------ order and words


def test_files_in_order_lines_in_order_and_nothing_twice() -> None:
    one, two = Source("a.yaml", "x\ny\n"), Source("b.yaml", "x\n")
    made = [
        Diagnostic("b-rule", "m", Span(two, 0, 1)),
        Diagnostic("b-rule", "m", Span(one, 2, 3)),
        Diagnostic("b-rule", "m", Span(one, 0, 1)),
        Diagnostic("a-rule", "m", Span(one, 0, 1)),
        Diagnostic("a-rule", "m", Span(one, 0, 1)),
    ]
    assert sort(made) == (made[3], made[2], made[1], made[0])


@pytest.mark.parametrize(
    ("word", "best"),
    [("basci", "basic"), ("BASIC", "basic"), ("clozee", "cloze"), ("xyz", None), ("", None)],
)
def test_suggest(word: str, best: str | None) -> None:
    assert suggest(word, ["basic", "cloze"]) == best
    assert did_you_mean(word, ["basic", "cloze"]) == (f"did you mean `{best}`?" if best else "")


def test_count() -> None:
    assert [count(n, "note") for n in (0, 1, 2, 1234)] == [
        "0 notes",
        "1 note",
        "2 notes",
        "1,234 notes",
    ]


# ------------------------------------------------------------------ machines

PROBLEM = Diagnostic(
    "a-rule",
    "100% wrong: `a`, really",
    Span(Source("decks/a,b:c.yaml", "x\nab: 漢$x\n"), 7, 9),
    "a label",
    "write\n`b`",
    (Label(Span(Source("decks/o.yaml", "x\n"), 0, 1), "first"),),
    "warning",
)


def test_github() -> None:
    assert render([PROBLEM], "github") == (
        "::warning file=decks/a%2Cb%3Ac.yaml,line=2,col=6,endColumn=8,title=a-rule"
        "::100%25 wrong: `a`, really%0Awrite%0A`b`\n"
    )


def test_github_keeps_every_command_on_one_line() -> None:
    for end in ("\n", "\r\n"):
        problem = at("a: b\n", "b", help=f"one{end}::error::two")
        assert len(render([problem], "github").splitlines()) == 1


def test_json() -> None:
    assert json.loads(render([PROBLEM], "json")) == [
        {
            "rule": "a-rule",
            "severity": "warning",
            "message": "100% wrong: `a`, really",
            "path": "decks/a,b:c.yaml",
            "line": 2,
            "column": 6,
            "end_line": 2,
            "end_column": 8,
            "label": "a label",
            "help": "write\n`b`",
            "related": [
                {
                    "path": "decks/o.yaml",
                    "line": 1,
                    "column": 1,
                    "end_line": 1,
                    "end_column": 2,
                    "label": "first",
                }
            ],
        }
    ]


def test_sarif() -> None:
    sarif = json.loads(render([PROBLEM, at("a: b\n", "b")], "sarif"))
    assert sarif["version"] == "2.1.0"
    assert sarif["$schema"].startswith("https://json.schemastore.org/sarif-2.1.0")
    (run,) = sarif["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "ankibuild"
    assert [rule["id"] for rule in driver["rules"]] == ["a-rule"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert [result["level"] for result in run["results"]] == ["warning", "error"]
    for result in run["results"]:
        assert set(result) <= {"ruleId", "level", "message", "locations", "relatedLocations"}
        assert result["ruleId"] == "a-rule"
        assert result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert re.fullmatch(r"[\w./%-]+", physical["artifactLocation"]["uri"])
        region = physical["region"]
        assert min(region.values()) >= 1
        assert (region["endLine"], region["endColumn"]) >= (
            region["startLine"],
            region["startColumn"],
        )
    (related,) = run["results"][0]["relatedLocations"]
    assert related["message"]["text"] == "first"
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "decks/o.yaml"


@pytest.mark.parametrize("form", ["json", "github", "sarif", "text"])
def test_nothing_wrong_is_said_in_every_form(form: str) -> None:
    said = render([], form)
    assert said == "" or json.loads(said) is not None


# ------------------------------------------------------------------ color


def on_a_terminal(root: Path, **env: str) -> str:
    """Run `ankibuild check` with a terminal for its messages."""
    ours, theirs = pty.openpty()
    clean = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "ankibuild", "-C", str(root), "check"],
        stderr=theirs,
        env={**clean, **env},
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # Linux says so when the other side is closed
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    assert process.wait() == 1
    return said.decode()


@pytest.mark.parametrize(("env", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_color_only_where_it_is_wanted(env: dict[str, str], colored: bool, lay: Lay) -> None:
    root = lay({BANK: SOUND[BANK].replace("why-eps", "Why_Eps")})
    said = on_a_terminal(root, **env)
    assert "cannot be an id" in said
    assert ("\x1b[" in said) == colored


def test_no_color_in_a_pipe(lay: Lay) -> None:
    root = lay({BANK: SOUND[BANK].replace("why-eps", "Why_Eps")})
    command = [sys.executable, "-m", "ankibuild", "-C", str(root), "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "\x1b" not in done.stderr
    assert done.returncode == 1


def test_paint_changes_nothing_but_the_color() -> None:
    painted = render([PROBLEM], color=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render([PROBLEM])
