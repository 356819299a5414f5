"""What somebody meets who has just cloned this repository: every command, run as a program."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ankibuild.kinds import kinds
from ankibuild.rules import explanations
from ankibuild.schema import schema

ROOT = Path(__file__).parents[1]
PROGRAM = Path(sys.executable).parent / "ankibuild"
BANK = "decks/08-normalization/01-batchnorm.yaml"
LOOPS = "decks/01-basics/01-loops.yaml"
ESCAPE = "\x1b["


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str


def run(folder: Path, *words: str, **environment: str) -> Answer:
    done = subprocess.run(
        [PROGRAM, *words],
        cwd=folder,
        env={**bare_environment(), **environment},
        capture_output=True,
        check=False,
        timeout=120,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err
    return Answer(done.returncode, out, err)


def bare_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "NO_COLOR"}


def copy_of_the_repository(place: Path) -> Path:
    """Copy what a clone would have if everything here were committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, place / name)
    return place


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the repository once; no test changes more than its dist/."""
    return copy_of_the_repository(tmp_path_factory.mktemp("clone"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Copy the repository, to be changed."""
    return copy_of_the_repository(tmp_path)


@pytest.fixture
def knots(tmp_path: Path) -> Path:
    """Lay down the small repository that README.md describes, file by file."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^`(decks/[^`]+)`:\n\n```yaml\n(.*?)^```$", text, re.M | re.S)
    for name, content in found:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def names_in(folder: Path) -> set[str]:
    """List the files of a project; what is remembered of it does not count."""
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    return {name for name in names if not name.startswith(".ankibuild/")}


def edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def misspell(knots: Path) -> None:
    edit(knots / LOOPS, lambda text: text.replace("    a: ", "    anwser: "))


# ------------------------------------------------------------------ check


def test_check_is_content_with_this_repository(clone: Path) -> None:
    answer = run(clone, "check")
    assert answer.code == 0, answer.err
    assert answer.out == ""


def test_check_of_one_file_says_nothing_of_others(own: Path) -> None:
    (own / BANK).write_text("title: Batch normalization\nquestions: none\n", encoding="utf-8")
    assert run(own, "check", "decks/08-normalization").code == 1
    assert run(own, "check", BANK).code == 1
    assert run(own, "check", "decks/12-transformers").code == 0


def readme_message() -> tuple[str, str]:
    """Give the bank that README.md shows, and what it says comes of a misspelt field."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    bank = re.search(r"```yaml\n(title: Batch normalization\n.*?)```", text, re.DOTALL)
    message = re.search(r"```text\n(error\[unknown-field\].*?)```", text, re.DOTALL)
    assert bank
    assert message
    return bank[1].replace("    a: |", "    anwser: |"), message[1]


def test_the_message_in_the_readme_is_the_real_one(own: Path) -> None:
    bank, message = readme_message()
    (own / BANK).write_text(bank, encoding="utf-8")
    answer = run(own, "check", "decks/08-normalization")
    assert (answer.code, answer.err, answer.out) == (1, message, "")


def test_check_for_machines_is_on_stdout(knots: Path) -> None:
    misspell(knots)
    answer = run(knots, "check", "--format", "json")
    assert answer.code == 1
    assert "unknown-field" in json.dumps(json.loads(answer.out))
    github = run(knots, "check", "--format", "github")
    assert f"::error file={LOOPS},line=7" in github.out


def test_strict_fails_on_warnings(knots: Path) -> None:
    assert run(knots, "check").code == 0
    strict = run(knots, "check", "--strict")
    assert strict.code == 1
    assert "warning[no-source]" in strict.err


UNSOURCED = """
  - basic: newcomer-question
    q: Why is this question here?
    a: To get a warning.
"""


# ------------------------------------------------------------------ build


def test_build_makes_the_arc_and_its_parts(clone: Path) -> None:
    stale = clone / "dist" / "parts" / "00-gone.apkg"
    stale.parent.mkdir(parents=True, exist_ok=True)
    stale.touch()
    answer = run(clone, "build")
    assert answer.code == 0, answer.err
    made = names_in(clone / "dist")
    assert {"deep-learning-arc.apkg", "parts/08-normalization.apkg"} <= made
    parts = {path.parent.name for path in clone.glob("decks/*/[0-9]*.yaml")}
    assert made == {"deep-learning-arc.apkg", *(f"parts/{part}.apkg" for part in parts)}
    said = [line.split(":")[0] for line in answer.out.splitlines()]
    assert sorted(said) == sorted(f"dist/{name}" for name in made)
    for name in made:
        assert zipfile.ZipFile(clone / "dist" / name).testzip() is None


