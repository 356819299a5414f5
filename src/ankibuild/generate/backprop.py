"""Gradients by hand: the chain rule on small graphs, and the backward pass of common layers."""

from __future__ import annotations

import random

from ankibuild.generate.base import Row, generator
from ankibuild.generate.linear import dot, dull, largest, product, signed, small
from ankibuild.generate.probability import odds, shares


@generator
def chain_rule_on_a_graph(rng: random.Random) -> Row | None:
    r"""Differentiate the end of a small graph with respect to one of its inputs.

    ```yaml
    q: |
      With $d = ab$, $e = d + c$ and $L = ef$, what is $\partial L / \partial @{of}$ at $a = @{a}$,
      $b = @{b}$, $c = @{c}$, $f = @{f}$?
    a: |
      $@{gradient}$
    extra: |
      Multiply the local derivatives on the way from $L$ back; the sum passes a gradient on as it
      is.
    verify: |
      L = lambda a, b, c, f: (a * b + c) * f
      at = {"a": a, "b": b, "c": c, "f": f}
      up, down = ({**at, of: at[of] + step} for step in (0.5, -0.5))
      assert approx(L(**up) - L(**down), gradient)
    ```
    """
    a, b, c, f = (signed(rng, 2, 5) for _ in range(4))
    of = rng.choice("aabbf")
    gradient = {"a": b * f, "b": a * f, "f": a * b + c}[of]
    if len({abs(a), abs(b), abs(c), abs(f)}) < 4 or gradient == 0:
        return None
    return {"of": of, "a": a, "b": b, "c": c, "f": f, "gradient": gradient}


@generator
def chain_rule_with_two_paths(rng: random.Random) -> Row | None:
    r"""Add up the gradients of two paths through a small graph.

    ```yaml
    q: |
      With $u = xy$, $v = x @{k|signed} y$ and $L = uv$, what is $\partial L / \partial @{of}$ at
      $x = @{x}$, $y = @{y}$?
    a: |
      $@{first} @{second|signed} = @{gradient}$: $@{first}$ through $u$ and $@{second}$ through $v$.
    verify: |
      L = lambda x, y: (x * y) * (x + k * y)
      at = {"x": x, "y": y}
      up, down = ({**at, of: at[of] + step} for step in (0.5, -0.5))
      assert approx(L(**up) - L(**down), gradient)
      assert first == (y if of == "x" else x) * (x + k * y) and first + second == gradient
    ```
    """
    x, y, k = signed(rng, 1, 5), signed(rng, 1, 5), rng.choice((2, 3, -2, -3))
    of = rng.choice("xy")
    first = (y if of == "x" else x) * (x + k * y)
    second = x * y * (1 if of == "x" else k)
    if 0 in (first, second, first + second) or abs(x) == abs(y) or abs(first) > 40:
        return None
    row: Row = {"of": of, "x": x, "y": y, "k": k}
    return {**row, "first": first, "second": second, "gradient": first + second}


@generator
def matmul_gradient(rng: random.Random) -> Row | None:
    r"""Carry a gradient back through a matrix product.

    ```yaml
    q: |
      In $Y = XW$ let $X = @{X|matrix}$, and let the loss $L$ have
      $\dfrac{\partial L}{\partial Y} = @{G|matrix}$. What is $\dfrac{\partial L}{\partial W}$?
    a: |
      $@{D|matrix}$, which is $X^\top \dfrac{\partial L}{\partial Y}$.
    verify: |
      import numpy as np
      assert grad_check(lambda W: (G * (X @ W)).sum(), np.zeros((2, 2)), D)
    ```
    """
    x, g = small(rng, 2, 2), small(rng, 2, 2, 2)
    d = product([list(column) for column in zip(*x, strict=True)], g)
    if dull(x) or dull(g) or largest(d) > 12 or x[0][1] == x[1][0]:
        return None
    return {"X": x, "G": g, "D": d}


@generator
def relu_network_gradient(rng: random.Random) -> Row | None:
    r"""Carry a gradient back through two ReLU units.

    ```yaml
    q: |
      A network computes $L = v^\top \max(0, Wx)$ with $v = @{v|tuple}$, $x = @{x|tuple}$ and
      $W = @{W|matrix}$. What is the gradient of $L$ with respect to $x$?
    a: |
      $@{gradient|tuple}$, because $Wx = @{z|tuple}$.
    extra: |
      A unit with a negative input passes nothing back; the others add their $v_i$ times their row
      of $W$.
    verify: |
      import numpy as np
      assert grad_check(lambda t: v @ np.maximum(W @ t, 0), x, gradient)
      assert np.array_equal(W @ x, z)
    ```
    """
    w, x = small(rng, 2, 2), [signed(rng, 1, 3) for _ in range(2)]
    v = [signed(rng, 1, 3) for _ in range(2)]
    z = [dot(row, x) for row in w]
    live = [vi if zi > 0 else 0 for vi, zi in zip(v, z, strict=True)]
    ((*gradient,),) = product([live], w)
    if dull(w) or 0 in z or max(z) < 0 or (min(z) > 0 and rng.random() < 0.7):
        return None
    return {"v": v, "x": x, "W": w, "z": z, "gradient": gradient}


@generator
def softmax_cross_entropy_gradient(rng: random.Random) -> Row | None:
    r"""Differentiate the cross-entropy loss with respect to the logits.

    ```yaml
    q: |
      The logits are $(\ln @{x}, \ln @{y}, \ln @{z})$, and the right class is the @{which} one. What
      is the gradient of the softmax cross-entropy loss with respect to the logits?
    a: |
      $@{gradient|tuple}$
    extra: |
      The softmax probabilities, minus 1 at the right class; the entries add up to 0.
    verify: |
      import numpy as np
      right = ["first", "second", "third"].index(which)
      point = np.log([x, y, z])
      entries = [float(entry) for entry in gradient]
      assert grad_check(lambda t: np.log(np.exp(t).sum()) - t[right], point, entries)
    ```
    """
    parts = odds(rng, 3)
    if parts is None:
        return None
    right = rng.randrange(3)
    gradient = [p - (n == right) for n, p in enumerate(shares(parts))]
    x, y, z = parts
    which = ("first", "second", "third")[right]
    return {"x": x, "y": y, "z": z, "which": which, "gradient": gradient}
