"""Formatting is idempotent, keeps what a file says, and loses no comment."""

from __future__ import annotations

import random
import re
import textwrap
from pathlib import Path

import click
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ankibuild import bank as banks
from ankibuild import fmt
from ankibuild.cli import cli
from ankibuild.diagnostics import errors, render
from ankibuild.source import Document, plain_value, read
from ankibuild.source.edit import append_item
from kit import Repository

ROOT = Path(__file__).parents[1]
BANKS = sorted(ROOT.glob("decks/*/[0-9]*.yaml"))


def formatted(text: str) -> str:
    made = fmt.format_text("bank.yaml", text.encode())
    assert made.text is not None, render(made.problems)
    return made.text


def models(document: Document) -> object:
    """Give all that the rest of the tool sees of a bank."""
    bank, problems = banks.parse(document)
    head, entries = (bank.head, bank.entries) if bank else (None, ())
    return head, [entry.question for entry in entries], sorted(p.rule for p in problems)


def check_kept(data: bytes) -> None:
    """Format, pass by pass, and look whether the file still says the same; then format again."""
    document = start = read("bank.yaml", data)
    if errors(document.problems):
        assert fmt.format_text("bank.yaml", data).text is None
        return
    for step in fmt.PASSES if fmt.is_plain_layout(document) else ():
        after = fmt.after_pass(document, step)
        assert fmt.says(after) == fmt.says(document), (document.source.text, after.source.text)
        document = after
    assert models(document) == models(start)
    once = formatted(data.decode("utf-8-sig"))
    assert once == document.source.text
    assert formatted(once) == once


# ------------------------------------------------------------------ what changes


def in_bank(questions: str) -> str:
    return "title: T\n\nquestions:\n\n" + textwrap.indent(textwrap.dedent(questions), "  ")


#: An id of which two make a line too long.
LONG = f"{'a' * 22}.{'b' * 22}"

PAIRS = {
    "a question's fields in order": (
        """\
        - basic: x
          verify: assert True
          a: So.
          covers: [a.b]
          at: 1:00
          q: Why?
          source: s
        """,
        """\
        - basic: x
          q: Why?
          a: So.
          source: s
          at: 1:00
          covers: [a.b]
          verify: assert True
        """,
    ),
    "the kind comes first, and a comment above it stays above": (
        """\
        - q: Why?
          # The id is old.
          basic: x
          a: So.
        """,
        """\
        # The id is old.
        - basic: x
          q: Why?
          a: So.
        """,
    ),
    "comments move with what they stand above, at, and in": (
        """\
        - exercise: x
          # about the answer
          # in two lines
          a: So.  # at the answer
          hints:
            # about one
            - one
            - two
            # after two
          # about the question
          q: |  # at the question
            # text
            Why?
          # after all
        """,
        """\
        - exercise: x
          # about the question
          q: |  # at the question
            # text
            Why?
          hints:
            # about one
            - one
            - two
            # after two
          # about the answer
          # in two lines
          a: So.  # at the answer
          # after all
        """,
    ),
    "rows stand beside their check": (
        """\
        - drill: x
          q: $@{a}$
          given:
            - {a: 1}
          verify: assert a
          at: 1:00
        """,
        """\
        - drill: x
          q: $@{a}$
          at: 1:00
          given:
            - {a: 1}
          verify: assert a
        """,
    ),
    "two spaces a level": (
        """\
        -    basic:    x
             q :   |
                 Why?
                   Indented.

                 So?
             a:
                So it
                  goes.
             covers:
             - a.b
        """,
        """\
        - basic: x
          q: |
            Why?
              Indented.

            So?
          a:
            So it
            goes.
          covers: [a.b]
        """,
    ),
    "a question beside its dash": (
        """\
        -
          basic: x
          q: Why?
        """,
        """\
        - basic: x
          q: Why?
        """,
    ),
    "no quotes where none are needed": (
        """\
        - 'basic': "x"
          "q": 'It''s so.'
          a: "no"
          at: '47:12'
          tags: ["a", 'b']
        """,
        """\
        - basic: x
          q: It's so.
          a: no
          at: 47:12
          tags: [a, b]
        """,
    ),
    "a block where some would be": (
        """\
        - basic: x
          q: "Why: because?"
          a: '{{c1::x}} # y'
          extra: "\\\\frac 1 2"
          hint: '*'
        """,
        """\
        - basic: x
          q: |
            Why: because?
          a: |
            {{c1::x}} # y
          hint: |
            *
          extra: \\frac 1 2
        """,
    ),
    "a plain bar": (
        """\
        - basic: x
          q: |-
            Why?
          a: |2
            So.
          extra: |+
            More.

          hint: |2
              Indented.
            Not.
        """,
        """\
        - basic: x
          q: |
            Why?
          a: |
            So.
          hint: |2
              Indented.
            Not.
          extra: |
            More.
        """,
    ),
    "short lists of ids in brackets, long ones below each other": (
        """\
        - basic: x
          q: Why?
          tags:
            - a
            - b
          covers: [{LONG}, {LONG}]
          source: s
        """,
        """\
        - basic: x
          q: Why?
          source: s
          covers:
            - {LONG}
            - {LONG}
          tags: [a, b]
        """,
    ),
    "other lists one entry a line": (
        """\
        - exercise: x
          q: Why?
          hints: [one, "two, or three"]
          a: So.
        - drill: y
          q: $@{a}$
          given: [{a: 1}, {a: 2}]
        """,
        """\
        - exercise: x
          q: Why?
          hints:
            - one
            - two, or three
          a: So.

        - drill: y
          q: $@{a}$
          given:
            - {a: 1}
            - {a: 2}
        """,
    ),
    "one blank line between questions, none inside": (
        """\
        - basic: x

          q: Why?


          # remark

          a: So.
        # about y
        - basic: y
          q: Why?



        # a section

        - basic: z
          q: Why?
        """,
        """\
        - basic: x
          q: Why?
          # remark
          a: So.

        # about y
        - basic: y
          q: Why?

        # a section

        - basic: z
          q: Why?
        """,
    ),
}