def test_build_of_one_topic_understands_its_names(clone: Path, tmp_path: Path) -> None:
    names = ["batchnorm", "08-batchnorm", BANK, "01-batchnorm.yaml"]
    answer = run(clone, "build", *names, "--dist", str(tmp_path))
    assert answer.code == 0, answer.err
    assert names_in(tmp_path) == {"topics/08-batchnorm.apkg"}


def test_build_works_from_below_and_from_outside(clone: Path, tmp_path: Path) -> None:
    below = run(clone / "decks" / "08-normalization", "build", "batchnorm")
    assert below.out.startswith("../../dist/topics/08-batchnorm.apkg: ")
    outside = run(tmp_path, "-C", str(clone), "build", "batchnorm", "--dist", str(tmp_path))
    assert outside.out.startswith("topics/08-batchnorm.apkg: ")


def test_build_writes_nothing_when_something_is_wrong(knots: Path) -> None:
    misspell(knots)
    answer = run(knots, "build")
    assert answer.code == 1
    assert "error[unknown-field]" in answer.err
    assert answer.err.endswith("1 error in 1 file; nothing was written\n")
    assert not (knots / "dist").exists()


# ------------------------------------------------------------------ verify

LOOSE_ENDS = """
  - typein: bowline-ends
    q: How many ends has a rope?
    answer: 2
    verify: assert int(answer) == 2
"""


def test_verify_tells_right_from_wrong(knots: Path) -> None:
    edit(knots / LOOPS, lambda text: text + LOOSE_ENDS)
    assert run(knots, "verify").code == 0
    assert run(knots, "verify", "bowline-ends").err.startswith("1 claim proven, 0 not")
    edit(knots / LOOPS, lambda text: text.replace("answer: 2", "answer: 3"))
    answer = run(knots, "verify", LOOPS)
    assert answer.code == 1
    assert "error[check-fails]" in answer.err
    assert run(knots, "check").code == 0, "checking runs no code of a bank"


# ------------------------------------------------------------------ coverage, explain


def test_coverage_counts_the_same_in_all_its_forms(clone: Path) -> None:
    table, missing = run(clone, "coverage"), run(clone, "coverage", "--missing")
    data = json.loads(run(clone, "coverage", "--json").out)
    last = re.fullmatch(r"all +(\d+) of +(\d+)(?:  █*)?", table.out.splitlines()[-1])
    assert last
    assert (int(last[1]), int(last[2])) == (data["covered"], data["items"])
    headings, items = [], []
    for line in filter(None, missing.out.splitlines()):
        (headings if line.startswith("# ") else items).append(line.split(": "))
    parts = [part for part in data["parts"] if part["uncovered"]]
    assert [name for name, *_ in items] == [name for part in parts for name in part["uncovered"]]
    assert [told for *_, told in headings] == [
        f"{len(part['uncovered'])} of {part['items']} missing" for part in parts
    ]
    assert 0 < data["covered"] < data["items"]
    assert "batchnorm.why-use:" not in missing.out


def test_explain_lists_and_explains_every_rule(tmp_path: Path) -> None:
    listed = run(tmp_path, "explain").out.splitlines()
    assert [line.split()[0] for line in listed] == list(explanations())
    answer = run(tmp_path, "explain", "no-source")
    assert answer.out.startswith("no-source\n\nA question has no source")
    assert "Bad:\n    questions:" in answer.out
    assert "Good:\n    source:" in answer.out


# ------------------------------------------------------------------ schema

