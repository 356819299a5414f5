"""Linear algebra by hand: products, determinants, bases, eigenvalues, lengths, rank."""

from __future__ import annotations

import math
import random
from fractions import Fraction

from ankibuild.generate.base import Row, generator

Vector = list[int]
Matrix = list[Vector]


def signed(rng: random.Random, least: int, most: int) -> int:
    """Draw an integer of size ``least`` to ``most``; one in three is negative, to be kind."""
    return rng.choice((1, 1, -1)) * rng.randint(least, most)


def small(rng: random.Random, rows: int, columns: int, most: int = 3) -> Matrix:
    """Make a matrix of integers from ``-most`` to ``most``."""
    return [[signed(rng, 0, most) for _ in range(columns)] for _ in range(rows)]


def dot(left: Vector, right: Vector) -> int:
    """Multiply two vectors."""
    return sum(a * b for a, b in zip(left, right, strict=True))


def product(left: Matrix, right: Matrix) -> Matrix:
    """Multiply two matrices."""
    columns = [list(column) for column in zip(*right, strict=True)]
    return [[dot(row, column) for column in columns] for row in left]


def determinant(matrix: Matrix) -> int:
    """Give the determinant of a 2x2 matrix."""
    (a, b), (c, d) = matrix
    return a * d - b * c


def dull(matrix: Matrix) -> bool:
    """Tell whether a matrix leaves too little to compute: many zeros, or one number everywhere."""
    entries = [abs(entry) for row in matrix for entry in row]
    return entries.count(0) > len(entries) // 4 or len(set(entries)) == 1


def largest(matrix: Matrix) -> int:
    """Give the largest size of an entry."""
    return max(abs(entry) for row in matrix for entry in row)


# ------------------------------------------------------------------ products


@generator
def matrix_product(rng: random.Random) -> Row | None:
    r"""Multiply two 2x2 matrices of small integers.

    ```yaml
    q: What is $@{A|matrix}\,@{B|matrix}$?
    a: $@{C|matrix}$
    verify: |
      import numpy as np
      assert np.array_equal(A @ B, C)
    ```
    """
    a, b = small(rng, 2, 2), small(rng, 2, 2)
    c = product(a, b)
    if dull(a) or dull(b) or largest(c) > 12:
        return None
    return {"A": a, "B": b, "C": c}


@generator
def matrix_vector_product(rng: random.Random) -> Row | None:
    r"""Multiply a matrix of up to six small integers with a vector.

    ```yaml
    q: What is $@{A|matrix}\,@{x|vector}$?
    a: $@{y|vector}$
    verify: |
      import numpy as np
      assert np.array_equal(A @ x, y)
    ```
    """
    rows, columns = rng.choice(((2, 2), (2, 3), (3, 2)))
    a = small(rng, rows, columns, 4)
    x = [signed(rng, 1, 3) for _ in range(columns)]
    y = [dot(row, x) for row in a]
    if dull(a) or dull([x]) or dull([y]) or max(map(abs, y)) > 20:
        return None
    return {"A": a, "x": x, "y": y}


# ------------------------------------------------------------------ determinant and inverse


@generator
def determinant_2x2(rng: random.Random) -> Row | None:
    r"""Compute the determinant of a 2x2 matrix.

    ```yaml
    q: What is the determinant of $@{A|matrix}$?
    a: $@{det}$
    verify: |
      import numpy as np
      assert np.isclose(np.linalg.det(A), det)
    ```
    """
    a = [[signed(rng, 1, 6) for _ in range(2)] for _ in range(2)]
    det = determinant(a)
    return None if dull(a) or abs(det) > 30 else {"A": a, "det": det}


@generator
def inverse_2x2(rng: random.Random) -> Row | None:
    r"""Invert a 2x2 matrix with a small determinant.

    ```yaml
    q: What is the inverse of $@{A|matrix}$?
    a: $@{inverse|matrix}$; the determinant is $@{det}$.
    verify: |
      import numpy as np
      assert np.isclose(np.linalg.det(A), det)
      rows = [[float(entry) for entry in row] for row in inverse]
      assert np.allclose(np.linalg.inv(A), rows)
    ```
    """
    a = small(rng, 2, 2, 5)
    det = determinant(a)
    if dull(a) or not 1 <= abs(det) <= 4:
        return None
    (p, q), (r, s) = a
    inverse = [[Fraction(entry, det) for entry in row] for row in ((s, -q), (-r, p))]
    if inverse == a:
        return None
    return {"A": a, "det": det, "inverse": inverse}


# ------------------------------------------------------------------ bases