FILES = {
    "the head in order, its comment first": (
        "# All about T.\n\nquestions:\n- basic: x\n  q: Why?\n# for all\ntags: [a]\ntitle: T\n",
        "# All about T.\n\ntitle: T\n# for all\ntags: [a]\n\n"
        "questions:\n\n  - basic: x\n    q: Why?\n",
    ),
    "ends of lines and of the file": (
        "\ufeff\r\n\r\ntitle: T  \r\nsetup: |\r\n  a = 1  \r\n\r\n\r\n",
        "title: T\nsetup: |\n  a = 1  \n",
    ),
    "a file without a last line end": ("title: T", "title: T\n"),
    "the arc": (
        "parts:\n- title: P\n  part: a\n  decks:\n  - bank: b.yaml\n    deck: 01 D\n"
        "    topics: [ t ]\n"
        "  deck: 01 P\ntitle: T\n",
        "title: T\n\nparts:\n\n  - part: a\n    deck: 01 P\n    title: P\n    decks:\n"
        "      - deck: 01 D\n        bank: b.yaml\n        topics: [t]\n",
    ),
    "topics": (
        "topics:\n- level: 1\n  topic: t\n  items:\n  - ask: Why?\n    sources: [s]\n"
        "    concept: t.a\n",
        "topics:\n\n  - topic: t\n    level: 1\n    items:\n      - concept: t.a\n"
        "        ask: Why?\n        sources: [s]\n",
    ),
    "sources": (
        "sources:\n- title: 'A: B'\n  video: v\n- url: https://x.org\n  blog: b\n  title: C\n",
        "sources:\n\n  - video: v\n    title: |\n      A: B\n\n  - blog: b\n    title: C\n"
        "    url: https://x.org\n",
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_questions_are_laid_out(name: str) -> None:
    before, after = (in_bank(text).replace("{LONG}", LONG) for text in PAIRS[name])
    assert formatted(before) == after
    check_kept(before.encode())
    assert formatted(after) == after


@pytest.mark.parametrize("name", FILES)
def test_files_are_laid_out(name: str) -> None:
    before, after = FILES[name]
    assert formatted(before) == after
    check_kept(before.encode())
    assert formatted(after) == after


# ------------------------------------------------------------------ what does not change

SAME_QUESTIONS = [
    "- basic: x\n  q: Why?  # a remark\n  a: So.   #   another\n",
    "- basic: x\n  q: |\n    two spaces  \n    at the end   \n",
    "- basic: x\n  q: |\n    a\n\n\n\n    b\n",
    "- basic: x\n  q: |\n    a\ttab\n    \tand another\n",
    "- basic: x\n  q: |\n    - basic: y\n      a: b\n    # text\n    questions:\n",
    f"- basic: x\n  q: |\n    {'Nobody wraps a text that is long. ' * 9}So.\n",
    f"- basic: x\n  q: {'Nobody wraps a text that is long. ' * 9}So.\n",
    "- basic: x\n  q: A plain text\n    on two lines\n\n    and after an empty one.\n",
    '- basic: x\n  q: "Quoted\n    on two lines: so."\n',
    "- basic: x\n  q: ''\n",
    "- basic: x\n  q: ' a blank before'\n",
    "- basic: x\n  q: 'noted here'  # a remark\n",
    "- basic: x\n  q: 'noted: here'  # ankibuild: allow long-question\n",
    '- basic: x\n  covers: [a, b c, "d, e"]\n',
    "- basic: x\n  tags: [a::b, 'a:']\n",
    "- basic: x\n  covers: [a.b,\n    c.d]  # why\n",
    "- basic: x\n  covers:\n    - |\n      a.b\n",
    "- basic: x\n  covers:\n    # why\n    - a.b\n",
    "- basic: x\n  covers:\n    - a.b  # why\n",
    "- basic: x\n  covers:\n    - a.b\n    # no more\n  tags: [a]\n",
    "- drill: x\n  given:\n    - {A: [[1,  0]],  low: 3}\n    - {A: [[10, 0]], low: 30}\n",
    "- drill: x\n  given:\n    - a: 1\n      b: 2\n    - a: 3\n      b: 4\n",
    "- drill: x\n  given: [{a: 1,\n    b: 2}]\n",
    "- drill: x\n  given:\n    - {\"x\":1, 'y':2}\n",
    # An order is known for questions that are questions, and their fields fields.
    "- basci: x\n  a: So.\n  q: Why?\n",
    "- basic: x\n  a: So.\n  anwser: b\n  q: Why?\n",
    "- basic: x\n  a: So.\n  cloze: y\n  q: Why?\n",
    "- a: So.  # ankibuild: allow no-source\n  basic: x\n",
    "- just text\n",
    "-\n",
    "- ? basic\n  : x\n  q:   Why?\n",
]
SAME_FILES = [
    "",
    "# nothing but a remark\n",
    "just a text\n",
    "- a\n- b\n",
    "{title:   T, questions: [{basic: x,  q: y}]}\n",
    "title: T\nquestions: []\n",
    "title: T\n\nsource: s\n# about tags\n\ntags: [a]\n",
    "%YAML 1.2\n---\ntitle: T\n...\n",
    "? title\n: T\nsource:   s\n",
]


@pytest.mark.parametrize("question", SAME_QUESTIONS)
def test_a_question_that_stays_as_it_is(question: str) -> None:
    text = in_bank(question)
    assert formatted(text) == text
    check_kept(text.encode())


@pytest.mark.parametrize("text", SAME_FILES)
def test_a_file_that_stays_as_it_is(text: str) -> None:
    assert formatted(text) == text
    check_kept(text.encode())


def test_keys_of_which_nobody_thinks_are_seen() -> None:
    assert fmt.is_plain_layout(read("bank.yaml", b"title: T\nquestions:\n  - basic : x\n"))
    for strange in (b"? title\n: T\n", b"questions:\n  - ? basic\n    : x\n"):
        assert not fmt.is_plain_layout(read("bank.yaml", strange))


BROKEN = [
    "title: T\nquestions:\n  - basic: x\n    q: a: b\n",
    "title: T\nquestions:\n  - basic: x\n    basic: y\n",
    "title: T\nquestions:\n  - basic: x\n    q: >\n      folded\n",
    "title: T\nquestions:\n  - basic: x\n    q: &a b\n",
    "title: T\n---\ntitle: U\n",
    "title: T\n\tsource: s\n",
    "title: T\nsource: \u200e\n",
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_not_laid_out(text: str) -> None:
    made = fmt.format_text("bank.yaml", text.encode())
    assert made.text is None
    assert errors(made.problems) == made.problems != ()


# ------------------------------------------------------------------ any bank, any edit

PIECES = st.sampled_from(
    [
        *("a", "word", "#", " # no", "# yes", ":", ": ", "- ", "-", "[", "]", "{", "}", ",", ", "),
        *("'", '"', "|", ">", "&a", "*a", "!t", "%", "@", "`", "\\frac", "$x$", "é", "漢字", "🙂"),
        *(
            "\t",
            " ",
            "  ",
            "\n",
            "\n\n",
            "47:12",
            "1.10",
            "no",
            "~",
            "null",
            "?",
            "? ",
            "...",
            "---",
        ),
        *(
            "<<",
            "=",
            "questions:",
            "…",
            "{{c1::x}}",
            "0x1F",
            "1_000",
            "# ankibuild: allow no-source",
        ),
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=6).map("".join)
COMMENTS = st.sampled_from(
    ["# a remark", "#", "# q: not a field", "#- basic: x", "# ankibuild: allow x"]
)


def quoted(text: str, sign: str) -> str:
    if sign == "'":
        return "'" + text.replace("'", "''") + "'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def scalars(draw: st.DrawFn, indent: int) -> str:
    """Write a text in some style, its further lines at ``indent`` or more."""
    text = draw(TEXTS)
    style = draw(st.sampled_from(["plain", "'", '"', "|", "|", "|-", "|+", "|2"]))
    deeper = " " * (indent + draw(st.integers(0, 3)))
    if style[0] == "|":
        deeper = " " * indent if style == "|2" else deeper
        rows = (deeper + row if row.strip() else row for row in text.split("\n"))
        return f"{style}{draw(st.sampled_from(['', ' ', ' # why']))}\n" + "\n".join(rows)
    return (
        text.replace("\n", "\n" + deeper)
        if style == "plain"
        else quoted(text.replace("\n", "\n\n" + deeper), style)
    )


@st.composite
def trivia(draw: st.DrawFn) -> str:
    """Write blank lines and comments."""
    found = ""
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 1, 2]))):
        blanks = " " * draw(st.integers(0, 9))
        found += blanks + draw(st.one_of(st.just(""), COMMENTS)) + "\n"
    return found


