"""Every model in the folder passes these, untouched and without being named here."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee import models
from matinee.errors import InvalidInput, InvalidParameter, NotReady, Unsupported
from matinee.interactions import Interactions, SideInformation
from matinee.storage import archive


def ratings_of(n_users=40, n_items=30, density=0.3, seed=0, empty=True):
    """Ratings with taste in them; the last user and the last item have none."""
    generator = np.random.default_rng(seed)
    rated = generator.random((n_users, n_items)) < density
    if empty:
        rated[-1] = False
        rated[:, -1] = False
    users, items = np.nonzero(rated)
    taste = np.where((users % 2) == (items % 2), 4, 2) + generator.integers(-1, 2, len(users))
    return Interactions(
        users, items, taste, np.arange(len(users)), n_users=n_users, n_items=n_items
    )


def side_of(n_users, n_items):
    items = csr_array(np.eye(2, dtype=np.float32)[np.arange(n_items) % 2])
    people = csr_array(np.eye(2, dtype=np.float32)[np.arange(n_users) % 2])
    return SideInformation(items, ("genre:a", "genre:b"), people, ("gender:F", "gender:M"))


@pytest.fixture(scope="module", params=models.names())
def name(request):
    return request.param


@pytest.fixture(scope="module")
def train():
    return ratings_of()


@pytest.fixture(scope="module")
def fitted(name, train):
    return models.create(name).fit(train)


def learned(model):
    return {k: v for k, v in vars(model).items() if k.endswith("_")}


def same(a, b):
    assert a.keys() == b.keys()
    for key in a:
        x, y = a[key], b[key]
        if isinstance(x, csr_array):
            assert (x.indptr == y.indptr).all()
            assert (x.indices == y.indices).all()
            x, y = x.data, y.data
        np.testing.assert_array_equal(np.asarray(x), np.asarray(y), err_msg=key)


def test_is_named_by_its_file_and_described(name):
    kind = models.get(name)
    assert kind.name == name
    assert kind.task in ("rating", "ranking")
    assert 10 < len(kind.summary) < 100
    for stated in kind.hyperparameters.values():
        assert stated.meaning


def test_hyperparameters_are_frozen_typed_and_bounded(name):
    model = models.create(name)
    for key, value in model.parameters.items():
        with pytest.raises(AttributeError, match="frozen"):
            setattr(model, key, value)
        with pytest.raises(InvalidParameter, match=key):
            models.create(name, **{key: "many"})
        if isinstance(value, int | float):
            with pytest.raises(InvalidParameter, match=key):
                models.create(name, **{key: -1})
            with pytest.raises(InvalidParameter):
                models.create(name, **{key: float("nan")})
    with pytest.raises(InvalidParameter, match="no hyperparameter"):
        models.create(name, nonsense=1)
    with pytest.raises(AttributeError, match="frozen"):
        model.nonsense = 1


def test_tuning_stays_within_bounds(name):
    for key, stated in models.get(name).hyperparameters.items():
        assert stated.space is None or stated.space.low <= stated.space.high
        for value in stated.search:
            assert stated.checked(name, key, value) == value


def test_must_be_fitted_first(name):
    with pytest.raises(NotReady, match="fit"):
        models.create(name).recommend([0])


def test_needs_ratings(name):
    with pytest.raises(InvalidInput, match="at least one"):
        models.create(name).fit(Interactions([], [], [], n_users=3, n_items=3))
    with pytest.raises(InvalidInput, match="Interactions"):
        models.create(name).fit([[1, 2], [3, 4]])


def test_shapes_ranges_and_order(fitted, train):
    ranking = fitted.recommend(np.arange(train.n_users), 7)
    assert ranking.items.shape == ranking.scores.shape == (train.n_users, 7)
    assert ranking.items.dtype == np.int32
    assert ranking.scores.dtype == np.float32
    assert ranking.items.min() >= -1
    assert ranking.items.max() < train.n_items
    for items, scores in zip(*ranking, strict=True):
        kept = items >= 0
        assert len(set(items[kept])) == kept.sum()
        assert np.isnan(scores[~kept]).all()
        assert (np.diff(scores[kept]) <= 0).all()
        ties = np.diff(scores[kept]) == 0
        assert (np.diff(items[kept])[ties] > 0).all(), "equal scores come in order of index"


def test_seen_items_never_return(fitted, train):
    everything = fitted.recommend(np.arange(train.n_users), train.n_items)
    seen = train.matrix.toarray() != 0
    for user, items in enumerate(everything.items):
        kept = items[items >= 0]
        assert not seen[user, kept].any()
        assert len(kept) == train.n_items - seen[user].sum()
    again = fitted.recommend([0], train.n_items, exclude_seen=False)
    assert sorted(again.items[0]) == list(range(train.n_items))


def test_a_separate_mask_of_what_was_seen(fitted, train):
    seen = csr_array(np.ones((1, train.n_items), np.float32))
    assert (fitted.recommend([0], 5, seen=seen).items == -1).all()
    with pytest.raises(InvalidInput, match="seen"):
        fitted.recommend([0, 1], 5, seen=seen)


def test_candidates(fitted, train):
    ranking = fitted.recommend([0, 1], 5, candidates=[3, 4], exclude_seen=False)
    assert {int(i) for i in ranking.items.ravel()} == {-1, 3, 4}
    assert (fitted.recommend([0], 5, candidates=[]).items == -1).all()
    with pytest.raises(InvalidInput, match="candidates"):
        fitted.recommend([0], 5, candidates=[train.n_items])


def test_n_larger_than_the_catalogue_and_n_too_small(fitted, train):
    assert fitted.recommend([0], 10**9).items.shape == (1, train.n_items)
    for n in (0, -1, 2.5, True):
        with pytest.raises(InvalidInput, match="`n`"):
            fitted.recommend([0], n)


def test_unknown_users_and_items(fitted, train):
    stranger = fitted.recommend([-1], 5)
    nobody = fitted.recommend(csr_array((1, train.n_items), dtype=np.float32), 5)
    np.testing.assert_array_equal(stranger.items, nobody.items)
    assert (stranger.items >= 0).all()
    mixed = fitted.recommend([0, -1, 1], 5)
    np.testing.assert_array_equal(mixed.items[1], stranger.items[0])
    np.testing.assert_array_equal(mixed.items[[0, 2]], fitted.recommend([0, 1], 5).items)
    for bad in (train.n_users, -2):
        with pytest.raises(InvalidInput, match="User indices"):
            fitted.recommend([bad])
    with pytest.raises(InvalidInput, match="columns"):
        fitted.recommend(csr_array((1, train.n_items + 1), dtype=np.float32))


def test_predictions(fitted, train):
    if fitted.task == "ranking":
        with pytest.raises(Unsupported, match="ranks"):
            fitted.predict([0], [0])
        return
    users, items = np.indices((train.n_users, train.n_items)).reshape(2, -1)
    predicted = fitted.predict(users, items)
    assert predicted.dtype == np.float32
    assert predicted.shape == users.shape
    low, high = train.scale
    assert low <= predicted.min() <= predicted.max() <= high
    unknown = fitted.predict([-1, 0, -1], [0, -1, -1])
    assert np.isfinite(unknown).all()
    assert low <= unknown.min() <= unknown.max() <= high
    # One person with many items, and the order of pairs does not matter.
    row = fitted.predict([3], np.arange(train.n_items))
    np.testing.assert_allclose(row, predicted[users == 3], atol=1e-5)
    with pytest.raises(InvalidInput, match="as long as"):
        fitted.predict([0, 1], [0, 1, 2])
    with pytest.raises(InvalidInput, match="items"):
        fitted.predict([0], [train.n_items])


def test_learns_taste(name):
    """People choose items of their own parity higher; any model but a plain mean must see it."""
    train = ratings_of(300, 60)
    model = models.create(name)
    if model.baseline:
        return
    model.fit(train if model.task == "rating" else train.liked(4))
    people = np.arange(train.n_users - 1)
    share = np.mean(model.recommend(people, 5).items % 2 == (people % 2)[:, None])
    assert share > 0.8, share


def test_folding_in_the_history_is_knowing_the_person(fitted, train):
    known = fitted.recommend(np.arange(train.n_users), 5)
    folded = fitted.recommend(train.matrix, 5, times=train.time)
    np.testing.assert_array_equal(known.items, folded.items)
    np.testing.assert_allclose(known.scores, folded.scores, rtol=1e-4, atol=1e-5)


def test_histories_must_be_finite(fitted, train):
    with pytest.raises(InvalidInput, match="finite"):
        fitted.fold_in(np.full((1, train.n_items), np.nan))


def test_same_seed_same_bits_at_one_and_two_threads(name):
    import numba

    train = ratings_of(400, 150)
    before = numba.get_num_threads()
    results = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            model = models.create(name).fit(train, side_of(400, 150))
            results.append((learned(model), model.recommend(np.arange(400), 5)))
    finally:
        numba.set_num_threads(before)
    same(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1].items, results[1][1].items)
    np.testing.assert_array_equal(results[0][1].scores, results[1][1].scores)


def test_fit_twice_equals_fit_once(name, train):
    once = models.create(name).fit(train)
    twice = models.create(name).fit(ratings_of(20, 10, seed=5)).fit(train)
    same(learned(once), learned(twice))


def test_save_and_load_are_bit_equal(fitted, train, tmp_path):
    archive.save(fitted, tmp_path / "saved")
    loaded = archive.load(tmp_path / "saved")
    assert loaded.parameters == fitted.parameters
    same(learned(fitted), learned(loaded))
    a, b = (m.recommend(np.arange(train.n_users), 5) for m in (fitted, loaded))
    np.testing.assert_array_equal(a.items, b.items)
    np.testing.assert_array_equal(a.scores, b.scores)


def test_saved_without_people_it_still_serves_histories(fitted, train, tmp_path):
    archive.save(fitted, tmp_path / "saved", people=False)
    loaded = archive.load(tmp_path / "saved")
    with pytest.raises(NotReady, match="histories"):
        loaded.recommend([0])
    np.testing.assert_array_equal(
        loaded.recommend(train.matrix, 5).items, fitted.recommend(train.matrix, 5).items
    )


@pytest.mark.parametrize(
    "train",
    [
        Interactions([0], [0], [3.0], n_users=1, n_items=1),
        Interactions([0, 0, 0], [0, 1, 2], [1, 2, 3], n_users=1, n_items=3),
        Interactions([0, 1, 2], [0, 0, 0], [1, 2, 3], n_users=3, n_items=1),
        Interactions([0, 0, 1, 1], [0, 1, 0, 1], [4, 4, 4, 4], n_users=3, n_items=4),
        Interactions([0, 1, 1], [0, 0, 1], None, n_users=2, n_items=2),
    ],
    ids=["one rating", "one user", "one item", "all equal", "implicit"],
)
def test_tiny_data(name, train):
    model = models.create(name).fit(train)
    ranking = model.recommend(np.arange(train.n_users), 5, exclude_seen=False)
    assert np.isfinite(ranking.scores).all()
    if model.task == "rating":
        assert np.isfinite(model.predict(train.user_index, train.item_index)).all()


def test_side_information_must_fit(name, train):
    with pytest.raises(InvalidInput, match="item_features"):
        models.create(name).fit(train, side_of(train.n_users, train.n_items + 1))


def test_profiles_alone_place_a_person(name, train):
    side = side_of(train.n_users, train.n_items)
    model = models.create(name).fit(train.liked(4), side)
    nobody = csr_array((2, train.n_items), dtype=np.float32)
    profiles = csr_array(np.eye(2, dtype=np.float32))
    assert (model.recommend(nobody, 3, profiles=profiles).items >= 0).all()


def test_similar_items(fitted, train):
    try:
        ranking = fitted.similar_items([0, 1], 4)
    except Unsupported:
        return
    assert ranking.items.shape == (2, 4)
    for item, row in zip((0, 1), ranking.items, strict=True):
        assert item not in row
    assert (ranking.scores[ranking.items >= 0] <= 1.0001).all()
    with pytest.raises(InvalidInput):
        fitted.similar_items([train.n_items])


def test_reasons(fitted, train):
    user = 2
    history = train.matrix[[user]]
    item = int(fitted.recommend([user], 1).items[0, 0])
    (reasons,) = fitted.explain(history, [item])
    assert reasons
    for reason in reasons:
        assert np.isfinite(reason.weight)
        assert (reason.item is None) == (reason.kind != "rated")
        if reason.kind == "rated":
            assert reason.item in history.indices
        else:
            assert reason.label
    assert fitted.explain(csr_array((1, train.n_items), dtype=np.float32), [item, 0])[1]


def test_progress_is_told(name, train):
    told = []
    models.create(name).fit(train, progress=lambda *step: told.append(step))
    assert all(done <= total for _, done, total in told)
