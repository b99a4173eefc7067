"""How a model serves people and items that training never saw, person by person.

New people (`splits.new_users`) are folded in: a model is given the first k items of each person's
order and the profile, and ranks the whole catalogue but those k; the rest of what the person
chose is to be found. New items (`splits.new_items`) have no rating in training: each person who
chose one of them is ranked only these, and then everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from matinee.errors import InvalidInput, Unsupported
from matinee.evaluation import metrics
from matinee.evaluation.asking import Asking
from matinee.evaluation.of_lists import CUTOFF
from matinee.evaluation.protocols import GIVEN
from matinee.interactions import Bool, Float32, Int32, Int64, SideInformation
from matinee.model import Model
from matinee.splits import NEW_ITEMS, Protocol, Split

_BLOCK = 512
_DISCOUNT = 1 / np.log2(np.arange(2, CUTOFF + 2))


@dataclass(frozen=True, eq=False)
class NewcomerFigures:
    """Figures of each judged person, in order of index: they can be paired with another model's.

    Attributes
    ----------
    protocol
        How the people, or items, were held out.
    people : (people,) user indices
    ndcg : column -> (people,) float64
        NDCG@10: by number of items given ("given 5"), or by what was ranked ("hidden", "all").
    """

    protocol: Protocol
    people: Int64
    ndcg: dict[str, metrics.Float64]

    @property
    def means(self) -> dict[str, float]:
        """The mean over people of each column."""
        return {column: float(each.mean()) for column, each in self.ndcg.items()}


# ---- new people ---------------------------------------------------------------------------


def judge_new_users(
    model: Model,
    split: Split,
    side: SideInformation | None = None,
    given: Sequence[int] = GIVEN,
) -> NewcomerFigures:
    """Judge a model fitted on ``split.train`` by people of ``split.test`` whom it never saw.

    Parameters
    ----------
    split
        Of `splits.new_users`.
    side
        Where the profiles of the new people stand; None, or without profiles: none are given.
    given
        Numbers of items given, each below the least that a judged person has.

    Raises
    ------
    InvalidInput
        The people judged were trained on, or something of them is given already.
    InvalidParameter
        More is given than everybody has, less one.
    Unsupported
        The model predicts ratings.
    """
    _check(model)
    people = split.people
    ndcg = {}
    for k in given:
        part = split.giving(k)
        rest = part.test.matrix[people]
        hit = metrics.hits(Asking(model, part, side).lists(CUTOFF), rest)
        ndcg[f"given {k}"] = metrics.ndcg(hit, np.diff(rest.indptr), CUTOFF)
    return NewcomerFigures(split.protocol, people, ndcg)


# ---- new items ----------------------------------------------------------------------------


def judge_new_items(
    model: Model, split: Split, side: SideInformation | None = None
) -> NewcomerFigures:
    """Judge a model fitted on ``split.train`` by what people chose among items it never saw.

    Everybody who chose a hidden item, and another in training, is judged: by a ranking of the
    hidden items ("hidden") and of all but those of training ("all"), both against the hidden ones
    that the person chose. Of items with equal scores each order is as good: the figure is the
    mean over all orders, so that nothing is won by the order of indices.

    Raises
    ------
    InvalidInput
        Another kind of split.
    Unsupported
        The model predicts ratings.
    """
    _check(model)
    train = split.train.matrix
    features = None if side is None else side.user_features

    def scores(people: Int64, candidates: Int32) -> Float32:
        found = model.recommend(
            train[people],
            len(candidates),
            candidates=candidates,
            profiles=None if features is None else features[people],
        )
        result = np.full((len(people), model.n_items), -np.inf, np.float32)
        rows = np.repeat(np.arange(len(people)), (found.items >= 0).sum(axis=1))
        result[rows, found.items[found.items >= 0]] = found.scores[found.items >= 0]
        return result[:, candidates]

    return _judged_items(split, scores)


def random_order(split: Split) -> NewcomerFigures:
    """What a random order of new items would give, on average."""
    return same_for_everybody(split, np.zeros(split.train.n_items, np.float32))


def genre_popularity(split: Split, side: SideInformation) -> NewcomerFigures:
    """New items in order of how much is chosen, on average, of a title of their genres.

    ``score(i) = mean over genres g of i of (choices of titles of g / titles of g)``, in training;
    no genre is one of its own. What has been rated is ranked like what has not.
    """
    columns = [j for j, n in enumerate(side.item_feature_names) if n.startswith("genre:")]
    features = side.item_features
    of_genre = np.zeros((split.train.n_items, len(columns) + 1))
    if features is not None and columns:
        of_genre[:, :-1] = features[:, columns].toarray() > 0
    of_genre[:, -1] = ~of_genre.any(axis=1)
    count = np.bincount(split.train.item_index, minlength=split.train.n_items)
    there = count > 0
    popular = (of_genre.T @ count) / np.maximum(of_genre[there].sum(axis=0), 1)
    score = of_genre @ popular / of_genre.sum(axis=1)
    return same_for_everybody(split, score.astype(np.float32))


def same_for_everybody(split: Split, score: Float32) -> NewcomerFigures:
    """New items in order of one score, (n_items,), that is the same for everybody."""
    train = split.train.matrix

    def scores(people: Int64, candidates: Int32) -> Float32:
        result = np.repeat(score[np.newaxis, :], len(people), axis=0)
        result[train[people].nonzero()] = -np.inf
        return np.asarray(result[:, candidates])

    return _judged_items(split, scores)


def _judged_items(split: Split, scores: Callable[[Int64, Int32], Float32]) -> NewcomerFigures:
    if split.protocol.kind != NEW_ITEMS:
        raise InvalidInput(
            f"This judges a split by {NEW_ITEMS}, got one by {split.protocol.title}; make it by "
            "splits.new_items."
        )
    wanted = split.test.matrix
    known = np.diff(split.train.matrix.indptr) > 0
    people = np.flatnonzero((np.diff(wanted.indptr) > 0) & known)
    hidden = np.unique(split.test.item_index).astype(np.int32)
    every = np.arange(split.train.n_items, dtype=np.int32)
    ndcg = {
        name: np.concatenate(
            [
                expected_ndcg(scores(people[b], items), wanted[people[b]][:, items].toarray() > 0)
                for b in _blocks(len(people))
            ]
        )
        for name, items in (("hidden", hidden), ("all", every))
    }
    return NewcomerFigures(split.protocol, people, ndcg)


def expected_ndcg(scores: Float32, relevant: Bool) -> metrics.Float64:
    """(people,) NDCG@10 of these scores, the mean over all orders of items with equal scores.

    Parameters
    ----------
    scores, relevant : (people, items)
        Every person has a relevant item; -inf marks what is not ranked, and is never relevant.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    ordered = np.take_along_axis(scores, order, axis=1)
    gain = np.take_along_axis(relevant, order, axis=1)
    people, items = scores.shape
    fresh = np.ones((people, items), bool)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    # Each item of a group of equals has the group's mean gain.
    group = np.cumsum(fresh.ravel()) - 1
    mean = np.bincount(group, gain.ravel()) / np.bincount(group)
    gain_of_rank = mean[group].reshape(people, items)[:, :CUTOFF]
    gained = gain_of_rank @ _DISCOUNT[: gain_of_rank.shape[1]]
    ideal = np.cumsum(_DISCOUNT)[np.minimum(relevant.sum(axis=1), CUTOFF) - 1]
    return np.asarray(gained / ideal)


def _blocks(people: int) -> Iterator[slice]:
    for start in range(0, people, _BLOCK):
        yield slice(start, start + _BLOCK)


def _check(model: Model) -> None:
    if model.task != "ranking":
        raise Unsupported(f"{model.name} predicts ratings; newcomers are judged by lists.")
