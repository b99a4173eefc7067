"""Rows of numbers that people are grouped by: what they like, of which kinds, or who they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from matinee.clustering.vectors import item_vectors, unit_rows
from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Bool, Float32, Interactions, SideInformation

FEATURES = ("taste", "likes", "genres", "factors", "profiles")
"""taste: the mean vector of what a person likes, of traits and co-choice, beside the profile.
likes: one column an item, 1 where liked. genres: how many liked items have each genre.
factors: the mean co-choice vector of what is liked. profiles: age, gender, occupation, region."""
SCALINGS = ("sums", "minmax", "rows")
"""Of genres. sums: counts as they are. minmax: each genre from 0 to 1 over people. rows: shares of
a person's counts."""
_GENRE = "genre:"


class PeopleView(NamedTuple):
    """How people become points. It holds arrays of items and columns, and no person's row."""

    features: str
    """One of `FEATURES`."""
    scaling: str
    """One of `SCALINGS`; read where features are genres."""
    items: Float32 | csr_array
    """(n_items, d) what each liked item adds to a person; (n_items, 0) for likes and profiles."""
    item_columns: tuple[str, ...]
    """d names of the columns of `items`."""
    low: Float32
    """(d,) what is taken off each sum of genres, and"""
    scale: Float32
    """(d,) by what it is multiplied then: 0 where people do not differ."""
    profile_mean: Float32
    """(g,) mean profile; (0,) where the points hold no profile."""
    profile_columns: tuple[str, ...]
    """g names of the columns of profiles."""
    profile_weight: float
    """Of profiles against taste."""

    @property
    def names(self) -> tuple[str, ...]:
        """d names of the columns of points: positions of items for likes, else such as
        "genre:Drama", "factor:3" and "age:25-34"."""
        if self.features == "likes":
            return tuple(str(item) for item in range(self.items.shape[0]))
        return (*self.item_columns, *self.profile_columns)

    def points(
        self, history: csr_array, profiles: csr_array | None = None
    ) -> tuple[Float32 | csr_array, Bool | None]:
        """The points of people, and which of their columns are known.

        Parameters
        ----------
        history : (people, n_items) CSR
            What each person likes; values do not count.
        profiles : (people, g) CSR, or None
            Rows like `SideInformation.user_features`.

        Returns
        -------
        (people, d) points : float32, or CSR float32 for likes
        (people, d) known : bool, or None where whoever is `placed` is known wholly
            What is unknown is zero, which is the mean of its column.

        Raises
        ------
        InvalidInput
            Profiles have other columns than those of the training data.
        """
        chosen = liked(history)
        if self.features == "likes":
            return chosen, None
        if self.features == "genres":
            return self._scaled(_dense(chosen @ self.items)), None
        profile, stated = self._profile(profiles, history.shape[0])
        if self.features == "profiles":
            return profile, stated
        taste = unit_rows(_dense(chosen @ self.items))
        if not len(self.profile_mean):
            return taste, None
        points = np.hstack([taste, profile])
        any_taste = np.repeat(taste.any(axis=1, keepdims=True), taste.shape[1], axis=1)
        return points, np.hstack([any_taste, stated])

    def placed(self, history: csr_array, profiles: csr_array | None = None) -> Bool:
        """(people,) whether each can be in a cluster: likes something, and something is known of
        what the points are made of."""
        likes = np.diff(history.indptr) > 0
        if self.features == "likes":
            return likes
        if self.features == "genres":
            return likes & _dense(liked(history) @ self.items).any(axis=1)
        points, known = self.points(history, profiles)
        return likes & (points if known is None else known).any(axis=1)

    def _scaled(self, sums: Float32) -> Float32:
        if self.scaling == "rows":
            total = sums.sum(axis=1, keepdims=True)
            return np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
        return (sums - self.low) * self.scale

    def _profile(self, profiles: csr_array | None, people: int) -> tuple[Float32, Bool]:
        """Profiles against the mean profile, weighted, and which columns are stated."""
        width = len(self.profile_mean)
        stated = np.zeros((people, width), bool)
        if profiles is None or not width:
            return np.zeros((people, width), np.float32), stated
        check_profiles(profiles, width)
        given = profiles.toarray()
        # An unstated field, such as all columns "age:...", must pull nowhere.
        for columns in fields(self.profile_columns):
            stated[:, columns] = given[:, columns].any(axis=1, keepdims=True)
        apart = np.where(stated, self.profile_weight * (given - self.profile_mean), 0)
        return apart.astype(np.float32), stated