KEYWORDS = {
    *("$schema", "title", "description", "markdownDescription", "format", "pattern", "type"),
    *("properties", "required", "additionalProperties", "items", "minItems", "anyOf"),
}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def parts_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a schema and every schema in it."""
    yield node
    inner = [*node.get("properties", {}).values(), *node.get("anyOf", [])]
    inner += [node[key] for key in ("items", "additionalProperties") if key in node]
    for part in inner:
        if isinstance(part, dict):
            yield from parts_of(part)


def test_schema_is_a_json_schema(tmp_path: Path) -> None:
    """No stranger to JSON Schema is in it, and nothing is required that is not described."""
    made = json.loads(run(tmp_path, "schema").out)
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for node in parts_of(made):
        assert set(node) <= KEYWORDS
        types = node.get("type", [])
        assert set([types] if isinstance(types, str) else types) <= set(TYPES)
        assert set(node.get("required", [])) <= set(node.get("properties", {}))
    titles = [kind["title"] for kind in made["properties"]["questions"]["items"]["anyOf"]]
    assert titles == list(kinds())


def faults(value: Any, node: dict[str, Any]) -> list[str]:
    """Say what a validator would say of a value, for the keywords that our schema has."""
    if "anyOf" in node:
        tries = [faults(value, option) for option in node["anyOf"]]
        return [] if [] in tries else min(tries, key=len)
    found: list[str] = []
    types = node.get("type", [])
    wanted = tuple(
        t for name in ([types] if isinstance(types, str) else types) for t in TYPES[name]
    )
    if wanted and not isinstance(value, wanted):
        return [f"{value!r} is not {types}"]
    if isinstance(value, list):
        if len(value) < node.get("minItems", 0):
            found.append("too few")
        found += [fault for item in value for fault in faults(item, node.get("items", {}))]
    if isinstance(value, dict):
        found += faults_of_object(value, node)
    return found


def faults_of_object(value: dict[str, Any], node: dict[str, Any]) -> list[str]:
    described, more = node.get("properties", {}), node.get("additionalProperties", {})
    found = [f"`{name}` is missing" for name in node.get("required", []) if name not in value]
    for name, inner in value.items():
        if name in described:
            found += faults(inner, described[name])
        elif more is False:
            found.append(f"`{name}` is not described")
        elif isinstance(more, dict):
            found += faults(inner, more)
    return found


@pytest.mark.parametrize(
    "bank",
    [path.relative_to(ROOT).as_posix() for path in ROOT.glob("decks/*/[0-9]*.yaml")],
)
def test_an_editor_finds_our_banks_valid(bank: str) -> None:
    assert faults(yaml.safe_load((ROOT / bank).read_text("utf-8")), schema()) == []


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        ({"basic": "x", "q": "Why?", "anwser": "So."}, "`a` is missing"),
        ({"basic": "x", "q": "Why?", "anwser": "So."}, "`anwser` is not described"),
        ({"basic": "x", "q": "Why?", "a": "So.", "at": ["1:00"]}, "['1:00'] is not"),
        ({"steps": "x", "q": "Why?", "lines": ["one"]}, "too few"),
        ({"drill": "x", "q": "Why?", "a": "So."}, "`given` is missing"),
    ],
)
def test_an_editor_finds_mistakes(question: dict[str, Any], complaint: str) -> None:
    options = schema()["properties"]["questions"]["items"]["anyOf"]
    node = next(option for option in options if option["title"] == next(iter(question)))
    assert complaint in " ".join(faults(question, node))


# ------------------------------------------------------------------ new


@pytest.mark.parametrize("kind", kinds())
def test_new_appends_a_question_that_is_still_to_be_written(knots: Path, kind: str) -> None:
    before = (knots / LOOPS).read_text("utf-8")
    answer = run(knots, "new", kind, "loops", "--id", "newcomer-question")
    after = (knots / LOOPS).read_text("utf-8")
    assert answer.code == 0, answer.err
    assert after.startswith(before.rstrip())
    line = after.splitlines().index(f"  - {kind}: newcomer-question") + 1
    assert answer.out.startswith(f"{LOOPS}:{line}: fill in `newcomer-question`")
    checked = run(knots, "check")
    assert checked.code == 1
    gaps = [n for n, text in enumerate(after.splitlines(), 1) if text.endswith("…")]
    pattern = rf"error\[empty-field\]: this is still to be written\n +--> {LOOPS}:(\d+):"
    assert [int(n) for n in re.findall(pattern, checked.err)] == gaps


def test_new_keeps_the_line_ends_of_a_file(knots: Path) -> None:
    place = knots / LOOPS
    place.write_bytes(place.read_bytes().replace(b"\n", b"\r\n"))
    assert run(knots, "check").code == 0
    assert run(knots, "new", "drill", "loops").code == 0
    content = place.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert b"\r\r" not in content


def test_new_starts_a_bank_that_is_planned(own: Path) -> None:
    place = own / "decks/01-coding/02-numpy.yaml"
    place.unlink(missing_ok=True)
    answer = run(own, "new", "basic", "numpy", "--id", "np-newcomer")
    assert answer.out.startswith("decks/01-coding/02-numpy.yaml:")
    written = place.read_text("utf-8")
    filled = written.replace("q: …", "q: Why?").replace("a: …", "a: So.").replace("    at: …\n", "")
    place.write_text(filled, encoding="utf-8")
    assert run(own, "check").code == 0
    assert run(own, "build", "numpy").out.startswith("dist/topics/01-numpy.apkg: 1 note, 1 card")


def test_an_id_that_new_proposes_does_not_stay(knots: Path) -> None:
    answer = run(knots, "new", "basic", "loops")
    proposed = "bowline-new-1"
    assert (
        f"fill it in, give it an id in place of `{proposed}`, then `ankibuild check`" in answer.out
    )
    edit(knots / LOOPS, lambda text: text.replace(": …", ": Why?").replace("    at: Why?\n", ""))
    assert f"warning[proposed-id]: `{proposed}` is what" in run(knots, "check").err
    edit(knots / LOOPS, lambda text: text.replace(proposed, "bowline-end"))
    assert "proposed-id" not in run(knots, "check").err


def test_generate_appends_a_drill_that_holds(knots: Path) -> None:
    name = run(knots, "generate").out.split()[0]
    answer = run(knots, "generate", name, "loops", "--id", "newcomer-drill", "--rows", "12")
    assert answer.code == 0, answer.err
    assert answer.out == f"{LOOPS}: 12 rows of `newcomer-drill`\n"
    assert run(knots, "check").code == 0


# ------------------------------------------------------------------ release


def test_a_dry_run_of_a_release_writes_nothing(knots: Path) -> None:
    before = {name: (knots / name).stat().st_mtime_ns for name in names_in(knots)}
    answer = run(knots, "release", "999.0.0", "--no-git", "--dry-run")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("999.0.0: 1 new, 0 changed, 0 retired, 0 as before\n")
    assert answer.err == "a dry run: nothing was written\n"
    after = {name for name in names_in(knots) if not name.startswith(".ankibuild/")}
    assert {name: (knots / name).stat().st_mtime_ns for name in after} == before


def test_the_news_of_a_release_can_be_read(knots: Path) -> None:
    assert run(knots, "release", "1.0.0", "--no-git").code == 0
    assert "Loops" in run(knots, "news", "1.0.0").out
    missing = run(knots, "news", "1.0.1")
    assert missing.code == 2
    assert "CHANGELOG.md has no entry for 1.0.1\ndid you mean `1.0.0`?" in missing.err
    (knots / "CHANGELOG.md").write_bytes(b"## 1.0.0\n\nGr\xfc\xdfe\n")
    strange = run(knots, "news", "1.0.0")
    assert strange.code == 2
    assert "CHANGELOG.md is not UTF-8; save it as UTF-8" in strange.err


def test_a_released_question_cannot_vanish(knots: Path) -> None:
    assert run(knots, "release", "1.0.0", "--no-git").code == 0
    (knots / LOOPS).write_text("title: Loops\n", encoding="utf-8")
    answer = run(knots, "check")
    assert answer.code == 1
    assert "error[question-vanished]: `bowline-why` was released and is gone" in answer.err
    assert "retired: [bowline-why]" in answer.err


# ------------------------------------------------------------------ mistakes at the keyboard


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["chek"], "check"),
        (["build", "lops"], "did you mean `loops`?"),
        (["build", "no-such-thing-at-all"], "name a bank"),
        (["check", "decks/nothing.yaml"], "there is no `decks/nothing.yaml`"),
        (["check", "--format", "xml"], "sarif"),
        (["verify", "bowline-wy"], "did you mean `bowline-why`?"),
        (["explain", "no-sauce"], "did you mean `no-source`?"),
        (["new", "basic"], "TOPIC"),
        (["new", "basci", "loops"], "did you mean `basic`?"),
        (["new", "quiz", "loops"], "kinds: basic, reversed"),
        (["new", "basic", "lops"], "did you mean `loops`?"),
        (["new", "basic", "loops", "--id", "Why Loops"], "`why-loops` would do"),
        (["new", "basic", "loops", "--id", "bowline-why"], "is taken"),
        (["release", "v1"], "write it as 1.2.0"),
        (["release", "999.0.0", "--date", "2999-01-01"], "cannot lie in the future"),
        (["release", "999.0.0", "--date", "22.11."], "write 2026-11-22"),
        (["-C", "no-such-folder", "check"], "no-such-folder"),
    ],
)
def test_wrong_usage_is_explained(knots: Path, words: list[str], sentence: str) -> None:
    before = names_in(knots)
    answer = run(knots, *words)
    assert answer.code == 2
    assert sentence in answer.err
    assert answer.out == ""
    assert names_in(knots) == before


@pytest.mark.parametrize(
    "words",
    [["check"], ["build"], ["verify"], ["coverage"], ["new", "basic", "x"], ["release", "1.0"]],
    ids=" ".join,
)
def test_outside_of_a_project_one_is_told_so(tmp_path: Path, words: list[str]) -> None:
    answer = run(tmp_path, *words)
    assert answer.code == 2
    assert "there is no decks/curriculum.yaml here or above" in answer.err
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize("words", [["--help"], ["check", "-h"], ["--version"]], ids=" ".join)
def test_help_needs_no_project(tmp_path: Path, words: list[str]) -> None:
    answer = run(tmp_path, *words)
    assert (answer.code, answer.err) == (0, "")
    assert "ankibuild" in answer.out


# ------------------------------------------------------------------ color


def on_a_terminal(folder: Path, **environment: str) -> str:
    """Run `check` with a terminal as its stderr, and give what the terminal received."""
    ours, theirs = os.openpty()
    try:
        subprocess.run(
            [PROGRAM, "check"],
            cwd=folder,
            env={**bare_environment(), "TERM": "xterm", **environment},
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            check=False,
            timeout=120,
        )
        return os.read(ours, 100_000).decode()
    finally:
        os.close(theirs)
        os.close(ours)


@pytest.mark.parametrize(
    ("environment", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)]
)
def test_color_only_on_a_terminal_that_wants_it(
    knots: Path, environment: dict[str, str], colored: bool
) -> None:
    misspell(knots)
    shown = on_a_terminal(knots, **environment)
    assert "unknown-field" in shown
    assert (ESCAPE in shown) is colored
    assert ESCAPE not in run(knots, "check").err


# ------------------------------------------------------------------ a repository of one's own


def test_the_repository_in_the_readme_builds(knots: Path) -> None:
    checked = run(knots, "check")
    assert checked.code == 0
    assert "1 warning in 1 file" in checked.err
    assert run(knots, "build").code == 0
    assert names_in(knots / "dist") == {"knots-of-ada.apkg", "parts/01-basics.apkg"}
    assert run(knots, "coverage", "--missing").out == ""


def test_its_life_goes_on(knots: Path) -> None:
    """Release, correct, add, retire, release: the whole way of a repository of one's own."""
    bank = knots / LOOPS
    days = iter(f"2025-01-0{day}" for day in range(1, 9))

    def release(version: str) -> str:
        return run(knots, "release", version, "--no-git", "--date", next(days)).out.strip()

    assert release("1.0") == "1.0: 1 new, 0 changed, 0 retired, 0 as before"
    edit(bank, lambda text: text.replace("tie a boat", "moor a boat"))
    assert release("1.1") == "1.1: 0 new, 1 changed, 0 retired, 0 as before"
    edit(bank, lambda text: text + UNSOURCED)
    assert release("1.2") == "1.2: 1 new, 0 changed, 0 retired, 1 as before"
    edit(bank, lambda text: text.replace(UNSOURCED, "\nretired: [newcomer-question]\n"))
    assert release("1.3") == "1.3: 0 new, 0 changed, 1 retired, 1 as before"
    edit(bank, lambda text: text.replace("\nretired: [newcomer-question]\n", UNSOURCED))
    again = run(knots, "check")
    assert again.code == 1
    assert "error[id-reused]" in again.err
