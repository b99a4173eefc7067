"""Ratings as steps of a hidden number.

With ``z_n ~ N(f_n, 1 / w_n)`` rating n is step k where ``cuts[k] < z_n <= cuts[k + 1]``; the first
cut is -inf and the last inf. So, P being the normal distribution function, ::

    p(step k) = P((cuts[k + 1] - f) sqrt(w)) - P((cuts[k] - f) sqrt(w)).

Work is split into blocks of fixed size, and sums are kept by block, so results do not depend on
the number of threads.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive

BLOCK = 20_000
"""Ratings to a block."""
_DENSITY = 0.3989422804014327
_LEAST = 1e-12


@numba.njit(cache=True)
def _below(x, bell):
    """P(x), to 1e-7, and to 1 % of itself down to x = -8; `bell` is ``exp(-x^2 / 2)``.

    Abramowitz and Stegun 26.2.17.
    """
    t = 1 / (1 + 0.2316419 * abs(x))
    tail = ((1.330274429 * t - 1.821255978) * t + 1.781477937) * t
    tail = ((tail - 0.356563782) * t + 0.319381530) * t * bell * _DENSITY
    return 1 - tail if x > 0 else tail


@numba.njit(cache=True)
def _bell(x):
    return math.exp(-0.5 * x * x)


@numba.njit(cache=True)
def _quantile(p):
    """The x with P(x) = p <= 0.75, to 1e-9 of itself (Acklam's rational functions)."""
    if p < 0.02425:
        q = math.sqrt(-2 * math.log(max(p, 1e-300)))
        top = -7.784894002430293e-03 * q - 3.223964580411365e-01
        top = ((top * q - 2.400758277161838e00) * q - 2.549732539343734e00) * q
        top = (top + 4.374664141464968e00) * q + 2.938163982698783e00
        low = (7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e00
        return top / ((low * q + 3.754408661907416e00) * q + 1)
    q = p - 0.5
    r = q * q
    top = (-3.969683028665376e01 * r + 2.209460984245205e02) * r - 2.759285104469687e02
    top = ((top * r + 1.383577518672690e02) * r - 3.066479806614716e01) * r
    low = (-5.447609879822406e01 * r + 1.615858368580409e02) * r - 1.556989798598866e02
    low = ((low * r + 6.680131188771972e01) * r - 1.328068155288572e01) * r + 1
    return (top + 2.506628277459239e00) * q / low


@numba.njit(cache=True)
def _draw_range(start, stop, f, w, steps, cuts, uniform, z):
    for n in range(start, stop):
        root = math.sqrt(w[n])
        low = (cuts[steps[n]] - f[n]) * root
        high = (cuts[steps[n] + 1] - f[n]) * root
        # Of the two tails the lower one is exact in floating point.
        mirrored = low > 0
        if mirrored:
            low, high = -high, -low
        below = _below(low, _bell(low))
        p = below + uniform[n] * (_below(high, _bell(high)) - below)
        x = _quantile(p) if p <= 0.75 else -_quantile(1 - p)
        x = min(max(x, low), high)
        z[n] = f[n] + (-x if mirrored else x) / root


@numba.njit(cache=True, parallel=True)
def _draw_blocks(f, w, steps, cuts, uniform, z):
    for block in numba.prange(-(-len(z) // BLOCK)):
        stop = min(len(z), (block + 1) * BLOCK)
        _draw_range(block * BLOCK, stop, f, w, steps, cuts, uniform, z)


@numba.njit(cache=True)
def _slope_range(start, stop, f, w, steps, cuts, sums):
    last = len(cuts) - 2
    for n in range(start, stop):
        root, k = math.sqrt(w[n]), steps[n]
        low, high = (cuts[k] - f[n]) * root, (cuts[k + 1] - f[n]) * root
        bell_low, bell_high = _bell(low), _bell(high)
        share = max(_below(high, bell_high) - _below(low, bell_low), _LEAST)
        at_low = _DENSITY * bell_low * root / share if k > 0 else 0.0
        at_high = _DENSITY * bell_high * root / share if k < last else 0.0
        sums[k, 0] -= at_low
        sums[k, 1] += at_low * at_low
        sums[k + 1, 0] += at_high
        sums[k + 1, 1] += at_high * at_high
        sums[k, 2] -= at_low * at_high


@numba.njit(cache=True, parallel=True)
def _slope_blocks(f, w, steps, cuts, sums):
    for block in numba.prange(len(sums)):
        stop = min(len(f), (block + 1) * BLOCK)
        _slope_range(block * BLOCK, stop, f, w, steps, cuts, sums[block])


@numba.njit(cache=True)
def _expect_range(start, stop, f, w, steps, cuts, z, squares):
    for n in range(start, stop):
        root, k = math.sqrt(w[n]), steps[n]
        low, high = (cuts[k] - f[n]) * root, (cuts[k + 1] - f[n]) * root
        mirrored = low > 0
        if mirrored:
            low, high = -high, -low
        bell_low, bell_high = _bell(low), _bell(high)
        share = max((_below(high, bell_high) - _below(low, bell_low)) / _DENSITY, 1e-300)
        mean = min(max((bell_low - bell_high) / share, low), high)
        square = share
        # An end at infinity has no density, whatever it is multiplied by.
        if bell_low > 0:
            square += low * bell_low
        if bell_high > 0:
            square -= high * bell_high
        z[n] = f[n] + (-mean if mirrored else mean) / root
        squares[n] = max(square / share, mean * mean) / w[n]


@numba.njit(cache=True, parallel=True)
def _expect_blocks(f, w, steps, cuts, z, squares):
    for block in numba.prange(-(-len(z) // BLOCK)):
        stop = min(len(z), (block + 1) * BLOCK)
        _expect_range(block * BLOCK, stop, f, w, steps, cuts, z, squares)


def draw(
    f: npt.NDArray[np.float32],
    w: npt.NDArray[np.float32],
    steps: npt.NDArray[np.int32],
    cuts: npt.NDArray[np.float64],
    uniform: npt.NDArray[np.float32],
    z: npt.NDArray[np.float32],
) -> None:
    """A draw of every hidden number between the cuts of its rating.

    Parameters
    ----------
    f, w : (n,) float32, in
        Mean, and precision > 0.
    steps : (n,) int32, in
        k, from 0.
    cuts : (steps + 1,) float64, in
        Ascending, from -inf to inf.
    uniform : (n,) float32, in
        Noise within [0, 1); 0.5 for the median.
    z : (n,) float32, out
    """
    if len(z) < BLOCK:
        _draw_range(0, len(z), f, w, steps, cuts, uniform, z)
        return
    with exclusive():
        _draw_blocks(f, w, steps, cuts, uniform, z)


def expect(
    f: npt.NDArray[np.float32],
    w: npt.NDArray[np.float32],
    steps: npt.NDArray[np.int32],
    cuts: npt.NDArray[np.float64],
    z: npt.NDArray[np.float32],
    squares: npt.NDArray[np.float32],
) -> None:
    """The means of z, and of ``(z - f)^2``, between the cuts of each rating; both are out."""
    arguments = (f, w, steps, cuts, z, squares)
    if len(z) < BLOCK:
        _expect_range(0, len(z), *arguments)
        return
    with exclusive():
        _expect_blocks(*arguments)


def slopes(
    f: npt.NDArray[np.float32],
    w: npt.NDArray[np.float32],
    steps: npt.NDArray[np.int32],
    cuts: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """(steps + 1, 3) float64: of ``sum_n log p(step of n)``, by cut, the slope and its information.

    The three columns are the derivative by the cut, and the sums of the squared derivatives of
    each rating and of the products with that by the next cut: the information of the cuts is
    tridiagonal. Parameters as in `draw`.
    """
    blocks = -(-len(f) // BLOCK)
    sums = np.zeros((blocks, len(cuts), 3))
    if blocks == 1:
        _slope_range(0, len(f), f, w, steps, cuts, sums[0])
    else:
        with exclusive():
            _slope_blocks(f, w, steps, cuts, sums)
    return np.asarray(sums.sum(axis=0))
