"""Convolutions by hand: output sizes, receptive fields, counts of parameters."""

from __future__ import annotations

import random

from ankibuild.generate.base import Row, generator
from ankibuild.generate.linear import dot, signed


def size_after(n: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Give the length of the output of a convolution or pooling layer."""
    return (n + 2 * padding - kernel) // stride + 1


@generator
def convolution_output_size(rng: random.Random) -> Row | None:
    r"""Compute the output length of a convolution with stride and padding.

    ```yaml
    q: |
      A convolution has kernel size $@{k}$, stride $@{s}$ and padding $@{p}$ on each side. How long
      is its output along an axis of length $@{n}$?
    a: |
      $\lfloor (@{n} + 2 \cdot @{p} - @{k}) / @{s} \rfloor + 1 = @{out}$
    verify: |
      import numpy as np
      windows = np.lib.stride_tricks.sliding_window_view(np.zeros(n + 2 * p), k)
      assert len(windows[::s]) == out
    ```
    """
    n = rng.choice((7, 10, 12, 14, 15, 16, 20, 24, 28, 30, 32, 50, 64))
    k, s, p = rng.randint(2, 7), rng.choice((1, 2, 2, 3, 4)), rng.randint(0, 3)
    out = size_after(n, k, s, p)
    if p > k // 2 or out < 3 or out == n or (s == 1 and p == 0):
        return None
    return {"n": n, "k": k, "s": s, "p": p, "out": out}


@generator
def dilated_convolution_size(rng: random.Random) -> Row | None:
    r"""Compute the output length of a dilated convolution.

    ```yaml
    q: |
      A convolution has kernel size $@{k}$, dilation $@{d}$, stride $1$ and padding $@{p}$ on each
      side. How long is its output along an axis of length $@{n}$?
    a: |
      $@{n} + 2 \cdot @{p} - @{span} + 1 = @{out}$: the kernel spans
      $@{d} \cdot (@{k} - 1) + 1 = @{span}$.
    verify: |
      taps = range(0, d * k, d)
      places = range(n + 2 * p)
      assert sum(start + taps[-1] in places for start in places) == out
      assert taps[-1] - taps[0] + 1 == span
    ```
    """
    n = rng.choice((12, 16, 20, 24, 28, 30, 32, 40, 50))
    k, d, p = rng.choice((2, 3, 4, 5)), rng.choice((2, 3, 4)), rng.randint(0, 4)
    span = d * (k - 1) + 1
    out = size_after(n, span, 1, p)
    return (
        None
        if p > span // 2 or out < 4 or out == n
        else {"n": n, "k": k, "d": d, "p": p, "span": span, "out": out}
    )


@generator
def cnn_output_size(rng: random.Random) -> Row | None:
    r"""Follow an image's size through convolution, pooling, convolution.

    ```yaml
    q: |
      A $@{n} \times @{n}$ image goes through a $@{k} \times @{k}$ convolution (stride 1,
      padding $@{p}$), then $2 \times 2$ max pooling with stride 2, then a $@{m} \times @{m}$
      convolution with stride $@{s}$ and no padding. What is the height of the output?
    a: |
      $@{out}$, by way of $@{n} \to @{first} \to @{second} \to @{out}$.
    verify: |
      import numpy as np
      windows = np.lib.stride_tricks.sliding_window_view
      a = windows(np.zeros(n + 2 * p), k)
      b = windows(np.zeros(len(a)), 2)[::2]
      c = windows(np.zeros(len(b)), m)[::s]
      assert [len(a), len(b), len(c)] == [first, second, out]
    ```
    """
    n, k, m = (
        rng.choice((12, 15, 16, 20, 21, 24, 25, 28, 31, 32, 64)),
        rng.choice((3, 5, 7)),
        rng.choice((3, 5)),
    )
    p, s = rng.choice((0, 0, 1, 2)), rng.choice((1, 1, 2))
    first = size_after(n, k, 1, p)
    second = size_after(first, 2, 2)
    out = size_after(second, m, s)
    if p > k // 2 or out < 2:
        return None
    row: Row = {"n": n, "k": k, "p": p, "m": m, "s": s}
    return {**row, "first": first, "second": second, "out": out}


@generator
def receptive_field(rng: random.Random) -> Row | None:
    r"""Compute the receptive field of three stacked layers.

    ```yaml
    q: |
      Three convolution or pooling layers have, from the input on, the kernel sizes $@{k|tuple}$ and
      the strides $@{s|tuple}$. How many inputs, along one axis, does one output see?
    a: |
      $@{field}$
    extra: |
      Start at 1; each layer adds its kernel size minus 1, times the strides of all layers before
      it.
    verify: |
      seen = {0}
      for kernel, stride in reversed(list(zip(k, s))):
          seen = {place * stride + tap for place in seen for tap in range(kernel)}
      assert len(range(min(seen), max(seen) + 1)) == field
    ```
    """
    k = [rng.choice((2, 3, 3, 5)) for _ in range(3)]
    s = [rng.choice((1, 1, 2, 2, 3)) for _ in range(3)]
    field = 1 + (k[0] - 1) + (k[1] - 1) * s[0] + (k[2] - 1) * s[0] * s[1]
    return None if s[0] * s[1] == 1 or field > 40 else {"k": k, "s": s, "field": field}


@generator
def convolution_parameters(rng: random.Random) -> Row | None:
    r"""Count the parameters of a convolution.

    ```yaml
    q: |
      How many parameters does a $@{k} \times @{k}$ convolution with biases from $@{cin}$ to
      $@{cout}$ channels have?
    a: |
      $@{k}^2 \cdot @{cin} \cdot @{cout} + @{cout} = @{total}$
    verify: |
      import numpy as np
      weights, biases = np.zeros((cout, cin, k, k)), np.zeros(cout)
      assert weights.size + biases.size == total
    ```
    """
    k = rng.choice((2, 3, 3, 5))
    cin, cout = rng.choice((1, 2, 3, 4, 5, 8, 10, 20)), rng.choice((4, 5, 6, 8, 10, 16, 20, 32))
    total = k * k * cin * cout + cout
    return (
        None if total > 2500 or cin == cout else {"k": k, "cin": cin, "cout": cout, "total": total}
    )


@generator
def depthwise_separable_parameters(rng: random.Random) -> Row | None:
    r"""Count the weights of a depthwise separable convolution.

    ```yaml
    q: |
      A $@{k} \times @{k}$ depthwise convolution on $@{cin}$ channels is followed by a $1 \times 1$
      convolution to $@{cout}$ channels, both without biases. How many weights do they have in all?
    a: |
      $@{k}^2 \cdot @{cin} + @{cin} \cdot @{cout} = @{total}$
    verify: |
      import numpy as np
      depthwise, pointwise = np.zeros((cin, 1, k, k)), np.zeros((cout, cin, 1, 1))
      assert depthwise.size + pointwise.size == total
    ```
    """
    k = rng.choice((3, 3, 5))
    cin, cout = rng.choice((4, 8, 10, 16, 20, 30)), rng.choice((8, 10, 16, 20, 30, 40, 50))
    row: Row = {"k": k, "cin": cin, "cout": cout}
    return None if cin == cout else {**row, "total": k * k * cin + cin * cout}


@generator
def convolution_1d(rng: random.Random) -> Row | None:
    r"""Slide a kernel over a short signal, as deep-learning libraries do.

    ```yaml
    q: |
      A 1D convolution layer of a deep-learning library has the kernel $@{w|tuple}$, stride 1, no
      padding and no bias. What does it make of the input $@{x|tuple}$?
    a: |
      $@{y|tuple}$
    extra: |
      The kernel is not flipped: it is the cross-correlation.
    verify: |
      import numpy as np
      assert np.array_equal(np.correlate(x, w, "valid"), y)
    ```
    """
    w, x = [signed(rng, 0, 2) for _ in range(3)], [rng.randint(-2, 5) for _ in range(5)]
    y = [dot(w, x[place : place + 3]) for place in range(3)]
    if w.count(0) > 1 or w == w[::-1] or len(set(x)) < 4 or len(set(y)) < 2:
        return None
    return {"w": w, "x": x, "y": y}
