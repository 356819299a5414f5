"""The singular value decomposition: a circle on its way through it, and what truncation loses.

`stages` sends the unit circle through the factors of a 2x2 matrix, one at a time. `error` and
`spectrum` compare two random 60x40 matrices of the same size in the Frobenius norm: A is a sum of
five outer products plus weak noise (as data with few underlying causes would be), B is noise only.
Seed 0; nothing is trained. Runtime: about two seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from figure_style import BLUE, GRAY, INK, ORANGE, Record, figure, run, save, write_record
from maps import rotation
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import NDArray

Array = NDArray[Any]

SEED = 0
SHAPE = (60, 40)
CAUSES = 5
NOISE = 0.15


def stages() -> tuple[list[Array], Array]:
    """Return what has been applied to the circle at each of four times, and the sizes."""
    left, sizes, right = rotation(20), np.array([1.8, 0.6]), rotation(65)
    first = right.T
    return [np.eye(2), first, np.diag(sizes) @ first, left @ np.diag(sizes) @ first], sizes


def draw_stages(applied: list[Array], start: Array) -> Figure:
    fig, panels = plt.subplots(2, 2, figsize=(4.2, 3.4), layout="constrained")
    turn = np.radians(np.linspace(0, 360, 121))
    circle = np.array([np.cos(turn), np.sin(turn)])
    for number, (axes, matrix) in enumerate(zip(panels.flat, applied, strict=True), start=1):
        axes.axhline(0, color="#bbbbbb", linewidth=0.8, zorder=0)
        axes.axvline(0, color="#bbbbbb", linewidth=0.8, zorder=0)
        axes.plot(*(matrix @ circle), color=INK, linewidth=1.8)
        for column, (color, marker) in enumerate(((BLUE, "o"), (ORANGE, "s"))):
            end = matrix @ start[:, column]
            axes.plot([0, end[0]], [0, end[1]], color=color)
            axes.plot(*end, marker, color=color, markersize=8, zorder=5)
        axes.text(-1.95, 0.85, str(number), fontsize=15, weight="bold")
        axes.set(xlim=(-2.05, 2.05), ylim=(-1.3, 1.3), xticks=[], yticks=[])
        axes.set_aspect("equal")
        axes.spines[:].set_visible(True)
        axes.spines[:].set_color(GRAY)
    return fig


def two_matrices() -> dict[str, Array]:
    """Return A (five causes and noise) and B (noise only), both of Frobenius norm 1."""
    rng = np.random.default_rng(SEED)
    causes = rng.normal(size=(SHAPE[0], CAUSES)) @ rng.normal(size=(CAUSES, SHAPE[1]))
    pair = {"A": causes + NOISE * rng.normal(size=SHAPE), "B": rng.normal(size=SHAPE)}
    return {name: matrix / np.linalg.norm(matrix) for name, matrix in pair.items()}


def truncation_errors(values: Array) -> Array:
    """Return the relative Frobenius error of the best rank-k approximation for k = 0, 1, ..."""
    squares = np.append(np.cumsum(values[::-1] ** 2)[::-1], 0.0)
    return np.sqrt(squares / squares[0])


def draw_errors(errors: dict[str, Array]) -> Figure:
    fig, axes = figure(4.2, 2.8)
    looks = ((BLUE, "-"), (ORANGE, "--"))
    for (name, values), (color, dash) in zip(errors.items(), looks, strict=True):
        axes.plot(100 * values, dash, color=color)
        axes.text(11, 100 * values[11] + 4, name, color=color, fontsize=15, weight="bold")
    axes.set(xlabel="rank kept, $k$", ylabel="error (%)", xlim=(0, 40), ylim=(0, 102))
    axes.set(xticks=[0, 5, 10, 20, 30, 40], yticks=[0, 25, 50, 75, 100])
    return fig


def draw_spectrum(values: Array) -> Figure:
    fig, axes = figure(4.2, 2.8)
    axes.semilogy(np.arange(1, len(values) + 1), values, "o", color=BLUE, markersize=5)
    axes.set(xlabel="index $i$", ylabel=r"singular value $\sigma_i$")
    axes.set(xticks=[1, 5, 10, 20, 30, 40], ylim=(1e-3, 1))
    axes.minorticks_off()
    return fig


def main(out: Path) -> None:
    applied, sizes = stages()
    singular = {name: np.linalg.svd(m, compute_uv=False) for name, m in two_matrices().items()}
    errors = {name: truncation_errors(values) for name, values in singular.items()}
    marked = rotation(65)
    record: Record = {
        "program": "svd",
        "stages": {"matrix": applied[3].tolist(), "sizes": sizes.tolist()},
        "error": {name: values.tolist() for name, values in errors.items()},
        "spectrum": {"A": singular["A"].tolist()},
    }
    save(draw_stages(applied, marked), out / "svd-stages.svg", record, "stages")
    save(draw_errors(errors), out / "svd-error.svg", record, "error")
    save(draw_spectrum(singular["A"]), out / "svd-spectrum.svg", record, "spectrum")
    write_record(record)


if __name__ == "__main__":
    run(main)
