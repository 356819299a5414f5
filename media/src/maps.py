"""Linear maps of the plane, drawn before and after: grids, fibers, eigenvector lines, a projection.

Nothing is trained and nothing is random; every picture follows from the matrix in its record.
Runtime: about two seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from figure_style import BLUE, COLORS, GRAY, GREEN, INK, ORANGE, Record, run, save, write_record
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

Array = NDArray[Any]

GRID = np.array([[2.0, -1.0], [1.0, 1.0]])
LETTER = np.array([[-1.5, 0.5], [0.5, 1.5]])
COLLAPSE = np.array([[0.5, 1.0], [0.25, 0.5]])
SHEAR = np.array([[1.0, 1.0], [0.0, 1.0]])
TURN = 40.0
KEPT = 30.0
STRETCHES = (2.0, 0.5)


def rotation(degrees: float) -> Array:
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def symmetric(degrees: float, stretches: tuple[float, float]) -> Array:
    """Return the map that stretches along the direction at an angle, and across it."""
    turn = rotation(degrees)
    return turn @ np.diag(stretches) @ turn.T


def plane(axes: Axes, reach: float, step: int) -> None:
    """Prepare a square part of the plane with a light grid of its integer points."""
    limit = int(reach)
    for at in range(-limit, limit + 1):
        axes.axhline(at, color="#dddddd", linewidth=0.7, zorder=0)
        axes.axvline(at, color="#dddddd", linewidth=0.7, zorder=0)
    axes.axhline(0, color=GRAY, linewidth=1, zorder=1)
    axes.axvline(0, color=GRAY, linewidth=1, zorder=1)
    ticks = range(-limit + limit % step, limit + 1, step)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=ticks, yticks=ticks)
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def before_and_after(reach: float, step: int) -> tuple[Figure, Axes, Axes]:
    fig, (before, after) = plt.subplots(1, 2, figsize=(4.2, 2.4), layout="constrained")
    for axes, title in ((before, "before"), (after, "after")):
        plane(axes, reach, step)
        axes.set_title(title, fontsize=12)
    return fig, before, after


def arrow(axes: Axes, start: Array, end: Array, color: str, width: float = 2.4) -> None:
    style = {"arrowstyle": "-|>", "color": color, "linewidth": width, "shrinkA": 0, "shrinkB": 0}
    style["mutation_scale"] = 6 + 3 * width
    axes.annotate("", xy=tuple(end), xytext=tuple(start), arrowprops=style, zorder=4)


def label(axes: Axes, at: Array, text: str, color: str = INK) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
    spot = {"ha": "center", "va": "center", "fontsize": 12, "zorder": 6}
    axes.text(*at, text, color=color, bbox=box, **spot)


def mapped_lines(axes: Axes, matrix: Array, reach: int) -> None:
    """Draw the image of the integer grid."""
    for at in range(-reach, reach + 1):
        for line in ([[-reach, at], [reach, at]], [[at, -reach], [at, reach]]):
            axes.plot(*(matrix @ np.array(line, dtype=float).T), color=GREEN, linewidth=0.8)


def draw_grid(matrix: Array) -> Figure:
    fig, before, after = before_and_after(3.0, 1)
    for axes, mat, mark in ((before, np.eye(2), ""), (after, matrix, "A")):
        mapped_lines(axes, mat, 6)
        axes.fill(*(mat @ np.array([[0.0, 1, 1, 0], [0, 0, 1, 1]])), color=GREEN, alpha=0.25)
        for column, color in ((0, BLUE), (1, ORANGE)):
            end = mat[:, column]
            arrow(axes, np.zeros(2), end, color)
            name = f"${mark}e_{column + 1}$"
            label(axes, end + 0.55 * end / np.linalg.norm(end), name, color)
    return fig


def draw_letter(matrix: Array) -> Figure:
    """Draw a letter F, which shows on which side of the plane we are, and its image."""
    fig, before, after = before_and_after(2.0, 1)
    letter = np.array(
        [
            [0.2, 0.4, 0.4, 0.7, 0.7, 0.4, 0.4, 0.8, 0.8, 0.2],
            [0, 0, 0.4, 0.4, 0.6, 0.6, 0.8, 0.8, 1, 1],
        ]
    )
    square = np.array([[0.0, 1, 1, 0, 0], [0, 0, 1, 1, 0]])
    for axes, mat in ((before, np.eye(2)), (after, matrix)):
        axes.plot(*(mat @ square), color=INK, linewidth=1.2)
        axes.fill(*(mat @ letter), color=BLUE)
        axes.set(xticks=[], yticks=[])
    return fig


def draw_collapse(matrix: Array, offsets: tuple[float, ...]) -> Figure:
    """Draw the lines of points that share an image, and these images."""
    fig, before, after = before_and_after(2.6, 1)
    along = np.array([2.0, -1.0])
    line = np.outer(matrix[:, 1], [-6.0, 6.0])
    after.plot(*line, color=GRAY, linewidth=1, zorder=2)
    names = zip(offsets, "abcde", COLORS, strict=False)
    for offset, name, color in names:
        point = np.array([0.0, offset / 2])
        before.plot(*(point[:, None] + np.outer(along, [-4.0, 4.0])), color=color)
        label(before, offset * np.array([1.0, 2.0]) / 5, name)
        image = matrix @ point
        after.plot(*image, "o", color=color, markersize=9, zorder=5)
        label(after, image + np.array([-0.2, 0.5]), name)
    return fig


def draw_fan(matrix: Array, angles: Array, reach: tuple[float, float]) -> Figure:
    """Draw unit vectors as dots, with an arrow from each to its image."""
    fig, axes = plt.subplots(figsize=(4.2, 4.2 * reach[1] / reach[0]), layout="constrained")
    turn = np.radians(np.linspace(0, 360, 181))
    axes.plot(np.cos(turn), np.sin(turn), color=GRAY, linewidth=1.2)
    for angle in np.radians(angles):
        x = np.array([np.cos(angle), np.sin(angle)])
        axes.plot([0, x[0]], [0, x[1]], color=GRAY, linewidth=0.9, linestyle=(0, (4, 3)))
        if np.linalg.norm(matrix @ x - x) > 0.02:
            arrow(axes, x, matrix @ x, ORANGE, 1.8)
        axes.plot(*x, "o", color=BLUE, markersize=8, zorder=5)
    axes.plot(0, 0, "o", color=INK, markersize=4)
    axes.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))
    axes.set_aspect("equal")
    axes.axis("off")
    return fig


def draw_projection(v: Array, u: Array, other: Array, foot: Array) -> Figure:
    fig, axes = plt.subplots(figsize=(4.2, 3.2), layout="constrained")
    axes.plot(*np.outer(u, [-0.4, 2.3]), color=GRAY, linewidth=1.6)
    arrow(axes, np.zeros(2), v, BLUE)
    axes.plot(*np.array([v, foot]).T, color=ORANGE)
    axes.plot(*np.array([v, other]).T, color=GREEN, linestyle=(0, (4, 3)))
    back, up = -0.25 * u / np.linalg.norm(u), 0.25 * (v - foot) / np.linalg.norm(v - foot)
    axes.plot(*np.array([foot + back, foot + back + up, foot + up]).T, color=INK, linewidth=1.2)
    for spot in (np.zeros(2), foot, other):
        axes.plot(*spot, "o", color=INK, markersize=6, zorder=5)
    names = ((v, "$v$", (-0.15, 0.25)), (foot, "$p$", (0.15, -0.3)), (other, "$q$", (0.15, -0.3)))
    for spot, text, shift in (*names, (np.zeros(2), "0", (0.1, -0.3))):
        label(axes, spot + np.array(shift), text)
    axes.set_aspect("equal")
    axes.axis("off")
    return fig


def eigen(matrix: Array) -> dict[str, Any]:
    """Return what a card may quote of a matrix."""
    values = np.sort_complex(np.linalg.eigvals(matrix))
    return {
        "matrix": matrix.tolist(),
        "determinant": np.linalg.det(matrix),
        "eigenvalues_real": values.real.tolist(),
        "eigenvalues_imaginary": values.imag.tolist(),
    }


def main(out: Path) -> None:
    offsets = (-4.0, -2.0, 0.0, 2.0, 4.0)
    turned, stretched = rotation(TURN), symmetric(KEPT, STRETCHES)
    v, u, t = np.array([1.0, 3.0]), np.array([2.0, 1.0]), 1.9
    foot = (u @ v) / (u @ u) * u
    fan = {
        "shear": (SHEAR, np.arange(0.0, 360, 30), (2.15, 1.25)),
        "rotation": (turned, np.arange(0.0, 360, 60), (1.5, 1.25)),
        "symmetric": (stretched, np.arange(KEPT, 360, 45), (1.95, 1.3)),
    }
    record: Record = {
        "program": "maps",
        "grid": eigen(GRID),
        "letter": eigen(LETTER),
        "collapse": {"matrix": COLLAPSE.tolist(), "lines": list(offsets)},
        "shear": eigen(SHEAR),
        "rotation": {**eigen(turned), "degrees": TURN},
        "symmetric": {**eigen(stretched), "degrees": KEPT},
        "projection": {"v": v.tolist(), "u": u.tolist(), "p": foot.tolist(), "q": (t * u).tolist()},
    }
    drawn = {
        "grid": draw_grid(GRID),
        "letter": draw_letter(LETTER),
        "collapse": draw_collapse(COLLAPSE, offsets),
        "projection": draw_projection(v, u, t * u, foot),
        **{name: draw_fan(*parts) for name, parts in fan.items()},
    }
    for key, fig in drawn.items():
        save(fig, out / f"maps-{key}.svg", record, key)
    write_record(record)


if __name__ == "__main__":
    run(main)
