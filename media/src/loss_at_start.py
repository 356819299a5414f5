"""Draw the loss of the first steps for an overconfident and for a good initialization.

One hidden layer of 200 tanh units, plain gradient descent at rate 0.1 on mini-batches of 32
made-up names; only the scale of the output weights differs. Takes about 5 s.
"""

from __future__ import annotations

import math
from pathlib import Path

from figure_style import BLUE, GRAY, Record, every, figure, run, save, write_record
from names_mlp import SYMBOLS, Net, Setup, dataset, train

STEPS = 3000
SCALES = {"loss-start-overconfident": 15.0, "loss-start-good": 0.1}


def numbers(losses: list[float], scale: float) -> Record:
    """Record the first loss, the loss a little later, and the mean of the last 200 steps."""
    return {
        "first": losses[0],
        "last": sum(losses[-200:]) / 200,
        "output_scale": scale,
        "step_100": losses[100],
        "uniform": math.log(SYMBOLS),
    }


def draw(losses: list[float], path: Path, record: Record, key: str) -> None:
    fig, axes = figure()
    axes.plot(*every(losses, 300), color=BLUE, linewidth=1.6)
    axes.axhline(math.log(SYMBOLS), color=GRAY, linestyle="--", linewidth=1.4)
    high = losses[0] > 5
    axes.text(STEPS, math.log(SYMBOLS) + (0.6 if high else 0.03), "ln 27", color=GRAY, ha="right")
    axes.set(xlabel="step", ylabel="loss", ylim=(0, None) if high else (1.5, 3.6))
    axes.set_xticks([0, 1000, 2000, 3000])
    save(fig, path, record, key)


def main(out: Path) -> None:
    record: Record = {"program": "loss_at_start"}
    data = dataset(names=3000, seed=11)
    for key, scale in SCALES.items():
        losses = train(Net(Setup(depth=1, hidden=200, output_scale=scale)), data, 0.1, STEPS)
        record[key] = numbers(losses, scale)
        draw(losses, out / f"{key}.svg", record, key)
    write_record(record)


if __name__ == "__main__":
    run(main)
