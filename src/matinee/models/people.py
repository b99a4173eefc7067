"""Taste from who somebody is and from what they like: shares of a profile, and factors."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from matinee import members
from matinee.clustering.people import check_profiles, fields
from matinee.hyperparameters import parameter
from matinee.interactions import Bool, Float32, Int32, Interactions, SideInformation, sorted_csr
from matinee.kernels.threads import exclusive
from matinee.model import Model, State
from matinee.models.ials import IALS
from matinee.progress import Progress
from matinee.ranking import Product, Reason

Float64 = npt.NDArray[np.float64]
_FEWEST = 0.5
"""Choices added to each item's, so that one that nobody chose has a logarithm."""
_ALIKE = 30.0
"""Choices like everybody's by which the shares of two groups are compared."""
_TELLING = 1.05
"""How many times everybody's share a group's must be, so compared, to be worth telling."""
_RIDGE = 30.0
"""People like the mean that each column of a profile is given when it is mapped to factors."""
_FEW = 10
"""People of a group below which nothing is learned or told of it."""
_HALF = 50.0
"""Liked items at which the shares have half their weight: with hundreds, factors know better."""
_GENDERS = {"gender:F": "women", "gender:M": "men"}
_COUNTED = re.compile(r"[a-z ]*(er|or|ar|ian|ist|man|(?<!m)ent|ive)")
"""Occupations that have a plural; "healthcare" has none."""


