"""Draw activations and gradients of a deep network before training, for several weight gains.

A network of five tanh layers of 100 units (`names_mlp.Net`, seed 2147483647) sees one batch of
1000 examples of the made-up names; nothing is trained. Weights are standard normal, times the
gain over the square root of the fan-in; the output layer's are a tenth of that, without gain.
Takes about 5 s.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from figure_style import BLUE, ORANGE, Record, figure, ridges, run, save, write_record
from names_mlp import TANH_GAIN, Net, Setup, dataset

EXAMPLES = 1000
SATURATED = 0.97
GAINS = {"good-gain": TANH_GAIN, "large-gain": 3.0, "small-gain": 0.5}


def observe(setup: Setup) -> Net:
    """Build a network and run one batch forward and backward."""
    net = Net(setup)
    contexts, targets = dataset(names=300, seed=11)
    net.backward(contexts[:EXAMPLES], targets[:EXAMPLES])
    return net


def forward_numbers(net: Net) -> Record:
    """Record mean, spread and percentage of saturated values of each layer's activations."""
    saturated = [(h.abs() > SATURATED).float().mean().item() for h in net.hidden]
    return {
        "gain": net.setup.gain,
        "mean": [h.mean().item() for h in net.hidden],
        "saturated_percent": [100 * share for share in saturated],
        "std": [h.std().item() for h in net.hidden],
    }


def backward_numbers(net: Net) -> Record:
    """Record the spread of the gradients with respect to each layer's activations."""
    stds = [h.grad.std().item() for h in net.hidden]
    return {"first_over_last": stds[0] / stds[-1], "gain": net.setup.gain, "std": stds}


def weight_numbers(net: Net) -> Record:
    """Record the spread of each weight matrix's gradients, and their ratio to the weights."""
    stds = [w.grad.std().item() for w in net.weights]
    ratios = [(w.grad.std() / w.std()).item() for w in net.weights]
    times = stds[-1] / np.mean(stds[:-1])
    return {"grad_std": stds, "grad_to_data": ratios, "output_over_others": times}


def draw_activations(net: Net, path: Path, record: Record, key: str) -> None:
    fig, axes = figure(height=2.9)
    rows = {f"layer {i}": h.detach().numpy() for i, h in enumerate(net.hidden, 1)}
    ridges(axes, rows, (-1.001, 1.001))
    axes.set(xlabel="activation (tanh output)", xticks=[-1, 0, 1])
    save(fig, path, record, key)


def draw_gradients(net: Net, path: Path, record: Record, key: str) -> None:
    fig, axes = figure(height=2.9)
    rows = {f"layer {i}": h.grad.numpy() for i, h in enumerate(net.hidden, 1)}
    reach = 2.5 * max(record[key]["std"])
    ridges(axes, rows, (-reach, reach))
    axes.set(xlabel="gradient of the loss at the activation", xticks=[0])
    save(fig, path, record, key)


def draw_weights(net: Net, path: Path, record: Record, key: str) -> None:
    fig, axes = figure(height=2.9)
    names = [f"layer {i}" for i in range(1, net.setup.depth + 1)] + ["output"]
    rows = {n: w.grad.numpy() for n, w in zip(names, net.weights, strict=True)}
    ridges(axes, rows, (-0.02, 0.02), bins=81)
    axes.set(xlabel="gradient of the loss at the weight", xticks=[-0.02, 0, 0.02])
    save(fig, path, record, key)


def draw_linear(numbers: Record, path: Path, record: Record, key: str) -> None:
    fig, axes = figure()
    layers = range(1, 6)
    forward, backward = numbers["activation_std"], numbers["gradient_std"]
    axes.plot(layers, np.array(forward) / forward[0], "o-", color=BLUE)
    axes.plot(layers, np.array(backward) / backward[0], "s--", color=ORANGE)
    axes.text(4.05, 5.7, "activations", color=BLUE, ha="right")
    axes.text(4.05, 0.125, "gradients", color=ORANGE, ha="right")
    axes.set(yscale="log", ylim=(0.09, 11), xlabel="layer", ylabel="std / std of layer 1")
    axes.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
    axes.set_xticks(list(layers))
    axes.minorticks_off()
    save(fig, path, record, key)


def linear_numbers(gain: float) -> Record:
    """Record the spreads in the same network without any nonlinearity."""
    net = observe(Setup(gain=gain, activation="none"))
    activations = [h.std().item() for h in net.hidden]
    gradients = [h.grad.std().item() for h in net.hidden]
    return {
        "activation_growth_per_layer": (activations[-1] / activations[0]) ** 0.25,
        "activation_std": activations,
        "gain": gain,
        "gradient_std": gradients,
    }


def main(out: Path) -> None:
    record: Record = {"program": "activations"}
    for name, gain in GAINS.items():
        net = observe(Setup(gain=gain))
        record[f"activations-{name}"] = forward_numbers(net)
        record[f"gradients-{name}"] = backward_numbers(net)
        draw_activations(net, out / f"activations-{name}.svg", record, f"activations-{name}")
        draw_gradients(net, out / f"gradients-{name}.svg", record, f"gradients-{name}")
    good = observe(Setup())
    record["weight-gradients"] = weight_numbers(good)
    draw_weights(good, out / "weight-gradients.svg", record, "weight-gradients")
    record["no-gain"] = forward_numbers(observe(Setup(gain=1.0)))
    record["linear-stack"] = linear_numbers(TANH_GAIN)
    record["linear-stack-gain-one"] = linear_numbers(1.0)
    draw_linear(record["linear-stack"], out / "linear-stack.svg", record, "linear-stack")
    write_record(record)


if __name__ == "__main__":
    run(main)
