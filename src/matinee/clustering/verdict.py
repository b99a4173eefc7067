"""What a scan says in plain words: whether there is structure, and which k to take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from matinee.clustering.scan import Scan

Structure: TypeAlias = Literal["none", "weak", "reasonable", "strong"]
LEVELS: tuple[tuple[float, Structure], ...] = ((0.7, "strong"), (0.5, "reasonable"), (0.25, "weak"))
"""Silhouettes above which one speaks of structure (Kaufman and Rousseeuw 1990, table 4)."""
ABOVE_CLOUD = 0.1
"""By how much a silhouette must be above that of a cloud without clusters."""
STABLE = 0.5
"""Adjusted Rand index below which other samples of the same rows give other clusters."""
OF_LENGTH = 0.5
"""Share of the variance of the rows' lengths from which clusters are said to be of length."""
CROWDED = 0.9
"""Share of the rows in one cluster from which the others are outliers."""


def structure(scan: Scan) -> tuple[Structure | None, int | None]:
    """How much structure there is, and the k that shows it best; None where no k > 1 is judged.

    A k counts where its silhouette is above .25 and at least .1 above that of a cloud without
    clusters, where its stability is .5 or more, and where no cluster holds nine tenths of the rows
    (a few outliers are far from everything). Of these the one with the highest
    silhouette is taken; if there is none, there is no structure, and the k is that of the highest
    silhouette of all.
    """
    judged = np.isfinite(scan.silhouette)
    if not judged.any():
        return None, None
    counts = judged & ~(_faint(scan) | _like_a_cloud(scan) | _shaky(scan) | _crowded(scan))
    candidates = counts if counts.any() else judged
    best = int(np.argmax(np.where(candidates, scan.silhouette, -np.inf)))
    if not counts.any():
        return "none", int(scan.k[best])
    level = next(name for above, name in LEVELS if scan.silhouette[best] > above)
    return level, int(scan.k[best])


def in_words(scan: Scan) -> str:
    """Structure, knee and held-out quality, a sentence or two each."""
    return " ".join(
        said for said in (_of_structure(scan), _of_knee(scan), _of_quality(scan)) if said
    )


def _faint(scan: Scan) -> np.ndarray:
    return np.asarray(scan.silhouette <= LEVELS[-1][0])


def _like_a_cloud(scan: Scan) -> np.ndarray:
    return np.asarray(scan.silhouette < scan.cloud + ABOVE_CLOUD)


def _shaky(scan: Scan) -> np.ndarray:
    return np.asarray(scan.stability < STABLE)


def _crowded(scan: Scan) -> np.ndarray:
    return np.asarray(scan.largest >= CROWDED)


def _of_structure(scan: Scan) -> str:
    level, k = structure(scan)
    if level is None:
        return "Scan k = 2 or more to learn whether there is structure."
    at = int(np.flatnonzero(scan.k == k)[0])
    best = f"silhouette {scan.silhouette[at]:.2f} at k = {k}"
    if level == "none":
        return (
            f"There is no structure to speak of: {_why_not(scan, at, best)}. Clusters of these "
            "rows may as well be pieces of a continuum: take k for what it is to serve, not as a "
            "truth."
        )
    said = f"There is {level} structure: {best}, {scan.cloud[at]:.2f} in a cloud without clusters"
    if np.isfinite(scan.stability[at]):
        said += (
            "; clusterings of other samples of the rows agree with each other (adjusted Rand index "
            f"{scan.stability[at]:.2f})"
        )
    if scan.of_length[at] >= OF_LENGTH:
        said += (
            f". But clusters explain {scan.of_length[at]:.0%} of how long the rows are: mostly "
            "they tell much from little, such as the active from the rest"
        )
    return f"{said}."


def _why_not(scan: Scan, at: int, best: str) -> str:
    if _faint(scan)[at]:
        return f"the best is {best}, and above {LEVELS[-1][0]:g} one would speak of clusters"
    if _like_a_cloud(scan)[at]:
        return f"the best is {best}, but a cloud without clusters has {scan.cloud[at]:.2f} there"
    if _crowded(scan)[at]:
        return (
            f"the best is {best}, but one cluster holds {scan.largest[at]:.1%} of the rows there, "
            "and the others are outliers"
        )
    return (
        f"the best is {best}, but other samples of the same rows give other clusters (adjusted "
        f"Rand index {scan.stability[at]:.2f})"
    )


def _of_knee(scan: Scan) -> str:
    if scan.knee is None:
        return "The curve of WCSS has no knee." if len(scan.k) > 2 else ""
    return f"The curve of WCSS bends most at k = {scan.knee}."


def _of_quality(scan: Scan) -> str:
    if not np.isfinite(scan.quality).any():
        return ""
    at = int(np.nanargmax(scan.quality))
    best, popular = scan.quality[at], scan.popularity
    last = ", the highest scanned" if 0 < at == len(scan.k) - 1 else ""
    said = f"NDCG@10 on validation ratings is best at k = {scan.k[at]}{last}, {best:.4f}"
    if not np.isfinite(popular):
        return f"{said}."
    if best <= popular:
        return f"{said}: no k beats popularity, {popular:.4f}."
    return f"{said}, against {popular:.4f} of popularity."
