"""Shapes of arrays: broadcasting, matrix products, einsum, reshape and permute."""

from __future__ import annotations

import math
import random

from ankibuild.generate.base import Row, generator

Shape = list[int]
LETTERS = "abcdehijkmnqst"


def sizes(rng: random.Random, number: int, most: int = 9) -> Shape:
    """Draw different sizes of axes, from 2 to ``most``."""
    return rng.sample(range(2, most + 1), number)


# ------------------------------------------------------------------ broadcasting


def _stretched(rng: random.Random, shape: Shape) -> Shape:
    """Make a shape that broadcasts to ``shape``: some axes of size 1, perhaps fewer axes."""
    shorter = shape[rng.choice((0, 0, 1)) :]
    return [1 if rng.random() < 0.4 else size for size in shorter]


@generator
def broadcast_shape(rng: random.Random) -> Row | None:
    r"""Give the shape of a sum of two arrays that broadcast.

    ```yaml
    q: |
      In NumPy or PyTorch, `x` has the shape `@{x|tuple}` and `y` the shape `@{y|tuple}`. What is
      the shape of `x + y`?
    a: |
      `@{out|tuple}`
    extra: |
      Align the shapes at their ends; an axis of size 1, or one that is missing, stretches.
    verify: |
      import numpy as np
      assert np.broadcast_shapes(tuple(x), tuple(y)) == tuple(out)
    ```
    """
    out = sizes(rng, rng.choice((2, 3, 3, 4)))
    x, y = _stretched(rng, out), _stretched(rng, out)
    pairs = zip([1] * (len(out) - len(x)) + x, [1] * (len(out) - len(y)) + y, strict=True)
    covered = [max(pair) for pair in pairs] == out
    if not covered or out in (x, y) or set(x) == {1} or set(y) == {1}:
        return None
    return {"x": x, "y": y, "out": out}


@generator
def broadcast_clash(rng: random.Random) -> Row | None:
    r"""Find the axis that keeps two arrays from broadcasting.

    ```yaml
    q: |
      In NumPy or PyTorch, `x` has the shape `@{x|tuple}` and `y` the shape `@{y|tuple}`, and
      `x + y` fails. Which axis is to blame, counted from the end (the last is $-1$)?
    a: |
      Axis $@{axis}$, where the sizes are $@{m}$ and $@{n}$.
    extra: |
      Shapes are aligned at their ends. Two sizes fit if they are equal or one of them is 1.
    verify: |
      import numpy as np
      fits = lambda p, q: p == q or 1 in (p, q)
      wrong = [-k for k in range(1, min(len(x), len(y)) + 1) if not fits(x[-k], y[-k])]
      assert wrong == [axis] and (m, n) == (x[axis], y[axis])
      try:
          np.zeros(x) + np.zeros(y)
      except ValueError:
          pass
      else:
          assert False, "they do broadcast"
    ```
    """
    shape = sizes(rng, rng.choice((3, 4)))
    x, y = shape, _stretched(rng, shape)
    axis = -rng.randint(1, len(y))
    y[axis] = rng.choice([size for size in (*shape, 7) if size != x[axis]])
    if set(y[:axis]) | set(y[len(y) + axis + 1 :]) <= {1} or len(y) < 2:
        return None
    x = [1 if rng.random() < 0.2 and n != axis else v for n, v in enumerate(x, -len(x))]
    x, y = (x, y) if rng.random() < 0.5 else (y, x)
    return {"x": x, "y": y, "axis": axis, "m": x[axis], "n": y[axis]}


@generator
def batched_matmul_shape(rng: random.Random) -> Row | None:
    r"""Give the shape of a batched matrix product.

    ```yaml
    q: |
      Stacks of matrices, `x` of shape `@{x|tuple}` and `y` of shape `@{y|tuple}`, are multiplied in
      NumPy or PyTorch. Which shape does `x @ y` have?
    a: |
      `@{out|tuple}`
    extra: |
      The last two axes multiply as matrices; the axes before them broadcast.
    verify: |
      import numpy as np
      assert (np.zeros(x) @ np.zeros(y)).shape == tuple(out)
    ```
    """
    *batch, n, k, m = sizes(rng, rng.choice((4, 5, 5)), 8)
    left, right = _stretched(rng, batch), _stretched(rng, batch)
    padded = [[1] * (len(batch) - len(one)) + one for one in (left, right)]
    covered = [max(pair) for pair in zip(*padded, strict=True)] == batch
    if not covered or left == right:
        return None
    return {"x": [*left, n, k], "y": [*right, k, m], "out": [*batch, n, m]}


# ------------------------------------------------------------------ einsum

_PRODUCTS = (
    ("ij,kj", "ik"),
    ("ij,ik", "jk"),
    ("ij,j", "i"),
    ("i,ij", "j"),
    ("i,j", "ij"),
    ("bi,bj", "bij"),
    ("bij,bjk", "bik"),
    ("bij,bkj", "bik"),
    ("bij,jk", "bik"),
    ("bij,bj", "bi"),
    ("bij,bj", "ib"),
    ("bnhd,bmhd", "bhnm"),
    ("bhnm,bmhd", "bnhd"),
    ("nhd,mhd", "hnm"),
    ("bhij,bjhd", "bihd"),
    ("bij,ij", "b"),
    ("ij,jk", "ki"),
)


