"""Four optimizers on one ravine: the quadratic f(x, y) = (x^2 + 40 y^2) / 2, from (-8, 2).

The valley is 40 times as curved across (y) as along its floor (x), so plain gradient descent must
choose its learning rate for the steep direction. Exact gradients, no randomness, 30 steps each.
Runtime: about two seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from figure_style import BLUE, GRAY, INK, ORANGE, Record, run, save, write_record
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

Array = NDArray[Any]
Step = Callable[[Array], Array]

CURVATURE = np.array([1.0, 40.0])
START = np.array([-8.0, 2.0])
STEPS = 30


def loss(point: Array) -> float:
    return float(0.5 * CURVATURE @ point**2)


def gradient(point: Array) -> Array:
    return CURVATURE * point


def descent(rate: float) -> Step:
    return lambda grad: -rate * grad


def momentum(rate: float, beta: float) -> Step:
    velocity = np.zeros(2)

    def step(grad: Array) -> Array:
        nonlocal velocity
        velocity = beta * velocity + grad
        return -rate * velocity

    return step


def adam(rate: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Step:
    first, second, time = np.zeros(2), np.zeros(2), 0

    def step(grad: Array) -> Array:
        nonlocal first, second, time
        time += 1
        first = beta1 * first + (1 - beta1) * grad
        second = beta2 * second + (1 - beta2) * grad**2
        mean, square = first / (1 - beta1**time), second / (1 - beta2**time)
        return -rate * mean / (np.sqrt(square) + eps)

    return step


def path_of(step: Step) -> Array:
    points = [START]
    for _ in range(STEPS):
        points.append(points[-1] + step(gradient(points[-1])))
    return np.array(points)


def draw_path(axes: Axes, path: Array, size: float) -> None:
    x, y = np.meshgrid(np.linspace(-9.4, 3.4, 90), np.linspace(-2.9, 2.9, 60))
    heights = 0.5 * (CURVATURE[0] * x**2 + CURVATURE[1] * y**2)
    axes.contour(x, y, heights, levels=[1, 5, 15, 40, 90, 160], colors=GRAY, linewidths=0.7)
    axes.plot(*path.T, "-", color=BLUE, linewidth=0.35 * size)
    axes.plot(*path.T, "o", color=BLUE, markersize=0.75 * size)
    axes.plot(*START, "s", color=INK, markersize=1.6 * size)
    axes.plot(0, 0, "*", color=ORANGE, markersize=2.8 * size, markeredgecolor=INK, zorder=5)
    axes.set(xlim=(-9.4, 3.4), ylim=(-2.9, 2.9), xticks=[], yticks=[])
    axes.set_aspect("equal")
    axes.spines[:].set(visible=True, linewidth=0.8)


def draw_one(path: Array) -> Figure:
    fig, axes = plt.subplots(figsize=(4.2, 2.1), layout="constrained")
    draw_path(axes, path, 5)
    spot = {"ha": "center", "fontsize": 11}
    axes.text(START[0], START[1] + 0.4, "start", **spot)
    axes.text(1.6, -1.35, "minimum", **spot)
    return fig


def draw_four(paths: dict[str, Array]) -> Figure:
    fig, panels = plt.subplots(2, 2, figsize=(4.2, 2.3), layout="constrained")
    for axes, (name, path) in zip(panels.flat, paths.items(), strict=True):
        draw_path(axes, path, 3.2)
        axes.set_title(name, fontsize=14, weight="bold", pad=3)
    return fig


def summary(path: Array, **settings: float) -> dict[str, Any]:
    """Return what a card may quote of a path."""
    crossings = int(np.sum(np.sign(path[1:, 1]) != np.sign(path[:-1, 1])))
    return {
        **settings,
        "steps": STEPS,
        "first": path[1].tolist(),
        "end": path[-1].tolist(),
        "loss_end": loss(path[-1]),
        "furthest_x": float(path[:, 0].max()),
        "floor_crossings": crossings,
        "half": path[15].tolist(),
    }


def main(out: Path) -> None:
    runs: dict[str, tuple[Array, dict[str, float]]] = {
        "small": (path_of(descent(0.01)), {"rate": 0.01}),
        "large": (path_of(descent(0.049)), {"rate": 0.049}),
        "momentum": (path_of(momentum(0.02, 0.8)), {"rate": 0.02, "beta": 0.8}),
        "adam": (path_of(adam(0.5)), {"rate": 0.5, "beta1": 0.9, "beta2": 0.999}),
    }
    record: Record = {"program": "ravine", "start": START.tolist(), "loss_start": loss(START)}
    record["curvature"] = CURVATURE.tolist()
    plain = path_of(descent(0.02))
    for key, (path, settings) in runs.items():
        record[key] = summary(path, **settings)
        if key == "momentum":
            record[key]["without_momentum"] = summary(plain, rate=0.02)
        save(draw_one(path), out / f"ravine-{key}.svg", record, key)
    letters = {"A": "momentum", "B": "large", "C": "adam", "D": "small"}
    record["four"] = letters
    four = {letter: runs[key][0] for letter, key in letters.items()}
    save(draw_four(four), out / "ravine-four.svg", record, "four")
    write_record(record)


if __name__ == "__main__":
    run(main)