@st.composite
def lists_of(draw: st.DrawFn, indent: int) -> str:
    entries = st.one_of(
        st.sampled_from(["one", "two.three", "'a b'", '"x, y"', "{x: 1}"]), scalars(9)
    )
    words = draw(st.lists(entries, max_size=3))
    if draw(st.booleans()) or not words:
        sign = draw(st.sampled_from([", ", ",", " , ", ", # c\n         "]))
        return f" [{sign.join(words)}]"
    blanks = " " * (indent + draw(st.integers(0, 3)))
    gap = " " * draw(st.integers(1, 3))
    return "\n" + "\n".join(f"{draw(trivia())}{blanks}-{gap}{word}" for word in words)


KEYS = [
    "q",
    "a",
    "extra",
    "hint",
    "at",
    "source",
    "verify",
    "tags",
    "covers",
    "odd",
    "given",
    "hints",
]


@st.composite
def questions(draw: st.DrawFn, indent: int) -> str:
    kind = draw(st.sampled_from(["basic", "drill", "exercise", "basci"]))
    names = draw(
        st.permutations([kind, *draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=5))])
    )
    gap = draw(st.integers(1, 4))
    column = indent + 1 + gap
    fields = []
    for name in names:
        key = draw(st.sampled_from([name, name, name, f"'{name}'", f"{name} "]))
        if name in ("tags", "covers", "given", "hints"):
            value = draw(lists_of(column))
        elif name == kind:
            remark = draw(st.sampled_from(["", "  # ankibuild: allow x"]))
            value = f" q-{draw(st.integers(0, 99))}{remark}"
        else:
            value = " " * draw(st.integers(1, 3)) + draw(scalars(column + 1))
        fields.append(f"{key}:{value}\n")
    first, *rest = fields
    lead = draw(
        st.sampled_from([f"{' ' * indent}-{' ' * gap}", f"{' ' * indent}-\n{' ' * column}"])
    )
    return lead + first + "".join(f"{draw(trivia())}{' ' * column}{field}" for field in rest)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    indent = draw(st.integers(0, 4))
    listed = draw(st.lists(questions(indent), max_size=3))
    body = "".join(draw(trivia()) + question for question in listed)
    parts = draw(
        st.permutations(
            [f"questions:\n{body}", "title: T\n", f"setup: {draw(scalars(1))}\n", "source: s\n"]
        )
    )
    text = "".join(draw(trivia()) + part for part in parts) + draw(trivia())
    if draw(st.booleans()):
        text = text.rstrip("\n")
    ends = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.replace("\n", ends).encode()


