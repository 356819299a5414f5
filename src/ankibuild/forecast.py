"""How long the arc takes, and how many reviews a day: a simulated learner under FSRS.

The only room that imports ``fsrs`` (an extra: ``pip install 'ankibuild[forecast]'``). The learner
forgets as FSRS with its default parameters says, answers `Again` what is forgotten and `Good` what
is not, does every review on its day, and learns a fixed number of new cards a day.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from statistics import fmean

from fsrs import Card, Rating, Scheduler
from msgspec import Struct

RATES = (5, 10, 20)
#: Days that are simulated after the last new card.
AFTERMATH = 90
_START = datetime(2026, 1, 1, 4, tzinfo=UTC)


class Forecast(Struct, frozen=True):
    """What awaits somebody who learns ``rate`` new cards a day.

    ``done`` is the day on which each deck's last card has been seen, ``reviews`` the number of
    reviews on each day from the first, new cards not counted.
    """

    rate: int
    done: Mapping[str, int]
    reviews: tuple[int, ...]

    @property
    def last_day(self) -> int:
        """The day of the last new card."""
        return max(self.done.values(), default=0)

    @property
    def average(self) -> float:
        """Reviews a day while there are new cards."""
        return fmean(self.reviews[: self.last_day]) if self.last_day else 0.0

    @property
    def peak(self) -> int:
        """The most reviews on one day."""
        return max(self.reviews, default=0)


def forecast(decks: Mapping[str, int], rate: int, seed: int = 1) -> Forecast:
    """Simulate learning ``decks`` (cards by name, in order) at ``rate`` new cards a day."""
    rng = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    waiting = [name for name, cards in decks.items() for _ in range(cards)]
    due: dict[int, list[Card]] = {}
    done: dict[str, int] = {}
    reviews: list[int] = []
    last = -(-len(waiting) // rate) + AFTERMATH
    for day in range(1, last + 1):
        now = _START + timedelta(days=day)
        today = due.pop(day, [])
        reviews.append(len(today))
        fresh, waiting = waiting[:rate], waiting[rate:]
        done |= dict.fromkeys(fresh, day)
        for card in [*today, *(Card(due=now) for _ in fresh)]:
            seen, _ = scheduler.review_card(card, _answer(scheduler, card, now, rng), now)
            due.setdefault(_next_day(seen, day), []).append(seen)
    return Forecast(rate, done, tuple(reviews))


def _answer(scheduler: Scheduler, card: Card, now: datetime, rng: random.Random) -> Rating:
    """Learn a new card; remember an old one with the probability that FSRS gives."""
    if card.last_review is None:
        return Rating.Good
    known = rng.random() < scheduler.get_card_retrievability(card, now)
    return Rating.Good if known else Rating.Again


def _next_day(card: Card, day: int) -> int:
    return max(day + 1, round((card.due - _START) / timedelta(days=1)))


# ------------------------------------------------------------------ shown


def table(decks: Mapping[str, int], rates: tuple[int, ...] = RATES) -> str:
    """Write forecasts as a table: a column for each number of new cards a day."""
    found = [forecast(decks, rate) for rate in rates]
    width = max((len(name) for name in decks), default=4)
    lines = [f"{'new cards a day':<{width}}" + "".join(f"{one.rate:>10}" for one in found)]
    lines += [
        f"{name:<{width}}" + "".join(f"{'day ' + str(one.done[name]):>10}" for one in found)
        for name in decks
    ]
    lines.append("")
    lines.append(f"{'reviews a day':<{width}}" + "".join(f"{one.average:>10.0f}" for one in found))
    lines.append(f"{'most on one day':<{width}}" + "".join(f"{one.peak:>10}" for one in found))
    return "\n".join(lines) + "\n"


_COLORS = ("#0072b2", "#d55e00", "#009e73")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 320, 50, 40


def svg(decks: Mapping[str, int], rates: tuple[int, ...] = RATES) -> str:
    """Draw reviews a day (averaged over a week) against days, one line a rate."""
    found = [forecast(decks, rate) for rate in rates]
    lines = [(one, _weekly(one.reviews)) for one in found]
    days = max((len(line) for _, line in lines), default=1)
    top = max((max(line, default=0.0) for _, line in lines), default=1.0) or 1.0
    body = [_axes(days, top)]
    for (one, line), color in zip(lines, _COLORS, strict=False):
        points = " ".join(_point(day, value, days, top) for day, value in enumerate(line))
        body.append(
            f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2.5"/>'
        )
        peak = max(range(len(line)), key=line.__getitem__, default=0)
        x, y = _point(peak, line[peak] if line else 0, days, top).split(",")
        body.append(
            f'<text x="{x}" y="{float(y) - 6:.1f}" fill="{color}" text-anchor="middle">'
            f"{one.rate} new a day</text>"
        )
    style = 'font-family="sans-serif" font-size="14"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {style}>'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>{"".join(body)}</svg>\n'
    )


def _weekly(reviews: tuple[int, ...]) -> list[float]:
    return [fmean(reviews[max(0, day - 6) : day + 1]) for day in range(len(reviews))]


def _point(day: float, value: float, days: int, top: float) -> str:
    x = _LEFT + (_WIDTH - _LEFT - 20) * day / max(1, days - 1)
    y = _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - 30) * value / top
    return f"{x:.1f},{y:.1f}"


def _axes(days: int, top: float) -> str:
    base = _HEIGHT - _BOTTOM
    parts = [f'<path d="M{_LEFT} 20V{base}H{_WIDTH - 20}" fill="none" stroke="#555"/>']
    for share in (0.25, 0.5, 0.75, 1.0):
        x, y = (_point(share * (days - 1), share * top, days, top)).split(",")
        parts.append(
            f'<text x="{x}" y="{base + 18}" text-anchor="middle">{share * days:.0f}</text>'
        )
        parts.append(f'<text x="{_LEFT - 6}" y="{y}" text-anchor="end">{share * top:.0f}</text>')
    parts.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 4}" text-anchor="middle">day</text>')
    parts.append(f'<text x="{_LEFT + 8}" y="16">reviews a day</text>')
    return "".join(parts)
