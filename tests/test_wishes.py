"""Filters over a catalogue, and lists whose items differ: against what they say they do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from small import small_dataset

from matinee.answers import Title
from matinee.errors import Ambiguous, InvalidParameter, UnknownItem
from matinee.storage.store import Store
from matinee.wishes import Shelf, Wishes, diverse, said


class Known:
    """A catalogue of titles in memory, as far as a shelf asks."""

    def __init__(self, titles: list[Title]) -> None:
        self.titles = titles
        self.read = 0

    def named(self, indices):
        self.read += 1
        return [self.titles[i] for i in indices]

    def resolve(self, text):
        found = [t for t in self.titles if text in (t.item_id, t.title)]
        if len(found) > 1:
            raise Ambiguous(text)
        if not found:
            raise UnknownItem(text)
        return found[0]


FILMS = [
    ("Matrix, The (1999)", 1999, ["Sci-Fi"]),
    ("Heat (1995)", 1995, ["Crime"]),
    ("The Matrix (1999)", 1999, ["Sci-Fi", "Action"]),
    ("Heat (1986)", 1986, ["Crime", "Drama"]),
    ("Untold", None, []),
]


@pytest.fixture
def store(tmp_path):
    held = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    data = small_dataset()
    table = data.item_table
    titles = [*(t for t, _, _ in FILMS), *table["title"].to_pylist()[5:]]
    years = [*(y for _, y, _ in FILMS), *table["year"].to_pylist()[5:]]
    genres = [*(g for _, _, g in FILMS), *table["genres"].to_pylist()[5:]]
    described = pa.table(
        {
            "item_id": table["item_id"],
            "title": titles,
            "year": pa.array(years, pa.int32()),
            "genres": genres,
        }
    )
    held.add_dataset(replace(data, item_table=described))
    yield held
    held.close()


@pytest.fixture
def catalogue(store):
    rows = store.items().to_pylist()
    keys = ("item_id", "title", "year", "genres", "n_ratings", "mean")
    return Known([Title(*(row[k] for k in keys)) for row in rows])


@pytest.fixture
def shelf(store, catalogue):
    return Shelf(store, catalogue)


def slow(titles, wishes, counts):
    """What keeps to the wishes, one title after the other."""
    first, last = wishes.years
    return [
        i
        for i, t in enumerate(titles)
        if (not wishes.genres or set(wishes.genres) & set(t.genres))
        and (first is None or (t.year is not None and t.year >= first))
        and (last is None or (t.year is not None and t.year <= last))
        and counts[i][0] >= wishes.min_ratings
    ]


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(genres=("Crime",)),
        Wishes(genres=("Crime", "Sci-Fi")),
        Wishes(years=(1960, 1969)),
        Wishes(years=(1995, None)),
        Wishes(years=(None, 1986)),
        Wishes(min_ratings=16),
        Wishes(genres=("Comedy",), years=(1970, 1979), min_ratings=15),
        Wishes(genres=("Action",), years=(1900, 1910)),
    ],
)
def test_filters(shelf, catalogue, store, wishes):
    counts = store.counts(list(range(store.n_items())))
    found = shelf.fitting(wishes)
    assert found.tolist() == slow(catalogue.titles, wishes, counts)
    assert found.dtype == np.int32


def test_no_filter_allows_everything(shelf, catalogue):
    assert shelf.fitting(Wishes()) is None
    assert shelf.fitting(Wishes(diversity=0.5)) is None
    assert not catalogue.read


def test_genres_in_any_case_and_unknown_ones(shelf):
    assert shelf.fitting(Wishes(genres=("sci-fi ",))).tolist() == [0, 2]
    with pytest.raises(InvalidParameter, match=r"Action, Comedy, Crime, Drama, Sci-Fi.*'Scifi'"):
        shelf.fitting(Wishes(genres=("Crime", "Scifi")))
    assert shelf.genres() == ["Action", "Comedy", "Crime", "Drama", "Sci-Fi"]


def test_what_is_excluded_goes_with_its_twin(shelf):
    left = shelf.fitting(Wishes(exclude=("m0", "Untold")))
    # "Matrix, The (1999)" is "The Matrix (1999)"; "Heat" of another year is another film.
    assert set(range(40)) - set(left.tolist()) == {0, 2, 4}
    with pytest.raises(UnknownItem):
        shelf.fitting(Wishes(exclude=("Nothing",)))


def test_twins(shelf):
    assert shelf.with_twins(np.array([2, 7])).tolist() == [0, 2, 7]
    assert shelf.with_twins(np.array([1, 4])).tolist() == [1, 4]
    # An item that is newer than what was read stays as it is.
    assert shelf.with_twins(np.array([0, 41])).tolist() == [0, 2, 41]


def test_the_catalogue_is_read_once_and_again_when_it_changes(shelf, catalogue, store):
    for _ in range(3):
        shelf.fitting(Wishes(years=(1990, None)))
    assert catalogue.read == 1
    store.add_dataset(small_dataset())
    shelf.fitting(Wishes(years=(1990, None)))
    assert catalogue.read == 2


def test_ratings_count_as_of_now(shelf, store):
    before = shelf.fitting(Wishes(min_ratings=1000))
    assert not len(before)
    n = store.counts([5])[5][0]
    assert 5 not in shelf.fitting(Wishes(min_ratings=n + 1))
    store.rate("somebody", "m5", 4.0, 1)
    assert 5 in shelf.fitting(Wishes(min_ratings=n + 1))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"years": (1999, 1990)}, "years"),
        ({"min_ratings": -1}, "min_ratings"),
        ({"diversity": 1.1}, "diversity"),
        ({"diversity": -0.1}, "diversity"),
        ({"diversity": float("nan")}, "diversity"),
    ],
)
def test_wishes_that_cannot_be(given, named):
    with pytest.raises(InvalidParameter, match=f"`{named}`"):
        Wishes(**given)


def test_wishes_in_words():
    everything = Wishes(("War", "Drama"), (1990, 1991), ("Fargo",), 50)
    assert said(everything) == (
        "of genre War or Drama between 1990 and 1991 with 50 ratings or more other than Fargo"
    )
    assert said(Wishes(years=(1990, None))) == "from 1990 on"
    assert said(Wishes(years=(None, 1990))) == "until 1990"


def naive_mmr(scores, cosines, n, diversity):
    low, high = min(scores), max(scores)
    worth = [(s - low) / (high - low) if high > low else 0.0 for s in scores]
    chosen: list[int] = []
    while len(chosen) < min(n, len(scores)):
        values = {
            i: (1 - diversity) * worth[i]
            - diversity * max((cosines[i][j] for j in chosen), default=0.0)
            for i in range(len(scores))
            if i not in chosen
        }
        chosen.append(max(values, key=lambda i: (values[i], -i)))
    return chosen


@pytest.mark.parametrize("diversity", [0.25, 0.5, 1.0])
def test_diverse_lists_are_those_of_the_definition(diversity):
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((40, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = np.sort(rng.random(40).astype(np.float32))[::-1]
    cosines = vectors @ vectors.T
    found = diverse(scores, cosines, 12, diversity)
    assert found == naive_mmr(scores.tolist(), cosines.tolist(), 12, diversity)


def test_diversity_spreads_and_the_best_comes_first():
    scores = np.array([3, 2.9, 2.8, 1], np.float32)
    cosines = np.eye(4, dtype=np.float32)
    cosines[:3, :3] = 1
    assert diverse(scores, cosines, 4, 0.0) == [0, 1, 2, 3]
    assert diverse(scores, cosines, 2, 0.7) == [0, 3]
    assert diverse(scores, cosines, 9, 1.0)[:2] == [0, 3]
    assert diverse(np.ones(3, np.float32), np.zeros((3, 3), np.float32), 2, 0.5) == [0, 1]
    assert diverse(np.zeros(0, np.float32), np.zeros((0, 0), np.float32), 2, 0.5) == []
