"""Vectors of 16 numbers as LLVM's instructions: what kernels use that write their own.

Numba compiles loops. Where a kernel needs certain instructions (`gram`, `passes`, `tiles`,
`closest`), it puts them together from these.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

WIDTH = 16
"""Numbers in a vector: one AVX-512 register, two of AVX2, four of NEON."""
SIZE, INT, REAL = ir.IntType(64), ir.IntType(32), ir.FloatType()
VECTOR = ir.VectorType(REAL, WIDTH)
ZEROS = ir.Constant(VECTOR, [0.0] * WIDTH)
DOUBLES = ir.VectorType(ir.DoubleType(), WIDTH // 2)
"""As many bytes of float64."""


def variable(builder: Any, value: Any) -> Any:
    """A place in memory that holds `value` at first; a register, once it is compiled."""
    return cgutils.alloca_once_value(builder, value)  # type: ignore[no-untyped-call]


def load(builder: Any, pointer: Any, kind: Any = VECTOR) -> Any:
    """The vector that begins at a number."""
    return builder.load(builder.bitcast(pointer, kind.as_pointer()), align=4)


def store(builder: Any, value: Any, pointer: Any) -> None:
    """Put a vector where it is to begin."""
    builder.store(value, builder.bitcast(pointer, value.type.as_pointer()), align=4)


def multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """a * b + c, rounded once where the machine can."""
    kind = a.type
    name = f"llvm.fmuladd.v{kind.count}f{64 if kind == DOUBLES else 32}"
    function: Any = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module, ir.FunctionType(kind, [kind] * 3), name
    )
    return builder.call(function, [a, b, c])


def spread(builder: Any, value: Any, kind: Any = VECTOR) -> Any:
    """A vector of nothing but the same number."""
    nothing = ir.Constant(kind, ir.Undefined)
    everywhere = ir.Constant(ir.VectorType(INT, kind.count), [0] * kind.count)
    return builder.shuffle_vector(
        builder.insert_element(nothing, value, INT(0)), nothing, everywhere
    )


def total_of(builder: Any, vector: Any) -> Any:
    """The sum of a vector's numbers: its halves added, and again, down to one number."""
    half = WIDTH // 2
    while half:
        nothing = ir.Constant(vector.type, ir.Undefined)
        low, high = (
            ir.Constant(ir.VectorType(INT, half), list(range(start, start + half)))
            for start in (0, half)
        )
        vector = builder.fadd(
            builder.shuffle_vector(vector, nothing, low),
            builder.shuffle_vector(vector, nothing, high),
        )
        half //= 2
    return builder.extract_element(vector, INT(0))


def parts(context: Any, builder: Any, signature: Any, arguments: Any) -> list[Any]:
    """The arguments of a function, arrays as what they consist of."""
    return [
        context.make_array(kind)(context, builder, argument)
        if isinstance(kind, types.Array)
        else argument
        for kind, argument in zip(signature.args, arguments, strict=True)
    ]
