"""The contract of every model: what everybody may call; `authoring` is what authors write.

A model is a class whose hyperparameters stand once, as typed fields made by `parameter`. They
are frozen. `fit` returns the model and starts afresh; what it learns are arrays whose names end
in ``_``. Authors write `_fit`, `_fold_in` and `_product` (or `_score`, where scores are no inner
products); the public methods are final.

The one idea behind the contract: all that a model knows of a person is a row of `state`, and
`_fold_in` computes that row from the person's history. The people of the training data, somebody
who has just arrived and somebody unknown (an empty history) are then the same thing.
"""

from __future__ import annotations

from typing import Any, Self, final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee import inputs, ranking
from matinee.authoring import Authored, State, Watch
from matinee.errors import InvalidInput, InvalidParameter, NotReady, Unsupported
from matinee.interactions import Float32, Int64, Interactions, SideInformation, sorted_csr
from matinee.progress import Progress, silent
from matinee.ranking import Likeness, Ranking, Reason, Seen

__all__ = ["Model", "State", "Watch"]


class Model(Authored):
    """Base of all models: see `matinee.authoring` for what they write and their attributes."""

    # ---- what everybody calls -----------------------------------------------------------

    @final
    @property
    def n_items(self) -> int:
        """Items that the model was trained on."""
        self._check_fitted()
        return len(self.item_count_)

    def _check_fitted(self) -> None:
        if not hasattr(self, "item_count_"):
            raise NotReady(f"{self.name} must be fitted before it is used; call fit(train).")

    @final
    def fit(
        self,
        train: Interactions,
        side: SideInformation | None = None,
        *,
        progress: Progress = silent,
        watch: Watch | None = None,
        asked: Interactions | None = None,
    ) -> Self:
        """Learn from `train`, forgetting whatever was learned before.

        Parameters
        ----------
        train
            Ratings; for ranking models what was chosen, see `Interactions.liked`.
        side
            What is known of users and items besides; models that do not use it ignore it.
        watch
            Called as ``watch(model, epoch)`` after each epoch of a model that has epochs. The
            model may be asked for predictions and lists then; returning True ends the fit.
        asked
            The pairs that will be asked for; only for models that say they are transductive.

        Raises
        ------
        InvalidInput
            `train` is empty, or holds a pair twice, or times that a model of times cannot read.
        InvalidParameter
            `asked` is given to a model that is not transductive.
        """
        inputs.check_training(self.name, train)
        if asked is not None and not self.transductive:
            raise InvalidParameter(f"{self.name} must not know which pairs will be asked for.")
        side = side or SideInformation()
        inputs.check_side(side, train.n_users, train.n_items)
        if type(self)._fold_in_at is not Authored._fold_in_at:
            inputs.checked_moments(train.time, len(train))
        self._forget()
        self.seen_ = train.matrix
        self.item_count_ = np.bincount(train.item_index, minlength=train.n_items).astype(np.int32)
        self.bounds_ = np.array(train.scale, np.float32)
        vars(self).update(_watch=watch, _asked=asked)
        try:
            self._fit(train, side, progress)
        except BaseException:
            # Interrupted in the middle, it must not look fitted.
            self._forget()
            raise
        finally:
            del vars(self)["_watch"], vars(self)["_asked"]
        return self

    @final
    def fold_in(
        self, history: Any, profiles: csr_array | None = None, *, times: Int64 | None = None
    ) -> State:
        """What the model knows of people with these histories, without retraining.

        Parameters
        ----------
        history : (people, n_items) sparse or dense; one dimension is one person
            Ratings (rating models) or what was chosen (ranking models); zero is "not rated".
        profiles : (people, g) CSR, or None
            Rows like `SideInformation.user_features`.
        times : (nnz,) int64, or None
            When each rating of `history` was given, UTC seconds, in the order of the sorted CSR's
            data; 0 where one is unknown. None: all are.

        Returns
        -------
        One row of state a person: all that the model knows of them.

        Raises
        ------
        InvalidInput
            Shapes do not fit, or a rating is not finite.
        """
        self._check_fitted()
        history = inputs.checked_histories(history, self.n_items)
        return self._fold_in_checked(history, profiles, times)

    @final
    def recommend(
        self,
        people: Any,
        n: int = 10,
        *,
        exclude_seen: bool = True,
        seen: csr_array | None = None,
        candidates: npt.ArrayLike | None = None,
        profiles: csr_array | None = None,
        now: int | None = None,
        times: Int64 | None = None,
    ) -> Ranking:
        """The best `n` items of each person.

        Parameters
        ----------
        people
            User indices of the training data (-1 for somebody unknown), or (people, n_items)
            histories to fold in.
        n
            At most this many; fewer are padded with -1.
        exclude_seen
            Leave out what the person has seen.
        seen : (people, n_items) CSR, optional
            What each person has seen, where that is more than the history (a ranking model's
            history holds only what was liked). Default: the history.
        candidates : item indices, optional
            Recommend only among these.
        profiles : (people, g) CSR, optional
            Profile rows beside histories.
        now
            The moment to recommend for, in UTC seconds. None: unknown.
        times
            When the ratings of `people` were given, where these are histories; see `fold_in`.

        Returns
        -------
        Ranking
            Exact, over all items or all `candidates`. Equal scores come in order of item index.

        Raises
        ------
        InvalidInput
            n < 1, an index out of range, or shapes that do not fit.
        """
        self._check_fitted()
        state, histories, rows = self._people(people, profiles, times)
        if seen is not None:
            if seen.shape != (len(rows), self.n_items):
                raise InvalidInput(
                    f"`seen` must have shape {(len(rows), self.n_items)}, got {tuple(seen.shape)}."
                )
            histories, rows = sorted_csr(seen), np.arange(len(rows))
        barred = Seen(histories.indptr, histories.indices, rows) if exclude_seen else None
        if candidates is not None:
            candidates = inputs.checked_candidates(candidates, self.n_items)
        by_time = now is not None and type(self)._score_at is not Authored._score_at
        if type(self)._product is not Authored._product and not by_time:
            return ranking.best_of_product(self._product(state), n, barred, candidates)

        def score(block: slice) -> Float32:
            return self._score_at(state[block], now)

        return ranking.best(score, (len(rows), self.n_items), n, barred, candidates)

    @final
    def scores(
        self, people: Any, profiles: csr_array | None = None, *, times: Int64 | None = None
    ) -> Float32:
        """(people, n_items) what `recommend` ranks by; ask for people in blocks, it is large.

        The last bits may differ from those of `recommend`, and with who else is asked for.
        """
        self._check_fitted()
        return self._score_at(self._people(people, profiles, times)[0], None)

    @final
    def predict(
        self,
        people: Any,
        items: npt.ArrayLike,
        profiles: csr_array | None = None,
        *,
        now: npt.ArrayLike | None = None,
        times: Int64 | None = None,
    ) -> Float32:
        """(pairs,) float32: what person p would rate ``items[p]``, clipped to the scale.

        Parameters
        ----------
        people
            As in `recommend`. One row may go with many items.
        items : (pairs,) item indices
            -1 for an unknown item.
        now : (pairs,) int64, or one for all
            When, in UTC seconds. None: unknown.
        times
            When the ratings of `people` were given, where these are histories; see `fold_in`.
        """
        return self._predicted(people, items, profiles, now, times, deviate=False)[0]

    @final
    def predict_with_deviation(
        self,
        people: Any,
        items: npt.ArrayLike,
        profiles: csr_array | None = None,
        *,
        now: npt.ArrayLike | None = None,
        times: Int64 | None = None,
    ) -> tuple[Float32, Float32]:
        """`predict`, and the standard deviation of what each rating may be.

        Returns
        -------
        mean : (pairs,) float32
            As `predict` gives it, clipped to the scale.
        deviation : (pairs,) float32
            In units of ratings, > 0, not clipped: of the noise of the rating, and of what is not
            known of the person and the item. If errors are normal, about half of all ratings lie
            within 0.674 deviations of the prediction, nine of ten within 1.645.

        Raises
        ------
        Unsupported
            The model does not say; see `has_deviation`.
        """
        return self._predicted(people, items, profiles, now, times, deviate=True)

    def _predicted(
        self,
        people: Any,
        items: npt.ArrayLike,
        profiles: csr_array | None,
        now: npt.ArrayLike | None,
        times: Int64 | None,
        *,
        deviate: bool,
    ) -> tuple[Float32, Float32]:
        """Predictions and deviations; the second is empty unless asked for."""
        self._check_fitted()
        if self.task != "rating":
            raise Unsupported(f"{self.name} ranks items and does not predict ratings; take als.")
        wanted = inputs.checked_items("items", items, -1, self.n_items)
        moments = inputs.checked_moments(now, len(wanted))
        if inputs.are_histories(people):
            state, _, rows = self._people(people, profiles, times)
        else:
            distinct, rows = np.unique(np.atleast_1d(people), return_inverse=True)
            state, _, _ = self._people(distinct, profiles, times)
        if len(rows) != len(wanted):
            if len(rows) != 1:
                raise InvalidInput(
                    f"`items` must be as long as `people` ({len(rows)}), got {len(wanted)}."
                )
            rows = np.zeros(len(wanted), np.int64)
        mean = np.empty(len(wanted), np.float32)
        deviation = np.empty(len(wanted) if deviate else 0, np.float32)
        for start in range(0, len(wanted), 1 << 14):
            block = slice(start, start + (1 << 14))
            known, at = state[rows[block]], None if moments is None else moments[block]
            if deviate:
                mean[block], deviation[block] = self._score_pairs_with_deviation(
                    known, wanted[block], at
                )
            else:
                mean[block] = self._score_pairs_at(known, wanted[block], at)
        return np.clip(mean, self.bounds_[0], self.bounds_[1], out=mean), deviation

    @final
    def similar_items(
        self, items: npt.ArrayLike, n: int = 10, *, candidates: npt.ArrayLike | None = None
    ) -> Ranking:
        """The `n` items most alike each of `items` by cosine, never the item itself.

        An item of which nothing is known is like none.

        Parameters
        ----------
        candidates : item indices, optional
            Only among these.

        Raises
        ------
        Unsupported
            The model holds no item vectors.
        """
        self._check_fitted()
        wanted = inputs.checked_items("items", items, 0, self.n_items)
        if candidates is not None:
            candidates = inputs.checked_candidates(candidates, self.n_items)
        return self._likeness().best(wanted, n, candidates)

    @final
    def cosines(self, items: npt.ArrayLike) -> Float32:
        """(items, items) cosines of `items` with each other; 0 where nothing is known of one.

        Raises
        ------
        Unsupported
            The model holds no item vectors.
        """
        self._check_fitted()
        return self._likeness().between(inputs.checked_items("items", items, 0, self.n_items))

    @final
    def explain(
        self,
        history: Any,
        items: npt.ArrayLike,
        profile: csr_array | None = None,
        *,
        now: int | None = None,
        times: Int64 | None = None,
    ) -> list[list[Reason]]:
        """Why each of `items` would be recommended to the person of this one-row history: a list
        of reasons for each item, the strongest first."""
        self._check_fitted()
        history = inputs.checked_histories(history, self.n_items)
        if history.shape[0] != 1:
            raise InvalidInput(f"One person is explained at a time, got {history.shape[0]}.")
        wanted = inputs.checked_items("items", items, 0, self.n_items)
        state = self._fold_in_checked(history, profile, times)
        return [self._explain_at(history, state, item, now) for item in wanted.tolist()]

    # ---- within -------------------------------------------------------------------------

    def _forget(self) -> None:
        vars(self).pop("_alike", None)
        for name in [n for n in vars(self) if n.endswith("_")]:
            delattr(self, name)

    def _likeness(self) -> Likeness:
        """Made at the first question and kept; but not during a fit, when vectors still change."""
        kept: Likeness | None = vars(self).get("_alike")
        if kept is None:
            kept = Likeness(self._item_vectors())
            if "_watch" not in vars(self):
                vars(self)["_alike"] = kept
        return kept

    def _fold_in_checked(
        self, history: csr_array, profiles: csr_array | None, times: Int64 | None
    ) -> State:
        if profiles is not None and profiles.shape[0] != history.shape[0]:
            raise InvalidInput(
                f"`profiles` must have a row for each of the {history.shape[0]} histories, got "
                f"{profiles.shape[0]}."
            )
        return self._fold_in_at(history, profiles, inputs.checked_moments(times, history.nnz))

    def _people(
        self, people: Any, profiles: csr_array | None, times: Int64 | None
    ) -> tuple[State, csr_array, Int64]:
        """The state of each person, and which row of which histories is theirs (-1: none)."""
        if inputs.are_histories(people):
            history = inputs.checked_histories(people, self.n_items)
            state = self._fold_in_checked(history, profiles, times)
            return state, history, np.arange(history.shape[0])
        if not hasattr(self, "people_"):
            raise NotReady(
                f"This {self.name} was saved without its people; give histories, not users."
            )
        users = inputs.checked_users(people, self.seen_.shape[0])
        return inputs.rows_of(self.people_, users, self._nobody), self.seen_, users

    def _nobody(self) -> State:
        """The state of somebody unknown, who is somebody with an empty history."""
        return self._fold_in_at(csr_array((1, self.n_items), dtype=np.float32), None, None)
