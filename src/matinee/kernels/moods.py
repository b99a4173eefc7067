"""Moods: what a person's ratings of about the same moment have in common.

The ratings of a person are cut into pages, in order of time. With r_n the error that everything
else leaves of rating n, and w_n its precision, page b of a person has ::

    r_n ~ N(s_b + g_b, 1 / w_n),    g_b ~ N(0, G),
    s_1 ~ N(0, V),                  s_b ~ N(phi s_{b-1}, (1 - phi^2) V).

All s of a person are drawn at once (forward filtering, backward sampling), then all g. Each person
is drawn alone, from noise that the caller has drawn, so results do not depend on the number of
threads.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import balanced_blocks, exclusive

_SMALL = 20_000
"""Pages below which entering a parallel loop would cost more than it gains."""


@numba.njit(cache=True)
def _draw_rows(start, stop, starts, weights, sums, phi, v, g, noise, moods):
    fresh = (1 - phi * phi) * v
    for row in range(start, stop):
        first, last = starts[row], starts[row + 1]
        filtered = np.empty((last - first, 2), np.float64)
        mean, variance = 0.0, v
        for b in range(first, last):
            gain = variance / (variance + g + 1 / weights[b])
            mean += gain * (sums[b] / weights[b] - mean)
            variance *= 1 - gain
            filtered[b - first, 0] = mean
            filtered[b - first, 1] = variance
            mean *= phi
            variance = phi * phi * variance + fresh
        s = 0.0
        for b in range(last - 1, first - 1, -1):
            mean, variance = filtered[b - first, 0], filtered[b - first, 1]
            if b < last - 1:
                gain = phi * variance / (phi * phi * variance + fresh)
                mean += gain * (s - phi * mean)
                variance *= 1 - gain * phi
            s = mean + np.sqrt(max(variance, 0.0)) * noise[0, b]
            precision = weights[b] + 1 / g
            moods[0, b] = s
            moods[1, b] = (sums[b] - weights[b] * s) / precision
            moods[1, b] += noise[1, b] / np.sqrt(precision)


@numba.njit(cache=True, parallel=True)
def _draw_blocks(blocks, starts, weights, sums, phi, v, g, noise, moods):
    for block in numba.prange(len(blocks) - 1):
        _draw_rows(blocks[block], blocks[block + 1], starts, weights, sums, phi, v, g, noise, moods)


def draw(
    starts: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float64],
    sums: npt.NDArray[np.float64],
    phi: float,
    v: float,
    g: float,
    noise: npt.NDArray[np.float32],
    moods: npt.NDArray[np.float32],
) -> None:
    """A draw (or the mean) of the moods of everybody.

    Parameters
    ----------
    starts : (people + 1,) int32, in
        Where each person's pages start.
    weights, sums : (pages,) float64, in
        Of each page, the sums of w_n > 0 and of ``w_n r_n``.
    phi, v, g : in
        0 <= phi < 1; V and G > 0.
    noise : (2, pages) float32, in
        Standard normal for a draw, zero for the mean.
    moods : (2, pages) float32, out
        s and g of each page.
    """
    arguments = (starts, weights, sums, phi, v, g, noise, moods)
    if len(weights) < _SMALL:
        _draw_rows(0, len(starts) - 1, *arguments)
        return
    with exclusive():
        _draw_blocks(balanced_blocks(starts, _SMALL), *arguments)
