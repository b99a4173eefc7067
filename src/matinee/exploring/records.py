"""What exploring finds, as plain records; all of them become JSON by `Overview.as_dict`."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from matinee.data.describe import Description
from matinee.exploring.when import Times

EASE_BYTES = 2_000_000_000
"""Up to which size a matrix of items squared is said to fit on any machine."""


@dataclass(frozen=True)
class Intake:
    """What became of the rows of a file or of a query's answer.

    Attributes
    ----------
    rows, kept
        Rows of ratings read, and kept.
    bad : reason -> rows
        Rows of ratings that were left out, the commonest reason first.
    duplicates
        Rows dropped because the same person rated the same item in another row.
    first_bad
        The first few bad rows, in words.
    columns : field -> column
        What was taken for user, item, rating and time.
    time_unit
        What numbers of the time column were taken for; "" without times.
    """

    rows: int
    kept: int
    bad: dict[str, int]
    duplicates: int
    first_bad: tuple[str, ...]
    columns: dict[str, str]
    time_unit: str

    @property
    def n_bad(self) -> int:
        """Bad rows."""
        return sum(self.bad.values())


@dataclass(frozen=True)
class Bin:
    """One bar of a histogram: what it counts, how many, and the share of all that is."""

    label: str
    count: int
    share: float


@dataclass(frozen=True)
class Values:
    """How high people rate; there is none of implicit feedback.

    Attributes
    ----------
    bins
        Ratings of each value; of 20 equal parts of the scale where there are over 40 values.
    mean, median, deviation
        Of all ratings; the deviation is that of the whole, not of a sample.
    commonest
        The bin with the most ratings.
    of_people
        How many people have a mean rating within each tenth of the scale, of those with 5 or more
        ratings.
    constant_people
        Share of the people with 5 or more ratings who gave the same rating always.
    by_person, by_item
        Share of the variance of ratings that lies between people, and between items, corrected
        for chance: 1 - (within / (n - groups)) / (all / (n - 1)), not below 0. None where every
        group has one rating, or nothing varies.
    """

    bins: tuple[Bin, ...]
    mean: float
    median: float
    deviation: float
    commonest: Bin
    of_people: tuple[Bin, ...]
    constant_people: float | None
    by_person: float | None
    by_item: float | None


@dataclass(frozen=True)
class Spread:
    """How ratings are spread over people, or over items.

    Attributes
    ----------
    bins
        How many have 0, 1, 2 to 4, 5 to 9, 10 to 19 ... ratings.
    gini
        Gini coefficient of the numbers of ratings, of those with at least one: 0 where all have
        as many, towards 1 where few have all.
    curve : (share of them, share of the ratings), the most rated first
        From (0, 0) to (1, 1), of those with at least one rating.
    half
        How many of them, the most rated first, hold half of all ratings.
    top_tenth, top_hundredth
        Share of the ratings that the most rated tenth (hundredth, one at least) hold.
    below_5, below_10
        Share of those with a rating who have fewer than that.
    """

    bins: tuple[Bin, ...]
    gini: float
    curve: tuple[tuple[float, float], ...]
    half: int
    top_tenth: float
    top_hundredth: float
    below_5: float
    below_10: float


@dataclass(frozen=True)
class Group:
    """People or items that share a trait: how many, their ratings, the mean and what is liked."""

    name: str
    members: int
    ratings: int
    mean: float | None
    liked: float | None


@dataclass(frozen=True)
class TitleFigures:
    """An item, its ratings and their mean."""

    item_id: str
    title: str
    ratings: int
    mean: float | None


@dataclass(frozen=True)
class Twins:
    """A title that stands in the table under several ids."""

    title: str
    item_ids: tuple[str, ...]


@dataclass(frozen=True)
class Sizes:
    """What decides which models are possible.

    Attributes
    ----------
    rated_items
        Items with a rating.
    shared
        People who rated both of two items, the mean over all pairs of rated items; None where
        there is no pair.
    ease_bytes
        Of the float32 matrix of rated items squared that EASE holds.
    fits_from, fits_items, fits_ratings
        The fewest ratings of an item at which such a matrix of the items with as many has at most
        `EASE_BYTES`: how many items those are, and the share of all ratings that is theirs.
    """

    rated_items: int
    shared: float | None
    ease_bytes: int
    fits_from: int
    fits_items: int
    fits_ratings: float


@dataclass(frozen=True)
class Finding:
    """What a figure means for the data, the split or the model.

    Attributes
    ----------
    about
        "data", "split" or "model".
    point
        The advice in a few words.
    said
        The figures, and why it follows from them.
    rule
        When this is said.
    """

    about: str
    point: str
    said: str
    rule: str


@dataclass(frozen=True)
class Overview:
    """A data set at a glance.

    Attributes
    ----------
    facts
        See `data.describe`.
    intake
        What became of the rows; None where that is not known.
    per_user, per_item, sizes
        None without ratings.
    times
        None where they are not known.
    genres, decades
        Of items, an item counting once for each of its genres; the 30 most rated at most. Empty
        where not known.
    people
        "age", "gender" and "occupation", those that are known, the unknown counting apart.
    most_rated, best_rated
        Ten each; `best_rated` of those with at least `best_from` ratings.
    twins
        Titles under several ids, the first ten of `n_twins`.
    findings
        Of split, model and data, in this order.
    missing
        What is not known and so left out, a sentence each.
    """

    facts: Description
    intake: Intake | None
    values: Values | None
    per_user: Spread | None
    per_item: Spread | None
    sizes: Sizes | None
    times: Times | None
    genres: tuple[Group, ...]
    decades: tuple[Group, ...]
    people: dict[str, tuple[Group, ...]]
    most_rated: tuple[TitleFigures, ...]
    best_rated: tuple[TitleFigures, ...]
    best_from: int
    n_twins: int
    twins: tuple[Twins, ...]
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """All of it, for ``--json``."""
        return asdict(self)
