"""Probabilities by hand: softmax, cross-entropy, negative log-likelihood, perplexity.

Logits are logarithms of small integers, so that the exponentials come out.
"""

from __future__ import annotations

import math
import random
from fractions import Fraction

from ankibuild.generate.base import Row, generator


def odds(rng: random.Random, number: int, most: int = 8) -> list[int] | None:
    """Draw integers, not all equal, that stand in simple proportions: the softmax of their logs.

    The probabilities have denominators up to 10. None if they would not.
    """
    parts = [rng.randint(1, most) for _ in range(number)]
    simple = all(share.denominator <= 10 for share in shares(parts))
    return parts if simple and len(set(parts)) > 1 else None


def shares(parts: list[int]) -> list[Fraction]:
    """Give each part as a fraction of the sum."""
    return [Fraction(part, sum(parts)) for part in parts]


@generator
def softmax_of_logs(rng: random.Random) -> Row | None:
    r"""Compute a softmax of three logits.

    ```yaml
    q: |
      What is the softmax of the logits $(\ln @{x}, \ln @{y}, \ln @{z})$?
    a: |
      $@{p|tuple}$
    extra: |
      $e^{\ln c} = c$, so each probability is its number divided by the sum of the three.
    verify: |
      import numpy as np
      powers = np.exp(np.log([x, y, z]))
      assert approx(powers / powers.sum(), p)
    ```
    """
    parts = odds(rng, 3)
    if parts is None:
        return None
    x, y, z = parts
    return {"x": x, "y": y, "z": z, "p": shares(parts)}


@generator
def softmax_temperature(rng: random.Random) -> Row | None:
    r"""Compute a softmax of three logits at temperature 2 or 1/2.

    ```yaml
    q: |
      The logits are $(\ln @{x}, \ln @{y}, \ln @{z})$. Which probabilities does the softmax give at
      the temperature $T = @{T|fraction}$, that is after division by $T$?
    a: |
      $@{p|tuple}$
    extra: |
      $e^{(\ln c)/T} = c^{1/T}$: a square root at $T = 2$, a square at $T = \frac{1}{2}$.
    verify: |
      import numpy as np
      powers = np.exp(np.log([x, y, z]) / float(T))
      assert approx(powers / powers.sum(), p)
    ```
    """
    roots = [rng.randint(1, 4) for _ in range(3)]
    squares = [root * root for root in roots]
    t, (x, y, z), powers = rng.choice(((2, squares, roots), (Fraction(1, 2), roots, squares)))
    p = shares(powers)
    if len(set(roots)) == 1 or any(share.denominator > 14 for share in p):
        return None
    return {"x": x, "y": y, "z": z, "T": t, "p": p}


@generator
def cross_entropy_of_logs(rng: random.Random) -> Row | None:
    r"""Compute the cross-entropy loss of one example from its logits.

    ```yaml
    q: |
      A classifier gives three classes the logits $(\ln @{x}, \ln @{y}, \ln @{z})$. What is the
      cross-entropy loss, with natural logarithms, if the right class is the @{which} one?
    a: |
      $-\ln @{p|fraction} = \ln @{r|fraction}$
    extra: |
      The loss is $-\ln$ of the probability that the softmax gives the right class.
    verify: |
      import numpy as np
      z = np.log([x, y, z])
      right = ["first", "second", "third"].index(which)
      loss = np.log(np.exp(z).sum()) - z[right]
      assert approx(loss, np.log(float(r))) and approx(loss, -np.log(float(p)))
    ```
    """
    parts = odds(rng, 3)
    if parts is None:
        return None
    right = rng.randrange(3)
    p = shares(parts)[right]
    x, y, z = parts
    which = ("first", "second", "third")[right]
    return {"x": x, "y": y, "z": z, "which": which, "p": p, "r": 1 / p}


@generator
def mean_negative_log_likelihood(rng: random.Random) -> Row | None:
    r"""Average the negative log-likelihood of a few examples.

    ```yaml
    q: |
      A model gives the right classes of a batch the probabilities $@{p|tuple}$. What is the mean
      negative log-likelihood, as a multiple of $\ln @{base}$?
    a: |
      $@{mean|fraction}\ln @{base}$
    extra: |
      $-\ln b^{-k} = k \ln b$; add the exponents $k$ and divide by the number of examples.
    verify: |
      import numpy as np
      assert approx(-np.log([float(one) for one in p]).mean(), float(mean) * np.log(base))
    ```
    """
    base = rng.choice((2, 2, 3))
    most = 4 if base == 2 else 3
    powers = [rng.randint(0, most) for _ in range(rng.choice((3, 4)))]
    mean = Fraction(sum(powers), len(powers))
    if mean in (0, 1) or len(set(powers)) == 1:
        return None
    return {"p": [Fraction(1, base**power) for power in powers], "base": base, "mean": mean}


@generator
def perplexity(rng: random.Random) -> Row | None:
    r"""Compute the perplexity of a short text.

    ```yaml
    q: |
      A language model gives the @{n} tokens of a text the probabilities $@{p|tuple}$. What is its
      perplexity?
    a: |
      $@{perplexity}$
    extra: |
      Perplexity is $e$ to the mean negative log-likelihood: one over the geometric mean of the
      probabilities.
    verify: |
      import numpy as np
      assert len(p) == n
      assert approx(np.exp(-np.log([float(one) for one in p]).mean()), perplexity)
    ```
    """
    n = rng.choice((2, 3, 3, 4))
    ways = [rng.choice((1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 16)) for _ in range(n)]
    value = round(math.prod(ways) ** (1 / n))
    if value**n != math.prod(ways) or len(set(ways)) == 1 or ways.count(1) > n - 2:
        return None
    return {"n": n, "p": [Fraction(1, way) for way in ways], "perplexity": value}
