"""What the fans of a title like more than everybody does."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee import inputs, ranking
from matinee.errors import InvalidInput
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Int64, Interactions, SideInformation
from matinee.item_weights import ItemWeights, sorted_lists
from matinee.kernels.neighbours import Shared, nearest
from matinee.kernels.products import add_sparse_rows
from matinee.model import State
from matinee.progress import Progress
from matinee.ranking import Ranking, Reason

_TOLD_APART = 4096
"""People up to whom more of them make a lift more certain; beyond, it is off by 2 % at most."""


_KEPT = 0.6
"""Power of everybody's share in what is kept for a title: by the lower power of the lists, popular
titles of small lifts would fall out, which people's scores need."""


class Evidence(NamedTuple):
    """What speaks for items that fans of some titles like, counted plainly: without weights and
    damping. Over several titles, the fans of all those are counted that the item is kept for, and
    somebody once for each. Where nothing speaks for it all but `everybody` are 0."""

    share: Float32
    """(n,) float32: of the fans, how many like each item."""
    everybody: Float32
    """(n,) float32: the same of all people who like anything."""
    lift: Float32
    """(n,) float32: how many times that the share is."""
    both: Int32
    """(n,) int32: fans who like the item."""
    fans: Int32
    """(n,) int32: the fans among whom they were counted."""


