"""Passes over the rows that a person chose, by vector instructions, four rows at a time.

A compiler makes these of plain loops too, but checks at each row whether arrays overlap, and waits
for each row from memory before it asks for the next: that took over twice as long. Widths are
multiples of `WIDTH`; who has fewer columns fills up with zeros.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from matinee.kernels.vectors import (
    INT,
    REAL,
    SIZE,
    WIDTH,
    ZEROS,
    load,
    multiply_add,
    parts,
    spread,
    store,
    total_of,
    variable,
)

FOUR = 4
"""Rows at a time; `bring` fills up with rows of zeros."""
_AHEAD = 12
"""Rows asked for before they are needed: about what a core fetches at once."""

_BYTE = ir.IntType(8)


def _at(builder: Any, array: Any, row: Any) -> Any:
    """Where a row of a contiguous matrix begins."""
    return builder.gep(array.data, [builder.mul(row, builder.extract_value(array.shape, 1))])


def _vector_at(builder: Any, start: Any, column: Any) -> Any:
    return load(builder, builder.gep(start, [column]))


def _put(builder: Any, value: Any, start: Any, column: Any) -> None:
    store(builder, value, builder.gep(start, [column]))


def _columns(builder: Any, width: Any) -> Any:
    return cgutils.for_range_slice(builder, SIZE(0), width, SIZE(WIDTH), intp=SIZE)


def _emit_along(builder: Any, rows: Any, j: Any, p: Any, out: Any) -> None:
    width = builder.extract_value(rows.shape, 1)
    starts = [_at(builder, rows, builder.add(j, SIZE(r))) for r in range(FOUR)]
    totals = [variable(builder, ZEROS) for _ in range(FOUR)]
    with _columns(builder, width) as (c, _):
        factor = _vector_at(builder, p.data, c)
        for start, total in zip(starts, totals, strict=True):
            value = _vector_at(builder, start, c)
            builder.store(multiply_add(builder, value, factor, builder.load(total)), total)
    weights = [spread(builder, total_of(builder, builder.load(total))) for total in totals]
    with _columns(builder, width) as (c, _):
        sums = _vector_at(builder, out.data, c)
        for start, weight in zip(starts, weights, strict=True):
            sums = multiply_add(builder, weight, _vector_at(builder, start, c), sums)
        _put(builder, sums, out.data, c)


def _emit_bring(
    builder: Any, vectors: Any, wanted: Any, at: Any, last: Any, rows: Any, j: Any, of: Any
) -> None:
    x, gradient, squares = of
    width = builder.extract_value(rows.shape, 1)
    kind = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), INT, INT, INT])
    ask: Any = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]

    def chosen(place: Any) -> Any:
        index = builder.load(builder.gep(wanted.data, [place]))
        return _at(builder, vectors, builder.sext(index, SIZE))

    froms, tos, comings = [], [], []
    for r in range(FOUR):
        place = builder.add(at, SIZE(r))
        froms.append(chosen(place))
        tos.append(_at(builder, rows, builder.add(j, SIZE(r))))
        ahead = builder.add(place, SIZE(_AHEAD))
        inside = builder.icmp_signed("<", ahead, last)
        comings.append(chosen(builder.select(inside, ahead, last)))
    totals = [variable(builder, ZEROS) for _ in range(FOUR)]
    with _columns(builder, width) as (c, _):
        factor = _vector_at(builder, x.data, c)
        for source, target, coming, total in zip(froms, tos, comings, totals, strict=True):
            line = builder.bitcast(builder.gep(coming, [c]), _BYTE.as_pointer())
            # To be read, to be kept in all caches, as data.
            builder.call(ask, [line, INT(0), INT(3), INT(1)])
            value = _vector_at(builder, source, c)
            _put(builder, value, target, c)
            builder.store(multiply_add(builder, value, factor, builder.load(total)), total)
    one = ir.Constant(REAL, 1.0)
    weights = [
        spread(builder, builder.fsub(one, total_of(builder, builder.load(total))))
        for total in totals
    ]
    with _columns(builder, width) as (c, _):
        slope, square = _vector_at(builder, gradient.data, c), _vector_at(builder, squares.data, c)
        for target, weight in zip(tos, weights, strict=True):
            value = _vector_at(builder, target, c)
            slope = multiply_add(builder, weight, value, slope)
            square = multiply_add(builder, value, value, square)
        _put(builder, slope, gradient.data, c)
        _put(builder, square, squares.data, c)


if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]

    def _bring_four(
        vectors: Any, indices: Any, at: int, rows: Any, j: int, x: Any, gradient: Any, squares: Any
    ) -> None:
        rows[j : j + FOUR] = y = vectors[indices[at : at + FOUR]]
        gradient += (1 - y @ x) @ y
        squares += (y * y).sum(axis=0)

    def _along_four(rows: Any, j: int, p: Any, out: Any) -> None:
        y = rows[j : j + FOUR]
        out += (y @ p) @ y

else:

    @intrinsic
    def _bring_four(
        typing_context: Any,
        vectors: Any,
        indices: Any,
        at: Any,
        rows: Any,
        j: Any,
        x: Any,
        gradient: Any,
        squares: Any,
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            source, wanted, at, target, j, *of = parts(context, builder, signature, arguments)
            last = builder.sub(builder.extract_value(wanted.shape, 0), SIZE(1))
            _emit_bring(builder, source, wanted, at, last, target, j, of)
            return context.get_dummy_value()

        whole = types.int64
        return types.void(vectors, indices, whole, rows, whole, x, gradient, squares), generate

    @intrinsic
    def _along_four(typing_context: Any, rows: Any, j: Any, p: Any, out: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            _emit_along(builder, *parts(context, builder, signature, arguments))
            return context.get_dummy_value()

        return types.void(rows, types.int64, p, out), generate


@numba.njit(cache=True)
def bring(vectors, indices, first, n, rows, x, gradient, squares):
    """Put the rows that a person chose side by side, and see how far x is from 1 on each: ::

        y_j = vectors[indices[first + j]],   j < n
        gradient += sum_j (1 - y_j . x) y_j,   squares += sum_j y_j^2

    in:   vectors (others, width), indices (nnz,) int32, first, n, x (width,)
    out:  rows (>= n rounded up to fours, width): y_j, then rows of zeros
    both: gradient (width,), squares (width,); all C-contiguous
    """
    whole = n // FOUR * FOUR
    for j in range(0, whole, FOUR):
        _bring_four(vectors, indices, first + j, rows, j, x, gradient, squares)
    for j in range(whole, n):
        other = indices[first + j]
        product = np.float32(0)
        for f in range(len(x)):
            rows[j, f] = vectors[other, f]
            product += vectors[other, f] * x[f]
        for f in range(len(x)):
            gradient[f] += (np.float32(1) - product) * rows[j, f]
            squares[f] += rows[j, f] * rows[j, f]
    for j in range(n, (n + FOUR - 1) // FOUR * FOUR):
        rows[j] = 0


@numba.njit(cache=True)
def along(rows, n, p, out):
    """``out += sum_j (y_j . p) y_j``: Y^T Y p in one pass.

    in:   rows (>= n rounded up to fours, width): what `bring` left; p (width,)
    both: out (width,)
    """
    for j in range(0, n, FOUR):
        _along_four(rows, j, p, out)
