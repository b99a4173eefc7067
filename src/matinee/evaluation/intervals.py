"""How far off a prediction may be: intervals that hold what they promise, from held-out ratings.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018), scaled by the error that each
prediction leads one to expect. Of held-out ratings r with predictions p::

    error(x) = exp(w . x)     w minimizes  sum_i log error(x_i) + |r_i - p_i| / error(x_i),
                              and 15 sum_k var(x_k) w_k^2
    score_i  = |r_i - p_i| / error(x_i), and 0 where r_i is one of the steps nearest p_i
    q_share  = the ceil((n + 1) share)-th smallest score

x is what the prediction rests on: how many ratings of the person and of the item are known (by
the root, as the error of a mean), how much the person's ratings differ among themselves (the log),
where on the scale the prediction lies (also squared), and the log of the deviation that the model
states, if it does. The interval of p holds the steps of the scale within ``q_share error(x)`` of
p, and the nearest in any case: one in that of a half, so that it holds a rating that can be given;
two in that of nine tenths if there are more than two, as single ones held but eight of ten. On a
scale without steps an interval is ``p -+ q_share error(x)``, within the scale.

Whatever the model, the next rating lies in its interval with a probability of `share` or more, as
long as it is like the held-out ones (exchangeable with them). Ratings of later times are not
quite: what is measured says by how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee import inputs
from matinee.answers import Sure
from matinee.errors import CorruptArchive
from matinee.evaluation.metrics import Float64
from matinee.interactions import Float32, Int64
from matinee.model import Model

SHARES = (0.5, 0.9)
"""How many of all ratings the intervals should hold."""
SURE: tuple[Sure, ...] = ("low", "medium", "high")
_SURE_UP_TO = (0.7, 0.85)
"""Expected errors, of that of guessing the mean of all ratings, up to which we are more sure."""
COLUMNS = 5
"""Columns of x, but for the model's own deviation."""

_DAMPING = 5.0
"""Ratings of common spread that each person is given."""
TINY = 1e-12


@dataclass(frozen=True)
class Calibration:
    """What is known of a model's errors; plain numbers, so that it can be kept as JSON.

    Attributes
    ----------
    weights
        w: of 1, and of each column of x.
    center, lowest, highest
        Of each column its mean, which is taken off, and the range of the held-out ratings, to
        which it is clipped before.
    quantiles
        q of each of `SHARES`.
    low, high, step
        The scale; step 0 where ratings are not on few even steps.
    spread, guess
        Standard deviation of the held-out ratings, and the mean error of guessing their mean.
    coverage, width
        Of each of `SHARES`: how many ratings lay in their intervals, these being learned from
        others, and how wide they were.
    errors, parts
        Of "low", "medium" and "high": the mean absolute error of the predictions that we are so
        sure of (None where there were none), and how many of all these are.
    counted
        Held-out ratings that all this was learned from.
    """

    weights: tuple[float, ...]
    center: tuple[float, ...]
    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    quantiles: tuple[float, ...]
    low: float
    high: float
    step: float
    spread: float
    guess: float
    coverage: tuple[float, ...] = ()
    width: tuple[float, ...] = ()
    errors: tuple[float | None, ...] = ()
    parts: tuple[float, ...] = ()
    counted: int = 0

    @property
    def by_deviation(self) -> bool:
        """Whether the model's own deviation is one of the columns."""
        return len(self.center) > COLUMNS

    def expected_error(
        self,
        model: Model,
        people: Any,
        items: npt.ArrayLike,
        predicted: Float32,
        deviation: Float32 | None = None,
    ) -> Float64:
        """(pairs,) the mean absolute error of predictions like these.

        Parameters
        ----------
        people, items
            As `Model.predict` was given them.
        deviation
            What `Model.predict_with_deviation` gave besides, where `by_deviation`.
        """
        scale = (self.low, self.high)
        return self.error(columns(model, people, items, predicted, deviation, scale, self.spread))

    def error(self, columns: Float64) -> Float64:
        """`expected_error` of rows of x."""
        inside = np.clip(columns, self.lowest, self.highest) - self.center
        return np.asarray(np.exp(self.weights[0] + inside @ np.array(self.weights[1:])))

    def interval(self, predicted: Float32, error: Float64, share: float) -> tuple[Float64, Float64]:
        """(pairs,) lowest and highest rating in the interval of `share`, which is of `SHARES`."""
        reach = self.quantiles[SHARES.index(share)] * error
        p = predicted.astype(np.float64)
        if not self.step:
            return np.maximum(p - reach, self.low), np.minimum(p + reach, self.high)
        place, reach = (p - self.low) / self.step, reach / self.step
        last = round((self.high - self.low) / self.step)
        first, final = nearest(place, last, share)
        # One that is just within reach, such as the one that set the quantile, is within it.
        first = np.minimum(np.ceil(place - reach - 1e-6), first)
        final = np.maximum(np.floor(place + reach + 1e-6), final)
        bounds = [self.low + self.step * np.clip(at, 0, last) for at in (first, final)]
        return bounds[0], bounds[1]

    def sure(self, error: Float64) -> list[Sure]:
        """How sure the expected errors let us be, by how they compare with the error of guessing
        the mean of all ratings: "high" up to 0.7 of it, "medium" up to 0.85, else "low"."""
        return [SURE[place] for place in self.places(error).tolist()]

    def places(self, error: Float64) -> Int64:
        """Places in `SURE`."""
        compared = error / self.guess if self.guess > 0 else np.zeros(len(error))
        return 2 - np.searchsorted(_SURE_UP_TO, compared, side="left")

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Calibration:
        """What `as_dict` made.

        Raises
        ------
        CorruptArchive
            It is nothing of the kind, or holds what is no finite number.
        """
        try:
            plain: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in told.items()
            }
            made = cls(**plain)
            numbers = np.concatenate(
                [np.atleast_1d(v) for k, v in vars(made).items() if k != "errors"]
            )
            width = {len(made.center), len(made.lowest), len(made.highest), len(made.weights) - 1}
            shares = {len(made.quantiles), len(made.coverage), len(made.width)}
            fits = width in ({COLUMNS}, {COLUMNS + 1}) and shares == {len(SHARES)}
            if fits and len(made.errors) == len(SURE) and np.isfinite(numbers).all():
                return made
        except (AttributeError, TypeError, ValueError):
            pass
        raise CorruptArchive(
            "A model's calibration must be as matinee wrote it, but it is damaged; train it again."
        )


