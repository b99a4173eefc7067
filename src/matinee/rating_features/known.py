"""What training ratings tell of movies and of everybody, and the features of a rating from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.errors import InvalidInput
from matinee.interactions import Float32, Int32
from matinee.rating_features import calendar, formulas, groups, sums
from matinee.rating_features.calendar import Float64
from matinee.rating_features.formulas import ITEM_DAMPING, Traits
from matinee.rating_features.recent import CHECKPOINTS, Sequence, at_checkpoint


@dataclass(frozen=True, eq=False)
class Known:
    """All that features need besides the person: arrays of movies, and of everybody.

    It holds no person's row. Arrays of items have one row more than there are items: the last
    is the unknown item, which index -1 finds.

    Attributes
    ----------
    whole : (2,) float64
        How many ratings there are, and their sum.
    item_sums : (n_items + 1, 5) float64
        See `sums`.
    item_first : (n_items + 1,) float64
        Seconds of the first rating; NaN where unknown.
    item_times, item_recent : (n_items + 1, C)
        Recent values, see `recent.Sequence.checkpoints`.
    item_genres : (n_items + 1, G) float32
    item_years : (n_items + 1,) float32
    item_vectors : (n_items + 1, d) float32
    item_cluster : (n_items + 1,) int32
    item_clusters : (1,) int64
    user_centers : (k, d) float32
    genres : (G,) text, "genre:Drama"
    profile : (g,) text, "age:25-34"
    """

    whole: Float64
    item_sums: Float64
    item_first: Float64
    item_times: Float64
    item_recent: Float32
    item_genres: Float32
    item_years: Float32
    item_vectors: Float32
    item_cluster: Int32
    item_clusters: npt.NDArray[np.int64]
    user_centers: Float32
    genres: npt.NDArray[np.str_]
    profile: npt.NDArray[np.str_]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """f names of the columns, in order."""
        return formulas.names(
            tuple(self.genres.tolist()),
            tuple(self.profile.tolist()),
            *self.clusters,
        )

    @property
    def user_width(self) -> int:
        """Numbers in the sums of a user."""
        return sums.PLAIN + 2 * len(self.genres)

    @property
    def mean(self) -> float:
        """Of all ratings."""
        return float(self.whole[1] / max(self.whole[0], 1))

    @property
    def clusters(self) -> tuple[int, int]:
        """How many of users, and of movies."""
        return len(self.user_centers), int(self.item_clusters[0])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, by name: what a model keeps of it. `of` takes it back."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Known:
        """What `arrays` gave.

        Raises
        ------
        InvalidInput
            An array is missing, holds no numbers, or their shapes do not agree.
        """
        wanted = [field.name for field in fields(cls)]
        if missing := [name for name in wanted if name not in arrays]:
            raise InvalidInput(f"Features of ratings need the arrays {', '.join(missing)} too.")
        known = cls(**{name: arrays[name] for name in wanted})
        rows, width = len(known.item_sums), known.item_vectors.shape[-1]
        shapes = {
            "whole": (2,),
            "item_sums": (rows, sums.PLAIN),
            "item_first": (rows,),
            "item_times": (rows, CHECKPOINTS),
            "item_recent": (rows, CHECKPOINTS),
            "item_genres": (rows, len(known.genres)),
            "item_years": (rows,),
            "item_vectors": (rows, width),
            "item_cluster": (rows,),
            "item_clusters": (1,),
            "user_centers": (len(known.user_centers), width),
        }
        for name, shape in shapes.items():
            array = getattr(known, name)
            if array.shape != shape or array.dtype.kind not in "iuf":
                raise InvalidInput(
                    f"`{name}` must have shape {shape} of numbers, got {array.shape} of "
                    f"{array.dtype}."
                )
        for name in ("genres", "profile"):
            if getattr(known, name).dtype.kind != "U" or getattr(known, name).ndim != 1:
                raise InvalidInput(f"`{name}` must be names, got {getattr(known, name).dtype}.")
        if not 0 <= known.clusters[1] <= rows:
            raise InvalidInput(
                f"Items must be in 0..{rows} clusters, got {known.clusters[1]}; train them again."
            )
        return known

    # ---- people -------------------------------------------------------------------------

    def people(
        self, history: csr_array, times: npt.ArrayLike | None, profiles: csr_array | None
    ) -> Float64:
        """What is known of people: (people, s) float64, one row a person.

        Parameters
        ----------
        history : (people, n_items) CSR float32
            Ratings.
        times : (nnz,) int64, or None
            UTC seconds of the ratings, parallel to the data of `history`.
        profiles : (people, g) CSR, or None

        Raises
        ------
        InvalidInput
            Profiles have other columns than those of the training data, or times are of 2100.
        """
        people = history.shape[0]
        row = np.repeat(np.arange(people, dtype=np.int32), np.diff(history.indptr))
        when = calendar.seconds(times, len(row))
        added = self.user_added(history.data, history.indices)
        sequence = Sequence(row, people, when)
        return self.as_people(
            sums.of_users(sums.by_group(row, people, added), self.mean),
            sequence.first(),
            self.user_cluster(history),
            self.profiles_of(profiles, people),
            sequence.checkpoints(history.data),
        )

    def as_people(
        self,
        user: Float64,
        first: Float64,
        cluster: Int32,
        profile: Float32,
        recent: tuple[Float64, Float32],
    ) -> Float64:
        """`people` from statistics that were found already."""
        columns = (user, first[:, np.newaxis], cluster[:, np.newaxis], profile, *recent)
        return np.hstack(columns, dtype=np.float64)

    def user_added(self, values: npt.NDArray[np.floating], items: npt.NDArray[np.int32]) -> Float64:
        """(rows, 5 + 2 G) what ratings of `items` add to the sums of their user."""
        weight, mean = self._trusted
        own = sums.plain(values, weight[items], mean[items])
        return sums.with_genres(own, self.item_genres[items])

    def user_cluster(self, history: csr_array) -> Int32:
        """(people,) the cluster of each, by what they rated and not how high; -1 of none."""
        return groups.user_cluster(history, self.item_vectors[:-1], self.user_centers)

    def of_pairs(self, state: Float64, items: Int32, now: npt.ArrayLike | None) -> Float32:
        """Features of the rating that person p would give to ``items[p]``.

        Parameters
        ----------
        state : (pairs, s)
            Rows of `people`.
        items : (pairs,) int32
            -1 for an unknown item.
        now : (pairs,) int64 UTC seconds, one for all, or None where unknown

        Returns
        -------
        (pairs, f) float32, columns `names`; NaN where unknown.
        """
        moment = calendar.seconds(now, len(items))
        own, first, cluster, profile, at, recent = np.split(state, self._cuts, axis=1)
        of_item = at_checkpoint(self.item_times[items], self.item_recent[items], moment)
        return self.matrix(
            items,
            moment,
            (own, first[:, 0], at_checkpoint(at, recent, moment)),
            (self._item_traits[items], self.item_first[items], of_item),
            cluster[:, 0],
            profile,
        )

    def matrix(
        self,
        items: Int32,
        now: Float64,
        user: tuple[Float64, Float64, npt.NDArray[Any]],
        item: tuple[Float64, Float64, npt.NDArray[Any]],
        cluster: npt.NDArray[Any],
        profile: npt.NDArray[Any],
    ) -> Float32:
        """(rows, f) features of rows whose statistics are found.

        Parameters
        ----------
        items, now, cluster : (rows,)
            Of the user's cluster.
        user, item
            Traits and likings (rows, 5 + G), and traits (rows, 5); seconds of the first rating; the
            recent value.
        profile : (rows, g)
        """
        rows = formulas.Statistics[Any](
            user=Traits(*user[0].T[: sums.PLAIN]),
            item=Traits(*item[0].T),
            first=(user[1], item[1]),
            recent=(user[2], item[2]),
            likings=list(user[0].T[sums.PLAIN :]),
            genres=list(self.item_genres[items].T),
            year=self.item_years[items],
            now=now,
            clusters=(cluster, self.item_cluster[items]),
            profile=list(profile.T),
        )
        return formulas.matrix(rows, self.clusters)

    def profiles_of(self, profiles: csr_array | None, people: int) -> Float32:
        """(people, g) float32: profiles as they stand in features; zeros where there are none."""
        if profiles is None:
            return np.zeros((people, len(self.profile)), np.float32)
        if profiles.shape[1] != len(self.profile):
            raise InvalidInput(
                f"A profile must have the {len(self.profile)} columns of the training data, got "
                f"{profiles.shape[1]}."
            )
        return np.asarray(profiles.toarray(), np.float32)

    # ---- within -------------------------------------------------------------------------

    @property
    def _cuts(self) -> list[int]:
        """Where the parts of a row of state end."""
        widths = [sums.PLAIN + len(self.genres), 1, 1, len(self.profile), CHECKPOINTS]
        return np.cumsum(widths).tolist()

    @cached_property
    def _trusted(self) -> tuple[Float64, Float64]:
        return sums.trust(self.item_sums[:, :2], ITEM_DAMPING)

    @cached_property
    def _item_traits(self) -> Float64:
        return sums.traits(self.item_sums, self.mean, ITEM_DAMPING)