HARD = [
    # Comments that go further right, below a question that is not the last any more.
    b"questions:\n- basic: x\n# a\n  # b\nsetup: a\ntitle: T\nsource: s\n",
    b"title: T\nsetup: a\nquestions:\n- basic: x\n  # a\nsource: s\n",
    b"questions:\n- tags:\n   - one\n   # a\n  basic: x\ntitle: T\n",
    # Comments that begin right beside something.
    b"title: 'T'#\ntags: [a]# b\nquestions:\n- basic: \"x\"# y\n",
    # Blanks that a text would take in.
    b"title: T\nsetup: |\n a\nsource: s\n   \nquestions:\n",
    b"questions:\n- q: a\n  given:\n  - \n         \n         a\n  basic: x\n",
]


@pytest.mark.parametrize("data", HARD)
def test_a_bank_that_once_did_not_say_the_same(data: bytes) -> None:
    check_kept(data)


@given(files())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_bank_says_the_same(data: bytes) -> None:
    check_kept(data)


# ------------------------------------------------------------------ our banks, disturbed

QUESTION = re.compile(r"\n\n(?=(?:  #.*\n\n?)*  - )")
FIELD = re.compile(r"\n    (?=[a-z]+:)")


def excerpts() -> list[tuple[str, list[str]]]:
    """Give each bank as its head and its questions."""
    cut = (QUESTION.split(path.read_text("utf-8").rstrip("\n")) for path in BANKS)
    return [(head, questions) for head, *questions in cut]


