"""What authors of models write: the private half of the contract in `matinee.model`.

A model of times overrides the forms that end in ``_at`` and are given times; all others write the
plain ones, which those call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeAlias, final

from scipy.sparse import csr_array

from matinee.errors import Unsupported
from matinee.hyperparameters import Hyperparameters
from matinee.interactions import Float32, Int32, Int64, Interactions, SideInformation
from matinee.progress import Progress
from matinee.ranking import Product, Reason

State: TypeAlias = Any
"""What a model knows of people, one row a person: a NumPy array, or a csr_array."""
Watch = Callable[[Any, int], bool | None]
"""Asked as ``watch(model, epoch)`` after each epoch, from 1 on; True ends the fit there."""


class Authored(Hyperparameters):
    """What `Model` asks of its subclasses.

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
    transductive
        Whether it learns from which pairs will be asked for. That is more than anybody knows who
        predicts, so such a model is compared by name only, and labeled.
    """

    task: ClassVar[Literal["rating", "ranking"]]
    summary: ClassVar[str]
    baseline: ClassVar[bool] = False
    transductive: ClassVar[bool] = False

    people_: State
    """State of the people of the training data, set by `_fit`: `_fold_in` of their histories."""
    seen_: csr_array
    """(n_users, n_items) CSR: the training histories."""
    item_count_: Int32
    """(n_items,) int32: ratings of each item in training."""
    bounds_: Float32
    """(2,) float32: the scale that predictions are clipped to."""
    _watch: Watch | None = None
    _asked: Interactions | None = None
    """During the fit of a transductive model: the pairs that will be asked for."""

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

    def _fold_in_at(
        self, history: csr_array, profiles: csr_array | None, times: Int64 | None
    ) -> State:
        """`_fold_in`, where `times` are those of ``history.data``, None where unknown."""
        return self._fold_in(history, profiles)

    def _product(self, state: State) -> Product:
        """Scores as inner products; best items are then found without a matrix of scores."""
        raise Unsupported(f"{self.name} cannot score.")

    def _score(self, state: State) -> Float32:
        """(people, n_items) scores, a fresh array that the caller may overwrite."""
        return self._product(state).scores()

    def _score_at(self, state: State, now: int | None) -> Float32:
        """`_score` for this moment, None where it is unknown."""
        return self._score(state)

    def _score_pairs(self, state: State, items: Int32) -> Float32:
        """(people,) predictions of row p of `state` for ``items[p]``; item -1 is an unknown one."""
        raise Unsupported(f"{self.name} ranks items and does not predict ratings.")

    def _score_pairs_at(self, state: State, items: Int32, now: Int64 | None) -> Float32:
        """`_score_pairs`, each pair at its moment of `now`; None where these are unknown."""
        return self._score_pairs(state, items)

    def _score_pairs_with_deviation(
        self, state: State, items: Int32, now: Int64 | None
    ) -> tuple[Float32, Float32]:
        """`_score_pairs_at`, and the standard deviation > 0 of what each rating may be."""
        raise Unsupported(f"{self.name} does not say how far off its predictions may be.")

    @final
    @property
    def has_deviation(self) -> bool:
        """Whether `predict_with_deviation` can be asked."""
        mine = type(self)._score_pairs_with_deviation
        return mine is not Authored._score_pairs_with_deviation

    @final
    @property
    def has_item_vectors(self) -> bool:
        """Whether `similar_items` can be asked."""
        return type(self)._item_vectors is not Authored._item_vectors

    def _item_vectors(self) -> Float32:
        """(n_items, d) vectors whose cosine says how alike items are; zero where unknown."""
        raise Unsupported(f"{self.name} holds no item vectors; take als or item_clusters.")

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """Why `item` for the one person of `history` and `state`, strongest reason first."""
        verb = "rated" if self.task == "rating" else "liked"
        return [Reason("popular", 1.0, label=f"{verb} by {int(self.item_count_[item])} people")]

    def _explain_at(
        self, history: csr_array, state: State, item: int, now: int | None
    ) -> list[Reason]:
        """`_explain` for this moment, None where it is unknown."""
        return self._explain(history, state, item)

    @final
    def _epoch_done(self, progress: Progress, epoch: int, epochs: int) -> bool:
        """Tell of the end of an epoch (1-based); whether `_fit` is to stop there.

        `people_` and all that answers need must be in place: whoever watches may ask for them.
        """
        progress(f"fitting {self.name}", epoch, epochs)
        return self._watch is not None and bool(self._watch(self, epoch))

    def _held(self) -> list[Any]:
        """Unfitted models of the kinds whose learning this one keeps, see `matinee.members`."""
        return []

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes that what was learned must have, for whoever reads it from a file."""
        return {}
