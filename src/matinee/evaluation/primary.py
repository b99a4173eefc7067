"""The one figure that settings are chosen by: without all else that `judge` tells."""

from __future__ import annotations

import numpy as np

from matinee.errors import InvalidInput
from matinee.evaluation import metrics
from matinee.evaluation.asking import Asking
from matinee.evaluation.of_lists import CUTOFF
from matinee.interactions import Interactions, SideInformation
from matinee.model import Model
from matinee.splits import Split


def primary(
    model: Model,
    split: Split,
    side: SideInformation | None = None,
    *,
    masked: Interactions | None = None,
) -> float:
    """RMSE of the test ratings, or the mean NDCG@10 of the lists of people with test items.

    Parameters
    ----------
    model
        Fitted on ``split.train``.
    side
        As the model was fitted with it.
    masked
        What is never recommended to people of the training part, where that is more than they
        have there.

    Raises
    ------
    InvalidInput
        A rating model, and test ratings without values.
    """
    test = split.test
    if model.task == "rating":
        if test.value is None:
            raise InvalidInput("Rating models need test ratings with values, got none.")
        return metrics.rmse(Asking(model, split, side).predictions()[0], test.value)
    people = split.people
    if masked is None or split.given is not None:
        lists = Asking(model, split, side).lists(CUTOFF)
    else:
        lists = model.recommend(people, CUTOFF, seen=masked.matrix[people]).items
    relevant = test.matrix[people]
    ndcg = metrics.ndcg(metrics.hits(lists, relevant), np.diff(relevant.indptr), CUTOFF)
    return float(ndcg.mean()) if len(ndcg) else np.nan