def disturb(text: str, rng: random.Random) -> str:
    """Do to a bank, line by line, what people do; the result may be broken."""
    rows = text.split("\n")
    for _ in range(rng.randrange(8)):
        at = rng.randrange(len(rows))
        row = rows[at]
        blanks = " " * rng.randrange(10)
        rows[at : at + 1] = rng.choice(
            [
                [blanks + "# a remark", row],
                [row + "  # a remark"],
                [row + " " * rng.randrange(4)],
                [blanks, row],
                [re.sub(r": (?=[^|])(.+)", lambda m: f": '{m[1]}'", row)],
                [re.sub(r": (?=[^|])(.+)", lambda m: f': "{m[1]}"', row)],
                [row.replace(": |", rng.choice([": |-", ": |+", ":   |", ": |  # why"]))],
                [row.replace(": ", ":" + " " * rng.randint(1, 4), 1)],
                [row.replace("- ", "-" + " " * rng.randint(1, 4), 1)],
                [row.replace("- ", f"-\n{' ' * 4}", 1)],
                [row.replace(" [", "\n      [", 1)],
                [row.replace(", ", ",\n        ")],
                [re.sub(r": \[(.+)\]$", lambda m: ":" + re.sub("^|, ", "\n      - ", m[1]), row)],
                [row.replace(" ", "\t", 1)],
            ]
        )
    return "\n".join(rows)


