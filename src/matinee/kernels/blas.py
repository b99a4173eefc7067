"""BLAS and LAPACK called from inside compiled loops, through SciPy's own function pointers.

``fortran(address, (pointer, ...))`` calls the routine at `address` with pointers, which is how
Fortran takes everything. The address travels as an integer argument because a kernel that holds
it as a global could not be cached on disk. Without compilation (NUMBA_DISABLE_JIT=1) the same
call goes through ctypes.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numba
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from scipy.linalg import cython_blas, cython_lapack


def _address(module: Any, name: str) -> int:
    capsule = module.__pyx_capi__[name]
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype = ctypes.c_void_p
    get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return int(get_pointer(capsule, get_name(capsule)))


SSYRK = _address(cython_blas, "ssyrk")
"""Symmetric rank-k update in float32: ``C = alpha A A^T + beta C``."""
SPOSV = _address(cython_lapack, "sposv")
"""Cholesky solve in float32: ``A x = b`` for a positive definite A."""

if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]

    def fortran(address: int, pointers: tuple[int, ...]) -> None:
        """Call the routine at `address` with these pointers."""
        routine = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(pointers))(address)
        routine(*pointers)

else:

    @intrinsic
    def fortran(typing_context: Any, address: Any, pointers: Any) -> Any:
        """Call the routine at `address` with these pointers."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            target, packed = arguments
            byte_pointer = ir.IntType(8).as_pointer()
            count = len(signature.args[1])
            routine = ir.FunctionType(ir.VoidType(), [byte_pointer] * count).as_pointer()
            function = builder.inttoptr(target, routine)
            passed = [
                builder.inttoptr(builder.extract_value(packed, i), byte_pointer)
                for i in range(count)
            ]
            builder.call(function, passed)
            return context.get_dummy_value()

        return types.void(types.int64, pointers), generate
