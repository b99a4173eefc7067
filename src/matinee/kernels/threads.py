"""Who may compute in parallel, and with how many threads.

Two facts make this file necessary. BLAS that starts threads of its own inside a parallel loop
is 50 to 130 times slower than BLAS on one thread. And numba's simplest threading layer ends the
process when two threads enter parallel kernels at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

_one_at_a_time = threading.RLock()
_controller: list[ThreadpoolController] = []


def _pools() -> ThreadpoolController:
    # Found once: looking for the loaded libraries takes milliseconds.
    if not _controller:
        import scipy.linalg  # noqa: F401  its BLAS must be loaded before it can be found

        _controller.append(ThreadpoolController())
    return _controller[0]


@contextmanager
def exclusive() -> Iterator[None]:
    """Hold the machine: one parallel kernel at a time in this process, BLAS on one thread.

    Results computed inside do not depend on the number of threads.
    """
    with _one_at_a_time, _pools().limit(limits=1, user_api="blas"):
        yield


def balanced_blocks(indptr: npt.NDArray[np.int32], block_size: int) -> npt.NDArray[np.int64]:
    """Cut rows into runs of about `block_size` ratings, so that threads share the work evenly.

    Parameters
    ----------
    indptr : (rows + 1,) int32, of a CSR matrix
    block_size
        Ratings in a run. The cut depends on nothing else, the number of threads least of all.

    Returns
    -------
    (blocks + 1,) int64
        Row at which each block starts, and the number of rows last.
    """
    rows = len(indptr) - 1
    # One for each row, so that a long run of empty rows is cut as well.
    work = indptr.astype(np.int64) + np.arange(rows + 1)
    marks = np.arange(0, work[-1] + block_size, block_size)
    return np.unique(np.append(np.searchsorted(work, marks).clip(0, rows), [0, rows]))
