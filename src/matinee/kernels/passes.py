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

WIDTH = 16
"""Columns at a time: one AVX-512 register, two of AVX2, four of NEON."""
FOUR = 4
"""Rows at a time; `bring` fills up with rows of zeros."""
_AHEAD = 12
"""Rows asked for before they are needed: about what a core fetches at once."""

_SIZE, _INT, _REAL, _BYTE = ir.IntType(64), ir.IntType(32), ir.FloatType(), ir.IntType(8)
_VECTOR = ir.VectorType(_REAL, WIDTH)


def _at(builder: Any, array: Any, row: Any) -> Any:
    """Where a row of a contiguous matrix begins."""
    return builder.gep(array.data, [builder.mul(row, builder.extract_value(array.shape, 1))])


def _load(builder: Any, start: Any, column: Any) -> Any:
    place = builder.bitcast(builder.gep(start, [column]), _VECTOR.as_pointer())
    return builder.load(place, align=4)


def _store(builder: Any, value: Any, start: Any, column: Any) -> None:
    place = builder.bitcast(builder.gep(start, [column]), _VECTOR.as_pointer())
    builder.store(value, place, align=4)


def _multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    name = f"llvm.fmuladd.v{WIDTH}f32"
    function: Any = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
    return builder.call(function, [a, b, c])


def _sum(builder: Any, vector: Any) -> Any:
    """The halves added, and again, down to one number."""
    half = WIDTH // 2
    while half:
        nothing = ir.Constant(vector.type, ir.Undefined)
        low, high = (
            ir.Constant(ir.VectorType(_INT, half), list(range(start, start + half)))
            for start in (0, half)
        )
        vector = builder.fadd(
            builder.shuffle_vector(vector, nothing, low),
            builder.shuffle_vector(vector, nothing, high),
        )
        half //= 2
    return builder.extract_element(vector, _INT(0))


def _spread(builder: Any, value: Any) -> Any:
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    everywhere = ir.Constant(ir.VectorType(_INT, WIDTH), [0] * WIDTH)
    single = builder.insert_element(nothing, value, _INT(0))
    return builder.shuffle_vector(single, nothing, everywhere)


def _columns(builder: Any, width: Any) -> Any:
    return cgutils.for_range_slice(builder, _SIZE(0), width, _SIZE(WIDTH), intp=_SIZE)


def _zeros(builder: Any, count: int) -> list[Any]:
    totals: list[Any] = [
        cgutils.alloca_once(builder, _VECTOR)  # type: ignore[no-untyped-call]
        for _ in range(count)
    ]
    for total in totals:
        builder.store(ir.Constant(_VECTOR, [0.0] * WIDTH), total)
    return totals


def _emit_along(builder: Any, rows: Any, j: Any, p: Any, out: Any) -> None:
    width = builder.extract_value(rows.shape, 1)
    starts = [_at(builder, rows, builder.add(j, _SIZE(r))) for r in range(FOUR)]
    totals = _zeros(builder, FOUR)
    with _columns(builder, width) as (c, _):
        factor = _load(builder, p.data, c)
        for start, total in zip(starts, totals, strict=True):
            value = _load(builder, start, c)
            builder.store(_multiply_add(builder, value, factor, builder.load(total)), total)
    weights = [_spread(builder, _sum(builder, builder.load(total))) for total in totals]
    with _columns(builder, width) as (c, _):
        sums = _load(builder, out.data, c)
        for start, weight in zip(starts, weights, strict=True):
            sums = _multiply_add(builder, weight, _load(builder, start, c), sums)
        _store(builder, sums, out.data, c)


def _emit_bring(
    builder: Any, vectors: Any, wanted: Any, at: Any, last: Any, rows: Any, j: Any, of: Any
) -> None:
    x, gradient, squares = of
    width = builder.extract_value(rows.shape, 1)
    kind = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), _INT, _INT, _INT])
    ask: Any = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]

    def chosen(place: Any) -> Any:
        index = builder.load(builder.gep(wanted.data, [place]))
        return _at(builder, vectors, builder.sext(index, _SIZE))

    froms, tos, comings = [], [], []
    for r in range(FOUR):
        place = builder.add(at, _SIZE(r))
        froms.append(chosen(place))
        tos.append(_at(builder, rows, builder.add(j, _SIZE(r))))
        ahead = builder.add(place, _SIZE(_AHEAD))
        inside = builder.icmp_signed("<", ahead, last)
        comings.append(chosen(builder.select(inside, ahead, last)))
    totals = _zeros(builder, FOUR)
    with _columns(builder, width) as (c, _):
        factor = _load(builder, x.data, c)
        for source, target, coming, total in zip(froms, tos, comings, totals, strict=True):
            line = builder.bitcast(builder.gep(coming, [c]), _BYTE.as_pointer())
            # To be read, to be kept in all caches, as data.
            builder.call(ask, [line, _INT(0), _INT(3), _INT(1)])
            value = _load(builder, source, c)
            _store(builder, value, target, c)
            builder.store(_multiply_add(builder, value, factor, builder.load(total)), total)
    one = ir.Constant(_REAL, 1.0)
    weights = [
        _spread(builder, builder.fsub(one, _sum(builder, builder.load(total)))) for total in totals
    ]
    with _columns(builder, width) as (c, _):
        slope, square = _load(builder, gradient.data, c), _load(builder, squares.data, c)
        for target, weight in zip(tos, weights, strict=True):
            value = _load(builder, target, c)
            slope = _multiply_add(builder, weight, value, slope)
            square = _multiply_add(builder, value, value, square)
        _store(builder, slope, gradient.data, c)
        _store(builder, square, squares.data, c)


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

    def _parts(context: Any, builder: Any, signature: Any, arguments: Any) -> list[Any]:
        return [
            context.make_array(kind)(context, builder, argument)
            if isinstance(kind, types.Array)
            else argument
            for kind, argument in zip(signature.args, arguments, strict=True)
        ]

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
            source, wanted, at, target, j, *of = _parts(context, builder, signature, arguments)
            last = builder.sub(builder.extract_value(wanted.shape, 0), _SIZE(1))
            _emit_bring(builder, source, wanted, at, last, target, j, of)
            return context.get_dummy_value()

        whole = types.int64
        return types.void(vectors, indices, whole, rows, whole, x, gradient, squares), generate

    @intrinsic
    def _along_four(typing_context: Any, rows: Any, j: Any, p: Any, out: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            _emit_along(builder, *_parts(context, builder, signature, arguments))
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
