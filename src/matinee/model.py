"""The contract of every model: what authors write, and what everybody may call.

A model is a class whose hyperparameters stand once, as typed fields made by `parameter`. They
are frozen. `fit` returns the model and starts afresh; what it learns are arrays whose names end
in ``_``. Authors write `_fit`, `_fold_in` and `_product` (or `_score`, where scores are no inner
products); the public methods are final.

The one idea behind the contract: all that a model knows of a person is a row of `state`, and
`_fold_in` computes that row from the person's history. The people of the training data, somebody
who has just arrived and somebody unknown (an empty history) are then the same thing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal, Self, TypeAlias, final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee import inputs, ranking
from matinee.errors import InvalidInput, NotReady, Unsupported
from matinee.hyperparameters import Hyperparameters
from matinee.interactions import Float32, Int32, Int64, Interactions, SideInformation, sorted_csr
from matinee.progress import Progress, silent
from matinee.ranking import Likeness, Product, Ranking, Reason, Seen

State: TypeAlias = Any
"""What a model knows of people, one row a person: a NumPy array, or a csr_array."""
Watch = Callable[["Model", int], bool | None]
"""Asked as ``watch(model, epoch)`` after each epoch, from 1 on; True ends the fit there."""


class Model(Hyperparameters):
    """Base of all models.

    Class attributes
    ----------------
    name
        The name of the model's file in ``matinee.models``.
    task
        "rating" for models that predict ratings (they rank by prediction), "ranking" for models
        that only order items. Ranking models read who chose what and ignore values: give them
        ``ratings.liked(threshold)``.
    summary
        One line for listings.
    baseline
        Whether it knows nothing of taste; no comparison leaves it out.
    """

    task: ClassVar[Literal["rating", "ranking"]]
    summary: ClassVar[str]
    baseline: ClassVar[bool] = False

    people_: State
    """State of the people of the training data, set by `_fit`: `_fold_in` of their histories."""
    seen_: csr_array
    """(n_users, n_items) CSR: the training histories."""
    item_count_: Int32
    """(n_items,) int32: ratings of each item in training."""
    bounds_: Float32
    """(2,) float32: the scale that predictions are clipped to."""
    _watch: Watch | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.summary = (cls.__doc__ or "").partition("\n")[0].rstrip(".")

    # ---- what authors write -------------------------------------------------------------

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        """Learn from `train` (never empty); set `people_` and whatever `_score` needs."""
        raise Unsupported(f"{self.name} cannot be fitted.")

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        """The state of people from their (people, n_items) histories and profile rows."""
        raise Unsupported(f"{self.name} cannot fold people in.")

    def _product(self, state: State) -> Product:
        """Scores as inner products; best items are then found without a matrix of scores."""
        raise Unsupported(f"{self.name} cannot score.")

    def _score(self, state: State) -> Float32:
        """(people, n_items) scores, a fresh array that the caller may overwrite."""
        return self._product(state).scores()

    def _score_pairs(self, state: State, items: Int32) -> Float32:
        """(people,) predictions of row p of `state` for ``items[p]``; item -1 is an unknown one."""
        raise Unsupported(f"{self.name} ranks items and does not predict ratings.")

    @final
    @property
    def has_item_vectors(self) -> bool:
        """Whether `similar_items` can be asked."""
        return type(self)._item_vectors is not Model._item_vectors

    def _item_vectors(self) -> Float32:
        """(n_items, d) vectors whose cosine says how alike items are; zero where unknown."""
        raise Unsupported(f"{self.name} holds no item vectors; take als or item_clusters.")

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """Why `item` for the one person of `history` and `state`, strongest reason first."""
        verb = "rated" if self.task == "rating" else "liked"
        return [Reason("popular", 1.0, label=f"{verb} by {int(self.item_count_[item])} people")]

    @final
    def _epoch_done(self, progress: Progress, epoch: int, epochs: int) -> bool:
        """Tell of the end of an epoch (1-based); whether `_fit` is to stop there.

        `people_` and all that answers need must be in place: whoever watches may ask for them.
        """
        progress(f"fitting {self.name}", epoch, epochs)
        return self._watch is not None and bool(self._watch(self, epoch))

    def _held(self) -> list[Model]:
        """Unfitted models of the kinds whose learning this one keeps, see `matinee.members`."""
        return []

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes that what was learned must have, for whoever reads it from a file."""
        return {}

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

        Raises
        ------
        InvalidInput
            `train` is empty, or holds a pair twice.
        """
        if not isinstance(train, Interactions):
            raise InvalidInput(
                f"{self.name} is fitted to Interactions, got {type(train).__name__}; a data set "
                "has them as `.interactions`."
            )
        if not len(train):
            raise InvalidInput(f"{self.name} needs at least one rating to learn from, got none.")
        side = side or SideInformation()
        inputs.check_side(side, train.n_users, train.n_items)
        self._forget()
        self.seen_ = train.matrix
        self.item_count_ = np.bincount(train.item_index, minlength=train.n_items).astype(np.int32)
        self.bounds_ = np.array(train.scale, np.float32)
        vars(self)["_watch"] = watch
        try:
            self._fit(train, side, progress)
        except BaseException:
            # Interrupted in the middle, it must not look fitted.
            self._forget()
            raise
        finally:
            del vars(self)["_watch"]
        return self

    @final
    def fold_in(self, history: Any, profiles: csr_array | None = None) -> State:
        """What the model knows of people with these histories, without retraining.

        Parameters
        ----------
        history : (people, n_items) sparse or dense; one dimension is one person
            Ratings (rating models) or what was chosen (ranking models); zero is "not rated".
        profiles : (people, g) CSR, or None
            Rows like `SideInformation.user_features`.

        Returns
        -------
        One row of state a person: all that the model knows of them.

        Raises
        ------
        InvalidInput
            Shapes do not fit, or a rating is not finite.
        """
        self._check_fitted()
        return self._fold_in_checked(inputs.checked_histories(history, self.n_items), profiles)

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
        state, histories, rows = self._people(people, profiles)
        if seen is not None:
            if seen.shape != (len(rows), self.n_items):
                raise InvalidInput(
                    f"`seen` must have shape {(len(rows), self.n_items)}, got {tuple(seen.shape)}."
                )
            histories, rows = sorted_csr(seen), np.arange(len(rows))
        barred = Seen(histories.indptr, histories.indices, rows) if exclude_seen else None
        if candidates is not None:
            candidates = inputs.checked_candidates(candidates, self.n_items)
        if type(self)._product is not Model._product:
            return ranking.best_of_product(self._product(state), n, barred, candidates)

        def score(block: slice) -> Float32:
            return self._score(state[block])

        return ranking.best(score, (len(rows), self.n_items), n, barred, candidates)

    @final
    def predict(
        self, people: Any, items: npt.ArrayLike, profiles: csr_array | None = None
    ) -> Float32:
        """The rating that person p would give to ``items[p]``, clipped to the scale.

        Parameters
        ----------
        people
            As in `recommend`. One row may go with many items.
        items : (pairs,) item indices
            -1 for an unknown item.

        Returns
        -------
        (pairs,) float32
        """
        self._check_fitted()
        if self.task != "rating":
            raise Unsupported(f"{self.name} ranks items and does not predict ratings; take als.")
        wanted = inputs.checked_items("items", items, -1, self.n_items)
        if inputs.are_histories(people):
            state, _, rows = self._people(people, profiles)
        else:
            distinct, rows = np.unique(np.atleast_1d(people), return_inverse=True)
            state, _, _ = self._people(distinct, profiles)
        if len(rows) != len(wanted):
            if len(rows) != 1:
                raise InvalidInput(
                    f"`items` must be as long as `people` ({len(rows)}), got {len(wanted)}."
                )
            rows = np.zeros(len(wanted), np.int64)
        result = np.empty(len(wanted), np.float32)
        for start in range(0, len(wanted), 1 << 16):
            block = slice(start, start + (1 << 16))
            result[block] = self._score_pairs(state[rows[block]], wanted[block])
        return np.clip(result, self.bounds_[0], self.bounds_[1], out=result)

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
        self, history: Any, items: npt.ArrayLike, profile: csr_array | None = None
    ) -> list[list[Reason]]:
        """Why each of `items` would be recommended to the person of this one-row history.

        Returns
        -------
        A list of reasons for each item, the strongest first.
        """
        self._check_fitted()
        history = inputs.checked_histories(history, self.n_items)
        if history.shape[0] != 1:
            raise InvalidInput(f"One person is explained at a time, got {history.shape[0]}.")
        wanted = inputs.checked_items("items", items, 0, self.n_items)
        state = self._fold_in_checked(history, profile)
        return [self._explain(history, state, item) for item in wanted.tolist()]

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

    def _fold_in_checked(self, history: csr_array, profiles: csr_array | None) -> State:
        if profiles is not None and profiles.shape[0] != history.shape[0]:
            raise InvalidInput(
                f"`profiles` must have a row for each of the {history.shape[0]} histories, got "
                f"{profiles.shape[0]}."
            )
        return self._fold_in(history, profiles)

    def _people(self, people: Any, profiles: csr_array | None) -> tuple[State, csr_array, Int64]:
        """The state of each person, and which row of which histories is theirs (-1: none)."""
        if inputs.are_histories(people):
            history = inputs.checked_histories(people, self.n_items)
            return self._fold_in_checked(history, profiles), history, np.arange(history.shape[0])
        if not hasattr(self, "people_"):
            raise NotReady(
                f"This {self.name} was saved without its people; give histories, not users."
            )
        users = inputs.checked_users(people, self.seen_.shape[0])
        return inputs.rows_of(self.people_, users, self._nobody), self.seen_, users

    def _nobody(self) -> State:
        """The state of somebody unknown, who is somebody with an empty history."""
        return self._fold_in(csr_array((1, self.n_items), dtype=np.float32), None)
