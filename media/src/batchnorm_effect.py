"""Draw what batch normalization changes: activations at a wrong gain, loss at a high rate.

The deep tanh network of `names_mlp` (five layers of 100 units), with and without batch
normalization before each tanh. First figure: spread of the activations of 1000 made-up examples
before training, for gain 0.5. Second: 1000 steps of plain gradient descent at rate 1 (means of 20
steps). The update-to-data ratios of the first step for several gains are recorded, not drawn.
Takes about 10 s.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from figure_style import BLUE, ORANGE, Record, figure, run, save, write_record
from names_mlp import TANH_GAIN, Net, Setup, dataset, train

SMALL, RATE, STEPS, WINDOW = 0.5, 1.0, 1000, 20


def spreads(*, batchnorm: bool) -> list[float]:
    """Return the standard deviation of each layer's activations at the small gain."""
    net = Net(Setup(gain=SMALL, batchnorm=batchnorm))
    net(dataset(names=300, seed=11)[0][:1000])
    return [h.std().item() for h in net.hidden]


def first_ratios(gain: float) -> list[float]:
    """Return log10 of the update-to-data ratio of each hidden layer, normalized, at rate 0.1."""
    net = Net(Setup(gain=gain, batchnorm=True))
    contexts, targets = dataset(names=300, seed=11)
    net.backward(contexts[:1000], targets[:1000])
    return [(0.1 * w.grad.std() / w.std()).log10().item() for w in net.weights[:-1]]


def saturation(net: Net) -> float:
    """Return the percentage of hidden activations of 1000 examples beyond 0.97 in size."""
    net(dataset(names=300, seed=11)[0][:1000])
    return 100 * (torch.stack(net.hidden).abs() > 0.97).float().mean().item()


def draw_gain(path: Path, record: Record, key: str) -> None:
    fig, axes = figure()
    layers = range(1, 6)
    axes.plot(layers, record[key]["std_with"], "o-", color=BLUE)
    axes.plot(layers, record[key]["std_without"], "s--", color=ORANGE)
    axes.text(3, 0.68, "network A", color=BLUE, ha="center")
    axes.text(3, 0.18, "network B", color=ORANGE)
    axes.set(ylim=(0, 0.8), xlabel="layer", ylabel="std of activations", xticks=layers)
    save(fig, path, record, key)


def draw_losses(losses: dict[bool, list[float]], path: Path, record: Record, key: str) -> None:
    fig, axes = figure()
    steps = np.arange(STEPS // WINDOW) * WINDOW + WINDOW / 2
    for batchnorm, color, style in ((True, BLUE, "-"), (False, ORANGE, "--")):
        means = np.reshape(losses[batchnorm], (-1, WINDOW)).mean(1)
        axes.plot(steps, means, style, color=color)
    axes.text(STEPS, 2.12, "network A", color=BLUE, ha="right")
    axes.text(STEPS, 3.62, "network B", color=ORANGE, ha="right")
    axes.set(xlabel="step", ylabel="loss", ylim=(2, 4.4), xticks=[0, 500, 1000])
    save(fig, path, record, key)


def main(out: Path) -> None:
    nets = {norm: Net(Setup(batchnorm=norm)) for norm in (True, False)}
    data = dataset(names=3000, seed=11)
    losses = {norm: train(net, data, RATE, STEPS) for norm, net in nets.items()}
    record: Record = {
        "program": "batchnorm_effect",
        "batchnorm-gain": {
            "gain": SMALL,
            "std_with": spreads(batchnorm=True),
            "std_without": spreads(batchnorm=False),
        },
        "batchnorm-high-rate": {
            "last_with": np.mean(losses[True][-100:]),
            "last_without": np.mean(losses[False][-100:]),
            "rate": RATE,
            "saturated_percent_with": saturation(nets[True]),
            "saturated_percent_without": saturation(nets[False]),
        },
        "ratios": {
            "gain_0.2": first_ratios(0.2),
            "gain_2": first_ratios(2.0),
            "gain_five_thirds": first_ratios(TANH_GAIN),
        },
    }
    draw_gain(out / "batchnorm-gain.svg", record, "batchnorm-gain")
    draw_losses(losses, out / "batchnorm-high-rate.svg", record, "batchnorm-high-rate")
    write_record(record)


if __name__ == "__main__":
    run(main)
