"""Small and cheap models by hand: quantization and LoRA."""

from __future__ import annotations

import random
from fractions import Fraction

from ankibuild.generate.base import Row, generator


def number(value: Fraction) -> int | float:
    """Give a value as people write it: a whole number, or a decimal."""
    return int(value) if value.denominator == 1 else float(value)


@generator
def quantization_scale(rng: random.Random) -> Row | None:
    r"""Find scale and zero point of an affine quantization.

    ```yaml
    q: |
      Affine quantization $q = \operatorname{round}(x/s) + z$ maps the range from $@{low}$ to
      $@{high}$ onto the integers from $0$ to $@{top}$. What are the scale $s$ and the zero point
      $z$?
    a: |
      $s = @{s}$ and $z = @{z}$
    extra: |
      $s$ is the length of the range divided by the number of steps; $z$ is where $x = 0$ lands.
    verify: |
      import numpy as np
      assert approx(np.linspace(low, high, top + 1)[1] - low, s)
      assert approx(np.interp(0, [low, high], [0, top]), z)
    ```
    """
    top = rng.choice((15, 15, 255))
    steps = (1, 2, 3, 4, 5, 20, 30) if top == 15 else (1, 2, 10, 20)
    s = Fraction(rng.choice(steps), 10)
    z = rng.randint(2, 13) if top == 15 else 5 * rng.randint(2, 49)
    row: Row = {"low": number(-z * s), "high": number((top - z) * s)}
    return {**row, "top": top, "s": number(s), "z": z}


@generator
def quantize_and_restore(rng: random.Random) -> Row | None:
    r"""Quantize a number to 4 bits and restore it.

    ```yaml
    q: |
      A quantization to the integers $0$ to $15$ has the scale $s = @{s}$ and the zero point
      $z = @{z}$: $q = \operatorname{round}(x/s) + z$, clipped to that range. Which integer does
      $x = @{x}$ become, and which value does it restore to?
    a: |
      $q = @{q}$, which restores to $s(q - z) = @{back}$.
    verify: |
      import numpy as np
      values = s * (np.arange(16) - z)
      assert np.argmin(abs(values - x)) == q and approx(values[q], back)
    ```
    """
    s, z = Fraction(rng.choice((1, 2, 4, 5, 20)), 10), rng.randint(3, 12)
    level, rest = rng.randint(-2, 17), Fraction(rng.choice((-2, -1, 1, 2)), 5)
    x, q = s * (level - z + rest), min(15, max(0, level))
    if q == z or (q != level and rng.random() < 0.5):
        return None
    return {"s": number(s), "z": z, "x": number(x), "q": q, "back": number(s * (q - z))}


@generator
def lora_parameters(rng: random.Random) -> Row | None:
    r"""Count the parameters that LoRA adds.

    ```yaml
    q: |
      LoRA of rank $@{r}$ adapts a weight matrix of shape $@{w|tuple}$. How many
      parameters does it train?
    a: |
      $@{r} \cdot (@{rows} + @{columns}) = @{total}$
    extra: |
      It adds a product of two thin matrices, with $r$ columns and $r$ rows, and leaves the matrix
      itself frozen.
    verify: |
      import numpy as np
      thin = np.zeros((w[0], r)), np.zeros((r, w[1]))
      assert (thin[0] @ thin[1]).shape == tuple(w) == (rows, columns)
      assert thin[0].size + thin[1].size == total
    ```
    """
    rows, columns = (rng.choice((100, 200, 300, 400, 500, 600, 800, 1000)) for _ in range(2))
    r = rng.choice((2, 4, 8, 16))
    row: Row = {"r": r, "w": [rows, columns], "rows": rows, "columns": columns}
    return {**row, "total": r * (rows + columns)}