def view_of(
    train: Interactions,
    side: SideInformation,
    *,
    features: str = "taste",
    scaling: str = "minmax",
    dimensions: int = 16,
    traits_weight: float = 1.0,
    profile_weight: float = 0.2,
    seed: int = 0,
) -> PeopleView:
    """How the people of `train` become points.

    Parameters
    ----------
    train
        Who likes what; values do not count.
    features, scaling
        See `FEATURES` and `SCALINGS`.
    dimensions
        Of co-choice vectors, at most.
    traits_weight, profile_weight
        Of taste: of traits against co-choice, and of profiles against both.
    seed
        Of the co-choice vectors.

    Raises
    ------
    InvalidParameter
        No such features or scaling.
    InvalidInput
        Nothing is known that the features are made of: no genre of an item, or no profile.
    """
    _check_choice("features", features, FEATURES)
    _check_choice("scaling", scaling, SCALINGS)
    items: Float32 | csr_array = np.zeros((train.n_items, 0), np.float32)
    columns: tuple[str, ...] = ()
    if features == "genres":
        items, columns = _genres(side)
    elif features in ("taste", "factors"):
        items = item_vectors(
            train,
            side,
            dimensions=dimensions,
            traits_weight=traits_weight if features == "taste" else 0.0,
            seed=seed,
        )
        columns = tuple(f"factor:{j}" for j in range(items.shape[1]))
    profiles = side.user_features
    if features == "profiles" and (profiles is None or not profiles.nnz):
        raise InvalidInput(
            "Clusters by profiles need people whose age, gender, occupation or zip code is known, "
            "and there are none; import a table of people, or take other features, such as taste."
        )
    uses_profiles = features == "profiles" or (features == "taste" and profile_weight > 0)
    if profiles is None or not uses_profiles:
        profiles = csr_array((train.n_users, 0), dtype=np.float32)
    names = side.user_feature_names[: profiles.shape[1]]
    view = PeopleView(
        features,
        scaling,
        items,
        columns,
        np.zeros(len(columns), np.float32),
        np.ones(len(columns), np.float32),
        _stated_mean(profiles, names),
        names,
        1.0 if features == "profiles" else profile_weight,
    )
    return _min_max(view, train.matrix) if (features, scaling) == ("genres", "minmax") else view


def liked(history: csr_array) -> csr_array:
    """Who likes what, without how much: `history` with every value 1."""
    ones = np.ones(len(history.indices), np.float32)
    return csr_array((ones, history.indices, history.indptr), shape=history.shape)


def fields(names: tuple[str, ...]) -> list[Bool]:
    """The columns of each field of a profile, as masks: all "age:...", all "gender:..."."""
    kinds = np.array([name.partition(":")[0] for name in names])
    return [kinds == kind for kind in np.unique(kinds)]


def knows_genres(side: SideInformation) -> bool:
    """Whether a genre of any item is known."""
    return any(name.startswith(_GENRE) for name in side.item_feature_names)


def check_profiles(profiles: csr_array, width: int) -> None:
    """InvalidInput unless profiles have the `width` columns of the training data."""
    if profiles.shape[1] != width:
        raise InvalidInput(
            f"A profile must have the {width} columns of the training data, got "
            f"{profiles.shape[1]}."
        )


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidParameter(f"`{name}` must be {' or '.join(choices)}, got {value!r}.")


def _genres(side: SideInformation) -> tuple[csr_array, tuple[str, ...]]:
    if side.item_features is None or not knows_genres(side):
        raise InvalidInput(
            "Clusters by genres need items whose genres are known, and there are none; import a "
            "table of items with genres, or take other features, such as likes."
        )
    named = [j for j, name in enumerate(side.item_feature_names) if name.startswith(_GENRE)]
    return side.item_features[:, named], tuple(side.item_feature_names[j] for j in named)


def _stated_mean(profiles: csr_array, names: tuple[str, ...]) -> Float32:
    """(g,) the mean of each column over those who state its field."""
    total = np.asarray(profiles.sum(axis=0), np.float64)
    mean = np.zeros(len(total))
    for columns in fields(names):
        stated = (profiles[:, np.flatnonzero(columns)].sum(axis=1) > 0).sum()
        mean[columns] = total[columns] / max(stated, 1)
    return mean.astype(np.float32)


def _min_max(view: PeopleView, matrix: csr_array) -> PeopleView:
    """`view` that takes each column of the people who can be placed to 0..1."""
    people = np.flatnonzero(view.placed(matrix))
    if not len(people):
        return view
    sums = _dense(liked(matrix)[people] @ view.items)
    low, span = sums.min(axis=0), np.ptp(sums, axis=0)
    # Where people do not differ nothing can be told by it: the column is zero for everybody.
    scale = np.divide(1, span, out=np.zeros_like(span), where=span > 0)
    return view._replace(low=low, scale=scale)


def _dense(product: Float32 | csr_array) -> Float32:
    array = product.toarray() if isinstance(product, csr_array) else product
    return np.ascontiguousarray(array, np.float32)
