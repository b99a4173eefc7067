"""The contract of every model: what authors write, and what everybody may call.

A model is a class whose hyperparameters stand once, as typed fields made by `parameter`. They
are frozen. `fit` returns the model and starts afresh; what it learns are arrays whose names end
in ``_``. Authors write `_fit`, `_fold_in` and `_score`; the public methods are final.

The one idea behind the contract: all that a model knows of a person is a row of `state`, and
`_fold_in` computes that row from the person's history. The people of the training data, somebody
who has just arrived and somebody unknown (an empty history) are then the same thing.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self, final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, issparse

from matinee.errors import InvalidInput, NotReady, Unsupported, some
from matinee.hyperparameters import Hyperparameters
from matinee.interactions import Float32, Int32, Interactions, SideInformation, sorted_csr
from matinee.kernels.threads import exclusive
from matinee.progress import Progress, silent
from matinee.ranking import Ranking, Reason, best

State = npt.NDArray[Any]
"""What a model knows of people, one row a person."""


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

    def _score(self, state: State) -> Float32:
        """(people, n_items) scores, a fresh array that the caller may overwrite."""
        raise Unsupported(f"{self.name} cannot score.")

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
    ) -> Self:
        """Learn from `train`, forgetting whatever was learned before.

        Parameters
        ----------
        train
            Ratings; for ranking models what was chosen, see `Interactions.liked`.
        side
            What is known of users and items besides; models that do not use it ignore it.

        Raises
        ------
        InvalidInput
            `train` is empty, or holds a pair twice.
        """
        if not len(train):
            raise InvalidInput(f"{self.name} needs at least one rating to learn from, got none.")
        side = side or SideInformation()
        for kind, features, rows in (
            ("item", side.item_features, train.n_items),
            ("user", side.user_features, train.n_users),
        ):
            if features is not None and features.shape[0] != rows:
                raise InvalidInput(
                    f"`{kind}_features` must have a row for each of the {rows} {kind}s, got "
                    f"{features.shape[0]}."
                )
        self._forget()
        self.seen_ = train.matrix
        self.item_count_ = np.bincount(train.item_index, minlength=train.n_items).astype(np.int32)
        self.bounds_ = np.array(train.scale, np.float32)
        try:
            self._fit(train, side, progress)
        except BaseException:
            # Interrupted in the middle, it must not look fitted.
            self._forget()
            raise
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
        return self._fold_in_checked(self._histories(history), profiles)

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
        state, history = self._people(people, profiles)
        seen = history if seen is None else seen
        if seen.shape != history.shape:
            raise InvalidInput(f"`seen` must have shape {history.shape}, got {tuple(seen.shape)}.")
        allowed = self._allowed(candidates)

        def score(block: slice) -> Float32:
            scores = self._score(state[block])
            if exclude_seen:
                part = seen[block]
                rows = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
                scores[rows, part.indices] = -np.inf
            if allowed is not None:
                scores[:, ~allowed] = -np.inf
            return scores

        return best(score, history.shape[0], self.n_items, n)

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
        wanted = self._item_indices("items", items, lowest=-1)
        if issparse(people) or np.ndim(people) == 2:
            state, _ = self._people(people, profiles)
            rows = np.arange(state.shape[0])
        else:
            distinct, rows = np.unique(np.atleast_1d(people), return_inverse=True)
            state, _ = self._people(distinct, profiles)
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
    def similar_items(self, items: npt.ArrayLike, n: int = 10) -> Ranking:
        """The `n` items most alike each of `items` by cosine, never the item itself.

        An item of which nothing is known is like none.

        Raises
        ------
        Unsupported
            The model holds no item vectors.
        """
        self._check_fitted()
        wanted = self._item_indices("items", items, lowest=0)
        vectors = self._item_vectors()
        norm = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = np.divide(vectors, norm, out=np.zeros_like(vectors), where=norm > 0)
        nothing_known = norm[:, 0] == 0

        def score(block: slice) -> Float32:
            with exclusive():
                scores: Float32 = unit[wanted[block]] @ unit.T
            scores[:, nothing_known] = -np.inf
            scores[nothing_known[wanted[block]]] = -np.inf
            scores[np.arange(len(scores)), wanted[block]] = -np.inf
            return scores

        return best(score, len(wanted), self.n_items, n)

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
        history = self._histories(history)
        if history.shape[0] != 1:
            raise InvalidInput(f"One person is explained at a time, got {history.shape[0]}.")
        wanted = self._item_indices("items", items, lowest=0)
        state = self._fold_in_checked(history, profile)
        return [self._explain(history, state, item) for item in wanted.tolist()]

    # ---- within -------------------------------------------------------------------------
    def _forget(self) -> None:
        for name in [n for n in vars(self) if n.endswith("_")]:
            delattr(self, name)

    def _histories(self, history: Any) -> csr_array:
        """The checked histories, as sorted CSR; one dimension is one person."""
        if not issparse(history):
            history = np.atleast_2d(history)
        elif history.ndim == 1:
            history = history.reshape(1, -1)
        if history.shape[1] != self.n_items:
            raise InvalidInput(
                f"A history must have {self.n_items} columns, one an item, got {history.shape[1]}."
            )
        history = sorted_csr(history)
        if not np.isfinite(history.data).all():
            raise InvalidInput("A history must hold finite ratings, got NaN or infinite ones.")
        return history

    def _fold_in_checked(self, history: csr_array, profiles: csr_array | None) -> State:
        if profiles is not None and profiles.shape[0] != history.shape[0]:
            raise InvalidInput(
                f"`profiles` must have a row for each of the {history.shape[0]} histories, got "
                f"{profiles.shape[0]}."
            )
        return self._fold_in(history, profiles)

    def _people(self, people: Any, profiles: csr_array | None) -> tuple[State, csr_array]:
        """State and history of users (by index) or of histories."""
        if issparse(people) or np.ndim(people) == 2:
            history = self._histories(people)
            return self._fold_in_checked(history, profiles), history
        if not hasattr(self, "people_"):
            raise NotReady(
                f"This {self.name} was saved without its people; give histories, not users."
            )
        users = np.atleast_1d(np.asarray(people))
        n_users = self.seen_.shape[0]
        if users.size and not np.issubdtype(users.dtype, np.integer):
            raise InvalidInput(f"Users must be given as integer indices, got {users.dtype}.")
        bad = np.unique(users[(users < -1) | (users >= n_users)])
        if bad.size:
            raise InvalidInput(
                f"User indices must lie in -1..{n_users - 1}, got {some(bad.tolist())}."
            )
        users = users.astype(np.int64)
        if (users >= 0).all():
            return self.people_[users], self.seen_[users]
        # Somebody unknown is somebody with an empty history.
        nobody = csr_array((1, self.n_items), dtype=np.float32)
        state = self.people_[users]
        state[users < 0] = self._fold_in(nobody, None)[0]
        rows = self.seen_[np.maximum(users, 0)]
        lengths = np.diff(rows.indptr)
        kept = np.repeat(users >= 0, lengths)
        indptr = np.append(0, np.cumsum(lengths * (users >= 0)))
        history = csr_array((rows.data[kept], rows.indices[kept], indptr), shape=rows.shape)
        return state, sorted_csr(history)

    def _item_indices(self, name: str, items: npt.ArrayLike, lowest: int) -> Int32:
        wanted = np.atleast_1d(np.asarray(items))
        if wanted.size and not np.issubdtype(wanted.dtype, np.integer):
            raise InvalidInput(f"`{name}` must be integer item indices, got {wanted.dtype}.")
        bad = np.unique(wanted[(wanted < lowest) | (wanted >= self.n_items)])
        if bad.size:
            raise InvalidInput(
                f"`{name}` must lie in {lowest}..{self.n_items - 1}, got {some(bad.tolist())}."
            )
        return wanted.astype(np.int32)

    def _allowed(self, candidates: npt.ArrayLike | None) -> npt.NDArray[np.bool_] | None:
        if candidates is None:
            return None
        allowed = np.zeros(self.n_items, bool)
        allowed[self._item_indices("candidates", candidates, lowest=0)] = True
        return allowed