def _basis(rng: random.Random) -> Matrix | None:
    """Make a basis of the plane, as the rows of a matrix, in which there is something to solve."""
    basis = small(rng, 2, 2)
    return None if dull(basis) or not 1 <= abs(determinant(basis)) <= 5 else basis


@generator
def change_of_basis(rng: random.Random) -> Row | None:
    r"""Find the coordinates of a vector in another basis of the plane.

    ```yaml
    q: |
      What are the coordinates of $v = @{v|tuple}$ in the basis $b_1 = @{b1|tuple}$,
      $b_2 = @{b2|tuple}$?
    a: |
      $@{c|tuple}$, because $v = @{c1}\,b_1 @{c2|signed}\,b_2$.
    verify: |
      import numpy as np
      assert np.allclose(np.linalg.solve(np.column_stack([b1, b2]), v), c)
      assert np.array_equal(c1 * b1 + c2 * b2, v)
    ```
    """
    basis = _basis(rng)
    c = [signed(rng, 2, 4) for _ in range(2)]
    if basis is None:
        return None
    ((v),) = product([c], basis)
    if max(map(abs, v)) > 12 or v in basis:
        return None
    return {"b1": basis[0], "b2": basis[1], "v": v, "c": c, "c1": c[0], "c2": c[1]}


@generator
def matrix_in_another_basis(rng: random.Random) -> Row | None:
    r"""Write a linear map of the plane in another, simple basis.

    ```yaml
    q: |
      A linear map of the plane has the matrix $A = @{A|matrix}$ in the standard basis. What is
      its matrix in the basis $b_1 = @{b1|tuple}$, $b_2 = @{b2|tuple}$?
    a: |
      $@{M|matrix}$: its columns are the coordinates of $Ab_1$ and $Ab_2$ in that basis.
    verify: |
      import numpy as np
      B = np.column_stack([b1, b2])
      assert np.allclose(np.linalg.solve(B, A @ B), M)
    ```
    """
    a, k = small(rng, 2, 2), signed(rng, 1, 2)
    b1, b2 = rng.choice((([1, 0], [k, 1]), ([1, k], [0, 1])))
    (p, r), (q, s) = b1, b2
    m = product(product([[s, -q], [-r, p]], a), [[p, q], [r, s]])
    if m == a or dull(a) or dull(m) or largest(m) > 12:
        return None
    return {"A": a, "b1": b1, "b2": b2, "M": m}


# ------------------------------------------------------------------ eigenvalues


@generator
def eigenvalues_2x2(rng: random.Random) -> Row | None:
    r"""Find the two integer eigenvalues of a 2x2 matrix.

    ```yaml
    q: What are the two eigenvalues of $@{A|matrix}$?
    a: |
      $@{low}$ and $@{high}$: their sum is the trace $@{trace}$, their product the determinant
      $@{det}$.
    verify: |
      import numpy as np
      assert np.allclose(np.sort(np.linalg.eigvals(A)), [low, high])
      assert np.trace(A) == trace and np.isclose(np.linalg.det(A), det)
    ```
    """
    low, high = sorted(rng.sample(range(-5, 10), 2))
    p, q = rng.randint(-5, 9), signed(rng, 1, 6)
    s = low + high - p
    r, rest = divmod(p * s - low * high, q)
    a = [[p, q], [r, s]]
    if rest or r == 0 or dull(a) or largest(a) > 9:
        return None
    return {"A": a, "low": low, "high": high, "trace": low + high, "det": low * high}


@generator
def eigenvector_2x2(rng: random.Random) -> Row | None:
    r"""Find an eigenvector of a 2x2 matrix for a given eigenvalue.

    ```yaml
    q: |
      $A = @{A|matrix}$ has the eigenvalue $\lambda = @{eigenvalue}$. For which number $t$ is
      $(1, t)$ an eigenvector for $\lambda$?
    a: |
      $t = @{t}$: the first row of $Av = \lambda v$ says $@{p} @{q|signed}\,t = @{eigenvalue}$.
    verify: |
      import numpy as np
      values, vectors = np.linalg.eig(A)
      x, y = vectors[:, np.argmin(abs(values - eigenvalue))]
      assert np.isclose(y / x, t) and np.isclose(values, eigenvalue).sum() == 1
      assert p + q * t == eigenvalue and [p, q] == A[0].tolist()
    ```
    """
    t, q = signed(rng, 1, 3), signed(rng, 2, 4)
    eigenvalue, s = signed(rng, 1, 6), rng.randint(-6, 6)
    p, r = eigenvalue - q * t, (eigenvalue - s) * t
    a = [[p, q], [r, s]]
    if 0 in (p, r) or p + s == 2 * eigenvalue or dull(a) or largest(a) > 9:
        return None
    return {"A": a, "eigenvalue": eigenvalue, "t": t, "p": p, "q": q}


