"""Draw log10 of the update-to-data ratio of each weight matrix during training.

The deep tanh network of `names_mlp` (five layers of 100 units) trains for 1000 steps of plain
gradient descent on mini-batches of 32 made-up names, at three learning rates. The ratio is the
standard deviation of the update (rate times gradient) over that of the weights, at each step.
Curves are means of 20 steps. Takes about 10 s.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from figure_style import BLUE, INK, ORANGE, Record, figure, run, save, write_record
from names_mlp import Net, Setup, batches, dataset
from numpy.typing import NDArray

STEPS, WINDOW = 1000, 20
RATES = {"update-ratio-low": 0.001, "update-ratio-good": 0.03, "update-ratio-high": 1.0}


def ratios(net: Net, rate: float) -> tuple[NDArray[np.float64], list[float]]:
    """Train; return log10 of the ratios, of shape (steps, weight matrices), and the losses."""
    rows, losses = [], []
    for contexts, targets in batches(*dataset(names=3000, seed=11), STEPS):
        losses.append(net.backward(contexts, targets))
        rows.append([(rate * w.grad.std() / w.std()).log10().item() for w in net.weights])
        net.step(rate)
    return np.array(rows), losses


def numbers(rows: NDArray[np.float64], losses: list[float], rate: float) -> Record:
    """Record the ratios at the start and in the last 200 steps, and the losses."""
    return {
        "first": rows[0].tolist(),
        "hidden_last": rows[-200:, :-1].mean(),
        "last": rows[-200:].mean(0).tolist(),
        "loss_first": losses[0],
        "loss_last": np.mean(losses[-100:]),
        "rate": rate,
    }


def draw(rows: NDArray[np.float64], path: Path, record: Record, key: str) -> None:
    fig, axes = figure()
    means = rows.reshape(-1, WINDOW, rows.shape[1]).mean(1)
    steps = np.arange(len(means)) * WINDOW + WINDOW / 2
    axes.plot(steps, means[:, :-1], color=BLUE, linewidth=1.5)
    axes.plot(steps, means[:, -1], color=ORANGE, linestyle="-.", linewidth=2)
    axes.axhline(-3, color=INK, linestyle="--", linewidth=1.6)
    axes.text(STEPS, means[-1, :-1].min() - 0.62, "hidden layers", color=BLUE, ha="right")
    axes.text(STEPS, means[-5:, -1].max() + 0.2, "output layer", color=ORANGE, ha="right")
    axes.set(xlabel="step", ylabel="log10 of update / data", ylim=(-6.3, 0.6))
    axes.set(xticks=[0, 500, 1000], yticks=range(-6, 1))
    save(fig, path, record, key)


def main(out: Path) -> None:
    record: Record = {"program": "update_ratio"}
    for key, rate in RATES.items():
        net = Net(Setup())
        before = net.weights[-1].std().item()
        rows, losses = ratios(net, rate)
        record[key] = numbers(rows, losses, rate)
        record[key]["output_weight_growth"] = (net.weights[-1].std() / before).item()
        draw(rows, out / f"{key}.svg", record, key)
    write_record(record)


if __name__ == "__main__":
    run(main)
