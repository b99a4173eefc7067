"""How far off a prediction may be: intervals that hold what they promise, from held-out ratings.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018), scaled by the error that each
prediction leads one to expect. Of held-out ratings r with predictions p::

    error(x) = exp(w . x)     w minimizes  sum_i log error(x_i) + |r_i - p_i| / error(x_i)
    score_i  = |r_i - p_i| / error(x_i), and 0 where r_i is the step of the scale nearest p_i
    q_share  = the ceil((n + 1) share)-th smallest score

x is what the prediction rests on: how many ratings of the person and of the item are known, how
much the person's ratings differ among themselves, where on the scale the prediction lies, and the
deviation that the model states, if it does. The interval of p holds the steps of the scale that
are within ``q_share error(x)`` of p, and the nearest one in any case: so no interval is empty, and
none holds only ratings that nobody can give. On a scale without steps it is
``p -+ q_share error(x)``, within the scale.

Whatever the model, the next rating lies in its interval with a probability of `share` or more, as
long as it is like the held-out ones (exchangeable with them). Ratings of later times are not
quite: what is measured says by how much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee import inputs
from matinee.answers import Sure
from matinee.errors import CorruptArchive
from matinee.interactions import Bool, Float32, Int32
from matinee.model import Model
from matinee.splits import Split

Float64 = npt.NDArray[np.float64]

SHARES = (0.5, 0.9)
"""How many of all ratings the intervals should hold."""
FEWEST = 40
"""Held-out ratings below which nothing is claimed."""
SURE: tuple[Sure, ...] = ("low", "medium", "high")
_SURE_BELOW = {"high": 0.7, "medium": 0.85}
"""Expected errors, as shares of the error of guessing the mean of all ratings."""

_DAMPING = 5.0
"""Ratings of common spread that each person is given."""
_MOST_STEPS = 20
_RIDGE = 1.0
_TURNS = 50


class Rests(NamedTuple):
    """What predictions rest on, a row a pair."""

    own: Float64
    """Ratings of the person that are known."""
    spread: Float64
    """Their standard deviation, damped towards that of all ratings."""
    others: Float64
    """Ratings of the item that are known."""


@dataclass(frozen=True)
class Calibration:
    """What is known of a model's errors; plain numbers, so that it can be kept as JSON.

    Attributes
    ----------
    weights, center, lowest, highest
        w, a number each for 1 and the columns of x; the mean of each column, which it is taken
        without; and the range in which held-out ratings were, to which it is clipped.
    quantiles
        q of each of `SHARES`.
    low, high, step
        The scale; step 0 where ratings are on no few steps.
    spread, guess
        Standard deviation of the held-out ratings, and the mean error of guessing their mean.
    coverage
        Share of held-out ratings that lay in their intervals, these being learned from others.
    width
        Mean width of the intervals.
    errors
        Mean absolute error of the predictions of which we are "low", "medium" and "high" sure;
        None where there were none.
    parts
        How many of the predictions those are.
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

    def expected_error(
        self, predicted: Float32, rests: Rests, deviation: Float32 | None = None
    ) -> Float64:
        """(pairs,) the mean absolute error that such predictions have."""
        columns = _columns(predicted, rests, deviation, (self.low, self.high))
        inside = np.clip(columns, self.lowest, self.highest) - self.center
        return np.asarray(np.exp(self.weights[0] + inside @ np.array(self.weights[1:])))

    def interval(
        self, predicted: Float32, error: Float64, share: float
    ) -> tuple[Float64, Float64]:
        """(pairs,) lowest and highest rating of the interval of `share`, one of `SHARES`."""
        reach = self.quantiles[SHARES.index(share)] * error
        p = predicted.astype(np.float64)
        if not self.step:
            return np.maximum(p - reach, self.low), np.minimum(p + reach, self.high)
        place, wide = (p - self.low) / self.step, reach / self.step
        nearest, last = np.floor(place + 0.5), round((self.high - self.low) / self.step)
        first = np.minimum(np.ceil(place - wide - 1e-6), nearest)
        final = np.maximum(np.floor(place + wide + 1e-6), nearest)
        return (
            self.low + self.step * np.clip(first, 0, last),
            self.low + self.step * np.clip(final, 0, last),
        )

    def sure(self, error: Float64) -> list[Sure]:
        """How sure an expected error lets us be: "high" where it is at most 0.7 of that of
        guessing the mean of all ratings, "medium" up to 0.85 of it, else "low"."""
        return [SURE[place] for place in _classes(error, self.guess).tolist()]

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
            lists = {k: tuple(v) for k, v in told.items() if isinstance(v, list | tuple)}
            made = cls(**{**told, **lists})
            numbers = [x for v in asdict(made).values() for x in np.atleast_1d(v) if x is not None]
            sizes = {len(made.center), len(made.lowest), len(made.highest), len(made.weights) - 1}
            whole = len(made.quantiles) == len(made.coverage) == len(SHARES) and len(sizes) == 1
            if whole and sizes <= {_COLUMNS, _COLUMNS + 1} and all(map(math.isfinite, numbers)):
                return made
        except (TypeError, ValueError):
            pass
        raise CorruptArchive(
            "A model's calibration must be as matinee wrote it, but it is damaged; train it again."
        )


