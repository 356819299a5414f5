"""Normalization by hand: the forward pass of batch, layer and RMS normalization."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction
from functools import cache

from ankibuild.generate.base import Row, generator
from ankibuild.generate.linear import signed

Sample = tuple[int, ...]


@cache
def centered(number: int) -> tuple[tuple[Sample, int], ...]:
    """Give samples of ``number`` integers with mean 0, each with its standard deviation.

    The deviation (biased: the variance divides by ``number``) is an integer from 2 to 5.
    """
    found = []
    for sample in itertools.combinations_with_replacement(range(-7, 8), number):
        square = sum(value * value for value in sample)
        std = math.isqrt(square // number)
        if sum(sample) == 0 and square == number * std * std and 2 <= std <= 5:
            found.append((sample, std))
    return tuple(found)


def sample_with_mean(rng: random.Random, number: int, mean: int) -> tuple[list[int], int]:
    """Draw ``number`` integers in any order; give them and their integer standard deviation."""
    sample, std = rng.choice(centered(number))
    return [value + mean for value in rng.sample(sample, number)], std


@generator
def batchnorm_forward(rng: random.Random) -> Row | None:
    r"""Compute the output of batch normalization for one feature.

    ```yaml
    q: |
      In training mode, batch normalization with scale $\gamma = @{gamma}$, shift $\beta = @{beta}$
      and $\epsilon = 0$ receives one feature with the batch values $@{x|tuple}$. What does it
      output?
    a: |
      $@{y|tuple}$: the mean is $@{mean}$, the (biased) standard deviation $@{std}$.
    verify: |
      import numpy as np
      assert approx(x.mean(), mean) and approx(x.std(), std)
      assert approx((x - x.mean()) / x.std() * gamma + beta, y)
    ```
    """
    mean = rng.choice((-2, -1, 1, 2, 3, 4, 5, 6))
    x, std = sample_with_mean(rng, rng.choice((4, 4, 5)), mean)
    gamma, beta = signed(rng, 1, 6), signed(rng, 1, 4)
    y = [Fraction(gamma * (value - mean), std) + beta for value in x]
    if any(value.denominator > 1 for value in y) or gamma == std or len(set(x)) < 3:
        return None
    return {"gamma": gamma, "beta": beta, "x": x, "y": y, "mean": mean, "std": std}


@generator
def layernorm_forward(rng: random.Random) -> Row | None:
    r"""Compute the output of layer normalization for one of two tokens.

    ```yaml
    q: |
      Layer normalization with gain 1, shift 0 and $\epsilon = 0$ receives
      $X = @{X|matrix}$: a row for each token, a column for each feature. What is the @{which} row
      of its output?
    a: |
      $@{y|tuple}$: the row has mean $@{mean}$ and (biased) standard deviation $@{std}$.
    verify: |
      import numpy as np
      row = X[["first", "second"].index(which)]
      assert approx(row.mean(), mean) and approx(row.std(), std)
      assert approx((row - row.mean()) / row.std(), y)
    ```
    """
    mean, number = rng.randint(-1, 6), 4
    row, std = sample_with_mean(rng, number, mean)
    y = [Fraction(value - mean, std) for value in row]
    other = [rng.randint(0, 9) for _ in range(number)]
    if max(map(abs, row)) > 12 or len(set(row)) == 2 or len(set(other)) < 3:
        return None
    which = rng.choice(("first", "second"))
    matrix = [row, other] if which == "first" else [other, row]
    return {"X": matrix, "which": which, "y": y, "mean": mean, "std": std}


@generator
def rmsnorm_forward(rng: random.Random) -> Row | None:
    r"""Compute the output of RMS normalization.

    ```yaml
    q: |
      RMSNorm with the gains $g = @{g|tuple}$ and $\epsilon = 0$ receives the vector
      $x = @{x|tuple}$. What does it output?
    a: |
      $@{y|tuple}$: the root mean square of $x$ is $@{rms}$.
    verify: |
      import numpy as np
      assert approx(np.sqrt((x**2).mean()), rms)
      assert approx(g * x / np.sqrt((x**2).mean()), y)
    ```
    """
    number = rng.choice((2, 4, 4))
    x, g = ([signed(rng, 1, most) for _ in range(number)] for most in (7, 4))
    square, rest = divmod(sum(value * value for value in x), number)
    rms = math.isqrt(square)
    if rest or rms * rms != square or not 2 <= rms <= 5 or len(set(g)) == 1:
        return None
    y = [Fraction(a * b, rms) for a, b in zip(g, x, strict=True)]
    if len({abs(value) for value in x}) == 1 or sum(v.denominator > 1 for v in y) > 2:
        return None
    return {"g": g, "x": x, "y": y, "rms": rms}
