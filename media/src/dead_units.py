"""Draw which ReLU units are off for which examples, in a healthy and in a damaged network.

One hidden layer of 48 ReLU units, 1000 steps of plain gradient descent on mini-batches of 32
made-up names at rate 0.1. The damaged network starts with biases drawn 4 times too wide, so that
some units are off for every example; it is recorded that training never moves them. A third
network, not drawn, has a good start but learns at rate 3. Takes about 5 s.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from figure_style import INK, Record, figure, run, save, write_record
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from names_mlp import Net, Setup, dataset, train
from numpy.typing import NDArray
from torch import Tensor

UNITS, SHOWN, STEPS = 48, 32, 1000
RUNS = {"relu-map-healthy": (0.0, 0.1), "relu-map-dead": (4.0, 0.1), "high-rate": (0.0, 3.0)}


@torch.no_grad()
def off(net: Net, contexts: Tensor) -> Tensor:
    """Say for each example (row) and unit (column) whether the unit's output is zero."""
    net(contexts)
    return net.hidden[0] == 0


def outline(black: NDArray[np.bool_]) -> Outline:
    """Return squares at the true pixels as one path; row 0 is at the top."""
    rows, columns = np.nonzero(black)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    corners = np.stack([columns, rows], 1)[:, None, :] + square
    codes = [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY]
    return Outline(corners.reshape(-1, 2), np.tile(codes, len(rows)))


def draw(white: NDArray[np.bool_], path: Path, record: Record, key: str) -> None:
    fig, axes = figure(height=3.0)
    axes.add_patch(PathPatch(outline(~white), facecolor=INK, linewidth=0))
    axes.set(xlim=(0, UNITS), ylim=(SHOWN, 0), aspect="equal", xticks=[], yticks=[])
    axes.set(xlabel=f"{UNITS} ReLU units", ylabel=f"{SHOWN} examples")
    axes.spines[["top", "right"]].set_visible(True)
    save(fig, path, record, key)


def observe(net: Net, rate: float) -> tuple[Record, NDArray[np.bool_]]:
    """Train a network; return its numbers, and its map for a random batch."""
    contexts, targets = dataset(names=3000, seed=11)
    before = off(net, contexts).all(0)
    start = net.weights[0].detach().clone()
    losses = train(net, (contexts, targets), rate, STEPS)
    after = off(net, contexts).all(0)
    moved = (net.weights[0].detach() - start).abs().amax(0)
    chosen = torch.randint(len(targets), (SHOWN,), generator=torch.Generator().manual_seed(9))
    batch = off(net, contexts[chosen])
    numbers: Record = {
        "dead_after": int(after.sum()),
        "dead_before": int(before.sum()),
        "examples": len(targets),
        "largest_move_of_dead_before": moved[before].max().item() if before.any() else 0.0,
        "loss_last": np.mean(losses[-100:]),
        "off_percent_shown": 100 * batch.float().mean().item(),
        "rate": rate,
        "smallest_move_of_others": moved[~before].min().item(),
        "units": UNITS,
        "white_columns_shown": int(batch.all(0).sum()),
    }
    return numbers, batch.numpy()


def main(out: Path) -> None:
    record: Record = {"program": "dead_units"}
    for key, (bias_scale, rate) in RUNS.items():
        setup = Setup(depth=1, hidden=UNITS, activation="relu", gain=2**0.5, bias_scale=bias_scale)
        record[key], batch = observe(Net(setup), rate)
        if key.startswith("relu-map"):
            draw(batch, out / f"{key}.svg", record, key)
    write_record(record)


if __name__ == "__main__":
    run(main)
