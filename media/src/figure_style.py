"""The drawing style of all figures, and how a figure and its recorded numbers stay together.

Figures are SVG for a phone: about 360 px wide, dark ink on white, thick lines, direct labels,
Okabe-Ito colors, and never meaning by color alone. The bytes are the same in every run.

A program records the numbers that cards quote in ``NAME.json`` beside it, one entry for each
figure. `save` writes the digest of that entry into the figure's ``<desc>``, so that
``check_records.py`` can tell when a figure and the numbers are from different runs.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

mpl.use("svg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#222222"
GRAY = "#767676"
BLUE = "#0072B2"
ORANGE = "#D55E00"
GREEN = "#009E73"
AMBER = "#E69F00"
SKY = "#56B4E9"
PURPLE = "#CC79A7"
#: Six colors for lines that also differ in their label or dash.
COLORS = (BLUE, ORANGE, GREEN, AMBER, SKY, PURPLE)

HERE = Path(__file__).parent

mpl.rcParams.update(
    {
        "svg.hashsalt": "ankibuild",
        "svg.fonttype": "path",
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "font.size": 11,
        "axes.labelsize": 12,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.linewidth": 1.2,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "lines.linewidth": 2.4,
        "path.simplify": True,
        "path.simplify_threshold": 0.5,
    }
)

Record = dict[str, Any]


def figure(width: float = 4.2, height: float = 2.8) -> tuple[Figure, Axes]:
    """Return an empty figure of so many inches, and its axes."""
    return plt.subplots(figsize=(width, height), layout="constrained")


def ridges(
    axes: Axes, rows: Mapping[str, NDArray[Any]], limits: tuple[float, float], bins: int = 60
) -> None:
    """Draw a histogram for each row (a label and its values), one below the other.

    Each histogram is scaled to the height of its row. Values outside the limits are left out.
    """
    edges = np.linspace(*limits, bins + 1)
    for at, (label, values) in enumerate(rows.items()):
        counts, _ = np.histogram(values, edges)
        base, color = -at, COLORS[at % len(COLORS)]
        heights = base + 0.85 * counts / max(counts.max(), 1)
        axes.stairs(heights, edges, baseline=base, fill=True, color=color, alpha=0.45)
        axes.stairs(heights, edges, baseline=base, color=color, linewidth=1.4)
        axes.axhline(base, color=GRAY, linewidth=0.6)
        axes.text(-0.02, base + 0.1, label, transform=axes.get_yaxis_transform(), ha="right")
    axes.set(xlim=limits, ylim=(1 - len(rows), 1), yticks=[])
    axes.spines["left"].set_visible(False)


def every(values: Sequence[float], points: int = 150) -> tuple[NDArray[Any], NDArray[Any]]:
    """Thin a curve out: about so many of its points, as steps (from 0) and values."""
    steps = np.unique(np.linspace(0, len(values) - 1, points).round().astype(int))
    return steps, np.asarray(values)[steps]


def rounded(value: Any) -> Any:
    """Round every float in a record to 4 significant digits."""
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, (bool, int, str)):
        return value
    return float(f"{float(value):.4g}")


def digest(entry: Any) -> str:
    """Return the SHA-256 of an entry of a record, independent of the order of its keys."""
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def save(fig: Figure, path: Path, record: Record, key: str) -> None:
    """Write a figure as SVG, with the digest of ``rounded(record[key])`` in its ``<desc>``.

    The name of the program (and so of its JSON file) is ``record["program"]``.
    """
    drawn = io.StringIO()
    fig.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(fig)
    plain = re.sub(r"<!DOCTYPE.*?>\s*", "", drawn.getvalue(), flags=re.DOTALL)
    plain = re.sub(r"\s*<metadata>.*?</metadata>", "", plain, flags=re.DOTALL)
    numbers = f"numbers: {record['program']}.json {key} {digest(rounded(record[key]))}"
    plain = re.sub(r"(<svg\b[^>]*>)", rf"\1\n <desc>{numbers}</desc>", plain, count=1)
    path.write_text(plain, encoding="utf-8", newline="\n")


def write_record(record: Record) -> None:
    """Write a record as ``NAME.json`` beside the programs."""
    text = json.dumps(rounded(record), indent=1, sort_keys=True)
    (HERE / f"{record['program']}.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def run(main: Callable[[Path], None]) -> None:
    """Run a program's ``main`` with the folder that was asked for, or with ``media/``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=HERE.parent)
    main(parser.parse_args().out)
