"""Inner products by vector instructions, as no compiler makes them of a plain loop.

Two shapes, both in float32 with fused multiply-adds: one product after the other from rows as
they are (`dot`), and tiles of `PEOPLE` x `COLUMNS` products that stay in registers, from rows
that were packed side by side (`screen`). `dot` adds up in an order of its own that depends on
nothing but the width, so its results are the same bits wherever it is called.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from matinee.kernels.vectors import (
    INT,
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

PEOPLE, COLUMNS = (12, 32) if binding.get_host_cpu_features().get("avx512f") else (4, 16)
"""Rows and columns of a tile: as many sums as there are registers for."""


def _emit_dots(builder: Any, one: Any, i: Any, other: Any, rows: list[Any]) -> list[Any]:
    k = builder.extract_value(one.shape, 1)
    left = builder.gep(one.data, [builder.mul(i, k)])
    rights = [builder.gep(other.data, [builder.mul(row, k)]) for row in rows]
    lanes = [variable(builder, ZEROS) for _ in rights]
    whole = builder.and_(k, SIZE(-WIDTH))
    with cgutils.for_range_slice(builder, SIZE(0), whole, SIZE(WIDTH), intp=SIZE) as (c, _):
        factor = load(builder, builder.gep(left, [c]))
        for right, total in zip(rights, lanes, strict=True):
            value = load(builder, builder.gep(right, [c]))
            builder.store(multiply_add(builder, factor, value, builder.load(total)), total)
    totals = [variable(builder, total_of(builder, builder.load(total))) for total in lanes]
    with cgutils.for_range_slice(builder, whole, k, SIZE(1), intp=SIZE) as (c, _):
        factor = builder.load(builder.gep(left, [c]))
        for right, total in zip(rights, totals, strict=True):
            product = builder.fmul(factor, builder.load(builder.gep(right, [c])))
            builder.store(builder.fadd(builder.load(total), product), total)
    return [builder.load(total) for total in totals]


def _emit_four(
    builder: Any, one: Any, i: Any, other: Any, rows: Any, shift: Any, least: Any, out: Any
) -> Any:
    places = [builder.load(builder.gep(rows.data, [SIZE(r)])) for r in range(4)]
    anything = ir.Constant(ir.IntType(1), 0)
    for r, total in enumerate(_emit_dots(builder, one, i, other, places)):
        score = builder.fadd(total, shift)
        builder.store(score, builder.gep(out.data, [SIZE(r)]))
        anything = builder.or_(anything, builder.fcmp_ordered(">", score, least))
    return anything


def _emit_screen(
    builder: Any, people: Any, group: Any, items: Any, panel: Any, least: Any, sums: Any, hits: Any
) -> Any:
    k = builder.extract_value(people.shape, 1)
    left = builder.gep(people.data, [builder.mul(builder.mul(group, k), SIZE(PEOPLE))])
    right = builder.gep(items.data, [builder.mul(builder.mul(panel, k), SIZE(COLUMNS))])
    starts = range(0, COLUMNS, WIDTH)
    totals = [[variable(builder, ZEROS) for _ in starts] for _ in range(PEOPLE)]
    with cgutils.for_range(builder, k, intp=SIZE) as loop:
        row = builder.gep(right, [builder.mul(loop.index, SIZE(COLUMNS))])
        values = [load(builder, builder.gep(row, [SIZE(c)])) for c in starts]
        row = builder.gep(left, [builder.mul(loop.index, SIZE(PEOPLE))])
        for p, of_person in enumerate(totals):
            factor = spread(builder, builder.load(builder.gep(row, [SIZE(p)])))
            for value, total in zip(values, of_person, strict=True):
                builder.store(multiply_add(builder, factor, value, builder.load(total)), total)
    first = builder.mul(group, SIZE(PEOPLE))
    anybody = INT(0)
    for p, of_person in enumerate(totals):
        place = builder.gep(least.data, [builder.add(first, SIZE(p))])
        limit, mask = spread(builder, builder.load(place)), INT(0)
        for c, total in zip(starts, of_person, strict=True):
            value = builder.load(total)
            target = builder.gep(sums.data, [SIZE(p * COLUMNS + c)])
            store(builder, value, target)
            above = builder.bitcast(builder.fcmp_ordered(">", value, limit), ir.IntType(WIDTH))
            mask = builder.or_(mask, builder.shl(builder.zext(above, INT), INT(c)))
        builder.store(mask, builder.gep(hits.data, [SIZE(p)]))
        anybody = builder.or_(anybody, mask)
    return anybody


if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]

    def dot(one: Any, i: int, other: Any, j: int) -> Any:
        """``sum_c one[i, c] * other[j, c]``."""
        return one[i] @ other[j]

    def four(one: Any, i: int, other: Any, rows: Any, shift: Any, least: Any, out: Any) -> Any:
        """See below."""
        for r in range(4):
            out[r] = dot(one, i, other, rows[r]) + shift
        return (out > least).any()

    def screen(
        people: Any, group: int, items: Any, panel: int, least: Any, sums: Any, hits: Any
    ) -> Any:
        """See below."""
        sums[:] = people[group].T @ items[panel]
        limit = least[group * PEOPLE : (group + 1) * PEOPLE, np.newaxis]
        hits[:] = ((sums > limit) << np.arange(COLUMNS, dtype=np.uint32)).sum(axis=1)
        return hits.any()

    def lowest(bits: Any) -> int:
        """The place of the lowest bit that is set."""
        return (int(bits) & -int(bits)).bit_length() - 1

else:

    @intrinsic
    def dot(typing_context: Any, one: Any, i: Any, other: Any, j: Any) -> Any:
        """``sum_c one[i, c] * other[j, c]``.

        in: one (*, k), other (*, k) float32 contiguous, i, j
        """

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            left, i, right, j = parts(context, builder, signature, arguments)
            return _emit_dots(builder, left, i, right, [j])[0]

        return types.float32(one, types.int64, other, types.int64), generate

    @intrinsic
    def four(
        typing_context: Any,
        one: Any,
        i: Any,
        other: Any,
        rows: Any,
        shift: Any,
        least: Any,
        out: Any,
    ) -> Any:
        """``out[r] = dot(one, i, other, rows[r]) + shift`` for r < 4; is any above `least`?

        in:  one (*, k), other (*, k) float32 contiguous, i, rows (4,) int64, shift, least
        out: out (4,) float32
        """

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _emit_four(builder, *parts(context, builder, signature, arguments))

        whole, real = types.int64, types.float32
        return types.boolean(one, whole, other, rows, real, real, out), generate

    @intrinsic
    def screen(
        typing_context: Any,
        people: Any,
        group: Any,
        items: Any,
        panel: Any,
        least: Any,
        sums: Any,
        hits: Any,
    ) -> Any:
        """A tile of scores, and which of them are above each person's `least`; 0 if none is.

            sums[p, c] = sum_f people[group, f, p] * items[panel, f, c]
            bit c of hits[p] = sums[p, c] > least[group * PEOPLE + p]

        in:  people (*, k, PEOPLE), items (*, k, COLUMNS), least (*,) float32 contiguous
        out: sums (PEOPLE, COLUMNS) float32, hits (PEOPLE,) uint32
        """

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _emit_screen(builder, *parts(context, builder, signature, arguments))

        whole = types.int64
        return types.uint32(people, whole, items, whole, least, sums, hits), generate

    @intrinsic
    def lowest(typing_context: Any, bits: Any) -> Any:
        """The place of the lowest bit that is set."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))
            return builder.zext(place, SIZE)

        return types.int64(types.uint32), generate