class People(Model):
    """Ranks items by who somebody is and by what they like, whatever is known of it.

    ``score(u, i) = p_u . q_i + shares * 50 / (50 + n_u) * (log n_i + profile * x_u . w_i)``, where
    p_u and q_i are factors as of ials, p_u folded in from the n_u items that u likes; n_i counts
    choices of item i; and x_u is the profile: zeros and ones less their means, 0 in each field that
    is not stated; of what fewer than 10 people are nothing is learned. So what everybody likes, and
    people of this profile more than others, decides where little is known, and what u likes where
    more is. Of whom nothing is liked,
    ``p_u = mean p + profile * x_u W``, by a ridge regression of the factors on profiles.

    w_i says how many times more often each column of the profile chooses i: with a_u choices of
    person u and n in all, choices are taken to be of the Poisson distribution with mean
    ``a_u n_i / n * exp(x_u . w_i)``, and a step of Newton's from w_i = 0 gives ::

        (n_i G + damping I) w_i = X^T (chosen_i - a n_i / n),     G = X^T diag(a) X / n

    All columns are solved for at once, so fields that go together do not count twice, and what
    few choices say is drawn to 0 as if `damping` more were like everybody's.

    Source: factors as of ials; w_i is the one-step estimate of a ridge Poisson regression.
    """

    task = "ranking"

    factors: int = parameter(
        64, "numbers that describe a person or an item", low=1, high=4096, search=(16, 256)
    )
    shares: float = parameter(
        0.03,
        "weight of what everybody and people alike in profile like, against the factors",
        low=0,
        search=(0.005, 0.2),
    )
    profile: float = parameter(
        1.0, "weight of the profile against what everybody likes", low=0, search=(0.0, 3.0)
    )
    damping: float = parameter(
        50.0,
        "choices like everybody's that each item is given in each column of the profile",
        low=0,
        open_low=True,
        search=(5.0, 500.0),
    )
    seed: int = parameter(0, "of the first factors", low=0)

    vectors_: Float32
    """(n_items, d + g + 1) float32: q_i, shares * w_i, and shares * log n_i. What else ials has
    learned is kept beside it, such as its `spectrum_` as `ials__spectrum_`."""
    map_: Float32
    """(g, d) float32: W, from a profile to factors."""
    mean_: Float32
    """(g,) float32: the mean of each column over choices of people who state its field."""
    profile_names_: tuple[str, ...]
    group_columns_: Int32
    """(groups, 2) int32: the columns that the people of each share, -1 for none: every column of
    the profile, and every age with every gender."""
    group_size_: Int32
    """(groups,) int32: people of each who chose something."""
    group_count_: csr_array
    """(n_items, groups) CSR float32: how many of them chose each item; nothing for groups so small
    that this would tell of a single person."""
    people_count_: int
    """People who chose something."""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        factors = self._unfitted().fit(train, progress=progress)
        chose = np.flatnonzero(np.diff(train.matrix.indptr))
        self.people_count_ = len(chose)
        profiles, self.profile_names_ = side.user_features, side.user_feature_names
        if profiles is None:
            profiles = csr_array((train.n_users, 0), dtype=np.float32)
        chosen, profiles = train.matrix[chose], sorted_csr(profiles[chose])
        self._count_groups(chosen, profiles)
        profiles = self._of_enough(profiles)
        with exclusive():
            w = self._shares(chosen, profiles)
            x = self._centered(profiles)
            apart = factors.people_[chose] - factors.average_
            gram = x.T @ x + _RIDGE * np.eye(x.shape[1])
            self.map_ = np.linalg.solve(gram, x.T @ apart).astype(np.float32)
        log = np.log(self.item_count_ + _FEWEST) - np.log(self.item_count_.max() + _FEWEST)
        parts = [factors.items_, self.shares * w, self.shares * log[:, np.newaxis]]
        self.vectors_ = np.ascontiguousarray(np.hstack(parts), np.float32)
        members.keep(self, factors)
        self.people_ = self._fold_in(train.matrix, side.user_features)

    def _unfitted(self) -> IALS:
        return IALS(factors=self.factors, seed=self.seed)

    def _held(self) -> list[Model]:
        return [self._unfitted()]

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        columns, groups, d = len(self.profile_names_), len(self.group_size_), self.map_.shape[1]
        return {
            "vectors_": (self.n_items, d + columns + 1),
            "map_": (columns, d),
            "mean_": (columns,),
            "group_columns_": (groups, 2),
            "group_count_": (self.n_items, groups),
        }

    # ---- learning -----------------------------------------------------------------------

    def _shares(self, chosen: csr_array, profiles: csr_array) -> Float64:
        """(n_items, g): w_i; sets `mean_`."""
        a = np.diff(chosen.indptr).astype(np.float64)
        stated, columns = _stated(profiles, self.profile_names_)
        mean = (a @ profiles) / np.maximum((a @ stated) @ columns, 1)
        self.mean_ = mean.astype(np.float32)
        x = self._centered(profiles).astype(np.float64)
        share = self.item_count_ / a.sum()
        # Profiles are sparse and their means are not: so X^T chosen comes in two parts.
        by_item = _ones(chosen).T
        surplus = (by_item @ profiles).toarray() - (by_item @ stated).toarray() @ columns * mean
        surplus -= np.outer(share, a @ x)
        values, turned = np.linalg.eigh((x.T * a) @ x)
        damped = np.outer(share, np.maximum(values, 0)) + self.damping
        return np.asarray((surplus @ turned) / damped @ turned.T)

    def _centered(self, profiles: csr_array) -> Float32:
        """(people, g): profiles less their means, 0 in fields that are not stated."""
        stated, columns = _stated(profiles, self.profile_names_)
        return np.asarray(profiles.toarray() - stated.toarray() @ columns * self.mean_, np.float32)

    def _count_groups(self, chosen: csr_array, profiles: csr_array) -> None:
        columns = [(j, -1) for j in range(len(self.profile_names_))]
        columns += [(i, j) for i in self._of("age:") for j in self._of("gender:")]
        self.group_columns_ = np.array(columns, np.int32).reshape(-1, 2)
        one = csr_array(np.ones((profiles.shape[0], 1), np.float32))
        wide = csr_array(hstack([profiles, one]))
        first, second = (wide[:, column] for column in self.group_columns_.T)
        belongs = first.multiply(second)
        self.group_size_ = np.asarray(belongs.sum(axis=0)).astype(np.int32)
        told = self._told().astype(np.float32)
        self.group_count_ = sorted_csr(_ones(chosen).T @ sorted_csr(belongs * told))
        self.group_count_.eliminate_zeros()

    def _told(self) -> Bool:
        """(groups,) those of enough people, less the smallest where it would tell of few others:
        what the rest of an age or gender chose is the difference."""
        size, (first, second) = self.group_size_, self.group_columns_.T
        told = size >= _FEW
        for whole in np.flatnonzero(told & (second < 0)):
            parts = np.flatnonzero((second >= 0) & ((first == whole) | (second == whole)) & told)
            if len(parts) and 0 < size[whole] - size[parts].sum() < _FEW:
                told[parts[size[parts].argmin()]] = False
        return np.asarray(told)

    def _of_enough(self, profiles: csr_array) -> csr_array:
        """Profiles without what fewer than `_FEW` people are, as if it were not stated: numbers
        learned from a few people would tell what these chose."""
        enough = self.group_size_[: profiles.shape[1]] >= _FEW
        kept = sorted_csr(profiles * enough.astype(np.float32))
        kept.eliminate_zeros()
        return kept

    def _of(self, field: str) -> list[int]:
        return [j for j, name in enumerate(self.profile_names_) if name.startswith(field)]

    # ---- people -------------------------------------------------------------------------

    def _factors(self) -> IALS:
        """The factors by themselves, without people of their own."""
        return members.kept(self, self._unfitted())

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        """(people, d + g + 1): p_u, profile * x_u, and 1, the latter two times 50 / (50 + n_u)."""
        factors = self._factors()._fold_in(history, None)
        choices = np.diff(history.indptr)
        x = np.zeros((len(factors), len(self.profile_names_)), np.float32)
        if profiles is not None and x.shape[1]:
            check_profiles(profiles, x.shape[1])
            x = np.float32(self.profile) * self._centered(self._of_enough(profiles))
            with exclusive():
                factors[choices == 0] += x[choices == 0] @ self.map_
        shares = np.hstack([x, np.ones((len(x), 1), np.float32)])
        shares *= (_HALF / (_HALF + choices)).astype(np.float32)[:, np.newaxis]
        return np.hstack([factors, shares])

    def _product(self, state: State) -> Product:
        return Product(state, self.vectors_)

    def _item_vectors(self) -> Float32:
        return self._factors().items_

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        width = self.map_.shape[1]
        x, of_item = state[0, width:-1], self.vectors_[item]
        rated = self._factors()._explain(history, state[:, :width], item)
        reasons = [reason for reason in rated if reason.kind == "rated"]
        share = float(x @ of_item[width:-1])
        if not len(history.indices):
            share += float(x @ self.map_ @ of_item[:width])
        label = self._of_people_like(x, item)
        if label and share > 0:
            reasons.append(Reason("profile", share, label=label))
        everybody = self.item_count_[item] / max(self.people_count_, 1)
        if not reasons:
            reasons.append(Reason("popular", 0.0, label=f"liked by {everybody:.0%} of everybody"))
        return sorted(reasons, key=lambda reason: -reason.weight)

    def _of_people_like(self, x: Float32, item: int) -> str:
        """What those who share most with a person say for an item; "" if nobody says more."""
        has = np.append(x > 0, False)
        everybody = self.item_count_[item] / max(self.people_count_, 1)
        counts = self.group_count_[[item]].toarray()[0]
        lift = (counts + _ALIKE) / (self.group_size_ * everybody + _ALIKE)
        first, second = self.group_columns_.T
        yours = has[first] & (has[second] | (second < 0))
        lift[~yours | ~self._told()] = 0
        if not len(lift) or lift.max() < _TELLING:
            return ""
        best = int(lift.argmax())
        whom = _people(*(self.profile_names_[j] for j in self.group_columns_[best] if j >= 0))
        share = counts[best] / self.group_size_[best]
        return f"liked by {share:.0%} of {whom}, by {everybody:.0%} of everybody"