@generator
def einsum_shape(rng: random.Random) -> Row | None:
    r"""Give the shape of an einsum of two arrays.

    ```yaml
    q: |
      `x` has the shape `@{x|tuple}` and `y` the shape `@{y|tuple}`. What is the shape of
      `np.einsum("@{spec}", x, y)`?
    a: |
      `@{out|tuple}`
    extra: |
      A letter that is missing after the arrow is summed over.
    verify: |
      import numpy as np
      assert np.einsum(spec, np.zeros(x), np.zeros(y)).shape == tuple(out)
    ```
    """
    inputs, output = rng.choice(_PRODUCTS)
    used = sorted(set(inputs) - {","})
    names = dict(zip(used, rng.sample(LETTERS, len(used)), strict=True))
    size = dict(zip(used, sizes(rng, len(used)), strict=True))
    left, right = inputs.split(",")
    spec = "".join(names.get(sign, sign) for sign in f"{inputs}->{output}")
    x, y, out = ([size[letter] for letter in word] for word in (left, right, output))
    return {"spec": spec, "x": x, "y": y, "out": out}


_SPECS = ("ij->i", "ij->j", "ij->ji", "ij->", "ii->", "ii->i")


@generator
def einsum_value(rng: random.Random) -> Row | None:
    r"""Compute an einsum of one small matrix.

    ```yaml
    q: What is `np.einsum("@{spec}", A)` for $A = @{A|matrix}$?
    a: |
      `@{out}`
    extra: |
      A letter that is missing after the arrow is summed over; a repeated letter is the diagonal.
    verify: |
      import numpy as np
      assert np.array_equal(np.einsum(spec, A), out)
    ```
    """
    spec = rng.choice(_SPECS)
    columns = 2 if spec.startswith("ii") else rng.choice((2, 3))
    a = [rng.sample(range(1, 10), columns) for _ in range(2)]
    columnwise = [list(column) for column in zip(*a, strict=True)]
    values: dict[str, int | list[int] | list[list[int]]] = {
        "ij->i": [sum(row) for row in a],
        "ij->j": [sum(column) for column in columnwise],
        "ij->ji": columnwise,
        "ij->": sum(map(sum, a)),
        "ii->": a[0][0] + a[1][1],
        "ii->i": [a[0][0], a[1][1]],
    }
    names = str.maketrans("ij", "".join(sorted(rng.sample("abijkmn", 2))))
    return {"spec": spec.translate(names), "A": a, "out": values[spec]}


# ------------------------------------------------------------------ reshape and permute


@generator
def reshape_then_permute(rng: random.Random) -> Row | None:
    r"""Follow a tensor's shape through a reshape and a permutation, in either order.

    ```yaml
    q: |
      A PyTorch tensor `x` has the shape `@{x|tuple}`. What is the shape of
      `x.@{code}`?
    a: |
      `@{out|tuple}`
    verify: |
      import numpy as np
      steps = code.replace("permute", "transpose")
      assert eval("x." + steps, {"x": np.zeros(x)}).shape == tuple(out)
    ```
    """
    b, t, h, d = rng.choice((2, 3, 4, 5, 8)), *sizes(rng, 3, 8)
    if len({b, t, h, d}) < 4:
        return None
    if rng.random() < 0.5:
        order = rng.choice(([0, 2, 1, 3], [2, 0, 1, 3], [0, 2, 3, 1], [1, 2, 0, 3]))
        inner = rng.choice(([b, t, h, -1], [b, t, -1, d]))
        code = f"reshape{_args(inner)}.permute{_args(order)}"
        return {"x": [b, t, h * d], "code": code, "out": [[b, t, h, d][n] for n in order]}
    order = rng.choice(([0, 2, 1, 3], [1, 0, 2, 3], [0, 3, 1, 2]))
    p, q, r, s = ([b, t, h, d][n] for n in order)
    shape, out = rng.choice((([p, q, -1], [p, q, r * s]), ([p * q, -1], [p * q, r * s])))
    return {"x": [b, t, h, d], "code": f"permute{_args(order)}.reshape{_args(shape)}", "out": out}


def _args(numbers: list[int]) -> str:
    return f"({', '.join(map(str, numbers))})"


@generator
def row_major_index(rng: random.Random) -> Row | None:
    r"""Find an element of a reshaped range: row-major order by hand.

    ```yaml
    q: For `x = np.arange(@{n}).reshape@{shape|tuple}`, what is `x[@{index}]`?
    a: |
      $@{terms} = @{value}$
    extra: |
      In row-major order the last axis runs fastest; a step along an axis skips as many elements
      as the axes after it hold.
    verify: |
      import numpy as np
      x = np.arange(n).reshape(shape)
      assert eval(f"x[{index}]") == value == eval(terms.replace(r"\cdot", "*"))
    ```
    """
    shape = rng.choice(
        ([2, 3, 4], [3, 2, 5], [4, 3, 2], [2, 5, 3], [3, 4, 5], [2, 2, 6], [5, 4, 3])
    )
    i, j, k = index = [rng.randrange(size) for size in shape]
    outer, inner = shape[1] * shape[2], shape[2]
    if 0 in index:
        return None
    return {
        "n": math.prod(shape),
        "shape": shape,
        "index": ", ".join(map(str, index)),
        "terms": rf"{i} \cdot {outer} + {j} \cdot {inner} + {k}",
        "value": i * outer + j * inner + k,
    }
