"""Whatever the bytes are, the laws hold; `fuzz` looks for more by hand, and for longer."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ankibuild import workflow
from fuzz import decks, imports, texts
from fuzz.seeds import SIGNS
from fuzz.targets import TARGETS, Target

BY_NAME = pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))


#: The last that each law asks for, and how often at least: what is refused keeps every law.
ENDS = {
    "source": (texts, "_check_letters", 20),
    "markdown": (texts, "gaps_in_anki", 20),
    "bank": (decks, "require_sound", 20),
    "layout": (texts, "questions", 20),
    "arc": (decks, "require_sound", 1),
    "ledger": (decks, "require_sound", 1),
    "html": (imports, "check", 4),
    "table": (imports, "_check", 3),
    "brought": (workflow, "build", 3),
    "crowdanki": (imports, "_check", 1),
    "package": (imports, "_check", 4),
}


@BY_NAME
def test_seeds(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    room, name, least = ENDS[target.name]
    end = Mock(wraps=getattr(room, name))
    monkeypatch.setattr(room, name, end)
    for seed in target.seeds():
        target.law(seed)
    assert end.call_count >= least


FOUND = [(target, path) for target in TARGETS.values() for path in target.found]


@pytest.mark.parametrize(("target", "path"), FOUND, ids=lambda one: one.name)
def test_what_broke_a_law_once(target: Target, path: Path) -> None:
    target.law(path.read_bytes())


@st.composite
def disturbed(draw: st.DrawFn, target: Target) -> bytes:
    """Draw a seed, changed in a few places: cut, doubled, and with signs of the formats put in."""
    data = draw(st.sampled_from(target.seeds()))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 1, 2, 5, 20, 200])))
        put = draw(st.sampled_from(["token", "token", "bytes", "nothing", "again", "elsewhere"]))
        data = data[:start] + _put(draw, put, data, target, start, end) + data[end:]
    return data


def _put(draw: st.DrawFn, what: str, data: bytes, target: Target, start: int, end: int) -> bytes:
    if what == "token":
        return draw(st.sampled_from(SIGNS)).encode()
    if what == "bytes":
        return draw(st.binary(max_size=4))
    if what == "again":
        return data[start:end] * draw(st.sampled_from([2, 3, 40]))
    if what == "elsewhere":
        other = draw(st.sampled_from(target.seeds()))
        at = draw(st.integers(0, len(other)))
        return other[at : at + draw(st.integers(1, 80))]
    return b""


@BY_NAME
def test_disturbed(target: Target) -> None:
    settings(max_examples=target.examples)(given(disturbed(target))(target.law))()
