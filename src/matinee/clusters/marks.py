"""What marks a cluster out: the traits and titles that its members choose more than everybody.

Arrays in, arrays and marks out; what a cluster is called is `naming`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.cluster_answers import Mark

Float64 = npt.NDArray[np.float64]

CHOICES = 50.0
"""Choices like everybody's that each cluster is given, so that a small one claims little."""
SHARE = 0.05
"""Added to both shares of a lift, so that what is rare everywhere cannot win."""
PEOPLE = 5.0
"""People that each lift of a title is damped by."""
MEMBERS = 20.0
"""People like everybody that each cluster is given before its profiles are compared."""
SIGMAS = 3.0
"""Standard deviations by which a share of profiles must leave everybody's to count at all: of
dozens of ages, occupations and regions some always differ by chance."""
MARKED = 1.1
"""The lift from which on something is said to mark a cluster out."""


def shares(counts: npt.NDArray[np.generic], features: csr_array) -> tuple[Float64, Float64]:
    """How much of each cluster's choices has each trait, and how much of all choices.

    ``s_cf = (sum_i n_ci x_if + CHOICES s_f) / (N_c + CHOICES)`` and
    ``s_f = sum_ci n_ci x_if / sum_c N_c``: n_ci counts choices of item i in cluster c,
    N_c all choices there, and x_if is 1 where item i has trait f.

    Parameters
    ----------
    counts : (k, n_items)
        Choices of each item in each cluster.
    features : (n_items, f) CSR of zeros and ones

    Returns
    -------
    (k, f) float64 and (f,) float64 shares; zero where nothing was chosen.
    """
    chosen = counts.astype(np.float64)
    found = np.asarray((features.T @ chosen.T).T, np.float64)
    total = chosen.sum(axis=1)
    everybody = found.sum(axis=0) / max(float(total.sum()), 1.0)
    within = (found + CHOICES * everybody) / (total + CHOICES)[:, np.newaxis]
    return within, everybody


def profile_shares(shares_: Float64, sizes: npt.NDArray[np.generic]) -> tuple[Float64, Float64]:
    """Shares of profiles, those of small clusters drawn towards everybody's.

    ``(n_c s_cg + MEMBERS s_g) / (n_c + MEMBERS)``, s_g being the mean of s_cg weighted by n_c; but
    s_g where ``|s_cg - s_g| < SIGMAS sqrt(s_g (1 - s_g) / n_c)``, which chance alone may do.

    Parameters
    ----------
    shares_ : (k, g) float64
        s_cg, how much of cluster c has trait g.
    sizes : (k,) counts
        n_c members.

    Returns
    -------
    (k, g) and (g,) float64
    """
    size = sizes.astype(np.float64)[:, np.newaxis]
    everybody = (shares_ * size).sum(axis=0) / max(float(size.sum()), 1.0)
    chance = SIGMAS * np.sqrt(everybody * (1 - everybody) / np.maximum(size, 1))
    damped = (size * shares_ + MEMBERS * everybody) / (size + MEMBERS)
    return np.where(np.abs(shares_ - everybody) < chance, everybody, damped), everybody


def lifts(within: Float64, everybody: Float64) -> Float64:
    """``(s_cf + SHARE) / (s_f + SHARE)``: how many times everybody's share it is, damped."""
    return (within + SHARE) / (everybody + SHARE)


def title_lifts(liked: npt.NDArray[np.generic], size: int, rate: Float64) -> Float64:
    """(n,) ``(n_ci + PEOPLE) / (n_c p_i + PEOPLE)`` of titles that n_ci of n_c members like.

    Parameters
    ----------
    liked : (n,) counts
    size
        Members of the cluster.
    rate : (n,) float64
        p_i, the share of everybody who likes each.
    """
    return (liked.astype(np.float64) + PEOPLE) / (size * rate + PEOPLE)


def marks_of(names: Sequence[str], within: Float64, everybody: Float64) -> list[Mark]:
    """Everything that marks one cluster out, the strongest first.

    Parameters
    ----------
    names : f names, such as "genre:Drama"
    within, everybody : (f,) float64
        Shares in this cluster and in the whole.
    """
    lift = lifts(within, everybody)
    found = []
    # The number of a trait settles ties, so that the same counts give the same marks.
    for place in np.argsort(-lift, kind="stable").tolist():
        if lift[place] < MARKED:
            break
        kind, _, value = names[place].partition(":")
        figures = (float(within[place]), float(everybody[place]), float(lift[place]))
        found.append(Mark(kind, value, *figures))
    return found
