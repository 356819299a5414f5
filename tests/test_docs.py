"""What the documents say is so: commands, flags, targets, links and every YAML block."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from ankibuild import project as projects
from ankibuild import reference, workflow
from ankibuild.arc.read import parse as parse_curriculum
from ankibuild.arc.read import parse_sources
from ankibuild.cli import cli
from ankibuild.diagnostics import Diagnostic, render
from ankibuild.kinds import kinds
from ankibuild.rules import explanations
from ankibuild.source import read
from ankibuild.verify import claims_of, verify

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LABELED = re.compile(r"^`decks/[^`]+`:\n\n```yaml\n.*?^```$", re.MULTILINE | re.DOTALL)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def without_blocks(page: str) -> str:
    return FENCE.sub("", text_of(page))


def quoted(page: str) -> Iterator[str]:
    """Give every piece of code that a reader could type: spans, and lines of shell blocks."""
    for found in SPAN.finditer(without_blocks(page)):
        yield " ".join(found[2].split())
    for language, body in FENCE.findall(text_of(page)):
        if language == "sh":
            yield from body.splitlines()


CONTEXT = click.Context(cli)
COMMANDS = {name: cli.get_command(CONTEXT, name) for name in cli.list_commands(CONTEXT)}


def command_lines() -> list[tuple[str, str]]:
    lines = ((page, line.removeprefix(".venv/bin/")) for page in PAGES for line in quoted(page))
    return [(page, line) for page, line in lines if line.startswith("ankibuild ")]


# ------------------------------------------------------------------ commands and targets


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_readme_and_explains_itself(name: str) -> None:
    command = COMMANDS[name]
    assert re.search(rf"`ankibuild {name}\b", text_of("README.md")), "README.md must show it"
    assert command is not None
    assert command.help, "a docstring is needed"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.opts[0]} needs a help text"
        else:
            assert parameter.human_readable_name in command.help


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_every_quoted_command_line_can_be_typed(page: str, line: str) -> None:
    name, *words = shlex.split(line)[1:]
    assert name in COMMANDS, f"{page} shows a command that does not exist"
    command = COMMANDS[name]
    assert command is not None
    _, left, _ = command.make_parser(click.Context(command)).parse_args(words)
    assert not left, f"{page} gives `{name}` more arguments than it takes"


@pytest.mark.parametrize("page", PAGES)
def test_every_quoted_flag_exists(page: str) -> None:
    options = {
        flag
        for command in (cli, *COMMANDS.values())
        if command is not None
        for parameter in command.params
        for flag in parameter.opts
    }
    ours = {
        flag
        for script in ("look", "look_anki", "accept", "links")
        for flag in re.findall(r'add_argument\(\s*"(--[a-z-]+)"', text_of(f"tests/{script}.py"))
    }
    flags = {flag for line in quoted(page) for flag in re.findall(r"(?<!\S)--[a-z][a-z-]*", line)}
    assert flags <= options | ours | {"--help"}


def test_command_lines_are_found() -> None:
    assert {line.split()[1] for _, line in command_lines()} >= set(COMMANDS)


@pytest.mark.parametrize("page", PAGES)
def test_every_quoted_make_target_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    wanted = {line.split()[1] for line in quoted(page) if re.match(r"make [a-z]+$", line)}
    assert wanted <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_quoted_tool_of_the_environment_is_one(page: str) -> None:
    known = {"ankibuild", "pytest", "python"}
    assert set(re.findall(r"\.venv/bin/([\w.-]+)", text_of(page))) <= known


# ------------------------------------------------------------------ kinds and rules


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_is_documented(kind: str) -> None:
    assert f"### `{kind}`" in text_of("docs/format.md")
    section = text_of("docs/authoring.md").partition(f"\n### {kind}\n")[2].partition("\n### ")[0]
    assert re.search(rf"^ *- {kind}: ", section, re.MULTILINE), "docs/authoring.md has no example"
    assert f"`{kind}`" in text_of("CONTRIBUTING.md")


def test_every_rule_is_documented() -> None:
    titles = re.findall(r"^## (.+)$", reference.rules_page(), re.MULTILINE)
    assert titles == list(explanations())


NAMED_RULE = re.compile(r"(?:ankibuild: allow |ankibuild explain |error\[|warning\[)([a-z][a-z-]+)")


@pytest.mark.parametrize("page", PAGES)
def test_every_rule_that_is_named_exists(page: str) -> None:
    assert set(NAMED_RULE.findall(text_of(page))) <= set(explanations())


def test_rules_that_guard_a_release_exist() -> None:
    table = text_of("docs/releasing.md").partition("## What is frozen")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z]+-[a-z]+)`", table))
    assert named
    assert named <= set(explanations())


# ------------------------------------------------------------------ generated pages


@pytest.mark.parametrize("name", reference.pages())
def test_generated_pages_are_fresh(name: str) -> None:
    fresh = text_of(f"docs/{name}") == reference.pages()[name]
    assert fresh, f"docs/{name} is stale: run `.venv/bin/{reference.COMMAND}`"


def test_pages_are_written_where_one_says(tmp_path: Path) -> None:
    reference.write(tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {name: text.encode() for name, text in reference.pages().items()}


def test_format_page_has_every_field() -> None:
    for kind in kinds().values():
        for name in set(kind.model_fields) - {"id"}:
            assert re.search(rf"^\| `{name}`( \(list\))? \|", reference.format_page(), re.MULTILINE)


# ------------------------------------------------------------------ YAML blocks
#
# A block is a whole file (a bank, sources.yaml, part.yaml) or questions, which start with `- `. The
# blocks under a line that names their file are one project; test_newcomer.py builds it. Those of
# docs/rules.md are examples of rules, which the rules' own tests run.


def blocks(page: str) -> list[str]:
    found = FENCE.findall(LABELED.sub("", text_of(page)))
    return [body for language, body in found if language == "yaml"]


WITH_BLOCKS = [page for page in PAGES if page != "docs/rules.md" and blocks(page)]
EXPECTED_WARNINGS = {"no-source", "few-rows"}


@cache
def arc() -> projects.Project:
    project, _ = projects.load(ROOT)
    assert project is not None
    return project


def is_of_a_bank(block: str) -> bool:
    return block.startswith("- ") or "\nquestions:" in block


def as_bank(block: str) -> str:
    if not block.startswith("- "):
        return block
    setup = "setup: import numpy as np\n" if "np." in block else ""
    questions = re.sub(r"^(?=.)", "  ", block, flags=re.MULTILINE)
    return f"title: Some questions\n{setup}\nquestions:\n\n{questions}"


def lay_down(page: str, root: Path) -> None:
    """Make a project of the page: our curriculum, and each block of questions as a bank."""
    arc_files = [*ROOT.glob("decks/*.yaml"), *ROOT.glob("decks/*/part.yaml")]
    files = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in arc_files}
    banks = [as_bank(block) for block in blocks(page) if is_of_a_bank(block)]
    files |= {slot.path: bank for slot, bank in zip(arc().curriculum.slots, banks, strict=False)}
    for figure in re.findall(r"!\[[^]]+\]\(([^)]+)\)", "".join(banks)):
        files[f"media/{figure}"] = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def problems_of_other(block: str) -> tuple[Diagnostic, ...]:
    document = read("block.yaml", block.encode())
    if block.startswith("sources:"):
        works, problems = parse_sources(document)
        assert works
        return problems
    assert block.startswith("topics:"), f"no file of a project begins like this:\n{block}"
    topics = ", ".join(re.findall(r"- topic: (\S+)", block))
    deck = f"{{deck: 01 Deck, bank: a.yaml, topics: [{topics}]}}"
    head = "title: T\nnamespace: n\nlicense: L\ndescription: D\n"
    parts = f"parts: [{{part: a, deck: 01 Part, title: T, decks: [{deck}]}}]\n"
    return parse_curriculum(read("curriculum.yaml", (head + parts).encode()), {"a": document})[1]


@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_questions_in_a_page_are_sound(page: str, tmp_path: Path) -> None:
    lay_down(page, tmp_path)
    space = workflow.load(tmp_path)
    wrong = [problem for problem in space.problems if problem.rule not in EXPECTED_WARNINGS]
    assert not wrong, render(wrong)
    assert space.subject is not None
    written = re.findall(rf"^ *- (?:{'|'.join(kinds())}): (\S+)", "".join(blocks(page)), re.M)
    assert sorted(space.subject.project.entries) == sorted(written)


@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_questions_in_a_page_are_true(page: str, tmp_path: Path) -> None:
    lay_down(page, tmp_path)
    project, _ = projects.load(tmp_path)
    assert project is not None
    proof = verify(claims_of(project), tmp_path)
    assert not proof.failed, render(proof.problems)
    assert len(proof.proven) + len(proof.unverified) == len(claims_of(project))


@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_other_files_in_a_page_are_sound(page: str) -> None:
    for block in blocks(page):
        if not is_of_a_bank(block):
            assert problems_of_other(block) == ()


def test_fences_say_their_language() -> None:
    for page in PAGES:
        opening = re.findall(r"^```(.*)$", FENCE.sub("", text_of(page)), re.MULTILINE)
        assert not opening, f"{page} has a block without a language, or one that is never closed"


# ------------------------------------------------------------------ links and places


def anchors(page: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    prose = SPAN.sub(lambda found: found[2] if "](" not in found[2] else "", without_blocks(page))
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        path, _, anchor = target.partition("#")
        if path.startswith("https://"):
            continue
        place = (ROOT / page).parent / path if path else ROOT / page
        assert place.exists(), f"{page} links to {target}"
        if anchor:
            assert anchor in anchors(place.resolve().relative_to(ROOT).as_posix()), target


@pytest.mark.parametrize("page", PAGES)
def test_no_place_of_one_machine_is_named(page: str) -> None:
    assert not re.findall(r"(?<![\w.:/])(?:/(?:home|root|tmp|work|Users)/|[A-Z]:\\)", text_of(page))


def test_readme_promises_no_more_than_there_is() -> None:
    found = re.search(r"About (\d+) questions in (\d+) banks", text_of("README.md"))
    assert found
    questions, banks = int(found[1]), int(found[2])
    assert len(arc().entries) >= 0.95 * questions
    assert sum(1 for placed in arc().banks if placed.bank.entries) >= banks
