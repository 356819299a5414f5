"""Transformers by hand: attention weights, the key-value cache, counts of parameters."""

from __future__ import annotations

import random
from fractions import Fraction

from ankibuild.generate.base import Row, generator
from ankibuild.generate.linear import dot
from ankibuild.generate.probability import odds, shares


@generator
def attention_weights(rng: random.Random) -> Row | None:
    r"""Compute the attention weights of three tokens from unscaled dot products.

    ```yaml
    q: |
      In scaled dot-product attention with keys of size $d_k = @{d}$, a query has the dot products
      $@{r}\ln @{x}$, $@{r}\ln @{y}$ and $@{r}\ln @{z}$ with the three keys. Which weights do the
      three tokens get?
    a: |
      $@{p|tuple}$
    extra: |
      Divide by $\sqrt{d_k}$ first; then $e^{\ln c} = c$.
    verify: |
      import numpy as np
      scores = r * np.log([x, y, z]) / np.sqrt(d)
      assert approx(np.exp(scores) / np.exp(scores).sum(), p)
    ```
    """
    parts, root = odds(rng, 3), rng.choice((2, 3, 4, 5, 8))
    if parts is None:
        return None
    x, y, z = parts
    return {"d": root * root, "r": root, "x": x, "y": y, "z": z, "p": shares(parts)}


@generator
def causal_attention_weights(rng: random.Random) -> Row | None:
    r"""Compute one row of causal attention weights.

    ```yaml
    q: |
      In causal self-attention over four tokens, the scaled scores of the query of token @{i} with
      the keys 1 to 4 are $\ln @{w}$, $\ln @{x}$, $\ln @{y}$, $\ln @{z}$. Which weights does it give
      the four tokens?
    a: |
      $@{p|tuple}$
    extra: |
      Tokens after the query are masked: only the others share the weight.
    verify: |
      import numpy as np
      scores = np.log([w, x, y, z])
      scores[i:] = -np.inf
      assert approx(np.exp(scores) / np.exp(scores).sum(), p)
    ```
    """
    i = rng.choice((2, 3, 3))
    seen, masked = odds(rng, i), [rng.randint(1, 8) for _ in range(4 - i)]
    if seen is None:
        return None
    w, x, y, z = [*seen, *masked]
    return {"i": i, "w": w, "x": x, "y": y, "z": z, "p": [*shares(seen), *([0] * (4 - i))]}


@generator
def attention_output(rng: random.Random) -> Row | None:
    r"""Compute the output of attention over three tokens.

    ```yaml
    q: |
      A query has the scaled attention scores $\ln @{x}$, $\ln @{y}$, $\ln @{z}$ for tokens with the
      values $@{v1|tuple}$, $@{v2|tuple}$, $@{v3|tuple}$. What is the output?
    a: |
      $@{out|tuple}$, with the weights $@{p|tuple}$.
    verify: |
      import numpy as np
      weights = np.exp(np.log([x, y, z]))
      weights /= weights.sum()
      assert approx(weights, p) and approx(weights @ np.array([v1, v2, v3]), out)
    ```
    """
    parts = odds(rng, 3, 5)
    columns = [[rng.randint(-6, 12) for _ in range(3)] for _ in range(2)]
    if parts is None:
        return None
    out = [Fraction(dot(parts, column), sum(parts)) for column in columns]
    if any(value.denominator > 1 or value == 0 for value in out):
        return None
    v1, v2, v3 = ([a, b] for a, b in zip(*columns, strict=True))
    x, y, z = parts
    row: Row = {"x": x, "y": y, "z": z, "v1": v1, "v2": v2, "v3": v3}
    return {**row, "out": out, "p": shares(parts)}


@generator
def kv_cache_size(rng: random.Random) -> Row | None:
    r"""Compute the size of a key-value cache.

    ```yaml
    q: |
      A transformer has $@{layers}$ layers, each with $@{heads}$ key-value heads of size $@{d}$. How
      many MiB ($2^{20}$ bytes) does its key-value cache for $@{tokens}$ tokens take, in 16-bit
      numbers?
    a: |
      $@{mib}$ MiB
    extra: |
      Two tensors (keys and values), times layers, heads, head size, tokens and 2 bytes. Add the
      exponents of 2.
    verify: |
      import numpy as np
      cache = np.broadcast_to(np.float16(0), (2, layers, heads, tokens, d))
      assert cache.nbytes / 2**20 == mib
    ```
    """
    layers, heads = rng.choice((4, 8, 12, 16, 24, 32)), rng.choice((1, 2, 4, 8, 12))
    d, tokens = rng.choice((32, 64, 128)), rng.choice((512, 1024, 2048, 4096, 8192))
    mib, rest = divmod(2 * layers * heads * d * tokens * 2, 2**20)
    if rest or not 4 <= mib <= 1024 or heads == layers == 12:
        return None
    return {"layers": layers, "heads": heads, "d": d, "tokens": tokens, "mib": mib}


@generator
def grouped_query_parameters(rng: random.Random) -> Row | None:
    r"""Count the weights of grouped-query attention, in units of the squared width.

    ```yaml
    q: |
      Grouped-query attention of width $d$ has $@{h}$ query heads and $@{g}$ key-value heads, each
      of size $d/@{h}$. How many weights, as a multiple of $d^2$, do its query, key, value and
      output projections have, without biases?
    a: |
      $@{total|fraction}\,d^2$: $d^2$ each for queries and output, $@{part|fraction}\,d^2$ each for
      keys and values.
    verify: |
      import numpy as np
      d = 3 * h
      queries, keys = np.zeros((d, h, 3)), np.zeros((d, g, 3))
      assert approx((2 * queries.size + 2 * keys.size) / d**2, total)
      assert approx(keys.size / d**2, part)
    ```
    """
    h, ratio = rng.choice((4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64)), rng.choice((2, 3, 4, 5, 6, 8))
    if h % ratio:
        return None
    part = Fraction(1, ratio)
    return {"h": h, "g": h // ratio, "part": part, "total": 2 + 2 * part}
