"""The edges of the contract that need a particular model or history; see also contracts/."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix

from matinee import models
from matinee.errors import InvalidInput, InvalidParameter, UnknownModel, Unsupported
from matinee.hyperparameters import Parameter, parameter
from matinee.interactions import Interactions
from matinee.kernels import products
from matinee.model import Model
from matinee.ranking import Product
from matinee.storage import archive


def ratings_of(n_users=30, n_items=20, seed=0):
    generator = np.random.default_rng(seed)
    rated = generator.random((n_users, n_items)) < 0.4
    values = generator.integers(1, 6, int(rated.sum()))
    return Interactions(*np.nonzero(rated), values, n_users=n_users, n_items=n_items)


@pytest.fixture(params=["als", "biases", "popularity", "item_clusters", "user_clusters"])
def fitted(request):
    return models.create(request.param).fit(ratings_of())


def history_forms():
    return [np.asarray, np.ndarray.tolist, csr_matrix, csc_array, coo_array, csr_array]


@pytest.mark.parametrize("form", history_forms())
def test_histories_may_be_any_matrix(fitted, form):
    matrix = ratings_of().matrix[[1, 4]]
    wanted = fitted.recommend(matrix, 5)
    ranking = fitted.recommend(form(matrix.toarray()), 5)
    np.testing.assert_array_equal(ranking.items, wanted.items)
    np.testing.assert_array_equal(ranking.scores, wanted.scores)
    state = fitted.fold_in(form(matrix.toarray()))
    np.testing.assert_array_equal(state, fitted.fold_in(matrix))


def test_one_dimension_is_one_person(fitted):
    one = ratings_of().matrix[[3]]
    wanted = fitted.fold_in(one)
    np.testing.assert_array_equal(fitted.fold_in(one.toarray()[0]), wanted)
    np.testing.assert_array_equal(fitted.fold_in(ratings_of().matrix[3]), wanted)
    item = int(fitted.recommend(one, 1).items[0, 0])
    assert fitted.explain(one.toarray()[0], [item]) == fitted.explain(one, [item])


def test_histories_stay_as_they_were(fitted):
    unsorted = csr_array(
        (np.array([3, 5], np.float32), np.array([7, 2], np.int32), np.array([0, 2], np.int32)),
        shape=(1, 20),
    )
    fitted.recommend(unsorted, 3)
    assert unsorted.indices.tolist() == [7, 2]
    assert unsorted.data.tolist() == [3, 5]


def test_nobody_and_nothing(fitted):
    for nobody in ([], np.zeros(0, np.int64), csr_array((0, 20), dtype=np.float32)):
        ranking = fitted.recommend(nobody, 4)
        assert ranking.items.shape == ranking.scores.shape == (0, 4)
    if fitted.task == "rating":
        assert fitted.predict([], []).shape == (0,)
        assert fitted.predict([0], []).shape == (0,)


def test_one_person_may_be_given_bare(fitted):
    np.testing.assert_array_equal(fitted.recommend(3).items, fitted.recommend([3]).items)
    if fitted.task == "rating":
        np.testing.assert_array_equal(fitted.predict(3, [1, 2]), fitted.predict([3, 3], [1, 2]))
        row = ratings_of().matrix[[3]]
        np.testing.assert_allclose(
            fitted.predict(row, [1, 2]), fitted.predict(3, [1, 2]), rtol=1e-5
        )


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64])
def test_indices_of_any_integer_type(fitted, kind):
    users, items = np.array([1, 2], kind), np.array([3, 4], kind)
    wanted = fitted.recommend([1, 2], 3, candidates=[3, 4], exclude_seen=False)
    ranking = fitted.recommend(users, np.int32(3), candidates=items, exclude_seen=False)
    np.testing.assert_array_equal(ranking.items, wanted.items)


@pytest.mark.parametrize("bad", [[0.0], ["a"], [True]])
def test_indices_of_no_integer_type(fitted, bad):
    with pytest.raises(InvalidInput, match="integer"):
        fitted.recommend(bad)
    with pytest.raises(InvalidInput, match="integer"):
        fitted.recommend([0], candidates=bad)


def test_a_rating_of_zero_counts_as_seen_beside_somebody_unknown():
    train = Interactions([0, 0], [0, 1], [0.0, 3.0], n_users=1, n_items=3)
    model = models.create("popularity").fit(train)
    assert model.recommend([0, -1], 3).items.tolist() == [[2, -1, -1], [0, 1, 2]]


def test_more_people_than_a_block():
    train = ratings_of(1100, 15)
    model = models.create("biases").fit(train)
    everybody = model.recommend(np.arange(1100), 4)
    for user in (0, 511, 512, 1023, 1024, 1099):
        np.testing.assert_array_equal(model.recommend([user], 4).items[0], everybody.items[user])


def test_profiles_must_have_a_row_a_history(fitted):
    with pytest.raises(InvalidInput, match="each of the 2 histories, got 1"):
        fitted.recommend(ratings_of().matrix[[0, 1]], profiles=csr_array((1, 3)))


def test_one_person_is_explained_at_a_time(fitted):
    with pytest.raises(InvalidInput, match="at a time, got 2"):
        fitted.explain(ratings_of().matrix[[0, 1]], 0)
    with pytest.raises(InvalidInput, match="`items`"):
        fitted.explain(ratings_of().matrix[[0]], 20)
    with pytest.raises(InvalidInput, match="columns"):
        fitted.explain(csr_array((1, 19), dtype=np.float32), 0)


def test_similar_items_against_cosines():
    model = models.create("als", factors=3).fit(ratings_of())
    assert model.has_item_vectors
    vectors = model.items_[:, :-1].astype(float)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    ranking = model.similar_items(np.arange(20), 19)
    for item in range(20):
        cosine = unit @ unit[item]
        wanted = [i for i in np.argsort(-cosine) if i != item]
        assert ranking.items[item].tolist() == wanted
        np.testing.assert_allclose(ranking.scores[item], cosine[wanted], atol=1e-5)
    with pytest.raises(InvalidInput, match="`n`"):
        model.similar_items([0], 0)


def test_similar_items_are_those_of_the_vectors_of_this_moment():
    def agrees(model, _):
        vectors = model.items_[:, :-1].astype(float)
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        cosine = np.delete(unit @ unit[0], 0)
        found = model.similar_items([0], 19).scores[0]
        np.testing.assert_allclose(found, np.sort(cosine)[::-1], atol=1e-5)

    model = models.create("als", factors=3, epochs=3)
    for seed in (0, 1):
        model.fit(ratings_of(seed=seed), watch=agrees)
        agrees(model, None)
        # The second answer comes from what the first one kept.
        agrees(model, None)
        assert "_alike" in vars(model)


def test_popularity_has_no_item_vectors():
    model = models.create("popularity").fit(ratings_of())
    assert not model.has_item_vectors
    with pytest.raises(Unsupported, match="no item vectors"):
        model.similar_items([0])


def test_the_registry():
    assert models.names() == sorted(models.names())
    assert models.get("als").__name__ == "ALS"
    with pytest.raises(UnknownModel, match="no model 'nonsense'; there are alike, als,"):
        models.get("nonsense")


def test_a_model_prints_itself_and_counts_its_items():
    assert repr(models.create("biases", epochs=3)) == (
        "Biases(item_damping=5.0, user_damping=10.0, epochs=3)"
    )
    assert models.create("biases").fit(ratings_of()).n_items == 20
    assert "epochs" in str(__import__("inspect").signature(models.get("biases")))


@pytest.mark.parametrize(
    ("stated", "bounds"),
    [
        (Parameter(1, ""), "finite"),
        (Parameter(1, "", low=0), ">= 0"),
        (Parameter(1, "", low=0, open_low=True), "> 0"),
        (Parameter(1, "", low=1, high=9), ">= 1 and <= 9"),
    ],
)
def test_bounds_in_words(stated, bounds):
    assert stated.bounds == bounds


@pytest.mark.parametrize(
    ("stated", "space"),
    [
        (parameter(1, ""), None),
        (parameter(3, "", search=(1, 19)), ("int", 1, 19, False, ())),
        (parameter(3, "", search=(1, 20)), ("int", 1, 20, True, ())),
        (parameter(3.0, "", search=(0, 100)), ("float", 0, 100, False, ())),
        (parameter(3.0, "", search=(0.1, 100)), ("float", 0.1, 100, True, ())),
        (parameter(True, "", search=(True, False)), ("choice", 0, 0, False, (True, False))),
        (parameter("a", "", search=("a", "b")), ("choice", 0, 0, False, ("a", "b"))),
    ],
)
def test_what_tuning_may_try(stated, space):
    assert stated.space == space


@pytest.mark.parametrize(
    ("stated", "good", "bad"),
    [
        (parameter(1, "", low=1, high=9), [1, 9], [0, 10, 1.0, True, "1", None]),
        (parameter(1.0, "", low=0, open_low=True), [1, 0.5], [0, 0.0, True, "1", float("inf")]),
        (parameter(True, ""), [True, False], [1, "yes"]),
        (parameter("a", ""), ["b"], [1, None]),
    ],
)
def test_values_are_checked(stated, good, bad):
    for value in good:
        assert stated.checked("m", "x", value) == value
        assert type(stated.checked("m", "x", value)) is type(stated.default)
    for value in bad:
        with pytest.raises(InvalidParameter, match="`x` of m must be"):
            stated.checked("m", "x", value)


def test_what_authors_must_write():
    class Empty(Model):
        """Nothing written yet."""

        task = "rating"

    train = ratings_of()
    with pytest.raises(Unsupported, match="fitted"):
        Empty().fit(train)
    for method, arguments in (
        ("_fold_in", (None, None)),
        ("_product", (None,)),
        ("_score", (None,)),
        ("_score_pairs", (None, None)),
    ):
        with pytest.raises(Unsupported):
            getattr(Empty(), method)(*arguments)


class _ItemItem(Model):
    """State is the history itself, as an item-item model holds it."""

    task = "rating"

    def _fit(self, train, side, progress):
        dense = train.matrix.toarray()
        self.weights_ = dense.T @ dense
        self.people_ = train.matrix

    def _fold_in(self, history, profiles):
        return history

    def _score(self, state):
        out = np.zeros((state.shape[0], self.n_items), np.float32)
        products.add_rows(state.indptr, state.indices, state.data, self.weights_, out)
        return out

    def _score_pairs(self, state, items):
        return self._score(state)[np.arange(len(items)), items]


def test_state_may_be_the_history_itself(tmp_path, monkeypatch):
    train = ratings_of()
    model = _ItemItem().fit(train)
    wanted = train.matrix.toarray() @ model.weights_
    ranking = model.recommend(np.arange(30), 20, exclude_seen=False)
    for user in range(30):
        assert ranking.items[user].tolist() == np.argsort(-wanted[user], kind="stable").tolist()
    mixed = model.recommend([3, -1, -1, 0, 3], 5)
    np.testing.assert_array_equal(mixed.items[[0, 3, 4]], model.recommend([3, 0, 3], 5).items)
    assert mixed.items[1:3].tolist() == [[0, 1, 2, 3, 4]] * 2, "nobody's scores are all equal"
    assert model.recommend([], 5).items.shape == (0, 5)
    predicted = model.predict([2, -1, 2], [1, 1, 0])
    np.testing.assert_array_equal(predicted, np.clip([wanted[2, 1], 0, wanted[2, 0]], 1, 5))
    np.testing.assert_array_equal(model.predict(train.matrix[[2]], [1]), predicted[:1])
    assert (model.fold_in(train.matrix) != train.matrix).nnz == 0

    monkeypatch.setattr(archive.models, "create", lambda name: _ItemItem())
    archive.save(model, tmp_path / "whole")
    loaded = archive.load(tmp_path / "whole")
    np.testing.assert_array_equal(loaded.recommend([3, -1], 5).items, mixed.items[:2])
    assert loaded.people_ is loaded.seen_, "kept once"
    archive.save(model, tmp_path / "nobody", people=False)
    alone = archive.load(tmp_path / "nobody")
    assert not hasattr(alone, "people_")
    np.testing.assert_array_equal(alone.recommend(train.matrix[[3]], 5).items, mixed.items[:1])


class _Stepwise(Model):
    """Learns one more item in each epoch."""

    task = "ranking"
    epochs: int = parameter(5, "items learned", low=1)

    def _fit(self, train, side, progress):
        self.items_ = np.zeros((train.n_items, 1), np.float32)
        for epoch in range(1, self.epochs + 1):
            self.items_[epoch - 1] = epoch
            self.people_ = np.ones((train.n_users, 1), np.float32)
            if self._epoch_done(progress, epoch, self.epochs):
                break

    def _fold_in(self, history, profiles):
        return np.ones((history.shape[0], 1), np.float32)

    def _product(self, state):
        return Product(state, self.items_)


def test_a_fit_can_be_watched_and_stopped():
    asked, told = [], []

    def watch(model, epoch):
        asked.append((epoch, int(model.recommend([0], 1, exclude_seen=False).items[0, 0])))
        return epoch == 3

    model = _Stepwise().fit(ratings_of(), progress=lambda *step: told.append(step), watch=watch)
    assert asked == [(1, 0), (2, 1), (3, 2)]
    assert told == [("fitting test_model", epoch, 5) for epoch in (1, 2, 3)]
    assert "_watch" not in vars(model)
    whole = _Stepwise().fit(ratings_of(), watch=lambda model, epoch: None)
    assert whole.items_[4] == 5
    assert _Stepwise().fit(ratings_of()).items_[4] == 5

    def fails(model, epoch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(ratings_of(), watch=fails)
    assert vars(model) == {"epochs": 5}, "what was interrupted must not look fitted"
