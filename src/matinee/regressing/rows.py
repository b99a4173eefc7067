"""Features of the two sides of a split, made once for all regressors."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput
from matinee.interactions import Float32, Interactions, SideInformation
from matinee.models.regressors import Features
from matinee.splits import Split


@dataclass(frozen=True, eq=False)
class Rows:
    """What regressors learn from and are judged on.

    Attributes
    ----------
    x, y : (n, f) and (n,) float32 of training
    x_test, y_test : of what is judged
    columns
        f names.
    protocol
        How the rows of test were held out.
    seconds
        What making them took.
    """

    x: Float32
    y: Float32
    x_test: Float32
    y_test: Float32
    columns: tuple[str, ...]
    protocol: str
    seconds: float = 0.0


def of_split(
    split: Split,
    side: SideInformation | None = None,
    *,
    features: str = "out-of-fold",
    taste: int = 16,
    seed: int = 0,
) -> Rows:
    """Features of a split: those of training rows without their own rating, those of test rows of
    all training ratings and at the time of the test rating.

    Parameters
    ----------
    features, taste
        As of the model `regressors`.

    Raises
    ------
    InvalidInput
        Ratings without values.
    """
    began = time.perf_counter()
    values, wanted = _values(split.train), _values(split.test)
    side = side or SideInformation()
    made = Features.fit(split.train, side, taste=taste, seed=seed)
    x = made.of_training(split.train, side, mode=features, seed=seed)
    x_test = made.of_others(split.train, side, split.test)
    seconds = time.perf_counter() - began
    return Rows(x, values, x_test, wanted, made.names, str(split.protocol), seconds)


def of_arrays(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    x_test: npt.ArrayLike,
    y_test: npt.ArrayLike,
    columns: tuple[str, ...] | None = None,
) -> Rows:
    """Rows of your own features: (n, f) and (n,) to learn from, (m, f) and (m,) to be judged on.

    Raises
    ------
    InvalidInput
        Shapes do not fit each other.
    """
    parts = [np.asarray(a, np.float32) for a in (x, y, x_test, y_test)]
    width = parts[0].shape[1] if parts[0].ndim == 2 else -1
    fits = [(len(parts[i]), width) == parts[i].shape for i in (0, 2)]
    fits += [parts[i].shape == parts[i - 1].shape[:1] for i in (1, 3)]
    if not all(fits) or not len(parts[3]):
        raise InvalidInput(
            "Rows must be (n, f) features with n targets, twice, and some to judge by, got shapes "
            f"{', '.join(str(p.shape) for p in parts)}."
        )
    names = columns or tuple(f"column {j}" for j in range(width))
    return Rows(parts[0], parts[1], parts[2], parts[3], names, "given")


def _values(ratings: Interactions) -> Float32:
    if ratings.value is None:
        raise InvalidInput(
            "Regressors predict ratings, and these choices have none; take a ranking model."
        )
    return ratings.value
