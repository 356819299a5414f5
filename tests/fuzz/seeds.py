"""Seeds: small files of every format, and the signs that stand for something in one of them."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path

from ankibuild import released
from ankibuild.released import Ledger, Release
from foreign import DECK, NOTETYPE, database, listed, packed
from fuzz.decks import CUT, plain_subject
from kit import CURRICULUM, SOURCES, TOPICS

ROOT = Path(__file__).parents[2]


@cache
def banks() -> list[bytes]:
    """Give our own banks, or their first questions, those with mistakes, and one of every kind."""
    files = [*sorted(ROOT.glob("tests/errors/*.yaml")), *sorted(ROOT.glob("decks/*/[0-9]*.yaml"))]
    return [_short(path.read_bytes()) for path in files] + [EVERY_KIND.encode()]


def _short(data: bytes, most: int = 3_000) -> bytes:
    end = data.rfind(b"\n\n  - ", 0, most)
    return data if len(data) <= most or end < 0 else data[:end] + b"\n"


@cache
def texts() -> list[bytes]:
    """Give blocks of text from the banks, and some with every sign of Markdown."""
    found: dict[str, None] = {}
    for data in banks():
        for block in data.decode("utf-8", "replace").split(": |\n")[1:4]:
            lines = block.split("\n    ", 8)[:8]
            found["\n".join(line.strip() for line in lines)] = None
    return [text.encode() for text in (*found, *MARKDOWN)]


def arcs() -> list[bytes]:
    """Give a curriculum, a part and the sources, parted by ``CUT``."""
    ours, _, _ = CURRICULUM.format(title="T", namespace="t").partition("  - part: 02")
    return [CUT.join(text.encode() for text in (ours, TOPICS["01-first"], SOURCES))]


@cache
def ledgers() -> list[bytes]:
    """Give what a release of the plain bank records, and rows of each kind that do not fit it."""
    release = Release("1.0", 1_768_000_000)
    stamped = released.stamp(plain_subject().collection, Ledger(), release.time)
    return [released.dump(released.record(stamped, Ledger(), release)).encode(), LEDGER.encode()]


def html() -> list[bytes]:
    """Give fields of foreign notes."""
    return [text.encode() for text in HTML]


def tables() -> list[bytes]:
    """Give text exports."""
    return [text.encode() for text in TABLES]


def crowdanki() -> list[bytes]:
    """Give a CrowdAnki export."""
    return [json.dumps(CROWDANKI).encode()]


@cache
def packages() -> list[bytes]:
    """Give a package as it is, and the parts of others, as the law puts them together."""
    parts = ({"7": NOTETYPE}, {"9": DECK}, "a\x1fb", {"0": "a.png"})
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        whole = packed(Path(folder) / "a.apkg", database()).read_bytes()
    files = listed(("a.png", 1), ("b.mp3", 2))
    said = CUT.join(json.dumps(part).encode() for part in parts)
    return [whole, b"d" + database(), b"j" + said, b"m" + files]


EVERY_KIND = r"""title: Every kind
source: lecture
tags: [a, b-c]
setup: |
  import math

questions:

  - basic: one
    q: Why $x^2$?
    a: |
      So, and `code`.

      ![a square](a.svg)
    at: 0:10
    covers: [one.why]
    hint: Think.
    extra: More.

  - reversed: two
    term: Term
    definition: |
      **Meaning**
      - of it

  - cloze: three
    text: |
      A {{c1::gap}} and {{c2::another $x_{1}$::hint}}, {{c1::once {{c3::more}}}}.

  - typein: four
    q: How many?
    answer: 4
    tags: [x]

  - code: five
    q: What?
    program: |
      print({1: 2})
    output: "{1: 2}"

  - steps: six
    q: Derive
    lines:
      - $$a$$
      - $$= b$$

  - exercise: seven
    q: Do.
    hints: [one, two]
    a: Done.
    rubric:
      - Right?

  - drill: eight
    q: What is $@{A|matrix}$ and @{x}?
    a: $@{x|signed}$
    given:
      - {A: [[1, 2], [3, 4]], x: -1}
      - {A: [[5, 6], [7, 8]], x: 1/2}
    guid: abc
