"""A data set at a glance: every figure, and what they mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matinee.data.dataset import Dataset
from matinee.data.describe import describe
from matinee.exploring import spread, traits
from matinee.exploring.findings import findings
from matinee.exploring.records import Intake, Overview
from matinee.exploring.times import times
from matinee.progress import Progress, silent

_BEST_FROM = 0.05
"""Share of the people who must have rated an item for it to stand among the best."""


def explore(
    dataset: Dataset, intake: Intake | None = None, progress: Progress = silent
) -> Overview:
    """Look at a data set.

    Ratings are read a few times in blocks, sorted once by person and time and once by pair: about
    half a microsecond a rating, and 20 bytes a rating beside the data set itself. Nothing is ever
    as large as people x items.

    Parameters
    ----------
    intake
        What became of the rows that the data set was read from, where that is known.

    Returns
    -------
    Overview
        With what is known; `Overview.missing` says what is not.
    """
    ratings = dataset.interactions
    what = f"exploring {dataset.name}"
    progress(what, 0, 4)
    facts = describe(dataset)
    progress(what, 1, 4)
    of_items = traits.totals(ratings.item_index, ratings.n_items, ratings, facts.liked_threshold)
    of_users = traits.totals(ratings.user_index, ratings.n_users, ratings, facts.liked_threshold)
    values = spread.values(ratings, facts)
    progress(what, 2, 4)
    when, unknown = times(ratings)
    progress(what, 3, 4)
    genres = traits.genres(dataset.item_table, of_items)
    decades = traits.decades(dataset.item_table, of_items)
    people = traits.people(dataset.user_table, of_users)
    best_from = max(5, int(np.ceil(_BEST_FROM * (of_users.ratings > 0).sum())))
    n_twins, twins = traits.twins(dataset.item_table)
    missing = [unknown] if unknown else []
    if values is None and len(ratings):
        missing.append("Feedback is implicit: there are no values to look at.")
    if not genres:
        missing.append("No genres are known: nothing is said of them.")
    if not decades:
        missing.append("No years of release are known: nothing is said of them.")
    if not people:
        missing.append("No ages, genders or occupations are known: nothing is said of them.")
    if intake is None:
        missing.append("What was left out as the ratings were read is not known.")
    found = Overview(
        facts=facts,
        intake=intake,
        values=values,
        per_user=spread.spread(of_users.ratings),
        per_item=spread.spread(of_items.ratings),
        sizes=spread.sizes(of_users.ratings, of_items.ratings),
        times=when,
        genres=genres,
        decades=decades,
        people=people,
        most_rated=traits.most_rated(dataset.item_table, of_items),
        best_rated=traits.best_rated(dataset.item_table, of_items, best_from),
        best_from=best_from,
        n_twins=n_twins,
        twins=twins,
        findings=(),
        missing=tuple(missing),
    )
    progress(what, 4, 4)
    return replace(found, findings=findings(found))
