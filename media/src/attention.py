"""Weights of one small causal attention head after training, and two untrained ones.

`recall`: pairs such as a3 are stored, then asked for by their letter (a?), and the answer is the
digit. No position information, so only content can be matched. Synthetic pairs, drawn fresh for
every batch, suffice: the head has to learn the rule, not a data set.
`lag`: at each token, output the token two places back. Positions are learned vectors.
`uniform`: all scores are 0 under the causal mask. `scale`: random queries and keys with 256
components of variance 1, with and without division by 16.
One CPU thread, seed 0. Runtime: about half a minute.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from figure_style import BLUE, GRAY, INK, ORANGE, Record, run, save, write_record
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

Array = NDArray[Any]

SEED = 0
LETTERS, DIGITS, PAIRS, QUERIES = 8, 10, 5, 3
WORDS, LENGTH, LAG = 10, 8, 2
SIZE, BATCH, STEPS = 32, 128, 1500
D_K, KEYS, DRAWS = 256, 8, 1000
#: The example that is drawn: pairs (letter, digit), then the letters that are asked for.
STORED = ((0, 3), (5, 1), (3, 7), (1, 2), (7, 5))
ASKED = (3, 0, 7)


class Head(nn.Module):
    """One causal head; it returns its output and its weights."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(SIZE, SIZE, bias=False) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Let every token read itself and those before it."""
        length = x.shape[1]
        scores = self.query(x) @ self.key(x).transpose(1, 2) / SIZE**0.5
        hidden = torch.ones(length, length, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(hidden, -torch.inf).softmax(-1)
        return weights @ self.value(x), weights


class Recall(nn.Module):
    """Tokens are pairs (letter, digit); the digit 10 stands for a question mark."""

    def __init__(self) -> None:
        super().__init__()
        self.letter, self.digit = nn.Embedding(LETTERS, SIZE), nn.Embedding(DIGITS + 1, SIZE)
        self.head, self.out = Head(), nn.Linear(SIZE, DIGITS)

    def forward(self, letters: Tensor, digits: Tensor) -> tuple[Tensor, Tensor]:
        """Score the ten digits as answers to the questions."""
        mixed, weights = self.head(self.letter(letters) + self.digit(digits))
        return self.out(mixed[:, -QUERIES:]), weights


class Lag(nn.Module):
    """Tokens and their places are embedded; every place has something to output."""

    def __init__(self) -> None:
        super().__init__()
        self.word, self.place = nn.Embedding(WORDS, SIZE), nn.Embedding(LENGTH, SIZE)
        self.head, self.out = Head(), nn.Linear(SIZE, WORDS)

    def forward(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """Score the ten tokens as outputs at every place."""
        mixed, weights = self.head(self.word(words) + self.place.weight)
        return self.out(mixed), weights


def recall_batch() -> tuple[Tensor, Tensor, Tensor]:
    """Return letters and digits of a batch of sequences, and the digits asked for."""
    stored = torch.rand(BATCH, LETTERS).argsort(1)[:, :PAIRS]
    digits = torch.randint(DIGITS, (BATCH, PAIRS))
    asked = torch.rand(BATCH, PAIRS).argsort(1)[:, :QUERIES]
    marks = torch.full((BATCH, QUERIES), DIGITS)
    letters = torch.cat([stored, stored.gather(1, asked)], 1)
    return letters, torch.cat([digits, marks], 1), digits.gather(1, asked)


def lag_batch() -> tuple[Tensor, Tensor]:
    """Return tokens, and for each the one two places back (the first token, if there is none)."""
    words = torch.randint(WORDS, (BATCH, LENGTH))
    return words, words[:, (torch.arange(LENGTH) - LAG).clamp(min=0)]


def train(model: Recall | Lag) -> float:
    """Train on fresh batches, and return the accuracy on ten more."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    right = []
    for step in range(STEPS + 10):
        *inputs, target = recall_batch() if isinstance(model, Recall) else lag_batch()
        logits, _ = model(*inputs)
        if step >= STEPS:
            right.append((logits.argmax(-1) == target).float().mean().item())
            continue
        loss = cross_entropy(logits.flatten(0, 1), target.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return float(np.mean(right))


def recall_weights(model: Recall, stored: tuple[tuple[int, int], ...]) -> Array:
    """Return the weights with which the questions read the pairs and the questions so far."""
    letters = torch.tensor([[letter for letter, _ in stored] + list(ASKED)])
    digits = torch.tensor([[digit for _, digit in stored] + [DIGITS] * QUERIES])
    with torch.no_grad():
        return model(letters, digits)[1][0, -QUERIES:].double().numpy()


def heat_map(axes: Axes, weights: Array, first: int) -> None:
    """Draw weights from white (0) to dark (1), their numbers, and hatched cells for the future."""
    axes.imshow(weights, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    rows, columns = weights.shape
    for row in range(rows):
        for column in range(columns):
            if column > first + row:
                corner = (column - 0.5, row - 0.5)
                look = {"facecolor": "#e8e8e8", "edgecolor": "#aaaaaa", "linewidth": 0}
                axes.add_patch(plt.Rectangle(corner, 1, 1, hatch="///", **look))
            elif weights[row, column] >= 0.05:
                ink = "white" if weights[row, column] > 0.55 else INK
                text = f"{weights[row, column]:.2f}".removeprefix("0")
                axes.text(column, row, text, color=ink, ha="center", va="center", fontsize=11)
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=GRAY, linewidth=0.6)
    axes.tick_params(which="both", length=0, top=False, labeltop=True, labelbottom=False)
    axes.xaxis.set_label_position("top")
    axes.spines[:].set_visible(False)


def draw_recall(weights: Array) -> Figure:
    fig, axes = plt.subplots(figsize=(4.2, 2.2), layout="constrained")
    heat_map(axes, weights, PAIRS)
    asked = [f"{'abcdefgh'[letter]}?" for letter in ASKED]
    pairs = [f"{'abcdefgh'[letter]}{digit}" for letter, digit in STORED]
    axes.set_xticks(range(PAIRS + QUERIES), pairs + asked)
    axes.set_yticks(range(QUERIES), asked)
    axes.set(xlabel="token that is read", ylabel="reader")
    return fig


def draw_square(weights: Array) -> Figure:
    fig, axes = plt.subplots(figsize=(4.2, 3.4), layout="constrained")
    heat_map(axes, weights, 0)
    numbers = range(len(weights))
    axes.set_xticks(numbers, [str(number + 1) for number in numbers])
    axes.set_yticks(numbers, [str(number + 1) for number in numbers])
    axes.set(xlabel="position that is read", ylabel="position of the reader")
    return fig


def random_weights(draws: int) -> tuple[Array, Array]:
    """Return softmax weights of one query for some keys, without and with the divisor."""
    rng = np.random.default_rng(SEED)
    query, keys = rng.normal(size=(draws, D_K, 1)), rng.normal(size=(draws, KEYS, D_K))
    scores = torch.from_numpy((keys @ query)[..., 0])
    return scores.softmax(-1).numpy(), (scores / D_K**0.5).softmax(-1).numpy()


def draw_bars(panels: dict[str, Array]) -> Figure:
    fig, both = plt.subplots(1, 2, figsize=(4.2, 2.5), layout="constrained", sharey=True)
    for axes, (name, weights), color in zip(both, panels.items(), (BLUE, ORANGE), strict=True):
        axes.bar(range(1, KEYS + 1), weights, color=color, edgecolor=INK, linewidth=0.8)
        axes.set(xlabel="key", xticks=[1, KEYS], ylim=(0, 1), yticks=[0, 0.5, 1])
        axes.set_title(name, fontsize=15, weight="bold")
    both[0].set_ylabel("weight")
    return fig


def main(out: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    recall, lag = Recall(), Lag()
    accuracy = {"recall": train(recall), "lag": train(lag)}
    content = recall_weights(recall, STORED)
    swapped = recall_weights(recall, (STORED[2], STORED[1], STORED[0], *STORED[3:]))
    with torch.no_grad():
        every = lag(lag_batch()[0])[1].double()
    stripe, spread = every.mean(0).numpy(), float(every.std(0).max())
    uniform = np.tril(np.ones((6, 6))) / np.arange(1, 7)[:, None]
    raw, scaled = random_weights(DRAWS)
    record: Record = {
        "program": "attention",
        "recall": {
            "accuracy": accuracy["recall"],
            "weights": content.round(4).tolist(),
            "weights_first_and_third_pair_swapped": swapped.round(4).tolist(),
        },
        "lag": {
            "accuracy": accuracy["lag"],
            "sequences": BATCH,
            "largest_std_of_a_weight": round(spread, 4),
            "weights": stripe.round(4).tolist(),
        },
        "uniform": {"weights": uniform.tolist()},
        "scale": {
            "d_k": D_K,
            "A": scaled[0].round(4).tolist(),
            "B": raw[0].round(4).tolist(),
            "mean_largest": {"A": scaled.max(-1).mean(), "B": raw.max(-1).mean()},
        },
    }
    save(draw_recall(content), out / "attention-recall.svg", record, "recall")
    save(draw_square(stripe), out / "attention-lag.svg", record, "lag")
    save(draw_square(uniform), out / "attention-uniform.svg", record, "uniform")
    save(draw_bars({"A": scaled[0], "B": raw[0]}), out / "attention-scale.svg", record, "scale")
    write_record(record)


if __name__ == "__main__":
    run(main)
