"""Where clusters stand on a map: the two principal axes of what marks them out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive

Float64 = npt.NDArray[np.float64]


class Places(NamedTuple):
    """Places on two axes, and what the axes are made of."""

    points: Float64
    """(k, 2) in -1..1."""
    loadings: Float64
    """(2, f) of each axis on each trait; rows of length one, or zero where there is no axis."""
    shares: Float64
    """(2,) of the variance between clusters that each axis shows."""


def places(vectors: Float64, sizes: npt.NDArray[np.generic]) -> Places:
    """The clusters on the two principal axes of their vectors, larger ones weighing more.

    The axes are the leading right singular vectors of ``W^(1/2) (V - mean)``, W being sizes as
    shares and the mean weighted by them. Each points to where its largest loading is positive,
    so that the same vectors give the same map. Both axes have one scale.

    Parameters
    ----------
    vectors : (k, f) float64
        Such as logarithms of lifts.
    sizes : (k,) counts
    """
    k, f = vectors.shape
    weight = sizes.astype(np.float64) / max(float(sizes.sum()), 1.0)
    centered = vectors - weight @ vectors
    points, loadings, shares = np.zeros((k, 2)), np.zeros((2, f)), np.zeros(2)
    if f and k:
        with exclusive():
            _, strength, right = np.linalg.svd(
                np.sqrt(weight)[:, np.newaxis] * centered, full_matrices=False
            )
        # Axes along which clusters differ by rounding only are none.
        real = strength > 1e-9 * max(float(np.abs(vectors).max()), 1.0)
        n = min(2, int(real.sum()))
        top = right[:n]
        signs = np.sign(top[np.arange(n), np.argmax(np.abs(top), axis=1)])
        loadings[:n] = top * signs[:, np.newaxis]
        # Sums in a fixed order: a product by BLAS may differ between machines.
        points[:, :n] = (centered[:, np.newaxis, :] * loadings[:n]).sum(axis=2)
        shares[:n] = strength[:n] ** 2 / (strength**2).sum()
    largest = float(np.abs(points).max(initial=0.0))
    return Places(points / largest if largest else points, loadings, shares)


def ends(loadings: Float64, names: list[str], most: int = 2) -> tuple[list[str], list[str]]:
    """What pulls to the low and to the high end of an axis, the strongest first."""
    order = np.argsort(loadings, kind="stable").tolist()
    bar = 0.25 * float(np.abs(loadings).max(initial=0.0))
    low = [names[i] for i in order[:most] if loadings[i] < -bar]
    high = [names[i] for i in order[::-1][:most] if loadings[i] > bar]
    return low, high
