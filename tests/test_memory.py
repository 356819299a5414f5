"""A project that is loaded again with a memory is the project that is loaded without one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ankibuild import markdown, workflow
from ankibuild.cache import Memory
from ankibuild.diagnostics import render
from ankibuild.workflow import Workspace
from conftest import BANK, SOUND, Lay

FIGURES = "decks/training/figures.yaml"
CURRICULUM = "decks/curriculum.yaml"
GRAPH = "media/bn-graph.svg"
OTHER_GRAPH = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"/>\n'

#: What a file may become, by its path; None: it is removed.
STATES: dict[str, list[str | None]] = {
    BANK: [
        SOUND[BANK],
        SOUND[BANK].replace("Why is", "Why, then, is"),
        SOUND[BANK].replace("why-eps", "why-epsilon"),
        SOUND[BANK].replace("$\\epsilon$", "$\\epsilon"),
        SOUND[BANK].replace("Batch normalization", "Batchnorm"),
        SOUND[BANK].replace("    q:", "  q:"),
        "",
        None,
    ],
    FIGURES: [SOUND[FIGURES], SOUND[FIGURES].replace("bn-graph", "other"), SOUND[BANK], None],
    CURRICULUM: [
        SOUND[CURRICULUM],
        SOUND[CURRICULUM].replace("Sample Arc", "Other Arc"),
        SOUND[CURRICULUM].replace("sample-arc", "other-arc"),
        SOUND[CURRICULUM].replace("title: Sample", "titel: Sample"),
    ],
    "decks/sources.yaml": [
        SOUND["decks/sources.yaml"],
        SOUND["decks/sources.yaml"].replace("part 3", "part three"),
        SOUND["decks/sources.yaml"].replace("makemore-3", "makemore-4"),
        None,
    ],
    "decks/training/part.yaml": [
        SOUND["decks/training/part.yaml"],
        SOUND["decks/training/part.yaml"].replace("level: 2", "level: 3"),
        SOUND["decks/training/part.yaml"].replace("batchnorm.equation", "batchnorm.formula"),
    ],
    GRAPH: [SOUND[GRAPH], OTHER_GRAPH, "<svg onload='x()'/>", None],
    "media/other.svg": [None, OTHER_GRAPH],
}
EDITS = st.sampled_from([(path, text) for path, texts in STATES.items() for text in texts])


def seen(space: Workspace) -> object:
    """Give all that a build, a check or a preview shows of a project."""
    said = render(space.problems, "json"), render(space.problems)
    if space.subject is None:
        return said
    return said, space.subject.collection, tuple(space.subject.project.entries)


def put(root: Path, path: str, text: str | None) -> None:
    if text is None:
        (root / path).unlink(missing_ok=True)
    else:
        (root / path).write_text(text, encoding="utf-8")


@settings(max_examples=30)
@given(edits=st.lists(EDITS, min_size=1, max_size=8))
def test_nothing_stale_is_seen(
    edits: list[tuple[str, str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("memory")
    for path, text in SOUND.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        put(root, path, text)
    memory = Memory()
    for path, text in edits:
        put(root, path, text)
        assert seen(workflow.load(root, memory=memory)) == seen(workflow.load(root))


def test_only_what_has_changed_is_rendered(lay: Lay, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    original = markdown.render

    def spy(text: str, **options: object) -> markdown.Rendered:
        rendered.append(text)
        return original(text, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(markdown, "render", spy)
    root, memory = lay({}), Memory()
    workflow.load(root, memory=memory)
    assert len(rendered) == 4
    rendered.clear()
    workflow.load(root, memory=memory)
    assert rendered == []
    put(root, BANK, SOUND[BANK].replace("Why is", "Why, then, is"))
    workflow.load(root, memory=memory)
    assert rendered == ["Why, then, is $\\epsilon$ added to the variance?"]


def test_what_two_passes_did_not_need_is_forgotten() -> None:
    memory, made = Memory(), []
    for asked in ("a", "b", "b", "a"):
        memory.turn()
        memory.of(asked, lambda asked=asked: made.append(asked))
    assert made == ["a", "b", "a"]
