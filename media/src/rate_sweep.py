"""Draw a learning-rate sweep: the loss of each step while the rate grows exponentially.

One hidden layer of 200 tanh units, plain gradient descent on mini-batches of 32 made-up names;
the exponent of the rate grows evenly from -3 to 1 during 1000 steps. Takes about 3 s.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from figure_style import BLUE, ORANGE, Record, figure, run, save, write_record
from names_mlp import Net, Setup, batches, dataset

STEPS, WINDOW = 1000, 25


def sweep(net: Net, exponents: list[float]) -> list[float]:
    """Take one step at each rate; return the loss of each step's batch, before the step."""
    losses = []
    data = batches(*dataset(names=3000, seed=11), len(exponents))
    for exponent, (contexts, targets) in zip(exponents, data, strict=True):
        losses.append(net.backward(contexts, targets))
        net.step(10**exponent)
    return losses


def main(out: Path) -> None:
    exponents = np.linspace(-3, 1, STEPS)
    losses = np.array(sweep(Net(Setup(depth=1, hidden=200)), exponents.tolist()))
    means = losses.reshape(-1, WINDOW).mean(1)
    centers = exponents.reshape(-1, WINDOW).mean(1)
    numbers: Record = {
        "first": losses[0],
        "lowest_mean_at_exponent": centers[means.argmin()],
        "lowest_mean": means.min(),
        "mean_at_minus_2": means[np.abs(centers + 2).argmin()],
        "mean_at_last": means[-1],
    }
    record: Record = {"program": "rate_sweep", "rate-sweep": numbers}
    fig, axes = figure()
    axes.plot(exponents[::3], losses[::3], color=BLUE, linewidth=0.8, alpha=0.6)
    axes.plot(centers, means, color=ORANGE)
    axes.set(xlabel="log10 of the learning rate", ylabel="loss", ylim=(1.5, 6))
    axes.set_xticks([-3, -2, -1, 0, 1])
    save(fig, out / "rate-sweep.svg", record, "rate-sweep")
    write_record(record)


if __name__ == "__main__":
    run(main)