class Fans(ItemWeights):
    """Ranks items by how much more the fans of what one likes like them than everybody does.

    A fan of a is who likes a. A person who likes n_u items counts for w_u = n_u^-activity_damping
    (scaled to 1 on average), for those who like nearly everything say little. With W_a the sum of
    w_u over the fans of a, W_ab over those of both, and p_b = W_b over all people::

        lift(b | a) = (W_ab + damping * p_b) / ((W_a + damping) * p_b)

    It is known where at least `support` people like both. `also_like` orders what has a lift above
    1 by ::

        log lift - caution / sqrt(people who like both) + familiarity * log p_b

    The second term is the standard error of the logarithm of a count, so that few people prove
    little; without the third, rarities would win. Kept for each title are the `neighbors` items
    that are highest by this with a `familiarity` of 0.6, or of its own where that is higher.

    To a person it recommends by naive Bayes, with evidence that is correlated::

        score(u, b) = log p_b + sum of log lift(b | a) over a in u's likes / (1 + overlap (h - 1))

    for h liked titles: h pieces of evidence of which each two correlate by `overlap` are worth that
    much of their sum (the weights of least variance). Nothing liked, or nothing known of what is
    liked: what is popular.

    Source: lift of association rules, Brin et al. 1997, "Dynamic Itemset Counting and Implication
    Rules for Market Basket Data"; that rarities need more than lift: Dunning 1993, "Accurate
    Methods for the Statistics of Surprise and Coincidence".
    """

    task = "ranking"

    neighbors: int = parameter(500, "items kept for each title", low=1, search=(100, 1000))
    support: int = parameter(5, "people who must like both", low=1, search=(2, 20))
    activity_damping: float = parameter(
        0.75, "power by which fans of much count less", low=0, high=2, search=(0.25, 1.5)
    )
    damping: float = parameter(
        10.0, "fans like everybody that each title is given", low=0, search=(1.0, 50.0)
    )
    overlap: float = parameter(
        0.4, "correlation of what liked titles say", low=0, high=1, search=(0.1, 1.0)
    )
    familiarity: float = parameter(
        0.35, "of what fans also like: power of everybody's share", low=0, high=1
    )
    caution: float = parameter(
        1.0, "of what fans also like: standard errors taken off a lift", low=0, high=10
    )

    log_share_: Float32
    """(n_items,) float32: log p."""
    both_: Int32
    """(as many as `weights_` holds) int32: people who like both, in the order of its values, which
    are log lifts above 0."""
    everybody_: int
    """People who like anything."""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        progress("fitting fans", 0, 1)
        matrix, by_item = train.matrix, train.by_item
        lengths = np.diff(matrix.indptr)
        self.everybody_ = int(np.count_nonzero(lengths))
        of_person = np.where(lengths > 0, np.maximum(lengths, 1.0) ** -self.activity_damping, 0)
        of_person *= self.everybody_ / of_person.sum()
        fans = np.bincount(matrix.indices, np.repeat(of_person, lengths), train.n_items)
        # Of what nobody likes, less than of anything else.
        share = np.where(fans > 0, fans, fans[fans > 0].min() / 2) / self.everybody_
        people = np.arange(min(int(self.item_count_.max()), _TOLD_APART) + 1)
        trust = np.exp(-self.caution / np.sqrt(np.maximum(people, 1)))
        trust[: self.support] = 0
        shape = train.n_items, min(self.neighbors, train.n_items)
        items, score = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
        shared = Shared(np.zeros(shape, np.float32), np.zeros(shape, np.int32))
        nearest(
            by_item.indptr,
            by_item.indices,
            of_person.astype(np.float32),
            (fans + self.damping).astype(np.float32),
            (share ** (1 - max(self.familiarity, _KEPT))).astype(np.float32),
            0.0,
            items,
            score,
            added=(self.damping * share).astype(np.float32),
            above=share.astype(np.float32),
            trust=trust.astype(np.float32),
            shared=shared,
        )
        del score
        self.log_share_ = np.log(share).astype(np.float32)
        self._keep(items, shared, (fans + self.damping).astype(np.float32), share)
        self.people_ = matrix
        progress("fitting fans", 1, 1)

    def _keep(
        self, items: Int32, shared: Shared, fans: Float32, share: npt.NDArray[np.float64]
    ) -> None:
        """Learn the log lifts of what was found near."""
        indptr, indices, (together, self.both_) = sorted_lists(items, *shared)
        everybody = share.astype(np.float32)[indices]
        together += np.float32(self.damping) * everybody
        together /= np.repeat(fans, np.diff(indptr))
        together /= everybody
        lifts = np.log(np.maximum(together, 1, out=together), out=together)
        self.weights_ = csr_array((lifts, indices, indptr), shape=(len(items), len(items)))

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        both, shares = self.weights_.data.shape, (self.n_items,)
        return {**super()._shapes(), "both_": both, "log_share_": shares}

    # ---- for a person -------------------------------------------------------------------

    def _score(self, state: State) -> Float32:
        history = cast(csr_array, state)
        scores = self._lifts(history)
        silent = ~scores.any(axis=1)
        scores += self.log_share_
        scores[silent] = self.item_count_
        return scores

    def _lifts(self, history: csr_array) -> Float32:
        """(people, n_items) what the liked titles say together: 0 where they say nothing."""
        lengths = np.diff(history.indptr)
        worth = np.repeat(self._worth(lengths), lengths).astype(np.float32)
        of, scores = self.weights_, np.zeros(history.shape, np.float32)
        add_sparse_rows(
            history.indptr, history.indices, worth, of.indptr, of.indices, of.data, scores
        )
        return scores

    def _worth(self, titles: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """What the log lift of each of so many titles is worth beside the others."""
        return 1 / (1 + self.overlap * np.maximum(np.asarray(titles) - 1.0, 0.0))

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """The score is a sum over the history: what each liked title adds, and its fans."""
        asked, wanted = history.indices, np.array([item], np.int32)
        added = self._value_at(self.weights_.data, self._places(asked, wanted)[:, 0])
        reasons = ranking.ratings_that_speak(asked, added * self._worth(len(asked)))
        return [self._in_words(reason, wanted) for reason in reasons] or super()._explain(
            history, state, item
        )

    def _in_words(self, reason: Reason, wanted: Int32) -> Reason:
        of = self.evidence([cast(int, reason.item)], wanted)
        label = f"{of.share[0]:.0%} of its fans like this, {of.everybody[0]:.0%} of everybody"
        return Reason(reason.kind, reason.weight, reason.item, label)

    # ---- for titles ---------------------------------------------------------------------

    def also_like(
        self, items: npt.ArrayLike, n: int = 10, candidates: npt.ArrayLike | None = None
    ) -> Ranking:
        """The `n` items that the fans of these titles like most above what everybody does.

        Parameters
        ----------
        items : item indices
            One title or more: what the fans of any of them like; what those of several like comes
            first. They themselves never come back.
        candidates : item indices, optional
            Only among these.

        Returns
        -------
        Ranking
            (1, n), scored as the class says; of several titles by the mean of their log lifts (0
            where none is kept) and its standard error. Fewer than n, padded with -1, where no more
            is known to be liked above what everybody does. Where that is known of nothing, because
            too few like the titles, it is what is popular, and `evidence` is 0.

        Raises
        ------
        InvalidInput
            No title, an index out of range, or n < 1.
        """
        asked = self._checked(items)
        entries = self._entries(asked)
        columns, both = self.weights_.indices[entries], self.both_[entries]
        lift = np.bincount(columns, self.weights_.data[entries], self.n_items)
        error = np.sqrt(np.bincount(columns, 1 / both, self.n_items))
        spoken_of = error > 0
        if spoken_of.any():
            scores = (lift - self.caution * error) / len(asked)
            scores += self.familiarity * self.log_share_
            scores[~spoken_of] = -np.inf
        else:
            scores = self.item_count_.astype(np.float64)
        scores[asked] = -np.inf
        allowed = (
            None if candidates is None else inputs.checked_candidates(candidates, self.n_items)
        )
        return ranking.best(
            lambda _: scores[np.newaxis].astype(np.float32),
            (1, self.n_items),
            n,
            candidates=allowed,
        )

    def evidence(self, items: npt.ArrayLike, results: npt.ArrayLike) -> Evidence:
        """The numbers behind `also_like`, or behind a reason.

        Parameters
        ----------
        items : item indices
            The titles whose fans are meant.
        results : (n,) item indices
            What they may like.
        """
        asked = self._checked(items)
        wanted = inputs.checked_items("results", results, 0, self.n_items)
        place = self._places(asked, wanted)
        both = self._value_at(self.both_, place).sum(axis=0)
        fans = np.where(place >= 0, self.item_count_[asked][:, np.newaxis], 0).sum(axis=0)
        everybody = self.item_count_[wanted] / self.everybody_
        share = both / np.maximum(fans, 1)
        lift = np.divide(share, everybody, out=np.zeros(len(wanted)), where=everybody > 0)
        return Evidence(
            share.astype(np.float32),
            everybody.astype(np.float32),
            lift.astype(np.float32),
            both.astype(np.int32),
            fans.astype(np.int32),
        )

    # ---- within -------------------------------------------------------------------------

    def _checked(self, items: npt.ArrayLike) -> Int32:
        """(titles,) the named ones, each once, ascending."""
        self._check_fitted()
        asked = np.unique(inputs.checked_items("items", items, 0, self.n_items))
        if not len(asked):
            raise InvalidInput("`items` must name at least one title, got none.")
        return asked

    def _entries(self, asked: Int32) -> Int64:
        """Where the kept items of these titles stand in `weights_`, title after title."""
        first, last = self.weights_.indptr[asked], self.weights_.indptr[asked + 1]
        lengths = (last - first).astype(np.int64)
        ends = np.cumsum(lengths)
        return np.arange(lengths.sum()) + np.repeat(first - (ends - lengths), lengths)

    def _places(self, asked: Int32, wanted: Int32) -> Int64:
        """(titles, items) where a title's row of `weights_` holds an item; -1 where it does not."""
        column = np.full(self.n_items, -1, np.int64)
        column[wanted] = np.arange(len(wanted))
        entries = self._entries(asked)
        row = np.repeat(np.arange(len(asked)), np.diff(self.weights_.indptr)[asked])
        of = column[self.weights_.indices[entries]]
        found = np.full((len(asked), len(wanted)), -1, np.int64)
        found[row[of >= 0], of[of >= 0]] = entries[of >= 0]
        return found

    @staticmethod
    def _value_at(values: npt.NDArray[Any], place: Int64) -> npt.NDArray[Any]:
        """Values at places, 0 at -1."""
        found = place >= 0
        result = np.zeros(place.shape, values.dtype)
        result[found] = values[place[found]]
        return result