def _people(first: str, gender: str = "") -> str:
    """People who share a column of the profile, or an age and a gender, in words."""
    kind, _, value = first.partition(":")
    if kind == "gender":
        return _GENDERS.get(first, f"people of gender {value}")
    whom = _people(gender) if gender else "people"
    if kind == "age":
        words = value.replace("-", " to ").replace("+", " and older")
        return f"{whom} {words}" if value.startswith("under") else f"{whom} of {words}"
    if kind == "occupation":
        many = f"{value.removesuffix('an')}en" if value.endswith("man") else f"{value}s"
        return many if _COUNTED.fullmatch(value) else f"people whose occupation is {value}"
    return f"people whose {'zip code begins with' if kind == 'region' else kind + ' is'} {value}"


def _ones(matrix: csr_array) -> csr_array:
    """Who chose what, without how much."""
    ones = np.ones(matrix.nnz, np.float32)
    return csr_array((ones, matrix.indices, matrix.indptr), shape=matrix.shape)


def _stated(profiles: csr_array, names: tuple[str, ...]) -> tuple[csr_array, Float32]:
    """(people, f) CSR: 1 where a person states a field; (f, g): 1 where a column is of a field."""
    of_fields = fields(names)
    columns = np.array(of_fields, np.float32).reshape(len(of_fields), len(names))
    stated = sorted_csr(profiles @ csr_array(columns.T))
    stated.data[:] = 1
    return stated, columns