def rests(model: Model, people: Any, items: npt.ArrayLike, spread: float) -> Rests:
    """What the predictions of a fitted rating model rest on.

    Parameters
    ----------
    people
        Histories, of which one may go with many items, or user indices of the training data
        (-1 for somebody unknown): as `Model.predict` takes them.
    items
        -1 for an unknown item.
    spread
        Standard deviation of all ratings.
    """
    wanted = np.asarray(items)
    of_item = np.where(wanted >= 0, model.item_count_[wanted], 0).astype(np.float64)
    if inputs.are_histories(people):
        history, rows = inputs.checked_histories(people, model.n_items), np.arange(len(wanted))
        if history.shape[0] == 1:
            rows = np.zeros(len(wanted), np.int64)
    else:
        users, rows = np.unique(np.atleast_1d(people), return_inverse=True)
        nobody = csr_array((1, model.n_items), dtype=np.float32)
        history = inputs.rows_of(model.seen_, users.astype(np.int64), lambda: nobody)
    count, own = _own(history, spread)
    return Rests(count[rows], own[rows], of_item)


def _own(history: csr_array, spread: float) -> tuple[Float64, Float64]:
    """Of each row how many ratings, and their damped standard deviation."""
    count = np.diff(history.indptr)
    row = np.repeat(np.arange(len(count)), count)
    values = history.data.astype(np.float64)
    mean = np.bincount(row, values, minlength=len(count)) / np.maximum(count, 1)
    squares = np.bincount(row, (values - mean[row]) ** 2, minlength=len(count))
    damped = (squares + _DAMPING * spread**2) / (count + _DAMPING)
    return count.astype(np.float64), np.sqrt(damped)


# ---- learning ---------------------------------------------------------------------------


def learned(
    model: Model, split: Split, predicted: Float32, deviation: Float32 | None = None
) -> Calibration | None:
    """Learn from test ratings how far off their predictions are, and measure what that is worth.

    Coverage and errors are measured on each half of the test ratings by what was learned from the
    other. Under a split by time the earlier half teaches and the later one is measured.

    Returns
    -------
    None where there are fewer than `FEWEST` test ratings.
    """
    test = split.test
    if test.value is None or len(test) < FEWEST:
        return None
    actual = test.value.astype(np.float64)
    low, high = (float(b) for b in model.bounds_)
    low, high = min(low, float(actual.min())), max(high, float(actual.max()))
    spread = float(actual.std())
    rest = rests(model, test.user_index, test.item_index, spread)
    held = _Held(predicted, actual, _columns(predicted, rest, deviation, (low, high)))
    base = (low, high, _step(actual, low, high), spread)
    first = _first_half(split)
    ways = [(first, ~first)] if split.protocol.kind == "time" else [(first, ~first), (~first, first)]
    judged = [_judged(_calibrated(held.at(a), base), held.at(b), rest_at(rest, b), deviation_at(deviation, b)) for a, b in ways]
    return judged
