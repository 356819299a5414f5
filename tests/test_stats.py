"""Numbers about the decks, and the forecast of a learner's days."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ankibuild import forecast, stats
from ankibuild.collection import Collection
from ankibuild.project import Project
from ankibuild.workflow import load
from kit import Repository

BANK = """\
  - basic: why
    q: Why does it work?
    a: One two three four.
    covers: [one.why]
    verify: assert True
  - basic: name
    q: What is its name?
    a: One two.
  - reversed: term
    term: Term
    definition: What it means.
  - code: printed
    q: What does this print?
    program: print(1)
    output: 1
"""


@pytest.fixture
def loaded(tmp_path: Path) -> tuple[Project, Collection]:
    repository = Repository(tmp_path)
    repository.bank(BANK)
    three = "  - basic: last\n    q: When does it stop?\n    a: Never.\n    covers: [three.what]\n"
    repository.bank(three, "decks/02-second/01-three.yaml")
    subject = load(repository.root).subject
    assert subject is not None
    return subject.project, subject.collection


def test_counts_by_deck_kind_and_level(loaded: tuple[Project, Collection]):
    found = stats.stats(*loaded)
    assert [(line.name, line.questions, line.cards) for line in found.decks] == [
        ("01 First::01 One", 4, 5),
        ("02 Second::01 Three", 1, 1),
    ]
    assert {line.name: line.questions for line in found.kinds} == {
        "basic": 3,
        "reversed": 1,
        "code": 1,
    }
    assert {line.name: line.questions for line in found.levels} == {"intro": 4, "advanced": 1}
    assert (found.total.questions, found.total.cards, found.total.answer) == (5, 6, 2.0)
    assert found.total.why == pytest.approx(2 / 5)
    assert found.total.checked == pytest.approx(2 / 5)


def test_the_table_and_the_data_say_the_same(loaded: tuple[Project, Collection]):
    found = stats.stats(*loaded)
    data = json.loads(json.dumps(stats.as_data(found)))
    assert data["total"]["questions"] == 5
    assert [line["name"] for line in data["decks"]] == [line.name for line in found.decks]
    rows = [line.split() for line in stats.table(found).splitlines()]
    assert ["all", "5", "6", "2", "40%", "40%"] in rows


def test_the_table_explains_itself(loaded: tuple[Project, Collection]):
    *rows, legend, figures = stats.table(stats.stats(*loaded)).splitlines()
    assert {
        row.split()[0]: row.split()[3] for row in rows if re.match("basic|reversed|code", row)
    } == {
        "basic": "2",
        "reversed": "–",
        "code": "–",
    }
    columns = re.split(r"  +", rows[0])[3:]
    assert columns == [told.partition(":")[0] for told in legend.split("; ")]
    assert figures == "0 figures"


# ------------------------------------------------------------------ forecast

DECKS = {"01": 30, "02": 45}


def test_every_deck_is_done_when_its_last_card_was_new():
    found = forecast.forecast(DECKS, 10)
    assert found.done == {"01": 3, "02": 8}
    assert forecast.forecast(DECKS, 5).done == {"01": 6, "02": 15}


def test_no_review_is_lost_and_none_comes_before_its_card():
    found = forecast.forecast(DECKS, 10)
    assert found.reviews[0] == 0
    assert len(found.reviews) == 8 + forecast.AFTERMATH
    assert sum(found.reviews) >= 2 * sum(DECKS.values())


def test_more_new_cards_a_day_mean_more_reviews_a_day_and_fewer_days():
    slow, fast = forecast.forecast(DECKS, 5), forecast.forecast(DECKS, 20)
    assert fast.last_day < slow.last_day
    assert fast.peak > slow.peak


def test_a_forecast_is_the_same_for_a_seed():
    assert forecast.forecast(DECKS, 10, seed=2) == forecast.forecast(DECKS, 10, seed=2)
    assert forecast.forecast(DECKS, 10, seed=2) != forecast.forecast(DECKS, 10, seed=3)


def test_a_share_is_forgotten():
    """FSRS aims at 90 %: somebody who never forgot would have far fewer reviews."""
    found = forecast.forecast({"01": 400}, 20)
    tail = sum(found.reviews[-30:])
    assert tail > 0
    assert found.average < found.peak


def test_table_and_picture_of_a_forecast():
    table = forecast.table(DECKS)
    assert table.splitlines()[0].split()[-3:] == ["5", "10", "20"]
    assert "day 15" in table
    picture = ElementTree.fromstring(forecast.svg(DECKS))
    lines = picture.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == len(forecast.RATES)
    assert "5 new a day" in forecast.svg(DECKS)


def test_nothing_to_learn_is_a_forecast_too():
    assert forecast.forecast({}, 10).last_day == 0
    assert ElementTree.fromstring(forecast.svg({})) is not None


def test_without_fsrs_the_command_says_what_to_install(tmp_path: Path):
    repository = Repository(tmp_path)
    repository.bank(BANK)
    block = "import sys; sys.modules['fsrs'] = None; from ankibuild.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", block, "-C", str(tmp_path), "stats", "--forecast"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'ankibuild[forecast]'" in done.stderr
