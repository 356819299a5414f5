"""Draw training and validation loss of a network that has far too little data.

One hidden layer of 100 tanh units, 1500 steps of plain gradient descent at rate 0.1 on all
examples of 60 made-up names at once; 500 other names from the same Markov chain validate. The
chain's entropy rate, the lowest loss that any model can have on new names, is recorded. Takes
about 5 s.
"""

from __future__ import annotations

from pathlib import Path

import torch
from figure_style import BLUE, ORANGE, Record, figure, run, save, write_record
from names_mlp import Net, Setup, chain, dataset, entropy_rate

STEPS, BETWEEN, RATE = 1500, 10, 0.1


def losses() -> tuple[list[float], list[float]]:
    """Train; return the training and validation losses before every tenth step."""
    training, validation = dataset(60, seed=5), dataset(500, seed=6)
    net = Net(Setup(depth=1, hidden=100))
    seen, new = [], []
    for step in range(STEPS + 1):
        net.backward(*training)
        if step % BETWEEN == 0:
            with torch.no_grad():
                seen.append(net.loss(*training).item())
                new.append(net.loss(*validation).item())
        net.step(RATE)
    return seen, new


def main(out: Path) -> None:
    seen, new = losses()
    best = min(range(len(new)), key=new.__getitem__)
    numbers: Record = {
        "best_step": best * BETWEEN,
        "entropy_rate": entropy_rate(chain()),
        "examples": len(dataset(60, seed=5)[1]),
        "training_at_best": seen[best],
        "training_last": seen[-1],
        "validation_best": new[best],
        "validation_last": new[-1],
    }
    record: Record = {"program": "overfitting", "overfitting": numbers}
    fig, axes = figure()
    steps = range(0, STEPS + 1, BETWEEN)
    axes.plot(steps, seen, color=BLUE)
    axes.plot(steps, new, "--", color=ORANGE)
    axes.text(STEPS, 1.15, "training", color=BLUE, ha="right")
    axes.text(900, 3.85, "validation", color=ORANGE, ha="right")
    axes.set(xlabel="step", ylabel="loss", ylim=(0, 4.5), xticks=[0, 500, 1000, 1500])
    save(fig, out / "overfitting.svg", record, "overfitting")
    write_record(record)


if __name__ == "__main__":
    run(main)
