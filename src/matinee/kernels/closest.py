"""Squared distances to many centers at once, by vector instructions: most of the work of k-means.

Centers lie transposed, feature by feature and side by side, filled up to a multiple of `WIDTH`
(`packed`): what one feature of a row adds to the sums of all centers is then one or a few vectors
in a row, and the sums stay in registers. A compiler, which does not know how many centers there
are, would keep them in memory.

    sparse:  score(c) = shift[c] - sum_j data[j] * packed[indices[j], c]    shift = |c|^2 / 2
    dense:   score(c) = shift[c] + sum_f known[f] (x[f] - packed[f, c])^2   shift = 0

in float32; columns that are no center have an infinite shift. The order of each sum depends on
the row and the width alone, so that results are the same bits wherever it is called.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from matinee.kernels.vectors import (
    DOUBLES,
    INT,
    SIZE,
    VECTOR,
    WIDTH,
    load,
    multiply_add,
    parts,
    spread,
    variable,
)

ROWS = 4
"""Dense rows at a time, which share what is read of the centers."""
CHAINS = 4
"""Sums side by side over the entries of a sparse row, for one vector of centers."""
_BIT = ir.IntType(1)


def _zeros(builder: Any, kind: Any, count: int) -> list[Any]:
    return [variable(builder, ir.Constant(kind, [0.0] * kind.count)) for _ in range(count)]


def _columns(builder: Any, kind: Any, start: Any, vectors: int) -> list[Any]:
    return [load(builder, builder.gep(start, [SIZE(v * kind.count)]), kind) for v in range(vectors)]


def _spread_as(builder: Any, kind: Any, value: Any) -> Any:
    return spread(builder, builder.fpext(value, kind.element) if kind == DOUBLES else value, kind)


def emit_products(builder: Any, kind: Any, vectors: int, row: Any, packed: Any, col: Any) -> Any:
    """Sums over the entries of a sparse row, several side by side: each waits for its last."""
    indices, data, first, last = row
    width = builder.extract_value(packed.shape, 1)
    chains = max(CHAINS // vectors, 2)
    totals = [_zeros(builder, kind, vectors) for _ in range(chains)]

    def add(place: Any, into: list[Any]) -> None:
        index = builder.sext(builder.load(builder.gep(indices.data, [place])), SIZE)
        start = builder.gep(packed.data, [builder.add(builder.mul(index, width), col)])
        factor = _spread_as(builder, kind, builder.load(builder.gep(data.data, [place])))
        for values, total in zip(_columns(builder, kind, start, vectors), into, strict=True):
            builder.store(multiply_add(builder, factor, values, builder.load(total)), total)

    count = builder.sub(last, first)
    whole = builder.add(first, builder.and_(count, SIZE(-chains)))
    with cgutils.for_range_slice(builder, first, whole, SIZE(chains), intp=SIZE) as (at, _):
        for c, into in enumerate(totals):
            add(builder.add(at, SIZE(c)), into)
    with cgutils.for_range_slice(builder, whole, last, SIZE(1), intp=SIZE) as (at, _):
        add(at, totals[0])
    sums = []
    for of_column in zip(*totals, strict=True):
        left = [builder.load(total) for total in of_column]
        while len(left) > 1:
            left = [builder.fadd(a, b) for a, b in zip(left[::2], left[1::2], strict=True)]
        sums += left
    return sums


def emit_distances(
    builder: Any, kind: Any, vectors: int, points: Any, rows: list[Any], packed: Any, col: Any,
    known: Any = None,
) -> list[list[Any]]:  # fmt: skip
    """Sums over the features of dense rows."""
    features = builder.extract_value(points.shape, 1)
    width = builder.extract_value(packed.shape, 1)
    starts = [builder.mul(row, features) for row in rows]
    totals = [_zeros(builder, kind, vectors) for _ in rows]
    with cgutils.for_range(builder, features, intp=SIZE) as loop:
        start = builder.gep(packed.data, [builder.add(builder.mul(loop.index, width), col)])
        centers = _columns(builder, kind, start, vectors)
        for row, of_row in zip(starts, totals, strict=True):
            place = builder.add(row, loop.index)
            value = _spread_as(builder, kind, builder.load(builder.gep(points.data, [place])))
            for center, total in zip(centers, of_row, strict=True):
                gap = builder.fsub(value, center)
                if known is not None:
                    stated = builder.load(builder.gep(known.data, [place]))
                    weight = builder.uitofp(stated, kind.element)
                    gap = builder.fmul(gap, spread(builder, weight, kind))
                builder.store(multiply_add(builder, gap, gap, builder.load(total)), total)
    return [[builder.load(total) for total in of_row] for of_row in totals]


def _lesser(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", a, b), a, b)


def _emit_least(builder: Any, vectors: list[Any]) -> tuple[Any, Any]:
    """The least number of some vectors and its place, the first of equal ones; NaN has place 0."""
    least = vectors[0]
    for vector in vectors[1:]:
        least = _lesser(builder, least, vector)
    half = WIDTH // 2
    while half:
        nothing = ir.Constant(least.type, ir.Undefined)
        low, high = (
            ir.Constant(ir.VectorType(INT, half), list(range(start, start + half)))
            for start in (0, half)
        )
        least = _lesser(
            builder,
            builder.shuffle_vector(least, nothing, low),
            builder.shuffle_vector(least, nothing, high),
        )
        half //= 2
    value = builder.extract_element(least, INT(0))
    everywhere, mask = spread(builder, value), SIZE(0)
    for v, vector in enumerate(vectors):
        equal = builder.bitcast(builder.fcmp_ordered("==", vector, everywhere), ir.IntType(WIDTH))
        mask = builder.or_(mask, builder.shl(builder.zext(equal, SIZE), SIZE(v * WIDTH)))
    place = builder.cttz(mask, ir.Constant(_BIT, 0))
    nowhere = builder.icmp_signed("==", mask, SIZE(0))
    return value, builder.select(nowhere, SIZE(0), place)


def _sparse(vectors: int) -> Any:
    """A function that scores `vectors` x 16 centers of a sparse row: (least score, its place).

    in: indices int32, data float32, first, last: the entries of the row; packed (*, width),
        shift (width,) float32; column: the first of the centers
    """

    @intrinsic
    def of_sparse(
        typing_context: Any, indices: Any, data: Any, first: Any, last: Any, packed: Any,
        shift: Any, column: Any,
    ) -> Any:  # fmt: skip
        answer = types.Tuple([types.float32, types.int64])  # type: ignore[no-untyped-call]

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            *row, packed, shift, column = parts(context, builder, signature, arguments)
            sums = emit_products(builder, VECTOR, vectors, row, packed, column)
            shifts = _columns(builder, VECTOR, builder.gep(shift.data, [column]), vectors)
            scores = [builder.fsub(a, b) for a, b in zip(shifts, sums, strict=True)]
            return context.make_tuple(builder, answer, _emit_least(builder, scores))

        whole = types.int64
        return answer(indices, data, whole, whole, packed, shift, whole), generate

    return of_sparse


def _dense(vectors: int, masked: bool) -> Any:
    """A function that scores `vectors` x 16 centers of `ROWS` dense rows.

    in:  points (*, d) float32, known (*, d) bool, rows (ROWS,) int64, packed (d, width),
         shift (width,) float32; column: the first of the centers
    both: scores (ROWS,) float32, places (ROWS,) int64: the least of each row and which center
    """

    @intrinsic
    def of_dense(
        typing_context: Any, points: Any, known: Any, rows: Any, packed: Any, shift: Any,
        column: Any, scores: Any, places: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            points, known, rows, packed, shift, column, scores, places = parts(
                context, builder, signature, arguments
            )
            wanted = [builder.load(builder.gep(rows.data, [SIZE(r)])) for r in range(ROWS)]
            found = emit_distances(
                builder, VECTOR, vectors, points, wanted, packed, column,
                known if masked else None,
            )  # fmt: skip
            shifts = _columns(builder, VECTOR, builder.gep(shift.data, [column]), vectors)
            for r, sums in enumerate(found):
                shifted = [builder.fadd(a, b) for a, b in zip(shifts, sums, strict=True)]
                score, at = _emit_least(builder, shifted)
                best, place = (builder.gep(a.data, [SIZE(r)]) for a in (scores, places))
                less = builder.fcmp_ordered("<", score, builder.load(best))
                for new, held in ((score, best), (builder.add(column, at), place)):
                    builder.store(builder.select(less, new, builder.load(held)), held)
            return context.get_dummy_value()

        arguments = (points, known, rows, packed, shift, types.int64, scores, places)
        return types.void(*arguments), generate

    return of_dense


if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]

    def closest_of_sparse(
        indices: Any, data: Any, first: int, last: int, packed: Any, shift: Any
    ) -> tuple[Any, int]:
        """See below."""
        scores = shift - data[first:last] @ packed[indices[first:last]]
        place = int(np.argmin(scores))
        return scores[place], place

    def closest_of_dense(
        points: Any, rows: Any, packed: Any, shift: Any, scores: Any, places: Any
    ) -> None:
        """See below."""
        closest_of_known(points, np.ones_like(points), rows, packed, shift, scores, places)

    def closest_of_known(
        points: Any, known: Any, rows: Any, packed: Any, shift: Any, scores: Any, places: Any
    ) -> None:
        """See below."""
        for r, row in enumerate(rows):
            gaps = (points[row][:, np.newaxis] - packed) * known[row][:, np.newaxis]
            found = shift + (gaps**2).sum(axis=0)
            places[r] = np.argmin(found)
            scores[r] = found[places[r]]

else:
    _sparse_one, _sparse_two, _sparse_four = (_sparse(vectors) for vectors in (1, 2, 4))
    _dense_one, _dense_two = (_dense(vectors, False) for vectors in (1, 2))
    _known_one, _known_two = (_dense(vectors, True) for vectors in (1, 2))

    @numba.njit(cache=True)
    def closest_of_sparse(indices, data, first, last, packed, shift):
        """The least score of a sparse row and its center, the lower of equal ones.

        in: indices int32, data float32, first, last: the entries of the row; packed (d, width),
            shift (width,) float32
        """
        column, best, place = 0, np.float32(np.inf), 0
        while column < len(shift):
            left = len(shift) - column
            if left >= 4 * WIDTH:
                score, at = _sparse_four(indices, data, first, last, packed, shift, column)
                step = 4 * WIDTH
            elif left >= 2 * WIDTH:
                score, at = _sparse_two(indices, data, first, last, packed, shift, column)
                step = 2 * WIDTH
            else:
                score, at = _sparse_one(indices, data, first, last, packed, shift, column)
                step = WIDTH
            if score < best:
                best, place = score, column + at
            column += step
        return best, place

    @numba.njit(cache=True)
    def closest_of_dense(points, rows, packed, shift, scores, places):
        """The least squared distance of `ROWS` dense rows and its center, the lower of equal ones.

        in:  points (*, d) float32, rows (ROWS,) int64, packed (d, width), shift (width,) float32
        out: scores (ROWS,) float32, places (ROWS,) int64
        """
        scores[:], places[:] = np.inf, 0
        column = 0
        while column < len(shift):
            if len(shift) - column >= 2 * WIDTH:
                _dense_two(points, points, rows, packed, shift, column, scores, places)
                column += 2 * WIDTH
            else:
                _dense_one(points, points, rows, packed, shift, column, scores, places)
                column += WIDTH

    @numba.njit(cache=True)
    def closest_of_known(points, known, rows, packed, shift, scores, places):
        """The same by the features that are known of each row: known (*, d) bool."""
        scores[:], places[:] = np.inf, 0
        column = 0
        while column < len(shift):
            if len(shift) - column >= 2 * WIDTH:
                _known_two(points, known, rows, packed, shift, column, scores, places)
                column += 2 * WIDTH
            else:
                _known_one(points, known, rows, packed, shift, column, scores, places)
                column += WIDTH
