"""What a fitted model does when asked what its card must tell: tried out, not taken from a list."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.authoring import Authored
from matinee.cards.record import Behavior
from matinee.interactions import SideInformation
from matinee.model import Model
from matinee.ranking import Ranking

_TITLES, _PEOPLE, _PROFILES = 50, 5, 12
"""How many of each are asked for; enough to see whether answers differ."""


def behavior(model: Model, side: SideInformation) -> Behavior:
    """Ask a model about strangers, profiles, titles without ratings and titles it never saw."""
    stranger = model.recommend(np.array([-1]), _TITLES)
    return Behavior(
        personal=not model.baseline,
        orders_for_strangers=_ordered(stranger),
        reads_profiles=_reads_profiles(model, side, stranger),
        reads_times=_reads_times(type(model)),
        orders_unrated=_orders_unrated(model),
        predicts_unknown=float(model.predict([-1], [-1])[0]) if model.task == "rating" else None,
        sees_pairs=model.transductive,
        states_deviation=model.has_deviation if model.task == "rating" else None,
        knows_similar=model.has_item_vectors,
    )


def _ordered(found: Ranking) -> bool:
    """Whether anybody gets titles with different scores."""
    return any(
        len(np.unique(s[i >= 0])) > 1 for i, s in zip(found.items, found.scores, strict=True)
    )


def _reads_profiles(model: Model, side: SideInformation, stranger: Ranking) -> bool | None:
    features = side.user_features
    if features is None or not features.nnz:
        return None
    told = np.flatnonzero(np.diff(features.indptr))
    rows = features[told[np.linspace(0, len(told) - 1, min(_PROFILES, len(told))).astype(int)]]
    nobody = csr_array((rows.shape[0], model.n_items), dtype=np.float32)
    found = model.recommend(nobody, _TITLES, profiles=rows)
    same = (found.items == stranger.items).all() and np.allclose(found.scores, stranger.scores)
    return not same


def _reads_times(kind: type[Model]) -> bool:
    at = ("_fold_in_at", "_score_at", "_score_pairs_at")
    return any(getattr(kind, name) is not getattr(Authored, name) for name in at)


def _orders_unrated(model: Model) -> bool | None:
    unrated = np.flatnonzero(model.item_count_ == 0)
    if not len(unrated):
        return None
    counts = np.diff(model.seen_.indptr)
    people = np.argsort(-counts, kind="stable")[:_PEOPLE]
    return _ordered(model.recommend(people, _TITLES, candidates=unrated))