def shuffled(question: str, rng: random.Random) -> str:
    head, *fields = FIELD.split(question)
    rng.shuffle(fields)
    return "\n    ".join((head, *fields))


@given(st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_our_banks_disturbed_say_the_same(rng: random.Random) -> None:
    head, questions = rng.choice(excerpts())
    chosen = [shuffled(question, rng) for question in rng.sample(questions, 3)]
    text = disturb("\n\n".join((head, *chosen)) + "\n", rng)
    shift = rng.randrange(3)
    before, key, listed = text.partition("questions:\n")
    text = before + key + re.sub(rf"^ {{{shift}}}", "", listed, flags=re.MULTILINE)
    check_kept(text.replace("\n", rng.choice(["\n", "\r\n"])).encode())


# ------------------------------------------------------------------ files


BANK = "decks/01-first/01-one.yaml"
UNTIDY = "- basic: x\n  a: So.\n  q: Why?\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.bank(UNTIDY)
    fmt.run(tmp_path, [path.as_posix() for path in tmp_path.glob("decks/*.yaml")])
    return made


def test_only_what_is_untidy_is_written(repository: Repository) -> None:
    fmt.run(repository.root)
    place = repository.bank(UNTIDY) or repository.root / BANK
    others = [path for path in repository.root.rglob("*.yaml") if path != place]
    before = {path: (path.read_bytes(), path.stat().st_ino) for path in others}
    outcome = fmt.run(repository.root)
    assert [changed.path for changed in outcome.changed] == [BANK]
    assert outcome.problems == ()
    assert (
        place.read_text("utf-8") == outcome.changed[0].after == formatted(place.read_text("utf-8"))
    )
    assert {path: (path.read_bytes(), path.stat().st_ino) for path in others} == before
    assert fmt.run(repository.root).changed == ()


def test_a_check_writes_nothing(repository: Repository) -> None:
    before = {path: path.read_bytes() for path in repository.root.rglob("*.yaml")}
    outcome = fmt.run(repository.root, check=True)
    assert BANK in [changed.path for changed in outcome.changed]
    assert {path: path.read_bytes() for path in repository.root.rglob("*.yaml")} == before


def test_a_difference_is_shown(repository: Repository) -> None:
    (changed,) = fmt.run(repository.root, [BANK], check=True).changed
    assert f"--- a/{BANK}\n+++ b/{BANK}\n" in changed.diff
    assert "-  a: So.\n" in changed.diff
    assert "+    a: So.\n" in changed.diff


def test_line_ends_alone_are_a_change(repository: Repository) -> None:
    fmt.run(repository.root)
    place = repository.root / BANK
    tidy = place.read_bytes()
    place.write_bytes(tidy.replace(b"\n", b"\r\n"))
    assert [changed.path for changed in fmt.run(repository.root).changed] == [BANK]
    assert place.read_bytes() == tidy


def test_a_broken_file_is_left_and_named(repository: Repository) -> None:
    place = repository.write(BANK, "title: T\nquestions:\n - basic: x\n   q: a: b\n")
    before = place.read_bytes()
    outcome = fmt.run(repository.root)
    assert place.read_bytes() == before
    assert [problem.span.source.path for problem in outcome.problems] == [BANK]


def test_a_link_out_of_the_project_is_not_followed(repository: Repository, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.yaml"
    outside.write_text("title:   T\n", "utf-8")
    (repository.root / "decks/01-first/09-link.yaml").symlink_to(outside)
    outcome = fmt.run(repository.root)
    assert outside.read_text("utf-8") == "title:   T\n"
    assert [problem.rule for problem in outcome.problems] == ["unreadable-file"]


def test_paths_may_repeat_and_be_missing(repository: Repository) -> None:
    outcome = fmt.run(repository.root, [BANK, "decks/01-first", "decks/none.yaml"], check=True)
    assert [changed.path for changed in outcome.changed].count(BANK) == 1
    assert [problem.span.source.path for problem in outcome.problems] == ["decks/none.yaml"]


@pytest.mark.parametrize("path", BANKS, ids=lambda path: path.stem)
def test_our_banks_say_the_same(path: Path) -> None:
    check_kept(path.read_bytes())


# ------------------------------------------------------------------ a new question

ITEM = "- basic: new\n  q: |\n    Why?\n\n    So?\n"
ADDED = "- basic: new\n  q: |\n    Why?\n\n    So?"
APPENDED = {
    "an empty bank": ("title: T\n\nquestions:\n", 2),
    "an empty list": ("title: T\nquestions: []\n", 2),
    "no list": ("title: T\n", 2),
    "a list": ("title: T\nquestions:\n    - basic: x\n      q: Why?\n", 4),
    "a list at the margin": ("title: T\nquestions:\n- basic: x\n  q: Why?\n", 0),
    "the word elsewhere": (
        "title: T\n# questions:\n#     - a\nsetup: |\n  questions:\n      - a\n"
        "questions:  # all\n  # - no\n  - basic: x\n    q: Why?\n",
        2,
    ),
    "a list in a text": ("title: T\nquestions:\n  - basic: x\n    q: |\n      - a\n", 2),
    "no line end": ("title: T\nquestions:\n  - basic: x\n    q: Why?", 2),
    "something after": (
        "title: T\nquestions:\n  - basic: x\n    q: Why?\n  # of x\n\n# of retired\nretired: [y]\n",
        2,
    ),
    "a broken question": ("title: T\nquestions:\n   - basic: x\n     q: a: b\n", 3),
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("name", APPENDED)
def test_a_question_is_appended(name: str, ends: str) -> None:
    text, column = APPENDED[name]
    before = text.replace("\n", ends)
    after = append_item(before, ITEM)
    added = textwrap.indent(ADDED, " " * column).replace("\n", ends)
    assert f"{ends}{ends}{added}{ends}" in after
    left = after.replace(f"{ends}{added}{ends}", "")
    assert (
        left.split()
        == (before if "questions" in text else f"{before} questions:").replace(" []", "").split()
    )
    document = read("bank.yaml", after.encode())
    if name != "a broken question":
        assert plain_value(document.root)["questions"][-1]["basic"] == "new"  # type: ignore[arg-type,index]


def test_blank_lines_at_the_end_stay_there() -> None:
    text = "title: T\nquestions:\n  - basic: x\n    q: Why?\n\n\n"
    assert append_item(text, ITEM) == text[:-2] + "\n" + textwrap.indent(ADDED, "  ") + "\n\n\n"


def test_what_stands_after_stays_after() -> None:
    text, _ = APPENDED["something after"]
    after = append_item(text, ITEM)
    assert after.index("# of x") < after.index("- basic: new") < after.index("# of retired")


# ------------------------------------------------------------------ hooks

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
OURS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]


@pytest.mark.parametrize(
    "hook", [*HOOKS, *OURS], ids=lambda hook: f"{hook['id']}-{hook['language']}"
)
def test_a_hook_runs_a_command_on_the_files_it_is_for(hook: dict[str, object]) -> None:
    program, command = str(hook["entry"]).split()
    assert Path(program).name == "ankibuild"
    assert command in cli.list_commands(click.Context(cli))
    wanted = re.compile(str(hook["files"]))
    files = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("decks/**/*.yaml")]
    assert all(map(wanted.search, files))
    assert not any(map(wanted.search, ["README.md", "src/decks/a.yaml", "docs/format.md"]))


def test_hooks_of_this_repository_are_those_that_we_offer() -> None:
    shared = ("id", "name", "files", "pass_filenames")
    ours, theirs = (
        [{key: hook.get(key) for key in shared} for hook in some] for some in (OURS, HOOKS)
    )
    assert ours == theirs
