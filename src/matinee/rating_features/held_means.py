"""What a column of features has seen of the means of users, or of movies."""

from __future__ import annotations

import numpy as np

from matinee.interactions import Bool, Int32, Int64, Interactions
from matinee.rating_features import sums
from matinee.rating_features.calendar import Float64
from matinee.rating_features.fitting import rated

WITHOUT = (
    "make it of the other ratings: out-of-fold, or of earlier ones, and for test rows of training "
    "ratings only"
)
"""What to do about most leaks."""
_MIRRORED = 0.9
"""Share of what a column varies by within a group that the own ratings explain."""


class Means:
    """Ratings of each user (or movie): what a column may have seen of them."""

    def __init__(
        self, what: str, group: Int32, values: Float64, whole: Interactions, all_groups: Int32
    ) -> None:
        self.what, self.group, self.values = what, group, values
        everything = rated(whole).astype(np.float64)
        size = int(max(group.max(initial=0), all_groups.max(initial=0))) + 1
        added = np.stack([np.ones(len(everything)), everything, everything**2], axis=1)
        count, total, squares = sums.by_group(all_groups, size, added).T
        self.count = count
        self.mean = np.divide(total, count, out=np.zeros(size), where=count > 0)
        inner = np.maximum(squares - count * self.mean**2, 0).sum()
        self.noise = inner / max((count - 1)[count > 1].sum(), 1)
        """Variance of a rating around its group's mean."""

    def told(self, column: Float64, known: Bool) -> tuple[str, str] | None:
        """Evidence that a column has seen the own rating, and what to do; None where there is none.

        Parameters
        ----------
        column : (n,) float64
        known : (n,) bool
            Where the column is known.
        """
        group = self.group[known]
        usable = self.count[group] > 1
        group, c, r = group[usable], column[known][usable], self.values[known][usable]
        if len(group) < 3:
            return None
        members = np.bincount(group, minlength=len(self.count))
        center = np.bincount(group, c, minlength=len(self.count)) / np.maximum(members, 1)
        inner = c - center[group]
        if (inner**2).sum() <= 1e-9 * ((c - c.mean()) ** 2).sum():
            return self._of_constant(center, np.flatnonzero(members))
        rest = self.count[group] - 1
        apart = (
            r - (np.bincount(group, r, minlength=len(self.count)) / np.maximum(members, 1))[group]
        )
        mirrored = (inner * rest * apart).sum()
        power = ((inner * rest) ** 2).sum() * (apart**2).sum()
        if mirrored < 0 and power > 0 and mirrored**2 / power > _MIRRORED:
            return (
                f"within a {self.what} it falls by 1 / (n - 1) where the own rating rises by 1: a "
                "mean of all others, which tells the rating to whoever can tell the "
                f"{self.what}",
                "leave folds of ratings out together, not one by one (mode out-of-fold)",
            )
        return None

    def _of_constant(self, center: Float64, groups: Int64) -> tuple[str, str] | None:
        mean, c = self.mean[groups], center[groups]
        if len(groups) < 10 or np.ptp(c) == 0 or np.ptp(mean) == 0:
            return None
        explained = determination(c, mean)
        # What is left of the variance of means when noise is taken off: a trait knows no more.
        noise = (self.noise / self.count[groups]).mean() / mean.var()
        if noise > 1e-6 and 1 - explained < 0.5 * min(noise, 1):
            return (
                f"it follows the mean rating of the {self.what} (R2 {explained:.4f}) closer than "
                f"what has not seen the own rating can (at most {max(1 - noise, 0):.4f})",
                WITHOUT,
            )
        return None


def determination(first: Float64, second: Float64) -> float:
    """R2 of a straight line between both; 0 where either is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1] ** 2)