"""

MARKDOWN = [
    "**a** *b* ~~c~~ `d` $x$\n\n$$\ny\n$$\n\n```python\nx = 1\n```\n",
    "| a | b |\n|:-:|---|\n| $x$ | `|` |\n\n> quote\n\n1. one\n2. two\n   - deep\n",
    "{{c1::a::h}} {{c2::$x_{1}$}} {{c3::\n- x\n- y\n}} ![w](a.svg) [l](https://a.b) <b>x</b>",
    "<details><summary>s</summary>\n\ntext\n</details>\n\n# h\n\n---\n\\* \\$ &lt; &#123; a\\\nb",
]

HTML = [
    '<div>a <b>b</b></div><ul><li>x</li></ul><img src="a.png" alt="w">{{c1::\\(x\\)::h}}',
    '<pre>code\n  x</pre><table><tr><th>a</th><td style="text-align:left">b</td></tr></table>',
    "[latex]$x$[/latex] [$]y[/$] <anki-mathjax>z</anki-mathjax> <details><summary>s</summary>t",
    "&lt;b&gt; &nbsp; &#123;&#123;c1:: <a href='https://a.b'>l</a> <sub>1</sub><br><hr>**x** `y`",
]

TABLES = [
    "#separator:tab\n#html:true\n#guid column:1\n#notetype column:2\n#deck column:3\n"
    '#tags column:6\ng1\tBasic\tA::B\tfront\t"ba""ck"\ta b\ng2\tCloze\tC\t{{c1::x}}\t\t\n',
    "#separator:Comma\n#columns:Front,Back\n#tags:x\na,b\n\"c\nd\",'e'\n",
    "a;b\nc;d\n",
]

CROWDANKI = {
    "__type__": "Deck",
    "crowdanki_uuid": "d",
    "name": "Deck",
    "desc": "text",
    "children": [{"__type__": "Deck", "name": "Child", "notes": [], "children": []}],
    "media_files": ["a.png"],
    "note_models": [{"__type__": "NoteModel", "crowdanki_uuid": "m", **NOTETYPE}],
    "notes": [
        {"__type__": "Note", "fields": ["a", "b"], "guid": "g", "note_model_uuid": "m", "tags": []}
    ],
}

LEDGER = """\
{"release": "1.0", "time": 1768000000}
{"notetype": "basic", "id": 1, "schema": "1/2", "digest": "d", "mod": 1768000000}
{"note": "x", "guid": "g", "notetype": "basic", "deck": "Test Arc::01 First::01 One", \
"cards": [0], "due": 100, "digest": "d", "mod": 1768000000, "first": "1.0", "last": "1.0"}
{"note": "y", "guid": "h", "notetype": "basic", "deck": "Test Arc::01 First::01 One", \
"cards": [0], "due": 200, "digest": "d", "mod": 1768000000, "first": "1.0", "last": "1.0", \
"retired": true}
"""

SIGN_LINES = r"""
: | > - # & * ! % @ ` ' " [ ] { } , ? \ = ~ ^ $ $$ ( ) . ; / < > | |- |2 >- --- ... << & *a &a !!str
questions: title: source: tags: setup: retired: basic: reversed: cloze: typein: code: steps: drill:
exercise: q: a: text: term: definition: answer: program: output: lines: hints: rubric: given: at:
covers: hint: extra: verify: guid: # ankibuild: allow {{c1:: {{c2:: {{c0:: {{c1,2:: }} :: @{x} @{
@{A|matrix} ** __ ~~ ``` ~~~ ![ ]( ](https://a.b) ![w](a.svg) <b> </b> <p> <td> <table> <details>
<summary> </details> <!-- --> <script> <br> &lt; &#123; &#x; &amp; \( \) \[ \] \begin{align} \frac{
\text{ }{ x_{1} [sound: [latex] [/latex] [$] [[type: [anki: 1. +  # ## |---| 47:12 §3.2 p._1 1/2 -1
parts: part: deck: decks: bank: topics: topic: items: concept: level: ask: sources: video: url:
chapters: namespace: license: description: "release" "note" "cards" null true NaN 1e999 [] {} -1
#separator:tab #html:true #columns: #deck column:1 #notetype: <div> </div> <ul> <li> <pre> <code>
"""
ODD = ["\n", "\n\n", "\n  ", "\n    ", "\n  - ", "  ", "\t", "\r\n", "\0", "\ufeff", "é", "漢"]
ODD += [
    "e\u0301",
    "🙂",
    "\u202e",
    "\u0338",
    "\ufdd0T0\ufdd1",
    "\x1f",
    "\u2028",
    "\u00a0",
    "x" * 100,
]
SIGNS = (*SIGN_LINES.split(), *ODD)