# ------------------------------------------------------------------ lengths and angles


@generator
def projection_onto_line(rng: random.Random) -> Row | None:
    r"""Project a vector onto the line spanned by another.

    ```yaml
    q: |
      What is the orthogonal projection of $u = @{u|tuple}$ onto the line spanned by
      $v = @{v|tuple}$?
    a: |
      $@{p|tuple}$, which is $@{c|fraction}\,v$ with $@{c|fraction} = (u^\top v)/(v^\top v)$.
    verify: |
      import numpy as np
      found = np.linalg.lstsq(v[:, None], u)[0].item()
      assert np.isclose(found, float(c)) and np.allclose(found * v, p)
    ```
    """
    size = rng.choice((2, 3))
    u = [signed(rng, 1, 6) for _ in range(size)]
    v = [signed(rng, 0, 3) for _ in range(size)]
    if v.count(0) > size - 2 or math.gcd(*v) > 2:
        return None
    c = Fraction(dot(u, v), dot(v, v))
    p = [c * entry for entry in v]
    unkind = any(entry.denominator > 1 for entry in p)
    return None if abs(c) in (0, 1) or unkind or p == u else {"u": u, "v": v, "p": p, "c": c}


@generator
def euclidean_norm(rng: random.Random) -> Row | None:
    r"""Compute the length of a vector whose square root comes out.

    ```yaml
    q: What is the Euclidean norm of $@{v|tuple}$?
    a: $\sqrt{@{square}} = @{norm}$
    verify: |
      import numpy as np
      assert np.isclose(np.linalg.norm(v), norm) and v @ v == square
    ```
    """
    v = [signed(rng, 1, 9) for _ in range(rng.choice((3, 3, 4)))]
    square = dot(v, v)
    norm = math.isqrt(square)
    if norm * norm != square or norm > 12 or dull([v]):
        return None
    return {"v": v, "square": square, "norm": norm}


@generator
def orthogonal_coordinate(rng: random.Random) -> Row | None:
    r"""Find the missing coordinate that makes two vectors orthogonal.

    ```yaml
    q: For which number $t$ is $(@{p}, @{q}, t)$ orthogonal to $@{u|tuple}$?
    a: |
      $t = @{t}$, because the dot product is $@{partial} @{factor|signed}\,t$.
    verify: |
      import numpy as np
      assert np.isclose(np.linalg.solve([[u[2]]], [-u[:2] @ [p, q]]), t)
      assert u @ [p, q, 0] == partial and factor == u[2]
    ```
    """
    u = [signed(rng, 1, 5), signed(rng, 1, 5), signed(rng, 2, 4)]
    p, q = signed(rng, 1, 5), signed(rng, 1, 5)
    partial = u[0] * p + u[1] * q
    t, rest = divmod(-partial, u[2])
    if rest or t == 0 or abs(t) > 8:
        return None
    return {"u": u, "p": p, "q": q, "t": t, "partial": partial, "factor": u[2]}


# ------------------------------------------------------------------ rank


def rank_of(matrix: Matrix) -> int:
    """Give the rank, by exact elimination."""
    rows = [[Fraction(entry) for entry in row] for row in matrix]
    rank = 0
    for column in range(len(matrix[0])):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rank += 1
        rows.remove(pivot)
        rows = [
            [a - row[column] / pivot[column] * b for a, b in zip(row, pivot, strict=True)]
            for row in rows
        ]
    return rank


@generator
def matrix_rank(rng: random.Random) -> Row | None:
    r"""Find the rank and the nullity of a small matrix.

    ```yaml
    q: What are the rank of $@{A|matrix}$ and the dimension of its null space?
    a: |
      The rank is $@{rank}$, and the null space has dimension $@{columns} - @{rank} = @{nullity}$.
    verify: |
      import numpy as np
      assert np.linalg.matrix_rank(A) == rank and A.shape[1] == columns
      assert np.isclose(np.linalg.eigvalsh(A.T @ A), 0).sum() == nullity
    ```
    """
    first, second = small(rng, 2, rng.choice((2, 3, 3, 4)), 2)
    m, n = rng.choice(((1, 1), (2, 1), (1, -1), (-1, 2), (2, 0), (-1, 0), (3, 0), (1, 2)))
    third = [m * a + n * b for a, b in zip(first, second, strict=True)]
    third[-1] += rng.choice((0, 0, 1))
    a = [first, second, third] if rng.random() < 0.7 else [first, third]
    rng.shuffle(a)
    rank, columns = rank_of(a), len(first)
    if dull(a) or [0] * columns in a or largest(a) > 6:
        return None
    return {"A": a, "rank": rank, "columns": columns, "nullity": columns - rank}
