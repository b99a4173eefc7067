"""Small Gram matrices and their Cholesky factors, by tiles of 4 x 16 that stay in registers.

BLAS ``ssyrk`` and LAPACK ``spotrf`` are made for large matrices. For the ones that least squares
needs by the hundred thousand (16 to 256 wide) a tile of 16-wide vector instructions is about twice
as fast, and needs neither pointers nor a limit on BLAS threads. Widths are multiples of `WIDTH`;
who has fewer columns fills up with zeros.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

from matinee.kernels.vectors import SIZE, WIDTH, load, multiply_add, parts, spread, store, variable

_PANEL = 8


def _multiplier(rows: int, sign: int) -> Any:
    """A function that adds (sign 1) or subtracts (sign -1) a product, `rows` x 16 at a time.

    ``tile(left, i, right, j, n, out, r)`` does, for a < rows and b < 16, ::

        out[r + a, j + b] += sign * sum_p left[p, i + a] * right[p, j + b],   p < n

    in:  left (n, *), right (n, *) float32, rows contiguous; i, j, n, r
    both: out (*, *) float32, rows contiguous
    """
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]

        def interpreted(left: Any, i: int, right: Any, j: int, n: int, out: Any, r: int) -> None:
            product = left[:n, i : i + rows].T @ right[:n, j : j + WIDTH]
            out[r : r + rows, j : j + WIDTH] += sign * product

        return interpreted

    @intrinsic
    def tile(
        typing_context: Any, left: Any, i: Any, right: Any, j: Any, n: Any, out: Any, r: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            _emit(builder, rows, sign, *parts(context, builder, signature, arguments))
            return context.get_dummy_value()

        whole = types.int64
        return types.void(left, whole, right, whole, whole, out, whole), generate

    return tile


def _emit(
    builder: Any, rows: int, sign: int, left: Any, i: Any, right: Any, j: Any, n: Any, *to: Any
) -> None:
    """The instructions: `rows` vectors of sums in registers, a broadcast and a product each."""
    out, r = to

    def element(array: Any, row: Any, column: Any) -> Any:
        stride = builder.sdiv(builder.extract_value(array.strides, 0), SIZE(4))
        return builder.gep(array.data, [builder.add(builder.mul(row, stride), column)])

    targets = [element(out, builder.add(r, SIZE(a)), j) for a in range(rows)]
    sums = [variable(builder, load(builder, target)) for target in targets]
    with cgutils.for_range(builder, n, intp=SIZE) as loop:
        values = load(builder, element(right, loop.index, j))
        if sign < 0:
            values = builder.fneg(values)
        for a, total in enumerate(sums):
            factor = builder.load(element(left, loop.index, builder.add(i, SIZE(a))), align=4)
            product = multiply_add(builder, spread(builder, factor), values, builder.load(total))
            builder.store(product, total)
    for target, total in zip(targets, sums, strict=True):
        store(builder, builder.load(total), target)


_add_four = _multiplier(4, 1)
_add_two = _multiplier(2, 1)
_subtract_four = _multiplier(4, -1)
_subtract_one = _multiplier(1, -1)


@numba.njit(cache=True)
def add_gram(rows, n, width, out):
    """``out += rows[:n]^T rows[:n]``, upper triangle (and some of what lies below it).

    in:   rows (>= n, >= width) float32, n, width (a multiple of 16)
    both: out (>= width, >= width) float32
    """
    for j in range(0, width, WIDTH):
        for i in range(0, j + WIDTH, 4):
            _add_four(rows, i, rows, j, n, out, i)


@numba.njit(cache=True)
def add_two_products(pairs, rows, n, width, out):
    """``out += pairs[:n]^T rows[:n]`` for two columns.

    in:   pairs (>= n, 2), rows (>= n, >= width) float32, n, width (a multiple of 16)
    both: out (2, >= width) float32
    """
    for j in range(0, width, WIDTH):
        _add_two(pairs, 0, rows, j, n, out, 0)


@numba.njit(cache=True)
def factor(matrix, width):
    """Cholesky: U with ``U^T U = A`` in place of A, and ``U^-T B`` in place of B beside it.

    By panels of 8 rows. Row j of a panel is

        U[j, c] = (A[j, c] - sum_{p < j in the panel} U[p, j] U[p, c]) / U[j, j],

    and what lies below a panel loses the panel's products.

    in:   width (a multiple of 16)
    both: matrix (width, width or width + 16) float32: A (upper triangle) and beside it B; what
          lies below the diagonal is spoilt
    Returns False where A is not positive definite to float32; all is spoilt then.
    """
    columns = matrix.shape[1]
    for start in range(0, width, _PANEL):
        panel = matrix[start : start + _PANEL]
        left = start // WIDTH * WIDTH
        for r in range(_PANEL):
            row = panel[r]
            if r > 0:
                for c in range(left, columns, WIDTH):
                    _subtract_one(panel, start + r, panel, c, r, panel, r)
            pivot = row[start + r]
            if not pivot > 0:
                return False
            inverse = np.float32(1) / np.sqrt(pivot)
            for c in range(left, columns):
                row[c] *= inverse
        below = start + _PANEL
        for c in range(below // WIDTH * WIDTH, columns, WIDTH):
            for i in range(below, min(c + WIDTH, width), 4):
                _subtract_four(panel, i, panel, c, _PANEL, matrix, i)
    return True


@numba.njit(cache=True, fastmath={"reassoc", "contract"})
def dot(a, b, start, stop):
    """``sum_c a[c] b[c]`` for start <= c < stop, in float32."""
    total = np.float32(0)
    for c in range(start, stop):
        total += a[c] * b[c]
    return total


@numba.njit(cache=True)
def substitute(matrix, width, x):
    """``x = U^-1 x`` for the upper triangular U left by `factor`.

    in:   matrix (width, >= width) float32, width
    both: x (>= width,) float32
    """
    for j in range(width - 1, -1, -1):
        x[j] = (x[j] - dot(matrix[j], x, j + 1, width)) / matrix[j, j]