def nearest(place: Float64, last: int, share: float) -> tuple[Float64, Float64]:
    """(pairs,) first and last of the steps that an interval holds in any case, counted from 0.

    Parameters
    ----------
    place
        Of predictions, in steps from the lowest rating.
    last
        Of the highest rating.
    """
    if share > 0.5 and last > 1:
        first = np.clip(np.floor(place), 0, last - 1)
        return first, first + 1
    first = np.floor(place + 0.5)
    return first, first


# ---- what predictions rest on -----------------------------------------------------------


def columns(
    model: Model,
    people: Any,
    items: npt.ArrayLike,
    predicted: Float32,
    deviation: Float32 | None,
    scale: tuple[float, float],
    spread: float,
) -> Float64:
    """(pairs, 5 or 6): x. A person's spread is damped towards that of all ratings."""
    wanted = np.asarray(items)
    if inputs.are_histories(people):
        history = inputs.checked_histories(people, model.n_items)
        rows = np.zeros(len(wanted), np.int64) if history.shape[0] == 1 else np.arange(len(wanted))
    else:
        users, rows = np.unique(np.atleast_1d(people), return_inverse=True)
        history = inputs.rows_of(
            model.seen_, users, lambda: csr_array((1, model.n_items), dtype=np.float32)
        )
    count, squares = _own(history)
    own = np.sqrt((squares + _DAMPING * spread**2) / (count + _DAMPING))
    others = np.where(wanted >= 0, model.item_count_[wanted], 0)
    room = scale[1] - scale[0]
    place = (predicted.astype(np.float64) - scale[0]) / (room if room > 0 else 1.0)
    found = [
        np.log(np.maximum(own, TINY))[rows],
        1 / np.sqrt(1 + count)[rows],
        1 / np.sqrt(1 + others),
    ]
    found += [place, place**2]
    if deviation is not None:
        found.append(np.log(np.maximum(deviation.astype(np.float64), TINY)))
    return np.stack(found, axis=1)


def _own(history: csr_array) -> tuple[Int64, Float64]:
    """Of each row how many ratings there are, and the sum of squares about their mean."""
    count = np.diff(history.indptr)
    row = np.repeat(np.arange(len(count)), count)
    values = history.data.astype(np.float64)
    mean = np.bincount(row, values, minlength=len(count)) / np.maximum(count, 1)
    squares = np.bincount(row, (values - mean[row]) ** 2, minlength=len(count))
    return np.asarray(count, np.int64), np.asarray(squares, np.float64)
